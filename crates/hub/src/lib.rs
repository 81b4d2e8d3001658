//! The runtime: receive, resolve, load, decide, commit, dispatch.

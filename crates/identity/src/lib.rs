//! Pure: match keys, links, merge and un-merge decisions.

//! The benchmarks, each beside its physical limit or a fixed reference step.
fn main() {}

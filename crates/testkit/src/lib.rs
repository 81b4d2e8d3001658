//! Builders, manual clocks and fake providers for tests.

pub mod postgres;

//! The laboratory: pathways are walked on a virtual clock before a patient meets them, by the very code
//! that runs in production ([`turn::decide`] and below).
//!
//! [`Person`] is one person's line with its rows, as a store would keep them; [`Phone`] is what their phone,
//! mailbox and page do with what comes. Time is an argument everywhere.
//!
//! Invariants: the same inputs at the same times give the same rows, byte for byte; every loop is bounded.
//!
//! Deliberately absent: I/O, a runtime, the machine's clock, the store, merges of lines (one person has one line).

mod person;
mod phone;
pub mod simulate;
pub mod test;

pub use person::{Error, Person, ROUNDS_MAX};
pub use phone::{Calls, Phone};

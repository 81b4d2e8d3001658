//! What must not be missed, and who begins what: one person's turns as a hub makes them, one after the other.
#![expect(clippy::unwrap_used, reason = "tests")]

mod asks;
mod calls;
mod codes;
mod concerns;
mod enrolment;
mod goals;
mod harness;
mod items;
mod memory;
mod places;
mod red_flags;
mod shadow;
mod unlooked;

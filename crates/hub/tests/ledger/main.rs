//! The ledger of messages: what a provider really carried, compared with what the hub says of it, whatever breaks off.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

extern crate throughline_hub as hub;

mod carrier;
mod incidents;
mod matrix;
mod running;
mod seeded;
mod storms;
mod verdict;
mod world;

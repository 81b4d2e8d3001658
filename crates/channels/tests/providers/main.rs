//! The providers: the contract's cases for each, and each against its counterpart.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod chat;
mod common;
mod contract;
mod handset;
mod smtp;
mod web_push;
mod webhook;

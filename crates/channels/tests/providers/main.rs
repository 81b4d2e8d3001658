//! The providers: the contract's cases for each, and each against its counterpart.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod chat;
mod common;
mod contract;
mod dkim;
mod handset;
mod mailbox;
mod naughty;
mod segments;
mod smpp;
mod smtp;
mod twilio;
mod twilio_bridge;
mod twilio_library;
mod twilio_mock;
mod web_push;
mod webhook;

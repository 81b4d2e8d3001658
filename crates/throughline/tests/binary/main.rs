//! The binary as its users have it: a process, its files, its HTTP.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bounce;
mod check;
mod cli;
mod door;
mod draw;
mod http;
mod import;
mod kill;
mod ledger;
mod mails;
mod process;
mod publish;
mod sources;
mod stop;

//! The pages and doors over a whole hub on a real store, by requests as browsers and machines send them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

mod accounts;
mod call;
mod care;
mod change;
mod desk;
mod doors;
mod harness;
mod intake;
mod lab;
mod matrix;
mod mended;
mod notify;
mod pathways;
mod patients;
mod person;
mod publish;
mod questions;
mod safety;
mod sending;
mod shadow;
mod talk;
mod talk_more;
mod twilio;
mod weight;
mod world;

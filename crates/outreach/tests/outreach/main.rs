//! Outreach from outside: ladders, properties, the stored state, and what texts are taken for.

mod bounces;
mod common;
mod golden;
mod heard;
mod ladders;
mod lawful;
mod properties;
mod same_words;
mod triage;
mod visits;

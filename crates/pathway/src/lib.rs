//! The pathway language: parse, check, compile. Pure.
//!
//! [`read`] takes the text of one pathway and gives a compiled [`Pathway`], or every mistake of the
//! file as a [`Finding`] with its line, column and, where one is near, what was meant. `docs/pathways.md`
//! describes the language.
//!
//! Invariants: a pathway that was read names no field, step, team, words, form, checklist or code
//! set that does not exist; every branch says what if unknown; every loop waits; words exist for
//! every channel of a ladder in every language that the pathway speaks; no words name a field that gives
//! away more than their channel may carry. Any text at all can be read without a panic, and in bounded time.
//!
//! Deliberately absent: I/O (callers read files), clocks, and walking a pathway (`journey`).

mod anyone;
pub mod asking;
pub mod ast;
pub mod codes;
mod compile;
pub mod condition;
pub mod expr;
pub mod finding;
mod flow;
mod inside;
pub mod kinds;
mod patients;
mod places;
mod prompts;
pub mod questionnaire;
mod questions;
pub mod reader;
pub mod reference;
pub mod same;
pub mod services;
pub mod shipped;
mod steps;
mod stopping;
mod strands;
pub mod template;
pub mod times;
pub mod tools;
mod types;
mod ways;
mod wording;
pub mod words;
mod world;
pub mod yaml;

pub use ast::Pathway;
pub use codes::{CodeSet, CodeSets};
pub use compile::{LANGUAGE, read};
pub use expr::{Expr, Scope};
pub use finding::{Finding, Severity, render_finding};
pub use shipped::{Library, read_dir_texts, read_kept};
pub use template::{Rendered, render};
pub use words::lint;

/// Every verb of the language, and the keys that its step may have beside `name` and `skip_when`.
pub fn verbs() -> &'static [(&'static str, &'static [&'static str])] {
    steps::VERBS
}

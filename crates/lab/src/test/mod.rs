//! Tests of pathways: `*.test.yaml` beside a pathway, read and run.
//!
//! A [`Suite`] is one file: scenarios of a person, what happens at what time, and what should come of it. [`run`]
//! plays each on its own [`crate::Person`]; [`coverage`] says which steps and ways of a pathway all of them pass,
//! [`mutants`] which changes of the pathway none of them notices.
//!
//! Invariants: the same files give the same report on any number of threads; a bad scenario loses itself only.
//!
//! Deliberately absent: reading and writing of files, and how a report is shown (the binary's).

pub mod act;
mod chart;
mod conditions;
pub mod coverage;
pub mod expect;
mod happen;
mod json;
pub mod line;
pub mod mutants;
mod mutate;
mod persona;
pub mod play;
mod read;
mod recorded;
mod run;
mod when;

pub use act::Act;
pub use coverage::Coverage;
pub use line::{Line, What};
pub use mutants::Survivor;
pub use read::{Equivalent, Happening, Scenario, Suite, read};
pub use recorded::rewrite;
pub use run::{Report, SuiteReport, Threads, Verdict, run, setup, verdict};
pub use when::Calendar;

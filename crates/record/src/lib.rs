//! The fold of facts into what is known now, and the facts derived from changes of resources. Pure.
//!
//! * [`Topics::derive`] reads what a change of a FHIR resource means, by `topics/*.yaml`.
//! * [`fold()`] takes one fact into the [`Fold`] of its source record; [`merge`] makes one [`Record`] of all
//!   folds of a person.
//! * [`allowed`], [`field`], [`items`] and the methods of [`Record`] answer questions about it.
//!
//! * [`correct`]: what staff set right stands against every source, in whatever order it comes.
//!
//! Invariants: folding a fact twice changes nothing more; every list has a named bound, and what is closed
//! longest leaves first (the resources stay whole in the store); a death, a wrong number and a STOP that any
//! source told of hold for the whole person.
//!
//! Deliberately absent: I/O, clocks, decisions about messages, terminology services.

mod ask;
pub mod correct;
pub mod fold;
mod json;
pub mod known;
pub mod lace;
mod merge;
pub mod topics;
pub mod ways;
mod zone;

pub use ask::{allowed, field, items, said};
pub use fold::{STOP, STOPS, contact_said, fold, is_notice, is_stop, staff_call};
pub use known::{Fold, Record};
pub use merge::{merge, order, uncorrected};
pub use topics::{Error, Topics};

//! The fold of facts into what is known now. Pure.

pub mod known;
pub use known::{Fold, Record};

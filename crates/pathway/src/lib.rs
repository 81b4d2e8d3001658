//! The pathway language: parse, check, compile. Pure.

pub mod ast;
pub mod expr;

pub use ast::Pathway;
pub use expr::{Expr, Scope};

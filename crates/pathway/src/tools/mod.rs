//! Tools for who writes pathways: formatting, the difference of two versions in words, a picture, a schema for
//! editors. Text in, text out.

pub mod diff;
pub mod fmt;
pub mod graph;
pub mod schema;
mod steps;

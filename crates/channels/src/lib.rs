//! The provider contract, then one file a provider.

pub mod contract;
pub use contract::{Accepted, Outbound, Provider, Received, Request, Response, SendError, Spec};

//! The provider contract, then one file a provider.
//!
//! A provider carries one message at a time to the world and brings facts back: receipts, replies, the
//! end of a call. [`contract`] says what is asked of it, [`registry`] has one line for each, [`call`]
//! walks the script of a call for whichever voice provider carries it.
//!
//! Invariants: the settings of a provider are checked without I/O; a secret is never in a `Debug`
//! output; an attempt whose end nobody knows is [`SendError::Ambiguous`], never a guess; the same
//! [`model::MessageId`] names the attempt all the way out.
//!
//! Deliberately absent: the store, the hub, retries, rates, and any decision whether to send.

mod addressed;
pub use model::call;
pub mod chat;
pub mod contract;
mod dkim;
pub mod handset;
mod mail;
mod mailbox;
pub mod portal;
pub mod registry;
mod secret;
pub mod smpp;
pub mod smtp;
pub mod standard_webhooks;
pub mod twilio;
pub mod web_push;
pub mod webhook;

pub use chat::Chat;
pub use contract::{
    Accepted, Busy, Incoming, Kind, Limits, Outbound, Provider, Received, Reconciled, Request, Response, SendError,
    Setting, Sink, Spec,
};
pub use handset::Handset;
pub use portal::Portal;
pub use registry::Around;
pub use secret::Secret;
pub use smpp::Smpp;
pub use smtp::Smtp;
pub use twilio::{Twilio, TwilioVoice};
pub use web_push::WebPush;
pub use webhook::Webhook;

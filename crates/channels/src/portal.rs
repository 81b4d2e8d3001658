//! Provider `portal`: a note on the Today page.
//!
//! The note is in the ledger of messages already, and the page reads it from there: nothing leaves the
//! house, so acceptance is arrival.

use crate::contract::{
    Accepted, BoxFuture, Outbound, Provider, ReceiveError, Received, Reconciled, Request, SendError, Spec,
};
use model::Channel;
use model::message::Content;

/// The notes on the Today page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Portal;

/// What it is.
pub const SPEC: Spec = Spec {
    name: "portal",
    channels: &[Channel::Portal],
    secrets: &[],
    fields: &[],
    make_believe: true,
    idempotent: true,
};

impl Provider for Portal {
    fn spec(&self) -> Spec {
        SPEC
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        let answer = match &out.message.content {
            Content::Portal { text } if !text.trim().is_empty() => Ok(Accepted { provider_id: None, delivered: true }),
            Content::Portal { .. } => Err(SendError::Invalid("the note is empty".into())),
            _ => Err(SendError::Invalid("portal carries notes only".into())),
        };
        Box::pin(std::future::ready(answer))
    }
    fn receive(&self, _request: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::NotAuthentic("portal has no webhook".into()))
    }
    fn reconcile<'a>(&'a self, _message: &'a model::message::Message) -> BoxFuture<'a, Reconciled> {
        // The ledger is the page: a note that is there is shown.
        Box::pin(async { Reconciled::Accepted(Accepted { provider_id: None, delivered: true }) })
    }
}

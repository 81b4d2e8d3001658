//! A provider that takes whatever it is given, and says nothing more of it.

use channels::contract::{Accepted, BoxFuture, Outbound, Provider, ReceiveError, Received, Request, SendError, Spec};
use model::Channel;

pub struct Takes {
    pub name: &'static str,
    pub channels: &'static [Channel],
    /// What it calls each message.
    pub id: Option<&'static str>,
}

impl Provider for Takes {
    fn spec(&self) -> Spec {
        Spec {
            name: self.name,
            channels: self.channels,
            secrets: &[],
            fields: &[],
            make_believe: true,
            idempotent: false,
        }
    }
    fn send<'a>(&'a self, _: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        let accepted = Accepted { provider_id: self.id.map(str::to_owned), delivered: false };
        Box::pin(std::future::ready(Ok(accepted)))
    }
    fn receive(&self, _: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::NotAuthentic("it has no webhook".into()))
    }
}

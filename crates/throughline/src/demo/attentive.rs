//! A phone that one can answer although a day takes half a minute: while it rings, the care clock runs
//! like the visitor's own.

use channels::contract::{Accepted, BoxFuture, Outbound, Provider, ReceiveError, Received, Request, SendError, Spec};
use channels::handset::Handset;
use hub::Clock;
use model::Channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Since when a call is waited for, and how fast the clock ran before.
pub type Held = Arc<Mutex<Option<(Instant, f64)>>>;

/// The make-believe phone, with one number whose calls hold the clock.
pub struct Attentive {
    pub handset: Handset,
    pub phone: String,
    pub clock: Clock,
    pub held: Held,
}

impl Provider for Attentive {
    fn spec(&self) -> Spec {
        self.handset.spec()
    }

    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        if out.message.channel == Channel::Voice && out.message.to == self.phone {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            if held.is_none() {
                *held = Some((Instant::now(), self.clock.rate()));
                self.clock.set_rate(1.0);
            }
        }
        self.handset.send(out)
    }

    fn receive(&self, request: &Request) -> Result<Received, ReceiveError> {
        self.handset.receive(request)
    }
}

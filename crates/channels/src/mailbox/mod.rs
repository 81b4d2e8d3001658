//! Mail that comes back: bounces (RFC 3464), complaints (RFC 5965) and what people answer, over a small SMTP listener
//! of our own (`listener`) or a webhook that is signed (`standard_webhooks`).
//!
//! Invariants: nothing is relayed; a mail is acknowledged only when what it means is durable; a mail that a machine
//! wrote is marked so and never answered (RFC 3834); only an address or header that we signed moves a message.
//! Deliberately absent: whose line a reply is on (the hub finds that by the sender's address), what it means, DKIM and
//! SPF of what comes in (the mail server in front looks at them and says so in `Authentication-Results`).

pub(crate) mod address;
mod authentic;
mod auto;
#[cfg(test)]
mod cases;
pub(crate) mod listener;
mod quote;
mod read;
pub(crate) mod report;
pub(crate) mod session;
pub(crate) mod settings;

use crate::contract::{Incoming, ReceiveError, Received, Request};
use crate::standard_webhooks::Secrets;
use address::Addresses;
use model::At;
use session::Envelope;
use std::time::SystemTime;

/// The header that our mails carry, by which one is known when it is sent back.
pub(crate) const MARK: &str = "X-Throughline-Attempt";

/// Reads what comes back.
#[derive(Debug)]
pub(crate) struct Mailbox {
    /// How the listener calls itself.
    pub name: String,
    /// Our own addresses.
    pub addresses: Addresses,
    /// The domain of our own Message-IDs.
    pub domain: String,
    /// Whose `Authentication-Results` are believed.
    pub trusted: Option<String>,
    /// What mails that are posted to the webhook are signed with.
    pub inbound_secret: Secrets,
}

/// What a mail means.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// These facts.
    Facts(Vec<Incoming>),
    /// Nothing that changes anything: a delay, a receipt that nobody asked for, a bounce of a mail that is not ours.
    Nothing,
    /// It is no mail.
    Unreadable,
}

impl Mailbox {
    /// Of checked settings; `from` is the sender of our mails.
    pub(crate) fn of(back: &settings::Back, from: &lettre::Address) -> Self {
        let ours = back.addresses.reply.as_ref().or(back.addresses.bounce.as_ref());
        Self {
            name: ours.map_or(from.domain(), |a| a.domain()).to_owned(),
            addresses: back.addresses.clone(),
            domain: from.domain().to_owned(),
            trusted: back.trusted.clone(),
            inbound_secret: back.inbound_secret.clone(),
        }
    }

    /// A mail that a host posted (`/hooks/smtp/inbound`, the body is the mail as it is).
    pub(crate) fn receive(&self, request: &Request) -> Result<Received, ReceiveError> {
        if request.path != "inbound" {
            return Err(ReceiveError::Malformed("mail is posted to inbound".into()));
        }
        let now_s = request.now.0.div_euclid(1_000);
        self.inbound_secret
            .verify(|name| request.header(name), &request.body, now_s)
            .map_err(|why| ReceiveError::NotAuthentic(why.to_string()))?;
        let mail = with_line_ends(&request.body);
        match self.read(&self.envelope(&mail), &mail, request.now) {
            Verdict::Facts(facts) => Ok(Received { facts, about: None }),
            Verdict::Nothing => Ok(Received::default()),
            Verdict::Unreadable => Err(ReceiveError::Malformed("it is no mail".into())),
        }
    }

    /// The envelope of a mail that came without one, by the headers that the last server wrote.
    fn envelope(&self, mail: &[u8]) -> Envelope {
        let headers = read::headers_of(mail);
        let value = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let from = match value("return-path") {
            // Without one nobody knows that it was empty.
            None => value("from").map(str::to_owned),
            Some(path) => Some(path.trim().trim_matches(['<', '>']).to_owned()).filter(|path| !path.is_empty()),
        };
        let names = ["delivered-to", "x-original-to", "envelope-to", "to", "cc"];
        let said = headers.iter().filter(|(name, _)| names.contains(&name.as_str()));
        let words = said.flat_map(|(_, value)| value.split([' ', ',', '<', '>', ';', '\t', '"']));
        let to = words.filter_map(|word| self.addresses.known(word)).collect();
        Envelope { from, to }
    }
}

/// Hosts post mails with the line ends of their own machine.
fn with_line_ends(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for (at, byte) in body.iter().enumerate() {
        if *byte == b'\n' && (at == 0 || body[at - 1] != b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

/// The machine's clock: mail has no other.
fn now() -> At {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    At(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

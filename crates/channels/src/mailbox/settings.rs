//! The settings of what comes back and of what goes out signed; checked without I/O.

use super::address::{Addresses, LOCAL_MAX};
use super::listener::Door;
use crate::Secret;
use crate::registry::Fields;
use crate::standard_webhooks::Secrets;
use lettre::address::Address;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The least and the most octets of a mail that is taken in.
const BYTES: std::ops::RangeInclusive<u64> = 10_000..=50_000_000;

/// Checked settings of the way back.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Back {
    /// Our own addresses.
    pub addresses: Addresses,
    /// The listener, if there is one.
    pub door: Option<Door>,
    /// Whose `Authentication-Results` are believed.
    pub trusted: Option<String>,
    /// What the webhook is signed with; nobody can sign where none is set.
    pub inbound_secret: Secrets,
    /// Key file, selector and domain of DKIM.
    pub dkim: Option<(PathBuf, String, String)>,
}

/// Reads them; what is wrong goes to `fields`.
pub(crate) fn read(fields: &mut Fields<'_>, from: Option<&Address>) -> Back {
    let bounce = address(fields, "bounce_to");
    let reply = address(fields, "reply_to");
    let secret = Secret::new(fields.text("address_secret").unwrap_or_default());
    if (bounce.is_some() || reply.is_some()) && secret.is_empty() {
        fields.problem("address_secret", "must be set when `bounce_to` or `reply_to` is");
    }
    if bounce.is_some() && bounce == reply {
        fields.problem("reply_to", "must be another address than `bounce_to`");
    }
    let door = door(fields);
    if door.is_some() && bounce.is_none() && reply.is_none() {
        fields.problem("listen", "is of no use without `bounce_to` or `reply_to`");
    }
    let inbound_secret = match fields.text("inbound_secret").as_deref() {
        None | Some("") => Secrets::default(),
        Some(text) => Secrets::read(text).unwrap_or_else(|expected| {
            fields.problem("inbound_secret", &format!("{expected} are expected"));
            Secrets::default()
        }),
    };
    let trusted = fields.text("trusted_authserv");
    if trusted.as_deref().is_some_and(|name| !is_name(name)) {
        fields.problem("trusted_authserv", "the name of a mail server is expected");
    }
    let dkim = dkim(fields, from);
    let addresses = Addresses { bounce, reply, secret };
    Back { addresses, door, trusted, inbound_secret, dkim }
}

fn address(fields: &mut Fields<'_>, name: &str) -> Option<Address> {
    let text = fields.text(name)?;
    let address = text.parse::<Address>().ok().filter(|a| text.is_ascii() && !a.user().contains('+'));
    let fits = address.as_ref().is_some_and(|a| a.user().len() <= LOCAL_MAX);
    if !fits {
        fields.problem(
            name,
            "a mail address with at most 3 characters before the @ is expected, such as b@mail.clinic.example",
        );
    }
    address.filter(|_| fits)
}

fn door(fields: &mut Fields<'_>) -> Option<Door> {
    let bytes_max = fields.number("mail_bytes_max").unwrap_or(0);
    if !BYTES.contains(&bytes_max) {
        fields.problem("mail_bytes_max", "a number from 10000 to 50000000 is expected");
    }
    let connections_max = fields.number("listen_connections_max").unwrap_or(0);
    if !(1..=10_000).contains(&connections_max) {
        fields.problem("listen_connections_max", "a number from 1 to 10000 is expected");
    }
    let timeout_ms = fields.number("listen_timeout_ms").unwrap_or(0);
    if !(100..=3_600_000).contains(&timeout_ms) {
        fields.problem("listen_timeout_ms", "a number from 100 to 3600000 is expected");
    }
    let listen = fields.text("listen")?;
    let Ok(listen) = listen.parse::<SocketAddr>() else {
        fields.problem("listen", "an address and a port are expected, such as 127.0.0.1:2525");
        return None;
    };
    Some(Door {
        listen,
        bytes_max: usize::try_from(bytes_max).unwrap_or(0),
        connections_max: usize::try_from(connections_max).unwrap_or(1),
        timeout: Duration::from_millis(timeout_ms),
    })
}

fn dkim(fields: &mut Fields<'_>, from: Option<&Address>) -> Option<(PathBuf, String, String)> {
    let key = fields.text("dkim_key");
    let selector = fields.text("dkim_selector");
    let domain = fields.text("dkim_domain");
    let (Some(key), Some(selector)) = (&key, &selector) else {
        if key.is_some() {
            fields.problem("dkim_selector", "must be set when `dkim_key` is");
        } else if selector.is_some() || domain.is_some() {
            fields.problem("dkim_key", "must be set when `dkim_selector` or `dkim_domain` is");
        }
        return None;
    };
    let domain = domain.or_else(|| Some(from?.domain().to_owned())).unwrap_or_default();
    for (name, value) in [("dkim_selector", selector), ("dkim_domain", &domain)] {
        if !is_name(value) {
            fields.problem(name, "letters, digits, hyphens and dots are expected");
        }
    }
    // RFC 7489 section 3.1.1: what signs must be the sender's own domain, or nothing is gained.
    let aligned = |from: &Address| from.domain() == domain || from.domain().ends_with(&format!(".{domain}"));
    if from.is_some_and(|from| !aligned(from)) {
        fields.problem("dkim_domain", "the domain of `from`, or one above it, is expected");
    }
    Some((PathBuf::from(key), selector.clone(), domain))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 253 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

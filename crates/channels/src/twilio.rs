//! Providers `twilio` (texts) and `twilio_voice` (calls and voicemails), over the public API of Twilio.
//!
//! `account` holds what both have in common: the account, its secrets and the road out. `sign` says whether a
//! request is Twilio's own, `codes` what its error codes mean to us, `listing` what became of an attempt that was
//! broken off. `text` and `voice` are the providers; `twiml` writes what a call says, `rang` answers who rings.
//!
//! Invariants: nothing is read of a request before its signature was checked over the hub's own address; a fact's id is
//! a hash of what it says, so that a request that is replayed has no effect twice; a call says nothing that the
//! message's script does not say at that point; what is not Twilio's definite refusal is never taken for one.
//!
//! Deliberately absent: pictures (how many came is told, they are not fetched), recordings, other channels of Twilio.

mod account;
mod bridge;
mod codes;
mod listing;
mod rang;
mod sign;
mod text;
mod twiml;
mod voice;

pub use rang::RangWords;
pub use sign::{body_hash, signature};
pub use text::{SPEC as TEXT, Twilio};
pub use voice::{SPEC as VOICE, TwilioVoice};

use crate::contract::{Incoming, Request};
use model::{Actor, Fact, FactId, MessageId, PersonId, inbox};
use serde_json::Value as Json;

/// The fewest and the most digits of a number with its country (ITU-T E.164).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Whether it is a number as Twilio writes them: `+12125550119`.
fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|d| DIGITS.contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()))
}

/// What a request says, by name; empty when it does not say it.
fn said<'a>(params: &'a [(String, String)], name: &str) -> &'a str {
    params.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
}

/// A fact about an attempt. `what` tells it from others of its kind: the same again is the same fact, and has no effect.
fn about_attempt(
    provider: &'static str,
    (kind, what): (&str, &str),
    (person, message): (PersonId, MessageId),
    request: &Request,
    (actor, body): (Actor, Json),
) -> Incoming {
    let text = message.to_string();
    let id = match kind {
        // That a provider has it is one fact, whether its answer says so or a report that comes first.
        "message.accepted" => Fact::own(kind, &text, person, request.now, Json::Null).id,
        _ => FactId::of(&[provider.as_bytes(), kind.as_bytes(), text.as_bytes(), what.as_bytes()]),
    };
    let fact = Fact::live(id, provider, format!("message|{text}"), kind, request.now, body).by(actor);
    Incoming { fact, keys: vec![inbox::key("message", &text)], message: Some(message), person: Some(person) }
}

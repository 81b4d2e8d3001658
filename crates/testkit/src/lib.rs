//! Builders for tests and for the demo: ids, facts, and FHIR R4 as a hospital and a pharmacy send it.
//!
//! [`story`] is the story of David and Katie, event by event; [`people`] makes any number of synthetic
//! people and charts from a seed; [`naughty`] are strings that break programs.
//!
//! Invariants: everything is a pure function of its arguments; ids repeat, so that sending twice is
//! sending the same; nobody here is real, and numbers are of the range kept for fiction (555-01xx).
//!
//! Deliberately absent: every crate but `model`. Tests of a whole hub live with the hub.

pub mod fhir;
pub mod naughty;
pub mod people;
pub mod postfix;
pub mod postgres;
pub mod story;

use model::message::{Content, Message, Status};
use model::{At, Channel, EffectId, Fact, MessageId, PersonId, Purpose};

/// The person number `n`.
pub fn person_id(n: u64) -> PersonId {
    PersonId::of(&[b"testkit person", &n.to_le_bytes()])
}

/// A live fact of person 1, at [`story::DAY_0`].
pub fn fact(kind: &str, body: serde_json::Value) -> Fact {
    fact_at(kind, story::DAY_0, body)
}

/// A live fact of person 1. Another body is another fact.
pub fn fact_at(kind: &str, at: At, body: serde_json::Value) -> Fact {
    Fact::own(kind, &format!("{at} {body}"), person_id(1), at, body)
}

/// A queued reminder by text to `person`, for a day from `now`; another `key` is another message of another reach.
pub fn text(key: &str, person: PersonId, now: At) -> Message {
    Message {
        id: MessageId::of(&[b"testkit text", key.as_bytes()]),
        person,
        journey: None,
        pathway: String::new(),
        reach: EffectId::of(&[b"testkit text", key.as_bytes()]),
        words: "words".into(),
        channel: Channel::Sms,
        purpose: Purpose::Reminder,
        urgent: false,
        site: String::new(),
        to: "+12125550100".into(),
        language: "en".into(),
        content: Content::Sms { text: "Your visit is tomorrow.".into() },
        created_at: now,
        valid_until: now.plus_ms(model::time::DAY_MS),
        status: Status::Queued,
        status_at: now,
        provider: String::new(),
        provider_id: None,
        error: None,
        cause: None,
        basis: String::new(),
        again: None,
    }
}

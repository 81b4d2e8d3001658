//! What comes in at the door: one item a fact, durable before it is answered.

use crate::{Fact, FactId, Id, PersonId};
use serde::{Deserialize, Serialize};

/// An item waiting to be accepted: a fact, and how to find whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The fact. Its id is the deduplication key: (source, source id, content hash).
    pub fact: Fact,
    /// (source, source id) without the content: the same with another `fact.id` is a changed
    /// repeat, processed and flagged.
    pub source_key: Id,
    /// Directory keys that say whose it is, strongest first: the subject itself, then other
    /// identifiers. An item whose person is known already carries it in `person`.
    pub keys: Vec<Id>,
    /// Set when the sender knows the line (the hub's own facts, console, portal).
    pub person: Option<PersonId>,
    /// True when an unknown subject may make a new person (a Patient resource, a clinical fact);
    /// false parks the item (a receipt, a text from an unknown number).
    pub may_create: bool,
}

impl Item {
    /// An item for a person whose line is known.
    pub fn own(person: PersonId, fact: Fact) -> Self {
        Self {
            source_key: Id::of(&[b"own", &fact.id.0.bytes()]),
            fact,
            keys: Vec::new(),
            person: Some(person),
            may_create: false,
        }
    }

    /// The part whose inbox it waits in: the person's when known, else that of its first key,
    /// which keeps the order of one subject.
    pub fn part(&self) -> u16 {
        self.person.map(PersonId::part).or_else(|| self.keys.first().map(|k| k.part())).unwrap_or(0)
    }
}

/// How an item was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Stored; the sequence number in its part's inbox.
    New {
        /// Part.
        part: u16,
        /// Number in that part's inbox.
        seq: i64,
    },
    /// The very same was here before; nothing was stored.
    Repeat(FactId),
    /// The same source id with other content: stored, and flagged.
    Changed {
        /// Part.
        part: u16,
        /// Number in that part's inbox.
        seq: i64,
    },
}

/// The directory key of an identifier, phone number, e-mail address or provider message id.
/// `system` is the FHIR system URI, or `phone`, `email`, `provider:<name>`.
pub fn key(system: &str, value: &str) -> Id {
    Id::of(&[b"key", system.as_bytes(), value.as_bytes()])
}

/// Systems of keys that the hub gives itself, beside `provider:<name>`.
const OWN_SYSTEMS: &[&str] = &["disabled", "email", "message", "notice", "person", "phone", "staff_call", "stopped"];

/// Whether `system` is a name of the hub's own and no system of identifiers. What comes from outside may not name anybody
/// by one: it would close numbers for everybody, or find a person by a telephone number alone.
pub fn is_own(system: &str) -> bool {
    OWN_SYSTEMS.contains(&system) || system.starts_with("provider:")
}

/// The directory key of a notice to the care team: what was texted to this number is answered from it with this code.
pub fn notice_key(to: &str, code: &str) -> Id {
    key("notice", &format!("{to} {code}"))
}

/// The code of a reply that takes a prompt: `ACK 482193`, on its first line.
pub fn notice_code(text: &str) -> Option<&str> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let (word, code) = first.split_once(char::is_whitespace)?;
    let code = code.trim().trim_end_matches(['.', '!']);
    let good = code.len() == NOTICE_DIGITS && code.bytes().all(|b| b.is_ascii_digit());
    (good && word.eq_ignore_ascii_case("ack")).then_some(code)
}

/// Digits of the code of a notice.
pub const NOTICE_DIGITS: usize = 6;

/// The id of the line that the first sighting of `key` makes. It lives in the key's own part, so
/// that a new subject's inbox and line have one owner.
pub fn person_of(key: Id) -> PersonId {
    PersonId(Id::of(&[b"person", &key.bytes()]).beside(key))
}

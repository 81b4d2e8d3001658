//! Facts: immutable things that happened, and the envelope they travel in.

use crate::{At, FactId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Whether a fact may act. History and replay change what is known and start nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It happened just now, as far as the sender knows.
    #[default]
    Live,
    /// Imported: it tells what was.
    History,
    /// Sent again on purpose, to mend.
    Replay,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case", tag = "by", content = "who")]
pub enum Actor {
    /// A machine: a source, a provider, the hub itself.
    #[default]
    System,
    /// The person whose line it is.
    Patient,
    /// Someone acting for them; their name or id.
    Proxy(String),
    /// A member of staff; their account name.
    Staff(String),
}

/// How guarded a fact is (a subset of HL7 v3 Confidentiality).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// `N`: the usual care with health data.
    #[default]
    Normal,
    /// `R`: restricted.
    Restricted,
    /// `V`: very restricted.
    VeryRestricted,
}

/// The fact that stands for a FHIR resource as it came: `body` is the resource. What it means is
/// derived from its change by `topics/`.
pub const RESOURCE_RECEIVED: &str = "resource.received";

/// A member of staff has read what came in: `{upto}`, the number in the timeline of the last that they saw.
pub const CONVERSATION_READ: &str = "conversation.read";

/// The current version of every kind of fact that has no other.
pub const SCHEMA_VERSION: u16 = 1;

/// A fact and its envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Hash of source, the source's id and the content.
    pub id: FactId,
    /// The source as configured: `hospital`, `pharmacy`; `throughline` for the hub's own facts.
    pub source: String,
    /// The subject as the source wrote it: `system|value`. Names the source record.
    pub subject: String,
    /// Facility or service; empty when the source does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub site: String,
    /// `part.past_tense`, as in `medication.ready`.
    pub kind: String,
    /// Schema version of the body.
    pub version: u16,
    /// When it happened.
    pub occurred_at: At,
    /// When the hub came to know.
    pub recorded_at: At,
    /// Whether it may act.
    #[serde(default)]
    pub origin: Origin,
    /// Who did it.
    #[serde(default)]
    pub actor: Actor,
    /// What it belongs together with: `Encounter/123`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode: Option<String>,
    /// How guarded it is.
    #[serde(default)]
    pub sensitivity: Sensitivity,
    /// What made the hub say this: a fact's or an effect's id, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The fact that this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retracts: Option<FactId>,
    /// What happened, in the shape of its kind.
    #[serde(default)]
    pub body: Json,
}

/// What a fact is about, as a timeline is filtered by. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Stays, procedures, medicines, appointments; what a hospital's own topics tell.
    Care = 1,
    /// Messages and calls of ours; of lines written before [`Self::Heard`] was told apart, replies too.
    Said = 2,
    /// Prompts and their outcomes.
    Team = 3,
    /// Journeys and reaches.
    Journey = 4,
    /// Consents, preferences, contacts, tasks, corrections.
    Wishes = 5,
    /// What is told with something else already: a raw resource, a receipt, the end of a reach that arrived.
    Quiet = 6,
    /// Words of the person, or of whoever has their number: replies, calls to us.
    Heard = 7,
    /// What a member of staff wrote, to the person or to the others.
    Written = 8,
    /// That a member of staff has read what came in.
    Looked = 9,
}

impl Topic {
    /// All that is worth a line of its own.
    pub const MATTERS: [Self; 7] =
        [Self::Care, Self::Said, Self::Heard, Self::Written, Self::Team, Self::Journey, Self::Wishes];
    /// What was said with the person, by whoever.
    pub const TALK: [Self; 3] = [Self::Said, Self::Heard, Self::Written];

    /// The topic of a fact of that kind and body.
    pub fn of(kind: &str, body: &Json) -> Self {
        let how = || body.get("how").and_then(Json::as_str);
        match (kind, kind.split('.').next().unwrap_or_default()) {
            (RESOURCE_RECEIVED | "message.delivered" | "message.read" | "message.queued" | "enrolment.swept", _)
            | ("message.returned", _)
            | (_, "line") => Self::Quiet,
            ("reach.ended", _) if matches!(how(), Some("delivered" | "pointless")) => Self::Quiet,
            ("answers.received", _) => Self::Quiet,
            // A machine of theirs that answers ours says nothing that somebody should read.
            ("reply.received", _) if body.get("auto").and_then(Json::as_bool) == Some(true) => Self::Said,
            ("reply.received" | "call.received", _) => Self::Heard,
            // What staff write to each other stands in the thread with what was said.
            ("message.written" | "note.written", _) => Self::Written,
            (CONVERSATION_READ, _) => Self::Looked,
            (_, "message" | "reply" | "call" | "staff_call" | "answer" | "questionnaire") => Self::Said,
            (_, "prompt" | "outcome" | "notice") => Self::Team,
            (_, "journey" | "enrolment" | "note" | "reach") => Self::Journey,
            (_, "consent" | "preference" | "contact" | "task" | "record" | "push") => Self::Wishes,
            _ => Self::Care,
        }
    }
}

/// The source name of facts that the hub itself makes.
pub const OWN: &str = "throughline";

impl Fact {
    /// A fact that the hub itself makes about a person, now. `key` and `kind` name it: the same
    /// pair is the same fact.
    pub fn own(kind: &str, key: &str, person: crate::PersonId, now: At, body: Json) -> Self {
        let subject = format!("person|{person}");
        let id = FactId::of(&[OWN.as_bytes(), kind.as_bytes(), key.as_bytes(), subject.as_bytes()]);
        Self::live(id, OWN, subject, kind, now, body)
    }

    /// A fact that happens now, told by `source` about `subject`, done by a machine.
    pub fn live(id: FactId, source: &str, subject: String, kind: &str, now: At, body: Json) -> Self {
        Self {
            id,
            source: source.into(),
            subject,
            site: String::new(),
            kind: kind.into(),
            version: SCHEMA_VERSION,
            occurred_at: now,
            recorded_at: now,
            origin: Origin::Live,
            actor: Actor::System,
            episode: None,
            sensitivity: Sensitivity::Normal,
            cause: None,
            retracts: None,
            body,
        }
    }

    /// The same, done by `actor`.
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    /// The same, because of `cause` (an id as text).
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Text in the body under `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.body.get(key)?.as_str()
    }

    /// A yes or no in the body under `key`.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.body.get(key)?.as_bool()
    }

    /// A point in time in the body under `key`.
    pub fn at(&self, key: &str) -> Option<At> {
        serde_json::from_value(self.body.get(key)?.clone()).ok()
    }
}

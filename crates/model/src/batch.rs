//! The batch: all that one turn of one person writes, in one commit.

use crate::flow::{Passage, Stand};
use crate::message::{Message, Status};
use crate::place::PlaceMove;
use crate::prompt::Prompt;
use crate::service::{CallMove, ServiceCall};
use crate::{At, EffectId, Fact, Id, Item, JourneyId, MessageId, PersonId, Would};
use serde::{Deserialize, Serialize};

/// A FHIR resource kept whole, as the source sent it last.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceRow {
    /// `hospital`.
    pub source: String,
    /// `Encounter`.
    pub kind: String,
    /// The source's id.
    pub id: String,
    /// Version in this store, from 1.
    pub version: i64,
    /// When it came.
    pub at: At,
    /// The JSON as it came.
    pub json: String,
}

/// A journey as stored: columns to count and find by, and the rest one versioned blob.
#[derive(Clone, Debug, PartialEq)]
pub struct JourneyRow {
    /// Journey.
    pub id: JourneyId,
    /// `post-surgical-follow-up`.
    pub pathway: String,
    /// Content hash of the pathway's version.
    pub version: Id,
    /// What it is once for: the encounter, the fact.
    pub episode: String,
    /// Under way, ended, failed.
    pub status: JourneyStatus,
    /// The steps that its strands stand at, for counts: `check,medicine/ready`.
    pub step: String,
    /// When its next timer is due.
    pub next_due: Option<At>,
    /// When it began.
    pub started_at: At,
    /// When and why it ended.
    pub ended: Option<(At, String)>,
    /// Version byte and state.
    pub blob: Vec<u8>,
}

/// Where a journey stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JourneyStatus {
    /// Under way.
    Active,
    /// Ended.
    Ended,
    /// The engine could not go on; staff see it.
    Failed,
}

impl JourneyStatus {
    /// As written in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }
    /// The status of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::Ended, Self::Failed].into_iter().find(|c| c.name() == name)
    }
}

/// Why something was, was not, or was otherwise: a code of at most 200 bytes and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// When.
    pub at: At,
    /// The effect (reach, prompt) that it is about.
    pub effect: EffectId,
    /// The message, if it is about one.
    pub message: Option<MessageId>,
    /// `moved:quiet_hours`, `refused:consent`, `chosen:preference`: stable, machine-readable.
    pub code: String,
    /// Values that the code needs to be told in words: `until=2026-11-23T13:00:00Z`.
    pub detail: String,
}

/// A key of the directory that a turn claims for its person, or gives up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Hash of the key, see [`crate::inbox::key`].
    pub key: Id,
    /// Claimed, or given up.
    pub held: bool,
}

/// A fact handed to another line in the same commit, deduplicated by its id.
pub type Handoff = Item;

/// What one turn of one person writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Whose line.
    pub person: PersonId,
    /// The line's version that was loaded; the commit makes it one more. 0: the line is new.
    pub loaded: i64,
    /// Inbox numbers (in the part named) that this turn consumed.
    pub consumed: Vec<(u16, i64)>,
    /// Facts for the timeline, in order.
    pub facts: Vec<Fact>,
    /// Resources, latest version.
    pub resources: Vec<ResourceRow>,
    /// The line's state (record, outreach) as one versioned blob; `None` when unchanged.
    pub state: Option<Vec<u8>>,
    /// Columns to find and list people by.
    pub face: Option<Face>,
    /// When the line must be woken next; `None` for never.
    pub wake_at: Option<At>,
    /// Journeys that changed.
    pub journeys: Vec<JourneyRow>,
    /// Journeys that left this line (handed over by a merge).
    pub journeys_gone: Vec<JourneyId>,
    /// Prompts that changed.
    pub prompts: Vec<Prompt>,
    /// New messages for the outbox.
    pub messages: Vec<Message>,
    /// Messages to take back, if still queued.
    pub withdraw: Vec<MessageId>,
    /// Messages whose status moved, with the error if any.
    pub moved: Vec<(MessageId, Status, At, Option<String>)>,
    /// Messages that a provider took: which provider, and its own id for them.
    pub carried: Vec<(MessageId, String, Option<String>)>,
    /// Messages of which nobody will find out any more whether they left: they are not looked at again.
    pub unsettled: Vec<MessageId>,
    /// Traces.
    pub traces: Vec<Trace>,
    /// Directory keys.
    pub claims: Vec<Claim>,
    /// Directory keys that are this person's from now on, whoever held them: a provider gave an id again.
    pub overtaken: Vec<Id>,
    /// Directory keys that are given up whoever holds them: a number that was verified anew.
    pub freed: Vec<Id>,
    /// Facts for other lines.
    pub handoffs: Vec<Handoff>,
    /// Where the person came to stand on pathways, and where no more.
    pub stands: Vec<Stand>,
    /// What is counted of steps that were passed.
    pub passages: Vec<Passage>,
    /// Places on pathways with a limit.
    pub places: Vec<PlaceMove>,
    /// What services outside are to be asked.
    pub calls: Vec<ServiceCall>,
    /// Calls that are over, taken back or held.
    pub calls_moved: Vec<CallMove>,
    /// What versions in shadow would have done, and what was done beside it.
    pub shadow: Vec<Would>,
}

/// What people are listed and found by: never the whole record.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Face {
    /// `David Reyes`.
    pub name: String,
    /// ISO date, empty when unknown.
    pub birth_date: String,
    /// The facility that stands for them where one has to.
    pub site: String,
    /// The other facilities that they are in care at.
    pub also_at: Vec<String>,
    /// True when the line was closed by a merge and forwards.
    pub forwards_to: Option<PersonId>,
    /// Lower-case words to search by: names, identifiers, digits of numbers.
    pub search: String,
}

impl Batch {
    /// An empty batch for a line loaded at version `loaded`.
    pub fn new(person: PersonId, loaded: i64) -> Self {
        Self {
            person,
            loaded,
            consumed: Vec::new(),
            facts: Vec::new(),
            resources: Vec::new(),
            state: None,
            face: None,
            wake_at: None,
            journeys: Vec::new(),
            journeys_gone: Vec::new(),
            prompts: Vec::new(),
            messages: Vec::new(),
            withdraw: Vec::new(),
            moved: Vec::new(),
            carried: Vec::new(),
            unsettled: Vec::new(),
            traces: Vec::new(),
            claims: Vec::new(),
            overtaken: Vec::new(),
            freed: Vec::new(),
            handoffs: Vec::new(),
            stands: Vec::new(),
            passages: Vec::new(),
            places: Vec::new(),
            calls: Vec::new(),
            calls_moved: Vec::new(),
            shadow: Vec::new(),
        }
    }
}

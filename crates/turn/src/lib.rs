//! One turn of one person: what came in, what is known and what is under way go in; a [`Batch`]
//! comes out. The hub and the laboratory both call [`decide`].
//!
//! Invariants: pure (time is an argument, ids are hashes, nothing iterates over a hash map); every
//! loop is bounded; history changes what is known and starts nothing; after a death nothing leaves.
//!
//! Deliberately absent: I/O, clocks, the store, and any knowledge of how a message is carried.

mod acts;
mod admit;
mod answered;
mod asks;
mod calls;
mod care;
mod change;
mod close;
pub mod desk;
mod enrol;
mod flow;
mod halted;
mod hears;
pub mod hours;
pub mod line;
mod mail;
mod merge;
mod notices;
pub mod others;
pub mod places;
pub mod prompts;
mod rang;
mod replies;
pub mod safety;
mod scope;
pub mod shadow;
pub mod shared;
pub mod staff_call;
pub mod sweep;
pub mod talk;
mod turn;
mod visits;
mod walk;
mod world;

pub use acts::{RETURNED, UNSETTLED, may_repeat};
pub use calls::{ANSWERED as SERVICE_ANSWERED, FAILED as SERVICE_FAILED};
pub use change::{Changes, Halt, Move, Paused};
pub use line::{Line, Walking};
pub use notices::NOTICE;
pub use scope::JourneyScope;
pub use shadow::Shadow;
pub use staff_call::STAFF_CALL;
pub use turn::disabled_key;

use model::prompt::{Prompt, Team};
use model::{At, Batch, Id, Item, ResourceRow};
use outreach::{Clinic, Rules};
use pathway::Pathway;
use record::Topics;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Stored bytes do not read as what they should be.
    #[error("damaged: {0}")]
    Damaged(String),
}

/// What every turn is decided by: pathways, rules, teams.
#[derive(Clone)]
pub struct Setup {
    /// The clinic.
    pub clinic: Clinic,
    /// Teams.
    pub teams: Vec<Team>,
    /// Pathways that enrol.
    pub in_force: Vec<Arc<Pathway>>,
    /// Every version that a journey may still walk.
    pub versions: BTreeMap<Id, Arc<Pathway>>,
    /// Guards, caps, triage.
    pub rules: Rules,
    /// Facts from FHIR.
    pub topics: Topics,
    /// Sites at which pathways are in force; empty for every one. What happens elsewhere is kept on the
    /// record and starts nothing. Standing pathways hold at every site.
    pub sites: Vec<String>,
    /// How soon the automatic answer to a red flag says that a person will call, milliseconds.
    pub calls_within_ms: i64,
    /// Whether a mail server that is trusted says of each mail that comes in whether it is from whom it says: only then
    /// may the care team answer a notice by mail.
    pub mail_is_proved: bool,
    /// What staff ordered about versions.
    pub changes: Changes,
    /// Places on pathways with a limit are given at once: in the laboratory, where there is one person.
    pub places_free: bool,
    /// Pathways of which any version has a limit.
    limited: BTreeSet<String>,
    /// The kinds of facts that each version listens to; one that is not here hears them all.
    hears: BTreeMap<Id, BTreeSet<String>>,
}

impl Setup {
    /// A setup in which these pathways are in force and their versions known.
    pub fn new(clinic: Clinic, teams: Vec<Team>, pathways: &[Arc<Pathway>], rules: Rules, topics: Topics) -> Self {
        Self {
            clinic,
            teams,
            in_force: pathways.to_vec(),
            versions: pathways.iter().map(|p| (p.version, Arc::clone(p))).collect(),
            rules,
            topics,
            sites: Vec::new(),
            calls_within_ms: 30 * model::time::MINUTE_MS,
            mail_is_proved: false,
            changes: Changes::default(),
            places_free: false,
            limited: pathways.iter().filter(|p| p.enrol.places.is_some()).map(|p| p.name.clone()).collect(),
            hears: pathways.iter().map(|p| (p.version, hears::kinds(p))).collect(),
        }
    }

    /// A version that journeys may still walk, and that enrols nobody.
    pub fn keep_version(&mut self, pathway: &Arc<Pathway>) {
        self.hears.entry(pathway.version).or_insert_with(|| hears::kinds(pathway));
        self.versions.entry(pathway.version).or_insert_with(|| Arc::clone(pathway));
        if pathway.enrol.places.is_some() {
            self.limited.insert(pathway.name.clone());
        }
    }

    /// Whether any version of a pathway has a limit: then its places are counted.
    pub fn is_limited(&self, pathway: &str) -> bool {
        self.limited.contains(pathway)
    }

    /// Pathways of which any version has a limit.
    pub fn limited(&self) -> &BTreeSet<String> {
        &self.limited
    }

    /// Whether words of a pathway in a language may reach a patient. A translation that nobody reviewed is as if it
    /// were not there (45 CFR 92.201(c)(3)), unless the clinic's settings let it out.
    pub fn offers(&self, pathway: &Pathway, language: &str) -> bool {
        pathway.is_reviewed(language)
            || self.clinic.unreviewed_languages && pathway.speaks.iter().any(|l| l == language)
    }

    /// The language in which a person who speaks `language` is shown tasks of a pathway: the first one when a
    /// translation is held back.
    pub(crate) fn shown<'a>(&self, pathway: &'a Pathway, language: &'a str) -> &'a str {
        let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let held_back =
            pathway.speaks.iter().any(|tag| primary(tag) == primary(language) && !self.offers(pathway, tag));
        pathway.speaks.first().filter(|_| held_back).map_or(language, String::as_str)
    }

    /// Whether a version of a pathway does anything about a fact of this kind when it comes. What it sees of
    /// the record it sees at the end of every turn, whatever came.
    pub(crate) fn hears(&self, version: Id, kind: &str) -> bool {
        self.hears.get(&version).is_none_or(|kinds| kinds.contains(kind))
    }
}

/// What a turn is given beside the line.
#[derive(Default)]
pub struct Given {
    /// What came in: part and number in the inbox, and the item.
    pub items: Vec<(u16, i64, Item)>,
    /// The stored versions of the resources that came in.
    pub previous: Vec<ResourceRow>,
    /// Closed prompts that items are about.
    pub prompts: Vec<Prompt>,
    /// Messages of the person that are with a provider this moment: they cannot be taken back.
    pub sending: Vec<model::MessageId>,
    /// Messages to the person that waited too long in the outbox of this line: whoever has their guards is to be asked.
    pub waited: Vec<model::MessageId>,
    /// The care clock.
    pub now: At,
}

/// What came of a turn.
pub struct Decided {
    /// What to commit.
    pub batch: Batch,
    /// Items that were not taken, with the reason; they are consumed all the same.
    pub refused: Vec<(u16, i64, String)>,
}

/// Decides one turn.
pub fn decide(line: Line, given: Given, setup: &Setup) -> Decided {
    let mut turn = turn::Turn::new(line, setup, given.now);
    turn.receive(given);
    turn.settle();
    turn.close()
}

/// Decides one turn of a line that stays in memory: what was decided, and the line that the next turn goes on
/// with. The batch has no bytes (no state, no blob of a journey); all else in it is what [`decide`] gives. It is
/// for the laboratory, which has no store; `lab`'s tests hold both ways alike.
pub fn decide_in_memory(line: Line, given: Given, setup: &Setup) -> (Decided, Line) {
    let mut turn = turn::Turn::new(line, setup, given.now);
    turn.receive(given);
    turn.settle();
    turn.close_with(false)
}

/// Reads one line for showing: the merged record and the tasks of the local day.
pub fn tasks_today(line: &Line, setup: &Setup, now: At) -> Vec<journey::Task> {
    let turn = turn::Turn::new(line.clone(), setup, now);
    turn.tasks_today()
}

/// The questions that wait for the person's answers, for a page that asks them.
pub fn asking(line: &Line, setup: &Setup, now: At) -> Vec<(Arc<Pathway>, journey::Asking)> {
    turn::Turn::new(line.clone(), setup, now).asking()
}

/// What is known of the person of a line, merged over its source records.
pub fn known(line: &Line) -> record::Record {
    record::merge(line.folds.iter().map(|h| &h.fold))
}

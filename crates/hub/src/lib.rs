//! The runtime: receive → resolve → load → decide → commit → dispatch; timers, outbox, lanes.

pub mod clock;
pub use clock::Clock;

use model::prompt::Team;
use model::{Arrival, Fact, Item, JourneyRow, PersonId};
use outreach::{Clinic, Outreach, Rules};
use pathway::Pathway;
use record::{Fold, Record};
use std::sync::Arc;
use store::Store;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The hub is stopping and takes nothing more.
    #[error("the hub is stopping")]
    Stopping,
    /// The person is not known.
    #[error("no such person")]
    NoSuchPerson,
    /// The turn refused the fact: `outcome`'s prompt is closed already, and the like.
    #[error("{0}")]
    Refused(String),
}

/// A running hub. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    settings: Settings,
    clock: Clock,
}

/// What a hub is started with.
pub struct Settings {
    /// The clinic.
    pub clinic: Clinic,
    /// Teams.
    pub teams: Vec<Team>,
    /// Pathways in force, and older versions that journeys still walk.
    pub pathways: Vec<Arc<Pathway>>,
    /// Guards, caps, triage.
    pub rules: Rules,
    /// Test mode: only these addresses and numbers are reached; `None` when live.
    pub only_to: Option<Vec<String>>,
}

/// One person, decoded for reading: what the pages show.
pub struct Look {
    /// Who. After a merge this is the line that the asked one forwards to.
    pub person: PersonId,
    /// What is known, merged.
    pub record: Record,
    /// By source record.
    pub folds: Vec<Fold>,
    /// What is under way to them.
    pub outreach: Outreach,
    /// Journeys with their states.
    pub journeys: Vec<(JourneyRow, journey::State)>,
    /// Open prompts.
    pub prompts: Vec<model::prompt::Prompt>,
    /// Today's tasks of all checklists under way, in the person's language.
    pub tasks: Vec<journey::Task>,
}

impl Hub {
    /// The store, for reads.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }
    /// The care clock.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }
    /// What it was started with.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }
    /// Takes items in; returns when they are durable. Order is kept for one subject.
    pub async fn accept(&self, _items: Vec<Item>) -> Result<Vec<Arrival>, Error> {
        todo!()
    }
    /// Takes a fact about a known person in, waits for its turn to be committed, at most 10 s.
    pub async fn submit(&self, _person: PersonId, _fact: Fact) -> Result<(), Error> {
        todo!()
    }
    /// One person. Blocks: call from a blocking thread.
    pub fn look(&self, _person: PersonId) -> Result<Look, Error> {
        todo!()
    }
    /// A number that grows with every commit that changed a line: pages that live wait for it.
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        todo!()
    }
}

//! The runtime: receive → resolve → load → decide → commit → dispatch; timers, outbox, lanes.
//!
//! One thread writes each lane ([`lane::Worker`]); messages are carried by tasks
//! ([`dispatch::Dispatcher`]), and what came of them comes back in as facts. [`Stepper`] drives
//! the same code by hand, for tests. Services outside are called by [`caller::Caller`], the same way round.
//!
//! Invariants: nothing is answered before it is durable; a message is on disk as being sent before
//! its first byte leaves; every queue is bounded, and a full one pushes back.
//!
//! Deliberately absent: decisions (they are `turn`'s), SQL, HTTP.

mod budget;
pub mod caller;
pub mod change;
mod clock;
pub mod dispatch;
mod foresee;
pub mod gate;
pub mod kept;
pub mod lane;
mod look;
pub mod newcomers;
mod places;
mod publish;
pub mod receipts;
mod refusal;
mod run;
pub mod sending;
pub mod settle;
pub mod shadow;
pub mod shipped;
mod stepper;
mod talk;

pub use caller::Service;
pub use change::{DryRun, Order, Ordered};
pub use clock::Clock;
pub use foresee::Foreseen;
pub use look::{Asked, Look};
pub use newcomers::NewSenders;
pub use refusal::Refusal;
pub use stepper::{Point, Stepper, Then, Watch};

use channels::contract::{Incoming, Provider};
use model::prompt::Team;
use model::{Arrival, Fact, Item, PersonId};
use outreach::{Clinic, Rules};
use pathway::Pathway;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Stored bytes that a turn cannot read.
    #[error(transparent)]
    Turn(#[from] turn::Error),
    /// The hub is stopping and takes nothing more.
    #[error("the hub is stopping")]
    Stopping,
    /// More came than could be taken in time: try again later.
    #[error("the hub is busy: try again in a moment")]
    Busy,
    /// The person is not known.
    #[error("no such person")]
    NoSuchPerson,
    /// The turn refused the fact: its prompt is closed already, and the like.
    #[error("{0}")]
    Refused(String),
    /// An order of staff may not stand, or a version not be kept.
    #[error(transparent)]
    Order(#[from] Refusal),
    /// Another version is in force than the one that was to be replaced; `None`: none is.
    #[error("another version is in force by now")]
    InForce(Option<model::Id>),
    /// Settings that do not go together.
    #[error("settings: {0}")]
    Settings(String),
    /// Another process took this part of the store over.
    #[error("part {0} was taken over by another process")]
    LaneLost(u16),
}

/// What a hub is started with.
pub struct Settings {
    /// The clinic.
    pub clinic: Clinic,
    /// Teams.
    pub teams: Vec<Team>,
    /// Pathways in force, as long as staff put no other version in force (see [`Hub::in_force`]).
    pub pathways: Vec<Arc<Pathway>>,
    /// Older versions that journeys may still walk.
    pub older: Vec<Arc<Pathway>>,
    /// Guards, caps, triage.
    pub rules: Rules,
    /// Facts from FHIR.
    pub topics: record::Topics,
    /// Test mode: only these addresses and numbers are reached; `None` when live.
    pub only_to: Option<Vec<String>>,
    /// Sites at which pathways are in force; empty for every one. Standing pathways hold everywhere.
    pub sites: Vec<String>,
    /// Services outside that pathways may call.
    pub services: Vec<Service>,
    /// More messages of the same words of a pathway within a day wait for a second person's approval; 0: never.
    pub approve_above: u32,
    /// Whether a mail server that is trusted says of each mail that comes in whether it is from whom it says
    /// (`smtp.trusted_authserv`): then the care team may answer a notice by mail.
    pub mail_is_proved: bool,
}

impl Settings {
    /// Pathways in force that call a service which is not among the settings: pathway and service.
    pub fn services_missing(&self) -> Vec<(String, String)> {
        self.missing_of(&self.pathways)
    }

    fn missing_of(&self, pathways: &[Arc<Pathway>]) -> Vec<(String, String)> {
        let of = |p: &Arc<Pathway>| {
            let missing = self.services_missing_of(p).into_iter();
            missing.map(|service| (p.name.clone(), service)).collect::<Vec<_>>()
        };
        pathways.iter().flat_map(of).collect()
    }

    /// Services that a version calls and that are not among the settings.
    pub fn services_missing_of(&self, pathway: &Pathway) -> Vec<String> {
        let known = |name: &str| self.services.iter().any(|s| s.name == name);
        pathway.services.iter().filter(|s| !known(&s.name)).map(|s| s.name.clone()).collect()
    }

    /// What every turn is decided by.
    pub fn setup(&self) -> turn::Setup {
        let mut setup = turn::Setup::new(
            self.clinic.clone(),
            self.teams.clone(),
            &self.pathways,
            self.rules.clone(),
            self.topics.clone(),
        );
        setup.sites.clone_from(&self.sites);
        setup.mail_is_proved = self.mail_is_proved;
        for pathway in &self.older {
            setup.keep_version(pathway);
        }
        setup
    }
}

/// A running hub. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<run::Inner>,
}

impl Hub {
    /// Starts the lanes' threads and the dispatcher. Must be called within a tokio runtime.
    pub async fn start(
        store: Store,
        settings: Settings,
        clock: Clock,
        providers: Vec<Arc<dyn Provider>>,
    ) -> Result<Self, Error> {
        let inner = run::start(store, settings, clock, providers).await?;
        Ok(Self { inner })
    }

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
    pub async fn accept(&self, items: Vec<Item>) -> Result<Vec<Arrival>, Error> {
        self.inner.accept(items).await
    }

    /// Takes in what a provider brought.
    pub async fn incoming(&self, from: Vec<Incoming>) -> Result<Vec<Arrival>, Error> {
        self.inner.incoming(from).await
    }

    /// How many senders of mail that nobody knew were taken in this hour, and how much was put off.
    pub fn new_senders(&self) -> NewSenders {
        self.inner.newcomers.view(self.inner.clock.now())
    }

    /// The provider of that name, for what it reports by webhook.
    pub fn provider(&self, name: &str) -> Option<Arc<dyn Provider>> {
        self.inner.dispatcher.named(name).cloned()
    }

    /// Whether any service can connect a member of staff with a person by telephone.
    pub fn bridges(&self) -> bool {
        let carries = |p: &Arc<dyn Provider>| p.bridges() && p.spec().channels.contains(&model::Channel::Voice);
        self.inner.dispatcher.providers().iter().any(carries)
    }

    /// Takes a fact about a known person in, waits for its turn to be committed, at most 10 s.
    pub async fn submit(&self, person: PersonId, fact: Fact) -> Result<(), Error> {
        self.inner.submit(person, fact).await
    }

    /// One person. Blocks: call from a blocking thread.
    pub fn look(&self, person: PersonId) -> Result<Look, Error> {
        look::look(&self.inner.store, &self.inner.setup(), self.inner.clock.now(), person)
    }

    /// What is known of many people, for lists: nothing of what is under way to them. Blocks.
    pub fn records(&self, people: &[PersonId]) -> Result<BTreeMap<PersonId, record::Record>, Error> {
        look::records(&self.inner.store, people)
    }

    /// What each of these facts about a person would lead to, were it said now; nothing is written. Blocks.
    pub fn foresee(&self, person: PersonId, facts: &[Fact]) -> Result<Vec<Foreseen>, Error> {
        foresee::foresee(&self.inner.store, &self.inner.setup(), self.inner.clock.now(), person, facts)
    }

    /// Gives an order about a version of a pathway; its number. Durable when this returns, and heeded by every turn
    /// from then on. The same `once` again is the same order.
    pub async fn order(&self, who: &str, once: &str, order: Order) -> Result<i64, Error> {
        Ok(self.order_told(who, once, order).await?.0)
    }

    /// The same; its number, and whether it was given by this: not when it was given before, by whomever.
    pub async fn order_told(&self, who: &str, once: &str, order: Order) -> Result<(i64, bool), Error> {
        self.inner.order(who, once, order).await
    }

    /// Every order that was given, the oldest first.
    pub fn orders(&self) -> Arc<Vec<Ordered>> {
        self.inner.orders()
    }

    /// Keeps a version of a pathway: durable, and known to every lane when this returns. It is not in force by that.
    /// One that is known already stays as it is.
    pub async fn keep(&self, version: kept::Kept) -> Result<Arc<Pathway>, Error> {
        self.inner.keep(version, kept::To::BeKnown).await
    }

    /// The same for a version that an order is to put in force right after: versions that are kept and never ordered are
    /// not in its way.
    pub async fn keep_to_publish(&self, version: kept::Kept) -> Result<Arc<Pathway>, Error> {
        self.inner.keep(version, kept::To::BeInForce).await
    }

    /// Pathways in force now that call a service which is not among the settings: pathway and service.
    pub fn services_missing(&self) -> Vec<(String, String)> {
        self.settings().missing_of(&self.in_force())
    }

    /// The pathways that are in force now: those of the settings, and in their place what staff put in force.
    pub fn in_force(&self) -> Vec<Arc<Pathway>> {
        self.inner.setup().in_force.clone()
    }

    /// Versions that are known and not in force now.
    pub fn older(&self) -> Vec<Arc<Pathway>> {
        let setup = self.inner.setup();
        let in_force = |p: &&Arc<Pathway>| setup.in_force.iter().any(|f| f.version == p.version);
        setup.versions.values().filter(|p| !in_force(p)).cloned().collect()
    }

    /// A version of a pathway, in force or not.
    pub fn version(&self, version: model::Id) -> Option<Arc<Pathway>> {
        self.inner.setup().versions.get(&version).cloned()
    }

    /// The order by which a pathway's version is in force; `None` when it is in force by the settings alone.
    pub fn put_in_force_by(&self, pathway: &str) -> Option<Ordered> {
        self.inner.standing(pathway)
    }

    /// The halts that hold now.
    pub fn halts(&self) -> Vec<turn::Halt> {
        self.inner.setup().changes.halts.clone()
    }

    /// The halt that holds a version of a pathway.
    pub fn halt_of(&self, pathway: &Pathway) -> Option<turn::Halt> {
        self.inner.setup().halt_of(&pathway.name, pathway.version).cloned()
    }

    /// What each provider's gate is now, and what came of its messages today (of the care clock, in UTC) since the start.
    pub fn gates(&self) -> Vec<gate::View> {
        self.inner.dispatcher.gates().views(std::time::Instant::now(), self.inner.dispatcher.day())
    }

    /// The pauses that hold now.
    pub fn paused(&self) -> Vec<sending::Paused> {
        sending::paused(&self.inner.orders())
    }

    /// How many messages of a pathway's words were queued within a day; urgent ones are not among them.
    pub fn queued_lately(&self, pathway: &str, words: &str) -> i64 {
        self.inner.bulk.lately(&store::held_key(pathway, words), self.inner.clock.now())
    }

    /// The approvals that hold now.
    pub fn approvals(&self) -> Vec<sending::Approval> {
        let (setup, now) = (self.inner.setup(), self.inner.clock.now());
        let all = sending::approvals(&self.inner.orders());
        all.into_values().filter(|a| sending::holds_now(a, &setup, now)).collect()
    }

    /// The shadows that run now.
    pub fn shadows(&self) -> Vec<turn::Shadow> {
        let now = self.inner.clock.now();
        self.inner.setup().changes.shadows.iter().filter(|s| s.runs(now)).cloned().collect()
    }

    /// What moving the journeys of these people from one version to another would do; nothing is written, and at most
    /// [`change::LOOKED_MAX`] are looked at. Blocks.
    pub fn dry_run(
        &self,
        from: &Pathway,
        to: &Pathway,
        steps: &journey::StepMap,
        people: &[PersonId],
    ) -> Result<DryRun, Error> {
        change::dry_run(&self.inner.store, (from, to), steps, people)
    }

    /// A number that grows with every commit that changed a line: pages that are live wait for it.
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Something that pages show has changed and is on no line: what is live looks again.
    pub fn touch(&self) {
        self.inner.changes.send_modify(|n| *n += 1);
    }

    /// Whether every lane is still written by this process.
    pub fn is_running(&self) -> bool {
        self.inner.is_running()
    }

    /// Stops: takes nothing more, lets what is being sent come to its end (at most 10 s), ends
    /// the lanes. What was accepted and not decided yet is decided after the next start.
    pub async fn stop(&self) {
        self.inner.stop().await;
    }
}

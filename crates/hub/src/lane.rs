//! One writer of a lane: takes items in, runs the turns that wait, claims what is to be sent.
//!
//! Synchronous and without a clock of its own, so that tests drive it by hand and the hub's
//! threads drive it in production: the same code.

mod looks;
mod out;
mod places;
mod sort;
mod turns;

use crate::Error;
use crate::change::{self, Ordered, Sweep};
use crate::receipts;
use crate::sending::{Bulk, Holds};
use model::message::Message;
use model::{Arrival, At, Channel, EffectId, FactId, Item, MessageId, PersonId, ServiceCall};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Mark, Room, Store};
use turn::Setup;

/// Items that one group of turns takes from the inbox.
pub const GROUP_MAX: usize = 4096;
/// Lines that one group wakes.
pub const WAKE_MAX: usize = 1024;
/// People asked at a time whom an order of staff concerns.
pub const SWEEP_MAX: usize = 512;
/// Messages claimed from the outbox at a time.
pub const CLAIM_MAX: usize = 256;
/// Facts handed between lines at a time.
pub const HANDOFF_MAX: usize = 1024;
/// Parked items looked at again at a time.
const UNPARK_MAX: usize = 1024;
/// A message that has waited in the outbox this long has its guards asked again before it leaves.
const QUEUED_MS: i64 = 2 * 60 * 1000;
/// Counts of what was queued are kept for this long.
const BULK_KEPT_MS: i64 = 2 * model::time::DAY_MS;
/// Items that match nobody are tried again for this long (receipts that came before their message).
const PARKED_MS: i64 = 60 * 60 * 1000;

/// Looks for whose an item is, before it goes where the directory says.
const LOOKS_MAX: u8 = 4;

/// What room there is for a channel, shared with so many that are asked for after it, itself among them.
pub type RoomOf<'a> = &'a mut dyn FnMut(Channel, usize) -> Room;

/// What waits, by person: part and number in the inbox, and the item.
type Work = BTreeMap<PersonId, Vec<(u16, i64, Item)>>;

/// What one step did.
#[derive(Default)]
pub struct Step {
    /// Turns committed.
    pub turns: usize,
    /// Items consumed, refused ones with the reason.
    pub settled: Vec<(FactId, Result<(), String>)>,
    /// Items for other lanes, and where they wait here until they are durable there.
    pub elsewhere: Vec<(Left, Item)>,
    /// Messages that are durable as being sent: send them now. With what the store says of the number.
    pub send: Vec<(Message, Number)>,
    /// Messages that were too late.
    pub expired: Vec<Message>,
    /// Whether places on pathways with a limit were taken, freed or asked for.
    pub places: bool,
    /// Whether items were set aside that match nobody yet.
    pub parked: bool,
    /// Whether more is waiting right now.
    pub more: bool,
}

/// What the store says of the number or address that a message goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Nothing against it.
    Free,
    /// It is known to be somebody else's, or nobody's.
    Disabled,
    /// Many people have it, and one of them wants nothing automated there.
    Stopped,
    /// The store could not say.
    Unknown,
}

/// Where an item for another lane waits until it is durable there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// Part and number in the inbox.
    Inbox(u16, i64),
    /// Part and number among the handed-over facts.
    Handoff(u16, i64),
}

/// The writer of a lane.
pub struct Worker {
    lane: store::Lane,
    store: Store,
    /// Without what staff ordered.
    base: Arc<Setup>,
    /// With it.
    setup: Arc<Setup>,
    orders: Vec<Ordered>,
    /// Walks over those whom orders concern, the oldest first.
    sweeps: Vec<Sweep>,
    claims_written: bool,
    /// Groups that claimed keys, of all lanes.
    claims: Arc<AtomicU64>,
    /// How many they were when what is set aside was tried last.
    claims_tried: Option<u64>,
    /// Channels of which something may be queued.
    outbox: BTreeSet<Channel>,
    /// What stays in the outbox, by order or for its number.
    holds: Holds,
    bulk: Arc<Bulk>,
    /// Whether lines that know of no sweep have been woken for the next one.
    sweeps_planned: bool,
    /// Whether what was given before this process began has been told.
    given_told: bool,
    /// The day of the care clock on which what old shadows told was dropped last.
    shadows_forgotten: Option<i32>,
    /// The hour of the care clock in which receipts that wait for no message any more were ended last.
    receipts_ended: Option<i64>,
    in_transit: BTreeSet<Left>,
    /// Items for which a look-up failed, and how often.
    unread: BTreeMap<(u16, i64), u8>,
    /// Messages that are with a provider this moment, at most as many as have room there; whether a turn took one back
    /// meanwhile. Then it leaves or fails like any other, but into the outbox it does not come again.
    sending: BTreeMap<PersonId, BTreeMap<MessageId, bool>>,
    /// What waited too long of those who have a turn before it may leave; empty but while they have it.
    waited: BTreeMap<PersonId, Vec<MessageId>>,
}

impl Worker {
    /// Takes the lane; whoever had it can write no more.
    pub fn new(store: &Store, lane: u16, setup: Arc<Setup>) -> Result<Self, Error> {
        Self::with(store, lane, setup, Arc::new(Bulk::none()))
    }

    /// The same, of several that count what is queued together.
    pub fn with(store: &Store, lane: u16, setup: Arc<Setup>, bulk: Arc<Bulk>) -> Result<Self, Error> {
        let mut lane = store.take_lane(lane)?;
        let held = lane.held()?;
        let mut this = Self {
            lane,
            store: store.clone(),
            base: Arc::clone(&setup),
            setup: Arc::clone(&setup),
            orders: Vec::new(),
            sweeps: Vec::new(),
            claims_written: true,
            claims: Arc::default(),
            claims_tried: None,
            outbox: Channel::EVERY.into(),
            holds: Holds::new(held),
            bulk,
            sweeps_planned: false,
            given_told: false,
            shadows_forgotten: None,
            receipts_ended: None,
            in_transit: BTreeSet::new(),
            unread: BTreeMap::new(),
            sending: BTreeMap::new(),
            waited: BTreeMap::new(),
        };
        this.heed(&setup, &change::given(store)?)?;
        this.tell_held();
        this.lane.settle_places(this.base.limited())?;
        this.lane.calls_left()?;
        Ok(this)
    }

    /// Takes calls that are due, of each service at most as many as `room` says: they are durable as under way, ask
    /// them now.
    pub fn calls(&mut self, now: At, room: &mut dyn FnMut(&str) -> usize) -> Result<Vec<ServiceCall>, Error> {
        // What an order holds back must not leave before everyone was asked whom it concerns.
        if self.sweeps.iter().any(|s| s.holds) {
            return Ok(Vec::new());
        }
        Ok(self.lane.claim_calls(now, &mut |service| room(service).min(CLAIM_MAX))?)
    }

    /// These are tried again then.
    pub fn call_again(&mut self, calls: &[(PersonId, EffectId, At)]) -> Result<(), Error> {
        Ok(self.lane.call_again(calls)?)
    }

    /// When the next call is due, as far as is known.
    pub fn next_call(&self) -> Option<At> {
        self.lane.next_call()
    }

    /// No turn is decided without these versions and orders from now on. `base` is what holds without any order; an
    /// older state than the one that is known is left.
    pub fn heed(&mut self, base: &Arc<Setup>, orders: &[Ordered]) -> Result<(), Error> {
        let more = base.versions.len() > self.base.versions.len();
        if orders.len() <= self.orders.len() && !more {
            return Ok(());
        }
        if more {
            self.base = Arc::clone(base);
            // A version that came may be the first of its pathway with a limit.
            self.lane.settle_places(self.base.limited())?;
        }
        if orders.len() > self.orders.len() {
            self.orders = orders.to_vec();
            self.holds.heed(orders);
            // What was held may leave now.
            self.outbox = Channel::EVERY.into();
        }
        self.sweeps = change::sweeps(&self.orders, self.lane.parts(), &self.lane.marks()?);
        self.order_setup();
        Ok(())
    }

    /// Journeys are moved by an order as long as not everyone was asked.
    fn order_setup(&mut self) {
        let moving = |number: i64| self.sweeps.iter().any(|s| s.number == number);
        let setup = change::with(&self.base, &self.orders, &moving);
        // What was put in force may sweep at times that no line has planned.
        let same = setup.in_force.iter().map(|p| p.version).eq(self.setup.in_force.iter().map(|p| p.version));
        self.sweeps_planned &= same;
        self.setup = setup;
    }

    /// Asks the next people whom an order concerns: what follows from it is decided in their turns.
    fn sweep(&mut self, now: At, step: &mut Step) -> Result<(), Error> {
        let Some(sweep) = self.sweeps.first_mut() else { return Ok(()) };
        let (mut people, mut marks) = (Vec::new(), Vec::new());
        for (part, after) in &mut sweep.parts {
            let room = SWEEP_MAX - people.len();
            let found = self.lane.people_on(*part, &sweep.pathway, sweep.version, *after, room)?;
            let done = found.len() < room;
            *after = found.last().copied().or(*after);
            marks.push((*part, Mark { after: *after, done }, found.len()));
            people.extend(found);
            if !done {
                break;
            }
        }
        let number = sweep.number;
        sweep.parts.retain(|(part, _)| !marks.iter().any(|(of, mark, _)| of == part && mark.done));
        let over = sweep.parts.is_empty();
        let work: Work = people.into_iter().map(|person| (person, Vec::new())).collect();
        if !work.is_empty() {
            self.turns(work, now, step)?;
        }
        self.lane.mark(number, &marks)?;
        if over {
            self.sweeps.remove(0);
            self.order_setup();
        }
        step.more = true;
        Ok(())
    }

    /// Once a day: what shadows told that ended long ago is dropped.
    fn forget_shadows(&mut self, now: At) -> Result<(), Error> {
        let today = Some(model::flow::day(now));
        if std::mem::replace(&mut self.shadows_forgotten, today) != today {
            for number in crate::shadow::forgotten(&self.orders, now) {
                self.lane.shadow_forget(number)?;
            }
        }
        Ok(())
    }

    /// Once an hour: receipts that were set aside and wait for no message any more are dismissed, and counted.
    fn end_receipts(&mut self, now: At, step: &mut Step) -> Result<(), Error> {
        let hour = now.0.div_euclid(model::time::HOUR_MS);
        if self.receipts_ended == Some(hour) {
            return Ok(());
        }
        let ended = self.lane.end_parked(receipts::UNKNOWN, now.plus_ms(-receipts::WAITS_MS), UNPARK_MAX)?;
        if ended == UNPARK_MAX {
            step.more = true;
        } else {
            self.receipts_ended = Some(hour);
        }
        if ended > 0 {
            tracing::info!(
                receipts = ended,
                "receipts are dismissed: no message that they may be of is known after days"
            );
            metrics::counter!("throughline_receipts_dismissed_total").increment(ended as u64);
        }
        Ok(())
    }

    /// After a crash: messages whose sending was under way; their end is not known. Their rows move with the
    /// facts that say what is found out.
    pub fn unknown_after_crash(&mut self) -> Result<Vec<Message>, Error> {
        let left = self.lane.left_dispatching()?;
        for message in &left {
            self.sending.entry(message.person).or_default().insert(message.id, false);
        }
        Ok(left)
    }

    /// Takes items in; durable when it returns.
    pub fn accept(&mut self, items: &[Item], now: At) -> Result<Vec<Arrival>, Error> {
        Ok(self.lane.accept(items, now)?)
    }

    /// When the next timer of the lane is due.
    pub fn next_wake(&mut self) -> Result<Option<At>, Error> {
        Ok(self.lane.next_wake()?)
    }

    /// One group, with the same room for messages of every channel.
    pub fn step(&mut self, now: At, room: usize) -> Result<Step, Error> {
        self.step_by(now, &mut |_, _| Room::of(room))
    }

    /// One group: what waits and what is due, decided and committed together; then of each channel at most as many
    /// messages from the outbox as `room` says. It is asked once for each channel of which some may wait, and told how
    /// many are left to be asked for.
    pub fn step_by(&mut self, now: At, room: RoomOf<'_>) -> Result<Step, Error> {
        let mut step = Step::default();
        if !std::mem::replace(&mut self.sweeps_planned, true)
            && let Some(first) = turn::sweep::first(&self.setup, now)
        {
            // Just before it: a line that has planned its own sweep is woken no later, and is left as it is.
            let planned = first.plus_ms(turn::sweep::SPREAD_MS);
            self.lane.wake_by(first.plus_ms(-1), planned)?;
        }
        if !std::mem::replace(&mut self.given_told, true) {
            let rows = self.lane.given()?;
            self.tell_given(&rows, now)?;
            self.tell_again(&rows, now)?;
            step.places = true;
        }
        let waiting = self.lane.waiting(GROUP_MAX)?;
        let due = self.lane.due(now, WAKE_MAX)?;
        step.more = waiting.len() == GROUP_MAX || due.len() == WAKE_MAX;
        let work = self.sort(waiting, due, now, &mut step)?;
        if !work.is_empty() {
            self.turns(work, now, &mut step)?;
        }
        self.sweep(now, &mut step)?;
        self.forget_shadows(now)?;
        self.end_receipts(now, &mut step)?;
        self.hand_over(&mut step)?;
        if self.claims_seen() && self.lane.unpark(now.plus_ms(-PARKED_MS), UNPARK_MAX)? > 0 {
            step.more = true;
        }
        // What an order holds back must not leave before everyone was asked whom it concerns.
        let held = self.sweeps.iter().any(|s| s.holds);
        if !held {
            self.release(now, &mut step)?;
            self.claim(now, room, &mut step)?;
        }
        Ok(step)
    }

    /// Whether keys were claimed since what is set aside was tried last: here, or by another lane, whose lines a key of
    /// this one may name.
    fn claims_seen(&mut self) -> bool {
        if std::mem::take(&mut self.claims_written) {
            self.claims.fetch_add(1, Ordering::SeqCst);
        }
        let count = self.claims.load(Ordering::SeqCst);
        self.claims_tried.replace(count) != Some(count)
    }

    /// Counts claims together with the other lanes.
    pub fn count_claims(&mut self, claims: &Arc<AtomicU64>) {
        self.claims = Arc::clone(claims);
    }

    /// Whether calls by staff would find no place now, whatever room their channel has: then none is claimed.
    pub fn calls_wait(&mut self, wait: bool) {
        self.holds.calls_wait = wait;
    }
}

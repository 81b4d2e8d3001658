//! What holds messages back by hand or by number: pauses, and many of the same words without a second person's word.
//!
//! Invariants: a pause is an order, durable before it is answered, and holds until it is ended by another; what it holds
//! stays in the outbox, where the time of a reach goes on, so that nothing clinical is forgotten by it; more than a number
//! of messages of the same words of a pathway within a day stay there until somebody approves who neither decided those
//! words (published the version, took journeys to it) nor paused it. An approval names how many, and ends after a day or
//! with the next order that decides what the words say, whichever is first.
//!
//! Deliberately absent: what lets the rest out (see [`crate::gate`]).

use crate::Error;
use crate::change::{Order, Ordered};
use model::message::Message;
use model::time::DAY_MS;
use model::{At, Channel, Id};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{HOUR_MS, Hold, Store, held_key};
use turn::Setup;

/// The longest reason, in characters.
const WHY_MAX: usize = 500;
/// The most messages that one approval may name.
pub const APPROVED_MAX: i64 = 100_000_000;

/// What a pause is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every message, urgent ones and notes on the Today page too.
    Everything,
    /// A channel, whoever carries it.
    Channel(Channel),
    /// A provider: another one that carries the channel takes its place.
    Provider(String),
    /// Messages of a pathway, whichever version; its journeys go on.
    Pathway(String),
}

/// A pause that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// The order's number.
    pub number: i64,
    /// Since when, on the care clock.
    pub at: At,
    /// Who.
    pub by: String,
    /// What.
    pub scope: Scope,
    /// Why.
    pub why: String,
}

/// An approval of many messages of the same words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// When, on the care clock.
    pub at: At,
    /// Who.
    pub by: String,
    /// Pathway.
    pub pathway: String,
    /// Words.
    pub words: String,
    /// The version that was in force.
    pub version: Option<Id>,
    /// Up to so many within a day.
    pub recipients: i64,
}

impl Approval {
    fn until(&self) -> At {
        self.at.plus_ms(DAY_MS)
    }
}

/// The pauses that hold, to be asked; and when the halts that hold were ordered, by pathway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pauses(BTreeSet<Scope>, BTreeMap<String, At>);

impl Pauses {
    /// Those of these orders.
    pub fn of(all: &[Ordered]) -> Self {
        let holding: BTreeSet<i64> = crate::change::halts(all).into_iter().map(|halt| halt.number).collect();
        let halted = all.iter().filter(|o| holding.contains(&o.number));
        // The last one of a pathway counts: what was claimed after it had its guards asked.
        let halted = halted.map(|o| (o.order.pathway().to_owned(), o.at)).collect();
        Self(paused(all).into_iter().map(|p| p.scope).collect(), halted)
    }

    /// With these, too.
    pub(crate) fn and(mut self, scopes: &[Scope]) -> Self {
        self.0.extend(scopes.iter().cloned());
        self
    }

    /// These.
    #[cfg(test)]
    pub(crate) fn only(scopes: &[Scope]) -> Self {
        Self(scopes.iter().cloned().collect(), BTreeMap::new())
    }

    /// A halt of this pathway.
    #[cfg(test)]
    pub(crate) fn halted(pathway: &str, at: At) -> Self {
        Self(BTreeSet::new(), [(pathway.to_owned(), at)].into())
    }

    /// Whether an order keeps this message, of whatever channel or provider: a pause of its pathway, or a halt that was
    /// ordered after it was claimed.
    pub fn message(&self, message: &Message) -> bool {
        let halted = self.1.get(&message.pathway).is_some_and(|at| message.status_at < *at);
        self.pathway(&message.pathway) || halted && message.journey.is_some()
    }

    /// Whether nothing leaves this channel.
    pub fn channel(&self, channel: Channel) -> bool {
        self.0.contains(&Scope::Everything) || self.0.contains(&Scope::Channel(channel))
    }

    /// Whether this provider gets nothing.
    pub fn provider(&self, name: &str) -> bool {
        self.0.iter().any(|scope| matches!(scope, Scope::Provider(p) if p == name))
    }

    /// Whether nothing of this pathway leaves.
    pub fn pathway(&self, name: &str) -> bool {
        self.0.iter().any(|scope| matches!(scope, Scope::Pathway(p) if p == name))
    }
}

/// The pauses that hold.
pub fn paused(all: &[Ordered]) -> Vec<Paused> {
    let over: BTreeSet<i64> = all.iter().filter_map(of).collect();
    let one = |o: &Ordered| match &o.order {
        Order::Pause { scope, why } if !over.contains(&o.number) => {
            Some(Paused { number: o.number, at: o.at, by: o.by.clone(), scope: scope.clone(), why: why.clone() })
        }
        _ => None,
    };
    all.iter().filter_map(one).collect()
}

fn of(o: &Ordered) -> Option<i64> {
    match o.order {
        Order::Unpause { of } => Some(of),
        _ => None,
    }
}

/// The last approval of each pathway's words, unless an order after it decided what they say: nobody approved that.
pub(crate) fn approvals(all: &[Ordered]) -> BTreeMap<String, Approval> {
    let mut out = BTreeMap::new();
    for o in all {
        match &o.order {
            Order::Approve { pathway, words, version, recipients } => {
                let approval = Approval {
                    at: o.at,
                    by: o.by.clone(),
                    pathway: pathway.clone(),
                    words: words.clone(),
                    version: *version,
                    recipients: *recipients,
                };
                out.insert(held_key(pathway, words), approval);
            }
            Order::Publish { pathway, .. }
            | Order::Fell { pathway, .. }
            | Order::Words { pathway, .. }
            | Order::Move { pathway, .. } => out.retain(|_, approval: &mut Approval| approval.pathway != *pathway),
            Order::Halt { .. }
            | Order::Resume { .. }
            | Order::Shadow { .. }
            | Order::Unshadow { .. }
            | Order::Pause { .. }
            | Order::Unpause { .. } => {}
        }
    }
    out
}

/// Who decided the words of the journeys that were taken to another version: as long as none were taken on from there,
/// and nobody put that version in force since.
fn movers<'a>(all: &'a [Ordered], pathway: &'a str) -> impl Iterator<Item = &'a str> {
    let over = move |number: i64, version: Id| {
        all.iter().filter(|o| o.number > number && o.order.pathway() == pathway).any(|o| match &o.order {
            Order::Words { from, .. } | Order::Move { from, .. } => *from == version,
            Order::Publish { version: published, .. } => *published == version,
            _ => false,
        })
    };
    all.iter().filter_map(move |o| match &o.order {
        Order::Words { pathway: of, to, .. } | Order::Move { pathway: of, to, .. } if of == pathway => {
            (!over(o.number, *to)).then_some(o.by.as_str())
        }
        _ => None,
    })
}

/// When staff let something go on last: what was queued before has its guards asked again.
pub(crate) fn freed_at(all: &[Ordered]) -> Option<At> {
    all.iter().filter(|o| matches!(o.order, Order::Unpause { .. } | Order::Approve { .. })).map(|o| o.at).max()
}

/// The version of a pathway that is in force.
pub(crate) fn in_force(setup: &Setup, pathway: &str) -> Option<Id> {
    setup.in_force.iter().find(|p| p.name == pathway).map(|p| p.version)
}

/// The order with what the hub writes into it.
pub(crate) fn with_version(setup: &Setup, mut order: Order) -> Order {
    if let Order::Approve { pathway, version, .. } = &mut order {
        *version = in_force(setup, pathway);
    }
    order
}

/// Whether such an order may stand.
///
/// # Errors
/// [`Error::Refused`] with what is in the way, a code that the page words.
pub(crate) fn check(setup: &Setup, all: &[Ordered], who: &str, order: &Order) -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::Refused(why.to_owned()));
    match order {
        Order::Pause { scope, why } => {
            if why.trim().is_empty() || why.chars().count() > WHY_MAX {
                return refuse("reason_needed");
            }
            if matches!(scope, Scope::Pathway(name) if !setup.versions.values().any(|p| p.name == *name)) {
                return refuse("no_such_pathway");
            }
            if paused(all).iter().any(|p| p.scope == *scope) {
                return refuse("paused_already");
            }
        }
        Order::Unpause { of } if !paused(all).iter().any(|p| p.number == *of) => return refuse("not_paused"),
        Order::Unpause { .. } => {}
        Order::Approve { pathway, words, recipients, .. } => {
            let version = in_force(setup, pathway).and_then(|v| setup.versions.get(&v));
            let Some(version) = version else { return refuse("not_in_force") };
            if words.is_empty() || !(1..=APPROVED_MAX).contains(recipients) {
                return refuse("number_needed");
            }
            let published = all.iter().rev().find(
                |o| matches!(&o.order, Order::Publish { pathway: p, version: v, .. } if p == pathway && *v == version.version),
            );
            if published.is_some_and(|o| o.by == who) {
                return refuse("second_published");
            }
            if movers(all, pathway).any(|by| by == who) {
                return refuse("second_moved");
            }
            let covers = |p: &Paused| match &p.scope {
                Scope::Everything => true,
                Scope::Pathway(name) => name == pathway,
                Scope::Channel(_) | Scope::Provider(_) => false,
            };
            if paused(all).iter().any(|p| covers(p) && p.by == who) {
                return refuse("second_paused");
            }
        }
        _ => {}
    }
    Ok(())
}

/// How many messages of the same words were queued lately, and what of them waits; one for all lanes.
pub struct Bulk {
    above: i64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By key, by hour.
    queued: BTreeMap<String, BTreeMap<i64, i64>>,
    /// By lane: what is held for its number.
    held: BTreeMap<u16, BTreeSet<String>>,
}

impl Bulk {
    /// As the store remembers it. Blocks.
    pub(crate) fn load(store: &Store, above: u32, now: At) -> Result<Self, Error> {
        let mut state = State::default();
        for row in store.bulk_since(now.plus_ms(-DAY_MS))? {
            *state.queued.entry(held_key(&row.pathway, &row.words)).or_default().entry(row.hour).or_default() += row.n;
        }
        Ok(Self { above: i64::from(above), state: Mutex::new(state) })
    }

    /// Nothing waits for its number.
    pub fn none() -> Self {
        Self { above: 0, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These were queued.
    pub(crate) fn queued<'a>(&self, messages: impl Iterator<Item = &'a Message>) {
        let mut state = self.lock();
        for message in messages.filter(|m| !m.urgent && !m.pathway.is_empty()) {
            let hour = message.created_at.0.div_euclid(HOUR_MS);
            *state.queued.entry(held_key(&message.pathway, &message.words)).or_default().entry(hour).or_default() += 1;
        }
    }

    /// How many within the day before `now`; hours count whole.
    pub fn lately(&self, key: &str, now: At) -> i64 {
        let from = now.plus_ms(-DAY_MS).0.div_euclid(HOUR_MS);
        self.lock().queued.get(key).map_or(0, |hours| hours.range(from..).map(|(_, n)| n).sum())
    }

    /// Whether messages of this key wait for a second person.
    pub(crate) fn holds(&self, key: &str, now: At, approved: Option<i64>) -> bool {
        if self.above == 0 {
            return false;
        }
        let n = self.lately(key, now);
        match approved {
            Some(recipients) => n > recipients,
            None => n > self.above || self.lock().held.values().any(|keys| keys.contains(key)),
        }
    }

    /// What a lane holds by now.
    pub(crate) fn holding(&self, lane: u16, keys: BTreeSet<String>) {
        self.lock().held.insert(lane, keys);
    }

    /// Hours before this instant are forgotten.
    pub(crate) fn forget(&self, before: At) {
        let before = before.0.div_euclid(HOUR_MS);
        let mut state = self.lock();
        state.queued.values_mut().for_each(|hours| hours.retain(|hour, _| *hour >= before));
        state.queued.retain(|_, hours| !hours.is_empty());
    }
}

/// What one lane holds and releases, by what its orders say.
pub(crate) struct Holds {
    pub pauses: Pauses,
    approvals: BTreeMap<String, Approval>,
    /// What is held on disk: `pathway/words` for its number, the pathway's name for a pause.
    pub held: BTreeSet<String>,
    /// What is being released, and the part to go on from.
    pub releasing: Option<(String, u16)>,
    pub freed_at: Option<At>,
    /// Whether calls by staff would find no place now: they are left where they are.
    pub calls_wait: bool,
    /// The first end of the validity of those that were left.
    calls_until: Cell<Option<At>>,
    /// The hour that was looked after last.
    hour: i64,
}

impl Holds {
    pub(crate) fn new(held: BTreeSet<String>) -> Self {
        Self {
            pauses: Pauses::default(),
            approvals: BTreeMap::new(),
            held,
            releasing: None,
            freed_at: None,
            calls_wait: false,
            calls_until: Cell::new(None),
            hour: i64::MIN,
        }
    }

    pub(crate) fn heed(&mut self, all: &[Ordered]) {
        self.pauses = Pauses::of(all);
        self.approvals = approvals(all);
        self.freed_at = freed_at(all);
    }

    /// Whether another hour has begun.
    pub(crate) fn next_hour(&mut self, now: At) -> bool {
        let hour = now.0.div_euclid(HOUR_MS);
        std::mem::replace(&mut self.hour, hour) != hour
    }

    /// What a message is held by, if anything does.
    pub(crate) fn of(&self, message: &Message, bulk: &Bulk, setup: &Setup, now: At) -> Option<Hold> {
        // What is too late leaves the queue, and that is told.
        if self.calls_wait && message.words == turn::STAFF_CALL && now < message.valid_until {
            let until = self.calls_until.get().map_or(message.valid_until, |at| at.min(message.valid_until));
            self.calls_until.set(Some(until));
            return Some(Hold::Here);
        }
        if self.pauses.pathway(&message.pathway) {
            return Some(Hold::Aside(message.pathway.clone()));
        }
        if bulk.above == 0 || message.urgent || message.pathway.is_empty() {
            return None;
        }
        let key = held_key(&message.pathway, &message.words);
        self.waits(&key, bulk, setup, now).then_some(Hold::Aside(key))
    }

    /// Whether calls by staff were left in the queue that may leave it now, or are too late; they are left no more.
    pub(crate) fn calls_go_on(&self, now: At) -> bool {
        let left = self.calls_until.get().filter(|until| !self.calls_wait || *until <= now);
        left.is_some() && self.calls_until.take().is_some()
    }

    fn waits(&self, key: &str, bulk: &Bulk, setup: &Setup, now: At) -> bool {
        bulk.holds(key, now, self.approved(key, setup, now).map(|a| a.recipients))
    }

    fn approved(&self, key: &str, setup: &Setup, now: At) -> Option<&Approval> {
        self.approvals.get(key).filter(|a| holds_now(a, setup, now))
    }

    /// Something on disk that nothing holds any more.
    pub(crate) fn next_release(&mut self, bulk: &Bulk, setup: &Setup, now: At) -> Option<(String, u16)> {
        if let Some(next) = self.releasing.take() {
            return Some(next);
        }
        let free = |key: &&String| match key.split_once('/') {
            Some(_) => !self.waits(key, bulk, setup, now),
            None => !self.pauses.pathway(key),
        };
        self.held.iter().find(free).cloned().map(|key| (key, 0))
    }
}

/// Whether an approval holds now.
pub(crate) fn holds_now(approval: &Approval, setup: &Setup, now: At) -> bool {
    now < approval.until() && approval.version == in_force(setup, &approval.pathway)
}

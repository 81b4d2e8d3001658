//! One writer of a lane: takes items in, runs the turns that wait, claims what is to be sent.
//!
//! Synchronous and without a clock of its own, so that tests drive it by hand and the hub's
//! threads drive it in production: the same code.

mod looks;

use crate::Error;
use crate::change::{self, Ordered, Sweep};
use crate::sending::{Bulk, Holds};
use model::message::Message;
use model::prompt::Prompt;
use model::{
    Arrival, At, Batch, Channel, EffectId, FactId, Item, MessageId, PersonId, PlaceRow, PromptId, ResourceRow,
    ServiceCall,
};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Committed, LineRow, Mark, Room, Store, Waiting};
use turn::{Given, Line, Setup};

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

    /// Takes from the outbox what there is room for.
    fn claim(&mut self, now: At, room: RoomOf<'_>, step: &mut Step) -> Result<(), Error> {
        let mut rooms: BTreeMap<Channel, Room> = BTreeMap::new();
        let open: Vec<Channel> = self.outbox.iter().copied().filter(|c| !self.holds.pauses.channel(*c)).collect();
        for (n, channel) in open.iter().copied().enumerate() {
            let room = room(channel, open.len() - n).at_most(CLAIM_MAX);
            if room.all > 0 {
                rooms.insert(channel, room);
            }
        }
        if rooms.is_empty() {
            return Ok(());
        }
        let mut room = |channel: Channel| rooms.get(&channel).copied().unwrap_or_default();
        self.ask_again(now, &mut room, step)?;
        let (own, bulk, setup) = (&self.holds, &self.bulk, Arc::clone(&self.setup));
        let claimed = self.lane.claim(now, &mut room, &|message| own.of(message, bulk, &setup, now))?;
        for message in &claimed.send {
            self.sending.entry(message.person).or_default().insert(message.id, false);
        }
        self.outbox.retain(|channel| !rooms.contains_key(channel) || claimed.more.contains(channel));
        // Channels may share a gate: what one of them did not need is another's in the next step.
        let spared = rooms.keys().any(|channel| !claimed.more.contains(channel));
        let moved = !claimed.send.is_empty() || !claimed.expired.is_empty() || !claimed.held.is_empty();
        // Where nothing moved there is room for others than those that wait: the next one that ends says when to look.
        step.more |= moved && !claimed.more.is_empty();
        step.more |= spared && open.iter().any(|channel| !rooms.contains_key(channel));
        step.send = self.numbers(claimed.send);
        step.expired = claimed.expired;
        if claimed.held.iter().any(|key| !self.holds.held.contains(key)) {
            self.holds.held.extend(claimed.held);
            self.tell_held();
        }
        Ok(())
    }

    /// Lets some of what nothing holds any more back into the queue; and looks after the counts, once an hour.
    fn release(&mut self, now: At, step: &mut Step) -> Result<(), Error> {
        if self.holds.next_hour(now) {
            self.holds.held = self.lane.held()?;
            self.lane.bulk_forget(now.plus_ms(-BULK_KEPT_MS))?;
            self.bulk.forget(now.plus_ms(-BULK_KEPT_MS));
            self.tell_held();
        }
        let Some((key, part)) = self.holds.next_release(&self.bulk, &self.setup, now) else { return Ok(()) };
        match self.lane.release(&key, part)? {
            Some(next) => self.holds.releasing = Some((key, next)),
            None => {
                self.holds.held.remove(&key);
                self.tell_held();
            }
        }
        self.outbox = Channel::EVERY.into();
        step.more = true;
        Ok(())
    }

    fn tell_held(&self) {
        let keys = self.holds.held.iter().filter(|key| key.contains('/')).cloned().collect();
        self.bulk.holding(self.lane.number(), keys);
    }

    /// These were claimed and nobody took anything of them: they wait in the outbox again, durable when this returns;
    /// whoever has one gets a turn before it may leave. What a turn took back meanwhile leaves no more, and the next
    /// turn hears that it did not.
    pub fn back(&mut self, messages: &[Message], now: At) -> Result<(), Error> {
        let taken_back = |m: &Message| self.sending.get(&m.person).and_then(|of| of.get(&m.id)) == Some(&true);
        let (over, waiting): (Vec<Message>, Vec<Message>) = messages.iter().cloned().partition(taken_back);
        self.lane.back(&waiting, now)?;
        if !over.is_empty() {
            self.lane.withdraw_dispatching(&over, now)?;
            let returned = |m: &Message| {
                let body = serde_json::json!({"message": m.id});
                Item::own(m.person, model::Fact::own(turn::RETURNED, &m.id.to_string(), m.person, now, body))
            };
            let items: Vec<Item> = over.iter().map(returned).collect();
            self.lane.accept(&items, now)?;
        }
        for message in messages {
            if let Some(of) = self.sending.get_mut(&message.person) {
                of.remove(&message.id);
                if of.is_empty() {
                    self.sending.remove(&message.person);
                }
            }
            self.outbox.insert(message.channel);
        }
        Ok(())
    }

    /// Whether something may wait in the outbox for room.
    pub fn waits_for_room(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Whoever has messages that waited too long (the hub was down, a provider slow) gets a turn before they leave:
    /// every guard is asked again, and what may not go now is held.
    fn ask_again(&mut self, now: At, room: &mut dyn FnMut(Channel) -> Room, step: &mut Step) -> Result<(), Error> {
        // Also what waited for a shorter time, when staff held it back.
        let before =
            self.holds.freed_at.map_or(now.plus_ms(-QUEUED_MS), |at| at.plus_ms(1).max(now.plus_ms(-QUEUED_MS)));
        let (own, bulk, setup) = (&self.holds, &self.bulk, Arc::clone(&self.setup));
        let waiting = self.lane.queued_before(before, room, &|message| own.of(message, bulk, &setup, now))?;
        let work: Work = waiting.iter().map(|message| (message.person, Vec::new())).collect();
        if work.is_empty() {
            return Ok(());
        }
        // Where its line is closed by now, its reach and its guards are elsewhere: it goes there instead of out.
        for message in waiting.iter().filter(|m| m.journey.is_some()) {
            self.waited.entry(message.person).or_default().push(message.id);
        }
        let asked = self.turns(work, now, step);
        self.waited.clear();
        step.more = true;
        asked
    }

    /// Asks for the numbers of all messages at once. They are durable as being sent: whatever the store
    /// says, each has its end told.
    fn numbers(&self, messages: Vec<Message>) -> Vec<(Message, Number)> {
        if messages.is_empty() {
            return Vec::new();
        }
        // A number that a call is connected with is one that it goes to.
        let dialled = messages.iter().filter_map(Message::dials).map(turn::disabled_key);
        let both = |m: &Message| [turn::disabled_key(&m.to), turn::shared::stopped_key(&m.to)];
        let keys: Vec<_> = messages.iter().flat_map(both).chain(dialled).collect();
        let said: Vec<Number> = match self.store.whose_each(&keys) {
            Ok(holders) => {
                let (own, dialled) = holders.split_at(2 * messages.len());
                let mut dialled = dialled.iter();
                let of = |(m, held): (&Message, &[Option<PersonId>])| {
                    let closed = m.dials().is_some() && dialled.next().is_some_and(Option::is_some);
                    match held {
                        _ if closed => Number::Disabled,
                        [Some(_), ..] => Number::Disabled,
                        [None, Some(_)] => Number::Stopped,
                        _ => Number::Free,
                    }
                };
                messages.iter().zip(own.chunks(2)).map(of).collect()
            }
            Err(error) => {
                tracing::error!(%error, "the store could not say whose the numbers are: nothing is sent to them");
                Vec::new()
            }
        };
        let said = said.into_iter().chain(std::iter::repeat(Number::Unknown));
        messages.into_iter().zip(said).collect()
    }

    /// Groups what waits by person; parks what is nobody's, sends on what lives in another lane.
    fn sort(&mut self, waiting: Vec<Waiting>, due: Vec<PersonId>, now: At, step: &mut Step) -> Result<Work, Error> {
        let mut work: Work = due.into_iter().map(|p| (p, Vec::new())).collect();
        let (mut park, mut early) = (Vec::new(), Vec::new());
        for mut w in waiting {
            // Words from a number of several people are nobody's in particular.
            match crate::talk::whose(&self.store, &mut w.item, w.person) {
                Ok(person) => w.person = person,
                Err(error) if self.looks_again((w.part, w.seq), &error) => {
                    step.more = true;
                    continue;
                }
                Err(_) => {}
            }
            // A fact about a line itself, or a receipt, goes to the very line it names; a closed one forwards.
            let new = || {
                let key = w.item.may_create.then(|| crate::talk::number_key(&w.item)).flatten();
                key.map(model::inbox::person_of)
            };
            let mut person = w.item.person.or(w.person).or_else(new);
            if let Some(known) = person {
                let placed =
                    crate::receipts::place(&self.store, known, &mut w.item).map_err(Error::from).and_then(|of| {
                        of.map_or(Ok(()), |of| crate::talk::went_to(&self.store, of, &mut w.item))?;
                        Ok(of)
                    });
                match placed {
                    Ok(Some(of)) => person = Some(of),
                    Ok(None) => {
                        self.unread.remove(&(w.part, w.seq));
                        early.push((w.part, w.seq, "a receipt of a message that is not known yet".to_owned()));
                        continue;
                    }
                    Err(error) if self.looks_again((w.part, w.seq), &error) => {
                        step.more = true;
                        continue;
                    }
                    Err(_) => {}
                }
            }
            self.unread.remove(&(w.part, w.seq));
            match person {
                None => park.push((w.part, w.seq, "matches nobody yet".to_owned())),
                Some(p) if self.store.lane_of(p.part()) != self.lane.number() => {
                    let left = Left::Inbox(w.part, w.seq);
                    if self.in_transit.insert(left) {
                        step.elsewhere.push((left, Item { person: Some(p), ..w.item }));
                    }
                }
                Some(p) => work.entry(p).or_default().push((w.part, w.seq, w.item)),
            }
        }
        if !park.is_empty() || !early.is_empty() {
            self.lane.park(&park, now)?;
            self.lane.park_early(&early, now)?;
            step.parked = true;
        }
        Ok(work)
    }

    /// Whether what cannot be looked up for an item now is looked up again in a later step: a few times, then it goes
    /// where the directory says. One reply never ends its lane.
    fn looks_again(&mut self, place: (u16, i64), error: &Error) -> bool {
        let room = self.unread.len() < GROUP_MAX;
        let tries = self.unread.entry(place).or_insert(0);
        *tries += 1;
        let again = room && *tries < LOOKS_MAX;
        if *tries == 1 {
            tracing::error!(%error, part = place.0, number = place.1, "whose an item is cannot be looked up");
        }
        again
    }

    /// Hands places to people of this lane who are still in line; how many. Durable when it returns.
    pub fn give(&mut self, rows: Vec<PlaceRow>, now: At) -> Result<usize, Error> {
        let given = self.lane.give(rows)?;
        self.tell_given(&given, now)?;
        Ok(given.len())
    }

    /// The facts of places that were given; those that were told are the same, and are not told again.
    fn tell_given(&mut self, rows: &[PlaceRow], now: At) -> Result<(), Error> {
        for some in rows.chunks(GROUP_MAX) {
            let items: Vec<Item> = some.iter().map(|row| turn::places::given(row, now)).collect();
            self.lane.accept(&items, now)?;
        }
        Ok(())
    }

    /// A place whose fact was put aside, because the turn failed that heard it, is given by another fact: the same one
    /// would be taken for a repeat, and the place be lost.
    fn tell_again(&mut self, rows: &[PlaceRow], now: At) -> Result<(), Error> {
        for some in rows.chunks(GROUP_MAX) {
            let items: Vec<Item> = some.iter().map(|row| turn::places::given(row, now)).collect();
            let parked = self.lane.are_parked(&items)?;
            let lost = some.iter().zip(parked).filter(|(_, parked)| *parked).map(|(row, _)| row);
            let again: Vec<Item> =
                lost.map(|row| turn::places::given_again(row, self.lane.epoch(row.person.part()), now)).collect();
            self.lane.accept(&again, now)?;
        }
        Ok(())
    }

    /// Items that left for other lanes are durable there: they are consumed here.
    pub fn delivered(&mut self, left: &[Left]) -> Result<(), Error> {
        let (mut inbox, mut handoffs) = (Vec::new(), Vec::new());
        for place in left {
            self.in_transit.remove(place);
            match place {
                Left::Inbox(part, seq) => inbox.push((*part, *seq)),
                Left::Handoff(part, number) => handoffs.push((*part, *number)),
            }
        }
        if !inbox.is_empty() {
            self.lane.consume(&inbox)?;
        }
        if !handoffs.is_empty() {
            self.lane.handed(&handoffs)?;
        }
        Ok(())
    }

    fn turns(&mut self, work: Work, now: At, step: &mut Step) -> Result<(), Error> {
        let people: Vec<PersonId> = work.keys().copied().collect();
        let rows = self.lane.load(&people)?;
        let mut keys = Vec::new();
        for (person, items) in &work {
            for (_, _, item) in items {
                if item.fact.kind == model::fact::RESOURCE_RECEIVED {
                    let text = |k: &str| item.fact.text(k).unwrap_or_default().to_owned();
                    keys.push((*person, item.fact.source.clone(), text("resourceType"), text("id")));
                }
            }
        }
        let found = if keys.is_empty() { Vec::new() } else { self.lane.resources(&keys)? };
        let mut previous: BTreeMap<PersonId, Vec<ResourceRow>> = BTreeMap::new();
        for ((person, ..), row) in keys.iter().zip(found) {
            let rows = previous.entry(*person).or_default();
            rows.extend(row.filter(|r| !rows.contains(r)));
        }
        let mut batches = Vec::new();
        for (row, (person, items)) in rows.into_iter().zip(work) {
            let facts: Vec<(FactId, u16, i64)> = items.iter().map(|(p, s, i)| (i.fact.id, *p, *s)).collect();
            let previous = previous.remove(&person).unwrap_or_default();
            let version = row.version;
            let ends: Vec<MessageId> = items.iter().filter_map(|(_, _, item)| end_of_sending(item)).collect();
            match self.decide(row, items, previous, now) {
                Ok(decided) => {
                    for (id, part, seq) in &facts {
                        let refusal = decided.refused.iter().find(|(p, s, _)| p == part && s == seq);
                        step.settled.push((*id, refusal.map_or(Ok(()), |(_, _, why)| Err(why.clone()))));
                    }
                    if let Some(of) = self.sending.get_mut(&person) {
                        of.retain(|id, _| !ends.contains(id));
                        for id in &decided.batch.withdraw {
                            of.entry(*id).and_modify(|taken_back| *taken_back = true);
                        }
                        if of.is_empty() {
                            self.sending.remove(&person);
                        }
                    }
                    self.outbox.extend(decided.batch.messages.iter().map(|m| m.channel));
                    tell_of_untold(&decided.batch);
                    self.claims_written |= !(decided.batch.claims.is_empty() && decided.batch.overtaken.is_empty());
                    step.places |= !decided.batch.places.is_empty();
                    batches.push((person.part(), self.lane.epoch(person.part()), decided.batch));
                }
                Err(why) => {
                    tracing::error!(turn.failed = %why, person = %person, "a turn failed; its items are set aside");
                    metrics::counter!("throughline_turns_failed_total").increment(1);
                    let park: Vec<_> =
                        facts.iter().map(|(_, p, s)| (*p, *s, format!("the turn failed: {why}"))).collect();
                    step.settled.extend(facts.into_iter().map(|(id, _, _)| (id, Err(why.clone()))));
                    self.lane.park(&park, now)?;
                    // Its timers cannot fire until it is mended: a turn that only asks someone to look after the
                    // person keeps it from being woken in a loop, and from being forgotten.
                    let mut batch = Batch::new(person, version);
                    batch.prompts.push(self.look_after(person, now));
                    batches.push((person.part(), self.lane.epoch(person.part()), batch));
                }
            }
        }
        step.turns += batches.len();
        metrics::counter!("throughline_turns_total").increment(batches.len() as u64);
        for ((_, _, batch), result) in batches.iter().zip(self.lane.commit(&batches)?) {
            if result == Committed::Stale {
                return Err(Error::LaneLost(batch.person.part()));
            }
        }
        self.bulk.queued(batches.iter().flat_map(|(_, _, batch)| &batch.messages));
        Ok(())
    }

    /// The prompt that asks a person of the team to take over from a line whose turn failed.
    fn look_after(&self, person: PersonId, now: At) -> Prompt {
        let ask = outreach::Ask {
            reach: EffectId::of(&[b"turn_failed", &person.0.bytes(), &now.0.to_le_bytes()]),
            journey: None,
            team: self.setup.in_force.first().map(|p| p.fallback_team.clone()).unwrap_or_default(),
            code: "turn_failed".into(),
            title: "Look after this person by hand".into(),
            reason:
                "The system failed on what came for this person. Until that is mended nothing is sent to them, and \
                     no reminder comes."
                    .into(),
            urgent: true,
            cause: None,
        };
        let whose = turn::prompts::For { person, journey: None, site: "" };
        turn::prompts::stand_in(&ask, &whose, &self.setup.teams, now)
    }

    fn decide(
        &mut self,
        row: LineRow,
        items: Vec<(u16, i64, Item)>,
        mut previous: Vec<ResourceRow>,
        now: At,
    ) -> Result<turn::Decided, String> {
        let sending = self.sending.get(&row.person).map(|of| of.keys().copied().collect()).unwrap_or_default();
        let waited = self.waited.remove(&row.person).unwrap_or_default();
        let line =
            Line::decode(row.person, row.version, row.state.as_deref(), row.journeys, row.prompts, row.forwards_to)
                .map_err(|e| e.to_string())?;
        self.previous_elsewhere(&line, &items, &mut previous)?;
        let prompts = self.closed_prompts(&line, &items)?;
        let given = Given { items, previous, prompts, sending, waited, now };
        let setup = Arc::clone(&self.setup);
        catch_unwind(AssertUnwindSafe(|| turn::decide(line, given, &setup)))
            .map_err(|panic| panic_words(panic.as_ref()))
    }

    /// What a resource was before may be stored with a line that this one is or was merged with: the
    /// latest of all is what its change is told against.
    fn previous_elsewhere(
        &self,
        line: &Line,
        items: &[(u16, i64, Item)],
        previous: &mut Vec<ResourceRow>,
    ) -> Result<(), String> {
        let others = line.others();
        let received = items.iter().map(|(_, _, item)| &item.fact).filter(|f| f.kind == model::fact::RESOURCE_RECEIVED);
        for fact in received.filter(|_| !others.is_empty()) {
            let text = |k: &str| fact.text(k).unwrap_or_default();
            let (kind, id) = (text("resourceType"), text("id"));
            for other in &others {
                let row = self.store.resource(Some(*other), &fact.source, kind, id).map_err(|e| e.to_string())?;
                let Some(row) = row else { continue };
                match previous.iter_mut().find(|r| r.source == row.source && r.kind == row.kind && r.id == row.id) {
                    Some(known) if (known.at, known.version) < (row.at, row.version) => *known = row,
                    Some(_) => {}
                    None => previous.push(row),
                }
            }
        }
        Ok(())
    }

    /// Closed prompts that items are about (a correction), of lines merged with this one too.
    fn closed_prompts(&self, line: &Line, items: &[(u16, i64, Item)]) -> Result<Vec<Prompt>, String> {
        let mut prompts: Vec<Prompt> = Vec::new();
        for (_, _, item) in items {
            if !item.fact.kind.starts_with("prompt.") {
                continue;
            }
            let Some(id) = item.fact.text("prompt").and_then(|t| t.parse::<PromptId>().ok()) else { continue };
            if line.prompts.iter().chain(&prompts).any(|p| p.id == id) {
                continue;
            }
            for person in std::iter::once(line.person).chain(line.others()) {
                if let Some(prompt) = self.store.prompt(person, id).map_err(|e| e.to_string())? {
                    prompts.push(Prompt { person: line.person, ..prompt });
                    break;
                }
            }
        }
        Ok(prompts)
    }

    fn hand_over(&mut self, step: &mut Step) -> Result<(), Error> {
        let handoffs = self.lane.handoffs(HANDOFF_MAX)?;
        if handoffs.is_empty() {
            return Ok(());
        }
        let mut done = Vec::new();
        let mut mine = Vec::new();
        for (part, number, item) in handoffs {
            if self.store.lane_of(item.part()) == self.lane.number() {
                mine.push(item);
                done.push((part, number));
            } else if self.in_transit.insert(Left::Handoff(part, number)) {
                step.elsewhere.push((Left::Handoff(part, number), item));
            }
        }
        let now = mine.first().map_or(At(0), |i| i.fact.recorded_at);
        if !mine.is_empty() {
            step.more = true;
            self.lane.accept(&mine, now)?;
            self.lane.handed(&done)?;
        }
        Ok(())
    }
}

/// Says where a team could be told of what waits in none of its ways.
fn tell_of_untold(batch: &Batch) {
    for fact in batch.facts.iter().filter(|f| f.kind == "notice.failed" && f.flag("left") == Some(false)) {
        tracing::warn!(
            message.id = fact.text("message"),
            team = fact.text("team"),
            "a team could be told of a prompt in none of its own ways"
        );
        metrics::counter!("throughline_team_untold_total").increment(1);
    }
}

/// The message whose sending an item ends.
fn end_of_sending(item: &Item) -> Option<MessageId> {
    let ends = matches!(item.fact.kind.as_str(), "message.accepted" | "message.failed" | "message.unknown");
    ends.then(|| item.fact.text("message")?.parse().ok()).flatten()
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    words.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".into())
}

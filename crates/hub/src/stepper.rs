//! The hub driven by hand: the same workers and dispatcher, without threads, for tests on a manual
//! clock.

use crate::caller::{Caller, Came};
use crate::change::{self, Order, Ordered};
use crate::dispatch::{self, Dispatcher, Links, Sent};
use crate::gate::{self, Places};
use crate::kept::Kept;
use crate::lane::Worker;
use crate::sending::{self, Bulk, Pauses};
use crate::{Clock, Error, Look, Settings, kept, look, places, publish};
use channels::contract::{Incoming, Provider};
use model::{Arrival, At, Fact, FactId, Item, PersonId};
use pathway::Pathway;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use store::{Room, Store};
use turn::Setup;

/// Rounds until idle; more means that something feeds itself.
const ROUNDS_MAX: usize = 100_000;
/// Messages carried a round.
const ROOM: usize = 256;

/// A place on a message's way at which a test looks in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Messages are on disk as being sent; no provider has seen them.
    Dispatching,
    /// A provider has answered; nothing of that is on disk.
    Answered,
    /// What came of it is on disk, and no turn has heard it.
    Recorded,
}

/// What happens there.
pub enum Then {
    /// It goes on, after these reports were taken in.
    GoOn(Vec<Incoming>),
    /// The process dies.
    Dies,
}

/// Looks in at every such place.
pub type Watch = Box<dyn FnMut(Point) -> Then>;

/// A hub that does nothing by itself.
pub struct Stepper {
    store: Store,
    /// Without what staff ordered.
    base: Arc<Setup>,
    setup: Arc<Setup>,
    clock: Clock,
    /// The machine's clock; care's where none is said.
    machine: Option<Clock>,
    workers: Vec<Worker>,
    dispatcher: Dispatcher,
    caller: Caller,
    runtime: tokio::runtime::Runtime,
    settled: BTreeMap<FactId, Result<(), String>>,
    room: usize,
    watch: Option<Watch>,
}

impl Stepper {
    /// The same, but nothing leaves: what turns put into the outbox stays there for the hub.
    pub fn without_dispatch(mut self) -> Self {
        self.room = 0;
        self
    }

    /// With a machine's clock that is not care's: pauses between looks go by it.
    pub fn with_machine(mut self, machine: Clock) -> Self {
        self.machine = Some(machine);
        self
    }

    /// Lets a test look in, and die, on the way of every message.
    pub fn with_watch(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// A test looks in; [`Error::Stopping`] when the process dies there.
    fn at(&mut self, point: Point) -> Result<(), Error> {
        match self.watch.as_mut().map(|watch| watch(point)) {
            None => Ok(()),
            Some(Then::GoOn(reports)) => self.incoming(reports),
            Some(Then::Dies) => Err(Error::Stopping),
        }
    }

    /// Opens every lane, as a start does.
    pub fn new(
        store: Store,
        settings: &Settings,
        clock: Clock,
        providers: Vec<Arc<dyn Provider>>,
    ) -> Result<Self, Error> {
        let orders = change::given(&store)?;
        let base = Arc::new(kept::with_ordered(&store, settings.setup(), &orders)?);
        let orders = publish::settle(&store, &base, orders, &clock)?;
        let setup = change::with(&base, &orders, &|_| false);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::Settings(e.to_string()))?;
        let name = settings.clinic.name.clone();
        let links = Links::of(&settings.clinic);
        // One lane at a time is driven.
        let dispatcher = Dispatcher::new(providers, settings.only_to.clone(), name, links, clock.clone(), 1)?
            .with_budget(&settings.clinic, &settings.rules, Some(store.clone()));
        dispatcher.gates().pause(Pauses::of(&orders));
        let bulk = Arc::new(Bulk::load(&store, settings.approve_above, clock.now())?);
        let caller = Caller::new(settings, clock.clone())?;
        let mut workers = Vec::new();
        let mut unknown = Vec::new();
        let claims = Arc::default();
        for lane in 0..store.lanes() {
            let mut worker = Worker::with(&store, lane, Arc::clone(&base), Arc::clone(&bulk))?;
            worker.count_claims(&claims);
            unknown.extend(worker.unknown_after_crash()?);
            workers.push(worker);
        }
        let mut this = Self {
            store,
            base,
            setup,
            machine: None,
            clock,
            workers,
            dispatcher,
            caller,
            runtime,
            settled: BTreeMap::new(),
            room: ROOM,
            watch: None,
        };
        let left = unknown.iter().map(|message| this.dispatcher.left(message)).collect();
        this.accept(left)?;
        Ok(this)
    }

    /// The store, for reads.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Takes items in; they are durable when it returns.
    pub fn accept(&mut self, items: Vec<Item>) -> Result<Vec<Arrival>, Error> {
        let now = self.clock.now();
        let mut by_lane: BTreeMap<u16, (Vec<usize>, Vec<Item>)> = BTreeMap::new();
        for (place, item) in items.into_iter().enumerate() {
            let lane = by_lane.entry(self.store.lane_of(item.part())).or_default();
            lane.0.push(place);
            lane.1.push(item);
        }
        let mut arrivals = Vec::new();
        for (lane, (places, items)) in by_lane {
            let taken = self.workers[usize::from(lane)].accept(&items, now)?;
            arrivals.extend(places.into_iter().zip(taken));
        }
        arrivals.sort_by_key(|(place, _)| *place);
        Ok(arrivals.into_iter().map(|(_, arrival)| arrival).collect())
    }

    /// Takes in what a provider brought.
    pub fn incoming(&mut self, from: Vec<Incoming>) -> Result<(), Error> {
        self.accept(from.into_iter().map(dispatch::incoming).collect()).map(drop)
    }

    /// A fact about a known person, and the turn that it makes.
    pub fn submit(&mut self, person: PersonId, fact: Fact) -> Result<(), Error> {
        let id = fact.id;
        self.accept(vec![Item::own(person, fact)])?;
        self.run()?;
        match self.settled.remove(&id) {
            Some(Err(why)) => Err(Error::Refused(why)),
            _ => Ok(()),
        }
    }

    /// Works until nothing is left to do at this point in time.
    pub fn run(&mut self) -> Result<(), Error> {
        for _ in 0..ROUNDS_MAX {
            let now = self.clock.now();
            let mut busy = false;
            let mut items = Vec::new();
            for i in 0..self.workers.len() {
                let mut places = Places::new();
                let (gates, most) = (Arc::clone(self.dispatcher.gates()), self.room);
                self.workers[i].calls_wait(gates.calls_wait(Instant::now()));
                let step = self.workers[i].step_by(now, &mut |channel, split| {
                    let (room, taken) = gates.take(channel, most, split, Instant::now());
                    places.insert(channel, taken);
                    if most == 0 { Room::default() } else { room }
                })?;
                busy |= step.more || step.turns > 0 || !step.elsewhere.is_empty();
                // Only refusals are asked for afterwards.
                self.settled.extend(step.settled.into_iter().filter(|(_, result)| result.is_err()));
                for (left, item) in step.elsewhere {
                    let lane = usize::from(self.store.lane_of(item.part()));
                    self.workers[lane].accept(&[item], now)?;
                    self.workers[i].delivered(&[left])?;
                }
                items.extend(step.expired.iter().map(|m| self.dispatcher.expired(m)));
                if !step.send.is_empty() {
                    self.at(Point::Dispatching)?;
                }
                for (message, number) in step.send {
                    let place = places.get_mut(&message.channel).and_then(|taken| gate::pick(taken, message.urgent));
                    match self.runtime.block_on(self.dispatcher.send(message, number, place)) {
                        Sent::Over(told) => items.extend(told),
                        Sent::Back(message) => self.workers[i].back(&[message], now)?,
                    }
                    self.at(Point::Answered)?;
                }
                let room = self.room;
                for call in self.workers[i].calls(now, &mut |_| room)? {
                    match self.runtime.block_on(self.caller.ask(&call)) {
                        Came::Over(item) => items.push(*item),
                        Came::Again(at) => self.workers[i].call_again(&[(call.person, call.id, at)])?,
                    }
                }
                let machine = self.machine.as_ref().map_or(now, Clock::now);
                for look in self.workers[i].looks(now, machine, room)? {
                    let found = self.runtime.block_on(self.dispatcher.settle(&look));
                    if !found.is_empty() {
                        self.at(Point::Answered)?;
                    }
                    items.extend(found);
                }
            }
            let came = !items.is_empty();
            busy |= came;
            self.accept(items)?;
            if came {
                self.at(Point::Recorded)?;
            }
            busy = busy || self.give()? > 0;
            if !busy {
                return Ok(());
            }
        }
        Err(Error::Settings(format!("not idle after {ROUNDS_MAX} rounds")))
    }

    /// One round of the giver, as the running hub's: how many places it gave.
    fn give(&mut self) -> Result<usize, Error> {
        let mut given = 0;
        for (lane, rows) in places::by_lane(&self.store, places::next(&self.store, &self.setup)?) {
            given += self.workers[usize::from(lane)].give(rows, self.clock.now())?;
        }
        Ok(given)
    }

    /// Gives an order, as [`crate::Hub::order`] does.
    pub fn order(&mut self, who: &str, once: &str, order: &Order) -> Result<i64, Error> {
        let order = sending::with_version(&self.setup, publish::with_folder(&self.base, order.clone()));
        let (number, all) = change::add(&self.store, &self.setup, (who, once), &order, self.clock.now())?;
        self.tell(&all)?;
        Ok(number)
    }

    /// Keeps a version, as [`crate::Hub::keep`] does.
    pub fn keep(&mut self, version: &Kept) -> Result<Arc<Pathway>, Error> {
        self.keep_to(version, kept::To::BeKnown)
    }

    /// The same, as [`crate::Hub::keep_to_publish`] does.
    pub fn keep_to_publish(&mut self, version: &Kept) -> Result<Arc<Pathway>, Error> {
        self.keep_to(version, kept::To::BeInForce)
    }

    fn keep_to(&mut self, version: &Kept, to: kept::To) -> Result<Arc<Pathway>, Error> {
        let kept = kept::keep(&self.store, &self.setup, &change::given(&self.store)?, version, to)?;
        let mut base = Setup::clone(&self.base);
        base.keep_version(&kept);
        self.base = Arc::new(base);
        self.tell(&change::given(&self.store)?)?;
        Ok(kept)
    }

    /// The pathways that are in force now.
    pub fn in_force(&self) -> &[Arc<Pathway>] {
        &self.setup.in_force
    }

    fn tell(&mut self, all: &[Ordered]) -> Result<(), Error> {
        self.setup = change::with(&self.base, all, &|_| false);
        self.dispatcher.gates().pause(Pauses::of(all));
        for worker in &mut self.workers {
            worker.heed(&self.base, all)?;
        }
        Ok(())
    }

    /// When the next timer of all lanes is due.
    pub fn next_wake(&mut self) -> Result<Option<At>, Error> {
        let mut next = None;
        let now = self.clock.now();
        for worker in &mut self.workers {
            let call = worker.next_call().filter(|at| *at > now);
            let look = worker.next_look().filter(|at| self.machine.is_none() && *at > now);
            next = match (next, worker.next_wake()?.into_iter().chain(call).chain(look).min()) {
                (Some(a), Some(b)) => Some(std::cmp::min::<At>(a, b)),
                (a, b) => a.or(b),
            };
        }
        Ok(next)
    }

    /// When the next attempt of unknown end is to be looked at, by the machine's clock.
    pub fn next_look(&self) -> Option<At> {
        self.workers.iter().filter_map(Worker::next_look).min()
    }

    /// One person.
    pub fn look(&self, person: PersonId) -> Result<Look, Error> {
        look::look(&self.store, &self.setup, self.clock.now(), person)
    }
}

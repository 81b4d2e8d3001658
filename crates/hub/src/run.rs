//! Threads and tasks: one thread a lane, one task a message under way.

mod orders;
mod settling;

use self::orders::Ruling;
use crate::caller::{Caller, Came};
use crate::change::{self, Ordered};
use crate::dispatch::{Dispatcher, Links, Sent};
use crate::gate::{self, Places};
use crate::kept;
use crate::lane::{Left, Step, Worker};
use crate::newcomers::Newcomers;
use crate::sending::{Bulk, Pauses};
use crate::{Clock, Error, Settings, places, publish};
use channels::contract::{Busy, Incoming, Provider, Sink};
use model::message::Message;
use model::{Arrival, At, Channel, EffectId, Fact, FactId, Item, PersonId, PlaceRow, ServiceCall};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use store::{Room, Store};
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot, watch};
use turn::Setup;

/// Jobs that wait for a lane; more are pushed back.
const JOBS_MAX: usize = 1024;
/// Items taken into one group of the inbox.
const ACCEPT_MAX: usize = 4096;
/// Messages that are with a provider or between two tries: each is a task. How many one provider takes is for its gate
/// to say.
const IN_FLIGHT_MAX: usize = 2048;
/// Of those, the last ones are for urgent messages.
const IN_FLIGHT_URGENT: usize = 256;
/// The shortest sleep of a lane that waits for a gate to let more out.
const GATE_WAIT_MIN: Duration = Duration::from_millis(10);
/// Calls of one service under way at the same time: one that hangs takes no place from another.
const CALLS_MAX: u32 = 8;
/// How long an offer waits for room before the hub says that it is busy.
const ROOM_WAIT: Duration = Duration::from_secs(10);
/// How long a submitted fact's turn is waited for.
const TURN_WAIT: Duration = Duration::from_secs(10);
/// The longest a lane sleeps; a clock that is set by hand must be seen.
const SLEEP_MAX: Duration = Duration::from_millis(500);
/// The same while the care clock is not the machine's own.
const SLEEP_MAX_SCALED: Duration = Duration::from_millis(25);
/// Times that what came of a message is offered; each waits as long as there is no room.
const REPORTS_MAX: usize = 360;
/// How long a stop waits for what is being sent.
const STOP_WAIT: Duration = Duration::from_secs(10);
/// The longest that the giver of places sleeps.
const GIVE_EVERY: Duration = Duration::from_secs(30);

/// Items to be taken in, and whoever waits for that.
type Offer = (Vec<Item>, oneshot::Sender<Result<Vec<Arrival>, Error>>);

/// What a lane is asked to do.
enum Job {
    Accept(Vec<Item>, oneshot::Sender<Result<Vec<Arrival>, Error>>),
    Delivered(Vec<Left>),
    /// A call of a service is to be tried again then.
    CallAgain(PersonId, EffectId, At),
    /// Every version and every order; answered once no turn is decided without them.
    Orders(Arc<Setup>, Arc<Vec<Ordered>>, oneshot::Sender<()>),
    /// Places for people of the lane; answered with how many were given, once that is durable.
    Give(Vec<PlaceRow>, oneshot::Sender<usize>),
    /// Messages that nobody took: they wait in the outbox again.
    Back(Vec<Message>),
    Poke,
    Stop,
}

type Waiters = Mutex<BTreeMap<FactId, Vec<oneshot::Sender<Result<(), String>>>>>;

pub struct Inner {
    pub store: Store,
    pub settings: Settings,
    ordered: RwLock<Ruling>,
    /// Held while an order is given, so that each is checked against those before it.
    ordering: Arc<tokio::sync::Mutex<()>>,
    pub clock: Clock,
    pub changes: watch::Sender<u64>,
    lanes: Vec<SyncSender<Job>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Connections that providers keep.
    connections: Mutex<Vec<tokio::task::JoinHandle<()>>>,
    waiters: Waiters,
    pub dispatcher: Dispatcher,
    caller: Caller,
    in_flight: Arc<Semaphore>,
    pub bulk: Arc<Bulk>,
    /// Places were taken, freed or asked for.
    places: Arc<Notify>,
    calling: Calling,
    /// Room to look at attempts of unknown end.
    looking: Arc<Semaphore>,
    pub newcomers: Arc<Newcomers>,
    /// The machine's clock.
    machine: Clock,
    running: AtomicUsize,
    stopping: AtomicBool,
}

/// Room for calls: a pool for each service, and one for all that the settings do not name.
struct Calling {
    each: BTreeMap<String, Arc<Semaphore>>,
    unknown: Arc<Semaphore>,
}

impl Calling {
    fn of(settings: &Settings) -> Self {
        let pool = || Arc::new(Semaphore::new(CALLS_MAX as usize));
        let each = settings.services.iter().map(|service| (service.name.clone(), pool())).collect();
        Self { each, unknown: pool() }
    }

    /// All the room that there is for a service this moment.
    fn take(&self, service: &str) -> Vec<OwnedSemaphorePermit> {
        let pool = self.each.get(service).unwrap_or(&self.unknown);
        (0..CALLS_MAX).map_while(|_| Arc::clone(pool).try_acquire_owned().ok()).collect()
    }

    /// Returns once nothing is under way.
    async fn over(&self) {
        for pool in self.each.values().chain([&self.unknown]) {
            // It is never closed.
            let _ = pool.acquire_many(CALLS_MAX).await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub async fn start(
    store: Store,
    settings: Settings,
    clock: Clock,
    providers: Vec<Arc<dyn Provider>>,
) -> Result<Arc<Inner>, Error> {
    let setup = settings.setup();
    let name = settings.clinic.name.clone();
    let links = Links::of(&settings.clinic);
    let lanes = store.lanes();
    let dispatcher = Dispatcher::new(providers, settings.only_to.clone(), name, links, clock.clone(), lanes)?
        .with_budget(&settings.clinic, &settings.rules, Some(store.clone()));
    let caller = Caller::new(&settings, clock.clone())?;
    let calling = Calling::of(&settings);
    let (bulk, newcomers) = {
        let (store, now) = (store.clone(), clock.now());
        let above = settings.approve_above;
        let load = move || Ok::<_, Error>((Bulk::load(&store, above, now)?, Newcomers::load(&store, now)?));
        tokio::task::spawn_blocking(load).await.map_err(|_| Error::Stopping)??
    };
    let bulk = Arc::new(bulk);
    let (opened, orders, base) = {
        let (store, start, bulk) = (store.clone(), clock.clone(), Arc::clone(&bulk));
        let open = move || {
            let orders = change::given(&store)?;
            let base = Arc::new(kept::with_ordered(&store, setup, &orders)?);
            let orders = publish::settle(&store, &base, orders, &start)?;
            Ok::<_, Error>((open_lanes(&store, &base, &bulk)?, Arc::new(orders), base))
        };
        tokio::task::spawn_blocking(open).await.map_err(|_| Error::Stopping)??
    };
    dispatcher.gates().pause(Pauses::of(&orders));
    let (mut lanes, mut queues, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (worker, messages) in opened {
        let (sender, receiver) = sync_channel(JOBS_MAX);
        lanes.push(sender);
        queues.push((worker, receiver));
        unknown.extend(messages);
    }
    let inner = Arc::new(Inner {
        store,
        settings,
        ordered: RwLock::new(Ruling { setup: change::with(&base, &orders, &|_| false), orders, base }),
        ordering: Arc::new(tokio::sync::Mutex::new(())),
        clock,
        changes: watch::channel(0).0,
        lanes,
        threads: Mutex::new(Vec::new()),
        connections: Mutex::new(Vec::new()),
        waiters: Mutex::new(BTreeMap::new()),
        dispatcher,
        caller,
        in_flight: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
        bulk,
        places: Arc::new(Notify::new()),
        calling,
        looking: Arc::new(Semaphore::new(crate::settle::LOOKING_MAX)),
        newcomers: Arc::new(newcomers),
        machine: Clock::real(),
        running: AtomicUsize::new(queues.len()),
        stopping: AtomicBool::new(false),
    });
    for (worker, receiver) in queues {
        let (mine, handle) = (Arc::clone(&inner), Handle::current());
        let thread = std::thread::Builder::new().name("lane".into()).spawn(move || {
            if let Err(error) = run_lane(&mine, worker, &receiver, &handle) {
                tracing::error!(lane.error = %error, "a lane has stopped");
            }
            mine.running.fetch_sub(1, Ordering::SeqCst);
        });
        lock(&inner.threads).push(thread.map_err(|e| Error::Settings(format!("cannot start a thread: {e}")))?);
    }
    inner.accept(unknown.iter().map(|message| inner.dispatcher.left(message)).collect()).await?;
    tokio::spawn(give_places(Arc::downgrade(&inner), Arc::clone(&inner.places)));
    let sink = sink(Arc::downgrade(&inner));
    let connections = inner.dispatcher.providers().iter().filter_map(|p| p.connect(Arc::clone(&sink)));
    lock(&inner.connections).extend(connections.map(tokio::spawn));
    Ok(inner)
}

/// Where connections that providers keep bring what comes in.
fn sink(hub: Weak<Inner>) -> Sink {
    Arc::new(move |from: Vec<Incoming>| {
        let hub = hub.upgrade();
        Box::pin(async move {
            let inner = hub.ok_or(Busy)?;
            inner.incoming(from).await.map(drop).map_err(|_| Busy)
        })
    })
}

/// The giver of places: a round whenever places changed, and now and then, until the hub stops.
async fn give_places(hub: Weak<Inner>, changed: Arc<Notify>) {
    loop {
        let Some(inner) = hub.upgrade().filter(|inner| !inner.stopping.load(Ordering::SeqCst)) else { return };
        let given = inner.give().await;
        drop(inner);
        match given {
            // There may be more for whom there was no room in this round.
            Ok(n) if n > 0 => continue,
            Ok(_) => {}
            // Also a lane that does not answer: whether the hub stops is asked above, and this ends only then.
            Err(error) => tracing::warn!(%error, "no places were given; it is tried again"),
        }
        let _ = tokio::time::timeout(GIVE_EVERY, changed.notified()).await;
    }
}

type Opened = Vec<(Worker, Vec<model::message::Message>)>;

fn open_lanes(store: &Store, setup: &Arc<Setup>, bulk: &Arc<Bulk>) -> Result<Opened, Error> {
    let claims = Arc::default();
    (0..store.lanes())
        .map(|lane| {
            let mut worker = Worker::with(store, lane, Arc::clone(setup), Arc::clone(bulk))?;
            worker.count_claims(&claims);
            let unknown = worker.unknown_after_crash()?;
            Ok((worker, unknown))
        })
        .collect()
}

/// A lane's thread: jobs in, one group at a time, until told to stop.
fn run_lane(inner: &Arc<Inner>, mut worker: Worker, jobs: &Receiver<Job>, handle: &Handle) -> Result<(), Error> {
    let mut wait = Duration::ZERO;
    loop {
        let (mut accepts, mut delivered, mut stop) = (Vec::new(), Vec::new(), false);
        let (mut told, mut gifts, mut again, mut back) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut items = 0;
        let mut next = jobs.recv_timeout(wait);
        loop {
            match next {
                Ok(Job::Accept(list, answer)) => {
                    items += list.len();
                    accepts.push((list, answer));
                }
                Ok(Job::Delivered(left)) => delivered.extend(left),
                Ok(Job::CallAgain(person, id, at)) => again.push((person, id, at)),
                Ok(Job::Orders(base, orders, answer)) => {
                    worker.heed(&base, &orders)?;
                    told.push(answer);
                }
                Ok(Job::Give(rows, answer)) => gifts.push((rows, answer)),
                Ok(Job::Back(messages)) => back.extend(messages),
                Ok(Job::Poke) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Job::Stop) | Err(RecvTimeoutError::Disconnected) => stop = true,
            }
            if items >= ACCEPT_MAX || stop {
                break;
            }
            match jobs.try_recv() {
                Ok(job) => next = Ok(job),
                Err(_) => break,
            }
        }
        for answer in told {
            // Whoever gave the order may have gone away; it holds all the same.
            let _ = answer.send(());
        }
        let now = inner.clock.now();
        take_in(inner, &mut worker, accepts, now)?;
        if !delivered.is_empty() {
            worker.delivered(&delivered)?;
        }
        for (rows, answer) in gifts {
            let given = worker.give(rows, now)?;
            // The hub may be stopping; what was given is durable all the same.
            let _ = answer.send(given);
        }
        if !again.is_empty() {
            worker.call_again(&again)?;
        }
        if !back.is_empty() {
            worker.back(&back, now)?;
        }
        if stop {
            return Ok(());
        }
        // Nothing new is sent while the hub stops.
        let stopping = inner.stopping.load(Ordering::SeqCst);
        let mut places = Places::new();
        worker.calls_wait(inner.dispatcher.gates().calls_wait(Instant::now()));
        let step = worker.step_by(now, &mut |channel, split| {
            if stopping { Room::default() } else { inner.room(channel, split, &mut places) }
        })?;
        let more = step.more;
        inner.follow_up(step, &mut places, handle);
        if places.into_values().any(|unused| !unused.is_empty()) && inner.lanes.len() > 1 {
            // They are free again: another lane may have found none.
            inner.poke();
        }
        if !stopping {
            // There is room for each before it is durable as under way; what is not needed is free again at once.
            let mut room: BTreeMap<String, Vec<OwnedSemaphorePermit>> = BTreeMap::new();
            let calls = worker.calls(now, &mut |service| {
                let free = inner.calling.take(service);
                let n = free.len();
                room.insert(service.to_owned(), free);
                n
            })?;
            for call in calls {
                let permit = room.get_mut(&call.service).and_then(Vec::pop);
                inner.call(call, permit, handle);
            }
            let mut room = inner.room_to_look();
            for look in worker.looks(now, inner.machine.now(), room.len())? {
                inner.look_at(look, room.pop(), handle);
            }
        }
        // One that is due and finds no room is looked at again when another has ended.
        let call_at = worker.next_call().filter(|at| *at > now);
        wait = if more { Duration::ZERO } else { inner.sleep(worker.next_wake()?.into_iter().chain(call_at).min()) };
        if worker.waits_for_room()
            && let Some(opens) = inner.dispatcher.gates().next(Instant::now())
        {
            wait = wait.min(opens.max(GATE_WAIT_MIN));
        }
        let machine = inner.machine.now();
        if let Some(at) = worker.next_look().filter(|at| *at > machine) {
            wait = wait.min(Duration::from_millis(at.0.abs_diff(machine.0)));
        }
    }
}

/// One commit for all that wait to be taken in; each is answered after it.
fn take_in(inner: &Inner, worker: &mut Worker, accepts: Vec<Offer>, now: At) -> Result<(), Error> {
    if accepts.is_empty() {
        return Ok(());
    }
    let mut all = Vec::new();
    let mut ends = Vec::new();
    for (items, answer) in accepts {
        ends.push((items.len(), answer));
        all.extend(items);
    }
    let mut arrivals = worker.accept(&all, now)?.into_iter();
    metrics::counter!("throughline_items_accepted_total").increment(all.len() as u64);
    for (count, answer) in ends {
        let mine: Vec<Arrival> = arrivals.by_ref().take(count).collect();
        for arrival in &mine {
            if let Arrival::Repeat(id) = arrival {
                inner.answer(*id, &Ok(()));
            }
        }
        // Whoever asked may have gone away; the items are durable all the same.
        let _ = answer.send(Ok(mine));
    }
    Ok(())
}

impl Inner {
    /// One round of the giver: how many places it gave.
    async fn give(self: &Arc<Self>) -> Result<usize, Error> {
        let inner = Arc::clone(self);
        let next = move || places::next(&inner.store, &inner.setup());
        let rows = tokio::task::spawn_blocking(next).await.map_err(|failed| {
            tracing::error!(giver.failed = %failed, "the giver of places failed");
            Error::Busy
        })??;
        let mut given = 0;
        for (lane, rows) in places::by_lane(&self.store, rows) {
            let lane = self.lanes.get(usize::from(lane)).ok_or(Error::Stopping)?;
            let (answer, answered) = oneshot::channel();
            self.push(lane, Job::Give(rows, answer)).await?;
            // Whoever was given a place is counted in the next round: nobody is before that is durable.
            given += answered.await.map_err(|_| Error::Stopping)?;
        }
        Ok(given)
    }

    fn sleep(&self, wake: Option<At>) -> Duration {
        let longest = if self.clock.is_scaled() { SLEEP_MAX_SCALED } else { SLEEP_MAX };
        let Some(wake) = wake else { return longest };
        let care_ms = (wake.0 - self.clock.now().0).max(0);
        let rate = self.clock.rate();
        if rate <= 0.0 {
            return longest;
        }
        Duration::from_secs_f64(care_ms as f64 / rate / 1000.0).min(longest)
    }

    /// After the commit: answers, hand-overs, messages.
    fn follow_up(self: &Arc<Self>, step: Step, places: &mut Places, handle: &Handle) {
        for (id, result) in &step.settled {
            self.answer(*id, result);
        }
        if step.turns > 0 || step.parked {
            self.changes.send_modify(|n| *n += 1);
        }
        if step.places {
            self.places.notify_one();
        }
        for (left, item) in step.elsewhere {
            let inner = Arc::clone(self);
            handle.spawn(async move { inner.deliver(left, item).await });
        }
        for message in step.expired {
            let inner = Arc::clone(self);
            handle.spawn(async move { inner.report(vec![inner.dispatcher.expired(&message)], "a message").await });
        }
        for (message, number) in step.send {
            let inner = Arc::clone(self);
            let place = places.get_mut(&message.channel).and_then(|taken| gate::pick(taken, message.urgent));
            // Each has its place at the gate; how many there are at all is bounded too.
            let permit = Arc::clone(&self.in_flight).try_acquire_owned();
            handle.spawn(async move {
                let permit = match permit {
                    Ok(permit) => Some(permit),
                    Err(_) => Arc::clone(&inner.in_flight).acquire_owned().await.ok(),
                };
                match inner.dispatcher.send(message, number, place).await {
                    Sent::Over(items) => inner.report(items, "a message").await,
                    Sent::Back(message) => inner.back(message).await,
                }
                drop(permit);
                inner.poke();
            });
        }
    }

    /// All the room that a lane has for a channel now, taken.
    fn room(&self, channel: Channel, split: usize, places: &mut Places) -> Room {
        let free = self.in_flight.available_permits();
        let (room, taken) = self.dispatcher.gates().take(channel, free, split, Instant::now());
        places.insert(channel, taken);
        Room { all: room.all, bulk: room.bulk.min(free.saturating_sub(IN_FLIGHT_URGENT)) }
    }

    /// That nobody took a message must be kept, however busy its lane is: else nobody would know it.
    async fn back(&self, message: Message) {
        let lane = self.lanes.get(usize::from(self.store.lane_of(message.person.part())));
        let id = message.id;
        for _ in 0..REPORTS_MAX {
            let Some(lane) = lane else { break };
            match self.push(lane, Job::Back(vec![message.clone()])).await {
                Err(Error::Busy) => {}
                Err(_) => break,
                Ok(()) => return,
            }
        }
        tracing::error!(message.id = %id, "a message that nobody took is asked about at the next start");
    }

    /// A call is durable as under way: asks, and says what came of it.
    fn call(self: &Arc<Self>, call: ServiceCall, permit: Option<OwnedSemaphorePermit>, handle: &Handle) {
        let inner = Arc::clone(self);
        handle.spawn(async move {
            match inner.caller.ask(&call).await {
                Came::Over(item) => inner.report(vec![*item], "a call of a service").await,
                Came::Again(at) => inner.call_again(&call, at).await,
            }
            drop(permit);
            inner.poke();
        });
    }

    /// That a call is tried again must be kept, however busy its lane is.
    async fn call_again(&self, call: &ServiceCall, at: At) {
        let lane = self.lanes.get(usize::from(self.store.lane_of(call.person.part())));
        let mut end = Error::Busy;
        for _ in 0..REPORTS_MAX {
            let Some(lane) = lane else { break };
            match self.push(lane, Job::CallAgain(call.person, call.id, at)).await {
                Err(Error::Busy) => {}
                Err(error) => {
                    end = error;
                    break;
                }
                Ok(()) => return,
            }
        }
        tracing::error!(call.id = %call.id, call.error = %end, "a call of a service is tried again at the next start");
    }

    fn poke(&self) {
        for lane in &self.lanes {
            // A full queue is awake anyway.
            let _ = lane.try_send(Job::Poke);
        }
    }

    /// Brings an item to the lane it belongs to, and tells the lane it came from.
    async fn deliver(&self, left: Left, item: Item) {
        let (Left::Inbox(part, _) | Left::Handoff(part, _)) = left;
        let from = self.store.lane_of(part);
        match self.offer(item.part(), vec![item]).await {
            Ok(_) => {
                if let Some(lane) = self.lanes.get(usize::from(from)) {
                    let _ = self.push(lane, Job::Delivered(vec![left])).await;
                }
            }
            Err(error) => tracing::warn!(handoff.error = %error, "a hand-over waits for the next start"),
        }
    }

    /// What came of `what` must be kept, however busy the lanes are.
    async fn report(&self, items: Vec<Item>, what: &'static str) {
        for _ in 0..REPORTS_MAX {
            match self.accept_always(items.clone()).await {
                Err(Error::Busy) => {}
                Err(error) => {
                    tracing::error!(report.of = what, report.error = %error, "what came of it is asked for at the next start");
                    return;
                }
                Ok(_) => return,
            }
        }
        tracing::error!(
            report.of = what,
            "what came of it could not be kept for long: it is asked for at the next start"
        );
    }

    fn answer(&self, id: FactId, result: &Result<(), String>) {
        for waiter in lock(&self.waiters).remove(&id).unwrap_or_default() {
            let _ = waiter.send(result.clone());
        }
    }

    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::SeqCst) == self.lanes.len() && !self.stopping.load(Ordering::SeqCst)
    }

    async fn push(&self, lane: &SyncSender<Job>, mut job: Job) -> Result<(), Error> {
        let since = Instant::now();
        loop {
            job = match lane.try_send(job) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return Err(Error::Stopping),
                Err(TrySendError::Full(job)) => job,
            };
            if since.elapsed() > ROOM_WAIT {
                return Err(Error::Busy);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn offer(&self, part: u16, items: Vec<Item>) -> Result<Vec<Arrival>, Error> {
        let lane = self.lanes.get(usize::from(self.store.lane_of(part))).ok_or(Error::Stopping)?;
        let (answer, answered) = oneshot::channel();
        self.push(lane, Job::Accept(items, answer)).await?;
        answered.await.map_err(|_| Error::Stopping)?
    }

    pub async fn accept(&self, items: Vec<Item>) -> Result<Vec<Arrival>, Error> {
        if self.stopping.load(Ordering::SeqCst) {
            return Err(Error::Stopping);
        }
        self.accept_always(items).await
    }

    /// Also while stopping: what came of messages must still be kept.
    async fn accept_always(&self, items: Vec<Item>) -> Result<Vec<Arrival>, Error> {
        let mut by_lane: BTreeMap<u16, (Vec<usize>, Vec<Item>)> = BTreeMap::new();
        let count = items.len();
        for (i, item) in items.into_iter().enumerate() {
            let lane = by_lane.entry(self.store.lane_of(item.part())).or_default();
            lane.0.push(i);
            lane.1.push(item);
        }
        let mut arrivals: Vec<Option<Arrival>> = vec![None; count];
        for (places, items) in by_lane.into_values() {
            let part = items.first().map_or(0, Item::part);
            for (place, arrival) in places.into_iter().zip(self.offer(part, items).await?) {
                arrivals[place] = Some(arrival);
            }
        }
        arrivals.into_iter().collect::<Option<Vec<_>>>().ok_or(Error::Stopping)
    }

    pub async fn submit(&self, person: PersonId, fact: Fact) -> Result<(), Error> {
        let id = fact.id;
        let (answer, answered) = oneshot::channel();
        lock(&self.waiters).entry(id).or_default().push(answer);
        if let Err(error) = self.accept(vec![Item::own(person, fact)]).await {
            lock(&self.waiters).remove(&id);
            return Err(error);
        }
        match tokio::time::timeout(TURN_WAIT, answered).await {
            Ok(Ok(result)) => result.map_err(Error::Refused),
            Ok(Err(_)) => Err(Error::Stopping),
            Err(_) => {
                lock(&self.waiters).remove(&id);
                Err(Error::Busy)
            }
        }
    }

    pub async fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.places.notify_one();
        // Once a lane has answered it has seen that, and claims no message any more; what it claimed before
        // stands before us in the queue for places.
        for lane in &self.lanes {
            let (answer, answered) = oneshot::channel();
            if self.push(lane, Job::Accept(Vec::new(), answer)).await.is_ok() {
                let _ = answered.await;
            }
        }
        self.dispatcher.stop();
        let all = u32::try_from(IN_FLIGHT_MAX).unwrap_or(u32::MAX);
        let messages = self.in_flight.acquire_many(all);
        let _ = tokio::time::timeout(STOP_WAIT, async { tokio::join!(messages, self.calling.over()) }).await;
        // What they bring from now on is not acknowledged: it is brought again.
        for connection in std::mem::take(&mut *lock(&self.connections)) {
            connection.abort();
        }
        for lane in &self.lanes {
            let _ = self.push(lane, Job::Stop).await;
        }
        let threads = std::mem::take(&mut *lock(&self.threads));
        let _ = tokio::task::spawn_blocking(move || {
            for thread in threads {
                let _ = thread.join();
            }
        })
        .await;
    }
}

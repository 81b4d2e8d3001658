//! Gates: fail-over and pauses that hold what they hold, over the real hub, on both stores.

use crate::DAVID;
use crate::harness::{On, World, read_settings, same};
use channels::contract::{
    Accepted, BoxFuture, Limits, Outbound, Provider, ReceiveError, Received, Request, SendError, Spec,
};
use hub::sending::Scope;
use hub::{Clock, Hub, Order};
use model::message::{Message, Status};
use model::{At, Batch, Channel, MessageId, PersonId};
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Store;
use testkit::story::{DAY_0, Story};

pub const PATHWAY: &str = "post-surgical-follow-up";

/// A provider that answers as it is told, and takes its time.
#[derive(Clone)]
pub struct Door {
    pub name: &'static str,
    pub channels: &'static [Channel],
    pub limits: Limits,
    pub takes: Duration,
    /// What it says next; then it carries.
    pub says: Arc<Mutex<VecDeque<SendError>>>,
    /// What it was handed, in order.
    pub handed: Arc<Mutex<Vec<Message>>>,
}

impl Door {
    pub fn of(name: &'static str, channels: &'static [Channel]) -> Self {
        Self {
            name,
            channels,
            limits: Limits::default(),
            takes: Duration::ZERO,
            says: Arc::default(),
            handed: Arc::default(),
        }
    }
    pub fn handed(&self) -> Vec<Message> {
        self.handed.lock().unwrap().clone()
    }
    pub fn count(&self) -> usize {
        self.handed.lock().unwrap().len()
    }
    pub fn says(&self, errors: impl IntoIterator<Item = SendError>) {
        self.says.lock().unwrap().extend(errors);
    }
}

impl Provider for Door {
    fn spec(&self) -> Spec {
        Spec {
            name: self.name,
            channels: self.channels,
            secrets: &[],
            fields: &[],
            make_believe: true,
            idempotent: false,
        }
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        self.handed.lock().unwrap().push(out.message.clone());
        let said = self.says.lock().unwrap().pop_front();
        Box::pin(async move {
            tokio::time::sleep(self.takes).await;
            match said {
                Some(error) => Err(error),
                None => Ok(Accepted { provider_id: Some(out.message.id.to_string()), delivered: false }),
            }
        })
    }
    fn receive(&self, _request: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::Malformed("nobody reports".into()))
    }
    fn limits(&self) -> Limits {
        self.limits
    }
}

pub fn discharged(on: On) -> (World, PersonId) {
    let mut world = World::new(on, DAY_0.plus_ms(60_000));
    world.hears(&Story::david().discharge());
    let david = world.person("1001");
    (world, david)
}

pub fn pause(scope: Scope) -> Order {
    Order::Pause { scope, why: "the words are wrong".into() }
}

pub fn order(world: &mut World, who: &str, once: &str, order: &Order) -> i64 {
    let number = world.hub().order(who, once, order).unwrap();
    world.hub().run().unwrap();
    number
}

pub fn refused(world: &mut World, who: &str, order: &Order) -> String {
    match world.hub().order(who, "refused", order) {
        Err(hub::Error::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

const VISIT: &[&str] = &["appointment_booked"];
const QUEUED: &[&str] = &["day 1 10:00 sms appointment_booked: queued"];
const DELIVERED: &[&str] = &["day 1 10:00 sms appointment_booked: delivered"];

fn a_pause_keeps_what_it_holds(on: On) {
    for scope in [
        Scope::Everything,
        Scope::Channel(Channel::Sms),
        Scope::Provider("handset".into()),
        Scope::Pathway(PATHWAY.into()),
    ] {
        let (mut world, david) = discharged(on);
        world.goes_on(1, "09:59");
        let number = order(&mut world, "lena", "a", &pause(scope.clone()));
        world.goes_on(1, "10:05");
        same(&world.list_of(david, VISIT), QUEUED);
        // Another process holds it as well.
        world.start();
        world.goes_on(1, "10:20");
        same(&world.list_of(david, VISIT), QUEUED);
        assert!(refused(&mut world, "omar", &pause(scope.clone())).contains("already"));
        order(&mut world, "omar", "b", &Order::Unpause { of: number });
        world.goes_on(1, "10:21");
        same(&world.list_of(david, VISIT), DELIVERED);
        assert!(refused(&mut world, "omar", &Order::Unpause { of: number }).contains("not_paused"));
        world.check();
    }
}

#[test]
fn a_pause_keeps_what_it_holds_on_sqlite() {
    a_pause_keeps_what_it_holds(On::Sqlite);
}

#[test]
fn a_pause_keeps_what_it_holds_on_postgres() {
    a_pause_keeps_what_it_holds(On::Postgres);
}

#[test]
fn a_pause_of_one_channel_leaves_the_others_alone() {
    let (mut world, david) = discharged(On::Sqlite);
    order(&mut world, "lena", "a", &pause(Scope::Channel(Channel::Sms)));
    world.goes_on(1, "10:05");
    same(
        &world.list_of(david, &["appointment_booked", "todays_list"]),
        &["day 1 08:00 email todays_list: delivered", "day 1 10:00 sms appointment_booked: queued"],
    );
}

fn what_a_pause_holds_for_too_long_is_not_forgotten(on: On) {
    let (mut world, david) = discharged(on);
    world.goes_on(1, "15:00");
    // Urgent messages stay as well, and a person is asked all the same.
    order(&mut world, "lena", "a", &pause(Scope::Everything));
    let wrote = world.now();
    world.texts(DAVID, "my wound is bleeding");
    assert!(world.words(DAVID, wrote).is_empty(), "nothing left");
    assert!(world.prompt(david, "red_flag").urgent);
    // A medicine is ready: each way's time goes by, and in the end a nurse is asked to call.
    world.hears(&Story::david().dispense_ready(world.now()));
    world.start();
    world.goes_on(4, "12:00");
    let told = world.list_of(david, &["medicine_ready"]);
    assert!(!told.is_empty() && told.iter().all(|line| line.ends_with("withdrawn")), "{told:?}");
    assert!(world.handset.inbox(DAVID).iter().all(|seen| seen.at < wrote || seen.message.is_none()), "nothing left");
    let asked =
        world.prompts(david).into_iter().any(|p| p.opened_at > wrote && p.name == "unreachable" || p.name == "refused");
    let names: Vec<String> = world.prompts(david).into_iter().map(|p| p.name).collect();
    assert!(asked || names.iter().any(|n| n.contains("medicine")), "somebody is asked: {names:?}");
}

#[test]
fn what_a_pause_holds_for_too_long_is_not_forgotten_on_sqlite() {
    what_a_pause_holds_for_too_long_is_not_forgotten(On::Sqlite);
}

#[test]
fn what_a_pause_holds_for_too_long_is_not_forgotten_on_postgres() {
    what_a_pause_holds_for_too_long_is_not_forgotten(On::Postgres);
}

#[test]
fn after_a_pause_every_guard_is_asked_again() {
    let (mut world, david) = discharged(On::Sqlite);
    world.goes_on(1, "20:59");
    let number = order(&mut world, "lena", "a", &pause(Scope::Channel(Channel::Voice)));
    world.hears(&Story::david().dispense_ready(world.now()));
    same(&world.list_of(david, &["medicine_ready"]), &["day 1 20:59 voice medicine_ready: queued"]);
    // A minute later it is too late to ring; no message has waited for long.
    world.sleeps(1, "21:00");
    order(&mut world, "lena", "b", &Order::Unpause { of: number });
    same(&world.list_of(david, &["medicine_ready"]), &["day 1 20:59 voice medicine_ready: withdrawn"]);
    world.goes_on(2, "09:00");
    world.check();
}

#[test]
fn pauses_that_may_not_stand_are_refused() {
    let (mut world, _) = discharged(On::Sqlite);
    let unsaid = Order::Pause { scope: Scope::Everything, why: " ".into() };
    assert!(refused(&mut world, "lena", &unsaid).contains("reason"));
    assert!(refused(&mut world, "lena", &pause(Scope::Pathway("nowhere".into()))).contains("no_such"));
    // A pause of one thing is none of another, and both end apart.
    let first = order(&mut world, "lena", "a", &pause(Scope::Everything));
    assert_eq!(order(&mut world, "lena", "a", &pause(Scope::Everything)), first, "two clicks are one order");
    order(&mut world, "lena", "b", &pause(Scope::Channel(Channel::Sms)));
    order(&mut world, "lena", "c", &Order::Unpause { of: first });
    order(&mut world, "lena", "d", &pause(Scope::Everything));
    let stored: Vec<serde_json::Value> =
        world.hub().store().changes().unwrap().iter().map(|row| serde_json::from_str(&row.json).unwrap()).collect();
    let why = "the words are wrong";
    assert_eq!(
        stored,
        [
            json!({"order": "pause", "scope": "everything", "why": why}),
            json!({"order": "pause", "scope": {"channel": "sms"}, "why": why}),
            json!({"order": "unpause", "of": 1}),
            json!({"order": "pause", "scope": "everything", "why": why}),
        ],
        "as it is stored for ever"
    );
}

fn another_provider_takes_over(on: On) {
    let (mut world, david) = discharged(on);
    let first = Door::of("first", &[Channel::Sms]);
    world.before = vec![Arc::new(first.clone())];
    world.start();
    world.goes_on(1, "09:59");
    first.says([SendError::Unreachable("refused".into())]);
    world.goes_on(1, "10:05");
    assert_eq!(first.count(), 1, "it was asked first");
    same(&world.list_of(david, VISIT), DELIVERED);
    let sent = world.messages(david).into_iter().find(|m| m.words == VISIT[0]).unwrap();
    assert_eq!(sent.provider, "handset");
    // What was definitely refused for good is no other one's, and neither is what nobody knows of.
    for (error, end) in [
        (SendError::Ambiguous("no answer".into()), Status::Unknown),
        // The last, for nothing is sent to such a number again.
        (SendError::Rejected { code: "unreachable_number".into(), retryable: false }, Status::Failed),
    ] {
        let since = world.now();
        first.says([error]);
        world.texts(DAVID, "my wound is bleeding");
        let answers = world.messages(david).into_iter().filter(|m| m.channel == Channel::Sms && m.created_at >= since);
        let ends: Vec<Status> = answers.map(|m| m.status).collect();
        assert_eq!(ends.first(), Some(&end), "{ends:?}");
        assert!(world.words(DAVID, since).is_empty(), "nobody else sent it");
        let later = world.now().plus_ms(25 * model::time::HOUR_MS);
        world.until(later);
    }
    world.check();
}

#[test]
fn another_provider_takes_over_on_sqlite() {
    another_provider_takes_over(On::Sqlite);
}

#[test]
fn another_provider_takes_over_on_postgres() {
    another_provider_takes_over(On::Postgres);
}

fn somebody(n: u32) -> PersonId {
    model::inbox::person_of(model::inbox::key("urn:bulk", &n.to_string()))
}

pub fn message(n: u32, channel: Channel, words: &str, now: At) -> Message {
    Message {
        pathway: PATHWAY.into(),
        words: words.into(),
        channel,
        to: format!("+1{:010}", 2_015_550_000_u64 + u64::from(n)),
        ..testkit::text(&format!("{words} {} {n}", channel.name()), somebody(n), now)
    }
}

/// Puts messages into the outbox of a store that no process writes.
pub fn queue(store: &Store, messages: Vec<Message>) {
    let mut by_lane = vec![Vec::new(); usize::from(store.lanes())];
    for message in messages {
        by_lane[usize::from(store.lane_of(message.person.part()))].push(message);
    }
    for (number, messages) in (0..).zip(by_lane) {
        let mut lane = store.take_lane(number).unwrap();
        for some in messages.chunks(1_000) {
            let batch = |message: &Message| {
                let mut batch = Batch::new(message.person, store.line(message.person).unwrap().version);
                batch.messages = vec![message.clone()];
                (message.person.part(), lane.epoch(message.person.part()), batch)
            };
            let batches: Vec<_> = some.iter().map(batch).collect();
            let written = lane.commit(&batches).unwrap();
            assert!(written.iter().all(|w| *w == store::Committed::Written));
        }
    }
}

/// A hub with its threads, on a store in which `messages` are queued.
pub async fn running(world: &World, doors: &[&Door], now: At) -> Hub {
    let location = world.location();
    let store = tokio::task::spawn_blocking(move || Store::open(&location, true).unwrap()).await.unwrap();
    let providers: Vec<Arc<dyn Provider>> = doors.iter().map(|d| Arc::new((*d).clone()) as Arc<dyn Provider>).collect();
    Hub::start(store, read_settings(), Clock::scaled(now, 0.0), providers).await.unwrap()
}

/// Waits until it is so, ten minutes at most: the machine may be busy.
pub async fn until(what: &str, is: impl Fn() -> bool) {
    for _ in 0..60_000 {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come to be: {what}");
}

/// Reads of the store block.
pub fn blocking<T>(read: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(read)
}

pub fn with_threads(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // Blocking within is for the runtime's own threads.
    runtime.block_on(async { tokio::join!(work) });
}

fn a_slow_provider_delays_no_other_channel_and_urgent_ones_overtake(on: On) {
    let (mut world, _) = discharged(on);
    let now = world.now();
    world.sleeps_until(now);
    // A server that others use as well is slower.
    let (many, mails): (u32, u32) = (if matches!(on, On::Sqlite) { 10_000 } else { 3_000 }, 200);
    let bulk = (0..many).map(|n| message(n, Channel::Sms, "reminder", now));
    let voice = (0..50).map(|n| message(20_000 + n, Channel::Voice, "call", now));
    let letters = (0..mails).map(|n| message(30_000 + n, Channel::Email, "letter", now));
    queue(&world.opened(), bulk.chain(voice).chain(letters).collect());
    let mut sms = Door::of("texts", &[Channel::Sms]);
    (sms.takes, sms.limits.in_flight) = (Duration::from_millis(5), 16);
    let mut calls = Door::of("calls", &[Channel::Voice]);
    // It hangs for longer than the whole test.
    calls.takes = Duration::from_secs(600);
    let mail = Door::of("mails", &[Channel::Email]);
    with_threads(async {
        let hub = running(&world, &[&sms, &calls, &mail], now).await;
        until("mails leave beside a provider that hangs", || mail.count() == mails as usize).await;
        until("texts leave beside it, too", || sms.count() > 500).await;
        // A red flag in the middle of it.
        let body = json!({"channel": "sms", "from": DAVID, "text": "my wound is bleeding"});
        let mut fact = model::Fact::own("reply.received", "flag", PersonId::default(), now, body);
        (fact.source, fact.actor) = ("handset".into(), model::Actor::Patient);
        let keys = vec![model::inbox::key("phone", DAVID)];
        let from = channels::contract::Incoming { fact, keys, message: None, person: None };
        hub.incoming(vec![from]).await.unwrap();
        until("the urgent answer leaves", || sms.handed().iter().any(|m| m.urgent)).await;
        let handed = sms.handed();
        let at = handed.iter().position(|m| m.urgent).unwrap();
        assert!(handed.len() < many as usize && at < many as usize - 1_000, "it came {at}th of {}", handed.len());
        until("all leave", || sms.count() == many as usize + 1).await;
        let ids: BTreeSet<MessageId> = sms.handed().iter().map(|m| m.id).collect();
        assert_eq!(ids.len(), sms.count(), "each once");
        assert!(calls.count() <= 64, "no more than it takes");
        drop(hub);
    });
}

#[test]
fn a_slow_provider_delays_no_other_channel_and_urgent_ones_overtake_on_sqlite() {
    a_slow_provider_delays_no_other_channel_and_urgent_ones_overtake(On::Sqlite);
}

#[test]
fn a_slow_provider_delays_no_other_channel_and_urgent_ones_overtake_on_postgres() {
    a_slow_provider_delays_no_other_channel_and_urgent_ones_overtake(On::Postgres);
}

fn a_pause_is_in_effect_at_once_for_every_lane(on: On) {
    let (mut world, _) = discharged(on);
    let now = world.now();
    world.sleeps_until(now);
    let many = 1_500_u32;
    queue(&world.opened(), (0..many).map(|n| message(n, Channel::Sms, "reminder", now)).collect());
    let mut first = Door::of("first", &[Channel::Sms]);
    (first.takes, first.limits.in_flight) = (Duration::from_millis(20), 32);
    // Some come back with a definite refusal: what waits for its next try heeds the pause as well.
    first.says((0..40).map(|_| SendError::Rejected { code: "busy".into(), retryable: true }));
    with_threads(async {
        let hub = running(&world, &[&first], now).await;
        until("some have left", || first.count() > 100).await;
        let began = std::time::Instant::now();
        let number = hub.order("lena", "a", pause(Scope::Everything)).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let count = first.count();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(first.count(), count, "nothing begins once it is ordered");
        assert!(count < many as usize);
        hub.stop().await;
        let waiting = blocking(|| hub.store().queued().unwrap());
        assert!(waiting.iter().map(|(.., n)| n).sum::<i64>() > 0, "{waiting:?}");
        drop(hub);
        let hub = running(&world, &[&first], now).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(first.count(), count, "another process holds it, too");
        hub.order("omar", "b", Order::Unpause { of: number }).await.unwrap();
        let done = || {
            let counts = blocking(|| hub.store().message_counts().unwrap());
            counts.iter().all(|(s, ..)| *s == Status::Accepted || *s == Status::Delivered)
                && counts.iter().map(|(.., n)| *n).sum::<i64>() >= i64::from(many)
        };
        until("all leave in the end", done).await;
        hub.stop().await;
    });
    let handed = first.handed();
    let ids: BTreeSet<MessageId> = handed.iter().map(|m| m.id).collect();
    assert_eq!(ids.len(), many as usize, "each was carried");
    assert_eq!(handed.len(), many as usize + 40, "and nothing twice but for what was refused");
}

#[test]
fn a_pause_is_in_effect_at_once_for_every_lane_on_sqlite() {
    a_pause_is_in_effect_at_once_for_every_lane(On::Sqlite);
}

#[test]
fn a_pause_is_in_effect_at_once_for_every_lane_on_postgres() {
    a_pause_is_in_effect_at_once_for_every_lane(On::Postgres);
}

#[test]
fn a_provider_that_is_down_keeps_what_waits_and_is_asked_again() {
    let (mut world, _) = discharged(On::Sqlite);
    let now = world.now();
    world.sleeps_until(now);
    let many = 300_u32;
    queue(&world.opened(), (0..many).map(|n| message(n, Channel::Sms, "reminder", now)).collect());
    let urgent = Message { urgent: true, ..message(900, Channel::Sms, "flag", now) };
    let down = Door::of("down", &[Channel::Sms]);
    down.says((0..200).map(|_| SendError::Unreachable("refused".into())));
    with_threads(async {
        let hub = running(&world, &[&down], now).await;
        let shut = || hub.gates().iter().any(|g| matches!(g.state, hub::gate::Shown::Broken(_)));
        until("its gate shuts", shut).await;
        // Nothing has failed, all wait; those that were about to be tried again as well.
        let wait = || {
            let counts = blocking(|| hub.store().message_counts().unwrap());
            counts == [(Status::Queued, false, i64::from(many))]
        };
        until("all are in the outbox again", wait).await;
        // At most those that were under way when it broke, those before them, and probes.
        assert!(down.count() <= 64 + 64, "{}", down.count());
        hub.stop().await;
    });
    // What is urgent does not wait for it: it failed, and its ladder goes on.
    queue(&world.opened(), vec![urgent.clone()]);
    with_threads(async {
        let hub = running(&world, &[&down], now).await;
        let ended = || {
            let found = blocking(|| hub.store().message(urgent.person, urgent.id).unwrap().unwrap());
            found.status == Status::Failed && found.error.as_deref() == Some("unreachable")
        };
        until("the urgent one is told at once", ended).await;
        down.says.lock().unwrap().clear();
        until("all others leave once it is back", || {
            let ids: BTreeSet<MessageId> = down.handed().iter().map(|m| m.id).collect();
            ids.len() == many as usize + 1
        })
        .await;
        hub.stop().await;
    });
}

fn what_was_taken_back_while_its_provider_failed_does_not_come_back(on: On) {
    let (mut world, david) = discharged(on);
    world.goes_on(1, "09:59");
    world.sends = false;
    world.start();
    world.goes_on(1, "10:00");
    same(&world.list_of(david, VISIT), QUEUED);
    let visit = world.messages(david).into_iter().find(|m| m.words == VISIT[0]).unwrap();
    let now = world.now();
    world.sleeps_until(now);
    let texts = Door::of("texts", &[Channel::Sms]);
    texts.says((0..4).map(|_| SendError::Unreachable("refused".into())));
    let tries = || texts.handed().iter().filter(|m| m.id == visit.id).count();
    with_threads(async {
        let hub = running(&world, &[&texts], now).await;
        until("it is with a provider that fails", || tries() > 0).await;
        let body = json!({"channel": "sms", "from": DAVID, "text": "STOP"});
        let mut fact = model::Fact::own("reply.received", "stop", PersonId::default(), now, body);
        (fact.source, fact.actor) = ("handset".into(), model::Actor::Patient);
        let keys = vec![model::inbox::key("phone", DAVID)];
        hub.incoming(vec![channels::contract::Incoming { fact, keys, message: None, person: None }]).await.unwrap();
        let stopped = || {
            let traces = blocking(|| hub.store().traces(david, visit.reach).unwrap());
            traces.iter().any(|t| t.message == Some(visit.id) && t.code.contains("withdrawn"))
        };
        until("the turn took it back", stopped).await;
        let number = hub.order("lena", "a", pause(Scope::Everything)).await.unwrap();
        let stands = || blocking(|| hub.store().message(david, visit.id).unwrap().unwrap().status);
        until("it leaves no more", || stands() == Status::Withdrawn).await;
        let before = tries();
        hub.order("omar", "b", Order::Unpause { of: number }).await.unwrap();
        let told = || {
            let messages = blocking(|| hub.store().messages_of(david, 100).unwrap());
            !messages
                .iter()
                .any(|m| matches!(m.status, Status::Queued | Status::Dispatching) && m.channel == Channel::Sms)
        };
        until("what may leave has left", told).await;
        assert_eq!((tries(), stands()), (before, Status::Withdrawn));
        hub.stop().await;
    });
}

#[test]
fn what_was_taken_back_while_its_provider_failed_does_not_come_back_on_sqlite() {
    what_was_taken_back_while_its_provider_failed_does_not_come_back(On::Sqlite);
}

#[test]
fn what_was_taken_back_while_its_provider_failed_does_not_come_back_on_postgres() {
    what_was_taken_back_while_its_provider_failed_does_not_come_back(On::Postgres);
}

#[test]
fn a_pause_of_a_pathway_is_heard_by_what_was_claimed_before() {
    let (mut world, _) = discharged(On::Sqlite);
    let now = world.now();
    world.sleeps_until(now);
    queue(&world.opened(), (0..40).map(|n| message(n, Channel::Sms, "reminder", now)).collect());
    let mut first = Door::of("first", &[Channel::Sms]);
    first.takes = Duration::from_millis(300);
    first.says((0..40).map(|_| SendError::Rejected { code: "busy".into(), retryable: true }));
    with_threads(async {
        let hub = running(&world, &[&first], now).await;
        until("all were refused for now", || first.count() >= 40).await;
        hub.order("lena", "a", pause(Scope::Pathway(PATHWAY.into()))).await.unwrap();
        let count = first.count();
        tokio::time::sleep(Duration::from_millis(2_000)).await;
        assert_eq!(first.count(), count, "none is tried again");
        hub.stop().await;
    });
}

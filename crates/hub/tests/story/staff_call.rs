//! A member of staff is connected with a person by telephone: what leaves, what holds it, and what it leaves alone.

use crate::DAVID;
use crate::harness::{On, World, read_settings};
use channels::Provider;
use channels::contract::{Accepted, BoxFuture, Incoming, Outbound, ReceiveError, Received, Request, SendError, Spec};
use hub::Order;
use hub::sending::Scope;
use model::call::{Said, Walk};
use model::message::{Content, Message, Status};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{Actor, Channel, Fact, FactId, PersonId, inbox};
use serde_json::json;
use std::sync::{Arc, Mutex};
use testkit::story::Story;

const NURSE: &str = "+12125550171";

/// A service that connects calls, and breaks off where it is told to.
#[derive(Default)]
struct Bridge {
    rung: Mutex<Vec<Message>>,
    breaks_off: bool,
}

impl Provider for Bridge {
    fn spec(&self) -> Spec {
        Spec {
            name: "bridge",
            channels: &[Channel::Voice],
            secrets: &[],
            fields: &[],
            make_believe: true,
            idempotent: false,
        }
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        self.rung.lock().unwrap().push(out.message.clone());
        let taken = Accepted { provider_id: Some("CA1".into()), delivered: false };
        let broken = SendError::Ambiguous("reset".into());
        Box::pin(std::future::ready(if self.breaks_off { Err(broken) } else { Ok(taken) }))
    }
    fn receive(&self, _request: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::NotAuthentic("it has no webhook".into()))
    }
    fn bridges(&self) -> bool {
        true
    }
}

fn world(on: On, bridge: &Arc<Bridge>) -> (World, PersonId) {
    let story = Story::david();
    let mut world = World::with(on, story.discharged_at.plus_ms(MINUTE_MS), Arc::new(read_settings()));
    world.day_0 = story.discharged_at;
    world.before = vec![Arc::clone(bridge) as Arc<dyn Provider>];
    world.start();
    world.hears(&story.discharge());
    let david = world.person(&story.person.mrn);
    world.goes_on(1, "11:00");
    (world, david)
}

fn asks(world: &mut World, person: PersonId, key: &str) -> Result<(), String> {
    asks_with(world, person, key, json!({}))
}

fn asks_with(world: &mut World, person: PersonId, key: &str, more: serde_json::Value) -> Result<(), String> {
    let mut body = json!({"by": "Ana Okafor, RN", "phone": NURSE, "language": "en"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let fact = Fact::own("staff_call.asked", key, person, world.now(), body).by(Actor::Staff("ana".into()));
    world.says(person, fact).map_err(|e| e.to_string())
}

fn call(world: &World, person: PersonId) -> Message {
    let mut all: Vec<Message> = world.messages(person).into_iter().filter(|m| m.words == turn::STAFF_CALL).collect();
    assert_eq!(all.len(), 1, "one call");
    all.remove(0)
}

/// What the service tells of it.
fn tells(world: &mut World, of: &Message, kind: &str, body: serde_json::Value) {
    let told = told(world, of, kind, body);
    world.brings(vec![told]);
}

/// The same, to be brought with more. Of one telephone's end one fact is told, as the service does.
fn told(world: &World, of: &Message, kind: &str, mut body: serde_json::Value) -> Incoming {
    body["message"] = json!(of.id);
    let whose = if body["outcome"] == "not_taken" { "staff" } else { "patient" };
    let id = FactId::of(&[kind.as_bytes(), &of.id.0.bytes(), whose.as_bytes()]);
    let fact = Fact::live(id, "bridge", format!("message|{}", of.id), kind, world.now(), body);
    let keys = vec![inbox::key("message", &of.id.to_string())];
    Incoming { fact, keys, message: Some(of.id), person: Some(of.person) }
}

/// What was told of the ends of calls, the last one last.
fn ends(world: &World, person: PersonId) -> Vec<String> {
    let ended = world.facts(person, "staff_call.ended");
    ended.iter().rev().map(|f| f.text("outcome").unwrap().to_owned()).collect()
}

fn one_call_is_rung_once(on: On) {
    let bridge = Arc::new(Bridge::default());
    let (mut world, david) = world(on, &bridge);
    let before = world.hub().look(david).unwrap().record.last_contact;
    asks(&mut world, david, "a").unwrap();
    asks(&mut world, david, "a").unwrap();
    world.until(world.now().plus_ms(1_000));
    let rung = bridge.rung.lock().unwrap().clone();
    assert_eq!(rung.len(), 1, "pressed twice, rung once");
    assert_eq!((rung[0].to.as_str(), rung[0].dials()), (NURSE, Some(DAVID)));
    assert_eq!(rung[0].status, Status::Dispatching, "on disk as being sent before its first byte");
    assert_eq!(call(&world, david).status, Status::Accepted);
    world.start();
    world.until(world.now().plus_ms(MINUTE_MS));
    assert_eq!(bridge.rung.lock().unwrap().len(), 1, "a restart rings nobody again");
    tells(&mut world, &rung[0], "staff_call.taken", json!({}));
    assert_eq!(call(&world, david).status, Status::Delivered);
    tells(&mut world, &rung[0], "staff_call.ended", json!({"outcome": "connected", "seconds": 73}));
    assert_eq!(world.facts(david, "staff_call.ended")[0].body["seconds"], 73);
    assert_eq!(call(&world, david).status, Status::Delivered);
    // What came of the talk they say themselves: the hub takes nothing for a contact.
    assert_eq!(world.hub().look(david).unwrap().record.last_contact, before);
}

#[test]
fn one_call_is_rung_once_and_what_became_of_it_is_kept() {
    one_call_is_rung_once(On::Sqlite);
}

#[test]
fn one_call_is_rung_once_and_what_became_of_it_is_kept_on_postgres() {
    one_call_is_rung_once(On::Postgres);
}

#[test]
fn what_broke_off_is_unknown_and_is_not_rung_again() {
    let bridge = Arc::new(Bridge { breaks_off: true, ..Bridge::default() });
    let (mut world, david) = world(On::Sqlite, &bridge);
    asks(&mut world, david, "a").unwrap();
    world.until(world.now().plus_ms(30 * MINUTE_MS));
    assert_eq!(call(&world, david).status, Status::Unknown);
    assert_eq!(bridge.rung.lock().unwrap().len(), 1);
}

#[test]
fn a_pause_of_calls_holds_it_until_it_is_of_no_use() {
    let bridge = Arc::new(Bridge::default());
    let (mut world, david) = world(On::Sqlite, &bridge);
    let scope = Scope::Channel(Channel::Voice);
    let pause = Order::Pause { scope, why: "the lines are down".into() };
    let of = world.hub().order("lead", "a", &pause).unwrap();
    world.hub().run().unwrap();
    asks(&mut world, david, "a").unwrap();
    world.until(world.now().plus_ms(5 * MINUTE_MS));
    assert_eq!(call(&world, david).status, Status::Queued);
    world.hub().order("lead", "b", &Order::Unpause { of }).unwrap();
    world.until(world.now().plus_ms(MINUTE_MS));
    assert_eq!(call(&world, david).status, Status::Withdrawn, "nobody waits beside their telephone any more");
    assert_eq!(ends(&world, david), ["too_late"]);
    assert!(bridge.rung.lock().unwrap().is_empty());
}

#[test]
fn who_refused_calls_is_not_rung_and_who_said_stop_may_be() {
    let bridge = Arc::new(Bridge::default());
    let (mut world, david) = world(On::Sqlite, &bridge);
    world.texts(DAVID, "STOP");
    asks(&mut world, david, "a").expect("a STOP ends what a machine says");
    world.nurse_says(david, "consent.changed", json!({"channel": "voice", "allowed": false, "basis": "said so"}));
    assert_eq!(asks(&mut world, david, "b").unwrap_err(), "consent");
    world.nurse_says(david, "consent.changed", json!({"channel": "voice", "allowed": true, "basis": "said so"}));
    world.nurse_says(david, "contact.disabled", json!({"value": DAVID, "status": "wrong", "by": "staff"}));
    assert_eq!(asks(&mut world, david, "c").unwrap_err(), "contact");
    let body = json!({"phone": NURSE});
    let patient = Fact::own("staff_call.asked", "d", david, world.now(), body).by(Actor::Patient);
    assert!(world.says(david, patient).is_err(), "only staff ask so");
}

#[test]
fn what_was_asked_long_before_its_turn_does_not_ring() {
    let bridge = Arc::new(Bridge::default());
    let (mut world, david) = world(On::Sqlite, &bridge);
    let body = json!({"by": "Ana Okafor, RN", "phone": NURSE, "language": "en"});
    let asked = Fact::own("staff_call.asked", "late", david, world.now().plus_ms(-3 * MINUTE_MS), body);
    world.says(david, asked.by(Actor::Staff("ana".into()))).unwrap();
    world.until(world.now().plus_ms(MINUTE_MS));
    assert!(bridge.rung.lock().unwrap().is_empty());
    assert!(world.messages(david).iter().all(|m| m.words != turn::STAFF_CALL));
    assert_eq!(ends(&world, david), ["too_late"], "and that it did not stands there");
}

#[test]
fn a_service_that_cannot_connect_a_call_gets_none() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "11:00");
    asks(&mut world, david, "a").unwrap();
    world.until(world.now().plus_ms(1_000));
    assert_eq!(call(&world, david).status, Status::Failed);
}

fn digits_are_asked_one_after_the_other(on: On) {
    let bridge = Arc::new(Bridge::default());
    let (mut world, david) = world(on, &bridge);
    for wrong in ["12", "1234", "12a", "１２"] {
        let refused = asks_with(&mut world, david, wrong, json!({"digits": wrong})).unwrap_err();
        assert!(refused.contains("3 digits"), "{refused}");
    }
    asks_with(&mut world, david, "es", json!({"digits": "407", "language": "es-US"})).unwrap();
    world.until(world.now().plus_ms(1_000));
    let rung = bridge.rung.lock().unwrap().clone();
    let Content::Voice { call } = &rung[0].content else { panic!("a call") };
    let mut walk = Walk::new(call);
    let mut said = walk.next(None);
    for (key, words) in [('4', "primera cifra"), ('0', "segunda"), ('7', "tercera")] {
        let Said::Ask { text, keys } = &said[0] else { panic!("{said:?}") };
        assert!(text.contains(words) && keys == &[key] && !text.contains("David"), "{text}");
        let mut wrong = walk.clone();
        let other = if key == '1' { '2' } else { '1' };
        assert_eq!(wrong.next(Some(other)), [Said::HungUp], "a wrong key hangs up");
        said = walk.next(Some(key));
    }
    assert_eq!(said, [Said::Dial(DAVID.into())]);
}

#[test]
fn a_telephone_that_is_not_proved_is_asked_for_the_digits_of_the_screen() {
    digits_are_asked_one_after_the_other(On::Sqlite);
}

#[test]
fn a_telephone_that_is_not_proved_is_asked_for_the_digits_of_the_screen_on_postgres() {
    digits_are_asked_one_after_the_other(On::Postgres);
}

/// Whatever order a backlog is read in, what is told last of a call is what says most.
fn the_last_word_is_the_truth(on: On) {
    let taken = ("staff_call.taken", json!({}));
    let not_taken = ("staff_call.ended", json!({"outcome": "not_taken", "error": "not_taken"}));
    let connected = ("staff_call.ended", json!({"outcome": "connected", "seconds": 73}));
    type Told = (&'static str, serde_json::Value);
    let orders: [(&[&Told], &[&str]); 4] = [
        (&[&taken, &not_taken, &connected], &["connected"]),
        (&[&taken, &connected, &not_taken], &["connected"]),
        (&[&connected, &not_taken, &taken], &["connected"]),
        (&[&not_taken, &taken, &connected], &["not_taken", "connected"]),
    ];
    for at_once in [true, false] {
        for (order, says) in orders {
            let bridge = Arc::new(Bridge::default());
            let (mut world, david) = world(on, &bridge);
            asks(&mut world, david, "a").unwrap();
            world.until(world.now().plus_ms(1_000));
            let of = call(&world, david);
            let all: Vec<_> = order.iter().map(|(kind, body)| told(&world, &of, kind, body.clone())).collect();
            if at_once {
                world.brings(all);
            } else {
                all.into_iter().for_each(|one| world.brings(vec![one]));
            }
            world.until(world.now().plus_ms(2 * HOUR_MS));
            assert_eq!(ends(&world, david), says, "{order:?}");
        }
    }
}

#[test]
fn a_backlog_ends_with_one_truth() {
    the_last_word_is_the_truth(On::Sqlite);
}

#[test]
fn a_backlog_ends_with_one_truth_on_postgres() {
    the_last_word_is_the_truth(On::Postgres);
}

fn a_call_without_a_report_ends(on: On) {
    let bridge = Arc::new(Bridge::default());
    let (mut world, david) = world(on, &bridge);
    asks(&mut world, david, "a").unwrap();
    world.until(world.now().plus_ms(1_000));
    let of = call(&world, david);
    tells(&mut world, &of, "staff_call.taken", json!({}));
    world.until(world.now().plus_ms(74 * MINUTE_MS));
    assert!(ends(&world, david).is_empty(), "they may still talk");
    world.start();
    world.until(world.now().plus_ms(MINUTE_MS));
    assert_eq!(ends(&world, david), ["unknown"], "a restart forgets no timer");
    world.until(world.now().plus_ms(2 * HOUR_MS));
    assert_eq!(ends(&world, david), ["unknown"], "once");
    tells(&mut world, &of, "staff_call.ended", json!({"outcome": "connected", "seconds": 3_600}));
    assert_eq!(ends(&world, david), ["unknown", "connected"], "a late report says more");
}

#[test]
fn a_call_of_which_nobody_reports_the_end_has_one() {
    a_call_without_a_report_ends(On::Sqlite);
}

#[test]
fn a_call_of_which_nobody_reports_the_end_has_one_on_postgres() {
    a_call_without_a_report_ends(On::Postgres);
}

/// Another service carries calls, but connects none: it is never handed one, and the queue is not gone through in circles.
fn a_paused_bridge_beside_another_service(on: On) {
    let bridge = Arc::new(Bridge::default());
    let (mut world, david) = world(on, &bridge);
    let pause = Order::Pause { scope: Scope::Provider("bridge".into()), why: "their lines are down".into() };
    let of = world.hub().order("lead", "a", &pause).unwrap();
    world.hub().run().unwrap();
    asks(&mut world, david, "a").expect("the hub comes to rest");
    assert_eq!(call(&world, david).status, Status::Queued);
    world.hub().order("lead", "b", &Order::Unpause { of }).unwrap();
    world.until(world.now().plus_ms(1_000));
    assert_eq!((call(&world, david).status, bridge.rung.lock().unwrap().len()), (Status::Accepted, 1));
    // One that is too late while the pause lasts is told so without it being ended.
    let was = call(&world, david).id;
    world.hub().order("lead", "c", &pause).unwrap();
    asks(&mut world, david, "b").unwrap();
    world.until(world.now().plus_ms(5 * MINUTE_MS));
    let other = world.messages(david).into_iter().find(|m| m.words == turn::STAFF_CALL && m.id != was).unwrap();
    assert_eq!((other.status, ends(&world, david)), (Status::Withdrawn, vec!["too_late".to_owned()]));
    assert_eq!(bridge.rung.lock().unwrap().len(), 1);
}

#[test]
fn a_paused_bridge_keeps_its_call_waiting_beside_a_service_that_cannot_connect() {
    a_paused_bridge_beside_another_service(On::Sqlite);
}

#[test]
fn a_paused_bridge_keeps_its_call_waiting_beside_a_service_that_cannot_connect_on_postgres() {
    a_paused_bridge_beside_another_service(On::Postgres);
}

//! A member of staff is connected with a person by telephone: what leaves, what holds it, and what it leaves alone.

use crate::DAVID;
use crate::harness::{On, World, read_settings};
use channels::Provider;
use channels::contract::{Accepted, BoxFuture, Incoming, Outbound, ReceiveError, Received, Request, SendError, Spec};
use hub::Order;
use hub::sending::Scope;
use model::message::{Message, Status};
use model::time::MINUTE_MS;
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
    let body = json!({"by": "Ana Okafor, RN", "phone": NURSE, "language": "en"});
    let fact = Fact::own("staff_call.asked", key, person, world.now(), body).by(Actor::Staff("ana".into()));
    world.says(person, fact).map_err(|e| e.to_string())
}

fn call(world: &World, person: PersonId) -> Message {
    let mut all: Vec<Message> = world.messages(person).into_iter().filter(|m| m.words == turn::STAFF_CALL).collect();
    assert_eq!(all.len(), 1, "one call");
    all.remove(0)
}

/// What the service tells of it.
fn tells(world: &mut World, of: &Message, kind: &str, mut body: serde_json::Value) {
    body["message"] = json!(of.id);
    let id = FactId::of(&[kind.as_bytes(), &of.id.0.bytes()]);
    let fact = Fact::live(id, "bridge", format!("message|{}", of.id), kind, world.now(), body);
    let keys = vec![inbox::key("message", &of.id.to_string())];
    world.brings(vec![Incoming { fact, keys, message: Some(of.id), person: Some(of.person) }]);
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

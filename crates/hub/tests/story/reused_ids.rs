//! A message centre that gives an id again: its receipts move the newest message that has the id, and none that ended
//! long ago. Over the real hub, on both stores.

use crate::harness::{On, World};
use channels::contract::{
    Accepted, BoxFuture, Incoming, Outbound, Provider, ReceiveError, Received, Request, SendError, Spec,
};
use model::message::{Message, Status};
use model::time::{DAY_MS, HOUR_MS};
use model::{Actor, Channel, Fact, FactId, PersonId, inbox};
use serde_json::json;
use std::sync::Arc;
use testkit::story::{DAY_0, Story};

/// The id of every text: this centre has no other.
const ID: &str = "7";

/// A message centre whose reports know a text by its own id alone.
struct Centre;

impl Provider for Centre {
    fn spec(&self) -> Spec {
        Spec {
            name: "centre",
            channels: &[Channel::Sms],
            secrets: &[],
            fields: &[],
            make_believe: true,
            idempotent: false,
        }
    }
    fn send<'a>(&'a self, _: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(std::future::ready(Ok(Accepted { provider_id: Some(ID.into()), delivered: false })))
    }
    fn receive(&self, _: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::Malformed("it has a line of its own".into()))
    }
    fn reports_by_id(&self) -> bool {
        true
    }
}

/// David and Katie, whose texts go by the centre.
fn world(on: On) -> (World, PersonId, PersonId) {
    let mut world = World::new(on, DAY_0.plus_ms(60_000));
    world.before = vec![Arc::new(Centre)];
    world.start();
    let people = [Story::david(), Story::katie()].map(|story| {
        world.hears(&story.patient());
        world.person(&story.person.mrn)
    });
    (world, people[0], people[1])
}

/// A receipt of the centre; `n` is its own.
fn receipt(world: &mut World, n: u8) {
    let body = json!({"provider": "centre", "provider_id": ID, "channel": "sms"});
    let id = FactId::of(&[b"receipt", &[n]]);
    let fact = Fact::live(id, "centre", "receipts".to_owned(), "message.delivered", world.now(), body);
    let keys = vec![inbox::key("provider:centre", ID)];
    world.brings(vec![Incoming { fact: fact.by(Actor::System), keys, message: None, person: None }]);
}

/// Somebody writes what is answered by text.
fn writes(world: &mut World, story: &Story, words: &str) {
    let phone = story.person.phone.clone().unwrap();
    world.texts(&phone, words);
}

fn texts(world: &World, person: PersonId) -> Vec<(Status, Message)> {
    let all = world.messages(person).into_iter().filter(|m| m.channel == Channel::Sms);
    let mut all: Vec<_> = all.map(|m| (m.status, m)).collect();
    all.sort_by_key(|(_, m)| m.created_at);
    all
}

fn stand(world: &World, person: PersonId) -> Vec<Status> {
    texts(world, person).into_iter().map(|(status, _)| status).collect()
}

fn the_newest_has_the_receipt(on: On) {
    let (mut world, david, katie) = world(on);
    writes(&mut world, &Story::david(), "STOP");
    assert_eq!(stand(&world, david), [Status::Accepted]);
    let later = world.now().plus_ms(HOUR_MS);
    world.until(later);
    // The id is another person's now.
    writes(&mut world, &Story::katie(), "STOP");
    receipt(&mut world, 1);
    assert_eq!(stand(&world, katie), [Status::Delivered], "the newest");
    assert_eq!(stand(&world, david), [Status::Accepted]);
    // And then David's again, whose older text has the same.
    let later = world.now().plus_ms(HOUR_MS);
    world.until(later);
    writes(&mut world, &Story::david(), "START");
    writes(&mut world, &Story::david(), "STOP");
    receipt(&mut world, 2);
    assert_eq!(stand(&world, david), [Status::Accepted, Status::Delivered]);
}

#[test]
fn the_newest_has_the_receipt_on_sqlite() {
    the_newest_has_the_receipt(On::Sqlite);
}

#[test]
fn the_newest_has_the_receipt_on_postgres() {
    the_newest_has_the_receipt(On::Postgres);
}

fn what_ended_long_ago_is_not_moved(on: On) {
    let (mut world, david, katie) = world(on);
    writes(&mut world, &Story::david(), "STOP");
    let old = texts(&world, david)[0].1.clone();
    world.until(old.valid_until.plus_ms(DAY_MS));
    // This one is of the text to Katie, and comes before the centre said that it has it.
    receipt(&mut world, 1);
    assert_eq!(stand(&world, david), [Status::Accepted], "it ended long ago");
    writes(&mut world, &Story::katie(), "STOP");
    assert_eq!(stand(&world, katie), [Status::Delivered], "the receipt waited for it");
    assert_eq!(stand(&world, david), [Status::Accepted]);
}

#[test]
fn what_ended_long_ago_is_not_moved_on_sqlite() {
    what_ended_long_ago_is_not_moved(On::Sqlite);
}

#[test]
fn what_ended_long_ago_is_not_moved_on_postgres() {
    what_ended_long_ago_is_not_moved(On::Postgres);
}

#[test]
fn a_receipt_within_hours_of_the_end_still_counts() {
    let (mut world, david, _) = world(On::Sqlite);
    writes(&mut world, &Story::david(), "STOP");
    let until = texts(&world, david)[0].1.valid_until;
    world.until(until.plus_ms(HOUR_MS));
    receipt(&mut world, 1);
    assert_eq!(stand(&world, david), [Status::Delivered]);
}

fn a_receipt_of_no_message_is_dismissed_after_days(on: On) {
    let (mut world, david, _) = world(on);
    let listed = |world: &mut World| {
        let rows = world.hub().store().set_aside(false, 10).unwrap();
        assert!(rows.iter().all(|row| row.why == hub::receipts::UNKNOWN), "{rows:?}");
        rows.len()
    };
    // One of an id that nobody has for hours, and one of a text that ended long ago.
    let first = world.now();
    receipt(&mut world, 1);
    world.until(first.plus_ms(2 * HOUR_MS));
    writes(&mut world, &Story::david(), "STOP");
    let old = texts(&world, david)[0].1.clone();
    let second = old.valid_until.plus_ms(DAY_MS);
    world.until(second);
    receipt(&mut world, 2);
    assert!(second < first.plus_ms(2 * DAY_MS));
    for (from, days, left) in [(first, 2, 2), (first, 3, 1), (second, 3, 0)] {
        world.until(from.plus_ms(days * DAY_MS + HOUR_MS));
        assert_eq!(listed(&mut world), left, "{days} days after {from}");
    }
    let counters = world.hub().store().counters().unwrap();
    assert!(counters.contains(&("inbox.dismissed".to_owned(), 2)), "{counters:?}");
    assert_eq!(stand(&world, david), [Status::Accepted]);
}

#[test]
fn a_receipt_of_no_message_is_dismissed_after_days_on_sqlite() {
    a_receipt_of_no_message_is_dismissed_after_days(On::Sqlite);
}

#[test]
fn a_receipt_of_no_message_is_dismissed_after_days_on_postgres() {
    a_receipt_of_no_message_is_dismissed_after_days(On::Postgres);
}

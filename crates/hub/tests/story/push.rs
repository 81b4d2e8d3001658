//! Notifications: who turned them on gets them on each device, what nobody takes goes on to the next way, and what was
//! turned off is gone at once.

use crate::harness::{On, World, read_settings, same};
use model::message::{Content, Status};
use model::time::MINUTE_MS;
use model::{Actor, Channel, Fact, PersonId};
use serde_json::json;
use std::sync::Arc;
use testkit::story::Story;

const PATHWAY: &str = r#"
pathway: reminded
language: 1
title: A message on the device
owner: orthopaedic-surgery
fallback_team: surgical_nurses
speaks: [en, es]
enrol: { on: encounter.discharged, once_per: encounter }
leave: [{ after: 14 days }]
tracks:
  main:
    - wait: day 1 at 20:30
    - reach: look
      purpose: reminder
      by: [push, sms 1 hour]
      valid: 20 hours
words:
  look:
    en: { push: "Please open your page.", sms: "Please open your page." }
    es: { push: "Abra su página, por favor.", sms: "Abra su página, por favor." }
"#;

/// Somebody who prefers nothing.
const ANN: &str = "+12125550188";

fn world(on: On) -> (World, PersonId) {
    let story = Story::of("1099", "Ann", "Lee", "female", "1990-01-02", ANN);
    let mut settings = read_settings();
    settings.pathways.retain(|p| p.standing);
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let read = pathway::read("test.yaml", PATHWAY, &pathway::CodeSets::default(), &teams);
    let (read, _) = read.unwrap_or_else(|findings| panic!("{findings:#?}"));
    settings.pathways.push(Arc::new(read));
    let mut world = World::with(on, story.discharged_at.plus_ms(MINUTE_MS), Arc::new(settings));
    world.day_0 = story.discharged_at;
    world.hears(&story.discharge());
    let ann = world.person(&story.person.mrn);
    (world, ann)
}

fn device(name: &str) -> serde_json::Value {
    json!({"endpoint": format!("https://push.example/{name}"), "p256dh": "B".repeat(87), "auth": "a".repeat(22), "device": "Android"})
}

fn says(world: &mut World, ann: PersonId, kind: &str, key: &str, body: serde_json::Value) {
    let fact = Fact::own(kind, key, ann, world.now(), body).by(Actor::Patient);
    world.says(ann, fact).unwrap();
}

fn each_device(on: On) {
    let (mut world, ann) = world(on);
    says(&mut world, ann, "push.subscribed", "1", device("phone"));
    says(&mut world, ann, "push.subscribed", "2", device("tablet"));
    world.sends = false;
    world.start();
    world.goes_on(1, "20:31");
    let pushes =
        |world: &World| -> Vec<_> { world.messages(ann).into_iter().filter(|m| m.channel == Channel::Push).collect() };
    let sent = pushes(&world).pop().expect("a notification");
    let Content::Push { title, text, url, devices } = &sent.content else { panic!("a notification") };
    assert_eq!((title.as_str(), text.as_str()), ("A message for you", "Please open your page."));
    assert!(url.contains("/t/") && devices.len() == 2);
    assert_eq!(sent.to, model::push::to(devices), "its address is the ids of the devices");
    assert!(!sent.to.contains("push.example"));
    // One of them is turned off while it waits: it is not sent there.
    says(&mut world, ann, "push.gone", "3", json!({"id": devices[0].id(), "by": "patient"}));
    let sent = world.messages(ann).into_iter().find(|m| m.id == sent.id).unwrap();
    assert_eq!(sent.status, Status::Withdrawn);
    same(&world.list_of(ann, &["look"]), &["day 1 20:30 push look: withdrawn", "day 1 20:31 sms look: queued"]);
}

#[test]
fn each_device_is_told_and_one_that_was_turned_off_is_not_on_sqlite() {
    each_device(On::Sqlite);
}

#[test]
fn each_device_is_told_and_one_that_was_turned_off_is_not_on_postgres() {
    each_device(On::Postgres);
}

#[test]
fn who_has_none_or_where_nobody_carries_it_it_goes_on_to_a_text_outside_of_quiet_hours() {
    let (mut world, ann) = world(On::Sqlite);
    world.goes_on(2, "12:00");
    same(&world.list_of(ann, &["look"]), &["day 1 20:30 sms look: delivered"]);
    assert_eq!(world.words(ANN, world.at(1, "00:00")), ["Please open your page."]);
    assert!(world.why(ann, "look").iter().any(|w| w.starts_with("contact") && w.contains("channel=push")));

    let (mut world, ann) = self::world(On::Sqlite);
    says(&mut world, ann, "push.subscribed", "1", device("phone"));
    world.goes_on(2, "12:00");
    // No provider of this hub carries it: a definite failure, and the ladder goes on at once.
    same(&world.list_of(ann, &["look"]), &["day 1 20:30 push look: failed", "day 1 20:30 sms look: delivered"]);
    // An hour later it would have been quiet.
    let quiet = outreach::Rules::shipped().quiet_hours();
    assert_eq!(quiet, (21 * 60, 8 * 60));
}

//! The story of David and Katie, over the real hub, on both stores.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

extern crate throughline_hub as hub;

mod harness;

use channels::handset::Policy;
use harness::{On, World};
use serde_json::json;
use testkit::story::{DAY_0, Story};

const DAVID: &str = "+12125550119";

/// Days 0 to 14 as told, with the nurse's and David's parts played.
fn play(world: &mut World) -> Vec<String> {
    let david = Story::david();
    world.until(DAY_0.plus_ms(60_000));
    world.hears(&david.discharge());
    world.hears(&Story::katie().discharge());
    let person = world.person("1001");
    // Day 1: the nurse calls and reaches him; the pharmacy has the medicine in the afternoon.
    world.until(world.local("2026-11-24 09:30"));
    world.completes(person, "check", "done", json!({"pain": 3, "bleeding": false, "wound": "clean", "fever": false}));
    world.until(world.local("2026-11-24 12:10"));
    world.texts(DAVID, "DONE");
    world.until(world.local("2026-11-24 15:00"));
    world.handset.set_policy(DAVID, Policy::Answer("1".into()));
    world.hears(&david.dispense_ready(world.now()));
    world.until(world.local("2026-11-25 12:00"));
    world.handset.set_policy(DAVID, Policy::NoAnswer);
    // Day 3: a nurse calls him about it; he picks it up in the evening.
    world.until(world.local("2026-11-26 10:30"));
    world.completes(person, "call_about_medicine", "done", json!({"barrier": "transport", "offered": "delivery"}));
    world.until(world.local("2026-11-26 17:00"));
    world.hears(&david.dispense_picked_up(world.now()));
    world.until(world.local("2026-12-09 12:00"));
    world.list(person)
}

#[test]
fn the_story_on_sqlite() {
    let mut world = World::new(On::Sqlite, DAY_0.plus_ms(-1000));
    let list = play(&mut world);
    assert!(list.len() > 40, "{}", list.join("\n"));
}

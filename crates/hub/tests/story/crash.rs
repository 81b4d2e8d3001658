//! What a kill at the worst moment leaves, and what a new process makes of it.

use crate::DAVID;
use crate::harness::{On, World, same};
use hub::lane::Worker;
use model::Origin;
use testkit::story::{DAY_0, Story};

/// Takes what is due from the outbox as a dispatcher does, and dies before a provider has it.
fn dies_between_claim_and_send(world: &mut World) -> usize {
    let setup = std::sync::Arc::new(crate::harness::setup());
    let now = world.now();
    let store = world.hub().store().clone();
    let mut claimed = 0;
    for lane in 0..store.lanes() {
        let mut worker = Worker::new(&store, lane, std::sync::Arc::clone(&setup)).unwrap();
        claimed += worker.step(now, 100).unwrap().send.len();
    }
    claimed
}

fn between_claim_and_send(on: On) {
    let story = Story::david();
    let mut world = World::new(on, DAY_0.plus_ms(60_000));
    world.hears(&story.discharge());
    let david = world.person("1001");
    world.goes_on(1, "09:59");
    let since = world.now();
    world.sends = false;
    world.start();
    world.goes_on(1, "10:00");
    same(&world.list_of(david, &["appointment_booked"]), &["day 1 10:00 sms appointment_booked: queued"]);
    assert_eq!(dies_between_claim_and_send(&mut world), 1);
    same(&world.list_of(david, &["appointment_booked"]), &["day 1 10:00 sms appointment_booked: dispatching"]);
    world.sends = true;
    world.start();
    world.goes_on(1, "10:30");
    // The provider knows it by its key: it is handed over once more, and carried once whatever it had.
    same(&world.list_of(david, &["appointment_booked"]), &["day 1 10:00 sms appointment_booked: delivered"]);
    // Another start, and the days that follow, send it no second time.
    world.start();
    world.goes_on(2, "13:00");
    same(&world.list_of(david, &["appointment_booked"]), &["day 1 10:00 sms appointment_booked: delivered"]);
    assert_eq!(world.words(DAVID, since).iter().filter(|w| w.contains("your visit")).count(), 1);
}

#[test]
fn a_kill_between_claim_and_send_is_settled_by_the_key_and_nothing_is_sent_twice_on_sqlite() {
    between_claim_and_send(On::Sqlite);
}

#[test]
fn a_kill_between_claim_and_send_is_settled_by_the_key_and_nothing_is_sent_twice_on_postgresql() {
    between_claim_and_send(On::Postgres);
}

#[test]
fn a_kill_before_a_medicine_call_is_settled_by_the_key_and_the_ladder_goes_on() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "15:00");
    world.sends = false;
    world.start();
    world.hears(&story.dispense_ready(world.now()));
    assert_eq!(dies_between_claim_and_send(&mut world), 1);
    world.sends = true;
    world.start();
    world.goes_on(1, "18:00");
    same(
        &world.list_of(david, &["medicine_ready"]),
        &["day 1 15:00 sms medicine_ready: delivered", "day 1 15:00 voice medicine_ready: failed"],
    );
}

fn accepted_and_not_decided(on: On) {
    let story = Story::david();
    let mut world = World::new(on, DAY_0.plus_ms(60_000));
    let items = world.read(&story.discharge(), Origin::Live);
    world.hub().accept(items).unwrap();
    world.start();
    world.goes_on(1, "08:30");
    let david = world.person("1001");
    same(&world.list(david), &["day 1 08:00 email todays_list: delivered"]);
    assert_eq!(world.journeys(david), ["post-surgical-follow-up active"]);
}

#[test]
fn what_was_accepted_and_not_decided_is_decided_after_the_start() {
    accepted_and_not_decided(On::Sqlite);
    accepted_and_not_decided(On::Postgres);
}

#[test]
fn timers_that_came_due_while_no_process_ran_fire_once() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    // The machine was off from the evening to the next afternoon.
    world.goes_on(0, "20:00");
    let wakes = world.at(1, "14:00");
    world.sleeps_until(wakes);
    world.start();
    world.goes_on(2, "08:30");
    same(
        &world.list(david),
        &[
            "day 1 14:00 email todays_list: delivered",
            "day 1 14:00 sms appointment_booked: delivered",
            "day 1 14:00 prompt check to surgical_nurses: open",
            "day 2 08:00 email todays_list: delivered",
        ],
    );
}

#[test]
fn a_call_that_waited_while_the_hub_was_down_does_not_ring_at_night() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "20:57");
    world.sends = false;
    world.start();
    world.hears(&story.dispense_ready(world.now()));
    same(&world.list_of(david, &["medicine_ready"]), &["day 1 20:57 voice medicine_ready: queued"]);
    world.goes_on(1, "20:59");
    // The hub is down for an hour, and up again in his quiet hours.
    world.sleeps(1, "22:00");
    world.sends = true;
    world.start();
    world.goes_on(2, "09:00");
    let list = world.list_of(david, &["medicine_ready"]);
    assert!(list.iter().all(|line| line.contains("withdrawn") || !line.starts_with("day 1")), "{list:?}");
    assert!(list.iter().any(|line| line.starts_with("day 2 08:")), "it is made up for in the morning: {list:?}");
}

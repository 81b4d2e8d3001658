//! The whole story, days 0 to 14, as one list: on both stores, with every input twice, with a new
//! process between any two inputs and any two timers, and across both changes of daylight saving.

use crate::DAVID;
use crate::harness::{On, SOUTHSIDE, World, same};
use channels::handset::Policy;
use model::At;
use serde_json::json;
use testkit::story::{DAY_0, Story};

/// All that David gets and all that is asked about him, in his own time. Day 0 is the day of discharge.
const DAVIDS: &[&str] = &[
    "day 1 08:00 email todays_list: delivered",
    "day 1 09:00 prompt check to surgical_nurses: done",
    "day 1 10:00 sms appointment_booked: delivered",
    "day 1 12:00 sms task_now: delivered",
    "day 1 15:00 voice medicine_ready: delivered",
    "day 2 08:00 email todays_list: delivered",
    "day 2 09:00 sms task_now: delivered",
    "day 2 12:00 sms task_now: delivered",
    "day 2 17:00 voice medicine_waiting: failed",
    "day 2 17:00 voicemail medicine_waiting: delivered",
    "day 3 08:00 email todays_list: delivered",
    "day 3 09:00 sms task_now: delivered",
    "day 3 10:00 prompt call_about_medicine to surgical_nurses: done",
    "day 3 16:00 sms task_now: delivered",
    "day 4 08:00 email todays_list: delivered",
    "day 4 09:00 sms task_now: delivered",
    "day 4 16:00 sms task_now: delivered",
    "day 5 08:00 email todays_list: delivered",
    "day 5 09:00 sms task_now: delivered",
    "day 5 16:00 sms task_now: delivered",
    "day 6 08:00 email todays_list: delivered",
    "day 6 09:00 sms task_now: delivered",
    "day 6 16:00 sms task_now: delivered",
    "day 7 08:00 email todays_list: delivered",
    "day 7 09:00 sms task_now: delivered",
    "day 7 16:00 sms task_now: delivered",
    "day 8 08:00 email todays_list: delivered",
    "day 8 09:00 sms task_now: delivered",
    "day 8 16:00 sms task_now: delivered",
    "day 9 08:00 email todays_list: delivered",
    "day 9 09:00 sms task_now: delivered",
    "day 9 10:00 sms appointment_tomorrow: delivered",
    "day 9 16:00 sms task_now: delivered",
    "day 10 08:00 email todays_list: delivered",
    "day 10 09:00 sms task_now: delivered",
    "day 10 16:00 sms task_now: delivered",
    "day 11 08:00 email todays_list: delivered",
    "day 11 09:00 sms task_now: delivered",
    "day 11 16:00 sms task_now: delivered",
    "day 12 08:00 email todays_list: delivered",
    "day 12 09:00 sms task_now: delivered",
    "day 12 16:00 sms task_now: delivered",
    "day 13 08:00 email todays_list: delivered",
    "day 13 09:00 sms task_now: delivered",
    "day 13 16:00 sms task_now: delivered",
    "day 14 08:00 email todays_list: delivered",
    "day 14 09:00 sms task_now: delivered",
    "day 14 16:00 sms task_now: delivered",
];

/// Days 0 to 16 as told, with the nurse's and David's parts played. Returns David's list and Katie's.
fn play(world: &mut World, day_0: At) -> (Vec<String>, Vec<String>) {
    let (david, katie) = (Story::david().discharged(day_0), Story::katie().discharged(day_0));
    world.day_0 = day_0;
    world.until(day_0.plus_ms(60_000));
    world.hears(&david.discharge());
    world.site = SOUTHSIDE;
    world.hears(&katie.discharge());
    world.site = crate::harness::NORTHSIDE;
    let person = world.person("1001");
    // Day 1: the nurse calls and reaches him; he does his first task; the medicine is ready in the afternoon.
    world.goes_on(1, "09:30");
    world.completes(person, "check", "done", json!({"pain": 3, "bleeding": false, "wound": "clean", "fever": false}));
    world.goes_on(1, "12:10");
    world.texts(DAVID, "DONE");
    world.goes_on(1, "15:00");
    world.handset.set_policy(DAVID, Policy::Answer("1".into()));
    world.hears(&david.dispense_ready(world.now()));
    // Day 2: he does not answer the second call.
    world.goes_on(2, "12:00");
    world.handset.set_policy(DAVID, Policy::NoAnswer);
    // Day 3: a nurse calls him about it; he picks it up in the evening.
    world.goes_on(3, "10:30");
    world.completes(person, "call_about_medicine", "done", json!({"barrier": "transport", "offered": "delivery"}));
    world.goes_on(3, "17:00");
    world.hears(&david.dispense_picked_up(world.now()));
    world.goes_on(16, "12:00");
    let katies = world.person("1002");
    assert_eq!(world.journeys(katies), Vec::<String>::new(), "Katie's journeys");
    let known = world.hub().look(katies).expect("Katie's record").record;
    assert_eq!((known.name.as_str(), known.encounters.len(), known.prescriptions.len()), ("Katie Lindqvist", 1, 2));
    assert_eq!(world.facts(katies, "enrolment.listed").len(), 0);
    assert_eq!(world.journeys(person), ["post-surgical-follow-up ended: after 14 days"]);
    (world.list(person), world.list(katies))
}

fn told(on: On, day_0: At, set: impl FnOnce(&mut World)) {
    let mut world = World::new(on, day_0.plus_ms(-1000));
    set(&mut world);
    let (davids, katies) = play(&mut world, day_0);
    same(&davids, DAVIDS);
    same(&katies, &[""; 0]);
}

/// Monday, 2026-10-26, 14:00 in New York: the clocks go back in the night to day 6.
const AUTUMN: At = At(1_793_037_600_000);
/// Monday, 2027-03-08, 14:00 in New York: the clocks go forward in the night to day 6.
const SPRING: At = At(1_804_532_400_000);

#[test]
fn the_days_of_change_are_what_their_words_say() {
    assert_eq!(AUTUMN.to_string(), "2026-10-26T18:00:00Z");
    assert_eq!(SPRING.to_string(), "2027-03-08T19:00:00Z");
}

#[test]
fn the_story_on_sqlite() {
    told(On::Sqlite, DAY_0, |_| {});
}

#[test]
fn the_story_on_postgresql() {
    told(On::Postgres, DAY_0, |_| {});
}

#[test]
fn the_story_with_every_input_twice_on_sqlite() {
    told(On::Sqlite, DAY_0, |world| world.twice = true);
}

#[test]
fn the_story_with_a_restart_between_any_two_inputs_and_timers_on_sqlite() {
    told(On::Sqlite, DAY_0, |world| world.restart = true);
}

#[test]
fn the_story_with_every_input_twice_and_a_restart_between_them_on_postgresql() {
    told(On::Postgres, DAY_0, |world| (world.twice, world.restart) = (true, true));
}

#[test]
fn the_story_in_the_days_when_the_clocks_go_back() {
    told(On::Sqlite, AUTUMN, |_| {});
}

#[test]
fn the_story_in_the_days_when_the_clocks_go_forward() {
    told(On::Sqlite, SPRING, |_| {});
}

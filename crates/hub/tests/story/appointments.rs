//! The texts about an appointment follow it wherever it moves.

use crate::DAVID;
use crate::harness::{World, same};
use testkit::fhir;
use testkit::story::Story;

const TEXTS: &[&str] = &["appointment_booked", "appointment_tomorrow"];

#[test]
fn an_appointment_that_moves_before_the_first_text_is_told_once_at_its_new_time() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "09:00");
    world.hears(&story.appointment_moved(world.at(7, "15:30")));
    world.goes_on(11, "12:00");
    same(
        &world.list_of(david, TEXTS),
        &["day 1 10:00 sms appointment_booked: delivered", "day 6 10:00 sms appointment_tomorrow: delivered"],
    );
    let told: Vec<_> = world.words(DAVID, story.discharged_at).into_iter().filter(|w| w.contains("visit is")).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("November 30") && told[0].contains("3:30"), "{}", told[0]);
}

#[test]
fn an_appointment_that_moves_after_the_first_text_is_told_anew_and_the_day_before_moves() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(4, "11:00");
    let since = world.now();
    world.hears(&story.appointment_moved(world.at(12, "09:15")));
    world.goes_on(13, "12:00");
    same(
        &world.list_of(david, TEXTS),
        &[
            "day 1 10:00 sms appointment_booked: delivered",
            "day 4 11:00 sms appointment_booked: delivered",
            "day 11 10:00 sms appointment_tomorrow: delivered",
        ],
    );
    let told: Vec<_> = world.words(DAVID, since).into_iter().filter(|w| w.contains("visit is")).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("December 5") && told[0].contains("9:15"), "{}", told[0]);
}

#[test]
fn an_appointment_that_moves_to_tomorrow_is_told_at_once_and_not_twice() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(4, "11:00");
    world.hears(&story.appointment_moved(world.at(5, "09:00")));
    world.goes_on(11, "12:00");
    same(
        &world.list_of(david, TEXTS),
        &["day 1 10:00 sms appointment_booked: delivered", "day 4 11:00 sms appointment_booked: delivered"],
    );
}

#[test]
fn a_cancelled_appointment_is_not_reminded_of() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(0, "20:00");
    world.hears(&story.appointment_cancelled());
    world.goes_on(11, "12:00");
    same(&world.list_of(david, TEXTS), &[""; 0]);

    let (mut world, david) = World::after(&story);
    world.goes_on(5, "10:00");
    world.hears(&story.appointment_cancelled());
    world.goes_on(11, "12:00");
    same(&world.list_of(david, TEXTS), &["day 1 10:00 sms appointment_booked: delivered"]);
}

#[test]
fn a_second_appointment_has_texts_of_its_own() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(3, "10:30");
    let start = world.at(6, "10:00");
    world.hears(&fhir::appointment(&story.person, "a2-1001", "booked", start));
    world.goes_on(11, "12:00");
    same(
        &world.list_of(david, TEXTS),
        &[
            "day 1 10:00 sms appointment_booked: delivered",
            "day 3 10:30 sms appointment_booked: delivered",
            "day 5 10:00 sms appointment_tomorrow: delivered",
            "day 9 10:00 sms appointment_tomorrow: delivered",
        ],
    );
}

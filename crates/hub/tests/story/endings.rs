//! What ends a journey: a discharge that was none, a new stay, a death.

use crate::harness::{World, same};
use crate::{DAVID, DAVID_MAIL};
use channels::handset::Policy;
use model::Fact;
use serde_json::{Value as Json, json};
use testkit::story::Story;

/// Ends the journey on day 2 at 09:30, with a call held, a prompt open and a queued text.
fn ended_by(by: impl FnOnce(&Story, &World) -> Json, why: &str) {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(2, "08:30");
    world.sends = false;
    world.start();
    world.goes_on(2, "09:30");
    let resource = by(&story, &world);
    world.hears(&resource);
    world.sends = true;
    world.start();
    let since = world.now();
    world.goes_on(16, "12:00");
    let told = world.list(david);
    same(
        &told,
        &[
            "day 1 08:00 email todays_list: delivered",
            "day 1 09:00 prompt check to surgical_nurses > charge_nurse: withdrawn",
            "day 1 10:00 sms appointment_booked: delivered",
            "day 1 12:00 sms task_now: delivered",
            "day 2 08:00 email todays_list: delivered",
            "day 2 09:00 sms task_now: withdrawn",
        ],
    );
    assert_eq!(world.journeys(david), [format!("post-surgical-follow-up ended: {why}")]);
    assert_eq!(world.words(DAVID, since), Vec::<String>::new());
    assert_eq!(world.words(DAVID_MAIL, since), Vec::<String>::new());
}

#[test]
fn a_cancelled_discharge_ends_the_journey_and_withdraws_all() {
    ended_by(|story, _| story.discharge_cancelled(), "encounter.discharge_cancelled");
}

#[test]
fn a_readmission_ends_the_journey_and_withdraws_all() {
    ended_by(|story, world| story.readmission(world.now()), "encounter.readmitted");
}

#[test]
fn a_death_ends_the_journey_and_withdraws_all() {
    ended_by(|story, world| story.death(world.now()), "person.died");
}

#[test]
fn after_a_death_nothing_leaves_whatever_happens() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.handset.set_policy(DAVID, Policy::Answer("1".into()));
    world.goes_on(1, "11:00");
    world.hears(&story.death(world.now()));
    let since = world.now();
    for text in ["STOP", "my wound is bleeding", "wrong number", "START", "what time is the visit?", "DONE"] {
        world.texts(DAVID, text);
    }
    world.hears(&story.dispense_ready(world.now()));
    world.hears(&story.appointment_moved(world.at(4, "10:00")));
    // Another discharge is charted: it enrols nobody who has died.
    let mut again = Story::david().discharged(world.now());
    again.person.extensions.clear();
    let mut bundle = again.discharge();
    bundle["entry"][0]["resource"]["deceasedDateTime"] = json!(since);
    bundle["entry"][1]["resource"]["id"] = json!("e3-1001");
    bundle["entry"][1]["request"]["url"] = json!("Encounter/e3-1001");
    bundle["entry"][1]["fullUrl"] = json!("https://hospital.example/fhir/Encounter/e3-1001");
    bundle["entry"][2]["resource"]["encounter"] = json!({"reference": "Encounter/e3-1001"});
    world.hears(&bundle);
    let fact = Fact::own("preference.changed", "x", david, world.now(), json!({"task_reminders": true}));
    world.says(david, fact).unwrap();
    world.goes_on(16, "12:00");
    assert_eq!(world.words(DAVID, since), Vec::<String>::new());
    assert_eq!(world.words(DAVID_MAIL, since), Vec::<String>::new());
    same(
        &world.list(david),
        &[
            "day 1 08:00 email todays_list: delivered",
            "day 1 09:00 prompt check to surgical_nurses: withdrawn",
            "day 1 10:00 sms appointment_booked: delivered",
            "day 1 11:00 prompt answer_question to surgical_nurses > charge_nurse: open",
            "day 1 11:00 prompt answer_question to surgical_nurses > charge_nurse: open",
            "day 1 11:00 prompt verify_contact to front_desk > surgical_nurses: open",
            "day 1 11:00 urgent prompt red_flag to surgical_nurses > charge_nurse > on_call_surgeon > charge_nurse > on_call_surgeon: open",
        ],
    );
}

#[test]
fn a_death_that_was_an_error_is_taken_back_and_a_new_discharge_starts_anew() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "11:00");
    world.hears(&story.death(world.now()));
    world.goes_on(1, "12:00");
    let mut alive = story.patient();
    alive["deceasedBoolean"] = json!(false);
    world.hears(&alive);
    world.goes_on(2, "14:00");
    assert!(world.hub().look(david).unwrap().record.deceased_at.is_none());
    same(&world.list_of(david, &["task_now"]), &[""; 0]);
}

#[test]
fn home_again_after_a_readmission_is_a_journey_of_its_own() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(2, "09:30");
    world.hears(&story.readmission(world.now()));
    world.goes_on(4, "14:00");
    let p = &story.person;
    let home = world.now();
    let mut stay = testkit::fhir::stay(p, &p.id("e2"), world.at(2, "09:30"), Some(home));
    stay["id"] = json!(p.id("e2"));
    world.hears(&stay);
    world.hears(&testkit::fhir::tendon_repair(p, &p.id("p2"), &p.id("e2"), world.at(3, "09:30")));
    world.goes_on(5, "12:30");
    same(
        &world.journeys(david),
        &["post-surgical-follow-up ended: encounter.readmitted", "post-surgical-follow-up active"],
    );
    same(
        &world.list(david)[6..],
        &[
            "day 5 08:00 email todays_list: delivered",
            "day 5 09:00 prompt check to surgical_nurses: open",
            "day 5 10:00 sms appointment_booked: delivered",
            "day 5 12:00 sms task_now: delivered",
        ],
    );
}

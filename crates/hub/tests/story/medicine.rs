//! The medicine: ready, waiting, asked about, picked up.

use crate::harness::{World, same};
use crate::{DAVID, DAVID_MAIL};
use channels::handset::Policy;
use serde_json::json;
use testkit::fhir;
use testkit::story::Story;

const ALL: &[&str] = &[
    "medicine_ready",
    "medicine_waiting",
    "medicine_question",
    "call_about_medicine",
    "ask_about_medicine",
    "medicine_still_waiting",
    "unreachable",
    "nothing_left",
    "refused",
];

#[test]
fn an_automated_call_says_nothing_about_health_before_the_person_is_known() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.handset.set_policy(DAVID, Policy::Manual);
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    let call = world.handset.calls_ringing(DAVID).remove(0).call;
    let now = world.now();
    let greeting = format!("{:?}", world.handset.answer(call, now).unwrap()).to_lowercase();
    for word in ["prescription", "medicine", "pharmacy", "surgery", "pain", "doctor"] {
        assert!(!greeting.contains(word), "{word} in {greeting}");
    }
    assert!(greeting.contains("press 1") && greeting.contains("david") && greeting.contains("northside"), "{greeting}");
    let after = format!("{:?}", world.handset.press(call, '1', now).unwrap());
    assert!(after.contains("prescription is ready"), "{after}");
    world.handset.hang_up(call, now).unwrap();
    world.goes_on(2, "10:00");
    same(&world.list_of(david, ALL), &["day 1 15:00 voice medicine_ready: delivered"]);
}

#[test]
fn a_call_that_nobody_answers_becomes_a_text() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(2, "12:00");
    same(
        &world.list_of(david, ALL),
        &["day 1 15:00 sms medicine_ready: delivered", "day 1 15:00 voice medicine_ready: failed"],
    );
}

#[test]
fn ready_in_the_evening_is_told_in_the_morning() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.handset.set_policy(DAVID, Policy::Answer("1".into()));
    world.goes_on(1, "21:40");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(2, "12:00");
    same(&world.list_of(david, ALL), &["day 2 08:00 voice medicine_ready: delivered"]);
}

#[test]
fn a_voicemail_gives_no_health_detail_away() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(2, "16:59");
    let since = world.now();
    world.goes_on(2, "18:00");
    same(
        &world.list_of(david, &["medicine_waiting"]),
        &["day 2 17:00 voice medicine_waiting: failed", "day 2 17:00 voicemail medicine_waiting: delivered"],
    );
    let heard = world.words(DAVID, since).join(" ").to_lowercase();
    assert!(heard.contains("please call us"), "{heard}");
    for word in ["prescription", "medicine", "pharmacy", "surgery", "recovery", "pain"] {
        assert!(!heard.contains(word), "{word} in {heard}");
    }
}

#[test]
fn without_a_pharmacy_he_is_asked_nothing_is_asserted_and_his_word_ends_it() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(3, "12:00");
    same(&world.list_of(david, ALL), &["day 3 10:00 sms medicine_question: delivered"]);
    let asked = world.words(DAVID, world.at(3, "09:59")).join(" ");
    assert!(asked.contains("do you have your medicine yet?"), "{asked}");
    assert!(!asked.contains("ready") && !asked.contains("waiting"), "nothing is asserted: {asked}");
    world.texts(DAVID, "Picked up, thanks");
    world.goes_on(8, "12:00");
    same(&world.list_of(david, ALL), &["day 3 10:00 sms medicine_question: delivered"]);
}

#[test]
fn without_a_pharmacy_and_without_an_answer_a_nurse_asks() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(4, "12:00");
    same(
        &world.list_of(david, ALL),
        &[
            "day 3 10:00 sms medicine_question: delivered",
            "day 4 10:00 prompt ask_about_medicine to surgical_nurses: open",
        ],
    );
    world.goes_on(5, "12:00");
    world.hears(&Story::david().dispense_picked_up(world.now()));
    world.goes_on(8, "12:00");
    same(
        &world.list_of(david, ALL),
        &[
            "day 3 10:00 sms medicine_question: delivered",
            "day 4 10:00 prompt ask_about_medicine to surgical_nurses: withdrawn",
        ],
    );
}

#[test]
fn picked_up_stops_all_that_is_pending_about_it_at_once() {
    let story = Story::david();
    // A call that waits for the morning.
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "22:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(2, "07:30");
    world.hears(&story.dispense_picked_up(world.now()));
    world.goes_on(6, "12:00");
    same(&world.list_of(david, ALL), &[""; 0]);

    // The nurse's prompt.
    let (mut world, david) = World::after(&story);
    world.handset.set_policy(DAVID, Policy::Answer("1".into()));
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(3, "11:00");
    world.hears(&story.dispense_picked_up(world.now()));
    world.goes_on(8, "12:00");
    same(
        &world.list_of(david, ALL),
        &[
            "day 1 15:00 voice medicine_ready: delivered",
            "day 2 17:00 voice medicine_waiting: delivered",
            "day 3 10:00 prompt call_about_medicine to surgical_nurses: withdrawn",
        ],
    );
}

#[test]
fn picked_up_takes_back_a_message_that_is_in_the_outbox() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "15:00");
    world.sends = false;
    world.start();
    world.hears(&story.dispense_ready(world.now()));
    same(&world.list_of(david, ALL), &["day 1 15:00 voice medicine_ready: queued"]);
    world.hears(&story.dispense_picked_up(world.now().plus_ms(1000)));
    same(&world.list_of(david, ALL), &["day 1 15:00 voice medicine_ready: withdrawn"]);
    world.sends = true;
    world.start();
    world.goes_on(1, "18:00");
    assert_eq!(world.words(DAVID, world.at(1, "15:00")), Vec::<String>::new(), "nothing rang");
}

#[test]
fn a_medicine_taken_as_needed_is_never_chased() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.hears(&story.dispense_picked_up(world.now()));
    world.goes_on(1, "15:00");
    world.hears(&fhir::dispense(&story.person, "d2-1001", "prn-1001", world.now(), None));
    world.goes_on(8, "12:00");
    same(&world.list_of(david, ALL), &[""; 0]);
}

#[test]
fn a_medicine_that_was_stopped_is_not_chased() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "22:00");
    world.hears(&story.dispense_ready(world.now()));
    world.hears(&story.medicine_stopped());
    world.goes_on(8, "12:00");
    same(&world.list_of(david, ALL), &[""; 0]);
}

#[test]
fn one_medicine_picked_up_leaves_the_other_chased() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.handset.set_policy(DAVID, Policy::Answer("1".into()));
    let other = fhir::prescription(&story.person, "rx2-1001", "e-1001", fhir::CEPHALEXIN, story.discharged_at);
    world.hears(&other);
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.hears(&fhir::dispense(&story.person, "d2-1001", "rx2-1001", world.now(), None));
    world.goes_on(1, "18:00");
    world.hears(&story.dispense_picked_up(world.now()));
    world.goes_on(3, "12:00");
    same(
        &world.list_of(david, ALL),
        &[
            "day 1 15:00 voice medicine_ready: delivered",
            "day 1 15:00 voice medicine_ready: delivered",
            "day 2 17:00 voice medicine_waiting: delivered",
            "day 3 10:00 prompt call_about_medicine to surgical_nurses: open",
        ],
    );
}

#[test]
fn a_nurse_hears_that_he_has_it_and_all_about_it_ends() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.handset.set_policy(DAVID, Policy::Answer("1".into()));
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(2, "11:00");
    world.nurse_says(david, "medication.picked_up", json!({"id": story.medicine()}));
    world.goes_on(8, "12:00");
    same(&world.list_of(david, ALL), &["day 1 15:00 voice medicine_ready: delivered"]);
}

#[test]
fn still_at_the_pharmacy_two_days_after_the_nurses_call_is_the_charge_nurses_matter() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.handset.set_policy(DAVID, Policy::Answer("1".into()));
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(3, "10:20");
    world.completes(david, "call_about_medicine", "done", json!({"barrier": "cost", "offered": "a voucher"}));
    world.goes_on(5, "11:00");
    same(
        &world.list_of(david, ALL),
        &[
            "day 1 15:00 voice medicine_ready: delivered",
            "day 2 17:00 voice medicine_waiting: delivered",
            "day 3 10:00 prompt call_about_medicine to surgical_nurses: done",
            "day 5 10:00 prompt medicine_still_waiting to charge_nurse: open",
        ],
    );
}

#[test]
fn a_wrong_person_on_the_line_hears_nothing_and_is_not_called_again() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.handset.set_policy(DAVID, Policy::Answer("2".into()));
    world.goes_on(1, "15:00");
    let since = world.now();
    world.hears(&story.dispense_ready(world.now()));
    let heard = world.words(DAVID, since).join(" ");
    assert!(!heard.contains("prescription"), "{heard}");
    world.goes_on(2, "20:00");
    assert_eq!(world.words(DAVID, since).len(), 1, "nothing more on this number");
    assert!(!world.words(DAVID_MAIL, since).is_empty(), "mail goes on");
    same(
        &world.list_of(david, ALL),
        &[
            "day 1 15:00 email medicine_ready: delivered",
            "day 1 15:00 voice medicine_ready: delivered",
            "day 2 17:00 email medicine_waiting: delivered",
        ],
    );
}

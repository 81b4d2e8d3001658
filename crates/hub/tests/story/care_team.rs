//! What nurses report, and what follows from it.

use crate::harness::{World, same};
use serde_json::json;
use testkit::story::Story;

#[test]
fn after_three_tries_without_an_answer_another_way_is_looked_for() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    world.completes(david, "check", "no_answer", json!({}));
    world.goes_on(1, "12:45");
    world.completes(david, "check", "voicemail", json!({}));
    world.goes_on(1, "15:50");
    world.completes(david, "check", "no_answer", json!({}));
    world.goes_on(2, "12:00");
    same(
        &world.list_of(david, &["check", "please_call", "other_contact"]),
        &[
            "day 1 09:00 prompt check to surgical_nurses: no_answer",
            "day 1 09:30 prompt check attempt 2 to surgical_nurses from day 1 12:30: voicemail",
            "day 1 12:45 prompt check attempt 3 to surgical_nurses from day 1 15:45: no_answer",
            "day 1 15:50 sms please_call: delivered",
            "day 2 10:00 prompt other_contact to front_desk: open",
        ],
    );
}

#[test]
fn a_call_back_is_asked_for_at_the_time_that_was_agreed() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    let at = world.at(1, "16:15");
    world.completes_with(david, "check", json!({"outcome": "call_back", "call_back_at": at, "answers": {}}));
    let again = world.prompt(david, "check");
    assert!(again.due_at > at, "due after the time agreed");
    world.goes_on(1, "16:20");
    world.completes(david, "check", "done", json!({"pain": 1, "bleeding": false, "wound": "clean", "fever": false}));
    world.goes_on(3, "09:00");
    same(
        &world.list_of(david, &["check", "please_call", "other_contact", "surgeon_review"]),
        &[
            "day 1 09:00 prompt check to surgical_nurses: call_back",
            "day 1 09:30 prompt check to surgical_nurses from day 1 16:15: done",
        ],
    );
}

#[test]
fn declined_not_appropriate_and_already_handled_end_the_call() {
    for outcome in ["declined", "not_appropriate", "already_handled"] {
        let (mut world, david) = World::after(&Story::david());
        world.goes_on(1, "09:30");
        world.completes(david, "check", outcome, json!({}));
        world.goes_on(3, "09:00");
        let told = world.list_of(david, &["check", "check_rest", "please_call", "other_contact", "surgeon_review"]);
        same(&told, &[format!("day 1 09:00 prompt check to surgical_nurses: {outcome}")]);
    }
}

#[test]
fn strong_pain_is_a_matter_for_the_surgeon_and_an_empty_answer_is_asked_again() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    world.completes(david, "check", "done", json!({"pain": 9, "bleeding": false, "wound": "clean", "fever": false}));
    world.goes_on(1, "11:00");
    same(
        &world.list_of(david, &["check", "check_rest", "surgeon_review"]),
        &[
            "day 1 09:00 prompt check to surgical_nurses: done",
            "day 1 09:30 urgent prompt surgeon_review to on_call_surgeon > charge_nurse: open",
        ],
    );

    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    world.completes(david, "check", "done", json!({"pain": 2, "wound": "clean", "fever": false}));
    world.goes_on(1, "10:00");
    world.completes(david, "check_rest", "done", json!({"bleeding": true}));
    world.goes_on(1, "10:01");
    same(
        &world.list_of(david, &["check", "check_rest", "surgeon_review"]),
        &[
            "day 1 09:00 prompt check to surgical_nurses: done",
            "day 1 09:30 prompt check_rest to surgical_nurses: done",
            "day 1 10:00 urgent prompt surgeon_review to on_call_surgeon: open",
        ],
    );
}

#[test]
fn what_nobody_does_in_time_goes_to_the_charge_nurse() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "18:00");
    assert_eq!(world.prompt(david, "check").team, "surgical_nurses", "eight team hours after 09:00 is 17:00");
    world.goes_on(2, "09:30");
    same(&world.list_of(david, &["check"]), &["day 1 09:00 prompt check to surgical_nurses > charge_nurse: open"]);
}

#[test]
fn a_correction_leaves_a_red_flag_to_a_person() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    world.completes(david, "check", "done", json!({"pain": 9, "bleeding": false, "wound": "clean", "fever": false}));
    world.goes_on(1, "09:35");
    assert!(world.prompt(david, "surgeon_review").urgent);
    world.corrects(david, "check", "done", json!({"pain": 0, "bleeding": false, "wound": "clean", "fever": false}));
    world.goes_on(3, "09:00");
    same(
        &world.list_of(david, &["check", "surgeon_review", "check_rest"]),
        &[
            "day 1 09:00 prompt check to surgical_nurses: done",
            "day 1 09:30 urgent prompt surgeon_review to on_call_surgeon > charge_nurse: open",
        ],
    );
    let undone = world.facts(david, "outcome.undone");
    assert_eq!(undone.len(), 1);
    let left = undone[0].body["left"].as_array().unwrap();
    assert_eq!((undone[0].body["withdrawn"].as_array().unwrap().len(), left.len()), (0, 1), "{}", undone[0].body);
    assert_eq!(left[0]["title"], "Review David Reyes today");
    let prompt = world.prompt(david, "surgeon_review");
    assert!(prompt.reason.contains("was corrected since"), "{}", prompt.reason);
    world.completes(david, "surgeon_review", "done", json!({}));
    assert!(world.open(david, "surgeon_review").is_empty(), "closed by staff");
}

#[test]
fn a_correction_lists_what_has_left_and_the_journey_goes_on_by_the_new_word() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    world.completes(david, "check", "no_answer", json!({}));
    world.goes_on(1, "12:45");
    world.completes(david, "check", "no_answer", json!({}));
    world.goes_on(1, "16:00");
    world.completes(david, "check", "no_answer", json!({}));
    // The text has gone out; the prompt of the next day has not.
    world.goes_on(1, "16:30");
    let third = world.facts(david, "prompt.completed")[0].clone();
    let answers = json!({"pain": 9, "bleeding": false, "wound": "clean", "fever": false});
    world.nurse_says(
        david,
        "prompt.corrected",
        json!({"prompt": third.text("prompt"), "name": "check", "outcome": "done",
        "answers": answers, "of": third.id}),
    );
    world.goes_on(3, "09:00");
    same(
        &world.list_of(david, &["check", "please_call", "other_contact", "surgeon_review"]),
        &[
            "day 1 09:00 prompt check to surgical_nurses: no_answer",
            "day 1 09:30 prompt check attempt 2 to surgical_nurses from day 1 12:30: no_answer",
            "day 1 12:45 prompt check attempt 3 to surgical_nurses from day 1 15:45: done",
            "day 1 16:00 sms please_call: delivered",
            "day 1 16:30 urgent prompt surgeon_review to on_call_surgeon > charge_nurse: open",
        ],
    );
    let undone = world.facts(david, "outcome.undone");
    assert_eq!(undone.len(), 1);
    let left = undone[0].body["left"].as_array().unwrap();
    assert_eq!(left.len(), 1, "{}", undone[0].body);
    assert_eq!((left[0]["words"].as_str(), left[0]["channel"].as_str()), (Some("please_call"), Some("sms")));
}

#[test]
fn an_outcome_is_taken_once_and_only_with_answers_that_fit_the_form() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    let prompt = world.prompt(david, "check");
    let mut report = |key: &str, answers| {
        let body = json!({"prompt": prompt.id, "name": "check", "outcome": "done", "answers": answers});
        let fact = model::Fact::own("prompt.completed", key, david, world.now(), body);
        world.says(david, fact).map_err(|e| e.to_string())
    };
    let wrong = report("a", json!({"pain": 11}));
    assert!(wrong.as_ref().is_err_and(|e| e.contains("0 to 10")), "{wrong:?}");
    let unknown = report("b", json!({"colour": "red"}));
    assert!(unknown.as_ref().is_err_and(|e| e.contains("colour")), "{unknown:?}");
    assert_eq!(report("c", json!({"pain": 1})), Ok(()));
    let second = report("d", json!({"pain": 1}));
    assert!(second.as_ref().is_err_and(|e| e.contains("correct that one")), "{second:?}");
}

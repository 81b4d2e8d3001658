//! What the team does with a prompt: claims that lapse, and the moment to undo.

use crate::harness::{World, same};
use model::person::PointStatus;
use model::prompt::PromptStatus;
use model::time::MINUTE_MS;
use model::{Actor, At, Fact};
use serde_json::{Value as Json, json};
use testkit::story::Story;

const HOLD_MS: i64 = 10_000;

fn well() -> Json {
    json!({"pain": 1, "bleeding": false, "wound": "clean", "fever": false})
}

#[test]
fn an_outcome_has_no_effect_until_its_moment_is_over_and_then_the_whole_of_it() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    let said = json!({"outcome": "no_answer", "answers": {}, "hold_ms": HOLD_MS});
    world.completes_with(david, "check", said);
    let prompt = world.prompt(david, "check");
    assert!(prompt.desk.held.is_some() && prompt.attempt == 1);
    assert!(world.facts(david, "prompt.completed").is_empty(), "nothing has heard of it");
    assert_eq!(world.facts(david, "prompt.held").len(), 1);
    world.until(prompt.desk.held.expect("held").until.plus_ms(1));
    let done = world.facts(david, "prompt.completed");
    assert_eq!((done.len(), done[0].text("outcome"), done[0].body.get("hold_ms")), (1, Some("no_answer"), None));
    assert_eq!(world.prompt(david, "check").attempt, 2, "the journey has gone on");
}

#[test]
fn what_is_undone_never_was_and_the_prompt_is_open_again() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    let before = world.list(david);
    world.completes_with(david, "check", json!({"outcome": "done", "answers": well(), "hold_ms": HOLD_MS}));
    let id = world.prompt(david, "check").id;
    world.nurse_says(david, "prompt.undone", json!({"prompt": id}));
    assert!(world.prompt(david, "check").desk.held.is_none());
    world.until(world.now().plus_ms(MINUTE_MS));
    same(&world.list(david), &before.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(world.facts(david, "prompt.completed").is_empty());
    let late = Fact::own("prompt.undone", "late", david, world.now(), json!({"prompt": id}));
    let late = world.says(david, late.by(Actor::Staff("nurse".into())));
    assert!(late.is_err_and(|e| e.to_string().contains("too late")));
}

#[test]
fn a_held_outcome_survives_a_restart() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    world.completes_with(david, "check", json!({"outcome": "no_answer", "answers": {}, "hold_ms": HOLD_MS}));
    world.start();
    world.until(world.now().plus_ms(HOLD_MS + 1));
    assert_eq!(world.facts(david, "prompt.completed").len(), 1);
    assert_eq!(world.prompt(david, "check").attempt, 2);
}

#[test]
fn a_red_flag_is_never_held_and_neither_is_what_is_urgent_or_a_wrong_number() {
    for (outcome, answers) in [
        ("done", json!({"pain": 9, "bleeding": false, "wound": "clean", "fever": false})),
        ("done", json!({"bleeding": true})),
        ("already_handled", json!({"wound": "red"})),
    ] {
        let (mut world, david) = World::after(&Story::david());
        world.goes_on(1, "09:30");
        world.completes_with(david, "check", json!({"outcome": outcome, "answers": answers, "hold_ms": HOLD_MS}));
        let surgeon = world.prompt(david, "surgeon_review");
        assert!(surgeon.urgent && surgeon.opened_at == world.now(), "at once: {answers}");
        let id = surgeon.id;
        world.completes_prompt(david, id, json!({"outcome": "done", "answers": {}, "hold_ms": HOLD_MS}));
        assert!(world.open(david, "surgeon_review").is_empty(), "an outcome of what is urgent is taken at once");
    }
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    world.completes_with(david, "check", json!({"outcome": "wrong_number", "answers": {}, "hold_ms": HOLD_MS}));
    assert_eq!(world.facts(david, "contact.disabled").len(), 1, "nothing more goes to a stranger");
}

#[test]
fn what_becomes_moot_while_its_outcome_is_held_keeps_the_outcome() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    world.completes_with(david, "check", json!({"outcome": "done", "answers": well(), "hold_ms": HOLD_MS}));
    let death = Story::david().death(world.now());
    world.hears(&death);
    let done = world.facts(david, "prompt.completed");
    assert_eq!(done.len(), 1, "what the nurse did is told");
    same(&world.list_of(david, &["check"]), &["day 1 09:00 prompt check to surgical_nurses: done"]);
}

#[test]
fn a_claim_lapses_by_itself_and_what_was_left_escalates() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    let id = world.prompt(david, "check").id;
    world.nurse_says(david, "prompt.acknowledged", json!({"prompt": id}));
    assert_eq!(world.prompt(david, "check").status, PromptStatus::Acknowledged);
    world.goes_on(1, "10:05");
    let prompt = world.prompt(david, "check");
    assert_eq!((prompt.status, prompt.assignee), (PromptStatus::Open, None));
    let told = world.facts(david, "prompt.released");
    assert_eq!((told.len(), told[0].text("because")), (1, Some("lapsed")));
    world.goes_on(2, "09:30");
    same(&world.list_of(david, &["check"]), &["day 1 09:00 prompt check to surgical_nurses > charge_nurse: open"]);
}

fn outcome_by(world: &mut World, person: model::PersonId, who: &str, kind: &str, body: Json) -> Result<(), String> {
    let fact = Fact::own(kind, &format!("{who}{body}{}", world.now()), person, world.now(), body);
    world.says(person, fact.by(Actor::Staff(who.into()))).map(|_| ()).map_err(|e| e.to_string())
}

#[test]
fn a_red_flag_is_neither_put_off_nor_closed_without_a_word_by_the_turn_itself() {
    for body in [
        json!({"outcome": "call_back", "call_back_at": Story::david().day(300), "answers": {}, "note": "later"}),
        json!({"outcome": "already_handled", "answers": {}, "note": ""}),
    ] {
        let (mut world, david) = World::after(&Story::david());
        world.goes_on(1, "09:30");
        world.completes_with(david, "check", json!({"outcome": "done", "answers": {"bleeding": true}}));
        let mut body = body;
        body["prompt"] = json!(world.prompt(david, "surgeon_review").id);
        let taken = outcome_by(&mut world, david, "omar", "prompt.completed", body.clone());
        assert!(taken.is_err(), "{body}");
        assert_eq!(world.open(david, "surgeon_review").len(), 1);
    }
}

#[test]
fn a_correction_puts_off_no_further_than_an_outcome_may() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    let id = world.prompt(david, "check").id;
    world.completes_with(david, "check", json!({"outcome": "done", "answers": well()}));
    let far = json!({"prompt": id, "outcome": "call_back", "call_back_at": Story::david().day(300), "answers": {}});
    assert!(outcome_by(&mut world, david, "omar", "prompt.corrected", far).is_err());
}

#[test]
fn a_click_on_a_list_of_before_a_claim_is_refused_by_the_turn_itself() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    let id = world.prompt(david, "check").id;
    world.nurse_says(david, "prompt.acknowledged", json!({"prompt": id}));
    let click = json!({"prompt": id, "outcome": "no_answer", "answers": {}, "note": ""});
    let taken = outcome_by(&mut world, david, "omar", "prompt.completed", click);
    assert!(taken.is_err_and(|e| e.contains("nurse has this prompt")));
}

#[test]
fn a_red_flag_ends_the_hold_of_anothers_outcome() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    let id = world.prompt(david, "check").id;
    world.completes_with(david, "check", json!({"outcome": "no_answer", "answers": {}, "hold_ms": HOLD_MS}));
    let quiet = json!({"prompt": id, "outcome": "done", "answers": well(), "hold_ms": HOLD_MS});
    assert!(outcome_by(&mut world, david, "omar", "prompt.completed", quiet).is_err(), "nothing urgent: one outcome");
    let flag = json!({"prompt": id, "outcome": "done", "answers": {"bleeding": true}, "hold_ms": HOLD_MS});
    outcome_by(&mut world, david, "omar", "prompt.completed", flag).expect("a red flag is taken");
    assert_eq!(world.open(david, "surgeon_review").len(), 1);
    world.until(world.now().plus_ms(MINUTE_MS));
    let done = world.facts(david, "prompt.completed");
    assert_eq!((done.len(), done[0].text("outcome")), (1, Some("done")), "what was held takes no effect");
}

/// The outcome of a stand-in is corrected; what is open of it then, with when it may be worked.
fn tries(world: &World, david: model::PersonId) -> Vec<(u32, Option<At>)> {
    world.open(david, "language").into_iter().map(|p| (p.attempt, p.not_before)).collect()
}

#[test]
fn a_correction_takes_back_every_later_try_and_a_call_back_gets_its_own_time() {
    let (mut world, david) = World::after(&Story::david().speaking("vi"));
    world.goes_on(1, "09:00");
    let first = world.prompt(david, "language").id;
    world.completes_with(david, "language", json!({"outcome": "no_answer", "answers": {}}));
    let asked = world.facts(david, "prompt.completed")[0].id;
    assert_eq!(tries(&world, david)[0].0, 2, "asked again");
    let correct = |world: &mut World, body: Json| {
        let mut body = body;
        (body["prompt"], body["name"], body["of"]) = (json!(first), json!("language"), json!(asked));
        outcome_by(world, david, "nurse", "prompt.corrected", body).expect("a correction");
    };
    let at = world.at(1, "15:00");
    correct(&mut world, json!({"outcome": "call_back", "call_back_at": at, "answers": {}}));
    assert_eq!(tries(&world, david), [(1, Some(at))], "one try, at the time that was asked for");
    world.goes_on(1, "15:30");
    world.completes_with(david, "language", json!({"outcome": "no_answer", "answers": {}}));
    assert_eq!(tries(&world, david).len(), 1, "a try of the try");
    correct(&mut world, json!({"outcome": "done", "answers": {}}));
    assert!(tries(&world, david).is_empty(), "she was reached at the first: nobody is asked any more");
}

#[test]
fn a_slip_of_a_wrong_number_opens_it_again_unless_somebody_else_closed_it_too() {
    for also in [false, true] {
        let (mut world, david) = World::after(&Story::david());
        world.goes_on(1, "09:30");
        world.completes(david, "check", "wrong_number", json!({}));
        world.goes_on(1, "09:40");
        if also {
            world.texts(crate::DAVID, "You have the wrong number");
        }
        world.goes_on(1, "09:50");
        world.corrects(david, "check", "done", well());
        let known = world.hub().look(david).unwrap().record.contacts;
        let status = known.iter().find(|c| c.value == crate::DAVID).unwrap().status;
        let expected = if also { PointStatus::Wrong } else { PointStatus::Active };
        assert_eq!(status, expected, "closed by another too: {also}");
    }
}

#[test]
fn only_an_outcome_that_staff_said_is_held_and_what_is_urgent_can_be_given_away() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    let id = world.prompt(david, "check").id;
    let body = json!({"prompt": id, "outcome": "no_answer", "answers": {}, "note": "-", "hold_ms": HOLD_MS});
    let machine = Fact::own("prompt.completed", "m", david, world.now(), body).by(Actor::System);
    world.says(david, machine).expect("taken");
    assert!(world.facts(david, "prompt.held").is_empty());
    assert_eq!(world.facts(david, "prompt.completed").len(), 1, "at once");

    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    world.completes_with(david, "check", json!({"outcome": "done", "answers": {"bleeding": true}}));
    let id = world.prompt(david, "surgeon_review").id;
    world.nurse_says(david, "prompt.acknowledged", json!({"prompt": id}));
    let given = json!({"prompt": id, "team": "charge_nurse", "note": "she is in theatre"});
    outcome_by(&mut world, david, "omar", "prompt.handed_over", given).expect("a claim keeps nothing urgent");
    assert_eq!(world.prompt(david, "surgeon_review").team, "charge_nurse");
}

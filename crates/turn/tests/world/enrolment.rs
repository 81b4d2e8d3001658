//! Who begins: by hand, from an import, again after a while, held out, swept in; and pathways that begin and end
//! others.

use crate::harness::{World, at, at_discharge, pathway};
use model::{Actor, At, PersonId};
use pathway::Pathway;
use serde_json::json;
use std::sync::Arc;
use throughline_turn::{others, sweep};

/// A pathway with this `enrol`, that asks the nurses once.
fn enrolling(name: &str, enrol: &str) -> Arc<Pathway> {
    let enrol: String = enrol.lines().map(|line| format!("  {line}\n")).collect();
    pathway(&format!(
        "pathway: {name}\nlanguage: 1\ntitle: {name}\nowner: surgery\nfallback_team: charge\nspeaks: [en]\n\
         enrol:\n{enrol}leave:\n  - on: encounter.readmitted\n  - after: 14 days\n\
         tracks:\n  main:\n    - prompt: check\n      to: nurses\n      do: Call\n      why: To hear.\n      due: 8 team hours\n"
    ))
}

fn requested(world: &mut World, name: &str, reason: &str) -> Result<(), String> {
    world.nurse("enrolment.requested", json!({"pathway": name, "reason": reason}))
}

#[test]
fn staff_enrol_where_the_pathway_allows_it_and_are_told_why_not() {
    let by_hand = enrolling("calls", "by_hand: true\nonce_per: person\nwhen: record.age >= 18");
    let not = enrolling("discharge", "on: encounter.discharged\nonce_per: encounter");
    let mut world = World::new(&[by_hand, not], at(0, 9, 0));
    let why = requested(&mut world, "discharge", "they asked for it").unwrap_err();
    assert!(why.contains("by hand"), "{why}");
    assert!(requested(&mut world, "nothing", "they asked").unwrap_err().contains("no pathway"));
    assert!(requested(&mut world, "calls", " ").unwrap_err().contains("reason"));
    let system = world.fact("enrolment.requested", json!({"pathway": "calls", "reason": "a source says so"}));
    assert!(world.takes(system).unwrap_err().contains("only staff"));
    assert_eq!(world.begun("calls"), 0);
    requested(&mut world, "calls", "worried after the visit").unwrap();
    assert_eq!((world.under_way("calls"), world.open("check").len()), (1, 1), "whatever `when` says");
    assert!(requested(&mut world, "calls", "once more").unwrap_err().contains("already"));
    assert_eq!(world.under_way("calls"), 1);
}

#[test]
fn a_pathway_about_an_encounter_is_begun_by_hand_about_the_latest_one() {
    let by_hand =
        enrolling("watch", "on: encounter.discharged\nwhen: fact.class == 'no'\nby_hand: true\nonce_per: encounter");
    let mut world = World::new(&[by_hand], at(0, 9, 0));
    assert!(requested(&mut world, "watch", "they asked for it").unwrap_err().contains("encounter"), "none is known");
    let encounter = json!({"resourceType": "Encounter", "id": "7", "status": "finished",
        "class": {"code": "AMB"}, "period": {"start": "2026-11-22T08:00:00Z", "end": "2026-11-22T12:00:00Z"}});
    world.hears("resource.received", "Encounter/7", encounter);
    assert_eq!(world.begun("watch"), 0);
    requested(&mut world, "watch", "they asked for it").unwrap();
    assert_eq!(world.told("journey.started")[0].text("episode"), Some("Encounter/7"));
    assert!(requested(&mut world, "watch", "once more").unwrap_err().contains("already"));
}

#[test]
fn what_an_import_tells_enrols_only_where_the_pathway_says_so_and_only_while_it_is_fresh() {
    let enrol = "on: encounter.discharged\nonce_per: encounter";
    for (enrol, begun) in [(enrol.to_owned(), 0), (format!("{enrol}\nimport: true"), 1)] {
        let mut world = World::new(&[enrolling("watch", &enrol)], at(0, 9, 0));
        world.was_discharged();
        assert_eq!((world.begun("watch"), world.told("enrolment.listed").len()), (begun, 1 - begun));
        let mut old = World::new(&[enrolling("watch", &enrol)], at(0, 9, 0));
        let mut fact = old.fact("encounter.discharged", json!({"id": "Encounter/1"}));
        fact.occurred_at = at(-4, 9, 0);
        fact.origin = model::Origin::History;
        old.takes(fact).unwrap();
        assert_eq!((old.begun("watch"), old.told("enrolment.listed").len()), (0, 1), "too old for anything");
    }
}

#[test]
fn again_only_so_many_days_after_the_last_one_ended() {
    let enrol = "on: encounter.discharged\nonce_per: person\nagain_after: 30 days\nby_hand: true";
    let mut world = World::new(&[enrolling("watch", enrol)], at(0, 9, 0));
    world.is_discharged();
    world.is_discharged();
    assert_eq!(world.begun("watch"), 1, "one at a time");
    world.until(at(2, 9, 0));
    world.hears("encounter.readmitted", "Encounter/1", json!({"id": "Encounter/2", "of": "Encounter/1"}));
    assert_eq!(world.under_way("watch"), 0);
    world.until(at(32, 8, 59));
    world.is_discharged();
    assert_eq!(world.begun("watch"), 1, "29 days and some hours after");
    assert!(requested(&mut world, "watch", "they asked for it").unwrap_err().contains("30 days"));
    world.until(at(32, 9, 0));
    world.is_discharged();
    assert_eq!(world.begun("watch"), 2);
}

#[test]
fn a_share_is_held_out_the_same_people_always_and_nothing_is_sent_to_them() {
    let pathway = enrolling("watch", "on: encounter.discharged\nonce_per: person\nhold_out: 10%\nby_hand: true");
    let person = |n: u32| PersonId(model::Id::of(&[&n.to_be_bytes()]));
    let out: Vec<u32> = (0..10_000).filter(|n| others::held_out(&pathway, person(*n))).collect();
    assert!((900..1_100).contains(&out.len()), "{} of 10000", out.len());
    let inside = (0..).find(|n| !out.contains(n)).unwrap();
    for (number, begun) in [(out[0], 0), (inside, 1)] {
        let mut world = World::of(&[Arc::clone(&pathway)], at(0, 9, 0), number);
        world.is_discharged();
        world.now = at(0, 10, 0);
        world.is_discharged();
        assert_eq!(world.begun("watch"), begun);
        assert_eq!(world.told("enrolment.held_out").len(), if begun == 0 { 2 } else { 0 });
        assert_eq!((world.messages, world.open("check").len()), (0, begun));
    }
    let mut world = World::of(&[pathway], at(0, 9, 0), out[0]);
    requested(&mut world, "watch", "worried after the visit").unwrap();
    assert_eq!(world.begun("watch"), 1, "a clinician's word is no part of the experiment");
}

/// Wants reminders: what these sweeps look for.
const WANTS: &str =
    "every: monday at 08:00\nwhen: record.wants_task_reminders == true\nonce_per: person\nagain_after: 10 days";

fn wants(world: &mut World, yes: bool) {
    world.nurse("preference.changed", json!({"task_reminders": yes})).unwrap();
}

#[test]
fn a_sweep_begins_at_its_times_whoever_its_condition_is_true_of() {
    let mut world = World::new(&[enrolling("weekly", WANTS)], at(2, 12, 0));
    wants(&mut world, true);
    let wake = world.wake.expect("its next sweep is planned");
    assert!(
        wake >= at(7, 8, 0) && wake < at(7, 8, 0).plus_ms(sweep::SPREAD_MS),
        "next Monday, a little spread: {wake}"
    );
    world.until(wake.plus_ms(-1));
    assert_eq!(world.begun("weekly"), 0, "not before");
    world.until(wake);
    assert_eq!((world.under_way("weekly"), world.told("enrolment.swept").len()), (1, 1));
    world.until(at(8, 8, 0));
    let prompt = world.one("check");
    world.ends(&prompt, json!({"outcome": "done"})).unwrap();
    assert_eq!(world.under_way("weekly"), 0);
    world.until(at(15, 0, 0));
    assert_eq!(world.begun("weekly"), 1, "less than ten days after the last one");
    world.until(at(22, 0, 0));
    assert_eq!(world.begun("weekly"), 2);
}

#[test]
fn a_sweep_finds_what_is_true_then_and_not_before_or_after() {
    let mut world = World::new(&[enrolling("weekly", WANTS)], at(0, 12, 0));
    wants(&mut world, true);
    world.until(at(5, 0, 0));
    wants(&mut world, false);
    world.until(at(8, 0, 0));
    wants(&mut world, true);
    world.until(at(13, 0, 0));
    assert_eq!(world.begun("weekly"), 0, "on Monday it was not so");
    world.until(at(14, 9, 0));
    assert_eq!(world.begun("weekly"), 1);
}

#[test]
fn a_sweep_that_was_slept_over_is_made_up_for_within_a_day() {
    for (woken, begun) in [(at(7, 20, 0), 1), (at(9, 9, 0), 0)] {
        let mut world = World::new(&[enrolling("weekly", WANTS)], at(0, 12, 0));
        wants(&mut world, true);
        world.now = woken;
        world.until(woken);
        assert_eq!(world.begun("weekly"), begun, "woken at {woken}");
        world.until(woken.plus_ms(3_600_000));
        assert_eq!(world.begun("weekly"), begun, "once");
    }
}

#[test]
fn the_times_of_sweeps_are_spread_and_nobody_is_left_out() {
    let pathway = enrolling("weekly", WANTS);
    let mut times = std::collections::BTreeSet::new();
    for n in 0..50 {
        let mut world = World::of(&[Arc::clone(&pathway)], at(1, 12, 0), n);
        wants(&mut world, true);
        times.insert(world.wake);
        world.until(at(7, 8, 30));
        assert_eq!(world.begun("weekly"), 1, "person {n}");
    }
    assert!(times.len() > 40, "{} different times", times.len());
}

#[test]
fn a_sweep_that_says_nothing_of_again_takes_everyone_once() {
    // The language asks for `again_after`; versions that were taken before it did are read all the same.
    let again = "every: day at 08:00\nwhen: record.wants_task_reminders == true\nonce_per: person\nagain_after: 1 days";
    let mut daily = Arc::unwrap_or_clone(enrolling("daily", again));
    daily.enrol.again_after_days = None;
    let mut world = World::new(&[Arc::new(daily)], at(0, 7, 0));
    wants(&mut world, true);
    for day in 1..20 {
        world.until(at(day, 7, 0));
        for prompt in world.open("check") {
            world.ends(&prompt, json!({"outcome": "done"})).unwrap();
        }
    }
    assert_eq!((world.begun("daily"), world.told("enrolment.swept").len()), (1, 1));
}

#[test]
fn whoever_is_held_out_is_listed_by_the_first_sweep_only() {
    let daily = "every: day at 08:00\nwhen: record.wants_task_reminders == true\nonce_per: person\nagain_after: 1 days\n\
                 hold_out: 10%";
    let pathway = enrolling("daily", daily);
    let person = |n: u32| PersonId(model::Id::of(&[&n.to_be_bytes()]));
    let out = (0..).find(|n| others::held_out(&pathway, person(*n))).unwrap();
    let mut world = World::of(&[Arc::clone(&pathway)], at(0, 7, 0), out);
    wants(&mut world, true);
    world.until(at(30, 0, 0));
    assert_eq!((world.begun("daily"), world.told("enrolment.held_out").len()), (0, 1));
}

const FIRST: &str = "tracks:
  main:
    - enrol_in: second
    - wait: 2 days
    - withdraw_from: second
      why: The first is over
";
#[test]
fn one_pathway_begins_another_in_the_same_turn_and_ends_it() {
    let mut world = World::new(&[at_discharge("first", FIRST), second()], at(0, 9, 0));
    world.is_discharged();
    assert_eq!((world.under_way("first"), world.under_way("second"), world.open("check").len()), (1, 1, 1));
    let started = world.told("journey.started");
    assert_eq!(started[1].text("episode"), Some("Encounter/1"), "about the same encounter");
    world.until(at(2, 9, 0));
    assert_eq!((world.under_way("second"), world.open("check").len()), (0, 0));
    let why: Vec<_> = world.told("journey.ended").iter().filter_map(|f| f.text("reason")).collect();
    assert!(why.contains(&"The first is over"), "{why:?}");
}

/// Begins by a fact that never comes, or by another pathway.
fn second() -> Arc<Pathway> {
    enrolling("second", "on: appointment.booked\nonce_per: encounter")
}

#[test]
fn pathways_that_begin_each_other_are_bounded() {
    let turn = |name: &str, other: &str| {
        pathway(&format!(
            "pathway: {name}\nlanguage: 1\ntitle: {name}\nowner: surgery\nfallback_team: charge\nspeaks: [en]\n\
             enrol:\n  on: encounter.discharged\n  when: fact.class == '{name}'\n  once_per: fact\n\
             leave:\n  - after: 1 days\ntracks:\n  main:\n    - enrol_in: {other}\n"
        ))
    };
    let mut world = World::new(&[turn("a", "b"), turn("b", "a")], at(0, 9, 0));
    let fact = world.fact("encounter.discharged", json!({"id": "Encounter/1", "class": "a"})).by(Actor::System);
    world.takes(fact).unwrap();
    let begun = world.begun("a") + world.begun("b");
    assert!((10..=40).contains(&begun), "{begun}");
    assert_eq!(world.open("turn_overflow").len(), 1, "and someone is asked");
}

#[test]
fn late_says_what_waits_that_are_past_do_unless_they_say_it_themselves() {
    let steps = "leave:
  - after: 14 days
tracks:
  main:
    - wait: day 1 at 09:00
    - note: the first day
    - wait: day 2 at 09:00
      late: now
    - note: the second day
    - wait: day 9 at 09:00
";
    let head = "language: 1\ntitle: t\nowner: surgery\nfallback_team: charge\nspeaks: [en]\nenrol:\n  on: encounter.discharged\n  \
                once_per: encounter\n";
    for (late, notes) in [("", 2), ("  late: skip\n", 1)] {
        let mut world = World::new(&[pathway(&format!("pathway: p\n{head}{late}{steps}"))], at(3, 10, 0));
        let mut fact = world.fact("encounter.discharged", json!({"id": "Encounter/1"}));
        fact.occurred_at = At(at(3, 10, 0).0 - 71 * 3_600_000);
        world.takes(fact).unwrap();
        assert_eq!(world.told("note.made").len(), notes, "{late}");
    }
}

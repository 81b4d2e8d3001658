//! Strands side by side, sub-pathways that are included, and ways that are drawn.

#[expect(dead_code, reason = "each test file uses a part of the common world")]
mod common;
use common::*;
use journey::{Input, Way};
use model::value::Kind;
use model::{JourneyId, PersonId};
use pathway::ast::{Arm, Goto, Join, Late, Rhythm, Verb, When};
use serde_json::json;
use throughline_journey as journey;

const HOUR: i64 = model::time::HOUR_MS;

fn parallel(join: Join, firsts: &[u16]) -> Verb {
    let strands = firsts.iter().map(|ix| (format!("strand{ix}"), *ix)).collect();
    Verb::Parallel { strands, join }
}

fn include(first: u16, with: &[(&str, &str)]) -> Verb {
    let with = with.iter().map(|(own, theirs)| ((*own).to_owned(), (*theirs).to_owned())).collect();
    Verb::Include { sub: Some(first), with }
}

fn hours(n: i64) -> Verb {
    wait(When::Span(n * HOUR), Late::Now)
}

/// Two strands: one waits an hour, the other is a question to the team; then a branch on the answer.
fn side_by_side(join: Join) -> Runner {
    let arms = vec![(at_least("check.pain", 8.0), to(6))];
    let steps = vec![
        ("both", parallel(join, &[1, 3]), Some("which")),
        ("a", hours(1), Some("told")),
        ("told", reach("told"), None),
        ("check", prompt("check", Some("check_form"), None), Some("asked")),
        ("asked", reach("asked"), None),
        ("which", Verb::Branch { arms, unknown: to(7), otherwise: to(8) }, None),
        ("surgeon", prompt("surgeon", None, None), None),
        ("again", reach("again"), None),
        ("well", reach("well"), Some("later")),
        ("later", hours(100), None),
    ];
    Runner::new(pathway(&["both"], steps), zone("UTC"), "2026-11-20T15:00").enrol()
}

#[test]
fn strands_run_side_by_side_and_go_on_when_all_are_over() {
    let mut run = side_by_side(Join::All);
    assert_eq!(run.state.steps(&run.pathway), ["a", "both", "check"]);
    run.run_to("2026-11-20T17:00");
    assert_eq!(run.took(), ["11-20 15:00 prompt check David to nurses try 1", "11-20 16:00 reach told"]);
    assert_eq!(run.state.steps(&run.pathway), ["both", "check"], "one is over, and the other is waited for");
    run.outcome("done", json!({"pain": 2}));
    assert_eq!(run.took(), ["11-20 17:00 reach asked", "11-20 17:00 reach well"], "the answer is known after it");
    assert_eq!(run.state.steps(&run.pathway), ["later"]);
    let passed: Vec<(u16, Way)> = run.moves.iter().map(|m| (m.step, m.way)).collect();
    assert!(passed.contains(&(0, Way::Body)) && passed.contains(&(0, Way::Next)), "{passed:?}");
    let stay = run.moves.iter().find(|m| (m.step, m.way) == (0, Way::Next)).and_then(|m| m.stayed_ms);
    assert_eq!(stay, Some(2 * HOUR), "it stood there as long as its strands went on");
}

#[test]
fn what_is_not_needed_any_more_is_withdrawn() {
    let mut run = side_by_side(Join::Any);
    run.took();
    run.run_to("2026-11-20T16:00");
    assert_eq!(
        run.took(),
        ["11-20 16:00 reach told", "11-20 16:00 withdraw 1 joined", "11-20 16:00 reach again"],
        "the question is taken back, and its answer is not known"
    );
    let prompt = run.asked[0].1;
    run.say("prompt.completed", json!({"prompt": prompt, "outcome": "done"}));
    assert!(run.took().is_empty(), "an outcome that comes all the same changes nothing");
    let steps = vec![
        ("three", parallel(Join::Count(2), &[1, 2, 3]), Some("then")),
        ("a", hours(1), None),
        ("b", hours(2), None),
        ("c", hours(3), Some("late")),
        ("late", reach("late"), None),
        ("then", reach("then"), None),
    ];
    let mut run = Runner::new(pathway(&["three"], steps), zone("UTC"), "2026-11-20T15:00").enrol();
    run.run_to("2026-11-21T00:00");
    assert_eq!(run.took(), ["11-20 17:00 reach then", "11-20 21:00 finished"]);
}

#[test]
fn a_correction_inside_of_strands_that_joined_takes_back_what_came_after() {
    // The strand with the question ends first, so what came after was begun by the other one.
    let mut run = side_by_side(Join::All);
    run.outcome("done", json!({"pain": 2}));
    run.run_to("2026-11-20T17:00");
    assert_eq!(run.took().last().expect("one"), "11-20 16:00 reach well");
    let (check, before) = (run.asked[0].1, run.effects.len());
    run.correct(check, "done", json!({"pain": 9}));
    let log = run.took();
    assert_eq!(log.iter().filter(|l| l.contains("undo")).count(), 2, "the outcome and the joining: {log:?}");
    assert_eq!(log[2..], ["11-20 17:00 reach asked", "11-20 17:00 prompt surgeon David to nurses try 1"]);
    assert_eq!((run.effects.len(), run.state.steps(&run.pathway)), (before + 1, vec!["surgeon".to_owned()]));
    // And once more, to a question that is asked again: nothing after the joining goes on until it is answered.
    run.correct(check, "no_answer", json!({}));
    assert_eq!(run.state.steps(&run.pathway), ["both", "check"]);
    run.took();
    run.outcome("done", json!({"pain": 1}));
    assert_eq!(run.took(), ["11-20 17:00 reach asked", "11-20 17:00 reach well"]);
    let counted = |way: Way| {
        run.moves.iter().filter(|m| (m.step, m.way) == (0, way)).map(|m| if m.more { 1 } else { -1 }).sum::<i32>()
    };
    assert_eq!((counted(Way::Body), counted(Way::Next)), (1, 1), "it joined once, whatever was corrected");
}

#[test]
fn a_correction_of_the_one_that_was_enough_is_waited_for_again() {
    let steps = vec![
        ("any", parallel(Join::Any, &[1, 2]), Some("then")),
        ("check", prompt("check", None, None), None),
        ("b", hours(9), None),
        ("then", reach("then"), None),
    ];
    let mut run = Runner::new(pathway(&["any"], steps), zone("UTC"), "2026-11-20T15:00").enrol();
    let check = run.asked[0].1;
    run.outcome("done", json!({}));
    run.took();
    run.correct(check, "no_answer", json!({}));
    assert_eq!(run.state.steps(&run.pathway), ["any", "check"]);
    run.took();
    run.outcome("done", json!({}));
    assert_eq!(run.took(), ["11-20 15:00 reach then"]);
}

#[test]
fn nested_strands_join_inside_out_and_loops_that_only_watch_are_not_waited_for() {
    let steps = vec![
        ("outer", parallel(Join::All, &[1, 4]), Some("done")),
        ("inner", parallel(Join::All, &[2, 3]), Some("half")),
        ("x", hours(1), None),
        ("check", prompt("check", Some("check_form"), None), None),
        ("each", each("encounter.prescriptions", "rx", Kind::Prescription, None, 5), None),
        ("item", hours(5), Some("said")),
        ("said", reach("said"), None),
        ("half", reach("half"), None),
        ("done", Verb::Note { text: "{{ check.pain }}".into() }, None),
    ];
    let mut run = Runner::new(pathway(&["outer"], steps), zone("UTC"), "2026-11-20T15:00");
    run.world.items.insert("encounter.prescriptions".into(), vec!["rx1".into()]);
    let mut run = run.enrol();
    run.run_to("2026-11-20T16:30");
    let check = run.asked[0].1;
    run.outcome("done", json!({"pain": 3}));
    assert_eq!(run.took()[1..], ["11-20 16:30 reach half", "11-20 16:30 note 3"]);
    assert_eq!(run.state.steps(&run.pathway), ["each", "item"], "the medicine is still watched");
    run.correct(check, "done", json!({"pain": 7}));
    let log = run.took();
    assert_eq!(log.iter().filter(|l| l.contains("undo")).count(), 3, "{log:?}");
    assert_eq!(log[3..], ["11-20 16:30 reach half", "11-20 16:30 note 7"], "both joinings are taken back");
    run.run_to("2026-11-20T20:00");
    assert_eq!(run.took(), ["11-20 20:00 reach said rx=rx1"]);
}

/// A sub-pathway about `rx` that is included for the medicine of an `each`, and then asks.
fn chase() -> Runner {
    let picked_up = || pattern("medication.picked_up", Some("rx"), Some("rx.picked_up"));
    let arms = vec![(at_least("check.pain", 8.0), to(6))];
    let steps = vec![
        ("m", each("encounter.prescriptions", "medicine", Kind::Prescription, None, 1), None),
        ("get", include(3, &[("rx", "medicine")]), Some("which")),
        ("which", Verb::Branch { arms, unknown: Goto::Step(7), otherwise: Goto::End }, None),
        ("wait", wait_for(picked_up(), When::Span(HOUR), Goto::End, Goto::Next), Some("tell")),
        ("tell", reach_until("waiting", Some(picked_up())), Some("check")),
        ("check", prompt("check", Some("check_form"), Some(picked_up())), None),
        ("surgeon", reach("surgeon"), None),
        ("unknown", reach("unknown"), None),
    ];
    let mut run = Runner::new(pathway(&["m"], steps), zone("UTC"), "2026-11-20T15:00");
    run.world.items.insert("encounter.prescriptions".into(), vec!["rx1".into(), "rx2".into()]);
    run.enrol()
}

#[test]
fn a_sub_pathway_is_walked_here_under_other_names_and_gone_on_from() {
    let mut run = chase();
    assert_eq!(run.state.steps(&run.pathway), ["m", "wait"]);
    run.about("medication.picked_up", "rx2");
    assert_eq!(run.took(), ["11-20 15:00 reach unknown medicine=rx2"], "found ends the sub-pathway, not the strand");
    run.run_to("2026-11-20T16:00");
    let log = run.took();
    assert_eq!(log[0], "11-20 16:00 reach waiting medicine=rx1 rx=rx1 until medication.picked_up(rx1)");
    assert!(log[1].ends_with("until medication.picked_up(rx1)"), "{log:?}");
    let check = run.asked[0].1;
    run.outcome("done", json!({"pain": 9}));
    assert_eq!(run.took(), ["11-20 16:00 reach surgeon medicine=rx1"], "its answers are known after it");
    run.correct(check, "done", json!({"pain": 1}));
    let log = run.took();
    assert!(log.len() == 1 && log[0].contains("undo"), "{log:?}");
    let passed = |way| run.moves.iter().filter(|m| (m.step, m.way) == (1, way)).count();
    assert_eq!((passed(Way::Body), passed(Way::Next)), (2, 4), "of which one was taken back");
}

#[test]
fn what_is_pointless_in_a_sub_pathway_ends_it_and_the_strand_goes_on() {
    let mut run = chase();
    run.run_to("2026-11-20T16:00");
    run.took();
    run.about("medication.picked_up", "rx1");
    assert_eq!(run.took(), ["11-20 16:00 withdraw 1 medication.picked_up", "11-20 16:00 reach unknown medicine=rx1"]);
    run.world.set("rx2.picked_up", true.into());
    run.tick();
    assert_eq!(run.took(), ["11-20 16:00 withdraw 1 medication.picked_up", "11-20 16:00 reach unknown medicine=rx2"]);
}

#[test]
fn an_item_that_begins_anew_takes_its_sub_pathway_with_it() {
    let mut run = chase();
    let Verb::Each { again_on, .. } = &mut run.pathway.steps[0].verb else { panic!("an each") };
    *again_on = Some("medication.changed".into());
    run.run_to("2026-11-20T16:00");
    run.took();
    run.about("medication.changed", "rx1");
    assert_eq!(run.took(), ["11-20 16:00 withdraw 2 medication.changed"], "what was said and what was asked");
    run.run_to("2026-11-20T17:00");
    assert_eq!(run.took().len(), 2, "said and asked again");
}

#[test]
fn a_sub_pathway_inside_of_another_and_one_that_watches() {
    let steps = vec![
        ("one", include(2, &[]), Some("end")),
        ("end", reach("end"), None),
        ("two", include(3, &[]), None),
        ("each", each("encounter.prescriptions", "rx", Kind::Prescription, None, 4), None),
        ("item", reach("item"), None),
    ];
    let mut run = Runner::new(pathway(&["one"], steps), zone("UTC"), "2026-11-20T15:00").enrol();
    assert_eq!(run.took(), ["11-20 15:00 reach end"], "what watches is not waited for");
    run.world.items.insert("encounter.prescriptions".into(), vec!["rx1".into()]);
    run.tick();
    assert_eq!(run.took(), ["11-20 15:00 reach item rx=rx1"]);
}

#[test]
fn what_includes_itself_is_an_error_and_not_a_hang() {
    let p = pathway(&["a"], vec![("a", include(0, &[]), None)]);
    let mut run = Runner::new(p, zone("UTC"), "2026-11-20T15:00");
    let error = run.give(&Input::Enrolled).expect_err("without an end");
    assert!(error.to_string().contains("inside of more than 32"), "{error}");
    let steps = vec![("p", parallel(Join::All, &[1]), Some("p")), ("n", Verb::Note { text: "n".into() }, None)];
    let mut run = Runner::new(pathway(&["p"], steps), zone("UTC"), "2026-11-20T15:00");
    let error = run.give(&Input::Enrolled).expect_err("without an end");
    assert!(error.to_string().contains("more than 512 strands"), "{error}");
}

fn drawn(person: u32, journey: u32, hold_out: u16, weights: (u32, u32)) -> (String, Way) {
    let arm = |name: &str, weight, ix| Arm { name: name.into(), weight, to: to(ix) };
    let split = Verb::Split {
        experiment: "texts_or_calls".into(),
        metric: None,
        hold_out: Some((hold_out, Goto::End)),
        arms: vec![arm("texts", weights.0, 1), arm("calls", weights.1, 2)],
    };
    let steps = vec![("s", split, None), ("t", reach("texts"), None), ("c", reach("calls"), None)];
    let mut run = Runner::new(pathway(&["s"], steps), zone("UTC"), "2026-11-20T15:00");
    run.person = PersonId::of(&[&person.to_be_bytes()]);
    run.journey = JourneyId::of(&[&journey.to_be_bytes()]);
    let run = run.enrol();
    (run.log[0][12..].to_owned(), run.moves[0].way)
}

#[test]
fn a_split_is_by_its_weights_and_the_same_for_a_person_in_each_journey() {
    let (mut texts, mut calls, mut held) = (0, 0, 0);
    for person in 0..1000 {
        let first = drawn(person, 1, 100, (75, 25));
        assert_eq!(first, drawn(person, 2, 100, (75, 25)), "another journey");
        match first.1 {
            Way::Arm(1) => texts += 1,
            Way::Arm(2) => calls += 1,
            Way::HeldOut => held += 1,
            other => panic!("{other:?}"),
        }
        let (fewer, _) = (drawn(person, 1, 50, (75, 25)), ());
        assert!(fewer.1 == first.1 || first.1 == Way::HeldOut, "a smaller share held out moves nobody else");
    }
    assert!((60..140).contains(&held), "{held} of 1000 held out at 10 %");
    assert!((610..740).contains(&texts) && (175..275).contains(&calls), "{texts} {calls}");
}

#[test]
fn the_trace_names_the_experiment_and_the_arm() {
    let split = |hold_out| Verb::Split {
        experiment: "texts_or_calls".into(),
        metric: Some("picked_up".into()),
        hold_out: Some((hold_out, Goto::End)),
        arms: vec![Arm { name: "texts".into(), weight: 1, to: Goto::Next }],
    };
    for (hold_out, code, detail) in
        [(0, "split:arm", "texts_or_calls texts"), (1000, "split:held_out", "texts_or_calls")]
    {
        let run = Runner::new(pathway(&["s"], vec![("s", split(hold_out), None)]), zone("UTC"), "2026-11-20T15:00");
        let cx = journey::Context {
            now: run.now,
            zone: &run.zone,
            person: run.person,
            journey: run.journey,
            scope: &run.world,
            task_reminders: false,
            marks: &[],
            holidays: &[],
            asked: false,
        };
        let done = journey::advance(&run.pathway, run.state.clone(), &Input::Enrolled, &cx).expect("enrolled");
        assert_eq!((done.trace[0].code.as_str(), done.trace[0].detail.as_str()), (code, detail));
    }
}

fn rounds(rhythm: Rhythm, to_day: u16, until: Option<&str>) -> Runner {
    let (at, until) = (clock(8, 0), until.map(is));
    let repeat = Verb::Repeat { rhythm, at, from_day: 1, to_day, today: None, until, body: 1 };
    let steps = vec![("r", repeat, Some("bye")), ("hi", reach("hi"), None), ("bye", reach("bye"), None)];
    // A Friday; the clocks are set back on the Sunday after it.
    Runner::new(pathway(&["r"], steps), zone("America/New_York"), "2026-10-30T12:00").enrol()
}

#[test]
fn rounds_come_on_the_days_of_their_rhythm() {
    let days = |mut run: Runner| {
        run.run_to("2026-11-20T00:00");
        let log = run.took();
        log.iter().filter(|l| l.contains("reach")).map(|l| l.replace(" reach", "")).collect::<Vec<_>>()
    };
    assert_eq!(
        days(rounds(Rhythm::Days(3), 8, None)),
        ["10-31 08:00 hi", "11-03 08:00 hi", "11-06 08:00 hi", "11-08 00:00 bye"],
        "the last round ends with the last day"
    );
    assert_eq!(
        days(rounds(Rhythm::Weekdays(0b1001), 11, None)),
        ["11-02 08:00 hi", "11-05 08:00 hi", "11-09 08:00 hi", "11-11 00:00 bye"]
    );
    assert_eq!(days(rounds(Rhythm::Weekdays(0), 11, None)), ["10-30 12:00 bye"], "never");
}

#[test]
fn a_repeat_ends_as_soon_as_its_condition_is_true() {
    let mut run = rounds(Rhythm::Days(1), 14, Some("encounter.healed"));
    run.run_to("2026-11-02T10:00");
    run.took();
    run.world.set("encounter.healed", true.into());
    run.tick();
    assert_eq!(run.took(), ["11-02 10:00 withdraw 1 the repeat is over", "11-02 10:00 reach bye"]);
    assert_eq!(run.moves.iter().filter(|m| m.way == Way::Found).count(), 1);
    assert!(run.state.steps(&run.pathway).is_empty());
}

#[test]
fn a_time_by_chance_is_the_same_whenever_it_is_asked_and_differs_by_journey() {
    let due = |journey: u32| {
        let steps = vec![("w", wait(When::Within(2 * HOUR), Late::Now), Some("r")), ("r", reach("r"), None)];
        let mut run = Runner::new(pathway(&["w"], steps), zone("UTC"), "2026-11-20T15:00");
        run.journey = JourneyId::of(&[&journey.to_be_bytes()]);
        let mut run = run.enrol();
        let due = run.state.next_due().expect("planned");
        run.now = run.now.plus_ms(1);
        run.tick();
        assert_eq!(run.state.next_due(), Some(due));
        assert!(due > run.now && due <= run.now.plus_ms(2 * HOUR));
        due
    };
    let all: std::collections::BTreeSet<_> = (0..50).map(due).collect();
    assert!(all.len() > 45, "{} of 50", all.len());
}

#[test]
fn a_wait_before_a_thing_moves_when_the_thing_moves() {
    let rule = When::Offset { ms: -2 * HOUR, field: path("encounter.at") };
    let steps = vec![("w", wait(rule, Late::Skip), Some("a")), ("a", reach("a"), None)];
    let mut run = Runner::new(pathway(&["w"], steps), zone("America/New_York"), "2026-10-31T15:00");
    let at = |run: &Runner, text: &str| local(&run.zone, text);
    run.world.set("encounter.at", model::Value::Time(at(&run, "2026-11-01T03:30")));
    let mut run = run.enrol();
    assert_eq!(run.state.next_due(), Some(at(&run, "2026-11-01T01:30").plus_ms(HOUR)), "the hour comes twice");
    run.world.set("encounter.at", model::Value::Time(at(&run, "2026-11-02T10:00")));
    run.tick();
    run.run_to("2026-11-03T00:00");
    assert_eq!(run.took()[0], "11-02 08:00 reach a");
}

#[test]
fn a_working_day_is_none_of_the_holidays() {
    let steps =
        vec![("w", wait(When::WorkingDay { days: 1, at: clock(9, 0) }, Late::Now), Some("r")), ("r", reach("r"), None)];
    let mut run = Runner::new(pathway(&["w"], steps), zone("UTC"), "2026-11-25T15:00");
    run.holidays = vec![jiff::civil::date(2026, 11, 26)];
    let mut run = run.enrol();
    run.run_to("2026-11-27T10:00");
    assert_eq!(run.took(), ["11-27 09:00 reach r"]);
}

//! Each verb: on time, late, and what a fact does to it.

#[expect(dead_code, reason = "each test file uses a part of the common world")]
mod common;
use common::*;
use journey::{Input, State, advance};
use model::Value;
use model::value::Kind;
use pathway::ast::{Goto, Late, Verb, When};
use serde_json::json;
use throughline_journey as journey;

const NEW_YORK: &str = "America/New_York";

fn day(day: i32, hour: u16) -> When {
    When::Day { day, at: clock(hour, 0) }
}

#[test]
fn a_wait_fires_at_its_local_time_and_the_journey_finishes_when_nothing_is_pending() {
    let p = pathway(&["w"], vec![("w", wait(day(1, 9), Late::Now), Some("r")), ("r", reach("hello"), None)]);
    let mut run = Runner::new(p, zone(NEW_YORK), "2026-11-20T15:00").enrol();
    assert_eq!(run.state.steps(&run.pathway), ["w"]);
    run.run_to("2026-11-22T00:00");
    assert_eq!(run.took(), ["11-21 09:00 reach hello", "11-21 13:00 finished"], "valid for four hours");
    assert_eq!(run.state.ended(), Some("finished"));
}

#[test]
fn a_standing_pathway_finishes_at_once_and_takes_nothing_back() {
    let mut p = pathway(&["r"], vec![("r", reach("answer"), None)]);
    p.standing = true;
    let mut run = Runner::new(p, zone(NEW_YORK), "2026-11-20T15:00").enrol();
    assert_eq!(run.took(), ["11-20 15:00 reach answer", "11-20 15:00 finished"]);
}

#[test]
fn a_wait_that_is_past_on_arrival_does_what_it_says() {
    let late = |late| {
        let steps = vec![
            ("w", wait(day(1, 9), late), Some("a")),
            ("a", reach("first"), Some("b")),
            ("b", reach("second"), None),
        ];
        let mut run = Runner::new(pathway(&["w"], steps), zone(NEW_YORK), "2026-11-20T15:00");
        run.now = local(&run.zone, "2026-11-22T10:00");
        run.enrol()
    };
    assert_eq!(late(Late::Now).took(), ["11-22 10:00 reach first", "11-22 10:00 reach second"]);
    assert_eq!(late(Late::Skip).took(), ["11-22 10:00 reach second"]);
    let mut run = late(Late::Prompt);
    assert_eq!(run.took(), ["11-22 10:00 prompt Too late for a to charge try 1"]);
    run.outcome("already_handled", json!({}));
    assert_eq!(run.took(), ["11-22 10:00 reach second"], "in place of the next step");
}

#[test]
fn a_wait_that_is_due_this_moment_is_not_late() {
    let p = pathway(&["w"], vec![("w", wait(day(0, 15), Late::Skip), Some("r")), ("r", reach("hello"), None)]);
    let mut run = Runner::new(p, zone(NEW_YORK), "2026-11-20T15:00").enrol();
    assert_eq!(run.took(), ["11-20 15:00 reach hello"]);
}

fn chase() -> pathway::Pathway {
    let picked_up = || pattern("medication.picked_up", Some("rx"), Some("rx.picked_up"));
    let steps = vec![
        ("m", each("encounter.prescriptions", "rx", Kind::Prescription, None, 1), None),
        (
            "ready",
            wait_for(
                pattern("medication.ready", Some("rx"), Some("rx.ready")),
                When::Span(5 * 86_400_000),
                Goto::Next,
                to(5),
            ),
            Some("tell"),
        ),
        ("tell", reach_until("ready", Some(picked_up())), Some("pick")),
        (
            "pick",
            wait_for(picked_up(), When::NextDay { days: 1, at: clock(17, 0) }, Goto::End, Goto::Next),
            Some("call"),
        ),
        ("call", prompt("call_medicine", None, Some(picked_up())), None),
        ("ask", reach("ask_patient"), None),
    ];
    let mut p = pathway(&["m"], steps);
    p.steps[0].skip_when = Some(is("rx.as_needed"));
    p.leave = leave_after(14);
    p
}

fn medicines() -> Runner {
    let mut run = Runner::new(chase(), zone(NEW_YORK), "2026-11-20T15:00");
    run.world.items.insert("encounter.prescriptions".into(), vec!["rx1".into(), "rx2".into()]);
    run.world.set("rx2.as_needed", true.into());
    run.enrol()
}

#[test]
fn each_item_has_a_strand_that_only_its_own_facts_move() {
    let mut run = medicines();
    run.about("medication.ready", "rx2");
    assert!(run.took().is_empty(), "as needed: not chased");
    run.about("medication.ready", "rx1");
    assert_eq!(run.took(), ["11-20 15:00 reach ready rx=rx1 until medication.picked_up(rx1)"]);
    run.run_to("2026-11-21T18:00");
    assert_eq!(run.took(), ["11-21 17:00 prompt call_medicine David to nurses try 1 until medication.picked_up(rx1)"]);
    run.about("medication.picked_up", "rx1");
    assert_eq!(run.took(), ["11-21 18:00 withdraw 1 medication.picked_up"]);
    assert_eq!(run.state.steps(&run.pathway), ["m"], "only the watch for items is left");
    run.run_to("2026-12-30T00:00");
    assert_eq!(run.took(), ["12-05 00:00 end after 14 days"], "the end of day 14");
}

#[test]
fn what_is_true_on_arrival_is_found_and_what_is_missed_is_asked() {
    let mut run = medicines();
    run.world.items.insert("encounter.prescriptions".into(), vec!["rx1".into(), "rx2".into(), "rx3".into()]);
    run.world.set("rx3.ready", true.into());
    run.world.set("rx3.picked_up", true.into());
    run.tick();
    assert!(run.took().is_empty(), "a new item, ready and picked up: nothing to say");
    assert!(run.codes.contains(&"reach:pointless".to_owned()));
    run.run_to("2026-11-26T00:00");
    assert_eq!(run.took(), ["11-25 15:00 reach ask_patient rx=rx1"]);
}

#[test]
fn what_comes_true_without_a_fact_is_seen_at_the_next_input() {
    let mut run = medicines();
    run.about("medication.ready", "rx1");
    run.run_to("2026-11-21T17:30");
    run.took();
    run.world.set("rx1.picked_up", true.into());
    run.tick();
    assert_eq!(run.took(), ["11-21 17:30 withdraw 1 medication.picked_up"]);
}

#[test]
fn facts_of_another_episode_do_not_end_a_journey() {
    let mut run = medicines();
    let mut other = fact("encounter.readmitted", json!({"id": "Encounter/9", "of": "Encounter/8"}));
    other.episode = Some("Encounter/9".into());
    run.give(&Input::Fact(&other)).expect("fact");
    assert_eq!(run.state.ended(), None);
    other.body = json!({"id": "Encounter/9", "of": "Encounter/1"});
    run.give(&Input::Fact(&other)).expect("fact");
    assert_eq!(run.state.ended(), Some("encounter.readmitted"), "it names the episode it follows");
    assert_eq!(run.state.next_due(), None);
    run.took();
    run.about("medication.ready", "rx1");
    assert!(run.took().is_empty(), "what has ended does nothing");
}

fn checks() -> Runner {
    let arms = vec![(is("check.bleeding"), to(2)), (at_least("check.pain", 8.0), to(2))];
    let steps = vec![
        ("check", prompt("check", Some("check_form"), None), Some("decide")),
        ("decide", Verb::Branch { arms, unknown: to(3), otherwise: Goto::End }, None),
        ("surgeon", reach("surgeon"), None),
        ("again", prompt("again", None, None), None),
    ];
    Runner::new(pathway(&["check"], steps), zone(NEW_YORK), "2026-11-20T15:00").enrol()
}

#[test]
fn a_branch_takes_the_first_true_arm_and_unknown_is_answered_for() {
    let mut run = checks();
    assert_eq!(run.took(), ["11-20 15:00 prompt check David to nurses try 1"]);
    run.outcome("done", json!({"bleeding": false, "pain": 9}));
    assert_eq!(run.took(), ["11-20 15:00 reach surgeon"]);
    let mut run = checks();
    run.outcome("done", json!({"pain": 9}));
    assert_eq!(run.took()[1..], ["11-20 15:00 prompt again David to nurses try 1"], "bleeding was left empty");
    let mut run = checks();
    run.outcome("done", json!({"bleeding": false, "pain": "3"}));
    assert_eq!(run.took()[1..], ["11-20 15:00 finished"]);
}

#[test]
fn nobody_answers_and_it_is_tried_again_until_the_tries_are_used_up() {
    let mut run = checks();
    run.outcome("no_answer", json!({}));
    let at = json!(local(&run.zone, "2026-11-20T18:30"));
    let prompt = run.asked[1].1;
    run.say("prompt.completed", json!({"prompt": prompt, "outcome": "call_back", "call_back_at": at}));
    run.outcome("voicemail", json!({}));
    run.say("prompt.completed", json!({"prompt": prompt, "outcome": "done"}));
    assert_eq!(
        run.took(),
        [
            "11-20 15:00 prompt check David to nurses try 1",
            "11-20 15:00 prompt check David to nurses try 2",
            "11-20 15:00 prompt check David to nurses try 2 not before 11-20 18:30",
            "11-20 15:00 prompt check David to nurses try 3",
        ],
        "a call back uses up no try; an outcome of an older prompt is none"
    );
    run.outcome("no_answer", json!({}));
    assert_eq!(run.took(), ["11-20 15:00 prompt again David to nurses try 1"], "goes on, and nothing is known");
}

#[test]
fn a_withdrawn_prompt_is_no_outcome() {
    let mut run = checks();
    let prompt = run.asked[0].1;
    run.say("prompt.withdrawn", json!({"prompt": prompt, "because": "x"}));
    assert_eq!(run.state.steps(&run.pathway), ["check"]);
}

#[test]
fn a_correction_takes_back_what_followed_and_goes_on_anew() {
    let mut run = checks();
    let first = run.asked[0].1;
    run.outcome("done", json!({}));
    assert_eq!(run.asked.len(), 2, "unknown: asked again");
    run.took();
    run.correct(first, "done", json!({"bleeding": true}));
    let log = run.took();
    assert!(log[0].contains("undo"), "{log:?}");
    assert_eq!(log[1..], ["11-20 15:00 reach surgeon"]);
    assert!(run.state.steps(&run.pathway).is_empty(), "the strand that asked again is gone");
    // Corrected once more, to nobody answered: it is tried again.
    run.correct(first, "no_answer", json!({}));
    let log = run.took();
    assert_eq!(log[1..], ["11-20 15:00 prompt check David to nurses try 2"]);
    run.outcome("done", json!({"bleeding": false, "pain": 1}));
    assert_eq!(run.took().len(), 0);
    run.correct(model::PromptId::default(), "done", json!({}));
    assert!(run.codes.contains(&"correct:unknown".to_owned()));
}

#[test]
fn a_correction_undoes_the_outcomes_that_followed_it_too() {
    let steps = vec![
        ("one", prompt("one", None, None), Some("two")),
        ("two", prompt("two", None, None), Some("tell")),
        ("tell", reach("tell"), None),
        ("other", prompt("other", None, None), None),
    ];
    let mut run = Runner::new(pathway(&["one", "other"], steps), zone(NEW_YORK), "2026-11-20T15:00").enrol();
    let first = run.asked[0].1;
    run.say("prompt.completed", json!({"prompt": first, "outcome": "done"}));
    run.outcome("done", json!({}));
    run.took();
    run.correct(first, "declined", json!({}));
    let log = run.took();
    assert_eq!(log.iter().filter(|l| l.contains("undo")).count(), 2, "{log:?}");
    assert!(log[2].contains("prompt two"), "{log:?}");
    assert_eq!(run.state.steps(&run.pathway), ["other", "two"], "another track is left alone");
}

#[test]
fn a_loop_without_a_wait_is_an_error_and_not_a_hang() {
    let note = || Verb::Note { text: "round".into() };
    let p = pathway(&["a"], vec![("a", note(), Some("b")), ("b", note(), Some("a"))]);
    let mut run = Runner::new(p, zone(NEW_YORK), "2026-11-20T15:00");
    let error = run.give(&Input::Enrolled).expect_err("runs away");
    assert!(error.to_string().contains("more than 256 steps"), "{error}");
}

#[test]
fn an_each_inside_of_itself_is_an_error_and_not_a_hang() {
    let p = pathway(&["e"], vec![("e", each("person.appointments", "visit", Kind::Appointment, None, 0), None)]);
    let mut run = Runner::new(p, zone(NEW_YORK), "2026-11-20T15:00");
    run.world.items.insert("person.appointments".into(), vec!["a1".into()]);
    let error = run.give(&Input::Enrolled).expect_err("without an end");
    assert!(error.to_string().contains("inside of more than 32 others"), "{error}");
}

#[test]
fn a_leave_withdraws_and_so_does_withdrawing() {
    let p = pathway(
        &["n"],
        vec![
            ("n", Verb::Note { text: "Hi {{ person.name }}".into() }, Some("l")),
            ("l", Verb::Leave { reason: "enough".into() }, None),
        ],
    );
    let mut run = Runner::new(p, zone(NEW_YORK), "2026-11-20T15:00").enrol();
    assert_eq!(run.took(), ["11-20 15:00 note Hi David", "11-20 15:00 end enough"]);
    let mut run = medicines();
    run.give(&Input::Withdrawn { reason: "merged" }).expect("withdrawn");
    assert_eq!(run.state.ended(), Some("merged"));
}

#[test]
fn what_is_skipped_is_left_out_and_unknown_is_not_skipped() {
    let mut p = pathway(&["a"], vec![("a", reach("a"), Some("b")), ("b", reach("b"), None)]);
    p.steps[0].skip_when = Some(is("encounter.skip"));
    let mut known = Runner::new(p, zone(NEW_YORK), "2026-11-20T15:00");
    let mut unknown = Runner::new(known.pathway.clone(), zone(NEW_YORK), "2026-11-20T15:00").enrol();
    known.world.set("encounter.skip", true.into());
    assert_eq!(known.enrol().took(), ["11-20 15:00 reach b"]);
    assert_eq!(unknown.took(), ["11-20 15:00 reach a", "11-20 15:00 reach b"]);
}

#[test]
fn a_state_before_it_began_and_bytes_of_no_version_are_refused() {
    let run = Runner::new(chase(), zone(NEW_YORK), "2026-11-20T15:00");
    let cx = journey::Context {
        now: run.now,
        zone: &run.zone,
        person: model::PersonId::default(),
        journey: model::JourneyId::default(),
        scope: &run.world,
        task_reminders: false,
        marks: &[],
        holidays: &[],
        asked: false,
    };
    let done = advance(&run.pathway, run.state.clone(), &Input::Tick, &cx).expect("ignored");
    assert_eq!((done.state, done.effects, done.trace[0].code.as_str()), (run.state, vec![], "input:ignored"));
    for bytes in [&[][..], &[9, 1, 2], &[1, 200]] {
        assert!(State::decode(bytes).is_err());
    }
}

#[test]
fn an_appointment_that_moves_takes_its_reminders_with_it() {
    let steps = vec![
        ("v", each("person.appointments", "visit", Kind::Appointment, Some("appointment.moved"), 1), None),
        ("booked", reach("booked"), Some("eve")),
        (
            "eve",
            wait(When::Around { days: -1, field: path("visit.start"), at: Some(clock(10, 0)) }, Late::Skip),
            Some("tell"),
        ),
        ("tell", reach("tomorrow"), None),
    ];
    let mut p = pathway(&["v"], steps);
    p.leave = leave_after(30);
    let mut run = Runner::new(p, zone(NEW_YORK), "2026-11-20T15:00");
    let start = |run: &Runner, at: &str| Value::Time(local(&run.zone, at));
    run.world.items.insert("person.appointments".into(), vec!["a1".into()]);
    run.world.set("a1.start", start(&run, "2026-11-30T10:20"));
    let mut run = run.enrol();
    run.world.set("a1.start", start(&run, "2026-12-02T09:00"));
    run.tick();
    assert_eq!(
        run.state.next_due(),
        Some(local(&run.zone, "2026-12-01T10:00")),
        "the field moved, and so did the wait"
    );
    run.took();
    run.about("appointment.moved", "a1");
    assert_eq!(run.took(), ["11-20 15:00 withdraw 1 appointment.moved", "11-20 15:00 reach booked visit=a1"]);
    run.run_to("2026-12-01T12:00");
    assert_eq!(run.took(), ["12-01 10:00 reach tomorrow visit=a1"]);
    run.about("appointment.moved", "a2");
    assert!(run.took().is_empty(), "another appointment");
}

#[test]
fn a_wait_that_moves_into_the_past_is_late() {
    let rule = When::Around { days: 0, field: path("encounter.at"), at: None };
    let steps = vec![("w", wait(rule, Late::Skip), Some("a")), ("a", reach("a"), Some("b")), ("b", reach("b"), None)];
    let mut run = Runner::new(pathway(&["w"], steps), zone(NEW_YORK), "2026-11-20T15:00").enrol();
    assert_eq!(run.state.next_due(), None, "nothing is known of it");
    run.world.set("encounter.at", Value::Time(local(&run.zone, "2026-11-20T18:00")));
    run.tick();
    assert_eq!(run.state.next_due(), Some(local(&run.zone, "2026-11-20T18:00")));
    run.world.set("encounter.at", Value::Time(local(&run.zone, "2026-11-20T14:00")));
    run.tick();
    assert_eq!(run.took(), ["11-20 15:00 reach b"]);
}

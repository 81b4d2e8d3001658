//! A journey as the shipped pathways have it: several tracks at once, and how small its state stays.

#[expect(dead_code, reason = "each test file uses a part of the common world")]
mod common;
use common::*;
use model::value::Kind;
use model::{Channel, Purpose, Value};
use pathway::ast::{Goto, Late, Rhythm, Verb, When};
use serde_json::json;

/// The most bytes of the story's state with its strands under way.
const STORY_BYTES: usize = 200;

fn story() -> pathway::Pathway {
    let picked_up = || pattern("medication.picked_up", Some("rx"), Some("rx.picked_up"));
    let ready = pattern("medication.ready", Some("rx"), Some("rx.ready"));
    let eve = When::Around { days: -1, field: path("visit.start"), at: Some(clock(10, 0)) };
    let today = Some(("list".to_owned(), "today".to_owned()));
    let next_day = |hour| When::NextDay { days: 1, at: clock(hour, 0) };
    let (rhythm, at, until) = (Rhythm::Days(1), clock(8, 0), None);
    let daily = Verb::Repeat { rhythm, at, from_day: 1, to_day: 14, today, until, body: 15 };
    let steps = vec![
        ("nurse", wait(When::Day { day: 1, at: clock(9, 0) }, Late::Now), Some("check")),
        ("check", prompt("check", Some("check_form"), None), None),
        ("medicine", each("encounter.prescriptions", "rx", Kind::Prescription, None, 3), None),
        ("until_ready", wait_for(ready, When::Span(432_000_000), Goto::Next, Goto::End), Some("ready")),
        ("ready", reach_until("medicine_ready", Some(picked_up())), Some("pick_1")),
        ("pick_1", wait_for(picked_up(), next_day(17), Goto::End, Goto::Next), Some("waiting")),
        ("waiting", reach_until("medicine_waiting", Some(picked_up())), Some("pick_2")),
        ("pick_2", wait_for(picked_up(), next_day(10), Goto::End, Goto::Next), Some("call")),
        ("call", prompt("call_medicine", None, Some(picked_up())), None),
        ("visits", each("person.appointments", "visit", Kind::Appointment, Some("appointment.moved"), 10), None),
        ("visit", wait(When::Day { day: 1, at: clock(11, 0) }, Late::Now), Some("booked")),
        ("booked", reach("visit_booked"), Some("eve")),
        ("eve", wait(eve, Late::Skip), Some("tomorrow")),
        ("tomorrow", reach("visit_tomorrow"), None),
        ("days", daily, None),
        ("mail", reach("checklist"), Some("remind")),
        (
            "remind",
            Verb::Remind {
                today: "today".into(),
                words: "task_due".into(),
                purpose: Purpose::Reminder,
                by: vec![(Channel::Sms, 0)],
                valid_ms: 7_200_000,
            },
            None,
        ),
    ];
    let mut p = pathway(&["nurse", "medicine", "visits", "days"], steps);
    p.steps[2].skip_when = Some(is("rx.as_needed"));
    p.leave = leave_after(14);
    p
}

fn david(blobs: bool) -> Runner {
    let mut run = Runner::new(story(), zone("America/New_York"), "2026-10-30T14:00");
    run.blobs = blobs;
    let items = &mut run.world.items;
    items.insert("encounter.prescriptions".into(), vec!["MedicationRequest/1".into(), "MedicationRequest/2".into()]);
    items.insert("person.appointments".into(), vec!["Appointment/1".into()]);
    run.world.set("MedicationRequest/2.as_needed", true.into());
    let visit = local(&run.zone, "2026-11-09T10:20");
    run.world.set("Appointment/1.start", Value::Time(visit));
    run.enrol()
}

/// Days 0 to 15 with a clock change on day 2.
fn play(mut run: Runner) -> Vec<String> {
    run.run_to("2026-10-30T18:00");
    run.world.set("MedicationRequest/1.ready", true.into());
    run.about("medication.ready", "MedicationRequest/1");
    run.run_to("2026-10-31T09:30");
    run.outcome("done", json!({"pain": 3, "bleeding": false}));
    run.run_to("2026-11-01T12:00");
    run.world.mark("dressing@2026-11-01#1", "done");
    run.run_to("2026-11-02T12:00");
    run.world.set("MedicationRequest/1.picked_up", true.into());
    run.about("medication.picked_up", "MedicationRequest/1");
    run.world.mark("dressing", "struck");
    run.run_to("2026-11-03T12:00");
    run.world.set("Appointment/1.start", Value::Time(local(&run.zone, "2026-11-10T08:00")));
    run.about("appointment.moved", "Appointment/1");
    run.run_to("2026-11-20T00:00");
    run.log
}

#[test]
fn the_story_is_walked_as_told() {
    let log = play(david(true));
    let without_lists: Vec<&String> = log.iter().filter(|l| !l.contains("checklist")).collect();
    let picked_up = "until medication.picked_up(MedicationRequest/1)";
    assert_eq!(
        without_lists,
        [
            &format!("10-30 18:00 reach medicine_ready rx=MedicationRequest/1 {picked_up}"),
            "10-31 09:00 prompt check David to nurses try 1",
            "10-31 10:00 reach task_due today=2026-10-31 task=dressing@2026-10-31#0 until task.done(dressing@2026-10-31#0)",
            "10-31 11:00 reach visit_booked visit=Appointment/1",
            &format!("10-31 17:00 reach medicine_waiting rx=MedicationRequest/1 {picked_up}"),
            "10-31 18:00 reach task_due today=2026-10-31 task=dressing@2026-10-31#1 until task.done(dressing@2026-10-31#1)",
            &format!("11-01 10:00 prompt call_medicine David to nurses try 1 {picked_up}"),
            "11-01 10:00 reach task_due today=2026-11-01 task=dressing@2026-11-01#0 until task.done(dressing@2026-11-01#0)",
            "11-02 10:00 reach task_due today=2026-11-02 task=dressing@2026-11-02#0 until task.done(dressing@2026-11-02#0)",
            "11-02 12:00 withdraw 1 medication.picked_up",
            "11-03 12:00 reach visit_booked visit=Appointment/1",
            "11-09 10:00 reach visit_tomorrow visit=Appointment/1",
            "11-14 00:00 end after 14 days",
        ]
    );
    assert_eq!(log.iter().filter(|l| l.contains("reach checklist") && l.contains("08:00")).count(), 14);
}

#[test]
fn it_is_the_same_whether_the_state_is_written_in_between_or_not() {
    assert_eq!(play(david(true)), play(david(false)));
}

#[test]
fn its_state_is_small() {
    let mut run = david(true);
    run.world.items.insert("person.appointments".into(), vec!["Appointment/1".into(), "Appointment/2".into()]);
    run.world.set("Appointment/2.start", Value::Time(local(&run.zone, "2026-11-12T09:00")));
    run.run_to("2026-10-31T09:30");
    let bytes = run.state.encode().len();
    assert!(bytes <= STORY_BYTES, "{bytes} bytes: {:?}", run.state);
    println!("{bytes} bytes, {:?}", run.state.steps(&run.pathway));
}

//! Days: repeats and reminders across clock changes, zones, late enrolment.

#[expect(dead_code, reason = "each test file uses a part of the common world")]
mod common;
use common::*;
use journey::{Day, Mark, tasks};
use model::{Channel, Purpose, Value};
use pathway::ast::{Rhythm, Verb};
use throughline_journey as journey;

const NEW_YORK: &str = "America/New_York";

fn daily(to_day: u16) -> pathway::Pathway {
    let repeat = Verb::Repeat {
        rhythm: Rhythm::Days(1),
        at: clock(8, 0),
        from_day: 1,
        to_day,
        today: Some(("list".into(), "today".into())),
        until: None,
        body: 1,
    };
    let remind = Verb::Remind {
        today: "today".into(),
        words: "task_due".into(),
        purpose: Purpose::Reminder,
        by: vec![(Channel::Sms, 0)],
        valid_ms: 2 * model::time::HOUR_MS,
    };
    let steps = vec![
        ("c", repeat, Some("bye")),
        ("mail", reach("checklist"), Some("remind")),
        ("remind", remind, None),
        ("bye", reach("bye"), None),
    ];
    pathway(&["c"], steps)
}

fn mails(log: &[String]) -> Vec<&String> {
    log.iter().filter(|l| l.contains("reach checklist") || l.contains("bye")).collect()
}

#[test]
fn a_round_a_day_at_the_same_local_time_across_both_clock_changes() {
    for (day_0, days) in
        [("2026-10-30T12:00", ["10-31", "11-01", "11-02"]), ("2027-03-12T12:00", ["03-13", "03-14", "03-15"])]
    {
        let mut run = Runner::new(daily(3), zone(NEW_YORK), day_0);
        run.reminders = false;
        let mut run = run.enrol();
        run.run_until(run.now.plus_ms(6 * model::time::DAY_MS));
        let log = run.took();
        let year = &day_0[..4];
        let mut expected: Vec<String> =
            days.iter().map(|d| format!("{d} 08:00 reach checklist today={year}-{d}")).collect();
        let last: u8 = days[2][3..].parse().expect("a day");
        expected.push(format!("{}{:02} 00:00 reach bye", &days[2][..3], last + 1));
        assert_eq!(mails(&log), expected.iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_change_of_zone_doubles_no_day() {
    let mut run = Runner::new(daily(5), zone(NEW_YORK), "2026-11-20T12:00");
    run.reminders = false;
    let mut run = run.enrol();
    run.run_to("2026-11-21T08:30");
    run.zone = zone("America/Los_Angeles");
    run.tick();
    run.run_to("2026-11-22T07:59");
    assert_eq!(mails(&run.took()).len(), 1, "08:00 comes again in Los Angeles, and is not served again");
    run.run_to("2026-11-22T08:00");
    assert_eq!(run.took(), ["11-22 08:00 reach checklist today=2026-11-22"]);
    run.zone = zone("Asia/Tokyo");
    run.tick();
    run.run_to("2026-11-23T08:00");
    assert_eq!(run.took().last().expect("one"), "11-23 08:00 reach checklist today=2026-11-23");
}

#[test]
fn late_enrolment_begins_with_the_next_round() {
    let late = |now: &str| {
        let mut run = Runner::new(daily(3), zone(NEW_YORK), "2026-11-20T12:00");
        run.reminders = false;
        run.now = local(&run.zone, now);
        let mut run = run.enrol();
        run.run_to("2026-11-30T00:00");
        run.took()
    };
    assert_eq!(mails(&late("2026-11-22T08:00")).len(), 3, "the round of this moment is not past");
    assert_eq!(mails(&late("2026-11-22T09:00"))[0], "11-23 08:00 reach checklist today=2026-11-23");
    assert_eq!(late("2026-11-24T09:00")[0], "11-24 09:00 reach bye", "all rounds are past");
}

#[test]
fn a_day_that_went_by_unseen_is_not_made_up_for() {
    let mut run = Runner::new(daily(5), zone(NEW_YORK), "2026-11-20T12:00");
    run.reminders = false;
    let mut run = run.enrol();
    run.now = local(&run.zone, "2026-11-23T09:15");
    run.tick();
    assert_eq!(run.took(), ["11-23 09:15 reach checklist today=2026-11-23"]);
    run.now = local(&run.zone, "2026-11-25T07:00");
    run.tick();
    assert_eq!(run.state.next_due(), Some(local(&run.zone, "2026-11-25T08:00")));
    assert!(run.took().iter().all(|l| !l.contains("reach")), "yesterday's list is of no use this morning");
}

fn reminders(log: &[String]) -> Vec<String> {
    log.iter().filter_map(|l| Some(format!("{} {}", &l[..11], l.split(" task=").nth(1)?))).collect()
}

#[test]
fn a_text_a_task_at_its_time_until_it_is_done() {
    let mut run = Runner::new(daily(5), zone(NEW_YORK), "2026-11-20T12:00").enrol();
    run.run_to("2026-11-21T17:00");
    run.world.mark("dressing@2026-11-21#1", "done");
    run.run_to("2026-11-22T09:00");
    run.world.mark("dressing", "struck");
    run.world.set("record.has_drops", true.into());
    run.run_to("2026-11-22T23:00");
    let log = run.took();
    assert_eq!(
        reminders(&log),
        [
            "11-21 10:00 dressing@2026-11-21#0 until task.done(dressing@2026-11-21#0)",
            "11-22 12:00 drops@2026-11-22#0 until task.done(drops@2026-11-22#0)",
        ],
        "ticked, struck and added to during the day"
    );
}

#[test]
fn the_wish_for_reminders_is_followed_from_when_it_is_said() {
    let mut run = Runner::new(daily(5), zone(NEW_YORK), "2026-11-20T12:00");
    run.reminders = false;
    let mut run = run.enrol();
    run.run_to("2026-11-21T15:00");
    run.reminders = true;
    run.tick();
    run.run_to("2026-11-22T09:00");
    assert_eq!(reminders(&run.took()).len(), 1, "10:00 was past, 18:00 is still to come");
    run.reminders = false;
    run.run_to("2026-11-23T07:00");
    assert!(reminders(&run.took()).is_empty(), "switched off before 10:00");
}

#[test]
fn a_task_served_is_not_served_again_when_the_zone_changes() {
    let mut run = Runner::new(daily(5), zone(NEW_YORK), "2026-11-20T12:00").enrol();
    run.run_to("2026-11-21T10:30");
    run.zone = zone("America/Los_Angeles");
    run.tick();
    run.run_to("2026-11-21T23:00");
    let log = reminders(&run.took());
    assert_eq!(log.len(), 2, "{log:?}");
    assert!(log[1].starts_with("11-21 18:00"), "{log:?}");
}

#[test]
fn the_next_round_takes_back_what_the_last_still_had_pending() {
    let mut p = daily(5);
    let Verb::Reach { valid_ms, .. } = &mut p.steps[1].verb else { panic!("a reach") };
    *valid_ms = 48 * model::time::HOUR_MS;
    let mut run = Runner::new(p, zone(NEW_YORK), "2026-11-20T12:00");
    run.reminders = false;
    let mut run = run.enrol();
    run.run_to("2026-11-22T08:00");
    assert_eq!(run.took()[1], "11-22 08:00 withdraw 1 the day is over");
}

#[test]
fn the_tasks_of_a_day() {
    let run = Runner::new(daily(5), zone(NEW_YORK), "2026-11-20T12:00");
    let list = &run.pathway.checklists[0];
    let (mut world, day_0) = (run.world.clone(), run.now);
    let on = |world: &World, date: &str, language: &str| {
        let day = Day { date: date.parse().expect("date"), day_0, zone: &run.zone, language };
        tasks(list, &day, world, &world.marks)
    };
    let ids = |tasks: Vec<journey::Task>| tasks.into_iter().map(|t| t.id).collect::<Vec<_>>();
    assert!(on(&world, "2026-11-20", "en").is_empty(), "day 0");
    let day_1 = on(&world, "2026-11-21", "es");
    assert_eq!(day_1[0].text, "Haga dressing");
    assert_eq!(day_1[1].at, Some(local(&run.zone, "2026-11-21T18:00")));
    assert_eq!(day_1.len(), 2, "whether there are drops is unknown");
    world.set("record.has_drops", Value::Bool(true));
    world.mark("walk", "struck");
    world.mark("drops@2026-11-22#0", "done");
    let added = |task: &str, from: &str, to: &str| Mark {
        task: task.into(),
        mark: "added".into(),
        text: "Ice".into(),
        from: from.into(),
        to: to.into(),
    };
    world.marks.push(added("ice", "2026-11-22", ""));
    world.marks.push(added("gone", "", "2026-11-21"));
    let day_2 = on(&world, "2026-11-22", "fr");
    assert_eq!((day_2[2].done, day_2[3].text.as_str(), day_2[0].text.as_str()), (true, "Ice", "Do dressing"));
    assert_eq!(
        ids(day_2),
        ["dressing@2026-11-22#0", "dressing@2026-11-22#1", "drops@2026-11-22#0", "ice@2026-11-22#0"]
    );
    world.mark("drops@2026-11-22#0", "undone");
    assert!(!on(&world, "2026-11-22", "en")[2].done);
}

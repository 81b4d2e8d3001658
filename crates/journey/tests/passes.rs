//! Which steps were passed, which way, after how long: and what a correction takes back of it.

#[expect(dead_code, reason = "each test file uses a part of the common world")]
mod common;
use common::*;
use journey::Way;
use model::time::{DAY_MS, HOUR_MS};
use pathway::ast::{Goto, Late, Verb, When};
use serde_json::json;
use std::collections::BTreeMap;
use throughline_journey as journey;

fn call() -> pathway::Pathway {
    let arms = vec![(at_least("check.pain", 8.0), to(3))];
    let branch = Verb::Branch { arms, unknown: Goto::End, otherwise: to(4) };
    let steps = vec![
        ("wait", wait(When::Day { day: 1, at: clock(9, 0) }, Late::Now), Some("check")),
        ("check", prompt("check", Some("check_form"), None), Some("which")),
        ("which", branch, None),
        ("surgeon", prompt("surgeon", None, None), None),
        ("well", reach("well"), Some("later")),
        ("later", wait_for(pattern("visit.came", None, None), When::Span(DAY_MS), Goto::End, Goto::End), None),
    ];
    pathway(&["wait"], steps)
}

/// What is counted in all: one less for each that was taken back.
fn counted(run: &Runner) -> BTreeMap<(u16, Way, Option<i64>), i64> {
    let mut sums = BTreeMap::new();
    for m in &run.moves {
        *sums.entry((m.step, m.way, m.stayed_ms)).or_insert(0) += if m.more { 1 } else { -1 };
    }
    sums.retain(|_, n| *n != 0);
    sums
}

fn called() -> Runner {
    let mut run = Runner::new(call(), zone("UTC"), "2026-10-30T14:00").enrol();
    run.run_to("2026-10-31T11:00");
    run.outcome("done", json!({"pain": 2, "bleeding": false}));
    run
}

#[test]
fn each_step_is_counted_with_its_way_and_its_stay() {
    let mut run = called();
    let so_far = [
        ((0, Way::Next, Some(19 * HOUR_MS)), 1),
        ((1, Way::Next, Some(2 * HOUR_MS)), 1),
        ((2, Way::Otherwise, None), 1),
        ((4, Way::Next, None), 1),
    ];
    assert_eq!(counted(&run), so_far.into());
    run.run_to("2026-11-02T00:00");
    assert_eq!(counted(&run)[&(5, Way::Missed, Some(DAY_MS))], 1);
    let days: Vec<i32> = run.moves.iter().map(|m| m.day).collect();
    assert!(days.is_sorted() && days[0] == model::flow::day(local(&run.zone, "2026-10-31T09:00")));
}

#[test]
fn a_correction_takes_back_what_followed_and_counts_the_stay_once() {
    let mut run = called();
    let prompt = run.asked.last().expect("it was asked").1;
    run.run_to("2026-11-01T15:00");
    assert_eq!(counted(&run).len(), 5, "the wait for the visit is over by now");
    run.correct(prompt, "done", json!({"pain": 9, "bleeding": false}));
    let corrected =
        [((0, Way::Next, Some(19 * HOUR_MS)), 1), ((1, Way::Next, Some(2 * HOUR_MS)), 1), ((2, Way::Arm(1), None), 1)];
    assert_eq!(counted(&run), corrected.into());
    let gone: Vec<i32> = run.moves.iter().filter(|m| !m.more).map(|m| m.day).collect();
    assert_eq!(gone.len(), 4, "the prompt, the branch, the message, the wait");
    assert!(gone.iter().all(|day| run.moves.iter().any(|m| m.more && m.day == *day)), "each from its own day");
}

#[test]
fn what_cannot_be_corrected_any_more_is_not_remembered() {
    let mut run = called();
    run.say("encounter.readmitted", json!({}));
    let size = run.state.encode().len();
    let mut long = Runner::new(call(), zone("UTC"), "2026-10-30T14:00").enrol();
    long.run_to("2026-10-31T11:00");
    for _ in 0..100 {
        long.outcome("call_back", json!({}));
    }
    assert!(long.state.encode().len() < 4096, "{} bytes", long.state.encode().len());
    assert!(size < 512, "{size} bytes");
}

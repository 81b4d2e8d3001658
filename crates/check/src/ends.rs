//! Ways that decide nothing, waits that never end, and steps that come after the end.

use crate::graph::{DAY, Way, soonest_after};
use crate::{Checking, Told};
use pathway::ast::{Step, StepIx, Verb};
use pathway::times::field_of;

pub(crate) fn check(cx: &Checking<'_>, told: &mut Told) {
    for (ix, step) in cx.graph.steps() {
        decides_nothing(cx, ix, step, told);
        anchor(cx, step, told);
        beyond(cx, ix, step, told);
        if let Verb::Split { experiment, metric, hold_out, .. } = &step.verb {
            experiments(cx, step, experiment, (metric.is_some(), hold_out.is_some()), told);
        }
    }
}

/// A step that says where its outcomes lead, and all of them end the strand: whatever happens, nothing is done.
fn decides_nothing(cx: &Checking<'_>, ix: StepIx, step: &Step, told: &mut Told) {
    let decides =
        matches!(step.verb, Verb::WaitFor { .. } | Verb::Branch { .. } | Verb::Split { .. } | Verb::Ask { .. })
            || matches!(step.verb, Verb::Call { .. } | Verb::Reach { success: Some(_), .. });
    let ways = cx.graph.ways_of(ix);
    let ends = |way: &Way| way.to.is_none();
    // What a sub-pathway or a strand that is waited for ends with goes on elsewhere; an experiment's arms may differ
    // by what comes before it.
    if !decides || cx.graph.inner[usize::from(ix)] || !ways.iter().all(ends) {
        return;
    }
    let by: Vec<String> = ways.iter().map(|w| format!("`{}`", w.by)).collect();
    let says = format!("`{}` decides nothing: {} all end here", step.name, by.join(", "));
    told.tell("TL064", step.place, says, "say what is to be done in one of the cases, or leave this step out");
}

/// A wait around a field that may never be known waits until the journey is over.
fn anchor(cx: &Checking<'_>, step: &Step, told: &mut Told) {
    let when = match &step.verb {
        Verb::Wait { until, .. } => until,
        Verb::WaitFor { deadline, .. } | Verb::Ask { deadline, .. } => deadline,
        _ => return,
    };
    let Some(field) = field_of(when) else { return };
    let dotted = field.join(".");
    // An appointment has a start, a task its time, and who was discharged was discharged at some time.
    let known = dotted.ends_with(".start")
        || dotted.ends_with(".at")
        || dotted == "encounter.discharged_at" && cx.pathway.enrol.on == "encounter.discharged"
        || cx.pathway.enrol.day_0.as_deref() == Some(field);
    let asked = |s: &Step| s.skip_when.as_ref().is_some_and(|e| names(e, field));
    let branched = cx.pathway.steps.iter().any(|s| {
        matches!(&s.verb, Verb::Branch { arms, .. } if arms.iter().any(|(e, _)| names(e, field)))
            || matches!(&s.verb, Verb::WaitFor { fact, .. } if fact.of.as_deref() == field.first().map(String::as_str))
    });
    if !known && !asked(step) && !branched {
        let says = format!("`{dotted}` may never be known, and this waits until it is");
        told.tell(
            "TL065",
            step.place,
            says,
            format!("leave it out with `skip_when: {dotted} is unknown`, or ask first"),
        );
    }
}

fn names(e: &pathway::Expr, field: &[String]) -> bool {
    use pathway::Expr;
    match e {
        Expr::Literal(_) => false,
        Expr::Field(path) => path == field,
        Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) => names(a, field) || names(b, field),
        Expr::Not(a) | Expr::InCodes(a, _) | Expr::Known(a) => names(a, field),
    }
}

/// What can only happen after the pathway's last day never happens.
fn beyond(cx: &Checking<'_>, ix: StepIx, step: &Step, told: &mut Told) {
    let (Some(end), Some(last)) = (cx.graph.end(), cx.graph.last_day()) else { return };
    let Some(now) = cx.graph.soonest[usize::from(ix)] else { return };
    if now >= end {
        return;
    }
    let over = |at: i64| at >= end;
    let day = |at: i64| at.div_euclid(DAY as i64);
    let late = match &step.verb {
        Verb::Wait { until, .. } => Some(("this wait is over", soonest_after(until, now))),
        Verb::WaitFor { deadline, .. } | Verb::Ask { deadline, .. } => {
            Some(("its deadline is", soonest_after(deadline, now)))
        }
        Verb::Repeat { to_day, at, .. } => {
            Some(("its last round begins", i64::from(*to_day) * DAY as i64 + i64::from(*at)))
        }
        _ => None,
    };
    let Some((what, at)) = late.filter(|(_, at)| over(*at)) else { return };
    // A wait for a fact is of use until the end, and so are the rounds before it.
    let says = format!("{what} on day {} at the soonest, and the pathway ends with day {last}", day(at));
    told.tell("TL066", step.place, says, format!("let `leave` say `after: {} days`, or make it sooner", day(at)));
}

/// An experiment is judged by a goal, beside people who have none of its arms.
fn experiments(cx: &Checking<'_>, step: &Step, name: &str, (metric, hold_out): (bool, bool), told: &mut Told) {
    let missing: Vec<&str> =
        [(metric, "`metric:` with a goal"), (hold_out || cx.pathway.enrol.hold_out > 0, "`hold_out:` with a share")]
            .into_iter()
            .filter(|(there, _)| !there)
            .map(|(_, what)| what)
            .collect();
    if !missing.is_empty() {
        let says = format!("the experiment `{name}` cannot be judged");
        told.tell("TL073", step.place, says, format!("add {}", missing.join(" and ")));
    }
}

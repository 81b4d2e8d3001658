//! What cannot be in time: a message whose validity ends within quiet hours, work that is due when no team is there.

use crate::graph::{DAY, Openings, span};
use crate::{Checking, Told};
use model::time::MINUTE_MS;
use model::{Channel, Value};
use pathway::Severity;
use pathway::ast::{PromptStep, Step, StepIx, Verb};

pub(crate) fn check(cx: &Checking<'_>, told: &mut Told) {
    for (ix, step) in cx.graph.steps() {
        match &step.verb {
            Verb::Reach { by, valid_ms, urgent: false, .. } => {
                quiet(cx, step, by, *valid_ms, cx.graph.openings[usize::from(ix)].as_ref(), told);
            }
            Verb::Remind { by, valid_ms, today, .. } => {
                let times = task_times(cx, today);
                quiet(cx, step, by, *valid_ms, Some(&times), told);
            }
            Verb::Prompt(prompt) => team_hours(cx, ix, step, prompt, told),
            _ => {}
        }
    }
}

/// The times of day of the tasks of the checklist that is bound to `today`.
fn task_times(cx: &Checking<'_>, today: &str) -> Openings {
    let lists = cx.pathway.steps.iter().filter_map(|s| match &s.verb {
        Verb::Repeat { today: Some((list, var)), .. } if var == today => cx.pathway.checklist(list),
        _ => None,
    });
    let mut times: Vec<u16> = lists.flat_map(|l| &l.items).flat_map(|i| i.times.clone()).collect();
    times.sort_unstable();
    times.dedup();
    Openings::At(times)
}

/// A message that only rings and that is wanted in quiet hours must be valid until they end.
fn quiet(
    cx: &Checking<'_>,
    step: &Step,
    by: &[(Channel, i64)],
    valid_ms: i64,
    openings: Option<&Openings>,
    told: &mut Told,
) {
    let bound = cx.given.rules.quiet_channels();
    let answers = matches!(cx.pathway.enrol.on.as_str(), "reply.classified" | "code.requested");
    if by.is_empty() || answers || !by.iter().all(|(channel, _)| bound.contains(channel)) {
        return;
    }
    let (from, to) = cx.given.rules.quiet_hours();
    let valid = usize::try_from(valid_ms / MINUTE_MS).unwrap_or(usize::MAX);
    // Minutes until quiet hours end, when `minute` of the day is in them.
    let left = |minute: usize| {
        let (from, to) = (usize::from(from), usize::from(to));
        let quiet = if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to };
        quiet.then(|| (to + DAY - minute) % DAY)
    };
    let all: Vec<usize> = match openings {
        None => return,
        Some(Openings::Any) => (0..DAY).collect(),
        Some(Openings::At(minutes)) => minutes.iter().map(|m| usize::from(*m) % DAY).collect(),
    };
    let late: Vec<usize> = all.iter().copied().filter(|m| left(*m).is_some_and(|left| left >= valid)).collect();
    let Some(first) = late.iter().max_by_key(|m| left(**m)) else { return };
    let severity = if late.len() == all.len() { Severity::Error } else { Severity::Warning };
    let clock = |minute: usize| format!("{:02}:{:02}", minute / 60, minute % 60);
    let says = format!(
        "wanted at {}, this is valid for {} and quiet hours end at {}",
        clock(*first),
        span(valid_ms),
        clock(usize::from(to))
    );
    let help = "let it be `valid` longer, wait until the morning before it, or add `email` or `portal`";
    told.tell_as(severity, "TL067", step.place, says, help);
}

/// Work that is due in a team's hours must find hours before the pathway ends.
fn team_hours(cx: &Checking<'_>, ix: StepIx, step: &Step, prompt: &PromptStep, told: &mut Told) {
    let (Some(end), Some(soonest)) = (cx.graph.end(), cx.graph.soonest[usize::from(ix)]) else { return };
    let Some(openings) = cx.graph.openings[usize::from(ix)].as_ref() else { return };
    let Some(stretch) = cx.roster.stretches.first().filter(|_| prompt.due.team_hours && soonest < end) else { return };
    let opens = |m: &usize| match openings {
        Openings::Any => true,
        Openings::At(minutes) => minutes.binary_search(&stretch.week(*m)).is_ok(),
    };
    const EVERY: usize = 15;
    let all = (0..stretch.opens).step_by(EVERY).filter(opens);
    let best = all.filter_map(|m| stretch.after(m, prompt.due, &prompt.to).map(|due| due - m)).min();
    let left = usize::try_from(end - soonest).unwrap_or(0);
    if best.is_some_and(|best| best <= left) {
        return;
    }
    let says = match best {
        None => format!("{} has no such hours in any week", prompt.to),
        Some(best) => format!(
            "this is due {} after it opens at the soonest, and the pathway ends before",
            span(i64::try_from(best).unwrap_or(0) * MINUTE_MS)
        ),
    };
    told.tell("TL068", step.place, says, "let it be due sooner, or ask a team that is there");
}

/// A scope in which nothing is known but the class of the fact that enrols.
pub(crate) struct OfClass<'a>(pub &'a str);

impl pathway::Scope for OfClass<'_> {
    fn get(&self, path: &[String]) -> Value {
        match path {
            [root, field] if root == "fact" && field == "class" => Value::Text(self.0.into()),
            _ => Value::Unknown,
        }
    }
    fn items(&self, _: &[String]) -> Vec<String> {
        Vec::new()
    }
    fn bind(&self, _: &str, _: model::value::Kind, _: &str) -> Box<dyn pathway::Scope + '_> {
        Box::new(OfClass(self.0))
    }
}

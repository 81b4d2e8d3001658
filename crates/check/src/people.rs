//! Care that no machine could bring: somebody is asked, and is there.

use crate::graph::{always, span};
use crate::roster::Asked;
use crate::timing::OfClass;
use crate::{Checking, Told};
use model::prompt::{Escalation, Lapse};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{Purpose, Value};
use pathway::ast::{Step, Verb};

/// What outreach asks for when a ladder ends, see `turn::prompts`.
const ASKED_DUE: Lapse = Lapse { ms: 4 * HOUR_MS, team_hours: true };
/// When the team on duty is told that nobody did it.
const ASKED_OVERDUE: Lapse = Lapse { ms: 2 * HOUR_MS, team_hours: true };
/// The same when it is urgent.
const ASKED_URGENT: Lapse = Lapse { ms: 30 * MINUTE_MS, team_hours: false };

pub(crate) fn check(cx: &Checking<'_>, told: &mut Told) {
    let stops = cx.pathway.enrol.when.as_ref().is_some_and(|e| e.eval(&OfClass("stop")) == Value::Bool(true));
    for (ix, step) in cx.graph.steps() {
        let (purpose, urgent) = match &step.verb {
            Verb::Reach { purpose, urgent, .. } => (*purpose, *urgent),
            Verb::Ask { purpose, .. } | Verb::Remind { purpose, .. } => (*purpose, false),
            _ => continue,
        };
        if purpose != Purpose::Care && !urgent {
            continue;
        }
        // The confirmation of a STOP is the one message that nobody stands in for.
        if !stops {
            stand_in(cx, step, urgent, told);
        }
        let failed = match &step.verb {
            Verb::Reach { success: Some(_), .. } => cx.graph.ways_of(ix).get(1),
            Verb::Ask { .. } => cx.graph.ways_of(ix).get(1),
            _ => None,
        };
        let acts = |s: &Step| matches!(s.verb, Verb::Prompt(_) | Verb::Leave { .. });
        if let Some(way) = failed
            && !cx.graph.inner[usize::from(ix)]
            && cx.graph.ends_silently(way.to, &acts)
        {
            let says = format!("when nothing comes back, `{}` ends and nobody is asked", way.by);
            told.tell("TL069", step.place, says, format!("let `{}` lead to a `prompt`", way.by));
        }
    }
}

/// When the ladder ends the fallback team is asked: it is there in time, or somebody after it.
fn stand_in(cx: &Checking<'_>, step: &Step, urgent: bool, told: &mut Told) {
    let team = cx.pathway.fallback_team.as_str();
    if always(cx.given, team) {
        return;
    }
    let duty = cx.given.teams.iter().find(|t| t.hours.is_empty());
    let chain: Vec<Escalation> = match duty {
        Some(duty) if !urgent => vec![Escalation { to: duty.name.clone(), after: ASKED_OVERDUE }],
        _ => Vec::new(),
    };
    let due = if urgent { ASKED_URGENT } else { ASKED_DUE };
    let asked = Asked { to: team, due, chain: &chain };
    let within = urgent.then(|| usize::try_from(cx.given.urgent_within_ms / MINUTE_MS).unwrap_or(0));
    for stretch in &cx.roster.stretches {
        const EVERY: usize = 5;
        let walks = (0..stretch.opens).step_by(EVERY).map(|m| stretch.walk(m, &asked));
        let waits = |w: &crate::roster::Walk| w.reached.map_or(usize::MAX, |at| at - w.opened);
        let Some(worst) = walks.max_by_key(waits) else { continue };
        let bad = worst.reached.is_none() || within.is_some_and(|within| waits(&worst) >= within);
        if !bad {
            continue;
        }
        let opened = cx.roster.words(stretch, worst.opened);
        let there = match worst.reached {
            Some(at) => format!("is there after {}", span(i64::try_from(at - worst.opened).unwrap_or(0) * MINUTE_MS)),
            None => "is not there in the days that follow".into(),
        };
        let says = format!("when no channel works, {team} is asked, and {there}");
        let help = format!(
            "for one that ends {opened}, {}: let `fallback_team` be one that is there{}",
            stretch.what,
            if urgent { " at all hours" } else { "" }
        );
        told.tell("TL069", step.place, says, help);
        return;
    }
}

//! What a pathway is for, and how many reached it; and how people come onto it beside by a fact.

use super::counts::{Counts, Share};
use super::{AUTHOR, describe, said};
use crate::tongue::{Tongue, say};
use crate::words;
use maud::{Markup, html};
use model::flow;
use model::time::DAY_MS;
use pathway::Pathway;

/// The goals of a version, each with its deadline and what came of it.
pub(super) fn show(t: Tongue, pathway: &Pathway, counts: &Counts) -> Markup {
    html! {
        @if !pathway.goals.is_empty() {
            section #goals data-live aria-labelledby="goals-h" {
                h2 #goals-h { (say!(t, "pathway-goals")) }
                ul .list {
                    @for goal in &pathway.goals {
                        @let name = flow::goal(&goal.name);
                        @let (reached, missed) = (counts.went(&name, "reached"), counts.went(&name, "missed"));
                        li #{ "goal-" (goal.name) } {
                            span lang=(AUTHOR) { (goal.title) } ", "
                            (say!(t, "pathway-goal-within", when = describe::when(t, &goal.within))) ": "
                            (say!(t, "pathway-goal-counts", reached = reached, missed = missed))
                            @if reached + missed > 0 { " (" (share(t, reached, missed)) ")" }
                            @if let Some(ms) = counts.median_ms(&name) { " · " (say!(t, "pathway-median-of", lapse = said::stay(t, ms))) }
                        }
                    }
                }
            }
        }
    }
}

fn share(t: Tongue, reached: i64, missed: i64) -> String {
    say!(t, "pathway-percent", n = Share { n: reached, of: reached + missed }.percent())
}

/// The ways onto a pathway beside a fact, in words.
pub(super) fn enrolled_by(t: Tongue, pathway: &Pathway) -> String {
    let enrol = &pathway.enrol;
    let mut ways = Vec::new();
    if let Some(every) = &enrol.every {
        let time = describe::clock(t, every.at);
        ways.push(match every.weekday {
            None => say!(t, "pathway-every-day", time = time),
            Some(day) => {
                let day = t.pick("pathway-weekday", &day.to_string()).unwrap_or_default();
                say!(t, "pathway-every-week", day = day, time = time)
            }
        });
    }
    if enrol.by_hand {
        ways.push(say!(t, "pathway-by-hand"));
    }
    if enrol.by_import {
        ways.push(say!(t, "pathway-by-import"));
    }
    if let Some(days) = enrol.again_after_days {
        ways.push(say!(t, "pathway-again-after", lapse = words::lapse(t, i64::from(days) * DAY_MS)));
    }
    if enrol.hold_out > 0 {
        ways.push(say!(t, "pathway-held-out", percent = f64::from(enrol.hold_out) / 10.0));
    }
    if let Some(limit) = &enrol.places {
        let lapse = words::lapse(t, limit.waits_ms);
        ways.push(if limit.per_site {
            say!(t, "pathway-at-most-site", n = limit.at_most, lapse = lapse)
        } else {
            say!(t, "pathway-at-most", n = limit.at_most, lapse = lapse)
        });
    }
    ways.join("; ")
}

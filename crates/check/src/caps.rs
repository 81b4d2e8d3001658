//! How many messages a pathway sends to one person on a day and in a week, on the way that sends most, against the caps;
//! and purposes that need a consent.
//!
//! TL070 counts what is sure: one message for each reach (its first channel), one item of an `each`, each task of a day.
//! TL077 counts the most: each rung of a ladder, each further question by text and each time it is asked again, one
//! item of an `each`; what waits for a fact at the soonest that it can come. It is told of messages that a cap may hold
//! back with nobody at their end: care goes to the care team then, so does a reach whose `not` leads to a prompt, and a
//! ladder with the portal, which has no cap, says it there.

use crate::graph::{DAY, soonest_after};
use crate::{Checking, Told};
use model::time::MINUTE_MS;
use model::{Channel, Purpose};
use pathway::ast::{Step, StepIx, Verb};
use std::collections::BTreeMap;

/// Days that are counted.
const DAYS_MAX: i64 = 120;
/// Pairs of step and time that are looked at; what is beyond is not counted.
const STATES_MAX: usize = 20_000;
/// How deep bodies may be nested.
const DEPTH_MAX: usize = 200;

/// The messages of each day: the steps that send them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Days(pub BTreeMap<i64, Vec<StepIx>>);

impl Days {
    fn add(&mut self, other: &Self) {
        for (day, steps) in &other.0 {
            self.0.entry(*day).or_default().extend(steps);
        }
    }

    /// The busier of both, day by day.
    fn most(&mut self, other: &Self) {
        for (day, steps) in &other.0 {
            let mine = self.0.entry(*day).or_default();
            if steps.len() > mine.len() {
                mine.clone_from(steps);
            }
        }
    }
}

struct Counter<'a> {
    cx: &'a Checking<'a>,
    /// Telephone channels or mail.
    rings: bool,
    /// The most that may be, not what is sure.
    most: bool,
    known: BTreeMap<(StepIx, i64), Option<Days>>,
    depth: usize,
    end: i64,
}

/// The messages of one group of channels on each day, on the ways that send most.
pub(crate) fn days(cx: &Checking<'_>, rings: bool) -> Days {
    count(cx, rings, false)
}

fn count(cx: &Checking<'_>, rings: bool, most: bool) -> Days {
    let end = cx.graph.end().unwrap_or(i64::MAX).min(DAYS_MAX * DAY as i64);
    let mut counter = Counter { cx, rings, most, known: BTreeMap::new(), depth: 0, end };
    let mut all = Days::default();
    for (_, first) in &cx.pathway.tracks {
        let days = first.map(|first| counter.from(first, 0)).unwrap_or_default();
        all.add(&days);
    }
    all
}

/// What a step sends by: purpose and first channel.
pub(crate) fn sends(step: &Step) -> Option<(Purpose, Channel)> {
    let (purpose, by, urgent) = match &step.verb {
        Verb::Reach { purpose, by, urgent, .. } => (purpose, by, *urgent),
        Verb::Ask { purpose, by, .. } | Verb::Remind { purpose, by, .. } => (purpose, by, false),
        _ => return None,
    };
    by.first().filter(|_| !urgent).map(|(channel, _)| (*purpose, *channel))
}

/// Whether a step sends by a channel of the group first.
fn first_in(step: &Step, rings: bool) -> bool {
    sends(step).is_some_and(|(_, channel)| channel != Channel::Portal && (channel == Channel::Email) != rings)
}

impl Counter<'_> {
    fn from(&mut self, ix: StepIx, now: i64) -> Days {
        if now >= self.end || self.known.len() >= STATES_MAX || self.depth >= DEPTH_MAX {
            return Days::default();
        }
        if let Some(known) = self.known.get(&(ix, now)) {
            // A way that comes back to itself at the same time adds nothing.
            return known.clone().unwrap_or_default();
        }
        self.known.insert((ix, now), None);
        self.depth += 1;
        let found = self.step(ix, now);
        self.depth -= 1;
        self.known.insert((ix, now), Some(found.clone()));
        found
    }

    fn step(&mut self, ix: StepIx, now: i64) -> Days {
        let step = self.cx.graph.step(ix);
        let mut here = Days::default();
        let each = if self.most { self.rungs(step) } else { usize::from(first_in(step, self.rings)) };
        if each > 0 {
            let day = now.div_euclid(DAY as i64);
            here.0.insert(day, vec![ix; each * self.times(step, day)]);
        }
        let mut most = Days::default();
        for way in self.cx.graph.ways_of(ix).to_vec() {
            let Some(to) = way.to else { continue };
            if let (Verb::Repeat { at, from_day, to_day, .. }, true) = (&step.verb, way.body) {
                for day in i64::from(*from_day)..=i64::from(*to_day).min(DAYS_MAX) {
                    let at = day * DAY as i64 + i64::from(*at);
                    if at >= now {
                        here.add(&self.from(to, at));
                    }
                }
                continue;
            }
            let then = match &step.verb {
                Verb::Wait { until, .. } if way.by != "late" => soonest_after(until, now),
                Verb::WaitFor { deadline, .. } | Verb::Ask { deadline, .. } if way.by == "missed" => {
                    soonest_after(deadline, now)
                }
                Verb::Reach { valid_ms, success: Some(_), .. } if way.by == "not" => now + valid_ms / MINUTE_MS,
                // Somebody is asked, and answers at once.
                _ => now,
            };
            let after = self.from(to, then);
            if way.body {
                here.add(&after);
            } else {
                most.most(&after);
            }
        }
        here.add(&most);
        here
    }

    /// The most messages that one step sends in this group: its rungs, and what is asked further by text.
    fn rungs(&self, step: &Step) -> usize {
        let in_group = |channel: Channel| channel != Channel::Portal && (channel == Channel::Email) != self.rings;
        let (by, further) = match &step.verb {
            Verb::Reach { by, urgent: false, .. } | Verb::Remind { by, .. } => (by, 0),
            Verb::Ask { by, question, again_max, .. } => {
                let texts = self.rings && by.iter().any(|(channel, _)| *channel == Channel::Sms);
                let fields = self.cx.pathway.question(question).map_or(1, |q| q.form.fields.len());
                // The first is asked by the ladder itself.
                (by, if texts { fields * (1 + usize::from(*again_max)) - 1 } else { 0 })
            }
            _ => return 0,
        };
        by.iter().filter(|(channel, _)| in_group(*channel)).count() + further
    }

    /// A reminder is sent for each task of the day that has a time.
    fn times(&self, step: &Step, day: i64) -> usize {
        let Verb::Remind { today, .. } = &step.verb else { return 1 };
        let list = self.cx.pathway.steps.iter().find_map(|s| match &s.verb {
            Verb::Repeat { today: Some((list, var)), .. } if var == today => self.cx.pathway.checklist(list),
            _ => None,
        });
        let on = |days: (u16, u16)| i64::from(days.0) <= day && day <= i64::from(days.1);
        list.map_or(1, |l| l.items.iter().filter(|i| on(i.days)).map(|i| i.times.len()).sum())
    }
}

/// A day or a week with more messages than a purpose has places: the step, what is told.
pub(crate) fn broken(cx: &Checking<'_>, all: &Days) -> Option<(StepIx, String)> {
    let least = |steps: &[StepIx]| {
        let places = |ix: &StepIx| {
            let (purpose, channel) = sends(cx.graph.step(*ix))?;
            Some((cx.given.rules.places(channel, purpose)?, *ix, purpose))
        };
        steps.iter().filter_map(places).min_by_key(|((day, week), ix, _)| (*day, *week, *ix))
    };
    for (day, steps) in &all.0 {
        let Some(((places, of_week), ix, purpose)) = least(steps) else { continue };
        if steps.len() > places {
            let says = format!(
                "{} messages are sent on day {day}, and the cap leaves {places} places to {}",
                steps.len(),
                purpose.name()
            );
            return Some((ix, says));
        }
        let week: usize = (*day - 6..=*day).filter_map(|d| all.0.get(&d)).map(Vec::len).sum();
        if week > of_week {
            let says = format!(
                "{week} messages are sent in the week that ends with day {day}, and the cap leaves {of_week} places to {}",
                purpose.name()
            );
            return Some((ix, says));
        }
    }
    None
}

pub(crate) fn check(cx: &Checking<'_>, told: &mut Told) {
    for rings in [true, false] {
        let Some((ix, says)) = broken(cx, &days(cx, rings)) else {
            worst(cx, rings, told);
            continue;
        };
        let help = "send fewer, on other days, or say what is said twice in one message";
        told.tell("TL070", cx.graph.step(ix).place, says, help);
    }
    for (_, step) in cx.graph.steps() {
        consent(cx, step, told);
    }
}

/// A day or a week in which, at the worst, a message finds no place and nobody hears of that.
fn worst(cx: &Checking<'_>, rings: bool, told: &mut Told) {
    let all = count(cx, rings, true);
    for (day, steps) in &all.0 {
        let places = |ix: &StepIx| {
            let step = cx.graph.step(*ix);
            let (purpose, _) = sends(step)?;
            let channel = if rings { Channel::Sms } else { Channel::Email };
            let places = cx.given.rules.places(channel, purpose)?;
            vanishes(cx, *ix, step, purpose).then_some((places, *ix, purpose))
        };
        let Some(((of_day, of_week), ix, purpose)) = steps.iter().filter_map(places).min_by_key(|(p, ix, _)| (*p, *ix))
        else {
            continue;
        };
        let week: usize = (*day - 6..=*day).filter_map(|d| all.0.get(&d)).map(Vec::len).sum();
        let (sum, when, left) = match (steps.len() > of_day, week > of_week) {
            (true, _) => (steps.len(), format!("on day {day}"), of_day),
            (_, true) => (week, format!("in the week that ends with day {day}"), of_week),
            _ => continue,
        };
        let names = names(cx, steps);
        let says = format!(
            "up to {sum} messages are sent {when}, the cap leaves {left} places to {}, and nobody hears what was held back",
            purpose.name()
        );
        let help = format!(
            "they are of {names}. The way there: {}. Give some another day, a shorter ladder, or `counts` with a `not` that leads to a `prompt`",
            cx.graph.way_to(ix)
        );
        told.tell("TL077", cx.graph.step(ix).place, says, help);
        return;
    }
}

/// Whether nobody is asked when a cap holds this back: care goes to the care team by itself.
fn vanishes(cx: &Checking<'_>, ix: StepIx, step: &Step, purpose: Purpose) -> bool {
    let asks = |s: &Step| matches!(s.verb, Verb::Prompt(_));
    let failed = match &step.verb {
        Verb::Reach { success: Some(_), .. } | Verb::Ask { .. } => cx.graph.ways_of(ix).get(1),
        _ => None,
    };
    let by = match &step.verb {
        Verb::Reach { by, .. } | Verb::Ask { by, .. } | Verb::Remind { by, .. } => by.as_slice(),
        _ => &[],
    };
    // The portal has no cap: there it is said all the same.
    let said = by.iter().any(|(channel, _)| *channel == Channel::Portal);
    purpose != Purpose::Care && !said && failed.is_none_or(|way| cx.graph.ends_silently(way.to, &asks))
}

/// The steps of a day, each once with how often.
fn names(cx: &Checking<'_>, steps: &[StepIx]) -> String {
    const SHOWN: usize = 6;
    let mut often: BTreeMap<StepIx, usize> = BTreeMap::new();
    steps.iter().for_each(|ix| *often.entry(*ix).or_default() += 1);
    let one = |(ix, n): (&StepIx, &usize)| match n {
        1 => cx.graph.step(*ix).name.clone(),
        n => format!("{} ({n})", cx.graph.step(*ix).name),
    };
    let more = if often.len() > SHOWN { " and others" } else { "" };
    format!("{}{more}", often.iter().take(SHOWN).map(one).collect::<Vec<_>>().join(", "))
}

/// Nothing is sold, and nobody is rung about money, who did not agree to that.
fn consent(cx: &Checking<'_>, step: &Step, told: &mut Told) {
    let (purpose, by) = match &step.verb {
        Verb::Reach { purpose, by, .. } | Verb::Ask { purpose, by, .. } | Verb::Remind { purpose, by, .. } => {
            (*purpose, by)
        }
        _ => return,
    };
    let rings = by.iter().any(|(channel, _)| !matches!(channel, Channel::Email | Channel::Portal));
    let needs = purpose == Purpose::Marketing || purpose == Purpose::Billing && rings;
    if needs && cx.pathway.enrol.on != "consent.changed" {
        let says = format!("nothing here says that the person agreed to {} by these channels", purpose.name());
        let help = match purpose {
            Purpose::Billing => "send it by `email` and `portal`, or enrol on `consent.changed`",
            _ => "enrol on `consent.changed`: silence is no consent",
        };
        told.tell("TL071", step.place, says, help);
    }
}

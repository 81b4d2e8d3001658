//! A pathway as a graph: where each step leads and by which outcome, what lies on the way, and when it can be reached.

use crate::Given;
use model::time::{DAY_MS, MINUTE_MS};
use pathway::Pathway;
use pathway::ast::{Goto, Late, Leave, Step, StepIx, Verb, When};
use std::collections::{BTreeMap, VecDeque};

/// Minutes of a day.
pub(crate) const DAY: usize = 24 * 60;
/// Minutes of a week.
pub(crate) const WEEK: usize = 7 * DAY;

/// Minutes of a week that are told apart; more are taken as all of them.
const OPENINGS_MAX: usize = 500;

/// One way out of a step.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// `found`, `missed`, `if 1`, `unknown`, `else`; empty for the next step.
    pub by: String,
    /// Where it leads; `None` ends the strand.
    pub to: Option<StepIx>,
    /// It leads into the body of a loop or a sub-pathway, or past it.
    pub body: bool,
}

/// When a step can be reached within a week, on the person's own clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Openings {
    /// At any minute.
    Any,
    /// At these minutes of the week (Monday 00:00 is 0), sorted.
    At(Vec<u16>),
}

/// What is known of a pathway's steps.
pub(crate) struct Graph<'a> {
    pub pathway: &'a Pathway,
    pub ways: Vec<Vec<Way>>,
    /// When each can be reached; `None`: never.
    pub openings: Vec<Option<Openings>>,
    /// The soonest that each can be reached, minutes after the midnight that begins day 0; `None`: never.
    pub soonest: Vec<Option<i64>>,
    /// Steps whose `end` is the end of a sub-pathway that goes on after it, or of a strand that is waited for.
    pub inner: Vec<bool>,
    /// The step before, on a shortest way from the beginning of a track, and the outcome that leads on.
    from: Vec<Option<(StepIx, String)>>,
}

impl<'a> Graph<'a> {
    pub(crate) fn of(pathway: &'a Pathway) -> Self {
        let ways: Vec<Vec<Way>> = pathway.steps.iter().map(|step| ways(pathway, step)).collect();
        let mut this = Self {
            pathway,
            openings: vec![None; ways.len()],
            soonest: vec![None; ways.len()],
            inner: vec![false; ways.len()],
            from: vec![None; ways.len()],
            ways,
        };
        this.inner();
        this.openings();
        this.soonest();
        this.shortest();
        this
    }

    pub(crate) fn step(&self, ix: StepIx) -> &'a Step {
        &self.pathway.steps[usize::from(ix)]
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = (StepIx, &'a Step)> + use<'a> {
        (0..).zip(self.pathway.steps.iter())
    }

    pub(crate) fn ways_of(&self, ix: StepIx) -> &[Way] {
        &self.ways[usize::from(ix)]
    }

    /// The last day of the pathway, when it has one: `leave: after 14 days` ends with day 14.
    pub(crate) fn last_day(&self) -> Option<i64> {
        let days = self.pathway.leave.iter().filter_map(|l| match l {
            Leave::AfterDays(days) => Some(i64::from(*days)),
            Leave::On(_) => None,
        });
        days.min()
    }

    /// Minutes after the midnight of day 0 at which the pathway ends whatever happens.
    pub(crate) fn end(&self) -> Option<i64> {
        self.last_day().map(|days| (days + 1) * DAY as i64)
    }

    fn firsts(&self) -> impl Iterator<Item = StepIx> + '_ {
        self.pathway.tracks.iter().filter_map(|(_, first)| *first)
    }

    fn inner(&mut self) {
        let mut work: Vec<StepIx> = Vec::new();
        for step in &self.pathway.steps {
            match &step.verb {
                Verb::Include { sub, .. } => work.extend(sub),
                Verb::Parallel { strands, .. } => work.extend(strands.iter().map(|(_, first)| *first)),
                _ => {}
            }
        }
        while let Some(ix) = work.pop() {
            if !std::mem::replace(&mut self.inner[usize::from(ix)], true) {
                work.extend(self.ways_of(ix).iter().filter_map(|w| w.to));
            }
        }
    }

    fn openings(&mut self) {
        let mut work: VecDeque<StepIx> = VecDeque::new();
        let firsts: Vec<StepIx> = self.firsts().collect();
        for first in firsts {
            self.opens(first, &Openings::Any, &mut work);
        }
        // Sets only grow, and there are few different ones: each step is taken up a bounded number of times.
        while let Some(ix) = work.pop_front() {
            let Some(here) = self.openings[usize::from(ix)].clone() else { continue };
            for (to, then) in self.onward(ix, &here) {
                self.opens(to, &then, &mut work);
            }
        }
    }

    fn opens(&mut self, ix: StepIx, then: &Openings, work: &mut VecDeque<StepIx>) {
        let Some(slot) = self.openings.get_mut(usize::from(ix)) else { return };
        let merged = match (&*slot, then) {
            (None, then) => then.clone(),
            (Some(Openings::Any), _) | (_, Openings::Any) => Openings::Any,
            (Some(Openings::At(a)), Openings::At(b)) => {
                let mut all: Vec<u16> = a.iter().chain(b).copied().collect();
                all.sort_unstable();
                all.dedup();
                if all.len() > OPENINGS_MAX { Openings::Any } else { Openings::At(all) }
            }
        };
        if slot.as_ref() != Some(&merged) {
            *slot = Some(merged);
            work.push_back(ix);
        }
    }

    /// Where a step leads, and when one arrives there.
    fn onward(&self, ix: StepIx, here: &Openings) -> Vec<(StepIx, Openings)> {
        let step = self.step(ix);
        let skipped = step.skip_when.is_some().then(|| step.next.map(|next| (next, here.clone()))).flatten();
        let mut out: Vec<(StepIx, Openings)> = skipped.into_iter().collect();
        for way in self.ways_of(ix) {
            let Some(to) = way.to else { continue };
            let then = match &step.verb {
                Verb::Wait { until, .. } if way.by == "late" => match until {
                    When::Day { .. } | When::Around { .. } | When::Offset { .. } | When::Field(_) => Openings::Any,
                    _ => continue,
                },
                Verb::Wait { until, late } => match (until, late) {
                    // Late, the step that follows is left out: who comes here comes in time.
                    (When::Day { at, .. } | When::Around { at: Some(at), .. }, Late::Skip | Late::Prompt) => daily(*at),
                    (until, _) => at_of(until, here),
                },
                Verb::WaitFor { deadline, .. } if way.by == "missed" => at_of(deadline, here),
                Verb::Repeat { at, .. } if way.body => daily(*at),
                Verb::Branch { .. }
                | Verb::Split { .. }
                | Verb::Note { .. }
                | Verb::Remind { .. }
                | Verb::EnrolIn { .. }
                | Verb::WithdrawFrom { .. }
                | Verb::Repeat { .. }
                | Verb::Reach { success: None, .. } => here.clone(),
                Verb::Parallel { .. } | Verb::Include { .. } if way.body => here.clone(),
                _ => Openings::Any,
            };
            out.push((to, then));
        }
        out
    }

    fn soonest(&mut self) {
        let mut work: VecDeque<StepIx> = self.firsts().collect();
        for ix in &work {
            self.soonest[usize::from(*ix)] = Some(0);
        }
        // A step is reached sooner a bounded number of times: times only grow along a loop.
        let mut rounds = self.ways.len().saturating_mul(self.ways.len()).max(1_000);
        while let Some(ix) = work.pop_front()
            && rounds > 0
        {
            rounds -= 1;
            let Some(now) = self.soonest[usize::from(ix)] else { continue };
            let step = self.step(ix);
            let mut next: Vec<(StepIx, i64)> = Vec::new();
            if let (true, Some(to)) = (step.skip_when.is_some(), step.next) {
                next.push((to, now));
            }
            for way in self.ways_of(ix) {
                let Some(to) = way.to else { continue };
                let then = match &step.verb {
                    Verb::Wait { until, .. } if way.by != "late" => soonest_after(until, now),
                    Verb::WaitFor { deadline, .. } | Verb::Ask { deadline, .. } if way.by == "missed" => {
                        soonest_after(deadline, now)
                    }
                    Verb::Repeat { at, from_day, .. } if way.body => {
                        now.max(i64::from(*from_day) * DAY as i64 + i64::from(*at))
                    }
                    Verb::Reach { valid_ms, success: Some(_), .. } if way.by == "not" => now + valid_ms / MINUTE_MS,
                    _ => now,
                };
                next.push((to, then));
            }
            for (to, then) in next {
                let Some(slot) = self.soonest.get_mut(usize::from(to)) else { continue };
                if slot.is_none_or(|old| then < old) {
                    *slot = Some(then);
                    work.push_back(to);
                }
            }
        }
    }

    fn shortest(&mut self) {
        let mut seen = vec![false; self.ways.len()];
        let mut work: VecDeque<StepIx> = self.firsts().collect();
        work.iter().for_each(|ix| seen[usize::from(*ix)] = true);
        while let Some(ix) = work.pop_front() {
            for way in self.ways[usize::from(ix)].clone() {
                let Some(to) = way.to else { continue };
                if seen.get(usize::from(to)) == Some(&false) {
                    seen[usize::from(to)] = true;
                    self.from[usize::from(to)] = Some((ix, way.by));
                    work.push_back(to);
                }
            }
        }
    }

    /// The most that services outside are waited for on the way to a step, since the last time that anybody or anything
    /// else was waited for: milliseconds. Nobody knows when a service answers, or that it does not.
    pub(crate) fn lost_ms(&self, ix: StepIx) -> i64 {
        let mut lost = vec![0i64; self.ways.len()];
        let calls = self.steps().filter(|(_, step)| matches!(step.verb, Verb::Call { .. }));
        let mut work: VecDeque<StepIx> = calls.map(|(at, _)| at).collect();
        // What goes round without a wait is refused, so times grow a bounded number of times.
        let mut rounds = self.ways.len().saturating_mul(self.ways.len()).max(1_000);
        while let Some(from) = work.pop_front()
            && rounds > 0
        {
            rounds -= 1;
            let step = self.step(from);
            let here = lost[usize::from(from)];
            let then = match &step.verb {
                Verb::Call { within_ms, .. } => here.saturating_add(*within_ms),
                Verb::Branch { .. }
                | Verb::Split { .. }
                | Verb::Note { .. }
                | Verb::Reach { success: None, .. }
                | Verb::EnrolIn { .. }
                | Verb::WithdrawFrom { .. }
                | Verb::Parallel { .. }
                | Verb::Include { .. }
                | Verb::Each { .. } => here,
                _ => 0,
            };
            let skips = step.skip_when.is_some().then_some(step.next).flatten().map(|to| (to, here));
            let ways = self.ways_of(from).iter().filter_map(|w| Some((w.to?, then)));
            for (to, then) in ways.chain(skips) {
                let Some(slot) = lost.get_mut(usize::from(to)).filter(|slot| **slot < then) else { continue };
                *slot = then;
                work.push_back(to);
            }
        }
        lost[usize::from(ix)]
    }

    /// Whether some way leads from one step to another.
    pub(crate) fn leads(&self, from: StepIx, to: StepIx) -> bool {
        let mut seen = vec![false; self.ways.len()];
        let mut work = vec![from];
        while let Some(at) = work.pop() {
            for next in self.ways_of(at).iter().filter_map(|w| w.to) {
                if next == to {
                    return true;
                }
                if seen.get_mut(usize::from(next)).is_some_and(|seen| !std::mem::replace(seen, true)) {
                    work.push(next);
                }
            }
        }
        false
    }

    /// The way to a step by names: `nurse_call/check → if 1 → surgeon_today/surgeon_review`.
    pub(crate) fn way_to(&self, ix: StepIx) -> String {
        const STEPS_SHOWN: usize = 8;
        let mut names = vec![self.step(ix).name.clone()];
        let (mut at, mut steps) = (ix, 0);
        while let Some((before, by)) = &self.from[usize::from(at)] {
            steps += 1;
            if steps > STEPS_SHOWN {
                names.push("…".into());
                break;
            }
            if !by.is_empty() {
                names.push(format!("`{by}`"));
            }
            names.push(self.step(*before).name.clone());
            at = *before;
        }
        names.reverse();
        names.join(" → ")
    }

    /// Whether some way from `to` ends the strand before `stop` says that someone or something takes care of it.
    pub(crate) fn ends_silently(&self, to: Option<StepIx>, stop: &dyn Fn(&Step) -> bool) -> bool {
        let mut seen: BTreeMap<StepIx, ()> = BTreeMap::new();
        let mut work = vec![to];
        while let Some(at) = work.pop() {
            let Some(ix) = at else { return true };
            if seen.insert(ix, ()).is_some() || stop(self.step(ix)) {
                continue;
            }
            let body = self.ways_of(ix).iter().any(|w| w.body);
            work.extend(self.ways_of(ix).iter().filter(|w| !body || w.body || w.to.is_none()).map(|w| w.to));
        }
        false
    }
}

/// Where a jump leads.
pub(crate) fn goes(step: &Step, goto: Goto) -> Option<StepIx> {
    match goto {
        Goto::Next => step.next,
        Goto::End => None,
        Goto::Step(to) => Some(to),
    }
}

fn ways(pathway: &Pathway, step: &Step) -> Vec<Way> {
    let mut out = Vec::new();
    let mut go = |by: &str, goto: Goto| out.push(Way { by: by.into(), to: goes(step, goto), body: false });
    match &step.verb {
        Verb::WaitFor { found, missed, .. } => {
            go("found", *found);
            go("missed", *missed);
        }
        Verb::Branch { arms, unknown, otherwise } => {
            for (n, (_, goto)) in arms.iter().enumerate() {
                go(&format!("if {}", n + 1), *goto);
            }
            go("unknown", *unknown);
            go("else", *otherwise);
        }
        Verb::Reach { success: Some(_), got, not, .. } => {
            go("got", *got);
            go("not", *not);
        }
        Verb::Call { answered, failed, .. } => {
            go("answered", *answered);
            go("failed", *failed);
        }
        Verb::Ask { answered, missed, .. } => {
            go("answered", *answered);
            go("missed", *missed);
        }
        Verb::Split { arms, hold_out, .. } => {
            arms.iter().for_each(|arm| go(&arm.name, arm.to));
            hold_out.iter().for_each(|(_, to)| go("held out", *to));
        }
        Verb::Leave { .. } => go("", Goto::End),
        _ => go("", Goto::Next),
    }
    // Late, the step that follows is left out, or a prompt stands for it.
    if let Verb::Wait { late: Late::Skip | Late::Prompt, .. } = &step.verb
        && let Some(to) = step.next.and_then(|next| pathway.step(next)?.next)
    {
        out.push(Way { by: "late".into(), to: Some(to), body: false });
    }
    let mut body = |by: &str, to: StepIx| out.push(Way { by: by.into(), to: Some(to), body: true });
    match &step.verb {
        Verb::Repeat { body: first, .. } => body("each day", *first),
        Verb::Each { body: first, var, .. } => body(&format!("each {var}"), *first),
        Verb::Parallel { strands, .. } => strands.iter().for_each(|(name, first)| body(name, *first)),
        Verb::Include { sub: Some(first), .. } => body("include", *first),
        _ => {}
    }
    out
}

fn daily(at: u16) -> Openings {
    Openings::At((0..7).map(|day| day * DAY as u16 + at).collect())
}

/// The minutes of a week at which such a wait can be over.
fn at_of(when: &When, here: &Openings) -> Openings {
    match when {
        When::Span(ms) => match here {
            Openings::Any => Openings::Any,
            Openings::At(minutes) => {
                let later = usize::try_from(ms / MINUTE_MS).unwrap_or(0);
                let mut then: Vec<u16> =
                    minutes.iter().filter_map(|m| u16::try_from((usize::from(*m) + later) % WEEK).ok()).collect();
                then.sort_unstable();
                Openings::At(then)
            }
        },
        When::NextDay { at, .. } | When::Clock(at) => daily(*at),
        When::Weekday { weekday, at } => Openings::At(vec![u16::from(*weekday) * DAY as u16 + at]),
        When::WorkingDay { at, .. } => Openings::At((0..5).map(|day| day * DAY as u16 + at).collect()),
        // A day may be over already when it is reached: then one goes on at once.
        _ => Openings::Any,
    }
}

/// The soonest that a wait is over that is reached at `now`, in minutes from the midnight that begins day 0.
pub(crate) fn soonest_after(when: &When, now: i64) -> i64 {
    let day = DAY as i64;
    let clock = |days: i64, at: u16| (now.div_euclid(day) + days) * day + i64::from(at);
    match when {
        When::Day { day: days, at } => now.max(i64::from(*days) * day + i64::from(*at)),
        When::NextDay { days, at } | When::WorkingDay { days, at } => clock(i64::from(*days), *at),
        When::Weekday { at, .. } => clock(1, *at),
        When::Span(ms) => now + ms / MINUTE_MS,
        When::Clock(at) => match clock(0, *at) {
            then if then >= now => then,
            _ => clock(1, *at),
        },
        When::Around { .. } | When::Offset { .. } | When::Field(_) | When::Within(_) | When::Between { .. } => now,
    }
}

/// Whole and half days in words: `3 days`, `2 hours`, `10 minutes`.
pub(crate) fn span(ms: i64) -> String {
    let many = |n: i64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    let minutes = ms / MINUTE_MS;
    match minutes {
        m if m >= 2 * 24 * 60 && m % (24 * 60) == 0 => many(ms / DAY_MS, "day"),
        m if m >= 60 && m % 60 == 0 => many(m / 60, "hour"),
        m if m > 600 => many(m / 60, "hour"),
        m => many(m, "minute"),
    }
}

/// Whether the team of that name is at work at all hours.
pub(crate) fn always(given: &Given<'_>, name: &str) -> bool {
    given.teams.iter().any(|t| t.name == name && t.hours.is_empty())
}

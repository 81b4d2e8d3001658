//! Loops: a round a day, a strand an item, a text a task.

use crate::checklist::{Day, timed};
use crate::engine::{Flow, Run};
use crate::plan;
use crate::state::{Frame, Item, Strand, Wait};
use crate::steps::Words;
use crate::{Error, ITEMS_MAX, Task, Until, Way};
use model::value::Kind;
use pathway::ast::{Step, StepIx, Verb};

/// The variable that the words of a reminder name the task by.
const TASK: &str = "task";

impl<'a> Run<'a> {
    /// Begins a repeat. Rounds whose time is past are left out.
    pub fn arrive_repeat(&mut self, strand: &mut Strand, step: &'a Step) -> Result<Flow, Error> {
        let Verb::Repeat { at, .. } = &step.verb else { return Ok(Flow::Stay) };
        let today = self.cx.now.date_in(self.cx.zone);
        let past = plan::local(today, *at, self.cx.zone) < self.cx.now;
        let served = plan::number(today) - i32::from(!past);
        strand.wait = Wait::Repeat { served, open: false, planned: self.cx.now };
        self.repeat(strand, step)
    }

    /// Begins the round that is due, and plans the next. The last round ends with the last day that it may be in.
    pub fn repeat(&mut self, strand: &mut Strand, step: &'a Step) -> Result<Flow, Error> {
        let (Wait::Repeat { mut served, mut open, .. }, Verb::Repeat { rhythm, at, from_day, to_day, until, body, .. }) =
            (strand.wait.clone(), &step.verb)
        else {
            return Ok(Flow::Stay);
        };
        if self.holds(until.as_ref(), strand) {
            self.note("repeat:until", &step.name);
            self.drop_round(&round(strand, served), "the repeat is over");
            self.pass(strand, step, Way::Found);
            return Ok(Flow::Go(step.next));
        }
        let (now, zone) = (self.cx.now, self.cx.zone);
        let day_0 = plan::number(self.state.day_0.date_in(zone));
        let (first, last) = (day_0 + i32::from(*from_day), day_0 + i32::from(*to_day));
        let today = plan::number(now.date_in(zone));
        let starts = |day: i32| plan::local(plan::date(day), *at, zone);
        let next = rhythm.next(first, served.saturating_add(1));
        if next <= last && starts(next) <= now {
            // Only today's round is of use: of the days that went by unseen, none is made up for.
            let due = if starts(today) <= now { today } else { today - 1 }.min(last);
            if open {
                self.drop_round(&round(strand, served), "the day is over");
            }
            (served, open) = (due, due == today && rhythm.next(first, today) == today);
            if open {
                self.note("repeat:round", &format!("{} {}", step.name, plan::date(due)));
                let frames = round(strand, due);
                self.pass(strand, step, Way::Body);
                self.push(self.fresh(*body, frames, strand))?;
            } else {
                self.note("repeat:missed", &format!("{} {}", step.name, plan::date(due)));
            }
        }
        let next = rhythm.next(first, served.saturating_add(1));
        let planned = if next <= last {
            starts(next)
        } else {
            let ends = plan::local(plan::date(served.max(last).saturating_add(1)), 0, zone);
            if !open || ends <= now {
                if open {
                    self.drop_round(&round(strand, served), "the day is over");
                }
                self.pass(strand, step, Way::Next);
                return Ok(Flow::Go(step.next));
            }
            ends
        };
        strand.wait = Wait::Repeat { served, open, planned };
        Ok(Flow::Stay)
    }

    /// Begins an `each`: it watches for items, and the steps after it are gone on with at once.
    pub fn arrive_each(&mut self, strand: &mut Strand, step: &'a Step) -> Result<Flow, Error> {
        if self.fork(strand, step)? {
            return Ok(Flow::Go(step.next));
        }
        strand.wait = Wait::Each { started: Vec::new() };
        strand.since = None;
        self.each(strand, step)
    }

    /// Starts a strand for every item that has none, and ends the round of one that is to be left out
    /// by now (a medicine that was stopped, a visit that was cancelled): it begins anew should that
    /// change back.
    pub fn each(&mut self, strand: &mut Strand, step: &'a Step) -> Result<Flow, Error> {
        let (Wait::Each { started }, Verb::Each { over, body, .. }) = (&strand.wait, &step.verb) else {
            return Ok(Flow::Stay);
        };
        let mut started = started.clone();
        use pathway::Scope;
        for id in self.view(&strand.frames).items(over) {
            if let Some(place) = started.iter().position(|s| *s == id) {
                let round = item_round(strand, &id);
                let item = self.fresh(*body, round, strand);
                if self.holds(step.skip_when.as_ref(), &item) {
                    started.remove(place);
                    self.note("each:left_out", &format!("{} {id}", step.name));
                    self.drop_round(&item.frames, "left out");
                }
                continue;
            }
            if started.len() >= ITEMS_MAX {
                self.note("each:bound", &format!("{} {id}", step.name));
                break;
            }
            let item = self.fresh(*body, item_round(strand, &id), strand);
            if self.holds(step.skip_when.as_ref(), &item) {
                continue;
            }
            self.note("each:item", &format!("{} {id}", step.name));
            self.pass(strand, step, Way::Body);
            self.push(item)?;
            started.push(id);
        }
        strand.wait = Wait::Each { started };
        Ok(Flow::Stay)
    }

    /// Begins the reminders of a day; the steps after them are gone on with at once.
    pub fn arrive_remind(&mut self, strand: &mut Strand, step: &'a Step) -> Result<Flow, Error> {
        if self.todays(strand, step).is_none() {
            self.note("remind:no_checklist", &step.name);
            self.pass_on(strand, step);
            return Ok(Flow::Go(step.next));
        }
        if self.fork(strand, step)? {
            return Ok(Flow::Go(step.next));
        }
        strand.wait = Wait::Remind { served: -1, next: None };
        strand.since = None;
        Ok(self.remind(strand, step))
    }

    /// Reminds of what is due, and plans the next. Without the person's wish for it nothing is planned.
    pub fn remind(&mut self, strand: &mut Strand, step: &Step) -> Flow {
        let Wait::Remind { served, next } = strand.wait else { return Flow::Stay };
        let now = self.cx.now;
        if !self.cx.task_reminders {
            strand.wait = Wait::Remind { served, next: None };
            return Flow::Stay;
        }
        let Some(tasks) = self.todays(strand, step) else {
            self.note("remind:no_checklist", &step.name);
            return Flow::Go(None);
        };
        let plan_next = |served: i32| {
            let later = |(task, minute): &(Task, Option<u16>)| {
                let (at, minute) = (task.at?, (*minute)?);
                (i32::from(minute) > served && at >= now).then_some((minute, at))
            };
            tasks.iter().filter_map(later).min()
        };
        let (mut served, mut next) = (served, next.or_else(|| plan_next(served)));
        if let Some((from, _)) = next {
            let from = i32::from(from);
            for (task, minute) in &tasks {
                let (Some(at), Some(minute)) = (task.at, minute.map(i32::from)) else { continue };
                if minute >= from && at <= now {
                    self.remind_of(strand, step, task);
                    served = served.max(minute);
                }
            }
            next = plan_next(served);
        }
        // What is due at this very moment was served above, so the next is later.
        strand.wait = Wait::Remind { served, next: next.filter(|(_, at)| *at > now) };
        Flow::Stay
    }

    fn remind_of(&mut self, strand: &Strand, step: &Step, task: &Task) {
        let Verb::Remind { words, purpose, by, valid_ms, .. } = &step.verb else { return };
        let Some(valid_until) = task.at.map(|at| at.plus_ms(*valid_ms)).filter(|at| *at > self.cx.now) else {
            self.note("remind:too_late", &task.id);
            return;
        };
        if task.done {
            self.note("remind:done", &task.id);
            return;
        }
        let mut bindings = self.bindings(&strand.frames);
        bindings.push((TASK.into(), Kind::Task, task.id.clone()));
        let until = Until { kind: "task.done".into(), about: Some(task.id.clone()) };
        let words = Words { words, purpose: *purpose, by, valid_until, urgent: false };
        self.reach_bound(strand, step, &words, Some(until), bindings);
    }

    /// The tasks of the day that the strand is in.
    fn todays(&self, strand: &Strand, step: &Step) -> Option<Vec<(Task, Option<u16>)>> {
        let Verb::Remind { today, .. } = &step.verb else { return None };
        let mut day = today;
        let (name, date) =
            strand.frames.iter().rev().find_map(|frame| match (&self.pathway.step(frame.step)?.verb, &frame.item) {
                (Verb::Repeat { today: Some((list, var)), .. }, Item::Date(date)) if var == day => Some((list, *date)),
                (Verb::Include { with, .. }, _) => {
                    day = with.iter().find(|(own, _)| own == day).map_or(day, |(_, theirs)| theirs);
                    None
                }
                _ => None,
            })?;
        let list = self.pathway.checklist(name)?;
        let language = self.language();
        let day = Day { date: plan::date(date), day_0: self.state.day_0, zone: self.cx.zone, language };
        Some(timed(list, &day, &self.view(&strand.frames), self.cx.marks))
    }

    /// Lets a strand of its own go on with the steps after a loop that watches on. True when the loop
    /// is watched already (a pathway that came round to it again): then the strand itself goes on.
    fn fork(&mut self, strand: &Strand, step: &Step) -> Result<bool, Error> {
        let watches = |s: &Strand| {
            let loops = matches!(s.wait, Wait::Each { .. } | Wait::Remind { .. });
            loops && s.step == strand.step && s.frames == strand.frames
        };
        if self.slots.iter().flatten().any(watches) {
            return Ok(true);
        }
        let on = self.fresh(strand.step, strand.frames.clone(), strand);
        if let Some(on) = self.onward(on, step.next) {
            self.pass_on(strand, step);
            self.push(on)?;
        }
        Ok(false)
    }

    /// A strand that begins at `step` because of `from`.
    pub fn fresh(&self, step: StepIx, frames: Vec<Frame>, from: &Strand) -> Strand {
        Strand { step, frames, cause: from.cause, wait: Wait::Ready, since: Some(self.cx.now) }
    }
}

/// The frames of a strand inside of the round of an item.
fn item_round(each: &Strand, id: &str) -> Vec<Frame> {
    let mut frames = each.frames.clone();
    frames.push(Frame { step: each.step, item: Item::Id(id.to_owned()) });
    frames
}

/// The frames of a strand inside of the round of `day`.
fn round(repeat: &Strand, day: i32) -> Vec<Frame> {
    let mut frames = repeat.frames.clone();
    frames.push(Frame { step: repeat.step, item: Item::Date(day) });
    frames
}

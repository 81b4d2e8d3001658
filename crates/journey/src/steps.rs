//! Steps: what each does when a strand arrives, and what waits do as time goes on.

use crate::engine::{Flow, Run};
use crate::facts::goto;
use crate::plan;
use crate::state::{Frame, Key, Strand, Wait};
use crate::{Context, Effect, Error, ReachIntent, Way};
use model::{At, Channel, Purpose, Value};
use pathway::Expr;
use pathway::ast::{FactPattern, Goto, Late, Step, Verb, When};

/// Branches one after the other that are looked through for the red flag that follows one.
const BRANCHES_MAX: usize = 8;

/// What a reach says, beside who is to be reached.
pub struct Words<'s> {
    pub words: &'s str,
    pub purpose: Purpose,
    pub by: &'s [(Channel, i64)],
    pub valid_until: At,
    pub urgent: bool,
}

impl<'a> Run<'a> {
    /// A strand arrives at its step.
    pub fn arrive(&mut self, strand: &mut Strand, step: &'a Step) -> Result<Flow, Error> {
        let each = matches!(step.verb, Verb::Each { .. });
        // The condition of an `each` is about its item, and asked for each of them.
        if !each && self.holds(step.skip_when.as_ref(), strand) {
            self.note("step:skipped", &step.name);
            self.pass(strand, step, Way::Skipped);
            return Ok(Flow::Go(step.next));
        }
        let now = self.cx.now;
        Ok(match &step.verb {
            Verb::Wait { until, late } => self.arrive_wait(strand, step, until, *late),
            Verb::WaitFor { .. } => {
                strand.wait = Wait::Fact { since: now, deadline: None };
                self.wait_for(strand, step)
            }
            Verb::Ask { .. } => self.arrive_ask(strand, step),
            Verb::Call { .. } => self.arrive_call(strand, step),
            Verb::Reach { success: Some(_), .. } => self.arrive_reach(strand, step),
            Verb::Reach { words, purpose, by, valid_ms, urgent, until, .. } => {
                let valid_until = now.plus_ms(*valid_ms);
                let words = Words { words, purpose: *purpose, by, valid_until, urgent: *urgent };
                self.reach(strand, step, &words, until.as_ref());
                self.pass_on(strand, step);
                Flow::Go(step.next)
            }
            Verb::Prompt(_) => self.arrive_prompt(strand, step),
            Verb::Branch { arms, unknown, otherwise } => {
                Flow::Go(goto(self.branch(strand, step, arms, (*unknown, *otherwise)), step))
            }
            Verb::Repeat { .. } => return self.arrive_repeat(strand, step),
            Verb::Each { .. } => return self.arrive_each(strand, step),
            Verb::Remind { .. } => return self.arrive_remind(strand, step),
            Verb::Split { experiment, hold_out, arms, .. } => {
                Flow::Go(goto(self.split(strand, step, experiment, *hold_out, arms), step))
            }
            Verb::Parallel { strands, .. } => return self.arrive_parallel(strand, step, strands),
            Verb::Include { sub, .. } => return self.include(strand, step, *sub),
            Verb::EnrolIn { pathway } => {
                let (_, id) = self.effect();
                let cause = strand.cause.map(|fact| fact.to_string());
                self.effects.push(Effect::Enrol { id, pathway: pathway.clone(), cause });
                self.pass_on(strand, step);
                Flow::Go(step.next)
            }
            Verb::WithdrawFrom { pathway, reason } => {
                let reason = self.render(reason, &self.view(&strand.frames));
                self.effects.push(Effect::Leave { pathway: pathway.clone(), reason });
                self.pass_on(strand, step);
                Flow::Go(step.next)
            }
            Verb::Note { text } => {
                let text = self.render(text, &self.view(&strand.frames));
                let (_, id) = self.effect();
                self.effects.push(Effect::Note { id, text });
                self.pass_on(strand, step);
                Flow::Go(step.next)
            }
            Verb::Leave { reason } => {
                self.pass_on(strand, step);
                self.end(reason);
                Flow::Go(None)
            }
        })
    }

    /// Whether a condition is there and true.
    pub fn holds(&self, condition: Option<&Expr>, strand: &Strand) -> bool {
        condition.is_some_and(|e| e.eval(&self.view(&strand.frames)) == Value::Bool(true))
    }

    fn branch(&mut self, strand: &Strand, step: &Step, arms: &[(Expr, Goto)], or: (Goto, Goto)) -> Goto {
        let (way, number, to) = self.taken(&strand.frames, arms, or);
        match way {
            Way::Arm(_) => self.note("branch:arm", &format!("{} {number}", step.name)),
            Way::Unknown => self.note("branch:unknown", &format!("{} {number}", step.name)),
            _ => self.note("branch:otherwise", &step.name),
        }
        self.pass(strand, step, way);
        to
    }

    /// The way that a branch takes as things are known now, and the arm that decided it, from 1; `or` is where
    /// `unknown` and `else` lead.
    fn taken(&self, frames: &[Frame], arms: &[(Expr, Goto)], or: (Goto, Goto)) -> (Way, u16, Goto) {
        let view = self.view(frames);
        for (number, (condition, to)) in (1..=u16::MAX).zip(arms) {
            match condition.eval(&view) {
                Value::Bool(true) => return (Way::Arm(number), number, *to),
                Value::Bool(false) => {}
                _ => return (Way::Unknown, number, or.0),
            }
        }
        (Way::Otherwise, 0, or.1)
    }

    /// Whether a red flag is certain to follow at once after `step`, with nothing between but branches: somebody on
    /// duty is asked then as much as by the one before.
    pub fn leads_to_red_flag(&self, step: &Step, frames: &[Frame]) -> bool {
        let mut next = step.next;
        for _ in 0..BRANCHES_MAX {
            let Some(step) = next.and_then(|ix| self.pathway.step(ix)).filter(|s| s.skip_when.is_none()) else {
                return false;
            };
            match &step.verb {
                Verb::Branch { arms, unknown, otherwise } => {
                    next = goto(self.taken(frames, arms, (*unknown, *otherwise)).2, step);
                }
                Verb::Prompt(prompt) => return prompt.person_within_ms.is_some() && prompt.until.is_none(),
                _ => return false,
            }
        }
        false
    }

    /// Wants something to be got across, unless it is pointless already.
    pub fn reach(
        &mut self,
        strand: &Strand,
        step: &Step,
        what: &Words<'_>,
        until: Option<&FactPattern>,
    ) -> Option<Key> {
        if until.is_some_and(|pattern| self.already(pattern, &strand.frames)) {
            self.note("reach:pointless", &step.name);
            return None;
        }
        let until = until.map(|pattern| self.until(pattern, &strand.frames));
        let bindings = self.bindings(&strand.frames);
        Some(self.reach_bound(strand, step, what, until, bindings))
    }

    /// The same with variables of its own.
    pub fn reach_bound(
        &mut self,
        strand: &Strand,
        step: &Step,
        what: &Words<'_>,
        until: Option<crate::Until>,
        bindings: crate::Bindings,
    ) -> Key {
        let (key, id) = self.effect();
        self.pending(key, what.valid_until, &strand.frames);
        self.effects.push(Effect::Reach(ReachIntent {
            id,
            step: step.name.clone(),
            words: what.words.to_owned(),
            purpose: what.purpose,
            by: what.by.to_vec(),
            valid_until: what.valid_until,
            urgent: what.urgent,
            until,
            bindings,
            cause: strand.cause.map(|fact| fact.to_string()),
        }));
        key
    }

    /// When `rule` is due for a strand that has stood at its step since then.
    pub fn plan(&self, rule: &When, since: At, strand: &Strand, step: &Step) -> Option<At> {
        let (view, draw) = (self.view(&strand.frames), self.draw(step, &strand.frames));
        let Context { zone, holidays, .. } = *self.cx;
        let day_0 = self.state.day_0;
        plan::plan(rule, &plan::Clock { day_0, since, zone, scope: &view, holidays, draw })
    }

    fn arrive_wait(&mut self, strand: &mut Strand, step: &'a Step, until: &When, late: Late) -> Flow {
        let now = self.cx.now;
        let planned = self.plan(until, now, strand, step);
        match planned {
            Some(at) if at < now => return self.late(strand, step, late, at),
            Some(at) if at == now => {
                self.pass(strand, step, Way::Next);
                return Flow::Go(step.next);
            }
            Some(at) => self.note("wait:planned", &format!("{} at={at}", step.name)),
            None => self.note("wait:unplanned", &step.name),
        }
        strand.wait = Wait::Time { since: now, planned };
        Flow::Stay
    }

    /// Plans a wait anew and fires it when it is due. One that moved into the past is late, like one
    /// that was past on arrival; one whose plan stood and that is seen only now is not.
    pub fn wait(&mut self, strand: &mut Strand, step: &'a Step, until: &When, late: Late) -> Flow {
        let Wait::Time { since, planned: before } = strand.wait else { return Flow::Stay };
        let now = self.cx.now;
        let planned = self.plan(until, since, strand, step);
        if planned != before {
            let at = planned.map(|at| at.to_string()).unwrap_or_default();
            self.note("wait:moved", &format!("{} at={at}", step.name));
        }
        match planned {
            Some(at) if at < now && before.is_none_or(|b| b > now) => self.late(strand, step, late, at),
            Some(at) if at <= now => {
                self.pass(strand, step, Way::Next);
                Flow::Go(step.next)
            }
            _ => {
                strand.wait = Wait::Time { since, planned };
                Flow::Stay
            }
        }
    }

    fn late(&mut self, strand: &mut Strand, step: &'a Step, late: Late, at: At) -> Flow {
        let Some(next) = step.next.and_then(|ix| self.pathway.step(ix)) else {
            self.pass(strand, step, Way::Next);
            return Flow::Go(None);
        };
        let code = match late {
            Late::Now => "late:now",
            Late::Skip => "late:skip",
            Late::Prompt => "late:prompt",
        };
        self.note(code, &format!("{} at={at}", next.name));
        match late {
            Late::Now => {
                self.pass(strand, step, Way::Next);
                Flow::Go(step.next)
            }
            Late::Skip => {
                self.pass(strand, step, Way::Late);
                Flow::Go(next.next)
            }
            Late::Prompt => self.late_prompt(strand, next, at),
        }
    }

    /// Looks whether what a strand waits for has come true, or its deadline is over.
    pub fn wait_for(&mut self, strand: &mut Strand, step: &Step) -> Flow {
        let (Wait::Fact { since, deadline: before }, Verb::WaitFor { fact, deadline, found, missed }) =
            (&strand.wait, &step.verb)
        else {
            return Flow::Stay;
        };
        if self.already(fact, &strand.frames) {
            self.note("wait_for:already", &step.name);
            self.pass(strand, step, Way::Found);
            return Flow::Go(goto(*found, step));
        }
        let planned = self.plan(deadline, *since, strand, step);
        if planned.is_some_and(|at| at <= self.cx.now) {
            self.note("wait_for:missed", &step.name);
            self.pass(strand, step, Way::Missed);
            return Flow::Go(goto(*missed, step));
        }
        if planned != *before {
            let at = planned.map(|at| at.to_string()).unwrap_or_default();
            self.note("wait_for:planned", &format!("{} deadline={at}", step.name));
        }
        strand.wait = Wait::Fact { since: *since, deadline: planned };
        Flow::Stay
    }
}

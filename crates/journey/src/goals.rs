//! Goals: reached when what counts comes true before the deadline, missed otherwise.
//!
//! Invariants: a goal is decided once. While one is open and its deadline is planned the journey is not over by
//! itself, so that what it is measured by can still come. A journey that is ended misses what it has not reached.

use crate::engine::Run;
use crate::state::{How, Met};
use crate::{Effect, Input, plan};
use model::{At, Fact, Value};
use pathway::ast::Goal;

impl Run<'_> {
    /// A fact that a goal is reached by; asked before the fact may end the journey.
    pub fn goals_by(&mut self, fact: &Fact) {
        let pathway = self.pathway;
        for (place, goal) in (0..).zip(&pathway.goals) {
            let meant = goal.on.as_ref().is_some_and(|p| p.kind == fact.kind) && self.of_episode(fact);
            let in_time = |due: Option<At>| due.is_none_or(|due| fact.occurred_at.min(self.cx.now) <= due);
            if meant && !self.decided(place) && in_time(self.deadline(goal)) && self.counts(goal) {
                self.met(place, goal, How::Reached, "");
            }
        }
    }

    /// Looks at every goal that is open: what counts, then the deadline, planned anew.
    pub fn goals(&mut self, input: &Input<'_>) {
        if self.state.ended.is_some() || !self.state.begun {
            return;
        }
        let now = self.cx.now;
        let at = if let Input::Fact(fact) = input { fact.occurred_at.min(now) } else { now };
        let pathway = self.pathway;
        for (place, goal) in (0..).zip(&pathway.goals) {
            if self.decided(place) {
                continue;
            }
            let due = self.deadline(goal);
            self.state.goals.retain(|met| met.goal != place);
            if goal.on.is_none() && due.is_none_or(|due| at < due) && self.counts(goal) {
                self.met(place, goal, How::Reached, "");
            } else if due.is_some_and(|due| due <= now) {
                self.met(place, goal, How::Missed, "deadline");
            } else if let Some(at) = due {
                self.state.goals.push(Met { goal: place, at, how: How::Open });
            }
        }
    }

    /// The journey is over: what is not reached now is missed.
    pub fn close_goals(&mut self, because: &str) {
        let pathway = self.pathway;
        for (place, goal) in (0..).zip(&pathway.goals) {
            if self.decided(place) {
                continue;
            }
            let in_time = self.deadline(goal).is_none_or(|due| self.cx.now < due);
            if goal.on.is_none() && in_time && self.counts(goal) {
                self.met(place, goal, How::Reached, "");
            } else {
                self.met(place, goal, How::Missed, because);
            }
        }
    }

    /// Whether a goal keeps the journey: its deadline is to come.
    pub fn goals_open(&self) -> bool {
        self.state.goals.iter().any(|met| met.how == How::Open)
    }

    fn decided(&self, place: u16) -> bool {
        self.state.goals.iter().any(|met| met.goal == place && met.how != How::Open)
    }

    fn counts(&self, goal: &Goal) -> bool {
        goal.when.eval(&self.view(&[])) == Value::Bool(true)
    }

    fn deadline(&self, goal: &Goal) -> Option<At> {
        let day_0 = self.state.day_0;
        let (zone, holidays) = (self.cx.zone, self.cx.holidays);
        // Nothing of a deadline is by chance.
        plan::plan(&goal.within, &plan::Clock { day_0, since: day_0, zone, scope: &self.view(&[]), holidays, draw: 0 })
    }

    fn met(&mut self, place: u16, goal: &Goal, how: How, because: &str) {
        let now = self.cx.now;
        self.state.goals.retain(|met| met.goal != place);
        self.state.goals.push(Met { goal: place, at: now, how });
        let reached = how == How::Reached;
        self.note(if reached { "goal:reached" } else { "goal:missed" }, &goal.name);
        self.effects.push(Effect::Goal {
            goal: goal.name.clone(),
            title: goal.title.clone(),
            reached,
            because: because.to_owned(),
            after_ms: now.0.saturating_sub(self.state.day_0.0).max(0),
        });
    }
}

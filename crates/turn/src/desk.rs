//! What the team does with a prompt before its outcome: claims it for a while, snoozes it, hands it over, gives
//! it back; and the moment in which an outcome that was just said can still be undone.
//!
//! Invariants: none of it moves the deadline. A claim is a lease: it lapses by itself, and it holds an escalation
//! off for [`HELD_OFF_MAX_MS`] at most, however often it is renewed. A snooze never passes the deadline. An
//! outcome that leads to something urgent, that is about something urgent, or that says that a number is
//! somebody else's, takes effect at once.

use crate::hours;
use crate::prompts::team;
use crate::turn::{Turn, earlier};
use model::prompt::{HandedOver, HeldOutcome, Outcome, Prompt, PromptStatus, Team};
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{Actor, At, Fact, PromptId};
use serde_json::{Value as Json, json};

/// How long a claim holds when the fact does not say.
pub const LEASE_MS: i64 = 30 * MINUTE_MS;
/// No claim holds longer, whatever the fact says: on a clock that runs fast it says more.
const LEASE_MAX_MS: i64 = DAY_MS;
/// No claim keeps a prompt from escalating longer than this after its time, however often it is renewed.
pub const HELD_OFF_MAX_MS: i64 = HOUR_MS;
/// No outcome waits longer than this to take effect.
const HOLD_MAX_MS: i64 = DAY_MS;
/// What is urgent is called back within this: a call back is no snooze of a red flag.
pub const CALL_BACK_URGENT_MAX_MS: i64 = 30 * MINUTE_MS;
/// Anything else is called back within this.
pub const CALL_BACK_MAX_MS: i64 = 14 * DAY_MS;
/// No note of a hand-over is longer, characters.
const NOTE_MAX: usize = 2_000;

/// When it escalates, whoever has claimed it; `None` when it is closed, said to be done, or nobody is left.
pub fn escalates_at(prompt: &Prompt) -> Option<At> {
    let at = prompt.escalates_at.filter(|_| prompt.desk.held.is_none())?;
    match prompt.status {
        PromptStatus::Open => Some(at),
        PromptStatus::Acknowledged => {
            let held_off = prompt.desk.lease_until.unwrap_or(at).min(at.plus_ms(HELD_OFF_MAX_MS));
            Some(at.max(held_off))
        }
        PromptStatus::Completed | PromptStatus::Withdrawn => None,
    }
}

/// When something happens to an open prompt by itself: it escalates, its claim lapses, its outcome takes effect.
pub fn next_due(prompt: &Prompt) -> Option<At> {
    if !prompt.status.is_open() {
        return None;
    }
    if let Some(held) = &prompt.desk.held {
        return Some(held.until);
    }
    // A claim of before there were leases has lapsed: whoever left it then may not hold up an escalation for ever.
    let lease = prompt.desk.lease_until.or(Some(prompt.opened_at));
    let lapses = lease.filter(|_| prompt.status == PromptStatus::Acknowledged);
    earlier(escalates_at(prompt), lapses)
}

/// Who has claimed it, while the claim holds.
pub fn claimed_by(prompt: &Prompt, now: At) -> Option<&str> {
    let holds = prompt.status == PromptStatus::Acknowledged && prompt.desk.lease_until.is_some_and(|at| at > now);
    prompt.assignee.as_deref().filter(|_| holds)
}

/// Makes a claimed prompt anyone's again.
fn release(prompt: &mut Prompt, teams: &[Team], now: At) {
    prompt.status = PromptStatus::Open;
    prompt.assignee = None;
    prompt.desk.lease_until = None;
    // A claim of an earlier version had put the escalation out.
    if prompt.escalates_at.is_none() {
        let next = prompt.escalations.first();
        prompt.escalates_at =
            next.map(|next| hours::after(prompt.due_at.max(now), next.after, team(teams, &prompt.team)));
    }
}

/// Whether a fact about an open prompt may be taken, or why not.
pub fn admit(prompt: &Prompt, fact: &Fact, teams: &[Team], now: At) -> Result<(), String> {
    let kind = fact.kind.as_str();
    let who = staff(fact);
    if kind == "prompt.undone" {
        return match &prompt.desk.held {
            Some(held) if held.until > now => Ok(()),
            _ => Err("it is too late to undo this outcome: correct it instead".into()),
        };
    }
    if !prompt.status.is_open() {
        return Err("this prompt is closed already".into());
    }
    if prompt.desk.held.is_some() {
        return Err("this prompt has an outcome already: undo that one, or correct it".into());
    }
    let moves = matches!(kind, "prompt.snoozed" | "prompt.released" | "prompt.handed_over");
    if moves && !prompt.urgent || is_bare(prompt, fact) {
        // A list that was drawn before the claim. What somebody found on a call is never refused for a claim, and
        // what is urgent can always be given to somebody else.
        free_for(prompt, who, now)?;
    }
    match kind {
        "prompt.completed" => outcome_may(prompt, fact, now),
        "prompt.acknowledged" => free_for(prompt, who, now),
        "prompt.snoozed" => match fact.at("until") {
            Some(_) if prompt.urgent => Err("what is urgent cannot be snoozed".into()),
            Some(until) if until > prompt.due_at => Err("a snooze cannot pass the time by which it is due".into()),
            Some(until) if until > now => Ok(()),
            _ => Err("body.until: a time that is to come is expected".into()),
        },
        "prompt.handed_over" => {
            let to = fact.text("team").ok_or("body.team: the name of a team is expected")?;
            let _ = team(teams, to).ok_or_else(|| format!("there is no team `{to}`"))?;
            let note = fact.text("note").unwrap_or_default();
            if note.chars().count() > NOTE_MAX {
                Err(format!("a note has at most {NOTE_MAX} characters"))
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

/// Whether it is an outcome without anything found, of something that is not urgent: a click on a list.
fn is_bare(prompt: &Prompt, fact: &Fact) -> bool {
    let found = fact.body.get("answers").and_then(Json::as_object).is_some_and(|a| !a.is_empty());
    fact.kind == "prompt.completed" && !prompt.urgent && !found && fact.text("note").unwrap_or_default().is_empty()
}

/// Whether nobody else's claim holds.
fn free_for(prompt: &Prompt, who: Option<&str>, now: At) -> Result<(), String> {
    match claimed_by(prompt, now) {
        Some(other) if who.is_some_and(|who| who != other) => {
            Err(format!("{other} has this prompt: it is free again when the claim lapses or is given back"))
        }
        _ => Ok(()),
    }
}

/// Bounds of an outcome: no call back puts off what is urgent, and nothing urgent is closed without a word.
pub(crate) fn outcome_may(prompt: &Prompt, fact: &Fact, now: At) -> Result<(), String> {
    let most = if prompt.urgent { CALL_BACK_URGENT_MAX_MS } else { CALL_BACK_MAX_MS };
    let outcome = fact.text("outcome").and_then(Outcome::named);
    if outcome == Some(Outcome::CallBack) && fact.at("call_back_at").is_some_and(|at| at > now.plus_ms(most)) {
        let bound = if prompt.urgent { "30 minutes: it is urgent" } else { "14 days" };
        return Err(format!("a call back is at most {bound} ahead"));
    }
    let silent = fact.text("note").unwrap_or_default().trim().is_empty();
    if prompt.urgent && outcome == Some(Outcome::AlreadyHandled) && silent {
        return Err("what is urgent is closed as handled only with a note that says how".into());
    }
    crate::safety::outcome_may(prompt, fact)
}

/// Moves a prompt by what staff did with it; whether it was such a fact.
pub fn apply(prompt: &mut Prompt, fact: &Fact, teams: &[Team], now: At) -> bool {
    let Some(who) = staff(fact) else { return false };
    match fact.kind.as_str() {
        "prompt.acknowledged" if prompt.status.is_open() => {
            let asked = fact.body.get("lease_ms").and_then(Json::as_i64).unwrap_or(LEASE_MS);
            prompt.status = PromptStatus::Acknowledged;
            prompt.assignee = Some(who.to_owned());
            prompt.desk.lease_until = Some(now.plus_ms(asked.clamp(MINUTE_MS, LEASE_MAX_MS)));
            prompt.desk.snoozed_until = None;
        }
        "prompt.released" if prompt.status.is_open() => release(prompt, teams, now),
        "prompt.snoozed" if prompt.status.is_open() => {
            release(prompt, teams, now);
            prompt.desk.snoozed_until = fact.at("until");
        }
        "prompt.handed_over" if prompt.status.is_open() => {
            let Some(to) = fact.text("team") else { return false };
            release(prompt, teams, now);
            let from = std::mem::replace(&mut prompt.team, to.to_owned());
            prompt.assignee = fact.text("to").filter(|to| !to.is_empty()).map(str::to_owned);
            prompt.desk.snoozed_until = None;
            let note = fact.text("note").unwrap_or_default().to_owned();
            prompt.desk.handed =
                Some(HandedOver { by: who.to_owned(), from, to: prompt.assignee.clone(), note, at: now });
        }
        "prompt.undone" => prompt.desk.held = None,
        _ => return false,
    }
    true
}

fn staff(fact: &Fact) -> Option<&str> {
    match &fact.actor {
        Actor::Staff(name) => Some(name),
        _ => None,
    }
}

impl Turn<'_> {
    /// Holds an outcome for the moment in which it can be undone; false when it takes effect at once.
    pub(crate) fn hold(&mut self, fact: &mut Fact) -> bool {
        let asked = fact.body.as_object_mut().and_then(|body| body.remove("hold_ms")).and_then(|ms| ms.as_i64());
        let Some(ms) = asked.filter(|ms| *ms > 0 && staff(fact).is_some()) else { return false };
        let Some(id) = fact.text("prompt").and_then(|t| t.parse::<PromptId>().ok()) else { return false };
        let wrong_number = fact.text("outcome") == Some(Outcome::WrongNumber.name());
        let may = |p: &Prompt| p.id == id && p.status.is_open() && !p.urgent && p.desk.held.is_none();
        let Some(place) = self.line.prompts.iter().position(may).filter(|_| !wrong_number) else { return false };
        if self.leads_to_urgent(fact) {
            return false;
        }
        let until = self.now.plus_ms(ms.min(HOLD_MAX_MS));
        let body = json!({"prompt": id, "outcome": fact.text("outcome"), "until": until});
        let said = self.say("prompt.held", &fact.id.to_string(), body, None).by(fact.actor.clone());
        self.line.prompts[place].desk.held = Some(HeldOutcome { until, fact: Box::new(fact.clone()) });
        self.changed_prompts.insert(id);
        self.queue.push_back(said);
        true
    }

    /// Whether this outcome, were it taken now, would ask for something urgent.
    pub(crate) fn leads_to_urgent(&self, fact: &Fact) -> bool {
        let mut probe = Turn::new(self.line.clone(), self.setup, self.now);
        probe.closed.clone_from(&self.closed);
        // A halt hides no danger: see `change`.
        probe.heedless = true;
        probe.queue.push_back(fact.clone());
        probe.settle();
        let new = |p: &Prompt| p.urgent && p.status.is_open() && self.prompt(p.id).is_none();
        probe.line.prompts.iter().any(new) || probe.batch.messages.iter().any(|m| m.urgent)
    }

    /// An outcome that is taken ends the hold of another one of its prompt, which then never was.
    pub(crate) fn end_hold_for(&mut self, fact: &Fact) {
        let Some(id) = fact.text("prompt").and_then(|t| t.parse::<PromptId>().ok()) else { return };
        let Some(prompt) = self.line.prompts.iter_mut().find(|p| p.id == id) else { return };
        if prompt.desk.held.take().is_some() {
            self.changed_prompts.insert(id);
            let body = json!({"prompt": id, "because": "red_flag"});
            let said = self.say("prompt.undone", &fact.id.to_string(), body, None);
            self.queue.push_back(said);
        }
    }

    /// Outcomes whose moment is over (or all of them) take effect before anything else that waits.
    pub(crate) fn end_holds(&mut self, all: bool) {
        for prompt in self.line.prompts.iter_mut().rev() {
            if let Some(held) = prompt.desk.held.take_if(|held| all || held.until <= self.now) {
                self.changed_prompts.insert(prompt.id);
                self.queue.push_front(*held.fact);
            }
        }
    }

    /// Claims that were left become anyone's again.
    pub(crate) fn lapse(&mut self) {
        for i in 0..self.line.prompts.len() {
            let prompt = &mut self.line.prompts[i];
            let left = prompt.status == PromptStatus::Acknowledged
                && prompt.desk.held.is_none()
                && prompt.desk.lease_until.is_none_or(|at| at <= self.now);
            if !left {
                continue;
            }
            let (id, was) = (prompt.id, prompt.assignee.clone());
            release(prompt, &self.setup.teams, self.now);
            self.changed_prompts.insert(id);
            let body = json!({"prompt": id, "because": "lapsed", "was": was});
            let said = self.say("prompt.released", &format!("{id}{}", self.now), body, None);
            self.queue.push_back(said);
        }
    }
}

#[cfg(test)]
mod tests;

//! Prompts to the care team within a turn: opened, answered, taken back.

use crate::desk;
use crate::line::cause;
use crate::prompts::{self, For};
use crate::safety::CORRECTED_SINCE;
use crate::turn::Turn;
use journey::CORRECTED;
use model::person::ContactPoint;
use model::prompt::{ClosedNumber, Outcome, Prompt, PromptStatus};
use model::{Actor, At, Fact, PromptId};
use outreach::Which;
use serde_json::{Value as Json, json};

impl Turn<'_> {
    pub(crate) fn add_prompt(&mut self, prompt: Prompt) {
        if self.prompt(prompt.id).is_some() {
            return;
        }
        self.queue.push_back(prompts::opened(&prompt, self.now));
        self.changed_prompts.insert(prompt.id);
        self.line.prompts.push(prompt);
    }

    pub(crate) fn ask(&mut self, ask: &outreach::Ask) {
        let record = self.record();
        let whose = For { person: self.line.person, journey: ask.journey, site: &record.site };
        let prompt = prompts::stand_in(ask, &whose, &self.setup.teams, self.now);
        self.add_prompt(prompt);
    }

    pub(crate) fn withdraw_prompts(&mut self, which: impl Fn(&Prompt) -> bool, why: &str) -> Vec<Json> {
        let mut taken = Vec::new();
        for prompt in self.line.prompts.iter_mut().filter(|p| p.status.is_open() && which(p)) {
            // What someone has done is done: its outcome is kept, and only the moment to undo it is over.
            if let Some(held) = prompt.desk.held.take() {
                self.queue.push_back(*held.fact);
                self.changed_prompts.insert(prompt.id);
                continue;
            }
            self.queue.push_back(prompts::withdraw(prompt, why, self.now));
            self.changed_prompts.insert(prompt.id);
            taken.push(json!({"prompt": prompt.id, "title": prompt.title}));
        }
        taken
    }

    /// Takes back what an outcome caused; what has left is listed. A red flag and a concern stay: something else may
    /// have raised them, and they are the person's until someone has seen to them. So does what is urgent and somebody
    /// has on hand. What stays says that what led to it was corrected.
    pub(crate) fn undo(&mut self, because: &str) {
        let caused = |p: &Prompt| p.cause.as_deref() == Some(because);
        let stays = |p: &Prompt| p.status == PromptStatus::Completed || p.desk.held.is_some();
        let on_hand = |p: &Prompt| p.urgent && (p.status == PromptStatus::Acknowledged || p.assignee.is_some());
        let stays = |p: &Prompt| stays(p) || p.status.is_open() && (!p.safety.is_none() || on_hand(p));
        let left: Vec<Json> = self
            .line
            .prompts
            .iter()
            .filter(|p| caused(p) && stays(p))
            .map(|p| json!({"prompt": p.id, "title": p.title}))
            .collect();
        for prompt in self.line.prompts.iter_mut().filter(|p| caused(p) && p.status.is_open() && stays(p)) {
            if prompt.desk.held.is_none() && !prompt.reason.ends_with(CORRECTED_SINCE) {
                prompt.reason.push_str(CORRECTED_SINCE);
                self.changed_prompts.insert(prompt.id);
                self.corrected_now.insert(prompt.id);
            }
        }
        let taken = self.withdraw_prompts(|p| caused(p) && !stays(p), CORRECTED);
        let undone = self.undone.get_or_insert_with(Default::default);
        undone.0.extend(taken);
        undone.1.extend(left);
        self.with_outreach(|outreach, cx| outreach.withdraw(&Which::Cause(because), CORRECTED, cx));
    }

    /// After a correction, one fact lists what was taken back and what had left.
    pub(crate) fn tell_undone(&mut self, fact: &Fact) {
        let Some((withdrawn, left)) = self.undone.take() else { return };
        let body = json!({"of": fact.body.get("of"), "prompt": fact.body.get("prompt"),
            "withdrawn": withdrawn, "left": left});
        let said = self.say("outcome.undone", &fact.id.to_string(), body, Some(cause(fact.id)));
        self.queue.push_back(said);
    }

    /// Facts about prompts move their rows.
    pub(crate) fn hear_about_prompt(&mut self, fact: &Fact) {
        if !fact.kind.starts_with("prompt.") {
            return;
        }
        let Some(id) = fact.text("prompt").and_then(|t| t.parse::<PromptId>().ok()) else { return };
        let record = self.record();
        let phone = best_phone(&record);
        let open = |p: &&Prompt| p.status.is_open();
        let waiting: Vec<PromptId> = self.line.prompts.iter().filter(open).map(|p| p.id).collect();
        let who = match &fact.actor {
            Actor::Staff(name) => Some(name.clone()),
            _ => None,
        };
        let Some(prompt) = self.line.prompts.iter_mut().chain(&mut self.closed).find(|p| p.id == id) else { return };
        let (mut wrong_number, mut next, mut reopened, mut over) = (None, None, None, Vec::new());
        match fact.kind.as_str() {
            "prompt.completed" | "prompt.corrected" => {
                let Ok((outcome, answers, note)) = prompts::outcome(fact) else { return };
                // An outcome of a prompt that was withdrawn meanwhile is kept on the timeline only.
                if prompt.status == PromptStatus::Withdrawn {
                    return;
                }
                let before = prompt.outcome.filter(|_| fact.kind == "prompt.corrected");
                prompt.status = PromptStatus::Completed;
                prompt.assignee = who.or(prompt.assignee.take());
                prompt.outcome = Some(outcome);
                prompt.answers = answers;
                prompt.note = note;
                if prompt.safety.concern {
                    prompt.safety.reason = fact.text("reason").unwrap_or_default().trim().to_owned();
                }
                prompt.escalates_at = None;
                prompt.desk.lease_until = None;
                prompt.desk.closed_at = prompt.desk.closed_at.or(Some(self.now));
                let said = fact.text("value").map(str::to_owned).or(phone);
                wrong_number = said.filter(|_| outcome == Outcome::WrongNumber);
                let was_in_use = |value: &String| {
                    let mine = |c: &&ContactPoint| c.value == *value && c.status.in_use();
                    record.contacts.iter().any(|c| mine(&c))
                };
                let closes = wrong_number.clone().filter(was_in_use).map(|value| ClosedNumber { value, at: self.now });
                if closes.is_some() || wrong_number.is_none() {
                    reopened = std::mem::replace(&mut prompt.desk.closed_number, closes);
                }
                // The tries that followed the outcome that is corrected; when they have come to an end of their own, that
                // end stands.
                over = prompts::later_tries(prompt, &waiting);
                let ended = before.is_some_and(Outcome::again) && over.is_empty();
                over.retain(|_| before.is_some());
                if !ended {
                    let used = over.iter().map(|(serial, _)| *serial).max();
                    let at = fact.at("call_back_at");
                    next = prompts::again(prompt, outcome, at, used, &self.setup.teams, self.now);
                }
            }
            _ if !desk::apply(prompt, fact, &self.setup.teams, self.now) => return,
            _ => {}
        }
        self.changed_prompts.insert(id);
        if !over.is_empty() {
            self.withdraw_prompts(|p| over.iter().any(|(_, id)| *id == p.id), CORRECTED);
        }
        if let Some(next) = next {
            self.add_prompt(next);
        }
        if let Some(closed) = reopened.filter(|closed| !self.was_said_of(&closed.value, closed.at)) {
            let body = json!({"value": closed.value});
            let said = self.say("contact.verified", &fact.id.to_string(), body, Some(cause(fact.id)));
            self.queue.push_back(said);
        }
        if let Some(value) = wrong_number {
            let body = json!({"value": value, "status": "wrong", "by": "staff"});
            let said = self.say("contact.disabled", &fact.id.to_string(), body, Some(cause(fact.id)));
            self.queue.push_back(said);
        }
    }
}

impl Turn<'_> {
    /// Whether anything was said of a contact point after `at`: by a reply, a carrier, another prompt, a source.
    fn was_said_of(&self, value: &str, at: At) -> bool {
        let name = record::contact_said(value);
        self.line.folds.iter().any(|held| held.fold.said.get(&name).is_some_and(|last| *last > at))
    }
}

/// The number that a nurse is shown: active, the person's own, the best ranked.
fn best_phone(record: &record::Record) -> Option<String> {
    use model::person::PointKind;
    let usable =
        |c: &&model::person::ContactPoint| c.kind == PointKind::Phone && c.status.in_use() && c.owner.is_none();
    let rank = |c: &&model::person::ContactPoint| if c.rank == 0 { u32::MAX } else { c.rank };
    record.contacts.iter().filter(usable).min_by_key(rank).map(|c| c.value.clone())
}

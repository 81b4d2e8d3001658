//! Whether a fact may be taken, or why not: asked before it is on the line.

use crate::turn::Turn;
use crate::{desk, others, prompts, safety, staff_call, talk};
use model::prompt::PromptStatus;
use model::{Fact, PromptId};

impl Turn<'_> {
    /// Whether a fact may be taken: a prompt that is completed takes no second outcome.
    pub(crate) fn admit(&mut self, fact: &Fact) -> Result<(), String> {
        let kind = fact.kind.as_str();
        if kind == others::REQUESTED {
            return self.may_request(fact);
        }
        if kind == "answers.received" {
            return self.admit_answers(fact);
        }
        if [talk::WRITTEN, talk::TAKEN_BACK, talk::NOTE, talk::READ].contains(&kind) {
            return self.may_write(fact);
        }
        if kind == staff_call::ASKED {
            return self.may_call(fact);
        }
        if kind == staff_call::ENDED {
            return self.may_tell(fact);
        }
        if kind.starts_with("service.") {
            return self.admit_service(fact);
        }
        if !kind.starts_with("prompt.") {
            return Ok(());
        }
        let id: PromptId =
            fact.text("prompt").and_then(|t| t.parse().ok()).ok_or("body.prompt: the id of a prompt is expected")?;
        let prompt = self.prompt(id).ok_or("this prompt is not known on this person's line")?;
        match kind {
            "prompt.completed" => {
                let (_, answers, _) = prompts::outcome(fact)?;
                prompts::check_answers(prompt, &answers)?;
                if prompt.status == PromptStatus::Completed {
                    return Err("this prompt has an outcome already: correct that one instead".into());
                }
                if safety::was_raised_again(prompt) {
                    return Err("this was raised again, and has an outcome there: correct that one instead".into());
                }
                // A red flag is taken whoever has the prompt, and whatever was just said of it.
                let held = prompt.desk.held.is_some();
                let flag = (held || desk::claimed_by(prompt, self.now).is_some()) && self.leads_to_urgent(fact);
                if held && !flag {
                    return Err("this prompt has an outcome already: undo that one first".into());
                }
                desk::outcome_may(prompt, fact, self.now)?;
                if !flag && prompt.status.is_open() {
                    desk::admit(prompt, fact, &self.setup.teams, self.now)?;
                }
            }
            "prompt.corrected" => {
                let (_, answers, _) = prompts::outcome(fact)?;
                prompts::check_answers(prompt, &answers)?;
                desk::outcome_may(prompt, fact, self.now)?;
                if prompt.status != PromptStatus::Completed {
                    return Err("this prompt has no outcome to correct".into());
                }
            }
            "prompt.acknowledged" | "prompt.snoozed" | "prompt.handed_over" | "prompt.released" | "prompt.undone" => {
                desk::admit(prompt, fact, &self.setup.teams, self.now)?;
            }
            _ => {}
        }
        Ok(())
    }
}

//! Facts: what ends the journey, what strands wait for, what makes a prompt pointless.

use crate::engine::Run;
use crate::state::{Frame, Item, Wait};
use crate::{Effect, Until, Way, prompt_id};
use model::Fact;
use pathway::ast::{FactPattern, Goto, Leave, Step, StepIx, Verb};

/// Episodes of this kind keep facts of other episodes away.
const ENCOUNTER: &str = "Encounter/";

impl Run<'_> {
    /// Applies a fact to the strands as they stand; those that it lets go on are run afterwards.
    pub fn fact(&mut self, fact: &Fact) {
        let leaves = |leave: &Leave| match leave {
            Leave::On(pattern) => {
                let holds = |e: &pathway::Expr| e.eval(&self.view(&[])) == model::Value::Bool(true);
                self.matches(pattern, &[], fact) && pattern.already.as_ref().is_none_or(holds)
            }
            Leave::AfterDays(_) => false,
        };
        if self.pathway.leave.iter().any(leaves) {
            self.end(&fact.kind);
            return;
        }
        for slot in 0..self.slots.len() {
            let Some(strand) = &self.slots[slot] else { continue };
            let Some(step) = self.pathway.step(strand.step) else { continue };
            match (&strand.wait, &step.verb) {
                (Wait::Fact { .. }, Verb::WaitFor { fact: pattern, found, .. })
                    if self.matches(pattern, &strand.frames, fact) =>
                {
                    let strand = strand.clone();
                    self.note("wait_for:found", &format!("{} {}", step.name, fact.id));
                    self.pass(&strand, step, Way::Found);
                    self.slots[slot] = self.onward(strand, goto(*found, step));
                }
                (Wait::Prompt { .. }, _) => self.fact_for_prompt(slot, step, fact),
                (Wait::Asked { .. }, Verb::Ask { .. }) => self.fact_for_question(slot, step, fact),
                (Wait::Reached { .. }, Verb::Reach { .. }) => self.fact_for_reach(slot, step, fact),
                (Wait::Called { .. }, Verb::Call { .. }) => self.fact_for_call(slot, step, fact),
                (Wait::Each { .. }, Verb::Each { again_on: Some(kind), .. }) if *kind == fact.kind => {
                    self.again(slot, fact);
                }
                _ => {}
            }
        }
    }

    fn fact_for_prompt(&mut self, slot: usize, step: &Step, fact: &Fact) {
        let Some(strand) = &self.slots[slot] else { return };
        let Wait::Prompt { key, serial, .. } = strand.wait else { return };
        let effect = key.id(self.cx.journey);
        if fact.kind == "prompt.completed" {
            if fact.text("prompt") == Some(prompt_id(effect, serial).to_string().as_str())
                && let Some(strand) = self.slots[slot].take()
            {
                self.slots[slot] = self.complete(strand, fact, false);
            }
            return;
        }
        let Verb::Prompt(prompt) = &step.verb else { return };
        if prompt.until.as_ref().is_some_and(|pattern| self.matches(pattern, &strand.frames, fact)) {
            let strand = strand.clone();
            self.effects.push(Effect::Withdraw { effects: vec![effect], reason: fact.kind.clone() });
            if prompt.concern {
                // Proved: the pathway goes on.
                self.note("concern:proved", &format!("{} {}", step.name, fact.id));
                self.pass(&strand, step, Way::Found);
                self.slots[slot] = self.onward(strand, step.next);
                return;
            }
            self.note("prompt:pointless", &format!("{} {}", step.name, fact.id));
            self.pass(&strand, step, Way::Pointless);
            self.slots[slot] = self.onward(strand, None);
        }
    }

    /// Starts the item of `each` anew that the fact is about.
    fn again(&mut self, slot: usize, fact: &Fact) {
        let Some(id) = about(fact) else { return };
        let Some(strand) = &mut self.slots[slot] else { return };
        let Wait::Each { started } = &mut strand.wait else { return };
        let Some(place) = started.iter().position(|s| s == id) else { return };
        // When the strand is run next it finds the item without a strand, and starts one.
        started.remove(place);
        let mut round = strand.frames.clone();
        round.push(Frame { step: strand.step, item: Item::Id(id.to_owned()) });
        self.note("each:again", &format!("{id} {}", fact.kind));
        self.drop_round(&round, &fact.kind);
    }

    /// Sends a strand on, or ends it.
    pub(crate) fn send(&mut self, slot: usize, to: Option<StepIx>) {
        if let Some(strand) = self.slots[slot].take() {
            self.slots[slot] = self.onward(strand, to);
        }
    }

    /// Whether `fact` is what `pattern` means for a strand inside of `frames`.
    pub(crate) fn matches(&self, pattern: &FactPattern, frames: &[Frame], fact: &Fact) -> bool {
        if pattern.kind != fact.kind {
            return false;
        }
        match self.about(pattern, frames) {
            Some(id) => about(fact) == Some(id.as_str()),
            None => self.of_episode(fact),
        }
    }

    /// The id of the item that a pattern is about.
    fn about(&self, pattern: &FactPattern, frames: &[Frame]) -> Option<String> {
        let var = pattern.of.as_ref()?;
        self.bindings(frames).into_iter().rev().find(|(name, _, _)| name == var).map(|(_, _, id)| id)
    }

    /// The pattern with its variable's item in the place of its name.
    pub fn until(&self, pattern: &FactPattern, frames: &[Frame]) -> Until {
        Until { kind: pattern.kind.clone(), about: self.about(pattern, frames) }
    }

    /// Whether the state of the world satisfies a pattern already.
    pub fn already(&self, pattern: &FactPattern, frames: &[Frame]) -> bool {
        pattern.already.as_ref().is_some_and(|e| e.eval(&self.view(frames)) == model::Value::Bool(true))
    }

    /// Whether a fact belongs to the journey's episode. One that has no episode belongs to every one;
    /// so does one that names the episode in its body, as a readmission names the earlier encounter.
    pub fn of_episode(&self, fact: &Fact) -> bool {
        let own = self.state.episode.as_str();
        let named = || ["id", "of", "encounter"].iter().any(|key| fact.text(key) == Some(own));
        !own.starts_with(ENCOUNTER) || fact.episode.as_deref().is_none_or(|e| e == own) || named()
    }
}

/// The item that a fact is about.
fn about(fact: &Fact) -> Option<&str> {
    fact.text("id").or_else(|| fact.text("task"))
}

/// Where that leads from `step`.
pub fn goto(goto: Goto, step: &Step) -> Option<StepIx> {
    match goto {
        Goto::Next => step.next,
        Goto::End => None,
        Goto::Step(ix) => Some(ix),
    }
}

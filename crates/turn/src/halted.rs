//! What a halted journey kept, as it is to be heard, and the dangers that it would have told of.
//!
//! Invariants: a red flag or a concern that nobody was reached for while its journey was halted is asked again without
//! it (see [`crate::safety`]); what became of that in the end is what the journey hears. Whatever would be urgent by
//! now, were the journey not halted, is put to a person, by each new fact and each timer, once.

use crate::change::Paused;
use crate::safety::later_id;
use crate::turn::Turn;
use journey::Input;
use model::batch::JourneyStatus;
use model::prompt::{Outcome, Prompt};
use model::{At, EffectId, Fact, PromptId};

/// Facts and timers that are gone through to see what would be urgent by now; more than that is looked at by a person.
const LOOKS_MAX: usize = 512;

/// A kept fact, as the journey hears it.
pub(crate) struct Said {
    pub fact: Fact,
    /// The prompt that it is about; no id at all when about none.
    pub prompt: PromptId,
    /// The last prompt that was asked in the place of that one and has an outcome.
    pub last: PromptId,
}

/// Kept facts, in order; outcomes of what was asked in the place of a journey's prompt are outcomes of that prompt.
pub(crate) fn as_one(facts: &[Fact]) -> Vec<Said> {
    let mut out: Vec<Said> = Vec::with_capacity(facts.len());
    for fact in facts {
        let outcome = matches!(fact.kind.as_str(), "prompt.completed" | "prompt.corrected");
        let prompt = fact.text("prompt").and_then(|t| t.parse::<PromptId>().ok()).filter(|_| outcome);
        let Some(prompt) = prompt else {
            let none = PromptId::default();
            out.push(Said { fact: fact.clone(), prompt: none, last: none });
            continue;
        };
        let follows = |s: &Said| {
            let same = s.last == prompt && s.last != s.prompt;
            s.prompt != PromptId::default() && (same || later_id(s.last) == prompt)
        };
        let mut said = Said { fact: fact.clone(), prompt, last: prompt };
        if let Some(place) = out.iter().rposition(follows) {
            let before = out.remove(place);
            said.fact.kind = before.fact.kind;
            said.fact.body["prompt"] = serde_json::json!(before.prompt);
            said.prompt = before.prompt;
        }
        out.push(said);
    }
    out
}

impl Turn<'_> {
    /// Whether a journey waits for the outcome of a prompt, or has had it.
    pub(crate) fn knows(&self, index: usize, prompt: PromptId) -> bool {
        let walking = &self.line.journeys[index];
        let id = walking.row.id;
        walking.state.as_ref().is_some_and(|s| s.waits_for(id, prompt) || s.has_passed(id, prompt))
    }

    /// Whether a fact is an outcome that leaves a red flag or a concern open: it is asked again already.
    pub(crate) fn asks_again(&self, fact: &Fact) -> bool {
        let closes = fact.text("outcome").and_then(Outcome::named).is_none_or(Outcome::closes);
        let prompt = fact.text("prompt").and_then(|t| t.parse().ok()).and_then(|id| self.prompt(id));
        fact.kind == "prompt.completed" && !closes && prompt.is_some_and(|p| !p.safety.is_none())
    }

    /// Of each halted journey, what would be urgent by now and nobody was asked to look at yet.
    pub(crate) fn look_at_halted(&mut self) {
        for index in 0..self.line.journeys.len() {
            if self.halt_at(index).is_none() || !self.look(index) {
                continue;
            }
            let walking = &self.line.journeys[index];
            let told = walking.paused.as_ref().map_or(0, |p| p.told.len());
            let journey = walking.row.id;
            let Some(pathway) = self.setup.versions.get(&walking.row.version) else { continue };
            let ask = outreach::Ask {
                reach: EffectId::of(&[b"halted", &journey.0.bytes(), &told.to_le_bytes()]),
                journey: Some(journey),
                team: pathway.fallback_team.clone(),
                code: "halted".into(),
                title: "Look now: something may be urgent by now".into(),
                reason: format!(
                    "The pathway “{}” is halted, so that it asks nobody. Were it not, it would ask for something urgent now.",
                    pathway.title
                ),
                urgent: true,
                cause: None,
            };
            self.ask(&ask);
        }
    }

    /// Whether more would be urgent by now than a person was asked to look at; from then on they were.
    pub(crate) fn look(&mut self, index: usize) -> bool {
        let walking = &self.line.journeys[index];
        let Some(paused) = walking.paused.as_ref().filter(|_| walking.row.status == JourneyStatus::Active) else {
            return false;
        };
        let (found, look_at) = self.would_be(index, paused);
        let mut told = paused.told.clone();
        for key in &found {
            let count = |all: &[String]| all.iter().filter(|k| *k == key).count();
            if count(&told) < count(&found) {
                told.push(key.clone());
            }
        }
        let journey = walking.row.id;
        let more = told.len() > paused.told.len();
        if (more || look_at != paused.look_at)
            && let Some(paused) = &mut self.line.journeys[index].paused
        {
            (paused.told, paused.look_at) = (told, look_at);
            self.changed_journeys.insert(journey.0);
        }
        more
    }

    /// What a halted journey would have asked for that is urgent, had it heard what it kept and had its timers fired,
    /// each at its time; and when the next one would.
    fn would_be(&self, index: usize, paused: &Paused) -> (Vec<String>, Option<At>) {
        let mut probe = Turn::new(self.line.clone(), self.setup, self.now);
        probe.closed.clone_from(&self.closed);
        probe.heedless = true;
        let journey = self.line.journeys[index].row.id;
        let due_of = |probe: &Turn<'_>| {
            let walking = probe.line.journeys.get(index).filter(|w| w.row.status == JourneyStatus::Active)?;
            walking.state.as_ref()?.next_due()
        };
        let mut facts = as_one(&paused.facts).into_iter().peekable();
        let (mut at, mut fired, mut steps) = (paused.since.min(self.now), None, 0);
        while steps < LOOKS_MAX {
            // A timer that does not move on by itself has fired.
            let due = due_of(&probe).filter(|due| *due <= self.now && Some(*due) != fired);
            let heard = facts.peek().map(|said| said.fact.recorded_at.max(at).min(self.now));
            probe.walked.clear();
            match (heard.filter(|heard| due.is_none_or(|due| *heard <= due)), due) {
                (Some(heard), _) => {
                    (at, fired) = (heard, None);
                    probe.now = at;
                    if let Some(said) = facts.next() {
                        probe.walk_kept(index, &said.fact);
                    }
                }
                (None, Some(due)) => {
                    (at, fired) = (at.max(due), Some(due));
                    probe.now = at;
                    probe.walk(index, &Input::Tick);
                }
                (None, None) => break,
            }
            steps += 1;
        }
        probe.now = self.now;
        probe.walked.clear();
        probe.walk(index, &Input::Tick);
        // What is open under its own name already needs no other.
        let open = |name: &str| {
            let of = |p: &&Prompt| p.journey == Some(journey) && p.name == name;
            self.line.prompts.iter().filter(of).any(|p| p.status.is_open() && !p.safety.is_none())
        };
        let new = |p: &&Prompt| p.journey == Some(journey) && p.urgent && p.status.is_open();
        let asked = probe.line.prompts.iter().filter(new).filter(|p| self.prompt(p.id).is_none());
        let mut found: Vec<String> = asked.filter(|p| !open(&p.name)).map(|p| p.name.clone()).collect();
        let sent = probe.batch.messages.iter().filter(|m| m.urgent);
        found.extend(sent.map(|m| format!("message {}", m.words)));
        found.extend((steps == LOOKS_MAX).then(|| "too much".to_owned()));
        (found, due_of(&probe).filter(|at| *at > self.now))
    }

    /// A journey hears what it kept.
    pub(crate) fn walk_kept(&mut self, index: usize, fact: &Fact) {
        if fact.kind == "prompt.corrected" {
            let prompt = fact.text("prompt").and_then(|t| t.parse().ok()).unwrap_or_default();
            self.walk(index, &Input::Corrected { prompt, fact });
        } else {
            self.walk(index, &Input::Fact(fact));
        }
    }
}

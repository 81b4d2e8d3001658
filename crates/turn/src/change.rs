//! Change in flight: versions of pathways that staff halted, and journeys that go over to another version.
//!
//! Invariants: from the turn that knows of a halt on, no journey of the version starts or walks, and nothing that it
//! wants leaves (outreach asks [`outreach::World::halted`]); prompts that are open stay and escalate; what a journey
//! would have heard is kept with it and heard when it is resumed, in order; what would be urgent by that or by its
//! timers is asked of a person at once (see [`crate::halted`]). A death, or whoever ends a journey from outside, ends it all the same. Standing pathways answer
//! what people say and are never halted. A journey goes over whole ([`journey::remap`]) or stays.
//!
//! Deliberately absent: who may order it, and the walk over everyone whom it concerns (the hub's).

use crate::turn::Turn;
use journey::{Input, StepMap};
use model::batch::JourneyStatus;
use model::time::MINUTE_MS;
use model::{At, EffectId, Fact, Id};
use pathway::Pathway;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// Facts that a halted journey keeps. More than that is not walked through afterwards: a person takes over.
const KEPT_MAX: usize = 256;
/// How often whoever waits for a halt to end before they can start is looked at.
const LOOK_AGAIN_MS: i64 = 15 * MINUTE_MS;
/// What is counted of a journey that went over, at the version that it left.
pub(crate) const MOVED: &str = "moved";

/// What staff ordered and holds now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Versions that stand still.
    pub halts: Vec<Halt>,
    /// Journeys that go over, as long as not everyone was asked.
    pub moves: Vec<Move>,
    /// Versions that run in shadow, at most one of a pathway.
    pub shadows: Vec<crate::Shadow>,
}

/// A version, or every version of a pathway, stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// The order's number.
    pub number: i64,
    /// Pathway.
    pub pathway: String,
    /// Version; `None` for every one.
    pub version: Option<Id>,
    /// Why, as staff wrote it.
    pub why: String,
    /// Who.
    pub by: String,
}

/// Journeys along one version go over to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The order's number.
    pub number: i64,
    /// Pathway.
    pub pathway: String,
    /// From this version.
    pub from: Id,
    /// To this one.
    pub to: Id,
    /// Steps that do not go to the one of their own name.
    pub steps: StepMap,
    /// Only words differ: what waits in the outbox is worded anew.
    pub words: bool,
    /// Who.
    pub by: String,
}

/// What a halted journey keeps until it is resumed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paused {
    /// Since when.
    pub since: At,
    /// By which order.
    pub order: i64,
    /// What it would have heard.
    pub facts: Vec<Fact>,
    /// What would be urgent by now, were it not halted, and a person was asked to look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<String>,
    /// When one of its timers would fire next: what would be urgent is looked at then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_at: Option<At>,
}

impl crate::Setup {
    /// The halt that holds a version of a pathway. Standing pathways are never held.
    pub fn halt_of(&self, pathway: &str, version: Id) -> Option<&Halt> {
        let mut of = self.changes.halts.iter().filter(|h| h.pathway == pathway);
        let halt = of.find(|h| h.version.is_none_or(|v| v == version))?;
        let standing = self.versions.get(&version).is_some_and(|p| p.standing);
        Some(halt).filter(|_| !standing)
    }
}

impl<'a> Turn<'a> {
    /// The halt that holds a journey of this line.
    pub(crate) fn halt_at(&self, index: usize) -> Option<&'a Halt> {
        let row = &self.line.journeys.get(index)?.row;
        self.setup.halt_of(&row.pathway, row.version).filter(|_| !self.heedless)
    }

    /// What staff ordered takes effect, before anything else of this turn.
    pub(crate) fn change_versions(&mut self) {
        for index in 0..self.line.journeys.len() {
            if self.line.journeys[index].row.status == JourneyStatus::Active {
                self.go_over(index);
                match self.halt_at(index) {
                    Some(halt) => self.pause(index, halt),
                    None => self.resume(index),
                }
            }
        }
    }

    fn pause(&mut self, index: usize, halt: &Halt) {
        let walking = &mut self.line.journeys[index];
        if walking.paused.is_some() {
            return;
        }
        walking.paused =
            Some(Paused { since: self.now, order: halt.number, facts: Vec::new(), told: Vec::new(), look_at: None });
        let id = walking.row.id;
        let body = json!({"journey": id, "pathway": walking.row.pathway, "version": walking.row.version,
            "order": halt.number, "reason": halt.why, "by": halt.by});
        self.changed_journeys.insert(id.0);
        self.hold_calls(index, true);
        let said = self.say("journey.halted", &format!("{id}{}", halt.number), body, None);
        self.queue.push_back(said);
    }

    /// It walks again: first what it did not hear, then (at the end of the turn) its timers as they are now.
    fn resume(&mut self, index: usize) {
        let walking = &mut self.line.journeys[index];
        let Some(paused) = walking.paused.take() else { return };
        let id = walking.row.id;
        self.changed_journeys.insert(id.0);
        let body = json!({"journey": id, "pathway": walking.row.pathway, "version": walking.row.version,
            "order": paused.order, "kept": paused.facts.len()});
        self.hold_calls(index, false);
        let said = self.say("journey.resumed", &format!("{id}{}", paused.order), body, None);
        self.queue.push_back(said);
        for said in crate::halted::as_one(&paused.facts) {
            let knows = self.knows(index, said.prompt);
            self.walk_kept(index, &said.fact);
            // It asks by itself again, or goes on: what was asked meanwhile in its place is over.
            if knows && self.line.journeys[index].row.status == JourneyStatus::Active {
                let meanwhile = crate::safety::later_id(said.last);
                self.withdraw_prompts(|p| p.id == meanwhile, "asked by its pathway again");
            }
        }
    }

    /// Whether a halted journey takes this input now. What it does not take is kept, or comes again by itself.
    pub(crate) fn stands_still(&mut self, index: usize, input: &Input<'_>) -> bool {
        let Some(halt) = self.halt_at(index) else { return false };
        match input {
            Input::Withdrawn { .. } => return false,
            Input::Fact(fact) | Input::Corrected { fact, .. } => {
                self.pause(index, halt);
                self.keep(index, fact);
            }
            // Its timers are planned anew when it walks again.
            Input::Tick | Input::Enrolled => {}
        }
        true
    }

    fn keep(&mut self, index: usize, fact: &Fact) {
        let setup = self.setup;
        let walking = &mut self.line.journeys[index];
        let (journey, version) = (walking.row.id, walking.row.version);
        let Some(paused) = &mut walking.paused else { return };
        if paused.facts.iter().any(|kept| kept.id == fact.id) {
            return;
        }
        let Some(pathway) = setup.versions.get(&version) else { return };
        if paused.facts.len() >= KEPT_MAX {
            self.fail(index, pathway, "more came while it was halted than can be made up for");
            return;
        }
        let urgent = !self.asks_again(fact) && self.leads_to_urgent(fact);
        if let Some(paused) = &mut self.line.journeys[index].paused {
            paused.facts.push(fact.clone());
        }
        self.changed_journeys.insert(journey.0);
        // A halt silences the machine, never a danger.
        if self.look(index) || urgent {
            self.ask(&outreach::Ask {
                reach: EffectId::of(&[b"halted", &journey.0.bytes(), &fact.id.0.bytes()]),
                journey: Some(journey),
                team: pathway.fallback_team.clone(),
                code: "halted".into(),
                title: "Look now: what was just recorded may be urgent".into(),
                reason: format!(
                    "The pathway “{}” is halted, so that it asks nobody. Were it not, this would be urgent.",
                    pathway.title
                ),
                urgent: true,
                cause: Some(fact.id.to_string()),
            });
        }
    }

    /// A journey along a version that is left goes over, if all of it has a place in the other one.
    fn go_over(&mut self, index: usize) {
        let setup = self.setup;
        let row = &self.line.journeys[index].row;
        let of = |m: &&Move| m.pathway == row.pathway && m.from == row.version && m.to != m.from;
        let Some(order) = setup.changes.moves.iter().find(of) else { return };
        let (Some(from), Some(to)) = (setup.versions.get(&order.from), setup.versions.get(&order.to)) else { return };
        let Some(state) = &self.line.journeys[index].state else { return };
        // One that stays is told on the order's page, for as long as it stands there.
        let Ok(state) = journey::remap(state, from, to, &order.steps) else { return };
        let stood = self.line.journeys[index].row.step.clone();
        let walking = &mut self.line.journeys[index];
        let id = walking.row.id;
        let now_at = state.steps(to).join(",");
        walking.state = Some(state);
        walking.row.version = order.to;
        walking.row.step = now_at.clone();
        self.changed_journeys.insert(id.0);
        self.walked.remove(&id.0);
        let has = |words: &str| to.words(words).is_some();
        self.with_outreach(|outreach, cx| outreach.go_over(id, order.to, &has, order.words, cx));
        self.count(&order.pathway, order.from, MOVED);
        let body = json!({"journey": id, "pathway": order.pathway, "from": order.from, "to": order.to,
            "order": order.number, "by": order.by, "steps": {"from": stood, "to": now_at},
            "because": if order.words { "words" } else { "moved" }});
        let said = self.say("journey.moved", &format!("{id}{}", order.number), body, None);
        self.queue.push_back(said);
    }

    /// Whether a pathway begins nothing now.
    pub(crate) fn begins_nothing(&self, pathway: &Pathway) -> bool {
        !self.heedless && self.setup.halt_of(&pathway.name, pathway.version).is_some()
    }

    /// When the facts that wait for a halt to end before they start a pathway are looked at again.
    pub(crate) fn look_again(&self) -> Option<At> {
        let of = |name: &str| self.setup.in_force.iter().find(|p| p.name == name);
        let held = |p: &Arc<Pathway>| self.begins_nothing(p);
        let waits = self
            .line
            .triggers
            .iter()
            .any(|t| (t.until > self.now || t.waits().is_some()) && of(&t.pathway).is_some_and(held));
        waits.then(|| self.now.plus_ms(LOOK_AGAIN_MS))
    }
}

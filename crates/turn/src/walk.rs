//! Journeys walk, and what they want is carried out.

use crate::others::Goal;
use crate::prompts::{self, For};
use crate::scope::JourneyScope;
use crate::turn::Turn;
use journey::{Effect, Input};
use model::batch::JourneyStatus;
use model::service::CallMove;
use model::{EffectId, Trace};
use outreach::{Want, Which};
use pathway::Pathway;
use serde_json::json;
use std::sync::Arc;

impl Turn<'_> {
    /// Advances one journey and carries out what it wants. A fact that its pathway does not listen to is
    /// left out, and so is a look at the world when nothing that can be seen has changed since the last.
    pub(crate) fn walk(&mut self, index: usize, input: &Input<'_>) {
        let setup = self.setup;
        let Some(walking) = self.line.journeys.get(index) else { return };
        let (id, version) = (walking.row.id, walking.row.version);
        if walking.row.status != JourneyStatus::Active {
            return;
        }
        let Some(pathway) = setup.versions.get(&version) else { return };
        let Some(state) = &walking.state else { return };
        if state.ended().is_some() && !matches!(input, Input::Corrected { .. }) {
            return;
        }
        if matches!(input, Input::Fact(fact) if !setup.hears(version, &fact.kind)) {
            return;
        }
        if self.stands_still(index, input) {
            return;
        }
        let record = self.record();
        if matches!(input, Input::Tick) && self.walked.get(&id.0) == Some(&self.edition) {
            return;
        }
        self.walked.insert(id.0, self.edition);
        let zone = self.zone();
        let asked = self.asked_elsewhere(index);
        let walking = &mut self.line.journeys[index];
        let Some(state) = walking.state.take() else { return };
        let scope = JourneyScope {
            person: self.line.person,
            record: &record,
            episode: &walking.row.episode,
            fact: walking.fact.as_ref(),
            pathway,
            day_0: state.day_0,
            setup,
            now: self.now,
            zone: &zone,
            language: record.language.as_deref().unwrap_or("en"),
            to: "",
            bound: Vec::new(),
        };
        match scope.advance(state, input, id, asked) {
            Err(error) => {
                walking.restore();
                self.fail(index, pathway, &error.to_string());
            }
            Ok(advance) => {
                walking.state = Some(advance.state);
                if !advance.effects.is_empty() {
                    self.changed_journeys.insert(id.0);
                }
                self.count_moves(pathway, advance.moves);
                let effect = EffectId(id.0);
                self.batch.traces.extend(advance.trace.into_iter().map(|n| Trace {
                    at: self.now,
                    effect,
                    message: None,
                    code: n.code,
                    detail: n.detail,
                }));
                for effect in advance.effects {
                    self.carry_out(index, pathway, effect);
                }
            }
        }
    }

    /// The engine could not go on: staff see it, and someone is asked.
    pub(crate) fn fail(&mut self, index: usize, pathway: &Arc<Pathway>, error: &str) {
        let row = &mut self.line.journeys[index].row;
        row.status = JourneyStatus::Failed;
        row.ended = Some((self.now, error.to_owned()));
        let (id, journey) = (row.id.0, row.id);
        let version = row.version;
        self.changed_journeys.insert(id);
        self.count(&pathway.name, version, crate::flow::LEFT);
        self.move_calls_of(index, CallMove::Gone);
        let said = self.say("journey.failed", &id.to_string(), json!({"journey": journey, "reason": error}), None);
        self.queue.push_back(said);
        self.ask(&outreach::Ask {
            reach: EffectId(id),
            journey: Some(journey),
            team: pathway.fallback_team.clone(),
            code: "journey_failed".into(),
            title: format!("Take over by hand: {}", pathway.title),
            reason: format!("The journey could not go on ({error}). Nothing more will be sent by it."),
            urgent: true,
            cause: None,
        });
    }

    pub(crate) fn carry_out(&mut self, index: usize, pathway: &Arc<Pathway>, effect: Effect) {
        self.see_effect(index, pathway, &effect);
        let journey = self.line.journeys[index].row.id;
        match effect {
            Effect::Reach(intent) => {
                let fact = self.line.journeys[index].fact.as_ref();
                let on = fact.and_then(|f| f.text("channel")).and_then(model::Channel::named);
                // A further question answers what the person just wrote.
                let on = if crate::asks::is_further(&intent) { Some(model::Channel::Sms) } else { on };
                let want = Want {
                    intent,
                    journey: Some(journey),
                    pathway: (pathway.name.clone(), pathway.version),
                    fallback_team: pathway.fallback_team.clone(),
                    // Of one kind that was stopped, what follows is an answer like others.
                    confirms_stop: fact.is_some_and(|f| record::is_stop(f) && f.text("purpose").is_none()),
                    reply_on: on,
                };
                self.with_outreach(|outreach, cx| outreach.start(want, cx));
            }
            Effect::Prompt(intent) => {
                let record = self.record();
                let whose = For { person: self.line.person, journey: Some(journey), site: &record.site };
                let mut prompt = prompts::open(&intent, &whose, &self.setup.teams, self.now);
                if let Some(proof) = &mut prompt.safety.proof {
                    proof.episode.clone_from(&self.line.journeys[index].row.episode);
                }
                if self.prompt(prompt.id).is_none() {
                    self.take_over(&mut prompt);
                }
                self.add_prompt(prompt);
            }
            Effect::Call { id, step, service, asked, until } => {
                let asked = crate::calls::Asked { id, step, service, asked, until };
                self.call_service(index, pathway, asked);
            }
            Effect::Withdraw { effects, reason } => {
                if !pathway.services.is_empty() {
                    effects.iter().for_each(|id| self.move_calls(CallMove::Over(*id)));
                }
                self.with_outreach(|outreach, cx| outreach.withdraw(&Which::Effects(&effects), &reason, cx));
                let taken = self.withdraw_prompts(|p| prompts::of_any(p, &effects), &reason);
                if reason == journey::CORRECTED {
                    self.undone.get_or_insert_with(Default::default).0.extend(taken);
                }
            }
            Effect::Undo { cause } => self.undo(&cause),
            Effect::Asked { ask, step, question, answers, all, stopped } => {
                self.asking_over(index, pathway, &crate::asks::Over { ask, step, question, answers, all, stopped });
            }
            Effect::Note { id, text } => {
                let said = self.say("note.made", &id.to_string(), json!({"text": text, "journey": journey}), None);
                self.queue.push_back(said);
            }
            Effect::Goal { goal, title, reached, because, after_ms } => {
                self.tell_goal(index, pathway, &Goal { goal, title, reached, because, after_ms });
            }
            Effect::Enrol { id, pathway: other, cause } => self.enrol_in(index, id, &other, cause),
            Effect::Leave { pathway: other, reason } => self.withdraw_from(&other, &reason),
            Effect::End { reason } => self.end(index, &reason),
            // It stays until nothing of it is under way any more: see `finish_completed`.
            Effect::Finished => {}
        }
    }

    /// The journey was ended: what is pending of it is withdrawn.
    pub(crate) fn end(&mut self, index: usize, reason: &str) {
        let row = &mut self.line.journeys[index].row;
        let id = row.id;
        self.changed_journeys.insert(id.0);
        row.status = JourneyStatus::Ended;
        row.ended = Some((self.now, reason.to_owned()));
        let body = json!({"journey": id, "pathway": row.pathway, "episode": row.episode, "reason": reason});
        let (pathway, version) = (row.pathway.clone(), row.version);
        let said = self.say("journey.ended", &id.to_string(), body, None);
        self.queue.push_back(said);
        self.count(&pathway, version, crate::flow::LEFT);
        self.move_calls_of(index, CallMove::Gone);
        // Whoever waits for its turn to ask may have it now.
        self.edition += 1;
        self.with_outreach(|outreach, cx| outreach.withdraw(&Which::Journey(id), reason, cx));
        // A red flag and a concern stay open: they are the person's until someone has seen to them.
        self.withdraw_prompts(|p| p.journey == Some(id) && p.safety.is_none(), reason);
    }
}

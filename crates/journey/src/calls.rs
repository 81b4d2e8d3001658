//! The step that waits for a service outside: `call`.
//!
//! What is asked is said once, as an effect; what came of it comes as a fact (`service.answered`, `service.failed`).
//!
//! Invariants: a call waits until its time is over and no longer, whoever is to bring the answer; an answer that does
//! not fit the types that the pathway names is as if the service had failed, and binds nothing; nobody's step waits
//! within a turn.

use crate::Effect;
use crate::Way;
use crate::engine::{Flow, Run};
use crate::facts::goto;
use crate::state::{Answered, Strand, Wait};
use model::{Fact, Value};
use pathway::Scope;
use pathway::ast::{Service, Step, Verb};
use serde_json::Value as Json;

/// Why a service failed whose answer does not fit the types.
pub const BAD_ANSWER: &str = "bad_answer";
/// What the outcome of a call that was answered is called in the state.
const ANSWERED: &str = "answered";

/// An answer, in the order of the service's fields; a field that is left out or null is not known. `Err` names the
/// first field that does not fit its type.
pub fn answers<'s>(service: &'s Service, given: Option<&Json>) -> Result<Vec<Value>, &'s str> {
    let one = |field: &'s model::prompt::Field| {
        let value = match given.and_then(|g| g.get(&field.name)) {
            None | Some(Json::Null) => return Ok(Value::Unknown),
            Some(Json::Bool(b)) => Value::Bool(*b),
            Some(Json::Number(n)) => n.as_f64().map_or(Value::Unknown, Value::Number),
            Some(Json::String(text)) => Value::Text(text.clone()),
            Some(_) => return Err(field.name.as_str()),
        };
        if pathway::asking::fits(field, &value) { Ok(value) } else { Err(field.name.as_str()) }
    };
    match given {
        Some(Json::Object(_)) => service.form.fields.iter().map(one).collect(),
        _ => Err("answers"),
    }
}

/// Answers as they are bound to the service's name.
pub fn bound(service: &Service, values: &[Value]) -> Vec<(String, Value)> {
    let pairs = service.form.fields.iter().zip(values).filter(|(_, v)| **v != Value::Unknown);
    pairs.map(|(f, v)| (f.name.clone(), v.clone())).collect()
}

impl<'a> Run<'a> {
    /// Asks the service, and waits for what it says.
    pub fn arrive_call(&mut self, strand: &mut Strand, step: &'a Step) -> Flow {
        let Verb::Call { service, within_ms, .. } = &step.verb else { return Flow::Stay };
        let Some(asks) = self.pathway.service(service).map(|s| s.asks.as_slice()) else { return Flow::Stay };
        let view = self.view(&strand.frames);
        let asked = asks.iter().map(|(name, path)| (name.clone(), view.get(path))).collect();
        let until = self.cx.now.plus_ms(*within_ms);
        let (key, id) = self.effect();
        self.note("call:asked", &format!("{} until={until}", step.name));
        self.effects.push(Effect::Call { id, step: step.name.clone(), service: service.clone(), asked, until });
        self.forget(strand);
        strand.wait = Wait::Called { key, since: self.cx.now, until };
        Flow::Stay
    }

    /// Looks whether its time is over.
    pub fn called(&mut self, strand: &mut Strand, step: &'a Step) -> Flow {
        let (Wait::Called { key, until, .. }, Verb::Call { failed, .. }) = (&strand.wait, &step.verb) else {
            return Flow::Stay;
        };
        if self.cx.now < *until {
            return Flow::Stay;
        }
        let effects = vec![key.id(self.cx.journey)];
        self.note("call:failed", &format!("{} no_answer", step.name));
        self.effects.push(Effect::Withdraw { effects, reason: "no_answer".into() });
        self.pass(strand, step, Way::Missed);
        Flow::Go(goto(*failed, step))
    }

    /// What came of a call.
    pub fn fact_for_call(&mut self, slot: usize, step: &'a Step, fact: &Fact) {
        let Some(strand) = &self.slots[slot] else { return };
        let (Wait::Called { key, .. }, Verb::Call { service, answered, failed, .. }) = (&strand.wait, &step.verb)
        else {
            return;
        };
        if fact.text("call") != Some(key.id(self.cx.journey).to_string().as_str()) {
            return;
        }
        let Some(service) = self.pathway.service(service) else { return };
        let said = match fact.kind.as_str() {
            "service.answered" => answers(service, fact.body.get("answers")).map_err(|at| format!("{BAD_ANSWER} {at}")),
            "service.failed" => Err(fact.text("because").unwrap_or_default().to_owned()),
            _ => return,
        };
        let strand = strand.clone();
        let (way, to) = match said {
            Ok(values) => {
                self.note("call:answered", &format!("{} {}", step.name, fact.id));
                let (step, frames) = (strand.step, strand.frames.clone());
                self.state.answers.push(Answered { step, frames, outcome: ANSWERED.into(), values });
                (Way::Found, *answered)
            }
            Err(because) => {
                self.note("call:failed", &format!("{} {because}", step.name));
                (Way::Missed, *failed)
            }
        };
        self.pass(&strand, step, way);
        self.send(slot, goto(to, step));
    }
}

//! Calls to services outside, as far as a turn knows of them: what is asked, what comes back, what is taken back.
//!
//! Invariants: what is sent is what the service's `asks` names and the names of service, pathway and step; a call
//! whose journey is over, stands still or is on another line by now is not tried; only the hub itself says what a
//! service answered. An attempt that is under way cannot be taken back: what it brings is kept on the line and changes
//! nothing.
//!
//! Deliberately absent: where a service is, and trying (the hub's).

use crate::turn::Turn;
use model::batch::JourneyStatus;
use model::fact::OWN;
use model::service::{CallMove, ServiceCall};
use model::{At, EffectId, Fact, JourneyId, Value};
use pathway::Pathway;
use serde_json::{Value as Json, json};

/// The fact by which a line takes back a call that another one has, or holds it.
pub(crate) const MOVED: &str = "service.moved";
/// A service answered.
pub const ANSWERED: &str = "service.answered";
/// It did not.
pub const FAILED: &str = "service.failed";

/// What is to be asked, and until when.
pub(crate) struct Asked {
    pub id: EffectId,
    pub step: String,
    pub service: String,
    pub asked: Vec<(String, Value)>,
    pub until: At,
}

/// A value as it is sent: what is not known is null, a list is how many it has.
fn sent(value: &Value) -> Json {
    match value {
        Value::Unknown => Json::Null,
        Value::Bool(b) => json!(b),
        Value::Number(n) => json!(n),
        Value::Text(text) => json!(text),
        Value::Time(at) => json!(at.to_string()),
        Value::Codes(codes) => json!(codes),
        Value::List(items) => json!(items.len()),
    }
}

impl Turn<'_> {
    /// Puts a call where the hub finds it.
    pub(crate) fn call_service(&mut self, index: usize, pathway: &Pathway, asked: Asked) {
        let Asked { id, step, service, asked, until } = asked;
        let values: serde_json::Map<String, Json> = asked.iter().map(|(name, v)| (name.clone(), sent(v))).collect();
        let body = json!({"call": id, "service": service, "pathway": pathway.name, "step": step, "asked": values});
        self.batch.calls.push(ServiceCall {
            id,
            person: self.line.person,
            journey: self.line.journeys[index].row.id,
            service,
            body: body.to_string(),
            created_at: self.now,
            until,
            tries: 0,
        });
    }

    /// Takes calls back, or holds them, here and on the lines that were merged with this one.
    pub(crate) fn move_calls(&mut self, to: CallMove) {
        // One that was made in this very turn has not even been written.
        let before = self.batch.calls.len();
        match to {
            CallMove::Over(id) => self.batch.calls.retain(|c| c.id != id),
            CallMove::Gone(journey) => self.batch.calls.retain(|c| c.journey != journey),
            CallMove::Held(..) => {}
        }
        if matches!(to, CallMove::Over(_)) && self.batch.calls.len() < before {
            return;
        }
        self.batch.calls_moved.push(to);
        let body = match to {
            CallMove::Over(id) => json!({"call": id}),
            CallMove::Gone(journey) => json!({"journey": journey}),
            CallMove::Held(journey, held) => json!({"journey": journey, "held": held}),
        };
        for other in self.line.others() {
            let key = format!("{body}{}", self.now);
            self.hand(other, Fact::own(MOVED, &key, other, self.now, body.clone()));
        }
    }

    /// The same for every call of a journey, where its version makes any.
    pub(crate) fn move_calls_of(&mut self, index: usize, to: fn(JourneyId) -> CallMove) {
        let row = &self.line.journeys[index].row;
        let journey = row.id;
        if self.setup.versions.get(&row.version).is_none_or(|p| !p.services.is_empty()) {
            self.move_calls(to(journey));
        }
    }

    /// What came of a call, or what another line says of it, moves its row.
    pub(crate) fn move_call(&mut self, fact: &Fact) {
        let id = |key: &str| fact.text(key);
        match fact.kind.as_str() {
            ANSWERED | FAILED | MOVED => {}
            _ => return,
        }
        if let Some(call) = id("call").and_then(|t| t.parse::<EffectId>().ok()) {
            self.batch.calls_moved.push(CallMove::Over(call));
        }
        let Some(journey) = id("journey").filter(|_| fact.kind == MOVED).and_then(|t| t.parse().ok()) else { return };
        self.batch.calls_moved.push(match fact.flag("held") {
            Some(held) => CallMove::Held(journey, held),
            None => CallMove::Gone(journey),
        });
    }

    /// Of what a service said only the answers that the pathway names are kept, and none that nobody asked for.
    pub(crate) fn keep_what_was_asked(&self, fact: &mut Fact) {
        if fact.kind != ANSWERED {
            return;
        }
        let journey = fact.text("journey").and_then(|t| t.parse::<JourneyId>().ok());
        let row = journey.and_then(|id| self.line.journeys.iter().find(|w| w.row.id == id)).map(|w| &w.row);
        let row = row.filter(|row| row.status == JourneyStatus::Active);
        let pathway = row.and_then(|row| self.setup.versions.get(&row.version));
        let service = pathway.zip(fact.text("service")).and_then(|(p, name)| p.service(name));
        let asked = |name: &str| service.is_some_and(|s| s.form.fields.iter().any(|f| f.name == name));
        if let Some(answers) = fact.body.get_mut("answers").and_then(Json::as_object_mut) {
            answers.retain(|name, _| asked(name));
        }
    }

    /// Whether a fact may be taken as what a service said: nobody else says so.
    pub(crate) fn admit_service(&self, fact: &Fact) -> Result<(), String> {
        if fact.source == OWN { Ok(()) } else { Err("only the hub says what a service answered".into()) }
    }

    /// How the calls of a journey stand after its version was halted or resumed.
    pub(crate) fn hold_calls(&mut self, index: usize, held: bool) {
        if self.line.journeys[index].row.status == JourneyStatus::Active {
            let to = if held { |j| CallMove::Held(j, true) } else { |j| CallMove::Held(j, false) };
            self.move_calls_of(index, to);
        }
    }
}

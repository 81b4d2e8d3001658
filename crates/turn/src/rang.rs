//! Somebody rang the number that calls come from, and asked for a nurse to call back.
//!
//! Invariants: one open prompt a line, however often they ring; nothing is supposed about who rang: a number may be
//! shared, and one that is in no record is nobody's; what is said after a death is a person's to answer.

use crate::turn::Turn;
use model::batch::JourneyStatus;
use model::{EffectId, Fact};
use outreach::Ask;

/// Somebody rang, or asked for a nurse in a call of ours that was about nothing any more.
pub(crate) const RECEIVED: &str = "call.received";
/// What the prompt is called.
pub(crate) const CODE: &str = "rang_back";

impl Turn<'_> {
    /// Asks a team to call back.
    pub(crate) fn call_back(&mut self, fact: &Fact) {
        if fact.kind != RECEIVED || fact.text("wants") != Some("callback") {
            return;
        }
        // Whoever calls back calls once: that they rang again stands in the line.
        if self.line.prompts.iter().any(|p| p.name == CODE && p.status.is_open() && p.desk.held.is_none()) {
            return;
        }
        let record = self.record();
        let tried = self.line.outreach.lately(self.now, &self.zone());
        let from = fact.text("from");
        let shared = !crate::shared::candidates(fact).is_empty();
        let (title, mut reason) = match (from, record.name.trim()) {
            // Nobody is named: whose it may be stands with the call.
            (Some(from), _) if shared => (
                format!("Call {from} back"),
                format!(
                    "Somebody rang from {from} and asked for a nurse. Several people have this number: who they are \
                     stands with the call. Ask who is speaking before you say anything."
                ),
            ),
            (Some(from), "") => (
                format!("Call {from} back"),
                format!(
                    "Somebody rang from {from} and asked for a nurse. The number is in no record: ask who is speaking \
                     before you say anything."
                ),
            ),
            (Some(from), name) => (
                format!("Call {name} back"),
                format!(
                    "Somebody rang from {from}, a number of {name}, and asked for a nurse. Others may share it: ask who \
                     is speaking first."
                ),
            ),
            (None, name) => (
                format!("Call {name} back"),
                "They asked for a nurse in an automated call that was about nothing any more by then.".to_owned(),
            ),
        };
        if !tried.is_empty() {
            reason.push_str(&format!(" Tried lately: {tried}."));
        }
        self.ask(&Ask {
            reach: EffectId::of(&[b"rang", &fact.id.0.bytes()]),
            journey: None,
            team: self.who_calls_back(),
            code: CODE.into(),
            title,
            reason,
            urgent: false,
            cause: None,
        });
    }

    /// The team behind the journey that they are on, the one that began last first; else that of whatever is in force.
    fn who_calls_back(&self) -> String {
        let on = |w: &&crate::Walking| w.row.status == JourneyStatus::Active;
        let walked = self.line.journeys.iter().rev().filter(on).filter_map(|w| self.setup.versions.get(&w.row.version));
        let own = walked.filter(|p| !p.standing).map(|p| p.fallback_team.clone()).next();
        own.or_else(|| self.setup.in_force.first().map(|p| p.fallback_team.clone())).unwrap_or_default()
    }
}

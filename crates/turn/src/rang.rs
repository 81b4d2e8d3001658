//! Somebody rang the number that calls come from: a team calls back.
//!
//! Invariants: that they rang is told when it rings, so that whoever hangs up at once is called back too; one open prompt
//! a line, however often they ring, which says how often; what the same call settles by a key (no more automated calls)
//! is no matter for a nurse; nothing is supposed about who rang: a number may be shared, and one that is in no record is
//! nobody's; what is said after a death is a person's to answer.

use crate::turn::Turn;
use model::batch::JourneyStatus;
use model::prompt::{Prompt, PromptStatus, Rings};
use model::{EffectId, Fact};
use outreach::Ask;

/// Somebody rang, or asked for a nurse in a call of ours that was about nothing any more.
pub(crate) const RECEIVED: &str = "call.received";
/// What the prompt is called.
pub(crate) const CODE: &str = "rang_back";
/// Why a prompt is withdrawn whose call was about something that a key did.
const SETTLED: &str = "what they rang for was done by a key";

/// The prompt that stands for the calls of a line; one with an outcome is past them.
fn is_open(prompt: &Prompt) -> bool {
    prompt.name == CODE && prompt.status.is_open() && prompt.desk.held.is_none()
}

fn is_shared(fact: &Fact) -> bool {
    !crate::shared::candidates(fact).is_empty()
}

impl Turn<'_> {
    /// Asks a team to call back.
    pub(crate) fn call_back(&mut self, fact: &Fact) {
        if fact.kind != RECEIVED {
            return;
        }
        let call = fact.text("call_sid").unwrap_or_default();
        let asked = match fact.text("wants") {
            None => false,
            Some("callback") => true,
            // Whoever rang for this alone got it.
            Some(_) => {
                let settled = |p: &Prompt| {
                    let rings = p.desk.rings.as_ref().filter(|r| r.n == 1 && !r.asked && r.call == call);
                    is_open(p) && rings.is_some() && p.assignee.is_none() && p.status != PromptStatus::Acknowledged
                };
                self.withdraw_prompts(settled, SETTLED);
                return;
            }
        };
        let now =
            Rings { n: u32::from(fact.text("from").is_some()), last: fact.occurred_at, call: call.to_owned(), asked };
        let Some(at) = self.line.prompts.iter().position(is_open) else {
            let reason = self.why_call_back(fact, &now);
            let title = match (fact.text("from"), self.record().name.trim()) {
                (Some(from), name) if name.is_empty() || is_shared(fact) => format!("Call {from} back"),
                (_, name) => format!("Call {name} back"),
            };
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
            if let Some(prompt) = self.line.prompts.iter_mut().find(|p| is_open(p)) {
                prompt.desk.rings = Some(now);
            }
            return;
        };
        // Whoever calls back calls once: that they rang again is said there.
        if fact.text("from").is_none() {
            return;
        }
        let before = self.line.prompts[at].desk.rings.clone();
        let rings = match before.clone() {
            None => now,
            Some(old) if old.call == now.call => Rings { asked: old.asked || asked, ..old },
            Some(old) => Rings {
                n: old.n.saturating_add(1),
                last: old.last.max(now.last),
                asked: old.asked || asked,
                call: now.call,
            },
        };
        if before.as_ref() == Some(&rings) {
            return;
        }
        let reason = self.why_call_back(fact, &rings);
        let prompt = &mut self.line.prompts[at];
        prompt.reason = reason;
        prompt.desk.rings = Some(rings);
        let id = prompt.id;
        self.changed_prompts.insert(id);
    }

    /// What whoever calls back is to know.
    fn why_call_back(&mut self, fact: &Fact, rings: &Rings) -> String {
        let (record, zone) = (self.record(), self.zone());
        let tried = self.line.outreach.lately(self.now, &zone);
        let wanted = if rings.asked { "and asked for a nurse" } else { "and pressed no key" };
        let mut reason = match (fact.text("from"), record.name.trim()) {
            // Nobody is named: whose it may be stands with the call.
            (Some(from), _) if is_shared(fact) => format!(
                "Somebody rang from {from} {wanted}. Several people have this number: who they are stands with the call. \
                 Ask who is speaking before you say anything."
            ),
            (Some(from), "") => format!(
                "Somebody rang from {from} {wanted}. The number is in no record: ask who is speaking before you say \
                 anything."
            ),
            (Some(from), name) => format!(
                "Somebody rang from {from}, a number of {name}, {wanted}. Others may share it: ask who is speaking first."
            ),
            (None, _) => {
                "They asked for a nurse in an automated call that was about nothing any more by then.".to_owned()
            }
        };
        if rings.n > 1 {
            let (date, time) = (rings.last.date_in(&zone), rings.last.time_in(&zone));
            let when = format!("{} at {}", date.strftime("%a %-d %b"), time.strftime("%H:%M"));
            reason.push_str(&format!(" They rang {} times, last on {when}.", rings.n));
        }
        if !tried.is_empty() {
            reason.push_str(&format!(" Tried lately: {tried}."));
        }
        reason
    }

    /// The team behind the journey that they are on, the one that began last first; else that of whatever is in force.
    fn who_calls_back(&self) -> String {
        let on = |w: &&crate::Walking| w.row.status == JourneyStatus::Active;
        let walked = self.line.journeys.iter().rev().filter(on).filter_map(|w| self.setup.versions.get(&w.row.version));
        let own = walked.filter(|p| !p.standing).map(|p| p.fallback_team.clone()).next();
        own.or_else(|| self.setup.in_force.first().map(|p| p.fallback_team.clone())).unwrap_or_default()
    }
}

//! What answers a shadow: outcomes and receipts of what the version in force wanted at the same step.
//!
//! Both sides call a journey the same, so that chance falls alike; hence an address in a fact is never left as it
//! is. Where the shadow waits for the same step it hears the answer as one of its own, where it does not the address
//! is blank: the fact is still heard, by whatever listens to its kind. An outcome of a prompt that came before the shadow
//! asks is heard when it asks.

use super::{Mirror, ShadowWalk, Wanted};
use journey::Awaited;
use model::{EffectId, Fact, JourneyId, MessageId, PromptId};
use pathway::Pathway;
use serde_json::{Value as Json, json};

/// Rungs of a ladder, and tries of each, whose messages are looked for.
const RUNGS_MAX: u8 = 8;
const TRIES_MAX: u8 = 8;

/// A fact as a shadow hears it.
pub(super) enum Heard {
    /// As a fact.
    Fact(Fact),
    /// As the correction of an outcome.
    Corrected(PromptId, Fact),
}

/// The message of a reach at a place of its ladder.
fn message(reach: EffectId, place: u8, tries: u8) -> MessageId {
    MessageId::of(&[&reach.0.bytes(), &[place], &[tries]])
}

/// A fact as a walk hears it. `None`: it hears nothing.
pub(super) fn heard(fact: &Fact, walk: &ShadowWalk, pathway: &Pathway, mirrors: &mut [Mirror]) -> Option<Heard> {
    let kind = fact.kind.as_str();
    let waits = || walk.state.as_ref().map(|s| s.awaited(pathway, walk.id)).unwrap_or_default();
    let of = |m: &&mut Mirror| m.journey == walk.id;
    match kind {
        "prompt.completed" | "prompt.corrected" => {
            let prompt = fact.text("prompt").and_then(|t| t.parse::<PromptId>().ok());
            let mirror = mirrors.iter_mut().filter(of).find(|m| prompt.map(Wanted::Prompt) == Some(m.wanted));
            if kind == "prompt.corrected" {
                let told = mirror?.told?;
                return Some(Heard::Corrected(told, with(fact, "prompt", json!(told))));
            }
            let own = mirror.and_then(|m| {
                m.told = asked(waits(), m);
                // It has not asked yet: it hears this when it does.
                m.outcome = m.told.is_none().then(|| fact.clone());
                m.told
            });
            Some(Heard::Fact(with(fact, "prompt", own.map_or(Json::Null, |id| json!(id)))))
        }
        "reach.ended" | "reply.classified" => {
            let reach = fact.text("reach").and_then(|t| t.parse::<EffectId>().ok());
            let mirror = mirrors.iter_mut().filter(of).find(|m| reach.map(Wanted::Reach) == Some(m.wanted));
            let own = mirror.and_then(|m| own_reach(waits(), m));
            Some(Heard::Fact(with(fact, "reach", own.map_or(Json::Null, |id| json!(id)))))
        }
        "service.answered" | "service.failed" => {
            let call = fact.text("call").and_then(|t| t.parse::<EffectId>().ok());
            let mirror = mirrors.iter_mut().filter(of).find(|m| call.map(Wanted::Call) == Some(m.wanted));
            let own = mirror.and_then(|m| own_reach(waits(), m));
            Some(Heard::Fact(with(fact, "call", own.map_or(Json::Null, |id| json!(id)))))
        }
        "answer.given" | "answer.not_understood" => {
            let mine = fact.text("journey").and_then(|t| t.parse::<JourneyId>().ok()) == Some(walk.id);
            let asked = walk.state.as_ref().map(|s| s.asking(pathway, walk.id)).unwrap_or_default();
            let same = asked.into_iter().find(|a| mine && fact.text("question") == Some(a.question.as_str()));
            Some(Heard::Fact(with(fact, "ask", same.map_or(Json::Null, |a| json!(a.ask)))))
        }
        "call.heard" | "call.ended" => Some(Heard::Fact(of_message(fact, waits(), mirrors, walk.id))),
        other if other.starts_with("message.") => Some(Heard::Fact(of_message(fact, waits(), mirrors, walk.id))),
        _ => Some(Heard::Fact(fact.clone())),
    }
}

/// An outcome that came before the shadow asked, once it asks.
pub(super) fn kept(walk: &ShadowWalk, pathway: &Pathway, mirrors: &mut [Mirror]) -> Option<Fact> {
    let mut with_outcome = mirrors.iter_mut().filter(|m| m.journey == walk.id && m.outcome.is_some());
    let waits = walk.state.as_ref()?.awaited(pathway, walk.id);
    let (mirror, own) = with_outcome.find_map(|m| Some((asked(waits.clone(), m)?, m)).map(|(own, m)| (m, own)))?;
    mirror.told = Some(own);
    mirror.outcome.take().map(|fact| with(&fact, "prompt", json!(own)))
}

fn asked(waits: Vec<Awaited>, mirror: &Mirror) -> Option<PromptId> {
    same_step(waits.into_iter().filter(|a| a.prompt.is_some()).collect(), mirror)?.prompt
}

/// A receipt of a message.
fn of_message(fact: &Fact, waits: Vec<Awaited>, mirrors: &[Mirror], journey: JourneyId) -> Fact {
    let id = fact.text("message").and_then(|t| t.parse::<MessageId>().ok());
    let carried = |m: &&Mirror| match m.wanted {
        Wanted::Reach(reach) if m.journey == journey && waits.iter().any(|a| a.step == m.step) => {
            let mut all = (0..RUNGS_MAX).flat_map(|place| (0..TRIES_MAX).map(move |tries| (place, tries)));
            all.any(|(place, tries)| Some(message(reach, place, tries)) == id)
        }
        _ => false,
    };
    let own = mirrors.iter().find(carried).and_then(|m| own_reach(waits.clone(), m));
    with(fact, "message", own.map_or(Json::Null, |reach| json!(message(reach, 0, 0))))
}

fn own_reach(waits: Vec<Awaited>, mirror: &Mirror) -> Option<EffectId> {
    same_step(waits.into_iter().filter(|a| a.prompt.is_none()).collect(), mirror).map(|a| a.effect)
}

/// What waits at the step of a wish: about the same items, or the only one there.
fn same_step(mut waits: Vec<Awaited>, mirror: &Mirror) -> Option<Awaited> {
    waits.retain(|a| a.step == mirror.step);
    let same = waits.iter().position(|a| a.about == mirror.about);
    match (same, waits.len()) {
        (Some(at), _) => Some(waits.swap_remove(at)),
        (None, 1) => waits.pop(),
        (None, _) => None,
    }
}

fn with(fact: &Fact, key: &str, value: Json) -> Fact {
    let mut fact = fact.clone();
    if let Json::Object(body) = &mut fact.body
        && (body.contains_key(key) || !value.is_null())
    {
        body.insert(key.to_owned(), value);
    }
    fact
}

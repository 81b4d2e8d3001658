//! What shadows keep of a line, as bytes: a tail of the line's state that says nothing of real care.
//!
//! Postcard of [`Kept`]: a field more there needs a new version of the line's state, as in [`crate::line`].

use super::{Mirror, ShadowWalk, Shadowed, Wanted};
use crate::line::Trigger;
use journey::State;
use model::{At, Fact, JourneyId, PromptId};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Kept {
    number: i64,
    /// JSON: a fact's body is of any shape. No byte at all: the shadow failed, and is over for this person.
    triggers: Vec<u8>,
    walks: Vec<Walk>,
    mirrors: Vec<Wish>,
}

#[derive(Serialize, Deserialize)]
struct Wish {
    journey: JourneyId,
    wanted: Wanted,
    step: String,
    about: String,
    told: Option<PromptId>,
    /// JSON.
    outcome: Option<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct Walk {
    id: JourneyId,
    episode: String,
    started_at: At,
    ended_at: Option<At>,
    /// Bytes of the journey's state; none once it is over.
    state: Option<Vec<u8>>,
    /// JSON.
    fact: Option<Vec<u8>>,
}

/// Writes it.
pub(crate) fn write(shadows: &[Shadowed]) -> Vec<u8> {
    let walk = |w: &ShadowWalk| Walk {
        id: w.id,
        episode: w.episode.clone(),
        started_at: w.started_at,
        ended_at: w.ended_at,
        state: w.state.as_ref().map(State::encode),
        fact: w.fact.as_ref().and_then(|fact| serde_json::to_vec(fact).ok()),
    };
    let wish = |m: &Mirror| Wish {
        journey: m.journey,
        wanted: m.wanted,
        step: m.step.clone(),
        about: m.about.clone(),
        told: m.told,
        outcome: m.outcome.as_ref().and_then(|fact| serde_json::to_vec(fact).ok()),
    };
    let kept = |s: &Shadowed| Kept {
        number: s.number,
        triggers: if s.failed { Vec::new() } else { serde_json::to_vec(&s.triggers).unwrap_or_default() },
        walks: s.walks.iter().map(walk).collect(),
        mirrors: s.mirrors.iter().map(wish).collect(),
    };
    let all: Vec<Kept> = shadows.iter().map(kept).collect();
    // Structs of strings, numbers and lists always serialise.
    postcard::to_allocvec(&all).unwrap_or_default()
}

/// Reads it.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Shadowed>, String> {
    let all: Vec<Kept> = postcard::from_bytes(bytes).map_err(|e| e.to_string())?;
    all.into_iter().map(shadowed).collect()
}

fn shadowed(kept: Kept) -> Result<Shadowed, String> {
    if kept.triggers.is_empty() {
        return Ok(Shadowed { number: kept.number, failed: true, ..Shadowed::default() });
    }
    let triggers: Vec<Trigger> = serde_json::from_slice(&kept.triggers).map_err(|e| e.to_string())?;
    let walk = |w: Walk| {
        let state = w.state.map(|bytes| State::decode(&bytes)).transpose().map_err(|e| e.to_string())?;
        let fact = fact(w.fact)?;
        let Walk { id, episode, started_at, ended_at, .. } = w;
        Ok(ShadowWalk { id, episode, started_at, ended_at, state, fact })
    };
    let walks = kept.walks.into_iter().map(walk).collect::<Result<_, String>>()?;
    let wish = |m: Wish| {
        let outcome = fact(m.outcome)?;
        let Wish { journey, wanted, step, about, told, .. } = m;
        Ok(Mirror { journey, wanted, step, about, told, outcome })
    };
    let mirrors = kept.mirrors.into_iter().map(wish).collect::<Result<_, String>>()?;
    Ok(Shadowed { number: kept.number, triggers, walks, mirrors, failed: false })
}

fn fact(json: Option<Vec<u8>>) -> Result<Option<Fact>, String> {
    json.map(|json| serde_json::from_slice(&json)).transpose().map_err(|e| e.to_string())
}

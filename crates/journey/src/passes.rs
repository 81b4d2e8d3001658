//! Which steps were passed, which way, after how long: what the pathway's picture counts.
//!
//! Counting follows what happened and decides nothing. What followed from an outcome that staff corrected
//! is taken back, as far as it is remembered ([`crate::TRAIL_MAX`]).

use crate::TRAIL_MAX;
use crate::engine::Run;
use crate::state::Strand;
use model::{At, FactId};
use pathway::ast::{Step, StepIx, Verb};
use serde::{Deserialize, Serialize};

/// Which way a strand went on from a step. Written in states: new ones come last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Way {
    /// To the step after it.
    Next,
    /// The step was left out.
    Skipped,
    /// A branch's arm, or a split's, from 1.
    Arm(u16),
    /// A branch whose condition is not known.
    Unknown,
    /// A branch of which no arm was true.
    Otherwise,
    /// What was waited for came.
    Found,
    /// It did not.
    Missed,
    /// Its time was past: the step after it was left out.
    Late,
    /// Nothing was left to ask for; the strand ended.
    Pointless,
    /// A round or an item of a loop began; so did the strands of a `parallel`, or what is included.
    Body,
    /// A split's share that is held out.
    HeldOut,
}

impl Way {
    /// As counted: `found`, `arm-2`.
    pub fn name(self) -> String {
        match self {
            Self::Next => "next".into(),
            Self::Skipped => "skipped".into(),
            Self::Arm(n) => format!("arm-{n}"),
            Self::Unknown => "unknown".into(),
            Self::Otherwise => "else".into(),
            Self::Found => "found".into(),
            Self::Missed => "missed".into(),
            Self::Late => "late".into(),
            Self::Pointless => "pointless".into(),
            Self::Body => "body".into(),
            Self::HeldOut => "held-out".into(),
        }
    }
}

/// A step was passed; or, by a correction, was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The step.
    pub step: StepIx,
    /// Which way.
    pub way: Way,
    /// How long the strand stood there, milliseconds, where standing there means anything.
    pub stayed_ms: Option<i64>,
    /// Day of the care clock, [`model::flow::day`].
    pub day: i32,
    /// One more, or one less.
    pub more: bool,
}

/// A step that was passed because of an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trail {
    /// The outcome.
    pub cause: FactId,
    pub step: StepIx,
    pub way: Way,
    pub stayed_ms: Option<i64>,
    pub day: i32,
}

impl Run<'_> {
    /// A strand goes on from its step.
    pub fn pass(&mut self, strand: &Strand, step: &Step, way: Way) {
        let stands = matches!(
            step.verb,
            Verb::Wait { .. } | Verb::WaitFor { .. } | Verb::Prompt(_) | Verb::Repeat { .. } | Verb::Parallel { .. }
        );
        let stands =
            stands || matches!(step.verb, Verb::Ask { .. } | Verb::Call { .. } | Verb::Reach { success: Some(_), .. });
        let stays = stands && !matches!(way, Way::Skipped | Way::Body);
        let stayed_ms = strand.since.filter(|_| stays).map(|since| self.cx.now.0.saturating_sub(since.0).max(0));
        let (at, day) = (strand.step, model::flow::day(self.cx.now));
        self.moves.push(Move { step: at, way, stayed_ms, day, more: true });
        if let Some(cause) = strand.cause {
            let trail = &mut self.state.trail;
            if trail.len() >= TRAIL_MAX {
                trail.remove(0);
            }
            trail.push(Trail { cause, step: at, way, stayed_ms, day });
        }
    }

    /// The same from a step at which nobody stands, to the step after it.
    pub fn pass_on(&mut self, strand: &Strand, step: &Step) {
        self.pass(strand, step, Way::Next);
    }

    /// Takes back what was counted because of these outcomes; since when the strand stood at the prompt
    /// whose outcome is corrected, so that its whole stay is counted when it goes on anew.
    pub fn take_back(&mut self, causes: &[FactId], prompt: StepIx, outcome: FactId) -> Option<At> {
        let mut since = None;
        for gone in self.state.trail.extract_if(.., |t| causes.contains(&t.cause)) {
            if gone.step == prompt && gone.cause == outcome {
                since = gone.stayed_ms.map(|ms| self.cx.now.plus_ms(-ms));
            }
            let Trail { step, way, stayed_ms, day, .. } = gone;
            self.moves.push(Move { step, way, stayed_ms, day, more: false });
        }
        since
    }

    /// What can be corrected no more needs no memory.
    pub fn forget_trail(&mut self) {
        let state = &mut self.state;
        state.trail.retain(|t| state.passed.iter().any(|p| p.fact == t.cause));
    }
}

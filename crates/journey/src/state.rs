//! What a journey knows of itself.

use crate::passes::Trail;
use model::{At, EffectId, FactId, JourneyId, PromptId, Value};
use pathway::Pathway;
use pathway::ast::StepIx;

/// What a journey knows of itself. Stored as a version byte and postcard; decodable for ever.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Day 0.
    pub day_0: At,
    /// What its facts belong together with; empty when it is about no encounter.
    pub(crate) episode: String,
    /// Whether [`crate::Input::Enrolled`] was seen.
    pub(crate) begun: bool,
    /// Inputs that had effects so far.
    pub(crate) seq: u32,
    /// Why it ended.
    pub(crate) ended: Option<String>,
    /// When it is left whatever happens, as planned last.
    pub(crate) leave_at: Option<At>,
    /// What is walked side by side, in the order in which it began.
    pub(crate) strands: Vec<Strand>,
    /// Answers of prompts.
    pub(crate) answers: Vec<Answered>,
    /// Reaches that may still be pending.
    pub(crate) reaches: Vec<Pending>,
    /// Outcomes of prompts that can be corrected, oldest first.
    pub(crate) passed: Vec<Passed>,
    /// Steps that were passed because of those outcomes, oldest first.
    pub(crate) trail: Vec<Trail>,
    /// Goals that were reached or missed, and those that are open and have a deadline.
    pub(crate) goals: Vec<Met>,
}

/// A goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Met {
    /// Its place among the pathway's goals.
    pub goal: u16,
    /// When; of an open one its deadline, as planned last.
    pub at: At,
    /// How it stands.
    pub how: How,
}

/// How a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Its deadline is to come.
    Open,
    /// What counts came true in time.
    Reached,
    /// It did not.
    Missed,
}

/// One thing after the other, at one step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strand {
    /// Where it stands.
    pub step: StepIx,
    /// The loops that it is inside of, outermost first: they name its variables.
    pub frames: Vec<Frame>,
    /// The staff outcome that it passed last.
    pub cause: Option<FactId>,
    /// What it waits for.
    pub wait: Wait,
    /// Since when it stands there; `None` where nobody asks (a loop that watches) or it was not written yet.
    pub since: Option<At>,
}

/// One round of a loop, a strand of a `parallel`, or a sub-pathway that is included: its step, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The step of the `each`, `repeat`, `parallel` or `include`.
    pub step: StepIx,
    /// The item or the day.
    pub item: Item,
}

/// What a round of a loop is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// An item of `each`, by id.
    Id(String),
    /// A local date of `repeat`: days since 1970-01-01.
    Date(i32),
    /// A strand of `parallel`, by its place; or the one of an `include` (0).
    Strand(u16),
}

/// What a strand waits for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wait {
    /// Nothing: its step is to be run.
    Ready,
    /// A point in time, since it arrived; no plan while its anchor is unknown.
    Time { since: At, planned: Option<At> },
    /// A fact, until a point in time.
    Fact { since: At, deadline: Option<At> },
    /// The outcome of a prompt. At a `wait` it is the prompt that it is late.
    Prompt { key: Key, serial: u32, attempt: u32 },
    /// The next round: the last local date that was served or is past, whether its round is open,
    /// and when the next begins (or the last one ends).
    Repeat { served: i32, open: bool, planned: At },
    /// Items: those that have a strand.
    Each { started: Vec<String> },
    /// The tasks of a day: the last minute of the local day that was served (-1: none), and the next
    /// one with its instant.
    Remind { served: i32, next: Option<(u16, At)> },
    /// Strands of its own, which are inside of a frame of this step: how many of them were begun, or, after a
    /// correction began it anew, how many are left to wait for.
    Join { begun: u16 },
    /// The success of a reach, until its validity is over.
    Reached { key: Key, until: At },
    /// The answers of a question: the reach that asks it, since when, until when, how often it was asked again,
    /// and what was answered so far, in the order of its fields.
    Asked { key: Key, since: At, deadline: Option<At>, again: u16, answers: Vec<Value> },
    /// What a service says: the effect that asked it, since when, until when.
    Called { key: Key, since: At, until: At },
}

/// Sequence and index of an effect; its id is their hash with the journey's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub seq: u32,
    pub index: u32,
}

/// A reach that may still be pending.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pending {
    pub key: Key,
    pub until: At,
    pub frames: Vec<Frame>,
}

/// Answers of a prompt; bound to the prompt's name for every strand inside of `frames`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answered {
    /// The prompt step.
    pub step: StepIx,
    pub frames: Vec<Frame>,
    /// As the outcome was written.
    pub outcome: String,
    /// In the order of the form's fields.
    pub values: Vec<Value>,
}

/// An outcome that was acted on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Passed {
    pub key: Key,
    pub serial: u32,
    pub attempt: u32,
    pub step: StepIx,
    pub frames: Vec<Frame>,
    /// The `prompt.completed`.
    pub fact: FactId,
    /// The outcome that had led to the prompt.
    pub before: Option<FactId>,
}

impl Key {
    /// The effect's id.
    pub fn id(self, journey: JourneyId) -> EffectId {
        EffectId::of(&[&journey.0.bytes(), &self.seq.to_be_bytes(), &self.index.to_be_bytes()])
    }
}

impl Wait {
    /// Since when it waits, where it knows.
    pub fn since(&self) -> Option<At> {
        match self {
            Self::Time { since, .. }
            | Self::Fact { since, .. }
            | Self::Asked { since, .. }
            | Self::Called { since, .. } => Some(*since),
            _ => None,
        }
    }

    /// When it is due, as far as that is planned.
    pub fn due(&self) -> Option<At> {
        match self {
            Self::Time { planned, .. } => *planned,
            Self::Fact { deadline, .. } => *deadline,
            Self::Repeat { planned, .. } => Some(*planned),
            Self::Remind { next, .. } => next.map(|(_, at)| at),
            Self::Reached { until, .. } => Some(until.plus_ms(1)),
            Self::Asked { deadline, .. } => *deadline,
            Self::Called { until, .. } => Some(*until),
            Self::Ready | Self::Prompt { .. } | Self::Each { .. } | Self::Join { .. } => None,
        }
    }
}

impl State {
    /// When the next timer is due. `None` once the journey has ended.
    pub fn next_due(&self) -> Option<At> {
        if self.ended.is_some() {
            return None;
        }
        let timers = self.strands.iter().filter_map(|s| s.wait.due()).chain(self.leave_at);
        // A journey without strands waits for what it asked for last to be over.
        let last = if self.strands.is_empty() { self.reaches.iter().map(|r| r.until.plus_ms(1)).max() } else { None };
        let goals = self.goals.iter().filter(|g| g.how == How::Open).map(|g| g.at);
        timers.chain(last).chain(goals).min()
    }

    /// The steps that its strands stand at, sorted, each once, for counts.
    pub fn steps(&self, pathway: &Pathway) -> Vec<String> {
        let mut names: Vec<String> =
            self.strands.iter().filter_map(|s| pathway.step(s.step)).map(|s| s.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The steps that its strands stand at, each once, sorted by name, and since when the first of them does.
    pub fn stands(&self, pathway: &Pathway) -> Vec<(String, Option<At>)> {
        let mut all: Vec<(String, Option<At>)> = Vec::new();
        for strand in &self.strands {
            let Some(step) = pathway.step(strand.step) else { continue };
            match all.iter_mut().find(|(name, _)| *name == step.name) {
                Some((_, since)) => *since = (*since).min(strand.since).or(strand.since),
                None => all.push((step.name.clone(), strand.since)),
            }
        }
        all.sort();
        all
    }

    /// Whether one of its strands waits for the outcome of this prompt.
    pub fn waits_for(&self, journey: JourneyId, prompt: PromptId) -> bool {
        let waits = |wait: &Wait| match wait {
            Wait::Prompt { key, serial, .. } => crate::prompt_id(key.id(journey), *serial) == prompt,
            _ => false,
        };
        self.strands.iter().any(|s| waits(&s.wait))
    }

    /// Whether it went on by an outcome of this prompt that can be corrected yet.
    pub fn has_passed(&self, journey: JourneyId, prompt: PromptId) -> bool {
        self.passed.iter().any(|p| crate::prompt_id(p.key.id(journey), p.serial) == prompt)
    }

    /// Whether it has ended and why; `finished` when by itself.
    pub fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    /// What its facts belong together with: `Encounter/1`.
    pub fn episode(&self) -> &str {
        &self.episode
    }
}

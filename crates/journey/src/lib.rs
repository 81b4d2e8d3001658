//! Advances one journey along one version of a pathway. Pure.

use jiff::tz::TimeZone;
use model::prompt::{Escalation, Form, Lapse};
use model::value::Kind;
use model::{At, Channel, EffectId, Fact, JourneyId, PersonId, PromptId, Purpose, Value};
use pathway::{Pathway, Scope};
use serde::{Deserialize, Serialize};

/// Variables that a strand has bound: name, kind and the item's id.
pub type Bindings = Vec<(String, Kind, String)>;

/// What a journey knows of itself. Stored as a version byte and postcard; decodable for ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    // the journey helper owns the fields
    /// Day 0.
    pub day_0: At,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The journey begins.
    Enrolled,
    /// A fact on the person's line (the record has folded it already).
    Fact(&'a Fact),
    /// Time went on, or the record changed: timers are planned anew and those that are due fire.
    Tick,
    /// It ends from outside.
    Withdrawn {
        /// Why.
        reason: &'a str,
    },
    /// A nurse corrects the outcome of a prompt; `fact` is the new `prompt.completed`.
    Corrected {
        /// The prompt.
        prompt: PromptId,
        /// The new outcome.
        fact: &'a Fact,
    },
}

/// What the engine may see of the world.
pub struct Context<'a> {
    /// The care clock.
    pub now: At,
    /// The person's zone.
    pub zone: &'a TimeZone,
    /// Whose journey.
    pub person: PersonId,
    /// Which.
    pub journey: JourneyId,
    /// Record, encounter, enrolling fact; the engine binds its own variables and answers.
    pub scope: &'a dyn Scope,
    /// Whether the person asked for task reminders.
    pub task_reminders: bool,
}

/// A fact that makes something pointless, about one item or any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Until {
    /// `medication.picked_up`.
    pub kind: String,
    /// `MedicationRequest/1`; `None`: any of that kind.
    pub about: Option<String>,
}

/// What the engine wants to happen outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Get something across to the person.
    Reach(ReachIntent),
    /// Ask the care team.
    Prompt(Box<PromptIntent>),
    /// Take back what was wanted by these effects, as far as it has not left or is not done.
    Withdraw {
        /// The effects.
        effects: Vec<EffectId>,
        /// Why.
        reason: String,
    },
    /// Take back everything that was caused by this outcome and has not left; list what has left.
    Undo {
        /// The cause: id of the corrected `prompt.completed`.
        cause: String,
    },
    /// Something for the timeline.
    Note {
        /// Effect.
        id: EffectId,
        /// The words.
        text: String,
    },
    /// The journey has ended; all that is pending of it is to be withdrawn.
    End {
        /// Why.
        reason: String,
    },
}

/// An intent to reach the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReachIntent {
    /// The idempotency key all the way to the provider.
    pub id: EffectId,
    /// Step name.
    pub step: String,
    /// Name of the words.
    pub words: String,
    /// Why.
    pub purpose: Purpose,
    /// Ladder: channel and time given, milliseconds.
    pub by: Vec<(Channel, i64)>,
    /// Not sent later.
    pub valid_until: At,
    /// Urgent.
    pub urgent: bool,
    /// What makes it pointless.
    pub until: Option<Until>,
    /// What its words may name.
    pub bindings: Bindings,
    /// The staff outcome that led here, as text.
    pub cause: Option<String>,
}

/// An intent to ask the care team. Words are rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptIntent {
    /// Effect.
    pub id: EffectId,
    /// Name that answers are bound to.
    pub name: String,
    /// Team.
    pub to: String,
    /// The verb.
    pub title: String,
    /// Why it matters.
    pub reason: String,
    /// Recommended actions.
    pub offer: Vec<String>,
    /// Form.
    pub form: Option<Form>,
    /// Urgent.
    pub urgent: bool,
    /// By when, after it opens.
    pub due: Lapse,
    /// Chain of escalation.
    pub overdue: Vec<Escalation>,
    /// Which try.
    pub attempt: u32,
    /// The most tries.
    pub attempts_max: u32,
    /// How long until the next try when nobody answers.
    pub again_after: Lapse,
    /// Not before (call back).
    pub not_before: Option<At>,
    /// What makes it pointless.
    pub until: Option<Until>,
    /// The staff outcome that led here, as text.
    pub cause: Option<String>,
}

/// Why the engine did what it did: at most 200 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// `step:wait planned`, `branch:unknown`: stable.
    pub code: String,
    /// Values.
    pub detail: String,
}

/// What came of an input.
#[derive(Clone, Debug)]
pub struct Advance {
    /// The new state.
    pub state: State,
    /// Intents.
    pub effects: Vec<Effect>,
    /// Why.
    pub trace: Vec<Note>,
}

/// The engine could not go on. A state that staff see, not a lost journey.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// More than the bound of steps in one input: a loop without a wait.
    #[error("step {step}: more than {bound} steps without a wait")]
    Runaway {
        /// Where.
        step: String,
        /// The bound.
        bound: usize,
    },
    /// The state's bytes are not of a known version.
    #[error("journey state: {0}")]
    State(String),
}

/// A new journey's state, before [`Input::Enrolled`].
pub fn begin(_pathway: &Pathway, day_0: At, _episode: &str) -> State {
    State { day_0 }
}

/// Advances.
pub fn advance(_pathway: &Pathway, _state: State, _input: &Input<'_>, _cx: &Context<'_>) -> Result<Advance, Error> {
    todo!()
}

impl State {
    /// When the next timer is due.
    pub fn next_due(&self) -> Option<At> {
        todo!()
    }
    /// The steps that its strands stand at, sorted, for counts.
    pub fn steps(&self, _pathway: &Pathway) -> Vec<String> {
        todo!()
    }
    /// Whether it has ended and why.
    pub fn ended(&self) -> Option<&str> {
        todo!()
    }
    /// Version byte and postcard.
    pub fn encode(&self) -> Vec<u8> {
        todo!()
    }
    /// Reads any version that was ever written.
    pub fn decode(_bytes: &[u8]) -> Result<Self, Error> {
        todo!()
    }
}

/// A task of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// `change_dressing@2026-11-24#0`.
    pub id: String,
    /// Words in the language asked for.
    pub text: String,
    /// When, if at a time.
    pub at: Option<At>,
    /// Ticked.
    pub done: bool,
}

/// Answers of a prompt: bound to its name within the journey.
pub type Answers = Vec<(String, Value)>;

//! Advances one journey along one version of a pathway. Pure.
//!
//! [`advance`] takes the state, one [`Input`] and what may be seen of the world, and gives the new
//! state, the intents ([`Effect`]) and why ([`Note`]). A journey is a set of strands, each at one
//! step; every strand runs until it waits or ends.
//!
//! Invariants
//! * The same state and input give the same effects with the same ids, whether or not the state was
//!   written and read in between. An effect's id is the hash of journey, sequence and index.
//! * A timer keeps its rule. On every input it is planned anew from the zone and the anchor as they
//!   are now. A wait that has fired is gone, and a local day that was served is not served again.
//! * After an input, [`State::next_due`] is later than that input's `now`.
//! * Every list and loop has a bound: [`STEPS_MAX`], [`STRANDS_MAX`], [`NESTED_MAX`], [`ITEMS_MAX`],
//!   [`PASSED_MAX`], [`TRAIL_MAX`].
//! * What is by chance (an arm, a minute of a window) is a hash of who or which journey it is for and of
//!   the name of what is drawn: the same whenever it is asked.
//!
//! What is decided here and could be decided otherwise
//! * A prompt that a fact made pointless is withdrawn, and its strand ends.
//! * A task whose condition is unknown is not on the list: a person is asked to do only what is
//!   known to be right for them.
//! * A journey whose strands have all ended is over ([`Effect::Finished`]) once nothing that it
//!   asked for can still be pending, so that what ends it from outside can still take it back. A
//!   standing pathway is over at once. An `each` waits for items until the journey is left.
//! * A sub-pathway that is included is walked by the strand itself, and gone on from where it would end;
//!   so is one whose prompt became pointless. Strands of a `parallel` are its children, and it waits. What only
//!   watches inside of either (`each`, `remind`) is waited for by neither, and goes on.
//! * A correction of an outcome inside of a `parallel` that was over takes back what came after it, too.
//!
//! Deliberately absent: I/O, clocks, the record (it is seen through [`pathway::Scope`]), team hours,
//! and whether and how a message may be sent.

mod ahead;
mod answers;
mod asking;
mod awaits;
mod blob;
mod calls;
mod checklist;
mod engine;
mod facts;
mod goals;
mod inside;
mod loops;
mod outlook;
mod passes;
mod plan;
mod prompts;
mod remap;
mod state;
mod steps;
mod view;

pub use ahead::{Ahead, ahead};
pub use asking::{Asking, stopped_by, would_stop};
pub use awaits::Awaited;
pub use calls::{BAD_ANSWER, answers as service_answers};
pub use checklist::{Day, Mark, TASKS_MAX, tasks};
pub use engine::{FINISHED, advance, begin};
pub use outlook::Reads;
pub use passes::{Move, Way};
pub use prompts::CORRECTED;
pub use remap::{StepMap, Unmapped, Why, place_of, remap};
pub use state::State;

use jiff::tz::TimeZone;
use model::prompt::{Escalation, Form, Lapse};
use model::value::Kind;
use model::{At, Channel, EffectId, Fact, JourneyId, PersonId, PromptId, Purpose, Value};
use pathway::Scope;
use serde::{Deserialize, Serialize};

/// The most rounds, strands and sub-pathways that a strand is inside of.
pub const NESTED_MAX: usize = 32;
/// The most steps that one strand passes in one input. More is a loop without a wait.
pub const STEPS_MAX: usize = 256;
/// The most strands of a journey.
pub const STRANDS_MAX: usize = 512;
/// The most items that one `each` starts a strand for.
pub const ITEMS_MAX: usize = 64;
/// The most outcomes of prompts that are kept so that they can be corrected.
pub const PASSED_MAX: usize = 32;
/// The most passed steps that are remembered so that a correction can take their counts back.
pub const TRAIL_MAX: usize = 64;

/// Variables that a strand has bound: name, kind and the item's id.
pub type Bindings = Vec<(String, Kind, String)>;

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
    /// What was said about tasks: done, added, struck.
    pub marks: &'a [Mark],
    /// Days on which nobody works, sorted: they are no working days.
    pub holidays: &'a [jiff::civil::Date],
    /// Whether another journey waits for the answers to a question: a person is asked one at a time.
    pub asked: bool,
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
    /// Ask a service outside; what it says comes back as a fact.
    Call {
        /// The idempotency key all the way to the service.
        id: EffectId,
        /// Step name.
        step: String,
        /// Name of the service in the pathway.
        service: String,
        /// What is sent, by name; [`Value::Unknown`] where nothing is known.
        asked: Vec<(String, Value)>,
        /// Tries end then.
        until: At,
    },
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
    /// A goal is over.
    Goal {
        /// Its name.
        goal: String,
        /// As shown.
        title: String,
        /// Reached or missed.
        reached: bool,
        /// Why it was missed: `deadline`, or why the journey ended.
        because: String,
        /// How long after day 0, milliseconds.
        after_ms: i64,
    },
    /// Another pathway is to begin for this person.
    Enrol {
        /// Effect.
        id: EffectId,
        /// Its name.
        pathway: String,
        /// The staff outcome that led here, as text.
        cause: Option<String>,
    },
    /// The person's journeys along another pathway are to end.
    Leave {
        /// Its name.
        pathway: String,
        /// Why.
        reason: String,
    },
    /// A question to the person is over: all of it was answered, or not all until its deadline.
    Asked {
        /// The asking: [`Asking::ask`].
        ask: model::Id,
        /// Its step.
        step: String,
        /// Name of the question.
        question: String,
        /// What was answered, by field.
        answers: Answers,
        /// Whether it was answered: all of it, or so that the rest can wait.
        all: bool,
        /// Whether an answer said that the rest can wait, which nobody asked then.
        stopped: bool,
    },
    /// The journey was ended; all that is pending of it is to be withdrawn.
    End {
        /// Why.
        reason: String,
    },
    /// The journey came to its end by itself. What it asked for last stays pending: an automatic
    /// answer is not taken back because there is nothing more to say. [`State::ended`] is `finished`.
    Finished,
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
    /// Which try, from 1. A call back does not use one up.
    pub attempt: u32,
    /// How often this effect has been asked, from 1: with `id` it makes the [`prompt_id`].
    pub serial: u32,
    /// The most tries.
    pub attempts_max: u32,
    /// How long until the next try when nobody answers.
    pub again_after: Lapse,
    /// Not before (call back, or a next try that is counted on the wall). `None` with `attempt` over
    /// 1: `again_after` from now, in the team's hours.
    pub not_before: Option<At>,
    /// What makes it pointless; of a concern, what proves that it is over.
    pub until: Option<Until>,
    /// It is a red flag: someone on duty acknowledges it within so many milliseconds.
    pub person_within_ms: Option<i64>,
    /// It is a concern: it closes by proof or by a reason in words.
    pub concern: bool,
    /// The staff outcome that led here, as text.
    pub cause: Option<String>,
    /// The step and round that asks: the same whenever it asks.
    pub place: model::Id,
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
    /// Steps that were passed, to be counted.
    pub moves: Vec<Move>,
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
    /// More strands than a journey may have.
    #[error("step {step}: more than {bound} strands")]
    Crowded {
        /// Where.
        step: String,
        /// The bound.
        bound: usize,
    },
    /// A strand inside of more than it may be inside of: something that goes into itself.
    #[error("step {step}: inside of more than {bound} others")]
    Deep {
        /// Where.
        step: String,
        /// The bound.
        bound: usize,
    },
    /// The state's bytes are not of a known version.
    #[error("journey state: {0}")]
    State(String),
}

/// The id of the prompt that is opened for an effect: `serial` counts how often it was asked.
pub fn prompt_id(effect: EffectId, serial: u32) -> PromptId {
    PromptId::of(&[&effect.0.bytes(), &serial.to_be_bytes()])
}

/// A task of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// `change_dressing@2026-11-24#0`.
    pub id: String,
    /// Words in the language asked for.
    pub text: String,
    /// A line of help below them; empty for none.
    pub hint: String,
    /// When, if at a time.
    pub at: Option<At>,
    /// Ticked.
    pub done: bool,
}

/// Answers of a prompt: bound to its name within the journey.
pub type Answers = Vec<(String, Value)>;

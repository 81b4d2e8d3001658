//! The nouns of Throughline.
//!
//! Every other crate speaks in these words: ids, facts and their envelope, people and how they may
//! be reached, messages, prompts, typed values, and the [`Batch`] that one turn hands to the store.
//!
//! Invariants: an id is a pure function of what it names (see [`id`]), so a replay makes the same
//! ids; a time is an argument, never read here.
//!
//! Deliberately absent: I/O, clocks, random numbers, and any decision.

pub mod batch;
pub mod call;
pub mod disclosure;
pub mod fact;
pub mod flow;
pub mod id;
pub mod inbox;
pub mod link;
pub mod markup;
pub mod message;
pub mod person;
pub mod place;
pub mod prompt;
pub mod push;
pub mod service;
pub mod shadow;
pub mod sms;
pub mod time;
pub mod value;

pub use batch::{Batch, Claim, Handoff, JourneyRow, ResourceRow, Trace};
pub use disclosure::Disclosure;
pub use fact::{Actor, Fact, Origin, Sensitivity};
pub use flow::{Passage, Stand};
pub use id::{EffectId, FactId, Id, JourneyId, MessageId, PersonId, PromptId};
pub use inbox::{Arrival, Item};
pub use message::{Channel, Purpose};
pub use place::{PlaceMove, PlaceRow, PlaceTo};
pub use service::ServiceCall;
pub use shadow::Would;
pub use time::At;
pub use value::{Type, Value};

/// Parts a store is created with: fixed hash ranges of its rows. Fixed for the store's life.
pub const PARTS: u16 = 64;

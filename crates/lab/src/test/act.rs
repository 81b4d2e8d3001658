//! What can happen in a scenario, as one thing that the laboratory and the hub both can do.

use crate::Calls;
use model::{Actor, At, Channel};
use serde_json::Value as Json;

/// The source that a scenario's clinical facts come from.
pub const SOURCE: &str = "hospital";
/// The facility that it speaks for.
pub const SITE: &str = "northside";

/// Something that happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A source sends a FHIR resource or Bundle.
    Fhir(Json),
    /// A source sends a CloudEvent.
    Event(Json),
    /// The person writes from this number or address.
    Writes {
        /// From.
        address: String,
        /// The words.
        text: String,
    },
    /// From now on this happens with calls.
    Calls(Calls),
    /// From now on this channel fails, with the provider's word; or works again.
    Fails(Channel, Option<String>),
    /// Staff say of a prompt how it ended; `corrects` what was said before.
    Outcome {
        /// Its name; the one that is open.
        prompt: String,
        /// `{outcome, answers, note?, call_back_at?}`.
        body: Json,
        /// It takes the place of the outcome that it has.
        corrects: bool,
    },
    /// Someone of the team takes a prompt on.
    Takes(String),
    /// The person opens the latest message with these words.
    Reads(String),
    /// Every place that the person waits for is given to them.
    PlaceGiven,
    /// A service says what it was asked last, or (`None`) that it has nothing to say.
    Service {
        /// Its name.
        name: String,
        /// Its answers.
        answers: Option<Json>,
    },
    /// The person answers questions that are open, on their page.
    Answers {
        /// Their name in the pathway.
        question: String,
        /// Answers by field.
        answers: Json,
    },
    /// A fact of the hub's own: what staff or the portal say.
    Says {
        /// `preference.changed`.
        kind: String,
        /// Its body.
        body: Json,
        /// Who.
        actor: Actor,
    },
}

/// Who the staff of scenarios are.
pub fn staff() -> Actor {
    Actor::Staff("nurse".into())
}

/// Where scenarios are played: the laboratory, and in a test of it the hub.
pub trait Stage {
    /// Time goes on until `at`.
    ///
    /// # Errors
    /// Why it could not.
    fn until(&mut self, at: At) -> Result<(), String>;

    /// It happens now.
    ///
    /// # Errors
    /// Why it was refused, or what is wrong with it.
    fn act(&mut self, act: &Act) -> Result<(), String>;
}

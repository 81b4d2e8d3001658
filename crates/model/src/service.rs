//! Calls to services outside: what a turn wants asked, and what becomes of it.

use crate::{At, EffectId, JourneyId, PersonId};

/// Something that a service is to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCall {
    /// The effect: the idempotency key all the way to the service.
    pub id: EffectId,
    /// Whose line it is on.
    pub person: PersonId,
    /// The journey that waits for it.
    pub journey: JourneyId,
    /// `eligibility`, as the pathway and the settings name it.
    pub service: String,
    /// The JSON that is sent, and nothing else is.
    pub body: String,
    /// When it was wanted.
    pub created_at: At,
    /// Tries end then.
    pub until: At,
    /// Tries so far, this one included once it is claimed.
    pub tries: u32,
}

/// What becomes of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallMove {
    /// This one has an outcome, or nobody waits for it any more.
    Over(EffectId),
    /// The journey is over: nobody waits for any of its calls.
    Gone(JourneyId),
    /// The journey stands still (`true`), or walks again: so do its calls.
    Held(JourneyId, bool),
}

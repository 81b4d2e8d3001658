//! Attempts of which nobody knows whether they left, settled by the first that can: the provider's own key, its report
//! (which comes in like any other), its list; what nobody can find out goes by purpose (`rules/delivery.yaml`).
//!
//! A lane takes what is to be looked at ([`crate::lane::Worker::looks`]), the dispatcher looks
//! ([`crate::dispatch::Dispatcher::settle`]), and what it found out comes back as a fact: no status is written here.
//!
//! Invariants: pauses are the machine's, validity is care's; nothing is handed to a provider a second time but with the
//! key by which it knows it again, while the reach waits for it and every guard agrees; looking ends after
//! [`LOOKS_MAX`] looks, or with the validity, and then a fact says that nobody will find out.

use crate::lane::Number;
use model::message::Message;
use store::Unsure;

/// Looks at one attempt.
pub const LOOKS_MAX: u32 = 7;
/// The pauses after each look but the last, milliseconds: providers list late.
const PAUSES_MS: [i64; LOOKS_MAX as usize - 1] = [10_000, 20_000, 60_000, 180_000, 300_000, 600_000];
/// The pause after the last look: it is looked at once more only if the process died before it could say what it found.
const LAST_PAUSE_MS: i64 = 900_000;
/// Attempts looked at, at the same time.
pub const LOOKING_MAX: usize = 16;

/// How long after a look the next one comes, milliseconds.
pub(crate) fn pause(unsure: &Unsure) -> i64 {
    let place = usize::try_from(unsure.look).unwrap_or(usize::MAX).saturating_sub(1);
    PAUSES_MS.get(place).copied().unwrap_or(LAST_PAUSE_MS)
}

/// The longest pause, milliseconds: what is due later was written by a clock that went wrong.
pub(crate) const PAUSE_MAX_MS: i64 = LAST_PAUSE_MS;

/// An attempt that is to be looked at now.
#[derive(Clone, Debug)]
pub struct Look {
    /// It.
    pub message: Message,
    /// After this look there is none.
    pub last: bool,
    /// Whether it may be handed to its provider once more, with its key.
    pub may_repeat: bool,
    /// What the store says of the number or address.
    pub number: Number,
    /// The providers' ids of other messages to the number, anyone's: an entry of a list that has one of them is not this attempt.
    pub taken: Vec<String>,
    /// Another message to the number says the same on the same channel, and nobody knows the provider's id of it, or there
    /// was another call at that time, or the store cannot say: a list cannot tell them apart.
    pub twin: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        assert!(PAUSES_MS.is_sorted() && PAUSES_MS.last() < Some(&LAST_PAUSE_MS));
        assert!(PAUSES_MS.iter().sum::<i64>() < 30 * 60_000, "within a usual rung of a ladder");
    }
}

//! A bounded memory of failed tries. Nobody can lock another's account with it: who guesses from elsewhere spends
//! tries of their own place, and beyond that only slows down browsers that never logged in as this account.

use model::At;
use std::collections::BTreeMap;

/// Wrong tries that are free; the next is refused until the window has passed.
const TRIES_MAX: u32 = 10;
/// How long wrong tries are remembered, milliseconds.
const WINDOW_MS: i64 = 15 * model::time::MINUTE_MS;
/// Names remembered; the oldest gives way, so that no flood of names fills the memory.
const NAMES_MAX: usize = 4096;
/// Wrong tries at one name from all strange browsers together that are free; each one after it waits for its turn.
pub(crate) const STRANGE_MAX: i64 = 20;
/// How long such a turn is, milliseconds: 120 guesses an hour over the whole world.
pub(crate) const STRANGE_EVERY_MS: i64 = 30_000;

/// Wrong tries by name.
#[derive(Default)]
pub(crate) struct Limiter {
    tries: BTreeMap<String, (u32, At)>,
    /// By name: when its last turn is spent. Up to [`STRANGE_MAX`] turns may be spent ahead.
    strange: BTreeMap<String, At>,
}

impl Limiter {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Whether `name` may try now.
    pub(crate) fn may_try(&self, name: &str, now: At) -> bool {
        self.tries.get(name).is_none_or(|(count, since)| *count < TRIES_MAX || now.0 - since.0 >= WINDOW_MS)
    }

    /// A wrong try.
    pub(crate) fn failed(&mut self, name: &str, now: At) {
        if self.tries.len() >= NAMES_MAX && !self.tries.contains_key(name) {
            let oldest = self.tries.iter().min_by_key(|(_, (_, since))| *since).map(|(n, _)| n.clone());
            oldest.map(|n| self.tries.remove(&n));
        }
        let entry = self.tries.entry(name.to_owned()).or_insert((0, now));
        if now.0 - entry.1.0 >= WINDOW_MS {
            *entry = (0, now);
        }
        entry.0 += 1;
    }

    /// A right one: the slate is clean.
    pub(crate) fn passed(&mut self, name: &str) {
        self.tries.remove(name);
    }

    /// Milliseconds until a strange browser may try this name; 0 for now.
    pub(crate) fn strange_wait(&self, name: &str, now: At) -> i64 {
        let spent = self.strange.get(name).map_or(now.0, |at| at.0.max(now.0));
        (spent - now.0 - (STRANGE_MAX - 1) * STRANGE_EVERY_MS).max(0)
    }

    /// A strange browser tries: it takes a turn before the password is looked at, so that tries at one time are
    /// counted one by one.
    pub(crate) fn strange_try(&mut self, name: &str, now: At) {
        if self.strange.len() >= NAMES_MAX && !self.strange.contains_key(name) {
            // The name whose turns are spent first is the one that is guessed at least.
            let oldest = self.strange.iter().min_by_key(|(_, at)| **at).map(|(n, _)| n.clone());
            oldest.map(|n| self.strange.remove(&n));
        }
        let entry = self.strange.entry(name.to_owned()).or_insert(now);
        *entry = At(entry.0.max(now.0) + STRANGE_EVERY_MS);
    }

    /// It was right: its turn is given back.
    pub(crate) fn strange_passed(&mut self, name: &str) {
        if let Some(at) = self.strange.get_mut(name) {
            *at = At(at.0 - STRANGE_EVERY_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_tries_are_counted_within_a_window_and_names_are_bounded() {
        let mut limiter = Limiter::new();
        for _ in 0..TRIES_MAX {
            assert!(limiter.may_try("ann", At(0)));
            limiter.failed("ann", At(0));
        }
        assert!(!limiter.may_try("ann", At(WINDOW_MS - 1)));
        assert!(limiter.may_try("bob", At(0)), "another is not punished");
        assert!(limiter.may_try("ann", At(WINDOW_MS)));
        limiter.failed("ann", At(WINDOW_MS));
        assert!(limiter.may_try("ann", At(WINDOW_MS)), "a new window counts anew");
        for n in 0..NAMES_MAX * 2 {
            limiter.failed(&format!("flood{n}"), At(WINDOW_MS + 1));
            limiter.strange_try(&format!("flood{n}"), At(WINDOW_MS + 1));
        }
        assert_eq!((limiter.tries.len(), limiter.strange.len()), (NAMES_MAX, NAMES_MAX));
    }

    #[test]
    fn a_guesser_with_the_whole_world_at_hand_is_bounded_by_the_hour() {
        let mut limiter = Limiter::new();
        let mut hours = Vec::new();
        for hour in 0..3 {
            let mut guesses = 0;
            for ms in (hour * model::time::HOUR_MS..(hour + 1) * model::time::HOUR_MS).step_by(500) {
                if limiter.strange_wait("ann", At(ms)) == 0 {
                    limiter.strange_try("ann", At(ms));
                    guesses += 1;
                }
            }
            hours.push(guesses);
        }
        assert!(hours[0] <= 140 && hours[1] <= 121 && hours[2] <= 121, "{hours:?}");
        let end = At(3 * model::time::HOUR_MS);
        assert!(limiter.strange_wait("ann", end) <= STRANGE_EVERY_MS, "it slows, it never locks");
        assert_eq!(limiter.strange_wait("bob", end), 0);
        assert_eq!(limiter.strange_wait("ann", end.plus_ms(STRANGE_EVERY_MS * STRANGE_MAX)), 0);
    }

    #[test]
    fn a_right_password_costs_no_turn() {
        let mut limiter = Limiter::new();
        for _ in 0..STRANGE_MAX * 3 {
            assert_eq!(limiter.strange_wait("ann", At(0)), 0);
            limiter.strange_try("ann", At(0));
            limiter.strange_passed("ann");
        }
    }
}

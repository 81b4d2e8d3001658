//! A bounded memory of failed tries.

use model::At;
use std::collections::BTreeMap;

/// Wrong tries that are free; the next is refused until the window has passed.
const TRIES_MAX: u32 = 10;
/// How long wrong tries are remembered, milliseconds.
const WINDOW_MS: i64 = 15 * model::time::MINUTE_MS;
/// Names remembered; the oldest gives way, so that no flood of names fills the memory.
const NAMES_MAX: usize = 4096;

/// Wrong tries by name.
pub(crate) struct Limiter {
    tries: BTreeMap<String, (u32, At)>,
}

impl Limiter {
    pub(crate) fn new() -> Self {
        Self { tries: BTreeMap::new() }
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
        }
        assert_eq!(limiter.tries.len(), NAMES_MAX);
    }
}

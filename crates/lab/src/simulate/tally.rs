//! What is counted. Everything is a sum of whole numbers, so that it is the same in whatever order people walk.

use model::{Channel, Purpose};
use std::collections::BTreeMap;

/// What a number is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// People and things that have no more to say.
    Count(&'static str),
    /// Messages, and segments of texts.
    Message {
        /// Channel.
        channel: Channel,
        /// Purpose.
        purpose: Purpose,
        /// Name of the words.
        words: String,
        /// `sent`, `delivered`, `failed`, `taken_back`, `segments`.
        what: &'static str,
    },
    /// Prompts, by the team that was asked.
    Prompt {
        /// Team.
        team: String,
        /// Step.
        name: String,
        /// `opened`, `escalated_to`, or how it ended.
        what: &'static str,
    },
    /// A prompt that a team may begin with in this hour, counted from the first midnight.
    Arrival {
        /// Team.
        team: String,
        /// The hour.
        hour: i32,
        /// The hour in which it is due.
        due: i32,
        /// Done before the others.
        urgent: bool,
    },
    /// Journeys that ended, and why.
    Ended {
        /// Pathway.
        pathway: String,
        /// Why.
        reason: String,
    },
    /// A journey along a pathway with a limit: the hours in which it began and ended.
    Stay {
        /// Pathway.
        pathway: String,
        /// It began in this hour, counted from the first midnight.
        from: i32,
        /// It ended in this one; `None` when it went on.
        until: Option<i32>,
    },
    /// Urgent prompts of which a person took note after so many minutes.
    Noticed {
        /// Step.
        name: String,
        /// Minutes after it was opened.
        minutes: i64,
    },
    /// Goals: `reached`, `missed`.
    Goal {
        /// Name.
        name: String,
        /// Which.
        what: &'static str,
    },
}

/// Sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    sums: BTreeMap<Key, u64>,
}

impl Tally {
    /// So many more.
    pub fn add(&mut self, key: Key, many: u64) {
        *self.sums.entry(key).or_default() += many;
    }

    /// All of another one.
    pub fn merge(&mut self, other: Self) {
        for (key, many) in other.sums {
            self.add(key, many);
        }
    }

    /// Takes one sum out.
    pub fn take(&mut self, key: &Key) -> u64 {
        self.sums.remove(key).unwrap_or(0)
    }

    /// What is counted under a plain name.
    pub fn count(&self, name: &'static str) -> u64 {
        self.sums.get(&Key::Count(name)).copied().unwrap_or(0)
    }

    /// Everything, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, u64)> {
        self.sums.iter().map(|(key, many)| (key, *many))
    }
}

//! One number or address, and one call on it.

use super::view::{CallState, CallView, Phone, Seen, Shown};
use super::{Policy, SEEN_MAX};
use crate::call::{Said, Walk};
use model::message::Call;
use model::{At, MessageId, PersonId};
use std::collections::VecDeque;

/// What is kept of a number or address.
#[derive(Default)]
pub(super) struct Shelf {
    pub(super) seen: VecDeque<Seen>,
    pub(super) policy: Option<Policy>,
    dropped: u64,
}

impl Shelf {
    pub(super) fn view(&self, address: &str) -> Phone {
        Phone {
            address: address.to_owned(),
            person: self.seen.iter().rev().find_map(|s| s.person),
            seen: self.seen.len(),
            dropped: self.dropped,
            last_at: self.seen.back().map(|s| s.at).unwrap_or_default(),
            policy: self.policy.clone(),
        }
    }

    pub(super) fn push(&mut self, seen: Seen) {
        if self.seen.len() >= SEEN_MAX {
            self.seen.pop_front();
            self.dropped += 1;
        }
        self.seen.push_back(seen);
    }

    /// Brings what is shown of a call up to date.
    pub(super) fn update(&mut self, line: &Line, state: CallState) {
        if let Some(seen) = self.seen.iter_mut().rev().find(|s| s.message == Some(line.call)) {
            let keys = line.walk.as_ref().map(|w| w.keys().to_owned()).unwrap_or_default();
            seen.shown = Shown::Call { state, said: line.said.clone(), keys };
        }
    }
}

/// A call that rings or is under way.
pub(super) struct Line {
    pub(super) call: MessageId,
    pub(super) person: PersonId,
    pub(super) to: String,
    pub(super) from_name: String,
    pub(super) since: At,
    pub(super) until: At,
    pub(super) script: Call,
    /// Set once it was answered.
    pub(super) walk: Option<Walk>,
    pub(super) said: Vec<String>,
    pub(super) keys: Vec<char>,
}

impl Line {
    pub(super) fn view(&self) -> CallView {
        CallView {
            call: self.call,
            to: self.to.clone(),
            from_name: self.from_name.clone(),
            since: self.since,
            until: self.until,
            state: if self.walk.is_some() { CallState::Talking } else { CallState::Ringing },
            said: self.said.clone(),
            keys: self.keys.clone(),
            language: self.script.language.clone(),
        }
    }

    /// Keeps what was said, for the page.
    pub(super) fn hear(&mut self, said: &[Said]) {
        self.keys.clear();
        for one in said {
            match one {
                Said::Words(text) => self.said.push(text.clone()),
                Said::Ask { text, keys } => {
                    self.said.push(text.clone());
                    self.keys.clone_from(keys);
                }
                Said::HungUp | Said::Dial(_) => {}
            }
        }
    }
}

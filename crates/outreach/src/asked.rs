//! What was asked of the person by text, so that a reply is known for what it answers.
//!
//! Invariants: bounded in number; written only when there is something, so a state of a person who was never
//! asked is the same bytes as before questions were. What was said to be no answer is kept here until it was
//! answered after all or a person was told of it.

use crate::Outreach;
use model::time::DAY_MS;
use model::{At, EffectId, Id, JourneyId};
use serde::{Deserialize, Serialize};

/// The most questions that are remembered.
pub const QUESTIONS_MAX: usize = 8;
/// How long a question is remembered: a late answer is known for what it is.
const QUESTIONS_FOR_MS: i64 = 14 * DAY_MS;
/// The longest text that is kept until a person was told of it, characters.
const UNREAD_MAX: usize = 1_000;

/// What words ask, beside what they say.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Asks {
    /// The field of a question that a reply by text answers.
    pub field: Option<String>,
    /// What a call asks for keys.
    pub keys: Vec<Keyed>,
}

/// A question of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// As it is said.
    pub text: String,
    /// The keys, and what is marked when one is pressed: `answer:pain=8`.
    pub keys: Vec<(char, String)>,
    /// Those of them after which nothing more is asked: the call says goodbye, so that its answers are heard now.
    pub last: Vec<char>,
}

/// What marks of a call begin with that are answers.
pub const ANSWER_MARK: &str = "answer:";

/// A question that was sent by text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// By which reach.
    pub reach: EffectId,
    /// Of which journey.
    pub journey: JourneyId,
    /// On which version of its pathway.
    pub version: Id,
    /// At which step.
    pub step: String,
    /// The field that was asked.
    pub field: String,
    /// When.
    pub at: At,
    /// A reply that was no answer, and its fact, until it was answered or a person was told of it.
    pub unread: Option<(String, String)>,
}

/// What of the state came with questions.
#[derive(Serialize, Deserialize, Default)]
pub(crate) struct Questions {
    pub spoke: Option<EffectId>,
    pub asked: Vec<Asked>,
}

impl Outreach {
    /// The reach that a reply by text answers: the last one that was sent, when it waits for a reply.
    pub fn spoke(&self) -> Option<EffectId> {
        self.spoke
    }

    /// Questions that were sent by text, the oldest first.
    pub fn questions(&self) -> &[Asked] {
        &self.asked
    }

    /// A text leaves. What it asks is remembered; one that waits for no reply is what was said last, too.
    pub(crate) fn texted(&mut self, want: &crate::Want, asks: Option<&Asks>, now: At) {
        self.spoke = asks.map(|_| want.intent.id);
        let (Some(field), Some(journey)) = (asks.and_then(|a| a.field.clone()), want.journey) else { return };
        let step = want.intent.step.clone();
        // Asked again, what was said before and not understood is still unread.
        let before = self.asked.iter().position(|q| q.journey == journey && q.step == step);
        let unread = before.and_then(|at| self.asked.remove(at).unread);
        if self.asked.len() >= QUESTIONS_MAX {
            let read = self.asked.iter().position(|q| q.unread.is_none()).unwrap_or_default();
            self.asked.remove(read);
        }
        let (reach, version) = (want.intent.id, want.pathway.1);
        self.asked.push(Asked { reach, journey, version, step, field, at: now, unread });
    }

    /// A reply was no answer: it is kept until the question was answered or a person was told.
    pub fn keep_unread(&mut self, reach: EffectId, text: &str, reply: &str) {
        if let Some(asked) = self.asked.iter_mut().find(|q| q.reach == reach) {
            asked.unread = Some((text.chars().take(UNREAD_MAX).collect(), reply.to_owned()));
        }
    }

    /// A person is told of what was said.
    pub fn read(&mut self, reach: EffectId) {
        if let Some(asked) = self.asked.iter_mut().find(|q| q.reach == reach) {
            asked.unread = None;
        }
    }

    /// A question was answered, whatever the channel: a reply answers it no more.
    pub fn answered(&mut self, reach: EffectId) {
        self.asked.retain(|q| q.reach != reach);
    }

    /// Takes what was said to be no answer to questions that are over.
    pub fn take_unread(&mut self, open: impl Fn(&Asked) -> bool) -> Vec<(Asked, (String, String))> {
        let over = self.asked.iter_mut().filter(|q| q.unread.is_some() && !open(q));
        over.filter_map(|q| Some((q.clone(), q.unread.take()?))).collect()
    }

    pub(crate) fn prune_asked(&mut self, now: At) {
        self.asked.retain(|q| q.unread.is_some() || q.at.plus_ms(QUESTIONS_FOR_MS) > now);
    }
}

//! Attempts of which nobody knows whether they left: what the lane says of each before it is looked at.

use super::{CLAIM_MAX, Worker};
use crate::Error;
use crate::settle::{self, LOOKS_MAX, Look};
use model::At;
use model::message::{Content, Message, Status};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use store::Unsure;
use turn::Line;

/// Other messages to the person whose ids are compared.
const OTHERS_MAX: usize = 256;

impl Worker {
    /// Takes at most `room` attempts that are to be looked at now: that is durable, look at them now. `now` is care's
    /// clock, `machine` the machine's.
    pub fn looks(&mut self, now: At, machine: At, room: usize) -> Result<Vec<Look>, Error> {
        // What an order holds back must not leave before everyone was asked whom it concerns.
        if self.sweeps.iter().any(|s| s.holds) {
            return Ok(Vec::new());
        }
        let claimed = self.lane.claim_looks(machine, room.min(CLAIM_MAX), settle::PAUSE_MAX_MS, &settle::pause)?;
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        let numbers = self.numbers(claimed.iter().map(|u| u.message.clone()).collect());
        let mut out = Vec::with_capacity(claimed.len());
        for (unsure, (_, number)) in claimed.into_iter().zip(numbers) {
            let (may_repeat, last) = (self.may_repeat(&unsure, now)?, unsure.look >= LOOKS_MAX);
            let message = unsure.message;
            let mut others = self.store.messages_of(message.person, OTHERS_MAX)?;
            others.retain(|m| m.id != message.id);
            let twin = others.iter().any(|other| is_twin(&message, other));
            let taken = others.into_iter().filter_map(|m| m.provider_id).collect();
            out.push(Look { message, last, may_repeat, number, taken, twin });
        }
        Ok(out)
    }

    /// When the next attempt is to be looked at, by the machine's clock, as far as is known.
    pub fn next_look(&self) -> Option<At> {
        self.lane.next_look()
    }

    fn may_repeat(&mut self, unsure: &Unsure, now: At) -> Result<bool, Error> {
        let (person, id) = (unsure.message.person, unsure.message.id);
        let Some(row) = self.lane.load(&[person])?.pop() else { return Ok(false) };
        let line =
            Line::decode(row.person, row.version, row.state.as_deref(), row.journeys, row.prompts, row.forwards_to);
        // A line that does not read is looked after by a person: nothing is sent for it.
        let Ok(line) = line else { return Ok(false) };
        let setup = Arc::clone(&self.setup);
        Ok(catch_unwind(AssertUnwindSafe(|| turn::may_repeat(&line, id, &setup, now))).unwrap_or(false))
    }
}

/// Whether another message says the same to the same number, and a list may have it under an id that nobody knows to be
/// its own.
fn is_twin(message: &Message, other: &Message) -> bool {
    let open = match other.status {
        Status::Queued | Status::Dispatching | Status::Unknown => true,
        Status::Accepted | Status::Delivered | Status::Failed => other.provider_id.is_none(),
        Status::Withdrawn => false,
    };
    open && other.channel == message.channel
        && other.to == message.to
        && says_the_same(&other.content, &message.content)
}

/// Whether two contents say the same: a mail's way out is an address of its own, its words may be another's.
fn says_the_same(one: &Content, other: &Content) -> bool {
    match (one, other) {
        (Content::Email { subject, text, .. }, Content::Email { subject: its, text: its_text, .. }) => {
            subject == its && text == its_text
        }
        _ => one == other,
    }
}

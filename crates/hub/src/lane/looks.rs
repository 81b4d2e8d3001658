//! Attempts of which nobody knows whether they left: what the lane says of each before it is looked at.

use super::{CLAIM_MAX, Worker};
use crate::Error;
use crate::settle::{self, LOOKS_MAX, Look};
use model::message::{Content, Message, Status};
use model::time::{DAY_MS, MINUTE_MS};
use model::{At, Channel};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use store::Unsure;
use turn::Line;

/// Other messages to the number that are compared. With more of them nobody can tell them apart.
const OTHERS_MAX: usize = 512;
/// What was queued so long before an attempt went out, milliseconds, has left or ended before it.
const OTHERS_SINCE_MS: i64 = 30 * DAY_MS;
/// A call so long before or after an attempt, milliseconds, may be what a list has of that time.
const AROUND_MS: i64 = 12 * MINUTE_MS;

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
            // A number may be shared: what went there is asked of the whole store, not of one line.
            let since = message.status_at.plus_ms(-OTHERS_SINCE_MS);
            let mut others = self.store.messages_toward(&message.to, since, OTHERS_MAX + 1)?;
            // Too many to compare, or queued before the store knew where it went: nobody can tell.
            let all = others.len() <= OTHERS_MAX && others.iter().any(|m| m.id == message.id);
            others.retain(|m| m.id != message.id);
            let twin = !all || others.iter().any(|other| is_twin(&message, other));
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
/// its own. A list has no words of a call: any other call to the number at that time may be it.
fn is_twin(message: &Message, other: &Message) -> bool {
    if is_call(message.channel) {
        let (from, to) = (message.status_at.plus_ms(-AROUND_MS), message.status_at.plus_ms(AROUND_MS));
        let leaves = matches!(other.status, Status::Queued | Status::Dispatching);
        let then = other.created_at <= to && (leaves || other.status_at >= from);
        return is_call(other.channel) && other.to == message.to && other.status != Status::Withdrawn && then;
    }
    is_open(other)
        && other.channel == message.channel
        && other.to == message.to
        && says_the_same(&other.content, &message.content)
}

fn is_call(channel: Channel) -> bool {
    matches!(channel, Channel::Voice | Channel::Voicemail)
}

/// Whether it may be at a provider, or come there, under an id that nobody knows.
fn is_open(other: &Message) -> bool {
    match other.status {
        Status::Queued | Status::Dispatching | Status::Unknown => true,
        Status::Accepted | Status::Delivered | Status::Failed => other.provider_id.is_none(),
        Status::Withdrawn => false,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use model::{EffectId, MessageId, PersonId, Purpose};

    const LEFT: At = At(1_795_356_000_000);

    fn to_the_number(n: u8, channel: Channel, status: Status, minutes: i64) -> Message {
        let at = LEFT.plus_ms(minutes * MINUTE_MS);
        Message {
            id: MessageId::of(&[&[n]]),
            person: PersonId::of(&[&[n]]),
            journey: None,
            pathway: String::new(),
            reach: EffectId::of(&[&[n]]),
            words: "words".into(),
            channel,
            purpose: Purpose::Care,
            urgent: false,
            site: String::new(),
            to: "+12125550101".into(),
            language: "en".into(),
            content: Content::Voicemail { text: format!("Hello {n}"), language: "en".into() },
            created_at: at,
            valid_until: At(i64::MAX),
            status,
            status_at: at,
            provider: "twilio_voice".into(),
            provider_id: (status == Status::Accepted).then(|| format!("CA{n}")),
            error: None,
            cause: None,
            basis: String::new(),
            again: None,
        }
    }

    #[test]
    fn a_call_cannot_be_told_from_any_other_call_to_the_number_at_that_time() {
        let call = to_the_number(1, Channel::Voice, Status::Unknown, 0);
        for (channel, status, minutes, twin) in [
            (Channel::Voice, Status::Accepted, 1, true),
            (Channel::Voicemail, Status::Unknown, -5, true),
            (Channel::Voice, Status::Dispatching, -20, true),
            (Channel::Voice, Status::Queued, 5, true),
            (Channel::Voice, Status::Queued, 20, false),
            (Channel::Voice, Status::Failed, -60, false),
            (Channel::Voice, Status::Withdrawn, 0, false),
            (Channel::Sms, Status::Unknown, 0, false),
        ] {
            let other = to_the_number(2, channel, status, minutes);
            assert_eq!(is_twin(&call, &other), twin, "{channel:?} {status:?} {minutes}");
        }
        let elsewhere = Message { to: "+12125550102".into(), ..to_the_number(2, Channel::Voice, Status::Unknown, 0) };
        assert!(!is_twin(&call, &elsewhere));
    }
}

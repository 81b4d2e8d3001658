//! The outbox: queued messages leave it urgent first, then oldest; each is on disk as `Dispatching`
//! before the caller gets it.

use super::{Lane, commit::Counts};
use crate::driver::{Sql, Steps};
use crate::{Error, Result, rows};
use model::message::{Message, Status};
use model::{At, MessageId, PersonId};
use std::collections::BTreeSet;

pub(super) static MESSAGE_ADD: Sql = Sql::new(
    "message",
    "INSERT INTO message (part, person, id, status, urgent, created_at, status_at, json)
     VALUES ($1, $2, $3, 'queued', $4, $5, $5, $6) ON CONFLICT DO NOTHING",
);
pub(super) static MESSAGE_STATUS: Sql =
    Sql::new("message", "SELECT status, urgent FROM message WHERE part = $1 AND person = $2 AND id = $3");
pub(super) static MESSAGE_MOVE: Sql = Sql::new(
    "message",
    "UPDATE message SET status = $1, status_at = COALESCE($2, status_at), error = COALESCE($3, error)
     WHERE part = $4 AND person = $5 AND id = $6",
);
static MESSAGE_CLAIM: Sql = Sql::new(
    "message",
    "UPDATE message SET status = $1, status_at = $2 WHERE part = $3 AND person = $4 AND id = $5 AND status = 'queued'",
);
pub(super) static MESSAGE_CARRIED: Sql = Sql::new(
    "message",
    "UPDATE message SET provider = $1, provider_id = COALESCE($2, provider_id)
     WHERE part = $3 AND person = $4 AND id = $5",
);
static QUEUED: Sql = Sql::new(
    "message",
    "SELECT json, status, status_at, error, provider, provider_id FROM message
     WHERE part = $1 AND status = 'queued' ORDER BY urgent DESC, created_at LIMIT $2",
);
static DISPATCHING: Sql = Sql::new(
    "message",
    "SELECT json, status, status_at, error, provider, provider_id FROM message
     WHERE part = $1 AND status = 'dispatching'",
);

/// Queued messages kept in memory; urgent ones are kept up to twice as many.
const QUEUE_MAX: usize = 16_384;
/// Messages read at once from one part, when they are not in memory.
const REFILL_MAX: usize = 256;

/// Messages taken from the outbox.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// To be sent now.
    pub send: Vec<Message>,
    /// Too late; withdrawn.
    pub expired: Vec<Message>,
}

/// Where a message stands in the queue: urgent ones first, then the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    bulk: bool,
    created_at: At,
    person: PersonId,
    id: MessageId,
}

impl Place {
    fn of(message: &Message) -> Self {
        Self { bulk: !message.urgent, created_at: message.created_at, person: message.person, id: message.id }
    }
}

/// Whether a message may go from one status to another: forward only, except that `Unknown` may be
/// settled. What the provider has cannot become unknown or be taken back.
pub fn may_move(from: Status, to: Status) -> bool {
    from.may_become(to)
}

impl Lane {
    /// Keeps a message that was just queued in memory, if its part is whole there and there is room.
    pub(super) fn queue(&mut self, part: u16, message: &Message) -> Result<()> {
        let at = self.place(part)?;
        let max = if message.urgent { 2 * QUEUE_MAX } else { QUEUE_MAX };
        let room = self.outbox.len() < max;
        let known = &mut self.parts[at];
        if room && (known.outbox_whole || message.urgent) {
            let mut message = message.clone();
            message.status = Status::Queued;
            message.status_at = message.created_at;
            if self.outbox.insert(Place::of(&message), message).is_none() {
                known.outbox_held += 1;
            }
        } else {
            known.outbox_whole = false;
        }
        Ok(())
    }

    /// Reads the first queued messages of parts that may have some in the store only: those with none
    /// in memory, and all of them when memory has less than `limit`.
    fn refill_outbox(&mut self, limit: usize) -> Result<()> {
        let few = self.outbox.len() < limit;
        let places: Vec<usize> = (0..self.parts.len())
            .filter(|i| !self.parts[*i].outbox_whole && (few || self.parts[*i].outbox_held == 0))
            .collect();
        let mut steps = Steps::new();
        for place in &places {
            steps.add(&QUEUED, [self.part_at(*place).into(), (REFILL_MAX as i64).into()]);
        }
        let mut found: Vec<Vec<Message>> = places.iter().map(|_| Vec::new()).collect();
        self.session.query(&steps, |i, row| {
            found[i].push(rows::message(row)?);
            Ok(())
        })?;
        for (place, messages) in places.into_iter().zip(found) {
            self.parts[place].outbox_whole = messages.len() < REFILL_MAX;
            for message in messages {
                if self.outbox.insert(Place::of(&message), message).is_none() {
                    self.parts[place].outbox_held += 1;
                }
            }
        }
        Ok(())
    }

    /// Takes queued messages for dispatch, urgent ones first: they are `Dispatching` and durable
    /// when this returns. Those past `valid_until` become `Withdrawn` and are returned apart, as
    /// `expired`. At most `limit` of both together.
    pub fn claim(&mut self, now: At, limit: usize) -> Result<Claimed> {
        // What was withdrawn meanwhile is only found out on disk: each round takes it out of memory.
        loop {
            self.refill_outbox(limit)?;
            let chosen: Vec<Message> = self.outbox.values().take(limit).cloned().collect();
            if chosen.is_empty() {
                return Ok(Claimed::default());
            }
            let taken = self.take_out(chosen, now)?;
            if !taken.is_empty() {
                let (send, expired) = taken.into_iter().partition(|m| m.status == Status::Dispatching);
                return Ok(Claimed { send, expired });
            }
        }
    }

    /// Moves messages out of the queue on disk; those that were still queued come back.
    fn take_out(&mut self, mut chosen: Vec<Message>, now: At) -> Result<Vec<Message>> {
        let (mut fences, mut steps) = (Steps::new(), Steps::new());
        let parts: BTreeSet<u16> = chosen.iter().map(|m| m.person.part()).collect();
        for part in &parts {
            self.fence(&mut fences, *part)?;
        }
        for message in &mut chosen {
            message.status = if message.valid_until <= now { Status::Withdrawn } else { Status::Dispatching };
            message.status_at = now;
            let (part, person) = (message.person.part().into(), message.person.into());
            steps.add(&MESSAGE_CLAIM, [message.status.name().into(), now.into(), part, person, message.id.into()]);
        }
        let changed = self.session.write(|session| {
            if session.run(&fences)?.contains(&0) {
                return Err(Error::LaneLost);
            }
            let changed = session.run(&steps)?;
            let mut counts = Counts::default();
            for (message, _) in chosen.iter().zip(&changed).filter(|(_, n)| **n > 0) {
                counts.stands(Status::Queued, message.urgent, -1);
                counts.stands(message.status, message.urgent, 1);
            }
            session.run(&counts.steps(parts.first()))?;
            Ok(changed)
        });
        let changed = self.sure(changed)?;
        for message in &chosen {
            if self.outbox.remove(&Place::of(message)).is_some() {
                let at = self.place(message.person.part())?;
                self.parts[at].outbox_held -= 1;
            }
        }
        Ok(chosen.into_iter().zip(changed).filter(|(_, n)| *n > 0).map(|(m, _)| m).collect())
    }

    /// After a restart: every message still `Dispatching`. Nobody knows whether they left; their rows move with
    /// the facts that say what is found out, so that a second crash before that loses nothing.
    pub fn left_dispatching(&mut self) -> Result<Vec<Message>> {
        let mut ask = Steps::new();
        for part in self.parts() {
            ask.add(&DISPATCHING, [part.into()]);
        }
        let mut found: Vec<Message> = Vec::new();
        self.session.query(&ask, |_, row| {
            found.push(rows::message(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Whose messages, among the `limit` that a claim would take now, wait since before `before`: their guards are
    /// to be asked again before anything leaves. Exactly those are named, and the store is not read for it.
    pub fn queued_before(&mut self, before: At, limit: usize) -> Result<Vec<PersonId>> {
        self.refill_outbox(limit)?;
        let next = self.outbox.values().take(limit).filter(|m| m.created_at < before);
        let people: BTreeSet<PersonId> = next.map(|m| m.person).collect();
        Ok(people.into_iter().collect())
    }
}

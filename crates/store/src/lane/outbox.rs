//! The outbox: queued messages leave it by channel, urgent first, then oldest; each is on disk as `Dispatching`
//! before the caller gets it.
//!
//! Invariants: what one channel has waiting is never read, counted or claimed for the sake of another; a message that is
//! held stays queued on disk and is read by no claim until it is released.

use super::{Lane, commit::Counts};
use crate::driver::{Sql, Steps};
use crate::{Error, Result, rows};
use model::message::{Message, Status};
use model::{At, Channel, MessageId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

pub(super) static MESSAGE_ADD: Sql = Sql::new(
    "message",
    "INSERT INTO message (part, person, id, status, urgent, created_at, status_at, channel, json, toward)
     VALUES ($1, $2, $3, 'queued', $4, $5, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
);
pub(super) static MESSAGE_STATUS: Sql =
    Sql::new("message", "SELECT status, urgent, channel FROM message WHERE part = $1 AND person = $2 AND id = $3");
pub(super) static MESSAGE_MOVE: Sql = Sql::new(
    "message",
    "UPDATE message SET status = $1, status_at = COALESCE($2, status_at), error = COALESCE($3, error)
     WHERE part = $4 AND person = $5 AND id = $6",
);
static MESSAGE_CLAIM: Sql = Sql::new(
    "message",
    "UPDATE message SET status = $1, status_at = $2 WHERE part = $3 AND person = $4 AND id = $5 AND status = 'queued'",
);
static MESSAGE_HOLD: Sql = Sql::new(
    "message",
    "UPDATE message SET held = $1 WHERE part = $2 AND person = $3 AND id = $4 AND status = 'queued'",
);
static MESSAGE_BACK: Sql = Sql::new(
    "message",
    "UPDATE message SET status = $1, status_at = $2 WHERE part = $3 AND person = $4 AND id = $5
     AND status = 'dispatching'",
);
static HELD_KEYS: Sql =
    Sql::new("message", "SELECT DISTINCT held FROM message WHERE part = $1 AND status = 'queued' AND held IS NOT NULL");
static RELEASE: Sql =
    Sql::new("message", "UPDATE message SET held = NULL WHERE part = $1 AND held = $2 AND status = 'queued'");
pub(super) static MESSAGE_CARRIED: Sql = Sql::new(
    "message",
    "UPDATE message SET provider = $1, provider_id = COALESCE($2, provider_id)
     WHERE part = $3 AND person = $4 AND id = $5",
);
static QUEUED: Sql = Sql::new(
    "message",
    "SELECT json, status, status_at, error, provider, provider_id FROM message
     WHERE part = $1 AND channel = $2 AND status = 'queued' AND held IS NULL ORDER BY urgent DESC, created_at LIMIT $3",
);
static DISPATCHING: Sql = Sql::new(
    "message",
    "SELECT json, status, status_at, error, provider, provider_id FROM message
     WHERE part = $1 AND status = 'dispatching'",
);

/// Queued messages of one channel kept in memory; urgent ones are kept up to twice as many.
const QUEUE_MAX: usize = 8_192;
/// Messages of a channel read at once from one part, when they are not in memory.
const REFILL_MAX: usize = 128;
/// Messages of one channel that one claim sets aside.
const HOLD_MAX: usize = 512;
/// Parts in which one call releases what was held.
const RELEASE_PARTS: usize = 4;

/// Messages taken from the outbox.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// To be sent now.
    pub send: Vec<Message>,
    /// Too late; withdrawn.
    pub expired: Vec<Message>,
    /// What some were set aside under: they wait for more than their turn.
    pub held: BTreeSet<String>,
    /// Channels of which more wait than there was room for.
    pub more: BTreeSet<Channel>,
}

/// How many messages may leave a channel now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// In all.
    pub all: usize,
    /// Of them at most so many that are not urgent.
    pub bulk: usize,
}

impl Room {
    /// The same for urgent ones and others.
    pub fn of(n: usize) -> Self {
        Self { all: n, bulk: n }
    }

    /// No more than `n`.
    #[must_use]
    pub fn at_most(self, n: usize) -> Self {
        Self { all: self.all.min(n), bulk: self.bulk.min(n) }
    }
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

/// What is known in memory of one channel's queue.
pub(super) struct Queue {
    /// In the order they leave.
    messages: BTreeMap<Place, Message>,
    /// By part: whether `messages` holds every one that is queued there, and how many it holds.
    parts: Vec<(bool, usize)>,
}

impl Queue {
    pub(super) fn new(parts: usize) -> Self {
        Self { messages: BTreeMap::new(), parts: vec![(false, 0); parts] }
    }

    /// All is read again.
    pub(super) fn forget(&mut self) {
        self.messages.clear();
        self.parts.fill((false, 0));
    }

    fn insert(&mut self, part: usize, message: Message) {
        if self.messages.insert(Place::of(&message), message).is_none() {
            self.parts[part].1 += 1;
        }
    }

    /// The first that there is room for: of those that are not urgent no more than their own share.
    fn first(&self, room: Room, holds: Holds<'_>) -> First {
        let mut first = First::default();
        let mut bulk = 0;
        for message in self.messages.values() {
            first.cut = first.leave.len() >= room.all || first.stay.len() + first.left >= HOLD_MAX;
            if first.cut {
                break;
            }
            match holds(message) {
                Some(Hold::Aside(key)) => {
                    first.stay.push((key, message.clone()));
                    continue;
                }
                Some(Hold::Here) => {
                    first.left += 1;
                    continue;
                }
                None => {}
            }
            if !message.urgent {
                first.cut = bulk >= room.bulk;
                if first.cut {
                    break;
                }
                bulk += 1;
            }
            first.leave.push(message.clone());
        }
        first
    }
}

/// How a message that is not to leave now is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// On disk, under this, read by no claim until that is released.
    Aside(String),
    /// At its place in the queue: the next claim asks again.
    Here,
}

/// What a message is held by, if anything does.
type Holds<'a> = &'a dyn Fn(&Message) -> Option<Hold>;

/// The first of a channel's queue.
#[derive(Default)]
struct First {
    leave: Vec<Message>,
    /// With what holds each.
    stay: Vec<(String, Message)>,
    /// How many stay where they are.
    left: usize,
    /// Whether there are more than there was room for.
    cut: bool,
}

/// Whether a message may go from one status to another: forward only, except that `Unknown` may be
/// settled. What the provider has cannot become unknown or be taken back.
pub fn may_move(from: Status, to: Status) -> bool {
    from.may_become(to)
}

/// What messages are held by for their number: their words of their pathway.
pub fn held_key(pathway: &str, words: &str) -> String {
    format!("{pathway}/{words}")
}

impl Lane {
    fn queue_of(&mut self, channel: Channel) -> &mut Queue {
        let parts = self.parts.len();
        self.outbox.entry(channel).or_insert_with(|| Queue::new(parts))
    }

    /// Keeps a message that was queued at `queued_at` in memory, if its part is whole there and there is room.
    pub(super) fn queue(&mut self, part: u16, message: &Message, queued_at: At) -> Result<()> {
        let at = self.place(part)?;
        let max = if message.urgent { 2 * QUEUE_MAX } else { QUEUE_MAX };
        let queue = self.queue_of(message.channel);
        let room = queue.messages.len() < max;
        if room && (queue.parts[at].0 || message.urgent) {
            let mut message = message.clone();
            message.status = Status::Queued;
            message.status_at = queued_at;
            queue.insert(at, message);
        } else {
            queue.parts[at].0 = false;
        }
        Ok(())
    }

    /// Reads the first queued messages of parts that may have some in the store only: those with none
    /// in memory, and all of them when memory has less than `limit`.
    fn refill_outbox(&mut self, channel: Channel, limit: usize) -> Result<()> {
        let queue = self.queue_of(channel);
        let few = queue.messages.len() < limit;
        let places: Vec<usize> =
            (0..queue.parts.len()).filter(|i| !queue.parts[*i].0 && (few || queue.parts[*i].1 == 0)).collect();
        if places.is_empty() {
            return Ok(());
        }
        let each = (limit / places.len()).max(REFILL_MAX);
        let mut steps = Steps::new();
        for place in &places {
            steps.add(&QUEUED, [self.part_at(*place).into(), channel.name().into(), (each as i64).into()]);
        }
        let mut found: Vec<Vec<Message>> = places.iter().map(|_| Vec::new()).collect();
        self.session.query(&steps, |i, row| {
            found[i].push(rows::message(row)?);
            Ok(())
        })?;
        let queue = self.queue_of(channel);
        for (place, messages) in places.into_iter().zip(found) {
            queue.parts[place].0 = messages.len() < each;
            messages.into_iter().for_each(|message| queue.insert(place, message));
        }
        Ok(())
    }

    /// The first of a channel that there is room for. What stays where it is takes no other one's place in memory.
    fn first(&mut self, channel: Channel, room: Room, holds: Holds<'_>) -> Result<First> {
        self.refill_outbox(channel, room.all)?;
        let first = self.queue_of(channel).first(room, holds);
        if first.left == 0 || first.cut {
            return Ok(first);
        }
        self.refill_outbox(channel, room.all + first.left)?;
        Ok(self.queue_of(channel).first(room, holds))
    }

    /// Takes queued messages for dispatch, of each channel at most as many as `room` says, urgent ones first: they are
    /// `Dispatching` and durable when this returns. Those past `valid_until` become `Withdrawn` and are returned apart,
    /// as `expired`. Those that `holds` names a reason for are set aside under it, at most some hundred of a channel at
    /// a time, whatever room there is; of those that stay where they are the caller knows itself.
    pub fn claim(
        &mut self,
        now: At,
        room: &mut dyn FnMut(Channel) -> Room,
        holds: &dyn Fn(&Message) -> Option<Hold>,
    ) -> Result<Claimed> {
        let mut rooms: Vec<(Channel, Room)> = Channel::EVERY
            .into_iter()
            .map(|channel| (channel, room(channel)))
            .filter(|(_, room)| room.all > 0)
            .collect();
        // What was withdrawn meanwhile is only found out on disk: each round takes it out of memory.
        while !rooms.is_empty() {
            let (mut leave, mut stay) = (Vec::new(), Vec::new());
            let (mut next, mut more) = (Vec::new(), BTreeSet::new());
            for (channel, room) in rooms {
                let first = self.first(channel, room, holds)?;
                if first.cut {
                    more.insert(channel);
                }
                if !first.leave.is_empty() || !first.stay.is_empty() {
                    next.push((channel, room));
                }
                leave.extend(first.leave);
                stay.extend(first.stay);
            }
            rooms = next;
            if rooms.is_empty() {
                return Ok(Claimed { more, ..Claimed::default() });
            }
            let held: BTreeSet<String> = stay.iter().map(|(key, _)| key.clone()).collect();
            // Urgent ones of every channel go before all others.
            leave.sort_by_key(|m| (!m.urgent, m.created_at));
            let taken = self.take_out(leave, stay, now)?;
            if !taken.is_empty() || !held.is_empty() {
                let (send, expired) = taken.into_iter().partition(|m| m.status == Status::Dispatching);
                return Ok(Claimed { send, expired, held, more });
            }
        }
        Ok(Claimed::default())
    }

    /// Moves messages out of the queue on disk; those that were still queued come back. Those that `stay` are held.
    fn take_out(&mut self, mut leave: Vec<Message>, stay: Vec<(String, Message)>, now: At) -> Result<Vec<Message>> {
        let (mut fences, mut steps) = (Steps::new(), Steps::new());
        let parts: BTreeSet<u16> = leave.iter().chain(stay.iter().map(|(_, m)| m)).map(|m| m.person.part()).collect();
        for part in &parts {
            self.fence(&mut fences, *part)?;
        }
        for message in &mut leave {
            message.status = if message.valid_until <= now { Status::Withdrawn } else { Status::Dispatching };
            message.status_at = now;
            let (part, person) = (message.person.part().into(), message.person.into());
            steps.add(&MESSAGE_CLAIM, [message.status.name().into(), now.into(), part, person, message.id.into()]);
        }
        for (key, message) in &stay {
            let (part, person) = (message.person.part().into(), message.person.into());
            steps.add(&MESSAGE_HOLD, [key.into(), part, person, message.id.into()]);
        }
        let changed = self.session.write(|session| {
            if session.run(&fences)?.contains(&0) {
                return Err(Error::LaneLost);
            }
            let changed = session.run(&steps)?;
            let mut counts = Counts::default();
            for (message, _) in leave.iter().zip(&changed).filter(|(_, n)| **n > 0) {
                counts.stands(Status::Queued, message.channel, message.urgent, -1);
                counts.stands(message.status, message.channel, message.urgent, 1);
            }
            session.run(&counts.steps(parts.first()))?;
            Ok(changed)
        });
        let changed = self.sure(changed)?;
        for message in leave.iter().chain(stay.iter().map(|(_, m)| m)) {
            self.forget_queued(message)?;
        }
        Ok(leave.into_iter().zip(changed).filter(|(_, n)| *n > 0).map(|(m, _)| m).collect())
    }

    fn forget_queued(&mut self, message: &Message) -> Result<()> {
        let at = self.place(message.person.part())?;
        let queue = self.queue_of(message.channel);
        if queue.messages.remove(&Place::of(message)).is_some() {
            queue.parts[at].1 -= 1;
        }
        Ok(())
    }

    /// These were claimed, and nobody took anything of them: they are queued again, durable when this returns. One that
    /// is no longer `Dispatching` stays as it is.
    pub fn back(&mut self, messages: &[Message], now: At) -> Result<()> {
        let changed = self.undispatch(messages, Status::Queued, now)?;
        for (message, _) in messages.iter().zip(changed).filter(|(_, n)| *n > 0) {
            self.queue(message.person.part(), message, back_at(message, now))?;
        }
        Ok(())
    }

    /// The same of those that were taken back meanwhile: they are `Withdrawn`, durable when this returns.
    pub fn withdraw_dispatching(&mut self, messages: &[Message], now: At) -> Result<()> {
        self.undispatch(messages, Status::Withdrawn, now).map(drop)
    }

    /// By message: whether it was `Dispatching` and is `to` now.
    fn undispatch(&mut self, messages: &[Message], to: Status, now: At) -> Result<Vec<u64>> {
        let (mut fences, mut steps) = (Steps::new(), Steps::new());
        let parts: BTreeSet<u16> = messages.iter().map(|m| m.person.part()).collect();
        for part in &parts {
            self.fence(&mut fences, *part)?;
        }
        for message in messages {
            let (part, person) = (message.person.part().into(), message.person.into());
            let at = back_at(message, now).into();
            steps.add(&MESSAGE_BACK, [to.name().into(), at, part, person, message.id.into()]);
        }
        let changed = self.session.write(|session| {
            if session.run(&fences)?.contains(&0) {
                return Err(Error::LaneLost);
            }
            let changed = session.run(&steps)?;
            let mut counts = Counts::default();
            for (message, _) in messages.iter().zip(&changed).filter(|(_, n)| **n > 0) {
                counts.stands(Status::Dispatching, message.channel, message.urgent, -1);
                counts.stands(to, message.channel, message.urgent, 1);
            }
            session.run(&counts.steps(parts.first()))?;
            Ok(changed)
        });
        self.sure(changed)
    }

    /// What messages of this lane are held by.
    pub fn held(&mut self) -> Result<BTreeSet<String>> {
        let mut ask = Steps::new();
        for part in self.parts() {
            ask.add(&HELD_KEYS, [part.into()]);
        }
        let mut found = BTreeSet::new();
        self.session.query(&ask, |_, row| {
            found.insert(row.string(0)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Lets what is held by this go into the queue again, in some parts at a time, `from` the one that is named; the
    /// part to go on from, `None` when all is done. Durable when this returns.
    pub fn release(&mut self, key: &str, from: u16) -> Result<Option<u16>> {
        let parts: BTreeSet<u16> = self.parts().filter(|part| *part >= from).take(RELEASE_PARTS).collect();
        let mut steps = Steps::new();
        for part in &parts {
            steps.add(&RELEASE, [(*part).into(), key.into()]);
        }
        let changed = self.fenced(&parts, &steps)?;
        for (part, _) in parts.iter().zip(changed).filter(|(_, n)| *n > 0) {
            let at = self.place(*part)?;
            self.outbox.values_mut().for_each(|queue| queue.parts[at].0 = false);
        }
        let next = parts.last().map_or(0, |last| last + 1);
        Ok(self.parts().contains(&next).then_some(next))
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

    /// The messages, among those that a claim with this room would take now, that wait since before `before`, or were
    /// claimed before and came back: their guards are to be asked again before anything leaves. Exactly those are named.
    pub fn queued_before(
        &mut self,
        before: At,
        room: &mut dyn FnMut(Channel) -> Room,
        holds: &dyn Fn(&Message) -> Option<Hold>,
    ) -> Result<Vec<Message>> {
        let mut waiting = Vec::new();
        for channel in Channel::EVERY {
            let room = room(channel);
            if room.all == 0 {
                continue;
            }
            let first = self.first(channel, room, holds)?;
            waiting.extend(first.leave.into_iter().filter(|m| m.created_at < before || m.status_at > m.created_at));
        }
        Ok(waiting)
    }
}

/// When a message came back into the queue: by being later than when it was made, that says that it was claimed before,
/// to the next process as well.
fn back_at(message: &Message, now: At) -> At {
    now.max(message.created_at.plus_ms(1))
}

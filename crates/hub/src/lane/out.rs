//! What leaves: claims from the outbox, what is held there, and what comes back into it.

use super::{BULK_KEPT_MS, CLAIM_MAX, Number, QUEUED_MS, RoomOf, Step, Work, Worker};
use crate::Error;
use model::message::Message;
use model::{At, Channel, Item, PersonId};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Room;

impl Worker {
    /// Takes from the outbox what there is room for.
    pub(super) fn claim(&mut self, now: At, room: RoomOf<'_>, step: &mut Step) -> Result<(), Error> {
        if self.holds.calls_go_on(now) {
            self.outbox.insert(Channel::Voice);
        }
        let mut rooms: BTreeMap<Channel, Room> = BTreeMap::new();
        let open: Vec<Channel> = self.outbox.iter().copied().filter(|c| !self.holds.pauses.channel(*c)).collect();
        for (n, channel) in open.iter().copied().enumerate() {
            let room = room(channel, open.len() - n).at_most(CLAIM_MAX);
            if room.all > 0 {
                rooms.insert(channel, room);
            }
        }
        if rooms.is_empty() {
            return Ok(());
        }
        let mut room = |channel: Channel| rooms.get(&channel).copied().unwrap_or_default();
        self.ask_again(now, &mut room, step)?;
        let (own, bulk, setup) = (&self.holds, &self.bulk, Arc::clone(&self.setup));
        let claimed = self.lane.claim(now, &mut room, &|message| own.of(message, bulk, &setup, now))?;
        for message in &claimed.send {
            self.sending.entry(message.person).or_default().insert(message.id, false);
        }
        self.outbox.retain(|channel| !rooms.contains_key(channel) || claimed.more.contains(channel));
        // Channels may share a gate: what one of them did not need is another's in the next step.
        let spared = rooms.keys().any(|channel| !claimed.more.contains(channel));
        let moved = !claimed.send.is_empty() || !claimed.expired.is_empty() || !claimed.held.is_empty();
        // Where nothing moved there is room for others than those that wait: the next one that ends says when to look.
        step.more |= moved && !claimed.more.is_empty();
        step.more |= spared && open.iter().any(|channel| !rooms.contains_key(channel));
        step.send = self.numbers(claimed.send);
        step.expired = claimed.expired;
        if claimed.held.iter().any(|key| !self.holds.held.contains(key)) {
            self.holds.held.extend(claimed.held);
            self.tell_held();
        }
        Ok(())
    }

    /// Lets some of what nothing holds any more back into the queue; and looks after the counts, once an hour.
    pub(super) fn release(&mut self, now: At, step: &mut Step) -> Result<(), Error> {
        if self.holds.next_hour(now) {
            self.holds.held = self.lane.held()?;
            self.lane.bulk_forget(now.plus_ms(-BULK_KEPT_MS))?;
            self.bulk.forget(now.plus_ms(-BULK_KEPT_MS));
            self.tell_held();
        }
        let Some((key, part)) = self.holds.next_release(&self.bulk, &self.setup, now) else { return Ok(()) };
        match self.lane.release(&key, part)? {
            Some(next) => self.holds.releasing = Some((key, next)),
            None => {
                self.holds.held.remove(&key);
                self.tell_held();
            }
        }
        self.outbox = Channel::EVERY.into();
        step.more = true;
        Ok(())
    }

    pub(super) fn tell_held(&self) {
        let keys = self.holds.held.iter().filter(|key| key.contains('/')).cloned().collect();
        self.bulk.holding(self.lane.number(), keys);
    }

    /// These were claimed and nobody took anything of them: they wait in the outbox again, durable when this returns;
    /// whoever has one gets a turn before it may leave. What a turn took back meanwhile leaves no more, and the next
    /// turn hears that it did not.
    pub fn back(&mut self, messages: &[Message], now: At) -> Result<(), Error> {
        let taken_back = |m: &Message| self.sending.get(&m.person).and_then(|of| of.get(&m.id)) == Some(&true);
        let (over, waiting): (Vec<Message>, Vec<Message>) = messages.iter().cloned().partition(taken_back);
        self.lane.back(&waiting, now)?;
        if !over.is_empty() {
            self.lane.withdraw_dispatching(&over, now)?;
            let returned = |m: &Message| {
                let body = serde_json::json!({"message": m.id});
                Item::own(m.person, model::Fact::own(turn::RETURNED, &m.id.to_string(), m.person, now, body))
            };
            let items: Vec<Item> = over.iter().map(returned).collect();
            self.lane.accept(&items, now)?;
        }
        for message in messages {
            if let Some(of) = self.sending.get_mut(&message.person) {
                of.remove(&message.id);
                if of.is_empty() {
                    self.sending.remove(&message.person);
                }
            }
            self.outbox.insert(message.channel);
        }
        Ok(())
    }

    /// Whether something may wait in the outbox for room.
    pub fn waits_for_room(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Whoever has messages that waited too long (the hub was down, a provider slow) gets a turn before they leave:
    /// every guard is asked again, and what may not go now is held.
    pub(super) fn ask_again(
        &mut self,
        now: At,
        room: &mut dyn FnMut(Channel) -> Room,
        step: &mut Step,
    ) -> Result<(), Error> {
        // Also what waited for a shorter time, when staff held it back.
        let before =
            self.holds.freed_at.map_or(now.plus_ms(-QUEUED_MS), |at| at.plus_ms(1).max(now.plus_ms(-QUEUED_MS)));
        let (own, bulk, setup) = (&self.holds, &self.bulk, Arc::clone(&self.setup));
        let waiting = self.lane.queued_before(before, room, &|message| own.of(message, bulk, &setup, now))?;
        let work: Work = waiting.iter().map(|message| (message.person, Vec::new())).collect();
        if work.is_empty() {
            return Ok(());
        }
        // Where its line is closed by now, its reach and its guards are elsewhere: it goes there instead of out. What goes
        // to the care team has neither, and leaves as it is.
        for message in waiting.iter().filter(|m| !crate::dispatch::to_care_team(m)) {
            self.waited.entry(message.person).or_default().push(message.id);
        }
        let asked = self.turns(work, now, step);
        self.waited.clear();
        step.more = true;
        asked
    }

    /// Asks for the numbers of all messages at once. They are durable as being sent: whatever the store
    /// says, each has its end told.
    pub(super) fn numbers(&self, messages: Vec<Message>) -> Vec<(Message, Number)> {
        if messages.is_empty() {
            return Vec::new();
        }
        // A number that a call is connected with is one that it goes to.
        let dialled = messages.iter().filter_map(Message::dials).map(turn::disabled_key);
        let both = |m: &Message| [turn::disabled_key(&m.to), turn::shared::stopped_key(&m.to)];
        let keys: Vec<_> = messages.iter().flat_map(both).chain(dialled).collect();
        let said: Vec<Number> = match self.store.whose_each(&keys) {
            Ok(holders) => {
                let (own, dialled) = holders.split_at(2 * messages.len());
                let mut dialled = dialled.iter();
                let of = |(m, held): (&Message, &[Option<PersonId>])| {
                    let closed = m.dials().is_some() && dialled.next().is_some_and(Option::is_some);
                    match held {
                        _ if closed => Number::Disabled,
                        [Some(_), ..] => Number::Disabled,
                        [None, Some(_)] => Number::Stopped,
                        _ => Number::Free,
                    }
                };
                messages.iter().zip(own.chunks(2)).map(of).collect()
            }
            Err(error) => {
                tracing::error!(%error, "the store could not say whose the numbers are: nothing is sent to them");
                Vec::new()
            }
        };
        let said = said.into_iter().chain(std::iter::repeat(Number::Unknown));
        messages.into_iter().zip(said).collect()
    }
}

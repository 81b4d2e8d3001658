//! Where items go: to whom they are about, to another lane, or aside.

use super::{GROUP_MAX, HANDOFF_MAX, LOOKS_MAX, Left, Step, Work, Worker};
use crate::{Error, receipts};
use model::{At, Item, PersonId};
use store::Waiting;

impl Worker {
    /// Groups what waits by person; parks what is nobody's, sends on what lives in another lane.
    pub(super) fn sort(
        &mut self,
        waiting: Vec<Waiting>,
        due: Vec<PersonId>,
        now: At,
        step: &mut Step,
    ) -> Result<Work, Error> {
        let mut work: Work = due.into_iter().map(|p| (p, Vec::new())).collect();
        let (mut park, mut early) = (Vec::new(), Vec::new());
        for mut w in waiting {
            // Words from a number of several people are nobody's in particular.
            match crate::talk::whose(&self.store, &mut w.item, w.person) {
                Ok(person) => w.person = person,
                Err(error) if self.looks_again((w.part, w.seq), &error) => {
                    step.more = true;
                    continue;
                }
                Err(_) => {}
            }
            // A fact about a line itself, or a receipt, goes to the very line it names; a closed one forwards.
            let new = || {
                let key = w.item.may_create.then(|| crate::talk::number_key(&w.item)).flatten();
                key.map(model::inbox::person_of)
            };
            let mut person = w.item.person.or(w.person).or_else(new);
            if let Some(known) = person {
                let placed = receipts::place(&self.store, known, &mut w.item).map_err(Error::from).and_then(|of| {
                    of.map_or(Ok(()), |of| crate::talk::went_to(&self.store, of, &mut w.item))?;
                    Ok(of)
                });
                match placed {
                    Ok(Some(of)) => person = Some(of),
                    Ok(None) => {
                        self.unread.remove(&(w.part, w.seq));
                        early.push((w.part, w.seq, receipts::UNKNOWN.to_owned()));
                        continue;
                    }
                    Err(error) if self.looks_again((w.part, w.seq), &error) => {
                        step.more = true;
                        continue;
                    }
                    Err(_) => {}
                }
            }
            self.unread.remove(&(w.part, w.seq));
            match person {
                None => {
                    let why = if receipts::by_id(&w.item.fact) { receipts::UNKNOWN } else { "matches nobody yet" };
                    park.push((w.part, w.seq, why.to_owned()));
                }
                Some(p) if self.store.lane_of(p.part()) != self.lane.number() => {
                    let left = Left::Inbox(w.part, w.seq);
                    if self.in_transit.insert(left) {
                        step.elsewhere.push((left, Item { person: Some(p), ..w.item }));
                    }
                }
                Some(p) => work.entry(p).or_default().push((w.part, w.seq, w.item)),
            }
        }
        if !park.is_empty() || !early.is_empty() {
            self.lane.park(&park, now)?;
            self.lane.park_early(&early, now)?;
            step.parked = true;
        }
        Ok(work)
    }

    /// Whether what cannot be looked up for an item now is looked up again in a later step: a few times, then it goes
    /// where the directory says. One reply never ends its lane.
    pub(super) fn looks_again(&mut self, place: (u16, i64), error: &Error) -> bool {
        let room = self.unread.len() < GROUP_MAX;
        let tries = self.unread.entry(place).or_insert(0);
        *tries += 1;
        let again = room && *tries < LOOKS_MAX;
        if *tries == 1 {
            tracing::error!(%error, part = place.0, number = place.1, "whose an item is cannot be looked up");
        }
        again
    }

    /// Items that left for other lanes are durable there: they are consumed here.
    pub fn delivered(&mut self, left: &[Left]) -> Result<(), Error> {
        let (mut inbox, mut handoffs) = (Vec::new(), Vec::new());
        for place in left {
            self.in_transit.remove(place);
            match place {
                Left::Inbox(part, seq) => inbox.push((*part, *seq)),
                Left::Handoff(part, number) => handoffs.push((*part, *number)),
            }
        }
        if !inbox.is_empty() {
            self.lane.consume(&inbox)?;
        }
        if !handoffs.is_empty() {
            self.lane.handed(&handoffs)?;
        }
        Ok(())
    }

    pub(super) fn hand_over(&mut self, step: &mut Step) -> Result<(), Error> {
        let handoffs = self.lane.handoffs(HANDOFF_MAX)?;
        if handoffs.is_empty() {
            return Ok(());
        }
        let mut done = Vec::new();
        let mut mine = Vec::new();
        for (part, number, item) in handoffs {
            if self.store.lane_of(item.part()) == self.lane.number() {
                mine.push(item);
                done.push((part, number));
            } else if self.in_transit.insert(Left::Handoff(part, number)) {
                step.elsewhere.push((Left::Handoff(part, number), item));
            }
        }
        let now = mine.first().map_or(At(0), |i| i.fact.recorded_at);
        if !mine.is_empty() {
            step.more = true;
            self.lane.accept(&mine, now)?;
            self.lane.handed(&done)?;
        }
        Ok(())
    }
}

//! Places on pathways with a limit: the facts that say that they were given.

use super::{GROUP_MAX, Worker};
use crate::Error;
use model::{At, Item, PlaceRow};

impl Worker {
    /// Hands places to people of this lane who are still in line; how many. Durable when it returns.
    pub fn give(&mut self, rows: Vec<PlaceRow>, now: At) -> Result<usize, Error> {
        let given = self.lane.give(rows)?;
        self.tell_given(&given, now)?;
        Ok(given.len())
    }

    /// The facts of places that were given; those that were told are the same, and are not told again.
    pub(super) fn tell_given(&mut self, rows: &[PlaceRow], now: At) -> Result<(), Error> {
        for some in rows.chunks(GROUP_MAX) {
            let items: Vec<Item> = some.iter().map(|row| turn::places::given(row, now)).collect();
            self.lane.accept(&items, now)?;
        }
        Ok(())
    }

    /// A place whose fact was put aside, because the turn failed that heard it, is given by another fact: the same one
    /// would be taken for a repeat, and the place be lost.
    pub(super) fn tell_again(&mut self, rows: &[PlaceRow], now: At) -> Result<(), Error> {
        for some in rows.chunks(GROUP_MAX) {
            let items: Vec<Item> = some.iter().map(|row| turn::places::given(row, now)).collect();
            let parked = self.lane.are_parked(&items)?;
            let lost = some.iter().zip(parked).filter(|(_, parked)| *parked).map(|(row, _)| row);
            let again: Vec<Item> =
                lost.map(|row| turn::places::given_again(row, self.lane.epoch(row.person.part()), now)).collect();
            self.lane.accept(&again, now)?;
        }
        Ok(())
    }
}

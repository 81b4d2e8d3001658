//! Mail from addresses that nobody knows: how many new ones an hour are taken in.
//!
//! Whoever writes to the reply address makes a line of their own and a person is asked about it, so a flood of made-up
//! senders would bury the worklist. What is above the bound is put off: the mail server keeps it and comes again.
//!
//! Invariants: whoever the directory or a record knows is never put off, nor what belongs to a notice; a sender that
//! was taken is known from then on, and counts once. Deliberately absent: what is durable of the count (a restart begins
//! the hour anew), and what a machine wrote, which makes no line.

use crate::Error;
use crate::dispatch;
use crate::run::Inner;
use channels::contract::Incoming;
use model::time::HOUR_MS;
use model::{Arrival, At, Channel, Id, Item};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use store::Store;

/// New senders of mail an hour.
pub const NEW_SENDERS_MAX: usize = 60;

/// How many there were, for whoever looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewSenders {
    /// New senders that were taken in this hour.
    pub taken: usize,
    /// Mails that were put off since the hub started; one that comes again counts again.
    pub put_off: u64,
}

#[derive(Default)]
struct Hour {
    number: i64,
    taken: BTreeSet<Id>,
    put_off: u64,
}

/// Counts new senders.
#[derive(Default)]
pub struct Newcomers(Mutex<Hour>);

impl Newcomers {
    /// Whether a new sender is taken in now.
    fn take(&self, sender: Id, now: At) -> bool {
        let mut hour = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hour.turn(now);
        let free = hour.taken.len() < NEW_SENDERS_MAX || hour.taken.contains(&sender);
        if free {
            hour.taken.insert(sender);
        } else {
            hour.put_off += 1;
        }
        free
    }

    /// How many there were.
    pub fn view(&self, now: At) -> NewSenders {
        let mut hour = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hour.turn(now);
        NewSenders { taken: hour.taken.len(), put_off: hour.put_off }
    }
}

impl Hour {
    fn turn(&mut self, now: At) {
        let number = now.0.div_euclid(HOUR_MS);
        if std::mem::replace(&mut self.number, number) != number {
            self.taken.clear();
        }
    }
}

/// The sender of a mail that would make a line, where nobody knows them. Blocks.
fn new_sender(store: &Store, item: &Item) -> Result<Option<Id>, store::Error> {
    let by_mail = item.fact.text("channel") == Some(Channel::Email.name());
    let Some(from) = item.fact.text("from").filter(|_| by_mail && item.may_create) else { return Ok(None) };
    let known = store.whose(&item.keys)?.is_some() || !store.find_people(from, 1)?.is_empty();
    Ok((!known).then(|| model::inbox::key("email", from)))
}

impl Inner {
    /// Takes in what a provider brings.
    ///
    /// # Errors
    /// `Busy` also where it is mail of one new sender too many.
    pub async fn incoming(&self, from: Vec<Incoming>) -> Result<Vec<Arrival>, Error> {
        let items: Vec<Item> = from.into_iter().map(dispatch::incoming).collect();
        for item in items.iter().filter(|item| item.may_create) {
            let (store, item) = (self.store.clone(), item.clone());
            let looked = tokio::task::spawn_blocking(move || new_sender(&store, &item)).await;
            let sender = looked.map_err(|_| Error::Stopping)??;
            if sender.is_some_and(|sender| !self.newcomers.take(sender, self.clock.now())) {
                tracing::warn!(max = NEW_SENDERS_MAX, "mail of too many new senders in an hour: it is put off");
                metrics::counter!("throughline_mail_put_off_total").increment(1);
                return Err(Error::Busy);
            }
        }
        self.accept(items).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_new_senders_an_hour_and_each_counts_once() {
        let (new, now) = (Newcomers::default(), At(1_795_356_000_000));
        let sender = |n: usize| model::inbox::key("email", &format!("{n}@example.org"));
        assert!((0..NEW_SENDERS_MAX).all(|n| new.take(sender(n), now) && new.take(sender(n), now)));
        assert!(!new.take(sender(NEW_SENDERS_MAX), now) && new.take(sender(0), now), "whoever was taken goes on");
        assert_eq!(new.view(now), NewSenders { taken: NEW_SENDERS_MAX, put_off: 1 });
        let later = now.plus_ms(HOUR_MS);
        assert!(new.take(sender(NEW_SENDERS_MAX), later));
        assert_eq!(new.view(later), NewSenders { taken: 1, put_off: 1 });
    }
}

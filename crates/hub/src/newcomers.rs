//! Mail from addresses that nobody knows: how many new ones an hour are taken in.
//!
//! Whoever writes to the reply address makes a line of their own and a person is asked about it, so a flood of made-up
//! senders would bury the worklist. What is above the bound is put off: the mail server keeps it and comes again.
//!
//! Invariants: whoever the directory or a record knows is never put off, nor what belongs to a notice; a sender that
//! was taken is known from then on, and counts once; who was taken in an hour is kept in the store (one desk row) before
//! their mail is, so that a restart goes on with the hour's count. Deliberately absent: what a machine wrote, which makes
//! no line.

use crate::Error;
use crate::dispatch;
use crate::run::Inner;
use channels::contract::Incoming;
use model::time::HOUR_MS;
use model::{Arrival, At, Channel, Id, Item};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use store::{DeskRow, Store};

/// New senders of mail an hour.
pub const NEW_SENDERS_MAX: usize = 60;
/// The kind and the key of the desk row.
const ROW: (&str, &str) = ("newcomers", "email");

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

/// What is kept of an hour.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Hours since the epoch, of the care clock.
    hour: i64,
    taken: BTreeSet<Id>,
}

/// Counts new senders.
pub struct Newcomers {
    store: Store,
    hour: Mutex<Hour>,
}

impl Newcomers {
    /// With what a store says of this hour. Blocks.
    pub fn load(store: &Store, now: At) -> Result<Self, store::Error> {
        let row = store.desk_get(ROW.0, ROW.1)?;
        let kept = row.and_then(|row| serde_json::from_str::<Kept>(&row.json).ok());
        let mut hour = kept.map_or_else(Hour::default, |k| Hour { number: k.hour, taken: k.taken, put_off: 0 });
        hour.turn(now);
        Ok(Self { store: store.clone(), hour: Mutex::new(hour) })
    }

    /// Whether a new sender is taken in now. Blocks.
    fn take(&self, sender: Id, now: At) -> bool {
        let mut hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
        hour.turn(now);
        if hour.taken.contains(&sender) {
            return true;
        }
        let free = hour.taken.len() < NEW_SENDERS_MAX;
        if free {
            hour.taken.insert(sender);
            // While the hour is locked: of two counts the later one is kept.
            self.keep(&hour, now);
        } else {
            hour.put_off += 1;
        }
        free
    }

    /// A store that cannot keep it is told of, and nobody is put off for that.
    fn keep(&self, hour: &Hour, now: At) {
        let kept = Kept { hour: hour.number, taken: hour.taken.clone() };
        let put = |json| self.store.desk_put(&DeskRow { kind: ROW.0.into(), key: ROW.1.into(), json, at: now });
        match serde_json::to_string(&kept).map(put) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "a new sender is not kept: a restart would not count them"),
            Err(error) => tracing::error!(%error, "new senders cannot be written"),
        }
    }

    /// How many there were.
    pub fn view(&self, now: At) -> NewSenders {
        let mut hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
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
            let (store, item, now) = (self.store.clone(), item.clone(), self.clock.now());
            let newcomers = Arc::clone(&self.newcomers);
            let look = move || {
                let sender = new_sender(&store, &item)?;
                Ok::<_, store::Error>(sender.is_none_or(|sender| newcomers.take(sender, now)))
            };
            let taken = tokio::task::spawn_blocking(look).await.map_err(|_| Error::Stopping)??;
            if !taken {
                tracing::warn!(max = NEW_SENDERS_MAX, "mail of too many new senders in an hour: it is put off");
                metrics::counter!("throughline_mail_put_off_total").increment(1);
                return Err(Error::Busy);
            }
        }
        self.accept(items).await
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use store::Location;

    fn sender(n: usize) -> Id {
        model::inbox::key("email", &format!("{n}@example.org"))
    }

    fn so_many_an_hour_and_each_counts_once_through_a_restart(location: &Location) {
        let now = At(1_795_356_000_000);
        let start = |now| Newcomers::load(&Store::open(location, true).unwrap(), now).unwrap();
        let half = NEW_SENDERS_MAX / 2;
        assert!((0..half).all(|n| start(now).take(sender(n), now)), "each by a process of its own");
        let new = start(now.plus_ms(HOUR_MS - 1));
        assert_eq!(new.view(now), NewSenders { taken: half, put_off: 0 });
        assert!((0..NEW_SENDERS_MAX).all(|n| new.take(sender(n), now) && new.take(sender(n), now)));
        assert!(!new.take(sender(NEW_SENDERS_MAX), now) && new.take(sender(0), now), "whoever was taken goes on");
        assert_eq!(new.view(now), NewSenders { taken: NEW_SENDERS_MAX, put_off: 1 });
        let later = now.plus_ms(HOUR_MS);
        assert!(new.take(sender(NEW_SENDERS_MAX), later));
        assert_eq!(new.view(later), NewSenders { taken: 1, put_off: 1 });
        assert_eq!(start(later).view(later).taken, 1);
        assert_eq!(start(later.plus_ms(HOUR_MS)).view(later.plus_ms(HOUR_MS)).taken, 0, "another hour");
    }

    #[test]
    fn so_many_an_hour_and_each_counts_once_through_a_restart_on_sqlite() {
        let file = std::env::temp_dir().join(format!("throughline-newcomers-{}.db", std::process::id()));
        so_many_an_hour_and_each_counts_once_through_a_restart(&Location::Sqlite(file.clone()));
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
    }

    #[test]
    fn so_many_an_hour_and_each_counts_once_through_a_restart_on_postgres() {
        let database = testkit::postgres::database();
        let location = Location::Postgres { url: database.url(), lanes: 4 };
        so_many_an_hour_and_each_counts_once_through_a_restart(&location);
    }
}

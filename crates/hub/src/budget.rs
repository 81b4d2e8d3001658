//! How many messages a day go to one range of numbers abroad: what bounds the cost of pumped traffic.
//!
//! Counted over all people, where messages leave, and kept in the store (a desk row a range) before the first byte
//! does: a restart goes on with the day's count.

use model::message::Message;
use model::{At, Channel, MessageId};
use outreach::{Clinic, Rules};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use store::{DeskRow, Store};

/// Ranges of one day that are counted; a day with more is none that a clinic has.
const RANGES_MAX: usize = 10_000;
/// The kind of the desk rows; their key is the range.
const KIND: &str = "budget";

/// The counts of a day.
#[derive(Debug, Default)]
struct Day {
    date: Option<jiff::civil::Date>,
    sent: BTreeMap<String, BTreeSet<MessageId>>,
}

/// What went to a range on a day, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// `2026-11-23`, in the clinic's zone.
    date: String,
    sent: BTreeSet<MessageId>,
}

/// What was sent abroad today.
pub struct Budget {
    clinic: Clinic,
    rules: Rules,
    zone: jiff::tz::TimeZone,
    store: Option<Store>,
    day: Mutex<Day>,
}

impl Budget {
    /// What a store says was sent today; without one nothing was yet, and nothing is kept.
    pub fn new(clinic: &Clinic, rules: &Rules, store: Option<Store>) -> Self {
        let zone = model::time::zone(&clinic.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        Self { clinic: clinic.clone(), rules: rules.clone(), zone, store, day: Mutex::default() }
    }

    /// Counts a message that is to leave now, once however often it is tried; false when its range has had its share of
    /// the day.
    pub async fn take(self: &Arc<Self>, message: &Message, now: At) -> bool {
        if !matches!(message.channel, Channel::Sms | Channel::Voice | Channel::Voicemail) {
            return true;
        }
        let ranges = self.ranges(message);
        if ranges.is_empty() {
            return true;
        }
        let (this, id) = (Arc::clone(self), message.id);
        let count = move || ranges.into_iter().all(|range| this.count(range, id, now));
        tokio::task::spawn_blocking(count).await.unwrap_or(false)
    }

    /// The ranges abroad that it goes to: a call by staff rings two numbers.
    fn ranges(&self, message: &Message) -> BTreeSet<String> {
        let numbers = std::iter::once(message.to.as_str()).chain(message.dials());
        numbers.filter_map(|number| outreach::range_abroad(number, &self.clinic, &self.rules)).collect()
    }

    fn count(&self, range: String, id: MessageId, now: At) -> bool {
        let mut day = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        let today = now.date_in(&self.zone);
        if day.date != Some(today) {
            *day = Day { date: Some(today), sent: self.kept(today) };
        }
        if day.sent.len() >= RANGES_MAX && !day.sent.contains_key(&range) {
            return false;
        }
        let sent = day.sent.entry(range.clone()).or_default();
        if sent.contains(&id) {
            return true;
        }
        let free = sent.len() < outreach::budget_of_a_range(&self.rules);
        if free {
            sent.insert(id);
            // While the day is locked: of two counts the later one is kept.
            self.keep(range, Kept { date: today.to_string(), sent: sent.clone() }, now);
        }
        free
    }

    /// What was kept of a day; what was kept of others is dropped. A store that cannot say it is told of, and holds
    /// nothing back: what is sent may be care.
    fn kept(&self, today: jiff::civil::Date) -> BTreeMap<String, BTreeSet<MessageId>> {
        let Some(store) = &self.store else { return BTreeMap::new() };
        let rows = store.desk_list(KIND).unwrap_or_else(|error| {
            tracing::error!(%error, "what was sent abroad today cannot be read: it is counted anew");
            Vec::new()
        });
        let (mut sent, today) = (BTreeMap::new(), today.to_string());
        for row in rows {
            match serde_json::from_str::<Kept>(&row.json) {
                Ok(kept) if kept.date == today => drop(sent.insert(row.key, kept.sent)),
                _ => {
                    if let Err(error) = store.desk_drop(KIND, &row.key) {
                        tracing::warn!(%error, "a count of another day stays");
                    }
                }
            }
        }
        sent
    }

    fn keep(&self, range: String, kept: Kept, now: At) {
        let Some(store) = &self.store else { return };
        let put = |json| store.desk_put(&DeskRow { kind: KIND.into(), key: range, json, at: now });
        match serde_json::to_string(&kept).map(put) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "what is sent abroad is not kept: a restart would not count it"),
            Err(error) => tracing::error!(%error, "what is sent abroad cannot be written"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::Clock;
    use crate::dispatch::{Dispatcher, Links, Sent};
    use crate::lane::Number;
    use channels::Handset;
    use model::PersonId;
    use model::message::{Call, CallStep, Content, Status};
    use model::time::DAY_MS;
    use std::sync::Arc;

    fn text(to: &str, n: usize) -> Message {
        Message {
            to: to.into(),
            valid_until: At(i64::MAX),
            status: Status::Dispatching,
            ..testkit::text(&format!("{to} {n}"), PersonId::of(&[&n.to_le_bytes()]), At(0))
        }
    }

    const NOW: At = At(1_795_356_000_000);

    fn count(budget: &Budget, n: usize, now: At) -> bool {
        budget.count("1876555".into(), text("+18765550000", n).id, now)
    }

    #[test]
    fn a_message_is_counted_once_however_often_it_is_tried() {
        let budget = Budget::new(&Clinic::default(), &Rules::shipped(), None);
        assert!((0..500).all(|_| count(&budget, 0, NOW)), "the same one again and again");
        assert!((1..50).all(|n| count(&budget, n, NOW)));
        assert!(!count(&budget, 50, NOW) && count(&budget, 49, NOW), "used up, and what was counted goes on");
    }

    #[test]
    fn both_numbers_of_a_call_by_staff_count() {
        let budget = Budget::new(&Clinic::default(), &Rules::shipped(), None);
        let dial = CallStep::Dial { to: "+18765550000".into() };
        let call = Call { script: vec![dial], voicemail: None, language: "en".into(), ring_s: 30 };
        let call = Message { content: Content::Voice { call }, ..text("+12125550171", 0) };
        assert_eq!(budget.ranges(&call), budget.ranges(&text("+18765550000", 1)));
        assert_eq!((budget.ranges(&call).len(), budget.ranges(&text("+12125550171", 2)).len()), (1, 0));
    }

    fn a_restart_goes_on_with_the_count(location: &store::Location) {
        let start = || {
            let store = Store::open(location, true).unwrap();
            Budget::new(&Clinic::default(), &Rules::shipped(), Some(store))
        };
        let first = start();
        assert!((0..30).all(|n| count(&first, n, NOW)));
        drop(first);
        let second = start();
        assert!((0..50).all(|n| count(&second, n, NOW)), "those of before are not counted twice");
        assert!(!count(&second, 50, NOW));
        drop(second);
        let third = start();
        assert!(!count(&third, 51, NOW) && third.count("1416555".into(), text("", 1).id, NOW), "another range");
        let tomorrow = NOW.plus_ms(DAY_MS);
        assert!(count(&third, 52, tomorrow), "the next day");
        let store = third.store.as_ref().unwrap();
        let rows = store.desk_list(KIND).unwrap();
        assert_eq!(rows.iter().map(|r| r.key.as_str()).collect::<Vec<_>>(), ["1876555"], "what is over is dropped");
    }

    #[test]
    fn a_restart_goes_on_with_the_count_on_sqlite() {
        let file = std::env::temp_dir().join(format!("throughline-budget-{}.db", std::process::id()));
        a_restart_goes_on_with_the_count(&store::Location::Sqlite(file.clone()));
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
    }

    #[test]
    fn a_restart_goes_on_with_the_count_on_postgres() {
        let database = testkit::postgres::database();
        a_restart_goes_on_with_the_count(&store::Location::Postgres { url: database.url(), lanes: 4 });
    }

    #[tokio::test]
    async fn a_range_abroad_has_its_share_of_a_day_over_all_people_and_home_has_no_bound() {
        let (clinic, rules) = (Clinic::default(), Rules::shipped());
        let clock = Clock::scaled(At(1_795_356_000_000), 0.0);
        let phone = Handset::new();
        let providers: Vec<Arc<dyn channels::Provider>> = vec![Arc::new(phone.clone())];
        let dispatcher = Dispatcher::new(providers, None, "Clinic".into(), Links::default(), clock.clone(), 1).unwrap();
        let dispatcher = dispatcher.with_budget(&clinic, &rules, None);
        let send = async |to: String, n: usize| {
            let Sent::Over(items) = dispatcher.send(text(&to, n), Number::Free, None).await else { panic!("it waits") };
            let fact = &items[0].fact;
            (fact.kind.clone(), fact.text("error").map(str::to_owned))
        };
        let accepted = ("message.accepted".to_owned(), None);
        let refused = ("message.failed".to_owned(), Some("destination_budget".to_owned()));
        for n in 0..50 {
            assert_eq!(send(format!("+1876555{n:04}"), n).await, accepted, "{n}");
        }
        assert_eq!(send("+18765559999".into(), 50).await, refused);
        assert_eq!(send("+14165550119".into(), 51).await, accepted, "another range");
        for n in 100..200 {
            assert_eq!(send(format!("+1212555{n:04}"), n).await, accepted);
        }
        clock.advance_to(clock.now().plus_ms(DAY_MS));
        assert_eq!(send("+18765559999".into(), 52).await, accepted, "the next day");
    }
}

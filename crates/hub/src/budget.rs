//! How many messages a day go to one range of numbers abroad: what bounds the cost of pumped traffic.
//!
//! Counted over all people, where messages leave. In memory: a restart begins the day's count anew, so a day with n
//! restarts may have n + 1 budgets.

use model::message::Message;
use model::{At, Channel, MessageId};
use outreach::{Clinic, Rules};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// Ranges of one day that are counted; a day with more is none that a clinic has.
const RANGES_MAX: usize = 10_000;

/// The counts of a day.
#[derive(Debug, Default)]
struct Day {
    date: Option<jiff::civil::Date>,
    sent: BTreeMap<String, BTreeSet<MessageId>>,
}

/// What was sent abroad today.
pub struct Budget {
    clinic: Clinic,
    rules: Rules,
    zone: jiff::tz::TimeZone,
    day: Mutex<Day>,
}

impl Budget {
    /// Nothing was sent yet.
    pub fn new(clinic: &Clinic, rules: &Rules) -> Self {
        let zone = model::time::zone(&clinic.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        Self { clinic: clinic.clone(), rules: rules.clone(), zone, day: Mutex::default() }
    }

    /// Counts a message that is to leave now, once however often it is tried; false when its range has had its share of
    /// the day.
    pub fn take(&self, message: &Message, now: At) -> bool {
        if !matches!(message.channel, Channel::Sms | Channel::Voice | Channel::Voicemail) {
            return true;
        }
        let Some(range) = outreach::range_abroad(&message.to, &self.clinic, &self.rules) else { return true };
        let mut day = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        let today = now.date_in(&self.zone);
        if day.date != Some(today) {
            *day = Day { date: Some(today), sent: BTreeMap::new() };
        }
        if day.sent.len() >= RANGES_MAX && !day.sent.contains_key(&range) {
            return false;
        }
        let sent = day.sent.entry(range).or_default();
        if sent.contains(&message.id) {
            return true;
        }
        let free = sent.len() < outreach::budget_of_a_range(&self.rules);
        if free {
            sent.insert(message.id);
        }
        free
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
    use model::message::Status;
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

    #[test]
    fn a_message_is_counted_once_however_often_it_is_tried() {
        let budget = Budget::new(&Clinic::default(), &Rules::shipped());
        let now = At(1_795_356_000_000);
        let send = |n: usize| budget.take(&text("+18765550000", n), now);
        assert!((0..500).all(|_| send(0)), "the same one again and again");
        assert!((1..50).all(send));
        assert!(!send(50) && send(49), "its share is used up, and what was counted goes on");
    }

    #[tokio::test]
    async fn a_range_abroad_has_its_share_of_a_day_over_all_people_and_home_has_no_bound() {
        let (clinic, rules) = (Clinic::default(), Rules::shipped());
        let clock = Clock::scaled(At(1_795_356_000_000), 0.0);
        let phone = Handset::new();
        let providers: Vec<Arc<dyn channels::Provider>> = vec![Arc::new(phone.clone())];
        let dispatcher = Dispatcher::new(providers, None, "Clinic".into(), Links::default(), clock.clone(), 1).unwrap();
        let dispatcher = dispatcher.with_budget(&clinic, &rules);
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

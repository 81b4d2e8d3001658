//! Times in scenarios: `day 1 09:30`, `+2 hours`, `2026-11-24 09:30`.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use model::At;
use pathway::times;

/// How times are to be written.
pub const HELP: &str = "write `day 1 09:30`, `+2 hours`, or `2026-11-24 09:30`";
/// Days that a scenario may reach from its day 0.
const DAYS_MAX: i32 = 732;

/// The days of one scenario, in the person's zone.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The date of day 0.
    pub day_0: Date,
    /// The zone of its clock times.
    pub zone: TimeZone,
}

impl Calendar {
    /// `day 1`, `09:30`.
    pub fn day(&self, day: i32, minutes: u16) -> Option<At> {
        let date = self.day_0.checked_add(jiff::Span::new().days(day)).ok()?;
        self.date(date, minutes)
    }

    fn date(&self, date: Date, minutes: u16) -> Option<At> {
        let time = Time::new(i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?, 0, 0).ok()?;
        Some(At::of_local(date, time, &self.zone))
    }

    /// A time as written; `before` is what `+2 hours` is counted from.
    pub fn read(&self, text: &str, before: At) -> Option<At> {
        if let Some(span) = text.strip_prefix('+') {
            return Some(before.plus_ms(times::span(span.trim())?));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        self.words(&words).filter(|(_, taken)| *taken == words.len()).map(|(at, _)| at)
    }

    /// A time at the beginning of some words, and how many of them it is.
    pub fn words(&self, words: &[&str]) -> Option<(At, usize)> {
        match words {
            ["day", day, "at", at, ..] => Some((self.day(small(day)?, times::clock(at)?)?, 4)),
            ["day", day, at, ..] => Some((self.day(small(day)?, times::clock(at)?)?, 3)),
            [date, at, ..] => Some((self.date(date.parse().ok()?, times::clock(at)?)?, 2)),
            _ => None,
        }
    }

    /// `day 1 09:30`.
    pub fn write(&self, at: At) -> String {
        let local = self.zone.to_datetime(at.timestamp());
        let day = self.day_0.until(local.date()).map_or(0, |span| span.get_days());
        format!("day {day} {:02}:{:02}", local.hour(), local.minute())
    }
}

fn small(text: &str) -> Option<i32> {
    text.parse().ok().filter(|day: &i32| day.abs() <= DAYS_MAX)
}

/// The beginning of the minute.
pub fn minute(at: At) -> i64 {
    at.0.div_euclid(model::time::MINUTE_MS)
}

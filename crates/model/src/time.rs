//! Points in time, and the local times of people.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. RFC 3339 in JSON, an integer in
/// binary. On the care clock unless said otherwise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct At(pub i64);

/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds in a day of 24 hours.
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl At {
    /// The same point as jiff's type; the ends of jiff's range stand for anything beyond.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }

    /// Milliseconds later (or earlier, when negative); stays inside `i64`.
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The local date in `zone`.
    pub fn date_in(self, zone: &TimeZone) -> Date {
        zone.to_datetime(self.timestamp()).date()
    }

    /// The local time of day in `zone`.
    pub fn time_in(self, zone: &TimeZone) -> Time {
        zone.to_datetime(self.timestamp()).time()
    }

    /// The point at which the clocks of `zone` show `time` on `date`. A time that a clock change
    /// skips is taken just after the gap; one that comes twice is taken the first time
    /// (RFC 5545 section 3.3.5, "compatible").
    pub fn of_local(date: Date, time: Time, zone: &TimeZone) -> Self {
        let stamp = zone.to_ambiguous_zoned(date.to_datetime(time)).compatible();
        Self(stamp.map(|z| z.timestamp().as_millisecond()).unwrap_or(i64::MAX))
    }

    /// The same local time `days` later in `zone`, whatever the clocks did in between.
    pub fn plus_days_in(self, days: i32, zone: &TimeZone) -> Self {
        let date = self.date_in(zone).checked_add(days.days()).unwrap_or(Date::MAX);
        Self::of_local(date, self.time_in(zone), zone)
    }

    /// Reads RFC 3339, or a FHIR `date` (taken as midnight in `zone`).
    pub fn read(text: &str, zone: &TimeZone) -> Option<Self> {
        if let Ok(t) = text.parse::<Timestamp>() {
            return Some(Self(t.as_millisecond()));
        }
        let date: Date = text.parse().ok()?;
        Some(Self::of_local(date, Time::midnight(), zone))
    }
}

/// The zone that `name` (IANA) names, from the data built into the binary.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}
impl fmt::Debug for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i64(self.0) }
    }
}
impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            let text = std::borrow::Cow::<str>::deserialize(d)?;
            let stamp: Timestamp = text.parse().map_err(serde::de::Error::custom)?;
            Ok(Self(stamp.as_millisecond()))
        } else {
            i64::deserialize(d).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    #[test]
    fn a_local_time_keeps_its_clock_across_daylight_saving() {
        let zone = zone("America/New_York").expect("bundled");
        let before = At::of_local(date(2026, 10, 31), time(8, 0, 0, 0), &zone);
        let after = before.plus_days_in(1, &zone);
        assert_eq!(after.time_in(&zone), time(8, 0, 0, 0));
        assert_eq!(after.0 - before.0, DAY_MS + HOUR_MS, "the night of 1 November has 25 hours");
        let skipped = At::of_local(date(2026, 3, 8), time(2, 30, 0, 0), &zone);
        assert_eq!(skipped.time_in(&zone), time(3, 30, 0, 0));
    }
}

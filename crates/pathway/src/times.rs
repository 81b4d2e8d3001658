//! How times and lengths of time are written.

use crate::ast::When;
use model::prompt::Lapse;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// The longest time that may be written: two years of days.
const DAYS_MAX: i64 = 732;

/// `09:00`, `9:00`, `17:30`: minutes after midnight.
pub fn clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    if hour.is_empty() || hour.len() > 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (hour < 24 && minute < 60).then_some(())?;
    u16::try_from(hour * 60 + minute).ok()
}

fn digits(text: &str) -> Option<i64> {
    let all = !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.parse().ok())?
}

/// `30 minutes`, `1 hour`, `5 days`: milliseconds.
pub fn span(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [count, unit] = words[..] else { return None };
    let count = digits(count)?;
    let unit = match unit {
        "minute" | "minutes" => MINUTE_MS,
        "hour" | "hours" => HOUR_MS,
        "day" | "days" => DAY_MS,
        "week" | "weeks" => 7 * DAY_MS,
        _ => return None,
    };
    let ms = count * unit;
    (ms > 0 && ms <= DAYS_MAX * DAY_MS).then_some(ms)
}

/// `8 team hours`, `30 minutes`.
pub fn lapse(text: &str) -> Option<Lapse> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        [count, "team", unit] if unit.starts_with("hour") || unit.starts_with("minute") => {
            Some(Lapse { ms: span(&format!("{count} {unit}"))?, team_hours: true })
        }
        _ => Some(Lapse { ms: span(text)?, team_hours: false }),
    }
}

/// `14 days`, `day 14`: a number of days.
pub fn days(text: &str) -> Option<u16> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let count = match words[..] {
        [count, "day" | "days"] => digits(count)?,
        _ => return None,
    };
    (count <= DAYS_MAX).then_some(())?;
    u16::try_from(count).ok()
}

/// `1 to 14`, `3`: first and last.
pub fn range(text: &str) -> Option<(u16, u16)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (from, to) = match words[..] {
        [one] => (digits(one)?, digits(one)?),
        [from, "to", to] => (digits(from)?, digits(to)?),
        _ => return None,
    };
    (from <= to && to <= DAYS_MAX).then_some(())?;
    Some((u16::try_from(from).ok()?, u16::try_from(to).ok()?))
}

/// What may be written where a point in time is expected.
pub const WHEN_HELP: &str = "write `day 1 at 09:00`, `next day at 17:00`, `in 2 days at 10:00`, `2 hours`, \
     `1 day before visit.start at 10:00`, `at 18:00`, or a field of time";

/// A point in time, see [`When`].
pub fn when(text: &str) -> Option<When> {
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(match words[..] {
        ["day", day, "at", at] => When::Day { day: small(day)?, at: clock(at)? },
        ["next", "day", "at", at] => When::NextDay { days: 1, at: clock(at)? },
        ["in", days, "day" | "days", "at", at] => When::NextDay { days: later(days)?, at: clock(at)? },
        ["at", at] => When::Clock(clock(at)?),
        ["day", "of", field] => When::Around { days: 0, field: path(field)?, at: None },
        ["day", "of", field, "at", at] => When::Around { days: 0, field: path(field)?, at: Some(clock(at)?) },
        [days, "day" | "days", side @ ("before" | "after"), field] => around(days, side, field, None)?,
        [days, "day" | "days", side @ ("before" | "after"), field, "at", at] => {
            around(days, side, field, Some(clock(at)?))?
        }
        [_, _] => When::Span(span(text)?),
        [field] => When::Field(path(field)?),
        _ => return None,
    })
}

fn small(text: &str) -> Option<i32> {
    i32::try_from(digits(text).filter(|d| *d <= DAYS_MAX)?).ok()
}

fn later(text: &str) -> Option<u16> {
    u16::try_from(digits(text).filter(|d| (1..=DAYS_MAX).contains(d))?).ok()
}

fn around(days: &str, side: &str, field: &str, at: Option<u16>) -> Option<When> {
    let days = small(days)?;
    Some(When::Around { days: if side == "before" { -days } else { days }, field: path(field)?, at })
}

/// `visit.start`; fields of time have a dot.
pub fn path(text: &str) -> Option<Vec<String>> {
    let word = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let words: Vec<&str> = text.trim().split('.').collect();
    (words.len() > 1 && words.iter().all(|w| word(w))).then(|| words.into_iter().map(String::from).collect())
}

/// The field that a time is reckoned from, if any.
pub fn field_of(when: &When) -> Option<&[String]> {
    match when {
        When::Around { field, .. } | When::Field(field) => Some(field),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_time() {
        let visit = || vec!["visit".to_string(), "start".to_string()];
        let cases = [
            ("day 1 at 09:00", Some(When::Day { day: 1, at: 540 })),
            ("next day at 17:00", Some(When::NextDay { days: 1, at: 1020 })),
            ("in 2 days at 9:05", Some(When::NextDay { days: 2, at: 545 })),
            ("2 hours", Some(When::Span(2 * HOUR_MS))),
            ("1 week", Some(When::Span(7 * DAY_MS))),
            ("at 18:00", Some(When::Clock(1080))),
            ("visit.start", Some(When::Field(visit()))),
            ("1 day before visit.start at 10:00", Some(When::Around { days: -1, field: visit(), at: Some(600) })),
            ("2 days after visit.start", Some(When::Around { days: 2, field: visit(), at: None })),
            ("day of visit.start at 07:30", Some(When::Around { days: 0, field: visit(), at: Some(450) })),
            ("day 1 at 24:00", None),
            ("day one at 09:00", None),
            ("0 hours", None),
            ("2 hours before visit.start", None),
            ("99999 days", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(when(text), expected, "{text}");
        }
    }

    #[test]
    fn lengths_of_time_count_on_the_wall_or_in_team_hours() {
        assert_eq!(lapse("8 team hours"), Some(Lapse { ms: 8 * HOUR_MS, team_hours: true }));
        assert_eq!(lapse("30 minutes"), Some(Lapse { ms: 30 * MINUTE_MS, team_hours: false }));
        assert_eq!(lapse("2 team days"), None, "a team has hours");
        assert_eq!(range("1 to 14"), Some((1, 14)));
        assert_eq!(range("14 to 1"), None);
    }
}

//! How times and lengths of time are written.

use crate::ast::{Rhythm, When};
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
     `1 day before visit.start at 10:00`, `2 hours before visit.start`, `at 18:00`, `next monday at 09:00`, \
     `next working day at 09:00`, `within 2 hours`, `between 09:00 and 11:00`, or a field of time";

/// A point in time, see [`When`].
pub fn when(text: &str) -> Option<When> {
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(match words[..] {
        ["next", day, "at", at] if weekday(day).is_some() => When::Weekday { weekday: weekday(day)?, at: clock(at)? },
        ["next", "working", "day", "at", at] => When::WorkingDay { days: 1, at: clock(at)? },
        ["in", days, "working", "day" | "days", "at", at] => When::WorkingDay { days: later(days)?, at: clock(at)? },
        ["within", count, unit] => When::Within(span(&format!("{count} {unit}"))?),
        ["between", from, "and", to] => {
            let (from, to) = (clock(from)?, clock(to)?);
            (from < to).then_some(When::Between { from, to })?
        }
        [count, unit @ ("minute" | "minutes" | "hour" | "hours"), side @ ("before" | "after"), field] => {
            let ms = span(&format!("{count} {unit}"))?;
            When::Offset { ms: if side == "before" { -ms } else { ms }, field: path(field)? }
        }
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

/// The days of the week as a pathway names them, Monday first.
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// `monday`: its place in the week, Monday is 0.
pub fn weekday(text: &str) -> Option<u8> {
    WEEKDAYS.iter().position(|day| *day == text).and_then(|n| u8::try_from(n).ok())
}

/// What may be written where a rhythm is expected.
pub const RHYTHM_HELP: &str = "write `daily at 08:00`, `every 2 days at 08:00`, `mondays at 08:00`, or \
     `mondays and thursdays at 08:00`";

/// `daily at 08:00`, `every 2 days at 08:00`, `mondays, wednesdays and fridays at 08:00`: which days, and minutes
/// after midnight.
pub fn rhythm(text: &str) -> Option<(Rhythm, u16)> {
    let (days, at) = text.trim().rsplit_once(" at ")?;
    let words: Vec<&str> = days.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    let rhythm = match words[..] {
        ["daily"] => Rhythm::Days(1),
        ["every", days, "day" | "days"] => Rhythm::Days(later(days)?),
        [first, ..] if first != "and" => {
            let mut set = 0;
            for word in words.iter().filter(|w| **w != "and") {
                set |= 1 << weekday(word.strip_suffix('s')?)?;
            }
            Rhythm::Weekdays(set)
        }
        _ => return None,
    };
    Some((rhythm, clock(at)?))
}

/// `10%`, `2.5%`: a share in thousandths, more than nothing and less than all.
pub fn share(text: &str) -> Option<u16> {
    let number = text.trim().strip_suffix('%')?.trim();
    let (whole, tenth) = number.split_once('.').unwrap_or((number, "0"));
    let tenth = digits(tenth).filter(|_| tenth.len() == 1)?;
    let share = digits(whole)?.checked_mul(10)?.checked_add(tenth)?;
    u16::try_from(share).ok().filter(|share| (1..1000).contains(share))
}

/// The field that a time is reckoned from, if any.
pub fn field_of(when: &When) -> Option<&[String]> {
    match when {
        When::Around { field, .. } | When::Offset { field, .. } | When::Field(field) => Some(field),
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
            ("2 hours before visit.start", Some(When::Offset { ms: -2 * HOUR_MS, field: visit() })),
            ("30 minutes after visit.start", Some(When::Offset { ms: 30 * MINUTE_MS, field: visit() })),
            ("next monday at 09:00", Some(When::Weekday { weekday: 0, at: 540 })),
            ("next sunday at 09:00", Some(When::Weekday { weekday: 6, at: 540 })),
            ("next working day at 09:00", Some(When::WorkingDay { days: 1, at: 540 })),
            ("in 2 working days at 09:00", Some(When::WorkingDay { days: 2, at: 540 })),
            ("within 2 hours", Some(When::Within(2 * HOUR_MS))),
            ("between 09:00 and 11:00", Some(When::Between { from: 540, to: 660 })),
            ("between 11:00 and 09:00", None),
            ("between 09:00 and 09:00", None),
            ("in 0 working days at 09:00", None),
            ("next someday at 09:00", None),
            ("within hours", None),
            ("1 week before visit.start", None),
            ("99999 days", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(when(text), expected, "{text}");
        }
    }

    #[test]
    fn rhythms_and_shares() {
        let cases = [
            ("daily at 08:00", Some((Rhythm::Days(1), 480))),
            ("every 2 days at 8:30", Some((Rhythm::Days(2), 510))),
            ("mondays at 08:00", Some((Rhythm::Weekdays(1), 480))),
            ("mondays and thursdays at 08:00", Some((Rhythm::Weekdays(0b1001), 480))),
            ("mondays, wednesdays and sundays at 08:00", Some((Rhythm::Weekdays(0b100_0101), 480))),
            ("monday at 08:00", None),
            ("and at 08:00", None),
            ("every 0 days at 08:00", None),
            ("daily at 25:00", None),
            ("daily", None),
        ];
        for (text, expected) in cases {
            assert_eq!(rhythm(text), expected, "{text}");
        }
        let shares = [("10%", Some(100)), ("2.5 %", Some(25)), ("0%", None), ("100%", None), ("10", None)];
        for (text, expected) in shares {
            assert_eq!(share(text), expected, "{text}");
        }
    }

    #[test]
    fn rounds_fall_on_the_days_of_their_rhythm() {
        // 2026-11-23, a Monday, is day 20,780.
        assert_eq!(Rhythm::Weekdays(1).next(0, 20_780), 20_780);
        assert_eq!(Rhythm::Weekdays(1).next(0, 20_781), 20_787);
        assert_eq!(Rhythm::Weekdays(0b1001).next(0, 20_781), 20_783);
        assert_eq!(Rhythm::Days(3).next(10, 5), 10);
        assert_eq!(Rhythm::Days(3).next(10, 11), 13);
        assert_eq!(Rhythm::Days(1).next(10, 11), 11);
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

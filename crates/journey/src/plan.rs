//! Points in a person's own time: when a rule is due, from its anchor and the zone as they are now.

use jiff::Span;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use model::{At, Value};
use pathway::Scope;
use pathway::ast::When;

const MINUTES_A_DAY: u16 = 24 * 60;
/// The furthest that a rule is planned from its anchor: a thousand years.
const DAYS_MAX: i32 = 365_250;
/// The first day of a weekend; Monday is 0.
const SATURDAY: i8 = 5;

/// The most working days that are looked for one after the other, and the most holidays in a row between them.
const LOOKED_MAX: u32 = 10_000;

/// What a point in time is reckoned from.
pub struct Clock<'a> {
    /// Day 0.
    pub day_0: At,
    /// When the strand arrived.
    pub since: At,
    /// The person's zone.
    pub zone: &'a TimeZone,
    /// Where fields are found.
    pub scope: &'a dyn Scope,
    /// Days on which nobody works, sorted.
    pub holidays: &'a [Date],
    /// A number by chance, the same for a step of a journey in a round whenever it is asked.
    pub draw: u64,
}

/// When `rule` is due for a strand; `None` while its anchor is unknown.
pub fn plan(rule: &When, on: &Clock<'_>) -> Option<At> {
    let Clock { day_0, since, zone, scope, .. } = *on;
    Some(match rule {
        When::Day { day, at } => local(plus_days(day_0.date_in(zone), *day), *at, zone),
        When::NextDay { days, at } => local(plus_days(since.date_in(zone), i32::from(*days)), *at, zone),
        When::Span(ms) => since.plus_ms(*ms),
        When::Around { days, field, at } => {
            let anchor = time(scope, field)?;
            match at {
                Some(at) => local(plus_days(anchor.date_in(zone), *days), *at, zone),
                None => anchor.plus_days_in((*days).clamp(-DAYS_MAX, DAYS_MAX), zone),
            }
        }
        When::Offset { ms, field } => time(scope, field)?.plus_ms(*ms),
        When::Clock(at) => {
            let today = since.date_in(zone);
            let instant = local(today, *at, zone);
            if instant >= since { instant } else { local(plus_days(today, 1), *at, zone) }
        }
        When::Field(field) => time(scope, field)?,
        When::Weekday { weekday, at } => {
            let tomorrow = plus_days(since.date_in(zone), 1);
            let wanted = i32::from(*weekday) - i32::from(tomorrow.weekday().to_monday_zero_offset());
            local(plus_days(tomorrow, wanted.rem_euclid(7)), *at, zone)
        }
        When::WorkingDay { days, at } => local(working_day(since.date_in(zone), *days, on.holidays), *at, zone),
        // At least a moment later: a loop with this wait in it waits.
        When::Within(ms) => since.plus_ms(1 + below(on.draw, u64::try_from(*ms).unwrap_or(1))),
        When::Between { from, to } => between(on, *from, *to),
    })
}

/// The `days`-th day after `date` that is neither of a weekend nor a holiday.
fn working_day(date: Date, days: u16, holidays: &[Date]) -> Date {
    let (mut date, mut left) = (date, days.max(1));
    for _ in 0..LOOKED_MAX {
        date = plus_days(date, 1);
        let weekend = date.weekday().to_monday_zero_offset() >= SATURDAY;
        if !weekend && holidays.binary_search(&date).is_err() {
            left -= 1;
        }
        if left == 0 {
            break;
        }
    }
    date
}

/// A minute of what is left of the window today, later than now; of tomorrow's when nothing is left. On a day whose
/// clocks are set back a minute that comes twice is taken the first time, so it may be past: then tomorrow, too.
fn between(on: &Clock<'_>, from: u16, to: u16) -> At {
    let (zone, today) = (on.zone, on.since.date_in(on.zone));
    let now = on.since.time_in(zone);
    let minute = u16::try_from(i32::from(now.hour()) * 60 + i32::from(now.minute())).unwrap_or_default();
    let pick = |from: u16| {
        let minutes = u64::from(to.saturating_sub(from)) + 1;
        from.saturating_add(u16::try_from(below(on.draw, minutes)).unwrap_or_default())
    };
    let first = from.max(minute + 1);
    let instant = local(today, pick(first), zone);
    if first <= to && instant > on.since { instant } else { local(plus_days(today, 1), pick(from), zone) }
}

/// A number from 0 on and below `n`.
fn below(draw: u64, n: u64) -> i64 {
    i64::try_from(draw % n.max(1)).unwrap_or_default()
}

fn time(scope: &dyn Scope, field: &[String]) -> Option<At> {
    match scope.get(field) {
        Value::Time(at) => Some(at),
        _ => None,
    }
}

/// The instant of `minutes` after midnight on `date`.
pub fn local(date: Date, minutes: u16, zone: &TimeZone) -> At {
    let minutes = minutes % MINUTES_A_DAY;
    // Both fit: hours are below 24, minutes below 60.
    let time = Time::new((minutes / 60) as i8, (minutes % 60) as i8, 0, 0).unwrap_or_default();
    At::of_local(date, time, zone)
}

/// `days` later; the ends of the calendar stand for anything beyond.
pub fn plus_days(date: Date, days: i32) -> Date {
    let later = Span::new().try_days(days).and_then(|span| date.checked_add(span));
    later.unwrap_or(if days < 0 { Date::MIN } else { Date::MAX })
}

/// Days since 1970-01-01.
pub fn number(date: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(date).map(|span| span.get_days()).unwrap_or_default()
}

/// The date so many days since 1970-01-01.
pub fn date(number: i32) -> Date {
    plus_days(Date::constant(1970, 1, 1), number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::value::Kind;

    struct Nothing;
    impl Scope for Nothing {
        fn get(&self, _: &[String]) -> Value {
            Value::Unknown
        }
        fn items(&self, _: &[String]) -> Vec<String> {
            Vec::new()
        }
        fn bind(&self, _: &str, _: Kind, _: &str) -> Box<dyn Scope + '_> {
            Box::new(Self)
        }
    }

    fn clock(since: At, zone: &TimeZone) -> Clock<'_> {
        Clock { day_0: At(0), since, zone, scope: &Nothing, holidays: &[], draw: 0 }
    }

    #[test]
    fn a_date_survives_being_numbered() {
        for day in [Date::constant(1969, 12, 31), Date::constant(2026, 11, 1), Date::constant(2400, 2, 29)] {
            assert_eq!(date(number(day)), day);
        }
        assert_eq!(date(i32::MAX), Date::MAX);
        assert_eq!(date(i32::MIN), Date::MIN);
    }

    #[test]
    fn a_clock_time_is_today_until_it_is_past() {
        let zone = model::time::zone("America/New_York").expect("bundled");
        let day = Date::constant(2026, 11, 1);
        let at = |date, minutes| local(date, minutes, &zone);
        let due = |since| plan(&When::Clock(18 * 60), &clock(since, &zone));
        assert_eq!(due(at(day, 17 * 60)), Some(at(day, 18 * 60)));
        assert_eq!(due(at(day, 18 * 60)), Some(at(day, 18 * 60)), "now is not past");
        assert_eq!(due(at(day, 18 * 60 + 1)), Some(at(plus_days(day, 1), 18 * 60)));
    }

    #[test]
    fn an_unknown_anchor_plans_nothing() {
        let field = vec!["visit".to_owned(), "start".to_owned()];
        let rule = When::Around { days: -1, field: field.clone(), at: Some(600) };
        let utc = TimeZone::UTC;
        let clock = clock(At(0), &utc);
        assert_eq!(plan(&rule, &clock), None);
        assert_eq!(plan(&When::Offset { ms: -1, field: field.clone() }, &clock), None);
        assert_eq!(plan(&When::Field(field), &clock), None);
    }

    #[test]
    fn weekdays_and_working_days_keep_their_clock_across_daylight_saving_and_holidays() {
        let zone = model::time::zone("America/New_York").expect("bundled");
        let holidays = [Date::constant(2026, 11, 26), Date::constant(2026, 11, 27), Date::constant(2026, 11, 30)];
        let due = |rule: When, date: Date, minutes: u16| {
            let mut clock = clock(local(date, minutes, &zone), &zone);
            clock.holidays = &holidays;
            let at = plan(&rule, &clock).expect("planned");
            (at.date_in(&zone), at.time_in(&zone).to_string())
        };
        let nine = |date: Date| (date, "09:00:00".to_owned());
        let monday = || When::Weekday { weekday: 0, at: 540 };
        let day = |month, day| Date::constant(2026, month, day);
        assert_eq!(due(monday(), day(10, 31), 720), nine(day(11, 2)), "over the night of 25 hours");
        assert_eq!(due(monday(), day(11, 2), 480), nine(day(11, 9)), "after today, though it is a Monday");
        assert_eq!(due(monday(), day(11, 8), 480), nine(day(11, 9)));
        let working = |days| When::WorkingDay { days, at: 540 };
        assert_eq!(due(working(1), day(10, 30), 720), nine(day(11, 2)), "over a weekend");
        assert_eq!(due(working(1), day(11, 25), 720), nine(day(12, 1)), "over holidays and a weekend");
        assert_eq!(due(working(2), day(11, 24), 720), nine(day(12, 1)));
    }

    #[test]
    fn a_time_by_chance_is_in_its_window_and_later_than_now() {
        let zone = model::time::zone("America/New_York").expect("bundled");
        // A day of 23 hours, one of 25, and one of 24.
        for day in [Date::constant(2027, 3, 14), Date::constant(2026, 11, 1), Date::constant(2026, 11, 20)] {
            for (minutes, draw) in (0..1440).step_by(7).flat_map(|m| [0, 17, 59, 121, u64::MAX].map(|d| (m, d))) {
                let since = local(day, minutes, &zone);
                let mut clock = clock(since, &zone);
                clock.draw = draw;
                let at = plan(&When::Between { from: 540, to: 660 }, &clock).expect("planned");
                let shown = at.time_in(&zone);
                let minute = i32::from(shown.hour()) * 60 + i32::from(shown.minute());
                assert!(at > since && (540..=660).contains(&minute), "{day} {minutes} {draw}: {at}");
                let expected = if minutes < 660 { day } else { plus_days(day, 1) };
                assert_eq!(at.date_in(&zone), expected, "{minutes}");
                let night = plan(&When::Between { from: 60, to: 150 }, &clock).expect("planned");
                assert!(night > since && night.0 - since.0 <= 26 * model::time::HOUR_MS);
                let within = plan(&When::Within(7_200_000), &clock).expect("planned");
                assert!(within > since && within <= since.plus_ms(7_200_000), "{draw}");
            }
        }
    }
}

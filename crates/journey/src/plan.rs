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

/// When `rule` is due for a strand that arrived at `since`; `None` while its anchor is unknown.
pub fn plan(rule: &When, day_0: At, since: At, zone: &TimeZone, scope: &dyn Scope) -> Option<At> {
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
        When::Clock(at) => {
            let today = since.date_in(zone);
            let instant = local(today, *at, zone);
            if instant >= since { instant } else { local(plus_days(today, 1), *at, zone) }
        }
        When::Field(field) => time(scope, field)?,
        // FLOW
        When::Weekday { .. } | When::WorkingDay { .. } | When::Within(_) | When::Between { .. } => return None,
    })
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
        let due = |since| plan(&When::Clock(18 * 60), At(0), since, &zone, &Nothing);
        assert_eq!(due(at(day, 17 * 60)), Some(at(day, 18 * 60)));
        assert_eq!(due(at(day, 18 * 60)), Some(at(day, 18 * 60)), "now is not past");
        assert_eq!(due(at(day, 18 * 60 + 1)), Some(at(plus_days(day, 1), 18 * 60)));
    }

    #[test]
    fn an_unknown_anchor_plans_nothing() {
        let field = vec!["visit".to_owned(), "start".to_owned()];
        let rule = When::Around { days: -1, field: field.clone(), at: Some(600) };
        assert_eq!(plan(&rule, At(0), At(0), &TimeZone::UTC, &Nothing), None);
        assert_eq!(plan(&When::Field(field), At(0), At(0), &TimeZone::UTC, &Nothing), None);
    }
}

//! Reads `rules/holidays.yaml`: rules of the year, worked out once into dates.

use super::yaml::{Node, Result};
use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

/// The years that rules are worked out for, first and last.
const YEARS: (i16, i16) = (2000, 2100);
/// The most days that may be named in a year, and the most single ones.
const DAYS_MAX: usize = 100;
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const PLACES: [(&str, i8); 5] = [("first", 1), ("second", 2), ("third", 3), ("fourth", 4), ("last", -1)];

/// A day of every year.
enum Rule {
    /// Month and day.
    On(i8, i8),
    /// `third monday of january`: which, from 1 (-1: the last), of which day of the week in which month.
    Nth(i8, Weekday, i8),
}

/// All days of the file, sorted, each once.
pub(super) fn read(node: &Node) -> Result<Vec<Date>> {
    node.only(&["citation", "moved", "days", "also"])?;
    node.need("citation")?.text()?;
    let moved = node.need("moved")?;
    let moved = match moved.text()? {
        "true" => true,
        "false" => false,
        _ => return moved.wrong("`true` or `false` is expected here"),
    };
    let mut days = Vec::new();
    let rules = node.need("days")?.entries()?;
    if rules.len() > DAYS_MAX {
        return node.wrong(format_args!("at most {DAYS_MAX} days are expected here"));
    }
    for (_, _, value) in rules {
        let Some(rule) = rule(value.text()?) else {
            return value.wrong("`july 4` or `last monday of may` is expected here");
        };
        days.extend((YEARS.0..=YEARS.1).filter_map(|year| rule.in_year(year)).map(|d| if moved { kept(d) } else { d }));
    }
    for value in node.need("also")?.list()?.iter().take(DAYS_MAX) {
        match value.text()?.parse() {
            Ok(date) => days.push(date),
            Err(_) => return value.wrong("a date, as 2026-11-27, is expected here"),
        }
    }
    days.sort();
    days.dedup();
    Ok(days)
}

fn rule(text: &str) -> Option<Rule> {
    let place = |list: &[&str], name: &str| list.iter().position(|n| *n == name).and_then(|n| i8::try_from(n).ok());
    let month = |name: &str| place(&MONTHS, name).map(|n| n + 1);
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        [name, day] => Some(Rule::On(month(name)?, day.parse().ok().filter(|d| (1..=31).contains(d))?)),
        [nth, day, "of", name] => {
            let nth = PLACES.iter().find(|(n, _)| *n == nth)?.1;
            let day = place(&WEEKDAYS, day)?;
            Some(Rule::Nth(nth, Weekday::from_monday_zero_offset(day).ok()?, month(name)?))
        }
        _ => None,
    }
}

impl Rule {
    fn in_year(&self, year: i16) -> Option<Date> {
        match *self {
            Self::On(month, day) => Date::new(year, month, day).ok(),
            Self::Nth(nth, weekday, month) => {
                Date::new(year, month, 1).and_then(|first| first.nth_weekday_of_month(nth, weekday)).ok()
            }
        }
    }
}

/// The day on which a holiday is kept.
fn kept(date: Date) -> Date {
    let by: Span = match date.weekday() {
        Weekday::Saturday => (-1).days(),
        Weekday::Sunday => 1.days(),
        _ => 0.days(),
    };
    date.checked_add(by).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::super::Rules;
    use super::*;

    #[test]
    fn the_federal_holidays_are_kept_on_the_days_that_they_are_kept_on() {
        let rules = Rules::shipped();
        let of = |year: i16| {
            let days = rules.holidays().iter().filter(|d| d.year() == year);
            days.map(|d| format!("{:02}-{:02}", d.month(), d.day())).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(2026), "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25");
        assert_eq!(of(2027), "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31");
        assert_eq!(of(2028), "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25");
        assert_eq!(of(2029), "01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25");
        assert!(rules.holidays().is_sorted());
    }

    #[test]
    fn a_mistake_names_its_place() {
        let told = |text: &str| match Node::read("rules/holidays.yaml", text).and_then(|node| read(&node)) {
            Ok(days) => format!("{} days", days.len()),
            Err(e) => e,
        };
        let with = |days: &str, also: &str| told(&format!("citation: x\nmoved: false\ndays: {days}\nalso: {also}"));
        assert!(with("{ a: smarch 1 }", "[]").starts_with("rules/holidays.yaml:3:12: `july 4`"));
        assert!(with("{ a: fifth monday of may }", "[]").contains("is expected here"));
        assert!(with("{ a: july 4 }", "[soon]").starts_with("rules/holidays.yaml:4:8: a date"));
        assert_eq!(with("{ a: february 29 }", "[2026-11-27]"), "26 days", "of leap years only");
        assert!(told("citation: x\nmoved: often\ndays: {}\nalso: []").contains("`true` or `false`"));
    }
}

//! Deadlines in a team's hours.

use model::At;
use model::prompt::{Lapse, Team};
use model::time::zone;

/// A deadline further than this many days of a team's calendar is taken as that day.
const DAYS_MAX: i32 = 400;
/// Minutes of a day on the clock.
const DAY_MINUTES: u16 = 24 * 60;

/// The point at which `lapse` has gone by since `from`, counted in `team`'s hours when it says so.
/// A team without hours (or one that is not known) is at work at all times.
pub fn after(from: At, lapse: Lapse, team: Option<&Team>) -> At {
    let Some(team) = team.filter(|t| lapse.team_hours && !t.hours.is_empty()) else {
        return from.plus_ms(lapse.ms);
    };
    let Some(zone) = zone(&team.zone) else { return from.plus_ms(lapse.ms) };
    let mut left = lapse.ms;
    let today = from.date_in(&zone);
    for ahead in 0..DAYS_MAX {
        let Ok(date) = today.checked_add(jiff::Span::new().days(ahead)) else { break };
        let weekday = date.weekday().to_monday_zero_offset().unsigned_abs();
        for (_, opens, closes) in team.hours.iter().filter(|(day, _, _)| *day == weekday) {
            let opens = local(date, *opens, &zone).max(from);
            let closes = local(date, *closes, &zone);
            let open_ms = closes.0 - opens.0;
            if open_ms <= 0 {
                continue;
            }
            if left <= open_ms {
                return opens.plus_ms(left);
            }
            left -= open_ms;
        }
    }
    from.plus_ms(i64::from(DAYS_MAX) * model::time::DAY_MS)
}

/// Whether the team is at work.
pub fn at_work(now: At, team: &Team) -> bool {
    let Some(zone) = zone(&team.zone) else { return true };
    if team.hours.is_empty() {
        return true;
    }
    let date = now.date_in(&zone);
    let weekday = date.weekday().to_monday_zero_offset().unsigned_abs();
    team.hours
        .iter()
        .filter(|(day, _, _)| *day == weekday)
        .any(|(_, opens, closes)| local(date, *opens, &zone) <= now && now < local(date, *closes, &zone))
}

/// When a team that is at work goes home; `None` for one that always is, or is not at work.
pub fn closes(now: At, team: &Team) -> Option<At> {
    let zone = zone(&team.zone)?;
    let date = now.date_in(&zone);
    let weekday = date.weekday().to_monday_zero_offset().unsigned_abs();
    let mut today = team.hours.iter().filter(|(day, _, _)| *day == weekday);
    let open = today.find(|(_, opens, closes)| local(date, *opens, &zone) <= now && now < local(date, *closes, &zone));
    open.map(|(_, _, closes)| local(date, *closes, &zone))
}

/// The point at which a shift that is written as `minutes` after midnight begins or ends on `date`.
pub fn local(date: jiff::civil::Date, minutes: u16, zone: &jiff::tz::TimeZone) -> At {
    // 24:00 is the next day's midnight, also on a day of 23 or 25 hours.
    let next = date.checked_add(jiff::Span::new().days(i64::from(minutes / DAY_MINUTES))).unwrap_or(date);
    let minutes = minutes % DAY_MINUTES;
    let time = i8::try_from(minutes / 60).ok().zip(i8::try_from(minutes % 60).ok());
    let time = time.map_or_else(jiff::civil::Time::midnight, |(hour, minute)| jiff::civil::time(hour, minute, 0, 0));
    At::of_local(next, time, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekdays_9_to_17() -> Team {
        Team {
            name: "nurses".into(),
            title: String::new(),
            site: String::new(),
            zone: "America/New_York".into(),
            hours: (0..5).map(|day| (day, 9 * 60, 17 * 60)).collect(),
            phone: String::new(),
            notify: Vec::new(),
        }
    }

    fn at(text: &str) -> At {
        At(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond())
    }

    #[test]
    fn team_hours_pass_over_nights_and_weekends() {
        let hour = 3_600_000;
        let lapse = |h: i64| Lapse { ms: h * hour, team_hours: true };
        let team = weekdays_9_to_17();
        // Friday 2026-11-20 15:00 in New York; 4 team hours later is Monday 11:00.
        assert_eq!(after(at("2026-11-20T20:00:00Z"), lapse(4), Some(&team)), at("2026-11-23T16:00:00Z"));
        // Before opening counts from opening.
        assert_eq!(after(at("2026-11-23T11:00:00Z"), lapse(8), Some(&team)), at("2026-11-23T22:00:00Z"));
        // A team without hours, and wall time, count straight on.
        assert_eq!(
            after(at("2026-11-20T20:00:00Z"), Lapse { ms: hour, team_hours: false }, Some(&team)),
            at("2026-11-20T21:00:00Z")
        );
        // A shift until 24:00 ends at midnight, also when the clock goes back that day.
        let late = Team { hours: vec![(6, 12 * 60, 24 * 60)], ..team.clone() };
        assert!(at_work(at("2026-11-02T04:30:00Z"), &late), "23:30 on the day of 25 hours");
        assert!(!at_work(at("2027-03-15T04:30:00Z"), &late), "00:30 after the day of 23 hours");
        assert!(at_work(at("2026-11-20T20:00:00Z"), &team));
        assert!(!at_work(at("2026-11-21T20:00:00Z"), &team));
    }
}

//! Who is on duty, minute by minute: weeks as they usually are, those in which a clock changes, and holidays.
//!
//! Invariants: a deadline in team hours falls where `turn::hours::after` puts it (a test compares them); on a holiday the
//! hours count, as they do in a turn, but a team that has hours is not there.

use crate::Given;
use crate::graph::{DAY, WEEK};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use model::At;
use model::prompt::{Escalation, Lapse, Team};
use model::time::{MINUTE_MS, zone};
use pathway::ast::PromptStep;

/// Days after the last opening of a stretch that are looked at: who is reached later is as good as nobody.
const TAIL_DAYS: i32 = 10;
/// Days ahead in which changes of the clock and holidays are looked for.
const AHEAD_DAYS: i32 = 400;
/// Stretches that are looked at: the usual week, changes of the clock, holidays.
const STRETCHES_MAX: usize = 40;
/// A shift must last so many minutes more for its team to take something on.
const STAY: u32 = 5;
/// The most escalations that a prompt is followed through.
const CHAIN_MAX: usize = 64;
/// No minute: beyond what is looked at.
const NEVER: u32 = u32::MAX;

/// Everyone's duty in every stretch of days that matters.
pub struct Roster {
    pub(crate) stretches: Vec<Stretch>,
    zone: TimeZone,
}

/// Some days on end.
pub(crate) struct Stretch {
    /// `in a usual week`, `when the clock changes on 2026-11-01`.
    pub what: String,
    start: At,
    /// Minutes of it in which things are opened; those after are the tail.
    pub opens: usize,
    /// Minute of the person's own week for each minute.
    week: Vec<u16>,
    teams: Vec<Duty>,
}

/// One team in a stretch.
struct Duty {
    name: String,
    /// At work at all hours.
    always: bool,
    /// Minutes of its hours before each minute.
    hours: Vec<u32>,
    /// The next minute from each on at which it is there to stay a little.
    there: Vec<u32>,
}

/// What becomes of a prompt that nobody acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Walk {
    pub opened: usize,
    /// When somebody on duty has it first; `None`: not in the time that is looked at.
    pub reached: Option<usize>,
    /// Who had it from when on, and who is there from when on.
    pub held: Vec<(usize, String, Option<usize>)>,
}

impl Roster {
    /// For these teams, from today on.
    pub fn of(given: &Given<'_>) -> Self {
        let own = zone(given.zone).unwrap_or(TimeZone::UTC);
        let mut zones = vec![own.clone()];
        zones.extend(given.teams.iter().filter_map(|t| zone(&t.zone)));
        zones.dedup();
        let holidays: Vec<Date> = given.holidays.to_vec();
        let day = |ahead: i32| given.today.checked_add(Span::new().days(ahead)).unwrap_or(given.today);
        let changes: Vec<Date> =
            (0..AHEAD_DAYS).map(day).filter(|date| zones.iter().any(|zone| changes(*date, zone))).collect();
        let odd = |date: Date| changes.contains(&date) || holidays.contains(&date);
        let usual = |date: &Date| date.weekday() == Weekday::Monday && (0..14).all(|n| !odd(plus(*date, n)));
        let first = (0..AHEAD_DAYS).map(day).find(usual);
        let first = first.unwrap_or_else(|| (0..7).map(day).find(|d| d.weekday() == Weekday::Monday).unwrap_or(day(0)));
        let mut this = Self { stretches: Vec::new(), zone: own };
        this.add("in a usual week".into(), first, 7, given, &holidays);
        for date in &changes {
            this.add(format!("when the clock changes on {date}"), plus(*date, -2), 4, given, &holidays);
        }
        let mut until = day(-1);
        for date in holidays.iter().filter(|d| **d >= given.today && **d <= day(AHEAD_DAYS)) {
            if *date > until {
                this.add(format!("around the holiday of {date}"), plus(*date, -2), 6, given, &holidays);
                until = plus(*date, 2);
            }
        }
        this
    }

    fn add(&mut self, what: String, from: Date, days: i32, given: &Given<'_>, holidays: &[Date]) {
        if self.stretches.len() < STRETCHES_MAX {
            self.stretches.push(Stretch::of(what, (from, days), given, holidays, &self.zone));
        }
    }

    /// A minute in words, on the clinic's clock: `Saturday 02:00`.
    pub(crate) fn words(&self, stretch: &Stretch, minute: usize) -> String {
        let at = stretch.at(minute);
        let (date, time) = (at.date_in(&self.zone), at.time_in(&self.zone));
        let day = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        format!("{} {:02}:{:02}", day.get(weekday).unwrap_or(&""), time.hour(), time.minute())
    }
}

fn plus(date: Date, days: i32) -> Date {
    date.checked_add(Span::new().days(days)).unwrap_or(date)
}

fn changes(date: Date, zone: &TimeZone) -> bool {
    let midnight = |date: Date| At::of_local(date, jiff::civil::Time::midnight(), zone).0;
    let next = date.checked_add(1.day()).unwrap_or(date);
    midnight(next) - midnight(date) != model::time::DAY_MS
}

impl Stretch {
    fn of(what: String, (from, days): (Date, i32), given: &Given<'_>, holidays: &[Date], own: &TimeZone) -> Self {
        let start = At::of_local(from, jiff::civil::Time::midnight(), own);
        let opens = usize::try_from(days).unwrap_or(0) * DAY;
        let length = opens + usize::try_from(TAIL_DAYS).unwrap_or(0) * DAY;
        let teams = given.teams.iter().map(|t| Duty::of(t, start, length, holidays)).collect();
        Self { what, start, opens, week: week(start, length, own), teams }
    }

    pub(crate) fn at(&self, minute: usize) -> At {
        self.start.plus_ms(i64::try_from(minute).unwrap_or(0) * MINUTE_MS)
    }

    /// The minute of the person's week.
    pub(crate) fn week(&self, minute: usize) -> u16 {
        self.week.get(minute).copied().unwrap_or(0)
    }

    fn duty(&self, team: &str) -> Option<&Duty> {
        self.teams.iter().find(|d| d.name == team)
    }

    /// The minute at which `lapse` is over, as [`turn::hours::after`] counts it.
    pub(crate) fn after(&self, from: usize, lapse: Lapse, team: &str) -> Option<usize> {
        let minutes = usize::try_from((lapse.ms + MINUTE_MS - 1) / MINUTE_MS).ok()?;
        let Some(duty) = self.duty(team).filter(|d| lapse.team_hours && !d.always) else { return Some(from + minutes) };
        let gone = *duty.hours.get(from)?;
        let need = gone.checked_add(u32::try_from(minutes).ok()?)?;
        let over = duty.hours.partition_point(|h| *h < need);
        (over < duty.hours.len()).then_some(over)
    }

    /// The first minute from `from` on at which the team is there.
    pub(crate) fn there(&self, team: &str, from: usize) -> Option<usize> {
        let duty = self.duty(team)?;
        if duty.always {
            return Some(from);
        }
        duty.there.get(from).copied().filter(|m| *m != NEVER).and_then(|m| usize::try_from(m).ok())
    }

    /// Follows a prompt that nobody acts on until somebody on duty has it.
    pub(crate) fn walk(&self, opened: usize, asked: &Asked<'_>) -> Walk {
        let mut walk = Walk { opened, reached: None, held: Vec::new() };
        let due = self.after(opened, asked.due, asked.to);
        // An urgent prompt without a chain is put to its own team again: it stays with them.
        let mut holder = asked.to;
        let mut since = opened;
        let mut next = due.zip(asked.chain.first()).and_then(|(due, e)| self.after(due, e.after, holder));
        for n in 0..=asked.chain.len().min(CHAIN_MAX) {
            let there = self.there(holder, since);
            walk.held.push((since, holder.to_owned(), there));
            let until = asked.chain.get(n).and(next);
            if let Some(there) = there.filter(|at| until.is_none_or(|until| *at < until)) {
                walk.reached = Some(there);
                return walk;
            }
            let (Some(until), Some(step)) = (until, asked.chain.get(n)) else { return walk };
            (holder, since) = (&step.to, until);
            next = asked.chain.get(n + 1).and_then(|e| self.after(since, e.after, holder));
        }
        walk
    }
}

/// What is asked of whom: a prompt, without its words.
pub(crate) struct Asked<'a> {
    pub to: &'a str,
    pub due: Lapse,
    pub chain: &'a [Escalation],
}

impl<'a> Asked<'a> {
    pub(crate) fn of(prompt: &'a PromptStep) -> Self {
        Self { to: &prompt.to, due: prompt.due, chain: &prompt.overdue }
    }
}

/// The minute of the week for each minute; a clock changes at a quarter of an hour or less often.
fn week(start: At, length: usize, own: &TimeZone) -> Vec<u16> {
    const QUARTER: usize = 15;
    let mut out = Vec::with_capacity(length);
    for quarter in 0..length.div_ceil(QUARTER) {
        let at = start.plus_ms(i64::try_from(quarter * QUARTER).unwrap_or(0) * MINUTE_MS);
        let (date, time) = (at.date_in(own), at.time_in(own));
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        let minute = usize::from(time.hour().unsigned_abs()) * 60 + usize::from(time.minute().unsigned_abs());
        out.extend((0..QUARTER).map(|n| u16::try_from((weekday * DAY + minute + n) % WEEK).unwrap_or(0)));
    }
    out.truncate(length);
    out
}

impl Duty {
    fn of(team: &Team, start: At, length: usize, holidays: &[Date]) -> Self {
        let zone = zone(&team.zone);
        // `turn::hours` takes a team without hours, and one whose zone is not known, as there at all times.
        let Some(zone) = zone.filter(|_| !team.hours.is_empty()) else {
            return Self { name: team.name.clone(), always: true, hours: Vec::new(), there: Vec::new() };
        };
        let mut counts = vec![false; length];
        let mut present = vec![false; length];
        let first = plus(start.date_in(&zone), -1);
        for n in 0..=i32::try_from(length / DAY).unwrap_or(0) + 2 {
            let date = plus(first, n);
            let weekday = date.weekday().to_monday_zero_offset().unsigned_abs();
            for (_, opens, closes) in team.hours.iter().filter(|(day, _, _)| *day == weekday) {
                let minute = |at: At| usize::try_from((at.0 - start.0).max(0) / MINUTE_MS).unwrap_or(0).min(length);
                let opens = minute(turn::hours::local(date, *opens, &zone));
                let closes = minute(turn::hours::local(date, *closes, &zone));
                if opens < closes {
                    counts[opens..closes].fill(true);
                    present[opens..closes].fill(!holidays.contains(&date));
                }
            }
        }
        let mut hours = Vec::with_capacity(length + 1);
        let mut sum = 0;
        hours.push(0);
        for minute in &counts {
            sum += u32::from(*minute);
            hours.push(sum);
        }
        Self { name: team.name.clone(), always: false, hours, there: next_there(&present) }
    }
}

/// For each minute the next one at which a stay of [`STAY`] minutes begins.
fn next_there(present: &[bool]) -> Vec<u32> {
    let mut out = vec![NEVER; present.len()];
    let (mut run, mut next) = (0, NEVER);
    for minute in (0..present.len()).rev() {
        run = if present[minute] { run + 1 } else { 0 };
        if run >= STAY {
            next = u32::try_from(minute).unwrap_or(NEVER);
        }
        out[minute] = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::prompt::PromptStatus;
    use outreach::Rules;

    fn team(name: &str, zone: &str, hours: Vec<(u8, u16, u16)>) -> Team {
        let (title, site, phone) = (String::new(), String::new(), String::new());
        Team { name: name.into(), title, site, zone: zone.into(), hours, phone, notify: Vec::new() }
    }

    fn teams() -> Vec<Team> {
        vec![
            team("days", "America/New_York", (0..5).map(|d| (d, 8 * 60, 18 * 60)).collect()),
            team("nights", "America/Chicago", (0..7).flat_map(|d| [(d, 0, 90), (d, 20 * 60, 24 * 60)]).collect()),
            team("duty", "America/New_York", Vec::new()),
        ]
    }

    #[test]
    fn deadlines_fall_where_a_turn_puts_them_in_every_stretch() {
        let (teams, rules) = (teams(), Rules::shipped());
        let given = Given::new(&teams, &rules, "America/New_York", jiff::civil::date(2026, 9, 1));
        let roster = Roster::of(&given);
        assert_eq!(roster.stretches.len(), 3, "a usual week, and two changes of the clock");
        let mut compared = 0;
        for stretch in &roster.stretches {
            for team in &teams {
                for from in (0..stretch.opens).step_by(97) {
                    for minutes in [1, 10, 59, 240, 700] {
                        let lapse = Lapse { ms: minutes * MINUTE_MS, team_hours: true };
                        let turns = turn::hours::after(stretch.at(from), lapse, Some(team));
                        let ours = stretch.after(from, lapse, &team.name).map(|m| stretch.at(m));
                        assert_eq!(ours, Some(turns), "{} {} {minutes}", stretch.what, team.name);
                        compared += 1;
                    }
                    let at_work = turn::hours::at_work(stretch.at(from), team);
                    let there = stretch.there(&team.name, from) == Some(from);
                    let leaves = !turn::hours::at_work(stretch.at(from + 4), team);
                    assert!(at_work == there || at_work && leaves, "{} {}", team.name, stretch.at(from));
                }
            }
        }
        assert!(compared > 3_000, "{compared}");
    }

    #[test]
    fn a_prompt_goes_from_team_to_team_as_in_a_turn() {
        let (teams, rules) = (teams(), Rules::shipped());
        let given = Given::new(&teams, &rules, "America/New_York", jiff::civil::date(2026, 9, 1));
        let roster = Roster::of(&given);
        let lapse = |minutes, team_hours| Lapse { ms: minutes * MINUTE_MS, team_hours };
        let chain = [
            Escalation { to: "nights".into(), after: lapse(30, true) },
            Escalation { to: "duty".into(), after: lapse(45, false) },
        ];
        let ask = outreach::Ask {
            reach: model::EffectId::default(),
            journey: None,
            team: "days".into(),
            code: "flag".into(),
            title: String::new(),
            reason: String::new(),
            urgent: true,
            cause: None,
        };
        for stretch in &roster.stretches {
            for opened in (0..stretch.opens).step_by(131) {
                let asked = Asked { to: "days", due: lapse(20, false), chain: &chain };
                let walk = stretch.walk(opened, &asked);
                let whose = turn::prompts::For { person: model::PersonId::default(), journey: None, site: "" };
                let mut prompt = turn::prompts::stand_in(&ask, &whose, &teams, stretch.at(opened));
                prompt.escalations = chain.to_vec();
                let due = turn::hours::after(stretch.at(opened), asked.due, Some(&teams[0]));
                prompt.escalates_at = Some(turn::hours::after(due, chain[0].after, Some(&teams[0])));
                for (since, holder, _) in walk.held.iter().skip(1) {
                    assert_eq!(prompt.status, PromptStatus::Open);
                    let at = prompt.escalates_at.expect("it goes on");
                    let (_, to) = turn::prompts::escalate(&mut prompt, &teams, at).expect("it is time");
                    assert_eq!((stretch.at(*since), holder), (at, &to), "opened {}", stretch.at(opened));
                }
            }
        }
    }

    #[test]
    fn on_a_holiday_who_has_hours_is_not_there() {
        let (teams, rules) = (teams(), Rules::shipped());
        let mut given = Given::new(&teams, &rules, "America/New_York", jiff::civil::date(2026, 9, 1));
        let christmas = [jiff::civil::date(2026, 12, 25)];
        given.holidays = &christmas;
        let roster = Roster::of(&given);
        let stretch = roster.stretches.last().expect("the holiday");
        assert!(stretch.what.contains("2026-12-25"));
        let noon = 2 * DAY + 12 * 60;
        let back = stretch.there("days", noon).expect("after it");
        assert_eq!(roster.words(stretch, back), "Monday 08:00", "a Friday, then the weekend");
        assert_eq!(stretch.there("duty", noon), Some(noon));
    }
}

//! A team's prompts against its capacity: one line to wait in, urgent ones first, hour by hour.

use super::tally::{Key, Tally};
use model::At;
use model::prompt::Team;
use model::time::HOUR_MS;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Hours until which a backlog is worked off; what is left then is counted as not done.
const HOURS_MAX: i32 = 24 * 90;
/// Parts of a prompt that work is counted in, so that everything is a whole number.
const PARTS: u64 = 1_000;

/// What a team is asked and can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TeamLoad {
    /// `surgical_nurses`.
    pub team: String,
    /// Prompts that it was asked to do.
    pub asked: u64,
    /// Prompts that it can do in an hour at work.
    pub per_hour: u64,
    /// Each hour in which something was asked or waited, from the first midnight.
    pub hours: Vec<Hour>,
    /// Minutes until a prompt is begun with, on the wall: on average, and of nine of ten.
    pub waits_minutes: u64,
    /// Nine of ten wait no longer, minutes.
    pub waits_p90_minutes: u64,
    /// Prompts that were begun with after they were due, or not at all.
    pub overdue: u64,
    /// Prompts that were never begun with.
    pub not_done: u64,
    /// The most that waited at the end of an hour.
    pub waiting_max: u64,
    /// Where its capacity is from.
    pub source: String,
}

/// One hour of a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hour {
    /// From the first midnight.
    pub hour: i32,
    /// Prompts that came.
    pub came: u64,
    /// Prompts that can be done: 0 when nobody is at work.
    pub can: u64,
    /// Prompts that wait at its end.
    pub waiting: u64,
}

/// What comes in an hour: the hour in which it is due, whether it is urgent, parts.
type Coming = Vec<(i32, bool, u64)>;

/// Works off what came to one team.
pub fn load(tally: &Tally, team: &Team, start: At, per_hour_parts: u64, source: &str) -> TeamLoad {
    let mut came: BTreeMap<i32, Coming> = BTreeMap::new();
    for (key, many) in tally.iter() {
        if let Key::Arrival { team: of, hour, due, urgent } = key
            && *of == team.name
        {
            came.entry((*hour).max(0)).or_default().push((*due, *urgent, many * PARTS));
        }
    }
    let asked: u64 = came.values().flatten().map(|(_, _, parts)| parts / PARTS).sum();
    let last = came.keys().last().copied().unwrap_or(0);
    let mut line: [VecDeque<(i32, i32, u64)>; 2] = [VecDeque::new(), VecDeque::new()];
    let (mut waited, mut overdue, mut waiting_max) = (BTreeMap::<i32, u64>::new(), 0, 0);
    let mut hours = Vec::new();
    for hour in 0..HOURS_MAX {
        let new = came.remove(&hour).unwrap_or_default();
        let sum = new.iter().map(|(_, _, parts)| parts).sum::<u64>();
        for (due, urgent, parts) in new {
            line[usize::from(!urgent)].push_back((hour, due, parts));
        }
        let at_work = turn::hours::at_work(start.plus_ms(i64::from(hour) * HOUR_MS), team);
        let can = if at_work { per_hour_parts } else { 0 };
        overdue += work(&mut line, hour, can, &mut waited);
        let waiting: u64 = line.iter().flatten().map(|(_, _, parts)| parts).sum();
        waiting_max = waiting_max.max(waiting);
        if hour > last && waiting == 0 {
            break;
        }
        hours.push(Hour { hour, came: sum / PARTS, can: can / PARTS, waiting: waiting / PARTS });
    }
    let left: u64 = line.iter().flatten().map(|(_, _, parts)| parts).sum();
    let done: u64 = waited.values().sum();
    let minutes: u64 = waited.iter().map(|(hours, parts)| u64::try_from(*hours).unwrap_or(0) * 60 * parts).sum();
    let mut so_far = 0;
    let p90 = waited.iter().find(|(_, parts)| {
        so_far += **parts;
        so_far * 10 >= done * 9
    });
    TeamLoad {
        team: team.name.clone(),
        asked,
        per_hour: per_hour_parts / PARTS,
        hours,
        waits_minutes: minutes / done.max(1),
        waits_p90_minutes: p90.map_or(0, |(hours, _)| u64::try_from(*hours).unwrap_or(0) * 60),
        overdue: (overdue + left) / PARTS,
        not_done: left / PARTS,
        waiting_max: waiting_max / PARTS,
        source: source.to_owned(),
    }
}

/// Does what can be done in an hour; the parts of it that were overdue.
fn work(line: &mut [VecDeque<(i32, i32, u64)>; 2], hour: i32, can: u64, waited: &mut BTreeMap<i32, u64>) -> u64 {
    let (mut left, mut overdue) = (can, 0);
    for queue in line {
        while let Some((came, due, parts)) = queue.front_mut() {
            let now = left.min(*parts);
            if now == 0 {
                break;
            }
            *waited.entry(hour - *came).or_default() += now;
            overdue += if hour > *due { now } else { 0 };
            *parts -= now;
            left -= now;
            if *parts == 0 {
                queue.pop_front();
            }
        }
    }
    overdue
}

/// The parts that a team can do in an hour at work, for so many people who go home in the week.
pub fn per_hour_parts(staff_tenths: u64, minutes: u64, people: u64) -> u64 {
    // Tenths of a person for 1,000 people, 60 minutes each: tenths * people / 10,000 * 60 / minutes.
    u64::try_from(
        u128::from(staff_tenths) * u128::from(people) * 60 * u128::from(PARTS) / (10_000 * u128::from(minutes.max(1))),
    )
    .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(hours: Vec<(u8, u16, u16)>) -> Team {
        let (name, zone) = ("nurses".to_owned(), "UTC".to_owned());
        Team { name, title: String::new(), site: String::new(), zone, hours, phone: String::new(), notify: Vec::new() }
    }

    fn came(rows: &[(i32, i32, bool, u64)]) -> Tally {
        let mut tally = Tally::default();
        for (hour, due, urgent, many) in rows {
            let key = Key::Arrival { team: "nurses".into(), hour: *hour, due: *due, urgent: *urgent };
            tally.add(key, *many);
        }
        tally
    }

    #[test]
    fn what_is_urgent_goes_first_and_the_rest_waits_its_turn() {
        // Three can be done in an hour: the urgent one and two of four at once, two in the next hour.
        let tally = came(&[(0, 0, false, 4), (0, 0, true, 1)]);
        let load = load(&tally, &team(Vec::new()), At(0), 3 * PARTS, "");
        assert_eq!((load.asked, load.overdue, load.not_done, load.waiting_max), (5, 2, 0, 2));
        assert_eq!((load.waits_minutes, load.waits_p90_minutes), (24, 60), "two of five waited an hour");
    }

    #[test]
    fn nothing_is_done_while_nobody_is_at_work() {
        // 1970-01-01 was a Thursday: at work from 08:00.
        let load = load(&came(&[(0, 9, false, 1)]), &team(vec![(3, 480, 1020)]), At(0), PARTS, "");
        assert_eq!((load.waits_minutes, load.overdue, load.hours.len()), (480, 0, 8));
        assert!(load.hours.iter().all(|h| h.can == 0));
    }

    #[test]
    fn a_team_of_nobody_does_nothing() {
        let load = load(&came(&[(0, 9, false, 2)]), &team(Vec::new()), At(0), 0, "");
        assert_eq!((load.not_done, load.overdue), (2, 2));
        assert_eq!(per_hour_parts(60, 8, 1_000), 45 * PARTS);
    }
}

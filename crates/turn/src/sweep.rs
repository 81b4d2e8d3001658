//! Cohort sweeps: at the times of a pathway's `every`, on the clinic's clock, whoever its condition is true of begins.
//!
//! Nobody walks over all lines: each line plans its own next sweep into the time at which it is woken, spread over
//! [`SPREAD_MS`] by a hash, so that a clinic's people do not all have their turn in one moment. A line that was
//! never woken for sweeps (their pathway is new) is woken by the hub once, see [`first`].
//!
//! Invariants: a line serves each sweep once; a sweep that was slept over is served when the hub wakes within
//! `LATE_MAX_MS`, and waits for the next one after that; what is known of nobody is swept into nothing.

use crate::Setup;
use crate::enrol::TRIGGERS_MAX;
use crate::line::Trigger;
use crate::places::Begun;
use crate::turn::{Turn, earlier};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::time::{DAY_MS, MINUTE_MS, zone};
use model::{At, Fact, Id, PersonId};
use pathway::Pathway;
use pathway::ast::Every;
use serde_json::json;
use std::sync::Arc;

/// People's sweeps begin spread over this long.
pub const SPREAD_MS: i64 = 30 * MINUTE_MS;
/// A sweep is served as late as this.
const LATE_MAX_MS: i64 = DAY_MS;
/// Days looked ahead for the next time: a week, and a day for either end.
const DAYS_AHEAD: i32 = 9;
/// The fact by which a sweep enrols.
pub(crate) const SWEPT: &str = "enrolment.swept";

/// The first time of a schedule after `after`, on the clock of `zone`.
fn next(every: &Every, zone: &TimeZone, after: At) -> Option<At> {
    let today = after.date_in(zone);
    let at = |date: Date| {
        let day = date.weekday().to_monday_zero_offset().unsigned_abs();
        let meant = every.weekday.is_none_or(|weekday| weekday == day);
        let time = i8::try_from(every.at / 60).ok().zip(i8::try_from(every.at % 60).ok())?;
        meant.then(|| At::of_local(date, jiff::civil::time(time.0, time.1, 0, 0), zone))
    };
    let days = (0..DAYS_AHEAD).filter_map(|n| today.checked_add(jiff::Span::new().days(n)).ok());
    days.filter_map(at).find(|at| *at > after)
}

/// How much later than the others a person has their sweep.
fn spread(pathway: &str, person: PersonId) -> i64 {
    let drawn = Id::of(&[b"sweep", pathway.as_bytes(), &person.0.bytes()]);
    i64::try_from(u128::from_be_bytes(drawn.bytes()) % u128::from(SPREAD_MS.unsigned_abs())).unwrap_or(0)
}

fn clinic_zone(setup: &Setup) -> TimeZone {
    zone(&setup.clinic.zone).unwrap_or(TimeZone::UTC)
}

/// The next time at which any pathway sweeps, before it is spread; `None` when none does. A line that is to be woken
/// later than this, or never, has not planned it.
pub fn first(setup: &Setup, now: At) -> Option<At> {
    let zone = clinic_zone(setup);
    setup.in_force.iter().filter_map(|p| next(p.enrol.every.as_ref()?, &zone, now)).min()
}

impl Turn<'_> {
    /// The next sweep of this line after `after`, and the pathway's place.
    fn next_sweep(&self, after: At, of: &pathway::Pathway, zone: &TimeZone) -> Option<At> {
        let late = spread(&of.name, self.line.person);
        next(of.enrol.every.as_ref()?, zone, after.plus_ms(-late)).map(|at| at.plus_ms(late))
    }

    /// Whether anything is known of the person that a sweep could be about.
    fn is_swept(&self) -> bool {
        self.line.forwards_to.is_none() && !self.line.folds.is_empty() && self.record.deceased_at.is_none()
    }

    /// Begins what a sweep that is due finds. Whether anything began.
    pub(crate) fn sweep(&mut self) -> bool {
        let setup = self.setup;
        if setup.in_force.iter().all(|p| p.enrol.every.is_none()) {
            return false;
        }
        let Some(served) = self.line.swept.filter(|served| *served <= self.now) else {
            self.line.swept = Some(self.now);
            return false;
        };
        let zone = clinic_zone(setup);
        let (mut due, mut started) = (false, false);
        for pathway in setup.in_force.iter().filter(|p| p.enrol.every.is_some()) {
            // The one that is due last counts: what was slept over before it is not made up for.
            let from = served.max(self.now.plus_ms(-LATE_MAX_MS));
            let Some(at) = self.next_sweep(from, pathway, &zone).filter(|at| *at <= self.now) else { continue };
            due = true;
            let record = self.record();
            let here = setup.sites.is_empty() || setup.sites.contains(&record.site);
            if !here || !self.is_swept() {
                continue;
            }
            let body = json!({"pathway": pathway.name, "at": at});
            let fact = Fact::own(SWEPT, &format!("{}{at}", pathway.name), self.line.person, self.now, body);
            self.see_sweep(&fact);
            if !self.may_enrol(pathway, &fact) {
                continue;
            }
            match self.start(pathway, &fact, None) {
                Begun::Started => {
                    self.batch.facts.push(fact);
                    started = true;
                }
                Begun::Waits => self.swept_in_line(pathway, fact),
                Begun::No => {}
            }
        }
        if due {
            self.line.swept = Some(self.now);
        }
        started
    }

    /// Whoever a sweep finds while there is no place gets in line once, however often it comes.
    fn swept_in_line(&mut self, pathway: &Arc<Pathway>, fact: Fact) {
        let until = fact.occurred_at.plus_ms(pathway.enrol.fresh_for_ms);
        let mut trigger = Trigger { pathway: pathway.name.clone(), fact, until, place: None };
        if self.line.triggers.len() < TRIGGERS_MAX && self.line_up(pathway, &mut trigger) {
            self.batch.facts.push(trigger.fact.clone());
            self.line.triggers.push(trigger);
        }
    }

    /// When this line is to be woken for its next sweep.
    pub(crate) fn sweep_at(&mut self) -> Option<At> {
        if self.setup.in_force.iter().all(|p| p.enrol.every.is_none()) {
            return None;
        }
        let _ = self.record();
        if !self.is_swept() {
            return None;
        }
        let zone = clinic_zone(self.setup);
        let all = self.setup.in_force.iter().filter_map(|p| self.next_sweep(self.now, p, &zone));
        all.fold(None, |first, at| earlier(first, Some(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_on_the_clinics_clock_over_a_change_of_clocks() {
        let zone = zone("America/New_York").expect("a zone");
        let at = |text: &str| At(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond());
        let monday = Every { weekday: Some(0), at: 8 * 60 };
        let friday = at("2026-10-30T15:00:00Z");
        // Clocks go back on Sunday, November 1.
        assert_eq!(next(&monday, &zone, friday), Some(at("2026-11-02T13:00:00Z")));
        assert_eq!(
            next(&monday, &zone, at("2026-11-02T13:00:00Z")),
            Some(at("2026-11-09T13:00:00Z")),
            "later than that"
        );
        let daily = Every { weekday: None, at: 8 * 60 };
        assert_eq!(next(&daily, &zone, friday), Some(at("2026-10-31T12:00:00Z")));
    }
}

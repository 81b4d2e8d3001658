//! When lines are to be woken.
//!
//! The lane keeps a floor under each part's earliest wake, so that a part with nothing due is not asked.

use super::Lane;
use crate::Result;
use crate::driver::{Sql, Steps};
use model::{At, PersonId};

static DUE: Sql =
    Sql::new("line", "SELECT wake_at, person FROM line WHERE part = $1 AND wake_at <= $2 ORDER BY wake_at LIMIT $3");
static NEXT: Sql = Sql::new("line", "SELECT MIN(wake_at) FROM line WHERE part = $1 AND wake_at IS NOT NULL");

static WAKE_BY: Sql =
    Sql::new("line", "UPDATE line SET wake_at = $1 WHERE part = $2 AND (wake_at IS NULL OR wake_at > $3)");

/// Fewer rows than this are never asked for at once.
const DUE_LEAST: usize = 16;

/// What is known of a part's earliest wake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wake {
    /// No line of the part is to be woken before this; `None` when no line is to be woken at all.
    floor: Option<i64>,
    /// Whether a line is to be woken at the floor itself.
    exact: bool,
}

impl Default for Wake {
    fn default() -> Self {
        Self { floor: Some(i64::MIN), exact: false }
    }
}

impl Wake {
    /// A line of the part was written with this wake.
    pub(super) fn written(&mut self, wake_at: Option<At>) {
        match (wake_at, self.floor) {
            (Some(at), Some(floor)) if at.0 > floor => self.exact = false,
            (Some(at), _) => *self = Self { floor: Some(at.0), exact: true },
            (None, Some(_)) => self.exact = false,
            (None, None) => {}
        }
    }
}

impl Lane {
    /// Lines whose `wake_at` is due, earliest first.
    pub fn due(&mut self, now: At, limit: usize) -> Result<Vec<PersonId>> {
        let places: Vec<usize> =
            (0..self.parts.len()).filter(|i| self.parts[*i].wake.floor.is_some_and(|floor| floor <= now.0)).collect();
        if places.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let each = (limit / places.len()).max(DUE_LEAST);
        let mut steps = Steps::new();
        for place in &places {
            steps.add(&DUE, [self.part_at(*place).into(), now.into(), (each as i64).into()]);
        }
        let mut found: Vec<Vec<(i64, PersonId)>> = vec![Vec::new(); places.len()];
        self.session.query(&steps, |i, row| {
            found[i].push((row.int(0)?, row.person(1)?));
            Ok(())
        })?;
        // A part that was cut off may have more of what is next: nothing later than its last goes out.
        let mut until = i64::MAX;
        for (place, rows) in places.iter().zip(&found) {
            self.parts[*place].wake = match rows.first() {
                Some((at, _)) => Wake { floor: Some(*at), exact: true },
                None => Wake { floor: Some(now.0.saturating_add(1)), exact: false },
            };
            if let (true, Some((last, _))) = (rows.len() == each, rows.last()) {
                until = until.min(*last);
            }
        }
        let mut due: Vec<(i64, PersonId)> = found.into_iter().flatten().filter(|(at, _)| *at <= until).collect();
        due.sort_unstable();
        due.truncate(limit);
        Ok(due.into_iter().map(|(_, person)| person).collect())
    }

    /// Has every line woken at `at` that would be woken later than `by`, or never: for what all lines are to plan anew.
    /// Says how many.
    pub fn wake_by(&mut self, at: At, by: At) -> Result<u64> {
        let parts: std::collections::BTreeSet<u16> = self.parts().collect();
        let mut steps = Steps::new();
        for part in &parts {
            steps.add(&WAKE_BY, [at.into(), (*part).into(), by.into()]);
        }
        let woken = self.fenced(&parts, &steps)?.into_iter().sum();
        if woken > 0 {
            self.parts.iter_mut().for_each(|part| part.wake = Wake::default());
        }
        Ok(woken)
    }

    /// When the next line of this lane is to be woken.
    pub fn next_wake(&mut self) -> Result<Option<At>> {
        loop {
            let wakes = || self.parts.iter().map(|p| p.wake);
            let sure = wakes().filter(|w| w.exact).filter_map(|w| w.floor).min();
            let places: Vec<usize> = wakes()
                .enumerate()
                .filter(|(_, w)| !w.exact && w.floor.is_some_and(|floor| sure.is_none_or(|sure| floor < sure)))
                .map(|(i, _)| i)
                .collect();
            if places.is_empty() {
                return Ok(sure.map(At));
            }
            let mut steps = Steps::new();
            for place in &places {
                steps.add(&NEXT, [self.part_at(*place).into()]);
            }
            let mut found = vec![None; places.len()];
            self.session.query(&steps, |i, row| {
                found[i] = row.opt_int(0)?;
                Ok(())
            })?;
            for (place, floor) in places.into_iter().zip(found) {
                self.parts[place].wake = Wake { floor, exact: floor.is_some() };
            }
        }
    }
}

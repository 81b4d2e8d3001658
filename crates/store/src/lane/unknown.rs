//! Attempts of which nobody knows whether they left: each is looked at by the machine's clock, with growing pauses, until
//! it is settled or there is nothing more to find out.
//!
//! When an attempt is looked at next is written before the look: a crash in its middle loses no attempt and begins no
//! loop. A status is never written here; it moves with the facts that say what was found out.

use super::Lane;
use super::commit::Work;
use crate::driver::{Sql, Steps};
use crate::{Result, rows};
use model::message::{Message, Status};
use model::{At, PersonId};
use std::collections::BTreeSet;

static DUE: Sql = Sql::new(
    "message",
    "SELECT json, status, status_at, error, provider, provider_id, looks, look_at FROM message
     WHERE part = $1 AND status = 'unknown' AND look_at IS NOT NULL AND (look_at <= $2 OR look_at > $3)
     ORDER BY look_at, id LIMIT $4",
);
static LOOK: Sql = Sql::new(
    "message",
    "UPDATE message SET look_at = $1, looks = looks + 1
     WHERE part = $2 AND person = $3 AND id = $4 AND status = 'unknown' AND look_at IS NOT NULL",
);
static OVER: Sql = Sql::new("message", "UPDATE message SET look_at = NULL WHERE part = $1 AND person = $2 AND id = $3");
static NEXT: Sql = Sql::new(
    "message",
    "SELECT MIN(look_at) FROM message WHERE part = $1 AND status = 'unknown' AND look_at IS NOT NULL",
);
static UNKNOWN: Sql = Sql::new(
    "message",
    "SELECT json, status, status_at, error, provider, provider_id, looks, look_at FROM message
     WHERE part = $1 AND status = 'unknown' AND look_at IS NOT NULL ORDER BY look_at, id LIMIT $2",
);

/// An attempt of which nobody knows whether it left.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsure {
    /// It.
    pub message: Message,
    /// Which look at it this is, from 1.
    pub look: u32,
    /// When it was due, machine's clock.
    pub due: At,
}

/// The statements for what a batch says of attempts that nobody will find out more about.
pub(super) fn settle<'a>(steps: &mut Steps<'a>, work: &Work<'a>) {
    for id in &work.batch.unsettled {
        steps.add(&OVER, [work.part.into(), work.batch.person.into(), (*id).into()]);
    }
}

fn unsure(row: &crate::driver::Row<'_>) -> Result<Unsure> {
    let look = u32::try_from(row.int(6)?).unwrap_or(u32::MAX).saturating_add(1);
    Ok(Unsure { message: rows::message(row)?, look, due: row.at(7)? })
}

impl Lane {
    /// A commit may have made an attempt unknown: the part is asked at once.
    pub(super) fn unknown_written(&mut self, work: &Work<'_>) -> Result<()> {
        if work.batch.moved.iter().any(|(_, to, ..)| *to == Status::Unknown) {
            let at = self.place(work.part)?;
            self.parts[at].looks_from = Some(i64::MIN);
        }
        Ok(())
    }

    /// When the next attempt is to be looked at, machine's clock, as far as is known.
    pub fn next_look(&self) -> Option<At> {
        self.parts.iter().filter_map(|p| p.looks_from).min().map(At)
    }

    /// Takes attempts that are to be looked at, those first that are due longest. `pause` says how long after a look the
    /// next one comes, milliseconds; that is durable when this returns. `far` is the longest of them: what is due
    /// later than that was written by a clock that went wrong, and is looked at now.
    pub fn claim_looks(
        &mut self,
        now: At,
        limit: usize,
        far: i64,
        pause: &dyn Fn(&Unsure) -> i64,
    ) -> Result<Vec<Unsure>> {
        let far = now.plus_ms(far);
        let due = |from: Option<i64>| from.is_some_and(|from| from <= now.0 || from > far.0);
        let places: Vec<usize> = (0..self.parts.len()).filter(|i| due(self.parts[*i].looks_from)).collect();
        if places.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let mut ask = Steps::new();
        for place in &places {
            ask.add(&DUE, [self.part_at(*place).into(), now.into(), far.into(), (limit as i64).into()]);
        }
        let mut found: Vec<Unsure> = Vec::new();
        self.session.query(&ask, |_, row| {
            found.push(unsure(row)?);
            Ok(())
        })?;
        found.sort_by_key(|u| (u.due, u.message.id));
        found.truncate(limit);
        let (mut steps, mut parts) = (Steps::new(), BTreeSet::new());
        for one in &found {
            let (next, person): (At, PersonId) = (now.plus_ms(pause(one)), one.message.person);
            parts.insert(person.part());
            steps.add(&LOOK, [next.into(), person.part().into(), person.into(), one.message.id.into()]);
        }
        let changed = self.fenced(&parts, &steps)?;
        self.look_for_looks(&places)?;
        Ok(found.into_iter().zip(changed).filter(|(_, n)| *n > 0).map(|(one, _)| one).collect())
    }

    /// Learns when each of these parts has an attempt to look at next.
    fn look_for_looks(&mut self, places: &[usize]) -> Result<()> {
        let mut ask = Steps::new();
        for place in places {
            ask.add(&NEXT, [self.part_at(*place).into()]);
        }
        let mut next = vec![None; places.len()];
        self.session.query(&ask, |i, row| {
            next[i] = row.opt_int(0)?;
            Ok(())
        })?;
        for (place, next) in places.iter().zip(next) {
            self.parts[*place].looks_from = next;
        }
        Ok(())
    }
}

impl crate::Store {
    /// Attempts of unknown end that are still being looked at, at most `limit` of each part.
    pub fn unsure(&self, limit: usize) -> Result<Vec<Unsure>> {
        let mut steps = Steps::new();
        for part in 0..model::PARTS {
            steps.add(&UNKNOWN, [part.into(), (limit as i64).into()]);
        }
        let mut out = Vec::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                out.push(unsure(row)?);
                Ok(())
            })
        })?;
        Ok(out)
    }
}

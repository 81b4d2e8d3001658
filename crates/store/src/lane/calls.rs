//! Calls to services outside: queued by a commit, `dispatching` on disk before the caller gets them, queued again for
//! their next try, gone with the commit that has their outcome.
//!
//! Unlike a message a call may be tried again after its fate was lost: it carries its id as the key by which a service
//! knows the same question again.

use super::Lane;
use super::commit::Work;
use crate::Result;
use crate::driver::{Sql, Steps};
use model::service::{CallMove, ServiceCall};
use model::{At, EffectId, JourneyId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

static CALL_ADD: Sql = Sql::new(
    "service_call",
    "INSERT INTO service_call (part, person, id, journey, service, body, created_at, until_at, status, held, tries,
     next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', 0, 0, $7) ON CONFLICT DO NOTHING",
);
static CALL_DROP: Sql =
    Sql::new("service_call", "DELETE FROM service_call WHERE part = $1 AND person = $2 AND id = $3");
static CALLS_DROP: Sql =
    Sql::new("service_call", "DELETE FROM service_call WHERE part = $1 AND person = $2 AND journey = $3");
static CALLS_HOLD: Sql =
    Sql::new("service_call", "UPDATE service_call SET held = $1 WHERE part = $2 AND person = $3 AND journey = $4");
static SERVICES_DUE: Sql = Sql::new(
    "service_call",
    "SELECT DISTINCT service FROM service_call WHERE part = $1 AND status = 'queued' AND held = 0 AND next_at <= $2",
);
static CALLS_DUE: Sql = Sql::new(
    "service_call",
    "SELECT person, id, journey, service, body, created_at, until_at, tries, next_at FROM service_call
     WHERE part = $1 AND status = 'queued' AND held = 0 AND next_at <= $2 AND service = $3
     ORDER BY next_at, id LIMIT $4",
);
static CALL_CLAIM: Sql = Sql::new(
    "service_call",
    "UPDATE service_call SET status = 'dispatching', tries = tries + 1
     WHERE part = $1 AND person = $2 AND id = $3 AND status = 'queued' AND held = 0",
);
static CALL_AGAIN: Sql = Sql::new(
    "service_call",
    "UPDATE service_call SET status = 'queued', next_at = $1
     WHERE part = $2 AND person = $3 AND id = $4 AND status = 'dispatching'",
);
static CALLS_LEFT: Sql =
    Sql::new("service_call", "UPDATE service_call SET status = 'queued' WHERE part = $1 AND status = 'dispatching'");
static CALLS_NEXT: Sql = Sql::new(
    "service_call",
    "SELECT MIN(next_at) FROM service_call WHERE part = $1 AND status = 'queued' AND held = 0",
);

/// The statements for what a batch says of calls.
pub(super) fn write_calls<'a>(steps: &mut Steps<'a>, work: &Work<'a>) {
    let (part, person) = (work.part, work.batch.person);
    for call in &work.batch.calls {
        steps.add(
            &CALL_ADD,
            [
                part.into(),
                person.into(),
                call.id.into(),
                call.journey.into(),
                (&call.service).into(),
                (&call.body).into(),
                call.created_at.into(),
                call.until.into(),
            ],
        );
    }
    for to in &work.batch.calls_moved {
        match *to {
            CallMove::Over(id) => steps.add(&CALL_DROP, [part.into(), person.into(), id.into()]),
            CallMove::Gone(journey) => steps.add(&CALLS_DROP, [part.into(), person.into(), journey.into()]),
            CallMove::Held(journey, held) => {
                steps.add(&CALLS_HOLD, [held.into(), part.into(), person.into(), journey.into()]);
            }
        }
    }
}

impl Lane {
    /// A commit wrote these: when the part is asked for calls next.
    pub(super) fn calls_written(&mut self, work: &Work<'_>) -> Result<()> {
        let resumed = |to: &CallMove| matches!(to, CallMove::Held(_, false));
        let first = match work.batch.calls_moved.iter().any(resumed) {
            true => Some(i64::MIN),
            false => work.batch.calls.iter().map(|c| c.created_at.0).min(),
        };
        let at = self.place(work.part)?;
        let known = &mut self.parts[at].calls_from;
        *known = (*known).into_iter().chain(first).min();
        Ok(())
    }

    /// When the next call is to be tried, as far as is known.
    pub fn next_call(&self) -> Option<At> {
        self.parts.iter().filter_map(|p| p.calls_from).min().map(At)
    }

    /// Takes calls that are due, of each service at most as many as `room` says (it is asked once for each that has
    /// any), those first that are due longest: they are durable as under way when this returns. A service without room
    /// is passed over. Those whose time is over go; their journeys' own timers say so.
    pub fn claim_calls(&mut self, now: At, room: &mut dyn FnMut(&str) -> usize) -> Result<Vec<ServiceCall>> {
        let places: Vec<usize> =
            (0..self.parts.len()).filter(|i| self.parts[*i].calls_from.is_some_and(|from| from <= now.0)).collect();
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let mut ask = Steps::new();
        for place in &places {
            ask.add(&SERVICES_DUE, [self.part_at(*place).into(), now.into()]);
        }
        let mut due: BTreeMap<String, Vec<u16>> = BTreeMap::new();
        let parts: Vec<u16> = places.iter().map(|place| self.part_at(*place)).collect();
        self.session.query(&ask, |i, row| {
            due.entry(row.string(0)?).or_default().push(parts[i]);
            Ok(())
        })?;
        let mut chosen: Vec<ServiceCall> = Vec::new();
        for (service, parts) in &due {
            let room = room(service);
            if room > 0 {
                chosen.extend(self.calls_due(service, parts, now, room)?);
            }
        }
        let mut steps = Steps::new();
        for call in &chosen {
            let sql = if call.until <= now { &CALL_DROP } else { &CALL_CLAIM };
            steps.add(sql, [call.person.part().into(), call.person.into(), call.id.into()]);
        }
        let parts: BTreeSet<u16> = chosen.iter().map(|c| c.person.part()).collect();
        let changed = self.fenced(&parts, &steps)?;
        self.look_for_calls(&places)?;
        let taken = chosen.into_iter().zip(changed).filter(|(call, n)| *n > 0 && call.until > now);
        Ok(taken.map(|(call, _)| call).collect())
    }

    /// At most `limit` calls of a service, those first that are due longest.
    fn calls_due(&mut self, service: &str, parts: &[u16], now: At, limit: usize) -> Result<Vec<ServiceCall>> {
        let mut ask = Steps::new();
        for part in parts {
            ask.add(&CALLS_DUE, [(*part).into(), now.into(), service.into(), (limit as i64).into()]);
        }
        let mut found: Vec<(At, ServiceCall)> = Vec::new();
        self.session.query(&ask, |_, row| {
            let call = ServiceCall {
                person: row.person(0)?,
                id: EffectId(row.id(1)?),
                journey: JourneyId(row.id(2)?),
                service: row.string(3)?,
                body: row.string(4)?,
                created_at: row.at(5)?,
                until: row.at(6)?,
                tries: u32::try_from(row.int(7)?).unwrap_or(u32::MAX).saturating_add(1),
            };
            found.push((row.at(8)?, call));
            Ok(())
        })?;
        found.sort_by_key(|(at, call)| (*at, call.id));
        found.truncate(limit);
        Ok(found.into_iter().map(|(_, call)| call).collect())
    }

    /// Learns when each of these parts has a call to try next.
    fn look_for_calls(&mut self, places: &[usize]) -> Result<()> {
        let mut ask = Steps::new();
        for place in places {
            ask.add(&CALLS_NEXT, [self.part_at(*place).into()]);
        }
        let mut next = vec![None; places.len()];
        self.session.query(&ask, |i, row| {
            next[i] = row.opt_int(0)?;
            Ok(())
        })?;
        for (place, next) in places.iter().zip(next) {
            self.parts[*place].calls_from = next;
        }
        Ok(())
    }

    /// These are tried again then, unless they were taken back meanwhile.
    pub fn call_again(&mut self, calls: &[(PersonId, EffectId, At)]) -> Result<()> {
        let (mut steps, mut parts) = (Steps::new(), BTreeSet::new());
        for (person, id, at) in calls {
            parts.insert(person.part());
            steps.add(&CALL_AGAIN, [(*at).into(), person.part().into(), (*person).into(), (*id).into()]);
        }
        self.fenced(&parts, &steps)?;
        for (person, _, at) in calls {
            let place = self.place(person.part())?;
            let known = &mut self.parts[place].calls_from;
            *known = (*known).into_iter().chain([at.0]).min();
        }
        Ok(())
    }

    /// After a restart: what was under way is tried again, with the same key.
    pub fn calls_left(&mut self) -> Result<u64> {
        let parts: BTreeSet<u16> = self.parts().collect();
        let mut steps = Steps::new();
        for part in &parts {
            steps.add(&CALLS_LEFT, [(*part).into()]);
        }
        let left = self.fenced(&parts, &steps)?.into_iter().sum();
        if left > 0 {
            tracing::info!(calls = left, "calls to services that were under way are tried again");
        }
        self.parts.iter_mut().for_each(|p| p.calls_from = Some(i64::MIN));
        Ok(left)
    }
}

static CALLS_OF: Sql = Sql::new(
    "service_call",
    "SELECT id, journey, service, body, created_at, until_at, tries, status, held FROM service_call
     WHERE part = $1 AND person = $2 ORDER BY created_at, id",
);

/// A call that has no outcome yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCall {
    /// What is asked.
    pub call: ServiceCall,
    /// An attempt is under way.
    pub under_way: bool,
    /// Its journey stands still.
    pub held: bool,
}

impl crate::Store {
    /// A person's calls that have no outcome yet.
    pub fn calls_of(&self, person: PersonId) -> Result<Vec<OpenCall>> {
        self.reading(|session| {
            session.rows(&CALLS_OF, [person.part().into(), person.into()], |row| {
                Ok(OpenCall {
                    call: ServiceCall {
                        person,
                        id: EffectId(row.id(0)?),
                        journey: JourneyId(row.id(1)?),
                        service: row.string(2)?,
                        body: row.string(3)?,
                        created_at: row.at(4)?,
                        until: row.at(5)?,
                        tries: u32::try_from(row.int(6)?).unwrap_or(u32::MAX),
                    },
                    under_way: row.string(7)? == "dispatching",
                    held: row.int(8)? != 0,
                })
            })
        })
    }
}

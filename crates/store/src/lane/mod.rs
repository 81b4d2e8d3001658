//! A lane: the one writer of its parts. What it alone writes it also remembers, within bounds, so
//! that what was just accepted or queued need not be read back.

mod calls;
mod commit;
mod flow;
mod inbox;
mod outbox;
mod parked;
mod place;
mod shadow;
mod sweep;
mod unknown;
mod wake;
mod write;

pub use calls::OpenCall;
pub(crate) use commit::COUNTER_ADD;
pub(crate) use flow::STAY;
pub(crate) use inbox::{NOBODY, resolve_keys};
pub use outbox::{Claimed, Hold, Room, held_key, may_move};
pub(crate) use place::TAKEN_FROM;
pub use sweep::Mark;
pub use unknown::Unsure;

use crate::driver::{Session, Sql, Steps};
use crate::{Error, LineRow, Result, rows};
use model::{Channel, FactId, Id, Item, JourneyRow, PersonId, ResourceRow};
use outbox::Queue;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wake::Wake;

static PART_TAKE: Sql = Sql::new("part", "UPDATE part SET epoch = epoch + 1 WHERE part = $1");
static PART_GET: Sql = Sql::new("part", "SELECT part, epoch, inbox_next, handoff_next FROM part WHERE part = $1");
static PART_FENCE: Sql = Sql::new(
    "part",
    "UPDATE part SET inbox_next = $1, handoff_next = $2, groups = groups + 1 WHERE part = $3 AND epoch = $4",
);
static LINE_GET: Sql = Sql::new("line", "SELECT version, state, forwards_to FROM line WHERE part = $1 AND person = $2");
static JOURNEYS: Sql = Sql::new(
    "journey",
    "SELECT j.id, v.pathway, v.hash, j.episode, j.status, j.step, j.next_due, j.started_at, j.ended_at, j.ended_why,
     CASE WHEN j.status = 'ended' THEN NULL ELSE j.blob END
     FROM journey j JOIN version v ON v.number = j.version WHERE j.part = $1 AND j.person = $2",
);
static PROMPTS_OPEN: Sql =
    Sql::new("prompt", "SELECT json FROM prompt WHERE part = $1 AND person = $2 AND is_open = 1");
static RESOURCE_GET: Sql = Sql::new(
    "resource",
    "SELECT source, kind, id, version, at, json FROM resource
     WHERE part = $1 AND person = $2 AND source = $3 AND kind = $4 AND id = $5",
);
static FACT_HAS: Sql = Sql::new("fact", "SELECT 1 FROM fact WHERE part = $1 AND person = $2 AND id = $3");
static INBOX_HAS: Sql = Sql::new("inbox", "SELECT 1 FROM inbox WHERE part = $1 AND fact = $2");

/// One writer of a lane. Not cloneable: whoever holds it owns the lane's parts.
pub struct Lane {
    session: Session,
    number: u16,
    first: u16,
    parts: Vec<Part>,
    /// The part that is asked first next time, so that none starves.
    turn: usize,
    /// Items in memory, over all parts.
    held: usize,
    /// Queued messages in memory, by channel.
    outbox: BTreeMap<Channel, Queue>,
    /// Small numbers of pathway versions.
    versions: BTreeMap<(String, Id), i64>,
    /// The day of the care clock up to which old counts of flow were dropped, by home.
    swept: BTreeMap<u16, i32>,
    /// Where the search for parked items that now belong to someone goes on.
    parked_from: (u16, i64),
}

/// What the lane knows of one part.
struct Part {
    epoch: u64,
    inbox_next: i64,
    handoff_next: i64,
    /// Waiting items, the oldest ones.
    inbox: BTreeMap<i64, Arc<Item>>,
    /// Whether `inbox` holds every item that waits.
    inbox_whole: bool,
    /// Whether there may be handoffs to deliver.
    handoffs: bool,
    wake: Wake,
    /// No call to a service is due before this; `None` when none waits.
    calls_from: Option<i64>,
    /// No attempt of unknown end is looked at before this; `None` when there is none.
    looks_from: Option<i64>,
}

impl Lane {
    pub(crate) fn take(mut session: Session, number: u16, first: u16, count: u16) -> Result<Self> {
        let (mut take, mut get) = (Steps::new(), Steps::new());
        for part in first..first + count {
            take.add(&PART_TAKE, [part.into()]);
            get.add(&PART_GET, [part.into()]);
        }
        let parts = session.write(|session| {
            session.run(&take)?;
            let mut parts = Vec::with_capacity(usize::from(count));
            session.query(&get, |_, row| {
                parts.push(Part {
                    epoch: row.int(1)?.unsigned_abs(),
                    inbox_next: row.int(2)?,
                    handoff_next: row.int(3)?,
                    inbox: BTreeMap::new(),
                    inbox_whole: false,
                    handoffs: true,
                    wake: Wake::default(),
                    calls_from: Some(i64::MIN),
                    looks_from: Some(i64::MIN),
                });
                Ok(())
            })?;
            Ok(parts)
        })?;
        if parts.len() != usize::from(count) {
            return Err(Error::Damaged { table: "part", why: format!("{} parts of {count}", parts.len()) });
        }
        Ok(Self {
            session,
            number,
            first,
            parts,
            turn: 0,
            held: 0,
            outbox: BTreeMap::new(),
            versions: BTreeMap::new(),
            swept: BTreeMap::new(),
            parked_from: (0, 0),
        })
    }

    /// The lane's number.
    pub fn number(&self) -> u16 {
        self.number
    }
    /// The parts of this lane.
    pub fn parts(&self) -> std::ops::Range<u16> {
        self.first..self.first + self.parts.len() as u16
    }
    /// The epoch of a part of this lane; 0, which no part ever has, for another lane's.
    pub fn epoch(&self, part: u16) -> u64 {
        self.place(part).map_or(0, |i| self.parts[i].epoch)
    }

    /// Where a part is in `parts`.
    fn place(&self, part: u16) -> Result<usize> {
        let at = usize::from(part.wrapping_sub(self.first));
        if part < self.first || at >= self.parts.len() {
            return Err(Error::Engine(format!("part {part} is not of lane {}", self.number)));
        }
        Ok(at)
    }
    /// The number of the part at a place.
    fn part_at(&self, place: usize) -> u16 {
        self.first + place as u16
    }

    /// The statement that fails to change a row when `part` was taken by another.
    fn fence(&self, steps: &mut Steps<'_>, part: u16) -> Result<()> {
        let known = &self.parts[self.place(part)?];
        steps.add(
            &PART_FENCE,
            [known.inbox_next.into(), known.handoff_next.into(), part.into(), (known.epoch as i64).into()],
        );
        Ok(())
    }

    /// Runs `steps` in one transaction, fenced by the epochs of `parts`.
    pub(crate) fn fenced(&mut self, parts: &BTreeSet<u16>, steps: &Steps<'_>) -> Result<Vec<u64>> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let mut fences = Steps::new();
        for part in parts {
            self.fence(&mut fences, *part)?;
        }
        let done = self.session.write(|session| {
            if session.run(&fences)?.contains(&0) {
                return Err(Error::LaneLost);
            }
            session.run(steps)
        });
        self.sure(done)
    }

    /// After a write that failed, nobody knows what of it is on disk (the connection may have been
    /// lost at its last word): what the lane remembers is read again.
    fn sure<T>(&mut self, done: Result<T>) -> Result<T> {
        if done.is_err() {
            self.held = 0;
            self.outbox.values_mut().for_each(Queue::forget);
            for part in &mut self.parts {
                part.inbox.clear();
                part.inbox_whole = false;
                part.handoffs = true;
                part.wake = Wake::default();
                part.calls_from = Some(i64::MIN);
                part.looks_from = Some(i64::MIN);
            }
        }
        done
    }

    /// Loads lines for their turn, in the order asked.
    pub fn load(&mut self, people: &[PersonId]) -> Result<Vec<LineRow>> {
        load(&mut self.session, people)
    }

    /// The stored versions of resources: (person, source, type, id).
    pub fn resources(&mut self, keys: &[(PersonId, String, String, String)]) -> Result<Vec<Option<ResourceRow>>> {
        let mut steps = Steps::new();
        for (person, source, kind, id) in keys {
            steps.add(&RESOURCE_GET, [person.part().into(), (*person).into(), source.into(), kind.into(), id.into()]);
        }
        let mut out = vec![None; keys.len()];
        self.session.query(&steps, |i, row| {
            out[i] = Some(rows::resource(row)?);
            Ok(())
        })?;
        Ok(out)
    }

    /// Whether a fact with this id is on the timeline or waits in the inbox of the person's part.
    pub fn has_fact(&mut self, person: PersonId, id: FactId) -> Result<bool> {
        let part = person.part();
        let known = &self.parts[self.place(part)?];
        if known.inbox.values().any(|item| item.fact.id == id) {
            return Ok(true);
        }
        let mut steps = Steps::one(&FACT_HAS, [part.into(), person.into(), id.into()]);
        if !known.inbox_whole {
            steps.add(&INBOX_HAS, [part.into(), id.into()]);
        }
        let mut found = false;
        self.session.query(&steps, |_, _| {
            found = true;
            Ok(())
        })?;
        Ok(found)
    }
}

/// Lines with their journeys and open prompts, in the order asked.
pub(crate) fn load(session: &mut Session, people: &[PersonId]) -> Result<Vec<LineRow>> {
    let mut lines: Vec<LineRow> = people.iter().map(|person| empty(*person)).collect();
    let mut steps = Steps::new();
    for person in people {
        steps.add(&LINE_GET, [person.part().into(), (*person).into()]);
    }
    session.query(&steps, |i, row| {
        lines[i].version = row.int(0)?;
        lines[i].state = row.opt_bytes(1)?.map(<[u8]>::to_vec);
        lines[i].forwards_to = row.opt_id(2)?.map(PersonId);
        Ok(())
    })?;
    let there: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].version != 0).collect();
    let mut steps = Steps::new();
    for sql in [&JOURNEYS, &PROMPTS_OPEN] {
        for i in &there {
            steps.add(sql, [people[*i].part().into(), people[*i].into()]);
        }
    }
    session.query(&steps, |n, row| {
        if n < there.len() {
            let journey: JourneyRow = rows::journey(row)?;
            lines[there[n]].journeys.push(journey);
        } else {
            lines[there[n - there.len()]].prompts.push(row.json(0)?);
        }
        Ok(())
    })?;
    for line in &mut lines {
        line.journeys.sort_by_key(|j| (j.started_at, j.id));
        line.prompts.sort_by_key(|p| (p.opened_at, p.id));
    }
    Ok(lines)
}

pub(crate) fn empty(person: PersonId) -> LineRow {
    LineRow { person, version: 0, state: None, journeys: Vec::new(), prompts: Vec::new(), forwards_to: None }
}

//! The grouped commit: all turns that wait in the lane, one transaction.
//!
//! Fences and line versions go first and decide which batches live; everything else of the living
//! ones follows by table, so that each statement is looked up once.

use super::Lane;
use super::flow::{flows, write_flow};
use super::write::{move_messages, write};
use crate::driver::{Session, Sql, Steps};
use crate::{Committed, Error, Result, bulk, rows};
use model::message::{Message, Status};
use model::{Batch, Channel, Id};
use std::collections::{BTreeMap, BTreeSet};

static LINE_NEW: Sql = Sql::new(
    "line",
    "INSERT INTO line (part, person, version, wake_at, forwards_to, state) VALUES ($1, $2, 1, $3, $4, $5)
     ON CONFLICT DO NOTHING",
);
static LINE_STATE: Sql = Sql::new(
    "line",
    "UPDATE line SET version = version + 1, wake_at = $1, state = $2 WHERE part = $3 AND person = $4 AND version = $5",
);
static LINE_SAME: Sql = Sql::new(
    "line",
    "UPDATE line SET version = version + 1, wake_at = $1 WHERE part = $2 AND person = $3 AND version = $4",
);
pub(crate) static COUNTER_ADD: Sql = Sql::new(
    "counter",
    "INSERT INTO counter (part, name, n) VALUES ($1, $2, $3)
     ON CONFLICT (part, name) DO UPDATE SET n = counter.n + excluded.n",
);
static VERSION_GET: Sql = Sql::new("version", "SELECT number FROM version WHERE pathway = $1 AND hash = $2");
static VERSION_ADD: Sql = Sql::new(
    "version",
    "INSERT INTO version (number, pathway, hash) SELECT COALESCE(MAX(number), 0) + 1, CAST($1 AS TEXT), $2 FROM version
     WHERE number >= 0 ON CONFLICT DO NOTHING",
);

/// Rows of one kind that one batch may write: a timeline number is the line's version and the place
/// in the batch.
const BATCH_ROWS_MAX: usize = 1 << PLACE_BITS;
pub(super) const PLACE_BITS: u32 = 16;
/// Tries to give a pathway's version a number while others do the same.
const VERSION_TRIES_MAX: usize = 16;

/// The JSON of a batch, written before the transaction begins.
pub(super) struct Coded {
    pub(super) facts: Vec<String>,
    pub(super) prompts: Vec<String>,
    pub(super) messages: Vec<String>,
    pub(super) handoffs: Vec<String>,
}

impl Coded {
    fn of(batch: &Batch) -> Result<Self> {
        Ok(Self {
            facts: batch.facts.iter().map(|v| rows::json("fact", v)).collect::<Result<_>>()?,
            prompts: batch.prompts.iter().map(|v| rows::json("prompt", v)).collect::<Result<_>>()?,
            messages: batch.messages.iter().map(|v| rows::json("message", v)).collect::<Result<_>>()?,
            handoffs: batch.handoffs.iter().map(|v| rows::json("handoff", v)).collect::<Result<_>>()?,
        })
    }
}

/// A batch that is to be written.
pub(super) struct Work<'a> {
    pub(super) part: u16,
    pub(super) batch: &'a Batch,
    pub(super) coded: Coded,
    /// Number of the first handoff.
    pub(super) handoff: i64,
}

/// Counters to add to, once a group. They are kept by part and summed on read, so a whole group may
/// be added to one of its parts: a handful of rows and not one for each part and name.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<String, i64>, BTreeMap<bulk::Key, i64>);

impl Counts {
    pub(super) fn add(&mut self, name: &str, n: i64) {
        match self.0.get_mut(name) {
            Some(sum) => *sum += n,
            None => drop(self.0.insert(name.to_owned(), n)),
        }
    }
    /// A message came to stand somewhere (`+1`) or left there (`-1`).
    pub(super) fn stands(&mut self, status: Status, channel: impl Into<Option<Channel>>, urgent: bool, n: i64) {
        let name = format!("{}{}.{}", crate::reads::NOW, status.name(), u8::from(urgent));
        self.add(&name, n);
        if let (Status::Queued, Some(channel)) = (status, channel.into()) {
            self.add(&format!("{name}.{}", channel.name()), n);
        }
        if n > 0 {
            self.add(&format!("messages.{}", status.name()), n);
        }
    }
    /// A message was queued: of those that are not urgent, many of the same words need a second person.
    pub(super) fn bulk(&mut self, message: &Message) {
        if let Some(key) = bulk::Key::of(message) {
            *self.1.entry(key).or_default() += 1;
        }
    }
    /// The statements that add them to one of the group's parts.
    pub(super) fn steps(&self, part: Option<&u16>) -> Steps<'_> {
        let mut steps = Steps::new();
        let Some(part) = part else { return steps };
        for (name, n) in self.0.iter().filter(|(_, n)| **n != 0) {
            steps.add(&COUNTER_ADD, [(*part).into(), name.into(), (*n).into()]);
        }
        bulk::add(&mut steps, *part, &self.1);
        steps
    }
}

/// What a transaction did, for the lane to remember.
struct Done {
    /// By work: whether its line moved.
    written: Vec<bool>,
    /// Messages that were not there before: work and place.
    queued: Vec<(usize, usize)>,
}

impl Lane {
    /// Writes the batches of all turns that wait in this lane, in one transaction. A stale one
    /// drops only itself. Facts already on the timeline (same id) are not written twice. What is
    /// consumed must wait in this lane: see [`Lane::consume`] for what was handed to another.
    pub fn commit(&mut self, batches: &[(u16, u64, Batch)]) -> Result<Vec<Committed>> {
        let mut out = vec![Committed::Stale; batches.len()];
        let mut works = Vec::with_capacity(batches.len());
        let mut places = Vec::with_capacity(batches.len());
        for (i, (part, epoch, batch)) in batches.iter().enumerate() {
            let at = self.place(*part)?;
            check(*part, batch)?;
            for (inbox, _) in &batch.consumed {
                self.place(*inbox)?;
            }
            if self.parts[at].epoch != *epoch {
                continue;
            }
            let handoff = self.parts[at].handoff_next;
            self.parts[at].handoff_next += batch.handoffs.len() as i64;
            works.push(Work { part: *part, batch, coded: Coded::of(batch)?, handoff });
            places.push(i);
        }
        self.number_versions(&works)?;
        let mut lost: BTreeSet<u16> = BTreeSet::new();
        // A part that another lane took is left out and the rest tried again: each try loses a part.
        for _ in 0..=self.parts.len() {
            let live: Vec<&Work<'_>> = works.iter().filter(|w| !lost.contains(&w.part)).collect();
            let home = self.parts().find(|part| !lost.contains(part)).filter(|_| live.iter().any(|w| flows(w)));
            match self.transact(&live, home)? {
                Ok(done) => {
                    let indexes = works.iter().zip(&places).filter(|(w, _)| !lost.contains(&w.part)).map(|(_, i)| *i);
                    for (i, written) in indexes.zip(&done.written) {
                        if *written {
                            out[i] = Committed::Written;
                        }
                    }
                    self.learn(&live, &done)?;
                    return Ok(out);
                }
                Err(parts) => lost.extend(parts),
            }
        }
        Err(Error::LaneLost)
    }

    /// One try: what was done, or the parts that are another's now. `home` is the part that counts of flow
    /// go to, when there are any: it is fenced like those of the batches.
    fn transact(&mut self, live: &[&Work<'_>], home: Option<u16>) -> Result<std::result::Result<Done, Vec<u16>>> {
        if live.is_empty() {
            return Ok(Ok(Done { written: Vec::new(), queued: Vec::new() }));
        }
        let parts: BTreeSet<u16> = live.iter().map(|w| w.part).chain(home).collect();
        let mut first = Steps::new();
        for part in &parts {
            self.fence(&mut first, *part)?;
        }
        for work in live {
            line(&mut first, work);
        }
        let versions = &self.versions;
        let mut swept = home.and_then(|home| self.swept.get(&home).copied()).unwrap_or_default();
        let mut lost = Vec::new();
        let done = self.session.write(|session| {
            let changed = session.run(&first)?;
            let (fences, lines) = changed.split_at(parts.len());
            lost = parts.iter().zip(fences).filter(|(_, n)| **n == 0).map(|(p, _)| *p).collect();
            if !lost.is_empty() {
                return Err(Error::LaneLost);
            }
            let written: Vec<bool> = lines.iter().map(|n| *n > 0).collect();
            let alive: Vec<(usize, &Work<'_>)> =
                live.iter().enumerate().filter(|(i, _)| written[*i]).map(|(i, w)| (i, *w)).collect();
            let mut counts = Counts::default();
            let queued = write(session, &alive, versions, &mut counts)?;
            move_messages(session, &alive, &mut counts)?;
            session.run(&counts.steps(parts.first()))?;
            if let Some(home) = home {
                swept = write_flow(session, &alive, versions, home, swept)?;
            }
            Ok(Done { written, queued })
        });
        if let (Ok(_), Some(home)) = (&done, home) {
            self.swept.insert(home, swept);
        }
        match done {
            Err(Error::LaneLost) => Ok(Err(lost)),
            other => self.sure(other).map(Ok),
        }
    }

    /// Remembers what was written.
    fn learn(&mut self, live: &[&Work<'_>], done: &Done) -> Result<()> {
        for (work, _) in live.iter().zip(&done.written).filter(|(_, written)| **written) {
            let at = self.place(work.part)?;
            self.parts[at].wake.written(work.batch.wake_at);
            self.parts[at].handoffs |= !work.batch.handoffs.is_empty();
            self.calls_written(work)?;
            self.unknown_written(work)?;
            for (part, seq) in &work.batch.consumed {
                self.forget(*part, *seq);
            }
        }
        for (work, place) in &done.queued {
            let message = &live[*work].batch.messages[*place];
            self.queue(live[*work].part, message, message.created_at)?;
        }
        Ok(())
    }

    /// Gives each pathway version of the batches its small number.
    fn number_versions(&mut self, works: &[Work<'_>]) -> Result<()> {
        let journeys = works.iter().flat_map(|w| &w.batch.journeys).map(|j| (&j.pathway, j.version));
        let stands = works.iter().flat_map(|w| &w.batch.stands).map(|s| (&s.pathway, s.version));
        let passages = works.iter().flat_map(|w| &w.batch.passages).map(|p| (&p.pathway, p.version));
        for (pathway, version) in journeys.chain(stands).chain(passages) {
            let name = (pathway.clone(), version);
            if let std::collections::btree_map::Entry::Vacant(slot) = self.versions.entry(name) {
                slot.insert(number_version(&mut self.session, pathway, version)?);
            }
        }
        Ok(())
    }
}

fn number_version(session: &mut Session, pathway: &str, hash: Id) -> Result<i64> {
    for _ in 0..VERSION_TRIES_MAX {
        if let Some(number) = session.first(&VERSION_GET, [pathway.into(), hash.into()], |row| row.int(0))? {
            return Ok(number);
        }
        session.write(|session| session.run(&Steps::one(&VERSION_ADD, [pathway.into(), hash.into()])))?;
    }
    Err(Error::Engine("a pathway's version got no number".into()))
}

/// What a batch must be to have rows at all.
fn check(part: u16, batch: &Batch) -> Result<()> {
    if batch.person.part() != part {
        return Err(Error::Engine(format!("a batch for part {part} is about a line of part {}", batch.person.part())));
    }
    if batch.facts.len() >= BATCH_ROWS_MAX || batch.traces.len() >= BATCH_ROWS_MAX {
        return Err(Error::Engine(format!("a batch has {BATCH_ROWS_MAX} facts or traces or more")));
    }
    Ok(())
}

/// The statement that moves the line from the version that was loaded.
fn line<'a>(steps: &mut Steps<'a>, work: &Work<'a>) {
    let batch = work.batch;
    let wake = batch.wake_at.into();
    match (batch.loaded, &batch.state) {
        (0, state) => steps.add(
            &LINE_NEW,
            [
                work.part.into(),
                batch.person.into(),
                wake,
                batch.face.as_ref().and_then(|f| f.forwards_to).into(),
                state.as_ref().into(),
            ],
        ),
        (version, Some(state)) => {
            steps.add(&LINE_STATE, [wake, state.into(), work.part.into(), batch.person.into(), version.into()]);
        }
        (version, None) => steps.add(&LINE_SAME, [wake, work.part.into(), batch.person.into(), version.into()]),
    }
}

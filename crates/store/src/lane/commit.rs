//! The grouped commit: all turns that wait in the lane, one transaction.
//!
//! Fences and line versions go first and decide which batches live; everything else of the living
//! ones follows by table, so that each statement is looked up once.

use super::outbox::{MESSAGE_ADD, MESSAGE_MOVE, MESSAGE_STATUS, may_move};
use super::{Lane, inbox::INBOX_DROP};
use crate::driver::{Session, Sql, Steps};
use crate::{Committed, Error, Result, rows};
use model::message::{Message, Status};
use model::{At, Batch, Id, MessageId, PersonId};
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
static LINE_FORWARD: Sql = Sql::new(
    "line",
    "UPDATE line SET forwards_to = $1 WHERE part = $2 AND person = $3 AND forwards_to IS DISTINCT FROM $1",
);
static FACE_PUT: Sql = Sql::new(
    "face",
    "INSERT INTO face (part, person, closed, name, birth_date, site, search) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (part, person) DO UPDATE SET closed = excluded.closed, name = excluded.name,
     birth_date = excluded.birth_date, site = excluded.site, search = excluded.search
     WHERE face.closed <> excluded.closed OR face.name <> excluded.name OR face.birth_date <> excluded.birth_date
     OR face.site <> excluded.site OR face.search <> excluded.search",
);
static FACT_ADD: Sql = Sql::new(
    "fact",
    "INSERT INTO fact (part, person, seq, id, json) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
);
static RESOURCE_PUT: Sql = Sql::new(
    "resource",
    "INSERT INTO resource (part, person, source, kind, id, version, at, json) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (part, person, source, kind, id)
     DO UPDATE SET version = excluded.version, at = excluded.at, json = excluded.json",
);
static JOURNEY_PUT: Sql = Sql::new(
    "journey",
    "INSERT INTO journey (part, person, id, status, version, next_due, started_at, ended_at, ended_why, step, episode,
     blob) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (part, person, id) DO UPDATE SET status = excluded.status, version = excluded.version,
     next_due = excluded.next_due, ended_at = excluded.ended_at, ended_why = excluded.ended_why, step = excluded.step,
     blob = excluded.blob",
);
static JOURNEY_DROP: Sql = Sql::new("journey", "DELETE FROM journey WHERE part = $1 AND person = $2 AND id = $3");
static PROMPT_PUT: Sql = Sql::new(
    "prompt",
    "INSERT INTO prompt (part, person, id, is_open, urgent, due_at, opened_at, team, site, status, json)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (part, person, id) DO UPDATE SET is_open = excluded.is_open, urgent = excluded.urgent,
     due_at = excluded.due_at, team = excluded.team, site = excluded.site, status = excluded.status,
     json = excluded.json",
);
static TRACE_ADD: Sql = Sql::new(
    "trace",
    "INSERT INTO trace (part, person, effect, seq, at, message, code, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
static CLAIM: Sql =
    Sql::new("directory", "INSERT INTO directory (part, key, person) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
static UNCLAIM: Sql = Sql::new("directory", "DELETE FROM directory WHERE part = $1 AND key = $2 AND person = $3");
static HANDOFF_ADD: Sql = Sql::new("handoff", "INSERT INTO handoff (part, seq, item) VALUES ($1, $2, $3)");
pub(super) static COUNTER_ADD: Sql = Sql::new(
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
const PLACE_BITS: u32 = 16;
/// Tries to give a pathway's version a number while others do the same.
const VERSION_TRIES_MAX: usize = 16;

/// The JSON of a batch, written before the transaction begins.
#[derive(Default)]
struct Coded {
    facts: Vec<String>,
    prompts: Vec<String>,
    messages: Vec<String>,
    handoffs: Vec<String>,
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
struct Work<'a> {
    part: u16,
    batch: &'a Batch,
    coded: Coded,
    /// Numbers of the first handoff.
    handoff: i64,
}

/// Counters to add to, by part and name.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<(u16, String), i64>);

impl Counts {
    pub(super) fn add(&mut self, part: u16, name: &str, n: i64) {
        match self.0.get_mut(&(part, name.to_owned())) {
            Some(sum) => *sum += n,
            None => drop(self.0.insert((part, name.to_owned()), n)),
        }
    }
    /// A message came to stand somewhere (`+1`) or left there (`-1`).
    pub(super) fn stands(&mut self, part: u16, status: Status, urgent: bool, n: i64) {
        self.add(part, &format!("{}{}.{}", crate::reads::NOW, status.name(), u8::from(urgent)), n);
        if n > 0 {
            self.add(part, &format!("messages.{}", status.name()), n);
        }
    }
    pub(super) fn steps(&self) -> Steps<'_> {
        let mut steps = Steps::new();
        for ((part, name), n) in self.0.iter().filter(|(_, n)| **n != 0) {
            steps.add(&COUNTER_ADD, [(*part).into(), name.into(), (*n).into()]);
        }
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
    /// drops only itself. Facts already on the timeline (same id) are not written twice.
    pub fn commit(&mut self, batches: &[(u16, u64, Batch)]) -> Result<Vec<Committed>> {
        let mut out = vec![Committed::Stale; batches.len()];
        let mut works = Vec::with_capacity(batches.len());
        let mut places = Vec::with_capacity(batches.len());
        for (i, (part, epoch, batch)) in batches.iter().enumerate() {
            let at = self.place(*part)?;
            check(*part, batch)?;
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
            match self.transact(&live)? {
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

    /// One try: what was done, or the parts that are another's now.
    fn transact(&mut self, live: &[&Work<'_>]) -> Result<std::result::Result<Done, Vec<u16>>> {
        if live.is_empty() {
            return Ok(Ok(Done { written: Vec::new(), queued: Vec::new() }));
        }
        let parts: BTreeSet<u16> = live.iter().map(|w| w.part).collect();
        let mut first = Steps::new();
        for part in &parts {
            self.fence(&mut first, *part)?;
        }
        for work in live {
            line(&mut first, work);
        }
        let versions = &self.versions;
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
            session.run(&counts.steps())?;
            Ok(Done { written, queued })
        });
        match done {
            Err(Error::LaneLost) => Ok(Err(lost)),
            other => other.map(Ok),
        }
    }

    /// Remembers what was written.
    fn learn(&mut self, live: &[&Work<'_>], done: &Done) -> Result<()> {
        for (work, _) in live.iter().zip(&done.written).filter(|(_, written)| **written) {
            let at = self.place(work.part)?;
            self.parts[at].wake.written(work.batch.wake_at);
            self.parts[at].handoffs |= !work.batch.handoffs.is_empty();
            for (part, seq) in &work.batch.consumed {
                self.forget(*part, *seq);
            }
        }
        for (work, place) in &done.queued {
            self.queue(live[*work].part, &live[*work].batch.messages[*place])?;
        }
        Ok(())
    }

    /// Gives each pathway version of the batches its small number.
    fn number_versions(&mut self, works: &[Work<'_>]) -> Result<()> {
        for row in works.iter().flat_map(|w| &w.batch.journeys) {
            let name = (row.pathway.clone(), row.version);
            if let std::collections::btree_map::Entry::Vacant(slot) = self.versions.entry(name) {
                slot.insert(number_version(&mut self.session, &row.pathway, row.version)?);
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

/// Writes everything but moves of messages; which messages were new.
fn write(
    session: &mut Session,
    alive: &[(usize, &Work<'_>)],
    versions: &BTreeMap<(String, Id), i64>,
    counts: &mut Counts,
) -> Result<Vec<(usize, usize)>> {
    let mut steps = Steps::new();
    // Facts and messages go first, where their answers are found by their place.
    let mut facts = Vec::new();
    for (_, work) in alive {
        counts.add(work.part, "turns", 1);
        for (n, (fact, json)) in work.batch.facts.iter().zip(&work.coded.facts).enumerate() {
            let seq = number(work.batch, n);
            let part = work.part.into();
            steps.add(&FACT_ADD, [part, work.batch.person.into(), seq.into(), fact.id.into(), json.as_str().into()]);
            facts.push((work.part, fact.kind.as_str()));
        }
    }
    let mut messages = Vec::new();
    for (w, work) in alive {
        for (n, (message, json)) in work.batch.messages.iter().zip(&work.coded.messages).enumerate() {
            message_row(&mut steps, work, message, json);
            messages.push((*w, n, work.part, message.urgent));
        }
    }
    for (_, work) in alive {
        for (part, seq) in &work.batch.consumed {
            steps.add(&INBOX_DROP, [(*part).into(), (*seq).into()]);
        }
    }
    people(&mut steps, alive);
    care(&mut steps, alive, versions)?;
    directory(&mut steps, alive);
    let changed = session.run(&steps)?;
    for ((part, kind), _) in facts.iter().zip(&changed).filter(|(_, n)| **n > 0) {
        counts.add(*part, "facts", 1);
        if let Some(name) = counted(kind) {
            counts.add(*part, name, 1);
        }
    }
    let mut queued = Vec::new();
    for ((work, place, part, urgent), _) in messages.iter().zip(&changed[facts.len()..]).filter(|(_, n)| **n > 0) {
        counts.stands(*part, Status::Queued, *urgent, 1);
        queued.push((*work, *place));
    }
    Ok(queued)
}

/// The counter that a fact of this kind adds to.
fn counted(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "prompt.opened" => "prompts.opened",
        "prompt.completed" => "prompts.completed",
        "journey.started" => "journeys.started",
        "journey.ended" => "journeys.ended",
        "journey.failed" => "journeys.failed",
        _ => return None,
    })
}

/// A number that grows along a person's line.
fn number(batch: &Batch, place: usize) -> i64 {
    ((batch.loaded + 1) << PLACE_BITS) + place as i64
}

fn message_row<'a>(steps: &mut Steps<'a>, work: &Work<'a>, message: &'a Message, json: &'a str) {
    steps.add(
        &MESSAGE_ADD,
        [
            work.part.into(),
            work.batch.person.into(),
            message.id.into(),
            message.urgent.into(),
            message.created_at.into(),
            json.into(),
        ],
    );
}

fn people<'a>(steps: &mut Steps<'a>, alive: &[(usize, &'a Work<'a>)]) {
    for (_, work) in alive {
        let (part, person) = (work.part, work.batch.person);
        if let Some(face) = &work.batch.face {
            if work.batch.loaded != 0 {
                steps.add(&LINE_FORWARD, [face.forwards_to.into(), part.into(), person.into()]);
            }
            let closed = face.forwards_to.is_some().into();
            let words = [&face.name, &face.birth_date, &face.site, &face.search].map(Into::into);
            let [name, birth_date, site, search] = words;
            steps.add(&FACE_PUT, [part.into(), person.into(), closed, name, birth_date, site, search]);
        }
        for row in &work.batch.resources {
            let key = [(&row.source).into(), (&row.kind).into(), (&row.id).into()];
            let [source, kind, id] = key;
            let (version, at, json) = (row.version.into(), row.at.into(), (&row.json).into());
            steps.add(&RESOURCE_PUT, [part.into(), person.into(), source, kind, id, version, at, json]);
        }
    }
}

fn care<'a>(
    steps: &mut Steps<'a>,
    alive: &[(usize, &'a Work<'a>)],
    versions: &BTreeMap<(String, Id), i64>,
) -> Result<()> {
    for (_, work) in alive {
        let (part, person) = (work.part, work.batch.person);
        for id in &work.batch.journeys_gone {
            steps.add(&JOURNEY_DROP, [part.into(), person.into(), (*id).into()]);
        }
        for row in &work.batch.journeys {
            let number = versions
                .get(&(row.pathway.clone(), row.version))
                .ok_or_else(|| Error::Engine("a pathway's version has no number".into()))?;
            let (ended_at, ended_why) = row.ended.as_ref().map(|(at, why)| (*at, why.as_str())).unzip();
            steps.add(
                &JOURNEY_PUT,
                [
                    part.into(),
                    person.into(),
                    row.id.into(),
                    row.status.name().into(),
                    (*number).into(),
                    row.next_due.into(),
                    row.started_at.into(),
                    ended_at.into(),
                    ended_why.into(),
                    (&row.step).into(),
                    (&row.episode).into(),
                    (&row.blob).into(),
                ],
            );
        }
        for (prompt, json) in work.batch.prompts.iter().zip(&work.coded.prompts) {
            steps.add(
                &PROMPT_PUT,
                [
                    part.into(),
                    person.into(),
                    prompt.id.into(),
                    prompt.status.is_open().into(),
                    prompt.urgent.into(),
                    prompt.due_at.into(),
                    prompt.opened_at.into(),
                    (&prompt.team).into(),
                    (&prompt.site).into(),
                    prompt.status.name().into(),
                    json.into(),
                ],
            );
        }
        for (n, trace) in work.batch.traces.iter().enumerate() {
            steps.add(
                &TRACE_ADD,
                [
                    part.into(),
                    person.into(),
                    trace.effect.into(),
                    number(work.batch, n).into(),
                    trace.at.into(),
                    trace.message.into(),
                    (&trace.code).into(),
                    (&trace.detail).into(),
                ],
            );
        }
    }
    Ok(())
}

/// Directory keys and handoffs. Keys go in the order of their place, the same for every lane, so
/// that two lanes that claim the same keys cannot lock each other out.
fn directory<'a>(steps: &mut Steps<'a>, alive: &[(usize, &'a Work<'a>)]) {
    let mut claims: Vec<(u16, Id, usize, bool, PersonId)> = Vec::new();
    for (n, (_, work)) in alive.iter().enumerate() {
        let person = work.batch.person;
        claims.extend(work.batch.claims.iter().map(|c| (c.key.part(), c.key, n, c.held, person)));
        for (n, json) in (0..).zip(&work.coded.handoffs) {
            steps.add(&HANDOFF_ADD, [work.part.into(), (work.handoff + n).into(), json.as_str().into()]);
        }
    }
    claims.sort_by_key(|(part, key, turn, ..)| (*part, *key, *turn));
    for (part, key, _, held, person) in claims {
        let sql = if held { &CLAIM } else { &UNCLAIM };
        steps.add(sql, [part.into(), key.into(), person.into()]);
    }
}

/// A message on its way to another status.
struct Move<'a> {
    part: u16,
    person: PersonId,
    id: MessageId,
    to: Status,
    at: Option<At>,
    error: Option<&'a str>,
    /// Taken back: only while it is queued.
    back: bool,
}

/// Withdraws and moves messages, each only where its status allows.
fn move_messages(session: &mut Session, alive: &[(usize, &Work<'_>)], counts: &mut Counts) -> Result<()> {
    let mut moves: Vec<Move<'_>> = Vec::new();
    for (_, work) in alive {
        let (part, person) = (work.part, work.batch.person);
        let at = work.batch.facts.last().map(|f| f.recorded_at);
        let withdrawn = work.batch.withdraw.iter();
        moves.extend(withdrawn.map(|id| Move {
            part,
            person,
            id: *id,
            to: Status::Withdrawn,
            at,
            error: None,
            back: true,
        }));
        let moved = work.batch.moved.iter();
        moves.extend(moved.map(|(id, to, at, error)| Move {
            part,
            person,
            id: *id,
            to: *to,
            at: Some(*at),
            error: error.as_deref(),
            back: false,
        }));
    }
    let mut ask = Steps::new();
    for step in &moves {
        ask.add(&MESSAGE_STATUS, [step.part.into(), step.person.into(), step.id.into()]);
    }
    let mut stands: BTreeMap<(PersonId, MessageId), (Status, bool)> = BTreeMap::new();
    session.query(&ask, |i, row| {
        stands.insert((moves[i].person, moves[i].id), (row.named(0, Status::named)?, row.int(1)? != 0));
        Ok(())
    })?;
    let mut steps = Steps::new();
    for Move { part, person, id, to, at, error, back } in moves {
        let Some((from, urgent)) = stands.get_mut(&(person, id)) else { continue };
        let may = if back { *from == Status::Queued } else { may_move(*from, to) };
        if !may {
            continue;
        }
        counts.stands(part, *from, *urgent, -1);
        counts.stands(part, to, *urgent, 1);
        *from = to;
        let (to, at, error) = (to.name().into(), at.into(), error.into());
        steps.add(&MESSAGE_MOVE, [to, at, error, part.into(), person.into(), id.into()]);
    }
    session.run(&steps).map(drop)
}

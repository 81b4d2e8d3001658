//! What sources sent that could not be read, kept so that it can be mended.
//!
//! Invariants: a source keeps at most [`ROWS_MAX`] rows and [`BYTES_MAX`] bytes, the oldest go first and are
//! counted (`refused.dropped`); the same content from the same source by the same door is one row that
//! counts; a row leaves the state `open` once. Written on the desk's connection, never by a lane.

use crate::driver::{Row, Session, Sql, Steps};
use crate::lane::COUNTER_ADD;
use crate::{Error, ParkedRow, Result, Store};
use model::{At, Id, Item, PARTS};

/// Rows of one source.
pub const ROWS_MAX: usize = 1_000;
/// Bytes of the bodies of one source, those that were mended too.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;
/// A larger body is not kept: only its place and its hash.
pub const BODY_MAX: usize = 256 * 1024;
/// Issues of one row that are kept, bytes as JSON.
const ISSUES_MAX: usize = 64 * 1024;
/// Rows that one read returns at most.
const LIST_MAX: usize = 10_000;
/// Rows dropped by one write at most; the next drops more.
const DROP_MAX: i64 = 64;

static ADD: Sql = Sql::new(
    "refused",
    "INSERT INTO refused (part, id, source, site, door, sender, first_at, at, times, bytes, state, state_at, state_by,
     note, cause, issues, body, mended, outcome)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, 'open', $10, '', '', $11, $12, $13, NULL, '')
     ON CONFLICT (part, id) DO UPDATE SET at = excluded.at, times = refused.times + 1, sender = excluded.sender,
     cause = excluded.cause, issues = excluded.issues",
);
static SUM: Sql = Sql::new(
    "refused",
    "SELECT COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM refused WHERE part = $1 AND source = $2",
);
static OLDEST: Sql = Sql::new(
    "refused",
    "SELECT id, bytes FROM refused WHERE part = $1 AND source = $2 AND id <> $3 ORDER BY at, id LIMIT $4",
);
static DROP: Sql = Sql::new("refused", "DELETE FROM refused WHERE part = $1 AND id = $2");
static LIST: Sql = Sql::new(
    "refused",
    "SELECT id, source, site, door, sender, first_at, at, times, bytes, state, state_at, state_by, note, cause, issues,
     outcome FROM refused WHERE part = $1 AND state = $2 ORDER BY at DESC, id LIMIT $3",
);
static GET: Sql = Sql::new(
    "refused",
    "SELECT id, source, site, door, sender, first_at, at, times, bytes, state, state_at, state_by, note, cause, issues,
     outcome, body, mended FROM refused WHERE part = $1 AND id = $2",
);
static SETTLE: Sql = Sql::new(
    "refused",
    "UPDATE refused SET state = $1, state_at = $2, state_by = $3, note = $4, mended = $5, outcome = $6,
     bytes = bytes + $7 WHERE part = $8 AND id = $9 AND state = 'open'",
);
static COUNTS: Sql =
    Sql::new("refused", "SELECT state, source, COUNT(*) FROM refused GROUP BY state, source ORDER BY state, source");
static PARKED_LIST: Sql = Sql::new(
    "parked",
    "SELECT part, seq, item, why, at, retry FROM parked WHERE part = $1 AND retry = $2 ORDER BY at DESC, seq DESC
     LIMIT $3",
);
static PARKED_GET: Sql =
    Sql::new("parked", "SELECT part, seq, item, why, at, retry FROM parked WHERE part = $1 AND seq = $2");
// Of two who hold one item that waits, the first alone finds it waiting.
static PARKED_HOLD: Sql =
    Sql::new("parked", "UPDATE parked SET retry = 0 WHERE part = $1 AND seq = $2 AND fact = $3 AND retry = $4");
static PARKED_DROP: Sql = Sql::new("parked", "DELETE FROM parked WHERE part = $1 AND seq = $2 AND fact = $3");

/// Where what was refused stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusedState {
    /// Somebody should look.
    Open,
    /// It was mended and sent in again.
    Mended,
    /// Somebody said why nothing is to be done.
    Dismissed,
}

impl RefusedState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Open, Self::Mended, Self::Dismissed];
    /// As written in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mended => "mended",
            Self::Dismissed => "dismissed",
        }
    }
    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// What a source sent and the door refused.
#[derive(Clone, Debug)]
pub struct Refusal<'a> {
    /// The source.
    pub source: &'a str,
    /// The site that it speaks for, or empty.
    pub site: &'a str,
    /// The door that it came by: `POST /fhir/R4`.
    pub door: &'a str,
    /// Name of the sender: an API key's name and public half, or `import`.
    pub sender: &'a str,
    /// When, on the care clock.
    pub at: At,
    /// What is alike in refusals of one cause: `value Patient.birthDate`.
    pub cause: &'a str,
    /// The issues as JSON.
    pub issues: &'a str,
    /// What was sent, whole.
    pub body: &'a [u8],
}

/// A row of what was refused, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// Hash of source, door and content, in the part of the source.
    pub id: Id,
    /// The source.
    pub source: String,
    /// The site that it speaks for, or empty.
    pub site: String,
    /// The door.
    pub door: String,
    /// The sender's name.
    pub sender: String,
    /// When it came first.
    pub first_at: At,
    /// When it came last.
    pub at: At,
    /// How often it came.
    pub times: i64,
    /// Bytes that are kept of it.
    pub bytes: i64,
    /// Where it stands.
    pub state: RefusedState,
    /// Since when.
    pub state_at: At,
    /// Who brought it there; empty while it is open.
    pub state_by: String,
    /// Why it was dismissed.
    pub note: String,
    /// What is alike in refusals of one cause.
    pub cause: String,
    /// The issues as JSON.
    pub issues: String,
    /// What came of the replay, as JSON; empty before.
    pub outcome: String,
}

/// A row with what was sent, and what was sent in again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedWhole {
    /// The row.
    pub row: RefusedRow,
    /// What was sent; `None` where it was too large to keep.
    pub body: Option<Vec<u8>>,
    /// What was sent in again.
    pub mended: Option<Vec<u8>>,
}

/// How a row is settled.
#[derive(Clone, Debug)]
pub struct Settlement<'a> {
    /// Where it comes to stand.
    pub state: RefusedState,
    /// When.
    pub at: At,
    /// By whom.
    pub by: &'a str,
    /// Why.
    pub note: &'a str,
    /// What was sent in again, if anything.
    pub mended: Option<&'a [u8]>,
    /// What came of it, as JSON.
    pub outcome: &'a str,
}

/// The part that a source's rows lie in.
fn home(source: &str) -> Id {
    Id::of(&[b"refused", source.as_bytes()])
}

impl Store {
    /// Keeps what was refused, or counts it when the very same is there; then lets the oldest of that source go
    /// as far as its bounds ask. The row's id.
    pub fn refuse(&self, refusal: &Refusal<'_>) -> Result<Id> {
        let content = Id::of(&[refusal.source.as_bytes(), refusal.door.as_bytes(), refusal.body]);
        let id = content.beside(home(refusal.source));
        let kept = (refusal.body.len() <= BODY_MAX).then_some(refusal.body);
        let issues = if refusal.issues.len() <= ISSUES_MAX { refusal.issues } else { "[]" };
        let bytes = (kept.map_or(0, <[u8]>::len) + issues.len()) as i64;
        let mut add = Steps::new();
        add.add(
            &ADD,
            [
                id.part().into(),
                id.into(),
                refusal.source.into(),
                refusal.site.into(),
                refusal.door.into(),
                refusal.sender.into(),
                refusal.at.into(),
                refusal.at.into(),
                bytes.into(),
                refusal.at.into(),
                refusal.cause.into(),
                issues.into(),
                kept.into(),
            ],
        );
        self.desk().write(|session| {
            session.run(&add)?;
            make_room(session, refusal.source, id)
        })?;
        Ok(id)
    }

    /// Rows of a state, the one that came last first.
    pub fn refused(&self, state: RefusedState, limit: usize) -> Result<Vec<RefusedRow>> {
        let limit = limit.min(LIST_MAX);
        let mut steps = Steps::new();
        (0..PARTS).for_each(|part| steps.add(&LIST, [part.into(), state.name().into(), (limit as i64).into()]));
        let mut found: Vec<RefusedRow> = Vec::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                found.push(read_row(row)?);
                Ok(())
            })
        })?;
        found.sort_by_key(|r| (std::cmp::Reverse(r.at), r.id));
        found.truncate(limit);
        Ok(found)
    }

    /// One row, whole.
    pub fn refused_one(&self, id: Id) -> Result<Option<RefusedWhole>> {
        self.reading(|session| {
            session.first(&GET, [id.part().into(), id.into()], |row| {
                let bytes = |i| Ok::<_, Error>(row.opt_bytes(i)?.map(<[u8]>::to_vec));
                Ok(RefusedWhole { row: read_row(row)?, body: bytes(16)?, mended: bytes(17)? })
            })
        })
    }

    /// How many there are by state and source.
    pub fn refused_counts(&self) -> Result<Vec<(RefusedState, String, i64)>> {
        self.reading(|session| {
            session.rows(&COUNTS, [], |row| Ok((row.named(0, RefusedState::named)?, row.string(1)?, row.int(2)?)))
        })
    }

    /// Settles an open row; whether it was open.
    pub fn refused_settle(&self, id: Id, how: &Settlement<'_>) -> Result<bool> {
        let more = how.mended.map_or(0, <[u8]>::len) as i64;
        let steps = Steps::one(
            &SETTLE,
            [
                how.state.name().into(),
                how.at.into(),
                how.by.into(),
                how.note.into(),
                how.mended.into(),
                how.outcome.into(),
                more.into(),
                id.part().into(),
                id.into(),
            ],
        );
        Ok(self.desk().write(|session| session.run(&steps))?.contains(&1))
    }

    /// Items that were set aside, newest first: those that match nobody yet, or those whose turn failed.
    pub fn set_aside(&self, failed: bool, limit: usize) -> Result<Vec<ParkedRow>> {
        let limit = limit.min(LIST_MAX);
        let mut steps = Steps::new();
        (0..PARTS).for_each(|part| steps.add(&PARKED_LIST, [part.into(), (!failed).into(), (limit as i64).into()]));
        let mut found: Vec<ParkedRow> = Vec::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                found.push(parked_row(row)?);
                Ok(())
            })
        })?;
        found.sort_by_key(|r| (std::cmp::Reverse(r.at), r.part, std::cmp::Reverse(r.seq)));
        found.truncate(limit);
        Ok(found)
    }

    /// One item that was set aside.
    pub fn set_aside_one(&self, part: u16, seq: i64) -> Result<Option<ParkedRow>> {
        self.reading(|session| session.first(&PARKED_GET, [part.into(), seq.into()], parked_row))
    }

    /// Keeps an item that was set aside from being tried again by itself, while somebody takes it on; whether it
    /// stands as `row` was read: one that waits is held by one alone.
    pub fn set_aside_hold(&self, row: &ParkedRow) -> Result<bool> {
        let waits = i64::from(!row.failed);
        let steps = Steps::one(&PARKED_HOLD, [row.part.into(), row.seq.into(), row.item.fact.id.into(), waits.into()]);
        Ok(self.desk().write(|session| session.run(&steps))?.contains(&1))
    }

    /// Drops an item that was set aside, once it came in anew or was dismissed; whether it was there.
    pub fn set_aside_drop(&self, row: &ParkedRow) -> Result<bool> {
        let steps = Steps::one(&PARKED_DROP, [row.part.into(), row.seq.into(), row.item.fact.id.into()]);
        Ok(self.desk().write(|session| session.run(&steps))?.contains(&1))
    }
}

/// Lets the oldest of a source go until its bounds hold; `newest` stays.
fn make_room(session: &mut Session, source: &str, newest: Id) -> Result<()> {
    let part = newest.part();
    let (rows, bytes) =
        session.first(&SUM, [part.into(), source.into()], |row| Ok((row.int(0)?, row.int(1)?)))?.unwrap_or_default();
    let (mut rows, mut bytes) = (rows - ROWS_MAX as i64, bytes - BYTES_MAX as i64);
    if rows <= 0 && bytes <= 0 {
        return Ok(());
    }
    let oldest = session
        .rows(&OLDEST, [part.into(), source.into(), newest.into(), DROP_MAX.into()], |r| Ok((r.id(0)?, r.int(1)?)))?;
    let (mut steps, mut dropped) = (Steps::new(), 0_i64);
    for (id, size) in oldest {
        if rows <= 0 && bytes <= 0 {
            break;
        }
        steps.add(&DROP, [part.into(), id.into()]);
        (rows, bytes, dropped) = (rows - 1, bytes - size, dropped + 1);
    }
    steps.add(&COUNTER_ADD, [part.into(), "refused.dropped".into(), dropped.into()]);
    session.run(&steps).map(drop)
}

fn read_row(row: &Row<'_>) -> Result<RefusedRow> {
    Ok(RefusedRow {
        id: row.id(0)?,
        source: row.string(1)?,
        site: row.string(2)?,
        door: row.string(3)?,
        sender: row.string(4)?,
        first_at: row.at(5)?,
        at: row.at(6)?,
        times: row.int(7)?,
        bytes: row.int(8)?,
        state: row.named(9, RefusedState::named)?,
        state_at: row.at(10)?,
        state_by: row.string(11)?,
        note: row.string(12)?,
        cause: row.string(13)?,
        issues: row.string(14)?,
        outcome: row.string(15)?,
    })
}

pub(crate) fn parked_row(row: &Row<'_>) -> Result<ParkedRow> {
    let item: Item = row.json(2)?;
    let failed = row.int(5)? == 0;
    Ok(ParkedRow { part: row.part(0)?, seq: row.int(1)?, item, why: row.string(3)?, at: row.at(4)?, failed })
}

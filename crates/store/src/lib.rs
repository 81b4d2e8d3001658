//! The only crate with SQL: embedded SQLite or the PostgreSQL family, one conformance suite.
//!
//! Rows live in parts (fixed hash ranges), the part first in every key. A [`Lane`] owns the inbox,
//! lines and outbox of a set of parts; everything that a turn writes goes through its
//! [`Lane::commit`], one transaction for all turns that wait. [`Store`] reads, and keeps the small
//! things of the desk (accounts, keys, sessions, the access log).
//!
//! Invariants: a write is fenced by the epoch of its part, so a lane that was taken by another writes
//! nothing more; a line moves from version to version without gaps; an item that was accepted is
//! waiting, parked or consumed, never two of them; a message's status moves forward only
//! ([`may_move`]). Rows never refer across parts. A directory key is the one row that a lane writes
//! outside its parts: a single-row insert that keeps the first holder.
//!
//! Deliberately absent: any decision about people, time and randomness (ids and times are
//! arguments), foreign keys, advisory locks, LISTEN/NOTIFY, SKIP LOCKED and data-modifying CTEs
//! (the distributed members of the PostgreSQL family do without).

mod bulk;
mod change;
mod desk;
mod driver;
mod find;
mod flow;
mod lane;
mod place;
mod reads;
mod refused;
mod rows;
mod schema;
mod shadow;
mod unread;
mod worklist;

pub use bulk::{BulkRow, HOUR_MS, HeldRow};
pub use change::{ChangeRow, ORDERS_MAX, ORDERS_RESERVED, Progress};
pub use flow::{HereRow, Passed, Standing, VersionRow};
pub use lane::{Claimed, Hold, Lane, Mark, OpenCall, Room, Unsure, held_key, may_move};
pub use place::InLine;
pub use refused::{BODY_MAX, BYTES_MAX, ROWS_MAX, Refusal, RefusedRow, RefusedState, RefusedWhole, Settlement};
pub use schema::SCHEMA;
pub use shadow::{SHADOW_ROWS_MAX, WouldRow};
pub use unread::{UNREAD_MAX, Unread};
pub use worklist::{ClosedPrompt, WaitingPrompt};

use driver::{Session, postgres, sqlite};
use model::prompt::Prompt;
use model::{At, Item, JourneyRow, PARTS, PersonId};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine said no.
    #[error("store: {0}")]
    Engine(String),
    /// The store was written by a newer Throughline, or not migrated.
    #[error("store: {0}")]
    Schema(String),
    /// The lane was taken by another writer: this one may write no more.
    #[error("store: the lane belongs to another writer now")]
    LaneLost,
    /// The engine asks to run the transaction again. It is, some times; seen only inside this crate.
    #[doc(hidden)]
    #[error("store: {0}")]
    Again(String),
    /// A row does not read as what it should be.
    #[error("store: damaged row in {table}: {why}")]
    Damaged {
        /// Table.
        table: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Where the store is.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file of embedded SQLite.
    Sqlite(std::path::PathBuf),
    /// A PostgreSQL connection string and how many lanes (connections that write) to use.
    Postgres {
        /// `host=127.0.0.1 user=… dbname=…` or a `postgres://` URL.
        url: String,
        /// Lanes, 1 to 64; a divisor of 64.
        lanes: u16,
    },
}

/// A store. Cheap to clone; reads may be called from any thread and block it: call them from a
/// blocking thread.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    lanes: u16,
    version: String,
    /// Idle connections that read.
    readers: Mutex<Readers>,
    reader_back: Condvar,
    /// The connection that the desk writes with.
    desk: Mutex<Session>,
    /// Tells entries of the access log of one millisecond apart.
    nonce: AtomicI64,
}

enum Engine {
    Sqlite(Arc<sqlite::Shared>),
    Postgres(String),
}

#[derive(Default)]
struct Readers {
    idle: Vec<Session>,
    made: usize,
}

/// Connections that read at once.
const READERS_MAX: usize = 4;

/// An inbox item that waits for its turn.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Part.
    pub part: u16,
    /// Number in that part's inbox.
    pub seq: i64,
    /// The item.
    pub item: Item,
    /// Whose line the directory says it is, following forwards of merged lines.
    pub person: Option<PersonId>,
}

/// A line as stored.
#[derive(Clone, Debug)]
pub struct LineRow {
    /// Whose.
    pub person: PersonId,
    /// Version; 0 when there is no such line yet.
    pub version: i64,
    /// State blob.
    pub state: Option<Vec<u8>>,
    /// Active journeys, and ended ones without their blob (to know what was once).
    pub journeys: Vec<JourneyRow>,
    /// Prompts that are open or acknowledged.
    pub prompts: Vec<Prompt>,
    /// Set when the line was closed by a merge.
    pub forwards_to: Option<PersonId>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Written.
    Written,
    /// The part is another's now, or the line moved on: nothing of it was written.
    Stale,
}

/// A person in a list.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// ISO date or empty.
    pub birth_date: String,
    /// Facility.
    pub site: String,
}

/// An item that could not be taken: parked (matches nobody yet) or refused (its turn failed).
#[derive(Clone, Debug)]
pub struct ParkedRow {
    /// Part.
    pub part: u16,
    /// Number.
    pub seq: i64,
    /// The item.
    pub item: Item,
    /// Why.
    pub why: String,
    /// Since when.
    pub at: At,
    /// Whether its turn failed (or somebody has taken it on); else it matches nobody yet and is tried again.
    pub failed: bool,
}

/// A staff account, an API key, a session, a setting: small things of the desk, by kind and key.
#[derive(Clone, Debug)]
pub struct DeskRow {
    /// `account`, `api_key`, `session`, `pathway`, `setting`.
    pub kind: String,
    /// Key within the kind.
    pub key: String,
    /// JSON.
    pub json: String,
    /// When it was written, machine's clock.
    pub at: At,
}

/// An entry of the access log: who saw or changed whom.
#[derive(Clone, Debug)]
pub struct AccessRow {
    /// When, machine's clock.
    pub at: At,
    /// Account or API key name.
    pub who: String,
    /// `saw`, `recorded`, `added task`.
    pub what: String,
    /// Whom.
    pub person: Option<PersonId>,
    /// Path or prompt.
    pub detail: String,
}

/// Which entries of the access log to read.
#[derive(Clone, Debug)]
pub struct AccessAsked {
    /// Only about this person.
    pub person: Option<PersonId>,
    /// Only by this account or key; looked at when no person is named.
    pub who: Option<String>,
    /// From this instant.
    pub from: At,
    /// To this instant, which is within.
    pub until: At,
    /// Only entries before this one: its time and number.
    pub before: Option<(At, i64)>,
}

/// Which open prompts to list.
#[derive(Clone, Debug, Default)]
pub struct PromptFilter {
    /// Only these teams; empty for all.
    pub teams: Vec<String>,
    /// Only these sites; empty for all.
    pub sites: Vec<String>,
}

impl Engine {
    fn connect(&self, write: bool) -> Result<Session> {
        match self {
            Self::Sqlite(shared) => {
                let r#use = if write { sqlite::Use::Write } else { sqlite::Use::Read };
                shared.connect(r#use).map(Session::Sqlite)
            }
            Self::Postgres(url) => Ok(Session::Postgres(Box::new(postgres::Postgres::connect(url)?))),
        }
    }
}

impl Store {
    /// Opens it, and makes or migrates the schema when `migrate` is set; otherwise a store of
    /// another version is an error that says what to run.
    pub fn open(location: &Location, migrate: bool) -> Result<Self> {
        Self::open_at(location, migrate, SCHEMA)
    }

    /// Opens it at an older schema: only for tests of migrations.
    #[doc(hidden)]
    pub fn open_at(location: &Location, migrate: bool, schema: i64) -> Result<Self> {
        let (engine, lanes) = match location {
            Location::Sqlite(path) => (Engine::Sqlite(sqlite::Shared::open(path)?), 1),
            Location::Postgres { url, lanes } => (Engine::Postgres(url.clone()), *lanes),
        };
        if lanes == 0 || lanes > PARTS || !PARTS.is_multiple_of(lanes) {
            return Err(Error::Engine(format!("{lanes} lanes: a divisor of {PARTS} is needed")));
        }
        let mut desk = engine.connect(true)?;
        schema::bring_to(&mut desk, migrate, schema)?;
        find::fill(&mut desk, schema)?;
        let version = schema::engine_version(&mut desk)?;
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                lanes,
                version,
                readers: Mutex::new(Readers::default()),
                reader_back: Condvar::new(),
                desk: Mutex::new(desk),
                nonce: AtomicI64::new(0),
            }),
        })
    }

    /// `sqlite` or `postgres`, and the engine's version.
    pub fn engine(&self) -> (String, String) {
        let name = match self.inner.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
        };
        (name.to_owned(), self.inner.version.clone())
    }
    /// How many lanes.
    pub fn lanes(&self) -> u16 {
        self.inner.lanes
    }
    /// The lane of a part. Lanes are ranges of parts.
    pub fn lane_of(&self, part: u16) -> u16 {
        (part % PARTS) / (PARTS / self.inner.lanes)
    }
    /// Takes a lane: a new epoch for each of its parts, so that whoever had it can write no more.
    pub fn take_lane(&self, lane: u16) -> Result<Lane> {
        if lane >= self.inner.lanes {
            return Err(Error::Engine(format!("there is no lane {lane}")));
        }
        let parts = PARTS / self.inner.lanes;
        Lane::take(self.inner.engine.connect(true)?, lane, lane * parts, parts)
    }
    /// Size of the write-ahead log; `None` where the engine keeps its own.
    pub fn wal_bytes(&self) -> Option<u64> {
        match &self.inner.engine {
            Engine::Sqlite(shared) => Some(shared.wal_bytes()),
            Engine::Postgres(_) => None,
        }
    }

    /// Runs `work` on a connection that reads; waits for one when all are busy.
    fn reading<T>(&self, work: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        let mut readers = guard(&self.inner.readers);
        let mut session = loop {
            if let Some(session) = readers.idle.pop() {
                drop(readers);
                break session;
            }
            if readers.made < READERS_MAX {
                readers.made += 1;
                drop(readers);
                match self.inner.engine.connect(false) {
                    Ok(session) => break session,
                    Err(e) => {
                        guard(&self.inner.readers).made -= 1;
                        self.inner.reader_back.notify_one();
                        return Err(e);
                    }
                }
            }
            readers = self.inner.reader_back.wait(readers).unwrap_or_else(PoisonError::into_inner);
        };
        let mut lent = Lent { inner: &self.inner, session: None };
        let done = work(&mut session);
        lent.session = Some(session);
        done
    }

    fn desk(&self) -> MutexGuard<'_, Session> {
        guard(&self.inner.desk)
    }

    fn nonce(&self) -> i64 {
        self.inner.nonce.fetch_add(1, Ordering::Relaxed)
    }
}

/// A connection that is out reading. It goes back even when the read panics: then it is thrown away
/// and another may be made.
struct Lent<'a> {
    inner: &'a Inner,
    session: Option<Session>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut readers = guard(&self.inner.readers);
        match self.session.take() {
            Some(session) => readers.idle.push(session),
            None => readers.made -= 1,
        }
        drop(readers);
        self.inner.reader_back.notify_one();
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Embedded SQLite: WAL, `synchronous=FULL`, 8 KiB pages, one write gate in the process.

use super::{Cells, Row, Sql, Steps, Val};
use crate::{Error, Result};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// The oldest SQLite that is accepted (3.51.3): older ones can corrupt a WAL database when a
/// checkpoint meets a write.
const VERSION_LEAST: i32 = 3_051_003;
/// Statements kept prepared on a connection.
const STATEMENTS_MAX: usize = 128;
/// How long a connection waits for a lock that another process holds.
const BUSY_MS: u64 = 10_000;
/// The write-ahead log is brought home when it is larger than this.
const WAL_CHECKPOINT_BYTES: u64 = 16 << 20;
/// The file of the write-ahead log is cut back to this when it starts anew.
const WAL_KEPT_BYTES: u64 = 64 << 20;
/// Page cache of a connection that writes, in KiB.
const CACHE_WRITER_KIB: i64 = 65_536;
/// Page cache of a connection that reads, in KiB.
const CACHE_READER_KIB: i64 = 8_192;

/// What the connections of one file share.
pub(crate) struct Shared {
    path: PathBuf,
    /// Held by whoever writes, so that writers queue here and do not sleep in SQLite's busy handler.
    gate: Arc<Mutex<()>>,
    checkpoint: SyncSender<()>,
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Write,
    Read,
}

impl Shared {
    /// Prepares the file for its first connection and starts the thread that brings the log home.
    pub(crate) fn open(path: &Path) -> Result<Arc<Self>> {
        if rusqlite::version_number() < VERSION_LEAST {
            return Err(Error::Engine(format!("SQLite 3.51.3 or newer is needed, this is {}", rusqlite::version())));
        }
        private(path)?;
        let first = Connection::open(path).map_err(said)?;
        first.execute_batch("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;").map_err(said)?;
        let (checkpoint, asked) = sync_channel(1);
        let gate = Arc::new(Mutex::new(()));
        let (home, home_gate) = (path.to_owned(), gate.clone());
        std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || bring_home(&home, &home_gate, &asked))
            .map_err(|e| Error::Engine(e.to_string()))?;
        Ok(Arc::new(Self { path: path.to_owned(), gate, checkpoint }))
    }

    pub(crate) fn connect(self: &Arc<Self>, r#use: Use) -> Result<Sqlite> {
        let flags = match r#use {
            Use::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            Use::Read => OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        };
        let connection = Connection::open_with_flags(&self.path, flags).map_err(said)?;
        let cache = if r#use == Use::Write { CACHE_WRITER_KIB } else { CACHE_READER_KIB };
        connection
            .execute_batch(&format!(
                "PRAGMA synchronous = FULL; PRAGMA busy_timeout = {BUSY_MS}; PRAGMA wal_autocheckpoint = 0;
                 PRAGMA journal_size_limit = {WAL_KEPT_BYTES}; PRAGMA cache_size = -{cache}; PRAGMA temp_store = MEMORY;"
            ))
            .map_err(said)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Ok(Sqlite { connection, shared: self.clone() })
    }

    /// How large the write-ahead log is.
    pub(crate) fn wal_bytes(&self) -> u64 {
        std::fs::metadata(wal(&self.path)).map_or(0, |m| m.len())
    }
}

/// Makes the file, if there is none, readable by its owner only: SQLite gives its log the same rights.
fn private(path: &Path) -> Result<()> {
    let mut how = std::fs::OpenOptions::new();
    how.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
    match how.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(Error::Engine(format!("{}: {e}", path.display()))),
    }
}

fn wal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Brings the write-ahead log home off the writer's path: most of it while others write, the rest
/// with the gate shut, so that the log ends up empty and starts anew.
fn bring_home(path: &Path, gate: &Mutex<()>, asked: &Receiver<()>) {
    let connection = match Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE) {
        Ok(connection) => connection,
        Err(e) => {
            tracing::error!(error.message = %e, "the write-ahead log cannot be brought home");
            return;
        }
    };
    let passive = || connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    while asked.recv().is_ok() {
        let done = passive().and_then(|()| {
            let _shut = gate.lock().unwrap_or_else(PoisonError::into_inner);
            passive()
        });
        if let Err(e) = done {
            tracing::warn!(error.message = %e, "a checkpoint failed and is tried again later");
        }
    }
}

/// A connection.
pub(crate) struct Sqlite {
    connection: Connection,
    shared: Arc<Shared>,
}

pub(crate) fn said(e: rusqlite::Error) -> Error {
    Error::Engine(e.to_string())
}

impl ToSql for Val<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Val::Null => ValueRef::Null,
            Val::Int(v) => ValueRef::Integer(*v),
            Val::Text(v) => ValueRef::Text(v.as_bytes()),
            Val::Bytes(v) => ValueRef::Blob(v),
            Val::Id(v) => ValueRef::Blob(v),
        }))
    }
}

impl Sqlite {
    pub(crate) fn gate(&self) -> Arc<Mutex<()>> {
        self.shared.gate.clone()
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(said)?;
        if sql == "COMMIT" && self.shared.wal_bytes() > WAL_CHECKPOINT_BYTES {
            match self.shared.checkpoint.try_send(()) {
                Ok(()) | Err(TrySendError::Full(())) => {}
                Err(TrySendError::Disconnected(())) => tracing::warn!("nobody brings the write-ahead log home"),
            }
        }
        Ok(())
    }

    /// Runs `with` for each step, with its statement bound; one that follows its like is not looked
    /// up again.
    fn each(
        &self,
        steps: &Steps<'_>,
        mut with: impl FnMut(usize, &'static Sql, &mut rusqlite::CachedStatement<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut ready: Option<(&'static Sql, rusqlite::CachedStatement<'_>)> = None;
        for (i, (sql, vals)) in steps.iter().enumerate() {
            if ready.as_ref().is_none_or(|(last, _)| !std::ptr::eq(*last, sql)) {
                ready = Some((sql, self.connection.prepare_cached(sql.text).map_err(said)?));
            }
            let Some((_, statement)) = &mut ready else { continue };
            debug_assert_eq!(statement.parameter_count(), vals.len(), "{}", sql.text);
            for (n, val) in vals.iter().enumerate() {
                debug_assert_eq!(
                    statement.parameter_name(n + 1),
                    Some(format!("${}", n + 1).as_str()),
                    "parameters appear in their order: {}",
                    sql.text
                );
                statement.raw_bind_parameter(n + 1, val).map_err(said)?;
            }
            with(i, sql, statement)?;
        }
        Ok(())
    }

    pub(crate) fn run(&mut self, steps: &Steps<'_>) -> Result<Vec<u64>> {
        let mut changed = Vec::with_capacity(steps.len());
        self.each(steps, |_, _, statement| {
            changed.push(statement.raw_execute().map_err(said)? as u64);
            Ok(())
        })?;
        Ok(changed)
    }

    pub(crate) fn query(
        &mut self,
        steps: &Steps<'_>,
        each: &mut dyn FnMut(usize, &Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.each(steps, |i, sql, statement| {
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(said)? {
                each(i, &Row { cells: Cells::Sqlite(row), table: sql.table })?;
            }
            Ok(())
        })
    }
}

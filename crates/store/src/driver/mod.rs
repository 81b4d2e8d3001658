//! One statement, two engines: values, rows, steps and the session that runs them.
//!
//! A statement is written once with `$1` to `$n`, first used in that order: PostgreSQL numbers by
//! name, SQLite by first appearance. Steps are handed over together: PostgreSQL gets them in one
//! pipeline, SQLite one after the other through cached statements.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use crate::{Error, Result};
use model::{At, EffectId, FactId, Id, JourneyId, MessageId, PersonId, PromptId};
use std::borrow::Cow;

/// A statement, and the table it is about (to name it when a row is damaged).
#[derive(Debug)]
pub(crate) struct Sql {
    pub table: &'static str,
    pub text: &'static str,
}

impl Sql {
    pub(crate) const fn new(table: &'static str, text: &'static str) -> Self {
        Self { table, text }
    }
}

/// A parameter.
#[derive(Clone, Debug)]
pub(crate) enum Val<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    Id([u8; 16]),
}

macro_rules! from {
    ($($from:ty => $with:expr),* $(,)?) => {$(
        impl<'a> From<$from> for Val<'a> {
            fn from(v: $from) -> Self { ($with)(v) }
        }
    )*};
}
from! {
    i64 => Val::Int,
    u16 => |v| Val::Int(i64::from(v)),
    bool => |v| Val::Int(i64::from(v)),
    At => |v: At| Val::Int(v.0),
    Id => |v: Id| Val::Id(v.bytes()),
    PersonId => |v: PersonId| Val::Id(v.0.bytes()),
    FactId => |v: FactId| Val::Id(v.0.bytes()),
    JourneyId => |v: JourneyId| Val::Id(v.0.bytes()),
    EffectId => |v: EffectId| Val::Id(v.0.bytes()),
    MessageId => |v: MessageId| Val::Id(v.0.bytes()),
    PromptId => |v: PromptId| Val::Id(v.0.bytes()),
    String => |v| Val::Text(Cow::Owned(v)),
    &'a str => |v| Val::Text(Cow::Borrowed(v)),
    &'a String => |v: &'a String| Val::Text(Cow::Borrowed(v.as_str())),
    &'a [u8] => |v| Val::Bytes(Cow::Borrowed(v)),
    &'a Vec<u8> => |v: &'a Vec<u8>| Val::Bytes(Cow::Borrowed(v.as_slice())),
}
impl<'a, T: Into<Val<'a>>> From<Option<T>> for Val<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(Val::Null, Into::into)
    }
}

/// Statements with their parameters, in the order they are to run.
#[derive(Default)]
pub(crate) struct Steps<'a> {
    vals: Vec<Val<'a>>,
    steps: Vec<(&'static Sql, usize)>,
}

impl<'a> Steps<'a> {
    pub(crate) fn new() -> Self {
        Self { vals: Vec::new(), steps: Vec::new() }
    }
    pub(crate) fn one<const N: usize>(sql: &'static Sql, vals: [Val<'a>; N]) -> Self {
        let mut steps = Self::new();
        steps.add(sql, vals);
        steps
    }
    pub(crate) fn add<const N: usize>(&mut self, sql: &'static Sql, vals: [Val<'a>; N]) {
        self.vals.extend(vals);
        self.steps.push((sql, self.vals.len()));
    }
    pub(crate) fn extend<'b: 'a>(&mut self, more: Steps<'b>) {
        let from = self.vals.len();
        self.vals.extend(more.vals);
        self.steps.extend(more.steps.into_iter().map(|(sql, to)| (sql, from + to)));
    }
    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
    /// Each statement with its parameters.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static Sql, &[Val<'a>])> {
        let mut from = 0;
        self.steps.iter().map(move |(sql, to)| {
            let vals = &self.vals[from..*to];
            from = *to;
            (*sql, vals)
        })
    }
}

/// A row being read.
pub(crate) enum Cells<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

/// A row of a statement.
pub(crate) struct Row<'r> {
    pub cells: Cells<'r>,
    pub table: &'static str,
}

impl Row<'_> {
    fn damaged(&self, why: impl ToString) -> Error {
        Error::Damaged { table: self.table, why: why.to_string() }
    }
    pub(crate) fn opt_int(&self, i: usize) -> Result<Option<i64>> {
        match &self.cells {
            Cells::Sqlite(row) => row.get(i).map_err(|e| self.damaged(e)),
            Cells::Postgres(row) => {
                row.try_get::<_, Option<postgres::AnyInt>>(i).map(|v| v.map(|v| v.0)).map_err(|e| self.damaged(e))
            }
        }
    }
    pub(crate) fn int(&self, i: usize) -> Result<i64> {
        self.opt_int(i)?.ok_or_else(|| self.damaged(format!("column {i} is null")))
    }
    pub(crate) fn opt_text(&self, i: usize) -> Result<Option<&str>> {
        match &self.cells {
            Cells::Sqlite(row) => {
                row.get_ref(i).map_err(|e| self.damaged(e))?.as_str_or_null().map_err(|e| self.damaged(e))
            }
            Cells::Postgres(row) => row.try_get(i).map_err(|e| self.damaged(e)),
        }
    }
    pub(crate) fn text(&self, i: usize) -> Result<&str> {
        self.opt_text(i)?.ok_or_else(|| self.damaged(format!("column {i} is null")))
    }
    pub(crate) fn string(&self, i: usize) -> Result<String> {
        self.text(i).map(str::to_owned)
    }
    pub(crate) fn opt_bytes(&self, i: usize) -> Result<Option<&[u8]>> {
        match &self.cells {
            Cells::Sqlite(row) => {
                row.get_ref(i).map_err(|e| self.damaged(e))?.as_blob_or_null().map_err(|e| self.damaged(e))
            }
            Cells::Postgres(row) => row.try_get(i).map_err(|e| self.damaged(e)),
        }
    }
    pub(crate) fn bytes(&self, i: usize) -> Result<&[u8]> {
        self.opt_bytes(i)?.ok_or_else(|| self.damaged(format!("column {i} is null")))
    }
    pub(crate) fn opt_id(&self, i: usize) -> Result<Option<Id>> {
        let Some(bytes) = self.opt_bytes(i)? else { return Ok(None) };
        Id::from_bytes(bytes).map(Some).ok_or_else(|| self.damaged(format!("column {i} is no id")))
    }
    pub(crate) fn id(&self, i: usize) -> Result<Id> {
        Id::from_bytes(self.bytes(i)?).ok_or_else(|| self.damaged(format!("column {i} is no id")))
    }
    pub(crate) fn person(&self, i: usize) -> Result<PersonId> {
        self.id(i).map(PersonId)
    }
    pub(crate) fn at(&self, i: usize) -> Result<At> {
        self.int(i).map(At)
    }
    pub(crate) fn part(&self, i: usize) -> Result<u16> {
        u16::try_from(self.int(i)?).map_err(|e| self.damaged(e))
    }
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, i: usize) -> Result<T> {
        // The error's own words may quote the row.
        serde_json::from_str(self.text(i)?)
            .map_err(|e| self.damaged(format!("JSON of column {i}: {:?} at byte {}", e.classify(), e.column())))
    }
    pub(crate) fn named<T>(&self, i: usize, named: impl Fn(&str) -> Option<T>) -> Result<T> {
        let name = self.text(i)?;
        named(name).ok_or_else(|| self.damaged(format!("column {i} has no known name")))
    }
}

/// A connection.
pub(crate) enum Session {
    Sqlite(sqlite::Sqlite),
    Postgres(Box<postgres::Postgres>),
}

/// How often a transaction that the engine asks to retry (SQLSTATE 40001, 40P01) is tried.
pub(crate) const TRIES_MAX: usize = 8;

impl Session {
    /// Runs `work` in one durable transaction. `work` may run again when the engine asks for it, so
    /// it must not change what it captured before it is sure.
    pub(crate) fn write<T>(&mut self, mut work: impl FnMut(&mut Self) -> Result<T>) -> Result<T> {
        match self {
            Self::Sqlite(sqlite) => {
                let gate = sqlite.gate();
                let _open = gate.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                sqlite.batch("BEGIN IMMEDIATE")?;
                self.finish(work)
            }
            Self::Postgres(_) => {
                let mut tries = 1;
                loop {
                    self.postgres_begin("BEGIN")?;
                    match self.finish(&mut work) {
                        Err(Error::Again(_)) if tries < TRIES_MAX => tries += 1,
                        Err(Error::Again(why)) => return Err(Error::Engine(why)),
                        other => return other,
                    }
                }
            }
        }
    }

    /// Runs `work` over one snapshot.
    pub(crate) fn read<T>(&mut self, mut work: impl FnMut(&mut Self) -> Result<T>) -> Result<T> {
        match self {
            Self::Sqlite(sqlite) => sqlite.batch("BEGIN")?,
            Self::Postgres(_) => self.postgres_begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?,
        }
        self.finish(&mut work)
    }

    fn postgres_begin(&mut self, how: &'static str) -> Result<()> {
        let Self::Postgres(postgres) = self else { return Ok(()) };
        postgres.begin(how)
    }

    fn finish<T>(&mut self, mut work: impl FnMut(&mut Self) -> Result<T>) -> Result<T> {
        let done = work(self).and_then(|out| self.batch("COMMIT").map(|()| out));
        if done.is_err()
            && let Err(e) = self.batch("ROLLBACK")
        {
            tracing::debug!(error.message = %e, "a transaction that failed could not be rolled back");
        }
        done
    }

    /// Begins the transaction at once, before plain SQL.
    pub(crate) fn start(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(postgres) => postgres.begin_now(),
        }
    }

    /// Runs plain SQL without parameters.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(sqlite) => sqlite.batch(sql),
            Self::Postgres(postgres) => postgres.batch(sql),
        }
    }

    /// Runs the steps in order; how many rows each changed.
    pub(crate) fn run(&mut self, steps: &Steps<'_>) -> Result<Vec<u64>> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Sqlite(sqlite) => sqlite.run(steps),
            Self::Postgres(postgres) => postgres.run(steps),
        }
    }

    /// Runs the steps in order; `each` gets the step's place and a row.
    pub(crate) fn query(
        &mut self,
        steps: &Steps<'_>,
        mut each: impl FnMut(usize, &Row<'_>) -> Result<()>,
    ) -> Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        match self {
            Self::Sqlite(sqlite) => sqlite.query(steps, &mut each),
            Self::Postgres(postgres) => postgres.query(steps, &mut each),
        }
    }

    /// The rows of one statement.
    pub(crate) fn rows<T, const N: usize>(
        &mut self,
        sql: &'static Sql,
        vals: [Val<'_>; N],
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut out = Vec::new();
        self.query(&Steps::one(sql, vals), |_, row| {
            out.push(read(row)?);
            Ok(())
        })?;
        Ok(out)
    }

    /// The first row of one statement.
    pub(crate) fn first<T, const N: usize>(
        &mut self,
        sql: &'static Sql,
        vals: [Val<'_>; N],
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.rows(sql, vals, read)?.into_iter().next())
    }
}

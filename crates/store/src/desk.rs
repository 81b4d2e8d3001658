//! The desk: accounts, keys, sessions, settings, and the log of who saw whom. Small, rare writes on a
//! connection of their own.

use crate::driver::{Row, Sql, Steps};
use crate::lane::NOBODY;
use crate::{AccessAsked, AccessRow, DeskRow, Error, Result, Store};
use model::{At, PARTS, PersonId};

static PUT: Sql = Sql::new(
    "desk",
    "INSERT INTO desk (kind, key, at, json) VALUES ($1, $2, $3, $4)
     ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at, json = excluded.json",
);
static ADD: Sql =
    Sql::new("desk", "INSERT INTO desk (kind, key, at, json) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
static CHANGE: Sql = Sql::new("desk", "UPDATE desk SET at = $1, json = $2 WHERE kind = $3 AND key = $4");
static SWAP: Sql = Sql::new("desk", "UPDATE desk SET at = $1, json = $2 WHERE kind = $3 AND key = $4 AND json = $5");
static OLDER: Sql =
    Sql::new("desk", "SELECT kind, key, json, at FROM desk WHERE kind = $1 AND at < $2 ORDER BY at, key LIMIT $3");
static GET: Sql = Sql::new("desk", "SELECT kind, key, json, at FROM desk WHERE kind = $1 AND key = $2");
static LIST: Sql = Sql::new("desk", "SELECT kind, key, json, at FROM desk WHERE kind = $1 ORDER BY key");
static DROP: Sql = Sql::new("desk", "DELETE FROM desk WHERE kind = $1 AND key = $2");
static ACCESS_ADD: Sql = Sql::new(
    "access_log",
    "INSERT INTO access_log (part, person, at, nonce, who, what, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT DO NOTHING",
);
static ACCESS_OF: Sql = Sql::new(
    "access_log",
    "SELECT at, nonce, who, what, person, detail FROM access_log WHERE part = $1 AND person = $2
     ORDER BY at DESC, nonce DESC LIMIT $3",
);
static ACCESS_ALL: Sql = Sql::new(
    "access_log",
    "SELECT at, nonce, who, what, person, detail FROM access_log WHERE part = $1 ORDER BY at DESC, nonce DESC LIMIT $2",
);
static ACCESS_PART: Sql = Sql::new(
    "access_log",
    "SELECT at, nonce, who, what, person, detail FROM access_log
     WHERE part = $1 AND at >= $2 AND at <= $3 AND (at < $3 OR nonce < $4)
     ORDER BY at DESC, nonce DESC LIMIT $5",
);
static ACCESS_WHO: Sql = Sql::new(
    "access_log",
    "SELECT at, nonce, who, what, person, detail FROM access_log
     WHERE part = $1 AND who = $2 AND at >= $3 AND at <= $4 AND (at < $4 OR nonce < $5)
     ORDER BY at DESC, nonce DESC LIMIT $6",
);
static ACCESS_WHOM: Sql = Sql::new(
    "access_log",
    "SELECT at, nonce, who, what, person, detail FROM access_log
     WHERE part = $1 AND person = $2 AND at >= $3 AND at <= $4 AND (at < $4 OR nonce < $5)
     ORDER BY at DESC, nonce DESC LIMIT $6",
);

/// Rows of the access log that one read returns at most.
const LOG_MAX: usize = 10_000;
/// Tries to find a number for an entry of the access log in its millisecond.
const NONCE_TRIES_MAX: usize = 10_000;

impl Store {
    /// Writes a desk row (machine's clock), replacing the one with that kind and key.
    pub fn desk_put(&self, row: &DeskRow) -> Result<()> {
        self.desk_write(&PUT, row).map(drop)
    }
    /// Writes it only if there is none with that kind and key; whether it did.
    pub fn desk_add(&self, row: &DeskRow) -> Result<bool> {
        self.desk_write(&ADD, row)
    }
    /// Writes it only if there is one with that kind and key; whether it did. What was dropped stays dropped.
    pub fn desk_change(&self, row: &DeskRow) -> Result<bool> {
        let steps = Steps::one(&CHANGE, [row.at.into(), (&row.json).into(), (&row.kind).into(), (&row.key).into()]);
        Ok(self.desk().write(|session| session.run(&steps))?.contains(&1))
    }
    /// Writes it only where the row of that kind and key still says `was`; whether it did. Of two who read the same and
    /// write at once, one does.
    pub fn desk_swap(&self, was: &str, row: &DeskRow) -> Result<bool> {
        let (kind, key) = ((&row.kind).into(), (&row.key).into());
        let steps = Steps::one(&SWAP, [row.at.into(), (&row.json).into(), kind, key, was.into()]);
        Ok(self.desk().write(|session| session.run(&steps))?.contains(&1))
    }
    /// Rows of a kind that were last written before a time, the oldest first.
    pub fn desk_older(&self, kind: &str, before: At, limit: usize) -> Result<Vec<DeskRow>> {
        let limit = (limit as i64).into();
        self.reading(|session| session.rows(&OLDER, [kind.into(), before.into(), limit], desk_row))
    }
    /// One desk row.
    pub fn desk_get(&self, kind: &str, key: &str) -> Result<Option<DeskRow>> {
        self.reading(|session| session.first(&GET, [kind.into(), key.into()], desk_row))
    }
    /// All of a kind, by key.
    pub fn desk_list(&self, kind: &str) -> Result<Vec<DeskRow>> {
        self.reading(|session| session.rows(&LIST, [kind.into()], desk_row))
    }
    /// Removes one; whether it was there.
    pub fn desk_drop(&self, kind: &str, key: &str) -> Result<bool> {
        let steps = Steps::one(&DROP, [kind.into(), key.into()]);
        Ok(self.desk().write(|session| session.run(&steps))?.contains(&1))
    }

    fn desk_write(&self, sql: &'static Sql, row: &DeskRow) -> Result<bool> {
        let steps = Steps::one(sql, [(&row.kind).into(), (&row.key).into(), row.at.into(), (&row.json).into()]);
        Ok(self.desk().write(|session| session.run(&steps))?.contains(&1))
    }

    /// Adds to the access log.
    pub fn access_add(&self, row: &AccessRow) -> Result<()> {
        let part = row.person.map_or(0, PersonId::part);
        for _ in 0..NONCE_TRIES_MAX {
            let (who, what, detail) = ((&row.who).into(), (&row.what).into(), (&row.detail).into());
            let person = row.person.unwrap_or(NOBODY).into();
            let steps =
                Steps::one(&ACCESS_ADD, [part.into(), person, row.at.into(), self.nonce().into(), who, what, detail]);
            if self.desk().write(|session| session.run(&steps))?.contains(&1) {
                return Ok(());
            }
        }
        Err(Error::Engine("the access log has no room in this millisecond".into()))
    }
    /// Adds one entry a person to the access log, `row` being all but whom: in one transaction, as a list shows many.
    pub fn access_add_each(&self, row: &AccessRow, people: &[PersonId]) -> Result<()> {
        let mut steps = Steps::new();
        for person in people {
            let (who, what, detail) = ((&row.who).into(), (&row.what).into(), (&row.detail).into());
            let nonce = self.nonce().into();
            steps.add(&ACCESS_ADD, [person.part().into(), (*person).into(), row.at.into(), nonce, who, what, detail]);
        }
        if people.is_empty() {
            return Ok(());
        }
        let added = self.desk().write(|session| session.run(&steps))?;
        // A nonce of a process before may stand in this millisecond already: those go one by one.
        for (person, _) in people.iter().zip(added).filter(|(_, n)| *n == 0) {
            self.access_add(&AccessRow { person: Some(*person), ..row.clone() })?;
        }
        Ok(())
    }
    /// The access log, newest first, of one person or all.
    pub fn access_log(&self, person: Option<PersonId>, limit: usize) -> Result<Vec<AccessRow>> {
        let limit = limit.min(LOG_MAX);
        let mut steps = Steps::new();
        match person {
            Some(person) => steps.add(&ACCESS_OF, [person.part().into(), person.into(), (limit as i64).into()]),
            None => (0..PARTS).for_each(|part| steps.add(&ACCESS_ALL, [part.into(), (limit as i64).into()])),
        }
        let mut found: Vec<(i64, AccessRow)> = Vec::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                found.push((row.int(1)?, access_row(row)?));
                Ok(())
            })
        })?;
        found.sort_by(|(a, left), (b, right)| right.at.cmp(&left.at).then(b.cmp(a)));
        Ok(found.into_iter().take(limit).map(|(_, row)| row).collect())
    }
}

impl Store {
    /// A stretch of the access log, newest first, each entry with its number. To go on, ask with `before` of the
    /// last entry. With a person it is theirs alone, and `who` is compared here: one person's log is short.
    pub fn access_read(&self, asked: &AccessAsked, limit: usize) -> Result<Vec<(i64, AccessRow)>> {
        let limit = limit.min(LOG_MAX);
        let (at, nonce) = asked.before.unwrap_or((asked.until, i64::MAX));
        let mut steps = Steps::new();
        let bounds = |part: u16| [part.into(), asked.from.into(), at.into(), nonce.into(), (limit as i64).into()];
        let with = |part: u16, last| {
            let [part, from, at, nonce, limit] = bounds(part);
            [part, last, from, at, nonce, limit]
        };
        match (asked.person, &asked.who) {
            (Some(person), _) => steps.add(&ACCESS_WHOM, with(person.part(), person.into())),
            (None, Some(who)) => (0..PARTS).for_each(|part| steps.add(&ACCESS_WHO, with(part, who.into()))),
            (None, None) => (0..PARTS).for_each(|part| steps.add(&ACCESS_PART, bounds(part))),
        }
        let mut found: Vec<(i64, AccessRow)> = Vec::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                found.push((row.int(1)?, access_row(row)?));
                Ok(())
            })
        })?;
        found.sort_by(|(a, left), (b, right)| right.at.cmp(&left.at).then(b.cmp(a)));
        found.truncate(limit);
        Ok(found)
    }
}

fn desk_row(row: &Row<'_>) -> Result<DeskRow> {
    Ok(DeskRow { kind: row.string(0)?, key: row.string(1)?, json: row.string(2)?, at: row.at(3)? })
}

fn access_row(row: &Row<'_>) -> Result<AccessRow> {
    Ok(AccessRow {
        at: row.at(0)?,
        who: row.string(2)?,
        what: row.string(3)?,
        person: Some(row.person(4)?).filter(|p| *p != NOBODY),
        detail: row.string(5)?,
    })
}

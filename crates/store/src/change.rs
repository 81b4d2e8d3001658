//! What staff ordered about versions of pathways: the orders, in order, and how far each was carried out.

use crate::driver::{Sql, Steps};
use crate::{Error, Result, Store};
use model::{At, PARTS};
use std::collections::BTreeMap;

static ADD: Sql = Sql::new(
    "change",
    "INSERT INTO change (number, kind, pathway, at, who, once, json) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT DO NOTHING",
);
static NEXT: Sql = Sql::new("change", "SELECT COALESCE(MAX(number), 0) + 1 FROM change");
static ONCE: Sql = Sql::new("change", "SELECT number FROM change WHERE once = $1");
static LIST: Sql =
    Sql::new("change", "SELECT number, kind, pathway, at, who, json FROM change ORDER BY number LIMIT $1");
static PROGRESS: Sql = Sql::new("change_part", "SELECT number, done, asked FROM change_part WHERE part = $1");

/// Orders that one store keeps; a further one is refused.
pub const ORDERS_MAX: i64 = 10_000;
/// Of those, the last ones are for what stops care and lets it go on : no other order takes them.
pub const ORDERS_RESERVED: i64 = 2_000;
/// Orders that must never be refused because of others.
const RESERVED: &[&str] = &["halt", "resume", "unshadow", "fell", "pause", "unpause", "approve"];
/// Tries to find a number that no other process took.
const TRIES_MAX: usize = 16;

/// An order about a version of a pathway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// From 1, in order.
    pub number: i64,
    /// `halt`, `resume`, `move`.
    pub kind: String,
    /// Pathway.
    pub pathway: String,
    /// When, on the care clock.
    pub at: At,
    /// The account.
    pub who: String,
    /// The rest.
    pub json: String,
}

/// How far an order was carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Parts whose people were all asked, of [`PARTS`].
    pub parts: u16,
    /// People asked.
    pub asked: i64,
}

impl Progress {
    /// Whether everyone was asked.
    pub fn done(self) -> bool {
        self.parts >= PARTS
    }
}

impl Store {
    /// Writes an order, durable when this returns; its number. The same `once` again is the same order.
    pub fn change_add(&self, row: &ChangeRow, once: &str) -> Result<i64> {
        for _ in 0..TRIES_MAX {
            let done = self.desk().write(|session| {
                if let Some(number) = session.first(&ONCE, [once.into()], |row| row.int(0))? {
                    return Ok(Some(number));
                }
                let number = session.first(&NEXT, [], |row| row.int(0))?.unwrap_or(1);
                let reserved = RESERVED.contains(&row.kind.as_str());
                let max = if reserved { ORDERS_MAX } else { ORDERS_MAX - ORDERS_RESERVED };
                if number > max {
                    return Err(Error::Engine(format!("{max} such orders are kept, and no more")));
                }
                let (kind, pathway, who) = ((&row.kind).into(), (&row.pathway).into(), (&row.who).into());
                let add = [number.into(), kind, pathway, row.at.into(), who, once.into(), (&row.json).into()];
                let added = session.run(&Steps::one(&ADD, add))?.contains(&1);
                Ok(added.then_some(number))
            })?;
            if let Some(number) = done {
                return Ok(number);
            }
        }
        Err(Error::Engine("an order got no number".into()))
    }

    /// Whether an order was given under this `once`.
    pub fn change_known(&self, once: &str) -> Result<bool> {
        Ok(self.reading(|session| session.first(&ONCE, [once.into()], |row| row.int(0)))?.is_some())
    }

    /// Every order, the oldest first.
    pub fn changes(&self) -> Result<Vec<ChangeRow>> {
        self.reading(|session| {
            session.rows(&LIST, [ORDERS_MAX.into()], |row| {
                Ok(ChangeRow {
                    number: row.int(0)?,
                    kind: row.string(1)?,
                    pathway: row.string(2)?,
                    at: row.at(3)?,
                    who: row.string(4)?,
                    json: row.string(5)?,
                })
            })
        })
    }

    /// How far each order was carried out, by its number.
    pub fn change_progress(&self) -> Result<BTreeMap<i64, Progress>> {
        let mut steps = Steps::new();
        (0..PARTS).for_each(|part| steps.add(&PROGRESS, [part.into()]));
        let mut out: BTreeMap<i64, Progress> = BTreeMap::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                let of = out.entry(row.int(0)?).or_default();
                of.parts += u16::from(row.int(1)? > 0);
                of.asked += row.int(2)?;
                Ok(())
            })
        })?;
        Ok(out)
    }
}

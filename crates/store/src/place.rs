//! Reads of places on pathways with a limit: how many are taken, who waits in line.
//!
//! Each read is scattered over the parts and may be a moment old; rows of one part are of one moment.

use crate::driver::{Sql, Steps};
use crate::lane::TAKEN_FROM;
use crate::{HereRow, Result, Store, rows};
use model::place::PlaceRow;
use model::{At, PARTS};
use std::collections::{BTreeMap, BTreeSet};

static TAKEN: Sql = Sql::new(
    "place",
    "SELECT site, COUNT(*) FROM place WHERE part = $1 AND pathway = $2 AND state >= $3 GROUP BY site",
);
static WAITING: Sql = Sql::new(
    "place",
    "SELECT site, COUNT(*), MIN(since) FROM place WHERE part = $1 AND pathway = $2 AND state = 0 GROUP BY site",
);
static NEXT: Sql = Sql::new(
    "place",
    "SELECT person, id, pathway, site, since, asked FROM place WHERE part = $1 AND pathway = $2 AND state = 0
     ORDER BY since, person, id LIMIT $3",
);
static NEXT_AT: Sql = Sql::new(
    "place",
    "SELECT person, id, pathway, site, since, asked FROM place WHERE part = $1 AND pathway = $2 AND state = 0
     AND site = $3 ORDER BY since, person, id LIMIT $4",
);
static NAMED: Sql = Sql::new("place", "SELECT DISTINCT pathway FROM place WHERE part = $1 AND state = 0");
static LIST: Sql = Sql::new(
    "place",
    "SELECT p.person, p.since, COALESCE(f.site, p.site), COALESCE(f.name, ''), COALESCE(f.birth_date, '') FROM place p
     LEFT JOIN face f ON f.part = p.part AND f.person = p.person
     WHERE p.part = $1 AND p.pathway = $2 AND p.state = 0 ORDER BY p.since, p.person",
);

/// How many wait at a site, and since when the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLine {
    /// People.
    pub n: i64,
    /// Since when the first of them waits.
    pub first: At,
}

impl Store {
    /// Places of a pathway that are taken, by site.
    pub fn places_taken(&self, pathway: &str) -> Result<BTreeMap<String, i64>> {
        let mut steps = Steps::new();
        (0..PARTS).for_each(|part| steps.add(&TAKEN, [part.into(), pathway.into(), TAKEN_FROM.into()]));
        // Of one moment: a place that a merge takes from one part to another is counted in one of them at least.
        self.reading(|session| {
            session.read(|session| {
                let mut out = BTreeMap::new();
                session.query(&steps, |_, row| {
                    *out.entry(row.string(0)?).or_default() += row.int(1)?;
                    Ok(())
                })?;
                Ok(out)
            })
        })
    }

    /// How many wait for a place on a pathway, by site.
    pub fn in_line(&self, pathway: &str) -> Result<BTreeMap<String, InLine>> {
        let mut steps = Steps::new();
        (0..PARTS).for_each(|part| steps.add(&WAITING, [part.into(), pathway.into()]));
        let mut out: BTreeMap<String, InLine> = BTreeMap::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                let (n, first) = (row.int(1)?, row.at(2)?);
                let of = out.entry(row.string(0)?).or_insert(InLine { n: 0, first });
                of.n += n;
                of.first = of.first.min(first);
                Ok(())
            })
        })?;
        Ok(out)
    }

    /// Those who have waited longest for a place on a pathway (at a site, or at any), first come first.
    pub fn next_in_line(&self, pathway: &str, site: Option<&str>, limit: usize) -> Result<Vec<PlaceRow>> {
        let (mut steps, most) = (Steps::new(), limit as i64);
        for part in 0..PARTS {
            match site {
                Some(site) => steps.add(&NEXT_AT, [part.into(), pathway.into(), site.into(), most.into()]),
                None => steps.add(&NEXT, [part.into(), pathway.into(), most.into()]),
            }
        }
        let mut out: Vec<PlaceRow> = Vec::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                out.push(rows::place(row)?);
                Ok(())
            })
        })?;
        out.sort_by_key(|row| (row.since, row.person, row.id));
        out.truncate(limit);
        Ok(out)
    }

    /// Pathways for which anyone waits.
    pub fn waited_for(&self) -> Result<BTreeSet<String>> {
        let mut steps = Steps::new();
        (0..PARTS).for_each(|part| steps.add(&NAMED, [part.into()]));
        let mut out = BTreeSet::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                out.insert(row.string(0)?);
                Ok(())
            })
        })?;
        Ok(out)
    }

    /// Those who wait for a place on a pathway, of the sites that `wanted` says, the longest first; at most `limit` of
    /// them, however many others stand before them.
    pub fn waiting_list(&self, pathway: &str, limit: usize, wanted: impl Fn(&str) -> bool) -> Result<Vec<HereRow>> {
        let mut out: Vec<HereRow> = Vec::new();
        self.reading(|session| {
            for part in 0..PARTS {
                // A part at a time, and no more held than asked for.
                let steps = Steps::one(&LIST, [part.into(), pathway.into()]);
                session.query(&steps, |_, row| {
                    let site = row.string(2)?;
                    if wanted(&site) {
                        out.push(HereRow {
                            person: row.person(0)?,
                            since: row.at(1)?,
                            site,
                            name: row.string(3)?,
                            birth_date: row.string(4)?,
                        });
                    }
                    Ok(())
                })?;
                out.sort_by_key(|row| (row.since, row.person));
                out.truncate(limit);
            }
            Ok(())
        })?;
        Ok(out)
    }
}

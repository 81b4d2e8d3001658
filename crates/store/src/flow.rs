//! Reads of the flow along pathways: how many stand where, who they are, what passed which way.
//!
//! Counts are read from rows by version, step and site, never from journeys: what a read costs does not
//! grow with the number of people. A list reads the people of one step, a page at a time.

use crate::driver::{Sql, Steps};
use crate::lane::STAY;
use crate::{Result, Store};
use model::{At, Id, PARTS, PersonId};
use std::collections::BTreeMap;

static VERSIONS: Sql = Sql::new("version", "SELECT number, pathway, hash FROM version ORDER BY number");
static TOTALS: Sql =
    Sql::new("standing", "SELECT version, site, n FROM standing WHERE part = $1 AND version = $2 AND step = ''");
static STANDING: Sql = Sql::new("standing", "SELECT step, site, n FROM standing WHERE part = $1 AND version = $2");
static FLOW: Sql = Sql::new(
    "flow",
    "SELECT step, what, CAST(SUM(n) AS BIGINT) FROM flow WHERE part = $1 AND version = $2 AND day >= $3
     GROUP BY step, what",
);
static FLOW_WHOLE: Sql = Sql::new(
    "flow",
    "SELECT what, CAST(SUM(n) AS BIGINT) FROM flow WHERE part = $1 AND version = $2 AND step = '' AND day >= $3
     GROUP BY what",
);
static HERE: Sql = Sql::new(
    "here",
    "SELECT h.person, h.site, h.since, COALESCE(f.name, ''), COALESCE(f.birth_date, '') FROM here h
     LEFT JOIN face f ON f.part = h.part AND f.person = h.person
     WHERE h.part = $1 AND h.version = $2 AND h.step = $3 AND h.person > $4 ORDER BY h.person LIMIT $5",
);

/// Rows that are read at once of those who stand at a step.
const HERE_ROWS: i64 = 256;

/// A version of a pathway that a journey walked at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// The store's small number for it; later ones were seen later.
    pub number: i64,
    /// `post-surgical-follow-up`.
    pub pathway: String,
    /// Hash of its text.
    pub hash: Id,
}

/// How many people of a site stand at a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Name of the step; empty: anywhere on the pathway.
    pub step: String,
    /// Site; empty when not known.
    pub site: String,
    /// People.
    pub n: i64,
}

/// What passed a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Which way they went on, and how many.
    pub ways: BTreeMap<String, i64>,
    /// How long they stayed, by bucket of [`model::flow::bucket`].
    pub stays: Vec<(u16, i64)>,
}

/// Someone who stands at a step, or waits in line for a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HereRow {
    /// Who.
    pub person: PersonId,
    /// Site, as the counts have it.
    pub site: String,
    /// Since when.
    pub since: At,
    /// Name.
    pub name: String,
    /// ISO date or empty.
    pub birth_date: String,
}

impl Store {
    /// Every version of every pathway that a journey walked at any time, in the order they were seen.
    pub fn versions_walked(&self) -> Result<Vec<VersionRow>> {
        self.reading(|session| {
            session.rows(&VERSIONS, [], |row| {
                Ok(VersionRow { number: row.int(0)?, pathway: row.string(1)?, hash: row.id(2)? })
            })
        })
    }

    /// How many people, by site, are on each of these versions.
    pub fn standing_on(&self, versions: &[i64]) -> Result<BTreeMap<i64, Vec<Standing>>> {
        let mut steps = Steps::new();
        for version in versions {
            (0..PARTS).for_each(|part| steps.add(&TOTALS, [part.into(), (*version).into()]));
        }
        let mut sums: BTreeMap<(i64, String), i64> = BTreeMap::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                *sums.entry((row.int(0)?, row.string(1)?)).or_default() += row.int(2)?;
                Ok(())
            })
        })?;
        let mut out: BTreeMap<i64, Vec<Standing>> = BTreeMap::new();
        for ((version, site), n) in sums.into_iter().filter(|(_, n)| *n > 0) {
            out.entry(version).or_default().push(Standing { step: String::new(), site, n });
        }
        Ok(out)
    }

    /// How many people, by step and site, stand on a version. The step `""` is the version itself.
    pub fn standing(&self, version: i64) -> Result<Vec<Standing>> {
        let mut steps = Steps::new();
        (0..PARTS).for_each(|part| steps.add(&STANDING, [part.into(), version.into()]));
        let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                *sums.entry((row.string(0)?, row.string(1)?)).or_default() += row.int(2)?;
                Ok(())
            })
        })?;
        let there = sums.into_iter().filter(|(_, n)| *n > 0);
        Ok(there.map(|((step, site), n)| Standing { step, site, n }).collect())
    }

    /// What passed each step of a version since that day of the care clock ([`model::flow::day`]), by the
    /// step's name. At `""` is what became of whole journeys: `started`, `finished`, `left`.
    pub fn passed(&self, version: i64, since_day: i32) -> Result<BTreeMap<String, Passed>> {
        let mut steps = Steps::new();
        let day = i64::from(since_day);
        (0..PARTS).for_each(|part| steps.add(&FLOW, [part.into(), version.into(), day.into()]));
        let mut out: BTreeMap<String, Passed> = BTreeMap::new();
        self.reading(|session| {
            session.query(&steps, |_, row| {
                let (what, n) = (row.text(1)?.to_owned(), row.int(2)?);
                let passed = out.entry(row.string(0)?).or_default();
                match what.strip_prefix(STAY).and_then(|bucket| bucket.parse().ok()) {
                    Some(bucket) => passed.stays.push((bucket, n)),
                    None => *passed.ways.entry(what).or_default() += n,
                }
                Ok(())
            })
        })?;
        Ok(out)
    }

    /// What became of whole journeys of these versions since that day: version, what, how many.
    pub fn passed_whole(&self, versions: &[i64], since_day: i32) -> Result<BTreeMap<(i64, String), i64>> {
        let mut steps = Steps::new();
        let day = i64::from(since_day);
        for version in versions {
            (0..PARTS).for_each(|part| steps.add(&FLOW_WHOLE, [part.into(), (*version).into(), day.into()]));
        }
        let mut out = BTreeMap::new();
        self.reading(|session| {
            session.query(&steps, |i, row| {
                let version = versions[i / usize::from(PARTS)];
                *out.entry((version, row.string(0)?)).or_default() += row.int(1)?;
                Ok(())
            })
        })?;
        Ok(out)
    }

    /// Who stands at a step of a version, of the sites that `wanted` says: at most `limit` of them after
    /// `after`, in the order of part and id, which is the same at every read.
    pub fn here(
        &self,
        version: i64,
        step: &str,
        after: Option<PersonId>,
        limit: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<HereRow>> {
        let mut found: Vec<HereRow> = Vec::new();
        let first = after.map_or(0, PersonId::part);
        for part in first..PARTS {
            let mut from = after.filter(|p| p.part() == part).unwrap_or_default();
            // Each round reads on from where the one before ended, so it ends with the rows of the part.
            loop {
                let rows = self.reading(|session| {
                    let key = [part.into(), version.into(), step.into(), from.into(), HERE_ROWS.into()];
                    session.rows(&HERE, key, |row| {
                        Ok(HereRow {
                            person: row.person(0)?,
                            site: row.string(1)?,
                            since: row.at(2)?,
                            name: row.string(3)?,
                            birth_date: row.string(4)?,
                        })
                    })
                })?;
                let last = rows.last().map(|row| row.person);
                let whole = rows.len() < HERE_ROWS as usize;
                found.extend(rows.into_iter().filter(|row| wanted(&row.site)));
                if found.len() >= limit {
                    found.truncate(limit);
                    return Ok(found);
                }
                match last {
                    Some(last) if !whole => from = last,
                    _ => break,
                }
            }
        }
        Ok(found)
    }
}

//! The walk of a lane over everyone who is on a pathway, for an order of staff: a few people at a time, and where it
//! stopped is on disk, so that a restart goes on from there.

use super::Lane;
use crate::Result;
use crate::driver::{Sql, Steps};
use model::{Id, PersonId};
use std::collections::{BTreeMap, BTreeSet};

static ON_PATHWAY: Sql = Sql::new(
    "here",
    "SELECT DISTINCT h.person FROM here h JOIN version v ON v.number = h.version
     WHERE h.part = $1 AND h.step = '' AND v.pathway = $2 AND h.person > $3 ORDER BY h.person LIMIT $4",
);
static ON_VERSION: Sql = Sql::new(
    "here",
    "SELECT h.person FROM here h JOIN version v ON v.number = h.version
     WHERE h.part = $1 AND h.step = '' AND v.pathway = $2 AND v.hash = $3 AND h.person > $4 ORDER BY h.person LIMIT $5",
);
static MARK: Sql = Sql::new(
    "change_part",
    "INSERT INTO change_part (part, number, after, done, asked) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (part, number) DO UPDATE SET after = excluded.after, done = excluded.done,
     asked = change_part.asked + excluded.asked",
);
static MARKS: Sql = Sql::new("change_part", "SELECT number, after, done FROM change_part WHERE part = $1");

/// How far an order came in a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The last person that was asked.
    pub after: Option<PersonId>,
    /// Whether all were.
    pub done: bool,
}

impl Lane {
    /// People of a part that are on a pathway, or on one version of it, in the order of their ids.
    pub fn people_on(
        &mut self,
        part: u16,
        pathway: &str,
        version: Option<Id>,
        after: Option<PersonId>,
        limit: usize,
    ) -> Result<Vec<PersonId>> {
        self.place(part)?;
        let (after, limit) = (after.unwrap_or_default(), limit as i64);
        match version {
            Some(version) => {
                let key = [part.into(), pathway.into(), version.into(), after.into(), limit.into()];
                self.session.rows(&ON_VERSION, key, |row| row.person(0))
            }
            None => {
                let key = [part.into(), pathway.into(), after.into(), limit.into()];
                self.session.rows(&ON_PATHWAY, key, |row| row.person(0))
            }
        }
    }

    /// Remembers how far an order came in some parts, and how many people more than before were asked there.
    pub fn mark(&mut self, number: i64, marks: &[(u16, Mark, usize)]) -> Result<()> {
        let mut steps = Steps::new();
        for (part, mark, asked) in marks {
            let (done, asked) = (mark.done.into(), (*asked as i64).into());
            steps.add(&MARK, [(*part).into(), number.into(), mark.after.into(), done, asked]);
        }
        let parts: BTreeSet<u16> = marks.iter().map(|(part, ..)| *part).collect();
        self.fenced(&parts, &steps).map(drop)
    }

    /// How far each order came in each part of this lane.
    pub fn marks(&mut self) -> Result<BTreeMap<(i64, u16), Mark>> {
        let parts: Vec<u16> = self.parts().collect();
        let mut steps = Steps::new();
        parts.iter().for_each(|part| steps.add(&MARKS, [(*part).into()]));
        let mut out = BTreeMap::new();
        self.session.query(&steps, |i, row| {
            let after = row.opt_id(1)?.map(PersonId);
            out.insert((row.int(0)?, parts[i]), Mark { after, done: row.int(2)? > 0 });
            Ok(())
        })?;
        Ok(out)
    }
}

//! Places on pathways with a limit: what turns say of them, and what the giver has this lane write.
//!
//! A turn writes rows of its own person only. A place is given by the lane that has the row, one statement that
//! changes nothing when the person is not in line any more; so a place is given once, whoever asks.

use super::Lane;
use super::commit::Work;
use crate::Result;
use crate::driver::{Sql, Steps};
use crate::rows;
use model::place::{PlaceRow, PlaceState, PlaceTo};
use std::collections::BTreeSet;

static ASK: Sql = Sql::new(
    "place",
    "INSERT INTO place (part, person, id, pathway, state, site, since, asked) VALUES ($1, $2, $3, $4, 0, $5, $6, $7)
     ON CONFLICT (part, person, id) DO UPDATE SET state = excluded.state, site = excluded.site,
     since = excluded.since, asked = excluded.asked WHERE place.state = 3",
);
static HOLD: Sql = Sql::new(
    "place",
    "INSERT INTO place (part, person, id, pathway, state, site, since, asked) VALUES ($1, $2, $3, $4, 2, $5, $6, 0)
     ON CONFLICT (part, person, id) DO UPDATE SET state = excluded.state",
);
static CARRY: Sql = Sql::new("place", "UPDATE place SET state = 3 WHERE part = $1 AND person = $2 AND id = $3");
static FREE: Sql = Sql::new("place", "DELETE FROM place WHERE part = $1 AND person = $2 AND id = $3");
static GIVE: Sql = Sql::new(
    "place",
    "UPDATE place SET state = 1 WHERE part = $1 AND person = $2 AND id = $3 AND asked = $4 AND state = 0",
);
static GIVEN: Sql =
    Sql::new("place", "SELECT person, id, pathway, site, since, asked FROM place WHERE part = $1 AND state = 1");
static NAMES: Sql = Sql::new("place", "SELECT DISTINCT pathway FROM place WHERE part = $1");
static ENDED: Sql = Sql::new(
    "place",
    "DELETE FROM place WHERE part = $1 AND pathway = $2 AND state = 2 AND NOT EXISTS (SELECT 1 FROM journey j
     WHERE j.part = place.part AND j.person = place.person AND j.id = place.id AND j.status = 'active')",
);
static BEGUN: Sql = Sql::new(
    "place",
    "INSERT INTO place (part, person, id, pathway, state, site, since, asked)
     SELECT j.part, j.person, j.id, v.pathway, 2, h.site, j.started_at, 0 FROM version v
     JOIN here h ON h.version = v.number
     JOIN journey j ON j.part = h.part AND j.person = h.person AND j.version = h.version
     WHERE v.pathway = $1 AND h.part = $2 AND h.step = '' AND j.status = 'active' ON CONFLICT DO NOTHING",
);

/// Writes what the living batches say of places.
pub(super) fn places<'a>(steps: &mut Steps<'a>, alive: &[(usize, &'a Work<'a>)]) {
    for (_, work) in alive {
        for place in &work.batch.places {
            let (part, person, id) = (work.part.into(), work.batch.person.into(), place.id.into());
            let pathway = (&place.pathway).into();
            match &place.to {
                PlaceTo::Waiting { site, since, asked } => {
                    steps.add(&ASK, [part, person, id, pathway, site.into(), (*since).into(), (*asked).into()]);
                }
                PlaceTo::UnderWay { site, since } => {
                    steps.add(&HOLD, [part, person, id, pathway, site.into(), (*since).into()]);
                }
                PlaceTo::Moving => steps.add(&CARRY, [part, person, id]),
                PlaceTo::Free => steps.add(&FREE, [part, person, id]),
            }
        }
    }
}

impl Lane {
    /// Marks places as given, durable when this returns; those whose person was still in line.
    pub fn give(&mut self, rows: Vec<PlaceRow>) -> Result<Vec<PlaceRow>> {
        let (mut steps, mut parts) = (Steps::new(), BTreeSet::new());
        for row in &rows {
            let part = row.person.part();
            self.place(part)?;
            parts.insert(part);
            steps.add(&GIVE, [part.into(), row.person.into(), row.id.into(), row.asked.into()]);
        }
        let changed = self.fenced(&parts, &steps)?;
        Ok(rows.into_iter().zip(changed).filter(|(_, n)| *n > 0).map(|(row, _)| row).collect())
    }

    /// Places of this lane that were given and not taken yet.
    pub fn given(&mut self) -> Result<Vec<PlaceRow>> {
        let mut steps = Steps::new();
        self.parts().for_each(|part| steps.add(&GIVEN, [part.into()]));
        let mut out = Vec::new();
        self.session.query(&steps, |_, row| {
            out.push(rows::place(row)?);
            Ok(())
        })?;
        Ok(out)
    }

    /// Brings the rows of who is on the way in line with the journeys: of `limited` pathways, whose limit may be new,
    /// and of those that have rows, whose limit may be gone.
    pub fn settle_places(&mut self, limited: &BTreeSet<String>) -> Result<()> {
        let parts: Vec<u16> = self.parts().collect();
        let mut ask = Steps::new();
        parts.iter().for_each(|part| ask.add(&NAMES, [(*part).into()]));
        let mut named: Vec<(u16, String)> = Vec::new();
        self.session.query(&ask, |i, row| {
            named.push((parts[i], row.string(0)?));
            Ok(())
        })?;
        let mut steps = Steps::new();
        for (part, pathway) in &named {
            steps.add(&ENDED, [(*part).into(), pathway.into()]);
        }
        for part in &parts {
            for pathway in limited {
                steps.add(&BEGUN, [pathway.into(), (*part).into()]);
            }
        }
        self.fenced(&parts.iter().copied().collect(), &steps).map(drop)
    }
}

/// The state of a place that counts as one that is taken: any but waiting.
pub(crate) const TAKEN_FROM: i64 = PlaceState::Given as i64;

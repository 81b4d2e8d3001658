//! What the living batches of a group say of versions in shadow. Rows are bounded in each part: what is beyond that
//! is counted only.

use super::Lane;
use super::commit::Work;
use super::write::number;
use crate::Result;
use crate::driver::{Sql, Steps};
use crate::shadow::SHADOW_ROWS_MAX;
use model::PARTS;
use std::collections::{BTreeMap, BTreeSet};

static COUNT: Sql = Sql::new(
    "shadow_count",
    "INSERT INTO shadow_count (part, number, n) VALUES ($1, $2, $3)
     ON CONFLICT (part, number) DO UPDATE SET n = shadow_count.n + excluded.n",
);
static ADD: Sql = Sql::new(
    "shadow_would",
    "INSERT INTO shadow_would (part, number, person, seq, side, at, site, journey, step, about, wish, what, due)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM shadow_count
     WHERE part = $1 AND number = $2 AND n <= $14 ON CONFLICT DO NOTHING",
);
/// A part has rows of a shadow only with its count.
static KEPT: Sql = Sql::new("shadow_count", "SELECT 1 FROM shadow_count WHERE part = $1 AND number = $2");
static DROP_ROWS: Sql = Sql::new("shadow_would", "DELETE FROM shadow_would WHERE part = $1 AND number = $2");
static DROP_COUNT: Sql = Sql::new("shadow_count", "DELETE FROM shadow_count WHERE part = $1 AND number = $2");

/// Writes it.
pub(super) fn shadows<'a>(steps: &mut Steps<'a>, alive: &[(usize, &'a Work<'a>)]) {
    let mut counts: BTreeMap<(u16, i64), i64> = BTreeMap::new();
    for (_, work) in alive {
        for would in &work.batch.shadow {
            *counts.entry((work.part, would.shadow)).or_default() += 1;
        }
    }
    for ((part, shadow), n) in counts {
        steps.add(&COUNT, [part.into(), shadow.into(), n.into()]);
    }
    let room = SHADOW_ROWS_MAX / i64::from(PARTS);
    for (_, work) in alive {
        for (place, would) in work.batch.shadow.iter().enumerate() {
            steps.add(
                &ADD,
                [
                    work.part.into(),
                    would.shadow.into(),
                    work.batch.person.into(),
                    number(work.batch, place).into(),
                    would.side.name().into(),
                    would.at.into(),
                    (&would.site).into(),
                    would.journey.into(),
                    (&would.step).into(),
                    (&would.about).into(),
                    would.wish.name().into(),
                    (&would.what).into(),
                    would.due.into(),
                    room.into(),
                ],
            );
        }
    }
}

impl Lane {
    /// Drops all rows of a shadow in the parts of this lane that have any. How many there were.
    pub fn shadow_forget(&mut self, number: i64) -> Result<u64> {
        let parts: Vec<u16> = self.parts().collect();
        let mut ask = Steps::new();
        parts.iter().for_each(|part| ask.add(&KEPT, [(*part).into(), number.into()]));
        let mut kept = Vec::new();
        self.session.query(&ask, |i, _| {
            kept.push(parts[i]);
            Ok(())
        })?;
        let mut gone = 0;
        // A part at a time: each is a transaction of bounded size.
        for part in kept {
            let mut steps = Steps::one(&DROP_ROWS, [part.into(), number.into()]);
            steps.add(&DROP_COUNT, [part.into(), number.into()]);
            gone += self.fenced(&BTreeSet::from([part]), &steps)?.first().copied().unwrap_or_default();
        }
        Ok(gone)
    }
}

//! What was set aside and is not waited for any more.

use super::Lane;
use super::commit::Counts;
use crate::Result;
use crate::driver::{Sql, Steps};
use model::At;
use std::collections::BTreeSet;

static OLD: Sql = Sql::new(
    "parked",
    "SELECT seq FROM parked WHERE part = $1 AND at < $2 AND retry = 1 AND why = $3 ORDER BY seq LIMIT $4",
);
// What somebody took on meanwhile is theirs.
static END: Sql = Sql::new("parked", "DELETE FROM parked WHERE part = $1 AND seq = $2 AND retry = 1");

impl Lane {
    /// Drops items that were set aside for this reason before that time and that nobody has taken on, at most `limit`;
    /// how many. Durable when it returns.
    pub fn end_parked(&mut self, why: &str, before: At, limit: usize) -> Result<usize> {
        let parts: Vec<u16> = self.parts().collect();
        let mut ask = Steps::new();
        for part in &parts {
            ask.add(&OLD, [(*part).into(), before.into(), why.into(), (limit as i64).into()]);
        }
        let mut found: Vec<(u16, i64)> = Vec::new();
        self.session.query(&ask, |i, row| {
            if found.len() < limit {
                found.push((parts[i], row.int(0)?));
            }
            Ok(())
        })?;
        let (mut steps, mut counts) = (Steps::new(), Counts::default());
        for (part, seq) in &found {
            steps.add(&END, [(*part).into(), (*seq).into()]);
        }
        let of: BTreeSet<u16> = found.iter().map(|(part, _)| *part).collect();
        counts.add("inbox.dismissed", found.len() as i64);
        steps.extend(counts.steps(of.first()));
        self.fenced(&of, &steps)?;
        Ok(found.len())
    }
}

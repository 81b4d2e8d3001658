//! What an account may know of the people on a version: how many stand at each step, of its own sites;
//! medians and shares of all sites, for they name nobody.

use crate::Shared;
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::staff::may_see;
use model::{Id, flow};
use pathway::Pathway;
use std::collections::BTreeMap;
use store::Passed;

/// Days that medians and shares look back.
pub(super) const DAYS: i32 = 30;

/// The counts of one version.
#[derive(Default)]
pub(super) struct Counts {
    /// People of the account's sites, by step; at `""` on the pathway at all.
    here: BTreeMap<String, i64>,
    passed: BTreeMap<String, Passed>,
}

/// The first day that is looked back to.
pub(super) fn since(shared: &Shared) -> i32 {
    flow::day(shared.now()) - DAYS
}

/// The store's small number of a version. Blocks.
pub(super) fn number(shared: &Shared, pathway: &str, version: Id) -> Result<Option<i64>, Fault> {
    let walked = shared.store().versions_walked()?;
    Ok(walked.iter().find(|v| v.pathway == pathway && v.hash == version).map(|v| v.number))
}

impl Counts {
    /// Reads them. Blocks.
    pub(super) fn read(shared: &Shared, who: &Who, pathway: &Pathway) -> Result<Self, Fault> {
        let Some(number) = number(shared, &pathway.name, pathway.version)? else { return Ok(Self::default()) };
        let mut here: BTreeMap<String, i64> = BTreeMap::new();
        for standing in shared.store().standing(number)?.into_iter().filter(|s| may_see(who, &s.site)) {
            *here.entry(standing.step).or_default() += standing.n;
        }
        Ok(Self { here, passed: shared.store().passed(number, since(shared))? })
    }

    /// People who stand at a step now.
    pub(super) fn here(&self, step: &str) -> i64 {
        self.here.get(step).copied().unwrap_or_default()
    }

    /// How many went this way.
    pub(super) fn went(&self, step: &str, way: &str) -> i64 {
        let passed = self.passed.get(step).and_then(|p| p.ways.get(way));
        passed.copied().unwrap_or_default().max(0)
    }

    /// How long people stayed, the median, milliseconds.
    pub(super) fn median_ms(&self, step: &str) -> Option<i64> {
        self.passed.get(step).and_then(|p| flow::median(&p.stays))
    }

    /// The share of those who passed the step that went this way, of the ways named; `None` when nobody did.
    pub(super) fn share(&self, step: &str, way: &str, all: &[super::flow::Way]) -> Option<Share> {
        let counted = |name: &str| name != "body";
        let sum: i64 = all.iter().filter(|w| counted(&w.name)).map(|w| self.went(step, &w.name)).sum();
        let several = all.iter().filter(|w| counted(&w.name)).count() > 1;
        (sum > 0 && several && counted(way)).then(|| Share { of: sum, n: self.went(step, way) })
    }
}

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) n: i64,
    pub(super) of: i64,
}

impl Share {
    /// Rounded to whole percents; what there is at all is never told as none of it, nor as all.
    pub(super) fn percent(self) -> i64 {
        match (self.n * 100 + self.of / 2) / self.of.max(1) {
            0 if self.n > 0 => 1,
            100 if self.n < self.of => 99,
            percent => percent,
        }
    }
}

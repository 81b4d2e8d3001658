//! What a version in shadow wanted and the version in force did not, or at another time, or otherwise.
//!
//! Each side's wishes for a journey, a step and the items that it is about are taken in order: the first of one with
//! the first of the other. What one side has not come to yet counts as missing there.

use crate::Error;
use model::shadow::{Side, Wish};
use model::time::MINUTE_MS;
use model::{At, JourneyId, PARTS, PersonId};
use std::collections::BTreeMap;
use store::{Store, WouldRow};

/// People that are named of those whose journeys differ.
pub const NAMED_MAX: usize = 50;
/// Nearer than this is the same time, milliseconds.
const SAME_MS: i64 = MINUTE_MS;

/// How the two sides differ at a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepDifference {
    /// How often the shadow wanted it.
    pub shadow: usize,
    /// How often the version in force did.
    pub force: usize,
    /// Both, at the same time.
    pub same: usize,
    /// The shadow sooner.
    pub earlier: usize,
    /// The shadow later.
    pub later: usize,
    /// By how much where the time differs, the median, milliseconds; over 0: the shadow is later.
    pub shift_ms: Option<i64>,
    /// Both, but by other channels, with other words, of another team.
    pub otherwise: usize,
    /// Only the shadow.
    pub only_shadow: usize,
    /// Only the version in force.
    pub only_force: usize,
}

impl StepDifference {
    /// Whether there is any.
    pub fn is_any(&self) -> bool {
        self.earlier + self.later + self.otherwise + self.only_shadow + self.only_force > 0
    }
}

/// How a version in shadow differs from what was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// People of whom either side told anything.
    pub people: usize,
    /// Of them, those for whom they differ.
    pub differ: usize,
    /// The first of those, with their site.
    pub named: Vec<(PersonId, String)>,
    /// By what was wanted and step.
    pub steps: BTreeMap<(Wish, String), StepDifference>,
    /// Rows that are not kept: what they told is in none of this.
    pub beyond: i64,
}

/// Reads it, of the people at sites that are wanted. Blocks.
pub fn difference(store: &Store, number: i64, wanted: impl Fn(&str) -> bool) -> Result<Difference, Error> {
    let mut out = Difference::default();
    let mut shifts: BTreeMap<(Wish, String), Vec<i64>> = BTreeMap::new();
    let mut rows_kept = 0;
    for part in 0..PARTS {
        let rows = store.shadow_part(number, part)?;
        rows_kept += rows.len() as i64;
        for of in rows.chunk_by(|a, b| a.person == b.person) {
            if of.last().is_some_and(|row| wanted(&row.would.site)) {
                person(of, &mut out, &mut shifts);
            }
        }
    }
    for (key, mut shifts) in shifts {
        shifts.sort_unstable();
        if let Some(step) = out.steps.get_mut(&key) {
            step.shift_ms = shifts.get(shifts.len() / 2).copied();
        }
    }
    out.beyond = (store.shadow_counted(number)? - rows_kept).max(0);
    Ok(out)
}

/// When and how each side wanted the same thing.
type Sides<'a> = (Vec<(At, &'a str)>, Vec<(At, &'a str)>);

fn person(rows: &[WouldRow], out: &mut Difference, shifts: &mut BTreeMap<(Wish, String), Vec<i64>>) {
    let mut wishes: BTreeMap<(JourneyId, Wish, &str, &str), Sides<'_>> = BTreeMap::new();
    for WouldRow { would, .. } in rows {
        let of = wishes.entry((would.journey, would.wish, &would.step, &would.about)).or_default();
        let side = if would.side == Side::Shadow { &mut of.0 } else { &mut of.1 };
        // How a journey begins says nothing but which version it is.
        side.push((would.at, if would.wish == Wish::Begin { "" } else { &would.what }));
    }
    let mut any = false;
    for ((_, wish, step, _), (shadow, force)) in wishes {
        let key = (wish, step.to_owned());
        let mut told = StepDifference { shadow: shadow.len(), force: force.len(), ..StepDifference::default() };
        for ((at, how), (real_at, real_how)) in shadow.iter().zip(&force) {
            let shift = at.0 - real_at.0;
            match shift {
                _ if shift.abs() < SAME_MS => told.same += 1,
                _ if shift < 0 => told.earlier += 1,
                _ => told.later += 1,
            }
            if shift.abs() >= SAME_MS {
                shifts.entry(key.clone()).or_default().push(shift);
            }
            told.otherwise += usize::from(how != real_how);
        }
        told.only_shadow = shadow.len().saturating_sub(force.len());
        told.only_force = force.len().saturating_sub(shadow.len());
        any |= told.is_any();
        let sum = out.steps.entry(key).or_default();
        sum.shadow += told.shadow;
        sum.force += told.force;
        sum.same += told.same;
        sum.earlier += told.earlier;
        sum.later += told.later;
        sum.otherwise += told.otherwise;
        sum.only_shadow += told.only_shadow;
        sum.only_force += told.only_force;
    }
    out.people += 1;
    if any {
        out.differ += 1;
        if let Some(last) = rows.last().filter(|_| out.named.len() < NAMED_MAX) {
            out.named.push((last.person, last.would.site.clone()));
        }
    }
}

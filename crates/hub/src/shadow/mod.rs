//! Versions that run in shadow: which were ordered, whether one may begin, what a side wanted that the other did not,
//! and when what they told is dropped.
//!
//! An order that begins or ends a shadow asks nobody: it begins with the facts that come, and what a line keeps of it
//! is gone with the line's next turn after its end.

mod difference;

pub use difference::{Difference, NAMED_MAX, StepDifference, difference};

use crate::Refusal;
use crate::change::{Order, Ordered};
use model::time::DAY_MS;
use model::{At, Id};
use turn::shadow::SHADOWS_MAX;
use turn::{Setup, Shadow};

/// Days that what a shadow told is kept after its end.
pub const KEPT_DAYS: i64 = 90;

/// The order that ended a shadow: one that says so, or the one that put its version in force.
fn end<'a>(orders: &'a [Ordered], shadow: &Ordered) -> Option<&'a Ordered> {
    let Order::Shadow { pathway: name, version: shown, .. } = &shadow.order else { return None };
    orders.iter().find(|o| match &o.order {
        Order::Unshadow { of, .. } => *of == shadow.number,
        Order::Publish { pathway, version, .. } => o.number > shadow.number && pathway == name && version == shown,
        _ => false,
    })
}

/// When each shadow that was ever ordered began and ended, the oldest first; it ends by itself, too, and when its version
/// is put in force.
pub fn all(orders: &[Ordered]) -> Vec<(Shadow, At)> {
    let one = |o: &Ordered| {
        let Order::Shadow { pathway, version, why } = &o.order else { return None };
        let until = Shadow::until(o.at);
        let shadow = Shadow {
            number: o.number,
            pathway: pathway.clone(),
            version: *version,
            since: o.at,
            until,
            why: why.clone(),
            by: o.by.clone(),
        };
        Some((shadow, end(orders, o).map_or(until, |e| e.at.min(until))))
    };
    orders.iter().filter_map(one).collect()
}

/// Those that no order ended. One that is over by itself is among them: a turn looks at its own clock.
pub(crate) fn begun(orders: &[Ordered]) -> Vec<Shadow> {
    let over = |n: i64| orders.iter().any(|o| o.number == n && end(orders, o).is_some());
    all(orders).into_iter().map(|(shadow, _)| shadow).filter(|s| !over(s.number)).collect()
}

/// Whether a version may begin to run in shadow, or what is in the way.
pub(crate) fn may_begin(setup: &Setup, orders: &[Ordered], of: &str, version: Id, now: At) -> Result<(), Refusal> {
    let Some(pathway) = setup.versions.get(&version).filter(|p| p.name == of) else {
        return Err(Refusal::NoVersion);
    };
    if setup.in_force.iter().any(|p| p.version == pathway.version) {
        return Err(Refusal::InForceAlready);
    }
    let running: Vec<Shadow> = begun(orders).into_iter().filter(|s| s.runs(now)).collect();
    if running.iter().any(|s| s.pathway == of) {
        return Err(Refusal::OtherInShadow);
    }
    if running.len() >= SHADOWS_MAX {
        return Err(Refusal::Shadows(SHADOWS_MAX));
    }
    Ok(())
}

/// The shadows whose rows are kept no longer.
pub(crate) fn forgotten(orders: &[Ordered], now: At) -> Vec<i64> {
    let old = |(_, ended): &(Shadow, At)| ended.plus_ms(KEPT_DAYS * DAY_MS) <= now;
    all(orders).into_iter().filter(old).map(|(shadow, _)| shadow.number).collect()
}

//! What is in force: the folder's versions, and in their place those that staff put in force through the running hub.
//!
//! Invariants: the last order about a pathway decides. It stands as long as each start found the folder's file as it was
//! when the order was given. A folder that has another version is newer, and decides from then on: that the order is over
//! is durable before any lane opens, so that a folder which goes back to what it was brings no order back. Of two who
//! publish at once one comes first, and the other is told: an order says which version it takes the place of.

use crate::change::{self, Order, Ordered};
use crate::{Clock, Error, Refusal};
use model::Id;
use pathway::Pathway;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{ChangeRow, Store};
use turn::Setup;

/// Who writes that an order is over.
const HUB: &str = "hub";

/// What became of the last order that put a version of a pathway in force.
struct Last<'a> {
    order: &'a Ordered,
    version: Id,
    /// The folder's version when it was given.
    folder: Option<Id>,
    /// That it is over is durable.
    fell: bool,
    stands: bool,
}

fn of<'a>(pathways: &'a [Arc<Pathway>], name: &str) -> Option<&'a Arc<Pathway>> {
    pathways.iter().find(|p| p.name == name)
}

/// The last order of each pathway; `base` has the folder's in force.
fn last<'a>(base: &Setup, all: &'a [Ordered]) -> BTreeMap<&'a str, Last<'a>> {
    let mut out = BTreeMap::new();
    for order in all {
        match &order.order {
            Order::Publish { pathway, version, folder, .. } => {
                let now = of(&base.in_force, pathway).map(|p| p.version);
                let known = base.versions.get(version).is_some_and(|p| p.name == *pathway);
                let stands = known && (now == *folder || now == Some(*version));
                let last = Last { order, version: *version, folder: *folder, fell: false, stands };
                out.insert(pathway.as_str(), last);
            }
            Order::Fell { pathway, of } => {
                if let Some(last) =
                    out.get_mut(pathway.as_str()).filter(|last: &&mut Last<'_>| last.order.number == *of)
                {
                    (last.fell, last.stands) = (true, false);
                }
            }
            Order::Halt { .. }
            | Order::Resume { .. }
            | Order::Words { .. }
            | Order::Move { .. }
            | Order::Shadow { .. }
            | Order::Unshadow { .. }
            | Order::Pause { .. }
            | Order::Unpause { .. }
            | Order::Approve { .. } => {}
        }
    }
    out
}

/// Puts in force what staff ordered; `setup` has the folder's.
pub(crate) fn put_in_force(setup: &mut Setup, all: &[Ordered]) {
    for (name, last) in last(setup, all) {
        let Some(pathway) = setup.versions.get(&last.version).filter(|_| last.stands).cloned() else { continue };
        match setup.in_force.iter_mut().find(|p| p.name == name) {
            Some(place) => *place = pathway,
            None => setup.in_force.push(pathway),
        }
    }
}

/// The order by which each pathway is in force that the folder alone would not have so; `base` has the folder's.
pub(crate) fn standing(base: &Setup, all: &[Ordered]) -> BTreeMap<String, Ordered> {
    let stand = last(base, all).into_iter().filter(|(_, last)| last.stands);
    stand.map(|(name, last)| (name.to_owned(), last.order.clone())).collect()
}

/// At a start: writes which orders are over because the folder is newer, or has the ordered version by now, and says in
/// the log which ones override the folder. Every order, with those. Blocks.
pub(crate) fn settle(store: &Store, base: &Setup, all: Vec<Ordered>, clock: &Clock) -> Result<Vec<Ordered>, Error> {
    let mut wrote = false;
    for (name, last) in last(base, &all) {
        let now = of(&base.in_force, name).map(|p| p.version);
        let folder = now.map_or_else(|| "none".to_owned(), |v| v.to_string());
        let (number, version) = (last.order.number, last.version);
        // One that is back to what the folder has says the same as the folder.
        let caught_up = now == Some(version) && last.folder != now;
        if last.fell || now == Some(version) && !caught_up {
            continue;
        }
        if last.stands && !caught_up {
            tracing::warn!(
                pathway.name = name, pathway.version = %version, pathway.folder = folder, order = number,
                "a version that was put in force takes the place of the folder's"
            );
            continue;
        }
        write_fell(store, name, number, clock)?;
        wrote = true;
        if caught_up {
            tracing::info!(
                pathway.name = name,
                pathway.version = folder,
                order = number,
                "the folder has the version that was put in force: it decides from now on"
            );
        } else {
            tracing::warn!(
                pathway.name = name, pathway.version = folder, pathway.ordered = %version, order = number,
                "the folder has another version than when this order was given: the folder's is in force, and the \
                 order does not come back"
            );
        }
    }
    if wrote { change::given(store) } else { Ok(all) }
}

fn write_fell(store: &Store, name: &str, number: i64, clock: &Clock) -> Result<(), Error> {
    let order = Order::Fell { pathway: name.to_owned(), of: number };
    let json = serde_json::to_string(&order).map_err(|e| Error::Settings(e.to_string()))?;
    let (kind, pathway) = (order.kind().to_owned(), name.to_owned());
    let row = ChangeRow { number: 0, kind, pathway, at: clock.now(), who: HUB.to_owned(), json };
    // Two processes that start at once write it once.
    store.change_add(&row, &format!("fell-{number}"))?;
    Ok(())
}

/// The order with what the hub writes into it.
pub(crate) fn with_folder(base: &Setup, mut order: Order) -> Order {
    if let Order::Publish { pathway, folder, .. } = &mut order {
        *folder = of(&base.in_force, pathway).map(|p| p.version);
    }
    order
}

/// The same version again is the same order.
pub(crate) fn given_already(setup: &Setup, all: &[Ordered], order: &Order) -> Option<i64> {
    let Order::Publish { pathway, version, .. } = order else { return None };
    of(&setup.in_force, pathway).filter(|p| p.version == *version)?;
    let mut of = all.iter().rev().filter(|o| matches!(&o.order, Order::Publish { pathway: p, .. } if p == pathway));
    let last = of.next()?;
    let fell = |o: &Ordered| matches!(o.order, Order::Fell { of, .. } if of == last.number);
    if all.iter().any(fell) {
        return None;
    }
    matches!(&last.order, Order::Publish { version: v, .. } if v == version).then_some(last.number)
}

/// Whether a version may take that place.
///
/// # Errors
/// [`Error::Order`] when it is in force already, [`Error::InForce`] when another one is than whoever ordered saw.
pub(crate) fn check(setup: &Setup, name: &str, version: Id, over: Option<Id>) -> Result<(), Error> {
    let now = of(&setup.in_force, name).map(|p| p.version);
    if now == Some(version) {
        return Err(Refusal::InForceAlready.into());
    }
    if now != over {
        return Err(Error::InForce(now));
    }
    Ok(())
}

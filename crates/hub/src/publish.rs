//! What is in force: the folder's versions, and in their place those that staff put in force through the running hub.
//!
//! Invariants: the last order about a pathway decides. It stands as long as the folder's file is the one that it was
//! when the order was given, or is the ordered version itself; a folder that has another version is newer. Of two who
//! publish at once one comes first, and the other is told: an order says which version it takes the place of.

use crate::Error;
use crate::change::{Order, Ordered};
use model::Id;
use pathway::Pathway;
use std::collections::BTreeMap;
use std::sync::Arc;
use turn::Setup;

/// What became of the last order that put a version of a pathway in force.
struct Last<'a> {
    order: &'a Ordered,
    version: Id,
    stands: bool,
}

fn of<'a>(pathways: &'a [Arc<Pathway>], name: &str) -> Option<&'a Arc<Pathway>> {
    pathways.iter().find(|p| p.name == name)
}

/// The last order of each pathway; `base` has the folder's in force.
fn last<'a>(base: &Setup, all: &'a [Ordered]) -> BTreeMap<&'a str, Last<'a>> {
    let mut out = BTreeMap::new();
    for order in all {
        let Order::Publish { pathway, version, folder, .. } = &order.order else { continue };
        let now = of(&base.in_force, pathway).map(|p| p.version);
        let known = base.versions.get(version).is_some_and(|p| p.name == *pathway);
        let stands = known && (now == *folder || now == Some(*version));
        out.insert(pathway.as_str(), Last { order, version: *version, stands });
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

/// Says in the log which orders fell because the folder has a newer version.
pub(crate) fn log_fallen(base: &Setup, all: &[Ordered]) {
    for (name, last) in last(base, all) {
        if !last.stands {
            let folder = of(&base.in_force, name).map_or_else(|| "none".to_owned(), |p| p.version.to_string());
            tracing::warn!(
                pathway.name = name,
                pathway.version = folder,
                order = last.order.number,
                "the folder has another version than when this order was given: the folder's is in force"
            );
        }
    }
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
    matches!(&last.order, Order::Publish { version: v, .. } if v == version).then_some(last.number)
}

/// Whether a version may take that place.
///
/// # Errors
/// [`Error::Refused`] when it is in force already, [`Error::InForce`] when another one is than whoever ordered saw.
pub(crate) fn check(setup: &Setup, name: &str, version: Id, over: Option<Id>) -> Result<(), Error> {
    let now = of(&setup.in_force, name).map(|p| p.version);
    if now == Some(version) {
        return Err(Error::Refused("it is in force already".into()));
    }
    if now != over {
        return Err(Error::InForce(now));
    }
    Ok(())
}

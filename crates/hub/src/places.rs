//! The giver: hands the places of pathways with a limit to those who have waited longest.
//!
//! One round at a time in the process that owns the lanes: it counts what is taken over all parts, and has each lane
//! mark the rows of whom it chose before it counts again. So there are never more than the limit: a place that was
//! given counts until its person's turn gave it up. A row is marked before its fact is taken in; a lane that starts
//! takes in the facts of all rows that are marked, which are the same facts as before, so that a crash between the two
//! loses no place and gives none twice.
//!
//! Deliberately absent: whether a person still wants a place (their turn's), and who asks for one.

use crate::Error;
use model::PlaceRow;
use pathway::ast::Places;
use std::collections::BTreeMap;
use store::Store;
use turn::Setup;

/// Places that one round gives of one pathway; the next round goes on.
pub(crate) const GIVE_MAX: usize = 256;

/// Whose turn it is now: nobody for a pathway that is halted, everybody for one that has no limit any more (or is in
/// force no more: their turn tells staff).
pub(crate) fn next(store: &Store, setup: &Setup) -> Result<Vec<PlaceRow>, Error> {
    let mut out = Vec::new();
    for name in store.waited_for()? {
        let pathway = setup.in_force.iter().find(|p| p.name == name);
        if pathway.is_some_and(|p| setup.halt_of(&name, p.version).is_some()) {
            continue;
        }
        match pathway.and_then(|p| p.enrol.places) {
            None => out.extend(store.next_in_line(&name, None, GIVE_MAX)?),
            Some(limit) => out.extend(of_limit(store, &name, limit)?),
        }
    }
    Ok(out)
}

fn of_limit(store: &Store, pathway: &str, limit: Places) -> Result<Vec<PlaceRow>, Error> {
    let taken = store.places_taken(pathway)?;
    let free = |taken: i64| usize::try_from(i64::from(limit.at_most) - taken).unwrap_or(0).min(GIVE_MAX);
    if !limit.per_site {
        let free = free(taken.values().sum());
        return Ok(if free == 0 { Vec::new() } else { store.next_in_line(pathway, None, free)? });
    }
    let mut out = Vec::new();
    for site in store.in_line(pathway)?.keys() {
        let free = free(taken.get(site).copied().unwrap_or_default());
        if free > 0 {
            out.extend(store.next_in_line(pathway, Some(site), free)?);
        }
    }
    Ok(out)
}

/// The same by lane.
pub(crate) fn by_lane(store: &Store, rows: Vec<PlaceRow>) -> BTreeMap<u16, Vec<PlaceRow>> {
    let mut out: BTreeMap<u16, Vec<PlaceRow>> = BTreeMap::new();
    for row in rows {
        out.entry(store.lane_of(row.person.part())).or_default().push(row);
    }
    out
}

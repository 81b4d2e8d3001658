//! Versions of pathways, kept under the hash of their text for as long as journeys may walk them.
//!
//! A version is kept with the code sets and teams that it was read with, so that it reads the same ever after. It is
//! durable before any lane knows of it, and never written anew.
//!
//! Deliberately absent: whether a version may be in force (an order, see [`crate::change`]), and its findings.

use crate::change::{Order, Ordered};
use crate::clock::Clock;
use crate::{Error, Refusal};
use model::Id;
use pathway::Pathway;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{DeskRow, Store};
use turn::Setup;

/// The kind of the desk's rows.
const KIND: &str = "pathway";
/// Versions that one store keeps when they come through a running hub; a further one is refused.
pub const VERSIONS_MAX: usize = 2_000;
/// Of those, versions that were sent to be kept and that no order ever named: many of them must not be in the way of
/// one that is to be in force.
pub const UNORDERED_MAX: usize = 200;

/// What a version is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// To be known.
    BeKnown,
    /// An order that puts it in force follows.
    BeInForce,
}

/// A version as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The pathway's name.
    pub name: String,
    /// Its text.
    pub source: String,
    /// The code sets that it was read with: path and text.
    pub codes: Vec<(String, String)>,
    /// The names of the teams that it was read with.
    pub teams: Vec<String>,
    /// Who sent it to the running hub; empty when it came with the folder.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

impl Kept {
    /// As it was kept; `None` when it does not read.
    pub fn from_json(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The version; `None` when this Throughline cannot read it any more.
    pub fn read(&self) -> Option<Pathway> {
        pathway::read_kept(&self.source, &self.codes, &self.teams)
    }

    /// The row of a version, on the machine's clock.
    pub fn row(&self, version: Id) -> DeskRow {
        let json = serde_json::to_string(self).unwrap_or_default();
        DeskRow { kind: KIND.into(), key: version.to_string(), json, at: Clock::real().now() }
    }
}

/// Writes a version, durable when this returns; what it reads as ever after. Blocks.
pub(crate) fn keep(
    store: &Store,
    setup: &Setup,
    orders: &[Ordered],
    kept: &Kept,
    to: To,
) -> Result<Arc<Pathway>, Error> {
    let unreadable = || Error::Order(Refusal::Unreadable);
    let read = kept.read().filter(|p| p.name == kept.name).ok_or_else(unreadable)?;
    if let Some(known) = setup.versions.get(&read.version) {
        return Ok(Arc::clone(known));
    }
    if setup.versions.len() >= VERSIONS_MAX {
        return Err(Refusal::Versions(VERSIONS_MAX).into());
    }
    // Counted only when there may be so many: each row is read for it.
    if to == To::BeKnown && setup.versions.len() >= UNORDERED_MAX && unordered(store, orders)? >= UNORDERED_MAX {
        return Err(Refusal::Unordered(UNORDERED_MAX).into());
    }
    store.desk_add(&kept.row(read.version))?;
    // One that was kept before and did not read then keeps its row: it must be what was kept that is walked.
    let row = store.desk_get(KIND, &read.version.to_string())?;
    let read = row.and_then(|row| Kept::from_json(&row.json)?.read()).ok_or_else(unreadable)?;
    Ok(Arc::new(read))
}

/// Versions that were sent to the running hub and that no order names.
fn unordered(store: &Store, orders: &[Ordered]) -> Result<usize, Error> {
    let named = |version: &str| {
        let is = |v: &model::Id| v.to_string() == version;
        orders.iter().any(|o| match &o.order {
            Order::Publish { version, .. } | Order::Shadow { version, .. } => is(version),
            Order::Approve { version, .. } => version.as_ref().is_some_and(is),
            Order::Words { from, to, .. } | Order::Move { from, to, .. } => is(from) || is(to),
            Order::Halt { version, .. } => version.as_ref().is_some_and(is),
            Order::Resume { .. } | Order::Unshadow { .. } | Order::Fell { .. } => false,
            Order::Pause { .. } | Order::Unpause { .. } => false,
        })
    };
    let sent = |row: &DeskRow| Kept::from_json(&row.json).is_some_and(|kept| !kept.by.is_empty());
    Ok(store.desk_list(KIND)?.iter().filter(|row| !named(&row.key) && sent(row)).count())
}

/// The setup with every version that an order put in force: one that came through the running hub may be in no
/// settings. Blocks.
pub(crate) fn with_ordered(store: &Store, mut setup: Setup, orders: &[Ordered]) -> Result<Setup, Error> {
    for order in orders {
        let Order::Publish { version, .. } = &order.order else { continue };
        if setup.versions.contains_key(version) {
            continue;
        }
        let row = store.desk_get(KIND, &version.to_string())?;
        match row.and_then(|row| Kept::from_json(&row.json)?.read()) {
            Some(read) => setup.keep_version(&Arc::new(read)),
            None => tracing::error!(
                pathway.version = %version, order = order.number,
                "a version that was put in force does not read any more: the folder's is in force"
            ),
        }
    }
    Ok(setup)
}

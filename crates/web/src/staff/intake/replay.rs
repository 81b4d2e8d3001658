//! What was refused is read again, mended, and goes in by the same door.
//!
//! Invariants: a dry run writes nothing; the same text sent in twice is one fact (a fact is named by its source, its
//! name there and its content); what is older than pathways start on comes in as a replay and starts nothing; what
//! the source has sent anew meanwhile is not overwritten without being told.

use crate::door::kept::{Door, Told, told};
use crate::fault::Fault;
use crate::{Shared, State};
use model::fact::RESOURCE_RECEIVED;
use model::time::HOUR_MS;
use model::{Arrival, At, Item, Origin, PersonId};
use serde_json::json;
use store::{RefusedRow, RefusedState, Settlement};
use wire::{Issue, May, Source};

/// What is older starts nothing (a pathway may say less for itself, and is asked too).
const FRESH_FOR_MS: i64 = 72 * HOUR_MS;

/// What a text would do, or why it would not.
pub(super) struct Dry {
    /// What would come in, one line each.
    pub(super) would: Vec<Would>,
    /// What is wrong, or worth telling.
    pub(super) issues: Vec<Told>,
    /// Whether anything is refused.
    pub(super) refused: bool,
}

/// One thing that would come in.
pub(super) struct Would {
    /// `Patient/1001`, `medication.ready`.
    pub(super) what: String,
    /// Whose it is, when the directory knows.
    pub(super) person: Option<PersonId>,
    /// Whether an unknown subject makes a person.
    pub(super) may_create: bool,
    /// Whether it is of nobody: an Organization.
    pub(super) nobodys: bool,
    /// When it happened.
    pub(super) at: At,
    /// Whether it may act.
    pub(super) origin: Origin,
    /// What is there of it already.
    pub(super) there: There,
}

/// What is there already of what would come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    /// Nothing.
    Nothing,
    /// An older version.
    Older,
    /// The very same.
    Same,
    /// A version that came after this one was refused.
    Newer,
}

/// The items of a text that all of is understood, as they would be handed over.
fn items(shared: &Shared, row: &RefusedRow, door: &Door, text: &[u8]) -> Result<(Vec<Item>, Vec<Issue>), Vec<Issue>> {
    let now = shared.now();
    // Read as of when it came: what says no time of its own happened then, and not now.
    let source = Source {
        name: &row.source,
        site: &row.site,
        origin: door.origin(),
        now: row.first_at,
        country: &shared.app.hub.settings().clinic.country,
        // A person answers for what is in a text that they mended; but it shall not mix up charts.
        may: May { join: false, ..May::ALL },
    };
    let read = door.read(text, &source)?;
    let issues: Vec<Issue> = read.issues().cloned().collect();
    if issues.iter().any(Issue::refuses) {
        return Err(issues);
    }
    let items = read.in_order().into_iter().map(|(_, item)| again(item.clone(), row, now));
    Ok((items.collect(), issues))
}

/// An item as it comes in today: it says why it came, and what is old starts nothing.
fn again(mut item: Item, row: &RefusedRow, now: At) -> Item {
    item.fact.recorded_at = now;
    item.fact.cause = Some(format!("refused:{}", row.id));
    if item.fact.origin == Origin::Live && now.0 - item.fact.occurred_at.0 > FRESH_FOR_MS {
        item.fact.origin = Origin::Replay;
    }
    item
}

/// What a text would do. Writes nothing. Blocks.
pub(super) fn dry(shared: &Shared, row: &RefusedRow, door: &Door, text: &[u8]) -> store::Result<Dry> {
    let (items, issues) = match items(shared, row, door, text) {
        Ok(found) => found,
        Err(issues) => return Ok(Dry { would: Vec::new(), issues: told(&issues), refused: true }),
    };
    let mut would = Vec::with_capacity(items.len());
    for item in &items {
        would.push(one(shared, row, item)?);
    }
    Ok(Dry { would, issues: told(&issues), refused: false })
}

fn one(shared: &Shared, row: &RefusedRow, item: &Item) -> store::Result<Would> {
    let person = shared.store().whose(&item.keys)?;
    let fact = &item.fact;
    let resource = fact.kind == RESOURCE_RECEIVED;
    let (kind, id) = (fact.text("resourceType").unwrap_or_default(), fact.text("id").unwrap_or_default());
    let nobodys = resource && item.keys.is_empty();
    let there = match person {
        _ if !resource => There::Nothing,
        None if !nobodys => There::Nothing,
        whose => match shared.store().resource(whose, &fact.source, kind, id)? {
            None => There::Nothing,
            Some(old) if serde_json::from_str::<serde_json::Value>(&old.json).is_ok_and(|v| v == fact.body) => {
                There::Same
            }
            Some(old) if old.at > row.first_at => There::Newer,
            Some(_) => There::Older,
        },
    };
    let what = if resource { format!("{kind}/{id}") } else { fact.kind.clone() };
    let (at, origin) = (fact.occurred_at, fact.origin);
    Ok(Would { what, person, may_create: item.may_create, nobodys, at, origin, there })
}

/// Why a replay was not done.
pub(super) enum Not {
    /// Still wrong.
    Refused(Dry),
    /// The source has sent a newer version meanwhile, and nobody said that the older shall replace it.
    Newer(Dry),
    /// Somebody settled it otherwise.
    Settled,
}

/// Sends a text in by the door that it was refused at, and settles the row. The same text twice is one fact.
pub(super) async fn replay(
    state: &State,
    who: &str,
    row: RefusedRow,
    door: Door,
    text: Vec<u8>,
    over_newer: bool,
) -> Result<Result<usize, Not>, Fault> {
    let (asked, with) = (row.clone(), text.clone());
    let checked = state
        .read(move |shared| {
            let dry = dry(shared, &asked, &door, &with)?;
            if dry.refused {
                return Ok(Err(Not::Refused(dry)));
            }
            if !over_newer && dry.would.iter().any(|w| w.there == There::Newer) {
                return Ok(Err(Not::Newer(dry)));
            }
            Ok(Ok(items(shared, &asked, &door, &with).map(|(items, _)| items).unwrap_or_default()))
        })
        .await?;
    let items = match checked {
        Ok(items) => items,
        Err(not) => return Ok(Err(not)),
    };
    let facts: Vec<_> = items.iter().map(|i| (i.fact.id, i.fact.kind.clone())).collect();
    let arrivals = state.app.hub.accept(items).await?;
    let came: Vec<_> = facts
        .iter()
        .zip(&arrivals)
        .map(|((id, kind), arrival)| {
            let how = match arrival {
                Arrival::New { .. } => "new",
                Arrival::Changed { .. } => "changed",
                Arrival::Repeat(_) => "repeat",
            };
            json!({"id": id, "kind": kind, "arrival": how})
        })
        .collect();
    let (count, by) = (came.len(), who.to_owned());
    let settled = state
        .read(move |shared| {
            let outcome = json!({ "facts": came }).to_string();
            let (state, at) = (RefusedState::Mended, shared.now());
            let how = Settlement { state, at, by: &by, note: "", mended: Some(&text), outcome: &outcome };
            if shared.store().refused_settle(row.id, &how)? {
                return Ok(true);
            }
            // A second click: what it sent in was the same.
            let found = shared.store().refused_one(row.id)?;
            Ok(found.is_some_and(|w| w.mended.as_deref() == Some(text.as_slice())))
        })
        .await?;
    state.app.hub.touch();
    Ok(if settled { Ok(count) } else { Err(Not::Settled) })
}

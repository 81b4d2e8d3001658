//! Whose number a reply came from, and what staff may write on.
//!
//! Invariants: a number that is on the records of several people is nobody's; whoever is listed with it is told to staff
//! alone, and only the hub adds that to a reply, whatever a provider sent. Two records that are probably one person's, and
//! that nobody has merged yet, are no two people.

use crate::{Error, Hub, look};
use model::person::{PointKind, PointStatus};
use model::{At, Item, PersonId};
use outreach::Choice;
use record::Record;
use serde_json::json;
use std::collections::BTreeMap;
use store::Store;
use turn::Line;
use turn::shared::CANDIDATES_MAX;

/// People that are looked at for one number.
const LOOKED_MAX: usize = 64;

/// Who has a number or address on their record.
#[derive(Default)]
struct Holders {
    /// As their own, in use.
    own: Vec<PersonId>,
    /// As that of somebody near to them.
    near: Vec<PersonId>,
    /// How many people those of `own` are: two records that are probably one person's are one.
    people: usize,
}

fn holders(store: &Store, value: &str, number_line: Option<PersonId>) -> Result<Holders, Error> {
    let found: Vec<PersonId> = store.find_people(value, LOOKED_MAX)?.into_iter().map(|row| row.person).collect();
    let records: BTreeMap<PersonId, Record> = look::records(store, &found)?;
    let mut holders = Holders::default();
    let mut people: Vec<&Record> = Vec::new();
    for (person, record) in &records {
        let person = *person;
        if Some(person) == number_line {
            continue;
        }
        let same = |held: &str| held.eq_ignore_ascii_case(value);
        // Whether it takes texts or has failed says nothing of whose it is.
        let not_theirs = |status| matches!(status, PointStatus::Wrong | PointStatus::Ended);
        let points = || record.contacts.iter().filter(|p| same(&p.value) && !not_theirs(p.status));
        if points().any(|p| p.owner.is_none()) {
            holders.own.push(person);
            let known = |other: &&Record| identity::same(other, record).verdict == identity::Verdict::Probable;
            if !people.iter().any(known) {
                people.push(record);
            }
        } else if points().any(|p| p.owner.is_some() && matches!(p.kind, PointKind::Phone | PointKind::Email)) {
            holders.near.push(person);
        }
    }
    holders.people = people.len();
    Ok(holders)
}

/// Looks whose a reply may be. From a number of several people it is brought to the number's own line, with those whose
/// it may be; `known` is whom the directory names. Whoever else mentions the number is listed where nobody owns it.
pub(crate) fn whose(store: &Store, item: &mut Item, known: Option<PersonId>) -> Result<Option<PersonId>, Error> {
    let fact = &mut item.fact;
    if fact.kind != "reply.received" || item.person.is_some() {
        return Ok(known);
    }
    if let Some(body) = fact.body.as_object_mut() {
        body.remove("shared");
        body.remove("candidates");
    }
    let Some(from) = fact.text("from").filter(|from| !from.is_empty()).map(str::to_owned) else { return Ok(known) };
    let number_line = item.keys.first().map(|key| model::inbox::person_of(*key));
    let mut holders = holders(store, &from, number_line)?;
    // The one that the directory names comes first: what is passed on to one of them goes there.
    holders.own.sort_by_key(|person| (Some(*person) != known, *person));
    let shared = holders.people > 1;
    let listed = if shared { holders.own } else { holders.near };
    if known.is_some() && !shared || listed.is_empty() {
        return Ok(known);
    }
    let listed: Vec<PersonId> = listed.into_iter().take(CANDIDATES_MAX).collect();
    fact.body["candidates"] = json!(listed);
    fact.body["shared"] = json!(shared);
    Ok(if shared { number_line } else { known })
}

impl Hub {
    /// Which channels may carry what a member of staff writes to a person, and why not. `not_before` is the time that it is
    /// meant for; `None` for now. Blocks.
    pub fn choices(&self, person: PersonId, not_before: Option<At>) -> Result<Vec<Choice>, Error> {
        let row = self.inner.store.line(person)?;
        let line = Line::decode(person, row.version, row.state.as_deref(), row.journeys, row.prompts, row.forwards_to)?;
        Ok(turn::talk::choices(&line, &self.inner.setup(), not_before, self.inner.clock.now()))
    }
}

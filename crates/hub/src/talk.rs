//! Whose number a reply came from, and what staff may write on.
//!
//! Invariants: a number that is on the records of several people is nobody's; whoever is listed with it is told to staff
//! alone, and only the hub adds that to a reply, whatever a provider sent. Two records that are probably one person's, and
//! that nobody has merged yet, are no two people.

use crate::{Error, Hub, look};
use model::person::{PointKind, PointStatus};
use model::{At, Fact, Id, Item, PersonId};
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
    /// By a grant to somebody near to them, whether or not that one has a record of their own.
    related: Vec<PersonId>,
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
            continue;
        }
        let granted = record::ways::is_related(record, value);
        if granted {
            holders.related.push(person);
        }
        if granted || points().any(|p| p.owner.is_some() && matches!(p.kind, PointKind::Phone | PointKind::Email)) {
            holders.near.push(person);
        }
    }
    holders.people = people.len();
    Ok(holders)
}

/// The key under which the answer to a notice is found, where a fact may be one.
fn notice_key(fact: &Fact) -> Option<Id> {
    let code = fact.text("text").and_then(model::inbox::notice_code)?;
    (fact.kind == "reply.received").then_some(())?;
    Some(model::inbox::notice_key(fact.text("from")?, code))
}

/// The key whose first sighting makes a line: never that of a notice.
pub(crate) fn number_key(item: &Item) -> Option<Id> {
    let notice = notice_key(&item.fact);
    item.keys.iter().copied().find(|key| Some(*key) != notice)
}

/// Looks whose a reply may be. From a number of several people it is brought to the number's own line, with those whose
/// it may be; `known` is whom the directory names. Whoever else mentions the number is listed where nobody owns it.
pub(crate) fn whose(store: &Store, item: &mut Item, known: Option<PersonId>) -> Result<Option<PersonId>, Error> {
    let fact = &mut item.fact;
    if !matches!(fact.kind.as_str(), "reply.received" | "call.received") || item.person.is_some() {
        return Ok(known);
    }
    if let Some(body) = fact.body.as_object_mut() {
        body.remove("shared");
        body.remove("candidates");
        body.remove("related");
        body.remove("more");
        body.remove("also");
    }
    let Some(from) = fact.text("from").filter(|from| !from.is_empty()).map(str::to_owned) else { return Ok(known) };
    // An answer to a notice is on the line of whom it was about, whoever else has the number.
    if let Some(key) = notice_key(fact).filter(|key| item.keys.contains(key))
        && store.whose(&[key])?.is_some()
    {
        return Ok(known);
    }
    let number_line = number_key(item).map(model::inbox::person_of);
    let fact = &mut item.fact;
    let mut holders = holders(store, &from, number_line)?;
    if !holders.related.is_empty() {
        let related: Vec<PersonId> = holders.related.iter().copied().take(CANDIDATES_MAX).collect();
        fact.body["related"] = json!(related);
    }
    // The one that the directory names comes first: what is passed on to one of them goes there.
    holders.own.sort_by_key(|person| (Some(*person) != known, *person));
    let shared = holders.people > 1;
    let listed = if shared { holders.own.clone() } else { holders.near };
    if let Some(person) = known.filter(|_| !shared) {
        also(&holders.own, person, fact);
        return Ok(known);
    }
    if listed.is_empty() {
        return Ok(known);
    }
    if shared && listed.len() > CANDIDATES_MAX {
        fact.body["more"] = json!(true);
    }
    let listed: Vec<PersonId> = listed.into_iter().take(CANDIDATES_MAX).collect();
    fact.body["candidates"] = json!(listed);
    fact.body["shared"] = json!(shared);
    Ok(if shared { number_line } else { known })
}

/// Says of a word about a message, a key in a call or a complaint, whether the message went to a related person by a
/// grant: what is refused there, they refuse for their own number or address. Who brings the word does not know. Of a call
/// that somebody wants no more of it says whose number rang besides: the STOP is all of theirs, as one by text is. Of a
/// message that did not arrive it says where it went, as our own row has it: a mail may come back days after its reach is
/// over, and its address is closed all the same.
pub(crate) fn went_to(store: &Store, person: PersonId, item: &mut Item) -> Result<(), Error> {
    let fact = &mut item.fact;
    if fact.kind == "message.failed" {
        return failed_at(store, person, fact);
    }
    if !matches!(fact.kind.as_str(), "call.heard" | "call.ended" | "message.complained") {
        return Ok(());
    }
    if let Some(body) = fact.body.as_object_mut() {
        for added in ["proxy", "number", "shared", "candidates", "related", "more", "also"] {
            body.remove(added);
        }
    }
    let Some(id) = fact.text("message").and_then(|t| t.parse().ok()) else { return Ok(()) };
    let Some(message) = store.messages(person, &[id])?.into_iter().next() else { return Ok(()) };
    if !fact.body.is_object() {
        return Ok(());
    }
    if message.basis == outreach::GRANT {
        fact.body["proxy"] = json!(true);
        fact.body["to"] = json!(message.to);
    }
    if turn::shared::is_stop_in_call(fact) {
        also_of(store, person, &message.to, fact)?;
    }
    Ok(())
}

/// Where a message that did not arrive went. What a report claims holds only where there is no row.
fn failed_at(store: &Store, person: PersonId, fact: &mut Fact) -> Result<(), Error> {
    let Some(id) = fact.text("message").and_then(|t| t.parse().ok()) else { return Ok(()) };
    let Some(message) = store.messages(person, &[id])?.into_iter().next() else { return Ok(()) };
    let Some(body) = fact.body.as_object_mut() else { return Ok(()) };
    body.remove("to");
    // Whoever of the care team could not be told is no way to the person.
    if !crate::dispatch::to_care_team(&message) {
        body.insert("to".into(), json!(message.to));
        body.insert("channel".into(), json!(message.channel));
    }
    Ok(())
}

/// Who else has the number that rang, as their own or by a grant. Two records that are probably one person's, and that
/// nobody has merged yet, are no two people here either.
fn also_of(store: &Store, person: PersonId, to: &str, fact: &mut Fact) -> Result<(), Error> {
    fact.body["number"] = json!(to);
    let holders = holders(store, to, Some(model::inbox::person_of(model::inbox::key("phone", to))))?;
    let others = |all: Vec<PersonId>| all.into_iter().filter(|other| *other != person).collect::<Vec<_>>();
    let related = others(holders.related);
    if !related.is_empty() {
        fact.body["related"] = json!(&related[..related.len().min(CANDIDATES_MAX)]);
    }
    let (theirs, own) = (holders.own.contains(&person), others(holders.own));
    if !own.is_empty() && (holders.people > 1 || !theirs) {
        if own.len() > CANDIDATES_MAX {
            fact.body["more"] = json!(true);
        }
        fact.body["candidates"] = json!(&own[..own.len().min(CANDIDATES_MAX)]);
        fact.body["shared"] = json!(true);
    } else {
        also(&own, person, fact);
    }
    Ok(())
}

/// Other records that are probably of who spoke, and have the number: a STOP holds on these, too, for they are written to
/// at the same place.
fn also(own: &[PersonId], person: PersonId, fact: &mut Fact) {
    let others: Vec<PersonId> = own.iter().copied().filter(|p| *p != person).take(CANDIDATES_MAX).collect();
    if !others.is_empty() {
        fact.body["also"] = json!(others);
    }
}

impl Hub {
    /// The number of a person that a member of staff would be connected with, or why not. Blocks.
    pub fn by_hand(&self, person: PersonId) -> Result<Choice, Error> {
        let row = self.inner.store.line(person)?;
        let line = Line::decode(person, row.version, row.state.as_deref(), row.journeys, row.prompts, row.forwards_to)?;
        Ok(turn::staff_call::choice(&line, &self.inner.setup(), self.inner.clock.now()))
    }

    /// Which channels may carry what a member of staff writes to a person, and why not. `not_before` is the time that it is
    /// meant for; `None` for now. Blocks.
    pub fn choices(&self, person: PersonId, not_before: Option<At>) -> Result<Vec<Choice>, Error> {
        let row = self.inner.store.line(person)?;
        let line = Line::decode(person, row.version, row.state.as_deref(), row.journeys, row.prompts, row.forwards_to)?;
        Ok(turn::talk::choices(&line, &self.inner.setup(), not_before, self.inner.clock.now()))
    }
}

//! Receipts of providers that know a message by the id alone that they gave it.
//!
//! The directory says whose such an id is (`provider:NAME`; the turn that hears of the acceptance claims it); which
//! message it is, the person's own messages say. A receipt that comes before the acceptance is durable matches nobody,
//! and is set aside until it does.
//!
//! Invariants: a receipt moves the message that has its id, on the line that holds it, or nothing.

use model::{Item, PersonId};
use serde_json::json;
use store::Store;
use turn::Line;

/// Names the message that a receipt is about, where only the provider's id is told; whose line it is on: `person`'s, or
/// that of one that was merged with theirs.
pub fn place(store: &Store, person: PersonId, item: &mut Item) -> Result<PersonId, store::Error> {
    let fact = &item.fact;
    if !matches!(fact.kind.as_str(), "message.delivered" | "message.failed" | "message.read")
        || fact.body.get("message").is_some()
    {
        return Ok(person);
    }
    let (Some(provider), Some(id)) = (fact.text("provider"), fact.text("provider_id")) else { return Ok(person) };
    let others = || -> Result<Vec<PersonId>, store::Error> {
        let row = store.line(person)?;
        let line = Line::decode(person, row.version, row.state.as_deref(), row.journeys, row.prompts, row.forwards_to);
        // A line that does not read is told of by its own turn.
        Ok(line.map(|line| line.others().into_iter().collect()).unwrap_or_default())
    };
    let found = match find(store, person, provider, id)? {
        Some(found) => Some((person, found)),
        None => {
            let mut found = None;
            for other in others()? {
                if let Some(of) = find(store, other, provider, id)? {
                    found = Some((other, of));
                    break;
                }
            }
            found
        }
    };
    let Some((whose, (message, last))) = found else { return Ok(person) };
    // That one part arrived says nothing of the whole; that it did not, all.
    if last || fact.kind == "message.failed" {
        item.fact.body["message"] = json!(message);
    }
    Ok(whose)
}

/// The message that has a provider's id, and whether it is the id of its last part.
fn find(
    store: &Store,
    person: PersonId,
    provider: &str,
    id: &str,
) -> Result<Option<(model::MessageId, bool)>, store::Error> {
    let carried = store.carried_by(person, provider)?;
    Ok(carried.into_iter().find_map(|(message, ids)| {
        let ids: Vec<&str> = model::message::provider_ids(&ids).collect();
        ids.contains(&id).then(|| (message, ids.last() == Some(&id)))
    }))
}

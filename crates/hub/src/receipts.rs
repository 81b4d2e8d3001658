//! Receipts of providers that know a message by the id alone that they gave it.
//!
//! The directory says whose such an id is (`provider:NAME`; the turn that hears of the acceptance takes it over, for a
//! provider may give an id again); which message it is, the person's own messages say. A receipt that comes before the
//! acceptance is durable matches nobody, or only a message that ended long ago, and is set aside until it does.
//!
//! Invariants: a receipt moves the newest message that has its id, on the line that holds it, or nothing; none that
//! ended longer ago than [`AFTER_MS`]; one that was set aside is ended after [`WAITS_MS`], and counted.

use model::time::{DAY_MS, HOUR_MS};
use model::{Fact, Item, MessageId, PersonId};
use serde_json::json;
use store::Store;
use turn::Line;

/// After the end of a message's validity a receipt is still of it for so long: what is delivered in the last minute is
/// reported late. Ids that are given again are given days later at the least.
pub const AFTER_MS: i64 = 12 * HOUR_MS;

/// A receipt that was set aside waits for its message no longer than this: whose acceptance is so late is told by its
/// own attempt, and an id that is given again is another message's by then.
pub const WAITS_MS: i64 = 3 * DAY_MS;
/// Why a receipt is set aside.
pub const UNKNOWN: &str = "a receipt of a message that is not known yet";

/// Whether a fact is a receipt that says of its message the provider's id alone.
pub(crate) fn by_id(fact: &Fact) -> bool {
    let of_a_message = matches!(fact.kind.as_str(), "message.delivered" | "message.failed" | "message.read");
    of_a_message && fact.body.get("message").is_none() && fact.text("provider_id").is_some()
}

/// Names the message that a receipt is about, where only the provider's id is told; whose line it is on: `person`'s, or
/// that of one that was merged with theirs. `None`: the id is known of a message alone that ended long ago.
pub(crate) fn place(store: &Store, person: PersonId, item: &mut Item) -> Result<Option<PersonId>, store::Error> {
    let fact = &item.fact;
    if !by_id(fact) {
        return Ok(Some(person));
    }
    let (Some(provider), Some(id)) = (fact.text("provider"), fact.text("provider_id")) else { return Ok(Some(person)) };
    let mut ended = false;
    for of in std::iter::once(Ok(vec![person])).chain(std::iter::once_with(|| others(store, person))) {
        for of in of? {
            let Some((message, last)) = find(store, of, provider, id)? else { continue };
            let row = store.message(of, message)?;
            if row.is_none_or(|row| fact.occurred_at > row.valid_until.plus_ms(AFTER_MS)) {
                ended = true;
                continue;
            }
            // That one part arrived says nothing of the whole; that it did not, all.
            if last || fact.kind == "message.failed" {
                item.fact.body["message"] = json!(message);
            }
            return Ok(Some(of));
        }
    }
    Ok((!ended).then_some(person))
}

/// The lines that were merged with a person's.
fn others(store: &Store, person: PersonId) -> Result<Vec<PersonId>, store::Error> {
    let row = store.line(person)?;
    let line = Line::decode(person, row.version, row.state.as_deref(), row.journeys, row.prompts, row.forwards_to);
    // A line that does not read is told of by its own turn.
    Ok(line.map(|line| line.others().into_iter().collect()).unwrap_or_default())
}

/// The newest message of a person that has a provider's id, and whether it is the id of its last part.
fn find(store: &Store, person: PersonId, provider: &str, id: &str) -> Result<Option<(MessageId, bool)>, store::Error> {
    let carried = store.carried_by(person, provider)?;
    Ok(carried.into_iter().find_map(|(message, ids)| {
        let ids: Vec<&str> = model::message::provider_ids(&ids).collect();
        ids.contains(&id).then(|| (message, ids.last() == Some(&id)))
    }))
}

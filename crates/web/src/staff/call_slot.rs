//! A telephone of staff rings for one person at a time: what is said before the last key names nobody, so whoever takes a
//! call must know whose it is.
//!
//! One desk row a number says for whom it rings. Of two windows that ask at the same moment, in one process or two, one
//! writes it. It also keeps the digits that the screen shows to who asked, and to nobody else.

use crate::auth::secret;
use crate::fault::Fault;
use crate::machine_now;
use model::message::Status;
use model::time::MINUTE_MS;
use model::{At, MessageId, PersonId};
use serde::{Deserialize, Serialize};
use store::{DeskRow, Store};
use turn::staff_call::SHOWN;

/// The kind of desk rows that keep a telephone of staff for one call.
const SLOT: &str = "staff_call";
/// So long it may be under way before it is taken: it waits for two minutes at most, and then rings.
const RINGS_MS: i64 = 3 * MINUTE_MS;

/// For whom a telephone of staff rings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Held {
    pub(super) person: PersonId,
    /// Since when, by the care clock.
    at: At,
    /// The name of the account that asked.
    account: String,
    /// What its screen shows; empty where the telephone is known to be theirs.
    pub(super) digits: String,
    /// The call, once it is asked for.
    message: Option<MessageId>,
    /// No two are the same, so that of two who write one does.
    once: String,
}

impl Default for Held {
    fn default() -> Self {
        let none = String::new;
        let person = PersonId::default();
        Self { person, at: At(0), account: none(), digits: none(), message: None, once: none() }
    }
}

impl Held {
    /// For a call that is asked for now.
    pub(super) fn new(person: PersonId, account: &str, digits: &str, now: At) -> Self {
        let once = secret()[..16].to_owned();
        Self { person, at: now, account: account.into(), digits: digits.into(), message: None, once }
    }

    fn read(row: &DeskRow) -> Self {
        serde_json::from_str(&row.json).unwrap_or_default()
    }
}

/// What came of asking for a telephone.
pub(super) enum Slot {
    /// It is kept for this call.
    Taken,
    /// It rings, or is about to, for this person.
    RingsFor(PersonId),
}

fn key(phone: &str) -> String {
    model::inbox::key(SLOT, phone).to_string()
}

/// Whether it rings still, or is about to. Blocks.
fn rings(store: &Store, held: &Held, now: At) -> Result<bool, Fault> {
    if held.at <= now.plus_ms(-RINGS_MS) {
        return Ok(false);
    }
    let Some(message) = held.message else { return Ok(true) };
    Ok(store
        .message(held.person, message)?
        .is_some_and(|m| matches!(m.status, Status::Queued | Status::Dispatching | Status::Accepted | Status::Unknown)))
}

/// Keeps a telephone for a call with a person. Blocks.
pub(super) fn take(store: &Store, phone: &str, held: &Held) -> Result<Slot, Fault> {
    let key = key(phone);
    let json = serde_json::to_string(held).map_err(|_| Fault::Broken)?;
    let row = DeskRow { kind: SLOT.into(), key: key.clone(), json, at: machine_now() };
    let taken = match store.desk_get(SLOT, &key)? {
        Some(was) => {
            let other = Held::read(&was);
            if rings(store, &other, held.at)? {
                return Ok(Slot::RingsFor(other.person));
            }
            store.desk_swap(&was.json, &row)?
        }
        None => store.desk_add(&row)?,
    };
    if taken {
        return Ok(Slot::Taken);
    }
    // Another one was first.
    let first = store.desk_get(SLOT, &key)?.map(|row| Held::read(&row).person);
    Ok(Slot::RingsFor(first.unwrap_or(held.person)))
}

/// The call that it was kept for is asked for: it is this one. Blocks.
pub(super) fn asked(store: &Store, phone: &str, held: &Held, message: MessageId) -> Result<(), Fault> {
    let json = |held: &Held| serde_json::to_string(held).map_err(|_| Fault::Broken);
    let now = Held { message: Some(message), ..held.clone() };
    let row = DeskRow { kind: SLOT.into(), key: key(phone), json: json(&now)?, at: machine_now() };
    // Where another call has it by now, this one took so long that it is over.
    store.desk_swap(&json(held)?, &row)?;
    Ok(())
}

/// The call does not come to be: the telephone is free, unless it is kept for another call by now. Blocks.
pub(super) fn drop(store: &Store, phone: &str, held: &Held) -> Result<(), Fault> {
    let json = |held: &Held| serde_json::to_string(held).map_err(|_| Fault::Broken);
    let over = Held { at: At(0), ..held.clone() };
    let row = DeskRow { kind: SLOT.into(), key: key(phone), json: json(&over)?, at: machine_now() };
    store.desk_swap(&json(held)?, &row)?;
    Ok(())
}

/// The digits that this account presses for a call with this person, while it rings. Blocks.
pub(super) fn digits(
    store: &Store,
    phone: &str,
    (account, person): (&str, PersonId),
    now: At,
) -> Result<Option<String>, Fault> {
    let Some(row) = store.desk_get(SLOT, &key(phone))? else { return Ok(None) };
    let held = Held::read(&row);
    let theirs = !held.digits.is_empty() && held.account == account && held.person == person;
    Ok(if theirs && rings(store, &held, now)? { Some(held.digits) } else { None })
}

/// New digits for a screen.
pub(super) fn new_digits() -> Result<String, Fault> {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(|_| Fault::Broken)?;
    let of = 10_u64.pow(SHOWN as u32);
    Ok(format!("{:0width$}", u64::from_le_bytes(bytes) % of, width = SHOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_three_and_differ() {
        let all: std::collections::BTreeSet<String> = (0..200).map(|_| new_digits().expect("digits")).collect();
        assert!(all.iter().all(|d| d.len() == SHOWN && d.bytes().all(|b| b.is_ascii_digit())));
        assert!(all.len() > 100, "{}", all.len());
    }
}

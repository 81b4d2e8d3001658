//! One-time links: to a new account, or to a new password for one that is there. 256 bits, kept as a hash, good for
//! 72 hours, shown once, used once.

use super::account::{self, Account};
use super::{digest, secret};
use crate::machine_now;
use serde::{Deserialize, Serialize};
use store::{DeskRow, Store};

/// How long a link is good, milliseconds.
pub(crate) const GOOD_MS: i64 = 72 * model::time::HOUR_MS;
/// Digits that name a link in lists.
const ID_DIGITS: usize = 16;
const KIND: &str = "invite";

/// A link that waits to be used.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Invite {
    /// What the account will be; for a new password only its name counts.
    pub(crate) account: Account,
    /// Who made it.
    pub(crate) by: String,
    /// When, machine's clock, milliseconds.
    pub(crate) made: i64,
    /// Sets a new password of an account that is there.
    #[serde(default)]
    pub(crate) again: bool,
}

impl Invite {
    /// When it is good no more.
    pub(crate) fn until(&self) -> model::At {
        model::At(self.made + GOOD_MS)
    }
}

/// Keeps a link; its secret, which is shown once. Blocks.
pub(crate) fn make(store: &Store, account: Account, by: &str, again: bool) -> store::Result<String> {
    let now = machine_now();
    for (key, invite) in rows(store)? {
        // One link for a name: the newest.
        if now >= invite.until() || invite.account.name == account.name {
            store.desk_drop(KIND, &key)?;
        }
    }
    let token = secret();
    let invite = Invite { account, by: by.to_owned(), made: now.0, again };
    let json = serde_json::to_string(&invite).unwrap_or_default();
    store.desk_put(&DeskRow { kind: KIND.into(), key: digest(&token), json, at: now })?;
    Ok(token)
}

fn rows(store: &Store) -> store::Result<Vec<(String, Invite)>> {
    let all = store.desk_list(KIND)?;
    Ok(all.into_iter().filter_map(|r| Some((r.key, serde_json::from_str(&r.json).ok()?))).collect())
}

/// Links that are good now, each with what names it in lists. Blocks.
pub(crate) fn list(store: &Store) -> store::Result<Vec<(String, Invite)>> {
    let now = machine_now();
    let good = rows(store)?.into_iter().filter(|(_, i)| now < i.until());
    Ok(good.map(|(key, invite)| (digest(&key)[..ID_DIGITS].to_owned(), invite)).collect())
}

/// The link of a secret, if it is good. Blocks.
pub(crate) fn find(store: &Store, token: &str) -> store::Result<Option<Invite>> {
    let row = store.desk_get(KIND, &digest(token))?;
    let invite = row.and_then(|r| serde_json::from_str::<Invite>(&r.json).ok());
    Ok(invite.filter(|i| machine_now() < i.until()))
}

/// Uses a link up; false when another did. Blocks.
pub(crate) fn spend(store: &Store, token: &str) -> store::Result<bool> {
    store.desk_drop(KIND, &digest(token))
}

/// Revokes the link that a list names; its account's name. Blocks.
pub(crate) fn revoke(store: &Store, id: &str) -> store::Result<Option<String>> {
    for (key, invite) in rows(store)? {
        if digest(&key)[..ID_DIGITS] == *id && store.desk_drop(KIND, &key)? {
            return Ok(Some(invite.account.name));
        }
    }
    Ok(None)
}

/// Revokes what waits for this name: the account was disabled. Blocks.
pub(crate) fn revoke_of(store: &Store, name: &str) -> store::Result<()> {
    for (key, _) in rows(store)?.into_iter().filter(|(_, i)| i.account.name == name) {
        store.desk_drop(KIND, &key)?;
    }
    Ok(())
}

/// Whether the name is free: no account has it. Blocks.
pub(crate) fn is_free(store: &Store, name: &str) -> store::Result<bool> {
    Ok(account::find(store, name)?.is_none())
}

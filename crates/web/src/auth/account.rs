//! Staff accounts: rows of the desk, one a person.

use super::password;
use crate::Shared;
use crate::fault::Fault;
use crate::tongue::Tongue;
use serde::{Deserialize, Serialize};
use store::{DeskRow, Store};

/// What an account may be, each with what it is for.
pub const ROLES: &[(&str, &str)] = &[
    ("nurse", "works the worklist, sees people"),
    ("lead", "the same, for every team; sees what was refused"),
    ("designer", "pathways: how they run and how they differ"),
    ("integrator", "sources: what was refused and parked"),
    ("auditor", "the access log, and nothing of what it is about"),
    ("administrator", "accounts, keys and the access log"),
];
/// No name is longer, characters.
pub(crate) const NAME_MAX: usize = 64;
const KIND: &str = "account";
/// What an account has typed about prompts and not sent: a row of this kind by the account's name.
pub(crate) const DRAFTS: &str = "draft";

/// The telephone of an account, and what proves that it is theirs: a row of this kind by the account's name.
pub(crate) const PHONE: &str = "staff_phone";

/// A member of staff who can log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `nurse`; lower case, the key of the row.
    pub name: String,
    /// As shown.
    pub display: String,
    /// Of [`ROLES`].
    pub roles: Vec<String>,
    /// Teams whose prompts are shown; empty for all.
    pub teams: Vec<String>,
    /// Sites whose prompts are shown; empty for all.
    pub sites: Vec<String>,
    /// May not log in, and is logged out.
    pub disabled: bool,
    /// argon2id, PHC string.
    #[serde(default)]
    pub hash: String,
}

impl Account {
    /// Whether it has any of these roles.
    pub(crate) fn is_any(&self, roles: &[&str]) -> bool {
        self.roles.iter().any(|r| roles.contains(&r.as_str()))
    }
}

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// What was asked cannot be.
    #[error("{0}")]
    Invalid(String),
}

/// What is wrong with an account's name or roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Malformed.
    Name,
    /// None, or one that there is not.
    Roles,
}

/// Whether a name can be logged in with, and the roles are of [`ROLES`].
pub(crate) fn check(name: &str, roles: &[String]) -> Result<(), Wrong> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(plain) {
        return Err(Wrong::Name);
    }
    let known = |role: &String| ROLES.iter().any(|(name, _)| name == role);
    if roles.is_empty() || !roles.iter().all(known) { Err(Wrong::Roles) } else { Ok(()) }
}

/// Makes an account with this password, for a first start and tests; `account.hash` is ignored. On the pages an
/// administrator invites, and nobody knows another's password.
///
/// # Errors
/// When the name is taken or malformed, the password too weak, or a role unknown. Blocks.
pub fn create_account(store: &Store, mut account: Account, password: &str) -> Result<(), Error> {
    check(&account.name, &account.roles).map_err(|wrong| {
        Error::Invalid(match wrong {
            Wrong::Name => format!("a name has 1 to {NAME_MAX} of a-z, 0-9, dot, dash and underscore"),
            Wrong::Roles => "an account has at least one role, of those there are".into(),
        })
    })?;
    password::check(password, password::ALONE_MIN, &[&account.name, &account.display])
        .map_err(|weak| Error::Invalid(weak.words(Tongue::En)))?;
    account.hash = password::hash(password);
    if add(store, &account)? { Ok(()) } else { Err(Error::Invalid(format!("the name {} is taken", account.name))) }
}

fn row(account: &Account) -> DeskRow {
    let json = serde_json::to_string(account).unwrap_or_default();
    DeskRow { kind: KIND.into(), key: account.name.clone(), json, at: crate::machine_now() }
}

/// Writes an account unless there is one of that name; whether it did. Blocks.
pub(crate) fn add(store: &Store, account: &Account) -> store::Result<bool> {
    store.desk_add(&row(account))
}

/// The account of that name. Blocks.
pub(crate) fn find(store: &Store, name: &str) -> store::Result<Option<Account>> {
    let row = store.desk_get(KIND, name)?;
    Ok(row.and_then(|r| serde_json::from_str(&r.json).ok()))
}

/// Every account, by name. Blocks.
pub(crate) fn list(store: &Store) -> store::Result<Vec<Account>> {
    Ok(store.desk_list(KIND)?.iter().filter_map(|r| serde_json::from_str(&r.json).ok()).collect())
}

/// Changes an account, one change at a time: a new password does not undo what an administrator does meanwhile. Blocks.
pub(crate) fn change(
    shared: &Shared,
    name: &str,
    work: impl FnOnce(&mut Account) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let _turn = shared.factors.lock().map_err(|_| Fault::Broken)?;
    let mut account = find(shared.store(), name)?.ok_or(Fault::NotFound)?;
    work(&mut account)?;
    put(shared.store(), &account)?;
    // What its person was typing is patients' data, and of use to nobody now.
    if account.disabled {
        shared.store().desk_drop(DRAFTS, name)?;
        shared.store().desk_drop(PHONE, name)?;
    }
    Ok(())
}

/// Writes an account that is there already; only while `Shared::factors` is held. Blocks.
pub(crate) fn put(store: &Store, account: &Account) -> store::Result<()> {
    store.desk_put(&row(account))
}

/// On a store without accounts, makes one for each role and returns their names, passwords and roles, to
/// be shown once; on any other store, none.
///
/// # Errors
/// When the store cannot be read or written. Blocks.
pub fn first_start(store: &Store) -> Result<Vec<(String, String, String)>, Error> {
    if !store.desk_list(KIND)?.is_empty() {
        return Ok(Vec::new());
    }
    let mut made = Vec::new();
    for (role, _) in ROLES {
        let password = super::secret()[..24].to_owned();
        let account = Account {
            name: (*role).into(),
            display: format!("First {role}"),
            roles: vec![(*role).into()],
            teams: Vec::new(),
            sites: Vec::new(),
            disabled: false,
            hash: String::new(),
        };
        create_account(store, account, &password)?;
        made.push(((*role).to_owned(), password, (*role).to_owned()));
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_checked_before_it_is_made() {
        let roles = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(check("nurse.ann", &roles(&["nurse", "lead"])), Ok(()));
        for name in ["", "Ann", "a b", "<script>", &"x".repeat(65)] {
            assert_eq!(check(name, &roles(&["nurse"])), Err(Wrong::Name), "{name}");
        }
        assert_eq!(check("ann", &roles(&["nurse", "root"])), Err(Wrong::Roles));
        assert_eq!(check("ann", &[]), Err(Wrong::Roles));
    }
}

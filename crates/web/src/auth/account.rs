//! Staff accounts: rows of the desk, one a person.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
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
/// No password is shorter (NIST SP 800-63B-4 section 3.1.1.2 asks for 15 where it is the only factor).
const PASSWORD_MIN: usize = 15;
/// No password is longer, characters.
const PASSWORD_MAX: usize = 256;
/// No name is longer, characters.
const NAME_MAX: usize = 64;
const KIND: &str = "account";

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

fn hash(password: &str) -> String {
    // Hashing fails only for passwords beyond 4 GiB, or without random bytes; an empty hash verifies nothing.
    Argon2::default().hash_password(password.as_bytes()).map(|h| h.to_string()).unwrap_or_default()
}

/// A hash that no password is expected to match.
pub(crate) fn hash_of_nobody() -> String {
    hash(&super::secret())
}

/// Whether the password is that of the hash. Takes 19 MiB and some 30 ms: call from a blocking thread.
pub(crate) fn verify(hash: &str, password: &str) -> bool {
    let parsed = PasswordHash::new(hash);
    parsed.is_ok_and(|h| Argon2::default().verify_password(password.as_bytes(), &h).is_ok())
}

fn check(account: &Account, password: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if account.name.is_empty() || account.name.len() > NAME_MAX || !account.name.chars().all(plain) {
        return Err(format!("a name has 1 to {NAME_MAX} of a-z, 0-9, dot, dash and underscore"));
    }
    let length = password.chars().count();
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&length) {
        return Err(format!("a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters"));
    }
    if account.roles.is_empty() {
        return Err("an account has at least one role".into());
    }
    match account.roles.iter().find(|r| !ROLES.iter().any(|(name, _)| name == r)) {
        Some(unknown) => Err(format!("there is no role {unknown}")),
        None => Ok(()),
    }
}

/// Makes an account with this password; `account.hash` is ignored.
///
/// # Errors
/// When the name is taken or malformed, the password too short, or a role unknown. Blocks.
pub fn create_account(store: &Store, mut account: Account, password: &str) -> Result<(), Error> {
    check(&account, password).map_err(Error::Invalid)?;
    account.hash = hash(password);
    let row = DeskRow {
        kind: KIND.into(),
        key: account.name.clone(),
        json: serde_json::to_string(&account).map_err(|e| Error::Invalid(e.to_string()))?,
        at: crate::machine_now(),
    };
    if store.desk_add(&row)? { Ok(()) } else { Err(Error::Invalid(format!("the name {} is taken", account.name))) }
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

/// Writes an account that is there already. Blocks.
pub(crate) fn put(store: &Store, account: &Account) -> store::Result<()> {
    let json = serde_json::to_string(account).unwrap_or_default();
    store.desk_put(&DeskRow { kind: KIND.into(), key: account.name.clone(), json, at: crate::machine_now() })
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
    fn a_password_verifies_only_against_its_own_hash() {
        let one = hash("correct horse battery");
        assert!(one.starts_with("$argon2id$"));
        assert!(verify(&one, "correct horse battery"));
        assert!(!verify(&one, "correct horse batterz"));
        assert!(!verify("", "") && !verify("not a hash", "x"));
        assert_ne!(one, hash("correct horse battery"), "each has its own salt");
    }

    #[test]
    fn an_account_is_checked_before_it_is_made() {
        let good = Account {
            name: "nurse.ann".into(),
            display: "Ann".into(),
            roles: vec!["nurse".into()],
            teams: vec![],
            sites: vec![],
            disabled: false,
            hash: String::new(),
        };
        assert!(check(&good, "fifteen letters").is_ok());
        assert!(check(&good, "fourteen chars").is_err());
        for name in ["", "Ann", "a b", "<script>", &"x".repeat(65)] {
            assert!(check(&Account { name: name.into(), ..good.clone() }, "fifteen letters").is_err(), "{name}");
        }
        assert!(check(&Account { roles: vec!["root".into()], ..good.clone() }, "fifteen letters").is_err());
        assert!(check(&Account { roles: vec![], ..good }, "fifteen letters").is_err());
    }
}

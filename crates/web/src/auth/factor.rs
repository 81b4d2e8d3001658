//! Second factors of an account: an authenticator app, passkeys, recovery codes.
//!
//! They are a row of their own beside the account, read only where a factor is checked or changed, so that no list
//! and no log of accounts can carry them. An app's secret is kept in the store as it is (who reads the store's file
//! reads it); recovery codes are kept as argon2id hashes, and of passkeys only the public half.

use super::{password, totp};
use crate::Account;
use crate::fault::Fault;
use crate::{Shared, machine_now};
use model::At;
use serde::{Deserialize, Serialize};
use store::{DeskRow, Store};
use webauthn_rs::prelude::Passkey;

/// Recovery codes made at one time.
pub(crate) const CODES: usize = 8;
/// Letters of a recovery code: 5 bits each, none that is mistaken for another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// How many: 50 bits.
const CODE_LETTERS: usize = 10;
/// Passkeys of one account.
pub(crate) const PASSKEYS_MAX: usize = 10;
const KIND: &str = "factors";

/// A secret of an authenticator app.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct App {
    /// Base 32.
    pub(crate) secret: String,
    /// The step of the code that was used last: none counts again.
    #[serde(default)]
    pub(crate) last: u64,
    /// Since when, machine's clock.
    pub(crate) at: At,
}

/// A passkey.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Key {
    /// Names it in forms.
    pub(crate) id: String,
    /// As its owner calls it.
    pub(crate) name: String,
    pub(crate) at: At,
    pub(crate) used: Option<At>,
    pub(crate) passkey: Passkey,
}

/// All of one account.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Factors {
    pub(crate) app: Option<App>,
    /// Shown, and not yet confirmed by a code: it counts for nothing.
    pub(crate) shown: Option<App>,
    /// Hashes of the recovery codes that are left.
    #[serde(default)]
    pub(crate) codes: Vec<String>,
    #[serde(default)]
    pub(crate) passkeys: Vec<Key>,
    /// The password is too short to be the only factor.
    #[serde(default)]
    pub(crate) short: bool,
}

impl Factors {
    /// Whether a login asks for a second factor.
    pub(crate) fn any(&self) -> bool {
        self.app.is_some() || !self.passkeys.is_empty()
    }
    /// How many there are, recovery codes aside.
    pub(crate) fn count(&self) -> usize {
        usize::from(self.app.is_some()) + self.passkeys.len()
    }
}

/// Whether this account must have a second factor. `roles` are those of the setting.
pub(crate) fn required(account: &Account, roles: &[String]) -> bool {
    account.roles.iter().any(|r| roles.contains(r))
}

/// The factors of an account. Blocks.
pub(crate) fn read(store: &Store, account: &str) -> store::Result<Factors> {
    let row = store.desk_get(KIND, account)?;
    match row.map(|r| serde_json::from_str(&r.json)) {
        None => Ok(Factors::default()),
        Some(Ok(factors)) => Ok(factors),
        // A row that does not read must not turn into a login without its second factor.
        Some(Err(_)) => Err(store::Error::Damaged { table: "desk", why: "second factors do not read".into() }),
    }
}

/// Changes the factors of an account, one change at a time: a code is used once even when two come at once. Blocks.
pub(crate) fn change<T>(
    shared: &Shared,
    account: &str,
    work: impl FnOnce(&mut Factors) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let _turn = shared.factors.lock().map_err(|_| Fault::Broken)?;
    let mut factors = read(shared.store(), account)?;
    let done = work(&mut factors)?;
    let json = serde_json::to_string(&factors).map_err(|_| Fault::Broken)?;
    shared.store().desk_put(&DeskRow { kind: KIND.into(), key: account.into(), json, at: machine_now() })?;
    Ok(done)
}

/// Whether some account has this passkey already: one key opens one account. Blocks.
pub(crate) fn is_known(store: &Store, passkey: &Passkey) -> store::Result<bool> {
    let all = store.desk_list(KIND)?.into_iter().filter_map(|r| serde_json::from_str::<Factors>(&r.json).ok());
    Ok(all.flat_map(|f| f.passkeys).any(|k| k.passkey.cred_id() == passkey.cred_id()))
}

/// Takes all factors away: an administrator does it for who lost them. Blocks.
pub(crate) fn reset(shared: &Shared, account: &str) -> Result<(), Fault> {
    change(shared, account, |f| {
        *f = Factors { short: f.short, ..Factors::default() };
        Ok(())
    })
}

/// What a code was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Of the app.
    App,
    /// A recovery code, used up now.
    Recovery,
}

/// Whether a code is right, and uses it up. Blocks: a recovery code is as slow as passwords.
pub(crate) fn take_code(shared: &Shared, account: &str, text: &str) -> Result<Option<Code>, Fault> {
    change(shared, account, |factors| Ok(try_code(factors, text, machine_now())))
}

fn try_code(factors: &mut Factors, text: &str, now: At) -> Option<Code> {
    if let Some(app) = &mut factors.app
        && let Some(step) = totp::step(&app.secret, text, now, app.last)
    {
        app.last = step;
        return Some(Code::App);
    }
    let plain = plain(text);
    if plain.len() != CODE_LETTERS || !factors.any() {
        return None;
    }
    let at = factors.codes.iter().position(|hash| password::verify(hash, &plain))?;
    factors.codes.remove(at);
    Some(Code::Recovery)
}

/// A recovery code without what people put between its letters.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// New recovery codes as they are shown, and their hashes. Blocks: each is hashed.
pub(crate) fn new_codes() -> Result<(Vec<String>, Vec<String>), Fault> {
    let mut shown = Vec::new();
    for _ in 0..CODES {
        let mut bytes = [0u8; CODE_LETTERS];
        getrandom::fill(&mut bytes).map_err(|_| Fault::Broken)?;
        let letters: String = bytes.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
        let (left, right) = letters.split_at(CODE_LETTERS / 2);
        shown.push(format!("{left}-{right}"));
    }
    let hashes = shown.iter().map(|c| password::hash(&plain(c))).collect();
    Ok((shown, hashes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_app() -> Factors {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned();
        Factors { app: Some(App { secret, last: 0, at: At(0) }), ..Factors::default() }
    }

    #[test]
    fn a_code_of_the_app_counts_once() {
        let mut factors = with_app();
        let now = At(59_000);
        assert_eq!(try_code(&mut factors, "287082", now), Some(Code::App));
        assert_eq!(try_code(&mut factors, "287082", now), None, "the same again");
        assert_eq!(try_code(&mut factors, "287082", now.plus_ms(20_000)), None, "and in the next step");
        assert_eq!(try_code(&mut Factors::default(), "287082", now), None);
    }

    #[test]
    fn a_recovery_code_counts_once_however_it_is_typed_and_only_beside_a_factor() {
        let (shown, hashes) = new_codes().expect("random");
        assert_eq!((shown.len(), hashes.len()), (CODES, CODES));
        assert!(hashes.iter().all(|h| h.starts_with("$argon2id$")));
        let mut factors = Factors { codes: hashes, ..with_app() };
        let typed = shown[3].to_uppercase().replace('-', " ");
        assert_eq!(try_code(&mut factors, &typed, At(0)), Some(Code::Recovery));
        assert_eq!(try_code(&mut factors, &typed, At(0)), None);
        assert_eq!(factors.codes.len(), CODES - 1);
        assert_eq!(try_code(&mut factors, "aaaaa-aaaaa", At(0)), None);
        factors.app = None;
        assert_eq!(try_code(&mut factors, &shown[0], At(0)), None);
    }

    #[test]
    fn who_must_have_a_second_factor_is_a_setting() {
        let account = Account {
            name: "a".into(),
            display: "A".into(),
            roles: vec!["nurse".into(), "lead".into()],
            teams: vec![],
            sites: vec![],
            disabled: false,
            hash: String::new(),
        };
        assert!(required(&account, &["lead".into()]));
        assert!(!required(&account, &["auditor".into()]) && !required(&account, &[]));
    }
}

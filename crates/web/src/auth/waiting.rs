//! What was begun and waits for its second half: a login for its second factor, a passkey for its answer.
//!
//! In memory only: five minutes long, each used once, and gone with the process. The browser holds a secret; here is
//! its hash.

use super::{digest, secret};
use model::At;
use std::collections::BTreeMap;
use webauthn_rs::prelude::{PasskeyAuthentication, PasskeyRegistration};

/// How long a half is kept, milliseconds.
const KEPT_MS: i64 = 5 * model::time::MINUTE_MS;
/// Halves kept; the oldest gives way.
const KEPT_MAX: usize = 1024;

/// A first half.
#[derive(Clone)]
pub(crate) enum Half {
    /// The password was right; the second factor is to come.
    Login { account: String, to: String },
    /// A passkey is being made for this account.
    Making { account: String, state: Box<PasskeyRegistration> },
    /// A passkey is being asked for.
    Asking { account: String, state: Box<PasskeyAuthentication> },
}

/// All of them.
#[derive(Default)]
pub(crate) struct Waiting {
    rows: BTreeMap<String, (At, Half)>,
}

impl Waiting {
    /// Keeps a half; the secret that names it.
    pub(crate) fn put(&mut self, half: Half, now: At) -> String {
        self.rows.retain(|_, (at, _)| now.0 - at.0 < KEPT_MS);
        if self.rows.len() >= KEPT_MAX {
            let oldest = self.rows.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| key.clone());
            oldest.map(|key| self.rows.remove(&key));
        }
        let token = secret();
        self.rows.insert(digest(&token), (now, half));
        token
    }

    /// Looks at a half and leaves it.
    pub(crate) fn get(&self, token: &str, now: At) -> Option<Half> {
        self.rows.get(&digest(token)).filter(|(at, _)| now.0 - at.0 < KEPT_MS).map(|(_, half)| half.clone())
    }

    /// Takes a half: nobody gets it again.
    pub(crate) fn take(&mut self, token: &str, now: At) -> Option<Half> {
        self.rows.remove(&digest(token)).filter(|(at, _)| now.0 - at.0 < KEPT_MS).map(|(_, half)| half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(name: &str) -> Half {
        Half::Login { account: name.into(), to: "/".into() }
    }

    #[test]
    fn a_half_is_taken_once_within_five_minutes() {
        let mut all = Waiting::default();
        let token = all.put(half("ann"), At(0));
        assert!(all.get(&token, At(KEPT_MS - 1)).is_some() && all.get("x", At(0)).is_none());
        assert!(all.get(&token, At(KEPT_MS)).is_none());
        assert!(matches!(all.take(&token, At(1)), Some(Half::Login { account, .. }) if account == "ann"));
        assert!(all.take(&token, At(1)).is_none());
        let late = all.put(half("bob"), At(0));
        assert!(all.take(&late, At(KEPT_MS)).is_none());
        for n in 0..i64::try_from(KEPT_MAX).expect("small") + 9 {
            all.put(half("flood"), At(n));
        }
        assert_eq!(all.rows.len(), KEPT_MAX);
    }
}

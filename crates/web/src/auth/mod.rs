//! Who is at the door: staff by password, second factor and session, machines by key; and what each may do.

pub(crate) mod account;
pub(crate) mod device;
pub(crate) mod factor;
pub(crate) mod guard;
pub(crate) mod invite;
pub(crate) mod invited;
pub(crate) mod key;
pub(crate) mod limit;
pub(crate) mod login;
pub(crate) mod passkey;
pub(crate) mod password;
pub(crate) mod second;
pub(crate) mod session;
pub(crate) mod totp;
pub(crate) mod waiting;

use crate::Shared;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use store::AccessRow;

/// Writes into the access log what someone did that is about no person. Blocks.
pub(crate) fn note(shared: &Shared, who: &str, what: &str, detail: &str) -> store::Result<()> {
    let (who, what, detail) = (who.to_owned(), what.to_owned(), detail.to_owned());
    shared.store().access_add(&AccessRow { at: crate::machine_now(), who, what, person: None, detail })
}

/// An entry as [`note`] writes it, for tests of the log.
#[cfg(test)]
pub(crate) fn note_for_test(store: &store::Store, who: &str, what: &str, detail: &str) {
    let (who, what, detail) = (who.to_owned(), what.to_owned(), detail.to_owned());
    store.access_add(&AccessRow { at: crate::machine_now(), who, what, person: None, detail }).expect("an entry");
}

/// Bytes of a secret: beyond guessing.
const SECRET_BYTES: usize = 32;

/// A new secret, as 64 hexadecimal digits.
pub(crate) fn secret() -> String {
    let mut bytes = [0u8; SECRET_BYTES];
    // Without random bytes there is no safe secret: better no answer than one that can be guessed.
    #[expect(clippy::expect_used, reason = "the operating system's random source does not fail once it is up")]
    getrandom::fill(&mut bytes).expect("random bytes from the operating system");
    hex(&bytes)
}

/// Hash of a secret that is itself beyond guessing; no salt or stretching is needed for such.
pub(crate) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

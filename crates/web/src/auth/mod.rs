//! Who is at the door: staff by password and session, machines by key; and what each may do.

pub(crate) mod account;
pub(crate) mod guard;
pub(crate) mod key;
pub(crate) mod limit;
pub(crate) mod login;
pub(crate) mod session;

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

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

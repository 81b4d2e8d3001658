//! Signed links: who may be asked for a birth date, and who may be unsubscribed. Pure.
//!
//! A link is no proof of who holds it: it names a person, and what it opens shows no health detail
//! before a second factor. A token is readable (`{person}.{expiry}.{mac}`, or `{person}.{expiry}.{address}.{mac}`),
//! so that a support desk can tell an expired one from a forged one. `address` is a short hash of where the link
//! was sent: when that number or address turns out not to be the person's, every link that went there is closed.

use crate::{At, MessageId, PersonId};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Bytes of a block of SHA-256 (RFC 2104: `B`).
const BLOCK: usize = 64;
/// Bytes of the MAC that a token carries (RFC 2104 section 5 allows half of the output).
const MAC_BYTES: usize = 16;
/// Hexadecimal digits of an [`address_tag`].
const TAG_DIGITS: usize = 10;
/// No token is longer; a longer one is refused unread.
const TOKEN_MAX: usize = 160;

/// Why a link is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// Not a token at all.
    Malformed,
    /// The signature is not ours.
    Forged,
    /// It was ours, and is too old.
    Expired,
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the link is not complete",
            Self::Forged => "the link is not one of ours",
            Self::Expired => "the link has expired",
        })
    }
}
impl std::error::Error for LinkError {}

/// HMAC-SHA-256 (RFC 2104, RFC 4231).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().into()
}

/// Compares in a time that does not depend on where the two differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0u8, |acc, (x, y)| acc | (x ^ y)) == 0
}

fn mac(secret: &str, text: &str) -> String {
    let full = hmac_sha256(secret.as_bytes(), text.as_bytes());
    full[..MAC_BYTES].iter().fold(String::with_capacity(MAC_BYTES * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// What a token of a person's Today page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whose page.
    pub person: PersonId,
    /// [`address_tag`] of the number or address that it was sent to; `None` for one that is shown, not sent.
    pub sent_to: Option<String>,
}

/// A short hash of a number or address, for a link that is sent there. It names one of a person's few; it
/// does not tell the number.
pub fn address_tag(secret: &str, address: &str) -> String {
    mac(secret, &format!("address|{address}"))[..TAG_DIGITS].to_owned()
}

/// The token of a person's Today page, good until `expires` (whole seconds, rounded down), sent to
/// `address` (empty: shown, not sent). An empty `secret` signs nothing that verifies.
pub fn sign(secret: &str, person: PersonId, expires: At, address: &str) -> String {
    let expiry = expires.0.div_euclid(1000);
    if address.is_empty() {
        return format!("{person}.{expiry}.{}", mac(secret, &format!("today|{person}|{expiry}")));
    }
    let tag = address_tag(secret, address);
    format!("{person}.{expiry}.{tag}.{}", mac(secret, &format!("today|{person}|{expiry}|{tag}")))
}

/// Whose Today page a token opens at `now`, and where it was sent.
///
/// # Errors
/// When it is malformed, not signed with `secret`, or expired.
pub fn verify(secret: &str, token: &str, now: At) -> Result<Link, LinkError> {
    if token.len() > TOKEN_MAX {
        return Err(LinkError::Malformed);
    }
    let (said, given) = token.rsplit_once('.').ok_or(LinkError::Malformed)?;
    let mut split = said.split('.');
    let (Some(who), Some(expiry), sent_to, None) = (split.next(), split.next(), split.next(), split.next()) else {
        return Err(LinkError::Malformed);
    };
    let person: PersonId = who.parse().map_err(|_| LinkError::Malformed)?;
    let seconds: i64 = expiry.parse().map_err(|_| LinkError::Malformed)?;
    let wanted = match sent_to {
        Some(tag) => mac(secret, &format!("today|{person}|{seconds}|{tag}")),
        None => mac(secret, &format!("today|{person}|{seconds}")),
    };
    if secret.is_empty() || !same(wanted.as_bytes(), given.as_bytes()) {
        return Err(LinkError::Forged);
    }
    if now.0.div_euclid(1000) >= seconds {
        return Err(LinkError::Expired);
    }
    Ok(Link { person, sent_to: sent_to.map(str::to_owned) })
}

/// The six digits that are texted to a person who asks for them in the fact `asked`. They are made of the
/// secret, so that neither the fact nor the record holds them. An empty `secret` makes none.
pub fn code(secret: &str, person: PersonId, asked: crate::FactId) -> Option<String> {
    if secret.is_empty() {
        return None;
    }
    let full = hmac_sha256(secret.as_bytes(), format!("code|{person}|{asked}").as_bytes());
    let number = u64::from_be_bytes(full[..8].try_into().ok()?);
    Some(format!("{:06}", number % 1_000_000))
}

/// The token of a mail's one-click way out (RFC 8058). It never expires: a person may open an old mail.
pub fn sign_unsubscribe(secret: &str, person: PersonId, message: MessageId) -> String {
    format!("{person}.{message}.{}", mac(secret, &format!("unsubscribe|{person}|{message}")))
}

/// Whom and which message a token of [`sign_unsubscribe`] names.
///
/// # Errors
/// When it is malformed or not signed with `secret`.
pub fn verify_unsubscribe(secret: &str, token: &str) -> Result<(PersonId, MessageId), LinkError> {
    named(secret, token, "unsubscribe")
}

/// The token of an attempt, in the address that a provider reports to: it tells which message a report is about, and
/// that the address is ours. It never expires: a report may be days late. It holds for one provider's addresses alone:
/// what one provider learns of an attempt tells nothing in the name of another.
pub fn sign_attempt(secret: &str, provider: &str, person: PersonId, message: MessageId) -> String {
    format!("{person}.{message}.{}", mac(secret, &format!("attempt|{provider}|{person}|{message}")))
}

/// Whom and which message a token of [`sign_attempt`] names, at an address of `provider`.
///
/// # Errors
/// When it is malformed or not signed with `secret` for that provider.
pub fn verify_attempt(secret: &str, provider: &str, token: &str) -> Result<(PersonId, MessageId), LinkError> {
    named(secret, token, &format!("attempt|{provider}"))
}

/// The token by which the care team takes a prompt that it was told of, outside of the console. Whoever holds it may
/// say that they see to it, and reads nothing of whom it is about.
pub fn sign_notice(secret: &str, person: PersonId, message: MessageId) -> String {
    format!("{person}.{message}.{}", mac(secret, &format!("notice|{person}|{message}")))
}

/// Whom and which message a token of [`sign_notice`] names.
///
/// # Errors
/// When it is malformed or not signed with `secret`.
pub fn verify_notice(secret: &str, token: &str) -> Result<(PersonId, MessageId), LinkError> {
    named(secret, token, "notice")
}

/// Whom and which message a token names that was signed for one use.
fn named(secret: &str, token: &str, r#use: &str) -> Result<(PersonId, MessageId), LinkError> {
    let [who, which, given] = parts(token)?;
    let person: PersonId = who.parse().map_err(|_| LinkError::Malformed)?;
    let message: MessageId = which.parse().map_err(|_| LinkError::Malformed)?;
    let wanted = mac(secret, &format!("{use}|{person}|{message}"));
    if secret.is_empty() || !same(wanted.as_bytes(), given.as_bytes()) {
        return Err(LinkError::Forged);
    }
    Ok((person, message))
}

fn parts(token: &str) -> Result<[&str; 3], LinkError> {
    if token.len() > TOKEN_MAX {
        return Err(LinkError::Malformed);
    }
    let mut split = token.split('.');
    match (split.next(), split.next(), split.next(), split.next()) {
        (Some(a), Some(b), Some(c), None) => Ok([a, b, c]),
        _ => Err(LinkError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn the_hmac_is_that_of_rfc_4231() {
        let cases: [(Vec<u8>, Vec<u8>, &str); 5] = [
            (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.".to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, message, wanted) in cases {
            assert_eq!(hex(&hmac_sha256(&key, &message)), wanted);
        }
    }

    #[test]
    fn a_link_opens_one_persons_page_until_it_expires() {
        let person = PersonId::of(&[b"david"]);
        let token = sign("secret", person, At(10_000), "");
        assert_eq!(verify("secret", &token, At(9_999)), Ok(Link { person, sent_to: None }));
        assert_eq!(verify("secret", &token, At(10_000)), Err(LinkError::Expired));
        assert_eq!(verify("other", &token, At(0)), Err(LinkError::Forged));
        assert_eq!(verify("", &sign("", person, At(10_000), ""), At(0)), Err(LinkError::Forged), "no secret, no links");
        let longer = token.replacen(".10.", ".99.", 1);
        assert_eq!(verify("secret", &longer, At(0)), Err(LinkError::Forged), "the expiry is signed");
        let other = token.replacen(&person.to_string(), &PersonId::of(&[b"katie"]).to_string(), 1);
        assert_eq!(verify("secret", &other, At(0)), Err(LinkError::Forged), "the person is signed");
        for bad in ["", "a", "a.b", "a.b.c", "a.b.c.d", &"x".repeat(10_000), &token[1..]] {
            assert!(verify("secret", bad, At(0)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_link_that_was_sent_says_where_to_and_cannot_be_made_to_say_otherwise() {
        let person = PersonId::of(&[b"david"]);
        let token = sign("secret", person, At(10_000), "+12125550119");
        let tag = address_tag("secret", "+12125550119");
        assert_eq!(verify("secret", &token, At(0)), Ok(Link { person, sent_to: Some(tag.clone()) }));
        assert_ne!(tag, address_tag("secret", "+12125550118"));
        assert!(!token.contains("0119"), "the number is not in it");
        let elsewhere = token.replace(&tag, &address_tag("secret", "+12125550118"));
        assert_eq!(verify("secret", &elsewhere, At(0)), Err(LinkError::Forged));
        let nowhere = token.replace(&format!("{tag}."), "");
        assert_eq!(verify("secret", &nowhere, At(0)), Err(LinkError::Forged), "it cannot be cut out");
    }

    #[test]
    fn a_code_is_six_digits_of_one_request_of_one_person() {
        let (person, asked) = (PersonId::of(&[b"david"]), crate::FactId::of(&[b"1"]));
        let made = code("secret", person, asked).expect("a secret");
        assert!(made.len() == 6 && made.bytes().all(|b| b.is_ascii_digit()), "{made}");
        assert_eq!(code("secret", person, asked), Some(made.clone()));
        assert_ne!(code("secret", person, crate::FactId::of(&[b"2"])), Some(made.clone()));
        assert_ne!(code("other", person, asked), Some(made));
        assert_eq!(code("", person, asked), None);
    }

    #[test]
    fn a_way_out_is_no_way_in() {
        let (person, message) = (PersonId::of(&[b"david"]), MessageId::of(&[b"mail"]));
        let token = sign_unsubscribe("secret", person, message);
        assert_eq!(verify_unsubscribe("secret", &token), Ok((person, message)));
        assert!(verify("secret", &token, At(0)).is_err());
        assert!(verify_unsubscribe("secret", &sign("secret", person, At(9_000), "")).is_err());
    }

    #[test]
    fn a_report_names_one_attempt_and_opens_nothing_else() {
        let (person, message) = (PersonId::of(&[b"david"]), MessageId::of(&[b"text"]));
        let token = sign_attempt("secret", "twilio", person, message);
        assert_eq!(verify_attempt("secret", "twilio", &token), Ok((person, message)));
        assert_eq!(verify_attempt("secret", "web_push", &token), Err(LinkError::Forged), "another provider's");
        assert_eq!(verify_attempt("other", "twilio", &token), Err(LinkError::Forged));
        assert_eq!(verify_attempt("", "twilio", &sign_attempt("", "twilio", person, message)), Err(LinkError::Forged));
        assert!(verify_unsubscribe("secret", &token).is_err());
        assert!(verify_attempt("secret", "twilio", &sign_unsubscribe("secret", person, message)).is_err());
    }
}

//! Checks the signature of a webhook as Standard Webhooks 1.0 makes it: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature` over `{id}.{timestamp}.{body}`.

use crate::contract::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::link;

/// How far the sender's clock may be from ours.
const TOLERANCE_S: i64 = 5 * 60;
/// Signatures that are looked at: a sender that changes its secret sends two.
const SIGNATURES_MAX: usize = 8;

/// The bytes of a secret: `whsec_` and base 64.
pub(crate) fn secret(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.strip_prefix("whsec_")?).ok().filter(|bytes| (16..=128).contains(&bytes.len()))
}

/// Whether a request is signed with the secret, now.
pub(crate) fn verify(secret: &[u8], request: &Request) -> Result<(), &'static str> {
    if secret.is_empty() {
        return Err("no secret is set");
    }
    let header = |name| request.header(name).ok_or("a header of the signature is missing");
    let (id, at, given) = (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    let seconds: i64 = at.parse().map_err(|_| "the time is no number")?;
    if (request.now.0.div_euclid(1_000) - seconds).abs() > TOLERANCE_S {
        return Err("it is too old");
    }
    let said = [id.as_bytes(), b".", at.as_bytes(), b".", &request.body].concat();
    let wanted = link::hmac_sha256(secret, &said);
    let good = given
        .split(' ')
        .take(SIGNATURES_MAX)
        .filter_map(|one| one.strip_prefix("v1,"))
        .any(|one| STANDARD.decode(one).is_ok_and(|bytes| link::same(&bytes, &wanted)));
    if good { Ok(()) } else { Err("the signature is wrong") }
}

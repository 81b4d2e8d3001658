//! Signatures of webhooks as Standard Webhooks describes them: HMAC-SHA256 over `id.timestamp.body`, in the headers
//! `webhook-id`, `webhook-timestamp` and `webhook-signature`. Both ways: what the hub sends, and what it is sent.
//!
//! Invariants: keys are in no output; signatures are compared in constant time; what is signed outside of
//! [`TOLERANCE_S`] is not believed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::link::{hmac_sha256, same};
use std::fmt;

/// What a secret begins with.
const SECRET_PREFIX: &str = "whsec_";
/// The shortest secret, bytes.
const SECRET_MIN: usize = 24;
/// Secrets at one time, while one takes over from another.
const SECRETS_MAX: usize = 2;
/// How far the sender's clock may be from ours, seconds: the standard's own libraries allow as much.
pub const TOLERANCE_S: i64 = 5 * 60;
/// Signatures that are looked at.
const SIGNATURES_MAX: usize = 8;
/// No id is longer.
const ID_MAX: usize = 256;

/// Keys that no output shows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(Vec<Vec<u8>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why a request is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbelieved {
    /// One of the three headers is not there or does not read.
    #[error("it is not signed")]
    Unsigned,
    /// It is older, or newer, than is tolerated.
    #[error("its time is not now")]
    Time,
    /// No signature is of one of our keys.
    #[error("its signature is another's")]
    Forged,
}

impl Secrets {
    /// `whsec_` and base64 of 24 bytes or more; two with a space between while one takes over from the other. The
    /// error says nothing of what was given.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "`whsec_` and at least 24 bytes in base64, or two of them with a space between";
        let one =
            |text: &str| STANDARD.decode(text.strip_prefix(SECRET_PREFIX)?).ok().filter(|k| k.len() >= SECRET_MIN);
        let keys: Option<Vec<_>> = text.split_whitespace().map(one).collect();
        keys.filter(|k| (1..=SECRETS_MAX).contains(&k.len())).map(Self).ok_or(EXPECTED)
    }

    /// Whether there is none, so that nothing is believed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `v1,…` for each key, with a space between.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let one = |key: &Vec<u8>| format!("v1,{}", STANDARD.encode(mac(key, id, timestamp, body)));
        self.0.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// The three headers of a request.
    pub fn headers(&self, id: &str, timestamp: i64, body: &[u8]) -> [(String, String); 3] {
        [
            ("webhook-id".into(), id.to_owned()),
            ("webhook-timestamp".into(), timestamp.to_string()),
            ("webhook-signature".into(), self.sign(id, timestamp, body)),
        ]
    }

    /// The id of a request that is to be believed at `now_s`, seconds of the machine's clock.
    ///
    /// # Errors
    /// When it is unsigned, signed with another key, or not of now.
    pub fn verify<'h>(
        &self,
        header: impl Fn(&str) -> Option<&'h str>,
        body: &[u8],
        now_s: i64,
    ) -> Result<&'h str, Unbelieved> {
        let id = header("webhook-id").filter(|id| !id.is_empty() && id.len() <= ID_MAX).ok_or(Unbelieved::Unsigned)?;
        let timestamp = header("webhook-timestamp").and_then(|t| t.parse::<i64>().ok()).ok_or(Unbelieved::Unsigned)?;
        let signatures = header("webhook-signature").ok_or(Unbelieved::Unsigned)?;
        if now_s.checked_sub(timestamp).is_none_or(|age| age.unsigned_abs() > TOLERANCE_S.unsigned_abs()) {
            return Err(Unbelieved::Time);
        }
        let given: Vec<Vec<u8>> = signatures
            .split(' ')
            .filter_map(|s| STANDARD.decode(s.strip_prefix("v1,")?).ok())
            .take(SIGNATURES_MAX)
            .collect();
        let good = |key: &Vec<u8>| {
            let wanted = mac(key, id, timestamp, body);
            given.iter().fold(false, |found, one| same(one, &wanted) | found)
        };
        if self.0.iter().fold(false, |found, key| good(key) | found) { Ok(id) } else { Err(Unbelieved::Forged) }
    }
}

fn mac(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> [u8; 32] {
    let mut said = format!("{id}.{timestamp}.").into_bytes();
    said.extend_from_slice(body);
    hmac_sha256(key, &said)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn it_is_signed_as_the_standard_says() {
        // The example of the Standard Webhooks' own libraries.
        let secrets = Secrets::read(SECRET).expect("a secret");
        let signed = secrets.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let two = format!("{SECRET} whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        let signed = Secrets::read(&two).expect("two secrets").sign("a", 1, b"b");
        assert_eq!(signed.split(' ').count(), 2);
        for wrong in ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%"] {
            let said = Secrets::read(wrong).expect_err("no secret");
            assert!(wrong.is_empty() || !said.contains("c2hvcnQ"), "{said}");
        }
        assert_eq!(format!("{secrets:?}"), "***");
    }

    #[test]
    fn no_time_is_too_far_away_to_be_told_that_it_is_not_now() {
        let secrets = Secrets::read(SECRET).expect("a secret");
        let ends = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
        for timestamp in ends {
            let headers = secrets.headers("msg_1", timestamp, b"body");
            let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
            for now in ends {
                let near = (i128::from(now) - i128::from(timestamp)).abs() <= i128::from(TOLERANCE_S);
                let expected = if near { Ok("msg_1") } else { Err(Unbelieved::Time) };
                assert_eq!(secrets.verify(header, b"body", now), expected, "{timestamp} at {now}");
            }
        }
    }

    #[test]
    fn what_is_unsigned_altered_or_old_is_not_believed() {
        let secrets = Secrets::read(SECRET).expect("a secret");
        let headers = secrets.headers("msg_1", 1_000, b"body");
        let verify = |headers: &[(String, String)], body: &[u8], now| {
            secrets
                .verify(|name| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()), body, now)
                .map(str::to_owned)
        };
        assert_eq!(verify(&headers, b"body", 1_000), Ok("msg_1".into()));
        assert_eq!(verify(&headers, b"body", 1_000 + TOLERANCE_S), Ok("msg_1".into()));
        for now in [1_001 + TOLERANCE_S, 999 - TOLERANCE_S, i64::MAX, i64::MIN] {
            assert_eq!(verify(&headers, b"body", now), Err(Unbelieved::Time), "{now}");
        }
        assert_eq!(verify(&headers, b"b0dy", 1_000), Err(Unbelieved::Forged));
        for (at, value) in [(0, "msg_2"), (1, "1001"), (2, "v1,AAAA"), (2, "v1a,x"), (2, "")] {
            let mut altered = headers.clone();
            altered[at].1 = value.into();
            assert_eq!(verify(&altered, b"body", 1_000), Err(Unbelieved::Forged), "{value}");
        }
        for missing in 0..3 {
            let rest: Vec<_> =
                headers.iter().enumerate().filter(|(n, _)| *n != missing).map(|(_, h)| h.clone()).collect();
            assert_eq!(verify(&rest, b"body", 1_000), Err(Unbelieved::Unsigned));
        }
        // While one key takes over from another both are good, whichever the sender uses.
        let both = Secrets::read(&format!("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA {SECRET}")).expect("two");
        let found =
            both.verify(|name| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()), b"body", 1_000);
        assert_eq!(found, Ok("msg_1"));
    }
}

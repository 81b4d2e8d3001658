//! Whether a request is Twilio's own: `X-Twilio-Signature`.
//!
//! A form is signed by HMAC-SHA1 over the address and, sorted by name, each name with its value; a body of JSON by the
//! address alone, whose `bodySHA256` is the body's own hash. Both with the account's auth token
//! (Twilio, "Validating requests"). Compared in constant time.

use crate::Secret;
use crate::contract::{ReceiveError, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value as Json;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The largest body that is read, bytes: a text of 1600 characters and all that Twilio says of it are far less.
const BODY_MAX: usize = 256 * 1024;
/// The most names and values that are read.
const PARAMS_MAX: usize = 1_000;
/// The query's name of a body's hash.
const BODY_HASH: &str = "bodySHA256";

/// Names and values.
pub(super) type Params = Vec<(String, String)>;

/// The signature of a form (`params` as they were sent) or, without any, of an address alone. For tests of what comes in.
pub fn signature(token: &str, url: &str, params: &[(String, String)]) -> String {
    STANDARD.encode(mac(token, &signed(url, params)).finalize().into_bytes())
}

/// The hash that the address of a JSON body names, in hexadecimal.
pub fn body_hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().fold(String::with_capacity(64), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn mac(token: &str, text: &str) -> Hmac<Sha1> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("a key of any length");
    mac.chain_update(text.as_bytes())
}

/// What is signed. A name that is there more than once counts once for each of its values, in their order.
fn signed(url: &str, params: &[(String, String)]) -> String {
    let mut all: Vec<&(String, String)> = params.iter().collect();
    all.sort();
    all.dedup();
    all.into_iter().fold(url.to_owned(), |text, (name, value)| text + name + value)
}

/// What a request says, once it is known to be Twilio's and of this account.
pub(super) fn check(sid: &str, token: &Secret, request: &Request) -> Result<Params, ReceiveError> {
    let forged = |why: &str| ReceiveError::NotAuthentic(why.to_owned());
    let given = request.header("x-twilio-signature").ok_or_else(|| forged("it is not signed"))?;
    let given = STANDARD.decode(given.trim()).map_err(|_| forged("the signature does not read"))?;
    if request.body.len() > BODY_MAX {
        return Err(ReceiveError::Malformed("it is too large".into()));
    }
    let params = params(request);
    let over: &[(String, String)] = if is_json(request) {
        let same = |hash: &str| model::link::same(hash.as_bytes(), body_hash(&request.body).as_bytes());
        if !request.asked(BODY_HASH).is_some_and(|hash| same(&hash.to_ascii_lowercase())) {
            return Err(forged("the body is not the one that was signed"));
        }
        &[]
    } else {
        &params
    };
    let fits = |url: &String| mac(token.reveal(), &signed(url, over)).verify_slice(&given).is_ok();
    // Twilio may sign the address with the port that it implies, or without.
    if token.is_empty() || !addresses(&request.url).iter().any(fits) {
        return Err(forged("the signature is not that of this address and content"));
    }
    if super::said(&params, "AccountSid") != sid {
        return Err(forged("it is not of this account"));
    }
    Ok(params)
}

fn is_json(request: &Request) -> bool {
    request.header("content-type").is_some_and(|t| t.trim_start().starts_with("application/json"))
}

/// What a request says; it is believed only after [`check`].
pub(super) fn params(request: &Request) -> Params {
    if is_json(request) {
        return from_json(&request.body);
    }
    url::form_urlencoded::parse(&request.body).into_owned().take(PARAMS_MAX).collect()
}

/// The values of a JSON object that are no lists and no objects.
fn from_json(body: &[u8]) -> Params {
    let Ok(Json::Object(all)) = serde_json::from_slice(body) else { return Params::new() };
    let text = |value: Json| match value {
        Json::String(text) => Some(text),
        Json::Number(n) => Some(n.to_string()),
        Json::Bool(b) => Some(b.to_string()),
        _ => None,
    };
    all.into_iter().take(PARAMS_MAX).filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

/// The address as it is, and with the port that its scheme implies added or taken away.
fn addresses(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return all };
    let port = if scheme == "https" { ":443" } else { ":80" };
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    match host.strip_suffix(port) {
        Some(bare) => all.push(format!("{scheme}://{bare}{path}")),
        None if !host.rsplit(']').next().unwrap_or(host).contains(':') => {
            all.push(format!("{scheme}://{host}{port}{path}"));
        }
        None => {}
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::At;

    const SID: &str = "AC0123456789abcdef0123456789abcdef";

    fn pairs(all: &[(&str, &str)]) -> Params {
        all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn request(url: &str, content: (&str, &[u8]), signature: &str) -> Request {
        let query = url.split_once('?').map_or("", |(_, q)| q);
        Request {
            method: "POST".into(),
            url: url.into(),
            path: "status".into(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: pairs(&[("content-type", content.0), ("x-twilio-signature", signature)]),
            body: content.1.to_vec(),
            now: At(0),
            attempt: None,
        }
    }

    #[test]
    fn the_signature_is_that_of_twilios_own_documentation() {
        // "Validating requests are coming from Twilio", the example of a call.
        let params = pairs(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675310"),
            ("Digits", "1234"),
            ("From", "+14158675310"),
            ("To", "+18005551212"),
        ]);
        let url = "https://example.com/myapp.php?foo=1&bar=2";
        assert_eq!(signature("12345", url, &params), "L/OH5YylLD5NRKLltdqwSvS0BnU=");
    }

    #[test]
    fn ports_that_are_implied_may_be_said_or_not() {
        assert_eq!(addresses("https://h.test/x?y"), ["https://h.test/x?y", "https://h.test:443/x?y"]);
        assert_eq!(addresses("https://h.test:443/x"), ["https://h.test:443/x", "https://h.test/x"]);
        assert_eq!(addresses("https://h.test:8443/x"), ["https://h.test:8443/x"]);
        assert_eq!(addresses("http://[::1]/x"), ["http://[::1]/x", "http://[::1]:80/x"]);
        assert_eq!(addresses("http://[::1]:81/x"), ["http://[::1]:81/x"]);
    }

    #[test]
    fn what_was_moved_between_address_and_form_is_forged() {
        let token = Secret::new("12345");
        let url = "https://h.test/hooks/twilio/t/status";
        let body = format!("AccountSid={SID}&MessageStatus=sent");
        let good = signature("12345", url, &pairs(&[("AccountSid", SID), ("MessageStatus", "sent")]));
        let form = "application/x-www-form-urlencoded";
        assert!(check(SID, &token, &request(url, (form, body.as_bytes()), &good)).is_ok());
        let moved = format!("{url}AccountSid{SID}");
        let rest = request(&moved, (form, b"MessageStatus=sent"), &good);
        assert!(
            matches!(check(SID, &token, &rest), Err(ReceiveError::NotAuthentic(_))),
            "no account is named any more"
        );
        let other = request(url, (form, body.as_bytes()), &good);
        assert!(check("AC9", &token, &other).is_err(), "another account's");
        assert!(check(SID, &Secret::default(), &other).is_err(), "nothing is signed with nothing");
        let json = request(url, ("application/json", body.as_bytes()), &good);
        assert!(check(SID, &token, &json).is_err(), "JSON needs the hash of its body");
    }
}

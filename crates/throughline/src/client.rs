//! One request to a running hub with an API key, by the road of all outgoing HTTP.
//!
//! Bounded in time and bytes; redirects are not followed, for the key goes to nobody else. Without TLS it goes to this
//! machine and private networks alone.

use egress::{Egress, Error, Method, Request};
use std::time::Duration;
use url::Url;

/// How long an answer is waited for: the hub proves a version before it answers.
const ANSWER: Duration = Duration::from_secs(120);
/// Bytes of an answer.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

/// Said when nobody knows whether what was asked was done.
const UNSURE: &str =
    "a version that was sent may be in force all the same: look with --dry-run before it is sent again";

/// Where a hub is.
#[derive(Debug, PartialEq, Eq)]
pub struct Address(Url);

/// What a hub answered.
pub struct Answer {
    /// Status.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Address {
    /// `http://host:port/base`, `https://host`.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no address of a hub: one such as https://hub.example.org is expected");
        let plain = |url: &Url| url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
        let url = Url::parse(text).ok().filter(plain).ok_or_else(wrong)?;
        let spaced = text.contains(|c: char| c.is_whitespace() || c.is_control());
        let known = matches!(url.scheme(), "http" | "https") && url.has_host() && !spaced;
        if known { Ok(Self(url)) } else { Err(wrong()) }
    }

    /// A path of the hub's own, below whatever stands before it.
    fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url
    }

    /// A POST of JSON. Blocks.
    pub fn post(&self, path: &str, key: &str, body: &str) -> Result<Answer, String> {
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err("the key is none: one such as tl_…_… is expected (--key, or THROUGHLINE_KEY)".into());
        }
        let header = |name: &str, value: String| (name.to_owned(), value);
        let request = Request {
            method: Method::Post,
            url: self.at(path),
            headers: vec![
                header("authorization", format!("Bearer {key}")),
                header("content-type", "application/json".into()),
                header("accept", "application/json".into()),
            ],
            body: body.into(),
            within: ANSWER,
            answer_max: ANSWER_MAX,
            // Whoever runs the command named the hub.
            private: true,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        let asked = Egress::new(&[]).map_err(|e| e.to_string())?;
        let place = self.0.origin().ascii_serialization();
        let answer = runtime.block_on(asked.send(&request)).map_err(|error| match error {
            Error::Refused(_) | Error::NotSent(_) => format!("the hub at {place} could not be reached: {error}"),
            Error::Ambiguous(_) | Error::TooLarge { .. } => {
                format!("the hub at {place} gave no whole answer: {error}: {UNSURE}")
            }
        })?;
        let text =
            String::from_utf8(answer.body).map_err(|_| format!("what answers at {place} is no hub: {UNSURE}"))?;
        Ok(Answer { status: answer.status, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read() {
        let at = |url: &str| Address::read(url).map(|a| a.at("/api/x").to_string());
        assert_eq!(at("http://127.0.0.1:8080"), Ok("http://127.0.0.1:8080/api/x".into()));
        assert_eq!(at("https://hub.example.org/"), Ok("https://hub.example.org/api/x".into()));
        assert_eq!(at("https://[::1]/a/b/"), Ok("https://[::1]/a/b/api/x".into()));
        assert_eq!(at("http://[::1]:81"), Ok("http://[::1]:81/api/x".into()));
        for wrong in ["", "hub", "ftp://hub", "http://", "http://a b", "http://hub:x", "http://u@hub", "http://h/a b"] {
            assert!(Address::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_that_would_break_the_head_is_refused_and_none_goes_in_the_clear_to_anybody() {
        let hub = Address::read("http://127.0.0.1:1").expect("an address");
        for wrong in ["", "tl_a\r\nx: y", "tl a"] {
            assert!(hub.post("/", wrong, "{}").is_err_and(|e| e.contains("THROUGHLINE_KEY")), "{wrong:?}");
        }
        let public = Address::read("http://192.0.2.1").expect("an address");
        assert!(public.post("/", "tl_a_b", "{}").is_err_and(|e| e.contains("not allowed")));
    }
}

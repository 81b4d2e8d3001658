//! From the calls that wait to the services outside, and what they say back as facts.
//!
//! A question is a POST of JSON, signed as Standard Webhooks describes (`webhook-id`, `webhook-timestamp`,
//! `webhook-signature`: HMAC-SHA256 over `id.timestamp.body`). Its id is the effect's, the same at each try, so that a
//! service knows the same question again: what nobody knows the fate of is asked again.
//!
//! Invariants: a call is durable as under way before its first byte; every try ends, and tries end when the call's time
//! is over; a scaled clock and test mode call nothing but what is make-believe; what a service says is read within a
//! bound, and only the answers that the pathway names are kept (see `turn`); secrets and bodies are in no log.

use crate::{Clock, Error, Settings};
pub use channels::standard_webhooks::Secrets;
use egress::{Egress, Method, Request, Response};
use model::service::ServiceCall;
use model::{At, EffectId, Fact, Id, Item};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// The pause before the second try, doubled each time.
const PAUSE_FIRST_MS: i64 = 1_000;
/// The longest pause.
const PAUSE_MAX_MS: i64 = 5 * 60_000;
/// Of a pause so much at most is taken off, in percent: what failed together does not come back together.
const PAUSE_OFF_MAX: i64 = 20;
/// The largest answer that is read, bytes.
const ANSWER_MAX: usize = 64 * 1024;
/// Refusals that the log has.
const REFUSED_MAX: usize = 256;

/// A service as the settings have it.
#[derive(Clone)]
pub struct Service {
    /// `eligibility`, as pathways name it.
    pub name: String,
    /// Where it is.
    pub url: Url,
    /// What questions are signed with.
    pub secrets: Secrets,
    /// It may be on this machine or on a network of one's own.
    pub allow_private: bool,
    /// How long one try may take.
    pub timeout: Duration,
    /// It is make-believe: it may be called with a scaled clock and in test mode.
    pub make_believe: bool,
    /// Authorities that are trusted beside the machine's, as PEM; empty for none.
    pub authorities: Vec<u8>,
}

/// What came of a try.
#[derive(Debug)]
pub enum Came {
    /// The fact that says it.
    Over(Box<Item>),
    /// It is tried again then.
    Again(At),
}

/// Why a try brought no answer.
struct Not {
    /// A stable code.
    because: String,
    /// Whether it is tried again; and not before so many milliseconds, if the service says so.
    again: Option<i64>,
}

impl Not {
    fn ever(because: &str) -> Self {
        Self { because: because.into(), again: None }
    }
    fn now(because: &str) -> Self {
        Self { because: because.into(), again: Some(0) }
    }
}

/// Calls services.
pub struct Caller {
    services: BTreeMap<String, (Service, Egress)>,
    clock: Clock,
    test_mode: bool,
    /// Services and reasons for which they may not be called, as the log has them.
    refused: Mutex<BTreeSet<(String, String)>>,
}

impl Caller {
    /// With the services that the settings name.
    pub fn new(settings: &Settings, clock: Clock) -> Result<Self, Error> {
        let mut services = BTreeMap::new();
        for service in &settings.services {
            let authorities = match service.authorities.is_empty() {
                true => Vec::new(),
                false => vec![service.authorities.clone()],
            };
            let egress = Egress::new(&authorities)
                .map_err(|e| Error::Settings(format!("the service `{}`: {e}", service.name)))?;
            services.insert(service.name.clone(), (service.clone(), egress));
        }
        Ok(Self { services, clock, test_mode: settings.only_to.is_some(), refused: Mutex::default() })
    }

    /// Asks once.
    pub async fn ask(&self, call: &ServiceCall) -> Came {
        let not = match self.attempt(call).await {
            Ok(answers) => {
                count("answered");
                let body =
                    json!({"call": call.id, "journey": call.journey, "service": call.service, "answers": answers});
                return Came::Over(Box::new(self.item(call, turn::SERVICE_ANSWERED, body)));
            }
            Err(not) => not,
        };
        tracing::warn!(call.id = %call.id, service = call.service, tries = call.tries, because = not.because,
            "a service did not answer");
        let next = not.again.map(|least| self.clock.now().plus_ms(pause_ms(call.id, call.tries).max(least)));
        if let Some(next) = next.filter(|next| *next < call.until) {
            count("again");
            return Came::Again(next);
        }
        count("failed");
        let body = json!({"call": call.id, "journey": call.journey, "service": call.service,
            "because": not.because, "tries": call.tries});
        Came::Over(Box::new(self.item(call, turn::SERVICE_FAILED, body)))
    }

    async fn attempt(&self, call: &ServiceCall) -> Result<Json, Not> {
        let Some((service, egress)) = self.services.get(&call.service) else { return Err(Not::ever("no_service")) };
        if self.clock.is_scaled() && !service.make_believe {
            return Err(Not::ever("scaled_clock"));
        }
        if self.test_mode && !service.make_believe {
            return Err(Not::ever("test_mode"));
        }
        let Some(within) = self.within(call, service.timeout) else { return Err(Not::ever("too_late")) };
        // The other side compares it with its own clock: it is the machine's, whatever care's is.
        let timestamp = Clock::real().now().0 / 1_000;
        let id = call.id.to_string();
        let header = |name: &str, value: String| (name.to_owned(), value);
        let request = Request {
            method: Method::Post,
            url: service.url.clone(),
            headers: vec![
                header("content-type", "application/json".into()),
                header("accept", "application/json".into()),
                header("user-agent", "throughline".into()),
                header("idempotency-key", id.clone()),
            ]
            .into_iter()
            .chain(service.secrets.headers(&id, timestamp, call.body.as_bytes()))
            .collect(),
            body: call.body.clone().into_bytes(),
            within,
            answer_max: ANSWER_MAX,
            private: service.allow_private,
        };
        match egress.send(&request).await {
            Ok(answer) => read(&answer),
            Err(egress::Error::NotSent(_)) => Err(Not::now("unreachable")),
            Err(egress::Error::Ambiguous(_)) => Err(Not::now("no_answer")),
            Err(egress::Error::Refused(why)) => {
                // It is refused each time: the log has it once for each reason.
                let known = (call.service.clone(), why.clone());
                let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                if refused.len() < REFUSED_MAX && refused.insert(known) {
                    tracing::error!(service = call.service, why, "a service may not be called");
                }
                Err(Not::ever("not_allowed"))
            }
            Err(egress::Error::TooLarge { status, .. }) if is_for_now(status) => {
                Err(Not::now(&format!("http_{status}")))
            }
            Err(egress::Error::TooLarge { .. }) => Err(Not::ever("too_large")),
        }
    }

    /// How long a try may take: no longer than the call's time is, and not at all when that is over.
    fn within(&self, call: &ServiceCall, timeout: Duration) -> Option<Duration> {
        let left_ms = u64::try_from(call.until.0 - self.clock.now().0).ok().filter(|ms| *ms > 0)?;
        let rate = self.clock.rate();
        // A care clock that stands still takes nothing of it.
        if rate <= 0.0 {
            return Some(timeout);
        }
        Some(timeout.min(Duration::from_millis(left_ms).div_f64(rate)))
    }

    fn item(&self, call: &ServiceCall, kind: &str, body: Json) -> Item {
        let fact = Fact::own(kind, &call.id.to_string(), call.person, self.clock.now(), body).because(call.id);
        Item::own(call.person, fact)
    }
}

/// What an answer says; its types are looked at by the journey that asked.
fn read(answer: &Response) -> Result<Json, Not> {
    let status = answer.status;
    match status {
        200..=299 => {}
        _ if is_for_now(status) => {
            let seconds = answer.header("retry-after").and_then(|t| t.trim().parse::<i64>().ok()).unwrap_or_default();
            let again = Some(seconds.clamp(0, PAUSE_MAX_MS / 1_000) * 1_000);
            return Err(Not { because: format!("http_{status}"), again });
        }
        _ => return Err(Not::ever(&format!("http_{status}"))),
    }
    let mut said: Json = serde_json::from_slice(&answer.body).map_err(|_| Not::ever(journey::BAD_ANSWER))?;
    match said.get_mut("answers").map(Json::take) {
        Some(answers @ Json::Object(_)) => Ok(answers),
        _ => Err(Not::ever(journey::BAD_ANSWER)),
    }
}

/// Whether a status says that it may be otherwise later.
fn is_for_now(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}

/// How long after a try the next one comes: doubled each time, and a little less for some than for others.
fn pause_ms(call: EffectId, tries: u32) -> i64 {
    let doubled = tries.saturating_sub(1).min(20);
    let pause = (PAUSE_FIRST_MS << doubled).min(PAUSE_MAX_MS);
    let [high, low, ..] = Id::of(&[b"call_pause", &call.0.bytes(), &tries.to_be_bytes()]).bytes();
    let drawn = i64::from(u16::from_be_bytes([high, low]));
    pause - pause * PAUSE_OFF_MAX * drawn / (100 * i64::from(u16::MAX))
}

fn count(end: &'static str) {
    metrics::counter!("throughline_service_calls_total", "end" => end).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_it_is_asked_again() {
        let answer = |status, body: &str, after: Option<&str>| Response {
            status,
            headers: after.map(|a| ("retry-after".to_owned(), a.to_owned())).into_iter().collect(),
            body: body.as_bytes().to_vec(),
        };
        let why = |status, body: &str| read(&answer(status, body, None)).map_err(|n| (n.because, n.again));
        assert_eq!(why(200, r#"{"answers": {"a": 1}, "more": 2}"#), Ok(json!({"a": 1})));
        for body in ["", "no json", "[]", r#"{"answer": {}}"#, r#"{"answers": 3}"#] {
            assert_eq!(why(200, body), Err(("bad_answer".into(), None)), "{body}");
        }
        for status in [301, 302, 307, 400, 401, 404, 409, 422] {
            assert_eq!(why(status, ""), Err((format!("http_{status}"), None)));
        }
        for status in [408, 429, 500, 502, 503] {
            assert_eq!(why(status, ""), Err((format!("http_{status}"), Some(0))));
        }
        let again = |after| read(&answer(503, "", Some(after))).err().and_then(|n| n.again);
        assert_eq!(
            (again("7"), again("999999"), again("-5"), again("soon")),
            (Some(7_000), Some(300_000), Some(0), Some(0))
        );
        let call = |n: u32| EffectId::of(&[&n.to_be_bytes()]);
        for (tries, most) in [(1, 1_000), (2, 2_000), (5, 16_000), (u32::MAX, PAUSE_MAX_MS)] {
            let pauses: BTreeSet<i64> = (0..100).map(|n| pause_ms(call(n), tries)).collect();
            assert!(pauses.iter().all(|p| (most * 8 / 10..=most).contains(p)), "{pauses:?}");
            assert!(pauses.len() > 50, "not all at once");
            assert_eq!(pause_ms(call(1), tries), pause_ms(call(1), tries), "and the same each time");
        }
    }
}

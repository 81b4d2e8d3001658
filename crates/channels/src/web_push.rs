//! Notifications to the devices that a person let show them, by Web Push (RFC 8030): sealed for each device, sent to the
//! push service that its browser named.
//!
//! One message goes to every device of the person: it is taken when one of them took it. The devices and their keys come
//! in the message's content, since what they are is known when the message is made; its `to` is their ids alone.
//!
//! Invariants: nothing is sent but to a push service's host over HTTPS; what is shown is the message's words and nothing
//! else; a device that is gone is told as `push.gone`; only the page's own worker, which was given the attempt's signed
//! address inside the sealed message, says that it was shown (`message.delivered`) or opened (`message.read`).

mod sealed;

pub use sealed::Vapid;

use crate::contract::{
    Accepted, BoxFuture, COLLECT_MAX, Incoming, Kind, Outbound, Provider, ReceiveError, Received, Request, SendError,
    Setting, Sink, Spec,
};
use crate::registry::{Around, Fields, Settings};
use egress::{Egress, Method};
use model::message::{Content, Message};
use model::push::{self, Device};
use model::{Actor, Channel, Fact, FactId, inbox};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;
use url::Url;

const NAME: &str = "web_push";
/// One exchange with a push service.
const WITHIN: Duration = Duration::from_secs(10);
/// What a push service answers is not read further, bytes.
const ANSWER_MAX: usize = 16 * 1024;
/// The longest that push services keep a message, seconds (28 days).
const TTL_MAX_S: i64 = 28 * 24 * 3600;
/// How long the hub is left alone when it could not take in that a device is gone.
const BUSY: Duration = Duration::from_secs(1);
/// When a push service asks to wait and does not say how long.
const WAIT_MS: u64 = 60_000;
/// Letters of a topic (RFC 8030 section 5.4): a second try takes the place of the first where that still waits.
const TOPIC_LETTERS: usize = 32;
/// The push services of the browsers that there are: a host, or all below it.
const HOSTS: &[&str] = &["fcm.googleapis.com", ".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com"];

const fn text(name: &'static str, help: &'static str) -> Setting {
    Setting { name, kind: Kind::Text, required: false, default: None, secret: false, help }
}

/// What it is.
pub const SPEC: Spec = Spec {
    name: NAME,
    channels: &[Channel::Push],
    secrets: &["private_key"],
    fields: &[
        text(
            "contact",
            "Whom a push service asks when something is wrong, as `mailto:it@clinic.example`; the hub's own address when not said.",
        ),
        Setting {
            secret: true,
            ..text(
                "private_key",
                "The key by which push services know the hub; made and kept on the first start when not said.",
            )
        },
        text("hosts", "Hosts of further push services, with commas between."),
        Setting {
            name: "private",
            kind: Kind::Choice(&["yes", "no"]),
            required: false,
            default: Some("no"),
            secret: false,
            help: "Whether a push service may be on this machine or a network of one's own, also without HTTPS: for tests.",
        },
    ],
    make_believe: false,
    idempotent: false,
};

/// Settings, checked.
struct Checked {
    contact: Option<String>,
    key: Option<Vapid>,
    hosts: Vec<String>,
    private: bool,
}

/// Sends notifications.
pub struct WebPush {
    egress: Egress,
    key: Vapid,
    contact: String,
    hosts: Vec<String>,
    private: bool,
    gone: Arc<Gone>,
}

/// Devices that are gone, until the hub took them in. What does not fit, and what a crash loses, is said again by the
/// next message.
#[derive(Default)]
struct Gone {
    waiting: Mutex<VecDeque<Incoming>>,
    more: Notify,
}

impl Gone {
    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Incoming>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, facts: impl IntoIterator<Item = Incoming>) {
        let mut waiting = self.lock();
        for fact in facts {
            if waiting.len() >= COLLECT_MAX {
                waiting.pop_front();
            }
            waiting.push_back(fact);
        }
        self.more.notify_one();
    }

    /// Brings them to the hub, for as long as it runs.
    async fn bring(self: Arc<Self>, sink: Sink) {
        loop {
            self.more.notified().await;
            let facts: Vec<Incoming> = self.lock().drain(..).collect();
            if !facts.is_empty() && sink(facts.clone()).await.is_err() {
                self.add(facts);
                tokio::time::sleep(BUSY).await;
            }
        }
    }
}

/// What came of one device.
enum Came {
    Taken,
    Gone,
    Not(SendError),
}

impl WebPush {
    /// Checks settings; all that is wrong with them.
    pub fn validate(settings: &Settings) -> Result<(), Vec<String>> {
        Self::read(settings).map(drop)
    }

    fn read(settings: &Settings) -> Result<Checked, Vec<String>> {
        let mut fields = Fields::new(&SPEC, settings);
        let contact = fields.text("contact");
        if contact
            .as_deref()
            .is_some_and(|c| !(c.starts_with("mailto:") && c.contains('@') || c.starts_with("https://")))
        {
            fields.problem("contact", "`mailto:` and an address, or an `https://` address is expected");
        }
        let said = fields.text("private_key");
        let key = said.as_deref().and_then(Vapid::read);
        if said.is_some() && key.is_none() {
            fields.problem("private_key", "a P-256 key in PKCS #8, base64url without padding, is expected");
        }
        let hosts = fields.text("hosts").unwrap_or_default();
        let hosts = hosts.split(',').map(|h| h.trim().to_ascii_lowercase()).filter(|h| !h.is_empty()).collect();
        let private = fields.text("private").as_deref() == Some("yes");
        fields.done(Checked { contact, key, hosts, private })
    }

    /// Makes it. Without a key in the settings it has one of its own until it ends.
    pub fn new(settings: &Settings, around: &Around) -> Result<Self, Vec<String>> {
        let Checked { contact, key, hosts, private } = Self::read(settings)?;
        let made = || Vapid::make().as_deref().and_then(Vapid::read);
        let key = key.or_else(made).ok_or_else(|| vec![format!("{NAME}.private_key: no key could be made")])?;
        let contact = contact.unwrap_or_else(|| around.base_url.clone());
        Ok(Self { egress: around.egress.clone(), key, contact, hosts, private, gone: Arc::default() })
    }

    /// What a browser subscribes with, base64url.
    pub fn public_key(&self) -> String {
        self.key.public()
    }

    /// Whether a browser may name this as where its push service is.
    pub fn allows(&self, endpoint: &str) -> bool {
        self.address(endpoint).is_some()
    }

    fn address(&self, endpoint: &str) -> Option<Url> {
        let url = Url::parse(endpoint).ok()?;
        let host = url.host_str()?.to_ascii_lowercase();
        let is = |known: &str| match known.strip_prefix('.') {
            Some(_) => host.ends_with(known),
            None => host == known,
        };
        let known = HOSTS.iter().any(|h| is(h)) || self.hosts.iter().any(|h| is(h));
        let plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
        (plain && known || self.private && known && matches!(url.scheme(), "http" | "https")).then_some(url)
    }

    async fn carry(&self, out: &Outbound) -> Result<Accepted, SendError> {
        let message = &out.message;
        let Content::Push { title, text, url, devices } = &message.content else {
            return Err(SendError::Invalid("only notifications are carried".into()));
        };
        if devices.is_empty() || devices.len() > push::DEVICES_MAX || push::to(devices) != message.to {
            return Err(SendError::Invalid("the devices are not those that it is for".into()));
        }
        let said = json!({"title": title, "text": text, "url": url, "language": message.language,
            "tag": message.id, "seen": out.callback});
        let said = said.to_string();
        let (mut taken, mut worst) = (false, None);
        for device in devices {
            match self.one(out, device, &said).await {
                Came::Taken => taken = true,
                Came::Gone => {
                    self.forget(out, device);
                    worst = Some(worse(worst, SendError::Rejected { code: "gone".into(), retryable: false }));
                }
                Came::Not(error) => worst = Some(worse(worst, error)),
            }
        }
        match worst {
            Some(error) if !taken => Err(error),
            _ => Ok(Accepted { provider_id: None, delivered: false }),
        }
    }

    async fn one(&self, out: &Outbound, device: &Device, said: &str) -> Came {
        let invalid = |what: &str| Came::Not(SendError::Invalid(what.to_owned()));
        let Some(url) = self.address(&device.endpoint) else { return invalid("not the host of a push service") };
        let Ok(body) = sealed::seal(said.as_bytes(), &device.p256dh, &device.auth) else {
            return invalid("it cannot be sealed: too long, or the device's keys are none");
        };
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let audience = url.origin().ascii_serialization();
        let Some(authorization) = self.key.authorization(&audience, &self.contact, now_s) else {
            return Came::Not(SendError::Config("it cannot be signed".into()));
        };
        let message = &out.message;
        let ttl = ((message.valid_until.0 - out.now.0) / 1_000).clamp(0, TTL_MAX_S);
        let mut topic = message.id.to_string();
        topic.truncate(TOPIC_LETTERS);
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let asked = egress::Request {
            method: Method::Post,
            url,
            headers: vec![
                header("content-type", "application/octet-stream"),
                header("content-encoding", "aes128gcm"),
                header("ttl", &ttl.to_string()),
                header("urgency", if message.urgent { "high" } else { "normal" }),
                header("topic", &topic),
                header("authorization", &authorization),
            ],
            body,
            within: WITHIN,
            answer_max: ANSWER_MAX,
            private: self.private,
        };
        match self.egress.send(&asked).await {
            Ok(answer) => came(answer.status, answer.header("retry-after")),
            Err(egress::Error::TooLarge { status, .. }) => came(status, None),
            Err(egress::Error::NotSent(why)) => Came::Not(SendError::Unreachable(why)),
            Err(egress::Error::Refused(why)) => Came::Not(SendError::Invalid(why)),
            Err(egress::Error::Ambiguous(why)) => Came::Not(SendError::Ambiguous(why)),
        }
    }

    /// Notes that a device is gone.
    fn forget(&self, out: &Outbound, device: &Device) {
        let (person, id) = (out.message.person, device.id());
        let key = format!("{} {id}", out.message.id);
        let fact = Fact::own("push.gone", &key, person, out.now, json!({"id": id, "by": NAME}));
        self.gone.add([Incoming { fact, keys: Vec::new(), message: None, person: Some(person) }]);
    }
}

/// What the page's worker says, and of whom it tells.
fn told(request: &Request) -> Result<(&'static str, Actor), ReceiveError> {
    match request.path.as_str() {
        "shown" => Ok(("message.delivered", Actor::System)),
        "opened" => Ok(("message.read", Actor::Patient)),
        _ => Err(ReceiveError::Malformed("neither `shown` nor `opened`".into())),
    }
}

/// What a push service's answer means (RFC 8030 sections 5 and 7.3).
fn came(status: u16, retry_after: Option<&str>) -> Came {
    Came::Not(match status {
        200..=299 => return Came::Taken,
        404 | 410 => return Came::Gone,
        413 => SendError::Rejected { code: "too_large".into(), retryable: false },
        429 => {
            let seconds = retry_after.and_then(|t| t.trim().parse::<u64>().ok());
            SendError::Throttled { after_ms: seconds.map_or(WAIT_MS, |s| s.saturating_mul(1_000)) }
        }
        500.. => SendError::Ambiguous(format!("status {status}")),
        _ => SendError::Rejected { code: format!("http_{status}"), retryable: false },
    })
}

/// Of two the one that says more of what may be done next: what may have left counts most, then what may be tried again.
fn worse(before: Option<SendError>, error: SendError) -> SendError {
    let rank = |error: &SendError| match error {
        SendError::Ambiguous(_) => 0,
        SendError::Throttled { .. } => 1,
        SendError::Unreachable(_) => 2,
        SendError::Rejected { retryable: true, .. } => 3,
        _ => 4,
    };
    match before {
        Some(before) if rank(&before) <= rank(&error) => before,
        _ => error,
    }
}

impl Provider for WebPush {
    fn spec(&self) -> Spec {
        SPEC
    }

    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.carry(out))
    }

    /// `{attempt}/shown` and `{attempt}/opened`, from the page's worker. What it says is believed of a message that
    /// exists and is a push: [`Provider::understand`].
    fn receive(&self, request: &Request) -> Result<Received, ReceiveError> {
        let Some((person, message)) = request.attempt else {
            return Err(ReceiveError::NotAuthentic("it names no attempt".into()));
        };
        let about = Some((person, message));
        told(request).map(|_| Received { facts: Vec::new(), about })
    }

    fn understand(&self, request: &Request, _received: &Received, about: Option<&Message>) -> Vec<Incoming> {
        let Some((person, message)) = request.attempt else { return Vec::new() };
        if !about.is_some_and(|m| m.id == message && m.channel == Channel::Push) {
            return Vec::new();
        }
        let Ok((kind, actor)) = told(request) else { return Vec::new() };
        let text = message.to_string();
        let id = FactId::of(&[NAME.as_bytes(), kind.as_bytes(), text.as_bytes()]);
        let body = json!({"message": message, "provider": NAME, "channel": Channel::Push});
        let fact = Fact::live(id, NAME, format!("message|{text}"), kind, request.now, body).by(actor);
        let keys = vec![inbox::key("message", &text)];
        vec![Incoming { fact, keys, message: Some(message), person: Some(person) }]
    }

    fn connect(&self, sink: Sink) -> Option<BoxFuture<'static, ()>> {
        Some(Box::pin(Arc::clone(&self.gone).bring(sink)))
    }

    fn collect(&self, _now: model::At) -> Vec<Incoming> {
        self.gone.lock().drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_left_counts_most() {
        let rejected = || SendError::Rejected { code: "gone".into(), retryable: false };
        let ambiguous = || SendError::Ambiguous(String::new());
        assert_eq!(worse(Some(rejected()), ambiguous()), ambiguous());
        assert_eq!(worse(Some(ambiguous()), rejected()), ambiguous());
        assert_eq!(worse(Some(rejected()), SendError::Throttled { after_ms: 1 }), SendError::Throttled { after_ms: 1 });
    }
}

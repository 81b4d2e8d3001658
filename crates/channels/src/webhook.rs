//! A site's own channel, without a line of Rust: what is to be carried is posted to a service of the site, signed as
//! Standard Webhooks describes, and the service posts back what became of it and what people reply, signed the same way.
//! `docs/webhook.md` has each field.
//!
//! Invariants: the message's id is the `webhook-id` of every try, so that a service that saw it carries it once; a
//! report is believed only when it is signed with the site's own secret within five minutes, and the same report twice
//! is one fact; a status is about the attempt that its signed address names; what the service answers is read within a
//! bound.

use crate::addressed;
use crate::contract::{
    Accepted, BoxFuture, Incoming, Kind, Outbound, Provider, ReceiveError, Received, Request, SendError, Setting, Spec,
};
use crate::registry::{Around, Fields, Settings};
use crate::standard_webhooks::Secrets;
use egress::{Egress, Method};
use model::message::Content;
use model::{Actor, Channel, Fact, FactId, MessageId, PersonId, inbox};
use serde_json::{Value as Json, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use url::Url;

const NAME: &str = "webhook";
/// One exchange with the service, unless the settings say.
const WITHIN_MS: &str = "10000";
/// The longest that may be set.
const WITHIN_MAX_MS: u64 = 60_000;
/// What the service answers is not read further, bytes.
const ANSWER_MAX: usize = 16 * 1024;
/// No provider's id is longer.
const ID_MAX: usize = 128;
/// No code of an error is longer.
const CODE_MAX: usize = 48;
/// The most pictures and files that may come with a reply.
const MEDIA_MAX: u64 = 100;
/// The longest words of a reply, bytes.
const TEXT_MAX: usize = 64 * 1024;
/// Marks of a call that are read.
const MARKS_MAX: usize = 64;
/// Channels that it may carry. The Today page is the hub's own.
const CHANNELS: [Channel; 5] = [Channel::Sms, Channel::Voice, Channel::Voicemail, Channel::Email, Channel::Push];

/// What it is; which of the channels it carries is a setting.
pub const SPEC: Spec = Spec {
    name: NAME,
    channels: &CHANNELS,
    secrets: &["secret"],
    fields: &[
        Setting {
            name: "url",
            kind: Kind::Text,
            required: true,
            default: None,
            secret: false,
            help: "The address of the service that carries messages.",
        },
        Setting {
            name: "secret",
            kind: Kind::Text,
            required: true,
            default: None,
            secret: true,
            help: "What both ways are signed with: `whsec_` and base64 of 24 bytes or more; two with a space between while one takes over from the other.",
        },
        Setting {
            name: "channels",
            kind: Kind::Text,
            required: true,
            default: None,
            secret: false,
            help: "What it carries, with commas between: sms, voice, voicemail, email, push.",
        },
        Setting {
            name: "timeout_ms",
            kind: Kind::Number,
            required: false,
            default: Some(WITHIN_MS),
            secret: false,
            help: "How long one exchange may take, milliseconds.",
        },
        Setting {
            name: "private",
            kind: Kind::Choice(&["yes", "no"]),
            required: false,
            default: Some("no"),
            secret: false,
            help: "Whether the service may be on this machine or a network of one's own, also without HTTPS.",
        },
    ],
    make_believe: false,
    idempotent: true,
};

/// A site's own service.
#[derive(Debug)]
pub struct Webhook {
    url: Url,
    secrets: Secrets,
    channels: &'static [Channel],
    within: Duration,
    private: bool,
    egress: Option<NoDebug>,
}

struct NoDebug(Egress);

impl std::fmt::Debug for NoDebug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("egress")
    }
}

impl Webhook {
    /// Checks settings; all that is wrong with them.
    pub fn validate(settings: &Settings) -> Result<(), Vec<String>> {
        Self::read(settings).map(drop)
    }

    /// Makes it.
    pub fn new(settings: &Settings, around: &Around) -> Result<Self, Vec<String>> {
        let (this, channels) = Self::read(settings)?;
        // A provider lives as long as the process, and so may the few bytes of what it carries.
        let channels: &'static [Channel] = Box::leak(channels.into_boxed_slice());
        Ok(Self { channels, egress: Some(NoDebug(around.egress.clone())), ..this })
    }

    /// The channels that settings give it; none where they do not read.
    pub fn carries(settings: &Settings) -> Vec<Channel> {
        Self::read(settings).map(|(_, channels)| channels).unwrap_or_default()
    }

    fn read(settings: &Settings) -> Result<(Self, Vec<Channel>), Vec<String>> {
        let mut fields = Fields::new(&SPEC, settings);
        let private = fields.text("private").as_deref() == Some("yes");
        let url = fields.text("url").and_then(|t| Url::parse(&t).ok());
        let allowed = |u: &Url| u.has_host() && (u.scheme() == "https" || private && u.scheme() == "http");
        let url = url.filter(allowed);
        if url.is_none() && settings.contains_key("url") {
            fields.problem("url", "an `https://` address is expected (`http://` only with `private = \"yes\"`)");
        }
        let secrets = match fields.text("secret").map(|t| Secrets::read(&t)) {
            Some(Ok(secrets)) => secrets,
            Some(Err(expected)) => {
                fields.problem("secret", &format!("{expected} is expected"));
                Secrets::default()
            }
            None => Secrets::default(),
        };
        let mut channels = Vec::new();
        let said = fields.text("channels").unwrap_or_default();
        for name in said.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            match Channel::named(name).filter(|c| CHANNELS.contains(c)) {
                Some(channel) if !channels.contains(&channel) => channels.push(channel),
                Some(_) => {}
                None => fields.problem("channels", "a list of sms, voice, voicemail, email and push is expected"),
            }
        }
        if channels.is_empty() && settings.get("channels").is_some_and(Json::is_string) {
            fields.problem("channels", "it carries nothing");
        }
        let within_ms = fields.number("timeout_ms").filter(|ms| (1..=WITHIN_MAX_MS).contains(ms));
        if within_ms.is_none() && settings.contains_key("timeout_ms") {
            fields.problem("timeout_ms", &format!("from 1 to {WITHIN_MAX_MS}"));
        }
        let within = Duration::from_millis(within_ms.unwrap_or(WITHIN_MAX_MS));
        let somewhere = || Url::parse("https://localhost").map_err(|e| vec![e.to_string()]);
        let this = Self {
            url: match url {
                Some(url) => url,
                None => somewhere()?,
            },
            secrets,
            channels: &[],
            within,
            private,
            egress: None,
        };
        fields.done((this, channels))
    }

    async fn post(&self, out: &Outbound) -> Result<Accepted, SendError> {
        let message = &out.message;
        if !self.channels.contains(&message.channel) {
            return Err(SendError::Invalid("the settings do not name this channel".into()));
        }
        if !addressed::fits(message) {
            return Err(SendError::Invalid("the recipient or the content is not one of its channel".into()));
        }
        let Some(NoDebug(egress)) = &self.egress else { return Err(SendError::Config("it was not made".into())) };
        let id = message.id.to_string();
        let body = said(out, &id).to_string().into_bytes();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![
            header("content-type", "application/json"),
            header("accept", "application/json"),
            header("user-agent", "throughline"),
            header("idempotency-key", &id),
        ];
        headers.extend(self.secrets.headers(&id, now_s(), &body));
        let asked = egress::Request {
            method: Method::Post,
            url: self.url.clone(),
            headers,
            body,
            within: self.within,
            answer_max: ANSWER_MAX,
            private: self.private,
        };
        match egress.send(&asked).await {
            Ok(answer) => came(answer.status, answer.header("retry-after"), &answer.body),
            Err(egress::Error::TooLarge { status, .. }) => came(status, None, b""),
            Err(egress::Error::NotSent(why)) => Err(SendError::Unreachable(why)),
            Err(egress::Error::Refused(why)) => Err(SendError::Config(why)),
            Err(egress::Error::Ambiguous(why)) => Err(SendError::Ambiguous(why)),
        }
    }

    /// Reads a report whose signature is good; `id` is its `webhook-id`.
    fn read_report(request: &Request, id: &str) -> Result<Incoming, ReceiveError> {
        let malformed = |what: &str| ReceiveError::Malformed(what.to_owned());
        let report: Json = serde_json::from_slice(&request.body).map_err(|_| malformed("no JSON"))?;
        let data = report.get("data").cloned().unwrap_or_default();
        let kind = report.get("type").and_then(Json::as_str).ok_or_else(|| malformed("it has no `type`"))?;
        if kind == "reply.received" {
            return reply(request, id, &data);
        }
        let attempt = request.attempt.ok_or_else(|| malformed("a status goes to the message's own `callback`"))?;
        let (kind, actor, mut body) = match kind {
            "message.delivered" => ("message.delivered", Actor::System, json!({})),
            "message.read" => ("message.read", Actor::Patient, json!({})),
            "message.failed" => {
                let error = data.get("error").and_then(Json::as_str).filter(|c| is_code(c)).unwrap_or("failed");
                ("message.failed", Actor::System, json!({"error": error, "retryable": false}))
            }
            "call.ended" => {
                let answered = data.get("answered").and_then(Json::as_bool).ok_or_else(|| malformed("`answered`"))?;
                let marks = marks(&data).ok_or_else(|| malformed("`marks`: a list of codes is expected"))?;
                let actor = if answered { Actor::Patient } else { Actor::System };
                ("call.ended", actor, json!({"answered": answered, "marks": marks, "keys": ""}))
            }
            _ => return Err(malformed("this `type` is not known")),
        };
        let (person, message) = attempt;
        body["message"] = json!(message);
        body["provider"] = json!(NAME);
        Ok(incoming(request, kind, &message.to_string(), (person, message), actor, body))
    }
}

/// What is posted.
fn said(out: &Outbound, id: &str) -> Json {
    let m = &out.message;
    let mut content = serde_json::to_value(&m.content).unwrap_or_default();
    if let Some(content) = content.as_object_mut() {
        content.remove("content");
    }
    json!({
        "type": "message.send",
        "timestamp": out.now,
        "data": {
            "id": id, "channel": m.channel, "to": m.to, "from_name": out.from_name, "language": m.language,
            "purpose": m.purpose, "urgent": m.urgent, "valid_until": m.valid_until, "callback": out.callback,
            "content": content,
        },
    })
}

/// What the service's answer means.
fn came(status: u16, retry_after: Option<&str>, body: &[u8]) -> Result<Accepted, SendError> {
    let answer: Json = serde_json::from_slice(body).unwrap_or_default();
    let text = |key: &str| answer.get(key).and_then(Json::as_str);
    let after = retry_after.and_then(|t| t.trim().parse::<u64>().ok());
    match status {
        200..=299 => {
            let good = |id: &&str| id.len() <= ID_MAX && !id.is_empty() && id.bytes().all(|b| b.is_ascii_graphic());
            Ok(Accepted { provider_id: text("id").filter(good).map(str::to_owned), delivered: false })
        }
        429 => Err(SendError::Throttled { after_ms: after.unwrap_or(1).saturating_mul(1_000) }),
        503 if after.is_some() => Err(SendError::Throttled { after_ms: after.unwrap_or(1).saturating_mul(1_000) }),
        // Nobody knows what became of the first of two that came at once.
        408 | 409 | 425 => Err(SendError::Ambiguous(format!("status {status}"))),
        400..=499 => match text("error").filter(|c| is_code(c)) {
            Some("opted_out") => Err(SendError::OptedOut),
            // It does not take our signature, whatever the message.
            None if matches!(status, 401 | 403) => Err(SendError::Config(format!("http_{status}"))),
            code => Err(SendError::Rejected {
                code: code.map_or_else(|| format!("http_{status}"), str::to_owned),
                retryable: false,
            }),
        },
        _ => Err(SendError::Ambiguous(format!("status {status}"))),
    }
}

/// `landline`: nothing that a person wrote.
fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= CODE_MAX
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn marks(data: &Json) -> Option<Vec<String>> {
    let all = match data.get("marks") {
        None => return Some(Vec::new()),
        Some(marks) => marks.as_array().filter(|m| m.len() <= MARKS_MAX)?,
    };
    // What is answered with the keys is a mark of its own: `answer pain=3`.
    let good = |text: &&str| text.len() <= ID_MAX && !text.chars().any(char::is_control);
    all.iter().map(|m| m.as_str().filter(good).map(str::to_owned)).collect()
}

/// Words that somebody wrote to the site's service.
fn reply(request: &Request, id: &str, data: &Json) -> Result<Incoming, ReceiveError> {
    let malformed = |what: &str| ReceiveError::Malformed(what.to_owned());
    let text = |key: &str| data.get(key).and_then(Json::as_str);
    let channel = match text("channel") {
        Some("sms") => Channel::Sms,
        Some("email") => Channel::Email,
        _ => return Err(malformed("`channel`: sms or email is expected")),
    };
    let from = text("from").filter(|from| addressed::sane(channel, from));
    let from = from.ok_or_else(|| malformed("`from`: a number such as +15550100, or an address, is expected"))?;
    let words = text("text").filter(|t| t.len() <= TEXT_MAX).ok_or_else(|| malformed("`text`"))?;
    let system = if channel == Channel::Email { "email" } else { "phone" };
    let from = if channel == Channel::Email { from.to_lowercase() } else { from.to_owned() };
    let mut body = json!({"channel": channel, "from": from, "text": words, "provider": NAME, "provider_id": id});
    if let Some(to) = text("to").filter(|to| to.len() <= ID_MAX) {
        body["to"] = json!(to);
    }
    // However it is put, the words are heard: what cannot be counted is one.
    let media = match data.get("media") {
        None | Some(Json::Null) => 0,
        Some(Json::Array(all)) => all.len() as u64,
        Some(n) => n.as_u64().unwrap_or(1),
    };
    if media > 0 {
        body["media"] = json!(media.min(MEDIA_MAX));
    }
    if let Some((_, message)) = request.attempt {
        body["message"] = json!(message);
    }
    let fact_id = FactId::of(&[NAME.as_bytes(), b"reply.received", id.as_bytes()]);
    let subject = format!("{system}|{from}");
    let fact = Fact::live(fact_id, NAME, subject, "reply.received", request.now, body).by(Actor::Patient);
    let message = request.attempt.map(|(_, message)| message);
    Ok(Incoming { fact, keys: vec![inbox::key(system, &from)], message, person: None })
}

fn incoming(
    request: &Request,
    kind: &str,
    about: &str,
    (person, message): (PersonId, MessageId),
    actor: Actor,
    body: Json,
) -> Incoming {
    let id = FactId::of(&[NAME.as_bytes(), kind.as_bytes(), about.as_bytes()]);
    let fact = Fact::live(id, NAME, format!("message|{about}"), kind, request.now, body).by(actor);
    Incoming { fact, keys: vec![inbox::key("message", about)], message: Some(message), person: Some(person) }
}

/// Seconds of the machine's clock: what the other side compares with.
fn now_s() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    i64::try_from(now).unwrap_or(i64::MAX)
}

impl Provider for Webhook {
    fn spec(&self) -> Spec {
        Spec { channels: self.channels, ..SPEC }
    }

    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        if matches!(out.message.content, Content::Portal { .. } | Content::Chat { .. }) {
            return Box::pin(std::future::ready(Err(SendError::Invalid("it carries no such thing".into()))));
        }
        Box::pin(self.post(out))
    }

    fn receive(&self, request: &Request) -> Result<Received, ReceiveError> {
        let id = self
            .secrets
            .verify(|name| request.header(name), &request.body, now_s())
            .map_err(|why| ReceiveError::NotAuthentic(why.to_string()))?;
        Ok(Received { facts: vec![Self::read_report(request, id)?], about: None })
    }
}

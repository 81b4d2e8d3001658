//! Provider `twilio`: texts by Twilio's Messages.

use super::account::{self, Account};
use super::sign::{self, Params};
use super::{about_attempt, codes, is_number, listing, said, twiml};
use crate::contract::{
    Accepted, BoxFuture, Incoming, Kind, Limits, Outbound, Provider, ReceiveError, Received, Reconciled, Request,
    Response, SendError, Setting, Spec,
};
use crate::registry::{Around, Settings};
use egress::Egress;
use model::message::{Content, Message};
use model::{Actor, At, Channel, Fact, FactId, inbox};
use serde::Deserialize;
use serde_json::json;

/// The most characters that Twilio takes.
const TEXT_MAX: usize = 1_600;
/// The longest and the shortest validity that Twilio knows, seconds.
const VALIDITY_S: (i64, i64) = (1, 36_000);
/// The most characters of a text that came in; Twilio joins its segments.
const HEARD_MAX: usize = 4_000;
/// Ids and words of Twilio's that are kept are no longer.
const KEPT_MAX: usize = 64;

/// What it is.
pub const SPEC: Spec = Spec {
    name: "twilio",
    channels: &[Channel::Sms],
    secrets: &["auth_token", "api_secret"],
    fields: &[
        account::ACCOUNT_SID,
        account::AUTH_TOKEN,
        account::API_KEY,
        account::API_SECRET,
        Setting {
            name: "from",
            kind: Kind::Text,
            required: false,
            default: None,
            secret: false,
            help: "The number that texts come from, such as +12125550100, or a short code; else messaging_service.",
        },
        Setting {
            name: "messaging_service",
            kind: Kind::Text,
            required: false,
            default: None,
            secret: false,
            help: "A messaging service (MG and 32 hexadecimal digits) that chooses the number.",
        },
        account::API_URL,
        account::PRIVATE,
        account::TIMEOUT_MS,
        Setting {
            name: "per_second",
            kind: Kind::Number,
            required: false,
            default: None,
            secret: false,
            help: "Segments of texts a second that the contract allows; when not set, what rules/carriers.yaml says of the number's kind (sender.number).",
        },
    ],
    make_believe: false,
    idempotent: false,
};

/// Checked settings.
#[derive(Clone, Debug)]
struct Config {
    account: Account,
    from: Option<String>,
    service: Option<String>,
}

/// Texts by Twilio. Cheap to clone.
#[derive(Clone)]
pub struct Twilio {
    config: Config,
    egress: Egress,
}

impl std::fmt::Debug for Twilio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Twilio").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What Twilio says of what it took.
#[derive(Deserialize)]
struct Taken {
    sid: String,
}

impl Twilio {
    /// Checks settings without I/O.
    pub fn validate(settings: &Settings) -> Result<(), Vec<String>> {
        read(settings).map(drop)
    }

    /// As set.
    pub fn new(settings: &Settings, around: &Around) -> Result<Self, Vec<String>> {
        Ok(Self { config: read(settings)?, egress: around.egress.clone() })
    }

    /// What is asked of Twilio for a message.
    fn form(&self, out: &Outbound) -> Result<Vec<(&'static str, String)>, SendError> {
        let invalid = |why: &str| SendError::Invalid(why.to_owned());
        let Content::Sms { text } = &out.message.content else {
            return Err(invalid("twilio carries texts only"));
        };
        if !is_number(&out.message.to) {
            return Err(invalid("the recipient is no number"));
        }
        if text.trim().is_empty() || text.chars().count() > TEXT_MAX {
            return Err(invalid("a text of 1 to 1600 characters is expected"));
        }
        let validity = (out.message.valid_until.0 - out.now.0) / 1_000;
        if validity < VALIDITY_S.0 {
            return Err(invalid("its time is over"));
        }
        let mut form = vec![("To", out.message.to.clone()), ("Body", text.clone())];
        form.extend(self.config.from.clone().map(|from| ("From", from)));
        form.extend(self.config.service.clone().map(|service| ("MessagingServiceSid", service)));
        form.push(("ValidityPeriod", validity.min(VALIDITY_S.1).to_string()));
        form.extend(out.callback.as_ref().map(|callback| ("StatusCallback", format!("{callback}/status"))));
        Ok(form)
    }

    async fn carry(&self, out: &Outbound) -> Result<Accepted, SendError> {
        let form = self.form(out)?;
        let answer = self.config.account.post(&self.egress, "Messages", &form).await.map_err(codes::unanswered)?;
        taken(&answer)
    }

    async fn settle(&self, message: &Message) -> Reconciled {
        let Content::Sms { text } = &message.content else { return Reconciled::Unknown };
        let mut query = vec![("To", message.to.clone())];
        // A messaging service may have chosen any of its numbers.
        if let (Some(from), None) = (&self.config.from, &self.config.service) {
            query.push(("From", from.clone()));
        }
        let listed = listing::read(&self.config.account, &self.egress, "Messages", &query).await;
        // When it was claimed: that it is unknown moved no time.
        let sought = listing::Sought { began: message.status_at, words: Some(text) };
        listed.map_or(Reconciled::Unknown, |all| listing::judge(&all, &sought, machine_now()))
    }
}

/// An answer to what was posted: its id, or the refusal.
pub(super) fn taken(answer: &egress::Response) -> Result<Accepted, SendError> {
    if !(200..300).contains(&answer.status) {
        return Err(codes::refusal(answer));
    }
    match serde_json::from_slice::<Taken>(&answer.body) {
        Ok(taken) => Ok(Accepted { provider_id: Some(kept(&taken.sid)), delivered: false }),
        Err(_) => Err(SendError::Ambiguous("the answer does not name what was taken".into())),
    }
}

/// The machine's clock, which is the care clock of every provider that reaches someone.
pub(super) fn machine_now() -> At {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    At(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// An id or a word of Twilio's, bounded.
pub(super) fn kept(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(KEPT_MAX).collect()
}

fn read(settings: &Settings) -> Result<Config, Vec<String>> {
    let (mut fields, account) = account::fields(&SPEC, settings);
    let (from, service) = (fields.text("from"), fields.text("messaging_service"));
    let sender = |f: &String| is_number(f) || (3..=8).contains(&f.len()) && f.bytes().all(|b| b.is_ascii_digit());
    if from.as_ref().is_some_and(|f| !sender(f)) {
        fields.problem("from", "a number such as +12125550100 or a short code is expected");
    }
    if service.as_ref().is_some_and(|s| !account::is_sid(s, "MG")) {
        fields.problem("messaging_service", "MG and 32 hexadecimal digits are expected");
    }
    if from.is_none() && service.is_none() {
        fields.problem("from", "a number or a messaging_service must be set");
    }
    fields.done(Config { account, from, service })
}

impl Provider for Twilio {
    fn spec(&self) -> Spec {
        SPEC
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.carry(out))
    }
    fn limits(&self) -> Limits {
        self.config.account.limits()
    }
    fn receive(&self, request: &Request) -> Result<Received, ReceiveError> {
        let params = sign::check(&self.config.account.sid, &self.config.account.token, request)?;
        let fact = match request.path.as_str() {
            "status" => status(&params, request)?,
            "inbound" => Some(inbound(&params, request)?),
            _ => return Err(ReceiveError::Malformed("there is nothing at this path".into())),
        };
        Ok(Received { facts: fact.into_iter().collect(), about: None })
    }
    fn respond(&self, _: &Request, _: &Received, _: Option<&Message>) -> Response {
        twiml::Answer::new().response()
    }
    fn reconcile<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.settle(message))
    }
}

/// What a report says of an attempt; nothing when it says what is known.
fn status(params: &Params, request: &Request) -> Result<Option<Incoming>, ReceiveError> {
    let Some(attempt) = request.attempt else {
        return Err(ReceiveError::Malformed("it names no attempt".into()));
    };
    let sid = kept(said(params, "MessageSid"));
    let status = said(params, "MessageStatus");
    let mut body = json!({"message": attempt.1, "provider": SPEC.name, "provider_id": sid, "channel": Channel::Sms});
    let kind = match status {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => "message.accepted",
        "delivered" => "message.delivered",
        "read" => "message.read",
        "undelivered" | "failed" | "canceled" => {
            let code = said(params, "ErrorCode").trim().parse::<u64>().ok().filter(|code| *code > 0);
            body["error"] = code.map_or_else(|| status.to_owned(), codes::name).into();
            body["retryable"] = false.into();
            "message.failed"
        }
        _ => return Ok(None),
    };
    let what = format!("{sid}|{}", body["error"].as_str().unwrap_or_default());
    Ok(Some(about_attempt(SPEC.name, (kind, &what), attempt, request, (Actor::System, body))))
}

/// A text that someone sent to us.
fn inbound(params: &Params, request: &Request) -> Result<Incoming, ReceiveError> {
    let (from, sid) = (said(params, "From"), kept(said(params, "MessageSid")));
    if !is_number(from) || sid.is_empty() {
        return Err(ReceiveError::Malformed("it does not say who sent what".into()));
    }
    let text: String = said(params, "Body").trim().chars().take(HEARD_MAX).collect();
    let to = kept(said(params, "To"));
    let mut body = json!({"channel": Channel::Sms, "from": from, "to": to, "text": text, "provider": SPEC.name,
        "provider_id": sid});
    let media = said(params, "NumMedia").parse::<u64>().unwrap_or_default();
    if media > 0 {
        body["media"] = media.into();
    }
    let opt_out = kept(said(params, "OptOutType")).to_ascii_lowercase();
    if !opt_out.is_empty() {
        // Twilio itself refuses, or allows, what goes to this number from now on.
        body["carrier"] = opt_out.into();
    }
    let parts = [SPEC.name, "reply.received", &sid, from, &text];
    let id = FactId::of(&parts.map(str::as_bytes));
    let fact = Fact::live(id, SPEC.name, format!("phone|{from}"), "reply.received", request.now, body);
    // A number may be shared: whose words they are, the hub finds by the number.
    let keys = vec![inbox::key("phone", from)];
    Ok(Incoming { fact: fact.by(Actor::Patient), keys, message: request.attempt.map(|(_, m)| m), person: None })
}

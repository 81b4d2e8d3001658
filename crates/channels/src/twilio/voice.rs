//! Provider `twilio_voice`: calls that talk and voicemails, by Twilio's Calls.
//!
//! A call is walked by requests: Twilio asks what to say when somebody answers (`answer`), and brings each key to an
//! address that holds those that were pressed before (`key/…`); the walk is walked again from its beginning each time,
//! so nothing is kept between. What a key means stands in the message's script, so it is a fact (`call.heard`) once the
//! hub has looked the message up, and before anything more is said.

use super::account::{self, Account};
use super::sign::{self, Params};
use super::text::{kept, machine_now, taken};
use super::{RangWords, about_attempt, bridge, codes, is_number, listing, rang, said, twiml};
use crate::call::{ANSWERS_MAX, Said, Walk};
use crate::contract::{
    Accepted, BoxFuture, Incoming, Kind, Limits, Outbound, Provider, ReceiveError, Received, Reconciled, Request,
    Response, SendError, Setting, Spec,
};
use crate::registry::{Around, Settings};
use egress::Egress;
use model::message::{Call, Content, Message};
use model::{Actor, Channel, MessageId, PersonId};
use serde_json::{Value as Json, json};

/// The longest that a call may ring, seconds.
const RING_MAX_S: u32 = 600;
/// How long a voicemail rings: its own words do not say.
const RING_S: u32 = 30;
/// No call lasts longer, seconds, whatever its script says.
const CALL_MAX_S: u32 = 900;
/// No call between a member of staff and a patient lasts longer, seconds.
const TALK_MAX_S: u32 = 3_600;
/// What of a voicemail's addresses stands before the rest.
const VOICEMAIL: &str = "voicemail/";

/// What it is.
pub const SPEC: Spec = Spec {
    name: "twilio_voice",
    channels: &[Channel::Voice, Channel::Voicemail],
    secrets: &["auth_token", "api_secret"],
    fields: &[
        account::ACCOUNT_SID,
        account::AUTH_TOKEN,
        account::API_KEY,
        account::API_SECRET,
        Setting {
            name: "from",
            kind: Kind::Text,
            required: true,
            default: None,
            secret: false,
            help: "The number that calls come from, and that patients ring back: +12125550100.",
        },
        account::API_URL,
        account::PRIVATE,
        account::TIMEOUT_MS,
        Setting {
            name: "per_second",
            kind: Kind::Number,
            required: false,
            default: Some("1"),
            secret: false,
            help: "Calls a second that the account may begin.",
        },
        Setting {
            name: "connects_staff",
            kind: Kind::Choice(&["yes", "no"]),
            required: false,
            default: Some("yes"),
            secret: false,
            help: "Connects staff with people by telephone, once their own was proved to be theirs. `no`: nobody is.",
        },
    ],
    make_believe: false,
    idempotent: false,
};

/// Checked settings.
#[derive(Clone, Debug)]
struct Config {
    account: Account,
    from: String,
    connects_staff: bool,
}

/// Calls by Twilio. Cheap to clone.
#[derive(Clone)]
pub struct TwilioVoice {
    config: Config,
    egress: Egress,
    /// The address of this provider: `https://hub.example.org/hooks/twilio_voice`; empty without a hub's address.
    door: String,
    rang: Vec<RangWords>,
}

impl std::fmt::Debug for TwilioVoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TwilioVoice").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What a request of a call under way is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Somebody, or a machine, answered.
    Answer,
    /// Keys that were pressed before, and the one that was pressed now; silence is `None`.
    Key(Vec<Option<char>>),
    /// All of a voicemail's words were said.
    Left,
    /// What became of the call.
    Status,
}

/// The step that a path names; what stands before it says whether it is a voicemail.
pub(super) fn step(path: &str, params: &Params) -> Result<(Step, bool), ReceiveError> {
    let nothing = || ReceiveError::Malformed("there is nothing at this path".into());
    let (path, voicemail) = path.strip_prefix(VOICEMAIL).map_or((path, false), |rest| (rest, true));
    let step = match path {
        "answer" => Step::Answer,
        "left" => Step::Left,
        "status" => Step::Status,
        path => {
            let before = path.strip_prefix("key").ok_or_else(nothing)?;
            let before = before.strip_prefix('/').unwrap_or(before);
            let mut keys = before.chars().map(from_path).collect::<Option<Vec<_>>>().ok_or_else(nothing)?;
            if keys.len() > ANSWERS_MAX {
                return Err(ReceiveError::Malformed("so many keys no call has".into()));
            }
            let pressed = said(params, "Digits").chars().next();
            keys.push(pressed.filter(|k| k.is_ascii_digit() || matches!(k, '*' | '#')));
            Step::Key(keys)
        }
    };
    Ok((step, voicemail))
}

/// A key as it stands in an address: silence is `-`.
fn to_path(key: Option<char>) -> char {
    match key {
        None => '-',
        Some('*') => 's',
        Some('#') => 'h',
        Some(key) => key,
    }
}

/// The key that stands so in an address; `None` when none does.
#[expect(clippy::option_option, reason = "silence is a key as well: only what is none at all is refused")]
fn from_path(c: char) -> Option<Option<char>> {
    match c {
        '-' => Some(None),
        's' => Some(Some('*')),
        'h' => Some(Some('#')),
        '0'..='9' => Some(Some(c)),
        _ => None,
    }
}

/// The walk after these keys, and what is said then.
pub(super) fn walked(call: &Call, keys: &[Option<char>]) -> (Walk, Vec<Said>) {
    let mut walk = Walk::new(call);
    let mut said = walk.next(None);
    for key in keys {
        said = walk.next(*key);
    }
    (walk, said)
}

/// A machine answered, or a fax.
fn is_machine(params: &Params) -> bool {
    let by = said(params, "AnsweredBy");
    by.starts_with("machine") || by == "fax"
}

/// Words for a machine, of a message that has some.
fn for_machine(content: &Content) -> Option<(&str, &str)> {
    match content {
        Content::Voicemail { text, language } => Some((text, language)),
        Content::Voice { call } => call.voicemail.as_deref().map(|text| (text, call.language.as_str())),
        _ => None,
    }
}

impl TwilioVoice {
    /// Checks settings without I/O.
    pub fn validate(settings: &Settings) -> Result<(), Vec<String>> {
        read(settings).map(drop)
    }

    /// As set.
    pub fn new(settings: &Settings, around: &Around) -> Result<Self, Vec<String>> {
        let door = match around.base_url.as_str() {
            "" => String::new(),
            base => format!("{base}/hooks/{}", SPEC.name),
        };
        Ok(Self { config: read(settings)?, egress: around.egress.clone(), door, rang: around.rang.clone() })
    }

    /// What is asked of Twilio for a message.
    fn form(&self, out: &Outbound) -> Result<Vec<(&'static str, String)>, SendError> {
        let invalid = |why: &str| SendError::Invalid(why.to_owned());
        let bridged = out.message.dials();
        if bridged.is_some_and(|to| !is_number(to)) {
            return Err(invalid("the number to connect with is no number"));
        }
        let (ring_s, before) = match &out.message.content {
            Content::Voice { call } if bridged.is_some() => (call.ring_s, bridge::PATH),
            Content::Voice { call } => (call.ring_s, ""),
            Content::Voicemail { .. } => (RING_S, VOICEMAIL),
            _ => return Err(invalid("twilio_voice carries calls and voicemails only")),
        };
        if !is_number(&out.message.to) {
            return Err(invalid("the recipient is no number"));
        }
        let Some(callback) = &out.callback else {
            return Err(SendError::Config("a call needs the hub's own address (base_url)".into()));
        };
        // Words for a machine are said after its own; without any, one hangs up on a machine at once.
        let detect = if for_machine(&out.message.content).is_some() { "DetectMessageEnd" } else { "Enable" };
        let url = |what: &str| format!("{callback}/{before}{what}");
        let limit = if bridged.is_some() { TALK_MAX_S } else { CALL_MAX_S };
        let mut form = vec![
            ("To", out.message.to.clone()),
            ("From", self.config.from.clone()),
            ("Url", url("answer")),
            ("Method", "POST".into()),
            ("StatusCallback", url("status")),
            ("StatusCallbackMethod", "POST".into()),
            ("StatusCallbackEvent", "initiated".into()),
            ("StatusCallbackEvent", "completed".into()),
            ("Timeout", ring_s.clamp(1, RING_MAX_S).to_string()),
            ("TimeLimit", limit.to_string()),
        ];
        // Nobody's voicemail presses a key: a member of staff need not wait until a machine is ruled out.
        if bridged.is_none() {
            form.push(("MachineDetection", detect.into()));
        }
        Ok(form)
    }

    async fn carry(&self, out: &Outbound) -> Result<Accepted, SendError> {
        let form = self.form(out)?;
        let answer = self.config.account.post(&self.egress, "Calls", &form).await.map_err(codes::unanswered)?;
        taken(&answer)
    }

    async fn settle(&self, message: &Message) -> Reconciled {
        // The telephone of a member of staff rings for many people: a call to it in the list may be another's.
        if message.dials().is_some() {
            return Reconciled::Unknown;
        }
        let query = [("To", message.to.clone()), ("From", self.config.from.clone())];
        let listed = listing::read(&self.config.account, &self.egress, "Calls", &query).await;
        let sought = listing::Sought { began: message.status_at, words: None };
        listed.map_or(Reconciled::Unknown, |all| listing::judge(&all, &sought, machine_now()))
    }

    /// The address of an attempt, as it was given to Twilio: what is asked next goes there.
    fn callback(&self, request: &Request) -> String {
        let whole = request.url.split(['?', '#']).next().unwrap_or_default();
        let base = whole.strip_suffix(request.path.as_str()).unwrap_or(whole);
        base.trim_end_matches('/').to_owned()
    }

    /// What is said next in a call of ours.
    fn go_on(&self, request: &Request, params: &Params, message: &Message) -> Response {
        let answer = twiml::Answer::new();
        let (before, path) = bridge::split(&request.path);
        let Ok((step, _)) = step(path, params) else { return answer.hang_up().response() };
        let callback = format!("{}/{before}", self.callback(request));
        let callback = callback.trim_end_matches('/');
        let keys = match (step, &message.content) {
            // A machine, or whoever picks up for it: the same safe words. That they were said to their end is heard of.
            (Step::Answer, Content::Voicemail { text, language }) => {
                return answer.say(text, language).then(&format!("{callback}/{VOICEMAIL}left")).response();
            }
            (Step::Answer, Content::Voice { .. }) if is_machine(params) => {
                return match for_machine(&message.content) {
                    Some((text, language)) => answer.say(text, language).then(&format!("{callback}/left")).response(),
                    None => answer.hang_up().response(),
                };
            }
            (Step::Answer, Content::Voice { .. }) => Vec::new(),
            (Step::Key(keys), Content::Voice { .. }) => keys,
            _ => return answer.hang_up().response(),
        };
        let Content::Voice { call } = &message.content else { return answer.hang_up().response() };
        let path: String = keys.iter().map(|k| to_path(*k)).collect();
        let action = if path.is_empty() { format!("{callback}/key") } else { format!("{callback}/key/{path}") };
        let said = walked(call, &keys).1;
        let next = said.iter().fold(answer, |answer, one| match one {
            Said::Words(text) => answer.say(text, &call.language),
            Said::Ask { text, .. } => answer.ask(&[(text, &call.language)], &action),
            // It ends when they have spoken: what follows the connection is nothing.
            Said::Dial(to) => {
                let limits = (call.ring_s.clamp(1, RING_MAX_S), TALK_MAX_S);
                answer.dial((to, &self.config.from), &format!("{callback}/{}", bridge::OTHER), limits).hang_up()
            }
            Said::HungUp => answer.hang_up(),
        });
        next.response()
    }
}

fn read(settings: &Settings) -> Result<Config, Vec<String>> {
    let (mut fields, account) = account::fields(&SPEC, settings);
    let from = fields.text("from").unwrap_or_default();
    if !from.is_empty() && !is_number(&from) {
        fields.problem("from", "a number such as +12125550100 is expected");
    }
    let connects_staff = fields.text("connects_staff").as_deref() == Some("yes");
    fields.done(Config { account, from, connects_staff })
}

impl Provider for TwilioVoice {
    fn spec(&self) -> Spec {
        SPEC
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.carry(out))
    }
    fn limits(&self) -> Limits {
        self.config.account.limits()
    }
    fn answers_anyway(&self, request: &Request) -> bool {
        request.attempt.is_none() && request.path == rang::PATH
    }
    fn receive(&self, request: &Request) -> Result<Received, ReceiveError> {
        let params = sign::check(&self.config.account.sid, &self.config.account.token, request)?;
        let Some(attempt) = request.attempt else {
            if request.path != rang::PATH && !request.path.starts_with("inbound/") {
                return Err(ReceiveError::Malformed("it names no attempt".into()));
            }
            let fact = rang::receive(SPEC.name, &params, request)?;
            return Ok(Received { facts: fact.into_iter().collect(), about: None });
        };
        if let (bridge::PATH, path) = bridge::split(&request.path) {
            return bridge::receive(path, &params, request, attempt);
        }
        let (step, voicemail) = step(&request.path, &params)?;
        let facts = match &step {
            Step::Status => status(&params, request, attempt, voicemail),
            Step::Left => vec![left(&params, request, attempt, voicemail)],
            Step::Answer => vec![accepted(&params, request, attempt)],
            Step::Key(_) => Vec::new(),
        };
        let about = matches!(step, Step::Answer | Step::Key(_)).then_some(attempt);
        Ok(Received { facts, about })
    }
    fn understand(&self, request: &Request, received: &Received, about: Option<&Message>) -> Vec<Incoming> {
        let (Some(attempt), Some(message)) = (received.about, about) else { return Vec::new() };
        let params = sign::params(request);
        let Content::Voice { call } = &message.content else { return Vec::new() };
        if let (bridge::PATH, path) = bridge::split(&request.path) {
            return bridge::understand(path, (&params, request), attempt, (message, call));
        }
        match step(&request.path, &params) {
            Ok((Step::Key(keys), _)) => heard(call, &keys, message, attempt, (&params, request)).into_iter().collect(),
            Ok((Step::Answer, _)) if is_machine(&params) && call.voicemail.is_none() => {
                vec![ended(&params, request, attempt, json!({"answered": false, "machine": true}))]
            }
            _ => Vec::new(),
        }
    }
    fn respond(&self, request: &Request, received: &Received, about: Option<&Message>) -> Response {
        let params = sign::params(request);
        match (request.attempt, received.about, about) {
            (None, ..) => rang::respond(&self.rang, &self.door, &params, &request.path),
            (Some(_), Some(_), Some(message)) => self.go_on(request, &params, message),
            (Some(_), ..) => twiml::Answer::new().hang_up().response(),
        }
    }
    fn bridges(&self) -> bool {
        self.config.connects_staff && !self.door.is_empty()
    }
    fn reconcile<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.settle(message))
    }
}

pub(super) type Attempt = (PersonId, MessageId);

pub(super) fn accepted(params: &Params, request: &Request, attempt: Attempt) -> Incoming {
    let sid = kept(said(params, "CallSid"));
    let body = json!({"message": attempt.1, "provider": SPEC.name, "provider_id": sid});
    about_attempt(SPEC.name, ("message.accepted", &sid), attempt, request, (Actor::System, body))
}

/// A call is over. It is over once: whatever is told of that first holds.
fn ended(params: &Params, request: &Request, attempt: Attempt, more: Json) -> Incoming {
    let mut body = json!({"message": attempt.1, "answered": false, "machine": false, "marks": [], "keys": "",
        "provider": SPEC.name, "provider_id": kept(said(params, "CallSid"))});
    if let (Json::Object(body), Json::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let actor = if body["answered"] == true { Actor::Patient } else { Actor::System };
    about_attempt(SPEC.name, ("call.ended", ""), attempt, request, (actor, body))
}

/// What became of the call: the end that Twilio reports.
fn status(params: &Params, request: &Request, attempt: Attempt, voicemail: bool) -> Vec<Incoming> {
    let status = said(params, "CallStatus");
    let error = match status {
        "completed" => None,
        "busy" | "canceled" => Some(status),
        "no-answer" => Some("no_answer"),
        // The network knows no such number (RFC 3261: 404, 410, 484, 604).
        "failed" if matches!(said(params, "SipResponseCode"), "404" | "410" | "484" | "604") => {
            Some("unreachable_number")
        }
        "failed" => Some("failed"),
        _ => return vec![accepted(params, request, attempt)],
    };
    let seconds = said(params, "CallDuration").parse::<u64>().unwrap_or_default();
    match (error, voicemail) {
        // That the words were left is told by what follows them; without that the ladder goes on in its own time.
        (None, true) => vec![accepted(params, request, attempt)],
        (Some(error), true) => {
            let body = json!({"message": attempt.1, "provider": SPEC.name, "error": error, "retryable": false,
                "provider_id": kept(said(params, "CallSid")), "channel": Channel::Voicemail});
            vec![about_attempt(SPEC.name, ("message.failed", error), attempt, request, (Actor::System, body))]
        }
        (None, false) => {
            let machine = is_machine(params);
            vec![ended(params, request, attempt, json!({"answered": !machine, "machine": machine, "seconds": seconds}))]
        }
        (Some(error), false) => vec![ended(params, request, attempt, json!({"error": error}))],
    }
}

/// All words for a machine were said.
fn left(params: &Params, request: &Request, attempt: Attempt, voicemail: bool) -> Incoming {
    if !voicemail {
        return ended(params, request, attempt, json!({"machine": true, "marks": ["voicemail"]}));
    }
    let body = json!({"message": attempt.1, "provider": SPEC.name, "channel": Channel::Voicemail,
        "provider_id": kept(said(params, "CallSid"))});
    about_attempt(SPEC.name, ("message.delivered", ""), attempt, request, (Actor::System, body))
}

/// What the key that was pressed now found out; nothing when it found out nothing.
fn heard(
    call: &Call,
    keys: &[Option<char>],
    message: &Message,
    attempt: Attempt,
    (params, request): (&Params, &Request),
) -> Option<Incoming> {
    let (_, before) = keys.split_last()?;
    let known = walked(call, before).0;
    let marks: Vec<String> =
        walked(call, keys).0.marks().iter().filter(|m| !known.marks().contains(m)).cloned().collect();
    if marks.is_empty() {
        return None;
    }
    let pressed: String = keys.iter().flatten().collect();
    let path: String = keys.iter().map(|k| to_path(*k)).collect();
    let body = json!({"message": attempt.1, "to": message.to, "marks": marks, "keys": pressed,
        "provider": SPEC.name, "provider_id": kept(said(params, "CallSid"))});
    Some(about_attempt(SPEC.name, ("call.heard", &path), attempt, request, (Actor::Patient, body)))
}

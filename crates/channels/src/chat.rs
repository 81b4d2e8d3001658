//! Posts in rooms of the care team, by the incoming webhook that a room has: a POST of `{"text": …}`, as chat programs
//! have them. Nothing of a patient is ever in one: the turn that makes it knows no more than that a prompt waits.
//!
//! Invariants: a message names its room; the room's address is a secret of the settings and stands in no message.

use crate::contract::{
    Accepted, BoxFuture, Kind, Outbound, Provider, ReceiveError, Received, Request, SendError, Setting, Spec,
};
use crate::registry::{Around, Fields, Settings};
use crate::secret::Secret;
use egress::{Egress, Method};
use model::Channel;
use model::message::Content;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

const NAME: &str = "chat";
/// One exchange.
const WITHIN: Duration = Duration::from_secs(10);
/// What is answered is not read further, bytes.
const ANSWER_MAX: usize = 16 * 1024;
/// Rooms of one hub.
const ROOMS_MAX: usize = 64;
/// When a room asks to wait and does not say how long.
const WAIT_MS: u64 = 1_000;

/// What it is.
pub const SPEC: Spec = Spec {
    name: NAME,
    channels: &[Channel::Chat],
    secrets: &["rooms"],
    fields: &[
        Setting {
            name: "rooms",
            kind: Kind::Text,
            required: true,
            default: None,
            secret: true,
            help: "Rooms of the care team and the incoming webhook of each, with commas between: `surgical https://…, charge https://…`.",
        },
        Setting {
            name: "private",
            kind: Kind::Choice(&["yes", "no"]),
            required: false,
            default: Some("no"),
            secret: false,
            help: "Whether a room may be on this machine or a network of one's own, also without HTTPS.",
        },
    ],
    make_believe: false,
    idempotent: false,
};

/// Posts in rooms.
pub struct Chat {
    rooms: BTreeMap<String, Secret>,
    private: bool,
    egress: Egress,
}

impl Chat {
    /// Checks settings; all that is wrong with them.
    pub fn validate(settings: &Settings) -> Result<(), Vec<String>> {
        Self::read(settings).map(drop)
    }

    /// The names of the rooms that settings name; none where they do not read.
    pub fn room_names(settings: &Settings) -> Vec<String> {
        Self::read(settings).map(|(rooms, _)| rooms.into_keys().collect()).unwrap_or_default()
    }

    /// Makes it.
    pub fn new(settings: &Settings, around: &Around) -> Result<Self, Vec<String>> {
        let (rooms, private) = Self::read(settings)?;
        Ok(Self { rooms, private, egress: around.egress.clone() })
    }

    fn read(settings: &Settings) -> Result<(BTreeMap<String, Secret>, bool), Vec<String>> {
        let mut fields = Fields::new(&SPEC, settings);
        let private = fields.text("private").as_deref() == Some("yes");
        let mut rooms = BTreeMap::new();
        let said = fields.text("rooms").unwrap_or_default();
        for room in said.split(',').map(str::trim).filter(|r| !r.is_empty()).take(ROOMS_MAX) {
            let good = |url: &Url| url.has_host() && (url.scheme() == "https" || private && url.scheme() == "http");
            let read = room.split_once(char::is_whitespace).map(|(name, url)| (name, url.trim()));
            match read.filter(|(_, url)| Url::parse(url).is_ok_and(|u| good(&u))) {
                Some((name, url)) => drop(rooms.insert(name.to_owned(), Secret::new(url.to_owned()))),
                None => fields.problem("rooms", "names, each with an `https://` address behind it, are expected"),
            }
        }
        fields.done((rooms, private))
    }

    async fn post(&self, out: &Outbound) -> Result<Accepted, SendError> {
        let Content::Chat { text } = &out.message.content else {
            return Err(SendError::Invalid("only posts to the care team are carried".into()));
        };
        let room = self.rooms.get(&out.message.to).and_then(|url| Url::parse(url.reveal()).ok());
        let url = room.ok_or_else(|| SendError::Invalid("there is no such room".into()))?;
        let asked = egress::Request {
            method: Method::Post,
            url,
            headers: vec![("content-type".into(), "application/json".into())],
            body: json!({"text": text}).to_string().into_bytes(),
            within: WITHIN,
            answer_max: ANSWER_MAX,
            private: self.private,
        };
        let (status, after) = match self.egress.send(&asked).await {
            Ok(answer) => (answer.status, answer.header("retry-after").and_then(|t| t.trim().parse::<u64>().ok())),
            Err(egress::Error::TooLarge { status, .. }) => (status, None),
            Err(egress::Error::NotSent(why)) => return Err(SendError::Unreachable(why)),
            // The address of this room, not of all.
            Err(egress::Error::Refused(why)) => return Err(SendError::Invalid(why)),
            Err(egress::Error::Ambiguous(why)) => return Err(SendError::Ambiguous(why)),
        };
        match status {
            200..=299 => Ok(Accepted { provider_id: None, delivered: true }),
            429 => Err(SendError::Throttled { after_ms: after.map_or(WAIT_MS, |s| s.saturating_mul(1_000)) }),
            300..=499 => Err(SendError::Rejected { code: format!("http_{status}"), retryable: false }),
            _ => Err(SendError::Ambiguous(format!("status {status}"))),
        }
    }
}

impl Provider for Chat {
    fn spec(&self) -> Spec {
        SPEC
    }

    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.post(out))
    }

    fn receive(&self, _request: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::NotAuthentic("chat has no webhook".into()))
    }
}

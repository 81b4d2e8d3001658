//! From the outbox to the providers, and what came of it back as facts.

mod settle;

use crate::lane::Number;
use crate::{Clock, Error};
use channels::contract::{Incoming, Outbound, Provider, SendError};
use model::message::Message;
use model::{Channel, Fact, Item};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Why nothing is sent to a number that is known to be somebody else's.
const DISABLED: &str = "contact_disabled";
/// Tries of one attempt whose refusal was definite and retryable. Never of an ambiguous one.
const TRIES_MAX: u32 = 5;
/// The first pause between them, doubled each time.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
/// The longest pause, whatever a provider asks for: a message that is tried again cannot be taken back, so all its
/// tries together stay within seconds. After that it has failed, and the ladder goes on with every guard asked anew.
const PAUSE_MAX: Duration = Duration::from_secs(4);

/// No try takes longer; a provider has its own, shorter bounds. Whether what was cut off left is not known.
const SEND_MAX: Duration = Duration::from_secs(180);

/// Carries messages to providers.
pub struct Dispatcher {
    providers: Vec<Arc<dyn Provider>>,
    only_to: Option<Vec<String>>,
    from_name: String,
    links: Links,
    clock: Clock,
    stopping: watch::Sender<bool>,
}

/// Where providers report to.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// How the world reaches the hub, without a slash at the end; empty: nobody can report.
    pub base_url: String,
    /// What the addresses are signed with.
    pub secret: String,
}

impl Links {
    /// Those of a clinic.
    pub fn of(clinic: &outreach::Clinic) -> Self {
        Self { base_url: clinic.base_url.clone(), secret: clinic.link_secret.clone() }
    }

    /// The address at which a provider reports what becomes of a message.
    fn callback(&self, provider: &str, message: &Message) -> Option<String> {
        let token = || model::link::sign_attempt(&self.secret, message.person, message.id);
        (!self.base_url.is_empty()).then(|| format!("{}/hooks/{provider}/{}", self.base_url, token()))
    }
}

impl Dispatcher {
    /// With these providers, the first that carries a channel is used. A clock that is not the
    /// machine's own refuses every provider but the make-believe ones.
    pub fn new(
        providers: Vec<Arc<dyn Provider>>,
        only_to: Option<Vec<String>>,
        from_name: String,
        links: Links,
        clock: Clock,
    ) -> Result<Self, Error> {
        if clock.is_scaled()
            && let Some(real) = providers.iter().find(|p| !p.spec().make_believe)
        {
            return Err(Error::Settings(format!(
                "the care clock is scaled: the provider `{}` would send real messages at made-up times",
                real.spec().name
            )));
        }
        Ok(Self { providers, only_to, from_name, links, clock, stopping: watch::channel(false).0 })
    }

    /// No message is tried again from now on: one that waits for its next try has failed, for now.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// The provider of that name.
    pub fn named(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|p| p.spec().name == name)
    }

    /// All of them.
    pub fn providers(&self) -> &[Arc<dyn Provider>] {
        &self.providers
    }

    fn provider(&self, channel: Channel) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|p| p.spec().channels.contains(&channel))
    }

    /// Sends one message, status `Dispatching`; the facts that say what came of it. `number` is what the
    /// store said of the number or address when the message was claimed.
    pub async fn send(&self, message: Message, number: Number) -> Vec<Item> {
        let Some(provider) = self.provider(message.channel) else {
            return vec![self.failed(&message, "", "no_provider", false)];
        };
        let name = provider.spec().name;
        if let Some(why) = self.refusal(&message, number) {
            let mut items = vec![self.failed(&message, name, why, false)];
            if why == DISABLED {
                items.push(self.disabled(&message));
            }
            return items;
        }
        let callback = self.links.callback(name, &message);
        let out = Outbound { now: self.clock.now(), from_name: self.from_name.clone(), callback, message };
        let mut pause = PAUSE_FIRST;
        for attempt in 1..=TRIES_MAX {
            let error = match self.bounded(provider, &out).await {
                Ok(accepted) => return self.accepted(&out.message, name, &accepted),
                Err(error) => error,
            };
            let channel = out.message.channel.name();
            tracing::warn!(message.id = %out.message.id, provider = name, message.channel = channel, attempt,
                error = error_code(&error), "a message was not carried");
            let (again, wait) = match &error {
                SendError::Unreachable(_) => (true, pause),
                SendError::Throttled { after_ms } => (true, Duration::from_millis(*after_ms).min(PAUSE_MAX)),
                SendError::Rejected { retryable, .. } => (*retryable, pause),
                SendError::Ambiguous(_) => return vec![self.unknown(&out.message, name)],
                SendError::Config(_) | SendError::Invalid(_) | SendError::OptedOut => (false, pause),
            };
            if !again || attempt == TRIES_MAX || self.clock.now() >= out.message.valid_until {
                return vec![self.failed(&out.message, name, error_code(&error), again)];
            }
            let mut stopping = self.stopping.subscribe();
            if tokio::time::timeout(wait, stopping.wait_for(|stop| *stop)).await.is_ok() {
                return vec![self.failed(&out.message, name, error_code(&error), true)];
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
        vec![self.unknown(&out.message, name)]
    }

    /// What the hub itself refuses, whatever any pathway says.
    fn refusal(&self, message: &Message, number: Number) -> Option<&'static str> {
        if message.channel == Channel::Portal {
            return None;
        }
        if self.only_to.as_ref().is_some_and(|list| !list.iter().any(|a| a.eq_ignore_ascii_case(&message.to))) {
            return Some("test_mode");
        }
        match number {
            Number::Free => None,
            Number::Disabled => Some(DISABLED),
            // Without the store's word nothing leaves.
            Number::Unknown => Some("store_unavailable"),
        }
    }

    /// One try, which ends.
    async fn bounded(&self, provider: &Arc<dyn Provider>, out: &Outbound) -> Result<channels::Accepted, SendError> {
        let tried = tokio::time::timeout(SEND_MAX, provider.send(out)).await;
        tried.unwrap_or_else(|_| Err(SendError::Ambiguous("no end".into())))
    }

    /// After a crash: what was under way may have left. It is settled like any other of which nobody knows.
    pub fn left(&self, message: &Message) -> Item {
        self.unknown(message, &message.provider)
    }

    /// The fact that a message was too late.
    pub fn expired(&self, message: &Message) -> Item {
        self.item(message, "message.expired", json!({"message": message.id}))
    }

    /// Whoever else holds a number that was disabled hears of it when it would be used: lines that share
    /// a number are not listed anywhere.
    fn disabled(&self, message: &Message) -> Item {
        let body = json!({"value": message.to, "status": "wrong", "by": "hub"});
        self.item(message, "contact.disabled", body)
    }

    fn accepted(&self, message: &Message, provider: &str, accepted: &channels::Accepted) -> Vec<Item> {
        metrics::counter!("throughline_messages_total", "channel" => message.channel.name(), "end" => "accepted")
            .increment(1);
        let body = json!({"message": message.id, "provider": provider, "provider_id": accepted.provider_id,
            "channel": message.channel, "words": message.words});
        let mut items = vec![self.item(message, "message.accepted", body.clone())];
        if accepted.delivered {
            items.push(self.item(message, "message.delivered", body));
        }
        items
    }

    fn failed(&self, message: &Message, provider: &str, error: &str, retryable: bool) -> Item {
        metrics::counter!("throughline_messages_total", "channel" => message.channel.name(), "end" => "failed")
            .increment(1);
        let body = json!({"message": message.id, "provider": provider, "error": error, "retryable": retryable,
            "channel": message.channel, "words": message.words});
        self.item(message, "message.failed", body)
    }

    fn unknown(&self, message: &Message, provider: &str) -> Item {
        metrics::counter!("throughline_messages_total", "channel" => message.channel.name(), "end" => "unknown")
            .increment(1);
        let body =
            json!({"message": message.id, "provider": provider, "channel": message.channel, "words": message.words});
        self.item(message, "message.unknown", body)
    }

    fn item(&self, message: &Message, kind: &str, body: serde_json::Value) -> Item {
        let fact =
            Fact::own(kind, &message.id.to_string(), message.person, self.clock.now(), body).because(message.reach);
        Item::own(message.person, fact)
    }
}

/// An item of what a provider brought.
pub fn incoming(from: Incoming) -> Item {
    Item {
        source_key: model::Id::of(&[b"provider", &from.fact.id.0.bytes()]),
        person: from.person,
        // Words from someone whom no record knows may be a red flag: they make a line of their own, and a person
        // is asked. Once a record has the number, its person is found first.
        may_create: from.fact.kind == "reply.received" && from.person.is_none(),
        keys: from.keys,
        fact: from.fact,
    }
}

/// A stable code without a patient's data.
fn error_code(error: &SendError) -> &str {
    match error {
        SendError::Config(_) => "config",
        SendError::Invalid(_) => "invalid",
        SendError::Unreachable(_) => "unreachable",
        SendError::Throttled { .. } => "throttled",
        SendError::Rejected { code, .. } => code,
        SendError::OptedOut => "opted_out",
        SendError::Ambiguous(_) => "ambiguous",
    }
}

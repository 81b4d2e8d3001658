//! From the outbox to the providers, and what came of it back as facts.

mod settle;

use crate::budget::Budget;
use crate::gate::{Gates, Place, URGENT_WAIT, Wait};
use crate::lane::Number;
use crate::{Clock, Error};
use channels::contract::{Incoming, Outbound, Provider, SendError};
use model::message::Message;
use model::{Channel, Fact, Item};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Store;
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

/// What came of sending a message.
#[expect(clippy::large_enum_variant, reason = "one lives for a moment; a box would cost each send")]
pub enum Sent {
    /// The facts that say it.
    Over(Vec<Item>),
    /// Nobody took anything of it, and nobody would now: it waits in the outbox again.
    Back(Message),
}
/// No try takes longer; a provider has its own, shorter bounds. Whether what was cut off left is not known.
const SEND_MAX: Duration = Duration::from_secs(180);

/// Carries messages to providers.
pub struct Dispatcher {
    providers: Vec<Arc<dyn Provider>>,
    gates: Arc<Gates>,
    only_to: Option<Vec<String>>,
    from_name: String,
    links: Links,
    clock: Clock,
    budget: Option<Arc<Budget>>,
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
        let token = || model::link::sign_attempt(&self.secret, provider, message.person, message.id);
        (!self.base_url.is_empty()).then(|| format!("{}/hooks/{provider}/{}", self.base_url, token()))
    }
}

impl Dispatcher {
    /// With these providers: of those that carry a channel the first is used whose gate is not shut. `lanes` take from
    /// the gates side by side. A clock that is not the machine's own refuses every provider but the make-believe ones.
    pub fn new(
        providers: Vec<Arc<dyn Provider>>,
        only_to: Option<Vec<String>>,
        from_name: String,
        links: Links,
        clock: Clock,
        lanes: u16,
    ) -> Result<Self, Error> {
        if clock.is_scaled()
            && let Some(real) = providers.iter().find(|p| !p.spec().make_believe)
        {
            return Err(Error::Settings(format!(
                "the care clock is scaled: the provider `{}` would send real messages at made-up times",
                real.spec().name
            )));
        }
        let gates = Arc::new(Gates::new(&providers, usize::from(lanes)));
        let stopping = watch::channel(false).0;
        Ok(Self { providers, gates, only_to, from_name, links, clock, budget: None, stopping })
    }

    /// Counts what goes abroad by this clinic's rules, and keeps the counts in the store, if there is one.
    pub fn with_budget(mut self, clinic: &outreach::Clinic, rules: &outreach::Rules, store: Option<Store>) -> Self {
        self.budget = Some(Arc::new(Budget::new(clinic, rules, store)));
        self
    }

    /// No message is tried again from now on: one that waits for its next try has failed, for now.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// The provider of that name.
    pub fn named(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|p| p.spec().name == name)
    }

    /// What lets messages out.
    pub fn gates(&self) -> &Arc<Gates> {
        &self.gates
    }

    /// The day, of the care clock, that counts are of.
    pub fn day(&self) -> i64 {
        i64::from(model::flow::day(self.clock.now()))
    }

    /// All of them.
    pub fn providers(&self) -> &[Arc<dyn Provider>] {
        &self.providers
    }

    fn provider(&self, channel: Channel) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|p| p.spec().channels.contains(&channel))
    }

    /// Sends one message, status `Dispatching`; the facts that say what came of it, or the message itself when nobody
    /// took it and it may wait. `number` is what the store said of the number or address when the message was claimed,
    /// `place` what was taken for it at a gate.
    pub async fn send(&self, message: Message, number: Number, place: Option<Place>) -> Sent {
        // What lets it out was asked for any call: who cannot connect one gives its place back.
        let place = place.filter(|place| !for_staff_call(&message) || place.provider().bridges());
        let Some(provider) = self.provider(message.channel) else {
            return Sent::Over(vec![self.failed(&message, "", "no_provider", false)]);
        };
        if let Some(why) = self.refusal(&message, number) {
            let name = place.as_ref().map_or(provider.spec().name, Place::name);
            let mut items = vec![self.failed(&message, name, why, false)];
            // A number of the care team is no contact point of whom the notice is about.
            if why == DISABLED && !to_care_team(&message) {
                items.push(self.disabled(&message));
            }
            return Sent::Over(items);
        }
        let mut place = match place.map_or_else(|| self.place(&message, &[]), Ok) {
            Ok(place) => place,
            Err(wait) => return self.waits(message, wait, (provider.spec().name, "unreachable")),
        };
        let mut out = Outbound { now: self.clock.now(), from_name: self.from_name.clone(), callback: None, message };
        // Those that refused it in this round, those that refuse us, and what each one said.
        let (mut pause, mut refused, mut refuse_us, mut before) = (PAUSE_FIRST, Vec::new(), Vec::new(), Vec::new());
        for attempt in 1..=TRIES_MAX {
            if !self.gates.may_begin(&place, &out.message) {
                return Sent::Back(out.message);
            }
            let name = place.name();
            if !self.in_budget(&out.message).await {
                return Sent::Over(vec![self.failed(&out.message, name, "destination_budget", false)]);
            }
            place.weigh(&out.message);
            out.callback = self.links.callback(name, &out.message);
            let sent = self.bounded(place.provider(), &out).await;
            place.ended(&sent, Instant::now(), self.day());
            let error = match sent {
                Ok(accepted) => return Sent::Over(after(&before, self.accepted(&out.message, name, &accepted))),
                Err(error) => error,
            };
            let channel = out.message.channel.name();
            tracing::warn!(message.id = %out.message.id, provider = name, message.channel = channel, attempt,
                error = error_code(&error), "a message was not carried");
            if let SendError::Config(why) = &error {
                tracing::warn!(provider = name, error.why = why, "a provider refuses our settings or our account");
            }
            let us = error.refuses_us();
            let (again, wait) = match &error {
                SendError::Unreachable(_) => (true, pause),
                SendError::Throttled { after_ms } => (true, Duration::from_millis(*after_ms).min(PAUSE_MAX)),
                SendError::Rejected { retryable, .. } => (*retryable, pause),
                SendError::Ambiguous(_) => {
                    return Sent::Over(after(&before, vec![self.unknown(&out.message, name)]));
                }
                SendError::Config(_) | SendError::Invalid(_) | SendError::OptedOut => (false, pause),
            };
            let code = error_code(&error);
            let failed = |again| Sent::Over(after(&before, vec![self.failed(&out.message, name, code, again)]));
            if !(again || us) || attempt == TRIES_MAX || self.clock.now() >= out.message.valid_until {
                return failed(again);
            }
            // It was refused for certain: another provider may have it at once.
            refused.push(name);
            if us {
                refuse_us.push(name);
            }
            if let Ok(other) = self.place(&out.message, &refused) {
                before.push(json!({"provider": name, "error": code}));
                place = other;
                continue;
            }
            refused.clone_from(&refuse_us);
            // Nobody waits here for a gate that is shut, and nobody holds a place while they wait for another try.
            if let Err(shut @ (Wait::Paused | Wait::Shut(_))) = self.place(&out.message, &[]) {
                return self.waits(out.message, shut, (name, code));
            }
            // Whoever refuses us refuses the same message again.
            if let Err(Wait::Nobody) = self.place(&out.message, &refuse_us) {
                return failed(again);
            }
            let mut stopping = self.stopping.subscribe();
            if tokio::time::timeout(wait, stopping.wait_for(|stop| *stop)).await.is_ok() {
                return failed(true);
            }
            pause = (pause * 2).min(PAUSE_MAX);
            place = match self.place(&out.message, &refuse_us) {
                Ok(place) => place,
                Err(wait) => return self.waits(out.message, wait, (name, code)),
            };
            before.push(json!({"provider": name, "error": code}));
        }
        Sent::Over(vec![self.unknown(&out.message, "")])
    }

    /// A place for a message now, with none of those that refused it just now.
    fn place(&self, message: &Message, refused: &[&str]) -> Result<Place, Wait> {
        if self.gates.holds(message) {
            return Err(Wait::Paused);
        }
        if for_staff_call(message) {
            return self.gates.bridge(refused, Instant::now());
        }
        self.gates.one(message.channel, message.urgent, refused, Instant::now())
    }

    /// What becomes of a message that nobody takes now: it waits in the outbox, but an urgent one not for a gate that
    /// stays shut: that it failed is told at once, and its ladder goes on.
    fn waits(&self, message: Message, wait: Wait, (provider, error): (&str, &str)) -> Sent {
        match wait {
            Wait::Shut(long) if message.urgent && long > URGENT_WAIT => {
                Sent::Over(vec![self.failed(&message, provider, error, true)])
            }
            Wait::Nobody => Sent::Over(vec![self.failed(&message, provider, error, true)]),
            Wait::Paused | Wait::Shut(_) | Wait::Full => Sent::Back(message),
        }
    }

    /// What the hub itself refuses, whatever any pathway says.
    fn refusal(&self, message: &Message, number: Number) -> Option<&'static str> {
        if message.channel == Channel::Portal {
            return None;
        }
        let listed = |list: &[String], to: &str| list.iter().any(|a| a.eq_ignore_ascii_case(to));
        let ends = || std::iter::once(message.to.as_str()).chain(message.dials());
        if self.only_to.as_ref().is_some_and(|list| !ends().all(|to| listed(list, to))) {
            return Some("test_mode");
        }
        match number {
            Number::Free => None,
            Number::Disabled => Some(DISABLED),
            // What the team itself is told is no automated word to any of them.
            Number::Stopped if to_care_team(message) => None,
            Number::Stopped => Some("opted_out"),
            // Without the store's word nothing leaves.
            Number::Unknown => Some("store_unavailable"),
        }
    }

    /// Whether its range abroad has not had its share of the day; a message is counted when its first send begins.
    async fn in_budget(&self, message: &Message) -> bool {
        match &self.budget {
            Some(budget) => budget.take(message, self.clock.now()).await,
            None => true,
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
        self.item(message, "message.expired", json!({"message": message.id, "words": message.words}))
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
        let mut body = body;
        if self.named(provider).is_some_and(|p| p.reports_by_id()) {
            body["reports_by_id"] = json!(true);
        }
        let mut items = vec![self.item(message, "message.accepted", body.clone())];
        // Of a call by staff only a key says that it was taken.
        if accepted.delivered && !for_staff_call(message) {
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

/// Whether it connects a member of staff with the person.
fn for_staff_call(message: &Message) -> bool {
    message.words == turn::STAFF_CALL
}

/// Whether it goes to the care team, and not to the person.
pub(crate) fn to_care_team(message: &Message) -> bool {
    message.words == turn::NOTICE || for_staff_call(message)
}

/// An item of what a provider brought.
pub fn incoming(mut from: Incoming) -> Item {
    // What the care team answers to a notice is on the line of whom it was about; else it is a reply like any other.
    if from.fact.kind == "reply.received"
        && let Some(code) = from.fact.text("text").and_then(model::inbox::notice_code)
        && let Some(sender) = from.fact.text("from")
    {
        from.keys.insert(0, model::inbox::notice_key(sender, code));
    }
    Item {
        source_key: model::Id::of(&[b"provider", &from.fact.id.0.bytes()]),
        person: from.person,
        // Words from someone whom no record knows may be a red flag, and whoever rings and presses a key wants to be called
        // back: they make a line of their own, and a person is asked. Once a record has the number, its person is found
        // first. What a machine answered makes none, and no more does a ring without a word: it is listed as nobody's.
        may_create: matches!(from.fact.kind.as_str(), "reply.received" | "call.received")
            && from.person.is_none()
            && from.fact.flag("auto") != Some(true)
            && (from.fact.kind != "call.received" || from.fact.text("wants").is_some()),
        keys: from.keys,
        fact: from.fact,
    }
}

/// What came of a message, with the tries before: who refused it for certain, and with what code.
fn after(before: &[serde_json::Value], mut items: Vec<Item>) -> Vec<Item> {
    if let (Some(first), false) = (items.first_mut(), before.is_empty()) {
        first.fact.body["refused"] = json!(before);
    }
    items
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

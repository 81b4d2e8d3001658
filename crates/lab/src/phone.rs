//! What a person's phone, mailbox and page do with what comes: the same facts that a hub hears of a provider.
//!
//! Texts, mails, voicemails and notes arrive at once unless their channel fails; calls are answered or not, and
//! keys are pressed as [`Calls`] says. Receipts that take time wait here until they are due.

use model::call::{Said, Walk};
use model::message::{Call, Content, Message};
use model::{Actor, At, Channel, Fact, FactId, Id, Item, PersonId, inbox};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The provider's name in facts: the make-believe phone of the hub.
const PROVIDER: &str = "handset";
/// The provider of notes on the person's own page.
const PORTAL: &str = "portal";

/// What happens with a call.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Calls {
    /// Nobody answers.
    #[default]
    Missed,
    /// It is answered, and these keys are pressed one after the other; then silence.
    Answered(String),
}

/// A phone, a mailbox and a page.
#[derive(Clone, Debug, Default)]
pub struct Phone {
    /// What happens with calls.
    pub calls: Calls,
    /// Channels that fail, with the provider's word: `sms` and `landline`.
    pub fails: BTreeMap<Channel, String>,
    /// Receipts on their way.
    waiting: Vec<(At, Item)>,
    serial: u64,
}

impl Phone {
    /// Takes one message that is being sent; what the hub says of it at once.
    pub fn carry(&mut self, message: &Message, now: At) -> Vec<Item> {
        let provider = if message.channel == Channel::Portal { PORTAL } else { PROVIDER };
        if let Some(error) = self.fails.get(&message.channel) {
            let body = json!({"message": message.id, "provider": provider, "error": error, "retryable": false,
                "channel": message.channel, "words": message.words});
            return vec![said(message, "message.failed", now, body)];
        }
        let id = (provider == PROVIDER).then(|| format!("{PROVIDER}-{}", message.id));
        let body = json!({"message": message.id, "provider": provider, "provider_id": id,
            "channel": message.channel, "words": message.words});
        let mut items = vec![said(message, "message.accepted", now, body.clone())];
        match &message.content {
            Content::Portal { .. } => items.push(said(message, "message.delivered", now, body)),
            Content::Voice { call } => self.ring(message, call, now),
            // A post in a room is taken, and that is all that is ever said of it.
            Content::Chat { .. } => {}
            Content::Sms { .. } | Content::Email { .. } | Content::Voicemail { .. } | Content::Push { .. } => {
                let body = json!({"message": message.id.to_string(), "provider": PROVIDER, "provider_id": id});
                self.receipt(message, "message.delivered", body, Actor::System, now);
            }
        }
        items
    }

    fn ring(&mut self, message: &Message, call: &Call, now: At) {
        let (mut marks, mut pressed) = (Vec::new(), String::new());
        let answered = match &self.calls {
            Calls::Missed => {
                if call.voicemail.is_some() {
                    marks.push("voicemail".to_owned());
                }
                false
            }
            Calls::Answered(keys) => {
                let mut keys = keys.chars();
                let mut walk = Walk::new(call);
                // A walk ends by itself: its steps and answers are bounded.
                let mut heard = walk.next(None);
                while heard.last() != Some(&Said::HungUp) {
                    heard = walk.next(keys.next());
                }
                (marks, pressed) = (walk.marks().to_vec(), walk.keys().to_owned());
                true
            }
        };
        let body = json!({"message": message.id.to_string(), "answered": answered, "marks": marks, "keys": pressed});
        let actor = if answered { Actor::Patient } else { Actor::System };
        self.receipt(message, "call.ended", body, actor, now);
    }

    fn receipt(&mut self, message: &Message, kind: &str, body: Json, actor: Actor, now: At) {
        let text = message.id.to_string();
        let id = FactId::of(&[PROVIDER.as_bytes(), kind.as_bytes(), text.as_bytes()]);
        let fact = Fact::live(id, PROVIDER, format!("message|{text}"), kind, now, body).by(actor);
        self.waiting.push((now, incoming(fact, vec![inbox::key("message", &text)], Some(message.person))));
    }

    /// Words that the person sends from their number or address.
    pub fn writes(&mut self, person: PersonId, address: &str, text: &str, now: At) -> Item {
        let (channel, system) = if address.contains('@') { (Channel::Email, "email") } else { (Channel::Sms, "phone") };
        self.serial += 1;
        let (serial, at) = (self.serial.to_string(), now.to_string());
        let parts = [PROVIDER, "reply.received", address, &serial, text, &at];
        let body = json!({"channel": channel.name(), "from": address, "text": text});
        let id = FactId::of(&parts.map(str::as_bytes));
        let fact =
            Fact::live(id, PROVIDER, format!("{system}|{address}"), "reply.received", now, body).by(Actor::Patient);
        incoming(fact, vec![inbox::key(system, address)], Some(person))
    }

    /// Receipts that are due, in the order in which they were made.
    pub fn due(&mut self, now: At) -> Vec<Item> {
        self.waiting.extract_if(.., |(at, _)| *at <= now).map(|(_, item)| item).collect()
    }

    /// When the next receipt is due.
    pub fn next_due(&self) -> Option<At> {
        self.waiting.iter().map(|(at, _)| *at).min()
    }
}

/// What the hub says of a message it sends.
fn said(message: &Message, kind: &str, now: At, body: Json) -> Item {
    let fact = Fact::own(kind, &message.id.to_string(), message.person, now, body).because(message.reach);
    Item::own(message.person, fact)
}

fn incoming(fact: Fact, keys: Vec<Id>, person: Option<PersonId>) -> Item {
    let source_key = Id::of(&[b"provider", &fact.id.0.bytes()]);
    Item { fact, source_key, keys, person, may_create: false }
}

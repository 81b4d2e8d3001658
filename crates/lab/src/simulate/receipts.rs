//! What providers say of a message, as a hub hears it: the acceptance and the receipt together.

use model::call::{Said, Walk};
use model::message::{Call, Message};
use model::{Actor, At, Channel, Fact, FactId, Id, Item, inbox};
use serde_json::{Value as Json, json};

const PROVIDER: &str = "simulated";

/// A message that is carried at once, or fails with the provider's word.
pub fn carried(message: &Message, fails: Option<&str>, now: At) -> Vec<Item> {
    if let Some(error) = fails {
        let body = json!({"message": message.id, "provider": PROVIDER, "error": error, "retryable": false,
            "channel": message.channel, "words": message.words});
        return vec![said(message, "message.failed", now, body)];
    }
    let body = json!({"message": message.id, "provider": PROVIDER, "channel": message.channel, "words": message.words});
    vec![
        said(message, "message.accepted", now, body),
        told(message, "message.delivered", json!({"message": message.id}), Actor::System, now),
    ]
}

/// A call that ended: the keys that were pressed, or nobody answered.
pub fn called(message: &Message, call: &Call, keys: Option<&str>, now: At) -> Vec<Item> {
    let (mut marks, mut pressed) = (Vec::new(), String::new());
    if let Some(keys) = keys {
        let mut keys = keys.chars();
        let mut walk = Walk::new(call);
        let mut heard = walk.next(None);
        // A walk ends by itself: its steps and answers are bounded.
        while heard.last() != Some(&Said::HungUp) {
            heard = walk.next(keys.next());
        }
        (marks, pressed) = (walk.marks().to_vec(), walk.keys().to_owned());
    } else if call.voicemail.is_some() {
        marks.push("voicemail".to_owned());
    }
    let actor = if keys.is_some() { Actor::Patient } else { Actor::System };
    let accepted =
        json!({"message": message.id, "provider": PROVIDER, "channel": message.channel, "words": message.words});
    let ended = json!({"message": message.id, "answered": keys.is_some(), "marks": marks, "keys": pressed});
    vec![said(message, "message.accepted", now, accepted), told(message, "call.ended", ended, actor, now)]
}

/// Words that somebody writes from a number.
pub fn written(person: model::PersonId, number: &str, text: &str, now: At) -> Item {
    let parts = [PROVIDER, "reply.received", number, text, &now.to_string()];
    let body = json!({"channel": Channel::Sms.name(), "from": number, "text": text});
    let id = FactId::of(&parts.map(str::as_bytes));
    let fact = Fact::live(id, PROVIDER, format!("phone|{number}"), "reply.received", now, body).by(Actor::Patient);
    incoming(fact, inbox::key("phone", number), person)
}

/// What the hub says of a message it sends.
fn said(message: &Message, kind: &str, now: At, body: Json) -> Item {
    let fact = Fact::own(kind, &message.id.to_string(), message.person, now, body).because(message.reach);
    Item::own(message.person, fact)
}

/// What the provider says of it.
fn told(message: &Message, kind: &str, body: Json, actor: Actor, now: At) -> Item {
    let text = message.id.to_string();
    let id = FactId::of(&[PROVIDER.as_bytes(), kind.as_bytes(), text.as_bytes()]);
    let fact = Fact::live(id, PROVIDER, format!("message|{text}"), kind, now, body).by(actor);
    incoming(fact, inbox::key("message", &text), message.person)
}

fn incoming(fact: Fact, key: Id, person: model::PersonId) -> Item {
    let source_key = Id::of(&[b"provider", &fact.id.0.bytes()]);
    Item { fact, source_key, keys: vec![key], person: Some(person), may_create: false }
}

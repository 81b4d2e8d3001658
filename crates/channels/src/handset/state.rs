//! All phones, calls and waiting facts, under one lock.

use super::journal::Journal;
use super::phone::{Line, Shelf};
use super::view::{CallState, Seen, Shown};
use super::{CALLS_MAX, Error, PHONES_MAX, Policy, REMEMBERED_MAX, SPEC, TALK_MAX_MS, TEXT_MAX, WAITING_MAX, accepted};
use crate::call::{Said, Walk};
use crate::contract::{Accepted, Incoming, Outbound, SendError};
use model::message::{Call, Content};
use model::{Actor, At, Channel, Fact, FactId, Id, MessageId, PersonId, inbox};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashSet, VecDeque};
use tokio::sync::mpsc;

/// How long to wait when too many facts wait to be fetched.
const FULL_MS: u64 = 1_000;

#[derive(Default)]
pub(super) struct State {
    pub(super) phones: BTreeMap<String, Shelf>,
    /// Calls that ring or are under way.
    pub(super) lines: BTreeMap<MessageId, Line>,
    pub(super) policy: Policy,
    pub(super) waiting: VecDeque<Incoming>,
    pub(super) tap: Option<mpsc::Sender<Incoming>>,
    pub(super) journal: Option<Journal>,
    pub(super) twice: u64,
    pub(super) carried: u64,
    serial: u64,
    known: HashSet<MessageId>,
    order: VecDeque<MessageId>,
}

impl State {
    /// Carries one message, or counts a repeat.
    pub(super) fn carry(&mut self, out: &Outbound) -> Result<Accepted, SendError> {
        if self.waiting.len() >= WAITING_MAX || self.lines.len() >= CALLS_MAX {
            return Err(SendError::Throttled { after_ms: FULL_MS });
        }
        let message = &out.message;
        let again = self.knows(message.id);
        if let Some(journal) = &mut self.journal {
            // A write that failed half-way is on the file or not: nobody knows.
            journal
                .write(message, out.now, again)
                .map_err(|e| SendError::Ambiguous(format!("journal: {}", e.kind())))?;
        }
        if again {
            self.twice += 1;
            return Ok(accepted(message.id));
        }
        self.remember(message.id);
        self.carried += 1;
        match &message.content {
            Content::Voice { call } => self.ring(out, call),
            other => {
                self.show(&message.to, out.seen(shown(other)));
                let id = accepted(message.id).provider_id;
                let body = json!({"message": message.id.to_string(), "provider": SPEC.name, "provider_id": id});
                self.receipt("message.delivered", message.id, message.person, body, Actor::System, out.now);
            }
        }
        Ok(accepted(message.id))
    }

    pub(super) fn knows(&self, id: MessageId) -> bool {
        self.known.contains(&id)
    }

    pub(super) fn remember(&mut self, id: MessageId) {
        if !self.known.insert(id) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub(super) fn set_policy(&mut self, address: &str, policy: Policy) {
        if self.phones.len() < PHONES_MAX || self.phones.contains_key(address) {
            self.phones.entry(address.to_owned()).or_default().policy = Some(policy);
        }
    }

    fn show(&mut self, address: &str, seen: Seen) {
        if self.phones.len() < PHONES_MAX || self.phones.contains_key(address) {
            self.phones.entry(address.to_owned()).or_default().push(seen);
        }
    }

    fn ring(&mut self, out: &Outbound, call: &Call) {
        let message = &out.message;
        let seen = out.seen(Shown::Call { state: CallState::Ringing, said: Vec::new(), keys: String::new() });
        self.show(&message.to, seen);
        self.lines.insert(
            message.id,
            Line {
                call: message.id,
                person: message.person,
                to: message.to.clone(),
                from_name: out.from_name.clone(),
                since: out.now,
                until: out.now.plus_ms(i64::from(call.ring_s) * 1_000),
                script: call.clone(),
                walk: None,
                said: Vec::new(),
                keys: Vec::new(),
            },
        );
        let policy = self.phones.get(&message.to).and_then(|p| p.policy.clone());
        match policy.unwrap_or_else(|| self.policy.clone()) {
            Policy::Manual => {}
            Policy::NoAnswer => drop(self.miss(message.id, out.now)),
            Policy::Answer(keys) => {
                let mut keys = keys.chars();
                let mut said = self.answer(message.id, out.now);
                // A walk ends by itself, see `call`.
                while said.is_ok_and(|s| s.last() != Some(&Said::HungUp)) {
                    said = self.press(message.id, keys.next(), out.now);
                }
            }
        }
    }

    pub(super) fn answer(&mut self, call: MessageId, now: At) -> Result<Vec<Said>, Error> {
        let line = self.lines.get_mut(&call).ok_or(Error::NoSuchCall)?;
        if line.walk.is_some() {
            return Err(Error::NotNow);
        }
        line.walk = Some(Walk::new(&line.script));
        line.since = now;
        line.until = now.plus_ms(TALK_MAX_MS);
        self.go_on(call, None, now)
    }

    pub(super) fn press(&mut self, call: MessageId, key: Option<char>, now: At) -> Result<Vec<Said>, Error> {
        match self.lines.get(&call) {
            None => Err(Error::NoSuchCall),
            Some(line) if line.walk.is_none() => Err(Error::NotNow),
            Some(_) => self.go_on(call, key, now),
        }
    }

    fn go_on(&mut self, call: MessageId, key: Option<char>, now: At) -> Result<Vec<Said>, Error> {
        let line = self.lines.get_mut(&call).ok_or(Error::NoSuchCall)?;
        let walk = line.walk.as_mut().ok_or(Error::NotNow)?;
        let said = walk.next(key);
        let over = walk.ended();
        line.hear(&said);
        if over {
            self.end(call, now);
        } else if let Some(shelf) = self.phones.get_mut(&line.to) {
            shelf.update(line, CallState::Talking);
        }
        Ok(said)
    }

    pub(super) fn hang_up(&mut self, call: MessageId, now: At) -> Result<(), Error> {
        let line = self.lines.get_mut(&call).ok_or(Error::NoSuchCall)?;
        line.walk.as_mut().ok_or(Error::NotNow)?.hang_up();
        self.end(call, now);
        Ok(())
    }

    pub(super) fn miss(&mut self, call: MessageId, now: At) -> Result<(), Error> {
        match self.lines.get(&call) {
            None => Err(Error::NoSuchCall),
            Some(line) if line.walk.is_some() => Err(Error::NotNow),
            Some(_) => {
                self.end(call, now);
                Ok(())
            }
        }
    }

    /// Ends a call: answered, when it has a walk; else missed, with words on the voicemail if it has some.
    fn end(&mut self, call: MessageId, now: At) {
        let Some(line) = self.lines.remove(&call) else { return };
        let answered = line.walk.is_some();
        if let Some(shelf) = self.phones.get_mut(&line.to) {
            shelf.update(&line, if answered { CallState::Answered } else { CallState::Missed });
        }
        let (mut marks, keys) =
            line.walk.as_ref().map(|w| (w.marks().to_vec(), w.keys().to_owned())).unwrap_or_default();
        if !answered && let Some(text) = line.script.voicemail.clone() {
            let shown = Shown::Voicemail { text, language: line.script.language.clone() };
            let (message, person, from_name) = (Some(line.call), Some(line.person), line.from_name.clone());
            self.show(&line.to, Seen { message, person, channel: Channel::Voicemail, from_name, at: now, shown });
            marks.push("voicemail".into());
        }
        let body = json!({"message": call.to_string(), "answered": answered, "marks": marks, "keys": keys});
        let actor = if answered { Actor::Patient } else { Actor::System };
        self.receipt("call.ended", call, line.person, body, actor, now);
    }

    pub(super) fn write_back(&mut self, address: &str, text: &str, now: At) -> Result<FactId, Error> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > TEXT_MAX {
            return Err(Error::Text);
        }
        if self.waiting.len() >= WAITING_MAX {
            return Err(Error::Full);
        }
        let (channel, system) = if address.contains('@') { (Channel::Email, "email") } else { (Channel::Sms, "phone") };
        // A mail names the one it answers, a text does not.
        let answers = |s: &&Seen| channel == Channel::Email && s.channel == Channel::Email && s.message.is_some();
        let last = self.phones.get(address).and_then(|p| p.seen.iter().rev().find(answers));
        let (message, person) = last.map_or((None, None), |s| (s.message, s.person));
        self.serial += 1;
        let (serial, at) = (self.serial.to_string(), now.to_string());
        let parts = [SPEC.name, "reply.received", address, &serial, text, &at];
        let id = FactId::of(&parts.map(str::as_bytes));
        let mut body = json!({"channel": channel.name(), "from": address, "text": text});
        if let Some(message) = message {
            body["message"] = Json::String(message.to_string());
        }
        let fact =
            Fact::live(id, SPEC.name, format!("{system}|{address}"), "reply.received", now, body).by(Actor::Patient);
        let seen = Shown::Written { text: text.to_owned() };
        self.show(address, Seen { message: None, person, channel, from_name: String::new(), at: now, shown: seen });
        // A number may be shared: whose reply it is, the hub finds by the address.
        self.emit(Incoming { fact, keys: vec![inbox::key(system, address)], message, person: None });
        Ok(id)
    }

    fn receipt(&mut self, kind: &str, message: MessageId, person: PersonId, body: Json, actor: Actor, now: At) {
        let text = message.to_string();
        let id = FactId::of(&[SPEC.name.as_bytes(), kind.as_bytes(), text.as_bytes()]);
        let fact = Fact::live(id, SPEC.name, format!("message|{text}"), kind, now, body).by(actor);
        let keys: Vec<Id> = vec![inbox::key("message", &text)];
        self.emit(Incoming { fact, keys, message: Some(message), person: Some(person) });
    }

    fn emit(&mut self, incoming: Incoming) {
        self.waiting.push_back(incoming);
        self.flush();
    }

    /// Moves what waits to the subscriber, as far as there is room.
    pub(super) fn flush(&mut self) {
        let Some(tap) = self.tap.take() else { return };
        while let Some(next) = self.waiting.pop_front() {
            match tap.try_send(next) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(back)) => {
                    self.waiting.push_front(back);
                    break;
                }
                Err(mpsc::error::TrySendError::Closed(back)) => {
                    self.waiting.push_front(back);
                    return;
                }
            }
        }
        self.tap = Some(tap);
    }

    pub(super) fn tick(&mut self, now: At) {
        let due: Vec<_> = self.lines.values().filter(|l| l.until <= now).map(|l| (l.call, l.until)).collect();
        for (call, until) in due {
            self.end(call, until);
        }
        self.flush();
    }
}

fn shown(content: &Content) -> Shown {
    match content.clone() {
        Content::Sms { text } | Content::Portal { text } | Content::Chat { text } => Shown::Text { text },
        Content::Push { title, text, .. } => Shown::Text { text: format!("{title}\n{text}") },
        Content::Email { subject, text, html, unsubscribe, .. } => Shown::Mail { subject, text, html, unsubscribe },
        Content::Voicemail { text, language } => Shown::Voicemail { text, language },
        Content::Voice { .. } => Shown::Call { state: CallState::Ringing, said: Vec::new(), keys: String::new() },
    }
}

impl Outbound {
    fn seen(&self, shown: Shown) -> Seen {
        Seen {
            message: Some(self.message.id),
            person: Some(self.message.person),
            channel: self.message.channel,
            from_name: self.from_name.clone(),
            at: self.now,
            shown,
        }
    }
}

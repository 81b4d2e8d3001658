//! Looks at an attempt of which nobody knows whether it left: by key, then by list.

use super::{Dispatcher, error_code};
use crate::settle::Look;
use channels::contract::{Accepted, Outbound, Provider, Reconciled};
use model::Item;
use model::message::Message;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

/// How long a provider surely knows a key again, milliseconds of care's clock since the message was made: many keep
/// keys for a day.
const KEY_MS: i64 = 12 * model::time::HOUR_MS;

impl Dispatcher {
    /// One look: the facts that say what was found out; none when nobody knows as yet.
    pub async fn settle(&self, look: &Look) -> Vec<Item> {
        let message = &look.message;
        let may_have = self.may_have(message);
        for provider in &may_have {
            let name = provider.spec().name;
            // With several that may have it, a second one would carry what the first has carried.
            let same = may_have.len() == 1;
            let known_again = same && look.may_repeat && provider.spec().idempotent && self.key_holds(message);
            if known_again && let Some(accepted) = self.send_with_key(provider, look).await {
                count("key");
                return self.accepted(message, name, &accepted);
            }
            match provider.reconcile_beside(message, &look.taken).await {
                Reconciled::Accepted(accepted) if !is_another(look, &accepted) => {
                    count("list");
                    return self.accepted(message, name, &accepted);
                }
                Reconciled::NotSent if same => {
                    count("not_sent");
                    return vec![self.failed(message, name, "not_sent", true)];
                }
                Reconciled::Accepted(_) | Reconciled::NotSent | Reconciled::Unknown => {}
            }
        }
        if !look.last && self.in_time(message) {
            return Vec::new();
        }
        count("never");
        let name = may_have.first().map_or(message.provider.as_str(), |p| p.spec().name);
        let body = json!({"message": message.id, "provider": name, "channel": message.channel, "words": message.words});
        vec![self.item(message, turn::UNSETTLED, body)]
    }

    /// The providers that may have it: the one that it was handed to, where that is known. Of one that is no longer set up
    /// nobody can ask, and no other one knows anything of it.
    fn may_have(&self, message: &Message) -> Vec<Arc<dyn Provider>> {
        let carries = |p: &&Arc<dyn Provider>| p.spec().channels.contains(&message.channel);
        let may = |p: &&Arc<dyn Provider>| message.provider.is_empty() || p.spec().name == message.provider;
        self.providers().iter().filter(carries).filter(may).cloned().collect()
    }

    fn in_time(&self, message: &Message) -> bool {
        self.clock.now() < message.valid_until
    }

    fn key_holds(&self, message: &Message) -> bool {
        self.in_time(message) && self.clock.now() < message.created_at.plus_ms(KEY_MS)
    }

    /// The same attempt with the same key: a provider that has it says what it said before. Any other answer is about
    /// this request, and says nothing of the first one.
    async fn send_with_key(&self, provider: &Arc<dyn Provider>, look: &Look) -> Option<Accepted> {
        let (message, name) = (&look.message, provider.spec().name);
        if self.refusal(message, look.number).is_some() {
            return None;
        }
        let callback = self.links.callback(name, message);
        let (now, from_name) = (self.clock.now(), self.from_name.clone());
        let out = Outbound { now, from_name, callback, message: message.clone() };
        // A pause holds for it, too, and so does what else the gate says.
        let mut place = self.place(message, &[]).ok().filter(|place| place.name() == name)?;
        place.weigh(message);
        let sent = self.bounded(provider, &out).await;
        place.ended(&sent, Instant::now(), self.day());
        match sent {
            Ok(accepted) => Some(accepted),
            Err(error) => {
                tracing::warn!(message.id = %message.id, provider = name, message.channel = message.channel.name(),
                    error = error_code(&error), "a message whose end is not known was not settled by its key");
                None
            }
        }
    }
}

/// Whether what a list has is, or may be, another attempt: one that has that id already, or the same words to the same
/// number whose end is not known either.
fn is_another(look: &Look, accepted: &Accepted) -> bool {
    if look.twin && accepted.provider_id.is_some() {
        return true;
    }
    let same = |id: &String| look.message.provider_id.as_ref() != Some(id) && look.taken.contains(id);
    accepted.provider_id.as_ref().is_some_and(same)
}

fn count(by: &'static str) {
    metrics::counter!("throughline_messages_settled_total", "by" => by).increment(1);
}

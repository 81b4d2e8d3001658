//! What a turn does outside of its own line: messages, and the numbers they go to.

use crate::staff_call::{ENDED, TAKEN};
use crate::turn::{Turn, WITHDRAWN, disabled_key};
use crate::world::Journeys;
use crate::{Line, Setup};
use model::fact::OWN;
use model::message::Status;
use model::person::PointStatus;
use model::{Actor, At, Claim, Fact, MessageId, inbox};
use outreach::Act;
use serde_json::{Value as Json, json};

/// A number or an address that is not to be used any more: `{value, status, by}`.
pub(crate) const DISABLED: &str = "contact.disabled";
/// Nobody will find out any more whether a message left: `{message}`.
pub const UNSETTLED: &str = "message.unsettled";
/// A message that nobody took came back and does not leave any more: it was taken back while it was with a provider, or
/// waited on a line that is closed, whose guards are another line's: `{message}`.
pub const RETURNED: &str = "message.returned";

/// Whether a message of which nobody knows whether it left may be handed to its provider once more, with the key by
/// which that provider knows it again: its reach waits for it still, and no guard is against it by now.
pub fn may_repeat(line: &Line, message: MessageId, setup: &Setup, now: At) -> bool {
    let (mut turn, mut may) = (Turn::new(line.clone(), setup, now), false);
    turn.with_outreach(|outreach, cx| {
        may = outreach.may_repeat(message, cx);
        Vec::new()
    });
    may
}

impl Turn<'_> {
    /// What waited too long in the outbox of a line that is closed: its reach is on the line that this one forwards to,
    /// and so are its guards. It is taken out here, and that line says anew whether and how it goes.
    pub(crate) fn return_waited(&mut self, waited: Vec<MessageId>) {
        let Some(to) = self.line.forwards_to else { return };
        for id in waited {
            if self.line.outreach.waits_for(id) {
                continue;
            }
            self.batch.withdraw.push(id);
            self.hand(to, Fact::own(RETURNED, &id.to_string(), to, self.now, json!({"message": id})));
        }
    }

    /// A receipt moves the message's own row.
    pub(crate) fn move_message(&mut self, fact: &Fact) {
        let Some(id) = fact.text("message").and_then(|t| t.parse::<MessageId>().ok()) else { return };
        if fact.kind == WITHDRAWN {
            self.batch.withdraw.push(id);
            return;
        }
        if fact.kind == UNSETTLED {
            self.batch.unsettled.push(id);
            return;
        }
        let error = fact.text("error").map(str::to_owned);
        let to = match fact.kind.as_str() {
            "message.accepted" => Status::Accepted,
            "message.delivered" => Status::Delivered,
            "message.failed" => Status::Failed,
            "message.unknown" => Status::Unknown,
            "message.expired" | RETURNED => Status::Withdrawn,
            // Who presses a key has answered, whatever becomes of the rest of the call.
            "call.heard" => Status::Delivered,
            "call.ended" if fact.flag("answered") == Some(true) => Status::Delivered,
            "call.ended" => Status::Failed,
            TAKEN => Status::Delivered,
            ENDED if fact.text("outcome") == Some("not_taken") => Status::Failed,
            _ => return,
        };
        let error = error.or_else(|| (to == Status::Failed).then(|| "no_answer".to_owned()));
        self.batch.moved.push((id, to, self.now, error));
        // Of what may have left the provider is kept as well: it is the one to be asked. The id that a report brings is
        // kept whatever it reports: no other attempt is taken for this one then.
        let its_id = fact.text("provider_id").map(str::to_owned);
        let with_it = its_id.is_some() || matches!(to, Status::Accepted | Status::Unknown);
        if let Some(provider) = fact.text("provider").filter(|p| with_it && !p.is_empty()) {
            if to == Status::Accepted && fact.flag("reports_by_id") == Some(true) {
                let system = format!("provider:{provider}");
                let keys = model::message::provider_ids(its_id.as_deref().unwrap_or_default());
                // A provider may give an id again: its reports are of the newest message that has it.
                self.batch.overtaken.extend(keys.map(|id| inbox::key(&system, id)));
            }
            self.batch.carried.push((id, provider.to_owned(), its_id));
        }
    }

    /// Whether the person may be reached there, by what is known now.
    pub(crate) fn in_use(&mut self, value: &str) -> bool {
        self.record().contacts.iter().any(|p| p.value == value && p.status.in_use())
    }

    /// Whether the care team is told of prompts there.
    pub(crate) fn is_of_a_team(&self, place: &str) -> bool {
        self.setup.teams.iter().flat_map(|t| &t.notify).any(|way| way.to.eq_ignore_ascii_case(place))
    }

    /// A number that is somebody else's is closed everywhere at once: whoever sends asks for this key. `was_in_use`:
    /// before this fact was known, the person could be reached there.
    pub(crate) fn guard_number(&mut self, fact: &Fact, was_in_use: bool) {
        let Some(value) = fact.text("value") else { return };
        match fact.kind.as_str() {
            // A number that takes no texts is rung all the same.
            DISABLED if PointStatus::disabled(fact.text("status")).in_use() => {}
            // Nor is one whose owner wants no more of this line: what they have of other lines is theirs to end.
            DISABLED if PointStatus::disabled(fact.text("status")) == PointStatus::Ended => {}
            // A source knows of the numbers that this record has in use, and of no others.
            DISABLED if fact.source != OWN && !was_in_use => {}
            // What was found out since holds against an older word.
            DISABLED if self.in_use(value) => {}
            // The care team's own telephone stays open to notices, unless one of them says so of it.
            DISABLED if self.is_of_a_team(value) && !matches!(fact.actor, Actor::Staff(_)) => {}
            DISABLED => self.batch.claims.push(Claim { key: disabled_key(value), held: true }),
            "contact.verified" => {
                self.batch.freed.extend([disabled_key(value), crate::shared::stopped_key(value)]);
            }
            _ => {}
        }
    }

    /// Lets outreach act, and carries out its acts.
    pub(crate) fn with_outreach(
        &mut self,
        act: impl FnOnce(&mut outreach::Outreach, &outreach::Context<'_>) -> Vec<Act>,
    ) {
        let record = self.record();
        let zone = self.zone();
        let world = Journeys {
            person: self.line.person,
            record: &record,
            journeys: &self.line.journeys,
            setup: self.setup,
            now: self.now,
            zone: &zone,
            sending: &self.sending,
            heedless: self.heedless,
        };
        let cx = outreach::Context {
            now: self.now,
            person: self.line.person,
            record: &record,
            zones: &self.zones,
            rules: &self.setup.rules,
            world: &world,
            clinic: &self.setup.clinic,
        };
        let acts = act(&mut self.line.outreach, &cx);
        for act in acts {
            self.do_act(act);
        }
    }

    pub(crate) fn do_act(&mut self, act: Act) {
        match act {
            Act::Send(message) => self.batch.messages.push(*message),
            Act::Withdraw(id) => {
                // What is with a provider this moment cannot be taken back, and its receipt will come. Unless nobody
                // took it: then it must not go into the outbox again, and the lane's writer remembers that.
                if self.sending.contains(&id) {
                    self.batch.withdraw.push(id);
                    return;
                }
                // One that was made in this very turn has not even been written.
                let before = self.batch.messages.len();
                self.batch.messages.retain(|m| m.id != id);
                if self.batch.messages.len() == before {
                    self.batch.withdraw.push(id);
                    // It may wait in the outbox of a line that was merged with this one.
                    for other in self.line.others() {
                        let body = json!({"message": id, "because": "withdrawn"});
                        self.hand(other, Fact::own(WITHDRAWN, &id.to_string(), other, self.now, body));
                    }
                }
            }
            Act::Ask(ask) => self.ask(&ask),
            Act::Trace(trace) => self.batch.traces.push(trace),
            Act::Tell(fact) if fact.kind == "outcome.undone" => {
                let list = |key: &str| fact.body.get(key).and_then(Json::as_array).cloned().unwrap_or_default();
                let sending = |entry: &Json| {
                    let id = entry.get("message").and_then(Json::as_str).and_then(|t| t.parse::<MessageId>().ok());
                    id.is_some_and(|id| self.sending.contains(&id))
                };
                let (left, withdrawn): (Vec<_>, Vec<_>) = list("withdrawn").into_iter().partition(sending);
                let undone = self.undone.get_or_insert_with(Default::default);
                undone.0.extend(withdrawn);
                undone.1.extend(left);
                undone.1.extend(list("left"));
            }
            Act::Tell(fact) => self.queue.push_back(fact),
        }
    }
}

//! What facts mean for what is under way: receipts, the end of calls, refusals, what makes a reach
//! pointless.

use crate::asked::ANSWER_MARK;
use crate::codes::Code;
use crate::out::Out;
use crate::state::{Attempt, DISABLED_MAX, Reach, Seen, Stage, Stop};
use crate::{Act, Outreach, content};
use model::{Actor, Channel, Fact, MessageId, Purpose};
use serde_json::{Value as Json, json};

/// Facts after which everything that waits is looked at again.
const RECHECKED_AFTER: &[&str] = &[
    "consent.changed",
    "preference.changed",
    "reply.classified",
    "contact.disabled",
    "contact.verified",
    "person.died",
    "encounter.admitted",
    "encounter.readmitted",
    "encounter.discharged",
    "call.ended",
    "resource.received",
    "person.merged",
];

impl Outreach {
    pub(crate) fn take_in(&mut self, fact: &Fact, out: &mut Out<'_>) {
        self.drop_pointless(fact, out);
        match fact.kind.as_str() {
            "message.accepted" | "message.delivered" | "message.read" | "message.failed" | "message.unknown"
            | "message.expired" | "message.withdrawn" | "message.unsettled" => self.receipt(fact, out),
            "call.ended" => self.call_ended(fact, out),
            "reply.classified" => self.reply(fact, out),
            "consent.changed" => self.consent_changed(fact),
            "contact.disabled" => self.disable(fact.text("value")),
            "contact.verified" => self.disabled.retain(|v| Some(v.as_str()) != fact.text("value")),
            "task.done" if self.task.as_deref() == fact.text("task") => self.task = None,
            _ => {}
        }
        if RECHECKED_AFTER.contains(&fact.kind.as_str()) {
            self.recheck(out);
        }
    }

    /// Ends the reaches that this fact makes pointless.
    fn drop_pointless(&mut self, fact: &Fact, out: &mut Out<'_>) {
        let about = fact.text("id").or_else(|| fact.text("task"));
        let pointless = |reach: &Reach| {
            reach.want.intent.until.as_ref().is_some_and(|until| {
                until.kind == fact.kind && until.about.as_deref().is_none_or(|wanted| Some(wanted) == about)
            })
        };
        let (gone, rest): (Vec<Reach>, Vec<Reach>) = std::mem::take(&mut self.reaches).into_iter().partition(pointless);
        self.reaches = rest;
        for mut reach in gone {
            self.take_back(&mut reach, &fact.kind, out);
            if !matches!(reach.stage, Stage::Settled(_)) {
                out.trace(reach.want.intent.id, None, Code::Pointless, format!("because={}", fact.kind));
                out.ended(&reach.want, "pointless", Code::Pointless);
            }
            self.remember_ended(&reach, out.cx.now);
        }
    }

    /// Takes the reach that a message is an attempt of out of the state.
    fn of_message(&mut self, message: Option<&str>) -> Option<(Reach, usize)> {
        let id: MessageId = message?.parse().ok()?;
        let found = self
            .reaches
            .iter()
            .enumerate()
            .find_map(|(place, reach)| Some((place, reach.attempts.iter().position(|a| a.message == id)?)));
        let (place, attempt) = found?;
        Some((self.reaches.remove(place), attempt))
    }

    fn receipt(&mut self, fact: &Fact, out: &mut Out<'_>) {
        let Some((mut reach, at)) = self.of_message(fact.text("message")) else { return };
        // Only the attempt that the reach waits for moves its ladder; a late word about an earlier one
        // can still say that it arrived.
        let newest = at + 1 == reach.attempts.len();
        let last = newest && !matches!(reach.stage, Stage::Held(..));
        let Attempt { channel, seen, message, .. } = reach.attempts[at].clone();
        let id = reach.want.intent.id;
        let unknown = fact.kind == "message.unknown";
        // That a call rang says no more than that it left.
        let rang = channel == Channel::Voice && matches!(fact.kind.as_str(), "message.delivered" | "message.read");
        let left = fact.kind == "message.accepted" || rang;
        match fact.kind.as_str() {
            "message.accepted"
                if seen == Seen::Queued || seen == Seen::Unknown || seen == Seen::Unsettled && (last || !newest) =>
            {
                reach.attempts[at].seen = Seen::Accepted;
                if last && matches!(channel, Channel::Email | Channel::Portal) {
                    // Acceptance is all that mail has to say, unless it comes back.
                    return self.arrived(reach, channel, channel == Channel::Email, out);
                }
            }
            // Taken back too late: it had left, or may have, so it is not sent a second time after the hold. So is what
            // was to be said again, and turns out to have left.
            _ if newest && (seen == Seen::Withdrawn && (left || unknown) || seen == Seen::Unsettled && left) => {
                reach.attempts[at].seen = if left { Seen::Accepted } else { Seen::Unknown };
                if let (Stage::Held(..), Some(rung)) = (reach.stage, reach.ladder.get(usize::from(reach.rung)))
                    && rung.channel == channel
                {
                    if seen == Seen::Withdrawn {
                        self.remember_sent(out.cx.now, channel);
                    }
                    reach.stage = Stage::Sent(out.cx.now.plus_ms(rung.ms.max(1)));
                    if left && matches!(channel, Channel::Email | Channel::Portal) {
                        return self.arrived(reach, channel, channel == Channel::Email, out);
                    }
                }
            }
            // The same of an earlier rung.
            _ if seen == Seen::Withdrawn && (left || unknown) => {
                reach.attempts[at].seen = if left { Seen::Accepted } else { Seen::Unknown };
                self.remember_sent(out.cx.now, channel);
            }
            // A call has arrived when someone said who they are: see `call.ended`.
            "message.delivered" | "message.read" if channel == Channel::Voice => {
                reach.attempts[at].seen = Seen::Accepted;
            }
            "message.delivered" | "message.read" => {
                reach.attempts[at].seen = Seen::Delivered;
                return self.proved(reach, channel, out);
            }
            "message.failed" if seen != Seen::Delivered && seen != Seen::Withdrawn => {
                let settled = matches!(reach.stage, Stage::Settled(_));
                reach.attempts[at].seen = Seen::Failed(Code::Failed);
                if last {
                    let code = if settled { Code::Bounced } else { Code::Failed };
                    out.trace(id, Some(message), code, format!("channel={}", channel.name()));
                    let next = usize::from(reach.rung) + 1;
                    return self.walk(reach, next, out);
                }
            }
            // What a report has said already is known: nothing goes back.
            "message.unknown" if seen == Seen::Queued => {
                reach.attempts[at].seen = Seen::Unknown;
                out.trace(id, Some(message), Code::MaybeSent, format!("channel={}", channel.name()));
            }
            "message.unsettled" => return self.unsettled(reach, at, out),
            "message.expired" if last && seen == Seen::Queued => {
                self.forget_sent(reach.attempts[at].at, channel);
                reach.attempts[at].seen = Seen::Withdrawn;
                let next = usize::from(reach.rung) + 1;
                return self.walk(reach, next, out);
            }
            "message.withdrawn" if last && seen == Seen::Queued => {
                self.forget_sent(reach.attempts[at].at, channel);
                reach.attempts[at].seen = Seen::Withdrawn;
                out.trace(
                    id,
                    Some(message),
                    Code::Withdrawn,
                    format!("because={}", fact.text("because").unwrap_or("")),
                );
                out.ended(&reach.want, "withdrawn", Code::Withdrawn);
                return self.remember_ended(&reach, out.cx.now);
            }
            _ => {}
        }
        self.reaches.push(reach);
    }

    /// It arrived, by whatever rung: what else waits of it is taken back.
    fn proved(&mut self, mut reach: Reach, channel: Channel, out: &mut Out<'_>) {
        self.take_back(&mut reach, "delivered", out);
        if matches!(reach.stage, Stage::Settled(_)) {
            return self.remember_ended(&reach, out.cx.now);
        }
        self.arrived(reach, channel, false, out);
    }

    fn call_ended(&mut self, fact: &Fact, out: &mut Out<'_>) {
        let marks: Vec<&str> =
            fact.body.get("marks").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
        let Some((mut reach, at)) = self.of_message(fact.text("message")) else {
            return self.late_call(fact, &marks, out);
        };
        let marked = |mark: &str| marks.contains(&mark);
        let attempt = reach.attempts[at].clone();
        let key = attempt.message.to_string();
        let id = reach.want.intent.id;
        for mark in ["opt_out", "wrong_number", "callback"].into_iter().filter(|m| marked(m)) {
            out.trace(id, Some(attempt.message), Code::Heard, format!("mark={mark}"));
        }
        if marked("opt_out") {
            self.refuse_automated(&key, fact, out);
        }
        if marked("wrong_number") {
            self.disable(Some(&attempt.to));
            let body = json!({"value": attempt.to, "status": "wrong", "by": "key 2"});
            out.tell("contact.disabled", &key, fact.id, body);
        }
        if marked("callback") {
            let name = content::first_name(out.cx);
            let reason =
                format!("They pressed 3 in an automated call.{}", out.quote(&reach.want, Some(&reach.language)));
            out.ask(&reach.want, "callback", format!("Call {name} back"), reason);
        }
        let answers = keyed(&marks);
        if !answers.is_empty() {
            let body = json!({"reach": id, "message": attempt.message, "channel": "voice", "answers": answers});
            let told = Fact::own("answers.received", &key, out.cx.person, out.cx.now, body).because(fact.id);
            out.acts.push(Act::Tell(told.by(Actor::Patient)));
        }
        if marked("identified") {
            reach.attempts[at].seen = Seen::Delivered;
            return self.proved(reach, Channel::Voice, out);
        }
        let code = if fact.flag("answered") == Some(true) { Code::NotIdentified } else { Code::NotAnswered };
        reach.attempts[at].seen = Seen::Failed(code);
        // A call whose end is told late, when another rung is under way, changes nothing more.
        if at + 1 < reach.attempts.len() || !matches!(reach.stage, Stage::Sent(_)) {
            self.reaches.push(reach);
            return;
        }
        out.trace(id, Some(attempt.message), code, "channel=voice".to_owned());
        let next = usize::from(reach.rung) + 1;
        self.walk(reach, next, out);
    }

    /// What was pressed on a call whose reach is over by the time it ends: no is no all the same, and answers are
    /// read by a person.
    fn late_call(&mut self, fact: &Fact, marks: &[&str], out: &mut Out<'_>) {
        let message = fact.text("message").unwrap_or_default();
        if marks.contains(&"opt_out") {
            self.refuse_automated(message, fact, out);
        }
        let answers = keyed(marks);
        if !answers.is_empty() {
            let body = json!({"message": message, "channel": "voice", "answers": answers});
            let told = Fact::own("answers.received", message, out.cx.person, out.cx.now, body).because(fact.id);
            out.acts.push(Act::Tell(told.by(Actor::Patient)));
        }
    }

    fn reply(&mut self, fact: &Fact, out: &mut Out<'_>) {
        match fact.text("class") {
            Some("stop") => self.refuse_automated(&fact.id.to_string(), fact, out),
            Some("start") => self.stop = None,
            Some("wrong_number") => self.disable(fact.text("from")),
            _ => {}
        }
    }

    /// Automated texts, calls and voicemails end at once. The record folds a STOP and a key 9 by itself;
    /// where it does not say so, it is told.
    fn refuse_automated(&mut self, key: &str, cause: &Fact, out: &mut Out<'_>) {
        if self.stop.is_none() {
            self.stop = Some(Stop { at: out.cx.now, confirmed: false });
        }
        for channel in [Channel::Sms, Channel::Voice, Channel::Voicemail] {
            if Purpose::ALL.iter().all(|p| record::allowed(out.cx.record, *p, channel) == Some(false)) {
                continue;
            }
            let (kind, key) = ("consent.changed", format!("{key}:{}", channel.name()));
            let body = json!({"channel": channel.name(), "allowed": false, "basis": "STOP"});
            let told = Fact::own(kind, &key, out.cx.person, out.cx.now, body).because(cause.id).by(Actor::Patient);
            out.acts.push(Act::Tell(told));
        }
    }

    /// A later yes to texts or calls as a whole ends a STOP.
    fn consent_changed(&mut self, fact: &Fact) {
        let whole = fact.text("purpose").is_none() && matches!(fact.text("channel"), None | Some("sms" | "voice"));
        if whole && fact.flag("allowed") == Some(true) && self.stop.is_some_and(|s| fact.occurred_at >= s.at) {
            self.stop = None;
        }
    }

    fn disable(&mut self, value: Option<&str>) {
        let Some(value) = value.filter(|v| !v.is_empty()) else { return };
        if self.disabled.iter().any(|v| v == value) {
            return;
        }
        if self.disabled.len() >= DISABLED_MAX {
            self.disabled.remove(0);
        }
        self.disabled.push(value.to_owned());
    }
}

/// The answers among the marks of a call: the last one of each field holds.
fn keyed(marks: &[&str]) -> serde_json::Map<String, Json> {
    let one = |mark: &&str| {
        let (field, value) = mark.strip_prefix(ANSWER_MARK)?.split_once('=')?;
        Some((field.to_owned(), serde_json::from_str(value).ok()?))
    };
    marks.iter().filter_map(one).collect()
}

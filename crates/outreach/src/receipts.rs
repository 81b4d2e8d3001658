//! What facts mean for what is under way: receipts, the end of calls, refusals, what makes a reach
//! pointless.

use crate::asked::ANSWER_MARK;
use crate::codes::Code;
use crate::out::Out;
use crate::state::{Attempt, DISABLED_MAX, Reach, Seen, Stage, Stop};
use crate::{Act, Outreach, content};
use model::person::{ContactPoint, PointStatus};
use model::time::HOUR_MS;
use model::{Actor, Channel, EffectId, Fact, MessageId, Purpose};
use record::Record;
use serde_json::{Value as Json, json};

/// How long what is pressed in a call is still of its reach, after somebody said who they are.
const TALK_MAX_MS: i64 = HOUR_MS;

/// Facts after which everything that waits is looked at again.
const RECHECKED_AFTER: &[&str] = &[
    "consent.changed",
    "preference.changed",
    "reply.classified",
    "contact.disabled",
    "contact.verified",
    "push.gone",
    "person.died",
    "encounter.admitted",
    "encounter.readmitted",
    "encounter.discharged",
    "call.heard",
    "call.ended",
    "call.received",
    "resource.received",
    "person.merged",
    "communication.restricted",
    "grant.given",
    "grant.ended",
];

impl Outreach {
    pub(crate) fn take_in(&mut self, fact: &Fact, out: &mut Out<'_>) {
        self.drop_pointless(fact, out);
        match fact.kind.as_str() {
            "message.accepted" | "message.delivered" | "message.read" | "message.failed" | "message.unknown"
            | "message.expired" | "message.withdrawn" | "message.unsettled" | "message.returned" => {
                self.receipt(fact, out)
            }
            "call.heard" | "call.ended" => self.call(fact, out),
            // Who rings us to be rid of automated calls and texts is.
            "call.received" if fact.text("wants") == Some("stop") => {
                self.refuse_automated(&fact.id.to_string(), fact, out);
            }
            "reply.classified" => self.reply(fact, out),
            "consent.changed" => self.consent_changed(fact),
            // A number that takes no texts is no number that must not be used.
            "contact.disabled" if PointStatus::disabled(fact.text("status")).in_use() => {}
            // What was found out since holds against an older word.
            "contact.disabled" if found_right_since(fact, out.cx.record) => {}
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
        // What did not arrive was not said, whether or not its reach goes on.
        if matches!(fact.kind.as_str(), "message.failed" | "message.expired" | "message.returned" | "message.withdrawn")
            && let Some(message) = fact.text("message").and_then(|id| id.parse().ok())
        {
            self.forget_said(message);
        }
        let Some((mut reach, at)) = self.of_message(fact.text("message")) else {
            // The reach is over; what a carrier says of the number holds all the same.
            let channel = fact.text("channel").and_then(Channel::named);
            if let (Some(to), Some(channel)) = (fact.text("to"), channel) {
                self.heed(fact, (to, channel), out);
            }
            return;
        };
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
                if let (Stage::Held(..), Some(rung)) = (reach.stage, reach.ladder.get(usize::from(reach.rung)).copied())
                    && reach.tried(rung).any(|a| a.message == message)
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
                let to = reach.attempts[at].to.clone();
                let found = self.heed(fact, (&to, channel), out);
                reach.attempts[at].seen = Seen::Failed(found.unwrap_or(Code::Failed));
                if last {
                    let code = found.unwrap_or(if settled { Code::Bounced } else { Code::Failed });
                    out.trace(id, Some(message), code, format!("channel={}", channel.name()));
                    let next = usize::from(reach.rung) + 1;
                    return self.walk(reach, next, out);
                }
            }
            // It moves nothing any more. What a mail's bounce says of its address holds, however late it comes.
            "message.failed" if channel == Channel::Email => {
                let to = reach.attempts[at].to.clone();
                self.heed(fact, (&to, channel), out);
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
            // Nobody took it, and it leaves no more: every guard is asked anew for the way it was to go.
            "message.returned" if seen == Seen::Queued || seen == Seen::Unknown => {
                reach.attempts[at].seen = Seen::Withdrawn;
                self.forget_sent(reach.attempts[at].at, channel);
                if last && seen == Seen::Queued {
                    out.trace(id, Some(message), Code::Withdrawn, "because=returned".to_owned());
                    let rung = usize::from(reach.rung);
                    return self.walk(reach, rung, out);
                }
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

    /// What a failure says of the number or the address, and of the person's will: the record follows.
    fn heed(&mut self, fact: &Fact, (to, channel): (&str, Channel), out: &mut Out<'_>) -> Option<Code> {
        if fact.kind != "message.failed" || to.is_empty() {
            return None;
        }
        let (code, status) = match (fact.text("error")?, channel) {
            ("landline", _) => (Code::Landline, "landline"),
            ("unreachable_number", _) => (Code::DeadNumber, "dead"),
            ("bounced", Channel::Email) => (Code::DeadNumber, "bounced"),
            ("opted_out", Channel::Email) if !record::ways::is_related(out.cx.record, to) => {
                let body = json!({"channel": "email", "allowed": false, "basis": "unsubscribe link"});
                self.refused(fact, body, out);
                return Some(Code::CarrierStop);
            }
            // Whoever stopped us with their carrier stopped us. Nothing can confirm it: it would be refused as well.
            ("opted_out", _) if out.cx.record.contacts.iter().any(|p| p.value == to && p.owner.is_none()) => {
                self.refuse_automated(&fact.id.to_string(), fact, out);
                self.stop = self.stop.map(|stop| Stop { confirmed: true, ..stop });
                return Some(Code::CarrierStop);
            }
            // A related person stopped it: their number is closed, the person's own ways are not.
            ("opted_out", _) => (Code::CarrierStop, "ended"),
            _ => return None,
        };
        let body = json!({"value": to, "status": status, "by": "carrier"});
        out.tell("contact.disabled", &format!("{}:{status}", fact.id), fact.id, body);
        Some(code)
    }

    /// A refusal that somebody else was told of.
    fn refused(&self, cause: &Fact, body: Json, out: &mut Out<'_>) {
        let told = Fact::own("consent.changed", &cause.id.to_string(), out.cx.person, out.cx.now, body);
        out.acts.push(Act::Tell(told.because(cause.id).by(Actor::Patient)));
    }

    /// It arrived, by whatever rung: what else waits of it is taken back.
    fn proved(&mut self, mut reach: Reach, channel: Channel, out: &mut Out<'_>) {
        self.take_back(&mut reach, "delivered", out);
        if matches!(reach.stage, Stage::Settled(_)) {
            return self.remember_ended(&reach, out.cx.now);
        }
        self.arrived(reach, channel, false, out);
    }

    /// What was pressed in a call acts at once, while it goes on (`call.heard`) or when it ends; only its end says that
    /// nobody said who they are. A mark that is told twice acts once.
    fn call(&mut self, fact: &Fact, out: &mut Out<'_>) {
        let marks: Vec<&str> =
            fact.body.get("marks").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
        let Some((mut reach, at)) = self.of_message(fact.text("message")) else {
            return self.late_call(fact, &marks, out);
        };
        let marked = |mark: &str| marks.contains(&mark);
        let attempt = reach.attempts[at].clone();
        let id = reach.want.intent.id;
        for mark in ["opt_out", "wrong_number", "callback"].into_iter().filter(|m| marked(m)) {
            out.trace(id, Some(attempt.message), Code::Heard, format!("mark={mark}"));
        }
        self.refused_in_call(&marks, Some(&attempt.to), fact, out);
        if marked("callback") {
            let name = content::first_name(out.cx);
            let reason =
                format!("They pressed 3 in an automated call.{}", out.quote(&reach.want, Some(&reach.language)));
            out.ask(&reach.want, "callback", format!("Call {name} back"), reason);
        }
        answered(&marks, Some(id), fact, out);
        let ended = fact.kind == "call.ended";
        if attempt.seen == Seen::Delivered {
            // They said who they are before: that stands, whatever the call's end says.
            if ended && matches!(reach.stage, Stage::Settled(_)) {
                self.remember_ended(&reach, out.cx.now);
            } else {
                self.reaches.push(reach);
            }
            return;
        }
        if marked("identified") {
            reach.attempts[at].seen = Seen::Delivered;
            return if ended { self.proved(reach, Channel::Voice, out) } else { self.identified(reach, out) };
        }
        if !ended {
            // A call in which somebody presses a key has left, whoever tells that first.
            if matches!(attempt.seen, Seen::Queued | Seen::Unknown) {
                reach.attempts[at].seen = Seen::Accepted;
            }
            self.reaches.push(reach);
            return;
        }
        let code = if fact.flag("answered") == Some(true) { Code::NotIdentified } else { Code::NotAnswered };
        reach.attempts[at].seen = Seen::Failed(code);
        self.forget_said(attempt.message);
        // A call whose end is told late, when another rung is under way, changes nothing more.
        if at + 1 < reach.attempts.len() || !matches!(reach.stage, Stage::Sent(_)) {
            self.reaches.push(reach);
            return;
        }
        out.trace(id, Some(attempt.message), code, "channel=voice".to_owned());
        let next = usize::from(reach.rung) + 1;
        self.walk(reach, next, out);
    }

    /// They said who they are, and the call goes on: it has arrived, and what they press further is still of this reach.
    fn identified(&mut self, mut reach: Reach, out: &mut Out<'_>) {
        self.take_back(&mut reach, "delivered", out);
        let talk = out.cx.now.plus_ms(TALK_MAX_MS);
        if let Stage::Settled(until) = reach.stage {
            reach.stage = Stage::Settled(until.max(talk));
        } else {
            out.trace(reach.want.intent.id, None, Code::Delivered, "channel=voice".to_owned());
            out.ended(&reach.want, "delivered", Code::Delivered);
            reach.stage = Stage::Settled(talk);
        }
        self.reaches.push(reach);
    }

    /// What was pressed in a call whose reach is over by then: no is no all the same, a nurse calls back, and answers are
    /// read by a person.
    fn late_call(&mut self, fact: &Fact, marks: &[&str], out: &mut Out<'_>) {
        self.refused_in_call(marks, fact.text("to"), fact, out);
        if marks.contains(&"callback") {
            let message = fact.text("message").unwrap_or_default();
            let body = json!({"message": message, "wants": "callback"});
            let told = Fact::own("call.received", message, out.cx.person, out.cx.now, body).because(fact.id);
            out.acts.push(Act::Tell(told.by(Actor::Patient)));
        }
        answered(marks, None, fact, out);
    }

    /// The two ways to be called no more: no automated calls at all, and not on this number.
    fn refused_in_call(&mut self, marks: &[&str], to: Option<&str>, fact: &Fact, out: &mut Out<'_>) {
        let key = fact.text("message").unwrap_or_default();
        // It was a related person's telephone that rang (the hub says so): their number is closed, and the person has
        // refused nothing.
        let related = fact.flag("proxy") == Some(true);
        match to.filter(|to| related && !to.is_empty()) {
            Some(to) if marks.contains(&"opt_out") && !self.disabled.iter().any(|d| d == to) => {
                self.disable(Some(to));
                let body = json!({"value": to, "status": "ended", "by": "key 9"});
                out.tell("contact.disabled", &format!("{key}:9"), fact.id, body);
            }
            None if marks.contains(&"opt_out") => self.refuse_automated(key, fact, out),
            _ => {}
        }
        let fresh = to.filter(|to| marks.contains(&"wrong_number") && !self.disabled.iter().any(|d| d == to));
        if let Some(to) = fresh {
            self.disable(Some(to));
            out.tell("contact.disabled", key, fact.id, json!({"value": to, "status": "wrong", "by": "key 2"}));
        }
    }

    fn reply(&mut self, fact: &Fact, out: &mut Out<'_>) {
        match fact.text("class") {
            // One kind was stopped: the record says which, and the guard of consent keeps it.
            _ if record::is_stop(fact) && fact.text("purpose").is_some() => {}
            _ if record::is_stop(fact) => self.refuse_automated(&fact.id.to_string(), fact, out),
            Some("start") => self.stop = None,
            Some("wrong_number") => self.disable(fact.text("from")),
            _ => {}
        }
    }

    /// Automated texts, calls and voicemails end at once. The record folds a STOP and a key 9 by itself;
    /// where it does not say so, it is told.
    fn refuse_automated(&mut self, key: &str, cause: &Fact, out: &mut Out<'_>) {
        // One that was never confirmed (it came by mail) is confirmed when it is said again.
        if self.stop.is_none_or(|stop| !stop.confirmed) {
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

/// Whether a word against a number is older than that it was found to be right, by what is known now.
fn found_right_since(fact: &Fact, record: &Record) -> bool {
    let same = |p: &&ContactPoint| Some(p.value.as_str()) == fact.text("value") && p.status.in_use();
    record.contacts.iter().find(same).is_some_and(|p| p.verified_at.is_some_and(|at| at > fact.occurred_at))
}

/// Tells what was answered by key; what is told again is the same fact.
fn answered(marks: &[&str], reach: Option<EffectId>, fact: &Fact, out: &mut Out<'_>) {
    let answers = keyed(marks);
    if answers.is_empty() {
        return;
    }
    let message = fact.text("message").unwrap_or_default();
    let mut body = json!({"message": message, "channel": "voice", "answers": answers});
    if let Some(reach) = reach {
        body["reach"] = json!(reach);
    }
    // One key at a time each is a fact of its own; all at the end of a call are one.
    let key = if fact.kind == "call.heard" { fact.id.to_string() } else { message.to_owned() };
    let told = Fact::own("answers.received", &key, out.cx.person, out.cx.now, body).because(fact.id);
    out.acts.push(Act::Tell(told.by(Actor::Patient)));
}

/// The answers among the marks of a call: the last one of each field holds.
fn keyed(marks: &[&str]) -> serde_json::Map<String, Json> {
    let one = |mark: &&str| {
        let (field, value) = mark.strip_prefix(ANSWER_MARK)?.split_once('=')?;
        Some((field.to_owned(), serde_json::from_str(value).ok()?))
    };
    marks.iter().filter_map(one).collect()
}

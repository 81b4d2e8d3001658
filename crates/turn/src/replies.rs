//! What a reply from the person means: classified, and turned into the facts that it states.

use crate::shared::place;
use crate::turn::Turn;
use model::Fact;
use outreach::Class;
use record::Record;
use serde_json::json;

impl Turn<'_> {
    /// The facts that follow from a `reply.received`. What is dangerous, unwanted or not theirs comes first,
    /// whatever was asked; then what it states of a task or a medicine; then whether it answers a question.
    pub(crate) fn understand(&mut self, reply: &Fact) -> Vec<Fact> {
        // A machine of theirs answered ours: it is kept, answers nothing and prompts nobody.
        if reply.flag("auto") == Some(true) {
            return Vec::new();
        }
        let record = self.record();
        let (person, now) = (self.line.person, self.now);
        let text = reply.text("text").unwrap_or_default();
        let mut class = match reply.flag("chosen") {
            // An option or a number of a page: no words of the person.
            Some(true) => Class::Question,
            _ => outreach::classify(text, &self.setup.rules),
        };
        // The carrier took it for a STOP, or for the end of one, in a word that only it knows. A danger is one first.
        match reply.text("carrier") {
            Some("stop") if class != Class::RedFlag => class = Class::Stop,
            Some("start") if class == Class::Question => class = Class::Start,
            _ => {}
        }
        // Known not to be from whom it says: its words are told to a person, a danger as one, and do nothing else but,
        // where they want no more mail, end the mail to the address that they claim.
        let doubted = crate::mail::is_doubted(reply);
        // A danger wins, and the STOP beside it holds all the same.
        let chosen = reply.flag("chosen") == Some(true);
        let beside =
            (class == Class::RedFlag && !chosen).then(|| outreach::stop_beside(text, &self.setup.rules)).flatten();
        let mut also = class == Class::RedFlag && (reply.text("carrier") == Some("stop") || beside.is_some());
        let unwanted = doubted && (also || matches!(class, Class::Stop | Class::WrongNumber));
        also &= !doubted;
        if doubted && class != Class::RedFlag {
            class = Class::Question;
        }
        // The care team's own telephone stays open to notices, whatever is answered from it: a person reads that.
        let from = reply.text("from").unwrap_or_default();
        if class == Class::WrongNumber && self.is_of_a_team(from) {
            class = Class::Question;
        }
        // Of a picture nobody here knows what it shows: a person asks, whatever thanks came with it.
        if class == Class::Thanks && files(reply) > 0 {
            class = Class::Question;
        }
        self.refused_by_related(reply, if also { Class::Stop } else { class });
        if also {
            self.stop_candidates(reply);
        }
        if let Some(passed_on) = self.understand_shared(reply, class) {
            return passed_on;
        }
        // Of whom a START from a shared number is, a person decides.
        if class == Class::Start && !crate::shared::candidates(reply).is_empty() {
            class = Class::Question;
        }
        // What is said of a visit is a question as long as another one is open, and where the visit is not certain.
        let mut visit = class;
        if matches!(class, Class::Confirm | Class::Cancel | Class::Reschedule) {
            class = Class::Question;
        }
        let key = reply.id.to_string();
        let own = |kind: &str, body| Fact::own(kind, &key, person, now, body).because(reply.id).by(reply.actor.clone());
        let mut facts = Vec::new();
        if unwanted {
            let from = reply.text("from").unwrap_or_default();
            facts.push(own("contact.disabled", json!({"value": from, "status": "ended", "by": "reply"})));
        }
        let from = reply.text("from").unwrap_or_default();
        if record::ways::is_related(&record, from) {
            if also || class == Class::Stop {
                also = false;
                // It is the related person who wants no more: their number is closed, the person's own ways are not.
                facts.push(own("contact.disabled", json!({"value": place(from), "status": "ended", "by": "reply"})));
            }
            // What else they say is no word of the person: somebody of the team reads it.
            if !matches!(class, Class::RedFlag | Class::WrongNumber) {
                (class, visit) = (Class::Question, Class::Question);
            }
        }
        match class {
            Class::Done => match self.line.outreach.task_asked() {
                Some(task) => facts.push(own("task.done", json!({"task": task}))),
                None => class = Class::Question,
            },
            Class::PickedUp => match waiting_prescription(&record) {
                Some(id) => facts.push(own("medication.picked_up", json!({"id": id}))),
                None => class = Class::Question,
            },
            Class::WrongNumber => {
                facts.push(own("contact.disabled", json!({"value": place(from), "status": "wrong", "by": "reply"})));
            }
            _ => {}
        }
        let stops = also || class == Class::Stop;
        if stops {
            self.stop_also(reply);
            facts.extend(self.stopped_by_mail(reply));
        }
        // What it answers is told with it, and is no part of what the person said.
        let said = with_files(text, reply);
        let said = reply.text("asked").map_or_else(|| said.clone(), |asked| format!("{asked} / {said}"));
        let mut body = json!({
            "class": class, "text": said, "channel": reply.text("channel"), "from": reply.text("from"),
            "reply": reply.id,
        });
        if doubted {
            body["authentic"] = json!("fail");
        }
        // "Stop texts about appointments" ends those alone; said again, there is nothing more to confirm.
        if also {
            (body["stop"], body["what"]) = (json!(true), json!("stop"));
        }
        let ends = if also { beside.unwrap_or_default() } else { text };
        if let Some(kind) = outreach::revoked_kind(ends, &self.setup.rules).filter(|_| stops) {
            let again = record::allowed(&record, kind, model::Channel::Sms) == Some(false);
            body["purpose"] = json!(kind);
            body["what"] = json!(if again { "stopped_before" } else { "one_kind" });
        }
        let by_text = reply.text("channel") == Some(model::Channel::Sms.name());
        let mut answered = false;
        if by_text {
            if let Some(reach) = self.line.outreach.spoke() {
                body["reach"] = json!(reach);
            }
            if let Some(answer) = self.answer_in(reply, text, class) {
                answered = true;
                body["class"] = json!(answer.class);
                body["question"] = json!(answer.question);
                body["field"] = json!(answer.field);
                if let Some(text) = answer.text {
                    body["text"] = json!(text);
                }
                facts.extend(answer.facts);
            }
        }
        if !answered && matches!(visit, Class::Confirm | Class::Cancel | Class::Reschedule) {
            if let Some((id, start)) = self.visit_meant(&record, visit, text, by_text) {
                body["class"] = json!(visit);
                body["visit"] = json!(id);
                if visit == Class::Confirm {
                    facts.push(own("appointment.confirmed", json!({"id": id, "start": start})));
                }
            }
        } else if class == Class::Stop && by_text && outreach::names_cancel(text) {
            // The law comes first: it is a STOP. That it may have meant the visit too, a person asks.
            if let Some(id) = self.visit_asked(&record) {
                body["visit"] = json!(id);
            }
        }
        facts.insert(0, own("reply.classified", body));
        facts
    }
}

/// How many pictures and files came with a reply; none of them is taken in.
pub(crate) fn files(reply: &Fact) -> u64 {
    reply.body.get("media").and_then(serde_json::Value::as_u64).unwrap_or_default()
}

/// What a person reads of a reply: its words, and that there was more, in the language of who writes prompts.
pub(crate) fn with_files(text: &str, reply: &Fact) -> String {
    let note = match files(reply) {
        0 => return text.to_owned(),
        1 => "[sent 1 picture or file, which is not taken in here: ask them]".to_owned(),
        n => format!("[sent {n} pictures or files, which are not taken in here: ask them]"),
    };
    if text.trim().is_empty() { note } else { format!("{text} {note}") }
}

/// The one prescription that can be meant; `None` when there is none or more than one.
fn waiting_prescription(record: &Record) -> Option<String> {
    let mut open =
        record.prescriptions.iter().filter(|p| p.picked_up_at.is_none() && !p.stopped && p.as_needed != Some(true));
    let first = open.next()?;
    open.next().is_none().then(|| first.id.clone())
}

//! Facts in words: one line each, by kind.

use crate::tongue::Tongue;
use crate::words::{class as class_of, label, moment};
use jiff::tz::TimeZone;
use model::message::{Content, Message, Status};
use model::{Actor, At, Fact};
use record::Record;

/// Filters of the timeline: key, name, first parts of the kinds.
pub(crate) const FILTERS: &[(&str, &str, &[&str])] = &[
    ("care", "Care", &["encounter", "procedure", "medication", "appointment", "person", "resource"]),
    ("said", "Said and sent", &["message", "reply", "call"]),
    ("team", "Team", &["prompt", "outcome"]),
    ("journey", "Journey", &["journey", "enrolment", "note", "reach"]),
    ("wishes", "Wishes and tasks", &["consent", "preference", "contact", "task"]),
];

/// Whether the fact is of a filter; an unknown or empty one takes all but the raw resources.
pub(crate) fn is_of(fact: &Fact, filter: &str) -> bool {
    let part = fact.kind.split('.').next().unwrap_or_default();
    match FILTERS.iter().find(|(key, ..)| *key == filter) {
        Some((_, _, parts)) => parts.contains(&part),
        None => filter == "all" || matters(fact, part),
    }
}

/// Whether a line of its own is worth it: that a message arrived is told with the message itself.
fn matters(fact: &Fact, part: &str) -> bool {
    let quiet_end = fact.kind == "reach.ended" && matches!(fact.text("how"), Some("delivered" | "pointless"));
    part != "resource" && fact.kind != "message.delivered" && !quiet_end
}

/// What happened, with the words of the message that it is about where they are known.
pub(crate) fn told(fact: &Fact, messages: &[Message]) -> String {
    let about = fact.text("message").filter(|_| fact.kind == "message.accepted");
    let message = about.and_then(|id| messages.iter().find(|m| m.id.to_string() == id));
    let Some(message) = message else { return title(fact) };
    let (what, words) = match &message.content {
        Content::Sms { text } => ("Text", text.clone()),
        Content::Email { subject, .. } => ("Mail", subject.clone()),
        Content::Voice { .. } => ("Automated call", label(&message.words)),
        Content::Voicemail { text, .. } => ("Voicemail", text.clone()),
        Content::Portal { text } => ("Note on the Today page", text.clone()),
    };
    let end = match message.status {
        Status::Failed => " (did not arrive)",
        Status::Unknown => " (nobody knows whether it left)",
        _ => "",
    };
    format!("{what}: {words}{end}")
}

/// The class that a fact is drawn with.
pub(crate) fn class(fact: &Fact) -> &'static str {
    FILTERS.iter().find(|(key, ..)| is_of(fact, key)).map_or("care", |(key, ..)| key)
}

/// Who said it.
pub(crate) fn actor(fact: &Fact) -> String {
    match &fact.actor {
        Actor::System if fact.source == model::fact::OWN => "Throughline".into(),
        Actor::System => fact.source.clone(),
        Actor::Patient => "The patient".into(),
        Actor::Proxy(name) => format!("{name}, for the patient"),
        Actor::Staff(name) => name.clone(),
    }
}

/// What happened.
pub(crate) fn title(fact: &Fact) -> String {
    let text = |key: &str| fact.text(key).unwrap_or_default().to_owned();
    match fact.kind.as_str() {
        "resource.received" => format!("{} received", text("resourceType")),
        "encounter.admitted" => "Admitted".into(),
        "encounter.discharged" => "Discharged".into(),
        "encounter.discharge_cancelled" => "Discharge cancelled".into(),
        "encounter.readmitted" => "Readmitted".into(),
        "procedure.performed" => "Procedure performed".into(),
        "medication.requested" => "Medicine prescribed".into(),
        "medication.ready" => "Medicine ready for pick-up".into(),
        "medication.picked_up" => "Medicine picked up".into(),
        "medication.stopped" => "Medicine stopped".into(),
        "appointment.booked" => "Appointment booked".into(),
        "appointment.moved" => "Appointment moved".into(),
        "appointment.cancelled" => "Appointment cancelled".into(),
        "person.died" => "Died".into(),
        "reply.received" => format!("Wrote: “{}”", text("text")),
        "reply.classified" => format!("Understood as {}", label(&text("class")).to_lowercase()),
        "call.ended" if fact.flag("answered") == Some(true) => "Automated call answered".into(),
        "call.ended" => "Automated call not answered".into(),
        "prompt.opened" => format!("Asked {}: {}", label(&text("team")).to_lowercase(), text("title")),
        "prompt.completed" => format!("Outcome: {}", label(&text("outcome")).to_lowercase()),
        "prompt.corrected" => format!("Outcome corrected: {}", label(&text("outcome")).to_lowercase()),
        "prompt.escalated" => format!("Escalated to {}", label(&text("to")).to_lowercase()),
        "journey.started" => format!("Journey started: {}", label(&text("pathway")).to_lowercase()),
        "journey.ended" => format!("Journey ended: {}", label(&text("pathway")).to_lowercase()),
        "note.made" => text("text"),
        "task.added" => format!("Task added: {}", text("text")),
        "task.done" => "Task done".into(),
        "message.queued" => format!("{} to be sent by {}", label(&text("words")), text("channel")),
        kind => label(&kind.replace('.', " ")),
    }
}

/// What names and times are told by.
pub(crate) struct Known<'a> {
    pub(crate) record: &'a Record,
    /// Today's.
    pub(crate) tasks: &'a [journey::Task],
    pub(crate) zone: &'a TimeZone,
}

/// What the record calls the thing of that id; `None` when it has no name, and then it is not shown.
fn thing(id: &str, r: &Record) -> Option<String> {
    let concepts = (r.prescriptions.iter().map(|x| (&x.id, &x.concept)))
        .chain(r.procedures.iter().map(|x| (&x.id, &x.concept)))
        .chain(r.conditions.iter().map(|x| (&x.id, &x.concept)));
    let visits = r.appointments.iter().map(|a| (&a.id, a.with.clone()));
    let stays = r.encounters.iter().map(|e| (&e.id, class_of(&e.class)));
    let named = concepts.map(|(id, concept)| (id, concept.text.clone())).chain(visits).chain(stays);
    named.into_iter().find(|(of, _)| *of == id).map(|(_, name)| name).filter(|name| !name.is_empty())
}

/// What a task says, for `dressing@2026-11-24#0`; its name where its words are not of today.
fn task(id: &str, tasks: &[journey::Task]) -> String {
    let item = id.split('@').next().unwrap_or(id);
    let known = tasks.iter().find(|t| t.id == id || t.id.split('@').next() == Some(item));
    known.map_or_else(|| label(item), |t| t.text.clone())
}

/// A part of a fact in words; `None` for what tells staff nothing.
fn part(key: &str, text: &str, known: &Known<'_>) -> Option<String> {
    let time = |text: &str| {
        At::read(text, known.zone).map_or_else(|| text.to_owned(), |at| moment(Tongue::En, at, known.zone))
    };
    match key {
        "id" => thing(text, known.record),
        "task" => Some(task(text, known.tasks)),
        "start" => Some(time(text)),
        "was" => Some(format!("before: {}", time(text))),
        "channel" => Some(format!("by {text}")),
        "disposition" => Some(label(text)),
        _ => Some(format!("{key}: {text}")),
    }
}

/// The rest of what it says, short; never the whole body of a resource.
pub(crate) fn detail(fact: &Fact, known: &Known<'_>) -> String {
    const KEYS: &[&str] =
        &["id", "disposition", "start", "was", "channel", "because", "reason", "why", "how", "error", "task", "note"];
    if fact.kind == model::fact::RESOURCE_RECEIVED {
        return fact.text("id").unwrap_or_default().to_owned();
    }
    let said = KEYS.iter().filter_map(|k| Some((*k, fact.text(k).filter(|t| !t.is_empty())?)));
    let mut out: Vec<String> = said.filter_map(|(k, text)| part(k, text, known)).collect();
    if let Some(answers) = fact.body.get("answers").and_then(|a| a.as_object()) {
        out.extend(
            answers.iter().map(|(k, v)| format!("{}: {}", label(k), v.as_str().map_or(v.to_string(), str::to_owned))),
        );
    }
    out.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{At, PersonId};
    use serde_json::json;

    #[test]
    fn a_fact_is_told_in_words_and_filtered_by_its_part() {
        let body = json!({"prompt": "p", "outcome": "no_answer", "answers": {"pain": 4}, "note": "rang twice"});
        let fact = Fact::own("prompt.completed", "k", PersonId::default(), At(0), body);
        assert_eq!(title(&fact), "Outcome: no answer");
        let (mut record, zone) = (Record::default(), crate::words::zone("America/New_York"));
        let visit = record::known::Appointment {
            id: "Appointment/a-1".into(),
            with: "Dr. Okafor".into(),
            ..Default::default()
        };
        record.appointments.push(visit);
        let known = Known { record: &record, tasks: &[], zone: &zone };
        assert_eq!(detail(&fact, &known), "note: rang twice · Pain: 4");
        let body = json!({"id": "Appointment/a-1", "start": "2026-12-02T19:00:00Z"});
        let booked = Fact::own("appointment.booked", "k", PersonId::default(), At(0), body);
        assert_eq!(detail(&booked, &known), "Dr. Okafor · 2:00 pm, Wed 2 Dec");
        let done = Fact::own("task.done", "k", PersonId::default(), At(0), json!({"task": "wound_care@2026-11-24#0"}));
        assert_eq!(detail(&done, &known), "Wound care");
        assert!(is_of(&fact, "team") && is_of(&fact, "") && !is_of(&fact, "care"));
        let raw = Fact::own("resource.received", "k", PersonId::default(), At(0), json!({"resourceType": "Patient"}));
        assert!(!is_of(&raw, "") && is_of(&raw, "all") && is_of(&raw, "care"));
    }
}

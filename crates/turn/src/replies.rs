//! What a reply from the person means: classified, and turned into the facts that it states.

use model::{At, Fact, PersonId};
use outreach::{Class, Outreach, Rules};
use record::Record;
use serde_json::json;

/// The facts that follow from a `reply.received`.
pub fn understand(
    reply: &Fact,
    person: PersonId,
    record: &Record,
    outreach: &Outreach,
    rules: &Rules,
    now: At,
) -> Vec<Fact> {
    let text = reply.text("text").unwrap_or_default();
    let mut class = outreach::classify(text, rules);
    let mut facts = Vec::new();
    let key = reply.id.to_string();
    let own = |kind: &str, body| Fact::own(kind, &key, person, now, body).because(reply.id).by(reply.actor.clone());
    match class {
        Class::Done => match outreach.task_asked() {
            Some(task) => facts.push(own("task.done", json!({"task": task}))),
            None => class = Class::Question,
        },
        Class::PickedUp => match waiting_prescription(record) {
            Some(id) => facts.push(own("medication.picked_up", json!({"id": id}))),
            None => class = Class::Question,
        },
        Class::WrongNumber => {
            let from = reply.text("from").unwrap_or_default();
            facts.push(own("contact.disabled", json!({"value": from, "status": "wrong", "by": "reply"})));
        }
        Class::RedFlag | Class::Stop | Class::Start | Class::Question | Class::Thanks => {}
    }
    let body = json!({
        "class": class, "text": text, "channel": reply.text("channel"), "from": reply.text("from"),
        "reply": reply.id,
    });
    facts.insert(0, own("reply.classified", body));
    facts
}

/// The one prescription that can be meant; `None` when there is none or more than one.
fn waiting_prescription(record: &Record) -> Option<String> {
    let mut open =
        record.prescriptions.iter().filter(|p| p.picked_up_at.is_none() && !p.stopped && p.as_needed != Some(true));
    let first = open.next()?;
    open.next().is_none().then(|| first.id.clone())
}

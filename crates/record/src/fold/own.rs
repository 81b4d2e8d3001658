//! Facts that are not resources: derived ones, and what people and the hub say.

use super::consent::{START, STOP, is_stop, say, stop, stop_one};
use super::patient::{minutes_of, plain_language};
use super::{PAUSED, PAUSED_UNTIL, TASKS_MAX, bound, clinical, contact_said, saying, slot};
use crate::correct::{CORRECTED, WITHDRAWN};
use crate::json;
use crate::known::{Fold, Record, TaskMark};
use crate::ways;
use model::person::{Consent, ContactPoint, PointKind, PointStatus, Preferences};
use model::prompt::Outcome;
use model::{At, Channel, Fact, Purpose};
use serde_json::Value as Json;

/// The longest pause of what comes by itself.
const PAUSE_MAX_MS: i64 = 15 * model::time::DAY_MS;

/// Whether the fact is of a kind that may change what is known.
pub(super) fn fold(fold: &mut Fold, fact: &Fact) -> bool {
    let at = fact.occurred_at;
    let record = &mut fold.record;
    match fact.kind.as_str() {
        "preference.changed" => {
            saying(fold, fact, |record| preference(record, fact));
            pause(fold, fact);
            ways::prefer(&mut fold.ways, fact);
        }
        ways::GRANT_GIVEN | ways::GRANT_ENDED | ways::RESTRICTED => return ways::fold(fold, fact),
        "contact.disabled" | "contact.verified" => contact(fold, fact),
        "push.subscribed" | "push.gone" => super::push::fold(fold, fact),
        "notice.sent" => super::push::notice(fold, fact),
        "staff_call.asked" => super::push::staff_call(fold, fact),
        CORRECTED | WITHDRAWN => return crate::correct::fold(fold, fact),
        "encounter.admitted" | "encounter.discharged" | "encounter.discharge_cancelled" => encounter(record, fact),
        "medication.ready" | "medication.picked_up" | "medication.stopped" => medication(record, fact),
        "person.died" => record.deceased_at = record.deceased_at.or(fact.at("at")).or(Some(at)),
        "consent.changed" => consent(fold, fact),
        "task.done" | "task.undone" | "task.added" | "task.struck" => task(record, fact),
        "prompt.completed" if fact.text("outcome").and_then(Outcome::named).is_some_and(Outcome::reached) => {
            contacted(record, at, "staff");
        }
        "message.delivered" => contacted(record, at, fact.text("channel").unwrap_or("message")),
        // A machine answered, not the person.
        "reply.received" if fact.flag("auto") == Some(true) => return false,
        // Not from whom it says: nobody was reached by it.
        "reply.received" if fact.text("authentic") == Some("fail") => return false,
        "reply.received" => contacted(record, at, fact.text("channel").unwrap_or("reply")),
        "reply.classified" => {
            let sure = ways::replied(&mut fold.ways, fact);
            match fact.text("purpose").and_then(Purpose::named) {
                // One kind of message is revoked, the others are not.
                Some(purpose) if is_stop(fact) => stop_one(record, purpose, at),
                None if is_stop(fact) => stop(record, STOP, at),
                _ if fact.text("class") == Some("start") => stop(record, START, at),
                _ => return sure,
            }
        }
        "call.heard" | "call.ended" => call(record, fact),
        "call.received" => {
            // Whoever hung up, or is about to press a key, has not been talked with.
            if fact.text("wants").is_some() {
                contacted(record, at, "voice");
            }
            if fact.text("wants") == Some("stop") {
                stop(record, STOP, at);
            }
        }
        _ => return false,
    }
    true
}

/// Remembers the latest contact.
pub(super) fn contacted(record: &mut Record, at: At, how: &str) {
    if record.last_contact.as_ref().is_none_or(|(last, _)| *last <= at) {
        record.last_contact = Some((at, how.to_owned()));
    }
}

/// A call that someone answered was a contact; "call me no more" on it is a STOP.
fn call(record: &mut Record, fact: &Fact) {
    if fact.kind == "call.heard" || fact.flag("answered") == Some(true) {
        contacted(record, fact.occurred_at, "voice");
    }
    // Who was rung by a grant refuses for their own number; the hub says so, and outreach closes it.
    if fact.flag("proxy") == Some(true) {
        return;
    }
    if json::list(&fact.body, "marks").iter().any(|m| m.as_str() == Some("opt_out")) {
        stop(record, STOP, fact.occurred_at);
    }
}

fn encounter(record: &mut Record, fact: &Fact) {
    let Some(id) = fact.text("id").map(json::relative) else { return };
    let known = record.encounters.iter().any(|e| e.id == id);
    if fact.kind == "encounter.discharge_cancelled" && !known {
        return;
    }
    let it = slot(&mut record.encounters, |e| e.id == id);
    it.id = id.to_owned();
    if it.class.is_empty() {
        it.class = fact.text("class").unwrap_or_default().to_owned();
    }
    match fact.kind.as_str() {
        "encounter.discharged" => {
            it.discharged_at = fact.at("discharged_at").or(Some(fact.occurred_at));
            it.discharge_fact = Some(fact.id);
            if it.status.is_empty() {
                it.status = "finished".into();
            }
        }
        "encounter.discharge_cancelled" => {
            it.discharged_at = None;
            it.discharge_fact = None;
        }
        _ if !known => {
            it.started_at = fact.at("started_at").or(Some(fact.occurred_at));
            it.status = "in-progress".into();
        }
        _ => {}
    }
    clinical::settle_stays(record);
}

/// What a pharmacy, the patient or a nurse says of a prescription. One that this source never wrote is kept
/// by its id: another source's order joins it in the merge.
fn medication(record: &mut Record, fact: &Fact) {
    let Some(id) = fact.text("id").map(json::relative) else { return };
    let it = slot(&mut record.prescriptions, |p| p.id == id);
    it.id = id.to_owned();
    if let Some(pharmacy) = fact.text("pharmacy") {
        it.pharmacy = Some(pharmacy.to_owned());
    }
    if it.encounter.is_none() {
        it.encounter.clone_from(&fact.episode);
    }
    match fact.kind.as_str() {
        "medication.ready" => it.ready_at = Some(fact.occurred_at),
        "medication.picked_up" => it.picked_up_at = Some(fact.occurred_at),
        _ => it.stopped = true,
    }
    super::clinical::bound_prescriptions(record);
}

/// What the hub, staff or the portal say. A fact that a topic derived from a Consent (it has `id`) only tells
/// of the change: the resource itself was folded, provision by provision.
fn consent(fold: &mut Fold, fact: &Fact) {
    if fact.body.get("id").is_some() {
        return;
    }
    let Some(allowed) = fact.flag("allowed") else { return };
    // A name that is not known here must not widen to all.
    let named = |key: &str| fact.text(key).filter(|t| !t.is_empty());
    let (purpose, channel) = (named("purpose").map(Purpose::named), named("channel").map(Channel::named));
    if purpose == Some(None) || channel == Some(None) {
        return;
    }
    let basis = fact.text("basis").unwrap_or(&fact.source).to_owned();
    let (purpose, channel) = (purpose.flatten(), channel.flatten());
    if allowed {
        ways::consented(&mut fold.ways, fact, &basis, fact.flag("written") == Some(true));
    }
    say(&mut fold.record, Consent { purpose, channel, allowed, since: fact.occurred_at, basis });
}

/// Any of `{channels, urgent, quiet, task_reminders, paused_until, language, zone}`; what is `null` is taken back, what is
/// not there stays. `channels` is a list of pairs or an object, `quiet` a pair of minutes or of `21:00`.
fn preference(record: &mut Record, fact: &Fact) {
    let body = &fact.body;
    if body.get("id").is_some() {
        // Derived from a Patient, which was folded itself.
        return;
    }
    let Preferences { channels, urgent, quiet, task_reminders } = &mut record.preferences;
    if let Some(said) = body.get("channels") {
        *channels = by_purpose(said);
    }
    if let Some(said) = body.get("urgent") {
        *urgent = channel_list(said);
    }
    if let Some(said) = body.get("quiet") {
        *quiet = quiet_hours(said);
    }
    if let Some(said) = body.get("task_reminders") {
        *task_reminders = said.as_bool();
    }
    if let Some(said) = body.get("language") {
        record.language = said.as_str().map(plain_language);
    }
    if let Some(name) = body.get("zone").and_then(Json::as_str).filter(|n| model::time::zone(n).is_some()) {
        record.zone = Some(name.to_owned());
        record.zone_from = "patient".into();
        record.zones.clear();
    }
}

/// A pause of what comes by itself, until a time; `null` ends it. It is kept beside the record, for what is stored of
/// a record has its shape for ever.
fn pause(fold: &mut Fold, fact: &Fact) {
    if fact.body.get("paused_until").is_none() || fold.said.get(PAUSED).is_some_and(|last| *last > fact.occurred_at) {
        return;
    }
    fold.said.insert(PAUSED.into(), fact.occurred_at);
    // Never for longer than the bound, whoever says it: a pause that is forgotten must end by itself.
    let longest = fact.occurred_at.plus_ms(PAUSE_MAX_MS);
    match fact.at("paused_until") {
        Some(until) => fold.said.insert(PAUSED_UNTIL.into(), until.min(longest)),
        None => fold.said.remove(PAUSED_UNTIL),
    };
}

fn channel_list(said: &Json) -> Vec<Channel> {
    let names = said.as_array().map_or(&[][..], Vec::as_slice);
    names.iter().filter_map(|n| Channel::named(n.as_str()?)).take(Channel::ALL.len()).collect()
}

fn by_purpose(said: &Json) -> Vec<(Purpose, Vec<Channel>)> {
    let pair = |name: &Json, list: &Json| Some((Purpose::named(name.as_str()?)?, channel_list(list)));
    let mut out: Vec<_> = match said {
        Json::Object(map) => map.iter().filter_map(|(k, v)| Some((Purpose::named(k)?, channel_list(v)))).collect(),
        Json::Array(list) => list.iter().filter_map(|p| pair(p.get(0)?, p.get(1)?)).collect(),
        _ => Vec::new(),
    };
    out.sort_by_key(|(purpose, _)| *purpose);
    out.truncate(Purpose::ALL.len());
    out
}

fn quiet_hours(said: &Json) -> Option<(u16, u16)> {
    const DAY_MINUTES: u64 = 24 * 60;
    let minutes = |v: &Json| match v {
        Json::String(text) => minutes_of(text),
        other => other.as_u64().filter(|m| *m < DAY_MINUTES).and_then(|m| u16::try_from(m).ok()),
    };
    Some((minutes(said.get(0)?)?, minutes(said.get(1)?)?))
}

/// A number that was found wrong is remembered as such even by a source that never gave it.
fn contact(fold: &mut Fold, fact: &Fact) {
    let Some(value) = fact.text("value").filter(|v| !v.is_empty()) else { return };
    let said = contact_said(value);
    if fold.said.get(&said).is_some_and(|last| *last > fact.occurred_at) {
        return;
    }
    let status = PointStatus::disabled(fact.text("status"));
    if fact.kind == "contact.disabled" && status.in_use() {
        // Whose the number is, and that calls reach it, stays as it is known.
        return ways::limit(&mut fold.ways, value, status, fact.occurred_at);
    }
    ways::unlimit(&mut fold.ways, value, fact.occurred_at);
    let contacts = &mut fold.record.contacts;
    if !contacts.iter().any(|p| p.value == value) {
        contacts.push(ContactPoint {
            kind: if value.contains('@') { PointKind::Email } else { PointKind::Phone },
            value: value.to_owned(),
            r#use: String::new(),
            rank: 0,
            owner: None,
            verified_at: None,
            status: PointStatus::Active,
        });
    }
    for point in contacts.iter_mut().filter(|p| p.value == value) {
        if fact.kind == "contact.verified" {
            point.status = PointStatus::Active;
            point.verified_at = Some(fact.occurred_at);
        } else {
            (point.status, point.verified_at) = (status, None);
        }
    }
    let how = (fact.kind == "contact.verified").then(|| fact.text("how").unwrap_or("staff"));
    ways::verified(&mut fold.ways, value, how, fact.occurred_at);
    fold.said.insert(said, fact.occurred_at);
    bound(&mut fold.record.contacts, super::CONTACTS_MAX, |p| (true, p.verified_at));
    let held = &fold.record.contacts;
    fold.said.retain(|name, _| name.strip_prefix("contact ").is_none_or(|value| held.iter().any(|p| p.value == value)));
}

fn task(record: &mut Record, fact: &Fact) {
    let Some(task) = fact.text("task") else { return };
    let mark = fact.kind.trim_start_matches("task.");
    if mark == "undone" {
        record.tasks.retain(|t| !(t.task == task && t.mark == "done"));
        return;
    }
    let it = slot(&mut record.tasks, |t| t.task == task && t.mark == mark);
    let text = |key| fact.text(key).unwrap_or_default().to_owned();
    *it = TaskMark {
        task: task.to_owned(),
        mark: mark.to_owned(),
        text: text("text"),
        from: text("from"),
        to: text("to"),
        at: fact.occurred_at,
    };
    bound(&mut record.tasks, TASKS_MAX, |t| (t.mark != "done", Some(t.at)));
}

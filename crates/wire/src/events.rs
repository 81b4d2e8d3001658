//! CloudEvents 1.0 in JSON: structured and batched.

use crate::bundle::{self, Entry};
use crate::event_body;
use crate::issue::nearest;
use crate::item::Made;
use crate::json::{self, Flaw};
use crate::limits::{MAX_EVENTS, MAX_ISSUES, MAX_NAME_CHARS};
use crate::subject::OWN_NAME;
use crate::types::{is_id, type_and_id};
use crate::{Issue, Severity, Source};
use model::fact::{RESOURCE_RECEIVED, SCHEMA_VERSION};
use model::inbox::{is_own, key};
use model::time::MINUTE_MS;
use model::{Actor, At, Fact, FactId, Id, Item, Sensitivity};
use serde_json::{Value, json};

/// The kinds of fact that a source may tell of by an event. A `type` may put a reversed domain name
/// before one: `org.example.medication.ready`.
pub const EVENT_KINDS: &[&str] = &[
    "consent.changed",
    "contact.disabled",
    "medication.picked_up",
    "medication.ready",
    "medication.stopped",
    "person.merged",
    "person.unmerged",
    "preference.changed",
    RESOURCE_RECEIVED,
];

/// Beyond this, a time that lies ahead is told; it counts as now in any case.
const AHEAD_MS: i64 = 5 * MINUTE_MS;

/// Reads CloudEvents. `content_type` says whether it is one (`application/cloudevents+json`) or a
/// batch (`application/cloudevents-batch+json`); plain `application/json` is read by its shape. One
/// event that is refused is `Err`; a batch tells of each.
pub fn events(bytes: &[u8], content_type: &str, source: &Source) -> Result<Vec<Entry>, Vec<Issue>> {
    let form = Form::of(content_type).map_err(|i| vec![i])?;
    let (body, flaws) = json::parse(bytes, 1).map_err(|i| vec![i])?;
    match (form, body) {
        (Form::One | Form::Any, Value::Object(event)) => {
            let issues = flaws.iter().map(|f| f.issue("event")).collect();
            let entry = entry("event", Value::Object(event), issues, source);
            match entry.result {
                Err(issues) => Err(issues),
                Ok(_) => Ok(vec![entry]),
            }
        }
        (Form::Batch | Form::Any, Value::Array(list)) => batch(list, &flaws, source),
        (Form::Batch, _) => Err(vec![Issue::error("structure", "1:1", "A batch is a JSON list of events.")]),
        _ => Err(vec![Issue::error("structure", "1:1", "A CloudEvent is a JSON object; a list goes as a batch.")]),
    }
}

fn batch(list: Vec<Value>, flaws: &[Flaw], source: &Source) -> Result<Vec<Entry>, Vec<Issue>> {
    if list.len() > MAX_EVENTS {
        let says = format!("{} events; at most {MAX_EVENTS} are read at once. Send smaller batches.", list.len());
        return Err(vec![Issue::error("too-costly", "event", says)]);
    }
    let mut issues: Vec<Vec<Issue>> = vec![Vec::new(); list.len()];
    for flaw in flaws.iter().take(MAX_ISSUES) {
        if let Some(slot) = flaw.outer_index().and_then(|i| issues.get_mut(i)) {
            slot.push(flaw.issue("event"));
        }
    }
    let each = list.into_iter().zip(issues).enumerate();
    Ok(each.map(|(i, (event, issues))| entry(&format!("event[{i}]"), event, issues, source)).collect())
}

/// What a content type promises.
#[derive(Clone, Copy)]
enum Form {
    One,
    Batch,
    Any,
}

impl Form {
    fn of(content_type: &str) -> Result<Self, Issue> {
        let lower = content_type.to_ascii_lowercase();
        let mut parts = lower.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let utf8 = parts.all(|p| !p.starts_with("charset=") || matches!(&p[8..], "utf-8" | "\"utf-8\"" | "us-ascii"));
        if !utf8 {
            return Err(Issue::error("not-supported", "Content-Type", "The charset utf-8 is expected."));
        }
        match media {
            "application/cloudevents+json" => Ok(Self::One),
            "application/cloudevents-batch+json" => Ok(Self::Batch),
            "application/json" => Ok(Self::Any),
            _ => {
                let says = "application/cloudevents+json or application/cloudevents-batch+json is expected.";
                Err(Issue::error("not-supported", "Content-Type", says))
            }
        }
    }
}

/// An event whose envelope is right.
struct Envelope {
    kind: &'static str,
    /// The event's own source and id, which name it together.
    name: [String; 2],
    /// System and value.
    subject: Option<(String, String)>,
    time: Option<At>,
    data: Value,
}

fn entry(place: &str, event: Value, mut issues: Vec<Issue>, source: &Source) -> Entry {
    let envelope = envelope(event, place, source, &mut issues);
    let done = |made: Made, type_and_id| Entry {
        place: place.to_owned(),
        result: made.result,
        warnings: made.warnings,
        type_and_id,
    };
    match envelope {
        Some(envelope) if !issues.iter().any(Issue::refuses) => {
            if envelope.kind == RESOURCE_RECEIVED {
                return resource(place, envelope.data, issues, source);
            }
            let item = item(envelope, place, source, &mut issues);
            done(Made::of(item.into_iter().collect(), issues), None)
        }
        _ => done(Made::of(Vec::new(), issues), None),
    }
}

fn envelope(mut event: Value, place: &str, source: &Source, issues: &mut Vec<Issue>) -> Option<Envelope> {
    if !event.is_object() {
        issues.push(Issue::error("structure", place, "A CloudEvent is a JSON object."));
        return None;
    }
    let mut need = |member: &str| {
        let text = event[member].as_str().filter(|t| !t.is_empty() && t.chars().count() <= MAX_NAME_CHARS);
        if text.is_none() {
            let says = format!("A CloudEvent needs `{member}`: a text of 1 to {MAX_NAME_CHARS} characters.");
            issues.push(Issue::error("required", format!("{place}.{member}"), says));
        }
        text.map(str::to_owned)
    };
    let (id, sender, kind, version) = (need("id"), need("source"), need("type"), need("specversion"));
    if version.is_some_and(|v| v != "1.0") {
        issues.push(Issue::error("not-supported", format!("{place}.specversion"), "CloudEvents 1.0 is expected."));
    }
    let kind = match kind.map(|k| known(&k)) {
        Some(Err(says)) => {
            issues.push(Issue::error("not-supported", format!("{place}.type"), says));
            None
        }
        Some(Ok(kind)) => {
            if let Some(scope) = lacking(kind, source) {
                let says = format!("To say this needs the scope {scope}.");
                issues.push(Issue::error("forbidden", format!("{place}.type"), says));
            }
            Some(kind)
        }
        None => None,
    };
    let json_type = event["datacontenttype"].as_str().is_none_or(|t| t.contains("json"));
    if !json_type || event.get("data_base64").is_some() {
        issues.push(Issue::error("not-supported", format!("{place}.data"), "The data is expected as JSON in `data`."));
    }
    let time = time(&event["time"], place, source, issues);
    let subject = subject(&event["subject"], place, source, issues);
    let data = event.get_mut("data").map(Value::take).unwrap_or_default();
    Some(Envelope { kind: kind?, name: [sender?, id?], subject, time, data })
}

/// The scope that the sender lacks to say facts of `kind`.
fn lacking(kind: &str, source: &Source) -> Option<&'static str> {
    match kind {
        "person.merged" | "person.unmerged" if !source.may.join => Some("identity:write"),
        RESOURCE_RECEIVED if !source.may.resources => Some("fhir:write"),
        _ => None,
    }
}

/// The kind of fact that `text` names, with or without a reversed domain name before it.
fn known(text: &str) -> Result<&'static str, String> {
    let named = |kind: &&&'static str| text.strip_suffix(**kind).is_some_and(|p| p.is_empty() || p.ends_with('.'));
    if let Some(kind) = EVENT_KINDS.iter().find(named) {
        return Ok(kind);
    }
    let mut labels = text.rsplitn(3, '.');
    let tail = match (labels.next(), labels.next()) {
        (Some(last), Some(before)) => format!("{before}.{last}"),
        _ => text.to_owned(),
    };
    let hint = nearest(&tail, EVENT_KINDS).map(|n| format!("Is {n} meant? ")).unwrap_or_default();
    Err(format!("No event of this type is taken in. {hint}There are: {}.", EVENT_KINDS.join(", ")))
}

fn time(value: &Value, place: &str, source: &Source, issues: &mut Vec<Issue>) -> Option<At> {
    if value.is_null() {
        return None;
    }
    let Some(at) = value.as_str().filter(|t| t.len() > 10).and_then(crate::fhir_time) else {
        let says = "A time of RFC 3339 is expected: 2026-11-22T09:00:00-05:00.";
        issues.push(Issue::error("value", format!("{place}.time"), says));
        return None;
    };
    if at.0.saturating_sub(source.now.0) > AHEAD_MS {
        let says = "This time lies ahead; it counts as now. Is the sender's clock right?";
        issues.push(Issue::new(Severity::Warning, "value", format!("{place}.time"), says));
    }
    Some(at)
}

fn subject(value: &Value, place: &str, source: &Source, issues: &mut Vec<Issue>) -> Option<(String, String)> {
    if value.is_null() {
        return None;
    }
    let nobody = "Whose it is: `system|value` of an identifier, or `Patient/` and this source's id.";
    let found = value.as_str().map_or(Err(nobody), |text| person(text, source).map_err(|own| own.unwrap_or(nobody)));
    found.map_err(|says| issues.push(Issue::error("value", format!("{place}.subject"), says))).ok()
}

/// `system|value`, or `Patient/id` of this source, as system and value; where it is neither, why, if there is more to say.
pub(crate) fn person(text: &str, source: &Source) -> Result<(String, String), Option<&'static str>> {
    if text.chars().count() > MAX_NAME_CHARS {
        return Err(None);
    }
    if let Some((system, value)) = text.split_once('|') {
        if is_own(system) {
            return Err(Some(OWN_NAME));
        }
        let whole = !system.trim().is_empty() && !value.trim().is_empty();
        return whole.then(|| (system.to_owned(), value.to_owned())).ok_or(None);
    }
    match type_and_id(text) {
        Some(("Patient", id)) if is_id(id) => Ok((source.patient_system(), id.to_owned())),
        _ => Err(None),
    }
}

/// `resource.received`: the data is a resource like any other.
fn resource(place: &str, data: Value, mut issues: Vec<Issue>, source: &Source) -> Entry {
    let within = format!("{place}.data");
    // A list of resources would need an answer for each: that is what a Bundle is for.
    let read = if data["resourceType"].as_str() == Some("Bundle") {
        Err(vec![Issue::error(
            "not-supported",
            "Bundle",
            "A Bundle goes to the FHIR endpoint; one resource is expected.",
        )])
    } else {
        bundle::value(data, &[], None, source)
    };
    let moved = |mut issue: Issue| {
        let rest = issue.place.find(['.', '[']).map_or("", |i| &issue.place[i..]);
        issue.place = format!("{within}{rest}");
        issue
    };
    match read.map(|mut r| r.entries.pop()) {
        Ok(Some(entry)) => {
            issues.extend(entry.warnings.into_iter().map(moved));
            Entry { place: place.to_owned(), result: entry.result, warnings: issues, type_and_id: entry.type_and_id }
        }
        Ok(None) => Entry { place: place.to_owned(), result: Ok(Vec::new()), warnings: issues, type_and_id: None },
        Err(errors) => {
            let errors = errors.into_iter().map(moved).collect();
            Entry { place: place.to_owned(), result: Err(errors), warnings: issues, type_and_id: None }
        }
    }
}

fn item(envelope: Envelope, place: &str, source: &Source, issues: &mut Vec<Issue>) -> Option<Item> {
    let Envelope { kind, name, subject, time, data } = envelope;
    let body = event_body::read(kind, data, &format!("{place}.data"), &name[1], source, issues)?;
    // A merge lies on the line that stays, whatever the subject says.
    let subject = match body["to"].as_str() {
        Some(to) if kind.starts_with("person.") => person(to, source).ok(),
        _ => subject,
    };
    let Some((system, value)) = subject else {
        let says = "Whose it is: `system|value` of an identifier, or `Patient/` and this source's id.";
        issues.push(Issue::error("required", format!("{place}.subject"), says));
        return None;
    };
    let line = format!("{system}|{value}");
    let content = json!([kind, line, time, body]).to_string();
    let [sender, id] = name.each_ref().map(|n| n.as_bytes());
    let fact = Fact {
        id: FactId::of(&[source.name.as_bytes(), b"event", sender, id, content.as_bytes()]),
        source: source.name.into(),
        subject: line,
        site: source.site.into(),
        kind: kind.into(),
        version: SCHEMA_VERSION,
        occurred_at: time.unwrap_or(source.now).min(source.now),
        recorded_at: source.now,
        origin: source.origin,
        actor: Actor::System,
        episode: None,
        sensitivity: Sensitivity::Normal,
        cause: None,
        retracts: None,
        body,
    };
    Some(Item {
        fact,
        source_key: Id::of(&[source.name.as_bytes(), b"event", sender, id]),
        keys: vec![key(&system, &value)],
        person: None,
        may_create: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "application/cloudevents+json";
    const BATCH: &str = "application/cloudevents-batch+json; charset=UTF-8";

    fn source() -> Source<'static> {
        let now = crate::fhir_time("2026-11-22T15:00:00Z").expect("time");
        Source::trusted("pharmacy", "main street", now)
    }

    fn ready() -> Value {
        json!({"specversion": "1.0", "id": "e1", "source": "/pharmacy/1", "type": "org.example.medication.ready",
            "subject": "urn:mrn|1001", "time": "2026-11-22T14:00:00Z", "data": {"id": "MedicationRequest/1"}})
    }

    fn read_one(event: &Value) -> Result<Item, Vec<Issue>> {
        let entries = events(event.to_string().as_bytes(), ONE, &source())?;
        Ok(entries[0].result.clone()?.remove(0))
    }

    #[test]
    fn an_event_becomes_a_fact_that_makes_nobody() {
        let item = read_one(&ready()).expect("read");
        assert_eq!((item.fact.kind.as_str(), item.fact.subject.as_str()), ("medication.ready", "urn:mrn|1001"));
        assert_eq!(item.keys, [key("urn:mrn", "1001")]);
        assert_eq!(item.fact.body, json!({"id": "MedicationRequest/1"}));
        assert_eq!((item.fact.site.as_str(), item.may_create), ("main street", false));
        assert_eq!(Some(item.fact.occurred_at), crate::fhir_time("2026-11-22T14:00:00Z"));
        assert_eq!(read_one(&ready()), Ok(item.clone()), "the same bytes, the same item");
        let mut changed = ready();
        changed["data"]["id"] = json!("MedicationRequest/2");
        let changed = read_one(&changed).expect("read");
        assert_eq!(changed.source_key, item.source_key);
        assert_ne!(changed.fact.id, item.fact.id);
    }

    #[test]
    fn a_subject_may_be_the_sources_own_patient() {
        let mut event = ready();
        event["subject"] = json!("Patient/7");
        let item = read_one(&event).expect("read");
        assert_eq!((item.keys, item.fact.subject), (vec![key("pharmacy/Patient", "7")], "pharmacy/Patient|7".into()));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (member, value, code) in [
            ("id", Value::Null, "required"),
            ("source", json!(""), "required"),
            ("specversion", json!("0.3"), "not-supported"),
            ("type", json!("medication.redy"), "not-supported"),
            ("type", json!("message.delivered"), "not-supported"),
            ("subject", json!("David"), "value"),
            ("subject", json!("phone|+12125550119"), "value"),
            ("subject", json!("disabled|+12125550119"), "value"),
            ("subject", json!("provider:smpp|77"), "value"),
            ("subject", Value::Null, "required"),
            ("time", json!("2026-11-22"), "value"),
        ] {
            let mut event = ready();
            event[member] = value.clone();
            let issues = read_one(&event).expect_err(member);
            assert_eq!(
                (issues[0].code, issues[0].place.as_str()),
                (code, format!("event.{member}").as_str()),
                "{value}"
            );
        }
        let mut event = ready();
        event["type"] = json!("medication.redy");
        let says = &read_one(&event).expect_err("unknown")[0].says;
        assert!(says.contains("Is medication.ready meant?"), "{says}");
    }

    #[test]
    fn what_needs_a_scope_of_its_own_is_refused_without_it() {
        let said = |may, kind: &str| {
            let mut event = ready();
            event["type"] = json!(kind);
            event["data"] = match kind {
                "resource.received" => json!({"resourceType": "Organization", "id": "7"}),
                _ => json!({"from": "urn:mrn|1", "to": "urn:mrn|2"}),
            };
            let source = Source { may, ..source() };
            let entries = events(event.to_string().as_bytes(), ONE, &source)?;
            entries[0].result.clone()
        };
        for (kind, scope) in [
            ("person.merged", "identity:write"),
            ("org.example.person.unmerged", "identity:write"),
            ("resource.received", "fhir:write"),
        ] {
            let join = kind == "resource.received";
            let issues = said(crate::May { join, resources: !join }, kind).expect_err(kind);
            assert_eq!((issues[0].code, issues[0].place.as_str()), ("forbidden", "event.type"));
            assert!(issues[0].says.contains(scope), "{}", issues[0].says);
            assert!(said(crate::May { join: !join, resources: join }, kind).is_ok(), "{kind}");
        }
    }

    #[test]
    fn a_batch_tells_of_each() {
        let bad = json!({"specversion": "1.0"});
        let body = json!([ready(), bad, ready()]).to_string();
        let entries = events(body.as_bytes(), BATCH, &source()).expect("read");
        assert_eq!(entries.iter().map(|e| e.result.is_ok()).collect::<Vec<_>>(), [true, false, true]);
        let place = &entries[1].result.as_ref().expect_err("bad")[0].place;
        assert_eq!(place, "event[1].id");
        assert!(events(body.as_bytes(), ONE, &source()).is_err(), "a list is no single event");
        assert!(events(body.as_bytes(), "text/plain", &source()).is_err());
        assert_eq!(events(body.as_bytes(), "application/json", &source()).map(|e| e.len()), Ok(3));
    }

    #[test]
    fn a_merge_lies_on_the_line_that_stays() {
        let mut event = ready();
        event["type"] = json!("person.merged");
        event["subject"] = Value::Null;
        event["data"] = json!({"from": "urn:mrn|1", "to": "Patient/2"});
        let item = read_one(&event).expect("read");
        assert_eq!((item.fact.subject.as_str(), item.keys), ("pharmacy/Patient|2", vec![key("pharmacy/Patient", "2")]));
        assert_eq!(item.fact.body, json!({"from": "urn:mrn|1", "to": "pharmacy/Patient|2"}));
    }

    #[test]
    fn a_resource_in_an_event_is_read_like_any_other() {
        let mut event = ready();
        event["type"] = json!("resource.received");
        event["data"] = json!({"resourceType": "Patient", "id": "7"});
        let item = read_one(&event).expect("read");
        assert_eq!((item.fact.kind.as_str(), item.may_create), ("resource.received", true));
        event["data"]["birthDate"] = json!("soon");
        assert_eq!(read_one(&event).expect_err("bad")[0].place, "event.data.birthDate");
    }
}

//! From a resource to the items that wait in the inbox.

use crate::limits::MAX_IDENTIFIERS;
use crate::refs::{Index, identifiers, rewrite};
use crate::subject::{self, Subject};
use crate::{Issue, Severity, Source, check, joins, telecom, when};
use model::fact::{RESOURCE_RECEIVED, SCHEMA_VERSION};
use model::inbox::{is_own, key};
use model::{Actor, Fact, FactId, Id, Item, Origin, Sensitivity};
use serde_json::Value;

/// What became of one resource.
pub(crate) struct Made {
    /// Its items, or why it is refused.
    pub result: Result<Vec<Item>, Vec<Issue>>,
    /// What does not hinder.
    pub warnings: Vec<Issue>,
}

impl Made {
    /// Parts `issues` into what refuses and what does not.
    pub(crate) fn of(items: Vec<Item>, issues: Vec<Issue>) -> Self {
        let (errors, warnings): (Vec<_>, Vec<_>) = issues.into_iter().partition(Issue::refuses);
        Self { result: if errors.is_empty() { Ok(items) } else { Err(errors) }, warnings }
    }
}

/// Makes the items of `resource`, which has its type and id and lies at `place`.
pub(crate) fn make(
    mut resource: Value,
    place: &str,
    source: &Source,
    index: &Index,
    test: bool,
    mut issues: Vec<Issue>,
) -> Made {
    issues.extend(check::resource(&resource, place, source));
    if issues.iter().any(|i| i.refuses() && i.code == "structure") {
        return Made::of(Vec::new(), issues);
    }
    joins::set_aside(&mut resource, place, source, &mut issues);
    tell_own_names(&resource, place, &mut issues);
    let subjects = match subject::of(&resource, place, &source.patient_system(), index) {
        Ok(subjects) => subjects,
        Err(issue) => {
            issues.push(issue);
            Vec::new()
        }
    };
    rewrite(&mut resource, place, index, &mut issues);
    telecom::tidy(&mut resource, place, source, &mut issues);
    let test = test || is_test(&resource) || subjects.iter().any(|s| s.test);
    if test {
        let says = "This is marked as made for tests (HTEST): it is kept and starts nothing.";
        issues.push(Issue::new(Severity::Information, "informational", format!("{place}.meta"), says));
    }
    if issues.iter().any(Issue::refuses) {
        return Made::of(Vec::new(), issues);
    }
    let origin = if test { Origin::History } else { source.origin };
    Made::of(items(resource, &subjects, source, origin), issues)
}

/// One item for each patient that it is of; one of nobody when there is none.
fn items(resource: Value, subjects: &[Subject], source: &Source, origin: Origin) -> Vec<Item> {
    let text = |key: &str| resource[key].as_str().unwrap_or_default();
    let (kind, id) = (text("resourceType"), text("id"));
    let name = format!("{kind}/{id}");
    let content = Id::of(&[resource.to_string().as_bytes()]).bytes();
    let mut fact = Fact {
        id: FactId::of(&[source.name.as_bytes(), name.as_bytes(), &content]),
        source: source.name.into(),
        subject: String::new(),
        site: source.site.into(),
        kind: RESOURCE_RECEIVED.into(),
        version: SCHEMA_VERSION,
        occurred_at: when::occurred(&resource, source.now, origin == Origin::Live),
        recorded_at: source.now,
        origin,
        actor: Actor::System,
        episode: None,
        sensitivity: sensitivity(&resource),
        cause: None,
        retracts: None,
        body: Value::Null,
    };
    let source_key = Id::of(&[source.name.as_bytes(), name.as_bytes()]);
    let Some((last, others)) = subjects.split_last() else {
        fact.body = resource;
        return vec![Item { fact, source_key, keys: Vec::new(), person: None, may_create: false }];
    };
    let whose = |s: &Subject| format!("{}|{}", s.system, s.value);
    let mut out = Vec::with_capacity(subjects.len());
    for subject in others {
        let mut fact = Fact { subject: whose(subject), body: resource.clone(), ..fact.clone() };
        // The same resource on another line is another fact; `last` keeps the plain ids.
        let line = fact.subject.clone();
        fact.id = FactId::of(&[source.name.as_bytes(), name.as_bytes(), &content, line.as_bytes()]);
        let source_key = Id::of(&[source.name.as_bytes(), name.as_bytes(), line.as_bytes()]);
        let keys = vec![key(&subject.system, &subject.value)];
        out.push(Item { fact, source_key, keys, person: None, may_create: true });
    }
    fact.subject = whose(last);
    let keys = keys(&resource, last);
    fact.body = resource;
    out.push(Item { fact, source_key, keys, person: None, may_create: true });
    out
}

/// The subject's own key first; for a Patient, then those of its identifiers.
fn keys(resource: &Value, subject: &Subject) -> Vec<Id> {
    let mut keys = vec![key(&subject.system, &subject.value)];
    if resource["resourceType"].as_str() == Some("Patient") {
        let lasting: Vec<Id> = lasting_identifiers(resource).into_iter().map(|(s, v)| key(s, v)).collect();
        for key in lasting {
            if !keys.contains(&key) && keys.len() <= MAX_IDENTIFIERS {
                keys.push(key);
            }
        }
    }
    keys
}

/// Tells identifiers of a Patient that name nobody, since their system is a name of the hub's own.
fn tell_own_names(resource: &Value, place: &str, issues: &mut Vec<Issue>) {
    if resource["resourceType"].as_str() != Some("Patient") {
        return;
    }
    for (i, identifier) in resource["identifier"].as_array().into_iter().flatten().enumerate() {
        if identifier["system"].as_str().is_some_and(is_own) {
            let says = "This system is a name of the hub's own: nobody is found by this identifier.";
            issues.push(Issue::new(Severity::Warning, "value", format!("{place}.identifier[{i}].system"), says));
        }
    }
}

/// Identifiers that are not marked as temporary: those are given out again to others. Nor is one of them that is a name of
/// the hub's own.
fn lasting_identifiers(resource: &Value) -> Vec<(&str, &str)> {
    let list = resource["identifier"].as_array();
    let temporary = |wanted: &(&str, &str)| {
        list.into_iter().flatten().any(|i| {
            i["use"].as_str() == Some("temp")
                && (i["system"].as_str(), i["value"].as_str()) == (Some(wanted.0), Some(wanted.1))
        })
    };
    identifiers(resource).into_iter().filter(|pair| !temporary(pair) && !is_own(pair.0)).collect()
}

/// Whether a resource is marked as made for tests: HL7 v3 ActReason `HTEST` as label or tag, or the
/// tag `test`.
pub(crate) fn is_test(resource: &Value) -> bool {
    let codes = |list: &str| resource["meta"][list].as_array().into_iter().flatten().filter_map(|c| c["code"].as_str());
    codes("security").any(|c| c == "HTEST") || codes("tag").any(|c| c == "HTEST" || c.eq_ignore_ascii_case("test"))
}

/// The gravest confidentiality label.
fn sensitivity(resource: &Value) -> Sensitivity {
    let labels = resource["meta"]["security"].as_array().into_iter().flatten();
    let confidential = labels.filter(|c| c["system"].as_str().is_none_or(|s| s.ends_with("v3-Confidentiality")));
    let codes: Vec<&str> = confidential.filter_map(|c| c["code"].as_str()).collect();
    match codes {
        codes if codes.contains(&"V") => Sensitivity::VeryRestricted,
        codes if codes.contains(&"R") => Sensitivity::Restricted,
        _ => Sensitivity::Normal,
    }
}

//! References inside a Bundle: what each entry is called, and rewriting to `Type/id`.

use crate::json::{push_index, push_key};
use crate::types::{ONE_IDENTIFIER, R4, type_and_id};
use crate::{Issue, Severity};
use model::Id;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What an entry of a Bundle is called.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub kind: String,
    pub id: String,
    /// Words to show for it; empty when it has none.
    pub display: String,
    /// Whether it is marked as made for tests.
    pub test: bool,
}

/// All that entries of one Bundle may be called by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    by_url: BTreeMap<String, Target>,
    by_name: BTreeMap<String, Target>,
    by_identifier: BTreeMap<(String, String), Target>,
    taken: BTreeSet<String>,
}

impl Index {
    /// Adds a resource that has its id.
    pub(crate) fn add(&mut self, full_url: &str, resource: &Value, test: bool) {
        let (Some(kind), Some(id)) = (resource["resourceType"].as_str(), resource["id"].as_str()) else { return };
        let target = Target { kind: kind.into(), id: id.into(), display: words_for(resource), test };
        if !full_url.is_empty() {
            self.by_url.insert(full_url.into(), target.clone());
        }
        for (system, value) in identifiers(resource) {
            self.by_identifier.entry((kind.into(), format!("{system}|{value}"))).or_insert_with(|| target.clone());
        }
        let name = format!("{kind}/{id}");
        self.taken.insert(name.clone());
        self.by_name.insert(name, target);
    }

    /// Whether an entry is called `Type/id`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    /// The entry that `reference` means, if it is in this Bundle.
    pub(crate) fn find(&self, reference: &str) -> Option<&Target> {
        if let Some(target) = self.by_url.get(reference) {
            return Some(target);
        }
        if let Some((kind, system, value)) = conditional(reference) {
            return self.by_identifier.get(&(kind, format!("{system}|{value}")));
        }
        let (kind, id) = type_and_id(reference)?;
        let relative = !reference.contains("://");
        self.by_name.get(&format!("{kind}/{id}")).filter(|_| relative)
    }

    /// The entry of type `kind` that has an identifier.
    pub(crate) fn identified(&self, kind: &str, system: &str, value: &str) -> Option<&Target> {
        self.by_identifier.get(&(kind.into(), format!("{system}|{value}")))
    }
}

/// `Type?identifier=system|value`, taken apart.
pub(crate) fn conditional(reference: &str) -> Option<(String, String, String)> {
    let (kind, query) = reference.split_once('?')?;
    let kind = kind.rsplit('/').next().filter(|k| R4.contains(k))?;
    let (system, value) = identifier_query(query)?;
    Some((kind.into(), system, value))
}

/// `identifier=system|value`, the only search that is understood.
pub(crate) fn identifier_query(query: &str) -> Option<(String, String)> {
    let token = unescape(query.strip_prefix("identifier=")?)?;
    let (system, value) = token.split_once('|')?;
    let whole = !system.is_empty() && !value.is_empty() && !token.contains('&');
    whole.then(|| (system.to_owned(), value.to_owned()))
}

/// Undoes percent encoding.
fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b == b'%' {
            let hex = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            out.push(b);
        }
    }
    String::from_utf8(out).ok()
}

/// `(system, value)` of each identifier that has both.
pub(crate) fn identifiers(resource: &Value) -> Vec<(&str, &str)> {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    if ONE_IDENTIFIER.contains(&kind) {
        return identifier(&resource["identifier"]).into_iter().collect();
    }
    resource["identifier"].as_array().into_iter().flatten().filter_map(identifier).collect()
}

/// `(system, value)` of one identifier that has both.
pub(crate) fn identifier(value: &Value) -> Option<(&str, &str)> {
    let system = value["system"].as_str().filter(|s| !s.is_empty() && !s.contains('|'))?;
    Some((system, value["value"].as_str().filter(|v| !v.trim().is_empty())?))
}

/// An id for a resource that came without one: the same each time it is sent. From the identifier
/// it is asked for by, its own first identifier, its place in the Bundle, or its content.
pub(crate) fn derived_id(
    resource: &Value,
    full_url: &str,
    asked_by: Option<&(String, String)>,
    index: &Index,
) -> String {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let own = identifiers(resource).first().map(|(s, v)| (s.to_string(), v.to_string()));
    let free = |id: &String| !index.has(&format!("{kind}/{id}"));
    let by_identifier = asked_by
        .cloned()
        .or(own)
        .map(|(s, v)| Id::of(&[b"identifier", kind.as_bytes(), s.as_bytes(), v.as_bytes()]).to_string());
    if let Some(id) = by_identifier.filter(|id| asked_by.is_some() || free(id)) {
        return id;
    }
    if !full_url.is_empty() {
        return Id::of(&[b"url", kind.as_bytes(), full_url.as_bytes()]).to_string();
    }
    Id::of(&[b"content", resource.to_string().as_bytes()]).to_string()
}

/// Words to show for a resource that others refer to: never a patient's name.
fn words_for(resource: &Value) -> String {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    match resource["resourceType"].as_str().unwrap_or_default() {
        "Organization" | "Location" | "HealthcareService" => text(&resource["name"]),
        "Practitioner" => human_name(&resource["name"][0]),
        "Medication" => concept(&resource["code"]),
        "PractitionerRole" => match text(&resource["practitioner"]["display"]) {
            name if name.is_empty() => concept(&resource["code"][0]),
            name => name,
        },
        _ => String::new(),
    }
}

fn concept(value: &Value) -> String {
    let coded = || value["coding"].as_array().into_iter().flatten().find_map(|c| c["display"].as_str());
    value["text"].as_str().or_else(coded).unwrap_or_default().to_owned()
}

fn human_name(name: &Value) -> String {
    if let Some(text) = name["text"].as_str() {
        return text.to_owned();
    }
    let list = |key: &str| name[key].as_array().into_iter().flatten().filter_map(Value::as_str);
    let family = name["family"].as_str();
    list("prefix").chain(list("given")).chain(family).chain(list("suffix")).collect::<Vec<_>>().join(" ")
}

/// Types whose references get words, since people are shown them.
const SHOWN: &[&str] = &["Appointment", "Encounter", "MedicationRequest", "MedicationDispense"];

/// Rewrites the references of `resource` that lie in its Bundle, and gives those that people are
/// shown a `display`.
pub(crate) fn rewrite(resource: &mut Value, place: &str, index: &Index, issues: &mut Vec<Issue>) {
    let shown = resource["resourceType"].as_str().is_some_and(|k| SHOWN.contains(&k));
    let contained: BTreeMap<String, String> = resource["contained"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|r| Some((format!("#{}", r["id"].as_str()?), words_for(r))))
        .collect();
    let mut place = place.to_owned();
    Walk { index, contained, shown, issues }.walk(resource, &mut place);
}

struct Walk<'a> {
    index: &'a Index,
    contained: BTreeMap<String, String>,
    shown: bool,
    issues: &'a mut Vec<Issue>,
}

impl Walk<'_> {
    fn walk(&mut self, value: &mut Value, place: &mut String) {
        let length = place.len();
        match value {
            Value::Object(map) => {
                if let Some(reference) = map.get("reference").and_then(Value::as_str).map(str::to_owned) {
                    self.reference(map, &reference, place);
                }
                for (key, child) in map.iter_mut().filter(|(_, c)| c.is_object() || c.is_array()) {
                    push_key(place, key);
                    self.walk(child, place);
                    place.truncate(length);
                }
            }
            Value::Array(list) => {
                for (i, child) in list.iter_mut().enumerate().filter(|(_, c)| c.is_object() || c.is_array()) {
                    push_index(place, i);
                    self.walk(child, place);
                    place.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn reference(&mut self, map: &mut serde_json::Map<String, Value>, reference: &str, place: &str) {
        let words = match self.index.find(reference) {
            Some(target) => {
                map.insert("reference".into(), json!(format!("{}/{}", target.kind, target.id)));
                target.display.clone()
            }
            None => {
                if reference.starts_with("urn:") && !map.contains_key("identifier") {
                    let says = "No entry of this Bundle has this fullUrl; the reference leads nowhere.";
                    self.issues.push(Issue::new(Severity::Warning, "not-found", format!("{place}.reference"), says));
                }
                self.contained.get(reference).cloned().unwrap_or_default()
            }
        };
        if self.shown && !words.is_empty() && !map.contains_key("display") {
            map.insert("display".into(), json!(words));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_inside_the_bundle_are_rewritten_and_shown() {
        let mut index = Index::default();
        let org = json!({"resourceType": "Organization", "id": "o1", "name": "General Hospital",
            "identifier": [{"system": "urn:npi", "value": "7"}]});
        index.add("urn:uuid:1", &org, false);
        for reference in [
            "urn:uuid:1",
            "Organization/o1",
            "Organization?identifier=urn:npi|7",
            "Organization?identifier=urn%3Anpi%7C7",
        ] {
            let mut stay = json!({"resourceType": "Encounter", "serviceProvider": {"reference": reference}});
            let mut issues = Vec::new();
            rewrite(&mut stay, "Encounter", &index, &mut issues);
            assert_eq!(stay["serviceProvider"], json!({"reference": "Organization/o1", "display": "General Hospital"}));
            assert_eq!(issues, []);
        }
    }

    #[test]
    fn a_reference_that_leads_nowhere_is_told_and_a_foreign_one_left_alone() {
        let mut issues = Vec::new();
        let mut stay = json!({"resourceType": "Encounter", "location": [
            {"location": {"reference": "urn:uuid:9"}}, {"location": {"reference": "https://x.example/Location/1"}}]});
        let before = stay.clone();
        rewrite(&mut stay, "Encounter", &Index::default(), &mut issues);
        assert_eq!(stay, before);
        assert_eq!(
            issues.iter().map(|i| i.place.as_str()).collect::<Vec<_>>(),
            ["Encounter.location[0].location.reference"]
        );
    }

    #[test]
    fn a_derived_id_is_the_same_each_time_and_a_fhir_id() {
        let resource = json!({"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "1"}]});
        let mut index = Index::default();
        let id = derived_id(&resource, "urn:uuid:1", None, &index);
        assert_eq!(id, derived_id(&resource, "urn:uuid:2", None, &index), "the identifier names it");
        assert!(crate::types::is_id(&id));
        index.add("", &json!({"resourceType": "Patient", "id": id}), false);
        assert_ne!(id, derived_id(&resource, "urn:uuid:2", None, &index), "another with the same identifier");
    }
}

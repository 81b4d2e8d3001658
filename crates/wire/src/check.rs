//! What is asked of a resource before it is kept: no profile, only what the hub relies on.

use crate::json::{push_index, push_key};
use crate::limits::MAX_ISSUES_PER_RESOURCE;
use crate::types::{ONE_IDENTIFIER, OTHER_SUBJECT, SHAPES, STATUS, Shape, TIMEZONE_EXTENSION, is_id};
use crate::when::{self, Given};
use crate::{Issue, Severity, Source};
use serde_json::{Map, Value};

/// Everything that is wrong with `resource`, which lies at `place`.
pub(crate) fn resource(resource: &Value, place: &str, source: &Source) -> Vec<Issue> {
    let mut check = Check { issues: Vec::new(), mendable: source.mendable() };
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    if resource["id"].as_str().is_some_and(|id| !is_id(id)) {
        check.error("value", format!("{place}.id"), "An id has 1 to 64 letters, digits, `-` and `.`.");
    }
    check.shapes(resource, kind, place);
    check.status(resource, kind, place);
    if kind == "Encounter" && resource["class"].is_null() {
        let says = "Without a class, admissions and discharges of this Encounter cannot be told.";
        check.note(Severity::Warning, "required", format!("{place}.class"), says);
    }
    if kind == "Appointment" && matches!(resource["status"].as_str(), Some("booked" | "arrived" | "checked-in")) {
        let start = &resource["start"];
        if start.as_str().is_none_or(|s| !matches!(when::read(s), Some((_, Given::Instant)))) {
            check.error(
                "required",
                format!("{place}.start"),
                "A booked Appointment has a start: date, time and offset.",
            );
        }
    }
    check.walk(resource, &mut place.to_owned());
    check.issues
}

struct Check {
    issues: Vec<Issue>,
    mendable: Severity,
}

impl Check {
    fn note(&mut self, severity: Severity, code: &'static str, place: impl Into<String>, says: impl Into<String>) {
        if self.issues.len() < MAX_ISSUES_PER_RESOURCE {
            self.issues.push(Issue::new(severity, code, place, says));
        }
    }

    fn error(&mut self, code: &'static str, place: impl Into<String>, says: impl Into<String>) {
        self.note(Severity::Error, code, place, says);
    }

    fn shapes(&mut self, resource: &Value, kind: &str, place: &str) {
        for (of, element, shape) in SHAPES.iter().filter(|(of, ..)| of.is_empty() || *of == kind) {
            let exempt = (*element == "identifier" && ONE_IDENTIFIER.contains(&kind))
                || (*element == "subject" && OTHER_SUBJECT.contains(&kind))
                || (*element == "patient" && kind == "RelatedPerson" && of.is_empty() && resource["patient"].is_null());
            let value = match resource.get(*element) {
                Some(value) if !exempt && !value.is_null() => value,
                _ => continue,
            };
            let ok = match shape {
                Shape::Text => value.is_string(),
                Shape::Object => value.is_object(),
                Shape::Objects => value.as_array().is_some_and(|list| list.iter().all(Value::is_object)),
            };
            // A few types use these names for something else (`period` as a list); only what is
            // relied on must fit.
            if !ok && (!of.is_empty() || matches!(*element, "id" | "meta" | "status" | "subject" | "patient")) {
                self.error("structure", format!("{place}.{element}"), format!("{} is expected.", shape.words()));
            }
        }
    }

    fn status(&mut self, resource: &Value, kind: &str, place: &str) {
        let Some((_, needed, codes)) = STATUS.iter().find(|(k, ..)| *k == kind) else { return };
        let place = format!("{place}.status");
        match resource["status"].as_str() {
            Some(code) if codes.contains(&code) => {}
            Some(_) => {
                self.error("code-invalid", place, format!("Not a status of {kind}: one of {}.", codes.join(", ")))
            }
            None if *needed && resource["status"].is_null() => {
                self.error("required", place, format!("{kind} needs a status: one of {}.", codes.join(", ")));
            }
            None => {}
        }
    }

    /// Dates, periods and zones, wherever they are.
    fn walk(&mut self, value: &Value, place: &mut String) {
        let length = place.len();
        match value {
            Value::Object(map) => {
                self.zone(map, place);
                for (key, child) in map {
                    push_key(place, key);
                    match child {
                        Value::String(text) => self.time(key, text, place),
                        Value::Object(inner) if key.ends_with("eriod") => {
                            self.period(inner, place);
                            self.walk(child, place);
                        }
                        Value::Object(_) | Value::Array(_) => self.walk(child, place),
                        _ => {}
                    }
                    place.truncate(length);
                }
            }
            Value::Array(list) => {
                for (i, child) in list.iter().enumerate().filter(|(_, c)| c.is_object() || c.is_array()) {
                    push_index(place, i);
                    self.walk(child, place);
                    place.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn time(&mut self, key: &str, text: &str, place: &str) {
        let Some(expected) = expected(key) else { return };
        let says = match (when::read(text).map(|(_, given)| given), expected) {
            (Some(Given::Date), Expected::Day | Expected::Either) => return,
            (Some(Given::Instant), Expected::Instant | Expected::Either) => return,
            (_, Expected::Day) => "A date is expected: 2026-11-22, 2026-11 or 2026.",
            (_, Expected::Instant) => "A date and time with its offset is expected: 2026-11-22T09:00:00-05:00.",
            (_, Expected::Either) => {
                "A date (2026-11-22) or a date and time with its offset (2026-11-22T09:00:00-05:00) is expected."
            }
        };
        self.error("value", place, says);
    }

    fn period(&mut self, period: &Map<String, Value>, place: &str) {
        let at = |key: &str| period.get(key).and_then(Value::as_str).and_then(when::read);
        if let (Some((start, _)), Some((end, Given::Instant))) = (at("start"), at("end"))
            && end < start
        {
            self.note(Severity::Warning, "business-rule", place, "This period ends before it starts.");
        }
    }

    fn zone(&mut self, map: &Map<String, Value>, place: &str) {
        if map.get("url").and_then(Value::as_str) != Some(TIMEZONE_EXTENSION) {
            return;
        }
        let name = map.get("valueCode").or_else(|| map.get("valueString")).and_then(Value::as_str);
        if name.and_then(model::time::zone).is_none() {
            let says = "No such time zone: the IANA name of one is expected, as in America/New_York.";
            self.note(self.mendable, "code-invalid", format!("{place}.valueCode"), says);
        }
    }
}

/// What an element that holds a time may hold.
#[derive(Clone, Copy)]
enum Expected {
    Day,
    Instant,
    Either,
}

/// What an element of this name holds, when it holds a time.
fn expected(key: &str) -> Option<Expected> {
    match key {
        "birthDate" => Some(Expected::Day),
        "lastUpdated" => Some(Expected::Instant),
        "authoredOn" | "authored" | "issued" | "whenPrepared" | "whenHandedOver" | "sent" | "date" | "created"
        | "recordedDate" | "assertedDate" | "start" | "end" => Some(Expected::Either),
        _ if key.ends_with("Instant") => Some(Expected::Instant),
        _ if key.ends_with("DateTime") || key == "dateTime" => Some(Expected::Either),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::At;
    use serde_json::json;

    fn places(value: Value) -> Vec<(&'static str, String)> {
        let source = Source::trusted("hospital", "", At(0));
        let kind = value["resourceType"].as_str().unwrap_or_default().to_owned();
        resource(&value, &kind, &source).into_iter().map(|i| (i.code, i.place)).collect()
    }

    #[test]
    fn a_wrong_date_zone_status_and_shape_are_named() {
        let patient = json!({"resourceType": "Patient", "id": "a b", "birthDate": "22/11/2026", "name": "David",
            "extension": [{"url": TIMEZONE_EXTENSION, "valueCode": "Mars/Olympus"}]});
        let found = places(patient);
        for place in ["Patient.id", "Patient.birthDate", "Patient.name", "Patient.extension[0].valueCode"] {
            assert!(found.iter().any(|(_, p)| p == place), "{place} in {found:?}");
        }
        assert_eq!(found.len(), 4);
        let stay =
            json!({"resourceType": "Encounter", "status": "over", "class": {}, "period": {"start": "yesterday"}});
        assert_eq!(
            places(stay),
            [("code-invalid", "Encounter.status".into()), ("value", "Encounter.period.start".into())]
        );
    }

    #[test]
    fn a_period_that_ends_before_it_starts_is_a_warning() {
        let stay = json!({"resourceType": "Encounter", "status": "finished", "class": {},
            "period": {"start": "2026-11-22T10:00:00Z", "end": "2026-11-22T09:00:00Z"}});
        assert_eq!(places(stay), [("business-rule", "Encounter.period".into())]);
    }

    #[test]
    fn a_booked_appointment_has_a_start() {
        let visit = json!({"resourceType": "Appointment", "status": "booked", "participant": []});
        assert_eq!(places(visit), [("required", "Appointment.start".into())]);
    }
}

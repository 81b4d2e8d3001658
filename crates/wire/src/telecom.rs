//! Contact points of people: phones become E.164, what cannot be used is told and laid aside.

use crate::json::{push_index, push_key};
use crate::phone::{email_looks_right, phone};
use crate::{Issue, Source};
use serde_json::{Value, json};

/// The extension beside `telecom.value` that keeps the source's own text of a number.
pub const ORIGINAL_TEXT: &str = "http://hl7.org/fhir/StructureDefinition/originalText";

/// Makes the contact points of a Patient or RelatedPerson usable, in place. One that is none is an
/// error; in an import it gets `use: old`, so that nothing is sent there, and a warning.
pub(crate) fn tidy(resource: &mut Value, place: &str, source: &Source, issues: &mut Vec<Issue>) {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    if !matches!(kind, "Patient" | "RelatedPerson") {
        return;
    }
    let country = country(resource, source.country);
    list(resource.get_mut("telecom"), &format!("{place}.telecom"), &country, source, issues);
    for (i, contact) in resource.get_mut("contact").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        let place = format!("{place}.contact[{i}].telecom");
        list(contact.get_mut("telecom"), &place, &country, source, issues);
    }
}

/// The country of the first address that names one by its code, else the source's.
fn country(resource: &Value, otherwise: &str) -> String {
    let addresses = resource["address"].as_array().into_iter().flatten();
    let mut codes = addresses.filter_map(|a| a["country"].as_str()).filter(|c| crate::is_country(c));
    codes.next().unwrap_or(otherwise).to_owned()
}

fn list(points: Option<&mut Value>, place: &str, country: &str, source: &Source, issues: &mut Vec<Issue>) {
    for (i, point) in points.and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        let mut place = place.to_owned();
        push_index(&mut place, i);
        push_key(&mut place, "value");
        if let Err(says) = one(point, country) {
            issues.push(Issue::new(source.mendable(), "value", place, says));
            if let Some(point) = point.as_object_mut() {
                point.insert("use".into(), json!("old"));
            }
        }
    }
}

/// Makes one point usable, or says why it cannot be.
fn one(point: &mut Value, country: &str) -> Result<(), String> {
    let system = point["system"].as_str().unwrap_or_default().to_owned();
    let value = match &point["value"] {
        Value::Null => return Ok(()),
        Value::String(text) => text.clone(),
        _ => return Err("A text is expected.".into()),
    };
    match system.as_str() {
        "phone" | "sms" => {
            let e164 = phone(&value, country).map_err(|e| format!("This is no phone number: {e}."))?;
            if e164 != value {
                point["value"] = json!(e164);
                keep(&mut point["_value"], json!({"url": ORIGINAL_TEXT, "valueString": value}));
            }
            Ok(())
        }
        "email" if !email_looks_right(&value) => {
            Err("This is no e-mail address: one like name@example.org is expected.".into())
        }
        _ => Ok(()),
    }
}

/// Adds an extension beside a primitive.
fn keep(beside: &mut Value, extension: Value) {
    if !beside.is_object() {
        *beside = json!({});
    }
    let list = &mut beside["extension"];
    match list.as_array_mut() {
        Some(list) => list.push(extension),
        None => *list = json!([extension]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{At, Origin};

    #[test]
    fn a_number_without_a_country_is_of_the_address_or_of_the_clinic() {
        let read = |country: &str, address: Value| {
            let source =
                Source { name: "hospital", site: "", country, origin: Origin::Live, now: At(0), may: crate::May::ALL };
            let point = json!([{"system": "phone", "value": "020 7946 0018"}]);
            let mut patient = json!({"resourceType": "Patient", "telecom": point, "address": address,
                "contact": [{"telecom": point}]});
            let mut issues = Vec::new();
            tidy(&mut patient, "Patient", &source, &mut issues);
            let told = (patient["telecom"][0]["value"].clone(), patient["contact"][0]["telecom"][0]["value"].clone());
            (told, issues.len())
        };
        let both = |value: &str| (json!(value), json!(value));
        assert_eq!(read("GB", json!([])), (both("+442079460018"), 0));
        assert_eq!(read("US", json!([{"country": "GB"}])), (both("+442079460018"), 0), "the address goes first");
        assert_eq!(read("US", json!([])).1, 2, "no such number there");
    }

    fn read(origin: Origin, telecom: Value) -> (Value, Vec<Issue>) {
        let source = Source { origin, ..Source::trusted("hospital", "", At(0)) };
        let mut patient = json!({"resourceType": "Patient", "telecom": telecom});
        let mut issues = Vec::new();
        tidy(&mut patient, "Patient", &source, &mut issues);
        (patient["telecom"].take(), issues)
    }

    #[test]
    fn a_phone_becomes_e164_and_its_text_is_kept() {
        let (points, issues) = read(Origin::Live, json!([{"system": "phone", "value": "555-555-0100"}]));
        assert_eq!(issues, []);
        assert_eq!(points[0]["value"], "+15555550100");
        assert_eq!(points[0]["_value"]["extension"][0]["valueString"], "555-555-0100");
    }

    #[test]
    fn a_phone_that_is_none_is_an_error_live_and_laid_aside_in_an_import() {
        let bad = json!([{"system": "email", "value": "a@example.org"}, {"system": "phone", "value": "none"}]);
        let (_, issues) = read(Origin::Live, bad.clone());
        assert_eq!(issues.len(), 1);
        assert!(issues[0].refuses());
        assert_eq!(issues[0].place, "Patient.telecom[1].value");
        assert!(!issues[0].says.contains("none"), "the value is not repeated: {}", issues[0].says);
        let (points, issues) = read(Origin::History, bad);
        assert!(!issues[0].refuses());
        assert_eq!((points[1]["use"].as_str(), points[1]["value"].as_str()), (Some("old"), Some("none")));
    }
}

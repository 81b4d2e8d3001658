//! Whose a resource is.

use crate::refs::{Index, conditional, identifier, identifiers};
use crate::types::{NEEDS_SUBJECT, OF_NOBODY, type_and_id};
use crate::{Issue, limits::MAX_SUBJECTS};
use model::inbox::is_own;
use serde_json::Value;

/// A patient as a source names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// `hospital/Patient`, or the system of an identifier.
    pub system: String,
    /// The id, or the identifier.
    pub value: String,
    /// Whether the patient is marked as made for tests.
    pub test: bool,
}

/// What a reference leads to.
enum Led {
    Patient(Subject),
    /// Something else than a patient.
    Other,
    /// It names a patient that cannot be told.
    Nowhere,
    /// It names a patient by a name of the hub's own.
    OwnName,
}

/// The patients that `resource` is of: none for a resource of nobody.
pub(crate) fn of(resource: &Value, place: &str, own_system: &str, index: &Index) -> Result<Vec<Subject>, Issue> {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let find = Find { own_system, index, resource };
    if kind == "Patient" {
        let id = resource["id"].as_str().unwrap_or_default();
        return Ok(vec![Subject { system: own_system.into(), value: id.into(), test: false }]);
    }
    if OF_NOBODY.contains(&kind) {
        return Ok(Vec::new());
    }
    let needed = NEEDS_SUBJECT.iter().find(|(k, _)| *k == kind).map(|(_, element)| *element);
    if kind == "Appointment" || kind == "AppointmentResponse" {
        return find.participants(place, needed.is_some());
    }
    let mut other = false;
    for element in ["subject", "patient", "beneficiary", "for", "individual", "recipient"] {
        let (value, at) = match &resource[element] {
            Value::Array(list) => (list.first().unwrap_or(&Value::Null), format!("{place}.{element}[0]")),
            value => (value, format!("{place}.{element}")),
        };
        match value.as_object().map(|_| find.lead(value)) {
            Some(Led::Patient(subject)) => return Ok(vec![subject]),
            Some(Led::Other) => other = true,
            Some(Led::Nowhere) if needed.is_some() => return Err(unresolved(at)),
            Some(Led::OwnName) => return Err(own_name(at)),
            Some(Led::Nowhere) | None => {}
        }
    }
    match needed {
        Some(element) if !other => {
            let says = format!("Whose this {kind} is cannot be told: a reference to a Patient is expected here.");
            Err(Issue::error("required", format!("{place}.{element}"), says))
        }
        _ => Ok(Vec::new()),
    }
}

fn unresolved(place: String) -> Issue {
    let says = "This names no patient that can be found: give `Patient/` and an id, the fullUrl of an entry of this \
                Bundle, or an identifier with its system.";
    Issue::error("required", place, says)
}

/// Why nobody is named by a system such as `phone`.
pub(crate) const OWN_NAME: &str = "This system is a name of the hub's own and names nobody: give `Patient/` and an id, or \
                                   an identifier of yours with its system.";

fn own_name(place: String) -> Issue {
    Issue::error("value", place, OWN_NAME)
}

struct Find<'a> {
    own_system: &'a str,
    index: &'a Index,
    resource: &'a Value,
}

impl Find<'_> {
    fn participants(&self, place: &str, needed: bool) -> Result<Vec<Subject>, Issue> {
        let single = std::iter::once(&self.resource["actor"]);
        let many = self.resource["participant"].as_array().into_iter().flatten().map(|p| &p["actor"]);
        let mut found: Vec<Subject> = Vec::new();
        for (i, actor) in many.chain(single).enumerate().filter(|(_, a)| a.is_object()) {
            match self.lead(actor) {
                Led::Patient(subject) if !found.contains(&subject) => found.push(subject),
                Led::Nowhere if needed => return Err(unresolved(format!("{place}.participant[{i}].actor"))),
                Led::OwnName => return Err(own_name(format!("{place}.participant[{i}].actor"))),
                _ => {}
            }
        }
        if found.len() > MAX_SUBJECTS {
            let says = format!("An Appointment of at most {MAX_SUBJECTS} patients is kept.");
            return Err(Issue::error("too-costly", format!("{place}.participant"), says));
        }
        if found.is_empty() && needed {
            let says = "Whose this Appointment is cannot be told: a participant whose actor is a Patient is expected.";
            return Err(Issue::error("required", format!("{place}.participant"), says));
        }
        Ok(found)
    }

    fn patient(&self, id: &str, test: bool) -> Led {
        Led::Patient(Subject { system: self.own_system.into(), value: id.into(), test })
    }

    fn lead(&self, reference: &Value) -> Led {
        let by_identifier = identifier(&reference["identifier"]);
        let is_of_patient = reference["type"].as_str().is_none_or(|t| t == "Patient");
        let Some(text) = reference["reference"].as_str() else {
            return match by_identifier {
                Some((system, value)) if is_of_patient => self.identified(system, value),
                Some(_) => Led::Other,
                None => Led::Nowhere,
            };
        };
        if let Some(target) = self.index.find(text) {
            return if target.kind == "Patient" { self.patient(&target.id, target.test) } else { Led::Other };
        }
        if let Some((kind, id)) = type_and_id(text) {
            return if kind == "Patient" { self.patient(id, false) } else { Led::Other };
        }
        if let Some((kind, system, value)) = conditional(text) {
            return if kind == "Patient" { self.identified(&system, &value) } else { Led::Other };
        }
        if let Some(id) = text.strip_prefix('#') {
            return self.contained(id);
        }
        match by_identifier {
            Some((system, value)) if is_of_patient => self.identified(system, value),
            _ => Led::Nowhere,
        }
    }

    fn identified(&self, system: &str, value: &str) -> Led {
        match self.index.identified("Patient", system, value) {
            Some(target) => self.patient(&target.id, target.test),
            None if is_own(system) => Led::OwnName,
            None => Led::Patient(Subject { system: system.into(), value: value.into(), test: false }),
        }
    }

    /// A contained Patient is known by its identifier alone.
    fn contained(&self, id: &str) -> Led {
        let mut all = self.resource["contained"].as_array().into_iter().flatten();
        let Some(inner) = all.find(|r| r["id"].as_str() == Some(id)) else { return Led::Nowhere };
        if inner["resourceType"].as_str() != Some("Patient") {
            return Led::Other;
        }
        let all = identifiers(inner);
        match all.iter().find(|(system, _)| !is_own(system)).or(all.first()) {
            Some((system, value)) => self.identified(system, value),
            None => Led::Nowhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn whose(resource: Value) -> Result<Vec<String>, Issue> {
        let found = of(&resource, "R", "hospital/Patient", &Index::default())?;
        Ok(found.into_iter().map(|s| format!("{}|{}", s.system, s.value)).collect())
    }

    #[test]
    fn a_subject_is_found_however_it_is_written() {
        for (reference, subject) in [
            (json!({"reference": "Patient/1"}), "hospital/Patient|1"),
            (json!({"reference": "https://ehr.example.org/fhir/Patient/1"}), "hospital/Patient|1"),
            (json!({"reference": "Patient?identifier=urn:mrn|9"}), "urn:mrn|9"),
            (json!({"identifier": {"system": "urn:mrn", "value": "9"}}), "urn:mrn|9"),
            (json!({"reference": "#p"}), "urn:mrn|8"),
        ] {
            let resource = json!({"resourceType": "Encounter", "subject": reference, "contained": [
                {"resourceType": "Patient", "id": "p", "identifier": [{"system": "urn:mrn", "value": "8"}]}]});
            assert_eq!(whose(resource), Ok(vec![subject.to_owned()]));
        }
    }

    #[test]
    fn elements_differ_by_type() {
        let patient = json!({"reference": "Patient/1"});
        for resource in [
            json!({"resourceType": "Consent", "patient": patient}),
            json!({"resourceType": "Coverage", "beneficiary": patient}),
            json!({"resourceType": "Task", "for": patient}),
            json!({"resourceType": "Communication", "recipient": [patient]}),
            json!({"resourceType": "Account", "subject": [patient]}),
            json!({"resourceType": "Appointment", "participant": [{"actor": {"reference": "Practitioner/2"}}, {"actor": patient}]}),
        ] {
            assert_eq!(whose(resource), Ok(vec!["hospital/Patient|1".to_owned()]));
        }
        assert_eq!(whose(json!({"resourceType": "Organization"})), Ok(vec![]));
        assert_eq!(whose(json!({"resourceType": "Observation", "subject": {"reference": "Device/1"}})), Ok(vec![]));
    }

    #[test]
    fn a_subject_that_is_missing_or_leads_nowhere_is_named() {
        let missing = whose(json!({"resourceType": "Encounter"})).expect_err("missing");
        assert_eq!((missing.code, missing.place.as_str()), ("required", "R.subject"));
        let nowhere = whose(json!({"resourceType": "Consent", "patient": {"reference": "urn:uuid:1"}}));
        assert_eq!(nowhere.expect_err("nowhere").place, "R.patient");
        for reference in [
            json!({"identifier": {"system": "phone", "value": "+12125550119"}}),
            json!({"reference": "Patient?identifier=disabled|%2B12125550119"}),
            json!({"reference": "#p"}),
        ] {
            let contained = json!([{"resourceType": "Patient", "id": "p",
                "identifier": [{"system": "provider:smpp", "value": "8"}]}]);
            // Also where nobody needs to be named.
            for kind in ["Encounter", "DocumentReference"] {
                let resource = json!({"resourceType": kind, "subject": reference, "contained": contained});
                let issue = whose(resource).expect_err("a name of the hub's own");
                assert_eq!((issue.code, issue.place.as_str()), ("value", "R.subject"), "{reference}");
            }
            let visit = json!({"resourceType": "Appointment", "participant": [{"actor": reference}],
                "contained": contained});
            assert_eq!(whose(visit).expect_err("a name of the hub's own").place, "R.participant[0].actor");
        }
        let empty = whose(json!({"resourceType": "Appointment", "participant": []}));
        assert_eq!(empty.expect_err("nobody").place, "R.participant");
    }
}

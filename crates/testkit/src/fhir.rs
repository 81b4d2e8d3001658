//! FHIR R4 resources, as small as a careful source sends them.

use model::At;
use serde_json::{Value as Json, json};

/// System of the medical record numbers here.
pub const MRN: &str = "urn:oid:2.16.840.1.113883.19.5";
/// How the person would like to be reached; the `record` crate documents its sub-extensions.
pub const PREFERENCES: &str = "https://throughline.health/fhir/StructureDefinition/engagement-preferences";
/// FHIR's own extension for an IANA zone.
pub const TIMEZONE: &str = "http://hl7.org/fhir/StructureDefinition/timezone";
const SNOMED: &str = "http://snomed.info/sct";
const ICD10_PCS: &str = "http://www.cms.gov/Medicare/Coding/ICD10";
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";

/// A person, as a hospital knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Medical record number; the ids of all that is theirs are made of it.
    pub mrn: String,
    /// Given name.
    pub given: String,
    /// Family name.
    pub family: String,
    /// FHIR gender.
    pub gender: String,
    /// ISO date.
    pub birth_date: String,
    /// BCP 47.
    pub language: String,
    /// IANA zone; `None`: left to be found out from the address.
    pub zone: Option<String>,
    /// Mobile number; `None`: none known.
    pub phone: Option<String>,
    /// Mail address; `None`: none known.
    pub email: Option<String>,
    /// State and postal code of their home in the United States.
    pub home: (String, String),
    /// Further extensions of the Patient.
    pub extensions: Vec<Json>,
}

impl Person {
    /// The Patient.
    pub fn patient(&self) -> Json {
        let mut telecom = Vec::new();
        if let Some(phone) = &self.phone {
            telecom.push(json!({"system": "phone", "value": phone, "use": "mobile", "rank": 1}));
        }
        if let Some(email) = &self.email {
            telecom.push(json!({"system": "email", "value": email, "use": "home"}));
        }
        let mut extensions = self.extensions.clone();
        if let Some(zone) = &self.zone {
            extensions.push(json!({"url": TIMEZONE, "valueCode": zone}));
        }
        let mut patient = json!({
            "resourceType": "Patient",
            "id": self.mrn,
            "active": true,
            "identifier": [{"use": "usual", "type": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
                "system": MRN, "value": self.mrn}],
            "name": [{"use": "official", "family": self.family, "given": [self.given]}],
            "gender": self.gender,
            "birthDate": self.birth_date,
            "address": [{"use": "home", "state": self.home.0, "postalCode": self.home.1, "country": "US"}],
            "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": self.language}]},
                "preferred": true}],
        });
        // FHIR has no empty lists.
        for (name, list) in [("telecom", telecom), ("extension", extensions)] {
            if !list.is_empty() {
                patient[name] = Json::Array(list);
            }
        }
        patient
    }

    /// The id of something of theirs: `Encounter/e-1001`.
    pub fn id(&self, prefix: &str) -> String {
        format!("{prefix}-{}", self.mrn)
    }

    /// A reference to the Patient.
    pub fn subject(&self) -> Json {
        json!({"reference": format!("Patient/{}", self.mrn), "type": "Patient"})
    }
}

/// The engagement preferences: channels of reminders, care and reading, channels of urgent matters,
/// quiet hours, and whether to be reminded of tasks.
pub fn preferences(by_purpose: &[(&str, &[&str])], urgent: &[&str], quiet: (&str, &str), task_reminders: bool) -> Json {
    let channel = |url: &str, c: &str| json!({"url": url, "valueCode": c});
    let mut parts: Vec<Json> = Vec::new();
    for (purpose, channels) in by_purpose {
        let mut inner = vec![json!({"url": "purpose", "valueCode": purpose})];
        inner.extend(channels.iter().map(|c| channel("channel", c)));
        parts.push(json!({"url": "channels", "extension": inner}));
    }
    parts.extend(urgent.iter().map(|c| channel("urgent", c)));
    parts.push(json!({"url": "quietFrom", "valueTime": quiet.0}));
    parts.push(json!({"url": "quietTo", "valueTime": quiet.1}));
    parts.push(json!({"url": "taskReminders", "valueBoolean": task_reminders}));
    json!({"url": PREFERENCES, "extension": parts})
}

/// A transaction Bundle that puts each resource at its id.
pub fn transaction(resources: impl IntoIterator<Item = Json>) -> Json {
    let entries: Vec<Json> = resources
        .into_iter()
        .map(|r| {
            let name = format!("{}/{}", text(&r, "resourceType"), text(&r, "id"));
            json!({"fullUrl": format!("https://hospital.example/fhir/{name}"), "resource": r,
                "request": {"method": "PUT", "url": name}})
        })
        .collect();
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

fn text<'a>(resource: &'a Json, key: &str) -> &'a str {
    resource[key].as_str().unwrap_or_default()
}

/// An inpatient Encounter (class `IMP`); with an end it is finished, discharged home.
pub fn stay(person: &Person, id: &str, start: At, end: Option<At>) -> Json {
    let mut stay = json!({
        "resourceType": "Encounter",
        "id": id,
        "status": if end.is_some() { "finished" } else { "in-progress" },
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP",
            "display": "inpatient encounter"},
        "subject": person.subject(),
        "period": {"start": start},
        "serviceProvider": {"display": "Riverside Hospital"},
    });
    if let Some(end) = end {
        stay["period"]["end"] = json!(end);
        stay["hospitalization"] = json!({"dischargeDisposition": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/discharge-disposition", "code": "home",
            "display": "Home"}]}});
    }
    stay
}

/// An office visit (class `AMB`), finished after half an hour.
pub fn visit(person: &Person, id: &str, start: At) -> Json {
    json!({"resourceType": "Encounter", "id": id, "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": person.subject(),
        "period": {"start": start, "end": start.plus_ms(model::time::HOUR_MS / 2)}})
}

/// Repair of a tendon of the right hand, coded as a surgeon (SNOMED CT) and as billing (ICD-10-PCS) does.
pub fn tendon_repair(person: &Person, id: &str, encounter: &str, at: At) -> Json {
    json!({"resourceType": "Procedure", "id": id, "status": "completed", "subject": person.subject(),
        "encounter": {"reference": format!("Encounter/{encounter}")},
        "code": {"coding": [
            {"system": SNOMED, "code": "41727003", "display": "Repair of tendon"},
            {"system": ICD10_PCS, "code": "0LQ70ZZ", "display": "Repair right hand tendon, open approach"}],
            "text": "tendon repair of the right hand"},
        "performedDateTime": at})
}

/// A medicine to order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Medicine {
    /// RxNorm code.
    pub code: &'static str,
    /// As shown.
    pub name: &'static str,
    /// Taken only when needed.
    pub as_needed: bool,
}

/// To be taken regularly.
pub const CEPHALEXIN: Medicine = Medicine { code: "309114", name: "cephalexin 500 MG Oral Capsule", as_needed: false };
/// To be taken when it hurts.
pub const IBUPROFEN: Medicine = Medicine { code: "197805", name: "ibuprofen 400 MG Oral Tablet", as_needed: true };

/// A prescription written for a stay, to be picked up outside.
pub fn prescription(person: &Person, id: &str, encounter: &str, medicine: Medicine, at: At) -> Json {
    let every = json!({"repeat": {"frequency": 4, "period": 1, "periodUnit": "d"}});
    let mut dosage = json!({"asNeededBoolean": medicine.as_needed});
    if !medicine.as_needed {
        dosage["timing"] = every;
    }
    json!({"resourceType": "MedicationRequest", "id": id, "status": "active", "intent": "order",
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "discharge"}]}],
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": medicine.code, "display": medicine.name}],
            "text": medicine.name},
        "subject": person.subject(),
        "encounter": {"reference": format!("Encounter/{encounter}")},
        "authoredOn": at,
        "dosageInstruction": [dosage],
        "dispenseRequest": {"performer": {"display": "Main Street Pharmacy"}}})
}

/// What the pharmacy says of a prescription: prepared, and handed over when `handed_over` is set.
pub fn dispense(person: &Person, id: &str, prescription: &str, prepared: At, handed_over: Option<At>) -> Json {
    let mut dispense = json!({"resourceType": "MedicationDispense", "id": id,
        "status": if handed_over.is_some() { "completed" } else { "in-progress" },
        "subject": person.subject(),
        "authorizingPrescription": [{"reference": format!("MedicationRequest/{prescription}")}],
        "medicationCodeableConcept": {"text": "as prescribed"},
        "performer": [{"actor": {"display": "Main Street Pharmacy"}}],
        "whenPrepared": prepared});
    if let Some(at) = handed_over {
        dispense["whenHandedOver"] = json!(at);
    }
    dispense
}

/// An appointment of half an hour with the surgeon.
pub fn appointment(person: &Person, id: &str, status: &str, start: At) -> Json {
    json!({"resourceType": "Appointment", "id": id, "status": status,
        "description": "Surgical follow-up",
        "start": start, "end": start.plus_ms(model::time::HOUR_MS / 2),
        "participant": [
            {"actor": person.subject(), "status": "accepted"},
            {"actor": {"reference": "Practitioner/dr-okafor", "type": "Practitioner", "display": "Dr. Ada Okafor"},
                "status": "accepted"},
            {"actor": {"reference": "Location/hand-clinic", "type": "Location", "display": "Hand Clinic, Riverside Hospital"},
                "status": "accepted"}]})
}

/// A condition that lasts.
pub fn condition(person: &Person, id: &str, code: &str, name: &str, at: At) -> Json {
    json!({"resourceType": "Condition", "id": id, "subject": person.subject(), "recordedDate": at,
        "clinicalStatus": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}]},
        "code": {"coding": [{"system": SNOMED, "code": code, "display": name}], "text": name}})
}

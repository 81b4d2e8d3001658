//! The chart of a scenario's person: stays, procedures, prescriptions, appointments, as FHIR R4 resources of a source.

use super::persona::Persona;
use model::At;
use model::time::HOUR_MS;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const DISPOSITION: &str = "http://terminology.hl7.org/CodeSystem/discharge-disposition";
/// Short names of systems of codes.
pub const SYSTEMS: &[(&str, &str)] = &[
    ("snomed", "http://snomed.info/sct"),
    ("icd10cm", "http://hl7.org/fhir/sid/icd-10-cm"),
    ("icd10pcs", "http://www.cms.gov/Medicare/Coding/ICD10"),
    ("rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm"),
    ("loinc", "http://loinc.org"),
];

/// What is charted so far: by `Encounter/stay`.
#[derive(Clone, Debug)]
pub struct Chart {
    resources: BTreeMap<String, Json>,
    /// The stay that is meant when none is named.
    pub stay: String,
}

/// A code as written: `snomed|41727003 Repair of tendon`.
pub fn coding(text: &str) -> Option<Json> {
    let (code, display) = text.split_once(' ').unwrap_or((text, ""));
    let (system, code) = code.rsplit_once('|')?;
    let system = SYSTEMS.iter().find(|(short, _)| *short == system).map_or(system, |(_, whole)| *whole);
    let mut coding = json!({"system": system, "code": code});
    if !display.is_empty() {
        coding["display"] = json!(display.trim());
    }
    (!system.is_empty() && !code.is_empty()).then_some(coding)
}

/// A concept of codings and a text.
pub fn concept(codings: Vec<Json>, text: &str) -> Json {
    let mut concept = json!({});
    let first = codings.first().and_then(|c| c["display"].as_str()).unwrap_or_default().to_owned();
    if !codings.is_empty() {
        concept["coding"] = Json::Array(codings);
    }
    let text = if text.is_empty() { first } else { text.to_owned() };
    if !text.is_empty() {
        concept["text"] = json!(text);
    }
    concept
}

impl Chart {
    /// Nothing is charted.
    pub fn new() -> Self {
        Self { resources: BTreeMap::new(), stay: "stay".into() }
    }

    /// The id of something of theirs.
    pub fn id(person: &Persona, name: &str) -> String {
        format!("{}-{name}", person.mrn)
    }

    /// Whether something of that type and name is charted.
    pub fn has(&self, kind: &str, name: &str) -> bool {
        self.resources.contains_key(&format!("{kind}/{name}"))
    }

    /// Names of all of a type.
    pub fn names(&self, kind: &str) -> Vec<String> {
        let of = |key: &String| key.strip_prefix(kind)?.strip_prefix('/').map(str::to_owned);
        self.resources.keys().filter_map(of).collect()
    }

    /// Keeps a resource under a name, as it is sent.
    pub fn put(&mut self, name: &str, resource: Json) -> Json {
        let kind = resource["resourceType"].as_str().unwrap_or_default().to_owned();
        self.resources.insert(format!("{kind}/{name}"), resource.clone());
        resource
    }

    /// The same resource with a change.
    pub fn change(&mut self, kind: &str, name: &str, change: impl FnOnce(&mut Json)) -> Option<Json> {
        let resource = self.resources.get_mut(&format!("{kind}/{name}"))?;
        change(resource);
        Some(resource.clone())
    }

    /// A stay.
    pub fn stay(&mut self, person: &Persona, name: &str, class: &str, start: At, end: Option<(At, &str)>) -> Json {
        let mut stay = json!({"resourceType": "Encounter", "id": Self::id(person, name),
            "status": if end.is_some() { "finished" } else { "in-progress" },
            "class": {"system": ACT_CODE, "code": class},
            "subject": person.subject(), "period": {"start": start}});
        if let Some((end, disposition)) = end {
            stay["period"]["end"] = json!(end);
            stay["hospitalization"] =
                json!({"dischargeDisposition": {"coding": [{"system": DISPOSITION, "code": disposition}]}});
        }
        name.clone_into(&mut self.stay);
        self.put(name, stay)
    }

    fn encounter(&self, person: &Persona) -> Json {
        json!({"reference": format!("Encounter/{}", Self::id(person, &self.stay))})
    }

    /// A procedure of the stay.
    pub fn procedure(&mut self, person: &Persona, name: &str, code: Json, at: At) -> Json {
        let procedure = json!({"resourceType": "Procedure", "id": Self::id(person, name), "status": "completed",
            "subject": person.subject(), "encounter": self.encounter(person), "code": code, "performedDateTime": at});
        self.put(name, procedure)
    }

    /// A condition of the stay.
    pub fn condition(&mut self, person: &Persona, name: &str, code: Json, at: At) -> Json {
        let status = |system: &str, code: &str| json!({"coding": [{"system": format!("http://terminology.hl7.org/CodeSystem/{system}"), "code": code}]});
        let condition = json!({"resourceType": "Condition", "id": Self::id(person, name),
            "subject": person.subject(), "encounter": self.encounter(person), "recordedDate": at, "code": code,
            "clinicalStatus": status("condition-clinical", "active"),
            "verificationStatus": status("condition-ver-status", "confirmed")});
        self.put(name, condition)
    }

    /// A prescription of the stay.
    pub fn prescription(&mut self, person: &Persona, name: &str, code: Json, as_needed: Option<bool>, at: At) -> Json {
        let mut dosage = json!({"text": "as the label says"});
        if let Some(as_needed) = as_needed {
            dosage["asNeededBoolean"] = json!(as_needed);
        }
        let order = json!({"resourceType": "MedicationRequest", "id": Self::id(person, name), "status": "active",
            "intent": "order", "category": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "discharge"}]}],
            "medicationCodeableConcept": code, "subject": person.subject(), "encounter": self.encounter(person),
            "authoredOn": at, "dosageInstruction": [dosage],
            "dispenseRequest": {"performer": {"display": "Main Street Pharmacy"}}});
        self.put(name, order)
    }

    /// What the pharmacy says of a prescription: ready, handed over, or handed over at the bedside.
    pub fn dispense(&mut self, person: &Persona, of: &str, prepared: At, over: Option<At>, bedside: bool) -> Json {
        let name = format!("{of}-dispense");
        let mut dispense = json!({"resourceType": "MedicationDispense", "id": Self::id(person, &name),
            "status": if over.is_some() { "completed" } else { "in-progress" }, "subject": person.subject(),
            "authorizingPrescription": [{"reference": format!("MedicationRequest/{}", Self::id(person, of))}],
            "medicationCodeableConcept": {"text": "as prescribed"},
            "performer": [{"actor": {"display": "Main Street Pharmacy"}}], "whenPrepared": prepared});
        if let Some(at) = over {
            dispense["whenHandedOver"] = json!(at);
        }
        if bedside {
            dispense["category"] = json!({"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/medicationdispense-category", "code": "inpatient"}]});
            dispense["context"] = self.encounter(person);
        }
        self.put(&name, dispense)
    }

    /// An appointment of half an hour.
    pub fn appointment(&mut self, person: &Persona, name: &str, start: At, with: &str, place: &str) -> Json {
        let appointment = json!({"resourceType": "Appointment", "id": Self::id(person, name), "status": "booked",
            "start": start, "end": start.plus_ms(HOUR_MS / 2), "participant": [
                {"actor": person.subject(), "status": "accepted"},
                {"actor": {"reference": "Practitioner/one", "type": "Practitioner", "display": with},
                    "status": "accepted"},
                {"actor": {"reference": "Location/clinic", "type": "Location", "display": place},
                    "status": "accepted"}]});
        self.put(name, appointment)
    }
}

/// A transaction Bundle that puts each resource at its id.
pub fn transaction(resources: Vec<Json>) -> Json {
    let text = |resource: &Json, key: &str| resource[key].as_str().unwrap_or_default().to_owned();
    let entry = |resource: Json| {
        let name = format!("{}/{}", text(&resource, "resourceType"), text(&resource, "id"));
        json!({"fullUrl": format!("https://hospital.example/fhir/{name}"), "resource": resource,
            "request": {"method": "PUT", "url": name}})
    };
    let entries: Vec<Json> = resources.into_iter().map(entry).collect();
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

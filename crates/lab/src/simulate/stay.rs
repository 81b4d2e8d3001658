//! A make-believe stay as FHIR R4: who somebody is, and what hospital and pharmacy say of them.

use model::time::HOUR_MS;
use model::{At, Item};
use serde_json::{Value as Json, json};

const MRN: &str = "urn:oid:2.16.840.1.113883.19.5";
const PREFERENCES: &str = "https://throughline.health/fhir/StructureDefinition/engagement-preferences";
const TIMEZONE: &str = "http://hl7.org/fhir/StructureDefinition/timezone";
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
const DISPOSITION: &str = "http://terminology.hl7.org/CodeSystem/discharge-disposition";
/// Days after the discharge at which the surgeon sees them.
pub const VISIT_DAYS: i32 = 10;

/// Who somebody is, as far as it makes a difference. Everybody of one profile goes the same way until chance parts them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Profile {
    /// `en`, `es`.
    pub language: &'static str,
    /// An outcome of the draw `contact`.
    pub contact: &'static str,
    /// An outcome of the draw `wishes`.
    pub wishes: &'static str,
    /// Days after the first Monday.
    pub weekday: u8,
    /// Local hour of the discharge.
    pub hour: i8,
}

impl Profile {
    /// Whether texts arrive.
    pub fn has_mobile(&self) -> bool {
        self.contact.starts_with("mobile")
    }
    fn has_phone(&self) -> bool {
        self.contact != "none"
    }
    fn has_email(&self) -> bool {
        self.contact.ends_with("email")
    }
}

/// One stay, and what follows it.
#[derive(Clone, Debug)]
pub struct Stay {
    /// Who.
    pub profile: Profile,
    /// Medical record number: all ids are made of it.
    pub number: String,
    /// Zone they live in.
    pub zone: String,
    /// When they go home.
    pub discharged_at: At,
    /// When the surgeon sees them.
    pub visit_at: At,
}

impl Stay {
    /// The number of their phone.
    pub fn phone(&self) -> String {
        let digits: u64 = self.number.bytes().fold(0, |n, b| (n * 31 + u64::from(b)) % 10_000);
        format!("+1212555{digits:04}")
    }

    /// The key by which the directory knows them.
    pub fn key(&self) -> model::Id {
        model::inbox::key(MRN, &self.number)
    }

    /// `MedicationRequest/rx-1`: the antibiotic.
    pub fn medicine(&self) -> String {
        format!("MedicationRequest/{}", self.id("rx"))
    }

    fn id(&self, prefix: &str) -> String {
        format!("{prefix}-{}", self.number)
    }

    fn subject(&self) -> Json {
        json!({"reference": format!("Patient/{}", self.number), "type": "Patient"})
    }

    /// The discharge: Patient, finished stay, tendon repair, two medicines, appointment.
    pub fn discharge(&self) -> Vec<Item> {
        let at = self.discharged_at;
        let home = json!({"coding": [{"system": DISPOSITION, "code": "home", "display": "Home"}]});
        let all = vec![
            self.patient(None),
            self.encounter("e", at.plus_ms(-20 * HOUR_MS), Some((at, home))),
            json!({"resourceType": "Procedure", "id": self.id("p"), "status": "completed", "subject": self.subject(),
                "encounter": {"reference": format!("Encounter/{}", self.id("e"))},
                "code": {"coding": [
                    {"system": "http://snomed.info/sct", "code": "41727003", "display": "Repair of tendon"},
                    {"system": "http://www.cms.gov/Medicare/Coding/ICD10", "code": "0LQ70ZZ"}],
                    "text": "tendon repair of the right hand"},
                "performedDateTime": at.plus_ms(-5 * HOUR_MS)}),
            self.prescription("rx", "309114", "cephalexin 500 MG Oral Capsule", false),
            self.prescription("prn", "197805", "ibuprofen 400 MG Oral Tablet", true),
            self.appointment("booked", self.visit_at),
        ];
        self.read(all, at)
    }

    fn prescription(&self, id: &str, code: &str, name: &str, as_needed: bool) -> Json {
        json!({"resourceType": "MedicationRequest", "id": self.id(id), "status": "active", "intent": "order",
            "category": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "discharge"}]}],
            "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code, "display": name}], "text": name},
            "subject": self.subject(),
            "encounter": {"reference": format!("Encounter/{}", self.id("e"))},
            "authoredOn": self.discharged_at.plus_ms(-HOUR_MS),
            "dosageInstruction": [{"asNeededBoolean": as_needed}]})
    }

    fn encounter(&self, id: &str, start: At, end: Option<(At, Json)>) -> Json {
        let mut stay = json!({"resourceType": "Encounter", "id": self.id(id),
            "status": if end.is_some() { "finished" } else { "in-progress" },
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
            "subject": self.subject(), "period": {"start": start}});
        if let Some((end, disposition)) = end {
            stay["period"]["end"] = json!(end);
            stay["hospitalization"] = json!({"dischargeDisposition": disposition});
        }
        stay
    }

    fn patient(&self, died: Option<At>) -> Json {
        let mut patient = json!({"resourceType": "Patient", "id": self.number, "active": true,
            "identifier": [{"use": "usual", "system": MRN, "value": self.number,
                "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}}],
            "name": [{"use": "official", "family": "Rivera", "given": ["Robin"]}],
            "gender": "other", "birthDate": "1980-06-15",
            "address": [{"use": "home", "state": "NY", "postalCode": "10001", "country": "US"}],
            "communication": [{"language": {"coding": [{
                "system": "urn:ietf:bcp:47", "code": self.profile.language}]}, "preferred": true}]});
        let mut telecom = Vec::new();
        if self.profile.has_phone() {
            let of = if self.profile.has_mobile() { "mobile" } else { "home" };
            telecom.push(json!({"system": "phone", "value": self.phone(), "use": of, "rank": 1}));
        }
        if self.profile.has_email() {
            let address = format!("robin.{}@example.org", self.number);
            telecom.push(json!({"system": "email", "value": address, "use": "home"}));
        }
        let mut extensions = vec![json!({"url": TIMEZONE, "valueCode": self.zone})];
        extensions.extend(self.wishes());
        patient["extension"] = Json::Array(extensions);
        // FHIR has no empty lists.
        if !telecom.is_empty() {
            patient["telecom"] = Json::Array(telecom);
        }
        if let Some(at) = died {
            patient["deceasedDateTime"] = json!(at);
        }
        patient
    }

    fn wishes(&self) -> Option<Json> {
        let channels = |purpose: &str, channels: &[&str]| {
            let mut inner = vec![json!({"url": "purpose", "valueCode": purpose})];
            inner.extend(channels.iter().map(|c| json!({"url": "channel", "valueCode": c})));
            json!({"url": "channels", "extension": inner})
        };
        let (reminders, tasks): (&[&str], bool) = match self.profile.wishes {
            "texts_and_tasks" => (&["sms"], true),
            "texts" => (&["sms"], false),
            "email" => (&["email"], false),
            _ => return None,
        };
        let parts = vec![
            channels("reminder", reminders),
            channels("education", &["email", "portal"]),
            json!({"url": "taskReminders", "valueBoolean": tasks}),
        ];
        Some(json!({"url": PREFERENCES, "extension": parts}))
    }

    fn appointment(&self, status: &str, start: At) -> Json {
        json!({"resourceType": "Appointment", "id": self.id("a"), "status": status,
            "description": "Surgical follow-up", "start": start, "end": start.plus_ms(HOUR_MS / 2),
            "participant": [{"actor": self.subject(), "status": "accepted"}]})
    }

    /// The pharmacy has it ready, or handed it over.
    pub fn dispense(&self, now: At, handed_over: bool) -> Vec<Item> {
        let mut dispense = json!({"resourceType": "MedicationDispense", "id": self.id("d"),
            "status": if handed_over { "completed" } else { "in-progress" },
            "subject": self.subject(),
            "authorizingPrescription": [{"reference": self.medicine()}],
            "medicationCodeableConcept": {"text": "as prescribed"},
            "whenPrepared": now});
        if handed_over {
            dispense["whenPrepared"] = json!(now.plus_ms(-HOUR_MS));
            dispense["whenHandedOver"] = json!(now);
        }
        self.read(vec![dispense], now)
    }

    /// A new stay begins.
    pub fn readmission(&self, now: At) -> Vec<Item> {
        self.read(vec![self.encounter("e2", now, None)], now)
    }

    /// They died.
    pub fn death(&self, now: At) -> Vec<Item> {
        self.read(vec![self.patient(Some(now))], now)
    }

    /// They live in this zone from now on.
    pub fn moves(&mut self, zone: &str, now: At) -> Vec<Item> {
        zone.clone_into(&mut self.zone);
        self.read(vec![self.patient(None)], now)
    }

    /// The visit is at another time, or nobody came.
    pub fn visit(&mut self, status: &str, start: At, now: At) -> Vec<Item> {
        self.visit_at = start;
        self.read(vec![self.appointment(status, start)], now)
    }

    /// As it comes in: written, and read by the code that reads what hospitals send.
    fn read(&self, resources: Vec<Json>, now: At) -> Vec<Item> {
        let entries: Vec<Json> = resources
            .into_iter()
            .map(|resource| {
                let text = |key: &str| resource[key].as_str().unwrap_or_default().to_owned();
                let url = format!("{}/{}", text("resourceType"), text("id"));
                json!({"resource": resource, "request": {"method": "PUT", "url": url}})
            })
            .collect();
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
        let source = wire::Source::trusted("hospital", "", now);
        let read = wire::fhir(bundle.to_string().as_bytes(), &source);
        // What is written above reads; a test walks it. Were an entry refused, the person would not be enrolled.
        read.map(|read| read.entries.into_iter().filter_map(|e| e.result.ok()).flatten().collect()).unwrap_or_default()
    }
}

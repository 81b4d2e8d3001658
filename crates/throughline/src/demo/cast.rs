//! The people of the demo who are worth a look: long names, other languages, needs, what they like to be called; and
//! what their sources send that cannot be read.
//!
//! All of it comes in as sources send it: charts through the hub, what is refused by the real door over HTTP.

use model::At;
use model::time::{HOUR_MS, MINUTE_MS};
use serde_json::{Value as Json, json};
use testkit::fhir::{self, Person};
use testkit::story::Story;

/// The clinic beside the hospital: its own site, with the same pathway.
pub const BESIDE: &str = "eastside";

/// Someone of the cast, and what they write on the first morning.
pub struct Actor {
    /// Their stay.
    pub story: Story,
    /// Where.
    pub site: &'static str,
    /// What they like to be called.
    nickname: Option<&'static str>,
    /// What they write; empty when nothing.
    pub writes: &'static str,
}

const INTERPRETER: &str = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired";
const PRONOUNS: &str = "http://hl7.org/fhir/StructureDefinition/individual-pronouns";
const DISABILITY: &str = "http://hl7.org/fhir/StructureDefinition/patient-disability";

impl Actor {
    /// Their discharge, with what they like to be called.
    pub fn discharge(&self) -> Json {
        let mut bundle = self.story.discharge();
        if let (Some(name), Some(names)) = (self.nickname, bundle["entry"][0]["resource"]["name"].as_array_mut()) {
            names.push(json!({"use": "nickname", "given": [name]}));
        }
        bundle
    }

    /// Their number.
    pub fn phone(&self) -> &str {
        self.story.person.phone.as_deref().unwrap_or_default()
    }
}

/// Given and family name, gender, language, site, extensions, what they like to be called, what they write.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Vec<Json>,
    Option<&'static str>,
    &'static str,
);

/// The cast, gone home within the day before `now`.
pub fn cast(now: At) -> Vec<Actor> {
    let interpreter = || json!({"url": INTERPRETER, "valueBoolean": true});
    let deaf = json!({"url": DISABILITY, "valueCodeableConcept": {"coding": [
        {"system": "http://snomed.info/sct", "code": "15188001", "display": "Hearing loss"}]}});
    let says =
        |text: &str| json!({"url": PRONOUNS, "extension": [{"url": "value", "valueCodeableConcept": {"text": text}}]});
    let all: [Row; 8] = [
        (
            "Maximiliana Guadalupe",
            "Fernández de la Concepción y Villavicencio",
            "female",
            "es",
            BESIDE,
            vec![interpreter()],
            None,
            "la herida me está sangrando mucho",
        ),
        (
            "Alexandra",
            "Whitfield",
            "other",
            "en",
            super::WITH,
            vec![says("they/them/their/theirs/themself")],
            Some("Lex"),
            "Can I take a shower with the bandage on?",
        ),
        (
            "Nkechi Oluwaseun",
            "Adeyemi-Featherstonehaugh",
            "female",
            "en",
            BESIDE,
            vec![says("she/her/her/hers/herself")],
            None,
            "the cut is soaking through with blood",
        ),
        ("Thị Bích Ngọc", "Nguyễn", "female", "vi", super::WITH, vec![interpreter()], None, ""),
        ("Bartholomew", "Szczepański", "male", "en", BESIDE, vec![deaf], Some("Bart"), "When is my next visit?"),
        ("Rosa Ixchel", "Quispe", "female", "es", super::WITH, vec![], None, "¿Puedo manejar ya?"),
        ("José Luis", "Ramírez Ortega", "male", "es", BESIDE, vec![], Some("Pepe"), "ALTO"),
        (
            "Wilhelmina Anastasia",
            "van der Westhuizen-Montgomery",
            "female",
            "en",
            super::WITH,
            vec![says("she/her/her/hers/herself")],
            Some("Billie"),
            "I have a fever and feel shaky",
        ),
    ];
    let person = |n: i64, given: &str, family: &str, gender: &str, language: &str, extensions: Vec<Json>| Person {
        mrn: format!("{}", 3001 + n),
        given: given.into(),
        family: family.into(),
        gender: gender.into(),
        birth_date: format!("19{}-0{}-1{n}", 52 + n * 5, 1 + n),
        language: language.into(),
        zone: Some(testkit::story::ZONE.into()),
        phone: Some(format!("+1212555017{n}")),
        email: Some(format!("p{}@example.org", 3001 + n)),
        home: ("NY".into(), "10001".into()),
        extensions,
    };
    let one = |(n, (given, family, gender, language, site, extensions, nickname, writes))| {
        let n: i64 = n;
        let story = Story {
            person: person(n, given, family, gender, language, extensions),
            discharged_at: now.plus_ms(-(1 + 2 * n) * HOUR_MS),
        };
        Actor { story, site, nickname, writes }
    };
    (0..).zip(all).map(one).collect()
}

/// What a source sends: who, where to, the method, and the bytes.
pub struct Letter {
    /// The source; its key is of the same name.
    pub source: &'static str,
    /// The site that its key speaks for.
    pub site: &'static str,
    /// `POST`, `PUT`.
    pub method: &'static str,
    /// `/fhir/R4/Patient/4001`.
    pub path: String,
    /// The media type.
    pub media: &'static str,
    /// The body.
    pub body: String,
}

const FHIR: &str = "application/fhir+json";
const EVENT: &str = "application/cloudevents+json";

/// What cannot be read, or matches nobody: each as careless sources do send it.
pub fn letters(now: At) -> Vec<Letter> {
    let patient = |source, site, mrn: &str, given: &str, family: &str, change: &dyn Fn(&mut Json)| {
        let mut body = json!({"resourceType": "Patient", "id": mrn, "active": true,
            "identifier": [{"system": fhir::MRN, "value": mrn}],
            "name": [{"use": "official", "family": family, "given": [given]}], "gender": "female",
            "birthDate": "1971-05-02", "telecom": [{"system": "phone", "value": "+12125550180", "use": "mobile"}]});
        change(&mut body);
        let body = serde_json::to_string_pretty(&body).unwrap_or_default();
        Letter { source, site, method: "PUT", path: format!("/fhir/R4/Patient/{mrn}"), media: FHIR, body }
    };
    let phone = |text: &'static str| move |p: &mut Json| p["telecom"][0]["value"] = json!(text);
    let born = |text: &'static str| move |p: &mut Json| p["birthDate"] = json!(text);
    let event = |id: &str, kind: &str, subject: &str| {
        let time = now.plus_ms(-20 * MINUTE_MS);
        let body = json!({"specversion": "1.0", "id": id, "source": "/main-street", "type": kind, "subject": subject,
            "time": time, "data": {"id": format!("MedicationRequest/{id}"), "pharmacy": "Main Street Pharmacy"}});
        let (path, body) = ("/events".to_owned(), body.to_string());
        Letter { source: "pharmacy", site: "", method: "POST", path, media: EVENT, body }
    };
    let mut stay = Story { discharged_at: now, ..Story::katie() };
    stay.person.mrn = "4010".into();
    (stay.person.given, stay.person.family) = ("Harriet".into(), "Blomqvist".into());
    let bundle = |body: String| Letter {
        source: BESIDE,
        site: BESIDE,
        method: "POST",
        path: "/fhir/R4".into(),
        media: FHIR,
        body,
    };
    let broken_off = discharged(&stay).chars().take(900).collect();
    vec![
        patient(super::WITH, super::WITH, "4001", "Dolores", "Haze-Whitcombe", &born("05/02/1971")),
        patient(super::WITH, super::WITH, "4002", "Ingrid", "Solberg", &born("unknown")),
        patient(super::WITH, super::WITH, "4003", "Priya", "Raghunathan", &born("2.5.71")),
        patient(BESIDE, BESIDE, "4004", "Fatoumata", "Diallo", &phone("ask her son")),
        patient(BESIDE, BESIDE, "4005", "Beatrix", "Oyelaran", &phone("555-CALL-ME")),
        bundle(broken_off),
        bundle(discharged(&stay)),
        event("rx-9001", "medication.redy", &format!("{}|1001", fhir::MRN)),
        event("rx-9002", "medication.ready", "urn:oid:2.16.840.1.113883.19.5|O1003"),
        event("rx-9003", "medication.picked_up", "urn:mainstreet:customer|77120"),
    ]
}

/// A discharge whose stay has a status that FHIR does not know.
fn discharged(stay: &Story) -> String {
    let mut bundle = stay.discharge();
    bundle["entry"][1]["resource"]["status"] = json!("discharged");
    serde_json::to_string_pretty(&bundle).unwrap_or_default()
}

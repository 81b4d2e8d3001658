//! The person of a scenario, and their Patient.

use super::act::SOURCE;
use model::{Channel, PersonId, Purpose};
use pathway::finding::{Findings, did_you_mean};
use pathway::reader::{Keys, one_or_more, text, yes_no};
use pathway::yaml::Node;
use serde_json::{Value as Json, json};

/// System of the record numbers of scenarios.
pub const MRN: &str = "urn:oid:2.16.840.1.113883.19.5";
const TIMEZONE: &str = "http://hl7.org/fhir/StructureDefinition/timezone";
const DISABILITY: &str = "http://hl7.org/fhir/StructureDefinition/patient-disability";
const INTERPRETER: &str = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired";
const SNOMED: &str = "http://snomed.info/sct";

/// Keys of a person.
const KEYS: &[&str] = &[
    "name",
    "born",
    "gender",
    "language",
    "zone",
    "phone",
    "email",
    "home",
    "preferences",
    "needs",
    "consents",
    "notifications",
];
const NEEDS: &[&str] = &["deaf", "blind", "interpreter", "no_smartphone"];

/// Somebody, as a hospital knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Persona {
    /// Record number; the ids of all that is theirs begin with it.
    pub mrn: String,
    given: String,
    family: String,
    born: String,
    gender: String,
    language: String,
    /// IANA zone; none: left to be found out.
    pub zone: Option<String>,
    /// Mobile number; none known.
    pub phone: Option<String>,
    /// Mail address; none known.
    pub email: Option<String>,
    home: Option<(String, String)>,
    preferences: Option<Json>,
    needs: Vec<String>,
    /// What they allowed or refused: bodies of `consent.changed`.
    pub consents: Vec<Json>,
    /// They turned notifications on, on one device.
    pub notifications: bool,
}

impl Default for Persona {
    fn default() -> Self {
        Self {
            mrn: "1001".into(),
            given: "Alex".into(),
            family: "Morgan".into(),
            born: "1984-03-09".into(),
            gender: "unknown".into(),
            language: "en".into(),
            zone: Some("America/New_York".into()),
            phone: Some("+12125550119".into()),
            email: Some("alex.morgan@example.org".into()),
            home: Some(("NY".into(), "10001".into())),
            preferences: None,
            needs: Vec::new(),
            consents: Vec::new(),
            notifications: false,
        }
    }
}

impl Persona {
    /// The same with what a map says.
    pub fn with(mut self, node: &Node, findings: &mut Findings) -> Self {
        let of = "a person";
        let Some(keys) = Keys::of(node, of, findings) else { return self };
        keys.only(of, KEYS, findings);
        let mut plain = |key: &str| keys.get(key).and_then(|n| text(n, &format!("`{key}`"), findings));
        if let Some(name) = plain("name") {
            let (given, family) = name.split_once(' ').unwrap_or((name, ""));
            (self.given, self.family) = (given.into(), family.into());
            if self.email.is_some() {
                let local = name.to_ascii_lowercase().replace(' ', ".");
                self.email = Some(format!("{local}@example.org"));
            }
        }
        let known = |text: &str| (text != "none").then(|| text.to_owned());
        for (key, slot) in [("born", &mut self.born), ("gender", &mut self.gender), ("language", &mut self.language)] {
            if let Some(text) = plain(key) {
                *slot = text.to_owned();
            }
        }
        for (key, slot) in [("phone", &mut self.phone), ("email", &mut self.email), ("zone", &mut self.zone)] {
            if let Some(text) = plain(key) {
                *slot = known(text);
            }
        }
        if let Some(home) = plain("home") {
            self.home = (home != "none").then(|| {
                let (state, code) = home.split_once(' ').unwrap_or((home, ""));
                (state.to_owned(), code.to_owned())
            });
        }
        if let (Some(node), Some(zone)) = (keys.get("zone"), &self.zone)
            && model::time::zone(zone).is_none()
        {
            let help = Some("as `America/New_York`, or `none` when it is not known".into());
            findings.error("TL018", node.place, format!("`{zone}` is no zone"), help);
        }
        if let Some(node) = keys.get("preferences") {
            self.preferences = preferences(node, findings);
        }
        if let Some(node) = keys.get("needs") {
            self.needs = one_or_more(node).into_iter().filter_map(|n| need(n, findings)).collect();
        }
        if let Some(node) = keys.get("consents") {
            self.consents = one_or_more(node).into_iter().filter_map(|n| consent(n, findings)).collect();
        }
        if let Some(node) = keys.get("notifications") {
            self.notifications = yes_no(node, "`notifications`", findings);
        }
        self
    }

    /// The Patient.
    pub fn patient(&self) -> Json {
        let mut patient = json!({
            "resourceType": "Patient", "id": self.mrn, "active": true,
            "identifier": [{"use": "usual", "type": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
                "system": MRN, "value": self.mrn}],
            "name": [{"use": "official", "family": self.family, "given": [self.given]}],
            "gender": self.gender, "birthDate": self.born,
            "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": self.language}]},
                "preferred": true}],
        });
        if let Some((state, code)) = &self.home {
            let mut home = json!({"use": "home", "state": state, "country": "US"});
            if !code.is_empty() {
                home["postalCode"] = json!(code);
            }
            patient["address"] = json!([home]);
        }
        let phone = self.phone.iter().map(|p| json!({"system": "phone", "value": p, "use": "mobile", "rank": 1}));
        let email = self.email.iter().map(|e| json!({"system": "email", "value": e, "use": "home"}));
        let telecom: Vec<Json> = phone.chain(email).collect();
        let extensions = self.extensions();
        for (name, list) in [("telecom", telecom), ("extension", extensions)] {
            if !list.is_empty() {
                patient[name] = Json::Array(list);
            }
        }
        patient
    }

    fn extensions(&self) -> Vec<Json> {
        let mut all: Vec<Json> = self.preferences.iter().cloned().collect();
        all.extend(self.zone.iter().map(|zone| json!({"url": TIMEZONE, "valueCode": zone})));
        let disability = |code: &str| json!({"url": DISABILITY, "valueCodeableConcept": {"coding": [{"system": SNOMED, "code": code}]}});
        all.extend(self.needs.iter().map(|need| match need.as_str() {
            "deaf" => disability("15188001"),
            "blind" => disability("397540003"),
            "interpreter" => json!({"url": INTERPRETER, "valueBoolean": true}),
            _ => json!({"url": record::fold::NO_SMARTPHONE, "valueBoolean": true}),
        }));
        all
    }

    /// A reference to the Patient.
    pub fn subject(&self) -> Json {
        json!({"reference": format!("Patient/{}", self.mrn)})
    }

    /// Whose line it is, as the hub finds it.
    pub fn id(&self) -> PersonId {
        let now = model::At(0);
        let source = wire::Source::trusted(SOURCE, "", now);
        let read = wire::fhir(self.patient().to_string().as_bytes(), &source).ok();
        let items = read.and_then(|read| read.entries.into_iter().find_map(|e| e.result.ok()));
        let key = items.and_then(|items| items.first().and_then(|item| item.keys.first().copied()));
        model::inbox::person_of(key.unwrap_or_else(|| model::inbox::key(MRN, &self.mrn)))
    }
}

fn need(node: &Node, findings: &mut Findings) -> Option<String> {
    let name = text(node, "a need", findings)?;
    if !NEEDS.contains(&name) {
        let help = did_you_mean(name, NEEDS.iter().copied()).or_else(|| Some(format!("known: {}", NEEDS.join(", "))));
        findings.error("TL018", node.place, format!("unknown need `{name}`"), help);
        return None;
    }
    Some(name.into())
}

/// `{channel: sms, purpose: care, allowed: false}`.
pub fn consent(node: &Node, findings: &mut Findings) -> Option<Json> {
    let of = "a consent";
    let keys = Keys::of(node, of, findings)?;
    keys.only(of, &["channel", "purpose", "allowed"], findings);
    let allowed = keys.need("allowed", of, findings).map(|n| yes_no(n, "`allowed`", findings))?;
    let mut body = json!({"allowed": allowed, "basis": "said so"});
    if let Some(node) = keys.get("channel") {
        body["channel"] = json!(channel(node, findings)?.name());
    }
    if let Some(node) = keys.get("purpose") {
        body["purpose"] = json!(purpose(node, findings)?.name());
    }
    Some(body)
}

/// A channel by name.
pub fn channel(node: &Node, findings: &mut Findings) -> Option<Channel> {
    let known: Vec<&'static str> = Channel::ALL.iter().map(|c| c.name()).collect();
    pathway::reader::one_of(node, "channel", &known, Channel::named, findings)
}

fn purpose(node: &Node, findings: &mut Findings) -> Option<Purpose> {
    let known: Vec<&'static str> = Purpose::ALL.iter().map(|p| p.name()).collect();
    pathway::reader::one_of(node, "purpose", &known, Purpose::named, findings)
}

/// The engagement preferences, as the record reads them.
fn preferences(node: &Node, findings: &mut Findings) -> Option<Json> {
    let of = "`preferences`";
    let keys = Keys::of(node, of, findings)?;
    let purposes = Purpose::ALL.iter().map(|p| p.name());
    let known: Vec<&str> = purposes.clone().chain(["urgent", "quiet", "task_reminders"]).collect();
    keys.only(of, &known, findings);
    let mut parts = Vec::new();
    let list = |node: &Node, url: &str, findings: &mut Findings| -> Vec<Json> {
        let all = one_or_more(node).into_iter().filter_map(|n| channel(n, findings));
        all.map(|c| json!({"url": url, "valueCode": c.name()})).collect()
    };
    for purpose in purposes {
        if let Some(node) = keys.get(purpose) {
            let mut inner = vec![json!({"url": "purpose", "valueCode": purpose})];
            inner.extend(list(node, "channel", findings));
            parts.push(json!({"url": "channels", "extension": inner}));
        }
    }
    if let Some(node) = keys.get("urgent") {
        parts.extend(list(node, "urgent", findings));
    }
    if let Some(node) = keys.get("quiet") {
        match node.text().and_then(|t| t.split_once(" to ")) {
            Some((from, to)) if pathway::times::clock(from).is_some() && pathway::times::clock(to).is_some() => {
                for (url, at) in [("quietFrom", from), ("quietTo", to)] {
                    parts.push(json!({"url": url, "valueTime": format!("{:0>5}:00", at.trim())}));
                }
            }
            _ => findings.error("TL017", node.place, "quiet hours are written `21:00 to 08:00`", None),
        }
    }
    if let Some(node) = keys.get("task_reminders") {
        parts.push(json!({"url": "taskReminders", "valueBoolean": yes_no(node, "`task_reminders`", findings)}));
    }
    Some(json!({"url": record::fold::PREFERENCES, "extension": parts}))
}

//! Synthetic people: as many as asked for, the same for the same seed.
//!
//! Each number is a person of their own: names, ages, languages, zones, needs and charts vary, and so does
//! what is missing (no mail address, no phone, no zone).

use crate::fhir::{self, CEPHALEXIN, IBUPROFEN, Person};
use crate::story::Story;
use model::At;
use model::time::{DAY_MS, HOUR_MS};
use serde_json::{Value as Json, json};

const GIVEN: &[(&str, &str)] = &[
    ("Amara", "female"),
    ("Benjamin", "male"),
    ("Carmen", "female"),
    ("Darnell", "male"),
    ("Elena", "female"),
    ("Farid", "male"),
    ("Grace", "female"),
    ("Hiro", "male"),
    ("Imani", "female"),
    ("Jorge", "male"),
    ("Kavya", "female"),
    ("Liam", "male"),
    ("Mei", "female"),
    ("Nikolai", "male"),
    ("Olivia", "female"),
    ("Pedro", "male"),
    ("Quyen", "female"),
    ("Rashid", "male"),
    ("Sofía", "female"),
    ("Tomás", "male"),
    ("Uma", "female"),
    ("Victor", "male"),
    ("Wanda", "female"),
    ("Xavier", "male"),
    ("Yusuf", "male"),
    ("Zoë", "female"),
    ("Alex", "other"),
    ("Noor", "unknown"),
];
const FAMILY: &[&str] = &[
    "Abernathy",
    "Baptiste",
    "Castillo",
    "Diallo",
    "Eriksson",
    "Fernández",
    "Goldberg",
    "Huang",
    "Ibrahim",
    "Jackson",
    "Kowalski",
    "López",
    "Müller",
    "Nguyen",
    "O'Brien",
    "Patel",
    "Quispe",
    "Robinson",
    "Silva",
    "Tanaka",
    "Ullah",
    "Vargas",
    "Washington",
    "Xiong",
    "Yamamoto",
    "Zapata",
    "Begay",
    "Chen",
    "Dubois",
];
/// Language and how many of a hundred speak it.
const LANGUAGES: &[(&str, u64)] =
    &[("en", 66), ("es", 22), ("zh", 4), ("vi", 3), ("ht", 2), ("ar", 1), ("fr", 1), ("ru", 1)];
/// State, postal code, zone.
const HOMES: &[(&str, &str, &str)] = &[
    ("NY", "10001", "America/New_York"),
    ("MA", "02118", "America/New_York"),
    ("FL", "33130", "America/New_York"),
    ("IL", "60607", "America/Chicago"),
    ("TX", "78207", "America/Chicago"),
    ("CO", "80204", "America/Denver"),
    ("AZ", "85003", "America/Phoenix"),
    ("CA", "94110", "America/Los_Angeles"),
    ("AK", "99501", "America/Anchorage"),
    ("HI", "96813", "Pacific/Honolulu"),
];
/// SNOMED CT disorders.
const CONDITIONS: &[(&str, &str)] = &[
    ("44054006", "Type 2 diabetes mellitus"),
    ("38341003", "Hypertensive disorder"),
    ("195967001", "Asthma"),
    ("13645005", "Chronic obstructive lung disease"),
    ("35489007", "Depressive disorder"),
    ("396275006", "Osteoarthritis"),
];
const NO_SMARTPHONE: &str = "https://throughline.health/fhir/StructureDefinition/no-smartphone";
const INTERPRETER: &str = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired";
const DISABILITY: &str = "http://hl7.org/fhir/StructureDefinition/patient-disability";
const SNOMED: &str = "http://snomed.info/sct";

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }
    /// True for `n` of a hundred.
    fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len() as u64);
        &from[usize::try_from(at).unwrap_or(0)]
    }
}

/// `n` synthetic people as transaction Bundles, around `now`: everyone has a Patient; about a third come
/// home from a tendon repair on one of the last three days, others have a visit ahead, an old chart, or
/// nothing more.
pub fn synthetic(n: usize, seed: u64, now: At) -> impl Iterator<Item = Json> {
    (0..n as u64).map(move |i| {
        let mut draw = Draw(seed ^ i.wrapping_mul(0xa076_1d64_78bd_642f));
        let person = someone(&mut draw, i, &format!("{}", 20_000 + i));
        match draw.below(6) {
            0 | 1 => {
                let hours = 1 + i64::try_from(draw.below(60)).unwrap_or(0);
                let story = Story { person, discharged_at: now.plus_ms(-hours * HOUR_MS) };
                with_visit_in_hours(story.discharge(), &story)
            }
            2 => {
                let days = 1 + i64::try_from(draw.below(20)).unwrap_or(0);
                let start = in_hours(&person, now.plus_ms(days * DAY_MS));
                let visit = fhir::appointment(&person, &person.id("a"), "booked", start);
                fhir::transaction([person.patient(), visit])
            }
            3 | 4 => chart_of(&mut draw, &person, now),
            _ => fhir::transaction([person.patient()]),
        }
    })
}

/// `n` charts that end before `now`, for imports: a Patient, a stay and two visits, conditions, medicines,
/// an operation. Ten years back at most.
pub fn charts(n: usize, seed: u64, now: At) -> impl Iterator<Item = Json> {
    (0..n as u64).map(move |i| {
        let mut draw = Draw(seed ^ i.wrapping_mul(0xe703_7ed1_a0b4_28db));
        let person = someone(&mut draw, i, &format!("{}", 1_000_000 + i));
        chart_of(&mut draw, &person, now)
    })
}

fn someone(draw: &mut Draw, i: u64, mrn: &str) -> Person {
    let (given, gender) = *draw.pick(GIVEN);
    let family = *draw.pick(FAMILY);
    let (state, postal, zone) = *draw.pick(HOMES);
    let language = language(draw);
    let born = 1934 + draw.below(74);
    let mut extensions = Vec::new();
    let mut flag = |url: &str| extensions.push(json!({"url": url, "valueBoolean": true}));
    if language != "en" && draw.percent(50) {
        flag(INTERPRETER);
    }
    if born < 1955 && draw.percent(40) {
        flag(NO_SMARTPHONE);
    }
    if draw.percent(3) {
        let (code, display) = *draw.pick(&[("15188001", "Hearing loss"), ("397540003", "Visual impairment")]);
        extensions.push(json!({"url": DISABILITY, "valueCodeableConcept": {
            "coding": [{"system": SNOMED, "code": code, "display": display}]}}));
    }
    if draw.percent(40) {
        let reminders = draw.percent(50);
        extensions.push(fhir::preferences(
            &[("reminder", if draw.percent(70) { &["sms"] } else { &["voice", "sms"] })],
            &["voice", "sms"],
            ("21:00:00", "08:00:00"),
            reminders,
        ));
    }
    Person {
        mrn: mrn.into(),
        given: given.into(),
        family: family.into(),
        gender: gender.into(),
        birth_date: format!("{born}-{:02}-{:02}", 1 + draw.below(12), 1 + draw.below(28)),
        language: language.into(),
        zone: draw.percent(70).then(|| zone.to_owned()),
        phone: draw.percent(95).then(|| number(i)),
        email: draw.percent(75).then(|| format!("p{mrn}@example.org")),
        home: (state.into(), postal.into()),
        extensions,
    }
}

fn language(draw: &mut Draw) -> &'static str {
    let mut at = draw.below(100);
    for (language, share) in LANGUAGES {
        if at < *share {
            return language;
        }
        at -= share;
    }
    "en"
}

/// A number of the range kept for fiction, another for each person below 79,900.
fn number(i: u64) -> String {
    format!("+1{:03}55501{:02}", 201 + (i / 100) % 799, i % 100)
}

/// The same local day at a time when clinics see people: 9:00 to 16:30, on the half hour, for each person their own.
fn in_hours(person: &Person, at: At) -> At {
    const MINUTE_MS: i64 = HOUR_MS / 60;
    let home = HOMES.iter().find(|(_, postal, _)| *postal == person.home.1).map(|(.., zone)| *zone);
    let zone = person.zone.as_deref().or(home).and_then(model::time::zone);
    let Some(zone) = zone else { return at };
    let slot = person.mrn.bytes().fold(0_i64, |sum, b| sum + i64::from(b)) % 16;
    let wanted = 9 * 60 + slot * 30;
    let moved = |at: At| {
        let local = at.time_in(&zone);
        let past = i64::from(local.second()) * 1000 + i64::from(local.millisecond());
        let minutes = i64::from(local.hour()) * 60 + i64::from(local.minute());
        at.plus_ms((wanted - minutes) * MINUTE_MS - past)
    };
    // Twice: on two days of the year the first lands an hour beside.
    moved(moved(at))
}

/// The discharge with its appointment at a time when clinics see people.
fn with_visit_in_hours(mut bundle: Json, story: &Story) -> Json {
    let visit =
        fhir::appointment(&story.person, &story.person.id("a"), "booked", in_hours(&story.person, story.day(10)));
    let entries = bundle["entry"].as_array_mut();
    let old = entries.and_then(|all| all.iter_mut().find(|e| e["resource"]["resourceType"] == "Appointment"));
    if let Some(entry) = old {
        entry["resource"] = visit;
    }
    bundle
}

fn chart_of(draw: &mut Draw, person: &Person, now: At) -> Json {
    // At least ten days back, at most ten years.
    let mut past = || now.plus_ms(-i64::try_from(10 + draw.below(3_640)).unwrap_or(10) * DAY_MS);
    let mut starts = [past(), past(), past()];
    starts.sort_unstable();
    let [first, stayed, last] = starts;
    let stay = person.id("s");
    let home = stayed.plus_ms(3 * DAY_MS);
    let mut all = vec![
        person.patient(),
        fhir::visit(person, &person.id("v1"), in_hours(person, first)),
        fhir::stay(person, &stay, stayed, Some(home)),
        fhir::visit(person, &person.id("v2"), in_hours(person, last)),
    ];
    if draw.percent(20) {
        all.push(fhir::tendon_repair(person, &person.id("p"), &stay, stayed.plus_ms(HOUR_MS)));
    }
    for (i, medicine) in [CEPHALEXIN, IBUPROFEN].into_iter().enumerate() {
        let mut order = fhir::prescription(person, &person.id(&format!("rx{i}")), &stay, medicine, home);
        order["status"] = json!(if draw.percent(80) { "completed" } else { "active" });
        all.push(order);
    }
    for i in 0..draw.below(4) {
        let (code, name) = *draw.pick(CONDITIONS);
        all.push(fhir::condition(person, &person.id(&format!("c{i}")), code, name, first));
    }
    fhir::transaction(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::DAY_0;
    use std::collections::BTreeSet;

    #[test]
    fn people_repeat_for_a_seed_and_vary_among_themselves() {
        let all: Vec<_> = synthetic(300, 7, DAY_0).collect();
        assert_eq!(all, synthetic(300, 7, DAY_0).collect::<Vec<_>>());
        assert_ne!(all[0], synthetic(1, 8, DAY_0).next().expect("one"));
        let patient = |b: &Json| b["entry"][0]["resource"].clone();
        let distinct = |f: &dyn Fn(&Json) -> String| all.iter().map(|b| f(&patient(b))).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(&|p| p["id"].to_string()), 300);
        assert!(distinct(&|p| p["name"].to_string()) > 200);
        assert!(distinct(&|p| p["communication"].to_string()) >= 5);
        assert!(distinct(&|p| p["address"].to_string()) == HOMES.len());
        let going_home =
            all.iter().filter(|b| b.to_string().contains("41727003") && b.to_string().contains("\"a-")).count();
        assert!((60..140).contains(&going_home), "{going_home} go home");
        assert!(
            all.iter().any(|b| patient(b)["telecom"].as_array().is_none_or(|t| t.len() < 2)),
            "something is missing"
        );
    }

    #[test]
    fn clinics_see_people_by_day() {
        let mut seen = BTreeSet::new();
        for bundle in synthetic(300, 7, DAY_0).chain(charts(100, 7, DAY_0.plus_ms(9 * HOUR_MS))) {
            let entries = bundle["entry"].as_array().expect("entries").clone();
            let postal = entries[0]["resource"]["address"][0]["postalCode"].as_str().expect("a postal code").to_owned();
            let home = HOMES.iter().find(|(_, p, _)| *p == postal).expect("a home").2;
            let zone = model::time::zone(home).expect("a zone");
            for resource in entries.iter().map(|e| &e["resource"]) {
                let visit = resource["class"]["code"] == "AMB";
                let start = if visit { &resource["period"]["start"] } else { &resource["start"] };
                let Some(start) = start.as_str().and_then(|t| At::read(t, &zone)) else { continue };
                let local = start.time_in(&zone);
                let minutes = i32::from(local.hour()) * 60 + i32::from(local.minute());
                assert!((9 * 60..=16 * 60 + 30).contains(&minutes), "{start} is {local} in {home}");
                seen.insert(minutes);
            }
        }
        assert!(seen.len() > 10, "at many times of the day");
    }

    #[test]
    fn charts_end_before_now_and_numbers_are_their_own() {
        let now = DAY_0.to_string();
        let mut numbers = BTreeSet::new();
        for chart in charts(2_000, 1, DAY_0) {
            let entries = chart["entry"].as_array().expect("entries").clone();
            for entry in &entries {
                let end = entry["resource"]["period"]["end"].as_str().unwrap_or_default();
                assert!(end < now.as_str(), "{end}");
            }
            let phone = entries[0]["resource"]["telecom"][0]["value"].as_str().map(str::to_owned);
            if let Some(phone) = phone.filter(|p| p.starts_with('+')) {
                assert!(numbers.insert(phone.clone()), "{phone} is there twice");
                assert_eq!(phone.len(), 12);
            }
        }
        assert!(numbers.len() > 1_800);
    }
}

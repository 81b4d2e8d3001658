//! Ten years of charts, as Synthea writes them: folded without loss, bounded, and without a derived surprise.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use model::fact::RESOURCE_RECEIVED;
use model::{At, Fact, FactId, Origin};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use throughline_record::fold::ENCOUNTERS_MAX;
use throughline_record::{Fold, Topics, fold, merge};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/synthea");

/// The resources of a Bundle with its `urn:uuid:` references made relative, as the door does.
fn resources(text: &str) -> Vec<Json> {
    let bundle: Json = serde_json::from_str(text).unwrap();
    let mut text = bundle["entry"].to_string();
    for entry in bundle["entry"].as_array().unwrap() {
        let (Some(url), Some(id)) = (entry["fullUrl"].as_str(), entry["resource"]["id"].as_str()) else { continue };
        let kind = entry["resource"]["resourceType"].as_str().unwrap();
        text = text.replace(&format!("\"{url}\""), &format!("\"{kind}/{id}\""));
    }
    let entries: Json = serde_json::from_str(&text).unwrap();
    entries.as_array().unwrap().iter().map(|e| e["resource"].clone()).collect()
}

fn received(body: Json) -> Fact {
    Fact {
        id: FactId::of(&[body.to_string().as_bytes()]),
        source: "hospital".into(),
        subject: "urn:synthea|1".into(),
        site: String::new(),
        kind: RESOURCE_RECEIVED.into(),
        version: 1,
        occurred_at: At(1_700_000_000_000),
        recorded_at: At(1_700_000_000_000),
        origin: Origin::History,
        actor: Default::default(),
        episode: None,
        sensitivity: Default::default(),
        cause: None,
        retracts: None,
        body,
    }
}

#[test]
fn charts_are_folded_without_loss() {
    let topics = Topics::shipped();
    let mut people = 0;
    let mut files: Vec<_> = std::fs::read_dir(FOLDER).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "json")) {
        let all = resources(&std::fs::read_to_string(path).unwrap());
        if !all.iter().any(|r| r["resourceType"] == "Patient") {
            continue;
        }
        people += 1;
        let mut line = Fold::default();
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let facts: Vec<Fact> = all.into_iter().map(received).collect();
        let began = std::time::Instant::now();
        for fact in &facts {
            *count.entry(fact.body["resourceType"].as_str().unwrap().to_owned()).or_default() += 1;
            let derived = topics.derive(None, &fact.body, fact, &line.record);
            std::iter::once(fact).chain(&derived).for_each(|f| {
                fold(&mut line, f);
            });
            for fact in derived {
                assert_eq!(fact.origin, Origin::History);
                *kinds.entry(fact.kind).or_default() += 1;
            }
        }
        let micros = began.elapsed().as_micros() / facts.len() as u128;
        println!("{} resources, {micros} µs each with derive, {kinds:?}", facts.len());
        let record = merge(std::slice::from_ref(&line));
        let of = |kind: &str| count.get(kind).copied().unwrap_or(0);
        assert_eq!(record.encounters.len(), of("Encounter").min(ENCOUNTERS_MAX));
        assert_eq!(record.procedures.len(), of("Procedure"));
        assert_eq!(record.conditions.len(), of("Condition"));
        assert_eq!(record.prescriptions.len(), of("MedicationRequest"));
        assert_eq!(kinds.get("procedure.performed").copied().unwrap_or(0), of("Procedure"));
        assert!(!kinds.contains_key("encounter.discharged"), "they hold visits only");
        assert!(!record.name.is_empty() && record.birth_date.is_some() && !record.contacts.is_empty());
        assert_eq!(record.zone.as_deref(), Some("America/New_York"), "Massachusetts");
        let bytes = postcard::to_allocvec(&line).unwrap();
        let ways = line.ways.clone();
        assert_eq!(Fold { ways, ..postcard::from_bytes(&bytes).unwrap() }, line);
        println!("a fold of {} bytes", bytes.len());
    }
    assert_eq!(people, 3);
}

#[test]
fn lists_are_bounded_and_what_is_open_stays() {
    let mut line = Fold::default();
    let topics = Topics::shipped();
    let open = serde_json::json!({"resourceType": "Encounter", "id": "open", "status": "in-progress",
        "class": {"code": "IMP", "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"},
        "period": {"start": "1990-01-01T00:00:00Z"}});
    fold(&mut line, &received(open));
    for year in 1900..2100 {
        let closed = serde_json::json!({"resourceType": "Encounter", "id": year.to_string(), "status": "finished",
            "class": {"code": "IMP", "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"},
            "period": {"start": format!("{year}-01-01"), "end": format!("{year}-01-02")}});
        let fact = received(closed);
        for derived in topics.derive(None, &fact.body, &fact, &line.record) {
            fold(&mut line, &derived);
        }
        fold(&mut line, &fact);
    }
    assert_eq!(line.record.encounters.len(), ENCOUNTERS_MAX);
    assert_eq!(line.record.inpatient.as_deref(), Some("Encounter/open"));
    assert!(line.record.encounter("Encounter/2099").is_some() && line.record.encounter("Encounter/1900").is_none());
}

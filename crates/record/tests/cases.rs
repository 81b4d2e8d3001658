//! Case files: what comes in, and the facts and the record that come of it.
//!
//! `cases/NAME.json` holds the input, `cases/NAME.out.json` the recorded outcome. `UPDATE_CASES=1` records
//! anew; an outcome without its input fails. Between any two inputs all folds are written and read back, in
//! JSON and in postcard; each input is folded twice, which must change nothing.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use model::{At, Fact, FactId, Origin};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use throughline_record::{Fold, Record, Topics, fold, merge};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases"))
}

/// A step of a case as a fact. `at` moves on a minute where it is not given.
fn fact_of(name: &str, index: usize, step: &Json, now: At) -> Fact {
    let text = |key: &str, or: &str| step.get(key).and_then(Json::as_str).unwrap_or(or).to_owned();
    let resource = step.get("resource");
    Fact {
        id: FactId::of(&[name.as_bytes(), &index.to_le_bytes()]),
        source: text("source", "hospital"),
        subject: text("subject", "urn:mrn|1001"),
        site: text("site", ""),
        kind: text("fact", "resource.received"),
        version: 1,
        occurred_at: now,
        recorded_at: now,
        origin: Origin::Live,
        actor: Default::default(),
        episode: step.get("episode").and_then(Json::as_str).map(str::to_owned),
        sensitivity: Default::default(),
        cause: None,
        retracts: None,
        body: resource.or(step.get("body")).cloned().unwrap_or_default(),
    }
}

/// The lines of a case: its folds, and its resources as they came last.
#[derive(Default)]
struct Lines {
    folds: BTreeMap<(String, String), Fold>,
    resources: BTreeMap<(String, String), Json>,
}

impl Lines {
    fn record(&self) -> Record {
        merge(self.folds.values())
    }

    fn take(&mut self, topics: &Topics, fact: &Fact) -> Vec<Fact> {
        let mut derived = Vec::new();
        if fact.kind == "resource.received" {
            let id = format!("{}/{}", fact.body["resourceType"], fact.body["id"]);
            let before = self.resources.insert((fact.source.clone(), id), fact.body.clone());
            derived = topics.derive(before.as_ref(), &fact.body, fact, &self.record());
            assert_eq!(topics.derive(Some(&fact.body), &fact.body, fact, &self.record()), vec![], "sent again");
        }
        let line = self.folds.entry((fact.source.clone(), fact.subject.clone())).or_default();
        let all = || std::iter::once(fact).chain(&derived);
        for f in all() {
            let before = line.clone();
            let told = fold(line, f);
            assert!(
                told || (&before.record, &before.said, &before.ways) == (&line.record, &line.said, &line.ways),
                "untold: {}",
                f.kind
            );
        }
        let once = line.clone();
        all().for_each(|f| {
            fold(line, f);
        });
        assert_eq!(*line, once, "folded twice");
        let text = serde_json::to_string(line).unwrap();
        assert_eq!(serde_json::from_str::<Fold>(&text).unwrap(), *line, "written as JSON and read back");
        let bytes = postcard::to_allocvec(line).unwrap();
        // What a line keeps beside its folds stands in JSON only.
        let ways = std::mem::take(&mut line.ways);
        *line = Fold { ways, ..postcard::from_bytes(&bytes).unwrap() };
        assert_eq!(*line, once, "written in postcard and read back");
        derived
    }
}

/// Without what is empty, so that an outcome shows what is known.
fn bare(value: Json) -> Option<Json> {
    match value {
        Json::Null => None,
        Json::String(text) if text.is_empty() => None,
        Json::Array(items) => {
            // Pairs keep their places.
            let all: Vec<Json> = items.into_iter().map(|v| bare(v).unwrap_or(Json::Null)).collect();
            (!all.is_empty()).then_some(Json::Array(all))
        }
        Json::Object(map) => {
            let all: Map<String, Json> = map.into_iter().filter_map(|(k, v)| Some((k, bare(v)?))).collect();
            (!all.is_empty()).then_some(Json::Object(all))
        }
        other => Some(other),
    }
}

fn run(name: &str, case: &Json) -> Json {
    let topics = Topics::shipped();
    let mut lines = Lines::default();
    let mut now: At = serde_json::from_value(json!("2026-11-22T12:00:00Z")).unwrap();
    let mut steps = Vec::new();
    for (index, step) in case["steps"].as_array().unwrap().iter().enumerate() {
        now = step.get("at").map_or(now.plus_ms(60_000), |at| serde_json::from_value(at.clone()).unwrap());
        let fact = fact_of(name, index, step, now);
        let derived = lines.take(&topics, &fact);
        let told = derived.iter().map(|f| {
            assert_eq!(f.cause, Some(fact.id.to_string()));
            json!({"kind": f.kind, "at": f.occurred_at, "episode": f.episode, "body": f.body})
        });
        steps.push(Json::Array(told.collect()));
    }
    json!({"facts": steps, "record": bare(serde_json::to_value(lines.record()).unwrap())})
}

#[test]
fn every_case_gives_its_recorded_outcome() {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let mut names: Vec<String> = Vec::new();
    let mut outcomes: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        match (file.strip_suffix(".out.json"), file.strip_suffix(".json")) {
            (Some(name), _) => outcomes.push(name.to_owned()),
            (None, Some(name)) => names.push(name.to_owned()),
            _ => panic!("{file} is neither a case nor an outcome"),
        }
    }
    assert!(names.len() >= 15, "the cases are here");
    let mut wrong: Vec<String> =
        outcomes.iter().filter(|o| !names.contains(o)).map(|o| format!("{o}.out.json has no case")).collect();
    for name in &names {
        let case: Json =
            serde_json::from_slice(&std::fs::read(folder().join(format!("{name}.json"))).unwrap()).unwrap();
        let is = serde_json::to_string_pretty(&run(name, &case)).unwrap() + "\n";
        let path = folder().join(format!("{name}.out.json"));
        if update {
            std::fs::write(&path, &is).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != is {
            wrong.push(format!("{name} gives another outcome:\n{is}"));
        }
    }
    assert!(wrong.is_empty(), "{}\nUPDATE_CASES=1 records anew", wrong.join("\n"));
}

/// Every variant of `value` with one element replaced by something of another type.
fn bent(value: &Json, out: &mut Vec<Json>) {
    let strange = || [Json::Null, json!(-1.5), json!([[]]), json!({"coding": "x", "extension": 3}), json!("")];
    let keep = |out: &mut Vec<Json>, put: &dyn Fn(Json) -> Json, inner: &Json| {
        out.extend(strange().map(put));
        let mut deeper = Vec::new();
        bent(inner, &mut deeper);
        out.extend(deeper.into_iter().map(put));
    };
    match value {
        Json::Object(map) => {
            for (key, inner) in map.iter().filter(|(k, _)| *k != "resourceType") {
                let put = |new: Json| {
                    let mut copy = map.clone();
                    copy.insert(key.clone(), new);
                    Json::Object(copy)
                };
                keep(out, &put, inner);
            }
        }
        Json::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                let put = |new: Json| {
                    let mut copy = items.clone();
                    copy[at] = new;
                    Json::Array(copy)
                };
                keep(out, &put, inner);
            }
        }
        _ => {}
    }
}

#[test]
fn a_resource_with_any_element_bent_is_survived() {
    let topics = Topics::shipped();
    let mut tried = 0;
    for name in ["patient", "consent_resource", "medication_life", "appointment_moved", "discharged_home"] {
        let case: Json =
            serde_json::from_slice(&std::fs::read(folder().join(format!("{name}.json"))).unwrap()).unwrap();
        let mut line = Fold::default();
        for step in case["steps"].as_array().unwrap().iter().take(7) {
            let mut all = Vec::new();
            bent(&step["resource"], &mut all);
            for body in all {
                tried += 1;
                let step = json!({"resource": body});
                let fact = fact_of(name, tried, &step, At(1_790_000_000_000));
                for derived in topics.derive(Some(&case["steps"][0]["resource"]), &body, &fact, &line.record) {
                    fold(&mut line, &derived);
                }
                fold(&mut line, &fact);
            }
        }
        let bytes = postcard::to_allocvec(&line).unwrap();
        let ways = line.ways.clone();
        assert_eq!(Fold { ways, ..postcard::from_bytes(&bytes).unwrap() }, line);
    }
    assert!(tried > 1000, "{tried} variants");
}

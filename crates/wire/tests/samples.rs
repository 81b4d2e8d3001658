//! Real samples are read without an error, the same each time.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use model::{Origin, PersonId, inbox};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;
use throughline_wire as wire;
use wire::{BundleKind, Read, Source, fhir, fhir_time, ndjson_line};

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|f| f.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "json"));
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|p| (p.file_name().unwrap().to_string_lossy().into(), std::fs::read(p).unwrap())).collect()
}

fn source(origin: Origin) -> Source<'static> {
    Source {
        name: "hospital",
        site: "north",
        origin,
        now: fhir_time("2026-11-22T15:00:00Z").unwrap(),
        country: "US",
        may: wire::May::ALL,
    }
}

fn refused(read: &Read) -> Vec<String> {
    read.issues().filter(|i| i.refuses()).map(|i| format!("{}: {}", i.place, i.says)).collect()
}

#[test]
fn synthea_bundles_are_read_without_an_error() {
    wire::warm();
    for (name, bytes) in files("synthea") {
        for origin in [Origin::Live, Origin::History] {
            let begin = Instant::now();
            let read = fhir(&bytes, &source(origin)).unwrap_or_else(|e| panic!("{name}: {e:#?}"));
            let took = begin.elapsed();
            println!("{name}: {} bytes, {} entries, {took:?}", bytes.len(), read.entries.len());
            assert_eq!(read.bundle, BundleKind::Transaction);
            assert_eq!(refused(&read), [""; 0]);
            let items = read.in_order();
            assert_eq!(items.len(), read.entries.len());
            let ids: BTreeSet<_> = items.iter().map(|(_, i)| i.fact.id).collect();
            assert_eq!(ids.len(), items.len(), "every resource is its own fact");
            let again = fhir(&bytes, &source(origin)).unwrap();
            assert_eq!(again, read, "the same bytes, the same items");
        }
    }
}

#[test]
fn all_of_one_synthea_patient_waits_in_one_line() {
    for (name, bytes) in files("synthea").into_iter().filter(|(n, _)| !n.contains("Information")) {
        let read = fhir(&bytes, &source(Origin::History)).unwrap();
        let items = read.in_order();
        let first = items[0].1;
        assert_eq!(first.fact.body["resourceType"], "Patient", "{name}");
        assert!(first.keys.len() > 3, "{name}: own id and identifiers");
        let people: BTreeSet<PersonId> =
            items.iter().filter_map(|(_, i)| i.keys.first()).map(|k| inbox::person_of(*k)).collect();
        assert_eq!(people.len(), 1, "{name}");
        let parts: BTreeSet<u16> = items.iter().filter(|(_, i)| !i.keys.is_empty()).map(|(_, i)| i.part()).collect();
        assert_eq!(parts.len(), 1, "{name}");
        for (_, item) in &items {
            assert_eq!(item.fact.origin, Origin::History);
            assert!(item.fact.occurred_at <= item.fact.recorded_at);
            let text = item.fact.body.to_string();
            assert!(!text.contains("\"reference\":\"urn:uuid:"), "{name}: every reference is rewritten");
        }
        let stay = items.iter().find(|(_, i)| i.fact.body["resourceType"] == "Encounter").unwrap().1;
        assert!(stay.fact.body["serviceProvider"]["display"].is_string(), "{name}: the hospital's name is shown");
    }
}

#[test]
fn us_core_examples_are_read() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for (name, bytes) in files("us-core") {
        let read = ndjson_line(&bytes, 1, &source(Origin::Live)).unwrap_or_else(|e| panic!("{name}: {e:#?}"));
        assert_eq!(refused(&read), [""; 0], "{name}");
        for (_, item) in read.in_order() {
            let kind = item.fact.body["resourceType"].as_str().unwrap().to_owned();
            let subject = &item.fact.body["subject"]["reference"];
            if subject.as_str().is_some_and(|s| s.starts_with("Patient/")) {
                assert_eq!(
                    item.fact.subject,
                    format!("hospital/{}", subject.as_str().unwrap().replace('/', "|")),
                    "{name}"
                );
                assert!(item.may_create);
            }
            *kinds.entry(kind).or_default() += 1;
        }
    }
    assert!(kinds["Observation"] >= 60 && kinds["Patient"] >= 1, "{kinds:?}");
}

//! Bad input gets issues that name the place, and nothing else happens.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use model::{Arrival, Origin, Sensitivity, inbox};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use throughline_wire as wire;
use wire::limits::{MAX_BODY_BYTES, MAX_ENTRIES};
use wire::{
    BundleKind, Issue, Read, Source, bundle_response, events, fhir, fhir_at, fhir_time, ndjson_line, operation_outcome,
};

fn source(origin: Origin) -> Source<'static> {
    Source {
        name: "hospital",
        site: "",
        origin,
        now: fhir_time("2026-11-22T15:00:00Z").unwrap(),
        country: "US",
        may: wire::May::ALL,
    }
}

fn read(body: &Value) -> Result<Read, Vec<Issue>> {
    fhir(body.to_string().as_bytes(), &source(Origin::Live))
}

fn told(issues: &[Issue]) -> Vec<(&str, &str)> {
    issues.iter().map(|i| (i.code, i.place.as_str())).collect()
}

fn entry(resource: Value) -> Value {
    let kind = resource["resourceType"].as_str().unwrap_or("Patient").to_owned();
    json!({"resource": resource, "request": {"method": "POST", "url": kind}})
}

fn bundle(kind: &str, resources: &[Value]) -> Value {
    let entries: Vec<Value> = resources.iter().cloned().map(entry).collect();
    json!({"resourceType": "Bundle", "type": kind, "entry": entries})
}

fn patient(id: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "identifier": [{"system": "urn:mrn", "value": id}]})
}

#[test]
fn broken_json_names_line_and_column() {
    let issues = fhir(b"{\n \"resourceType\": \"Patient\",\n \"id\" 1\n}", &source(Origin::Live)).unwrap_err();
    assert_eq!(told(&issues), [("structure", "3:7")]);
    let outcome = operation_outcome(&issues);
    assert_eq!(outcome["issue"][0]["location"][0], "3:7");
    let line = ndjson_line(b"{]", 7, &source(Origin::History)).unwrap_err();
    assert_eq!(line[0].place, "7:2");
    for body in ["", "  ", "[]", "7", "\"x\"", "null", "{}", "{\"resourceType\": 1}"] {
        assert!(fhir(body.as_bytes(), &source(Origin::Live)).is_err(), "{body}");
    }
}

#[test]
fn deep_nesting_and_large_bodies_are_told_at_once() {
    let begin = Instant::now();
    let deep = format!("{{\"resourceType\":\"Patient\",\"extension\":{}", "[".repeat(100_000));
    assert_eq!(fhir(deep.as_bytes(), &source(Origin::Live)).unwrap_err()[0].code, "too-costly");
    assert_eq!(events(deep.as_bytes(), "application/json", &source(Origin::Live)).unwrap_err()[0].code, "too-costly");
    let large = vec![b' '; MAX_BODY_BYTES + 1];
    assert_eq!(told(&fhir(&large, &source(Origin::Live)).unwrap_err()), [("too-long", "1:1")]);
    assert!(begin.elapsed() < Duration::from_secs(5));
    let many = json!({"resourceType": "Bundle", "type": "batch", "entry": vec![0; MAX_ENTRIES + 1]});
    assert_eq!(told(&read(&many).unwrap_err()), [("too-costly", "Bundle.entry")]);
    let long = json!({"resourceType": "Patient", "id": "1", "name": [{"family": "x".repeat(2 * 1024 * 1024)}]});
    assert_eq!(told(&read(&long).unwrap_err()), [("too-long", "Patient.name[0].family")]);
}

#[test]
fn one_bad_entry_refuses_a_transaction_and_not_a_batch() {
    let mut bad = patient("2");
    bad["birthDate"] = json!("22.11.1980");
    let resources = [patient("1"), bad, patient("3")];
    let issues = read(&bundle("transaction", &resources)).unwrap_err();
    assert_eq!(told(&issues), [("value", "Bundle.entry[1].resource.birthDate")]);
    assert!(!issues[0].says.contains("1980"), "no patient data: {}", issues[0].says);

    let read = read(&bundle("batch", &resources)).unwrap();
    assert_eq!(read.bundle, BundleKind::Batch);
    assert_eq!(read.entries.iter().map(|e| e.result.is_ok()).collect::<Vec<_>>(), [true, false, true]);
    let new = Some(Arrival::New { part: 0, seq: 1 });
    let answer = bundle_response(&read, &[new, None, new]);
    assert_eq!(answer["type"], "batch-response");
    let status = |i: usize| answer["entry"][i]["response"]["status"].as_str().unwrap();
    assert_eq!((status(0), status(1), status(2)), ("201 Created", "422 Unprocessable Entity", "201 Created"));
    assert_eq!(answer["entry"][0]["response"]["location"], "Patient/1");
    let place = &answer["entry"][1]["response"]["outcome"]["issue"][0]["expression"][0];
    assert_eq!(place, "Bundle.entry[1].resource.birthDate");
}

#[test]
fn a_wrong_zone_and_a_phone_that_is_none_name_their_place() {
    let mut bad = patient("1");
    bad["extension"] = json!([{"url": wire::TIMEZONE_EXTENSION, "valueCode": "Mars/Base"}]);
    bad["telecom"] = json!([{"system": "phone", "value": "555-555-0100"}, {"system": "phone", "value": "not a phone"}]);
    let issues = read(&bad).unwrap_err();
    assert_eq!(
        told(&issues),
        [("code-invalid", "Patient.extension[0].valueCode"), ("value", "Patient.telecom[1].value")]
    );
    let kept = fhir(bad.to_string().as_bytes(), &source(Origin::History)).unwrap();
    assert_eq!(kept.entries[0].warnings.len(), 2, "an import keeps it and tells");
    assert_eq!(kept.in_order()[0].1.fact.body["telecom"][1]["use"], "old");
}

#[test]
fn a_member_that_comes_twice_is_refused_where_it_is() {
    let body = r#"{"resourceType":"Bundle","type":"batch","entry":[
        {"resource":{"resourceType":"Patient","id":"1","gender":"male","gender":"female"},"request":{"method":"POST","url":"Patient"}},
        {"resource":{"resourceType":"Patient","id":"2"},"request":{"method":"POST","url":"Patient"}}]}"#;
    let read = fhir(body.as_bytes(), &source(Origin::Live)).unwrap();
    assert_eq!(told(read.entries[0].result.as_ref().unwrap_err()), [("structure", "Bundle.entry[0].resource.gender")]);
    assert!(read.entries[1].result.is_ok());
}

#[test]
fn requests_are_checked() {
    for (request, place) in [
        (json!({"method": "DELETE", "url": "Patient/1"}), "Bundle.entry[0].request.method"),
        (json!({"method": "PUT", "url": "Patient/2"}), "Bundle.entry[0].resource.id"),
        (json!({"method": "PUT", "url": "Patient"}), "Bundle.entry[0].request.url"),
        (json!({"method": "POST", "url": "Observation"}), "Bundle.entry[0].request.url"),
        (Value::Null, "Bundle.entry[0].request"),
    ] {
        let entry = json!({"resource": patient("1"), "request": request});
        let body = json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]});
        assert_eq!(read(&body).unwrap_err()[0].place, place);
    }
    assert_eq!(told(&read(&bundle("transaction", &[patient("1"), patient("1")])).unwrap_err())[0].0, "duplicate");
    assert_eq!(told(&read(&bundle("history", &[])).unwrap_err()), [("not-supported", "Bundle.type")]);
    let typo = read(&json!({"resourceType": "Pateint"})).unwrap_err();
    assert!(typo[0].says.contains("Is Patient meant?"));
    let body = patient("1").to_string();
    assert!(fhir_at(body.as_bytes(), "Patient", Some("1"), &source(Origin::Live)).is_ok());
    assert_eq!(
        fhir_at(body.as_bytes(), "Patient", Some("2"), &source(Origin::Live)).unwrap_err()[0].place,
        "Patient.id"
    );
    assert!(fhir_at(body.as_bytes(), "Observation", None, &source(Origin::Live)).is_err());
}

#[test]
fn a_transaction_is_resolved_within_itself() {
    let body = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": "urn:uuid:e", "request": {"method": "POST", "url": "Encounter"}, "resource": {
            "resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"},
            "subject": {"reference": "urn:uuid:p"}}},
        {"fullUrl": "urn:uuid:rx", "request": {"method": "PUT", "url": "MedicationRequest/rx1"}, "resource": {
            "resourceType": "MedicationRequest", "status": "active", "intent": "order",
            "subject": {"reference": "Patient?identifier=urn:mrn|1001"}, "encounter": {"reference": "urn:uuid:e"},
            "medicationReference": {"reference": "urn:uuid:m"}}},
        {"fullUrl": "urn:uuid:m", "request": {"method": "POST", "url": "Medication"}, "resource": {
            "resourceType": "Medication", "code": {"text": "Ibuprofen 400 mg"}}},
        {"fullUrl": "urn:uuid:p", "request": {"method": "POST", "url": "Patient"}, "resource": {
            "resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "1001"}]}}]});
    let read = read(&body).unwrap();
    let items = read.in_order();
    assert_eq!(items.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [3, 0, 1, 2], "the Patient goes first");
    let id = &read.entries[3].type_and_id.as_ref().unwrap().1;
    let line = inbox::key("hospital/Patient", id);
    assert_eq!(items[0].1.keys, [line, inbox::key("urn:mrn", "1001")]);
    assert_eq!((&items[1].1.keys, &items[2].1.keys), (&vec![line], &vec![line]));
    assert!(items[3].1.keys.is_empty(), "a Medication is nobody's");
    let rx = &items[2].1.fact.body;
    assert_eq!(rx["id"], "rx1");
    assert_eq!(rx["medicationReference"]["display"], "Ibuprofen 400 mg");
    let stay = read.entries[0].type_and_id.as_ref().unwrap();
    assert_eq!(rx["encounter"]["reference"], format!("Encounter/{}", stay.1));
}

#[test]
fn a_subject_that_cannot_be_told_is_required() {
    let stay =
        json!({"resourceType": "Encounter", "status": "finished", "class": {}, "subject": {"reference": "urn:uuid:x"}});
    let issues = read(&bundle("transaction", &[stay])).unwrap_err();
    assert_eq!(told(&issues), [("required", "Bundle.entry[0].resource.subject")]);
}

#[test]
fn an_appointment_of_two_patients_is_on_two_lines() {
    let visit = json!({"resourceType": "Appointment", "id": "a", "status": "booked", "start": "2026-12-01T09:00:00-05:00",
        "participant": [{"actor": {"reference": "Patient/1"}}, {"actor": {"reference": "Patient/2"}}]});
    let read = read(&visit).unwrap();
    let items = read.in_order();
    let subjects: Vec<&str> = items.iter().map(|(_, i)| i.fact.subject.as_str()).collect();
    assert_eq!(subjects, ["hospital/Patient|1", "hospital/Patient|2"]);
    assert_ne!(items[0].1.fact.id, items[1].1.fact.id);
    assert_ne!(items[0].1.source_key, items[1].1.source_key);
}

#[test]
fn test_patients_start_nothing_and_labels_guard() {
    let mut resource = patient("1");
    resource["meta"] = json!({"security": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"},
        {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]});
    let stay =
        json!({"resourceType": "Encounter", "status": "finished", "class": {}, "subject": {"reference": "Patient/1"}});
    let read = read(&bundle("transaction", &[resource, stay])).unwrap();
    let items = read.in_order();
    assert!(items.iter().all(|(_, i)| i.fact.origin == Origin::History), "his encounters too");
    assert_eq!(items[0].1.fact.sensitivity, Sensitivity::Restricted);
    assert_eq!(read.entries[0].warnings[0].code, "informational");
}

#[test]
fn changed_content_keeps_the_source_key() {
    let (one, mut other) = (patient("1"), patient("1"));
    other["gender"] = json!("male");
    let (a, b) = (read(&one).unwrap(), read(&other).unwrap());
    let (a, b) = (a.in_order()[0].1.clone(), b.in_order()[0].1.clone());
    assert_eq!((a.source_key, &a.keys), (b.source_key, &b.keys));
    assert_ne!(a.fact.id, b.fact.id);
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = [
        "resourceType",
        "id",
        "meta",
        "telecom",
        "contact",
        "system",
        "value",
        "_value",
        "entry",
        "resource",
        "request",
        "method",
        "url",
        "type",
        "subject",
        "reference",
        "identifier",
        "participant",
        "actor",
        "period",
        "start",
        "extension",
        "contained",
        "address",
        "country",
        "data",
        "time",
        "source",
        "specversion",
        "security",
        "fullUrl",
        "to",
        "from",
    ];
    let words = [
        "Patient",
        "Bundle",
        "transaction",
        "batch",
        "Appointment",
        "Encounter",
        "phone",
        "POST",
        "PUT",
        "Patient/1",
        "#a",
        "urn:uuid:1",
        "Patient?identifier=a|b",
        "2026-11-22",
        "+1555",
        "1.0",
        "person.merged",
        "resource.received",
        "a|b",
        "é%",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        proptest::sample::select(words.to_vec()).prop_map(Value::from),
    ];
    let names = proptest::sample::select(names.to_vec()).prop_map(str::to_owned);
    leaf.prop_recursive(6, 96, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(names.clone(), inner, 0..10).prop_map(|m| json!(m)),
        ]
    })
}

/// Reads `bytes` in every way; whatever is told has its place.
fn every_way(bytes: &[u8]) {
    for origin in [Origin::Live, Origin::History] {
        let source = source(origin);
        for outcome in
            [fhir(bytes, &source), ndjson_line(bytes, 3, &source), fhir_at(bytes, "Patient", Some("1"), &source)]
        {
            match outcome {
                Ok(read) => assert!(bundle_response(&read, &[])["resourceType"].is_string()),
                Err(issues) => assert!(!issues.is_empty() && issues.iter().all(|i| !i.place.is_empty())),
            }
        }
        for kind in ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json"] {
            if let Err(issues) = events(bytes, kind, &source) {
                assert!(!issues.is_empty() && issues.iter().all(|i| !i.place.is_empty()));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        every_way(&bytes);
    }

    #[test]
    fn no_json_panics(value in any_json()) {
        every_way(value.to_string().as_bytes());
    }

    #[test]
    fn no_resource_panics(mut value in any_json(), kind in proptest::sample::select(vec!["Patient", "Appointment", "RelatedPerson", "Encounter"])) {
        if let Some(map) = value.as_object_mut() {
            map.insert("resourceType".into(), json!(kind));
        }
        every_way(value.to_string().as_bytes());
        every_way(bundle("transaction", &[value]).to_string().as_bytes());
    }

    #[test]
    fn no_type_of_content_panics(kind in ".{0,40}") {
        let _ = events(b"{}", &kind, &source(Origin::Live));
    }
}

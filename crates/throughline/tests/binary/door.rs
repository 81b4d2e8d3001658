//! What comes to the door, good and bad, over the wire of a running hub.

use crate::http::{self, Answer};
use crate::process::{Folder, Hub};
use model::inbox;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use store::{DeskRow, Store};
use testkit::fhir::{MRN, TIMEZONE};
use testkit::story::Story;

/// A hub with a key that may write everything.
struct World {
    // The hub goes before its folder.
    _hub: Hub,
    address: SocketAddr,
    key: String,
    folder: Folder,
}

impl World {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let key = folder.key("hospital", &["fhir:write", "events:write"]);
        let (hub, address) = Hub::start(&folder, &[]);
        Self { _hub: hub, address, key, folder }
    }
    fn fhir(&self, body: impl AsRef<[u8]>) -> Answer {
        http::fhir(self.address, &self.key, body.as_ref()).unwrap()
    }
    fn store(&self) -> Store {
        self.folder.store()
    }
    fn is_known(&self, mrn: &str) -> bool {
        self.store().whose(&[inbox::key(MRN, mrn)]).unwrap().is_some()
    }
    /// Waits until someone is known: turns follow the answer.
    fn comes_to_know(&self, mrn: &str) {
        let since = Instant::now();
        while !self.is_known(mrn) {
            assert!(since.elapsed() < Duration::from_secs(20), "{mrn} is not there");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// An OperationOutcome of this status whose first issue is at `place`.
fn outcome(answer: &Answer, status: u16, place: &str) -> Json {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.head.contains("content-type: application/fhir+json"), "{}", answer.head);
    let body = answer.json();
    assert_eq!(body["resourceType"], "OperationOutcome", "{body}");
    let issue = body["issue"][0].clone();
    let text = issue["details"]["text"].as_str().unwrap_or_default();
    assert!(["error", "fatal"].contains(&issue["severity"].as_str().unwrap()) && !text.is_empty(), "{body}");
    assert_eq!(issue["location"][0], place, "{body}");
    issue
}

fn patient(mrn: &str) -> Json {
    json!({"resourceType": "Patient", "id": mrn, "identifier": [{"system": MRN, "value": mrn}]})
}

fn bundle(kind: &str, resources: &[Json]) -> Vec<u8> {
    let entry = |r: &Json| {
        let url = format!("{}/{}", r["resourceType"].as_str().unwrap(), r["id"].as_str().unwrap());
        json!({"resource": r, "request": {"method": "PUT", "url": url}})
    };
    let entries: Vec<Json> = resources.iter().map(entry).collect();
    json!({"resourceType": "Bundle", "type": kind, "entry": entries}).to_string().into_bytes()
}

#[test]
fn broken_deep_and_large_bodies_are_refused_with_their_place() {
    let world = World::new("broken");
    outcome(&world.fhir("{\"resourceType\": \"Patient\",\n \"id\" 1}"), 400, "2:7");
    outcome(&world.fhir(""), 400, "1:1");
    outcome(&world.fhir("[]"), 400, "1:1");

    let deep = format!("{{\"resourceType\":\"Patient\",\"extension\":{}", "[".repeat(100_000));
    let answer = world.fhir(&deep);
    let place = answer.json()["issue"][0]["location"][0].as_str().unwrap_or_default().to_owned();
    assert!(place.starts_with("1:"), "{answer:?}");
    let issue = outcome(&answer, answer.status, &place);
    assert!(matches!(answer.status, 400 | 413) && issue["code"] == "too-costly", "{answer:?}");
    let event = http::event(world.address, &world.key, deep.as_bytes()).unwrap();
    assert_eq!(event.json()["issue"][0]["code"], "too-costly", "{event:?}");

    let large = vec![b' '; 50 * 1024 * 1024];
    outcome(&world.fhir(&large), 413, "body");
    let event = http::event(world.address, &world.key, &large).unwrap();
    outcome(&event, 413, "body");
    assert_eq!(http::get(world.address, "/healthz").status, 200, "and the hub goes on");
}

#[test]
fn one_bad_entry_refuses_a_transaction_and_not_a_batch() {
    let world = World::new("bundles");
    let mut bad = patient("2");
    bad["birthDate"] = json!("22.11.1980");
    let three = [patient("1"), bad, patient("3")];
    let place = "Bundle.entry[1].resource.birthDate";
    outcome(&world.fhir(bundle("transaction", &three)), 422, place);
    let batch = world.fhir(bundle("batch", &three));
    assert_eq!(batch.status, 200, "{batch:?}");
    let entries = batch.json()["entry"].clone();
    let status = |n: usize| entries[n]["response"]["status"].as_str().unwrap()[..3].to_owned();
    assert_eq!([status(0), status(1), status(2)], ["201", "422", "201"]);
    assert_eq!(entries[1]["response"]["outcome"]["issue"][0]["expression"][0], place);
    world.comes_to_know("1");
    world.comes_to_know("3");
    assert!(!world.is_known("2"));
    // Had the transaction stored anything, the batch would have found it there.
    let new = world.store().counters().unwrap().iter().find(|(n, _)| n == "inbox.accepted").map(|(_, n)| *n);
    assert_eq!(new, Some(2));
}

#[test]
fn a_wrong_zone_and_a_phone_that_is_none_are_refused_with_their_place() {
    let world = World::new("values");
    let mut zone = patient("1");
    zone["extension"] = json!([{"url": TIMEZONE, "valueCode": "Mars/Base"}]);
    outcome(&world.fhir(zone.to_string()), 422, "Patient.extension[0].valueCode");
    let mut phone = patient("1");
    phone["telecom"] = json!([{"system": "email", "value": "a@example.org"}, {"system": "phone", "value": "call me"}]);
    outcome(&world.fhir(phone.to_string()), 422, "Patient.telecom[1].value");
    outcome(
        &world.fhir(bundle("transaction", &[patient("4"), phone])),
        422,
        "Bundle.entry[1].resource.telecom[1].value",
    );
    let event = json!({"specversion": "1.0", "id": "1", "source": "/x", "type": "preference.changed",
        "subject": format!("{MRN}|1"), "data": {"zone": "Mars/Base"}});
    let answer = http::event(world.address, &world.key, event.to_string().as_bytes()).unwrap();
    outcome(&answer, 422, "event.data.zone");
    assert!(!world.is_known("1") && !world.is_known("4"));
}

#[test]
fn a_key_must_be_there_be_known_be_valid_and_fit() {
    let world = World::new("keys");
    let body = Story::david().discharge().to_string();
    let none =
        http::ask(world.address, "POST", "/fhir/R4", &[("content-type", "application/fhir+json")], body.as_bytes());
    let none = none.unwrap();
    outcome(&none, 401, "Authorization");
    assert!(none.head.contains("www-authenticate: bearer"), "{}", none.head);
    let with = |key: &str| http::fhir(world.address, key, body.as_bytes()).unwrap();
    outcome(&with("tl_0123456789ab_0000"), 401, "Authorization");
    outcome(&with(&world.key[..world.key.len() - 1]), 401, "Authorization");
    let narrow = world.folder.key("pharmacy", &["events:write"]);
    let issue = outcome(&with(&narrow), 403, "Authorization");
    assert!(issue["details"]["text"].as_str().unwrap().contains("fhir:write"), "{issue}");
    assert!(!world.is_known("1001"));

    assert_eq!(with(&world.key).status, 200);
    world.comes_to_know("1001");
    let id = world.key.split('_').nth(1).unwrap();
    let store = world.store();
    let row = store.desk_get("api_key", id).unwrap().unwrap();
    assert!(!row.json.contains(world.key.rsplit('_').next().unwrap()), "only a hash is kept");
    let mut key: Json = serde_json::from_str(&row.json).unwrap();
    key["revoked"] = json!(true);
    store.desk_put(&DeskRow { json: key.to_string(), ..row }).unwrap();
    outcome(&with(&world.key), 401, "Authorization");
}

#[test]
fn the_capability_statement_says_what_is_taken() {
    let world = World::new("metadata");
    let answer = http::get(world.address, "/fhir/R4/metadata");
    assert_eq!(answer.status, 200);
    let statement = answer.json();
    assert_eq!(
        (&statement["resourceType"], &statement["fhirVersion"]),
        (&json!("CapabilityStatement"), &json!("4.0.1"))
    );
    let rest = &statement["rest"][0];
    let interactions: Vec<_> = rest["interaction"].as_array().unwrap().iter().map(|i| i["code"].clone()).collect();
    assert_eq!(interactions, ["transaction", "batch"]);
    for resource in rest["resource"].as_array().unwrap() {
        let kind = resource["type"].as_str().unwrap();
        let sent = http::post(
            world.address,
            &format!("/fhir/R4/{kind}"),
            &world.key,
            "application/fhir+json",
            json!({"resourceType": "Basic"}).to_string().as_bytes(),
        );
        assert!((400..500).contains(&sent.unwrap().status), "{kind}: another type at its path is refused");
    }
    let nothing = http::get(world.address, "/fhir/R4/nothing/1/2");
    assert_eq!((nothing.status, nothing.json()["issue"][0]["code"].clone()), (404, json!("not-found")));
}

#[test]
fn metrics_are_prometheus_text_and_name_nobody() {
    let world = World::new("metrics");
    let story = Story::david();
    assert_eq!(world.fhir(story.discharge().to_string()).status, 200);
    world.comes_to_know("1001");
    let answer = http::get(world.address, "/metrics");
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4"), "{}", answer.head);
    let text = answer.text;
    let samples = well_formed(&text);
    assert_eq!(samples.get("throughline_items_accepted_total"), Some(&6.0), "{text}");
    assert!(samples.get("throughline_turns_total").is_some_and(|n| *n >= 1.0), "{text}");
    for family in
        ["http_requests_total", "http_request_seconds_count", "throughline_outbox_messages", "throughline_wal_bytes"]
    {
        assert!(samples.keys().any(|k| k.split('{').next() == Some(family)), "{family}: {text}");
    }
    for word in ["Reyes", "David", "1001", "12125550119", "example.org"] {
        assert!(!text.contains(word), "{word} is in the figures");
    }
}

/// Checks what `promtool check metrics` does: each family is explained and typed once before its samples,
/// names and labels are well formed, counters end with `_total`, no sample comes twice. The samples.
fn well_formed(text: &str) -> BTreeMap<String, f64> {
    let (mut helped, mut kinds) = (BTreeSet::new(), BTreeMap::new());
    let mut samples = BTreeMap::new();
    let name_ok = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    for line in text.lines().filter(|l| !l.is_empty()) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(!help.is_empty() && helped.insert(name.to_owned()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(name_ok(name) && ["counter", "gauge", "summary", "histogram"].contains(&kind), "{line}");
            assert!(helped.contains(name), "{name} is not explained");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} is typed twice");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            let (name, labels) =
                series.split_once('{').map_or((series, ""), |(n, l)| (n, l.strip_suffix('}').unwrap()));
            let family = ["_sum", "_count", "_bucket"]
                .iter()
                .find_map(|s| name.strip_suffix(s))
                .filter(|f| kinds.contains_key(*f));
            assert!(kinds.contains_key(family.unwrap_or(name)), "{name} is not typed");
            for label in labels.split("\",").filter(|l| !l.is_empty()) {
                let (key, value) = label.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
                assert!(name_ok(key) && !value.trim_end_matches('"').contains('"'), "{line}");
            }
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
            assert!(samples.insert(series.to_owned(), value).is_none(), "{series} comes twice");
        }
    }
    samples
}

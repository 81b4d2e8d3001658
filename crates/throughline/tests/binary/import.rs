//! Imports: ten years of history, and nothing happens.

use crate::draw::Draw;
use crate::process::{Folder, Said, run, throughline};
use crate::sources::now;
use model::{At, PersonId, inbox};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use store::{PromptFilter, Store};
use testkit::people;

/// Seed of the charts.
const SEED: u64 = 11;
/// Facts and messages of one person.
const ROWS_MAX: usize = 5_000;

fn import(folder: &Folder, path: &str, more: &[&str]) -> Said {
    let store = folder.store_setting();
    let mut arguments = vec!["import", path, "--set", &store, "--set", "log.level=warn"];
    arguments.extend_from_slice(more);
    run(&arguments)
}

/// The numbers of the line that sums up: files, done before, resources, new, seen before, refused.
fn sum(said: &Said) -> [u64; 6] {
    let line = said.out.lines().find(|l| l.contains(" resources: ")).unwrap_or_else(|| panic!("{said:?}"));
    let numbers: Vec<u64> = line.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    numbers.try_into().unwrap()
}

/// `n` charts as NDJSON, and the medical record numbers in it.
fn charts(folder: &Folder, n: usize) -> (PathBuf, Vec<String>) {
    let (mut text, mut mrns) = (String::new(), Vec::new());
    for chart in people::charts(n, SEED, At(now().0)) {
        mrns.push(chart["entry"][0]["resource"]["id"].as_str().unwrap().to_owned());
        text.push_str(&chart.to_string());
        text.push('\n');
    }
    (folder.write("charts.ndjson", text), mrns)
}

fn person(store: &Store, mrn: &str) -> PersonId {
    let found = store.whose(&[inbox::key(testkit::fhir::MRN, mrn)]).unwrap();
    found.unwrap_or_else(|| panic!("{mrn} is not there"))
}

/// History does not act: no message, no prompt, no journey under way, nobody set aside.
fn nothing_happened(store: &Store) {
    assert_eq!(store.message_counts().unwrap(), Vec::new());
    assert!(store.prompts_open(&PromptFilter::default(), 10).unwrap().is_empty());
    assert_eq!(store.versions_walked().unwrap(), Vec::new());
    let parked = store.parked(10).unwrap();
    assert!(parked.is_empty(), "{parked:?}");
    for (name, n) in store.counters().unwrap() {
        let acts = name.starts_with("messages.") || name.starts_with("prompts.");
        assert!(n == 0 || !(acts || name.ends_with(".waiting")), "{name} is {n}");
    }
}

/// Everyone is there, each resource once.
fn everything_once(store: &Store, mrns: &[String]) -> usize {
    let mut resources = 0;
    let mut people = BTreeSet::new();
    for mrn in mrns {
        let person = person(store, mrn);
        assert!(people.insert(person), "{mrn} is somebody else's line");
        let facts = store.timeline(person, None, ROWS_MAX).unwrap();
        let ids: BTreeSet<_> = facts.iter().map(|(_, f)| f.id.to_string()).collect();
        assert_eq!(ids.len(), facts.len(), "{mrn}: a fact is there twice");
        let received = facts.iter().filter(|(_, f)| f.kind == "resource.received").count();
        assert_eq!(received, store.resources_of(person, ROWS_MAX).unwrap().len(), "{mrn}");
        assert!(store.messages_of(person, 1).unwrap().is_empty() && store.prompts_of(person, 1).unwrap().is_empty());
        resources += received;
    }
    resources
}

#[test]
fn ten_years_of_synthea_are_known_and_start_nothing() {
    let folder = Folder::new("synthea");
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/synthea");
    let first = import(&folder, data, &[]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let [files, _, resources, new, _, refused] = sum(&first);
    assert_eq!((files, refused), (5, 0), "{first:?}");
    assert!(resources > 500 && new == resources, "{first:?}");
    println!("Synthea: {}", first.out.trim());
    let store = folder.store();
    nothing_happened(&store);
    let blake = store.find_people("Eichmann", 5).unwrap();
    assert_eq!(blake.len(), 1, "{blake:?}");
    assert!(store.timeline(blake[0].person, None, ROWS_MAX).unwrap().len() > 100);
    drop(store);
    let [_, done, resources, ..] = sum(&import(&folder, data, &[]));
    assert_eq!((done, resources), (5, 0), "what was imported is not read again");
}

/// THROUGHLINE_CHARTS says how many: `make test-charts` imports 10,000.
#[test]
fn generated_charts_are_known_and_start_nothing() {
    let n = std::env::var("THROUGHLINE_CHARTS").ok().map_or(300, |n| n.parse().unwrap());
    let folder = Folder::new("charts");
    let (file, mrns) = charts(&folder, n);
    let since = Instant::now();
    let said = import(&folder, file.to_str().unwrap(), &[]);
    let took = since.elapsed();
    assert_eq!(said.code, Some(0), "{said:?}");
    let [_, _, resources, new, _, refused] = sum(&said);
    assert_eq!((refused, new), (0, resources), "{said:?}");
    let store = folder.store();
    nothing_happened(&store);
    assert_eq!(everything_once(&store, &mrns) as u64, resources);
    let bytes = folder.join("hub.db").metadata().unwrap().len();
    println!(
        "{n} charts, {resources} resources in {:.1} s ({:.0} resources/s), {} MB; no message, no prompt",
        took.as_secs_f64(),
        resources as f64 / took.as_secs_f64(),
        bytes / 1_000_000
    );
}

/// Items that were taken in so far.
fn taken(store: &Store) -> i64 {
    store.counters().unwrap().iter().find(|(name, _)| name == "inbox.accepted").map_or(0, |(_, n)| *n)
}

#[test]
fn an_import_that_is_killed_goes_on_where_it_was() {
    let folder = Folder::new("resume");
    let mut draw = Draw::seeded("import");
    let (file, mrns) = charts(&folder, 2_500);
    let store = folder.store_setting();
    let opened = folder.store();
    let mut kills = 0;
    for _ in 0..4 {
        let mut child = throughline(&["import", file.to_str().unwrap(), "--set", &store, "--set", "log.level=error"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let (begun, since) = (taken(&opened), Instant::now());
        while taken(&opened) == begun && child.try_wait().unwrap().is_none() && since.elapsed().as_secs() < 60 {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(draw.below(800)));
        kills += i32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    drop(opened);
    let said = import(&folder, file.to_str().unwrap(), &[]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let [_, done, _, new, repeats, refused] = sum(&said);
    println!("{kills} imports killed; the last: {}", said.out.trim());
    assert!(kills > 0 && refused == 0 && done == 0, "{kills} killed, {said:?}");
    let opened = folder.store();
    nothing_happened(&opened);
    let all = everything_once(&opened, &mrns) as u64;
    assert!(new + repeats < all, "it went on where it was: {said:?}, {all} in all");
}

#[test]
fn what_is_refused_is_reported_with_file_line_and_place() {
    let folder = Folder::new("refusals");
    let patient = |id: &str, birth: &str| {
        json!({"resourceType": "Patient", "id": id, "birthDate": birth,
            "identifier": [{"system": testkit::fhir::MRN, "value": id}]})
    };
    let lines = [
        patient("1", "1980-01-01").to_string(),
        "{\"resourceType\": \"Patient\", \"id\" 2}".to_owned(),
        patient("3", "yesterday").to_string(),
        String::new(),
        patient("5", "1980-01-05").to_string(),
    ];
    folder.write("in/b.ndjson", lines.join("\n"));
    folder.write("in/a.json", "{\"resourceType\": \"Bundle\",\n oops}");
    folder.write("in/c.txt", "not looked at");
    let report = folder.join("refused.ndjson");
    let path = folder.join("in");
    let said = import(&folder, path.to_str().unwrap(), &["--report", report.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let [files, _, _, new, _, refused] = sum(&said);
    assert_eq!((files, new, refused), (2, 2, 3), "{said:?}");
    let report = std::fs::read_to_string(report).unwrap();
    let refused: Vec<Json> = report.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let told: Vec<(String, &str)> = refused
        .iter()
        .map(|r| {
            (r["file"].as_str().unwrap().replace(&format!("{}/", path.display()), ""), r["place"].as_str().unwrap())
        })
        .collect();
    assert_eq!(told[0], ("a.json".to_owned(), "2:2"));
    assert_eq!((told[1].0.as_str(), told[1].1.split(':').next()), ("b.ndjson:2", Some("2")));
    assert_eq!(told[2], ("b.ndjson:3".to_owned(), "Patient.birthDate"));
    for refusal in &refused {
        let says = refusal["says"].as_str().unwrap();
        assert!(!says.is_empty() && !says.contains("yesterday"), "no patient's data: {says}");
        assert!(said.out.contains(says), "it is printed too: {}", said.out);
    }
    let store = folder.store();
    person(&store, "1");
    person(&store, "5");
    assert_eq!(store.whose(&[inbox::key(testkit::fhir::MRN, "3")]).unwrap(), None);
    drop(store);

    // What was mended is read, though the file is as long as before.
    std::thread::sleep(Duration::from_millis(20));
    folder.write("in/b.ndjson", lines.join("\n").replace("\"yesterday\"", "\"1980-03\"  "));
    let [_, done, _, new, repeats, refused] = sum(&import(&folder, path.to_str().unwrap(), &[]));
    assert_eq!((done, new, repeats, refused), (1, 1, 2, 1), "a.json was done, the second line is still broken");
    person(&folder.store(), "3");
}

#[test]
fn a_live_import_acts() {
    let folder = Folder::new("live");
    // At whatever time of day this runs, nine in the morning of the day after has been.
    let story = testkit::story::Story::david().discharged(At(now().0 - 40 * model::time::HOUR_MS));
    let file = folder.write("david.json", story.discharge().to_string());
    let said = import(&folder, file.to_str().unwrap(), &["--live", "--source", "hospital"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let store = folder.store();
    let journeys = store.journeys(person(&store, "1001")).unwrap();
    assert_eq!(journeys.len(), 1, "{journeys:?}");
    assert!(!store.prompts_open(&PromptFilter::default(), 10).unwrap().is_empty(), "the nurse is to call");
}

#[test]
fn a_path_that_is_none_leaves_no_store_behind() {
    let folder = Folder::new("import-none");
    let said = import(&folder, "no/such/folder", &[]);
    assert!(said.code != Some(0) && said.err.contains("cannot read no/such/folder"), "{said:?}");
    let left = std::fs::read_dir(folder.join("")).unwrap().count();
    assert_eq!(left, 0, "a store was made");
}

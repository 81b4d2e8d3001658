//! Imports tell what was: they change what is known and start nothing.

use crate::harness::{On, World};
use model::Origin;
use model::time::DAY_MS;
use serde_json::Value as Json;
use testkit::people::charts;
use testkit::story::{DAY_0, Story};

/// How many charts are imported; the environment may ask for more.
const CHARTS: &str = "THROUGHLINE_CHARTS";
const CHARTS_USUAL: usize = 500;
/// Charts taken in together.
const TOGETHER: usize = 50;

/// Imports, a month goes by, and nobody heard anything.
fn imported(on: On, bundles: impl Iterator<Item = Json>) -> (World, usize) {
    let mut world = World::new(on, DAY_0);
    let mut all = 0;
    let bundles: Vec<Json> = bundles.collect();
    for some in bundles.chunks(TOGETHER) {
        let items: Vec<_> = some.iter().flat_map(|b| world.read(b, Origin::History)).collect();
        all += items.len();
        world.hub().accept(items).expect("accepted");
        world.hub().run().expect("a run");
    }
    let counters = |world: &mut World| world.hub().store().counters().expect("counters");
    let before = counters(&mut world);
    world.until(DAY_0.plus_ms(30 * DAY_MS));
    assert_eq!(world.handset.carried(), 0, "nothing left");
    assert_eq!(world.hub().store().message_counts().expect("counts"), Vec::new(), "no message was made");
    let open = world.hub().store().prompts_open(&store::PromptFilter::default(), 10).expect("prompts");
    assert_eq!(open.len(), 0, "no prompt was opened");
    assert_eq!(world.hub().store().versions_walked().expect("counts"), Vec::new(), "no journey began");
    assert_eq!(counters(&mut world), before, "a month later nothing has changed");
    let parked = world.hub().store().parked(10).expect("parked");
    assert!(parked.iter().all(|p| !p.why.contains("failed")), "{:?}", parked.first().map(|p| &p.why));
    (world, all)
}

#[test]
fn ten_years_of_charts_start_nothing() {
    let count = std::env::var(CHARTS).ok().and_then(|n| n.parse().ok()).unwrap_or(CHARTS_USUAL);
    let (mut world, items) = imported(On::Sqlite, charts(count, 7, DAY_0));
    assert!(items > count * 4, "{items} items of {count} charts");
    // Who had the operation is listed, with the reason.
    let mut listed = 0;
    let today = DAY_0.date_in(&world.zone);
    for number in 0..count.min(100) {
        let person = world.person(&format!("{}", 1_000_000 + number));
        let facts = world.facts(person, "enrolment.listed");
        assert!(facts.iter().all(|f| f.text("why") == Some("imported")));
        let record = world.hub().look(person).expect("a record").record;
        let repaired = !record.procedures.is_empty();
        let adult = record.age_on(today).is_some_and(|age| age >= 18);
        assert_eq!(!facts.is_empty(), repaired && adult, "{}", record.name);
        listed += facts.len();
    }
    assert!(listed > 0, "some had the operation");
}

#[test]
fn the_synthea_bundles_start_nothing() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/synthea");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the samples").map(|e| e.expect("a file").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "json"));
    // Whom the others name comes first: hospitals and practitioners.
    files.sort_by_key(|f| f.file_name().is_some_and(|n| n.to_string_lossy().starts_with(char::is_uppercase)));
    assert!(files.len() >= 5, "{files:?}");
    let read = |f: &std::path::PathBuf| serde_json::from_slice(&std::fs::read(f).expect("bytes")).expect("JSON");
    for on in [On::Sqlite, On::Postgres] {
        let (_, items) = imported(on, files.iter().map(read));
        assert!(items > 500, "{items}");
    }
}

#[test]
fn a_discharge_that_is_told_days_late_is_listed_and_starts_nothing() {
    let story = Story::david();
    let mut world = World::before(&story);
    world.goes_on(4, "12:00");
    world.hears(&story.discharge());
    let david = world.person("1001");
    world.goes_on(16, "12:00");
    assert_eq!(world.list(david), Vec::<String>::new());
    let listed = world.facts(david, "enrolment.listed");
    assert_eq!(listed.iter().map(|f| f.text("why")).collect::<Vec<_>>(), [Some("too_old")]);
}

#[test]
fn an_import_of_what_was_told_live_changes_nothing() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "12:30");
    let before = world.list(david);
    world.imports(&story.discharge());
    assert_eq!(world.list(david), before);
    assert_eq!(world.journeys(david), ["post-surgical-follow-up active"]);
}

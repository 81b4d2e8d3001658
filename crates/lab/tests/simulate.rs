//! Simulations of the story pathway: the same seed gives the same, whoever walks with whom.

mod common;

use common::setup;
use model::At;
use std::collections::BTreeSet;
use throughline_lab::simulate::{Asked, Plan, Population, Sharing, Walked, simulate, walk_people};

fn walked(people: u32, seed: u64, threads: usize, sharing: Sharing) -> Walked {
    let plan = Plan {
        asked: Asked { people, seed, threads, sharing },
        days: 14,
        // Monday, 2026-09-14.
        start: At(1_789_416_000_000),
    };
    let began = std::time::Instant::now();
    let walked = walk_people(&setup(), &Population::shipped(), &plan).expect("everybody walks");
    println!("{people} {sharing:?} seed {seed}: {} turns, {:?}", walked.turns, began.elapsed());
    walked
}

#[test]
fn who_walks_together_comes_to_the_same_as_who_walks_alone() {
    for (people, seed) in [(40, 1), (40, 7)] {
        let shared = walked(people, seed, 2, Sharing::Shared);
        let alone = walked(people, seed, 2, Sharing::Alone);
        assert_eq!(shared.alone_because, None);
        let lines = |walked: &Walked| walked.tally.iter().map(|e| format!("{e:?}")).collect::<BTreeSet<String>>();
        let (shared_lines, alone_lines) = (lines(&shared), lines(&alone));
        let only = |x: &BTreeSet<String>, y: &BTreeSet<String>| x.difference(y).cloned().collect::<Vec<_>>();
        let nothing: Vec<String> = Vec::new();
        let differs = (only(&shared_lines, &alone_lines), only(&alone_lines, &shared_lines));
        assert_eq!(differs, (nothing.clone(), nothing), "{people} people, seed {seed}");
        assert!(shared.turns < alone.turns);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let (setup, population) = (setup(), Population::shipped());
    let bytes = |seed, threads| {
        let asked = Asked { people: 30, seed, threads, sharing: Sharing::Shared };
        let plan = Plan { asked, days: 4, start: At(1_789_416_000_000) };
        let (report, _) = simulate(&setup, &population, &plan).expect("everybody walks");
        let json = serde_json::to_string(&report).expect("it serialises");
        (json, report.text(), report.html())
    };
    let one = bytes(3, 1);
    assert!(one == bytes(3, 2) && one == bytes(3, 7), "threads change nothing");
    assert!(one.0 != bytes(4, 2).0, "another seed is another population");
    assert!(one.1.contains("30 people, 4 days each, seed 3"), "{}", one.1);
    assert!(!one.2.contains("<script") && !one.2.contains(" src="), "the page needs nothing else");
}

/// `THROUGHLINE_PEOPLE=100000 cargo test --release … -- --nocapture memory` prints time and memory of so many.
#[test]
fn memory_is_bounded_by_who_walks_and_not_by_who_there_is() {
    let people = std::env::var("THROUGHLINE_PEOPLE").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let walked = walked(people, 1, 2, Sharing::Shared);
    assert_eq!(walked.tally.count("people"), u64::from(people));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).map(str::trim).unwrap_or("not known here");
    println!("{people} people: peak memory {peak}");
}

#[test]
fn a_limit_of_places_is_told_of_with_who_would_have_waited() {
    let mut setup = setup();
    let name = "post-surgical-follow-up";
    let place = setup.in_force.iter().position(|p| p.name == name).expect("it ships");
    let mut pathway = std::sync::Arc::unwrap_or_clone(setup.in_force.remove(place));
    let waits_ms = 14 * model::time::DAY_MS;
    pathway.enrol.places = Some(pathway::ast::Places { at_most: 5, per_site: false, waits_ms });
    let mut pathways = setup.in_force.clone();
    pathways.push(std::sync::Arc::new(pathway));
    let setup = turn::Setup::new(setup.clinic, setup.teams, &pathways, setup.rules, setup.topics);
    let asked = Asked { people: 30, seed: 3, threads: 2, sharing: Sharing::Shared };
    let plan = Plan { asked, days: 15, start: At(1_789_416_000_000) };
    let (report, walked) = simulate(&setup, &Population::shipped(), &plan).expect("everybody walks");
    assert!(walked.alone_because.is_some_and(|why| why.contains("limit of places")));
    let row = &report.places[0];
    assert_eq!((row.pathway.as_str(), row.at_most, row.journeys), (name, 5, report.enrolled));
    assert!(row.peak > 5 && row.peak <= row.journeys, "{row:?}");
    assert!(row.waited > 0 && row.waited <= row.journeys - 5, "{row:?}");
    assert!(row.never <= row.waited && row.longest_hours > 0, "{row:?}");
    let json = serde_json::to_string(&report).expect("it serialises");
    assert!(json.contains("\"at_most\":5"), "{json}");
    for page in [report.text(), report.html()] {
        assert!(page.contains("first come first served") && page.contains("computed afterwards"), "{page}");
    }
}

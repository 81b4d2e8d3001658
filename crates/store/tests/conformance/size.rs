//! What a journey costs on disk.

use super::fixture::*;
use model::batch::JourneyStatus;
use model::*;
use store::{Committed, Location};

/// Journeys that are written.
const JOURNEYS: u32 = 20_000;
/// Turns in one group.
const GROUP: usize = 1_000;
/// The aim: bytes on disk for a journey under way, with all its indexes and its line's wake.
const BYTES_MAX: u64 = 600;

/// A story journey's state is about this large.
const BLOB_BYTES: usize = 250;

#[test]
fn a_journey_under_way_is_small_on_disk() {
    let at = Fixture::sqlite();
    let (store, mut lanes) = at.lanes();
    let lane = &mut lanes.lanes[0];
    let turns: Vec<_> = (0..JOURNEYS)
        .map(|n| {
            let mut turn = batch(n, 0);
            turn.wake_at = Some(NOON.plus_ms(i64::from(n)));
            turn.journeys = vec![JourneyRow {
                episode: format!("Encounter/{n:08}-1234-1234-1234-123456789012"),
                blob: vec![7; BLOB_BYTES],
                ..journey(n, "a", JourneyStatus::Active)
            }];
            (turn.person.part(), lane.epoch(turn.person.part()), turn)
        })
        .collect();
    for group in turns.chunks(GROUP) {
        assert!(lane.commit(group).unwrap().iter().all(|c| *c == Committed::Written));
    }
    drop((lanes, store));
    let Location::Sqlite(path) = &at.location else { panic!("this store is a file") };
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let bytes = std::fs::metadata(path).unwrap().len() / u64::from(JOURNEYS);
    println!("{bytes} bytes a journey");
    assert!((100..=BYTES_MAX).contains(&bytes), "{bytes} bytes a journey");
}

/// People that are searched among; set `THROUGHLINE_PEOPLE` to measure with more.
const PEOPLE: u32 = 3_000;

/// A name of many: the more common ones come first.
fn name(n: u32) -> String {
    const GIVEN: &[&str] = &[
        "Maria",
        "James",
        "John",
        "Robert",
        "Michael",
        "William",
        "Davina",
        "Richard",
        "Joseph",
        "Thomas",
        "Carmen",
        "Daniel",
        "Matthew",
        "Anthony",
        "Katherine",
        "Steven",
        "Paul",
        "Andrew",
        "Joshua",
        "Lucia",
        "Kevin",
        "Brian",
    ];
    const ENDS: &[&str] = &["son", "man", "ez", "ski", "ley", "ton", "berg", "ford", "ini", "ova", "wood", "field"];
    let mix = |k: u32| (n.wrapping_mul(2_654_435_761).rotate_left(k) >> 8) as usize;
    let stem: String = (0..2 + mix(3) % 2)
        .map(|k| ["ra", "ben", "lo", "mi", "tor", "sa", "ke", "du"][mix(5 + k as u32) % 8])
        .collect();
    let family = stem + ENDS[mix(11) % ENDS.len()];
    format!("{} {}{}", GIVEN[mix(17) % GIVEN.len()], family[..1].to_uppercase(), &family[1..])
}

#[test]
fn a_search_among_many_finds_few_and_the_right_ones() {
    let people: u32 = std::env::var("THROUGHLINE_PEOPLE").ok().and_then(|n| n.parse().ok()).unwrap_or(PEOPLE);
    let at = Fixture::sqlite();
    let (store, mut lanes) = at.lanes();
    let lane = &mut lanes.lanes[0];
    let turns: Vec<_> = (0..people)
        .map(|n| {
            let mut turn = newcomer(n, if n == 77 { "David Reyes" } else { "x" });
            let face = turn.face.as_mut().unwrap();
            if n != 77 {
                face.name = name(n);
            }
            face.birth_date = format!("{}-{:02}-{:02}", 1930 + n % 80, 1 + n % 12, 1 + n % 28);
            face.search = format!("{} {n:07} +1212555{:04} m{n}@example.org", face.name.to_lowercase(), n % 10_000);
            (turn.person.part(), lane.epoch(turn.person.part()), turn)
        })
        .collect();
    let began = std::time::Instant::now();
    for group in turns.chunks(GROUP) {
        assert!(lane.commit(group).unwrap().iter().all(|c| *c == Committed::Written));
    }
    println!("{people} people written in {:?}", began.elapsed());
    let asked = [
        "reyes david",
        "Ryees",
        "dvaid reyes",
        "re da",
        "+12125550077",
        "0077",
        "m77@example.org",
        "0000077",
        "james",
        "maria ra",
        "jams rabenson",
        "m",
        "1950-03-05",
        "smith",
    ];
    let mut took: Vec<(u128, &str)> = Vec::new();
    for words in asked.iter().cycle().take(asked.len() * 10) {
        let began = std::time::Instant::now();
        let found = store.find_people(words, 20).unwrap();
        took.push((began.elapsed().as_micros(), words));
        assert!(found.len() <= 20);
        if words.contains("77") || words.to_lowercase().contains("ye") {
            assert_eq!(found[0].name, "David Reyes", "{words}");
        }
    }
    took.sort();
    println!("search: median {} us, worst {:?} us", took[took.len() / 2].0, took[took.len() - 1]);
}

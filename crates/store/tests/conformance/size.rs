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

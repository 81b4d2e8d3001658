//! What goes wrong outside is survived.

use super::fixture::*;
use model::*;
use std::process::Command;
use store::{Committed, Location};

/// Ends every other connection to the database of this test.
fn cut(at: &Fixture) {
    let Location::Postgres { url, .. } = &at.location else { panic!("this store is a server's") };
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let out = Command::new("psql").arg(url).args(["-v", "ON_ERROR_STOP=1", "-qAtc", sql]).output().unwrap();
    assert!(String::from_utf8_lossy(&out.stdout).contains('t'), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_connection_that_is_cut_is_made_anew() {
    let at = Fixture::postgres();
    let (store, mut lanes) = at.lanes();
    lanes.written(newcomer(1, "David Reyes"));
    assert_eq!(store.line(person(1)).unwrap().version, 1);
    cut(&at);
    // A call may find the cut out by failing; the next one goes through, and nothing is lost.
    let (item, again) = (item(1, "a", "x"), 3);
    let lane = lanes.of(person(1).part());
    let arrival = (0..again).find_map(|_| lane.accept(std::slice::from_ref(&item), NOON).ok());
    assert!(matches!(arrival.as_deref(), Some([Arrival::New { .. } | Arrival::Repeat(_)])), "{arrival:?}");
    let waiting = (0..again).find_map(|_| lane.waiting(10).ok()).unwrap();
    assert_eq!((waiting.len(), waiting[0].person), (1, Some(person(1))));
    let mut turn = batch(1, 1);
    turn.consumed = vec![(waiting[0].part, waiting[0].seq)];
    lanes.written(turn);
    let line = (0..again).find_map(|_| store.line(person(1)).ok()).unwrap();
    assert_eq!(line.version, 2);
    assert!((0..again).any(|_| store.ready().is_ok()));
}

#[test]
fn a_write_that_fails_is_whole_undone_and_memory_with_it() {
    let at = Fixture::sqlite();
    let (store, mut lanes) = at.lanes();
    lanes.accept(&item(1, "a", "x"));
    assert_eq!(lanes.waiting().len(), 1);
    // A trigger stands for a disk that is full.
    let Location::Sqlite(path) = &at.location else { panic!("this store is a file") };
    let other = rusqlite::Connection::open(path).unwrap();
    other
        .execute_batch("CREATE TRIGGER full BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
        .unwrap();
    let mut turn = newcomer(1, "David Reyes");
    turn.consumed = lanes.waiting().iter().map(|w| (w.part, w.seq)).collect();
    turn.facts = vec![fact("note.made", "n")];
    turn.messages = vec![message(1, "m", false, 0)];
    let lane = lanes.of(turn.person.part());
    let part = turn.person.part();
    let group = [(part, lane.epoch(part), turn)];
    assert!(lane.commit(&group).is_err());
    assert_eq!(store.line(person(1)).unwrap().version, 0);
    assert!(store.timeline(person(1), None, 10).unwrap().is_empty());
    assert_eq!(lanes.waiting().len(), 1, "the item waits still");
    other.execute_batch("DROP TRIGGER full").unwrap();
    let lane = lanes.of(part);
    assert_eq!(lane.commit(&group).unwrap(), [Committed::Written]);
    assert!(lanes.waiting().is_empty());
    assert_eq!(lanes.claim(10).send.len(), 1);
}

#[test]
fn the_write_ahead_log_comes_home() {
    let at = Fixture::sqlite();
    let (store, mut lanes) = at.lanes();
    let big = "x".repeat(200_000);
    for n in 0..300u32 {
        let mut turn = newcomer(n, "Someone");
        turn.resources = vec![ResourceRow {
            source: "hospital".into(),
            kind: "Binary".into(),
            id: "1".into(),
            version: 1,
            at: NOON,
            json: big.clone(),
        }];
        lanes.written(turn);
    }
    let wal = store.wal_bytes().unwrap();
    assert!(wal > 0 && wal < 50 << 20, "60 MB were written and the log has {wal} bytes");
}

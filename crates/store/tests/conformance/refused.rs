//! What was refused is kept within its bounds, counted when it comes again, and settled once.

use super::fixture::*;
use store::{BODY_MAX, ROWS_MAX, Refusal, RefusedState, Settlement, Store};

on_both_engines!(
    the_same_is_kept_once_and_counted,
    a_source_keeps_its_newest_and_another_keeps_its_own,
    bytes_are_bounded_and_a_large_body_is_not_kept,
    a_row_is_settled_once,
    what_was_set_aside_is_listed_held_and_dropped
);

fn refusal<'a>(source: &'a str, body: &'a [u8], at: i64) -> Refusal<'a> {
    Refusal {
        source,
        site: "north",
        door: "POST /fhir/R4",
        sender: "Hospital 1 (tl_1)",
        at: NOON.plus_ms(at),
        cause: "value Patient.birthDate",
        issues: r#"[{"place":"Patient.birthDate"}]"#,
        body,
    }
}

fn settled<'a>(state: RefusedState) -> Settlement<'a> {
    Settlement { state, at: NOON.plus_ms(9), by: "ines", note: "why", mended: Some(b"{}"), outcome: "{\"facts\":[]}" }
}

fn counter(store: &Store, name: &str) -> i64 {
    store.counters().unwrap().into_iter().find(|(n, _)| n == name).map_or(0, |(_, n)| n)
}

fn the_same_is_kept_once_and_counted(at: &Fixture) {
    let store = at.store();
    let body = "na\u{ef}ve \u{0} 漢字".as_bytes();
    let id = store.refuse(&refusal("hospital", body, 0)).unwrap();
    let mut again = refusal("hospital", body, 5);
    (again.cause, again.sender) = ("required Patient.id", "Hospital 2 (tl_2)");
    assert_eq!(store.refuse(&again).unwrap(), id);
    let whole = store.refused_one(id).unwrap().unwrap();
    assert_eq!((whole.row.times, whole.row.first_at, whole.row.at), (2, NOON, NOON.plus_ms(5)));
    assert_eq!((whole.row.cause.as_str(), whole.row.sender.as_str()), ("required Patient.id", "Hospital 2 (tl_2)"));
    assert_eq!((whole.body.as_deref(), whole.mended), (Some(body), None));
    let mut elsewhere = refusal("hospital", body, 6);
    elsewhere.door = "POST /events";
    assert_ne!(store.refuse(&elsewhere).unwrap(), id, "another door reads it otherwise");
    assert_ne!(store.refuse(&refusal("pharmacy", body, 7)).unwrap(), id);
    let rows = store.refused(RefusedState::Open, 10).unwrap();
    let order: Vec<_> = rows.iter().map(|r| (r.source.as_str(), r.at.0 - NOON.0)).collect();
    assert_eq!(order, [("pharmacy", 7), ("hospital", 6), ("hospital", 5)], "newest first");
    assert_eq!(store.refused(RefusedState::Open, 2).unwrap().len(), 2);
    let counts = store.refused_counts().unwrap();
    let open = RefusedState::Open;
    assert_eq!(counts, [(open, "hospital".to_owned(), 2), (open, "pharmacy".to_owned(), 1)]);
}

fn a_source_keeps_its_newest_and_another_keeps_its_own(at: &Fixture) {
    let store = at.store();
    store.refuse(&refusal("pharmacy", b"mine", -1)).unwrap();
    let over = 5;
    for n in 0..ROWS_MAX + over {
        store.refuse(&refusal("hospital", n.to_string().as_bytes(), n as i64)).unwrap();
    }
    let rows = store.refused(RefusedState::Open, ROWS_MAX * 2).unwrap();
    let hospital: Vec<i64> = rows.iter().filter(|r| r.source == "hospital").map(|r| r.at.0 - NOON.0).collect();
    assert_eq!(hospital.len(), ROWS_MAX);
    assert_eq!(hospital.last(), Some(&(over as i64)), "the oldest went");
    assert_eq!(rows.len(), ROWS_MAX + 1, "another source lost nothing");
    assert_eq!(counter(&store, "refused.dropped"), over as i64);
}

fn bytes_are_bounded_and_a_large_body_is_not_kept(at: &Fixture) {
    let store = at.store();
    let large = vec![b'x'; BODY_MAX + 1];
    let id = store.refuse(&refusal("hospital", &large, 0)).unwrap();
    let whole = store.refused_one(id).unwrap().unwrap();
    assert!(whole.body.is_none() && whole.row.bytes < 1000, "{}", whole.row.bytes);
    assert_eq!(store.refuse(&refusal("hospital", &large, 1)).unwrap(), id, "its hash tells that it is the same");
    let fits = store::BYTES_MAX / BODY_MAX;
    let mut body = vec![b'y'; BODY_MAX];
    for n in 0..fits + 3 {
        body[..8].copy_from_slice(format!("{n:08}").as_bytes());
        store.refuse(&refusal("hospital", &body, 10 + n as i64)).unwrap();
    }
    let rows = store.refused(RefusedState::Open, 1000).unwrap();
    let sum: i64 = rows.iter().map(|r| r.bytes).sum();
    assert!(sum <= store::BYTES_MAX as i64 && rows.len() >= fits - 1, "{sum} bytes in {} rows", rows.len());
    assert!(counter(&store, "refused.dropped") >= 3);
}

fn a_row_is_settled_once(at: &Fixture) {
    let store = at.store();
    let id = store.refuse(&refusal("hospital", b"{", 0)).unwrap();
    let other = store.refuse(&refusal("hospital", b"[", 1)).unwrap();
    assert!(store.refused_settle(id, &settled(RefusedState::Mended)).unwrap());
    assert!(!store.refused_settle(id, &settled(RefusedState::Dismissed)).unwrap(), "it is not open any more");
    assert!(store.refused_settle(other, &settled(RefusedState::Dismissed)).unwrap());
    let whole = store.refused_one(id).unwrap().unwrap();
    assert_eq!((whole.row.state, whole.row.state_by.as_str()), (RefusedState::Mended, "ines"));
    assert_eq!((whole.body.as_deref(), whole.mended.as_deref()), (Some(b"{".as_slice()), Some(b"{}".as_slice())));
    assert_eq!(whole.row.outcome, "{\"facts\":[]}");
    store.refuse(&refusal("hospital", b"{", 20)).unwrap();
    let again = store.refused_one(id).unwrap().unwrap().row;
    assert_eq!((again.state, again.times), (RefusedState::Mended, 2), "what was mended stays mended, and is counted");
    assert!(store.refused(RefusedState::Open, 10).unwrap().is_empty());
    assert_eq!(store.refused(RefusedState::Dismissed, 10).unwrap()[0].id, other);
}

fn what_was_set_aside_is_listed_held_and_dropped(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for n in 1..=3 {
        lanes.accept(&item(n, "k", "c"));
    }
    for (n, waiting) in lanes.waiting().into_iter().enumerate() {
        let why = vec![(waiting.part, waiting.seq, "matches nobody yet".to_owned())];
        lanes.of(waiting.part).park(&why, NOON.plus_ms(n as i64)).unwrap();
    }
    let rows = store.set_aside(false, 10).unwrap();
    assert_eq!(rows.iter().map(|r| r.at.0 - NOON.0).collect::<Vec<_>>(), [2, 1, 0]);
    assert!(store.set_aside(true, 10).unwrap().is_empty());
    let first = store.set_aside_one(rows[0].part, rows[0].seq).unwrap().unwrap();
    assert_eq!(first.item, rows[0].item);
    let mut stale = first.clone();
    stale.item.fact.id = rows[1].item.fact.id;
    assert!(!store.set_aside_hold(&stale).unwrap() && !store.set_aside_drop(&stale).unwrap());
    assert!(store.set_aside_hold(&first).unwrap());
    assert!(!store.set_aside_hold(&first).unwrap(), "of two who read it waiting, one holds it");
    let held = store.set_aside_one(first.part, first.seq).unwrap().unwrap();
    assert!(held.failed && store.set_aside_hold(&held).unwrap(), "who reads it as it stands may go on with it");
    assert_eq!((store.set_aside(false, 10).unwrap().len(), store.set_aside(true, 10).unwrap().len()), (2, 1));
    assert!(store.set_aside_drop(&first).unwrap());
    assert!(!store.set_aside_drop(&first).unwrap(), "once");
    assert!(store.set_aside_one(first.part, first.seq).unwrap().is_none());
}

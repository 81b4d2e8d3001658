//! The desk's small things, written beside the lanes.

use super::fixture::*;
use store::{AccessRow, DeskRow};

on_both_engines!(
    rows_are_put_added_listed_and_dropped,
    the_access_log_tells_who_saw_whom,
    the_desk_and_a_lane_write_at_once
);

fn row(kind: &str, key: &str, json: &str) -> DeskRow {
    DeskRow { kind: kind.into(), key: key.into(), json: json.into(), at: NOON }
}

fn rows_are_put_added_listed_and_dropped(at: &Fixture) {
    let store = at.store();
    assert!(store.desk_add(&row("account", "nora", "1")).unwrap());
    assert!(!store.desk_add(&row("account", "nora", "2")).unwrap());
    store.desk_put(&row("account", "amy", "3")).unwrap();
    store.desk_put(&row("session", "nora", "4")).unwrap();
    let list: Vec<_> = store.desk_list("account").unwrap().into_iter().map(|r| (r.key, r.json)).collect();
    assert_eq!(list, [("amy".to_owned(), "3".to_owned()), ("nora".to_owned(), "1".to_owned())]);
    store.desk_put(&row("account", "nora", "5")).unwrap();
    let nora = store.desk_get("account", "nora").unwrap().unwrap();
    assert_eq!((nora.json.as_str(), nora.at), ("5", NOON));
    assert!(store.desk_drop("account", "nora").unwrap());
    assert!(!store.desk_drop("account", "nora").unwrap());
    assert!(store.desk_get("account", "nora").unwrap().is_none());
    assert_eq!(store.desk_list("session").unwrap().len(), 1);
}

fn the_access_log_tells_who_saw_whom(at: &Fixture) {
    for round in 0..2 {
        // Opened again, so that two runs write into the same millisecond.
        let store = at.store();
        for n in 0..3u32 {
            let who = (n != 2).then(|| person(n));
            let (what, detail) = (format!("saw {round}{n}"), "/people".to_owned());
            store
                .access_add(&AccessRow {
                    at: NOON.plus_ms(i64::from(round)),
                    who: "nora".into(),
                    what,
                    person: who,
                    detail,
                })
                .unwrap();
        }
    }
    let store = at.store();
    let what = |person, limit| -> Vec<String> {
        store.access_log(person, limit).unwrap().into_iter().map(|r| r.what).collect()
    };
    assert_eq!(what(None, 10), ["saw 12", "saw 11", "saw 10", "saw 02", "saw 01", "saw 00"]);
    assert_eq!(what(None, 2), ["saw 12", "saw 11"]);
    assert_eq!(what(Some(person(1)), 10), ["saw 11", "saw 01"]);
    store
        .access_add(&AccessRow {
            at: NOON,
            who: "amy".into(),
            what: "same ms".into(),
            person: Some(person(1)),
            detail: String::new(),
        })
        .unwrap();
    assert_eq!(store.access_log(Some(person(1)), 10).unwrap().len(), 3);
}

fn the_desk_and_a_lane_write_at_once(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..50 {
                store.desk_put(&row("session", &n.to_string(), "{}")).unwrap();
            }
        });
        for n in 1..=50 {
            lanes.written(newcomer(n, "Someone"));
        }
    });
    assert_eq!(store.desk_list("session").unwrap().len(), 50);
    assert_eq!(store.find_people("someone", 100).unwrap().len(), 50);
}

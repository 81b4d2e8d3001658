//! The desk's small things, written beside the lanes.

use super::fixture::*;
use model::At;
use store::{AccessAsked, AccessRow, DeskRow};

on_both_engines!(
    rows_are_put_added_listed_and_dropped,
    what_was_dropped_is_not_written_back,
    of_many_who_swap_a_row_at_once_one_does,
    the_access_log_tells_who_saw_whom,
    the_access_log_is_read_in_stretches_by_whom_by_who_and_by_time,
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

fn what_was_dropped_is_not_written_back(at: &Fixture) {
    let store = at.store();
    assert!(!store.desk_change(&row("session", "nora", "1")).unwrap(), "there is none");
    assert!(store.desk_get("session", "nora").unwrap().is_none());
    store.desk_put(&row("session", "nora", "2")).unwrap();
    assert!(store.desk_change(&DeskRow { at: NOON.plus_ms(5), ..row("session", "nora", "3") }).unwrap());
    let nora = store.desk_get("session", "nora").unwrap().unwrap();
    assert_eq!((nora.json.as_str(), nora.at), ("3", NOON.plus_ms(5)));
    store.desk_put(&row("session", "amy", "4")).unwrap();
    store.desk_put(&row("account", "amy", "5")).unwrap();
    let older = |before, limit| -> Vec<String> {
        store.desk_older("session", NOON.plus_ms(before), limit).unwrap().into_iter().map(|r| r.key).collect()
    };
    assert_eq!((older(0, 9), older(1, 9)), (vec![], vec!["amy".to_owned()]));
    assert_eq!((older(6, 9), older(6, 1)), (vec!["amy".to_owned(), "nora".to_owned()], vec!["amy".to_owned()]));
    assert!(store.desk_drop("session", "nora").unwrap());
    assert!(!store.desk_change(&row("session", "nora", "6")).unwrap());
    assert!(store.desk_get("session", "nora").unwrap().is_none());
}

fn of_many_who_swap_a_row_at_once_one_does(at: &Fixture) {
    let store = at.store();
    assert!(!store.desk_swap("1", &row("slot", "a", "2")).unwrap(), "there is none");
    store.desk_put(&row("slot", "a", "1")).unwrap();
    let barrier = std::sync::Barrier::new(4);
    let swap = |n: usize| {
        barrier.wait();
        store.desk_swap("1", &row("slot", "a", &format!("by {n}"))).unwrap()
    };
    let won: Vec<bool> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|n| scope.spawn(move || swap(n))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let winner = won.iter().position(|won| *won).unwrap();
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    assert_eq!(store.desk_get("slot", "a").unwrap().unwrap().json, format!("by {winner}"));
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

fn the_access_log_is_read_in_stretches_by_whom_by_who_and_by_time(at: &Fixture) {
    let store = at.store();
    for n in 0..9i64 {
        // Three in each millisecond, in several parts, by two.
        let (when, whom) = (NOON.plus_ms(n / 3), (n % 3 != 2).then(|| person(u32::try_from(n % 3).unwrap())));
        let who = if n % 2 == 0 { "nora" } else { "amy" };
        let (what, detail) = (format!("saw {n}"), String::new());
        store.access_add(&AccessRow { at: when, who: who.into(), what, person: whom, detail }).unwrap();
    }
    let all = AccessAsked { person: None, who: None, from: At(0), until: NOON.plus_ms(9), before: None };
    let what = |asked: &AccessAsked, limit| -> Vec<String> {
        store.access_read(asked, limit).unwrap().into_iter().map(|(_, r)| r.what.replace("saw ", "")).collect()
    };
    assert_eq!(what(&all, 99), ["8", "7", "6", "5", "4", "3", "2", "1", "0"]);
    // Page by page, nothing is left out and nothing comes twice.
    let (mut asked, mut seen) = (all.clone(), Vec::new());
    for _ in 0..5 {
        let rows = store.access_read(&asked, 2).unwrap();
        asked.before = rows.last().map(|(nonce, row)| (row.at, *nonce)).or(asked.before);
        seen.extend(rows.into_iter().map(|(_, r)| r.what));
    }
    assert_eq!(seen.len(), 9);
    assert_eq!(seen.first().map(String::as_str), Some("saw 8"));
    assert_eq!(what(&AccessAsked { who: Some("amy".into()), ..all.clone() }, 99), ["7", "5", "3", "1"]);
    assert_eq!(what(&AccessAsked { person: Some(person(1)), ..all.clone() }, 99), ["7", "4", "1"]);
    let middle = AccessAsked { from: NOON.plus_ms(1), until: NOON.plus_ms(1), ..all.clone() };
    assert_eq!(what(&middle, 99), ["5", "4", "3"], "both ends are within");
    assert_eq!(what(&AccessAsked { person: Some(person(0)), ..middle }, 99), ["3"]);
    assert!(what(&AccessAsked { who: Some("' OR 1=1".into()), ..all }, 99).is_empty());
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

//! Orders about versions of pathways, and the walk over those whom they concern.

use super::fixture::*;
use model::*;
use std::collections::BTreeSet;
use store::{ChangeRow, Lane, Mark};

on_both_engines!(
    an_order_is_kept_once_and_in_order,
    everyone_on_a_version_is_found_once_and_where_the_walk_stopped_is_kept,
    a_lane_that_was_taken_marks_nothing,
);

fn order(kind: &str) -> ChangeRow {
    let (kind, who) = (kind.into(), "lena".into());
    ChangeRow {
        number: 0, kind, pathway: "follow-up".into(), at: NOON, who, json: "{\"why\":\"naïve 漢字\"}".into()
    }
}

#[test]
fn other_orders_leave_room_for_what_stops_care_and_lets_it_go_on() {
    let at = Fixture::sqlite();
    let store = at.store();
    let store::Location::Sqlite(path) = &at.location else { panic!("an embedded store") };
    let last = store::ORDERS_MAX - store::ORDERS_RESERVED;
    let raw = rusqlite::Connection::open(path).unwrap();
    let sql = "INSERT INTO change (number, kind, pathway, at, who, once, json) VALUES (?1, 'publish', 'x', 0, 'x', 'x', '{}')";
    raw.execute(sql, [last]).unwrap();
    for kind in ["publish", "shadow", "words", "move"] {
        assert!(store.change_add(&order(kind), kind).is_err(), "{kind}");
    }
    for (n, kind) in (1..).zip(["halt", "resume", "unshadow", "fell"]) {
        assert_eq!(store.change_add(&order(kind), kind).unwrap(), last + n, "{kind}");
    }
}

fn an_order_is_kept_once_and_in_order(at: &Fixture) {
    let store = at.store();
    assert_eq!(store.changes().unwrap(), []);
    assert_eq!(store.change_add(&order("halt"), "a").unwrap(), 1);
    assert_eq!(store.change_add(&order("resume"), "b").unwrap(), 2);
    assert_eq!(store.change_add(&order("halt"), "a").unwrap(), 1, "the same click again");
    drop(store);
    let all = at.store().changes().unwrap();
    let kinds: Vec<(i64, &str)> = all.iter().map(|c| (c.number, c.kind.as_str())).collect();
    assert_eq!(kinds, [(1, "halt"), (2, "resume")]);
    assert_eq!(all[0], ChangeRow { number: 1, ..order("halt") });
}

/// Everyone of a lane on the pathway, page by page.
fn walk(lane: &mut Lane, version: Option<Id>) -> Vec<PersonId> {
    let mut all = Vec::new();
    for part in lane.parts() {
        let mut after = None;
        loop {
            let page = lane.people_on(part, "follow-up", version, after, 2).unwrap();
            after = page.last().copied();
            all.extend(&page);
            if page.len() < 2 {
                break;
            }
        }
    }
    all
}

fn everyone_on_a_version_is_found_once_and_where_the_walk_stopped_is_kept(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let (old, new) = (Id::of(&[b"old"]), Id::of(&[b"new"]));
    let stand = |pathway: &str, version: Id, step: &str| Stand {
        pathway: pathway.into(),
        version,
        step: step.into(),
        site: "north".into(),
        since: NOON,
        here: true,
    };
    for n in 1..=30 {
        let mut come = newcomer(n, &format!("Person {n}"));
        come.stands = vec![stand("other", old, ""), stand("follow-up", old, ""), stand("follow-up", old, "call/check")];
        if n % 3 == 0 {
            come.stands.push(stand("follow-up", new, ""));
        }
        if n % 5 == 0 {
            come.stands.remove(1);
        }
        lanes.written(come);
    }
    let wanted = |on: &dyn Fn(u32) -> bool| (1..=30).filter(|n| on(*n)).map(person).collect::<BTreeSet<_>>();
    for (version, on) in [
        (Some(old), wanted(&|n| n % 5 != 0)),
        (Some(new), wanted(&|n| n % 3 == 0)),
        (None, wanted(&|n| n % 5 != 0 || n % 3 == 0)),
    ] {
        let found: Vec<PersonId> = lanes.lanes.iter_mut().flat_map(|lane| walk(lane, version)).collect();
        assert_eq!(found.len(), on.len(), "each once");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), on);
    }
    let lane = &mut lanes.lanes[0];
    assert!(lane.marks().unwrap().is_empty());
    let half = Mark { after: Some(person(3)), done: false };
    lane.mark(7, &[(0, half, 4)]).unwrap();
    assert_eq!(lane.marks().unwrap().into_iter().collect::<Vec<_>>(), [((7, 0), half)]);
    assert_eq!((store.change_progress().unwrap()[&7].parts, store.change_progress().unwrap()[&7].asked), (0, 4));
    for lane in &mut lanes.lanes {
        let all: Vec<_> = lane.parts().map(|part| (part, Mark { after: None, done: true }, 1)).collect();
        lane.mark(7, &all).unwrap();
    }
    let progress = store.change_progress().unwrap()[&7];
    assert!(progress.done() && progress.asked == 4 + i64::from(PARTS));
    drop(lanes);
    let (_, mut lanes) = at.lanes();
    assert!(lanes.lanes[0].marks().unwrap().values().all(|m| m.done), "it is on disk");
}

fn a_lane_that_was_taken_marks_nothing(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let _other = store.take_lane(0).unwrap();
    let lost = lanes.lanes[0].mark(1, &[(0, Mark { after: None, done: true }, 0)]);
    assert!(matches!(lost, Err(store::Error::LaneLost)), "{lost:?}");
    assert!(store.change_progress().unwrap().is_empty());
}

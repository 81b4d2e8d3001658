//! What waits and what was done lately, narrow; whole prompts and states for what is shown.

use super::fixture::*;
use model::prompt::{HeldOutcome, PromptStatus};
use model::*;
use store::{AccessRow, PromptFilter, WaitingPrompt};

on_both_engines!(
    what_waits_is_told_by_narrow_rows_that_follow_each_change,
    what_was_closed_lately_is_listed_the_latest_first,
    whole_prompts_and_states_are_read_in_the_order_asked,
    a_list_that_shows_many_is_one_entry_each_in_the_access_log
);

fn of_site(site: &str) -> PromptFilter {
    PromptFilter { teams: Vec::new(), sites: vec![site.to_owned()] }
}

fn what_waits_is_told_by_narrow_rows_that_follow_each_change(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let all = PromptFilter::default();
    for (n, name, urgent, due) in [(1, "late", false, 30), (2, "soon", false, 10), (3, "now", true, 40)] {
        let mut turn = newcomer(n, "Someone");
        turn.prompts = vec![prompt(n, name, "nurses", urgent, due)];
        lanes.written(turn);
    }
    let mut south = newcomer(4, "Someone");
    south.prompts = vec![prompt(4, "south", "doctors", false, 20), prompt(4, "nowhere", "nurses", false, 25)];
    south.prompts[0].site = "south".into();
    south.prompts[1].site = String::new();
    lanes.written(south);
    let due = |filter: &PromptFilter| -> Vec<i64> {
        store.prompts_waiting(filter).unwrap().iter().map(|p| p.due_at.0 - NOON.0).collect()
    };
    assert_eq!(due(&all), [40, 10, 20, 25, 30], "urgent first, then by when it is due");
    assert_eq!(due(&of_site("south")), [20, 25], "and what has no site is everyone's");
    assert_eq!(due(&PromptFilter { teams: vec!["doctors".into()], sites: vec!["north".into()] }), [0_i64; 0]);

    let mut claimed = prompt(2, "soon", "nurses", false, 10);
    claimed.status = PromptStatus::Acknowledged;
    claimed.assignee = Some("nora".into());
    claimed.not_before = Some(At(5));
    claimed.desk.snoozed_until = Some(At(7));
    claimed.desk.lease_until = Some(At(9));
    let held = fact("prompt.completed", "k");
    claimed.desk.held = Some(HeldOutcome { until: At(11), fact: Box::new(held) });
    let mut turn = batch(2, 1);
    turn.prompts = vec![claimed.clone()];
    lanes.written(turn);
    let rows = store.prompts_waiting(&all).unwrap();
    let expected = WaitingPrompt {
        person: person(2),
        id: claimed.id,
        urgent: false,
        due_at: NOON.plus_ms(10),
        team: "nurses".into(),
        site: "north".into(),
        assignee: "nora".into(),
        hidden_until: Some(At(7)),
        lease_until: Some(At(9)),
        held_until: Some(At(11)),
    };
    assert_eq!(rows.iter().find(|p| p.id == claimed.id), Some(&expected));
    assert_eq!(store.prompts_each(&[(person(2), claimed.id)]).unwrap(), [claimed.clone()], "and whole as written");

    (claimed.status, claimed.desk.held) = (PromptStatus::Completed, None);
    let mut turn = batch(2, 2);
    turn.prompts = vec![claimed.clone()];
    lanes.written(turn);
    assert!(store.prompts_waiting(&all).unwrap().iter().all(|p| p.id != claimed.id));
}

fn what_was_closed_lately_is_listed_the_latest_first(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for (n, name, closed, status) in [
        (1, "old", 10, PromptStatus::Completed),
        (2, "done", 20, PromptStatus::Completed),
        (3, "moot", 30, PromptStatus::Withdrawn),
        (4, "open", 0, PromptStatus::Open),
    ] {
        let mut turn = newcomer(n, "Someone");
        let mut row = prompt(n, name, "nurses", n == 3, 5);
        row.status = status;
        row.desk.closed_at = (!status.is_open()).then(|| NOON.plus_ms(closed));
        turn.prompts = vec![row];
        lanes.written(turn);
    }
    let closed = |filter: &PromptFilter, since, limit| -> Vec<(PersonId, bool, bool)> {
        let rows = store.prompts_closed(filter, NOON.plus_ms(since), limit).unwrap();
        rows.into_iter().map(|p| (p.person, p.withdrawn, p.urgent)).collect()
    };
    let all = PromptFilter::default();
    assert_eq!(closed(&all, 20, 10), [(person(3), true, true), (person(2), false, false)]);
    assert_eq!(closed(&all, 0, 1), [(person(3), true, true)]);
    assert!(closed(&of_site("south"), 0, 10).is_empty());
    assert!(closed(&all, 31, 10).is_empty());
}

fn whole_prompts_and_states_are_read_in_the_order_asked(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let names = ["a", "b", "c"];
    for (n, name) in (1..).zip(names) {
        let mut turn = newcomer(n, name);
        turn.prompts = vec![prompt(n, name, "nurses", false, 5)];
        turn.state = Some(vec![u8::try_from(n).unwrap(); 4]);
        lanes.written(turn);
    }
    let key = |n: u32, name: &str| (person(n), prompt(n, name, "nurses", false, 5).id);
    let read = store.prompts_each(&[key(3, "c"), key(9, "nobody"), key(1, "a")]).unwrap();
    assert_eq!(read.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["c", "a"]);
    let mut merged = batch(2, 1);
    merged.face = newcomer(2, "b").face.map(|face| batch::Face { forwards_to: Some(person(1)), ..face });
    lanes.written(merged);
    let states = store.states(&[person(3), person(9), person(2)]).unwrap();
    assert_eq!(states[0], Some((vec![3; 4], None)));
    assert_eq!(states[1], None);
    assert_eq!(states[2].as_ref().and_then(|(_, to)| *to), Some(person(1)));
    assert!(store.states(&[]).unwrap().is_empty() && store.prompts_each(&[]).unwrap().is_empty());
}

fn a_list_that_shows_many_is_one_entry_each_in_the_access_log(at: &Fixture) {
    let store = at.store();
    let row = AccessRow { at: NOON, who: "nora".into(), what: "saw".into(), person: None, detail: "/".into() };
    let people: Vec<PersonId> = (1..=40).map(person).collect();
    store.access_add_each(&row, &people).unwrap();
    store.access_add_each(&row, &[]).unwrap();
    assert_eq!(store.access_log(None, 100).unwrap().len(), 40);
    let of = store.access_log(Some(person(7)), 10).unwrap();
    assert_eq!((of.len(), of[0].who.as_str(), of[0].person), (1, "nora", Some(person(7))));
    // Another process begins its numbers anew in the same millisecond: nothing is lost.
    at.store().access_add_each(&row, &people).unwrap();
    assert_eq!(store.access_log(None, 100).unwrap().len(), 80);
}

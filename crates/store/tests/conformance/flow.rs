//! Who stands where, and what is counted of it: once, with the turn, and the same as the list.

use super::fixture::*;
use model::flow::{self, ACCURACY, Passage, Stand};
use model::time::DAY_MS;
use model::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use store::{Committed, Store};

on_both_engines!(
    who_stands_where_is_counted_and_listed_alike,
    a_stale_turn_counts_nothing,
    a_median_is_within_the_stated_accuracy,
    what_a_correction_takes_back_is_gone,
    old_counts_are_dropped,
    a_home_that_another_took_is_left_for_the_next,
);

const PATHWAY: &str = "post-surgical-follow-up";

fn version() -> Id {
    Id::of(&[b"version"])
}

fn stand(step: &str, site: &str, here: bool) -> Stand {
    Stand { pathway: PATHWAY.into(), version: version(), step: step.into(), site: site.into(), since: NOON, here }
}

fn passage(step: &str, way: &str, stayed_ms: Option<i64>) -> Passage {
    let (step, way, day) = (step.into(), way.into(), flow::day(NOON));
    Passage { pathway: PATHWAY.into(), version: version(), step, way, stayed_ms, day, more: true }
}

fn number(store: &Store) -> i64 {
    store.versions_walked().unwrap().iter().find(|v| v.hash == version()).map_or(-1, |v| v.number)
}

fn counted(store: &Store, step: &str) -> Vec<(String, i64)> {
    let all = store.standing(number(store)).unwrap();
    all.into_iter().filter(|s| s.step == step).map(|s| (s.site, s.n)).collect()
}

fn who_stands_where_is_counted_and_listed_alike(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for n in 1..=40 {
        let site = if n % 4 == 0 { "south" } else { "north" };
        let mut come = newcomer(n, &format!("Person {n}"));
        come.stands = vec![stand("", site, true), stand("call/check", site, true)];
        lanes.written(come);
    }
    assert_eq!(counted(&store, "call/check"), [("north".into(), 30), ("south".into(), 10)]);
    // One goes on, one comes again to where they stand already, one moves to another site.
    let mut on = batch(1, 1);
    on.stands = vec![stand("call/check", "north", false), stand("call/branch", "north", true)];
    lanes.written(on);
    let mut again = batch(2, 1);
    again.stands = vec![stand("call/check", "north", true), stand("never there", "north", false)];
    lanes.written(again);
    let mut moved = batch(3, 1);
    moved.stands =
        ["", "call/check"].iter().flat_map(|step| [stand(step, "north", false), stand(step, "south", true)]).collect();
    lanes.written(moved);
    assert_eq!(counted(&store, "call/check"), [("north".into(), 28), ("south".into(), 11)]);
    assert_eq!(counted(&store, "never there"), []);
    let totals = store.standing_on(&[number(&store)]).unwrap();
    let on_it: i64 = totals[&number(&store)].iter().map(|s| s.n).sum();
    assert_eq!(on_it, 40);
    // The list says the same people as the count, whatever the size of a page.
    for (sites, expected) in [(vec!["north", "south"], 39), (vec!["south"], 11), (vec!["elsewhere"], 0)] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.here(number(&store), "call/check", after, 7, |s| sites.contains(&s)).unwrap();
            after = page.last().map(|row| row.person);
            let whole = page.len() < 7;
            seen.extend(page.into_iter().map(|row| row.person));
            if whole {
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), expected, "{sites:?}");
        assert!(!seen.contains(&person(1)) && seen.contains(&person(3)) == sites.contains(&"south"));
    }
    let one = store.here(number(&store), "call/branch", None, 7, |_| true).unwrap().remove(0);
    assert_eq!((one.person, one.name.as_str(), one.since), (person(1), "Person 1", NOON));
}

fn a_stale_turn_counts_nothing(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut first = newcomer(1, "Ada");
    first.stands = vec![stand("call/check", "north", true)];
    first.passages = vec![passage("", "started", None), passage("call/wait", "next", Some(DAY_MS))];
    lanes.written(first.clone());
    assert_eq!(lanes.commit(first), Committed::Stale, "the line has moved on");
    assert_eq!(counted(&store, "call/check"), [("north".into(), 1)]);
    let passed = store.passed(number(&store), 0).unwrap();
    assert_eq!(passed["call/wait"].ways, [("next".to_owned(), 1)].into());
    assert_eq!(passed["call/wait"].stays, [(flow::bucket(DAY_MS), 1)]);
    let whole = store.passed_whole(&[number(&store)], 0).unwrap();
    assert_eq!(whole, [((number(&store), "started".to_owned()), 1)].into());
}

/// Stays of a random sample, each its own commit in whatever part its person is in.
fn a_median_is_within_the_stated_accuracy(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut runner = TestRunner::deterministic();
    let lengths = prop_oneof![2_000_i64..200_000, 200_000..DAY_MS, DAY_MS..40 * DAY_MS];
    let mut person = 0;
    for round in 0..6 {
        let size = 1 + round * 17;
        let mut stays = Vec::new();
        let step = format!("step/{round}");
        for _ in 0..size {
            let ms = lengths.new_tree(&mut runner).unwrap().current();
            stays.push(ms);
            person += 1;
            let mut turn = newcomer(person, "Ada");
            turn.passages = vec![passage(&step, "next", Some(ms))];
            lanes.written(turn);
        }
        stays.sort_unstable();
        let exact = stays[(stays.len() - 1) / 2];
        let passed = store.passed(number(&store), 0).unwrap().remove(&step).unwrap();
        assert_eq!(passed.ways["next"], i64::from(size));
        let told = flow::median(&passed.stays).unwrap();
        let off = (told - exact).abs() as f64 / exact as f64;
        assert!(off <= ACCURACY, "{told} for {exact} of {size}");
    }
}

fn what_a_correction_takes_back_is_gone(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut first = newcomer(1, "Ada");
    first.passages = vec![passage("call/branch", "arm-1", None), passage("call/check", "next", Some(60_000))];
    lanes.written(first);
    let mut corrected = batch(1, 1);
    let gone = |mut p: Passage| {
        p.more = false;
        p
    };
    corrected.passages = vec![
        gone(passage("call/branch", "arm-1", None)),
        gone(passage("call/check", "next", Some(60_000))),
        passage("call/branch", "else", None),
        passage("call/check", "next", Some(60_000)),
    ];
    lanes.written(corrected);
    let passed = store.passed(number(&store), 0).unwrap();
    assert_eq!(
        passed["call/branch"].ways.iter().filter(|(_, n)| **n > 0).collect::<Vec<_>>(),
        [(&"else".to_owned(), &1)]
    );
    assert_eq!(passed["call/check"].ways["next"], 1);
    assert_eq!(flow::median(&passed["call/check"].stays), Some(flow::middle(flow::bucket(60_000))));
}

fn old_counts_are_dropped(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let today = flow::day(NOON);
    for (n, ago) in [(1, 100), (2, 40), (3, 0)] {
        let mut turn = newcomer(n, "Ada");
        turn.passages = vec![Passage { day: today - ago, ..passage("call/check", "next", None) }];
        lanes.written(turn);
    }
    let since = |day: i32| store.passed(number(&store), day).unwrap()["call/check"].ways["next"];
    assert_eq!(since(today), 1);
    assert_eq!(since(today - 30), 1);
    assert_eq!(since(today - 60), 2);
    // The first is gone from every part that has seen today.
    let newest = lanes.of(person(3).part()).number();
    let expected = if lanes.of(person(1).part()).number() == newest { 2 } else { 3 };
    assert_eq!(since(0), expected);
}

fn a_home_that_another_took_is_left_for_the_next(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let number_of = lanes.of(person(1).part()).number();
    let mut taken = store.take_lane(number_of).unwrap();
    let mut turn = newcomer(1, "Ada");
    turn.passages = vec![passage("call/check", "next", None)];
    turn.stands = vec![stand("call/check", "north", true)];
    assert_eq!(lanes.commit(turn.clone()), Committed::Stale, "every part of the lane is another's");
    assert!(store.passed(number(&store), 0).unwrap().is_empty() && counted(&store, "call/check").is_empty());
    let part = person(1).part();
    let epoch = taken.epoch(part);
    assert_eq!(taken.commit(&[(part, epoch, turn)]).unwrap(), [Committed::Written]);
    assert_eq!(store.passed(number(&store), 0).unwrap()["call/check"].ways["next"], 1);
    assert_eq!(counted(&store, "call/check"), [("north".into(), 1)]);
}

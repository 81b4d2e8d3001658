//! Places on pathways with a limit: counted once, given once, in the order of the line.

use super::fixture::*;
use model::batch::JourneyStatus;
use model::flow::Stand;
use model::place::{PlaceMove, PlaceTo};
use model::*;
use std::collections::BTreeSet;

on_both_engines!(
    the_line_is_in_the_order_of_who_came_first,
    a_place_is_given_once_and_only_to_who_is_in_line,
    rows_are_brought_in_line_with_journeys_whose_limit_is_new,
);

const PATHWAY: &str = "post-surgical-follow-up";

fn place(n: u32, to: PlaceTo) -> PlaceMove {
    PlaceMove { id: Id::of(&[b"place", &n.to_be_bytes()]), pathway: PATHWAY.into(), to }
}

fn waiting(site: &str, since: i64, asked: i64) -> PlaceTo {
    PlaceTo::Waiting { site: site.into(), since: NOON.plus_ms(since), asked }
}

fn the_line_is_in_the_order_of_who_came_first(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for n in 1..=20 {
        let mut come = newcomer(n, &format!("Person {n}"));
        let site = if n % 2 == 0 { "south" } else { "north" };
        // The later their number the earlier they came.
        come.places = vec![place(n, waiting(site, -i64::from(n), 0))];
        lanes.written(come);
    }
    let mut begins = newcomer(30, "Ada");
    begins.places = vec![place(30, PlaceTo::UnderWay { site: "south".into(), since: NOON })];
    lanes.written(begins);
    let who = |rows: Vec<PlaceRow>| rows.into_iter().map(|row| row.person).collect::<Vec<_>>();
    assert_eq!(who(store.next_in_line(PATHWAY, None, 3).unwrap()), [person(20), person(19), person(18)]);
    assert_eq!(who(store.next_in_line(PATHWAY, Some("north"), 2).unwrap()), [person(19), person(17)]);
    assert_eq!(store.places_taken(PATHWAY).unwrap(), [("south".to_owned(), 1)].into());
    let line = store.in_line(PATHWAY).unwrap();
    assert_eq!((line["south"].n, line["south"].first), (10, NOON.plus_ms(-20)));
    assert_eq!((line["north"].n, line["north"].first), (10, NOON.plus_ms(-19)));
    assert_eq!(store.waited_for().unwrap(), [PATHWAY.to_owned()].into());
    let list = store.waiting_list(PATHWAY, 5, |site| site == "north").unwrap();
    assert_eq!(list.len(), 5, "a list is by where people are: all of them in the north");
    assert_eq!((list[0].person, list[0].name.as_str()), (person(20), "Person 20"));
    // Many from elsewhere stand before them: they are seen all the same.
    let mut far = newcomer(99, "Person 99");
    if let Some(face) = &mut far.face {
        face.site = "far".into();
    }
    far.places = vec![place(99, waiting("far", 30, 1))];
    lanes.written(far);
    let list = store.waiting_list(PATHWAY, 1, |site| site == "far").unwrap();
    assert_eq!(list.iter().map(|row| row.person).collect::<Vec<_>>(), [person(99)]);
    assert_eq!(store.in_line("another").unwrap().len() + store.places_taken("another").unwrap().len(), 0);
}

fn a_place_is_given_once_and_only_to_who_is_in_line(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for n in 1..=3 {
        let mut come = newcomer(n, "Ada");
        come.places = vec![place(n, waiting("north", i64::from(n), 7))];
        lanes.written(come.clone());
        assert_eq!(lanes.commit(come), store::Committed::Stale, "once with the turn");
    }
    let line = store.next_in_line(PATHWAY, None, 10).unwrap();
    // One of them leaves the line before the giver comes; one asks anew.
    let mut leaves = batch(1, 1);
    leaves.places = vec![place(1, PlaceTo::Free)];
    lanes.written(leaves);
    let mut again = batch(2, 1);
    again.places = vec![place(2, PlaceTo::Free), place(2, waiting("north", 2, 8))];
    lanes.written(again);
    let mut give = |rows: &[PlaceRow]| -> Vec<PersonId> {
        rows.iter()
            .flat_map(|row| lanes.of(row.person.part()).give(vec![row.clone()]).unwrap())
            .map(|r| r.person)
            .collect()
    };
    assert_eq!(give(&line), [person(3)]);
    assert_eq!(give(&line), [], "once");
    assert_eq!(store.places_taken(PATHWAY).unwrap()["north"], 1, "given is taken");
    let given: Vec<PlaceRow> = lanes.lanes.iter_mut().flat_map(|lane| lane.given().unwrap()).collect();
    assert_eq!(given, [line[2].clone()]);
    let mut starts = batch(3, 1);
    starts.places = vec![place(3, PlaceTo::Free), place(40, PlaceTo::UnderWay { site: "north".into(), since: NOON })];
    lanes.written(starts);
    assert_eq!(store.places_taken(PATHWAY).unwrap()["north"], 1, "and is the same place when it is taken up");
    // A merge carries it: it counts until the other line has it, and is asked for anew when it comes back.
    let mut goes = batch(3, 2);
    goes.places = vec![place(40, PlaceTo::Moving)];
    lanes.written(goes);
    assert_eq!(store.places_taken(PATHWAY).unwrap()["north"], 1);
    let mut back = batch(3, 3);
    back.places = vec![place(40, PlaceTo::UnderWay { site: "north".into(), since: NOON })];
    lanes.written(back);
    let mut free = batch(3, 4);
    free.places = vec![place(40, PlaceTo::Free)];
    lanes.written(free);
    assert!(store.places_taken(PATHWAY).unwrap().is_empty());
}

fn rows_are_brought_in_line_with_journeys_whose_limit_is_new(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for n in 1..=3 {
        let mut come = newcomer(n, "Ada");
        let row = journey(n, "one", JourneyStatus::Active);
        let (pathway, version, step) = (row.pathway.clone(), row.version, String::new());
        come.stands = vec![Stand { pathway, version, step, site: "north".into(), since: NOON, here: true }];
        come.journeys = vec![row];
        lanes.written(come);
    }
    // A row whose journey ended while no version had a limit.
    let mut left = newcomer(4, "Ada");
    left.places = vec![place(4, PlaceTo::UnderWay { site: "north".into(), since: NOON })];
    lanes.written(left);
    let limited = BTreeSet::from([PATHWAY.to_owned()]);
    for _ in 0..2 {
        lanes.lanes.iter_mut().for_each(|lane| lane.settle_places(&limited).unwrap());
        assert_eq!(store.places_taken(PATHWAY).unwrap(), [("north".to_owned(), 3)].into());
    }
    let mut ends = batch(1, 1);
    let id = journey(1, "one", JourneyStatus::Active).id;
    ends.places = vec![PlaceMove { id: id.0, pathway: PATHWAY.into(), to: PlaceTo::Free }];
    lanes.written(ends);
    assert_eq!(store.places_taken(PATHWAY).unwrap(), [("north".to_owned(), 2)].into());
}

//! Calls to services: durable before they are asked, tried again with the same id, gone with their outcome.

use super::fixture::*;
use model::service::{CallMove, ServiceCall};
use model::*;

on_both_engines!(
    a_call_is_claimed_once_and_tried_again,
    what_is_over_or_held_or_late_is_not_claimed,
    a_crash_tries_again_what_was_under_way,
    a_service_without_room_is_passed_over_and_who_is_due_longest_goes_first,
);

fn call(n: u32, name: &str, created: i64) -> ServiceCall {
    ServiceCall {
        id: EffectId::of(&[name.as_bytes(), &n.to_be_bytes()]),
        person: person(n),
        journey: JourneyId::of(&[b"cover", &n.to_be_bytes()]),
        service: "eligibility".into(),
        body: format!("{{\"asked\":\"{name} naïve 漢字\"}}"),
        created_at: NOON.plus_ms(created),
        until: NOON.plus_ms(60_000),
        tries: 0,
    }
}

fn claim(lanes: &mut Lanes, at: At, limit: usize) -> Vec<ServiceCall> {
    lanes.lanes.iter_mut().flat_map(|lane| lane.claim_calls(at, &mut |_| limit).unwrap()).collect()
}

fn again(lanes: &mut Lanes, call: &ServiceCall, at: At) {
    lanes.of(call.person.part()).call_again(&[(call.person, call.id, at)]).unwrap();
}

fn a_call_is_claimed_once_and_tried_again(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    assert!(claim(&mut lanes, NOON, 10).is_empty());
    let wanted = call(1, "a", 0);
    let mut turn = newcomer(1, "David Reyes");
    turn.calls = vec![wanted.clone()];
    lanes.written(turn);
    assert_eq!(claim(&mut lanes, NOON.plus_ms(-1), 10), [], "not before it is wanted");
    assert_eq!(claim(&mut lanes, NOON, 10), [ServiceCall { tries: 1, ..wanted.clone() }]);
    assert_eq!(claim(&mut lanes, NOON, 10), [], "it is under way");
    assert!(store.calls_of(person(1)).unwrap()[0].under_way);
    again(&mut lanes, &wanted, NOON.plus_ms(5));
    assert_eq!(lanes.of(wanted.person.part()).next_call(), Some(NOON.plus_ms(5)));
    assert_eq!(claim(&mut lanes, NOON.plus_ms(4), 10), []);
    assert_eq!(claim(&mut lanes, NOON.plus_ms(5), 10), [ServiceCall { tries: 2, ..wanted.clone() }]);
    let mut turn = batch(1, 1);
    turn.calls = vec![ServiceCall { body: "{}".into(), ..wanted.clone() }];
    turn.calls_moved = vec![CallMove::Over(call(1, "none", 0).id)];
    lanes.written(turn);
    assert_eq!(store.calls_of(person(1)).unwrap()[0].call.body, wanted.body, "it is wanted once");
    let mut turn = batch(1, 2);
    turn.calls_moved = vec![CallMove::Over(wanted.id)];
    lanes.written(turn);
    again(&mut lanes, &wanted, NOON);
    assert_eq!(claim(&mut lanes, NOON.plus_ms(100), 10), [], "what is over is not tried again");
    assert!(store.calls_of(person(1)).unwrap().is_empty());
}

fn what_is_over_or_held_or_late_is_not_claimed(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let other = ServiceCall { journey: JourneyId::of(&[b"other"]), ..call(1, "other", 3) };
    let mut turn = newcomer(1, "David Reyes");
    turn.calls = vec![call(1, "a", 1), call(1, "b", 2), other.clone()];
    lanes.written(turn);
    let journey = call(1, "a", 1).journey;
    let mut turn = batch(1, 1);
    turn.calls_moved = vec![CallMove::Held(journey, true)];
    lanes.written(turn);
    let ids = |calls: Vec<ServiceCall>| calls.into_iter().map(|c| c.id).collect::<Vec<_>>();
    assert_eq!(ids(claim(&mut lanes, NOON.plus_ms(9), 10)), [other.id]);
    let mut turn = batch(1, 2);
    turn.calls_moved = vec![CallMove::Held(journey, false)];
    lanes.written(turn);
    assert_eq!(ids(claim(&mut lanes, NOON.plus_ms(9), 1)), [call(1, "a", 1).id], "the oldest first");
    let mut turn = batch(1, 3);
    turn.calls_moved = vec![CallMove::Gone(journey)];
    lanes.written(turn);
    assert_eq!(claim(&mut lanes, NOON.plus_ms(9), 10), []);
    assert_eq!(store.calls_of(person(1)).unwrap().len(), 1, "another journey's stays");
    let mut turn = newcomer(2, "Katie Lee");
    turn.calls = vec![call(2, "late", 0)];
    lanes.written(turn);
    assert_eq!(claim(&mut lanes, NOON.plus_ms(60_000), 10), [], "its time is over");
    assert!(store.calls_of(person(2)).unwrap().is_empty());
}

fn a_crash_tries_again_what_was_under_way(at: &Fixture) {
    let (_, mut lanes) = at.lanes();
    for n in 1..20 {
        let mut turn = newcomer(n, "Someone");
        turn.calls = vec![call(n, "a", 0)];
        lanes.written(turn);
    }
    let flying = claim(&mut lanes, NOON, 5).len();
    assert!(flying >= 5);
    drop(lanes);
    let (_, mut lanes) = at.lanes();
    assert!(claim(&mut lanes, NOON, 100).len() == 19 - flying, "what was under way is not known to be free");
    drop(lanes);
    let (_, mut lanes) = at.lanes();
    let left: u64 = lanes.lanes.iter_mut().map(|lane| lane.calls_left().unwrap()).sum();
    assert_eq!(left, 19);
    let all = claim(&mut lanes, NOON, 100);
    assert_eq!(all.len(), 19);
    assert!(all.iter().all(|c| c.tries == 2));
}

fn a_service_without_room_is_passed_over_and_who_is_due_longest_goes_first(at: &Fixture) {
    let (_, mut lanes) = at.lanes();
    // All of one person, so that they share a part: the older calls are of a service that is dead.
    let of = |n: u32, service: &str| ServiceCall {
        service: service.into(),
        ..call(1, &format!("{service}{n}"), i64::from(n))
    };
    let dead: Vec<ServiceCall> = (0..20).map(|n| of(n, "dead")).collect();
    let alive: Vec<ServiceCall> = (20..26).map(|n| of(n, "alive")).collect();
    let mut turn = newcomer(1, "David Reyes");
    turn.calls = dead.iter().chain(&alive).cloned().collect();
    lanes.written(turn);
    let lane = lanes.of(person(1).part());
    let mut asked = Vec::new();
    let claimed = lane
        .claim_calls(NOON.plus_ms(50), &mut |service| {
            asked.push(service.to_owned());
            if service == "dead" { 0 } else { 4 }
        })
        .unwrap();
    let ids = |calls: &[ServiceCall]| calls.iter().map(|c| c.id).collect::<Vec<_>>();
    assert_eq!((asked, ids(&claimed)), (vec!["alive".into(), "dead".into()], ids(&alive[..4])));
    // What was tried before waits for its next try: it does not come first because it was wanted first.
    lane.call_again(&[(person(1), alive[0].id, NOON.plus_ms(40))]).unwrap();
    let claimed = lane.claim_calls(NOON.plus_ms(50), &mut |service| usize::from(service == "alive")).unwrap();
    assert_eq!(ids(&claimed), [alive[4].id]);
    let claimed = lane.claim_calls(NOON.plus_ms(50), &mut |_| 8).unwrap();
    assert_eq!(claimed.len(), 8 + 2, "as many as there is room for, of each");
    assert!(lane.next_call().is_some_and(|at| at <= NOON.plus_ms(50)), "and more is due");
}

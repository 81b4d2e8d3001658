//! Attempts of unknown end are looked at again and again, until they are settled or nobody will find out.

use super::fixture::*;
use model::message::{Message, Status};
use model::*;
use store::Unsure;

on_both_engines!(
    what_is_unknown_is_looked_at_with_its_pauses_and_no_more_when_it_is_settled,
    a_clock_that_went_wrong_delays_no_look,
    what_went_to_a_shared_number_is_found_across_lines,
);

/// The machine's clock.
const MACHINE: At = At(5_000_000);
const PAUSE: i64 = 1_000;

/// Messages that were under way, of which nobody knows whether they left.
fn unknown(at: &Fixture, people: u32) -> (store::Store, Lanes, Vec<MessageId>) {
    let (store, mut lanes) = at.lanes();
    for n in 1..=people {
        let mut turn = newcomer(n, "Someone");
        turn.messages = vec![message(n, "a", false, 1)];
        lanes.written(turn);
    }
    let ids: Vec<MessageId> = lanes.claim(100).send.into_iter().map(|m| m.id).collect();
    assert!(looks(&mut lanes, MACHINE, 100).is_empty(), "what is under way is not looked at");
    for n in 1..=people {
        let mut turn = batch(n, 1);
        turn.moved = vec![(message(n, "a", false, 1).id, Status::Unknown, NOON.plus_ms(3_600_000), None)];
        turn.carried = vec![(message(n, "a", false, 1).id, "carrier".into(), None)];
        lanes.written(turn);
    }
    (store, lanes, ids)
}

fn looks(lanes: &mut Lanes, now: At, limit: usize) -> Vec<Unsure> {
    let pause = |unsure: &Unsure| PAUSE * i64::from(unsure.look);
    lanes.lanes.iter_mut().flat_map(|lane| lane.claim_looks(now, limit, 10 * PAUSE, &pause).unwrap()).collect()
}

fn what_is_unknown_is_looked_at_with_its_pauses_and_no_more_when_it_is_settled(at: &Fixture) {
    let (store, mut lanes, mut ids) = unknown(at, 3);
    let found = looks(&mut lanes, MACHINE, 100);
    let mut seen: Vec<MessageId> = found.iter().map(|u| u.message.id).collect();
    seen.sort();
    ids.sort();
    assert_eq!(seen, ids);
    assert!(
        found.iter().all(|u| u.look == 1 && u.message.provider == "carrier" && u.message.status == Status::Unknown)
    );
    assert!(
        found.iter().all(|u| u.message.status_at == NOON),
        "when it was claimed, whenever that it is unknown came out"
    );
    assert!(looks(&mut lanes, MACHINE.plus_ms(PAUSE - 1), 100).is_empty());
    let next = lanes.lanes.iter().filter_map(|lane| lane.next_look()).min();
    assert_eq!(next, Some(MACHINE.plus_ms(PAUSE)));
    // A new process goes on where the old one was.
    drop(lanes);
    let (_, mut lanes) = at.lanes();
    assert!(looks(&mut lanes, MACHINE.plus_ms(PAUSE - 1), 100).is_empty());
    // One is settled, of another nobody will find out.
    let mut settled = batch(1, 2);
    settled.moved = vec![(message(1, "a", false, 1).id, Status::Accepted, NOON, None)];
    lanes.written(settled);
    let mut never = batch(2, 2);
    never.unsettled = vec![message(2, "a", false, 1).id];
    lanes.written(never);
    let found = looks(&mut lanes, MACHINE.plus_ms(PAUSE), 100);
    assert_eq!(found.iter().map(|u| (u.message.person, u.look)).collect::<Vec<_>>(), [(person(3), 2)]);
    let unsure = store.unsure(10).unwrap();
    assert_eq!(unsure.iter().map(|u| u.message.person).collect::<Vec<_>>(), [person(3)]);
    assert_eq!(store.message(person(2), message(2, "a", false, 1).id).unwrap().unwrap().status, Status::Unknown);
}

fn a_clock_that_went_wrong_delays_no_look(at: &Fixture) {
    let (_, mut lanes, ids) = unknown(at, 2);
    let ahead = MACHINE.plus_ms(86_400_000);
    assert_eq!(looks(&mut lanes, ahead, 100).len(), ids.len());
    assert_eq!(looks(&mut lanes, MACHINE, 100).len(), ids.len(), "planned a day ahead by a clock that was");
    assert!(looks(&mut lanes, MACHINE, 100).is_empty());
}

fn what_went_to_a_shared_number_is_found_across_lines(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for (n, to, created) in [(1, "+15550100", 1), (2, "+15550100", 2), (3, "+15550101", 3), (4, "", 4)] {
        let mut turn = newcomer(n, "Someone");
        turn.messages = vec![Message { to: to.into(), ..message(n, "a", false, created) }];
        lanes.written(turn);
    }
    let found = |to: &str, since: i64, limit| {
        let found = store.messages_toward(to, NOON.plus_ms(since), limit).unwrap();
        found.iter().map(|m| m.person).collect::<Vec<_>>()
    };
    assert_eq!(found("+15550100", 0, 10), [person(2), person(1)]);
    assert_eq!(found("+15550100", 2, 10), [person(2)]);
    assert_eq!(found("+15550100", 0, 1), [person(2)]);
    assert_eq!(found("+15550101", 0, 10), [person(3)]);
    assert!(found("", 0, 10).is_empty());
}

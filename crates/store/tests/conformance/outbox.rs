//! Messages leave urgent first, once, and their status never goes back.

use super::fixture::*;
use model::message::Status;
use model::*;

on_both_engines!(
    urgent_first_then_the_oldest_and_late_ones_are_withdrawn,
    what_is_withdrawn_before_it_leaves_never_leaves,
    a_status_moves_forward_only,
    a_crash_leaves_unknown_and_a_queue_survives,
    a_message_is_queued_once,
);

fn urgent_first_then_the_oldest_and_late_ones_are_withdrawn(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut turn = newcomer(1, "David Reyes");
    let mut late = message(1, "late", false, 1);
    late.valid_until = NOON.plus_ms(-1);
    turn.messages = vec![
        message(1, "third", false, 30),
        message(1, "second", true, 20),
        message(1, "first", true, 10),
        late,
        message(1, "fourth", false, 40),
    ];
    lanes.written(turn);
    let words = |messages: &[model::message::Message]| messages.iter().map(|m| m.words.clone()).collect::<Vec<_>>();
    let claimed = lanes.claim(4);
    assert_eq!(words(&claimed.send), ["first", "second", "third"]);
    assert_eq!(words(&claimed.expired), ["late"]);
    assert!(claimed.send.iter().all(|m| m.status == Status::Dispatching && m.status_at == NOON));
    assert_eq!(store.message(person(1), claimed.send[0].id).unwrap().unwrap(), claimed.send[0]);
    assert_eq!(words(&lanes.claim(4).send), ["fourth"]);
    assert!(lanes.claim(4).send.is_empty());
    assert_eq!(
        store.message_counts().unwrap(),
        [(Status::Dispatching, true, 2), (Status::Dispatching, false, 2), (Status::Withdrawn, false, 1)]
    );
    assert_eq!(words(&store.messages_of(person(1), 2).unwrap()), ["fourth", "third"]);
}

fn what_is_withdrawn_before_it_leaves_never_leaves(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let (gone, left) = (message(1, "gone", false, 1), message(1, "left", true, 2));
    let mut turn = newcomer(1, "David Reyes");
    turn.messages = vec![gone.clone(), left.clone()];
    lanes.written(turn);
    assert_eq!(lanes.claim(1).send[0].id, left.id);
    let mut turn = batch(1, 1);
    turn.withdraw = vec![gone.id, left.id, MessageId::of(&[b"none"])];
    lanes.written(turn);
    assert!(lanes.claim(10).send.is_empty());
    let status = |id| store.message(person(1), id).unwrap().unwrap().status;
    assert_eq!((status(gone.id), status(left.id)), (Status::Withdrawn, Status::Dispatching));
}

fn a_status_moves_forward_only(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let sent = message(1, "sent", false, 1);
    let mut turn = newcomer(1, "David Reyes");
    turn.messages = vec![sent.clone()];
    lanes.written(turn);
    lanes.claim(1);
    let steps = [
        (Status::Unknown, Status::Unknown),
        (Status::Accepted, Status::Accepted),
        (Status::Unknown, Status::Accepted),
        (Status::Queued, Status::Accepted),
        (Status::Delivered, Status::Delivered),
        (Status::Accepted, Status::Delivered),
        (Status::Withdrawn, Status::Delivered),
        (Status::Failed, Status::Failed),
        (Status::Delivered, Status::Failed),
    ];
    for (loaded, (to, stands)) in (1..).zip(steps) {
        let mut turn = batch(1, loaded);
        turn.moved = vec![(sent.id, to, NOON.plus_ms(loaded), (to == Status::Failed).then(|| "30003".into()))];
        if to == Status::Accepted {
            turn.carried = vec![(sent.id, "handset".into(), Some("h-1".into()))];
        }
        lanes.written(turn);
        let is = store.message(person(1), sent.id).unwrap().unwrap();
        assert_eq!(is.status, stands, "after {to:?}");
    }
    let is = store.message(person(1), sent.id).unwrap().unwrap();
    assert_eq!(
        (is.error.as_deref(), is.provider.as_str(), is.provider_id.as_deref()),
        (Some("30003"), "handset", Some("h-1"))
    );
    assert_eq!(store.message_counts().unwrap(), [(Status::Failed, false, 1)]);
}

fn a_crash_leaves_unknown_and_a_queue_survives(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for n in 1..20 {
        let mut turn = newcomer(n, "Someone");
        turn.messages = vec![message(n, "a", true, 1), message(n, "b", false, 2)];
        lanes.written(turn);
    }
    let flying: Vec<MessageId> = lanes.claim(5).send.into_iter().map(|m| m.id).collect();
    drop(lanes);
    let (_, mut lanes) = at.lanes();
    let mut settled: Vec<_> = lanes.lanes.iter_mut().flat_map(|lane| lane.left_dispatching().unwrap()).collect();
    assert!(settled.iter().all(|m| m.status == Status::Dispatching));
    let again: usize = lanes.lanes.iter_mut().map(|lane| lane.left_dispatching().unwrap().len()).sum();
    assert_eq!(again, settled.len(), "a crash while they are looked after loses none");
    let waiting: usize =
        lanes.lanes.iter_mut().map(|l| l.queued_before(NOON.plus_ms(86_400_000), 1000).unwrap().len()).sum();
    assert!(waiting > 0, "whoever has waited long is known");
    assert!(lanes.lanes.iter_mut().all(|l| l.queued_before(At(0), 1000).unwrap().is_empty()));
    settled.sort_by_key(|m| m.id);
    let mut ids = flying.clone();
    ids.sort();
    assert_eq!(settled.iter().map(|m| m.id).collect::<Vec<_>>(), ids);
    let rest = lanes.claim(1000).send;
    assert_eq!(rest.len(), 38 - flying.len());
    assert!(rest.iter().all(|m| !flying.contains(&m.id)));
    let counts = store.message_counts().unwrap();
    assert_eq!(counts.iter().map(|(.., n)| n).sum::<i64>(), 38);
}

fn a_message_is_queued_once(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let one = message(1, "one", false, 1);
    let mut turn = newcomer(1, "David Reyes");
    turn.messages = vec![one.clone()];
    lanes.written(turn);
    assert_eq!(lanes.claim(10).send.len(), 1);
    let mut again = batch(1, 1);
    again.messages = vec![model::message::Message { to: "+15550999".into(), ..one.clone() }];
    lanes.written(again);
    assert!(lanes.claim(10).send.is_empty());
    assert_eq!(store.message(person(1), one.id).unwrap().unwrap().to, one.to);
    assert_eq!(store.messages_of(person(1), 10).unwrap().len(), 1);
}

//! What comes in is durable, deduplicated, ordered, and found to be someone's.

use super::fixture::*;
use model::*;
use store::Error;

on_both_engines!(
    a_second_delivery_is_a_repeat_for_ever,
    order_is_kept_for_a_subject_and_a_part_cannot_starve_others,
    more_than_memory_holds_is_still_all_there,
    whose_it_is_follows_keys_and_merges,
    a_parked_item_comes_back_when_its_key_is_claimed,
    what_is_early_again_keeps_its_first_time,
    what_was_set_aside_for_a_reason_is_ended_after_its_time,
    resources_of_nobody_are_kept_at_once,
    a_lane_takes_only_its_own_parts,
    a_lane_that_was_taken_writes_nothing_more,
    a_handoff_waits_until_it_is_delivered,
);

fn a_second_delivery_is_a_repeat_for_ever(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let (first, changed) = (item(1, "a", "one"), item(1, "a", "two"));
    let arrivals = lanes.of(first.part()).accept(&[first.clone(), first.clone(), changed.clone()], NOON).unwrap();
    assert!(matches!(arrivals[0], Arrival::New { .. }), "{arrivals:?}");
    assert_eq!(arrivals[1], Arrival::Repeat(first.fact.id));
    assert!(matches!(arrivals[2], Arrival::Changed { .. }), "{arrivals:?}");
    let waiting = lanes.waiting();
    assert_eq!(waiting.iter().map(|w| &w.item).collect::<Vec<_>>(), [&first, &changed]);
    let mut turn = newcomer(1, "David Reyes");
    turn.consumed = waiting.iter().map(|w| (w.part, w.seq)).collect();
    lanes.written(turn);
    assert!(lanes.waiting().is_empty());
    drop(lanes);
    let (_, mut lanes) = at.lanes();
    assert!(lanes.waiting().is_empty());
    assert_eq!(lanes.accept(&first), Arrival::Repeat(first.fact.id));
    assert_eq!(lanes.accept(&changed), Arrival::Repeat(changed.fact.id));
    assert!(matches!(lanes.accept(&item(1, "a", "three")), Arrival::Changed { .. }));
    let counters = store.counters().unwrap();
    let n = |name: &str| counters.iter().find(|(n, _)| n == name).map(|(_, n)| *n);
    assert_eq!(
        (n("inbox.accepted"), n("inbox.repeats"), n("inbox.changed"), n("inbox.waiting")),
        (Some(3), Some(3), Some(2), Some(1))
    );
}

fn order_is_kept_for_a_subject_and_a_part_cannot_starve_others(at: &Fixture) {
    let (_, mut lanes) = at.lanes();
    let many: Vec<Item> = (0..40).map(|i| item(1, &format!("k{i}"), "x")).collect();
    lanes.of(many[0].part()).accept(&many, NOON).unwrap();
    let lane = lanes.of(many[0].part()).number();
    let other = (2..).find(|n| subject(*n).part() != subject(1).part() && at_lane(&mut lanes, *n) == lane).unwrap();
    lanes.accept(&item(other, "k", "x"));
    let waiting = lanes.of(subject(1).part()).waiting(10).unwrap();
    assert_eq!(waiting.len(), 10);
    let of = |n: u32| waiting.iter().filter(move |w| w.item.keys[0] == subject(n)).map(|w| w.item.clone());
    assert_eq!(of(other).count(), 1, "the busy part leaves room");
    assert_eq!(of(1).collect::<Vec<_>>(), many[..9]);
}

fn at_lane(lanes: &mut Lanes, n: u32) -> u16 {
    lanes.of(subject(n).part()).number()
}

fn more_than_memory_holds_is_still_all_there(at: &Fixture) {
    let (_, mut lanes) = at.lanes();
    let part = subject(1).part();
    let many: Vec<Item> = (0..700).map(|i| item(1, &format!("k{i}"), "x")).collect();
    lanes.of(part).accept(&many, NOON).unwrap();
    drop(lanes);
    // A lane that starts reads a part's items in portions.
    let (_, mut lanes) = at.lanes();
    let mut seen = Vec::new();
    for _ in 0..20 {
        let some = lanes.of(part).waiting(100).unwrap();
        lanes.of(part).consume(&some.iter().map(|w| (w.part, w.seq)).collect::<Vec<_>>()).unwrap();
        if (seen.len()..seen.len() + some.len()).contains(&300) {
            lanes.accept(&item(1, "late", "x"));
        }
        seen.extend(some.into_iter().map(|w| w.item));
    }
    assert_eq!(seen.len(), 701);
    assert_eq!(seen[..700], many[..]);
    assert_eq!(seen[700], item(1, "late", "x"));
}

fn whose_it_is_follows_keys_and_merges(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    lanes.written(newcomer(1, "David Reyes"));
    lanes.written(newcomer(2, "Dave Reyes"));
    assert_eq!(store.whose(&[subject(9), subject(1)]).unwrap(), Some(person(1)));
    assert_eq!(store.whose(&[subject(9)]).unwrap(), None);
    // Another line cannot take a key, nor give up what it does not hold.
    let mut taker = batch(2, 1);
    taker.claims = vec![Claim { key: subject(1), held: true }];
    lanes.written(taker);
    let mut giver = batch(2, 2);
    giver.claims = vec![Claim { key: subject(1), held: false }];
    lanes.written(giver);
    assert_eq!(store.whose(&[subject(1)]).unwrap(), Some(person(1)));
    // A merge: line 1 forwards to line 2.
    let mut merged = batch(1, 1);
    merged.face = newcomer(1, "David Reyes").face;
    merged.face.as_mut().unwrap().forwards_to = Some(person(2));
    lanes.written(merged);
    lanes.accept(&item(1, "a", "x"));
    lanes.accept(&Item::own(person(1), fact("prompt.opened", "p")));
    let mut weak = item(7, "b", "x");
    weak.keys.push(subject(1));
    lanes.accept(&weak);
    lanes.accept(&item(8, "c", "x"));
    let mut whose: Vec<_> = lanes.waiting().into_iter().map(|w| w.person).collect();
    whose.sort();
    assert_eq!(whose, [None, Some(person(2)), Some(person(2)), Some(person(2))]);
    assert_eq!(store.line(person(1)).unwrap().forwards_to, Some(person(2)));
    // An un-merge opens it again.
    let mut apart = batch(1, 2);
    apart.face = newcomer(1, "David Reyes").face;
    lanes.written(apart);
    assert_eq!(
        store.whose_each(&[subject(1), subject(2), subject(9)]).unwrap(),
        [Some(person(1)), Some(person(2)), None]
    );
}

fn a_parked_item_comes_back_when_its_key_is_claimed(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let receipt = item(1, "receipt", "x");
    lanes.accept(&receipt);
    lanes.written(newcomer(2, "Katie Lee"));
    lanes.accept(&item(2, "bad", "x"));
    for waiting in lanes.waiting() {
        let why = if waiting.person.is_some() { "refused" } else { "nobody" };
        lanes.of(waiting.part).park(&[(waiting.part, waiting.seq, why.to_owned())], NOON).unwrap();
    }
    assert!(lanes.waiting().is_empty());
    let parked = store.parked(10).unwrap();
    assert_eq!(parked.len(), 2);
    let back = |lanes: &mut Lanes, until: At| -> usize {
        lanes.lanes.iter_mut().map(|lane| lane.unpark(until, 10).unwrap()).sum()
    };
    assert_eq!(back(&mut lanes, NOON), 0, "nobody has claimed the key; what was refused stays");
    lanes.written(newcomer(1, "David Reyes"));
    assert_eq!(back(&mut lanes, NOON.plus_ms(1)), 0, "it was parked too long ago");
    assert_eq!(back(&mut lanes, NOON), 1);
    let waiting = lanes.waiting();
    assert_eq!((waiting.len(), &waiting[0].item, waiting[0].person), (1, &receipt, Some(person(1))));
    let left = store.parked(10).unwrap();
    assert_eq!((left.len(), left[0].why.as_str(), left[0].at), (1, "refused", NOON));
    assert_eq!(lanes.accept(&receipt), Arrival::Repeat(receipt.fact.id));
}

fn what_is_early_again_keeps_its_first_time(at: &Fixture) {
    let (_, mut lanes) = at.lanes();
    lanes.written(newcomer(1, "David Reyes"));
    let mut receipt = item(1, "receipt", "x");
    receipt.fact.recorded_at = NOON;
    lanes.accept(&receipt);
    let hour = model::time::HOUR_MS;
    // Its key is somebody's all the while, so that it comes back with every claim, and is put aside again.
    for (after, comes) in [(hour / 2, 1), (hour, 1), (hour + 1, 0)] {
        let now = NOON.plus_ms(after);
        for waiting in lanes.waiting() {
            lanes.of(waiting.part).park_early(&[(waiting.part, waiting.seq, "early".to_owned())], now).unwrap();
        }
        let back: usize = lanes.lanes.iter_mut().map(|lane| lane.unpark(now.plus_ms(-hour), 10).unwrap()).sum();
        assert_eq!(back, comes, "{after} ms after it came");
    }
}

fn what_was_set_aside_for_a_reason_is_ended_after_its_time(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for n in 1..=6 {
        lanes.accept(&item(n, "receipt", "x"));
    }
    for (waiting, n) in lanes.waiting().into_iter().zip(0..) {
        let (why, after) = if n == 0 { ("of nobody", 0) } else { ("no message", n) };
        let row = (waiting.part, waiting.seq, why.to_owned());
        lanes.of(waiting.part).park(&[row], NOON.plus_ms(after)).unwrap();
    }
    // Somebody has taken one on.
    let rows = store.set_aside(false, 10).unwrap();
    let held = rows.iter().find(|row| row.at == NOON.plus_ms(1)).unwrap();
    assert!(store.set_aside_hold(held).unwrap());
    let mut end = |before: i64, limit: usize| -> usize {
        lanes.lanes.iter_mut().map(|l| l.end_parked("no message", NOON.plus_ms(before), limit).unwrap()).sum()
    };
    assert_eq!((end(2, 10), end(4, 10)), (0, 2), "what came later stays");
    assert_eq!((end(9, 10), end(9, 10)), (2, 0));
    let left: Vec<String> = store.parked(10).unwrap().into_iter().map(|row| row.why).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(&"of nobody".to_owned()) && left.contains(&"no message".to_owned()));
}

fn resources_of_nobody_are_kept_at_once(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut ward = item(1, "ward", "1");
    ward.keys.clear();
    ward.fact.kind = "resource.received".into();
    ward.fact.source = "hospital".into();
    ward.fact.body = serde_json::json!({"resourceType": "Location", "id": "w", "name": "Ward"});
    assert!(matches!(lanes.accept(&ward), Arrival::New { part: 0, .. }));
    assert_eq!(lanes.accept(&ward), Arrival::Repeat(ward.fact.id));
    let mut renamed = ward.clone();
    renamed.fact.id = FactId::of(&[b"renamed"]);
    renamed.fact.body["name"] = "Ward 2".into();
    assert!(matches!(lanes.accept(&renamed), Arrival::Changed { part: 0, .. }));
    assert!(lanes.waiting().is_empty());
    let row = store.resource(None, "hospital", "Location", "w").unwrap().unwrap();
    assert_eq!((row.version, row.at), (2, NOON));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&row.json).unwrap(), renamed.fact.body);
}

fn a_lane_takes_only_its_own_parts(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    assert!((0..64).all(|part| lanes.of(part).parts().contains(&part)));
    assert!(store.take_lane(store.lanes()).is_err());
    if store.lanes() > 1 {
        let foreign = (1..).find(|n| store.lane_of(subject(*n).part()) != 0).unwrap();
        assert!(lanes.lanes[0].accept(&[item(foreign, "a", "x")], NOON).is_err());
        let part = person(foreign).part();
        assert!(lanes.lanes[0].commit(&[(part, 1, batch(foreign, 0))]).is_err());
        assert!(lanes.waiting().is_empty());
    }
}

fn a_lane_that_was_taken_writes_nothing_more(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let part = person(1).part();
    let mut taken = store.take_lane(store.lane_of(part)).unwrap();
    let (old, new) = (lanes.of(part).epoch(part), taken.epoch(part));
    assert!(new > old);
    assert!(matches!(lanes.of(part).accept(&[item(1, "a", "x")], NOON), Err(Error::LaneLost)));
    assert_eq!(lanes.commit(newcomer(1, "David Reyes")), store::Committed::Stale);
    assert_eq!(store.line(person(1)).unwrap().version, 0);
    assert!(store.find_people("david", 10).unwrap().is_empty());
    let both = [(part, old, newcomer(1, "Old")), (part, new, newcomer(1, "New"))];
    assert_eq!(taken.commit(&both).unwrap(), [store::Committed::Stale, store::Committed::Written]);
    assert_eq!(store.find_people("", 10).unwrap()[0].name, "New");
}

fn a_handoff_waits_until_it_is_delivered(at: &Fixture) {
    let (_, mut lanes) = at.lanes();
    let handed = Item::own(person(2), fact("contact.disabled", "n"));
    let mut turn = newcomer(1, "David Reyes");
    turn.handoffs = vec![handed.clone(), Item::own(person(3), fact("contact.disabled", "m"))];
    lanes.written(turn);
    let part = person(1).part();
    let first = lanes.of(part).handoffs(10).unwrap();
    assert_eq!(first.len(), 2);
    assert_eq!(first[0].2, handed);
    assert_eq!(lanes.of(part).handoffs(1).unwrap(), first[..1]);
    lanes.of(part).handed(&[(first[0].0, first[0].1)]).unwrap();
    drop(lanes);
    let (_, mut lanes) = at.lanes();
    assert_eq!(lanes.of(part).handoffs(10).unwrap(), first[1..]);
    lanes.of(part).handed(&[(first[1].0, first[1].1)]).unwrap();
    assert!(lanes.of(part).handoffs(10).unwrap().is_empty());
}

//! Whatever the order of calls, with restarts between: what was accepted is waiting or consumed,
//! exactly once, and a status never goes back.

use super::fixture::*;
use model::message::{Message, Status};
use model::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::{Committed, Store};

/// Subjects, facts of each, and messages of each that the sequences draw from.
const SUBJECTS: u32 = 6;
const FACTS: u32 = 8;
const MESSAGES: u32 = 4;

#[derive(Clone, Debug)]
enum Call {
    Accept(Vec<(u32, u32)>),
    Turn { subject: u32, consume: bool, stale: bool, queue: Option<u32>, moved: Option<(u32, usize)>, take_back: bool },
    Claim(usize),
    Park(u32),
    Unpark,
    Restart,
}

fn call() -> impl Strategy<Value = Call> {
    let turn = (
        0..SUBJECTS,
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::option::of(0..MESSAGES),
        prop::option::of((0..MESSAGES, 0..Status::ALL.len())),
        any::<bool>(),
    );
    prop_oneof![
        4 => prop::collection::vec((0..SUBJECTS, 0..FACTS), 1..6).prop_map(Call::Accept),
        6 => turn.prop_map(|(subject, consume, stale, queue, moved, take_back)| Call::Turn {
            subject, consume, stale, queue, moved, take_back
        }),
        2 => (1usize..4).prop_map(Call::Claim),
        1 => (0..SUBJECTS).prop_map(Call::Park),
        1 => Just(Call::Unpark),
        1 => Just(Call::Restart),
    ]
}

/// What should be there, kept beside the store.
#[derive(Default)]
struct Ledger {
    accepted: BTreeSet<FactId>,
    consumed: BTreeSet<FactId>,
    parked: BTreeSet<FactId>,
    versions: BTreeMap<u32, i64>,
    stands: BTreeMap<MessageId, Status>,
}

fn some_message(subject: u32, n: u32) -> Message {
    message(subject, &format!("m{n}"), n.is_multiple_of(2), i64::from(n))
}

fn step(call: &Call, lanes: &mut Lanes, ledger: &mut Ledger, at: &Fixture) {
    match call {
        Call::Accept(which) => {
            for (subject, n) in which {
                let item = item(*subject, &format!("k{n}"), "x");
                let new = ledger.accepted.insert(item.fact.id);
                assert_eq!(matches!(lanes.accept(&item), Arrival::New { .. }), new);
            }
        }
        Call::Turn { subject, consume, stale, queue, moved, take_back } => {
            let version = ledger.versions.entry(*subject).or_default();
            let loaded = if *stale { *version + 1 } else { *version };
            let mut turn = if loaded == 0 { newcomer(*subject, "Someone") } else { batch(*subject, loaded) };
            let part = turn.person.part();
            let waiting = lanes.of(part).waiting(1000).unwrap();
            let own: Vec<_> = waiting
                .into_iter()
                .filter(|w| *consume && w.item.keys[0] == super::fixture::subject(*subject))
                .collect();
            turn.consumed = own.iter().map(|w| (w.part, w.seq)).collect();
            turn.facts = own.iter().map(|w| w.item.fact.clone()).collect();
            turn.messages = queue.iter().map(|n| some_message(*subject, *n)).collect();
            if let Some((n, to)) = moved {
                let id = some_message(*subject, *n).id;
                if *take_back {
                    turn.withdraw = vec![id];
                } else {
                    turn.moved = vec![(id, Status::ALL[*to], NOON, None)];
                }
            }
            let done = lanes.commit(turn);
            assert_eq!(done, if *stale { Committed::Stale } else { Committed::Written });
            if !*stale {
                *version += 1;
                ledger.consumed.extend(own.iter().map(|w| w.item.fact.id));
            }
        }
        Call::Claim(limit) => {
            for message in lanes.claim(*limit).send {
                assert_eq!(ledger.stands.get(&message.id), Some(&Status::Queued), "only what is queued leaves");
            }
        }
        Call::Park(subject) => {
            let part = super::fixture::subject(*subject).part();
            let waiting = lanes.of(part).waiting(1).unwrap();
            let aside: Vec<_> = waiting.iter().map(|w| (w.part, w.seq, "why".to_owned())).collect();
            lanes.of(part).park(&aside, NOON).unwrap();
            ledger.parked.extend(waiting.iter().map(|w| w.item.fact.id));
        }
        Call::Unpark => {
            for lane in &mut lanes.lanes {
                lane.unpark(NOON, 3).unwrap();
            }
        }
        Call::Restart => *lanes = at.lanes().1,
    }
}

/// Compares the ledger with the store.
fn hold(store: &Store, lanes: &mut Lanes, ledger: &mut Ledger) {
    let mut places: BTreeMap<FactId, usize> = BTreeMap::new();
    for waiting in lanes.waiting() {
        ledger.parked.remove(&waiting.item.fact.id);
        *places.entry(waiting.item.fact.id).or_default() += 1;
    }
    for row in store.parked(1000).unwrap() {
        assert!(ledger.parked.contains(&row.item.fact.id));
        *places.entry(row.item.fact.id).or_default() += 1;
    }
    for fact in &ledger.consumed {
        *places.entry(*fact).or_default() += 1;
    }
    assert!(places.values().all(|n| *n == 1), "each is in one place: {places:?}");
    assert_eq!(places.keys().copied().collect::<BTreeSet<_>>(), ledger.accepted);
    let mut counts: BTreeMap<(Status, bool), i64> = BTreeMap::new();
    for subject in 0..SUBJECTS {
        let facts: BTreeSet<_> =
            store.timeline(person(subject), None, 1000).unwrap().into_iter().map(|(_, f)| f.id).collect();
        assert!(facts.is_subset(&ledger.consumed));
        for message in store.messages_of(person(subject), 100).unwrap() {
            let before = ledger.stands.insert(message.id, message.status);
            let forward = before.is_none_or(|b| b == message.status || reaches(b, message.status));
            assert!(forward, "{before:?} -> {:?}", message.status);
            *counts.entry((message.status, message.urgent)).or_default() += 1;
        }
    }
    let told: BTreeMap<_, _> = store.message_counts().unwrap().into_iter().map(|(s, u, n)| ((s, u), n)).collect();
    assert_eq!(told, counts, "the counters say what stands");
}

fn reaches(from: Status, to: Status) -> bool {
    store::may_move(from, to)
}

fn run(at: &Fixture, calls: &[Call]) {
    let (store, mut lanes) = at.lanes();
    let mut ledger = Ledger::default();
    for call in calls {
        step(call, &mut lanes, &mut ledger, at);
        hold(&store, &mut lanes, &mut ledger);
    }
}

fn any_sequence(cases: u32, at: impl Fn() -> Fixture) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(calls in prop::collection::vec(call(), 1..30))| run(&at(), &calls));
}

#[test]
fn invariants_hold_on_sqlite() {
    any_sequence(40, Fixture::sqlite);
}

#[test]
fn invariants_hold_on_postgres() {
    any_sequence(12, Fixture::postgres);
}

//! Messages leave urgent first, once, and their status never goes back.

use super::fixture::*;
use model::message::Status;
use model::*;
use store::{Lane, Room};

on_both_engines!(
    urgent_first_then_the_oldest_and_late_ones_are_withdrawn,
    what_is_withdrawn_before_it_leaves_never_leaves,
    a_status_moves_forward_only,
    a_crash_leaves_unknown_and_a_queue_survives,
    a_message_is_queued_once,
    a_channel_waits_for_no_other_and_urgent_ones_for_no_bulk,
    what_is_held_is_claimed_by_nobody_until_it_is_released,
    what_stays_at_its_place_lets_others_by_and_is_asked_for_again,
    what_nobody_took_is_queued_again,
    many_of_the_same_words_are_counted_by_the_hour_and_after_a_restart,
    rows_of_before_channels_leave_by_theirs,
);

fn queued_before(lane: &mut Lane, before: At) -> Vec<PersonId> {
    let waiting = lane.queued_before(before, &mut |_| Room::of(1000), &|_| None).unwrap();
    let people: std::collections::BTreeSet<PersonId> = waiting.into_iter().map(|m| m.person).collect();
    people.into_iter().collect()
}

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
    let waiting: usize = lanes.lanes.iter_mut().map(|l| queued_before(l, NOON.plus_ms(86_400_000)).len()).sum();
    assert!(waiting > 0, "whoever has waited long is known");
    assert!(lanes.lanes.iter_mut().all(|l| queued_before(l, At(0)).is_empty()));
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

fn mail(n: u32, name: &str, urgent: bool, created: i64) -> model::message::Message {
    model::message::Message { channel: Channel::Email, ..message(n, name, urgent, created) }
}

fn words(messages: &[model::message::Message]) -> Vec<&str> {
    messages.iter().map(|m| m.words.as_str()).collect()
}

fn a_channel_waits_for_no_other_and_urgent_ones_for_no_bulk(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut turn = newcomer(1, "David Reyes");
    // More than memory keeps, so that the rest is read from disk.
    turn.messages = (0..9_000).map(|i| message(1, &format!("bulk {i}"), false, i)).collect();
    turn.messages.push(mail(1, "a mail", false, 20_000));
    turn.messages.push(message(1, "red flag", true, 30_000));
    lanes.written(turn);
    assert_eq!(
        store.queued().unwrap(),
        [(Channel::Sms, false, 9_000), (Channel::Sms, true, 1), (Channel::Email, false, 1)]
    );
    let part = person(1).part();
    let mut claim = |all: usize, bulk: usize, mails: usize| {
        let mut room = |channel| match channel {
            Channel::Sms => Room { all, bulk },
            Channel::Email => Room::of(mails),
            _ => Room::default(),
        };
        lanes.of(part).claim(NOON, &mut room, &|_| None).unwrap()
    };
    let first = claim(1, 0, 0);
    assert_eq!(words(&first.send), ["red flag"], "it overtakes, and takes the place that is kept for it");
    assert!(claim(2, 0, 0).send.is_empty(), "bulk leaves that place free");
    assert_eq!(words(&claim(0, 0, 5).send), ["a mail"], "a channel that stands still keeps no other one");
    let mut left = 0;
    for round in 0.. {
        let claimed = claim(1_000, 1_000, 0);
        if claimed.send.is_empty() {
            break;
        }
        assert!(round < 20);
        let next = |(i, m): (usize, &model::message::Message)| m.words == format!("bulk {}", left + i);
        assert!(claimed.send.iter().enumerate().all(next), "the oldest first, from memory and from disk");
        left += claimed.send.len();
    }
    assert_eq!(left, 9_000);
    assert_eq!(store.queued().unwrap(), []);
}

fn what_is_held_is_claimed_by_nobody_until_it_is_released(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    for n in 1..=20 {
        let mut turn = newcomer(n, "Someone");
        turn.messages = vec![message(n, "survey", false, i64::from(n)), message(n, "other", false, 100)];
        lanes.written(turn);
    }
    let key = "follow-up/survey";
    let survey = |m: &model::message::Message| {
        (m.words == "survey").then(|| store::Hold::Aside(store::held_key(&m.pathway, &m.words)))
    };
    let mut sent = 0;
    for lane in &mut lanes.lanes {
        let claimed = lane.claim(NOON, &mut |_| Room::of(100), &survey).unwrap();
        assert!(claimed.send.iter().all(|m| m.words == "other"));
        assert!(claimed.more.is_empty());
        assert!(claimed.held.iter().all(|k| k == key));
        sent += claimed.send.len();
    }
    assert_eq!(sent, 20);
    let rows = store.held().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].key.as_str(), rows[0].n), ("follow-up/survey", 20));
    assert_eq!(rows[0].example.words, "survey");
    assert_eq!(store.queued().unwrap(), [(Channel::Sms, false, 20)], "they are queued all the same");
    // One is taken back meanwhile, and a new process knows what is held.
    let mut turn = batch(1, 1);
    turn.withdraw = vec![message(1, "survey", false, 1).id];
    lanes.written(turn);
    drop(lanes);
    let (store, mut lanes) = at.lanes();
    assert!(lanes.claim(100).send.is_empty());
    let mut keys: Vec<String> = lanes.lanes.iter_mut().flat_map(|lane| lane.held().unwrap()).collect();
    keys.dedup();
    assert_eq!(keys, ["follow-up/survey"]);
    for lane in &mut lanes.lanes {
        let mut from = Some(0);
        while let Some(part) = from {
            from = lane.release("follow-up/survey", part).unwrap();
        }
    }
    assert_eq!(lanes.claim(100).send.len(), 19);
    assert_eq!((store.held().unwrap(), store.queued().unwrap()), (vec![], vec![]));
}

fn what_stays_at_its_place_lets_others_by_and_is_asked_for_again(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut turn = newcomer(1, "Someone");
    turn.messages = vec![message(1, "waits", true, 1), message(1, "goes", false, 2)];
    lanes.written(turn);
    let waits = |m: &model::message::Message| (m.words == "waits").then_some(store::Hold::Here);
    let lane = lanes.of(person(1).part());
    for sent in [vec!["goes"], vec![]] {
        let claimed = lane.claim(NOON, &mut |_| Room::of(1), &waits).unwrap();
        assert_eq!(words(&claimed.send), sent);
        assert!(claimed.held.is_empty() && lane.held().unwrap().is_empty(), "nothing of it is on disk");
    }
    assert!(lane.queued_before(NOON.plus_ms(9), &mut |_| Room::of(9), &waits).unwrap().is_empty());
    assert_eq!(store.queued().unwrap(), [(Channel::Sms, true, 1)]);
    assert_eq!(words(&lanes.claim(9).send), ["waits"]);
}

fn what_nobody_took_is_queued_again(at: &Fixture) {
    let (store, mut lanes) = at.lanes();
    let mut turn = newcomer(1, "David Reyes");
    turn.messages = vec![message(1, "a", false, 1), message(1, "b", false, 2), message(1, "c", false, 3)];
    lanes.written(turn);
    let claimed = lanes.claim(2).send;
    assert_eq!(words(&claimed), ["a", "b"]);
    // What a provider has taken meanwhile does not come back.
    let mut turn = batch(1, 1);
    turn.moved = vec![(claimed[1].id, Status::Accepted, NOON, None)];
    lanes.written(turn);
    lanes.of(person(1).part()).back(&claimed, NOON).unwrap();
    assert_eq!(store.message_counts().unwrap(), [(Status::Queued, false, 2), (Status::Accepted, false, 1)],);
    assert_eq!(words(&lanes.claim(5).send), ["a", "c"], "at its old place");
    drop(lanes);
    let (_, mut lanes) = at.lanes();
    assert!(lanes.claim(5).send.is_empty());
}

fn many_of_the_same_words_are_counted_by_the_hour_and_after_a_restart(at: &Fixture) {
    let (_, mut lanes) = at.lanes();
    let hour = store::HOUR_MS;
    for n in 1..=30 {
        let mut turn = newcomer(n, "Someone");
        let nobodys = model::message::Message { pathway: String::new(), ..message(n, "hub", false, 0) };
        turn.messages = vec![
            message(n, "survey", false, 0),
            message(n, "survey", true, 1),
            message(n, "later", false, hour),
            nobodys,
        ];
        // Said again, it is the same message.
        turn.messages[1].id = MessageId::of(&[b"urgent", &n.to_be_bytes()]);
        lanes.written(turn);
        let mut again = batch(n, 1);
        again.messages = vec![message(n, "survey", false, 0)];
        lanes.written(again);
    }
    drop(lanes);
    let (store, mut lanes) = at.lanes();
    let sums = |since: At| {
        let mut sums = std::collections::BTreeMap::new();
        for row in store.bulk_since(since).unwrap() {
            *sums.entry((row.pathway, row.words)).or_insert(0) += row.n;
        }
        sums.into_iter().map(|((_, words), n)| (words, n)).collect::<Vec<_>>()
    };
    assert_eq!(sums(NOON), [("later".to_owned(), 30), ("survey".to_owned(), 30)]);
    assert_eq!(sums(NOON.plus_ms(hour)), [("later".to_owned(), 30)]);
    lanes.lanes.iter_mut().for_each(|lane| lane.bulk_forget(NOON.plus_ms(hour)).unwrap());
    assert_eq!(sums(At(0)), [("later".to_owned(), 30)]);
}

fn rows_of_before_channels_leave_by_theirs(at: &Fixture) {
    drop(store::Store::open_at(&at.location, true, 11).unwrap());
    let told = model::message::Message {
        content: model::message::Content::Email {
            subject: "\"channel\":\"sms\"".into(),
            text: String::new(),
            html: String::new(),
            unsubscribe: None,
            attachments: Vec::new(),
        },
        ..mail(2, "an old mail", true, 5)
    };
    let old = [message(1, "old", false, 1), told];
    super::migrations::execute(at, |sqlite| {
        let rows = old.iter().map(|m| {
            let id = |id: Id| super::migrations::literal(id, sqlite);
            let json = serde_json::to_string(m).unwrap().replace('\'', "''");
            let (part, urgent) = (m.person.part(), u8::from(m.urgent));
            format!("({part}, {}, {}, 'queued', {urgent}, {}, 0, '{json}')", id(m.person.0), id(m.id.0), m.created_at.0)
        });
        let rows: Vec<String> = rows.collect();
        format!(
            "INSERT INTO message (part, person, id, status, urgent, created_at, status_at, json) VALUES {};",
            rows.join(", ")
        )
    });
    let (store, mut lanes) = at.lanes();
    assert_eq!(store.queued().unwrap(), [(Channel::Sms, false, 1), (Channel::Email, true, 1)]);
    let mut mails = Vec::new();
    for lane in &mut lanes.lanes {
        let mut room = |channel| if channel == Channel::Email { Room::of(9) } else { Room::default() };
        mails.extend(lane.claim(NOON, &mut room, &|_| None).unwrap().send);
    }
    assert_eq!(words(&mails), ["an old mail"]);
    assert_eq!(words(&lanes.claim(9).send), ["old"]);
}

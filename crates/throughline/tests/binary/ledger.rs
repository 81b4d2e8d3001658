//! What the store says at the end, held against what the sources and the carriers know.

use crate::mails::Mails;
use crate::process::Folder;
use crate::sources::Acknowledged;
use model::inbox;
use model::message::{Message, Status};
use model::{Channel, PersonId};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use store::Store;

/// How long a hub may take to come to rest.
const REST: Duration = Duration::from_secs(120);
/// Facts and messages of one person.
const ROWS_MAX: usize = 5_000;

/// How many messages are in a status.
pub fn count(store: &Store, status: Status) -> i64 {
    store.message_counts().unwrap().iter().filter(|(s, ..)| *s == status).map(|(.., n)| n).sum()
}

/// Waits until nothing waits: no item, no message in the outbox or on its way.
pub fn at_rest(store: &Store) {
    let until = Instant::now() + REST;
    let mut calm = 0;
    while calm < 5 {
        let waiting: i64 =
            store.counters().unwrap().iter().filter(|(name, _)| name.ends_with(".waiting")).map(|(_, n)| n).sum();
        let busy = waiting + count(store, Status::Queued) + count(store, Status::Dispatching);
        calm = if busy == 0 { calm + 1 } else { 0 };
        assert!(Instant::now() < until, "{busy} still wait");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    pub facts: usize,
    pub messages: BTreeMap<&'static str, usize>,
    pub went_out: usize,
}

/// Every acknowledged fact is there once, every message has ended, and what went out is what the store says.
pub fn check(folder: &Folder, store: &Store, acknowledged: &[Acknowledged], mails: &Mails) -> Found {
    let mut found = Found::default();
    let mut messages: BTreeMap<String, Message> = BTreeMap::new();
    for one in acknowledged {
        let person = store.whose(&[inbox::key(testkit::fhir::MRN, &one.mrn)]).unwrap();
        let person = person.unwrap_or_else(|| panic!("{} was acknowledged and is not there", one.mrn));
        found.facts += facts(store, person, one);
        messages.extend(store.messages_of(person, ROWS_MAX).unwrap().into_iter().map(|m| (m.id.to_string(), m)));
    }
    let parked = store.parked(10).unwrap();
    assert!(parked.is_empty(), "{parked:?}");
    for message in messages.values() {
        *found.messages.entry(message.status.name()).or_default() += 1;
        let ended = !matches!(message.status, Status::Queued | Status::Dispatching);
        assert!(ended, "{} {} is {}", message.id, message.words, message.status.name());
    }
    let out = went_out(folder, mails);
    found.went_out = out.len();
    carried_as_told(&messages, &out);
    found
}

/// The facts of one person, each once; how many were acknowledged.
fn facts(store: &Store, person: PersonId, one: &Acknowledged) -> usize {
    let timeline = store.timeline(person, None, ROWS_MAX).unwrap();
    let ids: BTreeSet<_> = timeline.iter().map(|(_, f)| f.id.to_string()).collect();
    assert_eq!(ids.len(), timeline.len(), "{}: a fact is there twice", one.mrn);
    for (kind, id) in &one.resources {
        let name = format!("{kind}/{id}");
        let received =
            timeline.iter().filter(|(_, f)| f.kind == "resource.received" && f.text("resource") == Some(&name));
        assert_eq!(received.count(), 1, "{}: {kind}/{id}", one.mrn);
        let kept = store.resource(Some(person), "hospital", kind, id).unwrap();
        assert!(kept.is_some(), "{}: {kind}/{id} is not kept", one.mrn);
    }
    for (kind, id) in &one.events {
        let told = timeline.iter().filter(|(_, f)| f.kind == *kind && f.text("id") == Some(id)).count();
        assert_eq!(told, 1, "{}: {kind}", one.mrn);
    }
    one.resources.len() + one.events.len()
}

/// Ids of what went out, each time it did: the telephone's journal, and what the mail server took. What was handed to the
/// telephone again with the key by which it knows it is not carried again, and is marked so in its journal.
fn went_out(folder: &Folder, mails: &Mails) -> Vec<String> {
    let journal = std::fs::read_to_string(folder.join("journal")).unwrap_or_default();
    let lines = journal.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let lines = lines.filter(|line| line["again"] != true);
    let mut out: Vec<String> = lines.map(|line| line["message"].as_str().unwrap().to_owned()).collect();
    out.extend(mails.taken());
    out
}

fn carried_as_told(messages: &BTreeMap<String, Message>, out: &[String]) {
    let mut once = BTreeSet::new();
    let mut words = BTreeSet::new();
    for id in out {
        assert!(once.insert(id), "{id} went out twice");
        let message = messages.get(id).unwrap_or_else(|| panic!("{id} went out and the store does not know it"));
        let told = matches!(message.status, Status::Accepted | Status::Delivered | Status::Unknown);
        let rang = message.channel == Channel::Voice && message.error.as_deref() == Some("no_answer");
        assert!(told || rang, "{id} went out and is {} ({:?})", message.status.name(), message.error);
        let same = words.insert((message.person, message.reach, message.channel));
        assert!(same, "{} went out twice to {} by {}", message.words, message.person, message.channel.name());
    }
    for (id, message) in messages {
        let carried = matches!(message.status, Status::Accepted | Status::Delivered);
        if carried && message.channel != Channel::Portal {
            assert!(once.contains(id), "{id} ({}) is told to be carried and never went out", message.channel.name());
        }
    }
}

//! A fresh store a test, and nouns to put into it.

use model::batch::{Face, JourneyStatus};
use model::message::{Content, Message, Status};
use model::prompt::{Prompt, PromptStatus};
use model::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{Committed, Lane, Location, Room, Store};
use testkit::postgres::Database;

/// Noon of some day.
pub const NOON: At = At(1_790_000_000_000);

/// Where a store of this test lives; removed with this value.
pub struct Fixture {
    pub location: Location,
    folder: Option<PathBuf>,
    _database: Option<Database>,
}

impl Fixture {
    pub fn sqlite() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("throughline-store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self { location: Location::Sqlite(folder.join("store.db")), folder: Some(folder), _database: None }
    }
    pub fn postgres() -> Self {
        let database = testkit::postgres::database();
        let location = Location::Postgres { url: database.url(), lanes: 2 };
        Self { location, folder: None, _database: Some(database) }
    }
    pub fn store(&self) -> Store {
        Store::open(&self.location, true).unwrap()
    }
    /// A store and all its lanes.
    pub fn lanes(&self) -> (Store, Lanes) {
        let store = self.store();
        let lanes = (0..store.lanes()).map(|n| store.take_lane(n).unwrap()).collect();
        (store.clone(), Lanes { store, lanes })
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Every lane of a store, each found by a part.
pub struct Lanes {
    store: Store,
    pub lanes: Vec<Lane>,
}

impl Lanes {
    pub fn of(&mut self, part: u16) -> &mut Lane {
        let lane = self.store.lane_of(part);
        &mut self.lanes[usize::from(lane)]
    }
    pub fn accept(&mut self, item: &Item) -> Arrival {
        self.of(item.part()).accept(std::slice::from_ref(item), NOON).unwrap()[0]
    }
    pub fn commit(&mut self, batch: Batch) -> Committed {
        let part = batch.person.part();
        let lane = self.of(part);
        let epoch = lane.epoch(part);
        lane.commit(&[(part, epoch, batch)]).unwrap()[0]
    }
    pub fn written(&mut self, batch: Batch) {
        assert_eq!(self.commit(batch), Committed::Written);
    }
    pub fn waiting(&mut self) -> Vec<store::Waiting> {
        self.lanes.iter_mut().flat_map(|lane| lane.waiting(1000).unwrap()).collect()
    }
    pub fn claim(&mut self, limit: usize) -> store::Claimed {
        let mut all = store::Claimed::default();
        for lane in &mut self.lanes {
            let one = lane.claim(NOON, &mut |_| Room::of(limit), &|_| None).unwrap();
            all.send.extend(one.send);
            all.expired.extend(one.expired);
        }
        all
    }
}

pub fn subject(n: u32) -> Id {
    model::inbox::key("urn:mrn", &n.to_string())
}

pub fn person(n: u32) -> PersonId {
    model::inbox::person_of(subject(n))
}

pub fn fact(kind: &str, key: &str) -> Fact {
    Fact::own(kind, key, person(0), NOON, serde_json::json!({"text": "naïve \u{0} 漢字", "key": key}))
}

/// An item about a subject that the sender knows by its identifier.
pub fn item(n: u32, key: &str, content: &str) -> Item {
    let mut fact = fact("reply.received", key);
    fact.id = FactId::of(&[key.as_bytes(), content.as_bytes(), &n.to_be_bytes()]);
    fact.body["content"] = content.into();
    let source_key = Id::of(&[key.as_bytes(), &n.to_be_bytes()]);
    Item { fact, source_key, keys: vec![subject(n)], person: None, may_create: true }
}

pub fn batch(n: u32, loaded: i64) -> Batch {
    Batch::new(person(n), loaded)
}

/// A person with a face and a claim on their subject.
pub fn newcomer(n: u32, name: &str) -> Batch {
    let mut first = batch(n, 0);
    first.state = Some(vec![1, 2, 3]);
    first.face = Some(Face {
        name: name.into(),
        birth_date: "1980-02-03".into(),
        site: "north".into(),
        also_at: Vec::new(),
        forwards_to: None,
        search: format!("{} {n:05} 15550100{n}", name.to_lowercase()),
    });
    first.claims = vec![Claim { key: subject(n), held: true }];
    first
}

pub fn journey(n: u32, name: &str, status: JourneyStatus) -> JourneyRow {
    JourneyRow {
        id: JourneyId::of(&[name.as_bytes(), &n.to_be_bytes()]),
        pathway: "post-surgical-follow-up".into(),
        version: Id::of(&[b"version"]),
        episode: "Encounter/1".into(),
        status,
        step: "check,medicine/ready".into(),
        next_due: (status == JourneyStatus::Active).then(|| NOON.plus_ms(5)),
        started_at: NOON,
        ended: (status != JourneyStatus::Active).then(|| (NOON, "finished".to_owned())),
        blob: vec![7; 100],
    }
}

pub fn message(n: u32, name: &str, urgent: bool, created: i64) -> Message {
    Message {
        id: MessageId::of(&[name.as_bytes(), &n.to_be_bytes()]),
        person: person(n),
        journey: None,
        reach: EffectId::of(&[name.as_bytes()]),
        words: name.into(),
        channel: Channel::Sms,
        purpose: Purpose::Care,
        urgent,
        site: "north".into(),
        to: "+15550100".into(),
        language: "en".into(),
        content: Content::Sms { text: "Your prescription is ready.".into() },
        created_at: NOON.plus_ms(created),
        valid_until: NOON.plus_ms(1000),
        status: Status::Queued,
        status_at: NOON.plus_ms(created),
        provider: String::new(),
        provider_id: None,
        error: None,
        cause: None,
        basis: "exemption".into(),
        again: None,
        pathway: "follow-up".into(),
    }
}

pub fn prompt(n: u32, name: &str, team: &str, urgent: bool, due: i64) -> Prompt {
    Prompt {
        id: PromptId::of(&[name.as_bytes(), &n.to_be_bytes()]),
        person: person(n),
        journey: None,
        effect: EffectId::of(&[name.as_bytes()]),
        name: name.into(),
        team: team.into(),
        escalated_from: vec![],
        site: "north".into(),
        title: "Call David".into(),
        reason: String::new(),
        offer: vec!["call".into()],
        form: None,
        urgent,
        attempt: 1,
        attempts_max: 3,
        opened_at: NOON.plus_ms(due),
        due_at: NOON.plus_ms(due),
        escalates_at: None,
        escalations: vec![],
        status: PromptStatus::Open,
        assignee: None,
        not_before: None,
        outcome: None,
        answers: vec![("pain".into(), Value::Number(3.0))],
        note: String::new(),
        withdrawn_because: None,
        cause: None,
        desk: Default::default(),
        safety: model::prompt::Safety::default(),
    }
}

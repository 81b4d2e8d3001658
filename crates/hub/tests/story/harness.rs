//! A whole hub over a real store, on a clock that is set by hand.

use channels::Provider;
use channels::handset::{Handset, Policy};
use channels::portal::Portal;
use hub::{Clock, Settings, Stepper};
use jiff::tz::TimeZone;
use model::prompt::{PromptStatus, Team};
use model::{At, Fact, Item, Origin, PersonId};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{Location, Store};

/// Where a store is, and how its process is taken for dead and started anew.
pub struct World {
    location: Location,
    /// Keeps the database server's database for as long as the test.
    _database: Option<testkit::postgres::Database>,
    clock: Clock,
    pub handset: Handset,
    stepper: Option<Stepper>,
    pub zone: TimeZone,
    /// A new process before each input.
    pub restart: bool,
    /// Each input twice.
    pub twice: bool,
}

/// Which store.
#[derive(Clone, Copy, Debug)]
pub enum On {
    Sqlite,
    Postgres,
}

static SERIAL: AtomicU32 = AtomicU32::new(0);

fn teams() -> Vec<Team> {
    let team = |name: &str, hours: Vec<(u8, u16, u16)>| Team {
        name: name.into(),
        title: name.into(),
        site: String::new(),
        zone: "America/New_York".into(),
        hours,
        phone: String::new(),
    };
    let days = (0..7).map(|d| (d, 8 * 60, 18 * 60)).collect::<Vec<_>>();
    vec![
        team("surgical_nurses", days.clone()),
        team("charge_nurse", Vec::new()),
        team("on_call_surgeon", Vec::new()),
        team("front_desk", days),
    ]
}

pub fn settings() -> Settings {
    let teams = teams();
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let library = pathway::shipped::shipped(&names);
    assert!(!library.refused(), "{:?}", library.findings);
    Settings {
        clinic: outreach::Clinic { link_secret: "a secret of the test".into(), ..outreach::Clinic::default() },
        teams,
        pathways: library.pathways.into_iter().map(Arc::new).collect(),
        older: Vec::new(),
        rules: outreach::Rules::shipped(),
        topics: record::Topics::shipped(),
        only_to: None,
    }
}

impl World {
    pub fn new(on: On, start: At) -> Self {
        let (location, database) = match on {
            On::Sqlite => {
                let serial = SERIAL.fetch_add(1, Ordering::SeqCst);
                let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("story-{}-{serial}.db", std::process::id()));
                for suffix in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
                }
                (Location::Sqlite(path), None)
            }
            On::Postgres => {
                let database = testkit::postgres::database();
                (Location::Postgres { url: database.url(), lanes: 4 }, Some(database))
            }
        };
        let mut this = Self {
            location,
            _database: database,
            clock: Clock::scaled(start, 0.0),
            handset: Handset::new(),
            stepper: None,
            zone: model::time::zone("America/New_York").expect("a zone"),
            restart: false,
            twice: false,
        };
        this.handset.set_default_policy(Policy::NoAnswer);
        this.start();
        this
    }

    fn start(&mut self) {
        self.stepper = None;
        let store = Store::open(&self.location, true).expect("a store");
        let providers: Vec<Arc<dyn Provider>> = vec![Arc::new(self.handset.clone()), Arc::new(Portal)];
        let stepper = Stepper::new(store, &settings(), self.clock.clone(), providers).expect("a hub");
        self.stepper = Some(stepper);
    }

    pub fn hub(&mut self) -> &mut Stepper {
        self.stepper.as_mut().expect("started")
    }

    pub fn now(&self) -> At {
        self.clock.now()
    }

    /// `2026-11-24 09:00` in the world's zone.
    pub fn local(&self, text: &str) -> At {
        let stamp: jiff::civil::DateTime = text.parse().expect("a local time");
        At::of_local(stamp.date(), stamp.time(), &self.zone)
    }

    fn settle(&mut self) {
        for _ in 0..1000 {
            let now = self.clock.now();
            self.hub().run().expect("a run");
            self.handset.tick(now);
            let said = self.handset.drain();
            if said.is_empty() {
                return;
            }
            self.hub().incoming(said).expect("taken in");
        }
        panic!("phones and hub talk without end");
    }

    /// Time goes on, minute by minute of what is due, until `at`.
    pub fn until(&mut self, at: At) {
        self.settle();
        for _ in 0..100_000 {
            let wake = self.hub().next_wake().expect("a wake");
            let ring = (self.handset.calls_under_way() > 0).then(|| self.clock.now().plus_ms(10_000));
            let next = [wake, ring].into_iter().flatten().min().filter(|w| *w <= at);
            let Some(next) = next else { break };
            self.clock.advance_to(next.max(self.clock.now().plus_ms(1)));
            self.settle();
        }
        self.clock.advance_to(at);
        self.settle();
    }

    fn before_input(&mut self) {
        if self.restart {
            self.start();
        }
    }

    /// A message of a source: a FHIR resource or Bundle, as a hospital sends it.
    pub fn hears(&mut self, json: &Json) {
        for item in self.read(json, Origin::Live) {
            self.before_input();
            for _ in 0..if self.twice { 2 } else { 1 } {
                self.hub().accept(vec![item.clone()]).expect("accepted");
            }
        }
        self.settle();
    }

    pub fn read(&self, json: &Json, origin: Origin) -> Vec<Item> {
        let source = wire::Source { name: "hospital", site: "northside", origin, now: self.clock.now() };
        let read = wire::fhir(json.to_string().as_bytes(), &source).expect("FHIR that reads");
        read.entries.into_iter().flat_map(|e| e.result.expect("an entry that reads")).collect()
    }

    /// A fact of staff or portal.
    pub fn says(&mut self, person: PersonId, fact: Fact) -> Result<(), hub::Error> {
        self.before_input();
        let result = self.hub().submit(person, fact.clone());
        if self.twice {
            let _ = self.hub().submit(person, fact);
        }
        self.settle();
        result
    }

    /// A text from a phone.
    pub fn texts(&mut self, from: &str, text: &str) {
        self.before_input();
        let now = self.clock.now();
        self.handset.text_back(from, text, now).expect("a text");
        let said = self.handset.drain();
        for _ in 0..if self.twice { 2 } else { 1 } {
            self.hub().incoming(said.clone()).expect("taken in");
        }
        self.settle();
    }

    /// The person of an identifier.
    pub fn person(&mut self, mrn: &str) -> PersonId {
        let keys = [model::inbox::key(testkit::fhir::MRN, mrn)];
        self.hub().store().whose(&keys).expect("a read").expect("known")
    }

    /// All that was sent to a person and asked about them, in the order of its time: local time, what.
    pub fn list(&mut self, person: PersonId) -> Vec<String> {
        let zone = self.zone.clone();
        let store = self.hub().store().clone();
        let mut lines = Vec::new();
        for m in store.messages_of(person, 10_000).expect("messages") {
            lines.push((m.created_at, 0, format!("{} {} {}", m.channel.name(), m.words, m.status.name())));
        }
        for p in store.prompts_of(person, 10_000).expect("prompts") {
            let end = match (p.status, p.outcome) {
                (PromptStatus::Completed, Some(outcome)) => outcome.name().to_owned(),
                (status, _) => status.name().to_owned(),
            };
            let from = if p.not_before.is_some() { " later" } else { "" };
            lines.push((p.opened_at, 1, format!("prompt {}#{}{from} to {}: {end}", p.name, p.attempt, p.team)));
        }
        lines.sort();
        lines.into_iter().map(|(at, _, text)| format!("{} {text}", self.stamp(at, &zone))).collect()
    }

    fn stamp(&self, at: At, zone: &TimeZone) -> String {
        let t = zone.to_datetime(at.timestamp());
        format!("{:02}-{:02} {:02}:{:02}", t.month(), t.day(), t.hour(), t.minute())
    }

    /// The one open prompt of that name.
    pub fn prompt(&mut self, person: PersonId, name: &str) -> model::prompt::Prompt {
        let open = self.hub().store().prompts_of(person, 1000).expect("prompts");
        let mut open = open.into_iter().filter(|p| p.name == name && p.status.is_open());
        let first = open.next().unwrap_or_else(|| panic!("no open prompt {name}"));
        assert!(open.next().is_none(), "more than one open prompt {name}");
        first
    }

    /// A nurse reports an outcome.
    pub fn completes(&mut self, person: PersonId, name: &str, outcome: &str, answers: Json) {
        let prompt = self.prompt(person, name);
        let body = serde_json::json!({"prompt": prompt.id, "name": name, "outcome": outcome, "answers": answers, "note": ""});
        let fact = Fact::own("prompt.completed", &prompt.id.to_string(), person, self.clock.now(), body)
            .by(model::Actor::Staff("nurse".into()));
        self.says(person, fact).expect("taken");
    }

    /// Facts of the timeline of one kind.
    pub fn facts(&mut self, person: PersonId, kind: &str) -> Vec<Fact> {
        let all = self.hub().store().timeline(person, None, 10_000).expect("a timeline");
        all.into_iter().map(|(_, fact)| fact).filter(|f| f.kind == kind).collect()
    }
}

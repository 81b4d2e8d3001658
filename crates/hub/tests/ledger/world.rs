//! A hub that dies and is started anew on what it left, a provider that outlives it, and two clocks that a test sets.

use crate::carrier::{Carrier, Died};
use channels::{Portal, Provider};
use hub::{Clock, Point, Settings, Stepper, Then};
use model::prompt::Prompt;
use model::time::HOUR_MS;
use model::{At, Item, PersonId};
use serde_json::Value as Json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use store::{Location, Store};
use testkit::story::{DAY_0, Story};

/// Which store.
#[derive(Clone, Copy, Debug)]
pub enum On {
    Sqlite,
    Postgres,
}

/// Where the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The news is on disk, and nobody has decided what follows.
    BeforeIntent,
    /// The message is in the outbox.
    AfterIntent,
    /// It is on disk as being sent.
    AfterDispatching,
    /// The provider has it, and has not answered.
    AfterFirstByte,
    /// It has answered, and nothing of that is on disk.
    AfterAnswer,
    /// What came of it is on disk, and no turn has heard it.
    AfterRecording,
}

impl Death {
    pub const ALL: [Self; 6] = [
        Self::BeforeIntent,
        Self::AfterIntent,
        Self::AfterDispatching,
        Self::AfterFirstByte,
        Self::AfterAnswer,
        Self::AfterRecording,
    ];
}

/// The most rows that a test reads of one person.
const LIST_MAX: usize = 10_000;

static SERIAL: AtomicU32 = AtomicU32::new(0);

pub struct World {
    location: Location,
    _database: Option<testkit::postgres::Database>,
    pub care: Clock,
    pub machine: Clock,
    pub carrier: Carrier,
    stepper: Option<Stepper>,
    pub settings: Arc<Settings>,
    /// Where it dies next; the number of times that it is passed first.
    deaths: Arc<Mutex<Vec<(Death, u64)>>>,
    pub died: usize,
    pub sends: bool,
    /// How long it stays down once it has died, milliseconds.
    pub down_ms: i64,
}

/// Files in memory where there is such a folder.
fn folder() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { PathBuf::from(env!("CARGO_TARGET_TMPDIR")) }
}

fn remove(path: &std::path::Path) {
    for suffix in ["", "-wal", "-shm", ".lock"] {
        // There is none before the first run.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

/// One text, and a mail behind it.
const LEDGER: &str = r#"
pathway: ledger
language: 1
title: The ledger
owner: orthopaedic-surgery
fallback_team: surgical_nurses
speaks: [en]
enrol: { on: encounter.discharged, once_per: encounter }
leave:
  - after: 14 days
tracks:
  main:
    - reach: one
      purpose: PURPOSE
      by: [sms 2 hours, email 1 hour]
      valid: 6 hours
MORE
words:
  one: &one
    en:
      sms: "{{ clinic.name }}: please call us at {{ clinic.phone }}."
      email:
        subject: "A note from {{ clinic.name }}"
        text: |
          Please call us at {{ clinic.phone }}.
TWO
"#;

const TWIN: &str = "  other:
    - reach: two
      purpose: PURPOSE
      by: [sms 2 hours, email 1 hour]
      valid: 6 hours";

const TWIN_WORDS: &str = r#"  two:
    en:
      sms: "{{ clinic.name }}: please call us at {{ clinic.phone }}."
      email:
        subject: "A note from {{ clinic.name }}"
        text: |
          Please call us at {{ clinic.phone }}."#;

/// What a pathway's text makes of the shipped settings: it alone is in force, beside what stands.
pub fn settings_of(texts: &[&str]) -> Arc<Settings> {
    let clinic = outreach::Clinic { link_secret: "a secret of the test".into(), ..outreach::Clinic::default() };
    let mut settings = Settings::shipped(clinic).expect("the shipped pathways read");
    settings.pathways.retain(|p| p.standing);
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    for text in texts {
        let read = pathway::read("test.yaml", text, &pathway::CodeSets::default(), &teams);
        let (pathway, _) = read.unwrap_or_else(|findings| panic!("{findings:#?}"));
        settings.pathways.push(Arc::new(pathway));
    }
    Arc::new(settings)
}

/// The shipped rules, without the one that keeps the same words from being said twice: two messages that say the same are
/// what a provider's list cannot tell apart.
fn rules_with_twins() -> outreach::Rules {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let files: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the rules")
        .map(|entry| entry.expect("a file").path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("a text")))
        .map(|(path, text)| (path, text.replace("within_hours: 4", "within_hours: 0")))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    outreach::Rules::read(&files).expect("they read")
}

/// Settings in which a second pathway says something else that counts for 40 hours.
pub fn settings_that_last() -> Arc<Settings> {
    let text = LEDGER.replace("&one", "").replace("MORE", "").replace("TWO", "").replace("PURPOSE", "care");
    let lasting = text
        .replace("pathway: ledger", "pathway: lasting")
        .replace("sms 2 hours, email 1 hour", "sms 36 hours, email 3 hours")
        .replace("valid: 6 hours", "valid: 40 hours")
        .replace("please call us", "your papers are ready, please call us");
    settings_of(&[&text, &lasting])
}

/// Settings for a purpose, with one message or two that say the same. Read once.
pub fn settings(care: bool, twins: bool) -> Arc<Settings> {
    static ALL: OnceLock<Vec<Arc<Settings>>> = OnceLock::new();
    let make = |(purpose, twins): (&str, bool)| {
        let (more, words) = if twins { (TWIN, TWIN_WORDS) } else { ("", "") };
        let text = LEDGER.replace("&one", "").replace("MORE", more).replace("TWO", words);
        let mut settings = settings_of(&[&text.replace("PURPOSE", purpose)]);
        if twins {
            Arc::get_mut(&mut settings).expect("nobody else has them").rules = rules_with_twins();
        }
        settings
    };
    let all = ALL.get_or_init(|| {
        [("care", false), ("care", true), ("reminder", false), ("reminder", true)].into_iter().map(make).collect()
    });
    Arc::clone(&all[usize::from(!care) * 2 + usize::from(twins)])
}

impl World {
    pub fn new(on: On, settings: Arc<Settings>) -> Self {
        let (location, database) = match on {
            On::Sqlite => {
                let serial = SERIAL.fetch_add(1, Ordering::SeqCst);
                let path = folder().join(format!("throughline-ledger-{}-{serial}.db", std::process::id()));
                remove(&path);
                (Location::Sqlite(path), None)
            }
            On::Postgres => {
                let database = testkit::postgres::database();
                (Location::Postgres { url: database.url(), lanes: 4 }, Some(database))
            }
        };
        // Ten in the morning in New York.
        let start = DAY_0.plus_ms(-4 * HOUR_MS);
        let (care, machine) = (Clock::scaled(start, 0.0), Clock::scaled(At(1_000_000), 0.0));
        let mut this = Self {
            location,
            _database: database,
            carrier: Carrier::new(machine.clone(), care.clone()),
            care,
            machine,
            stepper: None,
            settings,
            deaths: Arc::default(),
            died: 0,
            sends: true,
            down_ms: 0,
        };
        this.start();
        this
    }

    /// What ran is gone, as after a kill; what is on disk is opened anew.
    pub fn start(&mut self) {
        self.stepper = None;
        let store = Store::open(&self.location, true).expect("a store");
        let providers: Vec<Arc<dyn Provider>> = vec![Arc::new(self.carrier.clone()), Arc::new(Portal)];
        let stepper = Stepper::new(store, &self.settings, self.care.clone(), providers).expect("a hub");
        let (deaths, carrier) = (Arc::clone(&self.deaths), self.carrier.clone());
        let watch = Box::new(move |point| {
            let at = match point {
                Point::Dispatching => Death::AfterDispatching,
                Point::Answered => Death::AfterAnswer,
                Point::Recorded => Death::AfterRecording,
            };
            let mut deaths = deaths.lock().unwrap_or_else(PoisonError::into_inner);
            match deaths.first_mut() {
                Some((death, 0)) if *death == at => {
                    deaths.remove(0);
                    return Then::Dies;
                }
                Some((death, passes)) if *death == at => *passes -= 1,
                _ => {}
            }
            if at == Death::AfterDispatching && matches!(deaths.first(), Some((Death::AfterFirstByte, _))) {
                deaths.remove(0);
                carrier.lock().kills = true;
            }
            Then::GoOn(if point == Point::Answered { carrier.first() } else { Vec::new() })
        });
        let stepper = stepper.with_machine(self.machine.clone()).with_watch(watch);
        self.stepper = Some(if self.sends { stepper } else { stepper.without_dispatch() });
    }

    /// The store, while a process runs.
    pub fn store(&self) -> Store {
        self.stepper.as_ref().expect("started").store().clone()
    }

    /// It dies at these places, one after the other.
    pub fn dies_at(&mut self, deaths: &[(Death, u64)]) {
        *self.deaths.lock().unwrap() = deaths.to_vec();
    }

    fn hub(&mut self) -> &mut Stepper {
        self.stepper.as_mut().expect("started")
    }

    fn dies(&mut self) {
        self.died += 1;
        assert!(self.died < 1_000_000, "it dies without end");
        self.passes(self.down_ms);
        self.start();
    }

    /// What runs is another process from now on.
    pub fn hand_to(&mut self, stepper: Stepper) {
        self.stepper = Some(stepper);
    }

    /// The process itself, apart from its world.
    pub fn process(&mut self) -> Stepper {
        self.stepper.take().expect("started")
    }

    /// Works until nothing is left to do now.
    pub fn settle(&mut self) {
        for _ in 0..10_000 {
            let mut stepper = self.stepper.take().expect("started");
            let ran = catch_unwind(AssertUnwindSafe(|| (stepper.run(), stepper)));
            match ran {
                Ok((Ok(()), stepper)) => self.stepper = Some(stepper),
                Ok((Err(hub::Error::Stopping), stepper)) => {
                    drop(stepper);
                    self.dies();
                    continue;
                }
                Ok((Err(error), _)) => panic!("{error}"),
                Err(panic) if panic.is::<Died>() => {
                    self.dies();
                    continue;
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
            let due = self.carrier.due();
            if due.is_empty() {
                return;
            }
            self.hub().incoming(due).expect("taken in");
        }
        panic!("it does not come to rest");
    }

    /// Both clocks go on by as much.
    pub fn passes(&mut self, ms: i64) {
        self.care.advance_to(self.care.now().plus_ms(ms));
        self.machine.advance_to(self.machine.now().plus_ms(ms));
    }

    /// Time goes on until `at` on care's clock, from one thing that is due to the next.
    pub fn until(&mut self, at: At) {
        self.settle();
        for _ in 0..100_000 {
            let (care, machine) = (self.care.now(), self.machine.now());
            let report = self.carrier.next_report();
            let look = self.hub().next_look().filter(|look| *look > machine);
            let machines = [report, look].into_iter().flatten().map(|due| due.0 - machine.0);
            let wake = self.hub().next_wake().expect("a wake").map(|wake| wake.0 - care.0);
            let next = machines.chain(wake).min().map(|ms| ms.max(1)).filter(|ms| care.plus_ms(*ms) <= at);
            let Some(next) = next else { break };
            self.passes(next);
            self.settle();
        }
        self.passes((at.0 - self.care.now().0).max(0));
        self.settle();
    }

    /// A message of a source. It is on disk when this returns, and nothing follows from it yet.
    pub fn hears(&mut self, json: &Json) {
        let source = wire::Source::trusted("hospital", "", self.care.now());
        let read = wire::fhir(json.to_string().as_bytes(), &source).expect("FHIR that reads");
        let items: Vec<Item> = read.entries.into_iter().flat_map(|e| e.result.expect("an entry that reads")).collect();
        self.hub().accept(items).expect("accepted");
    }

    /// Someone who goes home now.
    pub fn someone(&self, n: u64) -> Story {
        let (mrn, phone) = (format!("L{n}"), format!("+1212555{:04}", n % 10_000));
        let family = format!("Ledger{n}");
        Story::of(&mrn, "Ann", &family, "female", "1980-01-01", &phone).discharged(self.care.now())
    }

    pub fn person(&self, story: &Story) -> PersonId {
        let keys = [model::inbox::key(testkit::fhir::MRN, &story.person.mrn)];
        self.store().whose(&keys).expect("a read").expect("known")
    }

    pub fn messages(&self, person: PersonId) -> Vec<model::message::Message> {
        self.store().messages_of(person, LIST_MAX).expect("messages")
    }

    pub fn prompts(&self, person: PersonId) -> Vec<Prompt> {
        self.store().prompts_of(person, LIST_MAX).expect("prompts")
    }

    pub fn codes(&self, person: PersonId, reach: model::EffectId) -> Vec<String> {
        self.store().traces(person, reach).expect("traces").into_iter().map(|t| t.code).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stepper = None;
        if let Location::Sqlite(path) = &self.location {
            remove(path);
        }
    }
}

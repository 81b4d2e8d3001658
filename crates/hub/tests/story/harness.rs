//! A whole hub over a real store, on a clock that is set by hand.

use channels::Provider;
use channels::handset::{Handset, Policy, Seen, Shown};
use channels::portal::Portal;
use hub::{Clock, Settings, Stepper};
use jiff::tz::TimeZone;
use model::message::Message;
use model::prompt::{Prompt, PromptStatus};
use model::{Actor, At, Channel, Fact, Item, Origin, PersonId, PromptId};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use store::{Location, Store};
use testkit::story::{DAY_0, Story};

/// Where a store is, and how its process is taken for dead and started anew.
pub struct World {
    location: Location,
    /// Keeps the database server's database for as long as the test.
    _database: Option<testkit::postgres::Database>,
    clock: Clock,
    pub handset: Handset,
    stepper: Option<Stepper>,
    pub zone: TimeZone,
    /// Where a person may be whose zone is not known: an hour must suit each of them.
    pub zones: Vec<TimeZone>,
    /// Day 0 of the lists.
    pub day_0: At,
    /// The facility that [`World::hears`] speaks for.
    pub site: &'static str,
    people: BTreeSet<PersonId>,
    /// Whether messages leave; else they wait in the outbox.
    pub sends: bool,
    /// A new process before each input, and before each time at which something is due.
    pub restart: bool,
    /// Each input twice.
    pub twice: bool,
    /// What the next process is started with.
    pub settings: Arc<Settings>,
    /// Providers that come before the make-believe phone.
    pub before: Vec<Arc<dyn Provider>>,
}

/// Which store.
#[derive(Clone, Copy, Debug)]
pub enum On {
    Sqlite,
    Postgres,
}

/// Where the pathways are in force.
pub const NORTHSIDE: &str = "northside";
/// Where they are not.
pub const SOUTHSIDE: &str = "southside";

/// The most rows that a test reads of one person.
const LIST_MAX: usize = 10_000;

static SERIAL: AtomicU32 = AtomicU32::new(0);

/// Read once: the pathways are the same for every process.
fn settings() -> &'static Arc<Settings> {
    static SETTINGS: OnceLock<Arc<Settings>> = OnceLock::new();
    SETTINGS.get_or_init(|| Arc::new(read_settings()))
}

/// What a lane's writer decides by.
pub fn setup() -> turn::Setup {
    settings().setup()
}

pub fn read_settings() -> Settings {
    // The Spanish of the shipped pathways is not reviewed; what it looks like is tested all the same.
    let clinic = outreach::Clinic {
        link_secret: "a secret of the test".into(),
        unreviewed_languages: true,
        ..outreach::Clinic::default()
    };
    let mut settings = Settings::shipped(clinic).expect("the shipped pathways read");
    settings.sites = vec![NORTHSIDE.into()];
    settings
}

/// Files in memory where there is such a folder: what is proved here needs no disk that is slow to sync.
fn folder() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { PathBuf::from(env!("CARGO_TARGET_TMPDIR")) }
}

fn remove(path: &std::path::Path) {
    for suffix in ["", "-wal", "-shm"] {
        // There is none before the first run.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

impl World {
    pub fn new(on: On, start: At) -> Self {
        Self::with(on, start, Arc::clone(settings()))
    }

    /// The same, started with other settings: changed from the usual ones.
    pub fn otherwise(story: &Story, change: impl FnOnce(&mut Settings)) -> (Self, PersonId) {
        let mut settings = read_settings();
        change(&mut settings);
        let start = story.discharged_at.plus_ms(60_000);
        let mut world = Self::with(On::Sqlite, start, Arc::new(settings));
        world.day_0 = story.discharged_at;
        world.hears(&story.discharge());
        let person = world.person(&story.person.mrn);
        (world, person)
    }

    pub fn with(on: On, start: At, settings: Arc<Settings>) -> Self {
        let (location, database) = match on {
            On::Sqlite => {
                let serial = SERIAL.fetch_add(1, Ordering::SeqCst);
                let path = folder().join(format!("throughline-story-{}-{serial}.db", std::process::id()));
                remove(&path);
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
            zones: vec![model::time::zone("America/New_York").expect("a zone")],
            day_0: DAY_0,
            site: NORTHSIDE,
            people: BTreeSet::new(),
            sends: true,
            restart: false,
            settings,
            twice: false,
            before: Vec::new(),
        };
        this.handset.set_default_policy(Policy::NoAnswer);
        this.start();
        this
    }

    /// David's hub on SQLite, after his discharge was told.
    pub fn after(story: &Story) -> (Self, PersonId) {
        let mut world = Self::before(story);
        world.hears(&story.discharge());
        let person = world.person(&story.person.mrn);
        (world, person)
    }

    /// David's hub after his discharge, with this pathway in force beside the standing ones.
    pub fn walking(story: &Story, pathways: &[&str]) -> (Self, PersonId) {
        let mut world = Self::before(story);
        let mut settings = read_settings();
        settings.pathways.retain(|p| p.standing);
        let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
        for source in pathways {
            let codes = pathway::CodeSets::default();
            let read = pathway::read("test.yaml", source, &codes, &teams);
            let (pathway, _) = read.unwrap_or_else(|findings| panic!("{findings:#?}"));
            settings.pathways.push(Arc::new(pathway));
        }
        world.settings = Arc::new(settings);
        world.start();
        world.hears(&story.discharge());
        let person = world.person(&story.person.mrn);
        (world, person)
    }

    /// The store, while no process runs.
    pub fn opened(&self) -> Store {
        Store::open(&self.location, true).expect("a store")
    }

    /// What its turns are decided by.
    pub fn setup(&self) -> turn::Setup {
        self.settings.setup()
    }

    /// The same, before the hub heard anything, a minute after the discharge.
    pub fn before(story: &Story) -> Self {
        let mut world = Self::new(On::Sqlite, story.discharged_at.plus_ms(60_000));
        world.day_0 = story.discharged_at;
        world
    }

    /// Where the store is.
    pub fn location(&self) -> Location {
        self.location.clone()
    }

    /// What ran is gone, as after a kill; what is on disk is opened anew.
    pub fn start(&mut self) {
        self.stepper = None;
        let store = Store::open(&self.location, true).expect("a store");
        let mut providers = self.before.clone();
        providers.extend([Arc::new(self.handset.clone()) as Arc<dyn Provider>, Arc::new(Portal)]);
        let stepper = Stepper::new(store, &self.settings, self.clock.clone(), providers).expect("a hub");
        self.stepper = Some(if self.sends { stepper } else { stepper.without_dispatch() });
    }

    pub fn hub(&mut self) -> &mut Stepper {
        self.stepper.as_mut().expect("started")
    }

    pub fn now(&self) -> At {
        self.clock.now()
    }

    /// `09:00` on day `day`, in the world's zone.
    pub fn at(&self, day: i32, time: &str) -> At {
        let time: jiff::civil::Time = time.parse().expect("a time");
        let day_0 = self.day_0.date_in(&self.zone);
        let date = day_0.checked_add(jiff::Span::new().days(day)).expect("a date");
        At::of_local(date, time, &self.zone)
    }

    /// Time goes on until `09:00` on day `day`.
    pub fn goes_on(&mut self, day: i32, time: &str) {
        if let Some(stepper) = &self.stepper {
            self.stands_alike(stepper.store());
        }
        self.until(self.at(day, time));
    }

    /// The clock goes on while no process runs.
    pub fn sleeps(&mut self, day: i32, time: &str) {
        let at = self.at(day, time);
        self.clock.advance_to(at);
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
            for _ in 0..self.times() {
                self.hub().incoming(said.clone()).expect("taken in");
            }
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
            self.before_input();
            self.settle();
        }
        self.clock.advance_to(at);
        self.settle();
    }

    fn times(&self) -> usize {
        if self.twice { 2 } else { 1 }
    }

    fn before_input(&mut self) {
        if self.restart {
            self.start();
        }
    }

    /// A message of a source: a FHIR resource or Bundle, as a hospital sends it.
    pub fn hears(&mut self, json: &Json) {
        for _ in 0..self.times() {
            let items = self.read(json, Origin::Live);
            if self.restart {
                for item in items {
                    self.before_input();
                    self.hub().accept(vec![item]).expect("accepted");
                    self.settle();
                }
            } else {
                self.hub().accept(items).expect("accepted");
                self.settle();
            }
        }
    }

    /// A CloudEvent, as a pharmacy or a registry sends it.
    pub fn event(&mut self, event: &Json) {
        let source = wire::Source::trusted("hospital", self.site, self.clock.now());
        let read = wire::events(event.to_string().as_bytes(), "application/cloudevents+json", &source);
        let entries = read.expect("an event that reads");
        let items: Vec<Item> = entries.into_iter().flat_map(|e| e.result.expect("an entry that reads")).collect();
        self.before_input();
        for _ in 0..self.times() {
            self.hub().accept(items.clone()).expect("accepted");
            self.settle();
        }
    }

    /// Time goes by while no process runs.
    pub fn sleeps_until(&mut self, at: At) {
        self.stepper = None;
        self.clock.advance_to(at);
    }

    /// The same as a chart that is imported: it tells what was.
    pub fn imports(&mut self, json: &Json) {
        let items = self.read(json, Origin::History);
        self.hub().accept(items).expect("accepted");
        self.settle();
    }

    pub fn read(&self, json: &Json, origin: Origin) -> Vec<Item> {
        let source = wire::Source { origin, ..wire::Source::trusted("hospital", self.site, self.clock.now()) };
        let read = wire::fhir(json.to_string().as_bytes(), &source).expect("FHIR that reads");
        read.entries.into_iter().flat_map(|e| e.result.expect("an entry that reads")).collect()
    }

    /// A fact of staff or portal.
    pub fn says(&mut self, person: PersonId, fact: Fact) -> Result<(), hub::Error> {
        self.before_input();
        let result = self.hub().submit(person, fact.clone());
        if self.twice {
            let again = self.hub().submit(person, fact);
            assert_eq!(format!("{again:?}"), format!("{result:?}"), "said again");
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
        for _ in 0..self.times() {
            self.hub().incoming(said.clone()).expect("taken in");
        }
        self.settle();
    }

    /// What a provider brings by its own door.
    pub fn brings(&mut self, facts: Vec<channels::Incoming>) {
        self.before_input();
        for _ in 0..self.times() {
            self.hub().incoming(facts.clone()).expect("taken in");
        }
        self.settle();
    }

    /// The person of an identifier.
    pub fn person(&mut self, mrn: &str) -> PersonId {
        let keys = [model::inbox::key(testkit::fhir::MRN, mrn)];
        let person = self.hub().store().whose(&keys).expect("a read").expect("known");
        self.people.insert(person);
        person
    }

    /// What a service was asked last and has not answered, as far as its row says.
    pub fn call_of(&self, person: PersonId, service: &str) -> Result<model::ServiceCall, String> {
        let store = self.stepper.as_ref().expect("started").store();
        let open = store.calls_of(person).expect("calls");
        let open = open.into_iter().rev().find(|c| c.call.service == service);
        open.map(|c| c.call).ok_or_else(|| format!("the service `{service}` is not asked anything now"))
    }

    pub fn messages(&self, person: PersonId) -> Vec<Message> {
        let store = self.stepper.as_ref().expect("started").store();
        store.messages_of(person, LIST_MAX).expect("messages")
    }

    pub fn prompts(&self, person: PersonId) -> Vec<Prompt> {
        let store = self.stepper.as_ref().expect("started").store();
        store.prompts_of(person, LIST_MAX).expect("prompts")
    }

    /// All that was sent to a person and asked about them, in the order of its time: local time, what.
    pub fn list(&self, person: PersonId) -> Vec<String> {
        let mut lines = Vec::new();
        for m in self.messages(person) {
            let urgent = if m.urgent { "urgent " } else { "" };
            lines.push((m.created_at, 0, format!("{urgent}{} {}: {}", m.channel.name(), m.words, m.status.name())));
        }
        for p in self.prompts(person) {
            lines.push((p.opened_at, 1, self.told(&p)));
        }
        lines.sort();
        lines.into_iter().map(|(at, _, text)| format!("{} {text}", self.stamp(at))).collect()
    }

    fn told(&self, p: &Prompt) -> String {
        let end = match (p.status, p.outcome) {
            (PromptStatus::Completed, Some(outcome)) => outcome.name(),
            (status, _) => status.name(),
        };
        let urgent = if p.urgent { "urgent " } else { "" };
        let from = p.not_before.map(|at| format!(" from {}", self.stamp(at))).unwrap_or_default();
        let teams: Vec<&str> = p.escalated_from.iter().chain([&p.team]).map(String::as_str).collect();
        let number = if p.attempt > 1 { format!(" attempt {}", p.attempt) } else { String::new() };
        format!("{urgent}prompt {}{number} to {}{from}: {end}", p.name, teams.join(" > "))
    }

    /// The traces of what was sent of these words, or tried: code and detail.
    pub fn why(&self, person: PersonId, words: &str) -> Vec<String> {
        let store = self.stepper.as_ref().expect("started").store();
        let reaches: BTreeSet<_> =
            self.messages(person).into_iter().filter(|m| m.words == words).map(|m| m.reach).collect();
        let traces = reaches.into_iter().flat_map(|reach| store.traces(person, reach).expect("read"));
        traces.map(|t| format!("{} {}", t.code, t.detail)).collect()
    }

    /// The lines of the list that name one of `names`.
    pub fn list_of(&self, person: PersonId, names: &[&str]) -> Vec<String> {
        let named = |line: &String| line.split([' ', ':']).any(|word| names.contains(&word));
        self.list(person).into_iter().filter(named).collect()
    }

    /// `day 1 09:00` in the world's zone.
    pub fn stamp(&self, at: At) -> String {
        let (date, day_0) = (at.date_in(&self.zone), self.day_0.date_in(&self.zone));
        let day = day_0.until(date).expect("a span").get_days();
        let t = self.zone.to_datetime(at.timestamp());
        format!("day {day} {:02}:{:02}", t.hour(), t.minute())
    }

    /// What holds whatever the story: nothing rings at night unless it is urgent, no attempt is made
    /// twice, no message is carried twice.
    pub fn check(&self) {
        assert_eq!(self.handset.twice(), 0, "messages carried twice");
        if let Some(stepper) = &self.stepper {
            self.stands_alike(stepper.store());
        }
        let mut urgent = BTreeMap::new();
        for person in &self.people {
            let mut attempts = BTreeSet::new();
            // What was taken back before it left is no attempt.
            let left = self.messages(*person).into_iter().filter(|m| m.status != model::message::Status::Withdrawn);
            for m in left {
                let what = format!("{} {} at {}", m.channel.name(), m.words, m.created_at);
                assert!(attempts.insert((m.reach, m.channel, m.again)), "the same attempt twice: {what}");
                // A further question answers what the person wrote just now: it passes quiet hours.
                let at_once = m.urgent || m.words.contains('.') || m.words == "code";
                urgent.insert(m.id, at_once);
                self.not_at_night(m.channel, at_once, m.created_at, &what);
            }
        }
        for phone in self.handset.phones() {
            for seen in self.handset.inbox(&phone.address) {
                let known = seen.message.and_then(|id| urgent.get(&id));
                if let Some(urgent) = known {
                    let what = format!("{} at {}, {}", seen.channel.name(), seen.at, phone.address);
                    self.not_at_night(seen.channel, *urgent, seen.at, &what);
                }
            }
        }
    }

    /// Who stands where by the counts and by the lists is who stands there by the journeys.
    fn stands_alike(&self, store: &Store) {
        // Words from a number in no record make a line that only the lists know of.
        let mut people: BTreeSet<PersonId> = self.people.iter().copied().collect();
        let mut by_counts = BTreeMap::new();
        let mut by_lists: BTreeMap<(String, String), BTreeSet<PersonId>> = BTreeMap::new();
        for version in store.versions_walked().expect("versions") {
            for standing in store.standing(version.number).expect("counts") {
                let here = store.here(version.number, &standing.step, None, 1000, |_| true).expect("a list");
                let here: BTreeSet<PersonId> = here.into_iter().map(|row| row.person).collect();
                let key = (version.pathway.clone(), standing.step);
                *by_counts.entry(key.clone()).or_insert(0) += standing.n as usize;
                people.extend(&here);
                // Two versions may be walked at the same time.
                by_lists.entry(key).or_default().extend(here);
            }
        }
        let mut by_journeys: BTreeMap<(String, String), BTreeSet<PersonId>> = BTreeMap::new();
        for person in people {
            let journeys = store.journeys(person).expect("journeys");
            for row in journeys.into_iter().filter(|j| j.status == model::batch::JourneyStatus::Active) {
                for step in row.step.split(',').chain([""]).collect::<BTreeSet<_>>() {
                    by_journeys.entry((row.pathway.clone(), step.to_owned())).or_default().insert(person);
                }
            }
        }
        assert_eq!(by_lists, by_journeys, "the lists of who stands where");
        let sizes: BTreeMap<_, _> = by_journeys.into_iter().map(|(key, people)| (key, people.len())).collect();
        assert_eq!(by_counts, sizes, "the counts of who stands where");
    }

    fn not_at_night(&self, channel: Channel, urgent: bool, at: At, what: &str) {
        if urgent || matches!(channel, Channel::Email | Channel::Portal) {
            return;
        }
        for zone in &self.zones {
            let hour = zone.to_datetime(at.timestamp()).hour();
            assert!((8..21).contains(&hour), "it rang in quiet hours: {what}");
        }
    }

    /// The one open prompt of that name.
    pub fn prompt(&mut self, person: PersonId, name: &str) -> model::prompt::Prompt {
        let mut open = self.prompts(person).into_iter().filter(|p| p.name == name && p.status.is_open());
        let first = open.next().unwrap_or_else(|| panic!("no open prompt {name}"));
        assert!(open.next().is_none(), "more than one open prompt {name}");
        first
    }

    /// A nurse reports an outcome.
    pub fn completes(&mut self, person: PersonId, name: &str, outcome: &str, answers: Json) {
        self.completes_with(person, name, json!({"outcome": outcome, "answers": answers}));
    }

    /// The same, with whatever else the outcome says.
    pub fn completes_with(&mut self, person: PersonId, name: &str, mut body: Json) {
        let prompt = self.prompt(person, name);
        body["prompt"] = json!(prompt.id);
        body["name"] = json!(name);
        // One fact each: another try has another prompt.
        let fact = self.staff(person, "prompt.completed", &prompt.id.to_string(), body);
        self.says(person, fact).expect("taken");
    }

    /// The same, of one prompt among several.
    pub fn completes_prompt(&mut self, person: PersonId, prompt: PromptId, mut body: Json) {
        body["prompt"] = json!(prompt);
        let fact = self.staff(person, "prompt.completed", &prompt.to_string(), body);
        self.says(person, fact).expect("taken");
    }

    /// The open prompts of that name, the latest last.
    pub fn open(&self, person: PersonId, name: &str) -> Vec<Prompt> {
        let mut open: Vec<_> =
            self.prompts(person).into_iter().filter(|p| p.name == name && p.status.is_open()).collect();
        open.sort_by_key(|p| p.opened_at);
        open
    }

    /// A nurse corrects the outcome that a prompt has.
    pub fn corrects(&mut self, person: PersonId, name: &str, outcome: &str, answers: Json) {
        let done = self.facts(person, "prompt.completed").into_iter().find(|f| f.text("name") == Some(name));
        let done = done.unwrap_or_else(|| panic!("no outcome of {name}"));
        let body = json!({"prompt": done.text("prompt"), "name": name, "outcome": outcome, "answers": answers,
            "of": done.id});
        let fact = self.staff(person, "prompt.corrected", &format!("{name}{}", self.now()), body);
        self.says(person, fact).expect("taken");
    }

    /// Something that a nurse says of a person.
    pub fn nurse_says(&mut self, person: PersonId, kind: &str, body: Json) {
        let fact = self.staff(person, kind, &format!("{body}{}", self.now()), body.clone());
        self.says(person, fact).expect("taken");
    }

    fn staff(&self, person: PersonId, kind: &str, key: &str, body: Json) -> Fact {
        Fact::own(kind, key, person, self.now(), body).by(Actor::Staff("nurse".into()))
    }

    /// Facts of the timeline of one kind, the latest first.
    pub fn facts(&self, person: PersonId, kind: &str) -> Vec<Fact> {
        let store = self.stepper.as_ref().expect("started").store();
        let all = store.timeline(person, None, LIST_MAX).expect("a timeline");
        all.into_iter().map(|(_, fact)| fact).filter(|f| f.kind == kind).collect()
    }

    /// Every fact of the timeline, the latest first.
    pub fn timeline(&self, person: PersonId) -> Vec<Fact> {
        let store = self.stepper.as_ref().expect("started").store();
        let all = store.timeline(person, None, LIST_MAX).expect("a timeline");
        all.into_iter().map(|(_, fact)| fact).collect()
    }

    /// What a number or address got in words, the oldest first, since `since`: what was said in a call too.
    pub fn words(&self, address: &str, since: At) -> Vec<String> {
        let said = |seen: Seen| match seen.shown {
            Shown::Text { text } | Shown::Voicemail { text, .. } => text,
            Shown::Mail { subject, text, .. } => format!("{subject}\n{text}"),
            Shown::Call { said, .. } => said.join("\n"),
            Shown::Written { .. } => String::new(),
        };
        let new = self.handset.inbox(address).into_iter().filter(|s| s.message.is_some() && s.at >= since);
        new.map(said).collect()
    }

    /// Journeys of a person, as rows.
    pub fn journey_rows(&self, person: PersonId) -> Vec<model::JourneyRow> {
        self.stepper.as_ref().expect("started").store().journeys(person).expect("journeys")
    }

    /// Journeys of a person: pathway and how each stands.
    pub fn journeys(&self, person: PersonId) -> Vec<String> {
        let store = self.stepper.as_ref().expect("started").store();
        let rows = store.journeys(person).expect("journeys");
        rows.into_iter()
            .map(|j| match j.ended {
                Some((_, why)) => format!("{} {}: {why}", j.pathway, j.status.name()),
                None => format!("{} {}", j.pathway, j.status.name()),
            })
            .collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.stepper.is_some() {
            self.check();
        }
        self.stepper = None;
        if let Location::Sqlite(path) = &self.location {
            remove(path);
        }
    }
}

/// Compares lists line by line; when they differ both are printed, with marks.
#[track_caller]
pub fn same(told: &[String], expected: &[impl AsRef<str>]) {
    let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
    if told.iter().map(String::as_str).eq(expected.iter().copied()) {
        return;
    }
    let mut text = String::from("the lists differ (lines that the other one has not are marked)\n-- told:\n");
    for line in told {
        let mark = if expected.contains(&line.as_str()) { ' ' } else { '+' };
        let _ = writeln!(text, "{mark} {line}");
    }
    text.push_str("-- expected:\n");
    for line in &expected {
        let mark = if told.iter().any(|t| t == line) { ' ' } else { '-' };
        let _ = writeln!(text, "{mark} {line}");
    }
    panic!("{text}");
}

/// The version of a line's state, whatever is known of the ways to reach the person (version 6 wraps another).
pub fn state_version(state: &[u8]) -> u8 {
    match state {
        [6, a, b, c, d, rest @ ..] => rest[u32::from_le_bytes([*a, *b, *c, *d]) as usize],
        [version, ..] => *version,
        [] => 0,
    }
}

//! The same over the running hub: threads, tasks and the machine's own clock.

use crate::carrier::{Carrier, Fault};
use crate::world::settings;
use channels::Provider;
use hub::{Clock, Hub, Settings};
use model::message::{Message, Status};
use model::{Item, PersonId};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Location, Store};
use testkit::story::{DAY_0, Story};
use tokio::runtime::Runtime;

/// How long something may take that takes no time but the machine's.
const SOON: Duration = Duration::from_secs(60);

fn as_new(settings: &Settings) -> Settings {
    Settings {
        clinic: settings.clinic.clone(),
        teams: settings.teams.clone(),
        pathways: settings.pathways.clone(),
        older: Vec::new(),
        rules: settings.rules.clone(),
        topics: settings.topics.clone(),
        only_to: None,
        sites: Vec::new(),
        services: Vec::new(),
        approve_above: 0,
        mail_is_proved: false,
    }
}

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("running-{}-{name}.db", std::process::id()));
        Self(path)
    }
    fn store(&self) -> Store {
        Store::open(&Location::Sqlite(self.0.clone()), true).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", ".lock"] {
            // What is not there need not go.
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

fn start(runtime: &Runtime, store: Store, care: &Clock, carrier: &Carrier) -> Hub {
    let providers: Vec<Arc<dyn Provider>> = vec![Arc::new(carrier.clone())];
    runtime.block_on(Hub::start(store, as_new(&settings(true, false)), care.clone(), providers)).unwrap()
}

fn hears(runtime: &Runtime, hub: &Hub, story: &Story) -> PersonId {
    let source = wire::Source::trusted("hospital", "", hub.clock().now());
    let read = wire::fhir(story.discharge().to_string().as_bytes(), &source).unwrap();
    let items: Vec<Item> = read.entries.into_iter().flat_map(|e| e.result.unwrap()).collect();
    runtime.block_on(hub.accept(items)).unwrap();
    let since = Instant::now();
    loop {
        let keys = [model::inbox::key(testkit::fhir::MRN, &story.person.mrn)];
        if let Some(person) = hub.store().whose(&keys).unwrap() {
            return person;
        }
        assert!(since.elapsed() < SOON, "nobody is known");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn until(hub: &Hub, person: PersonId, what: &str, is: impl Fn(&[Message]) -> bool) -> Vec<Message> {
    let since = Instant::now();
    loop {
        let messages = hub.store().messages_of(person, 10).unwrap();
        if is(&messages) {
            return messages;
        }
        assert!(since.elapsed() < SOON, "{what}: {:?}", messages.iter().map(|m| m.status).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn a_running_hub_settles_what_broke_off_by_key_and_by_list() {
    for keyed in [true, false] {
        let place = Place::new(if keyed { "key" } else { "list" });
        let care = Clock::scaled(DAY_0, 0.0);
        let carrier = Carrier::new(Clock::real(), care.clone());
        {
            let mut state = carrier.lock();
            (state.keyed, state.fault, state.always) = (keyed, Fault::Resets, true);
        }
        let runtime = runtime();
        let hub = start(&runtime, place.store(), &care, &carrier);
        let story = Story::of("R1", "Ann", "Running", "female", "1980-01-01", "+12125550101").discharged(DAY_0);
        let person = hears(&runtime, &hub, &story);
        let done =
            |m: &[Message]| m.first().is_some_and(|m| m.status >= Status::Accepted && m.status != Status::Unknown);
        let messages = until(&hub, person, "it is settled", done);
        assert_eq!((messages.len(), messages[0].status), (1, Status::Accepted));
        assert_eq!(messages[0].provider_id, Some(carrier.lock().taken[0].its_id.clone()));
        assert_eq!(carrier.lock().taken.len(), 1);
        assert_eq!(carrier.lock().asked.len(), if keyed { 2 } else { 1 }, "a second time by its key only");
        runtime.block_on(hub.stop());
    }
}

#[test]
fn a_hub_that_is_gone_with_a_message_under_way_is_followed_by_one_that_settles_it() {
    let place = Place::new("gone");
    let care = Clock::scaled(DAY_0, 0.0);
    let carrier = Carrier::new(Clock::real(), care.clone());
    carrier.lock().holds = true;
    let first = runtime();
    let hub = start(&first, place.store(), &care, &carrier);
    let story = Story::of("R2", "Ann", "Gone", "female", "1980-01-01", "+12125550102").discharged(DAY_0);
    let person = hears(&first, &hub, &story);
    until(&hub, person, "it is under way", |m| m.first().is_some_and(|m| m.status == Status::Dispatching));
    let since = Instant::now();
    while carrier.lock().taken.is_empty() {
        assert!(since.elapsed() < SOON, "the provider has it");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Nothing is stopped, nothing is told: its tasks are gone, and another process has the store.
    first.shutdown_background();
    carrier.lock().holds = false;
    let second = runtime();
    let store = hub.store().clone();
    let next = start(&second, store, &care, &carrier);
    let settled = until(&next, person, "it is settled", |m| m.first().is_some_and(|m| m.status == Status::Accepted));
    let (taken, asked) = {
        let state = carrier.lock();
        (state.taken.len(), state.asked.len())
    };
    assert_eq!((settled.len(), taken, asked), (1, 1, 1));
    second.block_on(next.stop());
    drop(hub);
}

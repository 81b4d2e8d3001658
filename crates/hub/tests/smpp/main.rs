//! The hub with a message centre that we did not write (the npm package `smpp`): a person writes STOP, the hub confirms
//! it by text, and the centre's receipt, which knows the text by the centre's own id alone, moves the message.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

extern crate throughline_hub as hub;

use channels::registry::Settings;
use channels::{Provider, Smpp};
use hub::{Clock, Hub};
use model::PersonId;
use model::message::{Message, Status};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use store::{Location, Store};
use testkit::story::Story;

/// The longest that a test waits for what must come.
const WITHIN: Duration = Duration::from_secs(30);
static SERIAL: AtomicU32 = AtomicU32::new(0);

/// A message centre; it goes when dropped.
struct Centre {
    child: Child,
    orders: ChildStdin,
    port: u64,
}

impl Centre {
    fn start(how: &Json) -> Self {
        let tests = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../channels/tests/providers/smpp"));
        assert!(tests.join("node_modules/smpp").is_dir(), "run scripts/setup.sh test: npm package `smpp` is missing");
        let mut command = Command::new("node");
        command.arg(tests.join("centre.js")).arg(how.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        // What it says further is of no interest, and must not fill the pipe.
        std::thread::spawn(move || out.lines().map_while(Result::ok).for_each(drop));
        let port = serde_json::from_str::<Json>(&line).unwrap()["port"].as_u64().unwrap();
        Self { orders: child.stdin.take().unwrap(), child, port }
    }

    fn order(&mut self, order: &Json) {
        writeln!(self.orders, "{order}").unwrap();
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a test's store is.
struct Place {
    location: Location,
    file: Option<PathBuf>,
    _database: Option<testkit::postgres::Database>,
}

impl Place {
    fn sqlite() -> Self {
        let name = format!("smpp-{}-{}.db", std::process::id(), SERIAL.fetch_add(1, Ordering::SeqCst));
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        Self { location: Location::Sqlite(file.clone()), file: Some(file), _database: None }
    }

    fn postgres() -> Self {
        let database = testkit::postgres::database();
        Self { location: Location::Postgres { url: database.url(), lanes: 4 }, file: None, _database: Some(database) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let file = self.file.as_ref().map(|file| format!("{}{suffix}", file.display()));
            let _ = file.map(std::fs::remove_file);
        }
    }
}

struct World {
    centre: Centre,
    hub: Hub,
    runtime: tokio::runtime::Runtime,
    smpp: Arc<Smpp>,
    david: PersonId,
    phone: String,
    _place: Place,
}

impl World {
    /// A hub that knows David and is bound to a centre that behaves so.
    fn start(place: Place, how: &Json) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let centre = Centre::start(how);
        let settings = json!({"host": "127.0.0.1", "port": centre.port, "tls": "none", "system_id": "hub",
            "password": "hunter2", "source": "55501", "timeout_ms": 5000, "reconnect_ms": 50, "message_ids": "hex_in_answer"});
        let settings: Settings = settings.as_object().unwrap().clone();
        let smpp = Arc::new(Smpp::new(&settings).unwrap());
        let clinic = outreach::Clinic { link_secret: "a secret of the test".into(), ..outreach::Clinic::default() };
        let settings = hub::Settings::shipped(clinic).unwrap();
        let store = Store::open(&place.location, true).unwrap();
        let providers: Vec<Arc<dyn Provider>> = vec![Arc::clone(&smpp) as Arc<dyn Provider>];
        let hub = runtime.block_on(Hub::start(store, settings, Clock::real(), providers)).unwrap();
        let story = Story::david();
        let phone = story.person.phone.clone().unwrap();
        let source = wire::Source::trusted("hospital", "", hub.clock().now());
        let read = wire::fhir(story.person.patient().to_string().as_bytes(), &source).unwrap();
        let items: Vec<_> = read.entries.into_iter().flat_map(|e| e.result.unwrap()).collect();
        runtime.block_on(hub.accept(items)).unwrap();
        let until = Instant::now() + WITHIN;
        let david = loop {
            let keys = [model::inbox::key(testkit::fhir::MRN, &story.person.mrn)];
            match hub.store().whose(&keys).unwrap() {
                Some(person) if smpp.is_bound() => break person,
                _ => assert!(Instant::now() < until, "the hub does not know David, or is not bound"),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        Self { centre, hub, runtime, smpp, david, phone, _place: place }
    }

    fn stops(&self) {
        self.runtime.block_on(self.hub.stop());
    }

    fn writes(&mut self, text: &str) {
        let from = self.phone.trim_start_matches('+').to_owned();
        self.centre.order(&json!({"text": {"text": text, "from": from}}));
    }

    /// The message to David, once it stands so.
    fn message(&self, status: Status) -> Message {
        let until = Instant::now() + WITHIN;
        loop {
            let all = self.hub.store().messages_of(self.david, 10).unwrap();
            if let Some(found) = all.iter().find(|m| m.status == status) {
                assert_eq!(all.len(), 1, "{all:?}");
                return found.clone();
            }
            assert!(Instant::now() < until, "no message is {}: {all:?}", status.name());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A receipt that comes after the hub knows the centre's id, and one that comes before.
fn a_receipt_moves_the_message(place: fn() -> Place) {
    for receipt_first in [false, true] {
        let mut how = json!({"first_id": 0xbeef_u32, "hex": true});
        if receipt_first {
            how["receipt_first"] = json!({"id": 0xbeef_u32.to_string()});
        }
        let mut world = World::start(place(), &how);
        world.writes("STOP");
        if !receipt_first {
            let sent = world.message(Status::Accepted);
            assert_eq!((sent.provider.as_str(), sent.provider_id.as_deref()), ("smpp", Some("48879")));
            world.centre.order(&json!({"receipt": {"id": "48879"}}));
        }
        let sent = world.message(Status::Delivered);
        assert_eq!((sent.to.as_str(), sent.provider_id.as_deref()), (world.phone.as_str(), Some("48879")));
        world.stops();
        // It is dropped by the runtime, in its own time.
        let until = Instant::now() + WITHIN;
        while world.smpp.is_bound() {
            assert!(Instant::now() < until, "the connection ends with the hub");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_receipt_moves_the_message_on_sqlite() {
    a_receipt_moves_the_message(Place::sqlite);
}

#[test]
fn a_receipt_moves_the_message_on_postgresql() {
    a_receipt_moves_the_message(Place::postgres);
}

#[test]
fn a_receipt_of_a_failure_says_why() {
    let mut world = World::start(Place::sqlite(), &json!({}));
    world.writes("STOP");
    world.message(Status::Accepted);
    world.centre.order(&json!({"receipt": {"id": "1", "stat": "UNDELIV", "err": "001"}}));
    assert_eq!(world.message(Status::Failed).error.as_deref(), Some("smpp_undeliv"));
    world.stops();
}

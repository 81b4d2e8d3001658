//! A hospital and a pharmacy that pour facts in over several connections, and send each again until it is
//! acknowledged, as real sources do.

use crate::http;
use jiff::tz::TimeZone;
use model::At;
use model::time::HOUR_MS;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use testkit::story::Story;

/// Connections at once.
const THREADS: usize = 4;
/// What a source rests after each acknowledgement.
const REST: Duration = Duration::from_millis(2);
/// How long an item may take to be acknowledged, over any number of kills.
const TRIES_MAX: usize = 20_000;
/// Area codes that there are.
const AREAS: &[u32] = &[
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234,
    239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 272, 276, 281, 301, 302, 303, 304, 305, 307, 308,
];

/// What was answered with 2xx.
#[derive(Clone, Debug, Default)]
pub struct Acknowledged {
    /// Medical record number.
    pub mrn: String,
    /// `Encounter`, `e-1`: each of the Bundle.
    pub resources: Vec<(String, String)>,
    /// `medication.ready`, the prescription: events.
    pub events: Vec<(String, String)>,
}

/// Where the hub is now, if it is up; and how often it has acknowledged something.
pub type Place = Arc<Shared>;

/// What sources and their test share.
#[derive(Default)]
pub struct Shared {
    address: Mutex<Option<SocketAddr>>,
    acknowledged: AtomicUsize,
}

impl Shared {
    pub fn is(&self, address: SocketAddr) {
        *self.address.lock().unwrap() = Some(address);
    }
    pub fn is_gone(&self) {
        *self.address.lock().unwrap() = None;
    }
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }
}

/// Sources at work.
pub struct Sources {
    threads: Vec<JoinHandle<(Vec<Acknowledged>, usize)>>,
    enough: Arc<AtomicBool>,
}

impl Sources {
    pub fn start(place: &Place, key: &str) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let zone = zone_by_day();
        let threads = (0..THREADS)
            .map(|thread| {
                let (place, key, enough) = (Arc::clone(place), key.to_owned(), Arc::clone(&enough));
                std::thread::spawn(move || pour(thread, &place, &key, zone, &enough))
            })
            .collect();
        Self { threads, enough }
    }

    /// No new people; what is begun is acknowledged. All that was, and how often something was sent in vain.
    pub fn finish(self) -> (Vec<Acknowledged>, usize) {
        self.enough.store(true, Ordering::SeqCst);
        let (mut all, mut in_vain) = (Vec::new(), 0);
        for thread in self.threads {
            let (acknowledged, lost) = thread.join().unwrap();
            all.extend(acknowledged);
            in_vain += lost;
        }
        (all, in_vain)
    }
}

/// Now, on the machine's clock.
pub fn now() -> At {
    At(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap())
}

/// A zone in which it is between 11:00 and 18:00, so that nobody's quiet hours are in the way.
pub fn zone_by_day() -> &'static str {
    const ZONES: &[&str] = &[
        "America/New_York",
        "America/Los_Angeles",
        "Pacific/Honolulu",
        "Pacific/Auckland",
        "Asia/Tokyo",
        "Asia/Kolkata",
        "Europe/Berlin",
        "Atlantic/Azores",
    ];
    let hour = |name: &&&str| now().timestamp().to_zoned(TimeZone::get(name).unwrap()).hour();
    ZONES.iter().find(|name| (11..18).contains(&hour(name))).expect("it is day somewhere")
}

fn pour(thread: usize, place: &Place, key: &str, zone: &str, enough: &AtomicBool) -> (Vec<Acknowledged>, usize) {
    let (mut all, mut in_vain) = (Vec::new(), 0);
    for round in 0.. {
        if enough.load(Ordering::SeqCst) {
            break;
        }
        let n = round * THREADS + thread;
        let story = patient(n, zone);
        let bundle = story.discharge();
        let entries = bundle["entry"].as_array().unwrap();
        let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        let mut done = Acknowledged { mrn: story.person.mrn.clone(), ..Acknowledged::default() };
        in_vain += until_acknowledged(place, |to| http::fhir(to, key, bundle.to_string().as_bytes()));
        done.resources =
            entries.iter().map(|e| (text(&e["resource"]["resourceType"]), text(&e["resource"]["id"]))).collect();
        // A third is asked for later; of the others some pick it up.
        let kinds: &[&str] = match n % 3 {
            0 => &[],
            1 => &["medication.ready"],
            _ => &["medication.ready", "medication.picked_up"],
        };
        for kind in kinds {
            let event = json!({
                "specversion": "1.0", "id": format!("{kind}-{n}"), "source": "/pharmacy", "type": kind,
                "subject": format!("{}|{}", testkit::fhir::MRN, done.mrn), "time": now().to_string(),
                "data": {"id": story.medicine()},
            });
            in_vain += until_acknowledged(place, |to| http::event(to, key, event.to_string().as_bytes()));
            done.events.push(((*kind).to_owned(), story.medicine()));
        }
        all.push(done);
        std::thread::sleep(REST);
    }
    (all, in_vain)
}

/// Someone who went home yesterday; every third has no telephone.
fn patient(n: usize, zone: &str) -> Story {
    let area = AREAS[(n / 100) % AREAS.len()];
    let phone = format!("+1{area}55501{:02}", n % 100);
    let mut story = Story::of(&format!("{}", 5_000_000 + n), "Robin", "Vale", "female", "1979-05-02", &phone)
        .living_in(zone)
        .discharged(At(now().0 - 26 * HOUR_MS));
    story.person.email = Some(format!("p{n}@example.org"));
    if n % 3 == 1 {
        story.person.phone = None;
    }
    story
}

/// Sends until it is acknowledged; how often in vain.
fn until_acknowledged(place: &Place, send: impl Fn(SocketAddr) -> std::io::Result<http::Answer>) -> usize {
    for tried in 0..TRIES_MAX {
        let to = *place.address.lock().unwrap();
        match to.map(&send) {
            Some(Ok(answer)) if answer.is_success() => {
                place.acknowledged.fetch_add(1, Ordering::SeqCst);
                return tried;
            }
            // The hub is stopping or busy: it says so, and that it stored nothing.
            Some(Ok(answer)) if answer.status == 503 => {}
            Some(Ok(answer)) => panic!("{answer:?}"),
            Some(Err(_)) | None => {}
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never acknowledged");
}

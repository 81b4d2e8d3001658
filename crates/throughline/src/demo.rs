//! `demo`: the story in time-lapse, on a store of its own, with a make-believe phone.

mod attentive;
mod cast;
mod director;
mod post;

use crate::serve::{self, Opening};
use crate::settings::Settings;
use attentive::{Attentive, Held};
use channels::handset::{Handset, Policy};
use clap::Args as ClapArgs;
use director::Director;
use hub::{Clock, Hub};
use jiff::civil::time;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{At, Id, Item, PersonId};
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::Location;
use testkit::story::Story;

/// The hospital that runs Throughline, and the one that gives paper.
const WITH: &str = "northside";
const WITHOUT: &str = "southside";
/// Seed of the other people: the same faces each time.
const SEED: u64 = 2026;

/// A step of the clock that is held, care time.
const STEP_MS: i64 = 5 * MINUTE_MS;
/// The first morning is over when nothing changed for so long.
const STEP_QUIET: Duration = Duration::from_millis(150);
/// Changes waited for then.
const CHANGES_MAX: usize = 200;

/// Arguments of `demo`.
#[derive(ClapArgs)]
pub struct Args {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Other synthetic people, to make the pages alive.
    #[arg(long, default_value_t = 200)]
    people: usize,
    /// Seconds that a day takes.
    #[arg(long, default_value_t = 30.0)]
    day: f64,
    /// The clock stands still at 9:05 of day 1, and nobody plays the nurse's or the patients' parts: for tests.
    #[arg(long)]
    hold: bool,
}

/// Everything that plays.
struct Stage {
    hub: Hub,
    handset: Arc<Handset>,
    david: Story,
    katie: Story,
    /// What the pharmacies will say about the others' medicines, and when.
    pharmacy: Vec<(At, Json)>,
}

/// `demo`.
pub fn demo(args: &Args, mut settings: Settings) -> Result<(), String> {
    if !(0.1..=86_400.0).contains(&args.day) {
        return Err("--day: from 0.1 to 86400 seconds are expected".into());
    }
    settings.default_to("log.level", "warn");
    serve::logging(&settings);
    let folder = std::env::temp_dir().join(format!("throughline-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| format!("cannot make the folder {}: {e}", folder.display()))?;
    let done = serve::runtime()?.block_on(run(args, &mut settings, folder.join("demo.db")));
    let _ = std::fs::remove_dir_all(&folder);
    done
}

async fn run(args: &Args, settings: &mut Settings, store: PathBuf) -> Result<(), String> {
    let listener = serve::listen(&format!("127.0.0.1:{}", args.port)).await?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    settings.default_to("http.base_url", &format!("http://{address}"));
    // Nobody is real: the Spanish that nobody has reviewed is shown, and the page says so.
    settings.default_to("clinic.unreviewed_languages", "allow");
    // Nobody is real: name and password are enough.
    settings.default_to("auth.second_factor", "none");
    let rate = DAY_MS as f64 / (args.day * 1000.0);
    let clinic = settings.clinic().map_err(|e| e.to_string())?;
    let day_0 = today_at_two(&clinic.zone);
    // The clock stands until the stage is set.
    let clock = Clock::scaled(day_0, 0.0);
    let handset = Handset::new();
    handset.set_default_policy(Policy::Answer("1".into()));
    let store = serve::open_store(&Location::Sqlite(store)).await?;
    let mark = serve::desk("setting", "care_clock", "\"scaled\"".into());
    store.desk_put(&mark).map_err(|e| e.to_string())?;
    let (david, held) = (Story::david().discharged(day_0), Held::default());
    let attentive = Attentive {
        handset: handset.clone(),
        phone: david.person.phone.clone().unwrap_or_default(),
        clock: clock.clone(),
        held: Arc::clone(&held),
    };
    let opening = Opening {
        settings,
        clock: clock.clone(),
        providers: vec![Arc::new(attentive), Arc::new(channels::portal::Portal)],
        sites: vec![WITH.into(), cast::BESIDE.into()],
    };
    let hub = serve::open_hub(store, opening).await?;
    let mut stage =
        Stage { hub, handset: Arc::new(handset), david, katie: Story::katie().discharged(day_0), pharmacy: Vec::new() };
    let logins = {
        let store = stage.hub.store().clone();
        serve::blocking(move || web::first_start(&store).map_err(|e| e.to_string())).await?
    };
    let (david, katie) = stage.open(args.people).await?;
    println!("address http://{address}");
    for (name, password, role) in &logins {
        println!("login {name} {password} {role}");
    }
    let ready = format!("ready: open http://{address}/demo in a browser (Ctrl-C stops)");
    let demo =
        web::Demo { people: vec![(katie, "With paper".into()), (david, "With Throughline".into())], logins, rate };
    let (hub, handset) = (stage.hub.clone(), Arc::clone(&stage.handset));
    if args.hold {
        let until = stage.david.day(1).plus_ms(-5 * HOUR_MS + 5 * MINUTE_MS);
        let (hub, handset) = (hub.clone(), Arc::clone(&handset));
        tokio::spawn(async move {
            // The mail of 8:00 and the prompt of 9:00 carry their own times.
            web::Demo::step_evenly(&hub, until, STEP_MS).await;
            morning(&hub, &handset, address).await;
            println!("{ready}");
        });
    } else {
        println!("{ready}");
        clock.set_rate(rate);
        tokio::spawn(post::send_all(hub.clone(), address));
        tokio::spawn(Director::new(stage, david, rate, held).play());
    }
    serve::run(hub, listener, Some(handset), Some(demo), settings).await
}

/// What the first morning brings while the clock is held: the cast writes, and sources send what cannot be read.
async fn morning(hub: &Hub, handset: &Handset, address: std::net::SocketAddr) {
    let now = hub.clock().now();
    for actor in cast::cast(now).iter().filter(|a| !a.writes.is_empty()) {
        if let Err(error) = handset.text_back(actor.phone(), actor.writes, now) {
            tracing::warn!(demo.error = %error, "a text could not be written");
        }
    }
    post::send_all(hub.clone(), address).await;
    let mut changes = hub.changes();
    for _ in 0..CHANGES_MAX {
        if tokio::time::timeout(STEP_QUIET, changes.changed()).await.is_err() {
            break;
        }
    }
}

/// Today at 14:00 in the clinic's zone: when both go home.
fn today_at_two(zone: &str) -> At {
    let zone = model::time::zone(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    At::of_local(Clock::real().now().date_in(&zone), time(14, 0, 0, 0), &zone)
}

impl Stage {
    /// The first scene: both go home; the others are there.
    async fn open(&mut self, people: usize) -> Result<(PersonId, PersonId), String> {
        let now = self.hub.clock().now();
        for (n, bundle) in testkit::people::synthetic(people, SEED, now).enumerate() {
            self.hears(if n % 4 == 3 { cast::BESIDE } else { WITH }, &bundle).await?;
            self.pharmacy.extend(dispensing(&bundle, now));
        }
        for actor in cast::cast(now) {
            self.hears(actor.site, &actor.discharge()).await?;
        }
        self.pharmacy.sort_by_key(|(at, _)| *at);
        self.handset.set_policy(self.phone(), Policy::Manual);
        self.hears(WITH, &self.david.discharge()).await?;
        self.hears(WITHOUT, &self.katie.discharge()).await?;
        // Their lines exist once their first turns are committed.
        let mut changes = self.hub.changes();
        for _ in 0..1000 {
            if let (Some(david), Some(katie)) = (self.person("1001")?, self.person("1002")?) {
                return Ok((david, katie));
            }
            let _ = tokio::time::timeout(std::time::Duration::from_millis(50), changes.changed()).await;
        }
        Err("the first scene did not come about".into())
    }

    /// David's number.
    fn phone(&self) -> &str {
        self.david.person.phone.as_deref().unwrap_or_default()
    }

    fn person(&self, mrn: &str) -> Result<Option<PersonId>, String> {
        let key = model::inbox::key(testkit::fhir::MRN, mrn);
        self.hub.store().whose(&[key]).map_err(|e| e.to_string())
    }

    /// What a pharmacy tells: a CloudEvent.
    async fn is_told(&self, event: &Json) -> Result<(), String> {
        let now = self.hub.clock().now();
        let source = wire::Source::trusted(WITH, WITH, now);
        let bytes = event.to_string().into_bytes();
        let entries = wire::events(&bytes, "application/cloudevents+json", &source).map_err(|i| format!("{i:?}"))?;
        let items = entries.into_iter().filter_map(|e| e.result.ok()).flatten().collect();
        self.hub.accept(items).await.map_err(|e| e.to_string())?;
        Ok(())
    }

    /// A message of a hospital.
    async fn hears(&self, site: &str, json: &Json) -> Result<(), String> {
        let now = self.hub.clock().now();
        let source = wire::Source::trusted(site, site, now);
        let read = wire::fhir(json.to_string().as_bytes(), &source).map_err(|issues| format!("{issues:?}"))?;
        let items: Vec<Item> = read.in_order().into_iter().map(|(_, item)| item.clone()).collect();
        self.hub.accept(items).await.map_err(|e| e.to_string())?;
        Ok(())
    }
}

/// When the medicines of a Bundle are ready and picked up: most soon, some never.
fn dispensing(bundle: &Json, now: At) -> Vec<(At, Json)> {
    let mut told = Vec::new();
    let entries = bundle["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is = |r: &Json, kind: &str| r["resourceType"] == kind;
    let fresh = entries.iter().any(|e| is(&e["resource"], "Encounter") && e["resource"]["status"] == "finished");
    for resource in entries.iter().map(|e| &e["resource"]) {
        let due = is(resource, "MedicationRequest") && resource["status"] == "active";
        if !fresh || !due || resource["dosageInstruction"][0]["asNeededBoolean"] == true {
            continue;
        }
        let (Some(id), Some(patient)) = (resource["id"].as_str(), resource["subject"]["reference"].as_str()) else {
            continue;
        };
        let dice = i64::from(Id::of(&[id.as_bytes()]).bytes()[15]);
        let ready = now.plus_ms((1 + dice % 12) * HOUR_MS);
        let taken = ready.plus_ms((2 + dice % 36) * HOUR_MS);
        let event = |kind: &str, at: At| {
            json!({"specversion": "1.0", "id": format!("{kind}-{id}"), "source": "pharmacy", "type": kind, "time": at,
                "subject": patient, "data": {"id": format!("MedicationRequest/{id}"), "pharmacy": "Main Street Pharmacy"}})
        };
        told.push((ready, event("medication.ready", ready)));
        if dice % 8 != 0 {
            told.push((taken, event("medication.picked_up", taken)));
        }
    }
    told
}

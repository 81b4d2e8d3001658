//! Where a benchmark runs: a store, a hub on a clock set by hand, a provider that carries nothing.

use channels::contract::{
    Accepted, BoxFuture, Incoming, Outbound, Provider, ReceiveError, Received, Request, SendError, Spec,
};
use channels::portal::Portal;
use hub::{Clock, Settings, Stepper};
use model::message::Message;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{At, Channel, Fact, FactId, Item, inbox};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use store::{Location, Store};
use testkit::postgres::Database;
use testkit::story::{DAY_0, Story};

/// Anything that ends a benchmark.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// A result of a benchmark.
pub type Result<T> = std::result::Result<T, Error>;

/// Lanes on PostgreSQL: connections that write.
const LANES: u16 = 4;

/// A store of its own, removed with this value.
pub struct Place {
    /// Where.
    pub location: Location,
    /// Removed in the end.
    folder: Option<PathBuf>,
    database: Option<Database>,
}

impl Place {
    /// A new folder below `dir`.
    pub fn sqlite(dir: &Path, name: &str) -> Result<Self> {
        let folder = dir.join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self { location: Location::Sqlite(folder.join("bench.db")), folder: Some(folder), database: None })
    }
    /// A new database of the throw-away server.
    pub fn postgres() -> Self {
        let database = testkit::postgres::database();
        let location = Location::Postgres { url: database.url(), lanes: LANES };
        Self { location, folder: None, database: Some(database) }
    }
    /// A store that is there already and stays.
    pub fn of_file(file: &Path) -> Self {
        Self { location: Location::Sqlite(file.to_owned()), folder: None, database: None }
    }
    /// The file of SQLite.
    pub fn file(&self) -> Option<&Path> {
        match &self.location {
            Location::Sqlite(path) => Some(path),
            Location::Postgres { .. } => None,
        }
    }
    /// PostgreSQL's connection string.
    pub fn url(&self) -> Option<String> {
        self.database.as_ref().map(Database::url)
    }
    /// PostgreSQL's database.
    pub fn database(&self) -> Option<String> {
        let url = self.url()?;
        url.split(' ').find_map(|w| w.strip_prefix("dbname=")).map(str::to_owned)
    }
    /// As printed.
    pub fn engine(&self) -> &'static str {
        if self.database.is_some() { "PostgreSQL" } else { "SQLite" }
    }
    /// The store, migrated.
    pub fn store(&self) -> Result<Store> {
        Ok(Store::open(&self.location, true)?)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Makes an SQLite file with pages of `bytes`: the size of a file that is there is not changed.
pub fn with_pages(file: &Path, bytes: u32) -> Result<()> {
    let db = rusqlite::Connection::open(file)?;
    db.execute_batch(&format!("PRAGMA page_size = {bytes}; CREATE TABLE first (a); DROP TABLE first;"))?;
    Ok(())
}

/// The shipped pathways, rules and topics, with the teams that they name.
pub fn settings() -> Result<Settings> {
    let clinic = outreach::Clinic { link_secret: "a secret of the bench".into(), ..outreach::Clinic::default() };
    Settings::shipped(clinic).map_err(|found| format!("the shipped pathways are refused: {found:?}").into())
}

/// A provider that takes every message at once and remembers it until asked.
#[derive(Clone, Default)]
pub struct Null(Arc<Mutex<Vec<(Message, Instant)>>>);

impl Null {
    fn lock(&self) -> MutexGuard<'_, Vec<(Message, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// What was handed over since it was last asked, and when.
    pub fn take(&self) -> Vec<(Message, Instant)> {
        std::mem::take(&mut self.lock())
    }
}

impl Provider for Null {
    fn spec(&self) -> Spec {
        Spec {
            name: "null",
            channels: &[Channel::Sms, Channel::Voice, Channel::Voicemail, Channel::Email],
            secrets: &[],
            fields: &[],
            make_believe: true,
            idempotent: true,
        }
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, std::result::Result<Accepted, SendError>> {
        let now = Instant::now();
        self.lock().push((out.message.clone(), now));
        let provider_id = Some(out.message.id.to_string());
        Box::pin(std::future::ready(Ok(Accepted { provider_id, delivered: false })))
    }
    fn receive(&self, _request: &Request) -> std::result::Result<Received, ReceiveError> {
        Err(ReceiveError::NotAuthentic("nothing comes from nowhere".into()))
    }
}

/// The providers of every benchmark.
pub fn providers(null: &Null) -> Vec<Arc<dyn Provider>> {
    vec![Arc::new(null.clone()), Arc::new(Portal)]
}

/// A hub driven by hand, and what its messages are handed to.
pub struct World {
    /// The hub.
    pub stepper: Stepper,
    /// Stands still until set.
    pub clock: Clock,
    /// Takes the messages.
    pub null: Null,
}

impl World {
    /// Opens the store and its lanes at `start`.
    pub fn open(place: &Place, start: At) -> Result<Self> {
        let (clock, null) = (Clock::scaled(start, 0.0), Null::default());
        let stepper = Stepper::new(place.store()?, &settings()?, clock.clone(), providers(&null))?;
        Ok(Self { stepper, clock, null })
    }

    /// Time goes on, from one due timer to the next, until `at`; messages are taken and forgotten.
    pub fn until(&mut self, at: At) -> Result<()> {
        self.stepper.run()?;
        while let Some(wake) = self.stepper.next_wake()?.filter(|wake| *wake <= at) {
            self.clock.advance_to(wake.max(self.clock.now().plus_ms(1)));
            self.stepper.run()?;
            self.null.take();
        }
        self.clock.advance_to(at);
        self.stepper.run()?;
        self.null.take();
        Ok(())
    }
}

/// Person number `n`, going home at [`DAY_0`]: every other one with David's wishes.
pub fn someone(n: usize) -> Story {
    let given = ["Amara", "Benjamin", "Carmen", "Darnell", "Elena", "Farid"][n % 6];
    // Another number for each of 80,000 people, all of one area code of the country: +1 204 is Canada's, and is not texted.
    let phone = format!("+1202{:03}01{:02}", 200 + (n / 100) % 800, n % 100);
    let mut story = Story::of(&format!("{}", 100_000 + n), given, "Bench", "female", "1984-03-09", &phone);
    story.person.email = Some(format!("p{n}@example.org"));
    if n.is_multiple_of(2) {
        story.person.extensions = Story::david().person.extensions;
    }
    story
}

/// Items of FHIR's bytes, as the door makes them.
pub fn read(bytes: &[u8], now: At) -> Result<Vec<Item>> {
    let source = wire::Source::trusted("hospital", "northside", now);
    let read = wire::fhir(bytes, &source).map_err(|issues| format!("FHIR is refused: {issues:?}"))?;
    let mut items = Vec::new();
    for entry in read.entries {
        items.extend(entry.result.map_err(|issues| format!("an entry is refused: {issues:?}"))?);
    }
    Ok(items)
}

fn fact(id: FactId, subject: String, kind: &str, body: Json, now: At) -> Fact {
    Fact { id, source: "null".into(), subject, ..Fact::own(kind, "", model::PersonId::default(), now, body) }
}

/// A text from a phone, as a provider brings it.
pub fn reply(from: &str, text: &str, now: At) -> Item {
    let id = FactId::of(&[b"null reply", from.as_bytes(), text.as_bytes()]);
    let body = json!({"channel": "sms", "from": from, "text": text});
    let mut fact = fact(id, format!("phone|{from}"), "reply.received", body, now);
    fact.actor = model::Actor::Patient;
    hub::dispatch::incoming(Incoming { fact, keys: vec![inbox::key("phone", from)], message: None, person: None })
}

/// The receipt of a message: texts and mails arrived, calls were answered.
pub fn receipt(message: &Message, now: At) -> Item {
    let text = message.id.to_string();
    let id = FactId::of(&[b"null receipt", text.as_bytes()]);
    let (kind, body) = match message.channel {
        Channel::Voice => {
            ("call.ended", json!({"message": text, "answered": true, "marks": ["identified"], "keys": ["1"]}))
        }
        _ => ("message.delivered", json!({"message": text, "provider": "null"})),
    };
    let fact = fact(id, format!("message|{text}"), kind, body, now);
    let keys = vec![inbox::key("message", &text)];
    hub::dispatch::incoming(Incoming { fact, keys, message: Some(message.id), person: Some(message.person) })
}

/// `minutes` after midnight of day `day`, where the people live; no clock changes in these two weeks.
pub fn local(day: i64, minutes: i64) -> At {
    let midnight = DAY_0.plus_ms(-14 * HOUR_MS);
    midnight.plus_ms(day * DAY_MS + minutes * MINUTE_MS)
}

#[cfg(test)]
mod tests {
    #[test]
    fn local_is_the_clock_of_the_story() {
        assert_eq!(super::local(0, 14 * 60), testkit::story::DAY_0);
    }
}

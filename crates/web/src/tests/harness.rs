//! A hub, a router, and browsers with cookies.

use crate::{Account, App, Demo, WebConfig, create_account, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use channels::contract::Provider;
use channels::handset::{Handset, Policy};
use hub::{Clock, Hub, Settings};
use model::{At, PersonId};
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake};
use store::{Location, Store};
use testkit::story::{DAY_0, Story};
use tower::ServiceExt;

pub(super) const PASSWORD: &str = "a password of the test";
const ANSWER_MAX: usize = 4 * 1024 * 1024;
static SERIAL: AtomicU32 = AtomicU32::new(0);

type Providers = Vec<Arc<dyn Provider>>;

/// A hub with its router. Dropping it removes its store.
pub(super) struct World {
    pub(super) hub: Hub,
    pub(super) router: Router,
    pub(super) handset: Handset,
    path: std::path::PathBuf,
    _database: Option<testkit::postgres::Database>,
}

/// Where a hub keeps what it keeps.
#[derive(Clone, Copy, Debug)]
pub(super) enum On {
    Sqlite,
    Postgres,
}

/// Runs a test to its end on a thread that may block: a store on PostgreSQL has a runtime of its own.
pub(super) fn drive<T>(test: impl Future<Output = T>) -> T {
    struct Waiting(std::thread::Thread);
    impl Wake for Waiting {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    tokio::task::block_in_place(|| {
        let waker = Arc::new(Waiting(std::thread::current())).into();
        let (mut test, mut context) = (pin!(test), Context::from_waker(&waker));
        loop {
            match test.as_mut().poll(&mut context) {
                Poll::Ready(out) => return out,
                Poll::Pending => std::thread::park(),
            }
        }
    })
}

impl Drop for World {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            // A file that is not there is removed already.
            let _ = std::fs::remove_file(format!("{}{suffix}", self.path.display()));
        }
    }
}

/// An answer, read.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn to(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |v| v.to_str().unwrap())
    }
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }
}

/// What ships, with teams that are at work at all hours.
pub(super) fn settings() -> Settings {
    // The Spanish of the shipped pathways is not reviewed; what it looks like is tested all the same.
    let clinic = outreach::Clinic {
        link_secret: "a secret of the test".into(),
        unreviewed_languages: true,
        ..outreach::Clinic::default()
    };
    let mut settings = Settings::shipped(clinic).unwrap();
    settings.teams.iter_mut().for_each(|team| team.hours.clear());
    settings
}

impl World {
    /// As in the demo.
    pub(super) async fn new() -> Self {
        Self::with(Some(Demo { people: vec![], logins: vec![], rate: 2880.0 })).await
    }

    /// With `demo`, or as `serve` with the make-believe phone switched on.
    pub(super) async fn with(demo: Option<Demo>) -> Self {
        Self::made(demo, settings(), |_| ()).await
    }

    /// The same with settings of its own.
    pub(super) async fn of(demo: Option<Demo>, settings: Settings) -> Self {
        Self::made(demo, settings, |_| ()).await
    }

    /// The same, on a store that `fill` has written to.
    pub(super) async fn filled(demo: Option<Demo>, fill: impl FnOnce(&Store)) -> Self {
        Self::made(demo, settings(), fill).await
    }

    /// The same, with providers that are tried before the make-believe ones, on either store.
    pub(super) async fn carried(on: On, settings: Settings, providers: Vec<Arc<dyn Provider>>) -> Self {
        Self::made_on(on, None, settings, |_| (), Clock::scaled(DAY_0, 0.0), (providers, Vec::new())).await
    }

    /// As `serve`, on this clock, with these providers beside the make-believe phone.
    pub(super) async fn sending(clock: Clock, more: Vec<Arc<dyn Provider>>) -> Self {
        Self::made_with(None, settings(), |_| (), clock, (Vec::new(), more)).await
    }

    pub(super) async fn made(demo: Option<Demo>, settings: Settings, fill: impl FnOnce(&Store)) -> Self {
        Self::made_with(demo, settings, fill, Clock::scaled(DAY_0, 0.0), (Vec::new(), Vec::new())).await
    }

    async fn made_with(
        demo: Option<Demo>,
        settings: Settings,
        fill: impl FnOnce(&Store),
        clock: Clock,
        providers: (Providers, Providers),
    ) -> Self {
        Self::made_on(On::Sqlite, demo, settings, fill, clock, providers).await
    }

    async fn made_on(
        on: On,
        demo: Option<Demo>,
        settings: Settings,
        fill: impl FnOnce(&Store),
        clock: Clock,
        (mut providers, more): (Providers, Providers),
    ) -> Self {
        let name = format!("throughline-web-{}-{}.db", std::process::id(), SERIAL.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        let database = matches!(on, On::Postgres).then(testkit::postgres::database);
        let location = match &database {
            Some(database) => Location::Postgres { url: database.url(), lanes: 4 },
            None => Location::Sqlite(path.clone()),
        };
        let store = Store::open(&location, true).unwrap();
        fill(&store);
        let handset = Handset::new();
        handset.set_default_policy(Policy::NoAnswer);
        providers.push(Arc::new(handset.clone()));
        providers.push(Arc::new(channels::portal::Portal));
        providers.extend(more);
        let hub = Hub::start(store, settings, clock, providers).await.unwrap();
        for role in ["nurse", "administrator", "integrator"] {
            let account = Account {
                name: role.into(),
                display: role.into(),
                roles: vec![role.into()],
                teams: vec![],
                sites: vec![],
                disabled: false,
                hash: String::new(),
            };
            create_account(hub.store(), account, PASSWORD).unwrap();
        }
        let app = App {
            hub: hub.clone(),
            handset: Some(Arc::new(handset.clone())),
            demo,
            config: WebConfig::default(),
            metrics: None,
            files: crate::Files::shipped(),
        };
        Self { hub, router: router(app), handset, path, _database: database }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        if headers.get(CONTENT_TYPE).is_some_and(|t| t == "text/event-stream") {
            // It never ends.
            return Answer { status, headers, text: String::new() };
        }
        let bytes = to_bytes(response.into_body(), ANSWER_MAX).await.unwrap();
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub(super) async fn fhir(&self, key: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post("/fhir/R4")
            .header("authorization", format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/fhir+json")
            .body(body.into());
        self.send(request.unwrap()).await
    }

    pub(super) fn key(&self, scopes: &[&str]) -> String {
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        crate::create_key(self.hub.store(), "test", scopes, "hospital", "", "test").unwrap().1
    }

    /// The care clock goes on, and the hub has done what was due.
    pub(super) async fn go_to(&self, at: At) {
        self.hub.clock().advance_to(at);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    /// David goes home; his line.
    pub(super) async fn david(&self) -> PersonId {
        self.discharged(&Story::david()).await
    }

    /// Someone goes home; their line.
    pub(super) async fn discharged(&self, story: &Story) -> PersonId {
        let answer = self.fhir(&self.key(&["fhir:write"]), story.discharge().to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let family = story.person.family.clone();
        self.until(|world| {
            let found = world.hub.store().find_people(&family, 5).unwrap().first().map(|p| p.person);
            found.filter(|p| world.hub.look(*p).is_ok_and(|l| !l.journeys.is_empty()))
        })
        .await
    }

    /// Waits until it is so, ten seconds at most.
    pub(super) async fn until<T>(&self, what: impl Fn(&Self) -> Option<T>) -> T {
        for _ in 0..500 {
            if let Some(found) = what(self) {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("it did not come to be within ten seconds");
    }

    pub(super) async fn staff(&self, name: &str) -> Browser<'_> {
        let mut browser = Browser::new(self);
        browser.get("/login").await;
        let answer = browser.post("/login", &[("name", name), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser.get("/").await;
        browser
    }
}

/// A browser: it keeps cookies by path, and fills in the hidden fields of the page it saw last.
pub(super) struct Browser<'a> {
    world: &'a World,
    cookies: BTreeMap<String, (String, String)>,
    pub(super) page: String,
}

/// The value of the first field of that name in a page.
fn hidden(page: &str, name: &str) -> String {
    let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default().to_owned()
}

pub(super) fn encode(fields: &[(&str, &str)]) -> String {
    let one = |text: &str| {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect::<String>()
    };
    fields.iter().map(|(n, v)| format!("{}={}", one(n), one(v))).collect::<Vec<_>>().join("&")
}

impl<'a> Browser<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        Self { world, cookies: BTreeMap::new(), page: String::new() }
    }

    fn cookie(&self, path: &str) -> String {
        let mine = self.cookies.iter().filter(|(_, (_, at))| path.starts_with(at.as_str()));
        mine.map(|(name, (value, _))| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: &Answer) {
        for line in answer.headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().to_owned();
            let path = line.split("Path=").nth(1).unwrap().split(';').next().unwrap().to_owned();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), (value, path));
            }
        }
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        let request = Request::get(path).header(COOKIE, self.cookie(path)).body(Body::empty()).unwrap();
        let answer = self.world.send(request).await;
        self.keep(&answer);
        self.page.clone_from(&answer.text);
        answer
    }

    /// The page that is looked at, as in a tab that was left open.
    pub(super) fn page_of(&mut self, page: &str) {
        page.clone_into(&mut self.page);
    }

    /// Sends a form with the token and the one-time name of the page seen last.
    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let (csrf, once) = (hidden(&self.page, "csrf"), hidden(&self.page, "once"));
        let mut all = vec![("csrf", csrf.as_str()), ("once", once.as_str())];
        all.extend_from_slice(fields);
        self.post_raw(path, &all).await
    }

    pub(super) async fn post_raw(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = Request::post(path)
            .header(COOKIE, self.cookie(path))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(encode(fields)));
        let answer = self.world.send(request.unwrap()).await;
        self.keep(&answer);
        answer
    }
}

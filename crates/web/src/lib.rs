//! HTTP: FHIR and events in, the care team's console, the patient's pages, and what machines watch.
//!
//! Invariants: every route stands in the one table of [`routes`] with its method and who may use it, and
//! is guarded by that row before its handler runs; a GET changes nothing on any person's line; every POST
//! of a browser carries a token that only our own pages know; every page that shows a person says so in
//! the access log; every form works without scripts.
//!
//! Deliberately absent: decisions. A handler reads, shows, and hands facts to the hub.

mod assets;
mod auth;
mod demo;
mod door;
mod fault;
mod ops;
mod page;
mod patient;
mod publishing;
pub mod routes;
mod staff;
#[cfg(test)]
mod tests;
mod tongue;
mod words;

pub use auth::account::{Account, ROLES, create_account, first_start};
pub use auth::key::{ApiKey, SCOPES, create_key};
pub use demo::Demo;
pub use door::kept::keep_refused_import;
pub use publishing::{Drafts, is_draft};

use auth::limit::Limiter;
use auth::waiting::Waiting;
use axum::Router;
use model::At;
use std::sync::{Arc, Mutex};

/// How pages and doors behave. Each has a default that is right for one clinic.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// No body is larger, bytes; a larger one is answered 413.
    pub body_max_bytes: usize,
    /// Cookies are sent over TLS only. Set when the hub is reached by https.
    pub secure_cookies: bool,
    /// A staff session ends after so long without a click, milliseconds.
    pub session_idle_ms: i64,
    /// A staff session ends after so long whatever happens, milliseconds.
    pub session_max_ms: i64,
    /// Whether a version without a clinical approver and a date of review may be put in force.
    pub drafts: Drafts,
    /// Accounts with one of these roles must have a second factor; none named: nobody must.
    pub second_factor: Vec<String>,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            body_max_bytes: 16 * 1024 * 1024,
            secure_cookies: false,
            session_idle_ms: 30 * model::time::MINUTE_MS,
            session_max_ms: 12 * model::time::HOUR_MS,
            drafts: Drafts::default(),
            second_factor: Vec::new(),
        }
    }
}

/// A new secret of 32 random bytes, as text: for links, on a first start.
pub fn random_secret() -> String {
    auth::secret()
}

/// The files that pathways were read from: for the laboratory, which names them as the command line does.
#[derive(Clone, Debug)]
pub struct Files {
    /// Pathways and code sets: path and text.
    pub sources: Vec<(String, String)>,
    /// Their tests (`*.test.yaml`): path and text.
    pub tests: Vec<(String, String)>,
}

impl Files {
    /// What ships with the binary.
    pub fn shipped() -> Self {
        let tests = pathway::shipped::SHIPPED_TESTS.iter();
        let tests = tests.map(|(file, text)| (format!("pathways/{file}"), (*text).to_owned())).collect();
        Self { sources: pathway::shipped::shipped_texts(), tests }
    }
}

/// What the pages stand on.
pub struct App {
    /// The running hub.
    pub hub: hub::Hub,
    /// The make-believe phone, in the demo and in tests.
    pub handset: Option<Arc<channels::handset::Handset>>,
    /// The demo's home page and clock; `None` in production.
    pub demo: Option<Demo>,
    /// Behaviour.
    pub config: WebConfig,
    /// Where `/metrics` reads; `None` answers 404.
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
    /// The files that the pathways were read from.
    pub files: Files,
}

/// The app as handlers hold it.
pub(crate) struct Shared {
    pub(crate) app: App,
    /// Wrong passwords by account name, and wrong keys.
    pub(crate) logins: Mutex<Limiter>,
    /// Password hashing at one time: it takes 19 MiB each.
    pub(crate) hashing: tokio::sync::Semaphore,
    /// What bodies of reports hold whose sender is not known yet.
    pub(crate) hooks: door::body::Room,
    /// Held while an account or its second factors change.
    pub(crate) factors: Mutex<()>,
    /// First halves of logins and of passkeys.
    pub(crate) waiting: Mutex<Waiting>,
    /// Who was written to the access log as having seen whom lately, so that a live list does not write
    /// the same row with each refresh.
    pub(crate) seen: Mutex<page::Seen>,
    /// A password hash of nobody, verified for unknown names so that both take as long.
    pub(crate) nobody: String,
    /// What the laboratory of pathways keeps between pages.
    pub(crate) lab: staff::pathways::lab::Kept,
}

pub(crate) type State = axum::extract::State<Arc<Shared>>;

/// Passwords hashed at one time.
const HASHING_MAX: usize = 2;

impl Shared {
    /// Runs `work` where it may block: all reads of the store.
    pub(crate) async fn read<T, F>(self: &Arc<Self>, work: F) -> Result<T, fault::Fault>
    where
        T: Send + 'static,
        F: FnOnce(&Shared) -> Result<T, fault::Fault> + Send + 'static,
    {
        let shared = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&shared)).await.map_err(|_| fault::Fault::Broken)?
    }
    pub(crate) fn store(&self) -> &store::Store {
        self.app.hub.store()
    }
    /// Every version of every pathway that is known, those in force first.
    pub(crate) fn pathways(&self) -> Vec<Arc<pathway::Pathway>> {
        let hub = &self.app.hub;
        hub.in_force().into_iter().chain(hub.older()).collect()
    }
    /// Now on the care clock.
    pub(crate) fn now(&self) -> At {
        self.app.hub.clock().now()
    }
}

/// The machine's clock: sessions and the access log.
pub(crate) fn machine_now() -> At {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    At(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
}

/// All of it as one service.
pub fn router(app: App) -> Router {
    let shared = Arc::new(Shared {
        app,
        logins: Mutex::new(Limiter::new()),
        hashing: tokio::sync::Semaphore::new(HASHING_MAX),
        hooks: door::body::Room::default(),
        factors: Mutex::default(),
        waiting: Mutex::default(),
        seen: Mutex::default(),
        nobody: auth::password::hash_of_nobody(),
        lab: Default::default(),
    });
    routes::build(shared)
}

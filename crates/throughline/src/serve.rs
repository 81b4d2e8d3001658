//! A hub, its pages and its doors, from the first start to a graceful stop.

use crate::settings::Settings;
use crate::{check, figures, publish};
use channels::contract::Provider;
use hub::kept::Kept;
use hub::{Clock, Hub};
use pathway::Pathway;
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::{DeskRow, Location, Store};
use tokio::net::TcpListener;

/// How often the make-believe phone's calls are looked at.
const HANDSET_TICK: Duration = Duration::from_millis(20);
/// Facts of providers taken in at a time.
const INCOMING_MAX: usize = 256;

/// What a hub is opened with.
pub struct Opening<'a> {
    /// Settings.
    pub settings: &'a Settings,
    /// The care clock.
    pub clock: Clock,
    /// Providers.
    pub providers: Vec<Arc<dyn Provider>>,
    /// Sites at which pathways are in force; empty for all.
    pub sites: Vec<String>,
}

/// `serve`.
pub fn serve(settings: &Settings) -> Result<(), String> {
    logging(settings);
    let location = settings.store().map_err(|e| e.to_string())?;
    make_folder(&location)?;
    let _lock = lock(&location)?;
    runtime()?.block_on(async {
        crate::providers::check(settings)?;
        let store = open_store(&location).await?;
        let (asked, given) = (store.clone(), settings.get("clinic.link_secret").to_owned());
        let keys = blocking(move || {
            refuse_demo(&asked)?;
            Ok(crate::providers::Keys { link_secret: link_secret(&asked, given)?, push: push_key(&asked)? })
        })
        .await?;
        let providers = crate::providers::build(settings, &keys)?;
        let opening = Opening { settings, clock: Clock::real(), providers: providers.clone(), sites: settings.sites() };
        let hub = open_hub(store, opening).await?;
        let listener = listen(settings.get("http.listen")).await?;
        let address = listener.local_addr().map_err(|e| e.to_string())?;
        println!("address http://{address}");
        let first = {
            let store = hub.store().clone();
            blocking(move || web::first_start(&store).map_err(|e| e.to_string())).await?
        };
        for (name, password, role) in first {
            println!("login {name} {password} {role}   (shown once: keep it)");
        }
        println!("ready");
        let handset = channels::registry::handset(&providers).map(Arc::new);
        run(hub, listener, handset, None, settings).await
    })
}

/// Serves until SIGINT or SIGTERM, then stops gracefully.
pub async fn run(
    hub: Hub,
    listener: TcpListener,
    handset: Option<Arc<channels::handset::Handset>>,
    demo: Option<web::Demo>,
    settings: &Settings,
) -> Result<(), String> {
    let metrics = figures::recorder();
    tokio::spawn(figures::keep(hub.clone()));
    if let Some(handset) = &handset {
        tokio::spawn(ring(hub.clone(), Arc::clone(handset)));
    }
    let config = web::WebConfig {
        body_max_bytes: settings.parse("http.body_max_bytes", "a number of bytes").map_err(|e| e.to_string())?,
        secure_cookies: settings.parse("http.secure_cookies", "true or false").map_err(|e| e.to_string())?,
        drafts: settings.parse("pathways.drafts", "allow, warn or refuse").map_err(|e| e.to_string())?,
        second_factor: settings.second_factor().map_err(|e| e.to_string())?,
        ..web::WebConfig::default()
    };
    let files = files(settings)?;
    let app = web::App { hub: hub.clone(), handset, demo, config, metrics, files };
    // Wrong passwords are counted by where they come from.
    let service = web::router(app).into_make_service_with_connect_info::<std::net::SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(stop_signal());
    // Pages that are live never end by themselves: after the signal they get a moment.
    let grace = async {
        stop_signal().await;
        tokio::time::sleep(Duration::from_secs(3)).await;
    };
    let mut lost = false;
    tokio::select! {
        ended = served => ended.map_err(|e| e.to_string())?,
        () = grace => {}
        () = stopped(&hub) => lost = true,
    }
    println!("stopping: what is being sent comes to its end");
    hub.stop().await;
    if lost {
        return Err(
            "a writer of the store has stopped (the log says why): nothing acknowledged is lost; start again".into()
        );
    }
    println!("stopped");
    Ok(())
}

/// The files of the pathways and of their tests, for the laboratory of the console.
fn files(settings: &Settings) -> Result<web::Files, String> {
    let folder = settings.get("pathways.folder");
    if folder.is_empty() {
        return Ok(web::Files::shipped());
    }
    let paths = [PathBuf::from(folder)];
    let sources = check::texts(&paths)?;
    Ok(web::Files { sources, tests: crate::test::texts(&paths)? })
}

/// Waits until the hub has stopped by itself: another process took its lanes over, or the store failed.
async fn stopped(hub: &Hub) {
    while hub.is_running() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The make-believe phone rings in care time, and what it says comes in as facts.
async fn ring(hub: Hub, handset: Arc<channels::handset::Handset>) {
    let mut said = handset.subscribe();
    let mut tick = tokio::time::interval(HANDSET_TICK);
    let mut facts = Vec::new();
    loop {
        tokio::select! {
            _ = tick.tick() => handset.tick(hub.clock().now()),
            count = said.recv_many(&mut facts, INCOMING_MAX) => {
                if count == 0 {
                    return;
                }
                if let Err(error) = hub.incoming(std::mem::take(&mut facts)).await {
                    tracing::warn!(handset.error = %error, "what a phone said could not be taken in");
                    return;
                }
            }
        }
    }
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Opens the hub: pathways read and kept, older versions known.
pub async fn open_hub(store: Store, opening: Opening<'_>) -> Result<Hub, String> {
    // Before the hub: what it counts while it starts, counts.
    figures::recorder();
    let mut settings = hub_settings(opening.settings, store.clone()).await?;
    settings.sites = opening.sites;
    let codes = files(opening.settings)?.sources;
    let hub = Hub::start(store, settings, opening.clock, opening.providers).await.map_err(|e| e.to_string())?;
    let drafts = opening.settings.parse("pathways.drafts", "allow, warn or refuse").map_err(|e| e.to_string())?;
    look_again(&hub, &codes, drafts, opening.settings.file());
    Ok(hub)
}

/// What was put in force through a running hub was checked with the teams and code sets of its time: what no longer
/// holds with today's is said, for taking it out of force would stop care.
fn look_again(hub: &Hub, sources: &[(String, String)], drafts: web::Drafts, file: Option<&Path>) {
    let settings = hub.settings();
    // It cannot refuse to start any more: that would stop care.
    if let Err(missing) = crate::services::missing(&hub.services_missing(), file) {
        for missing in missing.lines() {
            tracing::error!("{missing}");
        }
    }
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let codes = sources.iter().filter(|(path, _)| pathway::shipped::is_beside(path));
    let texts = hub.in_force().into_iter().map(|p| (format!("{}.yaml", p.name), p.source.clone()));
    let texts: Vec<_> = codes.cloned().chain(texts).collect();
    let ordered = |file: &str| {
        hub.in_force().iter().any(|p| {
            file == format!("{}.yaml", p.name) && !settings.pathways.iter().any(|own| own.version == p.version)
        })
    };
    let today = today(&settings.clinic.zone);
    for says in publish::of_ordered(&hub.in_force(), &settings.pathways, drafts, today) {
        match drafts {
            web::Drafts::Refuse => tracing::error!(pathway.says = says, "a pathway's publishing"),
            web::Drafts::Warn | web::Drafts::Allow => tracing::warn!(pathway.says = says, "a pathway's publishing"),
        }
    }
    let read = ::check::whole::read(&texts, &teams, today);
    let mut checked = check::Checked {
        pathways: read.pathways.into_iter().map(Arc::new).collect(),
        codes: Vec::new(),
        findings: read.findings,
        sources: texts,
    };
    let read = checked.findings.len();
    checked.prove(&settings.teams, &settings.clinic.zone, &[]);
    // Of what is only read errors alone were said of the folder's, too; what is proved is said whole.
    for (n, found) in checked.findings.iter().enumerate().filter(|(_, f)| ordered(&f.file)) {
        let at = format!("{}:{}:{}", found.file, found.place.line, found.place.column);
        if found.severity == pathway::Severity::Error {
            tracing::error!(
                code = found.code,
                at,
                "a version that was put in force has an error by now: {}",
                found.says
            );
        } else if n >= read {
            tracing::warn!(
                code = found.code,
                at,
                "a version that was put in force may not keep what it promises: {}",
                found.says
            );
        }
    }
}

/// The day where the clinic is.
fn today(zone: &str) -> jiff::civil::Date {
    Clock::real().now().date_in(&model::time::zone(zone).unwrap_or(jiff::tz::TimeZone::UTC))
}

/// The hub's settings: pathways of the folder (or the shipped ones) in force, every version that the
/// store remembers known.
pub async fn hub_settings(settings: &Settings, store: Store) -> Result<hub::Settings, String> {
    let teams = settings.teams().map_err(|e| e.to_string())?;
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let folder = settings.get("pathways.folder");
    let paths: Vec<PathBuf> = if folder.is_empty() { Vec::new() } else { vec![folder.into()] };
    let mut checked = check::check(&paths, &names)?;
    if checked.refused() {
        return Err(format!("the pathways have errors:\n\n{}", checked.shown()));
    }
    let mut clinic = settings.clinic().map_err(|e| e.to_string())?;
    crate::carriers::tell(settings, &clinic);
    checked.pathways = in_force(checked.pathways, settings.get("pathways.also"), folder.is_empty())?;
    checked.findings.clear();
    checked.prove(&teams, &clinic.zone, &[]);
    for found in &checked.findings {
        let at = format!("{}:{}:{}", found.file, found.place.line, found.place.column);
        tracing::warn!(code = found.code, at, "a pathway may not keep what it promises: {}", found.says);
    }
    let pathways = checked.pathways;
    let codes = checked.codes;
    let drafts = settings.parse("pathways.drafts", "allow, warn or refuse").map_err(|e| e.to_string())?;
    let (published, secret) = {
        let (given, today) = (clinic.link_secret.clone(), today(&clinic.zone));
        blocking(move || {
            let older = remember(&store, &pathways, &codes, &names)?;
            Ok((publish(&store, &pathways, older, drafts, today)?, link_secret(&store, given)?))
        })
        .await?
    };
    for says in &published.says {
        tracing::warn!(pathway.says = says, "a pathway's publishing");
    }
    let (pathways, older) = (published.in_force, published.known);
    clinic.link_secret = secret;
    let settings_of_hub = hub::Settings {
        clinic,
        teams,
        pathways,
        older,
        rules: outreach::Rules::shipped(),
        topics: record::Topics::shipped(),
        only_to: settings.only_to(),
        sites: settings.sites(),
        services: settings.services(),
        approve_above: settings.parse("outreach.approve_above", "a number").map_err(|e| e.to_string())?,
        mail_is_proved: mail_is_proved(settings),
    };
    crate::services::missing(&settings_of_hub.services_missing(), settings.file())?;
    Ok(settings_of_hub)
}

/// Whether answers by mail come in with the word of a server that is trusted on whom they are from.
fn mail_is_proved(settings: &Settings) -> bool {
    ["smtp.host", "smtp.reply_to", "smtp.trusted_authserv"].iter().all(|key| !settings.get(key).is_empty())
}

/// Of the shipped pathways those that are in force by default, and those that are named; of a folder all.
fn in_force(mut pathways: Vec<Arc<Pathway>>, also: &str, shipped: bool) -> Result<Vec<Arc<Pathway>>, String> {
    let also: Vec<&str> = also.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if let Some(unknown) = also.iter().find(|name| !pathways.iter().any(|p| p.name == **name)) {
        return Err(format!("pathways.also: there is no pathway `{unknown}`"));
    }
    if shipped {
        let offered = |p: &Pathway| pathway::shipped::is_offered(&format!("{}.yaml", p.name));
        pathways.retain(|p| !offered(p) || also.contains(&p.name.as_str()));
    }
    Ok(pathways)
}

/// Keeps the text of each version under its hash, for as long as journeys may walk it; returns the
/// versions that are not in force.
fn remember(
    store: &Store,
    pathways: &[Arc<Pathway>],
    codes: &[(String, String)],
    teams: &[String],
) -> Result<Vec<Arc<Pathway>>, String> {
    let error = |e: store::Error| e.to_string();
    for pathway in pathways {
        let kept = Kept {
            name: pathway.name.clone(),
            source: pathway.source.clone(),
            codes: codes.to_vec(),
            teams: teams.to_vec(),
            by: String::new(),
        };
        store.desk_add(&kept.row(pathway.version)).map_err(error)?;
    }
    let mut older = Vec::new();
    for row in store.desk_list("pathway").map_err(error)? {
        if pathways.iter().any(|p| p.version.to_string() == row.key) {
            continue;
        }
        let read = Kept::from_json(&row.json).and_then(|kept| kept.read());
        match read {
            Some(pathway) => older.push(Arc::new(pathway)),
            None => tracing::error!(pathway.version = row.key, "a kept version of a pathway does not read any more"),
        }
    }
    Ok(older)
}

/// Puts versions in force as the setting says, and remembers the last one of each pathway that was approved.
fn publish(
    store: &Store,
    read: &[Arc<Pathway>],
    older: Vec<Arc<Pathway>>,
    drafts: web::Drafts,
    today: jiff::civil::Date,
) -> Result<publish::Published, String> {
    let error = |e: store::Error| e.to_string();
    let rows = store.desk_list("published").map_err(error)?;
    let last = rows.into_iter().filter_map(|row| Some((row.key, serde_json::from_str(&row.json).ok()?))).collect();
    let published = publish::sort_out(read, older, &last, drafts, today);
    let approved = |p: &&Arc<Pathway>| !web::is_draft(p, today) && last.get(&p.name) != Some(&p.version);
    for pathway in published.in_force.iter().filter(approved) {
        let row = desk("published", &pathway.name, json!(pathway.version).to_string());
        store.desk_put(&row).map_err(error)?;
    }
    Ok(published)
}

/// The secret of links: as set, or made on the first start and kept.
fn link_secret(store: &Store, given: String) -> Result<String, String> {
    if !given.is_empty() {
        return Ok(given);
    }
    let made = desk("setting", "link_secret", json!(web::random_secret()).to_string());
    store.desk_add(&made).map_err(|e| e.to_string())?;
    let row = store.desk_get("setting", "link_secret").map_err(|e| e.to_string())?;
    row.and_then(|r| serde_json::from_str(&r.json).ok()).ok_or_else(|| "the link secret cannot be read".to_owned())
}

/// The key by which push services know the hub, unless the settings have one: made on the first start and kept, for
/// browsers subscribed with it.
pub fn push_key(store: &Store) -> Result<String, String> {
    let broken = || "the key for notifications cannot be made or read".to_owned();
    let made = channels::web_push::Vapid::make().ok_or_else(broken)?;
    store.desk_add(&desk("setting", "push_key", json!(made).to_string())).map_err(|e| e.to_string())?;
    let row = store.desk_get("setting", "push_key").map_err(|e| e.to_string())?;
    row.and_then(|r| serde_json::from_str(&r.json).ok()).ok_or_else(broken)
}

/// A desk row of now.
pub fn desk(kind: &str, key: &str, json: String) -> DeskRow {
    DeskRow { kind: kind.into(), key: key.into(), json, at: Clock::real().now() }
}

/// Opens the store; an embedded one is migrated, a PostgreSQL one must have been.
pub async fn open_store(location: &Location) -> Result<Store, String> {
    let location = location.clone();
    let migrate = matches!(location, Location::Sqlite(_));
    blocking(move || Store::open(&location, migrate).map_err(|e| e.to_string())).await
}

/// A store on which the clock was scaled is no store of real people. Blocks.
pub fn refuse_demo(store: &Store) -> Result<(), String> {
    if store.desk_get("setting", "care_clock").map_err(|e| e.to_string())?.is_some() {
        return Err(
            "this store was used with a scaled clock (a demo): its times are made up. Use another store.".into()
        );
    }
    Ok(())
}

/// Runs what blocks.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|e| e.to_string())?
}

/// The async runtime.
pub fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())
}

/// Listens, or says why not.
pub async fn listen(address: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|e| format!("cannot listen on {address} (setting http.listen): {e}"))
}

/// The folder of an embedded store.
pub fn make_folder(location: &Location) -> Result<(), String> {
    let Location::Sqlite(path) = location else { return Ok(()) };
    let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|e| format!("cannot make the folder {}: {e}", folder.display()))
}

/// One process writes an embedded store: whoever holds this lock.
pub fn lock(location: &Location) -> Result<Option<File>, String> {
    let Location::Sqlite(path) = location else { return Ok(None) };
    let path: &Path = path;
    let file = path.with_extension("lock");
    let open = File::options().create(true).truncate(false).write(true).open(&file);
    let open = open.map_err(|e| format!("cannot open {}: {e}", file.display()))?;
    open.try_lock().map_err(|_| {
        format!(
            "another throughline works on {}: stop it first, or post to its /fhir/R4 with an API key",
            path.display()
        )
    })?;
    Ok(Some(open))
}

/// Structured logs to standard error.
pub fn logging(settings: &Settings) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_new(settings.get("log.level")).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process keeps the first's log.
    let _ = match settings.get("log.format") {
        "json" => log.json().try_init(),
        _ => log.with_ansi(false).try_init(),
    };
}

//! How long the care team waits for its two heaviest pages: a worklist with a thousand people due, and the
//! page of a person with ten thousand facts. Through the router that serves browsers, without a socket.

use crate::world::{self, Null, Place, Result, World, providers, settings, someone};
use crate::{Sizes, print};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use hub::{Clock, Hub};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{At, Fact, PersonId};
use serde_json::json;
use std::time::Instant;
use tower::ServiceExt;

/// What these figures aim at.
const P99_AIM_MS: f64 = 50.0;
const BYTES_AIM: usize = 60 * 1024;
/// Each page is asked for so often.
const ASKED: usize = 300;
/// No answer is read beyond this.
const ANSWER_MAX: usize = 16 * 1024 * 1024;
const PASSWORD: &str = "a password of the bench";

/// Fills, asks, prints.
pub fn run(place: &Place, sizes: &Sizes) -> Result<()> {
    let now = world::local(1, 11 * 60);
    let long = fill(place, sizes, now)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let hub = Hub::start(place.store()?, settings()?, Clock::scaled(now, 0.0), providers(&Null::default())).await?;
        let desk = Desk::open(&hub).await?;
        let what = format!("{} people due, a person with {} facts", sizes.due, sizes.facts);
        print::title("pages", place.engine(), &what);
        let waits = hub.store().prompts_open(&store::PromptFilter::default(), sizes.due * 4)?.len();
        print::line("prompts that wait", &waits.to_string(), "");
        if waits < sizes.due {
            return Err(format!("only {waits} of {} prompts wait", sizes.due).into());
        }
        // The limit: the same router, guard and session, and a page that reads nothing.
        desk.measure("a page without data (the limit)", "/people").await?;
        desk.measure("worklist", "/").await?;
        desk.measure("worklist, its tenth page", "/?page=10").await?;
        for (name, query) in [("what matters", ""), ("team", "?kind=team"), ("everything", "?kind=all")] {
            desk.measure(&format!("person, {name}"), &format!("/people/{long}{query}")).await?;
        }
        desk.measure("search by a name", "/people?q=bench+amara").await?;
        hub.stop().await;
        Ok(())
    })
}

/// People who went home the day before, so that each one's call is due; the first has a long story.
fn fill(place: &Place, sizes: &Sizes, now: At) -> Result<PersonId> {
    let mut world = World::open(place, testkit::story::DAY_0)?;
    print::doing(&format!("{} people go home", sizes.due));
    for n in 0..sizes.due {
        let bytes = someone(n).discharge().to_string();
        let items = world::read(bytes.as_bytes(), world.clock.now())?;
        world.stepper.accept(items)?;
    }
    world.until(now)?;
    let found = world.stepper.store().find_people("100000", 5)?;
    let person = found.first().ok_or("the first of the people is not found")?.person;
    print::doing(&format!("{} facts of one person", sizes.facts));
    for n in 0..sizes.facts {
        let at = now.plus_ms(-(n as i64 % (24 * 60)) * MINUTE_MS - HOUR_MS);
        let (kind, body) = match n % 4 {
            0 => ("task.done", json!({"task": format!("dressing@2026-11-02#{n}")})),
            1 => ("preference.changed", json!({"task_reminders": n % 8 == 1})),
            2 => ("note.made", json!({"text": format!("Note number {n}, of some length, as nurses write them.")})),
            _ => (
                "reply.received",
                json!({"channel": "portal", "from": "today", "text": format!("Thank you, number {n}")}),
            ),
        };
        let fact = Fact::own(kind, &format!("bench {n}"), person, at, body);
        world.stepper.submit(person, fact)?;
    }
    world.until(now)?;
    Ok(person)
}

/// A nurse at a browser.
struct Desk {
    router: Router,
    cookie: String,
}

impl Desk {
    async fn open(hub: &Hub) -> Result<Self> {
        let account = web::Account {
            name: "nurse".into(),
            display: "Nurse".into(),
            roles: vec!["nurse".into()],
            teams: vec![],
            sites: vec![],
            disabled: false,
            hash: String::new(),
        };
        web::create_account(hub.store(), account, PASSWORD)?;
        let app = web::App {
            hub: hub.clone(),
            handset: None,
            demo: None,
            config: web::WebConfig::default(),
            metrics: None,
            files: web::Files::shipped(),
        };
        let mut desk = Self { router: web::router(app), cookie: String::new() };
        let page = desk.ask(Request::get("/login").body(Body::empty())?).await?;
        let csrf = page
            .2
            .split("name=\"csrf\" value=\"")
            .nth(1)
            .and_then(|r| r.split('"').next())
            .unwrap_or_default()
            .to_owned();
        desk.cookie = page.1;
        let form = format!("csrf={csrf}&name=nurse&password={}", PASSWORD.replace(' ', "+"));
        let request = Request::post("/login")
            .header(COOKIE, &desk.cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        desk.cookie = desk.ask(request.body(Body::from(form))?).await?.1;
        Ok(desk)
    }

    /// Status, cookies as the browser sends them back, text.
    async fn ask(&self, request: Request<Body>) -> Result<(StatusCode, String, String)> {
        let answer = self.router.clone().oneshot(request).await?;
        let set = answer.headers().get_all(SET_COOKIE).iter().filter_map(|v| v.to_str().ok()?.split(';').next());
        let cookies = set.collect::<Vec<_>>().join("; ");
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), ANSWER_MAX).await?;
        Ok((status, cookies, String::from_utf8(bytes.to_vec())?))
    }

    async fn measure(&self, name: &str, path: &str) -> Result<()> {
        let (mut list, mut bytes) = (Vec::with_capacity(ASKED), 0);
        for _ in 0..ASKED {
            let request = Request::get(path).header(COOKIE, &self.cookie).body(Body::empty())?;
            let began = Instant::now();
            let (status, _, text) = self.ask(request).await?;
            list.push(began.elapsed().as_secs_f64() * 1000.0);
            if status != StatusCode::OK {
                return Err(format!("{path} answers {status}").into());
            }
            bytes = text.len();
        }
        list.sort_by(f64::total_cmp);
        let at = |share: f64| list[((list.len() as f64 * share).ceil() as usize).clamp(1, list.len()) - 1];
        let met = at(0.99) <= P99_AIM_MS && bytes <= BYTES_AIM;
        let note = format!("{} bytes; {}", bytes, print::verdict(met, "p99 at most 50 ms, 61440 bytes"));
        print::line(&format!("{name}: p50, p99"), &format!("{:.1}, {:.1} ms", at(0.5), at(0.99)), &note);
        Ok(())
    }
}

//! Katie and David side by side, David's phone, the team, and the clock that all of them live by.
//!
//! Nobody here is real. Every figure is counted from facts; what is not known is called so.

use super::story::Life;
use super::{Demo, desk, handset, paper, step, story};
use crate::auth::guard::{Fields, Visitor};
use crate::auth::{login, session};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::At;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use std::time::Duration;

/// Speeds: name, and how many times the usual one.
const SPEEDS: &[(&str, f64)] = &[("slow", 0.25), ("usual", 1.0), ("fast", 4.0)];

/// The longest step of the clock on the way of an hour or a day, care time.
const STEP_MS: i64 = 15 * MINUTE_MS;
/// The longest that a button steps the clock, machine time; then it leaps.
const STEPPING_MAX: Duration = Duration::from_secs(8);

/// The page.
pub(crate) async fn show(state: State, Extension(visitor): Extension<Visitor>) -> Result<Markup, Fault> {
    state.read(move |shared| render(shared, &visitor)).await
}

fn render(shared: &Shared, visitor: &Visitor) -> Result<Markup, Fault> {
    let demo = shared.app.demo.as_ref().ok_or(Fault::NotFound)?;
    let t = visitor.tongue;
    let [katie, david] = lives(shared, demo)?;
    let title = say!(t, "demo-title");
    let body = html! {
        details #intro .intro open {
            summary { h1 { (title) } }
            p { (say!(t, "demo-intro-1")) " " (say!(t, "demo-intro-2")) " " (say!(t, "demo-intro-3")) }
        }
        (clock(shared, visitor, demo, david.as_ref()))
        nav .jump aria-label=(say!(t, "demo-jump")) {
            a href="#david" translate="no" { "David" } a href="#phone" { (say!(t, "demo-jump-phone")) }
            a href="#team" { (say!(t, "demo-jump-team")) } a href="#katie" translate="no" { "Katie" }
        }
        div .stage-grid {
            section .col #katie aria-labelledby="katie-h" { (paper::column(t, katie.as_ref(), david.as_ref())) }
            section .col #david aria-labelledby="david-h" { (story::column(shared, t, david.as_ref())?) }
            section .col #phone aria-labelledby="phone-h" { (phone(shared, visitor, david.as_ref())?) }
            section .col #team aria-labelledby="team-h" { (desk::column(shared, visitor, david.as_ref())?) }
        }
        (parts(t, demo))
    };
    Ok(page::stage(shared, visitor, &title, &body))
}

/// The two: whoever lives without the pathway, and with it. `None` for one who is not in hospital yet.
fn lives(shared: &Shared, demo: &Demo) -> Result<[Option<Life>; 2], Fault> {
    let mut all = demo.people.iter().map(|(person, _)| Life::of(shared, *person));
    let mut next = || all.next().transpose().map(Option::flatten);
    Ok([next()?, next()?])
}

fn phone(shared: &Shared, visitor: &Visitor, david: Option<&Life>) -> Result<Markup, Fault> {
    let t = visitor.tongue;
    Ok(html! {
        h2 #phone-h { (say!(t, "demo-phone")) }
        @if let Some(david) = david { (handset::device(shared, visitor, &david.addresses(), "/demo")?) }
        @else { p .empty { (say!(t, "demo-not-yet")) } }
    })
}

/// The days since David went home, from 0.
fn day(now: At, from: At, zone: &TimeZone) -> i32 {
    now.date_in(zone).since(from.date_in(zone)).map_or(0, |span| span.get_days())
}

fn clock(shared: &Shared, visitor: &Visitor, demo: &Demo, david: Option<&Life>) -> Markup {
    let (t, clock) = (visitor.tongue, shared.app.hub.clock());
    let (now, rate) = (clock.now(), clock.rate());
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let day = david.and_then(Life::went_home).map(|from| day(now, from, &zone));
    let button = |act: &str, text: &str| html! { button name="act" value=(act) #{ "clock-" (act) } { (text) } };
    html! {
        section .clock aria-labelledby="clock-h" {
            h2 #clock-h .hidden { (say!(t, "demo-clock")) }
            div .now #clock data-live {
                p .time { time datetime=(words::machine(now)) { (words::clock(t, now, &zone)) } }
                p { strong { @if let Some(day) = day { (say!(t, "demo-day", n = day)) } } br; (words::day(t, now.date_in(&zone))) }
                p .muted.pace { (pace(t, rate)) }
            }
            form method="post" action="/demo/clock" .steer {
                (page::token(&visitor.csrf))
                span #clock-run-or-pause data-live {
                    @if rate == 0.0 { button .primary name="act" value="run" #clock-run { "▶ " (say!(t, "demo-run")) } }
                    @else { button .primary name="act" value="pause" #clock-pause { "⏸ " (say!(t, "demo-pause")) } }
                }
                span .group role="group" aria-label=(say!(t, "demo-step")) {
                    (button("event", &say!(t, "demo-step-event"))) (button("hour", &say!(t, "demo-step-hour"))) (button("day", &say!(t, "demo-step-day")))
                }
                span .group #speeds data-live role="group" aria-label=(say!(t, "demo-speed")) {
                    @for (name, times) in SPEEDS {
                        @let wanted = demo.rate * times;
                        button name="act" value=(name) #{ "clock-" (name) } aria-pressed=(if same(rate, wanted) { "true" } else { "false" }) {
                            (t.pick("demo-speed", name).unwrap_or_default())
                        }
                    }
                }
            }
        }
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < f64::EPSILON * b.abs().max(1.0)
}

fn pace(t: Tongue, rate: f64) -> String {
    if rate == 0.0 {
        return say!(t, "demo-pace-still");
    }
    if same(rate, 1.0) {
        return say!(t, "demo-pace-rings");
    }
    let seconds = DAY_MS as f64 / rate / 1000.0;
    if seconds < 120.0 {
        say!(t, "demo-pace-seconds", n = seconds.round() as i64)
    } else {
        say!(t, "demo-pace-minutes", n = (seconds / 60.0).round() as i64)
    }
}

/// Where to play a part, and the logins for it.
fn parts(t: Tongue, demo: &Demo) -> Markup {
    html! {
        details #logins .logins {
            summary { (say!(t, "demo-logins")) }
            p { (say!(t, "demo-logins-about")) " " a href="/handset" { (say!(t, "demo-all-phones")) } }
            div .scroll tabindex="0" role="region" aria-label=(say!(t, "demo-logins")) { table {
                thead { tr { th scope="col" { (say!(t, "demo-login-role")) } th scope="col" { (say!(t, "demo-login-name")) } th scope="col" { (say!(t, "demo-login-password")) } } }
                tbody { @for (name, password, role) in &demo.logins { tr {
                    th scope="row" { (t.pick("role", role).unwrap_or_else(|| role.clone())) } td .mono translate="no" { (name) } td .mono translate="no" { (password) }
                } } }
            } }
        }
    }
}

/// Pauses, steps or speeds up.
pub(crate) async fn set_clock(state: State, Extension(fields): Extension<Fields>) -> Result<Redirect, Fault> {
    let demo = state.app.demo.as_ref().ok_or(Fault::NotFound)?;
    let clock = state.app.hub.clock();
    let zone = words::zone(&state.app.hub.settings().clinic.zone);
    match fields.get("act") {
        "pause" => clock.set_rate(0.0),
        "run" => clock.set_rate(demo.rate),
        act @ ("hour" | "day" | "event") => {
            let david = demo.people.get(1).map(|(person, _)| *person);
            let to = match act {
                "hour" => clock.now().plus_ms(HOUR_MS),
                "day" => next_day(clock.now(), &zone),
                _ => state.read(move |shared| Ok(step::next_event(&shared.app.hub, david))).await?,
            };
            // A phone that rings is there to be answered; a day passes all the same.
            let rings = || act != "day" && state.app.handset.as_ref().is_some_and(|h| h.calls_under_way() > 0);
            let steps = step::Steps { grid_ms: STEP_MS, person: david, longest: Some(STEPPING_MAX) };
            Demo::step_to(&state.app.hub, to, &steps, rings).await;
        }
        other => {
            let (_, times) = SPEEDS.iter().find(|(name, _)| *name == other).ok_or(Fault::Stale)?;
            clock.set_rate(demo.rate * times);
        }
    }
    state.app.hub.touch();
    Ok(Redirect::to("/demo"))
}

/// The same local time of the next day.
fn next_day(now: At, zone: &TimeZone) -> At {
    let date = now.date_in(zone).checked_add(1.day()).unwrap_or(jiff::civil::Date::MAX);
    At::of_local(date, now.time_in(zone), zone)
}

/// Begins the session of a role without its password: in the demo, where it stands on the page beside it.
pub(crate) async fn log_in(
    state: State,
    Extension(fields): Extension<Fields>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let demo = state.app.demo.as_ref().ok_or(Fault::NotFound)?;
    let role = fields.get("role");
    let (name, ..) = demo.logins.iter().find(|(.., of)| of == role).ok_or(Fault::Stale)?;
    let name = name.clone();
    let token = state.read(move |shared| Ok(session::begin(shared, &name, &headers)?)).await?;
    let config = &state.app.config;
    let cookie = session::set(session::STAFF, &token, "/", Some(config.session_max_ms / 1000), config.secure_cookies);
    Ok(([(SET_COOKIE, cookie)], Redirect::to(login::safe(fields.get("to")))).into_response())
}

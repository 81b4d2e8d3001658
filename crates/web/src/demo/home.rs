//! Katie and David side by side, and the clock that both live by.

use super::Demo;
use crate::auth::guard::{Fields, Visitor};
use crate::fault::Fault;
use crate::staff::timeline;
use crate::tongue::Tongue;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::response::Redirect;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::message::Status;
use model::{At, PersonId};

/// Facts looked through for a story.
const FACTS_MAX: usize = 400;
/// Lines of a story, the newest first.
const LINES_MAX: usize = 60;
/// Speeds: how many times the usual one.
const SPEEDS: &[(&str, f64)] = &[("Slower", 0.25), ("Usual speed", 1.0), ("Faster", 4.0)];

/// The page.
pub(crate) async fn show(state: State, Extension(visitor): Extension<Visitor>) -> Result<Markup, Fault> {
    state.read(move |shared| render(shared, &visitor)).await
}

fn render(shared: &Shared, visitor: &Visitor) -> Result<Markup, Fault> {
    let demo = shared.app.demo.as_ref().ok_or(Fault::NotFound)?;
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let mut stories = Vec::new();
    for (person, about) in &demo.people {
        stories.push(story(shared, *person, about)?);
    }
    let body = html! {
        h1 { "Two people go home after the same operation" }
        (clock(shared, visitor, demo, &zone))
        div .two.even { @for story in &stories { (story) } }
        section .card {
            h2 { "Play a part" }
            ul .list {
                li { a href="/handset" { "The phones and mailboxes" } ": read, reply, answer calls" }
                li { a href="/login" { "The care team's console" } }
            }
            @if !demo.logins.is_empty() {
                div .scroll tabindex="0" role="region" aria-label="Logins" { table {
                    caption { "Logins of this demo" }
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Password" } th scope="col" { "Role" } } }
                    tbody { @for (name, password, role) in &demo.logins { tr { th scope="row" { (name) } td .mono { (password) } td { (role) } } } }
                } }
            }
        }
    };
    Ok(page::stage(shared, visitor, "Demo", &body))
}

fn clock(shared: &Shared, visitor: &Visitor, demo: &Demo, zone: &TimeZone) -> Markup {
    let clock = shared.app.hub.clock();
    let rate = clock.rate();
    let button = |act: &str, text: &str| {
        html! {
            form method="post" action="/demo/clock" {
                (page::token(&visitor.csrf))
                input type="hidden" name="act" value=(act);
                button #{ "clock-" (act) } { (text) }
            }
        }
    };
    html! {
        section .card aria-labelledby="clock-h" {
            h2 #clock-h { "The clock" }
            p #clock data-live {
                strong { (page::time(Tongue::En, clock.now(), zone)) } ". "
                @if rate == 0.0 { "It stands still." } @else if (rate - 1.0).abs() < f64::EPSILON {
                    "A phone rings: the clock runs like your own until the call is over."
                } @else {
                    "A day takes " (words_of_day(rate)) "."
                }
            }
            div .row {
                @if rate == 0.0 { (button("run", "Run")) } @else { (button("pause", "Pause")) }
                (button("hour", "One hour on"))
                (button("day", "One day on"))
                @for (name, times) in SPEEDS { (button(&format!("x{}", demo.rate * times), name)) }
            }
        }
    }
}

fn words_of_day(rate: f64) -> String {
    let seconds = model::time::DAY_MS as f64 / rate / 1000.0;
    if seconds < 120.0 { format!("{seconds:.0} seconds") } else { format!("{:.0} minutes", seconds / 60.0) }
}

fn story(shared: &Shared, person: PersonId, about: &str) -> Result<Markup, Fault> {
    let look = match shared.app.hub.look(person) {
        Ok(look) => look,
        Err(hub::Error::NoSuchPerson) => {
            return Ok(html! { section .card { h2 { (about) } p .muted { "Not in hospital yet." } } });
        }
        Err(error) => return Err(error.into()),
    };
    let facts = shared.store().timeline(look.person, None, FACTS_MAX)?;
    let messages = shared.store().messages_of(look.person, FACTS_MAX)?;
    let zone = words::zone(look.record.zone.as_deref().unwrap_or("UTC"));
    let shown = facts.iter().map(|(_, f)| f).filter(|f| timeline::is_of(f, "")).take(LINES_MAX);
    let sent = messages.iter().filter(|m| matches!(m.status, Status::Accepted | Status::Delivered)).count();
    Ok(html! {
        section .card aria-labelledby={ "s-" (person) } {
            h2 #{ "s-" (person) } { (look.record.name) }
            p .muted { (about) }
            div #{ "story-" (person) } data-live {
                p { (sent) " messages" " reached out, "
                    (look.prompts.len()) " prompts" @if look.prompts.len() == 1 { " waits" } @else { " wait" } " for the team." }
                ol .timeline {
                    @for fact in shown {
                        li .(timeline::class(fact)) {
                            p .said { (timeline::told(fact, &messages)) }
                            p .muted.small { (page::time(Tongue::En, fact.occurred_at, &zone)) " · " (timeline::actor(fact)) }
                        }
                    }
                }
            }
        }
    })
}

/// Pauses, steps or speeds up.
pub(crate) async fn set_clock(state: State, Extension(fields): Extension<Fields>) -> Result<Redirect, Fault> {
    let demo = state.app.demo.as_ref().ok_or(Fault::NotFound)?;
    let clock = state.app.hub.clock();
    let zone = words::zone(&state.app.hub.settings().clinic.zone);
    match fields.get("act") {
        "pause" => clock.set_rate(0.0),
        "run" => clock.set_rate(demo.rate),
        "hour" => clock.advance_to(clock.now().plus_ms(model::time::HOUR_MS)),
        "day" => clock.advance_to(next_day(clock.now(), &zone)),
        other => {
            let asked: f64 = other.strip_prefix('x').and_then(|r| r.parse().ok()).ok_or(Fault::Stale)?;
            let known = SPEEDS.iter().any(|(_, times)| (demo.rate * times - asked).abs() < f64::EPSILON * asked);
            clock.set_rate(if known { asked } else { return Err(Fault::Stale) });
        }
    }
    Ok(Redirect::to("/demo"))
}

/// The same local time of the next day.
fn next_day(now: At, zone: &TimeZone) -> At {
    let date = now.date_in(zone).checked_add(1.day()).unwrap_or(jiff::civil::Date::MAX);
    At::of_local(date, now.time_in(zone), zone)
}

//! What a patient says on the pages, as facts. A button's name is what it does, its value what about.

use super::contact::{self, CHANNELS, PAUSE_DAYS_MAX, PURPOSES, Way};
use super::today::{self, Opened};
use crate::auth::guard::{Fields, Visitor};
use crate::fault::Fault;
use crate::tongue::Tongue;
use crate::{Shared, State};
use axum::Extension;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::{Date, Time};
use model::{Actor, At, Channel, Fact, MessageId, PersonId};
use serde_json::{Value as Json, json};

/// The names of buttons.
const ACTS: [&str; 13] = [
    "done",
    "undone",
    "picked_up",
    "need_help",
    "read",
    "reminders",
    "stop",
    "start",
    "grid",
    "pause",
    "resume",
    "quiet",
    "language",
];
const BASIS: &str = "Today page";

/// What a button says: kinds and bodies of facts, each with a name of its own among them, and what is said back.
struct Said {
    facts: Vec<(&'static str, String, Json)>,
    did: &'static str,
}

impl Said {
    fn one(kind: &'static str, about: &str, body: Json, did: &'static str) -> Self {
        Self { facts: vec![(kind, about.to_owned(), body)], did }
    }
}

/// Does what a button says, if the browser passed the second factor.
pub(crate) async fn act(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let once = fields.get("once").to_owned();
    if once.is_empty() || once.len() > 64 {
        return Err(Fault::Stale);
    }
    let back = if fields.get("back") == "contact" { "/contact" } else { "" };
    let link = token.clone();
    let now = state.now();
    let said = state.read(move |shared| said(shared, &visitor, &token, &headers, &fields, now)).await?;
    let (person, said) = match said {
        Ok(said) => said,
        Err(page) => return Ok(page),
    };
    for (kind, about, body) in said.facts {
        // Two clicks of one button are one fact; two buttons of one page are two.
        let fact = Fact::own(kind, &format!("{once} {about}"), person, now, body).by(Actor::Patient);
        state.app.hub.submit(person, fact).await?;
    }
    let part = if said.did == "ticked" { "#checklist" } else { "" };
    Ok(Redirect::to(&format!("/t/{link}{back}?did={}{part}", said.did)).into_response())
}

fn said(
    shared: &Shared,
    visitor: &Visitor,
    token: &str,
    headers: &HeaderMap,
    fields: &Fields,
    now: At,
) -> Result<Result<(PersonId, Said), Response>, Fault> {
    let opened = match today::enter_to_send(shared, visitor, token, headers)? {
        Ok(opened) => opened,
        Err(page) => return Ok(Err(page)),
    };
    let (act, about) = ACTS.iter().find_map(|a| Some((*a, some(fields.get(a))?))).ok_or(Fault::Stale)?;
    if act == "read" {
        let id: MessageId = about.parse().map_err(|_| Fault::NotFound)?;
        shared.store().message(opened.person, id)?.ok_or(Fault::NotFound)?;
    }
    let zone = opened.zone(shared);
    let said = clinical(&opened, act, about)
        .or_else(|| choice(&opened, act, about))
        .or_else(|| with_fields(&opened, act, fields, now, &zone))
        .ok_or(Fault::Stale)?;
    Ok(Ok((opened.person, said)))
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// About things of this person only.
fn clinical(opened: &Opened, act: &str, about: &str) -> Option<Said> {
    let task = || opened.look.tasks.iter().find(|t| t.id == about);
    let rx = || opened.look.record.prescriptions.iter().find(|rx| rx.id == about);
    Some(match act {
        "done" => Said::one("task.done", about, json!({ "task": task()?.id }), "ticked"),
        "undone" => Said::one("task.undone", about, json!({ "task": task()?.id }), "ticked"),
        "picked_up" => Said::one("medication.picked_up", about, json!({ "id": rx()?.id }), "picked-up"),
        "need_help" => {
            // It is read by the care team, in the language that they work in.
            let text = format!("I need help getting my medicine: {}", rx()?.concept.text);
            let body = json!({ "channel": "portal", "from": "today", "text": text });
            Said::one("reply.received", about, body, "help-coming")
        }
        "read" => Said::one("message.read", about, json!({ "message": about }), "saved"),
        _ => return None,
    })
}

/// Choices that a button alone makes.
fn choice(opened: &Opened, act: &str, about: &str) -> Option<Said> {
    let channel = || Channel::named(about).filter(|c| CHANNELS.contains(c));
    let whole =
        |channel: Channel, allowed: bool| json!({ "channel": channel.name(), "allowed": allowed, "basis": BASIS });
    Some(match act {
        "reminders" => Said::one("preference.changed", "", json!({ "task_reminders": on_off(about)? }), "saved"),
        "stop" => Said::one("consent.changed", about, whole(channel()?, false), "saved"),
        "start" if contact::way(opened, channel()?) == Way::Stopped => {
            Said::one("consent.changed", about, whole(channel()?, true), "saved")
        }
        "resume" => Said::one("preference.changed", "", json!({ "paused_until": null }), "saved"),
        "language" => {
            let tongue = Tongue::ALL.into_iter().find(|t| t.tag() == about)?;
            Said::one("preference.changed", "", json!({ "language": tongue.tag() }), "saved")
        }
        _ => return None,
    })
}

/// Choices that fields make.
fn with_fields(opened: &Opened, act: &str, fields: &Fields, now: At, zone: &jiff::tz::TimeZone) -> Option<Said> {
    match act {
        "grid" => grid(opened, &fields.all("allow")),
        "pause" => {
            let until: Date = fields.get("until").parse().ok()?;
            let days = until.since((jiff::Unit::Day, now.date_in(zone))).ok()?.get_days();
            let fits = (1..=PAUSE_DAYS_MAX).contains(&i64::from(days));
            let at = At::of_local(until, Time::midnight(), zone);
            fits.then(|| Said::one("preference.changed", "", json!({ "paused_until": at }), "saved"))
        }
        "quiet" => {
            const DAY: u16 = 24 * 60;
            let minutes = |name| fields.get(name).parse::<u16>().ok().filter(|m| *m < DAY);
            let quiet = json!([minutes("from")?, minutes("to")?]);
            Some(Said::one("preference.changed", "", json!({ "quiet": quiet }), "saved"))
        }
        _ => None,
    }
}

/// What differs from what holds. A way that is stopped as a whole takes no choices: the server refuses what the page
/// does not offer.
fn grid(opened: &Opened, allow: &[String]) -> Option<Said> {
    let name = |channel: Channel, purpose: model::Purpose| format!("{}.{}", channel.name(), purpose.name());
    let all = || CHANNELS.into_iter().flat_map(|c| PURPOSES.into_iter().map(move |p| (c, p)));
    let open = |channel| contact::way(opened, channel) == Way::Open;
    if !allow.iter().all(|wanted| all().any(|(c, p)| open(c) && name(c, p) == *wanted)) {
        return None;
    }
    let mut facts = Vec::new();
    for (channel, purpose) in all().filter(|(c, _)| open(*c)) {
        let key = name(channel, purpose);
        let wanted = allow.contains(&key);
        if wanted != contact::allowed(opened, purpose, channel) {
            let body =
                json!({ "purpose": purpose.name(), "channel": channel.name(), "allowed": wanted, "basis": BASIS });
            facts.push(("consent.changed", key, body));
        }
    }
    Some(Said { facts, did: "saved" })
}

fn on_off(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

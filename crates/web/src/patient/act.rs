//! What a patient says on the Today page, as facts.

use super::factor;
use super::today;
use super::words::LANGUAGES;
use crate::auth::guard::Fields;
use crate::fault::Fault;
use crate::{Shared, State};
use axum::Extension;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use hub::Look;
use model::{Actor, Fact, MessageId, PersonId};
use serde_json::{Value as Json, json};

/// Does what a button says, if the browser passed the second factor.
pub(crate) async fn act(
    state: State,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let once = fields.get("once").to_owned();
    if once.is_empty() || once.len() > 64 {
        return Err(Fault::Stale);
    }
    let link = token.clone();
    let said = state.read(move |shared| said(shared, &token, &headers, &fields)).await?;
    let (person, kind, body, did) = match said {
        Ok(said) => said,
        Err(page) => return Ok(page),
    };
    let fact = Fact::own(kind, &once, person, state.now(), body).by(Actor::Patient);
    state.app.hub.submit(person, fact).await?;
    Ok(Redirect::to(&format!("/t/{link}?did={did}")).into_response())
}

type Said = (PersonId, &'static str, Json, &'static str);

fn said(shared: &Shared, token: &str, headers: &HeaderMap, fields: &Fields) -> Result<Result<Said, Response>, Fault> {
    let opened = match today::open(shared, token)? {
        Ok(opened) => opened,
        Err(page) => return Ok(Err(page)),
    };
    if !factor::passed(shared, headers, opened.person)? {
        return Ok(Err(Redirect::to(&format!("/t/{token}")).into_response()));
    }
    let (kind, body, did) = fact_of(&opened.look, fields.get("act"), fields.get("about")).ok_or(Fault::Stale)?;
    if kind == "message.read" {
        let id: MessageId = fields.get("about").parse().map_err(|_| Fault::NotFound)?;
        shared.store().message(opened.person, id)?.ok_or(Fault::NotFound)?;
    }
    Ok(Ok((opened.person, kind, body, did)))
}

/// Kind and body of what the button says, about things of this person only; and what is said back.
fn fact_of(look: &Look, act: &str, about: &str) -> Option<(&'static str, Json, &'static str)> {
    let task = || look.tasks.iter().find(|t| t.id == about);
    let rx = || look.record.prescriptions.iter().find(|rx| rx.id == about);
    let (kind, body) = match act {
        "task_done" => ("task.done", json!({ "task": task()?.id })),
        "task_undone" => ("task.undone", json!({ "task": task()?.id })),
        "picked_up" => ("medication.picked_up", json!({ "id": rx()?.id })),
        "need_help" => {
            let text = format!("I need help getting my medicine: {}", rx()?.concept.text);
            let body = json!({ "channel": "portal", "from": "today", "text": text });
            return Some(("reply.received", body, "help_coming"));
        }
        "read" => ("message.read", json!({ "message": about })),
        "reminders" => ("preference.changed", json!({ "task_reminders": on_off(about)? })),
        "texts" => ("consent.changed", json!({ "channel": "sms", "allowed": on_off(about)?, "basis": "Today page" })),
        "language" if LANGUAGES.contains(&about) => ("preference.changed", json!({ "language": about })),
        _ => return None,
    };
    Some((kind, body, "saved"))
}

fn on_off(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

//! What was written is handed to the hub, which says at once whether it may leave; what waits is taken back.

use super::compose::{self, NOTE};
use super::{Given, Wanted, path, render};
use crate::State;
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::staff::person::View;
use crate::staff::prompt::drafts;
use crate::staff::{known_to, say as says, timeline};
use crate::tongue::{Tongue, say};
use crate::words;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub::Look;
use jiff::civil::DateTime;
use model::fact::Topic;
use model::{At, Channel, PersonId};
use outreach::May;
use serde_json::json;
use turn::talk;

/// A time as it was typed, on the person's clock; `Ok(None)` for now.
fn later(text: &str, zone: &jiff::tz::TimeZone) -> Result<Option<At>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    let local: DateTime = text.parse().map_err(|_| ())?;
    Ok(Some(At::of_local(local.date(), local.time(), zone)))
}

/// Takes what was written.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Response, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let look = known_to(&state, &who, person).await?;
    let (to, person) = (fields.get("to").to_owned(), look.person);
    let said = match to.as_str() {
        NOTE => {
            let body = json!({"text": fields.get("text").trim(), "by": who.account.display});
            says(&state, &who, &fields, person, talk::NOTE, body).await
        }
        _ => match message(&state, &who, &fields, look).await? {
            Ok(body) => says(&state, &who, &fields, person, talk::WRITTEN, body).await,
            Err(why) => Err(Fault::Form(why)),
        },
    };
    match said {
        Ok(_) => {
            let account = who.clone();
            state.read(move |shared| drafts::keep(shared, &account, compose::draft_of(person), Vec::new())).await?;
            Ok(Redirect::to(&format!("{}#compose", path(person))).into_response())
        }
        // What was typed stays, with the reason above it.
        Err(Fault::Form(why)) => again(&state, &who, person, fields, why).await,
        Err(Fault::Refused(code)) => again(&state, &who, person, fields, refused(who.tongue, &code, &to)).await,
        Err(other) => Err(other),
    }
}

/// A refusal of the hub in the reader's words: what the form itself did not find, as when something changed meanwhile.
fn refused(t: Tongue, code: &str, channel: &str) -> String {
    match code {
        talk::NO_WORDS => say!(t, "conversation-bad-text"),
        talk::TOO_LONG => say!(t, "conversation-too-long", n = talk::SEGMENTS_MAX),
        talk::TOO_FAR => say!(t, "conversation-too-far", n = talk::LATER_MAX_MS / model::time::DAY_MS),
        talk::NO_CHANNEL => say!(t, "conversation-bad-way"),
        talk::LEFT => say!(t, "conversation-left"),
        guard => {
            let channel = channel.split(':').next().unwrap_or_default();
            outreach::describe(guard, &format!("channel={channel}"), t.tag())
        }
    }
}

/// The body of what is written to the person, or why it cannot be sent, in the writer's words.
async fn message(
    state: &State,
    who: &Who,
    fields: &Fields,
    look: Look,
) -> Result<Result<serde_json::Value, String>, Fault> {
    let t = who.tongue;
    let (channel, to) = fields.get("to").split_once(':').map_or((fields.get("to"), None), |(c, to)| (c, Some(to)));
    let Some(channel) = Channel::named(channel) else { return Ok(Err(say!(t, "conversation-bad-way"))) };
    let zone = look.record.zone.as_deref().unwrap_or(&state.app.hub.settings().clinic.zone);
    let Ok(not_before) = later(fields.get("at"), &words::zone(zone)) else {
        return Ok(Err(say!(t, "conversation-bad-at")));
    };
    if not_before.is_some_and(|at| at < state.now()) {
        return Ok(Err(say!(t, "conversation-past")));
    }
    let text = fields.get("text").trim().to_owned();
    if text.is_empty() {
        return Ok(Err(say!(t, "conversation-bad-text")));
    }
    let language = Tongue::of(fields.get("language")).unwrap_or(t).tag();
    let mut body = json!({"channel": channel.name(), "text": text, "language": language, "by": who.account.display,
        "team": who.account.teams.first()});
    if let Some(at) = not_before {
        body["not_before"] = json!(at);
    }
    if let Some(to) = to {
        body["to"] = json!(to);
    }
    let way = fields.get("to").to_owned();
    let account = who.clone();
    state
        .read(move |shared| {
            let choices = shared.app.hub.choices(look.person, not_before)?;
            let view = View::new(shared, &account, &look);
            let choice = choices.iter().find(|c| compose::value(c) == way);
            Ok(match choice {
                Some(choice) if matches!(choice.may, May::Not(_)) => {
                    Err(compose::because(&view, choice).unwrap_or_else(|| say!(t, "conversation-bad-way")))
                }
                Some(_) => Ok(body),
                // A grant that was there when the page was made, and is over or was taken back.
                None if way.contains(':') => {
                    let detail = format!("channel={}", channel.name());
                    Err(timeline::trace(&view.told(), outreach::NO_GRANT, &detail))
                }
                None => Err(say!(t, "conversation-bad-way")),
            })
        })
        .await
}

async fn again(state: &State, who: &Who, person: PersonId, fields: Fields, why: String) -> Result<Response, Fault> {
    let who = who.clone();
    let given = Given { fields, error: Some(why) };
    let page = state.read(move |shared| render(shared, &who, person, &Wanted::default(), &given)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Takes back what has not left.
pub(crate) async fn take_back(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Response, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let look = known_to(&state, &who, person).await?;
    let reach: model::EffectId = crate::staff::id(fields.get("reach"))?;
    // What a pathway sends is the pathway's: only what somebody wrote is taken back here.
    let (store_person, key) = (look.person, reach);
    let written = state
        .read(move |shared| {
            let said = shared.store().timeline_of(store_person, &[Topic::Said, Topic::Written], None, WRITTEN_MAX)?;
            Ok(said.iter().any(|(_, fact)| fact.kind == talk::WRITTEN && talk::reach_of(fact) == key))
        })
        .await?;
    if !written {
        return Err(Fault::NotFound);
    }
    let said = says(&state, &who, &fields, look.person, talk::TAKEN_BACK, json!({"reach": reach})).await;
    said.map_err(|fault| match fault {
        Fault::Refused(code) => Fault::Refused(refused(who.tongue, &code, "")),
        other => other,
    })?;
    Ok(Redirect::to(&format!("{}#compose", path(look.person))).into_response())
}

/// Facts that are looked through for what was written.
const WRITTEN_MAX: usize = 1_000;

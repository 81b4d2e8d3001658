//! `POST /api/pathways/{name}/versions`: a version of a pathway, looked at, kept or put in force, by a machine's key.

use super::{body, outcome};
use crate::auth::key::ApiKey;
use crate::publishing::{self, Looked, Turn};
use crate::{Shared, State};
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use check::Format;
use model::Id;
use pathway::Severity;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// No body is larger: a file has 256 KiB at most, and JSON writes some letters longer.
const BODY_MAX: usize = 1024 * 1024;

/// What to do with the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Do {
    /// Say what would come of it, and write nothing.
    Look,
    /// Keep it, known and not in force.
    Keep,
    /// Put it in force.
    Publish,
}

/// What a machine sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// The file, as the sender calls it.
    #[serde(default)]
    file: String,
    /// Its text.
    source: String,
    /// What to do.
    r#do: Do,
    /// The version that it takes the place of; empty when none is in force. Needed to publish.
    #[serde(default)]
    over: Option<String>,
    /// The sender knows that nobody approved it.
    #[serde(default)]
    draft_ok: bool,
}

/// Takes it.
pub(crate) async fn post(
    state: State,
    Extension(key): Extension<ApiKey>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let max = BODY_MAX.min(state.app.config.body_max_bytes);
    let bytes = match body::read(&headers, body, max).await {
        Ok(bytes) => bytes,
        Err(answer) => return *answer,
    };
    let sent: Sent = match serde_json::from_slice(&bytes) {
        Ok(sent) => sent,
        Err(error) => return says(StatusCode::BAD_REQUEST, &format!("the body does not read: {error}")),
    };
    let turn = match publishing::turn(&state).await {
        Ok(turn) => turn,
        Err(fault) => return outcome::answer(fault.status(), "exception", &fault.to_string(), ""),
    };
    let looked = publishing::look_in(&state, &turn, sent.file.clone(), sent.source.clone(), sent.draft_ok).await;
    let looked = match looked {
        Ok(looked) => looked,
        Err(fault) => return outcome::answer(fault.status(), "exception", &fault.to_string(), ""),
    };
    if let Some(version) = looked.version.as_ref().filter(|p| p.name != name) {
        let why = format!("this file is the pathway `{}`, not `{name}`", version.name);
        return says(StatusCode::UNPROCESSABLE_ENTITY, &why);
    }
    let by = format!("{} (key {})", key.name, key.id);
    match sent.r#do {
        Do::Look => told(&state, &looked, StatusCode::OK, "looked", None),
        Do::Keep if looked.version.is_none() => {
            told(&state, &looked, StatusCode::UNPROCESSABLE_ENTITY, "refused", None)
        }
        Do::Keep => match publishing::keep(&state, &looked, &by).await {
            Ok(version) => {
                publishing::noted(&state, &by, &version, None, true).await;
                told(&state, &looked, StatusCode::OK, "kept", None)
            }
            Err(error) => failed(&state, &looked, &error),
        },
        Do::Publish => put_in_force(&state, &turn, &looked, sent.over.as_deref(), &by).await,
    }
}

async fn put_in_force(state: &Arc<Shared>, turn: &Turn<'_>, looked: &Looked, over: Option<&str>, by: &str) -> Response {
    let over = match over {
        Some("") => None,
        Some(version) if version.parse::<Id>().is_ok() => version.parse().ok(),
        _ => {
            let why = "`over` is needed: the version that this one takes the place of, or \"\" when none is in force";
            return says(StatusCode::UNPROCESSABLE_ENTITY, why);
        }
    };
    // What is in force already was let in before: the same file again is the same order.
    if !looked.in_the_way.is_empty() && !looked.is_in_force() {
        return told(state, looked, StatusCode::UNPROCESSABLE_ENTITY, "refused", None);
    }
    let once = crate::random_secret();
    match publishing::publish(state, turn, looked, over, (by, &once)).await {
        Ok(Some((number, true))) => {
            if let Some(version) = &looked.version {
                publishing::noted(state, by, version, Some(number), false).await;
            }
            told(state, looked, StatusCode::CREATED, "published", Some(number))
        }
        Ok(before) => {
            let number = before.map(|(number, _)| number);
            told(state, looked, StatusCode::OK, "in_force_already", number)
        }
        Err(error) => failed(state, looked, &error),
    }
}

fn failed(state: &Arc<Shared>, looked: &Looked, error: &hub::Error) -> Response {
    match error {
        hub::Error::InForce(_) => told(state, looked, StatusCode::CONFLICT, "other_in_force", None),
        hub::Error::Refused(why) => says(StatusCode::CONFLICT, why),
        hub::Error::Order(why) => says(StatusCode::CONFLICT, &why.to_string()),
        error => outcome::not_taken(error),
    }
}

fn says(status: StatusCode, why: &str) -> Response {
    answer(status, &json!({"done": "refused", "says": why}))
}

fn answer(status: StatusCode, body: &Json) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Everything that there is to say of a version.
fn told(state: &Arc<Shared>, looked: &Looked, status: StatusCode, done: &str, order: Option<i64>) -> Response {
    let now = looked.version.as_ref().and_then(|v| state.app.hub.in_force().into_iter().find(|p| p.name == v.name));
    let by = now.as_ref().and_then(|p| state.app.hub.put_in_force_by(&p.name));
    let in_force = now.map(|p| {
        let by = by.as_ref();
        json!({"version": p.version, "order": by.map(|o| o.number), "by": by.map(|o| &o.by), "at": by.map(|o| o.at.to_string())})
    });
    let findings: Json = serde_json::from_str(&looked.report(Format::Json)).unwrap_or_default();
    let in_the_way: Vec<Json> = looked.in_the_way.iter().map(|w| json!({"code": w.name(), "says": w.says()})).collect();
    let body = json!({
        "done": done,
        "order": order,
        "pathway": looked.version.as_ref().map(|p| &p.name),
        "version": looked.version.as_ref().map(|p| p.version),
        "file": looked.file,
        "errors": looked.count(Severity::Error),
        "warnings": looked.count(Severity::Warning),
        "findings": findings,
        "report": looked.report(Format::Human),
        "in_the_way": in_the_way,
        "held_back": looked.held_back,
        "in_force": in_force,
        "difference": looked.difference(),
    });
    answer(status, &body)
}

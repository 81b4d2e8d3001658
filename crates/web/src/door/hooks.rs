//! `POST /hooks/{provider}/…`: what a provider reports, and what a caller presses. Its authority is the provider's own
//! signature; an address that names an attempt is signed by the hub as well.
//!
//! Invariants: nothing is answered before its facts are durable, but for a greeting that confirms none of them; what is not
//! authentic has no effect and is told nothing; the address that a signature is checked against is made of the hub's own
//! `base_url`; what bodies hold before anybody knows whose they are is bounded, each by its provider and all of them
//! together.

use super::{body, outcome};
use crate::State;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use channels::contract::{Incoming, Provider, ReceiveError, Received, Request};
use model::message::Message;
use std::sync::Arc;

/// Names and values of a query that are read.
const QUERY_MAX: usize = 200;

/// Takes a report.
pub(crate) async fn post(
    state: State,
    Path(path): Path<Vec<String>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let rest = path.get(1).map_or("", String::as_str);
    let Some(provider) = path.first().and_then(|name| state.app.hub.provider(name)) else { return nothing_here() };
    let Some((attempt, rest)) = attempt(&state, provider.spec().name, rest) else { return nothing_here() };
    let max = provider.body_max().min(state.app.config.body_max_bytes);
    // What it takes of the room is given back with the answer.
    let (bytes, _taken) = match body::read_unknown(&headers, body, max, &state.hooks).await {
        Ok(read) => read,
        Err(answer) => return *answer,
    };
    let asked = uri.path_and_query().map_or("", |p| p.as_str());
    let request = Request {
        method: "POST".into(),
        url: format!("{}{asked}", state.app.hub.settings().clinic.base_url),
        path: rest,
        query: query(&uri),
        headers: named(&headers),
        body: bytes,
        now: state.now(),
        attempt,
    };
    match take(&state, &provider, &request).await {
        Ok(answer) => answer,
        Err(answer) => *answer,
    }
}

async fn take(state: &State, provider: &Arc<dyn Provider>, request: &Request) -> Result<Response, Box<Response>> {
    let name = provider.spec().name;
    let mut received = provider.receive(request).map_err(|error| {
        tracing::warn!(provider = name, %error, "a report was not taken");
        metrics::counter!("throughline_reports_refused_total", "provider" => name).increment(1);
        match error {
            ReceiveError::NotAuthentic(_) => refused(StatusCode::FORBIDDEN, "it is not signed as it should be"),
            ReceiveError::Malformed(_) => refused(StatusCode::BAD_REQUEST, "it does not read"),
        }
    })?;
    let facts = std::mem::take(&mut received.facts);
    let kept = keep(state, name, facts).await;
    if !provider.answers_anyway(request) {
        kept?;
    }
    let about = about(state, &received).await.map_err(|_| busy())?;
    keep(state, name, provider.understand(request, &received, about.as_ref())).await?;
    let answer = provider.respond(request, &received, about.as_ref());
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if answer.content_type.is_empty() {
        return Ok((status, answer.body).into_response());
    }
    Ok((status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response())
}

/// Makes facts durable, or says that they are to be brought again.
async fn keep(state: &State, provider: &str, facts: Vec<Incoming>) -> Result<(), Box<Response>> {
    if facts.is_empty() {
        return Ok(());
    }
    state.app.hub.incoming(facts).await.map(drop).map_err(|error| {
        tracing::warn!(provider, %error, "a report could not be taken in");
        busy()
    })
}

fn busy() -> Box<Response> {
    refused(StatusCode::SERVICE_UNAVAILABLE, "it could not be taken in now: send it again")
}

/// The message that the answer is made of; a line that was merged has it where it went.
async fn about(state: &State, received: &Received) -> Result<Option<Message>, crate::fault::Fault> {
    let Some((person, id)) = received.about else { return Ok(None) };
    state.read(move |shared| Ok(shared.app.hub.store().message(person, id)?)).await
}

/// The attempt that the first segment names, and what follows it. `None` when it looks like one and was not written
/// by this hub for this provider.
fn attempt(state: &State, provider: &str, rest: &str) -> Option<(Option<(model::PersonId, model::MessageId)>, String)> {
    let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
    if first.matches('.').count() != 2 {
        return Some((None, rest.to_owned()));
    }
    let secret = &state.app.hub.settings().clinic.link_secret;
    let attempt = model::link::verify_attempt(secret, provider, first).ok()?;
    Some((Some(attempt), after.to_owned()))
}

fn query(uri: &Uri) -> Vec<(String, String)> {
    let mut all = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(all)| all).unwrap_or_default();
    all.truncate(QUERY_MAX);
    all
}

fn named(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    headers.iter().filter_map(text).collect()
}

fn refused(status: StatusCode, says: &str) -> Box<Response> {
    Box::new(outcome::answer(status, "processing", says, ""))
}

fn nothing_here() -> Response {
    outcome::answer(StatusCode::NOT_FOUND, "not-found", "there is nothing at this path", "")
}

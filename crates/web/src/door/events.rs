//! `POST /events`: CloudEvents 1.0, one or a batch.

use super::{body, hand_over, outcome, source};
use crate::State;
use crate::auth::key::{ApiKey, IDENTITY};
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use wire::{BundleKind, Entry, Issue, Read, Severity, bundle_response};

/// Facts that join and part lines: who may say them may mix up charts.
const JOINING: &[&str] = &["person.merged", "person.unmerged"];

/// Takes them.
pub(crate) async fn post(state: State, Extension(key): Extension<ApiKey>, headers: HeaderMap, body: Body) -> Response {
    let media = body::media(&headers);
    let bytes = match body::read(&headers, body, state.app.config.body_max_bytes).await {
        Ok(bytes) => bytes,
        Err(answer) => return *answer,
    };
    let may_join = key.scopes.iter().any(|s| s == IDENTITY);
    let read = state.read(move |shared| Ok(wire::events(&bytes, &media, &source(shared, &key)))).await;
    let mut entries = match read {
        Err(fault) => return outcome::answer(fault.status(), "exception", &fault.to_string(), ""),
        Ok(Err(issues)) => return outcome::refused(&issues),
        Ok(Ok(entries)) => entries,
    };
    if !may_join {
        entries.iter_mut().for_each(refuse_joining);
    }
    let read = Read { entries, bundle: BundleKind::Batch };
    let items = read.in_order().into_iter().map(|(n, item)| (n, item.clone())).collect();
    match hand_over(&state, items, read.entries.len()).await {
        Err(error) => outcome::not_taken(&error),
        Ok(arrivals) => outcome::json(StatusCode::OK, &bundle_response(&read, &arrivals)),
    }
}

/// Refuses an event that joins or parts lines.
fn refuse_joining(entry: &mut Entry) {
    let joins = entry.result.as_ref().is_ok_and(|items| items.iter().any(|i| JOINING.contains(&i.fact.kind.as_str())));
    if joins {
        let says = format!("the key lacks the scope {IDENTITY}");
        let issue = Issue { severity: Severity::Error, code: "forbidden", place: entry.place.clone(), says };
        entry.result = Err(vec![issue]);
    }
}

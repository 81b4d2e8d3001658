//! `POST /events`: CloudEvents 1.0, one or a batch.

use super::{body, hand_over, outcome, source};
use crate::State;
use crate::auth::key::ApiKey;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use wire::{BundleKind, Read, bundle_response};

/// Takes them.
pub(crate) async fn post(state: State, Extension(key): Extension<ApiKey>, headers: HeaderMap, body: Body) -> Response {
    let media = body::media(&headers);
    let bytes = match body::read(&headers, body, state.app.config.body_max_bytes).await {
        Ok(bytes) => bytes,
        Err(answer) => return *answer,
    };
    let read = state.read(move |shared| Ok(wire::events(&bytes, &media, &source(shared, &key)))).await;
    let entries = match read {
        Err(fault) => return outcome::answer(fault.status(), "exception", &fault.to_string(), ""),
        Ok(Err(issues)) => return outcome::refused(&issues),
        Ok(Ok(entries)) => entries,
    };
    let read = Read { entries, bundle: BundleKind::Batch };
    let items = read.in_order().into_iter().map(|(n, item)| (n, item.clone())).collect();
    match hand_over(&state, items, read.entries.len()).await {
        Err(error) => outcome::not_taken(&error),
        Ok(arrivals) => outcome::json(StatusCode::OK, &bundle_response(&read, &arrivals)),
    }
}

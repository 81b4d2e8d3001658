//! `POST /events`: CloudEvents 1.0, one or a batch.

use super::kept::Door;
use super::{body, hand_over, keep, outcome, source, too_large};
use crate::State;
use crate::auth::key::ApiKey;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use wire::bundle_response;

/// Takes them.
pub(crate) async fn post(state: State, Extension(key): Extension<ApiKey>, headers: HeaderMap, body: Body) -> Response {
    let media = body::media(&headers);
    let bytes = match body::read(&headers, body, state.app.config.body_max_bytes).await {
        Ok(bytes) => bytes,
        Err(answer) => return too_large(&state, key, Door::Events(media), *answer).await,
    };
    let read = state
        .read(move |shared| {
            let door = Door::Events(media);
            let read = door.read(&bytes, &source(shared, &key));
            keep(shared, &key, &door, &read, &bytes);
            Ok(read)
        })
        .await;
    let read = match read {
        Err(fault) => return outcome::answer(fault.status(), "exception", &fault.to_string(), ""),
        Ok(Err(issues)) => return outcome::refused(&issues),
        Ok(Ok(read)) => read,
    };
    let items = read.in_order().into_iter().map(|(n, item)| (n, item.clone())).collect();
    match hand_over(&state, items, read.entries.len()).await {
        Err(error) => outcome::not_taken(&error),
        Ok(arrivals) => outcome::json(StatusCode::OK, &bundle_response(&read, &arrivals)),
    }
}

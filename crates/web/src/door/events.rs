//! `POST /events`: CloudEvents 1.0, one or a batch.

use super::kept::Door;
use super::{body, hand_over, keep, outcome, source, too_large};
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
        Err(answer) => return too_large(&state, key, Door::Events(media), *answer).await,
    };
    let may_join = key.scopes.iter().any(|s| s == IDENTITY);
    let read = state
        .read(move |shared| {
            let read = wire::events(&bytes, &media, &source(shared, &key)).map(|mut entries| {
                if !may_join {
                    entries.iter_mut().for_each(refuse_joining);
                }
                Read { entries, bundle: BundleKind::Batch }
            });
            keep(shared, &key, &Door::Events(media), &read, &bytes);
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

/// Refuses an event that joins or parts lines.
pub(super) fn refuse_joining(entry: &mut Entry) {
    let joins = entry.result.as_ref().is_ok_and(|items| items.iter().any(|i| JOINING.contains(&i.fact.kind.as_str())));
    if joins {
        let says = format!("the key lacks the scope {IDENTITY}");
        let issue = Issue { severity: Severity::Error, code: "forbidden", place: entry.place.clone(), says };
        entry.result = Err(vec![issue]);
    }
}

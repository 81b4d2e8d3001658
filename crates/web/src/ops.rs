//! What machines watch: alive, ready, and figures.

use crate::State;
use crate::fault::Fault;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The store can be read and written.
pub(crate) async fn readyz(state: State) -> Response {
    match state.read(|shared| Ok(shared.store().ready()?)).await {
        Ok(()) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read and written\n").into_response(),
    }
}

/// Prometheus text. Counts only, never a person.
pub(crate) async fn metrics(state: State) -> Result<Response, Fault> {
    let handle = state.app.metrics.as_ref().ok_or(Fault::NotFound)?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response())
}

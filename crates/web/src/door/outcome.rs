//! OperationOutcomes as answers.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;
use wire::{Issue, Severity, operation_outcome};

/// Seconds after which a sender that was refused for load may come again.
const RETRY_S: &str = "5";

/// The paths on which every answer is FHIR's.
pub(crate) fn speaks_here(path: &str) -> bool {
    path.starts_with("/fhir/") || path == "/fhir" || path == "/events"
}

/// JSON as FHIR.
pub(crate) fn json(status: StatusCode, body: &Json) -> Response {
    (status, [(CONTENT_TYPE, "application/fhir+json; charset=utf-8")], body.to_string()).into_response()
}

/// Issues as an answer.
pub(crate) fn issues(status: StatusCode, list: &[Issue]) -> Response {
    json(status, &operation_outcome(list))
}

/// One issue as an answer. `place` may be empty.
pub(crate) fn answer(status: StatusCode, code: &'static str, says: &str, place: &str) -> Response {
    let issue = Issue { severity: Severity::Error, code, place: place.into(), says: says.into() };
    let mut response = issues(status, &[issue]);
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_S));
    }
    response
}

/// No key, or not a good one.
pub(crate) fn unauthorized(says: &str) -> Response {
    let mut response = answer(StatusCode::UNAUTHORIZED, "login", says, "Authorization");
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"throughline\""));
    response
}

/// The hub did not take it: nothing is promised, the sender tries again.
pub(crate) fn not_taken(error: &hub::Error) -> Response {
    tracing::error!(error.hub = %error, "items were not taken");
    answer(StatusCode::SERVICE_UNAVAILABLE, "transient", "nothing was stored; send it again", "")
}

/// Content that could not be read: 400 when it is no JSON or FHIR at all, 403 when the key may not say it, else 422.
pub(crate) fn refused(list: &[Issue]) -> Response {
    let broken = list.iter().any(|i| i.severity == Severity::Fatal || i.code == "structure");
    let costly = list.iter().any(|i| i.code == "too-costly");
    let forbidden = list.iter().any(|i| i.code == "forbidden");
    let unsupported = list.iter().any(|i| i.place == "Content-Type");
    let status = if unsupported {
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    } else if broken {
        StatusCode::BAD_REQUEST
    } else if costly {
        StatusCode::PAYLOAD_TOO_LARGE
    } else if forbidden {
        StatusCode::FORBIDDEN
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    issues(status, list)
}

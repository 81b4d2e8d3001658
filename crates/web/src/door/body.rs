//! Bodies of machines, bounded.

use super::outcome::answer;
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::StreamExt;

/// Of a body that is too large, so much is still read and thrown away, so that the sender sees the
/// answer instead of a broken connection; past it the connection is closed.
const DRAIN_MAX: usize = 64 * 1024 * 1024;

/// The media type, without its parameters, in lower case.
pub(crate) fn media(headers: &HeaderMap) -> String {
    let line = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    line.split(';').next().unwrap_or_default().trim().to_lowercase()
}

/// Reads the whole body, or answers 413 (too large) or 400 (broken off).
pub(crate) async fn read(headers: &HeaderMap, body: Body, max: usize) -> Result<Vec<u8>, Box<Response>> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    let mut kept = Vec::with_capacity(declared.unwrap_or(0).min(max));
    let (mut seen, mut stream) = (0usize, body.into_data_stream());
    while let Some(chunk) = stream.next().await {
        let Ok(chunk) = chunk else {
            return Err(Box::new(answer(StatusCode::BAD_REQUEST, "incomplete", "the body broke off", "body")));
        };
        seen += chunk.len();
        if seen <= max {
            kept.extend_from_slice(&chunk);
        } else {
            kept = Vec::new();
            if seen > DRAIN_MAX || declared.is_some_and(|d| d > DRAIN_MAX) {
                break;
            }
        }
    }
    if seen > max {
        let says = format!("the body has more than {max} bytes: send smaller Bundles");
        return Err(Box::new(answer(StatusCode::PAYLOAD_TOO_LARGE, "too-costly", &says, "body")));
    }
    Ok(kept)
}

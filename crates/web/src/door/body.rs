//! Bodies of machines, bounded.

use super::outcome::answer;
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Of a body that is too large, so much is still read and thrown away, so that the sender sees the
/// answer instead of a broken connection; past it the connection is closed.
const DRAIN_MAX: usize = 64 * 1024 * 1024;

/// KiB of all bodies together that are read before anybody knows whose they are.
const ROOM_KIB: usize = 64 * 1024;
/// Of these, bodies of more than [`channels::contract::BODY_MAX`] at one time; with mails of 8 MiB they fill one half.
const LARGE_MAX: usize = 4;
/// So long such a body may take to come.
const COMES_IN: Duration = Duration::from_secs(30);

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

/// What bodies may hold whose sender is not known yet: anybody may send one.
pub(crate) struct Room {
    kib: Semaphore,
    large: Semaphore,
    comes_in: Duration,
}

impl Default for Room {
    fn default() -> Self {
        Self::of(ROOM_KIB, LARGE_MAX, COMES_IN)
    }
}

/// What one body takes of the room, until it is dropped.
#[derive(Default)]
pub(crate) struct Taken<'a> {
    kib: Option<SemaphorePermit<'a>>,
    large: Option<SemaphorePermit<'a>>,
}

impl Room {
    fn of(kib: usize, large: usize, comes_in: Duration) -> Self {
        Self { kib: Semaphore::new(kib), large: Semaphore::new(large), comes_in }
    }

    /// Takes what a body of `bytes` needs more than it has; `None` when there is not so much.
    fn grow<'a>(&'a self, taken: &mut Taken<'a>, bytes: usize) -> Option<()> {
        if bytes > channels::contract::BODY_MAX && taken.large.is_none() {
            taken.large = Some(self.large.try_acquire().ok()?);
        }
        let has = taken.kib.as_ref().map_or(0, SemaphorePermit::num_permits);
        let more = self.kib.try_acquire_many(u32::try_from(bytes.div_ceil(1024).saturating_sub(has)).ok()?).ok()?;
        match &mut taken.kib {
            Some(kib) => SemaphorePermit::merge(kib, more),
            none => *none = Some(more),
        }
        Some(())
    }
}

/// Reads a body whose sender is not known before it is read: what it holds is taken of `room` as it comes. Answers 413
/// (more than `max` bytes; no more of it is read), 503 (there is no room now), 408 (it takes too long) or 400 (broken off).
pub(crate) async fn read_unknown<'a>(
    headers: &HeaderMap,
    body: Body,
    max: usize,
    room: &'a Room,
) -> Result<(Vec<u8>, Taken<'a>), Box<Response>> {
    let too_large = || {
        let says = format!("the body has more than {max} bytes");
        Box::new(answer(StatusCode::PAYLOAD_TOO_LARGE, "too-costly", &says, "body"))
    };
    let declared = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|d| d > max) {
        return Err(too_large());
    }
    let reads = async {
        let (mut kept, mut taken, mut stream) = (Vec::new(), Taken::default(), body.into_data_stream());
        while let Some(chunk) = stream.next().await {
            let Ok(chunk) = chunk else {
                return Err(Box::new(answer(StatusCode::BAD_REQUEST, "incomplete", "the body broke off", "body")));
            };
            let bytes = kept.len() + chunk.len();
            if bytes > max {
                return Err(too_large());
            }
            if room.grow(&mut taken, bytes).is_none() {
                metrics::counter!("throughline_reports_put_off_total").increment(1);
                let says = "too much is being read now: send it again";
                return Err(Box::new(answer(StatusCode::SERVICE_UNAVAILABLE, "throttled", says, "body")));
            }
            kept.extend_from_slice(&chunk);
        }
        Ok((kept, taken))
    };
    tokio::time::timeout(room.comes_in, reads).await.unwrap_or_else(|_| {
        Err(Box::new(answer(StatusCode::REQUEST_TIMEOUT, "timeout", "the body did not come in time", "body")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::RETRY_AFTER;

    const KIB: usize = 1024;
    const LARGE: usize = 300 * KIB;

    async fn read(bytes: usize, room: &Room) -> Result<Taken<'_>, Box<Response>> {
        let read = read_unknown(&HeaderMap::new(), Body::from(vec![b' '; bytes]), 400 * KIB, room).await?;
        assert_eq!(read.0.len(), bytes);
        Ok(read.1)
    }

    #[tokio::test]
    async fn what_is_read_at_one_time_is_bounded_and_comes_again_later() {
        let room = Room::of(700, 1, COMES_IN);
        let full = |answer: Option<Box<Response>>| {
            let answer = answer.expect("refused");
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(answer.headers().contains_key(RETRY_AFTER));
        };
        let one = read(LARGE, &room).await.expect("room");
        full(read(LARGE, &room).await.err());
        let small = read(200 * KIB, &room).await.expect("a small one does not wait for large ones");
        full(read(201 * KIB, &room).await.err());
        let last = read(200 * KIB, &room).await.expect("what was refused holds nothing");
        full(read(1, &room).await.err());
        drop((one, small, last));
        assert!(read(LARGE, &room).await.is_ok());
        assert_eq!((room.kib.available_permits(), room.large.available_permits()), (700, 1));
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_not_read_to_its_end() {
        let room = Room::default();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, (KIB + 1).into());
        let never = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let refused = read_unknown(&headers, never, KIB, &room).await.err().expect("refused");
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let chunk = || Ok::<_, std::io::Error>(vec![b' '; KIB]);
        let endless = Body::from_stream(futures_util::stream::repeat_with(chunk));
        let refused = read_unknown(&HeaderMap::new(), endless, 3 * KIB, &room).await.err().expect("refused");
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let never = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let room = Room::of(1, 1, Duration::from_millis(1));
        let refused = read_unknown(&HeaderMap::new(), never, KIB, &room).await.err().expect("refused");
        assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
    }
}

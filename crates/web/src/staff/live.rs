//! A stream that says that something changed; the page then fetches itself.

use crate::auth::guard::{Visitor, Who};
use crate::fault::Fault;
use crate::{Shared, State};
use axum::Extension;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// Streams open at one time.
const STREAMS_MAX: usize = 512;
/// A stream ends after this, so that the session is looked at again; the browser comes back by itself.
const STREAM_MAX: Duration = Duration::from_secs(10 * 60);
/// Changes closer together than this are told once.
const QUIET: Duration = Duration::from_millis(150);
/// How often a page is told to look anew though nothing was written: deadlines and claims go by.
const ANEW_EVERY: Duration = Duration::from_secs(60);
/// How often the make-believe phones are looked at.
const PHONES_EVERY: Duration = Duration::from_millis(700);

/// This process: its numbers begin anew, and a page of the process before must not take one of them for its own.
static PROCESS: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| crate::auth::secret()[..8].to_owned());

static STREAMS: std::sync::LazyLock<Arc<Semaphore>> =
    std::sync::LazyLock::new(|| Arc::new(Semaphore::new(STREAMS_MAX)));

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// The number that the page was made at.
    #[serde(default)]
    from: String,
}

/// The number that pages made now are of.
pub(crate) fn mark(shared: &Shared) -> String {
    format!("{}.{}.{}", *PROCESS, *shared.app.hub.changes().borrow(), phones(shared))
}

/// Changes of the phones, as one number.
fn phones(shared: &Shared) -> u64 {
    let Some(handset) = &shared.app.handset else { return 0 };
    handset
        .phones()
        .iter()
        .fold(handset.calls_under_way() as u64, |sum, p| sum.wrapping_mul(31).wrapping_add(p.seen as u64 + p.dropped))
}

struct Told {
    shared: Arc<Shared>,
    changes: watch::Receiver<u64>,
    last: String,
    ends: Instant,
    _permit: OwnedSemaphorePermit,
}

/// For staff.
pub(crate) async fn staff(
    state: State,
    Extension(_who): Extension<Who>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    open(&state, asked, &headers)
}

/// For the demo's pages; there are none in production.
pub(crate) async fn demo(
    state: State,
    Extension(_visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    if state.app.demo.is_none() && state.app.handset.is_none() {
        return Err(Fault::NotFound);
    }
    Ok(open(&state, asked, &headers))
}

fn open(state: &State, asked: Asked, headers: &HeaderMap) -> Response {
    let Ok(permit) = Arc::clone(&STREAMS).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many streams").into_response();
    };
    let came_back = headers.get("last-event-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let told = Told {
        shared: Arc::clone(&state.0),
        changes: state.app.hub.changes(),
        last: came_back.unwrap_or(asked.from),
        ends: Instant::now() + STREAM_MAX,
        _permit: permit,
    };
    let events = stream::unfold(told, |mut told| async move {
        next(&mut told).await.then(|| {
            let event = Event::default().event("change").id(&told.last).data(&told.last);
            (Ok::<_, Infallible>(event), told)
        })
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Waits for the next change; false when the stream ends.
async fn next(told: &mut Told) -> bool {
    let has_phones = told.shared.app.handset.is_some();
    let anew = Instant::now() + ANEW_EVERY;
    loop {
        told.changes.borrow_and_update();
        let now = mark(&told.shared);
        if now != told.last {
            told.last = now;
            return true;
        }
        tokio::select! {
            changed = told.changes.changed() => {
                if changed.is_err() {
                    return false;
                }
                tokio::time::sleep(QUIET).await;
            }
            () = tokio::time::sleep(PHONES_EVERY), if has_phones => {}
            () = tokio::time::sleep_until(anew) => return true,
            () = tokio::time::sleep_until(told.ends) => return false,
        }
    }
}

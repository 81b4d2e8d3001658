//! The session of a patient who passed the second factor: one browser, one link, two hours.

use super::{factor, frame, today};
use crate::auth::guard::Visitor;
use crate::auth::{digest, secret, session};
use crate::fault::Fault;
use crate::tongue::say;
use crate::{Shared, State, machine_now, page};
use axum::Extension;
use axum::extract::Path;
use axum::http::header::{HeaderName, HeaderValue, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use model::PersonId;
use serde::{Deserialize, Serialize};
use store::DeskRow;

/// A patient's session, milliseconds.
const SESSION_MS: i64 = 2 * model::time::HOUR_MS;
const SESSION: &str = "today_session";
/// Asks the browser to forget what it kept for us: the offline copy too.
const CLEAR: HeaderName = HeaderName::from_static("clear-site-data");

#[derive(Serialize, Deserialize)]
struct Session {
    person: PersonId,
    began: i64,
}

/// When this browser's session for this person ends, on the machine's clock; `None` without one. Blocks.
pub(super) fn until(shared: &Shared, headers: &HeaderMap, person: PersonId) -> store::Result<Option<i64>> {
    let Some(token) = session::cookie(headers, session::TODAY) else { return Ok(None) };
    let key = digest(&token);
    let row = shared.store().desk_get(SESSION, &key)?;
    let Some(found) = row.and_then(|r| serde_json::from_str::<Session>(&r.json).ok()) else { return Ok(None) };
    let end = found.began + SESSION_MS;
    if machine_now().0 >= end {
        shared.store().desk_drop(SESSION, &key)?;
        return Ok(None);
    }
    Ok((found.person == person).then_some(end))
}

/// What opened the page.
#[derive(Clone, Copy)]
pub(super) enum How {
    BirthDate,
    Code,
}

/// Begins a session and goes to the page; wrong dates before it count no more. Blocks.
pub(super) fn begin(shared: &Shared, token: &str, person: PersonId, how: How) -> Result<Response, Fault> {
    let now = machine_now();
    for row in shared.store().desk_list(SESSION)? {
        if serde_json::from_str::<Session>(&row.json).is_ok_and(|s| now.0 - s.began >= SESSION_MS) {
            shared.store().desk_drop(SESSION, &row.key)?;
        }
    }
    let pass = secret();
    let json = serde_json::to_string(&Session { person, began: now.0 }).unwrap_or_default();
    shared.store().desk_put(&DeskRow { kind: SESSION.into(), key: digest(&pass), json, at: now })?;
    factor::clear(shared, person)?;
    let what = match how {
        How::BirthDate => "opened Today by birth date",
        How::Code => "opened Today by code",
    };
    page::did(shared, "patient", what, person, "/t")?;
    let path = format!("/t/{token}");
    let cookie = session::set(session::TODAY, &pass, &path, Some(SESSION_MS / 1000), shared.app.config.secure_cookies);
    Ok(([(SET_COOKIE, cookie)], Redirect::to(&path)).into_response())
}

/// "Close this page on this phone": the session ends, and the browser forgets what it kept.
pub(crate) async fn close(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let opened = match today::open(shared, &visitor, &token)? {
                Ok(opened) => opened,
                Err(page) => return Ok(page),
            };
            if let Some(pass) = session::cookie(&headers, session::TODAY) {
                shared.store().desk_drop(SESSION, &digest(&pass))?;
            }
            let t = opened.t;
            let title = say!(t, "patient-closed-title");
            let body = html! {
                h1 class="nhsuk-heading-l" { (title) }
                p { (say!(t, "patient-closed")) }
                p { a .way href={ "/t/" (token) } { (say!(t, "patient-open-again")) } }
            };
            let page = frame::page(shared, &frame::Frame::outside(t, &title), &body);
            let path = format!("/t/{token}");
            let gone = session::set(session::TODAY, "", &path, Some(0), shared.app.config.secure_cookies);
            let clear = HeaderValue::from_static("\"cache\", \"storage\"");
            Ok((StatusCode::OK, [(SET_COOKIE, gone), (CLEAR, clear)], page).into_response())
        })
        .await
}

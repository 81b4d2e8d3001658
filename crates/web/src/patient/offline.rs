//! The offline copy of the checklist, and the worker that keeps it.
//!
//! Phones are shared, so nothing is kept unless the patient ticks "keep a copy". What is kept is one page, the
//! checklist of one link, after the second factor; it is no longer shown once the session would have ended, and
//! dropped when the patient closes the page, when the question is shown again, or when anybody opens another link.

use super::frame::{Frame, Kept, page};
use super::today;
use super::view::view;
use crate::auth::guard::Visitor;
use crate::fault::Fault;
use crate::tongue::say;
use crate::{State, assets, staff, words};
use axum::Extension;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use maud::html;

/// Until when the copy may be shown, milliseconds of the machine's clock.
const UNTIL: HeaderName = HeaderName::from_static("x-copy-until");

/// The copy: the list as it is now, to read.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let opened = match today::enter(shared, &visitor, &token, &headers)? {
                Ok(opened) => opened,
                Err(page) => return Ok(page),
            };
            let view = view(shared, &visitor, &token, &opened);
            let (t, clinic) = (opened.t, view.clinic);
            let title = say!(t, "patient-offline-title");
            let body = html! {
                h1 class="nhsuk-heading-l" { (title) }
                div .done-note { p { (say!(t, "patient-offline", clock = words::moment(t, view.now, &view.zone))) } }
                (view.checklist(false))
                p { (say!(t, "patient-offline-call", number = &clinic.phone)) }
            };
            let name = staff::called(&opened.look.record);
            let frame = Frame { t, title: &title, at: None, who: Some(name), kept: Kept::As };
            let until = opened.until.unwrap_or_default().to_string();
            let until = HeaderValue::from_str(&until).map_err(|_| Fault::Broken)?;
            Ok(([(UNTIL, until)], page(shared, &frame, &body)).into_response())
        })
        .await
}

/// The worker's script. Its place gives it its scope: the patients' pages.
pub(crate) async fn worker() -> Response {
    let media = "text/javascript; charset=utf-8";
    ([(CONTENT_TYPE, media), (CACHE_CONTROL, "no-cache")], assets::WORKER).into_response()
}

//! The next visit as a file for a calendar: see [`outreach::calendar`].

use super::today;
use super::view::view;
use crate::State;
use crate::auth::guard::Visitor;
use crate::fault::Fault;
use crate::tongue::say;
use axum::Extension;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use outreach::calendar;

/// The file.
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
            let (visit, start) = view.next_visit().ok_or(Fault::NotFound)?;
            let title = say!(opened.t, "patient-visit-title", clinic = &view.clinic.name);
            let about = say!(opened.t, "patient-change-visit", number = &view.clinic.phone);
            let uid = calendar::uid(opened.person, &visit.id);
            let text = calendar::visit(&title, &about, &uid, start, view.now);
            let named = format!("attachment; filename=\"{}\"", calendar::NAME);
            Ok(([(CONTENT_TYPE, calendar::MEDIA.to_owned()), (CONTENT_DISPOSITION, named)], text).into_response())
        })
        .await
}

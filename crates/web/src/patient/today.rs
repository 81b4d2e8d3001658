//! The Today page: what a signed link opens, once the second factor is given. A GET changes nothing.

use super::words::{lang_of, say};
use super::{factor, view};
use crate::auth::guard::Visitor;
use crate::fault::Fault;
use crate::{Shared, State, page};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hub::Look;
use maud::html;
use model::PersonId;
use serde::Deserialize;

/// What a good link opens.
pub(super) struct Opened {
    pub(super) person: PersonId,
    pub(super) look: Look,
    pub(super) lang: &'static str,
}

/// Reads a link; a page that says what is wrong with it otherwise. Blocks.
pub(super) fn open(shared: &Shared, token: &str) -> Result<Result<Opened, Response>, Fault> {
    let secret = &shared.app.hub.settings().clinic.link_secret;
    let Ok(person) = model::link::verify(secret, token, shared.now()) else {
        return Ok(Err(expired(shared)));
    };
    let look = match shared.app.hub.look(person) {
        Ok(look) => look,
        Err(hub::Error::NoSuchPerson) => return Ok(Err(expired(shared))),
        Err(error) => return Err(error.into()),
    };
    let lang = lang_of(look.record.language.as_deref());
    Ok(Ok(Opened { person: look.person, look, lang }))
}

fn expired(shared: &Shared) -> Response {
    let body = html! {
        h1 { (say("en", "expired_title")) } p { (say("en", "expired")) }
        div lang="es" { h2 { (say("es", "expired_title")) } p { (say("es", "expired")) } }
    };
    (StatusCode::NOT_FOUND, page::patient(shared, "en", say("en", "expired_title"), None, &body)).into_response()
}

/// Too many wrong tries.
pub(super) fn closed(shared: &Shared, lang: &str) -> Response {
    let body = html! { h1 { (say(lang, "one_question")) } p .error role="alert" { (say(lang, "locked")) } };
    (StatusCode::TOO_MANY_REQUESTS, page::patient(shared, lang, say(lang, "one_question"), None, &body)).into_response()
}

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// What was just done, to be said once: `saved`, `help_coming`.
    #[serde(default)]
    did: String,
}

/// The page, or the question before it.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let opened = match open(shared, &token)? {
                Ok(opened) => opened,
                Err(page) => return Ok(page),
            };
            if !factor::passed(shared, &headers, opened.person)? {
                if factor::locked(shared, opened.person)? {
                    return Ok(closed(shared, opened.lang));
                }
                return Ok(factor::question(shared, &visitor, &token, opened.lang, None).into_response());
            }
            Ok(view::page(shared, &visitor, &token, &opened, &asked.did)?.into_response())
        })
        .await
}

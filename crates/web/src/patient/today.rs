//! What a signed link opens, once the second factor is given. A GET changes nothing.

use super::frame::expired;
use super::{factor, session, view};
use crate::auth::guard::Visitor;
use crate::fault::Fault;
use crate::tongue::Tongue;
use crate::{Shared, State};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use hub::Look;
use model::link::{address_tag, verify};
use model::{At, PersonId};
use record::Record;
use serde::Deserialize;

/// What a good link opens.
pub(super) struct Opened {
    pub(super) person: PersonId,
    pub(super) look: Look,
    /// Her language, on every page.
    pub(super) t: Tongue,
    /// The hash of where the link was sent.
    pub(super) sent_to: Option<String>,
    /// When the session of this browser ends, on the machine's clock; `None` before the second factor.
    pub(super) until: Option<i64>,
}

impl Opened {
    /// The person's own zone.
    pub(super) fn zone(&self, shared: &Shared) -> jiff::tz::TimeZone {
        crate::words::zone(self.look.record.zone.as_deref().unwrap_or(&shared.app.hub.settings().clinic.zone))
    }
}

/// Reads a link; a page that says what is wrong with it otherwise. Blocks.
pub(super) fn open(shared: &Shared, visitor: &Visitor, token: &str) -> Result<Result<Opened, Response>, Fault> {
    let secret = &shared.app.hub.settings().clinic.link_secret;
    let Ok(link) = verify(secret, token, shared.now()) else { return Ok(Err(expired(shared, visitor))) };
    let look = match shared.app.hub.look(link.person) {
        Ok(look) => look,
        Err(hub::Error::NoSuchPerson) => return Ok(Err(expired(shared, visitor))),
        Err(error) => return Err(error.into()),
    };
    if link.sent_to.as_deref().is_some_and(|tag| !is_theirs(&look.record, secret, tag)) {
        return Ok(Err(expired(shared, visitor)));
    }
    let t = look.record.language.as_deref().and_then(Tongue::of).unwrap_or_default();
    Ok(Ok(Opened { person: look.person, look, t, sent_to: link.sent_to, until: None }))
}

/// Whether what a link was sent to is still the person's own, and in use: a number that turns out to be another's
/// closes every link that went there.
fn is_theirs(record: &Record, secret: &str, tag: &str) -> bool {
    let own = record.contacts.iter().filter(|c| c.status.in_use() && c.owner.is_none());
    own.into_iter().any(|c| address_tag(secret, &c.value) == tag)
}

/// The same, with a session: without one the way leads to the question. Blocks.
pub(super) fn enter(
    shared: &Shared,
    visitor: &Visitor,
    token: &str,
    headers: &HeaderMap,
) -> Result<Result<Opened, Response>, Fault> {
    let mut opened = match open(shared, visitor, token)? {
        Ok(opened) => opened,
        Err(page) => return Ok(Err(page)),
    };
    opened.until = session::until(shared, headers, opened.person)?;
    if opened.until.is_none() {
        return Ok(Err(Redirect::to(&format!("/t/{token}")).into_response()));
    }
    Ok(Ok(opened))
}

/// The same for what was sent: without a session it says that nothing came, and keeps nothing. Blocks.
pub(super) fn enter_to_send(
    shared: &Shared,
    visitor: &Visitor,
    token: &str,
    headers: &HeaderMap,
) -> Result<Result<Opened, Response>, Fault> {
    let mut opened = match open(shared, visitor, token)? {
        Ok(opened) => opened,
        Err(page) => return Ok(Err(page)),
    };
    opened.until = session::until(shared, headers, opened.person)?;
    if opened.until.is_none() {
        return Ok(Err(super::frame::not_received(shared, opened.t, token)));
    }
    Ok(Ok(opened))
}

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// What was just done, to be said once: one of a closed set, nothing of it is shown as it came.
    #[serde(default)]
    pub(super) did: String,
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
            let mut opened = match open(shared, &visitor, &token)? {
                Ok(opened) => opened,
                Err(page) => return Ok(page),
            };
            opened.until = session::until(shared, &headers, opened.person)?;
            if opened.until.is_none() {
                return factor::first_page(shared, &visitor, &token, &opened);
            }
            Ok(view::page(shared, &visitor, &token, &opened, &asked.did)?.into_response())
        })
        .await
}

/// The local day of a time.
pub(super) fn long(t: Tongue, at: At, zone: &jiff::tz::TimeZone) -> maud::Markup {
    maud::html! { time datetime=(crate::words::machine(at)) { (crate::words::long_moment(t, at, zone)) } }
}

/// What was just done, in a word.
pub(super) fn done(t: Tongue, did: &str) -> maud::Markup {
    let said = t.pick("patient-did", did);
    maud::html! { @if let Some(said) = said { div .done-note role="status" { p { (said) } } } }
}

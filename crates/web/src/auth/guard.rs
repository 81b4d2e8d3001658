//! What runs before a handler: the row of the route table is enforced here and nowhere else.

use super::session::Session;
use super::{factor, key, session};
use crate::door::outcome;
use crate::fault::Fault;
use crate::staff::live;
use crate::tongue::Tongue;
use crate::{Account, Shared, machine_now};
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, SET_COOKIE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, extract::DefaultBodyLimit};
use std::sync::Arc;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Anyone, without a cookie: machines that watch, assets, one-click ways out (RFC 8058).
    Open,
    /// Anyone with a browser; a POST carries the token of a form that was shown to that browser.
    Visitor,
    /// Staff who are logged in and have one of these roles; none named: any.
    Staff(&'static [&'static str]),
    /// Anyone in the demo, where nobody is real; elsewhere staff who are logged in and have one of these roles.
    Stage(&'static [&'static str]),
    /// A machine with a key of this scope.
    Key(&'static str),
}

/// A browser, logged in or not.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// The token for its forms.
    pub(crate) csrf: String,
    /// What the page is of, read before anything is: a change after it makes the page fetch itself.
    pub(crate) mark: String,
    /// The language of its pages.
    pub(crate) tongue: Tongue,
    /// The path that was asked for, to come back to.
    pub(crate) path: String,
}

/// A member of staff at a browser.
#[derive(Clone)]
pub(crate) struct Who {
    pub(crate) account: Account,
    /// The session of this browser.
    pub(crate) session: Session,
    /// Must have a second factor and has none: nothing else is shown until there is one.
    pub(crate) owes: bool,
    /// The token for their forms.
    pub(crate) csrf: String,
    /// As [`Visitor::mark`].
    pub(crate) mark: String,
    /// The language of their pages.
    pub(crate) tongue: Tongue,
    /// As [`Visitor::path`].
    pub(crate) path: String,
}

/// What a form said, in order.
#[derive(Clone, Default)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// The first value of that name, trimmed; empty when there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
    }
    /// The first value of that name as it was typed: a space may be part of a password.
    pub(crate) fn typed(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }
    /// Every value of that name.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.trim().to_owned()).collect()
    }
}

/// Guards one route.
pub(crate) async fn guard(shared: Arc<Shared>, permission: Permission, request: Request, next: Next) -> Response {
    match permission {
        Permission::Open => next.run(request).await,
        Permission::Visitor => visitor(&shared, request, next).await.unwrap_or_else(IntoResponse::into_response),
        Permission::Staff(roles) => {
            staff(&shared, roles, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        Permission::Stage(_) if shared.app.demo.is_some() => {
            visitor(&shared, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        Permission::Stage(roles) => {
            staff(&shared, roles, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        Permission::Key(scope) => machine(&shared, scope, request, next).await,
    }
}

async fn visitor(shared: &Arc<Shared>, mut request: Request, next: Next) -> Result<Response, Fault> {
    let known = session::cookie(request.headers(), session::VISIT);
    let visit = known.clone().unwrap_or_else(super::secret);
    request = check_form(request, &visit, known.is_some()).await?;
    let (csrf, mark, tongue) = (session::csrf(&visit), live::mark(shared), Tongue::wanted(request.headers()));
    let path = request.uri().path().to_owned();
    request.extensions_mut().insert(Visitor { csrf, mark, tongue, path });
    let mut response = next.run(request).await;
    if known.is_none() {
        let cookie = session::set(session::VISIT, &visit, "/", None, shared.app.config.secure_cookies);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn staff(
    shared: &Arc<Shared>,
    roles: &'static [&'static str],
    mut request: Request,
    next: Next,
) -> Result<Response, Fault> {
    let token = session::cookie(request.headers(), session::STAFF);
    let found = match token.clone() {
        Some(token) => shared.read(move |s| whose(s, &token)).await?,
        None => None,
    };
    let (Some((account, session, owes)), Some(token)) = (found, token) else {
        let path = if request.method() == Method::GET { request.uri().path() } else { "/" };
        let to = if path == "/" { "/login".into() } else { format!("/login?to={path}") };
        return Ok(Redirect::to(&to).into_response());
    };
    if !roles.is_empty() && !account.is_any(roles) {
        if request.method() == Method::GET && request.uri().path() == "/" {
            return Ok(Redirect::to(start_of(&account)).into_response());
        }
        return Err(Fault::Role(roles));
    }
    if owes && !is_own(request.uri().path()) {
        return if request.method() == Method::GET {
            Ok(Redirect::to("/me").into_response())
        } else {
            Err(Fault::Forbidden)
        };
    }
    request = check_form(request, &token, true).await?;
    let (csrf, mark, tongue) = (session::csrf(&token), live::mark(shared), Tongue::wanted(request.headers()));
    let path = request.uri().path().to_owned();
    let visitor = Visitor { csrf: csrf.clone(), mark: mark.clone(), tongue, path: path.clone() };
    request.extensions_mut().insert(visitor);
    request.extensions_mut().insert(Who { account, session, owes, csrf, mark, tongue, path });
    Ok(next.run(request).await)
}

/// Whose session it is, and whether they owe a second factor. Blocks.
fn whose(shared: &Shared, token: &str) -> Result<Option<(Account, Session, bool)>, Fault> {
    let Some((account, session)) = session::whose(shared, token)? else { return Ok(None) };
    let asked = factor::required(&account, &shared.app.config.second_factor);
    let owes = asked && !factor::read(shared.store(), &account.name)?.any();
    Ok(Some((account, session, owes)))
}

/// What an account may do that owes a second factor: add one, choose the language, leave.
fn is_own(path: &str) -> bool {
    path == "/me" || path.starts_with("/me/") || path == "/logout" || path == "/language"
}

/// The first page of an account that does not work the worklist.
fn start_of(account: &Account) -> &'static str {
    const STARTS: &[(&str, &str)] = &[("administrator", "/keys"), ("integrator", "/parked"), ("designer", "/pathways")];
    STARTS.iter().find(|(role, _)| account.is_any(&[role])).map_or("/access", |(_, start)| *start)
}

/// A POST must carry the token; its fields are handed on, so that no handler can read a form unchecked.
async fn check_form(request: Request, secret: &str, known: bool) -> Result<Request, Fault> {
    if request.method() != Method::POST {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let mut copy = {
        let mut builder = Request::builder().method(parts.method.clone()).uri(parts.uri.clone());
        for (name, value) in &parts.headers {
            builder = builder.header(name, value);
        }
        builder.body(body).map_err(|_| Fault::Broken)?
    };
    // The copy has none of the layers' extensions, and so no limit of its own.
    let max = if has_text(parts.uri.path()) { TEXT_FORM_MAX } else { FORM_MAX };
    DefaultBodyLimit::max(max).apply(&mut copy);
    let Form(fields) = Form::<Vec<(String, String)>>::from_request(copy, &()).await.map_err(|rejection| {
        let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        if too_large { Fault::TooLarge } else { Fault::Form("The form could not be read.".into()) }
    })?;
    let fields = Fields(fields);
    if !known || !session::csrf_holds(secret, fields.get("csrf")) {
        return Err(Fault::Stale);
    }
    let mut request = Request::from_parts(parts, Body::empty());
    request.extensions_mut().insert(fields);
    Ok(request)
}

async fn machine(shared: &Arc<Shared>, scope: &'static str, mut request: Request, next: Next) -> Response {
    let Some((id, secret)) = key::bearer(request.headers()) else {
        return outcome::unauthorized("a key is needed: Authorization: Bearer tl_…");
    };
    let now = machine_now();
    let name = format!("key {id}");
    match shared.read(move |s| Ok(key::find(s.store(), &id, &secret)?)).await {
        Err(fault) => outcome::answer(fault.status(), "exception", &fault.to_string(), ""),
        Ok(None) => {
            // Counted after the look: whoever has the right key is never locked out by those who have not.
            let may = shared.logins.lock().is_ok_and(|mut limiter| {
                let may = limiter.may_try(&name, now);
                limiter.failed(&name, now);
                may
            });
            if !may {
                let says = "too many wrong keys: wait 15 minutes";
                return outcome::answer(StatusCode::TOO_MANY_REQUESTS, "throttled", says, "Authorization");
            }
            outcome::unauthorized("the key is not known, or revoked")
        }
        Ok(Some(key)) if !key.scopes.iter().any(|s| s == scope) => outcome::answer(
            StatusCode::FORBIDDEN,
            "forbidden",
            &format!("the key lacks the scope {scope}"),
            "Authorization",
        ),
        Ok(Some(key)) => {
            request.extensions_mut().insert(key);
            next.run(request).await
        }
    }
}

/// Scripts and styles are ours alone; nothing else loads, nothing frames us.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                   worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Headers of every answer.
pub(crate) fn safe_headers(headers: &mut HeaderMap) {
    let fixed = [
        ("content-security-policy", CSP),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
        ("x-robots-tag", "noindex"),
    ];
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// No form is larger, bytes.
const FORM_MAX: usize = 64 * 1024;
/// But one with the text of a pathway, or of what a source sent and was refused, each of 256 KiB at most: each byte may be
/// written as three.
const TEXT_FORM_MAX: usize = 1024 * 1024;

/// Whether a form at this path has such a text in it.
fn has_text(path: &str) -> bool {
    let is_publish = |rest: &str| rest == "publish" || rest.split_once('/').is_some_and(|(_, last)| last == "publish");
    path.strip_prefix("/pathways/").is_some_and(is_publish) || path.starts_with("/parked/refused/")
}

/// No form is larger than this where nothing else is said.
pub(crate) fn form_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(FORM_MAX)
}

//! The second half of a login: a code of the app, a recovery code, or a passkey.

use super::guard::{Fields, Visitor};
use super::login::{From, Try, enter, wait};
use super::waiting::Half;
use super::{account, device, factor, note, passkey, session};
use crate::fault::Fault;
use crate::tongue::say;
use crate::{Shared, State, machine_now, page};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use maud::{Markup, html};
use model::At;
use serde_json::json;

/// The cookie of a login that waits for its second factor.
const COOKIE_NAME: &str = "tl_half";
const PATH: &str = "/login";

/// Keeps the first half and leads to the question.
pub(crate) fn begin(shared: &Shared, half: Half, now: At) -> Result<Response, Fault> {
    let token = shared.waiting.lock().map_err(|_| Fault::Broken)?.put(half, now);
    let cookie = session::set(COOKIE_NAME, &token, PATH, None, shared.app.config.secure_cookies);
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/login/factor")).into_response())
}

/// Account and way on of this browser's first half.
fn half(shared: &Shared, headers: &HeaderMap) -> Option<(String, String)> {
    let token = session::cookie(headers, COOKIE_NAME)?;
    match shared.waiting.lock().ok()?.get(&token, machine_now())? {
        Half::Login { account, to } => Some((account, to)),
        Half::Making { .. } | Half::Asking { .. } => None,
    }
}

/// The first half is spent.
fn spend(shared: &Shared, headers: &HeaderMap) -> bool {
    let taken =
        session::cookie(headers, COOKIE_NAME).and_then(|token| shared.waiting.lock().ok()?.take(&token, machine_now()));
    taken.is_some()
}

/// Enters, once: the account may have been disabled since the password was right. Blocks.
fn finish(shared: &Shared, headers: &HeaderMap, name: &str, to: &str) -> Result<Response, Fault> {
    let there = account::find(shared.store(), name)?.is_some_and(|a| !a.disabled);
    if !spend(shared, headers) || !there {
        return Ok(Redirect::to("/login").into_response());
    }
    let mut response = enter(shared, headers, name, to)?;
    let gone = session::set(COOKIE_NAME, "", PATH, Some(0), shared.app.config.secure_cookies);
    response.headers_mut().append(SET_COOKIE, gone);
    Ok(response)
}

/// The question. Blocks.
fn draw(
    shared: &Shared,
    visitor: &Visitor,
    headers: &HeaderMap,
    account: &str,
    error: Option<&str>,
) -> Result<Markup, Fault> {
    let t = visitor.tongue;
    let factors = factor::read(shared.store(), account)?;
    let body = html! {
        div .card.entry {
            h1 { (say!(t, "account-second")) }
            @if let Some(error) = error { p .error role="alert" { (error) } }
            @if !factors.passkeys.is_empty() {
                @if let passkey::Usable::Here(_) = passkey::usable(shared, headers) {
                    form method="post" action="/login/passkey" .stack data-passkey="get" data-ask="/login/passkey/ask" hidden {
                        (page::token(&visitor.csrf))
                        input type="hidden" name="half" value="";
                        input type="hidden" name="answer" value="";
                        button .primary { (say!(t, "account-passkey-use")) }
                        p .error role="alert" hidden { (say!(t, "account-passkey-failed")) }
                    }
                    noscript { p .muted { (say!(t, "account-passkey-noscript")) } }
                    @if factors.app.is_some() || !factors.codes.is_empty() { p .or { (say!(t, "account-or")) } }
                } @else { p .muted { (say!(t, "account-passkey-elsewhere")) } }
            }
            @if factors.app.is_some() || !factors.codes.is_empty() {
                form method="post" action="/login/factor" .stack {
                    (page::token(&visitor.csrf))
                    label for="code" { (say!(t, "account-code")) }
                    p .muted.small #code-hint {
                        @if factors.app.is_some() { (say!(t, "account-code-hint")) } @else { (say!(t, "account-code-recovery-hint")) }
                    }
                    input #code name="code" autocomplete="one-time-code" required maxlength="20" autocapitalize="none"
                        spellcheck="false" aria-describedby="code-hint" .code;
                    button .primary[factors.passkeys.is_empty()] { (say!(t, "account-continue")) }
                }
            }
            p .small { a href="/login" { (say!(t, "account-start-over")) } }
        }
    };
    Ok(page::door(shared, visitor, &say!(t, "account-second"), &body))
}

/// The question, asked.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let Some((account, _)) = half(&state, &headers) else { return Ok(Redirect::to("/login").into_response()) };
    state.read(move |shared| Ok(draw(shared, &visitor, &headers, &account, None)?.into_response())).await
}

/// A code, typed.
pub(crate) async fn post(
    state: State,
    Extension(visitor): Extension<Visitor>,
    from: From,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let Some((account, to)) = half(&state, &headers) else { return Ok(Redirect::to("/login").into_response()) };
    let (name, sent, t) = (account.clone(), headers.clone(), visitor.tongue);
    let known = state.read(move |shared| Ok(device::known(shared, &sent, &name)?)).await?;
    let attempt = match Try::begin(&state, &format!("code {account}"), known, from) {
        Ok(attempt) => attempt,
        Err(no) => {
            let seconds = no.seconds()?;
            return state
                .read(move |shared| {
                    let words = say!(t, "account-wait", n = seconds);
                    Ok(wait(seconds, draw(shared, &visitor, &headers, &account, Some(&words))?))
                })
                .await;
        }
    };
    // A recovery code is as heavy as a password.
    let _turn = state.hashing.acquire().await.map_err(|_| Fault::Broken)?;
    let code = fields.get("code").to_owned();
    let (right, answer) = state
        .read(move |shared| {
            let taken = factor::take_code(shared, &account, &code)?;
            match taken {
                None => {
                    note(shared, &account, "was refused a code", "")?;
                    let page = draw(shared, &visitor, &headers, &account, Some(&say!(t, "account-code-wrong")))?;
                    return Ok((false, (StatusCode::UNAUTHORIZED, page).into_response()));
                }
                Some(factor::Code::Recovery) => note(shared, &account, "used a recovery code", "")?,
                Some(factor::Code::App) => {}
            }
            Ok((true, finish(shared, &headers, &account, &to)?))
        })
        .await?;
    if right {
        attempt.passed(&state);
    }
    Ok(answer)
}

/// What the browser asks its passkeys for, and the name of what waits here for the answer.
pub(crate) async fn ask_passkey(state: State, headers: HeaderMap) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let (account, _) = half(shared, &headers).ok_or(Fault::Stale)?;
            let passkey::Usable::Here(webauthn) = passkey::usable(shared, &headers) else { return Err(Fault::Stale) };
            let factors = factor::read(shared.store(), &account)?;
            let (options, state) = passkey::ask(&webauthn, &factors)?;
            let half = Half::Asking { account, state: Box::new(state) };
            let token = shared.waiting.lock().map_err(|_| Fault::Broken)?.put(half, machine_now());
            Ok(Json(json!({ "half": token, "options": options })).into_response())
        })
        .await
}

/// The answer of a passkey.
pub(crate) async fn passkey(
    state: State,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let Some((name, to)) = half(shared, &headers) else { return Ok(Redirect::to("/login").into_response()) };
            let begun = shared.waiting.lock().map_err(|_| Fault::Broken)?.take(fields.get("half"), machine_now());
            let right = match (begun, passkey::usable(shared, &headers)) {
                (Some(Half::Asking { account, state }), passkey::Usable::Here(webauthn)) if account == name => {
                    factor::change(shared, &name, |factors| {
                        Ok(passkey::answered(&webauthn, fields.get("answer"), &state, factors, machine_now()))
                    })?
                }
                _ => false,
            };
            if right {
                return finish(shared, &headers, &name, &to);
            }
            note(shared, &name, "was refused a code", "passkey")?;
            let t = visitor.tongue;
            let page = draw(shared, &visitor, &headers, &name, Some(&say!(t, "account-passkey-failed")))?;
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        })
        .await
}

//! Adding and removing one's own second factors. Each change wants a password said within the last ten minutes.

use super::me::{Said, draw, unconfirmed};
use crate::auth::factor::{App, Factors, Key, PASSKEYS_MAX};
use crate::auth::guard::{Fields, Who};
use crate::auth::passkey::Usable;
use crate::auth::waiting::Half;
use crate::auth::{factor, note, passkey, secret, totp};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, machine_now, page, words};
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use maud::{Markup, html};
use serde_json::json;

/// No name of a passkey is longer, characters.
const NAME_MAX: usize = 40;
/// Digits of a passkey's name in forms.
const ID_DIGITS: usize = 12;

/// The section of the page.
pub(crate) fn section(t: Tongue, who: &Who, factors: &Factors, usable: &Usable, asked: bool) -> Markup {
    let last = asked && factors.count() == 1;
    html! {
        section .card aria-labelledby="second-h" {
            h2 #second-h { (say!(t, "account-second-factor")) }
            p .muted { (say!(t, "account-second-why")) }
            ul .rows {
                li {
                    div {
                        strong { (say!(t, "account-app")) }
                        p .muted.small {
                            @if let Some(app) = &factors.app { (say!(t, "account-since", ago = words::ago(t, app.at, machine_now()))) }
                            @else { (say!(t, "account-app-what")) }
                        }
                    }
                    @if factors.app.is_none() {
                        form method="post" action="/me/app" { (page::token(&who.csrf)) button .primary { (say!(t, "account-app-add")) } }
                    } @else if !last {
                        form method="post" action="/me/app/remove" {
                            (page::token(&who.csrf))
                            button .quiet { (say!(t, "account-remove")) span .hidden { " " (say!(t, "account-app")) } }
                        }
                    }
                }
                @for key in &factors.passkeys {
                    li {
                        div {
                            strong { (say!(t, "account-passkey")) " " span translate="no" { (key.name) } }
                            p .muted.small {
                                (say!(t, "account-since", ago = words::ago(t, key.at, machine_now())))
                                @if let Some(used) = key.used { " · " (say!(t, "account-used", ago = words::ago(t, used, machine_now()))) }
                            }
                        }
                        @if !last {
                            form method="post" action={ "/me/passkeys/" (key.id) "/remove" } {
                                (page::token(&who.csrf))
                                button .quiet { (say!(t, "account-remove")) span .hidden { " " (key.name) } }
                            }
                        }
                    }
                }
            }
            @if last { p .muted.small { (say!(t, "account-last")) } }
            (add_passkey(t, who, factors, usable))
            @if factors.any() {
                div .recovery {
                    p { (say!(t, "account-codes-left", n = factors.codes.len())) }
                    form method="post" action="/me/codes" {
                        (page::token(&who.csrf))
                        button { (say!(t, "account-codes-new")) }
                    }
                }
            }
        }
    }
}

fn add_passkey(t: Tongue, who: &Who, factors: &Factors, usable: &Usable) -> Markup {
    html! {
        @match usable {
            Usable::Never => p .muted.small { (say!(t, "account-passkey-never")) },
            Usable::At(address) => p .muted.small {
                (say!(t, "account-passkey-at")) " " a href={ (address) "/me" } translate="no" { (address) }
            },
            Usable::Here(_) if factors.passkeys.len() < PASSKEYS_MAX => {
                form method="post" action="/me/passkeys" .stack.add data-passkey="create" data-ask="/me/passkeys/ask" hidden {
                    (page::token(&who.csrf))
                    input type="hidden" name="half" value="";
                    input type="hidden" name="answer" value="";
                    label for="passkey-name" { (say!(t, "account-passkey-name")) }
                    div .row {
                        input #passkey-name name="name" required maxlength=(NAME_MAX) autocomplete="off";
                        button { (say!(t, "account-passkey-add")) }
                    }
                    p .error role="alert" hidden { (say!(t, "account-passkey-failed")) }
                }
                noscript { p .muted.small { (say!(t, "account-passkey-noscript")) } }
            }
            Usable::Here(_) => p .muted.small { (say!(t, "account-passkey-many", n = PASSKEYS_MAX)) },
        }
    }
}

/// The codes, shown once.
pub(crate) fn codes(t: Tongue, codes: &[String]) -> Markup {
    html! {
        div .card.made role="status" {
            h2 { (say!(t, "account-codes")) }
            p { (say!(t, "account-codes-keep")) }
            ol .codes translate="no" { @for code in codes { li { code { (code) } } } }
        }
    }
}

fn said(shared: &Shared, who: &Who, headers: &HeaderMap, codes: &[String], done: &str) -> Result<Response, Fault> {
    Ok(draw(shared, who, headers, Said { done: Some(done), codes, error: None })?.into_response())
}

fn not(shared: &Shared, who: &Who, headers: &HeaderMap, why: &str) -> Result<Response, Fault> {
    let page = draw(shared, who, headers, Said { error: Some(why), ..Said::default() })?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// A new secret for an app; it counts once a code confirms it.
pub(crate) async fn begin_app(state: State, Extension(who): Extension<Who>) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/me") {
        return Ok(first);
    }
    state
        .read(move |shared| {
            let fresh = App { secret: totp::secret()?, last: 0, at: machine_now() };
            factor::change(shared, &who.account.name, |f| {
                f.shown = f.app.is_none().then_some(fresh);
                Ok(())
            })
        })
        .await?;
    Ok(Redirect::to("/me/app").into_response())
}

fn app_page(shared: &Shared, who: &Who, error: Option<&str>) -> Result<Markup, Fault> {
    let t = who.tongue;
    let Some(app) = factor::read(shared.store(), &who.account.name)?.shown else { return Ok(before_app(shared, who)) };
    let issuer = &shared.app.hub.settings().clinic.name;
    let address = totp::address(&app.secret, issuer, &who.account.name).ok_or(Fault::Broken)?;
    let body = html! {
        div .card.entry.wide {
            h1 { (say!(t, "account-app-add")) }
            @if let Some(error) = error { p .error role="alert" { (error) } }
            ol .steps {
                li { p { (say!(t, "account-app-scan")) } (totp::picture(&address, &say!(t, "account-app-picture")).unwrap_or_default())
                    p .small { (say!(t, "account-app-secret")) " " code #app-secret translate="no" { (totp::grouped(&app.secret)) } } }
                li {
                    p { (say!(t, "account-app-confirm")) }
                    form method="post" action="/me/app/confirm" .stack {
                        (page::token(&who.csrf))
                        label for="code" { (say!(t, "account-app-code")) }
                        input #code name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="10" .code;
                        button .primary { (say!(t, "account-continue")) }
                    }
                }
            }
            p { a href="/me" { (say!(t, "account-back")) } }
        }
    };
    Ok(page::staff(shared, who, &say!(t, "account-app-add"), "/me", &body))
}

/// The page while there is no secret to show: a GET makes none.
fn before_app(shared: &Shared, who: &Who) -> Markup {
    let t = who.tongue;
    let body = html! {
        div .card.entry.wide {
            h1 { (say!(t, "account-app")) }
            p { (say!(t, "account-app-what")) }
            form method="post" action="/me/app" { (page::token(&who.csrf)) button .primary { (say!(t, "account-app-add")) } }
            p { a href="/me" { (say!(t, "account-back")) } }
        }
    };
    page::staff(shared, who, &say!(t, "account-app"), "/me", &body)
}

/// The secret, as picture and as text, for who has just said the password.
pub(crate) async fn show_app(state: State, Extension(who): Extension<Who>) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/me/app") {
        return Ok(first);
    }
    state.read(move |shared| Ok(app_page(shared, &who, None)?.into_response())).await
}

/// The code that makes it count. With the first factor come recovery codes.
pub(crate) async fn confirm_app(
    state: State,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/me/app") {
        return Ok(first);
    }
    let _turn = state.hashing.acquire().await.map_err(|_| Fault::Broken)?;
    state
        .read(move |shared| {
            let t = who.tongue;
            let right = factor::change(shared, &who.account.name, |f| {
                let step = f.shown.as_ref().and_then(|a| totp::step(&a.secret, fields.get("code"), machine_now(), 0));
                let Some(step) = step else { return Ok(false) };
                f.app = f.shown.take().map(|app| App { last: step, ..app });
                Ok(true)
            })?;
            if !right {
                let page = app_page(shared, &who, Some(&say!(t, "account-code-wrong")))?;
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
            }
            note(shared, &who.account.name, "added a second factor", "app")?;
            let codes = first_codes(shared, &who)?;
            said(shared, &who, &headers, &codes, &say!(t, "account-app-added"))
        })
        .await
}

/// Recovery codes, if there are none: with the first factor.
fn first_codes(shared: &Shared, who: &Who) -> Result<Vec<String>, Fault> {
    if !factor::read(shared.store(), &who.account.name)?.codes.is_empty() {
        return Ok(Vec::new());
    }
    let (shown, hashes) = factor::new_codes()?;
    factor::change(shared, &who.account.name, |f| {
        f.codes = hashes;
        Ok(())
    })?;
    Ok(shown)
}

/// New recovery codes; those of before are void.
pub(crate) async fn new_codes(
    state: State,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/me") {
        return Ok(first);
    }
    let _turn = state.hashing.acquire().await.map_err(|_| Fault::Broken)?;
    state
        .read(move |shared| {
            let (shown, hashes) = factor::new_codes()?;
            let made = factor::change(shared, &who.account.name, |f| {
                let any = f.any();
                if any {
                    f.codes = hashes;
                }
                Ok(any)
            })?;
            if !made {
                return Err(Fault::Stale);
            }
            note(shared, &who.account.name, "made recovery codes", "")?;
            said(shared, &who, &headers, &shown, &say!(who.tongue, "account-codes-made"))
        })
        .await
}

/// Removes a factor. The last one stays where one is asked for, and beside a password that is short.
async fn remove(
    state: State,
    who: Who,
    headers: HeaderMap,
    what: &'static str,
    take: impl FnOnce(&mut Factors) -> bool + Send + 'static,
) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/me") {
        return Ok(first);
    }
    state
        .read(move |shared| {
            let t = who.tongue;
            let asked = factor::required(&who.account, &shared.app.config.second_factor);
            let why = factor::change(shared, &who.account.name, |f| {
                let before = f.clone();
                if !take(f) {
                    return Err(Fault::NotFound);
                }
                let why = match f.any() {
                    true => None,
                    false if asked => Some(say!(t, "account-last")),
                    false if f.short => Some(say!(t, "account-last-short")),
                    false => None,
                };
                match &why {
                    Some(_) => *f = before,
                    None if !f.any() => f.codes.clear(),
                    None => {}
                }
                Ok(why)
            })?;
            if let Some(why) = why {
                return not(shared, &who, &headers, &why);
            }
            note(shared, &who.account.name, "removed a second factor", what)?;
            said(shared, &who, &headers, &[], &say!(t, "account-removed"))
        })
        .await
}

/// Removes the app.
pub(crate) async fn remove_app(
    state: State,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    remove(state, who, headers, "app", |f| f.app.take().is_some()).await
}

/// Removes a passkey.
pub(crate) async fn remove_passkey(
    state: State,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let take = move |f: &mut Factors| {
        let before = f.passkeys.len();
        f.passkeys.retain(|k| k.id != id);
        f.passkeys.len() < before
    };
    remove(state, who, headers, "passkey", take).await
}

/// What the browser is asked to make, and the name of what waits here for its answer.
pub(crate) async fn ask_passkey(
    state: State,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    if unconfirmed(&who, "/me").is_some() {
        // The script goes where a form would have been led.
        return Ok(Json(json!({ "go": "/me/confirm?to=/me" })).into_response());
    }
    state
        .read(move |shared| {
            let Usable::Here(webauthn) = passkey::usable(shared, &headers) else { return Err(Fault::Stale) };
            let factors = factor::read(shared.store(), &who.account.name)?;
            if factors.passkeys.len() >= PASSKEYS_MAX {
                return Err(Fault::Stale);
            }
            let (options, state) = passkey::make(&webauthn, &who.account, &factors)?;
            let half = Half::Making { account: who.account.name.clone(), state: Box::new(state) };
            let token = shared.waiting.lock().map_err(|_| Fault::Broken)?.put(half, machine_now());
            Ok(Json(json!({ "half": token, "options": options })).into_response())
        })
        .await
}

/// The passkey that the browser made.
pub(crate) async fn add_key(
    state: State,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    if let Some(first) = unconfirmed(&who, "/me") {
        return Ok(first);
    }
    let _turn = state.hashing.acquire().await.map_err(|_| Fault::Broken)?;
    state
        .read(move |shared| {
            let t = who.tongue;
            let begun = shared.waiting.lock().map_err(|_| Fault::Broken)?.take(fields.get("half"), machine_now());
            let made = match (begun, passkey::usable(shared, &headers)) {
                (Some(Half::Making { account, state }), Usable::Here(webauthn)) if account == who.account.name => {
                    passkey::made(&webauthn, fields.get("answer"), &state)
                }
                _ => None,
            };
            let name: String = fields.get("name").chars().take(NAME_MAX).collect();
            let Some(passkey) = made.filter(|_| !name.is_empty()) else {
                return not(shared, &who, &headers, &say!(t, "account-passkey-failed"));
            };
            if factor::is_known(shared.store(), &passkey)? {
                return not(shared, &who, &headers, &say!(t, "account-passkey-failed"));
            }
            let id = secret()[..ID_DIGITS].to_owned();
            factor::change(shared, &who.account.name, |f| {
                if f.passkeys.len() >= PASSKEYS_MAX {
                    return Err(Fault::Stale);
                }
                f.passkeys.push(Key { id, name, at: machine_now(), used: None, passkey });
                Ok(())
            })?;
            note(shared, &who.account.name, "added a second factor", "passkey")?;
            let codes = first_codes(shared, &who)?;
            said(shared, &who, &headers, &codes, &say!(t, "account-passkey-added"))
        })
        .await
}

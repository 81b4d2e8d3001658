//! One's own account: who one is here, how one logs in, where one is logged in.

use super::me_factors;
use crate::auth::guard::{Fields, Who};
use crate::auth::login::{From, Try, password_field, safe};
use crate::auth::{account, factor, note, passkey, password, session};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, machine_now, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

/// What is said above the page, once.
#[derive(Clone, Copy, Default)]
pub(crate) struct Said<'a> {
    /// It was done.
    pub(crate) done: Option<&'a str>,
    /// It was not.
    pub(crate) error: Option<&'a str>,
    /// Recovery codes that were made this moment: no other answer shows them.
    pub(crate) codes: &'a [String],
}

/// The way to say the password again, for who may not change now what guards accounts.
pub(crate) fn unconfirmed(who: &Who, to: &str) -> Option<Response> {
    (!who.session.is_fresh()).then(|| Redirect::to(&format!("/me/confirm?to={to}")).into_response())
}

/// The page.
pub(crate) async fn show(state: State, Extension(who): Extension<Who>, headers: HeaderMap) -> Result<Markup, Fault> {
    state.read(move |shared| draw(shared, &who, &headers, Said::default())).await
}

/// The page with what was just done. Blocks.
pub(crate) fn draw(shared: &Shared, who: &Who, headers: &HeaderMap, said: Said<'_>) -> Result<Markup, Fault> {
    let t = who.tongue;
    let factors = factor::read(shared.store(), &who.account.name)?;
    let owes = who.owes && !factors.any();
    let asked = factor::required(&who.account, &shared.app.config.second_factor);
    let body = html! {
        h1 { (say!(t, "account-me")) }
        @if let Some(done) = said.done { p .note role="status" { (done) } }
        @if let Some(error) = said.error { p .error role="alert" { (error) } }
        @if owes { p .note.warn { (say!(t, "account-owes")) } }
        @if !said.codes.is_empty() { (me_factors::codes(t, said.codes)) }
        div .me {
            div {
                (me_factors::section(t, who, &factors, &passkey::usable(shared, headers), asked))
                section .card aria-labelledby="password-h" {
                    h2 #password-h { (say!(t, "account-password")) }
                    (password_form(t, who, &factors))
                }
            }
            div {
                (identity(shared, who))
                (super::me_phone::section(shared, who)?)
                (sessions(shared, who)?)
            }
        }
    };
    Ok(page::staff(shared, who, &say!(t, "account-me"), "/me", &body))
}

fn identity(shared: &Shared, who: &Who) -> Markup {
    let (t, a) = (who.tongue, &who.account);
    let team = |name: &String| {
        shared.app.hub.settings().teams.iter().find(|t| t.name == *name).map_or(name.clone(), |t| t.title.clone())
    };
    html! {
        section .card aria-labelledby="who-h" {
            h2 #who-h translate="no" { (a.display) }
            dl .facts {
                dt { (say!(t, "account-name")) } dd translate="no" { (a.name) }
                dt { (say!(t, "account-teams")) }
                dd { @if a.teams.is_empty() { (say!(t, "account-all")) } @else { span lang="en" translate="no" { (a.teams.iter().map(team).collect::<Vec<_>>().join(", ")) } } }
                dt { (say!(t, "account-sites")) }
                dd { @if a.sites.is_empty() { (say!(t, "account-all")) } @else { span translate="no" { (a.sites.join(", ")) } } }
            }
            ul .list {
                @for role in &a.roles {
                    li { strong { (role_name(t, role)) } ": " (t.pick("may", role).unwrap_or_default()) }
                }
            }
        }
    }
}

/// A role, in words.
pub(crate) fn role_name(t: Tongue, role: &str) -> String {
    t.pick("role", role).unwrap_or_else(|| role.to_owned())
}

fn password_form(t: Tongue, who: &Who, factors: &factor::Factors) -> Markup {
    let min = if factors.any() { password::BESIDE_MIN } else { password::ALONE_MIN };
    html! {
        form method="post" action="/me/password" .stack {
            (page::token(&who.csrf))
            input type="hidden" name="username" value=(who.account.name) autocomplete="username";
            label for="now" { (say!(t, "account-password-now")) }
            (password_field(t, "now", "current-password"))
            label for="new" { (say!(t, "account-password-new")) }
            p .muted.small #new-hint { (say!(t, "account-password-hint", n = min)) }
            (password_field(t, "new", "new-password"))
            button { (say!(t, "account-password-change")) }
        }
        p .muted.small { (say!(t, "account-password-ends")) }
    }
}

fn sessions(shared: &Shared, who: &Who) -> Result<Markup, Fault> {
    let t = who.tongue;
    let mut all = session::of(shared, &who.account.name)?;
    all.sort_by_key(|s| (s.id() != who.session.id(), std::cmp::Reverse(s.seen)));
    let others = all.len() > 1;
    Ok(html! {
        section .card aria-labelledby="sessions-h" {
            h2 #sessions-h { (say!(t, "account-sessions")) }
            ul .rows {
                @for s in &all {
                    li {
                        div {
                            strong { (browser_name(t, &s.browser)) }
                            @if s.id() == who.session.id() { " " span .badge.here { (say!(t, "account-session-here")) } }
                            p .muted.small {
                                (say!(t, "account-session-since", when = words::moment(t, s.began, &zone(shared))))
                                " · " (say!(t, "account-session-seen", ago = words::ago(t, s.seen, machine_now())))
                            }
                        }
                        @if s.id() != who.session.id() {
                            form method="post" action={ "/me/sessions/" (s.id()) "/end" } {
                                (page::token(&who.csrf))
                                button .quiet { (say!(t, "account-session-end")) span .hidden { " " (browser_name(t, &s.browser)) } }
                            }
                        }
                    }
                }
            }
            @if others {
                form method="post" action="/me/sessions/end" {
                    (page::token(&who.csrf))
                    button { (say!(t, "account-session-end-others")) }
                }
            }
            form method="post" action="/me/sessions/end" .spaced {
                (page::token(&who.csrf))
                input type="hidden" name="all" value="yes";
                button { (say!(t, "account-session-end-all")) }
            }
        }
    })
}

/// A browser as it is told, or that it said nothing.
pub(crate) fn browser_name(t: Tongue, name: &str) -> Markup {
    html! { @if name.is_empty() { (say!(t, "account-browser")) } @else { span translate="no" { (name) } } }
}

/// The clinic's zone: times of accounts are the machine's, shown there.
pub(crate) fn zone(shared: &Shared) -> jiff::tz::TimeZone {
    words::zone(&shared.app.hub.settings().clinic.zone)
}

/// A new password: the present one is asked for, and every other session ends.
pub(crate) async fn set_password(
    state: State,
    Extension(who): Extension<Who>,
    from: From,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let t = who.tongue;
    let Ok(attempt) = Try::begin(&state, &format!("own {}", who.account.name), Some(who.session.id()), from) else {
        return Err(Fault::TooMany);
    };
    let _turn = state.hashing.acquire().await.map_err(|_| Fault::Broken)?;
    let (right, answer) = state
        .read(move |shared| {
            let (now, new) = (fields.typed("now"), fields.typed("new"));
            let not = |why: &str| -> Result<Response, Fault> {
                let said = Said { error: Some(why), ..Said::default() };
                Ok((StatusCode::UNPROCESSABLE_ENTITY, draw(shared, &who, &headers, said)?).into_response())
            };
            let account = &who.account;
            if !password::verify(&account.hash, now) {
                return Ok((false, not(&say!(t, "account-password-now-wrong"))?));
            }
            let names = names(shared, account);
            // Under the lock: the last factor may be going away this moment, and the account may be changing.
            let taken = factor::change(shared, &account.name, |factors| {
                let min = if factors.any() { password::BESIDE_MIN } else { password::ALONE_MIN };
                let weak = password::check(new, min, &names.iter().map(String::as_str).collect::<Vec<_>>());
                if weak.is_ok() {
                    factors.short = new.chars().count() < password::ALONE_MIN;
                    let mut now = account::find(shared.store(), &account.name)?.ok_or(Fault::NotFound)?;
                    now.hash = password::hash(new);
                    account::put(shared.store(), &now)?;
                }
                Ok(weak)
            })?;
            if let Err(weak) = taken {
                return Ok((true, not(&weak.words(t))?));
            }
            session::end_all(shared, &account.name, Some(&who.session))?;
            session::refresh(shared, &who.session)?;
            note(shared, &account.name, "changed the password", "")?;
            let done = say!(t, "account-password-changed");
            Ok((true, draw(shared, &who, &headers, Said { done: Some(&done), ..Said::default() })?.into_response()))
        })
        .await?;
    if right {
        attempt.passed(&state);
    }
    Ok(answer)
}

/// What no password is made of: the names of the account and of the clinic.
pub(crate) fn names(shared: &Shared, account: &crate::Account) -> Vec<String> {
    vec![account.name.clone(), account.display.clone(), shared.app.hub.settings().clinic.name.clone()]
}

/// Ends one other session.
pub(crate) async fn end_session(
    state: State,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Result<Redirect, Fault> {
    state
        .read(move |shared| {
            if !session::end_one(shared, &who.account.name, &id)? {
                return Err(Fault::NotFound);
            }
            Ok(note(shared, &who.account.name, "ended sessions", "1")?)
        })
        .await?;
    Ok(Redirect::to("/me"))
}

/// Ends every other session, or every one.
pub(crate) async fn end_sessions(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
) -> Result<Redirect, Fault> {
    let all = fields.get("all") == "yes";
    state
        .read(move |shared| {
            let ended = session::end_all(shared, &who.account.name, (!all).then_some(&who.session))?;
            Ok(note(shared, &who.account.name, "ended sessions", &ended.to_string())?)
        })
        .await?;
    Ok(Redirect::to(if all { "/login" } else { "/me" }))
}

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    to: String,
}

fn confirm_page(shared: &Shared, who: &Who, to: &str, error: Option<&str>) -> Result<Markup, Fault> {
    let t = who.tongue;
    let has_app = factor::read(shared.store(), &who.account.name)?.app.is_some();
    let body = html! {
        div .card.entry {
            h1 { (say!(t, "account-confirm")) }
            p { (say!(t, "account-confirm-why")) }
            @if let Some(error) = error { p .error role="alert" { (error) } }
            form method="post" action="/me/confirm" .stack {
                (page::token(&who.csrf))
                input type="hidden" name="to" value=(to);
                label for="password" { (say!(t, "account-password")) }
                (password_field(t, "password", "current-password"))
                button .primary { (say!(t, "account-continue")) }
            }
            @if has_app {
                p .or { (say!(t, "account-or")) }
                form method="post" action="/me/confirm" .stack {
                    (page::token(&who.csrf))
                    input type="hidden" name="to" value=(to);
                    label for="code" { (say!(t, "account-code")) }
                    input #code name="code" autocomplete="one-time-code" required maxlength="20" .code;
                    button { (say!(t, "account-continue")) }
                }
            }
        }
    };
    Ok(page::staff(shared, who, &say!(t, "account-confirm"), "/me", &body))
}

/// The question that is asked before what guards accounts is changed.
pub(crate) async fn confirm(
    state: State,
    Extension(who): Extension<Who>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state.read(move |shared| confirm_page(shared, &who, safe(&asked.to), None)).await
}

/// Its answer: the password, or a code of the app.
pub(crate) async fn set_confirmed(
    state: State,
    Extension(who): Extension<Who>,
    from: From,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let to = safe(fields.get("to")).to_owned();
    // This session's own count: whoever has it cannot guess on, and nobody else is kept out.
    let Ok(attempt) = Try::begin(&state, &format!("own {}", who.account.name), Some(who.session.id()), from) else {
        return Err(Fault::TooMany);
    };
    let _turn = state.hashing.acquire().await.map_err(|_| Fault::Broken)?;
    let (right, answer) = state
        .read(move |shared| {
            let (typed, code) = (fields.typed("password"), fields.get("code"));
            let right = if code.is_empty() {
                password::verify(&who.account.hash, typed)
            } else {
                factor::take_code(shared, &who.account.name, code)?.is_some()
            };
            if !right {
                note(shared, &who.account.name, "was refused a code", "confirm")?;
                let page = confirm_page(shared, &who, &to, Some(&say!(who.tongue, "account-confirm-wrong")))?;
                return Ok((false, (StatusCode::UNAUTHORIZED, page).into_response()));
            }
            session::refresh(shared, &who.session)?;
            Ok((true, Redirect::to(&to).into_response()))
        })
        .await?;
    if right {
        attempt.passed(&state);
    }
    Ok(answer)
}

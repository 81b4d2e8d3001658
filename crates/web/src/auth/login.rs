//! The login page, what bounds guesses at it, and the way out.
//!
//! A browser that logged in as the account before has a count of its own ([`super::device`]). Any other is counted by
//! name and network, and all of them together take turns at one name ([`super::limit`]): who guesses from elsewhere is
//! bounded by the hour and locks nobody out.

use super::guard::{Fields, Visitor, Who};
use super::waiting::Half;
use super::{account, device, factor, note, password, second, session};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, machine_now, page};
use axum::Extension;
use axum::extract::{ConnectInfo, Query};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};

/// Where to go after the login.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    to: String,
}

/// Only a path of ours: no other host can be put into the link.
pub(crate) fn safe(to: &str) -> &str {
    let ours = to.starts_with('/') && !to.starts_with("//") && !to.contains('\\') && to.bytes().all(|b| b > 0x20);
    if ours { to } else { "/" }
}

fn form(t: Tongue, csrf: &str, to: &str, name: &str, error: Option<&str>) -> Markup {
    html! {
        div .card.entry {
            h1 { (say!(t, "account-login")) }
            @if let Some(error) = error {
                p .error role="alert" #login-error { (error) }
            }
            form method="post" action="/login" .stack {
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="to" value=(to);
                label for="name" { (say!(t, "account-name")) }
                input #name name="name" value=(name) autocomplete="username" required maxlength=(account::NAME_MAX) autocapitalize="none" spellcheck="false";
                label for="password" { (say!(t, "account-password")) }
                (password_field(t, "password", "current-password"))
                button .primary { (say!(t, "account-login")) }
            }
        }
    }
}

/// A field for a password; a script adds the button that shows what is typed.
pub(crate) fn password_field(t: Tongue, id: &str, complete: &str) -> Markup {
    html! {
        input id=(id) name=(id) type="password" autocomplete=(complete) required maxlength=(password::MAX)
            data-show=(say!(t, "account-show")) data-hide=(say!(t, "account-hide"));
    }
}

/// The form.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    let t = visitor.tongue;
    Ok(page::door(&state, &visitor, &say!(t, "account-login"), &form(t, &visitor.csrf, safe(&asked.to), "", None)))
}

/// What wrong tries of a strange browser are counted by: the name and where they come from together. Of IPv6 the
/// network counts: one browser has a whole one.
fn counted(name: &str, from: Option<SocketAddr>) -> String {
    match from.map(|f| f.ip().to_canonical()) {
        None => name.to_owned(),
        Some(IpAddr::V4(ip)) => format!("{name} {ip}"),
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{name} {a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

pub(crate) type From = Option<Extension<ConnectInfo<SocketAddr>>>;

/// One try at a secret of an account, counted before the secret is looked at, so that tries at one time count all.
pub(crate) struct Try {
    count: String,
    /// The name that strange browsers take turns at; none for a browser that is known.
    strange: Option<String>,
}

/// Why there is no try now.
pub(crate) enum NoTry {
    /// This browser or network tried too often.
    TooMany,
    /// Strange browsers take turns at this name: seconds until the next.
    Wait(i64),
}

impl Try {
    /// Begins a try at `what` (a name, or a name with the factor that is tried).
    pub(crate) fn begin(shared: &Shared, what: &str, known: Option<String>, from: From) -> Result<Self, NoTry> {
        let now = machine_now();
        let strange = known.is_none().then(|| what.to_owned());
        let address = from.map(|Extension(ConnectInfo(address))| address);
        let count = known.map_or_else(|| counted(what, address), |device| format!("{what} {device}"));
        let mut limiter = shared.logins.lock().map_err(|_| NoTry::TooMany)?;
        if !limiter.may_try(&count, now) {
            return Err(NoTry::TooMany);
        }
        if let Some(name) = &strange {
            let wait = limiter.strange_wait(name, now);
            if wait > 0 {
                return Err(NoTry::Wait(wait / 1000 + 1));
            }
            limiter.strange_try(name, now);
        }
        limiter.failed(&count, now);
        Ok(Self { count, strange })
    }

    /// It was right.
    pub(crate) fn passed(self, shared: &Shared) {
        if let Ok(mut limiter) = shared.logins.lock() {
            limiter.passed(&self.count);
            self.strange.iter().for_each(|name| limiter.strange_passed(name));
        }
    }
}

impl NoTry {
    /// Seconds to wait, where waiting helps soon.
    pub(crate) fn seconds(&self) -> Result<i64, Fault> {
        match self {
            Self::TooMany => Err(Fault::TooMany),
            Self::Wait(seconds) => Ok(*seconds),
        }
    }
}

/// The answer to a try that has to wait, with the page that says so.
pub(crate) fn wait(seconds: i64, page: Markup) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds.to_string())], page).into_response()
}

/// The form, sent. Unknown names take as long as wrong passwords and are answered the same.
pub(crate) async fn post(
    state: State,
    Extension(visitor): Extension<Visitor>,
    from: From,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let name: String = fields.get("name").to_lowercase().chars().take(account::NAME_MAX).collect();
    let (t, to) = (visitor.tongue, safe(fields.get("to")).to_owned());
    let draw = |error: &str| {
        page::door(&state, &visitor, &say!(t, "account-login"), &form(t, &visitor.csrf, &to, &name, Some(error)))
    };
    let (asked, sent) = (name.clone(), headers.clone());
    let known = state.read(move |shared| Ok(device::known(shared, &sent, &asked)?)).await?;
    let attempt = match Try::begin(&state, &name, known, from) {
        Ok(attempt) => attempt,
        Err(no) => {
            let seconds = no.seconds()?;
            return Ok(wait(seconds, draw(&say!(t, "account-wait", n = seconds))));
        }
    };
    let _turn = state.hashing.acquire().await.map_err(|_| Fault::Broken)?;
    let (asked, typed, lead) = (name.clone(), fields.typed("password").to_owned(), to.clone());
    let answer = state
        .read(move |shared| {
            let found = account::find(shared.store(), &asked)?.filter(|a| !a.disabled);
            let hash = found.as_ref().map_or(shared.nobody.as_str(), |a| a.hash.as_str());
            let right = password::verify(hash, &typed);
            let Some(account) = found.filter(|_| right) else {
                let there = account::find(shared.store(), &asked)?.is_some();
                note(shared, if there { &asked } else { "unknown name" }, "was refused a login", "")?;
                return Ok(None);
            };
            if factor::read(shared.store(), &account.name)?.any() {
                let half = Half::Login { account: account.name, to: lead };
                return Ok(Some(second::begin(shared, half, machine_now())?));
            }
            Ok(Some(enter(shared, &headers, &account.name, &lead)?))
        })
        .await?;
    match answer {
        Some(answer) => {
            attempt.passed(&state);
            Ok(answer)
        }
        None => Ok((StatusCode::UNAUTHORIZED, draw(&say!(t, "account-wrong"))).into_response()),
    }
}

/// Begins the session, remembers the browser, and leads on. Blocks.
pub(crate) fn enter(shared: &Shared, headers: &HeaderMap, account: &str, to: &str) -> Result<Response, Fault> {
    let token = session::begin(shared, account, headers)?;
    let device = device::remember(shared, headers, account)?;
    note(shared, account, "logged in", "")?;
    let config = &shared.app.config;
    let cookie = session::set(session::STAFF, &token, "/", Some(config.session_max_ms / 1000), config.secure_cookies);
    let mut response = Redirect::to(to).into_response();
    response.headers_mut().append(SET_COOKIE, cookie);
    response.headers_mut().append(SET_COOKIE, device);
    Ok(response)
}

/// The way out.
pub(crate) async fn out(state: State, Extension(_who): Extension<Who>, headers: HeaderMap) -> Result<Response, Fault> {
    if let Some(token) = session::cookie(&headers, session::STAFF) {
        state.read(move |shared| Ok(session::end(shared, &token)?)).await?;
    }
    let cookie = session::set(session::STAFF, "", "/", Some(0), state.app.config.secure_cookies);
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/login")).into_response())
}

#[cfg(test)]
mod tests {
    use super::{counted, safe};

    #[test]
    fn wrong_tries_count_by_name_and_address() {
        let of = |from: &str| counted("ann", Some(from.parse().expect("an address")));
        assert_eq!(of("192.0.2.1:1"), of("192.0.2.1:2"));
        assert_eq!(of("192.0.2.1:1"), of("[::ffff:192.0.2.1]:9"));
        assert_ne!(of("192.0.2.1:1"), of("192.0.2.2:1"));
        assert_eq!(of("[2001:db8::1]:1"), of("[2001:db8::ffff]:1"), "one network");
        assert_ne!(of("[2001:db8::1]:1"), of("[2001:db8:0:1::1]:1"));
        assert_eq!(counted("ann", None), "ann");
    }

    #[test]
    fn a_login_leads_nowhere_else() {
        assert_eq!(safe("/people/1"), "/people/1");
        for bad in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\nb", "javascript:alert(1)"] {
            assert_eq!(safe(bad), "/", "{bad}");
        }
    }
}

//! The login page, and the way out.

use super::guard::{Fields, Visitor, Who};
use super::{account, session};
use crate::fault::Fault;
use crate::{State, machine_now, page};
use axum::Extension;
use axum::extract::{ConnectInfo, Query};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use store::AccessRow;

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

fn form(csrf: &str, to: &str, name: &str, error: Option<&str>) -> Markup {
    html! {
        h1 { "Log in" }
        @if let Some(error) = error {
            p .error role="alert" #login-error { (error) }
        }
        form method="post" action="/login" .stack {
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="to" value=(to);
            label for="name" { "Name" }
            input #name name="name" value=(name) autocomplete="username" required maxlength="64" autocapitalize="none";
            label for="password" { "Password" }
            input #password name="password" type="password" autocomplete="current-password" required maxlength="256";
            button .primary { "Log in" }
        }
    }
}

/// The form.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    Ok(page::door(&state, &visitor, "Log in", &form(&visitor.csrf, safe(&asked.to), "", None)))
}

/// What wrong tries are counted by: the name and where they come from together, so that nobody locks another's
/// account from elsewhere. Of IPv6 the network counts: one browser has a whole one.
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

/// The form, sent. Unknown names take as long as wrong passwords and are answered the same.
pub(crate) async fn post(
    state: State,
    Extension(visitor): Extension<Visitor>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let name = fields.get("name").to_lowercase();
    let count = counted(&name, from.map(|Extension(ConnectInfo(address))| address));
    let now = machine_now();
    if !state.logins.lock().is_ok_and(|l| l.may_try(&count, now)) {
        return Err(Fault::TooMany);
    }
    let _turn = state.hashing.acquire().await.map_err(|_| Fault::Broken)?;
    // Not trimmed: a space may be part of a password.
    let password = fields.0.iter().find(|(n, _)| n == "password").map(|(_, v)| v.clone()).unwrap_or_default();
    let asked = name.clone();
    let token = state
        .read(move |shared| {
            let found = account::find(shared.store(), &asked)?.filter(|a| !a.disabled);
            let hash = found.as_ref().map_or(shared.nobody.as_str(), |a| a.hash.as_str());
            let right = account::verify(hash, &password);
            let what = if right && found.is_some() { "logged in" } else { "was refused a login" };
            let who = if found.is_some() { asked.clone() } else { "unknown name".into() };
            shared.store().access_add(&AccessRow {
                at: machine_now(),
                who,
                what: what.into(),
                person: None,
                detail: String::new(),
            })?;
            match found {
                Some(account) if right => Ok(Some(session::begin(shared, &account.name)?)),
                _ => Ok(None),
            }
        })
        .await?;
    let to = safe(fields.get("to"));
    let Some(token) = token else {
        if let Ok(mut limiter) = state.logins.lock() {
            limiter.failed(&count, now);
        }
        let body = form(&visitor.csrf, to, &name, Some("The name or the password is not right."));
        return Ok((StatusCode::UNAUTHORIZED, page::door(&state, &visitor, "Log in", &body)).into_response());
    };
    if let Ok(mut limiter) = state.logins.lock() {
        limiter.passed(&count);
    }
    let config = &state.app.config;
    let cookie = session::set(session::STAFF, &token, "/", Some(config.session_max_ms / 1000), config.secure_cookies);
    Ok(([(SET_COOKIE, cookie)], Redirect::to(to)).into_response())
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

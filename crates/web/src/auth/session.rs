//! Sessions: a secret in a cookie, its hash in the store.

use super::{account, digest, secret};
use crate::{Account, Shared, machine_now};
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use model::At;
use model::link::{hmac_sha256, same};
use serde::{Deserialize, Serialize};
use store::DeskRow;

/// The cookie of a staff session.
pub(crate) const STAFF: &str = "tl_session";
/// The cookie of anyone: ties a form to the browser that it was shown in.
pub(crate) const VISIT: &str = "tl_visit";
/// The cookie of a patient who gave the birth date; its path is the page's own.
pub(crate) const TODAY: &str = "tl_today";
const KIND: &str = "session";
/// "Seen at" is written no more often than this, milliseconds.
const SEEN_EVERY_MS: i64 = 60_000;
/// No cookie header is read beyond this.
const COOKIES_MAX: usize = 8 * 1024;

#[derive(Serialize, Deserialize)]
struct Row {
    account: String,
    began: i64,
    seen: i64,
}

/// The value of a cookie, when it reads as one of our secrets.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut all = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).filter(|v| v.len() <= COOKIES_MAX);
    all.find_map(|line| {
        let pair = line.split(';').filter_map(|p| p.trim().split_once('=')).find(|(n, _)| *n == name)?;
        let good = pair.1.len() == 64 && pair.1.bytes().all(|b| b.is_ascii_hexdigit());
        good.then(|| pair.1.to_owned())
    })
}

/// A `Set-Cookie` value. `max_age_s` of 0 removes it; `None` ends with the browser.
pub(crate) fn set(name: &str, value: &str, path: &str, max_age_s: Option<i64>, secure: bool) -> HeaderValue {
    let age = max_age_s.map_or_else(String::new, |s| format!("; Max-Age={s}"));
    let tls = if secure { "; Secure" } else { "" };
    let line = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{age}{tls}");
    HeaderValue::from_str(&line).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The token that a form of this browser's session carries.
pub(crate) fn csrf(cookie_secret: &str) -> String {
    super::hex(&hmac_sha256(cookie_secret.as_bytes(), b"form"))
}

/// Whether a form's token is that of the session.
pub(crate) fn csrf_holds(cookie_secret: &str, given: &str) -> bool {
    same(csrf(cookie_secret).as_bytes(), given.as_bytes())
}

/// Begins a session and returns its secret. Blocks.
pub(crate) fn begin(shared: &Shared, account: &str) -> store::Result<String> {
    let token = secret();
    let now = machine_now();
    write(shared, &digest(&token), &Row { account: account.to_owned(), began: now.0, seen: now.0 })?;
    sweep(shared, now)?;
    Ok(token)
}

fn write(shared: &Shared, key: &str, row: &Row) -> store::Result<()> {
    let json = serde_json::to_string(row).unwrap_or_default();
    shared.store().desk_put(&DeskRow { kind: KIND.into(), key: key.into(), json, at: machine_now() })
}

fn over(shared: &Shared, row: &Row, now: At) -> bool {
    let config = &shared.app.config;
    now.0 - row.began >= config.session_max_ms || now.0 - row.seen >= config.session_idle_ms
}

/// Drops the sessions that are over.
fn sweep(shared: &Shared, now: At) -> store::Result<()> {
    for row in shared.store().desk_list(KIND)? {
        if serde_json::from_str::<Row>(&row.json).is_ok_and(|r| !over(shared, &r, now)) {
            continue;
        }
        shared.store().desk_drop(KIND, &row.key)?;
    }
    Ok(())
}

/// Whose session it is, if it still runs and the account is not disabled. Blocks.
pub(crate) fn whose(shared: &Shared, token: &str) -> store::Result<Option<Account>> {
    let key = digest(token);
    let Some(found) = shared.store().desk_get(KIND, &key)? else { return Ok(None) };
    let Ok(mut row) = serde_json::from_str::<Row>(&found.json) else { return Ok(None) };
    let now = machine_now();
    if over(shared, &row, now) {
        shared.store().desk_drop(KIND, &key)?;
        return Ok(None);
    }
    if now.0 - row.seen >= SEEN_EVERY_MS {
        row.seen = now.0;
        write(shared, &key, &row)?;
    }
    Ok(account::find(shared.store(), &row.account)?.filter(|a| !a.disabled))
}

/// Ends a session. Blocks.
pub(crate) fn end(shared: &Shared, token: &str) -> store::Result<bool> {
    shared.store().desk_drop(KIND, &digest(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_only_when_it_is_one_of_ours() {
        let good = "a".repeat(64);
        let mut headers = HeaderMap::new();
        let line = format!("x=1; {STAFF}={good}; {VISIT}=short");
        headers.insert(COOKIE, HeaderValue::from_str(&line).expect("ascii"));
        assert_eq!(cookie(&headers, STAFF), Some(good));
        assert_eq!(cookie(&headers, VISIT), None);
        assert_eq!(cookie(&headers, TODAY), None);
    }

    #[test]
    fn a_form_token_belongs_to_one_session() {
        let (one, two) = (secret(), secret());
        assert!(csrf_holds(&one, &csrf(&one)));
        assert!(!csrf_holds(&one, &csrf(&two)));
        assert!(!csrf_holds(&one, "") && !csrf_holds(&one, &one));
    }

    #[test]
    fn a_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let line = set(STAFF, "v", "/", Some(5), true);
        assert_eq!(line, "tl_session=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=5; Secure");
    }
}

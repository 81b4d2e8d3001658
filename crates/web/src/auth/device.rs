//! Browsers that logged in before. Such a browser has its own count of wrong tries for each account that it knows, so
//! that guesses from elsewhere do not keep staff out (OWASP: device cookies). It is no factor: it proves nothing.

use super::{digest, secret, session};
use crate::{Shared, machine_now};
use axum::http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use store::DeskRow;

/// The cookie; it is sent to the login only.
pub(crate) const COOKIE_NAME: &str = "tl_device";
/// How long a browser is known after a login, milliseconds.
const KNOWN_MS: i64 = 180 * model::time::DAY_MS;
/// Accounts that one browser is known to: a shared desk has many.
const ACCOUNTS_MAX: usize = 64;
const KIND: &str = "device";

#[derive(Default, Serialize, Deserialize)]
struct Row {
    accounts: Vec<String>,
}

/// The name of this browser in counts, if it logged in as this account before. Blocks.
pub(crate) fn known(shared: &Shared, headers: &HeaderMap, account: &str) -> store::Result<Option<String>> {
    let Some(token) = session::cookie(headers, COOKIE_NAME) else { return Ok(None) };
    let key = digest(&token);
    Ok(read(shared, &key)?.filter(|row| row.accounts.iter().any(|a| a == account)).map(|_| key))
}

fn read(shared: &Shared, key: &str) -> store::Result<Option<Row>> {
    let row = shared.store().desk_get(KIND, key)?.filter(|r| machine_now().0 - r.at.0 < KNOWN_MS);
    Ok(row.and_then(|r| serde_json::from_str(&r.json).ok()))
}

/// Remembers that this browser logged in as this account; its cookie. Blocks.
pub(crate) fn remember(shared: &Shared, headers: &HeaderMap, account: &str) -> store::Result<HeaderValue> {
    let now = machine_now();
    for row in shared.store().desk_list(KIND)?.iter().filter(|r| now.0 - r.at.0 >= KNOWN_MS) {
        shared.store().desk_drop(KIND, &row.key)?;
    }
    let held = session::cookie(headers, COOKIE_NAME);
    let found = match &held {
        Some(token) => read(shared, &digest(token))?,
        None => None,
    };
    // A cookie that names nothing is replaced: nobody chooses the name of a browser.
    let (token, mut row) = match (held, found) {
        (Some(token), Some(row)) => (token, row),
        _ => (secret(), Row::default()),
    };
    row.accounts.retain(|a| a != account);
    row.accounts.insert(0, account.to_owned());
    row.accounts.truncate(ACCOUNTS_MAX);
    let json = serde_json::to_string(&row).unwrap_or_default();
    shared.store().desk_put(&DeskRow { kind: KIND.into(), key: digest(&token), json, at: now })?;
    Ok(session::set(COOKIE_NAME, &token, "/login", Some(KNOWN_MS / 1000), shared.app.config.secure_cookies))
}

//! Sessions: a secret in a cookie, its hash in the store.

use super::{account, digest, secret};
use crate::{Account, Shared, machine_now};
use axum::http::header::{COOKIE, USER_AGENT};
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

/// Sessions of one account at one time; the one seen longest ago gives way.
const SESSIONS_MAX: usize = 20;
/// How long a login, or a password said again, allows changes of what guards accounts, milliseconds.
const FRESH_MS: i64 = 10 * model::time::MINUTE_MS;
/// Digits that name a session in lists.
const ID_DIGITS: usize = 16;

#[derive(Serialize, Deserialize)]
struct Row {
    account: String,
    began: i64,
    seen: i64,
    /// When its person last proved who they are.
    #[serde(default)]
    fresh: i64,
    /// The browser, in a word or two.
    #[serde(default)]
    browser: String,
}

/// A session that runs.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Key of its row: the hash of the cookie's secret.
    key: String,
    /// When it began.
    pub(crate) began: At,
    /// Last seen, to a minute.
    pub(crate) seen: At,
    /// The browser.
    pub(crate) browser: String,
    fresh: i64,
}

impl Session {
    fn of(key: String, row: Row) -> Self {
        Self { key, began: At(row.began), seen: At(row.seen), browser: row.browser, fresh: row.fresh }
    }
    /// What names it in lists: from it nobody finds the key, nor from that the secret.
    pub(crate) fn id(&self) -> String {
        digest(&self.key)[..ID_DIGITS].to_owned()
    }
    /// Whether its person proved who they are within the last ten minutes.
    pub(crate) fn is_fresh(&self) -> bool {
        machine_now().0 - self.fresh < FRESH_MS
    }
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
pub(crate) fn begin(shared: &Shared, account: &str, headers: &HeaderMap) -> store::Result<String> {
    let token = secret();
    let now = machine_now();
    sweep(shared, now)?;
    let mut others = of(shared, account)?;
    others.sort_by_key(|s| std::cmp::Reverse(s.seen));
    for old in others.iter().skip(SESSIONS_MAX - 1) {
        shared.store().desk_drop(KIND, &old.key)?;
    }
    let (account, browser) = (account.to_owned(), browser(headers));
    let row = Row { account, began: now.0, seen: now.0, fresh: now.0, browser };
    shared.store().desk_put(&desk_row(&digest(&token), &row))?;
    Ok(token)
}

/// The browser and its system in a word or two: enough to know one's own again.
fn browser(headers: &HeaderMap) -> String {
    let agent = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let first = |names: &[(&str, &'static str)]| names.iter().find(|(n, _)| agent.contains(n)).map(|(_, name)| *name);
    let program = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    [program, system].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The sessions of an account that run. Blocks.
pub(crate) fn of(shared: &Shared, account: &str) -> store::Result<Vec<Session>> {
    let now = machine_now();
    let all = shared.store().desk_list(KIND)?.into_iter();
    let read = all.filter_map(|r| Some((r.key, serde_json::from_str::<Row>(&r.json).ok()?)));
    Ok(read
        .filter(|(_, row)| row.account == account && !over(shared, row, now))
        .map(|(key, row)| Session::of(key, row))
        .collect())
}

/// Ends the sessions of an account, all but `but`; how many. Blocks.
pub(crate) fn end_all(shared: &Shared, account: &str, but: Option<&Session>) -> store::Result<usize> {
    let mut ended = 0;
    for session in of(shared, account)?.iter().filter(|s| but.is_none_or(|b| b.key != s.key)) {
        ended += usize::from(shared.store().desk_drop(KIND, &session.key)?);
    }
    Ok(ended)
}

/// Ends the session of this account that a list names; whether there was one. Blocks.
pub(crate) fn end_one(shared: &Shared, account: &str, id: &str) -> store::Result<bool> {
    match of(shared, account)?.iter().find(|s| s.id() == id) {
        Some(session) => shared.store().desk_drop(KIND, &session.key),
        None => Ok(false),
    }
}

/// Its person has just proved again who they are. Blocks.
pub(crate) fn refresh(shared: &Shared, session: &Session) -> store::Result<()> {
    let Some(found) = shared.store().desk_get(KIND, &session.key)? else { return Ok(()) };
    let Ok(mut row) = serde_json::from_str::<Row>(&found.json) else { return Ok(()) };
    row.fresh = machine_now().0;
    renew(shared, &session.key, &row).map(drop)
}

fn desk_row(key: &str, row: &Row) -> DeskRow {
    let json = serde_json::to_string(row).unwrap_or_default();
    DeskRow { kind: KIND.into(), key: key.into(), json, at: machine_now() }
}

/// Writes a session that is there; whether it still was. One that was ended since it was read stays ended.
fn renew(shared: &Shared, key: &str, row: &Row) -> store::Result<bool> {
    shared.store().desk_change(&desk_row(key, row))
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
pub(crate) fn whose(shared: &Shared, token: &str) -> store::Result<Option<(Account, Session)>> {
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
        if !renew(shared, &key, &row)? {
            return Ok(None);
        }
    }
    let account = account::find(shared.store(), &row.account)?.filter(|a| !a.disabled);
    Ok(account.map(|account| (account, Session::of(key, row))))
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
    fn a_browser_is_told_in_two_words() {
        let told = |agent: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, HeaderValue::from_str(agent).expect("ascii"));
            browser(&headers)
        };
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36";
        assert_eq!(told(chrome), "Chrome, Linux");
        assert_eq!(told(&format!("{chrome} Edg/142.0")), "Edge, Linux");
        assert_eq!(
            told("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"),
            "Safari, iPhone"
        );
        assert_eq!(told("<script>alert(1)</script>"), "");
    }

    /// Both engines' part is in the store's conformance suite; this holds that nothing here goes round it: a row is
    /// put where a session begins, and nowhere else.
    #[test]
    fn only_a_beginning_puts_a_session() {
        let source = include_str!("session.rs").split("mod tests").next().unwrap_or_default();
        assert_eq!((source.matches("desk_put(").count(), source.matches("desk_change(").count()), (1, 1));
        let begin = source.split("pub(crate) fn begin").nth(1).unwrap_or_default();
        assert!(begin.split("\n}").next().is_some_and(|body| body.contains("desk_put(")));
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

//! The second factor: a birth date, tried five times at most; and "this is not me".

use super::today::{self, Opened};
use super::words::say;
use crate::auth::guard::{Fields, Visitor};
use crate::auth::{digest, secret, session};
use crate::fault::Fault;
use crate::{Shared, State, machine_now, page};
use axum::Extension;
use axum::extract::Path;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use model::{Actor, At, Fact, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::DeskRow;

/// Wrong tries until the link is locked.
const WRONG_MAX: u32 = 5;
/// How long it is locked, milliseconds.
const LOCK_MS: i64 = 15 * model::time::MINUTE_MS;
/// A patient's session, milliseconds.
const SESSION_MS: i64 = 2 * model::time::HOUR_MS;
const LOCK: &str = "today_lock";
const SESSION: &str = "today_session";

#[derive(Serialize, Deserialize, Default)]
struct Lock {
    wrong: u32,
    since: i64,
}

#[derive(Serialize, Deserialize)]
struct Session {
    person: PersonId,
    began: i64,
}

/// The key under which a person's wrong tries are counted: any link of theirs.
fn lock_of(shared: &Shared, person: PersonId) -> store::Result<Lock> {
    let row = shared.store().desk_get(LOCK, &person.to_string())?;
    let lock: Lock = row.and_then(|r| serde_json::from_str(&r.json).ok()).unwrap_or_default();
    Ok(if machine_now().0 - lock.since >= LOCK_MS { Lock::default() } else { lock })
}

fn put_lock(shared: &Shared, person: PersonId, lock: &Lock) -> store::Result<()> {
    let json = serde_json::to_string(lock).unwrap_or_default();
    shared.store().desk_put(&DeskRow { kind: LOCK.into(), key: person.to_string(), json, at: machine_now() })
}

/// Whether the link is locked now. Blocks.
pub(super) fn locked(shared: &Shared, person: PersonId) -> store::Result<bool> {
    Ok(lock_of(shared, person)?.wrong >= WRONG_MAX)
}

/// One wrong try more. Blocks.
fn wrong(shared: &Shared, person: PersonId) -> store::Result<()> {
    let lock = lock_of(shared, person)?;
    put_lock(shared, person, &Lock { wrong: lock.wrong + 1, since: machine_now().0 })
}

/// Whether this browser passed for this person. Blocks.
pub(super) fn passed(shared: &Shared, headers: &HeaderMap, person: PersonId) -> store::Result<bool> {
    let Some(token) = session::cookie(headers, session::TODAY) else { return Ok(false) };
    let key = digest(&token);
    let row = shared.store().desk_get(SESSION, &key)?;
    let Some(found) = row.and_then(|r| serde_json::from_str::<Session>(&r.json).ok()) else { return Ok(false) };
    if machine_now().0 - found.began >= SESSION_MS {
        shared.store().desk_drop(SESSION, &key)?;
        return Ok(false);
    }
    Ok(found.person == person)
}

fn begin(shared: &Shared, person: PersonId) -> store::Result<String> {
    let now = machine_now();
    for row in shared.store().desk_list(SESSION)? {
        let over = serde_json::from_str::<Session>(&row.json).is_ok_and(|s| now.0 - s.began >= SESSION_MS);
        if over {
            shared.store().desk_drop(SESSION, &row.key)?;
        }
    }
    let token = secret();
    let json = serde_json::to_string(&Session { person, began: now.0 }).unwrap_or_default();
    shared.store().desk_put(&DeskRow { kind: SESSION.into(), key: digest(&token), json, at: now })?;
    Ok(token)
}

/// The question. It names nobody and says nothing about health.
pub(super) fn question(shared: &Shared, visitor: &Visitor, token: &str, lang: &str, error: Option<&str>) -> Markup {
    let part = |name: &str, key: &'static str, max: &str, length: &str| {
        html! {
            div {
                label for=(name) { (say(lang, key)) }
                input id=(name) name=(name) inputmode="numeric" maxlength=(length) required autocomplete={ "bday-" (name) } .(max);
            }
        }
    };
    let body = html! {
        h1 { (say(lang, "one_question")) }
        p { (say(lang, "why_birth")) }
        @if let Some(error) = error { p .error role="alert" { (error) } }
        form method="post" action={ "/t/" (token) "/open" } {
            (page::token(&visitor.csrf))
            fieldset aria-describedby="hint" {
                legend { (say(lang, "birth_date")) }
                p .hint #hint { (say(lang, "birth_hint")) }
                div .date {
                    (part("day", "day", "short", "2")) (part("month", "month", "short", "2")) (part("year", "year", "long", "4"))
                }
            }
            button .go { (say(lang, "continue")) }
        }
        details .quiet {
            summary { (say(lang, "not_me")) }
            form method="post" action={ "/t/" (token) "/not-me" } {
                (page::token(&visitor.csrf)) (page::once())
                p { (say(lang, "not_me_why")) }
                label for="where" { (say(lang, "not_me_where")) }
                input #where name="where" required maxlength="254";
                button .plain { (say(lang, "not_me_send")) }
            }
        }
    };
    page::patient(shared, lang, say(lang, "one_question"), None, &body)
}

/// `1968-03-27` of the three parts, if they are a date.
fn typed(fields: &Fields) -> Option<String> {
    let part = |name: &str| fields.get(name).parse::<i16>().ok();
    let (day, month) = (i8::try_from(part("day")?).ok()?, i8::try_from(part("month")?).ok()?);
    jiff::civil::Date::new(part("year")?, month, day).ok().map(|d| d.to_string())
}

/// The answer to the question.
pub(crate) async fn birth_date(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let opened = match today::open(shared, &token)? {
                Ok(opened) => opened,
                Err(page) => return Ok(page),
            };
            let Opened { person, look, lang } = opened;
            if locked(shared, person)? {
                return Ok(today::closed(shared, lang));
            }
            let born = look.record.birth_date.as_deref();
            let right = born.is_some_and(|b| typed(&fields).is_some_and(|t| b == t));
            if !right {
                wrong(shared, person)?;
                if locked(shared, person)? {
                    return Ok(today::closed(shared, lang));
                }
                let page = question(shared, &visitor, &token, lang, Some(say(lang, "wrong_birth")));
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
            }
            shared.store().desk_drop(LOCK, &person.to_string())?;
            let pass = begin(shared, person)?;
            page::did(shared, "patient", "opened Today", person, "/t")?;
            let path = format!("/t/{token}");
            let secure = shared.app.config.secure_cookies;
            let cookie = session::set(session::TODAY, &pass, &path, Some(SESSION_MS / 1000), secure);
            Ok(([(SET_COOKIE, cookie)], Redirect::to(&path)).into_response())
        })
        .await
}

/// "This is not me": whoever says so names where the link came to; the answer tells nothing. A guess
/// counts as a wrong try.
pub(crate) async fn not_me(
    state: State,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let now = state.now();
    let told = state
        .read(move |shared| {
            let opened = match today::open(shared, &token)? {
                Ok(opened) => opened,
                Err(page) => return Ok(Err(page)),
            };
            if locked(shared, opened.person)? {
                return Ok(Err(today::closed(shared, opened.lang)));
            }
            let given = plain(fields.get("where"));
            let point = opened.look.record.contacts.iter().find(|c| same_point(&plain(&c.value), &given));
            if point.is_none() {
                wrong(shared, opened.person)?;
            }
            let fact = point.map(|c| disabled(opened.person, &c.value, fields.get("once"), now));
            let thanks = html! { h1 { (say(opened.lang, "not_me")) } p { (say(opened.lang, "not_me_thanks")) } };
            let page = page::patient(shared, opened.lang, say(opened.lang, "not_me"), None, &thanks);
            Ok(Ok((opened.person, fact, page)))
        })
        .await?;
    let (person, fact, page) = match told {
        Ok(told) => told,
        Err(page) => return Ok(page),
    };
    if let Some(fact) = fact {
        state.app.hub.submit(person, fact).await?;
    }
    Ok(page.into_response())
}

fn disabled(person: PersonId, value: &str, once: &str, now: At) -> Fact {
    let body = json!({ "value": value, "status": "wrong", "by": "today page" });
    Fact::own("contact.disabled", once, person, now, body).by(Actor::System)
}

/// An address or number without what people put between its parts.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !"()-./".contains(*c) || *c == '.' && text.contains('@'))
        .collect::<String>()
        .to_lowercase()
}

/// Numbers are the same when one ends with the other's ten digits or more.
fn same_point(known: &str, given: &str) -> bool {
    const DIGITS_MIN: usize = 10;
    let digits = |t: &str| t.chars().filter(char::is_ascii_digit).collect::<String>();
    if known.contains('@') || given.contains('@') {
        return known == given;
    }
    let (known, given) = (digits(known), digits(given));
    given.len() >= DIGITS_MIN && (known.ends_with(&given) || given.ends_with(&known) && known.len() >= DIGITS_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birth_date_is_read_from_three_parts_as_people_write_them() {
        let fields = |d: &str, m: &str, y: &str| {
            Fields([("day", d), ("month", m), ("year", y)].map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec())
        };
        assert_eq!(typed(&fields("27", "3", "1968")).as_deref(), Some("1968-03-27"));
        assert_eq!(typed(&fields(" 07 ", "03", "1968")).as_deref(), Some("1968-03-07"));
        for (d, m, y) in [("31", "2", "1968"), ("", "3", "1968"), ("x", "3", "1968"), ("999", "3", "1968")] {
            assert_eq!(typed(&fields(d, m, y)), None);
        }
    }

    #[test]
    fn a_number_is_known_however_it_is_written() {
        for given in ["+1 (555) 010-0199", "555-010-0199", "1 555 010 0199"] {
            assert!(same_point(&plain("+15550100199"), &plain(given)), "{given}");
        }
        for given in ["0199", "", "5550100198", "david@example.org"] {
            assert!(!same_point(&plain("+15550100199"), &plain(given)), "{given}");
        }
        assert!(same_point(&plain("David.R@example.org"), &plain("david.r@example.org ")));
    }
}

//! The other second factor: six digits by text, to a number that is known and in use.
//!
//! The digits are made of the link secret and the request ([`model::link::code`]), so that neither the fact nor this
//! crate's rows hold them; a row holds a keyed hash. They work in the browser that asked, for ten minutes, five tries,
//! once; three requests an hour. They are never sent where the link itself was sent: whoever has that telephone or
//! mailbox has the first factor already.

use super::factor::trying;
use super::frame::{self, Frame};
use super::parts::{self, Input, Sends, Wrong};
use super::session::{self, How};
use super::today::{self, Opened};
use crate::auth::guard::{Fields, Visitor};
use crate::auth::{digest, hex};
use crate::fault::Fault;
use crate::tongue::say;
use crate::{Shared, State, machine_now, page};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use model::link::{address_tag, hmac_sha256, same};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{Actor, At, Fact, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::DeskRow;

/// How long a code works, milliseconds of the machine's clock.
const GOOD_MS: i64 = 10 * MINUTE_MS;
/// Wrong tries of one code.
const TRIES_MAX: u32 = 5;
/// Codes of a person in an hour.
const CODES_MAX: usize = 3;
const KIND: &str = "today_code";

/// A code that was asked for.
#[derive(Serialize, Deserialize)]
struct Asked {
    /// When, on the machine's clock.
    at: i64,
    /// Whose browser asked: hash of its form token.
    browser: String,
    /// The one-time name of the form: two clicks are one code.
    once: String,
    /// Keyed hash of the digits.
    mac: String,
    tries: u32,
    used: bool,
    /// Tag of the number that it went to: who enters it has that telephone.
    #[serde(default)]
    to: String,
}

/// The codes of the last hour, oldest first. Blocks.
fn asked(shared: &Shared, person: PersonId) -> store::Result<Vec<Asked>> {
    let row = shared.store().desk_get(KIND, &person.to_string())?;
    let mut all: Vec<Asked> = row.and_then(|r| serde_json::from_str(&r.json).ok()).unwrap_or_default();
    let now = machine_now().0;
    all.retain(|a| now - a.at < HOUR_MS);
    Ok(all)
}

fn keep(shared: &Shared, person: PersonId, all: &[Asked]) -> store::Result<()> {
    let json = serde_json::to_string(all).unwrap_or_default();
    shared.store().desk_put(&DeskRow { kind: KIND.into(), key: person.to_string(), json, at: machine_now() })
}

/// Rows of an hour ago are of no use to anybody. Blocks.
fn sweep(shared: &Shared) -> store::Result<()> {
    let now = machine_now().0;
    for row in shared.store().desk_list(KIND)?.iter().filter(|r| now - r.at.0 >= HOUR_MS) {
        shared.store().desk_drop(KIND, &row.key)?;
    }
    Ok(())
}

fn mac(shared: &Shared, browser: &str, digits: &str) -> String {
    let secret = &shared.app.hub.settings().clinic.link_secret;
    hex(&hmac_sha256(secret.as_bytes(), format!("typed|{browser}|{digits}").as_bytes()))
}

/// Where a code would be texted to; `None` when there is no second way to this person.
pub(super) fn number_for(shared: &Shared, opened: &Opened) -> Option<String> {
    let secret = &shared.app.hub.settings().clinic.link_secret;
    let number = opened.look.outreach.texts_to(&opened.look.record)?;
    let same_way = opened.sent_to.as_deref() == Some(address_tag(secret, &number).as_str());
    (!same_way && !secret.is_empty()).then_some(number)
}

/// The last two digits: enough for its owner to know it.
pub(super) fn last_digits(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(2)..].iter().collect()
}

/// "Text me a code instead."
pub(crate) async fn ask(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let once = fields.get("once").to_owned();
    if once.is_empty() || once.len() > 64 {
        return Err(Fault::Stale);
    }
    let (link, now) = (token.clone(), state.now());
    let made = state
        .read(move |shared| {
            let opened = match today::open(shared, &visitor, &token)? {
                Ok(opened) => opened,
                Err(page) => return Ok(Err(page)),
            };
            let Some(number) = number_for(shared, &opened) else {
                return Ok(Err(refused(shared, &opened, StatusCode::CONFLICT)));
            };
            let _one = trying();
            let person = opened.person;
            let mut all = asked(shared, person)?;
            let fact = Fact::own("code.requested", &once, person, now, json!({ "channel": "sms" })).by(Actor::Patient);
            if all.iter().any(|a| a.once == once) {
                return Ok(Ok((person, fact)));
            }
            if all.len() >= CODES_MAX {
                return Ok(Err(refused(shared, &opened, StatusCode::TOO_MANY_REQUESTS)));
            }
            let secret = &shared.app.hub.settings().clinic.link_secret;
            let digits = model::link::code(secret, person, fact.id).ok_or(Fault::Broken)?;
            let browser = digest(&visitor.csrf);
            let mac = mac(shared, &browser, &digits);
            let to = address_tag(secret, &number);
            all.push(Asked { at: machine_now().0, browser, once, mac, tries: 0, used: false, to });
            sweep(shared)?;
            keep(shared, person, &all)?;
            page::did(shared, "patient", "asked for a code", person, "/t")?;
            Ok(Ok((person, fact)))
        })
        .await?;
    match made {
        Err(page) => Ok(page),
        Ok((person, fact)) => {
            state.app.hub.submit(person, fact).await?;
            Ok(Redirect::to(&format!("/t/{link}/code")).into_response())
        }
    }
}

/// No code is sent: none can be, or there were enough of them.
fn refused(shared: &Shared, opened: &Opened, status: StatusCode) -> Response {
    let (t, phone) = (opened.t, &shared.app.hub.settings().clinic.phone);
    let title = say!(t, "patient-no-code-title");
    let why = if status == StatusCode::TOO_MANY_REQUESTS {
        say!(t, "patient-codes-enough")
    } else {
        say!(t, "patient-no-code", number = phone)
    };
    let body = html! {
        h1 class="nhsuk-heading-l" { (title) }
        div role="alert" { p { (why) } }
        (parts::button_link(&say!(t, "patient-call-number", number = phone), &format!("tel:{phone}")))
    };
    (status, frame::page(shared, &Frame::outside(t, &title), &body)).into_response()
}

/// The field for the code.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let opened = match today::open(shared, &visitor, &token)? {
                Ok(opened) => opened,
                Err(page) => return Ok(page),
            };
            Ok(form(shared, &visitor, &token, &opened, None).into_response())
        })
        .await
}

fn form(shared: &Shared, visitor: &Visitor, token: &str, opened: &Opened, error: Option<&str>) -> Markup {
    let t = opened.t;
    let (title, prefix) = (say!(t, "patient-code-title"), say!(t, "patient-error"));
    let number = number_for(shared, opened);
    let hint = number.as_deref().map(|n| say!(t, "patient-code-hint", digits = last_digits(n)));
    let hint = hint.map(|text| html! { (text) });
    let field = Input {
        id: "digits",
        name: "digits",
        label: &title,
        heading: true,
        hint: hint.as_ref(),
        wrong: error.map(|text| Wrong { prefix: &prefix, text }),
        code: true,
        autocomplete: "one-time-code",
    };
    let shown = if error.is_some() { format!("{prefix}: {title}") } else { title.clone() };
    let body = html! {
        @if let Some(error) = error { (parts::error_summary(&say!(t, "patient-problem"), error, "#digits")) }
        form method="post" action={ "/t/" (token) "/code" } novalidate {
            (page::token(&visitor.csrf))
            (parts::input(&field))
            (parts::button(&say!(t, "patient-continue"), false, Sends::default()))
        }
        @if number.is_some() {
            form method="post" action={ "/t/" (token) "/text" } {
                (page::token(&visitor.csrf)) (page::once())
                (parts::button(&say!(t, "patient-code-again"), true, Sends::default()))
            }
        }
        p { a .way href={ "/t/" (token) } { (say!(t, "patient-birth-instead")) } }
    };
    frame::page(shared, &Frame::outside(t, &shown), &body)
}

/// What came of a try.
#[derive(PartialEq, Eq)]
enum Came {
    Right,
    Wrong,
    /// None is open in this browser: too old, too often wrong, used, or never asked for.
    Over,
}

fn attempt(all: &mut [Asked], browser: &str, given: &str, now: i64) -> Came {
    let open = |a: &&mut Asked| {
        !a.used && a.tries < TRIES_MAX && now - a.at < GOOD_MS && same(a.browser.as_bytes(), browser.as_bytes())
    };
    // The newest that this browser asked for; an older one is over by that.
    let Some(last) = all.iter_mut().rfind(|a| same(a.browser.as_bytes(), browser.as_bytes())) else {
        return Came::Over;
    };
    let Some(it) = Some(last).filter(open) else { return Came::Over };
    if same(it.mac.as_bytes(), given.as_bytes()) {
        it.used = true;
        return Came::Right;
    }
    it.tries += 1;
    if it.tries >= TRIES_MAX { Came::Over } else { Came::Wrong }
}

/// The code, typed.
pub(crate) async fn give(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let now = state.now();
    let (page, sure) = state
        .read(move |shared| {
            let opened = match today::open(shared, &visitor, &token)? {
                Ok(opened) => opened,
                Err(page) => return Ok((page, None)),
            };
            let digits: String = fields.get("digits").chars().filter(char::is_ascii_digit).take(7).collect();
            let browser = digest(&visitor.csrf);
            let _one = trying();
            let mut all = asked(shared, opened.person)?;
            let came = attempt(&mut all, &browser, &mac(shared, &browser, &digits), machine_now().0);
            keep(shared, opened.person, &all)?;
            let error = match came {
                Came::Right => {
                    let page = session::begin(shared, &token, opened.person, How::Code)?;
                    return Ok((page, made_sure(shared, &opened, &all, &browser, now)));
                }
                Came::Wrong => say!(opened.t, "patient-code-wrong"),
                Came::Over => say!(opened.t, "patient-code-over"),
            };
            let page = form(shared, &visitor, &token, &opened, Some(&error));
            Ok(((StatusCode::UNPROCESSABLE_ENTITY, page).into_response(), None))
        })
        .await?;
    if let Some((person, fact)) = sure {
        state.app.hub.submit(person, fact).await?;
    }
    Ok(page)
}

/// Whoever entered the code has the telephone that it went to; said once of a number, and only while it is theirs still.
fn made_sure(shared: &Shared, opened: &Opened, all: &[Asked], browser: &str, now: At) -> Option<(PersonId, Fact)> {
    let asked = all.iter().rev().find(|a| a.used && a.browser == browser)?;
    let secret = &shared.app.hub.settings().clinic.link_secret;
    let number = number_for(shared, opened).filter(|n| address_tag(secret, n) == asked.to)?;
    if opened.look.record.ways.how_verified(&number) == Some("code") {
        return None;
    }
    let body = json!({ "value": number, "how": "code" });
    let fact = Fact::own("contact.verified", &asked.once, opened.person, now, body).by(Actor::Patient);
    Some((opened.person, fact))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(browser: &str, at: i64) -> Asked {
        Asked {
            at,
            browser: browser.into(),
            once: "o".into(),
            mac: "right".into(),
            tries: 0,
            used: false,
            to: String::new(),
        }
    }

    #[test]
    fn a_code_works_once_in_its_browser_for_ten_minutes_and_five_tries() {
        let mut all = vec![one("mine", 0)];
        assert!(attempt(&mut all, "other", "right", 1) == Came::Over, "not in another browser");
        assert!(attempt(&mut all, "mine", "wrong", 1) == Came::Wrong);
        assert!(attempt(&mut all, "mine", "right", GOOD_MS) == Came::Over, "too late");
        assert!(attempt(&mut all, "mine", "right", GOOD_MS - 1) == Came::Right);
        assert!(attempt(&mut all, "mine", "right", GOOD_MS - 1) == Came::Over, "once");
        let mut all = vec![one("mine", 0)];
        for _ in 1..TRIES_MAX {
            assert!(attempt(&mut all, "mine", "wrong", 1) == Came::Wrong);
        }
        assert!(attempt(&mut all, "mine", "wrong", 1) == Came::Over);
        assert!(attempt(&mut all, "mine", "right", 1) == Came::Over, "the fifth wrong one ends it");
        let mut all = vec![one("mine", 0), Asked { mac: "newer".into(), ..one("mine", 5) }];
        assert!(attempt(&mut all, "mine", "right", 6) == Came::Wrong, "a newer code ends the older");
        assert!(attempt(&mut all, "mine", "newer", 6) == Came::Right);
    }

    #[test]
    fn two_digits_are_shown() {
        assert_eq!(
            (last_digits("+12125550119"), last_digits("5"), last_digits("")),
            ("19".into(), "5".into(), "".into())
        );
    }
}

//! The second factor: a birth date or a code by text; and "this is not me".
//!
//! Whoever has a link may try. Wrong dates lock the date, longer each time and after [`WRONG_MAX`] for good, never the
//! code, and the page says whom to call: nobody can be kept out of everything by a stranger who tries. A right date
//! or a code begins the count anew.

use super::code::{self, number_for};
use super::frame::{self, Frame};
use super::parts::{self, DatePart, Input, Sends, Wrong};
use super::session::{self, How};
use super::today::{self, Opened};
use crate::auth::guard::{Fields, Visitor};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, machine_now, page};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use model::link::{address_tag, same};
use model::person::ContactPoint;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{Actor, At, Fact, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{Mutex, PoisonError};
use store::DeskRow;

/// Wrong tries, counted since a right one, that lock the date, and for how long, milliseconds.
const LOCKS: [(u32, i64); 4] = [(5, 15 * MINUTE_MS), (9, HOUR_MS), (13, 4 * HOUR_MS), (17, DAY_MS)];
/// Wrong tries after which only a code or the clinic helps.
const WRONG_MAX: u32 = 20;
/// A count that nobody has added to for so long is forgotten, milliseconds: longer than any link lives.
const KEPT_MS: i64 = 180 * DAY_MS;
/// Old counts that one wrong try drops; the next drops more.
const SWEEP_MAX: usize = 64;
const LOCK: &str = "today_lock";
/// One try at a time, so that many at once are not more than are allowed.
pub(super) static TRYING: Mutex<()> = Mutex::new(());

/// The right to try; whoever held it before and failed did no harm.
pub(super) fn trying() -> std::sync::MutexGuard<'static, ()> {
    TRYING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Serialize, Deserialize, Default)]
struct Lock {
    /// Wrong tries since the last right one.
    wrong: u32,
    /// When the last of them was, on the machine's clock.
    since: i64,
}

/// Whether the date may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closed {
    No,
    /// Not for so long, milliseconds.
    For(i64),
    /// Not before a code was right.
    Ever,
}

impl Lock {
    fn closed(&self, now: i64) -> Closed {
        if self.wrong >= WRONG_MAX {
            return Closed::Ever;
        }
        let lock = LOCKS.iter().find(|(n, _)| *n == self.wrong).map(|(_, ms)| self.since + ms - now);
        lock.filter(|left| *left > 0).map_or(Closed::No, Closed::For)
    }
}

/// The wrong tries of a person, by any link of theirs.
fn lock_of(shared: &Shared, person: PersonId) -> store::Result<Lock> {
    let row = shared.store().desk_get(LOCK, &person.to_string())?;
    Ok(row.and_then(|r| serde_json::from_str(&r.json).ok()).unwrap_or_default())
}

/// Whether the birth date is locked now. Blocks.
fn locked(shared: &Shared, person: PersonId) -> store::Result<Closed> {
    Ok(lock_of(shared, person)?.closed(machine_now().0))
}

/// A right date or code: the count begins anew. Blocks.
pub(super) fn clear(shared: &Shared, person: PersonId) -> store::Result<()> {
    shared.store().desk_drop(LOCK, &person.to_string()).map(drop)
}

/// One wrong try more. Blocks.
fn wrong(shared: &Shared, person: PersonId) -> store::Result<()> {
    let (store, now) = (shared.store(), machine_now());
    for old in store.desk_older(LOCK, now.plus_ms(-KEPT_MS), SWEEP_MAX)? {
        store.desk_drop(LOCK, &old.key)?;
    }
    let lock = lock_of(shared, person)?;
    let json = serde_json::to_string(&Lock { wrong: lock.wrong + 1, since: now.0 }).unwrap_or_default();
    store.desk_put(&DeskRow { kind: LOCK.into(), key: person.to_string(), json, at: now })
}

/// The first page of a link: the question, or what is left when it is locked. It names nobody. Blocks.
pub(super) fn first_page(shared: &Shared, visitor: &Visitor, token: &str, opened: &Opened) -> Result<Response, Fault> {
    if let Some(page) = closed(shared, visitor, token, opened)? {
        return Ok(page);
    }
    // Whether the record has a birth date is not told: the question is the same.
    Ok(question(shared, visitor, token, opened, None).into_response())
}

/// After too many wrong dates: the code is left, and the telephone. `None` while the date may be tried. Blocks.
fn closed(shared: &Shared, visitor: &Visitor, token: &str, opened: &Opened) -> store::Result<Option<Response>> {
    let t = opened.t;
    let again = match locked(shared, opened.person)? {
        Closed::No => return Ok(None),
        Closed::For(ms) if ms <= 15 * MINUTE_MS => say!(t, "patient-locked"),
        Closed::For(ms) => say!(t, "patient-locked-hours", n = (ms + HOUR_MS - 1) / HOUR_MS),
        Closed::Ever => say!(t, "patient-locked-ever"),
    };
    let phone = &shared.app.hub.settings().clinic.phone;
    let title = say!(t, "patient-locked-title");
    let body = html! {
        h1 class="nhsuk-heading-l" { (title) }
        div role="alert" { p { (again) } }
        (other_way(shared, visitor, token, opened))
        p { (parts::button_link(&say!(t, "patient-call-number", number = phone), &format!("tel:{phone}"))) }
    };
    let page = frame::page(shared, &Frame::outside(t, &title), &body);
    Ok(Some((StatusCode::TOO_MANY_REQUESTS, page).into_response()))
}

/// The button for a code, where one can be texted; else whom to call.
fn other_way(shared: &Shared, visitor: &Visitor, token: &str, opened: &Opened) -> Markup {
    let t = opened.t;
    html! {
        @if let Some(number) = number_for(shared, opened) {
            form method="post" action={ "/t/" (token) "/text" } {
                (page::token(&visitor.csrf)) (page::once())
                p { (say!(t, "patient-code-instead-why", digits = code::last_digits(&number))) }
                (parts::button(&say!(t, "patient-code-instead"), true, Sends::default()))
            }
        } @else {
            p { (say!(t, "patient-no-code", number = &shared.app.hub.settings().clinic.phone)) }
        }
    }
}

/// The question. It names nobody and says nothing about health.
fn question(shared: &Shared, visitor: &Visitor, token: &str, opened: &Opened, error: Option<&str>) -> Markup {
    let t = opened.t;
    let [day, month, year] = [say!(t, "patient-day"), say!(t, "patient-month"), say!(t, "patient-year")];
    let fields = [
        DatePart { name: "day", label: &day, width: 2, autocomplete: "bday-day" },
        DatePart { name: "month", label: &month, width: 2, autocomplete: "bday-month" },
        DatePart { name: "year", label: &year, width: 4, autocomplete: "bday-year" },
    ];
    let prefix = say!(t, "patient-error");
    let wrong = error.map(|text| Wrong { prefix: &prefix, text });
    let (legend, hint) = (say!(t, "patient-birth-date"), say!(t, "patient-birth-hint"));
    let title = say!(t, "patient-birth-date");
    let shown = if error.is_some() { format!("{prefix}: {title}") } else { title };
    let body = html! {
        @if let Some(error) = error { (parts::error_summary(&say!(t, "patient-problem"), error, "#born-day")) }
        form method="post" action={ "/t/" (token) "/open" } novalidate {
            (page::token(&visitor.csrf))
            (parts::date_input("born", &legend, &hint, wrong, &fields))
            (parts::button(&say!(t, "patient-continue"), false, Sends::default()))
        }
        (parts::inset(&say!(t, "patient-note"), &html! { p { (say!(t, "patient-why-birth")) } }))
        (other_way(shared, visitor, token, opened))
        (parts::details(&say!(t, "patient-not-me"), &not_me_form(visitor, token, t)))
    };
    frame::page(shared, &Frame::outside(t, &shown), &body)
}

fn not_me_form(visitor: &Visitor, token: &str, t: Tongue) -> Markup {
    let label = say!(t, "patient-not-me-where");
    let field = Input {
        id: "where",
        name: "where",
        label: &label,
        heading: false,
        hint: None,
        wrong: None,
        code: false,
        autocomplete: "",
    };
    html! {
        p { (say!(t, "patient-not-me-why")) }
        form method="post" action={ "/t/" (token) "/not-me" } {
            (page::token(&visitor.csrf)) (page::once())
            (parts::input(&field))
            (parts::button(&say!(t, "patient-not-me-send"), true, Sends::default()))
        }
    }
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
            let opened = match today::open(shared, &visitor, &token)? {
                Ok(opened) => opened,
                Err(page) => return Ok(page),
            };
            let _one = trying();
            if let Some(page) = closed(shared, &visitor, &token, &opened)? {
                return Ok(page);
            }
            let born = opened.look.record.birth_date.as_deref().unwrap_or_default();
            let right = typed(&fields).is_some_and(|t| !born.is_empty() && same(born.as_bytes(), t.as_bytes()));
            if !right {
                wrong(shared, opened.person)?;
                if let Some(page) = closed(shared, &visitor, &token, &opened)? {
                    return Ok(page);
                }
                let error = say!(opened.t, "patient-wrong-birth");
                let page = question(shared, &visitor, &token, &opened, Some(&error));
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
            }
            session::begin(shared, &token, opened.person, How::BirthDate)
        })
        .await
}

/// "This is not me": whoever says so names where the link came to; the answer tells nothing. A guess
/// counts as a wrong try, and so does another way to the person, known or not. What is named is no longer used, and every
/// link that was sent there is closed.
pub(crate) async fn not_me(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(fields): Extension<Fields>,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let now = state.now();
    let told = state
        .read(move |shared| {
            let opened = match today::open(shared, &visitor, &token)? {
                Ok(opened) => opened,
                Err(page) => return Ok(Err(page)),
            };
            let _one = trying();
            if let Some(page) = closed(shared, &visitor, &token, &opened)? {
                return Ok(Err(page));
            }
            let given = plain(fields.get("where"));
            let secret = &shared.app.hub.settings().clinic.link_secret;
            // Whoever has the link knows where it came to, and speaks for no other way to the person or to their kin.
            let came_to = |c: &&ContactPoint| match &opened.sent_to {
                Some(tag) => same(address_tag(secret, &c.value).as_bytes(), tag.as_bytes()),
                None => c.owner.is_none(),
            };
            let mut points = opened.look.record.contacts.iter().filter(came_to);
            let point = points.find(|c| same_point(&plain(&c.value), &given));
            if point.is_none() {
                wrong(shared, opened.person)?;
            }
            let fact = point.map(|c| disabled(opened.person, &c.value, fields.get("once"), now));
            let title = say!(opened.t, "patient-not-me");
            let thanks =
                html! { h1 class="nhsuk-heading-l" { (title) } p { (say!(opened.t, "patient-not-me-thanks")) } };
            let page = frame::page(shared, &Frame::outside(opened.t, &title), &thanks);
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
    fn the_lock_grows_and_after_twenty_wrong_tries_stays() {
        let (mut lock, mut now, mut waited) = (Lock::default(), 0, Vec::new());
        while lock.closed(now) != Closed::Ever {
            lock = Lock { wrong: lock.wrong + 1, since: now };
            if let Closed::For(ms) = lock.closed(now) {
                waited.push((lock.wrong, ms / MINUTE_MS));
                assert_eq!(lock.closed(now + ms - 1), Closed::For(1));
                now += ms;
                assert_eq!(lock.closed(now), Closed::No);
            }
        }
        assert_eq!(waited, [(5, 15), (9, 60), (13, 240), (17, 1440)]);
        assert_eq!((lock.wrong, lock.closed(now + KEPT_MS)), (20, Closed::Ever), "time alone opens it no more");
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

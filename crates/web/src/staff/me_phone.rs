//! One's own telephone: what rings when one asks to be connected with a person. A row of its own beside the account.
//!
//! A number that somebody types may be a stranger's. It is proved by a call to it in which the digits were pressed that
//! the screen showed; until then each call asks for digits anew, and there are few of them an hour, whatever the number.

use super::me::{Said, draw, zone};
use crate::auth::account::PHONE;
use crate::auth::guard::{Fields, Who};
use crate::auth::note;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, machine_now, page};
use axum::Extension;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use model::message::Status;
use model::time::{DAY_MS, HOUR_MS};
use model::{At, MessageId, PersonId};
use serde::{Deserialize, Serialize};
use store::{DeskRow, Store};

/// Calls an hour of one account to a telephone that is not proved.
pub(crate) const TRIES_MAX: usize = 5;
/// A proof is of use for so long: numbers are given to others.
const PROOF_MS: i64 = 180 * DAY_MS;
/// How often a row is read anew that another process writes at the same moment.
const SWAPS_MAX: usize = 8;

/// What is kept of the telephone of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Phone {
    /// As E.164; empty where none was said.
    pub(super) number: String,
    /// When the call was asked for by which it was proved, machine's clock.
    pub(super) proved: Option<At>,
    /// Calls of the last hour that asked for digits, to any number, the newest last.
    tries: Vec<Try>,
}

/// A call that asked for digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Try {
    /// Machine's clock.
    at: At,
    /// It, where it is to the number of now.
    call: Option<(PersonId, MessageId)>,
}

impl Phone {
    /// As a row says; a number alone is how it was kept at first.
    fn read(json: &str) -> Self {
        let bare = || Self { number: serde_json::from_str(json).unwrap_or_default(), ..Self::default() };
        serde_json::from_str(json).unwrap_or_else(|_| bare())
    }

    /// Another number, or none: nothing proves it. How often one tried is told of the account.
    fn give(&mut self, number: &str) {
        if self.number == number {
            return;
        }
        (self.number, self.proved) = (number.to_owned(), None);
        self.tries.iter_mut().for_each(|one| one.call = None);
    }

    /// The proof, while it is of use.
    fn proof(&self, now: At) -> Option<At> {
        self.proved.filter(|at| at.plus_ms(PROOF_MS) > now)
    }

    /// One call more that asks for digits, if there may be one.
    fn begin_try(&mut self, now: At) -> bool {
        self.tries.retain(|one| one.at > now.plus_ms(-HOUR_MS));
        let may = self.tries.len() < TRIES_MAX;
        if may {
            self.tries.push(Try { at: now, call: None });
        }
        may
    }

    /// The last try rang nobody.
    fn end_try(&mut self) {
        if self.tries.last().is_some_and(|one| one.call.is_none()) {
            self.tries.pop();
        }
    }

    /// Which call the last try is, if the number is still the one that it rings.
    fn tried(&mut self, number: &str, call: (PersonId, MessageId)) {
        let same = self.number == number;
        if let Some(last) = self.tries.iter_mut().rev().find(|one| same && one.call.is_none()) {
            last.call = Some(call);
        }
    }
}

/// Changes the row of an account, also where another process writes it at the same moment. Blocks.
fn change<T>(store: &Store, account: &str, work: impl Fn(&mut Phone) -> T) -> Result<T, Fault> {
    for _ in 0..SWAPS_MAX {
        let was = store.desk_get(PHONE, account)?;
        let mut phone = was.as_ref().map(|row| Phone::read(&row.json)).unwrap_or_default();
        let out = work(&mut phone);
        let json = serde_json::to_string(&phone).map_err(|_| Fault::Broken)?;
        let row = DeskRow { kind: PHONE.into(), key: account.into(), json, at: machine_now() };
        let written = match was {
            Some(was) => store.desk_swap(&was.json, &row)?,
            None => store.desk_add(&row)?,
        };
        if written {
            return Ok(out);
        }
    }
    Err(Fault::Stale)
}

/// The telephone of an account. One whose digits were pressed since it was read last is proved from then on. Blocks.
pub(super) fn of(store: &Store, account: &str) -> Result<Phone, Fault> {
    let row = store.desk_get(PHONE, account)?;
    let mut phone = row.map(|row| Phone::read(&row.json)).unwrap_or_default();
    let before = phone.proved;
    phone.proved = phone.proof(machine_now());
    if phone.number.is_empty() || phone.proved.is_some() {
        return Ok(phone);
    }
    for one in phone.tries.iter().filter(|one| before < Some(one.at)) {
        let Some((person, message)) = one.call else { continue };
        // Nothing but the right keys moves a call by staff there.
        if store.message(person, message)?.is_some_and(|m| m.status == Status::Delivered) {
            let prove = |now: &mut Phone| {
                if now.number == phone.number {
                    now.proved = now.proved.max(Some(one.at));
                }
                now.clone()
            };
            return change(store, account, prove);
        }
    }
    Ok(phone)
}

/// Counts a call that asks for digits; false where there were too many within the hour. Blocks.
pub(super) fn begin_try(store: &Store, account: &str) -> Result<bool, Fault> {
    let now = machine_now();
    change(store, account, |phone| phone.begin_try(now))
}

/// The call that was counted last is refused, and rings nobody. Blocks.
pub(super) fn end_try(store: &Store, account: &str) -> Result<(), Fault> {
    change(store, account, Phone::end_try)
}

/// The call to `number` that was counted last is this one. Blocks.
pub(super) fn tried(store: &Store, account: &str, number: &str, call: (PersonId, MessageId)) -> Result<(), Fault> {
    change(store, account, |phone| phone.tried(number, call))
}

/// A number without all but its last two digits.
pub(crate) fn masked(number: &str) -> String {
    let last: String = number.chars().rev().filter(char::is_ascii_digit).take(2).collect();
    format!("…{}", last.chars().rev().collect::<String>())
}

/// Its form. Blocks.
pub(super) fn section(shared: &Shared, who: &Who) -> Result<Markup, Fault> {
    let t = who.tongue;
    let now = of(shared.store(), &who.account.name)?;
    Ok(html! {
        section #phone .card aria-labelledby="phone-h" {
            h2 #phone-h { (say!(t, "account-phone")) }
            form method="post" action="/me/phone" .stack {
                (page::token(&who.csrf))
                label for="own-phone" { (say!(t, "account-phone-number")) }
                p .muted.small #phone-what { (say!(t, "account-phone-what")) }
                input #own-phone name="phone" type="tel" autocomplete="tel" maxlength="40" value=(now.number) aria-describedby="phone-what phone-proved";
                (proved(shared, t, &now))
                button { (say!(t, "account-phone-keep")) }
            }
        }
    })
}

/// Whether it is known to be theirs.
fn proved(shared: &Shared, t: Tongue, phone: &Phone) -> Markup {
    html! {
        p .small #phone-proved {
            @match phone.proved {
                _ if phone.number.is_empty() => {}
                Some(at) => { (say!(t, "account-phone-proved")) " " (page::time(t, at, &zone(shared))) }
                None => (say!(t, "account-phone-unproved")),
            }
        }
    }
}

/// Keeps it, or lets go of it where nothing was typed.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let (name, typed) = (who.account.name.as_str(), fields.get("phone").trim());
            let number = match typed {
                "" => String::new(),
                typed => match wire::phone(typed, &shared.app.hub.settings().clinic.country) {
                    Ok(number) => number.to_string(),
                    Err(_) => {
                        let why = say!(who.tongue, "account-phone-wrong");
                        let page = draw(shared, &who, &headers, Said { error: Some(&why), ..Said::default() })?;
                        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
                    }
                },
            };
            change(shared.store(), name, |phone| phone.give(&number))?;
            let what = if number.is_empty() { "removed a telephone" } else { "changed a telephone" };
            note(shared, name, what, "")?;
            Ok(Redirect::to("/me#phone").into_response())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_alone_reads_as_one_that_is_not_proved() {
        let phone = Phone::read("\"+12125550171\"");
        assert_eq!((phone.number.as_str(), phone.proved), ("+12125550171", None));
        let json = serde_json::to_string(&Phone { proved: Some(At(5)), ..phone.clone() }).expect("it writes");
        assert_eq!(Phone::read(&json), Phone { proved: Some(At(5)), ..phone });
        assert_eq!(Phone::read("damaged"), Phone::default());
    }

    #[test]
    fn a_proof_ends_and_a_refused_try_counts_for_nothing() {
        let mut phone = Phone { number: "+1".into(), proved: Some(At(5)), ..Phone::default() };
        assert_eq!(phone.proof(At(4 + PROOF_MS)), Some(At(5)));
        assert_eq!(phone.proof(At(5 + PROOF_MS)), None);
        for _ in 0..TRIES_MAX + 1 {
            assert!(phone.begin_try(At(10)));
            phone.end_try();
        }
        assert!(phone.begin_try(At(10)));
        phone.tried("+1", (PersonId::default(), MessageId::default()));
        phone.end_try();
        assert_eq!(phone.tries.len(), 1, "one that rang stays");
    }

    #[test]
    fn another_number_is_not_proved_and_its_tries_count_on() {
        let mut phone = Phone { number: "+1".into(), proved: Some(At(0)), ..Phone::default() };
        phone.give("+1");
        assert_eq!(phone.proved, Some(At(0)), "the same one stays what it is");
        let call = (PersonId::default(), MessageId::default());
        for n in 0..TRIES_MAX as i64 {
            assert!(phone.begin_try(At(n)));
            phone.tried("+1", call);
        }
        assert!(phone.tries.iter().all(|one| one.call == Some(call)));
        phone.give("+2");
        assert!(phone.proved.is_none() && phone.tries.iter().all(|one| one.call.is_none()));
        phone.tried("+1", call);
        assert!(phone.tries.iter().all(|one| one.call.is_none()), "a call to another number proves nothing");
        assert!(!phone.begin_try(At(9)) && !phone.begin_try(At(HOUR_MS - 1)));
        assert!(phone.begin_try(At(HOUR_MS)), "the first one is an hour old");
        assert_eq!(phone.tries.len(), TRIES_MAX);
    }

    #[test]
    fn a_masked_number_shows_two_digits() {
        assert_eq!((masked("+12125550171"), masked(""), masked("+4")), ("…71".into(), "…".into(), "…4".into()));
    }
}

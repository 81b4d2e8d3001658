//! A member of staff is connected with the person by telephone: their own rings, they press 1, and then the person's does.
//! While nobody knows that the telephone is theirs, they press the digits that this page shows instead.
//!
//! What stands beside the button is asked of the guards themselves ([`hub::Hub::by_hand`]), and asked again when it is
//! pressed. The person's number stands in no address and in no log, and neither does that of the member of staff.

use super::call_slot::{self, Held, Slot};
use super::known_to;
use super::me_phone::{self, Phone};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page};
use axum::Extension;
use axum::extract::Path;
use axum::response::Redirect;
use hub::Look;
use maud::{Markup, html};
use model::message::of_staff_call;
use model::{MessageId, PersonId, PromptId};
use outreach::{Choice, May};
use serde_json::json;
use turn::staff_call::{ASKED, BAD_PHONE};

/// Why nobody can be connected now.
struct Because {
    /// In the reader's words.
    words: String,
    /// Their own number is all that is missing.
    lacks_phone: bool,
}

/// Why nobody can be connected now.
fn because(shared: &Shared, t: Tongue, phone: &Phone, choice: &Choice) -> Option<Because> {
    let other = |words| Some(Because { words, lacks_phone: false });
    match choice.may {
        May::Not(code) => other(refused(t, code)),
        _ if !shared.app.hub.bridges() => other(say!(t, "conversation-call-nobody")),
        _ if phone.number.is_empty() => {
            Some(Because { words: say!(t, "conversation-call-no-phone"), lacks_phone: true })
        }
        _ => None,
    }
}

fn refused(t: Tongue, code: &str) -> String {
    match code {
        BAD_PHONE => say!(t, "conversation-call-bad-phone"),
        guard => outreach::describe(guard, "channel=voice", t.tag()),
    }
}

/// The button, and why it cannot be pressed. `prompt` is the one that asks for a call. Blocks.
pub(super) fn card(shared: &Shared, who: &Who, look: &Look, prompt: Option<PromptId>) -> Result<Markup, Fault> {
    let (t, store) = (who.tongue, shared.store());
    let phone = me_phone::of(store, &who.account.name)?;
    let why = because(shared, t, &phone, &shared.app.hub.by_hand(look.person)?);
    let digits = call_slot::digits(store, &phone.number, (&who.account.name, look.person), shared.now())?;
    let proved = phone.number.is_empty() || phone.proved.is_some();
    Ok(html! {
        div #call-digits data-live { @if let Some(digits) = &digits { (shown(t, digits)) } }
        form #call method="post" action={ "/people/" (look.person) "/call" } .stack aria-labelledby="call-button" {
            (page::token(&who.csrf)) (page::once())
            @if let Some(prompt) = prompt { input type="hidden" name="prompt" value=(prompt); }
            p .small.muted #call-what {
                @if proved { (say!(t, "conversation-call-what")) } @else { (say!(t, "conversation-call-what-digits")) }
            }
            button #call-button disabled[why.is_some()] aria-describedby="call-what call-why" { (say!(t, "conversation-call")) }
            p .small #call-why {
                @if let Some(why) = &why { (why.words) }
                @if why.as_ref().is_some_and(|why| why.lacks_phone) { " " a href="/me#phone" { (say!(t, "conversation-call-add-phone")) } }
            }
        }
    })
}

/// The digits, as large as they can be: a screen reader says them as words, one by one.
fn shown(t: Tongue, digits: &str) -> Markup {
    let word = |digit: char| t.pick("conversation-digit", &digit.to_string()).unwrap_or_default();
    let words: Vec<String> = digits.chars().map(word).collect();
    html! {
        div .note role="status" tabindex="-1" autofocus {
            p { (say!(t, "conversation-call-digits")) }
            p .call-digits {
                span aria-hidden="true" translate="no" { @for digit in digits.chars() { span { (digit) } } }
                span .hidden { (words.join(", ")) }
            }
        }
    }
}

/// Asks for the call.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Redirect, Fault> {
    let person: PersonId = super::id(&person)?;
    let look = known_to(&state, &who, person).await?;
    let prompt = match fields.get("prompt") {
        "" => None,
        text => Some(super::id::<PromptId>(text)?),
    };
    let (asking, person) = (who.clone(), look.person);
    let back = Redirect::to(&match prompt {
        Some(prompt) => format!("/people/{person}/prompts/{prompt}"),
        None => format!("/people/{person}/conversation"),
    });
    let Some((phone, held)) = state.read(move |shared| may(shared, &asking, person)).await? else { return Ok(back) };
    let mut body = json!({"by": who.account.display, "phone": phone, "language": who.tongue.tag()});
    if let Some(prompt) = prompt {
        body["prompt"] = json!(prompt);
    }
    if !held.digits.is_empty() {
        body["digits"] = json!(held.digits);
    }
    match super::say(&state, &who, &fields, person, ASKED, body).await {
        Ok(asked) => {
            let (account, message) = (who.account.name.clone(), of_staff_call(asked));
            state.read(move |shared| rung(shared, &account, (&phone, &held), message)).await?;
            Ok(back)
        }
        Err(Fault::Refused(code)) => {
            let account = who.account.name.clone();
            let free = move |shared: &Shared| {
                if !held.digits.is_empty() {
                    me_phone::end_try(shared.store(), &account)?;
                }
                call_slot::drop(shared.store(), &phone, &held)
            };
            state.read(free).await?;
            Err(Fault::Refused(refused(who.tongue, &code)))
        }
        Err(other) => Err(other),
    }
}

/// Keeps which call it is that a telephone was kept for. Blocks.
fn rung(shared: &Shared, account: &str, (phone, held): (&str, &Held), message: MessageId) -> Result<(), Fault> {
    call_slot::asked(shared.store(), phone, held, message)?;
    if held.digits.is_empty() {
        return Ok(());
    }
    me_phone::tried(shared.store(), account, phone, (held.person, message))
}

/// The telephone that is to ring and what it is kept for, if nothing is against it; `None` where it rings for this person
/// already. Blocks.
fn may(shared: &Shared, who: &Who, person: PersonId) -> Result<Option<(String, Held)>, Fault> {
    let (t, store, account) = (who.tongue, shared.store(), &who.account.name);
    let phone = me_phone::of(store, account)?;
    if let Some(why) = because(shared, t, &phone, &shared.app.hub.by_hand(person)?) {
        return Err(Fault::Refused(why.words));
    }
    let digits = if phone.proved.is_some() { String::new() } else { call_slot::new_digits()? };
    let held = Held::new(person, account, &digits, shared.now());
    match call_slot::take(store, &phone.number, &held)? {
        Slot::Taken => {}
        Slot::RingsFor(other) if other == person => return Ok(None),
        Slot::RingsFor(_) => return Err(Fault::Refused(say!(t, "conversation-call-other"))),
    }
    if !digits.is_empty() && !me_phone::begin_try(store, account)? {
        call_slot::drop(store, &phone.number, &held)?;
        return Err(Fault::Refused(say!(t, "conversation-call-tries", n = me_phone::TRIES_MAX)));
    }
    Ok(Some((phone.number, held)))
}

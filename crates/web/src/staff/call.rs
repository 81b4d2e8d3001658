//! A member of staff is connected with the person by telephone: their own rings, they press 1, and then the person's does.
//!
//! What stands beside the button is asked of the guards themselves ([`hub::Hub::by_hand`]), and asked again when it is
//! pressed. The person's number stands in no address and in no log.

use super::known_to;
use super::me_phone;
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, machine_now, page};
use axum::Extension;
use axum::extract::Path;
use axum::response::Redirect;
use hub::Look;
use maud::{Markup, html};
use model::message::{Message, Status};
use model::time::MINUTE_MS;
use model::{At, PersonId, PromptId};
use outreach::{Choice, May};
use serde::Deserialize;
use serde_json::json;
use store::DeskRow;
use turn::staff_call::{ASKED, BAD_PHONE, STAFF_CALL};

/// The kind of desk rows that keep a telephone of staff for one call.
const SLOT: &str = "staff_call";
/// Messages that are looked through for a call that is under way.
const MESSAGES_MAX: usize = 20;
/// So long it may be under way before it is taken: it waits for two minutes at most, and then rings.
const RINGS_MS: i64 = 3 * MINUTE_MS;

/// For whom a telephone of staff rings, since when by the care clock.
#[derive(Deserialize)]
struct Held {
    person: PersonId,
    at: At,
}

/// Why nobody can be connected now.
struct Because {
    /// In the reader's words.
    words: String,
    /// Their own number is all that is missing.
    lacks_phone: bool,
}

/// Why nobody can be connected now. Blocks.
fn because(shared: &Shared, who: &Who, choice: &Choice) -> Result<Option<Because>, Fault> {
    let t = who.tongue;
    let other = |words| Some(Because { words, lacks_phone: false });
    Ok(match choice.may {
        May::Not(code) => other(refused(t, code)),
        _ if !shared.app.hub.bridges() => other(say!(t, "conversation-call-nobody")),
        _ if me_phone::of(shared, &who.account.name)?.is_none() => {
            Some(Because { words: say!(t, "conversation-call-no-phone"), lacks_phone: true })
        }
        _ => None,
    })
}

fn refused(t: Tongue, code: &str) -> String {
    match code {
        BAD_PHONE => say!(t, "conversation-call-bad-phone"),
        guard => outreach::describe(guard, "channel=voice", t.tag()),
    }
}

/// The button, and why it cannot be pressed. `prompt` is the one that asks for a call. Blocks.
pub(super) fn card(shared: &Shared, who: &Who, look: &Look, prompt: Option<PromptId>) -> Result<Markup, Fault> {
    let t = who.tongue;
    let why = because(shared, who, &shared.app.hub.by_hand(look.person)?)?;
    Ok(html! {
        form #call method="post" action={ "/people/" (look.person) "/call" } .stack aria-labelledby="call-button" {
            (page::token(&who.csrf)) (page::once())
            @if let Some(prompt) = prompt { input type="hidden" name="prompt" value=(prompt); }
            p .small.muted #call-what { (say!(t, "conversation-call-what")) }
            button #call-button disabled[why.is_some()] aria-describedby="call-what call-why" { (say!(t, "conversation-call")) }
            p .small #call-why {
                @if let Some(why) = &why { (why.words) }
                @if why.as_ref().is_some_and(|why| why.lacks_phone) { " " a href="/me#phone" { (say!(t, "conversation-call-add-phone")) } }
            }
        }
    })
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
    let (account, person) = (who.clone(), look.person);
    let back = Redirect::to(&match prompt {
        Some(prompt) => format!("/people/{person}/prompts/{prompt}"),
        None => format!("/people/{person}/conversation"),
    });
    let Some((phone, slot)) = state.read(move |shared| may(shared, &account, person)).await? else { return Ok(back) };
    let mut body = json!({"by": who.account.display, "phone": phone, "language": who.tongue.tag()});
    if let Some(prompt) = prompt {
        body["prompt"] = json!(prompt);
    }
    match super::say(&state, &who, &fields, person, ASKED, body).await {
        Ok(_) => Ok(back),
        Err(Fault::Refused(code)) => {
            state.read(move |shared| Ok(shared.store().desk_drop(SLOT, &slot)?)).await?;
            Err(Fault::Refused(refused(who.tongue, &code)))
        }
        Err(other) => Err(other),
    }
}

/// The telephone that is to ring and its slot, if nothing is against it; `None` where it rings for this person already.
/// Blocks.
fn may(shared: &Shared, who: &Who, person: PersonId) -> Result<Option<(String, String)>, Fault> {
    if let Some(why) = because(shared, who, &shared.app.hub.by_hand(person)?)? {
        return Err(Fault::Refused(why.words));
    }
    let phone = me_phone::of(shared, &who.account.name)?.ok_or(Fault::Stale)?;
    match take_slot(shared, &phone, person)? {
        Slot::Taken(slot) => Ok(Some((phone, slot))),
        Slot::RingsFor(other) if other == person => Ok(None),
        Slot::RingsFor(_) => Err(Fault::Refused(say!(who.tongue, "conversation-call-other"))),
    }
}

/// A telephone of staff rings for one person at a time: what is said before the key names nobody, so whoever takes a
/// call must know whose it is.
enum Slot {
    /// It is kept for this call; its key.
    Taken(String),
    /// It rings, or is about to, for this person.
    RingsFor(PersonId),
}

/// Keeps a telephone for a call with a person: one desk row a number, which the first of two processes writes. Blocks.
fn take_slot(shared: &Shared, phone: &str, person: PersonId) -> Result<Slot, Fault> {
    let (store, now) = (shared.store(), shared.now());
    let key = model::inbox::key(SLOT, phone).to_string();
    let held = |row: DeskRow| serde_json::from_str::<Held>(&row.json).ok();
    if let Some(held) = store.desk_get(SLOT, &key)?.and_then(held) {
        let of_it = |m: &&Message| m.words == STAFF_CALL && m.to == phone && m.created_at >= held.at;
        let messages = store.messages_of(held.person, MESSAGES_MAX)?;
        let over = messages.iter().find(of_it).is_some_and(|m| {
            !matches!(m.status, Status::Queued | Status::Dispatching | Status::Accepted | Status::Unknown)
        });
        if !over && held.at > now.plus_ms(-RINGS_MS) {
            return Ok(Slot::RingsFor(held.person));
        }
        store.desk_drop(SLOT, &key)?;
    }
    let json = json!({"person": person, "at": now}).to_string();
    let row = DeskRow { kind: SLOT.into(), key: key.clone(), json, at: machine_now() };
    if store.desk_add(&row)? {
        return Ok(Slot::Taken(key));
    }
    // Another process was first.
    Ok(Slot::RingsFor(store.desk_get(SLOT, &key)?.and_then(held).map_or(person, |held| held.person)))
}

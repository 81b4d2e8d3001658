//! The make-believe phones: texts with a reply, calls with keys, voicemails, mails with their links.

use crate::auth::guard::{Fields, Visitor, Who};
use crate::fault::Fault;
use crate::tongue::Tongue;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Query;
use axum::response::Redirect;
use channels::handset::{CallState, CallView, Handset, Seen, Shown};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::{MessageId, PersonId};
use serde::Deserialize;
use std::sync::Arc;

/// Phones in the list.
const PHONES_MAX: usize = 100;
/// Things on one phone.
const SEEN_MAX: usize = 60;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// Number or address.
    #[serde(default)]
    of: String,
}

fn handset(shared: &Shared) -> Result<&Arc<Handset>, Fault> {
    shared.app.handset.as_ref().ok_or(Fault::NotFound)
}

/// The list, or one phone.
pub(crate) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    who: Option<Extension<Who>>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state
        .read(move |shared| {
            if let Some(Extension(who)) = who {
                log(shared, &who, &asked.of)?;
            }
            let body = if asked.of.is_empty() { list(shared)? } else { phone(shared, &visitor, &asked.of)? };
            Ok(page::stage(shared, &visitor, "Phones", &body))
        })
        .await
}

/// Outside of the demo the people are real: that staff saw one is written down.
fn log(shared: &Shared, who: &Who, of: &str) -> Result<(), Fault> {
    let phones = handset(shared)?.phones();
    let shown = phones.iter().filter(|p| of.is_empty() || p.address == of).take(PHONES_MAX);
    let people: Vec<PersonId> = shown.filter_map(|p| p.person).collect();
    Ok(page::saw(shared, &who.account.name, &people, "/handset")?)
}

fn link(address: &str) -> String {
    format!("/handset?of={}", words::encoded(address))
}

/// The name of whom a number or address is known to belong to.
fn owner(shared: &Shared, person: Option<PersonId>) -> Option<String> {
    person.and_then(|p| shared.app.hub.look(p).ok()).map(|look| look.record.name)
}

fn list(shared: &Shared) -> Result<Markup, Fault> {
    let handset = handset(shared)?;
    let mut phones = handset.phones();
    phones.sort_by_key(|p| (handset.calls_ringing(&p.address).is_empty(), std::cmp::Reverse(p.last_at)));
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    Ok(html! {
        h1 { "Phones and mailboxes" }
        p { "Make-believe ones: nothing leaves this machine. Open one to read, reply and answer." }
        div #phones data-live {
            @if phones.is_empty() { p .empty { "Nothing was sent to anyone yet." } }
            ul .cards {
                @for p in phones.iter().take(PHONES_MAX) {
                    @let rings = !handset.calls_ringing(&p.address).is_empty();
                    li .card.urgent[rings] {
                        h2 { a href=(link(&p.address)) { (owner(shared, p.person).unwrap_or_else(|| "Unknown".into())) } }
                        p { (p.address) }
                        @if rings { p .flag { "Ringing now" } }
                        p .muted { (p.seen) " items" ", last " (page::time(Tongue::En, p.last_at, &zone)) }
                    }
                }
            }
            @if phones.len() > PHONES_MAX { p .muted { "and " (phones.len() - PHONES_MAX) " more" } }
        }
    })
}

fn phone(shared: &Shared, visitor: &Visitor, address: &str) -> Result<Markup, Fault> {
    let handset = handset(shared)?;
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let (seen, calls) = (handset.inbox(address), handset.calls(address));
    let whose = handset.phones().into_iter().find(|p| p.address == address).and_then(|p| owner(shared, p.person));
    let mail = address.contains('@');
    let form = |act: &str, call: &str, inner: &Markup| {
        html! {
            form method="post" action="/handset" {
                (page::token(&visitor.csrf))
                input type="hidden" name="of" value=(address);
                input type="hidden" name="act" value=(act);
                input type="hidden" name="call" value=(call);
                (inner)
            }
        }
    };
    Ok(html! {
        p { a href="/handset" { "← All phones" } }
        h1 { @if let Some(name) = &whose { (name) ": " } (address) }
        div .phone {
            div #calls data-live { @for call in &calls { (ringing(call, &form)) } }
            (form("text", "", &html! {
                label for="reply" { (if mail { "Write back (a mail)" } else { "Write back (a text)" }) }
                textarea #reply name="text" rows="2" maxlength="1600" required {}
                button .primary { "Send" }
            }))
            div #thread data-live {
                @if seen.is_empty() { p .empty { "Nothing here yet." } }
                ol .thread { @for s in seen.iter().rev().take(SEEN_MAX) { (item(s, &zone)) } }
            }
        }
    })
}

fn ringing(call: &CallView, form: &dyn Fn(&str, &str, &Markup) -> Markup) -> Markup {
    let id = call.call.to_string();
    html! {
        section .call aria-label="Call" {
            p .said { (call.from_name) @if call.state == CallState::Ringing { " is calling" } @else { " is on the line" } }
            @for said in &call.said { p { "“" (said) "”" } }
            @if call.state == CallState::Ringing {
                div .row {
                    (form("answer", &id, &html! { button .primary #{ "answer-" (id) } { "Answer" } }))
                    (form("decline", &id, &html! { button #{ "decline-" (id) } { "Decline" } }))
                }
            } @else {
                div .keys role="group" aria-label="Keypad" {
                    @for key in "123456789*0#".chars() {
                        (form("press", &id, &html! { button name="key" value=(key) #{ "key-" (key) } aria-label={ "Key " (key) } { (key) } }))
                    }
                }
                div .row {
                    (form("wait", &id, &html! { button #wait { "Say nothing" } }))
                    (form("hang_up", &id, &html! { button #hang-up { "Hang up" } }))
                }
            }
        }
    }
}

fn item(seen: &Seen, zone: &TimeZone) -> Markup {
    let mine = matches!(seen.shown, Shown::Written { .. });
    html! {
        li .mine[mine] {
            p .muted.small {
                @if !mine { (seen.from_name) " " } span .badge { (seen.channel.name()) } " " (page::time(Tongue::En, seen.at, zone))
            }
            @match &seen.shown {
                Shown::Text { text } | Shown::Written { text } => p .lines { (page::with_links(text)) },
                Shown::Voicemail { text, .. } => p .lines { "Voicemail: “" (text) "”" },
                Shown::Mail { subject, text, unsubscribe, .. } => {
                    details open {
                        summary { (subject) }
                        p .lines { (page::with_links(text)) }
                        @if let Some(out) = unsubscribe.as_deref().filter(|u| u.starts_with("http")) { p { a href=(out) { "Unsubscribe" } } }
                    }
                },
                Shown::Call { state, said, keys } => {
                    p { (match state {
                        CallState::Ringing => "Call, ringing",
                        CallState::Talking => "Call, on the line",
                        CallState::Answered => "Call, answered",
                        CallState::Missed => "Missed call",
                    }) @if !keys.is_empty() { ", pressed " (keys) } }
                    @for words in said { p { "“" (words) "”" } }
                },
            }
        }
    }
}

/// Does what a button of a phone says.
pub(crate) async fn act(state: State, Extension(fields): Extension<Fields>) -> Result<Redirect, Fault> {
    let handset = handset(&state)?;
    let (of, now) = (fields.get("of").to_owned(), state.now());
    let call = || fields.get("call").parse::<MessageId>().map_err(|_| Fault::NotFound);
    let done = match fields.get("act") {
        "text" => handset.text_back(&of, fields.get("text"), now).map(|_| ()),
        "answer" => handset.answer(call()?, now).map(|_| ()),
        "decline" => handset.miss(call()?, now),
        "press" => {
            let key = fields.get("key").chars().next().filter(|k| "0123456789*#".contains(*k));
            handset.press(call()?, key.ok_or(Fault::Stale)?, now).map(|_| ())
        }
        "wait" => handset.stay_silent(call()?, now).map(|_| ()),
        "hang_up" => handset.hang_up(call()?, now),
        _ => return Err(Fault::Stale),
    };
    done.map_err(|error| Fault::Form(error.to_string()))?;
    Ok(Redirect::to(&link(&of)))
}

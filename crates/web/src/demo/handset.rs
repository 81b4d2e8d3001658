//! The make-believe phones: texts with a reply, calls with keys, voicemails, mails with their links.

use crate::auth::guard::{Fields, Visitor, Who};
use crate::fault::Fault;
use crate::staff::may_see;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Query;
use axum::response::Redirect;
use channels::handset::{CallState, CallView, Handset, Phone, Seen, Shown};
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
            if let Some(Extension(who)) = &who {
                log(shared, who, &asked.of)?;
            }
            let (who, t) = (who.as_ref().map(|Extension(who)| who), visitor.tongue);
            let body = if asked.of.is_empty() { list(shared, who, t)? } else { phone(shared, &visitor, &asked.of)? };
            Ok(page::stage(shared, &visitor, &say!(t, "demo-phones"), &body))
        })
        .await
}

/// Outside of the demo the people are real: that staff saw one is written down.
fn log(shared: &Shared, who: &Who, of: &str) -> Result<(), Fault> {
    let phones = handset(shared)?.phones();
    let asked = phones.iter().filter(|p| of.is_empty() || p.address == of);
    if !of.is_empty() && asked.clone().any(|p| is_hidden(shared, Some(who), p.person)) {
        return Err(Fault::Forbidden);
    }
    let shown = asked.filter(|p| !is_hidden(shared, Some(who), p.person)).take(PHONES_MAX);
    let people: Vec<PersonId> = shown.filter_map(|p| p.person).collect();
    Ok(page::saw(shared, &who.account.name, &people, "/handset")?)
}

/// Whether a phone is of someone whom this account may not see. In the demo nobody is asked who they are.
fn is_hidden(shared: &Shared, who: Option<&Who>, person: Option<PersonId>) -> bool {
    let (Some(who), Some(person)) = (who, person) else { return false };
    shared.app.hub.look(person).is_ok_and(|look| !may_see(who, &look.record.site))
}

fn link(address: &str) -> String {
    format!("/handset?of={}", words::encoded(address))
}

/// The name of whom a number or address is known to belong to.
fn owner(shared: &Shared, phone: &Phone) -> Option<String> {
    let system = if phone.address.contains('@') { "email" } else { "phone" };
    let known = || shared.store().whose(&[model::inbox::key(system, &phone.address)]).ok().flatten();
    let look = phone.person.or_else(known).and_then(|p| shared.app.hub.look(p).ok())?;
    Some(look.record.name).filter(|name| !name.is_empty())
}

fn list(shared: &Shared, who: Option<&Who>, t: Tongue) -> Result<Markup, Fault> {
    let handset = handset(shared)?;
    let mut phones = handset.phones();
    phones.retain(|p| !is_hidden(shared, who, p.person));
    phones.sort_by_key(|p| (handset.calls_ringing(&p.address).is_empty(), std::cmp::Reverse(p.last_at)));
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    Ok(html! {
        @if shared.app.demo.is_some() { p { a href="/demo" { "← " (say!(t, "demo-back")) } } }
        h1 { (say!(t, "demo-phones")) }
        p .muted { (say!(t, "demo-phones-about")) }
        div #phones data-live {
            @if phones.is_empty() { p .empty { (say!(t, "demo-phones-empty")) } }
            ul .phones {
                @for p in phones.iter().take(PHONES_MAX) {
                    @let rings = !handset.calls_ringing(&p.address).is_empty();
                    li .rings[rings] {
                        h2 { a #{ "p-" (p.address) } href=(link(&p.address)) translate="no" { (owner(shared, p).unwrap_or_else(|| p.address.clone())) } }
                        p translate="no" { (p.address) }
                        @if rings { p .flag { (say!(t, "demo-ringing")) } }
                        p .muted.small { (say!(t, "demo-phone-items", n = p.seen)) ", " (page::time(t, p.last_at, &zone)) }
                    }
                }
            }
            @if phones.len() > PHONES_MAX { p .muted { (say!(t, "demo-phones-more", n = phones.len() - PHONES_MAX)) } }
        }
    })
}

fn phone(shared: &Shared, visitor: &Visitor, address: &str) -> Result<Markup, Fault> {
    let t = visitor.tongue;
    let handset = handset(shared)?;
    let whose = handset.phones().into_iter().find(|p| p.address == address).and_then(|p| owner(shared, &p));
    Ok(html! {
        p { a href="/handset" { "← " (say!(t, "demo-all-phones")) } }
        h1 .centred translate="no" { (whose.as_deref().unwrap_or(address)) }
        div .alone { (device(shared, visitor, &[address.to_owned()], &link(address))?) }
    })
}

/// A phone with what came to these numbers and addresses, usable where it stands: `back` is the page it stands on.
/// Answers go from the first of them.
pub(super) fn device(shared: &Shared, visitor: &Visitor, of: &[String], back: &str) -> Result<Markup, Fault> {
    let (t, handset) = (visitor.tongue, handset(shared)?);
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let mut seen: Vec<Seen> = of.iter().flat_map(|address| handset.inbox(address)).collect();
    seen.sort_by_key(|s| s.at);
    let calls: Vec<CallView> = of.iter().flat_map(|address| handset.calls(address)).collect();
    let first = of.first().map_or("", String::as_str);
    let form = Form { csrf: &visitor.csrf, of: first, back };
    let newest = seen.last().map(|s| heading(t, s)).unwrap_or_default();
    Ok(html! {
        div .device {
            div .screen {
                div #phone-top .screen-top data-live {
                    p .screen-time { (words::clock(t, shared.now(), &zone)) }
                    p .small { (words::day(t, shared.now().date_in(&zone))) " · " span translate="no" { (first) } }
                }
                div #calls data-live data-say=(calls.first().map(|c| calling(t, c)).unwrap_or_default()) {
                    @for call in &calls { (ringing(t, call, &form)) }
                }
                div .screen-list tabindex="0" role="region" aria-label=(say!(t, "demo-phone-list")) {
                    div #thread data-live data-say=(newest) {
                        @if seen.is_empty() { p .empty { (say!(t, "demo-phone-empty")) } }
                        ol .notes { @for (n, s) in seen.iter().rev().take(SEEN_MAX).enumerate() { (item(t, s, &zone, n == 0)) } }
                    }
                }
            }
            (form.around("text", "", "write", &html! {
                label for="reply" .hidden { (if first.contains('@') { say!(t, "demo-write-mail") } else { say!(t, "demo-write-text") }) }
                textarea #reply name="text" rows="1" maxlength="1600" required placeholder=(say!(t, "demo-write-hint")) {}
                button .primary #send { (say!(t, "demo-send")) }
            }))
        }
    })
}

/// What the forms of one phone share.
struct Form<'a> {
    csrf: &'a str,
    of: &'a str,
    back: &'a str,
}

impl Form<'_> {
    fn around(&self, act: &str, call: &str, class: &str, inner: &Markup) -> Markup {
        html! {
            form method="post" action="/handset" .(class) {
                (page::token(self.csrf))
                input type="hidden" name="of" value=(self.of);
                input type="hidden" name="act" value=(act);
                input type="hidden" name="call" value=(call);
                input type="hidden" name="back" value=(self.back);
                (inner)
            }
        }
    }
}

fn calling(t: Tongue, call: &CallView) -> String {
    if call.state == CallState::Ringing {
        say!(t, "demo-is-calling", who = &call.from_name)
    } else {
        say!(t, "demo-on-the-line", who = &call.from_name)
    }
}

fn ringing(t: Tongue, call: &CallView, form: &Form<'_>) -> Markup {
    let id = call.call.to_string();
    html! {
        section .call aria-label=(say!(t, "demo-call")) {
            p .said { (calling(t, call)) }
            @for said in &call.said { p lang=(call.language) translate="no" { "“" (said) "”" } }
            @if call.state == CallState::Ringing {
                div .row {
                    (form.around("answer", &id, "", &html! { button .primary #{ "answer-" (id) } { (say!(t, "demo-answer")) } }))
                    (form.around("decline", &id, "", &html! { button .decline #{ "decline-" (id) } { (say!(t, "demo-decline")) } }))
                }
            } @else {
                (form.around("press", &id, "keys", &html! {
                    @for key in "123456789*0#".chars() {
                        button name="key" value=(key) #{ "key-" (u32::from(key)) } aria-label=(say!(t, "demo-key", key = key.to_string())) translate="no" { (key) }
                    }
                }))
                div .row {
                    (form.around("wait", &id, "", &html! { button #wait { (say!(t, "demo-wait")) } }))
                    (form.around("hang_up", &id, "", &html! { button .decline #hang-up { (say!(t, "demo-hang-up")) } }))
                }
            }
        }
    }
}

/// What came, in a word: a text, a call that was missed.
fn heading(t: Tongue, seen: &Seen) -> String {
    match &seen.shown {
        Shown::Text { .. } => say!(t, "demo-came-text"),
        Shown::Written { .. } => say!(t, "demo-came-written"),
        Shown::Voicemail { .. } => say!(t, "demo-came-voicemail"),
        Shown::Mail { .. } => say!(t, "demo-came-mail"),
        Shown::Call { state, .. } => match state {
            CallState::Ringing => say!(t, "demo-came-ringing"),
            CallState::Talking => say!(t, "demo-came-talking"),
            CallState::Answered => say!(t, "demo-came-answered"),
            CallState::Missed => say!(t, "demo-came-missed"),
        },
    }
}

/// One thing on the phone; a mail is unfolded while it is the newest.
fn item(t: Tongue, seen: &Seen, zone: &TimeZone, newest: bool) -> Markup {
    let mine = matches!(seen.shown, Shown::Written { .. });
    let missed = matches!(seen.shown, Shown::Call { state: CallState::Missed, .. });
    html! {
        li .mine[mine] .missed[missed] {
            p .from { strong { (heading(t, seen)) } " " (page::time(t, seen.at, zone)) }
            @match &seen.shown {
                Shown::Text { text } | Shown::Written { text } => p .lines translate="no" { (page::with_links(text)) },
                Shown::Voicemail { text, language } => p .lines lang=(language) translate="no" { "“" (text) "”" },
                Shown::Mail { subject, text, unsubscribe, .. } => {
                    details #{ "m-" (seen.message.map(|m| m.to_string()).unwrap_or_default()) } open[newest] {
                        summary translate="no" { (subject) }
                        p .lines translate="no" { (page::with_links(text)) }
                        @if let Some(out) = unsubscribe.as_deref().filter(|u| u.starts_with("http")) { p { a href=(out) { (say!(t, "demo-unsubscribe")) } } }
                    }
                },
                Shown::Call { said, keys, .. } => {
                    @if !keys.is_empty() { p { (say!(t, "demo-pressed", keys = keys)) } }
                    @for words in said { p translate="no" { "“" (words) "”" } }
                },
            }
        }
    }
}

/// Does what a button of a phone says.
pub(crate) async fn act(
    state: State,
    who: Option<Extension<Who>>,
    Extension(fields): Extension<Fields>,
) -> Result<Redirect, Fault> {
    let (of, now) = (fields.get("of").to_owned(), state.now());
    if let Some(Extension(who)) = who {
        let asked = of.clone();
        state.read(move |shared| log(shared, &who, &asked)).await?;
    }
    let handset = handset(&state)?;
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
    // Only these two pages have a phone.
    let back = if fields.get("back") == "/demo" { "/demo#phone".to_owned() } else { link(&of) };
    Ok(Redirect::to(&back))
}

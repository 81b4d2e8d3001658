//! The form: how, what, when; each channel with where it goes or why it cannot be used.

use super::{Given, path};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::staff::person::View;
use crate::staff::person::ways::scope_words;
use crate::staff::prompt::drafts;
use crate::staff::timeline;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
use maud::{Markup, html};
use model::{Channel, PersonId, PromptId};
use outreach::{Choice, May, Related};
use record::ways::Scope;
use turn::talk::{LATER_MAX_MS, TEXT_MAX, finished};

/// The choice of a note, which leaves for nobody.
pub(super) const NOTE: &str = "note";
/// A draft's fields together, bytes.
const DRAFT_MAX: usize = 16 * 1024;

/// A choice as the form says it: `sms`, or `sms:` and the place of a related person.
pub(super) fn value(choice: &Choice) -> String {
    let channel = choice.channel.name();
    match (&choice.related, &choice.to) {
        (Some(_), Some(to)) => format!("{channel}:{to}"),
        _ => channel.to_owned(),
    }
}

/// The name under which a draft of a conversation is kept among those of prompts.
pub(super) fn draft_of(person: PersonId) -> PromptId {
    PromptId::of(&[b"conversation", &person.0.bytes()])
}

/// What this account has typed to this person. Blocks.
pub(super) fn kept(shared: &Shared, who: &Who, person: PersonId) -> Result<Fields, Fault> {
    drafts::of(shared, who, draft_of(person))
}

/// Why a channel cannot be used now, or until when it waits, in the reader's words.
pub(super) fn because(view: &View<'_>, choice: &Choice) -> Option<String> {
    let told = |code: &str, detail: String| timeline::trace(&view.told(), code, &detail);
    let channel = choice.channel.name();
    match choice.may {
        May::Now => None,
        May::Later(until, code) => Some(match code {
            // What is said of a message that waits, without what is known of that one alone.
            "quiet_hours" => say!(view.t, "conversation-quiet", until = words::moment(view.t, until, &view.zone)),
            _ => told(code, format!("channel={channel};until={until}")),
        }),
        // A grant that holds, only of something else: nobody knows what staff will write of.
        May::Not(outreach::NO_GRANT) if choice.related.as_ref().is_some_and(|r| !r.scope.contains(&Scope::All)) => {
            Some(say!(view.t, "conversation-grant-of-some"))
        }
        May::Not(code) => Some(told(code, format!("channel={channel}"))),
    }
}

/// The form.
pub(super) fn form(view: &View<'_>, choices: &[Choice], given: &Given) -> Markup {
    let (t, fields) = (view.t, &given.fields);
    let path = path(view.look.person);
    html! {
        form #compose method="post" action=(path) .stack .compose data-draft={ (path) "/draft" } aria-labelledby="compose-h" {
            h2 #compose-h { (say!(t, "conversation-write")) }
            @if let Some(error) = &given.error { p .error role="alert" #error { (error) } }
            (page::token(&view.who.csrf)) (page::once())
            (ways(view, choices, given))
            (speaks(view))
            label for="text" { (say!(t, "conversation-text")) }
            textarea #text name="text" rows="4" required maxlength=(TEXT_MAX) aria-describedby="length text-what" { (fields.get("text")) }
            p .small.muted { span #length { (count(t, &view.shared.app.hub.settings().clinic.name, view.who, fields.get("text"))) } }
            p .small.muted #text-what { (say!(t, "conversation-text-what", clinic = view.shared.app.hub.settings().clinic.name.as_str(), who = view.who.account.display.as_str())) }
            div .row {
                div {
                    label for="language" { (say!(t, "conversation-language")) }
                    select #language name="language" {
                        @for tongue in Tongue::ALL {
                            option value=(tongue.tag()) lang=(tongue.tag()) selected[language(view, fields) == tongue.tag()] { (tongue.name()) }
                        }
                    }
                }
                div {
                    label for="at" { (say!(t, "conversation-at")) }
                    input #at type="datetime-local" name="at" value=(fields.get("at")) max={ (last_day(view)) "T00:00" } aria-describedby="at-what";
                }
            }
            p .small.muted #at-what { (say!(t, "conversation-at-what", zone = view.zone.iana_name().unwrap_or("UTC"))) }
            div .row {
                button #send .primary { (say!(t, "conversation-send")) }
                span #draft-status .small.muted role="status"
                    data-kept=(say!(t, "prompt-draft-kept")) data-lost=(say!(t, "prompt-draft-lost")) {}
            }
        }
    }
}

/// The last day that something may be meant for; what is later on that day is told when it is sent.
fn last_day(view: &View<'_>) -> String {
    view.now.plus_ms(LATER_MAX_MS).date_in(&view.zone).to_string()
}

/// The language that is written in: the person's, where it is one of ours.
fn language(view: &View<'_>, fields: &Fields) -> &'static str {
    let chosen = Tongue::of(fields.get("language"));
    let theirs = view.look.record.language.as_deref().and_then(Tongue::of);
    chosen.or(theirs).unwrap_or(view.t).tag()
}

/// A warning where the person reads another language than the one that the page is read in.
fn speaks(view: &View<'_>) -> Markup {
    let theirs = view.look.record.language.as_deref();
    let other = theirs.filter(|l| Tongue::of(l) != Some(view.t));
    html! {
        @if let Some(language) = other {
            p .need #speaks { (say!(view.t, "conversation-other-language", language = words::language(view.t, language))) }
        }
    }
}

/// The channels: where each goes, or why it cannot be used. Kept live until somebody chooses another one. A channel that was
/// chosen and cannot be used any more leaves none chosen: nobody but the writer moves words to another way.
fn ways(view: &View<'_>, choices: &[Choice], given: &Given) -> Markup {
    let t = view.t;
    let may = |c: &&Choice| !matches!(c.may, May::Not(_));
    let own = |c: &&Choice| c.related.is_none();
    let usable: Vec<Channel> = choices.iter().filter(may).filter(own).map(|c| c.channel).collect();
    let preferred = view.look.record.preferences.channels.iter().find(|(p, _)| *p == model::Purpose::Care);
    let preferred = preferred.and_then(|(_, all)| all.iter().find(|c| usable.contains(c)));
    let first = preferred.or(usable.first()).map_or(NOTE, |c| c.name());
    let named = |name: &str| name == NOTE || choices.iter().filter(may).any(|c| value(c) == name);
    let said = given.fields.get("to");
    let fresh = said.is_empty() && given.error.is_none() && given.fields.get("text").is_empty();
    let chosen = if fresh { first } else { Some(said).filter(|said| named(said)).unwrap_or_default() };
    html! {
        fieldset #ways data-live {
            legend { (say!(t, "conversation-how")) }
            p .need role="alert" data-lost hidden[!chosen.is_empty()] { (say!(t, "conversation-way-lost")) }
            @for choice in choices {
                @let (value, whose) = (value(choice), choice.related.as_ref());
                // By the place and not by its row: what was chosen stays chosen when another one comes or goes.
                @let name = if whose.is_some() { model::Id::of(&[value.as_bytes()]).to_string() } else { value.clone() };
                @let why = because(view, choice);
                @let off = matches!(choice.may, May::Not(_));
                div .choice .off[off] {
                    input type="radio" name="to" id={ "to-" (name) } value=(value) checked[chosen == value] disabled[off]
                        aria-describedby=[why.as_ref().map(|_| format!("why-{name}"))];
                    label for={ "to-" (name) } {
                        (words::channel(t, choice.channel))
                        @if let Some(to) = choice.to.as_deref().filter(|to| !to.is_empty()) { " " span translate="no" { (to) } }
                        @if let Some(related) = whose { " " (whom(view, related)) }
                        @else if preferred == Some(&choice.channel) { " (" (say!(t, "conversation-preferred")) ")" }
                    }
                    @if let Some(why) = why { span .small.why-not #{ "why-" (name) } { (why) } }
                }
            }
            div .choice {
                input type="radio" name="to" #to-note value=(NOTE) checked[chosen == NOTE];
                label for="to-note" { (say!(t, "conversation-note")) }
            }
        }
    }
}

/// A related person, and by what they may be written to.
fn whom(view: &View<'_>, related: &Related) -> Markup {
    let scope: Vec<String> = related.scope.iter().map(|scope| scope_words(view.t, *scope)).collect();
    let last = related.until.plus_ms(-1).date_in(&view.zone).to_string();
    html! {
        strong { (say!(view.t, "conversation-to-related", name = named(&related.name, &related.relation))) } " "
        span .small { (say!(view.t, "conversation-grant", scope = scope.join(", "), until = words::date(view.t, &last))) }
    }
}

/// A related person by name, with how they are related where somebody said so.
pub(super) fn named(name: &str, relation: &str) -> String {
    if relation.is_empty() { name.to_owned() } else { format!("{name} ({relation})") }
}

/// How long the text is, and in how many parts it leaves as a text message: with the clinic's name and the signature.
fn count(t: Tongue, clinic: &str, who: &Who, text: &str) -> String {
    let whole = finished(clinic, text.trim(), &who.account.display, Channel::Sms);
    say!(t, "conversation-length", n = text.chars().count(), parts = model::sms::length(&whole).segments)
}

/// Keeps what was typed so far; answers with how long it is.
pub(crate) async fn keep_draft(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Markup, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let names = ["to", "text", "language", "at"];
    let mut typed: Vec<(String, String)> =
        fields.0.iter().filter(|(n, v)| names.contains(&n.as_str()) && !v.is_empty()).cloned().collect();
    if typed.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>() > DRAFT_MAX {
        return Err(Fault::TooLarge);
    }
    let look = crate::staff::known_to(&state, &who, person).await?;
    let t = who.tongue;
    let told = count(t, &state.app.hub.settings().clinic.name, &who, fields.get("text"));
    if fields.get("text").trim().is_empty() {
        typed.clear();
    }
    state.read(move |shared| drafts::keep(shared, &who, draft_of(look.person), typed)).await?;
    Ok(html! { span #length { (told) } })
}

//! A message, and why it was sent, moved or not sent.

use super::person::View;
use super::person::why::{caused, traces_of, why};
use super::timeline::{draw, plain, words_of};
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
use maud::{Markup, html};
use model::message::{Call, CallStep, Content, Message};
use model::{MessageId, PersonId};

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path((person, message)): Path<(String, String)>,
) -> Result<Markup, Fault> {
    let (person, message): (PersonId, MessageId) = (super::id(&person)?, super::id(&message)?);
    state.read(move |shared| render(shared, &who, person, message)).await
}

/// The message, on this line or on one that was merged into it.
fn message(shared: &Shared, look: &hub::Look, id: MessageId) -> Result<Message, Fault> {
    for line in std::iter::once(&look.person).chain(&look.merged) {
        if let Some(found) = shared.store().message(*line, id)? {
            return Ok(found);
        }
    }
    Err(Fault::NotFound)
}

fn render(shared: &Shared, who: &Who, person: PersonId, id: MessageId) -> Result<Markup, Fault> {
    let look = super::look(shared, who, person, "/people/{id}/messages/{message}")?;
    let m = message(shared, &look, id)?;
    let view = View::new(shared, who, &look);
    let t = who.tongue;
    let mut traces = traces_of(shared, &look, m.reach)?;
    traces.retain(|t| t.message.is_none_or(|of| of == m.id));
    let title = t.pick("timeline-words", &m.words).unwrap_or_else(|| words::label(&m.words));
    let body = html! {
        (view.back())
        h1 { (words_of(t, &m.words)) " " span .badge { (words::channel(t, m.channel)) } }
        div .two {
            div .side { section .card { h2 { (say!(t, "person-message-what")) } (about(&view, &m)) } }
            div .main {
                section { h2 { (say!(t, "timeline-why")) } (why(&view, &traces)) }
                section { h2 { (say!(t, "person-message-words")) } (content(t, &m)) }
            }
        }
    };
    Ok(page::staff(shared, who, &title, "/people", &body))
}

fn about(view: &View<'_>, m: &Message) -> Markup {
    let t = view.t;
    let journey = view.look.journeys.iter().find(|(row, _)| Some(row.id) == m.journey).map(|(row, _)| row);
    html! {
        dl .facts {
            dt { (say!(t, "person-message-state")) } dd { (draw::state(t, m.status)) ", " (view.time(m.status_at)) }
            dt { (say!(t, "person-message-purpose")) }
            dd {
                (t.pick("timeline-purpose", m.purpose.name()).unwrap_or_default())
                @if m.urgent { ", " (say!(t, "person-message-urgent")) }
            }
            @if !m.basis.is_empty() {
                dt { (say!(t, "person-message-basis")) }
                dd { (outreach::describe_basis(&m.basis, t.tag())) }
            }
            dt { (say!(t, "person-message-to")) }
            // The own telephone of a member of staff is nobody's business here.
            dd { @if m.to.is_empty() || m.dials().is_some() { (words::channel(t, m.channel)) } @else { (plain(&m.to)) } }
            dt { (say!(t, "person-message-language")) } dd { (words::language(t, &m.language)) }
            dt { (say!(t, "person-message-wanted")) } dd { (view.time(m.created_at)) }
            dt { (say!(t, "person-message-until")) } dd { (view.time(m.valid_until)) }
            @if !m.provider.is_empty() {
                dt { (say!(t, "person-message-provider")) }
                dd translate="no" { (m.provider) " " (m.provider_id.as_deref().unwrap_or("")) }
            }
            @if let Some(error) = &m.error { dt { (say!(t, "person-message-error")) } dd .mono lang="en" { (error) } }
            @if let Some(row) = journey {
                dt { (say!(t, "person-pathway")) }
                dd { a href={ "/pathways/" (words::encoded(&row.pathway)) } translate="no" { (row.pathway) } }
                dt { (say!(t, "person-version-of")) } dd .mono translate="no" { (row.version) }
            }
            @if let Some(cause) = &m.cause { dt { (say!(t, "person-cause")) } dd { (caused(view, cause)) } }
        }
    }
}

/// The keys of a question; digits that a screen showed are for who asked alone.
fn keys_shown(call: &Call, keys: &[(char, usize)]) -> String {
    let asks = call.script.iter().filter(|step| matches!(step, CallStep::Ask { .. })).count();
    let secret = call.dials().is_some() && asks > 1;
    let keys: Vec<String> = keys.iter().map(|(key, _)| if secret { "•".into() } else { key.to_string() }).collect();
    keys.join(", ")
}

pub(crate) fn content(t: Tongue, m: &Message) -> Markup {
    let lang = m.language.as_str();
    html! {
        @match &m.content {
            Content::Sms { text } | Content::Portal { text } | Content::Chat { text } | Content::Voicemail { text, .. } => pre .words lang=(lang) { (draw::without_tokens(text)) },
            Content::Push { title, text, .. } => { p lang=(lang) { strong { (title) } } pre .words lang=(lang) { (draw::without_tokens(text)) } },
            Content::Email { subject, text, .. } => { p lang=(lang) { strong { (subject) } } pre .words lang=(lang) { (draw::without_tokens(text)) } },
            Content::Voice { call } => {
                ol .list {
                    @for step in &call.script {
                        li { @match step {
                            CallStep::Say { text } => { (say!(t, "person-call-says")) " " span lang=(lang) { (text) } },
                            CallStep::Ask { text, keys, .. } => {
                                @let keys = keys_shown(call, keys);
                                (say!(t, "person-call-asks")) " " span lang=(lang) { (text) } " (" (say!(t, "person-call-keys", keys = keys)) ")"
                            },
                            CallStep::Mark { what } => { (say!(t, "person-call-notes")) " " span .mono translate="no" { (what) } },
                            CallStep::Goto { to } => (say!(t, "person-call-goes-to", n = to + 1)),
                            CallStep::Dial { .. } => (say!(t, "person-call-connects")),
                            CallStep::HangUp => (say!(t, "person-call-hangs-up")),
                        } }
                    }
                }
                @if let Some(words) = &call.voicemail { p { (say!(t, "person-call-voicemail")) " " span lang=(lang) { (words) } } }
            },
        }
    }
}

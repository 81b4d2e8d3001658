//! A message, and why it was sent, moved or not sent.

use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::tongue::Tongue;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
use maud::{Markup, html};
use model::message::{CallStep, Content};
use model::{MessageId, PersonId, Trace};

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path((person, message)): Path<(String, String)>,
) -> Result<Markup, Fault> {
    let (person, message): (PersonId, MessageId) = (super::id(&person)?, super::id(&message)?);
    state.read(move |shared| render(shared, &who, person, message)).await
}

fn render(shared: &Shared, who: &Who, person: PersonId, id: MessageId) -> Result<Markup, Fault> {
    let look = super::look(shared, who, person, "/people/{id}/messages/{message}")?;
    let m = shared.store().message(look.person, id)?.ok_or(Fault::NotFound)?;
    let settings = shared.app.hub.settings();
    let zone = words::zone(look.record.zone.as_deref().unwrap_or(&settings.clinic.zone));
    let mut traces = shared.store().traces(look.person, m.reach)?;
    traces.retain(|t| t.message.is_none_or(|of| of == m.id));
    let journey = look.journeys.iter().find(|(row, _)| Some(row.id) == m.journey).map(|(row, _)| row);
    let title = words::label(&m.words);
    let body = html! {
        p { a href={ "/people/" (look.person) } { "← " (look.record.name) } }
        h1 { (title) " " span .badge { (m.channel.name()) } }
        div .two {
            div .side {
                section .card {
                    h2 { "What it is" }
                    dl .facts {
                        dt { "State" } dd { (words::label(m.status.name())) ", " (page::time(Tongue::En, m.status_at, &zone)) }
                        dt { "Purpose" } dd { (words::label(m.purpose.name())) @if m.urgent { ", urgent" } }
                        dt { "To" } dd { (if m.to.is_empty() { "the Today page" } else { &m.to }) }
                        dt { "Language" } dd { (words::language(Tongue::En, &m.language)) }
                        dt { "Wanted" } dd { (page::time(Tongue::En, m.created_at, &zone)) }
                        dt { "Not after" } dd { (page::time(Tongue::En, m.valid_until, &zone)) }
                        @if !m.provider.is_empty() { dt { "Carried by" } dd { (m.provider) " " (m.provider_id.as_deref().unwrap_or("")) } }
                        @if let Some(error) = &m.error { dt { "Error" } dd { (error) } }
                        @if let Some(row) = journey { dt { "Pathway" } dd { (row.pathway) } dt { "Version" } dd .mono { (row.version) } }
                        @if let Some(cause) = &m.cause { dt { "Caused by" } dd .mono { (cause) } }
                    }
                }
            }
            div .main {
                section { h2 { "Why" } (why(&traces, &zone)) }
                section { h2 { "The words" } (content(&m.content)) }
            }
        }
    };
    Ok(page::staff(shared, who, &title, "/people", &body))
}

fn why(traces: &[Trace], zone: &jiff::tz::TimeZone) -> Markup {
    html! {
        @if traces.is_empty() { p .muted { "Nothing moved or stopped it." } }
        ol .list #why {
            @for t in traces {
                li {
                    (outreach::describe(&t.code, &t.detail, "en"))
                    p .muted.small { (page::time(Tongue::En, t.at, zone)) " · " code { (t.code) } }
                }
            }
        }
    }
}

fn content(content: &Content) -> Markup {
    html! {
        @match content {
            Content::Sms { text } | Content::Portal { text } | Content::Voicemail { text, .. } => pre .words { (text) },
            Content::Email { subject, text, .. } => { p { strong { (subject) } } pre .words { (text) } },
            Content::Voice { call } => {
                ol .list {
                    @for step in &call.script {
                        li { (match step {
                            CallStep::Say { text } => format!("Says: {text}"),
                            CallStep::Ask { text, keys, .. } => {
                                let keys: Vec<String> = keys.iter().map(|(k, _)| k.to_string()).collect();
                                format!("Asks: {text} (keys {})", keys.join(", "))
                            }
                            CallStep::Mark { what } => format!("Notes: {what}"),
                            CallStep::Goto { to } => format!("Goes to {}", to + 1),
                            CallStep::HangUp => "Hangs up".into(),
                        }) }
                    }
                }
                @if let Some(words) = &call.voicemail { p { "On a voicemail: " (words) } }
            },
        }
    }
}

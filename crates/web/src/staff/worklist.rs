//! The worklist: who should be helped next, and with what.

use super::{called, number};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::prompt::{Prompt, PromptStatus};
use model::{At, PersonId, PromptId};
use serde::Deserialize;
use serde_json::json;
use store::PromptFilter;

/// Cards on a page: more is a queue that nobody reads.
const CARDS_MAX: usize = 60;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    team: String,
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state.read(move |shared| render(shared, &who, &asked.team)).await
}

fn render(shared: &Shared, who: &Who, team: &str) -> Result<Markup, Fault> {
    let filter = PromptFilter {
        teams: if team.is_empty() { who.account.teams.clone() } else { vec![team.to_owned()] },
        sites: who.account.sites.clone(),
    };
    let prompts = shared.store().prompts_open(&filter, CARDS_MAX + 1)?;
    let more = prompts.len() > CARDS_MAX;
    let settings = shared.app.hub.settings();
    let (now, zone) = (shared.now(), words::zone(&settings.clinic.zone));
    let people: Vec<PersonId> = prompts.iter().take(CARDS_MAX).map(|p| p.person).collect();
    page::saw(shared, &who.account.name, &people, "/")?;
    let say = match prompts.len() {
        0 => "Nothing waits".to_owned(),
        1 => "1 prompt waits".to_owned(),
        n if more => format!("More than {} prompts wait", n - 1),
        n => format!("{n} prompts wait"),
    };
    let body = html! {
        div .row {
            h1 { "Worklist" }
            form method="get" action="/" .row.filter {
                label for="team" { "Team" }
                select #team name="team" {
                    option value="" selected[team.is_empty()] { "All of mine" }
                    @for t in &settings.teams {
                        option value=(t.name) selected[t.name == team] { (t.title) }
                    }
                }
                button { "Show" }
            }
        }
        div #cards data-live data-say=(say) {
            p .muted { (say) ", as of " (words::clock(now, &zone)) "." }
            @if prompts.is_empty() {
                p .empty { "Nobody waits for this team. New prompts show here by themselves." }
            }
            ul .cards {
                @for prompt in prompts.iter().take(CARDS_MAX) {
                    (card(shared, who, prompt, now, &zone))
                }
            }
        }
    };
    Ok(page::staff(shared, who, "Worklist", "/", &body))
}

fn card(shared: &Shared, who: &Who, prompt: &Prompt, now: At, zone: &TimeZone) -> Markup {
    let look = shared.app.hub.look(prompt.person).ok();
    let record = look.as_ref().map(|l| &l.record);
    let link = format!("/people/{}/prompts/{}", prompt.person, prompt.id);
    let waits = prompt.not_before.filter(|t| *t > now);
    html! {
        li .card.urgent[prompt.urgent] {
            h2 { a #{ "card-" (prompt.id) } href=(link) { (record.map_or("Unknown person", |r| r.name.as_str())) } }
            @if let Some(record) = record { (person_line(record)) }
            @if prompt.urgent { p .flag { "Urgent" } }
            p .verb { (prompt.title) }
            p .reason { (prompt.reason) }
            p .due.(words::due_class(prompt.due_at, now)) {
                time datetime=(words::machine(prompt.due_at)) { (words::due(prompt.due_at, now)) }
                @if let Some(until) = waits { ", not before " (page::time(until, zone)) }
            }
            dl .facts {
                @if let Some(number) = record.and_then(number) { dt { "Number" } dd { a href={ "tel:" (number) } { (number) } } }
                dt { "Last contact" }
                dd { (record.and_then(|r| r.last_contact.as_ref()).map_or("none yet".to_owned(), |(at, how)| {
                    format!("{}, {}", words::ago(*at, now), how)
                })) }
                dt { "Attempt" } dd { (prompt.attempt) " of " (prompt.attempts_max.max(prompt.attempt)) }
                dt { "Team" } dd { (words::label(&prompt.team)) }
            }
            div .row { (claim(who, prompt)) a .button href=(link) { "Open" span .hidden { " " (prompt.title) } } }
        }
    }
}

/// Name, pronouns, language, interpreter: before anything is said.
pub(crate) fn person_line(record: &record::Record) -> Markup {
    let language = record.language.as_deref().map(words::language);
    html! {
        p .muted {
            @if called(record) != record.name { "Called " strong { (called(record)) } " · " }
            @if let Some(pronouns) = &record.pronouns { (pronouns) " · " }
            (language.as_deref().unwrap_or("Language not known"))
            @for need in &record.needs { " · " span .need { (super::need(*need)) } }
        }
    }
}

/// The claim of a prompt, or who has it.
pub(crate) fn claim(who: &Who, prompt: &Prompt) -> Markup {
    html! {
        @match (&prompt.assignee, prompt.status) {
            (Some(name), PromptStatus::Acknowledged) if *name == who.account.name => p .mine { "Yours" },
            (Some(name), PromptStatus::Acknowledged) => p .muted { "Taken by " (name) },
            _ => form method="post" action={ "/people/" (prompt.person) "/prompts/" (prompt.id) "/claim" } {
                (page::token(&who.csrf)) (page::once())
                button #{ "claim-" (prompt.id) } { "I take this" span .hidden { ": " (prompt.title) } }
            },
        }
    }
}

/// Takes a prompt on.
pub(crate) async fn take(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path((person, prompt)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let (person, prompt): (PersonId, PromptId) = (super::id(&person)?, super::id(&prompt)?);
    let body = json!({ "prompt": prompt.to_string() });
    super::say(&state, &who, &fields, person, "prompt.acknowledged", body).await?;
    Ok(Redirect::to(&format!("/people/{person}/prompts/{prompt}")).into_response())
}

//! The worklist: who should be helped next, and with what.

use super::{called, number, whose};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::tongue::Tongue;
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
use std::collections::BTreeMap;
use store::PromptFilter;

/// Cards on a page: one a person.
const CARDS_MAX: usize = 40;
/// Prompts that are looked through for the list; past it the page says so.
const PROMPTS_MAX: usize = 5_000;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    team: String,
    /// Counted from 1; 0 and none are the first.
    #[serde(default)]
    page: usize,
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state.read(move |shared| render(shared, &who, &asked)).await
}

fn render(shared: &Shared, who: &Who, asked: &Asked) -> Result<Markup, Fault> {
    let team = asked.team.as_str();
    let filter = PromptFilter {
        teams: if team.is_empty() { who.account.teams.clone() } else { vec![team.to_owned()] },
        sites: who.account.sites.clone(),
    };
    let prompts = shared.store().prompts_open(&filter, PROMPTS_MAX)?;
    let say = waiting(prompts.len());
    let people = by_person(prompts);
    let pages = people.len().div_ceil(CARDS_MAX).max(1);
    let at = asked.page.clamp(1, pages);
    let shown = || people.iter().skip((at - 1) * CARDS_MAX).take(CARDS_MAX);
    let settings = shared.app.hub.settings();
    let (now, zone) = (shared.now(), words::zone(&settings.clinic.zone));
    let seen: Vec<PersonId> = shown().map(|prompts| prompts[0].person).collect();
    page::saw(shared, &who.account.name, &seen, "/")?;
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
            p .muted { (say) ", as of " (words::clock(Tongue::En, now, &zone)) "." }
            @if people.is_empty() {
                p .empty { "Nobody waits for this team. New prompts show here by themselves." }
            }
            ul .cards {
                @for prompts in shown() { (card(shared, who, prompts, now, &zone)) }
            }
            @if pages > 1 { (paging(team, at, pages)) }
        }
    };
    Ok(page::staff(shared, who, "Worklist", "/", &body))
}

/// How many wait, in words.
fn waiting(prompts: usize) -> String {
    match prompts {
        0 => "Nothing waits".to_owned(),
        1 => "1 prompt waits".to_owned(),
        n if n >= PROMPTS_MAX => format!("{n} prompts wait, or more"),
        n => format!("{n} prompts wait"),
    }
}

/// The prompts of each person together; urgent ones first, then overdue, then by when they are due: of a
/// person's prompts, and of the people by their first.
fn by_person(mut prompts: Vec<Prompt>) -> Vec<Vec<Prompt>> {
    prompts.sort_by_key(|p| (!p.urgent, p.due_at, p.id));
    let mut place: BTreeMap<PersonId, usize> = BTreeMap::new();
    let mut people: Vec<Vec<Prompt>> = Vec::new();
    for prompt in prompts {
        let at = *place.entry(prompt.person).or_insert(people.len());
        match people.get_mut(at) {
            Some(of) => of.push(prompt),
            None => people.push(vec![prompt]),
        }
    }
    people
}

fn paging(team: &str, at: usize, pages: usize) -> Markup {
    let link = |page: usize| format!("/?team={}&page={page}", words::encoded(team));
    html! {
        nav .row aria-label="Pages of the worklist" {
            @if at > 1 { a .button href=(link(at - 1)) { "Previous page" } }
            span .muted { "Page " (at) " of " (pages) }
            @if at < pages { a .button href=(link(at + 1)) { "Next page" } }
        }
    }
}

/// A person, with the prompt that is most urgent, and the others below it.
fn card(shared: &Shared, who: &Who, prompts: &[Prompt], now: At, zone: &TimeZone) -> Markup {
    let [prompt, others @ ..] = prompts else { return Markup::default() };
    let look = shared.app.hub.look(prompt.person).ok();
    let record = look.as_ref().map(|l| &l.record);
    let link = |of: &Prompt| format!("/people/{}/prompts/{}", of.person, of.id);
    let waits = prompt.not_before.filter(|t| *t > now);
    html! {
        li .card.urgent[prompt.urgent] {
            h2 { a #{ "card-" (prompt.id) } href=(link(prompt)) { (record.map_or("Unknown person", |r| r.name.as_str())) } }
            @if let Some(record) = record { (person_line(record)) }
            @if prompt.urgent { p .flag { "Urgent" } }
            p .verb { (prompt.title) }
            p .reason { (prompt.reason) }
            p .due.(words::due_class(prompt.due_at, now)) {
                time datetime=(words::machine(prompt.due_at)) { (words::due(Tongue::En, prompt.due_at, now)) }
                @if let Some(until) = waits { ", not before " (page::time(Tongue::En, until, zone)) }
            }
            dl .facts {
                @if let Some((number, record)) = record.and_then(|r| Some((number(r)?, r))) {
                    dt { "Number" } dd { a href={ "tel:" (number.value) } { (number.value) } (whose(number, record)) }
                }
                dt { "Last contact" }
                dd { (record.and_then(|r| r.last_contact.as_ref()).map_or("none yet".to_owned(), |(at, how)| {
                    format!("{}, {}", words::ago(Tongue::En, *at, now), how)
                })) }
                dt { "Attempt" } dd { (prompt.attempt) " of " (prompt.attempts_max.max(prompt.attempt)) }
                dt { "Team" } dd { (words::label(&prompt.team)) }
            }
            @if !others.is_empty() {
                p { "Also:" }
                ul .list { @for other in others {
                    li { a #{ "card-" (other.id) } href=(link(other)) { (other.title) }
                        span .muted { ", " (words::due(Tongue::En, other.due_at, now).to_lowercase()) } }
                } }
            }
            div .row { (claim(who, prompt)) a .button href=(link(prompt)) { "Open" span .hidden { " " (prompt.title) } } }
        }
    }
}

/// Name, pronouns, language, interpreter: before anything is said.
pub(crate) fn person_line(record: &record::Record) -> Markup {
    let language = record.language.as_deref().map(|l| words::language(Tongue::En, l));
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

#[cfg(test)]
mod tests;

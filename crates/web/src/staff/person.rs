//! A person: all that is known, in one page, with the timeline of how it came to be known.

use super::timeline::{self, FILTERS};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::tongue::Tongue;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use hub::Look;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::{At, Fact, PersonId};
use record::known::Concept;
use serde::Deserialize;
use serde_json::json;

/// Facts read for one page of the timeline.
const FACTS_MAX: usize = 100;
/// Messages, prompts and resources on the page.
const ROWS_MAX: usize = 50;
/// A task of the nurse's own words is no longer, characters.
const TASK_MAX: usize = 200;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    before: Option<i64>,
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path(person): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let person: PersonId = super::id(&person)?;
    state.read(move |shared| render(shared, &who, person, &asked)).await
}

fn render(shared: &Shared, who: &Who, person: PersonId, asked: &Asked) -> Result<Response, Fault> {
    let look = super::look(shared, who, person, "/people/{id}")?;
    if look.person != person {
        // Merged: the page of the line that lives on.
        return Ok(Redirect::to(&format!("/people/{}", look.person)).into_response());
    }
    let zone_name = look.record.zone.as_deref().unwrap_or(&shared.app.hub.settings().clinic.zone);
    let view = View { shared, who, zone: words::zone(zone_name), now: shared.now(), look: &look };
    let body = html! {
        (view.heading())
        div .three {
            div .side #known data-live { (view.prompts()?) (view.journeys()) (view.tasks()) }
            section .main aria-labelledby="timeline-h" { (view.timeline(asked)?) }
            div .side #facts data-live { (view.reached()) (view.messages()?) (view.clinical()) (view.resources()?) }
        }
    };
    Ok(page::staff(shared, who, &look.record.name, "/people", &body).into_response())
}

struct View<'a> {
    shared: &'a Shared,
    who: &'a Who,
    zone: TimeZone,
    now: At,
    look: &'a Look,
}

/// A concept in words: as the source shows it, else its first code.
fn named(concept: &Concept) -> &str {
    if concept.text.is_empty() { concept.codes.first().map_or("not named", String::as_str) } else { &concept.text }
}

impl View<'_> {
    fn heading(&self) -> Markup {
        let r = &self.look.record;
        html! {
            h1 { (r.name) }
            (super::worklist::person_line(self.who.tongue, r))
            p .muted {
                @if let Some(born) = &r.birth_date { "Born " (born) " · " }
                @if let Some(gender) = &r.gender { (gender) " · " }
                "Zone " (r.zone.as_deref().unwrap_or("not known"))
                @if !r.zone_from.is_empty() { " (from " (r.zone_from) ")" }
                " · " (r.identifiers.iter().map(|i| words::identifier(i)).collect::<Vec<_>>().join(", "))
            }
            @if let Some(at) = r.deceased_at { p .flag { "Died " (page::time(Tongue::En, at, &self.zone)) ". Nothing is sent." } }
            @if r.inpatient.is_some() { p .flag { "In hospital now" } }
        }
    }

    fn prompts(&self) -> Result<Markup, Fault> {
        let person = self.look.person;
        let all = self.shared.store().prompts_of(person, ROWS_MAX)?;
        Ok(html! {
            section {
                h2 { "What to do" }
                @if self.look.prompts.is_empty() { p .muted { "Nothing waits." } }
                @for prompt in &self.look.prompts {
                    div .card.urgent[prompt.urgent] {
                        p .verb { a #{ "do-" (prompt.id) } href={ "/people/" (person) "/prompts/" (prompt.id) } { (prompt.title) } }
                        p .due.(words::due_class(prompt.due_at, self.now)) { (words::due(Tongue::En, prompt.due_at, self.now)) }
                    }
                }
                @if all.iter().any(|p| !p.status.is_open()) {
                    details #done-prompts {
                        summary { "Done before" }
                        ul .list {
                            @for p in all.iter().filter(|p| !p.status.is_open()) {
                                li {
                                    a href={ "/people/" (person) "/prompts/" (p.id) } { (p.title) }
                                    span .muted { ": " (p.outcome.map_or(p.status.name().to_owned(), |o| words::label(o.name()))) }
                                }
                            }
                        }
                    }
                }
            }
        })
    }

    fn journeys(&self) -> Markup {
        html! {
            section {
                h2 { "Journeys" }
                @if self.look.journeys.is_empty() { p .muted { "None." } }
                @for (row, state) in &self.look.journeys {
                    @let pathway = super::pathway_of(self.shared, row.version);
                    div .journey #{ "journey-" (row.id) } {
                        h3 { (pathway.map_or(row.pathway.as_str(), |p| p.title.as_str())) }
                        p .muted {
                            (words::label(row.status.name())) ", since " (page::time(Tongue::En, row.started_at, &self.zone))
                            @if let Some((at, why)) = &row.ended { ", ended " (page::time(Tongue::En, *at, &self.zone)) ": " (why) }
                        }
                        @if row.ended.is_none() {
                            @let steps = match (pathway, state) { (Some(p), Some(s)) => s.steps(p), _ => vec![row.step.clone()] };
                            ul .steps { @for step in &steps { li { (words::label(&step.replace('/', ": "))) } } }
                            @if let Some(due) = row.next_due { p .muted { "Next at " (page::time(Tongue::En, due, &self.zone)) } }
                        }
                    }
                }
            }
        }
    }

    fn tasks(&self) -> Markup {
        let person = self.look.person;
        let today = self.now.date_in(&self.zone).to_string();
        html! {
            section {
                h2 { "Tasks of today" }
                @if self.look.tasks.is_empty() { p .muted { "None today." } }
                ul .list {
                    @for task in &self.look.tasks {
                        li .row {
                            span {
                                (if task.done { "✓ " } else { "○ " }) (task.text)
                                @if let Some(at) = task.at { span .muted { " at " (words::clock(Tongue::En, at, &self.zone)) } }
                                @if task.done { span .hidden { " (done)" } }
                            }
                            form method="post" action={ "/people/" (person) "/tasks/strike" } {
                                (page::token(&self.who.csrf)) (page::once())
                                input type="hidden" name="task" value=(task.id.split('@').next().unwrap_or(&task.id));
                                button .quiet #{ "strike-" (task.id) } { "Strike" span .hidden { " " (task.text) } }
                            }
                        }
                    }
                }
                details #add-task {
                    summary { "Add a task" }
                    form method="post" action={ "/people/" (person) "/tasks/add" } .stack {
                        (page::token(&self.who.csrf)) (page::once())
                        label for="task-text" { "What should be done" }
                        input #task-text name="text" required maxlength=(TASK_MAX);
                        label for="task-from" { "From" }
                        input #task-from name="from" type="date" value=(today) required;
                        label for="task-to" { "To (empty: no end)" }
                        input #task-to name="to" type="date";
                        button { "Add" }
                    }
                }
            }
        }
    }

    fn timeline(&self, asked: &Asked) -> Result<Markup, Fault> {
        let person = self.look.person;
        let facts = self.shared.store().timeline(person, asked.before, FACTS_MAX)?;
        let messages = self.shared.store().messages_of(person, FACTS_MAX)?;
        let oldest = facts.last().map(|(n, _)| *n).filter(|_| facts.len() == FACTS_MAX);
        let link = |kind: &str| format!("/people/{person}?kind={kind}");
        Ok(html! {
            h2 #timeline-h { "Timeline" }
            nav .filter aria-label="Timeline filter" {
                a href=(link("")) aria-current=[asked.kind.is_empty().then_some("true")] { "What matters" }
                @for (key, name, _) in FILTERS {
                    a href=(link(key)) aria-current=[(asked.kind == *key).then_some("true")] { (name) }
                }
                a href=(link("all")) aria-current=[(asked.kind == "all").then_some("true")] { "All" }
            }
            ol .timeline #timeline data-live {
                @for (_, fact) in facts.iter().filter(|(_, f)| timeline::is_of(f, &asked.kind)) {
                    (self.line(fact, &messages))
                }
            }
            @if let Some(before) = oldest {
                p { a href={ (link(&asked.kind)) "&before=" (before) } { "Earlier" } }
            }
        })
    }

    fn line(&self, fact: &Fact, messages: &[model::message::Message]) -> Markup {
        let title = timeline::told(fact, messages);
        let known = timeline::Known { record: &self.look.record, tasks: &self.look.tasks, zone: &self.zone };
        let detail = timeline::detail(fact, &known);
        let message = fact.text("message").filter(|_| fact.kind.starts_with("message."));
        html! {
            li .(timeline::class(fact)) {
                p .said { (title) }
                @if !detail.is_empty() { p .muted { (detail) } }
                p .muted.small {
                    (page::time(Tongue::En, fact.occurred_at, &self.zone)) " · " (timeline::actor(fact))
                    @if fact.origin != model::Origin::Live { " · history" }
                    @if let Some(id) = message {
                        " · " a href={ "/people/" (self.look.person) "/messages/" (id) } {
                            "Why" span .hidden { ": " (title) }
                        }
                    }
                }
            }
        }
    }

    fn reached(&self) -> Markup {
        let r = &self.look.record;
        let channels = |list: &[model::Channel]| list.iter().map(|c| c.name()).collect::<Vec<_>>().join(", then ");
        html! {
            section {
                h2 { "How to reach" }
                ul .list {
                    @for c in &r.contacts {
                        li {
                            (c.value) " "
                            span .muted {
                                (c.r#use) @if let Some(owner) = &c.owner { " of " (owner) }
                                ", " (format!("{:?}", c.status).to_lowercase())
                                @if let Some(at) = c.verified_at { ", verified " (page::time(Tongue::En, at, &self.zone)) }
                            }
                        }
                    }
                    @if r.contacts.is_empty() { li .muted { "No number or address is known." } }
                }
                h3 { "Prefers" }
                ul .list {
                    @for (purpose, list) in &r.preferences.channels { li { (words::label(purpose.name())) ": " (channels(list)) } }
                    @if !r.preferences.urgent.is_empty() { li { "Urgent: " (channels(&r.preferences.urgent)) } }
                    @if let Some((from, to)) = r.preferences.quiet {
                        li { (format!("Quiet from {:02}:{:02} to {:02}:{:02}", from / 60, from % 60, to / 60, to % 60)) }
                    }
                    li { "Task reminders: " (match r.preferences.task_reminders { Some(true) => "yes", Some(false) => "no", None => "not asked" }) }
                }
                h3 { "Consent" }
                ul .list {
                    @for c in &r.consents {
                        li {
                            (if c.allowed { "Allowed" } else { "Refused" }) ": "
                            (c.purpose.map_or("every purpose", |p| p.name())) ", " (c.channel.map_or("every channel", |c| c.name()))
                            span .muted { ", " (c.basis) ", " (page::time(Tongue::En, c.since, &self.zone)) }
                        }
                    }
                    @if r.consents.is_empty() { li .muted { "Nothing was said." } }
                }
            }
        }
    }

    fn messages(&self) -> Result<Markup, Fault> {
        let messages = self.shared.store().messages_of(self.look.person, ROWS_MAX)?;
        Ok(html! {
            section {
                h2 { "Messages" }
                ul .list #messages {
                    @for m in &messages {
                        li {
                            a href={ "/people/" (self.look.person) "/messages/" (m.id) } { (words::label(&m.words)) }
                            " " span .badge { (m.channel.name()) }
                            span .muted { " " (m.status.name()) ", " (page::time(Tongue::En, m.status_at, &self.zone)) }
                        }
                    }
                    @if messages.is_empty() { li .muted { "None." } }
                }
            }
        })
    }

    fn clinical(&self) -> Markup {
        let r = &self.look.record;
        let when = |at: Option<At>| at.map_or("time not known".into(), |t| words::moment(Tongue::En, t, &self.zone));
        html! {
            section {
                h2 { "Clinical" }
                h3 { "Prescriptions" }
                ul .list {
                    @for rx in &r.prescriptions { li { (named(&rx.concept)) span .muted { ": " (self.rx_state(rx)) } } }
                }
                h3 { "Appointments" }
                ul .list {
                    @for a in &r.appointments {
                        li { (when(a.start)) span .muted { " " (a.with) " " (a.place) @if a.cancelled { ", cancelled" } } }
                    }
                }
                h3 { "Procedures" }
                ul .list { @for p in &r.procedures { li { (named(&p.concept)) span .muted { ", " (when(p.at)) } } } }
                h3 { "Conditions" }
                ul .list { @for c in &r.conditions { li { (named(&c.concept)) span .muted { " " (c.status) } } } }
                h3 { "Encounters" }
                ul .list {
                    @for e in &r.encounters {
                        li { (words::class(&e.class)) ", " (e.status) span .muted { ", from " (when(e.started_at)) @if let Some(at) = e.discharged_at { ", home " (words::moment(Tongue::En, at, &self.zone)) } } }
                    }
                }
            }
        }
    }

    fn rx_state(&self, rx: &record::known::Prescription) -> String {
        let at = rx.pharmacy.as_ref().map_or_else(String::new, |p| format!(" at {p}"));
        if rx.stopped {
            "stopped".into()
        } else if let Some(t) = rx.picked_up_at {
            format!("picked up {}", words::moment(Tongue::En, t, &self.zone))
        } else if let Some(t) = rx.ready_at {
            format!("ready{at} since {}, not picked up", words::moment(Tongue::En, t, &self.zone))
        } else if rx.as_needed == Some(true) {
            "as needed".into()
        } else {
            "not known whether ready or picked up".into()
        }
    }

    fn resources(&self) -> Result<Markup, Fault> {
        let rows = self.shared.store().resources_of(self.look.person, ROWS_MAX * 4)?;
        Ok(html! {
            section {
                h2 { "Kept whole" }
                details #resources {
                    summary { (rows.len()) " resources as the sources sent them" }
                    @for row in &rows {
                        details #{ "r-" (row.source) "-" (row.kind) "-" (row.id) } {
                            summary { (row.kind) "/" (row.id) " " span .muted { (row.source) ", version " (row.version) } }
                            pre tabindex="0" { (row.json) }
                        }
                    }
                }
            }
        })
    }
}

/// A nurse adds a task.
pub(crate) async fn add_task(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Redirect, Fault> {
    let person: PersonId = super::id(&person)?;
    let (text, from, to) = (fields.get("text"), fields.get("from"), fields.get("to"));
    let date = |t: &str| t.parse::<jiff::civil::Date>().ok();
    let first = date(from).ok_or_else(|| Fault::Form("The first day is not a date.".into()))?;
    if !to.is_empty() && date(to).is_none_or(|last| last < first) {
        return Err(Fault::Form("The last day is not a date at or after the first.".into()));
    }
    if text.is_empty() || text.chars().count() > TASK_MAX {
        return Err(Fault::Form(format!("A task has 1 to {TASK_MAX} characters.")));
    }
    let name = format!("added_{}", fields.get("once").get(..8).unwrap_or_default());
    let body = json!({ "task": name, "text": text, "from": from, "to": to });
    super::say(&state, &who, &fields, person, "task.added", body).await?;
    Ok(Redirect::to(&format!("/people/{person}")))
}

/// A nurse strikes a task, on all days.
pub(crate) async fn strike_task(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Redirect, Fault> {
    let person: PersonId = super::id(&person)?;
    let task = fields.get("task");
    if task.is_empty() || task.len() > TASK_MAX {
        return Err(Fault::Form("No task was named.".into()));
    }
    super::say(&state, &who, &fields, person, "task.struck", json!({ "task": task })).await?;
    Ok(Redirect::to(&format!("/people/{person}")))
}

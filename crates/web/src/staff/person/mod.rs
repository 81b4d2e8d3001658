//! A person: all that is known, in one page, with the one timeline of how it came to be known.
//!
//! Left: what to do next and where things stand. Middle: the timeline. Right: how to reach them, what they
//! allowed and prefer, what is coming up. What is long has a page of its own ([`resources`], the "why" pages, the
//! form that sets things right): this one stays small whatever the length of the line.

pub(crate) mod correct;
pub(crate) mod enrol;
mod header;
mod known;
mod next;
pub(crate) mod resources;
pub(crate) mod tasks;
pub(crate) mod ways;
pub(crate) mod why;
pub(crate) mod wishes;

use super::timeline::draw::Thread;
use super::timeline::read::{self, Asked};
use super::timeline::{AUTHORS, Known};
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use hub::Look;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::{At, PersonId};
use record::known::Concept;

/// Rows of each list beside the timeline.
const ROWS_MAX: usize = 12;
/// Sources that the second filter names.
const SOURCES_MAX: usize = 12;

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
    // The earlier facts of a line that was merged into this one stay with it: only those lines may be asked for.
    let line = match asked.line.parse::<PersonId>() {
        Ok(other) if look.merged.contains(&other) => other,
        Err(_) if asked.line.is_empty() => person,
        _ => return Err(Fault::NotFound),
    };
    let facts = read::page(shared, line, asked)?;
    let view = View::new(shared, who, &look);
    let mut sources: Vec<String> = look.folds.iter().map(|f| f.source.clone()).collect();
    sources.push(model::fact::OWN.to_owned());
    sources.sort();
    sources.dedup();
    sources.truncate(SOURCES_MAX);
    let thread = Thread { known: view.told(), person, asked, sources };
    let body = html! {
        (view.heading())
        div .three .person {
            div .side #known data-live { (view.next()) (view.journeys()) (view.tasks()) (view.prescriptions()) }
            section .main aria-labelledby="timeline-h" { (view.merged(asked)) (thread.show(&facts)) }
            div .side #facts data-live {
                (view.contacts()) (view.wishes()) (view.ways()) (view.coming()) (view.under_way()) (view.corrections())
                (view.clinical()) (view.looked()?)
            }
        }
    };
    Ok(page::staff(shared, who, &look.record.name, "/people", &body).into_response())
}

/// A person as a page sees them.
pub(crate) struct View<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) who: &'a Who,
    pub(crate) t: Tongue,
    pub(crate) zone: TimeZone,
    pub(crate) now: At,
    pub(crate) look: &'a Look,
}

/// A concept in words: as the source shows it, else its first code.
fn named(concept: &Concept) -> Markup {
    let text = if concept.text.is_empty() { concept.codes.first() } else { Some(&concept.text) };
    html! { span translate="no" { (text.map_or("–", String::as_str)) } }
}

impl<'a> View<'a> {
    pub(crate) fn new(shared: &'a Shared, who: &'a Who, look: &'a Look) -> Self {
        let zone = look.record.zone.as_deref().unwrap_or(&shared.app.hub.settings().clinic.zone);
        Self { shared, who, t: who.tongue, zone: words::zone(zone), now: shared.now(), look }
    }

    /// What facts are told by.
    pub(crate) fn told(&self) -> Known<'_> {
        let (record, tasks) = (&self.look.record, &self.look.tasks);
        Known { shared: self.shared, t: self.t, record, tasks, zone: &self.zone }
    }

    pub(crate) fn time(&self, at: At) -> Markup {
        page::time(self.t, at, &self.zone)
    }

    /// A day of an event that may be of another year, with its time.
    fn long_ago(&self, at: At) -> Markup {
        let date = at.date_in(&self.zone).to_string();
        html! { time datetime=(words::machine(at)) { (words::date(self.t, &date)) } }
    }

    /// The way back from a page of its own.
    pub(crate) fn back(&self) -> Markup {
        let name = if self.look.record.name.is_empty() { "–" } else { &self.look.record.name };
        html! { p { a href={ "/people/" (self.look.person) } { "← " span translate="no" { (name) } } } }
    }

    /// Lines that were merged into this one, each with its earlier timeline.
    fn merged(&self, asked: &Asked) -> Markup {
        let t = self.t;
        html! {
            @if !self.look.merged.is_empty() {
                nav .merged aria-label=(say!(t, "person-merged-label")) {
                    p { (say!(t, "person-merged", n = self.look.merged.len())) }
                    ul .list {
                        li { a href={ "/people/" (self.look.person) } aria-current=[asked.line.is_empty().then_some("true")] { (say!(t, "person-merged-this")) } }
                        @for other in &self.look.merged {
                            @let id = other.to_string();
                            li { a href={ "/people/" (self.look.person) "?line=" (id) } aria-current=[(asked.line == id).then_some("true")] {
                                (say!(t, "person-merged-line")) " " span .mono translate="no" { (id.chars().take(8).collect::<String>()) }
                            } }
                        }
                    }
                }
            }
        }
    }

    /// The language that a pathway was written in.
    fn lang_of(&self, version: model::Id) -> String {
        let first = super::pathway_of(self.shared, version).and_then(|p| p.speaks.first().cloned());
        first.unwrap_or_else(|| AUTHORS.to_owned())
    }
}

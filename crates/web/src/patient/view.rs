//! The Today page, drawn.

use super::frame::{self, Frame, Kept, Place};
use super::journeys::{self, Told};
use super::parts::{self, Box, Sends};
use super::today::{self, Opened};
use crate::auth::guard::Visitor;
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, page, staff, words};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::message::{Content, Message, Status};
use model::{At, Channel};
use outreach::Clinic;
use record::known::Appointment;
use std::collections::BTreeSet;

/// Notes on the page.
const NOTES_MAX: usize = 5;
/// Messages looked through for notes.
const MESSAGES_MAX: usize = 100;
/// Facts looked through for what was read.
const FACTS_MAX: usize = 200;
/// Notes older than this are no longer news, milliseconds.
const NOTES_FOR_MS: i64 = 14 * model::time::DAY_MS;

/// What a page of a person is drawn from.
pub(super) struct View<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) token: &'a str,
    pub(super) opened: &'a Opened,
    pub(super) t: Tongue,
    pub(super) zone: TimeZone,
    pub(super) now: At,
    pub(super) clinic: &'a Clinic,
}

/// A view of what was opened.
pub(super) fn view<'a>(shared: &'a Shared, visitor: &'a Visitor, token: &'a str, opened: &'a Opened) -> View<'a> {
    let clinic = &shared.app.hub.settings().clinic;
    View { visitor, token, opened, t: opened.t, zone: opened.zone(shared), now: shared.now(), clinic }
}

/// The page. Blocks.
pub(super) fn page(
    shared: &Shared,
    visitor: &Visitor,
    token: &str,
    opened: &Opened,
    did: &str,
) -> Result<Markup, Fault> {
    let view = view(shared, visitor, token, opened);
    let t = view.t;
    let told = journeys::told(shared, opened);
    let messages = shared.store().messages_of(opened.person, MESSAGES_MAX)?;
    let facts = shared.store().timeline(opened.person, None, FACTS_MAX)?;
    let read: BTreeSet<&str> =
        facts.iter().filter(|(_, f)| f.kind == "message.read").filter_map(|(_, f)| f.text("message")).collect();
    let mut waiting = view.waiting(&told, &messages).into_iter();
    let first = waiting.next();
    let name = staff::called(&opened.look.record);
    let body = html! {
        h1 class="nhsuk-heading-l" { (view.greeting(name)) }
        (today::done(t, did))
        (view.progress(&told))
        @if let Some(w) = &first { (parts::warning_card(2, &say!(t, "patient-important"), &w.title, &w.body)) }
        (view.checklist(true))
        @for w in waiting { (parts::card(2, &html! { (w.title) }, &w.body)) }
        (view.visit())
        (view.call_if(&told))
        (view.notes(&messages, &read))
        (view.notifications(shared))
        (view.keep_and_leave())
    };
    let title = say!(t, "patient-today");
    let frame = Frame { t, title: &title, at: Some((token, Place::Today)), who: Some(name), kept: Kept::May };
    Ok(frame::page(shared, &frame, &body))
}

impl View<'_> {
    fn greeting(&self, name: &str) -> String {
        match self.now.time_in(&self.zone).hour() {
            ..12 => say!(self.t, "patient-morning", name = name),
            12..18 => say!(self.t, "patient-afternoon", name = name),
            _ => say!(self.t, "patient-evening", name = name),
        }
    }

    /// A form of one section: each button is named by what it does, and its value says about what.
    pub(super) fn form(&self, inner: &Markup) -> Markup {
        html! {
            form method="post" action={ "/t/" (self.token) "/do" } {
                (page::token(&self.visitor.csrf)) (page::once())
                (inner)
            }
        }
    }

    fn progress(&self, told: &[Told<'_>]) -> Markup {
        let (t, tasks) = (self.t, &self.opened.look.tasks);
        let done = tasks.iter().filter(|task| task.done).count();
        let counted = told.iter().find(|j| !j.pathway.patients.after.is_empty());
        let since = counted.and_then(|j| {
            let after = pathway::ast::ForPatients::text(&j.pathway.patients.after, t.tag())?.1;
            let day = journeys::day(j.state?.day_0, self.now, &self.zone);
            (day >= 0).then(|| {
                if day == 0 {
                    say!(t, "patient-day-0", after = after)
                } else {
                    say!(t, "patient-since", n = day, after = after)
                }
            })
        });
        html! {
            p .since {
                @match since { Some(since) => (since), None => (words::long_day(t, self.now.date_in(&self.zone))) }
                ". "
                @if !tasks.is_empty() { strong #progress { (say!(t, "patient-done-of", done = done, all = tasks.len())) } }
            }
            @if !tasks.is_empty() { progress max=(tasks.len()) value=(done) aria-labelledby="progress" {} }
        }
    }

    /// The list of the day, to tick or only to read.
    pub(super) fn checklist(&self, live: bool) -> Markup {
        let (t, tasks) = (self.t, &self.opened.look.tasks);
        let items = html! {
            ul .tasks {
                @for task in tasks {
                    @let name = if task.done { "undone" } else { "done" };
                    li .done[task.done] {
                        @if live {
                            button .tick type="submit" name=(name) value=(task.id) {
                                span class="nhsuk-u-visually-hidden" {
                                    @if task.done { (say!(t, "patient-untick", task = &task.text)) }
                                    @else { (say!(t, "patient-tick", task = &task.text)) }
                                }
                            }
                        } @else { span .tick aria-hidden="true" {} }
                        div {
                            p .task { (task.text) }
                            @if !task.hint.is_empty() { p { (task.hint) } }
                            p .when {
                                @match task.at {
                                    Some(at) => (words::clock(t, at, &self.zone)),
                                    None => (say!(t, "patient-any-time")),
                                }
                                @if task.done { " · " (say!(t, "patient-done")) }
                            }
                        }
                    }
                }
            }
        };
        html! {
            section #checklist aria-labelledby="checklist-h" {
                h2 #checklist-h class="nhsuk-heading-m" { (say!(t, "patient-checklist")) }
                @if tasks.is_empty() { p { (say!(t, "patient-no-tasks")) } }
                @else if live { (self.form(&items)) }
                @else { (items) }
            }
        }
    }

    /// The visit that comes next.
    pub(super) fn next_visit(&self) -> Option<(&Appointment, At)> {
        let all = self.opened.look.record.appointments.iter().filter(|a| !a.cancelled);
        all.filter_map(|a| Some((a, a.start?))).filter(|(_, start)| *start >= self.now).min_by_key(|(_, start)| *start)
    }

    fn visit(&self) -> Markup {
        let t = self.t;
        html! {
            @if let Some((visit, start)) = self.next_visit() {
                (parts::card(2, &html! { (say!(t, "patient-next-visit")) }, &html! {
                    p {
                        strong { (today::long(t, start, &self.zone)) }
                        @if !visit.with.is_empty() { br; span translate="no" { (visit.with) } }
                        @if !visit.place.is_empty() { br; span translate="no" { (visit.place) } }
                    }
                    p { (say!(t, "patient-change-visit", number = &self.clinic.phone)) }
                    (parts::button_link(&say!(t, "patient-add-to-calendar"), &format!("/t/{}/visit.ics", self.token)))
                }))
            }
        }
    }

    pub(super) fn call_if(&self, told: &[Told<'_>]) -> Markup {
        let t = self.t;
        let of = told.iter().find_map(|j| {
            let all = &j.pathway.patients.call_us_if;
            all.iter().find(|(tag, _)| tag == t.tag()).or(all.first())
        });
        let body = html! {
            @match of {
                Some((language, lines)) => {
                    ul lang=[(language != t.tag()).then_some(language)] { @for line in lines { li { (line) } } }
                },
                None => { ul { li { (say!(t, "patient-call-if-worse")) } li { (say!(t, "patient-call-if-unsure")) } } },
            }
            (parts::button_link(&say!(t, "patient-call-team"), &format!("tel:{}", self.clinic.phone)))
            p .in-danger { (say!(t, "patient-danger", number = &self.clinic.emergency_number)) }
        };
        parts::urgent_card(2, &say!(t, "patient-urgent"), &say!(t, "patient-call-if"), &body)
    }

    fn notes(&self, messages: &[Message], read: &BTreeSet<&str>) -> Markup {
        let t = self.t;
        let news = |m: &&Message| {
            m.channel == Channel::Portal
                && matches!(m.status, Status::Accepted | Status::Delivered)
                && self.now.0 - m.created_at.0 < NOTES_FOR_MS
        };
        let notes: Vec<&Message> = messages.iter().filter(news).take(NOTES_MAX).collect();
        html! {
            @if !notes.is_empty() {
                section aria-labelledby="notes-h" {
                    h2 #notes-h class="nhsuk-heading-m" { (say!(t, "patient-notes")) }
                    @for note in notes {
                        @if let Content::Portal { text } = &note.content {
                            @let id = note.id.to_string();
                            @let other = (note.language != t.tag()).then_some(note.language.as_str());
                            div class="nhsuk-card" { div class="nhsuk-card__content" {
                                p .lines lang=[other] translate="no" { (page::with_links(text)) }
                                p .when { (frame::time(t, note.created_at, &self.zone)) }
                                @if read.contains(id.as_str()) { p { (parts::tag(&say!(t, "patient-was-read"))) } }
                                @else {
                                    (self.form(&parts::button(&say!(t, "patient-read"), true, Sends { name: "read", value: &id })))
                                }
                            } }
                        }
                    }
                }
            }
        }
    }

    /// The offline copy (where a script can make one), and the way out.
    fn keep_and_leave(&self) -> Markup {
        let t = self.t;
        let label = say!(t, "patient-keep");
        let keep = Box { id: "keep", name: "keep", value: "on", label: &label, checked: false, disabled: false };
        html! {
            section .phone aria-labelledby="phone-h" {
                h2 #phone-h class="nhsuk-heading-m" { (say!(t, "patient-this-phone")) }
                div #keep-box hidden {
                    (parts::checkboxes(&[keep]))
                    p .when { (say!(t, "patient-keep-why")) }
                    p #keep-said role="status" data-on=(say!(t, "patient-kept")) data-off=(say!(t, "patient-not-kept")) {}
                }
                form method="post" action={ "/t/" (self.token) "/close" } {
                    (page::token(&self.visitor.csrf))
                    (parts::button(&say!(t, "patient-close"), true, Sends::default()))
                }
            }
        }
    }
}

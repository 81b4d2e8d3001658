//! The Today page, drawn.

use super::today::Opened;
use super::words::{clock, moment, say};
use crate::auth::guard::Visitor;
use crate::fault::Fault;
use crate::{Shared, page, staff, words};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::message::{Content, Message, Status};
use model::{At, Channel};
use record::known::Prescription;

/// Notes on the page.
const NOTES_MAX: usize = 5;
/// Messages looked through for notes.
const MESSAGES_MAX: usize = 100;
/// Notes older than this are no longer news, milliseconds.
const NOTES_FOR_MS: i64 = 14 * model::time::DAY_MS;

struct View<'a> {
    visitor: &'a Visitor,
    token: &'a str,
    opened: &'a Opened,
    lang: &'a str,
    zone: TimeZone,
    now: At,
}

/// The page. Blocks.
pub(super) fn page(
    shared: &Shared,
    visitor: &Visitor,
    token: &str,
    opened: &Opened,
    did: &str,
) -> Result<Markup, Fault> {
    let clinic = &shared.app.hub.settings().clinic;
    let record = &opened.look.record;
    let zone = words::zone(record.zone.as_deref().unwrap_or(&clinic.zone));
    let view = View { visitor, token, opened, lang: opened.lang, zone, now: shared.now() };
    let notes = shared.store().messages_of(opened.person, MESSAGES_MAX)?;
    let name = staff::called(record);
    let body = html! {
        h1 { (view.greeting()) ", " (name) }
        @match did {
            "saved" => p .said role="status" { (say(view.lang, "saved")) },
            "help_coming" => p .said role="status" { (say(view.lang, "help_coming")) },
            _ => {},
        }
        (view.progress())
        @for rx in record.prescriptions.iter().filter(|rx| waits(rx)) { (view.medicine(rx)) }
        (view.checklist())
        (view.visit())
        (view.notes(&notes))
        (view.call_if(&clinic.phone))
        (view.contact())
    };
    Ok(page::patient(shared, opened.lang, say(opened.lang, "today"), Some(name), &body))
}

/// Known to wait at the pharmacy. Without a feed nothing is asserted.
fn waits(rx: &Prescription) -> bool {
    rx.ready_at.is_some() && rx.picked_up_at.is_none() && !rx.stopped
}

impl View<'_> {
    fn greeting(&self) -> &'static str {
        match self.now.time_in(&self.zone).hour() {
            ..12 => say(self.lang, "morning"),
            12..18 => say(self.lang, "afternoon"),
            _ => say(self.lang, "evening"),
        }
    }

    /// A form of one button, or more: what it is about, and the act.
    fn form(&self, act: &str, about: &str, inner: &Markup) -> Markup {
        html! {
            form method="post" action={ "/t/" (self.token) "/do" } {
                (page::token(&self.visitor.csrf)) (page::once())
                input type="hidden" name="act" value=(act);
                input type="hidden" name="about" value=(about);
                (inner)
            }
        }
    }

    fn progress(&self) -> Markup {
        let tasks = &self.opened.look.tasks;
        let done = tasks.iter().filter(|t| t.done).count();
        html! {
            p { (moment(self.lang, self.now, &self.zone)) }
            @if !tasks.is_empty() {
                p #progress { strong { (done) " " (say(self.lang, "of")) " " (tasks.len()) } " " (say(self.lang, "done_of")) "." }
                progress max=(tasks.len()) value=(done) aria-labelledby="progress" {}
            }
        }
    }

    fn medicine(&self, rx: &Prescription) -> Markup {
        let at = rx.pharmacy.as_deref().unwrap_or(say(self.lang, "the_pharmacy"));
        html! {
            section .urgent {
                h2 { (say(self.lang, "medicine_ready")) }
                p { strong { (rx.concept.text) } }
                p { (say(self.lang, "waits_at")) " " (at) "." }
                (self.form("picked_up", &rx.id, &html! { button .go { (say(self.lang, "picked_up")) } }))
                (self.form("need_help", &rx.id, &html! { button .plain { (say(self.lang, "need_help")) } }))
            }
        }
    }

    fn checklist(&self) -> Markup {
        html! {
            section {
                h2 { (say(self.lang, "checklist")) }
                @if self.opened.look.tasks.is_empty() { p { (say(self.lang, "no_tasks")) } }
                ul .tasks {
                    @for task in &self.opened.look.tasks {
                        @let button = html! {
                            button .tick.done[task.done] {
                                span .hidden { (say(self.lang, if task.done { "untick" } else { "tick" })) ": " (task.text) }
                            }
                        };
                        li {
                            (self.form(if task.done { "task_undone" } else { "task_done" }, &task.id, &button))
                            p .done[task.done] {
                                (task.text)
                                @if let Some(at) = task.at { span .hint { (clock(self.lang, at, &self.zone)) } }
                            }
                        }
                    }
                }
            }
        }
    }

    fn visit(&self) -> Markup {
        let coming = self.opened.look.record.appointments.iter();
        let next = coming.filter(|a| !a.cancelled && a.start.is_some_and(|s| s >= self.now)).min_by_key(|a| a.start);
        html! {
            @if let Some(visit) = next {
                section .box {
                    h2 { (say(self.lang, "next_visit")) }
                    p {
                        strong { (visit.start.map_or(String::new(), |s| moment(self.lang, s, &self.zone))) }
                        @if !visit.with.is_empty() { ", " (say(self.lang, "with")) " " (visit.with) }
                        @if !visit.place.is_empty() { ", " (visit.place) }
                    }
                    p { (say(self.lang, "change_visit")) }
                }
            }
        }
    }

    fn notes(&self, messages: &[Message]) -> Markup {
        let news = |m: &&Message| {
            m.channel == Channel::Portal
                && matches!(m.status, Status::Accepted | Status::Delivered)
                && self.now.0 - m.created_at.0 < NOTES_FOR_MS
        };
        let notes: Vec<&Message> = messages.iter().filter(news).take(NOTES_MAX).collect();
        html! {
            @if !notes.is_empty() {
                section {
                    h2 { (say(self.lang, "notes")) }
                    @for note in notes {
                        @if let Content::Portal { text } = &note.content {
                            div .box lang=(note.language) {
                                p .lines { (page::with_links(text)) }
                                p .hint { (moment(self.lang, note.created_at, &self.zone)) }
                                (self.form("read", &note.id.to_string(), &html! { button .plain { (say(self.lang, "read")) } }))
                            }
                        }
                    }
                }
            }
        }
    }

    fn call_if(&self, phone: &str) -> Markup {
        html! {
            section .red {
                h2 { (say(self.lang, "call_if")) }
                ul {
                    li { (say(self.lang, "red_1")) } li { (say(self.lang, "red_2")) }
                    li { (say(self.lang, "red_3")) } li { (say(self.lang, "red_4")) }
                }
                a .button href={ "tel:" (phone) } { (say(self.lang, "call_team")) }
            }
        }
    }

    fn contact(&self) -> Markup {
        let record = &self.opened.look.record;
        let reminded = record.preferences.task_reminders == Some(true);
        let texts = record.consents.iter().rev().find(|c| c.channel == Some(Channel::Sms) && c.purpose.is_none());
        let stopped = texts.is_some_and(|c| !c.allowed);
        let other = if self.lang == "es" { ("en", "in_english") } else { ("es", "in_spanish") };
        html! {
            section .box {
                h2 { (say(self.lang, "contact")) }
                p { (say(self.lang, if reminded { "reminders_on" } else { "reminders_off" })) }
                (self.form("reminders", if reminded { "off" } else { "on" }, &html! {
                    button .plain { (say(self.lang, if reminded { "turn_off" } else { "turn_on" })) }
                }))
                @if stopped { p { (say(self.lang, "texts_stopped")) } }
                (self.form("texts", if stopped { "on" } else { "off" }, &html! {
                    button .plain { (say(self.lang, if stopped { "start_texts" } else { "stop_texts" })) }
                }))
                (self.form("language", other.0, &html! {
                    button .plain lang=(other.0) { (say(self.lang, if other.0 == "en" { "in_english" } else { "in_spanish" })) }
                }))
            }
        }
    }
}

//! What waits for the patient, the most urgent first: a call that comes, a medicine that waits, an answer.

use super::journeys::{self, Told};
use super::parts::{self, Sends};
use super::questions;
use super::view::View;
use crate::tongue::say;
use crate::words;
use maud::{Markup, html};
use model::At;
use model::message::{Message, Status};
use model::time::DAY_MS;
use record::known::Prescription;
use std::collections::BTreeSet;

/// How long a question about a medicine is shown after it was asked, milliseconds.
const QUESTION_MS: i64 = 3 * DAY_MS;
/// The words by which pathways ask whether a medicine was picked up.
const QUESTION: &str = "medicine_question";

/// One of them: a title, and what is said and done below it.
pub(super) struct Waiting {
    pub(super) title: String,
    pub(super) body: Markup,
}

/// Known to wait at the pharmacy. Without a feed nothing is asserted.
fn waits(rx: &Prescription) -> bool {
    rx.ready_at.is_some() && rx.picked_up_at.is_none() && !rx.stopped && !rx.given_in_hospital
}

/// Nobody knows of it, and it is one to pick up.
fn unknown(rx: &Prescription) -> bool {
    let ours = rx.encounter.is_some() && rx.as_needed != Some(true) && rx.delivered_to_bedside != Some(true);
    rx.ready_at.is_none() && rx.picked_up_at.is_none() && !rx.stopped && !rx.given_in_hospital && ours
}

impl View<'_> {
    /// All of it, the most urgent first.
    pub(super) fn waiting(&self, told: &[Told<'_>], messages: &[Message]) -> Vec<Waiting> {
        let mut all = self.calls(told, true);
        all.extend(questions::open(self.opened, self.now).map(|asked| self.asked(asked)));
        let record = &self.opened.look.record;
        all.extend(record.prescriptions.iter().filter(|rx| waits(rx)).map(|rx| self.medicine(rx)));
        let asked = messages.iter().any(|m| {
            m.words == QUESTION
                && matches!(m.status, Status::Accepted | Status::Delivered)
                && self.now.0 - m.created_at.0 < QUESTION_MS
        });
        if asked {
            all.extend(record.prescriptions.iter().filter(|rx| unknown(rx)).map(|rx| self.question(rx)));
        }
        all.extend(self.calls(told, false));
        all
    }

    /// What the team was asked to do because of what the patient said, or at once.
    fn calls(&self, told: &[Told<'_>], urgent: bool) -> Vec<Waiting> {
        let t = self.t;
        let open = self.opened.look.prompts.iter().filter(|p| p.status.is_open() && p.urgent == urgent);
        let mut open: Vec<_> = open.collect();
        // Several messages have one answer that is due first; the same is not said of each of them.
        open.sort_by_key(|p| (p.due_at, p.id));
        let mut said = BTreeSet::new();
        let shown = open.into_iter().filter_map(|p| {
            let told = journeys::of(told, p.journey)?;
            // What is not urgent is told here only where it answers what the patient said.
            if !urgent && !told.pathway.standing {
                return None;
            }
            let what = journeys::words(t, told.pathway.patients.step(&p.name)?)?;
            if !urgent && !said.insert(what.0.clone()) {
                return None;
            }
            let body = html! {
                p { strong { (what) } " " @if p.due_at > self.now { (say!(t, "patient-by", time = self.clock(p.due_at))) } }
                @if urgent {
                    p { (say!(t, "patient-worse", number = &self.clinic.emergency_number)) }
                    p { (parts::button_link(&say!(t, "patient-call-team"), &format!("tel:{}", self.clinic.phone))) }
                }
            };
            let title = if urgent { say!(t, "patient-we-call") } else { say!(t, "patient-we-answer") };
            Some(Waiting { title, body })
        });
        shown.collect()
    }

    /// Questions that a journey waits for.
    fn asked(&self, asked: &hub::Asked) -> Waiting {
        let (t, ask) = (self.t, asked.asking.ask);
        let body = html! {
            @if let Some(at) = asked.asking.deadline {
                p { (say!(t, "patient-questions-until", time = words::long_moment(t, at, &self.zone))) }
            }
            (parts::button_link(&say!(t, "patient-questions-answer"), &format!("/t/{}/questions?of={ask}", self.token)))
        };
        Waiting { title: say!(t, "patient-questions-for-you", n = questions::left(asked)), body }
    }

    fn clock(&self, at: At) -> String {
        words::moment(self.t, at, &self.zone)
    }

    fn medicine(&self, rx: &Prescription) -> Waiting {
        let t = self.t;
        let body = html! {
            p {
                strong translate="no" { (rx.concept.text) } " "
                @match rx.pharmacy.as_deref() {
                    Some(place) => { (say!(t, "patient-waits-at")) " " span translate="no" { (place) } "." },
                    None => (say!(t, "patient-waits")),
                }
            }
            (self.picked_up(rx))
        };
        Waiting { title: say!(t, "patient-medicine-ready"), body }
    }

    fn question(&self, rx: &Prescription) -> Waiting {
        let body = html! { p { strong translate="no" { (rx.concept.text) } } (self.picked_up(rx)) };
        Waiting { title: say!(self.t, "patient-medicine-question"), body }
    }

    fn picked_up(&self, rx: &Prescription) -> Markup {
        self.form(&html! {
            (parts::button(&say!(self.t, "patient-picked-up"), false, Sends { name: "picked_up", value: &rx.id }))
            (parts::button(&say!(self.t, "patient-need-help"), true, Sends { name: "need_help", value: &rx.id }))
        })
    }
}

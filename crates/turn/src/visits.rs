//! What a reply says of a visit, where the one visit that is meant is known.
//!
//! Invariants: a plain yes counts only for what was asked last, and only while that was about a visit that is still to
//! come; words that speak of coming by themselves count where there is exactly one visit to come. Everything else is a
//! question to a person. Coming is a fact; not coming and another time are work for the team: nothing is cancelled here.

use crate::line::Walking;
use crate::turn::Turn;
use crate::world::Journeys;
use model::value::Kind;
use model::{At, Purpose};
use outreach::{Asks, Class, Want};
use pathway::Pathway;
use record::Record;

/// What is remembered as asked by a text about a visit that is to come.
const FIELD: &str = "visit";

/// The visits that are to come, the next one first.
fn upcoming(record: &Record, now: At) -> Vec<(&str, At)> {
    let to_come = record.appointments.iter().filter(|a| !a.cancelled);
    let mut all: Vec<(&str, At)> =
        to_come.filter_map(|a| Some((a.id.as_str(), a.start.filter(|at| *at > now)?))).collect();
    all.sort_by_key(|(id, at)| (*at, *id));
    all
}

impl Journeys<'_> {
    /// A reminder of a visit that is to come asks whether they come, whether or not its words say so.
    pub(crate) fn asks_of_visit(&self, want: &Want, pathway: &Pathway, walking: &Walking) -> Option<Asks> {
        let of_a_visit = pathway.enrol.item.as_ref().is_some_and(|(_, kind)| *kind == Kind::Appointment);
        let reminds = of_a_visit && want.intent.purpose == Purpose::Reminder;
        let to_come = || upcoming(self.record, self.now).iter().any(|(id, _)| *id == walking.row.episode);
        (reminds && to_come()).then(|| Asks { field: Some(FIELD.to_owned()), keys: Vec::new() })
    }
}

impl Turn<'_> {
    /// The visit that the last text was about, while it is to come.
    pub(crate) fn visit_asked(&self, record: &Record) -> Option<String> {
        let spoke = self.line.outreach.spoke()?;
        let asked = self.line.outreach.questions().iter().find(|q| q.reach == spoke && q.field == FIELD)?;
        let walking = self.line.journeys.iter().find(|w| w.row.id == asked.journey)?;
        let id = walking.row.episode.as_str();
        upcoming(record, self.now).iter().any(|(of, _)| *of == id).then(|| id.to_owned())
    }

    /// The visit that a reply of this class means, and when it is; `None` when that is not certain.
    pub(crate) fn visit_meant(&self, record: &Record, class: Class, text: &str, by_text: bool) -> Option<(String, At)> {
        let to_come = upcoming(record, self.now);
        let asked = self.visit_asked(record).filter(|_| by_text);
        // The last text waits for a reply to something else: who comes in answer to that is a question.
        if class == Class::Confirm && by_text && asked.is_none() && self.line.outreach.spoke().is_some() {
            return None;
        }
        let bare = class == Class::Confirm && outreach::is_bare_yes(text, &self.setup.rules);
        let id = match (asked, to_come.as_slice()) {
            (Some(asked), _) => asked,
            (None, [(only, _)]) if !bare => (*only).to_owned(),
            _ => return None,
        };
        let start = to_come.iter().find(|(of, _)| *of == id).map(|(_, at)| *at)?;
        Some((id, start))
    }
}

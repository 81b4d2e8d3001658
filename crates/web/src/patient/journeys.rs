//! What a patient may read of their journeys: what their pathway says in plain words, and what is planned.

use super::contact;
use super::today::Opened;
use crate::Shared;
use crate::tongue::{Tongue, say};
use journey::State;
use maud::{Markup, html};
use model::batch::{JourneyRow, JourneyStatus};
use model::{At, Channel, Id, JourneyId};
use pathway::Pathway;
use pathway::ast::{ForPatients, InEach, Verb};
use std::sync::Arc;

/// A journey that patients are told of, under way.
pub(super) struct Told<'a> {
    pub(super) row: &'a JourneyRow,
    pub(super) state: Option<&'a State>,
    pub(super) pathway: Arc<Pathway>,
}

/// The version of a pathway, without what is held back from patients: a translation that nobody reviewed.
fn version(shared: &Shared, version: Id) -> Option<Arc<Pathway>> {
    let settings = shared.app.hub.settings();
    let pathway = shared.app.hub.version(version)?;
    if settings.clinic.unreviewed_languages || pathway.speaks.iter().all(|language| pathway.is_reviewed(language)) {
        return Some(pathway);
    }
    let patients = pathway.patients.clone().only(&|language| pathway.is_reviewed(language));
    Some(Arc::new(Pathway { patients, ..Pathway::clone(&pathway) }))
}

/// The journeys under way whose pathways say something to patients, the oldest first.
pub(super) fn told<'a>(shared: &Shared, opened: &'a Opened) -> Vec<Told<'a>> {
    let active = opened.look.journeys.iter().filter(|(row, _)| row.status == JourneyStatus::Active);
    let mut all: Vec<Told<'a>> = active
        .filter_map(|(row, state)| Some(Told { row, state: state.as_ref(), pathway: version(shared, row.version)? }))
        .filter(|told| !told.pathway.patients.title.is_empty())
        .collect();
    all.sort_by_key(|told| (told.row.started_at, told.row.id));
    all
}

/// The journey of that id, if patients are told of it.
pub(super) fn of<'a, 'b>(all: &'b [Told<'a>], journey: Option<JourneyId>) -> Option<&'b Told<'a>> {
    all.iter().find(|told| Some(told.row.id) == journey)
}

/// Words of a pathway in the page's language; in their own where they are not in it.
pub(super) fn words(t: Tongue, texts: &InEach) -> Option<Markup> {
    let (language, text) = ForPatients::text(texts, t.tag())?;
    let other = (language != t.tag()).then_some(language);
    Some(html! { span lang=[other] { (text) } })
}

/// Local days since day 0.
pub(super) fn day(day_0: At, now: At, zone: &jiff::tz::TimeZone) -> i64 {
    let first = day_0.date_in(zone);
    now.date_in(zone).since((jiff::Unit::Day, first)).map_or(0, |span| i64::from(span.get_days()))
}

/// How a time is to be said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    At,
    By,
    /// It should have been done by now: no hour is promised.
    Soon,
}

/// Something that will happen.
pub(super) struct Coming {
    pub(super) at: At,
    /// How its time is to be said.
    pub(super) when: When,
    pub(super) what: Markup,
}

/// What is planned for a journey, soonest first: what the team has been asked to do, and what its strands wait for.
pub(super) fn coming(told: &Told<'_>, opened: &Opened, t: Tongue, now: At) -> Vec<Coming> {
    let words_of = |step: &str| told.pathway.patients.step(step).and_then(|texts| words(t, texts));
    let asked = opened.look.prompts.iter().filter(|p| p.journey == Some(told.row.id) && p.status.is_open());
    let mut all: Vec<Coming> = asked
        .filter_map(|p| {
            let when = if p.due_at > now { When::By } else { When::Soon };
            Some(Coming { at: p.due_at.max(now), when, what: words_of(&p.name)? })
        })
        .collect();
    let ahead = told.state.map(|state| journey::ahead(&told.pathway, state)).unwrap_or_default();
    // What no way is open for, and what falls into a pause, is not promised.
    let heard = |step: &str, at: At| {
        let named = told.pathway.steps.iter().find(|s| s.name == step);
        let Some(Verb::Reach { purpose, by, urgent, .. }) = named.map(|s| &s.verb) else { return Some(false) };
        if !urgent && opened.look.record.paused_until.is_some_and(|until| until > at) {
            return None;
        }
        let open = |channel: Channel| match channel {
            Channel::Portal => false,
            Channel::Push => {
                let record = &opened.look.record;
                !record.devices.is_empty() && record::allowed(record, *purpose, channel) != Some(false)
            }
            Channel::Voicemail => contact::allowed(opened, *purpose, Channel::Voice),
            channel => contact::allowed(opened, *purpose, channel),
        };
        if by.iter().any(|(channel, _)| open(*channel)) {
            Some(false)
        } else {
            by.iter().any(|(channel, _)| *channel == Channel::Portal).then_some(true)
        }
    };
    let gone = |about: &Option<(model::value::Kind, String)>| {
        about.as_ref().is_some_and(|(_, id)| opened.look.record.appointments.iter().any(|a| a.id == *id && a.cancelled))
    };
    all.extend(ahead.into_iter().filter(|a| a.at >= now && !gone(&a.about)).filter_map(|a| {
        let (only_here, what) = (heard(&a.step, a.at)?, words_of(&a.step)?);
        let what = html! { (what) @if only_here { br; span .when { (say!(t, "patient-only-here")) } } };
        Some(Coming { at: a.at, when: When::At, what })
    }));
    all.sort_by_key(|c| c.at);
    all
}

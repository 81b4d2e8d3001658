//! The fold: one fact into what its source record says now.

mod clinical;
mod consent;
mod own;
mod patient;

use crate::known::{Fold, Record};
use jiff::tz::TimeZone;
use model::fact::RESOURCE_RECEIVED;
use model::{At, Fact};

pub(crate) use clinical::settle_stays;
pub use consent::{START, STOP, STOPS};
pub use patient::{NO_SMARTPHONE, PREFERENCES};

/// Identifiers of one record.
pub const IDENTIFIERS_MAX: usize = 32;
/// Contact points of one record.
pub const CONTACTS_MAX: usize = 32;
/// Consents of one record.
pub const CONSENTS_MAX: usize = 64;
/// Encounters of one record; the oldest closed ones leave first.
pub const ENCOUNTERS_MAX: usize = 64;
/// Procedures of one record.
pub const PROCEDURES_MAX: usize = 64;
/// Conditions of one record.
pub const CONDITIONS_MAX: usize = 64;
/// Prescriptions of one record.
pub const PRESCRIPTIONS_MAX: usize = 64;
/// Appointments of one record.
pub const APPOINTMENTS_MAX: usize = 64;
/// Marks on tasks.
pub const TASKS_MAX: usize = 512;

/// Folds `fact` into what its source record says now. Facts come in the order of their line; one that is
/// folded again changes nothing. A kind that says nothing about the record only moves `updated_at`.
pub fn fold(fold: &mut Fold, fact: &Fact) {
    if fold.source.is_empty() {
        fold.source.clone_from(&fact.source);
        fold.subject.clone_from(&fact.subject);
    }
    if fact.kind == RESOURCE_RECEIVED {
        resource(fold, fact);
    } else {
        own::fold(fold, fact);
    }
    if !fact.site.is_empty() {
        fold.record.site.clone_from(&fact.site);
    }
    fold.updated_at = fold.updated_at.max(fact.recorded_at);
}

fn resource(fold: &mut Fold, fact: &Fact) {
    let body = &fact.body;
    match crate::json::text(body, &["resourceType"]).unwrap_or_default() {
        "Patient" => saying(fold, fact, |record| patient::patient(record, body, fact)),
        "RelatedPerson" => patient::related_person(&mut fold.record, body, fact.occurred_at),
        "Encounter" => clinical::encounter(&mut fold.record, fact),
        "Procedure" => clinical::procedure(&mut fold.record, fact),
        "Condition" => clinical::condition(&mut fold.record, fact),
        "MedicationRequest" => clinical::prescription(&mut fold.record, fact),
        "MedicationDispense" => clinical::dispense(&mut fold.record, fact),
        "Appointment" => clinical::appointment(&mut fold.record, fact),
        "Communication" => clinical::communication(&mut fold.record, fact),
        "Consent" => consent::resource(&mut fold.record, fact),
        // CarePlan, Observation, Organization, Practitioner, Location and all others are kept whole in
        // the store; nothing of them is part of the record.
        _ => {}
    }
}

/// The single things whose latest saying wins when folds are merged, and how each is taken over.
pub(crate) type Take = fn(&mut Record, &Record);
/// By name.
pub(crate) const SINGLES: &[(&str, Take)] = &[
    ("name", |to, from| {
        to.name.clone_from(&from.name);
        to.given.clone_from(&from.given);
        to.family.clone_from(&from.family);
    }),
    ("preferred_name", |to, from| to.preferred_name.clone_from(&from.preferred_name)),
    ("pronouns", |to, from| to.pronouns.clone_from(&from.pronouns)),
    ("birth_date", |to, from| to.birth_date.clone_from(&from.birth_date)),
    ("gender", |to, from| to.gender.clone_from(&from.gender)),
    ("language", |to, from| to.language.clone_from(&from.language)),
    ("zone", |to, from| {
        to.zone.clone_from(&from.zone);
        to.zone_from.clone_from(&from.zone_from);
        to.zones.clone_from(&from.zones);
    }),
    ("channels", |to, from| to.preferences.channels.clone_from(&from.preferences.channels)),
    ("urgent", |to, from| to.preferences.urgent.clone_from(&from.preferences.urgent)),
    ("quiet", |to, from| to.preferences.quiet = from.preferences.quiet),
    ("task_reminders", |to, from| to.preferences.task_reminders = from.preferences.task_reminders),
];

/// Folds what may change single things, and stamps those that it changed. What is sent again unchanged
/// keeps its older stamp.
fn saying(fold: &mut Fold, fact: &Fact, change: impl FnOnce(&mut Record)) {
    let before = singles(&fold.record);
    change(&mut fold.record);
    let after = singles(&fold.record);
    for (name, take) in SINGLES {
        let (mut was, mut is) = (Record::default(), Record::default());
        take(&mut was, &before);
        take(&mut is, &after);
        if was != is {
            fold.said.insert((*name).to_owned(), fact.occurred_at);
        }
    }
}

/// A record of the single things alone.
fn singles(record: &Record) -> Record {
    let mut out = Record::default();
    for (_, take) in SINGLES {
        take(&mut out, record);
    }
    out
}

/// The zone that dates without a time are read in.
fn zone_of(record: &Record) -> TimeZone {
    record.zone.as_deref().and_then(model::time::zone).unwrap_or(TimeZone::UTC)
}

/// The item that `is` finds, or a new one at the end.
fn slot<T: Default>(items: &mut Vec<T>, is: impl Fn(&T) -> bool) -> &mut T {
    let at = match items.iter().position(is) {
        Some(at) => at,
        None => {
            items.push(T::default());
            items.len() - 1
        }
    };
    &mut items[at]
}

/// Keeps at most `max` items: while there are more, the oldest closed one leaves, and where none is closed
/// the oldest of all. `rank` says whether an item is open, and its time.
pub(crate) fn bound<T>(items: &mut Vec<T>, max: usize, rank: impl Fn(&T) -> (bool, Option<At>)) {
    while items.len() > max {
        let Some(oldest) = items.iter().enumerate().min_by_key(|(i, t)| (rank(t), *i)).map(|(i, _)| i) else { return };
        items.remove(oldest);
    }
}

//! The fold: one fact into what its source record says now.

mod clinical;
mod consent;
mod own;
mod patient;
pub(crate) mod push;
pub(crate) mod site;
pub mod staff_call;

use crate::known::{Fold, Record};
use jiff::tz::TimeZone;
use model::fact::RESOURCE_RECEIVED;
use model::{At, Fact};

pub(crate) use clinical::settle_stays;
pub use consent::{START, STOP, STOPS, is_stop};
pub use patient::{NO_SMARTPHONE, PREFERENCES};
pub(crate) use patient::{plain_language, set_need};
pub use push::is_notice;
pub use site::SITES_MAX;

/// In `Fold::said`: when a pause was said or ended last.
pub(crate) const PAUSED: &str = "paused";
/// In `Fold::said`: until when the pause that holds is.
pub(crate) const PAUSED_UNTIL: &str = "paused_until";
/// In `Fold::said`: when a contact point was last called wrong, dead or sure.
pub fn contact_said(value: &str) -> String {
    format!("contact {value}")
}
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

/// Folds `fact` into what its source record says now, and tells whether that may say anything else than
/// before. Facts come in the order of their line; one that is folded again changes nothing. A kind that
/// says nothing about the record only moves `updated_at`.
pub fn fold(fold: &mut Fold, fact: &Fact) -> bool {
    if fold.source.is_empty() {
        fold.source.clone_from(&fact.source);
        fold.subject.clone_from(&fact.subject);
    }
    let mut told = if fact.kind == RESOURCE_RECEIVED { resource(fold, fact) } else { own::fold(fold, fact) };
    told |= site::fold(fold, fact);
    fold.updated_at = fold.updated_at.max(fact.recorded_at);
    told
}

fn resource(fold: &mut Fold, fact: &Fact) -> bool {
    let body = &fact.body;
    match crate::json::text(body, &["resourceType"]).unwrap_or_default() {
        "Patient" => {
            saying(fold, fact, |record| patient::patient(record, body, fact));
            fold.ways.state = patient::state(body).or(fold.ways.state.take());
        }
        "RelatedPerson" => patient::related_person(fold, body, fact.occurred_at),
        "Encounter" => clinical::encounter(&mut fold.record, fact),
        "Procedure" => clinical::procedure(&mut fold.record, fact),
        "Condition" => clinical::condition(&mut fold.record, fact),
        "MedicationRequest" => clinical::prescription(&mut fold.record, fact),
        "MedicationDispense" => clinical::dispense(&mut fold.record, fact),
        "Appointment" => clinical::appointment(&mut fold.record, fact),
        "Communication" => clinical::communication(&mut fold.record, fact),
        "Consent" => consent::resource(fold, fact),
        // CarePlan, Observation, Organization, Practitioner, Location and all others are kept whole in
        // the store; nothing of them is part of the record.
        _ => return false,
    }
    true
}

/// A single thing of a record, whose latest saying wins when folds are merged.
pub(crate) struct Single {
    /// The name that it is stamped by.
    pub name: &'static str,
    /// Takes it over, to the first from the second.
    pub take: fn(&mut Record, &Record),
    /// Whether both say the same of it.
    pub same: fn(&Record, &Record) -> bool,
}

/// A single thing made of these fields.
macro_rules! single {
    ($name:literal, $($($field:ident).+),+) => {
        Single {
            name: $name,
            take: |to, from| { $(to.$($field).+.clone_from(&from.$($field).+);)+ },
            same: |a, b| $(a.$($field).+ == b.$($field).+)&&+,
        }
    };
}

/// All of them.
pub(crate) const SINGLES: &[Single] = &[
    single!("name", name, given, family),
    single!("preferred_name", preferred_name),
    single!("pronouns", pronouns),
    single!("birth_date", birth_date),
    single!("gender", gender),
    single!("language", language),
    single!("zone", zone, zone_from, zones),
    single!("channels", preferences.channels),
    single!("urgent", preferences.urgent),
    single!("quiet", preferences.quiet),
    single!("task_reminders", preferences.task_reminders),
];

/// Folds what may change single things, and stamps those that it changed. What is sent again unchanged
/// keeps its older stamp.
fn saying(fold: &mut Fold, fact: &Fact, change: impl FnOnce(&mut Record)) {
    let before = singles(&fold.record);
    change(&mut fold.record);
    for single in SINGLES {
        if !(single.same)(&before, &fold.record) {
            fold.said.insert(single.name.to_owned(), fact.occurred_at);
        }
    }
}

/// A record of the single things alone.
fn singles(record: &Record) -> Record {
    let mut out = Record::default();
    for single in SINGLES {
        (single.take)(&mut out, record);
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

//! One record of all folds of a person.
//!
//! | what | which saying holds |
//! |---|---|
//! | single things (name, language, zone, each preference …) | the one said last, by [`Fold::said`]; one that a source never said is no saying |
//! | contact points | all, by value; *wrong*, *dead* and *verified* by the last such finding, and a finding of one source holds for all |
//! | consents | all, oldest first; a refusal comes after a permission of the same instant |
//! | needs, identifiers | all |
//! | encounters, procedures, conditions, prescriptions, appointments, task marks | all, by id; of one told by two sources, each gives what the other does not say |
//! | death | one source is enough |
//! | last contact | the latest |
//! | sites | all with a visit, and the one whose visit was told of last stands for them (`crate::fold::site`); another word never moves it |
//! | grants, confidential communication | all; a request of any source holds ([`crate::ways`]) |
//! | what staff set right | it stands against all of the above ([`crate::correct`]) |

use crate::fold::{CONTACTS_MAX, PAUSED, PAUSED_UNTIL, SINGLES, Single, contact_said};
use crate::known::{Fold, Prescription, Record};
use model::At;
use model::person::{ContactPoint, PointStatus};

/// What is known of a person, by the rules above. The order of `folds` does not matter, except between
/// sayings of the same instant: the source with the name that sorts last wins then.
pub fn merge<'a>(folds: impl IntoIterator<Item = &'a Fold>) -> Record {
    let mut folds: Vec<&Fold> = folds.into_iter().collect();
    let mut out = joined(&mut folds);
    crate::correct::apply(&mut out, &folds);
    crate::ways::apply(&mut out);
    out
}

/// What is known of a person by what the sources say alone: without what staff set right.
pub fn uncorrected<'a>(folds: impl IntoIterator<Item = &'a Fold>) -> Record {
    joined(&mut folds.into_iter().collect::<Vec<_>>())
}

fn joined(folds: &mut [&Fold]) -> Record {
    let (paused_until, ways) = (paused(folds), crate::ways::merged(folds));
    let devices = crate::fold::push::devices(folds);
    let (site, sites) = crate::fold::site::merged(folds);
    if let [one] = folds {
        return Record { paused_until, ways, devices, site, sites, ..one.record.clone() };
    }
    folds.sort_by(|a, b| order(a).cmp(&order(b)));
    let (mut out, nothing) = (Record::default(), Record::default());
    for single in SINGLES {
        let said = folds.iter().filter_map(|f| Some((said_at(f, single, &nothing)?, f)));
        if let Some((_, fold)) = said.max_by_key(|(at, f)| (*at, &f.source, &f.subject)) {
            (single.take)(&mut out, &fold.record);
        }
    }
    for fold in folds.iter() {
        lists(&mut out, &fold.record);
    }
    out.contacts = contacts(folds);
    out.consents.sort_by_key(|c| (c.since, !c.allowed));
    out.needs.sort_unstable();
    out.needs.dedup();
    crate::fold::settle_stays(&mut out);
    (out.paused_until, out.ways, out.devices) = (paused_until, ways, devices);
    (out.site, out.sites) = (site, sites);
    out
}

/// Until when the pause that was said last holds, whichever fold it was said to.
fn paused(folds: &[&Fold]) -> Option<At> {
    let last = folds.iter().filter_map(|f| Some((f.said.get(PAUSED)?, f))).max_by_key(|(at, f)| (**at, &f.source))?;
    last.1.said.get(PAUSED_UNTIL).copied()
}

/// Where a fold stands among others: what spoke last comes last. A merge changes only with what folds say
/// and with this order.
pub fn order(fold: &Fold) -> (At, &str, &str) {
    (fold.updated_at, &fold.source, &fold.subject)
}

/// When a fold said what it says of a single thing; a value without a stamp is as old as the fold.
fn said_at(fold: &Fold, single: &Single, nothing: &Record) -> Option<At> {
    let unstamped = || (!(single.same)(&fold.record, nothing)).then_some(fold.updated_at);
    fold.said.get(single.name).copied().or_else(unstamped)
}

fn lists(out: &mut Record, from: &Record) {
    for identifier in &from.identifiers {
        if !out.identifiers.contains(identifier) {
            out.identifiers.push(identifier.clone());
        }
    }
    out.needs.extend(&from.needs);
    for consent in &from.consents {
        if !out.consents.contains(consent) {
            out.consents.push(consent.clone());
        }
    }
    join(
        &mut out.encounters,
        &from.encounters,
        |a, b| a.id == b.id,
        |old, new| {
            let (at, fact) = (old.discharged_at, old.discharge_fact);
            old.clone_from(new);
            old.discharged_at = old.discharged_at.or(at);
            old.discharge_fact = old.discharge_fact.or(fact);
        },
    );
    join(&mut out.procedures, &from.procedures, |a, b| a.id == b.id, Clone::clone_from);
    join(&mut out.conditions, &from.conditions, |a, b| a.id == b.id, Clone::clone_from);
    join(&mut out.prescriptions, &from.prescriptions, |a, b| a.id == b.id, prescription);
    join(&mut out.appointments, &from.appointments, |a, b| a.id == b.id, Clone::clone_from);
    join(&mut out.tasks, &from.tasks, |a, b| a.task == b.task && a.mark == b.mark, Clone::clone_from);
    out.deceased_at = match (out.deceased_at, from.deceased_at) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    if out.last_contact.as_ref().map(|c| c.0) <= from.last_contact.as_ref().map(|c| c.0) {
        out.last_contact.clone_from(&from.last_contact);
    }
}

fn join<T: Clone>(out: &mut Vec<T>, from: &[T], same: impl Fn(&T, &T) -> bool, both: impl Fn(&mut T, &T)) {
    for new in from {
        match out.iter_mut().find(|old| same(old, new)) {
            Some(old) => both(old, new),
            None => out.push(new.clone()),
        }
    }
}

/// The hospital's order and the pharmacy's word on it.
fn prescription(old: &mut Prescription, new: &Prescription) {
    if old.concept.text.is_empty() && old.concept.codes.is_empty() {
        old.concept.clone_from(&new.concept);
    }
    if old.status.is_empty() {
        old.status.clone_from(&new.status);
    }
    old.encounter = old.encounter.take().or_else(|| new.encounter.clone());
    old.as_needed = old.as_needed.or(new.as_needed);
    old.delivered_to_bedside = old.delivered_to_bedside.or(new.delivered_to_bedside);
    old.pharmacy = new.pharmacy.clone().or(old.pharmacy.take());
    old.ready_at = old.ready_at.max(new.ready_at);
    old.picked_up_at = old.picked_up_at.max(new.picked_up_at);
    old.stopped |= new.stopped;
    old.authored_at = old.authored_at.or(new.authored_at);
    old.given_in_hospital |= new.given_in_hospital;
}

fn contacts(folds: &[&Fold]) -> Vec<ContactPoint> {
    let mut out: Vec<ContactPoint> = Vec::new();
    for point in folds.iter().flat_map(|f| &f.record.contacts) {
        match out.iter_mut().find(|p| p.kind == point.kind && p.value == point.value) {
            Some(known) => {
                if known.r#use.is_empty() {
                    known.r#use.clone_from(&point.r#use);
                }
                known.rank = if known.rank == 0 { point.rank } else { known.rank };
                // A number that one source gives as the person's own is theirs, unless it was found out.
                let told = |p: &ContactPoint| p.status == PointStatus::Active && p.verified_at.is_none();
                if point.owner.is_none() && told(point) {
                    known.owner = None;
                }
                let rank = |s: PointStatus| match s {
                    PointStatus::Active => 0,
                    PointStatus::Ended => 1,
                    PointStatus::NoTexts | PointStatus::Landline => 2,
                    PointStatus::Bounced => 3,
                    PointStatus::Dead => 4,
                    PointStatus::Wrong => 5,
                };
                // One source that uses it is enough against one that ended it; a finding weighs more.
                let ended = |s| rank(s) == 1;
                known.status = match (known.status, point.status) {
                    (a, b) if ended(a) && rank(b) == 0 => b,
                    (a, b) if ended(b) && rank(a) == 0 => a,
                    (a, b) => {
                        if rank(a) >= rank(b) {
                            a
                        } else {
                            b
                        }
                    }
                };
                known.verified_at = known.verified_at.max(point.verified_at);
            }
            None => out.push(point.clone()),
        }
    }
    for point in &mut out {
        let name = contact_said(&point.value);
        let found = folds.iter().filter_map(|f| Some((*f.said.get(&name)?, f)));
        // Of the same instant, the finding against it wins: `false` sorts before `true`.
        let last = found.filter_map(|(at, f)| {
            let it = f.record.contacts.iter().find(|p| p.kind == point.kind && p.value == point.value)?;
            Some(((at, it.status != PointStatus::Active), it))
        });
        if let Some((_, it)) = last.max_by_key(|(rank, _)| *rank) {
            point.status = it.status;
            point.verified_at = it.verified_at;
        } else if point.status == PointStatus::Wrong {
            point.verified_at = None;
        }
    }
    crate::fold::bound(&mut out, CONTACTS_MAX * 2, |p| (p.status == PointStatus::Active, p.verified_at));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{Appointment, Encounter};
    use model::person::{Consent, PointKind};

    fn point(value: &str, status: PointStatus) -> ContactPoint {
        ContactPoint {
            kind: PointKind::Phone,
            value: value.into(),
            r#use: String::new(),
            rank: 0,
            owner: None,
            verified_at: None,
            status,
        }
    }

    fn fold(source: &str, at: i64, record: Record) -> Fold {
        Fold { source: source.into(), subject: "s|1".into(), record, updated_at: At(at), ..Fold::default() }
    }

    fn appointment(id: &str) -> Appointment {
        Appointment { id: id.into(), ..Appointment::default() }
    }

    #[test]
    fn a_pause_holds_until_it_ends_or_is_ended_and_no_longer_than_its_bound() {
        use model::time::DAY_MS;
        let person = model::PersonId::of(&[b"david"]);
        let said = |key: &str, at: i64, until: serde_json::Value| {
            let body = serde_json::json!({ "paused_until": until });
            model::Fact::own("preference.changed", key, person, At(at), body)
        };
        let mut own = fold("throughline", 1, Record::default());
        assert!(crate::fold::fold(&mut own, &said("a", 10, serde_json::json!(At(DAY_MS)))));
        assert_eq!(merge([&own]).paused_until, Some(At(DAY_MS)));
        let hospital = fold("hospital", 9, Record { name: "David".into(), ..Record::default() });
        assert_eq!(merge([&own, &hospital]).paused_until, Some(At(DAY_MS)), "whatever else is known");
        crate::fold::fold(&mut own, &said("b", 20, serde_json::json!(At(400 * DAY_MS))));
        assert!(merge([&own]).paused_until.is_some_and(|until| until.0 <= 15 * DAY_MS + 20), "bounded");
        crate::fold::fold(&mut own, &said("c", 15, serde_json::Value::Null));
        assert!(merge([&own]).paused_until.is_some(), "an older word does not end it");
        crate::fold::fold(&mut own, &said("d", 30, serde_json::Value::Null));
        assert_eq!(merge([&own, &hospital]).paused_until, None);
    }

    #[test]
    fn every_rule_of_the_merge_in_either_order() {
        let refused = |allowed| Consent { purpose: None, channel: None, allowed, since: At(5), basis: "form".into() };
        let mut hospital = fold(
            "hospital",
            9,
            Record {
                name: "David Reyes".into(),
                language: Some("en".into()),
                contacts: vec![point("+1", PointStatus::Active), point("+2", PointStatus::Wrong)],
                consents: vec![refused(false)],
                appointments: vec![appointment("Appointment/1")],
                encounters: vec![Encounter {
                    id: "Encounter/1".into(),
                    class: "IMP".into(),
                    status: "in-progress".into(),
                    ..Encounter::default()
                }],
                ..Record::default()
            },
        );
        hospital.said = [("language".to_owned(), At(1)), ("contact +2".to_owned(), At(4))].into();
        let mut own = fold(
            "throughline",
            3,
            Record {
                language: Some("es".into()),
                contacts: vec![point("+1", PointStatus::Wrong), point("+2", PointStatus::Active)],
                consents: vec![refused(true)],
                deceased_at: Some(At(7)),
                last_contact: Some((At(2), "voice".into())),
                ..Record::default()
            },
        );
        own.said = [("language".to_owned(), At(3)), ("contact +2".to_owned(), At(6))].into();
        let clinic =
            fold("clinic", 1, Record { appointments: vec![appointment("Appointment/2")], ..Record::default() });
        let merged = merge([&hospital, &own, &clinic]);
        assert_eq!(merged, merge([&clinic, &own, &hospital]));
        assert_eq!((merged.name.as_str(), merged.language.as_deref()), ("David Reyes", Some("es")));
        let status = |value: &str| merged.contacts.iter().find(|p| p.value == value).map(|p| p.status);
        assert_eq!(status("+1"), Some(PointStatus::Wrong), "disabled anywhere is disabled everywhere");
        assert_eq!(status("+2"), Some(PointStatus::Active), "verified since");
        assert_eq!(crate::allowed(&merged, model::Purpose::Care, model::Channel::Sms), Some(false));
        assert_eq!(merged.deceased_at, Some(At(7)));
        assert_eq!(merged.inpatient.as_deref(), Some("Encounter/1"));
        assert_eq!((merged.appointments.len(), merged.consents.len()), (2, 2));
        assert_eq!(merged.last_contact, own.record.last_contact);
        assert_eq!(merge([&own]), own.record);
        assert_eq!(merge([]), Record::default());
    }
}

//! Who is whom: directory keys, a score for possible duplicates, and the parting of a line. Pure.
//!
//! * [`keys`]: the directory keys that a person's line should hold, so that facts find it.
//! * [`same`]: how alike two records are. It flags possible duplicates for a person to decide; nothing is
//!   merged because of a score.
//! * [`merge`] and [`split`]: which folds a line has after a merge and after an un-merge. Facts belong to their
//!   source record and never move; a whole fold does.
//!
//! Invariants: every answer is a function of its arguments alone, in a stable order; `split` after `merge`
//! gives back what was there.
//!
//! Deliberately absent: probabilistic linking at scale, blocking, any automatic merge.

mod score;

use model::Id;
use model::fact::OWN;
use model::inbox::{is_own, key};
use model::person::{ContactPoint, PointKind};
use record::{Fold, Record};

pub use score::{Score, Verdict, same};

/// Keys that one line claims.
pub const KEYS_MAX: usize = 96;

/// The directory keys that a person's line should claim, without repeats: `subject`, the source record's name
/// for them (the hub's own name for a line is no key), their identifiers, their own telephone numbers and
/// e-mail addresses. A number that was found wrong is not claimed, nor is one that is someone else's, nor is an identifier
/// whose system is a name of the hub's own ([`is_own`]).
///
/// A number that two people share is claimed by whoever came first: claiming is compare-and-set.
pub fn keys(record: &Record, source: &str, subject: &str) -> Vec<Id> {
    // A number that someone wrote from is no name for them: it is claimed as a contact point or not at all.
    let identifier = |text: &str| {
        let (system, value) = text.split_once('|').filter(|(system, _)| !is_own(system))?;
        Some(key(system, value))
    };
    let mut all: Vec<Id> = identifier(subject).filter(|_| source != OWN).into_iter().collect();
    all.extend(record.identifiers.iter().filter_map(|i| identifier(i)));
    let own = record.contacts.iter().filter(|p| p.owner.is_none() && p.status.in_use());
    all.extend(own.map(contact_key));
    let mut out: Vec<Id> = Vec::with_capacity(all.len());
    for id in all {
        if out.len() < KEYS_MAX && !out.contains(&id) {
            out.push(id);
        }
    }
    out
}

/// The directory key of a contact point.
pub fn contact_key(point: &ContactPoint) -> Id {
    match point.kind {
        PointKind::Phone => key("phone", &point.value),
        PointKind::Email => key("email", &point.value.to_lowercase()),
    }
}

/// The folds of a line that takes over another's. A source record that both hold (a hand-over that comes
/// twice) stays once: the one that was updated last.
pub fn merge(stays: Vec<Fold>, comes: Vec<Fold>) -> Vec<Fold> {
    let mut out = stays;
    for fold in comes {
        match out.iter_mut().find(|f| f.source == fold.source && f.subject == fold.subject) {
            Some(held) if held.updated_at >= fold.updated_at => {}
            Some(held) => *held = fold,
            None => out.push(fold),
        }
    }
    out
}

/// Parts a line's folds for an un-merge: those whose subject is one of `subjects` go back to the line that is
/// opened again, the others stay. Order is kept.
pub fn split(folds: Vec<Fold>, subjects: &[String]) -> (Vec<Fold>, Vec<Fold>) {
    folds.into_iter().partition(|fold| !subjects.contains(&fold.subject))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::At;
    use model::person::PointStatus;

    fn point(kind: PointKind, value: &str, owner: Option<&str>, status: PointStatus) -> ContactPoint {
        ContactPoint {
            kind,
            value: value.into(),
            r#use: String::new(),
            rank: 0,
            owner: owner.map(str::to_owned),
            verified_at: None,
            status,
        }
    }

    #[test]
    fn a_line_claims_what_is_its_own() {
        let record = Record {
            identifiers: vec!["urn:mrn|1001".into(), "urn:ssn|9".into()],
            contacts: vec![
                point(PointKind::Phone, "+16175550100", None, PointStatus::Active),
                point(PointKind::Phone, "+16175550111", None, PointStatus::Wrong),
                point(PointKind::Phone, "+16175550122", Some("Maria"), PointStatus::Active),
                point(PointKind::Email, "David@Example.org", None, PointStatus::Active),
            ],
            ..Record::default()
        };
        let expected = [
            key("urn:mrn", "1001"),
            key("urn:ssn", "9"),
            key("phone", "+16175550100"),
            key("email", "david@example.org"),
        ];
        assert_eq!(keys(&record, "hospital", "urn:mrn|1001"), expected);
        assert!(keys(&Record::default(), OWN, "person|1").is_empty());
    }

    #[test]
    fn no_identifier_is_a_key_of_the_hubs_own() {
        let systems = ["phone", "email", "disabled", "stopped", "notice", "message", "staff_call", "provider:smpp"];
        let identifiers = systems.iter().map(|system| format!("{system}|+16175550100")).collect();
        let record = Record { identifiers, ..Record::default() };
        for subject in &record.identifiers {
            assert_eq!(keys(&record, "hospital", subject), [], "{subject}");
        }
    }

    #[test]
    fn what_was_merged_can_be_parted_again() {
        let fold = |subject: &str, at| Fold {
            source: "h".into(),
            subject: subject.into(),
            updated_at: At(at),
            ..Fold::default()
        };
        let (david, dave) = (vec![fold("a|1", 1)], vec![fold("a|2", 2), fold("b|3", 3)]);
        let merged = merge(david.clone(), dave.clone());
        assert_eq!(merge(merged.clone(), dave.clone()), merged, "handed over twice");
        assert_eq!(split(merged, &["a|2".into(), "b|3".into()]), (david, dave));
    }
}

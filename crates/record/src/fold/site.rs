//! Where somebody is in care: at the sites that told of a visit of theirs.
//!
//! Who may open a chart hangs on it, so that it moves by a visit and by no other word: an encounter or an appointment.
//! What a pharmacy or a laboratory says of a person makes nobody theirs, and takes them from nobody. Before any visit is
//! told of, a person is of the site that registered them (a Patient), else of the one that spoke first.

use super::bound;
use crate::json;
use crate::known::Fold;
use model::fact::RESOURCE_RECEIVED;
use model::{At, Fact};
use std::collections::{BTreeMap, BTreeSet};

/// Sites of encounters, and of appointments, of one fold; the one whose last visit was told of the longest ago leaves first.
pub const SITES_MAX: usize = 16;
/// In `Fold::said`, before a site's name: when an encounter there was told of last.
const CARE: &str = "care at ";
/// The same of an appointment: the site of one stands nowhere else.
const BOOKED: &str = "booked at ";
/// The same: when it registered the person.
const REGISTERED: &str = "registered at ";
/// The same: when it spoke of them, before anything else was known.
const SPOKEN: &str = "spoken of at ";
/// What stands before a site's name, what weighs more first.
const KINDS: [&str; 4] = [CARE, BOOKED, REGISTERED, SPOKEN];

/// What a fact says of where its person is in care; whether that changed. What it says itself is folded already.
pub(super) fn fold(fold: &mut Fold, fact: &Fact) -> bool {
    let site = fact.site.as_str();
    if site.is_empty() {
        return false;
    }
    let resource = (fact.kind == RESOURCE_RECEIVED).then(|| json::text(&fact.body, &["resourceType"])).flatten();
    let visit = match resource {
        Some("Encounter") => Some(CARE),
        Some("Appointment") => Some(BOOKED),
        _ => None,
    };
    if let Some((kind, site, at)) = unstamped(fold) {
        let stamp = format!("{kind}{site}");
        fold.said.insert(stamp, at);
    }
    if visit.is_none() && resource != Some("Patient") && !fold.record.site.is_empty() {
        return false;
    }
    if let Some(kind) = visit {
        if json::text(&fact.body, &["status"]) == Some("entered-in-error") {
            mistaken(fold, kind, site);
        } else {
            told(fold, kind, site, fact.occurred_at);
        }
    } else if resource == Some("Patient") && [CARE, BOOKED, REGISTERED].iter().all(|kind| of(fold, kind).is_empty()) {
        fold.said.insert(format!("{REGISTERED}{site}"), fact.recorded_at);
    } else if fold.record.site.is_empty() {
        fold.said.insert(format!("{SPOKEN}{site}"), fact.recorded_at);
    }
    let (now, _) = merged(&[&*fold]);
    let moved = now != fold.record.site;
    fold.record.site = now;
    // Another one among several is another to whom the chart is open.
    moved || visit.is_some()
}

/// A visit, and when it was told of.
fn told(fold: &mut Fold, kind: &str, site: &str, at: At) {
    let last = fold.said.entry(format!("{kind}{site}")).or_insert(at);
    *last = (*last).max(at);
    let mut kept: Vec<(String, At)> = of(fold, kind).into_iter().map(|(site, at)| (site.to_owned(), at)).collect();
    bound(&mut kept, SITES_MAX, |(_, at)| (false, Some(*at)));
    fold.said.retain(|key, _| key.strip_prefix(kind).is_none_or(|site| kept.iter().any(|(is, _)| is == site)));
}

/// A visit was none: its site goes, if no other visit of this source may have been at it. Whoever would be of no site at
/// all is still the one's that spoke of them: a chart that is nobody's is everybody's.
fn mistaken(fold: &mut Fold, kind: &str, site: &str) {
    let other = match kind {
        CARE => fold.record.encounters.iter().any(|e| e.site == site && e.status != "entered-in-error"),
        _ => fold.record.appointments.iter().any(|a| a.status != "entered-in-error"),
    };
    let gone = if other { None } else { fold.said.remove(&format!("{kind}{site}")) };
    if let Some(at) = gone.filter(|_| !is_stamped(fold)) {
        fold.said.insert(format!("{SPOKEN}{site}"), at);
    }
}

/// Of a fold that was written before there were stamps: what its site was by what it knows of the person.
fn unstamped(fold: &Fold) -> Option<(&'static str, &str, At)> {
    let record = &fold.record;
    if record.site.is_empty() || is_stamped(fold) {
        return None;
    }
    let kind = if !record.encounters.is_empty() {
        CARE
    } else if !record.appointments.is_empty() {
        BOOKED
    } else if !record.name.is_empty() {
        REGISTERED
    } else {
        SPOKEN
    };
    Some((kind, &record.site, fold.updated_at))
}

/// Whether a fold says of any site why it names it; one that was written before there were these does not.
fn is_stamped(fold: &Fold) -> bool {
    fold.said.keys().any(|key| KINDS.iter().any(|kind| key.starts_with(kind)))
}

/// The sites that a fold names in such a way, and when.
fn of<'a>(fold: &'a Fold, kind: &str) -> BTreeMap<&'a str, At> {
    fold.said.iter().filter_map(|(key, at)| Some((key.strip_prefix(kind)?, *at))).collect()
}

/// The site whose visit was told of last, by all folds; and every one with a visit. Where none is known of, the one that
/// registered the person first, else the one that spoke first, alone.
pub(crate) fn merged(folds: &[&Fold]) -> (String, Vec<String>) {
    let named = |kinds: &'static [&'static str]| {
        let old = folds.iter().filter_map(|f| unstamped(f));
        let old = old.filter(|(kind, ..)| kinds.contains(kind)).map(|(_, site, at)| (site, at));
        folds.iter().flat_map(|f| kinds.iter().flat_map(|kind| of(f, kind))).chain(old)
    };
    let mut care: BTreeMap<&str, At> = BTreeMap::new();
    for (site, at) in named(&[CARE, BOOKED]) {
        let latest = care.entry(site).or_insert(at);
        *latest = (*latest).max(at);
    }
    if let Some((last, _)) = care.iter().max_by_key(|(site, at)| (**at, **site)) {
        return ((*last).to_owned(), care.keys().map(|site| (*site).to_owned()).collect());
    }
    let first = |kinds: &'static [&'static str]| {
        let all: BTreeSet<(At, &str)> = named(kinds).map(|(site, at)| (at, site)).collect();
        all.first().map(|(_, site)| (*site).to_owned())
    };
    let site = first(&[REGISTERED]).or_else(|| first(&[SPOKEN])).unwrap_or_default();
    let all = Some(site.clone()).filter(|site| !site.is_empty());
    (site, all.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{FactId, PersonId};
    use serde_json::{Value as Json, json};

    fn said(site: &str, source: &str, at: i64, kind: &str, body: Json) -> Fact {
        let mut fact = Fact::own(kind, &format!("{site} {at}"), PersonId::default(), At(at), body);
        (fact.site, fact.source, fact.id) =
            (site.into(), source.into(), FactId::of(&[site.as_bytes(), &at.to_be_bytes()]));
        fact
    }

    fn resource(site: &str, at: i64, kind: &str, status: &str) -> Fact {
        let body = json!({"resourceType": kind, "id": format!("{site}1"), "status": status});
        said(site, "hospital", at, RESOURCE_RECEIVED, body)
    }

    /// The site that stands for a person, and all of them, after these words of two sources.
    fn after(facts: &[Fact]) -> (String, Vec<String>) {
        let mut folds: BTreeMap<&str, Fold> = BTreeMap::new();
        for fact in facts {
            let fold = folds.entry(fact.source.as_str()).or_default();
            crate::fold::fold(fold, fact);
            let once = fold.clone();
            crate::fold::fold(fold, fact);
            assert_eq!(*fold, once, "what is folded again changes nothing");
        }
        let once = crate::merge(folds.values());
        assert_eq!(once, crate::merge(folds.values().rev()));
        (once.site, once.sites)
    }

    fn is(site: &str, sites: &[&str]) -> (String, Vec<String>) {
        (site.to_owned(), sites.iter().map(|s| (*s).to_owned()).collect())
    }

    #[test]
    fn only_a_visit_moves_where_somebody_is_in_care() {
        let home = resource("south", 10, "Encounter", "finished");
        let wish = said("north", "hospital", 20, "preference.changed", json!({"language": "es"}));
        let ready = said("pharmacy", "pharmacy", 30, "medication.ready", json!({"id": "MedicationRequest/1"}));
        let moved = resource("north", 40, "Patient", "");
        let said = [home.clone(), wish.clone(), ready.clone(), moved.clone()];
        assert_eq!(after(&said), is("south", &["south"]), "whoever speaks of them");
        assert_eq!(after(&[ready, wish, home.clone(), moved]), is("south", &["south"]), "in whatever order");
        let visit = resource("north", 50, "Appointment", "booked");
        assert_eq!(after(&[home.clone(), visit.clone()]), is("north", &["north", "south"]), "they are of both");
        assert_eq!(after(&[visit, home]), is("north", &["north", "south"]));
    }

    #[test]
    fn whoever_has_no_visit_is_of_the_site_that_registered_them_or_spoke_first() {
        let ready = said("pharmacy", "pharmacy", 1, "medication.ready", json!({"id": "MedicationRequest/1"}));
        let wish = said("north", "hospital", 2, "preference.changed", json!({"language": "es"}));
        let known = resource("south", 3, "Patient", "");
        let later = resource("east", 4, "Patient", "");
        assert_eq!(after(std::slice::from_ref(&ready)), is("pharmacy", &["pharmacy"]));
        assert_eq!(after(&[ready.clone(), wish.clone()]), is("pharmacy", &["pharmacy"]));
        assert_eq!(after(&[ready, wish, known, later]), is("south", &["south"]));
        assert_eq!(after(&[said("", "hospital", 1, "preference.changed", json!({}))]), is("", &[]));
    }

    #[test]
    fn a_visit_that_was_none_takes_its_site_back_and_never_the_last_one() {
        let (right, wrong) =
            (resource("south", 10, "Encounter", "finished"), resource("north", 20, "Encounter", "arrived"));
        let none = resource("north", 30, "Encounter", "entered-in-error");
        assert_eq!(after(&[right.clone(), wrong.clone()]), is("north", &["north", "south"]));
        assert_eq!(after(&[right.clone(), wrong.clone(), none.clone()]), is("south", &["south"]));
        assert_eq!(
            after(&[wrong.clone(), none.clone()]),
            is("north", &["north"]),
            "a chart of nobody would be everybody's"
        );
        let booked = resource("north", 25, "Appointment", "booked");
        let both = [right.clone(), wrong.clone(), booked, none.clone()];
        assert_eq!(after(&both), is("north", &["north", "south"]), "another visit there was one");
        assert_eq!(after(&[right, none]), is("south", &["south"]));
    }

    #[test]
    fn a_fold_of_before_keeps_its_site_and_sites_are_bounded() {
        let mut old = Fold { source: "hospital".into(), updated_at: At(5), ..Fold::default() };
        old.record.site = "south".into();
        old.record.encounters.push(crate::known::Encounter::default());
        assert_eq!(crate::merge([&old]).sites, ["south"]);
        // A pharmacy that spoke of them then makes nobody its own, however often it speaks now.
        let mut pharmacy = Fold { source: "pharmacy".into(), updated_at: At(6), ..Fold::default() };
        pharmacy.record.site = "high street".into();
        for at in [7, 8] {
            let both = crate::merge([&old, &pharmacy]);
            assert_eq!((both.site.as_str(), both.sites), ("south", vec!["south".to_owned()]), "{at}");
            crate::fold::fold(&mut pharmacy, &said("high street", "pharmacy", at, "medication.ready", json!({})));
        }
        crate::fold::fold(&mut old, &said("north", "hospital", 20, "preference.changed", json!({})));
        assert_eq!(crate::merge([&old]).sites, ["south"]);
        crate::fold::fold(&mut old, &resource("north", 30, "Encounter", "finished"));
        assert_eq!(crate::merge([&old]).sites, ["north", "south"]);
        for n in 0..40 {
            crate::fold::fold(&mut old, &resource(&format!("site {n}"), 100 + n, "Encounter", "finished"));
        }
        let merged = crate::merge([&old]);
        assert_eq!((merged.site.as_str(), merged.sites.len()), ("site 39", SITES_MAX));
        for n in 0..40 {
            crate::fold::fold(&mut old, &resource(&format!("room {n}"), 200 + n, "Appointment", "booked"));
        }
        assert_eq!(crate::merge([&old]).sites.len(), 2 * SITES_MAX);
    }
}

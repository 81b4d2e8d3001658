//! Clinical resources into the typed record.

use super::{
    APPOINTMENTS_MAX, CONDITIONS_MAX, ENCOUNTERS_MAX, PRESCRIPTIONS_MAX, PROCEDURES_MAX, bound, patient, slot, zone_of,
};
use crate::json;
use crate::known::{Appointment, Encounter, Prescription, Record};
use model::Fact;
use serde_json::Value as Json;

/// Classes of a stay, as `topics/encounter.yaml` has them (HL7 v3 ActEncounterCode).
const STAYS: &[&str] = &["IMP", "ACUTE", "NONAC", "OBSENC", "SS"];

pub(super) fn encounter(record: &mut Record, fact: &Fact) {
    let (body, zone) = (&fact.body, zone_of(record));
    let Some(id) = json::own_id(body) else { return };
    let it = slot(&mut record.encounters, |e| e.id == id);
    it.id = id;
    it.status = json::owned(body, &["status"]);
    it.class = json::owned(body, &["class", "code"]);
    let provider =
        json::text(body, &["serviceProvider", "display"]).or(json::text(body, &["serviceProvider", "reference"]));
    it.site = if fact.site.is_empty() {
        provider.map(json::relative).unwrap_or_default().to_owned()
    } else {
        fact.site.clone()
    };
    it.started_at = json::time(body, &["period", "start"], &zone);
    it.ended_at = json::time(body, &["period", "end"], &zone);
    let disposition = json::at(body, &["hospitalization", "dischargeDisposition"]);
    it.disposition = json::codes(disposition).next().unwrap_or_default().to_owned();
    // A corrected end moves the discharge that was told already, and with it what is anchored to it.
    if it.discharged_at.is_some() && it.ended_at.is_some() {
        it.discharged_at = it.ended_at;
    }
    settle_stays(record);
}

/// Whether the person lies in a stay that goes on.
pub(crate) fn stays(encounter: &Encounter) -> bool {
    STAYS.contains(&encounter.class.as_str()) && matches!(encounter.status.as_str(), "in-progress" | "onleave")
}

/// Bounds the encounters, and says of which the person is an inpatient: the stay that began last.
pub(crate) fn settle_stays(record: &mut Record) {
    let open = |e: &Encounter| !matches!(e.status.as_str(), "finished" | "cancelled" | "entered-in-error");
    bound(&mut record.encounters, ENCOUNTERS_MAX, |e| (open(e), e.ended_at.or(e.started_at)));
    let now = record.encounters.iter().filter(|e| stays(e)).max_by_key(|e| e.started_at);
    record.inpatient = now.map(|e| e.id.clone());
}

pub(super) fn procedure(record: &mut Record, fact: &Fact) {
    let (body, zone) = (&fact.body, zone_of(record));
    let Some(id) = json::own_id(body) else { return };
    let it = slot(&mut record.procedures, |p| p.id == id);
    it.id = id;
    it.encounter = json::reference(body, &["encounter"]);
    it.concept = json::concept(body.get("code"));
    it.status = json::owned(body, &["status"]);
    it.at = json::time(body, &["performedPeriod", "end"], &zone)
        .or_else(|| json::time(body, &["performedDateTime"], &zone))
        .or_else(|| json::time(body, &["performedPeriod", "start"], &zone));
    bound(&mut record.procedures, PROCEDURES_MAX, |p| (false, p.at));
}

pub(super) fn condition(record: &mut Record, fact: &Fact) {
    let body = &fact.body;
    let Some(id) = json::own_id(body) else { return };
    let clinical = json::codes(body.get("clinicalStatus")).next().unwrap_or_default();
    let wrong = json::codes(body.get("verificationStatus")).any(|c| matches!(c, "entered-in-error" | "refuted"));
    let status = if wrong { "entered-in-error" } else { clinical };
    let it = slot(&mut record.conditions, |c| c.id == id);
    it.id = id;
    it.encounter = json::reference(body, &["encounter"]);
    it.concept = json::concept(body.get("code"));
    it.status = status.to_owned();
    let holds = matches!(status, "" | "active" | "recurrence" | "relapse");
    let needs: Vec<_> = json::codes(body.get("code")).filter_map(patient::need_of).collect();
    for need in needs {
        patient::set_need(record, need, holds);
    }
    let open = |status: &str| matches!(status, "" | "active" | "recurrence" | "relapse");
    bound(&mut record.conditions, CONDITIONS_MAX, |c| (open(&c.status), None));
}

pub(super) fn prescription(record: &mut Record, fact: &Fact) {
    let (body, zone) = (&fact.body, zone_of(record));
    let Some(id) = json::own_id(body) else { return };
    let it = slot(&mut record.prescriptions, |p| p.id == id);
    it.id = id;
    it.encounter = json::reference(body, &["encounter"]);
    it.concept = json::concept(body.get("medicationCodeableConcept"));
    if it.concept.text.is_empty() {
        it.concept.text = json::owned(body, &["medicationReference", "display"]);
    }
    it.status = json::owned(body, &["status"]);
    it.as_needed = as_needed(body);
    it.given_in_hospital = json::list(body, "category").iter().any(|c| json::codes(Some(c)).any(|c| c == "inpatient"));
    let pharmacy = json::at(body, &["dispenseRequest", "performer", "display"]).and_then(Json::as_str);
    it.pharmacy = pharmacy.map(str::to_owned).or(it.pharmacy.take());
    it.stopped = matches!(it.status.as_str(), "stopped" | "cancelled" | "entered-in-error");
    it.authored_at = json::time(body, &["authoredOn"], &zone);
    bound_prescriptions(record);
}

/// `None` when the order does not say. An order with a schedule and no word of "as needed" is not as needed.
fn as_needed(body: &Json) -> Option<bool> {
    let dosages = json::list(body, "dosageInstruction");
    let said = |d: &Json| {
        let coded = d.get("asNeededCodeableConcept").map(|_| true);
        d.get("asNeededBoolean").and_then(Json::as_bool).or(coded)
    };
    let answers: Vec<bool> = dosages.iter().filter_map(said).collect();
    if answers.is_empty() {
        return dosages.iter().any(|d| json::at(d, &["timing", "repeat"]).is_some()).then_some(false);
    }
    // One dose that is to be taken regularly is reason enough to care about the medicine.
    Some(answers.iter().all(|a| *a))
}

pub(super) fn bound_prescriptions(record: &mut Record) {
    let open = |p: &Prescription| !p.stopped && p.status != "completed" && p.picked_up_at.is_none();
    bound(&mut record.prescriptions, PRESCRIPTIONS_MAX, |p| (open(p), p.authored_at));
}

/// A dispense tells where the medicine is, and takes back what it told when it is cancelled or was an error.
///
/// *Delivered to the bedside* is a completed dispense that was handed over in the course of the stay it was
/// prescribed in: not after the encounter's end, and marked with that encounter as its context or with
/// category `inpatient` or `discharge`. A completed dispense outside of it says that it was not.
/// Ready and picked up are facts of their own (`topics/medication.yaml`).
pub(super) fn dispense(record: &mut Record, fact: &Fact) {
    let (body, zone) = (&fact.body, zone_of(record));
    let status = json::text(body, &["status"]).unwrap_or_default();
    let context = json::reference(body, &["context"]);
    let inside = json::codes(body.get("category")).any(|c| matches!(c, "inpatient" | "discharge"));
    let handed_over = json::time(body, &["whenHandedOver"], &zone);
    let pharmacy = json::text(body, &["location", "display"])
        .or_else(|| json::list(body, "performer").iter().find_map(|p| json::text(p, &["actor", "display"])));
    for order in json::list(body, "authorizingPrescription") {
        let Some(id) = json::text(order, &["reference"]).map(json::relative) else { continue };
        let it = slot(&mut record.prescriptions, |p| p.id == id);
        it.id = id.to_owned();
        it.pharmacy = pharmacy.map(str::to_owned).or(it.pharmacy.take());
        it.encounter = it.encounter.take().or_else(|| context.clone().filter(|c| c.starts_with("Encounter/")));
        match status {
            "completed" => {
                let stay = record.encounters.iter().find(|e| Some(&e.id) == it.encounter.as_ref());
                let of_stay = inside || (context.is_some() && context == it.encounter);
                // Of a stay that is not known nothing is said.
                if let Some(stay) = stay {
                    let in_time = stay.ended_at.is_none_or(|end| handed_over.is_some_and(|over| over <= end));
                    it.delivered_to_bedside = Some(of_stay && in_time);
                }
            }
            // It went back on the shelf, or never was: nothing is asserted any more.
            "cancelled" | "stopped" | "declined" => it.ready_at = None,
            "entered-in-error" => {
                it.ready_at = None;
                it.picked_up_at = None;
                it.delivered_to_bedside = None;
            }
            _ => {}
        }
    }
    bound_prescriptions(record);
}

pub(super) fn appointment(record: &mut Record, fact: &Fact) {
    let (body, zone) = (&fact.body, zone_of(record));
    let Some(id) = json::own_id(body) else { return };
    let it = slot(&mut record.appointments, |a| a.id == id);
    it.id = id;
    it.status = json::owned(body, &["status"]);
    it.start = json::time(body, &["start"], &zone);
    let shown = |prefixes: &[&str]| {
        json::list(body, "participant").iter().find_map(|p| {
            let reference = json::text(p, &["actor", "reference"]).map(json::relative).unwrap_or_default();
            let right = prefixes.iter().any(|x| reference.starts_with(x));
            json::text(p, &["actor", "display"]).filter(|_| right).map(str::to_owned)
        })
    };
    let service =
        || json::list(body, "serviceType").iter().map(|s| json::concept(Some(s)).text).find(|t| !t.is_empty());
    it.with = shown(&["Practitioner/", "PractitionerRole/"]).or_else(service).unwrap_or_default();
    it.place = shown(&["Location/", "HealthcareService/"]).unwrap_or_default();
    it.cancelled = matches!(it.status.as_str(), "cancelled" | "noshow" | "entered-in-error");
    bound(&mut record.appointments, APPOINTMENTS_MAX, |a: &Appointment| (!a.cancelled, a.start));
}

/// A Communication that was completed was a contact; its medium says how.
pub(super) fn communication(record: &mut Record, fact: &Fact) {
    if json::text(&fact.body, &["status"]) != Some("completed") {
        return;
    }
    let zone = zone_of(record);
    let sent = json::time(&fact.body, &["sent"], &zone).or_else(|| json::time(&fact.body, &["received"], &zone));
    let medium = json::list(&fact.body, "medium").first();
    let how = json::concept(medium).text;
    super::own::contacted(record, sent.unwrap_or(fact.occurred_at), if how.is_empty() { "source" } else { &how });
}

//! Journeys about an item, as an appointment: whose they are after lines part, items of two hospitals that are called
//! the same, and pathways that such a journey begins.

use crate::harness::{World, at, pathway};
use model::fact::RESOURCE_RECEIVED;
use pathway::Pathway;
use serde_json::json;
use std::sync::Arc;

/// A pathway with this `enrol` and these steps.
fn of(name: &str, enrol: &str, steps: &str) -> Arc<Pathway> {
    pathway(&format!(
        "pathway: {name}\nlanguage: 1\ntitle: {name}\nowner: surgery\nfallback_team: charge\nspeaks: [en]\n\
         enrol:\n{enrol}leave:\n  - after: 40 days\ntracks:\n  main:\n{steps}"
    ))
}

const VISIT: &str = "  on: appointment.booked\n  as: visit\n  once_per: item\n";
const WORRY: &str = "    - concern: worry\n      to: nurses\n      do: Call about the visit\n      why: They asked.\n      \
                     due: 8 team hours\n      overdue: [charge after 2 hours]\n";

/// The person's record of a source.
fn known(world: &mut World, source: &str, number: &str) {
    let body = json!({"resourceType": "Patient", "id": number, "birthDate": "1960-01-01",
        "identifier": [{"system": "urn:mrn", "value": number}], "name": [{"given": ["David"], "family": "Reyes"}]});
    let mut fact = world.fact(RESOURCE_RECEIVED, body);
    (fact.source, fact.subject) = (source.into(), format!("urn:mrn|{number}"));
    world.takes(fact).unwrap();
}

/// A source tells of an appointment.
fn is_booked(world: &mut World, source: &str, number: &str, id: &str) {
    let body = json!({"resourceType": "Appointment", "id": id, "status": "booked", "start": at(5, 9, 0)});
    let mut fact = world.fact(RESOURCE_RECEIVED, body);
    (fact.source, fact.subject) = (source.into(), format!("urn:mrn|{number}"));
    world.takes(fact).unwrap();
}

/// The second becomes one with the first, and back.
fn tells(a: &mut World, b: &mut World, kind: &str) {
    let fact = a.fact(kind, json!({"from": "urn:mrn|2"}));
    a.takes(fact).unwrap();
    for fact in std::mem::take(&mut a.handed) {
        b.takes(fact).unwrap();
    }
    for fact in std::mem::take(&mut b.handed) {
        a.takes(fact).unwrap();
    }
}

#[test]
fn lines_that_part_give_back_each_journey_with_what_is_open_of_it() {
    let visits = of("visits", VISIT, WORRY);
    // About nothing that a record names: only where it began says whose it is.
    let asked = of("asked", "  by_hand: true\n  once_per: person\n", &WORRY.replace("worry", "question"));
    let pathways = [visits, asked];
    let mut a = World::of(&pathways, at(0, 9, 0), 1);
    let mut b = World::of(&pathways, at(0, 9, 0), 2);
    known(&mut a, "north", "1");
    known(&mut b, "north", "2");
    is_booked(&mut a, "north", "1", "1");
    is_booked(&mut b, "north", "2", "7");
    b.nurse("enrolment.requested", json!({"pathway": "asked", "reason": "worried"})).unwrap();
    tells(&mut a, &mut b, "person.merged");
    assert_eq!((a.open("worry").len(), a.open("question").len(), b.open("worry").len()), (2, 1, 0));
    is_booked(&mut a, "north", "2", "8");
    assert_eq!((a.under_way("visits"), a.under_way("asked")), (3, 1));
    a.until(at(1, 9, 0));
    tells(&mut a, &mut b, "person.unmerged");
    assert_eq!((a.under_way("visits"), a.under_way("asked")), (1, 0), "what was their own stays");
    assert_eq!((b.under_way("visits"), b.under_way("asked")), (2, 1), "what began before and while they were one");
    assert_eq!((a.open("worry").len(), a.open("question").len()), (1, 0));
    assert_eq!((b.open("worry").len(), b.open("question").len()), (2, 1));
    let prompt = b.one("question");
    b.now = a.now;
    b.ends(&prompt, json!({"outcome": "done", "reason": "they are well, there is nothing to see"})).unwrap();
    assert_eq!(b.under_way("asked"), 0, "and it goes on there");
}

#[test]
fn a_pathway_that_a_journey_about_an_item_begins_is_about_the_latest_encounter() {
    let visits = of("visits", VISIT, "    - enrol_in: stay\n    - enrol_in: other\n");
    let stay = of("stay", "  on: encounter.discharged\n  when: fact.class == 'no'\n  once_per: encounter\n", WORRY);
    let other = of("other", VISIT, WORRY);
    let mut world = World::new(&[visits, stay, other], at(0, 9, 0));
    world.setup.in_force.retain(|p| p.name != "other");
    known(&mut world, "north", "1");
    let body = json!({"resourceType": "Encounter", "id": "3", "status": "finished", "class": {"code": "AMB"},
        "period": {"start": "2026-11-22T08:00:00Z", "end": "2026-11-22T12:00:00Z"}});
    let mut fact = world.fact(RESOURCE_RECEIVED, body);
    (fact.source, fact.subject) = ("north".into(), "urn:mrn|1".into());
    world.takes(fact).unwrap();
    let other = world.setup.versions.values().find(|p| p.name == "other").cloned();
    is_booked(&mut world, "north", "1", "7");
    let about = |world: &World| -> Vec<(String, String)> {
        let text = |f: &model::Fact, key: &str| f.text(key).unwrap_or_default().to_owned();
        world.told("journey.started").iter().map(|f| (text(f, "pathway"), text(f, "episode"))).collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(about(&world), [pair("visits", "Appointment/7"), pair("stay", "Encounter/3")]);
    assert_eq!(world.told("enrolment.listed")[0].text("why"), Some("not_in_force"));
    // One about an item cannot be begun like this: nobody says about which.
    world.setup.in_force.push(other.unwrap());
    is_booked(&mut world, "north", "1", "8");
    let why: Vec<_> = world.told("enrolment.listed").iter().filter_map(|f| f.text("why")).collect();
    assert_eq!(why, ["not_in_force", "no_item"]);
    assert!(!about(&world).iter().any(|(pathway, episode)| pathway == "other" && episode != "Appointment/8"));
}

#[test]
fn an_item_that_two_hospitals_call_the_same_is_listed_and_nothing_begins_of_what_may_be_the_other_one() {
    let mut world = World::new(&[of("visits", VISIT, WORRY)], at(0, 9, 0));
    for (source, number) in [("north", "1"), ("south", "2")] {
        known(&mut world, source, number);
    }
    is_booked(&mut world, "north", "1", "1");
    is_booked(&mut world, "north", "1", "2");
    assert_eq!((world.begun("visits"), world.told("enrolment.listed").len()), (2, 0));
    is_booked(&mut world, "south", "2", "1");
    is_booked(&mut world, "south", "2", "3");
    assert_eq!(world.begun("visits"), 3, "the south's third is nobody else's");
    let listed = world.told("enrolment.listed");
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].text("why"), listed[0].text("pathway")), (Some("same_id"), Some("visits")));
    // The same told again is the same.
    is_booked(&mut world, "north", "1", "2");
    assert_eq!((world.begun("visits"), world.told("enrolment.listed").len()), (3, 1));
}

#[test]
fn a_prescription_that_a_pharmacy_told_of_first_is_the_same_prescription() {
    let enrol = "  on: medication.ready\n  as: medicine\n  once_per: item\n";
    let mut world = World::new(&[of("medicine", enrol, WORRY)], at(0, 9, 0));
    known(&mut world, "north", "1");
    let body = json!({"resourceType": "MedicationRequest", "id": "4", "status": "active", "authoredOn": "2026-11-22"});
    let mut order = world.fact(RESOURCE_RECEIVED, body);
    (order.source, order.subject) = ("north".into(), "urn:mrn|1".into());
    world.takes(order).unwrap();
    let mut ready = world.fact("medication.ready", json!({"id": "MedicationRequest/4"}));
    (ready.source, ready.subject) = ("pharmacy".into(), "urn:mrn|1".into());
    world.takes(ready).unwrap();
    assert_eq!((world.begun("medicine"), world.told("enrolment.listed").len()), (1, 0));
}

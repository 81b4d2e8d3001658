//! The procedure is charted apart from the discharge: hours before it, or days after.

use crate::harness::{World, same};
use testkit::fhir;
use testkit::story::Story;

#[test]
fn a_procedure_hours_before_the_discharge_starts_the_same_days() {
    let david = Story::david();
    let mut world = World::before(&david);
    // The hub heard of the stay and the operation in the morning, of the discharge in the afternoon.
    world.hears(&fhir::transaction([david.patient(), fhir::stay(&david.person, "e-1001", david.admitted_at(), None)]));
    world.hears(&david.late_procedure());
    world.hears(&david.discharge_without_procedure());
    let person = world.person("1001");
    world.goes_on(2, "12:30");
    same(
        &world.list(person),
        &[
            "day 1 08:00 email todays_list: delivered",
            "day 1 09:00 prompt check to surgical_nurses > charge_nurse: open",
            "day 1 10:00 sms appointment_booked: delivered",
            "day 1 12:00 sms task_now: delivered",
            "day 2 08:00 email todays_list: delivered",
            "day 2 09:00 sms task_now: delivered",
            "day 2 12:00 sms task_now: delivered",
        ],
    );
}

#[test]
fn a_procedure_two_days_after_the_discharge_starts_what_is_still_of_use() {
    let david = Story::david();
    let mut world = World::before(&david);
    world.hears(&david.discharge_without_procedure());
    let person = world.person("1001");
    world.goes_on(2, "14:00");
    same(&world.list(person), &[""; 0]);
    world.hears(&david.late_procedure());
    world.goes_on(3, "20:00");
    same(
        &world.list(person),
        &[
            "day 2 14:00 sms appointment_booked: delivered",
            "day 2 14:00 prompt check to surgical_nurses > charge_nurse: open",
            "day 3 08:00 email todays_list: delivered",
            "day 3 09:00 sms task_now: delivered",
            "day 3 10:00 sms medicine_question: delivered",
            "day 3 16:00 sms task_now: delivered",
        ],
    );
}

#[test]
fn a_procedure_charted_in_the_night_rings_nobody_before_the_morning() {
    let david = Story::david();
    let mut world = World::before(&david);
    world.hears(&david.discharge_without_procedure());
    let person = world.person("1001");
    world.goes_on(1, "23:30");
    world.hears(&david.late_procedure());
    world.goes_on(2, "08:30");
    same(
        &world.list(person),
        &[
            "day 1 23:30 prompt check to surgical_nurses: open",
            "day 2 08:00 email todays_list: delivered",
            "day 2 08:00 sms appointment_booked: delivered",
        ],
    );
}

#[test]
fn a_procedure_after_three_days_is_too_late_and_only_listed() {
    let david = Story::david();
    let mut world = World::before(&david);
    world.hears(&david.discharge_without_procedure());
    let person = world.person("1001");
    world.goes_on(4, "14:00");
    world.hears(&david.late_procedure());
    world.goes_on(6, "14:00");
    same(&world.list(person), &[""; 0]);
    let listed = world.facts(person, "enrolment.listed");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].text("why"), Some("too_old"));
}

#[test]
fn an_operation_of_another_kind_starts_nothing_and_is_not_listed() {
    let david = Story::david();
    let mut world = World::before(&david);
    let mut other = david.late_procedure();
    other["code"] = serde_json::json!({"coding": [{"system": "http://snomed.info/sct", "code": "80146002"}]});
    world.hears(&david.discharge_without_procedure());
    world.hears(&other);
    let person = world.person("1001");
    world.goes_on(15, "12:00");
    same(&world.list(person), &[""; 0]);
    assert_eq!(world.facts(person, "enrolment.listed").len(), 0);
    assert_eq!(world.hub().look(person).unwrap().record.procedures.len(), 1, "the record has it");
}

//! Goals are reached in time or missed, once.

use crate::harness::{World, at, at_discharge};
use model::Fact;
use serde_json::json;

const GOALS: &str = "goals:
  called: { title: A nurse called, when: check.reached == true, within: 2 days }
  fetched: { title: The medicine is there, on: medication.picked_up, within: day 5 at 12:00 }
tracks:
  main:
    - prompt: check
      to: nurses
      do: Call
      why: To hear how they are.
      due: 8 team hours
";

fn world() -> World {
    let mut world = World::new(&[at_discharge("watch", GOALS)], at(0, 9, 0));
    world.is_discharged();
    world
}

fn said(world: &World) -> Vec<String> {
    let line = |f: &Fact| format!("{} {} {}", f.kind, f.text("goal").unwrap(), f.text("because").unwrap_or("-"));
    let of = |kind: &str| world.told(kind).into_iter().map(line).collect::<Vec<_>>();
    [of("goal.reached"), of("goal.missed")].concat()
}

fn counted(world: &World) -> Vec<String> {
    let goals = world.passages.iter().filter(|p| p.step.starts_with("goal:"));
    goals.map(|p| format!("{} {} {}", p.step, p.way, p.stayed_ms.map_or(-1, |ms| ms / 3_600_000))).collect()
}

#[test]
fn reached_in_time_once_and_counted() {
    let mut world = world();
    world.until(at(0, 11, 0));
    let prompt = world.one("check");
    world.ends(&prompt, json!({"outcome": "done"})).unwrap();
    assert_eq!(said(&world), ["goal.reached called -"]);
    assert_eq!(world.under_way("watch"), 1, "the other goal is open: what it is measured by can still come");
    world.until(at(3, 9, 0));
    for _ in 0..2 {
        world.hears("medication.picked_up", "Encounter/1", json!({"id": "MedicationRequest/1"}));
    }
    assert_eq!(said(&world), ["goal.reached called -", "goal.reached fetched -"]);
    assert_eq!(counted(&world), ["goal:called reached 2", "goal:fetched reached 72"]);
    assert_eq!(world.under_way("watch"), 0, "nothing is left");
}

#[test]
fn missed_at_the_deadline_and_never_reached_after_it() {
    let mut world = world();
    world.until(at(2, 8, 59));
    assert!(said(&world).is_empty());
    world.until(at(2, 9, 0));
    assert_eq!(said(&world), ["goal.missed called deadline"]);
    let prompt = world.one("check");
    world.ends(&prompt, json!({"outcome": "done"})).unwrap();
    world.until(at(5, 11, 59));
    assert_eq!((said(&world).len(), world.under_way("watch")), (1, 1));
    world.until(at(5, 12, 0));
    assert_eq!(said(&world), ["goal.missed called deadline", "goal.missed fetched deadline"]);
    assert_eq!(world.under_way("watch"), 0);
    world.hears("medication.picked_up", "Encounter/1", json!({"id": "MedicationRequest/1"}));
    assert_eq!(said(&world).len(), 2);
}

#[test]
fn who_leaves_before_has_missed_it() {
    let mut world = world();
    world.hears("encounter.readmitted", "Encounter/1", json!({"id": "Encounter/2", "of": "Encounter/1"}));
    assert_eq!(said(&world), ["goal.missed called encounter.readmitted", "goal.missed fetched encounter.readmitted"]);
}

#[test]
fn a_fact_of_another_encounter_counts_for_nothing() {
    let mut world = world();
    world.hears("medication.picked_up", "Encounter/7", json!({"id": "MedicationRequest/9"}));
    assert!(said(&world).is_empty());
}

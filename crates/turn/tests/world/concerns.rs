//! A concern closes by proof or by a clinician's reason, never by silence.

use crate::harness::{World, at, at_discharge};
use model::prompt::{Outcome, PromptStatus};
use serde_json::json;

const CONCERN: &str = "tracks:
  main:
    - concern: wound
      to: nurses
      do: See to the wound
      why: It may be infected.
      due: 8 team hours
      overdue: [charge after 2 hours]
      closes_on: medication.picked_up
    - note: it is closed
";
const REASON: &str = "Seen in the clinic, clean and dry.";

fn concerned() -> World {
    let mut world = World::new(&[at_discharge("watch", CONCERN)], at(0, 9, 0));
    world.is_discharged();
    world
}

#[test]
fn an_outcome_without_a_reason_is_refused_and_with_one_it_closes_and_the_pathway_goes_on() {
    let mut world = concerned();
    let prompt = world.one("wound");
    assert!(prompt.safety.concern && !prompt.urgent);
    for reason in [json!(null), json!(""), json!("fine"), json!("................"), json!("1234567890 12345")] {
        let why = world.ends(&prompt, json!({"outcome": "done", "reason": reason})).unwrap_err();
        assert!(why.contains("a reason in words"), "{why}");
        assert_eq!(world.one("wound").status, PromptStatus::Open);
    }
    let long = "a word ".repeat(400);
    assert!(world.ends(&prompt, json!({"outcome": "done", "reason": long})).unwrap_err().contains("at most"));
    assert!(world.told("note.made").is_empty());
    world.ends(&prompt, json!({"outcome": "done", "reason": REASON})).unwrap();
    assert_eq!(world.told("note.made").len(), 1, "the pathway goes on");
    assert_eq!(world.prompts[&prompt.id].safety.reason, REASON);
}

#[test]
fn nobody_reached_leaves_it_open_however_often() {
    let mut world = concerned();
    let outcomes = ["no_answer", "voicemail", "wrong_number", "call_back", "no_answer", "no_answer", "voicemail"];
    for (n, outcome) in outcomes.iter().enumerate() {
        let prompt = world.one("wound");
        assert!(!Outcome::named(outcome).unwrap().closes());
        world.ends(&prompt, json!({"outcome": outcome})).unwrap();
        let next = world.one("wound");
        assert_ne!(next.id, prompt.id, "{n}: asked again");
        world.until(world.now.plus_ms(3_600_000));
    }
    assert!(world.told("note.made").is_empty());
    let prompt = world.one("wound");
    world.ends(&prompt, json!({"outcome": "already_handled", "reason": REASON})).unwrap();
    assert_eq!((world.told("note.made").len(), world.open("wound").len()), (1, 0));
}

#[test]
fn proof_closes_it_and_silence_never_does() {
    let mut world = concerned();
    world.until(at(6, 0, 0));
    assert!(world.escalated().len() > 10, "its last team is asked again and again: {:?}", world.escalated());
    assert_eq!(world.one("wound").team, "charge");
    world.hears("medication.picked_up", "Encounter/9", json!({"id": "MedicationRequest/1"}));
    assert_eq!(world.open("wound").len(), 1, "of another encounter");
    world.hears("medication.picked_up", "Encounter/1", json!({"id": "MedicationRequest/1"}));
    assert_eq!(world.withdrawn("wound").as_deref(), Some("medication.picked_up"));
    assert_eq!(world.told("note.made").len(), 1, "the pathway goes on");
}

#[test]
fn a_condition_that_comes_true_is_proof() {
    let text = CONCERN.replace("medication.picked_up", "record.wants_task_reminders == true");
    let mut world = World::new(&[at_discharge("watch", &text)], at(0, 9, 0));
    world.is_discharged();
    world.one("wound");
    world.nurse("preference.changed", json!({"task_reminders": true})).unwrap();
    assert_eq!(world.withdrawn("wound").as_deref(), Some("proved"));
    assert_eq!(world.told("note.made").len(), 1);
}

#[test]
fn it_is_the_persons_when_the_journey_is_left() {
    let mut world = concerned();
    world.until(at(20, 0, 0));
    assert_eq!(world.under_way("watch"), 0, "the journey is over after 14 days");
    let prompt = world.one("wound");
    assert!(world.ends(&prompt, json!({"outcome": "done"})).is_err(), "a reason is wanted still");
    world.ends(&prompt, json!({"outcome": "voicemail"})).unwrap();
    let next = world.one("wound");
    assert!(next.id != prompt.id && next.escalates_at.is_some());
    // The outcome was entered for the wrong one, and is corrected: the try that followed is taken back.
    world.nurse("prompt.corrected", json!({"prompt": prompt.id, "outcome": "done", "reason": REASON})).unwrap();
    assert_eq!(world.open("wound").len(), 0);
    // And back again.
    world.nurse("prompt.corrected", json!({"prompt": prompt.id, "outcome": "no_answer"})).unwrap();
    assert!(world.open("wound").len() <= 1);
}

#[test]
fn proof_closes_it_when_no_journey_waits_for_it_any_more() {
    let mut world = concerned();
    world.hears("encounter.readmitted", "Encounter/1", json!({"id": "Encounter/2", "of": "Encounter/1"}));
    assert_eq!((world.under_way("watch"), world.open("wound").len()), (0, 1));
    world.hears("medication.picked_up", "Encounter/1", json!({"id": "MedicationRequest/1"}));
    assert_eq!(world.withdrawn("wound").as_deref(), Some("medication.picked_up"));
}

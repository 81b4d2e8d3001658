//! Dangers that no journey looks after: after a correction, while a pathway is halted, after a failure, at another site.

use crate::harness::{World, at, at_discharge, pathway};
use model::prompt::Team;
use serde_json::json;

const REASON: &str = "Seen in the clinic, clean and dry.";

const CHECKED: &str = "tracks:
  main:
    - prompt: check
      to: nurses
      do: Call them
      why: Day one.
      due: 8 team hours
      form: f
    - wait_for: medication.ready
      deadline: 5 days
      found: next
      missed: end
    - red_flag: bleeding
      person_within: 30 minutes
      to: nurses
      do: Call them now
      why: It bleeds.
      overdue: [charge after 10 minutes]
forms:
  f:
    title: F
    questions:
      - ask: pain
        label: Pain
        answer: 0 to 10
";

const CONCERN: &str = "tracks:
  main:
    - concern: wound
      to: nurses
      do: See to the wound
      why: It may be infected.
      due: 8 team hours
      overdue: [charge after 2 hours]
    - note: it is closed
";

const FLAG: &str = "tracks:
  main:
    - red_flag: bleeding
      person_within: 30 minutes
      to: nurses
      do: Call them now
      why: It bleeds.
      overdue: [charge after 10 minutes]
    - note: it is seen to
";

fn begun(sections: &str) -> World {
    let mut world = World::new(&[at_discharge("watch", sections)], at(0, 10, 0));
    world.is_discharged();
    world
}

#[test]
fn a_correction_leaves_a_red_flag_open_and_lists_it() {
    let mut world = begun(CHECKED);
    let check = world.one("check");
    world.ends(&check, json!({"outcome": "done", "answers": {"pain": 3}})).unwrap();
    world.now = at(0, 12, 0);
    world.hears("medication.ready", "Encounter/1", json!({"id": "MedicationRequest/1"}));
    let flag = world.one("bleeding");
    world.nurse("prompt.acknowledged", json!({"prompt": flag.id})).unwrap();
    world.nurse("prompt.corrected", json!({"prompt": check.id, "outcome": "done", "answers": {"pain": 2}})).unwrap();
    assert_eq!(world.one("bleeding").id, flag.id, "it is the person's");
    let undone = world.told("outcome.undone")[0].body.clone();
    assert_eq!(undone["left"][0]["prompt"], json!(flag.id), "{undone}");
    assert_eq!(undone["withdrawn"], json!([]), "{undone}");
    // Nobody was reached: it is asked again, though no journey waits for it.
    world.ends(&flag, json!({"outcome": "no_answer"})).unwrap();
    let again = world.one("bleeding");
    assert_ne!(again.id, flag.id);
    world.ends(&again, json!({"outcome": "done"})).unwrap();
    world.until(at(3, 0, 0));
    assert_eq!(world.open("bleeding").len(), 0);
}

#[test]
fn a_corrected_try_of_a_red_flag_takes_back_the_tries_that_followed() {
    let mut world = begun(FLAG);
    let first = world.one("bleeding");
    world.ends(&first, json!({"outcome": "no_answer"})).unwrap();
    let second = world.one("bleeding");
    world.ends(&second, json!({"outcome": "voicemail"})).unwrap();
    let third = world.one("bleeding");
    world.nurse("prompt.corrected", json!({"prompt": first.id, "outcome": "wrong_number"})).unwrap();
    let anew = world.one("bleeding");
    assert_ne!(anew.id, third.id, "asked anew");
    world.nurse("prompt.corrected", json!({"prompt": first.id, "outcome": "done"})).unwrap();
    assert_eq!(world.open("bleeding").len(), 0, "someone spoke with them at the first try");
    assert_eq!(world.told("note.made").len(), 1);
    let undone = world.told("outcome.undone").last().unwrap().body.clone();
    assert_eq!(undone["withdrawn"][0]["prompt"], json!(anew.id), "{undone}");
}

#[test]
fn a_red_flag_is_asked_for_until_an_outcome_closes_it() {
    let mut world = begun(FLAG);
    for outcome in ["no_answer", "voicemail", "wrong_number", "call_back", "no_answer", "no_answer"] {
        let flag = world.one("bleeding");
        world.ends(&flag, json!({"outcome": outcome})).unwrap();
        assert_ne!(world.one("bleeding").id, flag.id, "{outcome} leaves it open");
        world.until(world.now.plus_ms(20 * 60_000));
    }
    assert!(world.told("note.made").is_empty());
    world.ends(&world.one("bleeding"), json!({"outcome": "declined"})).unwrap();
    assert_eq!((world.open("bleeding").len(), world.told("note.made").len()), (0, 1));
}

#[test]
fn a_failed_journeys_concern_is_asked_for_still() {
    let mut world = begun(CONCERN);
    world.fail("watch");
    let prompt = world.one("wound");
    world.ends(&prompt, json!({"outcome": "no_answer"})).unwrap();
    let again = world.one("wound");
    assert_ne!(again.id, prompt.id);
    world.until(at(5, 0, 0));
    assert_eq!(world.one("wound").id, again.id);
}

#[test]
fn a_halted_journeys_concern_is_asked_for_meanwhile_and_by_the_journey_afterwards() {
    let mut world = begun(CONCERN);
    let prompt = world.one("wound");
    world.halt("watch");
    world.ends(&prompt, json!({"outcome": "no_answer"})).unwrap();
    let meanwhile = world.one("wound");
    assert_ne!(meanwhile.id, prompt.id);
    world.until(at(3, 10, 0));
    world.ends(&meanwhile, json!({"outcome": "voicemail"})).unwrap();
    let later = world.one("wound");
    world.resume();
    let own = world.one("wound");
    assert!(own.id != later.id, "the journey asks by itself again");
    assert_eq!(world.prompts[&later.id].withdrawn_because.as_deref(), Some("asked by its pathway again"));
    world.ends(&own, json!({"outcome": "done", "reason": REASON})).unwrap();
    assert_eq!((world.open("wound").len(), world.told("note.made").len()), (0, 1));
}

#[test]
fn what_closed_a_concern_during_a_halt_closes_it_for_the_journey() {
    let mut world = begun(CONCERN);
    let prompt = world.one("wound");
    world.halt("watch");
    world.ends(&prompt, json!({"outcome": "no_answer"})).unwrap();
    let meanwhile = world.one("wound");
    world.ends(&meanwhile, json!({"outcome": "done", "reason": REASON})).unwrap();
    assert_eq!(world.open("wound").len(), 0);
    world.resume();
    assert_eq!((world.open("wound").len(), world.told("note.made").len()), (0, 1));
}

#[test]
fn a_correction_during_a_halt_opens_a_concern_again() {
    let mut world = begun(&CONCERN.replace("- note: it is closed", "- wait: 5 days"));
    let prompt = world.one("wound");
    world.ends(&prompt, json!({"outcome": "done", "reason": REASON})).unwrap();
    world.halt("watch");
    world.nurse("prompt.corrected", json!({"prompt": prompt.id, "outcome": "no_answer"})).unwrap();
    let meanwhile = world.one("wound");
    world.resume();
    assert_ne!(world.one("wound").id, meanwhile.id);
}

#[test]
fn a_corrected_outcome_during_a_halt_ends_what_was_asked_in_its_place() {
    let mut world = begun(CONCERN);
    let prompt = world.one("wound");
    world.halt("watch");
    world.ends(&prompt, json!({"outcome": "no_answer"})).unwrap();
    world.one("wound");
    world.nurse("prompt.corrected", json!({"prompt": prompt.id, "outcome": "done", "reason": REASON})).unwrap();
    assert_eq!((world.open("wound").len(), world.told("note.made").len()), (0, 0));
    world.resume();
    assert_eq!((world.open("wound").len(), world.told("note.made").len()), (0, 1));
}

const TWO: &str = "tracks:
  main:
    - wait_for: medication.ready
      deadline: 5 days
      found: next
      missed: end
    - wait_for: medication.picked_up
      deadline: 5 days
      found: now
      missed: end
sub_pathways:
  now:
    - prompt: fever
      to: charge
      do: Call
      why: w
      due: 10 minutes
      urgent: true
";

#[test]
fn a_danger_made_of_two_facts_is_looked_at_during_a_halt() {
    let mut world = begun(TWO);
    world.halt("watch");
    world.hears("medication.ready", "Encounter/1", json!({"id": "MedicationRequest/1"}));
    assert_eq!(world.open("halted").len(), 0);
    world.until(at(0, 10, 30));
    world.hears("medication.picked_up", "Encounter/1", json!({"id": "MedicationRequest/1"}));
    let look = world.one("halted");
    assert!(look.urgent && look.team == "charge");
    world.ends(&look, json!({"outcome": "done"})).unwrap();
    world.until(at(4, 0, 0));
    assert_eq!(world.open("halted").len(), 0, "once");
    world.resume();
    world.one("fever");
}

const TIMED: &str = "tracks:
  main:
    - wait: 2 hours
    - wait: 3 hours
    - red_flag: bleeding
      person_within: 30 minutes
      to: charge
      do: Call
      why: w
";

#[test]
fn a_danger_that_comes_with_time_is_looked_at_during_a_halt() {
    let mut world = begun(TIMED);
    world.until(at(0, 10, 30));
    world.halt("watch");
    world.until(at(0, 14, 59));
    assert_eq!(world.open("halted").len(), 0);
    world.until(at(0, 15, 1));
    let look = world.one("halted");
    assert!(look.opened_at <= at(0, 15, 1) && look.urgent);
    world.ends(&look, json!({"outcome": "done"})).unwrap();
    world.until(at(4, 0, 0));
    assert_eq!(world.open("halted").len(), 0, "once");
    assert_eq!(world.open("bleeding").len(), 0);
}

#[test]
fn a_danger_that_is_asked_for_during_a_halt_is_not_told_twice() {
    let mut world = begun(FLAG);
    let flag = world.one("bleeding");
    world.halt("watch");
    world.ends(&flag, json!({"outcome": "no_answer"})).unwrap();
    world.one("bleeding");
    world.until(at(1, 0, 0));
    assert_eq!(world.open("halted").len(), 0, "it is open under its own name");
}

const HAND: &str = "pathway: hand
language: 1
title: By hand
owner: s
fallback_team: charge
speaks: [en]
enrol:
  by_hand: true
  once_per: person
leave:
  - after: 14 days
tracks:
  main:
    - prompt: check
      to: nurses
      do: Call
      why: w
      due: 8 team hours
";

#[test]
fn nobody_is_enrolled_by_hand_into_what_is_halted() {
    let mut world = World::new(&[pathway(HAND)], at(0, 9, 0));
    world.halt("hand");
    let ask = json!({"pathway": "hand", "reason": "she asked for it"});
    let why = world.nurse("enrolment.requested", ask.clone()).unwrap_err();
    assert!(why.contains("halted"), "{why}");
    world.resume();
    world.nurse("enrolment.requested", ask).unwrap();
    assert_eq!(world.begun("hand"), 1);
}

#[test]
fn what_a_pathway_begins_waits_for_the_halt_of_the_other() {
    let first = at_discharge("watch", "tracks:\n  main:\n    - enrol_in: hand\n    - note: on\n");
    let mut world = World::new(&[first, pathway(HAND)], at(0, 9, 0));
    world.halt("hand");
    world.is_discharged();
    assert_eq!((world.told("note.made").len(), world.begun("hand")), (1, 0));
    world.until(at(0, 11, 0));
    world.resume();
    assert_eq!(world.begun("hand"), 1);
}

#[test]
fn at_night_a_red_flag_goes_to_nobody_of_another_site() {
    let mut world = World::new(&[at_discharge("watch", &FLAG.replace("charge after", "surgeons after"))], at(0, 23, 0));
    let of = |name: &str, site: &str| Team { name: name.into(), site: site.into(), ..world.setup.teams[2].clone() };
    let (south, north) = (of("aaa_south", "south"), of("north", "north"));
    world.setup.teams.retain(|t| t.name != "charge");
    world.setup.teams.insert(0, south);
    world.setup.teams.push(north);
    let mut fact =
        world.fact("encounter.discharged", json!({"id": "Encounter/1", "discharged_at": world.now, "site": "north"}));
    fact.source = "hospital".into();
    fact.subject = "mrn|1".into();
    fact.site = "north".into();
    fact.episode = Some("Encounter/1".into());
    world.takes(fact).unwrap();
    let flag = world.one("bleeding");
    assert_eq!((flag.site.as_str(), flag.team.as_str()), ("north", "north"));
    // Nobody of the site is at work: nobody else could open it either.
    world.setup.teams.last_mut().unwrap().hours = vec![(0, 540, 600)];
    world.until(at(1, 3, 0));
    assert_ne!(world.one("bleeding").team, "aaa_south");
}

//! A red flag reaches a team that is at work, at any hour, and is asked for until someone acknowledges it.

use crate::harness::{World, at, at_discharge};
use model::prompt::PromptStatus;
use serde_json::json;

const FLAG: &str = "tracks:
  main:
    - red_flag: bleeding
      person_within: 30 minutes
      to: nurses
      do: Call them now
      why: It bleeds.
      overdue: [surgeons after 10 minutes, charge after 10 minutes]
    - branch:
        - if: bleeding.reached == false
          then: next
      else: end
    - note: nobody was reached
";

fn flagged(now: model::At) -> World {
    let mut world = World::new(&[at_discharge("watch", FLAG)], now);
    world.is_discharged();
    world
}

#[test]
fn in_working_hours_the_team_named_is_asked_and_then_the_chain_without_end() {
    let mut world = flagged(at(0, 10, 0));
    let prompt = world.one("bleeding");
    assert!(prompt.urgent && prompt.team == "nurses" && prompt.escalated_from.is_empty());
    assert_eq!(prompt.due_at, at(0, 10, 30), "as soon as a person must have it");
    world.until(at(0, 13, 0));
    assert_eq!(
        world.escalated(),
        [
            "0 10:30 nurses > surgeons",
            "0 10:40 surgeons > charge",
            "0 11:00 charge > charge",
            "0 11:40 charge > charge",
            "0 12:40 charge > charge",
        ]
    );
}

#[test]
fn at_night_and_on_a_sunday_it_opens_with_a_team_that_is_at_work() {
    for now in [at(0, 22, 0), at(6, 13, 0), at(7, 3, 0)] {
        let world = flagged(now);
        let prompt = world.one("bleeding");
        assert_eq!((prompt.team.as_str(), prompt.escalated_from.as_slice()), ("charge", &["nurses".to_owned()][..]));
        assert_eq!(prompt.opened_at, now, "at once");
    }
    // In the evening the surgeons are still there.
    assert_eq!(flagged(at(0, 19, 0)).one("bleeding").team, "surgeons");
}

#[test]
fn it_goes_on_when_its_team_goes_home() {
    let mut world = flagged(at(0, 16, 50));
    assert_eq!(world.one("bleeding").team, "nurses");
    world.until(at(0, 17, 0));
    assert_eq!(world.escalated(), ["0 17:00 nurses > surgeons"]);
    // Nobody acts: no team that is at home is asked.
    world.until(at(1, 7, 0));
    for line in world.escalated() {
        let hour: u32 = line.split([' ', ':']).nth(1).unwrap().parse().unwrap();
        let to = line.rsplit(' ').next().unwrap();
        assert!(to == "charge" || to == "surgeons" && (8..20).contains(&hour), "{line}");
    }
    assert!(world.escalated().len() > 12, "every hour at least: {:?}", world.escalated());
}

#[test]
fn who_acknowledged_it_is_left_alone_and_the_pathway_goes_on_after_the_outcome() {
    let mut world = flagged(at(0, 22, 0));
    let prompt = world.one("bleeding");
    world.now = at(0, 22, 5);
    world.nurse("prompt.acknowledged", json!({"prompt": prompt.id})).unwrap();
    world.until(at(0, 22, 34));
    assert_eq!(world.escalated(), Vec::<String>::new(), "someone has it");
    for _ in 0..3 {
        let prompt = world.one("bleeding");
        world.ends(&prompt, json!({"outcome": "no_answer"})).unwrap();
        world.until(world.now.plus_ms(15 * 60_000));
    }
    assert!(world.told("note.made").is_empty(), "three tries are no end of it");
    let prompt = world.one("bleeding");
    world.ends(&prompt, json!({"outcome": "already_handled", "note": "They are with the surgeon."})).unwrap();
    assert_eq!(world.told("note.made").len(), 1, "and on");
}

#[test]
fn it_stays_open_when_the_journey_is_left_and_goes_with_a_death() {
    let mut world = flagged(at(0, 22, 0));
    world.now = at(0, 22, 10);
    world.hears("encounter.readmitted", "Encounter/1", json!({"id": "Encounter/2", "of": "Encounter/1"}));
    assert_eq!(world.under_way("watch"), 0);
    let prompt = world.one("bleeding");
    world.until(at(1, 2, 0));
    assert!(world.escalated().len() >= 4, "it is asked for still: {:?}", world.escalated());
    world.ends(&prompt, json!({"outcome": "no_answer"})).unwrap();
    let again = world.one("bleeding");
    assert!(again.id != prompt.id && again.attempt == 2 && again.urgent);
    assert_eq!(again.not_before, Some(at(1, 2, 15)), "nobody was reached: it is tried again");
    world.hears("person.died", "Encounter/2", json!({"at": world.now}));
    assert_eq!(world.withdrawn("bleeding").as_deref(), Some("person died"));
    assert!(world.prompts.values().all(|p| p.status != PromptStatus::Open));
}

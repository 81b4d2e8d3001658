//! A line that stays in memory decides as one that is written and read back between turns.

use crate::harness::{MONDAY, at, at_discharge, teams};
use model::{Actor, Fact, Id, Item, PersonId};
use outreach::{Clinic, Rules};
use record::Topics;
use serde_json::json;
use throughline_turn::{Given, Line, Setup, decide, decide_in_memory};

/// The check is urgent for who was born before 1950 and not for others.
const ELDERS: &str = "tracks:
  main:
    - prompt: check
      to: nurses
      do: Call them
      why: The day after.
      due: 1 day
    - branch:
        - if: record.age >= 70
          then: next
      unknown: end
      else: end
    - red_flag: look_now
      person_within: 30 minutes
      to: nurses
      do: Look now
      why: They are old.
      overdue: [charge after 10 minutes]
";

fn patient(person: PersonId, born: &str) -> Fact {
    let body = json!({"resourceType": "Patient", "id": "1", "birthDate": born,
        "identifier": [{"system": "urn:mrn", "value": "1"}], "name": [{"given": ["David"], "family": "Reyes"}]});
    let mut fact = Fact::own(model::fact::RESOURCE_RECEIVED, born, person, at(0, 10, 0), body);
    fact.source = "hospital".into();
    fact.subject = "urn:mrn|1".into();
    fact
}

fn given(person: PersonId, facts: Vec<Fact>, now: model::At) -> Given {
    let items = facts.into_iter().zip(1..).map(|(f, n)| (0, n, Item::own(person, f))).collect();
    Given { items, now, ..Given::default() }
}

#[test]
fn a_change_of_who_they_are_and_a_held_outcome_in_one_turn_come_to_the_same_in_memory() {
    let clinic = Clinic { zone: "UTC".into(), ..Clinic::default() };
    let watch = [at_discharge("watch", ELDERS)];
    let setup = Setup::new(clinic, teams(), &watch, Rules::shipped(), Topics::shipped());
    let person = PersonId(Id::of(&[b"one"]));
    let mut home =
        Fact::own("encounter.discharged", "1", person, MONDAY, json!({"id": "Encounter/1", "discharged_at": MONDAY}));
    home.source = "hospital".into();
    home.subject = "urn:mrn|1".into();
    home.episode = Some("Encounter/1".into());
    let first = || given(person, vec![patient(person, "1990-01-01"), home.clone()], at(0, 10, 0));
    let new = || Line::decode(person, 0, None, Vec::new(), Vec::new(), None).unwrap();
    // The first turn, both ways: one line is read back from what was written, the other stays as it is.
    let stored = decide(new(), first(), &setup).batch;
    let (_, kept) = decide_in_memory(new(), first(), &setup);
    let read = Line::decode(person, 1, stored.state.as_deref(), stored.journeys.clone(), stored.prompts.clone(), None)
        .unwrap();
    let check = stored.prompts.iter().find(|p| p.name == "check").expect("it is asked").id;
    // They turn out to be old, and the outcome leads to something urgent by that: it is not held.
    let body = json!({"prompt": check, "outcome": "done", "hold_ms": 60_000});
    let done = Fact::own("prompt.completed", "done", person, at(0, 10, 5), body).by(Actor::Staff("nora".into()));
    let second = || given(person, vec![patient(person, "1940-01-01"), done.clone()], at(0, 10, 5));
    let stored = decide(read, second(), &setup).batch;
    let (decided, _) = decide_in_memory(kept, second(), &setup);
    let kinds = |facts: &[Fact]| facts.iter().map(|f| f.kind.clone()).collect::<Vec<_>>();
    assert_eq!(kinds(&decided.batch.facts), kinds(&stored.facts));
    let urgent = |prompts: &[model::prompt::Prompt]| prompts.iter().any(|p| p.name == "look_now" && p.urgent);
    assert!(urgent(&stored.prompts) && urgent(&decided.batch.prompts), "{:?}", kinds(&decided.batch.facts));
}

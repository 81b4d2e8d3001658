//! Questions that go with their strand, and questions that wait for their turn.

use crate::harness::{World, at, at_discharge};
use serde_json::json;
use throughline_turn::Halt;

/// Does it bleed? By that channel.
fn asks(by: &str) -> String {
    format!(
        "discloses: {{ sms: health }}
questions:
  how_is_it:
    questions:
      - ask: bleeds
        label: {{ en: Does it bleed? }}
        answer: yes or no
tracks:
  main:
    - ask: how_is_it
      purpose: care
      by: [{by} 3 hours]
      deadline: 2 hours
      answered: end
      missed: end
words:
  how_is_it:
    en:
      {by}: A question for you.
"
    )
}

fn known(world: &mut World) {
    let body = json!({"resourceType": "Patient", "id": "1", "birthDate": "1960-01-01",
        "identifier": [{"system": "urn:mrn", "value": "1"}],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]}, "preferred": true}],
        "name": [{"given": ["David"], "family": "Reyes"}],
        "telecom": [{"system": "phone", "value": "+12125550100", "use": "mobile"}]});
    let mut fact = world.fact(model::fact::RESOURCE_RECEIVED, body);
    fact.source = "hospital".into();
    fact.subject = "urn:mrn|1".into();
    world.takes(fact).unwrap();
    world.nurse("consent.changed", json!({"allowed": true, "channel": "sms", "basis": "said so"})).unwrap();
}

#[test]
fn a_halted_question_does_not_keep_others_from_being_asked() {
    let pathways = ["one", "two"].map(|name| at_discharge(name, &asks("sms")));
    let mut world = World::new(&pathways, at(0, 15, 0));
    known(&mut world);
    world.is_discharged();
    let asked = |world: &World| world.sent.iter().filter(|m| m.words == "how_is_it").count();
    assert_eq!(asked(&world), 1, "one at a time");
    let first = world.sent.iter().find(|m| m.words == "how_is_it").and_then(|m| m.journey).unwrap();
    let first = world.journey(first);
    let (number, version) = (1, None);
    world.setup.changes.halts.push(Halt { number, pathway: first, version, why: "x".into(), by: "nora".into() });
    world.until(at(0, 15, 30));
    // Anything that happens lets it look again.
    world.nurse("note.made", json!({"text": "they called"})).unwrap();
    world.until(at(0, 16, 0));
    assert_eq!(asked(&world), 2, "the other does not wait for the end of the halt");
}

#[test]
fn a_question_that_goes_with_its_strand_is_over_for_the_line_too() {
    let text = asks("sms").replace(
        "    - ask: how_is_it
      purpose: care
      by: [sms 3 hours]
      deadline: 2 hours
      answered: end
      missed: end
",
        "    - parallel:
        first:
          - ask: how_is_it
            purpose: care
            by: [sms 3 hours]
            deadline: 2 days
            answered: end
            missed: end
        second:
          - wait: 1 hour
          - note: waited
      join: any
    - note: joined
",
    );
    let mut world = World::new(&[at_discharge("watch", &text)], at(0, 15, 0));
    known(&mut world);
    world.is_discharged();
    world.until(at(0, 16, 1));
    assert_eq!(world.told("note.made").len(), 2);
    assert_eq!(world.told("questionnaire.missed").len(), 1);
}

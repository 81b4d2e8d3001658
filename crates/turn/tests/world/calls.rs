//! Services outside: what is asked, what comes back, what is taken back.

use crate::harness::{World, at, at_discharge};
use model::Fact;
use model::service::CallMove;
use serde_json::{Value as Json, json};

const ASKS: &str = "services:
  eligibility:
    discloses: health
    asks: { member: person.name, age: record.age, from: encounter.discharged_at }
    answers: { covered: yes or no, copay: 0 to 1000, plan: text }
tracks:
  main:
    - call: eligibility
      within: 10 minutes
      answered: next
      failed: tell
    - branch:
        - if: eligibility.covered
          then: end
      unknown: tell
      else: next
    - note: Not covered, {{ eligibility.plan }}
    - wait: 2 hours
    - leave: done
sub_pathways:
  tell:
    - prompt: ask_by_hand
      to: charge
      do: Ask the insurer
      why: The service did not say.
      due: 2 hours
";

fn world() -> World {
    let mut world = World::new(&[at_discharge("cover", ASKS)], at(0, 15, 0));
    world.is_discharged();
    world
}

/// What came of the last call.
fn came(world: &mut World, kind: &str, more: Json) -> Result<(), String> {
    let call = world.calls.last().unwrap().clone();
    let mut body = json!({"call": call.id, "journey": call.journey, "service": call.service});
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    let fact = Fact::own(kind, &call.id.to_string(), world.person, world.now, body);
    world.takes(fact)
}

fn answers(world: &mut World, answers: Json) {
    came(world, "service.answered", json!({"answers": answers})).unwrap();
}

fn notes(world: &World) -> Vec<String> {
    world.told("note.made").iter().map(|f| f.text("text").unwrap_or_default().to_owned()).collect()
}

#[test]
fn only_what_is_named_leaves_and_the_answer_decides() {
    let mut world = world();
    let call = world.calls.first().unwrap().clone();
    let body: Json = serde_json::from_str(&call.body).unwrap();
    assert_eq!(body["call"], json!(call.id));
    assert_eq!(
        (&body["service"], &body["pathway"], &body["step"]),
        (&json!("eligibility"), &json!("cover"), &json!("main/eligibility"))
    );
    let asked: Vec<&String> = body["asked"].as_object().unwrap().keys().collect();
    assert_eq!(asked, ["age", "from", "member"]);
    assert_eq!(body["asked"]["age"], Json::Null, "what is not known is said not to be");
    assert_eq!(call.until, world.now.plus_ms(600_000));
    answers(&mut world, json!({"covered": false, "copay": 20, "plan": "Silver", "ssn": "of no use"}));
    assert_eq!(notes(&world), ["Not covered, Silver"]);
    assert_eq!(world.calls_moved, [CallMove::Over(call.id)]);
    let kept = &world.told("service.answered")[0].body["answers"];
    assert_eq!(kept, &json!({"covered": false, "copay": 20, "plan": "Silver"}), "nobody asked for more");
}

#[test]
fn what_does_not_fit_its_type_has_failed_and_what_is_left_out_is_unknown() {
    for wrong in [
        json!({"covered": "no"}),
        json!({"covered": false, "copay": 1001}),
        json!({"covered": false, "plan": ["Silver"]}),
        json!({"covered": 0}),
    ] {
        let mut world = world();
        answers(&mut world, wrong.clone());
        assert_eq!((notes(&world).len(), world.open("ask_by_hand").len()), (0, 1), "{wrong}");
        world.until(at(1, 0, 0));
        assert_eq!(world.calls.len(), 1, "{wrong}");
    }
    let mut world = world();
    answers(&mut world, json!({"plan": "Silver", "covered": null}));
    assert_eq!((notes(&world).len(), world.open("ask_by_hand").len()), (0, 1), "unknown is not no");
}

#[test]
fn no_answer_in_time_goes_on_by_itself_and_a_late_one_changes_nothing() {
    let mut world = world();
    world.until(at(0, 15, 9));
    assert!(world.open("ask_by_hand").is_empty());
    world.until(at(0, 15, 10));
    assert_eq!(world.open("ask_by_hand").len(), 1, "whoever was to bring the answer");
    assert_eq!(world.calls_moved, [CallMove::Over(world.calls[0].id)], "it is tried no more");
    answers(&mut world, json!({"covered": false, "copay": 1, "plan": "Gold"}));
    assert_eq!((notes(&world).len(), world.open("ask_by_hand").len()), (0, 1));
    assert_eq!(world.told("service.answered").len(), 1, "it is kept");
    let mut world = self::world();
    came(&mut world, "service.failed", json!({"because": "http_404"})).unwrap();
    assert_eq!(world.open("ask_by_hand").len(), 1);
}

#[test]
fn an_answer_counts_once_and_only_the_hub_says_it() {
    let mut world = world();
    let call = world.calls[0].clone();
    let body =
        json!({"call": call.id, "journey": call.journey, "service": "eligibility", "answers": {"covered": false}});
    let mut forged = Fact::own("service.answered", "forged", world.person, world.now, body);
    forged.source = "hospital".into();
    assert!(world.takes(forged).unwrap_err().contains("only the hub"));
    assert!(notes(&world).is_empty());
    answers(&mut world, json!({"covered": false, "plan": "A"}));
    answers(&mut world, json!({"covered": false, "plan": "B"}));
    assert_eq!(notes(&world), ["Not covered, A"]);
}

#[test]
fn a_call_goes_with_its_journey() {
    let mut world = world();
    let journey = world.calls[0].journey;
    let fact = world.fact("encounter.readmitted", json!({"id": "Encounter/1", "of": "Encounter/1"}));
    world.takes(fact).unwrap();
    assert!(world.calls_moved.contains(&CallMove::Gone(journey)), "{:?}", world.calls_moved);
    answers(&mut world, json!({"covered": false}));
    assert!(notes(&world).is_empty());
    assert_eq!(world.told("service.answered")[0].body["answers"], json!({}), "nobody asks any more");
}

#[test]
fn a_halt_holds_calls_and_what_came_meanwhile_is_heard_afterwards() {
    let mut world = world();
    let journey = world.calls[0].journey;
    world.halt("cover");
    assert_eq!(world.calls_moved, [CallMove::Held(journey, true)]);
    answers(&mut world, json!({"covered": false, "plan": "Silver"}));
    assert!(notes(&world).is_empty());
    world.resume();
    assert!(world.calls_moved.contains(&CallMove::Held(journey, false)));
    assert!(notes(&world).contains(&"Not covered, Silver".to_owned()), "{:?}", notes(&world));
}

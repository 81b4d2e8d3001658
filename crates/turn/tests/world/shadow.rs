//! A version in shadow of one person's line: what answers it, what it never begins, and when it is over.

use crate::harness::{World, at, at_discharge};
use model::shadow::{Side, Wish};
use model::{At, Would};
use pathway::Pathway;
use serde_json::json;
use std::sync::Arc;
use throughline_turn::Shadow;

/// The nurses are asked on day `day`; a wound that is red goes to the surgeons.
fn calls(day: u32, more: &str) -> Arc<Pathway> {
    at_discharge(
        "calls",
        &format!(
            "forms:
  wound:
    title: Wound
    questions:
      - ask: red
        label: Is it red?
        answer: yes or no
tracks:
  rest:
    - wait: day 10 at 09:00
  main:
    - wait: day {day} at 09:00
    - prompt: check
      to: nurses
      do: Call
      why: To hear how they are.
      form: wound
      due: 8 team hours
    - branch:
        - if: check.red
          then: surgeons
      unknown: end
      else: end
sub_pathways:
  surgeons:
    - prompt: review
      to: surgeons
      do: Look at it
      why: The wound is red.
      due: 2 team hours
{more}"
        ),
    )
}

/// `new` in shadow of what is in force.
fn shadow(world: &mut World, new: &Arc<Pathway>, since: At) {
    world.setup.keep_version(new);
    world.setup.changes.shadows = vec![Shadow {
        number: 7,
        pathway: new.name.clone(),
        version: new.version,
        since,
        until: Shadow::until(since),
        why: "to see".into(),
        by: "lena".into(),
    }];
}

fn told(world: &World, side: Side) -> Vec<String> {
    let stamp = |at: At| {
        let minutes = (at.0 - crate::harness::MONDAY.0) / 60_000;
        format!("{} {:02}:{:02}", minutes / 1440, minutes / 60 % 24, minutes % 60)
    };
    let line = |w: &&Would| format!("{} {} {}", stamp(w.at), w.wish.name(), w.step).trim_end().to_owned();
    world.would.iter().filter(|w| w.side == side).map(|w| line(&w)).collect()
}

#[test]
fn an_outcome_is_heard_at_the_step_of_the_same_name_also_when_the_shadow_asks_later() {
    for (day, asked) in [(1, "1 09:00"), (2, "2 09:00")] {
        let mut world = World::new(&[calls(1, "")], at(0, 9, 0));
        shadow(&mut world, &calls(day, "# Another version.\n"), at(0, 8, 0));
        world.is_discharged();
        world.until(at(1, 10, 0));
        let prompt = world.one("check");
        world.ends(&prompt, json!({"outcome": "done", "answers": {"red": true}})).unwrap();
        world.until(at(3, 9, 0));
        assert_eq!(
            told(&world, Side::Force),
            ["0 09:00 begin", "1 09:00 prompt main/check", "1 10:00 prompt surgeons/review"]
        );
        let review = if day == 1 { "1 10:00" } else { asked };
        let expected = [
            "0 09:00 begin".to_owned(),
            format!("{asked} prompt main/check"),
            format!("{review} prompt surgeons/review"),
        ];
        assert_eq!(told(&world, Side::Shadow), expected);
        assert_eq!(world.prompts.len(), 2, "nobody was asked but by the version in force");
    }
}

#[test]
fn a_correction_is_one_for_the_shadow_too() {
    let mut world = World::new(&[calls(1, "")], at(0, 9, 0));
    shadow(&mut world, &calls(1, "# Another version.\n"), at(0, 8, 0));
    world.is_discharged();
    world.until(at(1, 10, 0));
    let prompt = world.one("check");
    world.ends(&prompt, json!({"outcome": "done", "answers": {"red": false}})).unwrap();
    world.until(at(1, 11, 0));
    let body = json!({"prompt": prompt.id, "outcome": "done", "answers": {"red": true}});
    world.nurse("prompt.corrected", body).unwrap();
    world.until(at(1, 12, 0));
    assert_eq!(told(&world, Side::Shadow), told(&world, Side::Force));
    assert_eq!(told(&world, Side::Shadow).last().unwrap(), "1 11:00 prompt surgeons/review");
}

#[test]
fn history_and_journeys_from_before_start_nothing_in_shadow() {
    let new = calls(2, "");
    let mut imported = World::new(&[calls(1, "")], at(0, 9, 0));
    shadow(&mut imported, &new, at(0, 8, 0));
    imported.was_discharged();
    imported.until(at(3, 9, 0));
    assert_eq!(imported.would, []);
    // The very encounter whose journey is under way already is not begun anew, and is not compared.
    let mut world = World::new(&[calls(1, "")], at(0, 9, 0));
    world.is_discharged();
    world.until(at(0, 10, 0));
    shadow(&mut world, &new, at(0, 10, 0));
    world.until(at(0, 11, 0));
    world.is_discharged();
    world.until(at(3, 9, 0));
    assert_eq!(world.would, []);
    assert_eq!(world.begun("calls"), 1);
}

#[test]
fn it_ends_by_itself_by_an_order_and_with_a_death() {
    let new = calls(5, "");
    let begun = || {
        let mut world = World::new(&[calls(1, "")], at(0, 9, 0));
        shadow(&mut world, &new, at(0, 8, 0));
        world.is_discharged();
        assert_eq!(world.state().first(), Some(&5), "it keeps a journey");
        world
    };
    let mut ordered = begun();
    ordered.setup.changes.shadows.clear();
    ordered.until(at(0, 10, 0));
    assert_eq!(ordered.state().first(), Some(&4));
    let mut late = begun();
    late.setup.changes.shadows[0].until = at(4, 0, 0);
    late.until(at(6, 0, 0));
    assert_eq!(late.state().first(), Some(&4));
    assert!(told(&late, Side::Shadow).len() == 1, "it did not come to its step");
    let mut dead = begun();
    dead.hears("person.died", "Encounter/1", json!({"deceased_at": at(1, 8, 0)}));
    dead.until(at(6, 0, 0));
    let ends = dead.would.iter().filter(|w| w.wish == Wish::End && w.side == Side::Shadow).count();
    assert_eq!(ends, 1, "{:?}", dead.would);
    assert!(!told(&dead, Side::Shadow).iter().any(|t| t.contains("prompt")), "{:?}", dead.would);
}

#[test]
fn a_version_that_is_not_known_here_stands_still_until_it_is() {
    let mut world = World::new(&[calls(1, "")], at(0, 9, 0));
    let endless = at_discharge(
        "calls",
        "tracks:\n  main:\n    - wait: day 1 at 09:00\n    - prompt: check\n      to: nurses\n      do: Call\n      why: Why.\n      due: 8 team hours\n",
    );
    shadow(&mut world, &endless, at(0, 8, 0));
    // A version that this process does not know stands still, and is there again when it is known.
    world.is_discharged();
    let known = world.setup.versions.remove(&endless.version).unwrap();
    world.until(at(1, 9, 0));
    assert_eq!((world.open("check").len(), world.state().first()), (1, Some(&5)));
    assert_eq!(told(&world, Side::Shadow), ["0 09:00 begin"]);
    world.setup.versions.insert(known.version, known);
    world.until(at(1, 12, 0));
    assert_eq!(told(&world, Side::Shadow), ["0 09:00 begin", "1 12:00 prompt main/check"]);
}

/// The engine is made to stop by a time that no reader lets through: counting with it overflows, which is looked for
/// where assertions are.
#[cfg(debug_assertions)]
#[test]
fn a_shadow_that_fails_is_over_for_that_person_and_costs_them_nothing() {
    let mut world = World::new(&[calls(1, "")], at(0, 9, 0));
    let mut other = Pathway::clone(&calls(1, "# Another version.\n"));
    other.enrol.on = "note.made".into();
    shadow(&mut world, &Arc::new(other), at(0, 8, 0));
    let failed = |world: &World| world.would.iter().filter(|w| w.wish == Wish::Failed).count();
    world.is_discharged();
    assert_eq!(failed(&world), 0);
    for round in 0..3 {
        let mut fact = world.fact("note.made", json!({"text": "a note"}));
        fact.occurred_at = At(i64::MIN);
        world.takes(fact).unwrap();
        assert_eq!(failed(&world), 1, "round {round}, once: {:?}", world.would);
    }
    world.until(at(1, 10, 0));
    assert_eq!((world.begun("calls"), world.open("check").len()), (1, 1), "what is real goes on");
    assert_eq!(failed(&world), 1);
    // Once the shadow is over, nothing of it is kept.
    assert_eq!(world.state()[0], 5);
    world.setup.changes.shadows.clear();
    world.until(at(1, 11, 0));
    let prompt = world.one("check");
    world.ends(&prompt, json!({"outcome": "done", "answers": {"red": false}})).unwrap();
    assert_eq!(world.state()[0], 4);
}

#[test]
fn what_is_shown_at_once_has_a_bound_and_what_no_shadow_hears_is_no_part_of_it() {
    let mut world = World::new(&[calls(1, "")], at(0, 9, 0));
    shadow(&mut world, &calls(1, "# Another version.\n"), at(0, 8, 0));
    world.is_discharged();
    let many = |world: &mut World, kind: &str| {
        let mut facts: Vec<_> = (0..5_000).map(|n| world.fact(kind, json!({"text": n.to_string()}))).collect();
        facts.iter_mut().for_each(|fact| fact.origin = model::Origin::History);
        world.take_all(facts);
    };
    many(&mut world, "note.made");
    assert_eq!(told(&world, Side::Shadow), ["0 09:00 begin"]);
    world.until(at(1, 9, 0));
    assert_eq!(told(&world, Side::Shadow), ["0 09:00 begin", "1 09:00 prompt main/check"]);
    many(&mut world, "encounter.discharged");
    let over = told(&world, Side::Shadow);
    assert_eq!(over.last().map(String::as_str), Some("1 09:00 failed"), "{over:?}");
    world.until(at(2, 9, 0));
    assert_eq!(told(&world, Side::Shadow), over, "and it is over");
}

//! A cohort sweep over a store in which people were long before the pathway.

use crate::harness::World;
use hub::Settings;
use std::sync::Arc;
use testkit::story::Story;

const PATHWAY: &str = "pathway: weekly-call
language: 1
title: A call each month
owner: primary-care
fallback_team: charge_nurse
speaks: [en]
enrol:
  every: monday at 08:00
  when: record.age >= 18
  once_per: person
  again_after: 10 days
leave:
  - after: 5 days
goals:
  called: { title: Someone called, when: call.reached == true, within: 3 days }
tracks:
  main:
    - prompt: call
      to: surgical_nurses
      do: Call them
      why: To hear how they are.
      due: 8 team hours
";

fn with_sweep() -> Settings {
    let mut settings = Settings::shipped(outreach::Clinic::default()).expect("what ships reads");
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let (pathway, _) = pathway::read("weekly.yaml", PATHWAY, &pathway::CodeSets::default(), &teams).expect("it reads");
    settings.pathways.push(Arc::new(pathway));
    settings
}

#[test]
fn who_slept_in_the_store_is_swept_in_once_a_week_and_after_a_restart_too() {
    let (mut world, david) = World::after(&Story::david());
    // His journey is over, and nothing would wake his line.
    world.goes_on(30, "12:00");
    assert_eq!(world.hub().next_wake().expect("a wake"), None, "he sleeps");
    world.settings = std::sync::Arc::new(with_sweep());
    world.start();
    let begun = |world: &World| {
        let all = world.facts(david, "journey.started");
        all.iter().filter(|f| f.text("pathway") == Some("weekly-call")).count()
    };
    let mut weeks = Vec::new();
    for day in 31..60 {
        world.start();
        world.goes_on(day, "23:00");
        weeks.push(begun(&world));
    }
    let (first, last) = (weeks[0], weeks[28]);
    assert_eq!((first, last), (0, 2), "every third Monday: five days on it, and ten after: {weeks:?}");
    let started = world.facts(david, "journey.started");
    let local = started[0].occurred_at.time_in(&world.zone);
    assert!((8..=9).contains(&local.hour()), "{local}");
    let mut missed = world.facts(david, "goal.missed");
    missed.retain(|f| f.text("pathway") == Some("weekly-call"));
    assert_eq!(missed.len(), 2, "nobody called within three days");
    assert_eq!(world.facts(david, "enrolment.swept").len(), 2);
}

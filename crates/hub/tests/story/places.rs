//! Three places and ten people: never more than three on the pathway, first come first, whatever is delivered twice and
//! however often the process is started anew.

use crate::harness::{On, World, read_settings};
use hub::{Order, Settings};
use model::PersonId;
use serde_json::json;
use std::sync::Arc;
use testkit::story::{DAY_0, Story};

fn settings(at_most: &str) -> Arc<Settings> {
    let text = format!(
        "pathway: calls
language: 1
title: A call a week
owner: surgery
fallback_team: charge_nurse
speaks: [en]
enrol:
  on: encounter.discharged
  once_per: person
  at_most: {at_most}
  waits: 20 days
leave:
  - after: 60 days
tracks:
  main:
    - prompt: weekly_call
      to: surgical_nurses
      do: Call them
      why: To hear how they are.
      due: 8 team hours
"
    );
    let mut settings = read_settings();
    settings.pathways.retain(|p| p.standing);
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let read = pathway::read("calls.yaml", &text, &pathway::CodeSets::default(), &teams);
    settings.pathways.push(Arc::new(read.expect("it reads").0));
    Arc::new(settings)
}

fn people(n: u32) -> Vec<Story> {
    let of = |n: u32| {
        let phone = format!("+1212555{:04}", 200 + n);
        Story::of(&(3000 + n).to_string(), "Ada", &format!("Number{n}"), "female", "1980-01-01", &phone)
    };
    (1..=n).map(of).collect()
}

fn is_on(world: &World, person: PersonId) -> bool {
    world.journeys(person) == ["calls active"]
}

fn on_it(world: &World, all: &[PersonId]) -> Vec<usize> {
    (0..all.len()).filter(|n| is_on(world, all[*n])).collect()
}

/// Everybody goes home, a minute after each other.
fn go_home(world: &mut World, stories: &[Story]) -> Vec<PersonId> {
    let mut all = Vec::new();
    for story in stories {
        world.hears(&story.discharge());
        all.push(world.person(&story.person.mrn));
        let next = world.now().plus_ms(60_000);
        world.until(next);
        assert!(on_it(world, &all).len() <= 3);
    }
    all
}

fn three_places_and_ten_people(on: On, twice: bool, restart: bool) {
    let mut world = World::with(on, DAY_0.plus_ms(60_000), settings("3"));
    (world.twice, world.restart) = (twice, restart);
    let stories = people(10);
    let all = go_home(&mut world, &stories);
    assert_eq!(on_it(&world, &all), [0, 1, 2], "first come first");
    let line = world.hub().store().in_line("calls").expect("the line");
    assert_eq!(line.values().map(|l| l.n).sum::<i64>(), 7);
    assert_eq!(world.hub().look(all[4]).expect("a person").waits.len(), 1);
    // The fifth dies while they wait.
    let mut patient = stories[4].patient();
    patient["deceasedDateTime"] = json!(world.now());
    world.hears(&patient);
    let mut begun: Vec<usize> = vec![0, 1, 2];
    for day in 1..=9 {
        // A new process each day in any case.
        world.start();
        world.goes_on(day, "10:00");
        let now = on_it(&world, &all);
        assert!(now.len() <= 3, "day {day}: {now:?}");
        let Some(first) = now.first() else { break };
        world.completes(all[*first], "weekly_call", "done", json!({}));
        let more: Vec<usize> = on_it(&world, &all).into_iter().filter(|n| !begun.contains(n)).collect();
        begun.extend(more);
    }
    assert_eq!(begun, [0, 1, 2, 3, 5, 6, 7, 8, 9], "everyone who lives began, in the order in which they came");
    for person in &all {
        let began = world.facts(*person, "journey.started");
        assert!(began.iter().filter(|f| f.text("pathway") == Some("calls")).count() <= 1);
    }
    let store = world.hub().store();
    assert!(store.in_line("calls").expect("the line").is_empty());
    assert!(store.places_taken("calls").expect("places").is_empty(), "no place is kept");
}

#[test]
fn three_places_and_ten_people_on_sqlite() {
    three_places_and_ten_people(On::Sqlite, false, false);
}

#[test]
fn three_places_and_ten_people_with_everything_twice_and_a_new_process_each_time() {
    three_places_and_ten_people(On::Sqlite, true, true);
}

#[test]
fn three_places_and_ten_people_on_postgres() {
    three_places_and_ten_people(On::Postgres, true, false);
}

#[test]
fn a_crash_between_the_two_writes_loses_no_place_and_a_new_limit_counts_at_once() {
    let mut world = World::with(On::Sqlite, DAY_0.plus_ms(60_000), settings("3"));
    let stories = people(6);
    let all = go_home(&mut world, &stories);
    let now = world.now();
    world.sleeps_until(now);
    {
        // The row is marked, and the process dies before the fact is taken in.
        let store = world.opened();
        let next = store.next_in_line("calls", None, 1).expect("the line");
        assert_eq!(next[0].person, all[3]);
        let mut lane = store.take_lane(store.lane_of(all[3].part())).expect("a lane");
        assert_eq!(lane.give(next).expect("given").len(), 1);
    }
    // A new version with four places; the three that are on the older one count.
    let three = Arc::clone(&world.settings);
    let mut four = settings("4");
    let older = three.pathways.iter().filter(|p| p.name == "calls").cloned();
    Arc::get_mut(&mut four).expect("nobody else has it").older.extend(older);
    world.settings = four;
    world.start();
    world.until(now.plus_ms(60_000));
    assert_eq!(on_it(&world, &all), [0, 1, 2, 3]);
    world.start();
    world.until(now.plus_ms(120_000));
    assert_eq!(on_it(&world, &all), [0, 1, 2, 3], "and once");
    assert_eq!(world.facts(all[3], "place.given").len(), 1);
}

#[test]
fn a_place_is_not_lost_by_a_turn_that_fails_on_it() {
    let mut world = World::with(On::Sqlite, DAY_0.plus_ms(60_000), settings("3"));
    let stories = people(4);
    let all = go_home(&mut world, &stories);
    let now = world.now();
    world.sleeps_until(now);
    {
        // What a failing turn leaves: the row is marked, and its fact put aside.
        let store = world.opened();
        let next = store.next_in_line("calls", None, 1).expect("the line");
        assert_eq!(next[0].person, all[3]);
        let mut lane = store.take_lane(store.lane_of(all[3].part())).expect("a lane");
        assert_eq!(lane.give(next.clone()).expect("given").len(), 1);
        lane.accept(&[turn::places::given(&next[0], now)], now).expect("taken in");
        let parked: Vec<_> =
            lane.waiting(10).expect("it waits").iter().map(|w| (w.part, w.seq, "failed".into())).collect();
        assert_eq!(parked.len(), 1);
        lane.park(&parked, now).expect("put aside");
    }
    let three = Arc::clone(&world.settings);
    let mut four = settings("4");
    let older = three.pathways.iter().filter(|p| p.name == "calls").cloned();
    Arc::get_mut(&mut four).expect("nobody else has it").older.extend(older);
    world.settings = four;
    for minute in 1..=2 {
        world.start();
        world.until(now.plus_ms(minute * 60_000));
        assert_eq!(on_it(&world, &all), [0, 1, 2, 3]);
    }
    assert_eq!(world.facts(all[3], "place.given").len(), 1);
    assert_eq!(world.hub().store().places_taken("calls").expect("places").values().sum::<i64>(), 4);
}

#[test]
fn a_halted_pathway_gives_no_places_and_a_limit_that_is_new_counts_who_is_on_the_way() {
    let mut world = World::with(On::Sqlite, DAY_0.plus_ms(60_000), settings("100"));
    let stories = people(5);
    for story in &stories[..4] {
        world.hears(&story.discharge());
    }
    let mut all: Vec<PersonId> = stories[..4].iter().map(|s| world.person(&s.person.mrn)).collect();
    assert_eq!(on_it(&world, &all), [0, 1, 2, 3]);
    // Only two from now on: nobody is thrown out, and nobody else begins.
    let many = Arc::clone(&world.settings);
    let mut two = settings("2");
    let older = many.pathways.iter().filter(|p| p.name == "calls").cloned();
    Arc::get_mut(&mut two).expect("nobody else has it").older.extend(older);
    world.settings = two;
    world.start();
    world.hears(&stories[4].discharge());
    all.push(world.person(&stories[4].person.mrn));
    for n in 0..2 {
        world.completes(all[n], "weekly_call", "done", json!({}));
        assert_eq!(on_it(&world, &all).len(), 3 - n, "still two or more are on it");
    }
    let halt = Order::Halt { pathway: "calls".into(), version: None, why: "a mistake in it".into() };
    let number = world.hub().order("nora", "halt", &halt).expect("halted");
    world.completes(all[2], "weekly_call", "done", json!({}));
    world.goes_on(1, "10:00");
    assert!(!is_on(&world, all[4]), "halted");
    world.hub().order("nora", "resume", &Order::Resume { pathway: "calls".into(), of: number }).expect("resumed");
    world.goes_on(1, "12:00");
    assert!(is_on(&world, all[4]));
}

//! Two source records turn out to be one person, and then not, with a journey under way.

use crate::DAVID;
use crate::harness::{On, World, same};
use channels::handset::Policy;
use model::PersonId;
use serde_json::json;
use testkit::fhir::MRN;
use testkit::story::{DAY_0, Story};

/// The other source record: the same man in another department, with a number that he no longer has.
fn other() -> Story {
    Story::of("2001", "Dave", "Reyes", "male", "1984-03-09", "+12125550177")
}

/// Says on the line of 2001 that 1001 is the same person, or is not.
fn tells(world: &mut World, kind: &str) {
    let data = json!({"from": format!("{MRN}|1001"), "to": format!("{MRN}|2001")});
    let event = json!({"specversion": "1.0", "type": kind, "source": "hospital", "id": format!("{kind}-{}", world.now()),
        "time": world.now(), "data": data});
    world.event(&event);
}

/// What both lines have of messages and prompts; a prompt that moved stands where it is now.
fn both(world: &World, lines: [PersonId; 2]) -> Vec<String> {
    let mut all: Vec<(i32, String)> = Vec::new();
    for line in lines {
        for text in world.list(line) {
            let day = text.split(' ').nth(1).unwrap().parse().unwrap();
            all.push((day, text));
        }
    }
    all.sort();
    all.into_iter().map(|(_, text)| text).collect()
}

fn merged_and_unmerged(on: On, twice: bool) {
    let story = Story::david();
    let mut world = World::new(on, DAY_0.plus_ms(60_000));
    world.twice = twice;
    world.hears(&story.discharge());
    world.hears(&other().patient());
    let (loser, winner) = (world.person("1001"), world.person("2001"));
    assert_ne!(loser, winner);
    // A call rings while the two are merged: its end belongs to a message of the line that closes.
    world.goes_on(1, "15:00");
    world.handset.set_policy(DAVID, Policy::Manual);
    world.hears(&story.dispense_ready(world.now()));
    let call = world.handset.calls_ringing(DAVID).remove(0).call;
    tells(&mut world, "person.merged");
    assert_eq!(world.person("1001"), winner, "found by either number");
    assert_eq!(world.hub().look(loser).unwrap().person, winner);
    assert_eq!(world.journeys(winner), ["post-surgical-follow-up active"]);
    assert_eq!(world.journeys(loser), Vec::<String>::new());
    let now = world.now();
    world.handset.answer(call, now).unwrap();
    world.handset.press(call, '1', now).unwrap();
    world.handset.hang_up(call, now).unwrap();
    world.goes_on(1, "15:10");
    let row = |world: &World, line| world.list_of(line, &["medicine_ready"]);
    same(&row(&world, loser), &["day 1 15:00 voice medicine_ready: delivered"]);
    same(&row(&world, winner), &[""; 0]);
    // The nurse's outcome, a reply and a resource go to the line that stays.
    world.completes(winner, "check", "done", json!({"pain": 2, "bleeding": false, "wound": "clean", "fever": false}));
    world.goes_on(2, "12:10");
    world.texts(DAVID, "DONE");
    let ticked = |w: &mut World| w.hub().look(winner).unwrap().tasks.iter().filter(|t| t.done).count();
    assert_eq!(ticked(&mut world), 1);
    world.hears(&story.appointment_moved(world.at(8, "10:00")));
    world.handset.set_policy(DAVID, Policy::NoAnswer);
    world.goes_on(2, "20:00");
    same(
        &both(&world, [loser, winner]),
        &[
            "day 1 08:00 email todays_list: delivered",
            "day 1 09:00 prompt check to surgical_nurses: done",
            "day 1 09:00 prompt check to surgical_nurses: withdrawn",
            "day 1 10:00 sms appointment_booked: delivered",
            "day 1 12:00 sms task_now: delivered",
            "day 1 15:00 voice medicine_ready: delivered",
            "day 2 08:00 email todays_list: delivered",
            "day 2 09:00 sms task_now: delivered",
            "day 2 12:00 sms task_now: delivered",
            "day 2 12:10 sms appointment_booked: delivered",
            "day 2 17:00 voice medicine_waiting: failed",
            "day 2 17:00 voicemail medicine_waiting: delivered",
        ],
    );
    // It was an error: the journey goes back, and goes on.
    tells(&mut world, "person.unmerged");
    assert_eq!(world.person("1001"), loser);
    assert_eq!(world.journeys(loser), ["post-surgical-follow-up active"]);
    assert_eq!(world.journeys(winner), Vec::<String>::new());
    let since = world.now();
    world.goes_on(3, "08:30");
    world.hears(&story.dispense_picked_up(world.now()));
    world.goes_on(8, "12:00");
    let after: Vec<_> =
        world.list(loser).into_iter().filter(|l| !l.contains("day 1") && !l.contains("day 2")).collect();
    same(
        &after,
        &[
            "day 3 08:00 email todays_list: delivered",
            "day 3 09:00 sms task_now: delivered",
            "day 3 16:00 sms task_now: delivered",
            "day 4 08:00 email todays_list: delivered",
            "day 4 09:00 sms task_now: delivered",
            "day 4 16:00 sms task_now: delivered",
            "day 5 08:00 email todays_list: delivered",
            "day 5 09:00 sms task_now: delivered",
            "day 5 16:00 sms task_now: delivered",
            "day 6 08:00 email todays_list: delivered",
            "day 6 09:00 sms task_now: delivered",
            "day 6 16:00 sms task_now: delivered",
            "day 7 08:00 email todays_list: delivered",
            "day 7 09:00 sms task_now: delivered",
            "day 7 10:00 sms appointment_tomorrow: delivered",
            "day 7 16:00 sms task_now: delivered",
            "day 8 08:00 email todays_list: delivered",
            "day 8 09:00 sms task_now: delivered",
        ],
    );
    let added: Vec<_> =
        world.list(winner).into_iter().filter(|l| !l.contains("day 1") && !l.contains("day 2")).collect();
    same(&added, &[""; 0]);
    assert_eq!(world.words("+12125550177", since), Vec::<String>::new());
}

#[test]
fn a_merge_and_its_undoing_with_a_journey_under_way_on_sqlite() {
    merged_and_unmerged(On::Sqlite, false);
}

#[test]
fn a_merge_and_its_undoing_with_a_journey_under_way_on_postgresql_with_every_input_twice() {
    merged_and_unmerged(On::Postgres, true);
}

#[test]
fn a_discharge_that_is_cancelled_after_a_merge_ends_the_journey() {
    let story = Story::david();
    let (mut world, loser) = World::after(&story);
    world.hears(&other().patient());
    let winner = world.person("2001");
    world.goes_on(1, "10:30");
    tells(&mut world, "person.merged");
    world.goes_on(1, "11:00");
    world.hears(&story.discharge_cancelled());
    world.goes_on(3, "12:00");
    assert_eq!(world.journeys(winner), ["post-surgical-follow-up ended: encounter.discharge_cancelled"]);
    same(
        &both(&world, [loser, winner]),
        &[
            "day 1 08:00 email todays_list: delivered",
            "day 1 09:00 prompt check to surgical_nurses: withdrawn",
            "day 1 09:00 prompt check to surgical_nurses: withdrawn",
            "day 1 10:00 sms appointment_booked: delivered",
        ],
    );
}

#[test]
fn what_waits_in_the_outbox_of_a_line_that_closed_is_taken_back_all_the_same() {
    let story = Story::david();
    let (mut world, loser) = World::after(&story);
    world.hears(&other().patient());
    let winner = world.person("2001");
    world.goes_on(1, "15:00");
    world.sends = false;
    world.start();
    world.hears(&story.dispense_ready(world.now()));
    tells(&mut world, "person.merged");
    world.goes_on(1, "15:05");
    same(&world.list_of(loser, &["medicine_ready"]), &["day 1 15:00 voice medicine_ready: queued"]);
    world.hears(&story.dispense_picked_up(world.now()));
    same(&world.list_of(loser, &["medicine_ready"]), &["day 1 15:00 voice medicine_ready: withdrawn"]);
    assert_eq!(world.hub().look(winner).unwrap().record.prescriptions.len(), 2);
}

#[test]
fn a_stop_said_while_they_were_one_holds_for_both_afterwards() {
    let story = Story::david();
    let (mut world, loser) = World::after(&story);
    world.hears(&other().patient());
    let winner = world.person("2001");
    world.goes_on(1, "10:30");
    tells(&mut world, "person.merged");
    world.goes_on(1, "11:00");
    world.texts(DAVID, "STOP");
    world.goes_on(1, "11:30");
    tells(&mut world, "person.unmerged");
    let since = world.now();
    world.goes_on(3, "12:00");
    assert_eq!(world.words(DAVID, since), Vec::<String>::new());
    assert_eq!(world.journeys(loser), ["post-surgical-follow-up active"]);
    for line in [loser, winner] {
        let record = world.hub().look(line).unwrap().record;
        assert_eq!(record::allowed(&record, model::Purpose::Care, model::Channel::Sms), Some(false));
    }
}

fn what_waits_on_a_line_that_closed_has_its_guards_asked_where_they_are(on: On) {
    let story = Story::david();
    let mut world = World::new(on, DAY_0.plus_ms(60_000));
    world.hears(&story.discharge());
    world.hears(&other().patient());
    let (loser, winner) = (world.person("1001"), world.person("2001"));
    world.goes_on(1, "20:58");
    let scope = hub::sending::Scope::Channel(model::Channel::Voice);
    let pause = hub::Order::Pause { scope, why: "the words are wrong".into() };
    let number = world.hub().order("lena", "a", &pause).unwrap();
    world.goes_on(1, "20:59");
    world.hears(&story.dispense_ready(world.now()));
    tells(&mut world, "person.merged");
    same(&world.list_of(loser, &["medicine_ready"]), &["day 1 20:59 voice medicine_ready: queued"]);
    // By now it is too late to ring.
    world.sleeps(1, "21:03");
    world.hub().order("omar", "b", &hub::Order::Unpause { of: number }).unwrap();
    world.goes_on(1, "21:10");
    same(&world.list_of(loser, &["medicine_ready"]), &["day 1 20:59 voice medicine_ready: withdrawn"]);
    assert!(world.handset.calls_ringing(DAVID).is_empty());
    world.goes_on(2, "12:00");
    let again = world.list_of(winner, &["medicine_ready"]);
    assert!(again.first().is_some_and(|line| line.starts_with("day 2 08:00")), "{again:?}");
    world.check();
}

#[test]
fn what_waits_on_a_line_that_closed_has_its_guards_asked_where_they_are_on_sqlite() {
    what_waits_on_a_line_that_closed_has_its_guards_asked_where_they_are(On::Sqlite);
}

#[test]
fn what_waits_on_a_line_that_closed_has_its_guards_asked_where_they_are_on_postgres() {
    what_waits_on_a_line_that_closed_has_its_guards_asked_where_they_are(On::Postgres);
}

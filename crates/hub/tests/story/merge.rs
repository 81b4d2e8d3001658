//! Two source records turn out to be one person, and then not, with a journey under way.

use crate::DAVID;
use crate::harness::{On, World, same};
use channels::handset::Policy;
use model::PersonId;
use model::message::Status;
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

/// Something that a nurse wrote waits on the line of 1001, texts being paused, and the two become one. The pause.
fn a_nurses_text_waits_while_two_become_one(on: On) -> (World, [PersonId; 2], i64) {
    let story = Story::david();
    let mut world = World::new(on, DAY_0.plus_ms(60_000));
    world.hears(&story.discharge());
    world.hears(&other().patient());
    let lines = [world.person("1001"), world.person("2001")];
    world.goes_on(1, "11:00");
    let scope = hub::sending::Scope::Channel(model::Channel::Sms);
    let pause = hub::Order::Pause { scope, why: "the words are wrong".into() };
    let number = world.hub().order("lena", "a", &pause).unwrap();
    writes(&mut world, lines[0], None);
    same(&world.list_of(lines[0], &["written"]), &["day 1 11:00 sms written: queued"]);
    tells(&mut world, "person.merged");
    (world, lines, number)
}

fn writes(world: &mut World, person: PersonId, not_before: Option<model::At>) {
    let body = json!({"channel": "sms", "text": "You can shower tomorrow.", "language": "en", "by": "Ana Okafor, RN",
        "not_before": not_before});
    let fact = model::Fact::own("message.written", "a", person, world.now(), body);
    world.says(person, fact.by(model::Actor::Staff("nurse.okafor".into()))).unwrap();
}

fn has_the_words(world: &World, since: model::At) -> usize {
    world.words(DAVID, since).iter().filter(|words| words.contains("You can shower tomorrow.")).count()
}

fn what_staff_wrote_and_waits_on_a_line_that_closed_leaves_once(on: On) {
    let (mut world, [loser, winner], pause) = a_nurses_text_waits_while_two_become_one(on);
    let since = world.now();
    world.goes_on(1, "11:30");
    world.hub().order("omar", "b", &hub::Order::Unpause { of: pause }).unwrap();
    world.goes_on(1, "11:40");
    assert_eq!(has_the_words(&world, since), 1);
    same(&world.list_of(loser, &["written"]), &["day 1 11:00 sms written: withdrawn"]);
    same(&world.list_of(winner, &["written"]), &["day 1 11:30 sms written: delivered"]);
    world.goes_on(3, "12:00");
    assert_eq!(has_the_words(&world, since), 1);
    let about_it = |p: &model::prompt::Prompt| p.reason.contains("shower");
    let prompts: Vec<_> = [loser, winner].iter().flat_map(|line| world.prompts(*line)).filter(about_it).collect();
    assert!(prompts.is_empty(), "it arrived: {prompts:?}");
}

#[test]
fn what_staff_wrote_and_waits_on_a_line_that_closed_leaves_once_on_sqlite() {
    what_staff_wrote_and_waits_on_a_line_that_closed_leaves_once(On::Sqlite);
}

#[test]
fn what_staff_wrote_and_waits_on_a_line_that_closed_leaves_once_on_postgres() {
    what_staff_wrote_and_waits_on_a_line_that_closed_leaves_once(On::Postgres);
}

fn what_staff_wrote_and_waits_on_a_line_that_closed_heeds_a_stop(on: On) {
    let (mut world, [loser, winner], pause) = a_nurses_text_waits_while_two_become_one(on);
    let since = world.now();
    world.goes_on(1, "11:01");
    world.texts(DAVID, "STOP");
    same(&world.list_of(loser, &["written"]), &["day 1 11:00 sms written: withdrawn"]);
    world.hub().order("omar", "b", &hub::Order::Unpause { of: pause }).unwrap();
    world.goes_on(2, "12:00");
    assert_eq!(has_the_words(&world, since), 0);
    let prompt = world.prompt(winner, "nothing_left");
    assert!(prompt.reason.contains("You can shower tomorrow."), "{}", prompt.reason);
}

#[test]
fn what_staff_wrote_and_waits_on_a_line_that_closed_heeds_a_stop_on_sqlite() {
    what_staff_wrote_and_waits_on_a_line_that_closed_heeds_a_stop(On::Sqlite);
}

#[test]
fn what_staff_wrote_and_waits_on_a_line_that_closed_heeds_a_stop_on_postgres() {
    what_staff_wrote_and_waits_on_a_line_that_closed_heeds_a_stop(On::Postgres);
}

#[test]
fn what_staff_wrote_and_has_not_left_goes_to_nobody_when_lines_part() {
    for later in [true, false] {
        let (mut world, [loser, winner], pause) = a_nurses_text_waits_while_two_become_one(On::Sqlite);
        if later {
            let at = world.at(1, "15:00");
            writes(&mut world, winner, Some(at));
        }
        let since = world.now();
        tells(&mut world, "person.unmerged");
        world.hub().order("omar", "b", &hub::Order::Unpause { of: pause }).unwrap();
        world.goes_on(3, "12:00");
        assert_eq!((has_the_words(&world, since), world.words("+12125550177", since).len()), (0, 0));
        same(&world.list_of(loser, &["written"]), &["day 1 11:00 sms written: withdrawn"]);
        let asked = world.prompts(winner).into_iter().filter(|p| p.reason.contains("You can shower tomorrow.")).count();
        assert_eq!(asked, 1 + usize::from(later), "a person is asked about each");
    }
}

/// The team is told by text of a red flag, and the text waits while two become one. The pause.
fn a_notice_waits_while_two_become_one() -> (World, [PersonId; 2], i64) {
    let (mut world, loser) = World::otherwise(&Story::david(), |settings| {
        let way = json!({"by": "sms", "to": CHARGE, "name": "charge"});
        let way: model::prompt::Notify = serde_json::from_value(way).unwrap();
        settings.teams.iter_mut().for_each(|team| team.notify = vec![way.clone()]);
    });
    world.hears(&other().patient());
    world.goes_on(1, "11:00");
    let scope = hub::sending::Scope::Channel(model::Channel::Sms);
    let pause = hub::Order::Pause { scope, why: "the words are wrong".into() };
    let number = world.hub().order("lena", "a", &pause).unwrap();
    world.texts(DAVID, "my wound is bleeding");
    let lines = [loser, world.person("2001")];
    assert_eq!(notices(&world, lines), [Status::Queued]);
    tells(&mut world, "person.merged");
    (world, lines, number)
}

const CHARGE: &str = "+12125550150";

fn notices(world: &World, lines: [PersonId; 2]) -> Vec<Status> {
    let of = |line| world.messages(line).into_iter().filter(|m| m.words == turn::NOTICE);
    lines.into_iter().flat_map(of).map(|m| m.status).collect()
}

#[test]
fn a_notice_to_the_team_that_waits_on_a_line_that_closed_leaves_once_and_can_be_answered() {
    let (mut world, lines, pause) = a_notice_waits_while_two_become_one();
    let since = world.now();
    world.goes_on(1, "11:03");
    world.hub().order("omar", "b", &hub::Order::Unpause { of: pause }).unwrap();
    world.goes_on(1, "11:04");
    assert_eq!(notices(&world, lines), [Status::Delivered]);
    let said = world.words(CHARGE, since);
    let code = said[0].rsplit("ACK ").next().and_then(|rest| rest.split(' ').next()).unwrap();
    world.texts(CHARGE, &format!("ACK {code}"));
    assert_eq!(world.prompt(lines[1], "red_flag").status, model::prompt::PromptStatus::Acknowledged);
}

#[test]
fn a_notice_to_the_team_that_waits_on_a_line_that_closed_is_taken_back_with_its_prompt() {
    let (mut world, lines, _) = a_notice_waits_while_two_become_one();
    let done = json!({"outcome": "done", "answers": {}, "note": "Spoke with him; it has stopped."});
    world.completes_with(lines[1], "red_flag", done);
    world.goes_on(1, "11:01");
    assert_eq!(notices(&world, lines), [Status::Withdrawn]);
}

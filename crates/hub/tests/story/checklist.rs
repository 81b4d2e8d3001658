//! The personal checklist: a mail each morning, a text a task until it is done.

use crate::harness::{World, same};
use crate::{DAVID, DAVID_MAIL};
use model::Fact;
use serde_json::json;
use testkit::story::Story;

/// What the mail of a day lists.
fn items(world: &World, day: i32) -> Vec<String> {
    let since = world.at(day, "08:00");
    let mail = world.words(DAVID_MAIL, since).into_iter().find(|w| w.contains("your list for today")).unwrap();
    mail.lines().filter_map(|l| l.strip_prefix("- ")).map(str::to_owned).collect()
}

#[test]
fn the_list_is_personal_by_procedure_and_day() {
    let (mut world, _) = World::after(&Story::david());
    world.goes_on(1, "08:30");
    same(
        &items(&world, 1),
        &[
            "Drink water and eat something light. (12:00 pm)",
            "Rest with the operated side raised above your heart, four times for half an hour.",
            "Take your antibiotic as the label says, until none is left.",
        ],
    );
    world.goes_on(3, "08:30");
    same(
        &items(&world, 3),
        &[
            "Rest with the operated side raised above your heart, four times for half an hour.",
            "Take your antibiotic as the label says, until none is left.",
            "Look at your bandage. Keep it clean and dry. (9:00 am)",
            "Do your hand exercises as the therapist showed you. (4:00 pm)",
        ],
    );
    let mail = world.words(DAVID_MAIL, world.at(3, "08:00")).remove(0);
    assert!(mail.contains("http://127.0.0.1:8080/t/"), "the link to the Today page: {mail}");
}

#[test]
fn a_task_ticked_on_the_page_is_not_reminded_of() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(3, "08:30");
    let tasks = world.hub().look(david).unwrap().tasks;
    let fingers = tasks.iter().find(|t| t.id.starts_with("fingers@")).unwrap().id.clone();
    let done = Fact::own("task.done", &fingers, david, world.now(), json!({"task": fingers})).by(model::Actor::Patient);
    world.says(david, done).unwrap();
    world.goes_on(4, "08:00");
    same(
        &world.list_of(david, &["task_now"]),
        &[
            "day 1 12:00 sms task_now: delivered",
            "day 2 09:00 sms task_now: delivered",
            "day 2 12:00 sms task_now: delivered",
            "day 3 09:00 sms task_now: delivered",
        ],
    );
    let undone = world.hub().look(david).unwrap();
    assert!(undone.tasks.iter().all(|t| !t.done), "a new day has tasks of its own");
}

#[test]
fn a_reminder_in_the_outbox_is_taken_back_when_the_task_is_ticked() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "11:00");
    world.sends = false;
    world.start();
    world.goes_on(1, "12:00");
    same(&world.list_of(david, &["task_now"]), &["day 1 12:00 sms task_now: queued"]);
    let task = world.hub().look(david).unwrap().tasks.iter().find(|t| t.at.is_some()).unwrap().id.clone();
    let done = Fact::own("task.done", &task, david, world.now(), json!({"task": task})).by(model::Actor::Patient);
    world.says(david, done).unwrap();
    same(&world.list_of(david, &["task_now"]), &["day 1 12:00 sms task_now: withdrawn"]);
}

#[test]
fn done_by_text_ticks_the_task_that_was_asked_about() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "12:10");
    world.texts(DAVID, "Done!");
    let tasks = world.hub().look(david).unwrap().tasks;
    let ticked: Vec<_> = tasks.iter().filter(|t| t.done).map(|t| t.id.as_str()).collect();
    assert_eq!(ticked, ["drink_and_eat@2026-11-24#0"]);
    assert_eq!(world.list_of(david, &["answer_question"]), Vec::<String>::new(), "no nurse has to read it");
}

#[test]
fn a_nurse_adds_and_strikes_an_item_for_one_person() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "18:00");
    world.nurse_says(
        david,
        "task.added",
        json!({"task": "sling", "text": "Wear your sling when you go out.", "from": "2026-11-25", "to": "2026-11-26"}),
    );
    world.nurse_says(david, "task.struck", json!({"task": "raise"}));
    world.goes_on(4, "08:30");
    for (day, has) in [(2, true), (3, true), (4, false)] {
        let items = items(&world, day);
        assert_eq!(items.iter().any(|i| i.contains("sling")), has, "day {day}: {items:?}");
        assert!(!items.iter().any(|i| i.contains("raised")), "day {day}: {items:?}");
    }
}

#[test]
fn who_did_not_ask_for_reminders_gets_the_mail_alone() {
    let mut story = Story::david();
    story.person.extensions.clear();
    let (mut world, david) = World::after(&story);
    world.goes_on(4, "20:00");
    same(
        &world.list_of(david, &["task_now", "todays_list"]),
        &[
            "day 1 08:00 email todays_list: delivered",
            "day 2 08:00 email todays_list: delivered",
            "day 3 08:00 email todays_list: delivered",
            "day 4 08:00 email todays_list: delivered",
        ],
    );
}

//! STOP ends automated texts and calls at once; what must still be said goes another way.

use crate::harness::{World, same};
use crate::{DAVID, DAVID_MAIL};
use testkit::story::Story;

#[test]
fn stop_is_confirmed_once_and_nothing_rings_any_more() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "11:00");
    let since = world.now();
    world.texts(DAVID, "STOP");
    world.goes_on(1, "11:05");
    world.texts(DAVID, "please stop texting me");
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(3, "12:00");
    same(
        &world.list(david),
        &[
            "day 1 08:00 email todays_list: delivered",
            "day 1 09:00 prompt check to surgical_nurses > charge_nurse: open",
            "day 1 10:00 sms appointment_booked: delivered",
            "day 1 11:00 urgent sms stop_confirmed: delivered",
            "day 1 15:00 email medicine_ready: delivered",
            "day 2 08:00 email todays_list: delivered",
            "day 2 17:00 email medicine_waiting: delivered",
            "day 3 08:00 email todays_list: delivered",
            "day 3 10:00 prompt call_about_medicine to surgical_nurses: open",
        ],
    );
    let rang = world.words(DAVID, since);
    assert_eq!(rang.len(), 1, "{rang:?}");
    assert!(rang[0].contains("no more automated texts or calls"), "{}", rang[0]);
    let mails = world.words(DAVID_MAIL, since);
    assert!(mails.iter().any(|m| m.contains("Your medicine is ready")), "what must be said goes by mail: {mails:?}");
}

#[test]
fn stop_in_other_words_and_at_night_is_confirmed_at_once() {
    for words in
        ["Stop sending me these messages", "please dont text me anymore", "ya no me manden mensajes", "unsubscribe"]
    {
        let (mut world, david) = World::after(&Story::david());
        world.goes_on(1, "23:30");
        let since = world.now();
        world.texts(DAVID, words);
        world.goes_on(2, "13:00");
        let rang = world.words(DAVID, since);
        assert_eq!(rang.len(), 1, "{words}: {rang:?}");
        same(
            &world.list_of(david, &["stop_confirmed", "task_now"]),
            &["day 1 12:00 sms task_now: delivered", "day 1 23:30 urgent sms stop_confirmed: delivered"],
        );
    }
}

#[test]
fn a_stop_takes_back_what_is_in_the_outbox() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "11:00");
    world.sends = false;
    world.start();
    world.goes_on(1, "12:00");
    world.texts(DAVID, "STOP");
    same(
        &world.list_of(david, &["task_now", "stop_confirmed"]),
        &["day 1 12:00 sms task_now: withdrawn", "day 1 12:00 urgent sms stop_confirmed: queued"],
    );
    world.sends = true;
    world.start();
    let since = world.now();
    world.goes_on(1, "12:30");
    assert_eq!(world.words(DAVID, since).len(), 1, "the confirmation alone");
}

#[test]
fn when_nothing_is_left_a_nurse_is_told() {
    let mut story = Story::david();
    story.person.email = None;
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "11:00");
    world.texts(DAVID, "STOP");
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(1, "16:00");
    same(
        &world.list(david),
        &[
            "day 1 08:00 portal todays_list: delivered",
            "day 1 09:00 prompt check to surgical_nurses: open",
            "day 1 10:00 sms appointment_booked: delivered",
            "day 1 11:00 urgent sms stop_confirmed: delivered",
            "day 1 11:01 prompt nothing_left to surgical_nurses: open",
            "day 1 15:00 portal medicine_ready: delivered",
        ],
    );
}

#[test]
fn key_9_in_a_call_is_a_stop() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.handset.set_policy(DAVID, channels::handset::Policy::Answer("9".into()));
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    let since = world.now().plus_ms(1);
    world.goes_on(3, "12:00");
    let rang: Vec<_> = world.words(DAVID, since);
    assert!(rang.len() <= 1, "at most a confirmation: {rang:?}");
    same(
        &world.list_of(david, &["task_now", "medicine_ready", "medicine_waiting", "stop_confirmed", "nothing_left"]),
        &[
            "day 1 12:00 sms task_now: delivered",
            "day 1 15:00 email medicine_ready: delivered",
            "day 1 15:00 voice medicine_ready: delivered",
            "day 2 17:00 email medicine_waiting: delivered",
        ],
    );
}

#[test]
fn start_begins_them_again() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "11:00");
    world.texts(DAVID, "STOP");
    world.goes_on(1, "18:00");
    world.texts(DAVID, "START");
    world.goes_on(2, "13:00");
    same(
        &world.list_of(david, &["task_now", "stop_confirmed"]),
        &[
            "day 1 11:00 urgent sms stop_confirmed: delivered",
            "day 2 09:00 sms task_now: delivered",
            "day 2 12:00 sms task_now: delivered",
        ],
    );
}

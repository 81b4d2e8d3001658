//! Wrong numbers, questions, and texts from numbers that nobody knows.

use crate::harness::{On, World, same};
use crate::{DAVID, DAVID_MAIL};
use serde_json::json;
use testkit::story::{DAY_0, Story};

#[test]
fn a_wrong_number_is_disabled_everywhere_at_once() {
    let david = Story::david();
    let mut other = Story::of("1003", "Ana", "Ruiz", "female", "1979-05-05", DAVID);
    other.person.extensions.clone_from(&david.person.extensions);
    let (mut world, davids) = World::after(&david);
    world.hears(&other.discharge());
    let anas = world.person("1003");
    assert_ne!(davids, anas);
    world.goes_on(1, "12:30");
    let since = world.now();
    assert_eq!(world.words(DAVID, world.at(1, "10:00")).len(), 4, "both are texted on the number that they share");
    world.texts(DAVID, "You have the wrong number");
    world.goes_on(4, "12:00");
    assert_eq!(world.words(DAVID, since), Vec::<String>::new(), "neither gets anything more on it");
    assert!(world.words(DAVID_MAIL, since).len() >= 3, "mail goes on");
    same(
        &world.list_of(davids, &["task_now", "verify_contact"]),
        &[
            "day 1 12:00 sms task_now: delivered",
            "day 1 12:30 prompt verify_contact to front_desk > surgical_nurses: open",
        ],
    );
    // The hub learns that Ana has the number too when it is about to use it, and uses it no more.
    same(
        &world.list_of(anas, &["task_now", "verify_contact"]),
        &["day 1 12:00 sms task_now: delivered", "day 2 09:00 sms task_now: failed"],
    );
    assert_eq!(world.facts(anas, "contact.disabled").len(), 1);
    // A nurse finds out that it is David's after all.
    world.nurse_says(davids, "contact.verified", json!({"value": DAVID}));
    world.goes_on(5, "12:00");
    same(
        &world.list_of(davids, &["task_now"]),
        &[
            "day 1 12:00 sms task_now: delivered",
            "day 4 16:00 sms task_now: delivered",
            "day 5 09:00 sms task_now: delivered",
        ],
    );
}

#[test]
fn a_nurses_wrong_number_disables_it_too() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "09:30");
    let since = world.now();
    world.completes(david, "check", "wrong_number", json!({}));
    world.goes_on(2, "13:00");
    assert_eq!(world.words(DAVID, since), Vec::<String>::new());
    same(
        &world.list(david),
        &[
            "day 1 08:00 email todays_list: delivered",
            "day 1 09:00 prompt check to surgical_nurses: wrong_number",
            "day 1 09:30 email please_call: delivered",
            "day 1 10:00 email appointment_booked: delivered",
            "day 2 08:00 email todays_list: delivered",
            "day 2 10:00 prompt other_contact to front_desk: open",
        ],
    );
}

#[test]
fn a_question_is_answered_by_a_person() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(2, "11:00");
    world.texts(DAVID, "Can I shower with the splint?");
    let prompt = world.prompt(david, "answer_question");
    assert!(prompt.reason.contains("Can I shower with the splint?"), "{}", prompt.reason);
    same(&world.list_of(david, &["answer_question"]), &["day 2 11:00 prompt answer_question to surgical_nurses: open"]);
}

#[test]
fn a_red_flag_from_a_number_in_no_record_reaches_a_person_on_duty() {
    let (mut world, david) = World::after(&Story::david());
    const WIFE: &str = "+12125550198";
    world.texts(WIFE, "his wound is bleeding badly");
    let nobody = model::inbox::person_of(model::inbox::key("phone", WIFE));
    let prompt = world.prompt(nobody, "red_flag");
    assert!(prompt.urgent && prompt.title.contains(WIFE), "{}", prompt.title);
    assert!(prompt.reason.contains("his wound is bleeding badly"), "{}", prompt.reason);
    assert_eq!(world.open(david, "red_flag").len(), 0, "nobody guesses whose it is");
    assert_eq!(world.words(WIFE, DAY_0), Vec::<String>::new(), "an unknown sender is told nothing");
    // Once a record has the number, its person is found.
    let mut story = Story::david();
    story.person.phone = Some(WIFE.into());
    world.hears(&story.patient());
    world.texts(WIFE, "Can I shower with the splint?");
    assert_eq!(world.open(david, "answer_question").len(), 1);
}

/// A text with pictures, as a provider brings it; nobody keeps them.
pub fn pictured(world: &World, text: &str, media: u64) -> Vec<channels::Incoming> {
    let body = json!({"channel": "sms", "from": DAVID, "text": text, "media": media, "provider": "twilio"});
    let id = model::FactId::of(&[b"pictured", text.as_bytes(), &media.to_be_bytes()]);
    let fact = model::Fact::live(id, "twilio", format!("phone|{DAVID}"), "reply.received", world.now(), body);
    let fact = fact.by(model::Actor::Patient);
    vec![channels::Incoming { fact, keys: vec![model::inbox::key("phone", DAVID)], message: None, person: None }]
}

#[test]
fn a_picture_reaches_a_person_who_is_told_that_it_was_one() {
    let story = Story::david();
    for on in [On::Sqlite, On::Postgres] {
        let mut world = World::new(on, story.discharged_at.plus_ms(60_000));
        world.hears(&story.discharge());
        let david = world.person(&story.person.mrn);
        world.goes_on(1, "11:00");
        let before = world.words(DAVID, DAY_0).len();
        for (n, (text, media, wanted)) in [
            ("", 1, "David wrote: \"[sent 1 picture or file, which is not taken in here: ask them]\""),
            ("Thanks", 2, "\"Thanks [sent 2 pictures or files, which are not taken in here: ask them]\""),
            ("Does it look right?", 1, "\"Does it look right? [sent 1 picture"),
        ]
        .into_iter()
        .enumerate()
        {
            let brought = pictured(&world, text, media);
            world.brings(brought);
            let open = world.open(david, "answer_question");
            assert_eq!(open.len(), n + 1, "{text}");
            assert!(open.iter().any(|p| p.reason.contains(wanted)), "{wanted}: {:?}", open.last());
        }
        assert_eq!(world.words(DAVID, DAY_0).len(), before, "no automatic answer is given to them");
        // A danger in the words is one, and says that there was a picture.
        let brought = pictured(&world, "my wound is bleeding badly", 1);
        world.brings(brought);
        let danger = world.prompt(david, "red_flag");
        assert!(danger.urgent && danger.reason.contains("[sent 1 picture"), "{}", danger.reason);
    }
}

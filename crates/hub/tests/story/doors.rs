//! What a source says reaches the people that it names, and nobody else: no key of the hub's own is written by an
//! identifier, and no number is closed for everybody by a source that knows nothing of it.

use crate::harness::{On, World, read_settings};
use crate::{DAVID, DAVID_MAIL};
use model::prompt::{Detail, Notify, NotifyOf};
use model::time::MINUTE_MS;
use model::{At, Channel, Fact, Id, PersonId};
use serde_json::json;
use std::sync::Arc;
use testkit::fhir::MRN;
use testkit::story::Story;

const PAGER: &str = "+12125550177";
const KATIE: &str = "+12125550142";

fn world(on: On) -> (World, PersonId) {
    let story = Story::david();
    let mut settings = read_settings();
    for team in settings.teams.iter_mut().filter(|t| t.name == "surgical_nurses") {
        let way = Notify {
            by: Channel::Sms,
            to: PAGER.into(),
            name: String::new(),
            only: NotifyOf::Urgent,
            detail: Detail::None,
        };
        team.notify = vec![way];
    }
    let mut world = World::with(on, story.discharged_at.plus_ms(MINUTE_MS), Arc::new(settings));
    world.day_0 = story.discharged_at;
    world.hears(&story.discharge());
    let david = world.person("1001");
    (world, david)
}

fn whose(world: &mut World, key: Id) -> Option<PersonId> {
    world.hub().store().whose(&[key]).unwrap()
}

/// Whether a number is closed for everybody.
fn closed(world: &mut World, number: &str) -> bool {
    whose(world, turn::disabled_key(number)).is_some()
}

/// A source says on David's line that a number is wrong.
fn says_wrong(world: &mut World, value: &str, at: At) {
    let data = json!({"value": value, "status": "wrong"});
    world.event(&json!({"specversion": "1.0", "type": "contact.disabled", "source": "hospital",
        "id": format!("{value}{}", world.now()), "time": at, "subject": format!("{MRN}|1001"), "data": data}));
}

fn identifiers_are_no_keys_of_the_hubs_own(on: On) {
    let (mut world, david) = world(on);
    let mut patient = Story::of("3001", "Mal", "Lory", "female", "1990-01-01", "+12125550199").patient();
    let identifiers = patient["identifier"].as_array_mut().unwrap();
    for (system, value) in
        [("phone", DAVID), ("email", DAVID_MAIL), ("disabled", DAVID), ("stopped", DAVID), ("notice", "+1 482193")]
    {
        identifiers.push(json!({"system": system, "value": value}));
    }
    world.hears(&patient);
    let other = world.person("3001");
    assert_ne!(other, david, "a telephone number alone leads to nobody's line");
    assert_eq!(whose(&mut world, model::inbox::key("phone", DAVID)), Some(david));
    assert_eq!(whose(&mut world, model::inbox::key("email", DAVID_MAIL)), Some(david));
    assert!(!closed(&mut world, DAVID));
    assert_eq!(whose(&mut world, turn::shared::stopped_key(DAVID)), None);
    assert_eq!(whose(&mut world, model::inbox::notice_key("+1", "482193")), None);
    // Nor does a merge find a line by its number.
    let body = json!({"from": format!("phone|{DAVID}"), "to": format!("{MRN}|3001")});
    let merged = Fact::own("person.merged", "by number", other, world.now(), body);
    world.says(other, merged).unwrap();
    world.goes_on(1, "12:10");
    assert_eq!(world.person("1001"), david);
    assert_eq!(world.journeys(david), ["post-surgical-follow-up active"]);
    assert!(!world.words(DAVID, At(0)).is_empty(), "he is texted as ever");
}

#[test]
fn identifiers_are_no_keys_of_the_hubs_own_on_sqlite() {
    identifiers_are_no_keys_of_the_hubs_own(On::Sqlite);
}

#[test]
fn identifiers_are_no_keys_of_the_hubs_own_on_postgres() {
    identifiers_are_no_keys_of_the_hubs_own(On::Postgres);
}

fn a_source_closes_no_number_that_the_record_does_not_have(on: On) {
    let (mut world, david) = world(on);
    world.hears(&Story::katie().patient());
    for _ in 0..2 {
        // Said again, it is on his record as wrong by then, and by this source's word alone.
        let now = world.now();
        says_wrong(&mut world, KATIE, now);
        world.until(now.plus_ms(MINUTE_MS));
    }
    assert_eq!(world.facts(david, "contact.disabled").len(), 2);
    assert!(!closed(&mut world, KATIE));
    let now = world.now();
    says_wrong(&mut world, DAVID, now);
    assert!(closed(&mut world, DAVID), "his own it may");
    world.check();
}

#[test]
fn a_source_closes_no_number_that_the_record_does_not_have_on_sqlite() {
    a_source_closes_no_number_that_the_record_does_not_have(On::Sqlite);
}

#[test]
fn a_source_closes_no_number_that_the_record_does_not_have_on_postgres() {
    a_source_closes_no_number_that_the_record_does_not_have(On::Postgres);
}

#[test]
fn an_older_word_does_not_close_a_number_that_was_found_right_since() {
    let (mut world, david) = world(On::Sqlite);
    let before = world.now();
    world.until(before.plus_ms(30 * MINUTE_MS));
    world.nurse_says(david, "contact.verified", json!({"value": DAVID}));
    says_wrong(&mut world, DAVID, before);
    assert!(!closed(&mut world, DAVID));
    world.goes_on(1, "12:10");
    assert!(!world.words(DAVID, before).is_empty());
    let now = world.now();
    says_wrong(&mut world, DAVID, now);
    assert!(closed(&mut world, DAVID), "a newer one does");
}

#[test]
fn a_source_does_not_close_the_care_teams_own_telephone() {
    let (mut world, david) = world(On::Sqlite);
    let mut patient = Story::david().patient();
    patient["telecom"].as_array_mut().unwrap().push(json!({"system": "phone", "value": PAGER, "use": "work"}));
    world.hears(&patient);
    world.goes_on(3, "13:07");
    let now = world.now();
    says_wrong(&mut world, PAGER, now);
    let is_wrong = |c: &model::person::ContactPoint| c.value == PAGER && !c.status.in_use();
    assert!(world.hub().look(david).unwrap().record.contacts.iter().any(is_wrong), "David is not to be reached there");
    assert!(!closed(&mut world, PAGER));
    world.texts(DAVID, "I can hardly breathe");
    world.until(now.plus_ms(MINUTE_MS));
    assert!(!world.words(PAGER, now).is_empty(), "the nurses are told");
}

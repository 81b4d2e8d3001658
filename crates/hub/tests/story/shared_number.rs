//! Whose a reply, a call or a key is where a number is of several people: nobody's, and a STOP is all of theirs.

use crate::DAVID;
use crate::harness::{On, World};
use crate::talk::{on, written};
use model::{Actor, Fact, PersonId};
use serde_json::json;
use testkit::story::Story;

/// David and Ana with one telephone.
fn both(store: On) -> (World, PersonId, PersonId, PersonId) {
    let david = Story::david();
    let mut ana = Story::of("1003", "Ana", "Ruiz", "female", "1979-05-05", DAVID);
    ana.person.extensions.clone_from(&david.person.extensions);
    let (mut world, davids) = on(store, &david);
    world.hears(&ana.discharge());
    let anas = world.person("1003");
    let number = model::inbox::person_of(model::inbox::key("phone", DAVID));
    world.goes_on(1, "12:30");
    (world, davids, anas, number)
}

fn nobody_guesses(store: On) {
    let (mut world, david, ana, number) = both(store);
    let since = world.now();
    world.texts(DAVID, "my wound is bleeding badly");
    let prompt = world.prompt(number, "red_flag");
    assert!(prompt.urgent, "a person is asked at once");
    assert!(prompt.reason.contains("my wound is bleeding badly"), "{}", prompt.reason);
    for name in ["David", "Reyes", "Ana", "Ruiz"] {
        assert!(!prompt.reason.contains(name) && !prompt.title.contains(name), "{name}: nobody guesses whose it is");
    }
    let heard = world.facts(number, "reply.received");
    let mut listed = vec![david.to_string(), ana.to_string()];
    listed.sort();
    let mut told: Vec<String> = serde_json::from_value(heard[0].body["candidates"].clone()).expect("who it may be");
    told.sort();
    assert_eq!(told, listed, "staff see who it may be");
    world.texts(DAVID, "picked it up");
    world.texts(DAVID, "when may I shower?");
    assert_eq!(world.open(number, "answer_question").len(), 2, "each has a person with a deadline");
    for person in [david, ana] {
        assert_eq!(world.open(person, "red_flag").len() + world.open(person, "answer_question").len(), 0);
        assert_eq!(world.facts(person, "reply.received").len(), 0, "nothing is done on a record that may be another's");
    }
    let told = world.words(DAVID, since).join("\n");
    assert!(!told.contains("nurse calls you"), "the number is told nothing of it: {told}");
}

#[test]
fn a_reply_from_a_number_of_two_people_is_nobodys_and_a_person_asks() {
    nobody_guesses(On::Sqlite);
}

#[test]
fn a_reply_from_a_number_of_two_people_is_nobodys_on_postgres() {
    nobody_guesses(On::Postgres);
}

#[test]
fn a_number_that_takes_no_texts_on_one_record_is_shared_all_the_same() {
    for status in ["landline", "no_texts", "bounced"] {
        let (mut world, david, ana, number) = both(On::Sqlite);
        let body = json!({"value": DAVID, "status": status, "by": "staff"});
        let limited = written(&world, ana, "contact.disabled", "limited", body);
        world.says(ana, limited).expect("taken");
        world.goes_on(1, "12:40");
        world.texts(DAVID, "when may I shower?");
        assert_eq!(world.open(number, "answer_question").len(), 1, "{status}: nobody guesses");
        assert_eq!(world.open(david, "answer_question").len(), 0, "{status}");
    }
}

fn stops_for_all(store: On) {
    let (mut world, david, ana, _) = both(store);
    let since = world.now();
    world.texts(DAVID, "STOP");
    world.goes_on(4, "12:00");
    let rang = world.words(DAVID, since);
    assert_eq!(rang.len(), 1, "one confirmation, and nothing to either: {rang:?}");
    assert!(rang[0].contains("no more automated texts or calls"), "{}", rang[0]);
    for person in [david, ana] {
        let record = world.hub().look(person).expect("a line").record;
        let allowed = record::allowed(&record, model::Purpose::Care, model::Channel::Sms);
        assert_eq!(allowed, Some(false), "the STOP is on both records");
    }
    // Whose a START is, nobody knows: a person decides.
    world.texts(DAVID, "START");
    world.goes_on(5, "12:00");
    assert_eq!(world.words(DAVID, since).len(), 1, "{:?}", world.words(DAVID, since));
}

#[test]
fn a_stop_beside_a_danger_from_a_number_of_two_people_stops_for_both() {
    let (mut world, david, ana, number) = both(On::Sqlite);
    world.texts(DAVID, "stop texting me, I am bleeding badly");
    world.goes_on(1, "12:31");
    assert!(world.prompt(number, "red_flag").urgent, "a person is asked whose it is");
    for person in [david, ana] {
        assert_eq!(world.open(person, "red_flag").len(), 0, "nobody guesses whose danger it is");
        assert_eq!(refused(&mut world, person), [Some(false); 2], "the STOP holds for all whose number it is");
    }
}

/// Whether texts and calls about somebody's care are refused on their record.
fn refused(world: &mut World, person: PersonId) -> [Option<bool>; 2] {
    let record = world.hub().look(person).expect("a line").record;
    [model::Channel::Sms, model::Channel::Voice].map(|c| record::allowed(&record, model::Purpose::Care, c))
}

/// Rings David about his medicine, and key 9 is pressed.
fn rings_and_is_stopped(world: &mut World) {
    world.handset.set_policy(DAVID, channels::handset::Policy::Answer("9".into()));
    world.goes_on(1, "15:00");
    let story = Story::david();
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(1, "15:30");
}

fn key_9_stops_for_all(store: On) {
    let (mut world, david, ana, number) = both(store);
    let since = world.now();
    rings_and_is_stopped(&mut world);
    let rung = world.messages(david).into_iter().filter(|m| m.channel == model::Channel::Voice).count();
    assert_eq!(rung, 1, "{:?}", world.list(david));
    for person in [david, ana] {
        assert_eq!(refused(&mut world, person), [Some(false); 2], "the STOP is on both records");
    }
    let said = world.facts(ana, "consent.changed");
    assert_eq!(said.len(), 3, "text, call and voicemail, once each, whether told in the call or at its end: {said:?}");
    // Nothing of the one is told of on the line of the other, or to the number; nobody is asked anything.
    for fact in &said {
        let whole = serde_json::to_string(fact).expect("a fact").to_lowercase();
        assert!(!whole.contains("david") && !whole.contains("reyes") && !whole.contains("medicine"), "{whole}");
        assert!(!whole.contains(&david.to_string()), "{whole}");
    }
    assert!(world.facts(number, "reply.received").is_empty());
    let stopped = world.now();
    world.goes_on(5, "12:00");
    assert_eq!(world.words(DAVID, stopped), Vec::<String>::new(), "the call itself confirmed it");
    let confirmed = world.words(DAVID, since).iter().filter(|words| words.contains("no more automated")).count();
    assert!(confirmed <= 1, "{:?}", world.words(DAVID, since));
}

#[test]
fn key_9_on_a_number_of_two_people_stops_for_both() {
    key_9_stops_for_all(On::Sqlite);
}

#[test]
fn key_9_on_a_number_of_two_people_stops_for_both_on_postgres() {
    key_9_stops_for_all(On::Postgres);
}

fn key_9_closes_the_number_of_many(store: On) {
    let (mut world, ..) = on(store, &Story::david());
    for n in 1..=turn::shared::CANDIDATES_MAX as u32 + 1 {
        another(&mut world, n);
    }
    rings_and_is_stopped(&mut world);
    let stopped = world.now();
    another(&mut world, 40);
    world.goes_on(5, "12:00");
    assert_eq!(world.words(DAVID, stopped), Vec::<String>::new(), "whoever gets the number later hears nothing either");
}

#[test]
fn key_9_on_a_number_of_many_closes_it() {
    key_9_closes_the_number_of_many(On::Sqlite);
}

#[test]
fn key_9_on_a_number_of_many_closes_it_on_postgres() {
    key_9_closes_the_number_of_many(On::Postgres);
}

#[test]
fn who_brings_a_key_says_nothing_of_whose_the_number_is() {
    let (mut world, david, ana, _) = both(On::Sqlite);
    let none = model::MessageId::of(&[b"none"]);
    let body = json!({"message": none, "answered": true, "marks": ["opt_out"], "shared": true, "candidates": [ana],
        "also": [ana]});
    let said = Fact::own("call.ended", "forged", david, world.now(), body).by(Actor::Patient);
    world.says(david, said).expect("taken");
    assert_eq!(refused(&mut world, david), [Some(false); 2]);
    assert!(world.facts(ana, "consent.changed").is_empty(), "only the hub says whose a number is");
}

/// Somebody else with David's number, discharged now.
fn another(world: &mut World, n: u32) -> PersonId {
    let year = 1950 + n;
    let mrn = (5000 + n).to_string();
    let story = Story::of(&mrn, "Ada", &format!("Number{n}"), "female", &format!("{year}-01-01"), DAVID);
    let now = world.now();
    world.hears(&story.discharged(now.plus_ms(-60_000)).discharge());
    world.person(&mrn)
}

fn closes_the_number_of_many(store: On) {
    let (mut world, ..) = on(store, &Story::david());
    for n in 1..=turn::shared::CANDIDATES_MAX as u32 {
        another(&mut world, n);
    }
    world.goes_on(1, "12:30");
    let since = world.now();
    world.texts(DAVID, "STOP");
    another(&mut world, 40);
    world.goes_on(4, "12:00");
    let said = world.words(DAVID, since);
    assert!(said.iter().all(|words| words.contains("no more automated texts or calls")), "{said:?}");
    assert!(said.len() <= 1, "at most one confirms it, and nobody else is told anything: {said:?}");
    // From the same number, START does not say for whom: it opens nothing, and a person is asked.
    world.texts(DAVID, "START");
    let since = world.now();
    another(&mut world, 41);
    world.goes_on(7, "12:00");
    let said = world.words(DAVID, since);
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn a_stop_from_a_number_of_many_closes_it_and_a_start_opens_nothing() {
    closes_the_number_of_many(On::Sqlite);
}

#[test]
fn a_stop_from_a_number_of_many_closes_it_and_a_start_opens_nothing_on_postgres() {
    closes_the_number_of_many(On::Postgres);
}

#[test]
fn a_stop_from_a_number_of_two_people_stops_for_both() {
    stops_for_all(On::Sqlite);
}

#[test]
fn a_stop_from_a_number_of_two_people_stops_for_both_on_postgres() {
    stops_for_all(On::Postgres);
}

fn who_rings_is_nobody(store: On) {
    let (mut world, david, ana, number) = both(store);
    let call = crate::notices::rang(DAVID, "callback", &world);
    world.brings(vec![call]);
    let prompt = world.prompt(number, "rang_back");
    for name in ["David", "Reyes", "Ana", "Ruiz", "in no record"] {
        assert!(!prompt.reason.contains(name) && !prompt.title.contains(name), "{name}: {}", prompt.reason);
    }
    assert!(prompt.reason.contains("Several people"), "{}", prompt.reason);
    let heard = world.facts(number, "call.received");
    assert_eq!(heard[0].body["candidates"].as_array().map(Vec::len), Some(2), "staff see who it may be");
    for person in [david, ana] {
        assert!(world.facts(person, "call.received").is_empty() && world.open(person, "rang_back").is_empty());
    }
    let call = crate::notices::rang(DAVID, "stop", &world);
    world.brings(vec![call]);
    for person in [david, ana] {
        let record = world.hub().look(person).expect("a line").record;
        for channel in [model::Channel::Sms, model::Channel::Voice] {
            let allowed = record::allowed(&record, model::Purpose::Care, channel);
            assert_eq!(allowed, Some(false), "the STOP is on both records");
        }
    }
}

#[test]
fn who_rings_from_a_number_of_two_people_is_nobody_and_a_stop_is_both_of_theirs() {
    who_rings_is_nobody(On::Sqlite);
}

#[test]
fn who_rings_from_a_number_of_two_people_is_nobody_on_postgres() {
    who_rings_is_nobody(On::Postgres);
}

#[test]
fn two_records_of_one_person_that_nobody_merged_yet_are_no_two_people() {
    let david = Story::david();
    let mut again = Story::of("9009", "David", "Reyes", "male", "1984-03-09", DAVID);
    again.person.extensions.clone_from(&david.person.extensions);
    again.person.birth_date.clone_from(&david.person.birth_date);
    again.person.gender.clone_from(&david.person.gender);
    let (mut world, davids) = World::after(&david);
    world.hears(&again.patient());
    world.goes_on(1, "12:30");
    world.texts(DAVID, "when may I shower?");
    assert_eq!(world.open(davids, "answer_question").len(), 1);
}

fn a_stop_holds_on_a_record_that_is_probably_theirs_too(store: On, by_text: bool) {
    let story = Story::david();
    let mut again = Story::of("1009", "David", "Reyes", "male", "1984-03-09", DAVID);
    again.person.extensions.clone_from(&story.person.extensions);
    let (mut world, david) = on(store, &story);
    world.hears(&again.discharge());
    let other = world.person("1009");
    assert_ne!(david, other, "nobody has merged them");
    world.goes_on(1, "12:30");
    let since = world.now();
    if by_text {
        world.texts(DAVID, "STOP");
    } else {
        rings_and_is_stopped(&mut world);
    }
    for person in [david, other] {
        assert_eq!(refused(&mut world, person), [Some(false); 2], "the number is the same");
    }
    let confirmed =
        |world: &World| world.words(DAVID, since).iter().filter(|words| words.contains("no more automated")).count();
    assert!(confirmed(&world) <= 1, "{:?}", world.words(DAVID, since));
    let stopped = world.now();
    world.goes_on(6, "12:00");
    let later: Vec<String> =
        world.words(DAVID, stopped).into_iter().filter(|words| !words.contains("no more automated")).collect();
    assert_eq!(later, Vec::<String>::new());
    assert_eq!(confirmed(&world), 1, "one STOP, one confirmation: by text, or in the call itself");
}

#[test]
fn a_stop_by_text_holds_on_a_second_record_that_is_probably_theirs() {
    a_stop_holds_on_a_record_that_is_probably_theirs_too(On::Sqlite, true);
}

#[test]
fn a_stop_by_text_holds_on_a_second_record_that_is_probably_theirs_on_postgres() {
    a_stop_holds_on_a_record_that_is_probably_theirs_too(On::Postgres, true);
}

#[test]
fn key_9_holds_on_a_second_record_that_is_probably_theirs() {
    a_stop_holds_on_a_record_that_is_probably_theirs_too(On::Sqlite, false);
}

#[test]
fn key_9_holds_on_a_second_record_that_is_probably_theirs_on_postgres() {
    a_stop_holds_on_a_record_that_is_probably_theirs_too(On::Postgres, false);
}

//! What staff write to a person, and whose a reply is where a number is of several people.

use crate::harness::{On, World, same};
use crate::{DAVID, DAVID_MAIL};
use model::{Actor, Fact, PersonId};
use serde_json::{Value as Json, json};
use testkit::story::Story;

fn written(world: &World, person: PersonId, kind: &str, key: &str, body: Json) -> Fact {
    Fact::own(kind, key, person, world.now(), body).by(Actor::Staff("nurse.okafor".into()))
}

fn writes(world: &mut World, person: PersonId, key: &str, body: Json) -> Result<Fact, String> {
    let fact = written(world, person, "message.written", key, body);
    world.says(person, fact.clone()).map(|()| fact).map_err(|e| e.to_string())
}

fn text(words: &str) -> Json {
    json!({"channel": "sms", "text": words, "language": "en", "by": "Ana Okafor, RN"})
}

/// A story on either store.
fn on(store: On, story: &Story) -> (World, PersonId) {
    let mut world = World::new(store, story.discharged_at.plus_ms(60_000));
    world.day_0 = story.discharged_at;
    world.hears(&story.discharge());
    let person = world.person(&story.person.mrn);
    (world, person)
}

fn is_sent_once_and_signed(store: On) {
    let (mut world, david) = on(store, &Story::david());
    world.goes_on(1, "11:00");
    let since = world.now();
    let fact = writes(&mut world, david, "a", text("You can shower tomorrow.")).expect("it may be sent");
    // The same click twice is one fact.
    world.says(david, fact.clone()).expect("a repeat");
    world.goes_on(1, "11:10");
    assert_eq!(world.words(DAVID, since), ["Northside Health: You can shower tomorrow.\n- Ana Okafor, RN"]);
    same(&world.list_of(david, &["written"]), &["day 1 11:00 sms written: delivered"]);
    let message = world.hub().store().message(david, turn::talk::message_of(&fact)).expect("a read");
    assert_eq!(message.expect("the message of the fact").cause, Some(fact.id.to_string()));
}

#[test]
fn what_a_nurse_writes_is_sent_once_and_signed() {
    is_sent_once_and_signed(On::Sqlite);
}

#[test]
fn what_a_nurse_writes_is_sent_once_and_signed_on_postgres() {
    is_sent_once_and_signed(On::Postgres);
}

#[test]
fn a_refused_channel_is_refused_at_once_with_the_reason_and_leaves_nothing() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "11:00");
    world.texts(DAVID, "STOP");
    world.goes_on(1, "11:01");
    let since = world.now();
    let why = writes(&mut world, david, "a", text("Please call us.")).expect_err("a STOP holds");
    assert_eq!(why, "stop");
    assert_eq!(world.facts(david, "message.written").len(), 0);
    let mail = json!({"channel": "email", "text": "Please call us.", "language": "en", "by": "Ana"});
    writes(&mut world, david, "b", mail).expect("a mail may be sent");
    world.goes_on(1, "11:05");
    assert_eq!(world.words(DAVID, since), Vec::<String>::new());
    assert!(world.words(DAVID_MAIL, since)[0].contains("Please call us."));
    let wrong = [("sms", "  ".to_owned()), ("fax", "x".into()), ("voice", "x".into()), ("email", "x".repeat(2_000))];
    for (channel, words) in wrong {
        let body = json!({"channel": channel, "text": words});
        writes(&mut world, david, &format!("c{channel}"), body).expect_err("no such message");
    }
    let patient = Fact::own("message.written", "d", david, world.now(), text("I am a nurse")).by(Actor::Patient);
    assert!(world.says(david, patient).is_err(), "only staff write so");
}

#[test]
fn what_is_meant_for_later_waits_and_can_be_taken_back_until_it_leaves() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "11:00");
    let since = world.now();
    let later = |world: &World, words: &str| {
        let mut body = text(words);
        body["not_before"] = json!(world.at(1, "15:00"));
        body
    };
    let (first, second) = (later(&world, "The first."), later(&world, "The second."));
    let first = writes(&mut world, david, "a", first).expect("taken");
    let second = writes(&mut world, david, "b", second).expect("taken");
    world.goes_on(1, "14:59");
    assert!(!world.words(DAVID, since).iter().any(|w| w.contains("The ")), "neither left");
    let back = json!({"reach": turn::talk::reach_of(&first)});
    let fact = written(&world, david, "message.taken_back", "x", back.clone());
    world.says(david, fact).expect("it has not left");
    world.goes_on(1, "15:05");
    let left: Vec<String> = world.words(DAVID, since).into_iter().filter(|w| w.contains("The ")).collect();
    assert_eq!(left, ["Northside Health: The second.\n- Ana Okafor, RN"]);
    for (key, reach) in [("y", turn::talk::reach_of(&first)), ("z", turn::talk::reach_of(&second))] {
        let fact = written(&world, david, "message.taken_back", key, json!({"reach": reach}));
        assert!(world.says(david, fact).is_err(), "it has left, or was taken back");
    }
}

#[test]
fn every_guard_is_asked_again_then_and_what_cannot_be_sent_becomes_a_prompt_with_its_words() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "11:00");
    let since = world.now();
    let mut body = text("Come at nine, not at ten.");
    body["not_before"] = json!(world.at(1, "15:00"));
    writes(&mut world, david, "a", body).expect("nothing against it now");
    world.goes_on(1, "12:00");
    world.texts(DAVID, "stop texting me");
    world.goes_on(1, "15:05");
    assert!(!world.words(DAVID, since).iter().any(|w| w.contains("nine")));
    let prompt = world.prompt(david, "nothing_left");
    assert!(prompt.reason.contains("Come at nine, not at ten."), "{}", prompt.reason);
    // In quiet hours it waits for the morning, and whoever writes sees that before.
    let mut other = Story::david();
    other.person.phone = Some("+12125550133".into());
    let (mut world, david) = World::after(&other);
    world.goes_on(1, "22:00");
    writes(&mut world, david, "b", text("Good night.")).expect("it is held");
    world.goes_on(2, "07:59");
    assert!(world.list_of(david, &["written"]).is_empty());
    world.goes_on(2, "08:01");
    same(&world.list_of(david, &["written"]), &["day 2 08:00 sms written: delivered"]);
}

#[test]
fn a_note_never_leaves_the_house() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "11:00");
    let since = world.now();
    let note = written(&world, david, "note.written", "n", json!({"text": "Prefers to be called Dave.", "by": "Ana"}));
    world.says(david, note).expect("taken");
    world.goes_on(1, "11:30");
    assert_eq!(world.words(DAVID, since), Vec::<String>::new());
    assert_eq!(world.words(DAVID_MAIL, since), Vec::<String>::new());
    assert_eq!(world.facts(david, "note.written").len(), 1);
}

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

#[test]
fn words_that_are_not_understood_have_a_person_whatever_the_channel() {
    let (mut world, david) = World::after(&Story::david());
    world.goes_on(1, "11:00");
    world.texts(DAVID, "the parcel went to my neighbour");
    for (channel, from) in [("email", DAVID_MAIL), ("portal", ""), ("voice", DAVID)] {
        let body = json!({"channel": channel, "from": from, "text": "the parcel went to my neighbour"});
        let said = Fact::own("reply.received", channel, david, world.now(), body).by(Actor::Patient);
        world.says(david, said).expect("taken");
    }
    let open = world.open(david, "answer_question");
    assert_eq!(open.len(), 4, "text, mail, page and call");
    assert!(open.iter().all(|p| p.due_at > p.opened_at && p.reason.contains("the parcel")), "each with a deadline");
    // Their machine's answer to ours is kept, and nobody is asked.
    let body = json!({"channel": "email", "from": DAVID_MAIL, "text": "I am out of office, bleeding?", "auto": true});
    let said = Fact::own("reply.received", "auto", david, world.now(), body).by(Actor::Patient);
    world.says(david, said).expect("taken");
    assert_eq!(world.open(david, "answer_question").len() + world.open(david, "red_flag").len(), 4);
}

#[test]
fn what_is_said_of_the_visit_counts_where_one_visit_can_be_meant() {
    let story = Story::david();
    let (mut world, david) = World::after(&story);
    world.goes_on(1, "11:00");
    world.texts(DAVID, "I will be there");
    let confirmed = world.facts(david, "appointment.confirmed");
    assert_eq!(confirmed.len(), 1, "there is one visit to come");
    assert_eq!(world.open(david, "answer_question").len(), 0);
    world.texts(DAVID, "sorry, I can't make it to my appointment");
    assert_eq!(world.open(david, "cancel_asked").len(), 1, "nothing is cancelled: somebody asks");
    world.texts(DAVID, "yes");
    assert_eq!(world.open(david, "answer_question").len(), 1, "a plain yes to no question about a visit is read");
}

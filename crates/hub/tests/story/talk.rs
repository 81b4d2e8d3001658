//! What staff write to a person or to somebody near, what came in and is new, and what words from them come to.

use crate::harness::{On, World, same};
use crate::{DAVID, DAVID_MAIL};
use model::{Actor, Fact, PersonId};
use serde_json::{Value as Json, json};
use testkit::story::Story;

pub(crate) fn written(world: &World, person: PersonId, kind: &str, key: &str, body: Json) -> Fact {
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
pub(crate) fn on(store: On, story: &Story) -> (World, PersonId) {
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

/// How many of what came in nobody has looked at.
fn unread(world: &mut World, person: PersonId) -> Option<store::Unread> {
    world.hub().store().unread(&[person]).expect("a read").remove(&person)
}

fn what_came_in_is_new_until_somebody_looks(store: On) {
    let (mut world, david) = on(store, &Story::david());
    world.goes_on(1, "11:00");
    assert_eq!(unread(&mut world, david), None, "what goes out is new to nobody");
    world.texts(DAVID, "may I shower?");
    let at = world.now();
    world.texts(DAVID, "and swim?");
    let both = unread(&mut world, david).expect("two are new");
    assert_eq!((both.facts.len(), both.since, both.more), (2, at, false));
    // A machine of theirs says nothing to anybody.
    let body = json!({"channel": "email", "from": DAVID_MAIL, "text": "I am out of office", "auto": true});
    let auto = Fact::own("reply.received", "auto", david, world.now(), body).by(Actor::Patient);
    world.says(david, auto).expect("taken");
    assert_eq!(unread(&mut world, david), Some(both.clone()));
    // One more comes in while somebody marks the two as read that their page showed.
    world.texts(DAVID, "hello?");
    let read = written(&world, david, "conversation.read", "r", json!({"upto": both.upto}));
    world.says(david, read).expect("taken");
    let left = unread(&mut world, david).expect("one is new");
    assert_eq!(left.facts.len(), 1);
    assert!(left.upto > both.upto);
    // A restart changes nothing of it, and whoever writes has looked.
    world.start();
    assert_eq!(unread(&mut world, david), Some(left));
    writes(&mut world, david, "a", text("You may.")).expect("it may be sent");
    assert_eq!(unread(&mut world, david), None);
    world.texts(DAVID, "thanks");
    assert_eq!(unread(&mut world, david).map(|u| u.facts.len()), Some(1));
    let note = written(&world, david, "note.written", "n", json!({"text": "All is clear.", "by": "Ana"}));
    world.says(david, note).expect("taken");
    assert_eq!(unread(&mut world, david), None, "a note too: who writes it has read");
    for (actor, body) in [(Actor::Patient, json!({"upto": 1})), (Actor::Staff("a".into()), json!({}))] {
        let key = body.to_string();
        let wrong = Fact::own("conversation.read", &key, david, world.now(), body).by(actor);
        assert!(world.says(david, wrong).is_err());
    }
}

#[test]
fn what_came_in_is_new_until_somebody_of_the_team_looks() {
    what_came_in_is_new_until_somebody_looks(On::Sqlite);
}

#[test]
fn what_came_in_is_new_until_somebody_of_the_team_looks_on_postgres() {
    what_came_in_is_new_until_somebody_looks(On::Postgres);
}

const MOTHER: &str = "+12125550166";

/// A grant to David's mother: of this, for some weeks.
fn grants(world: &mut World, david: PersonId, scope: &str) {
    let to = json!({"name": "Ana Reyes", "relation": "mother", "contacts": [MOTHER]});
    let body = json!({"grant": scope, "to": to, "scope": [scope], "until": world.at(20, "00:00")});
    let given = written(world, david, "grant.given", scope, body);
    world.says(david, given).expect("taken");
}

fn to_a_related_person(store: On) {
    let (mut world, david) = on(store, &Story::david());
    world.goes_on(1, "11:00");
    let to_her = |words: &str| {
        let mut body = text(words);
        body["to"] = json!(MOTHER);
        body
    };
    let since = world.now();
    assert_eq!(writes(&mut world, david, "a", to_her("Not yet.")).expect_err("no grant"), "no_grant");
    grants(&mut world, david, "appointments");
    let why = writes(&mut world, david, "b", to_her("Nor yet.")).expect_err("what staff write is of no one kind");
    assert_eq!(why, "no_grant");
    grants(&mut world, david, "all");
    let said = writes(&mut world, david, "c", to_her("He may shower.")).expect("it is allowed");
    world.goes_on(1, "11:10");
    let hers = world.words(MOTHER, since);
    assert_eq!(hers, ["For David: Northside Health: He may shower.\n- Ana Okafor, RN"]);
    assert!(!world.words(DAVID, since).iter().any(|words| words.contains("shower")), "to her alone");
    let message = world.hub().store().message(david, turn::talk::message_of(&said)).expect("a read");
    assert_eq!(message.expect("the message of the fact").basis, "grant");
    // Whom staff chose is meant, also where the person would rather have others told first.
    let first = written(&world, david, "preference.changed", "p", json!({"to": "proxy"}));
    world.says(david, first).expect("taken");
    writes(&mut world, david, "d", text("This is for you alone.")).expect("it may be sent");
    world.goes_on(1, "11:20");
    assert!(!world.words(MOTHER, since).iter().any(|words| words.contains("you alone")));
    assert!(world.words(DAVID, since).iter().any(|words| words.contains("you alone")));
    // The grant ends while it waits: it does not go to her, and a person is asked.
    let mut later = to_her("Come at nine.");
    later["not_before"] = json!(world.at(1, "15:00"));
    writes(&mut world, david, "e", later).expect("taken");
    for grant in ["all", "appointments"] {
        let ended = written(&world, david, "grant.ended", grant, json!({"grant": grant}));
        world.says(david, ended).expect("taken");
    }
    world.goes_on(1, "15:05");
    for number in [MOTHER, DAVID] {
        assert!(!world.words(number, since).iter().any(|words| words.contains("nine")), "{number}");
    }
    assert!(world.prompt(david, "nothing_left").reason.contains("Come at nine."));
}

#[test]
fn what_is_written_to_a_related_person_goes_by_their_grant_alone() {
    to_a_related_person(On::Sqlite);
}

#[test]
fn what_is_written_to_a_related_person_goes_by_their_grant_alone_on_postgres() {
    to_a_related_person(On::Postgres);
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

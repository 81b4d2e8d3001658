//! May we: the ground of each send, related persons, confidential communication, numbers that take no texts, and a STOP
//! of one kind.

use crate::harness::{On, World, same};
use crate::{DAVID, DAVID_MAIL};
use model::message::Status;
use model::{Actor, Channel, Fact, PersonId};
use serde_json::{Value as Json, json};
use testkit::story::Story;

/// David's mother's number.
const MOTHER: &str = "+12125550144";

fn told(on: On) -> (World, PersonId, Story) {
    let story = Story::david();
    let mut world = World::new(on, story.discharged_at.plus_ms(60_000));
    world.day_0 = story.discharged_at;
    world.hears(&story.discharge());
    let david = world.person(&story.person.mrn);
    (world, david, story)
}

fn says(world: &mut World, person: PersonId, kind: &str, body: Json) {
    let fact = Fact::own(kind, &body.to_string(), person, world.now(), body).by(Actor::Staff("nora".into()));
    world.says(person, fact).expect("it is taken");
}

fn grant(until: model::At, scope: &[&str]) -> Json {
    let to = json!({"name": "Ana Reyes", "relation": "mother", "contacts": [MOTHER]});
    json!({"grant": "g1", "to": to, "scope": scope, "until": until})
}

#[test]
fn each_message_keeps_the_ground_that_it_was_sent_on() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david, _) = told(on);
        world.goes_on(1, "11:00");
        world.texts(DAVID, "STOP");
        world.goes_on(2, "10:00");
        let messages = world.messages(david);
        assert!(messages.len() >= 4, "{messages:?}");
        for m in &messages {
            let expected = match (m.channel, m.words.as_str()) {
                (_, "stop_confirmed") => "confirmation",
                (Channel::Email, _) => "transactional_mail",
                (Channel::Portal, _) => "portal",
                _ => "number_given",
            };
            assert_eq!(m.basis, expected, "{on:?} {} {:?}", m.words, m.channel);
        }
        let why = world.why(david, "appointment_booked");
        assert!(why.iter().any(|w| w.starts_with("chosen ") && w.contains("basis=number_given")), "{why:?}");
    }
}

#[test]
fn where_a_number_is_no_consent_nothing_rings_and_nothing_clinical_vanishes() {
    let story = Story::david();
    let (mut world, david) = World::otherwise(&story, |s| s.clinic.sender.given_number = false);
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(3, "12:00");
    let rang = world.messages(david).into_iter().filter(|m| m.channel == Channel::Sms || m.channel == Channel::Voice);
    assert_eq!(rang.count(), 0);
    same(
        &world.list_of(david, &["medicine_ready", "medicine_waiting", "call_about_medicine"]),
        &[
            "day 1 15:00 email medicine_ready: delivered",
            "day 2 17:00 email medicine_waiting: delivered",
            "day 3 10:00 prompt call_about_medicine to surgical_nurses: open",
        ],
    );
    // A consent that is recorded opens it again.
    says(&mut world, david, "consent.changed", json!({"channel": "sms", "allowed": true, "basis": "told staff"}));
    world.goes_on(4, "12:00");
    let texts: Vec<_> = world.messages(david).into_iter().filter(|m| m.channel == Channel::Sms).collect();
    assert!(!texts.is_empty() && texts.iter().all(|m| m.basis == "consent"), "{texts:?}");
}

#[test]
fn a_request_for_confidential_communication_takes_back_what_waits_and_beats_all_else() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david, story) = told(on);
        world.goes_on(1, "11:00");
        world.sends = false;
        world.start();
        world.goes_on(1, "12:00");
        assert!(world.messages(david).iter().any(|m| m.channel == Channel::Sms && m.status == Status::Queued));
        // Preference and grant stand against it, and do not count.
        says(&mut world, david, "preference.changed", json!({"channels": {"care": ["sms"]}, "to": "proxy"}));
        let until = world.now().plus_ms(30 * model::time::DAY_MS);
        says(&mut world, david, "grant.given", grant(until, &["all"]));
        says(&mut world, david, "communication.restricted", json!({"only": ["email"], "not": []}));
        assert!(
            world.messages(david).iter().all(|m| m.channel == Channel::Email || m.status != Status::Queued),
            "{on:?}: what waited is taken back at once"
        );
        world.sends = true;
        world.start();
        let since = world.now();
        world.goes_on(1, "15:00");
        world.hears(&story.dispense_ready(world.now()));
        world.goes_on(4, "12:00");
        assert!(world.words(DAVID, since).is_empty(), "nothing rings");
        assert!(world.words(MOTHER, since).is_empty(), "nor at a related person's");
        assert!(world.words(DAVID_MAIL, since).iter().any(|m| m.contains("medicine is ready")));
        let portal = world.messages(david).into_iter().filter(|m| m.created_at > since && m.channel == Channel::Portal);
        assert_eq!(portal.count(), 0);
        // It is ended by who asked for it.
        says(&mut world, david, "communication.restricted", json!({"only": [], "not": []}));
        says(&mut world, david, "preference.changed", json!({"to": "self"}));
        world.goes_on(5, "12:00");
        assert!(!world.words(DAVID, since).is_empty());
    }
}

#[test]
fn what_a_machine_may_not_tell_is_asked_of_a_person() {
    let (mut world, david, story) = told(On::Sqlite);
    world.goes_on(1, "11:00");
    says(&mut world, david, "communication.restricted", json!({"only": ["voicemail"], "not": []}));
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(1, "16:00");
    let prompts = world.prompts(david);
    let asked = prompts.iter().find(|p| p.name == "nothing_left").expect("the team is asked");
    assert!(asked.reason.contains("confidential communication"), "{}", asked.reason);
}

#[test]
fn a_related_person_is_told_by_a_grant_and_only_of_what_it_covers() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david, story) = told(on);
        let start = world.now();
        says(&mut world, david, "preference.changed", json!({"to": "proxy"}));
        world.goes_on(1, "09:30");
        assert!(world.words(MOTHER, start).is_empty(), "a preference is no grant");
        let until = world.at(3, "00:00");
        says(&mut world, david, "grant.given", grant(until, &["appointments", "medicines"]));
        world.goes_on(1, "12:30");
        let told = world.words(MOTHER, start);
        assert_eq!(told.len(), 1, "the visit, and no task: {told:?}");
        assert!(told[0].starts_with("For David:"), "{told:?}");
        let booked = world.messages(david).into_iter().find(|m| m.words == "appointment_booked").expect("sent");
        assert_eq!((booked.to.as_str(), booked.basis.as_str()), (MOTHER, "grant"));
        assert!(world.why(david, "appointment_booked").iter().any(|w| w.contains("because=proxy")));
        // The grant is over: the medicine is told to David himself.
        world.goes_on(3, "09:00");
        let since = world.now();
        world.hears(&story.dispense_ready(since));
        world.goes_on(3, "12:00");
        assert!(world.words(MOTHER, since).is_empty(), "no grant outlasts its end");
    }
}

#[test]
fn an_ended_grant_takes_back_what_waits_for_it() {
    let (mut world, david, _) = told(On::Sqlite);
    says(&mut world, david, "preference.changed", json!({"to": "proxy"}));
    let until = world.at(20, "00:00");
    says(&mut world, david, "grant.given", grant(until, &["all"]));
    world.goes_on(1, "09:00");
    world.sends = false;
    world.start();
    world.goes_on(1, "10:00");
    assert!(world.messages(david).iter().any(|m| m.to == MOTHER && m.status == Status::Queued));
    says(&mut world, david, "grant.ended", json!({"grant": "g1"}));
    assert!(world.messages(david).iter().all(|m| m.to != MOTHER || m.status != Status::Queued));
    world.sends = true;
    world.start();
    let since = world.now();
    world.goes_on(5, "12:00");
    assert!(world.words(MOTHER, since).is_empty());
    assert!(!world.words(DAVID, since).is_empty(), "it goes to David");
}

#[test]
fn a_related_person_who_says_stop_stops_their_own_number_alone() {
    let (mut world, david, _) = told(On::Sqlite);
    says(&mut world, david, "preference.changed", json!({"to": "proxy"}));
    let until = world.at(20, "00:00");
    says(&mut world, david, "grant.given", grant(until, &["all"]));
    world.goes_on(1, "10:30");
    world.texts(MOTHER, "Is he well?");
    world.texts(MOTHER, "STOP");
    assert!(world.facts(david, "reply.received").is_empty(), "her words are none of David's");
    let closed = world.facts(david, "contact.disabled");
    assert_eq!(closed.len(), 1, "{closed:?}");
    assert_eq!((closed[0].text("value"), closed[0].text("status")), (Some(MOTHER), Some("ended")));
    let since = world.now();
    world.goes_on(3, "12:00");
    assert!(world.words(MOTHER, since).is_empty());
    assert!(!world.words(DAVID, since).is_empty(), "David did not say STOP");
}

/// A fact of a provider about a message: the way that calls and complaints come.
fn about(world: &mut World, message: &model::message::Message, kind: &str, body: Json) {
    let mut fact =
        Fact::live(model::FactId::of(&[kind.as_bytes()]), "carrier", "message|1".into(), kind, world.now(), body);
    fact.body["message"] = json!(message.id);
    world.brings(vec![channels::Incoming {
        fact,
        keys: vec![],
        message: Some(message.id),
        person: Some(message.person),
    }]);
}

#[test]
fn what_a_related_person_refuses_in_a_call_or_of_a_mail_is_their_own() {
    for (channel, kind, body) in [
        (Channel::Voice, "call.ended", json!({"answered": true, "marks": ["identified", "opt_out"]})),
        (Channel::Email, "message.complained", json!({"channel": "email"})),
    ] {
        for on in [On::Sqlite, On::Postgres] {
            let (mut world, david, story) = told(on);
            let at = if channel == Channel::Email { "ana@example.org" } else { MOTHER };
            let until = world.at(20, "00:00");
            let to = json!({"name": "Ana Reyes", "relation": "mother", "contacts": [at]});
            says(
                &mut world,
                david,
                "preference.changed",
                json!({"to": "proxy", "channels": {"reminder": [channel.name()], "care": [channel.name()]}}),
            );
            says(&mut world, david, "grant.given", json!({"grant": "g1", "to": to, "scope": ["all"], "until": until}));
            world.goes_on(1, "15:00");
            world.hears(&story.dispense_ready(world.now()));
            world.goes_on(1, "18:00");
            let theirs = |m: &model::message::Message| m.basis == "grant" && m.channel == channel;
            let sent = world.messages(david).into_iter().find(theirs).expect("she is told");
            about(&mut world, &sent, kind, body.clone());
            let closed = world.facts(david, "contact.disabled");
            assert_eq!(closed.len(), 1, "{on:?} {channel:?}: {closed:?}");
            assert_eq!((closed[0].text("value"), closed[0].text("status")), (Some(sent.to.as_str()), Some("ended")));
            assert!(world.facts(david, "consent.changed").is_empty(), "{on:?} {channel:?}: David refused nothing");
            let since = world.now();
            world.goes_on(4, "12:00");
            assert!(world.words(&sent.to, since).is_empty(), "{on:?} {channel:?}");
            assert!(!world.words(DAVID, since).is_empty(), "{on:?} {channel:?}");
        }
    }
}

#[test]
fn where_a_related_persons_number_is_the_guard_of_destinations_asks() {
    for (number, told_her) in [("+19005550144", false), ("+447400123456", false), (MOTHER, true)] {
        let (mut world, david, _) = told(On::Sqlite);
        let start = world.now();
        says(&mut world, david, "preference.changed", json!({"to": "proxy"}));
        let until = world.at(20, "00:00");
        let to = json!({"name": "Ana Reyes", "relation": "mother", "contacts": [number]});
        says(&mut world, david, "grant.given", json!({"grant": "g1", "to": to, "scope": ["all"], "until": until}));
        world.goes_on(1, "12:00");
        assert_eq!(!world.words(number, start).is_empty(), told_her, "{number}");
    }
}

#[test]
fn a_landline_is_rung_and_never_texted_again() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david, story) = told(on);
        world.sends = false;
        world.start();
        world.goes_on(1, "10:00");
        let text = world.messages(david).into_iter().find(|m| m.channel == Channel::Sms).expect("a text");
        let body = json!({"message": text.id, "error": "landline", "channel": "sms", "words": text.words});
        says(&mut world, david, "message.failed", body);
        world.sends = true;
        world.start();
        let since = world.now();
        world.goes_on(1, "15:00");
        world.hears(&story.dispense_ready(world.now()));
        world.goes_on(2, "18:00");
        let after: Vec<_> = world.messages(david).into_iter().filter(|m| m.created_at > since).collect();
        assert!(after.iter().all(|m| m.channel != Channel::Sms), "{on:?}: {after:?}");
        assert!(after.iter().any(|m| m.channel == Channel::Voice && m.to == DAVID), "{on:?}: it is rung");
        let why = world.why(david, "appointment_booked");
        assert!(why.iter().any(|w| w.starts_with("landline ")), "{why:?}");
    }
}

#[test]
fn a_stop_with_the_carrier_is_a_stop_and_a_dead_number_is_closed() {
    for (error, left) in [("opted_out", "stop"), ("unreachable_number", "contact")] {
        let (mut world, david, story) = told(On::Sqlite);
        world.sends = false;
        world.start();
        world.goes_on(1, "10:00");
        let text = world.messages(david).into_iter().find(|m| m.channel == Channel::Sms).expect("a text");
        says(&mut world, david, "message.failed", json!({"message": text.id, "error": error, "channel": "sms"}));
        world.sends = true;
        world.start();
        let since = world.now();
        world.hears(&story.dispense_ready(world.now()));
        world.goes_on(3, "12:00");
        assert!(world.words(DAVID, since).is_empty(), "{error}: nothing rings, no confirmation either");
        let why = world.why(david, "medicine_ready");
        assert!(why.iter().any(|w| w.starts_with(left)), "{error}: {why:?}");
        assert!(world.words(DAVID_MAIL, since).iter().any(|m| m.contains("medicine is ready")), "{error}");
    }
}

#[test]
fn a_stop_of_one_kind_ends_that_kind_and_is_confirmed_once() {
    let (mut world, david, story) = told(On::Sqlite);
    world.goes_on(1, "09:30");
    let since = world.now();
    world.texts(DAVID, "stop texts about appointments");
    world.texts(DAVID, "stop texts about appointments");
    let rang = world.words(DAVID, since);
    assert_eq!(rang.len(), 1, "{rang:?}");
    assert!(rang[0].contains("of that kind"), "{rang:?}");
    world.goes_on(1, "15:00");
    world.hears(&story.dispense_ready(world.now()));
    world.goes_on(1, "16:00");
    same(
        &world.list_of(david, &["kind_stopped", "stop_confirmed", "appointment_booked", "medicine_ready"]),
        &[
            "day 1 09:30 urgent sms kind_stopped: delivered",
            "day 1 10:00 email appointment_booked: delivered",
            "day 1 15:00 sms medicine_ready: delivered",
            "day 1 15:00 voice medicine_ready: failed",
        ],
    );
}

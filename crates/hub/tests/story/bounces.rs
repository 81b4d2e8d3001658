//! A mail that the next server took, and that comes back: soon, or when its reach is long over. On both stores.

use crate::DAVID_MAIL;
use crate::harness::{On, World};
use crate::mail::report;
use crate::takes::Takes;
use model::message::{Message, Status};
use model::{Channel, PersonId};
use serde_json::json;
use std::sync::Arc;
use testkit::story::Story;

/// A mail server: that it took a mail is all that it says.
const RELAY: Takes = Takes { name: "smtp", channels: &[Channel::Email], id: None };

const RESULT: &str = r#"
pathway: a-result
language: 1
title: A result
owner: nobody
fallback_team: surgical_nurses
speaks: [en]
enrol:
  on: encounter.discharged
  once_per: encounter
  day_0: encounter.discharged_at
leave:
  - after: 14 days
tracks:
  main:
    - wait: day 1 at 10:00
    - reach: result
      purpose: PURPOSE
      by: [BY]
      valid: VALID
words:
  result:
    en:
      sms: "{{ clinic.name }}: call us about your visit."
      email: { subject: "From the clinic", text: "Call us about your visit." }
"#;

/// David, who is written to by mail a day after his discharge.
fn world(on: On, purpose: &str, by: &str, valid: &str) -> (World, PersonId, Message) {
    let story = Story::david();
    let mut settings = crate::harness::read_settings();
    settings.pathways.retain(|p| p.standing);
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let source = RESULT.replace("PURPOSE", purpose).replace("BY", by).replace("VALID", valid);
    let read = pathway::read("test.yaml", &source, &pathway::CodeSets::default(), &teams);
    settings.pathways.push(Arc::new(read.unwrap_or_else(|findings| panic!("{findings:#?}")).0));
    let mut world = World::with(on, story.discharged_at.plus_ms(60_000), Arc::new(settings));
    world.before = vec![Arc::new(RELAY)];
    world.start();
    world.hears(&story.discharge());
    let david = world.person(&story.person.mrn);
    world.goes_on(1, "11:00");
    let mail = world.messages(david).into_iter().find(|m| m.channel == Channel::Email).expect("a mail");
    assert_eq!((mail.status, mail.to.as_str()), (Status::Accepted, DAVID_MAIL));
    (world, david, mail)
}

/// It comes back. What a report says of the address is not asked: our own row says where it went.
fn comes_back(world: &mut World, mail: &Message) {
    let more = json!({"error": "unreachable_number", "status": "5.1.1", "retryable": false, "to": "eve@example.org"});
    world.brings(report("message.failed", mail, world.now(), more));
}

fn closed(world: &World, person: PersonId) -> Vec<(String, String)> {
    let facts = world.facts(person, "contact.disabled");
    let text = |f: &model::Fact, key: &str| f.text(key).unwrap_or_default().to_owned();
    facts.iter().map(|f| (text(f, "value"), text(f, "status"))).collect()
}

fn dead() -> Vec<(String, String)> {
    vec![(DAVID_MAIL.to_owned(), "dead".to_owned())]
}

#[test]
fn a_mail_of_care_that_comes_back_after_five_days_reaches_a_person() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david, mail) = world(on, "care", "email", "1 day");
        world.goes_on(6, "11:00");
        assert!(world.journeys(david).iter().any(|j| j == "a-result ended: finished"), "{:?}", world.journeys(david));
        assert!(world.open(david, "unreachable").is_empty());
        for _ in 0..2 {
            comes_back(&mut world, &mail);
            let prompt = world.prompt(david, "unreachable");
            assert_eq!(prompt.team, "surgical_nurses");
            assert!(prompt.reason.contains("an e-mail (it does not work any more)"), "{}", prompt.reason);
        }
        assert_eq!(closed(&world, david), dead());
        let record = world.hub().look(david).unwrap().record;
        let point = record.contacts.iter().find(|p| p.value == DAVID_MAIL).expect("his address");
        assert_eq!(point.status, model::person::PointStatus::Dead);
        let row = world.messages(david).into_iter().find(|m| m.id == mail.id).expect("its row");
        assert_eq!(row.status, Status::Failed);
    }
}

#[test]
fn a_mail_of_care_that_comes_back_in_time_goes_on_by_the_next_channel() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david, mail) = world(on, "care", "email, sms", "8 days");
        world.goes_on(6, "11:00");
        comes_back(&mut world, &mail);
        let texts: Vec<_> = world.messages(david).into_iter().filter(|m| m.channel == Channel::Sms).collect();
        assert_eq!(texts.len(), 1, "{:?}", world.list(david));
        assert!(world.open(david, "unreachable").is_empty());
        assert_eq!(closed(&world, david), dead());
    }
}

#[test]
fn whatever_came_back_its_address_is_closed_and_nothing_more_goes_there() {
    for on in [On::Sqlite, On::Postgres] {
        for days in [1, 6, 13] {
            let (mut world, david, mail) = world(on, "education", "email", "1 day");
            world.goes_on(days, "12:00");
            comes_back(&mut world, &mail);
            assert_eq!(closed(&world, david), dead(), "after {days} days");
            assert!(world.open(david, "unreachable").is_empty(), "nobody is asked about what was no care");
            assert_eq!(world.facts(david, "message.failed")[0].text("to"), Some(DAVID_MAIL));
        }
    }
}

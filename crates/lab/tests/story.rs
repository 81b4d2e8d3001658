//! David's first days in the laboratory: what the hub would send and ask, without a hub.

mod common;

use common::setup;
use model::{At, PersonId};
use std::sync::Arc;
use testkit::story::{DAY_0, Story};
use throughline_lab::{Person, Phone};

fn items(json: &serde_json::Value, now: At) -> Vec<model::Item> {
    let source = wire::Source::trusted("hospital", "northside", now);
    let read = wire::fhir(json.to_string().as_bytes(), &source).expect("FHIR that reads");
    read.entries.into_iter().flat_map(|e| e.result.expect("an entry that reads")).collect()
}

#[test]
fn david_goes_home_and_the_laboratory_sends_what_the_hub_would() {
    let setup = setup();
    let story = Story::david();
    let start = DAY_0.plus_ms(60_000);
    let key = model::inbox::key(testkit::fhir::MRN, &story.person.mrn);
    let mut david = Person::new(&setup, model::inbox::person_of(key), start, Phone::default());
    david.hears(items(&story.discharge(), start)).expect("a turn");
    david.until(story.day(3)).expect("three days");
    let zone = model::time::zone("America/New_York").expect("a zone");
    let list: Vec<String> = david
        .messages
        .iter()
        .map(|m| {
            let local = m.created_at.time_in(&zone);
            format!(
                "{} {:02}:{:02} {} {}: {}",
                m.created_at.date_in(&zone),
                local.hour(),
                local.minute(),
                m.channel.name(),
                m.words,
                m.status.name()
            )
        })
        .collect();
    let expected = [
        "2026-11-24 08:00 email todays_list: delivered",
        "2026-11-24 10:00 sms appointment_booked: delivered",
        "2026-11-24 12:00 sms task_now: delivered",
        "2026-11-25 08:00 email todays_list: delivered",
        "2026-11-25 09:00 sms task_now: delivered",
        "2026-11-25 12:00 sms task_now: delivered",
        "2026-11-26 08:00 email todays_list: delivered",
        "2026-11-26 09:00 sms task_now: delivered",
        "2026-11-26 10:00 sms medicine_question: delivered",
    ];
    assert_eq!(list, expected);
    let asked: Vec<&str> = david.prompts.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(asked, ["check"]);
    let again = {
        let mut again = Person::new(&setup, PersonId(david.id.0), start, Phone::default());
        again.hears(items(&story.discharge(), start)).expect("a turn");
        again.until(story.day(3)).expect("three days");
        again.messages
    };
    assert_eq!(again, david.messages, "the same inputs give the same");
}

fn offered(name: &str) -> turn::Setup {
    let setup = setup();
    let names: Vec<String> = setup.teams.iter().map(|t| t.name.clone()).collect();
    let library = pathway::shipped::all(&names);
    let pathways: Vec<Arc<pathway::Pathway>> =
        library.pathways.into_iter().filter(|p| p.name == name).map(Arc::new).collect();
    turn::Setup::new(setup.clinic, setup.teams, &pathways, outreach::Rules::shipped(), record::Topics::shipped())
}

#[test]
fn a_journey_about_one_appointment_follows_that_one_alone() {
    let setup = offered("appointment-reminders");
    let story = Story::david();
    let start = DAY_0.plus_ms(60_000);
    let key = model::inbox::key(testkit::fhir::MRN, &story.person.mrn);
    let mut david = Person::new(&setup, model::inbox::person_of(key), start, Phone::default());
    david.hears(items(&story.discharge(), start)).expect("a turn");
    assert_eq!(david.journeys.len(), 1, "{:?}", david.journeys);
    assert_eq!(david.journeys[0].episode, story.appointment());
    david.until(story.day(9)).expect("nine days");
    let words: Vec<&str> = david.messages.iter().map(|m| m.words.as_str()).collect();
    assert_eq!(words, ["can_you_come"], "two days before");
    david.until(story.day(14)).expect("until it is over");
    let words: Vec<&str> = david.messages.iter().map(|m| m.words.as_str()).collect();
    assert_eq!(words, ["can_you_come", "today"]);
    assert!(david.prompts.is_empty(), "nobody told that it was missed");
}

/// All rows of a person but the bytes of their journeys.
fn rows(person: &Person<'_>) -> String {
    let journeys: Vec<_> =
        person.journeys.iter().map(|j| model::JourneyRow { blob: Vec::new(), ..j.clone() }).collect();
    format!(
        "{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{journeys:#?}\n{:?}",
        person.facts, person.messages, person.prompts, person.traces, person.passages, person.refused
    )
}

#[test]
fn a_line_that_stays_in_memory_gives_the_rows_of_one_that_is_stored() {
    let setup = setup();
    for story in [Story::david(), Story::katie()] {
        let start = DAY_0.plus_ms(60_000);
        let id = model::inbox::person_of(model::inbox::key(testkit::fhir::MRN, &story.person.mrn));
        let mut ways =
            [Person::new(&setup, id, start, Phone::default()), Person::stored(&setup, id, start, Phone::default())];
        for person in &mut ways {
            person.hears(items(&story.discharge(), start)).expect("a turn");
            person.until(story.day(1)).expect("a day");
            let check = person.prompts.iter().find(|p| p.name == "check").expect("a prompt").id;
            let body = serde_json::json!({"prompt": check, "name": "check", "outcome": "done",
                "answers": {"pain": 9.0, "bleeding": false}});
            let said = model::Fact::own("prompt.completed", &check.to_string(), id, person.now, body);
            person.hears(vec![model::Item::own(id, said.by(model::Actor::Staff("nurse".into())))]).expect("a turn");
            person.until(story.day(2)).expect("a day");
            let ready = story.dispense_ready(person.now);
            person.hears(items(&ready, person.now)).expect("a turn");
            let text = person.phone.writes(id, "+12125550119", "STOP", person.now);
            person.hears(vec![text]).expect("a turn");
            person.until(story.day(20)).expect("the rest");
        }
        let [memory, stored] = ways.map(|person| rows(&person));
        assert!(memory.len() > 10_000, "there are rows");
        assert!(memory == stored, "the same rows for {}", story.person.given);
    }
}

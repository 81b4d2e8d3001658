//! A dangerous answer does not wait for the rest of the questions: by text and on the page, of a question of one's own
//! and of a FHIR Questionnaire of which an item was left out.

use crate::DAVID;
use crate::harness::{On, World, read_settings};
use model::{Actor, Fact, PersonId};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use testkit::story::Story;

/// Questions at 10:00 of day 1, a red flag behind them.
const WATCH: &str = r#"
pathway: watch
language: 1
title: How is it?
owner: orthopaedic-surgery
fallback_team: surgical_nurses
speaks: [en]
enrol: { on: encounter.discharged, once_per: encounter }
leave:
  - after: 14 days
questions:
QUESTIONS
tracks:
  main:
    - wait: day 1 at 10:00
    - ask: it
      purpose: care
      by: [BY]
      deadline: 2 days
      stop_when: STOP
      answered: next
      missed: look
    - branch:
        - if: STOP
          then: danger
      unknown: look
      else: end
sub_pathways:
  danger:
    - red_flag: flag
      person_within: 30 minutes
      to: charge_nurse
      do: Call them now
      why: They said so.
      overdue: [on_call_surgeon after 10 minutes]
  look:
    - prompt: look
      to: surgical_nurses
      do: Ask them
      why: Not all is known.
      due: 4 team hours
words:
  it:
    en:
      sms, portal: "A few questions."
"#;

const OWN: &str = r#"  it:
    discloses: none
    questions:
      - ask: bleeds
        label: { en: "Does it bleed?" }
        answer: yes or no
      - ask: pain
        label: { en: "How bad is the pain?" }
        answer: 0 to 10
      - ask: eats
        label: { en: "Can you eat?" }
        answer: yes or no"#;

const FHIR: &str = r#"  it:
    discloses: none
    questionnaire: https://example.org/fhir/Questionnaire/watch|1"#;

/// The temperature may be left out; the wound and the pain may not.
fn questionnaire() -> String {
    let number = |url: &str, value: Json| {
        let mut of = json!({"url": format!("http://hl7.org/fhir/StructureDefinition/{url}")});
        of["valueInteger"] = value;
        of
    };
    let range = json!([number("minValue", json!(0)), number("maxValue", json!(10))]);
    let warm = json!([number("minValue", json!(30)), number("maxValue", json!(45))]);
    json!({"resourceType": "Questionnaire", "url": "https://example.org/fhir/Questionnaire/watch", "version": "1",
    "status": "active", "title": "How is it?", "language": "en", "item": [
        {"linkId": "warm", "type": "integer", "text": "How warm are you?", "extension": warm},
        {"linkId": "bleeds", "type": "boolean", "text": "Does it bleed?", "required": true},
        {"linkId": "pain", "type": "integer", "text": "How bad is the pain?", "required": true, "extension": range},
    ]})
    .to_string()
}

fn watched(on: On, (questions, by, stop): (&str, &str, &str)) -> (World, PersonId) {
    let source = WATCH.replace("QUESTIONS", questions).replace("BY", by).replace("STOP", stop);
    let codes = [("questionnaires/watch.json".to_owned(), questionnaire())];
    let codes = pathway::CodeSets::read(&codes).expect("a Questionnaire").0;
    let mut settings = read_settings();
    settings.pathways.retain(|p| p.standing);
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let read = pathway::read("watch.yaml", &source, &codes, &teams);
    settings.pathways.push(Arc::new(read.unwrap_or_else(|findings| panic!("{findings:#?}")).0));
    let story = Story::david();
    let mut world = World::with(on, story.discharged_at.plus_ms(60_000), Arc::new(settings));
    world.day_0 = story.discharged_at;
    // All comes twice, each time to a new process: nothing may open a second flag.
    (world.restart, world.twice) = (true, true);
    world.hears(&story.discharge());
    let david = world.person(&story.person.mrn);
    world.goes_on(1, "11:00");
    (world, david)
}

/// Answers as the page sends them, one field at a time.
fn on_the_page(world: &mut World, person: PersonId, given: &[(&str, Json)]) {
    for (field, value) in given {
        let row = world.hub().store().line(person).unwrap();
        let state = row.state.as_deref();
        let line = turn::Line::decode(person, row.version, state, row.journeys, row.prompts, None).unwrap();
        let open = turn::asking(&line, &world.setup(), world.now());
        let (_, asking) = open.first().expect("something is asked");
        let body = json!({"ask": asking.ask, "journey": asking.journey, "question": asking.question,
            "channel": "portal", "answers": {*field: value}});
        let fact = Fact::own("answers.received", &format!("{field}{value}"), person, world.now(), body);
        world.says(person, fact.by(Actor::Patient)).unwrap();
    }
}

fn asked_now(world: &mut World, person: PersonId) -> usize {
    let row = world.hub().store().line(person).unwrap();
    let state = row.state.as_deref();
    let line = turn::Line::decode(person, row.version, state, row.journeys, row.prompts, None).unwrap();
    turn::asking(&line, &world.setup(), world.now()).len()
}

/// The one flag is open since this minute, urgent, at who is on duty; and what was answered ends there.
fn is_flagged(world: &mut World, person: PersonId, answers: &Json) {
    let flags = world.open(person, "flag");
    assert_eq!(flags.len(), 1, "once, whatever comes twice");
    assert_eq!((flags[0].opened_at, flags[0].urgent, flags[0].team.as_str()), (world.now(), true, "charge_nurse"));
    let over = world.facts(person, "questionnaire.answered");
    assert_eq!((over.len(), &over[0].body["answers"], &over[0].body["stopped"]), (1, answers, &json!(true)));
    assert_eq!(asked_now(world, person), 0, "the page asks nothing more either");
    let texts = world.words(DAVID, world.at(0, "00:00")).len();
    let messages = world.messages(person).len();
    world.goes_on(4, "10:00");
    assert_eq!(world.words(DAVID, world.at(0, "00:00")).len(), texts, "nothing more is asked by text");
    assert_eq!((world.messages(person).len(), world.open(person, "look").len()), (messages, 0));
    assert_eq!(world.prompts(person).iter().filter(|p| p.name == "flag").count(), 1);
    world.check();
}

const BLEEDS_OR_HURTS: &str = "it.bleeds == true or it.pain >= 8";

fn a_dangerous_first_answer_by_text_opens_the_red_flag_at_once(on: On) {
    let (mut world, david) = watched(on, (OWN, "sms", BLEEDS_OR_HURTS));
    assert_eq!(world.words(DAVID, world.at(0, "00:00")).len(), 1);
    world.texts(DAVID, "yes");
    is_flagged(&mut world, david, &json!({"bleeds": true}));
}

#[test]
fn a_dangerous_first_answer_by_text_opens_the_red_flag_at_once_on_sqlite() {
    a_dangerous_first_answer_by_text_opens_the_red_flag_at_once(On::Sqlite);
}

#[test]
fn a_dangerous_first_answer_by_text_opens_the_red_flag_at_once_on_postgresql() {
    a_dangerous_first_answer_by_text_opens_the_red_flag_at_once(On::Postgres);
}

fn a_dangerous_first_answer_on_the_page_opens_the_red_flag_at_once(on: On) {
    let (mut world, david) = watched(on, (OWN, "portal", BLEEDS_OR_HURTS));
    assert_eq!(asked_now(&mut world, david), 1);
    on_the_page(&mut world, david, &[("bleeds", json!(true))]);
    is_flagged(&mut world, david, &json!({"bleeds": true}));
}

#[test]
fn a_dangerous_first_answer_on_the_page_opens_the_red_flag_at_once_on_sqlite() {
    a_dangerous_first_answer_on_the_page_opens_the_red_flag_at_once(On::Sqlite);
}

#[test]
fn a_dangerous_first_answer_on_the_page_opens_the_red_flag_at_once_on_postgresql() {
    a_dangerous_first_answer_on_the_page_opens_the_red_flag_at_once(On::Postgres);
}

/// What was left out is unknown, and the danger that follows it counts all the same.
fn an_item_left_out_before_the_danger_holds_nothing_up(on: On) {
    let stop = "it.warm >= 39 or it.bleeds == true";
    let (mut world, david) = watched(on, (FHIR, "portal", stop));
    on_the_page(&mut world, david, &[("warm", Json::Null), ("bleeds", json!(true))]);
    is_flagged(&mut world, david, &json!({"bleeds": true}));
    let (mut world, david) = watched(on, (FHIR, "sms", stop));
    world.texts(DAVID, "SKIP");
    assert_eq!(world.open(david, "flag").len(), 0);
    world.texts(DAVID, "yes");
    is_flagged(&mut world, david, &json!({"bleeds": true}));
}

#[test]
fn an_item_left_out_before_the_danger_holds_nothing_up_on_sqlite() {
    an_item_left_out_before_the_danger_holds_nothing_up(On::Sqlite);
}

#[test]
fn an_item_left_out_before_the_danger_holds_nothing_up_on_postgresql() {
    an_item_left_out_before_the_danger_holds_nothing_up(On::Postgres);
}

/// Where what was left out decides, nothing stops: all that is left is asked, and a person looks at what is unknown.
fn what_was_left_out_stops_nothing_and_a_person_looks(on: On) {
    let (mut world, david) = watched(on, (FHIR, "portal", "it.warm >= 39 and it.bleeds == true"));
    on_the_page(&mut world, david, &[("warm", Json::Null), ("bleeds", json!(true))]);
    assert_eq!((world.open(david, "flag").len(), asked_now(&mut world, david)), (0, 1), "the pain is asked yet");
    on_the_page(&mut world, david, &[("pain", json!(2))]);
    let over = world.facts(david, "questionnaire.answered");
    assert_eq!(over.len(), 1);
    assert_eq!(over[0].body["answers"], json!({"bleeds": true, "pain": 2}));
    assert_eq!(over[0].body.get("stopped"), None, "it was asked to the end: what was left out was asked");
    assert_eq!((world.open(david, "flag").len(), world.open(david, "look").len()), (0, 1));
    world.check();
}

#[test]
fn what_was_left_out_stops_nothing_and_a_person_looks_on_sqlite() {
    what_was_left_out_stops_nothing_and_a_person_looks(On::Sqlite);
}

#[test]
fn what_was_left_out_stops_nothing_and_a_person_looks_on_postgresql() {
    what_was_left_out_stops_nothing_and_a_person_looks(On::Postgres);
}

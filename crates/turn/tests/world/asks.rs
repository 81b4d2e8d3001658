//! Questions that go with their strand, questions that wait for their turn, and answers that do not wait for the rest.

use crate::harness::{World, at, at_discharge};
use model::Actor;
use model::call::{Said, Walk};
use model::message::Content;
use serde_json::{Value as Json, json};
use throughline_turn::Halt;

/// Does it bleed? By that channel.
fn asks(by: &str) -> String {
    format!(
        "discloses: {{ sms: health }}
questions:
  how_is_it:
    questions:
      - ask: bleeds
        label: {{ en: Does it bleed? }}
        answer: yes or no
tracks:
  main:
    - ask: how_is_it
      purpose: care
      by: [{by} 3 hours]
      deadline: 2 hours
      answered: end
      missed: end
words:
  how_is_it:
    en:
      {by}: A question for you.
"
    )
}

fn known(world: &mut World) {
    let body = json!({"resourceType": "Patient", "id": "1", "birthDate": "1960-01-01",
        "identifier": [{"system": "urn:mrn", "value": "1"}],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]}, "preferred": true}],
        "name": [{"given": ["David"], "family": "Reyes"}],
        "telecom": [{"system": "phone", "value": "+12125550100", "use": "mobile"}]});
    let mut fact = world.fact(model::fact::RESOURCE_RECEIVED, body);
    fact.source = "hospital".into();
    fact.subject = "urn:mrn|1".into();
    world.takes(fact).unwrap();
    world.nurse("consent.changed", json!({"allowed": true, "channel": "sms", "basis": "said so"})).unwrap();
}

#[test]
fn a_halted_question_does_not_keep_others_from_being_asked() {
    let pathways = ["one", "two"].map(|name| at_discharge(name, &asks("sms")));
    let mut world = World::new(&pathways, at(0, 15, 0));
    known(&mut world);
    world.is_discharged();
    let asked = |world: &World| world.sent.iter().filter(|m| m.words == "how_is_it").count();
    assert_eq!(asked(&world), 1, "one at a time");
    let first = world.sent.iter().find(|m| m.words == "how_is_it").and_then(|m| m.journey).unwrap();
    let first = world.journey(first);
    let (number, version) = (1, None);
    world.setup.changes.halts.push(Halt { number, pathway: first, version, why: "x".into(), by: "nora".into() });
    world.until(at(0, 15, 30));
    // Anything that happens lets it look again.
    world.nurse("note.made", json!({"text": "they called"})).unwrap();
    world.until(at(0, 16, 0));
    assert_eq!(asked(&world), 2, "the other does not wait for the end of the halt");
}

#[test]
fn a_question_that_goes_with_its_strand_is_over_for_the_line_too() {
    let text = asks("sms").replace(
        "    - ask: how_is_it
      purpose: care
      by: [sms 3 hours]
      deadline: 2 hours
      answered: end
      missed: end
",
        "    - parallel:
        first:
          - ask: how_is_it
            purpose: care
            by: [sms 3 hours]
            deadline: 2 days
            answered: end
            missed: end
        second:
          - wait: 1 hour
          - note: waited
      join: any
    - note: joined
",
    );
    let mut world = World::new(&[at_discharge("watch", &text)], at(0, 15, 0));
    known(&mut world);
    world.is_discharged();
    world.until(at(0, 16, 1));
    assert_eq!(world.told("note.made").len(), 2);
    assert_eq!(world.told("questionnaire.missed").len(), 1);
}

/// Three questions; a wound that bleeds, or strong pain, is for the surgeons now.
fn stopping(by: &str) -> String {
    format!(
        "discloses: {{ sms: health }}
questions:
  how_is_it:
    questions:
      - ask: bleeds
        label: {{ en: Does it bleed? }}
        answer: yes or no
      - ask: pain
        label: {{ en: How bad is the pain? }}
        answer: 0 to 10
      - ask: eats
        label: {{ en: Do you eat? }}
        answer: yes or no
tracks:
  main:
    - ask: how_is_it
      purpose: care
      by: [{by} 3 hours]
      deadline: 2 days
      stop_when: how_is_it.bleeds == true or how_is_it.pain >= 8
      answered: next
      missed: look
    - branch:
        - if: how_is_it.bleeds == true or how_is_it.pain >= 8
          then: danger
      unknown: look
      else: end
sub_pathways:
  danger:
    - red_flag: flag
      person_within: 30 minutes
      to: nurses
      do: Call them now
      why: It bleeds.
      overdue: [charge after 10 minutes]
  look:
    - prompt: look
      to: nurses
      do: Ask them
      why: They did not answer.
      due: 4 team hours
words:
  how_is_it:
    en:
      {by}: Some questions for you.
"
    )
}

fn asked_by(by: &str) -> World {
    let mut world = World::new(&[at_discharge("watch", &stopping(by))], at(0, 15, 0));
    known(&mut world);
    world.is_discharged();
    world
}

fn writes(world: &mut World, text: &str) {
    world.now = world.now.plus_ms(60_000);
    let body = json!({"channel": "sms", "from": "+12125550100", "text": text});
    let fact = world.fact("reply.received", body).by(Actor::Patient);
    world.takes(fact).unwrap();
}

/// The answers and whether not all was asked, as the line has it when a question is over.
fn over(world: &World) -> (Json, bool) {
    let told = world.told("questionnaire.answered");
    assert_eq!(told.len(), 1);
    (told[0].body["answers"].clone(), told[0].flag("stopped") == Some(true))
}

#[test]
fn a_dangerous_first_answer_by_text_does_not_wait_for_the_rest() {
    let mut world = asked_by("sms");
    assert_eq!(world.sent.len(), 1);
    writes(&mut world, "yes");
    let flag = world.one("flag");
    assert_eq!((flag.opened_at, flag.urgent), (world.now, true), "in the turn of the answer itself");
    assert_eq!(world.sent.len(), 1, "nothing more is asked");
    assert_eq!(over(&world), (json!({"bleeds": true}), true));
    // What they write after it is no answer to anything: a person reads it.
    writes(&mut world, "8");
    assert_eq!(world.told("answer.given").iter().filter(|f| f.flag("late") != Some(true)).count(), 1);
    world.until(at(3, 0, 0));
    assert_eq!(world.sent.len(), 1, "nor later");
    assert_eq!(world.prompts.values().filter(|p| p.name == "flag").count(), 1, "one danger, one flag");
}

#[test]
fn what_is_no_danger_goes_on_and_a_later_one_stops_there() {
    let mut world = asked_by("sms");
    writes(&mut world, "no");
    assert_eq!((world.sent.len(), world.open("flag").len()), (2, 0), "the next question");
    writes(&mut world, "9");
    assert_eq!((world.sent.len(), world.open("flag").len()), (2, 1), "and that was the last");
    assert_eq!(over(&world), (json!({"bleeds": false, "pain": 9}), true));
    let mut world = asked_by("sms");
    ["no", "3", "yes"].iter().for_each(|text| writes(&mut world, text));
    assert_eq!((world.sent.len(), world.prompts.len()), (3, 0), "all is well, and all was asked");
    assert_eq!(over(&world), (json!({"bleeds": false, "pain": 3, "eats": true}), false));
}

/// The keys that are pressed after who they are was said, in a call; what the call heard goes back in.
fn presses(world: &mut World, keys: &str) -> Vec<String> {
    let message = world.sent.last().unwrap().clone();
    let Content::Voice { call } = &message.content else { panic!("{message:?}") };
    let (mut walk, mut keys, mut heard) = (Walk::new(call), keys.chars(), Vec::new());
    let mut said = walk.next(None);
    while said.last() != Some(&Said::HungUp) {
        heard.extend(said.iter().map(|s| format!("{s:?}")));
        said = walk.next(keys.next());
    }
    heard.extend(said.iter().map(|s| format!("{s:?}")));
    world.now = world.now.plus_ms(60_000);
    let body = json!({"message": message.id, "answered": true, "marks": walk.marks(), "keys": walk.keys()});
    let mut fact = world.fact("call.ended", body).by(Actor::Patient);
    fact.source = "provider".into();
    world.takes(fact).unwrap();
    heard
}

#[test]
fn a_dangerous_key_ends_the_call_and_a_person_is_asked_at_once() {
    let mut world = asked_by("voice");
    let heard = presses(&mut world, "11").join(" ");
    assert!(heard.contains("Does it bleed?") && !heard.contains("How bad"), "{heard}");
    assert!(heard.contains("Goodbye"), "{heard}");
    assert_eq!(world.open("flag").len(), 1);
    assert_eq!(over(&world), (json!({"bleeds": true}), true));
    // What is no danger goes on; a later key stops there.
    let mut world = asked_by("voice");
    let heard = presses(&mut world, "129").join(" ");
    assert!(heard.contains("How bad") && !heard.contains("Do you eat"), "{heard}");
    assert_eq!((world.open("flag").len(), over(&world)), (1, (json!({"bleeds": false, "pain": 9}), true)));
    let mut world = asked_by("voice");
    let heard = presses(&mut world, "1231").join(" ");
    assert!(heard.contains("Do you eat"), "{heard}");
    assert_eq!((world.prompts.len(), over(&world).1), (0, false));
}

#[test]
fn what_is_answered_together_counts_together() {
    let mut world = asked_by("sms");
    let journey = world.sent[0].journey.unwrap();
    let body = json!({"journey": journey, "question": "how_is_it", "reach": world.sent[0].reach, "channel": "portal",
        "answers": {"bleeds": true, "pain": 9}});
    let fact = world.fact("answers.received", body).by(Actor::Patient);
    world.takes(fact).unwrap();
    assert_eq!((world.open("flag").len(), world.sent.len()), (1, 1));
    assert_eq!(over(&world), (json!({"bleeds": true, "pain": 9}), true), "the pain is not lost");
}

#[test]
fn what_is_stored_stands_still_until_a_fact_or_a_version_says_more() {
    let stops = "      stop_when: how_is_it.bleeds == true or how_is_it.pain >= 8\n";
    let before = at_discharge("watch", &stopping("sms").replace(stops, ""));
    let after = at_discharge("watch", &stopping("sms"));
    let mut world = World::new(std::slice::from_ref(&before), at(0, 15, 0));
    known(&mut world);
    world.is_discharged();
    writes(&mut world, "yes");
    writes(&mut world, "not well");
    assert_eq!((world.open("flag").len(), world.told("answer.given").len()), (0, 1), "all of it is asked first");
    // A version that stops there: what was answered before it counts at once.
    world.setup.keep_version(&after);
    let (number, steps, by) = (1, std::collections::BTreeMap::default(), "nora".into());
    let (from, to) = (before.version, after.version);
    let order = throughline_turn::Move { number, pathway: "watch".into(), from, to, steps, words: false, by };
    world.setup.changes.moves.push(order);
    world.until(at(0, 15, 30));
    assert_eq!(over(&world), (json!({"bleeds": true}), true));
    assert_eq!(world.open("flag").len(), 1);
    // What is unknown is not true, and stays so until the deadline.
    let mut world = asked_by("sms");
    writes(&mut world, "no");
    writes(&mut world, "not well");
    assert_eq!(world.open("flag").len(), 0, "unknown is not true");
    world.until(at(2, 15, 30));
    assert_eq!((world.open("flag").len(), world.open("look").len()), (0, 1), "the deadline is over");
}

fn brings(world: &mut World, answers: Json) {
    let first = world.sent[0].clone();
    let body = json!({"journey": first.journey, "question": "how_is_it", "reach": first.reach, "channel": "portal",
        "answers": answers});
    let fact = world.fact("answers.received", body).by(Actor::Patient);
    world.takes(fact).unwrap();
}

fn classes(world: &World) -> Vec<(String, String)> {
    let text = |f: &model::Fact, key: &str| f.text(key).unwrap_or_default().to_owned();
    world.told("reply.classified").iter().map(|f| (text(f, "class"), text(f, "text"))).collect()
}

#[test]
fn a_late_structured_danger_is_as_urgent_as_one_in_words() {
    let mut world = asked_by("sms");
    writes(&mut world, "no");
    world.until(at(2, 16, 0));
    assert_eq!(world.told("questionnaire.missed").len(), 1);
    brings(&mut world, json!({"pain": 3}));
    assert_eq!(classes(&world).last().unwrap(), &("question".to_owned(), "How bad is the pain? 3".to_owned()));
    brings(&mut world, json!({"pain": 9}));
    assert_eq!(classes(&world).last().unwrap(), &("red_flag".to_owned(), "How bad is the pain? 9".to_owned()));
    // By text too, where the question was the last that was said.
    let mut world = asked_by("sms");
    world.until(at(2, 16, 0));
    writes(&mut world, "yes");
    assert_eq!(classes(&world).last().unwrap().0, "red_flag", "{:?}", classes(&world));
}

#[test]
fn a_late_danger_counts_with_what_was_answered_before() {
    let both = stopping("sms").replace(
        "stop_when: how_is_it.bleeds == true or how_is_it.pain >= 8",
        "stop_when: how_is_it.bleeds == true and how_is_it.pain >= 8",
    );
    let mut world = World::new(&[at_discharge("watch", &both)], at(0, 15, 0));
    known(&mut world);
    world.is_discharged();
    writes(&mut world, "yes");
    world.until(at(2, 16, 0));
    brings(&mut world, json!({"eats": false}));
    assert_eq!(classes(&world).last().unwrap().0, "question");
    brings(&mut world, json!({"pain": 9}));
    assert_eq!(classes(&world).last().unwrap().0, "red_flag");
}

#[test]
fn keys_of_a_call_that_ends_after_the_deadline_are_all_taken() {
    let mut world = asked_by("voice");
    // The deadline is over, and no timer has looked.
    world.now = at(2, 15, 0);
    presses(&mut world, "129");
    assert_eq!(over(&world), (json!({"bleeds": false, "pain": 9}), true), "the last of them counts too");
    assert_eq!(world.open("flag").len(), 1);
    // Without a danger it is over all the same.
    let mut world = asked_by("voice");
    world.now = at(2, 15, 0);
    presses(&mut world, "123");
    world.until(at(2, 15, 5));
    let missed = world.told("questionnaire.missed");
    assert_eq!(missed.len(), 1);
    assert_eq!(missed[0].body["answers"], json!({"bleeds": false, "pain": 3}));
}

const RECOVER: &str = include_str!("../../../../pathways/questionnaires/how-you-recover.json");

/// The questionnaire that ships, asked for two days.
fn recover(by: &str, stop_when: &str) -> World {
    let text = format!(
        "pathway: recover\nlanguage: 1\ntitle: recover\nowner: surgery\nfallback_team: charge\nspeaks: [en]\n\
         enrol:\n  on: encounter.discharged\n  once_per: encounter\n\
         leave:\n  - on: encounter.readmitted\n  - after: 14 days\n\
         questions:\n  how_is_it:\n    \
         questionnaire: https://throughline.example/fhir/Questionnaire/how-you-recover|1\n\
         tracks:\n  main:\n    - ask: how_is_it\n      purpose: care\n      by: [{by}]\n      deadline: 2 days\n\
         {stop_when}      answered: end\n      missed: end\n\
         words:\n  how_is_it:\n    en: {{ {by}: \"We have some questions for you.\" }}\n"
    );
    let codes = [("questionnaires/how-you-recover.json".to_owned(), RECOVER.to_owned())];
    let codes = pathway::CodeSets::read(&codes).unwrap().0;
    let teams: Vec<String> = crate::harness::teams().into_iter().map(|t| t.name).collect();
    let read = pathway::read("recover.yaml", &text, &codes, &teams);
    let (pathway, _) = read
        .unwrap_or_else(|f| panic!("{:?}", f.iter().map(|f| pathway::render_finding(f, &text)).collect::<String>()));
    let mut world = World::new(&[std::sync::Arc::new(pathway)], at(0, 15, 0));
    known(&mut world);
    world.is_discharged();
    world
}

/// Answers on the page of the journey under way.
fn on_the_page(world: &mut World, answers: Json) {
    let journey = world.told("journey.started").first().and_then(|f| f.text("journey")).unwrap().to_owned();
    let ask = model::Id::of(&[b"an asking that is over"]);
    let body =
        json!({"journey": journey, "ask": ask, "question": "how_is_it", "channel": "portal", "answers": answers});
    let fact = world.fact("answers.received", body).by(Actor::Patient);
    world.takes(fact).unwrap();
}

#[test]
fn a_late_answer_to_what_is_asked_only_of_some_is_read_by_a_person() {
    let mut world = recover("portal", "");
    world.until(at(2, 16, 0));
    assert_eq!(world.told("questionnaire.missed").len(), 1);
    on_the_page(&mut world, json!({"wound_since": 3}));
    let answer = world.told("answer.given").pop().cloned().expect("it is kept");
    assert_eq!((answer.text("field"), answer.flag("late")), (Some("wound_since"), Some(true)));
    let (class, text) = classes(&world).pop().expect("and read");
    assert!(class == "question" && text.ends_with("3"), "{text}");
}

#[test]
fn what_was_left_out_is_not_known_to_what_stops() {
    let mut world = recover("portal", "      stop_when: how_is_it.temperature != 98\n");
    let asking = world.asking().remove(0);
    let body = json!({"ask": asking.ask, "channel": "portal", "answers": {"temperature": null}});
    let fact = world.fact("answers.received", body).by(Actor::Patient);
    world.takes(fact).unwrap();
    assert_eq!(world.told("answer.given").len(), 1, "it was left out");
    assert_eq!(world.told("questionnaire.answered").len(), 0, "nothing is known of what was left out");
}

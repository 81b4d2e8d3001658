//! Questions to the person: by text and by telephone, what an answer is, and what has precedence over it.

use crate::DAVID;
use crate::harness::{On, World, read_settings, same};
use channels::handset::Policy;
use model::fact::OWN;
use model::{Actor, Fact};
use serde_json::{Value as Json, json};
use testkit::story::Story;

/// The questions of these stories, asked at 10:00 of day 1 until two days later.
const ASKS: &str = r#"
pathway: after-care
language: 1
title: How is it?
owner: orthopaedic-surgery
fallback_team: surgical_nurses
speaks: [en, es]
enrol: { on: encounter.discharged, once_per: encounter }
leave:
  - on: encounter.readmitted
  - after: 14 days
discloses: { sms: health }
questions:
  how_is_it:
    questionnaire: https://example.org/fhir/Questionnaire/how-is-it
    questions:
      - ask: pain
        link: pain-nrs
        label: { en: "How bad is your pain now?", es: "¿Cuánto dolor tiene ahora?" }
        answer: 0 to 10
      - ask: eats
        label: { en: "Can you eat and drink?", es: "¿Puede comer y beber?" }
        answer: yes or no
      - ask: wound
        label: { en: "How does the wound look?", es: "¿Cómo se ve la herida?" }
        answer:
          clean: { en: Clean and dry, es: Limpia y seca }
          wet: { en: Wet, es: Mojada }
TEXT
tracks:
  main:
    - wait: day 1 at 10:00
    - ask: how_is_it
      purpose: care
      by: [BY]
      deadline: 2 days
      again: 1
      answered: next
      missed: nobody_said
    - branch:
        - if: how_is_it.pain >= 8 or how_is_it.wound == 'wet'
          then: hurts
      unknown: nobody_said
      else: end
MORE
sub_pathways:
  hurts:
    - prompt: call_hurts
      to: surgical_nurses
      do: "Call {{ person.name }}: pain {{ how_is_it.pain }}"
      why: They wrote so.
      due: 4 team hours
  nobody_said:
    - prompt: call_silent
      to: surgical_nurses
      do: "Call {{ person.name }}"
      why: "They did not answer."
      due: 4 team hours
words:
  how_is_it:
    en:
      sms, portal: "{{ clinic.name }}: three questions about your recovery."
      voice: "Three questions about your recovery."
      email: { subject: "A few questions", text: "We have a few questions for you." }
    es:
      sms, portal: "{{ clinic.name }}: tres preguntas sobre su recuperación."
      voice: "Tres preguntas sobre su recuperación."
      email: { subject: "Unas preguntas", text: "Tenemos unas preguntas." }
"#;

/// Free text after the three.
const TEXT: &str = r#"      - ask: more
        label: { en: "How else do you feel?", es: "¿Cómo más se siente?" }
        answer: text
"#;

fn asks(by: &str, text: &str, more: &str) -> String {
    ASKS.replace("BY", by).replace("TEXT\n", text).replace("MORE\n", more)
}

/// David after his discharge, who agreed to health by text.
fn agreed(sources: &[&str]) -> (World, model::PersonId) {
    let (mut world, david) = World::walking(&Story::david(), sources);
    let yes = json!({"allowed": true, "channel": "sms", "basis": "said so at the bedside"});
    world.nurse_says(david, "consent.changed", yes);
    (world, david)
}

fn david(source: &str) -> (World, model::PersonId) {
    let (mut world, david) = agreed(&[source]);
    world.goes_on(1, "10:30");
    (world, david)
}

/// The last text that the phone got.
fn last(world: &World) -> String {
    world.words(DAVID, world.at(0, "00:00")).pop().unwrap_or_default()
}

/// What was answered: field, value, channel.
fn answers(world: &World, person: model::PersonId) -> Vec<String> {
    let mut facts = world.facts(person, "answer.given");
    facts.reverse();
    let told = |f: &Fact| {
        let late = if f.flag("late") == Some(true) { " late" } else { "" };
        format!("{} {} {}{late}", f.text("field").unwrap(), f.body["value"], f.text("channel").unwrap())
    };
    facts.iter().map(told).collect()
}

fn classes(world: &World, person: model::PersonId) -> Vec<String> {
    let mut facts = world.facts(person, "reply.classified");
    facts.reverse();
    facts.iter().map(|f| f.text("class").unwrap().to_owned()).collect()
}

#[test]
fn one_question_follows_the_other_and_the_answers_decide() {
    let (mut world, david) = david(&asks("sms", "", ""));
    let first = last(&world);
    assert!(first.contains("three questions") && first.contains("How bad is your pain now?"), "{first}");
    assert!(first.contains("Reply with a number from 0 to 10."), "{first}");
    assert!(!first.contains("Can you eat"), "one question at a time: {first}");
    world.texts(DAVID, "eight");
    assert_eq!(last(&world), "Can you eat and drink?\nReply YES or NO.");
    world.texts(DAVID, "Sí");
    assert_eq!(last(&world), "How does the wound look?\nReply with a letter:\nA: Clean and dry\nB: Wet");
    world.texts(DAVID, "clean");
    same(&answers(&world, david), &["pain 8 sms", "eats true sms", "wound \"clean\" sms"]);
    assert_eq!(classes(&world, david), ["answer", "answer", "answer"]);
    let prompt = world.prompt(david, "call_hurts");
    assert!(prompt.title.ends_with("pain 8"), "{}", prompt.title);
    assert_eq!(world.open(david, "answer_question").len(), 0, "an answer is no question");
    assert_eq!(world.words(DAVID, world.at(0, "00:00")).len(), 3, "and nothing more is said");
}

#[test]
fn what_was_answered_is_a_fhir_resource() {
    let (mut world, david) = david(&asks("sms", "", ""));
    for text in ["3", "no", "B"] {
        world.texts(DAVID, text);
    }
    let over = world.facts(david, "questionnaire.answered").remove(0);
    let (kind, id) = over.text("resource").unwrap().split_once('/').unwrap();
    let row = world.hub().store().resource(Some(david), OWN, kind, id).unwrap().expect("it is stored");
    let response: Json = serde_json::from_str(&row.json).unwrap();
    assert_eq!(response["resourceType"], "QuestionnaireResponse");
    assert_eq!(response["status"], "completed");
    assert_eq!(response["questionnaire"], "https://example.org/fhir/Questionnaire/how-is-it");
    let items = response["item"].as_array().unwrap();
    let of = |n: usize| (items[n]["linkId"].as_str().unwrap(), items[n]["answer"][0].clone());
    assert_eq!(of(0), ("pain-nrs", json!({"valueInteger": 3})));
    assert_eq!(of(1), ("eats", json!({"valueBoolean": false})));
    assert_eq!(of(2), ("wound", json!({"valueCoding": {"code": "wet", "display": "Wet"}})));
    assert_eq!(world.open(david, "call_hurts").len(), 1, "wet decides too");
}

#[test]
fn at_night_the_next_question_still_answers_what_was_written() {
    let (mut world, _) = david(&asks("sms", "", ""));
    world.goes_on(1, "23:30");
    world.texts(DAVID, "4");
    assert!(last(&world).starts_with("Can you eat"), "{}", last(&world));
    // Left alone until the next night it is not asked out of the blue; the harness holds that nothing rings at night
    // unless it is urgent, so this text is the direct answer that quiet hours let pass.
}

#[test]
fn what_is_no_answer_is_asked_again_and_then_a_person_reads_it() {
    let (mut world, david) = david(&asks("sms", "", ""));
    world.texts(DAVID, "a bit");
    let again = last(&world);
    assert!(
        again.starts_with("Automatic reply: we could not read your answer.") && again.contains("How bad is your pain"),
        "{again}"
    );
    assert_eq!(world.open(david, "answer_question").len(), 0, "it is asked again first");
    world.texts(DAVID, "so so");
    let prompt = world.prompt(david, "answer_question");
    assert!(prompt.reason.contains("a bit / so so"), "{}", prompt.reason);
    assert_eq!(world.open(david, "call_silent").len(), 1, "and the way is `missed`");
    assert_eq!(classes(&world, david), ["no_answer", "question"]);
    // What comes after that is what it is.
    world.texts(DAVID, "sorry I mean my arm");
    assert_eq!(world.open(david, "answer_question").len(), 2);
}

#[test]
fn a_text_that_was_no_answer_is_read_by_a_person_when_nothing_more_comes() {
    let (mut world, david) = david(&asks("sms", "", ""));
    world.texts(DAVID, "not much");
    assert_eq!(world.open(david, "answer_question").len(), 0);
    world.goes_on(3, "10:01");
    let prompt = world.prompt(david, "answer_question");
    assert!(prompt.reason.contains("not much"), "{}", prompt.reason);
    assert_eq!(world.open(david, "call_silent").len(), 1);
    // The same when the journey ends; and not when it was answered after all.
    let (mut world, david) = self::david(&asks("sms", "", ""));
    world.texts(DAVID, "not much");
    for text in ["2", "yes", "A"] {
        world.texts(DAVID, text);
    }
    world.goes_on(4, "10:00");
    assert_eq!(world.open(david, "answer_question").len(), 0);
    same(&answers(&world, david), &["pain 2 sms", "eats true sms", "wound \"clean\" sms"]);
}

#[test]
fn a_question_back_is_read_by_a_person_at_once() {
    let (mut world, david) = david(&asks("sms", "", ""));
    world.texts(DAVID, "Can I shower?");
    assert_eq!(world.open(david, "answer_question").len(), 1);
    assert!(last(&world).contains("How bad is your pain"), "and asked again: {}", last(&world));
    world.texts(DAVID, "7");
    same(&answers(&world, david), &["pain 7 sms"]);
}

#[test]
fn a_red_flag_is_one_whatever_is_asked_and_is_kept() {
    let (mut world, david) = david(&asks("sms", TEXT, ""));
    world.texts(DAVID, "8 and my wound is bleeding");
    assert_eq!(world.open(david, "red_flag").len(), 1);
    assert_eq!(answers(&world, david), Vec::<String>::new(), "no plain answer");
    assert!(last(&world).contains("911"), "nothing is asked after it: {}", last(&world));
    // A text went out since: a number may be about that, so a person reads it.
    world.texts(DAVID, "8");
    assert_eq!((answers(&world, david).len(), world.open(david, "answer_question").len()), (0, 1));
    // Free text that is a danger is kept as the answer too.
    let (mut world, david) = self::david(&asks("sms", TEXT, ""));
    for text in ["8", "yes", "A"] {
        world.texts(DAVID, text);
    }
    assert!(last(&world).starts_with("How else do you feel?"), "{}", last(&world));
    world.texts(DAVID, "I can hardly breathe");
    assert_eq!(world.open(david, "red_flag").len(), 1);
    assert_eq!(answers(&world, david).last().unwrap(), "more \"I can hardly breathe\" sms");
    assert_eq!(world.facts(david, "questionnaire.answered").len(), 1);
    assert_eq!(world.open(david, "call_hurts").len(), 1, "the answers decide all the same");
}

#[test]
fn after_a_danger_in_an_answer_nothing_more_is_asked_by_machine() {
    let more = "  second:\n    - note: \"beside\"\n";
    let free_first = asks("sms", "", more).replace("      - ask: pain\n", &format!("{TEXT}      - ask: pain\n"));
    let (mut world, david) = david(&free_first);
    assert!(last(&world).contains("How else do you feel?"), "{}", last(&world));
    world.texts(DAVID, "my wound is bleeding");
    assert_eq!(world.open(david, "red_flag").len(), 1);
    same(&answers(&world, david), &["more \"my wound is bleeding\" sms"]);
    assert!(last(&world).contains("911"), "{}", last(&world));
    // A number now answers nothing that was asked: a person reads it.
    world.texts(DAVID, "9");
    assert_eq!(answers(&world, david).len(), 1);
    assert_eq!(world.open(david, "answer_question").len(), 1);
    world.goes_on(3, "10:01");
    assert_eq!(world.open(david, "call_silent").len(), 1, "not all was answered");
}

#[test]
fn free_text_is_an_answer_and_a_question_in_it_is_read_by_a_person() {
    let (mut world, david) = david(&asks("sms", TEXT, ""));
    for text in ["1", "yes", "A", "Quite well, sleeping better"] {
        world.texts(DAVID, text);
    }
    assert_eq!(world.open(david, "answer_question").len(), 0);
    assert_eq!(answers(&world, david).last().unwrap(), "more \"Quite well, sleeping better\" sms");
    let (mut world, david) = self::david(&asks("sms", TEXT, ""));
    for text in ["1", "yes", "A", "Well. When can I drive?"] {
        world.texts(DAVID, text);
    }
    assert_eq!(world.open(david, "answer_question").len(), 1, "kept, and read");
    assert_eq!(world.facts(david, "questionnaire.answered").len(), 1);
    // A danger that is denied is kept as an answer, and read.
    let (mut world, david) = self::david(&asks("sms", TEXT, ""));
    for text in ["1", "yes", "A", "no bleeding anymore"] {
        world.texts(DAVID, text);
    }
    assert_eq!((world.open(david, "answer_question").len(), world.open(david, "red_flag").len()), (1, 0));
}

#[test]
fn stop_wrong_number_and_thanks_keep_their_meaning() {
    let (mut world, david) = david(&asks("sms", TEXT, ""));
    world.texts(DAVID, "thanks");
    assert_eq!((classes(&world, david), answers(&world, david).len()), (vec!["thanks".to_owned()], 0));
    world.texts(DAVID, "STOP");
    assert!(last(&world).contains("no more automated"), "{}", last(&world));
    assert_eq!(classes(&world, david).last().unwrap(), "stop");
    let since = world.now().plus_ms(60_000);
    world.goes_on(3, "11:00");
    assert_eq!(world.words(DAVID, since), Vec::<String>::new(), "nothing more is asked");
    assert_eq!(world.open(david, "call_silent").len(), 1);
    let (mut world, david) = self::david(&asks("sms", "", ""));
    world.texts(DAVID, "wrong number");
    assert_eq!((world.open(david, "verify_contact").len(), answers(&world, david).len()), (1, 0));
}

#[test]
fn a_late_answer_is_kept_changes_nothing_and_what_is_no_answer_is_read() {
    let (mut world, david) = david(&asks("sms", "", ""));
    world.goes_on(3, "10:30");
    assert_eq!(world.open(david, "call_silent").len(), 1);
    let sent = world.words(DAVID, world.at(0, "00:00")).len();
    world.texts(DAVID, "9");
    same(&answers(&world, david), &["pain 9 sms late"]);
    assert_eq!(world.words(DAVID, world.at(0, "00:00")).len(), sent, "nothing follows it");
    assert_eq!(world.open(david, "call_hurts").len(), 0, "the pathway is beyond it");
    // No pathway looks at it: a person does, and sees what was asked.
    let prompt = world.prompt(david, "answer_question");
    assert!(prompt.reason.contains("How bad is your pain now? / 9"), "{}", prompt.reason);
    // Once: what comes next is no answer any more.
    world.texts(DAVID, "9");
    assert_eq!(answers(&world, david).len(), 1);
    assert_eq!(world.open(david, "answer_question").len(), 2);
    // The journey was left while the question was open: the same.
    let (mut world, david) = self::david(&asks("sms", "", ""));
    let now = world.now();
    world.hears(&Story::david().readmission(now));
    world.texts(DAVID, "it feels odd");
    assert_eq!(world.open(david, "answer_question").len(), 1, "no plain answer is read by a person");
    world.texts(DAVID, "9");
    same(&answers(&world, david), &["pain 9 sms late"]);
    assert!(world.journeys(david).iter().any(|j| j.contains("encounter.readmitted")), "{:?}", world.journeys(david));
}

#[test]
fn another_text_in_between_makes_what_is_no_answer_a_reply_of_its_own() {
    let more = "  news:\n    - wait: day 1 at 10:20\n    - reach: news\n      purpose: care\n      by: [sms]\n";
    let words =
        "words:\n  news:\n    en: { sms: \"Your visit is on Monday.\" }\n    es: { sms: \"Su cita es el lunes.\" }\n";
    let source = asks("sms", "", more).replace("words:\n", words);
    let (mut world, david) = david(&source);
    assert!(last(&world).contains("Monday"), "{}", last(&world));
    world.texts(DAVID, "that suits me");
    assert_eq!(world.open(david, "answer_question").len(), 1);
    assert_eq!(world.facts(david, "answer.not_understood").len(), 0, "it is no try at the question");
    // A number may answer the later text just as well: a person decides, and the question stays open.
    world.texts(DAVID, "5");
    assert_eq!((answers(&world, david).len(), world.open(david, "answer_question").len()), (0, 2));
    world.goes_on(3, "10:01");
    assert_eq!(world.open(david, "call_silent").len(), 1, "and it is not lost");
}

#[test]
fn a_yes_to_a_later_text_is_no_answer_to_the_question_before() {
    let more = "  news:\n    - wait: day 1 at 10:20\n    - reach: news\n      purpose: care\n      by: [sms]\n      \
                counts: answered\n      got: end\n      not: end\n";
    let words = "words:\n  news:\n    en: { sms: \"Can you come tomorrow? YES or NO\" }\n    \
                 es: { sms: \"¿Puede venir mañana? SÍ o NO\" }\n";
    let bleeds = "label: { en: \"Does your wound bleed?\", es: \"¿Sangra la herida?\" }\n        answer: yes or no";
    let asked =
        "label: { en: \"How bad is your pain now?\", es: \"¿Cuánto dolor tiene ahora?\" }\n        answer: 0 to 10";
    let source = asks("sms", "", more).replace("words:\n", words);
    assert!(source.contains(asked));
    let source = source.replace(asked, bleeds).replace("how_is_it.pain >= 8", "how_is_it.pain == true");
    for text in ["No", "Yes", "no, thank you"] {
        let (mut world, david) = david(&source);
        assert!(last(&world).contains("tomorrow"), "{}", last(&world));
        world.texts(DAVID, text);
        same(&answers(&world, david), &[] as &[&str]);
        assert_eq!(world.open(david, "answer_question").len(), 1, "{text}: a person reads it");
    }
}

#[test]
fn a_person_is_asked_one_thing_at_a_time() {
    let other = asks("sms", "", "").replace("pathway: after-care", "pathway: other-care");
    let (mut world, david) = agreed(&[&asks("sms", "", ""), &other]);
    world.goes_on(1, "10:30");
    let texts = |world: &World| world.words(DAVID, world.at(0, "00:00")).len();
    assert_eq!(texts(&world), 1, "the second waits for its turn");
    for text in ["1", "yes", "A"] {
        world.texts(DAVID, text);
    }
    assert_eq!(texts(&world), 4, "now it asks: {}", last(&world));
    assert!(last(&world).contains("How bad is your pain now?"));
    for text in ["9", "yes", "A"] {
        world.texts(DAVID, text);
    }
    let done = world.facts(david, "questionnaire.answered");
    assert_eq!(done.len(), 2);
    assert_ne!(done[0].text("journey"), done[1].text("journey"));
    assert_eq!(world.open(david, "call_hurts").len(), 1, "each has its own answers");
    // One that never got its turn is missed with its own deadline.
    let (mut world, david) = agreed(&[&asks("sms", "", ""), &other]);
    world.goes_on(3, "10:30");
    assert_eq!(world.facts(david, "questionnaire.missed").len(), 2);
}

#[test]
fn a_call_asks_by_keys_and_a_machine_is_asked_nothing() {
    let mut world = {
        let (world, _) = World::walking(&Story::david(), &[&asks("voice, sms", "", "")]);
        world
    };
    let david = world.person(&Story::david().person.mrn);
    world.handset.set_policy(DAVID, Policy::Answer("1*21".into()));
    world.goes_on(1, "10:30");
    same(&answers(&world, david), &["pain 10 voice", "eats false voice", "wound \"clean\" voice"]);
    let said = world.words(DAVID, world.at(0, "00:00"));
    assert_eq!(said.len(), 1, "nothing is texted beside: {said:?}");
    assert!(said[0].contains("For 10, press star.") && said[0].contains("For Wet, press 2."), "{}", said[0]);
    assert_eq!(world.open(david, "call_hurts").len(), 1);
    // Who says that it is not them hears no question.
    let (mut world, _) = World::walking(&Story::david(), &[&asks("voice", "", "")]);
    world.handset.set_policy(DAVID, Policy::Answer("2".into()));
    world.goes_on(1, "10:30");
    assert!(world.words(DAVID, world.at(0, "00:00")).iter().all(|w| !w.contains("pain")), "no health detail");
}

#[test]
fn a_page_answers_all_at_once_and_nothing_outside_the_known_is_taken() {
    let (mut world, david) = david(&asks("sms", TEXT, ""));
    let row = world.hub().store().line(david).unwrap();
    let line = turn::Line::decode(david, row.version, row.state.as_deref(), row.journeys, row.prompts, None).unwrap();
    assert_eq!(line.outreach.questions().len(), 1, "what was asked by text is remembered");
    let setup = world.setup();
    let (_, asking) = turn::asking(&line, &setup, world.now()).remove(0);
    let given = |answers: Json, now| {
        let body = json!({"ask": asking.ask, "journey": asking.journey, "question": "how_is_it", "channel": "portal",
            "answers": answers});
        Fact::own("answers.received", &answers.to_string(), david, now, body).by(Actor::Patient)
    };
    let now = world.now();
    for bad in [json!({"wound": "blue"}), json!({"pain": 11}), json!({"pain": "8"}), json!({"other": 1}), json!([])] {
        assert!(world.says(david, given(bad.clone(), now)).is_err(), "{bad}");
    }
    assert_eq!(answers(&world, david), Vec::<String>::new());
    let texts = world.words(DAVID, world.at(0, "00:00")).len();
    world.says(david, given(json!({"pain": 2, "eats": true}), now)).unwrap();
    assert_eq!(world.words(DAVID, world.at(0, "00:00")).len(), texts, "a page asks the rest itself");
    let rest = json!({"wound": "clean", "more": "my wound is bleeding"});
    world.says(david, given(rest, now)).unwrap();
    same(
        &answers(&world, david),
        &["pain 2 portal", "eats true portal", "wound \"clean\" portal", "more \"my wound is bleeding\" portal"],
    );
    assert_eq!(world.open(david, "red_flag").len(), 1, "a danger on a page is one too");
    assert_eq!(world.facts(david, "questionnaire.answered").len(), 1);
    // What was answered elsewhere is asked by text no more: a number now is a reply of its own.
    world.texts(DAVID, "8");
    assert_eq!((answers(&world, david).len(), world.open(david, "answer_question").len()), (4, 1));
}

/// What a reach that counts answers leads to.
const COUNTS: &str = r#"
pathway: counted
language: 1
title: What counts
owner: orthopaedic-surgery
fallback_team: surgical_nurses
speaks: [en, es]
enrol: { on: encounter.discharged, once_per: encounter }
leave: [{ after: 14 days }]
tracks:
  main:
    - wait: day 1 at 10:00
    - reach: tell
      purpose: care
      by: [BY]
      valid: 6 hours
      counts: WHAT
      got: said_so
      not: did_not
sub_pathways:
  said_so:
    - note: "got"
  did_not:
    - note: "not"
words:
  tell:
    en: { sms: "Please reply.", voice: "A word." }
    es: { sms: "Conteste, por favor.", voice: "Unas palabras." }
"#;

fn counted(what: &str, by: &str) -> (World, model::PersonId) {
    World::walking(&Story::david(), &[&COUNTS.replace("WHAT", what).replace("BY", by)])
}

fn notes(world: &World, person: model::PersonId) -> Vec<String> {
    let facts = world.facts(person, "note.made");
    facts.iter().map(|f| format!("{} {}", world.stamp(f.occurred_at), f.text("text").unwrap())).collect()
}

#[test]
fn a_reach_leads_on_by_what_counts() {
    let (mut world, david) = counted("delivered", "sms");
    world.goes_on(1, "10:01");
    same(&notes(&world, david), &["day 1 10:00 got"]);
    // Nobody answers a call, and there is no other way.
    let (mut world, david) = counted("delivered", "voice");
    world.goes_on(1, "11:00");
    assert!(notes(&world, david).iter().all(|n| n.ends_with(" not")) && notes(&world, david).len() == 1);
    // Nobody says anything back until its validity is over.
    let (mut world, david) = counted("answered", "sms");
    world.goes_on(1, "15:59");
    same(&notes(&world, david), &[] as &[&str]);
    world.goes_on(1, "16:01");
    same(&notes(&world, david), &["day 1 16:00 not"]);
    // A reply is one; a wrong number is none.
    let (mut world, david) = counted("answered", "sms");
    world.goes_on(1, "11:00");
    world.texts(DAVID, "wrong number");
    same(&notes(&world, david), &[] as &[&str]);
    let (mut world, david) = counted("answered", "sms");
    world.goes_on(1, "11:00");
    world.texts(DAVID, "I will come");
    same(&notes(&world, david), &["day 1 11:00 got"]);
    assert_eq!(world.open(david, "answer_question").len(), 1, "and a person reads it");
    // Who listens to a call has read it.
    let (mut world, david) = counted("read", "voice");
    world.handset.set_policy(DAVID, Policy::Answer("1".into()));
    world.goes_on(1, "11:00");
    same(&notes(&world, david), &["day 1 10:00 got"]);
}

#[test]
fn what_is_done_counts_whoever_was_reached() {
    let done = COUNTS.replace("      counts: WHAT\n", "      counts: done\n      until: encounter.readmitted\n");
    let (mut world, david) = World::walking(&Story::david(), &[&done.replace("BY", "sms")]);
    world.goes_on(1, "12:00");
    same(&notes(&world, david), &[] as &[&str]);
    let now = world.now();
    world.hears(&Story::david().readmission(now));
    same(&notes(&world, david), &["day 1 12:00 got"]);
}

/// The same questions, and what a page may be asked by.
fn by_page(by: &str) -> String {
    let link = "text: \"We have a few questions for you: {{ person.today_link }}\"";
    let es = "text: \"Tenemos unas preguntas: {{ person.today_link }}\"";
    let source = asks(by, TEXT, "").replace("text: \"We have a few questions for you.\"", link);
    source.replace("text: \"Tenemos unas preguntas.\"", es)
}

/// What a page sends: one answer at a time, as its form names them.
fn on_the_page(world: &mut World, person: model::PersonId, given: &[(&str, Json)]) {
    for (field, value) in given {
        let row = world.hub().store().line(person).unwrap();
        let state = row.state.as_deref();
        let line = turn::Line::decode(person, row.version, state, row.journeys, row.prompts, None).unwrap();
        let setup = world.setup();
        let (_, asking) = turn::asking(&line, &setup, world.now()).remove(0);
        let body = json!({"ask": asking.ask, "journey": asking.journey, "question": asking.question,
            "channel": "portal", "answers": {*field: value}});
        let fact = Fact::own("answers.received", &format!("{field}{value}"), person, world.now(), body);
        for _ in 0..2 {
            world.says(person, fact.clone().by(Actor::Patient)).unwrap();
        }
    }
}

const MAILBOX: &str = "david.reyes@example.org";

fn a_mail_leads_to_the_page_and_its_answers_decide(on: On) {
    let story = Story::david();
    let mut settings = read_settings();
    settings.pathways.retain(|p| p.standing);
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let codes = pathway::CodeSets::default();
    let (asks, _) = pathway::read("asks.yaml", &by_page("email, portal"), &codes, &teams).unwrap();
    settings.pathways.push(std::sync::Arc::new(asks));
    let mut world = World::with(on, story.discharged_at.plus_ms(60_000), std::sync::Arc::new(settings));
    world.day_0 = story.discharged_at;
    world.restart = true;
    world.hears(&story.discharge());
    let david = world.person(&story.person.mrn);
    world.goes_on(1, "10:30");
    let mails = world.words(MAILBOX, world.at(0, "00:00"));
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].contains("/t/") && !mails[0].contains("pain"), "no health detail before the page: {}", mails[0]);
    assert_eq!(world.words(DAVID, world.at(0, "00:00")), Vec::<String>::new(), "nothing is texted");
    on_the_page(&mut world, david, &[("pain", json!(9)), ("eats", json!(true))]);
    same(&answers(&world, david), &["pain 9 portal", "eats true portal"]);
    assert_eq!(world.words(DAVID, world.at(0, "00:00")), Vec::<String>::new(), "the page asks the rest itself");
    assert_eq!(world.open(david, "call_hurts").len(), 0, "not all is answered yet");
    on_the_page(&mut world, david, &[("wound", json!("clean")), ("more", json!("I can hardly breathe"))]);
    assert_eq!(world.open(david, "red_flag").len(), 1, "a danger on the page acts at once");
    assert_eq!(world.open(david, "call_hurts").len(), 1);
    let over = world.facts(david, "questionnaire.answered");
    assert_eq!((over.len(), answers(&world, david).len()), (1, 4), "sent twice, answered once");
    let (kind, id) = over[0].text("resource").unwrap().split_once('/').unwrap();
    let row = world.hub().store().resource(Some(david), OWN, kind, id).unwrap().expect("it is stored");
    let response: Json = serde_json::from_str(&row.json).unwrap();
    assert_eq!(response["item"][3]["answer"][0], json!({"valueString": "I can hardly breathe"}));
    assert_eq!(response["source"], response["subject"]);
    world.goes_on(4, "10:00");
    assert_eq!(world.open(david, "call_silent").len(), 0);
    world.check();
}

#[test]
fn a_mail_leads_to_the_page_and_its_answers_decide_on_sqlite() {
    a_mail_leads_to_the_page_and_its_answers_decide(On::Sqlite);
}

#[test]
fn a_mail_leads_to_the_page_and_its_answers_decide_on_postgresql() {
    a_mail_leads_to_the_page_and_its_answers_decide(On::Postgres);
}

#[test]
fn without_a_mailbox_the_next_rung_asks_and_without_any_a_person_is_told() {
    let mut story = Story::david();
    story.person.email = None;
    let (mut world, david) = World::walking(&story, &[&by_page("email, portal")]);
    world.goes_on(1, "10:30");
    let by: Vec<&str> = world.messages(david).iter().map(|m| m.channel.name()).collect();
    assert_eq!(by, ["portal"], "the page asks all the same");
    let (mut world, david) = World::walking(&story, &[&by_page("email")]);
    world.goes_on(1, "10:30");
    assert_eq!(world.messages(david).len(), 0);
    assert!(!world.facts(david, "reach.ended").is_empty(), "the ladder is over");
    let opened = world.facts(david, "prompt.opened");
    assert!(!opened.is_empty(), "and a person is asked");
}

#[test]
fn a_scenario_that_answers_on_the_page_is_the_same_in_the_laboratory() {
    let teams = hub::shipped::teams(&outreach::Clinic::default());
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let (asks, _) =
        pathway::read("asks.yaml", &by_page("email, portal"), &pathway::CodeSets::default(), &names).unwrap();
    let mut library: Vec<_> = pathway::shipped::all(&names).pathways.into_iter().map(std::sync::Arc::new).collect();
    library.push(std::sync::Arc::new(asks));
    let text = r#"
tests: after-care
people:
  david: { name: David Reyes, language: en, phone: "+12125550119", email: david.reyes@example.org }
scenarios:
  - scenario: He answers on the page, and it hurts
    person: david
    happens:
      - day 0 14:00: discharged
      - day 1 11:00: { answers: { how_is_it: { pain: 9, eats: true } } }
      - +1 hour: { answers: { how_is_it: { wound: clean, more: I slept well } } }
    expect:
      - day 1 10:00 email how_is_it: delivered
      - day 1 12:00 prompt call_hurts to surgical_nurses: open
  - scenario: A danger on the page
    person: david
    happens:
      - day 0 14:00: discharged
      - day 1 11:00: { answers: { how_is_it: { more: my wound is bleeding } } }
    expect_some:
      - day 1 11:00 prompt red_flag: open
"#;
    let (suite, findings) = lab::test::read("asks.test.yaml", text, "after-care", &library);
    assert_eq!(findings, []);
    let suite = suite.unwrap();
    let clinic = outreach::Clinic { link_secret: "a secret of the test".into(), ..outreach::Clinic::default() };
    let setup = lab::test::setup(&suite, &library, &teams, &clinic);
    let mut settings = read_settings();
    settings.clinic = clinic;
    settings.pathways = library.iter().filter(|p| p.standing || p.name == "after-care").cloned().collect();
    let settings = std::sync::Arc::new(settings);
    for scenario in &suite.scenarios {
        let played = lab::test::play::in_laboratory(scenario, &setup, &suite.tests);
        assert_eq!(played.problems, []);
        let told: Vec<String> = played.lines.iter().map(|line| line.write(&scenario.calendar)).collect();
        same(&crate::differential::in_hub(scenario, &suite.tests, &settings), &told);
        println!("{}: {told:?}", scenario.name);
        let expected = if scenario.name.starts_with("He") { "prompt call_hurts" } else { "prompt red_flag" };
        assert!(told.iter().any(|line| line.contains(expected)), "{told:?}");
        assert!(told.iter().any(|line| line.contains("email how_is_it")), "{told:?}");
    }
    // What it does not ask is a mistake of the scenario.
    let wrong = text.replace("pain: 9", "pein: 9");
    assert!(!lab::test::read("asks.test.yaml", &wrong, "after-care", &library).1.is_empty());
}

/// Instead of an answer comes a picture: nobody sees it here, so a person asks; whoever sent it is told so, and whom to
/// call, with the question once more.
#[test]
fn a_picture_instead_of_an_answer_is_told_to_a_person_and_to_who_sent_it() {
    let (mut world, david) = david(&asks("sms", "", ""));
    assert!(last(&world).contains("How bad is your pain now?"), "{}", last(&world));
    let brought = crate::replies::pictured(&world, "", 1);
    world.brings(brought);
    let prompt = world.prompt(david, "answer_question");
    assert!(
        prompt.reason.contains("[sent 1 picture or file, which is not taken in here: ask them]"),
        "{}",
        prompt.reason
    );
    let said = last(&world);
    assert!(said.starts_with("Automatic reply: pictures and files cannot be seen here."), "{said}");
    assert!(said.contains("call +15550100.") && said.contains("How bad is your pain now?"), "{said}");
    // The question is open still, and an answer with a picture beside it is one, which a person reads too.
    let brought = crate::replies::pictured(&world, "3", 1);
    world.brings(brought);
    assert!(last(&world).contains("Can you eat and drink?"), "{}", last(&world));
    assert_eq!(world.facts(david, "answer.given").len(), 1);
    assert_eq!(world.open(david, "answer_question").len(), 2);
}

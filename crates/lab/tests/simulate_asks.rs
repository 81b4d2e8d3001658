//! Simulated people answer questions: by text, by keys, on their page; by type, and no more than is asked.

mod common;

use model::At;
use std::collections::BTreeSet;
use std::sync::Arc;
use throughline_lab::simulate::{Asked, Key, Plan, Population, SHIPPED, Sharing, Walked, simulate, walk_people};

/// Questions by text and by telephone on day 1, on the page on day 3; a danger ends either at once.
const ASKS: &str = r#"
pathway: how-are-you
language: 1
title: How is it?
owner: orthopaedic-surgery
fallback_team: surgical_nurses
speaks: [en, es]
enrol: { on: encounter.discharged, once_per: encounter }
leave:
  - on: encounter.readmitted
  - after: 10 days
questions:
  short:
    discloses: none
    questions:
      - ask: pain
        label: { en: "How bad is your pain?", es: "¿Cuánto dolor tiene?" }
        answer: 0 to 10
      - ask: eats
        label: { en: "Can you eat?", es: "¿Puede comer?" }
        answer: yes or no
      - ask: sleep
        label: { en: "How do you sleep?", es: "¿Cómo duerme?" }
        answer:
          well: { en: Well, es: Bien }
          badly: { en: Badly, es: Mal }
          not_at_all: { en: Not at all, es: Nada }
  page:
    questionnaire: https://throughline.example/fhir/Questionnaire/how-you-recover|1
tracks:
  main:
    - wait: day 1 at 10:00
    - ask: short
      purpose: care
      by: [sms 4 hours, voice 2 hours]
      deadline: 1 day
      stop_when: short.pain >= 8
      answered: next
      missed: next
    - branch:
        - if: short.pain >= 8
          then: danger
      unknown: next
      else: next
    - wait: day 3 at 10:00
    - ask: page
      purpose: care
      by: [email 8 hours, portal]
      deadline: 2 days
      stop_when: page.wound_bleeds == true
      answered: next
      missed: end
    - branch:
        - if: page.wound_bleeds == true
          then: danger
      unknown: end
      else: end
sub_pathways:
  danger:
    - red_flag: flag
      person_within: 30 minutes
      to: charge_nurse
      do: Call them now
      why: They said so.
      overdue: [on_call_surgeon after 10 minutes]
words:
  short:
    en: { sms: "A few questions.", voice: "A few questions." }
    es: { sms: "Unas preguntas.", voice: "Unas preguntas." }
  page:
    en: { portal: "Some questions.", email: { subject: "Questions", text: "Some questions: {{ person.today_link }}" } }
    es: { portal: "Preguntas.", email: { subject: "Preguntas", text: "Preguntas: {{ person.today_link }}" } }
"#;

fn setup() -> turn::Setup {
    let setup = common::setup();
    let questionnaire = include_str!("../../../pathways/questionnaires/how-you-recover.json").to_owned();
    let codes = [("questionnaires/how-you-recover.json".to_owned(), questionnaire)];
    let (codes, _) = pathway::CodeSets::read(&codes).expect("it reads");
    let names: Vec<String> = setup.teams.iter().map(|t| t.name.clone()).collect();
    let (asks, _) = pathway::read("asks.yaml", ASKS, &codes, &names).unwrap_or_else(|f| panic!("{f:#?}"));
    let mut pathways = setup.in_force.clone();
    pathways.retain(|p| p.standing);
    pathways.push(Arc::new(asks));
    turn::Setup::new(setup.clinic, setup.teams, &pathways, setup.rules, setup.topics)
}

fn plan(people: u32, threads: usize, sharing: Sharing) -> Plan {
    // Monday, 2026-09-14.
    Plan { asked: Asked { people, seed: 5, threads, sharing }, days: 7, start: At(1_789_416_000_000) }
}

/// The shipped population, of whom more answer their telephone.
fn population() -> Population {
    let calls = "{answered: 190, missed: 790, opt_out: 20}";
    assert!(SHIPPED.contains(calls));
    Population::read("p.yaml", &SHIPPED.replace(calls, "{answered: 900, missed: 80, opt_out: 20}")).expect("it reads")
}

fn walked(setup: &turn::Setup, people: u32, sharing: Sharing) -> Walked {
    walk_people(setup, &population(), &plan(people, 2, sharing)).expect("everybody walks")
}

#[test]
fn people_answer_by_text_by_keys_and_on_the_page_and_a_danger_stops_it() {
    let setup = setup();
    let shared = walked(&setup, 400, Sharing::Shared);
    assert_eq!(shared.alone_because, None);
    let count = |name| shared.tally.count(name);
    for name in ["answers by text", "answers by keys", "answers on the page", "answers that were not understood"] {
        assert!(count(name) > 0, "{name}: {:?}", shared.tally.iter().collect::<Vec<_>>());
    }
    assert_eq!(count("refused"), 0, "nothing is answered that is not asked of who answered so");
    let over =
        ["questions answered to the end", "questions that stopped early", "questions left unanswered"].map(count);
    assert!(over.iter().all(|n| *n > 0), "{over:?}");
    let opened = |name: &str| -> u64 {
        let of = |k: &Key| matches!(k, Key::Prompt { name: n, what: "opened", .. } if n == name);
        shared.tally.iter().filter(|(k, _)| of(k)).map(|(_, n)| n).sum()
    };
    let told = format!("{over:?}, {} red flags", opened("flag"));
    assert!(over[1] > 5 && opened("flag") == over[1], "each danger that ended the questions is a red flag: {told}");
}

#[test]
fn who_answers_alike_walks_together_and_comes_to_the_same_as_alone() {
    let setup = setup();
    let (shared, alone) = (walked(&setup, 150, Sharing::Shared), walked(&setup, 150, Sharing::Alone));
    assert_eq!(shared.alone_because, None);
    let lines = |walked: &Walked| walked.tally.iter().map(|e| format!("{e:?}")).collect::<BTreeSet<String>>();
    let (shared_lines, alone_lines) = (lines(&shared), lines(&alone));
    let only = |x: &BTreeSet<String>, y: &BTreeSet<String>| x.difference(y).cloned().collect::<Vec<_>>();
    let nothing: Vec<String> = Vec::new();
    assert_eq!((only(&shared_lines, &alone_lines), only(&alone_lines, &shared_lines)), (nothing.clone(), nothing));
    assert!(shared.turns < alone.turns, "{} {}", shared.turns, alone.turns);
}

#[test]
fn the_same_seed_gives_the_same_bytes_whoever_answers() {
    let (setup, population) = (setup(), population());
    let bytes = |threads| {
        let (report, _) = simulate(&setup, &population, &plan(60, threads, Sharing::Shared)).expect("everybody walks");
        (serde_json::to_string(&report).expect("it serialises"), report.text(), report.html())
    };
    let one = bytes(1);
    assert!(one == bytes(2) && one == bytes(5), "threads change nothing");
    assert!(one.1.contains("answers by text") && one.0.contains("ask_yes_no"), "{}", one.1);
}

#[test]
fn who_is_silent_in_a_population_is_silent() {
    let silent = ["ask_text", "ask_keys", "ask_page"].iter().fold(SHIPPED.to_owned(), |text, name| {
        let (before, after) = text.split_once(&format!("  {name}:\n    weights: {{")).expect("it is drawn");
        let (weights, rest) = after.split_once('}').expect("it ends");
        let last = weights.rsplit(", ").next().and_then(|w| w.split(':').next()).expect("silent");
        let none = weights.split(", ").map(|w| w.split(':').next().unwrap_or_default());
        let none: Vec<String> = none.map(|w| format!("{w}: {}", u8::from(w == last))).collect();
        format!("{before}  {name}:\n    weights: {{{}}}{rest}", none.join(", "))
    });
    let silent = Population::read("p.yaml", &silent).expect("it reads");
    let walked = walk_people(&setup(), &silent, &plan(60, 2, Sharing::Shared)).expect("everybody walks");
    for name in ["answers by text", "answers by keys", "answers on the page", "questions answered to the end"] {
        assert_eq!(walked.tally.count(name), 0, "{name}");
    }
    assert!(walked.tally.count("questions left unanswered") > 0);
}

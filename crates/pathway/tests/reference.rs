//! The reference page is what the code says, and each of its examples compiles.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use throughline_pathway::reference::{STEPS, TIMES, page};
use throughline_pathway::{CodeSets, read, render_finding};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/language.md");

/// A pathway around a piece of a track, with what examples may name.
fn around(steps: &str) -> String {
    let indented: String = steps.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        r#"pathway: sample
language: 1
title: A sample
owner: surgery
fallback_team: nurses
speaks: [en]
discloses: {{ sms: health }}
enrol:
  on: encounter.discharged
  once_per: encounter
leave:
  - after: 30 days
goals:
  at_home:
    title: Still at home
    when: not record.inpatient
    within: 14 days
questions:
  how_is_it:
    questions:
      - ask: pain
        label: {{ en: "How strong is the pain, from 0 to 10?" }}
        answer: 0 to 10
      - ask: eats
        label: {{ en: "Do you eat?" }}
        answer: yes or no
services:
  eligibility:
    discloses: identity
    asks: {{ name: person.name }}
    answers: {{ covered: yes or no, copay: 0 to 1000, plan: text }}
tracks:
  sample:
{indented}
  keeps:
    - include: rest
    - repeat: daily at 09:00
      days: 1 to 1
      checklist: after_surgery
      as: today
      steps:
        - remind: today
          words: task_now
          purpose: reminder
          by: [sms]
    - prompt: kept
      to: nurses
      do: Keep the form
      why: A form that is never asked is told of.
      form: how_are_you
      due: 8 team hours
    - reach: please_call
      purpose: care
      by: [sms, email, portal]
    - call: eligibility
      within: 10 minutes
      answered: next
      failed: next
    - ask: how_is_it
      words: please_call
      purpose: care
      by: [sms]
      deadline: 2 days
      answered: end
      missed: end
sub_pathways:
  rest:
    - wait: 1 hour
words:
  please_call:
    en:
      sms, portal: "Please call {{{{ clinic.phone }}}}."
      email: {{ subject: "A note from {{{{ clinic.name }}}}", text: "Please call {{{{ clinic.phone }}}}." }}
  task_now:
    en:
      sms: "{{{{ task.text }}}}"
forms:
  how_are_you:
    title: How are you?
    questions:
      - ask: pain
        label: Pain
        answer: 0 to 10
checklists:
  after_surgery:
    owner: surgery
    items:
      - item: drink
        days: 1 to 2
        at: "12:00"
        en: Drink water.
"#
    )
}

fn compiles(what: &str, steps: &str) {
    let text = around(steps);
    let teams = ["nurses", "surgeon"].map(String::from);
    if let Err(findings) = read("sample.yaml", &text, &CodeSets::default(), &teams) {
        let told: Vec<String> = findings.iter().map(|f| render_finding(f, &text)).collect();
        panic!("{what}:\n{}", told.join("\n"));
    }
}

#[test]
fn every_example_compiles() {
    for step in STEPS {
        compiles(step.verb, step.example);
    }
    for (written, _) in TIMES {
        compiles(written, &format!("- wait: {written}\n- note: It is time"));
    }
}

#[test]
fn every_step_and_every_key_is_told() {
    let told: BTreeSet<(&str, BTreeSet<&str>)> =
        STEPS.iter().map(|s| (s.verb, s.keys.iter().map(|(k, _)| *k).collect())).collect();
    let read: BTreeSet<(&str, BTreeSet<&str>)> =
        throughline_pathway::verbs().iter().map(|(verb, keys)| (*verb, keys.iter().copied().collect())).collect();
    assert_eq!(told, read);
}

#[test]
fn the_page_is_what_the_code_says() {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(PAGE, page()).unwrap();
    }
    assert!(
        fs::read_to_string(PAGE).unwrap() == page(),
        "docs/language.md is old: UPDATE=1 cargo test --test reference"
    );
}

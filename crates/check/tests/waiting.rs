//! TL074 through whatever stands between an `ask` and the branch on its answers: each of these hid a danger once.
#![expect(clippy::unwrap_used, reason = "tests")]

use model::prompt::Team;
use outreach::Rules;
use pathway::{Finding, Severity, read_dir_texts};
use std::fs;
use std::path::Path;
use throughline_check::{Given, Source, check};

/// Parts of the good file, each with what stands in its place.
type Changes<'a> = &'a [(&'a str, &'a str)];

const ASK: &str = "      stop_when: wound.bleeds == true
      answered: next
      missed: ask_again
    - branch:
        - if: wound.bleeds == true
          then: bleeds_now
      unknown: ask_again
      else: end
";

fn team(name: &str, days: u8) -> Team {
    Team {
        name: name.into(),
        title: name.into(),
        site: String::new(),
        zone: "America/New_York".into(),
        hours: (0..days).map(|day| (day, 480, 1080)).collect(),
        phone: String::new(),
        notify: Vec::new(),
    }
}

/// What is said of the good file, with that in place of its `ask` and with more at its end, and of more files.
fn told_of(ask: &str, more: Changes<'_>, others: &[&str]) -> Vec<Finding> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/findings");
    let good = fs::read_to_string(folder.join("good.yaml")).unwrap();
    assert!(good.contains(ASK));
    let mut text = good.replace(ASK, ask);
    for (old, new) in more {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    let mut sources: Vec<Source> = vec![("good.yaml".into(), text)];
    sources.extend(others.iter().enumerate().map(|(n, text)| (format!("other-{n}.yaml"), (*text).to_owned())));
    let teams = [team("nurses", 5), team("surgeon", 0), team("front_desk", 7)];
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let library = read_dir_texts(&sources, &names);
    let errors: Vec<_> = library.findings.iter().filter(|f| f.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let pathways: Vec<&pathway::Pathway> = library.pathways.iter().collect();
    assert_eq!(pathways.len(), sources.len(), "{:#?}", library.findings);
    let rules = Rules::shipped();
    let given = Given::new(&teams, &rules, "America/New_York", jiff::civil::date(2026, 9, 1));
    check(&pathways, &sources, &given).into_iter().filter(|f| f.code == "TL074").collect()
}

const BRANCH: &str = "    - branch:
        - if: wound.bleeds == true
          then: bleeds_now
      unknown: ask_again
      else: end
";

/// The `ask`, with what stands between it and the branch.
fn between(stop: bool, steps: &str) -> String {
    let stop = if stop { "      stop_when: wound.bleeds == true\n" } else { "" };
    format!("{stop}      answered: next\n      missed: ask_again\n{steps}{BRANCH}")
}

const WORDS: (&str, &str) = (
    "words:\n",
    "services:
  insurer:
    asks: { member: person.name }
    discloses: identity
    answers: { covered: yes or no }

words:
",
);

const SECOND: (&str, &str) = (
    "questions:\n",
    "questions:
  mood:
    discloses: none
    questions:
      - ask: low
        label: { en: Are you low? }
        answer: yes or no
",
);

const MOOD_WORDS: (&str, &str) = ("words:\n", "words:\n  mood:\n    en:\n      voice, sms: \"One more question.\"\n");

const MOOD: &str = "    - ask: mood
      purpose: care
      by: [voice]
      deadline: 3 hours
      answered: next
      missed: next
";

/// Said of an answer that waits for the other question of the same `ask`.
const REST: &str = "waits until all of `wound` is answered";

/// Without `stop_when` the danger waits for the rest, whatever goes on at once between.
#[test]
fn what_goes_on_at_once_hides_nothing() {
    let split = "    - split: who\n      metric: g\n      hold_out: 10%\n      held_out: next\n      arms:\n        - a: 1\n          then: next\n        - b: 1\n          then: next\n";
    let goal = (
        "\nleave:\n",
        "\ngoals:\n  g: { title: G, when: encounter.discharged_at is known, within: 3 days }\n\nleave:\n",
    );
    let parallel =
        "    - parallel:\n        one:\n          - note: One\n        two:\n          - note: Two\n      join: all\n";
    let include = "    - include: says_so\n";
    let sub = ("sub_pathways:\n", "sub_pathways:\n\n  says_so:\n    - note: It was said\n");
    let call = "    - call: insurer\n      within: 1 minute\n      answered: next\n      failed: next\n";
    let cases: [(&str, &str, Changes<'_>); 4] = [
        ("split", split, &[goal]),
        ("parallel", parallel, &[]),
        ("include", include, &[sub]),
        ("call", call, &[WORDS]),
    ];
    for (name, steps, more) in cases {
        let told = told_of(&between(false, steps), more, &[]);
        assert_eq!(told.len(), 1, "{name}: {told:#?}");
        assert!(told[0].says.contains(REST) && told[0].severity == Severity::Error, "{name}: {told:#?}");
        assert_eq!(told_of(&between(true, steps), more, &[]), vec![], "{name}: stopped, and looked at at once");
    }
}

/// Time that passes before the branch is time that the danger waits, whatever `stop_when` says.
#[test]
fn what_takes_time_is_told_with_how_long() {
    let wait_for = "    - wait_for: encounter.ended\n      deadline: 2 days\n      found: next\n      missed: next\n";
    let prompt = "    - prompt: hello\n      to: nurses\n      do: \"Greet\"\n      why: \"To greet.\"\n      offer: [call]\n      due: 2 team hours\n";
    let cases: [(&str, String, Changes<'_>, &str); 5] = [
        ("wait", "    - wait: 2 hours\n".into(), &[], ", up to 2 hours"),
        (
            "two waits",
            "    - wait: 2 hours\n    - note: And\n    - wait: 90 minutes\n".into(),
            &[],
            ", up to 210 minutes",
        ),
        ("wait_for", wait_for.into(), &[], ", up to 2 days"),
        ("ask", MOOD.into(), &[SECOND, MOOD_WORDS], ", up to 3 hours"),
        ("prompt", prompt.into(), &[], "`wound_call/hello`"),
    ];
    for (name, steps, more, long) in cases {
        let told = told_of(&between(true, &steps), more, &[]);
        assert_eq!(told.len(), 1, "{name}: {told:#?}");
        assert!(told[0].says.ends_with(long) && told[0].severity == Severity::Error, "{name}: {told:#?}");
        assert_eq!(told[0].help.as_deref(), Some("put the `branch` on `wound.bleeds == true` right after the `ask`"));
    }
}

/// What hangs on an answer that comes later is not known before it; and what was seen to at once may be looked at again.
#[test]
fn what_is_learned_later_waits_for_nothing() {
    let both = BRANCH.replace("wound.bleeds == true", "wound.bleeds == true and mood.low == true");
    let ask = between(true, MOOD).replace(BRANCH, &both);
    assert_eq!(told_of(&ask, &[SECOND, MOOD_WORDS], &[]), vec![]);
    let first = BRANCH.replace("else: end", "else: next");
    let ask = format!("{first}    - wait: 2 hours\n");
    assert_eq!(told_of(&between(true, &ask), &[], &[]), vec![], "who bleeds was seen to before the wait");
}

/// A pathway that begins with a red flag is something urgent.
#[test]
fn to_begin_a_pathway_with_a_red_flag_is_urgent() {
    let other = "pathway: bleeding
language: 1
title: It bleeds
owner: surgery
fallback_team: nurses
speaks: [en]
enrol: { by_hand: true, once_per: person }
leave:
  - after: 1 day
tracks:
  main:
    - note: It begins
    - red_flag: come
      person_within: 30 minutes
      to: surgeon
      do: \"Call now\"
      why: \"It bleeds.\"
      due: 10 minutes
    - prompt: find
      to: surgeon
      do: \"Find them\"
      why: \"It bleeds.\"
      offer: [call]
      urgent: true
      due: 10 minutes
";
    let enrol = |ask: String| {
        let begins = "        - if: wound.bleeds == true\n          then: next\n      unknown: ask_again\n      else: end\n    - enrol_in: bleeding\n";
        ask.replace("        - if: wound.bleeds == true\n          then: bleeds_now\n      unknown: ask_again\n      else: end\n", begins)
    };
    let used = ("          then: ask_again\n", "          then: bleeds_now\n");
    let told = told_of(&enrol(between(false, "")), &[used], &[other]);
    assert!(told.len() == 1 && told[0].says.contains(REST) && told[0].severity == Severity::Error, "{told:#?}");
    assert_eq!(told_of(&enrol(between(true, "")), &[used], &[other]), vec![]);
}

/// A step that is left out by an answer is a branch on it.
#[test]
fn to_leave_out_a_flag_is_a_branch() {
    let flag = "      skip_when: wound.bleeds == false\n";
    let ask = "      answered: bleeds_now\n      missed: ask_again\n";
    let more =
        ("      due: 10 minutes\n      overdue: [surgeon after 5 minutes]\n    - branch:\n        - if: it_bleeds", "");
    let new = format!(
        "      due: 10 minutes\n      overdue: [surgeon after 5 minutes]\n{flag}    - branch:\n        - if: it_bleeds"
    );
    let told = told_of(ask, &[(more.0, &new)], &[]);
    assert!(told.len() == 1 && told[0].says.contains(REST), "{told:#?}");
}

/// Where a bound ends the search, that is said.
#[test]
fn a_search_that_ends_is_told() {
    let arms = |n: usize| {
        let all: Vec<String> = (0..n).map(|n| format!("wound.pain == {n} and mood.low == true")).collect();
        BRANCH.replace("wound.bleeds == true", &all.join(" or ")).replace("then: bleeds_now", "then: next")
    };
    // Nine ways, and nine, are more than are tried; what they lead to hangs on what is learned later.
    let hard = format!("{MOOD}{}{}", arms(9), arms(9)).replace("else: end", "else: ask_again");
    let last = BRANCH.replace("wound.bleeds == true", "mood.low == true");
    let ask =
        format!("      stop_when: wound.bleeds == true\n      answered: next\n      missed: ask_again\n{hard}{last}");
    let told = told_of(&ask, &[SECOND, MOOD_WORDS], &[]);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].says.contains("more ways than are tried") && told[0].severity == Severity::Warning, "{told:#?}");
}

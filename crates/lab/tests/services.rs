//! Services outside in the laboratory: a scenario says what they answer.

use model::prompt::Team;
use outreach::Clinic;
use pathway::Pathway;
use std::sync::Arc;
use throughline_lab::test::{Report, Suite, Threads, read, rewrite, run};

const COVER: &str = "pathway: cover
language: 1
title: Cover
owner: front-desk
fallback_team: desk
speaks: [en]
enrol:
  on: encounter.discharged
  once_per: encounter
leave:
  - after: 3 days
services:
  eligibility:
    discloses: identity
    asks: { member: person.name }
    answers: { covered: yes or no, copay: 0 to 1000 }
tracks:
  main:
    - wait: day 1 at 12:00
    - call: eligibility
      within: 10 minutes
      answered: next
      failed: by_hand
    - branch:
        - if: eligibility.covered
          then: covered
      unknown: by_hand
      else: not_covered
sub_pathways:
  covered:
    - note: Covered
  not_covered:
    - prompt: tell_them
      to: desk
      do: Tell them
      why: They are not covered.
      due: 2 hours
  by_hand:
    - prompt: ask_by_hand
      to: desk
      do: Ask the insurer
      why: The service did not say.
      due: 2 hours
";

const TESTS: &str = "tests: cover
given:
  home:
    - day 0 14:00: discharged
scenarios:
  - scenario: covered
    given: home
    happens:
      - day 1 12:01: { service: { eligibility: { covered: true, copay: 20 } } }
    expect_some: [day 1 12:00 call eligibility]
    never: [prompt ask_by_hand, prompt tell_them, { call eligibility: failed }]
  - scenario: not covered
    given: home
    happens:
      - day 1 12:09: { service: { eligibility: { covered: false } } }
      - day 1 13:00: { tell_them: done }
    expect_some: [day 1 12:09 prompt tell_them]
    never: [prompt ask_by_hand]
  - scenario: it does not say
    given: home
    happens:
      - day 1 12:03: { service: { eligibility: { copay: 1 } } }
    expect_some: [day 1 12:03 prompt ask_by_hand]
  - scenario: it fails
    given: home
    happens:
      - day 1 12:02: { service: { eligibility: fails } }
      - day 1 12:30: { ask_by_hand: done }
    expect:
      - day 1 12:00 call eligibility: failed
      - day 1 12:02 prompt ask_by_hand to desk: done
      - day 1 12:30 end: finished
  - scenario: another type
    given: home
    happens:
      - day 1 12:02: { service: { eligibility: { covered: false, copay: 5000 } } }
    expect_some: [day 1 12:02 prompt ask_by_hand]
    never: [prompt tell_them]
  - scenario: silence
    given: home
    expect_some: [{ day 1 12:00 call eligibility: { ended: missed, says: member } }, day 1 12:10 prompt ask_by_hand]
";

fn ran(tests: &str, mutants: bool) -> (Report, Vec<pathway::Finding>) {
    let (_, findings, report) = ran_suite(tests, mutants);
    (report, findings)
}

fn ran_suite(tests: &str, mutants: bool) -> (Suite, Vec<pathway::Finding>, Report) {
    let team = Team {
        name: "desk".into(),
        title: String::new(),
        site: String::new(),
        zone: "America/New_York".into(),
        hours: Vec::new(),
        phone: String::new(),
        notify: Vec::new(),
    };
    let names = ["desk".to_owned()];
    let read_one = pathway::read("cover.yaml", COVER, &pathway::CodeSets::default(), &names);
    let (cover, _) = read_one.unwrap_or_else(|findings| panic!("{findings:#?}"));
    let library: Vec<Arc<Pathway>> = vec![Arc::new(cover)];
    let (suite, findings) = read("cover.test.yaml", tests, "cover", &library);
    let suite = suite.unwrap_or_else(|| panic!("{findings:?}"));
    let report = run(std::slice::from_ref(&suite), &library, &[team], &Clinic::default(), Threads(1), mutants);
    (suite, findings, report)
}

#[test]
fn a_scenario_says_what_a_service_answers_and_both_ways_are_counted() {
    let (report, findings) = ran(TESTS, true);
    assert_eq!(findings, []);
    for verdict in &report.suites[0].verdicts {
        assert!(verdict.passed(), "{}: {:?} {:#?}", verdict.name, verdict.problems, verdict.diff);
    }
    let missing: Vec<_> = report.coverage[0].missing().map(|(step, way, ..)| format!("{step} {way}")).collect();
    let of_call: Vec<&String> = missing.iter().filter(|m| m.starts_with("main/eligibility")).collect();
    assert!(of_call.is_empty(), "{missing:?}");
    let (_, survivors) = report.mutants.expect("mutants were asked for");
    let of_call: Vec<String> =
        survivors.iter().map(|s| format!("{s:?}")).filter(|s| s.contains("main/eligibility")).collect();
    assert!(of_call.is_empty(), "the tests see what is changed at the call: {of_call:?}");
}

#[test]
fn what_no_service_is_or_was_asked_is_told() {
    let (_, findings) = ran(&TESTS.replace("service: { eligibility: fails }", "service: { eligible: fails }"), false);
    assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), ["TL090"]);
    let (_, findings) = ran(&TESTS.replace("copay: 20", "copy: 20"), false);
    assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), ["TL004"]);
    let (report, _) = ran(&TESTS.replace("day 1 12:01: { service", "day 1 11:59: { service"), false);
    let said = &report.suites[0].verdicts[0].problems;
    assert!(said[0].1.contains("`eligibility` is not asked anything now"), "{said:?}");
    let one_way = TESTS.split("  - scenario: not covered").next().expect("a scenario");
    let (report, _) = ran(one_way, false);
    let missing: Vec<_> = report.coverage[0].missing().map(|(step, way, ..)| format!("{step} {way}")).collect();
    assert!(missing.contains(&"main/eligibility missed".to_owned()), "{missing:?}");
}

#[test]
fn a_call_that_came_and_was_not_expected_is_told_and_recorded() {
    // A full list is everything: a call is of it.
    let full = TESTS.replace("      - day 1 12:00 call eligibility: failed\n", "");
    let (report, findings) = ran(&full, false);
    assert_eq!(findings, []);
    let failed: Vec<_> = report.suites[0].verdicts.iter().filter(|v| !v.passed()).collect();
    assert_eq!(failed.len(), 1);
    assert!(format!("{:?}", failed[0].diff).contains("day 1 12:00 call eligibility: failed"), "{:?}", failed[0].diff);
    let (suite, _, report) = ran_suite(&full, false);
    let text = rewrite(&suite, &report.suites[0].verdicts).expect("something to write");
    assert!(text.contains("      - day 1 12:00 call eligibility: failed\n"), "{text}");
    assert!(ran(&text, false).0.suites[0].verdicts.iter().all(|v| v.passed()), "{text}");
    // One that must not come, and does.
    let never = TESTS.replace("{ call eligibility: failed }]", "call eligibility]");
    let (report, _) = ran(&never, false);
    assert!(!report.suites[0].verdicts[0].passed());
    // A service that no pathway asks would never come.
    let (_, findings) = ran(&TESTS.replace("[day 1 12:00 call eligibility]", "[day 1 12:00 call eligible]"), false);
    assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), ["TL090"]);
}

//! Files of tests, read and run: what passes, what fails and how it is told, coverage, mutants, recording.

use model::prompt::Team;
use outreach::Clinic;
use pathway::Pathway;
use std::sync::Arc;
use throughline_lab::test::{Report, Suite, Threads, read, rewrite, run};

fn teams() -> Vec<Team> {
    let team = |name: &str, hours: Option<(u16, u16)>| Team {
        name: name.into(),
        title: String::new(),
        site: String::new(),
        zone: "America/New_York".into(),
        hours: hours.map_or_else(Vec::new, |(from, to)| (0..7).map(|day| (day, from * 60, to * 60)).collect()),
        phone: String::new(),
        notify: Vec::new(),
    };
    vec![
        team("surgical_nurses", Some((8, 18))),
        team("charge_nurse", None),
        team("on_call_surgeon", None),
        team("front_desk", Some((8, 17))),
    ]
}

fn library() -> Vec<Arc<Pathway>> {
    let names: Vec<String> = teams().iter().map(|t| t.name.clone()).collect();
    let library = pathway::shipped::shipped(&names);
    assert!(!library.refused(), "{:?}", library.findings);
    library.pathways.into_iter().map(Arc::new).collect()
}

const HEAD: &str = "\
tests: post-surgical-follow-up
apart_from: [todays_list, task_now]
given:
  home:
    - day 0 14:00: { discharged: { procedure: snomed|41727003 Repair of tendon } }
scenarios:
";

fn suite(scenarios: &str) -> (Suite, Vec<pathway::Finding>) {
    let (suite, findings) = read("a.test.yaml", &format!("{HEAD}{scenarios}"), "post-surgical-follow-up", &library());
    (suite.expect("a suite"), findings)
}

fn ran(suite: &Suite, threads: usize, mutants: bool) -> Report {
    run(std::slice::from_ref(suite), &library(), &teams(), &Clinic::default(), Threads(threads), mutants)
}

const WELL: &str = "  - scenario: well
    given: home
    happens:
      - day 1 10:00:
          check: { answers: { pain: 2, bleeding: false, fever: false, wound: clean } }
    expect:
      - day 1 09:00 prompt check to surgical_nurses due day 1 17:00: done
      - day 15 00:00 end: after 14 days
";

#[test]
fn a_full_list_that_comes_passes_and_one_that_does_not_is_shown_with_why() {
    let (well, findings) = suite(WELL);
    assert_eq!(findings, []);
    let report = ran(&well, 1, false);
    assert!(report.suites[0].verdicts[0].passed(), "{:#?}", report.suites[0].verdicts[0].diff);
    let wrong = WELL.replace("day 1 09:00 prompt", "day 1 10:00 prompt").replace("pain: 2", "pain: 9");
    let report = ran(&suite(&wrong).0, 1, false);
    let verdict = &report.suites[0].verdicts[0];
    assert!(!verdict.passed());
    let diff: Vec<String> = verdict.diff.iter().map(|(mark, line)| format!("{mark}{line}")).collect();
    assert_eq!(diff[0], "+day 1 09:00 prompt check to surgical_nurses due day 1 17:00: done");
    assert_eq!(diff[1], "-day 1 10:00 prompt check to surgical_nurses due day 1 17:00: done");
    assert!(diff[2].starts_with("+day 1 10:00 urgent prompt surgeon_review to on_call_surgeon"), "{diff:?}");
    assert!(verdict.why.iter().any(|line| line.contains("check")), "{:?}", verdict.why);
}

#[test]
fn wildcards_some_and_never() {
    let (good, findings) = suite(
        "  - scenario: some
    given: home
    expect_some: [\"* prompt ch*\", end]
    never: [sms, prompt surgeon_review, day 1 09:00 voice *]
",
    );
    assert_eq!(findings, []);
    assert!(ran(&good, 1, false).suites[0].verdicts[0].passed());
    let (bad, _) = suite("  - scenario: never\n    given: home\n    never: [prompt check]\n");
    assert!(!ran(&bad, 1, false).suites[0].verdicts[0].passed());
}

#[test]
fn mistakes_are_told_with_their_place_and_lose_one_scenario_only() {
    let (suite, findings) = suite(&format!(
        "{WELL}  - scenario: wrong
    given: home
    happens:
      - day 1 10:00: {{ chek: done }}
      - day 1 11:00: {{ check: {{ answers: {{ pian: 3 }} }} }}
    never: [sms medicin_ready]
    expct: []
"
    ));
    assert_eq!(suite.scenarios.len(), 1, "the other one is there");
    let told: Vec<(u32, &str, Option<&str>)> =
        findings.iter().map(|f| (f.place.line, f.code, f.help.as_deref())).collect();
    assert_eq!(
        told,
        [
            (18, "TL018", Some("did you mean `check`?")),
            (19, "TL004", Some("did you mean `pain`?")),
            (20, "TL012", Some("did you mean `medicine_ready`?")),
            (21, "TL004", Some("did you mean `expect`?")),
        ]
    );
}

#[test]
fn what_cannot_happen_fails_the_scenario() {
    let (suite, _) = suite(
        "  - scenario: too early\n    given: home\n    happens: [day 0 15:00: { check: done }]\n    expect_some: [end]\n",
    );
    let report = ran(&suite, 1, false);
    let verdict = &report.suites[0].verdicts[0];
    assert!(!verdict.passed());
    assert!(verdict.problems[0].1.contains("no prompt `check` is open now"), "{:?}", verdict.problems);
}

#[test]
fn what_came_is_recorded_and_the_rest_of_the_file_stays() {
    let scenarios = "  - scenario: recorded          # a comment
    given: home
    happens: []

  - scenario: another
    given: home
    expect:
      - \"* prompt check\"
      - day 3 09:00 sms please_call
    # the end
";
    let (first, _) = suite(scenarios);
    let report = ran(&first, 1, false);
    let text = rewrite(&first, &report.suites[0].verdicts).expect("something to write");
    let wanted = scenarios
        .replace(
            "    happens: []\n",
            "    happens: []\n    expect:\n      - day 1 09:00 prompt check to surgical_nurses > charge_nurse due day 1 17:00: withdrawn\n      - day 15 00:00 end: after 14 days\n",
        )
        .replace(
            "      - \"* prompt check\"\n      - day 3 09:00 sms please_call\n",
            "      - day 1 09:00 prompt check to surgical_nurses > charge_nurse due day 1 17:00: withdrawn\n      - day 15 00:00 end: after 14 days\n",
        );
    assert_eq!(text, format!("{HEAD}{wanted}"));
    let (again, findings) = read("a.test.yaml", &text, "post-surgical-follow-up", &library());
    assert_eq!(findings, []);
    let again = again.expect("a suite");
    let report = ran(&again, 1, false);
    assert!(report.suites[0].verdicts.iter().all(|v| v.passed()));
    assert_eq!(rewrite(&again, &report.suites[0].verdicts), None, "nothing is left to write");
}

#[test]
fn coverage_says_what_was_not_passed() {
    let report = ran(&suite(WELL).0, 1, false);
    let missing: Vec<String> =
        report.coverage[0].missing().map(|(step, way, place, _)| format!("{}:{step} {way}", place.line)).collect();
    assert!(missing.iter().any(|m| m.ends_with("nurse_call/branch arm-1")), "{missing:?}");
    assert!(!missing.iter().any(|m| m.ends_with("nurse_call/branch else")), "{missing:?}");
    assert!(report.coverage[0].percent() < 50);
}

#[test]
fn mutants_are_noticed_or_listed_and_threads_make_no_difference() {
    let report = ran(&suite(WELL).0, 1, true);
    let (tried, survivors) = report.mutants.as_ref().expect("mutants");
    let says: Vec<&str> = survivors.iter().map(|s| s.says.as_str()).collect();
    assert!(*tried > 100);
    assert!(!says.contains(&"dropping `nurse_call/check`"), "it is noticed");
    assert!(!says.contains(&"shifting the wait of `nurse_call/wait` by an hour"), "it is noticed");
    assert!(!says.contains(&"leaving a day later than after 14 days"), "it is noticed");
    assert!(says.contains(&"dropping `medicine/medicine_waiting`"), "nobody comes there");
    assert!(says.contains(&"one attempt only at `nurse_call/check`"), "nobody tries twice");
    let two = ran(&suite(WELL).0, 2, true);
    assert_eq!(format!("{report:?}"), format!("{two:?}"), "on two threads the same");
}

/// The files of tests beside the shipped pathways: path, name of the pathway, text.
fn shipped_files() -> Vec<(String, String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pathways");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder of pathways") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".test.yaml") {
            let text = std::fs::read_to_string(&path).expect("a text");
            files.push((name.clone(), stem.to_owned(), text));
        }
    }
    files.sort();
    files
}

#[test]
fn the_shipped_tests_pass_every_step_and_way_of_every_shipped_pathway() {
    let names: Vec<String> = teams().iter().map(|t| t.name.clone()).collect();
    let library: Vec<Arc<Pathway>> = pathway::shipped::all(&names).pathways.into_iter().map(Arc::new).collect();
    let files = shipped_files();
    for pathway in &library {
        assert!(files.iter().any(|(_, stem, _)| *stem == pathway.name), "{} has no tests", pathway.name);
    }
    for (file, stem, text) in &files {
        let (suite, findings) = read(file, text, stem, &library);
        assert_eq!(findings, [], "{file}");
        let suite = suite.expect("a suite");
        let report = run(&[suite], &library, &teams(), &Clinic::default(), Threads(2), false);
        for verdict in &report.suites[0].verdicts {
            assert!(verdict.passed(), "{file}: {}: {:?} {:?}", verdict.name, verdict.problems, verdict.diff);
        }
        let missing: Vec<_> = report.coverage[0].missing().collect();
        assert_eq!(report.coverage[0].percent(), 100, "{file}: {missing:#?}");
        assert!(missing.is_empty(), "{file}: {missing:#?}");
    }
}

/// The library with a limit of places on the follow-up.
fn limited(at_most: u32) -> Vec<Arc<Pathway>> {
    let limit = |pathway: Arc<Pathway>| {
        let mut pathway = Arc::unwrap_or_clone(pathway);
        if pathway.name == "post-surgical-follow-up" {
            let waits_ms = 14 * model::time::DAY_MS;
            pathway.enrol.places = Some(pathway::ast::Places { at_most, per_site: false, waits_ms });
        }
        Arc::new(pathway)
    };
    library().into_iter().map(limit).collect()
}

#[test]
fn a_person_gets_a_place_at_once_unless_the_scenario_says_that_there_is_none() {
    let late = WELL
        .replace("  - scenario: well\n", "  - scenario: waits\n    places: full\n")
        .replace("      - day 1 10:00:\n", "      - day 1 12:00: { place: given }\n      - day 1 13:00:\n")
        .replace("      - day 1 09:00 prompt check to surgical_nurses due day 1 17:00: done\n", "")
        .replace("expect:", "expect_some:");
    let never = "  - scenario: never\n    places: full\n    given: home\n    never: [end, prompt check]\n    \
                 expect_some:\n      - \"* prompt place_waited\"\n";
    let nobody = "  - scenario: nobody waits\n    given: home\n    happens:\n      - day 1 08:00: { place: given }\n    \
                  expect_some:\n      - day 15 00:00 end\n";
    let source = format!("{HEAD}{WELL}{late}{never}{nobody}");
    let library = limited(3);
    let (suite, findings) = read("a.test.yaml", &source, "post-surgical-follow-up", &library);
    assert_eq!(findings, []);
    let report = run(&[suite.expect("a suite")], &library, &teams(), &Clinic::default(), Threads(1), false);
    let verdicts = &report.suites[0].verdicts;
    assert!(verdicts[0].passed(), "at once: {:#?}", verdicts[0].diff);
    assert!(verdicts[1].passed(), "when it is given: {:#?} {:#?}", verdicts[1].diff, verdicts[1].problems);
    let checks: Vec<String> =
        verdicts[1].lines.iter().map(|l| format!("{} {}", l.at, l.name)).filter(|l| l.contains("check")).collect();
    assert_eq!(checks.len(), 1, "the call is made late, and made: {checks:?}");
    assert!(verdicts[2].passed(), "it is told that they wait: {:#?} {:#?}", verdicts[2].diff, verdicts[2].problems);
    assert!(verdicts[3].problems.iter().any(|(_, why)| why.contains("no place")), "{:?}", verdicts[3].problems);
}

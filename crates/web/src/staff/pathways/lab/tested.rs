//! What the tests of a pathway say: its `*.test.yaml`, run once for each version, within a limit of time.

use super::super::AUTHOR;
use super::{Bench, KEPT_MAX};
use crate::Shared;
use crate::tongue::{Tongue, say};
use lab::test::play::in_laboratory;
use lab::test::{Coverage, Suite, Verdict};
use maud::{Markup, html};
use outreach::Clinic;
use pathway::Pathway;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Scenarios are begun for so long; those that are left are told as not run.
const TIME_MAX: Duration = Duration::from_secs(15);
/// Ways without a scenario that are listed.
const WAYS_MAX: usize = 200;

/// What came of the tests of one version.
#[derive(Default)]
pub(super) struct Tested {
    passed: usize,
    failed: Vec<(String, Verdict)>,
    /// Scenarios that there was no time for.
    left: usize,
    /// What is wrong with the files themselves.
    wrong: Vec<String>,
    coverage: Option<Coverage>,
}

/// Files of tests for a pathway, read; what is wrong with them, as the command line prints it.
pub(super) fn suites(shared: &Shared, pathway: &Pathway, bench: &Bench) -> (Vec<Suite>, Vec<String>) {
    let (mut suites, mut wrong) = (Vec::new(), Vec::new());
    // What never names the pathway is not about it: most files are for one pathway, and not read for the others.
    let about = |file: &str, text: &str| file.contains(&pathway.name) || text.contains(&pathway.name);
    for (file, text) in shared.app.files.tests.iter().filter(|(file, text)| about(file, text)) {
        let stem = file.rsplit(['/', '\\']).next().unwrap_or_default().replace(".test.yaml", "");
        let (suite, findings) = lab::test::read(file, text, &stem, &bench.library);
        let Some(suite) = suite.filter(|s| s.tests.contains(&pathway.name)) else { continue };
        wrong.extend(findings.iter().map(|f| pathway::render_finding(f, text)));
        suites.push(suite);
    }
    (suites, wrong)
}

/// The settings that scenarios are written for: those of `serve`, which lets no words out that nobody reviewed. Another
/// setting of this hub, as the demo has it, changes nothing of what a scenario expects.
fn written_for(clinic: &Clinic) -> Clinic {
    Clinic { unreviewed_languages: false, ..clinic.clone() }
}

/// What came of them: kept, or found out now.
fn tested(shared: &Shared, pathway: &Pathway, bench: &Bench, suites: &[Suite], wrong: Vec<String>) -> Arc<Tested> {
    if let Ok(kept) = shared.lab.tested.lock()
        && let Some(tested) = kept.get(&pathway.version)
    {
        return Arc::clone(tested);
    }
    let teams = &shared.app.hub.settings().teams;
    let clinic = written_for(&bench.clinic);
    let (began, mut out, mut all) = (Instant::now(), Tested { wrong, ..Tested::default() }, Vec::new());
    for suite in suites {
        let setup = lab::test::setup(suite, &bench.library, teams, &clinic);
        for scenario in &suite.scenarios {
            if began.elapsed() > TIME_MAX {
                out.left += 1;
                continue;
            }
            let played = in_laboratory(scenario, &setup, &suite.tests);
            let verdict = lab::test::verdict(scenario, &played, &bench.library);
            match verdict.passed() {
                true => out.passed += 1,
                false => out.failed.push((suite.file.clone(), verdict)),
            }
            all.push(played);
        }
    }
    let equivalent: Vec<_> = suites.iter().flat_map(|s| &s.equivalent).collect();
    out.coverage = Some(Coverage::of(pathway, all.iter(), &equivalent));
    let out = Arc::new(out);
    if let Ok(mut kept) = shared.lab.tested.lock() {
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(pathway.version, Arc::clone(&out));
    }
    out
}

/// The result, under the findings.
pub(super) fn show(shared: &Shared, t: Tongue, pathway: &Arc<Pathway>) -> Markup {
    let bench = Bench::of(shared, pathway);
    let (suites, wrong) = suites(shared, pathway, &bench);
    html! {
        section #tests aria-labelledby="tests-title" {
            h2 #tests-title { (say!(t, "lab-tests")) }
            @if suites.is_empty() { p .empty { (say!(t, "lab-no-tests")) } }
            @else {
                @if bench.clinic.unreviewed_languages { p .muted #tests-settings { (say!(t, "lab-tests-held-back")) } }
                (result(t, &tested(shared, pathway, &bench, &suites, wrong)))
            }
        }
    }
}

fn result(t: Tongue, tested: &Tested) -> Markup {
    html! {
        p #test-result { (say!(t, "lab-passed", n = tested.passed)) " " (say!(t, "lab-failed", n = tested.failed.len()))
            @if tested.left > 0 { " " (say!(t, "lab-left", n = tested.left)) } }
        @for wrong in &tested.wrong { pre .told lang=(AUTHOR) translate="no" tabindex="0" { (wrong) } }
        @for (file, verdict) in &tested.failed {
            details .failed {
                summary { span lang=(AUTHOR) { (verdict.name) } " " span .mono.muted translate="no" { (file) ":" (verdict.place.line) } }
                pre .told lang=(AUTHOR) translate="no" tabindex="0" { (told(verdict)) }
            }
        }
        @if let Some(coverage) = &tested.coverage {
            @let passed = coverage.ways.iter().filter(|(.., passed)| *passed).count();
            p #coverage { (say!(t, "lab-coverage", percent = coverage.percent(), passed = passed, all = coverage.ways.len())) }
            @if passed < coverage.ways.len() && tested.left == 0 {
                details {
                    summary { (say!(t, "lab-never-passed")) }
                    ul lang=(AUTHOR) {
                        @for (step, way, place, _) in coverage.missing().take(WAYS_MAX) {
                            li { span .mono translate="no" { (place.line) ": " (step) " " (way) } }
                        }
                    }
                }
            }
        }
    }
}

/// What a scenario that failed tells: what could not happen, what is missing (`-`) and too much (`+`), and why.
fn told(verdict: &Verdict) -> String {
    let mut out = String::new();
    for (place, why) in &verdict.problems {
        out.push_str(&format!("line {}: {why}\n", place.line));
    }
    for (mark, line) in &verdict.diff {
        out.push_str(&format!("{mark} {line}\n"));
    }
    for why in &verdict.why {
        out.push_str(&format!("  why: {why}\n"));
    }
    if !verdict.expects {
        out.push_str("it expects nothing\n");
    }
    out
}

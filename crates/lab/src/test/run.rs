//! Runs files of tests: each scenario plays, and is compared with what it expects.

use super::coverage::Coverage;
use super::expect::{Pattern, compare};
use super::line::Line;
use super::mutants::{self, Survivor};
use super::play::{Played, in_laboratory};
use super::read::{Scenario, Suite, in_force};
use model::prompt::Team;
use outreach::Clinic;
use pathway::Pathway;
use pathway::ast::Place;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Lines of "why" that a failing scenario tells.
const WHY_MAX: usize = 6;

/// How many threads may work.
#[derive(Clone, Copy, Debug)]
pub struct Threads(pub usize);

/// What came of files of tests.
#[derive(Debug, Default)]
pub struct Report {
    /// One for each file, in their order.
    pub suites: Vec<SuiteReport>,
    /// One for each pathway that is tested.
    pub coverage: Vec<Coverage>,
    /// Mutants: how many there were, and those that nobody noticed; `None` when they were not asked for.
    pub mutants: Option<(usize, Vec<Survivor>)>,
}

/// What came of a file of tests.
#[derive(Debug)]
pub struct SuiteReport {
    /// Its path.
    pub file: String,
    /// One for each scenario.
    pub verdicts: Vec<Verdict>,
}

/// What came of a scenario.
#[derive(Debug)]
pub struct Verdict {
    /// The scenario.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What could not happen as written.
    pub problems: Vec<(Place, String)>,
    /// Expected and not come (`-`), come and not expected (`+`), and what is as it should be (` `).
    pub diff: Vec<(char, String)>,
    /// Why what was expected did not come.
    pub why: Vec<String>,
    /// All that came, but what the scenario sets apart.
    pub lines: Vec<Line>,
    /// Whether it says what should come.
    pub expects: bool,
}

impl Verdict {
    /// Whether all was as it should be.
    pub fn passed(&self) -> bool {
        self.expects && self.problems.is_empty() && self.diff.iter().all(|(mark, _)| *mark == ' ')
    }
}

/// What a suite's scenarios are decided by.
pub fn setup(suite: &Suite, library: &[Arc<Pathway>], teams: &[Team], clinic: &Clinic) -> turn::Setup {
    let names: Vec<&str> = in_force(library, &suite.tests, &suite.with).iter().map(|p| p.name.as_str()).collect();
    let pathways: Vec<Arc<Pathway>> = library.iter().filter(|p| names.contains(&p.name.as_str())).cloned().collect();
    setup_with(&pathways, teams, clinic)
}

pub(super) fn setup_with(pathways: &[Arc<Pathway>], teams: &[Team], clinic: &Clinic) -> turn::Setup {
    let mut clinic = clinic.clone();
    // Links are signed with something; what it is makes no difference here.
    if clinic.link_secret.is_empty() {
        clinic.link_secret = "the laboratory".into();
    }
    let rules = outreach::Rules::shipped();
    let mut setup = turn::Setup::new(clinic, teams.to_vec(), pathways, rules, record::Topics::shipped());
    // A scenario says when there is none: see `Scenario::places_full`.
    setup.places_free = true;
    setup
}

/// Runs all scenarios; with `mutate` also the mutants of the pathways that are tested.
pub fn run(
    suites: &[Suite],
    library: &[Arc<Pathway>],
    teams: &[Team],
    clinic: &Clinic,
    threads: Threads,
    mutate: bool,
) -> Report {
    let setups: Vec<turn::Setup> = suites.iter().map(|s| setup(s, library, teams, clinic)).collect();
    let jobs: Vec<(usize, &Scenario)> =
        suites.iter().enumerate().flat_map(|(n, s)| s.scenarios.iter().map(move |scenario| (n, scenario))).collect();
    let played = in_parallel(threads, &jobs, |(n, scenario)| in_laboratory(scenario, &setups[*n], &suites[*n].tests));
    let mut report = Report::default();
    for (n, suite) in suites.iter().enumerate() {
        let of = jobs.iter().zip(&played).filter(|((m, _), _)| *m == n);
        let verdicts = of.map(|((_, scenario), played)| verdict(scenario, played, library)).collect();
        report.suites.push(SuiteReport { file: suite.file.clone(), verdicts });
    }
    let mut tested: Vec<&String> = suites.iter().flat_map(|s| &s.tests).collect();
    tested.sort();
    tested.dedup();
    for name in tested {
        let Some(pathway) = library.iter().find(|p| p.name == *name) else { continue };
        let of = jobs.iter().zip(&played).filter(|((n, _), _)| suites[*n].tests.contains(name));
        let equivalent: Vec<_> = suites.iter().filter(|s| s.tests.contains(name)).flat_map(|s| &s.equivalent).collect();
        report.coverage.push(Coverage::of(pathway, of.map(|(_, played)| played), &equivalent));
    }
    if mutate {
        let work = mutants::Work { suites, library, teams, clinic, threads };
        report.mutants = Some(mutants::survivors(&work, &jobs, &played));
    }
    report
}

/// Compares what came with what was expected.
pub fn verdict(scenario: &Scenario, played: &Played, library: &[Arc<Pathway>]) -> Verdict {
    let calendar = &scenario.calendar;
    let mut diff: Vec<(model::At, u8, char, String)> = Vec::new();
    let mut missing: Vec<&Pattern> = Vec::new();
    let listed = listed(scenario, played);
    if let Some(expected) = &scenario.expect {
        let compared = compare(&expected.lines, &listed);
        for (pattern, found) in expected.lines.iter().zip(&compared.found) {
            match found {
                Some(place) => diff.push((listed[*place].at, 1, ' ', listed[*place].write(calendar))),
                None => {
                    missing.push(pattern);
                    diff.push((pattern.at().unwrap_or_default(), 0, '-', pattern.show()));
                }
            }
        }
        for place in compared.more {
            diff.push((listed[place].at, 2, '+', listed[place].write(calendar)));
        }
        diff.sort();
    }
    for pattern in &scenario.some {
        if !played.lines.iter().any(|line| pattern.fits(line, false)) {
            missing.push(pattern);
            diff.push((pattern.at().unwrap_or_default(), 0, '-', pattern.show()));
        }
    }
    for pattern in &scenario.never {
        for line in played.lines.iter().filter(|line| pattern.fits(line, false)) {
            diff.push((line.at, 2, '+', format!("{} (never: {})", line.write(calendar), pattern.show())));
        }
    }
    let expects = scenario.expect.is_some() || !scenario.some.is_empty() || !scenario.never.is_empty();
    Verdict {
        name: scenario.name.clone(),
        place: scenario.place,
        problems: played.problems.clone(),
        diff: diff.into_iter().map(|(_, _, mark, line)| (mark, line)).collect(),
        why: why(scenario, &missing, played, library),
        lines: listed,
        expects,
    }
}

/// What a full list is about: all that came but what the scenario sets apart.
fn listed(scenario: &Scenario, played: &Played) -> Vec<Line> {
    played.lines.iter().filter(|line| !scenario.apart_from.contains(&line.name)).cloned().collect()
}

/// Whether a scenario sees a difference; less work than [`verdict`].
pub(super) fn notices(scenario: &Scenario, played: &Played) -> bool {
    if !played.problems.is_empty() {
        return true;
    }
    if let Some(expected) = &scenario.expect {
        let compared = compare(&expected.lines, &listed(scenario, played));
        if !compared.more.is_empty() || compared.found.iter().any(Option::is_none) {
            return true;
        }
    }
    let some = |p: &Pattern| played.lines.iter().any(|line| p.fits(line, false));
    !scenario.some.iter().all(some) || scenario.never.iter().any(some)
}

/// What the traces say of what was expected and did not come.
fn why(scenario: &Scenario, missing: &[&Pattern], played: &Played, library: &[Arc<Pathway>]) -> Vec<String> {
    use pathway::ast::Verb;
    let mut out: Vec<String> = Vec::new();
    for pattern in missing {
        let name = pattern.name();
        let steps: Vec<&str> = library
            .iter()
            .flat_map(|p| &p.steps)
            .filter(|s| match &s.verb {
                Verb::Reach { words, .. } | Verb::Remind { words, .. } | Verb::Ask { words, .. } => words == name,
                Verb::Prompt(p) => p.name == name,
                _ => false,
            })
            .map(|s| s.name.as_str())
            .collect();
        for trace in &played.traces {
            let of_step = steps.iter().any(|step| trace.detail.split(' ').any(|word| word == *step));
            let of_reach = played.reaches.get(&trace.effect.to_string()).is_some_and(|words| words == name);
            if !of_step && !of_reach {
                continue;
            }
            let told = outreach::describe(&trace.code, &trace.detail, "en");
            let line = format!("{} {name}: {told}", scenario.calendar.write(trace.at));
            if !out.contains(&line) {
                out.push(line);
            }
        }
        if out.is_empty() && !name.contains('*') {
            out.push(format!("{name}: no journey came to a step that says it"));
        }
    }
    let more = out.len().saturating_sub(WHY_MAX);
    out.truncate(WHY_MAX);
    if more > 0 {
        out.push(format!("and {more} more"));
    }
    out
}

/// Does the same with each of a list, on several threads; what came of them in the order of the list.
pub(super) fn in_parallel<T: Sync, R: Send>(threads: Threads, list: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let mine = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = list.get(at) else { return done };
            done.push((at, work(one)));
        }
    };
    let mut all: Vec<(usize, R)> = if threads.0 <= 1 {
        mine()
    } else {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.0).map(|_| scope.spawn(mine)).collect();
            let done = workers.into_iter().map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            done.flatten().collect()
        })
    };
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, done)| done).collect()
}

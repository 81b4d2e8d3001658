//! What pathways promise, proved before a person meets them. Pure.
//!
//! [`check`] takes pathways that were read, the teams with their hours, the rules and the day, and gives what is wrong
//! as [`Finding`]s of the codes in [`codes`]: a red flag that reaches nobody on duty in time, with the way there and the
//! times; strands that end in silence; waits beyond the end; caps that a path breaks; pathways that collide.
//! [`report`] writes findings for people, as JSON and as SARIF: the command line and the console print the same.
//!
//! Invariants: the same input gives the same findings in the same order; every analysis is bounded by a named number, and
//! where a bound is reached the answer errs on the side of telling; teams are at work exactly when `turn::hours` says so.
//!
//! Deliberately absent: I/O, clocks (today is given), reading YAML (`pathway`), and walking journeys (`turn`, the laboratory).

mod caps;
pub mod codes;
mod ends;
mod graph;
mod pairs;
mod people;
mod proof;
mod report;
mod roster;
mod sarif;
mod timing;
mod waiting;
mod ways;
pub mod whole;

pub use report::{Format, report};
pub use roster::Roster;

use jiff::civil::Date;
use model::prompt::Team;
use model::time::MINUTE_MS;
use outreach::Rules;
use pathway::ast::Place;
use pathway::{Finding, Pathway, Severity};

/// Findings of one check beyond which no more are looked for.
pub const FINDINGS_MAX: usize = 500;

/// What pathways are checked against.
pub struct Given<'a> {
    /// Teams and their hours.
    pub teams: &'a [Team],
    /// Quiet hours and caps.
    pub rules: &'a Rules,
    /// Zone of the clinic, in which people's own times of day are reckoned.
    pub zone: &'a str,
    /// Days on which teams that have hours are not there.
    pub holidays: &'a [Date],
    /// The day from which weeks, changes of the clock and holidays are looked for.
    pub today: Date,
    /// What is urgent and says nothing of its own must reach a person on duty within so many milliseconds.
    pub urgent_within_ms: i64,
}

impl<'a> Given<'a> {
    /// With the usual half hour for what is urgent, and no holidays.
    pub fn new(teams: &'a [Team], rules: &'a Rules, zone: &'a str, today: Date) -> Self {
        Self { teams, rules, zone, holidays: &[], today, urgent_within_ms: 30 * MINUTE_MS }
    }
}

/// A file that was read: its name and its text, to say where a finding stands.
pub type Source = (String, String);

/// Everything that is wrong with `pathways`, in the order of `sources` and of their lines.
pub fn check(pathways: &[&Pathway], sources: &[Source], given: &Given<'_>) -> Vec<Finding> {
    check_with(pathways, sources, given, &Roster::of(given))
}

/// The same with a roster that was made before: for callers that check many libraries against the same teams.
pub fn check_with(pathways: &[&Pathway], sources: &[Source], given: &Given<'_>, roster: &Roster) -> Vec<Finding> {
    let mut all = Vec::new();
    for pathway in pathways {
        let mut told = Told::of(pathway, sources);
        let graph = graph::Graph::of(pathway);
        let cx = Checking { pathway, others: pathways, given, roster, graph: &graph };
        proof::check(&cx, &mut told);
        ends::check(&cx, &mut told);
        timing::check(&cx, &mut told);
        people::check(&cx, &mut told);
        caps::check(&cx, &mut told);
        waiting::check(&cx, &mut told);
        all.extend(told.all);
    }
    pairs::check(pathways, sources, given, roster, &mut all);
    all.sort_by(|a, b| key(a, sources).cmp(&key(b, sources)));
    all.dedup();
    all.truncate(FINDINGS_MAX);
    all
}

fn key<'f>(finding: &'f Finding, sources: &[Source]) -> (usize, u32, u32, &'static str, &'f str) {
    let file = sources.iter().position(|(file, _)| *file == finding.file).unwrap_or(usize::MAX);
    (file, finding.place.line, finding.place.column, finding.code, &finding.says)
}

/// One pathway under check.
pub(crate) struct Checking<'a> {
    pub pathway: &'a Pathway,
    /// All that are checked together, for what one begins in another.
    pub others: &'a [&'a Pathway],
    pub given: &'a Given<'a>,
    pub roster: &'a Roster,
    pub graph: &'a graph::Graph<'a>,
}

/// Where the findings of one file gather.
pub(crate) struct Told {
    file: String,
    pub all: Vec<Finding>,
}

impl Told {
    pub(crate) fn of(pathway: &Pathway, sources: &[Source]) -> Self {
        let file = sources.iter().find(|(_, text)| *text == pathway.source);
        let file = file.map_or_else(|| format!("{}.yaml", pathway.name), |(file, _)| file.clone());
        Self { file, all: Vec::new() }
    }

    /// With the severity that the code has.
    pub(crate) fn tell(&mut self, code: &'static str, place: Place, says: String, help: impl Into<String>) {
        self.tell_as(codes::severity(code), code, place, says, help);
    }

    pub(crate) fn tell_as(
        &mut self,
        severity: Severity,
        code: &'static str,
        place: Place,
        says: String,
        help: impl Into<String>,
    ) {
        if self.all.len() < FINDINGS_MAX {
            let help = Some(help.into()).filter(|help| !help.is_empty());
            self.all.push(Finding { code, severity, file: self.file.clone(), place, says, help });
        }
    }
}

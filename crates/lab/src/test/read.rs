//! Reading a `*.test.yaml`: scenarios, each with what happens and what should come of it.

use super::act::Act;
use super::expect::{Expected, Pattern};
use super::happen::Reader;
use super::persona::Persona;
use super::when::Calendar;
use jiff::civil::Date;
use model::At;
use pathway::Pathway;
use pathway::ast::{Leave, Place};
use pathway::finding::{Finding, Findings, did_you_mean};
use pathway::reader::{Keys, list, one_or_more, text};
use pathway::yaml::{self, Node, What};
use std::sync::Arc;

/// Scenarios of one file.
pub const SCENARIOS_MAX: usize = 2_000;
/// Things that happen in one scenario.
pub const HAPPENINGS_MAX: usize = 500;
const KEYS: &[&str] = &["tests", "with", "day_0", "apart_from", "people", "given", "scenarios", "equivalent"];
const SCENARIO: &[&str] = &[
    "scenario",
    "about",
    "person",
    "day_0",
    "given",
    "happens",
    "until",
    "apart_from",
    "places",
    "expect",
    "expect_some",
    "never",
];
/// Day 0 unless a file says otherwise: a Monday.
const DAY_0: Date = Date::constant(2026, 11, 23);
/// Days that a scenario goes on after its last happening when its pathway names no end.
const DAYS_AFTER: i32 = 3;

/// A file of tests.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Its path as given.
    pub file: String,
    /// The pathways that are tested, by name.
    pub tests: Vec<String>,
    /// Pathways that are in force beside them and the standing ones.
    pub with: Vec<String>,
    /// Scenarios that could be read.
    pub scenarios: Vec<Scenario>,
    /// What makes no difference, with the reason.
    pub equivalent: Vec<Equivalent>,
    /// The file's text.
    pub source: String,
}

/// A mutant or a way that no scenario can notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Equivalent {
    /// As reported; `*` stands for anything.
    pub what: String,
    /// Why.
    pub because: String,
    /// Where it stands.
    pub place: Place,
}

/// One scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name, unique in the file.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Who it is about.
    pub person: Persona,
    /// Its days.
    pub calendar: Calendar,
    /// What happens, in the order of its time.
    pub happens: Vec<Happening>,
    /// Its end.
    pub until: At,
    /// There is no place on pathways with a limit until one is given; otherwise a person gets one at once.
    pub places_full: bool,
    /// Everything that should come, when the scenario says it.
    pub expect: Option<Expected>,
    /// Names of what the full list says nothing of.
    pub apart_from: Vec<String>,
    /// What should come, among others.
    pub some: Vec<Pattern>,
    /// What must not come.
    pub never: Vec<Pattern>,
    /// The last line of it in the file, and the column of its keys: where a recorded list goes.
    pub tail: (u32, u32),
}

/// Something at a time.
#[derive(Clone, Debug)]
pub struct Happening {
    /// Where it is written.
    pub place: Place,
    /// When.
    pub at: At,
    /// What.
    pub act: Act,
}

/// What of the library a file of tests may name.
pub struct Names<'a> {
    /// Every pathway there is.
    pub library: &'a [Arc<Pathway>],
    /// Those that are in force in the tests.
    pub in_force: Vec<&'a Pathway>,
}

/// Reads a file of tests. `stem` is the name of the pathway beside it. What can be read is read: findings tell of
/// the rest, and a scenario with an error is left out.
pub fn read(file: &str, source: &str, stem: &str, library: &[Arc<Pathway>]) -> (Option<Suite>, Vec<Finding>) {
    let mut findings = Findings::of(file);
    let Some(root) = yaml::parse(source, &mut findings) else { return (None, findings.sorted()) };
    let Some(keys) = Keys::of(&root, "a file of tests", &mut findings) else { return (None, findings.sorted()) };
    keys.only("a file of tests", KEYS, &mut findings);
    let mut tests = named(keys.get("tests"), library, &mut findings);
    if keys.get("tests").is_none() {
        if !library.iter().any(|p| p.name == stem) {
            let says = format!("there is no pathway `{stem}` beside this file");
            findings.error("TL005", keys.place, says, Some("name it: `tests: a-pathway`".into()));
        }
        tests.push(stem.to_owned());
    }
    let with = named(keys.get("with"), library, &mut findings);
    let in_force = in_force(library, &tests, &with);
    let names = Names { library, in_force };
    let day_0 = keys.get("day_0").and_then(|n| date(n, &mut findings)).unwrap_or(DAY_0);
    let equivalent = keys.get("equivalent").map(|n| equivalents(n, &mut findings)).unwrap_or_default();
    let nodes = keys.get("scenarios").map(|n| list(n, "`scenarios`", &mut findings)).unwrap_or_default();
    if nodes.is_empty() {
        findings.error("TL005", keys.place, "there are no `scenarios`", None);
    }
    if nodes.len() > SCENARIOS_MAX {
        let says = format!("a file has at most {SCENARIOS_MAX} scenarios");
        findings.error("TL002", keys.place, says, None);
    }
    let shared = Shared {
        names: &names,
        tests: &tests,
        people: keys.get("people"),
        given: keys.get("given"),
        apart_from: keys.get("apart_from"),
        day_0,
        lines: source.lines().count(),
    };
    shared.people(&mut findings);
    let mut all = findings.sorted();
    let mut scenarios: Vec<Scenario> = Vec::new();
    for node in nodes.iter().take(SCENARIOS_MAX) {
        let mut findings = Findings::of(file);
        let scenario = shared.scenario(node, &mut findings);
        if let Some(scenario) = &scenario
            && scenarios.iter().any(|s| s.name == scenario.name)
        {
            findings.error("TL006", scenario.place, format!("two scenarios are named `{}`", scenario.name), None);
        }
        if !findings.refused() {
            scenarios.extend(scenario);
        }
        all.extend(findings.sorted());
    }
    all.dedup();
    let suite = Suite { file: file.into(), tests, with, scenarios, equivalent, source: source.into() };
    (Some(suite), all)
}

/// The pathways of a suite: those that are tested, those beside them, and all standing ones.
pub fn in_force<'a>(library: &'a [Arc<Pathway>], tests: &[String], with: &[String]) -> Vec<&'a Pathway> {
    let wanted = |p: &&Arc<Pathway>| p.standing || tests.contains(&p.name) || with.contains(&p.name);
    library.iter().filter(wanted).map(AsRef::as_ref).collect()
}

fn named(node: Option<&Node>, library: &[Arc<Pathway>], findings: &mut Findings) -> Vec<String> {
    let mut out = Vec::new();
    for node in node.map(one_or_more).unwrap_or_default() {
        let Some(name) = text(node, "a pathway", findings) else { continue };
        if library.iter().any(|p| p.name == name) {
            out.push(name.to_owned());
        } else {
            let known: Vec<&str> = library.iter().map(|p| p.name.as_str()).collect();
            pathway::reader::unknown("TL018", node.place, "pathway", name, &known, findings);
        }
    }
    out
}

fn date(node: &Node, findings: &mut Findings) -> Option<Date> {
    let date = node.text().and_then(|t| t.parse().ok());
    if date.is_none() {
        findings.error("TL017", node.place, "a date is expected", Some("as `2026-11-23`".into()));
    }
    date
}

fn equivalents(node: &Node, findings: &mut Findings) -> Vec<Equivalent> {
    let mut out = Vec::new();
    for node in list(node, "`equivalent`", findings) {
        let of = "what makes no difference";
        let Some(keys) = Keys::of(node, of, findings) else { continue };
        keys.only(of, &["what", "because"], findings);
        let mut plain = |key: &str| keys.need(key, of, findings).and_then(|n| text(n, key, findings));
        if let (Some(what), Some(because)) = (plain("what"), plain("because")) {
            out.push(Equivalent { what: what.into(), because: because.into(), place: keys.place });
        }
    }
    out
}

/// The last line that a node reaches, as far as its places tell.
pub fn last_line(node: &Node) -> u32 {
    let inner = match &node.what {
        What::Scalar(_) => 0,
        What::List(items) => items.iter().map(last_line).max().unwrap_or(0),
        What::Map(pairs) => pairs.iter().map(|(k, v)| last_line(k).max(last_line(v))).max().unwrap_or(0),
    };
    inner.max(node.place.line)
}

/// What the scenarios of a file have in common.
struct Shared<'a> {
    names: &'a Names<'a>,
    tests: &'a [String],
    people: Option<&'a Node>,
    given: Option<&'a Node>,
    apart_from: Option<&'a Node>,
    day_0: Date,
    lines: usize,
}

impl Shared<'_> {
    /// People and what is given are read where they are used; that they are maps is seen once.
    fn people(&self, findings: &mut Findings) {
        for (node, of) in [(self.people, "`people`"), (self.given, "`given`")] {
            if let Some(node) = node {
                Keys::of(node, of, findings);
            }
        }
    }

    fn scenario(&self, node: &Node, findings: &mut Findings) -> Option<Scenario> {
        let of = "a scenario";
        let keys = Keys::of(node, of, findings)?;
        keys.only(of, SCENARIO, findings);
        let name = keys.need("scenario", of, findings).and_then(|n| text(n, "its name", findings))?;
        let person = self.person(keys.get("person"), findings);
        let day_0 = keys.get("day_0").and_then(|n| date(n, findings)).unwrap_or(self.day_0);
        let zone = person.zone.as_deref().unwrap_or("America/New_York");
        let zone = model::time::zone(zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let calendar = Calendar { day_0, zone };
        let mut reader = Reader::new(self.names, person.clone(), calendar.clone());
        for node in keys.get("given").map(one_or_more).unwrap_or_default() {
            let Some(name) = text(node, "what is given", findings) else { continue };
            let known = self.given.and_then(|g| Keys::of(g, "`given`", findings));
            match known.as_ref().and_then(|k| k.get(name)) {
                Some(given) => reader.happens(given, findings),
                None => unknown_name(node, "thing that is given", name, self.given, findings),
            }
        }
        if let Some(node) = keys.get("happens") {
            reader.happens(node, findings);
        }
        let happens = reader.happenings;
        let (Some(first), Some(last)) = (happens.first(), happens.last()) else {
            findings.error("TL005", keys.place, "nothing happens in this scenario", Some("add `happens:`".into()));
            return None;
        };
        let (first, last) = (first.at, last.at);
        let until = match keys.get("until") {
            None => self.end(&calendar, last),
            Some(node) => node.text().and_then(|t| calendar.read(t, last)).unwrap_or_else(|| {
                findings.error("TL017", node.place, "a time is expected", Some(super::when::HELP.into()));
                last
            }),
        };
        if until < last {
            findings.error("TL027", keys.place, "this scenario ends before the last thing happens", None);
        }
        let patterns = super::expect::Reader { names: self.names, calendar: &calendar, first };
        let expect = keys.pairs().iter().find(|(k, _)| k.text() == Some("expect"));
        let expect = expect.map(|(key, node)| patterns.expected(key, node, findings));
        let mut some = |key: &str| keys.get(key).map(|n| patterns.some(n, findings)).unwrap_or_default();
        let (some, never) = (some("expect_some"), some("never"));
        let apart = keys.get("apart_from").or(self.apart_from).map(one_or_more).unwrap_or_default();
        let apart_from = apart.into_iter().filter_map(|n| patterns.known(n, findings)).collect();
        let full = keys.get("places").and_then(|n| {
            let named = |name: &str| match name {
                "full" => Some(true),
                "free" => Some(false),
                _ => None,
            };
            pathway::reader::one_of(n, "`places`", &["full", "free"], named, findings)
        });
        let column = keys.pairs().first().map_or(1, |(k, _)| k.place.column);
        let tail = (last_line(node).min(u32::try_from(self.lines).unwrap_or(u32::MAX)), column);
        Some(Scenario {
            name: name.into(),
            place: keys.place,
            person,
            calendar,
            happens,
            until,
            places_full: full.unwrap_or_default(),
            expect,
            apart_from,
            some,
            never,
            tail,
        })
    }

    /// A day after the last end of the pathways that are tested, or some days after the last happening.
    fn end(&self, calendar: &Calendar, last: At) -> At {
        let tested = self.names.in_force.iter().filter(|p| self.tests.contains(&p.name));
        let days = |leave: &Leave| match leave {
            Leave::AfterDays(days) => Some(i32::from(*days) + 2),
            Leave::On(_) => None,
        };
        let days = tested.flat_map(|p| &p.leave).filter_map(days).max();
        let end = days.and_then(|days| calendar.day(days, 0)).unwrap_or(last);
        end.max(last.plus_days_in(DAYS_AFTER, &calendar.zone))
    }

    fn person(&self, node: Option<&Node>, findings: &mut Findings) -> Persona {
        let Some(node) = node else { return Persona::default() };
        let Some(name) = node.text() else { return Persona::default().with(node, findings) };
        let people = self.people.and_then(|p| Keys::of(p, "`people`", findings));
        match people.as_ref().and_then(|p| p.get(name)) {
            Some(person) => Persona::default().with(person, findings),
            None => {
                unknown_name(node, "person", name, self.people, findings);
                Persona::default()
            }
        }
    }
}

fn unknown_name(node: &Node, what: &str, name: &str, among: Option<&Node>, findings: &mut Findings) {
    let keys = match among.map(|n| &n.what) {
        Some(What::Map(pairs)) => pairs.iter().filter_map(|(k, _)| k.text()).collect(),
        _ => Vec::new(),
    };
    let help = did_you_mean(name, keys.iter().copied());
    let help = help.or_else(|| (!keys.is_empty()).then(|| format!("known: {}", keys.join(", "))));
    findings.error("TL018", node.place, format!("unknown {what} `{name}`"), help);
}

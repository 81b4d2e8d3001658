//! Every finding: `tests/findings/*.case` changes `good.yaml` in one place and records what is said. The pages of all codes
//! are made from the cases. `UPDATE=1 cargo test -p throughline-check` records anew; read the difference.
#![expect(clippy::unwrap_used, reason = "tests")]

use model::prompt::Team;
use outreach::Rules;
use pathway::{Finding, Severity, read_dir_texts, render_finding};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use throughline_check::{Given, Source, check, codes};

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn folder() -> PathBuf {
    root().join("crates/check/tests/findings")
}

fn teams() -> Vec<Team> {
    let team = |name: &str, days: u8, from: u16, to: u16| Team {
        name: name.into(),
        title: name.into(),
        site: String::new(),
        zone: "America/New_York".into(),
        hours: (0..days).map(|day| (day, from * 60, to * 60)).collect(),
        phone: String::new(),
        notify: Vec::new(),
    };
    vec![team("nurses", 5, 8, 18), team("surgeon", 0, 0, 0), team("front_desk", 7, 8, 17)]
}

struct Case {
    name: String,
    path: PathBuf,
    good: String,
    bad: String,
    told: String,
}

fn cases_in(folder: &Path) -> Vec<Case> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "case"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let (good, rest) = text.strip_prefix("good:\n").unwrap().split_once("\nbad:\n").unwrap();
        let (bad, told) = rest.split_once("\ntold:\n").unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        Case { name, good: good.into(), bad: bad.into(), told: told.into(), path: path.clone() }
    };
    paths.into_iter().map(read).collect()
}

/// What reading says, and what the check says of what was read.
fn all_of(sample: &str) -> (Vec<Finding>, Vec<Finding>) {
    let other = fs::read_to_string(folder().join("other.yaml")).unwrap();
    let sources: Vec<Source> = vec![("other.yaml".into(), other), ("sample.yaml".into(), sample.into())];
    let teams = teams();
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let library = read_dir_texts(&sources, &names);
    let pathways: Vec<&pathway::Pathway> = library.pathways.iter().collect();
    let rules = Rules::shipped();
    let holidays = [jiff::civil::date(2026, 12, 25)];
    let mut given = Given::new(&teams, &rules, "America/New_York", jiff::civil::date(2026, 9, 1));
    given.holidays = &holidays;
    (library.findings, check(&pathways, &sources, &given))
}

fn good() -> String {
    fs::read_to_string(folder().join("good.yaml")).unwrap()
}

/// The bad file of a case.
fn bad(case: &Case) -> String {
    assert!(good().contains(&case.good), "{}: good.yaml does not hold its `good:`", case.name);
    good().replacen(&case.good, &case.bad, 1)
}

fn rendered(findings: &[Finding], text: &str) -> String {
    findings.iter().map(|f| render_finding(f, text)).collect()
}

fn record(case: &Case, told: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&case.path, format!("good:\n{}\nbad:\n{}\ntold:\n{told}", case.good, case.bad)).unwrap();
    } else {
        assert_eq!(told, case.told, "{}", case.name);
    }
}

#[test]
fn the_good_files_have_no_finding() {
    let (read, found) = all_of(&good());
    assert_eq!((read, found), (vec![], vec![]));
}

#[test]
fn every_finding_is_told_with_its_place() {
    for case in cases_in(&folder()) {
        let bad = bad(&case);
        let (read, found) = all_of(&bad);
        assert!(!read.iter().any(|f| f.severity == Severity::Error), "{}: {}", case.name, rendered(&read, &bad));
        let code = &case.name[..5];
        assert!(found.iter().any(|f| f.code == code), "{} is not found: {found:#?}", case.name);
        record(&case, &rendered(&found, &bad));
    }
}

/// Cases of all codes: those of the language first.
fn all_cases() -> Vec<Case> {
    let mut all = cases_in(&root().join("crates/pathway/tests/findings"));
    all.extend(cases_in(&folder()));
    all
}

/// Letters of the shortest reason that is one.
const WHY_MIN: usize = 25;

/// The pages, as the cases make them.
fn pages() -> String {
    let why = fs::read_to_string(folder().join("why.txt")).unwrap();
    let mut out = String::from(
        "# Findings\n\nWhat `throughline check` tells, code by code: why, what is told, a bad and a good example. The tests run each of\n\
         them and make this page. `throughline check --explain TL060` prints a code's part of it.\n",
    );
    let cases = all_cases();
    for (code, title) in codes::all() {
        let mine: Vec<&Case> = cases.iter().filter(|c| c.name.starts_with(code)).collect();
        let case = mine.iter().find(|c| c.name == code).or(mine.first());
        let case = case.unwrap_or_else(|| panic!("{code} has no case"));
        let own = codes::OWN.iter().find(|(c, _, _)| *c == code);
        let severity = own.map(|(_, severity, _)| *severity);
        let is_error = case.told.contains(&format!("error[{code}]")) || case.told.is_empty();
        let severity = severity.unwrap_or(if is_error { Severity::Error } else { Severity::Warning });
        let severity = if severity == Severity::Error { "Error" } else { "Warning" };
        let why = why.lines().find_map(|l| l.strip_prefix(&format!("{code}: "))).unwrap_or_default();
        assert!(why.len() >= WHY_MIN, "{code} has no reason in why.txt");
        out.push_str(&format!("\n## {code}: {title}\n*{severity}.* {why}\n"));
        if !case.told.trim().is_empty() {
            let first = case.told.split("\nerror[").next().unwrap().split("\nwarning[").next().unwrap();
            out.push_str(&format!("```text\n{}\n```\n", first.trim_end()));
        }
        out.push_str(&format!("```yaml\n# bad\n{}\n# good\n{}\n```\n", case.bad, case.good));
    }
    out
}

#[test]
fn every_code_has_its_page_and_every_page_a_code() {
    let (file, pages) = (root().join(codes::PAGES_AT), pages());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &pages).unwrap();
        return;
    }
    assert!(fs::read_to_string(&file).unwrap() == pages, "docs/findings.md is another: make it anew with UPDATE=1");
    let with_page: Vec<_> = codes::pages().iter().map(|p| (p.code, p.title)).collect();
    assert_eq!(with_page, codes::all(), "none missing, none orphaned");
    let distinct: BTreeSet<_> = codes::all().into_iter().map(|(code, _)| code).collect();
    assert_eq!(distinct.len(), codes::all().len(), "a code is there twice");
    for (code, severity, _) in codes::OWN {
        let page = codes::page(&code.to_lowercase()).unwrap();
        assert_eq!(page.severity, *severity);
        assert!(page.text.contains("# bad") && page.text.contains("# good"), "{code}");
    }
}

/// Nobody reads only a code: each says what goes wrong, and the guide names each with what it is about.
#[test]
fn no_page_is_empty_and_the_guide_names_all() {
    let guide = fs::read_to_string(root().join("docs/pathways.md")).unwrap();
    for page in codes::pages() {
        let why = page.text.lines().next().unwrap_or_default();
        let why = why.strip_prefix("*Error.* ").or(why.strip_prefix("*Warning.* ")).unwrap_or_default();
        assert!(why.len() >= WHY_MIN && why.ends_with('.'), "{} is not explained: {why}", page.code);
        let row = format!("| `{}` | {} |", page.code, page.title);
        assert!(guide.lines().any(|line| line == row), "docs/pathways.md does not say: {row}");
    }
}

#[test]
fn the_shipped_pathways_keep_what_they_promise() {
    let sources = pathway::shipped::shipped_texts();
    let team = |name: &str, hours: Option<(u16, u16)>| Team {
        name: name.into(),
        title: String::new(),
        site: String::new(),
        zone: "America/New_York".into(),
        hours: hours.map_or_else(Vec::new, |(from, to)| (0..7).map(|day| (day, from * 60, to * 60)).collect()),
        phone: String::new(),
        notify: Vec::new(),
    };
    let mut teams = vec![
        team("surgical_nurses", Some((8, 18))),
        team("charge_nurse", None),
        team("on_call_surgeon", None),
        team("front_desk", Some((8, 17))),
    ];
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let library = read_dir_texts(&sources, &names);
    let pathways: Vec<&pathway::Pathway> = library.pathways.iter().collect();
    let rules = Rules::shipped();
    let today = jiff::civil::date(2026, 9, 1);
    let shown = |teams: &[Team]| {
        let found = check(&pathways, &sources, &Given::new(teams, &rules, "America/New_York", today));
        throughline_check::report(&found, &sources, throughline_check::Format::Human)
    };
    assert_eq!(shown(&teams), "");
    // A charge nurse who goes home leaves the night without anybody: that is found.
    teams[1].hours = (0..7).map(|day| (day, 8 * 60, 20 * 60)).collect();
    let told = shown(&teams);
    assert!(told.contains("error[TL060]: `surgeon_not_reached` may reach nobody on duty for"), "{told}");
}

//! What the check promises, tried: random pathways that pass it are walked with random facts, and every promise is
//! asserted; pathways with a known fault are made, and the check must find each.
//!
//! `THROUGHLINE_WALKS=10000` says how many pathways are walked (`make test-walks`); `THROUGHLINE_SEED=7` from which seed.
#![expect(clippy::unwrap_used, reason = "tests")]

mod make;
mod seed;
mod walk;

use make::Fault;
use model::prompt::Team;
use outreach::{Clinic, Rules};
use pathway::{CodeSets, Finding, Pathway, Severity, read};
use record::Topics;
use seed::Seed;
use std::sync::Arc;
use throughline_check::{Given, Roster, check_with};
use turn::Setup;

/// Walks in `make test`.
const WALKS: u64 = 300;

fn teams() -> Vec<Team> {
    let team = |name: &str, hours: Vec<(u8, u16, u16)>| Team {
        name: name.into(),
        title: name.into(),
        site: String::new(),
        zone: "America/New_York".into(),
        hours,
        phone: String::new(),
        notify: Vec::new(),
    };
    let days = |days: u8, from: u16, to: u16| (0..days).map(|day| (day, from * 60, to * 60)).collect();
    vec![
        team("nurses", days(5, 8, 18)),
        team("desk", days(7, 8, 17)),
        team("duty", Vec::new()),
        team("nights", (0..7).flat_map(|d| [(d, 0, 9 * 60), (d, 17 * 60, 24 * 60)]).collect()),
    ]
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

struct Desk {
    teams: Vec<Team>,
    names: Vec<String>,
    rules: Rules,
    roster: Roster,
}

impl Desk {
    fn new() -> Self {
        let (teams, rules) = (teams(), Rules::shipped());
        let roster = Roster::of(&Self::given(&teams, &rules));
        Self { names: teams.iter().map(|t| t.name.clone()).collect(), teams, rules, roster }
    }

    fn given<'a>(teams: &'a [Team], rules: &'a Rules) -> Given<'a> {
        Given::new(teams, rules, "America/New_York", jiff::civil::date(2026, 10, 1))
    }

    /// A pathway, and all that is said of it.
    fn check(&self, text: &str) -> (Option<Pathway>, Vec<Finding>) {
        match read("made.yaml", text, &CodeSets::default(), &self.names) {
            Err(findings) => (None, findings),
            Ok((pathway, mut findings)) => {
                let sources = vec![("made.yaml".to_owned(), text.to_owned())];
                let given = Self::given(&self.teams, &self.rules);
                findings.extend(check_with(&[&pathway], &sources, &given, &self.roster));
                (Some(pathway), findings)
            }
        }
    }
}

/// Whether a pathway keeps what is walked for here: no error, and no warning of a message that may end without a person.
fn passes(findings: &[Finding]) -> bool {
    !findings.iter().any(|f| f.severity == Severity::Error || f.code == "TL069")
}

#[test]
fn what_passes_keeps_its_promises_whatever_happens() {
    let desk = Desk::new();
    let (walks, first) = (number("THROUGHLINE_WALKS", WALKS), number("THROUGHLINE_SEED", 1));
    let (mut made, mut unread, mut walked) = (0_u64, 0_u64, 0);
    let mut refused: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    let mut all = walk::Seen::default();
    let topics = Topics::shipped();
    while walked < walks {
        let number = first + made;
        made += 1;
        assert!(made < walks * 100, "too few of the pathways pass: {walked} of {made}, {refused:?}");
        let text = make::pathway(&mut Seed(number), None);
        let (pathway, findings) = desk.check(&text);
        if let (None, Some(f)) = (&pathway, findings.first()) {
            unread += 1;
            assert!(
                ["TL020", "TL007", "TL019"].contains(&f.code),
                "the generator writes what cannot be read: {f:?}\n{text}"
            );
        }
        let Some(pathway) = pathway.filter(|_| passes(&findings)) else {
            for code in findings.iter().filter(|f| f.severity == Severity::Error || f.code == "TL069").map(|f| f.code) {
                *refused.entry(code).or_default() += 1;
            }
            continue;
        };
        walked += 1;
        let (teams, pathways) = (desk.teams.clone(), [Arc::new(pathway)]);
        let setup = Setup::new(Clinic::default(), teams, &pathways, desk.rules.clone(), topics.clone());
        let seen = std::panic::catch_unwind(|| walk::Walk::run(&setup, number));
        let seen = seen.unwrap_or_else(|_| panic!("THROUGHLINE_SEED={number}:\n{text}"));
        all.messages += seen.messages;
        all.prompts += seen.prompts;
        all.flags += seen.flags;
        all.deaths += seen.deaths;
        all.stops += seen.stops;
        all.turns += seen.turns;
        all.dangers += seen.dangers;
        all.calls += seen.calls;
        all.behind += seen.behind;
    }
    println!("{made} pathways were made, {walked} passed the check and were walked, {unread} did not read");
    println!("refused by code: {refused:?}");
    println!("{all:?}");
    let few = walks < WALKS;
    assert!(
        few || all.messages > 0
            && all.flags > 0
            && all.deaths > 0
            && all.stops > 0
            && all.dangers > 0
            && all.calls > 0
            && all.behind > 0,
        "the walks saw too little: {all:?}"
    );
}

#[test]
fn every_fault_that_is_put_in_is_found() {
    let desk = Desk::new();
    let each = number("THROUGHLINE_WALKS", WALKS) / 10;
    for fault in Fault::ALL {
        let (mut made, mut found, mut seed) = (0, 0, 1);
        while made < each {
            seed += 1;
            let text = make::pathway(&mut Seed(seed), Some(fault));
            let (pathway, findings) = desk.check(&text);
            let told = findings.iter().any(|f| f.code == fault.code());
            // What another mistake of the language refuses is not looked at further.
            if pathway.is_none() && !told {
                assert!(findings.iter().any(|f| ["TL020", "TL007", "TL019"].contains(&f.code)), "{findings:?}\n{text}");
                continue;
            }
            made += 1;
            // The fault itself is told of, not some other of that code elsewhere.
            let track = text.lines().position(|l| l == "  fault:").unwrap() + 1;
            let rest = text.lines().skip(track).take_while(|l| l.starts_with("   ")).count();
            let end = track + rest;
            let here = |f: &&Finding| {
                let line = f.place.line as usize;
                // What is wrong with words stands there; the cap is broken by all messages of a day together.
                let elsewhere = matches!(fault, Fault::HealthOnVoicemail | Fault::TooMany);
                f.code == fault.code() && (line > track && line <= end || elsewhere)
            };
            assert!(findings.iter().any(|f| here(&f)), "{fault:?} is not found (seed {seed}): {findings:#?}\n{text}");
            found += 1;
        }
        assert_eq!(found, each, "{fault:?}");
    }
}

/// A mail that came may still come back for a day; the journey that has nothing else to do ends after it, though nothing
/// else happens to the person any more.
#[test]
fn a_journey_ends_when_its_last_mail_can_no_longer_come_back() {
    let text = "pathway: made\nlanguage: 1\ntitle: Made\nowner: nobody\nfallback_team: duty\nspeaks: [en]\n\
                enrol:\n  on: encounter.discharged\n  once_per: encounter\nleave:\n  - after: 14 days\n\
                tracks:\n  t0:\n    - reach: hello\n      purpose: care\n      by: [email, portal]\n      valid: 14 hours\n\
                words:\n  hello:\n    en:\n      email:\n        subject: \"A note\"\n        text: \"Hello.\"\n      portal: \"Hello.\"\n";
    let desk = Desk::new();
    let (pathway, findings) = desk.check(text);
    assert_eq!(findings, []);
    let topics = Topics::shipped();
    let setup =
        Setup::new(Clinic::default(), desk.teams.clone(), &[Arc::new(pathway.unwrap())], desk.rules.clone(), topics);
    let sent: usize = (0..40).map(|seed| walk::Walk::run(&setup, seed).messages).sum();
    assert!(sent >= 30, "{sent}");
}

/// The walk itself sees a danger that waits: without `stop_when` it fails on some seed, with it on none.
#[test]
fn a_red_flag_that_waits_for_the_rest_of_the_questions_is_seen_by_the_walk() {
    let desk = Desk::new();
    let topics = Topics::shipped();
    let walked = |stop: &str| {
        let text = make::asking(stop);
        let (pathway, findings) = desk.check(&text);
        let told = findings.iter().any(|f| f.code == "TL074");
        let pathways = [Arc::new(pathway.unwrap_or_else(|| panic!("{findings:#?}")))];
        let setup = Setup::new(Clinic::default(), desk.teams.clone(), &pathways, desk.rules.clone(), topics.clone());
        let run = |seed| match std::panic::catch_unwind(|| walk::Walk::run(&setup, seed)) {
            Ok(_) => false,
            Err(why) => {
                let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                assert!(why.contains(" waits: "), "another promise is broken: {why}");
                true
            }
        };
        (told, (0..60).filter(|seed| run(*seed)).count())
    };
    let (told, failed) = walked("");
    assert!(told && failed > 0, "the walk does not see it: {failed}");
    assert_eq!(walked("  stop_when: how.bleeds or how.pain >= 8"), (false, 0));
}

/// The walk itself sees a red flag that waits for a service: behind one that may take too long it fails on some seed,
/// behind one that is given up in time on none.
#[test]
fn a_red_flag_that_waits_for_a_service_is_seen_by_the_walk() {
    let desk = Desk::new();
    let topics = Topics::shipped();
    let walked = |within: &str| {
        let (pathway, findings) = desk.check(&make::calling(within));
        let told = findings.iter().any(|f| f.code == "TL060" && f.says.contains("for a service"));
        let pathways = [Arc::new(pathway.unwrap_or_else(|| panic!("{findings:#?}")))];
        let setup = Setup::new(Clinic::default(), desk.teams.clone(), &pathways, desk.rules.clone(), topics.clone());
        let run = |seed| match std::panic::catch_unwind(|| walk::Walk::run(&setup, seed)) {
            Ok(_) => false,
            Err(why) => {
                let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                assert!(why.starts_with("behind_call was opened "), "another promise is broken: {why}");
                true
            }
        };
        (told, (0..60).filter(|seed| run(*seed)).count())
    };
    let (told, failed) = walked("40 minutes");
    assert!(told && failed > 0, "the walk does not see it: {told} {failed}");
    assert_eq!(walked("10 minutes"), (false, 0));
}

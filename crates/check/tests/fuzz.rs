//! Any bytes at all, and shipped files with something changed: reading, checking and writing findings neither panic nor
//! hang. `THROUGHLINE_FUZZ_SECONDS=3600` says how long (`make fuzz`: an hour, with bounded memory); some seconds else.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "walks/make.rs"]
#[expect(dead_code, reason = "the walks use the rest")]
mod make;
#[path = "walks/seed.rs"]
mod seed;

use model::prompt::Team;
use outreach::Rules;
use pathway::{Pathway, read_dir_texts};
use seed::Seed;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use throughline_check::{Format, Given, Roster, check_with, report};

/// How long `make test` tries.
const SECONDS: u64 = 4;
/// The longest that one input may take, in an unoptimised build on a busy machine.
const INPUT_MAX: Duration = Duration::from_secs(20);
/// The longest input.
const BYTES_MAX: usize = 64 * 1024;

/// Pieces that mean something, to be put where they do not belong.
const PIECES: &[&str] = &[
    "\n",
    " ",
    "  - ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "&a",
    "*a",
    "|",
    ">",
    "#",
    "\t",
    "\u{0}",
    "é",
    "🦴",
    "- if: ",
    "then: next\n",
    "unknown: end\n",
    "steps:\n",
    "- wait: 1 minute\n",
    "- each: encounter.prescriptions\n",
    "99999999999",
    "day 1 at 09:00",
    "{{ rx.name }}",
    "}}",
    "and",
    "not not not",
    "((((((",
    "codes.",
    "urgent: true\n",
    "- repeat: daily at 08:00\n",
    "days: 1 to 14\n",
    "- parallel:\n",
    "- split: x\n",
    "person_within: 1 minute\n",
    "0",
    "-1",
    "18446744073709551616",
];

/// An input, from the seed: bytes, a changed file, or a made pathway that is changed.
fn input(seed: &mut Seed, shipped: &[(String, String)]) -> String {
    if seed.chance(10) {
        let count = seed.below(400);
        let bytes: Vec<u8> = (0..count).map(|_| u8::try_from(seed.below(256)).unwrap()).collect();
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    let mut text = match seed.chance(50) {
        true => make::pathway(seed, None),
        false => seed.pick(shipped).1.clone(),
    };
    for _ in 0..seed.below(6) {
        change(seed, &mut text);
    }
    let cut = (0..=text.len().min(BYTES_MAX)).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
    text.truncate(cut);
    text
}

/// Some place in the text.
fn place(seed: &mut Seed, text: &str) -> usize {
    let at = usize::try_from(seed.below(text.len() as u64 + 1)).unwrap();
    (0..=at).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0)
}

fn change(seed: &mut Seed, text: &mut String) {
    let (a, b) = (place(seed, text), place(seed, text));
    let (from, to) = (a.min(b), a.max(b));
    let near = (from..=to.min(from + 40)).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(from);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = usize::try_from(seed.below(lines.len() as u64 + 1)).unwrap();
    let other = usize::try_from(seed.below(lines.len() as u64 + 1)).unwrap();
    match seed.below(6) {
        0 => text.insert_str(from, seed.pick::<&str>(PIECES)),
        1 => text.replace_range(from..near, ""),
        2 => text.replace_range(from..near, seed.pick::<&str>(PIECES)),
        3 if line < lines.len() && other < lines.len() => {
            lines.swap(line, other);
            *text = lines.join("\n");
        }
        4 if line < lines.len() => {
            let again = lines[line].clone();
            let times = 1 + seed.below(3);
            (0..times).for_each(|_| lines.insert(line, again.clone()));
            *text = lines.join("\n");
        }
        _ if line < lines.len() => {
            lines[line] = format!("  {}", lines[line]);
            *text = lines.join("\n");
        }
        _ => text.push('\n'),
    }
}

#[test]
fn no_text_panics_or_hangs() {
    let seconds = std::env::var("THROUGHLINE_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(SECONDS);
    let first: u64 = std::env::var("THROUGHLINE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let team = |name: &str, open: bool| Team {
        name: name.into(),
        title: String::new(),
        site: String::new(),
        zone: "America/New_York".into(),
        hours: if open { Vec::new() } else { (0..7).map(|day| (day, 8 * 60, 18 * 60)).collect() },
        phone: String::new(),
        notify: Vec::new(),
    };
    let names =
        ["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk", "nurses", "desk", "duty", "nights"];
    let teams: Vec<Team> =
        names.iter().map(|n| team(n, ["charge_nurse", "on_call_surgeon", "duty"].contains(n))).collect();
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let rules = Rules::shipped();
    let given = Given::new(&teams, &rules, "America/New_York", jiff::civil::date(2026, 10, 1));
    let roster = Roster::of(&given);
    let shipped = pathway::shipped::shipped_texts();
    let codes: Vec<_> = shipped.iter().filter(|(path, _)| path.contains("/codes/")).cloned().collect();
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut tried, mut read, mut told, mut slowest) = (0_u64, 0_u64, 0_u64, Duration::ZERO);
    while Instant::now() < until {
        let number = first + tried;
        tried += 1;
        let text = input(&mut Seed(number), &shipped);
        let began = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(|| {
            let mut sources = codes.clone();
            sources.push(("pathways/tried.yaml".into(), text.clone()));
            let library = read_dir_texts(&sources, &names);
            let pathways: Vec<&Pathway> = library.pathways.iter().collect();
            let mut findings = library.findings.clone();
            findings.extend(check_with(&pathways, &sources, &given, &roster));
            for format in [Format::Human, Format::Json, Format::Sarif] {
                let text = report(&findings, &sources, format);
                assert_eq!(text.contains("TL"), !findings.is_empty(), "{format:?}");
            }
            (pathways.len(), findings.len())
        }));
        let (pathways, findings) = done.unwrap_or_else(|_| panic!("THROUGHLINE_SEED={number} panics on:\n{text}"));
        let took = began.elapsed();
        assert!(took < INPUT_MAX, "THROUGHLINE_SEED={number} took {took:?} on:\n{text}");
        slowest = slowest.max(took);
        read += u64::from(pathways > 0);
        told += u64::from(findings > 0);
    }
    println!("{tried} inputs: {read} read, {told} with findings; the slowest took {slowest:?}");
    assert!(tried > 10 && read > 0 && told > 0, "{tried} inputs, {read} read, {told} told");
}

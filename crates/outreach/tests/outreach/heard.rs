//! What texts are taken for. `tuned.tsv` and `counted.tsv` were written without a look at `rules/triage.yaml` and split
//! by their hash; `counted.tsv` was the held-out half until it was tuned on too. `more.tsv` was written in batches, each
//! counted before it was tuned on. `other-tuned.tsv` and `other-counted.tsv` are the halves of what another author
//! wrote; `other-counted.tsv` is held out. What is promised is counted on the held-out part, with n and a 95 % interval:
//! nothing is tuned on it while it is that, and no wording of it is shown.
//!
//! A red flag, an opt-out and a false opt-out are what harm comes of; everything else goes to a person when it is not
//! understood. A false red flag costs a look of a nurse.

use throughline_outreach::{Class, Rules, classify, red_flags};

const TUNED: &[&str] = &[
    include_str!("../triage/tuned.tsv"),
    include_str!("../triage/more.tsv"),
    include_str!("../triage/counted.tsv"),
    include_str!("../triage/other-tuned.tsv"),
];
/// The held-out part.
const COUNTED: &str = include_str!("../triage/other-counted.tsv");

struct Case {
    class: &'static str,
    text: &'static str,
    /// What it is taken for.
    got: Class,
}

/// The lines of a file: language, class, wording; each classified once.
fn cases(file: &'static str, rules: &Rules) -> Vec<Case> {
    let lines = file.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    let case = |line: &'static str| {
        let mut parts = line.splitn(3, '\t').skip(1);
        let (class, text) = (parts.next().expect("a class"), parts.next().expect("a wording"));
        Case { class, text, got: classify(text, rules) }
    };
    lines.map(case).collect()
}

/// Wilson's 95 % interval of a share.
fn interval(hits: usize, n: usize) -> (f64, f64) {
    const Z: f64 = 1.96;
    let (n, p) = (n as f64, hits as f64 / n as f64);
    let (centre, half) = (p + Z * Z / (2.0 * n), Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt());
    (((centre - half) / (1.0 + Z * Z / n)).max(0.0), (centre + half) / (1.0 + Z * Z / n))
}

/// How many of `cases` that `of` picks are taken for `wanted`; `None` of none.
fn share(name: &str, cases: &[Case], of: impl Fn(&Case) -> bool, wanted: Class) -> Option<f64> {
    let of: Vec<&Case> = cases.iter().filter(|c| of(c)).collect();
    if of.is_empty() {
        println!("{name}: no wordings");
        return None;
    }
    let hits = of.iter().filter(|c| c.got == wanted).count();
    let (low, high) = interval(hits, of.len());
    let share = hits as f64 / of.len() as f64;
    println!("{name}: {hits} of {} = {share:.4} (95 % {low:.4} to {high:.4})", of.len());
    Some(share)
}

/// What must be reached: red flags and opt-outs found at least, false opt-outs and false red flags at most.
struct Aims {
    red_flags: f64,
    opt_outs: f64,
    false_stops: f64,
    false_flags: f64,
}

fn counts(half: &str, cases: &[Case], aims: &Aims) {
    println!("{half}: {} wordings", cases.len());
    let other = |c: &Case| c.class != "stop" && c.class != "red_flag";
    let red = share("red flags found", cases, |c| c.class == "red_flag", Class::RedFlag);
    let stop = share("opt-outs found", cases, |c| c.class == "stop", Class::Stop);
    let wrong = share("false opt-outs", cases, |c| c.class != "stop", Class::Stop);
    let alarm = share("false red flags", cases, other, Class::RedFlag);
    for (name, found, aim) in [("red flags", red, aims.red_flags), ("opt-outs", stop, aims.opt_outs)] {
        assert!(found.is_none_or(|f| f >= aim), "{half}: {name} found");
    }
    assert!(wrong.is_none_or(|w| w <= aims.false_stops), "{half}: false opt-outs");
    assert!(alarm.is_none_or(|a| a <= aims.false_flags), "{half}: false red flags");
}

#[test]
fn the_part_that_is_held_out() {
    // Floors under what was reached with an author whom the rules had not met; 0.98 of red flags and of opt-outs is
    // what is wanted.
    let aims = Aims { red_flags: 0.88, opt_outs: 0.80, false_stops: 0.015, false_flags: 0.06 };
    counts("held out", &cases(COUNTED, &Rules::shipped()), &aims);
}

#[test]
fn what_was_tuned_on() {
    let rules = Rules::shipped();
    let tuned: Vec<Case> = TUNED.iter().flat_map(|file| cases(file, &rules)).collect();
    for case in &tuned {
        let got = case.got;
        let wrong = match case.class {
            "red_flag" => got != Class::RedFlag,
            "stop" => got != Class::Stop,
            _ => got == Class::Stop || got == Class::RedFlag,
        };
        if wrong {
            println!("{}: {:?} taken for {got:?} {:?}", case.class, case.text, red_flags(case.text, &rules));
        }
    }
    counts("tuned on", &tuned, &Aims { red_flags: 0.99, opt_outs: 0.99, false_stops: 0.005, false_flags: 0.02 });
    assert!(tuned.len() > 3_900, "{} wordings", tuned.len());
}

//! What texts are taken for, by the patterns of `rules/triage.yaml` and the weights of `rules/triage-weights.tsv`.
//!
//! On `TUNED` the patterns were tuned; from these and from what sixteen authors who knew no rule wrote (`learnt/`) the weights are learnt
//! (`triage::learn`). What is promised is counted on `HELD_OUT`, with n and a 95 % interval: all that two further authors wrote, and half of
//! what the author of `other-tuned.tsv` did. Nothing is tuned or learnt on it, and no wording of it is shown.
//!
//! A red flag, an opt-out and a false opt-out are what harm comes of; everything else goes to a person when it is not
//! understood. A false red flag costs a look of a nurse.

use throughline_outreach::{Class, Rules, classify, red_flags};

const TUNED: &[&str] = &[
    include_str!("../triage/tuned.tsv"),
    include_str!("../triage/more.tsv"),
    include_str!("../triage/counted.tsv"),
    include_str!("../triage/other-tuned.tsv"),
    include_str!("../triage/short.tsv"),
];
const HELD_OUT: &[(&str, &str)] = &[
    ("first", include_str!("../triage/held-out/first.tsv")),
    ("second", include_str!("../triage/held-out/second.tsv")),
    ("third", include_str!("../triage/held-out/third.tsv")),
];

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
    let rules = Rules::shipped();
    let each: Vec<Vec<Case>> = HELD_OUT.iter().map(|(_, file)| cases(file, &rules)).collect();
    // Of one author floors below what was reached: authors differ. Of all what is promised.
    let each_author = Aims { red_flags: 0.97, opt_outs: 0.94, false_stops: 0.025, false_flags: 0.11 };
    for ((author, _), cases) in HELD_OUT.iter().zip(&each) {
        counts(&format!("held out, {author} author"), cases, &each_author);
    }
    let all = Aims { red_flags: 0.98, opt_outs: 0.98, false_stops: 0.01, false_flags: 0.08 };
    counts("held out", &each.into_iter().flatten().collect::<Vec<_>>(), &all);
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

/// What somebody tells beside what matters: forty words.
const DAY: &str = "Thank you for the card. We parked behind the library and took the elevator to the office. The lady at the desk was \
    friendly. I filled out the form and left a copy of my insurance card with her. ";

#[test]
fn what_matters_is_heard_at_the_end_of_a_long_text() {
    let rules = Rules::shipped();
    assert_eq!(classify(DAY, &rules), Class::Question);
    let tuned: Vec<Case> = TUNED.iter().flat_map(|file| cases(file, &rules)).collect();
    // A bare "stop" behind a story may be of the story: a person reads that.
    for (class, wanted, share) in [("red_flag", Class::RedFlag, 0.99), ("stop", Class::Stop, 0.85)] {
        let some: Vec<&Case> = tuned.iter().filter(|c| c.class == class && c.got == wanted).step_by(20).collect();
        for days in [1, 5] {
            let long = |text: &str| format!("{}{text}", DAY.repeat(days));
            let heard = |got: Class| got == wanted || got == Class::RedFlag;
            let lost: Vec<&str> =
                some.iter().map(|c| c.text).filter(|text| !heard(classify(&long(text), &rules))).collect();
            println!("{class} after {days} times forty words: {} of {} lost: {lost:?}", lost.len(), some.len());
            assert!(lost.len() as f64 <= (1.0 - share) * some.len() as f64, "{class} after {days}");
        }
    }
}

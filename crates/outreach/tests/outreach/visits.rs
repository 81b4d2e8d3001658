//! What is said of a visit: coming, not coming, another time. The wordings were written, and split by their hash, before
//! there was a rule for any of them: one half may be looked at and tuned on, the other is only counted, and no wording
//! of it is ever shown.
//!
//! What matters most is that nobody is taken for coming who did not say so: that is the only one of the three that no
//! person reads. Whatever is not understood is a question, and goes to a person.

use throughline_outreach::{Class, Rules, classify, is_bare_yes};

const TUNED: &str = include_str!("../triage/visits-tuned.tsv");
const COUNTED: &str = include_str!("../triage/visits-counted.tsv");

struct Case {
    class: &'static str,
    text: &'static str,
}

fn cases(file: &'static str) -> Vec<Case> {
    let lines = file.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    let case = |line: &'static str| {
        let mut parts = line.splitn(3, '\t').skip(1);
        Case { class: parts.next().expect("a class"), text: parts.next().expect("a wording") }
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

fn share(name: &str, hits: usize, n: usize) -> f64 {
    let (low, high) = interval(hits, n);
    let share = hits as f64 / n as f64;
    println!("{name}: {hits} of {n} = {share:.4} (95 % {low:.4} to {high:.4})");
    share
}

const CLASSES: [(&str, Class); 3] =
    [("confirm", Class::Confirm), ("cancel", Class::Cancel), ("reschedule", Class::Reschedule)];

/// Recall of each class; and of all that is said to be coming, how much is not.
fn count(half: &str, cases: &[Case], show: bool) -> ([f64; 3], f64) {
    let rules = Rules::shipped();
    println!("{half}: {} wordings", cases.len());
    let got: Vec<(&Case, Class)> = cases.iter().map(|c| (c, classify(c.text, &rules))).collect();
    for (case, got) in got.iter().filter(|_| show) {
        let wanted = CLASSES.iter().find(|(name, _)| *name == case.class).map(|(_, class)| *class);
        if wanted.map_or(matches!(got, Class::Confirm | Class::Cancel | Class::Reschedule), |w| w != *got) {
            println!("{}: {:?} taken for {got:?}", case.class, case.text);
        }
    }
    let recall = CLASSES.map(|(name, class)| {
        let of: Vec<_> = got.iter().filter(|(c, _)| c.class == name).collect();
        share(name, of.iter().filter(|(_, got)| *got == class).count(), of.len())
    });
    let not: Vec<_> = got.iter().filter(|(c, _)| c.class != "confirm").collect();
    let wrong =
        share("taken for coming and is not", not.iter().filter(|(_, g)| *g == Class::Confirm).count(), not.len());
    let harm = got.iter().filter(|(_, g)| matches!(g, Class::Stop | Class::RedFlag)).count();
    share("taken for an opt-out or a danger", harm, got.len());
    (recall, wrong)
}

#[test]
fn what_was_tuned_on() {
    let (recall, wrong) = count("tuned on", &cases(TUNED), true);
    // What of not coming is missed is taken for a danger ("no puedo"), or for a question: a person reads both.
    assert!(recall.iter().all(|r| *r >= 0.8), "{recall:?}");
    assert!(wrong == 0.0, "{wrong}");
}

#[test]
fn the_half_that_was_never_tuned_on() {
    let (recall, wrong) = count("never tuned on", &cases(COUNTED), false);
    // A little less than was reached when the half was first counted; what is not understood goes to a person.
    assert!(recall.iter().all(|r| *r >= 0.85), "{recall:?}");
    assert!(wrong <= 0.02, "{wrong}");
}

#[test]
fn a_plain_cancel_is_an_opt_out_whatever_it_answers() {
    let rules = Rules::shipped();
    for text in ["cancel", "CANCEL", "Cancel.", "cancelar", "Cancel please"] {
        assert_eq!(classify(text, &rules), Class::Stop, "{text}: 47 CFR 64.1200(a)(10)");
    }
    assert_eq!(classify("cancel my appointment", &rules), Class::Cancel);
    assert!(is_bare_yes("Yes!", &rules) && is_bare_yes("sí, claro", &rules) && is_bare_yes("C", &rules));
    assert!(!is_bare_yes("yes I'll be there", &rules) && !is_bare_yes("ok", &rules) && !is_bare_yes("", &rules));
    assert_eq!(classify("I'll be there but my wound is bleeding", &rules), Class::RedFlag);
}

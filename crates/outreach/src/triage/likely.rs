//! What a text is like: the patterns know what was written down; this knows what was learnt from wordings of many hands.
//!
//! A linear vote. Each word, pair of words, class of words, negated word and group of four letters that is in
//! `rules/triage-weights.tsv` speaks for a danger or for a STOP with a weight, or against it; so does what the patterns say. The weights are
//! learnt from `tests/triage` by `learn` and are data like the rest: nothing here knows a word.

use super::words::Token;
use super::{Read, Triage, negator};
use std::collections::{BTreeSet, HashMap};

/// Fewer words than these name a danger to the patterns alone.
const DANGER_WORDS: usize = 2;
/// Longer texts are voted on in stretches: nearly all that was learnt from is shorter.
const LONG: usize = 30;
/// Words of a stretch; the next one begins in its middle.
const STRETCH: usize = 16;
/// So much more like a danger or a STOP a stretch must be than a text.
const STRETCH_LESS: f64 = 0.5;
/// Words this far behind a word still make a pair with it.
const PAIR_WITHIN: usize = 3;
/// Letters of a group; a word's two ends count as letters.
pub(super) const GROUP: usize = 4;
/// Texts of so many words are a feature as a whole.
const WHOLE_MAX: usize = 4;
/// Longer texts are alike in their length.
const LENGTH_MAX: usize = 15;
/// Weights are kept in thousandths.
pub(super) const THOUSAND: f64 = 1_000.0;
/// Numbers are told apart by these limits: what is normal and what is not of a pulse, a fever in both scales, oxygen, sugar,
/// pressure, hours and pieces.
const LIMITS: &[f64] = &[
    0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 34.0, 36.0, 37.9, 39.0, 42.0, 50.0, 60.0, 70.0, 80.0, 90.0, 94.0, 100.0,
    100.3, 103.0, 110.0, 120.0, 140.0, 160.0, 180.0, 200.0, 250.0, 300.0, 400.0, 500.0,
];

/// How much a text is like a danger, and like a STOP: 0 is where the one ends and the other begins, 1 is sure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Like {
    pub danger: f64,
    pub stop: f64,
}

/// What each feature speaks for.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Weights {
    /// Of a danger and of a STOP, thousandths.
    of: HashMap<String, [i32; 2]>,
}

impl Weights {
    /// Reads `feature TAB danger TAB stop` lines; lines with `# ` are remarks. An error names the place.
    pub(crate) fn read(file: &str, text: &str) -> Result<Self, String> {
        let mut of = HashMap::new();
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with("# ") && !line.is_empty()) {
            let wrong = || format!("{file}:{}:1: `feature TAB weight TAB weight` is expected, thousandths", n + 1);
            let mut parts = line.split('\t');
            let (Some(feature), Some(danger), Some(stop), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(wrong());
            };
            let weight = |text: &str| text.parse().map_err(|_| wrong());
            of.insert(feature.to_owned(), [weight(danger)?, weight(stop)?]);
        }
        Ok(Self { of })
    }

    /// The vote over a text. Of a long one each stretch is voted on, and the one that is most like it counts: what was learnt from
    /// are texts of a few sentences, and a danger at the end of a long mail is one.
    pub(super) fn like(&self, text: &str, words: &[Token], read: &Read, rules: &Triage) -> Like {
        if words.len() <= LONG {
            return self.vote(text, words, read, rules);
        }
        let stretches =
            (0..words.len()).step_by(STRETCH / 2).map(|from| &words[from..(from + STRETCH).min(words.len())]);
        // The most of many is more by chance than one is.
        let votes = stretches.map(|words| self.vote(text, words, read, rules));
        let less = votes.map(|like| Like { danger: like.danger - STRETCH_LESS, stop: like.stop - STRETCH_LESS });
        let most = |a: Like, b: Like| Like { danger: a.danger.max(b.danger), stop: a.stop.max(b.stop) };
        less.fold(Like { danger: f64::MIN, stop: f64::MIN }, most)
    }

    fn vote(&self, text: &str, words: &[Token], read: &Read, rules: &Triage) -> Like {
        let known: Vec<&[i32; 2]> = features(text, words, rules).iter().filter_map(|f| self.of.get(f)).collect();
        let length = (known.len().max(1) as f64).sqrt();
        let always: Vec<&[i32; 2]> = std::iter::once(ALWAYS).chain(said(read)).filter_map(|f| self.of.get(f)).collect();
        let sum = |of: usize| {
            let (words, always): (i32, i32) = (known.iter().map(|w| w[of]).sum(), always.iter().map(|w| w[of]).sum());
            (f64::from(words) / length + f64::from(always)) / THOUSAND
        };
        // A number, or one word, answers what was asked: alone it is a danger where a pattern says so.
        let said = words.iter().filter(|t| t.text().chars().any(char::is_alphabetic)).count();
        let danger = if said < DANGER_WORDS && read.danger.is_none() { f64::MIN } else { sum(0) };
        let stop = if said == 0 { f64::MIN } else { sum(1) };
        Like { danger, stop }
    }
}

/// What every text has.
pub(super) const ALWAYS: &str = "always";

/// What the patterns said of a text, as features.
pub(super) fn said(read: &Read) -> Vec<&'static str> {
    use crate::Class;
    let class = match read.class {
        Class::RedFlag => "said danger",
        Class::Stop => "said stop",
        Class::WrongNumber => "said wrong_number",
        Class::Start => "said start",
        Class::Done => "said done",
        Class::PickedUp => "said picked_up",
        Class::Thanks => "said thanks",
        Class::Confirm => "said confirm",
        Class::Cancel => "said cancel",
        Class::Reschedule => "said reschedule",
        _ => "said nothing",
    };
    let danger = match read.danger {
        Some(true) => "danger named",
        Some(false) => "danger denied",
        None => "danger none",
    };
    let stop = if read.stop_denied { "stop denied" } else { "stop not denied" };
    vec![class, danger, stop]
}

/// What of a text may speak: words (`u`), negated ones (`n`), neighbours (`b`), pairs with a word or two between them (`s`), classes of
/// words (`K`), negated ones (`N`), classes beside each other (`P`), groups of letters (`c`), the length (`L`), a whole short text (`W`), a
/// question (`Q`).
pub(super) fn features(text: &str, words: &[Token], rules: &Triage) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let shown: Vec<String> = words.iter().map(|t| shown(t.text())).collect();
    let classes: Vec<Vec<&str>> = words.iter().map(|t| rules.named_classes(t)).collect();
    let same_clause = |a: usize, b: usize| words[a].clause == words[b].clause;
    for (at, word) in shown.iter().enumerate() {
        let negated = negator(at, words, rules, |i| rules.breakers.contains(words[i].text())).is_some();
        out.insert(format!("u {word}"));
        out.extend(classes[at].iter().map(|class| format!("K {class}")));
        if negated {
            out.insert(format!("n {word}"));
            out.extend(classes[at].iter().map(|class| format!("N {class}")));
        }
        if at == 0 || !same_clause(at - 1, at) {
            out.insert(format!("b ^ {word}"));
        }
        if at + 1 == words.len() || !same_clause(at, at + 1) {
            out.insert(format!("b {word} $"));
        }
        for apart in (1..=PAIR_WITHIN).take_while(|apart| at + apart < words.len() && same_clause(at, at + apart)) {
            let kind = if apart == 1 { "b" } else { "s" };
            out.insert(format!("{kind} {word} {}", shown[at + apart]));
        }
        if at + 1 < words.len() && same_clause(at, at + 1) {
            let (next, after) = (&shown[at + 1], &classes[at + 1]);
            out.extend(after.iter().map(|b| format!("P {word} <{b}>")));
            out.extend(classes[at].iter().map(|a| format!("P <{a}> {next}")));
            out.extend(classes[at].iter().flat_map(|a| after.iter().map(move |b| format!("P <{a}> <{b}>"))));
        }
        if !word.starts_with('#') {
            let letters: Vec<char> = std::iter::once('<').chain(word.chars()).chain(['>']).collect();
            out.extend(letters.windows(GROUP).map(|group| format!("c {}", group.iter().collect::<String>())));
        }
    }
    if text.contains(['?', '¿']) {
        out.insert("Q".to_owned());
    }
    if words.len() <= WHOLE_MAX {
        out.insert(format!("W {}", shown.join(" ")));
    }
    out.insert(format!("L {}", words.len().min(LENGTH_MAX)));
    out
}

/// A word, or the range that a number is in.
fn shown(word: &str) -> String {
    let Ok(number) = word.parse::<f64>() else { return word.to_owned() };
    LIMITS.iter().find(|limit| number <= **limit).map_or_else(|| "#more".to_owned(), |limit| format!("#{limit}"))
}

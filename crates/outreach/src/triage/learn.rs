//! Learns `rules/triage-weights.tsv` from the wordings of `tests/triage`: `UPDATE=1 cargo test -p throughline-outreach --lib learn`.
//!
//! A support vector machine of two classes, one against all, by dual coordinate descent (Hsieh et al. 2008, algorithm 1, squared
//! hinge): additions and multiplications in a fixed order, so that the same wordings give the same weights.
//!
//! The patterns of `rules/triage.yaml` were tuned on some of the wordings and are nearly always right about those: there they
//! count as if they had said nothing.

use super::likely::{ALWAYS, GROUP, Like, THOUSAND, Weights, features, said};
use super::words::tokens;
use super::{Read, decide, read};
use crate::{Class, Rules};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Wordings that the patterns were tuned on.
const TUNED: &[&str] = &["tuned.tsv", "more.tsv", "counted.tsv", "other-tuned.tsv", SHORT, "en.yaml", "es.yaml"];
/// What everybody writes now and then.
const SHORT: &str = "short.tsv";
/// Each of these counts as so many.
const SHORT_COUNTS: f64 = 10.0;
/// Wordings of authors that the patterns were not tuned on.
const LEARNT: &str = "learnt";
/// What patterns say of a text that they know nothing of.
const SILENT: [&str; 3] = ["said nothing", "danger none", "stop not denied"];
/// A feature of fewer wordings says nothing.
const WORDINGS_MIN: usize = 5;
/// How much what the patterns say counts: 1 would be as much as all words together.
const SAID: f64 = 0.4;
/// How dear a wording on the wrong side is.
const DEAR: f64 = 3.0;
const ROUNDS: usize = 60;
/// Where a danger and a STOP begin, before it is taken off the weights: see `by_author`.
const FROM: [f64; 2] = [-0.2, -0.1];
const CLASSES: [&str; 2] = ["red_flag", "stop"];

struct Sample {
    author: String,
    class: String,
    text: String,
    counts: f64,
    features: BTreeSet<String>,
    /// As if they knew nothing of it, where the patterns were tuned on it.
    said: Vec<&'static str>,
    read: Read,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/triage")
}

fn samples(rules: &Rules) -> Vec<Sample> {
    let rules = &rules.triage;
    let mut files: Vec<(String, PathBuf)> =
        TUNED.iter().map(|name| ("tuned".to_owned(), folder().join(name))).collect();
    let found = std::fs::read_dir(folder().join(LEARNT)).expect("the folder of what is learnt");
    let mut others: Vec<PathBuf> = found.map(|entry| entry.expect("an entry").path()).collect();
    others.sort();
    files.extend(
        others.into_iter().map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), path)),
    );
    let mut out = Vec::new();
    for (author, path) in files {
        let file = std::fs::read_to_string(&path).expect("wordings");
        for (class, text) in if path.extension().is_some_and(|e| e == "yaml") { listed(&file) } else { lines(&file) } {
            let words = tokens(&text, rules);
            let read = read(&text, &words, rules);
            let said = if author == "tuned" { SILENT.to_vec() } else { said(&read) };
            let features = features(&text, &words, rules);
            let counts = if path.ends_with(SHORT) { SHORT_COUNTS } else { 1.0 };
            out.push(Sample { author: author.clone(), class, text, counts, features, said, read });
        }
    }
    out
}

/// Class and wording of `language TAB class TAB wording` lines.
fn lines(file: &str) -> Vec<(String, String)> {
    let lines = file.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let columns = lines.map(|line| line.splitn(3, '\t').map(str::to_owned).collect::<Vec<_>>());
    columns.map(|c| <[String; 3]>::try_from(c).expect("three columns")).map(|[_, class, text]| (class, text)).collect()
}

/// The same of `class:` lines, each followed by `- "wording"` lines.
fn listed(file: &str) -> Vec<(String, String)> {
    let (mut class, mut out) = (String::new(), Vec::new());
    for line in file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix("- ") {
            Some(text) => out.push((class.clone(), text.trim_matches('"').to_owned())),
            None => class = line.trim_end_matches(':').to_owned(),
        }
    }
    out
}

/// A wording as numbers: which feature, and how much of it.
type Row = Vec<(usize, f64)>;

/// The features that enough wordings have, in order, and each wording as numbers.
struct Design {
    names: Vec<String>,
    rows: Vec<Row>,
    counts: Vec<f64>,
}

fn design(samples: &[&Sample]) -> Design {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for feature in samples.iter().flat_map(|s| &s.features) {
        *counts.entry(feature).or_default() += 1;
    }
    let mut names: BTreeSet<&str> = counts.iter().filter(|(_, n)| **n >= WORDINGS_MIN).map(|(f, _)| *f).collect();
    names.extend(samples.iter().flat_map(|s| s.said.iter().copied()));
    names.insert(ALWAYS);
    let at: BTreeMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let row = |sample: &&Sample| {
        let known: Vec<usize> = sample.features.iter().filter_map(|f| at.get(f.as_str()).copied()).collect();
        let each = 1.0 / (known.len().max(1) as f64).sqrt();
        let mut row: Row = known.into_iter().map(|f| (f, each)).collect();
        row.extend(sample.said.iter().map(|f| (at[f], SAID)));
        row.push((at[ALWAYS], 1.0));
        row
    };
    let counts = samples.iter().map(|s| s.counts).collect();
    Design { rows: samples.iter().map(row).collect(), names: names.into_iter().map(str::to_owned).collect(), counts }
}

/// The weights that part the wordings that are `of` a class from the others, as far apart as they can be.
fn part(design: &Design, of: &[bool]) -> Vec<f64> {
    let n = of.len() as f64;
    let ours = of.iter().filter(|is| **is).count() as f64;
    let mut weights = vec![0.0; design.names.len()];
    let mut pull = vec![0.0; of.len()];
    let squares: Vec<f64> = design.rows.iter().map(|row| row.iter().map(|(_, x)| x * x).sum()).collect();
    let mut order: Vec<usize> = (0..of.len()).collect();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..ROUNDS {
        for last in (1..order.len()).rev() {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            order.swap(last, (random % (last as u64 + 1)) as usize);
        }
        for &i in &order {
            // The rarer class counts as much as the other.
            let dear = design.counts[i] * DEAR * n / (2.0 * if of[i] { ours } else { n - ours });
            let slack = 1.0 / (2.0 * dear);
            let side = if of[i] { 1.0 } else { -1.0 };
            let vote: f64 = design.rows[i].iter().map(|(f, x)| weights[*f] * x).sum();
            let gradient = side * vote - 1.0 + slack * pull[i];
            let moved = f64::max(pull[i] - gradient / (squares[i] + slack), 0.0);
            let by = (moved - pull[i]) * side;
            pull[i] = moved;
            design.rows[i].iter().for_each(|(f, x)| weights[*f] += by * x);
        }
    }
    weights
}

/// The file, from all wordings.
fn learn(all: &[&Sample]) -> String {
    let design = design(all);
    let learnt = CLASSES.map(|class| part(&design, &all.iter().map(|s| s.class == class).collect::<Vec<_>>()));
    let mut out = format!(
        "# What words speak for, thousandths: of a danger, of a STOP. Learnt from {} wordings by\n\
         # `UPDATE=1 cargo test -p throughline-outreach --lib learn`; not to be edited. u word, n negated word, b neighbours, s pair, K class of words,\n\
         # N negated class, P classes beside each other, c {GROUP} letters, L words in all, W whole text, Q a question.\n",
        all.len()
    );
    for (at, name) in design.names.iter().enumerate() {
        let [danger, stop] = [0, 1].map(|of| {
            let scale =
                if ["said ", "danger ", "stop "].iter().any(|said| name.starts_with(said)) { SAID } else { 1.0 };
            let from = if name == ALWAYS { FROM[of] } else { 0.0 };
            ((learnt[of][at] * scale - from) * THOUSAND).round() as i64
        });
        out.push_str(&format!("{name}\t{danger}\t{stop}\n"));
    }
    out
}

#[test]
fn the_weights_are_what_the_wordings_teach() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/triage-weights.tsv");
    let samples = samples(&Rules::shipped());
    let learnt = learn(&samples.iter().collect::<Vec<_>>());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &learnt).expect("the weights are written");
    }
    let kept = std::fs::read_to_string(&path).expect("the weights");
    let differ = kept.lines().zip(learnt.lines()).find(|(a, b)| a != b);
    assert!(
        kept == learnt,
        "rules/triage-weights.tsv is not what the wordings teach: {differ:?}; learn again with UPDATE=1"
    );
}

/// A wording and what it is like by weights that were learnt from other authors.
type Judged<'a> = (&'a Sample, Like);

/// The share of wordings that are taken for `wanted` where the limits of a danger and of a STOP are moved by `shift`.
fn share(of: &[Judged], wanted: Class, shift: Like) -> f64 {
    let taken = |(sample, like): &&Judged| {
        let like = Like { danger: like.danger - shift.danger, stop: like.stop - shift.stop };
        wanted == if sample.read.word_of_law { sample.read.class } else { decide(&sample.read, like) }
    };
    of.iter().filter(taken).count() as f64 / of.len().max(1) as f64
}

/// Each author's wordings by weights that were learnt from the others: where the limits of `decide` and [`FROM`] are chosen.
/// Some of the authors were asked for pairs that differ in a word, so less is found than of an everyday author.
#[test]
#[ignore = "two minutes: make test-triage"]
fn by_author() {
    const STAY: Like = Like { danger: 0.0, stop: 0.0 };
    let rules = Rules::shipped();
    let samples = samples(&rules);
    let authors: BTreeSet<&str> = samples.iter().map(|s| s.author.as_str()).filter(|a| *a != "tuned").collect();
    let mut judged: Vec<Judged> = Vec::new();
    for author in authors {
        let (held, others): (Vec<&Sample>, Vec<&Sample>) = samples.iter().partition(|s| s.author == author);
        let weights = Weights::read("weights", &learn(&others)).expect("weights");
        let like = |s: &Sample| weights.like(&s.text, &tokens(&s.text, &rules.triage), &s.read, &rules.triage);
        let of: Vec<Judged> = held.into_iter().map(|s| (s, like(s))).collect();
        let found = |class: &str, wanted: Class| {
            let ours: Vec<Judged> = of.iter().copied().filter(|(s, _)| s.class == class).collect();
            share(&ours, wanted, STAY)
        };
        let (danger, stop) = (found("red_flag", Class::RedFlag), found("stop", Class::Stop));
        println!("{author}: dangers {danger:.3}, opt-outs {stop:.3}");
        judged.extend(of);
    }
    for (wanted, class, least, most) in [(Class::RedFlag, "red_flag", 0.97, 0.16), (Class::Stop, "stop", 0.92, 0.035)] {
        let (ours, rest): (Vec<Judged>, Vec<Judged>) = judged.iter().copied().partition(|(s, _)| s.class == class);
        // An opt-out that is taken for a danger is read by a nurse at once: that is counted by what is found.
        let rest: Vec<Judged> = rest.into_iter().filter(|(s, _)| class == "stop" || s.class != "stop").collect();
        for shift in [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3] {
            let by = if class == "stop" { Like { stop: shift, ..STAY } } else { Like { danger: shift, ..STAY } };
            let (found, wrongly) = (share(&ours, wanted, by), share(&rest, wanted, by));
            println!("{class}, limit moved by {shift:+.1}: found {found:.4}, wrongly {wrongly:.4}");
        }
        let (found, wrongly) = (share(&ours, wanted, STAY), share(&rest, wanted, STAY));
        assert!(found >= least && wrongly <= most, "{class}: found {found:.4}, wrongly {wrongly:.4}");
    }
}

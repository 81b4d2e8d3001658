//! What a text says. Errs towards a person: a red flag wins over everything, a red flag that is denied
//! is still a question, and what is not understood is a question.
//!
//! The words are data (`rules/triage.yaml`); here is only how they are compared: without case, accents
//! and punctuation, with small mistakes of spelling, and with a simple scope of negation.

use crate::Class;
use crate::rules::Rules;
use std::collections::BTreeSet;

/// The most characters of a text that are looked at; a longer one is read by a person.
const TEXT_MAX: usize = 4_000;
/// Words between parts of a pattern that are joined by `+`.
const WINDOW: usize = 8;
/// Words before a match in which a negation is looked for.
const NEGATED_WITHIN: usize = 6;
/// Words after a match in which "is gone" is looked for.
const RESOLVED_WITHIN: usize = 4;
/// Words shorter than this must be spelt as they are in the list.
const FUZZY_FROM: usize = 6;
/// Two mistakes are forgiven from this length on.
const FUZZY_TWICE_FROM: usize = 10;
/// The most words of a text that may be an answer to a task or about a medicine.
const SHORT: usize = 12;

/// Patterns and word lists.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Triage {
    pub negators: BTreeSet<String>,
    /// Words between a negation and a match that end the negation's scope.
    pub breakers: BTreeSet<String>,
    /// Words that end it too where a danger is denied, and not where a STOP is.
    pub danger_breakers: BTreeSet<String>,
    /// Words that end it, of a danger, only where something definite follows: "not seen the bleeding stop" is no
    /// denial, "not seen any bleeding" is.
    pub perceived: BTreeSet<String>,
    /// What is definite.
    pub definite: BTreeSet<String>,
    /// What says that something is over.
    pub resolved: Vec<Pattern>,
    /// Words before it that say that it is not.
    pub unresolved: BTreeSet<String>,
    /// Words that part clauses, as punctuation does.
    pub clauses: BTreeSet<String>,
    /// Words that add nothing.
    pub fillers: BTreeSet<String>,
    pub red_flags: Vec<(String, RedFlag)>,
    pub stop: Short,
    pub start: Short,
    pub wrong_number: Short,
    pub done: Short,
    pub picked_up: Short,
    pub thanks: BTreeSet<String>,
    /// Words that may stand beside thanks, and alone are none.
    pub thanks_with: BTreeSet<String>,
}

/// Patterns of one danger, and phrases in which its words mean something else.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct RedFlag {
    pub ignore: Vec<Pattern>,
    pub any: Vec<Pattern>,
}

/// What the other classes are told by.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Short {
    /// The whole text, fillers aside.
    pub whole: BTreeSet<String>,
    /// Somewhere in the text.
    pub phrases: Vec<Pattern>,
    /// Not when one of these is in the text too.
    pub unless: Vec<Pattern>,
}

/// A pattern: parts joined by `+`, each one of some runs of words.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Pattern(Vec<Vec<Run>>);

/// Words that follow each other; each is one of some alternatives.
type Run = Vec<Vec<Alternative>>;

#[derive(Clone, Debug, PartialEq)]
enum Alternative {
    /// This word, or one spelt nearly so.
    Word(String),
    /// A word that begins so.
    Prefix(String),
    /// A temperature that is a fever, in Fahrenheit or Celsius.
    Fever,
    /// A word written like a name.
    Name,
}

impl Pattern {
    /// Reads `wound|cut + open* / fell apart`: `|` alternatives of a word, ` / ` alternatives of a run of
    /// words, `*` any ending, `+` near each other in any order, `<fever>` a temperature, `<name>` a name.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let run = |run: &str| -> Result<Run, String> {
            let words = run.split_whitespace().map(|word| word.split('|').map(alternative).collect());
            let words: Run = words.collect::<Result<_, String>>()?;
            if words.is_empty() { Err(format!("the pattern `{text}` has an empty part")) } else { Ok(words) }
        };
        let part = |part: &str| part.split(" / ").map(run).collect();
        Ok(Self(text.split('+').map(part).collect::<Result<_, String>>()?))
    }

    /// Where it is found: first and last word of each place.
    fn find(&self, text: &[Token]) -> Vec<(usize, usize)> {
        let places: Vec<Vec<(usize, usize)>> =
            self.0.iter().map(|runs| runs.iter().flat_map(|run| spans(run, text)).collect()).collect();
        let Some((firsts, others)) = places.split_first() else { return Vec::new() };
        firsts.iter().filter_map(|first| with_others(*first, others)).collect()
    }
}

/// The whole span of a match that begins with `first`, if each other part is near.
fn with_others(first: (usize, usize), others: &[Vec<(usize, usize)>]) -> Option<(usize, usize)> {
    let mut whole = first;
    for places in others {
        let apart = places.iter().filter(|(from, to)| *to < first.0 || *from > first.1);
        let near = apart.min_by_key(|(from, _)| from.abs_diff(first.0))?;
        if near.0.abs_diff(first.0) > WINDOW {
            return None;
        }
        whole = (whole.0.min(near.0), whole.1.max(near.1));
    }
    Some(whole)
}

fn alternative(word: &str) -> Result<Alternative, String> {
    Ok(match word {
        "<fever>" => Alternative::Fever,
        "<name>" => Alternative::Name,
        _ => {
            let (text, prefix) = word.strip_suffix('*').map_or((word, false), |w| (w, true));
            let plain = plain(text);
            if plain != text || text.is_empty() {
                return Err(format!("write `{word}` as `{plain}`: lower case, no accents, no punctuation"));
            }
            if prefix { Alternative::Prefix(plain) } else { Alternative::Word(plain) }
        }
    })
}

/// Where a run of words is: first and last word.
fn spans(run: &Run, text: &[Token]) -> Vec<(usize, usize)> {
    let last = run.len().saturating_sub(1);
    let here = |at: &usize| run.iter().zip(&text[*at..]).all(|(any, token)| any.iter().any(|a| token.is(a)));
    (0..text.len().saturating_sub(last)).filter(here).map(|at| (at, at + last)).collect()
}

/// A word of a text.
#[derive(Clone, Debug, PartialEq)]
struct Token {
    word: String,
    clause: usize,
    /// Written with one capital, not at the beginning of a sentence.
    name: bool,
}

impl Token {
    fn is(&self, alternative: &Alternative) -> bool {
        match alternative {
            Alternative::Word(word) => alike(&self.word, word),
            Alternative::Prefix(prefix) => begins(&self.word, prefix),
            Alternative::Name => self.name,
            // 100.4 °F is 38 °C.
            Alternative::Fever => {
                self.word.parse::<f64>().is_ok_and(|t| (100.4..=110.0).contains(&t) || (38.0..=43.0).contains(&t))
            }
        }
    }
}

/// Equal, or long enough and spelt nearly so.
fn alike(word: &str, wanted: &str) -> bool {
    if word == wanted {
        return true;
    }
    let length = wanted.len().min(word.len());
    let mistakes = if length >= FUZZY_TWICE_FROM { 2 } else { 1 };
    length >= FUZZY_FROM && same_start(word, wanted) && strsim::osa_distance(word, wanted) <= mistakes
}

fn begins(word: &str, prefix: &str) -> bool {
    if word.starts_with(prefix) {
        return true;
    }
    if word.len() < FUZZY_FROM || prefix.len() + 1 < FUZZY_FROM || !same_start(word, prefix) || !word.is_ascii() {
        return false;
    }
    let lengths = prefix.len() - 1..=prefix.len() + 1;
    lengths.into_iter().any(|n| word.len() >= n && strsim::osa_distance(&word[..n], prefix) <= 1)
}

fn same_start(a: &str, b: &str) -> bool {
    a.chars().next() == b.chars().next()
}

/// Lower case, without accents; letters, digits and decimal points only.
fn plain(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).filter_map(plain_char).filter(|c| *c != ' ').collect()
}

fn plain_char(c: char) -> Option<char> {
    Some(match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        c if c.is_alphanumeric() || c == '.' => c,
        // "don't" is written "dont" as often as not; combining accents are dropped too.
        '\'' | '’' | '‘' | '`' | '´' | '\u{300}'..='\u{36f}' | '\u{fe0f}' => return None,
        _ => ' ',
    })
}

/// Splits a text into words and clauses.
fn tokens(text: &str, rules: &Triage) -> Vec<Token> {
    let text: String = text.chars().take(TEXT_MAX).collect();
    let mut out: Vec<Token> = Vec::new();
    let (mut clause, mut fresh) = (0, true);
    for raw in text.replace(['👍', '🙏', '❤', '😊', '👌'], " thanks ").split_whitespace() {
        let mut rest = raw;
        // "102.5" keeps its point; any other sign that parts clauses ends one.
        while !rest.is_empty() {
            let inside = |i: usize, c: char| {
                c == '.'
                    && rest[..i].ends_with(|c: char| c.is_ascii_digit())
                    && rest[i + 1..].starts_with(|c: char| c.is_ascii_digit())
            };
            let cut = rest.char_indices().find(|(i, c)| ".,;:!?¡¿()\n…—".contains(*c) && !inside(*i, *c));
            let (piece, after) = cut.map_or((rest, ""), |(i, c)| (&rest[..i], &rest[i + c.len_utf8()..]));
            let spaced: String = piece.chars().flat_map(char::to_lowercase).filter_map(plain_char).collect();
            for word in spaced.split(' ').filter(|w| !w.is_empty()) {
                if rules.clauses.contains(word) {
                    clause += 1;
                }
                let capital = piece.chars().next().is_some_and(char::is_uppercase);
                let small = piece.chars().skip(1).all(|c| !c.is_uppercase()) && piece.chars().count() > 2;
                out.push(Token { word: word.to_owned(), clause, name: capital && small && !fresh });
                fresh = false;
            }
            if cut.is_some() {
                clause += 1;
                fresh = true;
            }
            rest = after;
        }
    }
    out
}

/// Classifies a text; [`Class::Question`] when in doubt: it errs towards a person.
pub fn classify(text: &str, rules: &Rules) -> Class {
    let rules = &rules.triage;
    let words = tokens(text, rules);
    let whole = bare(&words, rules);
    let denied = match red_flag(&words, rules) {
        Some(true) => return Class::RedFlag,
        Some(false) => true,
        None => false,
    };
    let asked = text.contains(['?', '¿']);
    let short = !asked && !denied && words.len() <= SHORT && text.chars().count() <= TEXT_MAX;
    if rules.wrong_number.says(&whole, &words, rules, false) {
        Class::WrongNumber
    } else if rules.stop.says(&whole, &words, rules, true) {
        Class::Stop
    } else if denied {
        Class::Question
    } else if short && rules.start.says(&whole, &words, rules, true) {
        Class::Start
    } else if short && rules.picked_up.says(&whole, &words, rules, true) {
        Class::PickedUp
    } else if short && rules.done.says(&whole, &words, rules, true) {
        Class::Done
    } else if short && thanks(&words, rules) {
        Class::Thanks
    } else {
        Class::Question
    }
}

/// The dangers that a text names, as `rules/triage.yaml` calls them: for the reason of a prompt.
pub fn red_flags(text: &str, rules: &Rules) -> Vec<String> {
    let words = tokens(text, &rules.triage);
    let flagged = |flag: &RedFlag| flag.named(&words, &rules.triage) == Some(true);
    rules.triage.red_flags.iter().filter(|(_, flag)| flagged(flag)).map(|(name, _)| name.clone()).collect()
}

/// Whether a text names a danger, be it to deny it: a person reads it.
pub fn names_danger(text: &str, rules: &Rules) -> bool {
    red_flag(&tokens(text, &rules.triage), &rules.triage).is_some()
}

/// `Some(true)` when a danger is named, `Some(false)` when one is named and denied.
fn red_flag(words: &[Token], rules: &Triage) -> Option<bool> {
    rules.red_flags.iter().filter_map(|(_, flag)| flag.named(words, rules)).max()
}

impl RedFlag {
    fn named(&self, words: &[Token], rules: &Triage) -> Option<bool> {
        let mut words = words.to_vec();
        for (first, last) in self.ignore.iter().flat_map(|p| p.find(&words)).collect::<Vec<_>>() {
            words[first..=last].iter_mut().for_each(|t| t.word.clear());
        }
        let found = self.any.iter().flat_map(|p| p.find(&words));
        found.map(|span| !negated(span, &words, rules, true) && !resolved(span, &words, rules)).max()
    }
}

impl Short {
    /// Whether the text says this: as a whole, or by a phrase that is not negated.
    fn says(&self, whole: &str, words: &[Token], rules: &Triage, negatable: bool) -> bool {
        if self.whole.contains(whole) {
            return true;
        }
        let found = |patterns: &[Pattern]| patterns.iter().any(|p| !p.find(words).is_empty());
        let said =
            |p: &Pattern| p.find(words).into_iter().any(|span| !negatable || !negated(span, words, rules, false));
        self.phrases.iter().any(said) && !found(&self.unless)
    }
}

/// Whether a negation governs a match: before it in its clause, with nothing between that breaks it.
/// A danger is denied less readily than a STOP.
fn negated((first, _): (usize, usize), words: &[Token], rules: &Triage, danger: bool) -> bool {
    let clause = words[first].clause;
    let from = first.saturating_sub(NEGATED_WITHIN);
    let Some(at) = (from..first).rev().find(|i| words[*i].clause == clause && rules.negators.contains(&words[*i].word))
    else {
        return false;
    };
    let breaks = |i: usize| {
        let word = &words[i].word;
        let of_danger = || rules.danger_breakers.contains(word) || breaks_as_perceived(i, words, rules);
        rules.breakers.contains(word) || (danger && of_danger())
    };
    !(at + 1..first).any(breaks)
}

/// Whether the word at `i` says what was seen, of something definite: "seen so much", "signs of the".
fn breaks_as_perceived(i: usize, words: &[Token], rules: &Triage) -> bool {
    let of = |word: &str| word == "of" || word == "de";
    let next = words[i + 1..].iter().find(|t| !of(&t.word));
    rules.perceived.contains(&words[i].word) && next.is_some_and(|t| rules.definite.contains(&t.word))
}

/// Whether what was matched is said to be over.
fn resolved((first, last): (usize, usize), words: &[Token], rules: &Triage) -> bool {
    let clause = words[last].clause;
    // "I don't think the bleeding has stopped", "not once has it stopped".
    let before = &words[first.saturating_sub(NEGATED_WITHIN)..first];
    if before.iter().any(|t| t.clause == clause && rules.negators.contains(&t.word)) {
        return false;
    }
    let end = (last + 1 + RESOLVED_WITHIN).min(words.len());
    let after: Vec<Token> = words[last + 1..end].iter().filter(|t| t.clause == clause).cloned().collect();
    rules.resolved.iter().flat_map(|p| p.find(&after)).any(|(first, _)| {
        !after[..first].iter().any(|t| rules.negators.contains(&t.word) || rules.unresolved.contains(&t.word))
    })
}

/// The text without fillers and repetitions.
fn bare(words: &[Token], rules: &Triage) -> String {
    let mut kept: Vec<&str> = words.iter().map(|t| t.word.as_str()).filter(|w| !rules.fillers.contains(*w)).collect();
    kept.dedup();
    kept.join(" ")
}

/// Nothing but thanks and fillers.
fn thanks(words: &[Token], rules: &Triage) -> bool {
    let lists = [&rules.thanks, &rules.thanks_with, &rules.fillers];
    let known = |t: &Token| lists.iter().any(|list| list.contains(&t.word));
    words.iter().all(known) && words.iter().any(|t| rules.thanks.contains(&t.word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_accents_and_with_small_mistakes() {
        assert!(alike("bleedign", "bleeding") && alike("infeccion", "infecion") && !alike("would", "wound"));
        assert!(begins("bledding", "bleed") && begins("sangrando", "sangr") && !begins("breakfast", "bleed"));
        assert_eq!(plain("¡No-Respiró!"), "norespiro");
        let rules = Rules::shipped();
        let said = tokens("It's 102.5! Don't, David", &rules.triage);
        let shown: Vec<_> = said.iter().map(|t| (t.word.as_str(), t.clause, t.name)).collect();
        assert_eq!(shown, [("its", 0, false), ("102.5", 0, false), ("dont", 1, false), ("david", 2, false)]);
        assert!(Pattern::read("a + ").is_err() && Pattern::read("Ñu").is_err());
    }

    #[test]
    fn no_text_breaks_it() {
        let rules = Rules::shipped();
        for text in [
            "",
            " ",
            "....",
            "\u{301}\u{fe0f}",
            "👍👍",
            "ñ",
            &"a ".repeat(10_000),
            &"x".repeat(100_000),
            "İ1.2.3.",
            "1.",
        ] {
            let class = classify(text, &rules);
            assert!(matches!(class, Class::Question | Class::Thanks), "{class:?}");
        }
        assert_eq!(red_flags("blood and a fever of 102", &rules), ["bleeding", "fever"]);
    }
}

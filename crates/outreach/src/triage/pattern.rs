//! Patterns of words, and where a text has them.

use super::words::{Token, Word, plain};
use std::collections::BTreeSet;

/// Words between parts of a pattern that are joined by `+`.
const WINDOW: usize = 8;
/// The most words of one clause that `...` stands for.
const GAP_MAX: usize = 3;
/// The most steps of a run: with [`GAP_MAX`], what bounds the search for one.
const STEPS_MAX: usize = 9;

/// A pattern: parts joined by `+`, each one of some runs of words.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Pattern(Vec<Vec<Run>>);

/// Words that follow each other.
type Run = Vec<Step>;

#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// One word, one of some alternatives.
    Word(Vec<Alternative>),
    /// A few words of the clause, or none.
    Gap,
}

/// First and last word.
pub(super) type Span = (usize, usize);

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alternative {
    kind: Kind,
    /// Only at the beginning of a clause.
    first: bool,
    /// Only at its end.
    last: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// This word, or one spelt nearly so.
    Word(Word),
    /// A word that begins so.
    Prefix(Word),
    /// A word that ends so.
    Suffix(String),
    /// A number from the one to the other.
    Number(f64, f64),
    /// A class of words.
    Class(usize),
    /// A word written like a name.
    Name,
    /// Whatever it is.
    Any,
}

impl Pattern {
    /// Reads `wound|cut + open* / fell apart`: `|` alternatives of a word, ` / ` alternatives of a run of words,
    /// `word*` any ending, `*ing` any beginning, `+` near each other in any order, `^` and `$` first and last in a
    /// clause, `<class>` a word of a class, `<60-91>` a number, `<name>` a name, `<any>` one word, `...` up to three
    /// words of a clause, or none.
    pub(crate) fn read(text: &str, classes: &[String]) -> Result<Self, String> {
        let run = |run: &str| -> Result<Run, String> {
            let steps: Run = run.split_whitespace().map(|w| Step::read(w, classes)).collect::<Result<_, String>>()?;
            match (steps.first(), steps.last()) {
                (None, _) => Err(format!("the pattern `{text}` has an empty part")),
                (Some(Step::Gap), _) | (_, Some(Step::Gap)) => {
                    Err(format!("a part of the pattern `{text}` begins or ends with `...`: it stands between words"))
                }
                _ if steps.len() > STEPS_MAX => Err(format!("a part of `{text}` has more than {STEPS_MAX} words")),
                _ => Ok(steps),
            }
        };
        let part = |part: &str| part.split(" / ").map(run).collect();
        Ok(Self(text.split('+').map(part).collect::<Result<_, String>>()?))
    }

    /// Where it is found: the places of its parts, the first part's first.
    pub(super) fn find(&self, text: &[Token], masked: &[bool]) -> Vec<Vec<Span>> {
        let found = |runs: &Vec<Run>| runs.iter().flat_map(|run| spans(run, text, masked)).collect::<Vec<_>>();
        let Some((first, others)) = self.0.split_first() else { return Vec::new() };
        let firsts = found(first);
        if firsts.is_empty() {
            return Vec::new();
        }
        let others: Vec<Vec<Span>> = others.iter().map(found).collect();
        firsts.into_iter().filter_map(|first| with_others(first, &others)).collect()
    }

    /// Whether it is there at all.
    pub(super) fn is_in(&self, text: &[Token]) -> bool {
        !self.find(text, &[]).is_empty()
    }

    /// Adds the words that are written out in it.
    pub(crate) fn words<'a>(&'a self, into: &mut BTreeSet<&'a str>) {
        let steps = self.0.iter().flatten().flatten();
        let alternatives = steps.flat_map(|step| if let Step::Word(any) = step { any.as_slice() } else { &[] });
        into.extend(alternatives.filter_map(Alternative::word));
    }
}

/// The places of a match that begins with `first`, if each other part is near.
fn with_others(first: Span, others: &[Vec<Span>]) -> Option<Vec<Span>> {
    let mut all = vec![first];
    for places in others {
        let apart = places.iter().filter(|(from, to)| all.iter().all(|a| *to < a.0 || *from > a.1));
        let near = apart.min_by_key(|(from, _)| from.abs_diff(first.0))?;
        if near.0.abs_diff(first.0) > WINDOW {
            return None;
        }
        all.push(*near);
    }
    Some(all)
}

impl Step {
    fn read(word: &str, classes: &[String]) -> Result<Self, String> {
        if word == "..." {
            return Ok(Self::Gap);
        }
        Ok(Self::Word(word.split('|').map(|w| Alternative::read(w, classes)).collect::<Result<_, String>>()?))
    }
}

impl Alternative {
    pub(crate) fn read(word: &str, classes: &[String]) -> Result<Self, String> {
        let (word, first) = word.strip_prefix('^').map_or((word, false), |w| (w, true));
        let (word, last) = word.strip_suffix('$').map_or((word, false), |w| (w, true));
        let kind = match word.strip_prefix('<').and_then(|w| w.strip_suffix('>')) {
            Some("name") => Kind::Name,
            Some("any") => Kind::Any,
            Some(class) => match classes.iter().position(|c| c == class) {
                Some(at) => Kind::Class(at),
                None => {
                    let range = class.split_once('-').map(|(from, to)| (from.parse(), to.parse()));
                    let Some((Ok(from), Ok(to))) = range else {
                        return Err(format!("`<{class}>` is no class of words and no range of numbers"));
                    };
                    Kind::Number(from, to)
                }
            },
            None => {
                if let Some(end) = word.strip_prefix('*').filter(|end| !end.is_empty() && plain(end) == *end) {
                    return Ok(Self { kind: Kind::Suffix(end.to_owned()), first, last });
                }
                let (text, prefix) = word.strip_suffix('*').map_or((word, false), |w| (w, true));
                let plain = plain(text);
                if plain != text || text.is_empty() {
                    return Err(format!("write `{word}` as `{plain}`: lower case, no accents, no punctuation"));
                }
                let word = Word::new(text);
                if prefix { Kind::Prefix(word) } else { Kind::Word(word) }
            }
        };
        Ok(Self { kind, first, last })
    }

    /// The word that it is, written out.
    pub(crate) fn word(&self) -> Option<&str> {
        if let Kind::Word(word) = &self.kind { Some(&word.text) } else { None }
    }
}

/// Where a run of words is.
fn spans(run: &[Step], text: &[Token], masked: &[bool]) -> Vec<Span> {
    let one_clause = |(from, to): &Span| text[*from].clause == text[*to].clause;
    (0..text.len()).filter_map(|at| Some((at, end(run, text, masked, at)?))).filter(one_clause).collect()
}

/// The last word of a run that begins at `at`, with each gap as short as it can be.
fn end(run: &[Step], text: &[Token], masked: &[bool], at: usize) -> Option<usize> {
    match run.split_first()? {
        (Step::Word(any), rest) => {
            let token = text.get(at).filter(|_| !masked.get(at).copied().unwrap_or_default())?;
            if !any.iter().any(|a| is(token, a)) {
                None
            } else if rest.is_empty() {
                Some(at)
            } else {
                end(rest, text, masked, at + 1)
            }
        }
        (Step::Gap, rest) => {
            // A gap stands between words: there is one before it.
            let clause = text[at - 1].clause;
            let here = |to: &usize| text.get(*to).is_some_and(|t| t.clause == clause);
            (at..=at + GAP_MAX).take_while(here).find_map(|to| end(rest, text, masked, to))
        }
    }
}

/// Whether a word of a text is this one.
pub(super) fn is(token: &Token, alternative: &Alternative) -> bool {
    if (alternative.first && !token.first) || (alternative.last && !token.last) {
        return false;
    }
    match &alternative.kind {
        Kind::Word(word) => token.alike(word),
        Kind::Prefix(prefix) => token.begins(prefix),
        Kind::Suffix(end) => token.text().ends_with(end.as_str()),
        Kind::Number(from, to) => token.text().parse::<f64>().is_ok_and(|n| (*from..=*to).contains(&n)),
        Kind::Class(at) => token.classes & 1 << at != 0,
        Kind::Name => token.name,
        Kind::Any => true,
    }
}

//! The words of a text, and when two words are taken for the same.
//!
//! A word that is itself a word of the lists is never taken for a misspelling of another one. Everything else is
//! compared by its spelling and by its sound (`kiten` is "quiten", `erida` is "herida").

use super::Triage;

/// The most characters of a text that are looked at; a longer one is read by a person.
pub(super) const TEXT_MAX: usize = 4_000;
/// Words shorter than this must sound as they do in the list.
const SOUND_FROM: usize = 4;
/// Words shorter than this forgive two swapped letters only.
const FUZZY_FROM: usize = 5;
/// Two mistakes are forgiven from this length on.
const FUZZY_TWICE_FROM: usize = 10;
/// Single letters in a row that are one word: "s t o p".
const SPELT_OUT_FROM: usize = 3;
/// What stands for a word.
const SIGNS: &[(&[char], &str)] = &[
    (&['👍', '🙏', '❤', '😊', '👌'], " thanks "),
    (&['🛑', '🚫', '⛔', '✋'], " stop "),
    (&['🆘', '🚑', '🚨'], " sos "),
    (&['🩸'], " blood "),
    (&['🤮'], " vomiting "),
    (&['✅', '✔', '☑'], " done "),
];

/// A word and its sound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Word {
    pub text: String,
    sound: String,
}

impl Word {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), sound: sound(text) }
    }
}

/// A word of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub word: Word,
    pub clause: usize,
    /// Written with one capital, not at the beginning of a sentence.
    pub name: bool,
    /// Nothing that matters stands before it in its clause.
    pub first: bool,
    /// Nothing that matters stands after it in its clause.
    pub last: bool,
    /// It is a word of the lists, so it is no misspelling.
    pub known: bool,
    /// The classes of words that it belongs to, one bit each.
    pub classes: u128,
}

impl Token {
    pub(super) fn text(&self) -> &str {
        &self.word.text
    }

    /// The word itself, its plural, or one spelt or sounding nearly so.
    pub(super) fn alike(&self, wanted: &Word) -> bool {
        let (word, other) = (self.word.text.as_str(), wanted.text.as_str());
        // Most words are neither: it is seen by their first letters.
        let same_letter = word.as_bytes().first() == other.as_bytes().first();
        if !same_letter && (self.known || !same_start(&self.word.sound, &wanted.sound)) {
            return false;
        }
        if word == other || plural(word, other) || plural(other, word) {
            return true;
        }
        let digits = |w: &str| w.contains(|c: char| c.is_ascii_digit());
        let (long, sounds) = (word.len().min(other.len()), &self.word.sound);
        if self.known || long < SOUND_FROM || digits(word) || digits(other) || !same_start(sounds, &wanted.sound) {
            return false;
        }
        *sounds == wanted.sound || swapped(word, other) || near(word, other) || near(sounds, &wanted.sound)
    }

    /// Begins so, or nearly so.
    pub(super) fn begins(&self, prefix: &Word) -> bool {
        if self.word.text.starts_with(&prefix.text) {
            return true;
        }
        if self.known || prefix.text.len() < SOUND_FROM || !same_start(&self.word.sound, &prefix.sound) {
            return false;
        }
        if prefix.sound.len() >= SOUND_FROM && self.word.sound.starts_with(&prefix.sound) {
            return true;
        }
        let (word, prefix) = (self.word.sound.as_str(), prefix.sound.as_str());
        if !word.is_ascii() || word.len() <= FUZZY_FROM || prefix.len() < FUZZY_FROM {
            return false;
        }
        let lengths = prefix.len() - 1..=prefix.len() + 1;
        lengths.into_iter().any(|n| word.len() >= n && strsim::osa_distance(&word[..n], prefix) <= 1)
    }
}

/// Whether a word is long enough for one with an "s" more to be its plural.
pub(super) fn has_plural(word: &str) -> bool {
    word.len() >= 3
}

fn plural(word: &str, other: &str) -> bool {
    has_plural(word) && matches!(other.strip_prefix(word), Some("s" | "es"))
}

/// Two neighbouring letters changed places, the first one aside: "pian", "pehco".
fn swapped(word: &str, other: &str) -> bool {
    let (a, b) = (word.as_bytes(), other.as_bytes());
    let Some(at) = a.iter().zip(b).position(|(a, b)| a != b) else { return false };
    let swaps = a.len() == b.len() && at > 0 && at + 1 < a.len() && a[at] == b[at + 1] && a[at + 1] == b[at];
    swaps && a[at + 2..] == b[at + 2..]
}

fn near(word: &str, other: &str) -> bool {
    let length = word.len().min(other.len());
    let mistakes = if length >= FUZZY_TWICE_FROM { 2 } else { 1 };
    length >= FUZZY_FROM
        && word.len().abs_diff(other.len()) <= mistakes
        && strsim::osa_distance(word, other) <= mistakes
}

fn same_start(a: &str, b: &str) -> bool {
    a.chars().next() == b.chars().next()
}

/// How a word sounds, roughly, to one who writes English or Spanish by ear. Letters that are doubled are one.
fn sound(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let mut out: Vec<char> = Vec::with_capacity(letters.len());
    let mut at = 0;
    while at < letters.len() {
        let (c, next) = (letters[at], letters.get(at + 1).copied().unwrap_or(' '));
        let soft = matches!(next, 'e' | 'i' | 'y');
        let (said, step) = match (c, next) {
            ('p', 'h') => ('f', 2),
            ('c', 'h') => ('x', 2),
            ('c', 'k') | ('q', 'u') => ('k', 2),
            ('l', 'l') => ('y', 2),
            ('c', _) if soft => ('s', 1),
            ('c' | 'q', _) => ('k', 1),
            ('z', _) => ('s', 1),
            ('v', _) => ('b', 1),
            ('h', _) => (' ', 1),
            (c, _) => (c, 1),
        };
        if said != ' ' && out.last() != Some(&said) {
            out.push(said);
        }
        at += step;
    }
    out.into_iter().collect()
}

/// Lower case, without accents; letters, digits and decimal points only.
pub(super) fn plain(text: &str) -> String {
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

/// A word as it is written: its letters, its clause, whether it is like a name.
type Raw = (String, usize, bool);

/// Splits a text into words and clauses.
pub(super) fn tokens(text: &str, rules: &Triage) -> Vec<Token> {
    let mut text: String = text.chars().take(TEXT_MAX).collect();
    for (signs, word) in SIGNS {
        if text.contains(*signs) {
            text = text.replace(*signs, word);
        }
    }
    let mut raw = spelt_out(split(&text, rules));
    for (word, _, _) in &mut raw {
        if let Some(meant) = rules.spelt.get(word) {
            word.clone_from(meant);
        }
    }
    let raw = contracted(raw, rules);
    let known = |word: &str| rules.known.contains(word);
    let token = |(text, clause, name): Raw| {
        let (known, word) = (known(&text), Word::new(&text));
        Token { word, clause, name, first: false, last: false, known, classes: 0 }
    };
    let mut out: Vec<Token> = raw.into_iter().map(token).collect();
    for token in &mut out {
        token.classes = rules.classes_of(token);
    }
    anchor(&mut out, rules);
    out
}

/// Says which words are first and last in their clause, but for words that add nothing.
fn anchor(words: &mut [Token], rules: &Triage) {
    let nothing = |t: &Token| rules.fillers.contains(t.text()) || rules.around.contains(t.text());
    let mut matters = None;
    for token in words.iter_mut() {
        token.first = matters != Some(token.clause);
        matters = if nothing(token) { matters } else { Some(token.clause) };
    }
    matters = None;
    for token in words.iter_mut().rev() {
        token.last = matters != Some(token.clause);
        matters = if nothing(token) { matters } else { Some(token.clause) };
    }
}

/// Words, numbers without their units, clauses.
fn split(text: &str, rules: &Triage) -> Vec<Raw> {
    let mut out: Vec<Raw> = Vec::new();
    let (mut clause, mut fresh) = (0, true);
    for raw in text.split_inclusive(char::is_whitespace) {
        let mut rest = raw;
        while !rest.is_empty() {
            let cut = rest.char_indices().find(|(i, c)| ".,;:!?¡¿()\n…—".contains(*c) && !inside_number(rest, *i));
            let (piece, after) = cut.map_or((rest, ""), |(i, c)| (&rest[..i], &rest[i + c.len_utf8()..]));
            // "9/10" is a nine; "38,5" has a comma for a point.
            let piece = piece.trim();
            let piece = if piece.len() > 3 { piece.strip_suffix("/10").unwrap_or(piece) } else { piece };
            let spaced: String =
                piece.replace(',', ".").chars().flat_map(char::to_lowercase).filter_map(plain_char).collect();
            for word in spaced.split(' ').flat_map(unit_apart).filter(|w| !w.is_empty()) {
                if rules.clauses.contains(word) {
                    clause += 1;
                }
                let capital = piece.chars().next().is_some_and(char::is_uppercase);
                let small = piece.chars().skip(1).all(|c| !c.is_uppercase()) && piece.chars().count() > 2;
                out.push((word.to_owned(), clause, capital && small && !fresh));
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

/// "102.5" keeps its point, "38,5" its comma; any other sign that parts clauses ends one.
fn inside_number(text: &str, at: usize) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    let (before, rest) = text.split_at(at);
    let Some(after) = rest.strip_prefix(['.', ',']).filter(|after| before.ends_with(digit) && after.starts_with(digit))
    else {
        return false;
    };
    rest.starts_with('.') || (before.len() == 2 && !after[1..].starts_with(digit))
}

/// "102f" is a number and its unit.
fn unit_apart(word: &str) -> [&str; 2] {
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    match word.find(|c| !digits(c)) {
        Some(at) if at > 0 => [&word[..at], &word[at..]],
        _ => [word, ""],
    }
}

/// "s t o p" is one word.
fn spelt_out(words: Vec<Raw>) -> Vec<Raw> {
    let single = |raw: &Raw| raw.0.len() == 1 && raw.0.chars().all(char::is_alphabetic);
    let mut out: Vec<Raw> = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let run = words[at..].iter().take_while(|w| single(w)).count();
        if run >= SPELT_OUT_FROM {
            let word: String = words[at..at + run].iter().map(|w| w.0.as_str()).collect();
            out.push((word, words[at + run - 1].1, false));
            at += run;
        } else {
            out.extend(words[at..=at + run.saturating_sub(1)].iter().cloned());
            at += run.max(1);
        }
    }
    out
}

/// "do not" is "dont", "no puede" is "nopuedo": words that belong together are one.
fn contracted(words: Vec<Raw>, rules: &Triage) -> Vec<Raw> {
    let mut out: Vec<Raw> = Vec::with_capacity(words.len());
    for word in words {
        let joined = out.last().filter(|last| last.1 == word.1);
        let joined = joined.and_then(|last| rules.contracted.get(&format!("{} {}", last.0, word.0)));
        match (joined, out.last_mut()) {
            (Some(one), Some(last)) => last.0.clone_from(one),
            _ => out.push(word),
        }
    }
    out
}

//! Words of a face, folded, and their keys.

use model::Id;
use std::collections::BTreeSet;

/// Letters of a name that count; a longer one is found by its beginning.
const LETTERS_MAX: usize = 16;
/// Keys of one face.
const KEYS_MAX: usize = 256;
/// How many first letters are keys of their own.
pub(super) const BEGINNINGS: [usize; 4] = [1, 2, 3, 5];

/// One thing that a face is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    /// A name, folded.
    Name(String),
    /// An address, in lower case.
    Mail(String),
    /// A number or an identifier of digits alone.
    Digits(String),
    /// An identifier of letters and digits, in lower case, without what parts them.
    Code(String),
}

/// The letter without its accent; others stay as they are.
fn plain(c: char) -> &'static [char] {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => &['a'],
        'ç' | 'ć' | 'č' => &['c'],
        'ď' | 'đ' | 'ð' => &['d'],
        'é' | 'è' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => &['e'],
        'ğ' => &['g'],
        'í' | 'ì' | 'î' | 'ï' | 'ī' | 'ı' => &['i'],
        'ł' | 'ľ' => &['l'],
        'ñ' | 'ń' | 'ň' => &['n'],
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' | 'ō' | 'ő' => &['o'],
        'ř' => &['r'],
        'ś' | 'š' | 'ş' | 'ș' => &['s'],
        'ť' | 'ţ' | 'ț' => &['t'],
        'ú' | 'ù' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => &['u'],
        'ý' | 'ÿ' => &['y'],
        'ź' | 'ż' | 'ž' => &['z'],
        'ß' => &['s', 's'],
        'æ' => &['a', 'e'],
        'œ' => &['o', 'e'],
        'þ' => &['t', 'h'],
        _ => &[],
    }
}

/// Lower case, without accents; an accent that stands by itself (decomposed text) goes.
pub(super) fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match plain(c) {
            [] if ('\u{300}'..='\u{36f}').contains(&c) => {}
            [] => out.push(c),
            letters => out.extend(letters),
        }
    }
    out
}

/// The words of one piece of text without blanks.
pub(super) fn words(piece: &str, out: &mut Vec<Word>) {
    if piece.contains('@') {
        out.push(Word::Mail(piece.trim_matches(['<', '>', ',', ';']).to_lowercase()));
        return;
    }
    let letters = piece.chars().any(char::is_alphabetic);
    if piece.chars().any(|c| c.is_ascii_digit()) {
        let text: String = folded(piece).chars().filter(|c| c.is_alphanumeric()).collect();
        out.push(if letters { Word::Code(text) } else { Word::Digits(text) });
        return;
    }
    // O'Neil is one name, García-López are two.
    let whole: String = piece.chars().filter(|c| !matches!(c, '\'' | '’' | '`')).collect();
    let names = whole.split(|c: char| !c.is_alphanumeric() && !('\u{300}'..='\u{36f}').contains(&c));
    out.extend(names.map(folded).filter(|n| !n.is_empty()).map(Word::Name));
}

/// All words of a face.
pub(super) fn of_face(name: &str, search: &str) -> BTreeSet<Word> {
    let mut out = Vec::new();
    for piece in name.split_whitespace().chain(search.split_whitespace()) {
        words(piece, &mut out);
    }
    out.into_iter().collect()
}

fn key(kind: &str, text: &str) -> i64 {
    let bytes = Id::of(&[b"find", kind.as_bytes(), text.as_bytes()]).bytes();
    i64::from_be_bytes(bytes[..8].try_into().unwrap_or_default())
}

/// The first `n` letters.
pub(super) fn first(text: &str, n: usize) -> &str {
    text.char_indices().nth(n).map_or(text, |(at, _)| &text[..at])
}

/// The last `n` characters of digits; `None` where there are fewer.
fn last(digits: &str, n: usize) -> Option<&str> {
    digits.len().checked_sub(n).and_then(|at| digits.get(at..))
}

pub(super) fn name_key(name: &str) -> i64 {
    key("name", first(name, LETTERS_MAX))
}

/// The keys of a name with one letter left out; none of a short one, where a slip makes another name.
pub(super) fn slip_keys(name: &str) -> impl Iterator<Item = i64> {
    let letters: Vec<char> = first(name, LETTERS_MAX).chars().collect();
    let n = if letters.len() >= 3 { letters.len() } else { 0 };
    (0..n).map(move |out| {
        let rest: String = letters.iter().enumerate().filter(|(i, _)| *i != out).map(|(_, c)| *c).collect();
        key("name", &rest)
    })
}

pub(super) fn beginning_key(letters: &str) -> i64 {
    key("begins", letters)
}

pub(super) fn date_key(iso: &str) -> i64 {
    key("born", iso)
}

pub(super) fn mail_key(mail: &str) -> i64 {
    key("mail", mail.split('@').next().unwrap_or_default())
}

pub(super) fn code_key(code: &str) -> i64 {
    key("code", code)
}

/// The key of the longest end of digits that has one.
pub(super) fn end_key(digits: &str) -> Option<i64> {
    last(digits, 7).map(|d| key("end7", d)).or(last(digits, 4).map(|d| key("end4", d)))
}

/// All keys of a face.
pub(crate) fn keys(name: &str, birth_date: &str, search: &str) -> BTreeSet<i64> {
    let mut out = BTreeSet::new();
    if !birth_date.is_empty() {
        out.insert(date_key(birth_date));
    }
    for word in of_face(name, search) {
        if out.len() > KEYS_MAX {
            break;
        }
        match &word {
            Word::Name(name) => {
                out.insert(name_key(name));
                out.extend(slip_keys(name));
                let long = BEGINNINGS.into_iter().filter(|n| name.chars().count() >= *n);
                out.extend(long.map(|n| beginning_key(first(name, n))));
            }
            Word::Mail(mail) => drop(out.insert(mail_key(mail))),
            Word::Digits(text) | Word::Code(text) => {
                out.insert(code_key(text));
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                out.extend(last(&digits, 7).map(|d| key("end7", d)));
                out.extend(last(&digits, 4).map(|d| key("end4", d)));
            }
        }
    }
    out
}

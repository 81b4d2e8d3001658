//! How many parts a text message has, to the letter, and what they are: 3GPP TS 23.038 (alphabet, extension table) and
//! 23.040 (9.2.3.24.1: the header of a concatenated message takes 6 of its 140 bytes).
//!
//! Invariants: neither an escape and its letter nor the two halves of a letter beyond 16 bits are torn apart; the parts
//! of a text, put together, are the text; there are as many as [`length`] counts.
//!
//! Deliberately absent: national shift tables (3GPP TS 23.038, A.2), which few carriers of other countries take; so a
//! text with one letter beside the alphabet is of 16-bit letters as a whole.

/// The default alphabet, a letter at its code; the escape stands for itself and is no letter.
#[rustfmt::skip]
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];
/// Its extension table: each letter takes two places, the escape and this code.
const EXTENSION: [(char, u8); 10] = [
    ('\u{c}', 0x0a),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2f),
    ('[', 0x3c),
    ('~', 0x3d),
    (']', 0x3e),
    ('|', 0x40),
    ('€', 0x65),
];
/// What announces a letter of the extension table.
const ESCAPE: u8 = 0x1b;

/// Places of one message, and of each part of a longer one.
const SEPTETS: (usize, usize) = (160, 153);
/// The same in 16 bits.
const UNITS: (usize, usize) = (70, 67);

/// What others write, and what means the same in the alphabet.
const INSTEAD: &[(&str, &str)] = &[
    ("\u{201c}\u{201d}\u{201e}\u{ab}\u{bb}", "\""),
    ("\u{2018}\u{2019}\u{201a}\u{b4}`", "'"),
    ("\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2212}\u{2022}\u{b7}", "-"),
    ("\u{2026}", "..."),
    ("\u{a0}\u{2009}\u{202f}\u{200b}\t", " "),
    ("á", "a"),
    ("í", "i"),
    ("ó", "o"),
    ("ú", "u"),
    ("Á", "A"),
    ("Í", "I"),
    ("Ó", "O"),
    ("Ú", "U"),
    ("ç", "c"),
    ("ê", "e"),
    ("°", "degrees"),
    ("½", "1/2"),
    ("×", "x"),
];

/// How a text is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Parts that are paid for.
    pub segments: usize,
    /// Whether it is of the 7-bit alphabet alone.
    pub gsm7: bool,
    /// Places that it takes: 7-bit places, or 16-bit units.
    pub places: usize,
}

/// Codes by letter below U+0400, where all of them but the euro are: one more than the code, 0 for none.
static CODES: [u8; 0x400] = codes();

const fn codes() -> [u8; 0x400] {
    let mut out = [0; 0x400];
    let mut at = 0;
    while at < BASIC.len() {
        if at != ESCAPE as usize {
            out[BASIC[at] as usize] = at as u8 + 1;
        }
        at += 1;
    }
    out
}

/// The code of a letter in the 7-bit alphabet, and whether the escape stands before it; `None` when it is not there.
fn code(letter: char) -> Option<(bool, u8)> {
    match CODES.get(letter as usize) {
        Some(code) if *code > 0 => Some((false, code - 1)),
        _ => EXTENSION.iter().find(|(c, _)| *c == letter).map(|(_, code)| (true, *code)),
    }
}

/// The places of a letter in the 7-bit alphabet; `None` when it is not there.
pub fn septets(letter: char) -> Option<usize> {
    code(letter).map(|(escaped, _)| 1 + usize::from(escaped))
}

/// The letters that make a text one of 16-bit letters, each once, in the order in which they come.
pub fn dear(text: &str) -> Vec<char> {
    let mut out = Vec::new();
    for letter in text.chars().filter(|c| septets(*c).is_none()) {
        if !out.contains(&letter) {
            out.push(letter);
        }
    }
    out
}

/// What may be written instead of a letter that the alphabet lacks.
pub fn instead(letter: char) -> Option<&'static str> {
    INSTEAD.iter().find(|(letters, _)| letters.contains(letter)).map(|(_, other)| *other)
}

/// How long a text is.
pub fn length(text: &str) -> Length {
    let gsm7 = text.chars().all(|c| septets(c).is_some());
    let places = text.chars().map(|c| weight(c, gsm7)).sum();
    Length { segments: split(text).len(), gsm7, places }
}

/// The parts in which a text is sent, in order: at least one, which may be empty.
pub fn split(text: &str) -> Vec<&str> {
    let gsm7 = text.chars().all(|c| septets(c).is_some());
    let (alone, part) = if gsm7 { SEPTETS } else { UNITS };
    if text.chars().map(|c| weight(c, gsm7)).sum::<usize>() <= alone {
        return vec![text];
    }
    // Neither an escape and its letter nor a pair of surrogates is torn apart between two parts.
    let (mut parts, mut begin, mut filled) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        let weight = weight(letter, gsm7);
        if filled + weight > part {
            parts.push(&text[begin..at]);
            (begin, filled) = (at, 0);
        }
        filled += weight;
    }
    parts.push(&text[begin..]);
    parts
}

/// Places that a letter takes.
fn weight(letter: char, gsm7: bool) -> usize {
    if gsm7 { septets(letter).unwrap_or(1) } else { letter.len_utf16() }
}

/// A text in the 7-bit alphabet, one octet a place (not packed); `None` when a letter is not there.
pub fn to_gsm7(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for letter in text.chars() {
        let (escaped, code) = code(letter)?;
        out.extend(escaped.then_some(ESCAPE));
        out.push(code);
    }
    Some(out)
}

/// A text of octets in the 7-bit alphabet, one a place. An escape before a code that the table lacks is shown as the
/// letter of the alphabet (3GPP TS 23.038, 6.2.1.1); what is no code at all is U+FFFD.
pub fn from_gsm7(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len());
    let mut escaped = false;
    for octet in octets {
        if !escaped && *octet == ESCAPE {
            escaped = true;
            continue;
        }
        let extended = EXTENSION.iter().find(|(_, code)| escaped && code == octet).map(|(c, _)| *c);
        let basic = || BASIC.get(usize::from(*octet)).copied().filter(|_| *octet != ESCAPE);
        out.push(extended.or_else(basic).unwrap_or('\u{fffd}'));
        escaped = false;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_its_127_letters_and_the_table_its_ten() {
        assert_eq!(CODES.iter().filter(|code| **code > 0).count(), 127, "128 places, one of which is the escape");
        assert_eq!(septets('\u{1b}'), None, "the escape is no letter");
        assert_eq!((septets('€'), septets('é'), septets('í'), septets('`')), (Some(2), Some(1), None, None));
    }

    #[test]
    fn parts_are_counted_to_the_letter() {
        let rows = [
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            // 152 places and a letter of two: the 153rd place stays empty.
            (format!("{}€{}", "a".repeat(152), "a".repeat(151)), 2),
            (format!("{}€{}", "a".repeat(152), "a".repeat(152)), 3),
            ("í".repeat(70), 1),
            ("í".repeat(71), 2),
            ("í".repeat(134), 2),
            ("í".repeat(135), 3),
            // Letters beyond 16 bits take two units, and 67 is odd.
            ("😀".repeat(35), 1),
            ("😀".repeat(66), 2),
            ("😀".repeat(67), 3),
            (format!("{}í", "a".repeat(70)), 2),
            (String::new(), 1),
        ];
        for (text, segments) in rows {
            assert_eq!(length(&text).segments, segments, "{} letters: {text}", text.chars().count());
        }
    }

    #[test]
    fn what_may_be_written_instead_is_of_the_alphabet() {
        for (letters, other) in INSTEAD {
            assert!(other.chars().all(|c| septets(c) == Some(1)), "{other}");
            assert!(letters.chars().all(|c| septets(c).is_none()), "{letters}");
        }
    }

    #[test]
    fn octets_and_back() {
        let all: String = BASIC.into_iter().filter(|c| *c != '\u{1b}').chain(EXTENSION.map(|(c, _)| c)).collect();
        let octets = to_gsm7(&all).expect("the alphabet is its own");
        assert_eq!(octets.len(), 127 + 20);
        assert_eq!(from_gsm7(&octets), all);
        assert_eq!(to_gsm7("día"), None);
        assert_eq!(from_gsm7(&[0x1b, 0x41, 0x1b, 0x1b, 0x80, 0x1b]), "A\u{fffd}\u{fffd}");
    }

    #[test]
    fn dear_letters_are_named_once() {
        assert_eq!(dear("Mañana a las 5: “día” y “día”"), ['“', 'í', '”']);
        assert_eq!(dear("Mañana"), []);
    }
}

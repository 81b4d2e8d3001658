//! How many parts a text message has, to the letter: 3GPP TS 23.038 (alphabet, extension table) and 23.040
//! (9.2.3.24.1: the header of a concatenated message takes 6 of its 140 bytes).

/// The default alphabet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                     abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension table: each letter takes two places.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

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

/// The places of a letter in the 7-bit alphabet; `None` when it is not there.
pub fn septets(letter: char) -> Option<usize> {
    match letter {
        c if BASIC.contains(c) => Some(1),
        c if EXTENSION.contains(c) => Some(2),
        _ => None,
    }
}

/// What may be written instead of a letter that the alphabet lacks.
pub fn instead(letter: char) -> Option<&'static str> {
    INSTEAD.iter().find(|(letters, _)| letters.contains(letter)).map(|(_, other)| *other)
}

/// How long a text is.
pub fn length(text: &str) -> Length {
    let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
    let gsm7 = septets.is_some();
    let (weights, (alone, part)) = match septets {
        Some(weights) => (weights, SEPTETS),
        None => (text.chars().map(char::len_utf16).collect(), UNITS),
    };
    let places: usize = weights.iter().sum();
    if places <= alone {
        return Length { segments: 1, gsm7, places };
    }
    // Neither an escape and its letter nor a pair of surrogates is torn apart between two parts.
    let (mut segments, mut filled) = (1, 0);
    for weight in weights {
        if filled + weight > part {
            segments += 1;
            filled = 0;
        }
        filled += weight;
    }
    Length { segments, gsm7, places }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_its_127_letters_and_the_table_its_ten() {
        assert_eq!(BASIC.chars().count(), 127, "128 places, one of which is the escape");
        assert_eq!(EXTENSION.chars().count(), 10);
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
}

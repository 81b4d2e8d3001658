//! What is asked for, read from one line of text, and how well a face fits it.

use super::words::{
    BEGINNINGS, Word, beginning_key, code_key, date_key, end_key, first, mail_key, name_key, of_face, slip_keys, words,
};
use jiff::civil::Date;

/// Pieces of a date at most: `9 de marzo de 1984`.
const DATE_PIECES_MAX: usize = 5;
/// Pieces of a number at most: `+1 (212) 555 01 19`.
const NUMBER_PIECES_MAX: usize = 6;
/// Digits of a number with its area and country.
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 9..=13;
/// The oldest and the latest year of birth that is understood.
const YEARS: std::ops::RangeInclusive<i16> = 1850..=2150;
/// Names shorter than this must fit to the letter; longer than the second, two slips may fit.
const SLIP_LETTERS: [usize; 2] = [4, 8];

/// One thing that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    Name(String),
    Mail(String),
    Digits(String),
    Code(String),
    /// ISO dates that it may be: 3/9 is one of two.
    Born(Vec<String>),
}

/// The terms of a line.
pub(super) fn terms(text: &str) -> Vec<Term> {
    let pieces: Vec<&str> = text.split([' ', '\t', '\n', ',', ';']).filter(|p| !p.is_empty()).collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let rest = &pieces[at..];
        if let Some((n, dates)) = date(rest) {
            out.push(Term::Born(dates));
            at += n;
        } else if let Some((n, digits)) = number(rest) {
            out.push(Term::Digits(digits));
            at += n;
        } else {
            let mut found = Vec::new();
            words(rest[0], &mut found);
            out.extend(found.into_iter().map(|word| match word {
                Word::Name(name) => Term::Name(name),
                Word::Mail(mail) => Term::Mail(mail),
                Word::Digits(digits) => Term::Digits(digits),
                Word::Code(code) => Term::Code(code),
            }));
            at += 1;
        }
    }
    out
}

/// A telephone number that is written in pieces, as many of them as make one.
fn number(pieces: &[&str]) -> Option<(usize, String)> {
    let is = |p: &&&str| p.chars().all(|c| c.is_ascii_digit() || "+()-./".contains(c));
    let parts: Vec<&str> = pieces.iter().take(NUMBER_PIECES_MAX).take_while(is).copied().collect();
    (2..=parts.len()).rev().find_map(|n| {
        let digits: String = parts[..n].concat().chars().filter(char::is_ascii_digit).collect();
        NUMBER_DIGITS.contains(&digits.len()).then_some((n, digits))
    })
}

/// A date at the beginning of the pieces: how many of them, and which dates it may be.
fn date(pieces: &[&str]) -> Option<(usize, Vec<String>)> {
    (1..=pieces.len().min(DATE_PIECES_MAX)).rev().find_map(|n| {
        let dates = dates(&pieces[..n]);
        (!dates.is_empty()).then_some((n, dates))
    })
}

fn dates(pieces: &[&str]) -> Vec<String> {
    let text = pieces.join(" ").to_lowercase();
    let parts: Vec<&str> =
        text.split([' ', '/', '-', '.']).filter(|p| !p.is_empty() && !matches!(*p, "de" | "del" | "of")).collect();
    let [a, b, c] = parts[..] else { return Vec::new() };
    let day = |t: &str| {
        let t = t.trim_end_matches(|x: char| x.is_ascii_alphabetic());
        t.parse::<i8>().ok().filter(|d| (1..=31).contains(d))
    };
    let number = |t: &str| t.parse::<i8>().ok().filter(|m| (1..=12).contains(m));
    let years = |t: &str| -> Vec<i16> {
        let year = t.parse::<i16>().ok().filter(|_| t.bytes().all(|x| x.is_ascii_digit()));
        match (year, t.len()) {
            (Some(y), 4) => vec![y],
            (Some(y), 2) => vec![1900 + y, 2000 + y],
            _ => Vec::new(),
        }
    };
    let mut out = Vec::new();
    let mut say = |y: &str, m: Option<i8>, d: Option<i8>| {
        for year in years(y).into_iter().filter(|y| YEARS.contains(y)) {
            let date = m.zip(d).and_then(|(m, d)| Date::new(year, m, d).ok()).map(|d| d.to_string());
            out.extend(date.filter(|d| !out.contains(d)).into_iter().collect::<Vec<_>>());
        }
    };
    if a.len() == 4 {
        say(a, number(b), day(c));
    } else {
        say(c, month(b), day(a));
        say(c, month(a), day(b));
        // The day or the month first: both are written, and both are looked for.
        say(c, number(a), day(b));
        say(c, number(b), day(a));
    }
    out
}

/// A month by its name or its beginning, in English or Spanish.
fn month(text: &str) -> Option<i8> {
    const NAMES: [(&str, &str); 12] = [
        ("january", "enero"),
        ("february", "febrero"),
        ("march", "marzo"),
        ("april", "abril"),
        ("may", "mayo"),
        ("june", "junio"),
        ("july", "julio"),
        ("august", "agosto"),
        ("september", "septiembre"),
        ("october", "octubre"),
        ("november", "noviembre"),
        ("december", "diciembre"),
    ];
    let is = |(en, es): &(&str, &str)| en.starts_with(text) || es.starts_with(text);
    let at = NAMES.iter().position(is).filter(|_| text.len() >= 3)?;
    i8::try_from(at + 1).ok()
}

impl Term {
    /// Keys of whoever may fit.
    pub(super) fn keys(&self) -> Vec<i64> {
        let mut keys = self.plain_keys();
        match self {
            Self::Name(name) => keys.extend(slip_keys(name)),
            // Eight digits may be a date of birth without its dashes.
            Self::Digits(digits) => keys.extend(bare_date(digits).map(|d| date_key(&d))),
            _ => {}
        }
        keys
    }

    /// Keys of whoever fits to the letter, or begins so.
    pub(super) fn plain_keys(&self) -> Vec<i64> {
        match self {
            Self::Name(name) => {
                let letters = name.chars().count();
                let longest = BEGINNINGS.into_iter().rfind(|n| *n <= letters).unwrap_or(1);
                vec![name_key(name), beginning_key(first(name, longest))]
            }
            Self::Mail(mail) => vec![mail_key(mail)],
            Self::Digits(digits) => std::iter::once(code_key(digits)).chain(end_key(digits)).collect(),
            Self::Code(code) => vec![code_key(code)],
            Self::Born(dates) => dates.iter().map(|d| date_key(d)).collect(),
        }
    }

    /// How well a face fits, 0 to 1; `None` where it does not.
    fn fit(&self, birth_date: &str, words: &[Word]) -> Option<f64> {
        match self {
            Self::Born(dates) => dates.iter().any(|d| d == birth_date).then_some(1.0),
            Self::Name(asked) => {
                let fits = words.iter().filter_map(|w| match w {
                    Word::Name(name) => alike(asked, name),
                    _ => None,
                });
                fits.max_by(f64::total_cmp)
            }
            Self::Mail(asked) => {
                words.iter().any(|w| matches!(w, Word::Mail(m) if m.starts_with(asked))).then_some(1.0)
            }
            Self::Code(asked) => words.iter().any(|w| matches!(w, Word::Code(c) if c == asked)).then_some(1.0),
            Self::Digits(asked) => {
                // A number with its country is the same without it, and the other way round.
                let long = |n: &str| n.len() >= 7 && asked.len() >= 7 && asked.ends_with(n);
                let fits = words.iter().filter_map(|w| match w {
                    Word::Digits(n) | Word::Code(n) if n == asked => Some(1.0),
                    Word::Digits(n) | Word::Code(n) if n.ends_with(asked.as_str()) || long(n) => Some(0.9),
                    _ => None,
                });
                let born = bare_date(asked).is_some_and(|d| d == birth_date)
                    || (asked.len() == 4 && birth_date.starts_with(asked.as_str()));
                fits.max_by(f64::total_cmp).or(born.then_some(0.8))
            }
        }
    }
}

/// `19840309` as an ISO date.
fn bare_date(digits: &str) -> Option<String> {
    let (y, m, d) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..8)?);
    let date = format!("{y}-{m}-{d}").parse::<Date>().ok().filter(|_| digits.len() == 8)?;
    YEARS.contains(&date.year()).then(|| date.to_string())
}

/// How alike two folded names are.
fn alike(asked: &str, name: &str) -> Option<f64> {
    if asked == name {
        return Some(1.0);
    }
    if name.starts_with(asked) {
        return Some(0.9);
    }
    let letters = asked.chars().count().min(name.chars().count());
    match strsim::osa_distance(asked, name) {
        1 if letters >= SLIP_LETTERS[0] - 1 => Some(0.75),
        2 if letters >= SLIP_LETTERS[1] - 1 => Some(0.6),
        // The beginning of a longer name, with a slip in it.
        _ if letters >= SLIP_LETTERS[0] => {
            let begins = strsim::osa_distance(asked, first(name, asked.chars().count()));
            (begins == 1).then_some(0.5)
        }
        _ => None,
    }
}

/// How well a face fits all terms; `None` where one of them does not fit.
pub(super) fn fit(terms: &[Term], name: &str, birth_date: &str, search: &str) -> Option<f64> {
    let words: Vec<Word> = of_face(name, search).into_iter().collect();
    let fits: Option<Vec<f64>> = terms.iter().map(|t| t.fit(birth_date, &words)).collect();
    let fits = fits?;
    Some(fits.iter().sum::<f64>() / fits.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(asked: &str, name: &str) -> Option<f64> {
        fit(&terms(asked), name, "1984-03-09", "mrn-1001 004512 +12125550119 dave@example.org")
    }

    #[test]
    fn names_fit_in_any_order_with_a_slip_and_without_accents() {
        let best = fits("David Reyes", "David Reyes").expect("it fits");
        for asked in ["Reyes David", "reyes, david", "DAVID reyes", "Réyes dávid"] {
            assert_eq!(fits(asked, "David Reyes"), Some(best), "{asked}");
        }
        for asked in ["Dvaid Reyes", "Davd Reyes", "Davidd Reyes", "Davis Reyes", "rey da", "Reyse"] {
            assert!(fits(asked, "David Reyes").is_some_and(|f| f < best), "{asked}");
        }
        for asked in ["Smith", "David Smith", "Reis", "xx"] {
            assert_eq!(fits(asked, "David Reyes"), None, "{asked}");
        }
        assert_eq!(fits("garcia lopez", "María García-López"), Some(1.0));
        assert_eq!(fits("ONeil", "Shea O’Neil"), Some(1.0));
    }

    #[test]
    fn a_birth_date_is_read_as_it_is_written() {
        for asked in [
            "1984-03-09",
            "1984/3/9",
            "3/9/1984",
            "9.3.1984",
            "9/3/84",
            "9 Mar 1984",
            "Mar 9, 1984",
            "march 9th 1984",
            "9 de marzo de 1984",
            "9 mar 1984",
            "19840309",
            "reyes 1984",
        ] {
            assert!(fits(asked, "David Reyes").is_some(), "{asked}: {:?}", terms(asked));
        }
        for asked in ["1984-03-10", "31/31/1984", "9 foo 1984"] {
            assert_eq!(fits(asked, "David Reyes"), None, "{asked}");
        }
        assert_eq!(terms("5/6/1984"), [Term::Born(vec!["1984-05-06".into(), "1984-06-05".into()])]);
    }

    #[test]
    fn numbers_addresses_and_identifiers_fit_in_any_writing() {
        for asked in [
            "+12125550119",
            "(212) 555-0119",
            "212.555.0119",
            "212 555 0119",
            "+1 212 555 01 19",
            "0119",
            "5550119",
            "reyes 0119",
            "004512",
            "4512",
            "MRN-1001",
            "mrn1001",
            "Dave@Example.org",
            "dave@",
        ] {
            assert!(fits(asked, "David Reyes").is_some(), "{asked}: {:?}", terms(asked));
        }
        for asked in ["0118", "+12125550118", "MRN-1002", "dav@example.org", "119"] {
            assert!(fits(asked, "David Reyes").is_none() || asked == "119", "{asked}");
        }
    }
}

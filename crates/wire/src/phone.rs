//! Phone numbers to E.164.

use crate::limits::MAX_CONTACT_CHARS;
use phonenumber::metadata::{DATABASE, Metadata};
use phonenumber::{Mode, country};
use std::collections::BTreeSet;

/// The country that a number without a country code is taken to be of.
pub const DEFAULT_COUNTRY: &str = "US";

/// Why a text is no phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPhone {
    /// It holds letters or signs that no number has.
    #[error("it holds characters that no phone number has")]
    Characters,
    /// Fewer digits than any number of its country.
    #[error("it has too few digits; give it with its area code")]
    TooShort,
    /// More digits than any number of its country.
    #[error("it has too many digits")]
    TooLong,
    /// A country code that is none, or a number of digits that its country does not have.
    #[error("no country has such numbers; give it as +, country code and number")]
    Impossible,
}

/// Whether this is a country by its two letters (ISO 3166-1 alpha-2) whose numbers are known.
pub fn is_country(code: &str) -> bool {
    code.len() == 2 && code.to_ascii_uppercase().parse::<country::Id>().is_ok()
}

/// The number as E.164 (`+15555550100`). `country` (ISO 3166-1 alpha-2) is that of a number without
/// a country code; one that is none counts as [`DEFAULT_COUNTRY`]. A *possible* number is enough:
/// whether it was ever given out is not asked. An extension is left out.
pub fn phone(text: &str, country: &str) -> Result<String, NotAPhone> {
    if text.len() > MAX_CONTACT_CHARS {
        return Err(NotAPhone::TooLong);
    }
    let digits = plain(text)?;
    let count = digits.trim_start_matches('+').len();
    if count < 5 {
        return Err(NotAPhone::TooShort);
    }
    if count > 18 {
        return Err(NotAPhone::TooLong);
    }
    let home = country.trim().to_ascii_uppercase().parse().unwrap_or(country::US);
    let number = phonenumber::parse(Some(home), &digits).map_err(|e| match e {
        phonenumber::ParseError::TooLong => NotAPhone::TooLong,
        phonenumber::ParseError::TooShortAfterIdd | phonenumber::ParseError::TooShortNsn => NotAPhone::TooShort,
        _ => NotAPhone::Impossible,
    })?;
    let national = number.national().to_string().len();
    let regions = DATABASE.by_code(&number.code().value()).unwrap_or_default();
    let main: Vec<&Metadata> = regions.iter().copied().filter(|r| r.is_main_country_for_code()).collect();
    let counted = if main.is_empty() { &regions } else { &main };
    let lengths: BTreeSet<usize> = counted.iter().flat_map(|region| possible_lengths(region)).collect();
    match national {
        _ if lengths.is_empty() => Err(NotAPhone::Impossible),
        n if lengths.iter().all(|l| n < *l) => Err(NotAPhone::TooShort),
        n if lengths.iter().all(|l| n > *l) => Err(NotAPhone::TooLong),
        n if !lengths.contains(&n) => Err(NotAPhone::Impossible),
        _ => Ok(number.format().mode(Mode::E164).to_string()),
    }
}

/// How many digits numbers of a region have that people are called at. Numbers for companies alone
/// (UAN) are left out: some have the length of a local number without its area code.
fn possible_lengths(region: &Metadata) -> impl Iterator<Item = usize> {
    let kinds = region.descriptors();
    let all = [
        kinds.fixed_line(),
        kinds.mobile(),
        kinds.toll_free(),
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.voip(),
    ];
    all.into_iter().flatten().flat_map(|kind| kind.possible_length()).map(|n| usize::from(*n))
}

/// Digits with a leading `+` where there is one: without `tel:`, signs between and an extension.
fn plain(text: &str) -> Result<String, NotAPhone> {
    let lower = text.trim().to_lowercase();
    let lower = lower.strip_prefix("tel:").unwrap_or(&lower);
    let body = match lower.find(['x', 'e', ';', '#']) {
        Some(i) if extension(&lower[i..]) => &lower[..i],
        _ => lower,
    };
    let mut out = String::with_capacity(body.len());
    for c in body.chars() {
        match c {
            '0'..='9' => out.push(c),
            '+' if out.is_empty() => out.push(c),
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{2010}'..='\u{2013}' => {}
            _ => return Err(NotAPhone::Characters),
        }
    }
    Ok(out)
}

/// Whether `text` is an extension: `x12`, `ext. 12`, `;ext=12`, `#12`.
fn extension(text: &str) -> bool {
    let rest = text.trim_start_matches([';', '#']);
    let rest = ["extension", "ext", "x"].iter().find_map(|w| rest.strip_prefix(w)).unwrap_or(rest);
    let digits = rest.trim_start_matches([' ', '.', ':', '=']);
    (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `text` has the look of an e-mail address: one `@`, no spaces, a domain with a dot. Only a
/// mail that arrives shows more.
pub fn email_looks_right(text: &str) -> bool {
    let text = text.trim();
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let labels_ok = domain.contains('.') && domain.split('.').all(|l| !l.is_empty());
    let clean = !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';'));
    clean && labels_ok && !local.is_empty() && !local.contains('@') && text.len() <= MAX_CONTACT_CHARS
}

/// Loads the numbering plans, which the first [`phone`] would otherwise do (about 0.1 s).
pub fn warm() {
    let _ = phone("+15555550100", DEFAULT_COUNTRY);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ways_of_writing_one_number_give_one() {
        let ways = ["555-555-0100", "(555) 555-0100", "1 555 555 0100", "+1 555.555.0100", "tel:+15555550100"];
        for text in ways.iter().chain(&["5555550100 x12", "555-555-0100 ext. 7", "555-555-0100;ext=7"]) {
            assert_eq!(phone(text, "US").as_deref(), Ok("+15555550100"), "{text}");
        }
        assert_eq!(phone("020 7946 0018", "GB").as_deref(), Ok("+442079460018"));
        assert_eq!(phone("+44 20 7946 0018", "US").as_deref(), Ok("+442079460018"));
        assert!(is_country("gb") && is_country("MX"));
        assert!(!is_country("UK") && !is_country("Mexico") && !is_country("") && !is_country("US "));
        assert_eq!(phone("555-555-0100", "Nowhere").as_deref(), Ok("+15555550100"));
    }

    #[test]
    fn what_is_no_phone_says_why() {
        for (text, why) in [
            ("call me", NotAPhone::Characters),
            ("1-800-FLOWERS", NotAPhone::Characters),
            ("", NotAPhone::TooShort),
            ("+", NotAPhone::TooShort),
            ("12", NotAPhone::TooShort),
            ("555-0100", NotAPhone::TooShort),
            ("555-555-0100-999-999", NotAPhone::TooLong),
            ("+999 555 555 0100", NotAPhone::Impossible),
            ("555++5550100", NotAPhone::Characters),
        ] {
            assert_eq!(phone(text, "US"), Err(why), "{text}");
        }
    }

    #[test]
    fn mail_addresses_are_told_from_what_is_none() {
        assert!(email_looks_right("david@example.org"));
        for bad in ["", "david", "@example.org", "david@", "david@example", "a b@example.org", "a@b@c.org", "a@.org"] {
            assert!(!email_looks_right(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,60}", country in ".{0,4}") {
            let _ = phone(&text, &country);
        }

        #[test]
        fn what_looks_like_a_number_never_panics_and_is_stable(text in "[+]?[0-9 ().;x#-]{0,30}") {
            if let Ok(e164) = phone(&text, "US") {
                prop_assert_eq!(phone(&e164, "US"), Ok(e164.clone()));
                prop_assert!(e164.starts_with('+'));
            }
        }
    }
}

//! Which passwords are good: the rules of NIST SP 800-63B-4 section 3.1.1.2.
//!
//! Long (15 characters where it is the only factor, 8 beside a second one, 256 at most), of any characters, no rules
//! about kinds of characters, no change by the calendar; refused when it is what everybody tries first: common words,
//! the names of the account and the clinic, one character or piece again and again, runs of the alphabet or keyboard.
//!
//! Deliberately absent: Unicode normalisation. A password counts as the characters that the browser sends.

use crate::tongue::{Tongue, say};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// No password that is the only factor is shorter, characters.
pub(crate) const ALONE_MIN: usize = 15;
/// No password beside a second factor is shorter, characters.
pub(crate) const BESIDE_MIN: usize = 8;
/// No password is longer, characters.
pub(crate) const MAX: usize = 256;
/// What is left once all that can be guessed is taken away is at least so long, characters.
const LEFT_MIN: usize = 5;
/// A run (`abcd`, `4321`, `qwer`, `aaaa`) is one from so many characters on.
const RUN_MIN: usize = 3;
/// A name of fewer characters is no piece to look for.
const NAME_MIN: usize = 3;
/// Words of leaked passwords; the file says where they are from.
const COMMON: &str = include_str!("common.txt");
/// Rows that fingers run along.
const ROWS: &[&str] =
    &["qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "01234567890", "qazwsxedcrfvtgb"];

/// Why a password was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weak {
    /// Shorter than this.
    Short(usize),
    /// Longer than [`MAX`].
    Long,
    /// Made of common words, names, repeats or runs.
    Guessable,
}

impl Weak {
    /// In the reader's words.
    pub(crate) fn words(self, t: Tongue) -> String {
        match self {
            Self::Short(min) => say!(t, "account-password-short", n = min),
            Self::Long => say!(t, "account-password-long", n = MAX),
            Self::Guessable => say!(t, "account-password-guessable"),
        }
    }
}

/// Whether a password is good; `names` are those of the account and the clinic.
pub(crate) fn check(password: &str, min: usize, names: &[&str]) -> Result<(), Weak> {
    let length = password.chars().count();
    if length < min {
        return Err(Weak::Short(min));
    }
    if length > MAX {
        return Err(Weak::Long);
    }
    let lower: Vec<char> = password.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let plain: Vec<char> = lower.iter().copied().filter(|c| c.is_alphanumeric()).collect();
    let leet: Vec<char> = lower.iter().map(|c| unleet(*c)).filter(|c| c.is_alphanumeric()).collect();
    let mut words: Vec<Vec<char>> =
        COMMON.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).map(|l| l.chars().collect()).collect();
    for name in names.iter().flat_map(|n| n.split(|c: char| !c.is_alphanumeric())) {
        let name: Vec<char> = name.to_lowercase().chars().collect();
        if name.len() >= NAME_MIN {
            words.push(name);
        }
    }
    // Without letters and digits there is nothing to look words up by; repeats are still seen.
    let left = if plain.is_empty() { left(&lower, &[]) } else { left(&plain, &words).min(left(&leet, &words)) };
    if left < LEFT_MIN || repeats(&lower) { Err(Weak::Guessable) } else { Ok(()) }
}

/// A letter for the sign that people put in its place.
fn unleet(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Characters that no word and no run covers, at the least.
fn left(text: &[char], words: &[Vec<char>]) -> usize {
    // `cost[n]`: characters left of the first n.
    let mut cost: Vec<usize> = (0..=text.len()).collect();
    for n in 0..text.len() {
        cost[n + 1] = cost[n + 1].min(cost[n] + 1);
        for word in words.iter().filter(|w| text[n..].starts_with(w)) {
            cost[n + word.len()] = cost[n + word.len()].min(cost[n]);
        }
        let run = run(&text[n..]).max(year(&text[n..]));
        for end in RUN_MIN..=run {
            cost[n + end] = cost[n + end].min(cost[n]);
        }
    }
    cost[text.len()]
}

/// How many characters from the start on are one run: the same again, or along a row either way.
fn run(text: &[char]) -> usize {
    let Some(first) = text.first() else { return 0 };
    let same = text.iter().take_while(|c| *c == first).count();
    let along = |row: Vec<char>| {
        let starts = row.iter().enumerate().filter(|(_, c)| *c == first).map(|(at, _)| at);
        starts.map(|at| text.iter().zip(&row[at..]).take_while(|(a, b)| a == b).count()).max().unwrap_or(0)
    };
    let rows = ROWS.iter().flat_map(|r| [along(r.chars().collect()), along(r.chars().rev().collect())]);
    rows.max().unwrap_or(0).max(same)
}

/// Four characters when they are a year of someone alive.
fn year(text: &[char]) -> usize {
    match text {
        ['1', '9', a, b, ..] | ['2', '0', a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit() => 4,
        _ => 0,
    }
}

/// Whether it is one piece, shorter than [`LEFT_MIN`] characters or a third of the whole, again and again.
fn repeats(text: &[char]) -> bool {
    (1..=text.len() / 3).any(|piece| text.iter().zip(text.iter().skip(piece)).all(|(a, b)| a == b))
}

/// The hash of a password: argon2id, PHC string. Takes 19 MiB and some 30 ms: call from a blocking thread.
pub(crate) fn hash(password: &str) -> String {
    // Hashing fails only for passwords beyond 4 GiB, or without random bytes; an empty hash verifies nothing.
    Argon2::default().hash_password(password.as_bytes()).map(|h| h.to_string()).unwrap_or_default()
}

/// A hash that no password is expected to match.
pub(crate) fn hash_of_nobody() -> String {
    hash(&super::secret())
}

/// Whether the password is that of the hash. As slow as [`hash`].
pub(crate) fn verify(hash: &str, password: &str) -> bool {
    let parsed = PasswordHash::new(hash);
    parsed.is_ok_and(|h| Argon2::default().verify_password(password.as_bytes(), &h).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["nurse.ann", "Ann Okafor", "Northside Health"];

    #[test]
    fn a_password_verifies_only_against_its_own_hash() {
        let one = hash("correct horse battery");
        assert!(one.starts_with("$argon2id$"));
        assert!(verify(&one, "correct horse battery"));
        assert!(!verify(&one, "correct horse batterz"));
        assert!(!verify("", "") && !verify("not a hash", "x"));
        assert_ne!(one, hash("correct horse battery"), "each has its own salt");
    }

    #[test]
    fn length_counts_characters_of_any_kind() {
        assert_eq!(check("vexed otter 9k", ALONE_MIN, NAMES), Err(Weak::Short(15)));
        assert_eq!(check("vexed otter 9k", BESIDE_MIN, NAMES), Ok(()));
        assert_eq!(check("vexed otter 9kq", ALONE_MIN, NAMES), Ok(()));
        assert_eq!(check("señora búho añil", ALONE_MIN, NAMES), Ok(()));
        assert_eq!(check("患者は毎朝九時に散歩をします", 14, NAMES), Ok(()));
        let long: String = ('a'..='z').cycle().step_by(7).take(MAX).collect();
        assert_eq!(check(&long, ALONE_MIN, NAMES), Err(Weak::Guessable), "it comes round");
        let mixed: String = (0..MAX).map(|n| char::from(b'a' + u8::try_from(n * n % 26).unwrap_or(0))).collect();
        assert_ne!(check(&mixed, ALONE_MIN, NAMES), Err(Weak::Long));
        assert_eq!(check(&format!("{mixed}x"), ALONE_MIN, NAMES), Err(Weak::Long));
    }

    #[test]
    fn what_everybody_tries_first_is_refused_and_a_sentence_is_not() {
        for weak in [
            "aaaaaaaaaaaaaaa",
            "123456789012345",
            "abcabcabcabcabc",
            "qwertyuiopasdfgh",
            "passwordpassword",
            "P@ssw0rd P@ssw0rd!",
            "iloveyouiloveyou",
            "Northside Health 1",
            "annokafor-nurse-1",
            "nurseannnurseann2026",
            "letmein letmein 123",
            "ThroughlineThroughline",
            "correcthorsebatterystaple",
            "zzzzzzzzzzzzzzzzzzzz",
            "987654321 987654321",
            "!!!!!!!!!!!!!!!!",
            "summer2026summer2026",
            "qazwsxedcrfvtgb1",
            "xkxkxkxkxkxkxkxk",
        ] {
            assert_eq!(check(weak, ALONE_MIN, NAMES), Err(Weak::Guessable), "{weak}");
        }
        for good in [
            "a password of the test",
            "vexed otter 9kq",
            "my dog eats blue socks",
            "0f3a9c17b2e84d56a1c0ffee",
            "tres tristes tigres",
            "ann waters purple cacti",
        ] {
            assert_eq!(check(good, ALONE_MIN, NAMES), Ok(()), "{good}");
        }
    }
}

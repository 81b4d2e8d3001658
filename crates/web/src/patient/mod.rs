//! What a patient sees: the pages behind a signed link and a second factor, and the way out of mails.
//!
//! Invariants: before the second factor nothing says a name or anything of health; a GET changes nothing; what a
//! button does is about this person only; everything works without scripts. The one script keeps, where the patient
//! asked for it, an offline copy of the checklist; another, where the hub sends notifications, asks the browser to show them.

mod act;
mod code;
mod contact;
mod factor;
mod frame;
mod journeys;
mod next;
mod notify;
mod offline;
mod parts;
mod questions;
mod session;
pub(crate) mod today;
pub(crate) mod unsubscribe;
mod view;
mod visit;
mod waiting;

pub(crate) use act::act;
pub(crate) use code::{ask as ask_code, give as give_code, show as show_code};
pub(crate) use contact::show as contact;
pub(crate) use factor::{birth_date, not_me};
pub(crate) use frame::fault;
pub(crate) use next::show as next;
pub(crate) use notify::post as notify;
pub(crate) use offline::{show as offline, worker};
pub(crate) use questions::{answer, show as questions};
pub(crate) use session::close;
pub(crate) use visit::show as visit;

#[cfg(test)]
mod tests {
    /// Syllables of an English word, as the vowels sound: runs of vowels, less a silent `e`.
    fn syllables(word: &str) -> usize {
        let vowel = |c: char| "aeiouy".contains(c);
        let letters: Vec<char> = word.to_lowercase().chars().filter(|c| c.is_ascii_alphabetic()).collect();
        let runs =
            letters.iter().enumerate().filter(|(i, c)| vowel(**c) && (*i == 0 || !vowel(letters[i - 1]))).count();
        let silent = letters.len() > 2 && letters.ends_with(&['e']) && !letters.ends_with(&['l', 'e']);
        runs.saturating_sub(usize::from(silent)).max(1)
    }

    /// The Flesch-Kincaid grade of sentences (Kincaid and others, 1975).
    fn grade(text: &str) -> f64 {
        let sentences = text.split(['.', '?', '!', ':']).filter(|s| s.split_whitespace().count() > 1).count().max(1);
        let words: Vec<&str> = text.split_whitespace().filter(|w| w.chars().any(char::is_alphabetic)).collect();
        let sounds: usize = words.iter().map(|w| syllables(w)).sum();
        0.39 * words.len() as f64 / sentences as f64 + 11.8 * sounds as f64 / words.len() as f64 - 15.59
    }

    #[test]
    fn what_patients_read_is_for_the_sixth_grade_at_most() {
        let lines = include_str!("../../words/en/patient.ftl").lines().filter(|l| !l.starts_with('#'));
        let texts: Vec<&str> = lines.filter_map(|l| Some(l.split_once(" = ")?.1)).collect();
        let all = texts.iter().map(|t| format!("{}. ", t.trim_end_matches('.'))).collect::<String>();
        assert!(grade(&all) <= 6.0, "grade {:.1}", grade(&all));
        assert!(grade("The multidisciplinary rehabilitation programme necessitates adherence.") > 12.0);
        let long: Vec<_> = texts.iter().filter(|t| t.split_whitespace().count() > 12 && grade(t) > 8.0).collect();
        assert!(long.is_empty(), "too hard: {long:?}");
    }
}

//! How hard words are to read, as the school grade that they ask for.
//!
//! English: the Flesch-Kincaid grade, 0.39 · words a sentence + 11.8 · syllables a word − 15.59. Spanish: the formula of
//! Fernández Huerta, 206.84 − 60 · syllables a word − 1.02 · words a sentence; its table gives 90 as fourth grade, 80 as
//! fifth, 70 as sixth, 60 as eighth; between them the grade is read off along a straight line. Other languages are
//! not judged. Names, and long words that patients hear all the time, are not held against a text.

use super::rules::Rules;

/// What a text counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Words.
    pub words: usize,
    /// Sentences, at least one where there are words.
    pub sentences: usize,
    /// Syllables.
    pub syllables: usize,
}

impl Count {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            words: self.words + other.words,
            sentences: self.sentences + other.sentences,
            syllables: self.syllables + other.syllables,
        }
    }

    /// The grade in a language; `None` for one that has no formula here, or without words.
    pub fn grade(self, language: &str) -> Option<f64> {
        if self.words == 0 || self.sentences == 0 {
            return None;
        }
        let sentence = self.words as f64 / self.sentences as f64;
        let word = self.syllables as f64 / self.words as f64;
        match super::primary(language) {
            "en" => Some((0.39 * sentence + 11.8 * word - 15.59).max(0.0)),
            "es" => Some(spanish_grade(206.84 - 60.0 * word - 1.02 * sentence)),
            _ => None,
        }
    }
}

/// The grade that a score of Fernández Huerta stands for: the upper grade of each band at its lower end.
fn spanish_grade(score: f64) -> f64 {
    const BANDS: [(f64, f64); 6] = [(100.0, 3.0), (90.0, 4.0), (80.0, 5.0), (70.0, 6.0), (60.0, 8.0), (30.0, 13.0)];
    if score >= BANDS[0].0 {
        return BANDS[0].1;
    }
    for pair in BANDS.windows(2) {
        let ((high, low_grade), (low, high_grade)) = (pair[0], pair[1]);
        if score >= low {
            return low_grade + (high - score) / (high - low) * (high_grade - low_grade);
        }
    }
    BANDS[BANDS.len() - 1].1
}

/// Counts a text; `\u{fffc}` stands for a variable.
pub fn count(text: &str, language: &str) -> Count {
    let mut count = Count::default();
    let mut open = false;
    for line in text.lines() {
        for token in line.split_whitespace() {
            let word: String = token.chars().filter(|c| c.is_alphanumeric() || *c == VARIABLE).collect();
            if !word.is_empty() {
                count.words += 1;
                count.syllables += syllables(&word, language);
                open = true;
            }
            if open && token.trim_end_matches(['"', '\'', ')', '\u{201d}']).ends_with(['.', '!', '?', ':', ';']) {
                count.sentences += 1;
                open = false;
            }
        }
        // A line of its own is a greeting, an item, a signature.
        count.sentences += usize::from(open);
        open = false;
    }
    count
}

/// What a variable is shown as where words are counted.
pub(crate) const VARIABLE: char = '\u{fffc}';

/// Syllables of a word; a number, a variable and a word in capitals that is spelled out count one.
fn syllables(word: &str, language: &str) -> usize {
    const FAMILIAR: usize = 2;
    if word.chars().any(|c| c.is_numeric() || c == VARIABLE) {
        return 1;
    }
    let lower = word.to_lowercase();
    if Rules::shipped().familiar.contains(&super::bare(&lower)) {
        return FAMILIAR;
    }
    match super::primary(language) {
        "es" => spanish(&lower),
        _ => english(&lower),
    }
}

/// Groups of vowels, without a silent `e` at the end.
fn english(word: &str) -> usize {
    let vowel = |c: char| "aeiouy".contains(c);
    let mut groups = 0;
    let mut before = false;
    for c in word.chars() {
        groups += usize::from(vowel(c) && !before);
        before = vowel(c);
    }
    let letters: Vec<char> = word.chars().collect();
    let silent = match letters.as_slice() {
        [.., 'l', 'e'] => letters.len() < 3 || vowel(letters[letters.len() - 3]),
        [.., c, 'e'] => !vowel(*c),
        [.., a, 'e', 'd'] => !vowel(*a) && !"td".contains(*a),
        [.., a, 'e', 's'] => !vowel(*a) && !"sxzcg".contains(*a) && !word.ends_with("ches") && !word.ends_with("shes"),
        _ => false,
    };
    groups.saturating_sub(usize::from(silent)).max(1)
}

/// Vowels, less the pairs that are said as one: a weak vowel (i, u without an accent) beside another.
fn spanish(word: &str) -> usize {
    let letters: Vec<char> = word.replace("qu", "q").replace("gue", "ge").replace("gui", "gi").chars().collect();
    let vowel = |c: char| "aeiouáéíóúü".contains(c) || c == 'y';
    let weak = |c: char| "iuüy".contains(c);
    let mut count = 0;
    for (n, c) in letters.iter().enumerate() {
        // A `y` is a vowel at the end only.
        if !vowel(*c) || (*c == 'y' && n + 1 < letters.len()) {
            continue;
        }
        let before = n.checked_sub(1).map(|m| letters[m]).filter(|b| vowel(*b) && *b != 'y');
        let joined = before.is_some_and(|b| weak(b) || weak(*c));
        count += usize::from(!joined);
    }
    count.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_of_english_words() {
        let words = [
            ("call", 1),
            ("please", 1),
            ("table", 2),
            ("wanted", 2),
            ("called", 1),
            ("reminders", 3),
            ("yes", 1),
            ("day", 1),
            ("tomorrow", 3),
            ("questions", 2),
            ("bandage", 2),
            ("swollen", 2),
            ("the", 1),
            ("boxes", 2),
        ];
        for (word, expected) in words {
            assert_eq!(syllables(word, "en"), expected, "{word}");
        }
    }

    #[test]
    fn syllables_of_spanish_words() {
        let words = [
            ("casa", 2),
            ("día", 2),
            ("bien", 1),
            ("llame", 2),
            ("guitarra", 3),
            ("queso", 2),
            ("ciudad", 2),
            ("aéreo", 4),
            ("hoy", 1),
            ("mayo", 2),
            ("respuesta", 3),
            ("país", 2),
            ("cuídese", 3),
            ("recuérdelo", 4),
        ];
        for (word, expected) in words {
            assert_eq!(syllables(word, "es"), expected, "{word}");
        }
    }

    #[test]
    fn grades_follow_the_formulas() {
        // Ten words, two sentences, twelve syllables: 0.39 · 5 + 11.8 · 1.2 − 15.59.
        let count = Count { words: 10, sentences: 2, syllables: 12 };
        assert!((count.grade("en").unwrap_or_default() - 0.52).abs() < 0.001);
        // 206.84 − 60 · 2 − 1.02 · 10 = 76.64: in the band of sixth grade.
        let count = Count { words: 20, sentences: 2, syllables: 40 };
        let grade = count.grade("es").unwrap_or_default();
        assert!(grade > 5.0 && grade < 6.0, "{grade}");
        assert_eq!(count.grade("vi"), None);
        assert!((spanish_grade(70.0) - 6.0).abs() < 1e-9 && (spanish_grade(60.0) - 8.0).abs() < 1e-9);
        assert!((spanish_grade(-10.0) - 13.0).abs() < 1e-9 && (spanish_grade(120.0) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn plain_words_are_easy_and_an_offices_are_not() {
        let plain = "Your medicine is ready. Please pick it up today. Call us if you need help.";
        let office = "Patients experiencing postoperative complications should immediately communicate with the \
                      anesthesiology department regarding appropriate pharmacological interventions.";
        let grade = |text: &str, language: &str| count(text, language).grade(language).unwrap_or_default();
        assert!(grade(plain, "en") < 4.0, "{}", grade(plain, "en"));
        assert!(grade(office, "en") > 12.0, "{}", grade(office, "en"));
        let llano = "Su medicina ya está lista. Pase hoy por ella. Llame si quiere ayuda.";
        let oficial = "Los pacientes que experimenten complicaciones postoperatorias deberán comunicarse inmediatamente \
                       con el departamento de anestesiología correspondiente.";
        assert!(grade(llano, "es") < 6.0, "{}", grade(llano, "es"));
        assert!(grade(oficial, "es") > 8.0, "{}", grade(oficial, "es"));
    }
}

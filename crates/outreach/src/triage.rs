//! What a text says. Errs towards a person: a red flag wins over everything, a red flag that is denied
//! is still a question, and what is not understood is a question.
//!
//! The words are data (`rules/triage.yaml`); here is only how they are compared: without case, accents
//! and punctuation, with small mistakes of spelling and by sound (`words`), in patterns with classes of words and
//! ranges of numbers (`pattern`), and with a simple scope of negation.

#[cfg(test)]
mod learn;
pub(crate) mod likely;
pub(crate) mod pattern;
pub(crate) mod revoke;
pub(crate) mod words;

use crate::Class;
use crate::rules::Rules;
use likely::{Like, Weights};
use pattern::{Alternative, Pattern, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use words::{TEXT_MAX, Token, Word, tokens};

/// Words before a match in which a negation is looked for.
const NEGATED_WITHIN: usize = 6;
/// Words after a match in which "is gone" is looked for.
const RESOLVED_WITHIN: usize = 4;
/// Words after "what if I get" in which a danger is only asked about.
const ASKED_WITHIN: usize = 3;
/// The most words of a text that may be an answer to a task or about a medicine.
const SHORT: usize = 12;
/// The most words of a text that `brief` patterns are looked for in.
const BRIEF: usize = 10;

/// How much like a danger a text must be that no pattern calls one and that says something else, such as thanks.
const DANGER_BESIDE: f64 = 0.5;
/// How little like a danger a text may be that a pattern calls one: it is a question to a person then.
const DANGER_UNLESS: f64 = -1.0;
/// The same where the text is like a STOP: "these texts make me sick".
const DANGER_UNLESS_STOP: f64 = -0.4;
/// The most words of a text in which the vote may know better than a pattern: a longer one says other things beside.
const OVERRULED: usize = 20;
/// How little like a STOP a text may be that a pattern calls one.
const STOP_UNLESS: f64 = -0.05;
/// How much like a STOP one must be of which a pattern says that none is meant: "I don't want you to stop".
const STOP_DENIED: f64 = 0.5;

/// Patterns and word lists.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Triage {
    /// Classes of words, as `<part>` in patterns names them.
    pub classes: Vec<Vec<Alternative>>,
    /// Of each class what is no written word: prefixes, numbers.
    pub loose: Vec<Vec<Alternative>>,
    /// Which classes a written word is in, one bit each.
    pub members: HashMap<String, u128>,
    /// Their names, in the same order.
    pub class_names: Vec<String>,
    /// What was learnt beside the patterns.
    pub weights: Arc<Weights>,
    /// Ways of writing a word that no mistake of spelling explains, and that word: "q", "dnt".
    pub spelt: BTreeMap<String, String>,
    /// Two words that are one, and that one.
    pub contracted: BTreeMap<String, String>,
    /// Words that are no misspelling of another one: all that the lists name, and `real`.
    pub known: BTreeSet<String>,
    pub negators: BTreeSet<String>,
    /// Words between a negation and a match that end the negation's scope.
    pub breakers: BTreeSet<String>,
    /// Words that end it too where a danger is denied, and not where a STOP is.
    pub danger_breakers: BTreeSet<String>,
    /// Words that end it too where a STOP is denied, and not where a danger is.
    pub stop_breakers: BTreeSet<String>,
    /// Words that end it, of a danger, only where something definite follows: "not seen the bleeding stop" is no
    /// denial, "not seen any bleeding" is.
    pub perceived: BTreeSet<String>,
    /// What is definite.
    pub definite: BTreeSet<String>,
    /// What says, after it, that something is over.
    pub resolved: Vec<Pattern>,
    /// What says so before it: "se me quitó la".
    pub resolved_before: Vec<Pattern>,
    /// Words before it that say that it is not.
    pub unresolved: BTreeSet<String>,
    /// What says, after a danger, that it goes on: "did not stop". It is not denied then.
    pub lasting: Vec<Pattern>,
    /// What only asks about a danger that follows: "what does ... look like".
    pub asking: Vec<Pattern>,
    /// Words that part clauses, as punctuation does.
    pub clauses: BTreeSet<String>,
    /// Words that add nothing.
    pub fillers: BTreeSet<String>,
    /// Words that add nothing to what stands first or last in a clause.
    pub around: BTreeSet<String>,
    pub red_flags: Vec<(String, RedFlag)>,
    pub stop: Short,
    pub start: Short,
    pub wrong_number: Short,
    pub done: Short,
    pub picked_up: Short,
    pub cancel_visit: Short,
    pub reschedule_visit: Short,
    pub confirm_visit: Short,
    /// What is a yes to whatever was asked last.
    pub yes: BTreeSet<String>,
    pub thanks: BTreeSet<String>,
    /// Words that may stand beside thanks, and alone are none.
    pub thanks_with: BTreeSet<String>,
}

/// Patterns of one danger, and phrases in which its words mean something else.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct RedFlag {
    pub ignore: Vec<Pattern>,
    pub any: Vec<Pattern>,
}

/// What the other classes are told by.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Short {
    /// The whole text, fillers aside.
    pub whole: Vec<Vec<Word>>,
    /// Somewhere in the text.
    pub phrases: Vec<Pattern>,
    /// Somewhere in a text of few words.
    pub brief: Vec<Pattern>,
    /// Those not when one of these is in it.
    pub brief_unless: Vec<Pattern>,
    /// Not when one of these is in the text too.
    pub unless: Vec<Pattern>,
    /// Somewhere in the text, whatever else is in it.
    pub certain: Vec<Pattern>,
    /// Somewhere in a text that is of another class, which wins: what it says holds too.
    pub beside_danger: Vec<Pattern>,
}

/// What the patterns say of a text.
pub(crate) struct Read {
    pub class: Class,
    /// A danger is named, or named and denied.
    pub danger: Option<bool>,
    /// The words of a STOP are there, and it is none: "I don't want you to stop".
    pub stop_denied: bool,
    /// It has few words.
    pub short: bool,
    /// It is a word that ends messages, and nothing else.
    pub word_of_law: bool,
}

/// Classifies a text; [`Class::Question`] when in doubt: it errs towards a person.
pub fn classify(text: &str, rules: &Rules) -> Class {
    let rules = &rules.triage;
    let words = tokens(text, rules);
    let read = read(text, &words, rules);
    if read.word_of_law { read.class } else { decide(&read, rules.weights.like(text, &words, &read, rules)) }
}

/// Whether a text says that it ends messages: by few patterns alone, for a danger is no moment to guess at a STOP.
fn also_stops(text: &str, rules: &Rules) -> bool {
    let rules = &rules.triage;
    let words = tokens(text, rules);
    let said = |p: &Pattern| p.find(&words, &[]).iter().any(|parts| !negated(parts, &words, rules, false));
    // "STOP. I can't breathe": the word of the law is a sentence; "Stop! he hits me" is a cry.
    let first = text.trim_start().split_once(['.', '\n']).is_some_and(|(first, _)| first.eq_ignore_ascii_case("stop"));
    first || rules.stop.beside_danger.iter().any(said)
}

/// The words by which a text that names a danger also ends messages ("stop texting me, I am bleeding"): the danger is its
/// class, and the STOP is honoured at once all the same. Empty where only the whole says it, `None` where nothing does.
/// What else is written, of the danger, says nothing of which messages are meant.
pub fn stop_beside<'a>(text: &'a str, rules: &Rules) -> Option<&'a str> {
    let mut parts = text.split_inclusive(['.', ',', '!', ';', '\n']);
    also_stops(text, rules).then(|| parts.find(|part| also_stops(part, rules)).unwrap_or_default())
}

/// What a text is taken for that is no word of law alone, by what the patterns say and by what it is like. A danger wins.
fn decide(read: &Read, like: Like) -> Class {
    let danger_from = match read.class {
        Class::RedFlag if !read.short => f64::MIN,
        Class::RedFlag if like.stop > 0.0 => DANGER_UNLESS_STOP,
        Class::RedFlag => DANGER_UNLESS,
        Class::Question | Class::Stop => 0.0,
        _ => DANGER_BESIDE,
    };
    let stop_from = match read.class {
        Class::Stop if !read.short => f64::MIN,
        Class::Stop => STOP_UNLESS,
        _ if read.stop_denied => STOP_DENIED,
        _ => 0.0,
    };
    match read.class {
        _ if like.danger > danger_from => Class::RedFlag,
        Class::RedFlag | Class::Question | Class::Stop if like.stop > stop_from => Class::Stop,
        Class::RedFlag | Class::Stop => Class::Question,
        class => class,
    }
}

/// What the patterns say.
fn read(text: &str, words: &[Token], rules: &Triage) -> Read {
    let whole = bare(words, rules);
    let danger = red_flag(words, rules);
    let word_of_law = danger.is_none() && rules.stop.is_whole(&whole);
    let stop = rules.stop.says(&whole, words, rules, true);
    Read {
        class: by_patterns(text, &whole, words, (danger, stop), rules),
        danger,
        stop_denied: !stop && rules.stop.is_named(words),
        short: words.len() <= OVERRULED,
        word_of_law,
    }
}

fn by_patterns(
    text: &str,
    whole: &[&Token],
    words: &[Token],
    (danger, stop): (Option<bool>, bool),
    rules: &Triage,
) -> Class {
    let denied = danger == Some(false);
    if danger == Some(true) {
        return Class::RedFlag;
    }
    let asked = text.contains(['?', '¿']);
    let short = !asked && !denied && words.len() <= SHORT && text.chars().count() <= TEXT_MAX;
    if rules.wrong_number.says(whole, words, rules, false) {
        Class::WrongNumber
    } else if stop {
        Class::Stop
    } else if denied {
        Class::Question
    } else if short && rules.start.says(whole, words, rules, true) {
        Class::Start
    } else if short && rules.picked_up.says(whole, words, rules, true) {
        Class::PickedUp
    } else if short && rules.done.says(whole, words, rules, true) {
        Class::Done
    } else if short && thanks(words, rules) {
        Class::Thanks
    } else {
        visit(whole, words, asked, rules).unwrap_or(Class::Question)
    }
}

/// What a text says of a visit. Another time goes before not coming ("can't make it, can we do Friday"), and both before
/// coming, which is what nobody looks at again.
fn visit(whole: &[&Token], words: &[Token], asked: bool, rules: &Triage) -> Option<Class> {
    if words.is_empty() || words.len() > SHORT {
        return None;
    }
    if rules.reschedule_visit.says(whole, words, rules, false) {
        Some(Class::Reschedule)
    } else if rules.cancel_visit.says(whole, words, rules, false) {
        Some(Class::Cancel)
    } else if !asked && (rules.confirm_visit.says(whole, words, rules, true) || yes(words, rules)) {
        Some(Class::Confirm)
    } else {
        None
    }
}

/// Nothing but a yes.
fn yes(words: &[Token], rules: &Triage) -> bool {
    let known = |t: &Token| rules.yes.contains(t.text()) || rules.fillers.contains(t.text());
    words.iter().all(known) && words.iter().any(|t| rules.yes.contains(t.text()))
}

/// Whether a text is the word that ends messages by law and that people also write of a visit (47 CFR 64.1200(a)(10)).
pub fn names_cancel(text: &str) -> bool {
    let word: String = text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    matches!(word.as_str(), "cancel" | "cancelplease" | "pleasecancel" | "cancelar" | "cancele" | "cancelarporfavor")
}

/// Whether a text is a yes to whatever was asked last, and says by itself nothing of what: "yes", "C", "claro que sí".
pub fn is_bare_yes(text: &str, rules: &Rules) -> bool {
    yes(&tokens(text, &rules.triage), &rules.triage)
}

/// The dangers that a text names, as `rules/triage.yaml` calls them: for the reason of a prompt.
pub fn red_flags(text: &str, rules: &Rules) -> Vec<String> {
    let words = tokens(text, &rules.triage);
    let flagged = |flag: &RedFlag| flag.named(&words, &rules.triage) == Some(true);
    rules.triage.red_flags.iter().filter(|(_, flag)| flagged(flag)).map(|(name, _)| name.clone()).collect()
}

/// Whether a text names a danger, be it to deny it: a person reads it.
pub fn names_danger(text: &str, rules: &Rules) -> bool {
    red_flag(&tokens(text, &rules.triage), &rules.triage).is_some()
}

/// `Some(true)` when a danger is named, `Some(false)` when one is named and denied.
fn red_flag(words: &[Token], rules: &Triage) -> Option<bool> {
    rules.red_flags.iter().filter_map(|(_, flag)| flag.named(words, rules)).max()
}

impl RedFlag {
    fn named(&self, words: &[Token], rules: &Triage) -> Option<bool> {
        let mut masked = vec![false; words.len()];
        for (first, last) in self.ignore.iter().flat_map(|p| p.find(words, &[])).flatten() {
            masked[first..=last].fill(true);
        }
        let found = self.any.iter().flat_map(|p| p.find(words, &masked));
        found.map(|parts| !denied(&parts, words, rules)).max()
    }
}

impl Triage {
    /// The names of the classes that a word belongs to.
    fn named_classes(&self, token: &Token) -> Vec<&str> {
        let names = self.class_names.iter().enumerate();
        names.filter(|(at, _)| token.classes & 1 << at != 0).map(|(_, name)| name.as_str()).collect()
    }

    /// The classes that a word belongs to, one bit each.
    fn classes_of(&self, token: &Token) -> u128 {
        let (word, bits) = (token.text(), |of: &str| self.members.get(of).copied().unwrap_or_default());
        let among = |classes: &[Vec<Alternative>]| {
            let member = |class: &Vec<Alternative>| class.iter().any(|a| pattern::is(token, a));
            classes.iter().enumerate().filter(|(_, class)| member(class)).fold(0, |bits, (at, _)| bits | 1 << at)
        };
        if !token.known {
            return among(&self.classes);
        }
        // A word that is written out somewhere is no misspelling: it, its plural and what it is the plural of are looked up.
        let singular =
            ["s", "es"].into_iter().filter_map(|end| word.strip_suffix(end)).filter(|w| words::has_plural(w));
        let plural =
            ["s", "es"].into_iter().filter(|_| words::has_plural(word)).map(|end| bits(&format!("{word}{end}")));
        bits(word) | singular.map(bits).chain(plural).fold(0, |all, bits| all | bits) | among(&self.loose)
    }
}

impl Short {
    /// Whether its words are there, whatever they mean.
    fn is_named(&self, words: &[Token]) -> bool {
        self.phrases.iter().chain(&self.certain).chain(&self.brief).any(|p| p.is_in(words))
    }

    /// Whether the text is one of the phrases and nothing else.
    fn is_whole(&self, whole: &[&Token]) -> bool {
        let same =
            |phrase: &Vec<Word>| phrase.len() == whole.len() && phrase.iter().zip(whole).all(|(w, t)| t.alike(w));
        self.whole.iter().any(same)
    }

    /// Whether the text says this: as a whole, or by a phrase that is not negated.
    fn says(&self, whole: &[&Token], words: &[Token], rules: &Triage, negatable: bool) -> bool {
        if self.is_whole(whole) {
            return true;
        }
        let said =
            |p: &Pattern| p.find(words, &[]).iter().any(|parts| !negatable || !negated(parts, words, rules, false));
        let none = |patterns: &[Pattern]| !patterns.iter().any(|p| p.is_in(words));
        let brief = || words.len() <= BRIEF && self.brief.iter().any(said) && none(&self.brief_unless);
        let certain = self.certain.iter().any(said);
        certain || (self.phrases.iter().any(said) || brief()) && none(&self.unless)
    }
}

/// Whether a danger is denied, over, or only asked about.
fn denied(parts: &[Span], words: &[Token], rules: &Triage) -> bool {
    if lasts(parts, words, rules) {
        return false;
    }
    negated(parts, words, rules, true) || resolved(parts, words, rules) || only_asked(parts, words, rules)
}

fn whole(parts: &[Span]) -> Span {
    parts.iter().fold((usize::MAX, 0), |(first, last), part| (first.min(part.0), last.max(part.1)))
}

/// Whether what was matched is said to go on: "the bleeding did not stop".
fn lasts(parts: &[Span], words: &[Token], rules: &Triage) -> bool {
    let last = whole(parts).1;
    let end = (last + 1 + RESOLVED_WITHIN + 2).min(words.len());
    let clause = words[last].clause;
    let after: Vec<Token> = words[last + 1..end].iter().filter(|t| t.clause == clause).cloned().collect();
    rules.lasting.iter().any(|p| p.is_in(&after))
}

/// Whether a match only follows on "what does ... look like".
fn only_asked(parts: &[Span], words: &[Token], rules: &Triage) -> bool {
    let (first, _) = whole(parts);
    let places = rules.asking.iter().flat_map(|p| p.find(words, &[]));
    places.map(|parts| whole(&parts)).any(|(from, to)| {
        let clause = words[to].clause == words[first].clause;
        clause && from < first && first <= to + ASKED_WITHIN
    })
}

/// Whether a negation governs a part of a match: before it in its clause, outside the match, with nothing between
/// that breaks it. A danger is denied less readily than a STOP.
fn negated(parts: &[Span], words: &[Token], rules: &Triage, danger: bool) -> bool {
    let matched = |i: usize| parts.iter().any(|(from, to)| (*from..=*to).contains(&i));
    let breaks = |i: usize| {
        let word = words[i].text();
        let of_danger = || rules.danger_breakers.contains(word) || breaks_as_perceived(i, words, rules);
        rules.breakers.contains(word) || (danger && of_danger()) || (!danger && rules.stop_breakers.contains(word))
    };
    let governed = |first: usize| negator(first, words, rules, breaks).is_some_and(|at| !matched(at));
    // "Not going to read these so don't send them": what begins with a negation is seldom negated once more.
    let itself = |first: usize| !danger && rules.negators.contains(words[first].text());
    parts.iter().any(|(first, _)| !itself(*first) && governed(*first))
}

/// The negation before a word of its clause, with nothing between that breaks its scope.
fn negator(first: usize, words: &[Token], rules: &Triage, breaks: impl Fn(usize) -> bool) -> Option<usize> {
    let from = first.saturating_sub(NEGATED_WITHIN);
    let negates = |i: &usize| words[*i].clause == words[first].clause && rules.negators.contains(words[*i].text());
    let at = (from..first).rev().find(negates)?;
    (!(at + 1..first).any(breaks)).then_some(at)
}

/// Whether the word at `i` says what was seen, of something definite: "seen so much", "signs of the".
fn breaks_as_perceived(i: usize, words: &[Token], rules: &Triage) -> bool {
    let of = |word: &str| word == "of" || word == "de";
    let next = words[i + 1..].iter().find(|t| !of(t.text()));
    rules.perceived.contains(words[i].text()) && next.is_some_and(|t| rules.definite.contains(t.text()))
}

/// Whether what was matched is said to be over.
fn resolved(parts: &[Span], words: &[Token], rules: &Triage) -> bool {
    let (first, last) = whole(parts);
    let clause = words[last].clause;
    // "I don't think the bleeding has stopped", "not once has it stopped".
    let before = &words[first.saturating_sub(NEGATED_WITHIN)..first];
    if before.iter().any(|t| t.clause == clause && rules.negators.contains(t.text())) {
        return false;
    }
    let said_before = |p: &Pattern| p.find(words, &[]).iter().any(|p| whole(p).1 + 1 == first);
    if rules.resolved_before.iter().any(said_before) {
        return true;
    }
    let end = (last + 1 + RESOLVED_WITHIN).min(words.len());
    let after: Vec<Token> = words[last + 1..end].iter().filter(|t| t.clause == clause).cloned().collect();
    rules.resolved.iter().flat_map(|p| p.find(&after, &[])).any(|parts| {
        let mut before = after[..whole(&parts).0].iter();
        !before.any(|t| rules.negators.contains(t.text()) || rules.unresolved.contains(t.text()))
    })
}

/// The text without fillers and repetitions.
fn bare<'a>(words: &'a [Token], rules: &Triage) -> Vec<&'a Token> {
    let mut kept: Vec<&Token> = words.iter().filter(|t| !rules.fillers.contains(t.text())).collect();
    kept.dedup_by(|a, b| a.text() == b.text());
    kept
}

/// Nothing but thanks and fillers.
fn thanks(words: &[Token], rules: &Triage) -> bool {
    let lists = [&rules.thanks, &rules.thanks_with, &rules.fillers];
    let known = |t: &Token| lists.iter().any(|list| list.contains(t.text()));
    words.iter().all(known) && words.iter().any(|t| rules.thanks.contains(t.text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_beside_a_danger_is_told_from_words_of_the_danger() {
        let rules = Rules::shipped();
        for (text, stops) in [
            ("stop texting me, I am bleeding", true),
            ("STOP. I can't breathe", true),
            ("my chest hurts so bad. unsubscribe me", true),
            ("quit the messages!! he is not breathing", true),
            ("take me off this list, I took all my pills", true),
            ("ya dejen de mandar mensajes, me estoy ahogando", true),
            ("no me manden mas mensajes, no puedo respirar", true),
            ("ya manden una ambulancia lo más rápido, me estoy ahogando", false),
            ("le dejé tres mensajes a la enfermera, sigo sangrando", false),
            ("I got no messages, I'm bleeding badly", false),
            ("Stop! he's hitting me", false),
            ("Stop, I can't breathe", false),
            ("it will not stop bleeding", false),
            ("please don't stop texting me, I can't breathe", false),
            ("don't call this phone, he hits me and he listens", false),
            ("he won't stop hitting me", false),
            ("I just want it all to stop. not the texts. all of it", false),
            ("I don't want to be here anymore", false),
            ("no me llamen, él contesta y me pega", false),
            ("quiero que todo pare", false),
        ] {
            assert_eq!(stop_beside(text, &rules).is_some(), stops, "{text}");
        }
    }

    #[test]
    fn words_are_compared_without_accents_and_with_small_mistakes() {
        let rules = Rules::shipped();
        let word = |text: &str| tokens(text, &rules.triage).remove(0);
        let alike = |text: &str, wanted: &str| word(text).alike(&Word::new(wanted));
        let begins = |text: &str, prefix: &str| word(text).begins(&Word::new(prefix));
        assert!(alike("bleedign", "bleeding") && alike("infecion", "infeccion") && !alike("would", "wound"));
        assert!(alike("pian", "pain") && alike("pehco", "pecho") && !alike("spot", "stop") && !alike("dose", "does"));
        assert!(alike("kiten", "quiten") && alike("erida", "herida") && alike("bomito", "vomito"));
        assert!(begins("bledding", "bleed") && begins("sangrando", "sangr") && !begins("breakfast", "bleed"));
        assert_eq!(words::plain("¡No-Respiró!"), "norespiro");
        let said = tokens("It's 102.5! Don't, David", &rules.triage);
        let shown: Vec<_> = said.iter().map(|t| (t.text(), t.clause, t.name)).collect();
        assert_eq!(shown, [("its", 0, false), ("102.5", 0, false), ("dont", 1, false), ("david", 2, false)]);
        assert!(Pattern::read("a + ", &[]).is_err() && Pattern::read("Ñu", &[]).is_err());
        assert!(Pattern::read("... a", &[]).is_err() && Pattern::read("a ...", &[]).is_err());
        let gap = Pattern::read("stop ... texts", &[]).expect("a pattern");
        let has = |text: &str| gap.is_in(&tokens(text, &rules.triage));
        assert!(has("stop texts") && has("stop all of the texts"));
        assert!(!has("stop all of the other texts") && !has("stop. texts"));
    }

    #[test]
    fn what_is_certain_counts_whatever_else_is_said_but_not_where_it_is_denied() {
        let read = |text: &str| vec![Pattern::read(text, &[]).expect("a pattern")];
        let rules = Rules::shipped();
        let meant = Short { phrases: read("stop"), unless: read("appointment"), ..Short::default() };
        let certain = Short { certain: read("stop texting"), ..meant.clone() };
        let is = |short: &Short, text: &str| short.says(&[], &tokens(text, &rules.triage), &rules.triage, true);
        assert!(is(&meant, "stop") && !is(&meant, "stop texting about my appointment"));
        assert!(is(&certain, "stop texting about my appointment"));
        assert!(!is(&certain, "dont stop texting about my appointment"));
    }

    #[test]
    fn no_text_breaks_it() {
        let rules = Rules::shipped();
        for text in [
            "",
            " ",
            "....",
            "\u{301}\u{fe0f}",
            "👍👍",
            "ñ",
            &"a ".repeat(10_000),
            &"x".repeat(100_000),
            "İ1.2.3.",
            "1.",
        ] {
            let class = classify(text, &rules);
            assert!(matches!(class, Class::Question | Class::Thanks), "{class:?}");
        }
        assert_eq!(red_flags("blood and a fever of 102", &rules), ["bleeding", "fever"]);
    }
}

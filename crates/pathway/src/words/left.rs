//! What no patient may get: a placeholder that was left in, and a link that does something when it is opened.

use super::reading::VARIABLE;
use super::rules::Rules;
use super::{bare, tokens, without_variables};
use crate::finding::Findings;
use crate::yaml::Node;

pub(super) fn check(node: &Node, text: &str, findings: &mut Findings) {
    let text = without_variables(text);
    for (at, length) in placeholders(&text) {
        let found: String = text.chars().skip(at).take(length).collect();
        let says = format!("`{found}` was left in: a patient would read it");
        let help = "write what is meant, or a variable: `{{ person.first_name }}`";
        findings.error("TL048", node.within(at, length), says, Some(help.into()));
    }
    for (at, length, doing) in links(&text) {
        let says = format!("opening this link does something (`{doing}`): mail scanners and previews open every link");
        let help = "link to a page that asks first, as `{{ person.today_link }}`, or ask for a reply";
        findings.error("TL049", node.within(at, length), says, Some(help.into()));
    }
}

/// Where placeholders stand: letters before, and length.
fn placeholders(text: &str) -> Vec<(usize, usize)> {
    const LENGTH_MAX: usize = 60;
    let mut out = Vec::new();
    let rules = Rules::shipped();
    for (at, word) in tokens(text) {
        let shouted = word.chars().all(|c| c.is_ascii_uppercase() || c == '-');
        let is = |p: &String| if p.chars().any(char::is_lowercase) { bare(&word) == *p } else { shouted && word == *p };
        if rules.placeholders.iter().any(is) {
            out.push((at, word.chars().count()));
        }
    }
    // `[name]`, `<date>`, `{clinic}`: a word or a few in brackets.
    let letters: Vec<char> = text.chars().collect();
    for (at, open) in letters.iter().enumerate() {
        let close = match open {
            '[' => ']',
            '<' => '>',
            '{' => '}',
            _ => continue,
        };
        let Some(length) = letters[at + 1..].iter().take(LENGTH_MAX).position(|c| *c == close) else { continue };
        let inside = &letters[at + 1..at + 1 + length];
        let tight = |c: Option<&char>| c.is_some_and(|c| !c.is_whitespace());
        let named = tight(inside.first())
            && tight(inside.last())
            && inside.iter().any(|c| c.is_alphabetic())
            && inside.iter().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '.' | '-' | '\''));
        if named || (inside.is_empty() && *open != '<') {
            out.push((at, length + 2));
        }
    }
    out
}

/// Links that do something: letters before, length, and the word that says so.
fn links(text: &str) -> Vec<(usize, usize, String)> {
    let mut out = Vec::new();
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let token = piece.trim_end();
        let (skipped, link) = match ["https://", "http://", "www."].iter().filter_map(|s| token.find(s)).min() {
            Some(begin) => (token[..begin].chars().count(), &token[begin..]),
            // A variable that is a link, and what is written behind it.
            None => match token.find(VARIABLE) {
                Some(begin) if token[begin..].trim_start_matches(VARIABLE).starts_with(['/', '?']) => {
                    (token[..begin].chars().count(), &token[begin..])
                }
                _ => (0, ""),
            },
        };
        let link = link.trim_end_matches(['.', ',', ';', ':', '!', ')', ']', '"', '\'']);
        if let Some(doing) = doing(link) {
            out.push((at + skipped, link.chars().count(), doing));
        }
        at += piece.chars().count();
    }
    out
}

/// The word of a link's path or query that says that it does something.
fn doing(link: &str) -> Option<String> {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    let path = rest.find(['/', '?']).map(|at| &rest[at..])?;
    let words = path.split(['/', '?', '&', '=', '#', '.', '_']).map(bare);
    let known = &Rules::shipped().doing;
    words.filter(|w| !w.is_empty()).find(|w| known.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let masked = without_variables(text);
        let cut = |at: usize, length: usize| masked.chars().skip(at).take(length).collect::<String>();
        let mut out: Vec<String> = placeholders(&masked).into_iter().map(|(at, length)| cut(at, length)).collect();
        out.extend(links(&masked).into_iter().map(|(at, length, _)| cut(at, length)));
        out
    }

    #[test]
    fn what_was_left_in() {
        let rows: &[(&str, &[&str])] = &[
            ("Hello {{ person.first_name }}, see you.", &[]),
            ("Todo está listo. Tome todo el frasco.", &[]),
            ("Call TODO today", &["TODO"]),
            ("Lorem ipsum", &["Lorem", "ipsum"]),
            ("Hello [name], on <date of visit> at {clinic}", &["[name]", "<date of visit>", "{clinic}"]),
            ("Pain < 3 or > 5, weight [70 kg]", &["[70 kg]"]),
            ("Call XXX-XXX", &[]),
        ];
        for (text, expected) in rows {
            assert_eq!(found(text), *expected, "{text}");
        }
    }

    #[test]
    fn links_that_do_something() {
        let rows: &[(&str, &[&str])] = &[
            ("See {{ person.today_link }}.", &[]),
            ("See https://clinic.example/help/wounds.", &[]),
            ("https://confirm.example/page", &[]),
            ("Yes: https://clinic.example/visit/7/confirm.", &["https://clinic.example/visit/7/confirm"]),
            ("(www.clinic.example/v?action=no)", &["www.clinic.example/v?action=no"]),
            ("https://clinic.example/page.html#cancel-policy", &[]),
            ("Cancel and confirm by phone and/or mail", &[]),
        ];
        for (text, expected) in rows {
            assert_eq!(found(text), *expected, "{text}");
        }
        assert_eq!(found("Tap {{ person.today_link }}/confirm").len(), 1);
    }
}

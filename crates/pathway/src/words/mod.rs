//! Words to patients: what they may give away, texts that several share, who reviewed them, and what is looked at
//! before they reach anybody: length, price, reading, what was left in by mistake, links.
//!
//! Mistakes that no patient may ever see are errors of [`crate::read`]: a variable that gives away too much, a
//! placeholder, a link that does something. All else is a warning of [`lint`], so that a draft can be worked on; it
//! takes the day's date, since a review runs out.

pub(crate) mod disclosure;
mod left;
mod lint;
pub(crate) mod parts;
mod publishing;
pub mod reading;
mod rules;
pub use model::sms;

pub use lint::{lint, lint_dir_texts};

use crate::ast::Place;
use crate::finding::Findings;
use crate::reader::Keys;
use crate::yaml::{Node, What};
use std::collections::BTreeMap;

/// Sections whose every text reaches patients.
const SAID: [&str; 5] = ["words", "parts", "questions", "checklists", "patients"];
/// Sections in which places are noted below the section itself.
const PLACED: [&str; 9] =
    ["words", "parts", "forms", "checklists", "goals", "questions", "reviewed", "approved", "discloses"];
/// How deep places are noted: section, name, language, channel.
const DEPTH: usize = 4;

/// Where things stand: `owner`, `words.medicine_ready.en.sms`.
pub(crate) fn places(keys: &Keys<'_>) -> BTreeMap<String, Place> {
    let mut out = BTreeMap::new();
    for (key, node) in keys.pairs() {
        let Some(name) = key.text() else { continue };
        out.insert(name.to_owned(), key.place);
        if PLACED.contains(&name) {
            below(name, node, 1, &mut out);
        }
    }
    out
}

fn below(path: &str, node: &Node, depth: usize, out: &mut BTreeMap<String, Place>) {
    let What::Map(pairs) = &node.what else { return };
    for (key, node) in pairs.iter().filter(|_| depth < DEPTH) {
        for name in key.text().unwrap_or_default().split(',').map(str::trim) {
            let path = format!("{path}.{name}");
            below(&path, node, depth + 1, out);
            out.insert(path, key.place);
        }
    }
}

/// Finds what must not reach a patient, in all that is said to them.
pub(crate) fn check(keys: &Keys<'_>, findings: &mut Findings) {
    for section in SAID {
        if let Some(node) = keys.get(section) {
            scalars(node, &mut |node, text| left::check(node, text, findings));
        }
    }
}

/// Every text in a node; keys are none.
fn scalars(node: &Node, seen: &mut dyn FnMut(&Node, &str)) {
    match &node.what {
        What::Scalar(text) => seen(node, text),
        What::Map(pairs) => pairs.iter().for_each(|(_, value)| scalars(value, seen)),
        What::List(items) => items.iter().for_each(|item| scalars(item, seen)),
    }
}

/// A text whose variables are one letter each, repeated as often as they are long: places stay what they are.
fn without_variables(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(close) = rest[open..].find("}}").map(|at| open + at + 2) else { break };
        out.push_str(&rest[..open]);
        out.extend(rest[open..close].chars().map(|_| reading::VARIABLE));
        rest = &rest[close..];
    }
    out + rest
}

/// `en` of `en-US`.
fn primary(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or_default()
}

/// In lower case and without accents, for comparing.
fn bare(text: &str) -> String {
    let plain = |c: char| match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        c => c,
    };
    text.to_lowercase().chars().map(plain).collect()
}

/// Words of a text and the letters before each.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (at, c) in text.chars().enumerate() {
        let letter = c.is_alphanumeric() || c == '-';
        match out.last_mut() {
            Some((_, word)) if inside && letter => word.push(c),
            _ if letter => out.push((at, c.to_string())),
            _ => {}
        }
        inside = letter;
    }
    out
}

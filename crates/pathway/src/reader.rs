//! Reading nodes: the keys of a map, each once, none unknown, none missing.

use crate::ast::Place;
use crate::finding::{Findings, did_you_mean};
use crate::yaml::{Node, What};

/// The keys of a map and where the map stands.
pub struct Keys<'n> {
    /// Of the map.
    pub place: Place,
    pairs: &'n [(Node, Node)],
}

impl<'n> Keys<'n> {
    /// The keys of `node`; a finding and `None` when it is no map. `of` names it: "a step".
    pub fn of(node: &'n Node, of: &str, findings: &mut Findings) -> Option<Self> {
        match &node.what {
            What::Map(pairs) => Some(Self { place: pairs.first().map_or(node.place, |(k, _)| k.place), pairs }),
            _ => {
                let says = format!("{of} is `key: value` pairs, not {}", node.shape());
                findings.error("TL003", node.place, says, None);
                None
            }
        }
    }

    /// Finds every key that is not one of `known`.
    pub fn only(&self, of: &str, known: &[&str], findings: &mut Findings) {
        for (key, _) in self.pairs {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let help = did_you_mean(name, known.iter().copied());
                let help = help.or_else(|| Some(format!("it may have: {}", known.join(", "))));
                findings.error("TL004", key.place, format!("{of} has no key `{name}`"), help);
            }
        }
    }

    /// Every pair, in order.
    pub fn pairs(&self) -> &'n [(Node, Node)] {
        self.pairs
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.pairs.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, v)| v)
    }

    /// The value of `key`; a finding when it is missing or empty.
    pub fn need(&self, key: &str, of: &str, findings: &mut Findings) -> Option<&'n Node> {
        let value = self.get(key);
        match value {
            None => findings.error("TL005", self.place, format!("{of} has no `{key}`"), Some(format!("add `{key}:`"))),
            Some(v) if v.is_empty() => findings.error("TL005", v.place, format!("`{key}` of {of} is empty"), None),
            Some(_) => return value,
        }
        None
    }
}

/// The text of a scalar; a finding when it is something else.
pub fn text<'n>(node: &'n Node, what: &str, findings: &mut Findings) -> Option<&'n str> {
    let text = node.text();
    if text.is_none() {
        findings.error("TL003", node.place, format!("{what} is text, not {}", node.shape()), None);
    }
    text
}

/// The items of a list; a finding when it is something else.
pub fn list<'n>(node: &'n Node, what: &str, findings: &mut Findings) -> &'n [Node] {
    match &node.what {
        What::List(items) => items,
        What::Scalar(_) if node.is_empty() => &[],
        _ => {
            let help = Some("a list is written `- one` on lines of their own, or `[one, two]`".into());
            findings.error("TL003", node.place, format!("{what} is a list, not {}", node.shape()), help);
            &[]
        }
    }
}

/// The items of a list, or the one thing that stands in its place.
pub fn one_or_more(node: &Node) -> Vec<&Node> {
    match &node.what {
        What::List(items) => items.iter().collect(),
        _ => vec![node],
    }
}

/// A name: letters, digits, `_` and `-`, beginning with a letter.
pub fn name<'n>(node: &'n Node, what: &str, findings: &mut Findings) -> Option<&'n str> {
    const LETTERS_MAX: usize = 60;
    let name = text(node, what, findings)?;
    let fits = name.chars().count() <= LETTERS_MAX
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && name.starts_with(|c: char| c.is_ascii_alphabetic());
    if !fits {
        let help = Some(format!("letters, digits, `_` and `-`; at most {LETTERS_MAX}"));
        findings.error("TL003", node.place, format!("{what} cannot be named `{name}`"), help);
    }
    fits.then_some(name)
}

/// The keys of a map, whatever they are; nothing of anything else.
pub fn names(node: &Node) -> Vec<&str> {
    match &node.what {
        What::Map(pairs) => pairs.iter().filter_map(|(k, _)| k.text()).collect(),
        _ => Vec::new(),
    }
}

/// `true` or `false`.
pub fn yes_no(node: &Node, what: &str, findings: &mut Findings) -> bool {
    match node.text() {
        Some("true") => true,
        Some("false") => false,
        _ => {
            findings.error("TL018", node.place, format!("{what} is `true` or `false`"), None);
            false
        }
    }
}

/// One of a closed set, by name.
pub fn one_of<T>(
    node: &Node,
    what: &str,
    known: &[&'static str],
    named: impl Fn(&str) -> Option<T>,
    findings: &mut Findings,
) -> Option<T> {
    let name = text(node, what, findings)?;
    let found = named(name);
    if found.is_none() {
        unknown("TL018", node.place, what, name, known, findings);
    }
    found
}

/// Finds a name that is none of the known ones.
pub fn unknown(code: &'static str, place: Place, what: &str, name: &str, known: &[&str], findings: &mut Findings) {
    const LISTED_MAX: usize = 12;
    let help = did_you_mean(name, known.iter().copied()).or_else(|| match known.len() {
        0 => None,
        1..=LISTED_MAX => Some(format!("known: {}", known.join(", "))),
        more => Some(format!("known: {} and {} more", known[..LISTED_MAX].join(", "), more - LISTED_MAX)),
    });
    findings.error(code, place, format!("unknown {what} `{name}`"), help);
}

//! The steps of a file as they are written: verb, head and keys of each, by the name that the compiled pathway
//! gives it. A verb that the language comes to have is one here too.

use crate::ast::{Pathway, Place};
use crate::steps::VERBS;
use crate::yaml::{Node, What};
use std::collections::BTreeMap;

/// A step as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    /// `nurse_call/check`.
    pub name: String,
    /// `prompt`.
    pub verb: String,
    /// What stands behind the verb, as text.
    pub head: String,
    /// All other keys, as text; its own steps are steps of their own.
    pub keys: BTreeMap<String, Vec<String>>,
    pub place: Place,
}

impl Written {
    /// A key's whole text.
    pub fn key(&self, key: &str) -> String {
        self.keys.get(key).map(|values| values.join(", ")).unwrap_or_default()
    }
}

/// The steps of a pathway in the order of its file.
pub(super) fn written(pathway: &Pathway, root: &Node) -> Vec<Written> {
    let names: BTreeMap<(u32, u32), &str> =
        pathway.steps.iter().map(|s| ((s.place.line, s.place.column), s.name.as_str())).collect();
    let mut out = Vec::new();
    let What::Map(pairs) = &root.what else { return out };
    for (key, node) in pairs {
        if matches!(key.text(), Some("tracks" | "sub_pathways")) {
            gather(node, &names, &mut out);
        }
    }
    out
}

fn gather(node: &Node, names: &BTreeMap<(u32, u32), &str>, out: &mut Vec<Written>) {
    match &node.what {
        What::Scalar(_) => {}
        What::List(items) => items.iter().for_each(|item| gather(item, names, out)),
        What::Map(pairs) => {
            out.extend(step(pairs, names));
            pairs.iter().for_each(|(_, value)| gather(value, names, out));
        }
    }
}

/// The step that a map is, if it is one.
fn step(pairs: &[(Node, Node)], names: &BTreeMap<(u32, u32), &str>) -> Option<Written> {
    let (verb, head) = pairs.iter().find(|(k, _)| VERBS.iter().any(|(verb, _)| k.text() == Some(verb)))?;
    let place = if head.text().is_some() { head.place } else { pairs.first()?.0.place };
    let name = names.get(&(place.line, place.column))?;
    let mut keys = BTreeMap::new();
    for (key, value) in pairs.iter().filter(|(k, v)| k.text() != verb.text() && !has_steps(v, names)) {
        keys.insert(key.text().unwrap_or_default().to_owned(), said(value));
    }
    let head = match has_steps(head, names) {
        true => String::new(),
        false if head.text().is_none() => {
            keys.insert("arms".into(), said(head));
            String::new()
        }
        false => said(head).join(", "),
    };
    Some(Written { name: (*name).to_owned(), verb: verb.text()?.to_owned(), head, keys, place })
}

fn has_steps(node: &Node, names: &BTreeMap<(u32, u32), &str>) -> bool {
    match &node.what {
        What::Scalar(_) => false,
        What::List(items) => items.iter().any(|item| has_steps(item, names)),
        What::Map(pairs) => step(pairs, names).is_some() || pairs.iter().any(|(_, v)| has_steps(v, names)),
    }
}

/// A value as text, each item of a list one.
pub(super) fn said(node: &Node) -> Vec<String> {
    match &node.what {
        What::Scalar(text) => vec![text.split_whitespace().collect::<Vec<_>>().join(" ")],
        What::List(items) => items.iter().map(|item| said(item).join(", ")).collect(),
        What::Map(pairs) => {
            let pair =
                |(key, value): &(Node, Node)| format!("{} {}", key.text().unwrap_or_default(), said(value).join(", "));
            vec![pairs.iter().map(pair).collect::<Vec<_>>().join(", ")]
        }
    }
}

//! Paths into a resource: a small subset of FHIRPath.
//!
//! `hospitalization.dischargeDisposition`, `authorizingPrescription[0].reference`,
//! `link.where(type=replaces).other`, `extension(https://example.org/x).valueCode`. A list on the way
//! stands for all of its items, as in FHIRPath. `item` at the front starts at the item of `each`.

use crate::json;
use serde_json::Value as Json;

/// Segments in one path.
const SEGMENTS_MAX: usize = 16;

#[derive(Clone, Debug, PartialEq)]
enum Segment {
    Name(String),
    Index(usize),
    Where(Path, String),
    Extension(String),
}

/// A path.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    of_item: bool,
    segments: Vec<Segment>,
}

/// The two things a path may start at.
#[derive(Clone, Copy)]
pub(super) struct Roots<'a> {
    pub(super) resource: &'a Json,
    pub(super) item: Option<&'a Json>,
}

impl Path {
    /// Reads a path; what is wrong with it otherwise.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut segments = Vec::new();
        let mut of_item = false;
        for (i, part) in split(text)?.into_iter().enumerate() {
            if i == 0 && part == "item" {
                of_item = true;
                continue;
            }
            segment(part, &mut segments)?;
        }
        if segments.len() > SEGMENTS_MAX {
            return Err(format!("`{text}` has more than {SEGMENTS_MAX} steps"));
        }
        Ok(Self { of_item, segments })
    }

    /// Every element at the path.
    pub(super) fn walk<'a>(&self, roots: Roots<'a>) -> Vec<&'a Json> {
        let start = if self.of_item { roots.item } else { Some(roots.resource) };
        let mut here: Vec<&Json> = start.into_iter().collect();
        for segment in &self.segments {
            here = match segment {
                Segment::Name(name) => here.iter().filter_map(|n| n.get(name)).flat_map(flat).collect(),
                Segment::Index(index) => here.into_iter().skip(*index).take(1).collect(),
                Segment::Where(path, value) => here
                    .into_iter()
                    .filter(|n| path.walk(Roots { resource: n, item: None }).iter().any(|v| matches(v, value)))
                    .collect(),
                Segment::Extension(url) => here.into_iter().flat_map(|n| json::extensions(n, url)).collect(),
            };
        }
        here
    }
}

fn flat(node: &Json) -> &[Json] {
    match node {
        Json::Array(items) => items,
        other => std::slice::from_ref(other),
    }
}

fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0i32, 0);
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '.' if depth == 0 => {
                parts.push(&text[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    if depth != 0 {
        return Err(format!("`{text}` has a bracket without its other half"));
    }
    Ok(parts)
}

fn segment(part: &str, out: &mut Vec<Segment>) -> Result<(), String> {
    if let Some(inner) = part.strip_prefix("where(").and_then(|p| p.strip_suffix(')')) {
        let (path, value) = inner.split_once('=').ok_or(format!("`{part}` needs `where(path=value)`"))?;
        out.push(Segment::Where(Path::read(path.trim())?, value.trim().to_owned()));
        return Ok(());
    }
    if let Some(url) = part.strip_prefix("extension(").and_then(|p| p.strip_suffix(')')) {
        out.push(Segment::Extension(url.trim().to_owned()));
        return Ok(());
    }
    let (name, index) = match part.strip_suffix(']').and_then(|p| p.split_once('[')) {
        Some((name, index)) => (name, Some(index)),
        None => (part, None),
    };
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric()) && name.starts_with(|c: char| c.is_ascii_lowercase());
    if !plain {
        return Err(format!("`{part}` is not an element's name, `name[0]`, `where(path=value)` or `extension(url)`"));
    }
    out.push(Segment::Name(name.to_owned()));
    if let Some(index) = index {
        out.push(Segment::Index(index.parse().map_err(|_| format!("`[{index}]` is not a number"))?));
    }
    Ok(())
}

/// Whether an element is the `wanted` value. A code may be wanted as `code` or as `system|code`; a
/// CodeableConcept is it when one of its codings is.
pub(super) fn matches(node: &Json, wanted: &str) -> bool {
    match node {
        Json::String(text) => text == wanted,
        Json::Bool(flag) => wanted == if *flag { "true" } else { "false" },
        Json::Number(number) => number.to_string() == wanted,
        Json::Object(_) => {
            let coded = |n: &Json| match wanted.split_once('|') {
                Some((system, code)) => {
                    json::text(n, &["code"]) == Some(code) && json::text(n, &["system"]) == Some(system)
                }
                None => json::text(n, &["code"]) == Some(wanted),
            };
            coded(node)
                || json::list(node, "coding").iter().any(coded)
                || json::text(node, &["reference"]).is_some_and(|r| json::relative(r) == wanted)
        }
        _ => false,
    }
}

/// An element as it stands in a body: a code for a coded one, `Type/id` for a reference,
/// `system|value` for an identifier.
pub(super) fn plain(node: &Json) -> Option<Json> {
    match node {
        Json::Null | Json::Array(_) => None,
        Json::Object(_) => {
            let coded = json::text(node, &["code"])
                .or_else(|| json::list(node, "coding").iter().find_map(|c| json::text(c, &["code"])))
                .map(str::to_owned);
            let identifier = |n: &Json| Some(format!("{}|{}", json::text(n, &["system"])?, json::text(n, &["value"])?));
            coded
                .or_else(|| identifier(node))
                .or_else(|| json::at(node, &["identifier"]).and_then(identifier))
                .or_else(|| json::text(node, &["reference"]).map(|r| json::relative(r).to_owned()))
                .or_else(|| json::text(node, &["text"]).or(json::text(node, &["display"])).map(str::to_owned))
                .map(Json::String)
        }
        other => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_walk_lists_indexes_filters_and_extensions() {
        let it = json!({"link": [{"type": "refer", "other": {"reference": "Patient/1"}},
            {"type": "replaces", "other": {"reference": "http://h/Patient/2"}}],
            "extension": [{"url": "https://a.b/c", "valueCode": "x"}]});
        let get = |path: &str| -> Vec<Json> {
            let found = Path::read(path).unwrap();
            found.walk(Roots { resource: &it, item: None }).into_iter().filter_map(plain).collect()
        };
        assert_eq!(get("link.where(type=replaces).other"), vec![json!("Patient/2")]);
        assert_eq!(get("link.type"), vec![json!("refer"), json!("replaces")]);
        assert_eq!(get("link[1].type"), vec![json!("replaces")]);
        assert_eq!(get("extension(https://a.b/c).valueCode"), vec![json!("x")]);
        assert!(Path::read("link.Where()").is_err());
        assert!(Path::read("link.where(a").is_err());
    }
}

//! Small readers of FHIR R4 JSON.
//!
//! They take what is there and give nothing for what is not: a resource was checked by `wire`, and a
//! missing element is an ordinary thing.

use crate::known::Concept;
use jiff::tz::TimeZone;
use model::At;
use serde_json::Value as Json;

/// Codings that are kept of one concept.
pub(crate) const CODINGS_MAX: usize = 8;

/// The element at `path`, walking objects only.
pub(crate) fn at<'a>(root: &'a Json, path: &[&str]) -> Option<&'a Json> {
    path.iter().try_fold(root, |node, name| node.get(name))
}

/// Text at `path`.
pub(crate) fn text<'a>(root: &'a Json, path: &[&str]) -> Option<&'a str> {
    at(root, path)?.as_str().filter(|t| !t.is_empty())
}

/// Owned text at `path`, empty for none.
pub(crate) fn owned(root: &Json, path: &[&str]) -> String {
    text(root, path).unwrap_or_default().to_owned()
}

/// The items of the list at `name`; nothing for none.
pub(crate) fn list<'a>(root: &'a Json, name: &str) -> &'a [Json] {
    root.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// A dateTime, instant or date at `path`.
pub(crate) fn time(root: &Json, path: &[&str], zone: &TimeZone) -> Option<At> {
    At::read(text(root, path)?, zone)
}

/// `Type/id` of a resource.
pub(crate) fn own_id(resource: &Json) -> Option<String> {
    Some(format!("{}/{}", text(resource, &["resourceType"])?, text(resource, &["id"])?))
}

/// A reference as `Type/id`: without server and version. Anything else stays as written.
pub(crate) fn relative(reference: &str) -> &str {
    let plain = reference.split("/_history/").next().unwrap_or(reference);
    if plain.starts_with("urn:") || plain.starts_with('#') {
        return plain;
    }
    let mut slashes = plain.rmatch_indices('/').map(|(i, _)| i);
    slashes.next();
    slashes.next().map_or(plain, |i| &plain[i + 1..])
}

/// The reference held by the Reference at `path`, as `Type/id`.
pub(crate) fn reference(root: &Json, path: &[&str]) -> Option<String> {
    let node = at(root, path)?;
    text(node, &["reference"]).map(|r| relative(r).to_owned())
}

/// `system|code` of a Coding; the bare code without a system.
pub(crate) fn coding(node: &Json) -> Option<String> {
    let code = text(node, &["code"])?;
    Some(match text(node, &["system"]) {
        Some(system) => format!("{system}|{code}"),
        None => code.to_owned(),
    })
}

/// The extension of that URL.
pub(crate) fn extension<'a>(node: &'a Json, url: &str) -> Option<&'a Json> {
    extensions(node, url).next()
}

/// The extensions of that URL.
pub(crate) fn extensions<'a>(node: &'a Json, url: &str) -> impl Iterator<Item = &'a Json> {
    let url = url.to_owned();
    list(node, "extension").iter().filter(move |e| text(e, &["url"]) == Some(&url))
}

/// A CodeableConcept.
pub(crate) fn concept(node: Option<&Json>) -> Concept {
    let Some(node) = node else { return Concept::default() };
    let codings = list(node, "coding");
    let shown = || codings.iter().find_map(|c| text(c, &["display"]));
    Concept {
        codes: codings.iter().take(CODINGS_MAX).filter_map(coding).collect(),
        text: text(node, &["text"]).or_else(shown).unwrap_or_default().to_owned(),
    }
}

/// The bare codes of a CodeableConcept.
pub(crate) fn codes(node: Option<&Json>) -> impl Iterator<Item = &str> {
    node.map_or(&[][..], |n| list(n, "coding")).iter().filter_map(|c| text(c, &["code"]))
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn a_reference_loses_its_server_and_its_version() {
        assert_eq!(relative("https://ehr.example/fhir/Encounter/1/_history/3"), "Encounter/1");
        assert_eq!(relative("Encounter/1"), "Encounter/1");
        assert_eq!(relative("urn:uuid:1/2"), "urn:uuid:1/2");
    }
}

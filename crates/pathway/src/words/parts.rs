//! Texts that several words use: `parts:` in the head of a file, `{{ parts.signature }}` in words.
//!
//! A part is put into the words when the file is read, so nothing later knows of it; its variables mean what they
//! mean where it is used. A part has no parts.

use crate::ast::{Place, TextPart};
use crate::compile::Compiler;
use crate::reader::{self, Keys, text};
use crate::template::{self, FieldAt};
use crate::yaml::Node;

/// The root that parts are named by.
pub(crate) const ROOT: &str = "parts";

/// A part, in each language.
pub(crate) struct Part<'n> {
    pub name: String,
    pub place: Place,
    pub texts: Vec<PartIn<'n>>,
}

/// A part in one language.
pub(crate) struct PartIn<'n> {
    pub language: String,
    pub node: &'n Node,
    pub parts: Vec<TextPart>,
    pub fields: Vec<FieldAt>,
}

/// Whether a path names a part.
pub(crate) fn is_part(path: &[String]) -> bool {
    path.first().is_some_and(|root| root == ROOT)
}

impl<'n> Compiler<'_, 'n> {
    pub(crate) fn all_parts(&mut self, node: &'n Node) {
        let Some(keys) = Keys::of(node, "`parts`", &mut self.findings) else { return };
        for (key, node) in keys.pairs() {
            let Some(name) = reader::name(key, "a part", &mut self.findings) else { continue };
            let of = format!("the part `{name}`");
            let texts = self.each_language(node, &of).into_iter();
            let texts = texts.filter_map(|(language, node)| self.part_in(language, node)).collect();
            self.parts.push(Part { name: name.into(), place: key.place, texts });
        }
    }

    fn part_in(&mut self, language: String, node: &'n Node) -> Option<PartIn<'n>> {
        let written = text(node, "words", &mut self.findings)?;
        let (parts, fields, mistakes) = template::split(written.trim_end());
        for m in mistakes {
            self.findings.error("TL024", node.within(m.at, m.length), m.says, None);
        }
        for (at, path, _) in fields.iter().filter(|(_, path, _)| is_part(path)) {
            let place = node.within(*at, path.join(".").chars().count());
            self.findings.error("TL024", place, "a part has no parts", None);
        }
        self.plurals(&language, node, &fields);
        Some(PartIn { language, node, parts, fields })
    }

    /// Words with their parts put in, and where the variables of those stand.
    pub(crate) fn with_parts(
        &mut self,
        language: &str,
        node: &'n Node,
        written: Vec<TextPart>,
        fields: &[FieldAt],
    ) -> (Vec<TextPart>, Vec<(&'n Node, Vec<FieldAt>)>) {
        self.plurals(language, node, fields);
        for (at, path, _) in fields.iter().filter(|(_, path, _)| is_part(path)) {
            if !matches!(path.as_slice(), [_, name] if self.parts.iter().any(|p| p.name == *name)) {
                let known: Vec<&str> = self.parts.iter().map(|p| p.name.as_str()).collect();
                let place = node.within(*at, path.join(".").chars().count());
                let name = path.get(1).cloned().unwrap_or_default();
                reader::unknown("TL012", place, "part", &name, &known, &mut self.findings);
            }
        }
        let (mut out, mut used) = (Vec::new(), Vec::new());
        for part in written {
            let named = match &part {
                TextPart::Field { path, .. } if is_part(path) => path.get(1).cloned(),
                _ => {
                    out.push(part);
                    continue;
                }
            };
            let found = self.parts.iter().find(|p| Some(&p.name) == named.as_ref());
            let Some(found) = found else { continue };
            self.used.push(format!("part:{}", found.name));
            if let Some(text) = found.texts.iter().find(|t| t.language == language) {
                out.extend(text.parts.iter().cloned());
                used.push((text.node, text.fields.iter().filter(|(_, path, _)| !is_part(path)).cloned().collect()));
            }
        }
        (out, used)
    }

    /// Finds words by number in a language whose numbers are not known.
    fn plurals(&mut self, language: &str, node: &Node, fields: &[FieldAt]) {
        let plural = fields.iter().find(|(_, _, filter)| filter == template::PLURAL);
        if let Some((at, path, _)) = plural.filter(|_| !template::counts(language)) {
            let place = node.within(*at, path.join(".").chars().count());
            let says = format!("how `{language}` counts is not known: words by number are for English and Spanish");
            self.findings.error("TL024", place, says, None);
        }
    }
}

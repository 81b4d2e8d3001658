//! What patients read about a pathway on their own page, as written under `patients:`.

use crate::ast::{ForPatients, InEach};
use crate::compile::Compiler;
use crate::reader::{self, Keys, text};
use crate::yaml::Node;

/// Bytes of one text that a patient reads.
const TEXT_BYTES_MAX: usize = 300;
/// Lines of one list.
const LINES_MAX: usize = 12;

impl<'n> Compiler<'_, 'n> {
    /// The section. Every text of it exists in every language that the pathway speaks.
    pub(crate) fn for_patients(&mut self, node: &'n Node) -> ForPatients {
        let of = "`patients`";
        let mut out = ForPatients::default();
        let Some(keys) = Keys::of(node, of, &mut self.findings) else { return out };
        keys.only(of, &["title", "after", "because", "call_us_if", "next"], &mut self.findings);
        if let Some(node) = keys.need("title", of, &mut self.findings) {
            out.title = self.in_each(node, "the title for patients");
        }
        if let Some(node) = keys.get("after") {
            out.after = self.in_each(node, "`after`");
        }
        if let Some(node) = keys.get("because") {
            out.because = self.in_each(node, "`because`");
        }
        if let Some(node) = keys.get("call_us_if") {
            out.call_us_if = self.lines_in_each(node);
        }
        if let Some(node) = keys.get("next") {
            out.next = self.next_steps(node);
        }
        out
    }

    fn next_steps(&mut self, node: &'n Node) -> Vec<(String, InEach)> {
        let Some(keys) = Keys::of(node, "`next`", &mut self.findings) else { return Vec::new() };
        let steps: Vec<String> =
            self.steps.iter().filter_map(|s| s.name.rsplit('/').next()).map(str::to_owned).collect();
        let mut out: Vec<(String, InEach)> = Vec::new();
        for (key, node) in keys.pairs() {
            let Some(name) = reader::name(key, "a step", &mut self.findings) else { continue };
            if !steps.iter().any(|s| s == name) {
                let known: Vec<&str> = steps.iter().map(String::as_str).collect();
                reader::unknown("TL010", key.place, "step", name, &known, &mut self.findings);
            }
            if out.iter().any(|(n, _)| n == name) {
                self.findings.error("TL006", key.place, format!("`{name}` stands here twice"), None);
            }
            let texts = self.in_each(node, "what a patient reads of a step");
            out.push((name.to_owned(), texts));
        }
        out
    }

    /// A text in each language that the pathway speaks, without variables.
    pub(crate) fn in_each(&mut self, node: &'n Node, of: &str) -> InEach {
        self.each_language(node, of).into_iter().filter_map(|(tag, node)| Some((tag, self.plain_text(node)?))).collect()
    }

    fn lines_in_each(&mut self, node: &'n Node) -> Vec<(String, Vec<String>)> {
        let mut out = Vec::new();
        for (tag, node) in self.each_language(node, "`call_us_if`") {
            let nodes = reader::list(node, "`call_us_if`", &mut self.findings);
            if nodes.is_empty() || nodes.len() > LINES_MAX {
                let says = format!("`call_us_if` has 1 to {LINES_MAX} lines");
                self.findings.error("TL002", node.place, says, None);
            }
            let lines: Vec<String> = nodes.iter().filter_map(|n| self.plain_text(n)).collect();
            out.push((tag, lines));
        }
        out
    }

    pub(crate) fn each_language(&mut self, node: &'n Node, of: &str) -> Vec<(String, &'n Node)> {
        let Some(keys) = Keys::of(node, of, &mut self.findings) else { return Vec::new() };
        let speaks = self.speaks.clone();
        let known: Vec<&str> = speaks.iter().map(String::as_str).collect();
        keys.only(of, &known, &mut self.findings);
        let mut out = Vec::new();
        for tag in speaks {
            match keys.get(&tag).filter(|n| !n.is_empty()) {
                Some(node) => out.push((tag, node)),
                None => {
                    let says = format!("{of} has no words in `{tag}`");
                    self.findings.error("TL021", node.place, says, Some(format!("add `{tag}:`")));
                }
            }
        }
        out
    }

    fn plain_text(&mut self, node: &Node) -> Option<String> {
        let written = text(node, "words", &mut self.findings)?;
        if let Some(at) = written.find("{{") {
            let place = node.within(written[..at].chars().count(), 2);
            self.findings.error("TL024", place, "these words have no variables", None);
        }
        if written.len() > TEXT_BYTES_MAX {
            let says = format!("what a patient reads at a glance has at most {TEXT_BYTES_MAX} bytes");
            self.findings.error("TL002", node.place, says, None);
        }
        Some(written.trim_end().to_owned())
    }
}

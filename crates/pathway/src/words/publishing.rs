//! Who answers for a pathway and its words: owner, clinical approver, date of review, reviewed translations.
//!
//! 45 CFR 92.201(c)(3) asks that a machine translation be reviewed by a qualified human translator when the text is
//! critical; so a language beside the first is offered once somebody with name and role has reviewed it.

use crate::ast::{Approval, ForPatients, Pathway, Publishing};
use crate::compile::Compiler;
use crate::reader::{self, Keys};
use crate::yaml::Node;
use jiff::civil::Date;

impl Publishing {
    /// Who reviewed the words of a language.
    pub fn review(&self, language: &str) -> Option<&Approval> {
        self.reviewed.iter().find(|(tag, _)| tag == language).map(|(_, approval)| approval)
    }
}

impl Pathway {
    /// Whether the words of a language may reach a patient: those of the first are approved with the pathway, those
    /// of another once they were reviewed.
    pub fn is_reviewed(&self, language: &str) -> bool {
        self.speaks.first().is_some_and(|first| first == language) || self.publishing.review(language).is_some()
    }

    /// The languages that it offers: all that it speaks and that were reviewed.
    pub fn offers(&self) -> Vec<String> {
        self.speaks.iter().filter(|language| self.is_reviewed(language)).cloned().collect()
    }
}

impl ForPatients {
    /// Only what is in languages that `keeps` says yes to.
    #[must_use]
    pub fn only(mut self, keeps: &dyn Fn(&str) -> bool) -> Self {
        let texts = [&mut self.title, &mut self.after, &mut self.because];
        for texts in texts.into_iter().chain(self.next.iter_mut().map(|(_, texts)| texts)) {
            texts.retain(|(language, _)| keeps(language));
        }
        self.call_us_if.retain(|(language, _)| keeps(language));
        self
    }
}

impl<'n> Compiler<'_, 'n> {
    /// Who answers for it clinically.
    pub(crate) fn owner(&mut self, keys: &Keys<'n>) -> String {
        let node = keys.get("owner");
        let place = node.map_or(keys.place, |n| n.place);
        let text = node.and_then(Node::text).map(str::trim).unwrap_or_default();
        if node.is_some_and(|n| n.text().is_none()) {
            self.findings.error("TL003", place, "`owner` is text", None);
        } else if text.is_empty() {
            let help = "add `owner:` with who answers for it clinically, as `orthopaedic-surgery`";
            self.findings.error("TL051", place, "nobody answers for this pathway", Some(help.into()));
        }
        text.into()
    }

    /// `approved`, `review_by`, `reviewed`.
    pub(crate) fn publishing(&mut self, keys: &Keys<'n>) -> Publishing {
        let approved = keys.get("approved").and_then(|node| self.approval(node, "`approved`"));
        let review_by = keys.get("review_by").and_then(|node| self.date(node));
        let mut reviewed: Vec<(String, Approval)> = Vec::new();
        let languages = keys.get("reviewed").filter(|node| !node.is_empty());
        let languages = languages.and_then(|node| Keys::of(node, "`reviewed`", &mut self.findings));
        for (key, node) in languages.iter().flat_map(Keys::pairs) {
            let tag = key.text().unwrap_or_default();
            if !self.speaks_of(keys).contains(&tag) {
                let known = self.speaks_of(keys);
                reader::unknown("TL018", key.place, "language", tag, &known, &mut self.findings);
            }
            if let Some(approval) = self.approval(node, "a review") {
                reviewed.push((tag.into(), approval));
            }
        }
        Publishing { approved, review_by, reviewed }
    }

    /// The tags under `speaks`, which is read later.
    fn speaks_of(&self, keys: &Keys<'n>) -> Vec<&'n str> {
        let nodes = keys.get("speaks").map(reader::one_or_more).unwrap_or_default();
        nodes.into_iter().filter_map(Node::text).collect()
    }

    fn approval(&mut self, node: &'n Node, of: &str) -> Option<Approval> {
        let keys = Keys::of(node, of, &mut self.findings)?;
        keys.only(of, &["by", "role", "on"], &mut self.findings);
        let (by, role) = (self.plain(&keys, "by", of), self.plain(&keys, "role", of));
        let on = keys.need("on", of, &mut self.findings).and_then(|node| self.date(node))?;
        Some(Approval { by, role, on })
    }

    fn date(&mut self, node: &Node) -> Option<Date> {
        let date = node.text().and_then(|text| text.parse::<Date>().ok());
        if date.is_none() {
            let says = format!("`{}` is not a date", node.text().unwrap_or_default());
            self.findings.error("TL017", node.place, says, Some("write `2026-10-01`".into()));
        }
        date
    }
}

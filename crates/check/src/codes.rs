//! Every code that a finding may have: those of `pathway` and those of this crate, each with its page.
//!
//! The pages stand in `docs/findings.md`, which is made from the cases that the tests run: `UPDATE=1 cargo test -p
//! throughline-check` writes it anew.

use pathway::Severity;

/// The pages.
const PAGES: &str = include_str!("../../../docs/findings.md");
/// Where the pages are read on the web, relative to the project.
pub const PAGES_AT: &str = "docs/findings.md";

/// The codes of this crate: severity, and what it is about.
pub const OWN: &[(&str, Severity, &str)] = &[
    ("TL060", Severity::Error, "a red flag that may reach nobody on duty in time"),
    ("TL061", Severity::Error, "the next try of something urgent waits for a team's hours"),
    ("TL062", Severity::Error, "a danger that was not answered is taken as none"),
    ("TL063", Severity::Warning, "something urgent that is given up when nobody answers"),
    ("TL064", Severity::Warning, "a dead end: outcomes are named and nothing is decided"),
    ("TL065", Severity::Warning, "a wait for a time that may never be known"),
    ("TL066", Severity::Error, "a wait beyond the journey's end"),
    ("TL067", Severity::Warning, "a validity that ends within quiet hours"),
    ("TL068", Severity::Error, "due in team hours that there are none of before the end"),
    ("TL069", Severity::Warning, "a care message that may end without a person"),
    ("TL070", Severity::Warning, "more messages than the caps allow"),
    ("TL071", Severity::Error, "a purpose that needs a consent which nothing asks for"),
    ("TL072", Severity::Warning, "two pathways that collide on one person"),
    ("TL073", Severity::Error, "an experiment without a hold-out or a metric"),
    ("TL074", Severity::Error, "a danger that waits for the rest of the questions"),
    ("TL077", Severity::Warning, "messages that a cap may hold back, and nobody hears of it"),
];

/// The page of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// `TL060`.
    pub code: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// Whether it refuses the file, usually.
    pub severity: Severity,
    /// Why, what is told, a bad and a good example, in Markdown.
    pub text: &'static str,
}

/// The severity that a code of this crate has.
pub(crate) fn severity(code: &str) -> Severity {
    OWN.iter().find(|(c, _, _)| *c == code).map_or(Severity::Error, |(_, severity, _)| *severity)
}

/// Every code that there is, with what it is about, in order.
pub fn all() -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<_> = pathway::finding::CODES.to_vec();
    all.extend(OWN.iter().map(|(code, _, title)| (*code, *title)));
    all.sort_unstable();
    all
}

/// Every page, in the order of the document.
pub fn pages() -> Vec<Page> {
    let page = |section: &'static str| {
        let (head, text) = section.split_once('\n')?;
        let (code, title) = head.split_once(": ")?;
        let severity = if text.trim_start().starts_with("*Warning") { Severity::Warning } else { Severity::Error };
        Some(Page { code, title, severity, text: text.trim() })
    };
    PAGES.split("\n## ").skip(1).filter_map(page).collect()
}

/// The page of a code; upper or lower case.
pub fn page(code: &str) -> Option<Page> {
    pages().into_iter().find(|p| p.code.eq_ignore_ascii_case(code))
}

//! Findings as people and machines read them: the command line and the console print the same.

use crate::{Source, codes, sarif};
use pathway::{Finding, Severity, render_finding};
use serde_json::{Value as Json, json};

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: the line, a caret, what to do.
    Human,
    /// An object a finding, in an array.
    Json,
    /// SARIF 2.1.0, for code review.
    Sarif,
}

impl Format {
    /// As it is asked for: `human`, `json`, `sarif`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "human" => Some(Self::Human),
            "json" => Some(Self::Json),
            "sarif" => Some(Self::Sarif),
            _ => None,
        }
    }
}

/// As machines read it.
pub(crate) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Findings of files whose texts are `sources`, written.
pub fn report(findings: &[Finding], sources: &[Source], format: Format) -> String {
    match format {
        Format::Human => {
            let text = |file: &str| sources.iter().find(|(f, _)| f == file).map_or("", |(_, text)| text);
            findings.iter().map(|f| render_finding(f, text(&f.file)) + "\n").collect()
        }
        Format::Json => lines(&Json::Array(findings.iter().map(object).collect())),
        Format::Sarif => lines(&sarif::sarif(findings, sources)),
    }
}

fn lines(value: &Json) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn object(finding: &Finding) -> Json {
    json!({
        "code": finding.code,
        "severity": level(finding.severity),
        "file": finding.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "length": finding.place.length,
        "says": finding.says,
        "help": finding.help,
        "page": address(finding.code),
    })
}

/// Where the page of a code stands in the project: `docs/findings.md#tl060-…`.
pub(crate) fn address(code: &str) -> String {
    let title = codes::page(code).map_or("", |p| p.title);
    let mut anchor = code.to_lowercase();
    for c in format!(" {title}").to_lowercase().chars() {
        match c {
            ' ' | '-' => anchor.push('-'),
            c if c.is_alphanumeric() || c == '_' => anchor.push(c),
            _ => {}
        }
    }
    format!("{}#{anchor}", codes::PAGES_AT)
}

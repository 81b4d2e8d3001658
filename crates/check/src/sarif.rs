//! SARIF 2.1.0: what tools for code review read.

use crate::report::{address, level};
use crate::{Source, codes};
use pathway::Finding;
use serde_json::{Value as Json, json};

/// The root that the addresses of pages are relative to.
const ROOT: &str = "PROJECTROOT";

/// One run with every rule that has a finding, and its results.
pub(crate) fn sarif(findings: &[Finding], sources: &[Source]) -> Json {
    let mut used: Vec<&str> = findings.iter().map(|f| f.code).collect();
    used.sort_unstable();
    used.dedup();
    let rules: Vec<Json> = used.iter().map(|code| rule(code)).collect();
    let results: Vec<Json> = findings.iter().map(|f| result(f, &used)).collect();
    let artifacts: Vec<Json> = sources
        .iter()
        .filter(|(file, _)| findings.iter().any(|f| f.file == *file))
        .map(|(file, text)| json!({"location": location(file), "length": text.len(), "sourceLanguage": "yaml"}))
        .collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "throughline check",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "originalUriBaseIds": {ROOT: {"description": {"text": "the folder that the check was run in"}}},
            "columnKind": "unicodeCodePoints",
            "artifacts": artifacts,
            "results": results,
        }],
    })
}

fn rule(code: &str) -> Json {
    let page = codes::page(code);
    let (title, text) = page.map_or(("", ""), |p| (p.title, p.text));
    json!({
        "id": code,
        "shortDescription": {"text": title},
        "help": {"text": text, "markdown": text},
        "helpUri": format!("throughline:{}", address(code)),
        "defaultConfiguration": {"level": page.map_or("error", |p| level(p.severity))},
    })
}

fn result(finding: &Finding, rules: &[&str]) -> Json {
    let place = finding.place;
    let text = match &finding.help {
        Some(help) => format!("{}: {help}", finding.says),
        None => finding.says.clone(),
    };
    json!({
        "ruleId": finding.code,
        "ruleIndex": rules.iter().position(|code| *code == finding.code),
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": {
            "artifactLocation": location(&finding.file),
            "region": {
                "startLine": place.line.max(1),
                "startColumn": place.column.max(1),
                "endColumn": place.column.max(1) + place.length.max(1),
            },
        }}],
    })
}

/// Where a file is: below the folder of the check, or at an address of its own.
fn location(file: &str) -> Json {
    match file.starts_with('/') {
        true => json!({"uri": format!("file://{}", uri(file))}),
        false => json!({"uri": uri(file.trim_start_matches("./")), "uriBaseId": ROOT}),
    }
}

/// A file's name as a relative address: what an address cannot hold is escaped.
fn uri(file: &str) -> String {
    let mut out = String::new();
    for byte in file.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

//! What machines read: JSON with stable fields, and SARIF 2.1.0 as its schema asks for it.
#![expect(clippy::unwrap_used, reason = "tests")]

use pathway::{Finding, read_dir_texts};
use serde_json::Value as Json;
use throughline_check::{Format, Source, codes, report};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/findings/");

/// Two mistakes of the language, in a file whose name an address must escape.
fn sample() -> (Vec<Finding>, Vec<Source>) {
    let good = std::fs::read_to_string(format!("{FOLDER}good.yaml")).unwrap();
    let bad = good.replace("rx.as_needed", "rx.as_neded").replace("to: front_desk", "to: frontdesk");
    let sources: Vec<Source> = vec![("a folder/wound ä.yaml".into(), bad)];
    let teams = ["nurses", "surgeon", "front_desk"].map(String::from);
    (read_dir_texts(&sources, &teams).findings, sources)
}

#[test]
fn json_has_an_object_for_each_finding() {
    let (findings, sources) = sample();
    let read: Json = serde_json::from_str(&report(&findings, &sources, Format::Json)).unwrap();
    let all = read.as_array().unwrap();
    assert_eq!(all.len(), 2);
    for (one, finding) in all.iter().zip(&findings) {
        let keys: Vec<&str> = one.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["code", "column", "file", "help", "length", "line", "page", "says", "severity"]);
        assert_eq!(one["code"], finding.code);
        assert_eq!(one["line"], finding.place.line);
        assert_eq!(one["severity"], "error");
    }
    assert_eq!(report(&[], &sources, Format::Json), "[]\n");
}

#[test]
fn people_read_the_line_and_what_to_do() {
    let (findings, sources) = sample();
    let text = report(&findings, &sources, Format::Human);
    assert!(text.contains("skip_when: rx.as_neded\n"), "{text}");
    assert!(text.contains("^^^^^^^^^^^ did you mean `rx.as_needed`?"), "{text}");
    assert_eq!(report(&[], &sources, Format::Human), "");
}

/// The parts of the schema that a reader relies on: what is required, of what type, and what refers to what.
#[test]
fn sarif_has_the_structure_of_its_schema() {
    let (findings, sources) = sample();
    let log: Json = serde_json::from_str(&report(&findings, &sources, Format::Sarif)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().ends_with("sarif-schema-2.1.0.json"));
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    let driver = &runs[0]["tool"]["driver"];
    assert!(!driver["name"].as_str().unwrap().is_empty());
    let rules = driver["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["TL007", "TL011"], "each rule once");
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/findings.md")).unwrap();
    for rule in rules {
        assert!(!rule["shortDescription"]["text"].as_str().unwrap().is_empty());
        assert!(rule["help"]["markdown"].as_str().unwrap().contains("# good"));
        assert!(["error", "warning", "note"].contains(&rule["defaultConfiguration"]["level"].as_str().unwrap()));
        let (scheme, rest) = rule["helpUri"].as_str().unwrap().split_once(':').unwrap();
        assert!(scheme.bytes().all(|b| b.is_ascii_lowercase()), "an address with a scheme");
        let (page, anchor) = rest.split_once('#').unwrap();
        assert_eq!(page, codes::PAGES_AT);
        let heading = |line: &str| -> String {
            let kept = line.trim_start_matches("## ").to_lowercase();
            let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        };
        assert!(docs.lines().any(|l| l.starts_with("## ") && heading(l) == anchor), "no heading is {anchor}");
    }
    let results = runs[0]["results"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    for (result, finding) in results.iter().zip(&findings) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
        assert_eq!(result["level"], "error");
        assert!(result["message"]["text"].as_str().unwrap().starts_with(&finding.says));
        let place = &result["locations"][0]["physicalLocation"];
        let base = place["artifactLocation"]["uriBaseId"].as_str().unwrap();
        assert!(runs[0]["originalUriBaseIds"].get(base).is_some(), "what it is relative to is said");
        let region = &place["region"];
        let number = |key: &str| usize::try_from(region[key].as_u64().unwrap()).unwrap();
        let (line, from, to) = (number("startLine"), number("startColumn"), number("endColumn"));
        assert!(line >= 1 && from >= 1 && to > from);
        let text: String = sources[0].1.lines().nth(line - 1).unwrap().chars().skip(from - 1).take(to - from).collect();
        assert!(["rx.as_neded", "frontdesk"].contains(&text.as_str()), "the region is what is wrong: {text}");
    }
    let artifacts = runs[0]["artifacts"].as_array().unwrap();
    assert_eq!(artifacts[0]["location"]["uri"], "a%20folder/wound%20%C3%A4.yaml");
    let empty: Json = serde_json::from_str(&report(&[], &sources, Format::Sarif)).unwrap();
    assert_eq!(empty["runs"][0]["results"], serde_json::json!([]));
}

//! The language as a JSON Schema (2020-12), so that an editor completes keys and marks unknown ones.
//!
//! Made from the tables that the reader goes by: the keys of a file, and the verbs with theirs. It says which keys there
//! are; what they mean together is for [`crate::read`] to say.

use crate::compile::KEYS;
use crate::steps::VERBS;
use std::fmt::Write as _;

/// Where the schema says that it is.
const ID: &str = "urn:throughline:pathway:1";
/// Keys of a file that it cannot do without.
const NEEDED: [&str; 8] = ["pathway", "language", "title", "owner", "fallback_team", "speaks", "enrol", "tracks"];

/// The schema, as JSON.
pub fn schema() -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{{");
    let _ = writeln!(out, "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",");
    let _ = writeln!(out, "  \"$id\": \"{ID}\",");
    let _ = writeln!(out, "  \"title\": \"A pathway\",");
    let _ = writeln!(out, "  \"type\": \"object\",");
    let _ = writeln!(out, "  \"required\": [{}],", quoted(&NEEDED));
    let _ = writeln!(out, "  \"additionalProperties\": false,");
    let _ = writeln!(out, "  \"properties\": {{");
    let keys: Vec<String> = KEYS.iter().map(|key| format!("    \"{key}\": {}", of_file(key))).collect();
    let _ = writeln!(out, "{}\n  }},", keys.join(",\n"));
    let _ = writeln!(out, "  \"$defs\": {{");
    let _ = writeln!(out, "    \"steps\": {{ \"type\": \"array\", \"items\": {{ \"$ref\": \"#/$defs/step\" }} }},");
    let verbs: Vec<String> = VERBS.iter().map(|(verb, _)| format!("{{ \"$ref\": \"#/$defs/{verb}\" }}")).collect();
    let _ = writeln!(out, "    \"step\": {{ \"type\": \"object\", \"anyOf\": [{}] }},", verbs.join(", "));
    let _ = writeln!(
        out,
        "{}\n  }}\n}}",
        VERBS.iter().map(|(verb, keys)| step(verb, keys)).collect::<Vec<_>>().join(",\n")
    );
    out
}

/// A step of one verb.
fn step(verb: &str, keys: &[&str]) -> String {
    let all = [verb, "name", "skip_when"].into_iter().chain(keys.iter().copied());
    let properties: Vec<String> = all.map(|key| format!("\"{key}\": {}", of_step(verb, key))).collect();
    format!(
        "    \"{verb}\": {{ \"type\": \"object\", \"required\": [\"{verb}\"], \"additionalProperties\": false, \
         \"properties\": {{ {} }} }}",
        properties.join(", ")
    )
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// What may stand below a key of the file.
fn of_file(key: &str) -> &'static str {
    match key {
        "pathway" => r#"{ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$" }"#,
        "language" => r#"{ "const": 1 }"#,
        "title" | "owner" | "fallback_team" => r#"{ "type": "string", "minLength": 1 }"#,
        "standing" => r#"{ "type": "boolean" }"#,
        "speaks" => r#"{ "type": "array", "items": { "type": "string" }, "minItems": 1 }"#,
        "evidence" | "leave" => r#"{ "type": "array" }"#,
        "tracks" | "sub_pathways" => r##"{ "type": "object", "additionalProperties": { "$ref": "#/$defs/steps" } }"##,
        "review_by" => r#"{ "type": "string" }"#,
        _ => r#"{ "type": "object" }"#,
    }
}

/// What may stand behind a key of a step; what is not here may be anything.
fn of_step(verb: &str, key: &str) -> &'static str {
    match (verb, key) {
        (_, "steps") => r##"{ "$ref": "#/$defs/steps" }"##,
        ("branch", "branch") | ("split", "arms") => r#"{ "type": "array", "items": { "type": "object" } }"#,
        (_, "urgent") => r#"{ "type": "boolean" }"#,
        (_, "attempts") => r#"{ "type": "integer", "minimum": 1 }"#,
        (
            _,
            "name" | "skip_when" | "stop_when" | "deadline" | "within" | "failed" | "found" | "missed" | "purpose"
            | "valid" | "do" | "why" | "due" | "to",
        ) => r#"{ "type": "string" }"#,
        _ => "true",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::finding::Findings;
    use crate::yaml::{self, Node, What};
    use serde_json::{Value as Json, json};

    /// A file as an editor's YAML reads it: what is not quoted may be a number, a truth or nothing.
    fn json_of(node: &Node) -> Json {
        match &node.what {
            What::Map(pairs) => pairs.iter().map(|(k, v)| (k.text().unwrap().to_owned(), json_of(v))).collect(),
            What::List(items) => items.iter().map(json_of).collect(),
            What::Scalar(text) if node.is_quoted() => json!(text),
            What::Scalar(text) => match text.as_str() {
                "" => Json::Null,
                "true" => json!(true),
                "false" => json!(false),
                text => text.parse::<i64>().map_or_else(|_| json!(text), |n| json!(n)),
            },
        }
    }

    /// The keywords that the schema uses; an unknown one fails.
    fn faults(schema: &Json, root: &Json, value: &Json, path: &str, out: &mut Vec<String>) {
        let Some(rules) = schema.as_object() else {
            assert_eq!(schema, &json!(true), "{path}");
            return;
        };
        for (rule, want) in rules {
            let fits = match rule.as_str() {
                "$schema" | "$id" | "$defs" | "title" => true,
                "$ref" => {
                    let target = root.pointer(want.as_str().unwrap().trim_start_matches('#')).unwrap();
                    faults(target, root, value, path, out);
                    true
                }
                "type" => match want.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64(),
                    other => panic!("type {other}"),
                },
                "const" => value == want,
                "minimum" => value.as_i64().is_none_or(|n| n >= want.as_i64().unwrap()),
                "minItems" => value.as_array().is_none_or(|a| a.len() as u64 >= want.as_u64().unwrap()),
                "minLength" => value.as_str().is_none_or(|s| s.len() as u64 >= want.as_u64().unwrap()),
                // The one pattern is that of a name.
                "pattern" => {
                    value.as_str().is_none_or(|s| s.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)))
                }
                "required" => {
                    let has = |key: &Json| value.get(key.as_str().unwrap()).is_some();
                    want.as_array().unwrap().iter().all(has)
                }
                "items" => {
                    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                        faults(want, root, item, &format!("{path}/{n}"), out);
                    }
                    true
                }
                "properties" => {
                    for (key, item) in value.as_object().into_iter().flatten() {
                        if let Some(of) = want.get(key) {
                            faults(of, root, item, &format!("{path}/{key}"), out);
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known = rules.get("properties").and_then(Json::as_object);
                    for (key, item) in value.as_object().into_iter().flatten() {
                        match want {
                            _ if known.is_some_and(|k| k.contains_key(key)) => {}
                            Json::Bool(false) => out.push(format!("{path}/{key}: unknown")),
                            of => faults(of, root, item, &format!("{path}/{key}"), out),
                        }
                    }
                    true
                }
                "anyOf" => want.as_array().unwrap().iter().any(|one| {
                    let mut inner = Vec::new();
                    faults(one, root, value, path, &mut inner);
                    inner.is_empty()
                }),
                other => panic!("the schema uses `{other}`"),
            };
            if !fits {
                out.push(format!("{path}: {rule}"));
            }
        }
    }

    fn check(text: &str) -> Vec<String> {
        let schema: Json = serde_json::from_str(&schema()).unwrap();
        let root = yaml::parse(text, &mut Findings::of("")).unwrap();
        let mut out = Vec::new();
        faults(&schema, &schema, &json_of(&root), "", &mut out);
        out
    }

    #[test]
    fn every_file_that_ships_fits_the_schema() {
        for (file, text) in crate::shipped::SHIPPED {
            assert_eq!(check(text), Vec::<String>::new(), "{file}");
        }
        assert_eq!(check(include_str!("../../tests/findings/good.yaml")), Vec::<String>::new());
    }

    #[test]
    fn a_mistake_does_not_fit() {
        let good = include_str!("../../tests/findings/good.yaml");
        for (from, to) in [
            ("title: A sample", "titel: A sample"),
            ("owner: surgery\n", ""),
            ("      due: 8 team hours", "      deu: 8 team hours"),
            ("    - prompt: check", "    - promtp: check"),
            ("      attempts: 3", "      attempts: three"),
            ("        - reach: medicine_ready", "        - reech: medicine_ready"),
        ] {
            assert!(good.contains(from), "{from}");
            assert_ne!(check(&good.replacen(from, to, 1)), Vec::<String>::new(), "{to}");
        }
    }

    #[test]
    fn every_key_and_verb_is_there() {
        let schema: Json = serde_json::from_str(&schema()).unwrap();
        assert!(KEYS.iter().all(|key| schema["properties"].get(key).is_some()));
        for (verb, keys) in VERBS {
            let properties = &schema["$defs"][verb]["properties"];
            assert!(keys.iter().chain([verb]).all(|key| properties.get(key).is_some()), "{verb}");
        }
    }
}

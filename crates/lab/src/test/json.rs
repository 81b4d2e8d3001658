//! YAML nodes as JSON: for resources and facts that are written out.

use pathway::yaml::{Node, What};
use serde_json::Value as Json;

/// The JSON of a node. Plain `true`, `false`, `null` and numbers are what they look like; `fill` is given every
/// text and may put other words in its place.
pub fn of(node: &Node, fill: &dyn Fn(&str) -> String) -> Json {
    match &node.what {
        What::List(items) => Json::Array(items.iter().map(|item| of(item, fill)).collect()),
        What::Map(pairs) => {
            let pair = |(key, value): &(Node, Node)| (key.text().unwrap_or_default().to_owned(), of(value, fill));
            Json::Object(pairs.iter().map(pair).collect())
        }
        What::Scalar(text) if node.is_plain() => scalar(text).unwrap_or_else(|| Json::String(fill(text))),
        What::Scalar(text) => Json::String(fill(text)),
    }
}

fn scalar(text: &str) -> Option<Json> {
    match text {
        "" | "null" => return Some(Json::Null),
        "true" => return Some(Json::Bool(true)),
        "false" => return Some(Json::Bool(false)),
        _ => {}
    }
    let zeros = text.len() > 1 && text.starts_with('0') && !text.starts_with("0.");
    if let Ok(whole) = text.parse::<i64>()
        && !zeros
        && !text.starts_with('+')
    {
        return Some(Json::from(whole));
    }
    // A date or a number of a telephone is no number.
    let number = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') && !zeros;
    let number = number.then(|| text.parse::<f64>().ok()).flatten()?;
    serde_json::Number::from_f64(number).map(Json::Number)
}

/// Puts values in the place of `{{ name }}`; a name that is not known stays as it stands.
pub fn filled(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(close) = rest[open..].find("}}") else { break };
        out.push_str(&rest[..open]);
        let whole = &rest[open..open + close + 2];
        let name = whole.trim_start_matches("{{").trim_end_matches("}}").trim();
        out.push_str(&value(name).unwrap_or_else(|| whole.to_owned()));
        rest = &rest[open + close + 2..];
    }
    out.push_str(rest);
    out
}

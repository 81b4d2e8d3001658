//! JSON with its bounds checked and its doubtful places told: depth before parsing, then doubled
//! members and long strings while parsing.

use crate::limits::{MAX_BODY_BYTES, MAX_DATA_BYTES, MAX_DEPTH, MAX_ISSUES, MAX_STRING_BYTES};
use crate::{Issue, Severity};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt::{self, Write};

/// A step of the way to a place in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seg {
    /// A member.
    Key(String),
    /// An element of a list, from 0.
    Index(usize),
}

/// Something wrong at a place of a document that could be read all the same.
#[derive(Clone, Debug)]
pub(crate) struct Flaw {
    /// From the innermost to the outermost.
    path: Vec<Seg>,
    code: &'static str,
    says: &'static str,
}

impl Flaw {
    /// The entry of a Bundle (or the event of a batch) that it lies in.
    pub(crate) fn index_in(&self, list: &str) -> Option<usize> {
        match (self.path.last()?, self.path.iter().rev().nth(1)?) {
            (Seg::Key(key), Seg::Index(i)) if key == list => Some(*i),
            _ => None,
        }
    }

    /// The element of the outermost list that it lies in.
    pub(crate) fn outer_index(&self) -> Option<usize> {
        match self.path.last()? {
            Seg::Index(i) => Some(*i),
            Seg::Key(_) => None,
        }
    }

    /// The issue, with the place written from `root`.
    pub(crate) fn issue(&self, root: &str) -> Issue {
        let mut place = root.to_string();
        for seg in self.path.iter().rev() {
            match seg {
                Seg::Key(key) => push_key(&mut place, key),
                Seg::Index(i) => push_index(&mut place, *i),
            }
        }
        Issue::new(Severity::Error, self.code, place, self.says)
    }
}

/// Adds `.key`; a key that is no name of an element is not repeated.
pub(crate) fn push_key(place: &mut String, key: &str) {
    const LONGEST: usize = 64;
    let plain = key.len() <= LONGEST && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    place.push('.');
    place.push_str(if plain && !key.is_empty() { key } else { "`?`" });
}

/// Adds `[i]`.
pub(crate) fn push_index(place: &mut String, i: usize) {
    write!(place, "[{i}]").expect("writing to a String cannot fail");
}

/// Reads a document. `first_line` is the number of its first line, for the places.
pub(crate) fn parse(bytes: &[u8], first_line: usize) -> Result<(Value, Vec<Flaw>), Issue> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.len() > MAX_BODY_BYTES {
        let says = format!(
            "The body has {} bytes; at most {MAX_BODY_BYTES} are read at once. Send it in smaller Bundles.",
            bytes.len()
        );
        return Err(Issue::fatal("too-long", format!("{first_line}:1"), says));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Issue::fatal("structure", format!("{first_line}:1"), "The body is empty; JSON is expected."));
    }
    depth(bytes, first_line)?;
    let mut flaws = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Node(&mut flaws).deserialize(&mut reader).and_then(|v| reader.end().map(|()| v));
    match value {
        Ok(value) => Ok((value, flaws)),
        Err(e) => {
            let place = format!("{}:{}", (e.line() + first_line).saturating_sub(1), e.column());
            Err(Issue::fatal("structure", place, says_of(&e)))
        }
    }
}

/// Words for what the parser found; without anything that it quotes from the input.
fn says_of(e: &serde_json::Error) -> String {
    let text = e.to_string();
    let told = text.split(" at line ").next().unwrap_or_default();
    let safe = !told.contains(['`', '"']) || told.starts_with("expected");
    let why = if e.is_eof() {
        "it ends too early"
    } else if safe {
        told
    } else {
        "unexpected input"
    };
    format!("This is no JSON: {why}.")
}

/// Finds nesting beyond the bound without recursion.
fn depth(bytes: &[u8], first_line: usize) -> Result<(), Issue> {
    let (mut depth, mut line, mut line_start) = (0usize, first_line, 0usize);
    let (mut in_text, mut escaped) = (false, false);
    for (i, b) in bytes.iter().enumerate() {
        if *b == b'\n' {
            line += 1;
            line_start = i + 1;
        }
        if in_text {
            match b {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match b {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let says = format!("More than {MAX_DEPTH} levels of nesting; no resource needs that many.");
            return Err(Issue::fatal("too-costly", format!("{line}:{}", i - line_start + 1), says));
        }
    }
    Ok(())
}

/// Builds a value and notes flaws on the way.
struct Node<'a>(&'a mut Vec<Flaw>);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E: Error>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_i64<E: Error>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_u64<E: Error>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_f64<E: Error>(self, v: f64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_str<E: Error>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }
    fn visit_string<E: Error>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        loop {
            let before = self.0.len();
            let Some(value) = seq.next_element_seed(Node(self.0))? else { break };
            for flaw in &mut self.0[before..] {
                flaw.path.push(Seg::Index(out.len()));
            }
            out.push(value);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let before = self.0.len();
            let value = map.next_value_seed(Node(self.0))?;
            for flaw in &mut self.0[before..] {
                flaw.path.push(Seg::Key(key.clone()));
            }
            let mut note = |code, says| {
                if self.0.len() < MAX_ISSUES {
                    self.0.push(Flaw { path: vec![Seg::Key(key.clone())], code, says });
                }
            };
            let longest = if key == "data" { MAX_DATA_BYTES } else { MAX_STRING_BYTES };
            if value.as_str().is_some_and(|s| s.len() > longest) {
                note("too-long", "This text is longer than is kept: 1 MiB, or 8 MiB for the data of an attachment.");
            }
            if out.contains_key(&key) {
                note(
                    "structure",
                    "This member comes twice in its object; which one holds is not certain. Send it once.",
                );
            }
            out.insert(key, value);
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_names_line_and_column() {
        let issue = parse(b"{\n  \"a\": 1,\n  \"b\": }\n", 1).expect_err("broken");
        assert_eq!((issue.place.as_str(), issue.code), ("3:8", "structure"));
        assert_eq!(parse(b"{\"a\": ", 41).expect_err("broken").place, "41:6");
    }

    #[test]
    fn a_hundred_thousand_levels_are_told_and_not_walked() {
        for open in ["[", "{\"a\":"] {
            let deep = open.repeat(100_000);
            assert_eq!(parse(deep.as_bytes(), 1).expect_err("deep").code, "too-costly");
        }
        let brackets_in_text = format!("{{\"a\": \"{}\\\"[\"}}", "[".repeat(1000));
        assert!(parse(brackets_in_text.as_bytes(), 1).is_ok());
        let deepest = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert!(parse(deepest.as_bytes(), 1).is_ok(), "the bound itself is allowed");
    }

    #[test]
    fn a_member_that_comes_twice_is_flagged_with_its_place() {
        let (_, flaws) =
            parse(br#"{"entry":[{},{"resource":{"name":[{"family":"a","family":"b"}]}}]}"#, 1).expect("read");
        assert_eq!(flaws.len(), 1);
        assert_eq!(flaws[0].index_in("entry"), Some(1));
        assert_eq!(flaws[0].issue("Bundle").place, "Bundle.entry[1].resource.name[0].family");
    }

    #[test]
    fn what_the_parser_quotes_is_not_repeated() {
        for bad in ["{\"a\": tru}", "nonsense", "{\"a\" 1}", "[1,]", "{\"n\": 1e999}", "\"\u{1}\""] {
            let issue = parse(bad.as_bytes(), 1).expect_err(bad);
            assert!(!issue.says.contains("nonsense"), "{}", issue.says);
        }
    }
}

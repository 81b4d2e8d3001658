//! YAML as a tree whose every node knows its place.

use super::Error;
use saphyr_parser::{Event, Parser, Span};

/// A file longer than this is refused, bytes.
const FILE_BYTES_MAX: usize = 256 * 1024;
/// Nesting deeper than this is refused.
const DEPTH_MAX: usize = 16;

/// Line and column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    fn of(span: &Span) -> Self {
        Self { line: span.start.line(), column: span.start.col() + 1 }
    }
}

/// A node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) what: What,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum What {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

type Events<'a> = Vec<(Event<'a>, Span)>;

/// Reads one document.
pub(crate) fn read(file: &str, text: &str) -> Result<Node, Error> {
    let start = Place { line: 1, column: 1 };
    if text.len() > FILE_BYTES_MAX {
        return Err(Error::new(file, start, format!("the file is longer than {FILE_BYTES_MAX} bytes")));
    }
    let mut events = Events::new();
    for event in Parser::new_from_str(text) {
        let event = event.map_err(|e| {
            let place = Place { line: e.marker().line(), column: e.marker().col() + 1 };
            Error::new(file, place, e.info().to_owned())
        })?;
        match event.0 {
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            _ => events.push(event),
        }
    }
    events.reverse();
    if events.is_empty() {
        return Err(Error::new(file, start, "the file is empty; it needs `topics:`".into()));
    }
    let node = node(file, &mut events, 0)?;
    match events.last() {
        Some((_, span)) => Err(Error::new(file, Place::of(span), "one document a file is expected".into())),
        None => Ok(node),
    }
}

fn node(file: &str, events: &mut Events<'_>, depth: usize) -> Result<Node, Error> {
    let Some((event, span)) = events.pop() else {
        return Err(Error::new(file, Place { line: 1, column: 1 }, "the file ends too early".into()));
    };
    let place = Place::of(&span);
    if depth > DEPTH_MAX {
        return Err(Error::new(file, place, format!("nested deeper than {DEPTH_MAX}")));
    }
    let what = match event {
        Event::Scalar(text, ..) => What::Text(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            while !matches!(events.last(), Some((Event::SequenceEnd, _)) | None) {
                items.push(node(file, events, depth + 1)?);
            }
            events.pop();
            What::List(items)
        }
        Event::MappingStart(..) => {
            let mut items: Vec<(String, Node)> = Vec::new();
            while !matches!(events.last(), Some((Event::MappingEnd, _)) | None) {
                let key = node(file, events, depth + 1)?;
                let What::Text(name) = key.what else {
                    return Err(Error::new(file, key.place, "a name is expected here".into()));
                };
                if items.iter().any(|(n, _)| *n == name) {
                    return Err(Error::new(file, key.place, format!("`{name}` is here twice")));
                }
                items.push((name, node(file, events, depth + 1)?));
            }
            events.pop();
            What::Map(items)
        }
        _ => return Err(Error::new(file, place, "aliases are not read here; write it out".into())),
    };
    Ok(Node { place, what })
}

//! A YAML 1.2 file as a tree of nodes that know their places.
//!
//! Bounds: file size, nesting, number of nodes (aliases count as what they stand for). All scalars
//! are text here; what they mean is for the reader to say.

use crate::ast::Place;
use crate::finding::Findings;
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::BTreeMap;

/// The longest file, bytes.
pub const FILE_BYTES_MAX: usize = 256 * 1024;
/// The longest line, characters.
pub const LINE_MAX: usize = 4_000;
/// The deepest nesting.
pub const DEPTH_MAX: usize = 24;
/// The most nodes, aliases expanded.
pub const NODES_MAX: usize = 20_000;

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it begins; of a scalar its whole length on the first line.
    pub place: Place,
    /// What it is.
    pub what: What,
    /// The scalar as written, with quotes and indentation.
    raw: Option<Raw>,
    /// Nodes in it, itself included.
    weight: usize,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Text.
    Scalar(String),
    /// `key: value` pairs in order; keys are unique texts.
    Map(Vec<(Node, Node)>),
    /// A list.
    List(Vec<Node>),
}

#[derive(Clone, Debug, PartialEq)]
struct Raw {
    text: String,
    /// Written below `|` or `>`.
    block: bool,
    line: u32,
    column: u32,
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.what {
            What::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is a scalar that was written without quotes: `true` is a yes, `"true"` is text.
    pub fn is_plain(&self) -> bool {
        self.raw.as_ref().is_some_and(|raw| !raw.text.starts_with(['"', '\'', '|', '>']))
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        match &self.what {
            What::Scalar(text) => text.is_empty() || (text == "~" && self.raw.as_ref().is_some_and(|r| r.text != "~")),
            What::Map(pairs) => pairs.is_empty(),
            What::List(items) => items.is_empty(),
        }
    }

    /// The line on which a scalar begins (from 1), on how many it stands, and whether below `|` or `>`.
    pub(crate) fn lines(&self) -> (usize, usize, bool) {
        let first = usize::try_from(self.place.line).unwrap_or_default();
        let count = |raw: &Raw| raw.text.trim_end_matches(['\n', ' ']).matches('\n').count() + 1;
        self.raw.as_ref().map_or((first, 1, false), |raw| (first, count(raw), raw.block))
    }

    /// Whether a scalar is text whatever it looks like: quoted, or below `|` or `>`.
    #[cfg(test)]
    pub(crate) fn is_quoted(&self) -> bool {
        self.raw.as_ref().is_some_and(|raw| raw.block || raw.text.starts_with(['"', '\'']))
    }

    /// "a list", for findings.
    pub fn shape(&self) -> &'static str {
        match self.what {
            What::Scalar(_) => "text",
            What::Map(_) => "`key: value` pairs",
            What::List(_) => "a list",
        }
    }

    /// The place of `length` characters of a scalar's text, `at` characters after its beginning.
    /// Exact unless escapes or folding changed just those characters.
    pub fn within(&self, at: usize, length: usize) -> Place {
        let (Some(text), Some(raw)) = (self.text(), &self.raw) else { return self.place };
        let wanted: String = text.chars().skip(at).take(length).collect();
        let byte_at = text.char_indices().nth(at).map_or(text.len(), |(i, _)| i);
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        if wanted.is_empty() {
            let quote = usize::from(raw.text.starts_with(['"', '\'']));
            return Place { line: raw.line, column: raw.column + small(at + quote), length: 1 };
        }
        // The same characters may come more than once: take the one with as many before it.
        let nth = overlapping(text, &wanted).take_while(|i| *i < byte_at).count();
        let Some(found) = overlapping(&raw.text, &wanted).nth(nth) else { return self.place };
        let before = &raw.text[..found];
        let (line, column) = match before.rfind('\n') {
            None => (raw.line, raw.column + small(before.chars().count())),
            Some(end) => (raw.line + small(before.matches('\n').count()), 1 + small(before[end + 1..].chars().count())),
        };
        Place { line, column, length: small(length.max(1)) }
    }
}

fn overlapping<'a>(text: &'a str, wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.char_indices().map(|(i, _)| i).filter(move |i| text[*i..].starts_with(wanted))
}

/// Reads a file; `None` when it could not be read, with the findings that say why.
pub fn parse(text: &str, findings: &mut Findings) -> Option<Node> {
    if text.len() > FILE_BYTES_MAX {
        let says = format!("the file has {} bytes: at most {FILE_BYTES_MAX} are read", text.len());
        findings.error("TL002", Place { line: 1, column: 1, length: 1 }, says, None);
        return None;
    }
    if let Some(long) = text.split('\n').position(|line| line.len() > LINE_MAX && line.chars().count() > LINE_MAX) {
        let place = Place { line: u32::try_from(long + 1).unwrap_or(u32::MAX), column: 1, length: 1 };
        findings.error("TL002", place, format!("a line has at most {LINE_MAX} characters"), None);
        return None;
    }
    let mut builder = Builder { lines: text.split('\n').collect(), ..Builder::default() };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = match event {
            Ok(event) => event,
            Err(e) => {
                let place = builder.clamp(e.marker().line(), e.marker().col());
                findings.error("TL001", place, format!("not YAML: {}", e.info()), None);
                return None;
            }
        };
        if let Err((code, place, says)) = builder.take(event, span) {
            findings.error(code, place, says, None);
            return None;
        }
    }
    for (place, says) in builder.twice {
        findings.error("TL006", place, says, Some("each key may stand here once".into()));
    }
    if builder.root.is_none() {
        findings.error("TL001", Place { line: 1, column: 1, length: 1 }, "the file is empty", None);
    }
    builder.root
}

/// A node that is being read.
struct Open {
    place: Place,
    anchor: usize,
    map: bool,
    items: Vec<Node>,
}

#[derive(Default)]
struct Builder<'a> {
    lines: Vec<&'a str>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
    documents: usize,
    twice: Vec<(Place, String)>,
}

type Refused = (&'static str, Place, String);

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Refused> {
        let place = self.place(span);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(("TL003", place, "one file holds one document: `---` begins a second".into()));
                }
            }
            Event::Scalar(text, style, anchor, _) => {
                let node = self.scalar(&text, style, span);
                self.add(node, anchor)?;
            }
            Event::SequenceStart(anchor, _) => self.begin(place, anchor, false)?,
            Event::MappingStart(anchor, _) => self.begin(place, anchor, true)?,
            Event::SequenceEnd | Event::MappingEnd => self.end()?,
            Event::Alias(anchor) => {
                let Some(mut node) = self.anchors.get(&anchor).cloned() else {
                    return Err(("TL001", place, "this alias stands for nothing, or for what it is in itself".into()));
                };
                node.place = place;
                self.add(node, 0)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, place: Place, anchor: usize, map: bool) -> Result<(), Refused> {
        if self.open.len() >= DEPTH_MAX {
            return Err(("TL002", place, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.open.push(Open { place, anchor, map, items: Vec::new() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refused> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let weight = 1 + open.items.iter().map(|n| n.weight).sum::<usize>();
        let what = if open.map { self.pairs(open.items)? } else { What::List(open.items) };
        // Its items are counted already.
        self.nodes = self.nodes.saturating_sub(weight - 1);
        self.add(Node { place: open.place, what, raw: None, weight }, open.anchor)
    }

    fn pairs(&mut self, items: Vec<Node>) -> Result<What, Refused> {
        let mut pairs: Vec<(Node, Node)> = Vec::new();
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            let Some(name) = key.text() else {
                return Err(("TL003", key.place, format!("a key is text, not {}", key.shape())));
            };
            if pairs.iter().any(|(k, _)| k.text() == Some(name)) {
                self.twice.push((key.place, format!("`{name}` stands here twice")));
            } else {
                pairs.push((key, value));
            }
        }
        Ok(What::Map(pairs))
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Refused> {
        self.nodes += node.weight;
        if self.nodes > NODES_MAX {
            return Err(("TL002", node.place, format!("more than {NODES_MAX} values, aliases counted in full")));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            Some(open) => open.items.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn scalar(&self, text: &str, style: ScalarStyle, span: Span) -> Node {
        let raw = self.raw(span);
        let mut place = self.place(span);
        let first = raw.lines().next().unwrap_or_default().trim_end().chars().count();
        place.length = u32::try_from(first.max(1)).unwrap_or(u32::MAX);
        // An empty value and `~` are the same to the parser; a quoted `~` is text.
        let text = if style == ScalarStyle::Plain && text == "~" { "" } else { text };
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let raw = Raw { text: raw, block, line: place.line, column: place.column };
        Node { place, what: What::Scalar(text.into()), raw: Some(raw), weight: 1 }
    }

    /// The source between the two ends of a span.
    fn raw(&self, span: Span) -> String {
        let (from, to) = (span.start, span.end);
        let mut out = String::new();
        for number in from.line()..=to.line() {
            let line = number.checked_sub(1).and_then(|n| self.lines.get(n)).copied().unwrap_or_default();
            let skip = if number == from.line() { from.col() } else { 0 };
            let take = if number == to.line() { to.col().saturating_sub(skip) } else { usize::MAX };
            if number > from.line() {
                out.push('\n');
            }
            out.extend(line.chars().skip(skip).take(take));
        }
        out
    }

    fn place(&self, span: Span) -> Place {
        self.clamp(span.start.line(), span.start.col())
    }

    /// A place inside the file, whatever the parser says; its columns count from 0.
    fn clamp(&self, line: usize, column: usize) -> Place {
        let line = line.clamp(1, self.lines.len().max(1));
        let width = self.lines.get(line - 1).map_or(0, |l| l.chars().count());
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place { line: small(line), column: small(column.min(width) + 1), length: 1 }
    }
}

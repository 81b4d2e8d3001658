//! A small reader of YAML: events into a tree that knows the place of each of its nodes.

use saphyr_parser::{Event, Marker, Parser};

/// The deepest nesting.
const DEPTH_MAX: usize = 16;
/// The most nodes of a file.
const NODES_MAX: usize = 20_000;

/// What is wrong and where: `rules/caps.yaml:3:5: …`.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// A node and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    file: String,
    line: usize,
    column: usize,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// Reads one document.
    pub(crate) fn read(file: &str, text: &str) -> Result<Self> {
        let mut reader = Reader { parser: Parser::new_from_str(text), file, nodes: 0 };
        loop {
            match reader.next()? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (event, mark) => return reader.node(event, mark, 0),
            }
        }
    }

    /// An error at this node.
    pub(crate) fn wrong<T>(&self, what: impl std::fmt::Display) -> Result<T> {
        Err(format!("{}:{}:{}: {what}", self.file, self.line, self.column))
    }

    /// A scalar.
    pub(crate) fn text(&self) -> Result<&str> {
        match &self.shape {
            Shape::Text(text) => Ok(text),
            _ => self.wrong("text is expected here"),
        }
    }

    /// A whole number up to `max`.
    pub(crate) fn number(&self, max: usize) -> Result<usize> {
        match self.text()?.parse::<usize>() {
            Ok(n) if n <= max => Ok(n),
            _ => self.wrong(format_args!("a whole number from 0 to {max} is expected here")),
        }
    }

    /// `21:00` as minutes after midnight.
    pub(crate) fn time(&self) -> Result<u16> {
        let read = |text: &str| -> Option<u16> {
            let (hour, minute) = text.split_once(':')?;
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        };
        match read(self.text()?) {
            Some(minutes) => Ok(minutes),
            None => self.wrong("a time of day as in \"21:00\" is expected here"),
        }
    }

    /// A list.
    pub(crate) fn list(&self) -> Result<&[Self]> {
        match &self.shape {
            Shape::List(items) => Ok(items),
            _ => self.wrong("a list is expected here"),
        }
    }

    /// The entries of a map: key, its node, value.
    pub(crate) fn entries(&self) -> Result<Vec<(&str, &Self, &Self)>> {
        match &self.shape {
            Shape::Map(entries) => entries.iter().map(|(k, v)| Ok((k.text()?, k, v))).collect(),
            _ => self.wrong("`key: value` entries are expected here"),
        }
    }

    /// The value of a key.
    pub(crate) fn find(&self, key: &str) -> Result<Option<&Self>> {
        Ok(self.entries()?.into_iter().find(|(k, ..)| *k == key).map(|(_, _, v)| v))
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, key: &str) -> Result<&Self> {
        match self.find(key)? {
            Some(node) => Ok(node),
            None => self.wrong(format_args!("`{key}` is missing")),
        }
    }

    /// Refuses keys that nobody reads, and keys that come twice.
    pub(crate) fn only(&self, known: &[&str]) -> Result<()> {
        let entries = self.entries()?;
        for (at, (key, node, _)) in entries.iter().enumerate() {
            if !known.contains(key) {
                return node.wrong(format_args!("`{key}` is not known here; known are: {}", known.join(", ")));
            }
            if entries[..at].iter().any(|(before, ..)| before == key) {
                return node.wrong(format_args!("`{key}` is here twice"));
            }
        }
        Ok(())
    }
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    file: &'a str,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Marker)> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start)),
            Some(Err(e)) => Err(at(self.file, e.marker(), e.info())),
            None => Err(format!("{}:1:1: the file is empty", self.file)),
        }
    }

    fn node(&mut self, event: Event<'a>, mark: Marker, depth: usize) -> Result<Node> {
        self.nodes += 1;
        if depth > DEPTH_MAX || self.nodes > NODES_MAX {
            return Err(at(self.file, &mark, "too deep or too long"));
        }
        let shape = match event {
            Event::Scalar(text, ..) => Shape::Text(text.into_owned()),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Shape::List(items),
                        (event, mark) => items.push(self.node(event, mark, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut entries = Vec::new();
                loop {
                    match self.next()? {
                        (Event::MappingEnd, _) => break Shape::Map(entries),
                        (event, mark) => {
                            let key = self.node(event, mark, depth + 1)?;
                            let (event, mark) = self.next()?;
                            entries.push((key, self.node(event, mark, depth + 1)?));
                        }
                    }
                }
            }
            Event::Alias(_) => return Err(at(self.file, &mark, "aliases are not read here")),
            _ => return Err(at(self.file, &mark, "the file is empty")),
        };
        Ok(Node { file: self.file.to_owned(), line: mark.line(), column: mark.col() + 1, shape })
    }
}

fn at(file: &str, mark: &Marker, what: &str) -> String {
    format!("{file}:{}:{}: {what}", mark.line(), mark.col() + 1)
}

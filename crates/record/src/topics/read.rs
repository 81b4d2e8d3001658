//! From the text of topic files to topics.

use super::path::Path;
use super::yaml::{self, Node, What};
use super::{Error, Known, Source, Test, Topic, Topics};
use std::collections::BTreeMap;

/// Topics in all files together.
const TOPICS_MAX: usize = 512;

type Lists = BTreeMap<String, Vec<String>>;

/// One file being read.
struct Reader<'a> {
    file: &'a str,
    lists: &'a Lists,
}

pub(super) fn read(files: &[(&str, &str)]) -> Result<Topics, Error> {
    let mut trees = Vec::new();
    let mut lists = Lists::new();
    for (file, text) in files {
        let tree = yaml::read(file, text)?;
        for (name, node) in map(file, &tree)? {
            match name.as_str() {
                "codes" => code_lists(file, node, &mut lists)?,
                "topics" => {}
                _ => return Err(unknown(file, node, name, "`codes` and `topics`")),
            }
        }
        trees.push((*file, tree));
    }
    let mut topics = Topics::default();
    let mut count = 0;
    for (file, tree) in &trees {
        let reader = Reader { file, lists: &lists };
        for (_, node) in map(file, tree)?.iter().filter(|(name, _)| name == "topics") {
            for item in items(file, node)? {
                count += 1;
                if count > TOPICS_MAX {
                    return Err(Error::new(file, item.place, format!("more than {TOPICS_MAX} topics")));
                }
                let (resource, topic) = reader.topic(item)?;
                topics.by_resource.entry(resource).or_default().push(topic);
            }
        }
    }
    Ok(topics)
}

fn unknown(file: &str, node: &Node, name: &str, known: &str) -> Error {
    // The place of a key is not kept; its value stands beside or below it.
    let place = yaml::Place { line: node.place.line, column: 1.max(node.place.column.saturating_sub(name.len() + 2)) };
    Error::new(file, place, format!("`{name}` is not known here; known are {known}"))
}

fn map<'a>(file: &str, node: &'a Node) -> Result<&'a [(String, Node)], Error> {
    match &node.what {
        What::Map(items) => Ok(items),
        _ => Err(Error::new(file, node.place, "`name: value` is expected here".into())),
    }
}

/// The items of a list; one that stands alone is a list of one.
fn items<'a>(_file: &str, node: &'a Node) -> Result<&'a [Node], Error> {
    match &node.what {
        What::List(items) => Ok(items),
        _ => Ok(std::slice::from_ref(node)),
    }
}

fn word<'a>(file: &str, node: &'a Node) -> Result<&'a str, Error> {
    match &node.what {
        What::Text(text) => Ok(text.trim()),
        _ => Err(Error::new(file, node.place, "a word is expected here".into())),
    }
}

fn code_lists(file: &str, node: &Node, lists: &mut Lists) -> Result<(), Error> {
    for (name, codes) in map(file, node)? {
        let found = items(file, codes)?.iter().map(|c| word(file, c).map(str::to_owned)).collect::<Result<_, _>>()?;
        if lists.insert(name.clone(), found).is_some() {
            return Err(Error::new(file, codes.place, format!("the list `codes.{name}` is defined twice")));
        }
    }
    Ok(())
}

impl Reader<'_> {
    fn error(&self, node: &Node, what: String) -> Error {
        Error::new(self.file, node.place, what)
    }

    fn topic(&self, node: &Node) -> Result<(String, Topic), Error> {
        let mut resource = String::new();
        let mut topic = Topic {
            fact: String::new(),
            when: Vec::new(),
            was: Vec::new(),
            changed: Vec::new(),
            known: Known::Nothing,
            each: None,
            occurred_at: Vec::new(),
            episode: Vec::new(),
            body: Vec::new(),
        };
        for (name, value) in map(self.file, node)? {
            match name.as_str() {
                "fact" => topic.fact = self.kind(value)?,
                "resource" => resource = self.resource(value)?,
                "when" => topic.when = self.tests(value)?,
                "was" => topic.was = self.tests(value)?,
                "changed" => {
                    topic.changed = items(self.file, value)?
                        .iter()
                        .map(|n| self.path(n, word(self.file, n)?))
                        .collect::<Result<_, _>>()?;
                }
                "known" if word(self.file, value)? == "discharged_before" => topic.known = Known::DischargedBefore,
                "known" => return Err(self.error(value, "`known` can be `discharged_before`".into())),
                "each" => topic.each = Some(self.path(value, word(self.file, value)?)?),
                "occurred_at" => topic.occurred_at = self.sources(value)?,
                "episode" => topic.episode = self.sources(value)?,
                "body" => {
                    for (field, node) in map(self.file, value)? {
                        topic.body.push((field.clone(), self.sources(node)?));
                    }
                }
                _ => {
                    let known = "fact, resource, when, was, changed, known, each, occurred_at, episode, body";
                    return Err(unknown(self.file, value, name, known));
                }
            }
        }
        if topic.fact.is_empty() || resource.is_empty() || topic.when.is_empty() {
            return Err(self.error(node, "a topic needs `fact`, `resource` and `when`".into()));
        }
        Ok((resource, topic))
    }

    fn kind(&self, node: &Node) -> Result<String, Error> {
        let text = word(self.file, node)?;
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        match text.split_once('.') {
            Some((part, past)) if plain(part) && plain(past) => Ok(text.to_owned()),
            _ => Err(self.error(node, format!("`{text}` is not `part.past_tense`, as in `medication.ready`"))),
        }
    }

    fn resource(&self, node: &Node) -> Result<String, Error> {
        let text = word(self.file, node)?;
        if text.starts_with(|c: char| c.is_ascii_uppercase()) && text.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Ok(text.to_owned());
        }
        Err(self.error(node, format!("`{text}` is not a FHIR resource type, as `Encounter` is")))
    }

    fn path(&self, node: &Node, text: &str) -> Result<Path, Error> {
        Path::read(text).map_err(|what| self.error(node, what))
    }

    fn tests(&self, node: &Node) -> Result<Vec<Test>, Error> {
        items(self.file, node)?.iter().map(|n| self.test(n)).collect()
    }

    fn test(&self, node: &Node) -> Result<Test, Error> {
        if let What::Map(entries) = &node.what {
            return match entries.as_slice() {
                [(name, inner)] if name == "any" => Ok(Test::Any(self.tests(inner)?)),
                _ => Err(self.error(node, "a condition is one line, or `any:` with a list of them".into())),
            };
        }
        let text = word(self.file, node)?;
        let form = || {
            let what = "is not `path exists`, `path missing`, `path = x`, `path != x`, `path in [a, b]` or `path not in codes.x`";
            self.error(node, format!("`{text}` {what}"))
        };
        let (path, rest) = text.split_once(' ').ok_or_else(form)?;
        let path = self.path(node, path)?;
        let rest = rest.trim();
        match rest {
            "exists" => return Ok(Test::Exists(path)),
            "missing" => return Ok(Test::Missing(path)),
            _ => {}
        }
        if let Some(list) = rest.strip_prefix("not in ") {
            return Ok(Test::NotIn(path, self.list(node, list)?));
        }
        if let Some(list) = rest.strip_prefix("in ") {
            return Ok(Test::In(path, self.list(node, list)?));
        }
        if let Some(value) = rest.strip_prefix("!= ") {
            return Ok(Test::NotIn(path, vec![value.trim().to_owned()]));
        }
        let value = rest.strip_prefix("= ").ok_or_else(form)?;
        Ok(Test::In(path, vec![value.trim().to_owned()]))
    }

    fn list(&self, node: &Node, text: &str) -> Result<Vec<String>, Error> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix("codes.") {
            return self.lists.get(name).cloned().ok_or_else(|| {
                let known: Vec<&str> = self.lists.keys().map(String::as_str).collect();
                self.error(node, format!("no list `codes.{name}`; there are: {}", known.join(", ")))
            });
        }
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        let inner = inner.ok_or_else(|| self.error(node, format!("`{text}` is neither `[a, b]` nor `codes.name`")))?;
        Ok(inner.split(',').map(|v| v.trim().to_owned()).collect())
    }

    fn sources(&self, node: &Node) -> Result<Vec<Source>, Error> {
        items(self.file, node)?.iter().map(|n| self.source(n)).collect()
    }

    fn source(&self, node: &Node) -> Result<Source, Error> {
        self.source_of(node, word(self.file, node)?)
    }

    fn source_of(&self, node: &Node, text: &str) -> Result<Source, Error> {
        let inner = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        Ok(match text {
            "self" => Source::Own,
            "known.of" => Source::Of,
            "subject" => Source::Subject,
            _ => {
                if let Some(source) = inner("time") {
                    Source::Time(Box::new(self.source_of(node, source)?))
                } else if let Some(path) = inner("was") {
                    Source::Was(self.path(node, path)?)
                } else if let Some(path) = inner("exists") {
                    Source::Exists(self.path(node, path)?)
                } else if let Some(path) = inner("codes") {
                    Source::Codes(self.path(node, path)?)
                } else if let Some(path) = inner("encounter_of") {
                    Source::EncounterOf(self.path(node, path)?)
                } else if let Some(word) = inner("text") {
                    Source::Literal(word.to_owned())
                } else {
                    Source::Path(self.path(node, text)?)
                }
            }
        })
    }
}

//! What words keep to, as data: `rules/words.yaml`.

use crate::finding::Findings;
use crate::yaml::{self, Node, What};
use std::sync::OnceLock;

const FILE: &str = "rules/words.yaml";
const TEXT: &str = include_str!("../../../../rules/words.yaml");

/// The file, read.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    segments_max: Vec<(String, usize)>,
    letters: Vec<(String, String)>,
    samples: Vec<(String, String)>,
    pub grade_max: f64,
    pub words_min: usize,
    pub familiar: Vec<String>,
    pub heard: Vec<String>,
    pub shown: Vec<String>,
    pub placeholders: Vec<String>,
    pub doing: Vec<String>,
}

impl Rules {
    /// Those that ship with the binary.
    pub fn shipped() -> &'static Self {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(|| Self::read(TEXT).unwrap_or_default())
    }

    fn read(text: &str) -> Option<Self> {
        let root = yaml::parse(text, &mut Findings::of(FILE))?;
        let get = |key: &str| of(&root, key);
        let telling = get("telling")?;
        Some(Self {
            segments_max: pairs(get("segments_max")?).filter_map(|(k, v)| Some((k, v.parse().ok()?))).collect(),
            letters: pairs(get("letters")?).collect(),
            samples: pairs(get("samples")?).collect(),
            grade_max: get("grade_max")?.text()?.parse().ok()?,
            words_min: get("words_min")?.text()?.parse().ok()?,
            familiar: list(get("familiar")?),
            heard: list(of(telling, "heard")?),
            shown: list(of(telling, "shown")?),
            placeholders: list(get("placeholders")?),
            doing: list(get("doing")?),
        })
    }

    /// The most parts of a text in a language.
    pub fn segments_max(&self, language: &str) -> usize {
        let found = |tag: &str| self.segments_max.iter().find(|(t, _)| t == tag).map(|(_, n)| *n);
        found(super::primary(language)).or_else(|| found("other")).unwrap_or(1)
    }

    /// Letters that a language needs beside the 7-bit alphabet.
    pub fn letters(&self, language: &str) -> &str {
        self.letters.iter().find(|(t, _)| t == super::primary(language)).map_or("", |(_, letters)| letters)
    }

    /// A usual long value of a field: `person.first_name`.
    pub fn sample(&self, field: &str) -> Option<&str> {
        self.samples.iter().find(|(f, _)| f == field).map(|(_, text)| text.as_str())
    }
}

fn of<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.what {
        What::Map(pairs) => pairs.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, v)| v),
        _ => None,
    }
}

fn pairs(node: &Node) -> impl Iterator<Item = (String, String)> + '_ {
    let pairs = match &node.what {
        What::Map(pairs) => pairs.as_slice(),
        _ => &[],
    };
    pairs.iter().filter_map(|(k, v)| Some((k.text()?.to_owned(), v.text()?.to_owned())))
}

fn list(node: &Node) -> Vec<String> {
    match &node.what {
        What::List(items) => items.iter().filter_map(|n| n.text().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_shipped_file_is_read_whole() {
        let rules = Rules::read(TEXT).unwrap();
        assert_eq!((rules.segments_max("en-US"), rules.segments_max("es"), rules.segments_max("vi")), (1, 2, 2));
        assert!(rules.letters("es").contains('í') && rules.letters("en").is_empty());
        assert_eq!(rules.sample("clinic.emergency_number"), Some("911"));
        assert!((rules.grade_max - 6.0).abs() < f64::EPSILON && rules.words_min == 30);
        let lists = [&rules.familiar, &rules.heard, &rules.shown, &rules.placeholders, &rules.doing];
        assert!(lists.iter().all(|l| l.len() > 5 && l.iter().all(|w| !w.trim().is_empty())));
        assert!(TEXT.contains("citation:"), "each rule names its source");
    }
}

//! The catalogue of facts that are derived from changes of FHIR resources, read from `topics/*.yaml`.
//!
//! A topic names a resource type and conditions on its new version (`when`), its earlier version
//! (`was`) and what is known (`known`). It speaks when it has *become* true: a resource sent again,
//! or changed in an element that the topic does not ask about, derives nothing. `topics/README.md`
//! tells authors how a topic is written.

mod path;
mod read;
pub(crate) mod yaml;

use crate::{Record, json};
use jiff::tz::TimeZone;
use model::fact::SCHEMA_VERSION;
use model::time::DAY_MS;
use model::{Actor, At, Fact, FactId};
use path::{Path, Roots};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Facts derived from one change.
const FACTS_MAX: usize = 64;
/// Codes listed in a body.
const CODES_MAX: usize = 16;
/// How long after a discharge a new stay is still a readmission of it, days. Longer than the 30 days of
/// 42 CFR 412.152 (Hospital Readmissions Reduction Program), because follow-up runs on for longer.
const READMISSION_DAYS: i64 = 90;

/// A topic file does not say what it should; where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {what}")]
pub struct Error {
    /// The file as it was named.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl Error {
    fn new(file: &str, place: yaml::Place, what: String) -> Self {
        Self { file: file.to_owned(), line: place.line, column: place.column, what }
    }
}

/// A question about one version of a resource.
#[derive(Clone, Debug)]
enum Test {
    Exists(Path),
    Missing(Path),
    In(Path, Vec<String>),
    NotIn(Path, Vec<String>),
    Any(Vec<Test>),
}

/// Where a value of the body, the episode or the time comes from.
#[derive(Clone, Debug)]
enum Source {
    /// `Encounter/1`: the resource itself.
    Own,
    /// An element of the new version.
    Path(Path),
    /// An element of the earlier version.
    Was(Path),
    /// True when the element is there; nothing otherwise.
    Exists(Path),
    /// All codes as `system|code`.
    Codes(Path),
    /// The encounter known for the prescription that the path names.
    EncounterOf(Path),
    /// The encounter that `known: discharged_before` found.
    Of,
    /// `system|value` of the received fact's subject.
    Subject,
    /// A date or time, as RFC 3339; a date is its midnight where the person lives.
    Time(Box<Source>),
    /// A word.
    Literal(String),
}

/// What is asked of the record.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Known {
    Nothing,
    /// Other encounters that ended in a discharge before this one began: a fact for each.
    DischargedBefore,
}

/// One topic.
#[derive(Clone, Debug)]
struct Topic {
    fact: String,
    when: Vec<Test>,
    was: Vec<Test>,
    changed: Vec<Path>,
    known: Known,
    each: Option<Path>,
    occurred_at: Vec<Source>,
    episode: Vec<Source>,
    body: Vec<(String, Vec<Source>)>,
}

/// The topics in force.
#[derive(Clone, Debug, Default)]
pub struct Topics {
    by_resource: BTreeMap<String, Vec<Topic>>,
}

/// What one fact of a topic is made from.
#[derive(Clone, Copy)]
struct View<'a> {
    before: Option<&'a Json>,
    after: Roots<'a>,
    of: Option<&'a str>,
    known: &'a Record,
    received: &'a Fact,
    zone: &'a TimeZone,
}

impl Topics {
    /// Reads topic files: name (as errors show it) and text. Named code lists are shared between them.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn read(files: &[(&str, &str)]) -> Result<Self, Error> {
        read::read(files)
    }

    /// The topics that come with the program.
    pub fn shipped() -> Self {
        // The test `the_shipped_topics_are_right` reads the same text, so this cannot fail in a build
        // that passed its tests; without topics nothing would be derived, and those tests see that too.
        Self::read(SHIPPED).unwrap_or_default()
    }

    /// The kinds of facts that these topics derive, sorted.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.by_resource.values().flatten().map(|t| t.fact.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The facts that the change from `before` to `after` means. `received` is the `resource.received`
    /// that brought `after`: what is derived has its source, subject, site, origin and sensitivity,
    /// and names it as its cause. `known` is the person's record, with or without `after` folded in.
    pub fn derive(&self, before: Option<&Json>, after: &Json, received: &Fact, known: &Record) -> Vec<Fact> {
        if before == Some(after) {
            return Vec::new();
        }
        let Some(topics) = json::text(after, &["resourceType"]).and_then(|t| self.by_resource.get(t)) else {
            return Vec::new();
        };
        let zone = known.zone.as_deref().and_then(model::time::zone).unwrap_or(TimeZone::UTC);
        let view =
            View { before, after: Roots { resource: after, item: None }, of: None, known, received, zone: &zone };
        let mut facts = Vec::new();
        for topic in topics.iter().filter(|t| t.speaks(before, after)) {
            topic.say(view, &mut facts);
        }
        facts.truncate(FACTS_MAX);
        facts
    }
}

/// The topic files that come with the program: name and text. A hospital's own are read together with them.
pub const SHIPPED: &[(&str, &str)] = &[
    ("topics/appointment.yaml", include_str!("../../../../topics/appointment.yaml")),
    ("topics/encounter.yaml", include_str!("../../../../topics/encounter.yaml")),
    ("topics/medication.yaml", include_str!("../../../../topics/medication.yaml")),
    ("topics/patient.yaml", include_str!("../../../../topics/patient.yaml")),
    ("topics/procedure.yaml", include_str!("../../../../topics/procedure.yaml")),
];

impl Test {
    fn holds(&self, resource: &Json) -> bool {
        let walk = |path: &Path| path.walk(Roots { resource, item: None });
        let is_in =
            |path: &Path, values: &[String]| walk(path).iter().any(|n| values.iter().any(|v| path::matches(n, v)));
        match self {
            Self::Exists(path) => !walk(path).is_empty(),
            Self::Missing(path) => walk(path).is_empty(),
            Self::In(path, values) => is_in(path, values),
            Self::NotIn(path, values) => !is_in(path, values),
            Self::Any(tests) => tests.iter().any(|t| t.holds(resource)),
        }
    }
}

fn all(tests: &[Test], resource: &Json) -> bool {
    tests.iter().all(|t| t.holds(resource))
}

impl Topic {
    /// Whether the change makes this topic true.
    fn speaks(&self, before: Option<&Json>, after: &Json) -> bool {
        if !all(&self.when, after) {
            return false;
        }
        let Some(before) = before else { return self.was.is_empty() && self.changed.is_empty() };
        if !all(&self.was, before) {
            return false;
        }
        if self.changed.is_empty() {
            return !all(&self.when, before);
        }
        let walk =
            |p: &Path, r| -> Vec<Json> { p.walk(Roots { resource: r, item: None }).into_iter().cloned().collect() };
        self.changed.iter().any(|p| walk(p, before) != walk(p, after))
    }

    /// Adds this topic's facts: one, or one for each item and each earlier encounter.
    fn say(&self, view: View<'_>, out: &mut Vec<Fact>) {
        let items: Vec<Option<&Json>> = match &self.each {
            Some(path) => path.walk(view.after).into_iter().map(Some).collect(),
            None => vec![None],
        };
        let earlier: Vec<Option<&str>> = match self.known {
            Known::Nothing => vec![None],
            Known::DischargedBefore => discharged_before(view).into_iter().map(Some).collect(),
        };
        for item in items {
            for of in &earlier {
                let view = View { after: Roots { item, ..view.after }, of: *of, ..view };
                let fact = self.fact_of(view, out.len());
                out.push(fact);
            }
        }
    }

    fn fact_of(&self, view: View<'_>, index: usize) -> Fact {
        let received = view.received;
        let time = first(&self.occurred_at, view).and_then(|v| At::read(v.as_str()?, view.zone));
        let mut body = Map::new();
        for (name, sources) in &self.body {
            if let Some(value) = first(sources, view) {
                body.insert(name.clone(), value);
            }
        }
        Fact {
            id: FactId::of(&[self.fact.as_bytes(), &received.id.0.bytes(), &(index as u64).to_le_bytes()]),
            source: received.source.clone(),
            subject: received.subject.clone(),
            site: received.site.clone(),
            kind: self.fact.clone(),
            version: SCHEMA_VERSION,
            occurred_at: time.unwrap_or(received.occurred_at),
            recorded_at: received.recorded_at,
            origin: received.origin,
            actor: Actor::System,
            episode: first(&self.episode, view).and_then(|v| v.as_str().map(str::to_owned)),
            sensitivity: received.sensitivity,
            cause: Some(received.id.to_string()),
            retracts: None,
            body: Json::Object(body),
        }
    }
}

fn first(sources: &[Source], view: View<'_>) -> Option<Json> {
    sources.iter().find_map(|s| s.value(view))
}

impl Source {
    fn value(&self, view: View<'_>) -> Option<Json> {
        let plain = |path: &Path, roots| path.walk(roots).into_iter().find_map(path::plain);
        match self {
            Self::Own => json::own_id(view.after.resource).map(Json::String),
            Self::Path(path) => plain(path, view.after),
            Self::Was(path) => plain(path, Roots { resource: view.before?, item: None }),
            Self::Exists(path) => (!path.walk(view.after).is_empty()).then_some(Json::Bool(true)),
            Self::Codes(path) => {
                let found = path.walk(view.after).into_iter().flat_map(|n| json::list(n, "coding"));
                let codes: Vec<Json> = found.filter_map(json::coding).take(CODES_MAX).map(Json::String).collect();
                (!codes.is_empty()).then_some(Json::Array(codes))
            }
            Self::EncounterOf(path) => {
                let id = plain(path, view.after)?;
                let rx = view.known.prescriptions.iter().find(|rx| Some(rx.id.as_str()) == id.as_str())?;
                rx.encounter.clone().map(Json::String)
            }
            Self::Of => view.of.map(|of| Json::String(of.to_owned())),
            Self::Subject => Some(Json::String(view.received.subject.clone())),
            Self::Time(inner) => {
                let at = At::read(inner.value(view)?.as_str()?, view.zone)?;
                Some(Json::String(at.to_string()))
            }
            Self::Literal(text) => Some(Json::String(text.clone())),
        }
    }
}

/// Other encounters that ended in a discharge, not after and at most [`READMISSION_DAYS`] before the
/// start of this one.
fn discharged_before<'a>(view: View<'a>) -> Vec<&'a str> {
    let own = json::own_id(view.after.resource);
    let start = json::time(view.after.resource, &["period", "start"], view.zone).unwrap_or(view.received.occurred_at);
    let recent = |at: At| at <= start && start.0 - at.0 <= READMISSION_DAYS * DAY_MS;
    let other = view.known.encounters.iter().filter(|e| Some(&e.id) != own.as_ref());
    other.filter(|e| e.discharged_at.is_some_and(recent)).map(|e| e.id.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_topics_are_right() {
        let topics = Topics::read(SHIPPED).map_err(|e| e.to_string()).expect("the shipped topics are right");
        let documented = include_str!("../../../../docs/facts.md");
        for kind in topics.kinds() {
            assert!(documented.contains(&format!("`{kind}`")), "{kind} is not in docs/facts.md");
        }
        let section = documented.split("## Derived from changes").nth(1).and_then(|t| t.split("\n## ").next());
        for cell in section.unwrap_or_default().lines().filter_map(|l| l.split('|').nth(1)) {
            for kind in cell.split('`').filter(|k| k.contains('.')) {
                assert!(topics.kinds().contains(&kind), "no topic derives {kind}");
            }
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let told = |text: &str| Topics::read(&[("t.yaml", text)]).err().map(|e| e.to_string()).unwrap_or_default();
        let topic = "topics:\n  - fact: a.happened\n    resource: Encounter\n    when:\n";
        assert_eq!(told(""), "t.yaml:1:1: the file is empty; it needs `topics:`");
        assert!(told(&format!("{topic}      - status is done\n")).starts_with("t.yaml:5:9: `status is done`"));
        assert!(told(&format!("{topic}      - status in codes.no\n")).starts_with("t.yaml:5:9: no list `codes.no`"));
        assert!(told(&format!("{topic}      - a..b exists\n")).starts_with("t.yaml:5:9: "));
        assert!(told("topics:\n  - fact: Happened\n").starts_with("t.yaml:2:11: "));
        assert!(told("topic: []\n").starts_with("t.yaml:1:1: "), "{}", told("topic: []\n"));
        assert!(told("topics: [\n").starts_with("t.yaml:2:"), "{}", told("topics: [\n"));
    }
}

//! From a tree of nodes to a compiled pathway.
//!
//! Everything is read first, whatever mistakes there are; what depends on where a step stands
//! (which answers it may name, where it leads) is checked at the end, see [`crate::flow`].

use crate::ast::{Checklist, Late, Leave, Pathway, Place, Question, Service, Step, StepIx, Words};
use crate::codes::CodeSets;
use crate::condition::{self, Written};
use crate::expr::Expr;
use crate::finding::{Finding, Findings};
use crate::reader::{self, Keys, text};
use crate::template::FieldAt;
use crate::types::Names;
use crate::yaml::{self, Node};
use crate::{flow, times};
use model::value::{Kind, Type};
use model::{Channel, Id};
use std::collections::BTreeMap;

/// The version of the language that this crate reads.
pub const LANGUAGE: &str = "1";
/// The most steps of a pathway.
pub const STEPS_MAX: usize = 1_000;
/// Facts older than this start nothing, unless the pathway says less.
pub(crate) const FRESH_FOR_MS: i64 = 72 * model::time::HOUR_MS;

/// The keys of a file.
pub(crate) const KEYS: &[&str] = &[
    "pathway",
    "language",
    "title",
    "owner",
    "fallback_team",
    "speaks",
    "standing",
    "evidence",
    "beside",
    "approved",
    "review_by",
    "reviewed",
    "discloses",
    "enrol",
    "leave",
    "tracks",
    "sub_pathways",
    "words",
    "parts",
    "forms",
    "checklists",
    "questions",
    "patients",
    "goals",
    "services",
];

/// Reads, checks and compiles one pathway. `file` is its name as findings show it; `codes` are the
/// code sets and `teams` the teams that it may name. `Ok` comes with warnings, `Err` with all
/// mistakes of the file (at most [`crate::finding::FINDINGS_MAX`]).
pub fn read(
    file: &str,
    source: &str,
    codes: &CodeSets,
    teams: &[String],
) -> Result<(Pathway, Vec<Finding>), Vec<Finding>> {
    let mut findings = Findings::of(file);
    let Some(root) = yaml::parse(source, &mut findings) else { return Err(findings.sorted()) };
    let mut compiler = Compiler::new(findings, codes, teams);
    let pathway = compiler.pathway(&root, source);
    match pathway {
        Some(pathway) if !compiler.findings.refused() => Ok((pathway, compiler.findings.sorted())),
        _ => Err(compiler.findings.sorted()),
    }
}

/// The same for a version that was taken before: what the language has come to refuse since then
/// ([`crate::finding::SINCE`]) does not keep it from its journeys.
pub(crate) fn read_again(source: &str, codes: &CodeSets, teams: &[String]) -> Option<Pathway> {
    let mut findings = Findings::of("");
    let root = yaml::parse(source, &mut findings)?;
    let mut compiler = Compiler::new(findings, codes, teams);
    compiler.pathway(&root, source).filter(|_| !compiler.findings.refused_before())
}

/// A jump that is not resolved yet.
pub(crate) struct Jump {
    pub from: StepIx,
    pub slot: Slot,
    pub to: String,
    pub place: Place,
    /// Once resolved.
    pub found: Option<StepIx>,
}

/// Which of a step's jumps.
#[derive(Clone, Copy)]
pub(crate) enum Slot {
    Found,
    Missed,
    Arm(usize),
    Unknown,
    Otherwise,
    Got,
    Not,
    Answered,
    HoldOut,
    /// What an `include` goes into.
    Sub,
}

/// Something to check once it is known what names have a value at a step.
pub(crate) struct Ask<'n> {
    /// `None`: at enrolment.
    pub step: Option<StepIx>,
    /// Where it is written.
    pub node: &'n Node,
    pub what: Asking<'n>,
}

pub(crate) enum Asking<'n> {
    /// A condition; `unanswered`: the branch does not say what if unknown.
    Condition { written: Written, unanswered: bool },
    /// When an `ask` of this question stops: over its own answers.
    Stop { written: Written, question: &'n str },
    /// A condition of a goal: it may name the answer of any prompt.
    Goal { written: Written },
    /// A field of this type.
    Field { path: Vec<String>, ty: Type },
    /// `rx` of `rx.picked_up` is bound.
    Variable { name: String },
    /// A day of a `repeat`.
    Day { name: String },
    /// Fields in words.
    Fields { fields: Vec<FieldAt> },
    /// Words that are sent by these channels.
    Words { name: &'n str, by: Vec<Channel>, task: bool },
}

/// Where a piece of words is written, for findings.
pub(crate) struct Said<'n> {
    pub language: String,
    pub channel: Channel,
    /// A mail's subject.
    pub subject: bool,
    pub node: &'n Node,
    pub fields: Vec<FieldAt>,
}

/// What is gathered while a file is read.
pub(crate) struct Compiler<'a, 'n> {
    pub findings: Findings,
    pub codes: &'a CodeSets,
    pub teams: &'a [String],
    pub names: Names,
    pub steps: Vec<Step>,
    pub jumps: Vec<Jump>,
    pub asks: Vec<Ask<'n>>,
    pub tracks: Vec<(String, Option<StepIx>)>,
    pub subs: Vec<(String, Option<StepIx>)>,
    pub words: Vec<(Words, Place)>,
    pub said: BTreeMap<String, Vec<Said<'n>>>,
    /// Texts that several words use: name, language, where and what.
    pub parts: Vec<crate::words::parts::Part<'n>>,
    pub checklists: Vec<(Checklist, Place)>,
    pub form_places: Vec<(String, Place)>,
    pub questions: Vec<(Question, Place)>,
    pub services: Vec<(Service, Place)>,
    /// What services are sent.
    pub sent: Vec<crate::services::Sent<'n>>,
    /// Conditions of a checklist's items; checked wherever it is used.
    pub item_conditions: BTreeMap<String, Vec<(Written, &'n Node)>>,
    pub used: Vec<String>,
    /// Strands of `parallel`.
    pub regions: Vec<crate::ways::Region>,
    /// Names of the goals, as a split may be judged by.
    pub goal_names: Vec<&'n str>,
    /// A step or a jump could not be read: what is reached is not known.
    pub broken: bool,
    pub speaks: Vec<String>,
    /// The variable that the enrolling fact binds everywhere.
    pub root: Option<String>,
    /// The pathway's own name.
    pub name: String,
    /// Its fallback team.
    pub fallback: String,
    /// What a wait that is past on arrival does, unless it says so itself.
    pub late: Late,
}

impl<'a, 'n> Compiler<'a, 'n> {
    fn new(findings: Findings, codes: &'a CodeSets, teams: &'a [String]) -> Self {
        Self {
            findings,
            codes,
            teams,
            names: Names::default(),
            steps: Vec::new(),
            jumps: Vec::new(),
            asks: Vec::new(),
            tracks: Vec::new(),
            subs: Vec::new(),
            words: Vec::new(),
            said: BTreeMap::new(),
            parts: Vec::new(),
            checklists: Vec::new(),
            form_places: Vec::new(),
            questions: Vec::new(),
            services: Vec::new(),
            sent: Vec::new(),
            item_conditions: BTreeMap::new(),
            used: Vec::new(),
            regions: Vec::new(),
            goal_names: Vec::new(),
            broken: false,
            speaks: Vec::new(),
            root: None,
            name: String::new(),
            fallback: String::new(),
            late: Late::default(),
        }
    }

    /// The hash of its text. Answers stand in the order of their questions, so another text of a Questionnaire is
    /// another version, too.
    fn version(&self, source: &str) -> Id {
        let of = |q: &&crate::questionnaire::Questionnaire| {
            self.questions.iter().any(|(asked, _)| !asked.items.is_empty() && asked.questionnaire == q.canonical())
        };
        let asked: Vec<[u8; 16]> = self.codes.questionnaires().iter().filter(of).map(|q| q.hash.bytes()).collect();
        let parts = [&b"pathway"[..], source.as_bytes()].into_iter().chain(asked.iter().map(|hash| &hash[..]));
        Id::of(&parts.collect::<Vec<_>>())
    }

    fn pathway(&mut self, root: &'n Node, source: &str) -> Option<Pathway> {
        let of = "a pathway";
        let keys = Keys::of(root, of, &mut self.findings)?;
        keys.only(of, KEYS, &mut self.findings);
        let name = keys.need("pathway", of, &mut self.findings);
        let name = name.and_then(|n| reader::name(n, of, &mut self.findings)).unwrap_or_default();
        self.name = name.into();
        self.language(&keys);
        let title = self.plain(&keys, "title", of);
        let owner = self.owner(&keys);
        let publishing = self.publishing(&keys);
        let discloses = keys.get("discloses").map(|node| self.discloses(node)).unwrap_or_default();
        let beside = keys.get("beside").map(|node| self.beside(node)).unwrap_or_default();
        let fallback_team = keys.need("fallback_team", of, &mut self.findings);
        let fallback_team = fallback_team.and_then(|n| self.team(n)).unwrap_or_default();
        self.fallback.clone_from(&fallback_team);
        self.speaks = self.read_speaks(&keys);
        let standing = keys.get("standing").is_some_and(|n| reader::yes_no(n, "`standing`", &mut self.findings));
        let enrol = keys.need("enrol", of, &mut self.findings).and_then(|n| self.enrol(n, standing));
        let leave = self.leave(&keys, standing);
        if let Some(node) = keys.get("forms") {
            self.forms(node);
        }
        if let Some(node) = keys.get("parts") {
            self.all_parts(node);
        }
        if let Some(node) = keys.get("words") {
            self.all_words(node);
        }
        if let Some(node) = keys.get("checklists") {
            self.all_checklists(node);
        }
        self.goal_names = keys.get("goals").map(reader::names).unwrap_or_default();
        if let Some(node) = keys.get("questions") {
            self.all_questions(node);
        }
        if let Some(node) = keys.get("services") {
            self.all_services(node);
        }
        self.strands(&keys);
        let patients = keys.get("patients").map(|node| self.for_patients(node)).unwrap_or_default();
        let goals = keys.get("goals").map(|node| self.all_goals(node)).unwrap_or_default();
        let days = leave.iter().filter_map(|l| if let Leave::AfterDays(days) = l { Some(*days) } else { None }).min();
        self.goals_fit(&goals, days, keys.get("goals"));
        flow::check(self);
        self.disclosure(&discloses);
        self.any_language(standing);
        self.sent_away(&discloses);
        crate::words::check(&keys, &mut self.findings);
        if !self.findings.refused() {
            self.unused();
        }
        Some(Pathway {
            name: name.into(),
            title,
            owner,
            fallback_team,
            speaks: self.speaks.clone(),
            standing,
            enrol: enrol?,
            leave,
            tracks: self.tracks.clone(),
            subs: self.subs.clone(),
            steps: std::mem::take(&mut self.steps),
            words: self.words.iter().map(|(w, _)| w.clone()).collect(),
            forms: self.own_forms(),
            checklists: self.checklists.iter().map(|(c, _)| c.clone()).collect(),
            patients,
            goals,
            questions: self.questions.iter().map(|(q, _)| q.clone()).collect(),
            services: self.services.iter().map(|(s, _)| s.clone()).collect(),
            publishing,
            discloses,
            beside,
            places: crate::words::places(&keys),
            version: self.version(source),
            source: source.into(),
        })
    }

    /// `other-pathway: why both may hold one person`.
    fn beside(&mut self, node: &'n Node) -> Vec<(String, String)> {
        let Some(keys) = Keys::of(node, "`beside`", &mut self.findings) else { return Vec::new() };
        let mut out: Vec<(String, String)> = Vec::new();
        for (key, why) in keys.pairs() {
            let name = reader::name(key, "a pathway", &mut self.findings);
            let why = text(why, "the reason why both may hold one person", &mut self.findings);
            if let (Some(name), Some(why)) = (name, why) {
                out.push((name.into(), why.into()));
            }
        }
        out
    }

    fn language(&mut self, keys: &Keys<'n>) {
        let Some(node) = keys.need("language", "a pathway", &mut self.findings) else { return };
        if node.text() != Some(LANGUAGE) {
            let says = format!("this hub reads language {LANGUAGE}");
            self.findings.error("TL018", node.place, says, Some(format!("write `language: {LANGUAGE}`")));
        }
    }

    fn read_speaks(&mut self, keys: &Keys<'n>) -> Vec<String> {
        let Some(node) = keys.need("speaks", "a pathway", &mut self.findings) else { return Vec::new() };
        let mut speaks: Vec<String> = Vec::new();
        for node in reader::list(node, "`speaks`", &mut self.findings) {
            let tag = node.text().unwrap_or_default();
            if !language_tag(tag) {
                let says = format!("`{tag}` is not a language tag");
                self.findings.error("TL018", node.place, says, Some("as `en`, `es`, `pt-BR`".into()));
            } else if speaks.iter().any(|s| s == tag) {
                self.findings.error("TL006", node.place, format!("`{tag}` stands here twice"), None);
            } else {
                speaks.push(tag.into());
            }
        }
        speaks
    }

    /// What the enrolling fact is about, bound in the whole pathway.
    pub(crate) fn about(&mut self, on: &str, node: &'n Node) -> Option<(String, Kind)> {
        let name = reader::name(node, "a variable", &mut self.findings)?;
        let subject = on.split('.').next().unwrap_or_default();
        let kinds = [Kind::Prescription, Kind::Appointment];
        let Some(kind) = kinds.into_iter().find(|k| crate::kinds::subject_of(*k) == Some(subject)) else {
            let says = format!("`{on}` is about no item that a variable could stand for");
            let help = "facts of medicines and of appointments are, as `appointment.booked`";
            self.findings.error("TL018", node.place, says, Some(help.into()));
            return None;
        };
        self.var(name, kind, node.place);
        self.root = Some(name.into());
        Some((name.into(), kind))
    }

    /// `visit.cancelled` of what the journey is about, or any fact.
    fn leave_pattern(&mut self, node: &'n Node) -> Option<crate::ast::FactPattern> {
        let text = node.text().unwrap_or_default();
        let own = self.root.as_ref().is_some_and(|var| text.starts_with(&format!("{var}.")));
        if own {
            return self.pattern(None, node);
        }
        self.fact_kind(node).map(|kind| crate::ast::FactPattern { kind, of: None, already: None })
    }

    fn leave(&mut self, keys: &Keys<'n>, standing: bool) -> Vec<Leave> {
        let Some(node) = keys.get("leave") else {
            if !standing {
                let says = "a pathway has no `leave`: nothing would end it";
                self.findings.error("TL005", keys.place, says, Some("add `leave:` with `- after: 14 days`".into()));
            }
            return Vec::new();
        };
        let mut leave = Vec::new();
        for node in reader::list(node, "`leave`", &mut self.findings) {
            let of = "an end";
            let Some(keys) = Keys::of(node, of, &mut self.findings) else { continue };
            keys.only(of, &["on", "after"], &mut self.findings);
            match (keys.get("on"), keys.get("after")) {
                (Some(on), None) => {
                    leave.extend(self.leave_pattern(on).map(Leave::On));
                }
                (None, Some(after)) => match after.text().and_then(times::days) {
                    Some(days) => leave.push(Leave::AfterDays(days)),
                    None => self.bad_time(after, "write a number of days, as `14 days`"),
                },
                _ => self.findings.error("TL005", keys.place, "an end has either `on` or `after`", None),
            }
        }
        leave
    }

    /// Text under a key that must be there.
    pub(crate) fn plain(&mut self, keys: &Keys<'n>, key: &str, of: &str) -> String {
        let node = keys.need(key, of, &mut self.findings);
        node.and_then(|n| text(n, &format!("`{key}`"), &mut self.findings)).unwrap_or_default().into()
    }

    /// A team that exists.
    pub(crate) fn team(&mut self, node: &Node) -> Option<String> {
        let name = text(node, "a team", &mut self.findings)?;
        self.team_named(name, node.place)
    }

    pub(crate) fn team_named(&mut self, name: &str, place: Place) -> Option<String> {
        if self.teams.iter().any(|t| t == name) {
            return Some(name.into());
        }
        let known: Vec<&str> = self.teams.iter().map(String::as_str).collect();
        reader::unknown("TL011", place, "team", name, &known, &mut self.findings);
        None
    }

    /// A kind of fact. An unknown one may come from a hospital's own topics: a warning.
    pub(crate) fn fact_kind(&mut self, node: &Node) -> Option<String> {
        use crate::kinds::FACT_KINDS;
        let kind = text(node, "a fact", &mut self.findings)?;
        if FACT_KINDS.contains(&kind) {
            return Some(kind.into());
        }
        let near = crate::finding::did_you_mean(kind, FACT_KINDS.iter().copied());
        if near.is_none() && times::path(kind).is_some_and(|p| p.len() == 2) {
            let says = format!("`{kind}` is no kind of fact that the hub knows");
            self.findings.warn("TL016", node.place, says, Some("a topic of your own must make it".into()));
            return Some(kind.into());
        }
        let help = near.or_else(|| Some("as `encounter.discharged`; docs/facts.md lists all".into()));
        self.findings.error("TL016", node.place, format!("unknown fact `{kind}`"), help);
        None
    }

    /// A condition, to be checked with the names of `step` (`None`: at enrolment).
    pub(crate) fn condition(&mut self, step: Option<StepIx>, node: &'n Node, unanswered: bool) -> Option<Expr> {
        let written = self.written(node)?;
        let expr = written.compile(&|set| self.codes.expand(set));
        self.asks.push(Ask { step, node, what: Asking::Condition { written, unanswered } });
        Some(expr)
    }

    /// A condition, read; its code sets exist.
    pub(crate) fn written(&mut self, node: &'n Node) -> Option<Written> {
        let condition = text(node, "a condition", &mut self.findings)?;
        match condition::read(condition) {
            Ok(written) => {
                self.code_sets(&written, node);
                Some(written)
            }
            Err(e) => {
                let place = node.within(e.stretch.at, e.stretch.length);
                self.findings.error("TL008", place, e.says, e.help);
                None
            }
        }
    }

    fn code_sets(&mut self, written: &Written, node: &Node) {
        use condition::Piece;
        match &written.what {
            Piece::Literal(_) | Piece::Field(_) => {}
            Piece::And(a, b) | Piece::Or(a, b) | Piece::Compare(_, a, b) => {
                self.code_sets(a, node);
                self.code_sets(b, node);
            }
            Piece::Not(a) | Piece::Known(a, _) => self.code_sets(a, node),
            Piece::InCodes(a, set, at) => {
                self.code_sets(a, node);
                if self.codes.get(set).is_none() {
                    let place = node.within(at.at, at.length);
                    reader::unknown("TL015", place, "code set", set, &self.codes.names(), &mut self.findings);
                }
            }
        }
    }

    /// A field of time.
    pub(crate) fn time_field(&mut self, step: Option<StepIx>, node: &'n Node) -> Option<Vec<String>> {
        let Some(path) = node.text().and_then(times::path) else {
            self.bad_time(node, "write a field of time, as `encounter.discharged_at`");
            return None;
        };
        self.asks.push(Ask { step, node, what: Asking::Field { path: path.clone(), ty: Type::Time } });
        Some(condition::canonical(&path))
    }

    /// A length of time, milliseconds.
    pub(crate) fn span(&mut self, node: &Node) -> Option<i64> {
        let span = node.text().and_then(times::span);
        if span.is_none() {
            self.bad_time(node, "write `30 minutes`, `2 hours`, `5 days`");
        }
        span
    }

    pub(crate) fn bad_time(&mut self, node: &Node, help: &str) {
        let says = match node.text() {
            Some(text) => format!("`{text}` cannot be read as a time"),
            None => format!("a time is text, not {}", node.shape()),
        };
        self.findings.error("TL017", node.place, says, Some(help.into()));
    }

    /// The forms of prompts: those that staff fill in.
    fn own_forms(&self) -> Vec<model::prompt::Form> {
        let own = |name: &String| self.form_places.iter().any(|(f, _)| f == name);
        self.names.forms.iter().filter(|f| own(&f.name)).cloned().collect()
    }

    fn unused(&mut self) {
        let mut found = Vec::new();
        for (words, place) in &self.words {
            found.push((format!("words:{}", words.name), *place));
        }
        for part in &self.parts {
            found.push((format!("part:{}", part.name), part.place));
        }
        for (name, place) in &self.form_places {
            found.push((format!("form:{name}"), *place));
        }
        for (question, place) in &self.questions {
            found.push((format!("questions:{}", question.name), *place));
        }
        for (service, place) in &self.services {
            found.push((format!("service:{}", service.name), *place));
        }
        for (list, place) in &self.checklists {
            found.push((format!("checklist:{}", list.name), *place));
        }
        for (what, place) in found {
            if !self.used.contains(&what) {
                let (kind, name) = what.split_once(':').unwrap_or_default();
                let says = format!("nothing uses the {kind} `{name}`");
                self.findings.warn("TL025", place, says, None);
            }
        }
    }
}

/// A collection that `each` may walk: `encounter.prescriptions`.
pub(crate) fn collection(text: &str) -> Option<(Vec<String>, Kind)> {
    let path = condition::canonical(&times::path(text)?);
    let [root, field] = path.as_slice() else { return None };
    let (_, root) = crate::types::ROOTS.iter().find(|(r, _)| r == root)?;
    match model::value::field_type(*root, field)? {
        Type::List(kind) => Some((path, kind)),
        _ => None,
    }
}

/// `en`, `pt-BR`.
pub(crate) fn language_tag(text: &str) -> bool {
    const LETTERS_MAX: usize = 12;
    let begins = text.bytes().take(2).filter(u8::is_ascii_lowercase).count() == 2;
    begins && text.len() <= LETTERS_MAX && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

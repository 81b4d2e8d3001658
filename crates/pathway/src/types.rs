//! What names stand for at a step, and whether a condition's types fit.

use crate::condition::{Piece, Stretch, Written};
use crate::expr::Compare;
use crate::finding::{Findings, did_you_mean};
use crate::yaml::Node;
use model::prompt::{Answer, Form, Outcome};
use model::value::{FIELDS, Kind, field_type};
use model::{Type, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The type of a field, with the values of a closed set.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    Bool,
    Number,
    Text,
    Choice(Vec<String>),
    Time,
    Codes,
    List(Kind),
    /// Of something that is a mistake already: it fits anywhere.
    Any,
}

impl Ty {
    fn says(&self) -> &'static str {
        match self {
            Self::Bool => "yes or no",
            Self::Number => "a number",
            Self::Text | Self::Choice(_) => "text",
            Self::Time => "a time",
            Self::Codes => "codes",
            Self::List(_) => "a list",
            Self::Any => "anything",
        }
    }
}

/// Roots that every step has.
pub const ROOTS: [(&str, Kind); 5] = [
    ("person", Kind::Person),
    ("record", Kind::Person),
    ("encounter", Kind::Encounter),
    ("fact", Kind::Fact),
    ("clinic", Kind::Clinic),
];

/// Words of the language that cannot name a variable, a prompt or a step.
const TAKEN: [&str; 13] =
    ["and", "or", "not", "in", "is", "known", "unknown", "true", "false", "codes", "task", "next", "end"];

/// Whether a name means something to the language itself.
pub fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name) || name == crate::words::parts::ROOT || ROOTS.iter().any(|(root, _)| *root == name)
}

/// A prompt whose answers may be named.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Its form.
    pub form: Option<String>,
    /// Its form does not exist, so nobody knows what it asks.
    pub lost: bool,
    /// Whether who comes after it has an outcome: it cannot be left out.
    pub sure: bool,
    /// It asks the person, with `ask`: its answers have no outcome.
    pub question: bool,
    /// It is a service outside: its answers have no outcome.
    pub service: bool,
}

/// All names of a pathway.
#[derive(Debug, Default)]
pub struct Names {
    /// Variables of `each` and `repeat`.
    pub vars: BTreeMap<String, Kind>,
    /// Prompts.
    pub prompts: BTreeMap<String, Asked>,
    /// Forms.
    pub forms: Vec<Form>,
}

/// The names that may be used at one step.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    /// All names of the pathway.
    pub names: &'a Names,
    /// Those of its variables and prompts that have a value here.
    pub bound: &'a BTreeSet<String>,
    /// Whether `task` is bound (the words of `remind`).
    pub task: bool,
}

/// Why a field is none.
pub struct NoField {
    pub says: String,
    pub help: Option<String>,
}

impl Here<'_> {
    /// The type of the field at `path`.
    pub fn field(&self, path: &[String]) -> Result<Ty, NoField> {
        let dotted = path.join(".");
        let [root, rest @ ..] = path else { return Err(NoField { says: "no field".into(), help: None }) };
        if let Some(kind) = self.kind(root)? {
            return match rest {
                [field] => match field_type(kind, field) {
                    Some(t) => Ok(of_model(t)),
                    None => Err(nearest(&dotted, root, fields_of(kind))),
                },
                _ => Err(nearest(&dotted, root, fields_of(kind))),
            };
        }
        let Some(asked) = self.names.prompts.get(root) else { return Err(self.no_root(root, &dotted)) };
        if !self.bound.contains(root) {
            let says = format!("`{root}` is not answered yet on every way that leads here");
            return Err(NoField {
                says,
                help: Some("answers are known after their prompt, on the same strand".into()),
            });
        }
        match rest {
            [field] => self.answer(asked, field).ok_or_else(|| nearest(&dotted, root, self.answers(asked))),
            _ => Err(nearest(&dotted, root, self.answers(asked))),
        }
    }

    fn kind(&self, root: &str) -> Result<Option<Kind>, NoField> {
        if let Some((_, kind)) = ROOTS.iter().find(|(r, _)| *r == root) {
            return Ok(Some(*kind));
        }
        if root == "task" && self.task {
            return Ok(Some(Kind::Task));
        }
        let Some(kind) = self.names.vars.get(root) else { return Ok(None) };
        if self.bound.contains(root) {
            return Ok(Some(*kind));
        }
        let says = format!("`{root}` stands for nothing here");
        let help = "it is bound inside its `each` or `repeat`, and in sub-pathways that are reached only from there";
        Err(NoField { says, help: Some(help.into()) })
    }

    fn no_root(&self, root: &str, dotted: &str) -> NoField {
        let known = ROOTS.iter().map(|(r, _)| *r).chain(self.bound.iter().map(String::as_str));
        let help = did_you_mean(root, known.clone())
            .or_else(|| Some(format!("known here: {}", known.collect::<Vec<_>>().join(", "))));
        NoField { says: format!("unknown field `{dotted}`"), help }
    }

    fn answers(&self, asked: &Asked) -> Vec<String> {
        let form = self.form(asked);
        let fields = form.into_iter().flat_map(|f| f.fields.iter().map(|q| q.name.clone()));
        let own: &[&str] = match (asked.question, asked.service) {
            (true, _) => &["complete"],
            (_, true) => &[],
            _ => &["outcome", "reached"],
        };
        fields.chain(own.iter().map(|f| (*f).to_string())).collect()
    }

    fn form(&self, asked: &Asked) -> Option<&Form> {
        self.names.forms.iter().find(|f| Some(&f.name) == asked.form.as_ref())
    }

    fn answer(&self, asked: &Asked, field: &str) -> Option<Ty> {
        match field {
            "complete" if asked.question => return Some(Ty::Bool),
            "reached" | "outcome" if asked.question || asked.service => {}
            "reached" => return Some(Ty::Bool),
            "outcome" => return Some(Ty::Choice(Outcome::ALL.iter().map(|o| o.name().to_string()).collect())),
            _ => {}
        }
        if asked.lost {
            return Some(Ty::Any);
        }
        let question = self.form(asked)?.fields.iter().find(|q| q.name == field)?;
        Some(match &question.answer {
            Answer::Bool => Ty::Bool,
            Answer::Number { .. } => Ty::Number,
            Answer::Text => Ty::Text,
            Answer::Choice { options } => Ty::Choice(options.iter().map(|(v, _)| v.clone()).collect()),
        })
    }

    /// Whether the field is known whatever happened.
    fn sure(&self, path: &[String]) -> bool {
        let [root, field] = path else { return false };
        let asked = self.names.prompts.get(root);
        asked.is_some_and(|a| a.sure) && (field == "reached" || field == "outcome")
    }
}

fn of_model(t: Type) -> Ty {
    match t {
        Type::Bool => Ty::Bool,
        Type::Number => Ty::Number,
        Type::Text => Ty::Text,
        Type::Time => Ty::Time,
        Type::Codes => Ty::Codes,
        Type::List(kind) => Ty::List(kind),
    }
}

fn fields_of(kind: Kind) -> Vec<String> {
    FIELDS.iter().filter(|(k, _, _)| *k == kind).map(|(_, f, _)| (*f).to_string()).collect()
}

fn nearest(dotted: &str, root: &str, fields: Vec<String>) -> NoField {
    let whole: Vec<String> = fields.iter().map(|f| format!("{root}.{f}")).collect();
    let help = did_you_mean(dotted, whole.iter().map(String::as_str));
    let help = help.or_else(|| Some(format!("`{root}` has: {}", fields.join(", "))));
    NoField { says: format!("unknown field `{dotted}`"), help }
}

/// Checks the types of a condition that stands in `node`.
pub fn check(written: &Written, node: &Node, here: &Here<'_>, findings: &mut Findings) {
    match infer(written, node, here, findings) {
        None | Some(Ty::Bool | Ty::Any) => {}
        Some(other) => {
            let says = format!("a condition is yes or no: this is {}", other.says());
            let help = Some("compare it (`==`, `>=` …) or ask `is known`".into());
            findings.error("TL009", at(node, written.stretch), says, help);
        }
    }
}

fn at(node: &Node, stretch: Stretch) -> crate::ast::Place {
    node.within(stretch.at, stretch.length)
}

/// The type of a piece; `None` when it has a mistake, which is told.
fn infer(written: &Written, node: &Node, here: &Here<'_>, findings: &mut Findings) -> Option<Ty> {
    match &written.what {
        Piece::Literal(value) => Some(match value {
            Value::Number(_) => Ty::Number,
            Value::Text(_) => Ty::Text,
            _ => Ty::Bool,
        }),
        Piece::Field(path) => match here.field(path) {
            Ok(ty) => Some(ty),
            Err(no) => {
                findings.error("TL007", at(node, written.stretch), no.says, no.help);
                None
            }
        },
        Piece::And(a, b) | Piece::Or(a, b) => {
            check(a, node, here, findings);
            check(b, node, here, findings);
            Some(Ty::Bool)
        }
        Piece::Not(a) => {
            check(a, node, here, findings);
            Some(Ty::Bool)
        }
        Piece::Known(a, _) => infer(a, node, here, findings).map(|_| Ty::Bool),
        Piece::InCodes(a, _, _) => {
            let ty = infer(a, node, here, findings)?;
            if !matches!(ty, Ty::Codes | Ty::Text | Ty::Any) {
                let says = format!("only codes can be in a code set: this is {}", ty.says());
                findings.error("TL009", at(node, a.stretch), says, None);
            }
            Some(Ty::Bool)
        }
        Piece::Compare(how, a, b) => {
            let (left, right) = (infer(a, node, here, findings), infer(b, node, here, findings));
            compare(*how, (a, left?), (b, right?), node, written.stretch, findings);
            Some(Ty::Bool)
        }
    }
}

fn compare(
    how: Compare,
    (a, left): (&Written, Ty),
    (b, right): (&Written, Ty),
    node: &Node,
    whole: Stretch,
    findings: &mut Findings,
) {
    let ordered = !matches!(how, Compare::Equal | Compare::NotEqual);
    let text = |t: &Ty| matches!(t, Ty::Text | Ty::Choice(_));
    let fit = match (&left, &right) {
        (Ty::Any, _) | (_, Ty::Any) => true,
        (Ty::Codes, t) | (t, Ty::Codes) => text(t) && !ordered,
        (l, r) if text(l) && text(r) => !ordered,
        (Ty::Bool, Ty::Bool) => !ordered,
        (Ty::Number, Ty::Number) | (Ty::Time, Ty::Time) => true,
        _ => false,
    };
    if !fit {
        let says = if left.says() == right.says() {
            format!("{} has no order: only `==` and `!=` can compare it", left.says())
        } else {
            format!("{} cannot be compared with {}", left.says(), right.says())
        };
        findings.error("TL009", at(node, whole), says, None);
        return;
    }
    for (ty, other) in [(&left, b), (&right, a)] {
        let (Ty::Choice(options), Piece::Literal(Value::Text(value))) = (ty, &other.what) else { continue };
        if !options.contains(value) {
            let known = options.iter().map(String::as_str);
            let help = did_you_mean(value, known).or_else(|| Some(format!("it may be: {}", options.join(", "))));
            findings.error("TL009", at(node, other.stretch), format!("the answer is never '{value}'"), help);
        }
    }
}

/// What a condition may come to.
#[derive(Clone, Copy, Default)]
struct May {
    yes: bool,
    no: bool,
    unknown: bool,
}

/// Whether a condition may be unknown, by trying each of its fields known and unknown.
pub fn may_be_unknown(written: &Written, here: &Here<'_>) -> bool {
    const FIELDS_MAX: usize = 8;
    let mut fields = Vec::new();
    gather(written, here, &mut fields);
    if fields.len() > FIELDS_MAX {
        return true;
    }
    (0..1u32 << fields.len()).any(|unknown| {
        let known = |path: &[String]| fields.iter().position(|f| *f == path).is_none_or(|i| unknown & (1 << i) == 0);
        may(written, &known).unknown
    })
}

fn gather<'w>(written: &'w Written, here: &Here<'_>, fields: &mut Vec<&'w [String]>) {
    match &written.what {
        Piece::Literal(_) => {}
        Piece::Field(path) if here.sure(path) || fields.contains(&path.as_slice()) => {}
        Piece::Field(path) => fields.push(path),
        Piece::And(a, b) | Piece::Or(a, b) | Piece::Compare(_, a, b) => {
            gather(a, here, fields);
            gather(b, here, fields);
        }
        Piece::Not(a) | Piece::Known(a, _) | Piece::InCodes(a, _, _) => gather(a, here, fields),
    }
}

fn may(written: &Written, known: &dyn Fn(&[String]) -> bool) -> May {
    const EITHER: May = May { yes: true, no: true, unknown: false };
    const UNKNOWN: May = May { yes: false, no: false, unknown: true };
    let all_known = |w: &Written| {
        let m = may(w, known);
        if m.unknown { UNKNOWN } else { EITHER }
    };
    match &written.what {
        Piece::Literal(Value::Bool(b)) => May { yes: *b, no: !*b, unknown: false },
        Piece::Literal(_) => EITHER,
        Piece::Field(path) => {
            if known(path) {
                EITHER
            } else {
                UNKNOWN
            }
        }
        Piece::InCodes(a, _, _) => all_known(a),
        Piece::Compare(_, a, b) => {
            if may(a, known).unknown || may(b, known).unknown {
                UNKNOWN
            } else {
                EITHER
            }
        }
        Piece::Known(a, asked) => {
            let m = may(a, known);
            let is = m.yes || m.no;
            May { yes: if *asked { is } else { m.unknown }, no: if *asked { m.unknown } else { is }, unknown: false }
        }
        Piece::Not(a) => {
            let m = may(a, known);
            May { yes: m.no, no: m.yes, unknown: m.unknown }
        }
        Piece::And(a, b) => both(may(a, known), may(b, known)),
        Piece::Or(a, b) => {
            let turned = |m: May| May { yes: m.no, no: m.yes, unknown: m.unknown };
            turned(both(turned(may(a, known)), turned(may(b, known))))
        }
    }
}

fn both(a: May, b: May) -> May {
    May { yes: a.yes && b.yes, no: a.no || b.no, unknown: (a.unknown && (b.unknown || b.yes)) || (b.unknown && a.yes) }
}

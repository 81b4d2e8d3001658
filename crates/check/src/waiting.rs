//! A danger that one answer tells, and that waits for the questions after it.
//!
//! An `ask` of several questions is over when all of them are answered, or at its deadline. Where its `answered` leads
//! through branches to something urgent, and a condition on the way can be true by some of the answers alone, that
//! answer would wait: `stop_when` has to be true with it, and the branch has to come to the same then.
//!
//! What is tried: each way a condition can be true (its alternatives), with every value of the fields that it names at
//! which anything changes. What the branch asks beside these answers may be anything.

use crate::graph::goes;
use crate::proof::is_flag;
use crate::{Checking, Told};
use model::Value;
use model::prompt::{Answer, Field};
use model::value::Kind;
use pathway::ast::{Place, Question, Step, StepIx, Verb};
use pathway::expr::{Compare, Expr};
use pathway::{Scope, Severity};

/// Ways from an `ask` that are followed, steps of one of them, alternatives of a condition, and values that are tried.
const WAYS_MAX: usize = 200;
const STEPS_MAX: usize = 64;
const ALTERNATIVES_MAX: usize = 64;
const TRIES_MAX: usize = 20_000;

pub(crate) fn check(cx: &Checking<'_>, told: &mut Told) {
    for (ix, step) in cx.graph.steps() {
        let Verb::Ask { question, answered, stop_when, .. } = &step.verb else { continue };
        let Some(question) = cx.pathway.question(question).filter(|q| q.form.fields.len() > 1) else { continue };
        let mut walk = Walk { cx, question, found: Vec::new(), ways: 0 };
        let first = goes(step, *answered);
        walk.on(first, ix, &mut Vec::new(), 0);
        let alone = |(condition, flag): &(Expr, StepIx)| walk.alone(condition, stop_when.as_ref(), *flag);
        let lone: Vec<(Expr, StepIx)> = walk.found.iter().flat_map(alone).collect();
        if let Some((_, flag)) = lone.first() {
            waits(cx, step, question, &lone, *flag, told);
            continue;
        }
        if let Some(stop) = stop_when
            && let Some((by, to)) = walk.astray(first, ix, stop)
        {
            let says =
                format!("`{}` stops at {by}, and what follows goes by an answer that is not asked then", step.name);
            let help = format!(
                "it leads to {to}: let the first arm of the `branch` be the danger, or ask that question before"
            );
            told.tell_as(Severity::Error, "TL074", step.place, says, help);
        }
    }
}

fn waits(cx: &Checking<'_>, step: &Step, question: &Question, lone: &[(Expr, StepIx)], flag: StepIx, told: &mut Told) {
    let promised = |ix: &StepIx| matches!(&cx.graph.step(*ix).verb, Verb::Prompt(p) if p.person_within_ms.is_some());
    let red = lone.iter().map(|(_, ix)| ix).find(|ix| promised(ix)).copied();
    let severity = if red.is_some() { Severity::Error } else { Severity::Warning };
    let mut conditions: Vec<String> = Vec::new();
    let own = lone.iter().map(|(e, _)| show(e));
    let old = match &step.verb {
        Verb::Ask { stop_when: Some(e), .. } => Some(show(e)),
        _ => None,
    };
    for condition in old.into_iter().chain(own) {
        if !conditions.contains(&condition) {
            conditions.push(condition);
        }
    }
    let flag = &cx.graph.step(red.unwrap_or(flag)).name;
    let says = format!("an answer that leads to `{flag}` waits until all of `{}` is answered", question.name);
    let help = format!("write `stop_when: {}`", conditions.join(" or "));
    let place: Place = step.place;
    told.tell_as(severity, "TL074", place, says, help);
}

struct Walk<'a> {
    cx: &'a Checking<'a>,
    question: &'a Question,
    /// What must be so on the way to a flag, and the flag.
    found: Vec<(Expr, StepIx)>,
    ways: usize,
}

impl Walk<'_> {
    /// Follows what comes at once after the answers, with the conditions of the arms on the way.
    fn on(&mut self, at: Option<StepIx>, from: StepIx, way: &mut Vec<Expr>, depth: usize) {
        self.ways += 1;
        if self.ways > WAYS_MAX || depth > STEPS_MAX {
            return;
        }
        let Some(ix) = at else {
            for next in self.after(from) {
                self.on(Some(next), next, way, depth + 1);
            }
            return;
        };
        let step = self.cx.graph.step(ix);
        match &step.verb {
            Verb::Prompt(prompt) if is_flag(prompt) => {
                if let Some(all) = way.iter().cloned().reduce(|a, b| Expr::And(Box::new(a), Box::new(b))) {
                    self.found.push((all, ix));
                }
            }
            Verb::Branch { arms, otherwise, .. } => {
                for (condition, to) in arms {
                    way.push(condition.clone());
                    self.on(goes(step, *to), ix, way, depth + 1);
                    way.pop();
                }
                let none = arms.iter().map(|(e, _)| Expr::Not(Box::new(e.clone())));
                let before = way.len();
                way.extend(none);
                self.on(goes(step, *otherwise), ix, way, depth + 1);
                way.truncate(before);
            }
            Verb::Parallel { strands, .. } => {
                for (_, first) in strands {
                    self.on(Some(*first), *first, way, depth + 1);
                }
            }
            Verb::Include { sub: Some(first), .. } => self.on(Some(*first), *first, way, depth + 1),
            verb if passes(verb) => self.on(step.next, ix, way, depth + 1),
            _ => {}
        }
    }

    /// Where it goes on after the end of a sub-pathway that `from` stands in.
    fn after(&self, from: StepIx) -> Vec<StepIx> {
        let leads = |first: StepIx| first == from || self.cx.graph.leads(first, from);
        let includes = self.cx.graph.steps().filter_map(|(_, s)| match &s.verb {
            Verb::Include { sub: Some(first), .. } if leads(*first) => s.next,
            _ => None,
        });
        includes.collect()
    }

    /// The alternatives of a condition that can be true before all is answered, and that do not stop the questions.
    fn alone(&self, condition: &Expr, stop: Option<&Expr>, flag: StepIx) -> Vec<(Expr, StepIx)> {
        let fields = &self.question.form.fields;
        let mut out = Vec::new();
        for all in alternatives(condition) {
            let own: Vec<&Expr> = all.iter().filter(|e| self.names_own(e)).collect();
            let named: Vec<usize> = (0..fields.len()).filter(|n| own.iter().any(|e| self.names(e, *n))).collect();
            let Some(last) = named.last().copied() else { continue };
            if last + 1 >= fields.len() {
                continue;
            }
            let Some(joined) = own.iter().copied().cloned().reduce(|a, b| Expr::And(Box::new(a), Box::new(b))) else {
                continue;
            };
            let tests: Vec<&Expr> = all.iter().chain(stop).collect();
            let tries = self.tries(&named, &tests);
            let holds = |e: &Expr, values: &[Value]| may(e, &self.own(values));
            let missed = tries.iter().any(|values| {
                all.iter().all(|e| holds(e, values).yes)
                    && !stop.is_some_and(|s| s.eval(&self.own(values)) == Value::Bool(true))
            });
            if missed || tries.len() >= TRIES_MAX {
                out.push((joined, flag));
            }
        }
        out
    }

    /// When the questions stop for something urgent: an answer at which the branches come to something else.
    fn astray(&self, first: Option<StepIx>, from: StepIx, stop: &Expr) -> Option<(String, String)> {
        let fields = &self.question.form.fields;
        for all in alternatives(stop) {
            let named: Vec<usize> = (0..fields.len()).filter(|n| all.iter().any(|e| self.names(e, *n))).collect();
            let tries = self.tries(&named, &all.iter().collect::<Vec<_>>());
            let stops = |v: &&Vec<Value>| all.iter().all(|e| e.eval(&self.own(v)) == Value::Bool(true));
            for values in tries.iter().filter(stops).filter(|values| self.urgent(values)) {
                if let Some(to) = self.leads_away(first, from, values, (0, false)) {
                    let by: Vec<String> = all.iter().map(|e| format!("`{}`", show(e))).collect();
                    return Some((by.join(" and "), to));
                }
            }
        }
        None
    }

    /// Whether these answers alone are enough for something urgent.
    fn urgent(&self, values: &[Value]) -> bool {
        let holds = |e: &Expr| may(e, &self.own(values)).yes;
        let enough = |one: &Vec<Expr>| one.iter().any(|e| self.names_own(e)) && one.iter().all(holds);
        self.found.iter().any(|(condition, _)| alternatives(condition).iter().any(enough))
    }

    /// The name of what the branches lead to with only these answers, when a condition on the way names one that is
    /// not there, and nothing urgent comes.
    fn leads_away(
        &self,
        at: Option<StepIx>,
        from: StepIx,
        values: &[Value],
        (depth, strayed): (usize, bool),
    ) -> Option<String> {
        if depth > STEPS_MAX {
            return None;
        }
        let on = |to, from, strayed| self.leads_away(to, from, values, (depth + 1, strayed));
        let Some(ix) = at else {
            return match self.after(from).first() {
                Some(next) => on(Some(*next), *next, strayed),
                None => strayed.then(|| "`end`".into()),
            };
        };
        let step = self.cx.graph.step(ix);
        match &step.verb {
            Verb::Prompt(prompt) if is_flag(prompt) => None,
            Verb::Branch { arms, unknown, otherwise } => {
                for (condition, to) in arms {
                    let m = may(condition, &self.own(values));
                    match (m.yes, m.no, m.unknown) {
                        (true, false, false) => return on(goes(step, *to), ix, strayed),
                        (false, true, false) => {}
                        (false, false, true) if self.waits_for_more(condition, values) => {
                            return on(goes(step, *unknown), ix, true);
                        }
                        // It hangs on what is no answer.
                        _ => return None,
                    }
                }
                on(goes(step, *otherwise), ix, strayed)
            }
            verb if passes(verb) => on(step.next, ix, strayed),
            _ => strayed.then(|| format!("`{}`", step.name)),
        }
    }

    /// Whether a condition names a question that was not answered.
    fn waits_for_more(&self, condition: &Expr, values: &[Value]) -> bool {
        values.iter().enumerate().any(|(n, v)| *v == Value::Unknown && self.names(condition, n))
    }

    fn own<'v>(&'v self, values: &'v [Value]) -> Own<'v> {
        Own { question: &self.question.name, fields: &self.question.form.fields, values }
    }

    fn names_own(&self, e: &Expr) -> bool {
        (0..self.question.form.fields.len()).any(|n| self.names(e, n))
    }

    /// Whether a condition names the question of that place.
    fn names(&self, e: &Expr, n: usize) -> bool {
        match e {
            Expr::Literal(_) => false,
            Expr::Field(path) => is_field(path, &self.question.name, &self.question.form.fields[n].name),
            Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) => self.names(a, n) || self.names(b, n),
            Expr::Not(a) | Expr::InCodes(a, _) | Expr::Known(a) => self.names(a, n),
        }
    }

    /// Values of the fields of these places at which any of the conditions may change; the others are not answered.
    fn tries(&self, named: &[usize], conditions: &[&Expr]) -> Vec<Vec<Value>> {
        let fields = &self.question.form.fields;
        let mut all = vec![vec![Value::Unknown; fields.len()]];
        for n in named {
            let mut found = Vec::new();
            conditions.iter().for_each(|e| literals(e, &self.question.name, &fields[*n].name, &mut found));
            let values = values_of(&fields[*n], &found);
            let with = |row: &Vec<Value>, value: &Value| {
                let mut row = row.clone();
                row[*n] = value.clone();
                row
            };
            all = all.iter().flat_map(|row| values.iter().map(|v| with(row, v)).collect::<Vec<_>>()).collect();
            all.truncate(TRIES_MAX);
        }
        all
    }
}

/// What goes on at once.
fn passes(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Note { .. }
            | Verb::Reach { success: None, .. }
            | Verb::EnrolIn { .. }
            | Verb::WithdrawFrom { .. }
            | Verb::Remind { .. }
    )
}

fn is_field(path: &[String], question: &str, field: &str) -> bool {
    matches!(path, [root, name] if root == question && name == field)
}

/// What the field is compared with.
fn literals(e: &Expr, question: &str, field: &str, out: &mut Vec<Value>) {
    let is = |e: &Expr| matches!(e, Expr::Field(path) if is_field(path, question, field));
    match e {
        Expr::Compare(_, a, b) => match (&**a, &**b) {
            (a, Expr::Literal(v)) | (Expr::Literal(v), a) if is(a) => out.push(v.clone()),
            _ => {}
        },
        Expr::And(a, b) | Expr::Or(a, b) => {
            literals(a, question, field, out);
            literals(b, question, field, out);
        }
        Expr::Not(a) | Expr::Known(a) => literals(a, question, field, out),
        Expr::InCodes(a, codes) if is(a) => out.extend(codes.first().cloned().map(Value::Text)),
        Expr::Literal(_) | Expr::Field(_) | Expr::InCodes(..) => {}
    }
}

/// The values of a field that stand for all: each that is named, and one between.
fn values_of(field: &Field, named: &[Value]) -> Vec<Value> {
    match &field.answer {
        Answer::Bool => vec![Value::Bool(true), Value::Bool(false)],
        Answer::Choice { options } => options.iter().map(|(v, _)| Value::Text(v.clone())).collect(),
        Answer::Text => {
            let mut all: Vec<Value> = named.to_vec();
            all.push(Value::Text("something else".into()));
            all
        }
        Answer::Number { min, max } => {
            let mut at: Vec<f64> = vec![*min, *max];
            at.extend(named.iter().filter_map(|v| if let Value::Number(n) = v { Some(*n) } else { None }));
            at.retain(|n| (*min..=*max).contains(n));
            at.sort_by(f64::total_cmp);
            at.dedup();
            let between: Vec<f64> = at.windows(2).map(|w| f64::midpoint(w[0], w[1])).collect();
            at.extend(between);
            at.into_iter().map(Value::Number).collect()
        }
    }
}

/// The ways in which a condition can be true: in each all must hold. `not` is brought down to what it denies.
fn alternatives(e: &Expr) -> Vec<Vec<Expr>> {
    fn with(e: &Expr, is: bool) -> Vec<Vec<Expr>> {
        let both = |a: &Expr, b: &Expr| {
            let (a, b) = (with(a, is), with(b, is));
            let joined = a.iter().flat_map(|x| b.iter().map(|y| x.iter().chain(y).cloned().collect()));
            joined.take(ALTERNATIVES_MAX).collect()
        };
        let either = |a: &Expr, b: &Expr| {
            let all = with(a, is).into_iter().chain(with(b, is));
            all.take(ALTERNATIVES_MAX).collect::<Vec<_>>()
        };
        match e {
            Expr::And(a, b) if is => both(a, b),
            Expr::And(a, b) => either(a, b),
            Expr::Or(a, b) if is => either(a, b),
            Expr::Or(a, b) => both(a, b),
            Expr::Not(a) => with(a, !is),
            // What is not known is not asked for by being known.
            Expr::Known(_) if is => vec![Vec::new()],
            other if is => vec![vec![other.clone()]],
            other => vec![vec![Expr::Not(Box::new(other.clone()))]],
        }
    }
    with(e, true)
}

/// Answers of one question; all else is not known.
struct Own<'v> {
    question: &'v str,
    fields: &'v [Field],
    values: &'v [Value],
}

impl Own<'_> {
    /// The answer at `path`; `None`: of something else.
    fn answer(&self, path: &[String]) -> Option<&Value> {
        let [root, field] = path else { return None };
        let at = self.fields.iter().position(|f| f.name == *field).filter(|_| root == self.question)?;
        self.values.get(at)
    }
}

impl Scope for Own<'_> {
    fn get(&self, path: &[String]) -> Value {
        self.answer(path).cloned().unwrap_or_default()
    }
    fn items(&self, _: &[String]) -> Vec<String> {
        Vec::new()
    }
    fn bind(&self, _: &str, _: Kind, _: &str) -> Box<dyn Scope + '_> {
        Box::new(Own { ..*self })
    }
}

/// What a condition may come to, whatever is not an answer of this question.
#[derive(Clone, Copy)]
struct May {
    yes: bool,
    no: bool,
    unknown: bool,
}

const ANY: May = May { yes: true, no: true, unknown: true };

fn may(e: &Expr, own: &Own<'_>) -> May {
    let of = |v: Value| match v {
        Value::Bool(b) => May { yes: b, no: !b, unknown: false },
        _ => May { yes: false, no: false, unknown: true },
    };
    let turned = |m: May| May { yes: m.no, no: m.yes, unknown: m.unknown };
    let both = |a: May, b: May| May {
        yes: a.yes && b.yes,
        no: a.no || b.no,
        unknown: (a.unknown && (b.unknown || b.yes)) || (b.unknown && a.yes),
    };
    match e {
        Expr::And(a, b) => both(may(a, own), may(b, own)),
        Expr::Or(a, b) => turned(both(turned(may(a, own)), turned(may(b, own)))),
        Expr::Not(a) => turned(may(a, own)),
        other if foreign(other, own) => ANY,
        other => of(other.eval(own)),
    }
}

/// Whether it names what is no answer of this question.
fn foreign(e: &Expr, own: &Own<'_>) -> bool {
    match e {
        Expr::Literal(_) => false,
        Expr::Field(path) => own.answer(path).is_none(),
        Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) => foreign(a, own) || foreign(b, own),
        Expr::Not(a) | Expr::InCodes(a, _) | Expr::Known(a) => foreign(a, own),
    }
}

/// A condition as it is written.
fn show(e: &Expr) -> String {
    let deeper = |e: &Expr| match e {
        Expr::Or(..) => format!("({})", show(e)),
        _ => show(e),
    };
    match e {
        Expr::Literal(Value::Text(text)) => format!("'{text}'"),
        Expr::Literal(Value::Number(n)) => n.to_string(),
        Expr::Literal(Value::Bool(b)) => b.to_string(),
        Expr::Literal(_) => "unknown".into(),
        Expr::Field(path) => path.join("."),
        Expr::And(a, b) => format!("{} and {}", deeper(a), deeper(b)),
        Expr::Or(a, b) => format!("{} or {}", show(a), show(b)),
        Expr::Not(a) => match &**a {
            Expr::Known(a) => format!("{} is unknown", show(a)),
            Expr::And(..) | Expr::Or(..) => format!("not ({})", show(a)),
            a => format!("not {}", show(a)),
        },
        Expr::Compare(how, a, b) => {
            let sign = match how {
                Compare::Equal => "==",
                Compare::NotEqual => "!=",
                Compare::Less => "<",
                Compare::AtMost => "<=",
                Compare::Greater => ">",
                Compare::AtLeast => ">=",
            };
            format!("{} {sign} {}", show(a), show(b))
        }
        Expr::InCodes(a, _) => format!("{} in codes", show(a)),
        Expr::Known(a) => format!("{} is known", show(a)),
    }
}

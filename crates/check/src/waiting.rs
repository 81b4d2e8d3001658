//! A danger that one answer tells, and that waits for the questions after it.
//!
//! An `ask` of several questions is over when all of them are answered, or at its deadline. Where its `answered` leads
//! through branches to something urgent, and a condition on the way can be true by some of the answers alone, that
//! answer would wait: `stop_when` has to be true with it, and the branch has to come to the same then.
//!
//! Between the answers and the branch may stand any step (`ways`); where one takes time, the danger waits for it, whatever
//! `stop_when` says. Where a bound ends the search, that is told.
//!
//! What is tried: each way a condition can be true (its alternatives), with every value of the fields that it names at
//! which anything changes. What the branch asks beside these answers may be anything.

use crate::graph::{goes, span};
use crate::proof::is_flag;
use crate::ways::{Danger, Delay, Ways, all, around};
use crate::{Checking, Told};
use model::Value;
use model::prompt::{Answer, Field};
use model::value::Kind;
use pathway::ast::{Question, Step, StepIx, Verb};
use pathway::expr::{Compare, Expr};
use pathway::{Scope, Severity};
use std::cell::Cell;
use std::collections::BTreeSet;

/// Steps that are followed with answers, alternatives of a condition, values that are tried of one and of all.
const STEPS_MAX: usize = 64;
const ALTERNATIVES_MAX: usize = 64;
const TRIES_MAX: usize = 20_000;
const ALL_TRIES_MAX: usize = 400_000;

pub(crate) fn check(cx: &Checking<'_>, told: &mut Told) {
    for (ix, step) in cx.graph.steps() {
        let Verb::Ask { question, answered, stop_when, .. } = &step.verb else { continue };
        let Some(question) = cx.pathway.question(question) else { continue };
        let first = goes(step, *answered);
        let ways = Ways::of(cx, &question.name, first, ix);
        let walk = Walk { cx, question, found: ways.found, tried: Cell::new(0), cut: Cell::new(ways.cut) };
        let found: Vec<Waiting> = walk.found.iter().flat_map(|d| walk.waiting(d, stop_when.as_ref())).collect();
        let (late, lone): (Vec<Waiting>, Vec<Waiting>) = found.into_iter().partition(|w| w.late.is_some());
        let mut any = false;
        if let Some(worst) = late.iter().max_by_key(|w| (w.red, w.late.as_ref().map(length))) {
            passes(cx, step, worst, told);
            any = true;
        }
        if !lone.is_empty() {
            waits(&walk, step, &lone, told);
            any = true;
        } else if let Some(stop) = stop_when
            && question.form.fields.len() > 1
            && let Some((by, to)) = walk.astray(first, ix, stop)
        {
            let says =
                format!("`{}` stops at {by}, and what follows goes by an answer that is not asked then", step.name);
            let help = format!(
                "it leads to {to}: let the first arm of the `branch` be the danger, or ask that question before"
            );
            told.tell_as(Severity::Error, "TL074", step.place, says, help);
            any = true;
        }
        if walk.cut.get() && !any {
            let says = format!(
                "what follows `{}` has more ways than are tried: that no danger waits for the rest is not proved",
                step.name
            );
            let help = "ask what is dangerous in an `ask` of its own, with its `branch` right after it";
            told.tell_as(Severity::Warning, "TL074", step.place, says, help);
        }
    }
}

/// An answer that is enough for something urgent, and waits.
struct Waiting {
    /// What the answer is.
    by: Expr,
    flag: StepIx,
    red: bool,
    /// The time that passes before anybody looks at it; else it waits for the other questions.
    late: Option<Delay>,
}

/// The longest last; what nobody knows is longest.
fn length(delay: &Delay) -> i64 {
    delay.at_most_ms.unwrap_or(i64::MAX)
}

fn severity(red: bool) -> Severity {
    if red { Severity::Error } else { Severity::Warning }
}

/// Time passes between the answers and the branch.
fn passes(cx: &Checking<'_>, step: &Step, worst: &Waiting, told: &mut Told) {
    let Some(delay) = &worst.late else { return };
    let long = delay.at_most_ms.map(|ms| format!(", up to {}", span(ms))).unwrap_or_default();
    let (flag, by) = (&cx.graph.step(worst.flag).name, &cx.graph.step(delay.by).name);
    let says = format!("an answer that leads to `{flag}` waits for `{by}`{long}");
    let help = format!("put the `branch` on `{}` right after the `ask`", show(&worst.by));
    told.tell_as(severity(worst.red), "TL074", step.place, says, help);
}

/// The other questions are asked first.
fn waits(walk: &Walk<'_>, step: &Step, lone: &[Waiting], told: &mut Told) {
    let worst = lone.iter().find(|w| w.red).or(lone.first());
    let Some(worst) = worst else { return };
    let mut conditions: Vec<Expr> = Vec::new();
    let old = match &step.verb {
        Verb::Ask { stop_when: Some(e), .. } => Some(e),
        _ => None,
    };
    for condition in old.into_iter().chain(lone.iter().map(|w| &w.by)) {
        if !conditions.contains(condition) {
            conditions.push(condition.clone());
        }
    }
    let flag = &walk.cx.graph.step(worst.flag).name;
    let says = format!("an answer that leads to `{flag}` waits until all of `{}` is answered", walk.question.name);
    let help = if walk.always(&conditions) {
        "every answer can lead there, so no `stop_when` helps: ask what decides it first, or in an `ask` of its own"
            .into()
    } else {
        format!("write `stop_when: {}`", conditions.iter().map(show).collect::<Vec<_>>().join(" or "))
    };
    told.tell_as(severity(worst.red), "TL074", step.place, says, help);
}

struct Walk<'a> {
    cx: &'a Checking<'a>,
    question: &'a Question,
    /// What is urgent, with what must be so on the way.
    found: Vec<Danger>,
    tried: Cell<usize>,
    /// A bound ended the search.
    cut: Cell<bool>,
}

impl Walk<'_> {
    /// The alternatives of a danger that can be true before all is answered and do not stop the questions, or that
    /// nobody looks at before time has passed.
    fn waiting(&self, danger: &Danger, stop: Option<&Expr>) -> Vec<Waiting> {
        if danger.waits.is_none() && self.question.form.fields.len() <= 1 {
            return Vec::new();
        }
        let (soon, late) = (self.ways_to_be(&danger.soon), self.ways_to_be(&danger.late));
        let mut out = Vec::new();
        for (a, b) in soon.iter().flat_map(|a| late.iter().map(move |b| (a, b))) {
            let whole: Vec<&Expr> = a.iter().chain(b).collect();
            // What is told on the way was not known with the answers.
            if whole.iter().any(|e| crate::ways::names(e, &|root| danger.learned.contains(root))) {
                continue;
            }
            let (told, late) = (self.told(a), self.told(b));
            let delay = danger.waits.clone().filter(|_| !late.is_empty());
            let own: Vec<&Expr> = told.into_iter().chain(late).collect();
            let Some(by) = own.iter().copied().cloned().reduce(and) else { continue };
            let waits = match delay {
                Some(_) => self.can_be(&own, &whole, None),
                None => self.can_be(&own, &whole, Some(stop)),
            };
            if waits {
                out.push(Waiting { by, flag: danger.flag, red: danger.red, late: delay });
            }
        }
        out
    }

    /// Whether answers to what `own` names make all of `whole` true; with `rest`: before the last question, and without
    /// stopping them.
    fn can_be(&self, own: &[&Expr], whole: &[&Expr], rest: Option<Option<&Expr>>) -> bool {
        let fields = self.question.form.fields.len();
        let named: Vec<usize> = (0..fields).filter(|n| own.iter().any(|e| self.names(e, *n))).collect();
        let Some(last) = named.last() else { return false };
        if rest.is_some() && last + 1 >= fields {
            return false;
        }
        let stop = rest.flatten();
        let tests: Vec<&Expr> = whole.iter().copied().chain(stop).collect();
        let holds = |values: &Vec<Value>| whole.iter().all(|e| may(e, &self.own(values)).yes);
        let stops = |values: &Vec<Value>| stop.is_some_and(|s| s.eval(&self.own(values)) == Value::Bool(true));
        self.tries(&named, &tests).iter().any(|values| holds(values) && !stops(values))
    }

    /// Whether one of these is true whatever is answered to what they name.
    fn always(&self, conditions: &[Expr]) -> bool {
        let named: Vec<usize> =
            (0..self.question.form.fields.len()).filter(|n| conditions.iter().any(|e| self.names(e, *n))).collect();
        let tests: Vec<&Expr> = conditions.iter().collect();
        let one = |values: &Vec<Value>| tests.iter().any(|e| e.eval(&self.own(values)) == Value::Bool(true));
        self.tries(&named, &tests).iter().all(one)
    }

    /// The ways in which all of these can be true.
    fn ways_to_be(&self, conditions: &[Expr]) -> Vec<Vec<Expr>> {
        let Some(joined) = conditions.iter().cloned().reduce(and) else { return vec![Vec::new()] };
        let found = alternatives(&joined);
        if found.len() >= ALTERNATIVES_MAX {
            self.cut.set(true);
        }
        found
    }

    /// Those that an answer makes true; a question that is open is none.
    fn told<'e>(&self, conditions: &'e [Expr]) -> Vec<&'e Expr> {
        let open = |e: &Expr| matches!(e, Expr::Not(a) if matches!(&**a, Expr::Known(_)));
        conditions.iter().filter(|e| self.names_own(e) && !open(e)).collect()
    }

    /// When the questions stop for something urgent: an answer at which the branches come to something else.
    fn astray(&self, first: Option<StepIx>, from: StepIx, stop: &Expr) -> Option<(String, String)> {
        let fields = &self.question.form.fields;
        for all in alternatives(stop) {
            let named: Vec<usize> = (0..fields.len()).filter(|n| all.iter().any(|e| self.names(e, *n))).collect();
            let tries = self.tries(&named, &all.iter().collect::<Vec<_>>());
            let stops = |v: &&Vec<Value>| all.iter().all(|e| e.eval(&self.own(v)) == Value::Bool(true));
            for values in tries.iter().filter(stops).filter(|values| self.urgent(values)) {
                if let Some(to) = self.leads_away(first, from, values, (false, &mut BTreeSet::new())) {
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
        let enough = |one: &Vec<Expr>| !self.told(one).is_empty() && one.iter().all(holds);
        self.found.iter().filter_map(all).any(|condition| alternatives(&condition).iter().any(enough))
    }

    /// The name of what the branches lead to with only these answers, when a condition on the way names one that is
    /// not there, and nothing urgent comes. Where something else decides, each way is followed.
    fn leads_away(
        &self,
        at: Option<StepIx>,
        from: StepIx,
        values: &[Value],
        (strayed, seen): (bool, &mut BTreeSet<(StepIx, bool)>),
    ) -> Option<String> {
        let Some(ix) = at else {
            let mut found = None;
            for (around, _) in around(self.cx.graph, from) {
                let next = self.cx.graph.step(around).next;
                found = found.or_else(|| self.leads_away(next, around, values, (strayed, seen)));
            }
            return found.or_else(|| strayed.then(|| "`end`".into()));
        };
        if seen.len() >= STEPS_MAX {
            self.cut.set(true);
            return None;
        }
        if !seen.insert((ix, strayed)) {
            return None;
        }
        let step = self.cx.graph.step(ix);
        let mut on = |to, strayed| self.leads_away(to, ix, values, (strayed, seen));
        match &step.verb {
            Verb::Prompt(prompt) if is_flag(prompt) => None,
            Verb::Branch { arms, unknown, otherwise } => {
                for (condition, to) in arms {
                    let m = may(condition, &self.own(values));
                    match (m.yes, m.no, m.unknown) {
                        (true, false, false) => return on(goes(step, *to), strayed),
                        (false, true, false) => {}
                        (false, false, true) if self.waits_for_more(condition, values) => {
                            return on(goes(step, *unknown), true);
                        }
                        // It hangs on what is no answer.
                        _ => return None,
                    }
                }
                on(goes(step, *otherwise), strayed)
            }
            verb if at_once(verb) => on(step.next, strayed),
            Verb::Include { sub: Some(first), .. } => on(Some(*first), strayed),
            Verb::Split { .. } | Verb::Call { .. } | Verb::Parallel { .. } | Verb::Each { .. } => {
                let ways = self.cx.graph.ways_of(ix).iter();
                ways.filter(|w| w.to.is_some()).find_map(|w| on(w.to, strayed))
            }
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
            let values = values_of(self.question, &fields[*n], &found);
            let with = |row: &Vec<Value>, value: &Value| {
                let mut row = row.clone();
                row[*n] = value.clone();
                row
            };
            all = all.iter().flat_map(|row| values.iter().map(|v| with(row, v)).collect::<Vec<_>>()).collect();
            if all.len() > TRIES_MAX {
                self.cut.set(true);
                all.truncate(TRIES_MAX);
            }
        }
        // What is left of all tries: a pathway is checked in bounded time.
        let left = ALL_TRIES_MAX.saturating_sub(self.tried.get());
        if all.len() > left {
            self.cut.set(true);
            all.truncate(left);
        }
        self.tried.set(self.tried.get() + all.len());
        all
    }
}

fn and(a: Expr, b: Expr) -> Expr {
    Expr::And(Box::new(a), Box::new(b))
}

/// What goes on at once.
fn at_once(verb: &Verb) -> bool {
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
fn values_of(question: &Question, field: &Field, named: &[Value]) -> Vec<Value> {
    let mut all = values_given(field, named);
    if pathway::asking::is_optional(question, field) {
        // Left out, nothing is known of it.
        all.push(Value::Unknown);
    }
    all
}

fn values_given(field: &Field, named: &[Value]) -> Vec<Value> {
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

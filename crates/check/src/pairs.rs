//! Pathways that meet on one person: messages beyond the caps, the same question, the same work asked for twice. That
//! pathways which name each other exist and do not go round is asked when a folder is read.
//!
//! Two pathways meet unless what enrols them cannot be true of one person, as far as the shape of their conditions
//! tells. Where one fact enrols in both their days are the same days; else any day of one may be any day of the other.
//! A pair is told of once, in the file that comes later; `beside:` in either of them answers for it. Standing pathways
//! answer what was said and are left out.

use crate::caps::{Days, broken, days, sends};
use crate::graph::Graph;
use crate::{Checking, Given, Roster, Source, Told};
use pathway::ast::{Place, Step, Verb};
use pathway::expr::{Compare, Expr};
use pathway::{Finding, Pathway};
use std::collections::{BTreeMap, BTreeSet};

/// Pairs of pathways that are compared.
const PAIRS_MAX: usize = 5_000;
/// What a pair is told of, at most: one line.
const REASONS_MAX: usize = 3;

pub(crate) fn check(
    pathways: &[&Pathway],
    sources: &[Source],
    given: &Given<'_>,
    roster: &Roster,
    all: &mut Vec<Finding>,
) {
    let own: Vec<&&Pathway> = pathways.iter().filter(|p| !p.standing).collect();
    let graphs: Vec<Graph<'_>> = own.iter().map(|p| Graph::of(p)).collect();
    let sides: Vec<Side<'_>> = own.iter().zip(&graphs).map(|(p, graph)| Side::of(p, graph, given, roster)).collect();
    let mut compared = 0;
    for (n, a) in sides.iter().enumerate() {
        for b in sides.iter().skip(n + 1) {
            compared += 1;
            if compared > PAIRS_MAX {
                return;
            }
            if !answered(a.pathway, b.pathway) && !exclusive(a.pathway, b.pathway) {
                collide(a, b, given, sources, all);
            }
        }
    }
}

/// One pathway of a pair: made once, compared with many.
struct Side<'a> {
    pathway: &'a Pathway,
    graph: &'a Graph<'a>,
    /// Its messages by day, telephone channels and mail; nothing where it breaks a cap by itself.
    days: [Days; 2],
}

impl<'a> Side<'a> {
    fn of(pathway: &'a Pathway, graph: &'a Graph<'a>, given: &'a Given<'a>, roster: &'a Roster) -> Self {
        let cx = Checking { pathway, others: &[], given, roster, graph };
        let of = |rings| {
            let all = days(&cx, rings);
            if broken(&cx, &all).is_some() { Days::default() } else { all }
        };
        Self { pathway, graph, days: [of(true), of(false)] }
    }
}

/// Whether one of them says why both may hold one person.
fn answered(a: &Pathway, b: &Pathway) -> bool {
    let says = |p: &Pathway, other: &Pathway| p.beside.iter().any(|(name, _)| *name == other.name);
    says(a, b) || says(b, a)
}

/// Whether what enrols them cannot be true of one person at a time.
fn exclusive(a: &Pathway, b: &Pathway) -> bool {
    let same = a.enrol.on == b.enrol.on;
    match (&a.enrol.when, &b.enrol.when) {
        (Some(a), Some(b)) => {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            parts(a, &mut one);
            parts(b, &mut other);
            // What an encounter or a fact says is said of another one when another fact enrols.
            let lasts = |e: &Expr| same || of_person(e);
            one.iter().any(|x| lasts(x) && other.iter().any(|y| excludes(x, y)))
        }
        _ => false,
    }
}

/// Whether a condition is about the person only.
fn of_person(e: &Expr) -> bool {
    match e {
        Expr::Literal(_) => true,
        Expr::Field(path) => path.first().is_some_and(|root| root == "person"),
        Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) => of_person(a) && of_person(b),
        Expr::Not(a) | Expr::InCodes(a, _) | Expr::Known(a) => of_person(a),
    }
}

/// Whether one fact may enrol in both: then a day of one is the same day of the other.
fn together(a: &Pathway, b: &Pathway) -> bool {
    a.enrol.on == b.enrol.on && !a.enrol.on.is_empty() || a.enrol.every.is_some() && b.enrol.every.is_some()
}

/// What must be true, each for itself.
fn parts<'e>(e: &'e Expr, out: &mut Vec<&'e Expr>) {
    match e {
        Expr::And(a, b) => {
            parts(a, out);
            parts(b, out);
        }
        other => out.push(other),
    }
}

/// Whether both cannot be true, as far as their shape tells.
fn excludes(a: &Expr, b: &Expr) -> bool {
    if matches!(a, Expr::Not(inner) if **inner == *b) || matches!(b, Expr::Not(inner) if **inner == *a) {
        return true;
    }
    match (a, b) {
        (Expr::InCodes(x, one), Expr::InCodes(y, other)) => {
            // A concept has one code of a system at most for what enrols; sets that share none do not meet.
            let bare = |c: &String| c.rsplit('|').next().map(str::to_owned);
            let one: BTreeSet<_> = one.iter().filter_map(bare).collect();
            x == y && !one.is_empty() && !other.iter().filter_map(bare).any(|c| one.contains(&c))
        }
        (Expr::Compare(how, x, v), Expr::Compare(other, y, w)) if x == y => {
            use Compare::{AtLeast, AtMost, Equal, Greater, Less, NotEqual};
            let (Expr::Literal(v), Expr::Literal(w)) = (&**v, &**w) else { return false };
            let number = |v: &model::Value| if let model::Value::Number(n) = v { Some(*n) } else { None };
            match (how, other) {
                (Equal, Equal) => v != w,
                (Equal, NotEqual) | (NotEqual, Equal) => v == w,
                (Less, AtLeast | Greater) | (AtMost, Greater) => number(v).zip(number(w)).is_some_and(|(v, w)| v <= w),
                (AtLeast | Greater, Less) | (Greater, AtMost) => number(v).zip(number(w)).is_some_and(|(v, w)| w <= v),
                _ => false,
            }
        }
        _ => false,
    }
}

/// Two pathways that one person may be on.
fn collide(a: &Side<'_>, b: &Side<'_>, given: &Given<'_>, sources: &[Source], all: &mut Vec<Finding>) {
    let mut reasons: Vec<(Place, String)> = Vec::new();
    reasons.extend(same_work(a.pathway, b.pathway));
    reasons.extend(same_question(a.pathway, b.pathway));
    reasons.extend([0, 1].into_iter().filter_map(|group| too_many(a, b, group, given)));
    let Some((at, _)) = reasons.first() else { return };
    let said: Vec<&str> = reasons.iter().map(|(_, says)| says.as_str()).take(REASONS_MAX).collect();
    let says = format!("who is on `{}` may be on this too: {}", a.pathway.name, said.join("; "));
    let help =
        format!("let `when` tell the two apart, or say why both do no harm: `beside: {{ {}: … }}`", a.pathway.name);
    let mut told = Told::of(b.pathway, sources);
    told.tell("TL072", *at, says, help);
    all.append(&mut told.all);
}

/// A day on which both together send more than a cap has places for.
fn too_many(a: &Side<'_>, b: &Side<'_>, group: usize, given: &Given<'_>) -> Option<(Place, String)> {
    let (first, second) = (&a.days[group], &b.days[group]);
    let busiest = first.0.values().map(Vec::len).max().unwrap_or(0);
    let one_day = together(a.pathway, b.pathway);
    let place = b.pathway.places.get("enrol").copied().unwrap_or(Place { line: 1, column: 1, length: 1 });
    for (day, steps) in &second.0 {
        let theirs = if one_day { first.0.get(day).map_or(0, Vec::len) } else { busiest };
        let places = steps.iter().filter_map(|ix| {
            let (purpose, channel) = sends(b.graph.step(*ix))?;
            Some((given.rules.places(channel, purpose)?.0, purpose))
        });
        let Some((places, purpose)) = places.min() else { continue };
        if theirs > 0 && theirs + steps.len() > places {
            let sum = theirs + steps.len();
            let when = if one_day { format!("on day {day}") } else { "on one day".to_owned() };
            return Some((
                place,
                format!("they get {sum} messages {when}, and the cap leaves {places} places to {}", purpose.name()),
            ));
        }
    }
    None
}

/// A prompt of one name to one team in both.
fn same_work(a: &Pathway, b: &Pathway) -> Option<(Place, String)> {
    let prompts = |p: &Pathway| -> BTreeMap<String, (String, Place)> {
        let one = |s: &Step| match &s.verb {
            Verb::Prompt(q) => Some((q.name.clone(), (q.to.clone(), s.place))),
            _ => None,
        };
        p.steps.iter().filter_map(one).collect()
    };
    let theirs = prompts(a);
    let both = prompts(b).into_iter().find(|(name, (team, _))| theirs.get(name).is_some_and(|(t, _)| t == team));
    both.map(|(name, (team, at))| (at, format!("both ask {team} for `{name}`")))
}

/// A question in the same words, or of the same Questionnaire, that both ask the person.
fn same_question(a: &Pathway, b: &Pathway) -> Option<(Place, String)> {
    let words = |p: &Pathway| -> Vec<(String, Place)> {
        let asked = p.steps.iter().filter_map(|s| match &s.verb {
            Verb::Ask { question, .. } => Some((p.question(question)?, s.place)),
            _ => None,
        });
        let of = |(q, at): (&pathway::ast::Question, Place)| {
            let labels = q.form.fields.iter().map(|f| f.label.trim().to_lowercase());
            let canonical = Some(q.questionnaire.clone()).filter(|c| !c.is_empty());
            labels.chain(canonical).map(|said| (said, at)).collect::<Vec<_>>()
        };
        asked.flat_map(of).collect()
    };
    let theirs: BTreeSet<String> = words(a).into_iter().map(|(said, _)| said).collect();
    let both = words(b).into_iter().find(|(said, _)| theirs.contains(said));
    both.map(|(said, at)| (at, format!("both ask the person \u{201c}{said}\u{201d}")))
}

//! Pathways that meet on one person: messages beyond the caps, the same work asked for twice. That pathways which name
//! each other exist and do not go round is asked when a folder is read.

use crate::caps::{broken, days, sends};
use crate::graph::Graph;
use crate::{Checking, Given, Roster, Source, Told};
use pathway::ast::{Place, Verb};
use pathway::expr::{Compare, Expr};
use pathway::{Finding, Pathway};
use std::collections::{BTreeMap, BTreeSet};

/// Pairs of pathways that are compared.
const PAIRS_MAX: usize = 5_000;

pub(crate) fn check(
    pathways: &[&Pathway],
    sources: &[Source],
    given: &Given<'_>,
    roster: &Roster,
    all: &mut Vec<Finding>,
) {
    let own: Vec<&&Pathway> = pathways.iter().filter(|p| !p.standing).collect();
    let mut compared = 0;
    for (n, a) in own.iter().enumerate() {
        for b in own.iter().skip(n + 1) {
            compared += 1;
            if compared > PAIRS_MAX {
                return;
            }
            if meet(a, b) {
                let mut told = Told::of(b, sources);
                collide(a, b, given, roster, &mut told);
                all.append(&mut told.all);
            }
        }
    }
}

/// Whether one fact may enrol a person in both.
fn meet(a: &Pathway, b: &Pathway) -> bool {
    let same = a.enrol.on == b.enrol.on || a.enrol.every.is_some() && b.enrol.every.is_some();
    let exclusive = match (&a.enrol.when, &b.enrol.when) {
        (Some(a), Some(b)) => {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            parts(a, &mut one);
            parts(b, &mut other);
            one.iter().any(|x| other.iter().any(|y| excludes(x, y)))
        }
        _ => false,
    };
    same && !exclusive
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

/// Two pathways that one person is on.
fn collide(a: &Pathway, b: &Pathway, given: &Given<'_>, roster: &Roster, told: &mut Told) {
    let place = |p: &Pathway| p.places.get("enrol").copied().unwrap_or(Place { line: 1, column: 1, length: 1 });
    let (graph_a, graph_b) = (Graph::of(a), Graph::of(b));
    let of = |pathway, graph| Checking { pathway, given, roster, graph };
    let (one, other) = (of(a, &graph_a), of(b, &graph_b));
    for rings in [true, false] {
        let (first, second) = (days(&one, rings), days(&other, rings));
        if broken(&one, &first).is_some() || broken(&other, &second).is_some() {
            continue;
        }
        for (day, steps) in &second.0 {
            let theirs = first.0.get(day).map_or(0, Vec::len);
            let places = steps.iter().filter_map(|ix| {
                let (purpose, channel) = sends(other.graph.step(*ix))?;
                Some((given.rules.places(channel, purpose)?.0, purpose))
            });
            let Some((places, purpose)) = places.min() else { continue };
            if theirs > 0 && theirs + steps.len() > places {
                let says = format!(
                    "who is on `{}` too gets {} messages on day {day}: the cap leaves {places} places to {}",
                    a.name,
                    theirs + steps.len(),
                    purpose.name()
                );
                let help = "let `when` tell the two apart, or send on other days";
                told.tell("TL072", place(b), says, help);
                break;
            }
        }
    }
    let prompts = |p: &Pathway| -> BTreeMap<String, (String, Place)> {
        let all = p.steps.iter().filter_map(|s| match &s.verb {
            Verb::Prompt(q) => Some((q.name.clone(), (q.to.clone(), s.place))),
            _ => None,
        });
        all.collect()
    };
    let theirs = prompts(a);
    for (name, (team, at)) in prompts(b) {
        if theirs.get(&name).is_some_and(|(other, _)| *other == team) {
            let says = format!("`{}` asks {team} for `{name}` too, for the same person", a.name);
            told.tell("TL072", at, says, "let `when` tell the two apart, or ask in one of them");
        }
    }
}

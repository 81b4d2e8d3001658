//! Checks that need the whole: which steps are reached, which names have a value where, loops,
//! words for every channel and language.

use crate::ast::{Goto, StepIx, Verb, When};
use crate::compile::{Asking, Compiler};
use crate::steps::is_day;
use crate::types::{self, Here, Ty};
use crate::yaml::Node;
use model::{Channel, Type};
use std::collections::{BTreeMap, BTreeSet};

/// Names that have a value at each step; `None` at steps that are never reached.
type Bound = Vec<Option<BTreeSet<String>>>;

/// Checks a pathway that has been read.
pub(crate) fn check(c: &mut Compiler<'_, '_>) {
    unsure(c);
    let bound = bound(c);
    if !c.broken {
        unreached(c, &bound);
    }
    loops(c);
    let asks = std::mem::take(&mut c.asks);
    let mut told = BTreeSet::new();
    // What stands at a step that is never reached is checked as if everything were bound.
    let all: BTreeSet<String> = c.names.vars.keys().chain(c.names.prompts.keys()).cloned().collect();
    for ask in &asks {
        if c.findings.is_full() {
            break;
        }
        let nothing: BTreeSet<String> = c.root.iter().cloned().collect();
        let here = match ask.step {
            None => &nothing,
            Some(ix) => bound.get(usize::from(ix)).and_then(Option::as_ref).unwrap_or(&all),
        };
        check_one(c, ask.node, &ask.what, here, &mut told);
    }
}

fn check_one(
    c: &mut Compiler<'_, '_>,
    node: &Node,
    what: &Asking<'_>,
    bound: &BTreeSet<String>,
    told: &mut BTreeSet<(String, String, Channel)>,
) {
    let here = Here { names: &c.names, bound, task: false };
    match what {
        Asking::Condition { written, unanswered } => {
            types::check(written, node, &here, &mut c.findings);
            if *unanswered && types::may_be_unknown(written, &here) {
                let says = "this may be unknown, and the branch does not say what then";
                let help = "add `unknown:` with where it leads, or ask `is known` first";
                let place = node.within(written.stretch.at, written.stretch.length);
                c.findings.error("TL022", place, says, Some(help.into()));
            }
        }
        Asking::Field { path, ty } => {
            let length = path.join(".").chars().count();
            let before = node.text().and_then(|t| t.find(&path.join("."))).unwrap_or(0);
            let place = node.within(before, length);
            match here.field(path) {
                Err(no) => c.findings.error("TL007", place, no.says, no.help),
                Ok(Ty::Time) if *ty == Type::Time => {}
                Ok(_) => {
                    let says = format!("`{}` is not a time", path.join("."));
                    c.findings.error("TL009", place, says, None);
                }
            }
        }
        Asking::Variable { name } => {
            if !bound.contains(name) {
                let says = format!("`{name}` stands for nothing here");
                let help = "it is bound inside its `each`, and in sub-pathways that are reached only from there";
                c.findings.error("TL007", node.within(0, name.chars().count()), says, Some(help.into()));
            }
        }
        Asking::Day { name } => {
            if !bound.contains(name) || !is_day(c.names.vars.get(name)) {
                let says = format!("`{name}` is no day of a `repeat` here");
                let help = "`remind` stands inside a `repeat` with `checklist:` and `as: today`";
                c.findings.error("TL007", node.place, says, Some(help.into()));
            }
        }
        Asking::Fields { fields } => check_fields(c, fields, node, bound, false),
        Asking::Words { name, by, task } => check_words(c, node, name, by, *task, bound, told),
    }
}

fn check_fields(
    c: &mut Compiler<'_, '_>,
    fields: &[crate::template::FieldAt],
    node: &Node,
    bound: &BTreeSet<String>,
    task: bool,
) {
    for (at, path, filter) in fields {
        if c.findings.is_full() {
            return;
        }
        let here = Here { names: &c.names, bound, task };
        let place = || node.within(*at, path.join(".").chars().count());
        match here.field(path) {
            Err(no) => c.findings.error("TL007", place(), no.says, no.help),
            Ok(Ty::Time) => {}
            Ok(_) if ["day", "time", "date"].contains(&filter.as_str()) => {
                let says = format!("`{}` is not a time: it cannot be written as `{filter}`", path.join("."));
                c.findings.error("TL009", place(), says, None);
            }
            Ok(_) => {}
        }
    }
}

fn check_words(
    c: &mut Compiler<'_, '_>,
    node: &Node,
    name: &str,
    by: &[Channel],
    task: bool,
    bound: &BTreeSet<String>,
    told: &mut BTreeSet<(String, String, Channel)>,
) {
    // Fields are checked where the words are used: their names mean what they mean there.
    let said = c.said.remove(name).unwrap_or_default();
    for s in &said {
        check_fields(c, &s.fields, s.node, bound, task);
    }
    for language in c.speaks.clone() {
        for channel in by {
            let has = said.iter().any(|s| s.language == language && s.channel == *channel);
            if !has && told.insert((name.into(), language.clone(), *channel)) {
                let says = format!("the words `{name}` have no `{}` in `{language}`", channel.name());
                let help = format!("add `{}:` below `{language}:` of `{name}`", channel.name());
                c.findings.error("TL021", node.place, says, Some(help));
            }
        }
    }
    c.said.insert(name.into(), said);
}

/// Prompts that a late wait may leave out may stay unanswered.
fn unsure(c: &mut Compiler<'_, '_>) {
    let skipped = c.steps.iter().filter_map(|s| match (&s.verb, s.next) {
        (Verb::Wait { late: crate::ast::Late::Skip | crate::ast::Late::Prompt, .. }, Some(next)) => Some(next),
        _ => None,
    });
    for ix in skipped {
        if let Verb::Prompt(p) = &c.steps[usize::from(ix)].verb
            && let Some(asked) = c.names.prompts.get_mut(&p.name)
        {
            asked.sure = false;
        }
    }
}

/// Where a step leads, whether a wait lies between, and the variable that is bound on the way.
struct Edge {
    to: StepIx,
    waits: bool,
    binds: Option<String>,
}

fn edges(c: &Compiler<'_, '_>, ix: usize) -> Vec<Edge> {
    let step = &c.steps[ix];
    let mut out = Vec::new();
    let mut go = |goto: Goto, waits: bool| {
        let to = match goto {
            Goto::Next => step.next,
            Goto::End => None,
            Goto::Step(to) => Some(to),
        };
        out.extend(to.map(|to| Edge { to, waits, binds: None }));
    };
    // A day, or a time around a field, may be over already: only a time from now surely waits.
    let from_now = |when: &When| {
        matches!(
            when,
            When::NextDay { .. } | When::Span(_) | When::Clock(_) | When::Weekday { .. } | When::WorkingDay { .. }
        )
    };
    match &step.verb {
        Verb::Wait { until, .. } => go(Goto::Next, from_now(until)),
        Verb::WaitFor { fact, deadline, found, missed } => {
            go(*found, fact.already.is_none());
            go(*missed, from_now(deadline));
        }
        Verb::Branch { arms, unknown, otherwise } => {
            arms.iter().for_each(|(_, goto)| go(*goto, false));
            go(*unknown, false);
            go(*otherwise, false);
        }
        Verb::Prompt(p) => {
            go(Goto::Next, true);
            out.iter_mut().for_each(|e| e.binds = Some(p.name.clone()));
        }
        Verb::Repeat { body, today, .. } => {
            go(Goto::Next, false);
            out.push(Edge { to: *body, waits: true, binds: today.as_ref().map(|(_, var)| var.clone()) });
        }
        Verb::Each { body, var, .. } => {
            go(Goto::Next, false);
            out.push(Edge { to: *body, waits: false, binds: Some(var.clone()) });
        }
        Verb::Reach { success: Some(_), got, not, .. } => {
            go(*got, false);
            go(*not, true);
        }
        Verb::Ask { answered, missed, deadline, .. } => {
            go(*answered, true);
            go(*missed, from_now(deadline));
        }
        Verb::Split { arms, hold_out, .. } => {
            arms.iter().for_each(|arm| go(arm.to, false));
            hold_out.iter().for_each(|(_, to)| go(*to, false));
        }
        Verb::Parallel { strands, .. } => {
            go(Goto::Next, false);
            strands.iter().for_each(|(_, first)| go(Goto::Step(*first), false));
        }
        Verb::Include { sub, .. } => {
            go(Goto::Next, false);
            sub.iter().for_each(|first| go(Goto::Step(*first), false));
        }
        Verb::Reach { success: None, .. }
        | Verb::Remind { .. }
        | Verb::EnrolIn { .. }
        | Verb::WithdrawFrom { .. }
        | Verb::Note { .. } => go(Goto::Next, false),
        Verb::Leave { .. } => {}
    }
    out
}

/// Names as bits: there are at most [`crate::strands::VARS_MAX`] variables and
/// [`crate::prompts::PROMPTS_MAX`] prompts.
type Bits = [u64; (crate::strands::VARS_MAX + crate::prompts::PROMPTS_MAX).div_ceil(64)];

/// What is bound on every way that leads to each step: a fixed point from the tracks' beginnings.
fn bound(c: &Compiler<'_, '_>) -> Bound {
    let names: Vec<&String> = c.names.vars.keys().chain(c.names.prompts.keys()).collect();
    let all: Vec<Vec<Edge>> = (0..c.steps.len()).map(|ix| edges(c, ix)).collect();
    let mut bits: Vec<Option<Bits>> = vec![None; c.steps.len()];
    let mut work: Vec<usize> = c.tracks.iter().filter_map(|(_, first)| first.map(usize::from)).collect();
    let mut first = Bits::default();
    if let Some(bit) = c.root.as_ref().and_then(|root| names.iter().position(|n| *n == root)) {
        first[bit / 64] |= 1 << (bit % 64);
    }
    work.iter().for_each(|ix| bits[*ix] = Some(first));
    // Sets only shrink, so this ends: each step is taken up once for each name at most.
    while let Some(ix) = work.pop() {
        let Some(before) = bits[ix] else { continue };
        for edge in &all[ix] {
            let mut after = before;
            let binds = edge.binds.as_ref().and_then(|name| names.iter().position(|n| *n == name));
            if let Some(word) = binds.and_then(|bit| after.get_mut(bit / 64).map(|w| (w, bit % 64))) {
                *word.0 |= 1 << word.1;
            }
            let Some(slot) = bits.get_mut(usize::from(edge.to)) else { continue };
            let merged = slot.map_or(after, |old| std::array::from_fn(|i| old[i] & after[i]));
            if *slot != Some(merged) {
                *slot = Some(merged);
                work.push(usize::from(edge.to));
            }
        }
    }
    let named = |set: Bits| {
        let has = |bit: usize| set.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0);
        names.iter().enumerate().filter(|(bit, _)| has(*bit)).map(|(_, name)| (*name).clone()).collect()
    };
    bits.into_iter().map(|set| set.map(named)).collect()
}

/// Finds the first of each run of steps that are never reached.
fn unreached(c: &mut Compiler<'_, '_>, bound: &Bound) {
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut run = false;
    for (ix, step) in c.steps.iter().enumerate() {
        let never = bound[ix].is_none();
        let sub = c.subs.iter().any(|(n, _)| *n == step.track);
        if never && !run && told.insert(step.track.clone()) {
            let whole = sub && c.subs.iter().any(|(_, first)| first.map(usize::from) == Some(ix));
            let says = match whole {
                true => format!("nothing leads to the sub-pathway `{}`", step.track),
                false => "this step is never reached".to_string(),
            };
            let place = step.place;
            c.findings.error("TL020", place, says, Some("what stands before it always leads elsewhere".into()));
        }
        run = never;
    }
}

/// Finds loops in which nothing waits: they would turn without end.
fn loops(c: &mut Compiler<'_, '_>) {
    let mut hasty: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for ix in 0..c.steps.len() {
        let to = edges(c, ix).into_iter().filter(|e| !e.waits).map(|e| usize::from(e.to)).collect();
        hasty.insert(ix, to);
    }
    // What has no way in or no way out is on no loop; what remains is.
    for _ in 0..=c.steps.len() {
        let entered: BTreeSet<usize> = hasty.values().flatten().copied().collect();
        let left: Vec<usize> =
            hasty.iter().filter(|(i, to)| to.is_empty() || !entered.contains(i)).map(|(i, _)| *i).collect();
        if left.is_empty() {
            break;
        }
        for ix in left {
            hasty.remove(&ix);
            hasty.values_mut().for_each(|to| {
                to.remove(&ix);
            });
        }
    }
    let back: Vec<_> = c
        .jumps
        .iter()
        .filter_map(|j| Some((usize::from(j.from), usize::from(j.found?), j.place)))
        .filter(|(from, to, _)| to <= from && hasty.get(from).is_some_and(|t| t.contains(to)))
        .map(|(_, _, place)| place)
        .collect();
    let first = hasty.keys().next().map(|ix| c.steps[*ix].place);
    let places = if back.is_empty() { first.into_iter().collect() } else { back };
    for place in places {
        let help = "put a `wait` into the loop, or ask a person with `prompt`";
        c.findings.error("TL019", place, "this goes round without ever waiting", Some(help.into()));
    }
}

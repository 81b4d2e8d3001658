//! Checks that need the whole: which steps are reached, which names have a value where, loops,
//! words for every channel and language.

use crate::ast::{Goto, StepIx, Verb};
use crate::compile::{Asking, Compiler};
use crate::inside::{Inside, Way, Ways};
use crate::steps::is_day;
use crate::types::{self, Here, Ty};
use crate::yaml::Node;
use model::{Channel, Type};
use std::collections::BTreeSet;

/// Names that have a value at each step; `None` at steps that are never reached.
type Bound = Vec<Option<BTreeSet<String>>>;

/// Checks a pathway that has been read.
pub(crate) fn check(c: &mut Compiler<'_, '_>) {
    let ways = Ways::of(&c.steps);
    unsure(c, &ways);
    let bound = bound(c, &ways);
    if !c.broken {
        unreached(c, &bound);
    }
    recursion(c, &ways);
    loops(c, &ways);
    last_tries(c);
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
        if let (Asking::Words { name, by, .. }, Some(ix)) = (&ask.what, ask.step) {
            linked(c, ask.node, usize::from(ix), (name, by));
        }
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
        Asking::Stop { written, question } => crate::stopping::check(c, node, written, question),
        Asking::Goal { written } => {
            let prompts: BTreeSet<String> = c.names.prompts.keys().cloned().collect();
            let here = Here { names: &c.names, bound: &prompts, task: false };
            types::check(written, node, &here, &mut c.findings);
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
            Ok(ty) if filter == crate::template::PLURAL => {
                if !matches!(ty, Ty::Number | Ty::List(_) | Ty::Any) {
                    let says = format!("`{}` is not a number: its words cannot go by how many", path.join("."));
                    c.findings.error("TL009", place(), says, None);
                }
            }
            Ok(Ty::Time) => {}
            Ok(_) if ["day", "time", "date"].contains(&filter.as_str()) => {
                let says = format!("`{}` is not a time: it cannot be written as `{filter}`", path.join("."));
                c.findings.error("TL009", place(), says, None);
            }
            Ok(_) => {}
        }
    }
}

/// The mail of an `ask` leads to the page on which it is answered.
fn linked(c: &mut Compiler<'_, '_>, node: &Node, ix: usize, (name, by): (&str, &[Channel])) {
    let asks = matches!(c.steps.get(ix).map(|s| &s.verb), Some(Verb::Ask { .. }));
    if !asks || !by.contains(&Channel::Email) {
        return;
    }
    let links = |said: &crate::compile::Said<'_>| {
        said.channel == Channel::Email
            && !said.subject
            && said.fields.iter().any(|(_, path, _)| matches!(path.as_slice(), [_, field] if field == "today_link"))
    };
    let said = c.said.get(name).map(Vec::as_slice).unwrap_or_default();
    let mute = |language: &&String| {
        let has = said.iter().any(|s| s.channel == Channel::Email && s.language == **language);
        has && !said.iter().any(|s| s.language == **language && links(s))
    };
    for language in c.speaks.iter().filter(mute).cloned().collect::<Vec<_>>() {
        let says = format!("the mail of `{name}` in `{language}` does not lead to the page where it is answered");
        let help = Some("add `{{ person.today_link }}` to its text".into());
        c.findings.error("TL043", node.place, says, help);
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

/// Prompts that a late wait may leave out may stay unanswered; so may those that became pointless inside of what is
/// gone on from then.
fn unsure(c: &mut Compiler<'_, '_>, ways: &Ways) {
    for (ix, _) in ways.exits.values().flatten() {
        if let Verb::Prompt(p) = &c.steps[*ix].verb
            && p.until.is_some()
            && let Some(asked) = c.names.prompts.get_mut(&p.name)
        {
            asked.sure = false;
        }
    }
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

/// Names as bits: there are at most [`crate::strands::VARS_MAX`] variables and
/// [`crate::prompts::PROMPTS_MAX`] prompts.
type Bits = [u64; (crate::strands::VARS_MAX + crate::prompts::PROMPTS_MAX).div_ceil(64)];

/// What is bound on every way that leads to each step: a fixed point from the tracks' beginnings.
fn bound(c: &Compiler<'_, '_>, ways: &Ways) -> Bound {
    let names: Vec<&String> = c.names.vars.keys().chain(c.names.prompts.keys()).collect();
    let bits_of = |binds: &[String]| {
        let mut bits = Bits::default();
        for name in binds {
            let bit = names.iter().position(|n| *n == name);
            if let Some((word, bit)) = bit.and_then(|bit| bits.get_mut(bit / 64).map(|w| (w, bit % 64))) {
                *word |= 1 << bit;
            }
        }
        bits
    };
    let all: Vec<Vec<Bits>> = ways.edges.iter().map(|of| of.iter().map(|e| bits_of(&e.binds)).collect()).collect();
    // What loops bind ends with them: only answers are known after what is inside of a step.
    let answers = bits_of(&c.names.prompts.keys().cloned().collect::<Vec<_>>());
    // Who must be looked at again when what is known at an end changes.
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); c.steps.len()];
    for (ix, inside) in &ways.inside {
        for (end, _) in inside.firsts.iter().flat_map(|first| ways.exits.get(first)).flatten() {
            callers[*end].push(*ix);
        }
    }
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
        let inside = ways.inside.get(&ix).map(|inside| surely(ways, inside, &bits, &all));
        for (edge, binds) in ways.edges[ix].iter().zip(&all[ix]) {
            let more = match (edge.way, &inside) {
                (Way::After, Some(None)) => continue,
                (Way::After, Some(Some(known))) => std::array::from_fn(|i| known[i] & answers[i]),
                _ => *binds,
            };
            let after: Bits = std::array::from_fn(|i| before[i] | more[i]);
            let Some(to) = edge.to.map(usize::from) else { continue };
            let Some(slot) = bits.get_mut(to) else { continue };
            let merged = slot.map_or(after, |old| std::array::from_fn(|i| old[i] & after[i]));
            if *slot != Some(merged) {
                *slot = Some(merged);
                work.push(to);
                work.extend(&callers[to]);
            }
        }
    }
    let named = |set: Bits| {
        let has = |bit: usize| set.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0);
        names.iter().enumerate().filter(|(bit, _)| has(*bit)).map(|(_, name)| (*name).clone()).collect()
    };
    bits.into_iter().map(|set| set.map(named)).collect()
}

/// What is bound after what is inside of a step: on every end of each part, if all parts must have ended; else
/// nothing is sure. `None` while no end of it is reached.
fn surely(ways: &Ways, inside: &Inside, bits: &[Option<Bits>], all: &[Vec<Bits>]) -> Option<Bits> {
    let ends = |first: &StepIx| {
        let at = |(ix, number): &(usize, usize)| {
            let binds = all[*ix][*number];
            bits[*ix].map(|known| std::array::from_fn(|i| known[i] | binds[i]))
        };
        let ends = ways.exits.get(first).into_iter().flatten().filter_map(at);
        ends.reduce(|a: Bits, b| std::array::from_fn(|i| a[i] & b[i]))
    };
    let mut parts = inside.firsts.iter().map(ends);
    if inside.all {
        parts.try_fold(Bits::default(), |sum, part| part.map(|part| std::array::from_fn(|i| sum[i] | part[i])))
    } else {
        parts.any(|part| part.is_some()).then(Bits::default)
    }
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

/// Finds sub-pathways that include themselves: nobody would come to their end.
fn recursion(c: &mut Compiler<'_, '_>, ways: &Ways) {
    for ix in ways.recursive() {
        let step = &c.steps[ix];
        let includes = matches!(step.verb, Verb::Include { .. });
        let says = match includes {
            true => "this includes itself, directly or by what it includes",
            false => "these strands come to this very step again before they end",
        };
        let help = "lead there with `then:` or `found:` instead, and wait on the way";
        c.findings.error("TL034", step.place, says, Some(help.into()));
    }
}

/// Finds loops in which nothing waits: they would turn without end.
fn loops(c: &mut Compiler<'_, '_>, ways: &Ways) {
    let mut hasty = ways.hasty();
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

/// Finds red flags that count their tries though nothing takes their place: one is over only for another that follows
/// at once, with nothing between but branches (the engine asks the same when a try was in vain).
fn last_tries(c: &mut Compiler<'_, '_>) {
    let is_red = |verb: &Verb| matches!(verb, Verb::Prompt(p) if p.person_within_ms.is_some());
    let follows = |from: usize| {
        let (mut seen, mut work) = (BTreeSet::new(), vec![c.steps[from].next]);
        while let Some(ix) = work.pop().map(|ix| ix.map(usize::from)) {
            let Some(step) = ix.filter(|ix| seen.insert(*ix)).and_then(|ix| c.steps.get(ix)) else { continue };
            match &step.verb {
                verb if is_red(verb) => return true,
                Verb::Branch { arms, unknown, otherwise } => {
                    let to = arms.iter().map(|(_, to)| to).chain([unknown, otherwise]);
                    work.extend(to.map(|to| match to {
                        Goto::Next => step.next,
                        Goto::End => None,
                        Goto::Step(ix) => Some(*ix),
                    }));
                }
                _ => {}
            }
        }
        false
    };
    let counts = |verb: &Verb| matches!(verb, Verb::Prompt(p) if is_red(verb) && p.attempts_max > 1);
    let idle = (0..c.steps.len()).filter(|ix| counts(&c.steps[*ix].verb) && !follows(*ix));
    for place in idle.map(|ix| c.steps[ix].place).collect::<Vec<_>>() {
        let says = "`attempts` of a red flag that no other red flag follows: it is asked for until somebody has it";
        let help = "leave `attempts` out; `again` says how soon the next try is";
        c.findings.error("TL076", place, says, Some(help.into()));
    }
}

//! Reads `rules/triage.yaml`.

use super::yaml::{Node, Result};
use crate::triage::likely::Weights;
use crate::triage::pattern::{Alternative, Pattern};
use crate::triage::words::Word;
use crate::triage::{RedFlag, Short, Triage};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The most patterns and words of one list.
const LIST_MAX: usize = 1_000;
/// The most classes of words: each is a bit of a word.
const CLASSES_MAX: usize = 128;

pub(super) fn read(node: &Node, weights: Arc<Weights>) -> Result<Triage> {
    node.only(&[
        "citation",
        "words",
        "real",
        "spelt",
        "contracted",
        "negators",
        "breakers",
        "danger_breakers",
        "stop_breakers",
        "perceived",
        "definite",
        "resolved",
        "resolved_before",
        "unresolved",
        "lasting",
        "asking",
        "clauses",
        "fillers",
        "around",
        "red_flags",
        "stop",
        "start",
        "wrong_number",
        "done",
        "picked_up",
        "cancel_visit",
        "reschedule_visit",
        "confirm_visit",
        "yes",
        "thanks",
        "thanks_with",
    ])?;
    node.need("citation")?.text()?;
    let named = node.need("words")?;
    let names: Vec<String> = named.entries()?.into_iter().map(|(name, _, _)| name.to_owned()).collect();
    if names.len() > CLASSES_MAX {
        return named.wrong(format_args!("more than {CLASSES_MAX} classes of words"));
    }
    let classes = named.entries()?.into_iter().map(|(_, _, list)| class(list)).collect::<Result<Vec<_>>>()?;
    let patterns = |name: &str| patterns(node.need(name)?, &names);
    let words = |name: &str| words(node.need(name)?);
    let short = |name: &str| short(node.need(name)?, &names);
    let mut red_flags = Vec::new();
    for (name, _, flag) in node.need("red_flags")?.entries()? {
        flag.only(&["ignore", "any"])?;
        let (ignore, any) = (may(flag.find("ignore")?, &names)?, may(Some(flag.need("any")?), &names)?);
        red_flags.push((name.to_owned(), RedFlag { ignore, any }));
    }
    let mut triage = Triage {
        loose: classes.iter().map(|class| class.iter().filter(|a| a.word().is_none()).cloned().collect()).collect(),
        members: members(&classes),
        classes,
        class_names: names.clone(),
        weights,
        spelt: written_so(node.need("spelt")?)?,
        contracted: written_so(node.need("contracted")?)?,
        known: words("real")?,
        negators: words("negators")?,
        breakers: words("breakers")?,
        danger_breakers: words("danger_breakers")?,
        stop_breakers: words("stop_breakers")?,
        perceived: words("perceived")?,
        definite: words("definite")?,
        resolved: patterns("resolved")?,
        resolved_before: patterns("resolved_before")?,
        unresolved: words("unresolved")?,
        lasting: patterns("lasting")?,
        asking: patterns("asking")?,
        clauses: words("clauses")?,
        fillers: words("fillers")?,
        around: words("around")?,
        red_flags,
        stop: short("stop")?,
        start: short("start")?,
        wrong_number: short("wrong_number")?,
        done: short("done")?,
        picked_up: short("picked_up")?,
        cancel_visit: short("cancel_visit")?,
        reschedule_visit: short("reschedule_visit")?,
        confirm_visit: short("confirm_visit")?,
        yes: words("yes")?,
        thanks: words("thanks")?,
        thanks_with: words("thanks_with")?,
    };
    triage.known.extend(written(&triage));
    Ok(triage)
}

/// All words that the lists write out: none of them is a misspelling of another one.
fn written(triage: &Triage) -> BTreeSet<String> {
    let mut out: BTreeSet<&str> = triage.classes.iter().flatten().filter_map(Alternative::word).collect();
    let lists = [
        &triage.negators,
        &triage.breakers,
        &triage.danger_breakers,
        &triage.stop_breakers,
        &triage.unresolved,
        &triage.perceived,
        &triage.definite,
        &triage.clauses,
        &triage.fillers,
        &triage.around,
        &triage.thanks,
        &triage.thanks_with,
    ];
    out.extend(lists.into_iter().flatten().map(String::as_str));
    let shorts = [&triage.stop, &triage.start, &triage.wrong_number, &triage.done, &triage.picked_up];
    let flags = triage.red_flags.iter().flat_map(|(_, flag)| [&flag.ignore, &flag.any]);
    let said = shorts.iter().flat_map(|s| [&s.phrases, &s.brief, &s.brief_unless, &s.unless, &s.certain]);
    let patterns =
        flags.chain(said).chain([&triage.resolved, &triage.resolved_before, &triage.lasting, &triage.asking]).flatten();
    patterns.for_each(|p| p.words(&mut out));
    out.extend(shorts.iter().flat_map(|s| s.whole.iter().flatten()).map(|w| w.text.as_str()));
    out.into_iter().map(str::to_owned).collect()
}

fn class(node: &Node) -> Result<Vec<Alternative>> {
    list(node)?.iter().map(|n| Alternative::read(n.text()?, &[]).or_else(|e| n.wrong(e))).collect()
}

/// Which classes each written word is in.
fn members(classes: &[Vec<Alternative>]) -> HashMap<String, u128> {
    let mut out: HashMap<String, u128> = HashMap::new();
    for (at, class) in classes.iter().enumerate() {
        class.iter().filter_map(Alternative::word).for_each(|word| *out.entry(word.to_owned()).or_default() |= 1 << at);
    }
    out
}

/// `one: [two words, other words]`.
fn written_so(node: &Node) -> Result<BTreeMap<String, String>> {
    let mut out = BTreeMap::new();
    for (one, _, pairs) in node.entries()? {
        out.extend(words(pairs)?.into_iter().map(|pair| (pair, one.to_owned())));
    }
    Ok(out)
}

fn list(node: &Node) -> Result<&[Node]> {
    let list = node.list()?;
    if list.len() > LIST_MAX { node.wrong(format_args!("more than {LIST_MAX} entries")) } else { Ok(list) }
}

fn words(node: &Node) -> Result<BTreeSet<String>> {
    list(node)?.iter().map(|n| n.text().map(str::to_owned)).collect()
}

fn patterns(node: &Node, classes: &[String]) -> Result<Vec<Pattern>> {
    list(node)?.iter().map(|n| Pattern::read(n.text()?, classes).or_else(|e| n.wrong(e))).collect()
}

fn may(node: Option<&Node>, classes: &[String]) -> Result<Vec<Pattern>> {
    node.map_or(Ok(Vec::new()), |node| patterns(node, classes))
}

fn short(node: &Node, classes: &[String]) -> Result<Short> {
    node.only(&["whole", "phrases", "brief", "brief_unless", "unless", "certain", "beside_danger"])?;
    let whole = node.find("whole")?.map_or(Ok(BTreeSet::new()), words)?;
    let whole = whole.iter().map(|phrase| phrase.split_whitespace().map(Word::new).collect()).collect();
    let found = |name: &str| may(node.find(name)?, classes);
    let (phrases, unless) = (found("phrases")?, found("unless")?);
    Ok(Short {
        whole,
        phrases,
        unless,
        brief: found("brief")?,
        brief_unless: found("brief_unless")?,
        certain: found("certain")?,
        beside_danger: found("beside_danger")?,
    })
}

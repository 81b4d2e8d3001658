//! Reads `rules/triage.yaml`.

use super::yaml::{Node, Result};
use crate::triage::{Pattern, RedFlag, Short, Triage};
use std::collections::BTreeSet;

/// The most patterns and words of one list.
const LIST_MAX: usize = 500;

pub(super) fn read(node: &Node) -> Result<Triage> {
    node.only(&[
        "citation",
        "negators",
        "breakers",
        "danger_breakers",
        "perceived",
        "definite",
        "resolved",
        "unresolved",
        "clauses",
        "fillers",
        "red_flags",
        "stop",
        "start",
        "wrong_number",
        "done",
        "picked_up",
        "thanks",
        "thanks_with",
    ])?;
    node.need("citation")?.text()?;
    let mut red_flags = Vec::new();
    for (name, _, flag) in node.need("red_flags")?.entries()? {
        flag.only(&["ignore", "any"])?;
        red_flags.push((
            name.to_owned(),
            RedFlag { ignore: patterns(flag.find("ignore")?)?, any: patterns(Some(flag.need("any")?))? },
        ));
    }
    Ok(Triage {
        negators: words(node.need("negators")?)?,
        breakers: words(node.need("breakers")?)?,
        danger_breakers: words(node.need("danger_breakers")?)?,
        perceived: words(node.need("perceived")?)?,
        definite: words(node.need("definite")?)?,
        resolved: patterns(Some(node.need("resolved")?))?,
        unresolved: words(node.need("unresolved")?)?,
        clauses: words(node.need("clauses")?)?,
        fillers: words(node.need("fillers")?)?,
        red_flags,
        stop: short(node.need("stop")?)?,
        start: short(node.need("start")?)?,
        wrong_number: short(node.need("wrong_number")?)?,
        done: short(node.need("done")?)?,
        picked_up: short(node.need("picked_up")?)?,
        thanks: words(node.need("thanks")?)?,
        thanks_with: words(node.need("thanks_with")?)?,
    })
}

fn words(node: &Node) -> Result<BTreeSet<String>> {
    let list = node.list()?;
    if list.len() > LIST_MAX {
        return node.wrong(format_args!("more than {LIST_MAX} words"));
    }
    list.iter().map(|n| n.text().map(str::to_owned)).collect()
}

fn patterns(node: Option<&Node>) -> Result<Vec<Pattern>> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let list = node.list()?;
    if list.len() > LIST_MAX {
        return node.wrong(format_args!("more than {LIST_MAX} patterns"));
    }
    list.iter().map(|n| Pattern::read(n.text()?).or_else(|e| n.wrong(e))).collect()
}

fn short(node: &Node) -> Result<Short> {
    node.only(&["whole", "phrases", "unless"])?;
    let whole = node.find("whole")?.map_or(Ok(BTreeSet::new()), words)?;
    Ok(Short { whole, phrases: patterns(node.find("phrases")?)?, unless: patterns(node.find("unless")?)? })
}

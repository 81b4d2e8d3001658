//! Writes what came into a file of tests, as what is expected from now on. The rest of the file stays as it is.

use super::expect::{Expected, compare};
use super::line::Line;
use super::read::{Scenario, Suite};
use super::run::Verdict;

/// The file with the recorded lists of the scenarios that have none, or whose list is another; `None` when nothing
/// is to be changed. A line that fits keeps its own words. Scenarios in which something could not happen are left.
pub fn rewrite(suite: &Suite, verdicts: &[Verdict]) -> Option<String> {
    let mut lines: Vec<String> = suite.source.split('\n').map(str::to_owned).collect();
    let mut edits: Vec<(usize, usize, Vec<String>)> = Vec::new();
    for scenario in &suite.scenarios {
        let Some(verdict) = verdicts.iter().find(|v| v.name == scenario.name) else { continue };
        if !verdict.problems.is_empty() || verdict.passed() {
            continue;
        }
        match &scenario.expect {
            Some(expected) => edits.extend(replaced(scenario, expected, &verdict.lines, &lines)),
            None if !verdict.expects => {
                let (last, column) = scenario.tail;
                let indent = usize::try_from(column).unwrap_or(1).saturating_sub(1);
                let at = usize::try_from(last).unwrap_or(0);
                edits.push((at, at, block(scenario, &verdict.lines, indent, &|_| None)));
            }
            None => {}
        }
    }
    if edits.is_empty() {
        return None;
    }
    // From the end, so that places stay what they are.
    edits.sort_by_key(|(from, _, _)| std::cmp::Reverse(*from));
    for (from, to, with) in edits {
        let to = to.min(lines.len());
        lines.splice(from.min(to)..to, with);
    }
    Some(lines.join("\n"))
}

/// The lines of `expect:` that take the place of what stands there.
fn replaced(
    scenario: &Scenario,
    expected: &Expected,
    came: &[Line],
    lines: &[String],
) -> Option<(usize, usize, Vec<String>)> {
    let (first, column, last) = expected.stands;
    let number = |n: u32| usize::try_from(n).unwrap_or(0);
    let indent = number(column).saturating_sub(1);
    let compared = compare(&expected.lines, came);
    let own = |n: usize| {
        let place = compared.found.iter().position(|found| *found == Some(n))?;
        let pattern = &expected.lines[place];
        let block = lines.get(number(pattern.place.line) - 1..number(pattern.last))?;
        // A list in one line has no lines of its own to keep.
        (block.first()?.trim_start().starts_with("- ")).then(|| block.to_vec())
    };
    Some((number(first) - 1, number(last), block(scenario, came, indent, &own)))
}

fn block(scenario: &Scenario, came: &[Line], indent: usize, own: &dyn Fn(usize) -> Option<Vec<String>>) -> Vec<String> {
    let margin = " ".repeat(indent);
    if came.is_empty() {
        return vec![format!("{margin}expect: []")];
    }
    let mut out = vec![format!("{margin}expect:")];
    for (n, line) in came.iter().enumerate() {
        match own(n) {
            Some(lines) => out.extend(lines),
            None => out.push(format!("{margin}  - {}", line.write(&scenario.calendar))),
        }
    }
    out
}

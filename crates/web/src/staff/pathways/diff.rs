//! What differs between two versions of a pathway: step by step in words, and line by line.

use super::{describe, flow};
use crate::tongue::Tongue;
use crate::words::label;
use model::prompt::Team;
use pathway::Pathway;
use pathway::ast::{Leave, OncePer, Step};
use std::collections::BTreeMap;

/// Lines of one side that a comparison looks at one against the other; longer stretches are told as
/// replaced as a whole.
const LINES_MAX: usize = 3_000;
/// Unchanged lines that are shown around a change.
const AROUND: usize = 3;

/// A change in words.
#[derive(Debug)]
pub(super) struct Change {
    /// `added`, `removed`, `moved`, `changed`: as in `pathway-change-…`.
    pub(super) what: &'static str,
    /// The step with its name; `None` for the pathway as a whole.
    pub(super) step: Option<(String, Step)>,
    /// Of the pathway as a whole: what of it.
    pub(super) field: Option<&'static str>,
    /// The step that it now comes after.
    pub(super) after: Option<String>,
    pub(super) fields: Vec<FieldChange>,
}

/// A thing of a step that was otherwise before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FieldChange {
    pub(super) field: &'static str,
    pub(super) from: String,
    pub(super) to: String,
}

/// All changes: of the whole first, then step by step in the order of the newer version.
pub(super) fn changes(t: Tongue, from: &Pathway, to: &Pathway, teams: &[Team]) -> Vec<Change> {
    let mut out = whole(t, from, to);
    let before: BTreeMap<&str, &Step> = from.steps.iter().map(|s| (s.name.as_str(), s)).collect();
    let after: BTreeMap<&str, &Step> = to.steps.iter().map(|s| (s.name.as_str(), s)).collect();
    let moved = moved(from, to);
    for (n, step) in to.steps.iter().enumerate() {
        let named = || Some((step.name.clone(), step.clone()));
        let place = || n.checked_sub(1).map(|n| describe::title(t, &to.steps[n]).0);
        let Some(old) = before.get(step.name.as_str()) else {
            let fields = fields(&[], &said(t, to, step, teams));
            out.push(Change { what: "added", step: named(), field: None, after: place(), fields });
            continue;
        };
        if moved.contains(&step.name.as_str()) {
            out.push(Change { what: "moved", step: named(), field: None, after: place(), fields: Vec::new() });
        }
        let fields = fields(&said(t, from, old, teams), &said(t, to, step, teams));
        if !fields.is_empty() {
            out.push(Change { what: "changed", step: named(), field: None, after: None, fields });
        }
    }
    for step in from.steps.iter().filter(|s| !after.contains_key(s.name.as_str())) {
        let step = Some((step.name.clone(), step.clone()));
        out.push(Change { what: "removed", step, field: None, after: None, fields: Vec::new() });
    }
    out
}

/// What a step says of itself, by field.
type Said = Vec<(&'static str, String)>;

fn said(t: Tongue, pathway: &Pathway, step: &Step, teams: &[Team]) -> Said {
    let mut out: Said = describe::phrases(t, step, teams).into_iter().map(|p| (p.field, p.text)).collect();
    let to = |way: flow::Way| {
        let target = match way.to {
            flow::Spot::Step(ix) | flow::Spot::To(ix) => pathway.step(ix).map(|s| s.name.clone()).unwrap_or_default(),
            flow::Spot::End => "■".to_owned(),
        };
        if way.words.is_empty() { format!("→ {target}") } else { format!("{} → {target}", way.words) }
    };
    out.push(("leads", flow::ways(t, pathway, step).into_iter().map(to).collect::<Vec<_>>().join("; ")));
    out
}

fn fields(from: &[(&'static str, String)], to: &[(&'static str, String)]) -> Vec<FieldChange> {
    let of = |side: &[(&'static str, String)], field: &str| {
        side.iter().find(|(f, _)| *f == field).map(|(_, text)| text.clone()).unwrap_or_default()
    };
    let mut names: Vec<&'static str> = to.iter().map(|(f, _)| *f).collect();
    names.extend(from.iter().map(|(f, _)| *f).filter(|f| !to.iter().any(|(g, _)| g == f)));
    let both = names.into_iter().map(|field| FieldChange { field, from: of(from, field), to: of(to, field) });
    both.filter(|c| c.from != c.to).collect()
}

/// Changes of the pathway as a whole.
fn whole(t: Tongue, from: &Pathway, to: &Pathway) -> Vec<Change> {
    let (old, new) = (summary(t, from), summary(t, to));
    let mut out = Vec::new();
    for change in fields(&old, &new) {
        out.push(Change { what: "changed", step: None, field: Some(change.field), after: None, fields: vec![change] });
    }
    for (field, old, new) in [
        ("words", named(&from.words, |w| &w.name), named(&to.words, |w| &w.name)),
        ("forms", named(&from.forms, |f| &f.name), named(&to.forms, |f| &f.name)),
        ("checklists", named(&from.checklists, |c| &c.name), named(&to.checklists, |c| &c.name)),
        ("goals", named(&from.goals, |g| &g.name), named(&to.goals, |g| &g.name)),
    ] {
        for (what, names) in sorted(&old, &new) {
            let told = FieldChange { field, from: String::new(), to: names.join(", ") };
            if !names.is_empty() {
                out.push(Change { what, step: None, field: Some(field), after: None, fields: vec![told] });
            }
        }
    }
    out
}

/// Things by name, with all that they say.
fn named<T: std::fmt::Debug>(list: &[T], name: impl Fn(&T) -> &String) -> BTreeMap<String, String> {
    list.iter().map(|item| (label(name(item)), format!("{item:?}"))).collect()
}

fn sorted(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> [(&'static str, Vec<String>); 3] {
    let pick = |all: &BTreeMap<String, String>, keep: &dyn Fn(&String, &String) -> bool| {
        all.iter().filter(|(name, what)| keep(name, what)).map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    [
        ("added", pick(new, &|name, _| !old.contains_key(name))),
        ("changed", pick(new, &|name, what| old.get(name).is_some_and(|before| before != what))),
        ("removed", pick(old, &|name, _| !new.contains_key(name))),
    ]
}

fn summary(t: Tongue, p: &Pathway) -> Said {
    let enrol = &p.enrol;
    let per = match enrol.once_per {
        OncePer::Encounter => "encounter",
        OncePer::Person => "person",
        OncePer::Fact => "fact",
        OncePer::Item => "item",
    };
    let leave = |leave: &Leave| match leave {
        Leave::On(pattern) => pattern.kind.replace(['.', '_'], " "),
        Leave::AfterDays(days) => crate::words::lapse(t, i64::from(*days) * model::time::DAY_MS),
    };
    let tracks: Vec<String> = p.tracks.iter().chain(&p.subs).map(|(name, _)| label(name)).collect();
    vec![
        ("title", p.title.clone()),
        ("owner", label(&p.owner)),
        ("fallback", label(&p.fallback_team)),
        ("speaks", super::speaks(t, p)),
        ("enrol", enrol.on.replace(['.', '_'], " ")),
        ("when", enrol.when.as_ref().map(|w| describe::condition(t, w)).unwrap_or_default()),
        ("once", t.pick("pathway-once", per).unwrap_or_default()),
        ("ways", super::goals::enrolled_by(t, p)),
        ("fresh", crate::words::lapse(t, enrol.fresh_for_ms)),
        ("leave", p.leave.iter().map(leave).collect::<Vec<_>>().join(", ")),
        ("tracks", tracks.join(", ")),
    ]
}

/// Steps of both versions that stand in another order.
fn moved<'a>(from: &Pathway, to: &'a Pathway) -> Vec<&'a str> {
    pathway::tools::diff::moved(&names(from), &names(to))
}

fn names(pathway: &Pathway) -> Vec<&str> {
    pathway.steps.iter().map(|step| step.name.as_str()).collect()
}

/// A line of the difference, with its number in the version that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineChange<'a> {
    /// In both; number of the newer.
    Same(usize, &'a str),
    /// Only in the older.
    Gone(usize, &'a str),
    /// Only in the newer.
    Come(usize, &'a str),
    /// So many lines are the same and not shown.
    Skipped(usize),
}

/// The difference of two texts, with some lines around each change.
pub(super) fn lines<'a>(from: &'a str, to: &'a str) -> Vec<LineChange<'a>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (mid_old, mid_new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut all: Vec<LineChange<'a>> = (0..head).map(|n| LineChange::Same(n + 1, new[n])).collect();
    all.extend(middle(mid_old, mid_new, head));
    all.extend((new.len() - tail..new.len()).map(|n| LineChange::Same(n + 1, new[n])));
    folded(all)
}

/// By the longest common run of lines.
fn middle<'a>(old: &[&'a str], new: &[&'a str], head: usize) -> Vec<LineChange<'a>> {
    let gone = |n: usize| LineChange::Gone(head + n + 1, old[n]);
    let come = |n: usize| LineChange::Come(head + n + 1, new[n]);
    if old.len() > LINES_MAX || new.len() > LINES_MAX {
        return (0..old.len()).map(gone).chain((0..new.len()).map(come)).collect();
    }
    let width = new.len() + 1;
    let mut long = vec![0_u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let here = i * width + j;
            long[here] =
                if old[i] == new[j] { long[here + width + 1] + 1 } else { long[here + width].max(long[here + 1]) };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::with_capacity(old.len() + new.len()));
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push(LineChange::Same(head + j + 1, new[j]));
            (i, j) = (i + 1, j + 1);
        } else if j >= new.len() || (i < old.len() && long[(i + 1) * width + j] >= long[i * width + j + 1]) {
            out.push(gone(i));
            i += 1;
        } else {
            out.push(come(j));
            j += 1;
        }
    }
    out
}

/// Leaves out what is the same and far from any change.
fn folded(all: Vec<LineChange<'_>>) -> Vec<LineChange<'_>> {
    let same = |line: &LineChange<'_>| matches!(line, LineChange::Same(..));
    let near = |n: usize| {
        let (from, to) = (n.saturating_sub(AROUND), (n + AROUND + 1).min(all.len()));
        all[from..to].iter().any(|line| !same(line))
    };
    let mut out = Vec::new();
    for (n, line) in all.iter().enumerate() {
        match out.last_mut() {
            _ if near(n) => out.push(*line),
            Some(LineChange::Skipped(n)) => *n += 1,
            _ => out.push(LineChange::Skipped(1)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_what_came_and_what_is_gone() {
        use LineChange::{Come, Gone, Same, Skipped};
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let new = "1\n2\n3\n4\n5\nsix\n7\n8\n9\n10";
        assert_eq!(
            lines(old, new),
            [
                Skipped(2),
                Same(3, "3"),
                Same(4, "4"),
                Same(5, "5"),
                Gone(6, "6"),
                Come(6, "six"),
                Same(7, "7"),
                Same(8, "8"),
                Same(9, "9"),
                Come(10, "10"),
            ]
        );
        assert_eq!(lines("a\nb", "a\nb"), [Skipped(2)]);
        assert_eq!(lines("", "a"), [Come(1, "a")]);
        assert_eq!(lines("a", ""), [Gone(1, "a")]);
    }

    /// What a difference takes away and what it adds makes one text of the other.
    #[test]
    fn a_difference_leads_from_one_text_to_the_other() {
        let text = |seed: u64| -> String {
            let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            let line = |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                format!("{}\n", (state >> 40) % 7)
            };
            (0..40).map(line).collect()
        };
        for seed in 1..60 {
            let (old, new) = (text(seed), text(seed * 31));
            let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
            let told = middle(&a, &b, 0);
            let side = |keep: fn(&LineChange<'_>) -> bool| -> Vec<&str> {
                let text = |l: &LineChange<'_>| match l {
                    LineChange::Same(_, t) | LineChange::Gone(_, t) | LineChange::Come(_, t) => (*t).to_owned(),
                    LineChange::Skipped(_) => String::new(),
                };
                told.iter()
                    .filter(|l| keep(l))
                    .map(|l| a.iter().chain(&b).find(|x| **x == text(l)).copied().unwrap_or(""))
                    .collect()
            };
            assert_eq!(side(|l| !matches!(l, LineChange::Come(..))), a);
            assert_eq!(side(|l| !matches!(l, LineChange::Gone(..))), b);
        }
    }
}

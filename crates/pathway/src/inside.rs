//! Where steps lead, and what is surely so after what is inside of a step: the strands of a `parallel`, the
//! sub-pathway of an `include`.
//!
//! A sub-pathway may be included at several places and jumped to from others; it is looked at once for all of
//! them, so what is said of its end holds whoever came there.

use crate::ast::{Goto, Join, Step, StepIx, Verb, When};
use std::collections::{BTreeMap, BTreeSet};

/// What kind of way it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The strand goes there itself.
    On,
    /// To what is inside of the step: where that ends, the strand does not.
    Into,
    /// On, once what is inside of the step is over.
    After,
}

/// Where a step leads, whether a wait lies between, and what is bound on the way.
pub(crate) struct Edge {
    /// `None`: the strand ends.
    pub to: Option<StepIx>,
    pub waits: bool,
    pub binds: Vec<String>,
    pub way: Way,
}

/// All ways of each step.
pub(crate) struct Ways {
    pub edges: Vec<Vec<Edge>>,
    /// Of each step that something is inside of: where that begins.
    pub inside: BTreeMap<usize, Inside>,
    /// By where something inside begins: the ways on which it ends, each the step and its edge.
    pub exits: BTreeMap<StepIx, Vec<(usize, usize)>>,
}

/// What is inside of a step.
pub(crate) struct Inside {
    pub firsts: Vec<StepIx>,
    /// All of it must be over.
    pub all: bool,
}

impl Ways {
    /// The ways of these steps.
    pub fn of(steps: &[Step]) -> Self {
        let edges: Vec<Vec<Edge>> = steps.iter().map(edges).collect();
        let inside = |step: &Step| match &step.verb {
            Verb::Include { sub: Some(first), .. } => Some(Inside { firsts: vec![*first], all: true }),
            Verb::Parallel { strands, join } => {
                let firsts = strands.iter().map(|(_, first)| *first).collect();
                Some(Inside { firsts, all: *join == Join::All })
            }
            _ => None,
        };
        let inside: BTreeMap<usize, Inside> =
            steps.iter().enumerate().filter_map(|(ix, step)| Some((ix, inside(step)?))).collect();
        let mut exits = BTreeMap::new();
        for first in inside.values().flat_map(|i| &i.firsts) {
            exits.entry(*first).or_insert_with(|| ends(&edges, *first));
        }
        Self { edges, inside, exits }
    }

    /// The ways that are passed without waiting, by step: a `parallel` or an `include` is when what is inside of it
    /// is.
    pub fn hasty(&self) -> BTreeMap<usize, BTreeSet<usize>> {
        let mut through: BTreeSet<StepIx> = BTreeSet::new();
        // Each round finds at least one that can be passed, or is the last.
        for _ in 0..=self.exits.len() {
            let found: Vec<StepIx> = self
                .exits
                .keys()
                .filter(|first| !through.contains(first) && self.passes(**first, &through))
                .copied()
                .collect();
            if found.is_empty() {
                break;
            }
            through.extend(found);
        }
        let to = |ix: usize| self.hurried(ix, &through).filter_map(|e| e.to.map(usize::from)).collect();
        (0..self.edges.len()).map(|ix| (ix, to(ix))).collect()
    }

    /// The ways of a step on which nothing waits.
    fn hurried<'s>(&'s self, ix: usize, through: &BTreeSet<StepIx>) -> impl Iterator<Item = &'s Edge> + use<'s> {
        let over = self.inside.get(&ix).is_none_or(|inside| {
            let mut each = inside.firsts.iter().map(|first| through.contains(first));
            if inside.all { each.all(|yes| yes) } else { each.any(|yes| yes) }
        });
        let edges = self.edges.get(ix).into_iter().flatten();
        edges.filter(move |e| !e.waits && (e.way != Way::After || over))
    }

    /// Whether its end can be reached from there without a wait.
    fn passes(&self, first: StepIx, through: &BTreeSet<StepIx>) -> bool {
        let mut seen = vec![false; self.edges.len()];
        let mut work = vec![usize::from(first)];
        while let Some(ix) = work.pop() {
            if seen.get(ix).copied().unwrap_or(true) {
                continue;
            }
            seen[ix] = true;
            for edge in self.hurried(ix, through).filter(|e| e.way != Way::Into) {
                match edge.to {
                    None => return true,
                    Some(to) => work.push(usize::from(to)),
                }
            }
        }
        false
    }

    /// The steps that lead into themselves: of an include, those that its own sub-pathway comes to.
    pub fn recursive(&self) -> Vec<usize> {
        let comes_back = |(ix, inside): (&usize, &Inside)| {
            let mut seen = vec![false; self.edges.len()];
            let mut work: Vec<usize> = inside.firsts.iter().map(|first| usize::from(*first)).collect();
            while let Some(at) = work.pop() {
                if at == *ix {
                    return Some(*ix);
                }
                if seen.get(at).copied().unwrap_or(true) {
                    continue;
                }
                seen[at] = true;
                work.extend(self.edges[at].iter().filter_map(|e| e.to.map(usize::from)));
            }
            None
        };
        self.inside.iter().filter_map(comes_back).collect()
    }
}

/// The ways on which what begins at `first` ends, each the step and the number of its way.
fn ends(edges: &[Vec<Edge>], first: StepIx) -> Vec<(usize, usize)> {
    let mut seen = vec![false; edges.len()];
    let mut work = vec![usize::from(first)];
    let mut out = Vec::new();
    while let Some(ix) = work.pop() {
        if seen.get(ix).copied().unwrap_or(true) {
            continue;
        }
        seen[ix] = true;
        for (number, edge) in edges[ix].iter().enumerate().filter(|(_, e)| e.way != Way::Into) {
            match edge.to {
                None => out.push((ix, number)),
                Some(to) => work.push(usize::from(to)),
            }
        }
    }
    out.sort_unstable();
    out
}

/// Whether a strand that comes to such a wait surely waits: a day, or a time around a field, may be over already,
/// and a time of day may be this very moment.
fn from_now(when: &When) -> bool {
    match when {
        When::NextDay { .. }
        | When::Span(_)
        | When::Weekday { .. }
        | When::WorkingDay { .. }
        | When::Within(_)
        | When::Between { .. } => true,
        When::Day { .. } | When::Around { .. } | When::Offset { .. } | When::Clock(_) | When::Field(_) => false,
    }
}

fn edges(step: &Step) -> Vec<Edge> {
    let mut out = Vec::new();
    let mut put = |goto: Goto, waits: bool, way: Way, binds: Vec<String>| {
        let to = match goto {
            Goto::Next => step.next,
            Goto::End => None,
            Goto::Step(to) => Some(to),
        };
        out.push(Edge { to, waits, binds, way });
    };
    let mut go = |goto: Goto, waits: bool| put(goto, waits, Way::On, Vec::new());
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
            // A concern that is proved to be over when it is reached waits for nothing.
            let waits = !(p.concern && p.until.as_ref().is_some_and(|u| u.already.is_some()));
            put(Goto::Next, waits, Way::On, vec![p.name.clone()]);
            if p.until.is_some() && !p.concern {
                // It became pointless: nobody answered, so its outcome is unknown, see `flow::unsure`.
                put(Goto::End, false, Way::On, vec![p.name.clone()]);
            }
        }
        Verb::Repeat { body, today, .. } => {
            go(Goto::Next, false);
            let day = today.iter().map(|(_, var)| var.clone()).collect();
            put(Goto::Step(*body), true, Way::Into, day);
        }
        Verb::Each { body, var, .. } => {
            go(Goto::Next, false);
            put(Goto::Step(*body), false, Way::Into, vec![var.clone()]);
        }
        Verb::Reach { success: Some(_), got, not, .. } => {
            go(*got, false);
            go(*not, true);
        }
        Verb::Ask { question, answered, missed, deadline, .. } => {
            put(*answered, true, Way::On, vec![question.clone()]);
            put(*missed, from_now(deadline), Way::On, vec![question.clone()]);
        }
        Verb::Call { service, answered, failed, .. } => {
            // Both may come at once: what goes round by a call alone would ask without end.
            put(*answered, false, Way::On, vec![service.clone()]);
            put(*failed, false, Way::On, vec![service.clone()]);
        }
        Verb::Split { arms, hold_out, .. } => {
            arms.iter().for_each(|arm| go(arm.to, false));
            hold_out.iter().for_each(|(_, to)| go(*to, false));
        }
        Verb::Parallel { strands, .. } => {
            put(Goto::Next, false, Way::After, Vec::new());
            strands.iter().for_each(|(_, first)| put(Goto::Step(*first), false, Way::Into, Vec::new()));
        }
        Verb::Include { sub, with } => {
            put(Goto::Next, false, Way::After, Vec::new());
            let named = || with.iter().map(|(own, _)| own.clone()).collect();
            sub.iter().for_each(|first| put(Goto::Step(*first), false, Way::Into, named()));
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

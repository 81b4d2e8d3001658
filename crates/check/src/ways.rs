//! The ways from an `ask` to something urgent, with the conditions on its answers that stand on them.
//!
//! Every step is followed, whatever it does: a way ends at what is urgent, where its end is, and where the same question
//! is asked again. Time that passes is remembered where a condition on the answers comes after it: the danger is known,
//! and waits. What lies after the last condition on the answers is followed while it goes on at once: a `call` does (its
//! wait is reckoned by the proof of red flags), a `wait` that the answers themselves led to is what the author wants.
//!
//! Invariants: bounded by [`STEPS_MAX`] and [`DEPTH_MAX`]; where a bound ends the search, [`Ways::cut`] says so.

use crate::Checking;
use crate::graph::{Graph, goes};
use crate::proof::{first_flag, is_flag};
use model::time::DAY_MS;
use pathway::Pathway;
use pathway::ast::{StepIx, Verb, When};
use pathway::expr::Expr;
use std::collections::BTreeSet;

/// Steps that are followed from one `ask`, and steps of one way.
const STEPS_MAX: usize = 4_000;
const DEPTH_MAX: usize = 200;

/// Something urgent that answers lead to.
#[derive(Clone, Debug)]
pub(crate) struct Danger {
    /// What must be so, asked at once after the answers.
    pub soon: Vec<Expr>,
    /// What must be so, asked after time has passed.
    pub late: Vec<Expr>,
    /// How long it waits for the last of `late`.
    pub waits: Option<Delay>,
    /// Names that are answered on the way: what hangs on them is not known before.
    pub learned: BTreeSet<String>,
    /// The prompt, or the `enrol_in` of a pathway that begins with one.
    pub flag: StepIx,
    /// Whether it promises a person within a time.
    pub red: bool,
}

/// Time that passes.
#[derive(Clone, Debug)]
pub(crate) struct Delay {
    /// The first step that takes time.
    pub by: StepIx,
    /// At most; `None`: not known.
    pub at_most_ms: Option<i64>,
}

/// Where a way goes on after its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Back {
    /// After the step that included it.
    After(StepIx),
    /// A strand or a round is over.
    Nowhere,
}

#[derive(Clone, Debug, Default)]
struct Way {
    soon: Vec<Expr>,
    late: Vec<Expr>,
    passed: Option<Delay>,
    waits: Option<Delay>,
    learned: BTreeSet<String>,
    back: Vec<Back>,
    seen: BTreeSet<(StepIx, Option<Back>)>,
}

/// What was found from one `ask`.
pub(crate) struct Ways<'a> {
    cx: &'a Checking<'a>,
    question: &'a str,
    /// What is urgent, in the order of the ways.
    pub found: Vec<Danger>,
    /// A bound ended the search.
    pub cut: bool,
    /// Steps from which a condition on the answers can still come.
    onward: Vec<bool>,
    walked: BTreeSet<String>,
    steps: usize,
    rounds: bool,
}

impl<'a> Ways<'a> {
    /// Follows what comes after `first`; `from` is the `ask`.
    pub(crate) fn of(cx: &'a Checking<'a>, question: &'a str, first: Option<StepIx>, from: StepIx) -> Self {
        let mut this = Self {
            cx,
            question,
            found: Vec::new(),
            cut: false,
            onward: onward(cx.graph, question),
            walked: BTreeSet::new(),
            steps: 0,
            rounds: false,
        };
        if this.onward.iter().any(|o| *o) {
            this.on(first, from, Way::default(), 0);
        }
        if this.rounds {
            // What goes round may pass the same wait many times.
            this.found.iter_mut().filter_map(|d| d.waits.as_mut()).for_each(|w| w.at_most_ms = None);
        }
        this
    }

    fn on(&mut self, at: Option<StepIx>, from: StepIx, mut way: Way, depth: usize) {
        let Some(ix) = at else { return self.end(from, way, depth) };
        if self.steps >= STEPS_MAX || depth > DEPTH_MAX {
            self.cut = true;
            return;
        }
        if !way.seen.insert((ix, way.back.last().cloned())) {
            self.rounds = true;
            return;
        }
        if way.soon.is_empty() && way.late.is_empty() && !self.comes(ix) {
            return;
        }
        let Way { soon, late, passed, waits, learned, back, .. } = &way;
        if !self.walked.insert(format!("{ix} {soon:?} {late:?} {passed:?} {waits:?} {learned:?} {back:?}")) {
            return;
        }
        self.steps += 1;
        let step = self.cx.graph.step(ix);
        if let Some(skip) = &step.skip_when {
            let mut skipped = way.clone();
            self.asks(skip.clone(), &mut skipped);
            self.on(step.next, ix, skipped, depth + 1);
            self.asks(either(not(skip), unknown(skip)), &mut way);
        }
        self.step(ix, way, depth + 1);
    }

    fn step(&mut self, ix: StepIx, mut way: Way, depth: usize) {
        let step = self.cx.graph.step(ix);
        match &step.verb {
            Verb::Prompt(prompt) if is_flag(prompt) => self.danger(ix, prompt.person_within_ms.is_some(), &way),
            Verb::Ask { question, .. } if question == self.question => {}
            Verb::Branch { arms, unknown: blank, otherwise } => {
                for (condition, to) in arms {
                    let mut arm = way.clone();
                    self.asks(condition.clone(), &mut arm);
                    self.on(goes(step, *to), ix, arm, depth);
                }
                let mut open = way.clone();
                if let Some(any) = arms.iter().map(|(e, _)| unknown(e)).reduce(either) {
                    self.asks(any, &mut open);
                }
                self.on(goes(step, *blank), ix, open, depth);
                arms.iter().for_each(|(e, _)| self.asks(not(e), &mut way));
                self.on(goes(step, *otherwise), ix, way, depth);
            }
            Verb::Parallel { strands, .. } => {
                let before = self.found.len();
                for (_, first) in strands {
                    let mut strand = way.clone();
                    strand.back.push(Back::Nowhere);
                    self.on(Some(*first), *first, strand, depth);
                }
                // What a strand sees to at once does not wait for what comes after them.
                let seen_to: Vec<Expr> =
                    self.found[before..].iter().filter(|d| d.waits.is_none()).filter_map(all).collect();
                seen_to.iter().for_each(|e| self.asks(not(e), &mut way));
                let takes = strands.iter().any(|(_, first)| takes_time(self.cx.graph, *first));
                if !takes || self.passes(ix, None, &mut way) {
                    self.on(step.next, ix, way, depth);
                }
            }
            Verb::Include { sub: Some(first), .. } => {
                way.back.push(Back::After(ix));
                self.on(Some(*first), *first, way, depth);
            }
            Verb::EnrolIn { pathway } => {
                if let Some(red) = begins_with(self.cx, pathway) {
                    self.danger(ix, red, &way);
                }
                self.on(step.next, ix, way, depth);
            }
            verb => {
                if let Some(at_most_ms) = takes(verb)
                    && !self.passes(ix, at_most_ms, &mut way)
                {
                    return;
                }
                way.learned.extend(learns(verb));
                for next in self.cx.graph.ways_of(ix) {
                    let mut way = way.clone();
                    if next.body {
                        way.back.push(Back::Nowhere);
                    }
                    self.on(next.to, ix, way, depth);
                }
            }
        }
    }

    /// A condition on the way: kept when it names the answers, or what is told later.
    fn asks(&self, condition: Expr, way: &mut Way) {
        let own = names(&condition, &|root| root == self.question);
        if !own && !names(&condition, &|root| way.learned.contains(root)) {
            return;
        }
        if way.passed.is_none() {
            way.soon.push(condition);
            return;
        }
        way.late.push(condition);
        if own {
            way.waits = way.passed.clone();
        }
    }

    /// Time passes here; `false` when no condition on the answers can come any more.
    fn passes(&self, ix: StepIx, at_most_ms: Option<i64>, way: &mut Way) -> bool {
        way.passed = Some(match way.passed.take() {
            None => Delay { by: ix, at_most_ms },
            Some(old) => Delay { at_most_ms: old.at_most_ms.zip(at_most_ms).map(|(a, b)| a.saturating_add(b)), ..old },
        });
        self.comes(ix)
    }

    fn comes(&self, ix: StepIx) -> bool {
        self.onward.get(usize::from(ix)) == Some(&true)
    }

    fn danger(&mut self, flag: StepIx, red: bool, way: &Way) {
        if way.soon.is_empty() && way.late.is_empty() {
            return;
        }
        let Way { soon, late, waits, learned, .. } = way.clone();
        self.found.push(Danger { soon, late, waits, learned, flag, red });
    }

    /// The end of a strand, or of what was included.
    fn end(&mut self, from: StepIx, mut way: Way, depth: usize) {
        match way.back.pop() {
            Some(Back::Nowhere) => {}
            Some(Back::After(include)) => {
                let next = self.cx.graph.step(include).next;
                self.on(next, include, way, depth + 1);
            }
            None => {
                for (around, waits) in around(self.cx.graph, from) {
                    let mut way = way.clone();
                    if !waits || self.passes(around, None, &mut way) {
                        self.on(self.cx.graph.step(around).next, around, way, depth + 1);
                    }
                }
            }
        }
    }
}

/// All that must be so.
pub(crate) fn all(danger: &Danger) -> Option<Expr> {
    danger.soon.iter().chain(&danger.late).cloned().reduce(|a, b| Expr::And(Box::new(a), Box::new(b)))
}

/// The steps that a step stands inside of and that go on after its end: `include`, and `parallel`, which waits for the
/// others.
pub(crate) fn around(graph: &Graph<'_>, from: StepIx) -> Vec<(StepIx, bool)> {
    let within = |first: StepIx| first == from || graph.leads(first, from);
    let found = graph.steps().filter_map(|(ix, s)| match &s.verb {
        Verb::Include { sub: Some(first), .. } if ix != from && within(*first) => Some((ix, false)),
        Verb::Parallel { strands, .. } if ix != from && strands.iter().any(|(_, first)| within(*first)) => {
            Some((ix, strands.iter().any(|(_, first)| !within(*first) && takes_time(graph, *first))))
        }
        _ => None,
    });
    found.collect()
}

/// Whether a condition names something whose root is such.
pub(crate) fn names(e: &Expr, is: &dyn Fn(&str) -> bool) -> bool {
    match e {
        Expr::Literal(_) => false,
        Expr::Field(path) => path.first().is_some_and(|root| is(root)),
        Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) => names(a, is) || names(b, is),
        Expr::Not(a) | Expr::InCodes(a, _) | Expr::Known(a) => names(a, is),
    }
}

fn not(e: &Expr) -> Expr {
    Expr::Not(Box::new(e.clone()))
}

fn unknown(e: &Expr) -> Expr {
    not(&Expr::Known(Box::new(e.clone())))
}

fn either(a: Expr, b: Expr) -> Expr {
    Expr::Or(Box::new(a), Box::new(b))
}

/// Whether a condition on the answers stands at a step or can come after it. What ends inside of another may go on there.
fn onward(graph: &Graph<'_>, question: &str) -> Vec<bool> {
    let own = |e: &Expr| names(e, &|root| root == question);
    let mut out: Vec<bool> = Vec::new();
    for (_, step) in graph.steps() {
        let arms = matches!(&step.verb, Verb::Branch { arms, .. } if arms.iter().any(|(e, _)| own(e)));
        out.push(arms || step.skip_when.as_ref().is_some_and(own));
    }
    let some = out.iter().any(|o| *o);
    out.iter_mut().zip(&graph.inner).for_each(|(o, inner)| *o |= some && *inner);
    // Backwards until nothing changes: each round settles one step at least.
    let mut changed = true;
    while changed {
        changed = false;
        for (ix, step) in graph.steps() {
            let skipped = step.next.filter(|_| step.skip_when.is_some());
            let mut leads = graph.ways_of(ix).iter().filter_map(|w| w.to).chain(skipped);
            let comes = leads.any(|to| out.get(usize::from(to)) == Some(&true));
            if comes && !std::mem::replace(&mut out[usize::from(ix)], true) {
                changed = true;
            }
        }
    }
    out
}

/// The time that a step takes, where it takes some: at most, when that is known.
fn takes(verb: &Verb) -> Option<Option<i64>> {
    match verb {
        Verb::Wait { until, .. } => Some(at_most(until)),
        Verb::WaitFor { deadline, .. } | Verb::Ask { deadline, .. } => Some(at_most(deadline)),
        Verb::Reach { success: Some(_), valid_ms, .. } => Some(Some(*valid_ms)),
        Verb::Prompt(prompt) if !is_flag(prompt) => Some(None),
        Verb::Repeat { .. } => Some(None),
        _ => None,
    }
}

fn at_most(when: &When) -> Option<i64> {
    match when {
        When::Span(ms) | When::Within(ms) => Some(*ms),
        When::Clock(_) | When::Between { .. } => Some(DAY_MS),
        When::NextDay { days, .. } => Some((i64::from(*days) + 1) * DAY_MS),
        When::Weekday { .. } => Some(8 * DAY_MS),
        When::Day { .. } | When::Around { .. } | When::Offset { .. } | When::Field(_) | When::WorkingDay { .. } => None,
    }
}

/// The name that is answered at a step, by the person or by the team. What a service says is no wait.
fn learns(verb: &Verb) -> Option<String> {
    match verb {
        Verb::Ask { question, .. } => Some(question.clone()),
        Verb::Prompt(prompt) => Some(prompt.name.clone()),
        _ => None,
    }
}

/// Whether some way from a step takes time.
fn takes_time(graph: &Graph<'_>, first: StepIx) -> bool {
    let takes = |ix: StepIx| takes(&graph.step(ix).verb).is_some();
    graph.steps().any(|(ix, _)| takes(ix) && (ix == first || graph.leads(first, ix)))
}

/// Whether another pathway begins with something urgent, whatever decides there; and whether that promises a time.
fn begins_with(cx: &Checking<'_>, name: &str) -> Option<bool> {
    let other: &Pathway = cx.others.iter().find(|p| p.name == name)?;
    let graph = Graph::of(other);
    let flags = other.tracks.iter().filter_map(|(_, first)| first_flag(&graph, *first));
    let red = |ix: StepIx| matches!(&graph.step(ix).verb, Verb::Prompt(p) if p.person_within_ms.is_some());
    flags.map(red).max()
}

//! What of a journey the time to come can depend on, for the laboratory: two people whose outlook is the same
//! go on in the same way.
//!
//! Left out is what only a correction of an outcome asks for (what was passed and because of what), the numbers
//! that effects are named by, since when a step is stood at and when a goal was decided, which are only shown, and
//! answers that no step to come can name ([`Reads`]).

use crate::remap::follows;
use crate::state::{Answered, How, Item, Key, State, Strand, Wait};
use model::At;
use pathway::Pathway;
use pathway::ast::{Step, StepIx, Verb};
use std::collections::{BTreeMap, BTreeSet};

/// Which answers the steps to come of a version may name, by the step that somebody stands at. Made once for a
/// version; what may be named is never too little: a name counts as soon as it stands anywhere in a step.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// By a step that answers are bound at: the steps from which a step can be reached that names them.
    from: BTreeMap<StepIx, BTreeSet<StepIx>>,
    /// The goals that name them.
    goals: BTreeMap<StepIx, BTreeSet<u16>>,
    /// Steps whose answers a way out or a task names, wherever somebody stands.
    always: BTreeSet<StepIx>,
}

impl Reads {
    /// Of a version.
    pub fn of(pathway: &Pathway) -> Self {
        let steps: Vec<(StepIx, &Step)> = (0..).map_while(|ix| Some((ix, pathway.step(ix)?))).collect();
        let named: Vec<BTreeSet<String>> = steps.iter().map(|(_, step)| names(pathway, step)).collect();
        let ahead: Vec<BTreeSet<StepIx>> = steps.iter().map(|(ix, _)| ahead(pathway, *ix)).collect();
        let tasks = pathway.checklists.iter().flat_map(|list| &list.items).filter_map(|item| item.when.as_ref());
        let tasks: Vec<_> = tasks.collect();
        let always = words(&format!("{:?} {tasks:?}", pathway.leave));
        let goals: Vec<BTreeSet<String>> = pathway.goals.iter().map(|goal| words(&format!("{goal:?}"))).collect();
        let mut reads = Self::default();
        for (ix, step) in &steps {
            let name = match &step.verb {
                Verb::Prompt(prompt) => &prompt.name,
                Verb::Ask { question, .. } => question,
                _ => continue,
            };
            if always.contains(name) {
                reads.always.insert(*ix);
            }
            let by_goals = (0..).zip(&goals).filter(|(_, names)| names.contains(name)).map(|(goal, _)| goal);
            reads.goals.insert(*ix, by_goals.collect());
            let naming: BTreeSet<StepIx> =
                steps.iter().zip(&named).filter(|(_, names)| names.contains(name)).map(|((at, _), _)| *at).collect();
            let from = steps.iter().zip(&ahead).filter(|(_, ahead)| !ahead.is_disjoint(&naming));
            reads.from.insert(*ix, from.map(|((at, _), _)| *at).collect());
        }
        reads
    }

    /// Whether a journey may name an answer yet.
    fn may_name(&self, answered: &Answered, state: &State) -> bool {
        let decided = |goal: &u16| state.goals.iter().any(|met| met.goal == *goal && met.how != How::Open);
        let by_goal = self.goals.get(&answered.step).is_some_and(|goals| !goals.iter().all(decided));
        if by_goal || self.always.contains(&answered.step) {
            return true;
        }
        // No round of a loop comes twice: what was answered in one is named in it alone.
        let round = answered.frames.first().filter(|frame| matches!(frame.item, Item::Id(_) | Item::Date(_)));
        let Some(from) = self.from.get(&answered.step) else { return true };
        let inside = |strand: &&Strand| round.is_none() || strand.frames.first() == round;
        state.strands.iter().filter(inside).any(|strand: &Strand| {
            from.contains(&strand.step) || strand.frames.iter().any(|frame| from.contains(&frame.step))
        })
    }
}

/// Every step that can come from one on, itself included, whatever loop is entered.
fn ahead(pathway: &Pathway, from: StepIx) -> BTreeSet<StepIx> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    // Each step is looked at once.
    while let Some(at) = open.pop() {
        let Some(step) = pathway.step(at).filter(|_| seen.insert(at)) else { continue };
        open.extend(follows(step));
        match &step.verb {
            Verb::Repeat { body, .. } | Verb::Each { body, .. } => open.push(*body),
            Verb::Parallel { strands, .. } => open.extend(strands.iter().map(|(_, first)| *first)),
            Verb::Include { sub, .. } => open.extend(*sub),
            _ => {}
        }
    }
    seen
}

/// All that a step names. It is read from how the step is shown, so that no field of the language is forgotten.
fn names(pathway: &Pathway, step: &Step) -> BTreeSet<String> {
    let Step { name: _, track: _, next: _, skip_when, place: _, verb } = step;
    let said = match verb {
        Verb::Reach { words, .. } | Verb::Ask { words, .. } | Verb::Remind { words, .. } => pathway.words(words),
        _ => None,
    };
    words(&format!("{skip_when:?} {verb:?} {said:?}"))
}

fn words(text: &str) -> BTreeSet<String> {
    let split = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    split.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

impl State {
    /// The state without what only the past is for, as bytes to compare. It holds as long as no outcome is
    /// corrected. `reads` are those of the journey's version.
    pub fn outlook(&self, reads: &Reads) -> Vec<u8> {
        const NO_KEY: Key = Key { seq: 0, index: 0 };
        let mut state = self.clone();
        state.seq = 0;
        state.passed.clear();
        state.trail.clear();
        state.answers.retain(|answered| reads.may_name(answered, self));
        // What was decided stays so; when, and what came first, is asked by nothing.
        for met in state.goals.iter_mut().filter(|met| met.how != How::Open) {
            met.at = At::default();
        }
        state.goals.sort_by_key(|met| met.goal);
        for pending in &mut state.reaches {
            pending.key = NO_KEY;
        }
        for strand in &mut state.strands {
            (strand.cause, strand.since) = (None, None);
            match &mut strand.wait {
                Wait::Prompt { key, .. }
                | Wait::Reached { key, .. }
                | Wait::Asked { key, .. }
                | Wait::Called { key, .. } => *key = NO_KEY,
                _ => {}
            }
        }
        state.encode()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::state::{Frame, Met};

    fn strand(step: StepIx, frames: Vec<Frame>) -> Strand {
        Strand { step, frames, cause: None, wait: Wait::Ready, since: None }
    }

    #[test]
    fn an_answer_counts_as_long_as_something_to_come_may_name_it() {
        let teams = ["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from);
        let library = pathway::shipped::shipped(&teams);
        let pathway = library.pathways.iter().find(|p| p.name == "post-surgical-follow-up").unwrap();
        let reads = Reads::of(pathway);
        let at = |name: &str| pathway.steps.iter().position(|s| s.name == name).unwrap() as StepIx;
        let answered = |step, frames| Answered { step, frames, outcome: "done".into(), values: Vec::new() };
        let goal = |how| Met { goal: 0, at: At(5), how };
        let state = |strands, answers, how| {
            let begun = crate::begin(pathway, At(0), "Encounter/1");
            State { begun: true, strands, answers, goals: vec![goal(how)], ..begun }
        };
        let check = |step: &str, how| {
            state(vec![strand(at(step), Vec::new())], vec![answered(at("nurse_call/check"), Vec::new())], how)
        };
        let named = |state: &State| state.answers.iter().all(|answered| reads.may_name(answered, state));
        assert!(named(&check("nurse_call/branch", How::Reached)), "the branch behind it asks");
        assert!(named(&check("surgeon_today/surgeon_review", How::Reached)), "the surgeon is told of the pain");
        assert!(named(&check("checklist/repeat", How::Open)), "the goal asks until it is decided");
        assert!(!named(&check("checklist/repeat", How::Reached)) && !named(&check("medicine/each_rx", How::Missed)));
        // What was answered in a round of a loop is named in that round alone.
        let round = |id: &str| vec![Frame { step: at("medicine/each_rx"), item: Item::Id(id.into()) }];
        let call = |strands: Vec<Strand>| {
            state(strands, vec![answered(at("ask_why/call_about_medicine"), round("rx"))], How::Reached)
        };
        let each = || strand(at("medicine/each_rx"), Vec::new());
        assert!(named(&call(vec![each(), strand(at("ask_why/branch"), round("rx"))])));
        assert!(!named(&call(vec![each(), strand(at("ask_why/branch"), round("other"))])));
        // When a goal was decided, and which one first, makes no difference; how it was does.
        let met = |goals: Vec<Met>| State { goals, ..check("checklist/repeat", How::Open) }.outlook(&reads);
        let of = |goal, at, how| Met { goal, at: At(at), how };
        let (a, b) = (
            met(vec![of(0, 5, How::Reached), of(1, 6, How::Missed)]),
            met(vec![of(1, 1, How::Missed), of(0, 2, How::Reached)]),
        );
        assert!(a == b && a != met(vec![of(0, 5, How::Missed), of(1, 6, How::Missed)]));
    }
}

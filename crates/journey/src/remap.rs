//! A journey goes over to another version of its pathway: its state is written in that version's steps.
//!
//! Steps are found again by name, or by what staff chose. A state goes over whole or not at all: what has no place in
//! the new version is told ([`Unmapped`]) and the journey stays. What it goes over to it could have come to by itself:
//! a step of the same verb, inside of the same loops.
//!
//! What is given up: answers of prompts that the new version does not have (nothing there can name them), goals that
//! it does not have, and the memory of counts ([`crate::State`]'s trail), which are of the old version's steps.

use crate::state::{Answered, Frame, Item, Met, Passed, Pending, State, Strand, Wait};
use model::Value;
use model::prompt::Form;
use pathway::Pathway;
use pathway::ast::{Goto, Step, StepIx, Verb};
use std::collections::{BTreeMap, BTreeSet};

/// Where steps go that are not to go to the one of their own name: to another, or (`None`) nowhere, so that whoever
/// stands there stays.
pub type StepMap = BTreeMap<String, Option<String>>;

/// Why a journey cannot go over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmapped {
    /// The old version's step.
    pub step: String,
    /// Why.
    pub why: Why,
}

/// What is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// There is no step of that name, and none was chosen.
    Gone,
    /// It was chosen that who stands there stays.
    Stays,
    /// The step does something else there.
    OtherVerb,
    /// The step is inside of other loops there.
    OtherPlace,
}

impl Why {
    /// As in words for it: `gone`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Stays => "stays",
            Self::OtherVerb => "other-verb",
            Self::OtherPlace => "other-place",
        }
    }
}

/// The state of a journey along `old`, as one along `new`.
///
/// # Errors
/// The steps that are in the way, sorted, each once.
pub fn remap(state: &State, old: &Pathway, new: &Pathway, map: &StepMap) -> Result<State, Vec<Unmapped>> {
    let mut to = Remap { old, new, map, wrong: BTreeSet::new() };
    let strands = state.strands.iter().filter_map(|s| to.strand(s)).collect();
    let passed = state.passed.iter().filter_map(|p| to.passed(p)).collect();
    let reaches = state.reaches.iter().map(|r| to.pending(r)).collect();
    let answers = state.answers.iter().filter_map(|a| to.answered(a)).collect();
    if !to.wrong.is_empty() {
        return Err(to.wrong.into_iter().collect());
    }
    let same = old.version == new.version;
    Ok(State {
        day_0: state.day_0,
        episode: state.episode.clone(),
        begun: state.begun,
        seq: state.seq,
        ended: state.ended.clone(),
        leave_at: state.leave_at,
        strands,
        answers,
        reaches,
        passed,
        trail: if same { state.trail.clone() } else { Vec::new() },
        goals: state.goals.iter().filter_map(|g| to.goal(g)).collect(),
    })
}

/// Where a step of the old version goes when nobody stands there: for a preview.
pub fn place_of<'n>(step: &str, old: &Pathway, new: &'n Pathway, map: &StepMap) -> Result<&'n Step, Why> {
    let name = match map.get(step) {
        Some(None) => return Err(Why::Stays),
        Some(Some(name)) => name.as_str(),
        None => step,
    };
    let found = new.steps.iter().find(|s| s.name == name).ok_or(Why::Gone)?;
    let was = old.steps.iter().find(|s| s.name == step).ok_or(Why::Gone)?;
    if same_verb(&was.verb, &found.verb) { Ok(found) } else { Err(Why::OtherVerb) }
}

/// Whether a strand that waits at one can wait at the other.
fn same_verb(a: &Verb, b: &Verb) -> bool {
    let loops = match (a, b) {
        (Verb::Each { kind: a, .. }, Verb::Each { kind: b, .. }) => a == b,
        _ => true,
    };
    loops && std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// One state on its way.
struct Remap<'a> {
    old: &'a Pathway,
    new: &'a Pathway,
    map: &'a StepMap,
    wrong: BTreeSet<Unmapped>,
}

impl<'a> Remap<'a> {
    fn step(&mut self, ix: StepIx) -> Option<StepIx> {
        let name = self.old.step(ix).map_or_else(|| format!("#{ix}"), |s| s.name.clone());
        match place_of(&name, self.old, self.new, self.map) {
            Ok(found) => index(self.new, &found.name),
            Err(why) => {
                self.wrong.insert(Unmapped { step: name, why });
                None
            }
        }
    }

    /// The frames, and whether the last of them (or a track) leads to `step` there.
    fn place(&mut self, frames: &[Frame], step: StepIx) -> Option<(Vec<Frame>, StepIx)> {
        let to = self.step(step)?;
        let frames: Vec<Frame> = frames.iter().map(|f| self.frame(f)).collect::<Option<_>>()?;
        let mut entries: Vec<StepIx> = self.new.tracks.iter().filter_map(|(_, first)| *first).collect();
        for (at, inner) in frames.iter().map(|f| (f.step, Some(f))).chain([(to, None)]) {
            if !leads_to(self.new, &entries, at) {
                let step = self.old.step(step).map(|s| s.name.clone()).unwrap_or_default();
                self.wrong.insert(Unmapped { step, why: Why::OtherPlace });
                return None;
            }
            if let Some(frame) = inner {
                entries = bodies(self.new, frame);
            }
        }
        Some((frames, to))
    }

    fn frame(&mut self, frame: &Frame) -> Option<Frame> {
        let step = self.step(frame.step)?;
        let item = match (&frame.item, self.old.step(frame.step).map(|s| &s.verb), self.new.step(step).map(|s| &s.verb))
        {
            (Item::Strand(n), Some(Verb::Parallel { strands: was, .. }), Some(Verb::Parallel { strands: now, .. })) => {
                let name = &was.get(usize::from(*n))?.0;
                let Some(n) = now.iter().position(|(other, _)| other == name) else {
                    let step = self.old.step(frame.step).map(|s| s.name.clone()).unwrap_or_default();
                    self.wrong.insert(Unmapped { step, why: Why::OtherPlace });
                    return None;
                };
                Item::Strand(u16::try_from(n).ok()?)
            }
            (item, ..) => item.clone(),
        };
        Some(Frame { step, item })
    }

    fn strand(&mut self, strand: &Strand) -> Option<Strand> {
        let (frames, step) = self.place(&strand.frames, strand.step)?;
        let wait = match (&strand.wait, self.verb_of(strand.step), self.new.step(step).map(|s| &s.verb)) {
            (
                Wait::Asked { key, since, deadline, again, answers },
                Some(Verb::Ask { question: was, .. }),
                Some(Verb::Ask { question: now, .. }),
            ) => {
                let form = |of: &'a Pathway, name: &str| of.questions.iter().find(|q| q.name == name).map(|q| &q.form);
                let answers = values(form(self.old, was), form(self.new, now), answers);
                Wait::Asked { key: *key, since: *since, deadline: *deadline, again: *again, answers }
            }
            // So many strands were begun, of the old ones.
            (Wait::Join { .. }, Some(Verb::Parallel { strands: was, .. }), Some(Verb::Parallel { strands, .. }))
                if was.len() != strands.len() =>
            {
                let step = self.old.step(strand.step).map(|s| s.name.clone()).unwrap_or_default();
                self.wrong.insert(Unmapped { step, why: Why::OtherPlace });
                return None;
            }
            // Another service was asked than the one that the step is about there.
            (Wait::Called { .. }, Some(Verb::Call { service: was, .. }), Some(Verb::Call { service: now, .. }))
                if was != now =>
            {
                let step = self.old.step(strand.step).map(|s| s.name.clone()).unwrap_or_default();
                self.wrong.insert(Unmapped { step, why: Why::OtherVerb });
                return None;
            }
            // What comes of a reach is waited for only where its step does so.
            (Wait::Reached { .. }, _, Some(Verb::Reach { success: None, .. })) => {
                let step = self.old.step(strand.step).map(|s| s.name.clone()).unwrap_or_default();
                self.wrong.insert(Unmapped { step, why: Why::OtherVerb });
                return None;
            }
            (wait, ..) => wait.clone(),
        };
        Some(Strand { step, frames, cause: strand.cause, wait, since: strand.since })
    }

    fn verb_of(&self, ix: StepIx) -> Option<&'a Verb> {
        self.old.step(ix).map(|s| &s.verb)
    }

    /// An outcome that can be corrected must stay so: its step has to be there.
    fn passed(&mut self, passed: &Passed) -> Option<Passed> {
        let (frames, step) = self.place(&passed.frames, passed.step)?;
        Some(Passed { step, frames, ..passed.clone() })
    }

    /// What was asked for stays asked for; of its rounds those that are there still.
    fn pending(&mut self, reach: &Pending) -> Pending {
        let before = self.wrong.clone();
        let frames = reach.frames.iter().map_while(|f| self.frame(f)).collect();
        self.wrong = before;
        Pending { frames, ..reach.clone() }
    }

    fn answered(&mut self, answered: &Answered) -> Option<Answered> {
        let before = self.wrong.clone();
        let found = self.place(&answered.frames, answered.step);
        self.wrong = before;
        let (frames, step) = found?;
        let form = |of: &'a Pathway, ix: StepIx| match of.step(ix).map(|s| &s.verb) {
            Some(Verb::Prompt(prompt)) => prompt.form.as_deref().and_then(|name| of.form(name)),
            Some(Verb::Ask { question, .. }) => of.questions.iter().find(|q| q.name == *question).map(|q| &q.form),
            Some(Verb::Call { service, .. }) => of.service(service).map(|s| &s.form),
            _ => None,
        };
        let values = values(form(self.old, answered.step), form(self.new, step), &answered.values);
        Some(Answered { step, frames, outcome: answered.outcome.clone(), values })
    }

    fn goal(&self, met: &Met) -> Option<Met> {
        let name = &self.old.goals.get(usize::from(met.goal))?.name;
        let place = self.new.goals.iter().position(|g| g.name == *name)?;
        Some(Met { goal: u16::try_from(place).ok()?, ..met.clone() })
    }
}

/// Answers in the order of the new form's fields, found by name. What is not asked there is left out, and what was
/// not asked yet is unknown.
fn values(was: Option<&Form>, now: Option<&Form>, values: &[Value]) -> Vec<Value> {
    let (Some(was), Some(now)) = (was, now) else {
        return if was.is_none() && now.is_none() { values.to_vec() } else { Vec::new() };
    };
    let same = was.fields.iter().map(|f| &f.name).eq(now.fields.iter().map(|f| &f.name));
    if same {
        return values.to_vec();
    }
    let one = |name: &str| {
        let at = was.fields.iter().position(|f| f.name == name)?;
        values.get(at).cloned()
    };
    now.fields.iter().map(|f| one(&f.name).unwrap_or(Value::Unknown)).collect()
}

fn index(pathway: &Pathway, name: &str) -> Option<StepIx> {
    let place = pathway.steps.iter().position(|s| s.name == name)?;
    StepIx::try_from(place).ok()
}

/// Where a round of this frame begins.
fn bodies(pathway: &Pathway, frame: &Frame) -> Vec<StepIx> {
    match (pathway.step(frame.step).map(|s| &s.verb), &frame.item) {
        (Some(Verb::Repeat { body, .. } | Verb::Each { body, .. }), _) => vec![*body],
        (Some(Verb::Parallel { strands, .. }), Item::Strand(n)) => {
            strands.get(usize::from(*n)).map(|(_, first)| *first).into_iter().collect()
        }
        (Some(Verb::Include { sub, .. }), _) => sub.iter().copied().collect(),
        _ => Vec::new(),
    }
}

/// Whether a strand that begins at one of `entries` can come to `step` without entering a loop of its own.
fn leads_to(pathway: &Pathway, entries: &[StepIx], step: StepIx) -> bool {
    let mut seen: BTreeSet<StepIx> = BTreeSet::new();
    let mut open: Vec<StepIx> = entries.to_vec();
    // Each step is looked at once.
    while let Some(at) = open.pop() {
        if at == step {
            return true;
        }
        if !seen.insert(at) {
            continue;
        }
        if let Some(found) = pathway.step(at) {
            open.extend(follows(found));
        }
    }
    false
}

/// Every step that can come after one, in the same round.
pub(crate) fn follows(step: &Step) -> Vec<StepIx> {
    let to = |goto: &Goto| match goto {
        Goto::Next => step.next,
        Goto::End => None,
        Goto::Step(ix) => Some(*ix),
    };
    let gotos: Vec<Option<StepIx>> = match &step.verb {
        Verb::WaitFor { found, missed, .. } => vec![to(found), to(missed)],
        Verb::Reach { got, not, .. } => vec![to(got), to(not)],
        Verb::Ask { answered, missed, .. } => vec![to(answered), to(missed)],
        Verb::Call { answered, failed, .. } => vec![to(answered), to(failed)],
        Verb::Branch { arms, unknown, otherwise } => {
            arms.iter().map(|(_, goto)| to(goto)).chain([to(unknown), to(otherwise)]).collect()
        }
        Verb::Split { hold_out, arms, .. } => {
            arms.iter().map(|arm| to(&arm.to)).chain(hold_out.iter().map(|(_, goto)| to(goto))).collect()
        }
        Verb::Wait { .. }
        | Verb::Prompt(_)
        | Verb::Repeat { .. }
        | Verb::Each { .. }
        | Verb::Remind { .. }
        | Verb::Parallel { .. }
        | Verb::Include { .. }
        | Verb::EnrolIn { .. }
        | Verb::WithdrawFrom { .. }
        | Verb::Note { .. }
        | Verb::Leave { .. } => Vec::new(),
    };
    gotos.into_iter().flatten().chain(step.next).collect()
}

//! What is inside of something: strands of a `parallel`, steps of a sub-pathway that is included, and the ways
//! of a `split`, which are drawn.
//!
//! Invariants: whether strands have joined is seen from the strands that there are; what is drawn is a hash of
//! what it is drawn for.

use crate::engine::{Flow, Run};
use crate::state::{Frame, Item, Key, Passed, Strand, Wait};
use crate::{Error, NESTED_MAX, Way};
use model::{FactId, Id};
use pathway::Pathway;
use pathway::ast::{Arm, Goto, Join, Step, StepIx, Verb};
use std::collections::BTreeSet;

/// Shares are in thousandths.
const WHOLE: u64 = 1000;

impl<'a> Run<'a> {
    /// The strand at `to`, to be run; where it would end inside of a sub-pathway that is included, at what comes
    /// after that. `None` when it ends.
    pub fn onward(&mut self, mut strand: Strand, mut to: Option<StepIx>) -> Option<Strand> {
        if self.state.ended.is_some() {
            return None;
        }
        loop {
            if let Some(step) = to {
                strand.step = step;
                strand.wait = Wait::Ready;
                strand.since = Some(self.cx.now);
                return Some(strand);
            }
            let around = strand.frames.pop_if(|frame| is_include(self.pathway, frame))?;
            let step = self.pathway.step(around.step)?;
            strand.step = around.step;
            self.note("include:over", &step.name);
            self.pass_on(&strand, step);
            to = step.next;
        }
    }

    /// Goes into a sub-pathway.
    pub fn include(&mut self, strand: &mut Strand, step: &'a Step, sub: Option<StepIx>) -> Result<Flow, Error> {
        if sub.is_none() {
            self.pass_on(strand, step);
            return Ok(Flow::Go(step.next));
        }
        if strand.frames.len() >= NESTED_MAX {
            return Err(self.too_deep(strand.step));
        }
        self.pass(strand, step, Way::Body);
        strand.frames.push(Frame { step: strand.step, item: Item::Strand(0) });
        Ok(Flow::Go(sub))
    }

    /// Begins strands side by side, and waits for them.
    pub fn arrive_parallel(
        &mut self,
        strand: &mut Strand,
        step: &'a Step,
        strands: &[(String, StepIx)],
    ) -> Result<Flow, Error> {
        self.note("parallel:began", &format!("{} strands={}", step.name, strands.len()));
        self.pass(strand, step, Way::Body);
        for (place, (_, first)) in (0..).zip(strands) {
            let frames = inside(&strand.frames, strand.step, place);
            self.push(self.fresh(*first, frames, strand))?;
        }
        strand.wait = Wait::Join { begun: u16::try_from(strands.len()).unwrap_or(u16::MAX) };
        Ok(self.join(strand, step))
    }

    /// Goes on when enough of the strands are over; those that are not are withdrawn.
    pub fn join(&mut self, strand: &mut Strand, step: &Step) -> Flow {
        let (Wait::Join { begun }, Verb::Parallel { join, .. }) = (&strand.wait, &step.verb) else {
            return Flow::Stay;
        };
        let left = self.under_way(strand);
        if !enough(*join, *begun, left.len()) {
            return Flow::Stay;
        }
        self.note("parallel:joined", &format!("{} over={}", step.name, usize::from(*begun).saturating_sub(left.len())));
        for place in left {
            self.drop_round(&inside(&strand.frames, strand.step, place), "joined");
        }
        self.remember_join(strand, step);
        self.pass_on(strand, step);
        Flow::Go(step.next)
    }

    /// Whether the strand in that slot waits for strands of which enough are over.
    pub fn is_joined(&self, slot: usize) -> bool {
        let Some(Some(strand)) = self.slots.get(slot) else { return false };
        let Wait::Join { begun } = strand.wait else { return false };
        match self.pathway.step(strand.step).map(|s| &s.verb) {
            Some(Verb::Parallel { join, .. }) => enough(*join, begun, self.under_way(strand).len()),
            _ => false,
        }
    }

    /// The strands of a `parallel` that are not over: those of which more is left than what watches.
    fn under_way(&self, parent: &Strand) -> BTreeSet<u16> {
        let depth = parent.frames.len();
        let one = |strand: &Strand| {
            let frame = strand.frames.get(depth)?;
            let Item::Strand(place) = frame.item else { return None };
            let of = frame.step == parent.step && strand.frames.starts_with(&parent.frames);
            let watches = matches!(strand.wait, Wait::Each { .. } | Wait::Remind { .. });
            // What is deeper inside has a strand here that waits for it, unless it only watches.
            let here = strand.frames[depth + 1..].iter().all(|frame| is_include(self.pathway, frame));
            (of && here && !watches).then_some(place)
        };
        self.slots.iter().flatten().filter_map(one).collect()
    }

    /// What comes after strands that joined is caused by all of their outcomes: it has a cause of its own, so that
    /// a correction of any of them finds it.
    fn remember_join(&mut self, strand: &mut Strand, step: &Step) {
        let join = Passed {
            // No prompt is asked by this effect: inputs are counted from 0 and never come so far.
            key: Key { seq: u32::MAX, index: u32::from(strand.step) },
            serial: 0,
            attempt: 0,
            step: strand.step,
            frames: strand.frames.clone(),
            fact: FactId::default(),
            before: strand.cause,
        };
        // The last outcome inside, unless it was joined with already: the strand came round to it again.
        let same = |p: &Passed| p.step == join.step && p.frames == join.frames;
        let last = self.state.passed.iter().rev().find(|p| same(p) || join.is_around(&p.frames));
        let Some(outcome) = last.filter(|p| !same(p)).map(|p| p.fact) else { return };
        let (journey, frames) = (self.cx.journey.0.bytes(), written(self.pathway, &join.frames));
        let id = Id::of(&[b"joined", &journey, step.name.as_bytes(), &frames, &outcome.0.bytes()]);
        strand.cause = Some(FactId(id));
        self.remember(Passed { fact: FactId(id), ..join });
    }

    /// Waits again for strands whose joining was taken back, for as many as are left.
    pub fn join_anew(&mut self, joined: Passed) {
        let mut parent = Strand {
            step: joined.step,
            frames: joined.frames,
            cause: joined.before,
            wait: Wait::Join { begun: 0 },
            since: Some(self.cx.now),
        };
        let left = self.under_way(&parent).len();
        parent.wait = Wait::Join { begun: u16::try_from(left).unwrap_or(u16::MAX) };
        self.slots.push(Some(parent));
    }

    /// Which way a split leads this person: the same for the same experiment, whatever the journey.
    pub fn split(
        &mut self,
        strand: &Strand,
        step: &Step,
        experiment: &str,
        hold_out: Option<(u16, Goto)>,
        arms: &[Arm],
    ) -> Goto {
        let person = self.cx.person.0.bytes();
        let draw = |what: &[u8]| low(Id::of(&[what, &person, experiment.as_bytes()]));
        // Who is held out is drawn apart, so that the others keep their arms when the share changes.
        if let Some((share, to)) = hold_out
            && draw(b"held out") % WHOLE < u64::from(share)
        {
            self.note("split:held_out", experiment);
            self.pass(strand, step, Way::HeldOut);
            return to;
        }
        let all: u64 = arms.iter().map(|arm| u64::from(arm.weight)).sum();
        let mut at = draw(b"arm") % all.max(1);
        for (number, arm) in (1..).zip(arms) {
            let weight = u64::from(arm.weight);
            if at < weight {
                self.note("split:arm", &format!("{experiment} {}", arm.name));
                self.pass(strand, step, Way::Arm(number));
                return arm.to;
            }
            at -= weight;
        }
        self.pass_on(strand, step);
        Goto::Next
    }

    /// A number by chance for a step of this journey in a round: the same whenever it is asked.
    pub fn draw(&self, step: &Step, frames: &[Frame]) -> u64 {
        low(Id::of(&[b"draw", &self.cx.journey.0.bytes(), step.name.as_bytes(), &written(self.pathway, frames)]))
    }

    /// A step of this journey in a round: the same whenever it is asked, and in another version of the pathway.
    pub fn place(&self, step: &Step, frames: &[Frame]) -> Id {
        Id::of(&[b"place", &self.cx.journey.0.bytes(), step.name.as_bytes(), &written(self.pathway, frames)])
    }

    /// A strand goes into itself.
    pub fn too_deep(&self, step: StepIx) -> Error {
        let step = self.pathway.step(step).map(|s| s.name.clone()).unwrap_or_default();
        Error::Deep { step, bound: NESTED_MAX }
    }
}

impl Passed {
    /// Whether it is that strands joined, and not an outcome.
    pub fn is_join(&self, pathway: &Pathway) -> bool {
        pathway.step(self.step).is_some_and(|step| matches!(step.verb, Verb::Parallel { .. }))
    }

    /// Whether `frames` are of a strand of the `parallel` that joined.
    pub fn is_around(&self, frames: &[Frame]) -> bool {
        frames.starts_with(&self.frames) && frames.get(self.frames.len()).is_some_and(|f| f.step == self.step)
    }
}

/// Whether a strand inside of `own` may name what was answered inside of `theirs`: in the rounds that it is in; in
/// sub-pathways that were included there; and in strands which all had to end before it went on.
pub fn sees(pathway: &Pathway, own: &[Frame], theirs: &[Frame]) -> bool {
    let (mut own, mut theirs) = (rounds(pathway, own).peekable(), rounds(pathway, theirs).peekable());
    while own.peek().is_some() && own.peek() == theirs.peek() {
        own.next();
        theirs.next();
    }
    let aside = match (own.peek(), theirs.peek()) {
        (Some(own), Some(theirs)) => own.step == theirs.step,
        _ => false,
    };
    let joined = |frame: &Frame| {
        let verb = pathway.step(frame.step).map(|s| &s.verb);
        matches!((verb, &frame.item), (Some(Verb::Parallel { join: Join::All, .. }), Item::Strand(_)))
    };
    !aside && theirs.all(joined)
}

/// The frames without the sub-pathways that are included: they are walked in the place where that is said.
fn rounds<'f>(pathway: &'f Pathway, frames: &'f [Frame]) -> impl Iterator<Item = &'f Frame> {
    frames.iter().filter(|frame| !is_include(pathway, frame))
}

/// Whether a frame is that of a sub-pathway that is included.
fn is_include(pathway: &Pathway, frame: &Frame) -> bool {
    pathway.step(frame.step).is_some_and(|step| matches!(step.verb, Verb::Include { .. }))
}

/// Whether a join is complete when so many of those begun are left.
fn enough(join: Join, begun: u16, left: usize) -> bool {
    let over = usize::from(begun).saturating_sub(left);
    let needed = match join {
        Join::All => begun,
        Join::Any => begun.min(1),
        Join::Count(n) => begun.min(n),
    };
    over >= usize::from(needed)
}

/// The frames of a strand of a `parallel`.
fn inside(around: &[Frame], step: StepIx, place: u16) -> Vec<Frame> {
    let mut frames = around.to_vec();
    frames.push(Frame { step, item: Item::Strand(place) });
    frames
}

/// Frames as bytes, to be hashed: steps by name, so that they mean the same in another version of the pathway.
fn written(pathway: &Pathway, frames: &[Frame]) -> Vec<u8> {
    let mut out = Vec::new();
    for frame in frames {
        let name = pathway.step(frame.step).map(|s| s.name.as_str()).unwrap_or_default();
        out.extend(u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend(name.as_bytes());
        match &frame.item {
            Item::Id(id) => {
                out.push(0);
                out.extend(u32::try_from(id.len()).unwrap_or(u32::MAX).to_be_bytes());
                out.extend(id.as_bytes());
            }
            Item::Date(date) => {
                out.push(1);
                out.extend(date.to_be_bytes());
            }
            Item::Strand(place) => {
                out.push(2);
                out.extend(place.to_be_bytes());
            }
        }
    }
    out
}

/// The lower half of a hash, as a number to draw by.
fn low(id: Id) -> u64 {
    (id.0 & u128::from(u64::MAX)) as u64
}

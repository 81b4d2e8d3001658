//! One input: apply it, let every strand run until it waits, tell what is wanted.

use crate::state::{Frame, Item, Key, Pending, State, Strand, Wait};
use crate::view::View;
use crate::{Advance, Context, Effect, Error, Input, NESTED_MAX, Note, STEPS_MAX, STRANDS_MAX, answers, plan};
use model::value::Kind;
use model::{At, EffectId};
use pathway::Pathway;
use pathway::ast::{Leave, Step, StepIx, Verb};

/// Why a journey is over that ended by itself.
pub const FINISHED: &str = "finished";
/// The longest detail of a note, in bytes; its code is shorter than the rest of the 200.
const DETAIL_MAX: usize = 160;

/// A new journey's state, before [`Input::Enrolled`].
pub fn begin(_pathway: &Pathway, day_0: At, episode: &str) -> State {
    State {
        day_0,
        episode: episode.to_owned(),
        begun: false,
        seq: 0,
        ended: None,
        leave_at: None,
        strands: Vec::new(),
        answers: Vec::new(),
        reaches: Vec::new(),
        passed: Vec::new(),
        trail: Vec::new(),
        goals: Vec::new(),
    }
}

/// Advances.
///
/// An input to a journey that has ended, or to one that has not begun, changes nothing and is noted;
/// only a correction opens a journey again that had ended by itself.
pub fn advance(pathway: &Pathway, state: State, input: &Input<'_>, cx: &Context<'_>) -> Result<Advance, Error> {
    let mut run = Run::new(pathway, state, cx);
    if let Some(why) = run.refuses(input) {
        run.note("input:ignored", why);
        return Ok(run.close());
    }
    run.state.reaches.retain(|r| r.until >= cx.now);
    if let Input::Fact(fact) = input {
        run.heard = true;
        // What was pressed in a call follows.
        run.more = fact.flag("more") == Some(true) || matches!(fact.kind.as_str(), "call.heard" | "call.ended");
        run.goals_by(fact);
    }
    match input {
        Input::Enrolled => run.enrol(),
        Input::Fact(fact) => run.fact(fact),
        Input::Tick => {}
        Input::Withdrawn { reason } => run.end(reason),
        Input::Corrected { prompt, fact } => run.correct(*prompt, fact),
    }
    run.plan_leave();
    run.settle()?;
    run.goals(input);
    run.finish();
    Ok(run.close())
}

/// Where a strand goes after its step.
pub enum Flow {
    /// It waits.
    Stay,
    /// On to that step, or to its end.
    Go(Option<StepIx>),
}

/// Whether the step's prompt stays open when its strand is gone: a red flag, a concern.
pub fn stays_open(step: &Step) -> bool {
    matches!(&step.verb, Verb::Prompt(p) if p.concern || p.person_within_ms.is_some())
}

/// One input under way.
pub struct Run<'a> {
    pub pathway: &'a Pathway,
    pub cx: &'a Context<'a>,
    pub state: State,
    /// The strands; `None` for one that has ended, or is being run.
    pub slots: Vec<Option<Strand>>,
    pub effects: Vec<Effect>,
    trace: Vec<Note>,
    pub moves: Vec<crate::Move>,
    /// Effects with an id that this input had so far.
    index: u32,
    /// Strands before this input.
    before: usize,
    /// A question is over, so another may be asked.
    pub freed: bool,
    /// The input is a fact.
    pub heard: bool,
    /// And it is one of several that came together, of which more follow.
    pub more: bool,
}

impl<'a> Run<'a> {
    fn new(pathway: &'a Pathway, mut state: State, cx: &'a Context<'a>) -> Self {
        let slots: Vec<_> = std::mem::take(&mut state.strands).into_iter().map(Some).collect();
        let before = slots.len();
        let (effects, trace, moves) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            pathway,
            cx,
            state,
            slots,
            effects,
            trace,
            moves,
            index: 0,
            before,
            freed: false,
            heard: false,
            more: false,
        }
    }

    fn refuses(&self, input: &Input<'_>) -> Option<&'static str> {
        let begins = matches!(input, Input::Enrolled);
        match self.state.ended.as_deref() {
            Some(FINISHED) if matches!(input, Input::Corrected { .. }) => None,
            Some(_) => Some("has ended"),
            None if begins && self.state.begun => Some("has begun"),
            None if !begins && !self.state.begun && !matches!(input, Input::Withdrawn { .. }) => Some("has not begun"),
            None => None,
        }
    }

    fn enrol(&mut self) {
        self.state.begun = true;
        for (_, first) in &self.pathway.tracks {
            if let Some(step) = first {
                let since = Some(self.cx.now);
                self.slots.push(Some(Strand {
                    step: *step,
                    frames: Vec::new(),
                    cause: None,
                    wait: Wait::Ready,
                    since,
                }));
            }
        }
    }

    /// Plans the end that comes with time anew; ends if it is due.
    fn plan_leave(&mut self) {
        let zone = self.cx.zone;
        let day_0 = self.state.day_0.date_in(zone);
        let ends = |leave: &Leave| match leave {
            // The end of a day is the midnight that follows it.
            Leave::AfterDays(days) => Some((*days, plan::local(plan::plus_days(day_0, i32::from(*days) + 1), 0, zone))),
            Leave::On(_) => None,
        };
        let first = self.pathway.leave.iter().filter_map(ends).min();
        self.state.leave_at = first.map(|(_, at)| at);
        if let Some((days, at)) = first.filter(|_| self.state.ended.is_none())
            && at <= self.cx.now
        {
            self.end(&format!("after {days} days"));
        }
    }

    fn settle(&mut self) -> Result<(), Error> {
        let mut slot = 0;
        // Strands that begin meanwhile are put at the end, so this reaches them too; `push` bounds them.
        loop {
            while slot < self.slots.len() {
                self.run(slot)?;
                slot += 1;
            }
            // Whoever waits for its turn to ask may stand before the one that let go. Each question is over once.
            if std::mem::take(&mut self.freed) {
                slot = 0;
                continue;
            }
            // What an earlier strand waited for may be over by now. Each one that goes on from there had begun
            // strands, so this ends as those do.
            let Some(joined) = (0..slot).find(|at| self.is_joined(*at)) else { return Ok(()) };
            self.run(joined)?;
        }
    }

    fn run(&mut self, slot: usize) -> Result<(), Error> {
        if let Some(strand) = self.slots[slot].take() {
            self.slots[slot] = self.drive(strand)?;
        }
        Ok(())
    }

    /// Runs a strand until it waits; `None` when it ends.
    fn drive(&mut self, mut strand: Strand) -> Result<Option<Strand>, Error> {
        for _ in 0..=STEPS_MAX {
            if self.state.ended.is_some() {
                return Ok(None);
            }
            let Some(step) = self.pathway.step(strand.step) else {
                self.note("step:missing", &strand.step.to_string());
                return Ok(None);
            };
            match self.poll(&mut strand, step)? {
                Flow::Stay => return Ok(Some(strand)),
                Flow::Go(to) => match self.onward(strand, to) {
                    Some(next) => strand = next,
                    None => return Ok(None),
                },
            }
        }
        let step = self.pathway.step(strand.step).map(|s| s.name.clone()).unwrap_or_default();
        Err(Error::Runaway { step, bound: STEPS_MAX })
    }

    fn poll(&mut self, strand: &mut Strand, step: &'a Step) -> Result<Flow, Error> {
        match (&strand.wait, &step.verb) {
            (Wait::Ready, _) => self.arrive(strand, step),
            (Wait::Time { .. }, Verb::Wait { until, late }) => Ok(self.wait(strand, step, until, *late)),
            (Wait::Fact { .. }, Verb::WaitFor { .. }) => Ok(self.wait_for(strand, step)),
            (Wait::Prompt { .. }, _) => Ok(self.moot(strand, step)),
            (Wait::Fact { .. } | Wait::Asked { .. }, Verb::Ask { .. }) => Ok(self.asked(strand, step)),
            (Wait::Reached { .. }, Verb::Reach { .. }) => Ok(self.reached(strand, step)),
            (Wait::Called { .. }, Verb::Call { .. }) => Ok(self.called(strand, step)),
            (Wait::Repeat { .. }, Verb::Repeat { .. }) => self.repeat(strand, step),
            (Wait::Each { .. }, Verb::Each { .. }) => self.each(strand, step),
            (Wait::Remind { .. }, Verb::Remind { .. }) => Ok(self.remind(strand, step)),
            (Wait::Join { .. }, Verb::Parallel { .. }) => Ok(self.join(strand, step)),
            // A state of another version of the pathway: it cannot be gone on with.
            _ => Err(Error::State(format!("{}: waits for what this step does not", step.name))),
        }
    }

    /// The journey is over by itself when no strand is left that could do anything.
    fn finish(&mut self) {
        if self.state.ended.is_some() || !self.state.begun {
            return;
        }
        let standing = self.pathway.standing;
        let over = self.slots.iter().flatten().all(|s| standing && matches!(s.wait, Wait::Each { .. }));
        if over && !self.goals_open() && (standing || self.state.reaches.is_empty()) {
            self.close_goals(FINISHED);
            self.slots.clear();
            self.state.ended = Some(FINISHED.into());
            self.effects.push(Effect::Finished);
            self.note("journey:finished", "");
        }
    }

    fn close(mut self) -> Advance {
        self.forget_trail();
        self.state.strands = self.slots.into_iter().flatten().collect();
        if self.index > 0 {
            self.state.seq = self.state.seq.wrapping_add(1);
        }
        Advance { state: self.state, effects: self.effects, trace: self.trace, moves: self.moves }
    }

    /// Ends the journey; all that is pending is to be withdrawn.
    pub fn end(&mut self, reason: &str) {
        if self.state.begun {
            self.close_goals(reason);
        }
        self.slots.iter_mut().for_each(|slot| *slot = None);
        self.state.reaches.clear();
        self.state.trail.clear();
        self.state.ended = Some(reason.to_owned());
        self.effects.push(Effect::End { reason: reason.to_owned() });
        self.note("journey:ended", reason);
    }

    /// Says why.
    pub fn note(&mut self, code: &str, detail: &str) {
        let mut end = detail.len().min(DETAIL_MAX);
        while !detail.is_char_boundary(end) {
            end -= 1;
        }
        self.trace.push(Note { code: code.to_owned(), detail: detail[..end].to_owned() });
    }

    /// The next effect's key and id.
    pub fn effect(&mut self) -> (Key, EffectId) {
        let key = Key { seq: self.state.seq, index: self.index };
        self.index += 1;
        (key, key.id(self.cx.journey))
    }

    /// A strand more.
    pub fn push(&mut self, strand: Strand) -> Result<(), Error> {
        // Those that ended in this input count too: a loop that starts strand after strand has a bound.
        let begun = self.slots.len().saturating_sub(self.before);
        if begun >= STRANDS_MAX || self.slots.iter().flatten().count() >= STRANDS_MAX {
            let step = self.pathway.step(strand.step).map(|s| s.name.clone()).unwrap_or_default();
            return Err(Error::Crowded { step, bound: STRANDS_MAX });
        }
        if strand.frames.len() > NESTED_MAX {
            return Err(self.too_deep(strand.step));
        }
        self.slots.push(Some(strand));
        Ok(())
    }

    /// Remembers a reach as long as it may be pending.
    pub fn pending(&mut self, key: Key, until: At, frames: &[Frame]) {
        self.state.reaches.push(Pending { key, until, frames: frames.to_vec() });
    }

    /// Ends a round of a loop: every strand inside of it, what they asked for, what they were answered.
    pub fn drop_round(&mut self, round: &[Frame], reason: &str) {
        let mut effects = Vec::new();
        let mut asked = Vec::new();
        for slot in &mut self.slots {
            let Some(strand) = slot.take_if(|s| s.frames.starts_with(round)) else { continue };
            match strand.wait {
                // A red flag or a concern stays open: it is no longer the journey's, but still the person's.
                Wait::Prompt { key, .. } if !self.pathway.step(strand.step).is_some_and(stays_open) => {
                    effects.push(key.id(self.cx.journey));
                }
                Wait::Asked { .. } => asked.push(strand),
                Wait::Called { key, .. } => effects.push(key.id(self.cx.journey)),
                _ => {}
            }
        }
        for strand in &asked {
            self.drop_question(strand);
        }
        for reach in self.state.reaches.extract_if(.., |r| r.frames.starts_with(round)) {
            effects.push(reach.key.id(self.cx.journey));
        }
        self.state.answers.retain(|a| !a.frames.starts_with(round));
        self.state.passed.retain(|p| !p.frames.starts_with(round));
        if !effects.is_empty() {
            self.effects.push(Effect::Withdraw { effects, reason: reason.to_owned() });
        }
    }

    /// The variables of a strand's loops, and the names that included sub-pathways have for them.
    pub fn bindings(&self, frames: &[Frame]) -> Vec<(String, Kind, String)> {
        // What the journey is about is bound in all of it: its id is the episode.
        let item = self.pathway.enrol.item.iter().map(|(var, kind)| (var.clone(), *kind, self.state.episode.clone()));
        let mut out: Vec<(String, Kind, String)> = item.collect();
        for frame in frames {
            let Some(step) = self.pathway.step(frame.step) else { continue };
            match (&step.verb, &frame.item) {
                (Verb::Each { var, kind, .. }, Item::Id(id)) => out.push((var.clone(), *kind, id.clone())),
                (Verb::Repeat { today: Some((_, var)), .. }, Item::Date(date)) => {
                    out.push((var.clone(), Kind::Day, plan::date(*date).to_string()));
                }
                (Verb::Include { with, .. }, Item::Strand(_)) => {
                    // All of them are of what is outside: names may be exchanged.
                    let outside = |name: &String| out.iter().rev().find(|(var, _, _)| var == name);
                    let named = with.iter().filter_map(|(own, theirs)| {
                        outside(theirs).map(|(_, kind, id)| (own.clone(), *kind, id.clone()))
                    });
                    let named: Vec<_> = named.collect();
                    out.extend(named);
                }
                _ => {}
            }
        }
        out
    }

    /// What a strand sees.
    pub fn view(&self, frames: &[Frame]) -> View<'a> {
        let answers = answers::visible(self.pathway, &self.state.answers, frames);
        View { base: self.cx.scope, bindings: self.bindings(frames), answers }
    }

    /// The language that the pathway's own people read: the first that it speaks.
    pub fn language(&self) -> &'a str {
        self.pathway.speaks.first().map_or("en", String::as_str)
    }

    /// Fills in words for staff.
    pub fn render(&self, text: &str, view: &View<'_>) -> String {
        let (parts, _, _) = pathway::template::split(text);
        pathway::template::render(&parts, view, self.language(), self.cx.zone).text
    }
}

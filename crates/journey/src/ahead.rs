//! What lies ahead of a journey, as far as it is certain: for people who ask "what happens next?".

use crate::state::{Item, State, Wait};
use model::At;
use model::value::Kind;
use pathway::Pathway;
use pathway::ast::{StepIx, Verb};

/// Steps that are looked at behind one wait.
const LOOKED_MAX: usize = 16;
/// The most that is told.
const AHEAD_MAX: usize = 64;

/// Something that is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The step's stable name: `nurse_call/check`.
    pub step: String,
    /// When.
    pub at: At,
    /// What it is about, when its strand is one of an `each`: kind and id.
    pub about: Option<(Kind, String)>,
}

/// What will be done at a time that is planned, soonest first: the reaches and prompts that follow each strand's wait,
/// up to the next wait or the next question that only the future answers. What waits for a fact
/// is left out: whether its deadline will be needed is not certain.
pub fn ahead(pathway: &Pathway, state: &State) -> Vec<Ahead> {
    let mut out = Vec::new();
    if state.ended.is_some() {
        return out;
    }
    for strand in &state.strands {
        let about = strand.frames.iter().rev().find_map(|frame| match (&frame.item, &pathway.step(frame.step)?.verb) {
            (Item::Id(id), Verb::Each { kind, .. }) => Some((*kind, id.clone())),
            _ => None,
        });
        let (at, from) = match (&strand.wait, pathway.step(strand.step)) {
            (Wait::Time { planned: Some(at), .. }, Some(step)) => (*at, step.next),
            (Wait::Repeat { planned, .. }, Some(step)) => match &step.verb {
                Verb::Repeat { body, .. } => (*planned, Some(*body)),
                _ => continue,
            },
            _ => continue,
        };
        let mut back: Vec<StepIx> = strand.frames.iter().map(|frame| frame.step).collect();
        // A round ends with its last step.
        if matches!(strand.wait, Wait::Repeat { .. }) {
            back.clear();
        }
        follow(pathway, from, (at, &mut back), &about, &mut out);
    }
    out.sort_by(|a, b| (a.at, &a.step).cmp(&(b.at, &b.step)));
    out.dedup();
    out
}

/// The reaches and prompts from `from` on that are done at once, one after the other. `back` are the steps that the
/// strand is inside of: it goes on from those that are included. What a split leads to is told when it is there.
fn follow(
    pathway: &Pathway,
    from: Option<StepIx>,
    (at, back): (At, &mut Vec<StepIx>),
    about: &Option<(Kind, String)>,
    out: &mut Vec<Ahead>,
) {
    let mut next = from;
    for _ in 0..LOOKED_MAX {
        let Some(ix) = next else {
            let around = back.pop().and_then(|ix| pathway.step(ix));
            let Some(step) = around.filter(|step| matches!(step.verb, Verb::Include { .. })) else { return };
            next = step.next;
            continue;
        };
        let Some(step) = pathway.step(ix) else { return };
        match &step.verb {
            Verb::Reach { .. } | Verb::Prompt(_) | Verb::Ask { .. } => {
                if out.len() < AHEAD_MAX {
                    out.push(Ahead { step: step.name.clone(), at, about: about.clone() });
                }
                let goes_on = matches!(step.verb, Verb::Reach { success: None, .. });
                if !goes_on {
                    return;
                }
                next = step.next;
            }
            Verb::Note { .. } => next = step.next,
            Verb::Include { sub: Some(first), .. } => {
                back.push(ix);
                next = Some(*first);
            }
            _ => return,
        }
    }
}

impl State {
    /// When it is left whatever happens, as planned last.
    pub fn leaves_at(&self) -> Option<At> {
        self.leave_at
    }
}

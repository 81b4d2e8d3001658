//! What of a journey the time to come can depend on, for the laboratory: two people whose outlook is the same
//! go on in the same way.
//!
//! Left out is what only a correction of an outcome asks for (what was passed and because of what), the numbers
//! that effects are named by, since when a step is stood at and when and how a goal was decided, which are only
//! shown, reaches whose validity is past, and answers that no step to come can name ([`Reads`]).

use crate::remap::follows;
use crate::state::{Answered, Frame, How, Item, Key, State, Strand, Wait};
use model::At;
use model::value::Kind;
use pathway::Pathway;
use pathway::ast::{Step, StepIx, Verb};
use pathway::expr::Expr;
use std::collections::{BTreeMap, BTreeSet};

/// Fields that say what became of a medicine or a visit.
const BECAME: [&str; 5] = ["ready", "ready_at", "picked_up", "missed", BEDSIDE];
/// The one of them of which "no" is told as well.
const BEDSIDE: &str = "delivered_to_bedside";

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
    /// Loops over items: of what, and whether what became of an item may have its round end or begin.
    each: BTreeMap<StepIx, (Kind, bool)>,
    /// The loops over items that can be come to from a step.
    each_ahead: BTreeMap<StepIx, BTreeSet<StepIx>>,
    /// The words that may be said from a step on, without those of a medicine's round.
    words_ahead: BTreeMap<StepIx, BTreeSet<String>>,
    /// What the whole of it is about.
    item: Option<Kind>,
    /// Whether it names what became of a medicine or a visit anywhere.
    became: bool,
    /// Whether it has somebody begin another pathway.
    enrols: bool,
}

impl Reads {
    /// Of a version.
    pub fn of(pathway: &Pathway) -> Self {
        let steps: Vec<(StepIx, &Step)> = (0..).map_while(|ix| Some((ix, pathway.step(ix)?))).collect();
        let named: Vec<BTreeSet<String>> = steps.iter().map(|(_, step)| names(pathway, step)).collect();
        let all_ahead: Vec<BTreeSet<StepIx>> = steps.iter().map(|(ix, _)| ahead(pathway, *ix, None)).collect();
        let tasks = pathway.checklists.iter().flat_map(|list| &list.items).filter_map(|item| item.when.as_ref());
        let tasks: Vec<_> = tasks.collect();
        let always = words(&format!("{:?} {tasks:?}", pathway.leave));
        let goals: Vec<BTreeSet<String>> = pathway.goals.iter().map(|goal| words(&format!("{goal:?}"))).collect();
        let said = words(&format!("{:?} {:?} {:?} {tasks:?}", pathway.enrol.when, pathway.leave, pathway.goals));
        let became = |names: &BTreeSet<String>| BECAME.iter().any(|field| names.contains(*field));
        let mut reads = Self {
            item: pathway.enrol.item.as_ref().map(|(_, kind)| *kind),
            became: became(&said) || named.iter().any(became),
            enrols: steps.iter().any(|(_, step)| matches!(step.verb, Verb::EnrolIn { .. })),
            ..Self::default()
        };
        for (ix, step) in &steps {
            if let Verb::Each { kind, .. } = &step.verb {
                reads.each.insert(*ix, (*kind, step.skip_when.as_ref().is_some_and(|when| !only_if_so(when))));
            }
        }
        for ((ix, _), ahead_of) in steps.iter().zip(&all_ahead) {
            reads.each_ahead.insert(*ix, ahead_of.iter().filter(|at| reads.each.contains_key(at)).copied().collect());
            let outside = ahead(pathway, *ix, Some(Kind::Prescription));
            reads.words_ahead.insert(*ix, outside.iter().filter_map(|at| said_at(pathway.step(*at)?)).collect());
        }
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
            let from = steps.iter().zip(&all_ahead).filter(|(_, ahead)| !ahead.is_disjoint(&naming));
            reads.from.insert(*ix, from.map(|((at, _), _)| *at).collect());
        }
        reads
    }

    /// Whether journeys along this version may ask, from their beginning on, what became of a medicine or a visit,
    /// or have another pathway begin that does.
    pub fn asks_what_became(&self) -> bool {
        self.became || self.enrols
    }

    /// Whether a journey is done with an item: nothing to come asks what became of it, which is taken to be so only
    /// when no round of its loop is under way. It holds as long as what the
    /// item itself says stays so: it is not stopped, and not ordered again.
    pub fn is_done_with(&self, state: &State, kind: Kind, id: &str) -> bool {
        if state.ended.is_some() {
            return true;
        }
        let is_it = |frame: &Frame| matches!(&frame.item, Item::Id(item) if item == id);
        let begun = |strand: &Strand| matches!(&strand.wait, Wait::Each { started } if started.iter().any(|s| s == id));
        let of_kind = |at: &StepIx| self.each.get(at).is_some_and(|(over, _)| *over == kind);
        let asks = |strand: &Strand| {
            let own = begun(strand) && self.each.get(&strand.step).is_some_and(|(_, asks)| !asks);
            let at = std::iter::once(strand.step).chain(strand.frames.iter().map(|frame| frame.step));
            let mut ahead = at.filter_map(|at| self.each_ahead.get(&at)).flatten();
            strand.frames.iter().any(is_it) || ahead.any(|at| of_kind(at) && !(own && *at == strand.step))
        };
        self.item != Some(kind) && !self.enrols && !state.strands.iter().any(asks)
    }

    /// Whether a journey may say words yet whose name is such, outside of the rounds of medicines.
    pub fn may_say(&self, state: &State, such: impl Fn(&str) -> bool) -> bool {
        let steps = |strand: &Strand| {
            std::iter::once(strand.step).chain(strand.frames.iter().map(|frame| frame.step)).collect::<Vec<_>>()
        };
        let mut words = state.strands.iter().flat_map(steps).filter_map(|at| self.words_ahead.get(&at)).flatten();
        state.ended.is_none() && words.any(|name| such(name))
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

/// Whether what became of an item makes no difference to a condition, but that it was delivered.
fn only_if_so(when: &Expr) -> bool {
    match when {
        Expr::And(a, b) | Expr::Or(a, b) => only_if_so(a) && only_if_so(b),
        Expr::Field(path) => !path.iter().any(|name| name != BEDSIDE && BECAME.contains(&name.as_str())),
        other => !words(&format!("{other:?}")).iter().any(|name| BECAME.contains(&name.as_str())),
    }
}

/// The name of the words that a step says.
fn said_at(step: &Step) -> Option<String> {
    match &step.verb {
        Verb::Reach { words, .. } | Verb::Ask { words, .. } | Verb::Remind { words, .. } => Some(words.clone()),
        _ => None,
    }
}

/// Every step that can come from one on, itself included, whatever loop is entered but those of one kind.
fn ahead(pathway: &Pathway, from: StepIx, but: Option<Kind>) -> BTreeSet<StepIx> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    // Each step is looked at once.
    while let Some(at) = open.pop() {
        let Some(step) = pathway.step(at).filter(|_| seen.insert(at)) else { continue };
        open.extend(follows(step));
        match &step.verb {
            Verb::Each { kind, .. } if Some(*kind) == but => {}
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
    pub fn outlook(&self, reads: &Reads, now: At) -> Vec<u8> {
        const NO_KEY: Key = Key { seq: 0, index: 0 };
        let mut state = self.clone();
        state.seq = 0;
        state.passed.clear();
        state.trail.clear();
        state.answers.retain(|answered| reads.may_name(answered, self));
        // What was decided stays so; when, how, and what came first, is asked by nothing.
        for met in state.goals.iter_mut().filter(|met| met.how != How::Open) {
            (met.at, met.how) = (At::default(), How::Reached);
        }
        state.goals.sort_by_key(|met| met.goal);
        // As the next input does it.
        state.reaches.retain(|pending| pending.until >= now);
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
    use crate::state::Met;

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
        // When and how a goal was decided, and which one first, makes no difference; whether it was does.
        let met = |goals: Vec<Met>| State { goals, ..check("checklist/repeat", How::Open) }.outlook(&reads, At(9));
        let of = |goal, at, how| Met { goal, at: At(at), how };
        let (a, b) = (
            met(vec![of(0, 5, How::Reached), of(1, 6, How::Missed)]),
            met(vec![of(1, 1, How::Missed), of(0, 2, How::Reached)]),
        );
        assert!(a == b && a == met(vec![of(0, 5, How::Missed), of(1, 6, How::Missed)]));
        assert!(a != met(vec![of(0, 5, How::Reached), of(1, 16, How::Open)]));
    }

    #[test]
    fn what_became_of_a_medicine_counts_until_its_round_is_over() {
        let teams = ["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from);
        let library = pathway::shipped::shipped(&teams);
        let pathway = library.pathways.iter().find(|p| p.name == "post-surgical-follow-up").unwrap();
        let reads = Reads::of(pathway);
        let at = |name: &str| pathway.steps.iter().position(|s| s.name == name).unwrap() as StepIx;
        let state = |strands| State { begun: true, strands, ..crate::begin(pathway, At(0), "Encounter/1") };
        let each = |started: &[&str]| Strand {
            wait: Wait::Each { started: started.iter().map(|id| (*id).to_owned()).collect() },
            ..strand(at("medicine/each_rx"), Vec::new())
        };
        let round = |id: &str| vec![Frame { step: at("medicine/each_rx"), item: Item::Id(id.into()) }];
        let waits = |id: &str| strand(at("ask_patient/branch"), round(id));
        let done = |strands| reads.is_done_with(&state(strands), Kind::Prescription, "rx");
        assert!(reads.asks_what_became());
        assert!(!done(vec![each(&[])]), "its round is to come");
        assert!(!done(vec![each(&["rx"]), waits("rx")]), "it is waited for");
        assert!(!done(vec![each(&["rx", "other"]), waits("other")]), "a round of the loop is under way");
        assert!(done(vec![each(&["rx"])]) && done(vec![each(&["rx", "other"])]));
        assert!(done(vec![each(&["rx"]), strand(at("checklist/repeat"), Vec::new())]));
        let medicine = |strands: Vec<Strand>| reads.may_say(&state(strands), |words| words.contains("medicine"));
        assert!(!medicine(vec![each(&["rx"])]) && medicine(vec![each(&["rx"]), waits("rx")]));
        let condition = |field: &str| Expr::Field(vec!["rx".into(), field.into()]);
        let not = |field: &str| Expr::Not(Box::new(condition(field)));
        assert!(only_if_so(&condition("stopped")) && only_if_so(&condition(BEDSIDE)) && only_if_so(&not("stopped")));
        assert!(!only_if_so(&not(BEDSIDE)) && !only_if_so(&condition("ready")));
    }
}

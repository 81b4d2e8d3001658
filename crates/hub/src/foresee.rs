//! What a fact would lead to, were it said now: the turn is decided as it would be, and nothing of it is written.
//!
//! So a page can tell before an outcome is saved what the journey will do next, in the journey's own words and
//! times, and what it tells cannot differ from what then happens.

use crate::Error;
use model::batch::JourneyStatus;
use model::message::Message;
use model::prompt::{Prompt, PromptStatus};
use model::{At, Fact, Item, PersonId, PromptId};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use store::Store;
use turn::{Given, Line, Setup};

/// Facts that are tried at one time.
const FACTS_MAX: usize = 256;

/// What would come of a fact.
#[derive(Clone, Debug, Default)]
pub struct Foreseen {
    /// Why it would not be taken.
    pub refused: Option<String>,
    /// Prompts that would be opened.
    pub prompts: Vec<Prompt>,
    /// Messages that would be queued.
    pub messages: Vec<Message>,
    /// Steps, `track/name`, at which journeys would stand and do not now.
    pub steps: Vec<String>,
    /// Whether a journey would end.
    pub ends: bool,
}

impl Foreseen {
    /// Whether someone would be asked at once.
    pub fn urgent(&self) -> Option<&Prompt> {
        self.prompts.iter().find(|p| p.urgent)
    }
}

pub(crate) fn foresee(
    store: &Store,
    setup: &Setup,
    now: At,
    person: PersonId,
    facts: &[Fact],
) -> Result<Vec<Foreseen>, Error> {
    let row = store.line(person)?;
    let line = Line::decode(person, row.version, row.state.as_deref(), row.journeys, row.prompts, row.forwards_to)?;
    let mut closed: Vec<Prompt> = Vec::new();
    for id in facts.iter().filter_map(|f| f.text("prompt")?.parse::<PromptId>().ok()).collect::<BTreeSet<_>>() {
        if !line.prompts.iter().any(|p| p.id == id) {
            closed.extend(store.prompt(person, id)?);
        }
    }
    Ok(facts.iter().take(FACTS_MAX).map(|fact| one(&line, &closed, setup, now, fact)).collect())
}

fn one(line: &Line, closed: &[Prompt], setup: &Setup, now: At, fact: &Fact) -> Foreseen {
    let given = Given {
        items: vec![(line.person.part(), 0, Item::own(line.person, fact.clone()))],
        prompts: closed.to_vec(),
        now,
        ..Given::default()
    };
    // What cannot be foreseen is not told; that the turn itself fails is found and told when it is taken.
    let Ok(decided) = catch_unwind(AssertUnwindSafe(|| turn::decide(line.clone(), given, setup))) else {
        return Foreseen::default();
    };
    let batch = decided.batch;
    let known: BTreeSet<PromptId> = line.prompts.iter().chain(closed).map(|p| p.id).collect();
    let new = |p: &Prompt| p.status == PromptStatus::Open && !known.contains(&p.id);
    let stood: BTreeSet<&str> = line.journeys.iter().flat_map(|w| w.row.step.split(',')).collect();
    let steps = batch.journeys.iter().flat_map(|row| row.step.split(','));
    Foreseen {
        refused: decided.refused.into_iter().map(|(.., why)| why).next(),
        steps: steps.filter(|s| !s.is_empty() && !stood.contains(s)).map(str::to_owned).collect(),
        ends: batch.journeys.iter().any(|row| row.status != JourneyStatus::Active),
        prompts: batch.prompts.into_iter().filter(new).collect(),
        messages: batch.messages,
    }
}

//! One person, decoded for reading.

use crate::Error;
use model::prompt::Prompt;
use model::{At, JourneyRow, PersonId};
use outreach::Outreach;
use pathway::Pathway;
use record::{Fold, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::Store;
use turn::{Line, Setup};

/// Lines that forward to each other are followed this far.
const FORWARDS_MAX: usize = 8;

/// One person, decoded for reading: what the pages show.
pub struct Look {
    /// Who. After a merge this is the line that the asked one forwards to.
    pub person: PersonId,
    /// What is known, merged.
    pub record: Record,
    /// Lines that were merged into this one: their earlier facts stay with them.
    pub merged: Vec<PersonId>,
    /// By source record.
    pub folds: Vec<Fold>,
    /// What is under way to them.
    pub outreach: Outreach,
    /// Journeys with their states; one that ended has none.
    pub journeys: Vec<(JourneyRow, Option<journey::State>)>,
    /// Open prompts.
    pub prompts: Vec<Prompt>,
    /// Today's tasks of all checklists under way, in the person's language.
    pub tasks: Vec<journey::Task>,
    /// Places on pathways with a limit that they wait for.
    pub waits: Vec<model::PlaceRow>,
    /// Questions that wait for the person's answers.
    pub asking: Vec<Asked>,
}

/// A question that waits for the person's answers.
pub struct Asked {
    /// The version that asks it.
    pub pathway: Arc<Pathway>,
    /// The question.
    pub asking: journey::Asking,
    /// Its journey is halted: what is answered is kept, and nothing more is asked.
    pub halted: bool,
}

/// What is known of people, of their lines' states alone; of those that were merged, of the line that they
/// forward to. One whose state does not read is left out: the page says what it can without.
pub(crate) fn records(store: &Store, people: &[PersonId]) -> Result<BTreeMap<PersonId, Record>, Error> {
    let mut found = BTreeMap::new();
    let mut ask: Vec<(PersonId, PersonId)> = people.iter().map(|p| (*p, *p)).collect();
    for _ in 0..FORWARDS_MAX {
        let at: Vec<PersonId> = ask.iter().map(|(_, at)| *at).collect();
        let mut next = Vec::new();
        for ((asked, _), row) in ask.iter().zip(store.states(&at)?) {
            match row {
                Some((_, Some(to))) => next.push((*asked, to)),
                Some((state, None)) => match Line::record_of(&state) {
                    Ok(record) => drop(found.insert(*asked, record)),
                    Err(error) => tracing::error!(line.error = %error, person = %asked, "a line does not read"),
                },
                None => {}
            }
        }
        if next.is_empty() {
            break;
        }
        ask = next;
    }
    Ok(found)
}

pub(crate) fn look(store: &Store, setup: &Setup, now: At, person: PersonId) -> Result<Look, Error> {
    let mut asked = person;
    let mut row = store.line(asked)?;
    for _ in 0..FORWARDS_MAX {
        let Some(to) = row.forwards_to else { break };
        asked = to;
        row = store.line(asked)?;
    }
    if row.version == 0 {
        return Err(Error::NoSuchPerson);
    }
    let line = Line::decode(asked, row.version, row.state.as_deref(), row.journeys, row.prompts, row.forwards_to)?;
    let record = turn::known(&line);
    // Not those that it was one with for a while: they are other people again.
    let merged: BTreeSet<PersonId> = line.folds.iter().filter_map(|h| h.via).filter(|of| *of != asked).collect();
    let merged = merged.into_iter().collect();
    let tasks = turn::tasks_today(&line, setup, now);
    let waits = turn::places::waits(&line);
    let halted = |id| line.journeys.iter().any(|w| w.row.id == id && w.paused.is_some());
    let asking = turn::asking(&line, setup, now).into_iter();
    let asking = asking.map(|(pathway, asking)| Asked { pathway, halted: halted(asking.journey), asking }).collect();
    Ok(Look {
        person: asked,
        record,
        merged,
        folds: line.folds.into_iter().map(|h| h.fold).collect(),
        outreach: line.outreach,
        journeys: line.journeys.into_iter().map(|w| (w.row, w.state)).collect(),
        prompts: line.prompts,
        tasks,
        waits,
        asking,
    })
}

//! Two lines that turn out to be one person, and the way back.
//!
//! Facts belong to their source record and never move: what moves is the fold of them, with the
//! journeys, prompts and reaches that walk on it, and what staff wrote and is under way, which walks on no journey. The losing line closes and forwards; an un-merge
//! opens it again and gives back what came from it. Each hand-over is a fact in the same commit.

use crate::line::{Held, Trigger, Walking};
use crate::places;
use crate::turn::{Turn, WITHDRAWN};
use model::batch::JourneyStatus;
use model::fact::OWN;
use model::prompt::Prompt;
use model::{At, Fact, Id, Item, JourneyId, JourneyRow, PersonId, inbox};
use outreach::Outreach;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// Lines that one was with and is no more, kept per line.
const WAS_WITH_MAX: usize = 16;

/// Facts that are about lines, not about people.
pub fn is_merge_work(kind: &str) -> bool {
    matches!(
        kind,
        "person.merged"
            | "person.unmerged"
            | "line.closing"
            | "line.handed_over"
            | "line.returned"
            | crate::places::MOVED
    )
}

/// What one line hands to another.
#[derive(Serialize, Deserialize)]
struct Load {
    from: PersonId,
    folds: Vec<Held>,
    journeys: Vec<Carried>,
    prompts: Vec<Prompt>,
    triggers: Vec<Trigger>,
    outreach: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Carried {
    id: JourneyId,
    pathway: String,
    version: Id,
    episode: String,
    status: JourneyStatus,
    step: String,
    next_due: Option<At>,
    started_at: At,
    ended: Option<(At, String)>,
    blob: Vec<u8>,
}

impl From<JourneyRow> for Carried {
    fn from(r: JourneyRow) -> Self {
        Self {
            id: r.id,
            pathway: r.pathway,
            version: r.version,
            episode: r.episode,
            status: r.status,
            step: r.step,
            next_due: r.next_due,
            started_at: r.started_at,
            ended: r.ended,
            blob: r.blob,
        }
    }
}

impl From<Carried> for JourneyRow {
    fn from(c: Carried) -> Self {
        Self {
            id: c.id,
            pathway: c.pathway,
            version: c.version,
            episode: c.episode,
            status: c.status,
            step: c.step,
            next_due: c.next_due,
            started_at: c.started_at,
            ended: c.ended,
            blob: c.blob,
        }
    }
}

/// An item for a line that was closed: receipts still move this line's messages; all is handed on.
pub fn forward(turn: &mut Turn<'_>, item: Item) {
    let Some(to) = turn.line.forwards_to else { return };
    turn.move_message(&item.fact);
    turn.move_call(&item.fact);
    if item.fact.kind != WITHDRAWN && item.fact.kind != crate::calls::MOVED {
        turn.hand(to, item.fact);
    }
}

/// Hears a fact about lines.
pub fn hear(turn: &mut Turn<'_>, fact: &Fact) {
    match fact.kind.as_str() {
        "person.merged" => call_in(turn, fact),
        "person.unmerged" => give_back(turn, fact),
        "line.closing" => close(turn, fact),
        "line.handed_over" => take_over(turn, fact),
        "line.returned" => reopen(turn, fact),
        crate::places::MOVED => turn.hear_moved(fact),
        _ => {}
    }
}

fn identifier_key(text: &str) -> Option<Id> {
    // As it is claimed. A number that somebody has is no name for them.
    let (system, value) = text.split_once('|').filter(|(system, _)| !inbox::is_own(system))?;
    Some(inbox::key(system, value))
}

/// On the line that stays: the other one is told to close.
fn call_in(turn: &mut Turn<'_>, fact: &Fact) {
    turn.batch.facts.push(fact.clone());
    let Some(key) = fact.text("from").and_then(identifier_key) else { return };
    let body = json!({"into": turn.line.person});
    let closing = turn.say("line.closing", &fact.id.to_string(), body, Some(fact.id.to_string()));
    turn.batch.handoffs.push(Item {
        source_key: Id::of(&[b"closing", &closing.id.0.bytes()]),
        fact: closing,
        keys: vec![key],
        person: None,
        may_create: false,
    });
}

/// On the line that goes: hand over everything, and forward from now on.
fn close(turn: &mut Turn<'_>, fact: &Fact) {
    let Some(into) = fact.text("into").and_then(|t| t.parse::<PersonId>().ok()) else { return };
    if into == turn.line.person || turn.line.forwards_to.is_some() {
        return;
    }
    turn.batch.facts.push(fact.clone());
    let load = pack(turn, |_| true, |_| true, |_| true, true);
    turn.line.forwards_to = Some(into);
    turn.told = true;
    send(turn, into, "line.handed_over", &load, fact);
}

/// On the line that stays: what was handed over joins.
fn take_over(turn: &mut Turn<'_>, fact: &Fact) {
    let Ok(load) = serde_json::from_value::<Load>(fact.body.clone()) else { return };
    let from = load.from;
    unpack(turn, load, Some(from), fact);
    note(turn, fact, "merged");
}

/// On the line that stayed: what came from the other line goes back.
fn give_back(turn: &mut Turn<'_>, fact: &Fact) {
    turn.batch.facts.push(fact.clone());
    let Some(from) = fact.text("from") else { return };
    let via = turn.line.folds.iter().find_map(|h| {
        let named = h.fold.subject == from || h.fold.record.identifiers.iter().any(|i| i == from);
        h.via.filter(|_| named)
    });
    let Some(via) = via else { return };
    let goes = named_by(&turn.line.folds, |h| h.via == Some(via));
    let stays = named_by(&turn.line.folds, |h| h.via != Some(via));
    let subjects: BTreeSet<(String, String)> = turn
        .line
        .folds
        .iter()
        .filter(|h| h.via == Some(via) && h.fold.source != OWN)
        .map(|h| (h.fold.source.clone(), h.fold.subject.clone()))
        .collect();
    // What began on the other line goes back whatever it is about; what began here goes with what it is about.
    let walks = |w: &Walking| match w.via {
        Some(from) => from == via,
        None => goes.contains(&w.row.episode) && !stays.contains(&w.row.episode),
    };
    let told = |t: &Trigger| {
        let about = [t.fact.episode.as_deref(), t.fact.text("id")];
        subjects.contains(&(t.fact.source.clone(), t.fact.subject.clone()))
            || about.iter().flatten().any(|id| goes.contains(*id) && !stays.contains(*id))
    };
    // To which of them staff wrote nobody can tell.
    turn.with_outreach(|outreach, cx| outreach.part(cx));
    let load = pack(turn, |h| h.via == Some(via), walks, told, false);
    send(turn, via, "line.returned", &load, fact);
}

/// The encounters and items that these folds name.
fn named_by(folds: &[Held], of: impl Fn(&Held) -> bool) -> BTreeSet<String> {
    let named = |h: &Held| {
        let record = &h.fold.record;
        let encounters = record.encounters.iter().map(|e| e.id.clone());
        let prescriptions = record.prescriptions.iter().map(|p| p.id.clone());
        let appointments = record.appointments.iter().map(|a| a.id.clone());
        encounters.chain(prescriptions).chain(appointments).collect::<Vec<_>>()
    };
    folds.iter().filter(|h| of(h)).flat_map(named).collect()
}

/// On the line that had been closed: it opens again with what was its own.
fn reopen(turn: &mut Turn<'_>, fact: &Fact) {
    let Ok(load) = serde_json::from_value::<Load>(fact.body.clone()) else { return };
    turn.line.forwards_to = None;
    turn.told = true;
    if !turn.line.was_with.contains(&load.from) && turn.line.was_with.len() < WAS_WITH_MAX {
        turn.line.was_with.push(load.from);
    }
    unpack(turn, load, None, fact);
    note(turn, fact, "un-merged");
}

fn note(turn: &mut Turn<'_>, fact: &Fact, what: &str) {
    let text = format!("lines {what}");
    let said = turn.say("note.made", &fact.id.to_string(), json!({"text": text}), Some(fact.id.to_string()));
    turn.queue.push_back(said);
}

/// Takes out of the line what `folds`, `walks` and `told` choose, and what staff wrote if it is to go along.
fn pack(
    turn: &mut Turn<'_>,
    folds: impl Fn(&Held) -> bool,
    walks: impl Fn(&Walking) -> bool,
    told: impl Fn(&Trigger) -> bool,
    written: bool,
) -> Load {
    let person = turn.line.person;
    let (go, stay): (Vec<_>, Vec<_>) = std::mem::take(&mut turn.line.folds).into_iter().partition(|h| folds(h));
    turn.line.folds = stay;
    let (walk, rest): (Vec<Walking>, Vec<Walking>) =
        std::mem::take(&mut turn.line.journeys).into_iter().partition(walks);
    turn.line.journeys = rest;
    let ids: BTreeSet<JourneyId> = walk.iter().map(|w| w.row.id).collect();
    let outreach = turn.line.outreach.split_off(|journey| journey.map_or(written, |j| ids.contains(&j)));
    let mut prompts = Vec::new();
    let mut moved = Vec::new();
    for prompt in &mut turn.line.prompts {
        if prompt.status.is_open() && prompt.journey.is_some_and(|j| ids.contains(&j)) {
            prompts.push(prompt.clone());
            prompt.status = model::prompt::PromptStatus::Withdrawn;
            prompt.withdrawn_because = Some("moved to another line".into());
            prompt.escalates_at = None;
            // What its team was told or is to be told stays told: it goes along, and is not taken back here.
            prompt.desk.notices.clear();
            moved.push(prompt.id);
        }
    }
    let (triggers, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut turn.line.triggers).into_iter().partition(told);
    turn.line.triggers = kept;
    let gone = walk.iter().map(|w| (w.row.id.0, w.row.pathway.as_str(), w.row.status));
    turn.book.carried.extend(places::brought(turn.setup, gone, &triggers).into_iter().map(|(id, _)| id));
    let journeys = walk
        .into_iter()
        .map(|mut w| {
            w.seal();
            turn.batch.journeys_gone.push(w.row.id);
            Carried::from(w.row)
        })
        .collect();
    turn.touch([], moved);
    Load { from: person, folds: go, journeys, prompts, triggers, outreach: outreach.encode() }
}

/// Puts into the line what was handed to it.
fn unpack(turn: &mut Turn<'_>, load: Load, via: Option<PersonId>, because: &Fact) {
    let person = turn.line.person;
    let come = load.journeys.iter().map(|j| (j.id.0, j.pathway.as_str(), j.status));
    turn.tell_moved(load.from, &places::brought(turn.setup, come, &load.triggers), because);
    for mut held in load.folds {
        held.via = via;
        turn.line.folds.push(held);
    }
    let mut touched = Vec::new();
    for carried in load.journeys {
        if let Ok(mut walking) = Walking::decode(carried.into()) {
            walking.via = via;
            touched.push(walking.row.id.0);
            turn.line.journeys.push(walking);
        }
    }
    let mut prompts = Vec::new();
    for mut prompt in load.prompts {
        prompt.person = person;
        prompts.push(prompt.id);
        turn.line.prompts.retain(|p| p.id != prompt.id);
        turn.line.prompts.push(prompt);
    }
    for mut trigger in load.triggers {
        trigger.ask_anew(turn.line.version);
        turn.line.triggers.push(trigger);
    }
    if let Ok(outreach) = Outreach::decode(&load.outreach) {
        turn.line.outreach.absorb(outreach);
    }
    turn.touch(touched, prompts);
}

fn send(turn: &mut Turn<'_>, to: PersonId, kind: &str, load: &Load, because: &Fact) {
    // A load is made of strings, numbers and lists: it always serialises.
    let body = serde_json::to_value(load).unwrap_or_default();
    let mut fact = Fact::own(kind, &because.id.to_string(), to, turn.now, body);
    fact.cause = Some(because.id.to_string());
    turn.hand(to, fact);
}

//! The turns of one group: what each needs is looked up, it is decided, and all are committed together.

use super::{Step, Work, Worker};
use crate::Error;
use model::prompt::Prompt;
use model::{At, Batch, EffectId, FactId, Item, MessageId, PersonId, PromptId, ResourceRow};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use store::{Committed, LineRow};
use turn::{Given, Line};

impl Worker {
    pub(super) fn turns(&mut self, work: Work, now: At, step: &mut Step) -> Result<(), Error> {
        let people: Vec<PersonId> = work.keys().copied().collect();
        let rows = self.lane.load(&people)?;
        let mut keys = Vec::new();
        for (person, items) in &work {
            for (_, _, item) in items {
                if item.fact.kind == model::fact::RESOURCE_RECEIVED {
                    let text = |k: &str| item.fact.text(k).unwrap_or_default().to_owned();
                    keys.push((*person, item.fact.source.clone(), text("resourceType"), text("id")));
                }
            }
        }
        let found = if keys.is_empty() { Vec::new() } else { self.lane.resources(&keys)? };
        let mut previous: BTreeMap<PersonId, Vec<ResourceRow>> = BTreeMap::new();
        for ((person, ..), row) in keys.iter().zip(found) {
            let rows = previous.entry(*person).or_default();
            rows.extend(row.filter(|r| !rows.contains(r)));
        }
        let mut batches = Vec::new();
        for (row, (person, items)) in rows.into_iter().zip(work) {
            let facts: Vec<(FactId, u16, i64)> = items.iter().map(|(p, s, i)| (i.fact.id, *p, *s)).collect();
            let previous = previous.remove(&person).unwrap_or_default();
            let version = row.version;
            let ends: Vec<MessageId> = items.iter().filter_map(|(_, _, item)| end_of_sending(item)).collect();
            match self.decide(row, items, previous, now) {
                Ok(decided) => {
                    for (id, part, seq) in &facts {
                        let refusal = decided.refused.iter().find(|(p, s, _)| p == part && s == seq);
                        step.settled.push((*id, refusal.map_or(Ok(()), |(_, _, why)| Err(why.clone()))));
                    }
                    if let Some(of) = self.sending.get_mut(&person) {
                        of.retain(|id, _| !ends.contains(id));
                        for id in &decided.batch.withdraw {
                            of.entry(*id).and_modify(|taken_back| *taken_back = true);
                        }
                        if of.is_empty() {
                            self.sending.remove(&person);
                        }
                    }
                    self.outbox.extend(decided.batch.messages.iter().map(|m| m.channel));
                    tell_of_untold(&decided.batch);
                    self.claims_written |= !(decided.batch.claims.is_empty() && decided.batch.overtaken.is_empty());
                    step.places |= !decided.batch.places.is_empty();
                    batches.push((person.part(), self.lane.epoch(person.part()), decided.batch));
                }
                Err(why) => {
                    tracing::error!(turn.failed = %why, person = %person, "a turn failed; its items are set aside");
                    metrics::counter!("throughline_turns_failed_total").increment(1);
                    let park: Vec<_> =
                        facts.iter().map(|(_, p, s)| (*p, *s, format!("the turn failed: {why}"))).collect();
                    step.settled.extend(facts.into_iter().map(|(id, _, _)| (id, Err(why.clone()))));
                    self.lane.park(&park, now)?;
                    // Its timers cannot fire until it is mended: a turn that only asks someone to look after the
                    // person keeps it from being woken in a loop, and from being forgotten.
                    let mut batch = Batch::new(person, version);
                    batch.prompts.push(self.look_after(person, now));
                    batches.push((person.part(), self.lane.epoch(person.part()), batch));
                }
            }
        }
        step.turns += batches.len();
        metrics::counter!("throughline_turns_total").increment(batches.len() as u64);
        for ((_, _, batch), result) in batches.iter().zip(self.lane.commit(&batches)?) {
            if result == Committed::Stale {
                return Err(Error::LaneLost(batch.person.part()));
            }
        }
        self.bulk.queued(batches.iter().flat_map(|(_, _, batch)| &batch.messages));
        Ok(())
    }

    /// The prompt that asks a person of the team to take over from a line whose turn failed.
    pub(super) fn look_after(&self, person: PersonId, now: At) -> Prompt {
        let ask = outreach::Ask {
            reach: EffectId::of(&[b"turn_failed", &person.0.bytes(), &now.0.to_le_bytes()]),
            journey: None,
            team: self.setup.in_force.first().map(|p| p.fallback_team.clone()).unwrap_or_default(),
            code: "turn_failed".into(),
            title: "Look after this person by hand".into(),
            reason:
                "The system failed on what came for this person. Until that is mended nothing is sent to them, and \
                     no reminder comes."
                    .into(),
            urgent: true,
            cause: None,
        };
        let whose = turn::prompts::For { person, journey: None, site: "" };
        turn::prompts::stand_in(&ask, &whose, &self.setup.teams, now)
    }

    pub(super) fn decide(
        &mut self,
        row: LineRow,
        items: Vec<(u16, i64, Item)>,
        mut previous: Vec<ResourceRow>,
        now: At,
    ) -> Result<turn::Decided, String> {
        let sending = self.sending.get(&row.person).map(|of| of.keys().copied().collect()).unwrap_or_default();
        let waited = self.waited.remove(&row.person).unwrap_or_default();
        let line =
            Line::decode(row.person, row.version, row.state.as_deref(), row.journeys, row.prompts, row.forwards_to)
                .map_err(|e| e.to_string())?;
        self.previous_elsewhere(&line, &items, &mut previous)?;
        let prompts = self.closed_prompts(&line, &items)?;
        let given = Given { items, previous, prompts, sending, waited, now };
        let setup = Arc::clone(&self.setup);
        catch_unwind(AssertUnwindSafe(|| turn::decide(line, given, &setup)))
            .map_err(|panic| panic_words(panic.as_ref()))
    }

    /// What a resource was before may be stored with a line that this one is or was merged with: the
    /// latest of all is what its change is told against.
    pub(super) fn previous_elsewhere(
        &self,
        line: &Line,
        items: &[(u16, i64, Item)],
        previous: &mut Vec<ResourceRow>,
    ) -> Result<(), String> {
        let others = line.others();
        let received = items.iter().map(|(_, _, item)| &item.fact).filter(|f| f.kind == model::fact::RESOURCE_RECEIVED);
        for fact in received.filter(|_| !others.is_empty()) {
            let text = |k: &str| fact.text(k).unwrap_or_default();
            let (kind, id) = (text("resourceType"), text("id"));
            for other in &others {
                let row = self.store.resource(Some(*other), &fact.source, kind, id).map_err(|e| e.to_string())?;
                let Some(row) = row else { continue };
                match previous.iter_mut().find(|r| r.source == row.source && r.kind == row.kind && r.id == row.id) {
                    Some(known) if (known.at, known.version) < (row.at, row.version) => *known = row,
                    Some(_) => {}
                    None => previous.push(row),
                }
            }
        }
        Ok(())
    }

    /// Closed prompts that items are about (a correction), of lines merged with this one too.
    pub(super) fn closed_prompts(&self, line: &Line, items: &[(u16, i64, Item)]) -> Result<Vec<Prompt>, String> {
        let mut prompts: Vec<Prompt> = Vec::new();
        for (_, _, item) in items {
            if !item.fact.kind.starts_with("prompt.") {
                continue;
            }
            let Some(id) = item.fact.text("prompt").and_then(|t| t.parse::<PromptId>().ok()) else { continue };
            if line.prompts.iter().chain(&prompts).any(|p| p.id == id) {
                continue;
            }
            for person in std::iter::once(line.person).chain(line.others()) {
                if let Some(prompt) = self.store.prompt(person, id).map_err(|e| e.to_string())? {
                    prompts.push(Prompt { person: line.person, ..prompt });
                    break;
                }
            }
        }
        Ok(prompts)
    }
}

/// Says where a team could be told of what waits in none of its ways.
fn tell_of_untold(batch: &Batch) {
    for fact in batch.facts.iter().filter(|f| f.kind == "notice.failed" && f.flag("left") == Some(false)) {
        tracing::warn!(
            message.id = fact.text("message"),
            team = fact.text("team"),
            "a team could be told of a prompt in none of its own ways"
        );
        metrics::counter!("throughline_team_untold_total").increment(1);
    }
}

/// The message whose sending an item ends.
fn end_of_sending(item: &Item) -> Option<MessageId> {
    let ends = matches!(item.fact.kind.as_str(), "message.accepted" | "message.failed" | "message.unknown");
    ends.then(|| item.fact.text("message")?.parse().ok()).flatten()
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    words.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".into())
}

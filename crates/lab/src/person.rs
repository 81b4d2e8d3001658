//! One person's line, and its rows as a store would keep them.

use crate::phone::Phone;
use crate::test::line::Asked;
use model::batch::JourneyStatus;
use model::message::{Message, Status};
use model::prompt::Prompt;
use model::service::CallMove;
use model::{At, Batch, Fact, Item, JourneyRow, MessageId, PersonId, PromptId, ResourceRow, Trace};
use serde_json::json;
use turn::{Given, Line, Setup};

/// Rounds at one point in time until nothing is left to do; more is something that feeds itself.
pub const ROUNDS_MAX: usize = 1_000;

/// Why a person's time could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Stored bytes do not read.
    #[error(transparent)]
    Turn(#[from] turn::Error),
    /// Something feeds itself.
    #[error("not settled after {ROUNDS_MAX} rounds at {0}")]
    Restless(At),
}

/// A person on a virtual clock. A clone goes on by itself from where the first one stands.
#[derive(Clone)]
pub struct Person<'s> {
    /// Whose line.
    pub id: PersonId,
    /// The care clock.
    pub now: At,
    /// What their phone, mailbox and page do.
    pub phone: Phone,
    /// Facts on the line, in order.
    pub facts: Vec<Fact>,
    /// Every message that was ever wanted, in order, with where it stands.
    pub messages: Vec<Message>,
    /// Every prompt that was ever opened, in order.
    pub prompts: Vec<Prompt>,
    /// What services were asked and have not answered, in order.
    pub calls: Vec<model::ServiceCall>,
    /// All that services were ever asked, in order, with how it ended.
    pub asked: Vec<Asked>,
    /// Why.
    pub traces: Vec<Trace>,
    /// Steps that were passed, as counted.
    pub passages: Vec<model::Passage>,
    /// Journeys, as rows.
    pub journeys: Vec<JourneyRow>,
    /// Names of the steps that strands stood at after a turn, by version.
    pub stood: std::collections::BTreeSet<(model::Id, String)>,
    /// Facts that were refused, with the reason.
    pub refused: Vec<String>,
    setup: &'s Setup,
    version: i64,
    state: Option<Vec<u8>>,
    /// The line between two turns; `None` when it is written into bytes and read again.
    kept: Option<Line>,
    resources: Vec<ResourceRow>,
    wake_at: Option<At>,
    seen: std::collections::BTreeSet<model::FactId>,
    serial: i64,
}

impl<'s> Person<'s> {
    /// Nobody knows anything of them yet.
    pub fn new(setup: &'s Setup, id: PersonId, now: At, phone: Phone) -> Self {
        Self {
            id,
            now,
            phone,
            facts: Vec::new(),
            messages: Vec::new(),
            prompts: Vec::new(),
            calls: Vec::new(),
            asked: Vec::new(),
            traces: Vec::new(),
            passages: Vec::new(),
            journeys: Vec::new(),
            stood: std::collections::BTreeSet::new(),
            refused: Vec::new(),
            setup,
            version: 0,
            state: None,
            kept: Some(Line::new(id)),
            resources: Vec::new(),
            wake_at: None,
            seen: std::collections::BTreeSet::new(),
            serial: 0,
        }
    }

    /// The same, whose line is written into bytes after each turn and read before the next, as a store does
    /// it. It gives the same rows and takes longer; journeys have their blobs.
    pub fn stored(setup: &'s Setup, id: PersonId, now: At, phone: Phone) -> Self {
        Self { kept: None, ..Self::new(setup, id, now, phone) }
    }

    /// By what it is decided.
    pub fn setup(&self) -> &'s Setup {
        self.setup
    }

    /// The line as it is now.
    pub fn line(&self) -> Result<Line, Error> {
        if let Some(line) = &self.kept {
            return Ok(line.clone());
        }
        let open = self.prompts.iter().filter(|p| p.status.is_open()).cloned().collect();
        Ok(Line::decode(self.id, self.version, self.state.as_deref(), self.journeys.clone(), open, None)?)
    }

    /// What comes in now, and all that follows from it at this point in time. What came before is dropped, as
    /// an inbox does.
    pub fn hears(&mut self, items: Vec<Item>) -> Result<(), Error> {
        let fresh: Vec<Item> = items.into_iter().filter(|item| self.seen.insert(item.fact.id)).collect();
        self.turn(fresh)?;
        self.settle()
    }

    /// Time goes on until `at`; everything that is due on the way happens at its time.
    pub fn until(&mut self, at: At) -> Result<(), Error> {
        while let Some(next) = self.next_due().filter(|next| *next <= at) {
            self.now = next.max(self.now);
            if self.wake_at.is_some_and(|due| due <= self.now) {
                self.turn(Vec::new())?;
            }
            self.settle()?;
        }
        self.now = at.max(self.now);
        Ok(())
    }

    /// When something is due next: a timer, a call that rings out, a receipt on its way.
    pub fn next_due(&self) -> Option<At> {
        [self.wake_at, self.phone.next_due()].into_iter().flatten().min()
    }

    /// Whether any journey is under way.
    pub fn is_under_way(&self) -> bool {
        self.journeys.iter().any(|j| j.status == JourneyStatus::Active)
    }

    fn settle(&mut self) -> Result<(), Error> {
        for _ in 0..ROUNDS_MAX {
            let now = self.now;
            let mut items = self.carry();
            if items.is_empty() {
                items = self.phone.due(now);
            }
            items.retain(|item| self.seen.insert(item.fact.id));
            if items.is_empty() && self.wake_at.is_none_or(|due| due > now) {
                return Ok(());
            }
            self.turn(items)?;
        }
        Err(Error::Restless(self.now))
    }

    /// What waits in the outbox leaves; what the hub itself says of it.
    fn carry(&mut self) -> Vec<Item> {
        let now = self.now;
        let mut items = Vec::new();
        for message in &mut self.messages {
            if message.status != Status::Queued {
                continue;
            }
            if message.valid_until <= now {
                (message.status, message.status_at) = (Status::Withdrawn, now);
                let fact = Fact::own(
                    "message.expired",
                    &message.id.to_string(),
                    message.person,
                    now,
                    json!({"message": message.id}),
                );
                items.push(Item::own(message.person, fact.because(message.reach)));
            } else {
                (message.status, message.status_at) = (Status::Dispatching, now);
                items.extend(self.phone.carry(message, now));
            }
        }
        items
    }

    fn turn(&mut self, items: Vec<Item>) -> Result<(), Error> {
        let in_memory = self.kept.is_some();
        let line = match self.kept.take() {
            Some(line) => line,
            None => self.line()?,
        };
        for item in &items {
            self.asked.iter_mut().for_each(|asked| asked.hears(&item.fact));
        }
        let asked: Vec<PromptId> = items
            .iter()
            .filter(|item| item.fact.kind.starts_with("prompt."))
            .filter_map(|item| item.fact.text("prompt")?.parse().ok())
            .filter(|id| !line.prompts.iter().any(|p| p.id == *id))
            .collect();
        let ended = |item: &Item| {
            let ends = matches!(item.fact.kind.as_str(), "message.accepted" | "message.failed" | "message.unknown");
            ends.then(|| item.fact.text("message")?.parse().ok()).flatten()
        };
        let ends: Vec<MessageId> = items.iter().filter_map(ended).collect();
        let sending = self.messages.iter().filter(|m| m.status == Status::Dispatching && !ends.contains(&m.id));
        let previous = items
            .iter()
            .filter(|item| item.fact.kind == model::fact::RESOURCE_RECEIVED)
            .filter_map(|item| {
                let text = |key: &str| item.fact.text(key).unwrap_or_default();
                let of = |r: &&ResourceRow| {
                    r.source == item.fact.source && r.kind == text("resourceType") && r.id == text("id")
                };
                self.resources.iter().find(of).cloned()
            })
            .fold(Vec::new(), |mut rows: Vec<ResourceRow>, row| {
                if !rows.contains(&row) {
                    rows.push(row);
                }
                rows
            });
        let given = Given {
            previous,
            prompts: self.prompts.iter().filter(|p| asked.contains(&p.id)).cloned().collect(),
            sending: sending.map(|m| m.id).collect(),
            waited: Vec::new(),
            now: self.now,
            items: items
                .into_iter()
                .map(|item| {
                    self.serial += 1;
                    (self.id.part(), self.serial, item)
                })
                .collect(),
        };
        let decided = if in_memory {
            let (decided, line) = turn::decide_in_memory(line, given, self.setup);
            self.kept = Some(line);
            decided
        } else {
            turn::decide(line, given, self.setup)
        };
        self.refused.extend(decided.refused.into_iter().map(|(_, _, why)| why));
        self.commit(decided.batch);
        Ok(())
    }

    /// Writes what a turn decided, as a store does.
    fn commit(&mut self, batch: Batch) {
        self.version += 1;
        if let Some(state) = batch.state {
            self.state = Some(state);
        }
        self.wake_at = batch.wake_at;
        self.facts.extend(batch.facts);
        self.traces.extend(batch.traces);
        self.passages.extend(batch.passages);
        for row in batch.resources {
            match self.resources.iter_mut().find(|r| r.source == row.source && r.kind == row.kind && r.id == row.id) {
                Some(known) => *known = row,
                None => self.resources.push(row),
            }
        }
        for row in batch.journeys {
            let before = self.journeys.iter().find(|j| j.id == row.id).map(|j| j.step.as_str());
            if before != Some(row.step.as_str()) {
                self.stood.extend(row.step.split(',').map(|step| (row.version, step.to_owned())));
            }
            match self.journeys.iter_mut().find(|j| j.id == row.id) {
                Some(known) => *known = row,
                None => self.journeys.push(row),
            }
        }
        for prompt in batch.prompts {
            match self.prompts.iter_mut().find(|p| p.id == prompt.id) {
                Some(known) => *known = prompt,
                None => self.prompts.push(prompt),
            }
        }
        for message in batch.messages {
            if !self.messages.iter().any(|m| m.id == message.id) {
                self.messages.push(message);
            }
        }
        self.asked.extend(batch.calls.iter().cloned().map(Asked::new));
        self.calls.extend(batch.calls);
        let now = self.now;
        for moved in batch.calls_moved {
            match moved {
                CallMove::Over(id) => {
                    self.calls.retain(|c| c.id != id);
                    self.asked.iter_mut().filter(|a| a.call.id == id).for_each(|a| a.over(now));
                }
                CallMove::Gone(journey) => {
                    self.calls.retain(|c| c.journey != journey);
                    self.asked.iter_mut().filter(|a| a.call.journey == journey).for_each(|a| a.over(now));
                }
                // Nobody but the scenario answers.
                CallMove::Held(..) => {}
            }
        }
        for id in batch.withdraw {
            if let Some(message) = self.messages.iter_mut().find(|m| m.id == id && m.status == Status::Queued) {
                (message.status, message.status_at) = (Status::Withdrawn, self.now);
            }
        }
        for (id, status, at, error) in batch.moved {
            let may = |m: &&mut Message| m.id == id && m.status.may_become(status);
            if let Some(message) = self.messages.iter_mut().find(may) {
                (message.status, message.status_at) = (status, at);
                message.error = error.or_else(|| message.error.take());
            }
        }
    }
}

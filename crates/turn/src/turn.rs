//! The turn itself: facts are folded and heard, journeys walk, outreach acts, until nothing is left.

use crate::acts::DISABLED;
use crate::line::{Held, Line, Walking};
use crate::prompts;
use crate::scope::JourneyScope;
use crate::{Given, Setup, flow, merge, shadow, staff_call};
use jiff::tz::TimeZone;
use journey::Input;
use model::batch::JourneyStatus;
use model::fact::{OWN, RESOURCE_RECEIVED};
use model::prompt::Prompt;
use model::{At, Batch, Fact, Id, Item, MessageId, Origin, PersonId, PromptId, ResourceRow};
use outreach::Which;
use record::{Fold, Record};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Facts that one turn may process, given and derived; what is beyond waits for the next turn.
const FACTS_MAX: usize = 20_000;
/// The fact by which a line takes back a message that another one has in its outbox.
pub(crate) const WITHDRAWN: &str = "message.withdrawn";
/// Rounds of facts, enrolments and timers in one turn; more means a pathway that feeds itself.
const ROUNDS_MAX: usize = 64;

/// One turn under way.
pub struct Turn<'a> {
    pub(crate) line: Line,
    pub(crate) setup: &'a Setup,
    pub(crate) now: At,
    pub(crate) batch: Batch,
    pub(crate) record: Arc<Record>,
    pub(crate) stale: bool,
    /// Whether what folds say, or who is told of them, may have changed in this turn.
    pub(crate) told: bool,
    /// What was known and where it led before this turn; `None` for a new line.
    pub(crate) before: Option<(Arc<Record>, Option<PersonId>)>,
    /// Counts what was known in this turn, one thing after the other.
    pub(crate) edition: u32,
    /// Journeys that were walked in this turn, and what was known then.
    pub(crate) walked: BTreeMap<Id, u32>,
    pub(crate) zones: Vec<TimeZone>,
    pub(crate) queue: VecDeque<Fact>,
    pub(crate) changed_journeys: BTreeSet<Id>,
    pub(crate) changed_prompts: BTreeSet<PromptId>,
    /// Closed prompts that this turn needs.
    pub(crate) closed: Vec<Prompt>,
    /// Messages of this person that are with a provider this moment.
    pub(crate) sending: Vec<MessageId>,
    pub(crate) heard: usize,
    /// Enrolments that pathways asked for.
    pub(crate) begun: usize,
    pub(crate) refused: Vec<(u16, i64, String)>,
    /// Where the person stood on pathways before this turn: pathway, version, names of steps with commas.
    pub(crate) stood: Vec<(String, Id, String)>,
    /// What a correction took back and what had left, until it is told.
    pub(crate) undone: Option<(Vec<Json>, Vec<Json>)>,
    /// Prompts that came to say in this turn that what led to them was corrected: nobody has read that yet.
    pub(crate) corrected_now: BTreeSet<PromptId>,
    /// Whether halts are not heeded: what would be, were there none.
    pub(crate) heedless: bool,
    /// Places on pathways with a limit.
    pub(crate) book: crate::places::Book,
    /// What is written down for versions in shadow; `None` when there are none.
    pub(crate) shadow: Option<Box<shadow::Log>>,
}

impl<'a> Turn<'a> {
    pub fn new(mut line: Line, setup: &'a Setup, now: At) -> Self {
        let record = line.record();
        // From here on folds may say more than it.
        line.known = None;
        let zones = record.zones(&setup.clinic.zone);
        let active = line.journeys.iter().filter(|w| w.row.status == JourneyStatus::Active);
        let shadow = shadow::Log::of(&line, setup, now);
        let stood = active.map(|w| (w.row.pathway.clone(), w.row.version, w.row.step.clone())).collect();
        Self {
            book: crate::places::Book::of(&line, setup),
            batch: Batch::new(line.person, line.version),
            setup,
            now,
            stale: false,
            told: line.version == 0,
            before: (line.version != 0).then(|| (Arc::clone(&record), line.forwards_to)),
            line,
            edition: 0,
            walked: BTreeMap::new(),
            record,
            zones,
            queue: VecDeque::new(),
            changed_journeys: BTreeSet::new(),
            changed_prompts: BTreeSet::new(),
            closed: Vec::new(),
            sending: Vec::new(),
            heard: 0,
            begun: 0,
            refused: Vec::new(),
            undone: None,
            corrected_now: BTreeSet::new(),
            stood,
            heedless: false,
            shadow,
        }
    }

    /// What is known now.
    pub(crate) fn record(&mut self) -> Arc<Record> {
        if std::mem::take(&mut self.stale) {
            let known = crate::known(&self.line);
            if known != *self.record {
                self.record = Arc::new(known);
                self.zones = self.record.zones(&self.setup.clinic.zone);
                self.edition += 1;
            }
        }
        Arc::clone(&self.record)
    }

    pub(crate) fn zone(&self) -> TimeZone {
        self.zones.first().cloned().unwrap_or(TimeZone::UTC)
    }

    /// Takes in what came: resources first, so that what follows from them sees the whole of them.
    pub fn receive(&mut self, given: Given) {
        self.closed = given.prompts;
        self.sending = given.sending;
        self.return_waited(given.waited);
        self.change_versions();
        self.end_holds(false);
        self.drain();
        let mut stored = given.previous;
        let mut others = Vec::new();
        for (part, seq, item) in given.items {
            // What is beyond the bound is not consumed: it waits for the next turn.
            if self.queue.len() + others.len() > FACTS_MAX / 2 {
                break;
            }
            self.batch.consumed.push((part, seq));
            if self.line.forwards_to.is_some() && !merge::is_merge_work(&item.fact.kind) {
                merge::forward(self, item);
            } else if item.fact.kind == RESOURCE_RECEIVED {
                self.take_resource(item.fact, &mut stored);
            } else {
                others.push((part, seq, item.fact));
            }
        }
        self.drain();
        for (part, seq, mut fact) in others {
            self.follow_raised(&mut fact);
            self.answers_notice(&mut fact);
            match self.admit(&fact) {
                Ok(()) => self.queue.push_back(fact),
                Err(why) => self.refused.push((part, seq, why)),
            }
            self.drain();
        }
    }

    /// A resource: kept whole, folded, and what its change means queued.
    fn take_resource(&mut self, mut fact: Fact, stored: &mut Vec<ResourceRow>) {
        let kind = fact.text("resourceType").unwrap_or_default().to_owned();
        let id = fact.text("id").unwrap_or_default().to_owned();
        let at = stored.iter().position(|r| r.source == fact.source && r.kind == kind && r.id == id);
        let before: Option<Json> = at.and_then(|i| serde_json::from_str(&stored[i].json).ok());
        let version = at.map_or(1, |i| stored[i].version + 1);
        let known = self.record();
        let derived = self.setup.topics.derive(before.as_ref(), &fact.body, &fact, &known);
        self.fold(&fact);
        let row = ResourceRow {
            source: fact.source.clone(),
            kind: kind.clone(),
            id: id.clone(),
            version,
            at: fact.recorded_at,
            json: fact.body.to_string(),
        };
        match at {
            Some(i) => stored[i] = row.clone(),
            None => stored.push(row.clone()),
        }
        self.batch.resources.retain(|r| !(r.source == row.source && r.kind == row.kind && r.id == row.id));
        self.batch.resources.push(row);
        // The timeline names the resource; the resource itself is kept once.
        fact.body = json!({"resource": format!("{kind}/{id}"), "version": version});
        self.batch.facts.push(fact);
        self.queue.extend(derived);
    }

    /// Folds a fact. What is known changes with what a fold says, and with which of them spoke last.
    pub(crate) fn fold(&mut self, fact: &Fact) {
        if self.is_of_notice(fact) || staff_call::tells(&fact.kind) {
            // A word about what the care team was sent is none with the person.
            return;
        }
        let (source, subject) = (fact.source.as_str(), fact.subject.as_str());
        let empty = || Fold { source: source.into(), subject: subject.into(), ..Fold::default() };
        let order = |held: &[Held]| {
            let mut order: Vec<usize> = (0..held.len()).collect();
            order.sort_by(|a, b| record::order(&held[*a].fold).cmp(&record::order(&held[*b].fold)));
            order
        };
        let before = order(&self.line.folds);
        let mut told = false;
        if source == OWN {
            // What is said here while lines are one is said of each: a STOP holds for both when they part.
            let lines: BTreeSet<_> = self.line.folds.iter().map(|h| h.via).chain([None]).collect();
            for via in lines {
                if !self.line.folds.iter().any(|h| h.fold.source == OWN && h.via == via) {
                    self.line.folds.push(Held { fold: empty(), via });
                }
            }
            for held in self.line.folds.iter_mut().filter(|h| h.fold.source == OWN) {
                told |= record::fold(&mut held.fold, fact);
            }
        } else {
            let at = self.line.folds.iter().position(|h| h.fold.source == source && h.fold.subject == subject);
            let at = at.unwrap_or_else(|| {
                self.line.folds.push(Held { fold: empty(), via: None });
                self.line.folds.len() - 1
            });
            told = record::fold(&mut self.line.folds[at].fold, fact);
        }
        if told || order(&self.line.folds) != before {
            (self.stale, self.told) = (true, true);
            self.unsee();
        }
    }

    pub(crate) fn prompt(&self, id: PromptId) -> Option<&Prompt> {
        self.line.prompts.iter().chain(&self.closed).find(|p| p.id == id)
    }

    /// Hears queued facts until there are none.
    pub(crate) fn drain(&mut self) {
        while let Some(fact) = self.queue.pop_front() {
            self.heard += 1;
            if self.heard > FACTS_MAX {
                self.overflow();
                return;
            }
            self.hear(fact);
        }
    }

    /// Facts that make facts without end: staff see it, and someone is asked to take over.
    pub(crate) fn overflow(&mut self) {
        self.queue.clear();
        self.ask(&outreach::Ask {
            reach: model::EffectId::of(&[b"overflow", &self.line.person.0.bytes()]),
            journey: None,
            team: self.setup.in_force.first().map(|p| p.fallback_team.clone()).unwrap_or_default(),
            code: "turn_overflow".into(),
            title: "Look after this person by hand".into(),
            reason: "So much happened at once that not all of it could be followed up by the system.".into(),
            urgent: true,
            cause: None,
        });
    }

    /// One fact: folded, kept, and told to everything that is under way.
    fn hear(&mut self, mut fact: Fact) {
        if merge::is_merge_work(&fact.kind) {
            // What was said before lines part or become one is done on the line it was said of.
            if self.line.prompts.iter().any(|p| p.desk.held.is_some()) {
                self.queue.push_front(fact);
                self.end_holds(true);
                return;
            }
            merge::hear(self, &fact);
            return;
        }
        if fact.kind == "prompt.completed" && fact.origin == Origin::Live && self.hold(&mut fact) {
            return;
        }
        if fact.kind == "prompt.completed" {
            self.end_hold_for(&fact);
        }
        self.keep_what_was_asked(&mut fact);
        let was_in_use = fact.kind == DISABLED && fact.text("value").is_some_and(|value| self.in_use(value));
        if fact.kind != RESOURCE_RECEIVED {
            self.fold(&fact);
        }
        self.batch.facts.push(fact.clone());
        self.see_fact(&fact);
        if crate::mail::is_auto(&fact) {
            return;
        }
        self.move_message(&fact);
        self.hear_of_call(&fact);
        if self.is_of_notice(&fact) {
            self.hear_notice_failed(&fact);
            return;
        }
        self.move_call(&fact);
        self.offer_to_pathways(&fact);
        if fact.origin != Origin::Live {
            return;
        }
        self.hear_request(&fact);
        self.hear_written(&fact);
        if fact.kind == staff_call::ASKED {
            self.hear_call_asked(&fact);
        }
        self.hear_place(&fact);
        self.hear_about_prompt(&fact);
        self.hear_about_open(&fact);
        self.prove(&fact);
        if fact.kind == "reply.received" {
            let facts = self.understand(&fact);
            self.queue.extend(facts);
        }
        self.stop_shared(&fact);
        self.call_back(&fact);
        if fact.kind == "message.complained" {
            let fact = self.refused_by_complaint(&fact);
            self.queue.push_back(fact);
        }
        if fact.kind == "answers.received" {
            let facts = self.take_answers(&fact);
            self.queue.extend(facts);
        }
        self.guard_number(&fact, was_in_use);
        self.with_outreach(|outreach, cx| outreach.hear(&fact, cx));
        for i in 0..self.line.journeys.len() {
            if fact.kind == "prompt.corrected" {
                let prompt = fact.text("prompt").and_then(|t| t.parse().ok()).unwrap_or_default();
                self.walk(i, &Input::Corrected { prompt, fact: &fact });
            } else {
                self.walk(i, &Input::Fact(&fact));
            }
        }
        self.tell_undone(&fact);
    }

    /// A fact of the hub's own, now.
    pub(crate) fn say(&self, kind: &str, key: &str, body: Json, because: Option<String>) -> Fact {
        let mut fact = Fact::own(kind, key, self.line.person, self.now, body);
        fact.cause = because;
        fact
    }

    /// Enrols, fires timers and escalates until nothing more happens at this point in time.
    pub fn settle(&mut self) {
        for _ in 0..ROUNDS_MAX {
            self.end_holds(false);
            self.drain();
            self.lapse();
            self.end_talks();
            self.see_begin();
            let mut busy = self.enrol();
            busy |= self.sweep();
            self.drain();
            self.bury();
            self.see_round();
            for i in 0..self.line.journeys.len() {
                self.walk(i, &Input::Tick);
            }
            self.with_outreach(|outreach, cx| outreach.tick(cx));
            self.escalate();
            self.read_unread();
            busy |= !self.queue.is_empty();
            if !busy {
                break;
            }
        }
        self.look_at_halted();
        self.tell_of_waiting();
        self.finish_completed();
        self.drain();
    }

    /// After a death every journey ends and everything pending is withdrawn, whatever any pathway says.
    fn bury(&mut self) {
        let Some(died) = self.record().deceased_at else { return };
        const WHY: &str = "person died";
        for i in 0..self.line.journeys.len() {
            let standing = self.setup.versions.get(&self.line.journeys[i].row.version).is_some_and(|p| p.standing);
            if !standing {
                self.walk(i, &Input::Withdrawn { reason: WHY });
            }
        }
        self.with_outreach(|outreach, cx| outreach.withdraw(&Which::All, WHY, cx));
        let standing: Vec<_> = self
            .line
            .journeys
            .iter()
            .filter(|w| self.setup.versions.get(&w.row.version).is_some_and(|p| p.standing))
            .map(|w| w.row.id)
            .collect();
        // What someone says from the person's number after the death still gets a person's answer.
        let rang_since = |p: &Prompt| p.name == crate::rang::CODE && p.opened_at >= died;
        self.withdraw_prompts(|p| p.journey.is_none_or(|j| !standing.contains(&j)) && !rang_since(p), WHY);
        self.take_triggers("died", |t| !t.fact.kind.starts_with("reply."));
    }

    fn escalate(&mut self) {
        for i in 0..self.line.prompts.len() {
            let prompt = &mut self.line.prompts[i];
            if let Some((from, to)) = prompts::escalate(prompt, &self.setup.teams, self.now) {
                let id = prompt.id;
                self.changed_prompts.insert(id);
                let key = format!("{id}{}", self.now);
                let said = self.say("prompt.escalated", &key, json!({"prompt": id, "from": from, "to": to}), None);
                self.queue.push_back(said);
            }
        }
    }

    /// A journey that had nothing left to do ends once nothing of it is under way any more.
    fn finish_completed(&mut self) {
        for i in 0..self.line.journeys.len() {
            let walking = &self.line.journeys[i];
            let id = walking.row.id;
            let over = walking.row.status == JourneyStatus::Active
                && walking.state.as_ref().is_some_and(|s| s.ended().is_some())
                && !self.line.outreach.pending(id, self.now);
            if over {
                let row = &mut self.line.journeys[i].row;
                row.status = JourneyStatus::Ended;
                row.ended = Some((self.now, journey::FINISHED.to_owned()));
                self.changed_journeys.insert(id.0);
                let row = &self.line.journeys[i].row;
                let body =
                    json!({"journey": id, "pathway": row.pathway, "episode": row.episode, "reason": journey::FINISHED});
                let (pathway, version) = (row.pathway.clone(), row.version);
                let said = self.say("journey.ended", &id.to_string(), body, None);
                self.queue.push_back(said);
                self.count(&pathway, version, flow::FINISHED);
            }
        }
    }

    /// Today's tasks of all checklists under way.
    pub fn tasks_today(mut self) -> Vec<journey::Task> {
        let record = self.record();
        let zone = self.zone();
        let date = self.now.date_in(&zone);
        let active = |w: &&Walking| w.row.status == JourneyStatus::Active;
        let mut tasks = Vec::new();
        for walking in self.line.journeys.iter().filter(active) {
            let Some(pathway) = self.setup.versions.get(&walking.row.version) else { continue };
            let Some(state) = &walking.state else { continue };
            let scope = JourneyScope {
                person: self.line.person,
                record: &record,
                episode: &walking.row.episode,
                fact: walking.fact.as_ref(),
                pathway,
                day_0: state.day_0,
                setup: self.setup,
                now: self.now,
                zone: &zone,
                language: record.language.as_deref().unwrap_or("en"),
                to: "",
                bound: Vec::new(),
            };
            tasks.extend(scope.tasks(date));
        }
        tasks
    }

    /// Hands an item to another line in the same commit.
    pub(crate) fn hand(&mut self, to: PersonId, fact: Fact) {
        self.batch.handoffs.push(Item::own(to, fact));
    }

    /// After a merge brought folds, journeys or prompts, everything is looked at anew.
    pub(crate) fn touch(
        &mut self,
        journeys: impl IntoIterator<Item = Id>,
        prompts: impl IntoIterator<Item = PromptId>,
    ) {
        (self.stale, self.told) = (true, true);
        self.unsee();
        self.edition += 1;
        self.changed_journeys.extend(journeys);
        self.changed_prompts.extend(prompts);
    }
}

pub(crate) fn earlier(a: Option<At>, b: Option<At>) -> Option<At> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The directory key under which a number or address is known to be nobody's to use.
pub fn disabled_key(value: &str) -> Id {
    model::inbox::key("disabled", value)
}

//! One person's line over a store of maps: each input is a turn, written and read back before the next.

use model::batch::JourneyStatus;
use model::prompt::{Prompt, PromptStatus, Team};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{Actor, At, Fact, Id, Item, JourneyRow, Origin, Passage, PersonId, PromptId};
use outreach::{Clinic, Rules};
use pathway::Pathway;
use record::Topics;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use throughline_turn::{Given, Halt, Line, Setup, decide};

/// Monday 2026-11-23, midnight, UTC: everybody's zone.
pub const MONDAY: At = At(1_795_392_000_000);

/// A day and an hour after that Monday's midnight.
pub fn at(day: i64, hour: i64, minute: i64) -> At {
    MONDAY.plus_ms((day * 24 + hour) * HOUR_MS + minute * MINUTE_MS)
}

/// Nurses and surgeons keep hours; the charge nurse does not.
pub fn teams() -> Vec<Team> {
    let team = |name: &str, hours: Vec<(u8, u16, u16)>| Team {
        name: name.into(),
        title: name.into(),
        site: String::new(),
        zone: "UTC".into(),
        hours,
        phone: String::new(),
        notify: Vec::new(),
    };
    let weekdays = |from: u16, to: u16| (0..5).map(|day| (day, from * 60, to * 60)).collect();
    vec![team("nurses", weekdays(9, 17)), team("surgeons", weekdays(8, 20)), team("charge", Vec::new())]
}

/// A pathway of these parts, read by the reader.
pub fn pathway(text: &str) -> Arc<Pathway> {
    let names: Vec<String> = teams().into_iter().map(|t| t.name).collect();
    match pathway::read("test.yaml", text, &pathway::CodeSets::default(), &names) {
        Ok((pathway, _)) => Arc::new(pathway),
        Err(findings) => {
            let told: String = findings.iter().map(|f| pathway::render_finding(f, text)).collect();
            panic!("{told}")
        }
    }
}

/// A pathway that enrols at a discharge, with these sections.
pub fn at_discharge(name: &str, sections: &str) -> Arc<Pathway> {
    pathway(&format!(
        "pathway: {name}\nlanguage: 1\ntitle: {name}\nowner: surgery\nfallback_team: charge\nspeaks: [en]\n\
         enrol:\n  on: encounter.discharged\n  once_per: encounter\n\
         leave:\n  - on: encounter.readmitted\n  - after: 14 days\n{sections}"
    ))
}

pub struct World {
    pub setup: Setup,
    pub person: PersonId,
    pub now: At,
    state: Option<Vec<u8>>,
    version: i64,
    journeys: BTreeMap<Id, JourneyRow>,
    pub prompts: BTreeMap<PromptId, Prompt>,
    pub facts: Vec<Fact>,
    pub passages: Vec<Passage>,
    pub places: Vec<model::PlaceMove>,
    /// What shadows told.
    pub would: Vec<model::Would>,
    pub messages: usize,
    pub sent: Vec<model::message::Message>,
    pub wake: Option<At>,
    /// What was handed to other lines.
    pub handed: Vec<Fact>,
    /// What services were asked, and what became of that.
    pub calls: Vec<model::ServiceCall>,
    pub calls_moved: Vec<model::service::CallMove>,
    /// The line that this one was merged into.
    pub forwards: Option<PersonId>,
    said: u32,
}

impl World {
    pub fn new(pathways: &[Arc<Pathway>], now: At) -> Self {
        Self::of(pathways, now, 1)
    }

    /// The same for the person of that number.
    pub fn of(pathways: &[Arc<Pathway>], now: At, person: u32) -> Self {
        let clinic = Clinic { zone: "UTC".into(), ..Clinic::default() };
        Self {
            setup: Setup::new(clinic, teams(), pathways, Rules::shipped(), Topics::shipped()),
            person: PersonId(Id::of(&[&person.to_be_bytes()])),
            now,
            state: None,
            version: 0,
            journeys: BTreeMap::new(),
            prompts: BTreeMap::new(),
            facts: Vec::new(),
            passages: Vec::new(),
            places: Vec::new(),
            would: Vec::new(),
            messages: 0,
            sent: Vec::new(),
            wake: None,
            handed: Vec::new(),
            calls: Vec::new(),
            calls_moved: Vec::new(),
            forwards: None,
            said: 0,
        }
    }

    fn turn(&mut self, facts: Vec<Fact>) -> Vec<String> {
        let rows = self.journeys.values().map(|row| {
            let mut row = row.clone();
            if row.status == JourneyStatus::Ended {
                row.blob.clear();
            }
            row
        });
        let mut rows: Vec<JourneyRow> = rows.collect();
        rows.sort_by_key(|j| (j.started_at, j.id));
        let mut open: Vec<Prompt> = self.prompts.values().filter(|p| p.status.is_open()).cloned().collect();
        open.sort_by_key(|p| (p.opened_at, p.id));
        let named = |p: &&Prompt| facts.iter().any(|f| f.text("prompt") == Some(p.id.to_string().as_str()));
        let closed = self.prompts.values().filter(|p| !p.status.is_open()).filter(named).cloned().collect();
        let line = Line::decode(self.person, self.version, self.state.as_deref(), rows, open, self.forwards).unwrap();
        let items = facts.into_iter().zip(1..).map(|(f, n)| (0, n, Item::own(self.person, f))).collect();
        let given = Given { items, prompts: closed, now: self.now, ..Given::default() };
        let decided = decide(line, given, &self.setup);
        let batch = decided.batch;
        self.version += 1;
        self.state = batch.state.or(self.state.take());
        self.journeys.retain(|id, _| !batch.journeys_gone.iter().any(|gone| gone.0 == *id));
        self.handed.extend(batch.handoffs.into_iter().map(|item| item.fact));
        self.forwards = batch.face.map_or(self.forwards, |face| face.forwards_to);
        self.journeys.extend(batch.journeys.into_iter().map(|row| (row.id.0, row)));
        self.prompts.extend(batch.prompts.into_iter().map(|p| (p.id, p)));
        self.facts.extend(batch.facts);
        self.passages.extend(batch.passages);
        self.places.extend(batch.places);
        self.would.extend(batch.shadow);
        self.messages += batch.messages.len();
        self.sent.extend(batch.messages);
        self.calls.extend(batch.calls);
        self.calls_moved.extend(batch.calls_moved);
        self.wake = batch.wake_at;
        decided.refused.into_iter().map(|(_, _, why)| why).collect()
    }

    /// What waits for the person's answers.
    pub fn asking(&self) -> Vec<journey::Asking> {
        let rows = self.journeys.values().cloned().collect();
        let line = Line::decode(self.person, self.version, self.state.as_deref(), rows, Vec::new(), None).unwrap();
        throughline_turn::asking(&line, &self.setup, self.now).into_iter().map(|(_, asking)| asking).collect()
    }

    pub fn takes(&mut self, fact: Fact) -> Result<(), String> {
        match self.turn(vec![fact]).pop() {
            Some(why) => Err(why),
            None => Ok(()),
        }
    }

    /// All in one turn.
    pub fn take_all(&mut self, facts: Vec<Fact>) -> Vec<String> {
        self.turn(facts)
    }

    pub fn fact(&mut self, kind: &str, body: Json) -> Fact {
        self.said += 1;
        Fact::own(kind, &self.said.to_string(), self.person, self.now, body)
    }

    /// A fact of the hospital about an encounter.
    pub fn hears(&mut self, kind: &str, encounter: &str, body: Json) {
        let mut fact = self.fact(kind, body);
        fact.source = "hospital".into();
        fact.subject = "mrn|1".into();
        fact.episode = Some(encounter.into());
        self.takes(fact).unwrap();
    }

    pub fn is_discharged(&mut self) {
        let body = json!({"id": "Encounter/1", "class": "AMB", "discharged_at": self.now});
        self.hears("encounter.discharged", "Encounter/1", body);
    }

    /// The same as history tells it.
    pub fn was_discharged(&mut self) {
        let mut fact = self.fact("encounter.discharged", json!({"id": "Encounter/1", "discharged_at": self.now}));
        fact.episode = Some("Encounter/1".into());
        fact.origin = Origin::History;
        self.takes(fact).unwrap();
    }

    /// The line's state as stored.
    pub fn state(&self) -> &[u8] {
        self.state.as_deref().unwrap_or_default()
    }

    /// What a nurse says or does.
    pub fn nurse(&mut self, kind: &str, body: Json) -> Result<(), String> {
        let fact = self.fact(kind, body).by(Actor::Staff("nora".into()));
        self.takes(fact)
    }

    /// How a prompt ended, said by a nurse.
    pub fn ends(&mut self, prompt: &Prompt, mut body: Json) -> Result<(), String> {
        body["prompt"] = json!(prompt.id);
        self.nurse("prompt.completed", body)
    }

    /// Time goes on, from wake to wake.
    pub fn until(&mut self, at: At) {
        for _ in 0..10_000 {
            let Some(wake) = self.wake.filter(|w| *w <= at) else { break };
            self.now = wake.max(self.now.plus_ms(1));
            self.turn(Vec::new());
        }
        self.now = at;
        self.turn(Vec::new());
    }

    pub fn open(&self, name: &str) -> Vec<Prompt> {
        self.prompts.values().filter(|p| p.name == name && p.status.is_open()).cloned().collect()
    }

    pub fn one(&self, name: &str) -> Prompt {
        let open = self.open(name);
        assert_eq!(open.len(), 1, "one open prompt {name} of {:?}", self.prompts.values());
        open[0].clone()
    }

    pub fn withdrawn(&self, name: &str) -> Option<String> {
        let found = self.prompts.values().find(|p| p.name == name && p.status == PromptStatus::Withdrawn);
        found.and_then(|p| p.withdrawn_because.clone())
    }

    pub fn told(&self, kind: &str) -> Vec<&Fact> {
        self.facts.iter().filter(|f| f.kind == kind).collect()
    }

    /// Escalations as `Monday-based day hour:minute from > to`.
    pub fn escalated(&self) -> Vec<String> {
        let stamp = |at: At| {
            let minutes = (at.0 - MONDAY.0) / MINUTE_MS;
            format!("{} {:02}:{:02}", minutes / 1440, minutes / 60 % 24, minutes % 60)
        };
        let said =
            |f: &&Fact| format!("{} {} > {}", stamp(f.occurred_at), f.text("from").unwrap(), f.text("to").unwrap());
        self.told("prompt.escalated").iter().map(said).collect()
    }

    /// A version of every pathway of that name stands still from the next turn on.
    pub fn halt(&mut self, pathway: &str) {
        let (why, by) = ("a mistake in it".into(), "nora".into());
        let halt = Halt { number: 1, pathway: pathway.into(), version: None, why, by };
        self.setup.changes.halts.push(halt);
        self.until(self.now);
    }

    /// It goes on.
    pub fn resume(&mut self) {
        self.setup.changes.halts.clear();
        self.until(self.now);
    }

    /// Its journeys could not go on, as the store has it.
    pub fn fail(&mut self, pathway: &str) {
        for row in self.journeys.values_mut().filter(|j| j.pathway == pathway) {
            row.status = JourneyStatus::Failed;
            row.ended = Some((self.now, "lost its way".into()));
        }
    }

    pub fn under_way(&self, pathway: &str) -> usize {
        self.journeys.values().filter(|j| j.pathway == pathway && j.status == JourneyStatus::Active).count()
    }

    /// The pathway of a journey.
    pub fn journey(&self, id: model::JourneyId) -> String {
        self.journeys[&id.0].pathway.clone()
    }

    pub fn begun(&self, pathway: &str) -> usize {
        self.journeys.values().filter(|j| j.pathway == pathway).count()
    }
}

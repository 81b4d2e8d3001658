//! One person of a simulation: their line, decided by [`turn::decide_in_memory`] as in production, and the world
//! that answers. Wherever chance decides, the walk stops and asks ([`Next::Draw`]), so that whoever draws the
//! same walks on together.

use super::population::Population;
use super::stay::{Profile, Stay, VISIT_DAYS};
use super::tally::{Key, Tally};
use model::batch::JourneyStatus;
use model::message::{Content, Message, Status};
use model::prompt::{Lapse, Prompt, PromptStatus};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{At, Batch, Id, Item, MessageId, PersonId, PromptId, ResourceRow};
use pathway::Pathway;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use turn::{Given, Line, Setup};

/// Rounds at one point in time until nothing is left to do; more is something that feeds itself.
const ROUNDS_MAX: usize = 1_000;
/// Things of the world that may wait for one person.
const EVENTS_MAX: usize = 10_000;

/// What everybody has in common.
pub struct Env<'e> {
    /// Pathways, rules, teams.
    pub setup: &'e Setup,
    /// Rates.
    pub population: &'e Population,
    /// The first Monday, at midnight in `zone`.
    pub start: At,
    /// The clinic's zone.
    pub zone: jiff::tz::TimeZone,
    /// Days after each discharge.
    pub days: u32,
    /// Which answers matter yet, by version.
    pub reads: BTreeMap<Id, journey::Reads>,
}

/// What the world does later.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The pharmacy has the medicine, if that is what is drawn.
    MayBeReady(&'static str),
    /// They pick it up, if that is what is drawn.
    MayPickUp(&'static str),
    /// They pick it up.
    PicksUp,
    /// Somebody of the team looks at a prompt.
    Looks(PromptId),
    /// They write these words.
    Writes(&'static str),
    /// They answer a question, if it is still asked.
    Answers(Id, super::answers::How),
    /// The time of the visit.
    Visit,
    /// An outcome of the draw `day`.
    Happens(&'static str),
}

/// What chance decides now.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// Whether this is when the pharmacy has it ready.
    Pharmacy(&'static str),
    /// Whether the pharmacy tells anything.
    Tells,
    /// Whether this is when they pick it up by themselves.
    PickUp(&'static str),
    /// What a message about a medicine that waits does.
    AfterMessage,
    /// What a nurse's talk does.
    AfterNurse,
    /// Whether they say that they have it.
    HasIt,
    /// Whose number it is.
    Number,
    /// What becomes of a call.
    Call(Box<Message>),
    /// What they write to the first text.
    FirstText,
    /// Whether they answer DONE.
    TaskText,
    /// What somebody finds who looks at a prompt.
    Outcome(PromptId),
    /// What a service says that was asked.
    Service(Box<model::ServiceCall>),
    /// Whether a text that asks is answered.
    ByText(Id),
    /// Whether a message that leads to the page is followed.
    OnPage(Id),
    /// What is pressed on a call that asks; `None`: whether anything is.
    ByKeys(Box<Message>, Option<String>),
    /// What is answered to the question that is open.
    Answers(super::answers::Answering),
    /// What happens on this day.
    Day,
    /// Whether they come.
    Visit,
}

/// Where a walk stops.
pub enum Next {
    /// Chance decides: the name to draw under, and the draw.
    Draw(String, &'static str),
    /// A local midnight.
    Midnight,
    /// Their days are over.
    Over,
}

/// What is remembered of the person beside the line.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub contacted: bool,
    pub reminded: bool,
    pub picked_up: bool,
    /// Whether they will pick it up, as soon as that makes a difference.
    pub will_pick_up: Option<bool>,
    /// Whether the pharmacy tells what it does, as soon as that makes a difference.
    pub pharmacy_tells: Option<bool>,
    pub said_has_it: bool,
    pub stranger: Option<bool>,
    pub wrote_first: bool,
    pub answers_done: Option<bool>,
    /// In hospital again, or dead: nothing more happens by chance.
    pub gone: bool,
    pub talked: bool,
    /// The time of the visit is over, whoever came.
    pub visited: bool,
}

/// A person and their world.
#[derive(Clone)]
pub struct World<'e> {
    pub(super) env: &'e Env<'e>,
    pub(super) stay: Stay,
    pub(super) now: At,
    pub(super) line: Line,
    pub(super) wake_at: Option<At>,
    pub(super) events: BTreeMap<(At, u32), Event>,
    pub(super) seen: Seen,
    pub(super) asks: VecDeque<Ask>,
    /// Looks that were planned: the team that was asked and when somebody looks.
    pub(super) looks: BTreeMap<PromptId, (String, At)>,
    resources: Vec<ResourceRow>,
    outbox: Vec<Message>,
    ringing: Vec<MessageId>,
    midnight: At,
    until: At,
    event_serial: u32,
    inbox_serial: i64,
    turns: u64,
}

impl<'e> World<'e> {
    /// Somebody of this profile, just before they go home.
    pub fn new(env: &'e Env<'e>, profile: &Profile, number: &str, zone: &str) -> Self {
        let day = env.start.plus_days_in(i32::from(profile.weekday), &env.zone);
        let discharged_at = day.plus_ms(i64::from(profile.hour) * HOUR_MS);
        let stay = Stay {
            profile: profile.clone(),
            number: number.to_owned(),
            zone: zone.to_owned(),
            discharged_at,
            visit_at: discharged_at.plus_days_in(VISIT_DAYS, &env.zone),
        };
        let person = model::inbox::person_of(stay.key());
        let until = discharged_at.plus_days_in(i32::try_from(env.days).unwrap_or(i32::MAX), &env.zone);
        Self {
            env,
            now: discharged_at,
            line: Line::new(person),
            wake_at: None,
            events: BTreeMap::new(),
            seen: Seen::default(),
            asks: VecDeque::new(),
            looks: BTreeMap::new(),
            resources: Vec::new(),
            outbox: Vec::new(),
            ringing: Vec::new(),
            midnight: day.plus_days_in(1, &env.zone),
            until,
            event_serial: 0,
            inbox_serial: 0,
            turns: 0,
            stay,
        }
    }

    /// They go home.
    pub fn begin(&mut self, tally: &mut Tally, many: u64) -> Result<(), String> {
        let visit_at = self.stay.visit_at;
        self.plan(visit_at, Event::Visit);
        self.plan_medicine();
        let items = self.stay.discharge();
        tally.add(Key::Count("people"), many);
        self.hear(items, tally, many)
    }

    /// Turns that were decided since this was asked last.
    pub fn take_turns(&mut self) -> u64 {
        std::mem::take(&mut self.turns)
    }

    /// Goes on until chance decides, a midnight, or the end.
    pub fn advance(&mut self, tally: &mut Tally, many: u64) -> Result<Next, String> {
        loop {
            while let Some(ask) = self.asks.front() {
                match self.draw_for(ask) {
                    Some((detail, draw)) => {
                        let since = if drawn_once(draw) { self.now } else { self.stay.discharged_at };
                        let minutes = (self.now.0 - since.0) / MINUTE_MS;
                        return Ok(Next::Draw(format!("{draw} {minutes} {detail}"), draw));
                    }
                    // Nothing is left to chance: the only outcome there is.
                    None => self.take("", tally, many)?,
                }
            }
            let event = self.events.first_key_value().map(|((at, _), _)| *at);
            let next = [self.wake_at, event].into_iter().flatten().min().unwrap_or(At(i64::MAX));
            if self.midnight <= next && self.midnight < self.until {
                self.now = self.midnight;
                self.midnight = self.midnight.plus_days_in(1, &self.env.zone);
                if !self.seen.gone {
                    self.asks.push_back(Ask::Day);
                }
                return Ok(Next::Midnight);
            }
            if next >= self.until {
                self.now = self.until;
                self.count_at_end(tally, many);
                return Ok(Next::Over);
            }
            self.now = next.max(self.now);
            if self.wake_at.is_some_and(|due| due <= self.now) {
                self.hear(Vec::new(), tally, many)?;
            } else if let Some((_, event)) = self.events.pop_first() {
                self.happen(event, tally, many)?;
            }
        }
    }

    pub(super) fn plan(&mut self, at: At, event: Event) {
        if self.events.len() < EVENTS_MAX {
            self.event_serial += 1;
            self.events.insert((at, self.event_serial), event);
        }
    }

    /// What comes in now, and all that follows from it at this point in time.
    pub(super) fn hear(&mut self, items: Vec<Item>, tally: &mut Tally, many: u64) -> Result<(), String> {
        self.turn(items, tally, many);
        for _ in 0..ROUNDS_MAX {
            let items = self.carry(tally, many);
            if items.is_empty() && self.wake_at.is_none_or(|due| due > self.now) {
                return Ok(());
            }
            self.turn(items, tally, many);
        }
        Err(format!("a person is not settled after {ROUNDS_MAX} rounds at {}", self.now))
    }

    /// What waits in the outbox leaves. Receipts come with the acceptance; a call rings until chance decides.
    fn carry(&mut self, tally: &mut Tally, many: u64) -> Vec<Item> {
        let mut items = Vec::new();
        for message in std::mem::take(&mut self.outbox) {
            let voice = matches!(message.content, Content::Voice { .. });
            self.count_message(&message, "sent", tally, many);
            if let Content::Sms { text } = &message.content {
                let key = message_key(&message, "segments");
                tally.add(key, many * super::segments::segments(text));
            }
            if voice {
                self.ringing.push(message.id);
                self.asks.push_back(Ask::Call(Box::new(message)));
                continue;
            }
            let landline = message.channel == model::Channel::Sms && !self.stay.profile.has_mobile();
            let status = if landline { Status::Failed } else { Status::Delivered };
            self.count_message(&message, status.name(), tally, many);
            items.extend(super::receipts::carried(&message, landline.then_some("landline"), self.now));
            if !landline {
                self.reads(&message);
            }
        }
        items
    }

    pub(super) fn count_message(&self, message: &Message, what: &'static str, tally: &mut Tally, many: u64) {
        tally.add(message_key(message, what), many);
    }

    pub(super) fn stop_ringing(&mut self, id: MessageId) {
        self.ringing.retain(|m| *m != id);
    }

    fn turn(&mut self, items: Vec<Item>, tally: &mut Tally, many: u64) {
        self.turns += 1;
        let line = std::mem::take(&mut self.line);
        let known = |item: &Item| {
            let text = |key: &str| item.fact.text(key).unwrap_or_default();
            let of =
                |r: &&ResourceRow| r.source == item.fact.source && r.kind == text("resourceType") && r.id == text("id");
            self.resources.iter().find(of).cloned()
        };
        let told = items.iter().filter(|item| item.fact.kind == model::fact::RESOURCE_RECEIVED);
        let given = Given {
            previous: told.filter_map(known).collect(),
            prompts: Vec::new(),
            sending: self.ringing.clone(),
            waited: Vec::new(),
            now: self.now,
            items: items
                .into_iter()
                .map(|item| {
                    self.inbox_serial += 1;
                    (line.person.part(), self.inbox_serial, item)
                })
                .collect(),
        };
        let (decided, line) = turn::decide_in_memory(line, given, self.env.setup);
        self.line = line;
        tally.add(Key::Count("refused"), many * decided.refused.len() as u64);
        self.commit(decided.batch, tally, many);
    }

    fn commit(&mut self, batch: Batch, tally: &mut Tally, many: u64) {
        self.wake_at = batch.wake_at;
        for row in batch.resources {
            match self.resources.iter_mut().find(|r| r.source == row.source && r.kind == row.kind && r.id == row.id) {
                Some(known) => *known = row,
                None => self.resources.push(row),
            }
        }
        for fact in &batch.facts {
            super::watch::fact(fact, tally, many);
        }
        let capped = batch.traces.iter().filter(|t| t.code.split(':').any(|word| word == "cap")).count();
        if capped > 0 {
            tally.add(Key::Count("held by a cap"), many * capped as u64);
        }
        for id in batch.withdraw {
            if let Some(place) = self.outbox.iter().position(|m| m.id == id) {
                let message = self.outbox.remove(place);
                self.count_message(&message, "taken_back", tally, many);
            }
        }
        self.outbox.extend(batch.messages);
        self.asks.extend(batch.calls.into_iter().map(|call| Ask::Service(Box::new(call))));
        for prompt in batch.prompts {
            self.watch_prompt(&prompt, tally, many);
        }
    }

    /// Somebody will look at a prompt that is open; one that is closed is counted.
    fn watch_prompt(&mut self, prompt: &Prompt, tally: &mut Tally, many: u64) {
        let counted = |team: &str, what| Key::Prompt { team: team.to_owned(), name: prompt.name.clone(), what };
        if !prompt.status.is_open() {
            if let Some((team, _)) = self.looks.remove(&prompt.id) {
                let what = if prompt.status == PromptStatus::Withdrawn { "taken_back" } else { "done" };
                tally.add(counted(&team, what), many);
                if what == "done" && prompt.due_at < self.now {
                    tally.add(counted(&team, "late"), many);
                }
            }
            return;
        }
        let before = self.looks.get(&prompt.id);
        if before.is_some_and(|(team, _)| *team == prompt.team) {
            return;
        }
        let what = if before.is_some() { "escalated_to" } else { "opened" };
        tally.add(counted(&prompt.team, what), many);
        let setup = self.env.setup;
        let team = setup.teams.iter().find(|t| t.name == prompt.team);
        let capacity = self.env.population.capacity(&prompt.team);
        let minutes = if prompt.urgent { capacity.looks_after_urgent } else { capacity.looks_after };
        let from = prompt.not_before.map_or(self.now, |at| at.max(self.now));
        let ms = i64::try_from(minutes).unwrap_or(i64::MAX / MINUTE_MS) * MINUTE_MS;
        let at = turn::hours::after(from, Lapse { ms, team_hours: true }, team);
        let (hour, due) = (self.hour(from), self.hour(prompt.due_at));
        let key = Key::Arrival { team: prompt.team.clone(), hour, due, urgent: prompt.urgent };
        tally.add(key, many);
        self.looks.insert(prompt.id, (prompt.team.clone(), at));
        self.plan(at, Event::Looks(prompt.id));
    }

    /// Hours since the first midnight, on the wall clock of a zone without changes.
    fn hour(&self, at: At) -> i32 {
        i32::try_from((at.0 - self.env.start.0).div_euclid(HOUR_MS)).unwrap_or(i32::MAX)
    }

    fn count_at_end(&self, tally: &mut Tally, many: u64) {
        let mut count = |name: &'static str, is: bool| {
            if is {
                tally.add(Key::Count(name), many);
            }
        };
        let active = |w: &turn::Walking| w.row.status == JourneyStatus::Active && !self.is_standing(w.row.version);
        let seen = &self.seen;
        count("without contact", !seen.contacted);
        count("medicine picked up", seen.picked_up);
        count("talked with the team", seen.talked);
        count("enrolled", self.line.journeys.iter().any(|w| !self.is_standing(w.row.version)));
        let under_way = self.line.journeys.iter().filter(|w| active(w)).count() as u64;
        for row in self.line.journeys.iter().map(|w| &w.row).filter(|r| self.env.setup.is_limited(&r.pathway)) {
            let until = row.ended.as_ref().map(|(at, _)| self.hour(*at));
            tally.add(Key::Stay { pathway: row.pathway.clone(), from: self.hour(row.started_at), until }, many);
        }
        tally.add(Key::Count("journeys under way"), many * under_way);
        tally.add(Key::Count("prompts left open"), many * self.line.prompts.len() as u64);
        let red = |p: &&Prompt| p.urgent && p.status == PromptStatus::Open;
        tally.add(Key::Count("urgent prompts left open"), many * self.line.prompts.iter().filter(red).count() as u64);
    }

    pub(super) fn is_standing(&self, version: Id) -> bool {
        self.env.setup.versions.get(&version).is_some_and(|p| p.standing)
    }

    /// Whose line it is.
    pub(super) fn person(&self) -> PersonId {
        self.line.person
    }

    /// Whether answering DONE to these words ticks a task.
    pub(super) fn is_task(&self, words: &str) -> bool {
        let of = |p: &std::sync::Arc<Pathway>| p.words(words).is_some_and(|w| w.done_ticks_task);
        self.env.setup.in_force.iter().any(of)
    }
}

/// Whether a person draws this once, and it is asked for only where it makes a difference.
fn drawn_once(draw: &str) -> bool {
    matches!(draw, "pharmacy" | "pick_up")
}

/// Key of what happened to a message.
pub(super) fn message_key(message: &Message, what: &'static str) -> Key {
    Key::Message { channel: message.channel, purpose: message.purpose, words: message.words.clone(), what }
}

/// A fact of the person's own, as staff said it.
pub(super) fn said_by_staff(world: &World<'_>, kind: &str, key: &str, body: serde_json::Value) -> Item {
    let fact = model::Fact::own(kind, key, world.person(), world.now, body);
    Item::own(world.person(), fact.by(model::Actor::Staff("simulation".into())))
}

/// The completion of a prompt.
pub(super) fn completed(world: &World<'_>, prompt: &Prompt, outcome: &str, answers: serde_json::Value) -> Item {
    let note = if prompt.urgent { "looked after in the simulation" } else { "" };
    let body = json!({"prompt": prompt.id, "name": prompt.name, "outcome": outcome, "answers": answers, "note": note});
    said_by_staff(world, "prompt.completed", &prompt.id.to_string(), body)
}

//! A random walk: one person, random facts, and a team that acts when it is on duty, through [`turn::decide`] on a
//! virtual clock. What the check promised is asserted after every turn.

use crate::seed::Seed;
use jiff::tz::TimeZone;
use model::batch::JourneyStatus;
use model::fact::RESOURCE_RECEIVED;
use model::message::{Content, Message};
use model::prompt::{Outcome, Prompt, PromptStatus, Team};
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{
    Actor, At, Channel, Fact, FactId, Item, JourneyRow, MessageId, PersonId, PromptId, ResourceRow, ServiceCall,
};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use testkit::fhir::{self, Person};
use turn::{Given, Line, Setup, decide};

/// Turns of one walk; more is a runaway.
const TURNS_MAX: usize = 4_000;
/// Days that are walked.
const DAYS: i64 = 17;
/// Within so long a red flag must be seen.
pub const WITHIN_MS: i64 = 30 * MINUTE_MS;
/// The name of the medicine: it may stand on no voicemail and in no subject.
const MEDICINE: fhir::Medicine =
    fhir::Medicine { code: "309114", name: "zyxolin 500 MG Oral Capsule", as_needed: false };
const PHONE: &str = "+15550142";

/// What a walk saw.
#[derive(Default, Debug)]
pub struct Seen {
    pub messages: usize,
    pub prompts: usize,
    pub flags: usize,
    pub deaths: usize,
    pub stops: usize,
    pub turns: usize,
    /// Answers that are a danger by themselves.
    pub dangers: usize,
    /// Calls to a service.
    pub calls: usize,
    /// Flags right behind one.
    pub behind: usize,
}

pub struct Walk<'a> {
    setup: &'a Setup,
    seed: Seed,
    zone: TimeZone,
    person: PersonId,
    version: i64,
    state: Option<Vec<u8>>,
    journeys: BTreeMap<String, JourneyRow>,
    prompts: BTreeMap<PromptId, Prompt>,
    resources: Vec<ResourceRow>,
    /// What is to come: facts by time.
    ahead: BTreeMap<(At, u64), Fact>,
    wake: Option<At>,
    numbered: u64,
    /// Everything that left, in order.
    sent: Vec<Message>,
    /// Flags: when they were opened, or wanted again after a try, and when somebody took them on.
    flags: BTreeMap<PromptId, (At, Option<At>)>,
    looked_at: BTreeSet<(PromptId, String, At)>,
    /// When a step asked a service last, by the step's own name.
    asked: BTreeMap<String, At>,
    dead: Option<At>,
    stopped: Option<At>,
    seen: Seen,
}

impl<'a> Walk<'a> {
    /// Walks to the end.
    pub fn run(setup: &'a Setup, seed: u64) -> Seen {
        let zone = model::time::zone("America/New_York").expect("bundled");
        let mut this = Self {
            setup,
            seed: Seed(seed),
            zone,
            person: PersonId::of(&[b"walker"]),
            version: 0,
            state: None,
            journeys: BTreeMap::new(),
            prompts: BTreeMap::new(),
            resources: Vec::new(),
            ahead: BTreeMap::new(),
            wake: None,
            numbered: 0,
            sent: Vec::new(),
            flags: BTreeMap::new(),
            looked_at: BTreeSet::new(),
            asked: BTreeMap::new(),
            dead: None,
            stopped: None,
            seen: Seen::default(),
        };
        let start = this.world();
        let end = start.plus_ms(DAYS * DAY_MS);
        while let Some(now) = this.next().filter(|now| *now <= end) {
            this.seen.turns += 1;
            assert!(this.seen.turns < TURNS_MAX, "a runaway: {} messages", this.sent.len());
            this.turn(now);
        }
        this.over();
        this.seen
    }

    fn next(&self) -> Option<At> {
        let first = self.ahead.keys().next().map(|(at, _)| *at);
        match (first, self.wake) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn put(&mut self, at: At, fact: Fact) {
        self.numbered += 1;
        self.ahead.insert((at, self.numbered), fact);
    }

    fn own(&mut self, kind: &str, at: At, body: Json) -> Fact {
        self.numbered += 1;
        Fact::own(kind, &format!("{}", self.numbered), self.person, at, body)
    }

    fn resource(&mut self, at: At, body: Json) {
        self.numbered += 1;
        let fact = Fact {
            id: FactId::of(&[b"resource", &self.numbered.to_le_bytes()]),
            source: "hospital".into(),
            subject: format!("{}|1001", fhir::MRN),
            ..Fact::own(RESOURCE_RECEIVED, "r", self.person, at, body)
        };
        self.put(at, fact);
    }

    /// The discharge that enrols, and what will happen to the person.
    fn world(&mut self) -> At {
        // Any minute of some weeks around the change of the clock in November.
        let start = At("2026-10-20T00:00:00Z".parse::<jiff::Timestamp>().expect("a time").as_millisecond());
        let start = start.plus_ms(i64::try_from(self.seed.below(28 * 24 * 60)).expect("minutes") * MINUTE_MS);
        let minute = |n: i64| start.plus_ms(n * MINUTE_MS);
        let phone = self.seed.chance(90).then(|| PHONE.to_owned());
        let email = self.seed.chance(70).then(|| "walker@example.org".to_owned());
        let who = Person {
            mrn: "1001".into(),
            given: "Wanda".into(),
            family: "Walker".into(),
            gender: "female".into(),
            birth_date: (*self.seed.pick(&["1950-01-01", "1984-05-05", "2001-03-03"])).into(),
            language: "en".into(),
            zone: Some("America/New_York".into()),
            phone,
            email,
            home: ("NY".into(), "10001".into()),
            extensions: Vec::new(),
        };
        self.resource(start, who.patient());
        let admitted = start.plus_ms(-DAY_MS);
        self.resource(start, fhir::stay(&who, "e1", admitted, None));
        for n in 0..self.seed.below(3) {
            self.resource(minute(1), fhir::prescription(&who, &format!("m{n}"), "e1", MEDICINE, minute(1)));
        }
        self.resource(minute(2), fhir::stay(&who, "e1", admitted, Some(minute(2))));
        for _ in 0..self.seed.below(12) {
            let at =
                start.plus_ms(3 * MINUTE_MS + i64::try_from(self.seed.below(14 * 24 * 60)).unwrap_or(0) * MINUTE_MS);
            self.happens(at);
        }
        start
    }

    fn happens(&mut self, at: At) {
        let rx = format!("MedicationRequest/m{}", self.seed.below(2));
        let reply = |text: &str| json!({"channel": "sms", "from": PHONE, "text": text});
        let fact = match self.seed.below(20) {
            0 => {
                self.dead = Some(self.dead.map_or(at, |d| d.min(at)));
                self.own("person.died", at, json!({"at": at}))
            }
            1 | 2 => {
                self.stopped = Some(self.stopped.map_or(at, |s| s.min(at)));
                self.own("reply.received", at, reply("STOP"))
            }
            3..=5 => self.own("medication.ready", at, json!({"id": rx})),
            6..=8 => self.own("medication.picked_up", at, json!({"id": rx})),
            9 => self.own("medication.stopped", at, json!({"id": rx})),
            10..=12 => self.own("reply.received", at, reply("what does this mean")),
            13 => self.own("encounter.readmitted", at, json!({"id": "Encounter/e2", "of": "Encounter/e1"})),
            14 => self.own("preference.changed", at, json!({"language": "en"})),
            _ => self.own("appointment.booked", at, json!({"id": "Appointment/a1", "start": at.plus_ms(3 * DAY_MS)})),
        };
        let fact = if fact.kind.starts_with("encounter.") || fact.kind.starts_with("medication.") {
            Fact { episode: Some("Encounter/e1".into()), ..fact }
        } else {
            fact
        };
        self.put(at, fact);
    }

    fn turn(&mut self, now: At) {
        let mut items = Vec::new();
        while let Some((&(at, n), _)) = self.ahead.first_key_value().filter(|((at, _), _)| *at <= now) {
            let fact = self.ahead.remove(&(at, n)).expect("it is there");
            if fact.kind == "look" {
                self.look(&fact, now, &mut items);
            } else {
                items.push((self.person.part(), i64::try_from(n).unwrap_or(0), Item::own(self.person, fact)));
            }
        }
        let rows: Vec<JourneyRow> = self.journeys.values().cloned().collect();
        let open: Vec<Prompt> = self.prompts.values().filter(|p| p.status.is_open()).cloned().collect();
        let line = Line::decode(self.person, self.version, self.state.as_deref(), rows, open, None).expect("a line");
        let given = Given { items, previous: self.resources.clone(), now, ..Given::default() };
        let batch = decide(line, given, self.setup).batch;
        self.version += 1;
        self.state = batch.state.or(self.state.take());
        self.wake = batch.wake_at;
        assert!(self.wake.is_none_or(|at| at > now), "woken at {now} for {:?}", self.wake);
        for row in batch.resources {
            self.resources.retain(|r| (&r.kind, &r.id) != (&row.kind, &row.id));
            self.resources.push(row);
        }
        for row in batch.journeys {
            assert_ne!(row.status, JourneyStatus::Failed, "{:?}", row.ended);
            self.journeys.insert(row.id.to_string(), row);
        }
        let withdrawn: BTreeSet<MessageId> = batch.withdraw.into_iter().collect();
        for message in batch.messages.into_iter().filter(|m| !withdrawn.contains(&m.id)) {
            self.leaves(message, now);
        }
        for call in batch.calls {
            self.asks_a_service(&call, now);
        }
        for prompt in batch.prompts {
            self.prompts.insert(prompt.id, prompt);
        }
        for fact in batch.facts.iter().filter(|f| f.kind == "answer.given" && f.flag("late") != Some(true)) {
            self.danger(fact, now);
        }
        self.watch(now);
    }

    /// A service is asked: it answers in time or late, with what was asked for or not, it fails, or is never heard of.
    fn asks_a_service(&mut self, call: &ServiceCall, now: At) {
        self.seen.calls += 1;
        let body: Json = serde_json::from_str(&call.body).expect("JSON");
        let step = body["step"].as_str().unwrap_or_default();
        assert!(call.until > now && body["asked"] == json!({}), "{body}");
        self.asked.insert(step.rsplit('/').next().unwrap_or_default().to_owned(), now);
        let at = now.plus_ms(i64::try_from(self.seed.below(60)).unwrap_or(0) * MINUTE_MS / 2 + 1_000);
        let mut says = json!({"call": call.id, "journey": call.journey, "service": call.service});
        let kind = match self.seed.below(6) {
            0 => return,
            1 => {
                says["because"] = json!("http_500");
                turn::SERVICE_FAILED
            }
            n => {
                says["answers"] = match n {
                    2 => json!({"points": 99}),
                    _ => json!({"high": self.seed.chance(50), "points": self.seed.below(11)}),
                };
                turn::SERVICE_ANSWERED
            }
        };
        let fact = self.own(kind, at, says);
        self.put(at, fact);
    }

    /// What is a danger by itself opens its red flag in the turn that hears it, whatever else was to be asked.
    fn danger(&mut self, fact: &Fact, now: At) {
        let value = &fact.body["value"];
        let dangerous = match fact.text("field") {
            Some("bleeds") => value == &json!(true),
            Some("pain") => value.as_f64().is_some_and(|n| n >= 8.0),
            _ => false,
        };
        let journey = fact.text("journey").unwrap_or_default();
        let goes_on = self.journeys.get(journey).is_some_and(|row| row.status == JourneyStatus::Active);
        if !dangerous || !goes_on {
            return;
        }
        self.seen.dangers += 1;
        let open = self.prompts.values().any(|p| p.name == "alarm" && p.opened_at == now);
        assert!(open, "the danger of {} waits: {}", fact.text("field").unwrap_or_default(), fact.body);
    }

    /// A message leaves: everything that was promised of messages.
    fn leaves(&mut self, message: Message, now: At) {
        self.seen.messages += 1;
        let rings = |c: Channel| matches!(c, Channel::Sms | Channel::Voice | Channel::Voicemail);
        assert!(self.dead.is_none_or(|at| at > now), "after the death: {message:?}");
        assert!(
            !rings(message.channel) || self.stopped.is_none_or(|at| at > now),
            "after a STOP: {} by {}",
            message.words,
            message.channel.name()
        );
        let open = |text: &str| assert!(!text.contains("zyxolin"), "health is open: {text}");
        match &message.content {
            Content::Sms { text }
            | Content::Voicemail { text, .. }
            | Content::Push { text, .. }
            | Content::Chat { text } => open(text),
            Content::Email { subject, .. } => open(subject),
            Content::Voice { call } => open(call.voicemail.as_deref().unwrap_or_default()),
            Content::Portal { .. } => {}
        }
        if !message.urgent && message.channel != Channel::Portal {
            let day = now.date_in(&self.zone);
            let week = day.checked_sub(jiff::Span::new().days(6)).expect("a date");
            let group = rings(message.channel);
            let same = self.sent.iter().filter(|m| m.channel != Channel::Portal && rings(m.channel) == group);
            let dates: Vec<_> = same.map(|m| m.created_at.date_in(&self.zone)).collect();
            let (places, of_week) = self.setup.rules.places(message.channel, message.purpose).expect("a cap");
            let today = dates.iter().filter(|d| **d == day).count();
            let seven = dates.iter().filter(|d| **d >= week).count();
            assert!(today < places && seven < of_week, "{today} of {places} today, {seven} of {of_week} this week");
            let hour = now.time_in(&self.zone).hour();
            // A further question is the direct answer to what was written, whenever that was.
            let answers = message.words.contains('.');
            assert!(!group || answers || (8..21).contains(&hour), "rung at {now}");
        }
        // Whoever is asked answers, sooner or later.
        if message.words.split('.').next() == Some("how") && self.seed.chance(80) {
            let text = *self.seed.pick(&["yes", "no", "no", "9", "3", "not sure"]);
            let at = now.plus_ms(i64::try_from(2 + self.seed.below(300)).unwrap_or(2) * MINUTE_MS);
            let reply = self.own("reply.received", at, json!({"channel": "sms", "from": PHONE, "text": text}));
            self.put(at, reply.by(Actor::Patient));
        }
        let id = message.id;
        let at = now.plus_ms(MINUTE_MS);
        let (kind, body) = match self.seed.below(4) {
            0 => ("message.failed", json!({"message": id, "provider": "p", "error": "gone", "retryable": false})),
            1 => ("message.accepted", json!({"message": id, "provider": "p", "provider_id": "1"})),
            _ => ("message.delivered", json!({"message": id, "provider": "p"})),
        };
        let fact = self.own(kind, at, body);
        self.put(at, fact);
        self.sent.push(message);
    }

    /// Since when a flag was wanted: one right behind a call, since the service was asked.
    fn wanted(&self, prompt: &Prompt, opened: At) -> At {
        let asked = prompt.name.strip_prefix("behind_").and_then(|name| self.asked.get(name)).copied();
        // A try after the first, or after somebody said when to call back, waits for no service.
        let mut before = self.flags.keys().filter_map(|id| self.prompts.get(id));
        let mut again = |since: At| before.any(|p| p.name == prompt.name && p.opened_at >= since);
        asked.filter(|since| !again(*since)).unwrap_or(opened)
    }

    /// Somebody on duty looks at each prompt that is open, when they are there.
    fn watch(&mut self, now: At) {
        let open: Vec<(PromptId, String, bool, At)> = self
            .prompts
            .values()
            .filter(|p| p.status == PromptStatus::Open)
            .map(|p| (p.id, p.team.clone(), p.urgent, p.not_before.unwrap_or(p.opened_at)))
            .collect();
        for (id, team, urgent, opened) in open {
            if urgent && !self.flags.contains_key(&id) {
                self.seen.flags += 1;
                let wanted = self.wanted(&self.prompts[&id], opened);
                self.seen.behind += usize::from(wanted < opened);
                self.flags.insert(id, (wanted, None));
            }
            let since = self.prompts[&id].desk.escalated_at.unwrap_or(opened);
            if !self.looked_at.insert((id, team.clone(), since)) {
                continue;
            }
            self.seen.prompts += 1;
            let Some(team) = self.setup.teams.iter().find(|t| t.name == team) else { continue };
            let there = comes(team, now);
            // Who is on duty takes what is urgent on at once, and anything else when there is time, or never.
            let wait = if urgent { 1 } else { i64::try_from(20 + self.seed.below(2_000)).unwrap_or(20) };
            let at = there.plus_ms(wait * MINUTE_MS);
            let fact = self.own("look", at, json!({"prompt": id, "team": team.name}));
            self.put(at, fact);
        }
    }

    /// Whoever looks takes it on, if it is still theirs and they are there; soon after it has an outcome.
    fn look(&mut self, look: &Fact, now: At, items: &mut Vec<(u16, i64, Item)>) {
        let id: PromptId = look.text("prompt").and_then(|t| t.parse().ok()).expect("a prompt");
        let Some(prompt) = self.prompts.get(&id).filter(|p| p.status.is_open()).cloned() else { return };
        let team = self.setup.teams.iter().find(|t| t.name == prompt.team);
        let mine = look.text("team") == Some(&prompt.team);
        if !mine || !team.is_some_and(|t| turn::hours::at_work(now, t)) {
            return;
        }
        if prompt.status == PromptStatus::Open {
            if let Some((_, seen @ None)) = self.flags.get_mut(&id) {
                *seen = Some(now);
            }
            let fact = self.own("prompt.acknowledged", now, json!({"prompt": id})).by(Actor::Staff("nora".into()));
            items.push((self.person.part(), 0, Item::own(self.person, fact)));
        }
        let done = now.plus_ms(10 * MINUTE_MS);
        let outcome = *self.seed.pick(&Outcome::ALL);
        let mut body = json!({"prompt": id, "name": prompt.name, "outcome": outcome.name(), "note": "said"});
        if prompt.form.is_some() && self.seed.chance(60) {
            body["answers"] = json!({"bleeding": self.seed.chance(40)});
        }
        if outcome != Outcome::WrongNumber {
            let fact = self.own("prompt.completed", done, body).by(Actor::Staff("nora".into()));
            self.put(done, fact);
        }
    }

    /// What must be so at the end.
    fn over(&mut self) {
        self.seen.deaths = usize::from(self.dead.is_some());
        self.seen.stops = usize::from(self.stopped.is_some());
        for row in self.journeys.values() {
            assert_ne!(
                row.status,
                JourneyStatus::Active,
                "{} is under way after its last day: {}",
                row.pathway,
                row.step
            );
        }
        for (id, (opened, seen)) in &self.flags {
            let prompt = &self.prompts[id];
            let closed = prompt.desk.closed_at.filter(|_| !prompt.status.is_open());
            let until = seen.or(closed.filter(|at| at.0 - opened.0 <= WITHIN_MS));
            assert!(
                until.is_some_and(|at| at.0 - opened.0 <= WITHIN_MS),
                "{} was opened {opened} and seen {seen:?} ({:?}, {})",
                prompt.name,
                prompt.status,
                prompt.team
            );
        }
    }
}

/// The first minute from `now` on at which the team is there, and stays a little.
fn comes(team: &Team, now: At) -> At {
    const DAYS_MAX: i64 = 14;
    let stays = |at: At| turn::hours::at_work(at, team) && turn::hours::at_work(at.plus_ms(4 * MINUTE_MS), team);
    if team.hours.is_empty() || stays(now) {
        return now;
    }
    (1..DAYS_MAX * DAY_MS / MINUTE_MS)
        .step_by(5)
        .map(|n| now.plus_ms(n * MINUTE_MS))
        .find(|at| stays(*at))
        .unwrap_or(now.plus_ms(DAYS_MAX * 24 * HOUR_MS))
}

//! A world made by hand, pathways made by hand, and a runner that writes the state and reads it back
//! between any two inputs.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use journey::{Advance, Context, Effect, Error, Input, Mark, State, advance, begin};
use model::prompt::{Answer, Field, Form, Lapse};
use model::value::Kind;
use model::{At, Channel, EffectId, Fact, Id, JourneyId, PersonId, PromptId, Purpose, Value};
use pathway::ast::{
    Checklist, ChecklistItem, Enrol, FactPattern, Goto, Late, Leave, OncePer, PromptStep, Step, StepIx, Verb, When,
};
use pathway::expr::Compare;
use pathway::{Expr, Pathway, Scope};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use throughline_journey as journey;

/// What is known: `encounter.site`, or an item's id and field: `rx1.ready`.
#[derive(Clone, Default)]
pub struct World {
    pub fields: BTreeMap<String, Value>,
    pub items: BTreeMap<String, Vec<String>>,
    pub marks: Vec<Mark>,
    bound: Vec<(String, String)>,
}

impl World {
    fn key(&self, path: &[String]) -> String {
        let head = path.first().cloned().unwrap_or_default();
        let root = self.bound.iter().rev().find(|(var, _)| *var == head).map_or(head, |(_, id)| id.clone());
        std::iter::once(root).chain(path.iter().skip(1).cloned()).collect::<Vec<_>>().join(".")
    }
    pub fn set(&mut self, key: &str, value: Value) {
        self.fields.insert(key.into(), value);
    }
    pub fn mark(&mut self, task: &str, mark: &str) {
        self.marks.push(Mark { task: task.into(), mark: mark.into(), ..Mark::default() });
    }
}

impl Scope for World {
    fn get(&self, path: &[String]) -> Value {
        self.fields.get(&self.key(path)).cloned().unwrap_or_default()
    }
    fn items(&self, path: &[String]) -> Vec<String> {
        self.items.get(&self.key(path)).cloned().unwrap_or_default()
    }
    fn bind(&self, var: &str, _: Kind, id: &str) -> Box<dyn Scope + '_> {
        let mut inner = self.clone();
        inner.bound.push((var.into(), id.into()));
        Box::new(inner)
    }
}

pub fn path(text: &str) -> Vec<String> {
    text.split('.').map(String::from).collect()
}
pub fn is(field: &str) -> Expr {
    Expr::Field(path(field))
}
pub fn at_least(field: &str, n: f64) -> Expr {
    let (field, n) = (Box::new(is(field)), Box::new(Expr::Literal(Value::Number(n))));
    Expr::Compare(Compare::AtLeast, field, n)
}
pub fn pattern(kind: &str, of: Option<&str>, already: Option<&str>) -> FactPattern {
    FactPattern { kind: kind.into(), of: of.map(String::from), already: already.map(is) }
}
pub fn clock(hour: u16, minute: u16) -> u16 {
    hour * 60 + minute
}
pub fn zone(name: &str) -> TimeZone {
    model::time::zone(name).expect("bundled")
}
/// `2026-11-24T09:00` on the clocks of `zone`.
pub fn local(zone: &TimeZone, text: &str) -> At {
    let (date, time) = text.split_once('T').expect("date and time");
    At::of_local(date.parse::<Date>().expect("date"), time.parse::<Time>().expect("time"), zone)
}

pub fn reach(words: &str) -> Verb {
    reach_until(words, None)
}
pub fn reach_until(words: &str, until: Option<FactPattern>) -> Verb {
    Verb::Reach {
        words: words.into(),
        purpose: Purpose::Care,
        by: vec![(Channel::Sms, 0)],
        valid_ms: 4 * model::time::HOUR_MS,
        urgent: false,
        until,
        success: None,
        got: Goto::Next,
        not: Goto::Next,
    }
}
pub fn wait(until: When, late: Late) -> Verb {
    Verb::Wait { until, late }
}
pub fn wait_for(fact: FactPattern, deadline: When, found: Goto, missed: Goto) -> Verb {
    Verb::WaitFor { fact, deadline, found, missed }
}
pub fn prompt(name: &str, form: Option<&str>, until: Option<FactPattern>) -> Verb {
    let hours = |h| Lapse { ms: h * model::time::HOUR_MS, team_hours: true };
    Verb::Prompt(Box::new(PromptStep {
        name: name.into(),
        to: "nurses".into(),
        title: format!("{name} {{{{ person.name }}}}"),
        reason: "It matters.".into(),
        offer: vec!["call".into()],
        form: form.map(String::from),
        urgent: false,
        due: hours(8),
        overdue: Vec::new(),
        attempts_max: 3,
        again_after: hours(2),
        until,
        person_within_ms: None,
        concern: false,
    }))
}
pub fn each(over: &str, var: &str, kind: Kind, again_on: Option<&str>, body: StepIx) -> Verb {
    Verb::Each { over: path(over), kind, var: var.into(), again_on: again_on.map(String::from), body }
}

/// Steps by name with what each does and the step after it, and where tracks begin.
pub fn pathway(tracks: &[&str], steps: Vec<(&str, Verb, Option<&str>)>) -> Pathway {
    let names: Vec<String> = steps.iter().map(|(name, _, _)| (*name).to_owned()).collect();
    let ix = |name: &str| {
        let place = names.iter().position(|n| n == name).unwrap_or_else(|| panic!("no step {name}"));
        StepIx::try_from(place).expect("few")
    };
    Pathway {
        name: "test".into(),
        title: "Test".into(),
        owner: "owner".into(),
        fallback_team: "charge".into(),
        speaks: vec!["en".into()],
        standing: false,
        enrol: Enrol {
            on: "encounter.discharged".into(),
            when: None,
            once_per: OncePer::Encounter,
            item: None,
            day_0: None,
            fresh_for_ms: 0,
            every: None,
            by_hand: false,
            by_import: false,
            again_after_days: None,
            hold_out: 0,
            places: None,
        },
        leave: Vec::new(),
        tracks: tracks.iter().map(|t| ((*t).to_owned(), Some(ix(t)))).collect(),
        subs: Vec::new(),
        steps: steps
            .into_iter()
            .map(|(name, verb, next)| Step {
                name: name.to_owned(),
                track: String::new(),
                next: next.map(ix),
                skip_when: None,
                place: pathway::ast::Place::default(),
                verb,
            })
            .collect(),
        words: Vec::new(),
        forms: vec![check_form()],
        checklists: vec![checklist()],
        patients: Default::default(),
        goals: Vec::new(),
        services: Vec::new(),
        questions: Vec::new(),
        publishing: Default::default(),
        places: Default::default(),
        discloses: Default::default(),
        beside: Vec::new(),
        version: Id(7),
        source: String::new(),
    }
}

/// The index of a step that is `n` steps into the list given to [`pathway`].
pub fn to(n: StepIx) -> Goto {
    Goto::Step(n)
}

fn check_form() -> Form {
    let field = |name: &str, answer| Field { name: name.into(), label: name.into(), answer };
    let fields = vec![
        field("pain", Answer::Number { min: 0.0, max: 10.0 }),
        field("bleeding", Answer::Bool),
        field("questions", Answer::Text),
    ];
    Form { name: "check_form".into(), title: "Check".into(), fields }
}

fn checklist() -> Checklist {
    let item = |name: &str, days, times: &[u16], when: Option<Expr>| ChecklistItem {
        name: name.into(),
        days,
        times: times.to_vec(),
        when,
        texts: vec![("en".into(), format!("Do {name}")), ("es".into(), format!("Haga {name}"))],
        hints: Vec::new(),
    };
    let items = vec![
        item("dressing", (1, 14), &[clock(10, 0), clock(18, 0)], None),
        item("walk", (2, 14), &[], None),
        item("drops", (1, 3), &[clock(12, 0)], Some(is("record.has_drops"))),
    ];
    Checklist { name: "list".into(), owner: "owner".into(), items }
}

pub fn fact(kind: &str, body: Json) -> Fact {
    let text = body.to_string();
    Fact::own(kind, &text, PersonId::of(&[b"david"]), At(0), body)
}

/// Runs one journey.
pub struct Runner {
    pub pathway: Pathway,
    pub world: World,
    pub zone: TimeZone,
    pub now: At,
    pub reminders: bool,
    /// Days on which nobody works.
    pub holidays: Vec<Date>,
    pub person: PersonId,
    pub journey: JourneyId,
    pub state: State,
    /// What was wanted, one line each.
    pub log: Vec<String>,
    /// Codes of the trace.
    pub codes: Vec<String>,
    /// Prompts as they were asked: name and id.
    pub asked: Vec<(String, PromptId)>,
    pub effects: Vec<EffectId>,
    /// Steps that were passed.
    pub moves: Vec<journey::Move>,
    /// Whether the state is written and read between inputs.
    pub blobs: bool,
}

impl Runner {
    pub fn new(pathway: Pathway, zone: TimeZone, day_0: &str) -> Self {
        let now = local(&zone, day_0);
        let state = begin(&pathway, now, "Encounter/1");
        let mut world = World::default();
        world.set("person.name", Value::Text("David".into()));
        Self {
            pathway,
            world,
            zone,
            now,
            reminders: true,
            holidays: Vec::new(),
            person: PersonId::of(&[b"david"]),
            journey: JourneyId::of(&[b"journey"]),
            state,
            log: Vec::new(),
            codes: Vec::new(),
            asked: Vec::new(),
            effects: Vec::new(),
            moves: Vec::new(),
            blobs: true,
        }
    }

    pub fn enrol(mut self) -> Self {
        self.give(&Input::Enrolled).expect("enrolled");
        self
    }

    fn advance(&self, input: &Input<'_>) -> Result<Advance, Error> {
        let cx = Context {
            now: self.now,
            zone: &self.zone,
            person: self.person,
            journey: self.journey,
            scope: &self.world,
            task_reminders: self.reminders,
            marks: &self.world.marks,
            holidays: &self.holidays,
            asked: false,
        };
        advance(&self.pathway, self.state.clone(), input, &cx)
    }

    /// One input. Checks what always holds: the state survives being written, a timer that is left
    /// is in the future, the same moment once more changes nothing.
    pub fn give(&mut self, input: &Input<'_>) -> Result<(), Error> {
        let done = self.advance(input)?;
        self.state = done.state;
        if self.blobs {
            let bytes = self.state.encode();
            let read = State::decode(&bytes).expect("its own bytes");
            assert_eq!(read, self.state);
            self.state = read;
        }
        assert!(self.state.next_due().is_none_or(|due| due > self.now), "a timer that is due was left");
        if self.state.ended().is_none() {
            let again = self.advance(&Input::Tick)?;
            assert_eq!((again.effects, &again.state), (vec![], &self.state), "the same moment once more");
        }
        self.moves.extend(done.moves);
        for note in done.trace {
            assert!(note.code.len() + note.detail.len() <= 200, "{note:?}");
            self.codes.push(note.code);
        }
        for effect in &done.effects {
            self.record(effect);
        }
        Ok(())
    }

    fn record(&mut self, effect: &Effect) {
        let about = |u: &Option<journey::Until>| match u {
            Some(u) => format!(" until {}({})", u.kind, u.about.as_deref().unwrap_or("")),
            None => String::new(),
        };
        let line = match effect {
            Effect::Reach(r) => {
                assert!(!self.effects.contains(&r.id), "an effect id twice");
                self.effects.push(r.id);
                let bound: Vec<_> = r.bindings.iter().map(|(var, _, id)| format!(" {var}={id}")).collect();
                format!("reach {}{}{}", r.words, bound.concat(), about(&r.until))
            }
            Effect::Prompt(p) => {
                let id = journey::prompt_id(p.id, p.serial);
                assert!(self.asked.iter().all(|(_, asked)| *asked != id), "a prompt id twice");
                self.asked.push((p.name.clone(), id));
                let not_before = p.not_before.map(|at| format!(" not before {}", self.clock(at))).unwrap_or_default();
                format!("prompt {} to {} try {}{not_before}{}", p.title, p.to, p.attempt, about(&p.until))
            }
            Effect::Call { service, asked, .. } => format!("call {service} {}", asked.len()),
            Effect::Withdraw { effects, reason } => format!("withdraw {} {reason}", effects.len()),
            Effect::Undo { cause } => format!("undo {}", &cause[..4]),
            Effect::Note { text, .. } => format!("note {text}"),
            Effect::Goal { goal, reached, .. } => {
                format!("goal {goal} {}", if *reached { "reached" } else { "missed" })
            }
            Effect::Enrol { pathway, .. } => format!("enrol in {pathway}"),
            Effect::Leave { pathway, reason } => format!("leave {pathway}: {reason}"),
            Effect::Asked { question, answers, all, .. } => format!("asked {question} {} {all}", answers.len()),
            Effect::End { reason } => format!("end {reason}"),
            Effect::Finished => "finished".into(),
        };
        let line = format!("{} {line}", self.clock(self.now));
        self.log.push(line);
    }

    pub fn clock(&self, at: At) -> String {
        self.zone.to_datetime(at.timestamp()).strftime("%m-%d %H:%M").to_string()
    }

    /// Ticks at each timer up to `until`, and then is there.
    pub fn run_to(&mut self, until: &str) {
        self.run_until(local(&self.zone.clone(), until));
    }

    pub fn run_until(&mut self, until: At) {
        for _ in 0..10_000 {
            let Some(due) = self.state.next_due().filter(|due| *due <= until) else { break };
            self.now = due;
            self.give(&Input::Tick).expect("tick");
        }
        assert!(self.state.next_due().is_none_or(|due| due > until), "timers go round and round");
        self.now = until;
    }

    pub fn tick(&mut self) {
        self.give(&Input::Tick).expect("tick");
    }

    pub fn say(&mut self, kind: &str, body: Json) {
        self.give(&Input::Fact(&fact(kind, body))).expect("fact");
    }

    pub fn about(&mut self, kind: &str, id: &str) {
        self.say(kind, json!({ "id": id }));
    }

    /// The latest prompt is completed.
    pub fn outcome(&mut self, outcome: &str, answers: Json) {
        let prompt = self.asked.last().expect("asked").1;
        self.say("prompt.completed", json!({"prompt": prompt, "outcome": outcome, "answers": answers}));
    }

    pub fn correct(&mut self, prompt: PromptId, outcome: &str, answers: Json) {
        let fact = fact("prompt.completed", json!({"prompt": prompt, "outcome": outcome, "answers": answers, "n": 2}));
        self.give(&Input::Corrected { prompt, fact: &fact }).expect("corrected");
    }

    /// What was wanted since it was asked last.
    pub fn took(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }
}

pub fn leave_after(days: u16) -> Vec<Leave> {
    vec![Leave::On(pattern("encounter.readmitted", None, None)), Leave::AfterDays(days)]
}

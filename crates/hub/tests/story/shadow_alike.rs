//! A batch is the same with shadows and without: random facts and times over all shipped pathways, each of which has
//! a changed version in shadow. The same items are decided twice, on a line with shadows and on one without, at the
//! very same times; whatever is written but the tail of the line's state and the rows of shadows must not differ.

use crate::harness::{NORTHSIDE, read_settings, state_version};
use model::batch::JourneyStatus;
use model::prompt::Prompt;
use model::shadow::Side;
use model::{Actor, At, Batch, Fact, Id, Item, JourneyRow, MessageId, Origin, PersonId, PromptId, ResourceRow, Would};
use pathway::Pathway;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use testkit::story::{DAY_0, Story};
use turn::{Given, Line, Setup, Shadow};

const RUNS: u64 = 20;
const STEPS: u64 = 60;

/// Numbers by chance, the same for a seed.
struct Chance(u64, u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.1 += 1;
        let drawn = Id::of(&[&self.0.to_be_bytes(), &self.1.to_be_bytes()]);
        (u128::from_be_bytes(drawn.bytes()) % u128::from(n)) as u64
    }
    fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        if of.is_empty() { None } else { of.get(self.below(of.len() as u64) as usize) }
    }
}

/// A line over a store of maps.
struct Kept {
    setup: Arc<Setup>,
    state: Option<Vec<u8>>,
    journeys: BTreeMap<Id, JourneyRow>,
    prompts: BTreeMap<PromptId, Prompt>,
    resources: Vec<ResourceRow>,
    version: i64,
    wake: Option<At>,
}

impl Kept {
    fn new(setup: Setup) -> Self {
        let (state, journeys, prompts) = (None, BTreeMap::new(), BTreeMap::new());
        Self { setup: Arc::new(setup), state, journeys, prompts, resources: Vec::new(), version: 0, wake: None }
    }

    fn turn(&mut self, person: PersonId, items: &[Item], now: At) -> (Batch, Vec<(u16, i64, String)>) {
        let over = |mut row: JourneyRow| {
            if row.status == JourneyStatus::Ended {
                row.blob.clear();
            }
            row
        };
        let mut rows: Vec<JourneyRow> = self.journeys.values().cloned().map(over).collect();
        rows.sort_by_key(|j| (j.started_at, j.id));
        let mut open: Vec<Prompt> = self.prompts.values().filter(|p| p.status.is_open()).cloned().collect();
        open.sort_by_key(|p| (p.opened_at, p.id));
        let named = |p: &&Prompt| items.iter().any(|i| i.fact.text("prompt") == Some(p.id.to_string().as_str()));
        let prompts = self.prompts.values().filter(|p| !p.status.is_open()).filter(named).cloned().collect();
        let line = Line::decode(person, self.version, self.state.as_deref(), rows, open, None).unwrap();
        let items = (1..).zip(items).map(|(n, item)| (0, n, item.clone())).collect();
        let given = Given { items, previous: self.resources.clone(), prompts, now, ..Given::default() };
        let decided = turn::decide(line, given, &self.setup);
        let batch = decided.batch;
        self.version += 1;
        self.state = batch.state.clone().or(self.state.take());
        self.journeys.extend(batch.journeys.iter().map(|row| (row.id.0, row.clone())));
        self.prompts.extend(batch.prompts.iter().map(|p| (p.id, p.clone())));
        for row in &batch.resources {
            self.resources.retain(|r| !(r.source == row.source && r.kind == row.kind && r.id == row.id));
            self.resources.push(row.clone());
        }
        self.wake = batch.wake_at;
        (batch, decided.refused)
    }

    /// The state without what shadows keep.
    fn bare(&self, person: PersonId) -> Vec<u8> {
        let mut line = Line::decode(person, 1, self.state.as_deref(), Vec::new(), Vec::new(), None).unwrap();
        line.shadows.clear();
        line.encode()
    }
}

/// Another version of a pathway: later, by fewer channels, with one wait more or less where that is said.
fn another(pathway: &Pathway, teams: &[String]) -> Arc<Pathway> {
    let mut text = pathway.source.clone();
    for (from, to) in [
        ("- wait: day 1 at 09:00", "- wait: day 2 at 09:00"),
        ("by: [voice 30 minutes, sms 4 hours", "by: [sms 4 hours"),
        ("deadline: day 3 at 10:00", "deadline: day 2 at 10:00"),
        ("attempts: 3", "attempts: 2"),
    ] {
        text = text.replace(from, to);
    }
    text.push_str("\n# Another version.\n");
    let codes = pathway::shipped::SHIPPED_CODES.iter();
    let mut texts: Vec<_> = codes.map(|(path, text)| (format!("codes/{path}"), (*text).to_owned())).collect();
    texts.push(("new.yaml".into(), text));
    let library = pathway::read_dir_texts(&texts, teams);
    let new = library.pathways.into_iter().next().unwrap_or_else(|| panic!("{:?}", library.findings));
    assert_ne!(new.version, pathway.version);
    Arc::new(new)
}

struct Run {
    chance: Chance,
    now: At,
    story: Story,
    person: PersonId,
    said: u64,
    messages: Vec<MessageId>,
}

impl Run {
    fn read(&self, json: &Json, origin: Origin) -> Vec<Item> {
        let source = wire::Source { origin, ..wire::Source::trusted("hospital", NORTHSIDE, self.now) };
        let read = wire::fhir(json.to_string().as_bytes(), &source).unwrap();
        read.entries.into_iter().flat_map(|e| e.result.unwrap()).collect()
    }

    fn own(&mut self, kind: &str, body: Json, actor: Actor) -> Vec<Item> {
        self.said += 1;
        vec![Item::own(self.person, Fact::own(kind, &self.said.to_string(), self.person, self.now, body).by(actor))]
    }

    /// What happens next, by chance.
    fn next(&mut self, line: &Kept) -> Vec<Item> {
        let staff = Actor::Staff("nora".into());
        match self.chance.below(25) {
            0 | 1 => self.read(&self.story.discharge(), Origin::Live),
            2 => self.read(&self.story.discharge(), Origin::History),
            3 | 4 => self.read(&self.story.dispense_ready(self.now), Origin::Live),
            5 => self.read(&self.story.dispense_picked_up(self.now), Origin::Live),
            6 => self.read(&self.story.appointment_moved(self.now.plus_ms(5 * 86_400_000)), Origin::Live),
            7 if self.chance.below(4) == 0 => self.read(&self.story.readmission(self.now), Origin::Live),
            8 if self.chance.below(12) == 0 => self.read(&self.story.death(self.now), Origin::Live),
            9..=13 => {
                let open: Vec<&Prompt> = line.prompts.values().filter(|p| p.status.is_open()).collect();
                let Some(prompt) = self.chance.one(&open) else { return Vec::new() };
                let outcome =
                    *self.chance.one(&["done", "done", "no_answer", "voicemail", "declined", "call_back"]).unwrap();
                let mut answers = json!({});
                for field in prompt.form.iter().flat_map(|f| &f.fields).filter(|_| outcome == "done") {
                    use model::prompt::Answer;
                    answers[&field.name] = match &field.answer {
                        Answer::Number { .. } => json!(self.chance.below(11)),
                        Answer::Choice { options } => json!(options.first().map(|(value, _)| value.clone())),
                        Answer::Text => json!("words"),
                        _ => json!(self.chance.below(3) == 0),
                    };
                }
                let body = json!({"prompt": prompt.id, "outcome": outcome, "answers": answers, "note": "seen to it"});
                self.own("prompt.completed", body, staff)
            }
            14 => {
                let done: Vec<&Prompt> = line.prompts.values().filter(|p| p.outcome.is_some()).collect();
                let Some(prompt) = self.chance.one(&done) else { return Vec::new() };
                let body = json!({"prompt": prompt.id, "outcome": "no_answer", "note": "it was another person"});
                self.own("prompt.corrected", body, staff)
            }
            15..=17 => {
                let Some(message) = self.chance.one(&self.messages).copied() else { return Vec::new() };
                let kind =
                    *self.chance.one(&["message.delivered", "message.failed", "message.read", "call.ended"]).unwrap();
                let body = json!({"message": message, "answered": self.chance.below(2) == 0, "provider": "handset"});
                self.own(kind, body, Actor::System)
            }
            18..=20 => {
                let words = ["YES", "STOP", "START", "DONE", "it is bleeding a lot", "4", "C", "no", "who is this?"];
                let text = *self.chance.one(&words).unwrap();
                self.own(
                    "reply.received",
                    json!({"text": text, "from": "+12125550119", "channel": "sms"}),
                    Actor::Patient,
                )
            }
            21 => {
                let names: Vec<String> = line.setup.in_force.iter().map(|p| p.name.clone()).collect();
                let name = self.chance.one(&names).cloned().unwrap();
                self.own("enrolment.requested", json!({"pathway": name, "reason": "they asked for it"}), staff)
            }
            22 => self.own("code.requested", json!({"code": "123456", "to": "+12125550119"}), Actor::Patient),
            _ => Vec::new(),
        }
    }

    /// Time goes on, to what is due next or by some hours.
    fn goes_on(&mut self, line: &Kept) {
        let hours = self.chance.below(20) as i64;
        let due = line.wake.filter(|_| hours > 3).map(|at| at.max(self.now.plus_ms(1)));
        self.now = due.unwrap_or(self.now.plus_ms(hours * 3_600_000 + 60_000));
    }
}

#[test]
fn a_batch_is_the_same_with_shadows_and_without() {
    let mut settings = read_settings();
    let names: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    settings.pathways = pathway::shipped::all(&names).pathways.into_iter().map(Arc::new).collect();
    let plain = settings.setup();
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let mut shadowed = settings.setup();
    for (number, pathway) in (1..).zip(&settings.pathways) {
        let new = another(pathway, &teams);
        shadowed.keep_version(&new);
        shadowed.changes.shadows.push(Shadow {
            number,
            pathway: pathway.name.clone(),
            version: new.version,
            since: At(0),
            until: DAY_0.plus_ms(25 * 86_400_000),
            why: "to see".into(),
            by: "lena".into(),
        });
    }
    let mut rows: Vec<Would> = Vec::new();
    let mut tails = 0;
    for seed in 0..RUNS {
        let story = Story::david();
        let person = PersonId(Id::of(&[b"alike", &seed.to_be_bytes()]));
        let mut run =
            Run { chance: Chance(seed, 0), now: DAY_0.plus_ms(60_000), story, person, said: 0, messages: vec![] };
        let (mut with, mut without) = (Kept::new(shadowed.clone()), Kept::new(plain.clone()));
        for step in 0..STEPS {
            let mut items = run.next(&with);
            if run.chance.below(4) == 0 {
                items.extend(run.next(&with));
            }
            let (mut batch, refused) = with.turn(person, &items, run.now);
            let (mut expected, refused_without) = without.turn(person, &items, run.now);
            assert_eq!(refused, refused_without, "seed {seed} step {step}");
            assert!(with.bare(person) == without.bare(person), "seed {seed} step {step}: the state beside the tail");
            let tail = with.state.as_ref().is_some_and(|s| state_version(s) == 5);
            tails += usize::from(tail);
            assert_eq!(expected.shadow, []);
            assert!(batch.wake_at == expected.wake_at || batch.wake_at < expected.wake_at.or(Some(At(i64::MAX))));
            rows.append(&mut batch.shadow);
            (batch.state, batch.wake_at, expected.state, expected.wake_at) = (None, None, None, None);
            assert_eq!(batch, expected, "seed {seed} step {step}");
            run.messages.extend(batch.messages.iter().map(|m| m.id));
            run.goes_on(&with);
        }
        // Its time is over: nothing of it is left.
        run.now = DAY_0.plus_ms(40 * 86_400_000);
        with.turn(person, &[], run.now);
        without.turn(person, &[], run.now);
        assert!(with.state == without.state, "seed {seed}: the same to the byte");
    }
    // It is no proof unless the shadows walked.
    let walked: BTreeSet<i64> = rows.iter().filter(|r| r.side == Side::Shadow).map(|r| r.shadow).collect();
    let real: BTreeSet<i64> = rows.iter().filter(|r| r.side == Side::Force).map(|r| r.shadow).collect();
    assert!(walked.len() >= 7 && real == walked, "{walked:?} {real:?}");
    assert!(rows.len() > 1_000 && tails > 500, "{} rows, {tails} states with a tail", rows.len());
}

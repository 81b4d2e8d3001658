//! The same scenarios in the laboratory and through the hub on a clock that is set by hand: they give the same list
//! of messages, prompts and ends.

use crate::harness::{On, World, read_settings, same};
use channels::handset::Policy;
use lab::Calls;
use lab::test::act::Stage;
use lab::test::line::lines;
use lab::test::{Act, Scenario, Suite, play};
use model::{Actor, At, Fact};
use serde_json::json;
use std::sync::Arc;

/// The hub as a stage of scenarios.
struct Hub<'s> {
    world: World,
    scenario: &'s Scenario,
}

impl Hub<'_> {
    fn person(&mut self) -> model::PersonId {
        self.world.person(&self.scenario.person.mrn)
    }

    fn says(&mut self, fact: Fact) -> Result<(), String> {
        let person = self.person();
        self.world.says(person, fact).map_err(|e| e.to_string())
    }
}

impl Stage for Hub<'_> {
    fn until(&mut self, at: At) -> Result<(), String> {
        self.world.until(at);
        Ok(())
    }

    fn act(&mut self, act: &Act) -> Result<(), String> {
        let now = self.world.now();
        match act {
            Act::Fhir(json) => self.world.hears(json),
            Act::Event(json) => self.world.event(json),
            Act::Writes { address, text } => self.world.texts(address, text),
            Act::Calls(Calls::Missed) => self.world.handset.set_default_policy(Policy::NoAnswer),
            Act::Calls(Calls::Answered(keys)) => self.world.handset.set_default_policy(Policy::Answer(keys.clone())),
            Act::Fails(..) => return Err("the make-believe phone of the hub does not fail".into()),
            Act::Outcome { prompt, body, corrects } => {
                let person = self.person();
                let (prompts, facts) = (self.world.prompts(person), self.world.facts(person, "prompt.completed"));
                let fact = play::outcome(&prompts, &facts, (person, now), prompt, body, *corrects)?;
                self.says(fact)?;
            }
            Act::Takes(name) => {
                let person = self.person();
                let prompts = self.world.prompts(person);
                let prompt = play::open(&prompts, name)?.id;
                let (key, body) = (format!("{prompt}{now}"), json!({"prompt": prompt}));
                self.says(Fact::own("prompt.acknowledged", &key, person, now, body).by(lab::test::act::staff()))?;
            }
            Act::Reads(words) => {
                let person = self.person();
                let messages = self.world.messages(person);
                let message = messages.iter().filter(|m| m.words == *words).max_by_key(|m| m.created_at);
                let message = message.ok_or("nothing came")?.id;
                let body = json!({"message": message});
                self.says(Fact::own("message.read", &message.to_string(), person, now, body).by(Actor::Patient))?;
            }
            // The hub gives places by itself.
            Act::PlaceGiven => {}
            Act::Service { name, answers } => {
                let person = self.person();
                let call = self.world.call_of(person, name)?;
                self.says(play::service_says(&call, answers.as_ref(), now))?;
            }
            Act::Answers { question, answers } => {
                let person = self.person();
                let row = self.world.hub().store().line(person).unwrap();
                let state = row.state.as_deref();
                let line = turn::Line::decode(person, row.version, state, row.journeys, row.prompts, None).unwrap();
                let open = turn::asking(&line, &self.world.setup(), now);
                for fact in play::answered(&open, (person, now), question, answers)? {
                    self.says(fact)?;
                }
            }
            Act::Says { kind, body, actor } => {
                let (person, key) = (self.person(), format!("{body}{now}"));
                self.says(Fact::own(kind, &key, person, now, body.clone()).by(actor.clone()))?;
            }
        }
        Ok(())
    }
}

/// What comes of a scenario in the hub, line by line.
pub fn in_hub(scenario: &Scenario, tests: &[String], settings: &Arc<hub::Settings>) -> Vec<String> {
    let start = scenario.happens.first().unwrap().at;
    let mut hub = Hub { world: World::with(On::Sqlite, start, Arc::clone(settings)), scenario };
    let problems = play::play(scenario, &mut hub);
    assert!(problems.is_empty(), "{}: {problems:?}", scenario.name);
    let person = hub.person();
    let journeys = hub.world.journey_rows(person);
    let all = lines(&hub.world.messages(person), &hub.world.prompts(person), &journeys, tests);
    all.iter().map(|line| line.write(&scenario.calendar)).collect()
}

/// The shipped files of tests.
fn suites() -> (Vec<Suite>, Vec<Arc<pathway::Pathway>>) {
    let teams = hub::shipped::teams(&outreach::Clinic::default());
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let library: Vec<_> = pathway::shipped::all(&names).pathways.into_iter().map(Arc::new).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pathways");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".test.yaml"));
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let stem = path.file_name().unwrap().to_string_lossy().replace(".test.yaml", "");
        let text = std::fs::read_to_string(path).unwrap();
        let (suite, findings) = lab::test::read(&path.display().to_string(), &text, &stem, &library);
        assert_eq!(findings, []);
        suite.unwrap()
    };
    let suites = files.iter().map(read).collect();
    (suites, library)
}

#[test]
fn every_shipped_scenario_gives_the_same_list_in_the_laboratory_and_in_the_hub() {
    let (suites, library) = suites();
    let clinic = outreach::Clinic { link_secret: "a secret of the test".into(), ..outreach::Clinic::default() };
    let teams = hub::shipped::teams(&clinic);
    let mut compared = 0;
    for suite in &suites {
        let setup = lab::test::setup(suite, &library, &teams, &clinic);
        // The hub has in force what the file of tests has.
        let mut settings = read_settings();
        settings.clinic = clinic.clone();
        let in_force =
            |p: &&Arc<pathway::Pathway>| p.standing || suite.tests.contains(&p.name) || suite.with.contains(&p.name);
        settings.pathways = library.iter().filter(in_force).cloned().collect();
        let settings = Arc::new(settings);
        for scenario in &suite.scenarios {
            // The hub's make-believe phone has no channel that fails.
            if scenario.happens.iter().any(|h| matches!(h.act, Act::Fails(..))) {
                continue;
            }
            let played = play::in_laboratory(scenario, &setup, &suite.tests);
            let told: Vec<String> = played.lines.iter().map(|line| line.write(&scenario.calendar)).collect();
            println!("{}", scenario.name);
            same(&in_hub(scenario, &suite.tests, &settings), &told);
            compared += 1;
        }
    }
    assert!(compared >= 200, "{compared} scenarios were compared");
}

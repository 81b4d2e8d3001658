//! The same scenarios in the laboratory and through the hub on a clock that is set by hand: they give the same list
//! of messages, prompts and ends.

use crate::harness::{On, World, read_settings, same};
use channels::handset::Policy;
use lab::Calls;
use lab::test::act::Stage;
use lab::test::line::{Asked, lines};
use lab::test::{Act, Scenario, Suite, play};
use model::{Actor, At, Fact};
use serde_json::json;
use std::sync::Arc;

/// The hub as a stage of scenarios.
struct Hub<'s> {
    world: World,
    scenario: &'s Scenario,
    /// What services were asked: the store keeps no call that is over, so they are noted as time goes on.
    asked: Vec<Asked>,
    /// Whether any pathway in force asks a service.
    calls: bool,
}

impl Hub<'_> {
    fn person(&mut self) -> model::PersonId {
        self.world.person(&self.scenario.person.mrn)
    }

    fn says(&mut self, fact: Fact) -> Result<(), String> {
        let person = self.person();
        self.world.says(person, fact).map_err(|e| e.to_string())
    }

    /// Notes what services are asked now, and what became of what they were asked.
    fn note_calls(&mut self) {
        let key = model::inbox::key(testkit::fhir::MRN, &self.scenario.person.mrn);
        if self.world.hub().store().whose(&[key]).unwrap().is_none() {
            return; // Nobody is known yet.
        }
        let (person, now) = (self.person(), self.world.now());
        let open = self.world.hub().store().calls_of(person).unwrap();
        for row in &open {
            if !self.asked.iter().any(|asked| asked.call.id == row.call.id) {
                self.asked.push(Asked::new(row.call.clone()));
            }
        }
        let mut said = self.world.facts(person, turn::SERVICE_ANSWERED);
        said.extend(self.world.facts(person, turn::SERVICE_FAILED));
        for asked in &mut self.asked {
            said.iter().for_each(|fact| asked.hears(fact));
            if !open.iter().any(|row| row.call.id == asked.call.id) {
                asked.over(now);
            }
        }
    }
}

impl Stage for Hub<'_> {
    fn until(&mut self, at: At) -> Result<(), String> {
        // A call may be asked and over before anything else happens.
        while self.calls
            && let Some(next) = self.world.hub().next_wake().unwrap().filter(|next| *next < at)
        {
            self.world.until(next.max(self.world.now().plus_ms(1)));
            self.note_calls();
        }
        self.world.until(at);
        if self.calls {
            self.note_calls();
        }
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
        if self.calls {
            self.note_calls();
        }
        Ok(())
    }
}

/// What comes of a scenario in the hub, line by line.
pub fn in_hub(scenario: &Scenario, tests: &[String], settings: &Arc<hub::Settings>) -> Vec<String> {
    let start = scenario.happens.first().unwrap().at;
    let calls = settings.pathways.iter().any(|p| !p.services.is_empty());
    let mut hub =
        Hub { world: World::with(On::Sqlite, start, Arc::clone(settings)), scenario, asked: Vec::new(), calls };
    let problems = play::play(scenario, &mut hub);
    assert!(problems.is_empty(), "{}: {problems:?}", scenario.name);
    let person = hub.person();
    let journeys = hub.world.journey_rows(person);
    let all = lines(&hub.world.messages(person), &hub.world.prompts(person), &hub.asked, &journeys, tests);
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

/// Verbs that no shipped pathway has: calls to a service, questions by text and on the page that stop at a danger, an
/// experiment, strands side by side, a limit of places.
#[test]
fn the_verbs_that_no_shipped_pathway_has_give_the_same_list_in_the_laboratory_and_in_the_hub() {
    let clinic = outreach::Clinic { link_secret: "a secret of the test".into(), ..outreach::Clinic::default() };
    let teams = hub::shipped::teams(&clinic);
    let names: Vec<String> = teams.iter().map(|t| t.name.clone()).collect();
    let read = pathway::read("verbs.yaml", include_str!("verbs/verbs.yaml"), &pathway::CodeSets::default(), &names);
    let (verbs, warnings) = read.unwrap_or_else(|findings| panic!("{findings:#?}"));
    assert_eq!(warnings, []);
    let mut library: Vec<_> = pathway::shipped::all(&names).pathways.into_iter().map(Arc::new).collect();
    library.push(Arc::new(verbs));
    let tests = include_str!("verbs/verbs.test.yaml");
    let (suite, findings) = lab::test::read("verbs.test.yaml", tests, "verbs", &library);
    assert_eq!(findings, []);
    let suite = suite.unwrap();
    let report = lab::test::run(std::slice::from_ref(&suite), &library, &teams, &clinic, lab::test::Threads(1), false);
    let failed: Vec<_> = report.suites[0].verdicts.iter().filter(|v| !v.passed()).collect();
    let failed: Vec<_> = failed.iter().map(|v| format!("{}: {:?} {:?}", v.name, v.problems, v.diff)).collect();
    assert_eq!(failed, Vec::<String>::new());
    let setup = lab::test::setup(&suite, &library, &teams, &clinic);
    let mut settings = read_settings();
    settings.clinic = clinic;
    settings.pathways = library.iter().filter(|p| p.standing || p.name == "verbs").cloned().collect();
    // Nobody listens there: what the service says is said by the scenario, as in the laboratory. Each call is answered
    // in a scenario: of silence a hub is told by its last try, some minutes before `within` is over.
    settings.services.push(hub::Service {
        name: "eligibility".into(),
        url: "http://127.0.0.1:1/ask".parse().unwrap(),
        secrets: hub::caller::Secrets::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap(),
        allow_private: true,
        timeout: std::time::Duration::from_secs(1),
        make_believe: true,
        authorities: Vec::new(),
    });
    let settings = Arc::new(settings);
    let mut seen = std::collections::BTreeSet::new();
    for scenario in &suite.scenarios {
        let played = play::in_laboratory(scenario, &setup, &suite.tests);
        let told: Vec<String> = played.lines.iter().map(|line| line.write(&scenario.calendar)).collect();
        println!("{}: {told:#?}", scenario.name);
        same(&in_hub(scenario, &suite.tests, &settings), &told);
        let of = |line: &lab::test::line::Line| format!("{} {} {}", line.what.name(), line.name, line.ended);
        seen.extend(played.lines.iter().map(of));
    }
    for what in [
        "call eligibility answered",
        "call eligibility failed",
        "call eligibility withdrawn",
        "sms texts delivered",
        "voice texts delivered",
        "email page delivered",
        "email hello delivered",
        "portal hello delivered",
        "prompt flag open",
    ] {
        assert!(seen.contains(what), "{what} is not compared: {seen:#?}");
    }
}

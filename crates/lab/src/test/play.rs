//! Plays a scenario: in the laboratory, or on any other stage.

use super::act::{Act, SITE, SOURCE, Stage, staff};
use super::line::{Line, lines};
use super::read::Scenario;
use crate::{Person, Phone};
use model::{Fact, Item, Trace};
use pathway::ast::Place;
use serde_json::{Value as Json, json};

/// What came of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// Messages, prompts, ends.
    pub lines: Vec<Line>,
    /// What could not happen as written, and where it stands.
    pub problems: Vec<(Place, String)>,
    /// Why.
    pub traces: Vec<Trace>,
    /// The words that each reach was about.
    pub reaches: std::collections::BTreeMap<String, String>,
    /// Steps that were passed: version, step, way.
    pub passed: std::collections::BTreeSet<(model::Id, String, String)>,
    /// Steps that were stood at: version, step.
    pub stood: std::collections::BTreeSet<(model::Id, String)>,
}

/// Lets all of a scenario happen on a stage; what could not happen as written.
pub fn play(scenario: &Scenario, stage: &mut impl Stage) -> Vec<(Place, String)> {
    let mut problems = Vec::new();
    let whole = Place { length: 1, ..scenario.place };
    for happening in &scenario.happens {
        if let Err(why) = stage.until(happening.at) {
            problems.push((happening.place, why));
            return problems;
        }
        if let Err(why) = stage.act(&happening.act) {
            problems.push((happening.place, why));
        }
    }
    if let Err(why) = stage.until(scenario.until) {
        problems.push((whole, why));
    }
    problems
}

/// Plays a scenario in the laboratory.
pub fn in_laboratory(scenario: &Scenario, setup: &turn::Setup, tests: &[String]) -> Played {
    let full = scenario.places_full.then(|| {
        let mut full = setup.clone();
        full.places_free = false;
        full
    });
    let setup = full.as_ref().unwrap_or(setup);
    let start = scenario.happens.first().map_or(scenario.until, |h| h.at);
    let mut stage = Laboratory { person: Person::new(setup, scenario.person.id(), start, Phone::default()), told: 0 };
    let problems = play(scenario, &mut stage);
    let person = stage.person;
    let reaches = person.facts.iter().filter(|f| f.kind == "reach.ended");
    let reaches = reaches.filter_map(|f| Some((f.text("reach")?.to_owned(), f.text("words")?.to_owned())));
    let messages = person.messages.iter().map(|m| (m.reach.to_string(), m.words.clone()));
    Played {
        lines: lines(&person.messages, &person.prompts, &person.asked, &person.journeys, tests),
        problems,
        reaches: reaches.chain(messages).collect(),
        passed: person.passages.iter().map(|p| (p.version, p.step.clone(), p.way.clone())).collect(),
        stood: person.stood,
        traces: person.traces,
    }
}

/// The laboratory as a stage.
struct Laboratory<'s> {
    person: Person<'s>,
    /// Refusals that were told.
    told: usize,
}

impl Laboratory<'_> {
    fn hears(&mut self, items: Vec<Item>) -> Result<(), String> {
        self.person.hears(items).map_err(|e| e.to_string())?;
        let refused = self.person.refused.get(self.told).cloned();
        self.told = self.person.refused.len();
        refused.map_or(Ok(()), Err)
    }

    fn says(&mut self, fact: Fact) -> Result<(), String> {
        let person = self.person.id;
        self.hears(vec![Item::own(person, fact)])
    }

    fn source(&self) -> wire::Source<'static> {
        wire::Source::trusted(SOURCE, SITE, self.person.now)
    }
}

impl Stage for Laboratory<'_> {
    fn until(&mut self, at: model::At) -> Result<(), String> {
        self.person.until(at).map_err(|e| e.to_string())
    }

    fn act(&mut self, act: &Act) -> Result<(), String> {
        let (id, now) = (self.person.id, self.person.now);
        match act {
            Act::Fhir(json) => {
                let read = wire::fhir(json.to_string().as_bytes(), &self.source());
                let items = items(read.map(|read| read.entries))?;
                self.hears(items)
            }
            Act::Event(json) => {
                let read = wire::events(json.to_string().as_bytes(), "application/cloudevents+json", &self.source());
                let items = items(read)?;
                self.hears(items)
            }
            Act::Writes { address, text } => {
                let item = self.person.phone.writes(id, address, text, now);
                self.hears(vec![item])
            }
            Act::Calls(calls) => {
                self.person.phone.calls = calls.clone();
                Ok(())
            }
            Act::Fails(channel, error) => {
                match error {
                    Some(error) => self.person.phone.fails.insert(*channel, error.clone()),
                    None => self.person.phone.fails.remove(channel),
                };
                Ok(())
            }
            Act::Outcome { prompt, body, corrects } => {
                let fact = outcome(&self.person.prompts, &self.person.facts, (id, now), prompt, body, *corrects)?;
                self.says(fact)
            }
            Act::Takes(name) => {
                let prompt = open(&self.person.prompts, name)?;
                let key = format!("{}{now}", prompt.id);
                self.says(Fact::own("prompt.acknowledged", &key, id, now, json!({"prompt": prompt.id})).by(staff()))
            }
            Act::Reads(words) => {
                let message = self.person.messages.iter().rev().find(|m| m.words == *words);
                let message = message.ok_or_else(|| format!("nothing with the words `{words}` has come yet"))?;
                let (key, body) = (message.id.to_string(), json!({"message": message.id}));
                self.says(Fact::own("message.read", &key, id, now, body).by(model::Actor::Patient))
            }
            Act::PlaceGiven => {
                let line = self.person.line().map_err(|e| e.to_string())?;
                let rows = turn::places::waits(&line);
                if rows.is_empty() {
                    return Err("they wait for no place now".into());
                }
                self.hears(rows.iter().map(|row| turn::places::given(row, now)).collect())
            }
            Act::Service { name, answers } => {
                let call = self.person.calls.iter().rev().find(|c| c.service == *name);
                let call = call.ok_or_else(|| format!("the service `{name}` is not asked anything now"))?;
                let fact = service_says(call, answers.as_ref(), now);
                self.says(fact)
            }
            Act::Answers { question, answers } => {
                let line = self.person.line().map_err(|e| e.to_string())?;
                let open = turn::asking(&line, self.person.setup(), now);
                let facts = answered(&open, (id, now), question, answers)?;
                facts.into_iter().try_for_each(|fact| self.says(fact))
            }
            Act::Says { kind, body, actor } => {
                let key = format!("{body}{now}");
                self.says(Fact::own(kind, &key, id, now, body.clone()).by(actor.clone()))
            }
        }
    }
}

/// The fact by which a service answers a call, or (`None`) fails.
pub fn service_says(call: &model::ServiceCall, answers: Option<&Json>, now: model::At) -> Fact {
    let mut body = json!({"call": call.id, "journey": call.journey, "service": call.service});
    let kind = match answers {
        Some(answers) => {
            body["answers"] = answers.clone();
            turn::SERVICE_ANSWERED
        }
        None => {
            body["because"] = json!("http_500");
            turn::SERVICE_FAILED
        }
    };
    Fact::own(kind, &call.id.to_string(), call.person, now, body)
}

/// The items of what was read; what could not be read is an error.
///
/// # Errors
/// What is wrong with it.
pub fn items(read: Result<Vec<wire::Entry>, Vec<wire::Issue>>) -> Result<Vec<Item>, String> {
    let told = |issues: Vec<wire::Issue>| {
        let first = issues.first();
        first.map_or_else(|| "it does not read".to_owned(), |i| format!("{}: {}", i.place, i.says))
    };
    let mut out = Vec::new();
    for entry in read.map_err(told)? {
        out.extend(entry.result.map_err(told)?);
    }
    Ok(out)
}

/// The open prompt of that name, the latest of several.
///
/// # Errors
/// None is open.
pub fn open<'p>(prompts: &'p [model::prompt::Prompt], name: &str) -> Result<&'p model::prompt::Prompt, String> {
    let open = prompts.iter().filter(|p| p.name == name && p.status.is_open()).max_by_key(|p| p.opened_at);
    open.ok_or_else(|| {
        let others: Vec<&str> = prompts.iter().filter(|p| p.status.is_open()).map(|p| p.name.as_str()).collect();
        let others = if others.is_empty() { "none is".to_owned() } else { format!("open: {}", others.join(", ")) };
        format!("no prompt `{name}` is open now ({others})")
    })
}

/// The facts by which a page answers open questions: one a field, in their order, as the page asks them.
///
/// # Errors
/// No such question is open, or something is answered that it does not ask.
pub fn answered(
    open: &[(std::sync::Arc<pathway::Pathway>, journey::Asking)],
    (person, now): (model::PersonId, model::At),
    name: &str,
    answers: &Json,
) -> Result<Vec<Fact>, String> {
    let found = open.iter().find(|(_, asking)| asking.question == name && asking.deadline.is_none_or(|at| at > now));
    let (pathway, asking) = found.ok_or_else(|| {
        let others: Vec<&str> = open.iter().map(|(_, asking)| asking.question.as_str()).collect();
        let others = if others.is_empty() { "none are".to_owned() } else { format!("open: {}", others.join(", ")) };
        format!("no questions `{name}` are open now ({others})")
    })?;
    let given = answers.as_object().cloned().unwrap_or_default();
    let fields = pathway.question(name).map(|q| q.form.fields.as_slice()).unwrap_or_default();
    if let Some(other) = given.keys().find(|key| !fields.iter().any(|f| f.name == **key)) {
        return Err(format!("`{name}` does not ask `{other}`"));
    }
    let fact = |field: &model::prompt::Field| {
        let value = given.get(&field.name)?;
        let body = json!({"ask": asking.ask, "journey": asking.journey, "question": name, "channel": "portal",
            "answers": {&field.name: value}});
        let key = format!("{} {} {now}", asking.ask, field.name);
        Some(Fact::own("answers.received", &key, person, now, body).by(model::Actor::Patient))
    };
    Ok(fields.iter().filter_map(fact).collect())
}

/// The fact by which staff say how a prompt ended, or correct that.
///
/// # Errors
/// No such prompt is open, or has an outcome.
pub fn outcome(
    prompts: &[model::prompt::Prompt],
    facts: &[Fact],
    (person, now): (model::PersonId, model::At),
    name: &str,
    body: &Json,
    corrects: bool,
) -> Result<Fact, String> {
    let mut body = body.clone();
    body["name"] = json!(name);
    if corrects {
        let done = facts.iter().rev().find(|f| f.kind == "prompt.completed" && f.text("name") == Some(name));
        let done = done.ok_or_else(|| format!("the prompt `{name}` has no outcome to correct"))?;
        body["prompt"] = json!(done.text("prompt"));
        body["of"] = json!(done.id);
        return Ok(Fact::own("prompt.corrected", &format!("{name}{now}"), person, now, body).by(staff()));
    }
    let prompt = open(prompts, name)?;
    body["prompt"] = json!(prompt.id);
    Ok(Fact::own("prompt.completed", &prompt.id.to_string(), person, now, body).by(staff()))
}

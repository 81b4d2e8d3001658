//! Questions to the person within a turn: what is put into words, what a reply answers, what a page or a call
//! brings, and what comes of a question that is over.
//!
//! Invariants: an answer is of its type or it is none; a danger in an answer is told as one, whatever was asked; a
//! reply that was no answer is seen by a person when the question is over without one. An answer that comes late
//! is kept, changes nothing of a journey, and is read by a person; so is what may answer another text just as well.

use crate::line::Walking;
use crate::turn::Turn;
use crate::world::Journeys;
use journey::{Answers, Asking};
use model::batch::JourneyStatus;
use model::fact::OWN;
use model::prompt::{Answer, Field};
use model::{Channel, EffectId, Fact, Id, JourneyId, ResourceRow, Value};
use outreach::{Asked, Asks, Class, Keyed, Want};
use pathway::asking::Again;
use pathway::ast::{Question, Verb};
use pathway::{Pathway, asking};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// A text of more words that answers nothing is about something else: a person reads it at once.
const SHORT: usize = 3;

/// What words ask.
pub(crate) struct Put {
    /// The question as a text puts it.
    pub text: String,
    /// What outreach remembers of it.
    pub asks: Asks,
}

/// A question that is over.
pub(crate) struct Over {
    pub ask: Id,
    pub step: String,
    pub question: String,
    pub answers: Answers,
    pub all: bool,
    /// Not all was asked: an answer said that the rest can wait.
    pub stopped: bool,
}

/// What a reply answers.
pub(crate) struct Heard {
    pub class: Class,
    pub question: String,
    pub field: String,
    /// What a person reads, when that is more than this text: what was not understood before it.
    pub text: Option<String>,
    pub facts: Vec<Fact>,
}

/// A question that a reply may answer.
struct Open {
    asked: Asked,
    pathway: Arc<Pathway>,
    /// Its name, and the place of its field.
    question: String,
    field: usize,
    /// As the journey waits for it; `None` when it waits no more.
    asking: Option<Asking>,
}

impl Open {
    fn question(&self) -> Option<(&Question, &Field)> {
        let question = self.pathway.question(&self.question)?;
        Some((question, question.form.fields.get(self.field)?))
    }
}

/// Whether these words ask a further question, in answer to what the person wrote: `how_is_it.pain`.
pub(crate) fn is_further(intent: &journey::ReachIntent) -> bool {
    intent.words.contains('.')
}

impl Journeys<'_> {
    /// The question that a want puts, when its step is an `ask`.
    pub(crate) fn question_of(&self, want: &Want) -> Option<&Question> {
        let pathway = self.setup.versions.get(&want.pathway.1)?;
        match &pathway.steps.iter().find(|s| s.name == want.intent.step)?.verb {
            Verb::Ask { question, .. } => pathway.question(question),
            _ => None,
        }
    }

    /// What these words ask, if anything, and whether they do nothing else.
    pub(crate) fn asking(
        &self,
        want: &Want,
        pathway: &Pathway,
        walking: &Walking,
        (channel, language): (Channel, &str),
    ) -> (Option<Put>, bool) {
        let step = pathway.steps.iter().find(|s| s.name == want.intent.step);
        let Some(Verb::Ask { question, stop_when, .. }) = step.map(|s| &s.verb) else { return (None, false) };
        let Some(question) = pathway.question(question) else { return (None, false) };
        let fields = &question.form.fields;
        let mut names = want.intent.words.split('.').skip(1);
        if let Some(name) = names.next() {
            let again = match names.next() {
                None => Again::Not,
                Some("picture") => Again::Picture { phone: &self.setup.clinic.phone },
                Some(_) => Again::NotRead,
            };
            let field = fields.iter().find(|f| f.name == name).filter(|_| channel == Channel::Sms);
            return (field.map(|field| put(question, field, language, again)), true);
        }
        let waits = walking.state.as_ref().map(|s| s.asking(pathway, walking.row.id)).unwrap_or_default();
        let waits = waits.into_iter().find(|a| a.reach == want.intent.id);
        let first = waits.as_ref().and_then(Asking::open).unwrap_or_default();
        let Some(field) = fields.get(first) else { return (None, false) };
        let mut put = put(question, field, language, Again::Not);
        if channel == Channel::Voice {
            let given = waits.as_ref().map(|a| a.given.as_slice()).unwrap_or_default();
            let open = |at: usize| given.get(at).is_none_or(|v| *v == Value::Unknown);
            let asked = |at: usize| open(at) && asking::is_asked(question, given, at);
            let stops = |at: usize, value: &Value| {
                let value = |n: usize| if n == at { value.clone() } else { given.get(n).cloned().unwrap_or_default() };
                let values: Vec<Value> = (0..fields.len()).map(value).collect();
                stop_when.as_ref().is_some_and(|when| journey::stopped_by(when, question, &values))
            };
            let fields = fields.iter().enumerate().filter(|(at, _)| asked(*at));
            put.asks.keys = fields.map(|(at, field)| keyed(question, (at, field), language, &stops)).collect();
        }
        (Some(put), false)
    }
}

fn put(question: &Question, field: &Field, language: &str, again: Again<'_>) -> Put {
    let text = asking::put(question, field, language, again);
    Put { text, asks: Asks { field: Some(field.name.clone()), keys: Vec::new() } }
}

/// A question of a call. What `stops` by itself, or with what was answered before the call, ends it.
fn keyed(
    question: &Question,
    (at, field): (usize, &Field),
    language: &str,
    stops: &dyn Fn(usize, &Value) -> bool,
) -> Keyed {
    let keys = asking::keys(field);
    let last = keys.iter().filter(|(_, value)| stops(at, value)).map(|(key, _)| *key).collect();
    let keys = keys.into_iter().map(|(key, value)| (key, format!("answer:{}={}", field.name, to_json(&value))));
    Keyed { text: asking::spoken(question, field, language), keys: keys.collect(), last }
}

/// An answer as facts have it.
fn to_json(value: &Value) -> Json {
    match value {
        Value::Bool(b) => json!(b),
        Value::Number(n) if n.fract() == 0.0 && n.abs() < 1e9 => json!(*n as i64),
        Value::Number(n) => json!(n),
        Value::Text(t) => json!(t),
        _ => Json::Null,
    }
}

/// The same, read: only what answers the field. Nothing (`null`) leaves out what may be left out.
fn from_json(question: &Question, field: &Field, json: &Json) -> Option<Value> {
    let value = match json {
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => Value::Number(n.as_f64()?),
        Json::String(s) => Value::Text(s.trim().to_owned()),
        Json::Null => asking::left_out(),
        _ => return None,
    };
    asking::answers(question, field, &value).then_some(value)
}

impl Turn<'_> {
    /// Whether another journey waits for answers.
    pub(crate) fn asked_elsewhere(&self, index: usize) -> bool {
        let others = self.line.journeys.iter().enumerate().filter(|(at, _)| *at != index);
        // A halted journey asks nothing: whoever else has a question does not wait for the end of the halt.
        others.into_iter().any(|(_, walking)| walking.paused.is_none() && !self.asking_of(walking).is_empty())
    }

    fn asking_of(&self, walking: &Walking) -> Vec<Asking> {
        let Some(pathway) = self.setup.versions.get(&walking.row.version) else { return Vec::new() };
        let active = walking.row.status == JourneyStatus::Active;
        let state = walking.state.as_ref().filter(|_| active);
        state.map(|s| s.asking(pathway, walking.row.id)).unwrap_or_default()
    }

    /// All that journeys wait for the person to answer.
    pub(crate) fn asking(&self) -> Vec<(Arc<Pathway>, Asking)> {
        let mut out = Vec::new();
        for walking in &self.line.journeys {
            let Some(pathway) = self.setup.versions.get(&walking.row.version) else { continue };
            out.extend(self.asking_of(walking).into_iter().map(|asking| (Arc::clone(pathway), asking)));
        }
        out
    }

    /// The question that a reply by text answers: the latest that is waited for; else the latest that was asked.
    fn open_question(&self) -> Option<Open> {
        let waited = self.asking();
        let open = |asked: &Asked| {
            let pathway = self.setup.versions.get(&asked.version)?;
            let step = pathway.steps.iter().find(|s| s.name == asked.step)?;
            let Verb::Ask { question, .. } = &step.verb else { return None };
            let field = pathway.question(question)?.form.fields.iter().position(|f| f.name == asked.field)?;
            let waits = |a: &&Asking| a.reach == asked.reach && a.given.get(field) == Some(&Value::Unknown);
            let asking = waited.iter().map(|(_, asking)| asking).find(waits).cloned();
            let (asked, pathway) = (asked.clone(), Arc::clone(pathway));
            Some(Open { asked, pathway, question: question.clone(), field, asking })
        };
        let all: Vec<Open> = self.line.outreach.questions().iter().rev().filter_map(open).collect();
        let at = all.iter().position(|o| o.asking.is_some()).unwrap_or_default();
        all.into_iter().nth(at)
    }

    /// Whether a reply answers the question that is open, and what follows from that. `None`: it does not, and
    /// means what it means.
    pub(crate) fn answer_in(&mut self, reply: &Fact, text: &str, class: Class) -> Option<Heard> {
        if matches!(class, Class::Stop | Class::Start | Class::WrongNumber) {
            return None;
        }
        let open = self.open_question()?;
        let (question, field) = open.question()?;
        let free = field.answer == Answer::Text;
        let waits = open.asking.is_some();
        let picture = crate::replies::files(reply) > 0;
        let shown = crate::replies::with_files(text, reply);
        let said_of_other = matches!(class, Class::Done | Class::PickedUp);
        let given = Some(text).filter(|text| !text.trim().is_empty());
        let given = given.and_then(|text| asking::read(question, field, text));
        let given = given.filter(|_| !free || (waits && !said_of_other));
        let (name, asks) = (question.name.clone(), field.name.clone());
        let heard =
            |class, text, facts| Some(Heard { class, question: name.clone(), field: asks.clone(), text, facts });
        let last = self.line.outreach.spoke() == Some(open.asked.reach);
        if let Some(value) = given {
            let means_more = matches!(class, Class::RedFlag | Class::Done | Class::PickedUp);
            if !last {
                // Another text went out since: which of the two is answered a person decides.
                return if free || means_more { None } else { heard(Class::Question, None, Vec::new()) };
            }
            let doubtful = text.contains(['?', '¿']) || outreach::names_danger(text, &self.setup.rules);
            let class = match class {
                class if means_more => class,
                // The question is over: the pathway looks at the answer no more, so a person does.
                _ if !waits => {
                    let late = |at| if at == open.field { value.clone() } else { Value::Unknown };
                    let late: Vec<Value> = (0..question.form.fields.len()).map(late).collect();
                    self.class_late(&open.pathway, question, open.asked.journey, &late)
                }
                // A danger that is denied, a question or a picture beside the answer: a person reads it too.
                _ if picture || free && doubtful => Class::Question,
                _ => Class::Answer,
            };
            let hold = class == Class::RedFlag;
            let about = Given { reply, channel: Channel::Sms.name(), hold };
            let fact = self.answer_given(&open, &value, &about);
            self.line.outreach.answered(open.asked.reach);
            let late = (!waits).then(|| format!("{} / {shown}", fact.text("asked").unwrap_or_default()));
            return heard(class, late, vec![fact]);
        }
        // Thanks answer nothing and ask nothing; what is not said to this question is none of its tries.
        let waits = open.asking.as_ref().filter(|_| last && class == Class::Question)?;
        let mut body = json!({"ask": waits.ask, "journey": waits.journey, "question": name, "field": asks,
            "text": text, "reply": reply.id, "channel": Channel::Sms.name()});
        if picture {
            body["picture"] = json!(true);
        }
        let fact = self.say("answer.not_understood", &reply.id.to_string(), body, Some(reply.id.to_string()));
        let brief = text.split_whitespace().count() <= SHORT && !text.contains(['?', '¿']);
        // What a picture shows no machine here has seen.
        let read = waits.again_left == 0 || !brief || picture || outreach::names_danger(text, &self.setup.rules);
        // What is read now takes along what was not understood before it; else it is kept until it is read.
        let before = open.asked.unread.as_ref().map(|(before, _)| format!("{before} / {shown}"));
        let all = before.clone().unwrap_or_else(|| shown.clone());
        match read {
            true => self.line.outreach.read(open.asked.reach),
            false => self.line.outreach.keep_unread(open.asked.reach, &all, &reply.id.to_string()),
        }
        let facts = vec![fact.by(reply.actor.clone())];
        if read { heard(Class::Question, before, facts) } else { heard(Class::NoAnswer, None, facts) }
    }

    fn answer_given(&self, open: &Open, value: &Value, given: &Given<'_>) -> Fact {
        let ask = open.asking.as_ref().map(|a| a.ask);
        let about = (open.pathway.as_ref(), open.question.as_str(), open.field);
        self.answer_fact(about, (open.asked.journey, ask), value, given)
    }

    fn answer_fact(
        &self,
        (pathway, question, field): (&Pathway, &str, usize),
        (journey, ask): (JourneyId, Option<Id>),
        value: &Value,
        given: &Given<'_>,
    ) -> Fact {
        let staff = pathway.speaks.first().map_or("en", String::as_str);
        let (mut label, mut shown, mut name) = (String::new(), String::new(), String::new());
        if let Some(question) = pathway.question(question)
            && let Some(field) = question.form.fields.get(field)
        {
            label = asking::label(question, &field.name, staff).to_owned();
            shown = asking::shown(question, field, value, staff);
            name.clone_from(&field.name);
        }
        let mut body = json!({"journey": journey, "question": question, "field": name, "value": to_json(value),
            "channel": given.channel, "reply": given.reply.id, "asked": label, "answer": shown});
        match ask {
            Some(ask) => body["ask"] = json!(ask),
            None => body["late"] = json!(true),
        }
        if given.hold {
            body["hold"] = json!(true);
        }
        let key = format!("{}:{name}", given.reply.id);
        let cause = Some(given.reply.id.to_string());
        self.say("answer.given", &key, body, cause).by(given.reply.actor.clone())
    }

    /// The question that an `answers.received` is about: as a journey waits for it, or as it was asked.
    fn asked_by(&self, fact: &Fact) -> Option<(Arc<Pathway>, String, JourneyId, Option<Asking>)> {
        let ask = fact.text("ask").and_then(|t| t.parse::<Id>().ok());
        let reach = fact.text("reach").and_then(|t| t.parse::<EffectId>().ok());
        let is = |a: &Asking| Some(a.ask) == ask || Some(a.reach) == reach;
        if let Some((pathway, asking)) = self.asking().into_iter().find(|(_, a)| is(a)) {
            return Some((pathway, asking.question.clone(), asking.journey, Some(asking)));
        }
        let journey = fact.text("journey").and_then(|t| t.parse::<JourneyId>().ok())?;
        let walking = self.line.journeys.iter().find(|w| w.row.id == journey)?;
        let pathway = self.setup.versions.get(&walking.row.version)?;
        let question = pathway.question(fact.text("question")?)?;
        Some((Arc::clone(pathway), question.name.clone(), journey, None))
    }

    /// Whether answers of a page may be taken: they are known questions' and of their types.
    pub(crate) fn admit_answers(&self, fact: &Fact) -> Result<(), String> {
        let (pathway, name, _, _) = self.asked_by(fact).ok_or("this question is not known on this person's line")?;
        let given = fact.body.get("answers").and_then(Json::as_object).ok_or("body.answers: answers are expected")?;
        let question = pathway.question(&name).ok_or("this question is not known")?;
        for (key, json) in given {
            let field = question
                .form
                .fields
                .iter()
                .find(|f| f.name == *key)
                .ok_or_else(|| format!("body.answers.{key}: not asked"))?;
            from_json(question, field, json)
                .ok_or_else(|| format!("body.answers.{key}: no answer to this question"))?;
        }
        Ok(())
    }

    /// The facts that follow from the answers of a page or a call. Free text is looked at for dangers.
    pub(crate) fn take_answers(&mut self, fact: &Fact) -> Vec<Fact> {
        let Some((pathway, name, journey, asking)) = self.asked_by(fact) else {
            return self.read_late(fact, Class::Question, &told_of(fact)).into_iter().collect();
        };
        let Some(question) = pathway.question(&name) else { return Vec::new() };
        let channel = fact.text("channel").unwrap_or_default();
        let (mut facts, mut last): (Vec<Fact>, _) = (Vec::new(), None);
        let told = |field: &Field| {
            let json = fact.body.get("answers").and_then(|a| a.get(&field.name));
            json.and_then(|json| from_json(question, field, json))
        };
        let before = asking.as_ref().map(|a| a.given.as_slice()).unwrap_or_default();
        let fields = question.form.fields.iter().enumerate();
        let now: Vec<Value> =
            fields.clone().map(|(at, f)| told(f).or(before.get(at).cloned()).unwrap_or_default()).collect();
        for (at, field) in fields {
            let Some(value) = told(field) else { continue };
            // Free text is read for dangers even where it answers what is not asked of who answered so.
            if let (Answer::Text, Value::Text(text)) = (&field.answer, &value) {
                facts.extend(self.read_text(fact, &name, &field.name, text));
            }
            // What came before a late answer is not at hand: each of them is read.
            if asking.is_some() && !asking::is_asked(question, &now, at) {
                continue;
            }
            let about = (pathway.as_ref(), name.as_str(), at);
            let given = Given { reply: fact, channel, hold: false };
            last = Some(facts.len());
            facts.push(self.answer_fact(about, (journey, asking.as_ref().map(|a| a.ask)), &value, &given));
        }
        // What was said together counts together: whether it is enough is asked with the last of it.
        for (at, fact) in facts.iter_mut().enumerate() {
            if fact.kind == "answer.given" && last != Some(at) {
                fact.body["more"] = json!(true);
            }
        }
        match asking {
            Some(asking) => self.line.outreach.answered(asking.reach),
            None => {
                let says = |f: &Fact| Some(format!("{} {}", f.text("asked")?, f.text("answer")?));
                let says: Vec<String> = facts.iter().filter_map(says).collect();
                let late: Vec<Value> = question.form.fields.iter().map(|f| told(f).unwrap_or_default()).collect();
                let class = self.class_late(&pathway, question, journey, &late);
                facts.extend(self.read_late(fact, class, &says));
            }
        }
        facts
    }

    /// What answers to a question that is over are: a danger, when its `stop_when` is true of them, alone or with what
    /// was answered before; else something to read.
    fn class_late(&self, pathway: &Pathway, question: &Question, journey: JourneyId, late: &[Value]) -> Class {
        let walking = self.line.journeys.iter().find(|w| w.row.id == journey);
        let before = walking.and_then(|w| w.state.as_ref()?.answered(pathway, &question.name)).unwrap_or_default();
        let value = |(at, v): (usize, &Value)| match v {
            Value::Unknown => before.get(at).cloned().unwrap_or_default(),
            v => v.clone(),
        };
        let both: Vec<Value> = late.iter().enumerate().map(value).collect();
        let mut stops_of = pathway.steps.iter().filter_map(|step| match &step.verb {
            Verb::Ask { question: name, stop_when: Some(when), .. } if *name == question.name => Some(when),
            _ => None,
        });
        let stops = |when: &pathway::expr::Expr| {
            journey::would_stop(when, question, late) || journey::would_stop(when, question, &both)
        };
        if stops_of.any(stops) { Class::RedFlag } else { Class::Question }
    }

    /// Answers to a question that is over: no pathway looks at them any more, so a person does.
    fn read_late(&self, fact: &Fact, class: Class, told: &[String]) -> Option<Fact> {
        if told.is_empty() {
            return None;
        }
        let body = json!({"class": class, "text": told.join(" / "), "channel": fact.text("channel"),
            "from": null, "reply": fact.id});
        let said = self.say("reply.classified", &format!("{}:late", fact.id), body, Some(fact.id.to_string()));
        Some(said.by(fact.actor.clone()))
    }

    /// What free text on a page says beside being an answer: a danger, or a question to a person.
    fn read_text(&self, fact: &Fact, question: &str, field: &str, text: &str) -> Option<Fact> {
        let class = match outreach::classify(text, &self.setup.rules) {
            Class::RedFlag => Class::RedFlag,
            _ if text.contains(['?', '¿']) || outreach::names_danger(text, &self.setup.rules) => Class::Question,
            _ => return None,
        };
        let body = json!({"class": class, "text": text, "channel": fact.text("channel"), "from": null,
            "reply": fact.id, "question": question, "field": field});
        let key = format!("{}:{field}", fact.id);
        let said = self.say("reply.classified", &key, body, Some(fact.id.to_string()));
        Some(said.by(fact.actor.clone()))
    }

    /// What was said to be no answer, to questions that are over without one: a person reads it now.
    pub(crate) fn read_unread(&mut self) {
        if self.line.outreach.questions().iter().all(|q| q.unread.is_none()) {
            return;
        }
        let waited = self.asking();
        let open = |asked: &Asked| waited.iter().any(|(_, a)| a.reach == asked.reach);
        for (asked, (text, reply)) in self.line.outreach.take_unread(open) {
            let body = json!({"class": Class::Question, "text": text, "channel": Channel::Sms.name(),
                "reply": reply, "field": asked.field});
            let said = self.say("reply.classified", &format!("{reply}:unread"), body, Some(reply.clone()));
            self.queue.push_back(said.by(model::Actor::Patient));
        }
    }

    /// A question is over: the line says so, and what was answered is a resource once all of it was.
    pub(crate) fn asking_over(&mut self, index: usize, pathway: &Arc<Pathway>, over: &Over) {
        // Whoever waits for its turn to ask has it now.
        self.edition += 1;
        let journey = self.line.journeys[index].row.id;
        let answers: serde_json::Map<String, Json> =
            over.answers.iter().map(|(field, value)| (field.clone(), to_json(value))).collect();
        let kind = if over.all { "questionnaire.answered" } else { "questionnaire.missed" };
        let mut body = json!({"ask": over.ask, "journey": journey, "pathway": pathway.name, "step": over.step,
            "question": over.question, "answers": answers});
        if over.stopped {
            body["stopped"] = json!(true);
        }
        if over.all
            && let Some(question) = pathway.question(&over.question)
        {
            let id = over.ask.to_string();
            let json = self.response(question, over, &id);
            body["resource"] = json!(format!("QuestionnaireResponse/{id}"));
            let kind = "QuestionnaireResponse".to_owned();
            let row = ResourceRow { source: OWN.into(), kind, id, version: 1, at: self.now, json: json.to_string() };
            self.batch.resources.retain(|r| !(r.source == row.source && r.kind == row.kind && r.id == row.id));
            self.batch.resources.push(row);
        }
        let said = self.say(kind, &over.ask.to_string(), body, None);
        self.queue.push_back(said);
    }

    /// The FHIR R4 `QuestionnaireResponse` of what was answered.
    fn response(&self, question: &Question, over: &Over, id: &str) -> Json {
        let who = json!({"reference": format!("Patient/{}", self.line.person)});
        let status = if over.stopped { "stopped" } else { "completed" };
        let mut response = json!({"resourceType": "QuestionnaireResponse", "id": id, "status": status,
            "subject": who, "source": who, "authored": self.now.to_string(),
            "item": crate::answered::items(question, &over.answers)});
        if !question.questionnaire.is_empty() {
            response["questionnaire"] = json!(question.questionnaire);
        }
        response
    }
}

/// Answers as they came, when it is not known what they answer.
fn told_of(fact: &Fact) -> Vec<String> {
    let given = fact.body.get("answers").and_then(Json::as_object);
    let told = |(field, json): (&String, &Json)| match json {
        Json::String(text) => format!("{field} {text}"),
        other => format!("{field} {other}"),
    };
    given.map(|all| all.iter().map(told).collect()).unwrap_or_default()
}

/// How an answer was given.
struct Given<'a> {
    reply: &'a Fact,
    channel: &'a str,
    /// Nothing more is asked by machine: a danger was named.
    hold: bool,
}

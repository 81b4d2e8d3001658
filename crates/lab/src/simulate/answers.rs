//! What people answer to questions: by text, by the keys of a call, on their page.
//!
//! Chance decides whether somebody answers and, by the type of each question, what; it is said as a person says
//! it. Whether that is an answer, what is asked next and whether enough was said is decided by the code that runs
//! in production: a question that nobody asks of who answered so is not answered, and nothing after `stop_when`.

use super::chance::words;
use super::tally::{Key, Tally};
use super::world::{Ask, Event, World};
use journey::Asking;
use model::call::{Said, Walk};
use model::message::{Call, CallStep, Content, Message};
use model::prompt::{Answer, Field};
use model::time::MINUTE_MS;
use model::{Actor, Channel, Fact, Id, Item, Value};
use pathway::asking;
use pathway::ast::Question;
use serde_json::{Value as Json, json};

/// Minutes after which somebody answers a text.
const TEXT_MINUTES: i64 = 15;
/// Minutes after which somebody opens the page who does so soon.
const PAGE_MINUTES: i64 = 45;
/// The key by which somebody says who they are.
const IDENTIFIES: &str = "1";
/// What a key that answers leads to begins with.
const MARK: &str = "answer:";

/// How an answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// By text, to the field that the text asks.
    Text,
    /// On the page: all that is asked.
    Page,
    /// On the page, and they leave it after the first question.
    PageOnce,
}

/// A question that somebody is about to answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answering {
    /// Of which asking.
    pub ask: Id,
    /// How.
    pub how: How,
    /// It may be left out, and they do not leave it out.
    pub fills: bool,
}

impl World<'_> {
    /// The question that waits for an answer, by what is looked for.
    fn open_ask(&self, is: impl Fn(&Asking) -> bool) -> Option<(&Question, Asking)> {
        self.line.journeys.iter().find_map(|walking| {
            let pathway = self.env.setup.versions.get(&walking.row.version)?;
            let open = walking.state.as_ref()?.asking(pathway, walking.row.id);
            let found = open.into_iter().find(|a| is(a) && a.deadline.is_none_or(|at| at > self.now))?;
            Some((pathway.question(&found.question)?, found))
        })
    }

    /// The question and the field that an asking waits for.
    fn open_field(&self, ask: Id) -> Option<(&Question, &Field, Asking)> {
        let (question, asking) = self.open_ask(|a| a.ask == ask)?;
        let field = question.form.fields.get(asking.open()?)?;
        Some((question, field, asking))
    }

    /// The name of an asking, the same for all whom it asks: for [`World::outlook`].
    pub(super) fn ask_name(&self, ask: Id) -> String {
        self.open_ask(|a| a.ask == ask).map(|(_, a)| format!("{} {}", a.step, a.question)).unwrap_or_default()
    }

    /// A message arrived that asks: whether and how it is answered is left to chance. `false`: it asks nothing.
    pub(super) fn is_asked(&mut self, message: &Message) -> bool {
        let Some((_, asking)) = self.open_ask(|a| a.reach == message.reach) else { return false };
        self.asks.push_back(match message.channel {
            Channel::Sms => Ask::ByText(asking.ask),
            _ => Ask::OnPage(asking.ask),
        });
        true
    }

    /// What the question is drawn under.
    pub(super) fn answer_draw(&self, ask: &Ask) -> Option<(String, &'static str)> {
        match ask {
            // Somebody else has the number, and nobody tells them what it is about.
            Ask::ByText(_) if self.seen.stranger == Some(true) => None,
            Ask::ByText(ask) => {
                let (question, field, _) = self.open_field(*ask)?;
                Some((format!("{} {}", question.name, field.name), "ask_text"))
            }
            Ask::OnPage(ask) => Some((self.open_field(*ask)?.0.name.clone(), "ask_page")),
            Ask::ByKeys(message, None) => Some((message.words.clone(), "ask_keys")),
            Ask::ByKeys(message, Some(pressed)) => {
                let Content::Voice { call } = &message.content else { return None };
                let name = keyed(call, pressed)?.0;
                let (question, _) = self.open_ask(|a| a.reach == message.reach)?;
                let field = question.form.fields.iter().find(|f| f.name == name)?;
                Some((format!("{} {name}", question.name), self.by_type(field)))
            }
            Ask::Answers(answering) => {
                let (question, field, _) = self.open_field(answering.ask)?;
                let detail = format!("{} {}", question.name, field.name);
                let may_skip = asking::is_optional(question, field) && !answering.fills;
                Some((detail, if may_skip { "ask_optional" } else { self.by_type(field) }))
            }
            _ => None,
        }
    }

    /// The draw of a field.
    fn by_type(&self, field: &Field) -> &'static str {
        if self.known(field).is_some() {
            return "ask_known";
        }
        match &field.answer {
            Answer::Bool => "ask_yes_no",
            Answer::Number { .. } => "ask_number",
            Answer::Choice { .. } => "ask_choice",
            Answer::Text => "ask_words",
        }
    }

    /// What is answered when all is well and when something is not, where the population says so of this question.
    fn known(&self, field: &Field) -> Option<(Value, Value)> {
        let found = self.env.population.answers.get(&field.name).filter(|f| f.well != f.danger)?;
        let read = |said: &str| {
            let value = match &field.answer {
                Answer::Bool => Value::Bool(said == "yes"),
                Answer::Number { .. } => Value::Number(said.parse().ok()?),
                Answer::Choice { .. } => Value::Text(said.to_owned()),
                Answer::Text => return None,
            };
            asking::fits(field, &value).then_some(value)
        };
        Some((read(&found.well)?, read(&found.danger)?))
    }

    /// What an outcome answers to a field.
    fn answer(&self, field: &Field, outcome: &str) -> Value {
        if let Some((well, danger)) = self.known(field) {
            return if outcome == "danger" { danger } else { well };
        }
        match &field.answer {
            Answer::Bool => Value::Bool(outcome == "yes"),
            Answer::Number { min, max } => {
                let part = ["least", "low", "middle", "high", "greatest"].iter().position(|name| *name == outcome);
                let parts = f64::from(u8::try_from(part.unwrap_or_default()).unwrap_or_default());
                let whole = (min + (max - min) * parts / 4.0).floor();
                Value::Number(if whole < *min { *min } else { whole })
            }
            Answer::Choice { options } => {
                let at = match outcome {
                    "second" => 1,
                    "third" => 2,
                    "last" => options.len(),
                    _ => 0,
                };
                let option = options.get(at).or(options.last());
                Value::Text(option.map(|(value, _)| value.clone()).unwrap_or_default())
            }
            Answer::Text => {
                let what = if outcome == "well" { "all is well" } else { outcome };
                Value::Text(words(what, self.stay.profile.language).to_owned())
            }
        }
    }

    /// Acts on the outcome of a question about an answer.
    pub(super) fn take_answer(&mut self, ask: Ask, outcome: &str, tally: &mut Tally, many: u64) -> Result<(), String> {
        match ask {
            Ask::ByText(ask) => match outcome {
                "answers" => self.plan(self.now.plus_ms(TEXT_MINUTES * MINUTE_MS), Event::Answers(ask, How::Text)),
                "says_else" => self.plan(self.now.plus_ms(TEXT_MINUTES * MINUTE_MS), Event::Writes("question")),
                _ => {}
            },
            Ask::OnPage(ask) => {
                let soon = self.now.plus_ms(PAGE_MINUTES * MINUTE_MS);
                match outcome {
                    "answers_soon" => self.plan(soon, Event::Answers(ask, How::Page)),
                    "answers_next_day" => {
                        self.plan(soon.plus_days_in(1, &self.env.zone), Event::Answers(ask, How::Page));
                    }
                    "breaks_off" => self.plan(soon, Event::Answers(ask, How::PageOnce)),
                    _ => {}
                }
            }
            Ask::ByKeys(message, None) => {
                let pressed = IDENTIFIES.to_owned();
                match outcome {
                    "answers" => self.asks.push_front(Ask::ByKeys(message, Some(pressed))),
                    _ => return self.call_heard(&message, &pressed, tally, many),
                }
            }
            Ask::ByKeys(message, Some(pressed)) => return self.presses(message, pressed, outcome, tally, many),
            Ask::Answers(answering) => return self.answers_now(answering, outcome, tally, many),
            _ => {}
        }
        Ok(())
    }

    /// The key of one answer, and on to what is asked next; the call is over when nothing is.
    fn presses(
        &mut self,
        message: Box<Message>,
        mut pressed: String,
        outcome: &str,
        tally: &mut Tally,
        many: u64,
    ) -> Result<(), String> {
        let Content::Voice { call } = &message.content else { return Ok(()) };
        let key = keyed(call, &pressed).and_then(|(name, keys)| {
            let (question, _) = self.open_ask(|a| a.reach == message.reach)?;
            let field = question.form.fields.iter().find(|f| f.name == name)?;
            let json = to_json(&self.answer(field, outcome));
            let mark = |json: &Json| format!("{MARK}{name}={json}");
            keys.iter().find(|(_, what)| *what == mark(&json)).or(keys.first()).map(|(key, _)| *key)
        });
        match key {
            Some(key) => {
                pressed.push(key);
                self.asks.push_front(Ask::ByKeys(message, Some(pressed)));
                Ok(())
            }
            None => self.call_heard(&message, &pressed, tally, many),
        }
    }

    fn call_heard(&mut self, message: &Message, pressed: &str, tally: &mut Tally, many: u64) -> Result<(), String> {
        let Content::Voice { call } = &message.content else { return Ok(()) };
        let items = super::receipts::called(message, call, Some(pressed), self.now);
        self.hear(items, tally, many)
    }

    /// One answer is given; on the page the next question follows when there is one.
    fn answers_now(&mut self, of: Answering, outcome: &str, tally: &mut Tally, many: u64) -> Result<(), String> {
        let Some((question, field, asking)) = self.open_field(of.ask) else { return Ok(()) };
        if outcome == "fills_it_in" {
            self.asks.push_front(Ask::Answers(Answering { fills: true, ..of }));
            return Ok(());
        }
        let value = if outcome == "leaves_out" { asking::left_out() } else { self.answer(field, outcome) };
        let item = match of.how {
            How::Text => {
                let text = said(field, &value, self.stay.profile.language);
                super::receipts::written(self.person(), &self.stay.phone(), &text, self.now)
            }
            How::Page | How::PageOnce => {
                let given = if asking::is_left_out(&value) { Json::Null } else { to_json(&value) };
                let body = json!({"ask": asking.ask, "journey": asking.journey, "question": question.name,
                    "channel": "portal", "answers": {field.name.clone(): given}});
                let key = format!("{} {} {}", asking.ask, field.name, self.now);
                let fact = Fact::own("answers.received", &key, self.person(), self.now, body).by(Actor::Patient);
                Item::own(self.person(), fact)
            }
        };
        let before = asking.open();
        self.hear(vec![item], tally, many)?;
        let went_on = self.open_field(of.ask).is_some_and(|(_, _, asking)| asking.open() != before);
        if of.how == How::Page && went_on {
            self.asks.push_front(Ask::Answers(Answering { fills: false, ..of }));
        }
        Ok(())
    }
}

/// Whether a call asks for keys that are answers.
pub(super) fn asks_for_keys(message: &Message) -> bool {
    let Content::Voice { call } = &message.content else { return false };
    call.script.iter().any(|step| matches!(step, CallStep::Mark { what } if what.starts_with(MARK)))
}

/// The question that a call asks when these keys were pressed: its field, and its keys with what they mark.
fn keyed(call: &Call, pressed: &str) -> Option<(String, Vec<(char, String)>)> {
    let mut walk = Walk::new(call);
    let mut heard = walk.next(None);
    for key in pressed.chars() {
        heard = walk.next(Some(key));
    }
    let Some(Said::Ask { text: asked, .. }) = heard.last() else { return None };
    let marked = |to: usize| match call.script.get(to) {
        Some(CallStep::Mark { what }) if what.starts_with(MARK) => Some(what.clone()),
        _ => None,
    };
    call.script.iter().find_map(|step| {
        let CallStep::Ask { text, keys, .. } = step else { return None };
        if text != asked {
            return None;
        }
        let keys: Option<Vec<(char, String)>> = keys.iter().map(|(key, to)| Some((*key, marked(*to)?))).collect();
        let keys = keys?;
        let field = keys.first()?.1.strip_prefix(MARK)?.split('=').next()?.to_owned();
        Some((field, keys))
    })
}

/// An answer as facts have it.
fn to_json(value: &Value) -> Json {
    match value {
        Value::Bool(yes) => json!(yes),
        Value::Number(n) if n.fract() == 0.0 && n.abs() < 1e9 => json!(*n as i64),
        Value::Number(n) => json!(n),
        Value::Text(text) => json!(text),
        _ => Json::Null,
    }
}

/// An answer as somebody texts it.
fn said(field: &Field, value: &Value, language: &str) -> String {
    let spanish = language == "es";
    if asking::is_left_out(value) {
        return if spanish { "OMITIR" } else { "SKIP" }.to_owned();
    }
    match (&field.answer, value) {
        (_, Value::Bool(true)) => if spanish { "SÍ" } else { "YES" }.to_owned(),
        (_, Value::Bool(false)) => "NO".to_owned(),
        (_, Value::Number(n)) => n.to_string(),
        (Answer::Choice { options }, Value::Text(chosen)) => {
            let letter = options.iter().zip('A'..='Z').find(|((value, _), _)| value == chosen);
            letter.map_or_else(|| chosen.clone(), |(_, letter)| letter.to_string())
        }
        (_, Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

/// Somebody begins to answer.
pub(super) fn begins(world: &mut World<'_>, ask: Id, how: How) {
    if world.seen.gone || (how == How::Text && !world.stay.profile.has_mobile()) {
        return;
    }
    world.asks.push_back(Ask::Answers(Answering { ask, how, fills: false }));
}

/// Counts what was answered.
pub(super) fn count(fact: &Fact, tally: &mut Tally, many: u64) {
    let name = match (fact.kind.as_str(), fact.text("channel").unwrap_or_default()) {
        ("answer.given", "sms") => "answers by text",
        ("answer.given", "voice") => "answers by keys",
        ("answer.given", _) => "answers on the page",
        ("answer.not_understood", _) => "answers that were not understood",
        ("questionnaire.missed", _) => "questions left unanswered",
        ("questionnaire.answered", _) if fact.body["stopped"] == json!(true) => "questions that stopped early",
        ("questionnaire.answered", _) => "questions answered to the end",
        _ => return,
    };
    tally.add(Key::Count(name), many);
}

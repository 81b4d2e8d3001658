//! Steps that wait for the person: `ask`, and a `reach` that says what counts.
//!
//! A question is put by a reach; its answers come as facts (`answer.given`, `answer.not_understood`), whatever
//! the channel. What a text means is told before, where it is heard: here answers only have to fit. On a channel
//! of texts one question follows the other; the reach that asked last is the one that waits.
//!
//! Invariants: a person is asked one question at a time, so a second `ask` waits for its turn, and its deadline
//! goes on meanwhile; an answer that does not fit is kept on the line and changes nothing here. An answer that
//! `stop_when` names ends the question at once; what came together with it (a page, a call) counts first.

use crate::engine::{Flow, Run};
use crate::facts::goto;
use crate::state::{Answered, Frame, Item, Key, State, Strand, Wait};
use crate::steps::Words;
use crate::{Answers, Effect, ReachIntent, Way};
use model::prompt::Field;
use model::time::DAY_MS;
use model::value::Kind;
use model::{At, Channel, EffectId, Fact, Id, JourneyId, MessageId, Value};
use pathway::ast::{Question, Step, StepIx, Success, Verb};
use pathway::expr::Expr;
use pathway::{Pathway, Scope};
use serde_json::Value as Json;

/// How long a question of a text may be sent, when its deadline is not known.
const VALID_MS: i64 = DAY_MS;
/// Tries of one channel of a reach, at most: their ids are looked for.
const TRIES_MAX: u8 = 8;
/// What the words of a question are called behind its field when it is put once more: what came was no answer.
const AGAIN: &str = ".again";
/// The same after a picture or a file, which nobody sees here.
const PICTURE: &str = ".picture";
/// What answers are bound beside their fields: whether all of them were given.
const COMPLETE: &str = "complete";

/// A question that waits for answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Asking {
    /// Of this asking, for ever the same.
    pub ask: Id,
    /// The journey.
    pub journey: JourneyId,
    /// Its step.
    pub step: String,
    /// Name of the question in the pathway.
    pub question: String,
    /// The reach that asked last.
    pub reach: EffectId,
    /// What was answered so far, in the order of the fields; [`Value::Unknown`] for what was not.
    pub given: Vec<Value>,
    /// Answers count until then.
    pub deadline: Option<At>,
    /// How often the open field may still be asked again.
    pub again_left: u16,
    /// The first field that was not answered and is asked of who answered so.
    pub next: Option<usize>,
}

impl Asking {
    /// The first field that was not answered and is asked of who answered so.
    pub fn open(&self) -> Option<usize> {
        self.next
    }
}

impl State {
    /// The questions that wait for answers.
    pub fn asking(&self, pathway: &Pathway, journey: JourneyId) -> Vec<Asking> {
        let ended = self.ended.is_some();
        self.strands.iter().filter(|_| !ended).filter_map(|s| asking(s, pathway, journey)).collect()
    }

    /// What was answered to a question when it was last over, in the order of its fields.
    pub fn answered(&self, pathway: &Pathway, question: &str) -> Option<&[Value]> {
        let asks = |a: &&Answered| {
            let verb = pathway.step(a.step).map(|s| &s.verb);
            matches!(verb, Some(Verb::Ask { question: name, .. }) if name == question)
        };
        self.answers.iter().rev().find(asks).map(|a| a.values.as_slice())
    }
}

/// The question that a strand waits at.
fn asking(strand: &Strand, pathway: &Pathway, journey: JourneyId) -> Option<Asking> {
    let step = pathway.step(strand.step)?;
    let (Wait::Asked { key, since, deadline, again, answers }, Verb::Ask { question, again_max, .. }) =
        (&strand.wait, &step.verb)
    else {
        return None;
    };
    Some(Asking {
        ask: ask_id(journey, &step.name, &strand.frames, *since),
        journey,
        step: step.name.clone(),
        question: question.clone(),
        reach: key.id(journey),
        given: answers.clone(),
        deadline: *deadline,
        again_left: again_max.saturating_sub(*again),
        next: open_of(pathway, question, answers),
    })
}

fn ask_id(journey: JourneyId, step: &str, frames: &[Frame], since: At) -> Id {
    let mut rounds = String::new();
    for frame in frames {
        let item = match &frame.item {
            Item::Id(id) => id.clone(),
            Item::Date(date) => date.to_string(),
            Item::Strand(place) => place.to_string(),
        };
        rounds.push_str(&format!("{}:{item};", frame.step));
    }
    Id::of(&[b"ask", &journey.0.bytes(), step.as_bytes(), rounds.as_bytes(), &since.0.to_be_bytes()])
}

fn open_of(pathway: &Pathway, question: &str, values: &[Value]) -> Option<usize> {
    pathway.question(question).and_then(|question| pathway::asking::open(question, values))
}

/// Answers as they are bound to the question's name.
pub fn bound(pathway: &Pathway, question: &str, values: &[Value]) -> Vec<(String, Value)> {
    let mut out = given(pathway, question, values);
    out.push((COMPLETE.into(), Value::Bool(open_of(pathway, question, values).is_none())));
    out
}

/// Whether these answers stop a question, whose `stop_when` names nothing else. What was left out, or is asked no more
/// of who answered so, is unknown.
pub fn stopped_by(when: &Expr, question: &Question, values: &[Value]) -> bool {
    let given = pathway::asking::given(question, values);
    let value = |f: &Field| given.iter().find(|(name, _)| *name == f.name).map(|(_, v)| v.clone()).unwrap_or_default();
    let values: Vec<Value> = question.form.fields.iter().map(value).collect();
    would_stop(when, question, &values)
}

/// The same of answers that came without those before them: each counts, whatever it depends on.
pub fn would_stop(when: &Expr, question: &Question, values: &[Value]) -> bool {
    let told = |v: &Value| if pathway::asking::is_left_out(v) { Value::Unknown } else { v.clone() };
    let values: Vec<Value> = values.iter().map(told).collect();
    when.eval(&Own { question: &question.name, fields: &question.form.fields, values: &values }) == Value::Bool(true)
}

/// A scope of one question's answers.
struct Own<'a> {
    question: &'a str,
    fields: &'a [Field],
    values: &'a [Value],
}

impl Scope for Own<'_> {
    fn get(&self, path: &[String]) -> Value {
        let [root, field] = path else { return Value::Unknown };
        let at = self.fields.iter().position(|f| f.name == *field).filter(|_| root == self.question);
        at.and_then(|at| self.values.get(at)).cloned().unwrap_or_default()
    }
    fn items(&self, _: &[String]) -> Vec<String> {
        Vec::new()
    }
    fn bind(&self, _: &str, _: Kind, _: &str) -> Box<dyn Scope + '_> {
        Box::new(Own { ..*self })
    }
}

fn given(pathway: &Pathway, question: &str, values: &[Value]) -> Answers {
    pathway.question(question).map(|q| pathway::asking::given(q, values)).unwrap_or_default()
}

/// An answer as a fact has it.
fn value(json: Option<&Json>) -> Value {
    match json {
        Some(Json::Bool(b)) => Value::Bool(*b),
        Some(Json::Number(n)) => n.as_f64().map_or(Value::Unknown, Value::Number),
        Some(Json::String(s)) => Value::Text(s.clone()),
        _ => Value::Unknown,
    }
}

/// How a question is over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    /// All that is asked of who answered so was answered.
    All,
    /// An answer says that the rest can wait.
    Stopped,
    Missed,
}

impl<'a> Run<'a> {
    /// Asks, when nothing else is asked of the person; else waits for its turn.
    pub fn arrive_ask(&mut self, strand: &mut Strand, step: &'a Step) -> Flow {
        strand.wait = Wait::Fact { since: self.cx.now, deadline: None };
        self.asked(strand, step)
    }

    /// Looks whether it is its turn, or its deadline is over.
    pub fn asked(&mut self, strand: &mut Strand, step: &'a Step) -> Flow {
        let Verb::Ask { deadline, question, .. } = &step.verb else { return Flow::Stay };
        let Some(since) = strand.wait.since() else { return Flow::Stay };
        let planned = self.plan(deadline, since, strand, step);
        // Of answers that come together none is lost to a deadline between them.
        if planned.is_some_and(|at| at <= self.cx.now) && !self.more {
            self.note("ask:missed", &step.name);
            return Flow::Go(self.close_question(strand, step, Close::Missed));
        }
        if let Wait::Asked { deadline, .. } = &mut strand.wait {
            *deadline = planned;
            // Another version may stop at what was answered before; of answers that come together each is a fact.
            if !self.heard && self.stops(strand, step) {
                self.note("ask:stopped", &step.name);
                return Flow::Go(self.close_question(strand, step, Close::Stopped));
            }
            return Flow::Stay;
        }
        let fields = self.pathway.question(question).map_or(0, |q| q.form.fields.len());
        if self.cx.asked || self.slots.iter().flatten().any(|s| matches!(s.wait, Wait::Asked { .. })) {
            self.note("ask:waits", &step.name);
            strand.wait = Wait::Fact { since, deadline: planned };
            return Flow::Stay;
        }
        self.forget(strand);
        let key = self.put(strand, step, planned, None);
        let answers = vec![Value::Unknown; fields];
        strand.wait = Wait::Asked { key, since, deadline: planned, again: 0, answers };
        Flow::Stay
    }

    /// Puts a question: the first with its words over the whole ladder, a further field ([`AGAIN`], [`PICTURE`]: once more) by
    /// text, as the answer to what the person wrote.
    fn put(&mut self, strand: &Strand, step: &Step, deadline: Option<At>, further: Option<(&str, &str)>) -> Key {
        let (key, id) = self.effect();
        let Verb::Ask { question, words, purpose, by, .. } = &step.verb else { return key };
        let valid_until = deadline.unwrap_or(self.cx.now.plus_ms(VALID_MS));
        let (words, by) = match further {
            None => (words.clone(), by.clone()),
            Some((field, more)) => {
                let by = by.iter().filter(|(c, _)| *c == Channel::Sms).copied().collect();
                (format!("{question}.{field}{more}"), by)
            }
        };
        self.pending(key, valid_until, &strand.frames);
        self.note("ask:put", &format!("{} {words}", step.name));
        self.effects.push(Effect::Reach(ReachIntent {
            id,
            step: step.name.clone(),
            words,
            purpose: *purpose,
            by,
            valid_until,
            urgent: false,
            until: None,
            bindings: self.bindings(&strand.frames),
            cause: strand.cause.map(|fact| fact.to_string()),
        }));
        key
    }

    /// An answer, or a text that was none.
    pub fn fact_for_question(&mut self, slot: usize, step: &'a Step, fact: &Fact) {
        let given = match fact.kind.as_str() {
            "answer.given" => true,
            "answer.not_understood" => false,
            _ => return,
        };
        let Some(strand) = &self.slots[slot] else { return };
        let Some(open) = asking(strand, self.pathway, self.cx.journey) else { return };
        if fact.text("ask") != Some(open.ask.to_string().as_str()) {
            return;
        }
        let Some(question) = self.pathway.question(&open.question) else { return };
        let Some(at) = question.form.fields.iter().position(|f| Some(f.name.as_str()) == fact.text("field")) else {
            return;
        };
        let Some(mut strand) = self.slots[slot].take() else { return };
        let to = match given {
            true => self.take_answer(&mut strand, step, (question, at), fact),
            false => self.ask_again(&mut strand, step, (question, at), fact),
        };
        self.slots[slot] = Some(strand);
        if let Some(to) = to {
            self.send(slot, to);
        }
    }

    /// Where the strand goes on; `None`: it stays.
    fn take_answer(
        &mut self,
        strand: &mut Strand,
        step: &'a Step,
        (question, at): (&Question, usize),
        fact: &Fact,
    ) -> Option<Option<StepIx>> {
        let Wait::Asked { again, answers, .. } = &mut strand.wait else { return None };
        let value = value(fact.body.get("value"));
        if !pathway::asking::answers(question, &question.form.fields[at], &value) {
            return None;
        }
        if let Some(slot) = answers.get_mut(at) {
            *slot = value;
            *again = 0;
        }
        let Some(next) = pathway::asking::open(question, answers) else {
            return Some(self.close_question(strand, step, Close::All));
        };
        if fact.flag("more") != Some(true) && self.stops(strand, step) {
            self.note("ask:stopped", &step.name);
            return Some(self.close_question(strand, step, Close::Stopped));
        }
        let Wait::Asked { deadline, .. } = &strand.wait else { return None };
        // A page and a call ask all there is; after a danger nothing more is asked by machine.
        let by_text = fact.text("channel") == Some(Channel::Sms.name());
        if by_text && fact.flag("hold") != Some(true) {
            let deadline = *deadline;
            let field = &question.form.fields[next].name;
            let put = self.put(strand, step, deadline, Some((field, "")));
            if let Wait::Asked { key, .. } = &mut strand.wait {
                *key = put;
            }
        }
        None
    }

    /// Whether what was answered so far is enough to go on at once. What is unknown is not.
    fn stops(&self, strand: &Strand, step: &Step) -> bool {
        let (Wait::Asked { answers, .. }, Verb::Ask { question, stop_when: Some(when), .. }) =
            (&strand.wait, &step.verb)
        else {
            return false;
        };
        self.pathway.question(question).is_some_and(|question| stopped_by(when, question, answers))
    }

    fn ask_again(
        &mut self,
        strand: &mut Strand,
        step: &'a Step,
        (question, at): (&Question, usize),
        fact: &Fact,
    ) -> Option<Option<StepIx>> {
        let Verb::Ask { again_max, .. } = &step.verb else { return None };
        let Wait::Asked { deadline, again, .. } = &mut strand.wait else { return None };
        if *again >= *again_max {
            self.note("ask:not_understood", &step.name);
            return Some(self.close_question(strand, step, Close::Missed));
        }
        *again += 1;
        let deadline = *deadline;
        let more = if fact.flag("picture") == Some(true) { PICTURE } else { AGAIN };
        let put = self.put(strand, step, deadline, Some((&question.form.fields[at].name, more)));
        if let Wait::Asked { key, .. } = &mut strand.wait {
            *key = put;
        }
        None
    }

    /// The question is over; where that leads.
    fn close_question(&mut self, strand: &Strand, step: &'a Step, how: Close) -> Option<StepIx> {
        let Verb::Ask { question, answered, missed, .. } = &step.verb else { return step.next };
        let all = how != Close::Missed;
        self.pass(strand, step, if all { Way::Found } else { Way::Missed });
        let (values, since) = match &strand.wait {
            Wait::Asked { key, since, answers, .. } => {
                let effects = vec![key.id(self.cx.journey)];
                let reason = if all { "questionnaire.answered" } else { "questionnaire.missed" };
                self.effects.push(Effect::Withdraw { effects, reason: reason.into() });
                (answers.clone(), *since)
            }
            other => (Vec::new(), other.since().unwrap_or(self.cx.now)),
        };
        let outcome = if all { COMPLETE } else { "" };
        self.effects.push(Effect::Asked {
            ask: ask_id(self.cx.journey, &step.name, &strand.frames, since),
            step: step.name.clone(),
            question: question.clone(),
            answers: given(self.pathway, question, &values),
            all,
            stopped: how == Close::Stopped,
        });
        self.forget(strand);
        self.state.answers.push(Answered {
            step: strand.step,
            frames: strand.frames.clone(),
            outcome: outcome.into(),
            values,
        });
        self.freed = true;
        goto(if all { *answered } else { *missed }, step)
    }

    /// A question goes with its round: the line hears that it is over, and whoever waits for its turn has it now.
    pub fn drop_question(&mut self, strand: &Strand) {
        let Wait::Asked { since, answers, .. } = &strand.wait else { return };
        let Some(step) = self.pathway.step(strand.step) else { return };
        let Verb::Ask { question, .. } = &step.verb else { return };
        self.effects.push(Effect::Asked {
            ask: ask_id(self.cx.journey, &step.name, &strand.frames, *since),
            step: step.name.clone(),
            question: question.clone(),
            answers: given(self.pathway, question, answers),
            all: false,
            stopped: false,
        });
        self.freed = true;
    }

    /// Wants something got across, and waits for what counts.
    pub fn arrive_reach(&mut self, strand: &mut Strand, step: &'a Step) -> Flow {
        let Verb::Reach { words, purpose, by, valid_ms, urgent, until, got, .. } = &step.verb else {
            return Flow::Stay;
        };
        let valid_until = self.cx.now.plus_ms(*valid_ms);
        let words = Words { words, purpose: *purpose, by, valid_until, urgent: *urgent };
        match self.reach(strand, step, &words, until.as_ref()) {
            Some(key) => {
                strand.wait = Wait::Reached { key, until: valid_until };
                Flow::Stay
            }
            // What makes it pointless is there already.
            None => {
                self.pass(strand, step, Way::Found);
                Flow::Go(goto(*got, step))
            }
        }
    }

    /// Looks whether it has become pointless, or its time is over.
    pub fn reached(&mut self, strand: &mut Strand, step: &'a Step) -> Flow {
        let (Wait::Reached { until: over, .. }, Verb::Reach { until, got, not, .. }) = (&strand.wait, &step.verb)
        else {
            return Flow::Stay;
        };
        if until.as_ref().is_some_and(|pattern| self.already(pattern, &strand.frames)) {
            self.pass(strand, step, Way::Found);
            return Flow::Go(goto(*got, step));
        }
        if self.cx.now > *over {
            self.note("reach:not", &step.name);
            self.pass(strand, step, Way::Missed);
            return Flow::Go(goto(*not, step));
        }
        Flow::Stay
    }

    /// A receipt, a reply, the end of the reach, or what makes it pointless.
    pub fn fact_for_reach(&mut self, slot: usize, step: &'a Step, fact: &Fact) {
        let Some(strand) = &self.slots[slot] else { return };
        let (Wait::Reached { key, .. }, Verb::Reach { success: Some(success), until, by, got, not, .. }) =
            (&strand.wait, &step.verb)
        else {
            return;
        };
        let id = key.id(self.cx.journey);
        let pointless = until.as_ref().is_some_and(|pattern| self.matches(pattern, &strand.frames, fact));
        let Some(succeeded) = pointless.then_some(true).or_else(|| counts(*success, fact, id, by.len())) else {
            return;
        };
        let strand = strand.clone();
        let (code, way, to) =
            if succeeded { ("reach:got", Way::Found, *got) } else { ("reach:not", Way::Missed, *not) };
        self.note(code, &format!("{} {}", step.name, fact.id));
        self.pass(&strand, step, way);
        self.send(slot, goto(to, step));
    }
}

/// Whether a fact makes a reach a success (or, `false`, says that it will be none); `None`: it says neither.
fn counts(success: Success, fact: &Fact, reach: EffectId, rungs: usize) -> Option<bool> {
    let own = fact.text("reach") == Some(reach.to_string().as_str());
    if fact.kind == "reach.ended" && own {
        return match (fact.text("how"), success) {
            // Without a point it is because they were told already, by another reach.
            (Some("delivered" | "pointless"), Success::Delivered) => Some(true),
            // Nothing was sent, so nothing can be read or answered. What is to be done may be done all the same.
            (Some("refused" | "withdrawn"), Success::Delivered | Success::Read | Success::Answered) => Some(false),
            (Some("exhausted" | "expired"), Success::Delivered) => Some(false),
            _ => None,
        };
    }
    let marked = |mark: &str| {
        let marks = fact.body.get("marks").and_then(Json::as_array);
        marks.is_some_and(|marks| marks.iter().any(|m| m.as_str() == Some(mark)))
    };
    match (success, fact.kind.as_str()) {
        (Success::Read, "message.read") => of_reach(fact, reach, rungs).then_some(true),
        (Success::Read, "call.heard" | "call.ended") => {
            (marked("identified") && of_reach(fact, reach, rungs)).then_some(true)
        }
        (Success::Answered, "call.heard" | "call.ended") => {
            (marked("callback") && of_reach(fact, reach, rungs)).then_some(true)
        }
        (Success::Answered, "reply.classified") if own => {
            (!matches!(fact.text("class"), Some("stop" | "wrong_number"))).then_some(true)
        }
        _ => None,
    }
}

/// Whether a fact is about a message of this reach: a message's id follows from its reach, rung and try.
fn of_reach(fact: &Fact, reach: EffectId, rungs: usize) -> bool {
    let Some(message) = fact.text("message").and_then(|t| t.parse::<MessageId>().ok()) else { return false };
    let rungs = u8::try_from(rungs).unwrap_or(u8::MAX);
    let id = |place: u8, tries: u8| MessageId::of(&[&reach.0.bytes(), &[place], &[tries]]);
    (0..rungs).any(|place| (0..TRIES_MAX).any(|tries| id(place, tries) == message))
}

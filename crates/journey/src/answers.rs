//! Answers of a form: read from the fact, bound to the prompt's name.

use crate::inside;
use crate::state::{Answered, Frame};
use crate::view::Named;
use model::prompt::{Answer, Form, Outcome};
use model::{Fact, Value};
use pathway::Pathway;
use pathway::ast::{PromptStep, Verb};
use serde_json::Value as Json;

/// The answers that `fact` gives to the questions of `form`, in their order. A field that was left
/// empty, or is answered in another type, is unknown.
pub fn read(form: Option<&Form>, fact: &Fact) -> Vec<Value> {
    let given = fact.body.get("answers");
    let field = |f: &model::prompt::Field| match given.and_then(|a| a.get(&f.name)) {
        Some(json) => value(&f.answer, json),
        None => Value::Unknown,
    };
    form.map(|form| form.fields.iter().map(field).collect()).unwrap_or_default()
}

fn value(answer: &Answer, json: &Json) -> Value {
    match (answer, json) {
        (Answer::Bool, Json::Bool(b)) => Value::Bool(*b),
        (Answer::Bool, Json::String(s)) => s.parse().map_or(Value::Unknown, Value::Bool),
        (Answer::Number { .. }, Json::Number(n)) => number(n.as_f64()),
        (Answer::Number { .. }, Json::String(s)) => number(s.trim().parse().ok()),
        (Answer::Text | Answer::Choice { .. }, Json::String(s)) if !s.is_empty() => Value::Text(s.clone()),
        _ => Value::Unknown,
    }
}

fn number(n: Option<f64>) -> Value {
    n.filter(|n| n.is_finite()).map_or(Value::Unknown, Value::Number)
}

/// The answers that a strand inside of `frames` may name: see [`inside::sees`].
pub fn visible(pathway: &Pathway, answers: &[Answered], frames: &[Frame]) -> Named {
    let one = |a: &Answered| match pathway.step(a.step).map(|s| &s.verb) {
        Some(Verb::Prompt(prompt)) => Some((prompt.name.clone(), fields(pathway, prompt, a))),
        Some(Verb::Ask { question, .. }) => {
            Some((question.clone(), crate::asking::bound(pathway, question, &a.values)))
        }
        Some(Verb::Call { service, .. }) => {
            pathway.service(service).map(|s| (service.clone(), crate::calls::bound(s, &a.values)))
        }
        _ => None,
    };
    answers.iter().filter(|a| inside::sees(pathway, frames, &a.frames)).filter_map(one).collect()
}

/// `outcome` and `reached`, unless the form asks for them itself, and the form's fields.
fn fields(pathway: &Pathway, prompt: &PromptStep, answered: &Answered) -> Vec<(String, Value)> {
    let form = prompt.form.as_deref().and_then(|name| pathway.form(name));
    let names = form.into_iter().flat_map(|f| f.fields.iter().map(|f| f.name.clone()));
    let mut out: Vec<(String, Value)> =
        names.zip(answered.values.iter().cloned()).filter(|(_, v)| *v != Value::Unknown).collect();
    out.push(("outcome".into(), Value::text(Some(&answered.outcome).filter(|o| !o.is_empty()))));
    out.push(("reached".into(), Value::from(Outcome::named(&answered.outcome).map(Outcome::reached))));
    out
}

//! What was answered as the items of a FHIR R4 `QuestionnaireResponse`.
//!
//! Invariants: each answer has the type that its Questionnaire asks for; items stand in the groups that they stand in
//! there; what was left out or was never asked is not in it.

use journey::Answers;
use model::Value;
use model::prompt::{Answer, Field};
use pathway::asking;
use pathway::ast::{ItemRule, Question};
use serde_json::{Value as Json, json};

/// The items, in the order of the questions.
pub(crate) fn items(question: &Question, answers: &Answers) -> Vec<Json> {
    let mut items = Vec::new();
    for (name, value) in answers {
        let Some(field) = question.form.fields.iter().find(|f| f.name == *name) else { continue };
        let rule = question.items.iter().find(|rule| rule.field == *name);
        let Some(answer) = typed(question, field, rule, value) else { continue };
        let link = question.links.iter().find(|(f, _)| f == name).map_or(name.as_str(), |(_, link)| link);
        let item = json!({"linkId": link, "text": field.label, "answer": [answer]});
        place(&mut items, rule.map(|rule| rule.inside.as_slice()).unwrap_or_default(), item);
    }
    items
}

/// Puts an item into its groups; a group stands where its first answered item does.
fn place(items: &mut Vec<Json>, groups: &[String], item: Json) {
    let Some((group, rest)) = groups.split_first() else { return items.push(item) };
    let at = items.iter().position(|i| i["linkId"] == **group).unwrap_or_else(|| {
        items.push(json!({"linkId": group, "item": []}));
        items.len() - 1
    });
    let inner = items.get_mut(at).and_then(|found| found["item"].as_array_mut());
    if let Some(inner) = inner {
        place(inner, rest, item);
    }
}

/// An answer as its type has it.
fn typed(question: &Question, field: &Field, rule: Option<&ItemRule>, value: &Value) -> Option<Json> {
    Some(match (&field.answer, value) {
        (Answer::Choice { .. }, Value::Text(chosen)) => {
            let coding = rule.and_then(|rule| rule.codings.iter().find(|(value, ..)| value == chosen));
            let display = asking::shown(question, field, value, "");
            match coding {
                Some((_, system, code)) if !system.is_empty() => {
                    json!({"valueCoding": {"system": system, "code": code, "display": display}})
                }
                Some((_, _, code)) => json!({"valueCoding": {"code": code, "display": display}}),
                None => json!({"valueCoding": {"code": chosen, "display": display}}),
            }
        }
        (_, Value::Bool(yes)) => json!({"valueBoolean": yes}),
        (_, Value::Number(n)) => {
            // What is no Questionnaire of somebody else's says no type: a whole number is an integer.
            let whole = n.fract() == 0.0 && n.abs() < 1e9;
            match rule.and_then(|rule| rule.whole) {
                Some(false) => json!({"valueDecimal": n}),
                _ if whole => json!({"valueInteger": *n as i64}),
                _ => json!({"valueDecimal": n}),
            }
        }
        (_, Value::Text(text)) => json!({"valueString": text}),
        _ => return None,
    })
}

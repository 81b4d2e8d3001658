//! The form of a prompt: outcomes that each say what follows, questions with their red flags beside them; and how
//! what was sent is read.

use super::ahead::{Ahead, Flag};
use super::{NOTE_MAX, View};
use crate::auth::guard::Fields;
use crate::fault::Fault;
use crate::staff::{desk_words, number};
use crate::tongue::{Tongue, say};
use crate::{page, words};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::prompt::{Answer, Field, Outcome, Prompt};
use model::{At, Value};
use serde_json::{Map, Value as Json, json};
use turn::{desk, safety};

/// A value as it is typed.
pub(super) fn plain(t: Tongue, value: &Value) -> String {
    match value {
        Value::Bool(true) => say!(t, "prompt-yes"),
        Value::Bool(false) => say!(t, "prompt-no"),
        other => typed(other),
    }
}

/// A value as a field of the form has it.
fn typed(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(n) => n.to_string(),
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

pub(super) fn form(view: &View<'_>, given: &Fields, correct: bool) -> Result<Markup, Fault> {
    let (t, prompt, look) = (view.t, view.prompt, view.look);
    let ahead = Ahead::of(view, given, correct)?;
    let path = format!("/people/{}/prompts/{}", look.person, prompt.id);
    let action = format!("{path}/{}", if correct { "correct" } else { "outcome" });
    Ok(html! {
        form #outcome-form method="post" action=(action) .stack.outcome data-draft=[(!correct).then(|| format!("{path}/draft"))] {
            (page::token(&view.who.csrf)) (page::once())
            // The number that was shown: “Wrong number” is said of this one, whatever is known by then.
            @if let Some(number) = number(&look.record) { input type="hidden" name="value" value=(number.value); }
            @if let Some(form) = &prompt.form {
                fieldset {
                    legend lang="en" { (form.title) }
                    p .muted.small { (say!(t, "prompt-empty-unknown")) }
                    @for field in &form.fields { (question(t, field, prompt, given, ahead.flag(&field.name))) }
                }
            }
            (outcomes(view, given, &ahead))
            @if prompt.safety.concern {
                label for="reason" { (say!(t, "prompt-reason")) }
                textarea #reason name="reason" rows="2" maxlength=(safety::REASON_MAX) aria-describedby="reason-what" { (given.get("reason")) }
                p .muted.small #reason-what { (say!(t, "prompt-reason-what", n = safety::REASON_MIN)) }
            }
            label for="note" { (say!(t, "prompt-note")) }
            textarea #note name="note" rows="3" maxlength=(NOTE_MAX) { (given.get("note")) }
            div .row {
                button #save .primary { (if correct { say!(t, "prompt-save-correction") } else { say!(t, "prompt-save") }) }
                a .button href="/" { (say!(t, "prompt-cancel")) }
                span #draft-status .small.muted role="status"
                    data-kept=(say!(t, "prompt-draft-kept")) data-lost=(say!(t, "prompt-draft-lost")) {}
            }
        }
    })
}

/// The outcomes, each with what then happens. The draft's answer replaces the latter as one types.
pub(super) fn outcomes(view: &View<'_>, given: &Fields, ahead: &Ahead) -> Markup {
    let (t, chosen) = (view.t, given.get("outcome"));
    html! {
        fieldset {
            legend { (say!(t, "prompt-outcome")) }
            @for outcome in Outcome::ALL {
                div .choice {
                    input type="radio" name="outcome" id={ "o-" (outcome.name()) } value=(outcome.name())
                        checked[chosen == outcome.name()] required;
                    label for={ "o-" (outcome.name()) } {
                        strong { (desk_words::outcome(t, outcome)) }
                        span .then #{ "then-" (outcome.name()) } { " – " (ahead.then(view, outcome)) }
                    }
                }
                @if outcome == Outcome::CallBack {
                    div .call-back {
                        label for="call_back_at" { (say!(t, "prompt-call-back-at")) }
                        input #call_back_at type="datetime-local" name="call_back_at" value=(given.get("call_back_at"));
                    }
                }
            }
        }
    }
}

fn question(t: Tongue, field: &Field, prompt: &Prompt, given: &Fields, flag: Option<&Flag>) -> Markup {
    let (name, id) = (format!("f.{}", field.name), format!("f-{}", field.name));
    let before = prompt.answers.iter().find(|(n, _)| *n == field.name).map(|(_, v)| typed(v)).unwrap_or_default();
    let value = if given.0.is_empty() { before.as_str() } else { given.get(&name) };
    let flags = |v: &str| flag.is_some_and(|f| f.has(v));
    let told = flag.map(|_| format!("flag-{}", field.name));
    html! {
        div .q {
            @match &field.answer {
                Answer::Bool => fieldset .inline {
                    legend lang="en" { (field.label) }
                    @for (v, text) in [("yes", say!(t, "prompt-yes")), ("no", say!(t, "prompt-no")), ("", say!(t, "prompt-not-asked"))] {
                        span .option {
                            input type="radio" name=(name) value=(v) id={ (id) "-" (v) } checked[value == v] data-flag[flags(v)];
                            label for={ (id) "-" (v) } { (text) }
                        }
                    }
                },
                Answer::Number { min, max } => {
                    label for=(id) lang="en" { (ranged(t, &field.label, *min, *max)) }
                    input id=(id) name=(name) type="number" min=(min) max=(max) step="any" value=(value) inputmode="decimal"
                        aria-describedby=[told.as_deref()]
                        data-from=[flag.and_then(|f| f.from)] data-to=[flag.and_then(|f| f.to)];
                },
                Answer::Text => {
                    label for=(id) lang="en" { (field.label) }
                    textarea id=(id) name=(name) rows="2" maxlength=(NOTE_MAX) { (value) }
                },
                Answer::Choice { options } => {
                    label for=(id) lang="en" { (field.label) }
                    select id=(id) name=(name) {
                        option value="" selected[value.is_empty()] { (say!(t, "prompt-not-asked")) }
                        @for (v, text) in options {
                            option value=(v) selected[value == v] data-flag[flags(v)] lang="en" { (text) }
                        }
                    }
                },
            }
            @if let Some(flag) = flag {
                p .red-flag.always[flag.is_number()] #{ "flag-" (field.name) } {
                    strong { "⚠ " @if let Some(range) = flag.range(t) { (range) } } " " (flag.says)
                }
            }
        }
    }
}

/// The label of a number with its range, unless its author wrote it already.
pub(super) fn ranged(t: Tongue, label: &str, min: f64, max: f64) -> String {
    let said = |n: f64| label.split(|c: char| !c.is_ascii_digit() && c != '.').any(|word| word == n.to_string());
    if said(min) && said(max) {
        label.to_owned()
    } else {
        say!(t, "prompt-ranged", label = label, min = min, max = max)
    }
}

/// Reads the answers, typed. An empty one is left out: it is unknown, not false.
pub(super) fn answers(t: Tongue, prompt: &Prompt, fields: &Fields) -> Result<Map<String, Json>, String> {
    let mut out = Map::new();
    for field in prompt.form.iter().flat_map(|f| &f.fields) {
        let given = fields.get(&format!("f.{}", field.name));
        if given.is_empty() {
            continue;
        }
        let value = match &field.answer {
            Answer::Bool => match given {
                "yes" => json!(true),
                "no" => json!(false),
                _ => return Err(say!(t, "prompt-wants-yes-no", label = field.label)),
            },
            Answer::Number { min, max } => match given.parse::<f64>() {
                Ok(n) if n.is_finite() && (*min..=*max).contains(&n) => json!(n),
                _ => return Err(say!(t, "prompt-wants-number", label = field.label, min = min, max = max)),
            },
            Answer::Text if given.chars().count() <= NOTE_MAX => json!(given),
            Answer::Choice { options } if options.iter().any(|(v, _)| v == given) => json!(given),
            _ => return Err(say!(t, "prompt-wants-offered", label = field.label)),
        };
        out.insert(field.name.clone(), value);
    }
    Ok(out)
}

/// The body of `prompt.completed`.
pub(super) fn body(t: Tongue, prompt: &Prompt, fields: &Fields, now: At, zone: &TimeZone) -> Result<Json, String> {
    let outcome = Outcome::named(fields.get("outcome")).ok_or_else(|| say!(t, "prompt-wants-outcome"))?;
    let note = fields.get("note");
    if note.chars().count() > NOTE_MAX {
        return Err(say!(t, "prompt-note-too-long", n = NOTE_MAX));
    }
    let unexplained = outcome == Outcome::NotAppropriate || outcome == Outcome::AlreadyHandled && prompt.urgent;
    if unexplained && note.is_empty() {
        return Err(say!(t, "prompt-wants-reason"));
    }
    let mut out = json!({
        "prompt": prompt.id.to_string(), "name": prompt.name, "outcome": outcome.name(),
        "answers": answers(t, prompt, fields)?, "note": note,
    });
    if prompt.safety.concern && outcome.closes() {
        let reason = fields.get("reason").trim();
        if !safety::is_reason(reason) {
            return Err(say!(t, "prompt-wants-close-reason", n = safety::REASON_MIN, most = safety::REASON_MAX));
        }
        out["reason"] = json!(reason);
    }
    if outcome == Outcome::WrongNumber && !fields.get("value").is_empty() {
        out["value"] = json!(fields.get("value"));
    }
    if outcome == Outcome::CallBack {
        let local = fields.get("call_back_at").parse::<DateTime>().map_err(|_| say!(t, "prompt-wants-time"))?;
        let at = At::of_local(local.date(), local.time(), zone);
        if at <= now {
            return Err(say!(t, "prompt-time-past"));
        }
        let most = if prompt.urgent { desk::CALL_BACK_URGENT_MAX_MS } else { desk::CALL_BACK_MAX_MS };
        if at > now.plus_ms(most) {
            return Err(say!(t, "prompt-time-far", lapse = words::lapse(t, most)));
        }
        out["call_back_at"] = json!(at);
    }
    Ok(out)
}

/// A number that is said to be wrong must be one of the person's.
pub(super) fn of_theirs(t: Tongue, body: Json, record: &record::Record) -> Result<Json, String> {
    let value = body.get("value").and_then(Json::as_str);
    match value.is_none_or(|v| record.contacts.iter().any(|c| c.value == v)) {
        true => Ok(body),
        false => Err(say!(t, "prompt-number-gone")),
    }
}

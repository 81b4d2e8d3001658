//! A prompt: why, what to do, and what came of it. After its end, the outcome can be corrected.

use super::{called, number, prompt_words, whose};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::tongue::Tongue;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub::Look;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::prompt::{Answer, Field, Outcome, Prompt, PromptStatus};
use model::{At, Fact, PersonId, PromptId, Value};
use serde_json::{Map, Value as Json, json};
use store::Store;

/// No note or free answer is longer, characters.
const NOTE_MAX: usize = 2_000;
/// Facts looked through for the outcome that is to be corrected.
const FACTS_MAX: usize = 2_000;
const FACTS_PAGE: usize = 200;

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path((person, prompt)): Path<(String, String)>,
) -> Result<Markup, Fault> {
    let (person, prompt): (PersonId, PromptId) = (super::id(&person)?, super::id(&prompt)?);
    state.read(move |shared| render(shared, &who, person, prompt, &Fields::default(), None)).await
}

fn render(
    shared: &Shared,
    who: &Who,
    person: PersonId,
    id: PromptId,
    given: &Fields,
    error: Option<&str>,
) -> Result<Markup, Fault> {
    let look = super::look(shared, who, person, "/people/{id}/prompts/{prompt}")?;
    let prompt = shared.store().prompt(look.person, id)?.ok_or(Fault::NotFound)?;
    let settings = shared.app.hub.settings();
    let zone = words::zone(&settings.clinic.zone);
    let body = html! {
        p { a href={ "/people/" (look.person) } { "← " (look.record.name) } }
        h1 { (prompt.title) }
        (super::worklist::person_line(&look.record))
        @if let Some(error) = error { p .error role="alert" #error { (error) } }
        div .two {
            div .side {
                (head(&prompt, &look, shared.now(), &zone))
                @if prompt.status.is_open() { (super::worklist::claim(who, &prompt)) }
            }
            div .main #work {
                @if prompt.status.is_open() {
                    h2 { "What happened?" }
                    (form(shared, who, &prompt, &look, given, false))
                } @else {
                    (ended(&prompt))
                    @if prompt.status == PromptStatus::Completed {
                        details #correct open[error.is_some()] {
                            summary { "Correct this outcome" }
                            p { "What it caused and has not left is taken back; what has left is listed on the timeline." }
                            (form(shared, who, &prompt, &look, given, true))
                        }
                    }
                }
            }
        }
    };
    Ok(page::staff(shared, who, &prompt.title, "/", &body))
}

fn head(prompt: &Prompt, look: &Look, now: At, zone: &TimeZone) -> Markup {
    let record = &look.record;
    html! {
        section .card.urgent[prompt.urgent] {
            h2 { "Why" }
            p .reason { (prompt.reason) }
            p .due.(words::due_class(prompt.due_at, now)) {
                (if prompt.status.is_open() { words::due(Tongue::En, prompt.due_at, now) } else { words::label(prompt.status.name()) })
            }
            @if let Some(number) = number(record) {
                p { a .button.primary href={ "tel:" (number.value) } { "Call " (number.value) (whose(number, record)) } }
            }
            @else { p .flag { "No number in use is known." } }
            dl .facts {
                dt { "Call them" } dd { (called(record)) }
                dt { "Language" } dd { (record.language.as_deref().map_or("not known".into(), |l| words::language(Tongue::En, l))) }
                dt { "Last contact" }
                dd { (record.last_contact.as_ref().map_or("none yet".into(), |(at, how)| format!("{}, {how}", words::moment(Tongue::En, *at, zone)))) }
                dt { "Attempt" } dd { (prompt.attempt) " of " (prompt.attempts_max.max(prompt.attempt)) }
                dt { "Team" } dd { (words::label(&prompt.team)) }
                dt { "Asked" } dd { (page::time(Tongue::En, prompt.opened_at, zone)) }
            }
            @if !prompt.offer.is_empty() {
                h3 { "Recommended" }
                ul .offer { @for offer in &prompt.offer { li { (words::label(offer)) } } }
            }
            @let waiting = record.prescriptions.iter().filter(|rx| rx.picked_up_at.is_none() && !rx.stopped);
            @for rx in waiting.filter(|rx| rx.ready_at.is_some()) {
                p { "Waits at " (rx.pharmacy.as_deref().unwrap_or("the pharmacy")) ": " (rx.concept.text) }
            }
        }
    }
}

fn ended(prompt: &Prompt) -> Markup {
    html! {
        h2 { "What happened" }
        p #outcome .verb {
            (prompt.outcome.map_or_else(|| words::label(prompt.status.name()), |o| prompt_words::label(o).to_owned()))
        }
        @if let Some(why) = &prompt.withdrawn_because { p { "Because: " (why) } }
        dl .facts {
            @for (name, value) in &prompt.answers {
                @let field = prompt.form.as_ref().and_then(|f| f.fields.iter().find(|q| q.name == *name));
                dt { (field.map_or(words::label(name), |q| q.label.clone())) }
                dd { (plain(value)) }
            }
            @if !prompt.note.is_empty() { dt { "Note" } dd { (prompt.note) } }
        }
    }
}

/// A value as it is typed.
fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(n) => n.to_string(),
        Value::Text(t) => t.clone(),
        _ => String::new(),
    }
}

fn form(shared: &Shared, who: &Who, prompt: &Prompt, look: &Look, given: &Fields, correct: bool) -> Markup {
    let row = look.journeys.iter().find(|(row, _)| Some(row.id) == prompt.journey).map(|(row, _)| row);
    let pathway = row.and_then(|r| super::pathway_of(shared, r.version));
    let action =
        format!("/people/{}/prompts/{}/{}", look.person, prompt.id, if correct { "correct" } else { "outcome" });
    let chosen = given.get("outcome");
    html! {
        form method="post" action=(action) .stack {
            (page::token(&who.csrf)) (page::once())
            // The number that was shown: “Wrong number” is said of this one, whatever is known by then.
            @if let Some(number) = number(&look.record) { input type="hidden" name="value" value=(number.value); }
            fieldset {
                legend { "Outcome" }
                @for outcome in Outcome::ALL {
                    div .choice {
                        input type="radio" name="outcome" id={ "o-" (outcome.name()) } value=(outcome.name())
                            checked[chosen == outcome.name()] required;
                        label for={ "o-" (outcome.name()) } {
                            strong { (prompt_words::label(outcome)) }
                            " – then " (prompt_words::then(outcome, prompt, pathway))
                        }
                    }
                    @if outcome == Outcome::CallBack {
                        label for="call_back_at" { "Time to call back at (the clinic's time)" }
                        input #call_back_at type="datetime-local" name="call_back_at" value=(given.get("call_back_at"));
                    }
                }
            }
            @if let Some(form) = &prompt.form {
                fieldset {
                    legend { (form.title) }
                    p .muted { "What is left empty counts as not known." }
                    @for field in &form.fields { (question(field, prompt, given)) }
                }
            }
            label for="note" { "Note for the team" }
            textarea #note name="note" rows="3" maxlength=(NOTE_MAX) { (given.get("note")) }
            div .row { button .primary { (if correct { "Save the correction" } else { "Save outcome" }) } a .button href="/" { "Cancel" } }
        }
    }
}

fn question(field: &Field, prompt: &Prompt, given: &Fields) -> Markup {
    let (name, id) = (format!("f.{}", field.name), format!("f-{}", field.name));
    let before = prompt.answers.iter().find(|(n, _)| *n == field.name).map(|(_, v)| plain(v)).unwrap_or_default();
    let value = if given.0.is_empty() { before.as_str() } else { given.get(&name) };
    html! {
        @match &field.answer {
            Answer::Bool => fieldset .inline {
                legend { (field.label) }
                @for (v, text) in [("yes", "Yes"), ("no", "No"), ("", "Not asked")] {
                    input type="radio" name=(name) value=(v) id={ (id) "-" (text) } checked[value == v];
                    label for={ (id) "-" (text) } { (text) }
                }
            },
            Answer::Number { min, max } => {
                label for=(id) { (ranged(&field.label, *min, *max)) }
                input id=(id) name=(name) type="number" min=(min) max=(max) step="any" value=(value) inputmode="decimal";
            },
            Answer::Text => {
                label for=(id) { (field.label) }
                textarea id=(id) name=(name) rows="2" maxlength=(NOTE_MAX) { (value) }
            },
            Answer::Choice { options } => {
                label for=(id) { (field.label) }
                select id=(id) name=(name) {
                    option value="" selected[value.is_empty()] { "Not asked" }
                    @for (v, text) in options { option value=(v) selected[value == v] { (text) } }
                }
            },
        }
    }
}

/// The label of a number with its range, unless its author wrote it already.
fn ranged(label: &str, min: f64, max: f64) -> String {
    let range = format!("{min} to {max}");
    if label.contains(&range) { label.to_owned() } else { format!("{label} ({range})") }
}

/// Reads the answers, typed. An empty one is left out: it is unknown, not false.
fn answers(prompt: &Prompt, fields: &Fields) -> Result<Map<String, Json>, String> {
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
                _ => return Err(format!("“{}” is answered by yes or no.", field.label)),
            },
            Answer::Number { min, max } => match given.parse::<f64>() {
                Ok(n) if n.is_finite() && (*min..=*max).contains(&n) => json!(n),
                _ => return Err(format!("“{}” is a number from {min} to {max}.", field.label)),
            },
            Answer::Text if given.chars().count() <= NOTE_MAX => json!(given),
            Answer::Choice { options } if options.iter().any(|(v, _)| v == given) => json!(given),
            _ => return Err(format!("“{}” has an answer that is not offered, or too long.", field.label)),
        };
        out.insert(field.name.clone(), value);
    }
    Ok(out)
}

/// The body of `prompt.completed`.
fn body(prompt: &Prompt, fields: &Fields, now: At, zone: &TimeZone) -> Result<Json, String> {
    let outcome = Outcome::named(fields.get("outcome")).ok_or("Choose what happened.")?;
    let note = fields.get("note");
    if note.chars().count() > NOTE_MAX {
        return Err(format!("A note has at most {NOTE_MAX} characters."));
    }
    if outcome == Outcome::NotAppropriate && note.is_empty() {
        return Err("“Not appropriate” needs your reason in the note.".into());
    }
    let mut out = json!({
        "prompt": prompt.id.to_string(), "name": prompt.name, "outcome": outcome.name(),
        "answers": answers(prompt, fields)?, "note": note,
    });
    if outcome == Outcome::WrongNumber && !fields.get("value").is_empty() {
        out["value"] = json!(fields.get("value"));
    }
    if outcome == Outcome::CallBack {
        let local = fields.get("call_back_at").parse::<DateTime>().map_err(|_| "Give the time to call back at.")?;
        let at = At::of_local(local.date(), local.time(), zone);
        if at <= now {
            return Err("The time to call back at is past.".into());
        }
        out["call_back_at"] = json!(at);
    }
    Ok(out)
}

/// A number that is said to be wrong must be one of the person's.
fn of_theirs(body: Json, record: &record::Record) -> Result<Json, String> {
    let value = body.get("value").and_then(Json::as_str);
    match value.is_none_or(|v| record.contacts.iter().any(|c| c.value == v)) {
        true => Ok(body),
        false => Err("The number that was shown is no longer known. Look at the page again.".into()),
    }
}

/// The outcome, sent.
pub(crate) async fn complete(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path((person, prompt)): Path<(String, String)>,
) -> Result<Response, Fault> {
    record(&state, who, fields, &person, &prompt, false).await
}

/// The correction, sent.
pub(crate) async fn correct(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path((person, prompt)): Path<(String, String)>,
) -> Result<Response, Fault> {
    record(&state, who, fields, &person, &prompt, true).await
}

async fn record(
    state: &State,
    who: Who,
    fields: Fields,
    person: &str,
    prompt: &str,
    correct: bool,
) -> Result<Response, Fault> {
    let (person, id): (PersonId, PromptId) = (super::id(person)?, super::id(prompt)?);
    let (account, given) = (who.clone(), fields.clone());
    let read = state.read(move |shared| {
        let look = super::look(shared, &account, person, "/people/{id}/prompts/{prompt}")?;
        let person = look.person;
        let prompt = shared.store().prompt(person, id)?.ok_or(Fault::NotFound)?;
        let zone = words::zone(&shared.app.hub.settings().clinic.zone);
        let said = body(&prompt, &given, shared.now(), &zone).and_then(|body| of_theirs(body, &look.record));
        match said {
            Err(why) => Ok(Err(render(shared, &account, person, id, &given, Some(&why))?)),
            Ok(body) if !correct => Ok(Ok((person, "prompt.completed", body))),
            Ok(mut body) => {
                body["of"] = json!(last_outcome(shared.store(), person, id)?.ok_or(Fault::NotFound)?.id);
                Ok(Ok((person, "prompt.corrected", body)))
            }
        }
    });
    match read.await? {
        Err(page) => Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response()),
        Ok((person, kind, body)) => {
            super::say(state, &who, &fields, person, kind, body).await?;
            Ok(Redirect::to(&format!("/people/{person}/prompts/{id}")).into_response())
        }
    }
}

/// The newest fact that said how this prompt ended. Blocks.
fn last_outcome(store: &Store, person: PersonId, prompt: PromptId) -> store::Result<Option<Fact>> {
    let (id, mut before) = (prompt.to_string(), None);
    for _ in 0..FACTS_MAX / FACTS_PAGE {
        let facts = store.timeline(person, before, FACTS_PAGE)?;
        let Some((oldest, _)) = facts.last() else { return Ok(None) };
        before = Some(*oldest);
        let ends = |f: &Fact| matches!(f.kind.as_str(), "prompt.completed" | "prompt.corrected");
        if let Some((_, fact)) = facts.into_iter().find(|(_, f)| ends(f) && f.text("prompt") == Some(id.as_str())) {
            return Ok(Some(fact));
        }
    }
    Ok(None)
}

#[cfg(test)]
pub(in crate::staff) mod tests;

//! An outcome: taken, shown, corrected, and written down for the chart.

use super::{View, draft, form, open, render};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::staff::worklist::hold_ms;
use crate::staff::{desk_words, say as says};
use crate::tongue::say;
use crate::{Shared, State, words};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use model::prompt::Prompt;
use model::{Actor, Fact, PersonId, PromptId};
use serde_json::json;
use store::Store;

/// Facts looked through for the outcome that is to be corrected.
const FACTS_MAX: usize = 2_000;
const FACTS_PAGE: usize = 200;

/// A prompt as its held outcome will leave it.
pub(super) fn as_held(prompt: &Prompt, fact: &Fact) -> Prompt {
    let mut then = prompt.clone();
    if let Ok((outcome, answers, note)) = turn::prompts::outcome(fact) {
        (then.outcome, then.answers, then.note) = (Some(outcome), answers, note);
        then.safety.reason = fact.text("reason").unwrap_or_default().to_owned();
    }
    if let Actor::Staff(name) = &fact.actor {
        then.assignee = Some(name.clone());
    }
    then
}

/// What happened.
pub(super) fn ended(view: &View<'_>, prompt: &Prompt) -> Markup {
    let t = view.t;
    html! {
        h2 { (say!(t, "prompt-happened")) }
        p #outcome .verb {
            @match prompt.outcome {
                Some(outcome) => (desk_words::outcome(t, outcome)),
                None => (view.standing()),
            }
        }
        dl .facts {
            @for (name, value) in &prompt.answers {
                @let field = prompt.form.as_ref().and_then(|f| f.fields.iter().find(|q| q.name == *name));
                dt lang="en" { (field.map_or(words::label(name), |q| q.label.clone())) }
                dd { (form::plain(t, value)) }
            }
            @if !prompt.safety.reason.is_empty() { dt { (say!(t, "prompt-closed-because")) } dd #closed-because lang="en" .lines { (prompt.safety.reason) } }
            @if !prompt.note.is_empty() { dt { (say!(t, "prompt-noted")) } dd lang="en" .lines { (prompt.note) } }
        }
        @if prompt.outcome.is_some() { (chart(view, prompt)) }
        p { a #to-list .button href="/" { (say!(t, "prompt-to-list")) } }
    }
}

/// A text for the patient's chart, to be copied.
fn chart(view: &View<'_>, prompt: &Prompt) -> Markup {
    let (t, record) = (view.t, &view.look.record);
    let at = prompt.desk.closed_at.unwrap_or(view.now);
    let who = prompt.assignee.as_deref().unwrap_or("–");
    let outcome = prompt.outcome.map_or_else(String::new, |o| desk_words::outcome(t, o));
    let mut lines = vec![
        say!(
            t,
            "prompt-chart-when",
            when = words::moment(t, at, &view.zone),
            date = at.date_in(&view.zone).to_string(),
            who = who
        ),
        record.name.clone(),
        prompt.title.clone(),
        say!(t, "prompt-chart-outcome", outcome = outcome, n = prompt.attempt),
    ];
    for (name, value) in &prompt.answers {
        let field = prompt.form.as_ref().and_then(|f| f.fields.iter().find(|q| q.name == *name));
        let label = field.map_or(words::label(name), |q| q.label.clone());
        lines.push(format!("{label}: {}", form::plain(t, value)));
    }
    if !prompt.safety.reason.is_empty() {
        lines.push(say!(t, "prompt-chart-reason", reason = prompt.safety.reason));
    }
    if !prompt.note.is_empty() {
        lines.push(say!(t, "prompt-chart-note", note = prompt.note));
    }
    html! {
        div .chart {
            label for="chart" { (say!(t, "prompt-chart")) }
            textarea #chart readonly rows=(lines.len().min(12)) translate="no" { (lines.join("\n")) }
            button #copy .quiet type="button" hidden data-copied=(say!(t, "prompt-copied")) { (say!(t, "prompt-copy")) }
        }
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
    let (person, id): (PersonId, PromptId) = (crate::staff::id(person)?, crate::staff::id(prompt)?);
    let (account, given) = (who.clone(), fields.clone());
    let read = state.read(move |shared| {
        let (look, prompt) = open(shared, &account, person, id, "/people/{id}/prompts/{prompt}")?;
        let person = look.person;
        let zone = words::zone(&shared.app.hub.settings().clinic.zone);
        let t = account.tongue;
        let said =
            form::body(t, &prompt, &given, shared.now(), &zone).and_then(|b| form::of_theirs(t, b, &look.record));
        match said {
            Err(why) => Ok(Err(render(shared, &account, person, id, &given, Some(&why))?)),
            Ok(mut body) if !correct => {
                if let Some(ms) = hold_ms(shared) {
                    body["hold_ms"] = json!(ms);
                }
                Ok(Ok((person, "prompt.completed", body)))
            }
            Ok(mut body) => {
                body["of"] = json!(last_outcome(shared.store(), person, id)?.ok_or(Fault::NotFound)?.id);
                Ok(Ok((person, "prompt.corrected", body)))
            }
        }
    });
    match read.await? {
        Err(page) => Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response()),
        Ok((person, kind, body)) => {
            let taken = match says(state, &who, &fields, person, kind, body).await {
                Ok(_) => {
                    state.read(move |shared| has_ended(shared, person, id)).await.map(|ended| ended.then_some(()))?
                }
                Err(Fault::Refused(why)) => {
                    // What was typed stays on the page, and in the draft.
                    let account = who.clone();
                    let page = state.read(move |s| render(s, &account, person, id, &fields, Some(&why))).await?;
                    return Ok((StatusCode::CONFLICT, page).into_response());
                }
                Err(other) => return Err(other),
            };
            let account = who.clone();
            if taken.is_none() {
                // The same form as before an undo: its fact is known, and nothing came of it this time.
                let why = say!(who.tongue, "prompt-sent-before");
                let page = state.read(move |s| render(s, &account, person, id, &fields, Some(&why))).await?;
                return Ok((StatusCode::CONFLICT, page).into_response());
            }
            state.read(move |shared| draft::forget(shared, &account, id)).await?;
            Ok(Redirect::to(&format!("/people/{person}/prompts/{id}")).into_response())
        }
    }
}

/// Whether an outcome of the prompt stands, be it for a moment yet. Blocks.
pub(in crate::staff) fn has_ended(shared: &Shared, person: PersonId, id: PromptId) -> Result<bool, Fault> {
    let prompt = shared.store().prompt(person, id)?.ok_or(Fault::NotFound)?;
    Ok(!prompt.status.is_open() || prompt.desk.held.is_some())
}

/// The newest fact that said how this prompt ended. Blocks.
pub(super) fn last_outcome(store: &Store, person: PersonId, prompt: PromptId) -> store::Result<Option<Fact>> {
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

//! What is done with a prompt in one click, from its card or its page: claim, give back, snooze, hand over, undo,
//! and the two outcomes that need no form.

use crate::auth::account;
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::staff::desk_words::{self, Snooze};
use crate::staff::{self, prompt as page_of};
use crate::tongue::say;
use crate::{Shared, State, words};
use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use model::prompt::{Outcome, Prompt};
use model::time::MINUTE_MS;
use model::{PersonId, PromptId};
use serde_json::{Value as Json, json};

/// How long a claim holds, on the machine's clock.
const LEASE_MS: i64 = 30 * MINUTE_MS;
/// How long an outcome can be undone, on the machine's clock.
const HOLD_MS: i64 = 10_000;
/// No note of a hand-over is longer, characters.
const NOTE_MAX: usize = 2_000;
/// No time of the care clock that is reckoned from the machine's is longer, milliseconds.
const SPAN_MAX: f64 = 1e12;

/// A span of the machine's clock on the care clock, at least itself: where a day takes half a minute, a claim
/// of half an hour would be over at once.
fn care_ms(shared: &Shared, ms: i64) -> i64 {
    (ms as f64 * shared.app.hub.clock().rate().max(1.0)).min(SPAN_MAX) as i64
}

/// How long an outcome is held; `None` while the care clock stands, for then no moment would ever be over.
pub(in crate::staff) fn hold_ms(shared: &Shared) -> Option<i64> {
    (shared.app.hub.clock().rate() > 0.0).then(|| care_ms(shared, HOLD_MS))
}

/// What a claim says.
pub(in crate::staff) fn claim_body(shared: &Shared, prompt: PromptId) -> Json {
    json!({ "prompt": prompt, "lease_ms": care_ms(shared, LEASE_MS) })
}

/// Takes a prompt on.
pub(crate) async fn take(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<(String, String)>,
) -> Result<Response, Fault> {
    act(state, who, fields, path, "claim").await
}

/// Does what the button says.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<(String, String)>,
) -> Result<Response, Fault> {
    let name = fields.get("act").to_owned();
    act(state, who, fields, path, &name).await
}

async fn act(
    state: State,
    who: Who,
    fields: Fields,
    (person, id): (String, String),
    name: &str,
) -> Result<Response, Fault> {
    let (person, id): (PersonId, PromptId) = (staff::id(&person)?, staff::id(&id)?);
    let (account, given, name) = (who.clone(), fields.clone(), name.to_owned());
    let said = state
        .read(move |shared| {
            let (look, prompt) = page_of::open(shared, &account, person, id, "/people/{id}/prompts/{prompt}/desk")?;
            let (kind, body) = fact(shared, &account, &given, &prompt, &name)?;
            if kind == "prompt.undone" {
                page_of::keep_undone(shared, &account, &prompt)?;
            }
            Ok((look.person, kind, body, name == "claim"))
        })
        .await;
    let (person, kind, body, to_page) = said?;
    staff::say(&state, &who, &once_of(&fields, id), person, kind, body).await?;
    if kind == "prompt.completed" && !state.read(move |shared| page_of::has_ended(shared, person, id)).await? {
        // The same click as before an undo: its fact is known, and nothing came of it this time.
        return Err(Fault::Stale);
    }
    let page = format!("/people/{person}/prompts/{id}");
    let back = fields.get("back");
    let list = back == "/" || back.starts_with("/?");
    Ok(Redirect::to(if list && !to_page { back } else { &page }).into_response())
}

/// The form's one-time name, of this prompt: two prompts of a person are two facts.
pub(in crate::staff) fn once_of(fields: &Fields, id: PromptId) -> Fields {
    let once = fields.get("once");
    if once.is_empty() || once.len() > 32 {
        return fields.clone();
    }
    Fields(vec![("once".into(), format!("{once}{}", &id.to_string()[..16]))])
}

/// The fact that a button is.
fn fact(
    shared: &Shared,
    who: &Who,
    fields: &Fields,
    prompt: &Prompt,
    name: &str,
) -> Result<(&'static str, Json), Fault> {
    let (id, t) = (prompt.id, who.tongue);
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    Ok(match name {
        "claim" => ("prompt.acknowledged", claim_body(shared, id)),
        "release" => ("prompt.released", json!({"prompt": id})),
        "undo" => ("prompt.undone", json!({"prompt": id})),
        "hand_over" => ("prompt.handed_over", hand_over(shared, who, fields, prompt)?),
        "no_answer" | "already_handled" => {
            let outcome = Outcome::named(name).ok_or(Fault::Stale)?;
            let mut body = json!({"prompt": id, "name": prompt.name, "outcome": outcome.name(), "answers": {},
                "note": ""});
            if let Some(ms) = hold_ms(shared) {
                body["hold_ms"] = json!(ms);
            }
            ("prompt.completed", body)
        }
        other => {
            let snooze = Snooze::named(other).ok_or(Fault::Stale)?;
            let until = snooze.until(shared.now(), &zone);
            if prompt.urgent || until > prompt.due_at {
                return Err(Fault::Form(say!(t, "prompt-snooze-past", due = desk_words::due_words(t, prompt, &zone))));
            }
            ("prompt.snoozed", json!({"prompt": id, "until": until}))
        }
    })
}

/// To a team there is, or to a colleague who works there and may see it.
fn hand_over(shared: &Shared, who: &Who, fields: &Fields, prompt: &Prompt) -> Result<Json, Fault> {
    let t = who.tongue;
    let (asked, note) = (fields.get("to"), fields.get("note"));
    if note.chars().count() > NOTE_MAX {
        return Err(Fault::Form(say!(t, "prompt-note-too-long", n = NOTE_MAX)));
    }
    if let Some(team) = asked.strip_prefix("team:") {
        let known = shared.app.hub.settings().teams.iter().any(|team_of| team_of.name == team);
        let may = known.then_some(json!({"prompt": prompt.id, "team": team, "note": note}));
        return may.ok_or_else(|| Fault::Form(say!(t, "prompt-hand-over-to-whom")));
    }
    let name = asked.strip_prefix("to:").unwrap_or_default();
    let colleague = account::find(shared.store(), name)?.filter(|a| desk_words::may_take(a, prompt));
    let Some(colleague) = colleague else { return Err(Fault::Form(say!(t, "prompt-hand-over-to-whom"))) };
    // Whoever works in other teams only takes it with them.
    let stays = colleague.teams.is_empty() || colleague.teams.contains(&prompt.team);
    let team = if stays { &prompt.team } else { colleague.teams.first().unwrap_or(&prompt.team) };
    Ok(json!({"prompt": prompt.id, "team": team, "to": colleague.name, "note": note}))
}

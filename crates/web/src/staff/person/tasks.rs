//! Tasks that a nurse adds or strikes.

use crate::State;
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::tongue::say;
use axum::Extension;
use axum::extract::Path;
use axum::response::Redirect;
use model::PersonId;
use serde_json::json;

/// A task of the nurse's own words is no longer, characters.
pub(super) const TASK_MAX: usize = 200;

/// A nurse adds a task.
pub(crate) async fn add(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Redirect, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let t = who.tongue;
    let (text, from, to) = (fields.get("text"), fields.get("from"), fields.get("to"));
    let date = |t: &str| t.parse::<jiff::civil::Date>().ok();
    let first = date(from).ok_or_else(|| Fault::Form(say!(t, "person-bad-first-day")))?;
    if !to.is_empty() && date(to).is_none_or(|last| last < first) {
        return Err(Fault::Form(say!(t, "person-bad-last-day")));
    }
    if text.is_empty() || text.chars().count() > TASK_MAX {
        return Err(Fault::Form(say!(t, "person-bad-task", n = TASK_MAX)));
    }
    let name = format!("added_{}", fields.get("once").get(..8).unwrap_or_default());
    let body = json!({ "task": name, "text": text, "from": from, "to": to });
    crate::staff::say(&state, &who, &fields, person, "task.added", body).await?;
    Ok(Redirect::to(&format!("/people/{person}")))
}

/// A nurse strikes a task, on all days.
pub(crate) async fn strike(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(person): Path<String>,
) -> Result<Redirect, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    let task = fields.get("task");
    if task.is_empty() || task.len() > TASK_MAX {
        return Err(Fault::Stale);
    }
    crate::staff::say(&state, &who, &fields, person, "task.struck", json!({ "task": task })).await?;
    Ok(Redirect::to(&format!("/people/{person}")))
}

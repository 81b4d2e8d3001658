//! What someone has typed and not sent: kept on the server for the account and the prompt, dropped with the outcome.
//!
//! A draft is patients' data like any other: it is in the store, for its account alone, and bounded in size and
//! number. Saving one renews the claim of whoever types; it also answers with what each outcome would lead to now.

use super::ahead::Ahead;
use super::{View, open};
use crate::auth::account::DRAFTS;
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::staff::worklist::{claim_body, once_of};
use crate::{Shared, State, machine_now, staff, words};
use axum::Extension;
use axum::extract::Path;
use maud::{Markup, html};
use model::prompt::{Outcome, Prompt};
use model::{At, Fact, PersonId, PromptId};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};
use store::DeskRow;

/// Drafts of one account; one more drops the oldest.
const DRAFTS_MAX: usize = 20;
/// A draft that nobody has touched for so long is dropped, milliseconds: its prompt may be closed or withdrawn.
const DRAFT_MS: i64 = model::time::DAY_MS;
/// Accounts whose old drafts one write drops; the next drops more.
const SWEEP_MAX: usize = 16;
/// A draft's fields together, bytes.
const DRAFT_MAX: usize = 16 * 1024;

/// One writer at a time: a row holds all drafts of an account.
static WRITING: Mutex<()> = Mutex::new(());

#[derive(Serialize, Deserialize)]
struct Draft {
    prompt: PromptId,
    /// When it was written, on the machine's clock.
    #[serde(default)]
    at: i64,
    fields: Vec<(String, String)>,
}

fn all(shared: &Shared, account: &str) -> Result<Vec<Draft>, Fault> {
    let row = shared.store().desk_get(DRAFTS, account)?;
    // A draft of another version is no draft.
    Ok(row.and_then(|row| serde_json::from_str(&row.json).ok()).unwrap_or_default())
}

/// What this account has typed about this prompt. Blocks.
pub(in crate::staff) fn of(shared: &Shared, who: &Who, prompt: PromptId) -> Result<Fields, Fault> {
    let found = all(shared, &who.account.name)?.into_iter().find(|d| d.prompt == prompt);
    Ok(Fields(found.map(|d| d.fields).unwrap_or_default()))
}

/// Keeps a draft, or drops it when there is nothing in it. Blocks.
pub(in crate::staff) fn keep(
    shared: &Shared,
    who: &Who,
    prompt: PromptId,
    fields: Vec<(String, String)>,
) -> Result<(), Fault> {
    let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    sweep(shared)?;
    let mut drafts = all(shared, &who.account.name)?;
    let before = drafts.len();
    drafts.retain(|d| d.prompt != prompt);
    if fields.is_empty() && drafts.len() == before {
        return Ok(());
    }
    if !fields.is_empty() {
        drafts.push(Draft { prompt, at: machine_now().0, fields });
    }
    let over = drafts.len().saturating_sub(DRAFTS_MAX);
    drafts.drain(..over);
    write(shared, &who.account.name, &drafts)
}

/// Writes the drafts of an account; the row's time is that of the oldest, by which it is swept.
fn write(shared: &Shared, account: &str, drafts: &[Draft]) -> Result<(), Fault> {
    let at = drafts.iter().map(|d| At(d.at)).min().unwrap_or_else(machine_now);
    let json = serde_json::to_string(drafts).map_err(|_| Fault::Broken)?;
    Ok(shared.store().desk_put(&DeskRow { kind: DRAFTS.into(), key: account.to_owned(), json, at })?)
}

/// Drops what is a day old, whoever typed it. Only while [`WRITING`] is held. Blocks.
fn sweep(shared: &Shared) -> Result<(), Fault> {
    let old = machine_now().plus_ms(-DRAFT_MS);
    for row in shared.store().desk_older(DRAFTS, old, SWEEP_MAX)? {
        let mut drafts: Vec<Draft> = serde_json::from_str(&row.json).unwrap_or_default();
        drafts.retain(|d| d.at >= old.0);
        if drafts.is_empty() {
            shared.store().desk_drop(DRAFTS, &row.key)?;
        } else {
            write(shared, &row.key, &drafts)?;
        }
    }
    Ok(())
}

/// Drops it: there is an outcome now. Blocks.
pub(super) fn forget(shared: &Shared, who: &Who, prompt: PromptId) -> Result<(), Fault> {
    keep(shared, who, prompt, Vec::new())
}

/// Whether a field is of the form, and says something.
fn is_typed(name: &str, value: &str) -> bool {
    let known = name.starts_with("f.") || ["outcome", "note", "reason", "call_back_at"].contains(&name);
    known && !value.is_empty()
}

/// After an undo the form is as it was sent. Blocks.
pub(in crate::staff) fn undone(shared: &Shared, who: &Who, prompt: &Prompt) -> Result<(), Fault> {
    let Some(held) = &prompt.desk.held else { return Ok(()) };
    keep(shared, who, prompt.id, as_typed(shared, &held.fact))
}

/// An outcome as the fields that said it.
fn as_typed(shared: &Shared, fact: &Fact) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for name in ["outcome", "note", "reason"] {
        fields.push((name.into(), fact.text(name).unwrap_or_default().into()));
    }
    if let Some(at) = fact.at("call_back_at") {
        let zone = words::zone(&shared.app.hub.settings().clinic.zone);
        let local = zone.to_datetime(at.timestamp()).strftime("%Y-%m-%dT%H:%M").to_string();
        fields.push(("call_back_at".into(), local));
    }
    for (name, value) in fact.body.get("answers").and_then(|a| a.as_object()).into_iter().flatten() {
        let typed = match value {
            serde_json::Value::Bool(true) => "yes".to_owned(),
            serde_json::Value::Bool(false) => "no".to_owned(),
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Number(n) => n.as_f64().unwrap_or_default().to_string(),
            other => other.to_string(),
        };
        fields.push((format!("f.{name}"), typed));
    }
    fields.retain(|(name, value)| is_typed(name, value));
    fields
}

/// Keeps what was typed so far, and says what each outcome would lead to now.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path((person, prompt)): Path<(String, String)>,
) -> Result<Markup, Fault> {
    let (person, id): (PersonId, PromptId) = (staff::id(&person)?, staff::id(&prompt)?);
    let typed: Vec<_> = fields.0.iter().filter(|(name, value)| is_typed(name, value)).cloned().collect();
    if typed.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>() > DRAFT_MAX {
        return Err(Fault::TooLarge);
    }
    let account = who.clone();
    let (person, renew, page) = state
        .read(move |shared| {
            let (look, prompt) = open(shared, &account, person, id, "/people/{id}/prompts/{prompt}")?;
            if !prompt.status.is_open() || prompt.desk.held.is_some() {
                return Ok((look.person, None, html! {}));
            }
            keep(shared, &account, id, typed.clone())?;
            let zone = words::zone(&shared.app.hub.settings().clinic.zone);
            let now = shared.now();
            let view = View { shared, who: &account, t: account.tongue, look: &look, prompt: &prompt, now, zone };
            let ahead = Ahead::outcomes(&view, &Fields(typed), false)?;
            let page = html! {
                @for outcome in Outcome::ALL {
                    span #{ "then-" (outcome.name()) } { " – " (ahead.then(&view, outcome)) }
                }
            };
            // Typing is being at it. A claim is renewed once half of it is over, so that the line is not full of it.
            let mine = turn::desk::claimed_by(&prompt, now) == Some(account.account.name.as_str());
            let body = claim_body(shared, id);
            let half = body["lease_ms"].as_i64().unwrap_or_default() / 2;
            let renew = prompt.desk.lease_until.filter(|at| mine && at.0 - now.0 < half).map(|at| (at, body));
            Ok((look.person, renew, page))
        })
        .await?;
    if let Some((until, body)) = renew {
        // Its name is of the lease that it renews: two drafts at once renew it once.
        let once = Fields(vec![("once".into(), format!("renew{}", until.0))]);
        // A draft is kept whether the claim was renewed or not: somebody may have finished the prompt just now.
        if let Err(fault) = staff::say(&state, &who, &once_of(&once, id), person, "prompt.acknowledged", body).await {
            tracing::debug!(claim.renewed = %fault, "a claim was not renewed");
        }
    }
    Ok(page)
}

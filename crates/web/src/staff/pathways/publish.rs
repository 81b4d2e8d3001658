//! A version is put in force from the console: pasted or read from a file, or one that was kept is put in force again.
//!
//! Invariants: what is found and what would change is shown before anything is confirmed; nothing is confirmed without
//! a form of ours, the password said lately, and the version that is to be replaced; each leaves a line in the access
//! log. Looking writes nothing.

use super::approval;
use super::{AUTHOR, address, change, find, short};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::publishing::{self, InTheWay, Looked, Turn};
use crate::staff::{accounts, me};
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use check::Format;
use maud::{Markup, html};
use model::Id;
use pathway::{Pathway, Severity};
use serde::Deserialize;
use std::sync::Arc;

/// The longest text of a pathway, bytes: as the language has it.
const SOURCE_MAX: usize = 256 * 1024;
const HERE: &str = "/pathways/publish";

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    version: String,
}

/// What is confirmed: a text that was sent, or a version that is kept.
enum Of<'a> {
    Text(&'a str),
    Kept(Id),
}

/// The form.
pub(crate) async fn form(state: State, Extension(who): Extension<Who>) -> Result<Markup, Fault> {
    state
        .read(move |shared| {
            let t = who.tongue;
            let title = say!(t, "publish-title");
            let body = html! {
                p .crumbs { a href="/pathways" { (say!(t, "pathway-list-title")) } }
                h1 { (title) }
                p .muted { (say!(t, "publish-what")) }
                @if who.session.is_fresh() { (entry(&who, "", "")) } @else { (accounts::first(t, HERE)) }
            };
            Ok(page::staff(shared, &who, &title, "/pathways", &body))
        })
        .await
}

/// The form that sends a text; `source` is one that was sent and is to be mended, of `file`.
fn entry(who: &Who, file: &str, source: &str) -> Markup {
    let t = who.tongue;
    html! {
        form #publish-form method="post" action=(HERE) .stack {
            (page::token(&who.csrf)) (page::once())
            input #pathway-name type="hidden" name="file" value=(file);
            // Shown by the script that reads the file into the text below; without it the text is pasted.
            div #pathway-pick hidden {
                label for="pathway-file" { (say!(t, "publish-file")) }
                input #pathway-file type="file" accept=".yaml,.yml";
            }
            label for="pathway-text" { (say!(t, "publish-text")) }
            textarea #pathway-text .mono name="source" rows="16" required spellcheck="false" lang=(AUTHOR) translate="no" { "\n" (source) }
            button .primary name="do" value="look" { (say!(t, "publish-look")) }
        }
    }
}

/// Looks at what was sent; keeps it, or puts it in force, when that is confirmed.
pub(crate) async fn post(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    if let Some(first) = me::unconfirmed(&who, HERE) {
        return Ok(first);
    }
    // A browser sends lines with a carriage return; a file has none.
    let source = fields.typed("source").replace("\r\n", "\n");
    if source.trim().is_empty() {
        return Err(Fault::Form(say!(who.tongue, "publish-nothing")));
    }
    if source.len() > SOURCE_MAX {
        return Err(Fault::TooLarge);
    }
    let draft_ok = !fields.get("draft_ok").is_empty();
    let file = fields.get("file").to_owned();
    let turn = publishing::turn(&state).await?;
    let looked = publishing::look_in(&state, &turn, file, source.clone(), draft_ok).await?;
    match fields.get("do") {
        "keep" => match &looked.version {
            Some(version) => {
                publishing::keep(&state, &looked, &who.account.name).await?;
                noted(&state, &who, version, None, true).await;
                Ok(Redirect::to(&address(version, &version.version.to_string())).into_response())
            }
            None => drawn(&state, who, looked, Of::Text(&source), StatusCode::UNPROCESSABLE_ENTITY).await,
        },
        "publish" => confirmed(&state, &turn, who, fields, looked, Of::Text(&source)).await,
        _ => drawn(&state, who, looked, Of::Text(&source), StatusCode::OK).await,
    }
}

/// What putting a kept version in force would change.
pub(crate) async fn again(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let pathway = find(&state, &name, &asked.version).ok_or(Fault::NotFound)?;
    let turn = publishing::turn(&state).await?;
    let looked = of_kept(&state, &turn, &pathway, false).await?;
    drop(turn);
    drawn(&state, who, looked, Of::Kept(pathway.version), StatusCode::OK).await
}

/// A kept version is put in force.
pub(crate) async fn put_again(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let back = |version: &str| format!("/pathways/{}/publish?version={version}", words::encoded(&name));
    if let Some(first) = me::unconfirmed(&who, &words::encoded(&back(fields.get("version")))) {
        return Ok(first);
    }
    let version: Id = fields.get("version").parse().map_err(|_| Fault::NotFound)?;
    let pathway = state.app.hub.version(version).filter(|p| p.name == name).ok_or(Fault::NotFound)?;
    let turn = publishing::turn(&state).await?;
    let looked = of_kept(&state, &turn, &pathway, !fields.get("draft_ok").is_empty()).await?;
    confirmed(&state, &turn, who, fields, looked, Of::Kept(version)).await
}

async fn of_kept(state: &Arc<Shared>, turn: &Turn<'_>, pathway: &Pathway, draft_ok: bool) -> Result<Looked, Fault> {
    let file = publishing::file_of(state, pathway);
    publishing::look_in(state, turn, file, pathway.source.clone(), draft_ok).await
}

async fn confirmed(
    state: &Arc<Shared>,
    turn: &Turn<'_>,
    who: Who,
    fields: Fields,
    looked: Looked,
    of: Of<'_>,
) -> Result<Response, Fault> {
    let once = fields.get("once");
    if once.is_empty() || once.len() > 64 {
        return Err(Fault::Stale);
    }
    let over = match fields.get("over") {
        "" => None,
        over => Some(over.parse::<Id>().map_err(|_| Fault::Stale)?),
    };
    let Some(version) = looked.version.clone().filter(|_| looked.in_the_way.is_empty() || looked.is_in_force()) else {
        return drawn(state, who, looked, of, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    match publishing::publish(state, turn, &looked, over, (&who.account.name, once)).await {
        Ok(number) => {
            noted(state, &who, &version, number.map(|(number, _)| number), false).await;
            Ok(Redirect::to(&address(&version, "")).into_response())
        }
        // Somebody else was first: what would be replaced is shown anew.
        Err(hub::Error::InForce(_)) => {
            let draft_ok = !fields.get("draft_ok").is_empty();
            let looked =
                publishing::look_in(state, turn, looked.file.clone(), version.source.clone(), draft_ok).await?;
            drawn(state, who, looked, of, StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn noted(state: &Arc<Shared>, who: &Who, version: &Arc<Pathway>, number: Option<i64>, kept: bool) {
    publishing::noted(state, &who.account.name, version, number, kept).await;
}

/// What was found and would change, with the form that confirms it.
async fn drawn(
    state: &Arc<Shared>,
    who: Who,
    looked: Looked,
    of: Of<'_>,
    status: StatusCode,
) -> Result<Response, Fault> {
    let of = match of {
        Of::Text(text) => Ok(text.to_owned()),
        Of::Kept(version) => Err(version),
    };
    state
        .read(move |shared| {
            let t = who.tongue;
            let title = say!(t, "publish-title");
            let body = html! {
                p .crumbs { a href="/pathways" { (say!(t, "pathway-list-title")) }
                    @if let Some(now) = &looked.in_force { " · " a href=(address(now, "")) lang=(AUTHOR) { (now.title) } } }
                h1 { (title) }
                @if status == StatusCode::CONFLICT { p .error role="alert" { (say!(t, "publish-other-first")) } }
                @if let Some(version) = &looked.version {
                    p { span lang=(AUTHOR) { (version.title) } " · " span .mono translate="no" { (short(version)) } }
                }
                @if looked.version.is_none() { p .error role="alert" { (say!(t, "publish-does-not-read")) } }
                @else { (difference(t, &looked)) }
                (findings(t, &looked))
                @if let Some(version) = &looked.version { h2 { (say!(t, "publish-approval")) } (approval::show(shared, t, version)) }
                (confirm(shared, &who, &looked, &of, status == StatusCode::UNPROCESSABLE_ENTITY))
                // Nothing that was pasted is lost by a mistake in it.
                @if let Ok(text) = &of && who.session.is_fresh() && looked.in_the_way.iter().any(|w| *w != InTheWay::UnsaidDraft) {
                    h2 { (say!(t, "publish-mend")) }
                    (entry(&who, &looked.file, text))
                }
            };
            Ok((status, page::staff(shared, &who, &title, "/pathways", &body)).into_response())
        })
        .await
}

fn difference(t: Tongue, looked: &Looked) -> Markup {
    html! {
        section #difference aria-labelledby="difference-title" {
            h2 #difference-title { (say!(t, "lab-difference")) }
            @match (&looked.in_force, looked.difference()) {
                (None, _) => p .empty { (say!(t, "publish-first")) },
                (Some(_), _) if looked.is_in_force() => p .empty { (say!(t, "publish-in-force-already")) },
                (Some(now), Some(told)) => {
                    p { (say!(t, "publish-in-place-of")) " " span .mono translate="no" { (short(now)) } }
                    @if told.is_empty() { p .empty { (say!(t, "pathway-no-difference")) } }
                    @else { pre .told lang=(AUTHOR) tabindex="0" role="region" aria-label=(say!(t, "lab-difference-text")) { (told) } }
                },
                (Some(_), None) => p .empty { (say!(t, "publish-does-not-read")) },
            }
        }
    }
}

fn findings(t: Tongue, looked: &Looked) -> Markup {
    let (errors, warnings) = (looked.count(Severity::Error), looked.count(Severity::Warning));
    html! {
        section #findings aria-labelledby="findings-title" {
            h2 #findings-title { (say!(t, "lab-findings")) }
            p { (say!(t, "lab-errors", n = errors)) " " (say!(t, "lab-warnings", n = warnings)) " " (say!(t, "lab-findings-what")) }
            @if !looked.findings.is_empty() {
                pre .told lang=(AUTHOR) translate="no" tabindex="0" role="region" aria-label=(say!(t, "lab-findings-text")) {
                    (super::lab::proof::with_pages(&looked.report(Format::Human)))
                }
            }
        }
    }
}

pub(super) fn way(t: Tongue, way: &InTheWay) -> String {
    match way {
        InTheWay::Errors(n) => say!(t, "publish-way-errors", n = *n),
        InTheWay::Draft | InTheWay::UnsaidDraft => say!(t, "publish-way-draft"),
        InTheWay::ReviewPast(day) => say!(t, "publish-way-past", day = words::date(t, &day.to_string())),
        InTheWay::OtherCodes => say!(t, "publish-way-codes"),
        InTheWay::NoService(name) => say!(t, "publish-way-service", name = name.as_str()),
    }
}

/// The form that confirms; `tried`: it was sent and could not be done, which is told with why.
fn confirm(shared: &Shared, who: &Who, looked: &Looked, of: &Result<String, Id>, tried: bool) -> Markup {
    let t = who.tongue;
    let refused: Vec<_> = looked.in_the_way.iter().filter(|w| **w != InTheWay::UnsaidDraft).collect();
    let unsaid = looked.in_the_way.contains(&InTheWay::UnsaidDraft);
    let told: Vec<_> = if tried { looked.in_the_way.iter().collect() } else { refused.clone() };
    let Some(version) = &looked.version else { return html! {} };
    let base = format!("/pathways/{}", words::encoded(&version.name));
    let action = if of.is_ok() { HERE.to_owned() } else { format!("{base}/publish") };
    let back = match of {
        Ok(_) => HERE.to_owned(),
        Err(version) => words::encoded(&format!("{base}/publish?version={version}")),
    };
    let known = shared.app.hub.version(version.version).is_some();
    html! {
        section .card.entry.left aria-labelledby="confirm-h" {
            h2 #confirm-h { (say!(t, "publish-confirm")) }
            @if looked.is_in_force() { p { (say!(t, "publish-in-force-already")) } }
            @else if !who.session.is_fresh() { (accounts::first(t, &back)) }
            @else {
                @if !told.is_empty() {
                    div .error role="alert" { p { (say!(t, "publish-refused")) } ul { @for one in &told { li { (way(t, one)) } } } }
                } @else { p { (say!(t, "publish-confirm-what")) } }
                form #confirm-form method="post" action=(action) .stack {
                    (page::token(&who.csrf)) (page::once())
                    input type="hidden" name="over" value=(looked.in_force.as_ref().map(|p| p.version.to_string()).unwrap_or_default());
                    @match of {
                        Ok(source) => {
                            input type="hidden" name="file" value=(looked.file);
                            textarea hidden name="source" aria-hidden="true" tabindex="-1" { "\n" (source) }
                        }
                        Err(version) => input type="hidden" name="version" value=(version);,
                    }
                    @if unsaid && refused.is_empty() {
                        div .choice {
                            input #draft-ok type="checkbox" name="draft_ok" value="yes";
                            label for="draft-ok" { (say!(t, "publish-draft-ok")) }
                        }
                    }
                    @if refused.is_empty() { button .primary name="do" value="publish" { (say!(t, "publish-now")) } }
                    @if of.is_ok() && !known { button name="do" value="keep" { (say!(t, "publish-keep")) } }
                }
            }
        }
    }
}

/// Pathways in force whose review is near, past or not named: a line for whoever publishes.
pub(crate) fn reviews(shared: &Shared, who: &Who) -> Markup {
    use publishing::Review;
    let (t, today) = (who.tongue, publishing::today(shared));
    if !who.account.is_any(change::CHANGE) {
        return html! {};
    }
    let mut late: Vec<_> = shared
        .app
        .hub
        .in_force()
        .into_iter()
        .filter_map(|p| {
            let (day, past) = match publishing::review(&p, today) {
                Review::Past(day) => (day, true),
                Review::Near(day) => (day, false),
                Review::None | Review::Far(_) => return None,
            };
            Some((day, past, p))
        })
        .collect();
    late.sort_by(|a, b| (a.0, &a.2.name).cmp(&(b.0, &b.2.name)));
    html! {
        @if !late.is_empty() {
            section #reviews .note.warn aria-label=(say!(t, "publish-reviews")) {
                ul .plain {
                    @for (day, past, p) in &late {
                        @let day = words::date(t, &day.to_string());
                        li {
                            a href=(address(p, "")) lang=(AUTHOR) { (p.title) } ": "
                            @if *past { (say!(t, "publish-review-past", day = day)) } @else { (say!(t, "publish-review-near", day = day)) }
                        }
                    }
                }
            }
        }
    }
}

//! One body that was refused: the place, what to do, and its mending.

use super::place::{self, Spot};
use super::replay::{self, Dry, Not, There, Would};
use super::{NOTE_MAX, READERS, did, may_read};
use crate::auth::guard::{Fields, Who};
use crate::door::kept::{Door, Told};
use crate::fault::Fault;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::{Id, Origin};
use std::collections::BTreeMap;
use store::{RefusedRow, RefusedState, RefusedWhole};

/// Lines shown around a place.
const AROUND: usize = 4;
/// Places that are shown in the text.
const PLACES_MAX: usize = 8;
/// Characters of a line of the text that are shown.
const COLUMNS_MAX: usize = 240;
/// Issues in a list.
const ISSUES_MAX: usize = 20;
/// Things that would come in, in a list.
const WOULD_MAX: usize = 40;

/// What the page shows beside the row.
#[derive(Default)]
struct Said {
    /// The text in the field.
    text: Option<String>,
    dry: Option<Dry>,
    error: Option<String>,
    /// Whether the older may replace the newer: asked only once it is known.
    asks_newer: bool,
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let id: Id = crate::staff::id(&id)?;
    state.read(move |shared| render(shared, &who, id, Said::default())).await
}

/// A row that the account may see. What it says is for those who may read it, and that they saw it is written.
fn look(shared: &Shared, who: &Who, id: Id) -> Result<(RefusedWhole, bool), Fault> {
    let whole = shared.store().refused_one(id)?.ok_or(Fault::NotFound)?;
    if !crate::staff::may_see(who, &whole.row.site) {
        return Err(Fault::Forbidden);
    }
    let reads = may_read(who, &whole.row.site);
    if reads {
        page::saw_thing(shared, &who.account.name, &format!("/parked/refused/{id}"))?;
    }
    Ok((whole, reads))
}

fn shown(bytes: &[u8]) -> String {
    place::laid_out(&String::from_utf8_lossy(bytes))
}

fn render(shared: &Shared, who: &Who, id: Id, said: Said) -> Result<Markup, Fault> {
    let (whole, reads) = look(shared, who, id)?;
    let (row, t) = (&whole.row, who.tongue);
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let issues: Vec<Told> = serde_json::from_str(&row.issues).unwrap_or_default();
    let body = whole.body.as_deref().filter(|_| reads).map(shown);
    let open = row.state == RefusedState::Open;
    let mendable = Door::named(&row.door).is_some() && whole.body.is_some();
    let title = say!(t, "intake-one-title");
    let markup = html! {
        p { a href="/parked" { "← " (say!(t, "intake-title")) } }
        div .row { h1 { (title) } span .state.(row.state.name()) { (t.pick("intake-state", row.state.name()).unwrap_or_default()) } }
        div .two.intake-one {
            div .side {
                (about(t, row, &zone))
                @if !open { (settled(t, &whole, reads, &zone)) }
            }
            div .main {
                h2 { (say!(t, "intake-wrong")) }
                (wrong(t, &issues))
                @if let Some(text) = &body {
                    h2 { (say!(t, "intake-where")) }
                    (excerpt(t, &say!(t, "intake-where"), text, &issues))
                    @if !open {
                        details { summary { (say!(t, "intake-original")) } (whole_text("original", text)) }
                    }
                } @else if !reads {
                    p .notice { (say!(t, "intake-not-shown")) }
                } @else {
                    p .notice { (say!(t, "intake-not-kept", kib = store::BODY_MAX / 1024)) }
                }
                @if let (true, false, Some(mended)) = (reads, open, &whole.mended) {
                    details { summary { (say!(t, "intake-mended")) } (whole_text("mended", &shown(mended))) }
                }
            }
        }
        @if open && reads {
            section .card #mend aria-labelledby="mend-h" {
                h2 #mend-h { (say!(t, "intake-mend")) }
                @if let Some(error) = &said.error { p .error role="alert" { (error) } }
                @if mendable { (mend(shared, who, row, body.as_deref(), &said, &zone)) }
                @else { p { (say!(t, "intake-cannot-mend")) } }
            }
            section .card aria-labelledby="dismiss-h" {
                h2 #dismiss-h { (say!(t, "intake-dismiss")) }
                p .muted { (say!(t, "intake-dismiss-about")) }
                form method="post" action={ "/parked/refused/" (row.id) } .stack {
                    (page::token(&who.csrf))
                    input type="hidden" name="act" value="dismiss";
                    label for="note" { (say!(t, "intake-note")) }
                    input #note name="note" required maxlength=(NOTE_MAX);
                    button { (say!(t, "intake-dismiss")) }
                }
            }
        }
    };
    Ok(page::staff(shared, who, &title, "/parked", &markup))
}

fn whole_text(id: &str, text: &str) -> Markup {
    html! { pre id=(id) tabindex="0" translate="no" { (text) } }
}

fn about(t: Tongue, row: &RefusedRow, zone: &TimeZone) -> Markup {
    let door = Door::named(&row.door).map_or_else(|| row.door.clone(), |d| d.shown());
    html! {
        section {
            h2 { (say!(t, "intake-about")) }
            dl .facts {
                dt { (say!(t, "intake-source")) } dd translate="no" { (row.source) }
                @if !row.site.is_empty() { dt { (say!(t, "intake-site")) } dd translate="no" { (row.site) } }
                dt { (say!(t, "intake-sender")) } dd translate="no" { (row.sender) }
                dt { (say!(t, "intake-door")) } dd .mono translate="no" { (door) }
                dt { (say!(t, "intake-first")) } dd { (page::time(t, row.first_at, zone)) }
                @if row.times > 1 { dt { (say!(t, "intake-last")) } dd { (page::time(t, row.at, zone)) ", " (say!(t, "intake-times", n = row.times)) } }
            }
        }
    }
}

fn settled(t: Tongue, whole: &RefusedWhole, reads: bool, zone: &TimeZone) -> Markup {
    let row = &whole.row;
    let outcome: serde_json::Value = serde_json::from_str(&row.outcome).unwrap_or_default();
    let facts = outcome["facts"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        section {
            h2 { (t.pick("intake-state", row.state.name()).unwrap_or_default()) }
            p { (t.pick("intake-by", row.state.name()).unwrap_or_default()) " " strong translate="no" { (row.state_by) } ", " (page::time(t, row.state_at, zone)) }
            @if !row.note.is_empty() { p .lines translate="no" { "“" (row.note) "”" } }
            @if reads && !facts.is_empty() {
                p { (say!(t, "intake-facts", n = facts.len())) }
                ul .list { @for fact in facts.iter().take(WOULD_MAX) {
                    li { code translate="no" { (fact["kind"].as_str().unwrap_or_default()) } " "
                        span .mono.muted translate="no" { (fact["id"].as_str().unwrap_or_default().chars().take(8).collect::<String>()) }
                        @if fact["arrival"] == "repeat" { " " (say!(t, "intake-was-there")) } }
                } }
            }
        }
    }
}

/// What is wrong and what to do about it.
fn wrong(t: Tongue, issues: &[Told]) -> Markup {
    html! {
        ul .wrong {
            @for issue in issues.iter().take(ISSUES_MAX) {
                li .(issue.severity.as_str()) {
                    p .place { code translate="no" { (issue.place) } }
                    p lang="en" { (issue.says) }
                    @if let Some(todo) = t.pick("intake-todo", &issue.code) { p .todo { "→ " (todo) } }
                }
            }
        }
        @if issues.len() > ISSUES_MAX { p .muted { (say!(t, "intake-more", n = issues.len() - ISSUES_MAX)) } }
    }
}

/// The text around the places, each line that is marked with its message beside it.
fn excerpt(t: Tongue, name: &str, text: &str, issues: &[Told]) -> Markup {
    let mut marks: BTreeMap<usize, Vec<(Spot, &Told)>> = BTreeMap::new();
    for issue in issues.iter().take(PLACES_MAX) {
        if let Some(spot) = place::find(text, &issue.place) {
            marks.entry(spot.line).or_default().push((spot, issue));
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    let near = |n: usize| marks.keys().any(|m| n + AROUND >= *m && n <= m + AROUND);
    let mut last = 0;
    html! {
        @if marks.is_empty() { p .muted { (say!(t, "intake-no-place")) } }
        div .source tabindex="0" role="region" aria-label=(name) {
            @for (n, line) in lines.iter().enumerate().map(|(n, l)| (n + 1, l)).filter(|(n, _)| near(*n) || (marks.is_empty() && *n <= 2 * AROUND)) {
                @if n > last + 1 { div .gap aria-hidden="true" { "⋯" } }
                ({ last = n; line_of(t, n, line, marks.get(&n).map(Vec::as_slice).unwrap_or_default()) })
            }
        }
    }
}

fn line_of(t: Tongue, n: usize, line: &str, marks: &[(Spot, &Told)]) -> Markup {
    let column = marks.first().map_or(0, |(s, _)| s.column);
    // A long line is shown around its place.
    let from = column.saturating_sub(COLUMNS_MAX / 2);
    let part: String = line.chars().skip(if line.len() > COLUMNS_MAX { from } else { 0 }).take(COLUMNS_MAX).collect();
    html! {
        div .line.marked[!marks.is_empty()] {
            span .number { @if !marks.is_empty() { span .hidden { (say!(t, "intake-line")) " " } } (n) }
            code translate="no" { (part) }
        }
        @for (_, issue) in marks { div .says lang="en" { "▲ " (issue.says) } }
    }
}

fn mend(shared: &Shared, who: &Who, row: &RefusedRow, body: Option<&str>, said: &Said, zone: &TimeZone) -> Markup {
    let t = who.tongue;
    let text = said.text.as_deref().or(body).unwrap_or_default();
    html! {
        p .muted { (say!(t, "intake-mend-about")) }
        @if let Some(dry) = &said.dry { (told_dry(shared, who, text, dry, zone)) }
        form method="post" action={ "/parked/refused/" (row.id) "#mend" } .mend {
            (page::token(&who.csrf))
            label for="text" { (say!(t, "intake-text")) }
            textarea #text name="text" rows="18" spellcheck="false" autocapitalize="none" translate="no" maxlength=(store::BODY_MAX) { "\n" (text) }
            @if said.asks_newer {
                div .choice { input type="checkbox" #newer name="newer" value="yes"; label for="newer" { (say!(t, "intake-over-newer")) } }
            }
            div .row {
                button name="act" value="check" #check { (say!(t, "intake-check")) }
                button .primary name="act" value="replay" #replay { (say!(t, "intake-replay")) }
                span .muted { (say!(t, "intake-check-about")) }
            }
        }
    }
}

/// What a check found.
fn told_dry(shared: &Shared, who: &Who, text: &str, dry: &Dry, zone: &TimeZone) -> Markup {
    let t = who.tongue;
    if dry.refused {
        return html! {
            div .dry.bad role="alert" #dry {
                p { strong { (say!(t, "intake-still-wrong", n = dry.issues.len())) } }
                (wrong(t, &dry.issues))
                (excerpt(t, &say!(t, "intake-where-now"), text, &dry.issues))
            }
        };
    }
    html! {
        div .dry.good role="status" #dry {
            p { strong { (say!(t, "intake-would", n = dry.would.len())) } " " (say!(t, "intake-nothing-changed")) }
            ul .list { @for would in dry.would.iter().take(WOULD_MAX) { li { (would_say(shared, who, would, zone)) } } }
            @if dry.would.len() > WOULD_MAX { p .muted { (say!(t, "intake-more", n = dry.would.len() - WOULD_MAX)) } }
            @if !dry.issues.is_empty() { (wrong(t, &dry.issues)) }
        }
    }
}

fn would_say(shared: &Shared, who: &Who, would: &Would, zone: &TimeZone) -> Markup {
    let t = who.tongue;
    html! {
        code translate="no" { (would.what) } ": "
        @match would.person {
            Some(person) => @match name(shared, who, person) {
                Some(name) => { (say!(t, "intake-of")) " " a href={ "/people/" (person) } translate="no" { (name) } },
                None => (say!(t, "intake-of-known")),
            },
            None if would.nobodys => (say!(t, "intake-of-nobody")),
            None if would.may_create => (say!(t, "intake-of-new")),
            None => (say!(t, "intake-of-parked")),
        }
        ", " (page::time(t, would.at, zone))
        @match would.there {
            There::Nothing => {},
            There::Older => { ". " (say!(t, "intake-there-older")) },
            There::Same => { ". " (say!(t, "intake-there-same")) },
            There::Newer => { ". " strong .need { (say!(t, "intake-there-newer")) } },
        }
        @if would.origin != Origin::Live { ". " (say!(t, "intake-starts-nothing")) }
    }
}

/// The name of a person whom the account may see; that it was shown is written. Integrators see no people.
fn name(shared: &Shared, who: &Who, person: model::PersonId) -> Option<String> {
    if !who.account.is_any(&["nurse", "lead"]) {
        return None;
    }
    let look = crate::staff::look(shared, who, person, "/parked/refused/{id}").ok()?;
    Some(look.record.name).filter(|n| !n.is_empty())
}

/// Checks, sends in again, or dismisses.
pub(crate) async fn act(
    state: State,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let id: Id = crate::staff::id(&id)?;
    if !who.account.is_any(READERS) {
        return Err(Fault::Forbidden);
    }
    let me = who.clone();
    let (whole, reads) = state.read(move |shared| look(shared, &me, id)).await?;
    if !reads {
        return Err(Fault::Forbidden);
    }
    let t = who.tongue;
    // Not trimmed and as the browser sends it: lines end as they did.
    let text = fields.0.iter().find(|(n, _)| n == "text").map_or_else(String::new, |(_, v)| v.replace("\r\n", "\n"));
    match fields.get("act") {
        "dismiss" if fields.get("note").is_empty() => {
            again(&state, who, id, Said { error: Some(say!(t, "intake-note-needed")), ..Said::default() }).await
        }
        "dismiss" => {
            super::dismiss(&state, &who, id, fields.get("note")).await?;
            Ok(Redirect::to(&format!("/parked/refused/{id}")).into_response())
        }
        "check" | "replay" if text.len() > store::BODY_MAX => Err(Fault::TooLarge),
        "check" => {
            let door = Door::named(&whole.row.door).ok_or(Fault::Stale)?;
            let (row, asked) = (whole.row, text.clone());
            let dry = state.read(move |shared| Ok(replay::dry(shared, &row, &door, asked.as_bytes())?)).await?;
            let asks_newer = dry.would.iter().any(|w| w.there == There::Newer);
            again(&state, who, id, Said { text: Some(text), dry: Some(dry), error: None, asks_newer }).await
        }
        "replay" => replay_one(&state, who, whole.row, text, fields.get("newer") == "yes").await,
        _ => Err(Fault::Stale),
    }
}

/// The page again, with what was found; 200 for a check that is good, else 422.
async fn again(state: &State, who: Who, id: Id, said: Said) -> Result<Response, Fault> {
    let bad = said.error.is_some() || said.dry.as_ref().is_some_and(|d| d.refused);
    let page = state.read(move |shared| render(shared, &who, id, said)).await?;
    let status = if bad { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, page).into_response())
}

async fn replay_one(state: &State, who: Who, row: RefusedRow, text: String, newer: bool) -> Result<Response, Fault> {
    let (id, t, by) = (row.id, who.tongue, who.account.name.clone());
    let door = Door::named(&row.door).ok_or(Fault::Stale)?;
    match replay::replay(state, &by, row, door, text.clone().into_bytes(), newer).await? {
        Ok(_) => {
            log(state, by, id).await?;
            Ok(Redirect::to(&format!("/parked/refused/{id}")).into_response())
        }
        Err(Not::Refused(dry)) => {
            again(state, who, id, Said { text: Some(text), dry: Some(dry), ..Said::default() }).await
        }
        Err(Not::Newer(dry)) => {
            let error = Some(say!(t, "intake-newer-first"));
            again(state, who, id, Said { text: Some(text), dry: Some(dry), error, asks_newer: true }).await
        }
        Err(Not::Settled) => {
            again(state, who, id, Said { error: Some(say!(t, "intake-settled-already")), ..Said::default() }).await
        }
    }
}

async fn log(state: &State, by: String, id: Id) -> Result<(), Fault> {
    state.read(move |shared| Ok(did(shared, &by, "sent in again", &format!("/parked/refused/{id}"))?)).await
}

/// Sends a row in again just as it came; whether it is understood now. For many at once.
pub(super) async fn as_it_is(state: &State, who: &Who, id: Id) -> Result<bool, Fault> {
    let whole = state.read(move |shared| Ok(shared.store().refused_one(id)?)).await?;
    let Some(RefusedWhole { row, body: Some(body), .. }) = whole.filter(|w| w.row.state == RefusedState::Open) else {
        return Ok(false);
    };
    let Some(door) = Door::named(&row.door) else { return Ok(false) };
    let done = replay::replay(state, &who.account.name, row, door, body, false).await?.is_ok();
    if done {
        log(state, who.account.name.clone(), id).await?;
    }
    Ok(done)
}

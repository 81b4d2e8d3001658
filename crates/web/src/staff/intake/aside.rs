//! One item that was set aside: it matches nobody yet, or its turn failed. It is linked to a person, tried again, or
//! dismissed.
//!
//! Invariant: what is linked keeps its fact's id, so that a line takes it once; it is dropped from the list only after
//! it came in anew.

use super::{NOTE_MAX, READERS, did, may_read, why};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::staff::me_phone::masked;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use model::{Actor, Fact, Id, Item, PersonId};
use serde::Deserialize;
use serde_json::Value as Json;
use store::{ParkedRow, PersonRow};

/// Who sees people.
const CARE: &[&str] = &["nurse", "lead"];
/// People that a search lists.
const FOUND_MAX: usize = 10;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// Name, number or identifier.
    #[serde(default)]
    q: String,
}

/// The page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path((part, seq)): Path<(u16, i64)>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state.read(move |shared| render(shared, &who, (part, seq), &asked.q, None)).await
}

fn look(shared: &Shared, who: &Who, (part, seq): (u16, i64)) -> Result<(ParkedRow, bool), Fault> {
    let row = shared.store().set_aside_one(part, seq)?.ok_or(Fault::NotFound)?;
    let site = &row.item.fact.site;
    if !crate::staff::may_see(who, site) {
        return Err(Fault::Forbidden);
    }
    // What a patient wrote is for the care team alone.
    let wrote = row.item.fact.actor == Actor::Patient || row.item.fact.kind.starts_with("reply.");
    let reads = may_read(who, site) && (!wrote || who.account.is_any(CARE));
    if reads {
        page::saw_thing(shared, &who.account.name, &format!("/parked/waiting/{part}/{seq}"))?;
    }
    Ok((row, reads))
}

/// Whose an item whose turn failed is, when the account may see them.
fn owner(shared: &Shared, who: &Who, row: &ParkedRow) -> Result<Option<PersonId>, Fault> {
    Ok(match row.item.person {
        Some(person) => Some(person),
        None => shared.store().whose(&row.item.keys)?,
    }
    .filter(|_| who.account.is_any(CARE)))
}

fn render(shared: &Shared, who: &Who, at: (u16, i64), q: &str, error: Option<&str>) -> Result<Markup, Fault> {
    let (row, reads) = look(shared, who, at)?;
    let t = who.tongue;
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let action = format!("/parked/waiting/{}/{}", row.part, row.seq);
    let title = if row.failed { say!(t, "intake-failed-title") } else { say!(t, "intake-parked-title") };
    let owner = owner(shared, who, &row)?;
    let body = html! {
        p { a href={ "/parked?kind=" (if row.failed { "failed" } else { "parked" }) } { "← " (say!(t, "intake-title")) } }
        h1 { (title) }
        div .two.intake-one {
            div .side { (about(t, &row, reads, owner, &zone)) }
            div .main {
                h2 { (say!(t, "intake-why")) }
                p { (why(t, &row.why)) }
                @if reads {
                    h2 { (say!(t, "intake-says")) }
                    @if let Some(text) = row.item.fact.text("text") { blockquote .lines translate="no" { (text) } }
                    (super::one_text(&shown(&row.item.fact)))
                } @else { p .notice { (say!(t, "intake-not-shown")) } }
            }
        }
        @if reads {
            @if let Some(error) = error { p .error role="alert" { (error) } }
            @if row.failed {
                section .card {
                    h2 { (say!(t, "intake-again")) }
                    p .muted { (say!(t, "intake-again-about")) }
                    form method="post" action=(action) { (page::token(&who.csrf)) button .primary name="act" value="again" #again { (say!(t, "intake-again")) } }
                }
            } @else { (link(shared, who, &action, q)?) }
            section .card {
                h2 { (say!(t, "intake-dismiss")) }
                p .muted { (say!(t, "intake-aside-dismiss-about")) }
                form method="post" action=(action) .stack {
                    (page::token(&who.csrf))
                    input type="hidden" name="act" value="dismiss";
                    label for="note" { (say!(t, "intake-note")) }
                    input #note name="note" required maxlength=(NOTE_MAX);
                    button { (say!(t, "intake-dismiss")) }
                }
            }
        }
    };
    Ok(page::staff(shared, who, &title, "/parked", &body))
}

/// The body of a fact as it is shown: of the own telephone of a member of staff no more than its end, and nothing of what
/// their screen showed.
fn shown(fact: &Fact) -> Json {
    let mut body = fact.body.clone();
    if fact.kind == turn::staff_call::ASKED
        && let Some(body) = body.as_object_mut()
    {
        body.remove("digits");
        if let Some(phone) = fact.text("phone") {
            body.insert("phone".into(), masked(phone).into());
        }
    }
    body
}

fn about(t: Tongue, row: &ParkedRow, reads: bool, owner: Option<PersonId>, zone: &TimeZone) -> Markup {
    let fact = &row.item.fact;
    html! {
        section {
            h2 { (say!(t, "intake-about")) }
            dl .facts {
                dt { (say!(t, "intake-source")) } dd translate="no" { (fact.source) }
                @if !fact.site.is_empty() { dt { (say!(t, "intake-site")) } dd translate="no" { (fact.site) } }
                dt { (say!(t, "intake-kind")) } dd .mono translate="no" { (fact.kind) }
                @if reads { dt { (say!(t, "intake-subject")) } dd .mono translate="no" { (fact.subject) } }
                dt { (say!(t, "intake-happened")) } dd { (page::time(t, fact.occurred_at, zone)) }
                dt { (say!(t, "intake-aside-since")) } dd { (page::time(t, row.at, zone)) }
                @if let Some(person) = owner { dt { (say!(t, "intake-person")) } dd { a href={ "/people/" (person) } { (say!(t, "intake-open-person")) } } }
            }
        }
    }
}

/// Linking it to a person: found by search by those who see people, or by an identifier that is known.
fn link(shared: &Shared, who: &Who, action: &str, q: &str) -> Result<Markup, Fault> {
    let t = who.tongue;
    let searches = who.account.is_any(CARE);
    let found: Vec<PersonRow> = if searches && !q.trim().is_empty() {
        shared.store().find_people_at(q, &who.account.sites, FOUND_MAX)?
    } else {
        Vec::new()
    };
    let seen: Vec<PersonId> = found.iter().map(|p| p.person).collect();
    page::saw(shared, &who.account.name, &seen, "/parked/waiting")?;
    Ok(html! {
        section .card #link aria-labelledby="link-h" {
            h2 #link-h { (say!(t, "intake-link")) }
            p .muted { (say!(t, "intake-link-about")) }
            @if searches {
                form method="get" action={ (action) "#link" } .row {
                    label for="q" { (say!(t, "intake-search")) }
                    input #q name="q" type="search" value=(q) maxlength="100";
                    button #search { (say!(t, "intake-find")) }
                }
                @if !q.trim().is_empty() && found.is_empty() { p { (say!(t, "intake-nobody-found")) } }
                ul .people {
                    @for person in &found {
                        li .row {
                            span { strong translate="no" { (person.name) }
                                @if !person.birth_date.is_empty() { ", " (say!(t, "intake-born")) " " (words::date(t, &person.birth_date)) }
                                @if !person.site.is_empty() { ", " span translate="no" { (person.site) } } }
                            form method="post" action=(action) {
                                (page::token(&who.csrf))
                                input type="hidden" name="person" value=(person.person);
                                button name="act" value="link" #{ "link-" (person.person) } { (say!(t, "intake-link-to")) span .hidden { " " (person.name) } }
                            }
                        }
                    }
                }
            }
            form method="post" action=(action) .row {
                (page::token(&who.csrf))
                label for="identifier" { (say!(t, "intake-identifier")) }
                input #identifier name="identifier" maxlength="200" placeholder="system|value" required;
                button name="act" value="link" #link-identifier { (say!(t, "intake-link-identifier")) }
            }
        }
    })
}

/// Links, tries again or dismisses.
pub(crate) async fn act(
    state: State,
    Extension(who): Extension<Who>,
    Path(at): Path<(u16, i64)>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    if !who.account.is_any(READERS) {
        return Err(Fault::Forbidden);
    }
    let (me, t) = (who.clone(), who.tongue);
    let (row, reads) = state.read(move |shared| look(shared, &me, at)).await?;
    if !reads {
        return Err(Fault::Forbidden);
    }
    match fields.get("act") {
        "dismiss" if fields.get("note").is_empty() => again(&state, who, at, say!(t, "intake-note-needed")).await,
        "dismiss" => {
            let (by, note) = (who.account.name.clone(), fields.get("note").chars().take(NOTE_MAX).collect::<String>());
            let n = state
                .read(move |shared| {
                    let done = shared.store().set_aside_drop(&row)?;
                    if done {
                        let fact = &row.item.fact;
                        did(shared, &by, "dismissed", &format!("{} {} {}: {note}", fact.source, fact.kind, fact.id))?;
                        shared.app.hub.touch();
                    }
                    Ok(usize::from(done))
                })
                .await?;
            let kind = if n > 0 { "dismissed" } else { "" };
            Ok(Redirect::to(&format!("/parked?kind=parked&done={kind}&n={n}")).into_response())
        }
        "again" if row.failed => {
            let item = anew(&row, None);
            let n = usize::from(come_in(&state, &who, row, item, None).await?);
            let done = if n > 0 { "replayed" } else { "taken" };
            Ok(Redirect::to(&format!("/parked?kind=failed&done={done}&n={n}")).into_response())
        }
        "link" if !row.failed => match whom(&state, &who, &fields).await? {
            Some(person) => {
                let item = anew(&row, Some(person));
                let mine = come_in(&state, &who, row, item, Some(person)).await?;
                let done = if mine { "linked" } else { "taken" };
                Ok(Redirect::to(&format!("/parked?kind=parked&done={done}")).into_response())
            }
            None => again(&state, who, at, say!(t, "intake-nobody-found")).await,
        },
        _ => Err(Fault::Stale),
    }
}

async fn again(state: &State, who: Who, at: (u16, i64), error: String) -> Result<Response, Fault> {
    let page = state.read(move |shared| render(shared, &who, at, "", Some(&error))).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Whom a form names: a person that was found, or one whose identifier is known. Of the account's own sites only.
async fn whom(state: &State, who: &Who, fields: &Fields) -> Result<Option<PersonId>, Fault> {
    let (who, named, identifier) = (who.clone(), fields.get("person").to_owned(), fields.get("identifier").to_owned());
    state
        .read(move |shared| {
            let person = if !named.is_empty() && who.account.is_any(CARE) {
                Some(crate::staff::id(&named)?)
            } else {
                let key =
                    identifier.split_once('|').map(|(system, value)| model::inbox::key(system.trim(), value.trim()));
                key.map(|key| shared.store().whose(&[key])).transpose()?.flatten()
            };
            let Some(person) = person else { return Ok(None) };
            let look = shared.app.hub.look(person)?;
            if !crate::staff::may_know(&who, &look.record) {
                return Err(Fault::Forbidden);
            }
            Ok(Some(look.person))
        })
        .await
}

/// The item as it comes in anew: the same fact, under a name of its own at the door, so that it is not taken for the
/// delivery that is known.
fn anew(row: &ParkedRow, person: Option<PersonId>) -> Item {
    let (part, seq) = (row.part.to_be_bytes(), row.seq.to_be_bytes());
    let whose = person.map(|p| p.0.bytes()).unwrap_or_default();
    let mut item = row.item.clone();
    item.source_key = Id::of(&[b"set aside", &item.source_key.bytes(), &part, &seq, &whose]);
    item.person = person.or(item.person);
    item
}

/// Held, taken in, dropped: whatever fails between leaves it on the list, and a second click takes nothing twice.
/// Whether it was taken: of two at once, whoever held it first.
async fn come_in(
    state: &State,
    who: &Who,
    row: ParkedRow,
    item: Item,
    linked: Option<PersonId>,
) -> Result<bool, Fault> {
    let held = row.clone();
    if !state.read(move |shared| Ok(shared.store().set_aside_hold(&held)?)).await? {
        return Ok(false);
    }
    state.app.hub.accept(vec![item]).await?;
    let by = who.account.name.clone();
    state
        .read(move |shared| {
            shared.store().set_aside_drop(&row)?;
            let what = if linked.is_some() { "linked" } else { "sent in again" };
            let fact = &row.item.fact;
            let detail = format!("{} {} {}", fact.source, fact.kind, fact.id);
            match linked {
                Some(person) => page::did(shared, &by, what, person, &detail)?,
                None => did(shared, &by, what, &detail)?,
            }
            shared.app.hub.touch();
            Ok(true)
        })
        .await
}

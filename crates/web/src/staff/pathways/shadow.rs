//! A version in shadow: begun and ended here, and how what it would have done differs from what was done.
//!
//! Invariants: nothing is ordered without a form of ours, a name of its own and a line in the access log; counts are
//! of the people at the account's sites; who may not see people sees counts only, and whoever opens people is logged.

use super::change::{CHANGE, cut, known, ordered, version_in};
use super::{AUTHOR, CARE, address, find, said, short};
use crate::auth::guard::{Fields, Who};
use crate::fault::Fault;
use crate::staff::{may_know, may_see};
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
use axum::response::Redirect;
use hub::Order;
use hub::shadow::{Difference, StepDifference, difference};
use maud::{Markup, html};
use model::shadow::{Side, Wish};
use model::{At, Channel, PersonId, Would};
use pathway::Pathway;
use serde_json::Value as Json;
use store::WouldRow;
use turn::Shadow;

/// People that are named of those for whom the versions differ.
const NAMED: usize = hub::shadow::NAMED_MAX;

pub(super) fn here(name: &str) -> String {
    format!("/pathways/{}/shadow", words::encoded(name))
}

fn running(shared: &Shared, name: &str) -> Option<Shadow> {
    shared.app.hub.shadows().into_iter().find(|s| s.pathway == name)
}

/// The badge of a pathway that has a version in shadow.
pub(super) fn badge(shared: &Shared, t: Tongue, pathway: &Pathway) -> Markup {
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    html! {
        @if let Some(shadow) = running(shared, &pathway.name) {
            " " a .badge href=(here(&pathway.name)) { (say!(t, "shadow-badge", since = words::moment(t, shadow.since, &zone))) }
        }
    }
}

/// The page of a pathway's shadow.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Result<Markup, Fault> {
    state
        .read(move |shared| {
            let t = who.tongue;
            let pathway = find(shared, &name, "").ok_or(Fault::NotFound)?;
            let now = running(shared, &name);
            let mut ever = hub::shadow::all(&shared.app.hub.orders());
            ever.retain(|(shadow, _)| shadow.pathway == name);
            let body = html! {
                p .crumbs { a href=(address(&pathway, "")) { (say!(t, "pathway-back")) } " " span lang=(AUTHOR) { (pathway.title) } }
                h1 { (say!(t, "shadow-heading")) }
                p .muted { (say!(t, "shadow-what")) }
                @match &now {
                    Some(shadow) => (told(shared, &who, shadow)),
                    None => p .empty { (say!(t, "shadow-none")) },
                }
                @if !who.account.is_any(CHANGE) { p .muted { (say!(t, "shadow-may-not")) } }
                @else if now.is_none() { (begin_form(shared, &who, &name)) }
                @if let Some((shadow, ended)) = ever.last() {
                    div #difference data-live { (differs(shared, &who, shadow, *ended, now.is_some())?) }
                }
                (limits(t))
            };
            Ok(page::staff(shared, &who, &say!(t, "shadow-heading"), "/pathways", &body))
        })
        .await
}

/// What runs, since when, and how to end it.
fn told(shared: &Shared, who: &Who, shadow: &Shadow) -> Markup {
    let t = who.tongue;
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    html! {
        section .card #running {
            h2 { (say!(t, "shadow-running", version = cut(shadow.version))) }
            dl {
                dt { (say!(t, "shadow-since")) } dd { (page::time(t, shadow.since, &zone)) }
                dt { (say!(t, "shadow-until")) } dd { (page::time(t, shadow.until, &zone)) }
                dt { (say!(t, "shadow-why")) } dd lang=(AUTHOR) { (shadow.why) }
                dt { (say!(t, "shadow-by")) } dd translate="no" { (shadow.by) }
            }
            @if who.account.is_any(CHANGE) {
                form method="post" action={ "/pathways/" (words::encoded(&shadow.pathway)) "/unshadow" } {
                    (page::token(&who.csrf)) (page::once())
                    input type="hidden" name="of" value=(shadow.number);
                    button { (say!(t, "shadow-end")) }
                }
            }
        }
    }
}

fn begin_form(shared: &Shared, who: &Who, name: &str) -> Markup {
    let t = who.tongue;
    let in_force = shared.app.hub.in_force();
    let mut all = known(shared, name);
    all.retain(|p| !in_force.iter().any(|f| f.version == p.version));
    html! {
        section .card.entry.left aria-labelledby="shadow-begin-h" {
            h2 #shadow-begin-h { (say!(t, "shadow-begin")) }
            @if all.is_empty() {
                p .muted { (say!(t, "shadow-one-version")) }
                p { a href="/pathways/publish" { (say!(t, "shadow-keep-one")) } }
            } @else {
                form method="post" action=(here(name)) .stack {
                    (page::token(&who.csrf)) (page::once())
                    label for="shadow-version" { (say!(t, "shadow-which")) }
                    select #shadow-version name="version" {
                        @for p in &all { option value=(p.version) { (short(p)) } }
                    }
                    label for="shadow-why" { (say!(t, "shadow-why")) }
                    textarea #shadow-why name="why" required maxlength="500" rows="3" {}
                    button .primary { (say!(t, "shadow-begin-now")) }
                }
            }
        }
    }
}

/// How the two sides differ, of the people whom the account may see.
fn differs(shared: &Shared, who: &Who, shadow: &Shadow, ended: At, runs: bool) -> Result<Markup, Fault> {
    let t = who.tongue;
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let found = difference(shared.store(), shadow.number, |site| may_see(who, site))?;
    let people = if who.account.is_any(CARE) { named(shared, who, &found)? } else { Vec::new() };
    Ok(html! {
        h2 #difference-title { (say!(t, "shadow-difference")) }
        @if !runs {
            p .muted {
                (say!(t, "shadow-ended", version = cut(shadow.version), since = words::moment(t, shadow.since, &zone), until = words::moment(t, ended, &zone)))
            }
        }
        @if found.people == 0 { p .empty { (say!(t, "shadow-nothing")) } } @else {
            p .lead { (say!(t, "shadow-people", people = found.people, differ = found.differ)) }
            (table(t, &found))
        }
        @if found.beyond > 0 { p .muted { (say!(t, "shadow-beyond", n = found.beyond)) } }
        @if !people.is_empty() {
            h3 { (say!(t, "shadow-who")) }
            ul {
                @for (id, name) in &people {
                    li { a href={ (here(&shadow.pathway)) "/" (id) } data-person=(id) translate="no" { (name) } }
                }
            }
        }
    })
}

/// The names of those for whom they differ, as far as the account may see them now.
fn named(shared: &Shared, who: &Who, found: &Difference) -> Result<Vec<(PersonId, String)>, Fault> {
    let ids: Vec<PersonId> = found.named.iter().map(|(id, _)| *id).take(NAMED).collect();
    let records = shared.app.hub.records(&ids)?;
    let seen = ids.into_iter().filter_map(|id| Some((id, records.get(&id).filter(|r| may_know(who, r))?)));
    let people: Vec<(PersonId, String)> = seen.map(|(id, record)| (id, record.name.clone())).collect();
    let shown: Vec<PersonId> = people.iter().map(|(id, _)| *id).collect();
    page::saw(shared, &who.account.name, &shown, &who.path)?;
    Ok(people)
}

fn table(t: Tongue, found: &Difference) -> Markup {
    let count = |n: usize| said::number(i64::try_from(n).unwrap_or(i64::MAX));
    let shift = |d: &StepDifference| match d.shift_ms {
        Some(ms) if ms > 0 => say!(t, "shadow-later", by = said::stay(t, ms)),
        Some(ms) => say!(t, "shadow-earlier", by = said::stay(t, -ms)),
        None => "–".to_owned(),
    };
    html! {
        div .scroll tabindex="0" role="region" aria-labelledby="difference-title" {
            table {
                thead { tr {
                    th scope="col" { (say!(t, "shadow-col-what")) }
                    th scope="col" { (say!(t, "shadow-col-step")) }
                    th scope="col" .num { (say!(t, "shadow-col-shadow")) }
                    th scope="col" .num { (say!(t, "shadow-col-force")) }
                    th scope="col" .num { (say!(t, "shadow-col-same")) }
                    th scope="col" .num { (say!(t, "shadow-col-earlier")) }
                    th scope="col" .num { (say!(t, "shadow-col-later")) }
                    th scope="col" { (say!(t, "shadow-col-shift")) }
                    th scope="col" .num { (say!(t, "shadow-col-otherwise")) }
                    th scope="col" .num { (say!(t, "shadow-col-only-shadow")) }
                    th scope="col" .num { (say!(t, "shadow-col-only-force")) }
                } }
                tbody {
                    @for ((wish, step), d) in &found.steps {
                        tr data-step=(step) data-differs=[d.is_any().then_some("yes")] {
                            td { (wish_in(t, *wish)) }
                            th scope="row" .mono translate="no" { (step) }
                            @for n in [d.shadow, d.force, d.same, d.earlier, d.later] { td .num { (count(n)) } }
                            td { (shift(d)) }
                            @for n in [d.otherwise, d.only_shadow, d.only_force] { td .num { (count(n)) } }
                        }
                    }
                }
            }
        }
    }
}

fn wish_in(t: Tongue, wish: Wish) -> String {
    t.pick("shadow-wish", wish.name()).unwrap_or_default()
}

/// What is compared and what is not.
fn limits(t: Tongue) -> Markup {
    html! {
        section .muted.small {
            h2 { (say!(t, "shadow-limits")) }
            ul {
                li { (say!(t, "shadow-limit-began")) }
                li { (say!(t, "shadow-limit-answers")) }
                li { (say!(t, "shadow-limit-others")) }
            }
        }
    }
}

/// Puts a version in shadow.
pub(crate) async fn begin(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(name): Path<String>,
) -> Result<Redirect, Fault> {
    let version = version_in(fields.get("version"))?;
    let why = fields.get("why").trim().to_owned();
    if why.is_empty() {
        return Err(Fault::Form(say!(who.tongue, "shadow-why-needed")));
    }
    ordered(&state, &who, &fields, &name, Order::Shadow { pathway: name.clone(), version, why }).await
}

/// Ends a shadow.
pub(crate) async fn end(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(name): Path<String>,
) -> Result<Redirect, Fault> {
    let of = fields.get("of").parse().map_err(|_| Fault::NotFound)?;
    ordered(&state, &who, &fields, &name, Order::Unshadow { pathway: name.clone(), of }).await
}

/// Both sides for one person.
pub(crate) async fn person(
    state: State,
    Extension(who): Extension<Who>,
    Path((name, person)): Path<(String, String)>,
) -> Result<Markup, Fault> {
    let person: PersonId = crate::staff::id(&person)?;
    state
        .read(move |shared| {
            let t = who.tongue;
            let pathway = find(shared, &name, "").ok_or(Fault::NotFound)?;
            let look = crate::staff::look(shared, &who, person, "/pathways/{name}/shadow/{person}")?;
            let orders = shared.app.hub.orders();
            let ever = hub::shadow::all(&orders).into_iter().rev().find(|(shadow, _)| shadow.pathway == name);
            let rows = match ever {
                Some((shadow, _)) => shared.store().shadow_of(shadow.number, person)?,
                None => Vec::new(),
            };
            let zone = words::zone(&shared.app.hub.settings().clinic.zone);
            let body = html! {
                p .crumbs { a href=(here(&name)) { (say!(t, "shadow-back")) } " " span lang=(AUTHOR) { (pathway.title) } }
                h1 { (say!(t, "shadow-person", name = look.record.name.as_str())) }
                p { a href={ "/people/" (look.person) } translate="no" { (look.record.name) } }
                div .two {
                    (side(t, &rows, Side::Force, &zone))
                    (side(t, &rows, Side::Shadow, &zone))
                }
                (limits(t))
            };
            Ok(page::staff(shared, &who, &say!(t, "shadow-heading"), "/pathways", &body))
        })
        .await
}

fn side(t: Tongue, rows: &[WouldRow], side: Side, zone: &jiff::tz::TimeZone) -> Markup {
    let title = t.pick("shadow-side", side.name()).unwrap_or_default();
    let mine: Vec<&Would> = rows.iter().map(|row| &row.would).filter(|w| w.side == side).collect();
    html! {
        section .side id={ "side-" (side.name()) } {
            h2 { (title) }
            @if mine.is_empty() { p .empty { (say!(t, "shadow-nothing-here")) } } @else {
                div .scroll tabindex="0" role="region" aria-label=(title) {
                    table {
                        thead { tr {
                            th scope="col" { (say!(t, "shadow-col-when")) }
                            th scope="col" { (say!(t, "shadow-col-what")) }
                            th scope="col" { (say!(t, "shadow-col-how")) }
                            th scope="col" { (say!(t, "shadow-col-due")) }
                        } }
                        tbody {
                            @for would in mine {
                                tr {
                                    td .nowrap { (page::time(t, would.at, zone)) }
                                    td { (wish_in(t, would.wish)) @if !would.step.is_empty() { " " span .mono translate="no" { (would.step) } } }
                                    td { (how(t, would)) }
                                    td .nowrap { @if let Some(due) = would.due { (page::time(t, due, zone)) } @else { "–" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Channels and words, team and title, or why.
fn how(t: Tongue, would: &Would) -> Markup {
    let what: Json = serde_json::from_str(&would.what).unwrap_or_default();
    let text = |key: &str| what.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let by = what.get("by").and_then(Json::as_array).into_iter().flatten();
    let by: Vec<String> =
        by.filter_map(|c| Channel::named(c.as_str()?)).map(|channel| words::channel(t, channel)).collect();
    html! {
        @match would.wish {
            Wish::Reach => { (by.join(", ")) " · " (say!(t, "shadow-words")) ": " span lang=(AUTHOR) { (words::label(&text("words"))) } }
            Wish::Prompt | Wish::Concern | Wish::RedFlag => {
                span lang=(AUTHOR) { (words::label(&text("team"))) ": " (text("title")) }
            }
            Wish::Call => span .mono translate="no" { (text("service")) },
            Wish::Enrol | Wish::Withdraw => span .mono translate="no" { (text("pathway")) },
            Wish::End | Wish::Failed => span lang=(AUTHOR) { (text("reason")) },
            Wish::Goal => span { @if what.get("reached") == Some(&Json::Bool(true)) { "✓" } @else { "–" } },
            Wish::Begin => {}
        }
    }
}

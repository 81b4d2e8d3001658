//! Change in flight: a version is halted and resumed, its journeys take corrected words or go over to another version.
//!
//! Invariants: nothing is ordered without a form of ours, a name of its own (two clicks are one order) and a line in
//! the access log; what a move would do is shown before it is done; who may not see people sees counts. Nobody is brought
//! to a version that could not be put in force: it is looked at as for that, and the password was said lately.

use super::counts::{self, Counts};
use super::{AUTHOR, address, find, said, short};
use crate::auth::guard::{Fields, Who};
use crate::auth::note;
use crate::fault::Fault;
use crate::publishing::{self, InTheWay};
use crate::staff::{accounts, may_see, me};
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub::{DryRun, Order, Ordered};
use journey::StepMap;
use maud::{Markup, html};
use model::{Id, PersonId};
use pathway::Pathway;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who may order.
pub(crate) const CHANGE: &[&str] = &["lead", "designer"];
/// Who may see the people whom it concerns.
const CARE: &[&str] = super::CARE;
/// Orders that are listed.
const ORDERS: usize = 50;
/// People who would stay that are named.
const NAMED: usize = 20;
/// The value of a choice that leaves who stands at a step where they are; no step has this name.
const STAYS: &str = "-";

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// The badge of a version that is halted.
pub(super) fn badge(shared: &Shared, t: Tongue, pathway: &Pathway) -> Markup {
    let halted = shared.app.hub.halt_of(pathway).is_some();
    html! { @if halted { " " span .badge.late { (say!(t, "change-halted")) } } }
}

fn here(name: &str) -> String {
    format!("/pathways/{}/change", words::encoded(name))
}

/// Every version of a pathway that is known, the one in force first.
pub(super) fn known(shared: &Shared, name: &str) -> Vec<Arc<Pathway>> {
    shared.pathways().into_iter().filter(|p| p.name == name).collect()
}

/// The page of a pathway's changes.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Result<Markup, Fault> {
    state
        .read(move |shared| {
            let t = who.tongue;
            let pathway = find(shared, &name, "").ok_or(Fault::NotFound)?;
            let all = known(shared, &name);
            let counts = all.iter().map(|p| Ok(Counts::read(shared, &who, p)?.here(""))).collect::<Result<Vec<_>, Fault>>()?;
            let may = who.account.is_any(CHANGE);
            let body = html! {
                p .crumbs { a href=(address(&pathway, "")) { (say!(t, "pathway-back")) } " " span lang=(AUTHOR) { (pathway.title) } }
                h1 { (say!(t, "change-title")) }
                div #change data-live {
                    (halts(shared, &who, &all, &counts))
                    (orders(shared, &who, &name)?)
                }
                @if pathway.standing { p .muted { (say!(t, "change-standing")) } }
                @else if may {
                    (halt_form(&who, &name, &all, &counts))
                    (choose_form(&who, &name, &all, &counts))
                } @else { p .muted { (say!(t, "change-may-not")) } }
            };
            Ok(page::staff(shared, &who, &say!(t, "change-title"), "/pathways", &body))
        })
        .await
}

/// What is halted, how many people stand still, and who they are.
fn halts(shared: &Shared, who: &Who, all: &[Arc<Pathway>], counts: &[i64]) -> Markup {
    let t = who.tongue;
    let name = all.first().map_or("", |p| p.name.as_str());
    let halts: Vec<_> = shared.app.hub.halts().into_iter().filter(|h| h.pathway == name).collect();
    let orders = shared.app.hub.orders();
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    html! {
        h2 { (say!(t, "change-halted-now")) }
        @if halts.is_empty() { p .empty { (say!(t, "change-none-halted")) } }
        @for halt in &halts {
            section .card .halt {
                h3 {
                    @match halt.version {
                        None => (say!(t, "change-every-version")),
                        Some(version) => span .mono translate="no" { (cut(version)) },
                    }
                }
                p lang=(AUTHOR) { (halt.why) }
                p .muted.small {
                    span translate="no" { (halt.by) }
                    @if let Some(order) = orders.iter().find(|o| o.number == halt.number) { " · " (page::time(t, order.at, &zone)) }
                }
                ul {
                    @for (p, n) in all.iter().zip(counts).filter(|(p, n)| **n > 0 && halt.version.is_none_or(|v| v == p.version)) {
                        li {
                            @let told = say!(t, "change-people-stand-still", n = *n, version = short(p));
                            @if who.account.is_any(CARE) {
                                a href={ "/pathways/" (words::encoded(name)) "/people?version=" (p.version) } { (told) }
                            } @else { (told) }
                        }
                    }
                }
                @if who.account.is_any(CHANGE) {
                    form method="post" action={ "/pathways/" (words::encoded(name)) "/resume" } {
                        (page::token(&who.csrf)) (page::once())
                        input type="hidden" name="of" value=(halt.number);
                        button { (say!(t, "change-resume")) }
                    }
                }
            }
        }
    }
}

pub(super) fn cut(version: Id) -> String {
    version.to_string().chars().take(8).collect()
}

/// What was ordered, the latest first, and how far it came.
fn orders(shared: &Shared, who: &Who, name: &str) -> Result<Markup, Fault> {
    let t = who.tongue;
    let all = shared.app.hub.orders();
    let mine: Vec<&Ordered> = all.iter().rev().filter(|o| o.order.pathway() == name).take(ORDERS).collect();
    let progress = shared.store().change_progress()?;
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    Ok(html! {
        @if !mine.is_empty() {
            h2 #orders-title { (say!(t, "change-orders")) }
            div .scroll tabindex="0" role="region" aria-labelledby="orders-title" {
                table {
                    thead { tr {
                        th scope="col" { (say!(t, "change-col-when")) }
                        th scope="col" { (say!(t, "change-col-what")) }
                        th scope="col" { (say!(t, "change-col-who")) }
                        th scope="col" { (say!(t, "change-col-far")) }
                    } }
                    tbody {
                        @for order in mine {
                            @let far = progress.get(&order.number).copied().unwrap_or_default();
                            tr {
                                td { (page::time(t, order.at, &zone)) }
                                td { (what(t, order)) }
                                td translate="no" { (order.by) }
                                td {
                                    @if matches!(order.order, Order::Shadow { .. } | Order::Unshadow { .. } | Order::Fell { .. } | Order::Pause { .. } | Order::Approve { .. }) { "–" }
                                    @else if matches!(order.order, Order::Publish { .. }) { (say!(t, "publish-who-begins")) }
                                    @else if far.done() { (say!(t, "change-done", n = far.asked)) }
                                    @else { (say!(t, "change-under-way", n = far.asked, parts = i64::from(far.parts), of = i64::from(model::PARTS))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    })
}

fn what(t: Tongue, order: &Ordered) -> Markup {
    let kind = t.pick("change-order", order.order.kind()).unwrap_or_default();
    html! {
        (kind)
        @match &order.order {
            Order::Halt { version, why, .. } => {
                " " @if let Some(version) = version { span .mono translate="no" { (cut(*version)) } } @else { (say!(t, "change-every-version")) }
                ": " span lang=(AUTHOR) { (why) }
            }
            Order::Resume { .. } | Order::Unshadow { .. } | Order::Unpause { .. } => {}
            Order::Pause { why, .. } => { ": " span lang=(AUTHOR) { (why) } }
            Order::Approve { words, recipients, .. } => {
                " " span .mono translate="no" { (words) } ": " (say!(t, "sending-up-to", n = *recipients))
            }
            Order::Fell { of, .. } => { " " (say!(t, "publish-order", n = *of)) }
            Order::Shadow { version, why, .. } => {
                " " span .mono translate="no" { (cut(*version)) } ": " span lang=(AUTHOR) { (why) }
            }
            Order::Words { from, to, .. } | Order::Move { from, to, .. } => {
                " " span .mono translate="no" { (cut(*from)) " → " (cut(*to)) }
            }
            Order::Publish { version, over, .. } => {
                " " span .mono translate="no" { @if let Some(over) = over { (cut(*over)) " → " } (cut(*version)) }
            }
        }
    }
}

fn options(t: Tongue, all: &[Arc<Pathway>], counts: &[i64], chosen: Option<Id>) -> Markup {
    html! {
        @for (p, n) in all.iter().zip(counts) {
            option value=(p.version) selected[chosen == Some(p.version)] { (say!(t, "change-version-people", version = short(p), n = *n)) }
        }
    }
}

fn halt_form(who: &Who, name: &str, all: &[Arc<Pathway>], counts: &[i64]) -> Markup {
    let t = who.tongue;
    html! {
        section .card.entry.left aria-labelledby="halt-h" {
            h2 #halt-h { (say!(t, "change-halt")) }
            p .muted { (say!(t, "change-halt-what")) }
            form method="post" action={ "/pathways/" (words::encoded(name)) "/halt" } .stack {
                (page::token(&who.csrf)) (page::once())
                label for="halt-version" { (say!(t, "change-which")) }
                select #halt-version name="version" {
                    option value="" { (say!(t, "change-every-version")) }
                    (options(t, all, counts, None))
                }
                label for="halt-why" { (say!(t, "change-why")) }
                textarea #halt-why name="why" required maxlength="500" rows="3" {}
                button .danger { (say!(t, "change-halt-now")) }
            }
        }
    }
}

/// From which version to which: what that does is shown on the next page.
fn choose_form(who: &Who, name: &str, all: &[Arc<Pathway>], counts: &[i64]) -> Markup {
    let t = who.tongue;
    html! {
        section .card.entry.left aria-labelledby="move-h" {
            h2 #move-h { (say!(t, "change-move")) }
            @if all.len() < 2 { p .muted { (say!(t, "change-one-version")) } } @else {
                p .muted { (say!(t, "change-move-what")) }
                form method="get" action={ "/pathways/" (words::encoded(name)) "/move" } .stack {
                    label for="move-from" { (say!(t, "change-from")) }
                    select #move-from name="from" { (options(t, all, counts, all.get(1).map(|p| p.version))) }
                    label for="move-to" { (say!(t, "change-to")) }
                    select #move-to name="to" { (options(t, all, counts, all.first().map(|p| p.version))) }
                    button { (say!(t, "change-preview")) }
                }
            }
        }
    }
}

/// What is ordered, with its access log line; back to the page.
pub(super) async fn ordered(
    state: &State,
    who: &Who,
    fields: &Fields,
    name: &str,
    order: Order,
) -> Result<Redirect, Fault> {
    let once = fields.get("once");
    if once.is_empty() || once.len() > 64 {
        return Err(Fault::Stale);
    }
    let what = match &order {
        Order::Halt { .. } => "halted a pathway",
        Order::Resume { .. } => "resumed a pathway",
        Order::Words { .. } => "corrected words",
        Order::Move { .. } => "moved journeys",
        Order::Shadow { .. } => "began a shadow",
        Order::Unshadow { .. } => "ended a shadow",
        Order::Publish { .. } => "published a pathway",
        // The hub writes the first by itself, and the page `sending` orders the others.
        Order::Fell { .. } | Order::Pause { .. } | Order::Unpause { .. } | Order::Approve { .. } => {
            return Err(Fault::Stale);
        }
    };
    let back = match &order {
        Order::Shadow { .. } | Order::Unshadow { .. } => super::shadow::here(name),
        _ => here(name),
    };
    let number = state.app.hub.order(&who.account.name, once, order).await?;
    let (by, detail) = (who.account.name.clone(), format!("{name} {number}"));
    state.read(move |shared| Ok(note(shared, &by, what, &detail)?)).await?;
    Ok(Redirect::to(&back))
}

pub(super) fn version_in(text: &str) -> Result<Id, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}

/// Halts a version, or every one.
pub(crate) async fn halt(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(name): Path<String>,
) -> Result<Redirect, Fault> {
    let version = match fields.get("version") {
        "" => None,
        version => Some(version_in(version)?),
    };
    let why = fields.get("why").to_owned();
    if why.is_empty() {
        return Err(Fault::Form(say!(who.tongue, "change-why-needed")));
    }
    let order = Order::Halt { pathway: name.clone(), version, why };
    ordered(&state, &who, &fields, &name, order).await
}

/// A halt is over.
pub(crate) async fn resume(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(name): Path<String>,
) -> Result<Redirect, Fault> {
    let of = fields.get("of").parse().map_err(|_| Fault::NotFound)?;
    ordered(&state, &who, &fields, &name, Order::Resume { pathway: name.clone(), of }).await
}

/// Journeys take the corrected words of another version.
pub(crate) async fn correct(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let (from, to) = (version_in(fields.get("from"))?, version_in(fields.get("to"))?);
    let order = Order::Words { pathway: name.clone(), from, to };
    brought(&state, who, &fields, &name, (from, to), order).await
}

/// Orders what brings journeys to a version, when nothing is in its way.
async fn brought(
    state: &State,
    who: Who,
    fields: &Fields,
    name: &str,
    (from, to): (Id, Id),
    order: Order,
) -> Result<Response, Fault> {
    if let Some(first) = me::unconfirmed(&who, &words::encoded(&preview_at(name, from, to))) {
        return Ok(first);
    }
    let of = |version: Id| state.app.hub.version(version).filter(|p| p.name == name).ok_or(Fault::NotFound);
    let (old, new) = (of(from)?, of(to)?);
    // Held until it is ordered: what it was looked at beside is what is in force then.
    let turn = publishing::turn(state).await?;
    let (file, said) = (publishing::file_of(state, &new), !fields.get("draft_ok").is_empty());
    let looked = publishing::look_in(state, &turn, file, new.source.clone(), said).await?;
    let in_the_way = publishing::in_the_way_of_journeys(&looked);
    if in_the_way.is_empty() {
        return Ok(ordered(state, &who, fields, name, order).await?.into_response());
    }
    let steps = match order {
        Order::Move { steps, .. } => steps,
        _ => StepMap::new(),
    };
    state
        .read(move |shared| {
            let page = draw(shared, &who, (&old, &new), &steps, &in_the_way)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        })
        .await
}

/// Where it is shown what bringing journeys from one version to another does.
fn preview_at(name: &str, from: Id, to: Id) -> String {
    format!("/pathways/{}/move?from={from}&to={to}", words::encoded(name))
}

/// What moving would do.
pub(crate) async fn preview(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    state
        .read(move |shared| {
            let all = known(shared, &name);
            let (Some(new), Some(old)) = (all.first(), all.get(1).or(all.first())) else { return Err(Fault::NotFound) };
            let named = |version: &str, or: &Arc<Pathway>| match version {
                "" => Ok(Arc::clone(or)),
                version => find(shared, &name, version).ok_or(Fault::NotFound),
            };
            let (from, to) = (named(&asked.from, old)?, named(&asked.to, new)?);
            if from.version == to.version {
                return Ok(Redirect::to(&here(&name)).into_response());
            }
            Ok(draw(shared, &who, (&from, &to), &StepMap::new(), &[])?.into_response())
        })
        .await
}

/// Shows what the choices would do, or carries them out.
pub(crate) async fn go(
    state: State,
    Extension(who): Extension<Who>,
    Extension(fields): Extension<Fields>,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let (from, to) = (version_in(fields.get("from"))?, version_in(fields.get("to"))?);
    let mut steps = StepMap::new();
    for (field, value) in &fields.0 {
        let Some(step) = field.strip_prefix("step:") else { continue };
        let to = match value.trim() {
            STAYS => None,
            other if other == step => continue,
            other => Some(other.to_owned()),
        };
        steps.insert(step.to_owned(), to);
    }
    if fields.get("do") == "go" {
        let order = Order::Move { pathway: name.clone(), from, to, steps };
        return brought(&state, who, &fields, &name, (from, to), order).await;
    }
    state
        .read(move |shared| {
            let known = |version: Id| known(shared, &name).into_iter().find(|p| p.version == version);
            let (Some(from), Some(to)) = (known(from), known(to)) else { return Err(Fault::NotFound) };
            Ok(draw(shared, &who, (&from, &to), &steps, &[])?.into_response())
        })
        .await
}

/// The steps that people stand at, where each goes, and who could not go.
fn draw(
    shared: &Shared,
    who: &Who,
    (from, to): (&Pathway, &Pathway),
    steps: &StepMap,
    refused: &[InTheWay],
) -> Result<Markup, Fault> {
    let t = who.tongue;
    let fresh = who.session.is_fresh();
    let in_force = shared.app.hub.in_force().iter().any(|p| p.version == to.version);
    let unsaid = shared.app.config.drafts == publishing::Drafts::Warn
        && !in_force
        && publishing::is_draft(to, publishing::today(shared));
    let counts = Counts::read(shared, who, from)?;
    let people = match counts::number(shared, &from.name, from.version)? {
        Some(number) => shared.store().here(number, "", None, hub::change::LOOKED_MAX, |site| may_see(who, site))?,
        None => Vec::new(),
    };
    let ids: Vec<PersonId> = people.iter().map(|row| row.person).collect();
    let tried = shared.app.hub.dry_run(from, to, steps, &ids)?;
    let more = pathway::same::beside_words(from, to);
    let base = format!("/pathways/{}", words::encoded(&from.name));
    let hidden = html! {
        (page::token(&who.csrf)) (page::once())
        input type="hidden" name="from" value=(from.version);
        input type="hidden" name="to" value=(to.version);
    };
    let named: Vec<(PersonId, &str)> = if who.account.is_any(CARE) {
        let name_of = |id: PersonId| people.iter().find(|r| r.person == id).map_or("", |r| r.name.as_str());
        tried.stay.iter().take(NAMED).map(|(id, _)| (*id, name_of(*id))).collect()
    } else {
        Vec::new()
    };
    let shown: Vec<PersonId> = named.iter().map(|(id, _)| *id).collect();
    page::saw(shared, &who.account.name, &shown, &who.path)?;
    let body = html! {
        p .crumbs { a href=(here(&from.name)) { (say!(t, "change-back")) } }
        h1 { (say!(t, "change-move-from-to", from = short(from), to = short(to))) }
        p { a href={ (base) "/versions?from=" (from.version) "&to=" (to.version) } { (say!(t, "change-see-difference")) } }
        @if !refused.is_empty() {
            div #refused .error role="alert" {
                p { (say!(t, "change-refused")) }
                ul { @for one in refused { li { (super::publish::way(t, one)) } } }
                p { a href={ (base) "/publish?version=" (to.version) } { (say!(t, "change-refused-see")) } }
            }
        }
        @if !fresh { (accounts::first(t, &words::encoded(&preview_at(&from.name, from.version, to.version)))) }
        section .card.entry.left aria-labelledby="words-h" {
            h2 #words-h { (say!(t, "change-words")) }
            @if more.is_empty() {
                p { (say!(t, "change-words-only")) }
                @if fresh {
                    form method="post" action={ (base) "/words" } .stack {
                        (hidden)
                        @if unsaid { (draft_ok(t, "words-draft-ok")) }
                        button .primary { (say!(t, "change-words-take", n = counts.here(""))) }
                    }
                }
            } @else {
                p .muted {
                    (say!(t, "change-words-more")) " "
                    (more.iter().filter_map(|what| t.pick("change-differs", what)).collect::<Vec<_>>().join(", ")) "."
                }
            }
        }
        form method="post" action={ (base) "/move" } {
            (hidden)
            (table(t, from, to, steps, &counts))
            (outcome(t, &tried, &named))
            @if unsaid && fresh { (draft_ok(t, "draft-ok")) }
            p .row {
                button name="do" value="preview" { (say!(t, "change-look-again")) }
                @if fresh { " " button .primary name="do" value="go" { (say!(t, "change-go", n = counts.here(""))) } }
            }
        }
    };
    Ok(page::staff(shared, who, &say!(t, "change-move"), "/pathways", &body))
}

/// Whoever orders knows that nobody approved the version.
fn draft_ok(t: Tongue, id: &str) -> Markup {
    html! {
        div .choice {
            input id=(id) type="checkbox" name="draft_ok" value="yes";
            label for=(id) { (say!(t, "publish-draft-ok")) }
        }
    }
}

/// A row for every step of the old version that someone stands at.
fn table(t: Tongue, from: &Pathway, to: &Pathway, steps: &StepMap, counts: &Counts) -> Markup {
    let stood: Vec<_> = from.steps.iter().filter(|s| counts.here(&s.name) > 0).collect();
    html! {
        h2 #steps-title { (say!(t, "change-who-where")) }
        p .muted { (say!(t, "change-who-where-what")) }
        @if stood.is_empty() { p .empty { (say!(t, "change-nobody")) } } @else {
            div .scroll tabindex="0" role="region" aria-labelledby="steps-title" {
                table {
                    thead { tr {
                        th scope="col" { (say!(t, "pathway-col-step")) }
                        th scope="col" .num { (say!(t, "change-people")) }
                        th scope="col" { (say!(t, "change-goes-to")) }
                    } }
                    tbody {
                        @for step in stood {
                            @let chosen = steps.get(&step.name);
                            tr {
                                th scope="row" .mono translate="no" { (step.name) }
                                td .num { (said::number(counts.here(&step.name))) }
                                td {
                                    select name={ "step:" (step.name) } aria-label=(say!(t, "change-where-to", step = step.name)) {
                                        @let own = journey::place_of(&step.name, from, to, &StepMap::new());
                                        @if own.is_ok() { option value=(step.name) selected[chosen.is_none()] { (say!(t, "change-same-step")) } }
                                        option value=(STAYS) selected[matches!(chosen, Some(None)) || (chosen.is_none() && own.is_err())] { (say!(t, "change-stays")) }
                                        @for other in fits(step, from, to) {
                                            option value=(other) selected[matches!(chosen, Some(Some(c)) if *c == other)] translate="no" { (other) }
                                        }
                                    }
                                    @if let Err(why) = own { " " span .muted.small { (t.pick("change-unmapped", why.name()).unwrap_or_default()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Steps of the other version that do the same as this one, by another name.
fn fits(step: &pathway::ast::Step, from: &Pathway, to: &Pathway) -> Vec<String> {
    let does = |other: &&pathway::ast::Step| {
        let map = StepMap::from([(step.name.clone(), Some(other.name.clone()))]);
        other.name != step.name && journey::place_of(&step.name, from, to, &map).is_ok()
    };
    to.steps.iter().filter(does).map(|s| s.name.clone()).collect()
}

/// What was found when it was tried on people.
fn outcome(t: Tongue, tried: &DryRun, named: &[(PersonId, &str)]) -> Markup {
    let mut why: BTreeMap<(&str, &'static str), usize> = BTreeMap::new();
    for wrong in tried.stay.iter().flat_map(|(_, wrong)| wrong) {
        *why.entry((wrong.step.as_str(), wrong.why.name())).or_default() += 1;
    }
    html! {
        section #tried aria-labelledby="tried-title" {
            h2 #tried-title { (say!(t, "change-tried")) }
            p { (say!(t, "change-tried-on", n = tried.looked, go = tried.go, stay = tried.stay.len())) }
            @if !why.is_empty() {
                ul {
                    @for ((step, why), n) in &why {
                        li {
                            span .mono translate="no" { (step) } ": "
                            (t.pick("change-unmapped", why).unwrap_or_default()) " · " (say!(t, "change-so-many", n = *n))
                        }
                    }
                }
            }
            @if !named.is_empty() {
                p { (say!(t, "change-who-stays")) }
                ul { @for (id, name) in named { li { a href={ "/people/" (id) } data-person=(id) translate="no" { (name) } } } }
            }
        }
    }
}

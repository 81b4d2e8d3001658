//! Exactly the people behind a count: those who stand at a step of a version now, of the account's sites.

use super::counts::{Counts, number};
use super::{AUTHOR, describe, find, said};
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::staff::may_see;
use crate::tongue::{Tongue, say};
use crate::words::{ago, date};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use maud::{Markup, html};
use model::PersonId;
use serde::Deserialize;
use store::HereRow;

/// People on a page.
const PAGE: usize = 50;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    version: String,
    #[serde(default)]
    after: String,
}

/// Who stands at a step.
pub(crate) async fn at_step(
    state: State,
    Extension(who): Extension<Who>,
    Path((name, step)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state.read(move |shared| show(shared, &who, &name, &step, &asked)).await
}

/// Who is on the pathway.
pub(crate) async fn on_pathway(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state.read(move |shared| show(shared, &who, &name, "", &asked)).await
}

fn show(shared: &Shared, who: &Who, name: &str, step: &str, asked: &Asked) -> Result<Markup, Fault> {
    let t = who.tongue;
    let pathway = find(shared, name, &asked.version).ok_or(Fault::NotFound)?;
    let found = pathway.steps.iter().find(|s| s.name == step);
    if found.is_none() && !step.is_empty() {
        return Err(Fault::NotFound);
    }
    let after = if asked.after.is_empty() { None } else { Some(asked.after.parse().map_err(|_| Fault::NotFound)?) };
    let mut rows = match number(shared, &pathway.name, pathway.version)? {
        Some(number) => shared.store().here(number, step, after, PAGE + 1, |site| may_see(who, site))?,
        None => Vec::new(),
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().map(|row| row.person);
    let all = Counts::read(shared, who, &pathway)?.here(step);
    rows.sort_by(|a, b| a.since.cmp(&b.since).then_with(|| a.name.cmp(&b.name)));
    let people: Vec<PersonId> = rows.iter().map(|row| row.person).collect();
    page::saw(shared, &who.account.name, &people, &who.path)?;
    let (title, own) = match found {
        Some(step) => describe::title(t, step),
        None => (say!(t, "pathway-people-title-all"), false),
    };
    let own = own.then_some(AUTHOR);
    let back = super::address(&pathway, &asked.version);
    let fragment = found.map(|s| format!("#n-{}", super::flow::slug(&s.name))).unwrap_or_default();
    let body = html! {
        p .crumbs { a href={ (back) (fragment) } { (say!(t, "pathway-back")) } " " span lang=(AUTHOR) { (pathway.title) } }
        h1 lang=[own] { (title) }
        div #here data-live {
            p .lead { (say!(t, "pathway-people-here", n = all)) @if after.is_some() || more { " " (say!(t, "pathway-people-paged", n = PAGE)) } }
            (of_sites(who))
            @if rows.is_empty() { p .empty { (say!(t, "pathway-nobody")) } }
            @else {
                (table(shared, t, &rows, (&say!(t, "pathway-people-list"), &say!(t, "pathway-col-since"))))
            }
            @if more && let Some(last) = last {
                p .row {
                    @let version = words::encoded(&asked.version);
                    a .button rel="next" href={ (who.path) "?version=" (version) "&after=" (last) } { (say!(t, "pathway-next-page")) }
                    @if after.is_some() { a href={ (who.path) "?version=" (version) } { (say!(t, "pathway-first-page")) } }
                }
            } @else if after.is_some() {
                p { a href={ (who.path) "?version=" (words::encoded(&asked.version)) } { (say!(t, "pathway-first-page")) } }
            }
        }
    };
    let heading = say!(t, "pathway-people-heading", step = title, n = said::number(all));
    Ok(page::staff(shared, who, &heading, "/pathways", &body))
}

/// Whose sites are shown, where not all are.
pub(super) fn of_sites(who: &Who) -> Markup {
    html! {
        @if !who.account.sites.is_empty() {
            p .muted { (say!(who.tongue, "pathway-your-sites")) " " span translate="no" { (who.account.sites.join(", ")) } }
        }
    }
}

/// People, each with since when: what the list is called, and what stands over the times.
pub(super) fn table(shared: &Shared, t: Tongue, rows: &[HereRow], (title, since): (&str, &str)) -> Markup {
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    html! {
        div .scroll tabindex="0" role="region" aria-label=(title) {
            table {
                thead { tr {
                    th scope="col" { (say!(t, "pathway-col-person")) }
                    th scope="col" { (say!(t, "pathway-col-born")) }
                    th scope="col" { (say!(t, "pathway-col-site")) }
                    th scope="col" { (since) }
                } }
                tbody {
                    @for row in rows {
                        tr data-person=(row.person) {
                            th scope="row" translate="no" { a #{ "p-" (row.person) } href={ "/people/" (row.person) } { (row.name) } }
                            td .nowrap { (date(t, &row.birth_date)) }
                            td translate="no" { (row.site) }
                            td { (page::time(t, row.since, &zone)) span .muted { " · " (ago(t, row.since, shared.now())) } }
                        }
                    }
                }
            }
        }
    }
}

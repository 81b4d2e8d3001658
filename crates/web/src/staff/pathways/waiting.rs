//! The line of those who wait for a place on a pathway with a limit: how many, since when, and who.
//!
//! A limit keeps a team from being overrun; whoever waits must be seen all the same. The pathway's page tells of the
//! line, and the list behind it names the people, of the account's sites, the longest waiting first.

use super::{AUTHOR, find, people};
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::staff::may_see;
use crate::tongue::say;
use crate::words::ago;
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::Path;
use maud::{Markup, html};
use model::PersonId;
use pathway::Pathway;
use std::collections::BTreeMap;

/// The most people that a list shows, from the head of the line.
const LISTED_MAX: usize = 500;
/// The most sites that are told one by one.
const SITES_MAX: usize = 32;

/// What a pathway's page says of its places; nothing where nobody has to wait for one.
pub(super) fn show(shared: &Shared, who: &Who, pathway: &Pathway, people: bool) -> Result<Markup, Fault> {
    let t = who.tongue;
    let mine = |site: &str| may_see(who, site);
    let line = shared.store().in_line(&pathway.name)?;
    let waiting: Vec<_> = line.iter().filter(|(site, _)| mine(site)).map(|(_, line)| *line).collect();
    if pathway.enrol.places.is_none() && waiting.is_empty() {
        return Ok(html! {});
    }
    let taken = shared.store().places_taken(&pathway.name)?;
    let per_site = pathway.enrol.places.is_some_and(|limit| limit.per_site);
    // With one limit for all sites the whole is what counts; with one for each, each of the account's own is told.
    let all: i64 = taken.values().sum();
    let mut each: BTreeMap<&str, i64> = BTreeMap::new();
    for site in line.keys().chain(taken.keys()).filter(|site| mine(site)) {
        each.insert(site, taken.get(site).copied().unwrap_or_default());
    }
    let sum: i64 = each.values().sum();
    let n: i64 = waiting.iter().map(|line| line.n).sum();
    let first = waiting.iter().map(|line| line.first).min();
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let href = format!("/pathways/{}/waiting", words::encoded(&pathway.name));
    Ok(html! {
        p #places data-live {
            @if let Some(limit) = pathway.enrol.places {
                @if per_site {
                    (say!(t, "pathway-places-site", n = sum, most = limit.at_most))
                    @if !each.is_empty() {
                        " ("
                        @for (i, (site, n)) in each.iter().take(SITES_MAX).enumerate() {
                            @if i > 0 { ", " }
                            span translate="no" { (site) } " " (n)
                        }
                        @if each.len() > SITES_MAX { ", …" }
                        ")"
                    }
                } @else { (say!(t, "pathway-places", n = all, most = limit.at_most)) }
                " · "
            }
            @if people { a #waiting href=(href) { (say!(t, "pathway-waiting", n = n)) } }
            @else { span { (say!(t, "pathway-waiting", n = n)) } }
            @if let Some(first) = first {
                " · " (say!(t, "pathway-waiting-first")) " " (page::time(t, first, &zone))
                span .muted { " · " (ago(t, first, shared.now())) }
            }
        }
    })
}

/// Who waits.
pub(crate) async fn list(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
) -> Result<Markup, Fault> {
    state.read(move |shared| render(shared, &who, &name)).await
}

fn render(shared: &Shared, who: &Who, name: &str) -> Result<Markup, Fault> {
    let t = who.tongue;
    let pathway = find(shared, name, "").ok_or(Fault::NotFound)?;
    let rows = shared.store().waiting_list(&pathway.name, LISTED_MAX, |site| may_see(who, site))?;
    let people: Vec<PersonId> = rows.iter().map(|row| row.person).collect();
    page::saw(shared, &who.account.name, &people, &who.path)?;
    let body = html! {
        p .crumbs { a href=(super::address(&pathway, "")) { (say!(t, "pathway-back")) } " " span lang=(AUTHOR) { (pathway.title) } }
        h1 { (say!(t, "pathway-waiting-title")) }
        (show(shared, who, &pathway, false)?)
        div #line data-live {
            (people::of_sites(who))
            @if rows.is_empty() { p .empty { (say!(t, "pathway-waiting-nobody")) } }
            @else {
                p .muted { (say!(t, "pathway-waiting-how")) }
                (people::table(shared, t, &rows, (&say!(t, "pathway-waiting-title"), &say!(t, "pathway-col-waits"))))
            }
        }
    };
    Ok(page::staff(shared, who, &say!(t, "pathway-waiting-title"), "/pathways", &body))
}

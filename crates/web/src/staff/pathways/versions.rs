//! The versions of a pathway that are kept, how many people still walk each, and what one changed.

use super::counts::{self, Counts};
use super::diff::{self, Change, LineChange};
use super::{AUTHOR, address, approval, change, describe, find, said, short};
use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::publishing;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use maud::{Markup, html};
use model::At;
use pathway::Pathway;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// A version that is kept.
struct Kept {
    pathway: Arc<Pathway>,
    in_force: bool,
    /// Since when it is known here, on the machine's clock.
    since: Option<At>,
}

/// Every version of a pathway, the newest first. Blocks.
fn kept(shared: &Shared, name: &str) -> Result<Vec<Kept>, Fault> {
    let hub = &shared.app.hub;
    let mut out = Vec::new();
    for (list, in_force) in [(hub.in_force(), true), (hub.older(), false)] {
        for pathway in list.iter().filter(|p| p.name == name) {
            let row = shared.store().desk_get("pathway", &pathway.version.to_string())?;
            out.push(Kept { pathway: Arc::clone(pathway), in_force, since: row.map(|row| row.at) });
        }
    }
    out.sort_by_key(|k| (!k.in_force, std::cmp::Reverse(k.since)));
    Ok(out)
}

/// The version that was there before this one, the newest of them. Blocks.
pub(super) fn before(shared: &Shared, pathway: &Pathway) -> Result<Option<Arc<Pathway>>, Fault> {
    let mut older = kept(shared, &pathway.name)?.into_iter().skip_while(|k| k.pathway.version != pathway.version);
    Ok(older.nth(1).map(|k| k.pathway))
}

/// The versions, under a pathway's page.
pub(super) fn list(shared: &Shared, who: &Who, pathway: &Pathway) -> Result<Markup, Fault> {
    let t = who.tongue;
    let all = kept(shared, &pathway.name)?;
    let zone = words::zone(&shared.app.hub.settings().clinic.zone);
    let mut rows = Vec::new();
    for (n, kept) in all.iter().enumerate() {
        let counts = Counts::read(shared, who, &kept.pathway)?;
        rows.push((kept, all.get(n + 1), counts.here(""), counts.went("", "started")));
    }
    let base = format!("/pathways/{}/versions", words::encoded(&pathway.name));
    let several = all.len() > 1;
    let (orders, may) = (shared.app.hub.orders(), who.account.is_any(change::CHANGE));
    Ok(html! {
        section .versions {
            h2 #versions-title { (say!(t, "pathway-versions")) }
            div .scroll tabindex="0" role="region" aria-labelledby="versions-title" {
                table {
                    thead { tr {
                        th scope="col" { (say!(t, "pathway-col-version")) }
                        th scope="col" { (say!(t, "pathway-col-since")) }
                        // Of a version that is the only one all of it stands above already.
                        @if several {
                            th scope="col" { (say!(t, "publish-col-put")) }
                            th scope="col" { (say!(t, "publish-approver")) }
                            th scope="col" { (say!(t, "publish-review")) }
                        }
                        th scope="col" .num { (say!(t, "pathway-on-it-now")) }
                        th scope="col" .num { (say!(t, "pathway-started", days = counts::DAYS)) }
                        th scope="col" { (say!(t, "pathway-col-difference")) }
                        @if may && several { th scope="col" { (say!(t, "publish-title")) } }
                    } }
                    tbody {
                        @for (kept, before, here, started) in &rows {
                            @let version = kept.pathway.version.to_string();
                            tr {
                                th scope="row" .nowrap {
                                    a .mono translate="no" href=(address(&kept.pathway, if kept.in_force { "" } else { &version })) { (short(&kept.pathway)) }
                                    " " @if kept.in_force { span .badge.live { (say!(t, "pathway-in-force")) } }
                                    @else { span .badge { (say!(t, "pathway-older")) } }
                                }
                                td { @if let Some(at) = kept.since { (page::time(t, at, &zone)) } @else { "–" } }
                                @if several {
                                    td {
                                        @match publishing::ordered(&orders, kept.pathway.version) {
                                            Some(o) => { (page::time(t, o.at, &zone)) " · " span translate="no" { (o.by) } " · " (say!(t, "publish-order", n = o.number)) }
                                            None if kept.in_force => (say!(t, "publish-by-folder")),
                                            None => "–",
                                        }
                                    }
                                    td { (approval::approver(t, &kept.pathway)) }
                                    td { (approval::review(shared, t, &kept.pathway)) }
                                }
                                td .num { (said::number(*here)) }
                                td .num { (said::number(*started)) }
                                td {
                                    @if let Some(before) = before {
                                        a href={ (base) "?from=" (before.pathway.version) "&to=" (version) } {
                                            (say!(t, "pathway-difference-to", version = short(&before.pathway)))
                                        }
                                    } @else { (say!(t, "pathway-first-version")) }
                                }
                                @if may && several {
                                    td {
                                        @if !kept.in_force {
                                            a href={ "/pathways/" (words::encoded(&kept.pathway.name)) "/publish?version=" (version) } {
                                                (say!(t, "publish-again")) span .hidden { " " (short(&kept.pathway)) }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if several { (compare(t, &base, &all)) }
        }
    })
}

/// Any two versions, one against the other.
fn compare(t: Tongue, base: &str, all: &[Kept]) -> Markup {
    let choice = |id: &str, name: &str, label: String, chosen: usize| {
        html! {
            label for=(id) { (label) }
            select id=(id) name=(name) {
                @for (n, kept) in all.iter().enumerate() {
                    option value=(kept.pathway.version) selected[n == chosen] translate="no" { (short(&kept.pathway)) }
                }
            }
        }
    };
    html! {
        form #compare method="get" action=(base) .row {
            (choice("compare-from", "from", say!(t, "change-from"), 1)) " "
            (choice("compare-to", "to", say!(t, "change-to"), 0)) " "
            button { (say!(t, "publish-compare")) }
        }
    }
}

/// The difference of two versions.
pub(crate) async fn difference(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    state
        .read(move |shared| {
            let t = who.tongue;
            let all = kept(shared, &name)?;
            let newest = all.first().ok_or(Fault::NotFound)?;
            let named = |version: &str| if version.is_empty() { None } else { find(shared, &name, version) };
            let to = match asked.to.as_str() {
                "" => Arc::clone(&newest.pathway),
                version => named(version).ok_or(Fault::NotFound)?,
            };
            let from = match asked.from.as_str() {
                "" => Arc::clone(&all.get(1).unwrap_or(newest).pathway),
                version => named(version).ok_or(Fault::NotFound)?,
            };
            let body = html! {
                p .crumbs { a href=(address(&to, "")) { (say!(t, "pathway-back")) } " " span lang=(AUTHOR) { (to.title) } }
                h1 { (say!(t, "pathway-difference")) }
                p { (say!(t, "pathway-difference-what", from = short(&from), to = short(&to))) }
                (in_words(t, &diff::changes(t, &from, &to, &shared.app.hub.settings().teams)))
                h2 { (say!(t, "pathway-line-by-line")) }
                (in_lines(t, &diff::lines(&from.source, &to.source)))
            };
            Ok(page::staff(shared, &who, &say!(t, "pathway-difference"), "/pathways", &body))
        })
        .await
}

fn in_words(t: Tongue, changes: &[Change]) -> Markup {
    html! {
        h2 { (say!(t, "pathway-in-words")) }
        @if changes.is_empty() { p .empty { (say!(t, "pathway-no-difference")) } }
        @else {
            ul .changes {
                @for change in changes {
                    li .(change.what) {
                        span .what { (t.pick("pathway-change", change.what).unwrap_or_default()) } " "
                        @match &change.step {
                            Some((name, step)) => {
                                strong { (describe::title(t, step).0) } " " span .mono.muted lang=(AUTHOR) translate="no" { (name) }
                            }
                            None => strong { (change.field.and_then(|f| t.pick("pathway-field", f)).unwrap_or_default()) },
                        }
                        @if let Some(at) = &change.after { " " (say!(t, "pathway-now-after", step = at)) }
                        @if !change.fields.is_empty() {
                            dl {
                                @for field in &change.fields {
                                    dt { (t.pick("pathway-field", field.field).unwrap_or_default()) }
                                    dd {
                                        @if !field.from.is_empty() { del { (field.from) } }
                                        @if !field.from.is_empty() && !field.to.is_empty() { " " }
                                        @if !field.to.is_empty() { ins { (field.to) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn in_lines(t: Tongue, lines: &[LineChange<'_>]) -> Markup {
    html! {
        div .code.lines-diff translate="no" tabindex="0" role="region" aria-label=(say!(t, "pathway-line-by-line")) lang=(AUTHOR) {
            @for line in lines {
                @match line {
                    LineChange::Same(n, text) => div .l { span .ln aria-hidden="true" { (n) } code { "  " (text) } },
                    LineChange::Gone(n, text) => div .l.gone { span .ln aria-hidden="true" { (n) } code { "− " del { (text) } } },
                    LineChange::Come(n, text) => div .l.come { span .ln aria-hidden="true" { (n) } code { "+ " ins { (text) } } },
                    LineChange::Skipped(n) => div .l.skip-lines { span .ln aria-hidden="true" { "⋯" } code lang=(t.tag()) { (say!(t, "pathway-same-lines", n = *n)) } },
                }
            }
        }
    }
}

//! The pathways as they run: the list, the picture, the equal table and the text of each, who stands where,
//! and what one version changed.
//!
//! Invariants: picture, table and text list the same steps; a count and the list behind it are of the same
//! people for the same account (those of its sites); who may not see people sees counts without a link.
//!
//! Deliberately absent: changing a pathway's text. Its file is the one place where that is done; a version is put in
//! force in [`publish`], and what becomes of journeys that are under way is ordered in [`change`].

mod approval;
pub(crate) mod change;
mod counts;
mod describe;
mod diff;
mod flow;
mod goals;
pub(crate) mod lab;
mod layout;
pub(crate) mod people;
mod picture;
pub(crate) mod publish;
mod refused;
mod said;
pub(crate) mod shadow;
mod table;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod versions;
pub(crate) mod waiting;

use crate::auth::guard::Who;
use crate::fault::Fault;
use crate::staff::may_see;
use crate::tongue::{Tongue, say};
use crate::{Shared, State, page, words};
use axum::Extension;
use axum::extract::{Path, Query};
use counts::Counts;
use maud::{Markup, html};
use pathway::Pathway;
pub(crate) use refused::refused;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The language that authors name steps and tracks in.
const AUTHOR: &str = "en";
/// Who may see the people behind a count.
const CARE: &[&str] = &["nurse", "lead"];

/// A way to look at a pathway.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Picture,
    Table,
    Text,
}

impl View {
    const ALL: [Self; 3] = [Self::Picture, Self::Table, Self::Text];

    fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Table => "table",
            Self::Text => "text",
        }
    }
}

/// What is asked of a pathway's page.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    view: String,
    #[serde(default)]
    version: String,
}

/// Where the other views of a page are; empty for what is on the page itself.
struct Links<'a> {
    picture: String,
    table: String,
    text: String,
    pathway: &'a Pathway,
    version: &'a str,
    /// Whether the account may see people.
    people: bool,
}

impl<'a> Links<'a> {
    fn new(who: &Who, pathway: &'a Pathway, asked: &'a Asked, view: View) -> Self {
        let to = |wanted: View, here: bool| if here { String::new() } else { other_view(&asked.version, wanted) };
        Self {
            picture: to(View::Picture, view == View::Picture),
            // Beside the picture there is the table, on screens that have room.
            table: to(View::Table, view == View::Table),
            text: to(View::Text, view == View::Text),
            pathway,
            version: &asked.version,
            people: who.account.is_any(CARE),
        }
    }

    /// The people at a step, or (`""`) on the pathway.
    fn people(&self, step: &str) -> Option<String> {
        // Relative to the pathway's page, for there are many.
        let base = words::encoded(&self.pathway.name);
        let place = if step.is_empty() { base } else { format!("{base}/steps/{}", words::encoded(step)) };
        let version =
            if self.version.is_empty() { String::new() } else { format!("?version={}", words::encoded(self.version)) };
        self.people.then(|| format!("{place}/people{version}"))
    }
}

/// The page of a version; of the one in force without naming it.
fn address(pathway: &Pathway, version: &str) -> String {
    let base = format!("/pathways/{}", words::encoded(&pathway.name));
    if version.is_empty() { base } else { format!("{base}?version={}", words::encoded(version)) }
}

fn view_address(pathway: &Pathway, version: &str, view: View) -> String {
    let base = address(pathway, version);
    format!("{base}{}view={}", if base.contains('?') { '&' } else { '?' }, view.name())
}

/// Another view of the page that is shown: a pathway's page has many such links, and its own path is long.
fn other_view(version: &str, view: View) -> String {
    let version = if version.is_empty() { String::new() } else { format!("version={}&", words::encoded(version)) };
    format!("?{version}view={}", view.name())
}

/// A version of a pathway by the beginning of its hash; the one in force when none is named, else the
/// newest that is known.
fn find(shared: &Shared, name: &str, version: &str) -> Option<Arc<Pathway>> {
    let mut all = shared.pathways().into_iter().filter(|p| p.name == name);
    all.find(|p| p.version.to_string().starts_with(version))
}

/// The line of the file where enrolment is said.
fn enrol_line(pathway: &Pathway) -> usize {
    pathway.source.lines().position(|line| line.starts_with("enrol:")).map_or(1, |n| n + 1)
}

/// What enrols, in words.
fn begins(t: Tongue, pathway: &Pathway) -> String {
    match pathway.enrol.on.as_str() {
        "" => goals::enrolled_by(t, pathway),
        on => say!(t, "pathway-begins", fact = on.replace(['.', '_'], " ")),
    }
}

/// A version, as short as people tell them apart by.
fn short(pathway: &Pathway) -> String {
    pathway.version.to_string().chars().take(8).collect()
}

/// The list of pathways.
pub(crate) async fn list(state: State, Extension(who): Extension<Who>) -> Result<Markup, Fault> {
    state
        .read(move |shared| {
            let t = who.tongue;
            let (in_force, older) = (shared.app.hub.in_force(), shared.app.hub.older());
            let walked = shared.store().versions_walked()?;
            let numbers: Vec<i64> = walked.iter().map(|v| v.number).collect();
            let standing = shared.store().standing_on(&numbers)?;
            let whole = shared.store().passed_whole(&numbers, counts::since(shared))?;
            let (mut here, mut started): (BTreeMap<&str, i64>, BTreeMap<&str, i64>) = Default::default();
            for version in &walked {
                let rows = standing.get(&version.number).into_iter().flatten().filter(|s| may_see(&who, &s.site));
                *here.entry(&version.pathway).or_default() += rows.map(|s| s.n).sum::<i64>();
                let began = whole.get(&(version.number, "started".to_owned())).copied().unwrap_or_default();
                *started.entry(&version.pathway).or_default() += began;
            }
            let of = |counts: &BTreeMap<&str, i64>, p: &Pathway| said::number(counts.get(p.name.as_str()).copied().unwrap_or(0));
            let body = html! {
                h1 { (say!(t, "pathway-list-title")) }
                (publish::reviews(shared, &who))
                @if who.account.is_any(change::CHANGE) { p { a #publish-link .button href="/pathways/publish" { (say!(t, "publish-title")) } } }
                @if in_force.is_empty() { p .empty { (say!(t, "pathway-none")) } }
                div #pathways data-live {
                    ul .pathways {
                        @for p in &in_force {
                            li .card {
                                h2 { a #{ "go-" (p.name) } href=(address(p, "")) lang=(AUTHOR) { (p.title) } }
                                p .muted {
                                    (say!(t, "pathway-owner")) " " span lang=(AUTHOR) { (words::label(&p.owner)) }
                                    @if p.standing { " · " (say!(t, "pathway-standing")) }
                                    (change::badge(shared, t, p))
                                }
                                dl .figures {
                                    div { dt { (say!(t, "pathway-on-it-now")) } dd { (of(&here, p)) } }
                                    div { dt { (say!(t, "pathway-started", days = counts::DAYS)) } dd { (of(&started, p)) } }
                                    div { dt { (say!(t, "pathway-steps")) } dd { (p.steps.len()) } }
                                }
                                p .small.muted {
                                    (say!(t, "pathway-speaks", languages = speaks(t, p))) " · "
                                    @let older = older.iter().filter(|o| o.name == p.name).count();
                                    (say!(t, "pathway-version-count", n = older + 1)) " · "
                                    span .mono translate="no" { (short(p)) }
                                }
                            }
                        }
                    }
                }
                (explain(t, &who))
            };
            Ok(page::staff(shared, &who, &say!(t, "pathway-list-title"), "/pathways", &body))
        })
        .await
}

fn speaks(t: Tongue, pathway: &Pathway) -> String {
    pathway.speaks.iter().map(|tag| words::language(t, tag)).collect::<Vec<_>>().join(", ")
}

/// Of whom the counts are.
fn explain(t: Tongue, who: &Who) -> Markup {
    html! {
        @if !who.account.sites.is_empty() {
            p .muted.small {
                (say!(t, "pathway-your-sites")) " " span translate="no" { (who.account.sites.join(", ")) } ". "
                (say!(t, "pathway-all-sites"))
            }
        }
    }
}

/// A pathway's page.
pub(crate) async fn show(
    state: State,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Fault> {
    let view = View::ALL.into_iter().find(|v| v.name() == asked.view).unwrap_or(View::Picture);
    state
        .read(move |shared| {
            let t = who.tongue;
            let pathway = find(shared, &name, &asked.version).ok_or(Fault::NotFound)?;
            let counts = Counts::read(shared, &who, &pathway)?;
            let links = Links::new(&who, &pathway, &asked, view);
            let body = html! {
                (head(shared, t, &pathway, &counts, &links))
                (waiting::show(shared, &who, &pathway, who.account.is_any(CARE))?)
                (approval::since(shared, t, &pathway)?)
                (approval::show(shared, t, &pathway))
                nav .tabs aria-label=(say!(t, "pathway-views")) {
                    @for tab in View::ALL {
                        a href=(view_address(&pathway, &asked.version, tab)) aria-current=[(tab == view).then_some("page")] {
                            (t.pick("pathway-view", tab.name()).unwrap_or_default())
                        }
                    }
                }
                (signs())
                div .studio.(view.name()) {
                    @if view == View::Picture {
                        section .picture #picture data-live aria-labelledby="picture-title" {
                            h2 .hidden #picture-title { (say!(t, "pathway-picture-label")) }
                            (picture::show(t, &pathway, &counts, &links))
                            (legend(t))
                        }
                    }
                    @if view != View::Text {
                        section .steps-table #steps data-live {
                            (table::show(&table::Of { shared, t, pathway: &pathway, counts: &counts, links: &links, whole: view == View::Table }))
                        }
                    } @else {
                        section #text data-live { (text::show(t, &pathway, &counts, &links)) }
                    }
                }
                p .muted.small { (say!(t, "pathway-how-counted", days = counts::DAYS)) }
                (explain(t, &who))
                (versions::list(shared, &who, &pathway)?)
            };
            Ok(page::staff(shared, &who, &pathway.title, "/pathways", &body))
        })
        .await
}

fn head(shared: &Shared, t: Tongue, pathway: &Pathway, counts: &Counts, links: &Links<'_>) -> Markup {
    let in_force = shared.app.hub.in_force().iter().any(|p| p.version == pathway.version);
    let n = counts.here("");
    html! {
        p .crumbs { a href="/pathways" { (say!(t, "pathway-list-title")) } }
        div .flow-head {
            h1 lang=(AUTHOR) { (pathway.title) }
            p #head data-live {
                @if in_force { span .badge.live { (say!(t, "pathway-in-force")) } }
                @else { span .badge { (say!(t, "pathway-older")) } }
                (change::badge(shared, t, pathway))
                (shadow::badge(shared, t, pathway))
                " " span .mono translate="no" { (short(pathway)) } " · "
                @match links.people("") {
                    Some(href) => a #on-it href=(href) { (say!(t, "pathway-people-on", n = n)) },
                    None => span { (say!(t, "pathway-people-on", n = n)) },
                }
                " · " (say!(t, "pathway-started-days", n = counts.went("", "started"), days = counts::DAYS))
                " · " (say!(t, "pathway-ended-days", finished = counts.went("", "finished"), left = counts.went("", "left")))
            }
            p .muted {
                (say!(t, "pathway-owner")) " " span lang=(AUTHOR) { (words::label(&pathway.owner)) } " · "
                (say!(t, "pathway-speaks", languages = speaks(t, pathway)))
                @if pathway.standing { " · " (say!(t, "pathway-standing")) }
                " · " a #change-link href={ "/pathways/" (words::encoded(&pathway.name)) "/change" } { (say!(t, "change-link")) }
                " · " a #shadow-link href={ "/pathways/" (words::encoded(&pathway.name)) "/shadow" } { (say!(t, "shadow-title")) }
                " · " a #lab-link href={ "/pathways/" (words::encoded(&pathway.name)) "/lab" } { (say!(t, "lab-title")) }
            }
            (goals::show(t, pathway, counts))
        }
    }
}

/// Signs by name, each drawn on a square of sixteen: no font has to have them.
const SIGNS: &[(&str, &str)] = &[
    ("start", "M4 2.5 13 8 4 13.5Z"),
    ("wait", "M3.5 2h9M3.5 14h9M4.5 2c0 3.5 7 8.5 7 12M11.5 2c0 3.5-7 8.5-7 12"),
    ("text", "M2 3h12v8H7l-3 3v-3H2Z"),
    ("email", "M1.5 3.5h13v9h-13ZM1.5 4l6.5 5 6.5-5"),
    ("page", "M3.5 1.5h9v13h-9ZM6 5h4M6 8h4M6 11h4"),
    ("voice", "M2 6v4h3l4 3.5v-11L5 6ZM11.5 5.5q2 2.5 0 5M13 3.5q3.5 4.5 0 9"),
    ("call", "M3 2h3l1.5 4-2 1.5q1 2 3 3l1.5-2 4 1.5v3q-7 1-11-11Z"),
    ("branch", "M8 1.5 14.5 8 8 14.5 1.5 8Z"),
    ("loop", "M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3"),
    ("stop", "M3 3h10v10H3Z"),
];

/// One sign, as drawn once on the page; what it stands for is said beside it.
fn sign(name: &str) -> Markup {
    html! { svg .icon aria-hidden="true" { use href={ "#sign-" (name) } {} } }
}

/// All signs, to be shown where they are named.
fn signs() -> Markup {
    html! {
        svg .signs width="0" height="0" aria-hidden="true" focusable="false" {
            @for (name, path) in SIGNS { symbol #{ "sign-" (name) } viewBox="0 0 16 16" { path d=(path) {} } }
        }
    }
}

/// What the colours and signs stand for; each box says it in words too.
fn legend(t: Tongue) -> Markup {
    let all = [
        ("wait", "wait", say!(t, "pathway-legend-wait")),
        ("said", "text", say!(t, "pathway-legend-said")),
        ("voice", "voice", say!(t, "pathway-legend-voice")),
        ("team", "call", say!(t, "pathway-legend-team")),
        ("wait", "branch", say!(t, "pathway-legend-branch")),
        ("wait", "loop", say!(t, "pathway-legend-loop")),
    ];
    html! {
        ul .legend aria-label=(say!(t, "pathway-legend")) {
            @for (colour, name, words) in &all { li { span .sign.(colour) { (sign(name)) } " " (words) } }
        }
    }
}

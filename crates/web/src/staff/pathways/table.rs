//! The same steps as a table: for whom a picture is no use, and for reading numbers.

use super::counts::Counts;
use super::flow::{self, Spot};
use super::{AUTHOR, Links, describe, picture, said};
use crate::Shared;
use crate::tongue::{Tongue, say};
use crate::words::label;
use maud::{Markup, html};
use pathway::Pathway;
use pathway::ast::Step;

/// What a table is of.
pub(super) struct Of<'a> {
    pub(super) shared: &'a Shared,
    pub(super) t: Tongue,
    pub(super) pathway: &'a Pathway,
    pub(super) counts: &'a Counts,
    pub(super) links: &'a Links<'a>,
    /// Says what each step does and where it leads; beside the picture there is no room, and the picture
    /// shows the ways.
    pub(super) whole: bool,
}

/// The table, a group of rows for each lane.
pub(super) fn show(of: &Of<'_>) -> Markup {
    let Of { t, pathway, counts, links, whole, .. } = *of;
    let started = counts.went("", "started");
    let columns = if whole { 5 } else { 4 };
    html! {
        div .scroll.flow-table tabindex="0" role="region" aria-labelledby="steps-caption" {
            table {
                caption #steps-caption { (say!(t, "pathway-table-caption", days = super::counts::DAYS)) }
                thead {
                    tr {
                        th scope="col" { (say!(t, "pathway-col-step")) }
                        th scope="col" { (say!(t, "pathway-col-kind")) }
                        @if whole { th scope="col" { (say!(t, "pathway-col-leads")) } }
                        th scope="col" .num { (say!(t, "pathway-col-here")) }
                        th scope="col" .num { (say!(t, "pathway-col-median")) }
                    }
                }
                tbody {
                    tr #row-start {
                        th scope="row" {
                            a href={ (links.text) "#L" (super::enrol_line(pathway)) } { (super::begins(t, pathway)) }
                            @if whole { p .does { (say!(t, "pathway-started-days", n = started, days = super::counts::DAYS)) } }
                        }
                        td { (say!(t, "pathway-kind-start")) }
                        @if whole { td { (tracks(pathway)) } }
                        td .num { (on_it(t, counts, links)) }
                        td .num { "–" }
                    }
                }
                @for drawn in picture::drawn(t, pathway).iter() {
                    tbody {
                        tr .lane-row {
                            th scope="rowgroup" colspan=(columns) {
                                (kind_of_lane(t, drawn.lane.track)) " " span lang=(AUTHOR) { (label(&drawn.lane.name)) }
                            }
                        }
                        @for spot in &drawn.lane.spots {
                            @if let Spot::Step(ix) = spot && let Some(step) = pathway.step(*ix) {
                                (row(of, step))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn tracks(pathway: &Pathway) -> Markup {
    html! {
        ul .ways {
            @for (name, first) in &pathway.tracks {
                @if let Some(step) = first.and_then(|ix| pathway.step(ix)) {
                    li { "→ " a href={ "#row-" (flow::slug(&step.name)) } lang=(AUTHOR) { (label(name)) } }
                }
            }
        }
    }
}

fn kind_of_lane(t: Tongue, track: bool) -> String {
    if track { say!(t, "pathway-track") } else { say!(t, "pathway-sub") }
}

fn on_it(t: Tongue, counts: &Counts, links: &Links<'_>) -> Markup {
    let n = counts.here("");
    html! {
        @match links.people("") {
            Some(href) => a href=(href) aria-label=(say!(t, "pathway-people-on", n = n)) { (said::number(n)) },
            None => (said::number(n)),
        }
    }
}

fn row(of: &Of<'_>, step: &Step) -> Markup {
    let Of { shared, t, pathway, counts, links, whole } = *of;
    let (name, own) = describe::title(t, step);
    let n = counts.here(&step.name);
    let skip = ["why", "offer", "purpose"];
    let phrases = describe::phrases(t, step, &shared.app.hub.settings().teams);
    let does: Vec<String> = phrases.into_iter().filter(|p| !skip.contains(&p.field)).map(|p| p.text).collect();
    html! {
        tr #{ "row-" (flow::slug(&step.name)) } data-step=(step.name) {
            th scope="row" {
                a href={ (links.text) "#L" (step.place.line) } lang=[own.then_some(AUTHOR)] { (name) }
                @if whole { p .does { (does.join(" · ")) } }
            }
            td {
                span .sign.(flow::colour(step)) { (super::sign(flow::sign(step))) } " "
                (t.pick("pathway-kind", flow::kind(step)).unwrap_or_default())
            }
            @if whole { td { (leads(t, pathway, step, counts)) } }
            td .num {
                @match links.people(&step.name) {
                    Some(href) => a href=(href) aria-label=(say!(t, "pathway-box", name = &name, n = n)) { (said::number(n)) },
                    None => (said::number(n)),
                }
            }
            td .num { (counts.median_ms(&step.name).map_or_else(|| "–".to_owned(), |ms| said::stay(t, ms))) }
        }
    }
}

/// Each way on, where it leads, and its share.
fn leads(t: Tongue, pathway: &Pathway, step: &Step, counts: &Counts) -> Markup {
    let all = flow::ways(t, pathway, step);
    html! {
        ul .ways {
            @for way in &all {
                li {
                    @if !way.words.is_empty() { span .when { (way.words) } " " }
                    "→ "
                    @match way.to {
                        Spot::Step(ix) | Spot::To(ix) => @if let Some(next) = pathway.step(ix) {
                            @let (title, own) = describe::title(t, next);
                            a href={ "#row-" (flow::slug(&next.name)) } lang=[own.then_some(AUTHOR)] { (title) }
                        },
                        Spot::End => (say!(t, "pathway-end")),
                    }
                    @if let Some(share) = counts.share(&step.name, &way.name, &all) {
                        " " span .share {
                            (say!(t, "pathway-share", percent = share.percent(), n = said::number(share.n), of = said::number(share.of)))
                        }
                    }
                }
            }
        }
    }
}

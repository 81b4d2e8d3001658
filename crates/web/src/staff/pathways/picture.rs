//! The picture: a drawing for each lane, on the server, every box a link with a name of its own.
//!
//! Laying out is done once for a version and a language; what it says now is filled in for each request.
//! Colours and letters are in the style; no element carries a style of its own.

use super::counts::Counts;
use super::flow::{self, Lane, Spot};
use super::layout::{self, BOX, LINE, PAD, PLACE, Placed, Rect, SIGN, SIZE, SMALL, SMALL_LINE, TITLE};
use super::{Links, describe, said, sign};
use crate::tongue::{Tongue, say};
use crate::words::label;
use maud::{Markup, html};
use model::Id;
use pathway::Pathway;
use pathway::ast::StepIx;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex};

/// Versions whose drawings are kept in memory, in each language.
const KEPT_MAX: usize = 128;

/// A lane as drawn: titles in lines, and where everything is.
pub(super) struct Drawn {
    pub(super) lane: Lane,
    pub(super) titles: Vec<Vec<String>>,
    pub(super) placed: Placed,
}

type Kept = Mutex<BTreeMap<(Id, Tongue), Arc<Vec<Drawn>>>>;
static KEPT: LazyLock<Kept> = LazyLock::new(Kept::default);

/// The drawings of a version, laid out now or before.
pub(super) fn drawn(t: Tongue, pathway: &Pathway) -> Arc<Vec<Drawn>> {
    let key = (pathway.version, t);
    if let Some(known) = KEPT.lock().ok().and_then(|kept| kept.get(&key).cloned()) {
        return known;
    }
    let all: Arc<Vec<Drawn>> =
        Arc::new(flow::lanes(t, pathway).into_iter().map(|lane| draw(t, pathway, lane)).collect());
    if let Ok(mut kept) = KEPT.lock() {
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&all));
    }
    all
}

fn draw(t: Tongue, pathway: &Pathway, lane: Lane) -> Drawn {
    let titles: Vec<Vec<String>> = lane.spots.iter().map(|spot| title(t, pathway, *spot)).collect();
    let placed = layout::place(&lane, &titles);
    Drawn { lane, titles, placed }
}

/// The lines of a box. Those of a step leave room for its sign.
fn title(t: Tongue, pathway: &Pathway, spot: Spot) -> Vec<String> {
    let of = |ix: StepIx| pathway.step(ix).map(|step| describe::title(t, step).0).unwrap_or_default();
    match spot {
        Spot::Step(ix) => layout::wrap(&of(ix), SIZE, TITLE, PLACE),
        Spot::End => vec![say!(t, "pathway-end")],
        Spot::To(ix) => {
            let lane = pathway.step(ix).map(|step| label(&step.track)).unwrap_or_default();
            let first = layout::cut(&format!("→ {lane}"), SMALL, BOX - 2.0 * PAD);
            let begins = pathway.subs.iter().chain(&pathway.tracks).any(|(_, first)| *first == Some(ix));
            if begins { vec![first] } else { vec![first, layout::cut(&of(ix), SMALL, BOX - 2.0 * PAD)] }
        }
    }
}

/// All lanes.
pub(super) fn show(t: Tongue, pathway: &Pathway, counts: &Counts, links: &Links<'_>) -> Markup {
    let all = drawn(t, pathway);
    let (tracks, subs): (Vec<&Drawn>, Vec<&Drawn>) = all.iter().partition(|d| d.lane.track);
    html! {
        p .begin #n-start {
            span .sign { (sign("start")) }
            a href={ (links.text) "#L" (super::enrol_line(pathway)) } { (super::begins(t, pathway)) }
            span .muted { (say!(t, "pathway-started-days", n = counts.went("", "started"), days = super::counts::DAYS)) }
        }
        div .lanes { @for d in tracks { (lane(t, pathway, d, counts, links)) } }
        @if !subs.is_empty() {
            h3 .sub { (say!(t, "pathway-subs")) }
            p .muted.small { (say!(t, "pathway-subs-what")) }
            div .lanes { @for d in subs { (lane(t, pathway, d, counts, links)) } }
        }
    }
}

fn lane(t: Tongue, pathway: &Pathway, d: &Drawn, counts: &Counts, links: &Links<'_>) -> Markup {
    let id = format!("lane-{}", d.lane.name);
    let (w, h) = (d.placed.width.ceil(), d.placed.height.ceil());
    html! {
        section .lane aria-labelledby=(id) {
            h3 id=(id) lang=(super::AUTHOR) { (label(&d.lane.name)) }
            div .drawing {
                svg role="group" aria-labelledby=(id) width=(w) height=(h) viewBox={ "0 0 " (w) " " (h) } {
                    (lines(&d.placed))
                    @for (arrow, line) in d.lane.arrows.iter().zip(&d.placed.lines) {
                        @if let Some(rect) = &line.words { (words(t, pathway, d, arrow, rect, counts)) }
                    }
                    @for ((spot, title), rect) in d.lane.spots.iter().zip(&d.titles).zip(&d.placed.boxes) {
                        @match spot {
                            Spot::Step(ix) => (step(t, pathway, *ix, title, rect, counts, links)),
                            Spot::End => (end(title, rect)),
                            Spot::To(ix) => (to(pathway, *ix, title, rect)),
                        }
                    }
                }
            }
        }
    }
}

/// All lines of a lane, and all their heads: two paths, for each more would cost as much as what it says.
fn lines(placed: &Placed) -> Markup {
    let drawn = placed.lines.iter().filter_map(|l| line(&l.points));
    let (paths, heads): (Vec<String>, Vec<String>) = drawn.unzip();
    html! { path .line d=(paths.concat()) {} path .head d=(heads.concat()) {} }
}

/// A line through the points, bent softly, and its head.
fn line(points: &[(f64, f64)]) -> Option<(String, String)> {
    let (first, last) = (points.first()?, points.last()?);
    let mut path = format!("M{:.0} {:.0}", first.0, first.1);
    for pair in points[1..].windows(2) {
        let (bend, next) = (pair[0], pair[1]);
        let half = ((bend.0 + next.0) / 2.0, (bend.1 + next.1) / 2.0);
        // Writing to a string cannot fail.
        let _ = write!(path, "Q{:.0} {:.0} {:.0} {:.0}", bend.0, bend.1, half.0, half.1);
    }
    let _ = write!(path, "L{:.0} {:.0}", last.0, last.1);
    let before = points.get(points.len().wrapping_sub(2)).unwrap_or(first);
    let (dx, dy) = (last.0 - before.0, last.1 - before.1);
    let length = dx.hypot(dy).max(0.001);
    let (ux, uy) = (dx / length * 8.0, dy / length * 8.0);
    let head = format!(
        "M{:.0} {:.0}l{:.0} {:.0} {:.0} {:.0}Z",
        last.0,
        last.1,
        -ux - uy * 0.45,
        -uy + ux * 0.45,
        uy * 0.9,
        -ux * 0.9
    );
    Some((path, head))
}

/// What an arrow says: each way and its share.
fn words(t: Tongue, pathway: &Pathway, d: &Drawn, arrow: &flow::Arrow, rect: &Rect, counts: &Counts) -> Markup {
    let Some(Spot::Step(ix)) = d.lane.spots.get(arrow.from) else { return html! {} };
    let Some(step) = pathway.step(*ix) else { return html! {} };
    let all = flow::ways(t, pathway, step);
    let middle = rect.x + rect.w / 2.0;
    let y = |n: usize| format!("{:.0}", rect.y + SMALL_LINE * (n as f64 + 0.75));
    let lines = layout::words(&arrow.ways);
    let full = arrow.ways.iter().map(|w| w.words.as_str()).collect::<Vec<_>>().join("; ");
    html! {
        g .words {
            @if full != lines.join("; ") { title { (full) } }
            rect x=(format!("{:.0}", rect.x)) y=(format!("{:.0}", rect.y)) width=(format!("{:.0}", rect.w)) height=(format!("{:.0}", rect.h)) {}
            @for (n, (line, way)) in lines.iter().zip(&arrow.ways).enumerate() {
                text x=(format!("{middle:.0}")) y=(y(n)) {
                    (line)
                    @if let Some(share) = counts.share(&step.name, &way.name, &all) {
                        " " tspan .share { (say!(t, "pathway-percent", n = share.percent())) }
                    }
                }
            }
            @if arrow.ways.len() > layout::WAYS_MAX {
                text x=(format!("{middle:.0}")) y=(y(layout::WAYS_MAX)) {
                    (say!(t, "pathway-more", n = arrow.ways.len() - layout::WAYS_MAX))
                }
            }
        }
    }
}

fn step(
    t: Tongue,
    pathway: &Pathway,
    ix: StepIx,
    lines: &[String],
    rect: &Rect,
    counts: &Counts,
    links: &Links<'_>,
) -> Markup {
    let Some(step) = pathway.step(ix) else { return html! {} };
    let (name, own) = describe::title(t, step);
    let here = counts.here(&step.name);
    let row = format!("{}#row-{}", links.table, flow::slug(&step.name));
    let href = links.people(&step.name).unwrap_or(row);
    let (x, y) = (rect.x, rect.y);
    let baseline = |n: usize| format!("{:.0}", y + PAD + LINE * n as f64 + 13.0);
    let line = step.place.line;
    html! {
        g .(flow::colour(step)).box #{ "n-" (flow::slug(&step.name)) } data-step=(step.name) {
            a href=(href) aria-label=(say!(t, "pathway-box", name = &name, n = here)) {
                rect x=(format!("{x:.0}")) y=(format!("{y:.0}")) width=(rect.w) height=(rect.h) {}
                use href={ "#sign-" (flow::sign(step)) } x=(format!("{:.0}", x + PAD - 1.0)) y=(format!("{:.0}", y + PAD)) width="16" height="16" {}
                @for (n, text) in lines.iter().enumerate() {
                    text .name x=(format!("{:.0}", x + PAD + SIGN)) y=(baseline(n)) lang=[own.then_some(super::AUTHOR)] { (text) }
                }
                text .counts x=(format!("{:.0}", x + PAD + SIGN)) y=(baseline(lines.len())) {
                    tspan { (said::here(t, here)) }
                    @if let Some(ms) = counts.median_ms(&step.name) { " · " (say!(t, "pathway-median-of", lapse = said::stay(t, ms))) }
                }
            }
            a .place href={ (links.text) "#L" (line) } aria-label=(say!(t, "pathway-box-line", name = &name, line = line)) {
                rect x=(format!("{:.0}", x + rect.w - 33.0)) y=(format!("{:.0}", y + 3.0)) width="30" height="24" {}
                text x=(format!("{:.0}", x + rect.w - PAD + 2.0)) y=(format!("{:.0}", y + 19.0)) { (line) }
            }
        }
    }
}

fn end(lines: &[String], rect: &Rect) -> Markup {
    html! {
        g .finish {
            rect x=(format!("{:.0}", rect.x)) y=(format!("{:.0}", rect.y)) width=(rect.w) height=(rect.h) rx="13" {}
            text x=(format!("{:.0}", rect.x + rect.w / 2.0)) y=(format!("{:.0}", rect.y + 17.0)) { (lines.join(" ")) }
        }
    }
}

fn to(pathway: &Pathway, ix: StepIx, lines: &[String], rect: &Rect) -> Markup {
    let Some(step) = pathway.step(ix) else { return html! {} };
    html! {
        a .to href={ "#n-" (flow::slug(&step.name)) } lang=(super::AUTHOR) {
            title { (label(&step.name.replace('/', ": "))) }
            rect x=(format!("{:.0}", rect.x)) y=(format!("{:.0}", rect.y)) width=(format!("{:.0}", rect.w)) height=(rect.h) rx="13" {}
            @for (n, text) in lines.iter().enumerate() {
                text x=(format!("{:.0}", rect.x + rect.w / 2.0)) y=(format!("{:.0}", rect.y + 18.0 + SMALL_LINE * n as f64)) { (text) }
            }
        }
    }
}

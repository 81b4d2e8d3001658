//! Where boxes, arrows and their words stand in a lane: computed by code, from the lane alone.
//!
//! Invariants: no two boxes overlap, no words of an arrow overlap a box or other words, and words fit
//! into what was laid out for them, in any font that is no wider than [`width`] takes it to be.

use super::flow::{Lane, Spot};
use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel};

/// How wide a step's box is, pixels.
pub(super) const BOX: f64 = 232.0;
/// Room within a box left and right of its words.
pub(super) const PAD: f64 = 10.0;
/// Height of a line of a title.
pub(super) const LINE: f64 = 18.0;
/// Height of a line of an arrow's words.
pub(super) const SMALL_LINE: f64 = 15.0;
/// Room left of the words for the sign of the kind.
pub(super) const SIGN: f64 = 22.0;
/// Room right of the first line for the number of the text's line.
pub(super) const PLACE: f64 = 24.0;
/// The widest first line of a title.
pub(super) const TITLE: f64 = BOX - 2.0 * PAD - SIGN - PLACE;
/// Size of a title as [`width`] takes it: 13 pixels, and bold letters are wider.
pub(super) const SIZE: f64 = 13.0 * 1.12;
/// Size of an arrow's words, and of what stands under a title.
pub(super) const SMALL: f64 = 11.0;
/// The widest words of an arrow.
const WORDS_MAX: f64 = 200.0;
/// Ways that an arrow names; more are told as "and n more".
pub(super) const WAYS_MAX: usize = 4;
/// What a share takes, at most.
const SHARE: &str = " 100 %";
/// Room around a lane.
const MARGIN: f64 = 8.0;

/// A rectangle: its left upper corner and its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

impl Rect {
    /// Whether two rectangles share more than an edge.
    #[cfg(test)]
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        const TOUCH: f64 = 0.01;
        self.x + self.w > other.x + TOUCH
            && other.x + other.w > self.x + TOUCH
            && self.y + self.h > other.y + TOUCH
            && other.y + other.h > self.y + TOUCH
    }
}

/// An arrow that was laid out.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// From box to box.
    pub(super) points: Vec<(f64, f64)>,
    /// Where its words stand, if it has any.
    pub(super) words: Option<Rect>,
}

/// A lane that was laid out: boxes and arrows in the lane's order.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) boxes: Vec<Rect>,
    pub(super) lines: Vec<Line>,
}

/// How wide text is at a size in pixels, at most: letters as wide as in DejaVu Sans, a wide font.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '\'' | 'I' | 'í' => 0.32,
        ' ' | '.' | ',' | ':' | ';' | '|' | '!' | '·' => 0.36,
        'f' | 't' | 'r' | '(' | ')' | '-' | '/' | '“' | '”' => 0.45,
        'm' | 'M' | 'W' | 'w' | '%' | '@' => 1.0,
        'a'..='z' | '0'..='9' | 'á' | 'é' | 'ó' | 'ú' | 'ñ' | '_' => 0.65,
        'A'..='Z' => 0.76,
        c if c.is_ascii() => 0.85,
        _ => 1.05,
    };
    text.chars().map(em).sum::<f64>() * size
}

/// Text cut at the end, with an ellipsis, where it is wider than `most`.
pub(super) fn cut(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if width(&out, size) + width(&c.to_string(), size) + width("…", size) > most {
            break;
        }
        out.push(c);
    }
    format!("{}…", out.trim_end())
}

/// A title in at most two lines, the second of which has `more` room; what does not fit ends with an ellipsis.
pub(super) fn wrap(text: &str, size: f64, most: f64, more: f64) -> Vec<String> {
    if width(text, size) <= most {
        return vec![text.to_owned()];
    }
    let mut first = String::new();
    let mut rest = text;
    while let Some((word, after)) = rest.split_once(' ').or((!rest.is_empty()).then_some((rest, ""))) {
        let next = if first.is_empty() { word.to_owned() } else { format!("{first} {word}") };
        if width(&next, size) > most {
            break;
        }
        (first, rest) = (next, after);
    }
    if first.is_empty() {
        // One word that is too long for a line is broken where the line ends.
        let end = text.char_indices().map(|(i, _)| i).take_while(|i| width(&text[..*i], size) <= most).last();
        let (head, tail) = text.split_at(end.unwrap_or(text.len()));
        return vec![head.to_owned(), cut(tail, size, most + more)];
    }
    vec![first, cut(rest, size, most + more)]
}

/// The words of an arrow: a line for each way that has any.
pub(super) fn words(ways: &[super::flow::Way]) -> Vec<String> {
    let room = WORDS_MAX - width(SHARE, SMALL);
    let said = ways.iter().filter(|w| !w.words.is_empty()).take(WAYS_MAX);
    said.map(|w| cut(&w.brief, SMALL, room)).collect()
}

/// The size of a box: of a step by the lines of its title.
fn size(spot: Spot, title: &[String]) -> (f64, f64) {
    match spot {
        Spot::Step(_) => (BOX, 2.0 * PAD + title.len() as f64 * LINE + LINE),
        Spot::End => (64.0, 26.0),
        Spot::To(_) => {
            let longest = title.iter().map(|line| width(line, SMALL)).fold(0.0, f64::max);
            (longest + 2.0 * PAD, 14.0 + title.len() as f64 * SMALL_LINE)
        }
    }
}

/// Lays a lane out; `titles` are the lines of each box.
pub(super) fn place(lane: &Lane, titles: &[Vec<String>]) -> Placed {
    let mut graph: Graph<NodeLabel, EdgeLabel> =
        Graph::with_options(GraphOptions { directed: true, multigraph: true, compound: false });
    let sizes: Vec<(f64, f64)> = lane.spots.iter().zip(titles).map(|(spot, title)| size(*spot, title)).collect();
    for (n, (w, h)) in sizes.iter().enumerate() {
        graph.set_node(n.to_string(), Some(NodeLabel { width: *w, height: *h, ..NodeLabel::default() }));
    }
    for arrow in &lane.arrows {
        let lines = words(&arrow.ways);
        let more = arrow.ways.len() > WAYS_MAX;
        let longest = lines.iter().map(|line| width(line, SMALL)).fold(0.0, f64::max);
        let label = EdgeLabel {
            width: if lines.is_empty() { 0.0 } else { longest + width(SHARE, SMALL) + 6.0 },
            height: (lines.len() + usize::from(more)) as f64 * SMALL_LINE,
            labelpos: dagre::layout::types::LabelPos::Center,
            ..EdgeLabel::default()
        };
        graph.set_edge(arrow.from.to_string(), arrow.to.to_string(), Some(label), None);
    }
    let options = LayoutOptions {
        nodesep: 24.0,
        edgesep: 16.0,
        ranksep: 28.0,
        marginx: MARGIN,
        marginy: MARGIN,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut graph, Some(options));
    let rect = |n: usize| {
        let ((w, h), node) = (sizes[n], graph.node(&n.to_string()));
        let at = node.and_then(|node| Some((node.x?, node.y?))).unwrap_or_default();
        Rect { x: at.0 - w / 2.0, y: at.1 - h / 2.0, w, h }
    };
    let boxes: Vec<Rect> = (0..lane.spots.len()).map(rect).collect();
    let line = |arrow: &super::flow::Arrow| {
        let edge = graph.edge(&arrow.from.to_string(), &arrow.to.to_string(), None);
        let points = edge.map(|e| e.points.iter().map(|p| (p.x, p.y)).collect()).unwrap_or_default();
        let words = edge.filter(|e| e.width > 0.0).and_then(|e| {
            let (x, y) = (e.x?, e.y?);
            Some(Rect { x: x - e.width / 2.0, y: y - e.height / 2.0, w: e.width, h: e.height })
        });
        Line { points, words }
    };
    let mut placed = Placed { width: 0.0, height: 0.0, boxes, lines: lane.arrows.iter().map(line).collect() };
    frame(&mut placed);
    placed
}

/// Moves all of it so that nothing is left of or above the margin, and measures the whole.
fn frame(placed: &mut Placed) {
    let rects = placed.boxes.iter().chain(placed.lines.iter().filter_map(|l| l.words.as_ref()));
    let corners = rects.flat_map(|r| [(r.x, r.y), (r.x + r.w, r.y + r.h)]);
    let all: Vec<(f64, f64)> = corners.chain(placed.lines.iter().flat_map(|l| l.points.iter().copied())).collect();
    let least = |pick: fn(&(f64, f64)) -> f64| all.iter().map(pick).fold(f64::INFINITY, f64::min);
    let most = |pick: fn(&(f64, f64)) -> f64| all.iter().map(pick).fold(0.0, f64::max);
    let (dx, dy) = (MARGIN - least(|p| p.0), MARGIN - least(|p| p.1));
    if !dx.is_finite() || !dy.is_finite() {
        return;
    }
    (placed.width, placed.height) = (most(|p| p.0) + dx + MARGIN, most(|p| p.1) + dy + MARGIN);
    let shift = |r: &mut Rect| (r.x, r.y) = (r.x + dx, r.y + dy);
    placed.boxes.iter_mut().for_each(shift);
    for line in &mut placed.lines {
        line.words.iter_mut().for_each(shift);
        line.points.iter_mut().for_each(|p| *p = (p.0 + dx, p.1 + dy));
    }
}

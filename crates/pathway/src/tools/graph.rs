//! A pathway as a picture: a flow chart in Mermaid, and an SVG of its own: a lane for each track and sub-pathway, its
//! steps one below the other, and under each step where else it leads.

use super::steps::{self, Written};
use crate::ast::{Goto, Pathway, Step, StepIx, Verb};
use crate::finding::Findings;
use crate::yaml;
use model::markup::escape;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Letters of a label that are shown.
const LABEL_MAX: usize = 48;

/// A way from a step: where it leads, and when; nothing is said of the only way.
struct Way {
    to: Option<StepIx>,
    when: String,
}

/// Every way from a step.
fn ways(pathway: &Pathway, step: &Step) -> Vec<Way> {
    let to = |goto: Goto| match goto {
        Goto::Next => step.next,
        Goto::End => None,
        Goto::Step(ix) => Some(ix),
    };
    let way = |when: &str, to: Option<StepIx>| Way { to, when: when.to_owned() };
    match &step.verb {
        Verb::WaitFor { found, missed, .. } => vec![way("found", to(*found)), way("missed", to(*missed))],
        Verb::Reach { success: Some(_), got, not, .. } => vec![way("got", to(*got)), way("not", to(*not))],
        Verb::Ask { answered, missed, .. } => vec![way("answered", to(*answered)), way("missed", to(*missed))],
        Verb::Call { answered, failed, .. } => vec![way("answered", to(*answered)), way("failed", to(*failed))],
        Verb::Branch { arms, unknown, otherwise } => {
            let arm = |(n, (_, goto)): (usize, &(crate::Expr, Goto))| way(&format!("if {}", n + 1), to(*goto));
            let arms = arms.iter().enumerate().map(arm);
            arms.chain([way("unknown", to(*unknown)), way("else", to(*otherwise))]).collect()
        }
        Verb::Split { arms, hold_out, .. } => {
            let arms = arms.iter().map(|arm| way(&arm.name, to(arm.to)));
            arms.chain(hold_out.iter().map(|(_, goto)| way("held out", to(*goto)))).collect()
        }
        Verb::Repeat { body, .. } => vec![way("each day", Some(*body)), way("then", step.next)],
        Verb::Each { body, .. } => vec![way("each", Some(*body)), way("meanwhile", step.next)],
        Verb::Parallel { strands, .. } => {
            let strands = strands.iter().map(|(name, first)| way(name, Some(*first)));
            strands.chain([way("joined", step.next)]).collect()
        }
        Verb::Include { sub, .. } => vec![way("through", *sub), way("then", step.next)],
        Verb::Leave { .. } => Vec::new(),
        _ => vec![way("", step.next)],
    }
    .into_iter()
    .filter(|w| w.to.is_none_or(|ix| pathway.step(ix).is_some()))
    .collect()
}

/// Verb and head of each step as the author wrote them, by name.
fn labels(pathway: &Pathway) -> BTreeMap<String, String> {
    let Some(root) = yaml::parse(&pathway.source, &mut Findings::of("")) else { return BTreeMap::new() };
    let label = |s: &Written| format!("{} {}", s.verb, s.head).trim().to_owned();
    steps::written(pathway, &root).iter().map(|s| (s.name.clone(), label(s))).collect()
}

fn cut(text: &str) -> String {
    let mut out: String = text.chars().take(LABEL_MAX).collect();
    if text.chars().count() > LABEL_MAX {
        out.push('…');
    }
    out
}

/// Names of the lanes, tracks first.
fn lanes(pathway: &Pathway) -> impl Iterator<Item = (&str, bool)> {
    let tracks = pathway.tracks.iter().map(|(name, _)| (name.as_str(), true));
    tracks.chain(pathway.subs.iter().map(|(name, _)| (name.as_str(), false)))
}

fn of_lane<'p>(pathway: &'p Pathway, lane: &str) -> Vec<(StepIx, &'p Step)> {
    (0..).zip(&pathway.steps).filter(|(_, s)| s.track == lane).collect()
}

/// A flow chart in Mermaid.
pub fn mermaid(pathway: &Pathway) -> String {
    // What means something to Mermaid is written as its entity.
    let plain = |text: &str| {
        let entity = |c: char| match c {
            '"' | '#' | '&' | '<' | '>' | '[' | ']' | '{' | '}' | '(' | ')' | '|' | '`' => {
                format!("#{};", u32::from(c))
            }
            c => c.to_string(),
        };
        cut(text).chars().map(entity).collect::<String>()
    };
    let labels = labels(pathway);
    let mut out = String::from("flowchart TD\n");
    for (n, (lane, track)) in lanes(pathway).enumerate() {
        let title = if track { lane.to_owned() } else { format!("{lane} (sub-pathway)") };
        let _ = writeln!(out, "  subgraph lane{n}[\"{}\"]", plain(&title));
        for (ix, step) in of_lane(pathway, lane) {
            let label = plain(labels.get(&step.name).unwrap_or(&step.name));
            let (open, close) = match step.verb {
                Verb::Branch { .. } | Verb::Split { .. } => ("{\"", "\"}"),
                Verb::Wait { .. } | Verb::WaitFor { .. } => ("([\"", "\"])"),
                _ => ("[\"", "\"]"),
            };
            let _ = writeln!(out, "    s{ix}{open}{label}{close}");
        }
        let _ = writeln!(out, "  end");
    }
    for (ix, step) in (0u16..).zip(&pathway.steps) {
        for way in ways(pathway, step) {
            let when = if way.when.is_empty() { String::new() } else { format!("|\"{}\"|", plain(&way.when)) };
            match way.to {
                Some(to) => _ = writeln!(out, "  s{ix} -->{when} s{to}"),
                // The end of a strand that nothing leads past is seen without a box.
                None if way.when.is_empty() => {}
                None => _ = writeln!(out, "  s{ix} -->{when} e{ix}((\"end\"))"),
            }
        }
    }
    out
}

const WIDE: usize = 340;
const GAP: usize = 40;
const BOX: usize = 44;
const LINE: usize = 16;
const TOP: usize = 80;

/// An SVG. It stands alone: no script, no style sheet, nothing from elsewhere.
pub fn svg(pathway: &Pathway) -> String {
    let labels = labels(pathway);
    let (mut body, mut tallest, mut columns) = (String::new(), 0, 0);
    for (lane, track) in lanes(pathway) {
        let x = GAP + columns * (WIDE + GAP);
        columns += 1;
        let title = if track { lane.to_owned() } else { format!("{lane} (sub-pathway)") };
        let _ = writeln!(body, "<text x=\"{x}\" y=\"{}\" font-weight=\"bold\">{}</text>", TOP - 16, escape(&title));
        let mut y = TOP;
        let steps = of_lane(pathway, lane);
        for (n, (_, step)) in steps.iter().enumerate() {
            let below = steps.get(n + 1).map(|(ix, _)| *ix);
            let label = labels.get(&step.name).unwrap_or(&step.name);
            y = one_step(&mut body, pathway, step, (x, y, below, label));
        }
        tallest = tallest.max(y);
    }
    let (width, height) = (GAP + columns * (WIDE + GAP), tallest + GAP);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{GAP}\" y=\"32\" font-size=\"18\" font-weight=\"bold\">{title}</text>\n{body}</svg>\n",
        title = escape(&pathway.title)
    )
}

/// Draws a step and says below it where else it leads; the height at which the next one begins.
fn one_step(
    out: &mut String,
    pathway: &Pathway,
    step: &Step,
    (x, y, below, label): (usize, usize, Option<StepIx>, &str),
) -> usize {
    let own = step.name.rsplit('/').next().unwrap_or_default();
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDE}\" height=\"{BOX}\" rx=\"6\" fill=\"#f0f4f5\" stroke=\"#4c6272\"/>\n\
         <text x=\"{}\" y=\"{}\">{}</text>\n<text x=\"{}\" y=\"{}\" fill=\"#4c6272\">{}</text>",
        x + 10,
        y + 18,
        escape(&cut(label)),
        x + 10,
        y + 35,
        escape(&cut(own))
    );
    let mut y = y + BOX;
    let ways = ways(pathway, step);
    for way in ways.iter().filter(|w| !(w.when.is_empty() && (w.to == below || w.to.is_none()))) {
        y += LINE;
        let to = match way.to {
            Some(ix) if Some(ix) == below => "next".to_owned(),
            Some(ix) => pathway.step(ix).map(|s| s.name.clone()).unwrap_or_default(),
            None => "end".into(),
        };
        let says = format!("{} → {to}", way.when);
        let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\" fill=\"#212b32\">{}</text>", x + 24, escape(says.trim()));
    }
    let (from, to, middle) = (y + 6, y + 26, x + 12);
    if ways.iter().any(|w| w.to.is_some() && w.to == below) {
        let _ = writeln!(out, "<path d=\"M{middle} {from}V{to}m-4 -6l4 6l4 -6\" fill=\"none\" stroke=\"#4c6272\"/>");
    }
    to + 4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Vec<Pathway> {
        let teams = ["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from);
        crate::shipped::shipped(&teams).pathways
    }

    #[test]
    fn every_step_and_every_way_is_in_the_chart() {
        for pathway in shipped() {
            let chart = mermaid(&pathway);
            assert!(chart.starts_with("flowchart TD\n"));
            for (ix, step) in (0u16..).zip(&pathway.steps) {
                let is_it = |l: &&str| {
                    let rest = l.trim_start().strip_prefix(&format!("s{ix}"));
                    rest.is_some_and(|r| r.starts_with(['[', '{', '(']))
                };
                let boxes = chart.lines().filter(is_it);
                assert_eq!(boxes.count(), 1, "{}", step.name);
                for way in ways(&pathway, step).iter().filter_map(|w| w.to) {
                    let arrow = |l: &&str| l.starts_with(&format!("  s{ix} -->")) && l.ends_with(&format!(" s{way}"));
                    assert!(chart.lines().any(|l| arrow(&l)), "{}", step.name);
                }
            }
        }
    }

    #[test]
    fn a_label_cannot_break_out_of_the_chart_or_the_picture() {
        let mut pathway = shipped().remove(0);
        pathway.title = "<script>alert(\"1\")</script>".into();
        assert!(!svg(&pathway).contains("<script"));
        assert!(mermaid(&pathway).lines().all(|l| l.matches('"').count() % 2 == 0));
    }

    #[test]
    fn the_picture_shows_every_step_and_closes_what_it_opens() {
        for pathway in shipped() {
            let picture = svg(&pathway);
            assert_eq!(picture.matches("<rect x=").count(), pathway.steps.len());
            assert_eq!(picture.matches("<text").count(), picture.matches("</text>").count());
            assert!(picture.ends_with("</svg>\n") && !picture.contains("NaN"));
        }
    }
}

//! Drawn pathways: nothing overlaps, nothing is lost, and a count opens exactly those people.

use super::flow::{self, Spot};
use super::layout::{self, BOX, PAD, PLACE, Rect, SIZE, SMALL, TITLE};
use super::picture::{self, Drawn};
use super::{describe, diff};
use crate::tongue::Tongue;
use hub::Settings;
use model::Value;
use pathway::ast::{Arm, FactPattern, Goto, Join, Late, Rhythm, Step, StepIx, Verb, When};
use pathway::{Expr, Pathway};
use std::time::Instant;

fn shipped() -> Vec<std::sync::Arc<Pathway>> {
    Settings::shipped(outreach::Clinic::default()).expect("what ships reads").pathways
}

/// Pathways that are drawn by the test of overlaps.
const SEEDS: u64 = 60;

/// A little generator of numbers: the same seed gives the same pathway.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides.max(1)
    }
}

/// A pathway of `count` steps in several tracks and sub-pathways, with branches, loops and jumps anywhere.
fn random(seed: u64, count: usize) -> Pathway {
    let mut dice = Dice(seed * 7919 + 1);
    let mut pathway = Pathway::clone(&shipped()[0]);
    pathway.version = model::Id::of(&[b"random", &seed.to_be_bytes()]);
    let lanes: Vec<String> = (0..1 + dice.roll(6)).map(|n| format!("lane_{n}")).collect();
    let of: Vec<usize> = (0..count).map(|n| n * lanes.len() / count).collect();
    let first = |lane: usize| of.iter().position(|l| *l == lane).and_then(|ix| StepIx::try_from(ix).ok());
    let all: Vec<(String, Option<StepIx>)> = lanes.iter().enumerate().map(|(n, l)| (l.clone(), first(n))).collect();
    let half = all.len().div_ceil(2);
    (pathway.tracks, pathway.subs) = (all[..half].to_vec(), all[half..].to_vec());
    pathway.steps = (0..count)
        .map(|n| {
            let ix = StepIx::try_from(n).expect("few steps");
            let same = n + 1 < count && of[n + 1] == of[n];
            let next = (same && dice.roll(12) > 0).then_some(ix + 1);
            let name =
                format!("{}/step_{n}_{}", lanes[of[n]], "with_a_rather_long_name_".repeat(dice.roll(4) as usize));
            let verb = verb(&mut dice, count, ix);
            Step { name, track: lanes[of[n]].clone(), next, skip_when: None, place: Default::default(), verb }
        })
        .collect();
    pathway
}

fn verb(dice: &mut Dice, count: usize, ix: StepIx) -> Verb {
    let mut goto = || match dice.roll(4) {
        0 => Goto::Next,
        1 => Goto::End,
        _ => Goto::Step(StepIx::try_from(dice.roll(count as u64)).expect("few steps")),
    };
    let wanted = FactPattern { kind: "medication.picked_up".into(), of: None, already: None };
    let (found, missed, unknown, otherwise) = (goto(), goto(), goto(), goto());
    let to: Vec<Goto> = (0..5).map(|_| goto()).collect();
    let body = if usize::from(ix) + 1 < count { ix + 1 } else { 0 };
    match dice.roll(11) {
        0 => Verb::Wait { until: When::Day { day: 1, at: 540 }, late: Late::Skip },
        1 => Verb::WaitFor { fact: wanted, deadline: When::Span(86_400_000), found, missed },
        2 => {
            let arms = dice.roll(5) as usize + 1;
            let when = |n: usize| Expr::Field(vec!["a field".into(); n + 1]);
            Verb::Branch { arms: (0..arms).map(|n| (when(n), to[n])).collect(), unknown, otherwise }
        }
        3 => {
            let rhythm = [Rhythm::Days(1), Rhythm::Days(2), Rhythm::Weekdays(0b1001)][dice.roll(3) as usize];
            let until = (dice.roll(2) == 0).then(|| Expr::Field(vec!["a field".into(), "of it".into()]));
            Verb::Repeat { rhythm, at: 480, from_day: 1, to_day: 14, today: None, until, body }
        }
        7 => {
            let arm = |n: usize| Arm { name: format!("arm_{n}"), weight: 1, to: to[n] };
            let arms = (0..2 + dice.roll(3) as usize).map(arm).collect();
            let hold_out = (dice.roll(2) == 0).then_some((100, found));
            Verb::Split { experiment: "texts_or_calls".into(), metric: None, hold_out, arms }
        }
        8 => {
            let strands = (0..2 + dice.roll(2)).map(|n| (format!("strand_{n}"), body)).collect();
            Verb::Parallel { strands, join: Join::All }
        }
        9 => Verb::Include { sub: Some(body), with: vec![("rx".into(), "medicine".into())] },
        4 => Verb::Note { text: "words".into() },
        5 => Verb::Leave { reason: "over".into() },
        _ => Verb::Wait { until: When::Span(3_600_000), late: Late::Now },
    }
}

/// Every overlap of a drawing, in words.
fn overlaps(drawn: &Drawn) -> Vec<String> {
    let named = drawn.placed.boxes.iter().map(|r| ("box", *r));
    let words = drawn.placed.lines.iter().filter_map(|l| l.words).map(|r| ("words", r));
    let all: Vec<(&str, Rect)> = named.chain(words).collect();
    let mut out = Vec::new();
    for (n, (a, left)) in all.iter().enumerate() {
        for (b, right) in &all[n + 1..] {
            if left.overlaps(right) {
                out.push(format!("{}: {a} {left:?} and {b} {right:?}", drawn.lane.name));
            }
        }
        let frame = Rect { x: 0.0, y: 0.0, w: drawn.placed.width, h: drawn.placed.height };
        let inside = left.x >= 0.0 && left.y >= 0.0 && left.x + left.w <= frame.w && left.y + left.h <= frame.h;
        if !inside {
            out.push(format!("{}: {a} {left:?} is outside of {frame:?}", drawn.lane.name));
        }
    }
    out
}

#[test]
fn nothing_overlaps_up_to_a_hundred_steps() {
    let (mut slowest, mut sum) = ((0, 0.0), 0.0);
    for seed in 0..SEEDS {
        let count = 1 + (seed as usize * 37) % 100;
        let pathway = random(seed, count);
        let began = Instant::now();
        let all = picture::drawn(Tongue::En, &pathway);
        let took = began.elapsed().as_secs_f64() * 1000.0;
        sum += took;
        if took > slowest.1 {
            slowest = (count, took);
        }
        let found: Vec<String> = all.iter().flat_map(overlaps).collect();
        assert!(found.is_empty(), "seed {seed}, {count} steps:\n{}", found.join("\n"));
        let steps = all.iter().flat_map(|d| &d.lane.spots).filter(|s| matches!(s, Spot::Step(_))).count();
        assert_eq!(steps, count, "every step is drawn once");
    }
    println!("a layout took {:.1} ms, the slowest {:.1} ms for {} steps", sum / SEEDS as f64, slowest.1, slowest.0);
}

#[test]
fn the_shipped_pathways_fit_and_their_words_fit_their_boxes() {
    for t in Tongue::ALL {
        for pathway in shipped() {
            for drawn in picture::drawn(t, &pathway).iter() {
                assert_eq!(overlaps(drawn), Vec::<String>::new(), "{}", pathway.name);
                for (spot, lines) in drawn.lane.spots.iter().zip(&drawn.titles) {
                    let (size, room) = match spot {
                        Spot::Step(_) => (SIZE, TITLE),
                        Spot::End | Spot::To(_) => (SMALL, BOX - 2.0 * PAD),
                    };
                    assert!(lines.len() <= 2 && !lines[0].is_empty());
                    for (n, line) in lines.iter().enumerate() {
                        let room = if n == 0 { room } else { room + PLACE };
                        assert!(layout::width(line, size) <= room, "{line}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_long_name_wraps_and_ends_with_an_ellipsis() {
    let fits = |text: &str| layout::wrap(text, SIZE, 166.0, 0.0);
    assert_eq!(fits("Check"), ["Check"]);
    let two = fits("Ask about the medicine now");
    assert_eq!((two.len(), two.join(" ").as_str()), (2, "Ask about the medicine now"));
    let long = fits(&"very long words ".repeat(9));
    assert!(long.len() == 2 && long[1].ends_with('…'), "{long:?}");
    let one = fits(&"x".repeat(90));
    assert!(one.len() == 2 && one[1].ends_with('…'), "{one:?}");
    assert!(fits("漢字".repeat(40).as_str())[1].ends_with('…'));
}

#[test]
fn every_way_of_a_step_is_one_that_is_counted() {
    let known = [
        journey::Way::Next,
        journey::Way::Skipped,
        journey::Way::Unknown,
        journey::Way::Otherwise,
        journey::Way::Found,
        journey::Way::Missed,
        journey::Way::Late,
        journey::Way::Pointless,
        journey::Way::Body,
        journey::Way::HeldOut,
    ];
    let mut names: Vec<String> = known.into_iter().map(journey::Way::name).collect();
    names.extend((1..12).map(|n| journey::Way::Arm(n).name()));
    for pathway in shipped() {
        for step in &pathway.steps {
            for way in flow::ways(Tongue::En, &pathway, step) {
                assert!(names.contains(&way.name), "{} of {}", way.name, step.name);
            }
        }
    }
}

#[test]
fn conditions_are_said_in_words() {
    let field = |name: &str| Box::new(Expr::Field(vec!["check".into(), name.into()]));
    let known = Expr::Known(field("pain"));
    let strong =
        Expr::Compare(pathway::expr::Compare::AtLeast, field("pain"), Box::new(Expr::Literal(Value::Number(8.0))));
    let both = Expr::And(Box::new(known.clone()), Box::new(strong));
    let said = |t, e: &Expr| describe::condition(t, e);
    assert_eq!(said(Tongue::En, &both), "check pain is known and check pain at least 8");
    assert_eq!(said(Tongue::Es, &both), "se conoce check pain y check pain como mínimo 8");
    assert_eq!(said(Tongue::En, &Expr::Not(Box::new(known))), "check pain is not known");
    let no =
        Expr::Compare(pathway::expr::Compare::Equal, field("reached"), Box::new(Expr::Literal(Value::Bool(false))));
    assert_eq!(said(Tongue::En, &no), "check reached: no");
    assert_eq!(describe::brief(Tongue::En, &both), "pain at least 8", "an arrow has room for what matters");
}

#[test]
fn a_difference_says_what_was_added_removed_moved_and_changed() {
    let old = shipped()[0].clone();
    let mut new = Pathway::clone(&old);
    let prompt = new.steps.iter().position(|s| s.name == "nurse_call/check").expect("it is there");
    if let Verb::Prompt(prompt) = &mut new.steps[prompt].verb {
        prompt.due.ms /= 2;
    }
    let gone = new.steps.len() - 1;
    let gone_name = new.steps[gone].name.clone();
    new.steps[gone].name = "ask_why/something_new".into();
    new.title = "Follow-up, mended".into();
    // Two neighbours change places, and what stands around them leads to where it led before.
    let mended = new.steps.iter().position(|s| s.name == "unable_to_reach/please_call").expect("it is there");
    new.steps.swap(mended, mended + 1);
    let told: Vec<(&str, Option<String>, Vec<String>)> = diff::changes(Tongue::En, &old, &new, &[])
        .into_iter()
        .map(|c| {
            (
                c.what,
                c.step.map(|(name, _)| name),
                c.fields.into_iter().map(|f| format!("{} > {}", f.from, f.to)).collect(),
            )
        })
        .collect();
    let has = |what: &str, name: &str| told.iter().find(|(w, s, _)| *w == what && s.as_deref() == Some(name)).cloned();
    assert_eq!(told[0].2, ["Follow-up after day surgery > Follow-up, mended"]);
    assert!(has("added", "ask_why/something_new").is_some() && has("removed", &gone_name).is_some());
    let changed = has("changed", "nurse_call/check").expect("it is there");
    assert_eq!(changed.2, ["due in 8 h of the team’s hours > due in 4 h of the team’s hours"]);
    let moved = told.iter().filter(|(what, ..)| *what == "moved").count();
    assert!((1..=4).contains(&moved), "{moved} moved: {told:?}");
    assert!(diff::changes(Tongue::Es, &old, &old, &[]).is_empty());
}

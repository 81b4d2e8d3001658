//! A pathway as lanes of boxes and arrows: one lane for each track and sub-pathway.
//!
//! Invariant: every step of the pathway is in exactly one lane, in the order of the file. An arrow to a
//! step of another lane, or far away in its own, ends at a small box that names it: no arrow leaves its
//! lane, and none runs past more than some boxes.

use super::describe;
use crate::tongue::{Tongue, say};
use crate::words::label;
use pathway::Pathway;
use pathway::ast::{Arm, Goto, Late, Step, StepIx, Verb};

/// An arrow that would lead further than so many steps of the file ends at a small box instead: nobody
/// follows a longer one with the eye.
const FAR: u16 = 12;

/// What stands at a place of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// A step.
    Step(StepIx),
    /// The strand ends here.
    End,
    /// It goes on at a step of another lane, or far away.
    To(StepIx),
}

/// One way to go on from a step, as counted, and in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// `found`, `arm-2`: see [`journey::Way::name`].
    pub(super) name: String,
    /// In words; empty where there is only one way.
    pub(super) words: String,
    /// The same in short, for an arrow.
    pub(super) brief: String,
    /// Where it leads.
    pub(super) to: Spot,
}

/// An arrow: all ways from one box to another.
#[derive(Clone, Debug)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) ways: Vec<Way>,
}

/// A lane.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// Track or sub-pathway.
    pub(super) name: String,
    /// Walked by everyone; a sub-pathway only by those who are sent there.
    pub(super) track: bool,
    pub(super) spots: Vec<Spot>,
    pub(super) arrows: Vec<Arrow>,
}

/// The lanes of a pathway, tracks first, in the order of the file.
pub(super) fn lanes(t: Tongue, pathway: &Pathway) -> Vec<Lane> {
    let tracks = pathway.tracks.iter().map(|(name, _)| (name, true));
    let subs = pathway.subs.iter().map(|(name, _)| (name, false));
    tracks.chain(subs).map(|(name, track)| lane(t, pathway, name, track)).filter(|l| !l.spots.is_empty()).collect()
}

fn lane(t: Tongue, pathway: &Pathway, name: &str, track: bool) -> Lane {
    let own = |step: &Step| step.track == name;
    let steps = (0..).zip(&pathway.steps).filter(|(_, step)| own(step));
    let mut lane = Lane { name: name.to_owned(), track, spots: Vec::new(), arrows: Vec::new() };
    lane.spots.extend(steps.clone().map(|(ix, _)| Spot::Step(ix)));
    for (from, (here, step)) in steps.enumerate() {
        for mut way in ways(t, pathway, step) {
            if let Spot::Step(ix) = way.to
                && (!pathway.step(ix).is_some_and(own) || ix.abs_diff(here) > FAR)
            {
                way.to = Spot::To(ix);
            }
            let to = lane.spots.iter().position(|s| *s == way.to).unwrap_or_else(|| {
                lane.spots.push(way.to);
                lane.spots.len() - 1
            });
            match lane.arrows.iter_mut().find(|a| a.from == from && a.to == to) {
                Some(arrow) => arrow.ways.push(way),
                None => lane.arrows.push(Arrow { from, to, ways: vec![way] }),
            }
        }
    }
    lane
}

fn spot(next: Option<StepIx>) -> Spot {
    next.map_or(Spot::End, Spot::Step)
}

/// Every way to go on from a step.
pub(super) fn ways(t: Tongue, pathway: &Pathway, step: &Step) -> Vec<Way> {
    let to = |goto: Goto| match goto {
        Goto::Next => spot(step.next),
        Goto::End => Spot::End,
        Goto::Step(ix) => Spot::Step(ix),
    };
    let way = |name: &str, words: String, to: Spot| Way { name: name.to_owned(), brief: words.clone(), words, to };
    match &step.verb {
        Verb::Wait { late: Late::Skip | Late::Prompt, .. } if step.next.is_some() => {
            let after = step.next.and_then(|ix| pathway.step(ix)).and_then(|next| next.next);
            let late = way("late", say!(t, "pathway-way-late"), spot(after));
            vec![way("next", say!(t, "pathway-way-in-time"), spot(step.next)), late]
        }
        Verb::WaitFor { found, missed, .. } => vec![
            way("found", say!(t, "pathway-way-found"), to(*found)),
            way("missed", say!(t, "pathway-way-missed"), to(*missed)),
        ],
        Verb::Ask { answered, missed, .. } => vec![
            way("found", say!(t, "pathway-way-answered"), to(*answered)),
            way("missed", say!(t, "pathway-way-not-answered"), to(*missed)),
        ],
        Verb::Call { answered, failed, .. } => vec![
            way("found", say!(t, "pathway-way-service-answered"), to(*answered)),
            way("missed", say!(t, "pathway-way-service-failed"), to(*failed)),
        ],
        Verb::Reach { success: Some(_), got, not, .. } => vec![
            way("found", say!(t, "pathway-way-got"), to(*got)),
            way("missed", say!(t, "pathway-way-not"), to(*not)),
        ],
        Verb::Branch { arms, unknown, otherwise } => {
            let arm = |(n, (when, goto)): (usize, &(pathway::Expr, Goto))| {
                let arm = way(&format!("arm-{}", n + 1), describe::condition(t, when), to(*goto));
                Way { brief: describe::brief(t, when), ..arm }
            };
            let mut all: Vec<Way> = arms.iter().enumerate().map(arm).collect();
            all.push(way("unknown", say!(t, "pathway-way-unknown"), to(*unknown)));
            all.push(way("else", say!(t, "pathway-way-else"), to(*otherwise)));
            all
        }
        Verb::Repeat { body, until, .. } => {
            let mut all = vec![
                way("body", say!(t, "pathway-way-day"), Spot::Step(*body)),
                way("next", say!(t, "pathway-way-days-over"), spot(step.next)),
            ];
            if let Some(until) = until {
                let over = way("found", describe::condition(t, until), spot(step.next));
                all.push(Way { brief: describe::brief(t, until), ..over });
            }
            all
        }
        Verb::Split { arms, hold_out, .. } => {
            let arm = |(n, arm): (usize, &Arm)| {
                let said =
                    say!(t, "pathway-split-arm", name = label(&arm.name), share = describe::arm_share(arms, arm));
                way(&format!("arm-{}", n + 1), said, to(arm.to))
            };
            let mut all: Vec<Way> = arms.iter().enumerate().map(arm).collect();
            all.extend(hold_out.map(|(_, goto)| way("held-out", say!(t, "pathway-way-held-out"), to(goto))));
            all
        }
        Verb::Parallel { strands, .. } => {
            let mut all: Vec<Way> =
                strands.iter().map(|(name, first)| way("body", label(name), Spot::Step(*first))).collect();
            all.push(way("next", say!(t, "pathway-way-joined"), spot(step.next)));
            all
        }
        Verb::Include { sub, .. } => {
            let mut all: Vec<Way> =
                sub.iter().map(|first| way("body", say!(t, "pathway-way-included"), Spot::Step(*first))).collect();
            all.push(way("next", say!(t, "pathway-way-after-included"), spot(step.next)));
            all
        }
        Verb::Each { body, .. } => {
            let mut all = vec![way("body", say!(t, "pathway-way-item"), Spot::Step(*body))];
            if step.next.is_some() {
                all.push(way("next", say!(t, "pathway-way-meanwhile"), spot(step.next)));
            }
            all
        }
        Verb::Prompt(prompt) if prompt.concern && prompt.until.is_some() => vec![
            way("next", say!(t, "pathway-way-closed"), spot(step.next)),
            way("found", say!(t, "pathway-way-proved"), spot(step.next)),
        ],
        Verb::Leave { .. } => vec![way("next", String::new(), Spot::End)],
        _ => vec![way("next", String::new(), spot(step.next))],
    }
}

/// The name of a step's kind, as in `pathway-kind-…` and in the style.
pub(super) fn kind(step: &Step) -> &'static str {
    match &step.verb {
        Verb::Wait { .. } => "wait",
        Verb::WaitFor { .. } => "wait_for",
        Verb::Reach { .. } => "reach",
        Verb::Prompt(prompt) if prompt.person_within_ms.is_some() => "red_flag",
        Verb::Prompt(prompt) if prompt.concern => "concern",
        Verb::Prompt(_) => "prompt",
        Verb::Branch { .. } => "branch",
        Verb::Repeat { .. } => "repeat",
        Verb::Each { .. } => "each",
        Verb::Remind { .. } => "remind",
        Verb::Split { .. } => "split",
        Verb::Parallel { .. } => "parallel",
        Verb::Include { .. } => "include",
        Verb::Ask { .. } => "ask",
        Verb::Call { .. } => "call",
        Verb::EnrolIn { .. } => "enrol_in",
        Verb::WithdrawFrom { .. } => "withdraw_from",
        Verb::Note { .. } => "note",
        Verb::Leave { .. } => "leave",
    }
}

/// The sign of a step's kind, and of a reach the sign of the channel that it tries first: see [`super::SIGNS`].
pub(super) fn sign(step: &Step) -> &'static str {
    use model::Channel;
    let of = |by: &[(Channel, i64)]| match by.first().map(|(channel, _)| *channel) {
        Some(Channel::Voice | Channel::Voicemail) => "voice",
        Some(Channel::Email) => "email",
        Some(Channel::Portal) => "page",
        Some(Channel::Sms | Channel::Push | Channel::Chat) | None => "text",
    };
    match &step.verb {
        Verb::Wait { .. } | Verb::WaitFor { .. } => "wait",
        Verb::Reach { by, .. } | Verb::Remind { by, .. } | Verb::Ask { by, .. } => of(by),
        Verb::Prompt(_) => "call",
        Verb::Branch { .. } | Verb::Split { .. } | Verb::Parallel { .. } => "branch",
        Verb::Repeat { .. } | Verb::Each { .. } => "loop",
        Verb::Note { .. } | Verb::Include { .. } | Verb::EnrolIn { .. } | Verb::Call { .. } => "page",
        Verb::Leave { .. } | Verb::WithdrawFrom { .. } => "stop",
    }
}

/// How a step is coloured: its kind, and of a reach whether it is spoken or written.
pub(super) fn colour(step: &Step) -> &'static str {
    use model::Channel::{Voice, Voicemail};
    match &step.verb {
        Verb::Reach { by, .. } if matches!(by.first(), Some((Voice | Voicemail, _))) => "voice",
        Verb::Reach { .. } | Verb::Remind { .. } | Verb::Ask { .. } => "said",
        Verb::Prompt(_) => "team",
        Verb::Leave { .. } => "care",
        _ => "wait",
    }
}

/// What of a page is about a step, as a part of its id.
pub(super) fn slug(name: &str) -> String {
    name.replace('/', "--")
}

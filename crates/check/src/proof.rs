//! The proof that what is urgent reaches a person on duty in time: at every minute of a usual week, when a clock
//! changes, and on holidays.

use crate::graph::{Graph, always, span};
use crate::roster::{Asked, Stretch, Walk};
use crate::{Checking, Told};
use model::Value;
use model::prompt::Outcome;
use model::time::MINUTE_MS;
use pathway::Scope;
use pathway::ast::{PromptStep, Step, StepIx, Verb};
use pathway::expr::Expr;

pub(crate) fn check(cx: &Checking<'_>, told: &mut Told) {
    for (ix, step) in cx.graph.steps() {
        match &step.verb {
            Verb::Prompt(prompt) if is_flag(prompt) => {
                in_time(cx, ix, step, prompt, told);
                again(cx, step, prompt, told);
                given_up(cx, ix, step, prompt, told);
            }
            Verb::Branch { .. } => unanswered(cx, ix, step, told),
            Verb::Call { service, .. } => unheard(cx, ix, step, service, told),
            _ => {}
        }
    }
}

/// Whether a prompt must be seen at once.
pub(crate) fn is_flag(prompt: &PromptStep) -> bool {
    prompt.urgent || prompt.person_within_ms.is_some()
}

/// The worst of what can become of a flag.
struct Worst<'a> {
    stretch: &'a Stretch,
    walk: Walk,
    late: usize,
    of: usize,
}

fn in_time(cx: &Checking<'_>, ix: StepIx, step: &Step, prompt: &PromptStep, told: &mut Told) {
    let within_ms = prompt.person_within_ms.unwrap_or(cx.given.urgent_within_ms);
    // A flag that is never reached is told of elsewhere. Waits are on the person's own clock, which is not the clinic's,
    // and a turn may come late, or after a halt: what is urgent is proved at every minute.
    if cx.graph.openings[usize::from(ix)].is_none() {
        return;
    }
    // What a service outside is waited for on the way is lost, whatever it says in the end.
    let lost_ms = cx.graph.lost_ms(ix);
    if lost_ms >= within_ms {
        let says =
            format!("`{}` may wait {} for a service: {} are promised", prompt.name, span(lost_ms), span(within_ms));
        let help = format!("ask a person first, or shorten `within`. The way there: {}", cx.graph.way_to(ix));
        told.tell("TL060", step.place, says, help);
        return;
    }
    if always(cx.given, &prompt.to) {
        return;
    }
    let within = usize::try_from((within_ms - lost_ms) / MINUTE_MS).unwrap_or(0);
    let worst = worst(cx, &Asked::of(prompt), within);
    let Some(worst) = worst else { return };
    let promised = span(within_ms);
    let waits = match worst.walk.reached {
        Some(at) => {
            let ms = i64::try_from(at - worst.walk.opened).unwrap_or(0) * MINUTE_MS + lost_ms;
            let service = if lost_ms > 0 { format!(" ({} of it for a service)", span(lost_ms)) } else { String::new() };
            format!("for {}{service}", span(ms))
        }
        None => "at all".into(),
    };
    let says = match worst.walk.reached {
        Some(_) => format!("`{}` may reach nobody on duty {waits}: {promised} are promised", prompt.name),
        None => format!("`{}` may reach nobody on duty {waits}", prompt.name),
    };
    let help = format!(
        "{} ({}; {} of {} minutes are like that). The way there: {}. Let `overdue` lead to a team that is there then, in time",
        story(cx, &worst),
        worst.stretch.what,
        worst.late,
        worst.of,
        cx.graph.way_to(ix)
    );
    told.tell("TL060", step.place, says, help);
}

/// The opening that waits longest, in the stretch that comes first; `None` when all are in time.
fn worst<'c>(cx: &Checking<'c>, asked: &Asked<'_>, within: usize) -> Option<Worst<'c>> {
    for stretch in &cx.roster.stretches {
        let (mut late, mut of) = (0, 0);
        let mut found: Option<Walk> = None;
        for opened in 0..stretch.opens {
            of += 1;
            let walk = stretch.walk(opened, asked);
            let waits = walk.reached.map_or(usize::MAX, |at| at - opened);
            if waits < within {
                continue;
            }
            late += 1;
            let longest = found.as_ref().map(|w| w.reached.map_or(usize::MAX, |at| at - w.opened));
            if longest.is_none_or(|longest| waits > longest) {
                found = Some(walk);
            }
        }
        if let Some(walk) = found {
            return Some(Worst { stretch, walk, late, of });
        }
    }
    None
}

/// `opened Saturday 02:00 → surgical_nurses off duty until Monday 08:00 → charge_nurse after 30 minutes → …`.
fn story(cx: &Checking<'_>, worst: &Worst<'_>) -> String {
    let words = |minute| cx.roster.words(worst.stretch, minute);
    let mut out = format!("opened {}", words(worst.walk.opened));
    for (since, holder, there) in &worst.walk.held {
        let after = i64::try_from(since - worst.walk.opened).unwrap_or(0) * MINUTE_MS;
        let who = if after == 0 { holder.clone() } else { format!("{holder} after {}", span(after)) };
        let when = match there {
            Some(there) if there == since => "on duty".into(),
            Some(there) => format!("off duty until {}", words(*there)),
            None => "nobody on duty in the days that follow".into(),
        };
        out.push_str(&format!(" → {who}: {when}"));
    }
    out
}

/// The next try of what is urgent is not counted in a team's hours: they may be over.
fn again(cx: &Checking<'_>, step: &Step, prompt: &PromptStep, told: &mut Told) {
    if prompt.attempts_max > 1 && prompt.again_after.team_hours && !always(cx.given, &prompt.to) {
        let says = format!("the next try of `{}` waits for the hours of {}", prompt.name, prompt.to);
        let help =
            format!("write `again` without team hours, as `again: {}`", span(prompt.again_after.ms.min(900_000)));
        told.tell("TL061", step.place, says, help);
    }
}

/// What a journey knows when a danger was asked for and nothing was answered: that the prompt was done.
struct Said<'a> {
    outcome: Outcome,
    of: Option<&'a str>,
}

impl Scope for Said<'_> {
    fn get(&self, path: &[String]) -> Value {
        let mine = self.of.is_none_or(|of| path.first().is_some_and(|p| p == of));
        match path.last().map(String::as_str) {
            Some("outcome") if mine && path.len() == 2 => Value::Text(self.outcome.name().into()),
            Some("reached") if mine && path.len() == 2 => Value::Bool(self.outcome.reached()),
            _ => Value::Unknown,
        }
    }
    fn items(&self, _: &[String]) -> Vec<String> {
        Vec::new()
    }
    fn bind(&self, _: &str, _: model::value::Kind, _: &str) -> Box<dyn Scope + '_> {
        Box::new(Said { outcome: self.outcome, of: self.of })
    }
}

/// The way that a branch takes, as the number of its way in the graph.
fn taken(arms: &[(Expr, pathway::ast::Goto)], scope: &dyn Scope) -> usize {
    for (n, (condition, _)) in arms.iter().enumerate() {
        match condition.eval(scope) {
            Value::Bool(true) => return n,
            Value::Bool(false) => {}
            _ => return arms.len(),
        }
    }
    arms.len() + 1
}

/// Whether somebody takes care of it at this step, or the pathway says that it ends.
fn someone(step: &Step) -> bool {
    matches!(step.verb, Verb::Prompt(_) | Verb::Leave { .. })
}

/// Whether the step asks somebody at once.
fn flagged(step: &Step) -> bool {
    matches!(&step.verb, Verb::Prompt(p) if is_flag(p))
}

/// The steps that a way leads to before anybody is asked or anything is waited for.
fn leads_to_flag(cx: &Checking<'_>, to: Option<StepIx>) -> Option<StepIx> {
    const STEPS_MAX: usize = 64;
    let mut at = to;
    for _ in 0..STEPS_MAX {
        let ix = at?;
        let step = cx.graph.step(ix);
        match &step.verb {
            _ if flagged(step) => return Some(ix),
            Verb::Note { .. } | Verb::Reach { success: None, .. } | Verb::EnrolIn { .. } => at = step.next,
            // Whatever the service says, and when it says nothing: only what both ways lead to is sure.
            Verb::Call { .. } => {
                let mut ways = cx.graph.ways_of(ix).iter().map(|w| w.to);
                let (first, second) = (ways.next().flatten(), ways.next().flatten());
                if first == second {
                    at = first;
                    continue;
                }
                return None;
            }
            _ => return None,
        }
    }
    None
}

/// The first flag that a way can come to before anybody is asked or anything is waited for, whatever decides there.
fn may_flag(cx: &Checking<'_>, to: Option<StepIx>) -> Option<StepIx> {
    first_flag(cx.graph, to)
}

/// The same in any pathway.
pub(crate) fn first_flag(graph: &Graph<'_>, to: Option<StepIx>) -> Option<StepIx> {
    let mut seen = std::collections::BTreeSet::new();
    let mut work: Vec<StepIx> = to.into_iter().collect();
    // Each step is looked at once.
    while let Some(ix) = work.pop() {
        let step = graph.step(ix);
        if flagged(step) {
            return Some(ix);
        }
        let at_once = matches!(
            step.verb,
            Verb::Note { .. }
                | Verb::Reach { success: None, .. }
                | Verb::EnrolIn { .. }
                | Verb::WithdrawFrom { .. }
                | Verb::Branch { .. }
                | Verb::Split { .. }
                | Verb::Call { .. }
                | Verb::Parallel { .. }
                | Verb::Include { .. }
                | Verb::Each { .. }
        );
        if at_once && seen.insert(ix) {
            work.extend(graph.ways_of(ix).iter().filter_map(|w| w.to));
        }
    }
    None
}

/// A danger that a service would tell of must not be taken as none because the service said nothing.
fn unheard(cx: &Checking<'_>, ix: StepIx, step: &Step, service: &str, told: &mut Told) {
    let ways = cx.graph.ways_of(ix);
    let (Some(answered), Some(failed)) = (ways.first(), ways.get(1)) else { return };
    if cx.graph.inner[usize::from(ix)] {
        return;
    }
    let Some(flag) = may_flag(cx, answered.to) else { return };
    if cx.graph.ends_silently(failed.to, &someone) {
        let says =
            format!("when `{service}` says nothing, nobody is asked, and `{}` may be needed", cx.graph.step(flag).name);
        let help = "`failed` ends in silence: no answer is not a no. Let it lead to a `prompt`";
        told.tell("TL062", step.place, says, help);
    }
}

/// A danger that was asked for and not answered must not be taken as none.
fn unanswered(cx: &Checking<'_>, ix: StepIx, step: &Step, told: &mut Told) {
    let Verb::Branch { arms, .. } = &step.verb else { return };
    if cx.graph.inner[usize::from(ix)] {
        return;
    }
    let ways = cx.graph.ways_of(ix);
    for (n, (condition, _)) in arms.iter().enumerate() {
        let Some(flag) = ways.get(n).and_then(|w| leads_to_flag(cx, w.to)) else { continue };
        if !asks_more(condition) {
            continue;
        }
        let way = &ways[taken(arms, &Said { outcome: Outcome::Done, of: None })];
        if leads_to_flag(cx, way.to).is_some() || !cx.graph.ends_silently(way.to, &someone) {
            continue;
        }
        let says = format!("when what leads to `{}` is not answered, nobody is asked", cx.graph.step(flag).name);
        let help =
            format!("`{}` ends in silence: a question left empty is not a no. Let it lead to a `prompt`", way.by);
        told.tell("TL062", step.place, says, help);
        return;
    }
}

/// Whether a condition names anything but the outcome of a prompt, which is known after it.
fn asks_more(condition: &Expr) -> bool {
    match condition {
        Expr::Literal(_) => false,
        Expr::Field(path) => !matches!(path.last().map(String::as_str), Some("outcome" | "reached")),
        Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) => asks_more(a) || asks_more(b),
        Expr::Not(a) | Expr::InCodes(a, _) | Expr::Known(a) => asks_more(a),
    }
}

/// What is urgent is not over because nobody answered the telephone.
fn given_up(cx: &Checking<'_>, ix: StepIx, step: &Step, prompt: &PromptStep, told: &mut Told) {
    // What comes after another flag is asked of who decides about it: somebody is the last.
    let last = cx.graph.steps().any(|(from, other)| from != ix && flagged(other) && cx.graph.leads(from, ix));
    if last || cx.graph.inner[usize::from(ix)] || prompt.until.is_some() {
        return;
    }
    let to = cx.graph.ways_of(ix).first().and_then(|w| w.to);
    if after_no_answer(cx, to, step).is_none() {
        let says = format!("when nobody answers, `{}` is given up", prompt.name);
        let help = "branch on its `reached == false`, and let that lead to a prompt of somebody who decides";
        told.tell("TL063", step.place, says, help);
    }
}

/// The prompt that a strand comes to when `of` ended without an answer; `None` when it ends in silence.
fn after_no_answer(cx: &Checking<'_>, to: Option<StepIx>, of: &Step) -> Option<StepIx> {
    let Verb::Prompt(prompt) = &of.verb else { return None };
    asked_after(cx, to, &Said { outcome: Outcome::NoAnswer, of: Some(&prompt.name) }, 0)
}

fn asked_after(cx: &Checking<'_>, to: Option<StepIx>, scope: &Said<'_>, calls: usize) -> Option<StepIx> {
    const STEPS_MAX: usize = 64;
    const CALLS_MAX: usize = 8;
    let mut at = to;
    for _ in 0..STEPS_MAX {
        let ix = at?;
        let step = cx.graph.step(ix);
        let ways = cx.graph.ways_of(ix);
        at = match &step.verb {
            Verb::Branch { arms, .. } => ways.get(taken(arms, scope)).and_then(|w| w.to),
            _ if someone(step) => return Some(ix),
            // Somebody must be asked whatever the service says, and when it says nothing.
            Verb::Call { .. } if calls < CALLS_MAX => {
                asked_after(cx, ways.first()?.to, scope, calls + 1)?;
                ways.get(1)?.to
            }
            Verb::Call { .. } => return None,
            Verb::WaitFor { .. } | Verb::Ask { .. } | Verb::Reach { success: Some(_), .. } => {
                ways.get(1).and_then(|w| w.to)
            }
            _ => ways.iter().find(|w| !w.body).and_then(|w| w.to),
        };
    }
    None
}

//! What each outcome of a prompt leads to, in words, before it is chosen.

use crate::tongue::Tongue;
use crate::words;
use model::prompt::{Lapse, Outcome, Prompt};
use pathway::Pathway;
use pathway::ast::{Goto, PromptStep, Step, Verb};

/// An outcome as a button says it.
pub(crate) fn label(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "Reached",
        Outcome::NoAnswer => "No answer",
        Outcome::Voicemail => "Left a voicemail",
        Outcome::WrongNumber => "Wrong number",
        Outcome::CallBack => "Call back at",
        Outcome::AlreadyHandled => "Already handled",
        Outcome::Declined => "Declined",
        Outcome::NotAppropriate => "Not appropriate",
    }
}

/// `4 h of the team's time`.
fn lapse(lapse: Lapse) -> String {
    let length = words::lapse(Tongue::En, lapse.ms);
    if lapse.team_hours { format!("{length} of the team's hours") } else { length }
}

fn step_of<'a>(pathway: &'a Pathway, name: &str) -> Option<(&'a Step, &'a PromptStep)> {
    pathway.steps.iter().find_map(|step| match &step.verb {
        Verb::Prompt(prompt) if prompt.name == name => Some((step, prompt.as_ref())),
        _ => None,
    })
}

/// Where a way of a branch leads, in words.
fn leads(pathway: &Pathway, to: Goto, branch: &Step) -> String {
    let step = match to {
        Goto::End => None,
        Goto::Next => branch.next.and_then(|ix| pathway.step(ix)),
        Goto::Step(ix) => pathway.step(ix),
    };
    match step {
        None => "its end, with nothing more to do".into(),
        Some(step) if step.track != branch.track => words::label(&step.track).to_lowercase(),
        Some(step) => words::label(step.name.rsplit('/').next().unwrap_or(&step.name)).to_lowercase(),
    }
}

/// What follows a step, in words.
fn after(pathway: &Pathway, step: &Step) -> String {
    let Some(next) = step.next.and_then(|ix| pathway.step(ix)) else {
        return "this part of the journey is done".into();
    };
    let name = next.name.rsplit('/').next().unwrap_or(&next.name);
    match &next.verb {
        Verb::Branch { arms, unknown, otherwise } => {
            let mut ways: Vec<String> = Vec::new();
            for to in arms.iter().map(|(_, to)| to).chain([unknown, otherwise]) {
                let way = leads(pathway, *to, next);
                if !ways.contains(&way) {
                    ways.push(way);
                }
            }
            format!("the journey reads the answers and goes to: {}", ways.join(", or "))
        }
        Verb::Leave { .. } => "the journey ends".into(),
        Verb::Wait { .. } | Verb::WaitFor { .. } => "the journey waits for what comes next".into(),
        _ => format!("the journey goes on with {}", words::label(name).to_lowercase()),
    }
}

/// What the journey does after this outcome of this prompt.
pub(crate) fn then(outcome: Outcome, prompt: &Prompt, pathway: Option<&Pathway>) -> String {
    let found = pathway.and_then(|p| step_of(p, &prompt.name).map(|(step, intent)| (p, step, intent)));
    let goes_on = found.map_or_else(|| "this is closed".to_owned(), |(p, step, _)| after(p, step));
    let left = prompt.attempts_max.saturating_sub(prompt.attempt);
    match outcome {
        Outcome::Done => goes_on,
        Outcome::NoAnswer | Outcome::Voicemail if left > 0 => {
            let wait = found.map_or_else(String::new, |(_, _, intent)| format!(" in {}", lapse(intent.again_after)));
            format!("asked again{wait}, attempt {} of {}", prompt.attempt + 1, prompt.attempts_max)
        }
        Outcome::NoAnswer | Outcome::Voicemail => format!("that was the last try: {goes_on}"),
        Outcome::WrongNumber => "the number is disabled everywhere at once, and another is looked for".into(),
        Outcome::CallBack => "asked again at the time below".into(),
        Outcome::AlreadyHandled => format!("closed as taken care of: {goes_on}"),
        Outcome::Declined => format!("closed as not wanted: {goes_on}"),
        Outcome::NotAppropriate => format!("closed with your reason: {goes_on}"),
    }
}

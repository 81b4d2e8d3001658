//! The facts that a pathway listens to: all that the engine looks at in a fact when it comes. A kind that is
//! not here changes nothing of a journey but through the record, which every turn looks at in its end.

use pathway::Pathway;
use pathway::ast::{Leave, Success, Verb};
use std::collections::BTreeSet;

/// What every journey with a prompt listens to: a step that is late asks one too.
const OUTCOME: &str = "prompt.completed";

/// The kinds of facts that a journey along this version does something about.
pub fn kinds(pathway: &Pathway) -> BTreeSet<String> {
    let mut kinds = BTreeSet::from([OUTCOME.to_owned()]);
    for leave in &pathway.leave {
        if let Leave::On(pattern) = leave {
            kinds.insert(pattern.kind.clone());
        }
    }
    kinds.extend(pathway.goals.iter().filter_map(|goal| Some(goal.on.as_ref()?.kind.clone())));
    for step in &pathway.steps {
        kinds.extend(said_back(&step.verb));
        let kind = match &step.verb {
            Verb::WaitFor { fact, .. } => Some(&fact.kind),
            // A concern that closes by a condition names no fact.
            Verb::Prompt(prompt) => prompt.until.as_ref().map(|pattern| &pattern.kind).filter(|kind| !kind.is_empty()),
            Verb::Each { again_on, .. } => again_on.as_ref(),
            // What makes a reach pointless is outreach's to hear.
            Verb::Reach { .. }
            | Verb::Wait { .. }
            | Verb::Branch { .. }
            | Verb::Repeat { .. }
            | Verb::Remind { .. }
            | Verb::Ask { .. }
            | Verb::Call { .. }
            | Verb::Split { .. }
            | Verb::Parallel { .. }
            | Verb::Include { .. }
            | Verb::EnrolIn { .. }
            | Verb::WithdrawFrom { .. }
            | Verb::Note { .. }
            | Verb::Leave { .. } => None,
        };
        kinds.extend(kind.cloned());
    }
    kinds
}

/// What a step that waits for the person listens to.
fn said_back(verb: &Verb) -> Vec<String> {
    let (kinds, until): (&[&str], _) = match verb {
        Verb::Call { .. } => (&[crate::calls::ANSWERED, crate::calls::FAILED], None),
        Verb::Ask { .. } => (&["answer.given", "answer.not_understood"], None),
        Verb::Reach { success: Some(success), until, .. } => {
            let kinds: &[&str] = match success {
                Success::Delivered | Success::Done => &["reach.ended"],
                Success::Read => &["reach.ended", "message.read", "call.heard", "call.ended"],
                Success::Answered => &["reach.ended", "reply.classified", "call.heard", "call.ended"],
            };
            (kinds, until.as_ref())
        }
        _ => (&[], None),
    };
    kinds.iter().map(|kind| (*kind).to_owned()).chain(until.map(|pattern| pattern.kind.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pathway_hears_what_its_steps_and_ends_name_and_outcomes() {
        let teams = ["surgical_nurses", "charge_nurse", "on_call_surgeon", "front_desk"].map(String::from);
        let library = pathway::shipped::shipped(&teams);
        let follow_up = library.pathways.iter().find(|p| p.name == "post-surgical-follow-up").expect("it ships");
        let heard = [
            "appointment.moved",
            "encounter.discharge_cancelled",
            "encounter.readmitted",
            "medication.picked_up",
            "medication.ready",
            "person.died",
            "prompt.completed",
        ];
        assert_eq!(kinds(follow_up), heard.map(String::from).into());
        let stop = library.pathways.iter().find(|p| p.name == "standing-stop").expect("it ships");
        assert!(!kinds(stop).contains("message.accepted"));
    }
}

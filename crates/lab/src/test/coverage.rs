//! Which steps of a pathway, and which ways on from them, the scenarios pass.

use super::expect::glob;
use super::play::Played;
use super::read::Equivalent;
use journey::Way;
use pathway::Pathway;
use pathway::ast::{Late, Place, Step, Verb};

/// What of a pathway was passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The pathway.
    pub pathway: String,
    /// Every way that should be passed: step, way, where the step stands, and whether it was.
    pub ways: Vec<(String, String, Place, bool)>,
}

impl Coverage {
    /// Of all that was played. What an `equivalent` names (`nurse_call/branch unknown`) is not asked for.
    pub fn of<'p>(
        pathway: &Pathway,
        played: impl Iterator<Item = &'p Played> + Clone,
        equivalent: &[&Equivalent],
    ) -> Self {
        let mut ways = Vec::new();
        for step in &pathway.steps {
            for way in wanted(step) {
                let what = format!("{} {way}", step.name);
                if equivalent.iter().any(|e| glob(&e.what, &what)) {
                    continue;
                }
                let passed = |p: &Played| match way.as_str() {
                    "visited" => {
                        p.stood.contains(&(pathway.version, step.name.clone()))
                            || p.passed.iter().any(|(v, s, _)| *v == pathway.version && *s == step.name)
                    }
                    _ => p.passed.contains(&(pathway.version, step.name.clone(), way.clone())),
                };
                let covered = played.clone().any(passed);
                ways.push((step.name.clone(), way, step.place, covered));
            }
        }
        Self { pathway: pathway.name.clone(), ways }
    }

    /// How much was passed, in percent, rounded down: 100 is all.
    pub fn percent(&self) -> usize {
        let passed = self.ways.iter().filter(|(_, _, _, passed)| *passed).count();
        (passed * 100).checked_div(self.ways.len()).unwrap_or(100)
    }

    /// What was not passed.
    pub fn missing(&self) -> impl Iterator<Item = &(String, String, Place, bool)> {
        self.ways.iter().filter(|(_, _, _, passed)| !passed)
    }
}

/// The ways on from a step, as they are counted.
fn wanted(step: &Step) -> Vec<String> {
    let mut ways: Vec<Way> = match &step.verb {
        Verb::Wait { late: Late::Skip | Late::Prompt, .. } => vec![Way::Next, Way::Late],
        Verb::WaitFor { .. } | Verb::Call { .. } => vec![Way::Found, Way::Missed],
        Verb::Prompt(prompt) if prompt.until.is_some() => vec![Way::Next, Way::Pointless],
        Verb::Branch { arms, .. } => {
            let arms = (1..=arms.len()).map(|n| Way::Arm(u16::try_from(n).unwrap_or(u16::MAX)));
            arms.chain([Way::Unknown, Way::Otherwise]).collect()
        }
        Verb::Repeat { .. } | Verb::Each { .. } => vec![Way::Body],
        Verb::Wait { .. } | Verb::Prompt(_) | Verb::Note { .. } | Verb::Leave { .. } => vec![Way::Next],
        Verb::Reach { success: None, .. } => vec![Way::Next],
        _ => return with_skip(step, vec!["visited".into()]),
    };
    ways.sort();
    with_skip(step, ways.into_iter().map(Way::name).collect())
}

fn with_skip(step: &Step, mut ways: Vec<String>) -> Vec<String> {
    // The condition of an `each` is about its items, and is not counted.
    if step.skip_when.is_some() && !matches!(step.verb, Verb::Each { .. }) {
        ways.push(Way::Skipped.name());
    }
    ways
}

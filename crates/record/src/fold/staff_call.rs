//! How far the calls have come that the hub connects for staff. It is kept in [`Fold::said`], for what is stored of a
//! record has its shape for ever: `staff_call {stage} {message}` when it came so far, one for each call.

use crate::known::Fold;
use model::At;

const SAID: &str = "staff_call ";
/// Calls that are remembered: what is told of one comes within an hour or two.
const CALLS_MAX: usize = 32;

/// How far a call has come, by how much that says of it: what says less than what is known is told no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The person's telephone was not rung. It is not remembered: whatever else is told of such a call says more.
    NotRung,
    /// Staff took it, and the person's telephone is rung.
    Taken,
    /// Its longest time is over, and nobody has said what became of it.
    Unknown,
    /// The person did not answer.
    Vain,
    /// The telephones were connected.
    Connected,
}

impl Stage {
    const KEPT: [Self; 4] = [Self::Taken, Self::Unknown, Self::Vain, Self::Connected];

    fn name(self) -> &'static str {
        match self {
            Self::NotRung => "not_rung",
            Self::Taken => "taken",
            Self::Unknown => "unknown",
            Self::Vain => "vain",
            Self::Connected => "connected",
        }
    }

    /// What an outcome of `staff_call.ended` says.
    pub fn of_outcome(outcome: &str) -> Self {
        match outcome {
            "connected" => Self::Connected,
            "not_taken" | "too_late" => Self::NotRung,
            "unknown" => Self::Unknown,
            _ => Self::Vain,
        }
    }

    fn key(self, message: &str) -> String {
        format!("{SAID}{} {message}", self.name())
    }
}

/// How far a call has come, where anything is known of it.
pub fn stage(fold: &Fold, message: &str) -> Option<Stage> {
    Stage::KEPT.into_iter().rev().find(|stage| fold.said.contains_key(&stage.key(message)))
}

/// A call has come so far; it never goes back.
pub fn came(fold: &mut Fold, message: &str, to: Stage, at: At) {
    let known = stage(fold, message);
    if to == Stage::NotRung || known >= Some(to) {
        return;
    }
    if let Some(known) = known {
        fold.said.remove(&known.key(message));
    }
    fold.said.insert(to.key(message), at);
    super::push::bound(fold, SAID, CALLS_MAX);
}

/// Calls that were taken and of which no end was told, with when they were taken.
pub fn taken(fold: &Fold) -> impl Iterator<Item = (&str, At)> {
    fold.said.iter().filter_map(|(key, at)| Some((of_taken(key)?, *at)))
}

/// The call that a key says was taken.
fn of_taken(key: &str) -> Option<&str> {
    key.strip_prefix(SAID)?.strip_prefix(Stage::Taken.name())?.strip_prefix(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_never_goes_back_and_only_the_newest_are_remembered() {
        let mut fold = Fold::default();
        came(&mut fold, "a", Stage::NotRung, At(1));
        assert_eq!((stage(&fold, "a"), fold.said.len()), (None, 0));
        came(&mut fold, "a", Stage::Taken, At(2));
        assert_eq!(taken(&fold).collect::<Vec<_>>(), [("a", At(2))]);
        came(&mut fold, "a", Stage::Connected, At(3));
        for late in [Stage::Taken, Stage::Unknown, Stage::Vain] {
            came(&mut fold, "a", late, At(4));
        }
        assert_eq!((stage(&fold, "a"), taken(&fold).count()), (Some(Stage::Connected), 0));
        for n in 0..2 * CALLS_MAX as i64 {
            came(&mut fold, &format!("n{n}"), Stage::Taken, At(10 + n));
        }
        assert_eq!((fold.said.len(), stage(&fold, "a")), (CALLS_MAX, None));
    }

    #[test]
    fn every_outcome_has_its_stage() {
        for (outcome, stage) in [
            ("connected", Stage::Connected),
            ("busy", Stage::Vain),
            ("no_answer", Stage::Vain),
            ("unknown", Stage::Unknown),
            ("not_taken", Stage::NotRung),
            ("too_late", Stage::NotRung),
        ] {
            assert_eq!(Stage::of_outcome(outcome), stage, "{outcome}");
        }
        assert!(Stage::NotRung < Stage::Taken && Stage::Unknown < Stage::Vain && Stage::Vain < Stage::Connected);
    }
}

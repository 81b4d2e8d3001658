//! Why an order may not stand, in the reader's language: every reason that the hub has (`hub::Refusal`).

use crate::tongue::{Tongue, say};
use hub::Refusal;

/// A refusal in words.
pub(crate) fn refused(t: Tongue, why: &Refusal) -> String {
    match why {
        Refusal::Reason(n) => say!(t, "change-refused-reason", n = *n),
        Refusal::NoPathway => say!(t, "change-refused-no-pathway"),
        Refusal::NoVersion => say!(t, "change-refused-no-version"),
        Refusal::NoVersions => say!(t, "change-refused-no-versions"),
        Refusal::Standing => say!(t, "change-refused-standing"),
        Refusal::HaltedAlready => say!(t, "change-refused-halted-already"),
        Refusal::NotHalted => say!(t, "change-refused-not-halted"),
        Refusal::MoreThanWords(parts) => {
            let named = |part: &&str| t.pick("change-differs", part).unwrap_or_else(|| (*part).to_owned());
            let what: Vec<String> = parts.iter().map(named).collect();
            say!(t, "change-refused-more-than-words", what = what.join(", "))
        }
        Refusal::Step { step, why } => {
            let why = t.pick("change-unmapped", why.name()).unwrap_or_default();
            say!(t, "change-refused-step", step = step, why = why)
        }
        Refusal::Moving => say!(t, "change-refused-moving"),
        Refusal::InForceAlready => say!(t, "change-refused-in-force"),
        Refusal::NotInShadow => say!(t, "change-refused-not-in-shadow"),
        Refusal::OtherInShadow => say!(t, "change-refused-other-in-shadow"),
        Refusal::Shadows(n) => say!(t, "change-refused-shadows", n = *n),
        Refusal::NoService(name) => say!(t, "change-refused-no-service", name = name),
        Refusal::HubAlone => say!(t, "change-refused-hub-alone"),
        Refusal::Unreadable => say!(t, "change-refused-unreadable"),
        Refusal::Versions(n) => say!(t, "change-refused-versions", n = *n),
        Refusal::Unordered(n) => say!(t, "change-refused-unordered", n = *n),
    }
}

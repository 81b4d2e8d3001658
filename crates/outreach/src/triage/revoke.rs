//! Which kind of message a STOP is about, when it is about one: "stop texts about appointments".
//!
//! Where it is not certain, everything is meant: whoever is written to less than they asked for is not harmed by law.

use super::tokens;
use crate::Rules;
use model::Purpose;

/// The one purpose that the words of a STOP end; `None` when they end everything.
pub fn revoked_kind(text: &str, rules: &Rules) -> Option<Purpose> {
    let words = tokens(text, &rules.triage);
    let law = &rules.law.revocation;
    let says = |patterns: &[super::pattern::Pattern]| patterns.iter().any(|p| p.is_in(&words));
    if says(&law.everything) || !says(&law.about) {
        return None;
    }
    let mut kinds = law.kinds.iter().filter(|(_, patterns)| says(patterns));
    let one = kinds.next()?;
    kinds.next().is_none().then_some(one.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, classify};

    #[test]
    fn one_kind_is_ended_only_where_it_is_named_alone() {
        let rules = Rules::shipped();
        for (text, kind) in [
            ("Stop texts about appointments", Some(Purpose::Reminder)),
            ("please stop texting me about my appointment", Some(Purpose::Reminder)),
            ("no more texts about surveys", Some(Purpose::Survey)),
            ("dejen de mandarme mensajes sobre citas", Some(Purpose::Reminder)),
            ("no me manden mensajes sobre encuestas", Some(Purpose::Survey)),
            ("STOP", None),
            ("stop all texts about appointments", None),
            ("stop texting me about anything", None),
            ("stop texting me about appointments and surveys", None),
            ("stop texting me", None),
            ("ya no me manden nada", None),
        ] {
            assert_eq!(classify(text, &rules), Class::Stop, "{text}");
            assert_eq!(revoked_kind(text, &rules), kind, "{text}");
        }
    }
}

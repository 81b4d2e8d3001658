//! Reads `rules/delivery.yaml`: what is done about a message of which nobody can find out whether it left.

use super::yaml::{Node, Result};
use model::Purpose;

/// The longest words that say that something may be said twice, in characters: they stand before others in a text.
const AGAIN_MAX: usize = 60;

/// What may be said twice, and how that is said.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Delivery {
    /// Purposes whose messages are said once more, rather than perhaps not at all.
    pub at_least_once: Vec<Purpose>,
    /// By language: the words before those that may be said for the second time.
    pub again: Vec<(String, String)>,
}

pub(super) fn read(node: &Node) -> Result<Delivery> {
    node.only(&["citation", "at_least_once", "again"])?;
    node.need("citation")?.text()?;
    let mut at_least_once = Vec::new();
    for (name, key, reason) in node.need("at_least_once")?.entries()? {
        let Some(purpose) = Purpose::named(name) else {
            return key.wrong(format_args!("`{name}` is no purpose"));
        };
        if reason.text()?.trim().is_empty() {
            return reason.wrong("the reason is expected here");
        }
        at_least_once.push(purpose);
    }
    let mut again = Vec::new();
    for (language, _, words) in node.need("again")?.entries()? {
        let text = words.text()?.trim();
        if text.is_empty() || text.chars().count() > AGAIN_MAX {
            return words.wrong(format_args!("words of 1 to {AGAIN_MAX} characters are expected here"));
        }
        again.push((language.to_owned(), text.to_owned()));
    }
    Ok(Delivery { at_least_once, again })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::Rules;
    use super::*;

    #[test]
    fn care_is_said_again_and_the_rest_is_not() {
        let rules = Rules::shipped();
        let again = |p: &&Purpose| rules.said_again(**p, "en").is_some();
        assert_eq!(Purpose::ALL.iter().filter(again).copied().collect::<Vec<_>>(), [Purpose::Care]);
        assert_eq!(rules.said_again(Purpose::Care, "es-MX"), Some("Es posible que ya le hayamos enviado esto."));
        assert_eq!(rules.said_again(Purpose::Care, "pl"), None, "what cannot be labelled is not said again");
    }

    #[test]
    fn a_mistake_names_its_place() {
        let told = |text: &str| Node::read("rules/delivery.yaml", text).and_then(|node| read(&node));
        let with = |once: &str, again: &str| told(&format!("citation: x\nat_least_once: {once}\nagain: {again}"));
        assert_eq!(with("{}", "{}"), Ok(Delivery::default()));
        assert!(with("{ car: y }", "{}").unwrap_err().starts_with("rules/delivery.yaml:2:18: `car` is no purpose"));
        assert!(with("{ care: '' }", "{}").unwrap_err().contains("the reason"));
        assert!(with("{}", "{ en: '' }").unwrap_err().contains("1 to 60"));
        assert!(with("{}", &format!("{{ en: {} }}", "x".repeat(61))).unwrap_err().contains("1 to 60"));
        assert!(told("at_least_once: {}\nagain: {}").is_err(), "a rule without its reason is none");
    }
}

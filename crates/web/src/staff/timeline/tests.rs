//! Every kind and every reason has words in both languages; facts are told in them.

use super::*;
use serde_json::json;
use std::path::Path;

#[test]
fn every_kind_that_the_hub_says_has_words_in_both_languages() {
    for name in pathway::kinds::FACT_KINDS {
        let words: Vec<Option<String>> = Tongue::ALL.iter().map(|t| kind(*t, name)).collect();
        assert!(words.iter().all(Option::is_some), "{name}");
        assert_ne!(words[0], words[1], "{name}");
    }
    assert_eq!(kind(Tongue::En, "labs.arrived"), None, "a hospital's own topic is shown by its name");
}

/// The kinds in the tables of `docs/facts.md`.
#[test]
fn every_kind_of_the_documented_facts_has_words() {
    let text = include_str!("../../../../../docs/facts.md");
    let rows = text.lines().filter(|l| l.starts_with("| `"));
    let cells = rows.filter_map(|l| l.split('|').nth(1));
    let kinds: Vec<&str> = cells.flat_map(|c| c.split('`').skip(1).step_by(2)).collect();
    assert!(kinds.len() > 40, "{}", kinds.len());
    for name in kinds {
        assert!(kind(Tongue::Es, name).is_some(), "{name}");
    }
}

/// The codes that journeys note are read from their source: none may be without words.
#[test]
fn every_note_of_a_journey_has_words_in_both_languages() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../journey/src");
    let mut codes = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the sources are here") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a source reads");
        let noted = text.split("note(\"").skip(1).filter_map(|rest| rest.split('"').next());
        codes.extend(noted.map(str::to_owned));
    }
    assert!(codes.len() > 20, "{codes:?}");
    for code in codes {
        for t in Tongue::ALL {
            assert!(t.pick("timeline-trace", &code.replace([':', '_'], "-")).is_some(), "{code}");
        }
    }
}

#[test]
fn reasons_and_values_are_said_in_the_readers_language() {
    let (en, es) = (Tongue::En, Tongue::Es);
    assert_eq!(reason(en, "after 14 days").as_deref(), Some("its time of 14 days was over"));
    assert_eq!(reason(es, "medication.picked_up").as_deref(), Some("Medicamento recogido"));
    assert_eq!(reason(es, "outcome corrected").as_deref(), Some("se corrigió el resultado"));
    assert_eq!(reason(es, "something else"), None);
    assert_eq!(value_words(es, "language", &["en".into()]), "inglés");
    assert_eq!(value_words(en, "birth_date", &["1984-03-09".into()]), "9 Mar 1984");
    assert_eq!(value_words(en, "contact +1", &["mobile".into(), "Maria".into()]), "mobile, Maria");
    assert_eq!(value_words(es, "pronouns", &[String::new()]), "nada");
    let body = json!({"how": "delivered"});
    assert_eq!(model::fact::Topic::of("reach.ended", &body), model::fact::Topic::Quiet);
}

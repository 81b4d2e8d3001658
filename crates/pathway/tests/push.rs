//! What a pathway may say by `push`, and what not.

use throughline_pathway as pathway;

use pathway::CodeSets;

fn codes(words: &str, more: &str) -> Vec<&'static str> {
    let text = format!(
        "pathway: reminded\nlanguage: 1\ntitle: A message\nowner: surgery\nfallback_team: nurses\nspeaks: [en]\n\
         enrol: {{ on: encounter.discharged, once_per: encounter }}\nleave: [{{ after: 14 days }}]\ntracks:\n  main:\n    \
         - reach: look\n      purpose: reminder\n      by: [push]\n      valid: 6 hours\nwords:\n  look:\n    en: {{ push: \"{words}\" }}\n{more}"
    );
    match pathway::read("test.yaml", &text, &CodeSets::default(), &["nurses".into()]) {
        Ok(_) => Vec::new(),
        Err(findings) => findings.iter().map(|f| f.code).collect(),
    }
}

#[test]
fn a_notification_carries_what_a_locked_screen_may_show() {
    assert_eq!(codes("Hello {{ person.first_name }}, please open your page.", ""), [""; 0]);
    for field in ["person.name", "person.today_link", "encounter.procedure"] {
        assert!(codes(&format!("About {{{{ {field} }}}}"), "").contains(&"TL023"), "{field}");
    }
    assert!(codes("Hello", "discloses: { push: health }\n").contains(&"TL023"), "whatever was agreed to");
}

//! Any text at all is read without a panic, and every finding points into the file.

use proptest::prelude::*;
use throughline_pathway::finding::{FINDINGS_MAX, render_finding};
use throughline_pathway::{CodeSets, Finding, condition, read, template, times};

const SHIPPED: &str = include_str!("../../../pathways/post-surgical-follow-up.yaml");

/// Reads a text and checks what is told of it.
fn try_one(text: &str) -> Result<(), TestCaseError> {
    let findings: Vec<Finding> = match read("any.yaml", text, &CodeSets::default(), &["front_desk".into()]) {
        Ok((_, warnings)) => warnings,
        Err(errors) => {
            prop_assert!(!errors.is_empty(), "refused without a word");
            errors
        }
    };
    prop_assert!(findings.len() <= FINDINGS_MAX);
    let lines: Vec<&str> = text.split('\n').collect();
    for f in &findings {
        let line = lines.get(f.place.line as usize - 1);
        prop_assert!(line.is_some_and(|l| f.place.column as usize <= l.chars().count() + 1), "{f:?} is outside");
        prop_assert!(f.place.length >= 1);
        prop_assert!(render_finding(f, text).contains('^'));
    }
    let _ = CodeSets::read(&[("codes.yaml".into(), text.into())]);
    Ok(())
}

/// Lines of a real pathway, some left out, doubled, moved or changed.
fn mangled() -> impl Strategy<Value = String> {
    let lines: Vec<&'static str> = SHIPPED.lines().collect();
    let many = lines.len();
    let change = (0..many, 0..many, 0..6u8, "[ a-z:{}\\[\\]'\"|>#&*!%@`,.?-]{0,6}");
    prop::collection::vec(change, 1..6).prop_map(move |changes| {
        let mut lines: Vec<String> = lines.iter().map(|l| (*l).to_string()).collect();
        for (a, b, how, bit) in changes {
            let (a, b) = (a % lines.len(), b % lines.len());
            match how {
                0 => drop(lines.remove(a)),
                1 => lines.insert(a, lines[b].clone()),
                2 => lines.swap(a, b),
                3 => lines[a].push_str(&bit),
                4 => lines[a] = format!("{bit}{}", lines[a]),
                _ => lines[a] = lines[a].chars().filter(|c| !bit.contains(*c)).collect(),
            }
        }
        lines.join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        try_one(&text)?;
    }

    #[test]
    fn any_signs(text in "[ \na-c:\\-{}\\[\\]'\"|>#&*!%@`,.?~\t\r\u{e9}\u{1f600}]{0,200}") {
        try_one(&text)?;
    }

    #[test]
    fn a_real_pathway_with_mistakes(text in mangled()) {
        try_one(&text)?;
    }

    #[test]
    fn any_condition_words_and_times(text in "[ a-c0-9.()'\"<>=!&|\u{e9}{}]{0,80}|(a\\.b|not|and|or|is|in|known|codes|[(]|[)]| ){0,60}") {
        if let Err(e) = condition::read(&text) {
            prop_assert!(e.stretch.at <= text.chars().count());
        }
        let (parts, fields, _) = template::split(&text);
        prop_assert!(fields.len() <= parts.len());
        let _ = (times::when(&text), times::lapse(&text), times::clock(&text));
    }
}

#[test]
fn a_condition_of_any_length_stays_within_its_bounds() {
    let parens = "(".repeat(1_900);
    let nots = "not ".repeat(190) + "a.b";
    let ors = vec!["a.b"; 45].join(" or ");
    assert!(condition::read(&parens).is_err());
    assert!(condition::read(&nots).is_err());
    assert!(condition::read(&ors).is_ok());
    assert!(condition::read(&"a".repeat(100_000)).is_err());
}

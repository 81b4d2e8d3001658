//! What depends on where a step stands: which names have a value, which branches may be unknown,
//! which loops wait; and that places are exact however a text is quoted.
#![expect(clippy::unwrap_used, reason = "tests")]

use throughline_pathway::{CodeSets, Finding, read, read_dir_texts};

const GOOD: &str = include_str!("findings/good.yaml");
const CODES: &str =
    "codes: tendon_repair\ntitle: Repair\nowner: surgery\nincludes:\n  - code: urn:sample|tendon-repair\n";

/// What is told of the good file with one change.
fn told(good: &str, bad: &str) -> Vec<Finding> {
    assert!(GOOD.contains(good), "{good}");
    let teams = ["nurses", "surgeon"].map(String::from);
    let codes = CodeSets::read(&[("codes.yaml".into(), CODES.into())]).unwrap().0;
    match read("sample.yaml", &GOOD.replacen(good, bad, 1), &codes, &teams) {
        Ok((_, warnings)) => warnings,
        Err(findings) => findings,
    }
}

fn codes_of(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|f| f.code).collect()
}

const BRANCH: &str =
    "        - if: check.pain >= 8 or check.wound == 'open'\n          then: tell_surgeon\n      unknown: end\n";

fn branch(condition: &str) -> Vec<Finding> {
    told(BRANCH, &format!("        - if: {condition}\n          then: tell_surgeon\n"))
}

#[test]
fn only_conditions_that_may_be_unknown_must_be_answered_for() {
    let sure = [
        "check.reached == false",
        "check.outcome == 'declined' or not check.reached",
        "check.pain is known and check.pain >= 8",
        "check.pain is unknown or check.pain >= 8",
        "not (check.pain is unknown) and not (check.pain < 8)",
        "true or check.pain >= 8",
    ];
    for condition in sure {
        assert_eq!(branch(condition), [], "{condition}");
    }
    let unsure = [
        "check.pain >= 8",
        "check.reached and check.pain >= 8",
        "check.wound is known and check.pain >= 8",
        "check.pain is known or check.pain >= 8",
        "person.deaf",
    ];
    for condition in unsure {
        assert_eq!(codes_of(&branch(condition)), ["TL022"], "{condition}");
    }
}

#[test]
fn a_prompt_that_may_be_left_out_may_be_unanswered() {
    let teams = ["nurses", "surgeon"].map(String::from);
    let codes = CodeSets::read(&[("codes.yaml".into(), CODES.into())]).unwrap().0;
    let text = |more: &str| {
        let title = "      do: \"Call {{ person.name }}\"\n";
        let arm = "        - if: check.reached\n          then: tell_surgeon\n";
        GOOD.replacen(title, &format!("{title}{more}\n"), 1).replacen(BRANCH, arm, 1)
    };
    let left_out = text("      skip_when: person.deaf");
    assert_eq!(codes_of(&read("sample.yaml", &left_out, &codes, &teams).unwrap_err()), ["TL022"]);
    // What makes a prompt pointless ends the strand: nobody comes to the branch.
    assert!(read("sample.yaml", &text("      until: person.died"), &codes, &teams).is_ok());
}

#[test]
fn a_variable_must_be_bound_on_every_way() {
    // `ask` speaks of rx; a way from the call, where there is none, must not lead there.
    let findings = told("          then: tell_surgeon", "          then: ask");
    let of_rx: Vec<&Finding> = findings.iter().filter(|f| f.says.contains("`rx` stands for nothing here")).collect();
    assert_eq!(of_rx.len(), 3, "{findings:?}");
    let findings = told("          missed: ask", "          missed: tell_surgeon");
    assert!(findings.iter().any(|f| f.says.contains("`check` is not answered yet")), "{findings:?}");
}

#[test]
fn a_loop_must_wait_for_something_that_comes() {
    let again = |wait: &str| {
        let steps = format!(
            "          missed: again\n        - {wait}\n          name: again\n        - branch:\n            - if: rx.ready\n              then: again\n          unknown: next\n          else: ask"
        );
        codes_of(&told("          missed: ask", &steps))
    };
    assert_eq!(again("wait: 1 hour"), [""; 0]);
    assert_eq!(again("wait: next day at 09:00"), [""; 0]);
    assert_eq!(again("wait: day 1 at 09:00"), ["TL019"], "day 1 may be over: it would turn without end");
    assert_eq!(again("note: Again"), ["TL019"]);
}

#[test]
fn places_are_exact_however_a_text_is_written() {
    let title = "      do: \"Call {{ person.name }}\"";
    let cases = [
        ("      do: \"Zo\u{eb} \u{1f600} {{ person.nam }}\"", (25, 21, 10)),
        ("      do: 'it''s {{ person.nam }}'", (25, 21, 10)),
        ("      do: \"tab\\t {{ person.nam }}\"", (25, 21, 10)),
        ("      do: Call {{ person.nam }}", (25, 19, 10)),
        ("      do: >-\n        Call\n        {{ person.nam }}", (27, 12, 10)),
        ("      do: |\n        Call {{ person.name }}\n        or {{ person.nam }}", (27, 15, 10)),
    ];
    for (bad, (line, column, length)) in cases {
        let findings = told(title, bad);
        let [f] = findings.as_slice() else { panic!("{bad}: {findings:?}") };
        assert_eq!(f.code, "TL007", "{bad}");
        assert_eq!((f.place.line, f.place.column, f.place.length), (line, column, length), "{bad}");
        assert_eq!(f.help.as_deref(), Some("did you mean `person.name`?"));
    }
    let windows = GOOD.replace('\n', "\r\n");
    let codes = CodeSets::read(&[("codes.yaml".into(), CODES.into())]).unwrap().0;
    assert!(read("sample.yaml", &windows, &codes, &["nurses", "surgeon"].map(String::from)).is_ok());
}

#[test]
fn one_bad_file_takes_nothing_but_itself() {
    let teams = ["nurses", "surgeon"].map(String::from);
    let files = [
        ("p/codes/a.yaml".to_string(), CODES.to_string()),
        ("p/one.yaml".to_string(), GOOD.to_string()),
        ("p/two.yaml".to_string(), GOOD.replace("pathway: sample", "pathway: other").replace("5 days", "5 dayz")),
        ("p/three.yaml".to_string(), GOOD.to_string()),
    ];
    let library = read_dir_texts(&files, &teams);
    assert_eq!(library.pathways.len(), 1);
    let told: Vec<(&str, &str)> = library.findings.iter().map(|f| (f.code, f.file.as_str())).collect();
    assert_eq!(told, [("TL017", "p/two.yaml"), ("TL006", "p/three.yaml")]);
    let broken = [(files[0].0.clone(), CODES.replace("urn:sample|", "")), files[1].clone()];
    let library = read_dir_texts(&broken, &teams);
    assert_eq!(codes_of(&library.findings), ["TL026"], "the pathway is not blamed for its code set");
}

#[test]
fn the_version_is_the_text() {
    let teams = ["nurses", "surgeon"].map(String::from);
    let codes = CodeSets::read(&[("codes.yaml".into(), CODES.into())]).unwrap().0;
    let version = |text: &str| read("sample.yaml", text, &codes, &teams).unwrap().0.version;
    assert_eq!(version(GOOD), version(GOOD));
    assert_ne!(version(GOOD), version(&format!("{GOOD}\n# a comment\n")));
}

#[test]
fn names_that_mean_something_already_cannot_be_taken() {
    assert_eq!(codes_of(&told("      as: rx\n", "      as: person\n"))[0], "TL006");
    let findings = told("    - prompt: check\n", "    - prompt: known\n");
    assert!(findings.iter().any(|f| f.code == "TL006"), "{findings:?}");
}

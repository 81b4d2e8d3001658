//! Steps that lead several ways or inside of something: how they are read, and what is known after them.
#![expect(clippy::unwrap_used, reason = "tests")]

use throughline_pathway::ast::{Goto, Join, Rhythm, Verb, When};
use throughline_pathway::{CodeSets, Finding, Pathway, read};

const GOOD: &str = include_str!("findings/good.yaml");
const CODES: &str =
    "codes: tendon_repair\ntitle: Repair\nowner: surgery\nincludes:\n  - code: urn:sample|tendon-repair\n";

/// The good file with one more track, and one more sub-pathway.
fn with(track: &str, sub: &str) -> Result<(Pathway, Vec<Finding>), Vec<Finding>> {
    let teams = ["nurses", "surgeon"].map(String::from);
    let codes = CodeSets::read(&[("codes.yaml".into(), CODES.into())]).unwrap().0;
    let text = GOOD.replacen("sub_pathways:\n", &format!("  more:\n{track}\nsub_pathways:\n\n{sub}\n"), 1);
    read("sample.yaml", &text, &codes, &teams)
}

fn good(track: &str, sub: &str) -> Pathway {
    match with(track, sub) {
        Ok((pathway, warnings)) => {
            assert_eq!(warnings, [], "{track}");
            pathway
        }
        Err(findings) => panic!("{track}\n{findings:?}"),
    }
}

fn told(track: &str, sub: &str) -> Vec<(&'static str, String)> {
    let findings = with(track, sub).err().unwrap_or_default();
    findings.into_iter().map(|f| (f.code, f.says)).collect()
}

fn step<'p>(pathway: &'p Pathway, name: &str) -> &'p Verb {
    &pathway.steps.iter().find(|s| s.name == name).unwrap().verb
}

fn ask(name: &str, more: &str) -> String {
    let at = "          ";
    format!(
        "{at}- prompt: {name}\n{at}  to: nurses\n{at}  do: Ask\n{at}  why: To know.\n{at}  due: 30 minutes\n{at}  form: how_are_you\n{more}"
    )
}

const USE: &str = "    - branch:\n        - if: one.pain is known and one.pain >= 8\n          then: end\n";

#[test]
fn a_split_is_read_with_its_weights_and_its_share() {
    let track = "    - split: texts_or_calls\n      hold_out: 2.5%\n      held_out: end\n      arms:\n        - texts: 75\n          then: next\n        - calls: 25\n          then: later\n    - note: Texts\n    - note: Calls\n      name: later\n";
    let pathway = good(track, "");
    let Verb::Split { experiment, metric, hold_out, arms } = step(&pathway, "more/texts_or_calls") else { panic!() };
    assert_eq!((experiment.as_str(), metric, hold_out), ("texts_or_calls", &None, &Some((25, Goto::End))));
    let last = u16::try_from(pathway.steps.iter().position(|s| s.name == "more/later").unwrap()).unwrap();
    let arms: Vec<_> = arms.iter().map(|a| (a.name.as_str(), a.weight, a.to)).collect();
    assert_eq!(arms, [("texts", 75, Goto::Next), ("calls", 25, Goto::Step(last))]);
}

#[test]
fn a_split_must_name_a_goal_and_say_where_who_is_held_out_goes() {
    let split = |more: &str| {
        let track = format!(
            "    - split: a_or_b\n{more}      arms:\n        - a: 1\n          then: next\n        - b: 1\n          then: end\n    - note: A\n"
        );
        told(&track, "").into_iter().map(|(code, _)| code).collect::<Vec<_>>()
    };
    assert_eq!(split(""), [""; 0]);
    assert_eq!(split("      hold_out: 10%\n"), ["TL005"]);
    assert_eq!(split("      held_out: end\n"), ["TL030"]);
    assert!(split("      metric: healed\n").contains(&"TL031"));
}

#[test]
fn waits_and_rhythms_are_read() {
    let track = "    - wait: next monday at 09:00\n    - wait: in 2 working days at 09:00\n    - wait: within 2 hours\n    - wait: between 09:00 and 11:00\n    - wait: 2 hours after encounter.discharged_at\n    - repeat: mondays and thursdays at 08:00\n      days: 1 to 14\n      until: person.inpatient\n      steps:\n        - note: Hello\n";
    let pathway = good(track, "");
    let waits: Vec<&When> = pathway
        .steps
        .iter()
        .filter(|s| s.track == "more")
        .filter_map(|s| match &s.verb {
            Verb::Wait { until, .. } => Some(until),
            _ => None,
        })
        .collect();
    assert_eq!(waits[0], &When::Weekday { weekday: 0, at: 540 });
    assert_eq!(waits[4], &When::Offset { ms: 7_200_000, field: vec!["encounter".into(), "discharged_at".into()] });
    let Verb::Repeat { rhythm, at, until, .. } = step(&pathway, "more/repeat") else { panic!() };
    assert_eq!((*rhythm, *at, until.is_some()), (Rhythm::Weekdays(0b1001), 480, true));
    let unknown = told(&track.replace("discharged_at", "left_at"), "");
    assert_eq!(unknown[0].0, "TL007", "{unknown:?}");
}

#[test]
fn answers_are_known_after_strands_that_must_all_have_ended() {
    let both = |join: &str| {
        format!(
            "    - parallel:\n        a:\n{}        b:\n          - wait: 2 hours\n      join: {join}\n{USE}",
            ask("one", "")
        )
    };
    let pathway = good(&both("all"), "");
    let Verb::Parallel { strands, join } = step(&pathway, "more/parallel") else { panic!() };
    assert_eq!((strands.len(), *join), (2, Join::All));
    for join in ["any", "1", "2"] {
        let told = told(&both(join), "");
        assert!(told.iter().any(|(_, says)| says.contains("`one` is not answered yet")), "{join}: {told:?}");
    }
    // A way past the question within its strand: nothing is sure.
    let past = both("all").replace(
        "        a:\n",
        "        a:\n          - branch:\n              - if: person.deaf is known and person.deaf\n                then: end\n",
    );
    assert!(told(&past, "").iter().any(|(_, says)| says.contains("`one` is not answered yet")));
    // Strands do not know each other's answers.
    let beside = both("all").replace("          - wait: 2 hours\n", "          - note: \"{{ one.pain }}\"\n");
    assert!(told(&beside, "").iter().any(|(_, says)| says.contains("`one` is not answered yet")));
}

#[test]
fn a_question_inside_that_may_be_pointless_may_be_unanswered() {
    let track = |more: &str| {
        format!(
            "    - parallel:\n        a:\n{}        b:\n          - wait: 2 hours\n    - branch:\n        - if: one.reached\n          then: end\n",
            ask("one", more)
        )
    };
    assert_eq!(told(&track(""), ""), []);
    assert_eq!(told(&track("            until: person.died\n"), "")[0].0, "TL022");
}

const SUB: &str = "  look:\n    - wait_for: drug.ready\n      deadline: 2 days\n      found: next\n      missed: next\n    - note: \"{{ drug.name }}\"\n";

#[test]
fn a_sub_pathway_names_what_it_is_given() {
    let track = "    - each: person.prescriptions\n      as: tablet\n      steps:\n        - include: look\n          with: { drug: tablet }\n        - note: \"{{ tablet.name }}\"\n";
    let pathway = good(track, SUB);
    let Verb::Include { sub: Some(sub), with } = step(&pathway, "more/look") else { panic!() };
    assert_eq!(pathway.steps[usize::from(*sub)].name, "look/wait_for_ready");
    assert_eq!(with, &[("drug".to_owned(), "tablet".to_owned())]);
    // What the sub-pathway calls it is not known after it.
    let after = track.replace("\"{{ tablet.name }}\"", "\"{{ drug.name }}\"");
    assert!(told(&after, SUB).iter().any(|(_, says)| says.contains("`drug` stands for nothing here")));
    // Nor where it is jumped to without it.
    let jumped =
        format!("{track}    - branch:\n        - if: person.deaf is known and person.deaf\n          then: look\n");
    assert!(told(&jumped, SUB).iter().any(|(_, says)| says.contains("`drug` stands for nothing here")));
    // Names are passed on.
    let passes = "  passes:\n    - include: look\n      with: { drug: medicine }\n";
    let track = track.replace("include: look", "include: passes").replace("drug: tablet", "medicine: tablet");
    good(&track, &format!("{passes}\n{SUB}"));
}

#[test]
fn answers_are_known_after_what_is_included_wherever_that_is() {
    let sub = format!("  inquiry:\n{}", ask("one", "").replace("          ", "    "));
    let track = format!("    - include: inquiry\n{USE}    - include: inquiry\n");
    good(&track, &sub);
    // A way through it on which nothing is asked.
    let some = sub.replace(
        "  inquiry:\n",
        "  inquiry:\n    - branch:\n        - if: person.deaf is known and person.deaf\n          then: end\n",
    );
    assert!(told(&track, &some).iter().any(|(_, says)| says.contains("`one` is not answered yet")));
    // One that leaves whatever happens: nothing comes after it.
    let leaves = sub.clone() + "    - leave: enough\n";
    assert!(told(&track, &leaves).iter().any(|(code, _)| *code == "TL020"));
}

#[test]
fn what_comes_round_inside_of_something_must_wait_there() {
    let sub = |wait: &str| format!("  inner:\n    - {wait}\n");
    let track = "    - include: inner\n      name: again\n    - branch:\n        - if: person.deaf\n          then: again\n      unknown: end\n      else: end\n";
    assert_eq!(told(track, &sub("wait: 1 hour")), []);
    assert_eq!(told(track, &sub("wait: within 2 hours")), []);
    assert_eq!(told(track, &sub("wait: between 09:00 and 11:00")), []);
    assert_eq!(told(track, &sub("note: Again"))[0].0, "TL019");
    assert_eq!(told(track, &sub("wait: at 18:00"))[0].0, "TL019", "it may be that very moment");
    let strands = |join: &str| {
        let begin = "    - parallel:\n        a:\n          - wait: 1 hour\n        b:\n          - note: B\n";
        format!(
            "{begin}      join: {join}\n      name: again\n{}",
            &track["    - include: inner\n      name: again\n".len()..]
        )
    };
    assert_eq!(told(&strands("all"), ""), []);
    assert_eq!(told(&strands("any"), "")[0].0, "TL019");
}

#[test]
fn what_includes_itself_is_found_however_far_round() {
    let subs = "  a:\n    - wait: 1 hour\n    - include: b\n\n  b:\n    - each: person.prescriptions\n      as: tablet\n      steps:\n        - wait: 1 hour\n        - branch:\n            - if: person.deaf\n              then: a\n          unknown: end\n          else: end\n";
    let told = told("    - include: a\n", subs);
    assert!(told.iter().any(|(code, _)| *code == "TL034"), "{told:?}");
    // A jump that waits goes round as before.
    let jump = "  a:\n    - wait: 1 hour\n    - branch:\n        - if: person.deaf\n          then: a\n      unknown: end\n      else: end\n";
    good("    - include: a\n    - note: On\n", jump);
}

#[test]
fn strands_are_left_and_entered_by_their_ends_only() {
    let track = |to: &str| {
        format!(
            "    - note: Before\n      name: before\n    - parallel:\n        a:\n          - wait: 1 hour\n            name: inside\n          - branch:\n              - if: person.deaf\n                then: {to}\n            unknown: next\n            else: end\n          - note: Last\n            name: last\n        b:\n          - wait: 1 hour\n            name: other\n    - note: After\n      name: after\n"
        )
    };
    for fine in ["next", "end", "last", "inside", "tell_name"] {
        let told = told(&track(fine), "  tell_name:\n    - note: Name\n");
        assert!(told.iter().all(|(code, _)| *code == "TL020"), "{fine}: {told:?}");
    }
    for crossing in ["before", "other", "after"] {
        let told = told(&track(crossing), "");
        assert!(told.iter().any(|(code, _)| *code == "TL033"), "{crossing}: {told:?}");
    }
}

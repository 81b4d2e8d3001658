//! The form's answers: typed, bounded, and unknown when empty.

use super::form::{body, of_theirs, ranged};
use super::*;
use crate::tongue::Tongue::En;
use model::EffectId;
use model::prompt::{Answer, Field, Form};
use serde_json::json;

pub(in crate::staff) fn prompt() -> Prompt {
    let field = |name: &str, answer| Field { name: name.into(), label: name.into(), answer };
    let fields = vec![
        field("reached", Answer::Bool),
        field("pain", Answer::Number { min: 0.0, max: 10.0 }),
        field("wound", Answer::Choice { options: vec![("dry".into(), "Dry".into())] }),
        field("questions", Answer::Text),
    ];
    Prompt {
        id: PromptId::of(&[b"p"]),
        person: PersonId::default(),
        journey: None,
        effect: EffectId::default(),
        name: "check".into(),
        team: "nurses".into(),
        escalated_from: vec![],
        site: String::new(),
        title: "Call".into(),
        reason: String::new(),
        offer: vec![],
        form: Some(Form { name: "f".into(), title: "F".into(), fields }),
        urgent: false,
        attempt: 1,
        attempts_max: 3,
        opened_at: At(0),
        due_at: At(0),
        escalates_at: None,
        escalations: vec![],
        status: PromptStatus::Open,
        assignee: None,
        not_before: None,
        outcome: None,
        answers: vec![],
        note: String::new(),
        withdrawn_because: None,
        cause: None,
        desk: Default::default(),
        safety: model::prompt::Safety::default(),
    }
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    Fields(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())
}

#[test]
fn answers_are_typed_and_what_is_empty_is_unknown() {
    let given = [("outcome", "done"), ("f.reached", "yes"), ("f.pain", "4"), ("f.wound", ""), ("note", "fine")];
    let body = body(En, &prompt(), &fields(&given), At(0), &TimeZone::UTC).expect("good");
    assert_eq!(body["outcome"], "done");
    assert_eq!(body["answers"], json!({"reached": true, "pain": 4.0}));
    assert_eq!(body["note"], "fine");
}

#[test]
fn what_is_not_offered_is_refused() {
    for bad in [
        vec![("outcome", "")],
        vec![("outcome", "vanished")],
        vec![("outcome", "done"), ("f.pain", "11")],
        vec![("outcome", "done"), ("f.pain", "NaN")],
        vec![("outcome", "done"), ("f.reached", "perhaps")],
        vec![("outcome", "done"), ("f.wound", "gone")],
        vec![("outcome", "not_appropriate")],
        vec![("outcome", "call_back")],
        vec![("outcome", "call_back"), ("call_back_at", "1969-12-31T10:00")],
    ] {
        assert!(body(En, &prompt(), &fields(&bad), At(0), &TimeZone::UTC).is_err(), "{bad:?}");
    }
}

#[test]
fn a_call_back_is_taken_in_the_clinics_time() {
    let given = fields(&[("outcome", "call_back"), ("call_back_at", "2026-11-26T10:20")]);
    let zone = words::zone("America/New_York");
    let at = |days: i64| {
        let then: At = serde_json::from_str("\"2026-11-26T15:20:00Z\"").expect("a time");
        then.plus_ms(-days * model::time::DAY_MS)
    };
    let said = body(En, &prompt(), &given, at(3), &zone).expect("good");
    assert_eq!(said["call_back_at"], "2026-11-26T15:20:00Z");
    assert!(body(En, &prompt(), &given, at(15), &zone).is_err(), "too far ahead");
}

#[test]
fn the_number_that_was_shown_is_the_one_that_is_wrong() {
    let given = fields(&[("outcome", "wrong_number"), ("value", "+12125550119")]);
    let said = body(En, &prompt(), &given, At(0), &TimeZone::UTC).expect("good");
    assert_eq!(said["value"], "+12125550119");
    let other = fields(&[("outcome", "done"), ("value", "+12125550119")]);
    assert!(body(En, &prompt(), &other, At(0), &TimeZone::UTC).expect("good").get("value").is_none());
    assert!(of_theirs(En, said, &record::Record::default()).is_err(), "a number of somebody else");
}

#[test]
fn a_range_is_told_once() {
    assert_eq!(ranged(En, "Pain", 0.0, 10.0), "Pain (0 to 10)");
    for label in ["Pain, 0 to 10", "Pain now, from 0 (none) to 10 (the worst)"] {
        assert_eq!(ranged(En, label, 0.0, 10.0), label);
    }
}

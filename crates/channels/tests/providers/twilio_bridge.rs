//! A call that connects a member of staff with a patient, against Twilio's own library: it signs, and reads what is said.

use crate::common::{outbound, staff_call};
use crate::twilio::{DAVID, action, heard, spoken, step};
use crate::twilio_library::Library;
use model::message::{Message, Status};
use serde_json::json;

const NURSE: &str = "+12125550171";

fn message() -> Message {
    outbound("call", NURSE, staff_call(DAVID)).message
}

#[test]
fn the_patient_is_rung_once_a_member_of_staff_pressed_1() {
    let (mut library, message) = (Library::start(), message());
    let (facts, said) = step(&mut library, "bridge/answer", &[("CallStatus", "in-progress")], &message);
    assert_eq!(heard(&facts, "message.accepted").len(), 1);
    assert_eq!(spoken(&said), ["To be connected, press 1."]);
    assert!(!said.to_string().contains(DAVID), "nobody has taken it yet: {said}");
    assert_eq!(action(&said).as_deref(), Some("bridge/key"));
    let (facts, said) = step(&mut library, "bridge/key", &[("Digits", "")], &message);
    assert!(facts.is_empty() && action(&said).as_deref() == Some("bridge/key/-"), "silence is asked once more: {said}");
    let (facts, said) = step(&mut library, "bridge/key/-", &[("Digits", "1")], &message);
    assert_eq!(heard(&facts, "staff_call.taken").len(), 1);
    let again = step(&mut library, "bridge/key/-", &[("Digits", "1")], &message).0;
    assert_eq!(again[0].fact.id, facts[0].fact.id, "a repeat is the same fact");
    let dial = &said[3][0];
    let attribute = |of: &serde_json::Value, name: &str| {
        of[1].as_array().unwrap().iter().find(|a| a[0] == name).map(|a| a[1].as_str().unwrap().to_owned())
    };
    assert_eq!((dial[0].as_str(), attribute(dial, "callerId").as_deref()), (Some("Dial"), Some("+12125550100")));
    let number = &dial[3][0];
    assert_eq!((number[0].as_str(), number[2].as_str()), (Some("Number"), Some(DAVID)));
    let report = attribute(number, "statusCallback").unwrap();
    assert!(report.ends_with("/token.of.attempt/bridge/patient") && !report.contains(&DAVID[1..]), "{report}");
}

#[test]
fn nobody_is_rung_where_it_was_not_taken() {
    let (mut library, message) = (Library::start(), message());
    // Another key, and silence twice: a voicemail presses nothing.
    for (path, digits) in [("bridge/key", "5"), ("bridge/key/-", "")] {
        let (facts, said) = step(&mut library, path, &[("Digits", digits)], &message);
        assert_eq!(heard(&facts, "staff_call.ended")[0]["outcome"], "not_taken", "{path}");
        assert!(!said.to_string().contains("Dial"), "{said}");
    }
    for (status, error) in
        [("busy", "busy"), ("no-answer", "no_answer"), ("failed", "failed"), ("canceled", "given_up")]
    {
        let facts = step(&mut library, "bridge/status", &[("CallStatus", status)], &message).0;
        let ended = heard(&facts, "staff_call.ended");
        assert_eq!((&ended[0]["outcome"], &ended[0]["error"]), (&json!("not_taken"), &json!(error)));
    }
    // They hung up before a key; after one, the end of their own telephone says nothing.
    let over = [("CallStatus", "completed"), ("CallDuration", "9")];
    let facts = step(&mut library, "bridge/status", &over, &message).0;
    assert_eq!(heard(&facts, "staff_call.ended")[0]["outcome"], "not_taken");
    let taken = Message { status: Status::Delivered, ..message };
    assert!(step(&mut library, "bridge/status", &over, &taken).0.is_empty());
}

#[test]
fn what_becomes_of_the_patients_telephone_is_told_once() {
    let (mut library, message) = (Library::start(), message());
    let rows = [
        ("completed", json!("connected"), json!(73)),
        ("busy", json!("busy"), json!(null)),
        ("no-answer", json!("no_answer"), json!(null)),
    ];
    for (status, outcome, seconds) in rows {
        let form = [("CallStatus", status), ("CallDuration", "73")];
        let facts = step(&mut library, "bridge/patient", &form, &message).0;
        let ended = heard(&facts, "staff_call.ended");
        assert_eq!((&ended[0]["outcome"], &ended[0]["seconds"]), (&outcome, &seconds), "{status}");
        assert!(!ended[0].to_string().contains(&DAVID[1..]), "no number in the fact");
    }
    assert!(step(&mut library, "bridge/patient", &[("CallStatus", "ringing")], &message).0.is_empty());
}

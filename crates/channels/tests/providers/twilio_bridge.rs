//! A call that connects a member of staff with a patient, against Twilio's own library: it signs, and reads what is said.

use throughline_channels as channels;

use crate::common::{around, outbound, staff_call};
use crate::twilio::{DAVID, action, heard, settings, spoken, step};
use crate::twilio_library::Library;
use channels::TwilioVoice;
use channels::contract::Provider;
use channels::registry::Around;
use model::message::{CallStep, Content, Message, Status};
use serde_json::json;

const NURSE: &str = "+12125550171";

fn message() -> Message {
    outbound("call", NURSE, staff_call(DAVID)).message
}

#[test]
fn it_connects_staff_unless_that_is_turned_off_or_it_cannot_be_called_back() {
    let bridges = |said: Option<&str>, around: &Around| {
        let mut settings = settings();
        settings.extend(said.map(|said| ("connects_staff".to_owned(), json!(said))));
        TwilioVoice::new(&settings, around).unwrap().bridges()
    };
    assert!(bridges(None, &around()) && bridges(Some("yes"), &around()));
    assert!(!bridges(Some("no"), &around()));
    assert!(!bridges(None, &Around { base_url: String::new(), ..around() }), "nobody could report to it");
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
fn a_telephone_that_is_not_proved_is_asked_for_digits_one_by_one() {
    let (mut library, mut message) = (Library::start(), message());
    let Content::Voice { call } = &mut message.content else { panic!("a call") };
    let ask = |n: usize, key| CallStep::Ask { text: format!("Digit {n}."), keys: vec![(key, n + 1)], otherwise: 1 };
    call.script = vec![ask(1, '4'), CallStep::HangUp, ask(2, '0'), ask(3, '7'), CallStep::Dial { to: DAVID.into() }];
    let rows = [("bridge/key", "4", "bridge/key/4"), ("bridge/key/4", "0", "bridge/key/40")];
    for (path, digit, next) in rows {
        let (facts, said) = step(&mut library, path, &[("Digits", digit)], &message);
        assert!(facts.is_empty() && !said.to_string().contains(DAVID), "{said}");
        assert_eq!(action(&said).as_deref(), Some(next));
    }
    let (facts, said) = step(&mut library, "bridge/key/40", &[("Digits", "7")], &message);
    assert!(heard(&facts, "staff_call.taken").len() == 1 && said.to_string().contains(DAVID), "{said}");
    // A wrong one anywhere hangs up; the same fact as any other end of it.
    for (path, digit) in [("bridge/key", "7"), ("bridge/key/4", "7"), ("bridge/key/40", "0"), ("bridge/key/41", "7")] {
        let (facts, said) = step(&mut library, path, &[("Digits", digit)], &message);
        assert_eq!(heard(&facts, "staff_call.ended")[0]["outcome"], "not_taken", "{path} {digit}");
        assert!(!said.to_string().contains("Dial"), "{said}");
    }
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

//! The stored state, of every version ever written, is read for ever.
//!
//! `UPDATE_GOLDEN=1 cargo test -p throughline-outreach golden` writes the file of the current version
//! anew; that of an older version is never touched.

use crate::common::{Runner, until, want};
use model::Channel::{Email, Sms, Voice, Voicemail};
use model::value::Kind;
use serde_json::json;
use throughline_outreach::{Error, Outreach};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outreach/golden/state_v1.hex");

/// A state with something of everything in it.
fn rich() -> Outreach {
    let mut run = Runner::new("2026-11-23T10:00");
    let caused = |name: &str, by| {
        let mut it = want(name, crate::common::at("2026-11-23T10:00"), by);
        it.intent.cause = Some("outcome-1".into());
        it
    };
    run.start(caused("ended", &[Voice]));
    run.call_ended(true, &["identified"]);
    run.start(caused("settled", &[Email]));
    run.receipt("message.accepted");
    run.record.language = Some("pl".into());
    run.start(want("polish", run.now, &[Sms]));
    run.record.language = None;
    let mut waiting = want("waiting", run.now, &[Voice, Voicemail, Sms]);
    waiting.intent.until = until("medication.picked_up", "MedicationRequest/1");
    run.start(waiting);
    run.call_ended(false, &[]);
    run.receipt("message.accepted");
    let mut remind = want("remind", run.now, &[Sms]);
    remind.intent.bindings = vec![("task".into(), Kind::Task, "ice@2026-11-23#0".into())];
    remind.reply_on = Some(Sms);
    run.start(remind);
    run.receipt("message.unknown");
    run.record.preferences.quiet = Some((9 * 60, 11 * 60));
    run.start(want("held", run.now, &[Voice, Email]));
    run.hear("reply.classified", json!({"class": "wrong_number", "from": "+15550199"}));
    let mut confirm = want("confirm", run.now, &[Sms]);
    confirm.confirms_stop = true;
    run.start(confirm);
    run.state
}

#[test]
fn golden_state_of_version_1_is_read_and_written() {
    let state = rich();
    let hex: String = state.encode().iter().map(|b| format!("{b:02x}")).collect();
    let lines: Vec<&str> = (0..hex.len()).step_by(96).map(|i| &hex[i..(i + 96).min(hex.len())]).collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(FILE, lines.join("\n") + "\n").expect("the golden file is written");
    }
    let text = std::fs::read_to_string(FILE).expect("the golden file is there");
    let text: String = text.split_whitespace().collect();
    let read = |i: usize| u8::from_str_radix(&text[i..i + 2], 16).expect("hex");
    let bytes: Vec<u8> = (0..text.len()).step_by(2).map(read).collect();
    assert_eq!(Outreach::decode(&bytes).expect("read"), state);
    assert_eq!(bytes, state.encode(), "the bytes of version 1 do not change");
}

#[test]
fn bytes_of_no_known_version_are_refused() {
    assert_eq!(Outreach::decode(&[]), Err(Error::Empty));
    assert_eq!(Outreach::decode(&[9, 0]), Err(Error::Version(9)));
    assert!(matches!(Outreach::decode(&[1, 255]), Err(Error::Damaged(_))));
    let empty = Outreach::default();
    assert!(empty.is_empty() && empty.encode().len() <= 8, "nobody pays for nothing");
    assert_eq!(Outreach::decode(&empty.encode()), Ok(empty));
}

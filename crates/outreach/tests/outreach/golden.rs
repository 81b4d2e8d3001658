//! The stored state, of every version ever written, is read for ever.
//!
//! `UPDATE_GOLDEN=1 cargo test -p throughline-outreach golden` writes the file of the current version
//! anew; that of an older version is never touched.

use crate::common::{Runner, until, want};
use model::Channel::{Email, Sms, Voice, Voicemail};
use model::value::Kind;
use serde_json::json;
use throughline_outreach::{Error, Outreach};

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

/// Asked two things by text: one that was not understood, and one that is open.
fn asked() -> Outreach {
    let mut run = Runner::new("2026-11-23T12:00");
    run.start(want("asks_pain", run.now, &[Sms]));
    let first = run.state.questions()[0].reach;
    run.state.keep_unread(first, "a bit", "reply-1");
    let mut other = want("asks_eats", run.now, &[Sms]);
    other.journey = Some(model::JourneyId::of(&[b"other"]));
    run.start(other);
    run.state
}

/// The same, and told something by text that is not said again at once.
fn told() -> Outreach {
    let mut run = Runner::new("2026-11-23T12:00");
    run.state = asked();
    run.start(want("told", run.now, &[Sms]));
    run.state
}

/// The bytes of a file of an older version.
fn bytes_of(file: &str) -> Vec<u8> {
    let file = format!("{}/tests/outreach/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).expect("the golden file is there");
    let text: String = text.split_whitespace().collect();
    let read = |i: usize| u8::from_str_radix(&text[i..i + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(read).collect()
}

/// An older version is read, and written anew as it was; what is written now begins with the same.
fn is_older(file: &str, version: u8, state: &Outreach) {
    let bytes = bytes_of(file);
    assert_eq!(bytes[0], version);
    let read = Outreach::decode(&bytes).expect("read");
    assert_eq!(bytes, read.encode(), "the bytes of a version do not change");
    assert!(state.encode()[1..].starts_with(&bytes[1..]), "what came later is written after it");
}

fn is_golden(file: &str, version: u8, state: &Outreach) {
    let name = file;
    let file = format!("{}/tests/outreach/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let hex: String = state.encode().iter().map(|b| format!("{b:02x}")).collect();
    let lines: Vec<&str> = (0..hex.len()).step_by(96).map(|i| &hex[i..(i + 96).min(hex.len())]).collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, lines.join("\n") + "\n").expect("the golden file is written");
    }
    let bytes = bytes_of(name);
    assert_eq!(bytes[0], version);
    assert_eq!(&Outreach::decode(&bytes).expect("read"), state);
    assert_eq!(bytes, state.encode(), "the bytes of a version do not change");
}

#[test]
fn golden_state_of_version_1_is_read_and_written() {
    is_older("state_v1.hex", 1, &rich());
}

#[test]
fn golden_state_of_version_2_is_read_and_written() {
    let state = asked();
    let open = state.questions();
    assert_eq!((open.len(), state.spoke()), (2, Some(open[1].reach)), "what came with questions is in it");
    assert!(open[0].unread.is_some() && open[1].unread.is_none());
    is_older("state_v2.hex", 2, &state);
}

#[test]
fn golden_state_of_version_3_is_read_and_written() {
    assert!(told().encode().len() > asked().encode().len() + 16, "what was said is in it");
    is_golden("state_v3.hex", 3, &told());
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

/// Stored states name a channel by its place in the list: a new one comes last.
#[test]
fn channels_keep_their_places() {
    use model::Channel::{Chat, Portal, Push};
    for (place, channel) in [Sms, Voice, Voicemail, Email, Portal, Push, Chat].into_iter().enumerate() {
        assert_eq!(postcard::to_allocvec(&channel), Ok(vec![place as u8]), "{channel:?}");
    }
}

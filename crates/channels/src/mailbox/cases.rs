//! The case files: mails in the shapes that servers and people send, each with the facts that it is read as.
//!
//! `tests/mail-cases/NAME.eml` begins with the line `ENVELOPE <sender> WHERE-TO`; addresses and ids of ours stand as
//! `@BOUNCE@` and the like. `UPDATE_CASES=1 cargo test -p throughline-channels cases` writes `NAME.json` anew.

use super::session::Envelope;
use super::{Mailbox, Verdict, address::Addresses, settings::Back};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{At, MessageId, PersonId};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const NOW: At = At(1_795_420_800_000);

pub(super) fn mailbox() -> Mailbox {
    let addresses = Addresses {
        bounce: "b@mail.clinic.example".parse().ok(),
        reply: "r@mail.clinic.example".parse().ok(),
        secret: crate::Secret::new("secret"),
    };
    let back = Back { addresses, trusted: Some("mx.clinic.example".into()), ..Back::default() };
    Mailbox::of(&back, &"care@clinic.example".parse().expect("an address"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail-cases")
}

/// What stands in the files for what the hub made.
fn words(mailbox: &Mailbox) -> Vec<(&'static str, String)> {
    let attempt = (PersonId::of(&[b"david"]), MessageId::of(&[b"message", b"checklist"]));
    let address = |a: Option<lettre::Address>| a.expect("an address").to_string();
    let es =
        "Sí, sangra un poco.\n\nEl 23 nov 2026, a las 8:00, Clínica <r@mail.clinic.example> escribió:\n\n> Camine\n";
    vec![
        ("@BOUNCE@", address(mailbox.addresses.bounce_to(attempt))),
        ("@REPLY@", address(mailbox.addresses.reply_to(attempt))),
        ("@PLAIN_BOUNCE@", "b@mail.clinic.example".into()),
        ("@PLAIN_REPLY@", "r@mail.clinic.example".into()),
        ("@MARK@", mailbox.addresses.mark(attempt).expect("a mark")),
        ("@MESSAGE_ID@", format!("<{}@clinic.example>", attempt.1)),
        ("@BASE64_ES@", STANDARD.encode(es)),
        ("@NUL@", "\0".into()),
    ]
}

/// Envelope and mail of a case.
fn case(mailbox: &Mailbox, text: &str) -> (Envelope, Vec<u8>) {
    let (first, mail) = text.split_once('\n').expect("an envelope");
    let parts: Vec<&str> = first.split(' ').collect();
    let ["ENVELOPE", from, to] = parts[..] else { panic!("ENVELOPE <sender> WHERE-TO is expected: {first}") };
    let fill = |text: &str| words(mailbox).iter().fold(text.to_owned(), |text, (name, is)| text.replace(name, is));
    let from = from.trim_matches(['<', '>']);
    let to = fill(&format!("@{to}@"));
    let ours = mailbox.addresses.known(&to).expect("an address of ours");
    let envelope = Envelope { from: (!from.is_empty()).then(|| from.to_owned()), to: vec![ours] };
    (envelope, fill(mail).replace('\n', "\r\n").into_bytes())
}

fn told(verdict: &Verdict) -> Json {
    match verdict {
        Verdict::Nothing => json!("nothing"),
        Verdict::Unreadable => json!("unreadable"),
        Verdict::Facts(facts) => facts
            .iter()
            .map(|f| {
                json!({"kind": f.fact.kind, "subject": f.fact.subject, "actor": f.fact.actor, "body": f.fact.body,
                    "keys": f.keys, "message": f.message, "person": f.person})
            })
            .collect(),
    }
}

#[test]
fn each_case_is_read_as_recorded() {
    let (mailbox, update) = (mailbox(), std::env::var_os("UPDATE_CASES").is_some());
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("the cases") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|e| e == "eml") {
            names.insert(path.file_stem().expect("a name").to_string_lossy().into_owned());
        } else {
            assert!(path.with_extension("eml").exists(), "{} belongs to no mail", path.display());
        }
    }
    assert!(names.len() >= 30, "cases are missing");
    for name in names {
        let text = std::fs::read_to_string(folder().join(format!("{name}.eml"))).expect("a case");
        let (envelope, mail) = case(&mailbox, &text);
        let now = serde_json::to_string_pretty(&told(&mailbox.read(&envelope, &mail, NOW))).expect("json") + "\n";
        let recorded = folder().join(format!("{name}.json"));
        if update {
            std::fs::write(&recorded, &now).expect("written");
        } else if std::fs::read_to_string(&recorded).unwrap_or_default() != now {
            wrong.push(format!("{name}:\n{now}"));
        }
    }
    assert!(wrong.is_empty(), "not as recorded:\n{}", wrong.join("\n"));
}

/// The same mail brought twice, by two ways, is one fact: a mail server that got no answer brings it again.
#[test]
fn a_mail_that_is_brought_again_is_the_same_fact() {
    let mailbox = mailbox();
    for name in ["reply-gmail-en", "bounce-postfix-unknown-user", "complaint-redacted"] {
        let text = std::fs::read_to_string(folder().join(format!("{name}.eml"))).expect("a case");
        let (envelope, mail) = case(&mailbox, &text);
        let again = [&b"Received: from elsewhere by mx.clinic.example\r\n"[..], &mail].concat();
        let id = |mail: &[u8], now| match mailbox.read(&envelope, mail, now) {
            Verdict::Facts(facts) => facts[0].fact.id,
            other => panic!("{other:?}"),
        };
        assert_eq!(id(&mail, NOW), id(&again, NOW.plus_ms(60_000)), "{name}");
    }
}

/// Cut anywhere and with any octet changed it is read as something or as nothing, and never ends the reader.
#[test]
fn a_mail_that_was_damaged_ends_nothing() {
    let mailbox = mailbox();
    for entry in std::fs::read_dir(folder()).expect("the cases") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|e| e != "eml") {
            continue;
        }
        let (envelope, mail) = case(&mailbox, &std::fs::read_to_string(&path).expect("a case"));
        for at in (0..mail.len()).step_by(7) {
            mailbox.read(&envelope, &mail[..at], NOW);
            let mut changed = mail.clone();
            changed[at] = changed[at].wrapping_mul(31).wrapping_add(7);
            mailbox.read(&envelope, &changed, NOW);
        }
    }
}

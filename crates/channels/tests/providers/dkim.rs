//! Signed mails, as they arrive, verified by a library that is not ours.

use throughline_channels as channels;

use crate::smtp::{Server, checklist};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::Provider;
use serde_json::{Value as Json, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ED25519: &str = "genpkey -algorithm ed25519";
const RSA: &str = "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048";

fn openssl(arguments: &[&str]) -> Vec<u8> {
    let made = Command::new("openssl").args(arguments).output().unwrap();
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

/// A new private key in a file, and the record that publishes its other half, both made by OpenSSL.
pub fn key(folder: &Path, how: &str) -> (PathBuf, String) {
    let file = folder.join("dkim.pem");
    let path = file.to_str().unwrap();
    let mut arguments: Vec<&str> = how.split(' ').collect();
    arguments.extend(["-out", path]);
    openssl(&arguments);
    let public = openssl(&["pkey", "-in", path, "-pubout", "-outform", "DER"]);
    let record = match how == ED25519 {
        // RFC 8463 section 4.2: the key alone, which is the end of the DER.
        true => format!("v=DKIM1; k=ed25519; p={}", STANDARD.encode(&public[public.len() - 32..])),
        false => format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(&public)),
    };
    (file, record)
}

/// Whether the signature of a mail is good, for that record.
pub fn verified(raw: &[u8], record: &str) -> bool {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut child = Command::new(root.join("target/tools/venv/bin/python"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/providers/dkim_verify.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let asked = json!({"raw": STANDARD.encode(raw), "records": {"hub1._domainkey.clinic.example": record}});
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let told = child.wait_with_output().unwrap();
    serde_json::from_slice(&told.stdout).expect("true or false")
}

pub fn raw(mail: &Json) -> Vec<u8> {
    STANDARD.decode(mail["raw"].as_str().unwrap()).unwrap()
}

/// The mail with one text in place of another, which has to be there.
fn altered(raw: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(raw.to_vec()).unwrap();
    assert!(text.contains(from), "{from} is not in\n{text}");
    text.replacen(from, to, 1).into_bytes()
}

async fn signs(how: &str, name: &str) {
    let server = Server::start(name, "none");
    let (key, record) = key(&server.folder, how);
    let changes = json!({"dkim_key": key.to_str().unwrap(), "dkim_selector": "hub1",
        "bounce_to": "b@mail.clinic.example", "reply_to": "r@mail.clinic.example", "address_secret": "secret"});
    let smtp = server.smtp(changes);
    assert_eq!(smtp.dkim_record(), Some(("hub1._domainkey.clinic.example".into(), record.clone())));
    smtp.send(&checklist("jose@example.org")).await.unwrap();
    let raw = raw(&server.mails()[0]);
    assert!(verified(&raw, &record), "as it arrived:\n{}", String::from_utf8_lossy(&raw));
    // A relay folds a header anew and adds lines of its own; RFC 8058 wants both fields of the way out signed.
    assert!(verified(&altered(&raw, "DKIM-Signature:", "Received: by relay.example\r\nDKIM-Signature:"), &record));
    assert!(verified(&altered(&raw, "\r\nTo: jose", "\r\nTo:\r\n  jose"), &record));
    for (from, to) in [
        ("\r\nTo: jose", "\r\nTo: eve"),
        ("One-Click", "Two-Clicks"),
        ("https://clinic.example/u/abc", "https://evil.example/u/abc"),
        ("\r\nFrom:", "\r\nFrom: eve@evil.example\r\nFrom:"),
        ("\r\nList-Unsubscribe:", "\r\nList-Unsubscribe: <https://evil.example>\r\nList-Unsubscribe:"),
        ("\r\nReply-To:", "\r\nReply-To: <eve@evil.example>\r\nReply-To:"),
        ("\r\nSubject:", "\r\nSubject: Your bill\r\nSubject:"),
        ("\r\n\r\n", "\r\n\r\nAn added line\r\n"),
    ] {
        assert!(!verified(&altered(&raw, from, to), &record), "{from} made {to}");
    }
    let other = record.replace("p=", "p=AAAA");
    assert!(!verified(&raw, &other), "another key");
}

#[tokio::test]
async fn a_mail_signed_with_rsa_is_verified_and_an_altered_one_is_not() {
    signs(RSA, "dkim-rsa").await;
}

#[tokio::test]
async fn a_mail_signed_with_ed25519_is_verified_and_an_altered_one_is_not() {
    signs(ED25519, "dkim-ed25519").await;
}

/// Bodies of every shape are signed as they are sent: long lines, dots, spaces at ends, no last line end.
#[tokio::test]
async fn any_body_is_signed_as_it_is_sent() {
    let server = Server::start("dkim-bodies", "none");
    let (key, record) = key(&server.folder, ED25519);
    let smtp = server.smtp(json!({"dkim_key": key.to_str().unwrap(), "dkim_selector": "hub1"}));
    let long = "x".repeat(5_000);
    let bodies = [".", "..\n.\n", " a  b \t\n\n\n", "no end", "\n\n first", "ñ\r\nmixed\nends\r", long.as_str()];
    for (n, text) in bodies.iter().enumerate() {
        let mut out = crate::common::outbound(&n.to_string(), "a@example.org", crate::common::mail("Hello", text));
        let model::message::Content::Email { html, .. } = &mut out.message.content else { panic!("a mail") };
        if n % 2 == 0 {
            html.clear();
        }
        smtp.send(&out).await.unwrap();
    }
    let mails = server.mails();
    assert_eq!(mails.len(), bodies.len());
    for (mail, text) in mails.iter().zip(bodies) {
        assert!(verified(&raw(mail), &record), "{text:?}");
    }
}

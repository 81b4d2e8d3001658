//! `smtp` against a real server (aiosmtpd): what arrives, parsed and compared; and every way to fail.

use throughline_channels as channels;

use crate::common::{mail, outbound};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::{Accepted, Outbound, Provider, SendError, Smtp};
use model::message::{Attachment, Content};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server of its own for one test; it goes when dropped.
pub struct Server {
    child: Child,
    pub folder: PathBuf,
    pub port: u16,
    mode: &'static str,
}

impl Server {
    pub fn start(test: &str, mode: &'static str) -> Self {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        // Does nothing when the tools are there.
        let tools = Command::new("bash").arg(root.join("scripts/python-tools.sh")).output().unwrap();
        assert!(tools.status.success(), "python tools: {}", String::from_utf8_lossy(&tools.stderr));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("smtp-{test}-{mode}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let made = Command::new("openssl")
            .args(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
                    .split(' '),
            )
            .args("-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE".split(' '))
            .args("-keyout key.pem -out cert.pem".split(' '))
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        let mut child = Command::new(root.join("target/tools/venv/bin/python"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/providers/smtp_server.py"))
            .args([folder.as_os_str(), mode.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("the server prints its port");
        Self { child, folder, port, mode }
    }

    /// Settings for it, with some changed; `null` takes one away.
    pub fn settings(&self, changes: Json) -> channels::registry::Settings {
        let mut all = json!({"host": "127.0.0.1", "port": self.port, "tls": self.mode, "timeout_ms": 3000,
            "from": "care@clinic.example"});
        if self.mode != "none" {
            let ca = self.folder.join("cert.pem");
            let more = json!({"user": "hub", "password": "hunter2", "ca": ca.to_str().unwrap()});
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        all.as_object().unwrap().clone().into_iter().filter(|(_, v)| !v.is_null()).collect()
    }

    pub fn smtp(&self, changes: Json) -> Smtp {
        Smtp::new(&self.settings(changes)).unwrap()
    }

    /// The mails that arrived, in order.
    pub fn mails(&self) -> Vec<Json> {
        (1..)
            .map_while(|n| std::fs::read(self.folder.join(format!("{n}.json"))).ok())
            .map(|bytes| serde_json::from_slice(&bytes).unwrap())
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn header<'a>(mail: &'a Json, name: &str) -> Option<&'a str> {
    let all = mail["headers"].as_array()?;
    let found: Vec<_> = all.iter().filter(|h| h[0].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name))).collect();
    assert!(found.len() <= 1, "{name} is there twice");
    found.first()?[1].as_str()
}

pub fn checklist(to: &str) -> Outbound {
    let long = "Camine diez minutos, ¿sí? Según su médico, mañana podrá más. ".repeat(40);
    let content = Content::Email {
        subject: "Su día después de la cirugía: la lista de mañana, señor Muñoz, para leer con calma y café ☕".into(),
        text: format!("Buenos días, señor Muñoz.\n\n.Un punto al comienzo de la línea.\n{long}\n"),
        html: format!("<p lang=\"es\">Buenos días, señor Muñoz.</p><p>{long}</p>"),
        unsubscribe: Some("https://clinic.example/u/abc?x=1&y=2".into()),
        attachments: Vec::new(),
    };
    let mut out = outbound("checklist", to, content);
    out.message.language = "es-MX".into();
    out
}

async fn arrives_whole(mode: &'static str) {
    let server = Server::start("whole", mode);
    let smtp = server.smtp(json!({}));
    let out = checklist("jose@example.org");
    let first = smtp.send(&out).await.unwrap();
    let id = format!("{}@clinic.example", out.message.id);
    assert_eq!(first, Accepted { provider_id: Some(id.clone()), delivered: false });
    assert_eq!(smtp.send(&out).await.unwrap(), first);
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0]["peer"], mails[1]["peer"], "one connection carries both");
    for mail in &mails {
        assert_eq!(header(mail, "Message-ID"), Some(format!("<{id}>").as_str()), "stable over two sends");
        assert_eq!(mail["tls"], mode == "starttls", "aiosmtpd notes STARTTLS only");
        assert_eq!(mail["login"], if mode == "none" { Json::Null } else { json!("hub") });
        assert_eq!((&mail["from"], &mail["to"]), (&json!("care@clinic.example"), &json!(["jose@example.org"])));
        assert_eq!(mail["kind"], "multipart/alternative");
        assert_eq!(mail["defects"], json!([]));
        assert!(mail["longest_line"].as_u64().unwrap() <= 998, "RFC 5322 section 2.1.1");
        assert_eq!(mail["ascii"], true, "carried by any server");
        let Content::Email { subject, text, html, .. } = &out.message.content else { panic!("a mail") };
        assert_eq!(header(mail, "Subject"), Some(subject.as_str()));
        assert_eq!(header(mail, "From"), Some("Clínica del Río <care@clinic.example>"));
        assert_eq!(header(mail, "To"), Some("jose@example.org"));
        assert_eq!(header(mail, "Auto-Submitted"), Some("auto-generated"));
        assert_eq!(header(mail, "Content-Language"), Some("es-MX"));
        assert_eq!(header(mail, "List-Unsubscribe"), Some("<https://clinic.example/u/abc?x=1&y=2>"));
        assert_eq!(header(mail, "List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
        assert_eq!(header(mail, "MIME-Version"), Some("1.0"));
        assert!(header(mail, "Date").unwrap().contains("20"));
        let parts = mail["parts"].as_array().unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0][0], "text/plain", "the plainest comes first (RFC 2046 section 5.1.4)");
        assert_eq!(parts[1][0], "text/html");
        assert_eq!(parts[0][1].as_str().unwrap().trim_end().replace("\r\n", "\n"), text.trim_end());
        assert_eq!(parts[1][1].as_str().unwrap().trim_end().replace("\r\n", "\n"), html.trim_end());
    }
}

#[tokio::test]
async fn a_mail_arrives_whole_over_starttls() {
    arrives_whole("starttls").await;
}

#[tokio::test]
async fn a_mail_arrives_whole_over_tls() {
    arrives_whole("tls").await;
}

#[tokio::test]
async fn a_mail_arrives_whole_over_a_plain_line() {
    arrives_whole("none").await;
}

#[tokio::test]
async fn headers_cannot_be_injected() {
    let server = Server::start("injected", "none");
    let smtp = server.smtp(json!({}));
    let mut out = outbound("x", "david@example.org", mail("Hello\r\nBcc: eve@example.org\r\n\r\nBody", "Hello"));
    out.from_name = "Clinic\"\r\nX-Evil: 1".into();
    out.message.language = "en\r\nX-Evil: 2".into();
    smtp.send(&out).await.unwrap();
    let mail = server.mails().remove(0);
    assert_eq!(mail["to"], json!(["david@example.org"]));
    for name in ["Bcc", "X-Evil", "Content-Language"] {
        assert_eq!(header(&mail, name), None, "{name}");
    }
    assert_eq!(header(&mail, "Subject"), Some("Hello Bcc: eve@example.org Body"));
    let Content::Email { unsubscribe, .. } = &mut out.message.content else { panic!("a mail") };
    *unsubscribe = Some("https://clinic.example/u\r\nX-Evil: 3".into());
    assert!(matches!(smtp.send(&out).await, Err(SendError::Invalid(_))));
}

/// What people and machines put where it does not belong, and what tests of other systems found.
const NAUGHTY: &[&str] = &[
    "a\r\nBcc: eve@example.org",
    "a\nBcc: eve@example.org\n\nbody",
    "a\rX-Evil: 1",
    "a\r\n\r\n<html>",
    "a\r\n.\r\nMAIL FROM:<eve@example.org>",
    "a\0b",
    "a\u{85}Bcc: x\u{2028}Bcc: y\u{2029}Bcc: z\u{b}Bcc: v\u{c}Bcc: f",
    "\u{202e}gnp.evil\u{202c} \u{2066}x\u{2069} \u{200f}y",
    "zero\u{200b}width\u{200d}joined\u{feff}",
    "=?utf-8?B?DQpCY2M6IGV2ZUBleGFtcGxlLm9yZw==?=",
    "=?utf-8?Q?=0D=0ABcc:_eve@example.org?=",
    "\"; DROP TABLE facts; -- ' OR 1=1",
    "\"<eve@example.org>\", <eve@example.org>",
    "a, eve@example.org",
    "${jndi:ldap://x} {{7*7}} %s%n $(id) `id`",
    "<script>alert(1)</script>",
    "田中さんにあげて下さい ﷽ 👨‍👩‍👧 Ṱ̺̺̕o͞",
    "\t\u{a0}\u{3000} ",
    "..",
];

#[tokio::test]
async fn whatever_stands_in_a_field_adds_no_header_and_loses_no_word() {
    let server = Server::start("naughty", "none");
    let smtp = server.smtp(json!({"bounce_to": "b@mail.clinic.example", "reply_to": "r@mail.clinic.example",
        "address_secret": "secret"}));
    let names = |mail: &Json| -> Vec<String> {
        mail["headers"].as_array().unwrap().iter().map(|h| h[0].as_str().unwrap().to_owned()).collect()
    };
    let file = |name: &str| Attachment {
        name: name.into(),
        media: "text/calendar; charset=utf-8".into(),
        bytes: STANDARD.encode(name),
    };
    let plain = |subject: &str, text: &str, name: &str| {
        let mut out = outbound("x", "david@example.org", mail(subject, text));
        let Content::Email { attachments, .. } = &mut out.message.content else { panic!("a mail") };
        attachments.push(file(name));
        out
    };
    smtp.send(&plain("Hello", "Hello", "visit.ics")).await.unwrap();
    let usual = names(&server.mails()[0]);
    for (n, bad) in NAUGHTY.iter().enumerate() {
        let mut out = plain(&format!("s {bad}"), &format!("t {bad}"), bad);
        out.from_name = format!("n {bad}");
        out.message.language = (*bad).into();
        smtp.send(&out).await.unwrap();
        let mail = server.mails().remove(n + 1);
        let without_language: Vec<_> = usual.iter().filter(|n| *n != "Content-Language").cloned().collect();
        assert_eq!(names(&mail), without_language, "{bad:?}");
        assert_eq!((&mail["to"], header(&mail, "To")), (&json!(["david@example.org"]), Some("david@example.org")));
        assert_eq!(mail["defects"], json!([]), "{bad:?}");
        assert_eq!(mail["ascii"], true);
        // Every word of the text arrives; those of a subject too, in one line.
        let words = |text: &str| {
            text.split(|c: char| c.is_whitespace() || c.is_control())
                .filter(|w| !w.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let text = mail["parts"][0][1].as_str().unwrap();
        assert_eq!(words(text), words(&format!("t {bad}")), "{bad:?}");
        let subject = header(&mail, "Subject").unwrap();
        assert!(!subject.contains(['\r', '\n', '\0']));
        if !bad.contains("=?") {
            assert_eq!(words(subject), words(&format!("s {bad}")), "{bad:?}");
        }
        let name = mail["files"][0][0].as_str().unwrap();
        let sane = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
        assert!(!name.is_empty() && name.bytes().all(sane) && !name.starts_with('.'), "{name}");
        assert_eq!(mail["files"][0][2], json!(STANDARD.encode(bad)), "the bytes are as they were");
        assert_eq!(mail["files"][0][1], "text/calendar");
    }
}

#[tokio::test]
async fn files_are_bounded_and_what_is_none_is_refused_before_a_byte_leaves() {
    let server = Server::start("files", "none");
    let smtp = server.smtp(json!({}));
    let with = |files: Vec<Attachment>| {
        let mut out = outbound("x", "david@example.org", mail("Hello", "Hello"));
        let Content::Email { attachments, .. } = &mut out.message.content else { panic!("a mail") };
        *attachments = files;
        out
    };
    let file = |media: &str, bytes: &str| Attachment { name: "a".into(), media: media.into(), bytes: bytes.into() };
    let good = || file("text/plain", "YQ==");
    for bad in [
        vec![good(), good(), good(), good(), good(), good()],
        vec![file("text/plain", &STANDARD.encode(vec![0; 1_000_001]))],
        vec![
            file("text/plain", &STANDARD.encode(vec![0; 600_000])),
            file("text/plain", &STANDARD.encode(vec![0; 600_000])),
        ],
        vec![file("text/plain", "not base64!")],
        vec![file("nonsense", "YQ==")],
        vec![file("text/plain\r\nX-Evil: 1", "YQ==")],
    ] {
        let told = smtp.send(&with(bad)).await;
        assert!(matches!(told, Err(SendError::Invalid(_))), "{told:?}");
    }
    assert!(server.mails().is_empty());
    smtp.send(&with(vec![good(), file("text/calendar; charset=utf-8; method=PUBLISH", "YQ==")])).await.unwrap();
    let mail = server.mails().remove(0);
    assert_eq!((&mail["kind"], mail["files"].as_array().unwrap().len()), (&json!("multipart/mixed"), 2));
    assert_eq!(mail["parts"].as_array().unwrap().len(), 2, "text and HTML are there still");
}

#[tokio::test]
async fn definite_answers_are_told_apart_and_carry_no_address() {
    let server = Server::start("answers", "none");
    let smtp = server.smtp(json!({}));
    let rejected = |code: &str, retryable| Err(SendError::Rejected { code: code.into(), retryable });
    for (to, expected) in [
        ("busy", rejected("451 4.3.0", true)),
        ("unknown", rejected("unreachable_number", false)),
        ("full", rejected("552 5.2.2", false)),
        ("later", rejected("452 4.2.2", true)),
        ("slow", Err(SendError::Throttled { after_ms: 60_000 })),
        ("closing", Err(SendError::Throttled { after_ms: 60_000 })),
    ] {
        let out = outbound(to, &format!("{to}@example.org"), mail("Hello", "Hello"));
        assert_eq!(smtp.send(&out).await, expected, "{to}");
    }
    assert!(server.mails().is_empty());
    smtp.send(&outbound("good", "david@example.org", mail("Hello", "Hello"))).await.unwrap();
    assert_eq!(server.mails().len(), 1, "a refusal does not spoil the next mail");
}

#[tokio::test]
async fn an_end_that_nobody_knows_is_ambiguous() {
    let server = Server::start("ambiguous", "none");
    let smtp = server.smtp(json!({"timeout_ms": 700}));
    let dropped = smtp.send(&outbound("a", "dropped@example.org", mail("Hello", "Hello"))).await;
    assert!(matches!(dropped, Err(SendError::Ambiguous(_))), "{dropped:?}");
    assert_eq!(server.mails().len(), 1, "the server had taken it: a second try would be a second mail");
    let mute = smtp.send(&outbound("b", "mute@example.org", mail("Hello", "Hello"))).await;
    assert!(matches!(mute, Err(SendError::Ambiguous(_))), "{mute:?}");
}

#[tokio::test]
async fn a_wrong_password_is_the_configuration_and_is_not_repeated() {
    let server = Server::start("auth", "starttls");
    let smtp = server.smtp(json!({"password": "wrong-password"}));
    let Err(SendError::Config(told)) = smtp.send(&checklist("a@example.org")).await else { panic!("config") };
    assert!(told.contains("535") && !told.contains("wrong-password"), "{told}");
    // Without an account the server takes nothing.
    let none = server.smtp(json!({"user": null, "password": null})).send(&checklist("a@example.org")).await;
    assert_eq!(none, Err(SendError::Rejected { code: "530 5.7.0".into(), retryable: false }));
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn privacy_of_the_line_is_never_given_up() {
    let server = Server::start("private", "starttls");
    let untrusted = server.smtp(json!({"ca": null})).send(&checklist("a@example.org")).await;
    assert!(matches!(untrusted, Err(SendError::Unreachable(_))), "{untrusted:?}");
    let plain = Server::start("private-plain", "none");
    let ca = server.folder.join("cert.pem");
    let changes = json!({"tls": "starttls", "ca": ca.to_str().unwrap()});
    let refused = plain.smtp(changes).send(&checklist("a@example.org")).await;
    assert!(matches!(refused, Err(SendError::Config(_))), "{refused:?}");
    assert!(server.mails().is_empty() && plain.mails().is_empty());
}

fn lonely(port: u16) -> Smtp {
    let settings =
        json!({"host": "127.0.0.1", "port": port, "tls": "none", "from": "a@clinic.example", "timeout_ms": 500});
    Smtp::new(settings.as_object().unwrap()).unwrap()
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let out = checklist("a@example.org");
    assert!(matches!(lonely(port).send(&out).await, Err(SendError::Unreachable(_))));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let told = lonely(silent.local_addr().unwrap().port()).send(&out).await;
    assert!(matches!(told, Err(SendError::Unreachable(_))), "one that never speaks: {told:?}");
    let settings = json!({"host": "mail.invalid", "from": "a@clinic.example", "tls": "none"});
    let told = Smtp::new(settings.as_object().unwrap()).unwrap().send(&out).await;
    assert!(matches!(told, Err(SendError::Unreachable(_))), "no such name: {told:?}");
}

#[tokio::test]
async fn a_line_that_breaks_before_the_content_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 hello\r\n").unwrap();
        let mut buffer = [0; 256];
        let _ = stream.read(&mut buffer).unwrap();
        stream.write_all(b"250 hello\r\n").unwrap();
        let _ = stream.read(&mut buffer).unwrap();
    });
    let told = lonely(port).send(&checklist("a@example.org")).await;
    assert!(matches!(told, Err(SendError::Unreachable(_))), "{told:?}");
    server.join().unwrap();
}

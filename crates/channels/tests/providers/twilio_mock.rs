//! What is asked of Twilio, against a mock made from Twilio's own description of its API, and against one that fails.

use throughline_channels as channels;

use crate::common::{around, call, outbound, sms, staff_call};
use channels::contract::{Outbound, Provider, Reconciled, SendError};
use channels::registry::Settings;
use channels::{Accepted, Twilio, TwilioVoice};
use model::At;
use model::message::Content;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const DAVID: &str = "+12125550119";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/providers/twilio");

fn sid() -> String {
    format!("AC{}", "0a".repeat(16))
}

fn settings(port: u16, more: Json) -> Settings {
    let mut all = json!({"account_sid": sid(), "auth_token": "a token", "from": "+12125550100",
        "api_url": format!("http://127.0.0.1:{port}"), "private": "yes", "timeout_ms": 20_000});
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all.as_object().unwrap().clone()
}

fn texts(port: u16) -> Twilio {
    Twilio::new(&settings(port, json!({})), &around()).unwrap()
}

fn calls(port: u16) -> TwilioVoice {
    TwilioVoice::new(&settings(port, json!({})), &around()).unwrap()
}

fn voicemail() -> Outbound {
    let content = Content::Voicemail { text: "Please call us.".into(), language: "en".into() };
    outbound("voicemail", DAVID, content)
}

/// The mock; it goes when dropped.
struct Mock {
    child: Child,
    port: u16,
}

impl Mock {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let prism = Path::new(FOLDER).join("node_modules/@stoplight/prism-cli/dist/index.js");
        assert!(prism.exists(), "the mock is not installed: scripts/setup.sh test");
        let child = Command::new("node")
            .arg(prism)
            .args(["mock", "-h", "127.0.0.1", "-p", &port.to_string()])
            .arg(Path::new(FOLDER).join("twilio_api_v2010.trimmed.json"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mock = Self { child, port };
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "the mock did not come up");
            std::thread::sleep(Duration::from_millis(100));
        }
        mock
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn what_is_asked_is_what_twilios_own_description_takes() {
    let mock = Mock::start();
    let (text, voice) = (texts(mock.port), calls(mock.port));
    let taken = text.send(&outbound("text", DAVID, sms("Your list is ready: ¿cómo está?"))).await.unwrap();
    assert!(taken.provider_id.as_deref().is_some_and(|id| id.starts_with("SM")), "{taken:?}");
    let bridge = outbound("staff", "+12125550171", staff_call(DAVID));
    for out in [outbound("call", DAVID, call(None)), voicemail(), bridge] {
        let taken = voice.send(&out).await.unwrap();
        assert!(taken.provider_id.as_deref().is_some_and(|id| id.starts_with("CA")), "{taken:?}");
    }
    let service = format!("MG{}", "0c".repeat(16));
    let by_service = Twilio::new(&settings(mock.port, json!({"messaging_service": service})), &around()).unwrap();
    by_service.send(&outbound("text", DAVID, sms("Hello"))).await.unwrap();
    // The mock's list is empty: of an attempt that is long ago, that says that it never came.
    let mut old = outbound("text", DAVID, sms("Hello")).message;
    old.status_at = At(1_577_836_800_000);
    assert_eq!(text.reconcile(&old).await, Reconciled::NotSent);
    // The mock is strict: without a recipient, or without who we are, it refuses, and so does the code that asks.
    let refused = reply(mock.port, "From=%2B12125550100&Body=x");
    assert!(refused.contains("422"), "{refused}");
}

/// What the mock says to a form that is not ours.
fn reply(port: u16, form: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "POST /2010-04-01/Accounts/{}/Messages.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic \
         eDp4\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        sid(),
        form.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

/// What a server of our own does with a question.
#[derive(Clone)]
enum Does {
    Answers(u16, &'static str, String),
    Closes,
    Hangs,
}

/// What was asked: the first line and the form.
type Heard = Arc<Mutex<Vec<(String, Vec<(String, String)>)>>>;

/// Answers questions one after the other, each as it is told; then the last one again.
fn server(does: Vec<Does>) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let kept = Arc::clone(&heard);
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            kept.lock().unwrap().push(question(&mut stream));
            match does.get(n).or(does.last()).cloned().unwrap() {
                Does::Answers(status, headers, body) => {
                    let length = body.len();
                    let head = format!(
                        "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
                    );
                    stream.write_all((head + &body).as_bytes()).unwrap();
                }
                Does::Closes => drop(stream),
                Does::Hangs => open.push(stream),
            }
        }
    });
    (port, heard)
}

fn question(stream: &mut TcpStream) -> (String, Vec<(String, String)>) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim().to_ascii_lowercase() {
            line if line.is_empty() => break,
            line => length = line.strip_prefix("content-length: ").map_or(length, |l| l.parse().unwrap()),
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (first.trim().to_owned(), url::form_urlencoded::parse(&body).into_owned().collect())
}

fn value<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
}

#[tokio::test]
async fn every_name_that_is_asked_with_is_one_that_twilio_knows() {
    let taken = || Does::Answers(201, "", json!({"sid": "SM1"}).to_string());
    let (port, heard) = server(vec![taken()]);
    let (text, voice) = (texts(port), calls(port));
    let out = outbound("text", DAVID, sms("Hello & <you>: 100% ñandú ☕ \u{202e}rtl"));
    text.send(&out).await.unwrap();
    voice.send(&outbound("call", DAVID, call(None))).await.unwrap();
    voice.send(&voicemail()).await.unwrap();
    let file = std::fs::read(Path::new(FOLDER).join("twilio_api_v2010.trimmed.json")).unwrap();
    let described: Json = serde_json::from_slice(&file).unwrap();
    let heard = heard.lock().unwrap();
    for (first, form) in heard.iter() {
        let path = first.split(' ').nth(1).unwrap().replace(&sid(), "{AccountSid}");
        let schema = &described["paths"][&path]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"];
        let known = schema["schema"]["properties"].as_object().unwrap();
        let unknown: Vec<_> = form.iter().filter(|(name, _)| !known.contains_key(name)).collect();
        assert!(!form.is_empty() && unknown.is_empty(), "{path}: {unknown:?}");
    }
    let (_, form) = &heard[0];
    assert_eq!(value(form, "Body"), "Hello & <you>: 100% ñandú ☕ \u{202e}rtl", "the words arrive as they are");
    assert_eq!(value(form, "StatusCallback"), format!("{}/status", out.callback.unwrap()));
    assert_eq!(value(form, "ValidityPeriod"), "3600");
    let (_, form) = &heard[1];
    assert_eq!((value(form, "MachineDetection"), value(form, "Timeout")), ("Enable", "25"));
    assert!(value(form, "Url").ends_with("/answer"), "{form:?}");
    let (_, form) = &heard[2];
    assert_eq!(value(form, "MachineDetection"), "DetectMessageEnd");
    assert!(value(form, "Url").ends_with("/voicemail/answer"), "{form:?}");
    let events: BTreeSet<_> =
        form.iter().filter(|(n, _)| n == "StatusCallbackEvent").map(|(_, v)| v.as_str()).collect();
    assert_eq!(events, ["completed", "initiated"].into());
}

#[tokio::test]
async fn only_a_definite_refusal_is_one() {
    let error = |status, code: u64| {
        let body = json!({"code": code, "message": format!("The number {DAVID} is wrong"), "status": status});
        Does::Answers(status, "Retry-After: 3\r\n", body.to_string())
    };
    let rejected = |code: &str| SendError::Rejected { code: code.into(), retryable: false };
    let ambiguous = |e: &SendError| matches!(e, SendError::Ambiguous(_));
    for (does, wanted) in [
        (error(400, 21_211), rejected("unreachable_number")),
        (error(400, 21_614), rejected("landline")),
        (error(400, 21_610), SendError::OptedOut),
        (error(401, 20_003), SendError::Config("twilio_20003".into())),
        (error(429, 20_429), SendError::Throttled { after_ms: 3_000 }),
    ] {
        let (port, _) = server(vec![does]);
        let said = texts(port).send(&outbound("text", DAVID, sms("Hello"))).await.unwrap_err();
        assert_eq!(said, wanted);
        assert!(!said.to_string().contains(DAVID), "{said}");
    }
    let no_sid = Does::Answers(201, "", "{}".into());
    let page = Does::Answers(201, "", "<html>".into());
    for does in [error(500, 0), error(503, 20_503), Does::Closes, Does::Hangs, no_sid, page] {
        let (port, heard) = server(vec![does]);
        let text = Twilio::new(&settings(port, json!({"timeout_ms": 500})), &around()).unwrap();
        let said = text.send(&outbound("text", DAVID, sms("Hello"))).await.unwrap_err();
        assert!(ambiguous(&said), "{said}");
        assert_eq!(heard.lock().unwrap().len(), 1, "it is never asked twice");
    }
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = texts(gone).send(&outbound("text", DAVID, sms("Hello"))).await.unwrap_err();
    assert!(matches!(said, SendError::Unreachable(_)), "{said}");
    let mut late = outbound("text", DAVID, sms("Hello"));
    late.message.valid_until = late.now;
    let said = texts(gone).send(&late).await.unwrap_err();
    assert!(matches!(said, SendError::Invalid(_)), "nothing leaves past its time: {said}");
    let mut homeless = outbound("call", DAVID, call(None));
    homeless.callback = None;
    assert!(matches!(calls(gone).send(&homeless).await, Err(SendError::Config(_))));
}

fn listed(all: &[(&str, &str, &str)], next: Option<&str>, key: &str) -> Does {
    let one = |(sid, body, at): &(&str, &str, &str)| json!({"sid": sid, "body": body, "date_created": at, "direction": "outbound-api", "status": "sent"});
    let items: Vec<Json> = all.iter().map(one).collect();
    Does::Answers(200, "", json!({key: items, "next_page_uri": next}).to_string())
}

#[tokio::test]
async fn an_attempt_that_was_broken_off_is_found_or_left_unknown() {
    const THEN: &str = "Tue, 24 Nov 2020 14:00:03 +0000";
    let mut message = outbound("text", DAVID, sms("It is ready.")).message;
    message.status_at = At(1_606_226_400_000);
    let found = |id: &str| Reconciled::Accepted(Accepted { provider_id: Some(id.into()), delivered: false });
    let next = format!("/2010-04-01/Accounts/{}/Messages.json?Page=1", sid());
    let it = ("SM2", "It is ready.", THEN);
    for (does, wanted) in [
        (vec![listed(&[("SM1", "x", "Mon, 23 Nov 2020 14:00:03 +0000"), it], None, "messages")], found("SM2")),
        (vec![listed(&[], Some(&next), "messages"), listed(&[it], None, "messages")], found("SM2")),
        (
            vec![listed(&[it], Some(&next), "messages"), listed(&[("SM3", it.1, THEN)], None, "messages")],
            Reconciled::Unknown,
        ),
        (vec![listed(&[], None, "messages")], Reconciled::NotSent),
        (vec![listed(&[], Some(&next), "messages")], Reconciled::Unknown),
        (vec![listed(&[], Some("/elsewhere?Page=1"), "messages")], Reconciled::Unknown),
        (vec![Does::Answers(500, "", "{}".into())], Reconciled::Unknown),
        (vec![Does::Closes], Reconciled::Unknown),
    ] {
        let (port, heard) = server(does);
        assert_eq!(texts(port).reconcile(&message).await, wanted);
        let heard = heard.lock().unwrap();
        let first = &heard[0].0;
        assert!(first.starts_with("GET ") && first.contains("To=%2B12125550119&From=%2B12125550100"), "{first}");
        assert!(heard.len() <= 6, "a list without end is not read for ever");
    }
    message.content = call(None);
    let (port, _) = server(vec![listed(&[("CA1", "", THEN)], None, "calls")]);
    assert_eq!(calls(port).reconcile(&message).await, found("CA1"));
    let (port, _) = server(vec![listed(&[("CA1", "", THEN), ("CA2", "", THEN)], None, "calls")]);
    assert_eq!(calls(port).reconcile(&message).await, Reconciled::Unknown);
    // The telephone of a member of staff rings for many: the one call in the list may be another patient's.
    message.content = staff_call("+12125550119");
    let (port, heard) = server(vec![listed(&[("CA1", "", THEN)], None, "calls")]);
    assert_eq!(calls(port).reconcile(&message).await, Reconciled::Unknown);
    assert!(heard.lock().unwrap().is_empty(), "nobody is asked");
}

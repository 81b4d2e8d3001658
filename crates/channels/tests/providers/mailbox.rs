//! Mail that comes back: the listener against real senders (swaks, Postfix) and against those who try to break it.

use throughline_channels as channels;

use crate::common::{NOW, mail, outbound, request};
use crate::dkim::{key, raw, verified};
use crate::smtp::{Server, checklist, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::contract::ReceiveError;
use channels::{Busy, Incoming, Provider, SendError, Sink, Smtp};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::postfix::Postfix;

/// How long something that is to happen may take.
const SOON: Duration = Duration::from_secs(20);

/// A mailbox that listens, and what it brought.
struct Inbox {
    port: u16,
    brought: Arc<Mutex<Vec<Incoming>>>,
    busy: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn back() -> Json {
    json!({"host": "127.0.0.1", "port": 1, "tls": "none", "from": "care@clinic.example",
        "bounce_to": "b@mail.clinic.example", "reply_to": "r@mail.clinic.example", "address_secret": "secret"})
}

impl Inbox {
    /// Listens with these settings changed.
    async fn open(changes: Json) -> Self {
        let port = free_port();
        let mut all = back();
        all["listen"] = json!(format!("127.0.0.1:{port}"));
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        Self::of(&Smtp::new(all.as_object().unwrap()).unwrap(), port).await
    }

    async fn of(smtp: &Smtp, port: u16) -> Self {
        let (brought, busy) = (Arc::<Mutex<Vec<Incoming>>>::default(), Arc::new(AtomicBool::new(false)));
        let (kept, refuses) = (Arc::clone(&brought), Arc::clone(&busy));
        let sink: Sink = Arc::new(move |facts| {
            let (kept, refuses) = (Arc::clone(&kept), refuses.load(Ordering::SeqCst));
            Box::pin(async move {
                if refuses {
                    return Err(Busy);
                }
                kept.lock().unwrap().extend(facts);
                Ok(())
            })
        });
        let task = tokio::spawn(smtp.connect(sink).expect("it listens"));
        let since = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(since.elapsed() < SOON, "it does not listen");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self { port, brought, busy, task }
    }

    fn texts(&self) -> Vec<String> {
        let all = self.brought.lock().unwrap();
        all.iter().map(|f| f.fact.text("text").unwrap_or_default().to_owned()).collect()
    }

    /// The facts once there are so many.
    async fn wait(&self, count: usize) -> Vec<Incoming> {
        let since = Instant::now();
        loop {
            let all = self.brought.lock().unwrap().clone();
            if all.len() >= count {
                return all;
            }
            assert!(since.elapsed() < SOON, "{} of {count} came", all.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A client that says just what it is told to.
struct Raw(BufReader<TcpStream>);

impl Raw {
    fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(BufReader::new(stream))
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }
    /// The code of the next answer.
    fn code(&mut self) -> u16 {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            assert!(line.ends_with("\r\n"), "the line was closed: {line:?}");
            if line.as_bytes()[3] == b' ' {
                return line[..3].parse().unwrap();
            }
        }
    }
    fn say(&mut self, line: &str) -> u16 {
        self.write(format!("{line}\r\n").as_bytes());
        self.code()
    }
    /// Greeted, with a mail begun up to its content.
    fn ready(port: u16) -> Self {
        let mut this = Self::connect(port);
        assert_eq!(this.code(), 220);
        assert_eq!(this.say("EHLO test.example"), 250);
        this.begin();
        this
    }
    fn begin(&mut self) {
        assert_eq!(self.say("MAIL FROM:<david@example.org>"), 250);
        assert_eq!(self.say("RCPT TO:<r@mail.clinic.example>"), 250);
        assert_eq!(self.say("DATA"), 354);
    }
    fn closed(&mut self) -> bool {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).is_ok()
    }
}

/// Blocking work beside the listener.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

const PLAIN: &str = "From: David <david@example.org>\r\nSubject: Re: Your day\r\nMessage-ID: <1@example.org>\r\n\r\n";

fn swaks(port: u16, to: &str, body: &str, more: &[&str]) -> (bool, String) {
    let out = Command::new("swaks")
        .args(["--server", &format!("127.0.0.1:{port}"), "--from", "david@example.org", "--to", to])
        .args(["--header", "Subject: Re: Your day", "--body", body])
        .args(more)
        .output()
        .expect("swaks is missing: run scripts/setup.sh test");
    (out.status.success(), String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr))
}

#[tokio::test]
async fn swaks_brings_a_reply_one_by_one_and_pipelined_with_its_dots() {
    let inbox = Inbox::open(json!({})).await;
    let port = inbox.port;
    for (n, more) in [&[][..], &["--pipeline"]].into_iter().enumerate() {
        let said = format!("number {n}\n.a dot\n..two dots\n.\nthe end");
        let (good, log) = beside(move || swaks(port, "r@mail.clinic.example", &said, more)).await;
        assert!(good, "{log}");
        assert_eq!(inbox.texts()[n], format!("number {n}\n.a dot\n..two dots\n.\nthe end"));
    }
    let all = inbox.wait(2).await;
    assert_eq!(all[0].fact.kind, "reply.received");
    assert_eq!(all[0].keys, [model::inbox::key("email", "david@example.org")]);
    assert_eq!((all[0].person, all[0].message), (None, None));
}

#[tokio::test]
async fn nothing_is_relayed() {
    let inbox = Inbox::open(json!({})).await;
    let port = inbox.port;
    for to in [
        "eve@elsewhere.example",
        "r@elsewhere.example",
        "x@mail.clinic.example",
        "r+forged@mail.clinic.example",
        "eve%elsewhere.example@mail.clinic.example",
        "\"eve@elsewhere.example\"@mail.clinic.example",
    ] {
        let (good, log) = beside(move || swaks(port, to, "hello", &[])).await;
        assert!(!good && log.contains("550 5.1.1"), "{to}: {log}");
    }
    assert!(inbox.brought.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_mail_is_taken_only_when_it_is_durable() {
    let inbox = Inbox::open(json!({})).await;
    let port = inbox.port;
    inbox.busy.store(true, Ordering::SeqCst);
    let (good, log) = beside(move || swaks(port, "r@mail.clinic.example", "hello", &[])).await;
    assert!(!good && log.contains("451 4.3.0"), "{log}");
    assert!(inbox.brought.lock().unwrap().is_empty());
    inbox.busy.store(false, Ordering::SeqCst);
    let (good, log) = beside(move || swaks(port, "r@mail.clinic.example", "hello", &[])).await;
    assert!(good && inbox.texts() == ["hello"], "{log}");
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_the_line_goes_on() {
    let inbox = Inbox::open(json!({"mail_bytes_max": 20_000})).await;
    let port = inbox.port;
    beside(move || {
        let mut client = Raw::connect(port);
        client.code();
        client.say("EHLO test.example");
        assert_eq!(client.say("MAIL FROM:<david@example.org> SIZE=20001"), 552);
        client.begin();
        // Not said before: it is read up to its end, and refused.
        client.write(format!("{PLAIN}{}\r\n.\r\n", "words words\r\n".repeat(2_000)).as_bytes());
        assert_eq!(client.code(), 552);
        client.begin();
        client.write(format!("{PLAIN}short\r\n.\r\n").as_bytes());
        assert_eq!(client.code(), 250);
        // Without an end it is cut off.
        client.begin();
        let flood = vec![b'x'; 200_000];
        let _ = client.0.get_mut().write_all(&flood);
        assert_eq!(client.code(), 552);
    })
    .await;
    assert_eq!(inbox.texts(), ["short"]);
}

#[tokio::test]
async fn no_second_mail_is_hidden_in_a_first() {
    let inbox = Inbox::open(json!({})).await;
    let port = inbox.port;
    beside(move || {
        let hidden =
            "MAIL FROM:<eve@example.org>\r\nRCPT TO:<r@mail.clinic.example>\r\nDATA\r\nSubject: x\r\n\r\nhidden";
        // What some servers take for the end of a mail, and others do not.
        for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n\0.\r\n", "\n.\r"] {
            let mut client = Raw::ready(port);
            client.write(format!("{PLAIN}shown{end}{hidden}\r\n.\r\n").as_bytes());
            let code = client.code();
            // NUL is no line end: that mail is one mail, with the rest as its words.
            assert_eq!(code, if end.contains('\0') { 250 } else { 550 }, "{end:?}");
            assert_eq!(client.say("NOOP"), 250, "one answer to one mail: {end:?}");
        }
        let mut client = Raw::connect(port);
        client.code();
        for line in ["EHLO a\nMAIL FROM:<a@example.org>", "EHLO a\rNOOP", "EHLO\0a", "NO\u{e9}P"] {
            assert_eq!(client.say(line), 500, "{line:?}");
        }
        let long = format!("NOOP {}", "x".repeat(100_000));
        assert_eq!(client.say(&long), 500);
        assert_eq!(client.say("NOOP"), 250, "the line is in step");
    })
    .await;
    let texts = inbox.texts();
    assert_eq!(texts.len(), 1);
    assert!(texts[0].starts_with("shown") && texts[0].contains("hidden"));
    assert_eq!(inbox.wait(1).await[0].fact.text("from"), Some("david@example.org"));
}

#[tokio::test]
async fn all_at_once_is_answered_in_order() {
    let inbox = Inbox::open(json!({})).await;
    let port = inbox.port;
    beside(move || {
        let mut client = Raw::connect(port);
        let one =
            "MAIL FROM:<david@example.org>\r\nRCPT TO:<eve@example.org>\r\nRCPT TO:<r@mail.clinic.example>\r\nDATA\r\n";
        let all = format!("EHLO a\r\n{one}{PLAIN}first\r\n.\r\n{one}{PLAIN}second\r\n.\r\nRSET\r\nVRFY r\r\nQUIT\r\n");
        client.write(all.as_bytes());
        let codes: Vec<u16> = (0..15).map(|_| client.code()).collect();
        assert_eq!(codes, [220, 250, 250, 550, 250, 354, 250, 250, 550, 250, 354, 250, 250, 252, 221]);
        assert!(client.closed());
    })
    .await;
    assert_eq!(inbox.texts(), ["first", "second"]);
}

#[tokio::test]
async fn who_is_slow_is_sent_away_and_who_comes_too_many_waits() {
    let inbox = Inbox::open(json!({"listen_timeout_ms": 700, "listen_connections_max": 5})).await;
    let port = inbox.port;
    beside(move || {
        let since = Instant::now();
        let mut slow = Raw::connect(port);
        slow.code();
        for _ in 0..3 {
            // Each octet comes in time, the command does not.
            slow.write(b"N");
            std::thread::sleep(Duration::from_millis(300));
        }
        assert_eq!(slow.code(), 421);
        assert!(slow.closed() && since.elapsed() < Duration::from_secs(5));
        let mut halfway = Raw::ready(port);
        halfway.write(b"Subject: x\r\n");
        assert!(halfway.closed(), "a content that never ends");
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    beside(move || {
        let mut all: Vec<Raw> = (0..20).map(|_| Raw::connect(port)).collect();
        let codes: Vec<u16> = all.iter_mut().map(Raw::code).collect();
        assert_eq!(codes.iter().filter(|c| **c == 220).count(), 5, "{codes:?}");
        assert_eq!(codes.iter().filter(|c| **c == 421).count(), 15, "{codes:?}");
    })
    .await;
    // They have gone, and there is room again.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (good, log) = beside(move || swaks(port, "r@mail.clinic.example", "hello", &[])).await;
    assert!(good, "{log}");
    assert_eq!(inbox.texts(), ["hello"]);
}

/// Octets without sense, from a seed: the listener stays and takes the next mail.
#[tokio::test]
async fn nonsense_ends_nothing() {
    let inbox = Inbox::open(json!({})).await;
    let port = inbox.port;
    beside(move || {
        let mut state = 0x5eed_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u8
        };
        for n in 0..200 {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let mut bytes: Vec<u8> = (0..300).map(|_| next()).collect();
            if n % 2 == 0 {
                bytes = bytes.iter().map(|b| b"\r\n.EHLOMAILRCPT <>:@\0"[usize::from(*b) % 21]).collect();
            }
            let _ = stream.write_all(&bytes);
        }
        // Those that were closed just now may still count as open for a moment.
        let mut client = loop {
            let mut client = Raw::connect(port);
            match client.code() {
                220 => break client,
                busy => assert_eq!(busy, 421),
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        assert_eq!(client.say("EHLO test.example"), 250);
        client.begin();
        client.write(format!("{PLAIN}still there\r\n.\r\n").as_bytes());
        assert_eq!(client.code(), 250);
    })
    .await;
    assert_eq!(inbox.texts(), ["still there"]);
}

/// The whole way through a relay that is not ours: a signed mail goes out and is verified where it arrives; an answer
/// to it comes back and names it; one that nobody takes is bounced by the relay itself.
#[tokio::test(flavor = "multi_thread")]
async fn postfix_carries_a_signed_mail_and_brings_its_bounce_and_its_answer() {
    let world = Server::start("postfix", "none");
    let (listen, (key, record)) = (free_port(), key(&world.folder, "genpkey -algorithm ed25519"));
    let relay = Postfix::start("mailbox", &[("example.org", world.port), ("mail.clinic.example", listen)]);
    let mut all = back();
    all["port"] = json!(relay.port());
    all["listen"] = json!(format!("127.0.0.1:{listen}"));
    all["dkim_key"] = json!(key.to_str().unwrap());
    all["dkim_selector"] = json!("hub1");
    let smtp = Smtp::new(all.as_object().unwrap()).unwrap();
    let inbox = Inbox::of(&smtp, listen).await;

    let out = checklist("jose@example.org");
    smtp.send(&out).await.unwrap();
    let since = Instant::now();
    while world.mails().is_empty() {
        assert!(since.elapsed() < SOON, "{}", relay.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mail_ = world.mails().remove(0);
    assert!(verified(&raw(&mail_), &record), "after a relay:\n{}", String::from_utf8_lossy(&raw(&mail_)));
    let bounces_to = mail_["from"].as_str().unwrap().to_owned();
    assert!(bounces_to.starts_with("b+") && bounces_to.ends_with("@mail.clinic.example"), "{bounces_to}");
    let reply_to = header(&mail_, "Reply-To").unwrap().rsplit('<').next().unwrap().trim_end_matches('>').to_owned();

    let port = relay.port();
    let (good, log) =
        beside(move || swaks(port, &reply_to, "Sí, ya caminé", &["--h-From", "Jose <jose@example.org>"])).await;
    assert!(good, "{log}");
    let answer = inbox.wait(1).await.remove(0);
    assert_eq!((answer.fact.text("text"), answer.message), (Some("Sí, ya caminé"), Some(out.message.id)));
    assert_eq!((answer.fact.text("from"), answer.person), (Some("jose@example.org"), None));
    assert_eq!(answer.fact.text("written_to"), Some(out.message.person.to_string().as_str()));

    // The relay takes it, the next server does not: the bounce is the relay's own.
    let lost = outbound("lost", "unknown@example.org", mail("Hello", "Hello"));
    smtp.send(&lost).await.unwrap();
    let bounce = inbox.wait(2).await.remove(1);
    assert_eq!(bounce.fact.kind, "message.failed", "{:?}\n{}", bounce.fact, relay.log());
    assert_eq!((bounce.message, bounce.person), (Some(lost.message.id), Some(lost.message.person)));
    assert_eq!(bounce.fact.text("error"), Some("unreachable_number"));
    assert_eq!(bounce.fact.text("status"), Some("5.1.1"));
    // One whose domain there is not is refused by the relay at once.
    let nowhere = smtp.send(&outbound("nowhere", "a@nowhere.example", mail("Hello", "Hello"))).await;
    assert_eq!(nowhere, Err(SendError::Rejected { code: "unreachable_number".into(), retryable: false }));
}

const WEBHOOK: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn posted(mail: &[u8], at: i64) -> channels::Request {
    let mut request = request("inbound", mail);
    let key = STANDARD.decode(&WEBHOOK[6..]).unwrap();
    let said = [format!("msg_1.{at}.").as_bytes(), mail].concat();
    let signature = format!("v1,AAAA v1,{}", STANDARD.encode(model::link::hmac_sha256(&key, &said)));
    let headers =
        [("webhook-id", "msg_1".to_owned()), ("webhook-timestamp", at.to_string()), ("webhook-signature", signature)];
    request.headers = headers.map(|(n, v)| (n.to_owned(), v)).to_vec();
    request
}

#[test]
fn a_mail_that_a_host_posts_is_taken_when_it_is_signed_and_only_then() {
    let mut settings = back();
    settings["inbound_secret"] = json!(WEBHOOK);
    let smtp = Smtp::new(settings.as_object().unwrap()).unwrap();
    let mail =
        b"Return-Path: <david@example.org>\nDelivered-To: r@mail.clinic.example\nFrom: david@example.org\n\nI fell\n";
    let now = NOW.0.div_euclid(1_000);
    let received = smtp.receive(&posted(mail, now)).unwrap();
    assert_eq!(received.facts[0].fact.text("text"), Some("I fell"));
    assert_eq!(received.facts[0].fact.flag("auto"), None);
    let again = smtp.receive(&posted(mail, now + 60)).unwrap();
    assert_eq!(again.facts[0].fact.id, received.facts[0].fact.id, "a second time it is the same fact");
    let refused = |request: &channels::Request| matches!(smtp.receive(request), Err(ReceiveError::NotAuthentic(_)));
    for at in [now - 301, now + 301, i64::MIN, i64::MAX] {
        assert!(refused(&posted(mail, at)), "too old or too new");
    }
    let mut changed = posted(mail, now);
    changed.body.push(b'!');
    assert!(refused(&changed));
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut cut = posted(mail, now);
        cut.headers.retain(|(n, _)| n != name);
        assert!(refused(&cut), "{name}");
        let mut other = posted(mail, now);
        other.headers.iter_mut().filter(|(n, _)| n == name).for_each(|(_, v)| v.push('1'));
        assert!(refused(&other), "{name}");
    }
    // Without a secret nobody can sign; and what is posted elsewhere is none.
    let none = Smtp::new(back().as_object().unwrap()).unwrap();
    assert!(matches!(none.receive(&posted(mail, now)), Err(ReceiveError::NotAuthentic(_))));
    let mut elsewhere = posted(mail, now);
    elsewhere.path = "outbound".into();
    assert!(matches!(smtp.receive(&elsewhere), Err(ReceiveError::Malformed(_))));
    assert!(matches!(smtp.receive(&posted(b"", now)), Err(ReceiveError::Malformed(_))));
}

#[test]
fn settings_that_do_not_fit_together_are_told_by_name() {
    let told = |changes: Json| {
        let mut all = back();
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let all: channels::registry::Settings =
            all.as_object().unwrap().clone().into_iter().filter(|(_, v)| !v.is_null()).collect();
        Smtp::validate(&all).err().unwrap_or_default().join("\n")
    };
    assert_eq!(told(json!({})), "");
    for (changes, wanted) in [
        (json!({"bounce_to": "bounces@mail.clinic.example"}), "smtp.bounce_to:"),
        (json!({"reply_to": "r+@mail.clinic.example"}), "smtp.reply_to:"),
        (json!({"reply_to": "b@mail.clinic.example"}), "smtp.reply_to:"),
        (json!({"address_secret": null}), "smtp.address_secret:"),
        (json!({"listen": "mail.clinic.example:25"}), "smtp.listen:"),
        (json!({"listen": "127.0.0.1:25", "bounce_to": null, "reply_to": null}), "smtp.listen:"),
        (json!({"mail_bytes_max": 1}), "smtp.mail_bytes_max:"),
        (json!({"listen_connections_max": 0}), "smtp.listen_connections_max:"),
        (json!({"listen_timeout_ms": 1}), "smtp.listen_timeout_ms:"),
        (json!({"inbound_secret": "hunter2"}), "smtp.inbound_secret:"),
        (json!({"trusted_authserv": "a b"}), "smtp.trusted_authserv:"),
        (json!({"dkim_key": "/k"}), "smtp.dkim_selector:"),
        (json!({"dkim_selector": "s"}), "smtp.dkim_key:"),
        (json!({"dkim_key": "/k", "dkim_selector": "s", "dkim_domain": "other.example"}), "smtp.dkim_domain:"),
        (json!({"dkim_key": "/k", "dkim_selector": "s; x"}), "smtp.dkim_selector:"),
    ] {
        let problems = told(changes.clone());
        assert!(problems.starts_with(wanted) && !problems.contains("hunter2"), "{changes}: {problems}");
    }
}

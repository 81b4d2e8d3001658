//! `web_push` against a push service that we did not write (web-push-testing): what a device reads, the answers of push
//! services, and where nothing is sent.

use throughline_channels as channels;

use crate::common::{NOW, around, device, outbound, push, request};
use channels::contract::ReceiveError;
use channels::registry::Settings;
use channels::{Provider, SendError, WebPush};
use egress::{Egress, Method};
use model::message::Content;
use model::push::Device;
use model::{MessageId, PersonId};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

/// A push service of its own for one test; it goes when dropped.
struct Service {
    child: Child,
    port: u16,
    egress: Egress,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    fn start() -> Self {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/push"));
        assert!(folder.join("node_modules").is_dir(), "the push service is not there: run scripts/setup.sh test");
        let mut child = Command::new("node")
            .arg(folder.join("server.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().expect("it prints its port"), egress: Egress::new(&[]).unwrap() }
    }

    async fn post(&self, path: &str, body: Json) -> Json {
        let asked = egress::Request {
            method: Method::Post,
            url: Url::parse(&format!("http://127.0.0.1:{}{path}", self.port)).unwrap(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
            within: Duration::from_secs(5),
            answer_max: 1 << 20,
            private: true,
        };
        let answer = self.egress.send(&asked).await.unwrap();
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// A browser that subscribed: the device, and what the service calls it.
    async fn subscribe(&self, by: &WebPush) -> (Device, String) {
        let asked = json!({"userVisibleOnly": "true", "applicationServerKey": by.public_key()});
        let data = self.post("/subscribe", asked).await["data"].take();
        let text = |v: &Json| v.as_str().unwrap_or_else(|| panic!("{data}")).to_owned();
        let keys = &data["keys"];
        let device = Device::read(&text(&data["endpoint"]), &text(&keys["p256dh"]), &text(&keys["auth"]));
        (device.expect("a device"), text(&data["clientHash"]))
    }

    /// What it was brought for a device, opened with the device's own keys.
    async fn read(&self, hash: &str) -> Vec<Json> {
        let said = self.post("/get-notifications", json!({"clientHash": hash})).await;
        let all = said["data"]["messages"].as_array().cloned().unwrap_or_default();
        all.iter().map(|m| serde_json::from_str(m.as_str().unwrap()).unwrap()).collect()
    }
}

fn settings() -> Settings {
    json!({"contact": "mailto:it@clinic.example", "private": "yes", "hosts": "127.0.0.1"}).as_object().unwrap().clone()
}

fn provider() -> WebPush {
    WebPush::new(&settings(), &around()).unwrap()
}

#[tokio::test]
async fn every_device_reads_the_words_and_nobody_else_could() {
    let (service, provider) = (Service::start(), provider());
    let (phone, phone_hash) = service.subscribe(&provider).await;
    let (tablet, tablet_hash) = service.subscribe(&provider).await;
    let mut out = push("two", vec![phone, tablet]);
    out.message.urgent = true;
    let accepted = provider.send(&out).await.unwrap();
    assert!(!accepted.delivered, "the push service has it, the device has not");
    for hash in [&phone_hash, &tablet_hash] {
        let read = service.read(hash).await;
        let wanted = json!({"title": "A message for you", "text": "Please open your page.",
            "url": "https://hub.example.org/t/token", "language": "en", "tag": out.message.id, "seen": out.callback});
        assert_eq!(read, [wanted]);
    }
    let heads = service.post("/heads", json!({})).await;
    let topic = out.message.id.to_string();
    assert_eq!(heads[0], json!({"ttl": "3600", "urgency": "high", "topic": topic}));
}

#[tokio::test]
async fn a_device_that_is_gone_is_told_once_collected_and_the_others_are_served() {
    let (service, provider) = (Service::start(), provider());
    let (phone, phone_hash) = service.subscribe(&provider).await;
    let (tablet, tablet_hash) = service.subscribe(&provider).await;
    service.post(&format!("/expire-subscription/{phone_hash}"), json!({})).await;
    let out = push("one gone", vec![phone.clone(), tablet]);
    provider.send(&out).await.unwrap();
    assert_eq!(service.read(&tablet_hash).await.len(), 1);
    let gone = provider.collect(NOW);
    assert_eq!(gone.len(), 1);
    let fact = &gone[0].fact;
    assert_eq!((fact.kind.as_str(), fact.text("id")), ("push.gone", Some(phone.id().as_str())));
    assert_eq!(gone[0].person, Some(out.message.person));
    assert!(!fact.body.to_string().contains("http"), "where it was is told to nobody");
    assert!(provider.collect(NOW).is_empty());
    // Alone it is a definite failure.
    let refused = provider.send(&push("gone", vec![phone])).await.unwrap_err();
    assert_eq!(refused, SendError::Rejected { code: "gone".into(), retryable: false });
}

#[tokio::test]
async fn the_hub_is_told_of_a_device_that_is_gone_until_it_took_it_in() {
    let (service, provider) = (Service::start(), provider());
    let (phone, hash) = service.subscribe(&provider).await;
    service.post(&format!("/expire-subscription/{hash}"), json!({})).await;
    let taken = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&taken);
    let sink: channels::Sink = Arc::new(move |facts| {
        let into = Arc::clone(&into);
        Box::pin(async move {
            let mut all = into.lock().unwrap();
            all.push(facts[0].fact.id);
            if all.len() == 1 { Err(channels::Busy) } else { Ok(()) }
        })
    });
    let task = tokio::spawn(provider.connect(sink).unwrap());
    provider.send(&push("gone", vec![phone])).await.unwrap_err();
    for _ in 0..200 {
        if taken.lock().unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    task.abort();
    let all = taken.lock().unwrap().clone();
    assert!(all.len() == 2 && all[0] == all[1], "the hub was busy once: {all:?}");
}

#[tokio::test]
async fn answers_mean_what_the_standard_says() {
    let (service, provider) = (Service::start(), provider());
    let (phone, _) = service.subscribe(&provider).await;
    let rejected = |code: &str| SendError::Rejected { code: code.into(), retryable: false };
    let rows = [
        ("404", rejected("gone")),
        ("410", rejected("gone")),
        ("413", rejected("too_large")),
        ("403", rejected("http_403")),
        ("301", rejected("http_301")),
        ("429/7", SendError::Throttled { after_ms: 7_000 }),
        ("429", SendError::Throttled { after_ms: 60_000 }),
        ("500", SendError::Ambiguous("status 500".into())),
        ("503/7", SendError::Ambiguous("status 503".into())),
    ];
    for (says, expected) in rows {
        service.post(&format!("/says/{says}"), json!({})).await;
        assert_eq!(provider.send(&push(says, vec![phone.clone()])).await.unwrap_err(), expected, "{says}");
    }
    service.post("/says/1", json!({})).await;
    let broken = provider.send(&push("broken", vec![phone.clone()])).await.unwrap_err();
    assert!(matches!(broken, SendError::Ambiguous(_)), "{broken}");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = provider.send(&push("nobody", vec![device(&format!("http://127.0.0.1:{port}/"))])).await.unwrap_err();
    assert!(matches!(nobody, SendError::Unreachable(_)), "{nobody}");
}

#[tokio::test]
async fn nothing_is_sent_but_to_the_host_of_a_push_service() {
    let closed = WebPush::new(&Settings::new(), &around()).unwrap();
    for good in [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/QABC",
        "https://wns2-par02p.notify.windows.com/w/?token=abc",
    ] {
        assert!(closed.allows(good), "{good}");
    }
    for bad in [
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com:8443/fcm/send/abc",
        "https://user@fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com.example.org/",
        "https://evilpush.apple.com/",
        "https://push.apple.com.evil.example/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/",
        "file:///etc/passwd",
        "nonsense",
    ] {
        assert!(!closed.allows(bad), "{bad}");
        let Some(device) = Device::read(bad, &device("https://x/").p256dh, &device("https://x/").auth) else {
            continue;
        };
        let refused = closed.send(&push("bad", vec![device])).await.unwrap_err();
        assert!(matches!(refused, SendError::Invalid(_)), "{bad}: {refused}");
    }
}

#[tokio::test]
async fn words_too_long_or_keys_that_are_none_are_refused_before_a_byte_leaves() {
    let provider = provider();
    let at = device("http://127.0.0.1:1/");
    let mut long = push("long", vec![at.clone()]);
    if let Content::Push { text, .. } = &mut long.message.content {
        *text = "a".repeat(4_000);
    }
    let none = Device { p256dh: "A".repeat(87), ..at };
    for out in [long, push("none", vec![none]), push("nobody", vec![])] {
        let refused = provider.send(&out).await.unwrap_err();
        assert!(matches!(refused, SendError::Invalid(_)), "{refused}");
        assert!(
            !format!("{refused} {out:?}").contains("BTBZMqHH6r4Tts7J_aSIgg"),
            "the device's secret is in no output"
        );
    }
    let other = outbound("other", "+15550100", Content::Sms { text: "Hello".into() });
    assert!(matches!(provider.send(&other).await, Err(SendError::Invalid(_))));
}

#[test]
fn what_the_worker_says_is_about_the_attempt_that_its_address_names() {
    let provider = provider();
    let (person, message) = (PersonId::of(&[b"david"]), MessageId::of(&[b"push"]));
    let said = |path: &str, attempt| provider.receive(&channels::Request { attempt, ..request(path, b"") });
    for (path, kind) in [("shown", "message.delivered"), ("opened", "message.read")] {
        let received = said(path, Some((person, message))).unwrap();
        assert!(received.facts.is_empty() && received.about == Some((person, message)), "looked up first");
        let request = channels::Request { attempt: received.about, ..request(path, b"") };
        let found = |id: MessageId, channel| {
            let push = push("push", vec![]).message;
            let push = model::message::Message { id, channel, ..push };
            provider.understand(&request, &received, Some(&push))
        };
        assert!(provider.understand(&request, &received, None).is_empty(), "a message that does not exist");
        assert!(found(message, model::Channel::Sms).is_empty(), "and one that is no push");
        assert!(found(MessageId::of(&[b"other"]), model::Channel::Push).is_empty());
        let all = found(message, model::Channel::Push);
        let one = &all[0];
        assert_eq!(all.len(), 1);
        assert_eq!((one.fact.kind.as_str(), one.message, one.person), (kind, Some(message), Some(person)));
        assert_eq!(found(message, model::Channel::Push)[0].fact.id, one.fact.id, "twice is one fact");
    }
    assert!(matches!(said("shown", None), Err(ReceiveError::NotAuthentic(_))));
    assert!(matches!(said("failed", Some((person, message))), Err(ReceiveError::Malformed(_))));
}

#[test]
fn a_key_that_is_set_is_kept_and_one_that_is_none_is_refused_without_being_shown() {
    let made = channels::web_push::Vapid::make().unwrap();
    let with = |key: &str| {
        let mut all = settings();
        all.insert("private_key".into(), json!(key));
        WebPush::new(&all, &around())
    };
    assert_eq!(with(&made).unwrap().public_key(), with(&made).unwrap().public_key());
    let problems = with("hunter2").err().unwrap();
    assert!(problems[0].contains("web_push.private_key") && !problems[0].contains("hunter2"), "{problems:?}");
}

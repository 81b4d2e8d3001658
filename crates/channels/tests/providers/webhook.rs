//! `webhook` against a service made with the Standard Webhooks' own library, both ways.

use throughline_channels as channels;

use crate::common::{NOW, around, mail, outbound, request, sms};
use channels::contract::ReceiveError;
use channels::registry::Settings;
use channels::{Provider, Request, SendError, Webhook};
use model::{Channel, MessageId, PersonId, inbox};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn python() -> PathBuf {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    // Does nothing when the tools are there.
    let tools = Command::new("bash").arg(root.join("scripts/python-tools.sh")).output().unwrap();
    assert!(tools.status.success(), "python tools: {}", String::from_utf8_lossy(&tools.stderr));
    root.join("target/tools/venv/bin/python")
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/providers/webhook_server.py");

/// A service that gives these answers, then takes all; it goes when dropped.
struct Service {
    child: Child,
    said: BufReader<ChildStdout>,
    port: u16,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    fn start(secret: &str, answers: &[Json]) -> Self {
        let mut command = Command::new(python());
        command.args([SCRIPT, secret]).args(answers.iter().map(Json::to_string));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        Self { child, said, port: line.trim().parse().expect("it prints its port") }
    }

    fn heard(&mut self) -> Json {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn settings(&self) -> Settings {
        let all = json!({"url": format!("http://127.0.0.1:{}/in", self.port), "secret": SECRET, "private": "yes",
            "channels": "sms, email", "timeout_ms": 3000});
        all.as_object().unwrap().clone()
    }

    fn provider(&self) -> Webhook {
        Webhook::new(&self.settings(), &around()).unwrap()
    }
}

fn now_s() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

/// A request that the site's service signed at `at_s`.
fn signed(secret: &str, id: &str, at_s: i64, body: &Json) -> Request {
    let body = body.to_string();
    let mut child = Command::new(python())
        .args([SCRIPT, "sign", secret, id, &at_s.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success());
    let signature = String::from_utf8(out.stdout).unwrap().trim().to_owned();
    let headers =
        [("webhook-id", id.to_owned()), ("webhook-timestamp", at_s.to_string()), ("webhook-signature", signature)];
    Request { headers: headers.map(|(n, v)| (n.to_owned(), v)).to_vec(), ..request("", body.as_bytes()) }
}

#[tokio::test]
async fn what_is_carried_is_signed_and_says_all_that_is_needed() {
    let mut service = Service::start(SECRET, &[]);
    let provider = service.provider();
    assert_eq!(provider.spec().channels, [Channel::Sms, Channel::Email]);
    let out = outbound("text", "+15550100199", sms("Café 👋\r\n\u{0}"));
    let accepted = provider.send(&out).await.unwrap();
    let heard = service.heard();
    let id = out.message.id.to_string();
    assert_eq!((heard["verified"].as_bool(), heard["id"].as_str()), (Some(true), Some(id.as_str())));
    assert_eq!(accepted.provider_id, Some(format!("site-{}", &id[..8])));
    let data = &heard["body"]["data"];
    assert_eq!(heard["body"]["type"], "message.send");
    assert_eq!(data["content"], json!({"text": "Café 👋\r\n\u{0}"}));
    let wanted = [
        ("id", json!(id)),
        ("channel", json!("sms")),
        ("to", json!("+15550100199")),
        ("callback", json!(out.callback)),
    ];
    for (key, value) in wanted {
        assert_eq!(data[key], value, "{key}");
    }
    // The same again has the same id: the service knows it.
    provider.send(&out).await.unwrap();
    assert_eq!(service.heard()["again"], true);
    provider.send(&outbound("mail", "david@example.org", mail("Your day", "Walk"))).await.unwrap();
    assert_eq!(service.heard()["body"]["data"]["content"]["subject"], "Your day");
    let voice = outbound("call", "+15550100199", crate::common::call(None));
    assert!(matches!(provider.send(&voice).await, Err(SendError::Invalid(_))), "the settings do not name it");
}

#[tokio::test]
async fn answers_mean_what_the_page_says() {
    let rejected = |code: &str| SendError::Rejected { code: code.into(), retryable: false };
    let rows = [
        (json!({"status": 422, "body": {"error": "landline"}}), rejected("landline")),
        (json!({"status": 400, "body": {"error": "David Reyes, +1555"}}), rejected("http_400")),
        (json!({"status": 403, "body": {"error": "opted_out"}}), SendError::OptedOut),
        (json!({"status": 429, "headers": {"retry-after": "3"}}), SendError::Throttled { after_ms: 3_000 }),
        (json!({"status": 503, "headers": {"retry-after": "2"}}), SendError::Throttled { after_ms: 2_000 }),
        (json!({"status": 503}), SendError::Ambiguous("status 503".into())),
        (json!({"status": 500}), SendError::Ambiguous("status 500".into())),
        (json!({"status": 302}), SendError::Ambiguous("status 302".into())),
    ];
    let answers: Vec<Json> = rows.iter().map(|(answer, _)| answer.clone()).collect();
    let service = Service::start(SECRET, &answers);
    let provider = service.provider();
    for (answer, expected) in rows {
        let refused = provider.send(&outbound("text", "+15550100199", sms("Hello"))).await.unwrap_err();
        assert_eq!(refused, expected, "{answer}");
    }
    let service = Service::start(SECRET, &[json!({"status": 0})]);
    let broken = service.provider().send(&outbound("text", "+15550100199", sms("Hello"))).await.unwrap_err();
    assert!(matches!(broken, SendError::Ambiguous(_)), "{broken}");
}

#[tokio::test]
async fn a_service_with_another_secret_does_not_believe_us() {
    let mut service = Service::start("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &[]);
    service.provider().send(&outbound("text", "+15550100199", sms("Hello"))).await.unwrap();
    assert_eq!(service.heard()["verified"], false);
}

#[test]
fn a_signed_status_is_about_the_attempt_that_its_address_names() {
    let provider = Service::start(SECRET, &[]).provider();
    let (person, message) = (PersonId::of(&[b"david"]), MessageId::of(&[b"text"]));
    let attempt = Some((person, message));
    let status = |kind: &str, data: Json| {
        let request = signed(SECRET, "msg_1", now_s(), &json!({"type": kind, "data": data}));
        provider.receive(&Request { attempt, ..request })
    };
    let rows = [
        ("message.delivered", json!({}), json!({})),
        ("message.read", json!({}), json!({})),
        ("message.failed", json!({"error": "landline"}), json!({"error": "landline", "retryable": false})),
        ("message.failed", json!({"error": "No such David!"}), json!({"error": "failed", "retryable": false})),
        (
            "call.ended",
            json!({"answered": true, "marks": ["identified"]}),
            json!({"answered": true, "marks": ["identified"], "keys": ""}),
        ),
    ];
    for (kind, data, expected) in rows {
        let one = status(kind, data).unwrap().facts.remove(0);
        let mut wanted = expected;
        wanted["message"] = json!(message);
        wanted["provider"] = json!("webhook");
        assert_eq!((one.fact.kind.as_str(), &one.fact.body), (kind, &wanted));
        assert_eq!((one.person, one.message), (Some(person), Some(message)));
    }
    for (kind, data) in [
        ("message.sent", json!({})),
        ("call.ended", json!({})),
        ("call.ended", json!({"answered": true, "marks": [1]})),
    ] {
        assert!(matches!(status(kind, data), Err(ReceiveError::Malformed(_))), "{kind}");
    }
    let nobody = signed(SECRET, "msg_1", now_s(), &json!({"type": "message.delivered", "data": {}}));
    assert!(matches!(provider.receive(&nobody), Err(ReceiveError::Malformed(_))), "it names no attempt");
}

#[test]
fn a_signed_reply_is_found_by_its_sender() {
    let provider = Service::start(SECRET, &[]).provider();
    let reply = |data: Json| {
        provider.receive(&signed(SECRET, "msg_7", now_s(), &json!({"type": "reply.received", "data": data})))
    };
    let text = "¡Sí! 👍\u{202e}\u{200b}\r\n'; DROP TABLE";
    let one = reply(json!({"channel": "sms", "from": "+12125550119", "to": "+15550100", "text": text}))
        .unwrap()
        .facts
        .remove(0);
    assert_eq!(one.keys, [inbox::key("phone", "+12125550119")]);
    assert_eq!(
        (one.fact.kind.as_str(), one.fact.text("text"), one.fact.occurred_at),
        ("reply.received", Some(text), NOW)
    );
    let again = reply(json!({"channel": "sms", "from": "+12125550119", "to": "+15550100", "text": text})).unwrap();
    assert_eq!(again.facts[0].fact.id, one.fact.id, "one id is one reply");
    let mail = reply(json!({"channel": "email", "from": "David@Example.org", "text": "Yes"})).unwrap().facts.remove(0);
    assert_eq!(mail.keys, [inbox::key("email", "david@example.org")]);
    // How many pictures came with it; nothing is said of none.
    for (media, wanted) in [
        (json!(2), json!(2)),
        (json!(0), Json::Null),
        (Json::Null, Json::Null),
        (json!(["https://a.example/1.jpg"]), json!(1)),
        (json!("many"), json!(1)),
        (json!(1_000_000), json!(100)),
    ] {
        let came = reply(json!({"channel": "sms", "from": "+12125550119", "text": "", "media": media})).unwrap();
        assert_eq!(came.facts[0].fact.body.get("media").cloned().unwrap_or_default(), wanted, "{media}");
    }
    for wrong in [
        json!({"channel": "sms", "from": "12125550119", "text": "x"}),
        json!({"channel": "sms", "from": "+1212\r\n", "text": "x"}),
        json!({"channel": "email", "from": "nobody", "text": "x"}),
        json!({"channel": "voice", "from": "+12125550119", "text": "x"}),
        json!({"channel": "sms", "from": "+12125550119"}),
        json!({"channel": "sms", "from": "+12125550119", "text": "x".repeat(70_000)}),
        json!([]),
    ] {
        assert!(matches!(reply(wrong.clone()), Err(ReceiveError::Malformed(_))), "{wrong}");
    }
}

#[test]
fn what_is_unsigned_altered_old_or_signed_by_another_has_no_effect() {
    let provider = Service::start(SECRET, &[]).provider();
    let body = json!({"type": "reply.received", "data": {"channel": "sms", "from": "+12125550119", "text": "STOP"}});
    let good = signed(SECRET, "msg_1", now_s(), &body);
    assert!(provider.receive(&good).is_ok());
    let mut altered = good.clone();
    altered.body = body.to_string().replace("STOP", "STAY").into_bytes();
    let mut unsigned = good.clone();
    unsigned.headers.retain(|(name, _)| name != "webhook-signature");
    let mut renamed = good.clone();
    renamed.headers[0].1 = "msg_2".into();
    let old = signed(SECRET, "msg_1", now_s() - 400, &body);
    let early = signed(SECRET, "msg_1", now_s() + 400, &body);
    let other = signed("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "msg_1", now_s(), &body);
    for (name, bad) in [
        ("altered", altered),
        ("unsigned", unsigned),
        ("renamed", renamed),
        ("old", old),
        ("early", early),
        ("another's", other),
    ] {
        assert!(matches!(provider.receive(&bad), Err(ReceiveError::NotAuthentic(_))), "{name}");
    }
}

#[test]
fn settings_that_would_send_in_the_clear_or_nothing_are_refused() {
    let check = |changes: Json| {
        let mut all = json!({"url": "https://site.example/in", "secret": SECRET, "channels": "sms"});
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        Webhook::validate(all.as_object().unwrap()).err().map(|p| p.join("\n"))
    };
    assert_eq!(check(json!({})), None);
    for (changes, says) in [
        (json!({"url": "http://site.example/in"}), "webhook.url"),
        (json!({"url": "nonsense"}), "webhook.url"),
        (json!({"secret": "hunter2"}), "webhook.secret"),
        (json!({"channels": "pigeon"}), "webhook.channels"),
        (json!({"channels": "portal"}), "webhook.channels"),
        (json!({"channels": " , "}), "webhook.channels"),
        (json!({"timeout_ms": 0}), "webhook.timeout_ms"),
    ] {
        let problems = check(changes.clone()).unwrap_or_default();
        assert!(problems.contains(says) && !problems.contains("hunter2"), "{changes}: {problems}");
    }
}

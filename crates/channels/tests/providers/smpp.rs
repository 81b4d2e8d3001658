//! `smpp` against a message centre that we did not write (the npm package `smpp`): what arrives there, what comes back,
//! and every way to fail.

use throughline_channels as channels;

use crate::common::{outbound, sms};
use channels::{Accepted, Busy, Incoming, Outbound, Provider, SendError, Sink, Smpp};
use model::inbox;
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The longest that a test waits for what must come.
const WITHIN: Duration = Duration::from_secs(20);
const DAVID: &str = "+12125550119";

/// A message centre of its own for one test; it goes when dropped.
struct Centre {
    child: Child,
    orders: ChildStdin,
    said: Receiver<Json>,
    port: u16,
    folder: Option<PathBuf>,
}

impl Centre {
    fn start(how: Json) -> Self {
        let tests = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/providers/smpp"));
        assert!(tests.join("node_modules/smpp").is_dir(), "run scripts/setup.sh test: npm package `smpp` is missing");
        let mut child = Command::new("node")
            .arg(tests.join("centre.js"))
            .arg(how.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tell, said) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if tell.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let orders = child.stdin.take().unwrap();
        let mut this = Self { child, orders, said, port: 0, folder: None };
        this.port = this.next("port")["port"].as_u64().unwrap() as u16;
        this
    }

    /// The same with TLS.
    fn private(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("smpp-{test}-{}", std::process::id()));
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
        let mut this = Self::start(json!({"tls": folder.to_str().unwrap()}));
        this.folder = Some(folder);
        this
    }

    fn order(&mut self, order: Json) {
        writeln!(self.orders, "{order}").unwrap();
    }

    /// The next thing of a kind that it says; what it says of others is passed over.
    fn next(&self, kind: &str) -> Json {
        let until = Instant::now() + WITHIN;
        loop {
            let said = self.said.recv_timeout(until.saturating_duration_since(Instant::now()));
            let said = said.unwrap_or_else(|_| panic!("the centre did not say `{kind}`"));
            if said.get(kind).is_some() {
                return said;
            }
        }
    }

    fn submitted(&self) -> Json {
        self.next("submit")["submit"].take()
    }

    fn settings(&self, changes: Json) -> channels::registry::Settings {
        let mut all = json!({"host": "127.0.0.1", "port": self.port, "system_id": "hub", "password": "hunter2",
            "tls": "none", "system_type": "clinic", "source": "55501", "timeout_ms": 3000, "reconnect_ms": 50});
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        all.as_object().unwrap().clone()
    }

    /// A provider that is connected to it.
    async fn bound(&self, changes: Json) -> Hub {
        let hub = Hub::start(&self.settings(changes));
        assert_eq!(self.next("bind")["bind"]["good"], true);
        hub.until_bound().await;
        hub
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// What a hub is for a provider: it keeps the connection and takes in what comes.
struct Hub {
    smpp: Arc<Smpp>,
    took: Arc<Mutex<Vec<Incoming>>>,
    busy: Arc<AtomicBool>,
    connection: tokio::task::JoinHandle<()>,
}

impl Hub {
    fn start(settings: &channels::registry::Settings) -> Self {
        let smpp = Arc::new(Smpp::new(settings).unwrap());
        let (took, busy) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (taking, is_busy) = (Arc::clone(&took), Arc::clone(&busy));
        let sink: Sink = Arc::new(move |facts| {
            let (taking, is_busy) = (Arc::clone(&taking), Arc::clone(&is_busy));
            Box::pin(async move {
                // A store takes its time.
                tokio::time::sleep(Duration::from_millis(5)).await;
                if is_busy.load(Ordering::SeqCst) {
                    return Err(Busy);
                }
                taking.lock().unwrap().extend(facts);
                Ok(())
            })
        });
        let connection = tokio::spawn(smpp.connect(sink).unwrap());
        Self { smpp, took, busy, connection }
    }

    /// What is not a number cannot be sent, bound or not: whether it is bound is seen by what it sends.
    async fn until_bound(&self) {
        let until = Instant::now() + WITHIN;
        while !self.smpp.is_bound() {
            assert!(Instant::now() < until, "it is not bound");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn send(&self, text: &str) -> Result<Accepted, SendError> {
        self.smpp.send(&to_david(text)).await
    }

    /// A text that is under way while the test goes on.
    fn sending(&self, text: &str) -> tokio::task::JoinHandle<Result<Accepted, SendError>> {
        let (smpp, out) = (Arc::clone(&self.smpp), to_david(text));
        tokio::spawn(async move { smpp.send(&out).await })
    }

    async fn took(&self, count: usize) -> Vec<Incoming> {
        let until = Instant::now() + WITHIN;
        while self.took.lock().unwrap().len() < count {
            assert!(Instant::now() < until, "{count} facts did not come");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.took.lock().unwrap().clone()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

fn to_david(text: &str) -> Outbound {
    outbound("smpp", DAVID, sms(text))
}

fn id(accepted: Result<Accepted, SendError>) -> String {
    accepted.unwrap().provider_id.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_arrives_as_it_was_written() {
    let centre = Centre::start(json!({}));
    let hub = Hub::start(&centre.settings(json!({})));
    let bind = &centre.next("bind")["bind"];
    assert_eq!(
        (&bind["system_id"], &bind["system_type"], &bind["version"]),
        (&json!("hub"), &json!("clinic"), &json!(0x34))
    );
    hub.until_bound().await;
    let plain = "¿Cómo está? Cost: 5€ {for} [you] @£$¥ é";
    // `ó` is no letter of the alphabet, `é` is.
    assert_eq!(id(hub.send("Señor: 5€ {for} [you] @£$ é").await), "1");
    let submit = centre.submitted();
    assert_eq!(submit["text"], "Señor: 5€ {for} [you] @£$ é");
    assert_eq!((&submit["coding"], &submit["udh"], &submit["registered"]), (&json!(0), &Json::Null, &json!(1)));
    assert_eq!(submit["source"], json!([3, 0, "55501"]));
    assert_eq!(submit["dest"], json!([1, 1, "12125550119"]));
    assert_eq!(submit["valid_min"], 60, "an hour: what is over does not arrive");
    assert_eq!(id(hub.send(plain).await), "2");
    let submit = centre.submitted();
    assert_eq!((&submit["text"], &submit["coding"]), (&json!(plain), &json!(8)));
}

/// The parts of a long text as the centre got them, put together.
async fn long(text: &str, parts: usize, coding: u8) {
    let centre = Centre::start(json!({}));
    let hub = centre.bound(json!({})).await;
    let ids = id(hub.send(text).await);
    let wanted: Vec<String> = (1..=parts).map(|n| n.to_string()).collect();
    assert_eq!(ids, wanted.join(" "));
    let got: Vec<Json> = (0..parts).map(|_| centre.submitted()).collect();
    let reference = got[0]["udh"].as_str().unwrap()[4..6].to_owned();
    for (at, submit) in got.iter().enumerate() {
        assert_eq!(submit["udh"], format!("0003{reference}{parts:02x}{:02x}", at + 1));
        assert_eq!((&submit["esm"], &submit["coding"]), (&json!(0x40), &json!(coding)));
        // A receipt of the last says that it is there, of the others only that it is not.
        assert_eq!(submit["registered"], if at + 1 == parts { 1 } else { 2 });
    }
    let whole: String = got.iter().map(|submit| submit["text"].as_str().unwrap()).collect();
    assert_eq!(whole, text);
    let again = id(hub.send(text).await);
    assert_ne!(again, ids);
    assert_ne!(&centre.submitted()["udh"].as_str().unwrap()[4..6], reference, "parts of two texts are told apart");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_arrives_whole() {
    long(&"Lleve su lista de medicinas. €".repeat(12), 3, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_of_other_letters_arrives_whole() {
    long(&"Mañana a las 9: café ☕ y 😀, ¿sí? ".repeat(6), 4, 8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_with_tls_carries_the_same_and_trusts_nobody_else() {
    let centre = Centre::private("tls");
    let ca = centre.folder.as_ref().unwrap().join("cert.pem");
    let hub = centre.bound(json!({"tls": "tls", "ca": ca.to_str().unwrap()})).await;
    assert_eq!(id(hub.send("Hello").await), "1");
    drop(hub);
    let stranger = Hub::start(&centre.settings(json!({"tls": "tls"})));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!stranger.smpp.is_bound(), "an authority that nobody named");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_say_what_became_of_it_and_are_acknowledged_when_they_are_durable() {
    let mut centre = Centre::start(json!({}));
    let hub = centre.bound(json!({"landline_codes": "err:034"})).await;
    hub.busy.store(true, Ordering::SeqCst);
    centre.order(json!({"receipt": {"id": "7"}}));
    assert_eq!(centre.next("acknowledged")["acknowledged"], 0x64, "not now: it is brought again");
    assert!(hub.took.lock().unwrap().is_empty());
    hub.busy.store(false, Ordering::SeqCst);
    let rows = [
        (json!({"id": "0000000007"}), "message.delivered", "7", None),
        (json!({"id": "8", "stat": "UNDELIV", "err": "034"}), "message.failed", "8", Some("landline")),
        (json!({"id": "9", "stat": "EXPIRED"}), "message.failed", "9", Some("smpp_expired")),
        (json!({"id": "10", "stat": "REJECTD", "tlv": true}), "message.failed", "10", Some("smpp_rejectd")),
        (json!({"id": "11", "tlv": true, "esm": 0}), "message.delivered", "11", None),
    ];
    for (at, (order, kind, id, error)) in rows.into_iter().enumerate() {
        centre.order(json!({"receipt": order}));
        assert_eq!(centre.next("acknowledged")["acknowledged"], 0);
        let fact = hub.took(at + 1).await.remove(at);
        assert_eq!(fact.fact.kind, kind);
        assert_eq!((fact.fact.text("provider_id"), fact.fact.text("error")), (Some(id), error));
        assert_eq!(fact.keys, [inbox::key("provider:smpp", id)]);
        assert_eq!((fact.person, fact.message), (None, None));
    }
    // What is under way still, and what cannot be told, is acknowledged and no end.
    for stat in ["ENROUTE", "ACCEPTD", "UNKNOWN"] {
        centre.order(json!({"receipt": {"id": "12", "stat": stat}}));
        assert_eq!(centre.next("acknowledged")["acknowledged"], 0);
    }
    // The same receipt again is the same fact.
    centre.order(json!({"receipt": {"id": "7"}}));
    centre.next("acknowledged");
    let all = hub.took(6).await;
    assert_eq!((all.len(), all[5].fact.id), (6, all[0].fact.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_in_hexadecimal_and_decimal_are_one() {
    let centre = Centre::start(json!({"hex": true, "decimal": true, "receipts": true, "first_id": 0xbeef}));
    let hub = centre.bound(json!({"message_ids": "hex_in_answer"})).await;
    let sent = id(hub.send("Hello").await);
    assert_eq!(sent, 0xbeef.to_string());
    assert_eq!(hub.took(1).await[0].fact.text("provider_id"), Some(sent.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_comes_in_whole() {
    let mut centre = Centre::start(json!({}));
    let hub = centre.bound(json!({})).await;
    let text = |fact: &Incoming| fact.fact.text("text").unwrap().to_owned();
    centre.order(json!({"text": {"text": "¿Puedo comer? ☕"}}));
    assert_eq!(centre.next("acknowledged")["acknowledged"], 0);
    let fact = hub.took(1).await.remove(0);
    assert_eq!((fact.fact.kind.as_str(), text(&fact).as_str()), ("reply.received", "¿Puedo comer? ☕"));
    assert_eq!((fact.fact.text("from"), fact.fact.text("channel")), (Some(DAVID), Some("sms")));
    assert_eq!(fact.keys, [inbox::key("phone", DAVID)]);
    // Parts in another order, the surrogates of one letter torn apart by the sender: neither is acknowledged before both
    // are there.
    centre.order(json!({"text": {"hex": "de000021", "udh": "0500030a0202", "coding": 8}}));
    centre.order(json!({"text": {"hex": "0049d83d", "udh": "0500030a0201", "coding": 8}}));
    assert_eq!(centre.next("acknowledged")["acknowledged"], 0);
    assert_eq!(centre.next("acknowledged")["acknowledged"], 0);
    assert_eq!(text(&hub.took(2).await[1]), "I😀!");
    for n in [1, 2] {
        let sar = json!({"sar_msg_ref_num": 900, "sar_total_segments": 2, "sar_segment_seqnum": n});
        centre.order(json!({"text": {"text": if n == 1 { "it is " } else { "bleeding" }, "sar": sar}}));
    }
    assert_eq!(text(&hub.took(3).await[2]), "it is bleeding");
    // A part whose others do not come goes in by itself, and is acknowledged then.
    centre.order(json!({"text": {"text": "I cannot ", "udh": "0500030b0201"}}));
    assert_eq!(text(&hub.took(4).await[3]), "I cannot ");
    centre.order(json!({"text": {"text": "breathe", "udh": "0500030b0202"}}));
    assert_eq!(text(&hub.took(5).await[4]), "I cannot breathe");
    // Words that look like a receipt are words.
    centre.order(json!({"text": {"text": "id:1 stat:DELIVRD err:000"}}));
    let fact = hub.took(6).await.remove(5);
    assert_eq!(fact.fact.kind, "reply.received");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused_and_the_line_goes_on() {
    let mut centre = Centre::start(json!({}));
    let hub = centre.bound(json!({})).await;
    // A deliver_sm that ends in the middle of its fields, a command that there is not, then a text.
    centre.order(json!({"raw": "00000012000000050000000000000063" .to_owned() + "0001"}));
    centre.order(json!({"raw": "00000010000007770000000000000064"}));
    centre.order(json!({"text": {"text": "Hi"}}));
    assert_eq!(hub.took(1).await[0].fact.text("text"), Some("Hi"));
    centre.order(json!({"enquire": true}));
    centre.next("alive");
    assert_eq!(id(hub.send("Hello").await), "1");
    // Nonsense ends the line, and a new one is made.
    centre.order(json!({"raw": "ffffffff".repeat(8)}));
    centre.next("bind");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_bounds_what_is_under_way() {
    let mut centre = Centre::start(json!({"hold": true}));
    let hub = centre.bound(json!({"window": 3})).await;
    let sending: Vec<_> = (0..8).map(|n| hub.sending(&format!("text {n}"))).collect();
    let first: Vec<Json> = (0..3).map(|_| centre.submitted()).collect();
    assert_eq!(first[2]["under_way"], 3);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(centre.said.try_recv().is_err(), "a fourth waits for an answer");
    let mut ids = Vec::new();
    for _ in 0..5 {
        centre.order(json!({"answer": 1}));
        assert!(centre.submitted()["under_way"].as_u64().unwrap() <= 3);
    }
    centre.order(json!({"answer": 3}));
    for one in sending {
        ids.push(id(one.await.unwrap()));
    }
    ids.sort();
    assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7", "8"], "each has an answer of its own");
    assert_eq!(hub.smpp.limits().in_flight, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_by_their_meaning() {
    let statuses = json!({"1": 0x0b, "2": 0x08, "3": 0x40b, "4": 0x412, "5": 0x0a});
    let centre = Centre::start(json!({"statuses": statuses}));
    let hub = centre.bound(json!({"landline_codes": "0x40b", "opted_out_codes": "0x412"})).await;
    let rejected = |code: &str, retryable| Err(SendError::Rejected { code: code.into(), retryable });
    assert_eq!(hub.send("a").await, rejected("unreachable_number", false));
    assert_eq!(hub.send("b").await, rejected("smpp_0x08", true));
    assert_eq!(hub.send("c").await, rejected("landline", false));
    assert_eq!(hub.send("d").await, Err(SendError::OptedOut));
    let ours = hub.send("e").await;
    assert_eq!(ours, Err(SendError::Config("smpp_0x0a".into())), "our own number is refused, not this message");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_fast_is_throttled_for_the_first_part_and_waited_for_with_the_rest() {
    let centre = Centre::start(json!({"throttle_on": [1, 3]}));
    let hub = centre.bound(json!({})).await;
    assert_eq!(hub.send("Hello").await, Err(SendError::Throttled { after_ms: 1000 }));
    // The second of two parts is refused once, after the first was taken: that one is not sent again.
    assert_eq!(hub.send(&"a".repeat(200)).await.unwrap().provider_id.as_deref(), Some("1 2"));
    let texts: Vec<Json> = (0..4).map(|_| centre.submitted()["text"].take()).collect();
    assert_eq!(texts[1], "a".repeat(153));
    assert_eq!((&texts[2], &texts[3]), (&json!("a".repeat(47)), &json!("a".repeat(47))));
    let full = Centre::start(json!({"throttle_on": [1], "busy_status": 0x14}));
    let hub = full.bound(json!({})).await;
    assert_eq!(hub.send("Hello").await, Err(SendError::Throttled { after_ms: 1000 }), "its queue is full");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_refused_after_another_was_taken_is_ambiguous() {
    let centre = Centre::start(json!({"statuses": {"2": 0x0b}}));
    let hub = centre.bound(json!({})).await;
    let end = hub.send(&"a".repeat(400)).await;
    let Err(SendError::Ambiguous(why)) = end else { panic!("{end:?}") };
    assert_eq!(why, "1 of 3 parts were taken, then: unreachable_number");
    // Of the first part: nothing was taken.
    let centre = Centre::start(json!({"statuses": {"1": 0x0b}}));
    let hub = centre.bound(json!({})).await;
    assert!(matches!(hub.send(&"a".repeat(400)).await, Err(SendError::Rejected { retryable: false, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_before_the_answer_is_ambiguous_and_a_new_one_is_made() {
    let centre = Centre::start(json!({"break_after_submit": true}));
    let hub = centre.bound(json!({})).await;
    assert!(matches!(hub.send("Hello").await, Err(SendError::Ambiguous(_))));
    centre.next("bind");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_while_it_is_not_bound_and_it_binds_again_when_the_centre_is_back() {
    let mut centre = Centre::start(json!({}));
    let port = centre.port;
    let hub = centre.bound(json!({})).await;
    assert_eq!(id(hub.send("Hello").await), "1");
    let _ = centre.child.kill();
    let _ = centre.child.wait();
    let until = Instant::now() + WITHIN;
    while hub.smpp.is_bound() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(matches!(hub.send("Hello").await, Err(SendError::Unreachable(_))));
    let back = Centre::start(json!({"port": port, "first_id": 2}));
    back.next("bind");
    hub.until_bound().await;
    assert_eq!(id(hub.send("Hello").await), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_binds_nothing_and_is_in_no_output() {
    let centre = Centre::start(json!({}));
    let hub = Hub::start(&centre.settings(json!({"password": "wrong-pw"})));
    assert_eq!(centre.next("bind")["bind"]["good"], false);
    assert!(matches!(hub.send("Hello").await, Err(SendError::Unreachable(_))));
    assert!(!format!("{:?}", hub.smpp).contains("wrong-pw"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_too_late_settles_what_was_unknown() {
    let mut centre = Centre::start(json!({"hold": true}));
    let hub = centre.bound(json!({"timeout_ms": 300, "window": 1})).await;
    assert!(matches!(hub.send("Hello").await, Err(SendError::Ambiguous(_))));
    centre.submitted();
    centre.order(json!({"answer": 1}));
    let late = hub.took(1).await.remove(0);
    let out = to_david("Hello").message;
    assert_eq!((late.fact.kind.as_str(), late.fact.text("provider_id")), ("message.accepted", Some("1")));
    assert_eq!((late.person, late.message), (Some(out.person), Some(out.id)));
    // Its place in the window is free again.
    let sending = hub.sending("Again");
    centre.submitted();
    centre.order(json!({"answer": 1}));
    assert_eq!(id(sending.await.unwrap()), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_line_is_tested_and_given_up_when_it_does_not_answer() {
    let centre = Centre::start(json!({}));
    let hub = centre.bound(json!({"enquire_link_s": 1})).await;
    centre.next("enquired");
    centre.next("enquired");
    assert!(hub.smpp.is_bound());
    let mute = Centre::start(json!({"mute": true}));
    let _hub = mute.bound(json!({"enquire_link_s": 1, "timeout_ms": 300})).await;
    mute.next("enquired");
    mute.next("bind");
}

#[tokio::test(flavor = "multi_thread")]
async fn goodbye_is_said_both_ways() {
    let mut centre = Centre::start(json!({}));
    let hub = centre.bound(json!({})).await;
    centre.order(json!({"unbind": true}));
    centre.next("unbound_answer");
    centre.next("bind");
    hub.until_bound().await;
    drop(hub);
    centre.next("unbound");
}

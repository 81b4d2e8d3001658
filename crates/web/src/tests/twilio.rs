//! Texts and calls by Twilio, through the whole hub: what is asked of the API, and what its signed reports and a
//! caller's keys do to the person's line.

use super::harness::{Answer, On, World, encode, settings};
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use channels::contract::{
    Accepted, BoxFuture, Incoming, Outbound, Provider, ReceiveError, Received, Reconciled, Request as Report, Response,
    SendError, Spec,
};
use channels::registry::{self, Around, Config};
use model::message::{Message, Status};
use model::{Channel, Fact, PersonId};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const TOKEN: &str = "a token of the test";
const DAVID: &str = "+12125550119";
const WIFE: &str = "+12125550198";
const CLINIC: &str = "+12125550100";

/// One reach as soon as somebody is home, by the rungs of the test.
const TELLS: &str = r#"
pathway: after-care
language: 1
title: It is ready
owner: orthopaedic-surgery
fallback_team: surgical_nurses
speaks: [en, es]
enrol: { on: encounter.discharged, once_per: encounter }
leave:
  - on: encounter.readmitted
  - after: 14 days
tracks:
  main:
    - reach: ready
      purpose: care
      by: [RUNGS]
      valid: 5 hours
words:
  ready:
    en: { sms: "{{ clinic.name }}: it is ready.", voice: "Your medicine is ready & waiting.", voicemail: "Please call {{ clinic.name }}." }
    es: { sms: "{{ clinic.name }}: ya puede venir.", voice: "Su medicina ya está.", voicemail: "Llame a {{ clinic.name }}." }
"#;

fn sid() -> String {
    format!("AC{}", "0a".repeat(16))
}

/// A real provider on a clock that stands still: the hub lets none but make-believe ones run on such a one, and here it
/// reaches a server of the test only.
struct Tried(Arc<dyn Provider>);

impl Provider for Tried {
    fn spec(&self) -> Spec {
        Spec { make_believe: true, ..self.0.spec() }
    }
    fn send<'a>(&'a self, out: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        self.0.send(out)
    }
    fn receive(&self, request: &Report) -> Result<Received, ReceiveError> {
        self.0.receive(request)
    }
    fn understand(&self, request: &Report, received: &Received, about: Option<&Message>) -> Vec<Incoming> {
        self.0.understand(request, received, about)
    }
    fn respond(&self, request: &Report, received: &Received, about: Option<&Message>) -> Response {
        self.0.respond(request, received, about)
    }
    fn reconcile<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Reconciled> {
        self.0.reconcile(message)
    }
    fn bridges(&self) -> bool {
        self.0.bridges()
    }
    fn body_max(&self) -> usize {
        self.0.body_max()
    }
    fn answers_anyway(&self, request: &Report) -> bool {
        self.0.answers_anyway(request)
    }
}

pub(super) type Form = Vec<(String, String)>;

/// The API: it takes everything, and keeps what was asked.
fn api() -> (u16, Arc<Mutex<Vec<Form>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    std::thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            kept.lock().unwrap().push(question(&mut stream));
            let body = json!({"sid": format!("SM{n}")}).to_string();
            let head = format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
    });
    (port, asked)
}

fn question(stream: &mut TcpStream) -> Form {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        length = line.strip_prefix("content-length: ").map_or(length, |l| l.parse().unwrap());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let uri = format!("/?{}", String::from_utf8(body).unwrap()).parse().unwrap();
    axum::extract::Query::<Form>::try_from_uri(&uri).unwrap().0
}

/// A hub whose texts and calls go by Twilio, and David just home.
pub(super) struct Hub {
    pub(super) world: World,
    pub(super) david: PersonId,
    pub(super) asked: Arc<Mutex<Vec<Form>>>,
}

impl Hub {
    pub(super) async fn with(rungs: &str) -> Self {
        Self::on(On::Sqlite, rungs).await
    }

    pub(super) async fn on(on: On, rungs: &str) -> Self {
        let mut settings = settings();
        let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
        let text = TELLS.replace("RUNGS", rungs);
        let (tells, _) = pathway::read("tells.yaml", &text, &pathway::CodeSets::default(), &teams).unwrap();
        settings.pathways.retain(|p| p.standing);
        settings.pathways.push(Arc::new(tells));
        let (port, asked) = api();
        let config = |provider: &str| {
            let settings = json!({"account_sid": sid(), "auth_token": TOKEN, "from": CLINIC, "private": "yes",
                "api_url": format!("http://127.0.0.1:{port}")});
            Config { provider: provider.into(), settings: settings.as_object().unwrap().clone() }
        };
        let clinic = &settings.clinic;
        let rang = outreach::Rules::shipped().rang(clinic).into_iter().map(|words| {
            let outreach::Rang { language, greeting, other, callback, stopped, goodbye } = words;
            channels::twilio::RangWords { language, greeting, other, callback, stopped, goodbye }
        });
        let around = Around {
            egress: egress::Egress::new(&[]).unwrap(),
            base_url: clinic.base_url.clone(),
            clinic: clinic.name.clone(),
            phone: clinic.phone.clone(),
            rang: rang.collect(),
        };
        let made = registry::build(&[config("twilio"), config("twilio_voice")], &around).unwrap();
        let tried = made.into_iter().map(|p| Arc::new(Tried(p)) as Arc<dyn Provider>).collect();
        let world = World::carried(on, settings, tried).await;
        let david = world.david().await;
        Self { world, david, asked }
    }

    /// The first thing that was asked of Twilio after `n` others.
    pub(super) async fn asked(&self, n: usize) -> Form {
        let asked = Arc::clone(&self.asked);
        self.world.until(move |_| asked.lock().unwrap().get(n).cloned()).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/hooks/{path}", self.world.hub.settings().clinic.base_url)
    }

    /// Posts a report to a whole address, signed with `token`.
    async fn signed(&self, token: &str, url: &str, form: &[(&str, &str)]) -> Answer {
        let account = sid();
        let mut all = vec![("AccountSid", account.as_str())];
        all.extend_from_slice(form);
        let owned: Form = all.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        let signature = channels::twilio::signature(token, url, &owned);
        self.post(url, &signature, &encode(&all)).await
    }

    async fn post(&self, url: &str, signature: &str, body: &str) -> Answer {
        let path = url.strip_prefix(&self.world.hub.settings().clinic.base_url).unwrap();
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("x-twilio-signature", signature)
            .body(Body::from(body.to_owned()));
        self.world.send(request.unwrap()).await
    }

    pub(super) async fn report(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        let answer = self.signed(TOKEN, url, form).await;
        assert!(answer.status.is_success(), "{}: {}", answer.status, answer.text);
        answer
    }

    pub(super) fn facts(&self, person: PersonId, kind: &str) -> Vec<Fact> {
        let all = self.world.hub.store().timeline(person, None, 500).unwrap();
        all.into_iter().map(|(_, f)| f).filter(|f| f.kind == kind).collect()
    }

    /// How the messages by a channel stand.
    fn stands(&self, channel: Channel) -> Vec<Status> {
        let all = self.world.hub.store().messages_of(self.david, 50).unwrap();
        all.iter().filter(|m| m.channel == channel).map(|m| m.status).collect()
    }

    async fn until_stands(&self, channel: Channel, status: Status) {
        self.world.until(|_| (self.stands(channel) == [status]).then_some(())).await;
    }

    pub(super) async fn until_fact(&self, person: PersonId, kind: &str) -> Fact {
        self.world.until(|_| self.facts(person, kind).into_iter().next()).await
    }

    fn prompts(&self, person: PersonId, name: &str) -> Vec<model::prompt::Prompt> {
        let all = self.world.hub.store().prompts_of(person, 50).unwrap();
        all.into_iter().filter(|p| p.name == name && p.status.is_open()).collect()
    }

    fn ended(&self) -> Option<String> {
        self.facts(self.david, "reach.ended").first().and_then(|f| f.text("how").map(str::to_owned))
    }
}

pub(super) fn value<'a>(form: &'a Form, name: &str) -> &'a str {
    form.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
}

/// Where the next key goes.
pub(super) fn action(answer: &Answer) -> String {
    answer.text.split("action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

const SPOKEN: &str = "Your medicine is ready &amp; waiting.";

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_report_moves_the_ladder_and_nothing_else_does() {
    let hub = Hub::with("sms 2 hours, voice 30 minutes").await;
    let form = hub.asked(0).await;
    assert_eq!((value(&form, "To"), value(&form, "Body")), (DAVID, "Northside Health: it is ready."));
    hub.until_stands(Channel::Sms, Status::Accepted).await;
    let url = value(&form, "StatusCallback").to_owned();
    let failed = [("MessageSid", "SM0"), ("MessageStatus", "undelivered"), ("ErrorCode", "30006")];
    // Unsigned, signed by another, altered, another's attempt, another account.
    let encoded = encode(&failed);
    assert_eq!(hub.post(&url, "", &encoded).await.status, StatusCode::FORBIDDEN);
    assert_eq!(hub.signed("another token", &url, &failed).await.status, StatusCode::FORBIDDEN);
    let good: Form =
        [("AccountSid", sid().as_str())].iter().chain(&failed).map(|(n, v)| ((*n).into(), (*v).into())).collect();
    let signature = channels::twilio::signature(TOKEN, &url, &good);
    let altered = encode(&[("AccountSid", &sid()), ("MessageSid", "SM0"), ("MessageStatus", "delivered"), failed[2]]);
    assert_eq!(hub.post(&url, &signature, &altered).await.status, StatusCode::FORBIDDEN);
    let token = url.split('/').nth(5).unwrap();
    let others = url.replace(token, &token.replacen(&token[..4], "zzzz", 1));
    assert_eq!(hub.signed(TOKEN, &others, &failed).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hub.stands(Channel::Sms), [Status::Accepted], "none of them had an effect");
    assert_eq!(hub.asked.lock().unwrap().len(), 1);

    // Its own report that the number is a landline: the next rung is a call.
    hub.report(&url, &failed).await;
    let call = hub.asked(1).await;
    assert_eq!(value(&call, "To"), DAVID);
    assert_eq!(hub.stands(Channel::Sms), [Status::Failed]);
    assert_eq!(hub.facts(hub.david, "message.failed")[0].text("error"), Some("landline"));
    // The same again, and an earlier word that comes late.
    for _ in 0..3 {
        hub.report(&url, &failed).await;
        hub.report(&url, &[("MessageSid", "SM0"), ("MessageStatus", "sent")]).await;
    }
    let waiting = || hub.world.hub.store().counters().unwrap().iter().any(|(n, c)| n == "inbox.waiting" && *c > 0);
    hub.world.until(|_| (!waiting()).then_some(())).await;
    assert_eq!(hub.facts(hub.david, "message.failed").len(), 1);
    assert_eq!(hub.facts(hub.david, "message.accepted").len(), 2, "one of the text and one of the call");
    assert_eq!((hub.stands(Channel::Sms), hub.asked.lock().unwrap().len()), (vec![Status::Failed], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_walked_to_key_1_and_what_is_pressed_stands_whatever_comes_after() {
    let hub = Hub::with("voice 30 minutes, sms 2 hours").await;
    let form = hub.asked(0).await;
    let (answer, status) = (value(&form, "Url").to_owned(), value(&form, "StatusCallback").to_owned());
    let call = [("CallSid", "CA1"), ("AnsweredBy", "human")];
    let pressed = |key: &'static str| [call[0], call[1], ("Digits", key)];
    let greeting = hub.report(&answer, &call).await;
    assert!(
        greeting.text.contains("If you are David, press 1") && !greeting.text.contains(SPOKEN),
        "{}",
        greeting.text
    );
    let said = hub.report(&action(&greeting), &pressed("1")).await;
    assert!(said.text.contains(SPOKEN), "{}", said.text);
    hub.world.until(|_| (hub.ended().as_deref() == Some("delivered")).then_some(())).await;
    hub.until_stands(Channel::Voice, Status::Delivered).await;
    // 2 says it again, 3 asks for a nurse.
    let again = hub.report(&action(&said), &pressed("2")).await;
    assert!(again.text.contains(SPOKEN));
    let thanks = hub.report(&action(&again), &pressed("3")).await;
    assert!(thanks.text.contains("A nurse will call you back") && thanks.text.contains("<Hangup/>"), "{}", thanks.text);
    hub.world.until(|_| (hub.prompts(hub.david, "callback").len() == 1).then_some(())).await;
    // A replay says the same and does nothing; so does a key of an address that nobody signed.
    let replayed = hub.report(&action(&again), &pressed("3")).await;
    assert_eq!(replayed.text, thanks.text);
    assert_eq!(hub.signed("another", &action(&greeting), &pressed("9")).await.status, StatusCode::FORBIDDEN);
    hub.report(&status, &[("CallSid", "CA1"), ("CallStatus", "completed"), ("CallDuration", "40")]).await;
    hub.report(&status, &[("CallSid", "CA1"), ("CallStatus", "no-answer")]).await;
    assert_eq!(hub.until_fact(hub.david, "call.ended").await.flag("answered"), Some(true));
    assert_eq!(hub.facts(hub.david, "call.ended").len(), 1, "a call ends once");
    let marks: Vec<_> = hub.facts(hub.david, "call.heard").iter().map(|f| f.body["marks"].clone()).rev().collect();
    assert_eq!(marks, [json!(["identified"]), json!(["repeat"]), json!(["callback"])]);
    assert_eq!(hub.stands(Channel::Voice), [Status::Delivered], "the end does not undo who they are");
    assert_eq!((hub.facts(hub.david, "reach.ended").len(), hub.asked.lock().unwrap().len()), (1, 1), "no text follows");
    assert_eq!(hub.prompts(hub.david, "callback").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn key_9_is_a_stop_even_when_nothing_more_is_heard_of_the_call() {
    let hub = Hub::with("voice 30 minutes, sms 2 hours").await;
    let form = hub.asked(0).await;
    let call = [("CallSid", "CA1"), ("AnsweredBy", "unknown")];
    let greeting = hub.report(value(&form, "Url"), &call).await;
    let said = hub.report(&action(&greeting), &[call[0], ("Digits", "9")]).await;
    assert!(said.text.contains("You will get no more automated calls or texts"), "{}", said.text);
    let refused = |hub: &Hub| {
        let record = hub.world.hub.look(hub.david).unwrap().record;
        [Channel::Sms, Channel::Voice, Channel::Voicemail]
            .iter()
            .all(|c| record::allowed(&record, model::Purpose::Care, *c) == Some(false))
    };
    hub.world.until(|_| refused(&hub).then_some(())).await;
    // The rung's time is over: no text follows, a person is asked.
    hub.world.go_to(hub.world.hub.clock().now().plus_ms(6 * model::time::HOUR_MS)).await;
    hub.world.until(|_| hub.ended()).await;
    assert_eq!(hub.asked.lock().unwrap().len(), 1, "nothing more left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_takes_leads_on_and_a_voicemail_is_left_once_it_was_said() {
    let hub = Hub::with("voice 30 minutes, voicemail 30 minutes").await;
    let form = hub.asked(0).await;
    hub.report(value(&form, "StatusCallback"), &[("CallSid", "CA1"), ("CallStatus", "no-answer")]).await;
    let form = hub.asked(1).await;
    assert_eq!(value(&form, "MachineDetection"), "DetectMessageEnd");
    let beep = [("CallSid", "CA2"), ("AnsweredBy", "machine_end_beep")];
    let said = hub.report(value(&form, "Url"), &beep).await;
    assert!(said.text.contains("Please call Northside Health."), "{}", said.text);
    hub.until_stands(Channel::Voicemail, Status::Accepted).await;
    assert_eq!(hub.ended(), None);
    let next = said.text.split("<Redirect method=\"POST\">").nth(1).unwrap().split('<').next().unwrap();
    hub.report(next, &beep).await;
    hub.until_stands(Channel::Voicemail, Status::Delivered).await;
    assert_eq!(hub.world.until(|_| hub.ended()).await, "delivered");
    hub.report(value(&form, "StatusCallback"), &[("CallSid", "CA2"), ("CallStatus", "completed")]).await;
    assert_eq!(hub.stands(Channel::Voicemail), [Status::Delivered]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_rings_back_is_told_nothing_and_called_back_by_the_right_team() {
    let hub = Hub::with("voice 30 minutes, sms 2 hours").await;
    hub.asked(0).await;
    let door = hub.url("twilio_voice/inbound");
    let from = |number: &'static str, call: &'static str| [("CallSid", call), ("From", number), ("To", CLINIC)];
    let known = hub.report(&door, &from(DAVID, "CA5")).await;
    let unknown = hub.report(&door, &from(WIFE, "CA6")).await;
    assert_eq!(known.text, unknown.text, "whoever rings hears the same");
    for what in ["Northside Health", "911", "press 1", "oprima 2"] {
        assert!(known.text.contains(what), "{what}: {}", known.text);
    }
    assert!(!known.text.contains("David"), "{}", known.text);
    // That it rang is a fact before anybody hears a word: whoever hangs up now is called back too.
    let prompt = hub.world.until(|_| hub.prompts(hub.david, "rang_back").pop()).await;
    assert_eq!((prompt.team.as_str(), prompt.title.as_str()), ("surgical_nurses", "Call David Reyes back"));
    assert!(prompt.reason.contains("pressed no key") && !prompt.reason.contains("times"), "{}", prompt.reason);
    let nobody = model::inbox::person_of(model::inbox::key("phone", WIFE));
    assert!(hub.world.hub.look(nobody).is_err(), "a number that nobody knows makes no line by ringing");
    let press = |number, call| [from(number, call).as_slice(), &[("Digits", "1")]].concat();
    assert_eq!(hub.post(&action(&known), "forged", &encode(&press(DAVID, "CA5"))).await.status, StatusCode::FORBIDDEN);
    for call in ["CA5", "CA5", "CA7"] {
        hub.report(&action(&known), &press(DAVID, call)).await;
    }
    hub.report(&action(&unknown), &press(WIFE, "CA6")).await;
    hub.world.until(|_| (hub.facts(hub.david, "call.received").len() == 3).then_some(())).await;
    let prompts = hub.prompts(hub.david, "rang_back");
    assert_eq!(prompts.len(), 1, "whoever calls back calls once");
    let prompt = &prompts[0];
    assert_eq!((prompt.team.as_str(), prompt.title.as_str()), ("surgical_nurses", "Call David Reyes back"));
    for what in [
        DAVID,
        "asked for a nurse",
        "They rang 2 times",
        "ask who is speaking",
        "Tried lately: an automated call on Mon 23 Nov at 14:00 about “ready”",
    ] {
        assert!(prompt.reason.contains(what), "{what}: {}", prompt.reason);
    }
    hub.world.until(|_| (!hub.prompts(nobody, "rang_back").is_empty()).then_some(())).await;
    let prompt = &hub.prompts(nobody, "rang_back")[0];
    assert!(
        prompt.title.contains(WIFE) && prompt.reason.contains("in no record"),
        "{} {}",
        prompt.title,
        prompt.reason
    );
    // 9 from the same menu is a STOP.
    hub.report(&action(&known), &[from(DAVID, "CA8").as_slice(), &[("Digits", "9")]].concat()).await;
    let refused = || {
        let record = hub.world.hub.look(hub.david).unwrap().record;
        record::allowed(&record, model::Purpose::Care, Channel::Sms) == Some(false)
    };
    hub.world.until(|_| refused().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_rings_and_hangs_up_is_called_back_once_unless_a_key_settled_it() {
    let hub = Hub::with("voice 30 minutes, sms 2 hours").await;
    hub.asked(0).await;
    let door = hub.url("twilio_voice/inbound");
    let from = |number: &'static str, call: &'static str| [("CallSid", call), ("From", number), ("To", CLINIC)];
    let open = || hub.prompts(hub.david, "rang_back").into_iter().filter(|p| p.status.is_open()).collect::<Vec<_>>();
    // 9 in the same call is all that was wanted.
    let greeted = hub.report(&door, &from(DAVID, "CA20")).await;
    hub.world.until(|_| (open().len() == 1).then_some(())).await;
    hub.report(&action(&greeted), &[from(DAVID, "CA20").as_slice(), &[("Digits", "9")]].concat()).await;
    hub.world.until(|_| open().is_empty().then_some(())).await;
    // Rings in a row, one of them reported twice, are one prompt.
    for call in ["CA21", "CA22", "CA22", "CA23"] {
        hub.report(&door, &from(DAVID, call)).await;
    }
    let reason = hub.world.until(|_| open().pop().filter(|p| p.reason.contains("3 times"))).await.reason;
    assert_eq!(open().len(), 1);
    assert!(reason.contains("pressed no key") && reason.contains("last on Mon 23 Nov"), "{reason}");
    // 9 in a later call does not answer the ones before.
    hub.report(&action(&greeted), &[from(DAVID, "CA23").as_slice(), &[("Digits", "9")]].concat()).await;
    let stops = || hub.facts(hub.david, "call.received").iter().filter(|f| f.text("wants") == Some("stop")).count();
    hub.world.until(|_| (stops() == 2).then_some(())).await;
    assert_eq!(open().len(), 1);
    // A number that is withheld is nobody's.
    for withheld in ["anonymous", "Restricted", "+266696687"] {
        hub.report(&door, &from(withheld, "CA24")).await;
    }
    assert_eq!(hub.facts(hub.david, "call.received").len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_rings_is_greeted_even_where_nothing_can_be_kept_and_no_key_is_said_to_be_heard() {
    let hub = Hub::with("sms 2 hours").await;
    let door = hub.url("twilio_voice/inbound");
    let from = [("CallSid", "CA30"), ("From", DAVID), ("To", CLINIC)];
    let greeted = hub.report(&door, &from).await;
    hub.world.hub.stop().await;
    let call = [("CallSid", "CA31"), ("From", DAVID), ("To", CLINIC)];
    assert_eq!(hub.report(&door, &call).await.text, greeted.text);
    let pressed = hub.signed(TOKEN, &action(&greeted), &[call.as_slice(), &[("Digits", "1")]].concat()).await;
    assert_eq!(pressed.status, StatusCode::SERVICE_UNAVAILABLE, "{}", pressed.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_comes_joins_the_line_once_and_a_carriers_stop_is_one() {
    let hub = Hub::with("sms 2 hours").await;
    hub.asked(0).await;
    let door = hub.url("twilio/inbound");
    let text =
        |sid: &'static str, body: &'static str| [("MessageSid", sid), ("From", DAVID), ("To", CLINIC), ("Body", body)];
    let asks = text("SM50", "Can I shower with the splint?");
    for _ in 0..3 {
        let answer = hub.report(&door, &asks).await;
        assert!(answer.text.ends_with("<Response></Response>"), "{}", answer.text);
    }
    assert_eq!(hub.signed("another", &door, &text("SM51", "STOP")).await.status, StatusCode::FORBIDDEN);
    hub.until_fact(hub.david, "reply.classified").await;
    assert_eq!(hub.facts(hub.david, "reply.received").len(), 1);
    assert_eq!(hub.world.until(|_| hub.prompts(hub.david, "answer_question").pop()).await.team, "surgical_nurses");
    let stop = [text("SM52", "BASTA YA").as_slice(), &[("OptOutType", "STOP")]].concat();
    hub.report(&door, &stop).await;
    hub.world
        .until(|_| {
            hub.facts(hub.david, "reply.classified").iter().any(|f| f.text("class") == Some("stop")).then_some(())
        })
        .await;
    // A danger in the words is a danger first.
    let danger = [text("SM53", "STOP it is bleeding badly").as_slice(), &[("OptOutType", "STOP")]].concat();
    hub.report(&door, &danger).await;
    hub.world.until(|_| (!hub.prompts(hub.david, "red_flag").is_empty()).then_some(())).await;
}

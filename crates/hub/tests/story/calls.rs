//! A pathway that calls a service outside: a real server on this machine, real connections, both stores.

use crate::harness::{On, World, read_settings, same};
use hub::caller::Secrets;
use hub::lane::Worker;
use hub::{Order, Service, Settings};
use model::PersonId;
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::story::{DAY_0, Story};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const COVER: &str = "pathway: cover
language: 1
title: Cover
owner: front-desk
fallback_team: front_desk
speaks: [en]
enrol:
  on: encounter.discharged
  once_per: encounter
leave:
  - on: encounter.readmitted
  - after: 14 days
services:
  eligibility:
    discloses: identity
    asks: { member: person.name, age: person.age }
    answers: { covered: yes or no, copay: 0 to 1000, plan: text }
tracks:
  main:
    - wait: day 1 at 12:00
    - call: eligibility
      within: 10 minutes
      answered: next
      failed: by_hand
    - branch:
        - if: eligibility.covered
          then: covered
      unknown: by_hand
      else: by_hand
sub_pathways:
  covered:
    - note: Covered
  by_hand:
    - prompt: ask_by_hand
      to: charge_nurse
      do: Ask the insurer
      why: The service did not say.
      due: 2 hours
";

/// What the server does with the next question.
#[derive(Clone)]
enum Does {
    Says(u16, String),
    /// Reads the question and hangs up.
    HangsUp,
}

#[derive(Clone)]
struct Heard {
    head: String,
    body: Json,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|l| l.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)));
        line.map_or("", |(_, value)| value.trim())
    }
}

/// A service.
#[derive(Clone)]
struct Server {
    at: SocketAddr,
    does: Arc<Mutex<VecDeque<Does>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Server {
    fn new(does: impl IntoIterator<Item = Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let this = Self {
            at: listener.local_addr().unwrap(),
            does: Arc::new(Mutex::new(does.into_iter().collect())),
            heard: Arc::default(),
        };
        let server = this.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                server.answer(stream.unwrap());
            }
        });
        this
    }

    fn answer(&self, mut stream: TcpStream) {
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
        let (head, body) = loop {
            let n = stream.read(&mut piece).unwrap();
            assert!(n > 0, "a question is whole");
            seen.extend_from_slice(&piece[..n]);
            let text = String::from_utf8_lossy(&seen).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            if let Ok(body) = serde_json::from_str(body) {
                break (head.to_owned(), body);
            }
        };
        self.heard.lock().unwrap().push(Heard { head, body });
        let does = self.does.lock().unwrap().pop_front().unwrap_or(Does::Says(500, String::new()));
        if let Does::Says(status, body) = does {
            let text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(text.as_bytes()).unwrap();
        }
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    fn service(&self) -> Service {
        Service {
            name: "eligibility".into(),
            url: format!("http://{}/ask", self.at).parse().unwrap(),
            secrets: Secrets::read(SECRET).unwrap(),
            allow_private: true,
            timeout: Duration::from_secs(5),
            make_believe: true,
            authorities: Vec::new(),
        }
    }
}

fn yes() -> Does {
    Does::Says(200, json!({"answers": {"covered": true, "copay": 20, "member_id": "of no use"}}).to_string())
}

fn settings(service: Option<Service>) -> Settings {
    let mut settings = read_settings();
    settings.pathways.retain(|p| p.standing);
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let read = pathway::read("cover.yaml", COVER, &pathway::CodeSets::default(), &teams);
    let (pathway, warnings) = read.unwrap_or_else(|findings| panic!("{findings:#?}"));
    assert_eq!(warnings, []);
    settings.pathways.push(Arc::new(pathway));
    settings.services.extend(service);
    settings
}

fn discharged(on: On, settings: Settings) -> (World, PersonId) {
    let mut world = World::with(on, DAY_0.plus_ms(60_000), Arc::new(settings));
    world.hears(&Story::david().discharge());
    let david = world.person("1001");
    (world, david)
}

fn asked_again_until_it_answers(on: On, restart: bool) {
    let server = Server::new([Does::Says(503, String::new()), Does::HangsUp, Does::Says(429, String::new()), yes()]);
    let (mut world, david) = discharged(on, settings(Some(server.service())));
    world.restart = restart;
    world.goes_on(1, "11:59");
    assert!(server.heard().is_empty());
    world.goes_on(1, "12:01");
    let heard = server.heard();
    assert_eq!(heard.len(), 4, "{:?}", world.facts(david, "service.failed"));
    let id = heard[0].header("webhook-id").to_owned();
    for one in &heard {
        assert!(one.head.starts_with("POST /ask HTTP/1.1"), "{}", one.head);
        assert_eq!(
            (one.header("idempotency-key"), one.header("webhook-id")),
            (id.as_str(), id.as_str()),
            "one question"
        );
        assert!(one.header("webhook-signature").starts_with("v1,"), "{}", one.head);
        assert!(one.header("webhook-timestamp").parse::<i64>().unwrap() > 1_700_000_000);
        assert_eq!(one.body, heard[0].body);
    }
    let body = &heard[0].body;
    assert_eq!(body["call"], json!(id));
    assert_eq!(
        (&body["service"], &body["pathway"], &body["step"]),
        (&json!("eligibility"), &json!("cover"), &json!("main/eligibility"))
    );
    assert_eq!(body["asked"]["member"], json!("David Reyes"));
    assert_eq!(body["asked"].as_object().unwrap().len(), 2, "nothing else leaves: {body}");
    let said = world.facts(david, "service.answered");
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].body["answers"], json!({"covered": true, "copay": 20}));
    let notes: Vec<_> =
        world.facts(david, "note.made").iter().filter_map(|f| f.text("text").map(str::to_owned)).collect();
    assert_eq!(notes, ["Covered"]);
    assert!(world.hub().store().calls_of(david).unwrap().is_empty());
    world.start();
    world.goes_on(2, "12:00");
    assert_eq!(server.heard().len(), 4, "it is over");
    assert!(world.list_of(david, &["ask_by_hand"]).is_empty());
}

#[test]
fn a_service_is_asked_again_with_the_same_key_until_it_answers_on_sqlite() {
    asked_again_until_it_answers(On::Sqlite, false);
}

#[test]
fn a_service_is_asked_again_with_the_same_key_until_it_answers_on_postgresql() {
    asked_again_until_it_answers(On::Postgres, false);
}

#[test]
fn a_service_is_asked_again_whatever_restarts() {
    asked_again_until_it_answers(On::Sqlite, true);
}

/// Takes what is due as the caller does, and dies before the answer.
fn dies_between_claim_and_answer(world: &mut World) -> usize {
    let (now, setup) = (world.now(), Arc::new(world.setup()));
    let store = world.hub().store().clone();
    let claim = |lane| Worker::new(&store, lane, Arc::clone(&setup)).unwrap().calls(now, &mut |_| 10).unwrap().len();
    (0..store.lanes()).map(claim).sum()
}

#[test]
fn a_server_that_fails_at_length_is_asked_again() {
    let server = Server::new([Does::Says(503, "x".repeat(100_000)), Does::Says(429, "x".repeat(100_000)), yes()]);
    let (mut world, david) = discharged(On::Sqlite, settings(Some(server.service())));
    world.goes_on(1, "12:05");
    assert_eq!(server.heard().len(), 3);
    assert_eq!(world.facts(david, "service.answered").len(), 1);
}

#[test]
fn nothing_is_sent_after_its_time_and_no_try_takes_longer_than_is_left() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ask = |server: &Server, left_ms: i64| {
        let clock = hub::Clock::real();
        let caller = hub::caller::Caller::new(&settings(Some(server.service())), clock.clone()).unwrap();
        let now = clock.now();
        let call = model::ServiceCall {
            id: model::EffectId::of(&[b"late"]),
            person: PersonId::default(),
            journey: model::JourneyId::default(),
            service: "eligibility".into(),
            body: "{}".into(),
            created_at: now.plus_ms(-1_000),
            until: now.plus_ms(left_ms),
            tries: 1,
        };
        match runtime.block_on(caller.ask(&call)) {
            hub::caller::Came::Over(item) => item.fact.text("because").map(str::to_owned),
            other => panic!("{other:?}"),
        }
    };
    let server = Server::new([yes()]);
    assert_eq!(ask(&server, 0).as_deref(), Some("too_late"));
    assert!(server.heard().is_empty());
    // One that takes the connection and never answers: the service may take five seconds, the call has less.
    let silent = Server { at: TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(), ..server.clone() };
    let listener = TcpListener::bind(silent.at).unwrap();
    let since = std::time::Instant::now();
    assert_eq!(ask(&silent, 300).as_deref(), Some("no_answer"));
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
    drop(listener);
}

fn a_crash_loses_nothing(on: On) {
    let server = Server::new([yes()]);
    let (mut world, david) = discharged(on, settings(Some(server.service())));
    world.goes_on(1, "11:59");
    world.sends = false;
    world.start();
    world.goes_on(1, "12:00");
    let open = world.hub().store().calls_of(david).unwrap();
    assert_eq!((open.len(), open[0].under_way, open[0].call.tries), (1, false, 0), "durable before anything leaves");
    assert_eq!(dies_between_claim_and_answer(&mut world), 1);
    assert!(world.hub().store().calls_of(david).unwrap()[0].under_way, "durable before the first byte");
    assert!(server.heard().is_empty());
    world.sends = true;
    world.start();
    world.goes_on(1, "12:02");
    assert_eq!(server.heard().len(), 1);
    assert_eq!(world.facts(david, "service.answered").len(), 1);
    assert!(world.list_of(david, &["ask_by_hand"]).is_empty());
}

#[test]
fn a_crash_between_claim_and_answer_loses_nothing_on_sqlite() {
    a_crash_loses_nothing(On::Sqlite);
}

#[test]
fn a_crash_between_claim_and_answer_loses_nothing_on_postgresql() {
    a_crash_loses_nothing(On::Postgres);
}

/// What a person is asked for, and why the service failed.
fn failed(world: &World, david: PersonId, at: &str, because: &str) {
    let told: Vec<String> =
        world.facts(david, "service.failed").iter().filter_map(|f| f.text("because").map(str::to_owned)).collect();
    assert_eq!(told, [because]);
    same(&world.list_of(david, &["ask_by_hand"]), &[&format!("day 1 {at} prompt ask_by_hand to charge_nurse: open")]);
}

#[test]
fn what_cannot_be_answered_is_asked_of_a_person() {
    for (does, because) in [
        (Does::Says(404, String::new()), "http_404"),
        (Does::Says(302, String::new()), "http_302"),
        (Does::Says(200, "no json".into()), "bad_answer"),
        (Does::Says(200, "x".repeat(100_000)), "too_large"),
    ] {
        let server = Server::new([does]);
        let (mut world, david) = discharged(On::Sqlite, settings(Some(server.service())));
        world.goes_on(1, "12:05");
        assert_eq!(server.heard().len(), 1, "{because}: it is final");
        failed(&world, david, "12:00", because);
    }
    // An answer of another type is none.
    let wrong = Does::Says(200, json!({"answers": {"covered": "certainly"}}).to_string());
    let server = Server::new([wrong]);
    let (mut world, david) = discharged(On::Sqlite, settings(Some(server.service())));
    world.goes_on(1, "12:05");
    same(&world.list_of(david, &["ask_by_hand"]), &["day 1 12:00 prompt ask_by_hand to charge_nurse: open"]);
}

#[test]
fn tries_end_with_their_time() {
    let server = Server::new([]);
    let (mut world, david) = discharged(On::Sqlite, settings(Some(server.service())));
    world.goes_on(1, "13:00");
    // 1, 2, 4 … 256 seconds lie between them, or a little less; the next would be after the ten minutes.
    assert_eq!(server.heard().len(), 10);
    let told = world.facts(david, "service.failed");
    let minutes = (told[0].occurred_at.0 - world.at(1, "12:00").0) as f64 / 60_000.0;
    assert!((6.8..8.6).contains(&minutes), "{minutes}");
    assert_eq!(told[0].text("because"), Some("http_500"));
    assert_eq!(world.list_of(david, &["ask_by_hand"]).len(), 1);
    assert!(world.hub().store().calls_of(david).unwrap().is_empty());
}

#[test]
fn nothing_real_is_called_at_made_up_times_or_in_test_mode_and_nothing_unknown() {
    let server = Server::new([]);
    let real = Service { make_believe: false, ..server.service() };
    let (mut world, david) = discharged(On::Sqlite, settings(Some(real.clone())));
    world.goes_on(1, "12:05");
    failed(&world, david, "12:00", "scaled_clock");
    let (mut world, david) = discharged(On::Sqlite, settings(None));
    world.goes_on(1, "12:05");
    failed(&world, david, "12:00", "no_service");
    let away = Service { allow_private: false, ..server.service() };
    let (mut world, david) = discharged(On::Sqlite, settings(Some(away)));
    world.goes_on(1, "12:05");
    failed(&world, david, "12:00", "not_allowed");
    assert!(server.heard().is_empty());
    assert_eq!(settings(None).services_missing(), [("cover".to_owned(), "eligibility".to_owned())]);
    assert_eq!(settings(Some(real)).services_missing(), []);
}

#[test]
fn a_call_goes_with_its_journey_and_stands_still_with_it() {
    let server = Server::new([Does::Says(503, String::new()), yes()]);
    let (mut world, david) = discharged(On::Sqlite, settings(Some(server.service())));
    world.goes_on(1, "11:59");
    let at = world.at(1, "12:00");
    world.until(at);
    assert_eq!(server.heard().len(), 1, "the second try is a second later");
    let halt = Order::Halt { pathway: "cover".into(), version: None, why: "a wrong address".into() };
    let number = world.hub().order("lena", "a", &halt).unwrap();
    world.goes_on(1, "12:05");
    assert_eq!(server.heard().len(), 1, "a halted version calls nothing");
    assert!(world.hub().store().calls_of(david).unwrap()[0].held);
    world.start();
    world.goes_on(1, "12:06");
    assert_eq!(server.heard().len(), 1, "nor after a restart");
    world.hub().order("lena", "b", &Order::Resume { pathway: "cover".into(), of: number }).unwrap();
    world.goes_on(1, "12:07");
    assert_eq!(server.heard().len(), 2);
    assert_eq!(world.facts(david, "note.made").len(), 1);

    let server = Server::new([]);
    let (mut world, david) = discharged(On::Sqlite, settings(Some(server.service())));
    world.goes_on(1, "12:00");
    let asked = server.heard().len();
    world.hears(&Story::david().readmission(world.now()));
    assert!(world.hub().store().calls_of(david).unwrap().is_empty(), "taken back");
    world.goes_on(1, "12:30");
    assert_eq!(server.heard().len(), asked);
}

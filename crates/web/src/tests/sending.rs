//! The page of what leaves: who may pause, resume and approve, what is shown, and what is logged.

use super::harness::{Browser, PASSWORD, World, settings};
use crate::{Account, create_account};
use axum::http::StatusCode;
use channels::contract::{
    Accepted, BoxFuture, Incoming, Outbound, Provider, ReceiveError, Received, Request, SendError, Spec,
};
use hub::newcomers::NEW_SENDERS_MAX;
use model::message::{Content, Message};
use model::{Batch, Channel, Fact};
use serde_json::json;
use std::sync::Arc;
use testkit::story::DAY_0;

const HERE: &str = "/sending";

fn account(world: &World, name: &str, role: &str) {
    let account = Account {
        name: name.into(),
        display: name.into(),
        roles: vec![role.into()],
        teams: vec![],
        sites: vec![],
        disabled: false,
        hash: String::new(),
    };
    create_account(world.hub.store(), account, PASSWORD).unwrap();
}

async fn see(browser: &mut Browser<'_>) -> String {
    let answer = browser.get(HERE).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.text
}

/// Twelve messages of the same words, of people whose names are in them.
fn many(store: &store::Store) {
    let mut lane = store.take_lane(0).unwrap();
    for n in 0..12_u32 {
        let person = model::inbox::person_of(model::inbox::key("urn:bulk", &n.to_string()));
        let mut batch = Batch::new(person, 0);
        batch.messages = vec![Message {
            pathway: "post-surgical-follow-up".into(),
            words: "appointment_booked".into(),
            to: format!("+120155501{n:02}"),
            content: Content::Sms { text: "Hello Rumpelstiltskin".into() },
            ..testkit::text(&n.to_string(), person, DAY_0)
        }];
        let epoch = lane.epoch(person.part());
        lane.commit(&[(person.part(), epoch, batch)]).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_pauses_and_resumes_and_a_nurse_sees_it() {
    let world = World::new().await;
    account(&world, "lena", "lead");
    let mut lena = world.staff("lena").await;
    let page = see(&mut lena).await;
    assert!(page.contains("Nothing is paused") && page.contains("handset") && page.contains("portal"), "{page}");
    let unsaid = lena.post("/sending/pause", &[("scope", "everything"), ("why", " ")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    for scope in ["channel:carrier pigeon", "nothing", "provider:nobody"] {
        let wrong = lena.post("/sending/pause", &[("scope", scope), ("why", "x")]).await;
        assert!(wrong.status.is_client_error(), "{scope}: {}", wrong.status);
    }
    for _ in 0..2 {
        let done = lena.post("/sending/pause", &[("scope", "channel:sms"), ("why", "the words are wrong")]).await;
        assert_eq!((done.status, done.to()), (StatusCode::SEE_OTHER, HERE), "{}", done.text);
    }
    assert_eq!(world.hub.orders().len(), 1, "two clicks are one order");
    assert_eq!(world.hub.paused().len(), 1);
    let mut nurse = world.staff("nurse").await;
    let page = see(&mut nurse).await;
    assert!(page.contains("the words are wrong") && page.contains("urgent care messages too"), "{page}");
    assert!(!page.contains("Pause now") && !page.contains(">Resume<"), "a nurse may not: {page}");
    see(&mut lena).await;
    let done = lena.post("/sending/unpause", &[("of", "1")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert!(world.hub.paused().is_empty());
    // The page anew: the same click again would be the same order.
    see(&mut lena).await;
    let again = lena.post("/sending/unpause", &[("of", "1")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let mut admin = world.staff("administrator").await;
    let log = admin.get("/access").await.text;
    assert!(log.contains("paused messages") && log.contains("resumed messages"), "{log}");
}

/// The rooms of the care team.
struct Rooms;

impl Provider for Rooms {
    fn spec(&self) -> Spec {
        Spec {
            name: "chat",
            channels: &[Channel::Chat],
            secrets: &[],
            fields: &[],
            make_believe: true,
            idempotent: false,
        }
    }
    fn send<'a>(&'a self, _: &'a Outbound) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(std::future::ready(Ok(Accepted { provider_id: None, delivered: true })))
    }
    fn receive(&self, _: &Request) -> Result<Received, ReceiveError> {
        Err(ReceiveError::NotAuthentic("nobody writes here".into()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_to_the_care_team_have_a_row_and_a_pause_where_they_are_carried() {
    let without = World::new().await;
    account(&without, "lena", "lead");
    let mut lena = without.staff("lena").await;
    assert!(!see(&mut lena).await.contains("channel:chat"), "nothing carries them");
    let world = World::sending(hub::Clock::scaled(DAY_0, 0.0), vec![Arc::new(Rooms)]).await;
    account(&world, "lena", "lead");
    let mut lena = world.staff("lena").await;
    let page = see(&mut lena).await;
    let section = |id: &str| {
        let from = page.find(&format!("aria-labelledby=\"{id}\"")).unwrap();
        page[from..].split("</table>").next().unwrap().to_owned()
    };
    assert!(section("gates-h").contains("chat"), "{page}");
    assert!(section("outbox-h").contains("post to the care team"), "{page}");
    assert!(page.contains("channel:chat") && page.contains("provider:chat"), "{page}");
    let done = lena.post("/sending/pause", &[("scope", "channel:chat"), ("why", "the room moves")]).await;
    assert_eq!((done.status, done.to()), (StatusCode::SEE_OTHER, HERE), "{}", done.text);
    assert_eq!(world.hub.paused().len(), 1);
    assert!(see(&mut lena).await.contains("the room moves"));
}

/// A mail that a provider brings.
fn mail(from: &str, n: usize) -> Vec<Incoming> {
    let id = model::FactId::of(&[b"mail", from.as_bytes(), &n.to_be_bytes()]);
    let body = json!({"channel": "email", "from": from, "text": "When may I come?", "provider": "smtp"});
    let fact = Fact::live(id, "smtp", format!("email|{from}"), "reply.received", DAY_0, body);
    let keys = vec![model::inbox::key("email", from)];
    vec![Incoming { fact: fact.by(model::Actor::Patient), keys, message: None, person: None }]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_new_senders_of_mail_is_put_off_and_known_people_are_not() {
    let world = World::new().await;
    world.david().await;
    for n in 0..NEW_SENDERS_MAX {
        world.hub.incoming(mail(&format!("{n}@example.org"), 0)).await.unwrap();
    }
    let put_off = world.hub.incoming(mail("late@example.org", 0)).await;
    assert!(matches!(put_off, Err(hub::Error::Busy)), "{put_off:?}");
    // Whoever a record knows, and who wrote before, is heard.
    let known = "david.reyes@example.org";
    assert_eq!(world.hub.store().find_people(known, 2).unwrap().len(), 1);
    world.hub.incoming(mail(known, 0)).await.unwrap();
    world.hub.incoming(mail("0@example.org", 1)).await.unwrap();
    // What a machine wrote makes no line and no prompt: it takes nobody's place, and is not put off.
    let mut machine = mail("robot@example.org", 0);
    machine[0].fact.body["auto"] = json!(true);
    world.hub.incoming(machine).await.unwrap();
    let mut nurse = world.staff("nurse").await;
    let page = see(&mut nurse).await;
    assert!(
        page.contains("60 of at most 60 new senders this hour. Mails put off since this hub started: 1."),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_of_the_same_words_are_approved_by_an_administrator() {
    let mut limited = settings();
    limited.approve_above = 10;
    let world = World::made(Some(crate::Demo { people: vec![], logins: vec![], rate: 2880.0 }), limited, many).await;
    world.until(|w| (!w.hub.store().held().unwrap().is_empty()).then_some(())).await;
    let mut admin = world.staff("administrator").await;
    let page = see(&mut admin).await;
    assert!(page.contains("12 messages wait, of 12 within a day") && page.contains("appointment_booked"), "{page}");
    assert!(!page.contains("Rumpelstiltskin"), "nothing of whom it is for: {page}");
    assert!(page.contains("<blockquote") && page.contains("value=\"14\""), "the words, and a proposal: {page}");
    let none = [("pathway", "post-surgical-follow-up"), ("words", "appointment_booked"), ("recipients", "many")];
    assert_eq!(admin.post("/sending/approve", &none).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    see(&mut admin).await;
    let fields = [("pathway", "post-surgical-follow-up"), ("words", "appointment_booked"), ("recipients", "14")];
    let done = admin.post("/sending/approve", &fields).await;
    assert_eq!((done.status, done.to()), (StatusCode::SEE_OTHER, HERE), "{}", done.text);
    world.until(|w| w.hub.store().held().unwrap().is_empty().then_some(())).await;
    world.until(|w| w.hub.store().queued().unwrap().is_empty().then_some(())).await;
    let page = see(&mut admin).await;
    assert!(page.contains("approved, up to 14 within a day") && page.contains("Nothing waits for approval"), "{page}");
}

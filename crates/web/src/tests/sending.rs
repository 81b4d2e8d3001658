//! The page of what leaves: who may pause, resume and approve, what is shown, and what is logged.

use super::harness::{Browser, PASSWORD, World, settings};
use crate::{Account, create_account};
use axum::http::StatusCode;
use model::Batch;
use model::message::{Content, Message};
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

//! A member of staff is connected with a person: the button on both pages, the telephones by Twilio, and what is kept.

use super::harness::{Answer, Browser, PASSWORD};
use super::twilio::{Hub, action, value};
use crate::{Account, create_account};
use axum::http::StatusCode;
use model::message::{Message, Status};
use serde_json::json;
use testkit::story::Story;

const DAVID: &str = "+12125550119";
const ANAS: &str = "+12125550171";

/// A text has left by itself: what is asked of Twilio after it is what staff asked for.
async fn hub() -> Hub {
    let hub = Hub::with("sms 2 hours").await;
    hub.asked(0).await;
    let account = Account {
        name: "ana".into(),
        display: "Ana Okafor, RN".into(),
        roles: vec!["nurse".into()],
        teams: vec![],
        sites: vec![],
        disabled: false,
        hash: String::new(),
    };
    create_account(hub.world.hub.store(), account, PASSWORD).unwrap();
    hub
}

fn calls(hub: &Hub) -> Vec<Message> {
    let all = hub.world.hub.store().messages_of(hub.david, 50).unwrap();
    all.into_iter().filter(|m| m.words == turn::STAFF_CALL).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nurse_presses_call_takes_it_and_is_connected() {
    let hub = hub().await;
    let mut ana = hub.world.staff("ana").await;
    let conversation = format!("/people/{}/conversation", hub.david);
    let page = ana.get(&conversation).await.text;
    assert!(page.contains("Your own number is not known.") && page.contains("href=\"/me#phone\""), "{page}");
    let call = format!("/people/{}/call", hub.david);
    assert_eq!(ana.post(&call, &[]).await.status, StatusCode::CONFLICT, "the server asks as the page does");
    ana.get("/me").await;
    let wrong = ana.post("/me/phone", &[("phone", "12")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("no telephone number"));
    assert_eq!(ana.post("/me/phone", &[("phone", "(212) 555-0171")]).await.status, StatusCode::SEE_OTHER);
    assert!(ana.get("/me").await.text.contains(ANAS), "as it is rung");

    let page = ana.get(&conversation).await.text;
    for _ in 0..2 {
        ana.page_of(&page);
        assert_eq!(ana.post(&call, &[]).await.to(), conversation);
    }
    let form = hub.asked(1).await;
    assert_eq!((value(&form, "To"), value(&form, "From")), (ANAS, "+12125550100"));
    assert!(!format!("{form:?}").contains(&DAVID[1..]), "nothing of the person leaves before the key");
    let leg = [("CallSid", "CA1"), ("CallStatus", "in-progress")];
    let asked = hub.report(value(&form, "Url"), &leg).await;
    assert!(asked.text.contains("press 1") && !asked.text.contains("David"), "{}", asked.text);
    let taken = hub.report(&action(&asked), &[leg[0], ("Digits", "1")]).await;
    assert!(taken.text.contains("callerId=\"+12125550100\"") && taken.text.contains(DAVID), "{}", taken.text);
    hub.until_fact(hub.david, "staff_call.taken").await;
    hub.world.until(|_| (calls(&hub)[0].status == Status::Delivered).then_some(())).await;
    let report = taken.text.split("statusCallback=\"").nth(1).unwrap().split('"').next().unwrap();
    hub.report(report, &[("CallSid", "CA2"), ("CallStatus", "completed"), ("CallDuration", "73")]).await;
    let over = [leg[0], ("CallStatus", "completed"), ("CallDuration", "90")];
    hub.report(value(&form, "StatusCallback"), &over).await;
    let ended = hub.until_fact(hub.david, "staff_call.ended").await;
    assert_eq!((&ended.body["outcome"], &ended.body["seconds"]), (&json!("connected"), &json!(73)));
    assert_eq!(hub.facts(hub.david, "staff_call.ended").len(), 1, "their own telephone's end says nothing more");
    assert_eq!((calls(&hub).len(), hub.asked.lock().unwrap().len()), (1, 2), "pressed twice, rung once");
    let page = ana.get(&conversation).await.text;
    assert!(page.contains("A call by staff was connected") && page.contains("73 seconds"), "{page}");
    assert!(!page.contains(ANAS), "a nurse's own number is on no page of a patient");
    let message = ana.get(&format!("/people/{}/messages/{}", hub.david, calls(&hub)[0].id)).await;
    assert!(message.status == StatusCode::OK && !message.text.contains(ANAS), "{}", message.text);
}

/// The button of a conversation that is opened anew.
async fn press(ana: &mut Browser<'_>, person: &str) -> Answer {
    ana.get(&format!("{person}/conversation")).await;
    ana.post(&format!("{person}/call"), &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_rings_for_one_person_at_a_time() {
    let hub = hub().await;
    let mut ana = hub.world.staff("ana").await;
    ana.get("/me").await;
    ana.post("/me/phone", &[("phone", ANAS)]).await;
    let ada = Story::of("5001", "Ada", "Marsh", "female", "1951-01-01", "+12125550133");
    let other = hub.world.discharged(&ada).await;
    hub.asked(1).await;
    let (first, second) = (format!("/people/{}", hub.david), format!("/people/{other}"));
    assert_eq!(press(&mut ana, &first).await.status, StatusCode::SEE_OTHER);
    // What is said before the key names nobody: she would not know with whom she is connected.
    let refused = press(&mut ana, &second).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(refused.text.contains("another person"), "{}", refused.text);
    // A second tab is another form: it rings once all the same.
    assert_eq!(press(&mut ana, &first).await.status, StatusCode::SEE_OTHER);
    let form = hub.asked(2).await;
    assert_eq!((calls(&hub).len(), hub.asked.lock().unwrap().len()), (1, 3));
    // Once it has rung in vain, the telephone is free.
    let over = [("CallSid", "CA1"), ("CallStatus", "no-answer")];
    hub.report(value(&form, "StatusCallback"), &over).await;
    hub.world.until(|_| (calls(&hub)[0].status == Status::Failed).then_some(())).await;
    assert_eq!(press(&mut ana, &second).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_refused_calls_is_not_rung_and_the_page_says_why() {
    let hub = hub().await;
    let mut ana = hub.world.staff("ana").await;
    ana.get("/me").await;
    ana.post("/me/phone", &[("phone", ANAS)]).await;
    let body = json!({"channel": "voice", "allowed": false, "basis": "said so"});
    let no = model::Fact::own("consent.changed", "no", hub.david, hub.world.hub.clock().now(), body);
    hub.world.hub.submit(hub.david, no).await.unwrap();
    let page = ana.get(&format!("/people/{}/conversation", hub.david)).await.text;
    let button = page.split("id=\"call-button\"").nth(1).unwrap().split("</form>").next().unwrap();
    assert!(button.starts_with(" disabled") && button.contains("refused"), "{button}");
    let answer = ana.post(&format!("/people/{}/call", hub.david), &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    assert!(calls(&hub).is_empty());
}

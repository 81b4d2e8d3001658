//! Notifications: turned on and off on the Today page, told by the page's worker; and what a notice to the care team
//! leads to.

use super::harness::{Browser, World};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use channels::registry::Around;
use channels::{Provider, WebPush};
use hub::Clock;
use model::message::{Content, Message};
use model::prompt::{Detail, Notify, NotifyOf, PromptStatus};
use model::time::{DAY_MS, HOUR_MS};
use model::{Channel, Fact, Item, MessageId, PersonId};
use serde_json::json;
use std::sync::Arc;
use testkit::story::Story;

const RIGHT: [(&str, &str); 3] = [("day", "9"), ("month", "3"), ("year", "1984")];
const ENDPOINT: &str = "http://127.0.0.1:1/device/1";

fn push() -> Arc<dyn Provider> {
    let around = Around {
        egress: egress::Egress::new(&[]).unwrap(),
        base_url: "https://hub.example.org".into(),
        clinic: String::new(),
        phone: String::new(),
        rang: Vec::new(),
    };
    let settings = json!({"private": "yes", "hosts": "127.0.0.1"});
    Arc::new(WebPush::new(settings.as_object().unwrap(), &around).unwrap())
}

fn key() -> String {
    // The key of RFC 8291's example.
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4".into()
}

fn facts(world: &World, person: PersonId, kind: &str) -> Vec<Fact> {
    let all = world.hub.store().timeline(person, None, 500).unwrap();
    all.into_iter().map(|(_, f)| f).filter(|f| f.kind == kind).collect()
}

/// David's page, past the second factor, where the hub sends notifications.
async fn opened(world: &World, david: PersonId) -> (Browser<'_>, String) {
    let secret = &world.hub.settings().clinic.link_secret;
    let path = format!("/t/{}", model::link::sign(secret, david, world.hub.clock().now().plus_ms(DAY_MS), ""));
    let mut phone = Browser::new(world);
    phone.get(&path).await;
    assert_eq!(phone.post(&format!("{path}/open"), &RIGHT).await.status, StatusCode::SEE_OTHER);
    (phone, path)
}

/// David, home for an hour by the machine's own clock.
async fn home(world: &World) -> PersonId {
    world.discharged(&Story::david().discharged(world.hub.clock().now().plus_ms(-HOUR_MS))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_turned_on_and_off_by_its_own_person_alone() {
    let world = World::sending(Clock::real(), vec![push()]).await;
    let david = home(&world).await;
    let (mut phone, path) = opened(&world, david).await;
    let page = phone.get(&path).await.text;
    let section = page.split("id=\"notify\"").nth(1).expect("the section").split("</section>").next().unwrap();
    assert!(section.contains("data-key=\"B") && section.contains("It says nothing about your health"), "{section}");
    assert!(!section.contains("data-on"));
    let auth = "BTBZMqHH6r4Tts7J_aSIgg";
    let on = |endpoint: &'static str| {
        let fields = [("act", "on"), ("endpoint", endpoint), ("p256dh", "KEY"), ("auth", auth)];
        fields.map(|(n, v)| (n, if v == "KEY" { key() } else { v.to_owned() }))
    };
    // Addresses that are no push service's, and keys that are none, are refused.
    for (endpoint, status) in [("http://10.0.0.1/", StatusCode::FORBIDDEN), ("nonsense", StatusCode::FORBIDDEN)] {
        let fields = on(endpoint);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let answer = phone.post(&format!("{path}/push"), &fields).await;
        assert!(answer.status.is_client_error(), "{endpoint}: {} not {status}", answer.status);
    }
    assert!(facts(&world, david, "push.subscribed").is_empty());
    let fields = on(ENDPOINT);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    // Without the second factor nothing is taken.
    let mut other = Browser::new(&world);
    other.get(&path).await;
    assert_eq!(other.post(&format!("{path}/push"), &fields).await.status, StatusCode::FORBIDDEN);
    assert!(facts(&world, david, "push.subscribed").is_empty());
    phone.get(&path).await;
    assert_eq!(phone.post(&format!("{path}/push"), &fields).await.status, StatusCode::SEE_OTHER);
    let devices = world.hub.look(david).unwrap().record.devices.clone();
    assert_eq!(devices.len(), 1);
    let page = phone.get(&path).await.text;
    assert!(page.contains("data-on=\"on\"") && page.contains("on one device"));
    assert!(!page.contains(ENDPOINT) && !page.contains(auth), "what the browser gave is in no page");
    let mut nurse = world.staff("nurse").await;
    let known = nurse.get(&format!("/people/{david}")).await.text;
    assert!(!known.contains(ENDPOINT) && !known.contains(auth), "and in none of the care team's");
    assert_eq!(phone.post(&format!("{path}/push"), &[("act", "off")]).await.status, StatusCode::SEE_OTHER);
    assert!(world.hub.look(david).unwrap().record.devices.is_empty());
    assert_eq!(facts(&world, david, "push.gone").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_hub_sends_none_none_are_offered() {
    let world = World::new().await;
    let david = world.david().await;
    let (mut phone, path) = opened(&world, david).await;
    assert!(!phone.get(&path).await.text.contains("id=\"notify\""));
    let answer = phone.post(&format!("{path}/push"), &[("act", "on"), ("endpoint", ENDPOINT)]).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_is_believed_of_a_push_alone_and_at_the_address_of_its_own_provider() {
    let world = World::sending(Clock::real(), vec![push()]).await;
    let david = home(&world).await;
    let (person, message) = (david, MessageId::of(&[b"push"]));
    let secret = &world.hub.settings().clinic.link_secret;
    let token = model::link::sign_attempt(secret, "web_push", person, message);
    let post = |path: String| world.send(Request::post(path).body(Body::empty()).unwrap());
    assert_eq!(post(format!("/hooks/web_push/{token}/shown")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(post(format!("/hooks/web_push/{token}/shown")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(post(format!("/hooks/web_push/{token}/opened")).await.status, StatusCode::NO_CONTENT);
    let told = |kind| facts(&world, david, kind).into_iter().filter(|f| f.source == "web_push").count();
    assert_eq!((told("message.delivered"), told("message.read")), (0, 0), "there is no such message");
    for forged in [
        // One that ends in its own last digit would be none.
        format!("{}{}", &token[..token.len() - 1], if token.ends_with('0') { '1' } else { '0' }),
        model::link::sign_unsubscribe(secret, person, message),
        model::link::sign_attempt(secret, "twilio", person, message),
    ] {
        assert_eq!(post(format!("/hooks/web_push/{forged}/shown")).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(post("/hooks/web_push/shown".into()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_notice_takes_the_prompt_by_a_click_and_tells_nothing() {
    let mut settings = super::harness::settings();
    for team in &mut settings.teams {
        let (by, to) = (Channel::Email, "nurses@clinic.example".to_owned());
        team.notify = vec![Notify { by, to, name: String::new(), only: NotifyOf::Urgent, detail: Detail::None }];
    }
    let world = World::of(None, settings).await;
    let david = world.david().await;
    world.go_to(Story::david().day(3).plus_ms(-HOUR_MS)).await;
    let body = json!({"channel": "sms", "from": "+12125550119", "text": "there is blood all over my sleeve"});
    let fact = Fact::own("reply.received", "1", david, world.hub.clock().now(), body).by(model::Actor::Patient);
    world.hub.accept(vec![Item::own(david, fact)]).await.unwrap();
    let flag = || world.hub.look(david).unwrap().prompts.into_iter().find(|p| p.name == "red_flag");
    let prompt = world.until(|_| flag().filter(|p| !p.desk.notices.is_empty())).await;
    let message = world.hub.store().message(david, prompt.desk.notices[0].message).unwrap().unwrap();
    let Content::Email { text, .. } = &message.content else { panic!("a mail") };
    let path = text.split("/n/").nth(1).unwrap().split_whitespace().next().unwrap();
    let path = format!("/n/{path}");
    let mut nurse = Browser::new(&world);
    let page = nurse.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    for secret in ["David", "Reyes", "blood", "surgery"] {
        assert!(!page.text.contains(secret), "{secret}");
    }
    // Looked at by a mail scanner it is as it was.
    for _ in 0..3 {
        nurse.get(&path).await;
    }
    assert_eq!(flag().unwrap().status, PromptStatus::Open);
    // Without the form's token nothing is taken.
    let bare = world.send(
        Request::post(&path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("once=1"))
            .unwrap(),
    );
    assert!(bare.await.status.is_client_error());
    assert_eq!(flag().unwrap().status, PromptStatus::Open);
    assert_eq!(nurse.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
    let taken = flag().unwrap();
    assert_eq!(taken.status, PromptStatus::Acknowledged);
    assert_eq!(taken.assignee, Some(format!("{} (email)", taken.team)));
    assert_eq!(facts(&world, david, "prompt.acknowledged")[0].text("channel"), Some("email"));
    assert!(nurse.get(&path).await.text.contains("It is taken"));
    let secret = &world.hub.settings().clinic.link_secret;
    let forged = format!("/n/{}", model::link::sign_attempt(secret, "web_push", david, prompt.desk.notices[0].message));
    assert_eq!(nurse.get(&forged).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_names_the_way_in_which_a_notice_failed() {
    let world = World::new().await;
    let david = world.david().await;
    let now = world.hub.clock().now();
    let body = json!({"message": MessageId::of(&[b"notice"]), "team": "surgical_nurses", "channel": "chat"});
    world.hub.submit(david, Fact::own("notice.failed", "1", david, now, body)).await.unwrap();
    let page = world.staff("nurse").await.get(&format!("/people/{david}?kind=team")).await.text;
    assert!(page.contains("The team could not be told by post to the care team"), "{page}");
}

/// What a push message is, for the pages that show it.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_devices_shows_no_address_to_the_care_team() {
    let world = World::new().await;
    let david = world.david().await;
    let device = model::push::Device::read(ENDPOINT, &key(), "BTBZMqHH6r4Tts7J_aSIgg").unwrap();
    let now = world.hub.clock().now();
    let message = Message {
        channel: Channel::Push,
        to: device.id(),
        content: Content::Push {
            title: "A message for you".into(),
            text: "Open it".into(),
            url: "https://hub/t/secret".into(),
            devices: vec![device],
        },
        ..testkit::text("shown", david, now)
    };
    let shown = crate::staff::message::content(crate::tongue::Tongue::En, &message).into_string();
    assert!(shown.contains("A message for you") && shown.contains("Open it"));
    assert!(!shown.contains("127.0.0.1") && !shown.contains("BTBZ") && !shown.contains("secret"), "{shown}");
}

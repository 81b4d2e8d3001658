//! What a patient sees and does.

use super::harness::{Browser, World};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use model::time::DAY_MS;
use model::{MessageId, PersonId};
use testkit::story::Story;

const RIGHT: [(&str, &str); 3] = [("day", "9"), ("month", "3"), ("year", "1984")];
const WRONG: [(&str, &str); 3] = [("day", "10"), ("month", "3"), ("year", "1984")];

fn link(world: &World, person: PersonId) -> String {
    let secret = &world.hub.settings().clinic.link_secret;
    format!("/t/{}", model::link::sign(secret, person, world.hub.clock().now().plus_ms(DAY_MS)))
}

async fn on_day_1(world: &World) -> PersonId {
    let david = world.david().await;
    world.go_to(Story::david().day(1)).await;
    world.until(|w| (!w.hub.look(david).unwrap().tasks.is_empty()).then_some(())).await;
    david
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_nothing_before_the_birth_date_and_then_takes_ticks() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = Browser::new(&world);
    let question = phone.get(&path).await.text;
    for hidden in ["David", "Reyes", "dressing", "Cephalexin", "surgery"] {
        assert!(!question.contains(hidden), "{hidden} is shown before the second factor");
    }
    let early = phone.post(&format!("{path}/do"), &[("act", "reminders"), ("about", "off")]).await;
    assert_eq!((early.status, early.to()), (StatusCode::SEE_OTHER, path.as_str()), "nothing is done before it");
    assert_eq!(world.hub.look(david).unwrap().record.preferences.task_reminders, Some(true));

    assert_eq!(phone.post(&format!("{path}/open"), &WRONG).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(phone.post(&format!("{path}/open"), &RIGHT).await.status, StatusCode::SEE_OTHER);
    let page = phone.get(&path).await.text;
    assert!(page.contains("David</h1>") && page.contains("Your checklist"), "{page}");
    assert!(page.len() < 24 * 1024, "{} bytes", page.len());
    let another = Browser::new(&world).get(&path).await.text;
    assert!(another.contains("Date of birth"), "another browser is asked too");

    let task = world.hub.look(david).unwrap().tasks[0].id.clone();
    let ticked = phone.post(&format!("{path}/do"), &[("act", "task_done"), ("about", &task)]).await;
    assert_eq!(ticked.status, StatusCode::SEE_OTHER, "{}", ticked.text);
    let done = |world: &World| world.hub.look(david).unwrap().tasks.iter().any(|t| t.id == task && t.done);
    assert!(done(&world));
    phone.get(&path).await;
    phone.post(&format!("{path}/do"), &[("act", "task_undone"), ("about", &task)]).await;
    assert!(!done(&world), "it can be taken back");
    let strange = phone.post(&format!("{path}/do"), &[("act", "task_done"), ("about", "not@mine#0")]).await;
    assert_eq!(strange.status, StatusCode::FORBIDDEN);
    phone.get(&path).await;
    phone.post(&format!("{path}/do"), &[("act", "reminders"), ("about", "off")]).await;
    assert_eq!(world.hub.look(david).unwrap().record.preferences.task_reminders, Some(false));
    phone.get(&path).await;
    phone.post(&format!("{path}/do"), &[("act", "language"), ("about", "es")]).await;
    let page = phone.get(&path).await.text;
    assert!(page.contains("lang=\"es\"") && page.contains("Su lista de hoy"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_dates_lock_the_page_for_every_link_of_the_person() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = Browser::new(&world);
    phone.get(&path).await;
    for _ in 0..4 {
        assert_eq!(phone.post(&format!("{path}/open"), &WRONG).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(phone.post(&format!("{path}/open"), &WRONG).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(phone.post(&format!("{path}/open"), &RIGHT).await.status, StatusCode::TOO_MANY_REQUESTS);
    let mut other = Browser::new(&world);
    assert_eq!(other.get(&path).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_and_forged_links_open_nothing() {
    let world = World::new().await;
    let david = world.david().await;
    let path = link(&world, david);
    let mut phone = Browser::new(&world);
    assert_eq!(phone.get(&path).await.status, StatusCode::OK);
    assert_eq!(phone.get(&format!("{path}0")).await.status, StatusCode::NOT_FOUND);
    world.go_to(world.hub.clock().now().plus_ms(2 * DAY_MS)).await;
    let late = phone.get(&path).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
    assert!(late.text.contains("no longer works") && late.text.contains("ya no funciona"));
}

#[tokio::test(flavor = "multi_thread")]
async fn not_me_disables_the_number_that_is_named_and_tells_nothing() {
    let world = World::new().await;
    let david = world.david().await;
    let path = link(&world, david);
    let mut stranger = Browser::new(&world);
    stranger.get(&path).await;
    let wrong = stranger.post(&format!("{path}/not-me"), &[("where", "+12125550000")]).await.text;
    stranger.get(&path).await;
    let right = stranger.post(&format!("{path}/not-me"), &[("where", "(212) 555-0119")]).await.text;
    let words = |page: &str| page.split("<main").nth(1).unwrap_or_default().to_owned();
    assert_eq!(words(&wrong), words(&right));
    let contacts = world.hub.look(david).unwrap().record.contacts;
    let number = contacts.iter().find(|c| c.value == "+12125550119").unwrap();
    assert_eq!(number.status, model::person::PointStatus::Wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_scanner_unsubscribes_nobody_and_one_click_does() {
    let world = World::new().await;
    let david = world.david().await;
    let secret = &world.hub.settings().clinic.link_secret;
    let token = model::link::sign_unsubscribe(secret, david, MessageId::of(&[b"m"]));
    let path = format!("/unsubscribe?m={token}");
    let refused = |w: &World| w.hub.look(david).unwrap().record.consents.iter().any(|c| !c.allowed);
    let page = world.send(Request::get(&path).body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!refused(&world), "a GET changes nothing");
    let click = Request::post(&path).body(Body::from("List-Unsubscribe=One-Click")).unwrap();
    assert_eq!(world.send(click).await.status, StatusCode::OK);
    assert!(refused(&world));
    let forged = Request::post(format!("{path}0")).body(Body::empty()).unwrap();
    assert_eq!(world.send(forged).await.status, StatusCode::NOT_FOUND);
}

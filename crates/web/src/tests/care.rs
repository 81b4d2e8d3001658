//! What the care team does.

use super::harness::{Browser, World};
use axum::http::StatusCode;
use model::prompt::PromptStatus;
use model::time::HOUR_MS;
use model::{PersonId, PromptId};
use testkit::story::Story;

/// Day 1, 09:30: David's prompt waits.
async fn prompted(world: &World) -> (PersonId, PromptId) {
    let david = world.david().await;
    world.go_to(Story::david().day(1).plus_ms(-5 * HOUR_MS + HOUR_MS / 2)).await;
    let prompt = world.until(|w| w.hub.look(david).unwrap().prompts.first().map(|p| p.id)).await;
    (david, prompt)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nurse_finds_the_prompt_claims_it_records_and_corrects() {
    let world = World::new().await;
    let (david, prompt) = prompted(&world).await;
    let mut nurse = world.staff("nurse").await;
    let list = nurse.get("/").await.text;
    for words in [
        "David Reyes",
        "Call David Reyes, the day after surgery",
        "+12125550119",
        "English",
        "attempt 1 of 3",
        "I take this",
    ] {
        assert!(list.contains(words), "{words} is not on the card: {list}");
    }
    let path = format!("/people/{david}/prompts/{prompt}");
    assert_eq!(nurse.post(&format!("{path}/claim"), &[]).await.status, StatusCode::SEE_OTHER);
    let page = nurse.get(&path).await.text;
    assert!(page.contains("Yours until 10:00 am") && page.contains("attempt 2 of 3, asked again: 12:30 pm"), "{page}");

    let bad = nurse.post(&format!("{path}/outcome"), &[("outcome", "done"), ("f.pain", "99")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.text.contains("is a number from 0 to 10") && bad.text.contains("value=\"99\""), "{}", bad.text);

    nurse.get(&path).await;
    let fields = [("outcome", "done"), ("f.reached", "yes"), ("f.pain", "3"), ("note", "Feels well")];
    let done = nurse.post(&format!("{path}/outcome"), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let stored = world.hub.store().prompt(david, prompt).unwrap().unwrap();
    assert_eq!(stored.status, PromptStatus::Completed);
    assert_eq!(stored.note, "Feels well");
    let again = nurse.post(&format!("{path}/outcome"), &fields).await;
    assert!(again.status == StatusCode::SEE_OTHER, "the same form sent twice is one fact: {}", again.status);
    nurse.get(&path).await;
    let late = nurse.post(&format!("{path}/outcome"), &fields).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "a second outcome is refused: {}", late.text);

    let page = nurse.get(&path).await.text;
    assert!(page.contains("Correct this outcome") && page.contains("Feels well"), "{page}");
    let fields = [("outcome", "no_answer"), ("note", "It was his wife")];
    let corrected = nurse.post(&format!("{path}/correct"), &fields).await;
    assert_eq!(corrected.status, StatusCode::SEE_OTHER, "{}", corrected.text);
    let timeline = nurse.get(&format!("/people/{david}?kind=team")).await.text;
    assert!(timeline.contains("Outcome corrected: no answer"), "{timeline}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_shown_with_all_that_is_known_and_it_is_logged() {
    let world = World::new().await;
    let david = world.david().await;
    world.go_to(Story::david().day(1)).await;
    world.until(|w| w.hub.store().messages_of(david, 5).unwrap().first().map(|_| ())).await;
    let mut nurse = world.staff("nurse").await;
    let found = nurse.get("/people?q=reyes").await.text;
    assert!(found.contains(&format!("/people/{david}")), "{found}");
    let page = nurse.get(&format!("/people/{david}")).await.text;
    for words in
        ["born 9 Mar 1984, 42 years old", "America/New_York", "21:00 to 08:00", "Cephalexin", "Follow-up after"]
    {
        assert!(page.to_lowercase().contains(&words.to_lowercase()), "{words} is not shown: {page}");
    }
    assert_eq!(nurse.get(&format!("/people/{}", PersonId::of(&[b"x"]))).await.status, StatusCode::NOT_FOUND);
    assert_eq!(nurse.get("/people/nonsense").await.status, StatusCode::NOT_FOUND);

    let message = world.hub.store().messages_of(david, 5).unwrap()[0].id;
    let why = nurse.get(&format!("/people/{david}/messages/{message}")).await.text;
    assert!(why.contains(">Why<") && why.contains("post-surgical-follow-up"), "{why}");

    let mut admin = world.staff("administrator").await;
    let log = admin.get(&format!("/access?person={david}")).await.text;
    assert!(log.contains("nurse") && log.contains("<td>a message</td>"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nurse_adds_and_strikes_a_task() {
    let world = World::new().await;
    let david = world.david().await;
    world.go_to(Story::david().day(1)).await;
    world.until(|w| (!w.hub.look(david).unwrap().tasks.is_empty()).then_some(())).await;
    let mut nurse = world.staff("nurse").await;
    let path = format!("/people/{david}");
    nurse.get(&path).await;
    let fields = [("text", "Walk to the mailbox"), ("from", "2026-11-24"), ("to", "")];
    let answer = nurse.post(&format!("{path}/tasks/add"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let task = |world: &World| {
        world.hub.look(david).unwrap().tasks.into_iter().find(|t| t.text == "Walk to the mailbox").map(|t| t.id)
    };
    let id = world.until(task).await;
    nurse.get(&path).await;
    let fields = [("task", id.split('@').next().unwrap())];
    assert_eq!(nurse.post(&format!("{path}/tasks/strike"), &fields).await.status, StatusCode::SEE_OTHER);
    world.until(|w| task(w).is_none().then_some(())).await;
    nurse.get(&path).await;
    let bad = [("text", "x"), ("from", "2026-11-24"), ("to", "2026-11-01")];
    assert_eq!(nurse.post(&format!("{path}/tasks/add"), &bad).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_in_the_browser_takes_and_sends() {
    let world = World::new().await;
    let david = world.david().await;
    world.go_to(Story::david().day(1)).await;
    world.until(|w| (!w.handset.inbox("+12125550119").is_empty()).then_some(())).await;
    let mut anyone = Browser::new(&world);
    assert!(anyone.get("/handset").await.text.contains("David Reyes"));
    let phone = anyone.get("/handset?of=%2B12125550119").await.text;
    assert!(phone.contains("David Reyes</h1>") && phone.contains("+12125550119</span>"), "{phone}");
    assert!(phone.contains("Write back"), "{phone}");
    let fields = [("of", "+12125550119"), ("act", "text"), ("text", "what time is it?")];
    assert_eq!(anyone.post("/handset", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(anyone.get("/handset?of=%2B12125550119").await.text.contains("what time is it?"));
    let said = world.handset.drain();
    world.hub.incoming(said).await.unwrap();
    let mut nurse = world.staff("nurse").await;
    let understood = |w: &World| {
        let facts = w.hub.store().timeline(david, None, 100).unwrap();
        facts.iter().any(|(_, f)| f.kind == "reply.classified").then_some(())
    };
    world.until(understood).await;
    assert!(nurse.get(&format!("/people/{david}?kind=said")).await.text.contains("what time is it?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_clock_is_stepped_from_the_page() {
    let world = World::new().await;
    let mut anyone = Browser::new(&world);
    let before = world.hub.clock().now();
    anyone.get("/demo").await;
    assert_eq!(anyone.post("/demo/clock", &[("act", "day")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.hub.clock().now(), before.plus_ms(24 * HOUR_MS));
    assert_eq!(anyone.post("/demo/clock", &[("act", "hour")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.hub.clock().now(), before.plus_ms(25 * HOUR_MS));
    assert_eq!(anyone.post("/demo/clock", &[("act", "fast")]).await.status, StatusCode::SEE_OTHER);
    assert!((world.hub.clock().rate() - 4.0 * 2880.0).abs() < 1e-9);
    assert_eq!(anyone.post("/demo/clock", &[("act", "pause")]).await.status, StatusCode::SEE_OTHER);
    assert!(world.hub.clock().rate().abs() < 1e-9);
    assert_eq!(anyone.post("/demo/clock", &[("act", "x1e9")]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_entered_with_one_click_in_the_demo_and_nowhere_else() {
    let logins = vec![("nurse".to_owned(), "shown on the page".to_owned(), "nurse".to_owned())];
    let world = World::with(Some(crate::Demo { people: vec![], logins, rate: 2880.0 })).await;
    let mut anyone = Browser::new(&world);
    anyone.get("/demo").await;
    let fields = [("role", "nurse"), ("to", "//evil.example")];
    let entered = anyone.post("/demo/login", &fields).await;
    assert_eq!((entered.status, entered.to()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(anyone.get("/people").await.status, StatusCode::OK);
    anyone.get("/demo").await;
    for role in ["administrator", "", "nobody"] {
        assert_eq!(anyone.post("/demo/login", &[("role", role)]).await.status, StatusCode::FORBIDDEN, "{role}");
    }
    let real = World::with(None).await;
    let mut anyone = Browser::new(&real);
    anyone.get("/login").await;
    assert_eq!(anyone.post("/demo/login", &[("role", "nurse")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(anyone.get("/people").await.status, StatusCode::SEE_OTHER, "nobody is logged in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relatives_number_is_shown_as_theirs_and_disabled_when_it_is_wrong() {
    use model::person::PointStatus;
    let world = World::new().await;
    let mut story = Story::david();
    let david = world.discharged(&story).await;
    // From now on only his sister's number is known.
    story.person.phone = None;
    let relative = serde_json::json!({
        "resourceType": "RelatedPerson", "id": "r-1", "active": true,
        "patient": { "reference": format!("Patient/{}", story.patient()["id"].as_str().unwrap()) },
        "relationship": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "SIS" }] }],
        "name": [{ "given": ["Maria"], "family": "Reyes" }],
        "telecom": [{ "system": "phone", "use": "mobile", "value": "+12125550166" }],
    });
    for resource in [story.patient(), relative] {
        let answer = world.fhir(&world.key(&["fhir:write"]), resource.to_string()).await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }
    world.go_to(Story::david().day(1).plus_ms(-5 * HOUR_MS + HOUR_MS / 2)).await;
    let prompt = world.until(|w| w.hub.look(david).unwrap().prompts.first().map(|p| p.id)).await;
    let mut nurse = world.staff("nurse").await;
    let path = format!("/people/{david}/prompts/{prompt}");
    let page = nurse.get(&path).await.text;
    assert!(page.contains("Call +12125550166 (Maria Reyes, for David)"), "{page}");
    assert!(page.contains("name=\"value\" value=\"+12125550166\""), "{page}");
    let fields = [("outcome", "wrong_number"), ("value", "+12125550166")];
    let said = nurse.post(&format!("{path}/outcome"), &fields).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    world
        .until(|w| {
            let contacts = w.hub.look(david).unwrap().record.contacts;
            contacts.iter().any(|c| c.value == "+12125550166" && c.status != PointStatus::Active).then_some(())
        })
        .await;
}

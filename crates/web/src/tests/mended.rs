//! What a review found once: each stays mended.

use super::harness::{Browser, PASSWORD, World};
use crate::{Account, create_account};
use axum::http::StatusCode;
use model::PersonId;
use model::time::HOUR_MS;
use serde_json::json;
use testkit::story::Story;

/// A nurse of one site only.
async fn nurse_of<'a>(world: &'a World, name: &str, site: &str) -> Browser<'a> {
    let account = Account {
        name: name.into(),
        display: name.into(),
        roles: vec!["nurse".into()],
        teams: vec![],
        sites: vec![site.into()],
        disabled: false,
        hash: String::new(),
    };
    create_account(world.hub.store(), account, PASSWORD).unwrap();
    world.staff(name).await
}

/// David's call is due at the site that sent him home; then another site's source speaks of him.
async fn spoken_of_elsewhere(world: &World) -> (PersonId, String) {
    let key = |site: &str| {
        let scopes = vec!["fhir:write".to_owned()];
        crate::create_key(world.hub.store(), "test", scopes, "hospital", site, "test").unwrap().1
    };
    let story = Story::david();
    assert_eq!(world.fhir(&key("northside"), story.discharge().to_string()).await.status, StatusCode::OK);
    let david = world.until(|w| Some(w.hub.store().find_people("Reyes", 5).unwrap().first()?.person)).await;
    world.go_to(story.day(1).plus_ms(-5 * HOUR_MS + HOUR_MS / 2)).await;
    let prompt = world.until(|w| w.hub.look(david).unwrap().prompts.first().map(|p| p.id)).await;
    let mut patient = story.patient();
    patient["telecom"][0]["rank"] = json!(1);
    patient["address"] = json!([{"city": "Eastside"}]);
    let request = axum::http::Request::put(format!("/fhir/R4/Patient/{}", patient["id"].as_str().unwrap()))
        .header("authorization", format!("Bearer {}", key("eastside")))
        .header("content-type", "application/fhir+json")
        .body(axum::body::Body::from(patient.to_string()));
    let answer = world.send(request.unwrap()).await;
    assert!(answer.status.is_success(), "{}", answer.text);
    world.until(|w| (w.hub.look(david).unwrap().record.site == "eastside").then_some(())).await;
    (david, prompt.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_stays_with_its_site_whoever_speaks_of_the_person_next() {
    let world = World::new().await;
    let (david, prompt) = spoken_of_elsewhere(&world).await;
    let mut north = nurse_of(&world, "north", "northside").await;
    let path = format!("/people/{david}/prompts/{prompt}");
    for page in ["/".to_owned(), "/handover".into(), path.clone(), format!("/people/{david}")] {
        let answer = north.get(&page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        assert!(answer.text.contains("David Reyes"), "{page} no longer shows him");
    }
    north.get(&path).await;
    let done = north.post(&format!("{path}/outcome"), &[("outcome", "done"), ("f.reached", "yes")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(north.get(&path).await.status, StatusCode::OK, "and what she did can be looked at");

    let mut other = nurse_of(&world, "west", "westside").await;
    for page in [path, format!("/people/{david}")] {
        assert_eq!(other.get(&page).await.status, StatusCode::FORBIDDEN, "{page}");
    }
    assert!(!other.get("/").await.text.contains("David Reyes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_again_after_it_was_changed_is_another_fact() {
    let world = World::new().await;
    let david = world.david().await;
    world.go_to(Story::david().day(1).plus_ms(-5 * HOUR_MS + HOUR_MS / 2)).await;
    let prompt = world.until(|w| w.hub.look(david).unwrap().prompts.first().map(|p| p.id)).await;
    world.hub.clock().set_rate(1.0);
    let mut nurse = world.staff("nurse").await;
    let path = format!("/people/{david}/prompts/{prompt}");
    let first = nurse.get(&path).await.text;
    let sent = [("outcome", "no_answer")];
    assert_eq!(nurse.post(&format!("{path}/outcome"), &sent).await.status, StatusCode::SEE_OTHER);
    nurse.get(&path).await;
    assert_eq!(nurse.post(&format!("{path}/desk"), &[("act", "undo")]).await.status, StatusCode::SEE_OTHER);

    // Back to the page of before: its one-time name is the same.
    nurse.page.clone_from(&first);
    let same = nurse.post(&format!("{path}/outcome"), &sent).await;
    assert_eq!(same.status, StatusCode::CONFLICT, "nothing came of it, and it says so");
    assert!(same.text.contains("sent once before"), "{}", same.text);
    nurse.page.clone_from(&first);
    let found = [("outcome", "done"), ("f.reached", "yes"), ("f.pain", "9"), ("f.bleeding", "yes")];
    let changed = nurse.post(&format!("{path}/outcome"), &found).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.text);
    world.until(|w| w.hub.look(david).unwrap().prompts.iter().any(|p| p.urgent).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_of_a_wrong_number_is_taken_back_whole() {
    let world = World::new().await;
    let david = world.david().await;
    world.go_to(Story::david().day(1).plus_ms(-5 * HOUR_MS + HOUR_MS / 2)).await;
    let prompt = world.until(|w| w.hub.look(david).unwrap().prompts.first().map(|p| p.id)).await;
    let mut nurse = world.staff("nurse").await;
    let path = format!("/people/{david}/prompts/{prompt}");
    let in_use = |w: &World| {
        let look = w.hub.look(david).unwrap();
        look.record.contacts.iter().any(|c| c.value == "+12125550119" && c.status == model::person::PointStatus::Active)
    };
    nurse.get(&path).await;
    let slip = [("outcome", "wrong_number"), ("value", "+12125550119")];
    assert_eq!(nurse.post(&format!("{path}/outcome"), &slip).await.status, StatusCode::SEE_OTHER);
    world.until(|w| (!in_use(w)).then_some(())).await;
    nurse.get(&path).await;
    let right = [("outcome", "done"), ("f.reached", "yes"), ("note", "It was him after all")];
    let answer = nurse.post(&format!("{path}/correct"), &right).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    world.until(|w| in_use(w).then_some(())).await;
}

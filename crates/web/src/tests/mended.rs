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

/// A key of a site; of the hospital unless it is a pharmacy's.
fn key_of(world: &World, source: &str, site: &str) -> String {
    let scopes = ["fhir:write", "events:write"].map(str::to_owned).to_vec();
    crate::create_key(world.hub.store(), "test", scopes, source, site, "test").unwrap().1
}

/// A resource that a site's key tells of.
async fn told(world: &World, site: &str, resource: &serde_json::Value) {
    let (kind, id) = (resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
    let request = axum::http::Request::put(format!("/fhir/R4/{kind}/{id}"))
        .header("authorization", format!("Bearer {}", key_of(world, "hospital", site)))
        .header("content-type", "application/fhir+json")
        .body(axum::body::Body::from(resource.to_string()));
    let answer = world.send(request.unwrap()).await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

/// A visit of David's that is booked.
fn visit(story: &Story, id: &str, status: &str) -> serde_json::Value {
    let patient = story.patient()["id"].as_str().unwrap().to_owned();
    json!({"resourceType": "Appointment", "id": id, "status": status, "start": story.day(9).to_string(),
        "participant": [{"actor": {"reference": format!("Patient/{patient}")}, "status": "accepted"}]})
}

/// David's call is due at the site that sent him home; then he is in care at another site.
async fn in_care_elsewhere(world: &World) -> (PersonId, String) {
    let story = Story::david();
    let north = key_of(world, "hospital", "northside");
    assert_eq!(world.fhir(&north, story.discharge().to_string()).await.status, StatusCode::OK);
    let david = world.until(|w| Some(w.hub.store().find_people("Reyes", 5).unwrap().first()?.person)).await;
    world.go_to(story.day(1).plus_ms(-5 * HOUR_MS + HOUR_MS / 2)).await;
    let prompt = world.until(|w| w.hub.look(david).unwrap().prompts.first().map(|p| p.id)).await;
    told(world, "eastside", &visit(&story, "visit-east", "booked")).await;
    world.until(|w| (w.hub.look(david).unwrap().record.site == "eastside").then_some(())).await;
    (david, prompt.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_stays_with_its_site_whoever_speaks_of_the_person_next() {
    let world = World::new().await;
    let (david, prompt) = in_care_elsewhere(&world).await;
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
async fn a_chart_opens_to_the_sites_of_visits_and_to_nobody_who_only_spoke() {
    let world = World::new().await;
    let story = Story::david();
    let south = key_of(&world, "hospital", "southside");
    assert_eq!(world.fhir(&south, story.discharge().to_string()).await.status, StatusCode::OK);
    let david = world.until(|w| Some(w.hub.store().find_people("Reyes", 5).unwrap().first()?.person)).await;
    let mut nurses = Vec::new();
    for site in ["southside", "northside", "pharmacy"] {
        nurses.push(nurse_of(&world, site, site).await);
    }
    // By its address, found by name, and in every list of people.
    async fn open(nurse: &mut Browser<'_>, david: PersonId) -> bool {
        let page = nurse.get(&format!("/people/{david}")).await.status;
        let found = nurse.get("/people?q=reyes").await.text.contains(&david.to_string());
        let talk = nurse.get(&format!("/people/{david}/conversation")).await.status;
        assert_eq!((found, talk == StatusCode::OK), (page == StatusCode::OK, found), "all of it or nothing: {page}");
        found
    }
    // The hospital's other site tells of a move, a pharmacy of a medicine: nobody is theirs by that.
    let mut moved = story.patient();
    moved["address"] = json!([{"city": "Northside"}]);
    told(&world, "northside", &moved).await;
    let id = &moved["identifier"][0];
    let subject = format!("{}|{}", id["system"].as_str().unwrap(), id["value"].as_str().unwrap());
    for (source, site, kind, data) in [
        ("hospital", "northside", "preference.changed", json!({"language": "es"})),
        ("pharmacy", "pharmacy", "medication.ready", json!({"id": story.medicine()})),
    ] {
        let event = json!({"specversion": "1.0", "id": site, "source": format!("/{site}"), "type": kind,
            "subject": subject, "time": world.hub.clock().now().to_string(), "data": data});
        let request = axum::http::Request::post("/events")
            .header("authorization", format!("Bearer {}", key_of(&world, source, site)))
            .header("content-type", "application/cloudevents+json")
            .body(axum::body::Body::from(event.to_string()));
        let answer = world.send(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        world
            .until(|w| {
                let all = w.hub.store().timeline(david, None, 200).unwrap();
                all.iter().any(|(_, f)| f.kind == kind && f.site == site).then_some(())
            })
            .await;
    }
    let seen = world.hub.look(david).unwrap().record;
    assert_eq!((seen.site.as_str(), seen.sites.as_slice()), ("southside", ["southside".to_owned()].as_slice()));
    let mut may = Vec::new();
    for nurse in &mut nurses {
        may.push(open(nurse, david).await);
    }
    assert_eq!(may, [true, false, false]);
    // A visit makes him theirs too; one that was none takes it back.
    for (status, expected) in [("arrived", [true, true, false]), ("entered-in-error", [true, false, false])] {
        let patient = format!("Patient/{}", moved["id"].as_str().unwrap());
        let visit = json!({"resourceType": "Encounter", "id": "north1", "status": status, "class": {"code": "AMB"},
            "subject": {"reference": patient}});
        told(&world, "northside", &visit).await;
        world
            .until(|w| (w.hub.look(david).unwrap().record.sites.len() == if expected[1] { 2 } else { 1 }).then_some(()))
            .await;
        let mut may = Vec::new();
        for nurse in &mut nurses {
            may.push(open(nurse, david).await);
        }
        assert_eq!(may, expected, "{status}");
    }
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

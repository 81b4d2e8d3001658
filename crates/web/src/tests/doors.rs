//! What machines get.

use super::harness::World;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use serde_json::json;
use testkit::story::Story;

fn is_outcome(answer: &super::harness::Answer) {
    let body = answer.json();
    assert_eq!(body["resourceType"], "OperationOutcome", "{body}");
    assert!(body["issue"][0]["details"]["text"].as_str().is_some_and(|t| !t.is_empty()), "{body}");
    assert!(answer.headers[CONTENT_TYPE].to_str().unwrap().starts_with("application/fhir+json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_answered_entry_by_entry() {
    let world = World::new().await;
    let answer = world.fhir(&world.key(&["fhir:write"]), Story::david().discharge().to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["type"], "transaction-response");
    let entries = body["entry"].as_array().unwrap();
    assert_eq!(entries.len(), 6);
    assert!(entries.iter().all(|e| e["response"]["status"] == "201 Created"), "{body}");
    let again = world.fhir(&world.key(&["fhir:write"]), Story::david().discharge().to_string()).await;
    assert!(again.json()["entry"].as_array().unwrap().iter().all(|e| e["response"]["status"] == "200 OK"));
}

#[tokio::test(flavor = "multi_thread")]
async fn single_resources_and_the_statement() {
    let world = World::new().await;
    let key = world.key(&["fhir:write"]);
    let put = |path: &str, body: String| {
        Request::put(path.to_owned())
            .header("authorization", format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/fhir+json")
            .body(Body::from(body))
            .unwrap()
    };
    let patient = Story::david().patient();
    let path = format!("/fhir/R4/Patient/{}", patient["id"].as_str().unwrap());
    let answer = world.send(put(&path, patient.to_string())).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.to(), path);
    let wrong = world.send(put("/fhir/R4/Patient/other", patient.to_string())).await;
    assert!(wrong.status.is_client_error());
    is_outcome(&wrong);
    let statement = world.send(Request::get("/fhir/R4/metadata").body(Body::empty()).unwrap()).await;
    assert_eq!(statement.json()["resourceType"], "CapabilityStatement");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_with_its_place() {
    let world = World::new().await;
    let key = world.key(&["fhir:write"]);
    let broken = world.fhir(&key, "{\"resourceType\": \"Bundle\",\n  oops}").await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    is_outcome(&broken);
    assert!(broken.json()["issue"][0]["location"][0].as_str().unwrap().starts_with("2:"), "{}", broken.text);
    let deep = world.fhir(&key, "[".repeat(100_000)).await;
    assert_eq!(deep.status, StatusCode::BAD_REQUEST);
    is_outcome(&deep);
    let large = world.fhir(&key, vec![b' '; 50 * 1024 * 1024]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    is_outcome(&large);
    let mut bundle = Story::david().discharge();
    bundle["entry"][1]["resource"]["status"] = json!("gone");
    let bad = world.fhir(&key, bundle.to_string()).await;
    assert!(bad.status.is_client_error(), "{}", bad.text);
    is_outcome(&bad);
    assert!(bad.text.contains("Bundle.entry[1]"), "{}", bad.text);
    assert!(world.hub.store().find_people("Reyes", 5).unwrap().is_empty(), "nothing of the transaction is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_asked_for_scoped_and_revocable() {
    let world = World::new().await;
    let none = world.send(Request::post("/fhir/R4").body(Body::from("{}")).unwrap()).await;
    assert_eq!(none.status, StatusCode::UNAUTHORIZED);
    assert!(none.headers.contains_key("www-authenticate"));
    is_outcome(&none);
    let wrong = world.fhir("tl_0123456789ab_cafe", "{}").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    is_outcome(&wrong);
    let narrow = world.fhir(&world.key(&["events:write"]), "{}").await;
    assert_eq!(narrow.status, StatusCode::FORBIDDEN);
    is_outcome(&narrow);

    let mut admin = world.staff("administrator").await;
    admin.get("/keys").await;
    let fields = [("name", "The hospital"), ("source", "hospital"), ("scope", "fhir:write")];
    let made = admin.post("/keys", &fields).await;
    let secret = made.text.split("id=\"new-key\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(!admin.get("/keys").await.text.contains(&secret), "it is shown once");
    assert_eq!(world.fhir(&secret, Story::david().discharge().to_string()).await.status, StatusCode::OK);
    let id = secret.split('_').nth(1).unwrap();
    assert_eq!(admin.post(&format!("/keys/{id}/revoke"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.fhir(&secret, "{}").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_errors_are_outcomes_too() {
    let world = World::new().await;
    let key = world.key(&["fhir:write", "events:write"]);
    let ask = |method: &str, path: &str, media: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header(CONTENT_TYPE, media)
            .body(Body::from("{}"))
            .unwrap()
    };
    for (method, path, media, status) in [
        ("GET", "/fhir/R4/a/b/c", "application/fhir+json", StatusCode::NOT_FOUND),
        ("DELETE", "/fhir/R4/Patient/1", "application/fhir+json", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "/events", "application/json", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/fhir/R4", "text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("POST", "/events", "text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let answer = world.send(ask(method, path, media)).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        is_outcome(&answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_reaches_the_line() {
    let world = World::new().await;
    let david = world.david().await;
    let story = Story::david();
    let patient = story.patient();
    let event = json!({
        "specversion": "1.0", "id": "1", "source": "/pharmacy", "type": "medication.ready",
        "subject": format!("{}|{}", patient["identifier"][0]["system"].as_str().unwrap(),
            patient["identifier"][0]["value"].as_str().unwrap()),
        "time": world.hub.clock().now().to_string(),
        "data": { "id": story.medicine(), "pharmacy": "Main Street Pharmacy" },
    });
    let request = Request::post("/events")
        .header("authorization", format!("Bearer {}", world.key(&["events:write"])))
        .header(CONTENT_TYPE, "application/cloudevents+json")
        .body(Body::from(event.to_string()));
    let answer = world.send(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    world
        .until(|w| w.hub.look(david).unwrap().record.prescriptions.iter().any(|rx| rx.ready_at.is_some()).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn joining_two_people_needs_a_scope_of_its_own() {
    let world = World::new().await;
    let event = |id: &str| {
        json!({
            "specversion": "1.0", "id": id, "source": "/mpi", "type": "person.merged", "subject": "urn:a|1",
            "time": world.hub.clock().now().to_string(), "data": { "from": "urn:a|1", "to": "urn:a|2" },
        })
    };
    let send = async |scopes: &[&str], id: &str| {
        let request = Request::post("/events")
            .header("authorization", format!("Bearer {}", world.key(scopes)))
            .header(CONTENT_TYPE, "application/cloudevents-batch+json")
            .body(Body::from(json!([event(id)]).to_string()));
        let answer = world.send(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["entry"][0]["response"].clone()
    };
    let refused = send(&["events:write"], "1").await;
    assert_eq!(refused["status"], "403 Forbidden");
    assert_eq!(refused["outcome"]["issue"][0]["code"], "forbidden");
    let taken = send(&["events:write", "identity:write"], "2").await;
    assert_eq!(taken["status"], "201 Created", "{taken}");
}

/// Somebody else's Patient, said to stand for David's by a link.
fn linked(world_of: &Story) -> serde_json::Value {
    let mut patient = Story::of("2001", "Dave", "Orozco", "male", "1984-03-09", "+12125550188").patient();
    let identifier = world_of.patient()["identifier"][0].clone();
    patient["link"] = json!([{"type": "replaces", "other": {"identifier": identifier}}]);
    patient
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_joins_two_people_only_with_that_scope_and_loses_nothing_else() {
    let world = World::new().await;
    let david = world.david().await;
    let patient = linked(&Story::david());
    let as_event = json!({"specversion": "1.0", "id": "1", "source": "/ehr", "type": "resource.received",
        "time": world.hub.clock().now().to_string(), "data": patient});
    let event = async |scopes: &[&str]| {
        let request = Request::post("/events")
            .header("authorization", format!("Bearer {}", world.key(scopes)))
            .header(CONTENT_TYPE, "application/cloudevents+json")
            .body(Body::from(as_event.to_string()));
        world.send(request.unwrap()).await
    };
    let told = |answer: &super::harness::Answer, place: &str| {
        assert!(answer.status.is_success(), "{}", answer.text);
        assert!(answer.text.contains("identity:write") && answer.text.contains(place), "{}", answer.text);
    };
    told(&world.fhir(&world.key(&["fhir:write"]), patient.to_string()).await, "Patient.link[0]");
    told(&event(&["fhir:write", "events:write"]).await, "event.data.link[0]");
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": patient, "request": {"method": "PUT", "url": "Patient/2001"}}]});
    told(&world.fhir(&world.key(&["fhir:write"]), bundle.to_string()).await, "Bundle.entry[0].resource.link[0]");
    let dave = world.until(|w| w.hub.store().find_people("Orozco", 5).unwrap().first().map(|p| p.person)).await;

    // A person sees what was set aside. A mended text comes in without the link, too.
    let rows = world.hub.store().refused(store::RefusedState::Open, 10).unwrap();
    assert_eq!(rows.len(), 3);
    let row = rows.iter().find(|r| r.cause == "forbidden Patient.link").expect("it is kept");
    let mut nurse = world.staff("nurse").await;
    let path = format!("/parked/refused/{}", row.id);
    assert!(nurse.get(&path).await.text.contains("Patient.link[0]"));
    let mended = patient.to_string().replace("Dave", "David");
    let sent = nurse.post(&path, &[("act", "replay"), ("text", &mended)]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    world.until(|w| w.hub.look(dave).unwrap().record.given.contains(&"David".to_owned()).then_some(())).await;
    assert_ne!(world.hub.look(david).unwrap().person, world.hub.look(dave).unwrap().person);

    // With the scope the same Patient joins them.
    let joins = world.fhir(&world.key(&["fhir:write", "identity:write"]), patient.to_string()).await;
    assert!(joins.status.is_success() && !joins.text.contains("identity:write"), "{}", joins.text);
    world.until(|w| (w.hub.look(david).unwrap().person == dave).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_in_an_event_needs_the_scope_of_resources() {
    let world = World::new().await;
    let event = json!({"specversion": "1.0", "id": "1", "source": "/ehr", "type": "resource.received",
        "time": world.hub.clock().now().to_string(), "data": Story::david().patient()});
    let send = async |scopes: &[&str], media: &str, body: String| {
        let request = Request::post("/events")
            .header("authorization", format!("Bearer {}", world.key(scopes)))
            .header(CONTENT_TYPE, media)
            .body(Body::from(body));
        world.send(request.unwrap()).await
    };
    let one = send(&["events:write"], "application/cloudevents+json", event.to_string()).await;
    assert_eq!(one.status, StatusCode::FORBIDDEN, "{}", one.text);
    assert!(one.text.contains("fhir:write") && one.text.contains("event.type"), "{}", one.text);
    let batch = json!([event]).to_string();
    let many = send(&["events:write"], "application/cloudevents-batch+json", batch.clone()).await;
    assert_eq!(many.json()["entry"][0]["response"]["status"], "403 Forbidden", "{}", many.text);
    assert!(world.hub.store().find_people("Reyes", 5).unwrap().is_empty());
    let both = send(&["events:write", "fhir:write"], "application/cloudevents-batch+json", batch).await;
    assert_eq!(both.json()["entry"][0]["response"]["status"], "201 Created", "{}", both.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_named_by_a_name_of_the_hubs_own() {
    let world = World::new().await;
    let key = world.key(&["fhir:write"]);
    let mut patient = Story::david().patient();
    patient["identifier"].as_array_mut().unwrap().push(json!({"system": "disabled", "value": "+12125550142"}));
    let taken = world.fhir(&key, patient.to_string()).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text);
    assert_eq!(taken.json()["issue"][0]["expression"][0], "Patient.identifier[1].system", "{}", taken.text);
    let stay = json!({"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "IMP"},
        "subject": {"identifier": {"system": "phone", "value": "+12125550119"}}});
    let refused = world.fhir(&key, stay.to_string()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert_eq!(refused.json()["issue"][0]["expression"][0], "Encounter.subject", "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_no_larger_than_its_provider_takes() {
    let world = World::new().await;
    let send = async |bytes: usize| {
        world.send(Request::post("/hooks/handset").body(Body::from(vec![b' '; bytes])).unwrap()).await.status
    };
    assert_eq!(send(200 * 1024).await, StatusCode::FORBIDDEN, "it is read, and not believed");
    assert_eq!(send(300 * 1024).await, StatusCode::PAYLOAD_TOO_LARGE);
}

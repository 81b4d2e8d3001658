//! What a door refuses is kept with its place, mended by who may, and goes in once.

use super::harness::{Answer, Browser, PASSWORD, World};
use crate::{Account, create_account};
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use model::Origin;
use model::time::{DAY_MS, HOUR_MS};
use serde_json::{Value as Json, json};
use store::{RefusedRow, RefusedState};
use testkit::story::Story;

const OPEN: RefusedState = RefusedState::Open;

fn open(world: &World) -> Vec<RefusedRow> {
    world.hub.store().refused(OPEN, 100).unwrap()
}

/// David's discharge with a birth date that is none.
fn broken() -> Json {
    let mut bundle = Story::david().discharge();
    bundle["entry"][0]["resource"]["birthDate"] = json!("9 March 1984");
    bundle
}

async fn events(world: &World, key: &str, body: &Json) -> Answer {
    let request = Request::post("/events")
        .header("authorization", format!("Bearer {key}"))
        .header(CONTENT_TYPE, "application/cloudevents+json")
        .body(Body::from(body.to_string()));
    world.send(request.unwrap()).await
}

fn account(world: &World, name: &str, role: &str, sites: &[&str]) {
    let account = Account {
        name: name.into(),
        display: name.into(),
        roles: vec![role.into()],
        teams: vec![],
        sites: sites.iter().map(|s| (*s).to_owned()).collect(),
        disabled: false,
        hash: String::new(),
    };
    create_account(world.hub.store(), account, PASSWORD).unwrap();
}

fn key_of(world: &World, site: &str) -> String {
    let scopes = vec!["fhir:write".to_owned(), "events:write".to_owned()];
    crate::create_key(world.hub.store(), "The hospital", scopes, "hospital", site, "test").unwrap().1
}

fn logged(world: &World, who: &str, what: &str, detail: &str) -> usize {
    let all = world.hub.store().access_log(None, 1000).unwrap();
    all.iter().filter(|r| r.who == who && r.what == what && r.detail.contains(detail)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_kept_with_its_place_and_without_the_key() {
    let world = World::new().await;
    let key = key_of(&world, "north");
    assert!(world.fhir(&key, broken().to_string()).await.status.is_client_error());
    assert!(world.fhir(&key, broken().to_string()).await.status.is_client_error());
    assert!(world.fhir(&key, "{\"resourceType\": \"Bundle\",\n  oops}").await.status.is_client_error());
    let rows = open(&world);
    assert_eq!(rows.len(), 2, "the same is one row: {rows:?}");
    let dates = rows.iter().find(|r| r.times == 2).unwrap();
    assert_eq!((dates.source.as_str(), dates.site.as_str()), ("hospital", "north"));
    assert_eq!(dates.cause, "value Bundle.entry.resource.birthDate");
    assert!(dates.issues.contains("Bundle.entry[0].resource.birthDate"), "{}", dates.issues);
    let syntax = rows.iter().find(|r| r.times == 1).unwrap();
    assert!(syntax.issues.contains("\"place\":\"2:"), "{}", syntax.issues);
    let secret = key.rsplit('_').next().unwrap();
    for row in &rows {
        assert!(!format!("{row:?}").contains(secret), "the key is not kept");
    }
    let mut nurse = world.staff("nurse").await;
    let list = nurse.get("/parked").await.text;
    assert!(
        list.contains("Bundle.entry[0].resource.birthDate") && list.contains("The hospital")
            || list.contains("came 2 times"),
        "{list}"
    );
    let item = nurse.get(&format!("/parked/refused/{}", dates.id)).await.text;
    let marked = item.split("class=\"line marked\"").nth(1).unwrap_or_else(|| panic!("no line is marked: {item}"));
    assert!(marked.split("</div>").next().unwrap().contains("9 March 1984"), "{marked}");
    assert!(item.contains("A date is expected"), "the message stands beside it");
    assert_eq!(logged(&world, "nurse", "saw", &dates.id.to_string()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_a_key_fills_the_disk() {
    let world = World::new().await;
    for key in ["tl_0123456789ab_cafe", "nonsense", &world.key(&["events:write"])] {
        assert!(world.fhir(key, broken().to_string()).await.status.is_client_error());
    }
    assert!(open(&world).is_empty());
    let large = world.fhir(&world.key(&["fhir:write"]), vec![b' '; 17 * 1024 * 1024]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let rows = open(&world);
    assert_eq!(rows.len(), 1);
    assert!(rows[0].cause.starts_with("too-costly") && rows[0].bytes < 1000, "only that it came: {rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mended_becomes_facts_once_and_a_check_changes_nothing() {
    let world = World::new().await;
    let key = key_of(&world, "north");
    world.fhir(&key, broken().to_string()).await;
    let row = open(&world).remove(0);
    let path = format!("/parked/refused/{}", row.id);
    let mut nurse = world.staff("nurse").await;
    nurse.get(&path).await;
    let mended = broken().to_string().replace("9 March 1984", "1984-03-09");

    let before = format!("{:?}", world.hub.store().counters().unwrap());
    let wrong = nurse.post(&path, &[("act", "check"), ("text", &broken().to_string())]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("Still 1 thing to mend"), "{}", wrong.text);
    let right = nurse.post(&path, &[("act", "check"), ("text", &mended)]).await;
    assert_eq!(right.status, StatusCode::OK);
    assert!(
        right.text.contains("6 things would come in") && right.text.contains("of a person who is new here"),
        "{}",
        right.text
    );
    assert_eq!(before, format!("{:?}", world.hub.store().counters().unwrap()), "a check changes nothing");
    assert_eq!(open(&world).len(), 1);
    let still = nurse.post(&path, &[("act", "replay"), ("text", &broken().to_string())]).await;
    assert_eq!(still.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.hub.store().find_people("Reyes", 5).unwrap().is_empty());

    for _ in 0..2 {
        let done = nurse.post(&path, &[("act", "replay"), ("text", &mended)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    }
    let david = world.until(|w| w.hub.store().find_people("Reyes", 5).unwrap().first().map(|p| p.person)).await;
    world.until(|w| w.hub.look(david).ok().filter(|l| !l.journeys.is_empty()).map(|_| ())).await;
    let facts: Vec<_> = world.hub.store().timeline(david, None, 1000).unwrap().into_iter().map(|(_, f)| f).collect();
    let received: Vec<_> = facts.iter().filter(|f| f.kind == model::fact::RESOURCE_RECEIVED).collect();
    assert_eq!(received.len(), 6, "each once");
    assert!(received.iter().all(|f| f.source == "hospital" && f.site == "north" && f.origin == Origin::Live));
    assert!(
        received.iter().all(|f| f.cause.as_deref() == Some(&format!("refused:{}", row.id))),
        "it says where it is from"
    );
    let stay = received.iter().find(|f| f.text("resource") == Some("Encounter/e-1001")).unwrap();
    assert_eq!(stay.occurred_at, Story::david().discharged_at, "the time is the body's own");

    let whole = world.hub.store().refused_one(row.id).unwrap().unwrap();
    assert_eq!((whole.row.state, whole.row.state_by.as_str()), (RefusedState::Mended, "nurse"));
    let page = nurse.get(&path).await.text;
    assert!(page.contains("9 March 1984") && page.contains("1984-03-09"), "both are there to be read");
    assert_eq!(logged(&world, "nurse", "sent in again", &path), 2);
    // The sender sends the good one itself: it is the same.
    let sent = world.fhir(&key, mended).await.json();
    assert!(sent["entry"].as_array().unwrap().iter().all(|e| e["response"]["status"] == "200 OK"), "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_starts_nothing_and_what_is_newer_is_not_overwritten_unasked() {
    let world = World::new().await;
    let key = key_of(&world, "");
    world.fhir(&key, broken().to_string()).await;
    let row = open(&world).remove(0);
    let path = format!("/parked/refused/{}", row.id);
    world.go_to(world.hub.clock().now().plus_ms(4 * DAY_MS)).await;
    let mut nurse = world.staff("nurse").await;
    nurse.get(&path).await;
    let mended = broken().to_string().replace("9 March 1984", "1984-03-09");
    let check = nurse.post(&path, &[("act", "check"), ("text", &mended)]).await;
    assert!(check.text.contains("It starts nothing"), "{}", check.text);
    // Meanwhile the source has sent his newer name.
    let mut newer = Story::david().patient();
    newer["name"][0]["given"] = json!(["Davide"]);
    assert!(world.fhir(&key, newer.to_string()).await.status.is_success());
    let david = world.until(|w| w.hub.store().find_people("Davide", 5).unwrap().first().map(|p| p.person)).await;
    let held = nurse.post(&path, &[("act", "replay"), ("text", &mended)]).await;
    assert!(held.text.contains("has sent a newer version"), "{}", held.text);
    assert_eq!(world.hub.look(david).unwrap().record.name, "Davide Reyes");
    let done = nurse.post(&path, &[("act", "replay"), ("text", &mended), ("newer", "yes")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    world.until(|w| (w.hub.look(david).unwrap().record.encounters.len() == 1).then_some(())).await;
    let look = world.hub.look(david).unwrap();
    assert!(
        look.journeys.iter().all(|(r, _)| r.pathway != "post-surgical-follow-up"),
        "nobody is enrolled by what is past"
    );
    assert!(world.hub.store().messages_of(david, 10).unwrap().is_empty());
    let stay = world.hub.store().timeline(david, None, 100).unwrap();
    let stay = stay.iter().find(|(_, f)| f.text("resource") == Some("Encounter/e-1001")).unwrap();
    assert_eq!(stay.1.origin, Origin::Replay);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_read_and_act_is_by_role_and_site() {
    let world = World::new().await;
    for (name, role, sites) in [
        ("ines", "integrator", &["north"][..]),
        ("sam", "integrator", &["south"][..]),
        ("ann", "nurse", &["south"][..]),
    ] {
        account(&world, name, role, sites);
    }
    world.fhir(&key_of(&world, "north"), broken().to_string()).await;
    let north = format!("/parked/refused/{}", open(&world).remove(0).id);
    world.fhir(&key_of(&world, ""), "{\"resourceType\": \"Patient\", \"birthDate\": \"of several sites\"}").await;
    let several = open(&world).into_iter().find(|r| r.site.is_empty()).unwrap();
    let several = format!("/parked/refused/{}", several.id);

    let mut ines = world.staff("ines").await;
    assert!(ines.get(&north).await.text.contains("9 March 1984"));
    assert_eq!(logged(&world, "ines", "saw", &north), 1, "that she saw it is written");
    assert!(!ines.get(&several).await.text.contains("of several sites"), "it may be of any site");
    for name in ["sam", "ann"] {
        let mut other = world.staff(name).await;
        assert_eq!(other.get(&north).await.status, StatusCode::FORBIDDEN, "{name}");
        assert!(!other.get("/parked").await.text.contains("Bundle.entry[0].resource.birthDate"), "{name}");
        let answer = other.post(&north, &[("act", "dismiss"), ("note", "x")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
    }
    let mut admin = world.staff("administrator").await;
    let list = admin.get("/parked").await.text;
    assert!(list.contains("Bundle.entry[0].resource.birthDate"), "source, place and message");
    let page = admin.get(&north).await.text;
    assert!(page.contains("A date is expected") && !page.contains("9 March 1984") && !page.contains("Reyes"), "{page}");
    assert_eq!(admin.post(&north, &[("act", "dismiss"), ("note", "x")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(admin.post("/parked/refused", &[("act", "dismiss"), ("note", "x")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(logged(&world, "administrator", "saw", &north), 0);
    assert_eq!(open(&world).len(), 2, "nothing of that did anything");
    // An integrator is told of nobody's name.
    let mended = broken().to_string().replace("9 March 1984", "1984-03-09");
    world.fhir(&key_of(&world, "north"), Story::david().patient().to_string()).await;
    world.until(|w| w.hub.store().find_people("Reyes", 5).unwrap().first().map(|_| ())).await;
    ines.get(&north).await;
    let check = ines.post(&north, &[("act", "check"), ("text", &mended)]).await.text;
    assert!(check.contains("of a person who is known") && !check.contains("/people/"), "{check}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_dismissed_with_a_reason_or_sent_in_again() {
    let world = World::new().await;
    let key = key_of(&world, "north");
    for n in 0..4 {
        let patient = json!({"resourceType": "Patient", "id": format!("p{n}"), "birthDate": "soon"});
        world.fhir(&key, patient.to_string()).await;
    }
    world.fhir(&key, "[").await;
    let mut nurse = world.staff("nurse").await;
    nurse.get("/parked").await;
    let rows = open(&world);
    let alike: Vec<_> = rows.iter().filter(|r| r.cause == "value Patient.birthDate").collect();
    assert_eq!(alike.len(), 4);
    let (one, two) = (alike[0].id.to_string(), alike[1].id.to_string());
    let none = nurse.post("/parked/refused", &[("act", "dismiss"), ("note", "why")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let unsaid = nurse.post("/parked/refused", &[("act", "dismiss"), ("id", &one)]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("act", "dismiss"), ("id", one.as_str()), ("id", two.as_str()), ("note", "sent again by hand")];
    let done = nurse.post("/parked/refused", &fields).await;
    assert_eq!(done.to(), "/parked?done=dismissed&n=2");
    assert_eq!((open(&world).len(), logged(&world, "nurse", "dismissed", "/parked/refused/")), (3, 2));
    assert!(nurse.get("/parked?state=dismissed").await.text.contains("dismissed by"));
    // What is still wrong stays.
    let cause = [("act", "replay-cause"), ("cause", "value Patient.birthDate")];
    assert_eq!(nurse.post("/parked/refused", &cause).await.to(), "/parked?done=replayed&n=0");
    assert_eq!(open(&world).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_text_is_mended_too() {
    let world = World::new().await;
    let mut patient = Story::david().patient();
    patient["birthDate"] = json!("soon");
    patient["text"] = json!({"status": "generated", "div": "é".repeat(100_000)});
    world.fhir(&key_of(&world, ""), patient.to_string()).await;
    let path = format!("/parked/refused/{}", open(&world).remove(0).id);
    let mut nurse = world.staff("nurse").await;
    nurse.get(&path).await;
    let mended = patient.to_string().replace("soon", "1984-03-09");
    assert!(mended.len() > 200_000);
    let done = nurse.post(&path, &[("act", "replay"), ("text", &mended)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", &done.text[..done.text.len().min(500)]);
    world.until(|w| w.hub.store().find_people("Reyes", 5).unwrap().first().map(|_| ())).await;
}

/// An event about somebody whom nobody knows.
fn ready(world: &World, subject: &str) -> Json {
    json!({"specversion": "1.0", "id": "e1", "source": "/pharmacy", "type": "medication.ready", "subject": subject,
        "time": world.hub.clock().now().plus_ms(-HOUR_MS).to_string(),
        "data": {"id": Story::david().medicine(), "pharmacy": "Main Street Pharmacy"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_item_is_linked_to_a_person_once() {
    let world = World::new().await;
    let david = world.david().await;
    let key = key_of(&world, "");
    assert_eq!(events(&world, &key, &ready(&world, "urn:typo|1001")).await.status, StatusCode::OK);
    let row = world.until(|w| w.hub.store().set_aside(false, 10).unwrap().pop()).await;
    let path = format!("/parked/waiting/{}/{}", row.part, row.seq);
    let mut nurse = world.staff("nurse").await;
    assert!(nurse.get("/parked?kind=parked").await.text.contains("medication.ready"));
    let page = nurse.get(&format!("{path}?q=reyes")).await.text;
    assert!(page.contains("David Reyes") && page.contains("urn:typo|1001"), "{page}");
    let nobody = nurse.post(&path, &[("act", "link"), ("identifier", "urn:no|body")]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    let person = david.to_string();
    let done = nurse.post(&path, &[("act", "link"), ("person", &person)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let twice = nurse.post(&path, &[("act", "link"), ("person", &person)]).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND, "it is no longer there");
    world
        .until(|w| {
            w.hub
                .store()
                .timeline(david, None, 500)
                .unwrap()
                .iter()
                .any(|(_, f)| f.id == row.item.fact.id)
                .then_some(())
        })
        .await;
    let facts = world.hub.store().timeline(david, None, 500).unwrap();
    assert_eq!(facts.iter().filter(|(_, f)| f.id == row.item.fact.id).count(), 1, "the same fact, once");
    assert!(world.hub.store().set_aside(false, 10).unwrap().is_empty());
    let log = world.hub.store().access_log(Some(david), 100).unwrap();
    assert!(log.iter().any(|r| r.who == "nurse" && r.what == "linked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_no_message_says_so_and_when_it_goes() {
    let world = World::new().await;
    let body = json!({"provider": "smpp", "provider_id": "77", "channel": "sms"});
    let id = model::FactId::of(&[b"receipt"]);
    let now = world.hub.clock().now();
    let fact = model::Fact::live(id, "smpp", "receipts".to_owned(), "message.delivered", now, body);
    let keys = vec![model::inbox::key("provider:smpp", "77")];
    world.hub.incoming(vec![channels::Incoming { fact, keys, message: None, person: None }]).await.unwrap();
    world.until(|w| w.hub.store().set_aside(false, 10).unwrap().pop()).await;
    let page = world.staff("nurse").await.get("/parked?kind=parked").await.text;
    assert!(page.contains("No message is known that this receipt is of. After three days"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_link_a_parked_item_at_once_one_does() {
    let world = World::new().await;
    let david = world.david().await;
    let other = world.discharged(&Story::katie()).await;
    let key = key_of(&world, "");
    for round in 0..5 {
        let mut event = ready(&world, &format!("urn:typo|{round}"));
        event["id"] = json!(format!("e{round}"));
        events(&world, &key, &event).await;
        let row = world.until(|w| w.hub.store().set_aside(false, 10).unwrap().pop()).await;
        let path = format!("/parked/waiting/{}/{}", row.part, row.seq);
        let (mut one, mut two) = (world.staff("nurse").await, world.staff("nurse").await);
        one.get(&path).await;
        two.get(&path).await;
        let (to_david, to_other) = (david.to_string(), other.to_string());
        let to_david = [("act", "link"), ("person", to_david.as_str())];
        let to_other = [("act", "link"), ("person", to_other.as_str())];
        let (first, second) = tokio::join!(one.post(&path, &to_david), two.post(&path, &to_other));
        let done = [&first, &second].iter().filter(|a| a.to().contains("done=linked")).count();
        assert_eq!(done, 1, "{} {}", first.to(), second.to());
        let has = |w: &World, p| {
            w.hub.store().timeline(p, None, 500).unwrap().iter().filter(|(_, f)| f.id == row.item.fact.id).count()
        };
        world.until(|w| (has(w, david) + has(w, other) > 0).then_some(())).await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert_eq!(has(&world, david) + has(&world, other), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_item_is_linked_by_an_identifier_and_dismissed_with_a_reason() {
    let world = World::new().await;
    let david = world.david().await;
    let key = key_of(&world, "");
    events(&world, &key, &ready(&world, "urn:typo|1")).await;
    let mut second = ready(&world, "urn:typo|2");
    second["id"] = json!("e2");
    events(&world, &key, &second).await;
    let rows = world.until(|w| Some(w.hub.store().set_aside(false, 10).unwrap()).filter(|r| r.len() == 2)).await;
    let path = |n: usize| format!("/parked/waiting/{}/{}", rows[n].part, rows[n].seq);
    let mut integrator = world.staff("integrator").await;
    let page = integrator.get(&format!("{}?q=reyes", path(0))).await.text;
    assert!(!page.contains("David"), "an integrator sees no people");
    let named = integrator.post(&path(0), &[("act", "link"), ("person", &david.to_string())]).await;
    assert_eq!(named.status, StatusCode::UNPROCESSABLE_ENTITY, "and links none that they cannot name by identifier");
    let identifier = format!("{}|1001", testkit::fhir::MRN);
    let done = integrator.post(&path(0), &[("act", "link"), ("identifier", &identifier)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    world
        .until(|w| {
            w.hub
                .store()
                .timeline(david, None, 500)
                .unwrap()
                .iter()
                .any(|(_, f)| f.id == rows[0].item.fact.id)
                .then_some(())
        })
        .await;
    let unsaid = integrator.post(&path(1), &[("act", "dismiss")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    integrator.post(&path(1), &[("act", "dismiss"), ("note", "a test of theirs")]).await;
    assert!(world.hub.store().set_aside(false, 10).unwrap().is_empty());
    assert_eq!(logged(&world, "integrator", "dismissed", "a test of theirs"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_event_joins_nobody() {
    let world = World::new().await;
    let key = key_of(&world, "");
    let merge = json!({"specversion": "1.0", "id": "1", "source": "/mpi", "type": "person.merged", "subject": "urn:a|1",
        "time": world.hub.clock().now().to_string(), "data": {"from": "urn:a|1", "to": "urn:a|2"}});
    let answer = events(&world, &key, &merge).await.text;
    assert!(answer.contains("forbidden"), "{answer}");
    let path = format!("/parked/refused/{}", open(&world).remove(0).id);
    let mut nurse = world.staff("nurse").await;
    nurse.get(&path).await;
    let text = merge.to_string();
    let refused = nurse.post(&path, &[("act", "replay"), ("text", &text)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("identity:write"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_speak_spanish_and_a_get_changes_nothing() {
    let world = World::new().await;
    world.fhir(&key_of(&world, "north"), broken().to_string()).await;
    let row = open(&world).remove(0);
    let mut nurse = world.staff("nurse").await;
    nurse.get("/parked").await;
    nurse.post("/language", &[("language", "es"), ("to", "/parked")]).await;
    let list = nurse.get("/parked").await.text;
    assert!(list.contains("Rechazado y en espera") && !list.contains("Refused"), "{list}");
    let item = nurse.get(&format!("/parked/refused/{}", row.id)).await.text;
    assert!(item.contains("Corregir y volver a ingresar"), "{item}");
    assert!(!item.contains("⟦") && !list.contains("⟦"));
    assert_eq!(open(&world), [row]);
    let mut stranger = Browser::new(&world);
    assert_eq!(stranger.get("/parked").await.status, StatusCode::SEE_OTHER);
}

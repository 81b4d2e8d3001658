//! What is new in a conversation, and to whom else staff may write.

use super::harness::World;
use super::talk::{DAVID, account, david, texts};
use axum::http::StatusCode;
use model::time::{DAY_MS, HOUR_MS};
use model::{Actor, Fact, PersonId};
use serde_json::json;
use testkit::story::Story;

const MOTHER: &str = "+12125550166";

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_is_new_until_somebody_marks_it_or_writes() {
    let world = World::new().await;
    account(&world, "ana", "Ana Okafor, RN", &[]);
    let (person, path) = david(&world).await;
    let (mut ana, mut nurse) = (world.staff("ana").await, world.staff("nurse").await);
    let page = ana.get(&path).await.text;
    assert!(!page.contains("id=\"new-since\"") && !page.contains("id=\"mark-read\""), "{page}");
    texts(&world, person, "may I shower?").await;
    texts(&world, person, "and swim?").await;
    let page = ana.get(&path).await.text;
    assert!(page.contains("2 new messages") && page.contains("New since"), "{page}");
    let (line, first) = (page.find("id=\"new-since\""), page.find("may I shower?"));
    assert!(line < first && page.find("and swim?") > first, "the line is above the first that is new: {page}");
    let list = nurse.get("/").await.text;
    assert!(list.contains(&format!("id=\"new-{person}\" href=\"{path}\"")), "on the worklist: {list}");
    // What came in after the page was made stays new.
    texts(&world, person, "hello?").await;
    let upto = |page: &str| {
        let field = page.split("name=\"upto\" value=\"").nth(1).expect("the form");
        field.split('"').next().expect("a value").to_owned()
    };
    let read = ana.post(&format!("{path}/read"), &[("upto", &upto(&page))]).await;
    assert_eq!((read.status, read.to()), (StatusCode::SEE_OTHER, path.as_str()), "{}", read.text);
    let page = ana.get(&path).await.text;
    assert!(page.contains("1 new message<"), "{page}");
    assert!(page.find("id=\"new-since\"") > page.find("and swim?"), "{page}");
    // Nobody marks what has not come in: neither by a number that is too great nor by none.
    let much = ana.post(&format!("{path}/read"), &[("upto", "999999999")]).await;
    assert_eq!(much.status, StatusCode::SEE_OTHER, "{}", much.text);
    texts(&world, person, "still there?").await;
    let page = ana.get(&path).await.text;
    assert!(page.contains("1 new message<"), "{page}");
    assert_eq!(ana.post(&format!("{path}/read"), &[("upto", "x")]).await.status, StatusCode::FORBIDDEN);
    // Whoever of the team writes has looked, for all of them.
    nurse.get(&path).await;
    nurse.post(&path, &[("to", "note"), ("text", "Called back.")]).await;
    let page = ana.get(&path).await.text;
    assert!(!page.contains("id=\"mark-read\"") && !page.contains("id=\"new-since\""), "{page}");
    assert!(!nurse.get("/").await.text.contains(&format!("id=\"new-{person}\"")));
    // It is bookkeeping: no line of the thread, but the timeline has who it was.
    assert!(!page.contains("marked as read"), "{page}");
    let all = ana.get(&format!("/people/{person}?kind=all")).await.text;
    assert!(all.contains("What came in was marked as read") && all.contains("ana"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_nobody_sees_here_is_told_in_the_thread() {
    let world = World::new().await;
    let (person, path) = david(&world).await;
    let body = json!({"channel": "sms", "from": DAVID, "text": "", "media": 1, "provider": "twilio"});
    let now = world.hub.clock().now();
    let id = model::FactId::of(&[b"a picture"]);
    let fact = Fact::live(id, "twilio", format!("phone|{DAVID}"), "reply.received", now, body).by(Actor::Patient);
    let keys = vec![model::inbox::key("phone", DAVID)];
    world.hub.incoming(vec![channels::Incoming { fact, keys, message: None, person: None }]).await.unwrap();
    let came = |w: &World| {
        let facts = w.hub.store().timeline(person, None, 200).unwrap();
        facts.iter().any(|(_, f)| f.kind == "reply.classified").then_some(())
    };
    world.until(came).await;
    let mut nurse = world.staff("nurse").await;
    let page = nurse.get(&path).await.text;
    assert!(page.contains("Sent 1 picture or file, which is not taken in here: ask them"), "{page}");
    nurse.page_of(&page);
    nurse.post("/language", &[("language", "es")]).await;
    let page = nurse.get(&path).await.text;
    assert!(page.contains("Envió 1 foto o archivo, que aquí no se recibe: pregúntele"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn that_a_message_came_back_to_the_outbox_is_no_line_of_the_thread() {
    let world = World::new().await;
    let (person, path) = david(&world).await;
    let message = model::MessageId::of(&[b"some"]);
    let fact = Fact::own("message.returned", "r", person, world.hub.clock().now(), json!({"message": message}));
    world.hub.submit(person, fact).await.unwrap();
    let mut nurse = world.staff("nurse").await;
    let page = nurse.get(&path).await.text;
    assert!(!page.to_lowercase().contains("returned") && !page.contains("looked at anew"), "{page}");
    let all = nurse.get(&format!("/people/{person}?kind=all")).await.text;
    assert!(all.contains("It had not left; how it goes now was looked at anew"), "{all}");
}

async fn grants(world: &World, person: PersonId, scope: &str) {
    let now = world.hub.clock().now();
    let to = json!({"name": "Ana Reyes", "relation": "mother", "contacts": [MOTHER]});
    let body = json!({"grant": scope, "to": to, "scope": [scope], "until": now.plus_ms(20 * DAY_MS)});
    let fact = Fact::own("grant.given", scope, person, now, body).by(Actor::Staff("nurse".into()));
    world.hub.submit(person, fact).await.unwrap();
}

/// The part of the page that the picker of channels is.
fn picker(page: &str) -> &str {
    page.split("id=\"ways\"").nth(1).unwrap_or_default().split("</fieldset>").next().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_related_person_is_offered_by_their_grant_and_refused_without_one() {
    let world = World::new().await;
    account(&world, "ana", "Ana Okafor, RN", &[]);
    let (person, path) = david(&world).await;
    let mut ana = world.staff("ana").await;
    let page = ana.get(&path).await.text;
    assert!(!picker(&page).contains(MOTHER), "{page}");
    grants(&world, person, "appointments").await;
    let page = ana.get(&path).await.text;
    let offered = picker(&page).split(MOTHER).nth(1).unwrap_or_default();
    assert!(offered.contains("disabled") && picker(&page).contains("to Ana Reyes (mother)"), "{page}");
    assert!(
        picker(&page).contains("may be told: appointments")
            && picker(&page).contains("only a permission for everything"),
        "{page}"
    );
    grants(&world, person, "all").await;
    let page = ana.get(&path).await.text;
    let field = format!("value=\"sms:{MOTHER}\"");
    let radio = picker(&page).split(&field).nth(1).unwrap_or_default().split('>').next().unwrap_or_default();
    assert!(picker(&page).contains(&field) && !radio.contains("disabled"), "{page}");
    let way = format!("sms:{MOTHER}");
    let sent = ana.post(&path, &[("to", &way), ("text", "He may shower."), ("language", "en")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let left = |w: &World| {
        let found = w.hub.store().messages_of(person, 20).unwrap().into_iter().find(|m| m.words == "written");
        found.filter(|m| m.to == MOTHER).map(drop)
    };
    world.until(left).await;
    let page = ana.get(&path).await.text;
    let bubble = page.split("by-staff").nth(1).unwrap_or_default();
    assert!(bubble.contains("He may shower.") && bubble.contains("to Ana Reyes (mother)"), "{page}");
    // What the hub itself calls a message is said in the reader's language, on its page.
    let id = world.hub.store().messages_of(person, 20).unwrap().into_iter().find(|m| m.to == MOTHER).unwrap().id;
    for (language, called) in [("es", "Escrito por el equipo"), ("en", "Written by the team")] {
        ana.post("/language", &[("language", language)]).await;
        let page = ana.get(&format!("/people/{person}/messages/{id}")).await.text;
        assert!(page.contains(&format!("<h1>{called} ")), "{page}");
    }
    // Whom messages of pathways go to first is said, and changed by a click.
    let about = format!("/people/{person}");
    for (to, before, after) in [
        ("proxy", "to the person first", "Messages go to them first"),
        ("self", "go to them first", "to the person first"),
    ] {
        let page = ana.get(&about).await.text;
        assert!(page.contains(before) && page.contains(&format!("name=\"to\" value=\"{to}\"")), "{page}");
        let said = ana.post(&format!("{about}/ways"), &[("form", "first"), ("to", to)]).await;
        assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
        assert!(ana.get(&about).await.text.contains(after));
    }
    ana.get(&path).await;
    // It is taken back while the form is open: the server refuses with the reason, and the draft stays.
    for grant in ["all", "appointments"] {
        let body = json!({"grant": grant});
        let fact = Fact::own("grant.ended", grant, person, world.hub.clock().now(), body);
        world.hub.submit(person, fact.by(Actor::Staff("nurse".into()))).await.unwrap();
    }
    let refused = ana.post(&path, &[("to", &way), ("text", "Once more."), ("language", "en")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("no grant allows it") && refused.text.contains("Once more.</textarea>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn key_9_on_a_shared_telephone_says_on_nobodys_page_who_else_has_it() {
    let world = World::new().await;
    let (person, path) = david(&world).await;
    let mut ana = Story::of("1003", "Ana", "Ruiz", "female", "1979-05-05", DAVID);
    ana.person.extensions.clone_from(&Story::david().person.extensions);
    let scopes = vec!["fhir:write".to_owned()];
    let key = crate::create_key(world.hub.store(), "h", scopes, "hospital", "", "test").unwrap().1;
    assert_eq!(world.fhir(&key, ana.discharge().to_string()).await.status, StatusCode::OK);
    let anas = world.until(|w| w.hub.store().find_people("ruiz", 5).unwrap().first().map(|row| row.person)).await;
    world.go_to(Story::david().day(1).plus_ms(HOUR_MS)).await;
    let rung = |w: &World| w.hub.store().messages_of(person, 20).unwrap().into_iter().find(|m| m.to == DAVID);
    let message = world.until(rung).await.id;
    let body = json!({"message": message, "marks": ["opt_out"], "keys": "9"});
    let heard = Fact::own("call.heard", "9", person, world.hub.clock().now(), body).by(Actor::Patient);
    world.hub.submit(person, heard).await.unwrap();
    let refused = |w: &World| {
        let record = w.hub.look(anas).ok()?.record;
        (record::allowed(&record, model::Purpose::Care, model::Channel::Voice) == Some(false)).then_some(())
    };
    world.until(refused).await;
    let mut nurse = world.staff("nurse").await;
    for place in [path.clone(), format!("/people/{person}?kind=all"), format!("/people/{anas}/conversation")] {
        let page = nurse.get(&place).await.text;
        assert!(!page.contains("Who may have written"), "{place}: {page}");
        let other = if place.contains(&anas.to_string()) { "Reyes" } else { "Ruiz" };
        assert!(!page.contains(other), "{place}: {page}");
    }
}

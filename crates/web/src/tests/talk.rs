//! The conversation's page: what was said, what may be said and how, drafts, what waits, and whose they may see.

use super::harness::{PASSWORD, World};
use crate::{Account, create_account};
use axum::http::StatusCode;
use model::PersonId;
use model::message::Status;
use model::time::{HOUR_MS, MINUTE_MS};
use testkit::story::Story;

pub(super) const DAVID: &str = "+12125550119";

pub(super) fn account(world: &World, name: &str, display: &str, sites: &[&str]) {
    let account = Account {
        name: name.into(),
        display: display.into(),
        roles: vec!["nurse".into()],
        teams: vec![],
        sites: sites.iter().map(|s| (*s).to_owned()).collect(),
        disabled: false,
        hash: String::new(),
    };
    create_account(world.hub.store(), account, PASSWORD).unwrap();
}

/// Day 1, 11:30: David is at home.
pub(super) async fn david(world: &World) -> (PersonId, String) {
    let david = world.david().await;
    world.go_to(Story::david().day(1).plus_ms(-5 * HOUR_MS + 5 * HOUR_MS / 2)).await;
    (david, format!("/people/{david}/conversation"))
}

/// David texts, and the hub has read it.
pub(super) async fn texts(world: &World, person: PersonId, text: &str) {
    world.handset.text_back(DAVID, text, world.hub.clock().now()).unwrap();
    world.hub.incoming(world.handset.drain()).await.unwrap();
    let said = |w: &World| {
        let facts = w.hub.store().timeline(person, None, 200).unwrap();
        facts.iter().any(|(_, f)| f.kind == "reply.received" && f.text("text") == Some(text)).then_some(())
    };
    world.until(said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_written_sent_and_stands_in_the_thread_with_who_and_how() {
    let world = World::new().await;
    account(&world, "ana", "Ana Okafor, RN", &[]);
    let (person, path) = david(&world).await;
    texts(&world, person, "when may I shower?").await;
    let mut ana = world.staff("ana").await;
    let page = ana.get(&path).await.text;
    assert!(page.contains("when may I shower?") && page.contains("Taken for: a question"), "{page}");
    assert!(page.contains("id=\"to-sms\" value=\"sms\"") && page.contains(DAVID), "{page}");
    let fields = [("to", "sms"), ("text", "Tomorrow, with the splint dry."), ("language", "en")];
    let sent = ana.post(&path, &fields).await;
    assert_eq!((sent.status, sent.to()), (StatusCode::SEE_OTHER, format!("{path}#compose").as_str()), "{}", sent.text);
    let stands = |w: &World, status| {
        let found = w.hub.store().messages_of(person, 20).unwrap().into_iter().find(|m| m.words == "written");
        found.filter(|m| m.status == status).map(drop)
    };
    world.until(|w| stands(w, Status::Accepted)).await;
    world.hub.incoming(world.handset.drain()).await.unwrap();
    world.until(|w| stands(w, Status::Delivered)).await;
    let page = ana.get(&path).await.text;
    let bubble = page.split("by-staff").nth(1).unwrap_or_default();
    assert!(bubble.contains("Ana Okafor, RN") && bubble.contains("Tomorrow, with the splint dry."), "{page}");
    assert!(bubble.contains("arrived") && !bubble.contains("Take back"), "{bubble}");
    assert!(page.find("when may I shower?") < page.find("Tomorrow, with the splint"), "the newest is at the bottom");
    // The same form sent twice is one message.
    ana.page_of(&page);
    for _ in 0..2 {
        ana.post(&path, &[("to", "note"), ("text", "Lives alone.")]).await;
    }
    let page = ana.get(&path).await.text;
    assert_eq!(page.matches("Lives alone.").count(), 1, "{page}");
    assert!(page.contains("internal note"), "{page}");
    let heard = format!("{:?}", world.handset.inbox(DAVID));
    assert!(heard.contains("splint dry") && !heard.contains("Lives alone"), "a note leaves for nobody: {heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_refused_says_why_and_is_refused_by_the_server_too() {
    let world = World::new().await;
    let (person, path) = david(&world).await;
    let mut nurse = world.staff("nurse").await;
    let before = nurse.get(&path).await.text;
    texts(&world, person, "STOP").await;
    world.until(|w| w.hub.look(person).unwrap().outreach.stopped().then_some(())).await;
    // A page that was open all the while.
    nurse.page_of(&before);
    let refused = nurse.post(&path, &[("to", "sms"), ("text", "One more thing"), ("language", "en")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Not by text message: the person said STOP."), "{}", refused.text);
    assert!(refused.text.contains("One more thing</textarea>"), "what was typed stays: {}", refused.text);
    assert!(refused.text.contains("value=\"sms\" disabled"), "{}", refused.text);
    for (fields, why) in [
        ([("to", "fax"), ("text", "x"), ("at", "")], "Choose how"),
        ([("to", "email"), ("text", " "), ("at", "")], "Write something"),
        ([("to", "email"), ("text", "x"), ("at", "soon")], "no time"),
        ([("to", "email"), ("text", "x"), ("at", "2020-01-01T09:00")], "over already"),
    ] {
        nurse.get(&path).await;
        let refused = nurse.post(&path, &fields).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(why), "{}", refused.text);
    }
    assert!(world.hub.store().messages_of(person, 50).unwrap().iter().all(|m| m.words != "written"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_meant_for_later_waits_in_the_thread_and_is_taken_back() {
    let world = World::new().await;
    let (person, path) = david(&world).await;
    let mut nurse = world.staff("nurse").await;
    nurse.get(&path).await;
    let at = world.hub.clock().now().plus_ms(4 * HOUR_MS);
    let local = at.date_in(&model::time::zone("America/New_York").unwrap()).to_string() + "T15:30";
    let sent = nurse.post(&path, &[("to", "sms"), ("text", "Until later."), ("language", "en"), ("at", &local)]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let page = nurse.get(&path).await.text;
    assert!(page.contains("Waits for the time that was set for it") && page.contains("3:30"), "{page}");
    let reach = page.split("name=\"reach\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let back = nurse.post(&format!("{path}/back"), &[("reach", &reach)]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
    world.go_to(at.plus_ms(HOUR_MS)).await;
    world.go_to(at.plus_ms(HOUR_MS + MINUTE_MS)).await;
    assert!(world.hub.store().messages_of(person, 50).unwrap().iter().all(|m| m.words != "written"));
    let page = nurse.get(&path).await.text;
    assert!(page.contains("not sent"), "{page}");
    // What a pathway sends is not taken back here.
    let other = world.hub.store().messages_of(person, 50).unwrap().remove(0).reach.to_string();
    assert_eq!(nurse.post(&format!("{path}/back"), &[("reach", &other)]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_kept_for_its_author_and_told_its_length() {
    let world = World::new().await;
    account(&world, "omar", "Omar", &[]);
    let (_, path) = david(&world).await;
    let (mut nora, mut omar) = (world.staff("nurse").await, world.staff("omar").await);
    nora.get(&path).await;
    let long = "a".repeat(161);
    let told = nora.post(&format!("{path}/draft"), &[("to", "email"), ("text", &long)]).await.text;
    assert!(told.contains("161 characters, 2 text messages"), "{told}");
    let page = nora.get(&path).await.text;
    assert!(page.contains(&long) && page.contains("value=\"email\" checked"), "{page}");
    assert!(!omar.get(&path).await.text.contains(&long), "a draft is its author's alone");
    nora.get(&path).await;
    nora.post(&path, &[("to", "note"), ("text", &long)]).await;
    assert!(nora.get(&path).await.text.contains("</textarea>"));
    assert!(!nora.page.contains(&format!("{long}</textarea>")), "gone with the sending");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_of_another_site_is_neither_read_nor_written() {
    let world = World::new().await;
    account(&world, "far", "Far", &["elsewhere"]);
    account(&world, "near", "Near", &["northside"]);
    let scopes = vec!["fhir:write".to_owned()];
    let key = crate::create_key(world.hub.store(), "north", scopes, "hospital", "northside", "test").unwrap().1;
    let told = world.fhir(&key, Story::david().discharge().to_string()).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    let found = |w: &World| w.hub.store().find_people("reyes", 5).unwrap().first().map(|row| row.person);
    let person = world.until(found).await;
    let path = format!("/people/{person}/conversation");
    let mut near = world.staff("near").await;
    assert_eq!(near.get(&path).await.status, StatusCode::OK);
    let before = world.hub.store().timeline(person, None, 200).unwrap().len();
    let mut far = world.staff("far").await;
    let no = |status| matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND);
    let page = far.get(&path).await;
    assert!(no(page.status) && !page.text.contains("Reyes"), "{}", page.text);
    let reach = model::EffectId::of(&[b"some"]).to_string();
    for (place, fields) in [
        ("", vec![("to", "note"), ("text", "x")]),
        ("", vec![("to", "sms"), ("text", "x")]),
        ("/draft", vec![("to", "sms"), ("text", "x")]),
        ("/back", vec![("reach", reach.as_str())]),
    ] {
        far.get("/").await;
        let answer = far.post(&format!("{path}{place}"), &fields).await;
        assert!(no(answer.status) && !answer.text.contains("Reyes"), "{place}: {} {}", answer.status, answer.text);
    }
    assert_eq!(world.hub.store().timeline(person, None, 200).unwrap().len(), before, "nothing was said");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_counts_what_leaves_and_a_text_of_too_many_parts_is_refused_in_the_readers_language() {
    let world = World::new().await;
    account(&world, "ana", "Ana Okafor, RN", &[]);
    let (_, path) = david(&world).await;
    let mut ana = world.staff("ana").await;
    let page = ana.get(&path).await.text;
    assert!(page.contains("name=\"at\" value=\"\" max=\"20"), "how far ahead: {page}");
    // 140 plain letters fit one message; with the clinic's name and the signature they are two.
    let told = ana.post(&format!("{path}/draft"), &[("to", "sms"), ("text", &"a".repeat(140))]).await.text;
    assert!(told.contains("140 characters, 2 text messages"), "{told}");
    // 100 fit one with both: a signature in other letters would make them two.
    ana.get(&path).await;
    let told = ana.post(&format!("{path}/draft"), &[("to", "sms"), ("text", &"a".repeat(100))]).await.text;
    assert!(told.contains("100 characters, 1 text message<"), "{told}");
    ana.get(&path).await;
    ana.post("/language", &[("language", "es")]).await;
    let far = world.hub.clock().now().plus_ms(100 * 24 * HOUR_MS);
    let far = far.date_in(&model::time::zone("America/New_York").unwrap()).to_string() + "T10:00";
    let (long, short) = ("ж".repeat(700), "hola".to_owned());
    for (text, at, why) in [(&long, "", "10 partes"), (&short, far.as_str(), "60 días")] {
        ana.get(&path).await;
        let refused = ana.post(&path, &[("to", "sms"), ("text", text), ("language", "es"), ("at", at)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(why), "{}", refused.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_was_chosen_and_is_lost_leaves_none_chosen() {
    let world = World::new().await;
    let (person, path) = david(&world).await;
    let mut nurse = world.staff("nurse").await;
    let page = nurse.get(&path).await.text;
    assert!(page.contains("value=\"sms\" checked") && page.contains("data-lost hidden"), "{page}");
    nurse.post(&format!("{path}/draft"), &[("to", "sms"), ("text", "Half a sen")]).await;
    texts(&world, person, "STOP").await;
    world.until(|w| w.hub.look(person).unwrap().outreach.stopped().then_some(())).await;
    let page = nurse.get(&path).await.text;
    let ways = page.split("id=\"ways\"").nth(1).unwrap().split("</fieldset>").next().unwrap();
    assert!(!ways.contains(" checked"), "nothing else is chosen for her: {ways}");
    assert!(!ways.contains("data-lost hidden") && ways.contains("Choose another one"), "{ways}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_have_written_is_told_to_staff_who_may_see_them() {
    let world = World::new().await;
    account(&world, "north", "North", &["northside"]);
    let story = Story::david();
    let mut ana = Story::of("1003", "Ana", "Ruiz", "female", "1979-05-05", DAVID);
    ana.person.extensions.clone_from(&story.person.extensions);
    for (story, site) in [(&story, "northside"), (&ana, "southside")] {
        let scopes = vec!["fhir:write".to_owned()];
        let key = crate::create_key(world.hub.store(), site, scopes, "hospital", site, "test").unwrap().1;
        assert_eq!(world.fhir(&key, story.discharge().to_string()).await.status, StatusCode::OK);
    }
    world.until(|w| (w.hub.store().find_people(DAVID, 5).unwrap().len() == 2).then_some(())).await;
    let number = model::inbox::person_of(model::inbox::key("phone", DAVID));
    world.handset.text_back(DAVID, "when may I shower?", world.hub.clock().now()).unwrap();
    world.hub.incoming(world.handset.drain()).await.unwrap();
    let prompt = world.until(|w| w.hub.look(number).ok()?.prompts.first().map(|p| p.id)).await;
    let mut nurse = world.staff("nurse").await;
    for path in [format!("/people/{number}/conversation"), format!("/people/{number}/prompts/{prompt}")] {
        let page = nurse.get(&path).await.text;
        assert!(page.contains("Who may have written"), "{page}");
        assert!(page.contains("David Reyes") && page.contains("Ana Ruiz"), "{page}");
    }
    let mut north = world.staff("north").await;
    let page = north.get(&format!("/people/{number}/conversation")).await.text;
    assert!(
        page.contains("David Reyes") && !page.contains("Ruiz") && page.contains("1 more at another site"),
        "{page}"
    );
}

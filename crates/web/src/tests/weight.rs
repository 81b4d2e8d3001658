//! Pages stay small where much is on them; what is corrected keeps what was not touched; days read in order.

use super::desk::fill;
use super::harness::{Browser, World};
use axum::http::StatusCode;
use model::time::HOUR_MS;
use testkit::story::Story;

/// No page of the care team is larger, bytes.
const PAGE_MAX: usize = 60 * 1024;

async fn in_spanish(browser: &mut Browser<'_>) {
    browser.get("/handover").await;
    let set = browser.post("/language", &[("language", "es"), ("to", "/")]).await;
    assert!(set.status.is_redirection(), "{}", set.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hand_over_of_94_prompts_is_small_and_cuts_none() {
    let world = World::filled(None, |store| fill(store, 94)).await;
    let mut nora = world.staff("nurse").await;
    for tongue in ["en", "es"] {
        if tongue == "es" {
            in_spanish(&mut nora).await;
        }
        let page = nora.get("/handover").await.text;
        println!("hand-over of 94 in {tongue}: {} bytes", page.len());
        assert!(page.len() <= PAGE_MAX, "{tongue}: {} bytes", page.len());
        assert_eq!(page.matches("id=\"o-").count(), 94, "each is on the list");
        assert_eq!(page.matches("+1212555").count(), 94, "with its number");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_of_what_ships_is_small_in_both_languages() {
    let world = World::new().await;
    let mut nora = world.staff("nurse").await;
    for tongue in ["en", "es"] {
        if tongue == "es" {
            in_spanish(&mut nora).await;
        }
        let page = nora.get("/pathways/post-surgical-follow-up").await.text;
        println!("picture in {tongue}: {} bytes", page.len());
        assert!(page.len() <= PAGE_MAX, "{tongue}: {} bytes", page.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_starts_from_what_was_said() {
    let world = World::new().await;
    let david = world.david().await;
    world.go_to(Story::david().day(1).plus_ms(-5 * HOUR_MS + HOUR_MS / 2)).await;
    let prompt = world.until(|w| w.hub.look(david).unwrap().prompts.first().map(|p| p.id)).await;
    let mut nurse = world.staff("nurse").await;
    let path = format!("/people/{david}/prompts/{prompt}");
    let page = nurse.get(&path).await.text;
    let (script, offers) = page.split_once("You can offer").unwrap();
    let steps = script.split("<ol class=\"steps\">").nth(1).unwrap().split("</ol>").next().unwrap();
    let offered = offers.split("</ul>").next().unwrap();
    let stored = world.hub.store().prompt(david, prompt).unwrap().unwrap();
    assert!(!stored.offer.is_empty());
    for one in &stored.offer {
        let said = crate::words::label(one);
        assert!(offered.contains(&said) && !steps.contains(&said), "{said} is offered, not ordered");
    }
    let fields = [("outcome", "done"), ("f.pain", "3"), ("note", "Feels well")];
    assert_eq!(nurse.post(&format!("{path}/outcome"), &fields).await.status, StatusCode::SEE_OTHER);
    let page = nurse.get(&path).await.text;
    let form = page.split("id=\"outcome-form\"").nth(1).unwrap().split("</form>").next().unwrap();
    let area = form.split("id=\"note\"").nth(1).unwrap();
    let note = area.split_once('>').unwrap().1.split("</textarea>").next().unwrap().to_owned();
    let on = |value: &str| form.split('<').any(|tag| tag.contains(value) && tag.contains(" checked"));
    assert!(on("value=\"done\"") && form.contains("value=\"3\""), "{form}");
    assert_eq!(note, "Feels well");
    // Only the pain was wrong: the rest is sent as the form has it.
    let fields = [("outcome", "done"), ("f.pain", "4"), ("note", note.as_str())];
    let corrected = nurse.post(&format!("{path}/correct"), &fields).await;
    assert_eq!(corrected.status, StatusCode::SEE_OTHER, "{}", corrected.text);
    let stored = world.hub.store().prompt(david, prompt).unwrap().unwrap();
    assert_eq!(stored.note, "Feels well");
    assert!(stored.answers.iter().any(|(name, value)| name == "pain" && *value == model::Value::Number(4.0)));
}

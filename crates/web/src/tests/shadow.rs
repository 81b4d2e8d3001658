//! A version in shadow from the console: who may begin and end it, what is shown of it, and to whom.

use super::harness::{Browser, PASSWORD, World, settings};
use crate::{Account, create_account};
use axum::http::StatusCode;
use hub::Settings;
use pathway::Pathway;
use std::sync::Arc;
use testkit::story::Story;

const SHADOW: &str = "/pathways/post-surgical-follow-up/shadow";

fn account(world: &World, name: &str, role: &str) {
    let account = Account {
        name: name.into(),
        display: name.into(),
        roles: vec![role.into()],
        teams: vec![],
        sites: vec![],
        disabled: false,
        hash: String::new(),
    };
    create_account(world.hub.store(), account, PASSWORD).unwrap();
}

/// A version with some of its text replaced, beside the one in force.
fn with(settings: &mut Settings, from: &str, to: &str) -> Arc<Pathway> {
    let old = settings.pathways.iter().find(|p| p.name == "post-surgical-follow-up").unwrap();
    assert!(old.source.contains(from), "{from}");
    let codes = pathway::shipped::SHIPPED_CODES.iter();
    let mut texts: Vec<_> = codes.map(|(path, text)| (format!("codes/{path}"), (*text).to_owned())).collect();
    texts.push(("new.yaml".into(), old.source.replacen(from, to, 1)));
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let new = Arc::new(pathway::read_dir_texts(&texts, &teams).pathways.remove(0));
    settings.older.push(Arc::clone(&new));
    new
}

async fn see(browser: &mut Browser<'_>, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer.text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_begins_a_shadow_and_the_difference_is_shown_to_whom_it_may_be() {
    let mut settings = settings();
    let new = with(&mut settings, "day 1 at 09:00", "day 2 at 09:00");
    let world = World::of(None, settings).await;
    account(&world, "lena", "lead");
    account(&world, "nora", "nurse");
    let mut lena = world.staff("lena").await;
    let page = see(&mut lena, SHADOW).await;
    assert!(page.contains("No version of this pathway runs in shadow") && page.contains("Begin"), "{page}");
    let version = new.version.to_string();
    let unsaid = lena.post(SHADOW, &[("version", version.as_str()), ("why", " ")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("version", version.as_str()), ("why", "a later call")];
    for _ in 0..2 {
        let done = lena.post(SHADOW, &fields).await;
        assert_eq!((done.status, done.to()), (StatusCode::SEE_OTHER, SHADOW), "{}", done.text);
    }
    assert_eq!((world.hub.orders().len(), world.hub.shadows().len()), (1, 1), "two clicks are one order");
    let david = world.david().await;
    world.go_to(Story::david().day(1)).await;
    world
        .until(|w| {
            let rows = w.hub.store().shadow_of(1, david).unwrap();
            rows.iter().any(|r| r.would.step == "nurse_call/check").then_some(())
        })
        .await;
    let mut nora = world.staff("nora").await;
    let page = see(&mut nora, SHADOW).await;
    assert!(page.contains("a later call") && page.contains("1 person was compared"), "{page}");
    assert!(page.contains("nurse_call/check") && page.contains(&david.to_string()), "{page}");
    assert!(!page.contains("End the shadow") && page.contains("Leads and designers"), "a nurse may not: {page}");
    assert!(see(&mut nora, "/pathways/post-surgical-follow-up").await.contains("runs in shadow since"));
    let both = see(&mut nora, &format!("{SHADOW}/{david}")).await;
    assert!(both.contains("In shadow: held") && both.contains("In force: carried out"), "{both}");
    assert!(both.contains("Reyes") && both.contains("nurse_call/check"), "{both}");
    // Who may not see people sees counts only.
    let mut integrator = world.staff("integrator").await;
    let page = see(&mut integrator, SHADOW).await;
    assert!(page.contains("1 person was compared") && !page.contains(&david.to_string()), "{page}");
    see(&mut lena, SHADOW).await;
    let done = lena.post("/pathways/post-surgical-follow-up/unshadow", &[("of", "1")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert!(world.hub.shadows().is_empty());
    let page = see(&mut lena, SHADOW).await;
    assert!(page.contains("which ran in shadow from") && page.contains("1 person was compared"), "{page}");
    let page = see(&mut lena, "/pathways/post-surgical-follow-up/change").await;
    assert!(page.contains("Began in shadow") && page.contains("Ended in shadow"), "{page}");
    let mut admin = world.staff("administrator").await;
    let log = see(&mut admin, "/access").await;
    assert!(log.contains("began a shadow") && log.contains("ended a shadow"), "{log}");
    assert!(log.contains("/pathways/{name}/shadow/{person}"), "whoever opened a person is in the log: {log}");
}

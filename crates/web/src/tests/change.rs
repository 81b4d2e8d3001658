//! Halts and moves from the console: who may, what is shown, what follows, and what is logged.

use super::harness::{Browser, PASSWORD, World, settings};
use crate::{Account, create_account};
use axum::http::StatusCode;
use hub::Settings;
use pathway::Pathway;
use std::sync::Arc;

const CHANGE: &str = "/pathways/post-surgical-follow-up/change";

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
async fn a_lead_halts_and_resumes_and_everyone_sees_who_stands_still() {
    let world = World::new().await;
    let david = world.david().await;
    account(&world, "lena", "lead");
    account(&world, "nora", "nurse");
    let mut lena = world.staff("lena").await;
    let page = see(&mut lena, CHANGE).await;
    assert!(page.contains("Nothing is halted"), "{page}");
    let halt = "/pathways/post-surgical-follow-up/halt";
    let unsaid = lena.post(halt, &[("version", ""), ("why", " ")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("version", ""), ("why", "the words are wrong")];
    for _ in 0..2 {
        let done = lena.post(halt, &fields).await;
        assert_eq!((done.status, done.to()), (StatusCode::SEE_OTHER, CHANGE), "{}", done.text);
    }
    assert_eq!(world.hub.orders().len(), 1, "two clicks are one order");
    world
        .until(|w| {
            let facts = w.hub.store().timeline(david, None, 500).unwrap();
            facts.iter().any(|(_, f)| f.kind == "journey.halted").then_some(())
        })
        .await;
    let mut nora = world.staff("nora").await;
    let page = see(&mut nora, CHANGE).await;
    assert!(page.contains("the words are wrong") && page.contains("1 person stands still"), "{page}");
    assert!(!page.contains("Halt now") && !page.contains("Resume"), "a nurse may not: {page}");
    assert!(see(&mut nora, "/pathways").await.contains("halted"));
    let mut other = world.staff("integrator").await;
    let page = see(&mut other, CHANGE).await;
    assert!(
        page.contains("1 person stands still") && !page.contains("/people?version="),
        "counts and no people: {page}"
    );
    see(&mut lena, CHANGE).await;
    let done = lena.post("/pathways/post-surgical-follow-up/resume", &[("of", "1")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert!(world.hub.halts().is_empty());
    let again = lena.post("/pathways/post-surgical-follow-up/resume", &[("of", "7")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let mut admin = world.staff("administrator").await;
    let log = see(&mut admin, "/access").await;
    assert!(log.contains("halted a pathway") && log.contains("resumed a pathway"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_shown_before_it_is_done() {
    let mut settings = settings();
    let new = with(&mut settings, "day 1 at 09:00", "day 1 at 09:30");
    let old = settings.pathways.iter().find(|p| p.name == new.name).unwrap().version;
    let world = World::of(Some(crate::Demo { people: vec![], logins: vec![], rate: 2880.0 }), settings).await;
    let david = world.david().await;
    account(&world, "lena", "lead");
    let mut lena = world.staff("lena").await;
    let path = format!("/pathways/post-surgical-follow-up/move?from={old}&to={}", new.version);
    let page = see(&mut lena, &path).await;
    assert!(page.contains("1 person looked at: 1 would move, 0 would stay"), "{page}");
    assert!(page.contains("More than words differs") && page.contains("steps."), "{page}");
    let (from, to) = (old.to_string(), new.version.to_string());
    let step = page.split("name=\"step:").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let field = format!("step:{step}");
    let stays = [("from", from.as_str()), ("to", &to), (&field, "-"), ("do", "preview")];
    let page = lena.post("/pathways/post-surgical-follow-up/move", &stays).await.text;
    assert!(page.contains("0 would move, 1 would stay") && page.contains(&david.to_string()), "{page}");
    let version = |w: &World| w.hub.store().journeys(david).unwrap()[0].version;
    assert_eq!(version(&world), old, "a preview moves nobody");
    let words = [("from", from.as_str()), ("to", &to), ("draft_ok", "yes")];
    let words = lena.post("/pathways/post-surgical-follow-up/words", &words).await;
    assert_eq!(words.status, StatusCode::CONFLICT, "more than words differs: {}", words.text);
    assert!(words.text.contains("More than words differs: steps."), "{}", words.text);
    // What the hub refuses is said in the language of whoever reads it.
    see(&mut lena, &path).await;
    lena.post("/language", &[("language", "es")]).await;
    see(&mut lena, &path).await;
    let resumed = lena.post("/pathways/post-surgical-follow-up/resume", &[("of", "7")]).await;
    assert_eq!(resumed.status, StatusCode::CONFLICT, "{}", resumed.text);
    assert!(resumed.text.contains("No está detenida"), "{}", resumed.text);
    see(&mut lena, &path).await;
    lena.post("/language", &[("language", "en")]).await;
    see(&mut lena, &path).await;
    // Nobody approved it, which is to be said.
    let unsaid = [("from", from.as_str()), ("to", &to), ("do", "go")];
    let told = lena.post("/pathways/post-surgical-follow-up/move", &unsaid).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.text);
    assert!(told.text.contains("id=\"refused\"") && told.text.contains("no clinical approver"), "{}", told.text);
    assert!(world.hub.orders().is_empty() && version(&world) == old);
    see(&mut lena, &path).await;
    let go = [("from", from.as_str()), ("to", &to), ("do", "go"), ("draft_ok", "yes")];
    let done = lena.post("/pathways/post-surgical-follow-up/move", &go).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    world.until(|w| (version(w) == new.version).then_some(())).await;
    let page = see(&mut lena, CHANGE).await;
    assert!(page.contains("Moved"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_brought_to_a_version_that_could_not_be_in_force() {
    let mut settings = settings();
    // As `--keep` keeps it: its review was due long ago.
    let old = settings.pathways.iter().find(|p| p.name == "post-surgical-follow-up").unwrap().clone();
    let at = old.source.lines().find(|l| l.starts_with("title: ")).unwrap().to_owned();
    let approved = "approved: { by: Dr. Ana Ruiz, role: surgeon, on: 2026-01-02 }\nreview_by: 2026-02-01";
    assert!(!old.source.contains("\napproved:") && !old.source.contains("\nreview_by:"));
    let past = with(&mut settings, &at, &format!("{at} (new)\n{approved}"));
    let world = World::of(None, settings).await;
    account(&world, "lena", "lead");
    let mut lena = world.staff("lena").await;
    let (from, to) = (old.version.to_string(), past.version.to_string());
    let path = format!("/pathways/post-surgical-follow-up/move?from={from}&to={to}");
    for (what, go) in [("words", ""), ("move", "go")] {
        see(&mut lena, &path).await;
        let fields = [("from", from.as_str()), ("to", &to), ("do", go), ("draft_ok", "yes")];
        let told = lena.post(&format!("/pathways/post-surgical-follow-up/{what}"), &fields).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {}", told.text);
        assert!(told.text.contains("its review was due on 1 Feb 2026"), "{what}: {}", told.text);
        assert!(world.hub.orders().is_empty(), "{what}");
    }
    // A session whose password was not said lately is sent to say it.
    for row in world.hub.store().desk_list("session").unwrap() {
        let mut json: serde_json::Value = serde_json::from_str(&row.json).unwrap();
        json["fresh"] = (json["fresh"].as_i64().unwrap() - 11 * model::time::MINUTE_MS).into();
        world.hub.store().desk_put(&store::DeskRow { json: json.to_string(), ..row }).unwrap();
    }
    let page = see(&mut lena, &path).await;
    assert!(page.contains("/me/confirm?to=") && !page.contains("value=\"go\""), "{page}");
    for (what, go) in [("words", ""), ("move", "go")] {
        let fields = [("from", from.as_str()), ("to", &to), ("do", go)];
        let sent = lena.post(&format!("/pathways/post-surgical-follow-up/{what}"), &fields).await;
        assert!(sent.to().starts_with("/me/confirm?to="), "{what}: {} {}", sent.status, sent.text);
    }
    assert!(world.hub.orders().is_empty());
}

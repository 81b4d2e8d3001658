//! Versions that are published: by a key and from the console; who may, what is shown, what is refused, what is logged.

use super::harness::{Answer, Browser, PASSWORD, World};
use crate::publishing::Drafts;
use crate::{Account, App, Files, WebConfig, create_account, router};
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

const NAME: &str = "standing-stop";
const API: &str = "/api/pathways/standing-stop/versions";

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

fn in_force(world: &World) -> std::sync::Arc<pathway::Pathway> {
    world.hub.in_force().into_iter().find(|p| p.name == NAME).unwrap()
}

/// The version in force with another wait, approved, its review due then.
fn text(world: &World, wait: &str, review_by: &str) -> String {
    let source = in_force(world).source.clone();
    let source = source.lines().filter(|l| !l.starts_with("approved:") && !l.starts_with("review_by:"));
    let source = source.collect::<Vec<_>>().join("\n") + "\n";
    let approved = format!(
        "owner: privacy-office\napproved: {{ by: Dr. Ana Ruiz, role: privacy officer, on: 2026-01-02 }}\n\
         review_by: {review_by}\n"
    );
    let from = source.split("- wait: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    source.replacen("owner: privacy-office\n", &approved, 1).replacen(
        &format!("wait: {from}"),
        &format!("wait: {wait}"),
        1,
    )
}

async fn send(world: &World, key: &str, path: &str, body: &Json) -> Answer {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {key}"))
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()));
    world.send(request.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_looks_keeps_and_publishes() {
    let world = World::with(None).await;
    let key = world.key(&["pathways:write"]);
    let old = in_force(&world);
    let source = text(&world, "2 minutes", "2099-01-01");
    let body = |what: &str, source: &str, over: &str| json!({"file": "here/stop.yaml", "source": source, "do": what, "over": over});
    let looked = send(&world, &key, API, &body("look", &source, "")).await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.text);
    let looked = looked.json();
    assert_eq!(looked["in_force"]["version"], json!(old.version));
    assert_eq!((&looked["errors"], &looked["in_the_way"]), (&json!(0), &json!([])), "{looked}");
    assert!(looked["difference"].as_str().unwrap().contains("2 minutes"), "{looked}");
    assert!(world.hub.orders().is_empty() && world.hub.older().is_empty(), "looking writes nothing");
    let kept = send(&world, &key, API, &body("keep", &source, "")).await;
    assert_eq!((kept.status, &kept.json()["done"]), (StatusCode::OK, &json!("kept")), "{}", kept.text);
    assert_eq!((world.hub.older().len(), in_force(&world).version), (1, old.version), "known, and not in force");
    // Over what is not in force it is not put: whoever sends it is told what is.
    for over in ["", &model::Id::of(&[b"x"]).to_string()] {
        let told = send(&world, &key, API, &body("publish", &source, over)).await;
        assert_eq!((told.status, &told.json()["done"]), (StatusCode::CONFLICT, &json!("other_in_force")));
        assert_eq!(told.json()["in_force"]["version"], json!(old.version));
    }
    let unsaid = send(&world, &key, API, &json!({"source": source, "do": "publish"})).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY, "what it replaces is said");
    let over = old.version.to_string();
    let done = send(&world, &key, API, &body("publish", &source, &over)).await;
    assert_eq!((done.status, &done.json()["order"]), (StatusCode::CREATED, &json!(1)), "{}", done.text);
    assert!(in_force(&world).source == source);
    let again = send(&world, &key, API, &body("publish", &source, &over)).await;
    assert_eq!((again.status, &again.json()["order"]), (StatusCode::OK, &json!(1)), "the same is one order");
    assert_eq!(world.hub.orders().len(), 1);
    // Back to the text that was there: a draft, which is to be said where the setting says `warn`.
    let now = in_force(&world).version.to_string();
    let back = send(&world, &key, API, &body("publish", &old.source, &now)).await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", back.text);
    assert_eq!(back.json()["in_the_way"][0]["code"], json!("unsaid_draft"));
    let mut said = body("publish", &old.source, &now);
    said["draft_ok"] = json!(true);
    let back = send(&world, &key, API, &said).await;
    assert_eq!((back.status, &back.json()["order"]), (StatusCode::CREATED, &json!(2)), "{}", back.text);
    assert_eq!(in_force(&world).version, old.version);
    let mut admin = world.staff("administrator").await;
    let log = admin.get("/access").await.text;
    assert!(log.contains("published a pathway") && log.contains("kept a version of a pathway"), "{log}");
    assert!(!log.contains("Ana Ruiz"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_in_force_is_refused_with_what_check_finds() {
    let world = World::with(None).await;
    let key = world.key(&["pathways:write"]);
    let over = in_force(&world).version.to_string();
    let good = text(&world, "2 minutes", "2099-01-01");
    let cases = [
        ("team", good.replace("fallback_team: surgical_nurses", "fallback_team: nobody_here"), "errors", "TL011"),
        ("codes", good.replace("fact.class == 'stop'", "encounter.procedure in codes.mars"), "errors", "TL015"),
        ("yaml", good.replace("pathway: standing-stop", "pathway: standing-stop\n\t- x"), "errors", "TL001"),
        ("past", text(&world, "2 minutes", "2026-02-01"), "review_past", "TL053"),
    ];
    for (name, source, code, finding) in cases {
        let body = json!({"file": "stop.yaml", "source": source, "do": "publish", "over": over});
        let told = send(&world, &key, API, &body).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", told.text);
        let told = told.json();
        assert_eq!(told["in_the_way"][0]["code"], json!(code), "{name}: {told}");
        let found = told["findings"].as_array().unwrap().iter().find(|f| f["code"] == finding);
        assert_eq!(found.unwrap()["file"], json!("stop.yaml"), "{name}: {told}");
        assert!(told["report"].as_str().unwrap().contains(finding), "{name}");
    }
    let body = json!({"source": good, "do": "publish", "over": over});
    let other = send(&world, &key, "/api/pathways/standing-code/versions", &body).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "the path names another pathway");
    for bad in
        [json!({"source": good}), json!({"source": good, "do": "erase"}), json!({"source": good, "do": "look", "x": 1})]
    {
        assert_eq!(send(&world, &key, API, &bad).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let large = json!({"source": "x".repeat(2 * 1024 * 1024), "do": "look"});
    assert_eq!(send(&world, &key, API, &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let hospital = world.key(&["fhir:write", "events:write", "identity:write"]);
    let body = json!({"source": good, "do": "look"});
    assert_eq!(send(&world, &hospital, API, &body).await.status, StatusCode::FORBIDDEN);
    assert!(world.hub.orders().is_empty() && world.hub.older().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_drafts_are_refused_no_word_lets_one_in() {
    let world = World::with(None).await;
    let key = world.key(&["pathways:write"]);
    let draft = in_force(&world).source.replacen("title: STOP", "title: STOP it", 1);
    for (drafts, said, status) in [
        (Drafts::Refuse, true, StatusCode::UNPROCESSABLE_ENTITY),
        (Drafts::Warn, false, StatusCode::UNPROCESSABLE_ENTITY),
        (Drafts::Allow, false, StatusCode::CREATED),
    ] {
        let config = WebConfig { drafts, ..WebConfig::default() };
        let hub = world.hub.clone();
        let app = App { hub, handset: None, demo: None, config, metrics: None, files: Files::shipped() };
        let over = in_force(&world).version.to_string();
        let body = json!({"source": draft, "do": "publish", "over": over, "draft_ok": said}).to_string();
        let request = Request::post(API).header("authorization", format!("Bearer {key}")).body(Body::from(body));
        let answer = router(app).oneshot(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{drafts:?}");
    }
}

async fn see(browser: &mut Browser<'_>, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer.text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_publishes_after_a_look_and_puts_the_older_one_back() {
    let world = World::with(None).await;
    for (name, role) in [("lena", "lead"), ("nora", "nurse")] {
        account(&world, name, role);
    }
    let old = in_force(&world).version.to_string();
    let source = text(&world, "2 minutes", "2099-01-01");
    let mut lena = world.staff("lena").await;
    assert!(see(&mut lena, "/pathways").await.contains("id=\"publish-link\""));
    see(&mut lena, "/pathways/publish").await;
    // A browser's lines end otherwise.
    let pasted = source.replace('\n', "\r\n");
    let looked = lena.post("/pathways/publish", &[("source", &pasted), ("do", "look")]).await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.text);
    for told in ["2 minutes", "Dr. Ana Ruiz", "TL050", "id=\"confirm-form\"", "0 errors"] {
        assert!(looked.text.contains(told), "{told}: {}", looked.text);
    }
    assert!(world.hub.orders().is_empty(), "a look publishes nothing");
    lena.page = looked.text;
    let fields = [("source", pasted.as_str()), ("do", "publish"), ("over", &old)];
    for _ in 0..2 {
        let done = lena.post("/pathways/publish", &fields).await;
        assert_eq!((done.status, done.to()), (StatusCode::SEE_OTHER, "/pathways/standing-stop"), "{}", done.text);
    }
    assert_eq!(world.hub.orders().len(), 1, "two clicks are one order");
    assert!(in_force(&world).source == source, "not a letter is another");
    let page = see(&mut lena, "/pathways/standing-stop").await;
    for told in ["Clinical approver", "Dr. Ana Ruiz", "1 Jan 2099", "order 1", "lena", "Put in force again"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    // Whoever looked at what was in force before is told, and shown anew what would be replaced.
    let late = text(&world, "3 minutes", "2099-01-01");
    see(&mut lena, "/pathways/publish").await;
    let told = lena.post("/pathways/publish", &[("source", &late), ("do", "publish"), ("over", &old)]).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(
        told.text.contains("Somebody else published meanwhile") && told.text.contains("3 minutes"),
        "{}",
        told.text
    );
    // The older one again: nobody approved it, which is to be said.
    let again = format!("/pathways/{NAME}/publish?version={old}");
    let page = see(&mut lena, &again).await;
    assert!(page.contains("id=\"draft-ok\"") && page.contains("from 2 minutes"), "{page}");
    let now = in_force(&world).version.to_string();
    let path = format!("/pathways/{NAME}/publish");
    let unsaid = lena.post(&path, &[("version", &old), ("over", &now)]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    let alert = unsaid.text.split("role=\"alert\"").nth(1).unwrap_or_default();
    assert!(alert.starts_with("><p>It cannot be put in force:</p><ul><li>it names no clinical"), "{}", unsaid.text);
    assert!(unsaid.text.contains("id=\"draft-ok\""), "it can be said there");
    see(&mut lena, &again).await;
    let done = lena.post(&path, &[("version", &old), ("over", &now), ("draft_ok", "yes")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(in_force(&world).version.to_string(), old);
    let change = see(&mut lena, "/pathways/standing-stop/change").await;
    assert!(change.contains("for whoever begins"), "orders are listed: {change}");
    let difference = see(&mut lena, &format!("/pathways/{NAME}/versions?from={now}&to={old}")).await;
    assert!(difference.contains("What changed"), "{difference}");
    // Others see who answers for it, and may not publish.
    let mut nora = world.staff("nora").await;
    let page = see(&mut nora, "/pathways/standing-stop").await;
    assert!(page.contains("nobody has approved it") && !page.contains("Put in force again"), "{page}");
    assert!(!see(&mut nora, "/pathways").await.contains("publish-link"));
    let mut admin = world.staff("administrator").await;
    assert!(see(&mut admin, "/access").await.contains("published a pathway"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_that_is_near_or_past_is_told_to_who_publishes() {
    let world = World::with(None).await;
    for (name, role) in [("lena", "lead"), ("dora", "designer"), ("nora", "nurse")] {
        account(&world, name, role);
    }
    let mut lena = world.staff("lena").await;
    assert!(!see(&mut lena, "/").await.contains("id=\"reviews\""), "nothing is due");
    let today = world.hub.clock().now().date_in(&jiff::tz::TimeZone::UTC);
    let near = today.checked_add(jiff::Span::new().days(10)).unwrap();
    let source = text(&world, "2 minutes", &near.to_string());
    let over = in_force(&world).version.to_string();
    see(&mut lena, "/pathways/publish").await;
    let done = lena.post("/pathways/publish", &[("source", &source), ("do", "publish"), ("over", &over)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let page = see(&mut lena, "/").await;
    assert!(page.contains("the review is due on"), "{page}");
    world.hub.clock().advance_to(world.hub.clock().now().plus_ms(11 * model::time::DAY_MS));
    let mut lena = world.staff("lena").await;
    let page = see(&mut lena, "/").await;
    assert!(page.contains("the review was due on"), "{page}");
    let mut dora = world.staff("dora").await;
    assert!(see(&mut dora, "/pathways").await.contains("the review was due on"));
    let mut nora = world.staff("nora").await;
    assert!(!see(&mut nora, "/").await.contains("id=\"reviews\""), "it is nothing for a nurse");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_with_a_mistake_comes_back_to_be_mended() {
    let world = World::with(None).await;
    account(&world, "lena", "lead");
    let mut lena = world.staff("lena").await;
    see(&mut lena, "/pathways/publish").await;
    let entry = |page: &str| page.split("id=\"pathway-text\"").nth(1).map(str::to_owned).unwrap_or_default();
    let good = text(&world, "2 minutes", "2099-01-01");
    for bad in ["pathway: <x>\ntitel: y\n".to_owned(), good.replace("sms", "smss")] {
        let looked = lena.post("/pathways/publish", &[("source", &bad), ("do", "look")]).await.text;
        let shown = bad.lines().next().unwrap().replace('<', "&lt;").replace('>', "&gt;");
        assert!(looked.contains("role=\"alert\"") && entry(&looked).contains(&shown), "{looked}");
    }
    let fine = lena.post("/pathways/publish", &[("source", &good), ("do", "look")]).await.text;
    assert!(entry(&fine).is_empty(), "nothing is to be mended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_pathway_is_pasted_and_one_that_is_too_large_is_not() {
    let world = World::with(None).await;
    account(&world, "lena", "lead");
    let mut lena = world.staff("lena").await;
    see(&mut lena, "/pathways/publish").await;
    let line = format!("# {}\n", "a comment that is long ".repeat(10));
    let with = |bytes: usize| text(&world, "2 minutes", "2099-01-01") + &line.repeat(bytes / line.len());
    let looked = lena.post("/pathways/publish", &[("source", &with(200 * 1024)), ("do", "look")]).await;
    assert_eq!(looked.status, StatusCode::OK);
    assert!(looked.text.contains("id=\"confirm-form\""), "{}", looked.text.len());
    let large = lena.post("/pathways/publish", &[("source", &with(300 * 1024)), ("do", "look")]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Each of these bytes comes as three.
    let accents = format!("{}# {}\n", with(0), "ñ".repeat(125 * 1024));
    let looked = lena.post("/pathways/publish", &[("source", &accents), ("do", "look")]).await;
    assert_eq!(looked.status, StatusCode::OK);
    // No other form needs so much.
    let why = "because ".repeat(16 * 1024);
    let refused = lena.post("/pathways/standing-stop/halt", &[("version", ""), ("why", &why)]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_in_force_runs_in_no_shadow_and_the_folders_may() {
    let world = World::with(None).await;
    account(&world, "lena", "lead");
    let key = world.key(&["pathways:write"]);
    let old = in_force(&world).version;
    let body = json!({"source": text(&world, "2 minutes", "2099-01-01"), "do": "publish", "over": old.to_string()});
    assert_eq!(send(&world, &key, API, &body).await.status, StatusCode::CREATED);
    let now = in_force(&world).version;
    let mut lena = world.staff("lena").await;
    let page = see(&mut lena, "/pathways/standing-stop/shadow").await;
    let option = |version: model::Id| page.contains(&format!("<option value=\"{version}\""));
    assert!(option(old) && !option(now), "the one in force is none to look at: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_told_that_it_published() {
    let world = World::with(None).await;
    let key = world.key(&["pathways:write"]);
    let over = in_force(&world).version.to_string();
    let body = json!({"source": text(&world, "2 minutes", "2099-01-01"), "do": "publish", "over": over});
    let all =
        tokio::join!(send(&world, &key, API, &body), send(&world, &key, API, &body), send(&world, &key, API, &body));
    let mut told = [all.0.status, all.1.status, all.2.status];
    told.sort();
    assert_eq!(told, [StatusCode::OK, StatusCode::OK, StatusCode::CREATED]);
    assert_eq!(world.hub.orders().len(), 1);
}

/// A version that asks a service, which is asked of nobody where the hub has no settings for it.
fn with_service(source: &str) -> String {
    let steps = "  calls:\n    - call: eligibility\n      within: 10 minutes\n      answered: end\n      failed: end\n";
    let services = "services:\n  eligibility:\n    answers: { covered: yes or no }\ntracks:\n";
    source.replacen("tracks:\n", &format!("{services}{steps}"), 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_calls_a_service_without_settings_is_refused_and_the_service_is_named() {
    let world = World::with(None).await;
    let key = world.key(&["pathways:write"]);
    let over = in_force(&world).version.to_string();
    let source = with_service(&text(&world, "2 minutes", "2099-01-01"));
    let told = send(&world, &key, API, &json!({"source": source, "do": "publish", "over": over})).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.text);
    let way = &told.json()["in_the_way"][0];
    assert_eq!(way["code"], json!("service_missing"), "{}", told.text);
    let says = way["says"].as_str().unwrap_or_default();
    assert!(says.contains("the service `eligibility`") && says.contains("[services.eligibility]"), "{says}");
    assert!(world.hub.orders().is_empty(), "nothing is in force by it");
    // On the page of the console too, in its words; and no other way leads past it.
    let mut lena = {
        account(&world, "lena", "lead");
        world.staff("lena").await
    };
    see(&mut lena, "/pathways/publish").await;
    let looked = lena.post("/pathways/publish", &[("source", &source), ("do", "look")]).await.text;
    assert!(looked.contains("it calls the service") && looked.contains("eligibility"), "{looked}");
    let kept = send(&world, &key, API, &json!({"source": source, "do": "keep"})).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text);
    let version = world.hub.older().into_iter().find(|p| p.source == source).unwrap().version;
    let over = Some(in_force(&world).version);
    let order = hub::Order::Publish { pathway: NAME.into(), version, over, folder: None };
    let refused = world.hub.order("lena", "once", order).await;
    assert!(
        matches!(&refused, Err(hub::Error::Order(hub::Refusal::NoService(name))) if name == "eligibility"),
        "{refused:?}"
    );
}

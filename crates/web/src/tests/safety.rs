//! What must hold on every route.

use super::harness::{Browser, PASSWORD, World};
use crate::routes::{May, ROUTES};
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use std::collections::BTreeSet;
use std::path::Path;

fn sources(folder: &Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else {
            out.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn no_route_is_outside_of_the_table() {
    let mut all = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    assert!(all.len() > 20);
    let adders = [".route(", ".route_service(", ".nest(", ".nest_service(", ".merge(", ".fallback_service("];
    let mut found = 0;
    for (path, text) in all.iter().filter(|(p, _)| !p.contains("/tests/")) {
        let count = adders.iter().map(|a| text.matches(a).count()).sum::<usize>();
        assert!(count == 0 || path.ends_with("src/routes.rs"), "{path} adds a route that the table does not know");
        found += count;
    }
    assert_eq!(found, 1, "the table is walked once");
    let rows: BTreeSet<_> = ROUTES.iter().map(|r| (r.method, r.path)).collect();
    assert_eq!(rows.len(), ROUTES.len(), "a row is there twice");
    for route in ROUTES.iter().filter(|r| r.may == May::Open && r.method != "GET") {
        // The signed token of a mail; the signature of a provider.
        let signed = route.path == "/unsubscribe" || route.path.starts_with("/hooks/{provider}");
        assert!(signed, "{} writes without any guard", route.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_guarded_as_it_says() {
    let world = World::new().await;
    for route in ROUTES {
        let path = route.path.replace("{type}", "Patient").replace(['{', '}'], "");
        let request = Request::builder()
            .method(route.method)
            .uri(&path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("csrf=x"))
            .unwrap();
        let answer = world.send(request).await;
        assert!(answer.headers.contains_key("content-security-policy"), "{path}");
        match route.may {
            May::Staff(_) => {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} {path}", route.method);
                assert!(answer.to().starts_with("/login"), "{path}");
            }
            May::Key(_) => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}"),
            May::Visitor | May::Stage(_) if route.method == "POST" => {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}")
            }
            May::Visitor | May::Stage(_) | May::Open => {
                assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}")
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_kept_apart() {
    let world = World::new().await;
    for name in ["nurse", "administrator", "integrator"] {
        let mut browser = world.staff(name).await;
        for route in ROUTES.iter().filter(|r| r.method == "GET" && !r.path.contains('{') && r.path != "/live") {
            let May::Staff(roles) = route.may else { continue };
            let answer = browser.get(route.path).await;
            let wanted = match route.path {
                _ if roles.is_empty() || roles.contains(&name) => StatusCode::OK,
                "/" => StatusCode::SEE_OTHER,
                _ => StatusCode::FORBIDDEN,
            };
            assert_eq!(answer.status, wanted, "{name} {}", route.path);
            if wanted == StatusCode::FORBIDDEN {
                assert!(answer.text.contains(&format!("needs the role {}", roles.join(" or "))), "{}", answer.text);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worklist_is_the_care_teams_and_others_land_where_they_work() {
    let world = World::new().await;
    for (name, place) in [("integrator", "/parked"), ("administrator", "/keys")] {
        let mut browser = world.staff(name).await;
        let answer = browser.get("/").await;
        assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, place));
        assert_eq!(browser.get(place).await.status, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phones_are_nobodys_outside_of_the_demo() {
    let world = World::with(None).await;
    let (paths, number) = (["/handset", "/handset?of=%2B12125550119", "/demo/live"], "+12125550119");
    world.david().await;
    let mut anyone = Browser::new(&world);
    anyone.get("/login").await;
    for path in paths {
        let answer = anyone.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.to().starts_with("/login"), "{path}");
    }
    anyone.get("/login").await;
    let forged = [("of", number), ("act", "text"), ("text", "STOP")];
    assert!(anyone.post("/handset", &forged).await.to().starts_with("/login"));
    assert!(world.handset.drain().is_empty(), "nothing was said in anyone's name");
    let mut integrator = world.staff("integrator").await;
    assert_eq!(integrator.get("/handset").await.status, StatusCode::FORBIDDEN);
    let mut nurse = world.staff("nurse").await;
    nurse.get("/handset?of=%2B12125550119").await;
    assert_eq!(nurse.post("/handset", &forged).await.status, StatusCode::SEE_OTHER);
    assert_eq!(nurse.get("/demo").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_and_is_parked_is_for_the_care_team() {
    let world = World::new().await;
    let now = world.hub.clock().now();
    world.handset.text_back("+12125550177", "a word to nobody", now).unwrap();
    let said = world.handset.drain().remove(0);
    let source_key = model::Id::of(&[b"test"]);
    let item = model::Item { fact: said.fact, source_key, keys: said.keys, person: None, may_create: false };
    world.hub.accept(vec![item]).await.unwrap();
    let row = world.until(|w| w.hub.store().parked(5).unwrap().pop()).await;
    let path = format!("/parked/waiting/{}/{}", row.part, row.seq);
    assert!(world.staff("nurse").await.get(&path).await.text.contains("a word to nobody"));
    for name in ["integrator", "administrator"] {
        let mut theirs = world.staff(name).await;
        for path in ["/parked?kind=parked", &path] {
            let page = theirs.get(path).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(!page.text.contains("a word to nobody") && !page.text.contains("+12125550177"), "{name} {path}");
        }
        assert_eq!(theirs.post(&path, &[("act", "dismiss"), ("note", "x")]).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tries_of_others_lock_nobody_out() {
    use axum::extract::ConnectInfo;
    use axum::http::header::COOKIE;
    use std::net::SocketAddr;
    let world = World::new().await;
    let key = world.key(&["fhir:write"]);
    let (public, _) = key.rsplit_once('_').unwrap();
    for _ in 0..11 {
        world.fhir(&format!("{public}_wrong"), "{}").await;
    }
    assert_eq!(world.fhir(&format!("{public}_wrong"), "{}").await.status, StatusCode::TOO_MANY_REQUESTS);
    let right = world.fhir(&key, testkit::story::Story::david().discharge().to_string()).await;
    assert_eq!(right.status, StatusCode::OK, "the right key always works: {}", right.text);

    let mut browser = Browser::new(&world);
    let page = browser.get("/login").await;
    let cookie = page.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = page.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let try_from = async |address: &str, password: &str| {
        let fields = [("csrf", csrf.as_str()), ("name", "nurse"), ("password", password)];
        let mut request = Request::post("/login")
            .header(COOKIE, &cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(super::harness::encode(&fields)))
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(address.parse::<SocketAddr>().unwrap()));
        world.send(request).await.status
    };
    for _ in 0..10 {
        assert_eq!(try_from("192.0.2.1:1000", "wrong").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(try_from("192.0.2.1:2000", PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(try_from("192.0.2.2:1000", PASSWORD).await, StatusCode::SEE_OTHER, "the nurse at her own desk");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_its_token_changes_nothing() {
    let world = World::new().await;
    let mut admin = world.staff("administrator").await;
    admin.get("/accounts").await;
    let fields = [("name", "mallory"), ("display", "M"), ("role", "nurse")];
    for csrf in ["", "x", &"0".repeat(64)] {
        let mut all = vec![("csrf", csrf)];
        all.extend_from_slice(&fields);
        assert_eq!(admin.post_raw("/accounts", &all).await.status, StatusCode::FORBIDDEN);
    }
    assert!(!admin.get("/accounts").await.text.contains("mallory"));
    assert!(admin.post("/accounts", &fields).await.text.contains("/invite/"));
    assert!(admin.get("/accounts").await.text.contains("mallory"));
    let mut other = world.staff("administrator").await;
    let theirs = admin.page.clone();
    other.page = theirs;
    let stolen = other.post("/accounts/nurse/state", &[("disabled", "yes")]).await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN, "a token of another session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_refused_the_same_for_everyone_limited_and_ends() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.get("/login").await;
    let wrong = browser.post("/login", &[("name", "nurse"), ("password", "wrong")]).await;
    let nobody = browser.post("/login", &[("name", "nobody"), ("password", "wrong")]).await;
    assert_eq!((wrong.status, nobody.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.text.replace("value=\"nurse\"", ""), nobody.text.replace("value=\"nobody\"", ""));
    for _ in 0..9 {
        browser.post("/login", &[("name", "nurse"), ("password", "wrong")]).await;
    }
    let locked = browser.post("/login", &[("name", "nurse"), ("password", PASSWORD)]).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);

    let mut admin = world.staff("administrator").await;
    admin.post("/accounts/integrator/state", &[("disabled", "yes")]).await;
    let before = admin.get("/accounts").await;
    assert_eq!(before.status, StatusCode::OK);
    assert_eq!(admin.post("/logout", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(admin.get("/accounts").await.status, StatusCode::SEE_OTHER, "logged out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_is_out_at_once() {
    let world = World::new().await;
    let mut nurse = world.staff("nurse").await;
    let mut admin = world.staff("administrator").await;
    admin.get("/accounts").await;
    admin.post("/accounts/nurse/state", &[("disabled", "yes")]).await;
    assert_eq!(nurse.get("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(admin.post("/accounts/administrator/state", &[("disabled", "yes")]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_to_their_own_policy() {
    let world = World::new().await;
    let david = world.david().await;
    let mut nurse = world.staff("nurse").await;
    let paths = [
        "/".into(),
        "/people?q=re".into(),
        format!("/people/{david}"),
        "/pathways".into(),
        "/demo".into(),
        "/handset".into(),
        "/login".to_owned(),
    ];
    for path in paths {
        let page = nurse.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
        for inline in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
            assert!(!page.text.contains(inline), "{path} has {inline}");
        }
        let scripts = page.text.matches("<script").count();
        assert_eq!(scripts, page.text.matches("<script src=\"/assets/").count(), "{path}");
        assert!(page.text.len() < 60 * 1024, "{path}: {} bytes", page.text.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_others_are_escaped() {
    let world = World::new().await;
    let mut story = testkit::story::Story::david();
    story.person.given = "<script>alert(1)</script>".into();
    let person = world.discharged(&story).await;
    let mut nurse = world.staff("nurse").await;
    let page = nurse.get(&format!("/people/{person}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("<script>") && page.text.contains("&lt;script&gt;"));
}

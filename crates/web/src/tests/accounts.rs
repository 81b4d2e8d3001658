//! Accounts from the invitation to the last session: what each step asks for, and what it ends.

use super::harness::{Browser, PASSWORD, World, encode};
use crate::auth::{factor, invite};
use crate::{App, WebConfig, router};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use serde_json::Value as Json;
use std::net::SocketAddr;
use totp_rs::{Algorithm, Secret, TOTP};

const CHOSEN: &str = "quiet otters like warm tea";

/// What is between two marks of a page.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let rest = page.split_once(start).unwrap_or_else(|| panic!("{start} is not in {page}")).1;
    rest.split(end).next().unwrap()
}

/// The code of a secret that is `steps` after the one of now.
fn code(secret: &str, steps: i64) -> String {
    let bytes = Secret::Encoded(secret.replace(' ', "")).to_bytes().unwrap();
    let totp = TOTP::new(Algorithm::SHA1, 6, 1, 30, bytes, None, String::new()).unwrap();
    totp.generate(u64::try_from(crate::machine_now().0 / 1000 + steps * 30).unwrap())
}

/// Adds an app to the account of this browser; its secret and the recovery codes.
async fn with_app(browser: &mut Browser<'_>) -> (String, Vec<String>) {
    browser.get("/me").await;
    assert_eq!(browser.post("/me/app", &[]).await.to(), "/me/app");
    let page = browser.get("/me/app").await.text;
    assert!(page.contains("<svg class=\"qr\"") && !page.contains("style="), "{page}");
    let secret = between(&page, "id=\"app-secret\" translate=\"no\">", "<").to_owned();
    let done = browser.post("/me/app/confirm", &[("code", &code(&secret, -1))]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let codes = between(&done.text, "<ol class=\"codes\"", "</ol>").split("<code>").skip(1);
    let codes: Vec<String> = codes.map(|c| c.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), factor::CODES);
    (secret, codes)
}

async fn log_in<'a>(world: &'a World, name: &str, password: &str) -> (Browser<'a>, String) {
    let mut browser = Browser::new(world);
    browser.get("/login").await;
    let answer = browser.post("/login", &[("name", name), ("password", password)]).await;
    let to = answer.to().to_owned();
    (browser, to)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_used_once_and_its_owner_chooses_the_password() {
    let world = World::new().await;
    let mut admin = world.staff("administrator").await;
    admin.get("/accounts").await;
    let fields = [("name", "ann"), ("display", "Ann O."), ("role", "nurse"), ("sites", "north, south")];
    let made = admin.post("/accounts", &fields).await.text;
    let path = format!("/invite/{}", between(&made, "/invite/", "<"));
    assert_eq!(path.len(), "/invite/".len() + 64, "256 bits");
    let listed = admin.get("/accounts").await.text;
    assert!(!listed.contains(&path) && listed.contains("ann"), "shown once");
    let rows = world.hub.store().desk_list("invite").unwrap();
    assert!(!path.ends_with(&rows[0].key) && !rows[0].json.contains(&path[8..]), "kept as a hash");

    let mut ann = Browser::new(&world);
    for _ in 0..2 {
        assert_eq!(ann.get(&path).await.status, StatusCode::OK, "a mail scanner uses nothing up");
    }
    for (weak, why) in
        [("short", "too short"), ("passwordpassword", "easy to guess"), ("ann ann ann ann ann", "easy to guess")]
    {
        let answer = ann.post(&path, &[("new", weak)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(why), "{weak}: {}", answer.text);
    }
    let answer = ann.post(&path, &[("new", CHOSEN)]).await;
    assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, "/me"));
    assert_eq!(ann.get("/").await.status, StatusCode::OK);
    let mut again = Browser::new(&world);
    again.get("/login").await;
    assert_eq!(again.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(again.post(&path, &[("new", CHOSEN)]).await.status, StatusCode::NOT_FOUND, "once");
    let taken = admin.post("/accounts", &fields).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY, "the name is taken");

    admin.get("/accounts").await;
    let made = admin.post("/accounts", &[("name", "bob"), ("display", "Bob"), ("role", "lead")]).await.text;
    let path = format!("/invite/{}", between(&made, "/invite/", "<"));
    let id = between(&made, "action=\"/invites/", "/");
    assert_eq!(admin.post(&format!("/invites/{id}/revoke"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(again.get(&path).await.status, StatusCode::NOT_FOUND, "revoked");

    let made = admin.post("/accounts", &[("name", "eve"), ("display", "Eve"), ("role", "lead")]).await.text;
    let path = format!("/invite/{}", between(&made, "/invite/", "<"));
    let mut row = world.hub.store().desk_list("invite").unwrap().remove(0);
    let mut json: Json = serde_json::from_str(&row.json).unwrap();
    json["made"] = (json["made"].as_i64().unwrap() - invite::GOOD_MS).into();
    row.json = json.to_string();
    world.hub.store().desk_put(&row).unwrap();
    assert_eq!(again.get(&path).await.status, StatusCode::NOT_FOUND, "72 hours");
    for (name, role) in [("Not Good", "nurse"), ("x", "root"), ("x", "")] {
        let answer = admin.post("/accounts", &[("name", name), ("display", "X"), ("role", role)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {role}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_each_code_counts_once() {
    let world = World::new().await;
    let mut nurse = world.staff("nurse").await;
    let (secret, codes) = with_app(&mut nurse).await;
    let stored = world.hub.store().desk_get("account", "nurse").unwrap().unwrap().json;
    assert!(!stored.contains(&secret.replace(' ', "")), "a list of accounts carries no secret");
    assert!(!nurse.get("/me").await.text.contains(&codes[0]), "shown once");

    let (mut second, to) = log_in(&world, "nurse", PASSWORD).await;
    assert_eq!(to, "/login/factor");
    assert_eq!(second.get("/").await.to(), "/login", "half a login is none");
    second.get("/login/factor").await;
    assert_eq!(second.post("/login/factor", &[("code", "000000")]).await.status, StatusCode::UNAUTHORIZED);
    let used = code(&secret, 0);
    assert_eq!(second.post("/login/factor", &[("code", &used)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(second.get("/").await.status, StatusCode::OK);

    let (mut third, _) = log_in(&world, "nurse", PASSWORD).await;
    third.get("/login/factor").await;
    assert_eq!(third.post("/login/factor", &[("code", &used)]).await.status, StatusCode::UNAUTHORIZED, "a replay");
    assert_eq!(third.post("/login/factor", &[("code", &codes[2])]).await.status, StatusCode::SEE_OTHER);
    let (mut fourth, _) = log_in(&world, "nurse", PASSWORD).await;
    fourth.get("/login/factor").await;
    assert_eq!(fourth.post("/login/factor", &[("code", &codes[2])]).await.status, StatusCode::UNAUTHORIZED);

    // A disabled account does not finish what it began.
    let mut admin = world.staff("administrator").await;
    admin.get("/accounts/nurse").await;
    admin.post("/accounts/nurse/state", &[("disabled", "yes")]).await;
    assert_eq!(fourth.post("/login/factor", &[("code", &codes[3])]).await.to(), "/login");
    assert_eq!(fourth.get("/").await.to(), "/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_with_the_present_one_and_ends_other_sessions() {
    let world = World::new().await;
    let (mut here, mut there) = (world.staff("nurse").await, world.staff("nurse").await);
    here.get("/me").await;
    let change = [("now", "wrong"), ("new", CHOSEN)];
    assert_eq!(here.post("/me/password", &change).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for weak in ["northside health 1", "nurse nurse nurse", "short words", &"long ".repeat(60)] {
        let answer = here.post("/me/password", &[("now", PASSWORD), ("new", weak)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{weak}");
    }
    assert_eq!(there.get("/").await.status, StatusCode::OK);
    assert_eq!(here.post("/me/password", &[("now", PASSWORD), ("new", CHOSEN)]).await.status, StatusCode::OK);
    assert_eq!(here.get("/").await.status, StatusCode::OK);
    assert_eq!(there.get("/").await.to(), "/login");
    assert_eq!(log_in(&world, "nurse", CHOSEN).await.1, "/");
    // Shorter beside a second factor, which then may not go.
    with_app(&mut here).await;
    here.get("/me").await;
    assert_eq!(here.post("/me/password", &[("now", CHOSEN), ("new", "vexed otter")]).await.status, StatusCode::OK);
    let kept = here.post("/me/app/remove", &[]).await;
    assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(kept.text.contains("too short to be the only factor"), "{}", kept.text);
    here.post("/me/password", &[("now", "vexed otter"), ("new", CHOSEN)]).await;
    assert_eq!(here.post("/me/app/remove", &[]).await.status, StatusCode::OK);
    assert_eq!(log_in(&world, "nurse", CHOSEN).await.1, "/", "the password alone, again");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended_one_by_one_or_all() {
    let world = World::new().await;
    let (mut one, mut two, mut three) =
        (world.staff("nurse").await, world.staff("nurse").await, world.staff("nurse").await);
    let page = one.get("/me").await.text;
    assert_eq!(page.matches("Log out there").count(), 2);
    let id = between(&page, "/me/sessions/", "/end").to_owned();
    let mut other = world.staff("integrator").await;
    other.get("/me").await;
    assert_eq!(other.post(&format!("/me/sessions/{id}/end"), &[]).await.status, StatusCode::NOT_FOUND, "not theirs");
    one.get("/me").await;
    assert_eq!(one.post(&format!("/me/sessions/{id}/end"), &[]).await.status, StatusCode::SEE_OTHER);
    let left = [two.get("/").await.status, three.get("/").await.status];
    assert_eq!(left.iter().filter(|s| **s == StatusCode::OK).count(), 1, "{left:?}");
    assert_eq!(one.post("/me/sessions/end", &[]).await.to(), "/me");
    assert!(two.get("/").await.to() == "/login" && three.get("/").await.to() == "/login");
    assert_eq!(one.get("/").await.status, StatusCode::OK);
    one.get("/me").await;
    one.post("/me/sessions/end", &[("all", "yes")]).await;
    assert_eq!(one.get("/").await.to(), "/login");

    let mut nurse = world.staff("nurse").await;
    let mut admin = world.staff("administrator").await;
    admin.get("/accounts/nurse").await;
    assert_eq!(admin.post("/accounts/nurse/sessions/end", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(nurse.get("/").await.to(), "/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_guards_accounts_changes_only_for_who_has_just_said_the_password() {
    let world = World::new().await;
    let mut admin = world.staff("administrator").await;
    admin.get("/accounts").await;
    for row in world.hub.store().desk_list("session").unwrap() {
        let mut json: Json = serde_json::from_str(&row.json).unwrap();
        json["fresh"] = (json["fresh"].as_i64().unwrap() - 11 * model::time::MINUTE_MS).into();
        world.hub.store().desk_put(&store::DeskRow { json: json.to_string(), ..row }).unwrap();
    }
    let account = [("name", "ann"), ("display", "Ann"), ("role", "nurse")];
    let key = [("name", "k"), ("source", "hospital"), ("scope", "fhir:write")];
    let save = [("display", "N"), ("role", "lead")];
    let forms: [(&str, &[(&str, &str)]); 7] = [
        ("/accounts", &account),
        ("/accounts/nurse", &save),
        ("/accounts/nurse/link", &[]),
        ("/accounts/nurse/factors/reset", &[]),
        ("/keys", &key),
        ("/me/app", &[]),
        ("/me/codes", &[]),
    ];
    for (path, fields) in forms {
        let answer = admin.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.to().starts_with("/me/confirm?to=/"), "{path}: {}", answer.to());
    }
    assert!(admin.get("/accounts").await.text.contains("/me/confirm?to=/accounts"));
    assert!(world.hub.store().desk_list("invite").unwrap().is_empty());
    assert!(world.hub.store().desk_list("api_key").unwrap().is_empty());
    admin.get("/me/confirm?to=/accounts").await;
    assert_eq!(admin.post("/me/confirm", &[("password", "wrong")]).await.status, StatusCode::UNAUTHORIZED);
    let right = admin.post("/me/confirm", &[("password", PASSWORD), ("to", "//evil.example")]).await;
    assert_eq!(right.to(), "/", "and only to a page of ours");
    assert_eq!(admin.post("/accounts", &account).await.status, StatusCode::OK);
    let saved = admin.post("/accounts/nurse", &save).await;
    assert_eq!(saved.to(), "/accounts", "{}", saved.text);
    assert!(world.hub.store().desk_get("account", "nurse").unwrap().unwrap().json.contains("\"roles\":[\"lead\"]"));
    assert_eq!(admin.post("/accounts/administrator", &save).await.status, StatusCode::FORBIDDEN, "not one's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_have_a_second_factor_sees_nothing_else_before() {
    let mut world = World::new().await;
    let config = WebConfig { second_factor: vec!["nurse".into()], ..WebConfig::default() };
    let app = App {
        hub: world.hub.clone(),
        handset: None,
        demo: None,
        config,
        metrics: None,
        files: crate::Files::shipped(),
    };
    world.router = router(app);
    let mut nurse = world.staff("nurse").await;
    for path in ["/", "/people", "/pathways", "/parked"] {
        assert_eq!(nurse.get(path).await.to(), "/me", "{path}");
    }
    let page = nurse.get("/me").await.text;
    assert!(page.contains("Your role needs a second factor"), "{page}");
    assert_eq!(nurse.post("/people/x/tasks/add", &[]).await.status, StatusCode::FORBIDDEN);
    let (secret, codes) = with_app(&mut nurse).await;
    assert_eq!(nurse.get("/").await.status, StatusCode::OK);
    nurse.get("/me").await;
    assert_eq!(nurse.post("/me/app/remove", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "the last stays");
    assert_eq!(world.staff("integrator").await.get("/parked").await.status, StatusCode::OK, "others need none");

    // Lost: an administrator takes it away, and the next login leads to a new one.
    let mut admin = world.staff("administrator").await;
    admin.get("/accounts/nurse").await;
    assert_eq!(admin.post("/accounts/nurse/factors/reset", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(nurse.get("/").await.to(), "/login", "and its sessions end");
    let (mut nurse, to) = log_in(&world, "nurse", PASSWORD).await;
    assert_eq!((to.as_str(), nurse.get("/").await.to()), ("/", "/me"));
    let half = nurse.post("/login/factor", &[("code", &code(&secret, 0)), ("csrf", &codes[0])]).await;
    assert_ne!(half.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_set_anew_by_a_link_and_the_second_factor_stays() {
    let world = World::new().await;
    let mut nurse = world.staff("nurse").await;
    let (secret, _) = with_app(&mut nurse).await;
    let mut admin = world.staff("administrator").await;
    admin.get("/accounts/nurse").await;
    let made = admin.post("/accounts/nurse/link", &[]).await.text;
    let path = format!("/invite/{}", between(&made, "/invite/", "<"));
    let mut fresh = Browser::new(&world);
    fresh.get(&path).await;
    assert_eq!(fresh.post(&path, &[("new", CHOSEN)]).await.to(), "/login", "no way around the second factor");
    assert_eq!(nurse.get("/").await.to(), "/login", "sessions of before are over");
    let (mut nurse, to) = log_in(&world, "nurse", CHOSEN).await;
    assert_eq!(to, "/login/factor");
    nurse.get("/login/factor").await;
    assert_eq!(nurse.post("/login/factor", &[("code", &code(&secret, 1))]).await.status, StatusCode::SEE_OTHER);
    let log = admin.get("/access?what=made%20a%20password%20link").await.text;
    assert!(log.contains(">administrator</a>"), "{log}");
}

/// A login from an address, with these cookies; the answer's status and its cookies.
async fn from(world: &World, address: &str, cookies: &str, csrf: &str, password: &str) -> (StatusCode, String) {
    let fields = [("csrf", csrf), ("name", "nurse"), ("password", password)];
    let mut request = Request::post("/login")
        .header(COOKIE, cookies)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(encode(&fields)))
        .unwrap();
    request.extensions_mut().insert(ConnectInfo(address.parse::<SocketAddr>().unwrap()));
    let answer = world.send(request).await;
    let cookies = answer.headers.get_all(SET_COOKIE).iter().map(|c| c.to_str().unwrap().split(';').next().unwrap());
    (answer.status, cookies.collect::<Vec<_>>().join("; "))
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_from_the_whole_world_are_bounded_and_lock_no_known_browser_out() {
    let world = World::new().await;
    let page = Browser::new(&world).get("/login").await;
    let visit = page.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = between(&page.text, "name=\"csrf\" value=\"", "\"").to_owned();
    let (status, set) = from(&world, "192.0.2.1:1", &visit, &csrf, PASSWORD).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let device = set.split("; ").find(|c| c.starts_with("tl_device=")).unwrap();
    let known = format!("{visit}; {device}");
    let (mut looked_at, mut slowed) = (0, 0);
    for n in 0..60 {
        match from(&world, &format!("198.51.100.{n}:1"), &visit, &csrf, "wrong").await.0 {
            StatusCode::UNAUTHORIZED => looked_at += 1,
            StatusCode::TOO_MANY_REQUESTS => slowed += 1,
            other => panic!("{other}"),
        }
    }
    assert!((20..=22).contains(&looked_at) && slowed >= 38, "{looked_at} looked at, {slowed} slowed");
    // A strange browser waits, even with the right password; hers does not, wherever she is.
    assert_eq!(from(&world, "203.0.113.9:1", &visit, &csrf, PASSWORD).await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(from(&world, "203.0.113.9:1", &known, &csrf, PASSWORD).await.0, StatusCode::SEE_OTHER);
    // A device cookie that was made up, and one of another account, are strange.
    let forged = format!("{visit}; tl_device={}", "b".repeat(64));
    assert_eq!(from(&world, "203.0.113.9:1", &forged, &csrf, PASSWORD).await.0, StatusCode::TOO_MANY_REQUESTS);
    // Nor is a known browser a place to guess from.
    let mut guesses = 0;
    while from(&world, "203.0.113.9:1", &known, &csrf, "wrong").await.0 == StatusCode::UNAUTHORIZED {
        guesses += 1;
        assert!(guesses <= 10, "ten in a quarter of an hour");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_is_filtered_paged_exported_and_logs_its_own_readers() {
    let world = World::new().await;
    let david = world.david().await;
    let mut nurse = world.staff("nurse").await;
    nurse.get(&format!("/people/{david}")).await;
    for n in 0..60 {
        crate::auth::note_for_test(world.hub.store(), "robot", "saw", &n.to_string());
    }
    let mut admin = world.staff("administrator").await;
    let page = admin.get("/access").await.text;
    assert!(!page.contains("Reyes"), "no name for who may not see people");
    let rows = |page: &str| page.matches("<td class=\"when\">").count();
    assert_eq!(rows(&page), 50);
    let next = between(&page, "before=", "\"").to_owned();
    let older = admin.get(&format!("/access?before={next}")).await.text;
    assert!(rows(&older) >= 12, "{}", rows(&older));
    assert_eq!(rows(&admin.get("/access?who=robot&what=recorded").await.text), 0);
    assert_eq!(rows(&admin.get("/access?who=nurse&what=logged+in").await.text), 1);
    let of_david = admin.get(&format!("/access?person={david}&who=nurse")).await.text;
    assert!(of_david.contains("a person's page") && rows(&of_david) == 1, "{of_david}");
    assert_eq!(rows(&admin.get(&format!("/access?person={david}&who=robot")).await.text), 0);
    assert_eq!(rows(&admin.get("/access?to=2020-01-01").await.text), 0);
    assert_eq!(admin.get("/access?from=yesterday").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let own = admin.get("/access?what=read+the+access+log").await.text;
    assert!(rows(&own) >= 5 && own.contains("who=nurse&amp;what=logged%20in"), "{own}");
    let file = admin.get("/access.csv?who=robot").await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.text.lines().count(), 61);
    assert!(file.text.starts_with("at,who,what,person,detail\r\n") && !file.text.contains("Reyes"));
    assert!(admin.get("/access").await.text.contains("exported the access log"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_does_not_bring_an_ended_session_back() {
    let world = World::new().await;
    let store = world.hub.store().clone();
    // A session that was last seen an hour ago is written by its next request.
    let aged = || {
        for mut row in store.desk_list("session").unwrap() {
            let mut json: serde_json::Value = serde_json::from_str(&row.json).unwrap();
            json["seen"] = serde_json::json!(json["seen"].as_i64().unwrap() - 10 * 60_000);
            row.json = json.to_string();
            store.desk_put(&row).unwrap();
        }
    };
    for _ in 0..10 {
        let (mut other, mut nurse) = (world.staff("nurse").await, world.staff("nurse").await);
        nurse.get("/me").await;
        aged();
        let all = [("all", "yes")];
        let (_, ended) = tokio::join!(other.get("/people"), nurse.post("/me/sessions/end", &all));
        assert_eq!(ended.status, StatusCode::SEE_OTHER);
        assert_eq!(other.get("/").await.to(), "/login");
        assert!(store.desk_list("session").unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_goes_with_its_account() {
    let world = World::new().await;
    let typed = |key: &str| {
        let json = r#"[{"prompt":"00000000000000000000000000000001","fields":[["note","a secret"]]}]"#;
        let row = store::DeskRow { kind: "draft".into(), key: key.into(), json: json.into(), at: crate::machine_now() };
        world.hub.store().desk_put(&row).unwrap();
    };
    typed("nurse");
    typed("integrator");
    let mut admin = world.staff("administrator").await;
    admin.get("/accounts/nurse").await;
    admin.post("/accounts/nurse/state", &[("disabled", "yes")]).await;
    let left: Vec<String> = world.hub.store().desk_list("draft").unwrap().into_iter().map(|r| r.key).collect();
    assert_eq!(left, ["integrator"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_of_yesterday_are_dropped_when_somebody_types() {
    let world = World::new().await;
    let david = world.david().await;
    world.go_to(testkit::story::Story::david().day(1).plus_ms(-4 * model::time::HOUR_MS)).await;
    let prompt = world.until(|w| w.hub.look(david).unwrap().prompts.first().map(|p| p.id)).await;
    let (store, now) = (world.hub.store(), crate::machine_now());
    let old = now.plus_ms(-25 * model::time::HOUR_MS);
    let typed = |key: &str, drafts: Json| {
        let json = drafts.to_string();
        store.desk_put(&store::DeskRow { kind: "draft".into(), key: key.into(), json, at: old }).unwrap();
    };
    let id = |n: u32| model::Id::of(&[&n.to_be_bytes()]).to_string();
    let draft = |n: u32, at: i64| serde_json::json!({"prompt": id(n), "at": at, "fields": [["note", n.to_string()]]});
    typed("gone", serde_json::json!([draft(1, old.0)]));
    typed("both", serde_json::json!([draft(2, old.0), draft(3, now.0)]));
    // As they were written before each had a time.
    typed("nurse", serde_json::json!([{"prompt": id(4), "fields": [["note", "4"]]}]));
    let mut nurse = world.staff("nurse").await;
    let path = format!("/people/{david}/prompts/{prompt}");
    nurse.get(&path).await;
    let answer = nurse.post(&format!("{path}/draft"), &[("note", "new words")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let left: Vec<_> = store.desk_list("draft").unwrap().into_iter().map(|r| (r.key, r.json)).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left[0].0 == "both" && left[0].1.contains("\"3\"") && !left[0].1.contains("\"2\""), "{left:?}");
    assert!(left[1].0 == "nurse" && left[1].1.contains("new words") && !left[1].1.contains("\"4\""), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_patients_did_can_be_chosen_and_a_file_that_stops_says_so() {
    let world = World::new().await;
    let david = world.david().await;
    let entry = |what: &str| store::AccessRow {
        at: crate::machine_now(),
        who: "patient".into(),
        what: what.into(),
        person: None,
        detail: "/t".into(),
    };
    for what in ["opened Today by birth date", "opened Today by code", "asked for a code"] {
        world.hub.store().access_add_each(&entry(what), &[david]).unwrap();
    }
    let mut admin = world.staff("administrator").await;
    for what in ["opened Today by birth date", "opened Today by code", "asked for a code"] {
        let page = admin.get(&format!("/access?what={}", what.replace(' ', "+"))).await.text;
        assert_eq!(page.matches("<td class=\"when\">").count(), 1, "{what}");
        assert!(page.contains(&format!("value=\"{what}\" selected")), "{what}");
    }
    let whole = admin.get(&format!("/access.csv?person={david}")).await.text;
    assert!(!whole.contains("stops at"), "{whole}");
    world.hub.store().access_add_each(&entry("saw"), &vec![david; 10_001]).unwrap();
    let file = admin.get(&format!("/access.csv?person={david}")).await.text;
    assert_eq!(file.lines().count(), 10_002);
    assert!(file.lines().last().unwrap().contains("stops at 10"), "{:?}", file.lines().last());
}

#[test]
fn nothing_takes_an_entry_out_of_the_access_log() {
    let store = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/src");
    let mut files = vec![store];
    let mut looked_at = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap().to_uppercase();
        assert!(!text.contains("DELETE FROM ACCESS_LOG") && !text.contains("UPDATE ACCESS_LOG"), "{}", path.display());
        looked_at += 1;
    }
    assert!(looked_at > 5);
}

//! Every route, asked by everyone about everything: what the table says of a row is what the router does.
//!
//! The matrix is made from [`ROUTES`], so a new route is in it by itself; what it cannot know is an example for a new
//! part of a path, and it says so. Two people stand in it, each with a marker for a name and a number: one at the
//! site of those who ask, one at another. No answer to anyone who may not see a person may hold that person's marker,
//! and no refused POST may leave a fact.

use super::harness::{Answer, World, encode};
use crate::auth::{digest, session};
use crate::routes::{May, ROUTES, Route};
use crate::{Account, ROLES, create_account};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{Request, StatusCode};
use model::time::DAY_MS;
use model::{Actor, Fact, MessageId, PersonId};
use serde_json::json;
use std::collections::BTreeMap;
use store::DeskRow;
use testkit::story::Story;

const CARE: &[&str] = &["nurse", "lead"];
const FACTS_MAX: usize = 10_000;

/// A person in the matrix.
struct Subject {
    person: PersonId,
    /// Name and number, as pages would show them.
    markers: Vec<String>,
    /// A prompt, a message, a reach: of this person.
    prompt: String,
    message: String,
    reach: String,
    /// A link of this person that is good, and one that is too old.
    link: String,
    old_link: String,
}

struct Matrix {
    world: World,
    own: Subject,
    other: Subject,
    invite: String,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq)]
enum Asker {
    Role(&'static str),
    SignedOut,
    Disabled,
    Expired,
    Ended,
}

/// A session's row, written as a login would.
fn session(world: &World, account: &str, age_ms: i64) -> String {
    let token = crate::random_secret();
    let at = crate::machine_now();
    let began = at.0 - age_ms;
    let json = json!({ "account": account, "began": began, "seen": began, "fresh": began }).to_string();
    let row = DeskRow { kind: "session".into(), key: digest(&token), json, at };
    world.hub.store().desk_put(&row).unwrap();
    token
}

fn account(world: &World, name: &str, role: &str, disabled: bool) {
    let made = Account {
        name: name.into(),
        display: name.into(),
        roles: vec![role.into()],
        teams: vec![],
        sites: vec!["north".into()],
        disabled,
        hash: String::new(),
    };
    create_account(world.hub.store(), made, super::harness::PASSWORD).unwrap();
}

impl Matrix {
    async fn new() -> Self {
        let world = World::with(None).await;
        for (role, _) in ROLES {
            account(&world, &format!("m.{role}"), role, false);
        }
        account(&world, "m.disabled", "nurse", true);
        account(&world, "m.target", "nurse", false);
        let own = Self::subject(&world, "2001", "Qqown", "+12125550161", "north").await;
        let other = Self::subject(&world, "2002", "Qqother", "+12125550162", "south").await;
        world.go_to(Story::david().day(1)).await;
        let ready = |w: &World, p: PersonId| !w.hub.store().prompts_of(p, 9).unwrap().is_empty();
        world.until(|w| (ready(w, own) && ready(w, other)).then_some(())).await;
        let (own, other) =
            (Self::known(&world, own, "Qqown", "5550161"), Self::known(&world, other, "Qqother", "5550162"));
        let invited = Account {
            name: "m.invited".into(),
            display: "Invited".into(),
            roles: vec!["nurse".into()],
            teams: vec![],
            sites: vec![],
            disabled: false,
            hash: String::new(),
        };
        let invite = crate::auth::invite::make(world.hub.store(), invited, "m.administrator", false).unwrap();
        Self { world, own, other, invite }
    }

    async fn subject(world: &World, mrn: &str, family: &str, phone: &str, site: &str) -> PersonId {
        let scopes = vec!["fhir:write".to_owned()];
        let key = crate::create_key(world.hub.store(), site, scopes, "hospital", site, "test").unwrap().1;
        let story = Story::of(mrn, "Zz", family, "male", "1984-03-09", phone);
        let answer = world.fhir(&key, story.discharge().to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        world
            .until(|w| {
                let found = w.hub.store().find_people(family, 5).unwrap().first().map(|p| p.person);
                found.filter(|p| w.hub.look(*p).is_ok_and(|l| !l.journeys.is_empty() && l.record.site == site))
            })
            .await
    }

    fn known(world: &World, person: PersonId, name: &str, phone: &str) -> Subject {
        let store = world.hub.store();
        let message = store.messages_of(person, 9).unwrap().into_iter().next();
        let prompt = store.prompts_of(person, 9).unwrap().remove(0).id.to_string();
        let secret = &world.hub.settings().clinic.link_secret;
        let now = world.hub.clock().now();
        Subject {
            person,
            markers: vec![name.into(), phone.into()],
            prompt,
            reach: message.as_ref().map_or_else(String::new, |m| m.reach.to_string()),
            message: message.map_or_else(|| MessageId::of(&[b"none"]).to_string(), |m| m.id.to_string()),
            link: model::link::sign(secret, person, now.plus_ms(DAY_MS), ""),
            old_link: model::link::sign(secret, person, now.plus_ms(-DAY_MS), ""),
        }
    }

    /// A session and what its forms carry.
    fn enter(&self, actor: &Asker) -> Option<String> {
        match actor {
            Asker::Role(role) => Some(session(&self.world, &format!("m.{role}"), 0)),
            Asker::Disabled => Some(session(&self.world, "m.disabled", 0)),
            Asker::Expired => Some(session(&self.world, "m.nurse", 13 * model::time::HOUR_MS)),
            Asker::Ended => {
                let token = session(&self.world, "m.nurse", 0);
                self.world.hub.store().desk_drop("session", &digest(&token)).unwrap();
                Some(token)
            }
            Asker::SignedOut => None,
        }
    }

    async fn ask(&self, route: &Route, path: &str, token: Option<&str>, csrf: &str) -> Answer {
        let visit = "a".repeat(64);
        let cookie = token.map_or_else(String::new, |t| format!("{}={t}; ", session::STAFF));
        let fields = [("csrf", csrf), ("once", "0123456789abcdef0123456789abcdef")];
        let request = Request::builder()
            .method(route.method)
            .uri(path)
            .header(COOKIE, format!("{cookie}{}={visit}", session::VISIT))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(if route.method == "GET" { String::new() } else { encode(&fields) }));
        self.world.send(request.unwrap()).await
    }

    /// What anyone said of both people, keys, accounts and links: what no refused request may change. What the hub
    /// itself does meanwhile does not count.
    fn state(&self) -> Vec<usize> {
        let store = self.world.hub.store();
        let said = |f: &Fact| f.actor != Actor::System || f.kind.starts_with("contact.");
        let facts =
            |s: &Subject| store.timeline(s.person, None, FACTS_MAX).unwrap().iter().filter(|(_, f)| said(f)).count();
        let rows = |kind: &str| store.desk_list(kind).unwrap().iter().map(|r| r.json.len()).sum();
        vec![facts(&self.own), facts(&self.other), rows("api_key"), rows("account"), rows("invite"), rows("factors")]
    }

    fn hides(&self, subject: &Subject, answer: &Answer, what: &str) {
        for marker in &subject.markers {
            assert!(!answer.text.contains(marker), "{what}: {marker} is shown");
        }
    }
}

/// The path with each of its parts filled in; `part` says with what.
fn fill(route: &Route, part: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    for piece in route.path.split('/').skip(1) {
        out.push('/');
        match piece.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some(name) => out.push_str(&part(name)),
            None => out.push_str(piece),
        }
    }
    out
}

/// An example for a part of a path, about this person.
fn example(matrix: &Matrix, route: &Route, subject: &Subject, name: &str) -> String {
    let pathway = || matrix.world.hub.settings().pathways[0].clone();
    match name {
        "person" => subject.person.to_string(),
        "prompt" => subject.prompt.clone(),
        "message" => subject.message.clone(),
        "reach" => subject.reach.clone(),
        "token" if route.path.starts_with("/invite/") => matrix.invite.clone(),
        "token" if route.path.starts_with("/n/") => {
            let secret = &matrix.world.hub.settings().clinic.link_secret;
            model::link::sign_notice(secret, subject.person, model::MessageId::of(&[b"none"]))
        }
        "token" => subject.link.clone(),
        "provider" => "portal".into(),
        "*rest" => "status".into(),
        "name" if route.path.starts_with("/accounts") => "m.target".into(),
        "name" if route.path.starts_with("/pathways") => pathway().name.clone(),
        "name" if route.path.starts_with("/assets") => "live.js".into(),
        "name" | "step" => "check".into(),
        "version" if route.path.starts_with("/pathways") => pathway().version.to_string(),
        "code" => "TL060".into(),
        "version" => "1".into(),
        "id" => "0123456789ab".into(),
        "type" => "Patient".into(),
        "part" | "seq" => "1".into(),
        other => panic!("give an example for {{{other}}} of {} in tests/matrix.rs", route.path),
    }
}

/// Parts of paths that name what only a form makes: nothing is there to be shown, and not found is fine.
const MADE: &[&str] = &["{id}", "{seq}", "{step}"];

fn about_a_person(route: &Route) -> bool {
    route.path.contains("{person}")
}

/// Whether the row lets this role in, on a hub that is no demo.
fn lets_in(may: May, role: &str) -> Option<bool> {
    match may {
        May::Staff(roles) | May::Stage(roles) => Some(roles.is_empty() || roles.contains(&role)),
        May::Open | May::Visitor | May::Key(_) => None,
    }
}

fn roles() -> impl Iterator<Item = &'static str> {
    ROLES.iter().map(|(role, _)| *role)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_gets_nothing_and_changes_nothing() {
    let matrix = Matrix::new().await;
    let before = matrix.state();
    let mut asked = BTreeMap::<&str, u32>::new();
    let outside = [Asker::SignedOut, Asker::Disabled, Asker::Expired, Asker::Ended];
    for route in ROUTES {
        let path = fill(route, |name| example(&matrix, route, &matrix.own, name)) + "?q=Qq";
        let who = format!("{} {}", route.method, route.path);
        for actor in &outside {
            let token = matrix.enter(actor);
            let csrf = token.as_deref().map(session::csrf).unwrap_or_default();
            let answer = matrix.ask(route, &path, token.as_deref(), &csrf).await;
            let who = format!("{who} by {actor:?}");
            match route.may {
                May::Staff(_) | May::Stage(_) => {
                    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{who}");
                    assert!(answer.to().starts_with("/login"), "{who}: {}", answer.to());
                }
                May::Key(_) => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{who}"),
                // A form of nobody's page.
                May::Visitor if route.method != "GET" => assert_eq!(answer.status, StatusCode::FORBIDDEN, "{who}"),
                May::Visitor | May::Open => assert!(!answer.status.is_server_error(), "{who}: {}", answer.status),
            }
            matrix.hides(&matrix.own, &answer, &who);
            matrix.hides(&matrix.other, &answer, &who);
            *asked.entry("outside").or_default() += 1;
        }
        for role in roles().filter(|r| lets_in(route.may, r) == Some(false)) {
            let token = matrix.enter(&Asker::Role(role)).unwrap();
            let answer = matrix.ask(route, &path, Some(&token), &session::csrf(&token)).await;
            let who = format!("{who} by {role}");
            let wanted = if route.path == "/" { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, wanted, "{who}");
            matrix.hides(&matrix.own, &answer, &who);
            matrix.hides(&matrix.other, &answer, &who);
            *asked.entry("wrong role").or_default() += 1;
        }
        // The right role, and a form of another's page: of another session, of none.
        for role in roles().filter(|r| route.method == "POST" && lets_in(route.may, r) == Some(true)) {
            let token = matrix.enter(&Asker::Role(role)).unwrap();
            for csrf in [session::csrf(&matrix.enter(&Asker::Role(role)).unwrap()), String::new(), "x".repeat(64)] {
                let answer = matrix.ask(route, &path, Some(&token), &csrf).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{who} by {role} with a token of another");
                *asked.entry("wrong token").or_default() += 1;
            }
        }
    }
    assert_eq!(matrix.state(), before, "something that was refused left its mark");
    assert!(asked.values().sum::<u32>() > 300, "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_is_let_in_and_sees_the_own_sites_people_only() {
    let matrix = Matrix::new().await;
    let mut shown = 0;
    for route in ROUTES.iter().filter(|r| r.method == "GET") {
        for role in roles().filter(|r| lets_in(route.may, r) == Some(true)) {
            let token = matrix.enter(&Asker::Role(role)).unwrap();
            let who = format!("GET {} by {role}", route.path);
            let path = fill(route, |name| example(&matrix, route, &matrix.own, name)) + "?q=Qq";
            let answer = matrix.ask(route, &path, Some(&token), "").await;
            let made = MADE.iter().any(|part| route.path.contains(part)) && answer.status == StatusCode::NOT_FOUND;
            let fine = answer.status.is_success() || answer.status == StatusCode::SEE_OTHER || made;
            assert!(fine && !answer.to().starts_with("/login"), "{who}: {} {}", answer.status, answer.to());
            matrix.hides(&matrix.other, &answer, &who);
            if CARE.contains(&role) {
                shown += u32::from(answer.text.contains("Qqown"));
            } else {
                matrix.hides(&matrix.own, &answer, &who);
            }
        }
    }
    assert!(shown >= 4, "the care team sees its people: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_id_of_another_site_another_person_or_nobody_opens_anything() {
    let matrix = Matrix::new().await;
    let before = matrix.state();
    let nobody = PersonId::of(&[b"nobody"]).to_string();
    for route in ROUTES.iter().filter(|r| about_a_person(r)) {
        for role in roles().filter(|r| lets_in(route.may, r) == Some(true)) {
            let of = |subject: &Subject, name: &str| example(&matrix, route, subject, name);
            let mut paths = vec![
                ("other site", fill(route, |n| of(&matrix.other, n))),
                ("nobody", fill(route, |n| if n == "person" { nobody.clone() } else { of(&matrix.own, n) })),
                ("malformed", fill(route, |n| if n == "person" { "%27%20OR%201".into() } else { of(&matrix.own, n) })),
                (
                    "of other site by own person",
                    fill(route, |n| of(if n == "person" { &matrix.own } else { &matrix.other }, n)),
                ),
                (
                    "of own person by other site",
                    fill(route, |n| of(if n == "person" { &matrix.other } else { &matrix.own }, n)),
                ),
                ("malformed part", fill(route, |n| if n == "person" { of(&matrix.own, n) } else { "%00x".into() })),
            ];
            if !["{prompt}", "{message}", "{reach}"].iter().any(|part| route.path.contains(part)) {
                // There is no other part: the last three would be the own person as it should be.
                paths.retain(|(what, _)| !["of other site by own person", "malformed part"].contains(what));
            }
            for (what, path) in paths {
                let token = matrix.enter(&Asker::Role(role)).unwrap();
                let answer = matrix.ask(route, &path, Some(&token), &session::csrf(&token)).await;
                let who = format!("{} {} ({what}) by {role}", route.method, route.path);
                assert!(answer.status.is_client_error(), "{who}: {} {}", answer.status, answer.to());
                matrix.hides(&matrix.other, &answer, &who);
                if answer.status == StatusCode::FORBIDDEN {
                    matrix.hides(&matrix.own, &answer, &who);
                }
            }
        }
    }
    assert_eq!(matrix.state(), before, "something that was refused left its mark");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_links_page_needs_its_own_link_and_its_own_second_factor() {
    let matrix = Matrix::new().await;
    let mut before = matrix.state();
    let pass = |person: PersonId| {
        // As a right birth date would: a session of this person.
        let token = crate::random_secret();
        let json = json!({ "person": person, "began": crate::machine_now().0 }).to_string();
        let row = DeskRow { kind: "today_session".into(), key: digest(&token), json, at: crate::machine_now() };
        matrix.world.hub.store().desk_put(&row).unwrap();
        token
    };
    let visit = "a".repeat(64);
    for route in ROUTES.iter().filter(|r| r.path.starts_with("/t/{token}")) {
        let forged = format!("{}0", matrix.own.link);
        let cases: [(&str, &str, Option<String>); 6] = [
            ("good, no session", &matrix.own.link, None),
            ("good, session of another person", &matrix.own.link, Some(pass(matrix.other.person))),
            ("expired", &matrix.own.old_link, Some(pass(matrix.own.person))),
            ("forged", &forged, Some(pass(matrix.own.person))),
            ("nonsense", "nonsense", Some(pass(matrix.own.person))),
            ("of an unsubscribe link", "unsubscribe", None),
        ];
        for (what, link, today) in cases {
            let path =
                fill(route, |n| if n == "token" { link.to_owned() } else { example(&matrix, route, &matrix.own, n) });
            let today = today.map_or_else(String::new, |t| format!("; {}={t}", session::TODAY));
            let fields = [
                ("csrf", session::csrf(&visit)),
                ("once", "0123456789abcdef".into()),
                ("act", "language".into()),
                ("about", "es".into()),
            ];
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let request = Request::builder()
                .method(route.method)
                .uri(&path)
                .header(COOKIE, format!("{}={visit}{today}", session::VISIT))
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(encode(&fields)))
                .unwrap();
            let answer = matrix.world.send(request).await;
            let who = format!("{} {} ({what})", route.method, route.path);
            assert!(!answer.status.is_server_error(), "{who}");
            if !what.starts_with("good") {
                assert!(answer.status.is_client_error(), "{who}: {}", answer.status);
            }
            matrix.hides(&matrix.own, &answer, &who);
            matrix.hides(&matrix.other, &answer, &who);
            // A code may be asked for by whoever has the link: it goes to a number that is known, and is the one
            // thing before the second factor that the line hears of.
            let asks_for_a_code = route.path == "/t/{token}/text" && what.starts_with("good");
            let now = matrix.state();
            if !asks_for_a_code {
                assert_eq!(now[..2], before[..2], "{who} left a fact");
            }
            before = now;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_what_its_scope_names_until_it_is_revoked() {
    let world = World::with(None).await;
    let make = |scopes: &[&str]| {
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        crate::create_key(world.hub.store(), "m", scopes, "hospital", "north", "test").unwrap()
    };
    for route in ROUTES {
        let May::Key(scope) = route.may else { continue };
        let wrong = crate::SCOPES.iter().map(|(s, _)| *s).find(|s| *s != scope).unwrap();
        let ask = async |key: &str| {
            let path = route.path.replace("{type}", "Patient").replace("{id}", "1");
            let request = Request::builder()
                .method(route.method)
                .uri(path)
                .header("authorization", format!("Bearer {key}"))
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from("{}"));
            world.send(request.unwrap()).await.status
        };
        let (key, right) = make(&[scope]);
        let status = ask(&right).await;
        assert!(![401, 403, 500].contains(&status.as_u16()), "{}: {status}", route.path);
        assert_eq!(ask(&make(&[wrong]).1).await, StatusCode::FORBIDDEN, "{}", route.path);
        assert_eq!(ask(&format!("{right}0")).await, StatusCode::UNAUTHORIZED, "{}", route.path);
        assert!(crate::auth::key::revoke(world.hub.store(), &key.id).unwrap());
        assert_eq!(ask(&right).await, StatusCode::UNAUTHORIZED, "{}", route.path);
        let staff = Request::builder().method(route.method).uri(route.path.replace(['{', '}'], ""));
        let cookie = format!("{}={}", session::STAFF, session(&world, "administrator", 0));
        let request = staff.header(COOKIE, cookie).body(Body::empty()).unwrap();
        assert_eq!(world.send(request).await.status, StatusCode::UNAUTHORIZED, "a cookie is no key");
    }
}

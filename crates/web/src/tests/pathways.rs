//! The pathways' pages: counts, the people behind them, sites, roles, and the three views of one thing.

use super::harness::{Browser, PASSWORD, World};
use crate::{Account, create_account};
use axum::http::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use model::PersonId;
use model::time::{DAY_MS, HOUR_MS};
use std::collections::BTreeSet;
use testkit::story::Story;

const PATHWAY: &str = "/pathways/post-surgical-follow-up";
const CHECK: &str = "/pathways/post-surgical-follow-up/steps/nurse_call%2Fcheck/people";

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

/// Someone goes home from a site.
pub(super) async fn from_site(world: &World, story: &Story, site: &str) -> PersonId {
    let scopes = vec!["fhir:write".to_owned()];
    let key =
        crate::create_key(world.hub.store(), "test", scopes, &format!("hospital_{site}"), site, "test").unwrap().1;
    let request = Request::post("/fhir/R4")
        .header("authorization", format!("Bearer {key}"))
        .header(CONTENT_TYPE, "application/fhir+json")
        .body(story.discharge().to_string().into());
    let answer = world.send(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let family = story.person.family.clone();
    world
        .until(|w| {
            let found = w.hub.store().find_people(&family, 5).unwrap().first().map(|p| p.person);
            found.filter(|p| w.hub.look(*p).is_ok_and(|l| !l.journeys.is_empty()))
        })
        .await
}

/// Every value of an attribute, in order.
fn values(page: &str, attribute: &str) -> Vec<String> {
    let start = format!("{attribute}=\"");
    page.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

/// The part of a page that has this id.
fn part<'a>(page: &'a str, id: &str, end: &str) -> &'a str {
    let from = page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("{id} is not there"));
    let to = page[from..].find(end).map_or(page.len(), |n| from + n);
    &page[from..to]
}

/// The count of people in the link of a step's row.
fn count_of(page: &str, step: &str) -> i64 {
    let row = part(page, &format!("row-{}", step.replace('/', "--")), "</tr>");
    let cell = row.split("class=\"num\"").nth(1).unwrap();
    let text: String = cell.split('>').skip(1).map(|p| p.split('<').next().unwrap_or_default()).collect();
    text.trim_matches(|c: char| !c.is_ascii_digit())
        .chars()
        .take_while(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap()
}

fn listed(page: &str) -> BTreeSet<String> {
    values(page, "data-person").into_iter().collect()
}

/// Two people of two sites; at half past nine of day 1 the nurses are asked about both.
async fn two(world: &World) -> (PersonId, PersonId) {
    let david = from_site(world, &Story::david(), "north").await;
    let katie = from_site(world, &Story::katie(), "south").await;
    let morning = Story::david().day(1).plus_ms(-5 * HOUR_MS + HOUR_MS / 2);
    world.go_to(morning).await;
    for person in [david, katie] {
        world.until(|w| w.hub.look(person).unwrap().prompts.first().map(|_| ())).await;
    }
    (david, katie)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_opens_exactly_those_people_of_the_accounts_sites() {
    let world = World::new().await;
    let (david, katie) = two(&world).await;
    account(&world, "north_nurse", "nurse", &["north"]);
    account(&world, "nowhere_lead", "lead", &["elsewhere"]);
    for (name, expected) in [("nurse", vec![david, katie]), ("north_nurse", vec![david]), ("nowhere_lead", vec![])] {
        let mut browser = world.staff(name).await;
        let page = browser.get(&format!("{PATHWAY}?view=table")).await.text;
        let list = browser.get(CHECK).await;
        assert_eq!(list.status, StatusCode::OK, "{}", list.text);
        let expected: BTreeSet<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(listed(&list.text), expected, "{name}");
        assert_eq!(count_of(&page, "nurse_call/check"), expected.len() as i64, "{name}: the count is of the list");
        let all = browser.get(&format!("{PATHWAY}/people")).await;
        assert_eq!(listed(&all.text), expected, "{name}");
        assert_eq!(page.contains("Medians, shares and started journeys are of all sites"), name != "nurse");
    }
    let mut admin = world.staff("administrator").await;
    let log = admin.get(&format!("/access?person={katie}")).await.text;
    assert!(log.contains("nurse_call%2Fcheck/people"), "who looked is written: {log}");
    assert!(log.contains("nurse") && !log.contains("north_nurse"), "who does not see them is not: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_people_sees_counts_without_links() {
    let world = World::new().await;
    two(&world).await;
    account(&world, "designer", "designer", &[]);
    for name in ["designer", "integrator", "administrator"] {
        let mut browser = world.staff(name).await;
        for view in ["picture", "table", "text"] {
            let page = browser.get(&format!("{PATHWAY}?view={view}")).await;
            assert_eq!(page.status, StatusCode::OK, "{name}");
            assert!(!page.text.contains("/people"), "{name} is led to people in {view}");
            assert!(page.text.contains("2 people on it now"), "{name} sees how many");
        }
        for path in [CHECK.to_owned(), format!("{PATHWAY}/people")] {
            assert_eq!(browser.get(&path).await.status, StatusCode::FORBIDDEN, "{name} {path}");
        }
    }
    let mut nobody = Browser::new(&world);
    assert_eq!(nobody.get(CHECK).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn picture_table_and_text_list_the_same_steps() {
    let world = World::new().await;
    let mut nurse = world.staff("nurse").await;
    for pathway in &world.hub.settings().pathways {
        let path = format!("/pathways/{}", pathway.name);
        let steps: BTreeSet<String> = pathway.steps.iter().map(|s| s.name.clone()).collect();
        let page = nurse.get(&path).await.text;
        let picture = values(part(&page, "picture", "id=\"steps\""), "data-step");
        let beside = values(part(&page, "steps-caption", "</table>"), "data-step");
        let table = values(&nurse.get(&format!("{path}?view=table")).await.text, "data-step");
        let text_page = nurse.get(&format!("{path}?view=text")).await.text;
        let text = values(&text_page, "data-step");
        assert_eq!(table, beside);
        assert_eq!(table.len(), steps.len(), "{path}: each once");
        let drawn: Vec<String> = picture.into_iter().filter(|s| steps.contains(s)).take(steps.len()).collect();
        assert_eq!(drawn, table, "{path}: in the same order");
        assert_eq!(text.iter().cloned().collect::<BTreeSet<_>>(), steps);
        assert_eq!(text.len(), steps.len());
        // Each leads to its line, and the line leads back.
        for step in &pathway.steps {
            let (slug, line) = (step.name.replace('/', "--"), step.place.line);
            assert!(page.contains(&format!("id=\"n-{slug}\"")) && page.contains(&format!("?view=text#L{line}\"")));
            assert!(text_page.contains(&format!("id=\"L{line}\"")), "{slug}");
            assert!(text_page.contains(&format!("?view=picture#n-{slug}\"")), "{slug}");
        }
        assert!(page.len() < 200 * 1024, "{path}: {} bytes", page.len());
        println!("{path}: picture and table {} bytes, text {} bytes", page.len(), text_page.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn medians_and_shares_follow_what_happened_and_what_was_corrected() {
    let world = World::new().await;
    let (david, _) = two(&world).await;
    let mut nurse = world.staff("nurse").await;
    let prompt = world.hub.look(david).unwrap().prompts[0].id;
    let place = format!("/people/{david}/prompts/{prompt}");
    nurse.get(&place).await;
    let well = [
        ("outcome", "done"),
        ("f.pain", "2"),
        ("f.bleeding", "no"),
        ("f.fever", "no"),
        ("f.wound", "clean"),
        ("note", ""),
    ];
    assert_eq!(nurse.post(&format!("{place}/outcome"), &well).await.status, StatusCode::SEE_OTHER);
    let branch = |page: &str| part(page, "row-nurse_call--branch", "</tr>").to_owned();
    let page = nurse.get(&format!("{PATHWAY}?view=table")).await.text;
    assert!(branch(&page).contains("100% (1 of 1)"), "{}", branch(&page));
    assert_eq!(count_of(&page, "nurse_call/check"), 1, "the other one still waits for the call");
    // The night before the call was some 19 hours; the median is told within a tenth of it.
    let wait = part(&page, "row-nurse_call--wait", "</tr>");
    assert!(["17 h", "18 h", "19 h", "20 h"].iter().any(|h| wait.contains(h)), "{wait}");
    assert_eq!(page.matches("2 started in 30 days").count(), 2, "in the head and in the first row");

    nurse.get(&place).await;
    let corrected = [("outcome", "declined"), ("note", "It was not him")];
    assert_eq!(nurse.post(&format!("{place}/correct"), &corrected).await.status, StatusCode::SEE_OTHER);
    let row = branch(&nurse.get(&format!("{PATHWAY}?view=table")).await.text);
    let arms: Vec<&str> = row.split("<li>").skip(1).collect();
    assert!(arms[1].contains("100% (1 of 1)"), "the second arm now: {row}");
    assert!(arms.iter().enumerate().all(|(n, arm)| n == 1 || arm.contains("0% (0 of 1)")), "and it alone: {row}");

    // A month later nothing of it is of the last thirty days.
    world.go_to(Story::david().day(1).plus_ms(40 * DAY_MS)).await;
    let later = nurse.get(&format!("{PATHWAY}?view=table")).await.text;
    assert!(!branch(&later).contains("of 1)"), "{}", branch(&later));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_version_changed_is_said_in_words_and_line_by_line() {
    let mut settings = super::harness::settings();
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let text = settings.pathways[0]
        .source
        .replace("due: 8 team hours\n      overdue: [charge_nurse", "due: 6 team hours\n      overdue: [charge_nurse");
    let mut files = pathway::shipped::shipped_texts();
    let place = files.iter().position(|(_, text)| *text == settings.pathways[0].source).unwrap();
    assert_ne!(files[place].1, text, "the older one is another");
    files[place].1 = text;
    let library = pathway::read_dir_texts(&files, &teams);
    let older = std::sync::Arc::new(library.pathway("post-surgical-follow-up").unwrap().clone());
    settings.older.push(std::sync::Arc::clone(&older));
    let world = World::of(None, settings).await;
    let mut nurse = world.staff("nurse").await;
    let page = nurse.get(PATHWAY).await.text;
    let now = world.hub.settings().pathways[0].version;
    let link = format!("{PATHWAY}/versions?from={}&amp;to={now}", older.version);
    assert!(page.contains(&link), "the versions lead to what changed: {link}");
    let told = nurse.get(&link.replace("&amp;", "&")).await.text;
    assert!(told.contains("<del>due in 6 h of the team’s hours</del>"), "{told}");
    assert!(told.contains("<ins>due in 8 h of the team’s hours</ins>"), "{told}");
    assert_eq!(told.matches("class=\"l gone\"").count(), 1, "one line");
    let old = nurse.get(&format!("{PATHWAY}?version={}", older.version)).await.text;
    assert!(old.contains("older version") && old.contains("0 people on it now"));
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_listed_and_their_difference_is_said() {
    let world = World::new().await;
    let mut nurse = world.staff("nurse").await;
    let page = nurse.get(PATHWAY).await.text;
    assert!(page.contains("the first that is kept"), "{page}");
    let same = nurse.get(&format!("{PATHWAY}/versions")).await;
    assert!(same.text.contains("Nothing that a step does has changed."), "{}", same.text);
    for nothing in ["/pathways/nothing", "/pathways/nothing/versions", "/pathways/nothing/people"] {
        assert_eq!(nurse.get(nothing).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    let nothing =
        [format!("{PATHWAY}?version=ffff"), format!("{PATHWAY}/steps/none/people"), format!("{CHECK}?after=x")];
    for path in nothing {
        assert_eq!(nurse.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_speak_spanish_and_hold_to_the_policy() {
    let world = World::new().await;
    two(&world).await;
    let mut nurse = world.staff("nurse").await;
    nurse.get("/pathways").await;
    nurse.post("/language", &[("language", "es"), ("to", "/pathways")]).await;
    for path in [
        "/pathways".into(),
        PATHWAY.into(),
        format!("{PATHWAY}?view=text"),
        CHECK.into(),
        format!("{PATHWAY}/versions"),
    ] {
        let page = nurse.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("lang=\"es\"") && !page.text.contains('⟦'), "{path}");
        for inline in [" style=", "<style", " onclick=", "javascript:"] {
            assert!(!page.text.contains(inline), "{path} has {inline}");
        }
        for english in ["people", "started in", "here now", "Median stay", "Waits", "Leads to"] {
            assert!(!page.text.contains(&format!(">{english}")), "{path} says {english}");
        }
    }
}

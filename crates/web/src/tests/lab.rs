//! The laboratory of a pathway: the command line's own words, tests, one make-believe person, the difference.

use super::harness::{Answer, World, settings};
use crate::{App, Files, WebConfig, router};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use check::{Format, Given, whole};
use pathway::Pathway;
use std::sync::Arc;
use testkit::story::DAY_0;

const LAB: &str = "/pathways/post-surgical-follow-up/lab";

/// The text of what is between two marks, as it is read.
fn text(page: &str, from: &str, to: &str) -> String {
    let start = page.find(from).unwrap_or_else(|| panic!("{from} is not there: {page}"));
    let part = &page[start..];
    let part = &part[part.find('>').unwrap() + 1..];
    let part = &part[..part.find(to).unwrap()];
    let mut out = String::new();
    for (n, piece) in part.split('<').enumerate() {
        out.push_str(if n == 0 { piece } else { piece.split_once('>').unwrap().1 });
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let start = page.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no section {id}: {page}"));
    let rest = &page[start..];
    &rest[..rest.find("</section>").unwrap()]
}

/// The hub's pathways with the team's hours as they ship, one of them promising too much.
fn careless() -> (hub::Settings, Files) {
    let mut settings = hub::Settings::shipped(settings().clinic).unwrap();
    let names: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let mut files = Files::shipped();
    let (_, source) = files.sources.iter_mut().find(|(f, _)| f.ends_with("/post-surgical-follow-up.yaml")).unwrap();
    *source = source.replacen("- after: 14 days", "- after: 9 days", 1);
    let source = source.clone();
    let read = pathway::read_dir_texts(&files.sources, &names);
    for pathway in &mut settings.pathways {
        *pathway = Arc::new(read.pathway(&pathway.name).unwrap().clone());
    }
    assert!(settings.pathways.iter().any(|p| p.source == source), "it is in force");
    (settings, files)
}

async fn world(settings: hub::Settings, files: Files) -> World {
    let mut world = World::of(None, settings).await;
    let app =
        App { hub: world.hub.clone(), handset: None, demo: None, config: WebConfig::default(), metrics: None, files };
    world.router = router(app);
    world
}

async fn get(world: &World, path: &str) -> Answer {
    // Whoever may look at a pathway may look at its laboratory; the matrix asks as everybody.
    world.staff("nurse").await.get(path).await
}

/// What the command line prints, made of its own parts.
fn printed(world: &World, files: &Files, format: Format) -> String {
    let settings = world.hub.settings();
    let names: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let today = world.hub.clock().now().date_in(&model::time::zone(&settings.clinic.zone).unwrap());
    let mut sources = files.sources.clone();
    sources.retain(|(path, _)| !pathway::shipped::is_offered(path));
    let read = whole::read(&sources, &names, today);
    let pathways: Vec<&Pathway> = read.pathways.iter().collect();
    let holidays = whole::holidays(&settings.rules, today, &[]);
    let rules = outreach::Rules::shipped();
    let given = Given { holidays: &holidays, ..Given::new(&settings.teams, &rules, &settings.clinic.zone, today) };
    let mut findings = read.findings;
    whole::prove(&mut findings, &pathways, &sources, &given);
    findings.retain(|f| f.file == "pathways/post-surgical-follow-up.yaml");
    assert!(!findings.is_empty(), "there is something to be told");
    check::report(&findings, &sources, format)
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_the_command_lines_to_the_letter() {
    let (settings, files) = careless();
    let world = world(settings, files.clone()).await;
    let page = get(&world, LAB).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let shown = text(section(&page.text, "findings"), "<pre", "</pre>");
    let human = printed(&world, &files, Format::Human);
    assert_eq!(shown, human);
    let found = section(&page.text, "findings");
    let codes: Vec<&str> = human.split("[TL").skip(1).map(|rest| rest.split(']').next().unwrap()).collect();
    let pages: Vec<_> = codes.iter().filter_map(|code| check::codes::page(&format!("TL{code}"))).collect();
    assert!(!pages.is_empty(), "{human}");
    for check::codes::Page { code, .. } in pages {
        let link = format!("[<a href=\"/pathways/codes/{code}\">{code}</a>]");
        assert!(found.contains(&link), "each code leads to its page: {found}");
    }
    for (name, format, media) in
        [("json", Format::Json, "application/json"), ("sarif", Format::Sarif, "application/sarif+json")]
    {
        let answer = get(&world, &format!("{LAB}?format={name}")).await;
        assert_eq!(answer.headers.get(CONTENT_TYPE).unwrap(), media);
        assert_eq!(answer.text, printed(&world, &files, format), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_has_its_page() {
    let world = World::new().await;
    let mut browser = world.staff("nurse").await;
    for page in check::codes::pages() {
        let answer = browser.get(&format!("/pathways/codes/{}", page.code)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", page.code);
        let shown = text(&answer.text, "<h1", "</h1>");
        assert_eq!(shown, format!("{}: {}", page.code, page.title));
        let block = page.text.split("```").nth(1).unwrap().split_once('\n').unwrap().1;
        assert_eq!(text(&answer.text, "<pre", "</pre>"), block, "{}", page.code);
    }
    assert_eq!(browser.get("/pathways/codes/TL999").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tests_of_a_pathway_are_run_and_what_fails_is_told() {
    let settings = settings();
    let mut files = Files::shipped();
    let about = |text: &str| text.matches("- scenario: ").count();
    files.tests.retain(|(file, _)| !file.ends_with("standing-stop.test.yaml"));
    let of = files.tests.iter().position(|(file, _)| file.ends_with("post-surgical-follow-up.test.yaml")).unwrap();
    let all = about(&files.tests[of].1);
    // One line less is expected than comes: one scenario fails, and says which.
    let line = "      - day 1 15:00 sms medicine_ready\n";
    assert!(files.tests[of].1.contains(line));
    files.tests[of].1 = files.tests[of].1.replacen(line, "", 1);
    // The teams of the tests' own making are at work in the usual hours. As in the demo, this hub sends what nobody
    // reviewed; the tests were written for one that holds it back, and are run so.
    let teams = hub::Settings::shipped(settings.clinic.clone()).unwrap().teams;
    assert!(settings.clinic.unreviewed_languages);
    let settings = hub::Settings { teams, ..settings };
    let world = world(settings, files).await;
    let page = get(&world, LAB).await.text;
    let tests = section(&page, "tests");
    let result = text(tests, "<p id=\"test-result\"", "</p>");
    assert_eq!(result, format!("{} scenarios passed, 1 failed.", all - 1), "{tests}");
    assert!(
        tests.contains("This hub sends words that nobody reviewed. The tests are run as they were written"),
        "{tests}"
    );
    assert!(tests.contains("David is well, with his lists and reminders"), "{tests}");
    assert!(text(tests, "<pre", "</pre>").contains("+ day 1 15:00 sms medicine_ready\n"), "{tests}");
    assert!(text(tests, "<p id=\"coverage\"", "</p>").contains(" of steps and ways are passed"), "{tests}");
    assert_eq!(section(&get(&world, LAB).await.text, "tests"), tests, "what was found out is kept");
    let stop = get(&world, "/pathways/standing-stop/lab").await.text;
    assert!(section(&stop, "tests").contains("This pathway has no tests"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_make_believe_person_is_played_and_leaves_nothing() {
    let world = World::new().await;
    let texts = |page: &str| page.split("<h3>Text</h3>").nth(1).unwrap_or("").split("<h3>").next().unwrap().to_owned();
    let all = get(&world, &format!("{LAB}?play=1&days=5")).await.text;
    let all = section(&all, "simulation");
    for said in ["<h3>Text</h3>", "What the team is asked", "is ready", "10:00 am, Tue 24 Nov", "· due "] {
        assert!(all.contains(said), "{said}: {all}");
    }
    let spanish = get(&world, &format!("{LAB}?play=1&language=es&texts=fail&calls=answered&keys=1&days=5")).await.text;
    let spanish = section(&spanish, "simulation");
    assert!(spanish.contains("lang=\"es\" translate=\"no\">"), "{spanish}");
    assert!(spanish.contains("<h3>E-mail</h3>") && texts(spanish).contains("· failed"), "{spanish}");
    assert!(spanish.contains("Not by text message: the number takes no texts."), "why is told: {spanish}");
    // What is replied is heard: after STOP no text comes any more.
    let stopped = get(&world, &format!("{LAB}?play=1&reply=STOP&days=14")).await.text;
    let long = get(&world, &format!("{LAB}?play=1&days=14")).await.text;
    let count = |page: &str| texts(section(page, "simulation")).matches("<li>").count();
    assert!(texts(&stopped).contains("the person writes") && count(&stopped) < count(&long), "{stopped}");
    // The links that are shown open nothing here, and nobody came to be.
    let secret = &world.hub.settings().clinic.link_secret;
    let mut links = 0;
    for part in long.split("/t/").skip(1) {
        let token: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.~".contains(*c)).collect();
        links += 1;
        assert!(model::link::verify(secret, &token, DAY_0).is_err(), "{token}");
    }
    assert!(links > 0, "{long}");
    assert!(world.hub.store().find_people("Morgan", 5).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_that_make_no_sense_break_nothing() {
    let world = World::new().await;
    for wish in
        ["scenario=none", "days=99999999999", "days=-1&day=x&keys=%00&language=xx&calls=9", "reply=%F0%9F%98%80"]
    {
        let answer = get(&world, &format!("{LAB}?play=1&{wish}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{wish}: {}", answer.text);
    }
    assert_eq!(get(&world, "/pathways/none/lab").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_difference_is_told_in_the_sentences_of_diff() {
    let (now, files) = careless();
    let before = settings().pathways.into_iter().find(|p| p.name == "post-surgical-follow-up").unwrap();
    let after = now.pathways.iter().find(|p| p.name == before.name).unwrap().clone();
    let world = world(hub::Settings { older: vec![Arc::clone(&before)], ..now }, files).await;
    let page = get(&world, LAB).await.text;
    let told = pathway::tools::diff::in_words(&pathway::tools::diff::diff(&before, &after));
    assert!(told.contains("9 days"), "{told}");
    assert_eq!(text(section(&page, "difference"), "<pre", "</pre>"), told);
    let pathway = get(&world, "/pathways/post-surgical-follow-up").await.text;
    assert!(pathway.contains(&format!("href=\"{LAB}\"")), "the pathway's page leads there");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_laboratory_speaks_spanish() {
    let world = World::new().await;
    let mut browser = world.staff("nurse").await;
    browser.post("/language", &[("language", "es"), ("to", LAB)]).await;
    let page = browser.get(&format!("{LAB}?play=1&days=3")).await.text;
    for said in ["<h1>Laboratorio</h1>", "Una persona inventada", "Lo que se pide al equipo", "mar 24 nov"] {
        assert!(page.contains(said), "{said}: {page}");
    }
}

/// A call, and questions on the page, of a pathway of one's own.
const CALLS_AND_ASKS: &str = r#"
pathway: asks-and-calls
language: 1
title: How is it?
owner: orthopaedic-surgery
fallback_team: surgical_nurses
speaks: [en, es]
enrol: { on: encounter.discharged, once_per: encounter }
leave:
  - after: 5 days
services:
  eligibility:
    discloses: identity
    asks: { member: person.name }
    answers: { covered: yes or no }
questions:
  how_is_it:
    questions:
      - ask: pain
        label: { en: "How bad is your pain?", es: "¿Cuánto dolor tiene?" }
        answer: 0 to 10
      - ask: wound
        label: { en: "How does the wound look?", es: "¿Cómo se ve la herida?" }
        answer: { clean: { en: Clean and dry, es: Limpia }, wet: { en: Wet, es: Mojada } }
tracks:
  cover:
    - wait: day 1 at 09:00
    - call: eligibility
      within: 1 hour
      answered: end
      failed: by_hand
  main:
    - wait: day 1 at 10:00
    - ask: how_is_it
      purpose: care
      by: [portal]
      deadline: 2 days
      answered: end
      missed: by_hand
sub_pathways:
  by_hand:
    - prompt: ask_by_hand
      to: surgical_nurses
      do: Ask them
      why: Nobody said.
      due: 2 hours
words:
  how_is_it:
    en: { portal: "We have some questions for you." }
    es: { portal: "Tenemos unas preguntas para usted." }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_transcript_shows_what_the_page_asks_and_what_services_are_asked() {
    let mut settings = settings();
    let teams: Vec<String> = settings.teams.iter().map(|team| team.name.clone()).collect();
    let read = pathway::read("asks.yaml", CALLS_AND_ASKS, &pathway::CodeSets::default(), &teams);
    settings.pathways.push(std::sync::Arc::new(read.unwrap_or_else(|findings| panic!("{findings:#?}")).0));
    let world = world(settings, Files::shipped()).await;
    let path = "/pathways/asks-and-calls/lab?play=1&days=4";
    let page = get(&world, path).await.text;
    let all = section(&page, "simulation");
    for said in [
        "We have some questions for you.",
        "The page asks:",
        "How bad is your pain? <span class=\"muted\">0–10</span>",
        "How does the wound look?",
        "<li>Clean and dry</li><li>Wet</li>",
        "What services outside are asked",
        "eligibility</span> · no answer in time",
        "ask_by_hand",
    ] {
        assert!(all.contains(said), "{said}: {all}");
    }
    let page = get(&world, &format!("{path}&language=es")).await.text;
    assert!(section(&page, "simulation").contains("¿Cómo se ve la herida?"), "in the language of who reads it");
}

//! The questions of journeys on the patient's page: shown, answered, refused, late, twice, elsewhere, by the wrong one.

use super::harness::{Browser, World, settings};
use axum::http::StatusCode;
use hub::Settings;
use model::time::{DAY_MS, HOUR_MS};
use model::{Actor, Fact, PersonId};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use testkit::story::Story;

const MAIL: &str = "david.reyes@example.org";
const BORN: [(&str, &str); 3] = [("day", "9"), ("month", "3"), ("year", "1984")];
const QUESTIONNAIRE: &str = include_str!("../../../../pathways/questionnaires/how-you-recover.json");

/// Asked as soon as somebody is home, for two days.
const ASKS: &str = r#"
pathway: after-care
language: 1
title: How is it?
owner: orthopaedic-surgery
fallback_team: surgical_nurses
speaks: [en, es]
enrol: { on: encounter.discharged, once_per: encounter }
leave:
  - on: encounter.readmitted
  - after: 14 days
questions:
  how_is_it:
    questionnaire: https://throughline.example/fhir/Questionnaire/how-you-recover|1
tracks:
  main:
    - ask: how_is_it
      purpose: care
      by: [portal]
      deadline: 2 days
      answered: next
      missed: end
    - branch:
        - if: how_is_it.wound_bleeds == true
          then: hurts
      unknown: end
      else: end
sub_pathways:
  hurts:
    - prompt: call_hurts
      to: surgical_nurses
      do: "Call {{ person.name }}"
      why: They said so.
      due: 4 team hours
words:
  how_is_it:
    en: { portal: "We have some questions for you." }
    es: { portal: "Tenemos unas preguntas para usted." }
"#;

fn with_questions(text: &str) -> Settings {
    let mut settings = settings();
    let codes = [("questionnaires/how-you-recover.json".to_owned(), QUESTIONNAIRE.to_owned())];
    let codes = pathway::CodeSets::read(&codes).unwrap().0;
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let (asks, _) = pathway::read("asks.yaml", text, &codes, &teams).unwrap();
    settings.pathways.retain(|p| p.standing);
    settings.pathways.push(Arc::new(asks));
    settings
}

async fn world() -> (World, PersonId) {
    world_that(ASKS).await
}

async fn world_that(asks: &str) -> (World, PersonId) {
    let settings = with_questions(asks);
    let world = World::of(Some(crate::Demo { people: vec![], logins: vec![], rate: 2880.0 }), settings).await;
    let david = world.david().await;
    world.until(|w| (!w.hub.look(david).unwrap().asking.is_empty()).then_some(())).await;
    (world, david)
}

fn link(world: &World, person: PersonId) -> String {
    let secret = &world.hub.settings().clinic.link_secret;
    format!("/t/{}", model::link::sign(secret, person, world.hub.clock().now().plus_ms(9 * DAY_MS), MAIL))
}

async fn inside<'a>(world: &'a World, path: &str) -> Browser<'a> {
    let mut phone = Browser::new(world);
    phone.get(path).await;
    assert_eq!(phone.post(&format!("{path}/open"), &BORN).await.status, StatusCode::SEE_OTHER);
    phone.get(path).await;
    phone
}

fn facts(world: &World, person: PersonId, kind: &str) -> Vec<Fact> {
    let all = world.hub.store().timeline(person, None, 500).unwrap();
    let mut all: Vec<Fact> = all.into_iter().map(|(_, f)| f).filter(|f| f.kind == kind).collect();
    all.reverse();
    all
}

fn answers(world: &World, person: PersonId) -> Vec<String> {
    let told = |f: &Fact| {
        let late = if f.flag("late") == Some(true) { " late" } else { "" };
        format!("{} {}{late}", f.text("field").unwrap(), f.body["value"])
    };
    facts(world, person, "answer.given").iter().map(told).collect()
}

/// The value of a hidden field of the page seen last.
fn hidden(page: &str, name: &str) -> String {
    let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default().to_owned()
}

/// Sends an answer with what the page seen last holds; where that leads.
async fn send(phone: &mut Browser<'_>, path: &str, page: &str, typed: &str) -> super::harness::Answer {
    let held = ["ask", "journey", "question", "field", "version", "chosen"].map(|name| (name, hidden(page, name)));
    let mut fields: Vec<(&str, &str)> = held.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("answer", typed));
    phone.post(&format!("{path}/questions"), &fields).await
}

/// Sends an answer and sees the page that follows.
async fn says(phone: &mut Browser<'_>, path: &str, page: &str, typed: &str) -> String {
    let sent = send(phone, path, page, typed).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{typed}: {}", sent.text);
    let to = sent.to().to_owned();
    phone.get(&to).await.text
}

fn main_of(page: &str) -> String {
    page.split("<main").nth(1).unwrap_or_default().to_owned()
}

fn open(world: &World, person: PersonId, name: &str) -> usize {
    world.hub.look(person).unwrap().prompts.iter().filter(|p| p.name == name && p.status.is_open()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_a_thing_to_do_and_are_answered_one_by_one() {
    let (world, david) = world().await;
    let path = link(&world, david);
    let asked = format!("{path}/questions");
    let early = Browser::new(&world).get(&asked).await;
    assert_eq!((early.status, early.to()), (StatusCode::SEE_OTHER, path.as_str()), "nothing before the second factor");
    let mut phone = inside(&world, &path).await;
    let today = phone.get(&path).await.text;
    assert!(today.contains("5 questions for you") && today.contains("Please answer by"), "{today}");
    let before = world.hub.store().timeline(david, None, 500).unwrap().len();
    let page = phone.get(&asked).await.text;
    assert_eq!(world.hub.store().timeline(david, None, 500).unwrap().len(), before, "a GET changes nothing");
    assert!(page.contains("How strong is your pain now") && page.contains("Question 1"), "{page}");
    assert!(!page.contains("bleed through"), "one question a page");
    let page = says(&mut phone, &path, &page, "eight").await;
    assert!(page.contains("Does your wound bleed"), "{page}");
    let page = says(&mut phone, &path, &page, "no").await;
    let page = says(&mut phone, &path, &page, "clean").await;
    assert!(page.contains("What is your temperature"), "since when is not asked of a clean wound: {page}");
    // Whoever leaves goes on where they were.
    let today = phone.get(&path).await.text;
    assert!(today.contains("2 questions for you"), "{today}");
    // Back, and another answer to it: what depends on it is asked now.
    let back = page.split("questions?of=").nth(1).and_then(|r| r.split('"').next()).unwrap().replace("&amp;", "&");
    assert!(back.ends_with("q=2"), "no name of a question is in an address: {back}");
    let page = phone.get(&format!("{asked}?of={back}")).await.text;
    assert!(page.contains("value=\"clean\" checked"), "what was answered is there: {page}");
    let page = says(&mut phone, &path, &page, "red").await;
    assert!(page.contains("For how many days"), "{page}");
    let page = says(&mut phone, &path, &page, "2").await;
    let page = says(&mut phone, &path, &page, "").await;
    let page = says(&mut phone, &path, &page, "I sleep well").await;
    assert!(page.contains("Thank you") && page.contains("What happens next") && page.contains("911"), "{page}");
    assert_eq!(
        answers(&world, david),
        [
            "pain 8",
            "wound_bleeds false",
            "wound_looks \"clean\"",
            "wound_looks \"red\"",
            "wound_since 2",
            "temperature \"\"",
            "more \"I sleep well\""
        ]
    );
    let over = facts(&world, david, "questionnaire.answered").remove(0);
    let (kind, id) = over.text("resource").unwrap().split_once('/').unwrap();
    let row = world.hub.store().resource(Some(david), model::fact::OWN, kind, id).unwrap().unwrap();
    let response: Json = serde_json::from_str(&row.json).unwrap();
    assert_eq!(response["questionnaire"], "https://throughline.example/fhir/Questionnaire/how-you-recover|1");
    assert_eq!((&response["status"], &response["source"]), (&json!("completed"), &response["subject"]));
    assert!(response["authored"].is_string());
    let wound = &response["item"][1];
    assert_eq!((&wound["linkId"], wound["item"].as_array().map(Vec::len)), (&json!("wound"), Some(3)));
    assert_eq!(wound["item"][0]["answer"][0], json!({"valueBoolean": false}));
    let red = json!({"system": "https://throughline.example/fhir/CodeSystem/recovery", "code": "red",
        "display": "Red or warm"});
    assert_eq!(wound["item"][1]["answer"][0], json!({ "valueCoding": red }));
    let last = &response["item"][2];
    assert_eq!((&last["linkId"], &last["answer"][0]), (&json!("more"), &json!({"valueString": "I sleep well"})));
    assert_eq!(response["item"].as_array().map(Vec::len), Some(3), "what was left out is not in it");
    let today = phone.get(&path).await.text;
    assert!(!today.contains("Answer now"), "{today}");
    let none = phone.get(&asked).await.text;
    assert!(none.contains("No questions now"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_told_beside_the_field_and_above_and_what_was_typed_stays() {
    let (world, david) = world().await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let first = phone.get(&format!("{path}/questions")).await.text;
    for typed in ["11", "-1", "3.5", "a lot", "<b>", "", "1,000", "1e0", "+8"] {
        let page = send(&mut phone, &path, &first, typed).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert_eq!(page.text.matches("Type a number from 0 to 10").count(), 2, "beside it and above: {}", page.text);
        assert!(page.text.contains("<title>Error: "), "{}", page.text);
        assert!(page.text.contains("tabindex=\"-1\" autofocus"), "focus goes there");
        assert!(
            page.text.contains("href=\"#answer\"")
                && page.text.contains("aria-describedby=\"answer-hint answer-error\"")
        );
        let kept = typed.replace('<', "&lt;").replace('>', "&gt;");
        assert!(typed.is_empty() || page.text.contains(&format!("value=\"{kept}\"")), "{}", page.text);
    }
    let page = says(&mut phone, &path, &first, "7").await;
    let none = send(&mut phone, &path, &page, "").await;
    assert!(none.text.contains("Choose an answer") && none.status == StatusCode::UNPROCESSABLE_ENTITY);
    let page = says(&mut phone, &path, &page, "yes").await;
    let strange = send(&mut phone, &path, &page, "blue").await;
    assert_eq!(strange.status, StatusCode::UNPROCESSABLE_ENTITY, "a choice that is none of the known");
    let page = says(&mut phone, &path, &page, "clean").await;
    let page = says(&mut phone, &path, &page, "98,6").await;
    let long = send(&mut phone, &path, &page, &"a".repeat(501)).await;
    assert!(long.text.contains("501 characters, at most 500") && long.text.contains(&"a".repeat(501)), "{}", long.text);
    assert_eq!(answers(&world, david), ["pain 7", "wound_bleeds true", "wound_looks \"clean\"", "temperature 98.6"]);
    // Without the token of the page, nothing is taken.
    let held = ["ask", "journey", "question"].map(|name| (name, hidden(&page, name)));
    let mut fields: Vec<(&str, &str)> = held.iter().map(|(n, v)| (*n, v.as_str())).collect();
    fields.extend([("field", "more"), ("answer", "x"), ("once", "1")]);
    let forged = phone.post_raw(&format!("{path}/questions"), &fields).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let other: Vec<(&str, &str)> =
        fields.iter().map(|(n, v)| if *n == "field" { ("field", "other") } else { (*n, *v) }).collect();
    // To what this version does not ask: words to the care team, and no answer.
    assert_eq!(phone.post(&format!("{path}/questions"), &other[..5]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(facts(&world, david, "reply.classified").len(), 1);
    assert_eq!(answers(&world, david).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_danger_acts_at_once_wherever_it_is_typed() {
    let (world, david) = world().await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let first = phone.get(&format!("{path}/questions")).await.text;
    // Where a number is asked for.
    let page = says(&mut phone, &path, &first, "8 and my wound is bleeding").await;
    assert!(main_of(&page).contains("We call you") && page.contains("call 911 now"), "{page}");
    world.until(|w| (open(w, david, "red_flag") == 1).then_some(())).await;
    assert_eq!(answers(&world, david), Vec::<String>::new());
    let rest = page.split("questions?of=").nth(1).and_then(|r| r.split('"').next()).unwrap();
    let page = phone.get(&format!("{path}/questions?of={rest}")).await.text;
    let page = says(&mut phone, &path, &page, "9").await;
    let page = says(&mut phone, &path, &page, "yes").await;
    let page = says(&mut phone, &path, &page, "clean").await;
    let page = says(&mut phone, &path, &page, "").await;
    let page = says(&mut phone, &path, &page, "I can hardly breathe").await;
    assert!(main_of(&page).contains("We call you") && !page.contains("other questions"), "{page}");
    world.until(|w| (open(w, david, "red_flag") == 2).then_some(())).await;
    assert_eq!(answers(&world, david).len(), 5, "it is kept as the answer too");
    world.until(|w| (open(w, david, "call_hurts") == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_and_two_tabs_are_one_answer_and_what_differs_late_is_read() {
    let (world, david) = world().await;
    let path = link(&world, david);
    let (mut one, mut two) = (inside(&world, &path).await, inside(&world, &path).await);
    let asked = format!("{path}/questions");
    let (mut first, other) = (one.get(&asked).await.text, two.get(&asked).await.text);
    for _ in 0..2 {
        assert_eq!(send(&mut one, &path, &first, "3").await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(answers(&world, david), ["pain 3"], "two clicks are one");
    first = one.get(&asked).await.text;
    for typed in ["no", "clean", "", "fine"] {
        first = says(&mut one, &path, &first, typed).await;
    }
    assert_eq!(facts(&world, david, "questionnaire.answered").len(), 1);
    let before = world.hub.store().timeline(david, None, 500).unwrap().len();
    // The other tab says the same: it is known. Then it says something else: a person reads it.
    let page = says(&mut two, &path, &other, "3").await;
    assert!(page.contains("We have your answers"), "{page}");
    assert_eq!(world.hub.store().timeline(david, None, 500).unwrap().len(), before, "nothing new was said");
    two.get(&asked).await;
    two.page_of(&other);
    let page = says(&mut two, &path, &other, "9").await;
    assert!(page.contains("Your answer came late"), "{page}");
    assert_eq!(answers(&world, david).last().unwrap(), "pain 9 late");
    world.until(|w| (open(w, david, "answer_question") == 1).then_some(())).await;
    assert_eq!(facts(&world, david, "questionnaire.answered").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_deadline_and_after_the_end_it_is_said_kindly_and_a_danger_still_counts() {
    let (world, david) = world().await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let page = phone.get(&format!("{path}/questions")).await.text;
    let page = says(&mut phone, &path, &page, "3").await;
    world.go_to(world.hub.clock().now().plus_ms(2 * DAY_MS + HOUR_MS)).await;
    world.until(|w| (!facts(w, david, "questionnaire.missed").is_empty()).then_some(())).await;
    let ask = hidden(&page, "ask");
    let closed = phone.get(&format!("{path}/questions?of={ask}")).await.text;
    assert!(closed.contains("These questions are closed") && closed.contains("You do not need to"), "{closed}");
    phone.page_of(&page);
    let late = says(&mut phone, &path, &page, "yes").await;
    assert!(late.contains("Your answer came late"), "{late}");
    assert_eq!(answers(&world, david), ["pain 3", "wound_bleeds true late"]);
    // A question that nobody knows any more: words to the care team, and a danger in them is one.
    phone.get(&path).await;
    let strange =
        [("ask", ask.as_str()), ("journey", "x"), ("question", "gone"), ("field", "x"), ("answer", "it is bleeding")];
    let sent = phone.post(&format!("{path}/questions"), &strange).await;
    assert!(sent.to().ends_with("did=danger"), "{}", sent.to());
    world.until(|w| (open(w, david, "red_flag") == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_by_text_is_not_asked_here_and_nobody_else_can_answer() {
    let (world, david) = world().await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let page = phone.get(&format!("{path}/questions")).await.text;
    let asking = world.hub.look(david).unwrap().asking.remove(0).asking;
    let all = json!({"pain": 1, "wound_bleeds": false, "wound_looks": "clean", "temperature": null, "more": null});
    let body = json!({"ask": asking.ask, "journey": asking.journey, "question": "how_is_it", "channel": "voice", "answers": all});
    let fact = Fact::own("answers.received", "a call", david, world.hub.clock().now(), body).by(Actor::Patient);
    world.hub.submit(david, fact).await.unwrap();
    let seen = phone.get(&format!("{path}/questions?of={}", asking.ask)).await.text;
    assert!(seen.contains("We have your answers"), "{seen}");
    phone.page_of(&page);
    let same = says(&mut phone, &path, &page, "1").await;
    assert!(same.contains("We have your answers"), "{same}");
    // Someone else's session, and no session: nothing is shown and nothing is taken.
    let rosa = world.discharged(&Story::katie()).await;
    let theirs = link_to(&world, rosa);
    let mut rosa_phone = Browser::new(&world);
    rosa_phone.get(&theirs).await;
    rosa_phone.page_of(&page);
    for other in [&path, &theirs] {
        let answer = rosa_phone.get(&format!("{other}/questions")).await;
        assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, other.as_str()));
    }
    rosa_phone.get(&theirs).await;
    let forged = send(&mut rosa_phone, &path, &page, "9").await;
    assert!(forged.status != StatusCode::SEE_OTHER || forged.to() == path, "{} {}", forged.status, forged.to());
    assert_eq!(answers(&world, david).len(), 5);
}

fn link_to(world: &World, person: PersonId) -> String {
    let secret = &world.hub.settings().clinic.link_secret;
    format!("/t/{}", model::link::sign(secret, person, world.hub.clock().now().plus_ms(9 * DAY_MS), ""))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_asks_in_the_persons_language() {
    let (world, david) = world().await;
    let fact = json!({"language": "es"});
    let fact = Fact::own("preference.changed", "es", david, world.hub.clock().now(), fact).by(Actor::Patient);
    world.hub.submit(david, fact).await.unwrap();
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let page = phone.get(&format!("{path}/questions")).await.text;
    assert!(page.contains("¿Qué tan fuerte es su dolor") && page.contains("Un número del 0 al 10"), "{page}");
    assert!(page.contains("lang=\"es\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_on_a_page_that_came_back_is_another_answer() {
    let (world, david) = world().await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let first = phone.get(&format!("{path}/questions")).await.text;
    // The browser's Back shows the page as it was, with the name of its sending.
    for typed in ["3", "8", "8"] {
        assert_eq!(send(&mut phone, &path, &first, typed).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(answers(&world, david), ["pain 3", "pain 8"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_on_a_page_of_another_version_is_never_lost_and_an_option_is_no_words() {
    let (world, david) = world().await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let first = phone.get(&format!("{path}/questions")).await.text;
    // The question is there; what the page asked is not, or is not known at all.
    for (question, field) in [("how_is_it", "swelling"), ("gone", "x")] {
        let (ask, journey) = (hidden(&first, "ask"), hidden(&first, "journey"));
        let sent = |answer: &'static str, chosen: &'static str| {
            [
                ("ask", ask.clone()),
                ("journey", journey.clone()),
                ("question", question.to_owned()),
                ("field", field.to_owned()),
                ("answer", answer.to_owned()),
                ("chosen", chosen.to_owned()),
            ]
        };
        for (answer, chosen, class) in
            [("it is bleeding badly", "", "red_flag"), ("stop", "1", "question"), ("it itches", "", "question")]
        {
            let fields = sent(answer, chosen);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            phone.get(&path).await;
            let went = phone.post(&format!("{path}/questions"), &fields).await;
            assert_eq!(went.status, StatusCode::SEE_OTHER, "{question} {field} {answer}: {}", went.text);
            let last = facts(&world, david, "reply.classified").pop().unwrap();
            assert_eq!((last.text("class"), last.text("text")), (Some(class), Some(answer)), "{question}");
            let page = phone.get(went.to()).await.text;
            assert_eq!(main_of(&page).contains("We call you"), class == "red_flag", "{answer}: {page}");
        }
    }
    world.until(|w| (open(w, david, "red_flag") > 0).then_some(())).await;
    assert_eq!(answers(&world, david), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stops_the_questions_is_told_to_be_one_and_an_address_tells_nothing() {
    let stops = ASKS.replace("      answered: next\n", "      stop_when: how_is_it.pain >= 8\n      answered: next\n");
    let stops = stops.replace("how_is_it.wound_bleeds == true", "how_is_it.pain >= 8");
    let (world, david) = world_that(&stops).await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let first = phone.get(&format!("{path}/questions")).await.text;
    let ask = hidden(&first, "ask");
    for did in ["danger", "late"] {
        let page = phone.get(&format!("{path}/questions?of={ask}&did={did}")).await.text;
        assert!(!main_of(&page).contains("We call you") && !page.contains("came late"), "{did}: {page}");
        assert!(page.contains("How strong is your pain now"), "{page}");
    }
    phone.page_of(&first);
    let page = says(&mut phone, &path, &first, "9").await;
    assert!(main_of(&page).contains("We call you") && page.contains("call 911 now"), "{page}");
    assert!(!page.contains("read what you wrote"), "a rule did");
    let over = facts(&world, david, "questionnaire.answered").remove(0);
    assert_eq!(over.flag("stopped"), Some(true));
    let (kind, id) = over.text("resource").unwrap().split_once('/').unwrap();
    let row = world.hub.store().resource(Some(david), model::fact::OWN, kind, id).unwrap().unwrap();
    let response: Json = serde_json::from_str(&row.json).unwrap();
    assert_eq!(response["status"], "stopped", "not all was asked");
    world.until(|w| (open(w, david, "call_hurts") == 1).then_some(())).await;
    // Days later it is not told again.
    world.go_to(world.hub.clock().now().plus_ms(2 * DAY_MS)).await;
    let page = phone.get(&format!("{path}/questions?of={ask}&did=danger")).await.text;
    assert!(!main_of(&page).contains("We call you") && page.contains("We have your answers"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_what_is_sent_is_not_kept_and_that_is_said() {
    let (world, david) = world().await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let first = phone.get(&format!("{path}/questions")).await.text;
    for row in world.hub.store().desk_list("today_session").unwrap() {
        world.hub.store().desk_drop("today_session", &row.key).unwrap();
    }
    let before = world.hub.store().timeline(david, None, 500).unwrap().len();
    let sent = send(&mut phone, &path, &first, "9 and it is bleeding").await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
    assert!(sent.text.contains("We did not get it") && sent.text.contains("tel:"), "{}", sent.text);
    assert!(sent.text.contains("911") && !sent.text.contains("bleeding"), "{}", sent.text);
    assert_eq!(world.hub.store().timeline(david, None, 500).unwrap().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_to_a_halted_question_is_said_to_be_kept() {
    let (world, david) = world().await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let first = phone.get(&format!("{path}/questions")).await.text;
    let halt = hub::Order::Halt { pathway: "after-care".into(), version: None, why: "the words are wrong".into() };
    world.hub.order("nora", "once", halt).await.unwrap();
    world.until(|w| w.hub.look(david).unwrap().asking.iter().all(|a| a.halted).then_some(())).await;
    let page = says(&mut phone, &path, &first, "3").await;
    assert!(page.contains("We keep your answer") && !page.contains("We have your answers"), "{page}");
}

//! Enrolment by hand, concerns and goals, as staff see them.

use super::harness::{PASSWORD, World, settings};
use crate::{Account, create_account};
use axum::http::StatusCode;
use model::prompt::PromptStatus;
use std::sync::Arc;

const PATHWAY: &str = "pathway: wound-watch
language: 1
title: Watch the wound
owner: surgery
fallback_team: charge_nurse
speaks: [en]
enrol:
  by_hand: true
  once_per: person
  hold_out: 10%
leave:
  - after: 10 days
goals:
  closed:
    title: The wound is closed
    when: wound.outcome == 'done'
    within: 5 days
tracks:
  main:
    - concern: wound
      to: surgical_nurses
      do: See to the wound
      why: It may be infected.
      due: 8 team hours
      overdue: [charge_nurse after 2 team hours]
      closes_on: encounter.admitted
    - red_flag: bleeding
      person_within: 30 minutes
      to: charge_nurse
      do: Call now
      why: It bleeds.
    - withdraw_from: post-surgical-follow-up
      why: All is well
";

async fn world() -> World {
    let mut settings = settings();
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let (pathway, _) = pathway::read("wound.yaml", PATHWAY, &pathway::CodeSets::default(), &teams).unwrap();
    settings.pathways.push(Arc::new(pathway));
    World::of(None, settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nurse_begins_a_pathway_by_hand_with_a_reason_and_is_told_why_not() {
    let world = world().await;
    let david = world.david().await;
    let mut nurse = world.staff("nurse").await;
    let (path, enrol) = (format!("/people/{david}"), format!("/people/{david}/enrol"));
    let page = nurse.get(&path).await.text;
    assert!(page.contains("id=\"enrol\"") && page.contains("value=\"wound-watch\""), "{page}");
    assert!(!page.contains("value=\"post-surgical-follow-up\""), "that one nobody begins by hand");
    for (pathway, reason, status) in [
        ("wound-watch", "", StatusCode::UNPROCESSABLE_ENTITY),
        ("", "worried after the visit", StatusCode::UNPROCESSABLE_ENTITY),
        ("post-surgical-follow-up", "worried after the visit", StatusCode::CONFLICT),
        ("nothing", "worried after the visit", StatusCode::CONFLICT),
        ("wound-watch", "worried after the visit", StatusCode::SEE_OTHER),
        ("wound-watch", "worried once more", StatusCode::CONFLICT),
    ] {
        nurse.get(&path).await;
        let answer = nurse.post(&enrol, &[("pathway", pathway), ("reason", reason)]).await;
        assert_eq!(answer.status, status, "{pathway} {reason}: {}", answer.text);
    }
    let on = |w: &World| w.hub.look(david).unwrap().journeys.iter().filter(|(j, _)| j.pathway == "wound-watch").count();
    assert_eq!(on(&world), 1);
    let page = nurse.get(&path).await.text;
    assert!(page.contains("Enrolment was asked for") && page.contains("worried after the visit"), "{page}");
    let logged = world.hub.store().access_log(None, 50).unwrap();
    assert!(logged.iter().any(|r| format!("{r:?}").contains("enrolment.requested")), "{logged:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_see_a_person_enrols_them_in_nothing() {
    let world = world().await;
    let key =
        crate::create_key(world.hub.store(), "n", vec!["fhir:write".into()], "hospital", "northside", "test").unwrap();
    let story = testkit::story::Story::david();
    assert_eq!(world.fhir(&key.1, story.discharge().to_string()).await.status, StatusCode::OK);
    let david = world.until(|w| w.hub.store().find_people("reyes", 5).unwrap().first().map(|p| p.person)).await;
    let far = Account {
        name: "far".into(),
        display: "far".into(),
        roles: vec!["nurse".into()],
        teams: vec![],
        sites: vec!["elsewhere".into()],
        disabled: false,
        hash: String::new(),
    };
    create_account(world.hub.store(), far, PASSWORD).unwrap();
    let mut far = world.staff("far").await;
    let fields = [("pathway", "wound-watch"), ("reason", "worried after the visit")];
    let refused = far.post(&format!("/people/{david}/enrol"), &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert!(world.hub.look(david).unwrap().journeys.iter().all(|(j, _)| j.pathway != "wound-watch"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_of_a_concern_asks_for_a_reason_and_shows_the_refusal() {
    let world = world().await;
    let david = world.david().await;
    let mut nurse = world.staff("nurse").await;
    nurse.get(&format!("/people/{david}")).await;
    let fields = [("pathway", "wound-watch"), ("reason", "worried after the visit")];
    assert_eq!(nurse.post(&format!("/people/{david}/enrol"), &fields).await.status, StatusCode::SEE_OTHER);
    let find = |name: &'static str| {
        move |w: &World| w.hub.look(david).unwrap().prompts.iter().find(|p| p.name == name).map(|p| p.id)
    };
    let prompt = world.until(find("wound")).await;
    let person = nurse.get(&format!("/people/{david}")).await.text;
    let concerns = person.split("Open concerns").nth(1).unwrap_or_default().split("</section>").next().unwrap();
    assert!(concerns.contains("See to the wound"), "{person}");
    let path = format!("/people/{david}/prompts/{prompt}");
    let page = nurse.get(&path).await.text;
    assert!(page.contains("name=\"reason\"") && page.contains("Why this concern may be closed"), "{page}");
    for reason in ["", "fine", ". . . . . . . . . . . ."] {
        nurse.get(&path).await;
        let fields = [("outcome", "done"), ("reason", reason), ("note", "a long note is no reason")];
        let refused = nurse.post(&format!("{path}/outcome"), &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("only with your reason in words"), "{}", refused.text);
        assert!(refused.text.contains("a long note is no reason"), "what was typed stays");
    }
    nurse.get(&path).await;
    let fields = [("outcome", "done"), ("reason", "Seen in the clinic, clean and dry."), ("note", "")];
    assert_eq!(nurse.post(&format!("{path}/outcome"), &fields).await.status, StatusCode::SEE_OTHER);
    world.go_to(world.hub.clock().now().plus_ms(model::time::HOUR_MS)).await;
    world.until(find("bleeding")).await;
    let closed = world.hub.store().prompt(david, prompt).unwrap().unwrap();
    assert_eq!(closed.status, PromptStatus::Completed);
    let page = nurse.get(&path).await.text;
    assert!(page.contains("Closed because") && page.contains("clean and dry"), "{page}");
    assert!(nurse.get(&format!("/people/{david}")).await.text.contains("Goal reached"));
    let page = nurse.get("/pathways/wound-watch?view=table").await.text;
    for said in [
        "The wound is closed",
        "1 reached, 0 missed",
        "closes only after “encounter admitted” or with a reason in words",
        "someone on duty takes it on within 30 min, at any hour",
        "by hand; 10% held out",
        "Ends the pathway",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
}

/// One place, and a line for it.
const ONE_PLACE: &str = "pathway: calls
language: 1
title: A call a week
owner: surgery
fallback_team: charge_nurse
speaks: [en]
enrol:
  on: encounter.discharged
  once_per: person
  at_most: 1
leave:
  - after: 60 days
tracks:
  main:
    - prompt: weekly_call
      to: surgical_nurses
      do: Call them
      why: To hear how they are.
      due: 8 team hours
";

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_place_is_seen_by_who_may_see_them() {
    let mut settings = settings();
    let teams: Vec<String> = settings.teams.iter().map(|t| t.name.clone()).collect();
    let (pathway, _) = pathway::read("calls.yaml", ONE_PLACE, &pathway::CodeSets::default(), &teams).unwrap();
    settings.pathways.push(Arc::new(pathway));
    let world = World::of(None, settings).await;
    let david = world.david().await;
    world.until(|w| w.hub.store().places_taken("calls").unwrap().values().any(|n| *n == 1).then_some(())).await;
    let katie = super::pathways::from_site(&world, &testkit::story::Story::katie(), "south").await;
    world.until(|w| (!w.hub.look(katie).unwrap().waits.is_empty()).then_some(())).await;
    let account = Account {
        name: "elsewhere".into(),
        display: "elsewhere".into(),
        roles: vec!["nurse".into()],
        teams: vec![],
        sites: vec!["elsewhere".into()],
        disabled: false,
        hash: String::new(),
    };
    create_account(world.hub.store(), account, PASSWORD).unwrap();
    let mut nurse = world.staff("nurse").await;
    let page = nurse.get("/pathways/calls").await.text;
    assert!(page.contains("1 of 1 places taken") && page.contains("1 person waits for a place"), "{page}");
    assert!(page.contains("href=\"/pathways/calls/waiting\"") && page.contains("the first of them since"), "{page}");
    let list = nurse.get("/pathways/calls/waiting").await.text;
    assert!(list.contains(&format!("/people/{katie}")) && !list.contains(&format!("/people/{david}")), "{list}");
    assert!(nurse.get(&format!("/people/{katie}")).await.text.contains("Waits for a place on"));
    assert!(!nurse.get(&format!("/people/{david}")).await.text.contains("Waits for a place on"));
    let mut other = world.staff("elsewhere").await;
    let list = other.get("/pathways/calls/waiting").await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(!list.text.contains("Lindqvist") && list.text.contains("Nobody waits"), "{}", list.text);
    let mut integrator = world.staff("integrator").await;
    assert_eq!(integrator.get("/pathways/calls/waiting").await.status, StatusCode::FORBIDDEN);
    let page = integrator.get("/pathways/calls").await.text;
    assert!(page.contains("1 person waits for a place") && !page.contains("/waiting"), "{page}");
    // A pathway without a limit says nothing of places.
    assert!(!nurse.get("/pathways/post-surgical-follow-up").await.text.contains("id=\"places\""));
}

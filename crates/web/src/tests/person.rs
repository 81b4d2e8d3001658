//! A person's page: search, timeline, reasons, corrections that stand, who looked, and that sites hold everywhere.

use super::harness::World;
use crate::{Account, create_account, words};
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use model::person::{PointKind, PointStatus};
use model::time::HOUR_MS;
use model::{At, Fact, Item, PersonId};
use serde_json::json;
use std::time::Instant;
use testkit::story::Story;

/// Facts of a long line.
const MANY: usize = 10_000;
/// The bytes of a page of staff at most.
const PAGE_MAX: usize = 60 * 1024;

/// David as the hospital has him, sent again by PUT.
async fn sent_again(world: &World) {
    let bundle = Story::david().discharge();
    let entries = bundle["entry"].as_array().unwrap();
    let patient = entries.iter().map(|e| &e["resource"]).find(|r| r["resourceType"] == "Patient").unwrap().clone();
    let mut patient = patient;
    patient["maritalStatus"] = json!({"text": "Married"});
    let request = Request::put(format!("/fhir/R4/Patient/{}", patient["id"].as_str().unwrap()))
        .header("authorization", format!("Bearer {}", world.key(&["fhir:write"])))
        .header(CONTENT_TYPE, "application/fhir+json")
        .body(Body::from(patient.to_string()))
        .unwrap();
    let before = world.hub.store().counters().unwrap().into_iter().find(|(n, _)| n == "facts").unwrap().1;
    let answer = world.send(request).await;
    assert!(answer.status.is_success(), "{}", answer.text);
    world
        .until(|w| {
            let now = w.hub.store().counters().unwrap().into_iter().find(|(n, _)| n == "facts").unwrap().1;
            (now > before).then_some(())
        })
        .await;
}

/// What the form of the page says now, as a browser would send it, with some fields changed.
fn changed<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("given", "David"),
        ("family", "Reyes"),
        ("preferred_name", ""),
        ("pronouns", ""),
        ("birth_date", "1984-03-09"),
        ("language", "en"),
        ("zone", "America/New_York"),
        ("need.deaf", "no"),
        ("need.blind", "no"),
        ("need.interpreter", "no"),
        ("need.no_smartphone", "no"),
        ("why", "He said so by phone"),
    ];
    for (name, value) in changes {
        all.iter_mut().filter(|(n, _)| n == name).for_each(|(_, v)| *v = value);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_stands_against_a_later_update_and_can_be_taken_back() {
    let world = World::new().await;
    let david = world.david().await;
    let (path, record) = (format!("/people/{david}"), |w: &World| w.hub.look(david).unwrap().record);
    let mut nurse = world.staff("nurse").await;
    let form = nurse.get(&format!("{path}/correct")).await;
    assert!(form.text.contains("value=\"1984-03-09\""), "{}", form.text);
    let known = record(&world).preferred_name.unwrap_or_default();
    let fields = changed(&[
        ("preferred_name", "Dave"),
        ("language", "es"),
        ("birth_date", "1984-03-19"),
        ("zone", "America/Chicago"),
    ]);
    assert_ne!(known, "Dave");
    let answer = nurse.post(&format!("{path}/correct"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(
        nurse.post(&format!("{path}/correct"), &fields).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "nothing is left to change"
    );
    let holds = |w: &World| {
        let r = record(w);
        assert_eq!((r.preferred_name.as_deref(), r.language.as_deref()), (Some("Dave"), Some("es")));
        assert_eq!((r.birth_date.as_deref(), r.zone.as_deref()), (Some("1984-03-19"), Some("America/Chicago")));
    };
    holds(&world);
    sent_again(&world).await;
    holds(&world);
    let page = nurse.get(&path).await.text;
    for words in ["Set right by staff", "corrected by", "9 Mar 1984", "He said so by phone", "Dave", "Take back"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let found = nurse.get("/people?q=reyes+19+mar+1984").await.text;
    assert!(found.contains(&path), "found by what is right: {found}");

    nurse.get(&path).await;
    let back = nurse.post(&format!("{path}/correct/withdraw"), &[("field", "birth_date"), ("of", "")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
    assert_eq!(record(&world).birth_date.as_deref(), Some("1984-03-09"), "the source's word holds again");
    assert_eq!(record(&world).language.as_deref(), Some("es"), "the others stand");
    let wishes = nurse.get(&format!("{path}?kind=wishes")).await.text;
    assert!(wishes.contains("Correction taken back") && wishes.contains("Corrected"), "{wishes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_beside_its_field_and_nothing_else_is_lost() {
    let world = World::new().await;
    let david = world.david().await;
    let path = format!("/people/{david}");
    let mut nurse = world.staff("nurse").await;
    nurse.get(&format!("{path}/correct")).await;
    let fields = changed(&[("preferred_name", "Dave"), ("birth_date", "1984-13-40"), ("zone", "Mars"), ("why", "")]);
    let bad = nurse.post(&format!("{path}/correct"), &fields).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in
        ["value=\"Dave\"", "id=\"error-birth_date\"", "id=\"error-zone\"", "id=\"error-why\"", "value=\"1984-13-40\""]
    {
        assert!(bad.text.contains(words), "{words}: {}", bad.text);
    }
    assert_eq!(world.hub.look(david).unwrap().record.preferred_name.as_deref().unwrap_or(""), "", "nothing was said");
    nurse.page = bad.text;
    let point = [("form", "add"), ("value", "12"), ("use", "mobile"), ("owner", "Maria Reyes"), ("why-point", "told")];
    let bad = nurse.post(&format!("{path}/contacts"), &point).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.text.contains("error-value") && bad.text.contains("value=\"Maria Reyes\""), "{}", bad.text);
    let wishes = [("quiet_from", "21:00"), ("quiet_to", ""), ("why-wishes", "x")];
    let bad = nurse.post(&format!("{path}/wishes"), &wishes).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.text.contains("error-quiet_from"), "{}", bad.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_number_is_the_persons_key_and_a_wrong_one_is_closed_everywhere() {
    let world = World::new().await;
    let david = world.david().await;
    let path = format!("/people/{david}");
    let mut nurse = world.staff("nurse").await;
    nurse.get(&format!("{path}/correct")).await;
    let fields =
        [("form", "add"), ("value", "(212) 555-0177"), ("use", "mobile"), ("owner", ""), ("why-point", "He said so")];
    let answer = nurse.post(&format!("{path}/contacts"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let key = |number: &str| model::inbox::key("phone", number);
    assert_eq!(world.hub.store().whose(&[key("+12125550177")]).unwrap(), Some(david), "claimed as any other");
    nurse.get(&format!("{path}/correct")).await;
    let wrong = [("form", "wrong"), ("of", "+12125550119")];
    assert_eq!(nurse.post(&format!("{path}/contacts"), &wrong).await.status, StatusCode::SEE_OTHER);
    let disabled = turn::disabled_key("+12125550119");
    assert!(world.hub.store().whose(&[disabled]).unwrap().is_some(), "closed for everyone who has it");
    sent_again(&world).await;
    let look = world.hub.look(david).unwrap();
    let usable: Vec<_> = look.record.points(PointKind::Phone).iter().map(|p| p.value.clone()).collect();
    assert_eq!(usable, ["+12125550177"], "the source's old number does not come back");
    let status = look.record.contacts.iter().find(|c| c.value == "+12125550119").unwrap().status;
    assert_eq!(status, PointStatus::Wrong);
    let found = nurse.get("/people?q=212-555-0177").await.text;
    assert!(found.contains(&path) && found.contains("…0177"), "{found}");
    // The wrong number is taken only by who made sure.
    nurse.get(&format!("{path}/correct")).await;
    let again = [("form", "add"), ("value", "+12125550119"), ("use", "home"), ("owner", ""), ("why-point", "x")];
    let refused = nurse.post(&format!("{path}/contacts"), &again).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("error-sure"),
        "{}",
        refused.text
    );
    // A number that is someone else's is theirs no more.
    nurse.get(&format!("{path}/correct")).await;
    let hers = [("form", "owner"), ("of", "+12125550177"), ("owner", "Maria Reyes")];
    assert_eq!(nurse.post(&format!("{path}/contacts"), &hers).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.hub.store().whose(&[key("+12125550177")]).unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_they_say_by_phone_of_consents_and_hours_is_taken() {
    let world = World::new().await;
    let david = world.david().await;
    let path = format!("/people/{david}");
    let mut nurse = world.staff("nurse").await;
    nurse.get(&format!("{path}/correct")).await;
    let fields = [
        ("may.sms", "no"),
        ("may.email", "yes"),
        ("may.voice", ""),
        ("quiet_from", "20:00"),
        ("quiet_to", "09:30"),
        ("reminders", "no"),
        ("why-wishes", "He asked for fewer texts"),
    ];
    let answer = nurse.post(&format!("{path}/wishes"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let r = world.hub.look(david).unwrap().record;
    let may = |c| record::allowed(&r, model::Purpose::Care, c);
    assert_eq!(
        (may(model::Channel::Sms), may(model::Channel::Email), may(model::Channel::Voice)),
        (Some(false), Some(true), None)
    );
    assert_eq!((r.preferences.quiet, r.preferences.task_reminders), (Some((1200, 570)), Some(false)));
    let page = nurse.get(&path).await.text;
    for words in ["told staff", "20:00 to 09:30", "✕ refused"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reach_that_sent_nothing_and_a_prompt_tell_why_in_both_languages() {
    let world = World::new().await;
    // Nobody speaks Vietnamese here: nothing is sent, and the team is asked instead.
    let person = world.discharged(&Story::david().speaking("vi")).await;
    world.go_to(Story::david().day(1).plus_ms(-5 * HOUR_MS + HOUR_MS / 2)).await;
    let reach = |w: &World| {
        let facts = w.hub.store().timeline(person, None, 200).unwrap();
        let refused = facts.iter().find(|(_, f)| f.kind == "reach.ended" && f.text("how") == Some("refused"));
        refused.and_then(|(_, f)| f.text("reach").map(str::to_owned))
    };
    let reach = world.until(reach).await;
    let mut nurse = world.staff("nurse").await;
    let line = nurse.get(&format!("/people/{person}?kind=journey")).await.text;
    assert!(line.contains(&format!("/people/{person}/reaches/{reach}")), "{line}");
    let why = nurse.get(&format!("/people/{person}/reaches/{reach}")).await;
    assert_eq!(why.status, StatusCode::OK);
    assert!(
        why.text.contains("The person speaks Vietnamese") && why.text.contains("Nothing was sent."),
        "{}",
        why.text
    );
    let prompt = world.until(|w| w.hub.look(person).unwrap().prompts.first().map(|p| p.id)).await;
    let asked = nurse.get(&format!("/people/{person}/prompts/{prompt}/why")).await;
    assert!(asked.status == StatusCode::OK && asked.text.contains("Follow-up after day surgery"), "{}", asked.text);

    nurse.post("/language", &[("language", "es"), ("to", "/")]).await;
    let why = nurse.get(&format!("/people/{person}/reaches/{reach}")).await.text;
    assert!(why.contains("La persona habla vietnamita") && why.contains("No se envió nada."), "{why}");
    let asked = nurse.get(&format!("/people/{person}/prompts/{prompt}/why")).await.text;
    assert!(asked.contains("¿Por qué se pidió esto?"), "{asked}");
    let page = nurse.get(&format!("/people/{person}")).await.text;
    for words in ["Cronología", "Lo siguiente que conviene hacer", "nació el 9 mar 1984", "Quién miró"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let nothing = format!("/people/{person}/reaches/{}", model::EffectId::of(&[b"nothing"]));
    assert_eq!(nurse.get(&nothing).await.status, StatusCode::NOT_FOUND);
}

/// Puts many facts onto a line, past ones that start nothing.
async fn lengthen(world: &World, person: PersonId, many: usize) {
    let now = world.hub.clock().now();
    for chunk in (0..many).collect::<Vec<_>>().chunks(500) {
        let items = chunk.iter().map(|n| {
            let (kind, body) = match n % 10 {
                0 => ("note.made", json!({"text": format!("note number {n}"), "journey": ""})),
                1 => (
                    "reply.received",
                    json!({"channel": "email", "from": "d@example.org", "text": format!("word {n}")}),
                ),
                _ => ("message.delivered", json!({"message": model::MessageId::of(&[&n.to_be_bytes()]), "n": n})),
            };
            let mut fact = Fact::own(kind, &format!("many{n}"), person, At(now.0 - 1000), body);
            fact.origin = model::Origin::History;
            Item::own(person, fact)
        });
        world.hub.accept(items.collect()).await.unwrap();
    }
    world.until(|w| (w.hub.store().timeline(person, None, MANY).unwrap().len() >= many.min(MANY)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_ten_thousand_facts_is_paged_filtered_and_small() {
    let world = World::new().await;
    let david = world.david().await;
    lengthen(&world, david, MANY).await;
    let mut nurse = world.staff("nurse").await;
    let path = format!("/people/{david}");
    for query in
        ["", "?kind=said", "?kind=journey", "?kind=all", "?by=email", "?by=voice", "?kind=care&by=source%3Ahospital"]
    {
        nurse.get(&format!("{path}{query}")).await;
        let began = Instant::now();
        let page = nurse.get(&format!("{path}{query}")).await;
        println!("{query}: {} bytes, {:?}", page.text.len(), began.elapsed());
        assert_eq!(page.status, StatusCode::OK, "{query}");
        assert!(page.text.len() < PAGE_MAX, "{query}: {} bytes", page.text.len());
        assert!(!page.text.contains("resourceType"), "no raw resource on the page");
    }
    // Page after page shows each note once, the newest first.
    let (mut next, mut seen) = (format!("{path}?kind=journey"), Vec::new());
    for _ in 0..30 {
        let page = nurse.get(&next).await.text;
        let notes = page.split("note number ").skip(1).filter_map(|rest| rest.split('<').next()?.parse::<usize>().ok());
        seen.extend(notes);
        let Some(link) = page.split("id=\"timeline-earlier\" href=\"").nth(1) else { break };
        next = link.split(['"', '#']).next().unwrap().replace("&amp;", "&");
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((sorted.len(), seen.len()), (1000, 1000), "none twice and none left out");
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_have_pages_of_their_own_and_who_looked_is_told() {
    let world = World::new().await;
    let david = world.david().await;
    let mut nurse = world.staff("nurse").await;
    let path = format!("/people/{david}/resources");
    let list = nurse.get(&path).await.text;
    assert!(list.contains("Patient/") && !list.contains("&quot;resourceType"), "{list}");
    let link = list.split("href=\"").find(|l| l.contains("one=true") && l.contains("kind=Patient")).unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let one = nurse.get(&link).await;
    assert!(one.status == StatusCode::OK && one.text.contains("&quot;resourceType&quot;"), "{}", one.text);
    assert_eq!(nurse.get(&format!("{path}?one=true&source=x&kind=y&id=z")).await.status, StatusCode::NOT_FOUND);
    let page = nurse.get(&format!("/people/{david}")).await.text;
    let looked = page.split("id=\"looked\"").nth(1).unwrap();
    assert!(looked.contains("nurse") && looked.contains("what the sources sent"), "{looked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_or_form_of_a_person_is_for_another_site() {
    let world = World::new().await;
    let mut bundle = Story::david().discharge();
    let text = bundle.to_string();
    let key = crate::create_key(world.hub.store(), "north", vec!["fhir:write".into()], "hospital", "north", "test")
        .unwrap()
        .1;
    assert_eq!(world.fhir(&key, text).await.status, StatusCode::OK);
    bundle.take();
    let david = world.until(|w| w.hub.store().find_people("Reyes", 5).unwrap().first().map(|p| p.person)).await;
    let site = world.until(|w| Some(w.hub.look(david).unwrap().record.site).filter(|s| !s.is_empty())).await;
    let account = |name: &str, site: &str| Account {
        name: name.into(),
        display: name.into(),
        roles: vec!["nurse".into()],
        teams: vec![],
        sites: vec![site.into()],
        disabled: false,
        hash: String::new(),
    };
    create_account(world.hub.store(), account("theirs", &site), super::harness::PASSWORD).unwrap();
    create_account(world.hub.store(), account("others", "elsewhere"), super::harness::PASSWORD).unwrap();
    let id = model::EffectId::of(&[b"x"]);
    let pages = ["", "/correct", "/resources"].map(|p| format!("/people/{david}{p}"));
    let whys = [
        format!("/people/{david}/reaches/{id}"),
        format!("/people/{david}/prompts/{id}/why"),
        format!("/people/{david}/messages/{id}"),
    ];
    let (mut theirs, mut others) = (world.staff("theirs").await, world.staff("others").await);
    for path in &pages {
        assert_eq!(theirs.get(path).await.status, StatusCode::OK, "{path}");
    }
    for path in pages.iter().chain(&whys) {
        assert_eq!(others.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(!others.get("/people?q=reyes").await.text.contains(&david.to_string()));
    assert!(theirs.get("/people?q=reyes").await.text.contains(&david.to_string()));
    others.get("/people").await;
    others.page = others.page.replace("</main>", "<input name=\"once\" value=\"abcdef0123456789\"></main>");
    for (path, fields) in [
        ("correct", changed(&[("family", "Mallory")])),
        ("correct/withdraw", vec![("field", "name")]),
        ("contacts", vec![("form", "wrong"), ("of", "+12125550119")]),
        ("contacts", vec![("form", "add"), ("value", "+12125550177"), ("why-point", "x")]),
        ("wishes", vec![("may.sms", "no"), ("why-wishes", "x")]),
        ("tasks/strike", vec![("task", "raise")]),
    ] {
        let answer = others.post(&format!("/people/{david}/{path}"), &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {}", answer.text);
    }
    let record = world.hub.look(david).unwrap().record;
    assert_eq!((record.family.as_str(), record.consents.len()), ("Reyes", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_line_keeps_its_timeline_and_no_other_line_is_shown_so() {
    let world = World::new().await;
    let david = world.david().await;
    let dave = world.discharged(&Story::of("1009", "Dave", "Orozco", "male", "1984-03-09", "+12125550188")).await;
    let katie = world.discharged(&Story::katie()).await;
    let mut nurse = world.staff("nurse").await;
    let theirs = world.hub.look(dave).unwrap().record.identifiers[0].clone();
    let own = world.hub.look(david).unwrap().record.identifiers[0].clone();
    let now = world.hub.clock().now();
    let fact = Fact::own("person.merged", "merge", david, now, json!({"from": theirs, "to": own}));
    world.hub.submit(david, fact).await.unwrap();
    world.until(|w| (w.hub.look(dave).is_ok_and(|l| l.person == david && l.merged == [dave])).then_some(())).await;
    assert_eq!(nurse.get(&format!("/people/{dave}")).await.to(), format!("/people/{david}"));
    let page = nurse.get(&format!("/people/{david}")).await.text;
    assert!(page.contains(&format!("?line={dave}")), "{page}");
    let earlier = nurse.get(&format!("/people/{david}?line={dave}&kind=all")).await;
    assert!(earlier.status == StatusCode::OK && earlier.text.contains("Discharged"), "{}", earlier.text);
    for other in [katie.to_string(), "nonsense".to_owned()] {
        assert_eq!(nurse.get(&format!("/people/{david}?line={other}")).await.status, StatusCode::NOT_FOUND, "{other}");
    }
    let found = nurse.get("/people?q=1984-03-09").await.text;
    assert!(found.contains(&david.to_string()) && !found.contains(&dave.to_string()), "{found}");
}

/// What the form of a request for confidential communication says as it stands, as a browser would send it.
fn request_as_shown(page: &str) -> Vec<(String, String)> {
    let one = |part: &str| {
        let name = part.split('"').next().unwrap();
        let select = part.split("</select>").next().unwrap();
        let chosen = ["only", "not"].into_iter().find(|v| select.contains(&format!("value=\"{v}\" selected")));
        (format!("place.{name}"), chosen.unwrap_or_default().to_owned())
    };
    page.split("name=\"place.").skip(1).map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_confidential_communication_is_not_dissolved_by_what_the_form_leaves_out() {
    const PHONE: &str = "+12125550119";
    let world = World::new().await;
    let david = world.david().await;
    let (path, ways) = (format!("/people/{david}"), format!("/people/{david}/ways"));
    let mut nurse = world.staff("nurse").await;
    let held = |w: &World| w.hub.look(david).unwrap().record.ways.restrictions.last().cloned();
    nurse.get(&path).await;
    let asked = [("form", "confidential"), ("place.+12125550119", "only"), ("place.voice", "not")];
    assert_eq!(nurse.post(&ways, &asked).await.status, StatusCode::SEE_OTHER);
    world.until(|w| held(w).filter(|r| r.only == [PHONE])).await;
    // The number is found dead: it is no place of theirs any more, and is what they asked for all the same.
    let dead =
        Fact::own("contact.disabled", "x", david, world.hub.clock().now(), json!({"value": PHONE, "status": "dead"}));
    world.hub.submit(david, dead).await.unwrap();
    world
        .until(|w| {
            w.hub.look(david).unwrap().record.contacts.iter().any(|c| c.status == PointStatus::Dead).then_some(())
        })
        .await;
    let page = nurse.get(&path).await.text;
    let shown = request_as_shown(&page);
    assert!(shown.contains(&(format!("place.{PHONE}"), "only".into())), "{shown:?}");
    // Saved as it is, with one word more: and by a page that did not list the number.
    let listed: Vec<(String, String)> = shown.clone();
    let unlisted: Vec<(String, String)> = shown.into_iter().filter(|(n, _)| !n.contains(PHONE)).collect();
    for (fields, more) in [(listed, "email"), (unlisted, "portal")] {
        let place = format!("place.{more}");
        let mut said = vec![("form", "confidential")];
        said.extend(fields.iter().map(|(n, v)| (n.as_str(), if *n == place { "not" } else { v.as_str() })));
        nurse.get(&path).await;
        assert_eq!(nurse.post(&ways, &said).await.status, StatusCode::SEE_OTHER);
        let now = world.until(|w| held(w).filter(|r| r.not.iter().any(|e| e == more))).await;
        assert_eq!(now.only, [PHONE], "{more}: it holds on");
    }
    // More than are kept is refused with words, and changes nothing.
    let many: Vec<String> = (0..9).map(|n| format!("place.+1212555010{n}")).collect();
    let mut said = vec![("form", "confidential")];
    said.extend(many.iter().map(|name| (name.as_str(), "only")));
    nurse.get(&path).await;
    let refused = nurse.post(&ways, &said).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("At most 8 places"), "{}", refused.text);
    assert_eq!(held(&world).unwrap().only, [PHONE]);
    // It ends when somebody says so of every place.
    let page = nurse.get(&path).await.text;
    let shown = request_as_shown(&page);
    let mut said = vec![("form", "confidential")];
    said.extend(shown.iter().map(|(name, _)| (name.as_str(), "")));
    assert_eq!(nurse.post(&ways, &said).await.status, StatusCode::SEE_OTHER);
    world.until(|w| held(w).is_none().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_shows_the_last_day_that_was_typed() {
    let world = World::new().await;
    let david = world.david().await;
    let path = format!("/people/{david}");
    let mut nurse = world.staff("nurse").await;
    nurse.get(&path).await;
    let zone = model::time::zone("America/New_York").unwrap();
    let day = world.hub.clock().now().plus_ms(9 * 24 * HOUR_MS).date_in(&zone).to_string();
    let given = [("form", "give"), ("name", "Ana Reyes"), ("scope.all", "yes"), ("until", day.as_str())];
    assert_eq!(nurse.post(&format!("{path}/ways"), &given).await.status, StatusCode::SEE_OTHER);
    let granted = |w: &World| w.hub.look(david).unwrap().record.ways.grants.first().map(|g| g.until);
    let until = world.until(granted).await;
    assert_ne!(until.date_in(&zone).to_string(), day, "it ends with the midnight after it");
    let page = nurse.get(&path).await.text;
    let ways = page.split("id=\"ways\"").nth(1).unwrap();
    let shown = ways.split("Ana Reyes").nth(1).unwrap().split("</time>").next().unwrap();
    assert!(shown.ends_with(&words::date(crate::tongue::Tongue::En, &day)), "{day}: {shown}");
}

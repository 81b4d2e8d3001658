//! What a patient sees and does.

use super::harness::{Browser, World};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use model::fact::Actor;
use model::person::PointStatus;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{Channel, Fact, MessageId, PersonId, Purpose};
use serde_json::json;
use testkit::story::Story;

const RIGHT: [(&str, &str); 3] = [("day", "9"), ("month", "3"), ("year", "1984")];
const WRONG: [(&str, &str); 3] = [("day", "10"), ("month", "3"), ("year", "1984")];
const MAIL: &str = "david.reyes@example.org";
const MOBILE: &str = "+12125550119";

fn link_to(world: &World, person: PersonId, address: &str) -> String {
    let secret = &world.hub.settings().clinic.link_secret;
    format!("/t/{}", model::link::sign(secret, person, world.hub.clock().now().plus_ms(DAY_MS), address))
}

fn link(world: &World, person: PersonId) -> String {
    link_to(world, person, MAIL)
}

async fn on_day_1(world: &World) -> PersonId {
    let david = world.david().await;
    world.go_to(Story::david().day(1)).await;
    world.until(|w| (!w.hub.look(david).unwrap().tasks.is_empty()).then_some(())).await;
    david
}

/// A browser past the second factor.
async fn inside<'a>(world: &'a World, path: &str) -> Browser<'a> {
    let mut phone = Browser::new(world);
    phone.get(path).await;
    assert_eq!(phone.post(&format!("{path}/open"), &RIGHT).await.status, StatusCode::SEE_OTHER);
    assert_eq!(phone.get(path).await.status, StatusCode::OK);
    phone
}

/// Presses a button of the page seen last, and sees the page that follows.
async fn press(phone: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = phone.post(&format!("{path}/do"), fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let to = answer.to().split('#').next().unwrap().to_owned();
    phone.get(&to).await.text
}

fn main_of(page: &str) -> String {
    page.split("<main").nth(1).unwrap_or_default().to_owned()
}

fn facts_of(world: &World, person: PersonId, kind: &str) -> Vec<Fact> {
    let all = world.hub.store().timeline(person, None, 500).unwrap();
    all.into_iter().map(|(_, f)| f).filter(|f| f.kind == kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_nothing_before_the_birth_date_and_then_takes_ticks() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = Browser::new(&world);
    let question = phone.get(&path).await.text;
    for hidden in ["David", "Reyes", "dressing", "Cephalexin", "surgery", "0119", MAIL] {
        assert!(!question.contains(hidden), "{hidden} is shown before the second factor");
    }
    let early = phone.post(&format!("{path}/do"), &[("reminders", "off")]).await;
    assert_eq!(early.status, StatusCode::FORBIDDEN, "nothing is done before it");
    assert!(early.text.contains(&format!("href=\"{path}\"")) && !early.text.contains("David"), "{}", early.text);
    assert_eq!(world.hub.look(david).unwrap().record.preferences.task_reminders, Some(true));
    for place in ["/contact", "/next", "/visit.ics", "/offline"] {
        let early = phone.get(&format!("{path}{place}")).await;
        assert_eq!((early.status, early.to()), (StatusCode::SEE_OTHER, path.as_str()), "{place}");
    }
    phone.get(&path).await;
    assert_eq!(phone.post(&format!("{path}/open"), &WRONG).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(phone.post(&format!("{path}/open"), &RIGHT).await.status, StatusCode::SEE_OTHER);
    let page = phone.get(&path).await.text;
    assert!(page.contains(", David</h1>") && page.contains("Your checklist"), "{page}");
    assert!(page.contains("Day 1 after your surgery"), "{page}");
    assert!(page.contains("your wound bleeds"), "when to call is the pathway's");
    let another = Browser::new(&world).get(&path).await.text;
    assert!(another.contains("What is your date of birth?"), "another browser is asked too");

    let task = world.hub.look(david).unwrap().tasks[0].id.clone();
    let done = |world: &World| world.hub.look(david).unwrap().tasks.iter().any(|t| t.id == task && t.done);
    let page = press(&mut phone, &path, &[("done", &task)]).await;
    assert!(done(&world) && page.contains("role=\"status\""), "{page}");
    press(&mut phone, &path, &[("undone", &task)]).await;
    assert!(!done(&world), "it can be taken back");
    let strange = phone.post(&format!("{path}/do"), &[("done", "not@mine#0")]).await;
    assert_eq!(strange.status, StatusCode::FORBIDDEN);
    assert!(strange.text.contains(&path) && !strange.text.contains("/people"), "{}", strange.text);
    press(&mut phone, &path, &[("reminders", "off"), ("back", "contact")]).await;
    assert_eq!(world.hub.look(david).unwrap().record.preferences.task_reminders, Some(false));
    phone.get(&path).await;
    let page = press(&mut phone, &path, &[("language", "es")]).await;
    assert!(page.contains("lang=\"es\"") && page.contains("Su lista de hoy"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_are_one_fact_and_two_buttons_of_one_page_are_two() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let tasks: Vec<String> = world.hub.look(david).unwrap().tasks.iter().map(|t| t.id.clone()).collect();
    assert!(tasks.len() >= 2);
    for task in [&tasks[0], &tasks[0], &tasks[1]] {
        phone.post(&format!("{path}/do"), &[("done", task)]).await;
    }
    let facts = facts_of(&world, david, "task.done");
    assert_eq!(facts.len(), 2, "{facts:?}");
    assert!(facts.iter().all(|f| f.actor == Actor::Patient));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_dates_lock_the_date_for_every_link_and_neither_the_code_nor_the_session() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut before = inside(&world, &path).await;
    let mut phone = Browser::new(&world);
    phone.get(&path).await;
    for _ in 0..4 {
        assert_eq!(phone.post(&format!("{path}/open"), &WRONG).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(phone.post(&format!("{path}/open"), &WRONG).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(phone.post(&format!("{path}/open"), &RIGHT).await.status, StatusCode::TOO_MANY_REQUESTS);
    let mut other = Browser::new(&world);
    let locked = other.get(&link_to(&world, david, "")).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.text.contains("Text me a code instead") && locked.text.contains("tel:"), "{}", locked.text);
    assert_eq!(before.get(&path).await.status, StatusCode::OK, "who is inside stays inside");
    phone.get(&path).await;
    let digits = code_by_text(&world, &mut phone, &path).await;
    let given = phone.post(&format!("{path}/code"), &[("digits", &digits)]).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "the code is not locked");
}

/// The wrong tries of a person, with the time of the last moved back.
fn hours_later(world: &World, person: PersonId, hours: i64) -> i64 {
    let store = world.hub.store();
    let mut row = store.desk_get("today_lock", &person.to_string()).unwrap().unwrap();
    let mut lock: serde_json::Value = serde_json::from_str(&row.json).unwrap();
    lock["since"] = json!(lock["since"].as_i64().unwrap() - hours * HOUR_MS);
    row.json = lock.to_string();
    store.desk_put(&row).unwrap();
    lock["wrong"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_date_cannot_be_tried_for_ever_and_a_code_begins_the_count_anew() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let stale = store::DeskRow { kind: "today_lock".into(), key: "old".into(), json: "{}".into(), at: model::At(0) };
    world.hub.store().desk_put(&stale).unwrap();
    let mut phone = Browser::new(&world);
    phone.get(&path).await;
    let mut waits = Vec::new();
    for days in 0..40 {
        for _ in 0..8 {
            if phone.post(&format!("{path}/open"), &WRONG).await.status == StatusCode::TOO_MANY_REQUESTS {
                break;
            }
        }
        let page = phone.get(&path).await.text;
        waits.push(["in 15 minutes", "in 1 hour", "in 4 hours", "in 24 hours"].iter().position(|w| page.contains(w)));
        let tried = hours_later(&world, david, 24);
        assert!(tried <= 20, "{tried} after {days} days");
    }
    assert_eq!(waits[..5], [Some(0), Some(1), Some(2), Some(3), None]);
    assert!(world.hub.store().desk_get("today_lock", "old").unwrap().is_none(), "old counts are swept");
    let page = phone.get(&path).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.text.contains("too often") && page.text.contains("tel:"), "{}", page.text);
    let right = phone.post(&format!("{path}/open"), &RIGHT).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "nor does the right one open it");
    phone.get(&path).await;
    let digits = code_by_text(&world, &mut phone, &path).await;
    assert_eq!(phone.post(&format!("{path}/code"), &[("digits", &digits)]).await.status, StatusCode::SEE_OTHER);
    inside(&world, &path).await;
    assert!(world.hub.store().desk_get("today_lock", &david.to_string()).unwrap().is_none());
}

/// Asks for a code on the page seen last, and reads it where it was sent.
async fn code_by_text(world: &World, phone: &mut Browser<'_>, path: &str) -> String {
    let asked = phone.post(&format!("{path}/text"), &[]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    assert_eq!(asked.to(), format!("{path}/code"));
    phone.get(asked.to()).await;
    newest_code(world, 1).await
}

async fn newest_code(world: &World, at_least: usize) -> String {
    world
        .until(|w| {
            let codes: Vec<String> = w
                .handset
                .inbox(MOBILE)
                .into_iter()
                .filter_map(|seen| match seen.shown {
                    channels::handset::Shown::Text { text } => Some(text),
                    _ => None,
                })
                .filter(|text| text.contains("your code is / su clave es "))
                .collect();
            (codes.len() >= at_least).then(|| codes.last().cloned()).flatten()
        })
        .await
        .split_whitespace()
        .filter_map(|word| word.strip_suffix('.').filter(|w| w.len() == 6 && w.bytes().all(|b| b.is_ascii_digit())))
        .next()
        .expect("six digits")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_by_text_opens_the_page_once_in_the_browser_that_asked() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = Browser::new(&world);
    let question = phone.get(&path).await.text;
    assert!(question.contains("ending 19") && !question.contains("5550119"), "{question}");
    let digits = code_by_text(&world, &mut phone, &path).await;
    let sent = world.hub.store().messages_of(david, 50).unwrap();
    let message = sent.iter().find(|m| m.words == "code").expect("it is in the ledger");
    let text = format!("{:?}", message.content);
    for hidden in ["David", "surgery", "medicine", "nurse"] {
        assert!(!text.contains(hidden), "{text}");
    }
    let fact = facts_of(&world, david, "code.requested").remove(0);
    assert!(!fact.body.to_string().contains(&digits), "the fact does not hold the digits");
    let rows = world.hub.store().desk_list("today_code").unwrap();
    assert!(rows.len() == 1 && !rows[0].json.contains(&digits), "neither does the row");

    let wrong = if digits == "123456" { "654321" } else { "123456" };
    let mut thief = Browser::new(&world);
    thief.get(&path).await;
    let stolen = thief.post(&format!("{path}/code"), &[("digits", &digits)]).await;
    assert_eq!(stolen.status, StatusCode::UNPROCESSABLE_ENTITY, "not in another browser");
    let answer = phone.post(&format!("{path}/code"), &[("digits", wrong)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("That is not the code"), "{}", answer.text);
    let spaced = format!("{} {}", &digits[..3], &digits[3..]);
    assert_eq!(phone.post(&format!("{path}/code"), &[("digits", &spaced)]).await.to(), path);
    assert!(phone.get(&path).await.text.contains("David"));
    let mut again = phone.post(&format!("{path}/code"), &[("digits", &digits)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "once: {}", std::mem::take(&mut again.text));
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_few_and_two_clicks_are_one() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = Browser::new(&world);
    phone.get(&path).await;
    for _ in 0..2 {
        assert_eq!(phone.post(&format!("{path}/text"), &[]).await.status, StatusCode::SEE_OTHER, "the same click");
    }
    assert_eq!(facts_of(&world, david, "code.requested").len(), 1);
    for _ in 0..2 {
        phone.get(&path).await;
        assert_eq!(phone.post(&format!("{path}/text"), &[]).await.status, StatusCode::SEE_OTHER);
    }
    let mut other = Browser::new(&world);
    other.get(&path).await;
    let fourth = other.post(&format!("{path}/text"), &[]).await;
    assert_eq!(fourth.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(fourth.text.contains("tel:"), "{}", fourth.text);
    assert_eq!(facts_of(&world, david, "code.requested").len(), 3);
    newest_code(&world, 3).await;
    phone.get(&format!("{path}/code")).await;
    for _ in 0..5 {
        phone.post(&format!("{path}/code"), &[("digits", "000001")]).await;
    }
    let digits = newest_code(&world, 3).await;
    let late = phone.post(&format!("{path}/code"), &[("digits", &digits)]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "five wrong tries end it");
    let mut still = Browser::new(&world);
    still.get(&path).await;
    assert_eq!(still.post(&format!("{path}/open"), &RIGHT).await.status, StatusCode::SEE_OTHER, "the date still opens");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_never_goes_where_the_link_went_nor_where_texts_were_stopped() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let by_text = link_to(&world, david, MOBILE);
    let mut phone = Browser::new(&world);
    let question = phone.get(&by_text).await.text;
    assert!(!question.contains("Text me a code instead") && question.contains("Call us"), "{question}");
    assert_eq!(phone.post(&format!("{by_text}/text"), &[]).await.status, StatusCode::CONFLICT);
    let body = json!({ "channel": "sms", "allowed": false, "basis": "form" });
    world.hub.submit(david, Fact::own("consent.changed", "x", david, world.hub.clock().now(), body)).await.unwrap();
    let path = link(&world, david);
    assert!(!phone.get(&path).await.text.contains("Text me a code instead"));
    assert_eq!(facts_of(&world, david, "code.requested").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_and_forged_links_open_nothing() {
    let world = World::new().await;
    let david = world.david().await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    assert_eq!(phone.get(&format!("{path}0")).await.status, StatusCode::NOT_FOUND);
    world.go_to(world.hub.clock().now().plus_ms(2 * DAY_MS)).await;
    for place in ["", "/contact", "/next", "/code", "/visit.ics", "/offline"] {
        let late = phone.get(&format!("{path}{place}")).await;
        assert_eq!(late.status, StatusCode::NOT_FOUND, "{place}: the session does not outlive its link");
        assert!(late.text.contains("no longer works") && late.text.contains("ya no funciona"));
        assert!(late.text.contains("tel:") && !late.text.contains("David"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn not_me_disables_the_number_that_is_named_closes_its_links_and_tells_nothing() {
    let world = World::new().await;
    let david = world.david().await;
    let (by_text, by_mail) = (link_to(&world, david, MOBILE), link(&world, david));
    let mut inside_by_text = inside(&world, &by_text).await;
    let mut stranger = Browser::new(&world);
    stranger.get(&by_text).await;
    let wrong = stranger.post(&format!("{by_text}/not-me"), &[("where", "+12125550000")]).await.text;
    stranger.get(&by_text).await;
    let right = stranger.post(&format!("{by_text}/not-me"), &[("where", "(212) 555-0119")]).await.text;
    assert_eq!(main_of(&wrong), main_of(&right));
    let contacts = world.hub.look(david).unwrap().record.contacts;
    assert_eq!(contacts.iter().find(|c| c.value == MOBILE).unwrap().status, PointStatus::Wrong);
    assert_eq!(stranger.get(&by_text).await.status, StatusCode::NOT_FOUND, "the link that went there is closed");
    assert_eq!(inside_by_text.get(&by_text).await.status, StatusCode::NOT_FOUND, "also for whoever was inside");
    assert_eq!(stranger.get(&by_mail).await.status, StatusCode::OK, "another way is not");
    assert!(!stranger.page.contains("Text me a code instead"), "and no code goes to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_link_of_one_way_closes_no_other_one() {
    let world = World::new().await;
    let david = world.david().await;
    // A number that is his brother's, of which staff wrote down whose it is.
    let kin = "+12125550177";
    let body = json!({"field": "contact", "of": kin, "value": ["mobile", "brother"], "why": "he said so"});
    let added = Fact::own("record.corrected", "kin", david, world.hub.clock().now(), body);
    world.hub.submit(david, added.by(model::Actor::Staff("nurse".into()))).await.unwrap();
    let known = |w: &World| w.hub.look(david).unwrap().record.contacts;
    world.until(|w| known(w).iter().any(|c| c.value == kin && c.owner.is_some()).then_some(())).await;
    let before = known(&world);
    let (by_mail, shown) = (link(&world, david), link_to(&world, david, ""));
    // An ex-partner reads his mail and knows his number, and a stranger a link that was shown.
    let mut answers = Vec::new();
    for (path, typed) in [(&by_mail, "+12125550000"), (&by_mail, MOBILE), (&by_mail, "(212) 555-0119"), (&shown, kin)] {
        let mut other = Browser::new(&world);
        other.get(path).await;
        let answer = other.post(&format!("{path}/not-me"), &[("where", typed)]).await;
        answers.push((answer.status, main_of(&answer.text)));
    }
    assert!(answers.iter().all(|a| *a == answers[0]), "known or not, the answer is the same");
    assert_eq!(known(&world), before, "and nothing is closed");
    assert!(facts_of(&world, david, "contact.disabled").is_empty());
    // The four were four wrong tries: the next one is the last for a while.
    let mut other = Browser::new(&world);
    other.get(&by_mail).await;
    other.post(&format!("{by_mail}/not-me"), &[("where", MOBILE)]).await;
    assert_eq!(other.get(&by_mail).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_page_ends_the_session_and_asks_the_browser_to_forget() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let copy = phone.get(&format!("{path}/offline")).await;
    assert!(copy.text.contains("You are offline") && !copy.text.contains("<form"), "{}", copy.text);
    let until: i64 = copy.headers["x-copy-until"].to_str().unwrap().parse().unwrap();
    let left = until - crate::machine_now().0;
    assert!(left > HOUR_MS && left <= 2 * HOUR_MS, "{left}");
    phone.get(&path).await;
    let closed = phone.post(&format!("{path}/close"), &[]).await;
    assert_eq!(closed.headers["clear-site-data"], "\"cache\", \"storage\"");
    assert!(closed.text.contains("data-copy=\"drop\""));
    let after = phone.get(&path).await.text;
    assert!(after.contains("What is your date of birth?") && !after.contains("David"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_come_which_way_is_chosen_in_two_clicks_and_a_stopped_way_takes_no_choice() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let page = phone.get(&format!("{path}/contact")).await.text;
    assert_eq!(page.matches("name=\"allow\"").count(), 12, "{page}");
    assert!(page.contains("value=\"sms.care\" checked"), "{page}");
    let all =
        ["sms", "voice", "email"].map(|c| ["care", "reminder", "education", "survey"].map(|p| format!("{c}.{p}")));
    let mut kept: Vec<(&str, &str)> = all.iter().flatten().map(|v| ("allow", v.as_str())).collect();
    kept.retain(|(_, v)| *v != "sms.reminder");
    kept.extend([("grid", "save"), ("back", "contact")]);
    press(&mut phone, &path, &kept).await;
    let facts = facts_of(&world, david, "consent.changed");
    assert_eq!(facts.len(), 1, "only what differs is said: {facts:?}");
    let record = world.hub.look(david).unwrap().record;
    assert_eq!(record::allowed(&record, Purpose::Reminder, Channel::Sms), Some(false));
    assert_ne!(record::allowed(&record, Purpose::Care, Channel::Sms), Some(false));

    world.go_to(world.hub.clock().now().plus_ms(MINUTE_MS)).await;
    phone.get(&format!("{path}/contact")).await;
    let page = press(&mut phone, &path, &[("stop", "sms"), ("back", "contact")]).await;
    assert!(page.contains("You stopped texts from us."), "{page}");
    let boxed = page.split("id=\"sms-care\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(boxed.contains("disabled") && !boxed.contains("checked"), "{boxed}");
    let refused = phone.post(&format!("{path}/do"), &[("grid", "save"), ("allow", "sms.care")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "the server refuses it too");
    let odd = phone.post(&format!("{path}/do"), &[("stop", "portal")]).await;
    assert_eq!(odd.status, StatusCode::FORBIDDEN);
    world.go_to(world.hub.clock().now().plus_ms(MINUTE_MS)).await;
    phone.get(&format!("{path}/contact")).await;
    press(&mut phone, &path, &[("start", "sms"), ("back", "contact")]).await;
    let record = world.hub.look(david).unwrap().record;
    assert_eq!(record::allowed(&record, Purpose::Care, Channel::Sms), Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_holds_for_fourteen_days_at_most_and_can_be_ended() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let zone = model::time::zone("America/New_York").unwrap();
    let day = |n: i32| {
        let date = world.hub.clock().now().date_in(&zone);
        date.checked_add(jiff::Span::new().days(n)).unwrap().to_string()
    };
    for bad in [day(15), day(0), day(-1), "soon".into()] {
        phone.get(&format!("{path}/contact")).await;
        let refused = phone.post(&format!("{path}/do"), &[("pause", "on"), ("until", &bad)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{bad}");
    }
    phone.get(&format!("{path}/contact")).await;
    let page = press(&mut phone, &path, &[("pause", "on"), ("until", &day(3)), ("back", "contact")]).await;
    assert!(page.contains("Messages start again on"), "{page}");
    let until = world.hub.look(david).unwrap().record.paused_until.expect("a pause");
    assert_eq!(until.date_in(&zone).to_string(), day(3));
    // The list of the next morning is not mailed.
    let mails = |w: &World| w.handset.inbox(MAIL).len();
    let before = mails(&world);
    world.go_to(Story::david().day(2).plus_ms(HOUR_MS)).await;
    assert_eq!(mails(&world), before);
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    phone.get(&format!("{path}/contact")).await;
    press(&mut phone, &path, &[("resume", "now"), ("back", "contact")]).await;
    assert_eq!(world.hub.look(david).unwrap().record.paused_until, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_pause_a_red_flag_is_answered_and_care_becomes_a_nurses_prompt() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let now = world.hub.clock().now();
    let body = json!({ "paused_until": now.plus_ms(5 * DAY_MS) });
    world.hub.submit(david, Fact::own("preference.changed", "p", david, now, body)).await.unwrap();
    let texts = |w: &World| w.handset.inbox(MOBILE).len();
    let before = texts(&world);
    let said = json!({ "channel": "sms", "from": MOBILE, "text": "my wound is bleeding a lot" });
    world.hub.submit(david, Fact::own("reply.received", "b", david, now, said)).await.unwrap();
    world.until(|w| (texts(w) > before).then_some(())).await;
    let prompts = world.hub.look(david).unwrap().prompts;
    assert!(prompts.iter().any(|p| p.name == "red_flag"), "{prompts:?}");
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let page = phone.get(&path).await.text;
    let first = page.split("nhsuk-card--warning").nth(1).expect("one urgent card");
    assert!(first.contains("We call you") && first.contains("call 911 now"), "{page}");
    assert_eq!(page.matches("nhsuk-card nhsuk-card--warning").count(), 1, "one, not two");

    let ready = json!({ "id": world.hub.look(david).unwrap().record.prescriptions[0].id });
    let asked = world.hub.look(david).unwrap().prompts.len();
    world.hub.submit(david, Fact::own("medication.ready", "r", david, now, ready)).await.unwrap();
    let look = world.until(|w| Some(w.hub.look(david).unwrap()).filter(|l| l.prompts.len() > asked)).await;
    assert!(look.prompts.iter().any(|p| p.title.contains("no automated way is left")), "{:?}", look.prompts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_medicine_that_waits_is_the_urgent_card_and_its_buttons_do_what_they_say() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let now = world.hub.clock().now();
    let rx = world.hub.look(david).unwrap().record.prescriptions[0].id.clone();
    world.hub.submit(david, Fact::own("medication.ready", "r", david, now, json!({ "id": rx }))).await.unwrap();
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let page = phone.get(&path).await.text;
    let card = page.split("nhsuk-card--warning").nth(1).expect("a card").split("id=\"checklist\"").next().unwrap();
    assert!(card.contains("Your medicine is ready") && card.contains("I picked it up"), "{card}");
    let page = press(&mut phone, &path, &[("need_help", &rx)]).await;
    assert!(page.contains("A nurse will get in touch"), "{page}");
    world.until(|w| w.hub.look(david).unwrap().prompts.iter().any(|p| p.name == "answer_question").then_some(())).await;
    let page = phone.get(&path).await.text;
    assert!(page.contains("We got your message"), "{page}");
    // Another question is another prompt, and the same to whoever waits for an answer.
    world.handset.text_back(MOBILE, "when may I shower?", world.hub.clock().now()).unwrap();
    world.hub.incoming(world.handset.drain()).await.unwrap();
    let asked = |w: &World| {
        let look = w.hub.look(david).unwrap();
        look.prompts.iter().filter(|p| p.name == "answer_question" && p.status.is_open()).count()
    };
    world.until(|w| (asked(w) == 2).then_some(())).await;
    let page = phone.get(&path).await.text;
    assert_eq!(page.matches("We got your message").count(), 1, "{page}");
    let strange = phone.post(&format!("{path}/do"), &[("picked_up", "MedicationRequest/other")]).await;
    assert_eq!(strange.status, StatusCode::FORBIDDEN);
    phone.get(&path).await;
    press(&mut phone, &path, &[("picked_up", &rx)]).await;
    let record = world.hub.look(david).unwrap().record;
    assert!(record.prescriptions.iter().any(|p| p.id == rx && p.picked_up_at.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_next_is_told_with_its_day_and_its_reason() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let page = phone.get(&format!("{path}/next")).await.text;
    for said in
        ["A nurse calls you to ask how you are.", "because you had surgery", "This plan ends on", "Your next visit"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.contains("You get your list for the day.") && page.contains("at 8:00 am"), "{page}");
    assert!(!page.contains("surgical_nurses") && !page.contains("{{"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_visit_is_a_file_for_a_calendar_without_any_word_of_health() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    let mut phone = inside(&world, &path).await;
    let file = phone.get(&format!("{path}/visit.ics")).await;
    assert_eq!(file.headers["content-type"], "text/calendar; charset=utf-8");
    let visit = &world.hub.look(david).unwrap().record.appointments[0];
    let start = jiff::tz::TimeZone::UTC.to_datetime(visit.start.unwrap().timestamp()).strftime("%Y%m%dT%H%M%SZ");
    assert!(file.text.contains(&format!("DTSTART:{start}\r\n")), "{}", file.text);
    assert!(file.text.contains("SUMMARY:Visit\\, Northside Health\r\n"), "{}", file.text);
    for hidden in [visit.with.as_str(), visit.place.as_str(), "David", "Hand", "surgery"] {
        assert!(hidden.is_empty() || !file.text.contains(hidden), "{hidden}: {}", file.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_and_a_message_of_another_are_of_no_use() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let katie = world.discharged(&Story::katie()).await;
    let (his, hers) = (link(&world, david), link_to(&world, katie, ""));
    let mut phone = inside(&world, &his).await;
    for place in ["", "/contact", "/next", "/offline", "/visit.ics"] {
        let answer = phone.get(&format!("{hers}{place}")).await;
        assert!(!answer.text.contains("Katie") && !answer.text.contains("David"), "{place}");
    }
    phone.get(&hers).await;
    let refused = phone.post(&format!("{hers}/do"), &[("reminders", "off")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "his session does nothing on her page");
    assert!(!refused.text.contains("Katie") && !refused.text.contains("David"));
    assert!(facts_of(&world, katie, "preference.changed").is_empty());
    phone.get(&his).await;
    let others = MessageId::of(&[b"hers"]).to_string();
    assert_eq!(phone.post(&format!("{his}/do"), &[("read", &others)]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_for_slow_lines_are_compressed_and_the_consoles_are_not() {
    let world = World::new().await;
    let david = on_day_1(&world).await;
    let path = link(&world, david);
    for (path, compressed) in [(path.as_str(), true), ("/login", false)] {
        let request = Request::get(path).header("accept-encoding", "gzip").body(Body::empty()).unwrap();
        let answer = world.send(request).await;
        assert_eq!(answer.headers.get("content-encoding").is_some_and(|e| e == "gzip"), compressed, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_scanner_unsubscribes_nobody_and_one_click_does() {
    let world = World::new().await;
    let david = world.david().await;
    let secret = &world.hub.settings().clinic.link_secret;
    let token = model::link::sign_unsubscribe(secret, david, MessageId::of(&[b"m"]));
    let path = format!("/unsubscribe?m={token}");
    let refused = |w: &World| w.hub.look(david).unwrap().record.consents.iter().any(|c| !c.allowed);
    let page = world.send(Request::get(&path).body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!refused(&world), "a GET changes nothing");
    let click = Request::post(&path).body(Body::from("List-Unsubscribe=One-Click")).unwrap();
    assert_eq!(world.send(click).await.status, StatusCode::OK);
    assert!(refused(&world));
    let forged = Request::post(format!("{path}0")).body(Body::empty()).unwrap();
    assert_eq!(world.send(forged).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_related_person_who_unsubscribes_ends_their_own_mails() {
    let world = World::new().await;
    let david = world.david().await;
    let until = world.hub.clock().now().plus_ms(20 * DAY_MS);
    let to = json!({"name": "Ana Reyes", "relation": "mother", "contacts": ["ana@example.org"]});
    for (kind, body) in [
        ("preference.changed", json!({"to": "proxy"})),
        ("grant.given", json!({"grant": "g1", "to": to, "scope": ["all"], "until": until})),
    ] {
        let fact = Fact::own(kind, kind, david, world.hub.clock().now(), body).by(Actor::Staff("nora".into()));
        world.hub.submit(david, fact).await.unwrap();
    }
    world.go_to(Story::david().day(1).plus_ms(12 * HOUR_MS)).await;
    let sent = world
        .until(|w| w.hub.store().messages_of(david, 50).unwrap().into_iter().find(|m| m.to == "ana@example.org"))
        .await;
    let token = model::link::sign_unsubscribe(&world.hub.settings().clinic.link_secret, david, sent.id);
    let click = Request::post(format!("/unsubscribe?m={token}")).body(Body::from("List-Unsubscribe=One-Click"));
    assert_eq!(world.send(click.unwrap()).await.status, StatusCode::OK);
    let record = world.hub.look(david).unwrap().record;
    assert!(record.consents.iter().all(|c| c.allowed), "David refused nothing");
    let closed = record.contacts.iter().find(|p| p.value == "ana@example.org").map(|p| p.status);
    assert_eq!(closed, Some(PointStatus::Ended));
}

//! A member of staff is connected with a person: the button on both pages, the telephones by Twilio, and what is kept.

use super::harness::{Answer, Browser, On, PASSWORD, drive};
use super::twilio::{Form, Hub, action, value};
use crate::{Account, create_account};
use axum::http::StatusCode;
use model::message::{Message, Status};
use model::{Actor, Fact, FactId, Item};
use serde_json::json;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};
use testkit::story::Story;
use tokio::sync::Barrier;

const DAVID: &str = "+12125550119";
const ANAS: &str = "+12125550171";

/// A text has left by itself: what is asked of Twilio after it is what staff asked for.
async fn hub() -> Hub {
    hub_on(On::Sqlite).await
}

async fn hub_on(on: On) -> Hub {
    let hub = Hub::on(on, "sms 2 hours").await;
    hub.asked(0).await;
    let account = Account {
        name: "ana".into(),
        display: "Ana Okafor, RN".into(),
        roles: vec!["nurse".into()],
        teams: vec![],
        sites: vec![],
        disabled: false,
        hash: String::new(),
    };
    create_account(hub.world.hub.store(), account, PASSWORD).unwrap();
    hub
}

fn calls(hub: &Hub) -> Vec<Message> {
    let all = hub.world.hub.store().messages_of(hub.david, 50).unwrap();
    all.into_iter().filter(|m| m.words == turn::STAFF_CALL).collect()
}

/// Keeps this number under My account.
async fn gives(staff: &mut Browser<'_>, number: &str) {
    staff.get("/me").await;
    assert_eq!(staff.post("/me/phone", &[("phone", number)]).await.status, StatusCode::SEE_OTHER);
}

/// The button of a conversation that is opened anew.
async fn press(ana: &mut Browser<'_>, person: &str) -> Answer {
    ana.get(&format!("{person}/conversation")).await;
    ana.post(&format!("{person}/call"), &[]).await
}

/// The digits that a page shows, and how a screen reader says them; `None` where it shows none.
fn shown(page: &str) -> Option<(String, String)> {
    let note = page.split("class=\"call-digits\"").nth(1)?.split("</p>").next()?;
    let (drawn, said) = note.split_once("class=\"hidden\">")?;
    let digits = drawn.chars().filter(char::is_ascii_digit).collect();
    Some((digits, said.split('<').next()?.to_owned()))
}

const LEG: (&str, &str) = ("CallSid", "CA1");

/// Whoever takes the call presses these keys; what Twilio is told after the last one.
async fn takes(hub: &Hub, form: &Form, keys: &str) -> Answer {
    let mut told = hub.report(value(form, "Url"), &[LEG, ("CallStatus", "in-progress")]).await;
    for key in keys.chars() {
        assert!(!told.text.contains("David") && !told.text.contains(DAVID), "nothing of the person: {}", told.text);
        told = hub.report(&action(&told), &[LEG, ("Digits", &key.to_string())]).await;
    }
    told
}

/// The telephone of staff was not taken.
async fn rings_out(hub: &Hub, form: &Form) {
    hub.report(value(form, "StatusCallback"), &[LEG, ("CallStatus", "no-answer")]).await;
    hub.world.until(|_| calls(hub).iter().all(|m| m.status == Status::Failed).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nurse_presses_call_proves_her_telephone_and_is_connected() {
    let hub = hub().await;
    let mut ana = hub.world.staff("ana").await;
    let conversation = format!("/people/{}/conversation", hub.david);
    let page = ana.get(&conversation).await.text;
    assert!(page.contains("Your own number is not known.") && page.contains("href=\"/me#phone\""), "{page}");
    let call = format!("/people/{}/call", hub.david);
    assert_eq!(ana.post(&call, &[]).await.status, StatusCode::CONFLICT, "the server asks as the page does");
    ana.get("/me").await;
    let wrong = ana.post("/me/phone", &[("phone", "12")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("no telephone number"));
    gives(&mut ana, "(212) 555-0171").await;
    let me = ana.get("/me").await.text;
    assert!(me.contains(ANAS) && me.contains("Not proved to be yours yet"), "as it is rung: {me}");

    let page = ana.get(&conversation).await.text;
    assert!(page.contains("this page shows three digits") && shown(&page).is_none(), "{page}");
    for _ in 0..2 {
        ana.page_of(&page);
        assert_eq!(ana.post(&call, &[]).await.to(), conversation);
    }
    let form = hub.asked(1).await;
    assert_eq!((value(&form, "To"), value(&form, "From")), (ANAS, "+12125550100"));
    assert!(!format!("{form:?}").contains(&DAVID[1..]), "nothing of the person leaves before the key");
    let (digits, said) = shown(&ana.get(&conversation).await.text).unwrap();
    assert_eq!((digits.len(), said.split(", ").count()), (3, 3), "{digits} {said}");
    assert!(said.bytes().all(|b| !b.is_ascii_digit()), "a screen reader says them one by one: {said}");
    let mut other = hub.world.staff("nurse").await;
    assert!(shown(&other.get(&conversation).await.text).is_none(), "they are for who asked");
    let taken = takes(&hub, &form, &digits).await;
    assert!(taken.text.contains("callerId=\"+12125550100\"") && taken.text.contains(DAVID), "{}", taken.text);
    hub.until_fact(hub.david, "staff_call.taken").await;
    hub.world.until(|_| (calls(&hub)[0].status == Status::Delivered).then_some(())).await;
    assert!(shown(&ana.get(&conversation).await.text).is_none(), "they are over");
    let report = taken.text.split("statusCallback=\"").nth(1).unwrap().split('"').next().unwrap();
    hub.report(report, &[("CallSid", "CA2"), ("CallStatus", "completed"), ("CallDuration", "73")]).await;
    let over = [LEG, ("CallStatus", "completed"), ("CallDuration", "90")];
    hub.report(value(&form, "StatusCallback"), &over).await;
    let ended = hub.until_fact(hub.david, "staff_call.ended").await;
    assert_eq!((&ended.body["outcome"], &ended.body["seconds"]), (&json!("connected"), &json!(73)));
    assert_eq!(hub.facts(hub.david, "staff_call.ended").len(), 1, "their own telephone's end says nothing more");
    assert_eq!((calls(&hub).len(), hub.asked.lock().unwrap().len()), (1, 2), "pressed twice, rung once");
    let page = ana.get(&conversation).await.text;
    assert!(page.contains("A call by staff was connected") && page.contains("73 seconds"), "{page}");

    // From now on key 1 is all.
    let me = ana.get("/me").await.text;
    assert!(me.contains("Proved to be yours:") && !me.contains("Not proved"), "{me}");
    assert_eq!(press(&mut ana, &format!("/people/{}", hub.david)).await.to(), conversation);
    let form = hub.asked(2).await;
    assert!(shown(&ana.get(&conversation).await.text).is_none());
    let greeting = takes(&hub, &form, "").await;
    assert!(greeting.text.contains("press 1") && !greeting.text.contains("David"), "{}", greeting.text);
    assert!(takes(&hub, &form, "1").await.text.contains(DAVID));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_takes_the_call_hears_nothing_and_few_are_rung() {
    let hub = hub().await;
    let mut ana = hub.world.staff("ana").await;
    let (person, conversation) = (format!("/people/{}", hub.david), format!("/people/{}/conversation", hub.david));
    for n in 0..5 {
        // Another number is another stranger: they count all the same.
        gives(&mut ana, &format!("+1212555017{n}")).await;
        assert_eq!(press(&mut ana, &person).await.status, StatusCode::SEE_OTHER);
        let form = hub.asked(1 + n).await;
        let (digits, _) = shown(&ana.get(&conversation).await.text).unwrap();
        // The first digits are right, and one is not.
        let wrong = |right: char| if right == '1' { '2' } else { '1' };
        let keep = n % 3;
        let keys: String = digits.chars().enumerate().map(|(i, d)| if i == keep { wrong(d) } else { d }).collect();
        let told = takes(&hub, &form, &keys[..=keep]).await;
        assert!(told.text.contains("<Hangup/>") && !told.text.contains("Dial"), "{}", told.text);
        hub.world.until(|_| calls(&hub).iter().all(|m| m.status == Status::Failed).then_some(())).await;
        assert!(ana.get("/me").await.text.contains("Not proved to be yours yet"));
    }
    let refused = press(&mut ana, &person).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(refused.text.contains("5 calls to such a one are the most within an hour"), "{}", refused.text);
    gives(&mut ana, "").await;
    gives(&mut ana, "+12125550179").await;
    assert_eq!(press(&mut ana, &person).await.status, StatusCode::CONFLICT, "taking it away begins no new hour");
    assert_eq!((calls(&hub).len(), hub.facts(hub.david, "staff_call.taken").len()), (5, 0));
    // The telephone itself is free: a colleague's call to it is not in the way of hers.
    let mut nurse = hub.world.staff("nurse").await;
    gives(&mut nurse, "+12125550179").await;
    assert_eq!(press(&mut nurse, &person).await.status, StatusCode::SEE_OTHER);
}

async fn proof_goes_with_the_number_and_the_account(on: On) {
    let hub = hub_on(on).await;
    let mut ana = hub.world.staff("ana").await;
    let (person, conversation) = (format!("/people/{}", hub.david), format!("/people/{}/conversation", hub.david));
    gives(&mut ana, ANAS).await;
    press(&mut ana, &person).await;
    let form = hub.asked(1).await;
    let (digits, _) = shown(&ana.get(&conversation).await.text).unwrap();
    takes(&hub, &form, &digits).await;
    hub.world.until(|_| (calls(&hub)[0].status == Status::Delivered).then_some(())).await;
    assert!(ana.get("/me").await.text.contains("Proved to be yours:"));
    gives(&mut ana, "212 555 0171").await;
    assert!(ana.get("/me").await.text.contains("Proved to be yours:"), "the same number stays proved");
    gives(&mut ana, "+12125550172").await;
    assert!(ana.get("/me").await.text.contains("Not proved"));
    gives(&mut ana, ANAS).await;
    assert!(ana.get("/me").await.text.contains("Not proved"), "and no older call proves it again");
    let row = || hub.world.hub.store().desk_get("staff_phone", "ana").unwrap();
    assert!(row().is_some());
    let mut admin = hub.world.staff("administrator").await;
    admin.get("/accounts/ana").await;
    assert_eq!(admin.post("/accounts/ana/state", &[("disabled", "yes")]).await.status, StatusCode::SEE_OTHER);
    assert!(row().is_none(), "the end of an account ends it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_is_proved_for_this_number_of_this_account_alone() {
    proof_goes_with_the_number_and_the_account(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_is_proved_for_this_number_of_this_account_alone_on_postgres() {
    drive(proof_goes_with_the_number_and_the_account(On::Postgres));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digits_are_shown_and_said_in_spanish_too() {
    let hub = hub().await;
    let mut ana = hub.world.staff("ana").await;
    gives(&mut ana, ANAS).await;
    ana.get("/me").await;
    ana.post("/language", &[("language", "es")]).await;
    press(&mut ana, &format!("/people/{}", hub.david)).await;
    let form = hub.asked(1).await;
    let page = ana.get(&format!("/people/{}/conversation", hub.david)).await.text;
    let (digits, said) = shown(&page).unwrap();
    let names = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"];
    let words: Vec<&str> = digits.bytes().map(|d| names[usize::from(d - b'0')]).collect();
    assert_eq!(said, words.join(", "));
    let told = takes(&hub, &form, "").await;
    assert!(told.text.contains("primera cifra"), "{}", told.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_rings_for_one_person_at_a_time() {
    let hub = hub().await;
    let mut ana = hub.world.staff("ana").await;
    gives(&mut ana, ANAS).await;
    let ada = Story::of("5001", "Ada", "Marsh", "female", "1951-01-01", "+12125550133");
    let other = hub.world.discharged(&ada).await;
    hub.asked(1).await;
    let (first, second) = (format!("/people/{}", hub.david), format!("/people/{other}"));
    assert_eq!(press(&mut ana, &first).await.status, StatusCode::SEE_OTHER);
    // What is said before the key names nobody: she would not know with whom she is connected.
    let refused = press(&mut ana, &second).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(refused.text.contains("another person"), "{}", refused.text);
    assert!(shown(&ana.get(&format!("{second}/conversation")).await.text).is_none(), "nor are its digits there");
    // A second tab is another form: it rings once all the same.
    assert_eq!(press(&mut ana, &first).await.status, StatusCode::SEE_OTHER);
    let form = hub.asked(2).await;
    assert_eq!((calls(&hub).len(), hub.asked.lock().unwrap().len()), (1, 3));
    // Once it has rung in vain, the telephone is free.
    rings_out(&hub, &form).await;
    assert_eq!(press(&mut ana, &second).await.status, StatusCode::SEE_OTHER);
}

/// Two windows ask at the very same moment, the first time and once the telephone is free again.
async fn two_windows(on: On) {
    let hub = hub_on(on).await;
    let (mut left, mut right) = (hub.world.staff("ana").await, hub.world.staff("ana").await);
    gives(&mut left, ANAS).await;
    let conversation = format!("/people/{}/conversation", hub.david);
    let call = format!("/people/{}/call", hub.david);
    for round in 0..4 {
        left.get(&conversation).await;
        right.get(&conversation).await;
        let barrier = Barrier::new(2);
        let ask = async |window: &mut Browser<'_>| {
            barrier.wait().await;
            window.post(&call, &[]).await
        };
        let (one, two) = tokio::join!(ask(&mut left), ask(&mut right));
        assert_eq!((one.status, two.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
        let form = hub.asked(1 + round).await;
        rings_out(&hub, &form).await;
        assert_eq!((calls(&hub).len(), hub.asked.lock().unwrap().len()), (1 + round, 2 + round), "one call a round");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_that_ask_at_the_same_moment_are_one_call() {
    two_windows(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_that_ask_at_the_same_moment_are_one_call_on_postgres() {
    drive(two_windows(On::Postgres));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_refused_calls_is_not_rung_and_the_page_says_why() {
    let hub = hub().await;
    let mut ana = hub.world.staff("ana").await;
    gives(&mut ana, ANAS).await;
    let body = json!({"channel": "voice", "allowed": false, "basis": "said so"});
    let no = Fact::own("consent.changed", "no", hub.david, hub.world.hub.clock().now(), body);
    hub.world.hub.submit(hub.david, no).await.unwrap();
    let page = ana.get(&format!("/people/{}/conversation", hub.david)).await.text;
    let button = page.split("id=\"call-button\"").nth(1).unwrap().split("</form>").next().unwrap();
    assert!(button.starts_with(" disabled") && button.contains("refused"), "{button}");
    let answer = ana.post(&format!("/people/{}/call", hub.david), &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    assert!(calls(&hub).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_rung_or_overtaken_stands_so_in_the_thread() {
    let hub = hub().await;
    let mut ana = hub.world.staff("ana").await;
    let now = hub.world.hub.clock().now();
    let body = json!({"by": "Ana Okafor, RN", "phone": ANAS, "language": "en"});
    let late = Fact::own("staff_call.asked", "late", hub.david, now.plus_ms(-180_000), body);
    hub.world.hub.submit(hub.david, late.by(Actor::Staff("ana".into()))).await.unwrap();
    let conversation = format!("/people/{}/conversation", hub.david);
    let page = ana.get(&conversation).await.text;
    assert!(page.contains("A call by staff was not rung: it was too late"), "{page}");
    // In a backlog, that it was not taken may be read before what says more.
    let tell = |kind: &'static str, whose: &str, more: serde_json::Value| {
        let mut body = json!({"message": "0123456789abcdef0123456789abcdef"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let id = FactId::of(&[kind.as_bytes(), whose.as_bytes()]);
        hub.world.hub.submit(hub.david, Fact::live(id, "twilio_voice", "message|a".into(), kind, now, body))
    };
    tell("staff_call.ended", "staff", json!({"outcome": "not_taken"})).await.unwrap();
    assert!(ana.get(&conversation).await.text.contains("was not taken on their own telephone"));
    tell("staff_call.taken", "", json!({})).await.unwrap();
    tell("staff_call.ended", "patient", json!({"outcome": "connected", "seconds": 5})).await.unwrap();
    for path in [conversation, format!("/people/{}?kind=said", hub.david)] {
        let page = ana.get(&path).await.text;
        assert!(page.contains("A call by staff was connected") && !page.contains("was not taken"), "{page}");
    }
}

/// Of all that is logged in this process, what names the nurse's number; and how much was logged.
static NAMED: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LOGGED: AtomicUsize = AtomicUsize::new(0);

struct Log;

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LOGGED.fetch_add(1, Ordering::Relaxed);
        let text = String::from_utf8_lossy(line);
        if text.contains(&ANAS[2..]) {
            NAMED.lock().unwrap().push(text.into_owned());
        }
        Ok(line.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nurses_own_number_is_on_no_page_but_her_own_and_in_no_log() {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        let all = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        all.with_writer(|| Log).init();
    });
    let hub = hub().await;
    let mut ana = hub.world.staff("ana").await;
    gives(&mut ana, ANAS).await;
    let person = format!("/people/{}", hub.david);
    press(&mut ana, &person).await;
    let form = hub.asked(1).await;
    let (digits, _) = shown(&ana.get(&format!("{person}/conversation")).await.text).unwrap();
    takes(&hub, &form, &digits).await;
    hub.world.until(|_| (calls(&hub)[0].status == Status::Delivered).then_some(())).await;
    // One that matches nobody is set aside, as any item may be.
    let body = json!({"by": "Ana Okafor, RN", "phone": ANAS, "language": "en", "digits": "407"});
    let now = hub.world.hub.clock().now();
    let fact = Fact::live(FactId::of(&[b"aside"]), "elsewhere", "person|x".into(), "staff_call.asked", now, body);
    let keys = vec![model::inbox::key("nobody", "x")];
    let aside = Item { source_key: fact.id.0, person: None, may_create: false, keys, fact };
    hub.world.hub.accept(vec![aside]).await.unwrap();
    let set_aside = || hub.world.hub.store().set_aside(false, 10).unwrap().pop();
    let row = hub.world.until(|_| set_aside()).await;
    let message = calls(&hub)[0].clone();
    let of_person = ["", "?kind=all", "?kind=said", "?kind=team", "/conversation", "/resources", "/correct"];
    let mut pages: Vec<String> = of_person.iter().map(|rest| format!("{person}{rest}")).collect();
    pages.push(format!("{person}/messages/{}", message.id));
    pages.extend(["/", "/parked", "/parked?kind=parked", "/sending", "/people?q=5550171"].map(str::to_owned));
    let waiting = format!("/parked/waiting/{}/{}", row.part, row.seq);
    pages.push(waiting.clone());
    for name in ["ana", "administrator"] {
        let mut reader = hub.world.staff(name).await;
        for path in &pages {
            let page = reader.get(path).await;
            assert!(page.status == StatusCode::OK || name == "administrator", "{name} {path}: {}", page.status);
            assert!(!page.text.contains(&ANAS[2..]), "{name} {path}: {}", page.text);
        }
    }
    let aside = ana.get(&waiting).await.text;
    assert!(aside.contains("staff_call.asked") && aside.contains("…71"), "{aside}");
    assert!(!aside.contains("digits"), "nor what a screen showed: {aside}");
    let page = ana.get(&format!("{person}/messages/{}", message.id)).await.text;
    assert!(page.contains("•") && page.contains("first digit"), "{page}");
    assert!(LOGGED.load(Ordering::Relaxed) > 0, "the log is read");
    assert_eq!(*NAMED.lock().unwrap(), Vec::<String>::new());
}

//! Mail that comes back: what a person answers, what a machine answers, what bounces and what is called unwanted.

use crate::harness::{On, World};
use crate::{DAVID, DAVID_MAIL};
use base64::Engine as _;
use channels::{Incoming, Provider, Request, Smtp};
use model::message::Status;
use model::{At, Channel, Fact, FactId, PersonId, inbox};
use serde_json::{Value as Json, json};
use store::Store;
use testkit::story::{DAY_0, Story};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What the mail provider makes of a mail that a host posts, signed.
fn posted(mail: &str, now: At) -> Vec<Incoming> {
    let settings = json!({"host": "127.0.0.1", "from": "care@clinic.example", "reply_to": "r@mail.clinic.example",
        "address_secret": "secret", "inbound_secret": SECRET});
    let smtp = Smtp::new(settings.as_object().unwrap()).unwrap();
    let base64 = base64::engine::general_purpose::STANDARD;
    let at = now.0.div_euclid(1_000).to_string();
    let said = format!("msg.{at}.{mail}");
    let mac = model::link::hmac_sha256(&base64.decode(&SECRET[6..]).unwrap(), said.as_bytes());
    let signature = format!("v1,{}", base64.encode(mac));
    let headers = [("webhook-id", "msg"), ("webhook-timestamp", &at), ("webhook-signature", &signature)];
    let request = Request {
        method: "POST".into(),
        url: "https://hub.example.org/hooks/smtp/inbound".into(),
        path: "inbound".into(),
        query: Vec::new(),
        headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
        body: mail.as_bytes().to_vec(),
        now,
        attempt: None,
    };
    smtp.receive(&request).unwrap().facts
}

fn from(address: &str, more: &str, words: &str) -> String {
    format!(
        "Return-Path: <{address}>\nTo: r@mail.clinic.example\nFrom: {address}\nSubject: Re: Your day\n\
         Message-ID: <{}@example.org>\n{more}\n{words}\n",
        words.len()
    )
}

/// A report about a message, as the mail provider tells it.
pub fn report(kind: &str, message: &model::message::Message, now: At, more: Json) -> Vec<Incoming> {
    let text = message.id.to_string();
    let mut body = json!({"message": message.id, "provider": "smtp", "channel": "email"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let id = FactId::of(&[b"smtp", kind.as_bytes(), text.as_bytes()]);
    let fact = Fact::live(id, "smtp", format!("message|{text}"), kind, now, body);
    vec![Incoming {
        fact,
        keys: vec![inbox::key("message", &text)],
        message: Some(message.id),
        person: Some(message.person),
    }]
}

fn world(on: On) -> (World, PersonId) {
    let story = Story::david();
    let mut world = World::new(on, story.discharged_at.plus_ms(60_000));
    world.hears(&story.discharge());
    let david = world.person(&story.person.mrn);
    (world, david)
}

fn mail_of(world: &World, person: PersonId, status: Status) -> Option<model::message::Message> {
    world.messages(person).into_iter().find(|m| m.channel == Channel::Email && m.status == status)
}

#[test]
fn what_a_machine_answers_is_kept_and_does_nothing() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david) = world(on);
        world.goes_on(1, "11:00");
        let (before, prompts) = (world.hub().look(david).unwrap().record.last_contact, world.prompts(david).len());
        let said = world.messages(david).len();
        let away = from(DAVID_MAIL, "Auto-Submitted: auto-replied\n", "I have chest pain and am away, STOP");
        world.brings(posted(&away, world.now()));
        assert_eq!(world.facts(david, "reply.received").len(), 1, "it is kept");
        assert_eq!(world.facts(david, "reply.classified").len(), 0);
        assert_eq!((world.prompts(david).len(), world.messages(david).len()), (prompts, said), "and nobody is asked");
        assert_eq!(world.hub().look(david).unwrap().record.last_contact, before, "they were not reached by it");
        // The same words of the person herself are a danger.
        world.brings(posted(&from(DAVID_MAIL, "", "I have chest pain"), world.now()));
        assert!(world.prompt(david, "red_flag").urgent);
        assert_eq!(world.facts(david, "reply.classified").len(), 1);
    }
}

/// The trusted mail server found that it is not from whom it says.
fn doubted(mut said: Vec<Incoming>) -> Vec<Incoming> {
    said.iter_mut().for_each(|one| one.fact.body["authentic"] = json!("fail"));
    said
}

#[test]
fn a_mail_that_is_not_from_whom_it_says_is_read_by_a_person_and_does_nothing() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david) = world(on);
        world.goes_on(1, "11:00");
        let before = world.hub().look(david).unwrap().record;
        let verified = before.ways.how_verified(DAVID_MAIL).map(str::to_owned);
        let (stops, confirmed) =
            (world.facts(david, "consent.changed").len(), world.facts(david, "appointment.confirmed").len());
        for (n, words) in ["START", "Yes, I confirm my visit", "DONE", "I picked it up today"].iter().enumerate() {
            world.brings(doubted(posted(&from(DAVID_MAIL, "", words), world.now())));
            let said = world.facts(david, "reply.classified");
            assert_eq!(said.len(), n + 1);
            assert!(said.iter().all(|f| f.text("class") == Some("question")), "{words}: a person reads it");
        }
        let after = world.hub().look(david).unwrap().record;
        assert_eq!(after.last_contact, before.last_contact, "they were not reached by it");
        assert_eq!(after.ways.how_verified(DAVID_MAIL).map(str::to_owned), verified, "it verifies nothing");
        assert_eq!(world.facts(david, "appointment.confirmed").len(), confirmed);
        // No more mail to the address that it claims, and nothing else.
        world.brings(doubted(posted(&from(DAVID_MAIL, "", "STOP"), world.now())));
        assert_eq!(world.facts(david, "consent.changed").len(), stops, "texts and calls go on");
        let ended = world.facts(david, "contact.disabled");
        assert_eq!(ended.iter().filter_map(|f| f.text("value")).collect::<Vec<_>>(), [DAVID_MAIL]);
        assert!(world.open(david, "red_flag").is_empty());
        // A danger is one, whoever wrote it.
        world.brings(doubted(posted(&from(DAVID_MAIL, "", "I have chest pain"), world.now())));
        assert!(world.prompt(david, "red_flag").urgent);
    }
}

#[test]
fn an_answer_from_an_address_that_nobody_has_is_told_nothing_and_a_machines_makes_nobody() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david) = world(on);
        world.goes_on(1, "11:00");
        const WIFE: &str = "wife@example.net";
        let key = [inbox::key("email", WIFE)];
        world.brings(posted(&from(WIFE, "Precedence: bulk\n", "Away until Monday"), world.now()));
        let nobody = inbox::person_of(key[0]);
        assert!(world.timeline(nobody).is_empty(), "an answer of a machine makes no line");
        world.brings(posted(&from(WIFE, "", "his wound is bleeding badly"), world.now()));
        let prompt = world.prompt(nobody, "red_flag");
        assert!(prompt.urgent && prompt.reason.contains("his wound is bleeding badly"), "{}", prompt.reason);
        assert_eq!(world.open(david, "red_flag").len(), 0, "nobody guesses whose it is");
        assert_eq!(world.words(WIFE, DAY_0), Vec::<String>::new());
    }
}

#[test]
fn a_bounce_fails_the_message_however_often_it_is_told() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david) = world(on);
        world.goes_on(1, "11:00");
        let mail = mail_of(&world, david, Status::Delivered).or_else(|| mail_of(&world, david, Status::Accepted));
        let mail = mail.expect("a mail went out");
        for _ in 0..2 {
            let more = json!({"error": "unreachable_number", "status": "5.1.1", "retryable": false});
            world.brings(report("message.failed", &mail, world.now(), more));
        }
        let failed = mail_of(&world, david, Status::Failed).expect("it failed");
        assert_eq!((failed.id, failed.error.as_deref()), (mail.id, Some("unreachable_number")));
        assert_eq!(world.facts(david, "message.failed").len(), 1);
    }
}

#[test]
fn who_calls_a_mail_unwanted_gets_no_more_and_is_told_the_rest_another_way() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david) = world(on);
        world.goes_on(1, "11:00");
        let mail = mail_of(&world, david, Status::Delivered).or_else(|| mail_of(&world, david, Status::Accepted));
        let mail = mail.expect("a mail went out");
        let since = world.now();
        for _ in 0..2 {
            world.brings(report("message.complained", &mail, world.now(), json!({"type": "abuse"})));
        }
        let said = world.facts(david, "consent.changed");
        let refused: Vec<_> = said.iter().filter(|f| f.text("basis") == Some("complaint")).collect();
        assert_eq!(refused.len(), 1);
        assert_eq!((refused[0].text("channel"), refused[0].flag("allowed")), (Some("email"), Some(false)));
        world.goes_on(3, "12:00");
        assert_eq!(world.words(DAVID_MAIL, since), Vec::<String>::new());
        assert!(!world.words(DAVID, since).is_empty(), "texts go on");
    }
}

/// What may not stand in a row of a store, and what looks like a command of one.
#[test]
fn naughty_words_are_kept_as_they_are_without_what_cannot_be_stored() {
    for on in [On::Sqlite, On::Postgres] {
        let (mut world, david) = world(on);
        world.goes_on(1, "11:00");
        let words = "a\0b \u{202e}c '; DROP TABLE facts; -- \u{1f468}\u{200d}\u{1f469} \\u0000 ${x} <script>";
        world.brings(posted(&from(DAVID_MAIL, "", words), world.now()));
        let kept = world.facts(david, "reply.received");
        let wanted = "a b c '; DROP TABLE facts; -- \u{1f468}\u{200d}\u{1f469} \\u0000 ${x} <script>";
        assert_eq!(kept[0].text("text"), Some(wanted));
        assert_eq!(world.open(david, "answer_question").len(), 1);
    }
}

#[test]
fn a_mail_that_reminds_of_a_visit_carries_it_for_the_calendar_at_the_time_that_holds() {
    let mut story = Story::david();
    story.person.phone = None;
    let reminders = include_str!("../../../../pathways/appointment-reminders.yaml");
    let (mut world, david) = World::walking(&story, &[reminders]);
    world.goes_on(3, "12:00");
    world.hears(&story.appointment_moved(world.at(12, "09:15")));
    world.goes_on(11, "12:00");
    let mails: Vec<_> = world.messages(david).into_iter().filter(|m| m.channel == Channel::Email).collect();
    assert!(mails.iter().any(|m| m.words == "can_you_come"), "{:?}", world.list(david));
    for mail in mails {
        let model::message::Content::Email { attachments, .. } = &mail.content else { panic!("a mail") };
        assert_eq!(attachments.len(), usize::from(mail.words == "can_you_come"), "{}", mail.words);
        for file in attachments {
            assert_eq!((file.name.as_str(), file.media.as_str()), ("visit.ics", "text/calendar; charset=utf-8"));
            let bytes = base64::engine::general_purpose::STANDARD.decode(&file.bytes).unwrap();
            let text = String::from_utf8(bytes).unwrap().replace("\r\n ", "");
            assert!(text.contains("DTSTART:20261205T141500Z\r\n"), "{text}");
            let uid = outreach::calendar::uid(david, &story.appointment());
            assert!(text.contains(&format!("UID:{uid}@throughline\r\n")), "as on the Today page: {text}");
            for secret in ["Okafor", "Hand", "Surgical", "David"] {
                assert!(!text.contains(secret), "{secret}: calendars are shared");
            }
        }
    }
}

#[test]
fn a_stop_by_mail_ends_mail_too() {
    let (mut world, david) = world(On::Sqlite);
    world.goes_on(1, "11:00");
    let since = world.now();
    world.brings(posted(&from(DAVID_MAIL, "", "Stop sending me these messages"), world.now()));
    world.goes_on(3, "12:00");
    assert_eq!(world.words(DAVID_MAIL, since), Vec::<String>::new());
    let refused = |channel: &str| {
        let said = world.facts(david, "consent.changed");
        said.iter().any(|f| f.text("channel") == Some(channel) && f.flag("allowed") == Some(false))
    };
    assert!(refused("email"), "{:?}", world.facts(david, "consent.changed"));
}

fn a_restart_goes_on_with_the_hours_new_senders(on: On) {
    use hub::{Clock, Hub};
    let mut world = World::new(on, DAY_0.plus_ms(60_000));
    let now = world.now();
    world.sleeps_until(now);
    let location = world.location();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let open = || Store::open(&location, true).unwrap();
    for before in 0..3 {
        let (store, settings) = (open(), crate::harness::read_settings());
        let start = Hub::start(store, settings, Clock::scaled(now, 0.0), Vec::new());
        let hub = runtime.block_on(start).unwrap();
        assert_eq!(hub.new_senders().taken, before);
        let mail = posted(&from(&format!("{before}@example.org"), "", "When may I come?"), now);
        runtime.block_on(hub.incoming(mail)).unwrap();
        assert_eq!(hub.new_senders().taken, before + 1);
        runtime.block_on(hub.stop());
    }
}

#[test]
fn a_restart_goes_on_with_the_hours_new_senders_on_sqlite() {
    a_restart_goes_on_with_the_hours_new_senders(On::Sqlite);
}

#[test]
fn a_restart_goes_on_with_the_hours_new_senders_on_postgres() {
    a_restart_goes_on_with_the_hours_new_senders(On::Postgres);
}

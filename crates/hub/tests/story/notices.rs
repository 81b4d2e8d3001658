//! The care team's own channels: who is told of a prompt, how often, what it says, and what an answer there does.

use crate::DAVID;
use crate::harness::{On, World, read_settings};
use crate::takes::Takes;
use model::message::{Content, Message, Status};
use model::prompt::{Detail, Notify, NotifyOf, Prompt, PromptStatus};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{At, Channel, PersonId};
use serde_json::json;
use std::sync::Arc;
use testkit::story::Story;

const PAGER: &str = "+12125550177";
const CHARGE: &str = "+12125550178";
const MAILBOX: &str = "charge@clinic.example";

/// A service that has the care team's rooms.
const ROOMS: Takes = Takes { name: "rooms", channels: &[Channel::Chat], id: Some("post") };

fn way(by: Channel, to: &str) -> Notify {
    Notify { by, to: to.into(), name: String::new(), only: NotifyOf::Urgent, detail: Detail::None }
}

/// David, home since yesterday; the nurses have a pager, the charge nurse a telephone, a mailbox and a room.
fn world(on: On) -> (World, PersonId) {
    let story = Story::david();
    let mut settings = read_settings();
    for team in &mut settings.teams {
        team.notify = match team.name.as_str() {
            "surgical_nurses" => vec![way(Channel::Sms, PAGER)],
            "charge_nurse" => vec![
                Notify { name: "nora".into(), ..way(Channel::Sms, CHARGE) },
                Notify { detail: Detail::Initials, ..way(Channel::Email, MAILBOX) },
                way(Channel::Chat, "charge"),
            ],
            _ => Vec::new(),
        };
    }
    settings.mail_is_proved = true;
    let mut world = World::with(on, story.discharged_at.plus_ms(MINUTE_MS), Arc::new(settings));
    world.day_0 = story.discharged_at;
    world.before = vec![Arc::new(ROOMS)];
    world.start();
    world.hears(&story.discharge());
    let david = world.person(&story.person.mrn);
    (world, david)
}

fn notices(world: &World, person: PersonId) -> Vec<Message> {
    let mut all: Vec<Message> = world.messages(person).into_iter().filter(|m| m.words == turn::NOTICE).collect();
    all.sort_by_key(|m| (m.created_at, m.channel));
    all
}

fn told(world: &World, person: PersonId) -> Vec<(String, Channel)> {
    notices(world, person).iter().map(|m| (world.stamp(m.created_at), m.channel)).collect()
}

fn red_flag(world: &World, person: PersonId) -> Prompt {
    let all = world.prompts(person).into_iter().filter(|p| p.name == "red_flag");
    all.max_by_key(|p| p.opened_at).expect("a red flag")
}

/// What the pager shows since then, and the code in it.
fn code(world: &World, to: &str, since: At) -> String {
    let words = world.words(to, since).pop().unwrap_or_else(|| panic!("nothing came to {to}"));
    words.split("ACK ").nth(1).expect("a code")[..6].to_owned()
}

fn a_red_flag_at_night(on: On) {
    let (mut world, david) = world(on);
    world.goes_on(3, "02:31");
    let wrote = world.now();
    let before = world.hub().look(david).unwrap().record.last_contact;
    world.texts(DAVID, "there is blood all over my sleeve");
    world.until(wrote.plus_ms(MINUTE_MS));
    // Who is on duty is told in each of its ways, at once, and nobody else.
    assert_eq!(
        told(&world, david).iter().map(|(_, c)| *c).collect::<Vec<_>>(),
        [Channel::Sms, Channel::Email, Channel::Chat]
    );
    assert!(world.words(PAGER, wrote).is_empty(), "the nurses sleep");
    for words in world.words(CHARGE, wrote) {
        assert!(words.starts_with("An urgent prompt waits: http"), "{words}");
        for secret in ["David", "Reyes", "blood", "sleeve", "surgery"] {
            assert!(!words.contains(secret), "{secret} in {words}");
        }
    }
    let mail = world.words(MAILBOX, wrote).pop().expect("a mail");
    assert!(
        mail.contains("D.") && !mail.contains("David") && !mail.contains("Reyes") && !mail.contains("blood"),
        "{mail}"
    );
    let posts: Vec<Message> = notices(&world, david).into_iter().filter(|m| m.channel == Channel::Chat).collect();
    assert!(matches!(&posts[0].content, Content::Chat { text } if text.starts_with("An urgent prompt waits: http")));
    assert_eq!(posts[0].status, Status::Accepted, "it left");
    assert!(world.hub().store().queued().unwrap().is_empty(), "and waits no more");
    // A restart tells nobody again.
    let count = notices(&world, david).len();
    world.start();
    world.until(wrote.plus_ms(2 * MINUTE_MS));
    assert_eq!(notices(&world, david).len(), count);
    // An answer is that it was taken, by who the settings say; it is no word of David's.
    let (replies, code) = (world.facts(david, "reply.received").len(), code(&world, CHARGE, wrote));
    world.texts(CHARGE, &format!("Ack {code}"));
    let flag = red_flag(&world, david);
    assert_eq!((flag.status, flag.assignee.as_deref()), (PromptStatus::Acknowledged, Some("nora")));
    let said = world.facts(david, "prompt.acknowledged").pop().expect("the fact");
    assert_eq!(said.text("channel"), Some("sms"));
    assert_eq!(world.facts(david, "reply.received").len(), replies);
    // Nothing of it was contact with David, nor counts among what he was sent.
    let last = world.hub().look(david).unwrap().record.last_contact;
    assert_ne!(last, before, "he wrote");
    assert!(
        last.is_some_and(|(at, how)| at <= wrote.plus_ms(MINUTE_MS) && how == "sms"),
        "and that was the last of it"
    );
    // Said again it is hers for longer, and nothing else.
    world.texts(CHARGE, &format!("ack {code}"));
    assert_eq!(red_flag(&world, david).assignee.as_deref(), Some("nora"));
    assert_eq!(world.facts(david, "reply.received").len(), replies);
    world.check();
}

#[test]
fn a_red_flag_at_night_reaches_a_pager_and_an_answer_there_takes_it_on_sqlite() {
    a_red_flag_at_night(On::Sqlite);
}

#[test]
fn a_red_flag_at_night_reaches_a_pager_and_an_answer_there_takes_it_on_postgres() {
    a_red_flag_at_night(On::Postgres);
}

fn each_level_once(on: On) {
    let (mut world, david) = world(on);
    world.goes_on(3, "13:07");
    world.texts(DAVID, "I can hardly breathe");
    let wrote = world.now();
    world.until(wrote.plus_ms(MINUTE_MS));
    assert_eq!(told(&world, david).len(), 1, "the nurses are on duty");
    world.until(wrote.plus_ms(3 * HOUR_MS));
    let flag = red_flag(&world, david);
    let escalated = world.facts(david, "prompt.escalated").len();
    assert!(escalated > 2 && flag.status == PromptStatus::Open, "nobody came: it goes on");
    let all = notices(&world, david);
    // One for each level and way of its team.
    let mut levels: Vec<(At, Channel, String)> = all.iter().map(|m| (m.created_at, m.channel, m.to.clone())).collect();
    levels.sort();
    let count = levels.len();
    levels.dedup();
    assert_eq!(levels.len(), count, "never twice for one level");
    let texts = all.iter().filter(|m| m.channel == Channel::Sms).count();
    assert!(texts > 1 && texts <= escalated + 1, "{texts} texts, {escalated} escalations");
    assert!(!world.words(CHARGE, wrote).is_empty(), "the next team was told in its own way");
    // A number that was told of nothing takes nothing, and neither does a code that was made up.
    let code = code(&world, CHARGE, wrote);
    world.texts(PAGER, &format!("ACK {code}"));
    world.texts(CHARGE, "ACK 000000");
    assert!(red_flag(&world, david).assignee.is_none());
    // Once it is over nothing is told any more, and its codes take nothing.
    world.completes_prompt(david, flag.id, json!({"outcome": "done", "answers": {"emergency": false}}));
    let count = notices(&world, david).len();
    world.texts(CHARGE, &format!("ACK {code}"));
    world.until(wrote.plus_ms(6 * HOUR_MS));
    assert_eq!(notices(&world, david).len(), count);
    assert!(world.facts(david, "prompt.acknowledged").is_empty());
    assert!(world.prompts(david).iter().all(|p| p.desk.notices.is_empty() || p.status.is_open()));
    world.check();
}

#[test]
fn each_level_of_an_escalation_is_told_once_on_sqlite() {
    each_level_once(On::Sqlite);
}

#[test]
fn each_level_of_an_escalation_is_told_once_on_postgres() {
    each_level_once(On::Postgres);
}

#[test]
fn what_is_not_urgent_is_told_only_where_the_team_asks_for_it() {
    let (mut world, david) = world(On::Sqlite);
    world.goes_on(1, "09:30");
    assert!(world.open(david, "check").len() == 1 && notices(&world, david).is_empty());

    let (mut world, david) = World::otherwise(&Story::david(), |settings| {
        for team in settings.teams.iter_mut().filter(|t| t.name == "surgical_nurses") {
            team.notify = vec![Notify { only: NotifyOf::All, ..way(Channel::Sms, PAGER) }];
        }
    });
    world.goes_on(1, "09:30");
    assert_eq!(told(&world, david), [("day 1 09:00".to_owned(), Channel::Sms)]);
    assert!(world.words(PAGER, At(0))[0].starts_with("A prompt waits: "));
}

#[test]
fn nothing_is_sent_to_a_team_of_what_somebody_took_meanwhile() {
    let (mut world, david) = world(On::Sqlite);
    world.sends = false;
    world.start();
    world.goes_on(3, "02:31");
    world.texts(DAVID, "I think I am going to faint");
    let flag = red_flag(&world, david);
    assert_eq!(notices(&world, david).len(), 3);
    world.nurse_says(david, "prompt.acknowledged", json!({"prompt": flag.id}));
    world.sends = true;
    world.start();
    world.until(world.now().plus_ms(MINUTE_MS));
    assert!(world.words(CHARGE, At(0)).is_empty() && world.words(MAILBOX, At(0)).is_empty());
    assert!(notices(&world, david).iter().all(|m| m.status == model::message::Status::Withdrawn));
}

fn a_dead_pager(on: On) {
    let (mut world, david) = world(on);
    world.goes_on(3, "13:07");
    // Somebody found the nurses' pager to be another's: nothing is sent to it.
    world.nurse_says(david, "contact.disabled", json!({"value": PAGER, "status": "wrong", "by": "staff"}));
    let disabled = world.facts(david, "contact.disabled").len();
    world.texts(DAVID, "I can hardly breathe");
    let wrote = world.now();
    world.until(wrote.plus_ms(MINUTE_MS));
    assert!(world.words(PAGER, wrote).is_empty());
    let failed = world.facts(david, "notice.failed");
    assert_eq!(failed.len(), 1, "it is said, once");
    assert_eq!((failed[0].text("channel"), failed[0].flag("left")), (Some("sms"), Some(false)));
    let flag = red_flag(&world, david);
    assert_eq!(flag.team, "charge_nurse", "no way is left: who is next does not wait");
    assert!(flag.desk.notices.iter().any(|n| n.to == PAGER && n.failed.is_some()), "its page shows it");
    assert!(!world.words(CHARGE, wrote).is_empty());
    assert_eq!(world.facts(david, "contact.disabled").len(), disabled, "it is no contact point of David's");
    // A restart says nothing again, and nobody is asked in circles.
    let escalated = world.facts(david, "prompt.escalated").len();
    world.start();
    world.until(wrote.plus_ms(MINUTE_MS + 1_000));
    assert_eq!(world.facts(david, "notice.failed").len(), 1);
    assert_eq!(world.facts(david, "prompt.escalated").len(), escalated);
    world.check();
}

#[test]
fn a_notice_that_fails_is_told_and_who_is_next_does_not_wait() {
    a_dead_pager(On::Sqlite);
}

#[test]
fn a_notice_that_fails_is_told_and_who_is_next_does_not_wait_on_postgres() {
    a_dead_pager(On::Postgres);
}

#[test]
fn where_one_way_of_a_team_fails_its_others_are_used() {
    let (mut world, david) = World::otherwise(&Story::david(), |settings| {
        for team in settings.teams.iter_mut().filter(|t| t.name == "surgical_nurses") {
            team.notify =
                vec![Notify { only: NotifyOf::All, ..way(Channel::Sms, PAGER) }, way(Channel::Email, MAILBOX)];
        }
    });
    world.nurse_says(david, "contact.disabled", json!({"value": PAGER, "status": "wrong", "by": "staff"}));
    world.goes_on(1, "09:30");
    assert_eq!(told(&world, david).iter().map(|(_, c)| *c).collect::<Vec<_>>(), [Channel::Sms, Channel::Email]);
    assert_eq!(world.facts(david, "notice.failed").len(), 1);
    assert!(world.facts(david, "prompt.escalated").is_empty());
}

#[test]
fn who_answers_that_a_teams_number_is_wrong_does_not_close_it() {
    let (mut world, david) = world(On::Sqlite);
    world.goes_on(3, "13:07");
    world.texts(PAGER, "wrong number");
    world.texts(DAVID, "I can hardly breathe");
    let wrote = world.now();
    world.until(wrote.plus_ms(MINUTE_MS));
    assert!(!world.words(PAGER, At(0)).is_empty());
    assert!(world.facts(david, "contact.disabled").is_empty() && world.facts(david, "notice.failed").is_empty());
    assert!(!world.hub().look(david).unwrap().record.contacts.iter().any(|c| c.value == PAGER));
}

#[test]
fn an_answer_takes_the_prompt_though_the_number_is_on_several_records() {
    let (mut world, david) = world(On::Sqlite);
    for (mrn, given, family) in [("2001", "Ana", "Ruiz"), ("2002", "Bea", "Stone")] {
        world.hears(&Story::of(mrn, given, family, "female", "1979-05-05", CHARGE).patient());
    }
    world.goes_on(3, "02:31");
    let wrote = world.now();
    world.texts(DAVID, "there is blood all over my sleeve");
    world.until(wrote.plus_ms(MINUTE_MS));
    let code = code(&world, CHARGE, wrote);
    world.texts(CHARGE, &format!("ACK {code}"));
    assert_eq!(red_flag(&world, david).assignee.as_deref(), Some("nora"));
}

#[test]
fn a_mail_takes_no_prompt_unless_its_sender_is_certain() {
    let (mut world, david) = world(On::Sqlite);
    world.goes_on(3, "02:31");
    let wrote = world.now();
    world.texts(DAVID, "there is blood all over my sleeve");
    world.until(wrote.plus_ms(MINUTE_MS));
    let code = code(&world, MAILBOX, wrote);
    for (authentic, taken) in [("none", false), ("fail", false), ("pass", true)] {
        let body = json!({"channel": "email", "from": MAILBOX, "text": format!("ACK {code}"), "authentic": authentic});
        let id = model::FactId::of(&[b"mail", authentic.as_bytes()]);
        let fact = model::Fact::live(id, "mailbox", format!("email|{MAILBOX}"), "reply.received", world.now(), body);
        let keys = vec![model::inbox::key("email", MAILBOX)];
        world.brings(vec![channels::Incoming { fact, keys, message: None, person: None }]);
        assert_eq!(red_flag(&world, david).status == PromptStatus::Acknowledged, taken, "{authentic}");
        assert!(!world.facts(david, "reply.received").iter().any(|f| f.text("from") == Some(MAILBOX)));
        // It is told on the line that one was not taken.
        let told = world.facts(david, "notice.answered");
        assert!(!told.is_empty() && told.iter().all(|f| f.flag("certain") == Some(false)), "{told:?}");
    }
}

/// Where no server says whom a mail is from, no answer by mail could count: none is asked for.
#[test]
fn a_mail_asks_for_an_answer_only_where_its_sender_can_be_certain() {
    for proved in [false, true] {
        let (mut world, _) = World::otherwise(&Story::david(), |settings| {
            settings.mail_is_proved = proved;
            for team in &mut settings.teams {
                team.notify = vec![way(Channel::Email, MAILBOX), way(Channel::Sms, CHARGE)];
            }
        });
        world.goes_on(3, "10:31");
        let wrote = world.now();
        world.texts(DAVID, "there is blood all over my sleeve");
        world.until(wrote.plus_ms(MINUTE_MS));
        let mail = world.words(MAILBOX, wrote).pop().expect("a mail");
        assert_eq!(mail.contains("ACK"), proved, "{mail}");
        assert!(mail.contains("To take it, open the link") && mail.contains("/n/"), "{mail}");
        let text = world.words(CHARGE, wrote).pop().expect("a text");
        assert!(text.contains("Reply ACK "), "a text's sender is certain: {text}");
    }
}

#[test]
fn a_mail_to_the_team_has_no_number_of_who_rang() {
    let (mut world, _) = World::otherwise(&Story::david(), |settings| {
        for team in &mut settings.teams {
            let mail = way(Channel::Email, MAILBOX);
            team.notify = vec![Notify { only: NotifyOf::All, detail: Detail::Initials, ..mail }];
        }
    });
    world.goes_on(1, "11:00");
    let since = world.now();
    world.brings(vec![rang("+12125550166", "callback", &world)]);
    world.until(world.now().plus_ms(MINUTE_MS));
    let mails = world.words(MAILBOX, since);
    assert!(mails.iter().any(|m| m.contains("Call … back")), "{mails:?}");
    assert!(!mails.iter().any(|m| m.contains("2125550166")), "{mails:?}");
}

/// Somebody rang the number that calls come from.
pub fn rang(from: &str, wants: &str, world: &World) -> channels::Incoming {
    let body = json!({"from": from, "to": "+12125550100", "call_sid": "CA1", "wants": wants, "provider": "twilio"});
    let id = model::FactId::of(&[b"rang", from.as_bytes(), wants.as_bytes()]);
    let fact = model::Fact::live(id, "twilio", format!("phone|{from}"), "call.received", world.now(), body);
    let fact = fact.by(model::Actor::Patient);
    channels::Incoming { fact, keys: vec![model::inbox::key("phone", from)], message: None, person: None }
}

//! The make-believe phone, as its owner and the hub see it.

use throughline_channels as channels;

use crate::common::{NOW, around, call, mail, message_id, outbound, sms};
use channels::call::Said;
use channels::handset::{CallState, Error, Policy, Shown};
use channels::registry::{Config, build};
use channels::{Handset, Provider, Reconciled};
use model::{Actor, inbox};
use serde_json::json;

const DAVID: &str = "+15550100199";

#[tokio::test]
async fn a_text_is_shown_delivered_once_and_answered() {
    let phone = Handset::new();
    let out = outbound("ready", DAVID, sms("Your prescription is ready."));
    phone.send(&out).await.unwrap();
    phone.send(&out).await.unwrap();
    assert_eq!((phone.carried(), phone.twice()), (1, 1));
    let seen = phone.inbox(DAVID);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].shown, Shown::Text { text: "Your prescription is ready.".into() });

    let facts = phone.drain();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].fact.kind, "message.delivered");
    assert_eq!(facts[0].fact.text("message"), Some(out.message.id.to_string().as_str()));
    assert_eq!(facts[0].keys, [inbox::key("message", &out.message.id.to_string())]);
    assert_eq!((facts[0].message, facts[0].person), (Some(out.message.id), Some(out.message.person)));

    let first = phone.text_back(DAVID, " DONE ", NOW).unwrap();
    let second = phone.text_back(DAVID, "DONE", NOW).unwrap();
    assert_ne!(first, second, "two texts at one moment are two replies");
    let replies = phone.drain();
    assert_eq!(replies[0].fact.body, json!({"channel": "sms", "from": DAVID, "text": "DONE"}));
    assert_eq!(replies[0].fact.actor, Actor::Patient);
    assert_eq!(replies[0].keys, [inbox::key("phone", DAVID)]);
    assert_eq!(replies[0].person, None, "a number may be shared");
    assert_eq!(phone.inbox(DAVID).len(), 3);
    assert_eq!(phone.text_back(DAVID, "  ", NOW), Err(Error::Text));
}

#[tokio::test]
async fn a_mail_is_answered_with_the_message_it_is_about() {
    let phone = Handset::new();
    let out = outbound("checklist", "david@example.org", mail("Your day", "Walk"));
    phone.send(&out).await.unwrap();
    phone.drain();
    phone.text_back("david@example.org", "thanks", NOW).unwrap();
    let reply = phone.drain().remove(0);
    assert_eq!(reply.fact.text("channel"), Some("email"));
    assert_eq!(reply.fact.text("message"), Some(out.message.id.to_string().as_str()));
    assert_eq!(reply.keys, [inbox::key("email", "david@example.org")]);
}

#[tokio::test]
async fn a_call_rings_is_answered_and_says_nothing_before_the_key() {
    let phone = Handset::new();
    let out = outbound("call", DAVID, call(Some("Please call us back.")));
    phone.send(&out).await.unwrap();
    let id = out.message.id;
    assert_eq!(phone.calls_ringing(DAVID).len(), 1);
    assert_eq!(phone.press(id, '1', NOW), Err(Error::NotNow));
    let said = phone.answer(id, NOW.plus_ms(5_000)).unwrap();
    assert_eq!(said, [Said::Ask { text: "Press 1 if you are David.".into(), keys: vec!['1'] }]);
    assert!(phone.calls_ringing(DAVID).is_empty());
    assert_eq!(phone.call(id).unwrap().state, CallState::Talking);
    phone.tick(NOW.plus_ms(60_000));
    assert!(phone.call(id).is_some(), "the ringing time does not end a call that was answered");
    let said = phone.press(id, '1', NOW.plus_ms(61_000)).unwrap();
    assert_eq!(said, [Said::Words("Your prescription is ready.".into()), Said::HungUp]);
    let ended = phone.drain();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].fact.kind, "call.ended");
    let body = json!({"message": id.to_string(), "answered": true, "marks": ["identified"], "keys": "1"});
    assert_eq!(ended[0].fact.body, body);
    assert_eq!(phone.hang_up(id, NOW), Err(Error::NoSuchCall));
    let said = vec!["Press 1 if you are David.".to_owned(), "Your prescription is ready.".to_owned()];
    assert_eq!(phone.inbox(DAVID)[0].shown, Shown::Call { state: CallState::Answered, said, keys: "1".into() });
}

#[tokio::test]
async fn a_call_that_rings_out_leaves_the_words_on_the_voicemail() {
    let phone = Handset::new();
    let out = outbound("call", DAVID, call(Some("Please call us back.")));
    phone.send(&out).await.unwrap();
    assert!(phone.collect(NOW.plus_ms(24_999)).is_empty());
    let ended = phone.collect(NOW.plus_ms(25_000));
    let body = json!({"message": out.message.id.to_string(), "answered": false, "marks": ["voicemail"], "keys": ""});
    assert_eq!(ended[0].fact.body, body);
    let seen = phone.inbox(DAVID);
    assert_eq!(seen[1].shown, Shown::Voicemail { text: "Please call us back.".into(), language: "en".into() });
}

#[tokio::test]
async fn policies_play_a_number_without_a_browser() {
    let phone = Handset::new();
    phone.set_default_policy(Policy::NoAnswer);
    phone.set_policy(DAVID, Policy::Answer("1".into()));
    let ends = |phone: &Handset| {
        phone
            .drain()
            .iter()
            .map(|i| (i.fact.flag("answered").unwrap(), i.fact.body["marks"].clone()))
            .collect::<Vec<_>>()
    };
    phone.send(&outbound("a", DAVID, call(None))).await.unwrap();
    assert_eq!(ends(&phone), [(true, json!(["identified"]))]);
    phone.send(&outbound("b", "+15550100100", call(None))).await.unwrap();
    assert_eq!(ends(&phone), [(false, json!([]))]);
    phone.set_policy(DAVID, Policy::Answer(String::new()));
    phone.send(&outbound("c", DAVID, call(None))).await.unwrap();
    assert_eq!(ends(&phone), [(true, json!([]))], "silence leads to the end, not round in circles");
}

#[tokio::test]
async fn a_subscriber_gets_every_fact_in_order_also_past_its_room() {
    let phone = Handset::new();
    phone.send(&outbound("before", DAVID, sms("x"))).await.unwrap();
    let mut facts = phone.subscribe();
    let count = channels::handset::SUBSCRIBED_MAX + 10;
    for n in 0..count {
        phone.send(&outbound(&n.to_string(), DAVID, sms("x"))).await.unwrap();
    }
    assert_eq!(facts.recv().await.unwrap().message, Some(message_id("before")));
    for n in 0..count {
        phone.tick(NOW);
        assert_eq!(facts.recv().await.unwrap().message, Some(message_id(&n.to_string())));
    }
    drop(facts);
    phone.send(&outbound("after", DAVID, sms("x"))).await.unwrap();
    assert_eq!(phone.drain().len(), 1, "without its subscriber a fact waits");
}

#[tokio::test]
async fn a_mailbox_is_bounded_and_a_flood_does_not_lose_the_newest() {
    let phone = Handset::new();
    for n in 0..channels::handset::SEEN_MAX + 5 {
        phone.send(&outbound(&n.to_string(), DAVID, sms(&n.to_string()))).await.unwrap();
    }
    let seen = phone.inbox(DAVID);
    assert_eq!(seen.len(), channels::handset::SEEN_MAX);
    assert_eq!(seen[0].shown, Shown::Text { text: "5".into() });
    assert_eq!(phone.phones()[0].dropped, 5);
}

#[tokio::test]
async fn the_journal_tells_what_went_out_over_a_restart() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("journal-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let config = Config {
        provider: "handset".into(),
        settings: json!({"journal": path.to_str().unwrap()}).as_object().unwrap().clone(),
    };
    let out = outbound("a", DAVID, sms("x"));
    let never = outbound("never", DAVID, sms("x"));
    build(std::slice::from_ref(&config), &around()).unwrap()[0].send(&out).await.unwrap();
    // A kill tears the last line.
    let torn = std::fs::read_to_string(&path).unwrap() + "{\"message\":\"";
    std::fs::write(&path, torn).unwrap();
    let again = build(std::slice::from_ref(&config), &around()).unwrap().remove(0);
    assert!(matches!(again.reconcile(&out.message).await, Reconciled::Accepted(_)));
    assert_eq!(again.reconcile(&never.message).await, Reconciled::NotSent);
    assert_eq!(Handset::new().reconcile(&out.message).await, Reconciled::Unknown);
    again.send(&out).await.unwrap();
    assert_eq!(channels::registry::handset(&[again]).unwrap().twice(), 1);
    let lines: Vec<_> = std::fs::read_to_string(&path)
        .unwrap()
        .lines()
        .filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok())
        .map(|l| (l["message"].as_str().unwrap().to_owned(), l["again"].as_bool().unwrap()))
        .collect();
    let id = out.message.id.to_string();
    assert_eq!(lines, [(id.clone(), false), (id, true)]);
    std::fs::remove_file(&path).unwrap();
}

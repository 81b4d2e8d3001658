//! What every provider must keep, run against each that there is.

use throughline_channels as channels;

use crate::common::{NOW, around, call, device, mail, outbound, push, request, sms};
use channels::registry::{self, Config, Settings};
use channels::{Outbound, Provider, SendError};
use model::Channel;
use model::message::Content;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

const SECRET: &str = "hunter2-hunter2";

/// Settings that are right, for each provider; a new provider has to add its own.
fn settings(name: &str) -> Settings {
    let settings = match name {
        "smtp" => json!({"host": "127.0.0.1", "port": 1, "from": "care@clinic.example", "tls": "none",
            "user": "hub", "password": SECRET, "timeout_ms": 500, "bounce_to": "b@mail.clinic.example",
            "reply_to": "r@mail.clinic.example", "address_secret": SECRET,
            "inbound_secret": "whsec_aHVudGVyMi1odW50ZXIyLWh1bnRlcjIt"}),
        "handset" => json!({"policy": "answer", "keys": "1"}),
        "portal" => json!({}),
        "twilio" | "twilio_voice" => json!({"account_sid": format!("AC{}", "0a".repeat(16)), "auth_token": SECRET,
            "api_key": format!("SK{}", "0b".repeat(16)), "api_secret": SECRET, "from": "+12125550100",
            "api_url": "http://127.0.0.1:1", "private": "yes"}),
        "smpp" => {
            json!({"host": "127.0.0.1", "port": 1, "tls": "none", "system_id": "hub", "password": &SECRET[..8],
                "source": "55501"})
        }
        "web_push" => json!({"contact": "mailto:it@clinic.example", "private": "yes", "hosts": "127.0.0.1"}),
        "webhook" => json!({"url": "http://127.0.0.1:1/", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "channels": "sms, voice, voicemail, email, push", "timeout_ms": 500, "private": "yes"}),
        "chat" => json!({"rooms": "nurses http://127.0.0.1:1/", "private": "yes"}),
        other => panic!("the contract has no settings for {other}"),
    };
    settings.as_object().unwrap().clone()
}

fn every() -> Vec<Arc<dyn Provider>> {
    let configs: Vec<_> = registry::ALL
        .iter()
        .map(|e| Config { provider: e.spec.name.into(), settings: settings(e.spec.name) })
        .collect();
    registry::build(&configs, &around()).unwrap()
}

fn sample(channel: Channel) -> Outbound {
    match channel {
        Channel::Sms => outbound("sample", "+15550100199", sms("Hello")),
        Channel::Voice => outbound("sample", "+15550100199", call(None)),
        Channel::Voicemail => {
            let content = Content::Voicemail { text: "Please call us.".into(), language: "en".into() };
            outbound("sample", "+15550100199", content)
        }
        Channel::Email => outbound("sample", "david@example.org", mail("Your day", "Walk")),
        Channel::Portal => outbound("sample", "", Content::Portal { text: "Hello".into() }),
        Channel::Push => push("sample", vec![device("http://127.0.0.1:1/")]),
        Channel::Chat => outbound("sample", "nurses", Content::Chat { text: "Hello".into() }),
    }
}

#[test]
fn specs_are_sane() {
    let mut names = BTreeSet::new();
    for provider in every() {
        let spec = provider.spec();
        assert!(names.insert(spec.name), "{} is there twice", spec.name);
        assert!(!spec.name.is_empty() && spec.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        assert!(!spec.channels.is_empty(), "{} carries nothing", spec.name);
        let fields: BTreeSet<_> = spec.fields.iter().map(|f| f.name).collect();
        assert_eq!(fields.len(), spec.fields.len(), "{}: a setting is there twice", spec.name);
        let secret: BTreeSet<_> = spec.fields.iter().filter(|f| f.secret).map(|f| f.name).collect();
        assert_eq!(secret, spec.secrets.iter().copied().collect(), "{}: secrets", spec.name);
        for field in spec.fields {
            assert!(field.help.ends_with('.'), "{}.{}: a sentence for the operator", spec.name, field.name);
            assert!(!field.secret || field.default.is_none(), "{}.{}: a secret has no default", spec.name, field.name);
        }
    }
}

#[test]
fn wrong_settings_are_refused_by_name_and_without_their_value() {
    for entry in registry::ALL {
        let mut unknown = settings(entry.spec.name);
        unknown.insert("colour".into(), json!(SECRET));
        let problems = (entry.validate)(&unknown).unwrap_err();
        assert_eq!(problems, [format!("{}.colour: there is no such setting", entry.spec.name)]);
        for field in entry.spec.fields {
            let mut wrong = settings(entry.spec.name);
            wrong.insert(field.name.into(), json!([SECRET]));
            let problems = (entry.validate)(&wrong).unwrap_err().join("\n");
            assert!(problems.contains(&format!("{}.{}:", entry.spec.name, field.name)), "{problems}");
            assert!(!problems.contains(SECRET), "{problems}");
        }
    }
}

#[test]
fn secrets_are_in_no_debug_output_and_not_in_a_mistaken_configuration() {
    let config: Config = serde_json::from_value(json!({"provider": "smtp", "host": "h", "password": SECRET})).unwrap();
    assert!(!format!("{config:?}").contains(SECRET));
    let smtp = channels::Smtp::new(&settings("smtp")).unwrap();
    assert!(!format!("{smtp:?}").contains(SECRET));
    assert!(!format!("{:?}", channels::Smtp::validate(&settings("smtp"))).contains(SECRET));
}

#[test]
fn a_provider_that_there_is_not_is_told_with_those_that_there_are() {
    let config = Config { provider: "pigeon".into(), settings: Settings::new() };
    let problems = registry::build(std::slice::from_ref(&config), &around()).err().unwrap();
    let known = "smtp, handset, portal, twilio, twilio_voice, smpp, web_push, webhook, chat";
    assert_eq!(problems, [format!("provider: there is no `pigeon`; there are {known}")]);
    assert_eq!(registry::validate(&[config]), problems);
}

#[tokio::test]
async fn what_cannot_be_carried_is_invalid_before_any_byte_leaves() {
    for provider in every() {
        let spec = provider.spec();
        for channel in Channel::ALL {
            let mut out = sample(channel);
            if !spec.channels.contains(&channel) {
                let refused = provider.send(&out).await.unwrap_err();
                assert!(matches!(refused, SendError::Invalid(_)), "{}: {channel:?}: {refused}", spec.name);
            } else if channel != Channel::Portal {
                for to in ["", "nobody", "david@example.org\r\nBcc: eve@example.org", "+1 555\n"] {
                    out.message.to = to.into();
                    let refused = provider.send(&out).await.unwrap_err();
                    assert!(matches!(refused, SendError::Invalid(_)), "{}: {to:?}: {refused}", spec.name);
                    assert!(to.len() < 3 || !refused.to_string().contains(to), "a patient's address in an error");
                }
            }
        }
    }
}

#[tokio::test]
async fn make_believe_ones_carry_all_their_channels_and_a_repeat_once() {
    for provider in every().into_iter().filter(|p| p.spec().make_believe) {
        for channel in provider.spec().channels {
            let mut out = sample(*channel);
            out.message.id = crate::common::message_id(channel.name());
            let first = provider.send(&out).await.unwrap();
            assert!(first.delivered || provider.collect(NOW).len() == 1, "{channel:?} has a receipt");
            assert_eq!(provider.send(&out).await.unwrap(), first, "{channel:?} again");
            assert!(provider.collect(NOW).is_empty(), "{channel:?}: a repeat has no second receipt");
        }
    }
}

#[test]
fn a_forged_webhook_is_not_believed() {
    for provider in every() {
        assert!(provider.receive(&request("", b"{}")).is_err(), "{}", provider.spec().name);
    }
}

#[test]
fn the_make_believe_phone_is_found_among_the_others() {
    assert!(registry::handset(&every()).is_some());
    assert!(registry::handset(&every()[..1]).is_none());
}

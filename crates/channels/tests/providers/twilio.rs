//! What Twilio brings: believed only with its own signature, each word of it once, and answered in TwiML that its own
//! classes would write.

use throughline_channels as channels;

use crate::common::{NOW, around, call, outbound, sms};
use crate::twilio_library::Library;
use channels::contract::{Incoming, Provider, ReceiveError, Request};
use channels::registry::{Around, Settings};
use channels::twilio::RangWords;
use channels::{Twilio, TwilioVoice};
use model::message::{Content, Message};
use model::{Actor, MessageId, PersonId, inbox};
use serde_json::{Value as Json, json};

const TOKEN: &str = "a token of the test";
pub const DAVID: &str = "+12125550119";
const CLINIC: &str = "+12125550100";
const HUB: &str = "https://hub.example.org";

fn sid() -> String {
    format!("AC{}", "0a".repeat(16))
}

pub fn settings() -> Settings {
    json!({"account_sid": sid(), "auth_token": TOKEN, "from": CLINIC}).as_object().unwrap().clone()
}

fn texts() -> Twilio {
    Twilio::new(&settings(), &around()).unwrap()
}

fn words(language: &str, other: &str) -> RangWords {
    let text = |what: &str| format!("{what} ({language})");
    RangWords {
        language: language.into(),
        greeting: text("This is Clínica del Río. In an emergency call 911. Press 1."),
        other: other.into(),
        callback: text("A nurse will call you."),
        stopped: text("No more calls."),
        goodbye: text("Goodbye."),
    }
}

fn calls() -> TwilioVoice {
    let rang = vec![words("en", "For English, press 2."), words("es", "Para español, oprima 2.")];
    TwilioVoice::new(&settings(), &Around { rang, ..around() }).unwrap()
}

fn attempt() -> (PersonId, MessageId) {
    (PersonId::of(&[b"david"]), crate::common::message_id("call"))
}

/// A form that Twilio posts, signed by its own library. `path` follows the provider's own; with an attempt, its token.
fn posted(library: &mut Library, provider: &str, path: &str, about: bool, form: &[(&str, &str)]) -> Request {
    let account = sid();
    let mut all = vec![("AccountSid", account.as_str()), ("ApiVersion", "2010-04-01")];
    all.extend_from_slice(form);
    let middle = if about { "token.of.attempt/" } else { "" };
    let url = format!("{HUB}/hooks/{provider}/{middle}{path}");
    let signature = library.sign(TOKEN, &url, &all);
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&all).finish();
    Request {
        method: "POST".into(),
        url,
        path: path.into(),
        query: vec![],
        headers: vec![
            ("content-type".into(), "application/x-www-form-urlencoded; charset=UTF-8".into()),
            ("x-twilio-signature".into(), signature),
        ],
        body: body.into_bytes(),
        now: NOW,
        attempt: about.then(attempt),
    }
}

fn only(provider: &dyn Provider, request: &Request) -> Incoming {
    let mut received = provider.receive(request).unwrap();
    assert_eq!(received.facts.len(), 1, "{:?}", received.facts);
    received.facts.remove(0)
}

#[test]
fn what_comes_is_believed_only_as_twilios_own_library_signs_it() {
    let mut library = Library::start();
    let provider = texts();
    let nasty = "¿Está bien? <b>&amp;</b> +%20 \u{202e}\u{200b}\r\n100 % — ñ ☕ null\u{0}";
    let form = [("From", DAVID), ("To", CLINIC), ("Body", nasty), ("MessageSid", "SM1"), ("NumMedia", "0")];
    let good = posted(&mut library, "twilio", "inbound", false, &form);
    assert_eq!(only(&provider, &good).fact.text("text"), Some(nasty.trim()));
    let forged = |change: &dyn Fn(&mut Request)| {
        let mut request = good.clone();
        change(&mut request);
        let refused = provider.receive(&request).unwrap_err();
        assert!(matches!(refused, ReceiveError::NotAuthentic(_)), "{refused}");
    };
    forged(&|r| r.headers.retain(|(n, _)| n != "x-twilio-signature"));
    forged(&|r| r.headers[1].1 = "AAAA".into());
    forged(&|r| r.headers[1].1.push('x'));
    forged(&|r| r.body.extend(b"&More=1"));
    forged(&|r| r.body.truncate(r.body.len() - 1));
    forged(&|r| r.body.clear());
    forged(&|r| r.url = r.url.replace("hub.example", "eve.example"));
    forged(&|r| r.url.push_str("?a=1"));
    forged(&|r| r.headers[0].1 = "application/json".into());
    // The order of a form is nothing: it is sorted before it is signed.
    let mut reordered = good.clone();
    let mut parts: Vec<_> = String::from_utf8(good.body.clone()).unwrap().split('&').map(str::to_owned).collect();
    parts.reverse();
    reordered.body = parts.join("&").into_bytes();
    assert_eq!(only(&provider, &reordered).fact.id, only(&provider, &good).fact.id);
    // Ours and theirs are one: it believes what we sign.
    let params: Vec<_> = url::form_urlencoded::parse(&good.body).into_owned().collect();
    let ours = channels::twilio::signature(TOKEN, &good.url, &params);
    assert!(library.believes(TOKEN, &good.url, &params, &ours));
    assert!(!library.believes("another", &good.url, &params, &ours));
    // Twilio may sign the address with the port that it implies.
    let mut with_port = good.clone();
    let url = good.url.replace("hub.example.org", "hub.example.org:443");
    let all: Vec<_> = params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    with_port.headers[1].1 = library.sign(TOKEN, &url, &all);
    assert!(provider.receive(&with_port).is_ok());
}

#[test]
fn a_body_of_json_is_believed_by_its_hash() {
    let mut library = Library::start();
    let body =
        json!({"AccountSid": sid(), "MessageSid": "SM1", "MessageStatus": "delivered", "more": {"x": 1}}).to_string();
    let (url, signature) = library.sign_body(TOKEN, &format!("{HUB}/hooks/twilio/token.of.attempt/status"), &body);
    let query = url::Url::parse(&url).unwrap().query_pairs().into_owned().collect();
    let headers = vec![("content-type".into(), "application/json".into()), ("x-twilio-signature".into(), signature)];
    let (method, path) = ("POST".into(), "status".into());
    let good =
        Request { method, url, path, query, headers, body: body.into_bytes(), now: NOW, attempt: Some(attempt()) };
    assert_eq!(only(&texts(), &good).fact.kind, "message.delivered");
    let mut altered = good.clone();
    altered.body = String::from_utf8(altered.body).unwrap().replace("delivered", "failed").into_bytes();
    assert!(matches!(texts().receive(&altered), Err(ReceiveError::NotAuthentic(_))));
    let mut other = good;
    other.query[0].1 = channels::twilio::body_hash(&altered.body);
    (other.body, other.url) = (altered.body, format!("{HUB}/hooks/twilio/token.of.attempt/status"));
    assert!(matches!(texts().receive(&other), Err(ReceiveError::NotAuthentic(_))), "the address is signed");
}

#[test]
fn each_status_of_a_text_is_one_fact_of_its_attempt() {
    let mut library = Library::start();
    let provider = texts();
    let mut status = |status: &str, code: &str| {
        let form = [("MessageSid", "SM1"), ("MessageStatus", status), ("ErrorCode", code), ("To", DAVID)];
        let request = posted(&mut library, "twilio", "status", true, &form);
        let facts = provider.receive(&request).unwrap().facts;
        facts.into_iter().next().map(|i| {
            assert_eq!((i.message, i.person), (Some(attempt().1), Some(attempt().0)));
            assert_eq!(i.fact.text("provider_id"), Some("SM1"));
            assert!(!i.fact.body.to_string().contains(DAVID), "no number in a receipt");
            (i.fact.kind.clone(), i.fact.text("error").map(str::to_owned), i.fact.id)
        })
    };
    let kinds =
        |said: Option<(String, Option<String>, model::FactId)>| said.map(|(k, e, _)| (k, e.unwrap_or_default()));
    let accepted = status("queued", "");
    for early in ["accepted", "scheduled", "sending", "sent"] {
        assert_eq!(status(early, ""), accepted, "{early} is the same fact");
    }
    assert_eq!(kinds(accepted).unwrap().0, "message.accepted");
    assert_eq!(status("delivered", ""), status("delivered", ""), "a repeat is the same fact");
    for (said, code, kind, error) in [
        ("delivered", "", "message.delivered", ""),
        ("read", "", "message.read", ""),
        ("undelivered", "30006", "message.failed", "landline"),
        ("undelivered", "30005", "message.failed", "unreachable_number"),
        ("failed", "21610", "message.failed", "opted_out"),
        ("undelivered", "30007", "message.failed", "filtered"),
        ("failed", "", "message.failed", "failed"),
        ("canceled", "", "message.failed", "canceled"),
    ] {
        assert_eq!(kinds(status(said, code)), Some((kind.into(), error.into())), "{said} {code}");
    }
    assert_eq!(status("partially_delivered", ""), None, "a word that is not known says nothing");
    let form = [("MessageSid", "SM1"), ("MessageStatus", "sent")];
    let nobodys = posted(&mut library, "twilio", "status", false, &form);
    assert!(matches!(provider.receive(&nobodys), Err(ReceiveError::Malformed(_))));
}

#[test]
fn a_text_that_came_is_a_reply_by_its_number() {
    let mut library = Library::start();
    let provider = texts();
    let form = |body, more| [("From", DAVID), ("To", CLINIC), ("Body", body), ("MessageSid", "SM7"), more];
    let request = posted(&mut library, "twilio", "inbound", false, &form("DONE ", ("NumMedia", "0")));
    let reply = only(&provider, &request);
    let body = json!({"channel": "sms", "from": DAVID, "to": CLINIC, "text": "DONE", "provider": "twilio",
        "provider_id": "SM7"});
    assert_eq!((reply.fact.kind.as_str(), &reply.fact.body), ("reply.received", &body));
    assert_eq!((reply.fact.actor.clone(), reply.keys.clone()), (Actor::Patient, vec![inbox::key("phone", DAVID)]));
    assert_eq!(reply.person, None, "a number may be shared");
    assert_eq!(only(&provider, &request).fact.id, reply.fact.id);
    let answer = provider.respond(&request, &provider.receive(&request).unwrap(), None);
    assert_eq!(
        library.twiml("messaging", &answer.body),
        json!(["Response", [], "", []]),
        "nothing is answered by itself"
    );
    let picture = posted(&mut library, "twilio", "inbound", false, &form("", ("NumMedia", "2")));
    assert_eq!(only(&provider, &picture).fact.body["media"], 2);
    let stopped = posted(&mut library, "twilio", "inbound", false, &form("BASTA", ("OptOutType", "STOP")));
    assert_eq!(only(&provider, &stopped).fact.text("carrier"), Some("stop"), "Twilio refuses for us from now on");
    let anonymous = [("From", "anonymous"), ("Body", "x"), ("MessageSid", "SM8")];
    let anonymous = posted(&mut library, "twilio", "inbound", false, &anonymous);
    assert!(matches!(provider.receive(&anonymous), Err(ReceiveError::Malformed(_))));
}

/// One step of a call: what it is found to say, and what is answered.
pub fn step(library: &mut Library, path: &str, form: &[(&str, &str)], message: &Message) -> (Vec<Incoming>, Json) {
    let provider = calls();
    let mut all = vec![("CallSid", "CA1"), ("From", CLINIC), ("To", DAVID)];
    all.extend_from_slice(form);
    let request = posted(library, "twilio_voice", path, true, &all);
    let mut received = provider.receive(&request).unwrap();
    let about = received.about.map(|_| message);
    let mut facts = std::mem::take(&mut received.facts);
    facts.extend(provider.understand(&request, &received, about));
    let answer = provider.respond(&request, &received, about);
    assert!(answer.content_type.starts_with("text/xml"));
    (facts, library.twiml("voice", &answer.body))
}

/// The words that are said, in order.
pub fn spoken(shape: &Json) -> Vec<String> {
    let inside = shape[3].as_array().unwrap();
    let own = (shape[0] == "Say").then(|| shape[2].as_str().unwrap().to_owned());
    own.into_iter().chain(inside.iter().flat_map(spoken)).collect()
}

/// Where the next key goes, below the attempt's own address.
pub fn action(shape: &Json) -> Option<String> {
    let gather = shape[3].as_array().unwrap().iter().find(|v| v[0] == "Gather")?;
    let url = gather[1].as_array().unwrap().iter().find(|a| a[0] == "action")?[1].as_str()?.to_owned();
    Some(url.strip_prefix(&format!("{HUB}/hooks/twilio_voice/token.of.attempt/"))?.to_owned())
}

pub fn heard(facts: &[Incoming], kind: &str) -> Vec<Json> {
    facts.iter().filter(|i| i.fact.kind == kind).map(|i| i.fact.body.clone()).collect()
}

#[test]
fn a_call_is_walked_by_requests_and_each_mark_is_told_as_it_comes() {
    let mut library = Library::start();
    let message = outbound("call", DAVID, call(None)).message;
    let (facts, said) =
        step(&mut library, "answer", &[("AnsweredBy", "human"), ("CallStatus", "in-progress")], &message);
    assert_eq!(heard(&facts, "message.accepted").len(), 1, "Twilio surely has it");
    assert_eq!(spoken(&said), ["Press 1 if you are David."], "nothing about health before the key");
    assert_eq!(action(&said).as_deref(), Some("key"));
    // Silence, then a key.
    let (facts, said) = step(&mut library, "key", &[("Digits", "")], &message);
    assert!(facts.is_empty());
    assert_eq!((spoken(&said), action(&said).as_deref()), (vec!["Press 1 if you are David.".into()], Some("key/-")));
    let (facts, said) = step(&mut library, "key/-", &[("Digits", "1")], &message);
    let marks = heard(&facts, "call.heard");
    assert_eq!(
        (&marks[0]["marks"], &marks[0]["keys"], &marks[0]["to"]),
        (&json!(["identified"]), &json!("1"), &json!(DAVID))
    );
    assert_eq!(spoken(&said), ["Your prescription is ready."]);
    assert_eq!(said[3].as_array().unwrap().last().unwrap()[0], "Hangup");
    let again = step(&mut library, "key/-", &[("Digits", "1")], &message).0;
    assert_eq!(again[0].fact.id, facts[0].fact.id, "a repeat is the same fact");
    // Another key, and silence twice: nothing is told, and it is over.
    for (path, digits) in [("key", "5"), ("key/-", "")] {
        let (facts, said) = step(&mut library, path, &[("Digits", digits)], &message);
        assert!(facts.is_empty() && spoken(&said).is_empty(), "{facts:?} {said}");
    }
    let voice = said_by(&mut library, &message, "es");
    assert!(voice.contains("es-US"), "{voice}");
}

/// The attributes of what is said first in a language.
fn said_by(library: &mut Library, message: &Message, language: &str) -> String {
    let mut message = message.clone();
    if let Content::Voice { call } = &mut message.content {
        call.language = language.into();
    }
    let said = step(library, "answer", &[], &message).1;
    said[3][0][3][0][1].to_string()
}

#[test]
fn a_call_ends_once_and_a_machine_is_hung_up_on() {
    let mut library = Library::start();
    let message = outbound("call", DAVID, call(None)).message;
    let mut status = |form: &[(&str, &str)]| {
        let facts = step(&mut library, "status", form, &message).0;
        assert_eq!(facts.len(), 1);
        facts.into_iter().next().unwrap().fact
    };
    let done = status(&[("CallStatus", "completed"), ("AnsweredBy", "human"), ("CallDuration", "31")]);
    assert_eq!(
        (done.kind.as_str(), done.flag("answered"), done.flag("machine")),
        ("call.ended", Some(true), Some(false))
    );
    assert_eq!(done.body["seconds"], 31);
    for (said, error) in [("no-answer", "no_answer"), ("busy", "busy"), ("canceled", "canceled"), ("failed", "failed")]
    {
        let end = status(&[("CallStatus", said)]);
        assert_eq!((end.flag("answered"), end.text("error")), (Some(false), Some(error)));
        assert_eq!(end.id, done.id, "a call ends once");
    }
    let none = status(&[("CallStatus", "failed"), ("SipResponseCode", "404")]);
    assert_eq!(none.text("error"), Some("unreachable_number"));
    assert_eq!(status(&[("CallStatus", "initiated")]).kind, "message.accepted");
    let machine = status(&[("CallStatus", "completed"), ("AnsweredBy", "machine_start")]);
    assert_eq!((machine.flag("answered"), machine.flag("machine")), (Some(false), Some(true)));
    for by in ["machine_start", "machine_end_beep", "fax"] {
        let (facts, said) = step(&mut library, "answer", &[("AnsweredBy", by)], &message);
        assert_eq!(said, json!(["Response", [], "", [["Hangup", [], "", []]]]), "{by}");
        assert_eq!(heard(&facts, "call.ended")[0]["machine"], true);
    }
    let bounded = format!("key/{}", "-".repeat(60));
    let request = posted(&mut library, "twilio_voice", &bounded, true, &[("CallSid", "CA1")]);
    assert!(matches!(calls().receive(&request), Err(ReceiveError::Malformed(_))));
}

#[test]
fn a_voicemail_is_left_after_the_beep_and_told_once_it_was_said() {
    let mut library = Library::start();
    let nasty = "Please call <us> & \"them\" at 5'o \u{0}\u{b}\u{202e}ahora".to_owned();
    let content = Content::Voicemail { text: nasty, language: "en".into() };
    let message = outbound("call", DAVID, content).message;
    let (facts, said) = step(&mut library, "voicemail/answer", &[("AnsweredBy", "machine_end_beep")], &message);
    assert_eq!(facts.len(), 1, "it is not told before it was said");
    assert_eq!(spoken(&said), ["Please call <us> & \"them\" at 5'o \u{202e}ahora"]);
    let redirect = said[3].as_array().unwrap().iter().find(|v| v[0] == "Redirect").unwrap();
    assert_eq!(redirect[2], format!("{HUB}/hooks/twilio_voice/token.of.attempt/voicemail/left"));
    let (facts, said) = step(&mut library, "voicemail/left", &[], &message);
    assert_eq!((facts[0].fact.kind.as_str(), facts.len()), ("message.delivered", 1));
    assert_eq!(said, json!(["Response", [], "", [["Hangup", [], "", []]]]));
    let (facts, _) = step(&mut library, "voicemail/status", &[("CallStatus", "completed")], &message);
    assert_eq!(facts[0].fact.kind, "message.accepted", "an end says nothing of what was left");
    let (facts, _) = step(&mut library, "voicemail/status", &[("CallStatus", "busy")], &message);
    assert_eq!((facts[0].fact.kind.as_str(), facts[0].fact.text("error")), ("message.failed", Some("busy")));
    // Words of a call for a machine.
    let message = outbound("call", DAVID, call(Some("Please call us back."))).message;
    let (facts, said) = step(&mut library, "answer", &[("AnsweredBy", "machine_end_beep")], &message);
    assert_eq!((facts.len(), spoken(&said)), (1, vec!["Please call us back.".to_owned()]));
    let (facts, _) = step(&mut library, "left", &[], &message);
    assert_eq!(heard(&facts, "call.ended")[0]["marks"], json!(["voicemail"]));
}

#[test]
fn whoever_rings_hears_the_same_words_and_may_ask_for_a_nurse() {
    let mut library = Library::start();
    let provider = calls();
    let mut ring = |from: &str, path: &str, digits: &str| {
        let form = [("CallSid", "CA9"), ("From", from), ("To", CLINIC), ("Digits", digits)];
        let request = posted(&mut library, "twilio_voice", path, false, &form);
        let received = provider.receive(&request).unwrap();
        let answer = provider.respond(&request, &received, None);
        (received.facts, library.twiml("voice", &answer.body))
    };
    let (facts, greeted) = ring(DAVID, "inbound", "");
    let body = json!({"from": DAVID, "to": CLINIC, "call_sid": "CA9", "provider": "twilio_voice"});
    assert_eq!((facts[0].fact.kind.as_str(), &facts[0].fact.body), ("call.received", &body), "before any key");
    assert_eq!(ring(DAVID, "inbound", "").0[0].fact.id, facts[0].fact.id, "asked again, it is the same call");
    assert!(ring("anonymous", "inbound", "").0.is_empty(), "nobody can be called back");
    let words = spoken(&greeted);
    assert!(
        words[0].contains("Clínica del Río") && words[0].contains("911") && words[1].contains("español"),
        "{words:?}"
    );
    for other in ["+12125550155", "anonymous", ""] {
        assert_eq!(ring(other, "inbound", "").1, greeted, "the same words, whoever rings");
    }
    let (facts, said) = ring(DAVID, "inbound/key/0/1", "1");
    let body = json!({"from": DAVID, "to": CLINIC, "call_sid": "CA9", "wants": "callback", "provider": "twilio_voice"});
    assert_eq!((facts[0].fact.kind.as_str(), &facts[0].fact.body), ("call.received", &body));
    assert_eq!((facts[0].keys.clone(), facts[0].person), (vec![inbox::key("phone", DAVID)], None));
    assert_eq!(spoken(&said), ["A nurse will call you. (en)"]);
    assert_eq!(ring(DAVID, "inbound/key/0/1", "1").0[0].fact.id, facts[0].fact.id);
    let (facts, spanish) = ring(DAVID, "inbound/key/0/1", "2");
    assert!(facts.is_empty() && spoken(&spanish)[0].ends_with("(es)") && spoken(&spanish)[1].contains("English"));
    assert_eq!(spoken(&ring(DAVID, "inbound/key/1/2", "9").1), ["No more calls. (es)"]);
    assert_eq!(ring(DAVID, "inbound/key/1/2", "9").0[0].fact.text("wants"), Some("stop"));
    let (facts, said) = ring("anonymous", "inbound/key/0/1", "1");
    assert!(facts.is_empty() && spoken(&said) == ["Goodbye. (en)"], "nobody can be called back: the number is said");
    assert_eq!(spoken(&ring(DAVID, "inbound/key/0/1", "").1), spoken(&greeted), "silence is asked once more");
    assert_eq!(spoken(&ring(DAVID, "inbound/key/0/2", "").1), ["Goodbye. (en)"]);
    assert_eq!(spoken(&ring(DAVID, "inbound/key/0/8", "2").1), ["Goodbye. (en)"], "not for ever");
    for path in ["inbound/key/99/1", "inbound/x", "else", "inbound/key/0/"] {
        let request = posted(&mut library, "twilio_voice", path, false, &[("CallSid", "CA9"), ("From", DAVID)]);
        assert!(matches!(calls().receive(&request), Err(ReceiveError::Malformed(_))), "{path}");
    }
}

#[test]
fn settings_that_do_not_go_together_are_told() {
    let with = |more: Json| {
        let mut all = settings();
        all.extend(more.as_object().unwrap().clone());
        Twilio::validate(&all.into_iter().filter(|(_, v)| !v.is_null()).collect()).unwrap_err().join("; ")
    };
    assert_eq!(with(json!({"from": null})), "twilio.from: a number or a messaging_service must be set");
    assert_eq!(
        with(json!({"api_key": format!("SK{}", "0b".repeat(16))})),
        "twilio.api_secret: a key and its secret go together"
    );
    assert_eq!(with(json!({"account_sid": "12"})), "twilio.account_sid: AC and 32 hexadecimal digits are expected");
    assert_eq!(with(json!({"api_url": "http://127.0.0.1:1"})), "twilio.api_url: an https address is expected");
    let debug = format!("{:?} {:?}", texts(), calls());
    assert!(!debug.contains(TOKEN), "{debug}");
}

#[test]
fn a_text_without_words_is_not_carried() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for text in ["", "  ", &"x".repeat(1_601)] {
        let refused = runtime.block_on(texts().send(&outbound("x", DAVID, sms(text)))).unwrap_err();
        assert!(matches!(refused, channels::SendError::Invalid(_)), "{refused}");
    }
}

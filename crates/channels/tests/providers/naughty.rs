//! Strings that break programs, as the words that providers post: what arrives is what was said, and one of it.

use throughline_channels as channels;

use crate::common::{around, outbound, sms};
use channels::{Chat, Outbound, Provider, SendError, Twilio, Webhook};
use model::message::Content;
use serde_json::{Value as Json, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A service that takes all that is posted; the bodies.
fn service() -> (u16, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, bodies) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Vec<Vec<u8>>>>::default());
    let kept = Arc::clone(&bodies);
    // It ends with the process.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            take(stream, &kept);
        }
    });
    (port, bodies)
}

fn take(mut stream: TcpStream, kept: &Mutex<Vec<Vec<u8>>>) {
    let (mut said, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let head = said.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&said[..head]).to_ascii_lowercase();
            let length = text.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
            let length: usize = length.parse().unwrap();
            if said.len() >= head + length {
                assert_eq!(said.len(), head + length, "more than one request");
                // It is there before it is answered.
                kept.lock().unwrap().push(said.split_off(head));
                let answer = r#"{"sid":"SM00","id":"one"}"#;
                write!(
                    stream,
                    "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{answer}",
                    answer.len()
                )
                .unwrap();
                return;
            }
        }
        let n = stream.read(&mut piece).unwrap();
        assert!(n > 0, "cut off");
        said.extend_from_slice(&piece[..n]);
    }
}

/// Sends each; those that left, and their bodies.
async fn sent(
    provider: &dyn Provider,
    bodies: &Mutex<Vec<Vec<u8>>>,
    of: impl Fn(&str) -> Outbound,
) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for one in testkit::naughty::strings() {
        let before = bodies.lock().unwrap().len();
        match provider.send(&of(&one)).await {
            Ok(_) => {
                let bodies = bodies.lock().unwrap();
                assert_eq!(bodies.len(), before + 1, "{one:?}");
                all.push((one, bodies[before].clone()));
            }
            Err(SendError::Invalid(_)) => assert_eq!(bodies.lock().unwrap().len(), before, "{one:?}: nothing left"),
            Err(error) => panic!("{one:?}: {error}"),
        }
    }
    assert!(all.len() > 400, "{} were sent", all.len());
    all
}

#[tokio::test]
async fn a_form_says_what_was_said_and_nothing_else() {
    let (port, bodies) = service();
    let mut settings = crate::twilio::settings();
    settings.insert("api_url".into(), json!(format!("http://127.0.0.1:{port}")));
    settings.insert("private".into(), json!("yes"));
    let twilio = Twilio::new(&settings, &around()).unwrap();
    // Whether its time is over is asked by the clock of the message.
    for (one, body) in sent(&twilio, &bodies, |text| outbound("naughty", "+12125550119", sms(text))).await {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
        let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["To", "Body", "From", "ValidityPeriod", "StatusCallback"], "{one:?}");
        assert_eq!((form[0].1.as_str(), form[1].1.as_str()), ("+12125550119", one.as_str()));
    }
}

#[tokio::test]
async fn json_says_what_was_said_and_nothing_else() {
    let (port, bodies) = service();
    let settings = json!({"url": format!("http://127.0.0.1:{port}/in"), "private": "yes", "channels": "sms, push",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
    let webhook = Webhook::new(settings.as_object().unwrap(), &around()).unwrap();
    for (one, body) in sent(&webhook, &bodies, |text| outbound("naughty", "+12125550119", sms(text))).await {
        let said: Json = serde_json::from_slice(&body).unwrap();
        assert_eq!(said["data"]["content"], json!({"text": one}));
        assert_eq!(said["data"]["to"], "+12125550119", "{one:?}");
    }
    // The words of a notification, and the name of the clinic beside them.
    let device = crate::common::device("https://push.example.org/1");
    let notice = |text: &str| {
        let url = "https://hub.example.org/t/token".to_owned();
        let (title, text, devices) = (text.to_owned(), text.to_owned(), vec![device.clone()]);
        let to = model::push::to(&devices);
        let out = outbound("naughty", &to, Content::Push { title: title.clone(), text, url, devices });
        Outbound { from_name: title, ..out }
    };
    for (one, body) in sent(&webhook, &bodies, notice).await {
        let said: Json = serde_json::from_slice(&body).unwrap();
        let content = &said["data"]["content"];
        assert_eq!((&content["title"], &content["text"]), (&json!(one), &json!(one)));
        assert_eq!(said["data"]["from_name"], json!(one));
    }
    let (port, bodies) = service();
    let settings = json!({"rooms": format!("charge http://127.0.0.1:{port}/T0/secret"), "private": "yes"});
    let chat = Chat::new(settings.as_object().unwrap(), &around()).unwrap();
    let post = |text: &str| outbound("naughty", "charge", Content::Chat { text: text.into() });
    for (one, body) in sent(&chat, &bodies, post).await {
        assert_eq!(serde_json::from_slice::<Json>(&body).unwrap(), json!({"text": one}));
    }
}

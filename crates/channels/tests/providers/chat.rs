//! `chat` against rooms that say what rooms say.

use throughline_channels as channels;

use crate::common::{around, outbound};
use channels::{Chat, Provider, SendError};
use model::message::Content;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

/// A room that answers these, one connection each; what it was told.
fn room(answers: Vec<&'static str>) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut said, mut piece) = (Vec::new(), [0; 4096]);
            while !said.ends_with(b"}") {
                let n = stream.read(&mut piece).unwrap();
                assert!(n > 0);
                said.extend_from_slice(&piece[..n]);
            }
            heard.push(String::from_utf8(said).unwrap());
            // It may be gone by then, where the answer is none.
            let _ = stream.write_all(answer.as_bytes());
        }
        heard
    });
    (port, thread)
}

#[tokio::test]
async fn a_post_goes_to_the_room_that_it_names_and_answers_mean_what_they_say() {
    let rejected = |code: &str| SendError::Rejected { code: code.into(), retryable: false };
    let rows = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", None),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", Some(rejected("http_404"))),
        ("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n", Some(rejected("http_302"))),
        (
            "HTTP/1.1 429 Slow\r\nretry-after: 4\r\ncontent-length: 0\r\n\r\n",
            Some(SendError::Throttled { after_ms: 4_000 }),
        ),
        ("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", Some(SendError::Ambiguous("status 500".into()))),
    ];
    let (port, thread) = room(rows.iter().map(|(answer, _)| *answer).collect());
    let settings = json!({"rooms": format!("charge http://127.0.0.1:{port}/T0/secret, other http://127.0.0.1:1/"), "private": "yes"});
    let provider = Chat::new(settings.as_object().unwrap(), &around()).unwrap();
    let out = outbound("post", "charge", Content::Chat { text: "An urgent prompt waits: \"https://hub\"".into() });
    for (answer, expected) in rows {
        let came = provider.send(&out).await;
        assert_eq!(came.clone().err(), expected, "{answer}");
        assert!(expected.is_some() || came.unwrap().delivered);
    }
    let heard = thread.join().unwrap();
    assert!(heard[0].starts_with("POST /T0/secret "), "{}", heard[0]);
    assert!(heard[0].ends_with(r#"{"text":"An urgent prompt waits: \"https://hub\""}"#), "{}", heard[0]);
    let mut nowhere = out.clone();
    nowhere.message.to = "no room".into();
    assert!(matches!(provider.send(&nowhere).await, Err(SendError::Invalid(_))));
    nowhere.message.to = "other".into();
    assert!(matches!(provider.send(&nowhere).await, Err(SendError::Unreachable(_))));
    let open = json!({"rooms": "charge http://chat.example/T0/secret"});
    let problems = Chat::validate(open.as_object().unwrap()).unwrap_err().join("\n");
    assert!(problems.contains("chat.rooms") && !problems.contains("secret"), "{problems}");
}

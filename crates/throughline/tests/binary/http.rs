//! A small HTTP/1.1 client: one request a connection.

use serde_json::Value as Json;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer whose head came whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Asks; an error when the head of the answer did not come whole.
pub fn ask(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    // A server may answer and hang up before it has read all: its answer counts.
    let sent = stream.write_all(body);
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        sent?;
        read?;
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    Ok(Answer { status, head: head.to_lowercase(), text: String::from_utf8_lossy(&bytes[end + 4..]).into_owned() })
}

pub fn get(to: SocketAddr, path: &str) -> Answer {
    ask(to, "GET", path, &[], b"").unwrap()
}

/// A POST of JSON with an API key.
pub fn post(to: SocketAddr, path: &str, key: &str, media: &str, body: &[u8]) -> io::Result<Answer> {
    let bearer = format!("Bearer {key}");
    ask(to, "POST", path, &[("authorization", &bearer), ("content-type", media)], body)
}

pub fn fhir(to: SocketAddr, key: &str, body: &[u8]) -> io::Result<Answer> {
    post(to, "/fhir/R4", key, "application/fhir+json", body)
}

pub fn event(to: SocketAddr, key: &str, body: &[u8]) -> io::Result<Answer> {
    post(to, "/events", key, "application/cloudevents+json", body)
}

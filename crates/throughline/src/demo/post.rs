//! The demo's sources send what cannot be read, by the real door: over HTTP, each with a key of its own.

use super::cast::{Letter, letters};
use hub::Hub;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read; the rest is not looked at.
const ANSWER_MAX: usize = 4096;
/// What the keys may do.
const SCOPES: &[&str] = &["fhir:write", "events:write"];

/// Sends all letters, one after the other. What does not arrive is missing in the demo, and said in the log.
pub async fn send_all(hub: Hub, address: SocketAddr) {
    if let Err(error) = send(&hub, address).await {
        tracing::warn!(demo.error = %error, "a source of the demo could not send");
    }
}

async fn send(hub: &Hub, address: SocketAddr) -> Result<(), String> {
    let mut keys: BTreeMap<&str, String> = BTreeMap::new();
    for letter in letters(hub.clock().now()) {
        if !keys.contains_key(letter.source) {
            keys.insert(letter.source, key(hub, &letter).await?);
        }
        let key = keys.get(letter.source).map_or("", String::as_str);
        tokio::time::timeout(ANSWER, one(address, &letter, key))
            .await
            .map_err(|_| "no answer in time".to_owned())?
            .map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// A key for the source of a letter.
async fn key(hub: &Hub, letter: &Letter) -> Result<String, String> {
    let (store, source, site) = (hub.store().clone(), letter.source, letter.site);
    let name = match source {
        "pharmacy" => "Main Street Pharmacy",
        super::WITH => "Northside Hospital",
        _ => "Eastside Clinic",
    };
    crate::serve::blocking(move || {
        let scopes = SCOPES.iter().map(|s| (*s).to_owned()).collect();
        let made = web::create_key(&store, name, scopes, source, site, "demo");
        made.map(|(_, secret)| secret).map_err(|e| e.to_string())
    })
    .await
}

async fn one(address: SocketAddr, letter: &Letter, key: &str) -> std::io::Result<()> {
    let Letter { method, path, media, body, .. } = letter;
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: {media}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = vec![0; ANSWER_MAX];
    // Its answer comes after it is durable: that is all that matters here.
    let _ = stream.read(&mut answer).await?;
    Ok(())
}

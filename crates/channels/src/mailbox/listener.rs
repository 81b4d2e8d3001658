//! The small mail server that takes in what comes back: connections, lines and time; what is said is [`Session`]'s.
//!
//! Invariants: a mail is answered with 250 only when what it means is durable; its content ends at CR LF . CR LF and
//! nowhere else, and one with a lone CR or LF in it is refused, so that no second mail can be hidden in it; every
//! wait, line, mail and number of connections has its bound.

use super::session::{COMMAND_MAX, Envelope, Session, Step};
use super::{Mailbox, Verdict};
use crate::contract::Sink;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

/// Octets that are read at once.
const CHUNK: usize = 16 * 1024;
/// How long to wait before an address that is taken is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// Of a mail that is too large this many times the most is read before the line is cut.
const OVERSIZE: usize = 2;
/// How long a word to somebody who is sent away may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the listener is to keep to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Door {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Octets of a mail.
    pub bytes_max: usize,
    /// Connections at the same time.
    pub connections_max: usize,
    /// For a command, for the content, for an answer of the hub.
    pub timeout: Duration,
}

/// Listens until dropped. An address that is taken is tried again.
pub(crate) async fn listen(door: Door, mailbox: Arc<Mailbox>, sink: Sink) {
    let listener = loop {
        match TcpListener::bind(door.listen).await {
            Ok(listener) => break listener,
            Err(error) => {
                tracing::error!(smtp.listen = %door.listen, error = %error.kind(), "no mail can be taken in");
                tokio::time::sleep(AGAIN).await;
            }
        }
    };
    tracing::info!(smtp.listen = %door.listen, "mail is taken in");
    let room = Arc::new(Semaphore::new(door.connections_max));
    // Dropped with this future, and every connection with it.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of files, or a client that left at once: the others go on.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            connections.spawn(send_away(stream, mailbox.name.clone()));
            // Those that are told so have a bound too.
            while connections.len() > door.connections_max * 2 {
                connections.join_next().await;
            }
            continue;
        };
        let (door, mailbox, sink) = (door.clone(), Arc::clone(&mailbox), Arc::clone(&sink));
        connections.spawn(async move {
            let mut line = Line { stream, buffer: Vec::new(), timeout: door.timeout };
            // A line that broke has nobody to tell.
            let _ = serve(&mut line, &door, &mailbox, &sink).await;
            drop(place);
        });
    }
}

async fn send_away(mut stream: TcpStream, name: String) {
    let text = format!("421 4.3.2 {name} too many connections, try again\r\n");
    let _ = timeout(FAREWELL, stream.write_all(text.as_bytes())).await;
}

/// The line broke, or took too long.
struct Gone;

/// One connection and what was read of it.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
    timeout: Duration,
}

/// A command, or what is wrong with it.
enum Heard {
    Command(Vec<u8>),
    TooLong,
}

/// What was read of a content.
enum Content {
    Whole(Vec<u8>),
    TooLarge,
    Crooked,
}

impl Line {
    async fn more(&mut self, until: Instant) -> Result<(), Gone> {
        let mut chunk = [0; CHUNK];
        match timeout_at(until, self.stream.read(&mut chunk)).await {
            Ok(Ok(n)) if n > 0 => {
                self.buffer.extend_from_slice(&chunk[..n]);
                Ok(())
            }
            _ => Err(Gone),
        }
    }

    /// The next command: all of it has to be there in time, however slowly it is written.
    async fn command(&mut self) -> Result<Heard, Gone> {
        let until = Instant::now() + self.timeout;
        let mut too_long = false;
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let mut line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                line.truncate(end);
                return Ok(if too_long || line.len() + 2 > COMMAND_MAX {
                    Heard::TooLong
                } else {
                    Heard::Command(line)
                });
            }
            if self.buffer.len() > COMMAND_MAX {
                // The last octet may be the CR of its end.
                too_long = true;
                self.buffer.drain(..self.buffer.len() - 1);
            }
            if let Err(gone) = self.more(until).await {
                self.say("421 4.4.2 too slow").await?;
                return Err(gone);
            }
        }
    }

    /// The content up to CR LF . CR LF, without its dots doubled (RFC 5321 section 4.5.2).
    async fn content(&mut self, bytes_max: usize) -> Result<Content, Gone> {
        let until = Instant::now() + self.timeout;
        // The line end of DATA is the one before a dot that comes at once.
        let mut raw: Vec<u8> = b"\r\n".to_vec();
        raw.append(&mut self.buffer);
        let (mut looked, mut dropped) = (0, 0);
        loop {
            if let Some(at) = find(&raw[looked..], b"\r\n.\r\n") {
                let end = looked + at;
                self.buffer = raw.split_off(end + 5);
                raw.truncate(end + 2);
                if dropped > 0 || raw.len() > bytes_max + 2 {
                    return Ok(Content::TooLarge);
                }
                return Ok(undotted(&raw).map_or(Content::Crooked, Content::Whole));
            }
            looked = raw.len().saturating_sub(4);
            if raw.len() > bytes_max + CHUNK {
                // It is refused by now; the rest is read so that the refusal can be told.
                dropped += looked;
                raw.drain(..looked);
                looked = 0;
                if dropped > bytes_max.saturating_mul(OVERSIZE) {
                    self.say("552 5.3.4 too large").await?;
                    return Err(Gone);
                }
            }
            self.more(until).await?;
            raw.append(&mut self.buffer);
        }
    }

    async fn say(&mut self, text: &str) -> Result<(), Gone> {
        let line = format!("{text}\r\n");
        match timeout(self.timeout, self.stream.write_all(line.as_bytes())).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }
}

async fn serve(line: &mut Line, door: &Door, mailbox: &Mailbox, sink: &Sink) -> Result<(), Gone> {
    let mut session = Session::new(&mailbox.name, door.bytes_max);
    line.say(&session.greeting()).await?;
    loop {
        let step = match line.command().await? {
            Heard::Command(command) => session.command(&command, &mailbox.addresses),
            Heard::TooLong => session.mistake("500 5.5.2 the line is too long".into()),
        };
        match step {
            Step::Say(text) => line.say(&text).await?,
            Step::Close(text) => return line.say(&text).await,
            Step::Content => {
                line.say("354 end with <CR><LF>.<CR><LF>").await?;
                let envelope = session.take();
                let answer = match line.content(door.bytes_max).await? {
                    Content::Whole(mail) => take(&envelope, &mail, door, mailbox, sink).await,
                    Content::TooLarge => "552 5.3.4 too large",
                    Content::Crooked => "550 5.6.0 a lone CR or LF is not taken: lines end in CR LF",
                };
                line.say(answer).await?;
            }
        }
    }
}

/// What a mail means is made durable, and then it is said that it was taken.
async fn take(envelope: &Envelope, mail: &[u8], door: &Door, mailbox: &Mailbox, sink: &Sink) -> &'static str {
    let facts = match mailbox.read(envelope, mail, super::now()) {
        Verdict::Facts(facts) => facts,
        Verdict::Nothing => return "250 2.0.0 OK",
        Verdict::Unreadable => return "554 5.6.0 it does not read",
    };
    match timeout(door.timeout, sink(facts)).await {
        Ok(Ok(())) => "250 2.0.0 OK",
        // Brought again, it is known to be the same.
        _ => "451 4.3.0 try again",
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

/// Content between two line ends with the first dot of each line taken away; `None` when it has a lone CR or LF.
fn undotted(raw: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw.strip_prefix(b"\r\n")?;
    while !rest.is_empty() {
        let end = find(rest, b"\r\n")?;
        let line = &rest[..end];
        if line.iter().any(|b| matches!(b, b'\r' | b'\n')) {
            return None;
        }
        out.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        out.extend_from_slice(b"\r\n");
        rest = &rest[end + 2..];
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_taken_away_and_lone_line_ends_refused() {
        assert_eq!(undotted(b"\r\n..a\r\n.b\r\n...\r\n").as_deref(), Some(&b".a\r\nb\r\n..\r\n"[..]));
        assert_eq!(undotted(b"\r\n").as_deref(), Some(&b""[..]));
        for bad in [&b"\r\na\nb\r\n"[..], b"\r\na\rb\r\n", b"\r\n\n.\nMAIL\r\n", b"\r\na\r\r\n"] {
            assert_eq!(undotted(bad), None, "{bad:?}");
        }
    }
}

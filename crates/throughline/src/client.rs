//! One request to a running hub, over HTTP/1.1 or TLS, with an API key.
//!
//! Bounded in time and bytes; redirects are not followed, for the key goes to nobody else.

use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer is waited for: the hub proves a version before it answers.
const ANSWER: Duration = Duration::from_secs(120);
/// Bytes of an answer.
const ANSWER_MAX: u64 = 16 * 1024 * 1024;

/// Said when nobody knows whether what was asked was done.
const UNSURE: &str =
    "a version that was sent may be in force all the same: look with --dry-run before it is sent again";

/// Where a hub is.
#[derive(Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
    tls: bool,
    /// What stands before the hub's own paths, without a slash at its end.
    base: String,
}

/// What a hub answered.
pub struct Answer {
    /// Status.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Address {
    /// `http://host:port/base`, `https://host`.
    pub fn read(url: &str) -> Result<Self, String> {
        let wrong = || format!("`{url}` is no address of a hub: one such as https://hub.example.org is expected");
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let tls = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(wrong()),
        };
        let (place, base) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match place.rsplit_once(':') {
            // The colons of an IPv6 address stand in brackets.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong())?),
            _ => (place, if tls { 443 } else { 80 }),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
        if host.is_empty() || !host.chars().all(plain) || base.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(wrong());
        }
        let base = base.trim_end_matches('/');
        let base = if base.is_empty() { String::new() } else { format!("/{base}") };
        Ok(Self { host: host.into(), port, tls, base })
    }

    /// A POST of JSON. Blocks.
    pub fn post(&self, path: &str, key: &str, body: &str) -> Result<Answer, String> {
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err("the key is none: one such as tl_…_… is expected (--key, or THROUGHLINE_KEY)".into());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        let asked = self.ask(path, key, body);
        let answered = runtime.block_on(async { tokio::time::timeout(ANSWER, asked).await });
        let place = format!("{}:{}", self.host, self.port);
        let bytes = answered
            .map_err(|_| format!("the hub at {place} did not answer within {} s: {UNSURE}", ANSWER.as_secs()))?
            .map_err(|e| format!("the hub at {place} could not be reached: {e}"))?;
        read(&bytes).ok_or_else(|| {
            format!("what answers at {place} is no hub, or stopped in the middle of its answer: {UNSURE}")
        })
    }

    async fn ask(&self, path: &str, key: &str, body: &str) -> std::io::Result<Vec<u8>> {
        let request = format!(
            "POST {}{path} HTTP/1.1\r\nhost: {}:{}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
             accept: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.base,
            self.host,
            self.port,
            body.len()
        );
        let host = self.host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.port)).await?;
        if self.tls { said(tls(host, stream).await?, &request).await } else { said(stream, &request).await }
    }
}

/// TLS with the certificates that this machine trusts.
async fn tls(host: &str, stream: TcpStream) -> std::io::Result<impl AsyncRead + AsyncWrite + Unpin> {
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::ServerName;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};
    let other = |e: &dyn std::fmt::Display| std::io::Error::other(e.to_string());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(std::sync::Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| other(&e))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|e| other(&e))?;
    TlsConnector::from(std::sync::Arc::new(config)).connect(name, stream).await
}

/// Writes the request and reads until the hub closes.
async fn said(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> std::io::Result<Vec<u8>> {
    // A hub may answer and hang up before it has read all: its answer counts.
    let sent = stream.write_all(request.as_bytes()).await;
    let flushed = stream.flush().await;
    let mut bytes = Vec::new();
    let read = stream.take(ANSWER_MAX).read_to_end(&mut bytes).await;
    if bytes.is_empty() {
        sent?;
        flushed?;
        read?;
    }
    Ok(bytes)
}

/// Status and body; the body may come in chunks.
fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?.to_ascii_lowercase();
    let status = head.strip_prefix("http/1.")?.split(' ').nth(1)?.parse().ok()?;
    let body = &bytes[end + 4..];
    let chunked = head.lines().any(|l| l.starts_with("transfer-encoding:") && l.contains("chunked"));
    let body = if chunked { joined(body)? } else { body.to_vec() };
    Some(Answer { status, text: String::from_utf8(body).ok()? })
}

/// Chunks joined.
fn joined(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    // Each round takes a chunk's head away at least.
    loop {
        let line = body.windows(2).position(|w| w == b"\r\n")?;
        let size = std::str::from_utf8(&body[..line]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        body = &body[line + 2..];
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(body.get(..size)?);
        body = body.get(size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read() {
        let read = |url: &str| Address::read(url).map(|a| (a.host, a.port, a.tls, a.base));
        assert_eq!(read("http://127.0.0.1:8080"), Ok(("127.0.0.1".into(), 8080, false, String::new())));
        assert_eq!(read("https://hub.example.org/"), Ok(("hub.example.org".into(), 443, true, String::new())));
        assert_eq!(read("https://[::1]/a/b/"), Ok(("[::1]".into(), 443, true, "/a/b".into())));
        assert_eq!(read("http://[::1]:81"), Ok(("[::1]".into(), 81, false, String::new())));
        for wrong in ["", "hub", "ftp://hub", "http://", "http://a b", "http://hub:x", "http://u@hub", "http://h/a b"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_is_read_whole_or_in_chunks() {
        let plain = read(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}").expect("an answer");
        assert_eq!((plain.status, plain.text.as_str()), (201, "{}"));
        let chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n";
        assert_eq!(read(chunks).map(|a| a.text), Some("abcde".into()));
        for wrong in [&b"hello"[..], b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"] {
            assert!(read(wrong).is_none());
        }
    }

    #[test]
    fn a_key_that_would_break_the_head_is_refused() {
        let hub = Address::read("http://127.0.0.1:1").expect("an address");
        for wrong in ["", "tl_a\r\nx: y", "tl a"] {
            assert!(hub.post("/", wrong, "{}").is_err_and(|e| e.contains("THROUGHLINE_KEY")), "{wrong:?}");
        }
    }
}

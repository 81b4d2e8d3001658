//! Outgoing HTTP of the hub: the one road by which it asks anything of the world but mail.
//!
//! [`Egress::send`] asks one question and gives the answer, whatever its status, or says why there is none.
//!
//! Invariants
//! * An [`Error`] says whether the question may have been heard: [`Error::NotSent`] and [`Error::Refused`] are sure that
//!   it was not, [`Error::Ambiguous`] does not know, [`Error::TooLarge`] knows that it was.
//! * The name is resolved once, each address is looked at ([`address`]), and the connection goes to one that may be
//!   reached. A redirect is an answer like any other: nobody is sent elsewhere by it.
//! * Everything has an end: connecting, the whole exchange, the answer's head and its body.
//! * What is sent and what comes back is never logged.
//!
//! Deliberately absent: retries, signatures, proxies, cookies, a pool of connections: who asks often enough to need one
//! brings the reason.

pub mod address;
mod connect;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// The largest head of an answer, bytes.
const HEAD_MAX: usize = 64 * 1024;
/// The most headers of an answer that are given.
const HEADERS_MAX: usize = 100;
/// How long connecting may take, unless the whole is shorter.
pub const CONNECT_MAX: Duration = Duration::from_secs(10);

/// How something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Does.
    Post,
    /// Writes.
    Put,
    /// Takes away.
    Delete,
}

/// A question.
#[derive(Clone)]
pub struct Request {
    /// How.
    pub method: Method,
    /// `https://…`; `http://…` only to a private address that is allowed.
    pub url: Url,
    /// Beside `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// Bytes.
    pub body: Vec<u8>,
    /// The whole exchange, connecting included.
    pub within: Duration,
    /// The largest body of an answer, bytes.
    pub answer_max: usize,
    /// Addresses of the machine's own and of private networks may be reached.
    pub private: bool,
}

/// An answer, whatever its status.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// `200`.
    pub status: u16,
    /// Names in lower case; those that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// Bytes.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Response {
    /// Its shape alone: what was said may be about somebody.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

impl Response {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer. Says nothing of what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is never asked so: the URL, a header or the address is not allowed.
    #[error("not allowed: {0}")]
    Refused(String),
    /// It was not heard: no name, no connection, no trust.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It may have been heard.
    #[error("no answer: {0}")]
    Ambiguous(String),
    /// It was answered with more than was wanted.
    #[error("the answer (status {status}) is larger than {max} bytes")]
    TooLarge {
        /// The answer's status.
        status: u16,
        /// The bound.
        max: usize,
    },
}

/// Asks. Cheap to clone.
#[derive(Clone)]
pub struct Egress {
    trust: tokio_rustls::TlsConnector,
    hosts: BTreeMap<String, Vec<IpAddr>>,
}

impl Egress {
    /// Trusts what the machine trusts, and the authorities of these PEM files' texts.
    pub fn new(authorities: &[Vec<u8>]) -> Result<Self, Error> {
        Ok(Self { trust: connect::trust(authorities)?, hosts: BTreeMap::new() })
    }

    /// A name that is not looked up: it has these addresses.
    pub fn with_host(mut self, name: &str, addresses: &[IpAddr]) -> Self {
        self.hosts.insert(name.to_ascii_lowercase(), addresses.to_vec());
        self
    }

    /// Asks once.
    pub async fn send(&self, request: &Request) -> Result<Response, Error> {
        let until = Instant::now() + request.within;
        let asked = ask(request)?;
        let connected = until.min(Instant::now() + CONNECT_MAX);
        let stream = match timeout_at(connected, connect::to(self, request, connected)).await {
            Ok(stream) => stream?,
            Err(_) => return Err(Error::NotSent("connecting took too long".into())),
        };
        match timeout_at(until, exchange(stream, asked, request.answer_max)).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Ambiguous("it took too long".into())),
        }
    }
}

/// The question as it goes over the wire.
fn ask(request: &Request) -> Result<hyper::Request<Full<Bytes>>, Error> {
    let url = &request.url;
    let refused = |what: &str| Error::Refused(what.to_owned());
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("a URL with a user or a password"));
    }
    let host = url.host_str().ok_or_else(|| refused("a URL without a host"))?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let method = match request.method {
        Method::Get => hyper::Method::GET,
        Method::Post => hyper::Method::POST,
        Method::Put => hyper::Method::PUT,
        Method::Delete => hyper::Method::DELETE,
    };
    let mut asked = hyper::Request::builder()
        .method(method)
        .uri(path)
        .body(Full::new(Bytes::from(request.body.clone())))
        .map_err(|_| refused("a URL that is no HTTP target"))?;
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| refused("a header's value"));
    asked.headers_mut().insert(HOST, value(&host)?);
    for (name, text) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused("a header's name"))?;
        asked.headers_mut().append(name, value(text)?);
    }
    Ok(asked)
}

/// From the first byte on nobody knows whether it was heard, until there is an answer.
async fn exchange(
    stream: connect::Stream,
    asked: hyper::Request<Full<Bytes>>,
    answer_max: usize,
) -> Result<Response, Error> {
    let ambiguous = |e: hyper::Error| Error::Ambiguous(told(&e));
    let mut http = hyper::client::conn::http1::Builder::new();
    http.max_buf_size(HEAD_MAX).max_headers(HEADERS_MAX);
    let (mut sender, connection) = http.handshake(TokioIo::new(stream)).await.map_err(ambiguous)?;
    // Driven here, so that it ends with this exchange whatever becomes of it.
    let mut connection = std::pin::pin!(connection);
    let answer = async {
        let answer = sender.send_request(asked).await.map_err(ambiguous)?;
        read(answer, answer_max).await
    };
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        done = &mut answer => done,
        over = &mut connection => {
            // What was read before the other side closed is still told.
            match (tokio::time::timeout(Duration::ZERO, &mut answer).await, over) {
                (Ok(done), _) => done,
                (Err(_), Err(e)) => Err(ambiguous(e)),
                (Err(_), Ok(())) => Err(Error::Ambiguous("the connection was closed".into())),
            }
        }
    }
}

async fn read(answer: hyper::Response<Incoming>, max: usize) -> Result<Response, Error> {
    let (head, mut body) = answer.into_parts();
    let status = head.status.as_u16();
    let named = |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    let headers = head.headers.iter().filter_map(named).collect();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| Error::Ambiguous(told(&e)))?;
        let Some(data) = frame.data_ref() else { continue };
        if bytes.len() + data.len() > max {
            return Err(Error::TooLarge { status, max });
        }
        bytes.extend_from_slice(data);
    }
    Ok(Response { status, headers, body: bytes })
}

/// What hyper says, without anything of the exchange itself.
fn told(error: &hyper::Error) -> String {
    let what = match () {
        () if error.is_parse() => "the answer is no HTTP",
        () if error.is_incomplete_message() => "the connection was closed before the answer was whole",
        () if error.is_timeout() => "it took too long",
        () => "the connection broke",
    };
    what.into()
}

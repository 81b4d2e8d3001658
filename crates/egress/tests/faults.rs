//! Real servers on this machine, and all that they may do wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use throughline_egress::{Egress, Error, Method, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn egress() -> Egress {
    Egress::new(&[]).unwrap()
}

fn ask(url: &str) -> Request {
    Request {
        method: Method::Post,
        url: Url::parse(url).unwrap(),
        headers: vec![("content-type".into(), "application/json".into()), ("idempotency-key".into(), "k1".into())],
        body: b"{\"a\":1}".to_vec(),
        within: Duration::from_millis(400),
        answer_max: 1_000,
        private: true,
    }
}

/// A server that does this with each connection; its address.
async fn raw<F, D>(does: D) -> SocketAddr
where
    D: Fn(TcpStream) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(does(stream));
        }
    });
    at
}

/// Reads the head of a question.
async fn heard(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut piece = [0; 512];
    while !seen.windows(7).any(|w| w == b"{\"a\":1}") {
        let n = stream.read(&mut piece).await.unwrap();
        assert!(n > 0);
        seen.extend_from_slice(&piece[..n]);
    }
}

async fn says(at: SocketAddr) -> Result<Response, Error> {
    egress().send(&ask(&format!("http://{at}/hook?x=1"))).await
}

#[tokio::test]
async fn what_is_asked_is_heard_and_what_is_answered_is_given() {
    let echo = |headers: HeaderMap, uri: axum::http::Uri, body: String| async move {
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let host = header("host");
        assert!(host.starts_with("127.0.0.1:"), "{host}");
        (StatusCode::CREATED, [("x-key", header("idempotency-key"))], format!("{uri} {body}"))
    };
    let app = Router::new().route("/hook", post(echo)).route("/get", get(|| async { "got" }));
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let answer = says(at).await.unwrap();
    assert_eq!((answer.status, answer.header("x-key")), (201, Some("k1")));
    assert_eq!(answer.body, b"/hook?x=1 {\"a\":1}");
    let mut request = ask(&format!("http://{at}/get"));
    (request.method, request.body) = (Method::Get, Vec::new());
    assert_eq!(egress().send(&request).await.unwrap().body, b"got");
    assert_eq!(egress().send(&ask(&format!("http://{at}/none"))).await.unwrap().status, 404);
}

#[tokio::test]
async fn what_was_surely_not_heard_is_told_apart() {
    // Nobody listens there any more.
    let free = TcpListener::bind((LOCAL, 0)).await.unwrap().local_addr().unwrap();
    assert!(matches!(says(free).await, Err(Error::NotSent(_))));
    assert!(matches!(egress().send(&ask("https://no-such-name.invalid/")).await, Err(Error::NotSent(_))));
    // Hands are not shaken: it speaks no TLS.
    let plain = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    })
    .await;
    assert!(matches!(egress().send(&ask(&format!("https://{plain}/"))).await, Err(Error::NotSent(_))));
    for url in ["http://user:word@127.0.0.1/", "ftp://127.0.0.1/", "http://8.8.8.8/"] {
        assert!(matches!(egress().send(&ask(url)).await, Err(Error::Refused(_))), "{url}");
    }
    let mut split = ask("http://127.0.0.1:1/");
    split.headers.push(("x-a".into(), "b\r\nx-c: d".into()));
    assert!(matches!(egress().send(&split).await, Err(Error::Refused(_))), "a header is one header");
}

#[tokio::test]
async fn an_address_that_swallows_everything_keeps_nobody_from_the_next() {
    let server = raw(|mut stream| async move {
        heard(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await.unwrap();
    })
    .await;
    // Its queue is full and nobody takes from it: further connections hear nothing at all.
    let hole = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(hole, server.port())).unwrap();
    let listener = socket.listen(1).unwrap();
    let mut full = Vec::new();
    for _ in 0..8 {
        let connect = TcpStream::connect(listener.local_addr().unwrap());
        match tokio::time::timeout(Duration::from_millis(200), connect).await {
            Ok(stream) => full.push(stream.unwrap()),
            Err(_) => break,
        }
    }
    assert!(full.len() < 8, "its queue is full");
    let egress = egress().with_host("service", &[hole, LOCAL]);
    let mut request = ask(&format!("http://service:{}/", server.port()));
    request.within = Duration::from_secs(5);
    let since = Instant::now();
    assert_eq!(egress.send(&request).await.unwrap().body, b"hi");
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
}

#[tokio::test]
async fn what_may_have_been_heard_is_ambiguous() {
    // Accepts, reads the question, and resets.
    let resets = raw(|mut stream| async move {
        heard(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    assert!(matches!(says(resets).await, Err(Error::Ambiguous(_))));
    // Closes in the middle of its answer.
    let half = raw(|mut stream| async move {
        heard(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"answers\"").await.unwrap();
    })
    .await;
    assert!(matches!(says(half).await, Err(Error::Ambiguous(_))));
    // Answers with something that is no HTTP.
    let other = raw(|mut stream| async move {
        heard(&mut stream).await;
        stream.write_all(b"220 mail.example ready\r\n").await.unwrap();
    })
    .await;
    assert!(matches!(says(other).await, Err(Error::Ambiguous(_))));
}

#[tokio::test]
async fn whoever_is_slow_is_left_in_time() {
    let hangs = raw(|mut stream| async move {
        heard(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    // A byte of the head at a time, for ever.
    let drips = raw(|mut stream| async move {
        heard(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if stream.write_all(b"x-a: b\r\n").await.is_err() {
                return;
            }
        }
    })
    .await;
    // The same with the body.
    let trickles = raw(|mut stream| async move {
        heard(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n").await;
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if stream.write_all(b"x").await.is_err() {
                return;
            }
        }
    })
    .await;
    for at in [hangs, drips, trickles] {
        let began = Instant::now();
        assert!(matches!(says(at).await, Err(Error::Ambiguous(_))));
        assert!(began.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn an_answer_has_a_bound() {
    let large = raw(|mut stream| async move {
        heard(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        for _ in 0..100 {
            if stream.write_all(b"64\r\n").await.is_err() || stream.write_all(&[b'x'; 100]).await.is_err() {
                return;
            }
            let _ = stream.write_all(b"\r\n").await;
        }
    })
    .await;
    assert_eq!(says(large).await, Err(Error::TooLarge { status: 200, max: 1_000 }));
    let head = raw(|mut stream| async move {
        heard(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx-a: ").await;
        for _ in 0..2_000 {
            if stream.write_all(&[b'x'; 100]).await.is_err() {
                return;
            }
        }
    })
    .await;
    assert!(matches!(says(head).await, Err(Error::Ambiguous(_))), "a head without end");
}

#[tokio::test]
async fn a_status_is_an_answer_and_nobody_is_sent_elsewhere() {
    for status in [302, 307, 429, 500] {
        let at = raw(move |mut stream| async move {
            heard(&mut stream).await;
            let text = format!(
                "HTTP/1.1 {status} Here\r\nlocation: http://169.254.169.254/latest/meta-data/\r\ncontent-length: 0\r\n\r\n"
            );
            stream.write_all(text.as_bytes()).await.unwrap();
        })
        .await;
        let answer = says(at).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (status, 0));
    }
}

#[tokio::test]
async fn private_addresses_are_reached_only_where_that_is_allowed_and_links_never() {
    let at = raw(|mut stream| async move {
        heard(&mut stream).await;
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    })
    .await;
    let named = |addresses: &[IpAddr]| egress().with_host("service.test", addresses);
    let mut request = ask(&format!("http://service.test:{}/", at.port()));
    assert_eq!(named(&[LOCAL]).send(&request).await.unwrap().status, 204);
    let link: IpAddr = "169.254.169.254".parse().unwrap();
    assert!(matches!(named(&[link]).send(&request).await, Err(Error::Refused(_))), "whatever a setting allows");
    assert_eq!(named(&[link, LOCAL]).send(&request).await.unwrap().status, 204, "to the one that may be reached");
    request.private = false;
    assert!(matches!(named(&[LOCAL]).send(&request).await, Err(Error::Refused(_))));
    request.url = Url::parse(&format!("https://service.test:{}/", at.port())).unwrap();
    for private in ["127.0.0.1", "10.0.0.1", "::1", "fd00::1", "::ffff:127.0.0.1"] {
        let said = named(&[private.parse().unwrap()]).send(&request).await;
        assert!(matches!(said, Err(Error::Refused(_))), "{private} {said:?}", said = said.as_ref().err());
    }
    let mut literal = ask(&format!("https://127.0.0.1:{}/", at.port()));
    literal.private = false;
    assert!(matches!(egress().send(&literal).await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn tls_trusts_whom_it_is_told_to_and_nobody_else() {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(include_bytes!("certs/leaf.pem")).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("certs/leaf.key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let at = raw(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut piece = [0; 1_024];
            let _ = stream.read(&mut piece).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    let trusting = Egress::new(&[include_bytes!("certs/ca.pem").to_vec()]).unwrap();
    let url = |name: &str| format!("https://{name}:{}/", at.port());
    let known = trusting.clone().with_host("service.test", &[LOCAL]).with_host("other.test", &[LOCAL]);
    assert_eq!(known.send(&ask(&url("service.test"))).await.unwrap().body, b"ok");
    assert!(matches!(known.send(&ask(&url("other.test"))).await, Err(Error::NotSent(_))), "another's certificate");
    let stranger = egress().with_host("service.test", &[LOCAL]);
    assert!(matches!(stranger.send(&ask(&url("service.test"))).await, Err(Error::NotSent(_))), "nobody vouches");
    assert!(Egress::new(&[b"no certificate".to_vec()]).is_err());
}

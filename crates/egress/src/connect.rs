//! From a URL to a connection: resolve once, look at each address, connect, shake hands.

use crate::address::{Reach, reach};
use crate::{Egress, Error, Request};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 4;
/// The shortest that one address is tried.
const SHARE_MIN: Duration = Duration::from_secs(1);

/// What is trusted: the machine's authorities, and these.
pub fn trust(authorities: &[Vec<u8>]) -> Result<TlsConnector, Error> {
    let refused = |what: String| Error::Refused(what);
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    let (_, ignored) = roots.add_parsable_certificates(native.certs);
    if ignored > 0 || !native.errors.is_empty() {
        tracing::debug!(ignored, errors = native.errors.len(), "some of the machine's authorities cannot be read");
    }
    for pem in authorities {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|e| refused(format!("an authority that is no PEM: {e}")))?;
            roots.add(certificate).map_err(|e| refused(format!("an authority that cannot be trusted: {e}")))?;
        }
        if roots.len() == before {
            return Err(refused("a file of authorities without one".into()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| refused(format!("TLS: {e}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A connection, with or without TLS.
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects to the host of the request's URL, until then. Each address has its share of the time: one that swallows
/// everything keeps nobody from the next.
pub async fn to(egress: &Egress, request: &Request, until: Instant) -> Result<Stream, Error> {
    let url = &request.url;
    let tls = match url.scheme() {
        "https" => true,
        "http" if request.private => false,
        other => return Err(Error::Refused(format!("`{other}` to a service that is not on a network of one's own"))),
    };
    let host = url.host().ok_or_else(|| Error::Refused("a URL without a host".into()))?;
    let port = url.port_or_known_default().unwrap_or(443);
    let found = addresses(egress, &host, port).await?;
    let may = |address: &IpAddr| match reach(*address) {
        Reach::Public => tls,
        Reach::Private => request.private,
        Reach::Never => false,
    };
    let allowed: Vec<IpAddr> = found.into_iter().filter(may).take(ADDRESSES_MAX).collect();
    if allowed.is_empty() {
        return Err(Error::Refused("the service has no address that may be reached".into()));
    }
    let mut why = String::new();
    for (left, address) in (1..=allowed.len()).rev().zip(&allowed) {
        let share = until.saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(u32::MAX);
        let connect = TcpStream::connect(SocketAddr::new(*address, port));
        match timeout(share.max(SHARE_MIN), connect).await {
            // It is small and waited for.
            Ok(Ok(stream)) => {
                let _ = stream.set_nodelay(true);
                return secure(egress, stream, &host, tls).await;
            }
            Ok(Err(e)) => why = e.kind().to_string(),
            Err(_) => why = "it took too long".into(),
        }
    }
    Err(Error::NotSent(format!("no connection: {why}")))
}

async fn addresses(egress: &Egress, host: &Host<&str>, port: u16) -> Result<Vec<IpAddr>, Error> {
    let name = match host {
        Host::Ipv4(address) => return Ok(vec![IpAddr::V4(*address)]),
        Host::Ipv6(address) => return Ok(vec![IpAddr::V6(*address)]),
        Host::Domain(name) => *name,
    };
    if let Some(known) = egress.hosts.get(&name.to_ascii_lowercase()) {
        return Ok(known.clone());
    }
    let found = tokio::net::lookup_host((name, port)).await;
    let found = found.map_err(|e| Error::NotSent(format!("the name cannot be resolved: {}", e.kind())))?;
    Ok(found.map(|socket| socket.ip()).collect())
}

async fn secure(egress: &Egress, stream: TcpStream, host: &Host<&str>, tls: bool) -> Result<Stream, Error> {
    if !tls {
        return Ok(Stream::Plain(stream));
    }
    let name = match host {
        Host::Domain(name) => ServerName::try_from((*name).to_owned()).map_err(|_| Error::Refused("a name".into()))?,
        Host::Ipv4(address) => ServerName::IpAddress(IpAddr::V4(*address).into()),
        Host::Ipv6(address) => ServerName::IpAddress(IpAddr::V6(*address).into()),
    };
    // Nothing of the question is sent before hands were shaken.
    let stream = egress.trust.connect(name, stream).await.map_err(|e| Error::NotSent(format!("no trust: {e}")))?;
    Ok(Stream::Tls(Box::new(stream)))
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

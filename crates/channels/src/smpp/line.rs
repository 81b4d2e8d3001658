//! A line to a message centre: TCP, with or without TLS.

use super::SmppConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Bytes both ways.
pub(super) trait Both: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Both for T {}

/// Whom a line with TLS trusts: the machine's authorities, and the one that is set. `None` without TLS.
pub(super) fn trust(config: &SmppConfig) -> Result<Option<TlsConnector>, String> {
    if !config.tls {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &config.ca {
        let pem = std::fs::read(path).map_err(|e| format!("smpp.ca: cannot be read: {}", e.kind()))?;
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|_| "smpp.ca: is no PEM file".to_owned())?;
            roots.add(certificate).map_err(|e| format!("smpp.ca: {e}"))?;
        }
        if roots.len() == before {
            return Err("smpp.ca: holds no authority".into());
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| format!("smpp.tls: {e}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(TlsConnector::from(Arc::new(config))))
}

/// Connects.
pub(super) async fn open(config: &SmppConfig, trust: Option<&TlsConnector>) -> io::Result<Box<dyn Both>> {
    let tcp = TcpStream::connect((config.host.as_str(), config.port)).await?;
    // Answers are small and waited for.
    tcp.set_nodelay(true)?;
    let Some(tls) = trust else { return Ok(Box::new(tcp)) };
    let name = ServerName::try_from(config.host.clone()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    Ok(Box::new(tls.connect(name, tcp).await?))
}

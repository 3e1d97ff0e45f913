//! Who the gateway is, and whom it believes, towards an upstream.
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::pem;
use super::verify::Anyone;
use crate::shared::Shared;
use crate::snapshot::{Service, Snapshot};

/// Everything that tells TLS connections to one address apart.
#[derive(Clone)]
pub struct Identity {
    /// Equal numbers mean equal identities.
    pub number: u64,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static KNOWN: RefCell<HashMap<String, Identity>> = RefCell::default();
}

/// More than this many identities in one worker: start over.
const LIMIT: usize = 10_000;

impl Identity {
    /// The identity for a service; `host` is the Host header that is sent, whose name is the SNI too.
    pub fn of(snapshot: &Snapshot, service: &Service, host: &[u8], shared: &Shared) -> Result<Self, String> {
        let name = String::from_utf8_lossy(host);
        let name =
            name.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(&*name, |it| it.0);
        let key = key(snapshot, service, name) + if service.is_grpc() { "|h2" } else { "" };
        if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).cloned()) {
            return Ok(known);
        }
        let identity = Self::new(snapshot, service, name, shared)?;
        KNOWN.with_borrow_mut(|known| {
            if known.len() >= LIMIT {
                known.clear();
            }
            known.insert(key, identity.clone());
        });
        Ok(identity)
    }

    fn new(snapshot: &Snapshot, service: &Service, name: &str, shared: &Shared) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = if service.tls_verify == Some(true) {
            let roots = Arc::new(roots(snapshot, service, shared)?);
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider)
                .build()
                .map_err(|error| error.to_string())?;
            builder.dangerous().with_custom_certificate_verifier(verifier)
        } else {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        };
        let mut config = match client_certificate(snapshot, service, shared)? {
            Some(own) => {
                builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(own)))
            }
            None => builder.with_no_client_auth(),
        };
        if service.is_grpc() {
            config.alpn_protocols = vec![b"h2".to_vec()];
        }
        let name = name.trim_matches(['[', ']']).to_owned();
        Ok(Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            config: Arc::new(config),
            name: ServerName::try_from(name).map_err(|error| error.to_string())?,
        })
    }

    /// For a health check: verified by the system's certificates, or not at all.
    pub fn of_probe(name: &str, verify: bool) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let config = if verify {
            let mut roots = RootCertStore::empty();
            let text = std::fs::read(SYSTEM).map_err(|error| format!("{SYSTEM}: {error}"))?;
            roots.add_parsable_certificates(pem::chain(&text)?);
            builder.with_root_certificates(roots).with_no_client_auth()
        } else {
            let anyone = Arc::new(Anyone(provider));
            builder.dangerous().with_custom_certificate_verifier(anyone).with_no_client_auth()
        };
        let name = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
        Ok(Self { number: 0, config: Arc::new(config), name })
    }

    pub async fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(self.config.clone()).connect(self.name.clone(), stream).await
    }
}

/// Certificates may change under their id, so their content's place in memory belongs to the key.
fn key(snapshot: &Snapshot, service: &Service, name: &str) -> String {
    let certificate = client_certificate_id(snapshot, service);
    let row = certificate.and_then(|id| snapshot.tables.get("certificates", id));
    let version = row.map_or(0, |row| Arc::as_ptr(row) as usize);
    let certificate = certificate.map_or("", |id| id);
    format!("{name}|{:?}|{:?}|{certificate}|{version:x}", service.tls_verify, service.ca_certificates)
}

/// The service's own, else that of the Upstream that it names.
fn client_certificate_id<'a>(snapshot: &'a Snapshot, service: &'a Service) -> Option<&'a Arc<str>> {
    let own = service.client_certificate.as_ref().map(|reference| &reference.id);
    own.or_else(|| snapshot.upstreams.get(&service.host)?.client_certificate.as_ref())
}

fn client_certificate(
    snapshot: &Snapshot,
    service: &Service,
    shared: &Shared,
) -> Result<Option<CertifiedKey>, String> {
    let own = |key: &CertifiedKey| CertifiedKey::new(key.cert.clone(), key.key.clone());
    let Some(id) = client_certificate_id(snapshot, service) else {
        return Ok(shared.client_certificate.as_deref().map(own));
    };
    let row = snapshot.tables.get("certificates", id).ok_or("the client certificate is unknown")?;
    let (chain, key) = (row.text("cert").unwrap_or_default(), row.text("key").unwrap_or_default());
    super::certified_key(chain.as_bytes(), key.as_bytes()).map(|key| Some(own(&key)))
}

/// The service's CA certificates, else `lua_ssl_trusted_certificate`.
fn roots(snapshot: &Snapshot, service: &Service, shared: &Shared) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for id in service.ca_certificates.iter().flatten() {
        let row = snapshot.tables.get("ca_certificates", id).ok_or("a CA certificate is unknown")?;
        roots.add_parsable_certificates(pem::chain(row.text("cert").unwrap_or_default().as_bytes())?);
    }
    if service.ca_certificates.is_none() {
        for path in &shared.settings.lua_ssl_trusted_certificate {
            let text = super::read(if path == "system" { SYSTEM } else { path })?;
            roots.add_parsable_certificates(pem::chain(&text)?);
        }
    }
    Ok(roots)
}

const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

//! Who the gateway is, and whom it believes, towards an upstream.
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::pem;
use super::trust::{self, Trust};
use crate::exchange::Exchange;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::snapshot::{Entity, Service, Snapshot};

/// Everything that tells TLS connections to one address apart.
#[derive(Clone)]
pub struct Identity {
    /// Equal numbers mean equal identities.
    pub number: u64,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// Which HTTP versions an upstream may choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offer {
    Http1,
    Both,
    Http2,
}

impl Offer {
    fn protocols(self) -> Vec<Vec<u8>> {
        match self {
            Self::Http1 => Vec::new(),
            Self::Both => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Self::Http2 => vec![b"h2".to_vec()],
        }
    }
}

/// What an identity is made from. Rows and certificates change under their ids, so it is their places in memory that
/// count.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    name: String,
    offer: Offer,
    /// `None`: anyone is believed.
    depth: Option<usize>,
    authorities: Option<Vec<usize>>,
    certificate: usize,
}

struct Known {
    identity: Identity,
    /// Held, so that nothing else takes their places.
    _parts: Parts,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static KNOWN: RefCell<HashMap<Key, Known>> = RefCell::default();
}

/// More than this many identities in one worker: start over.
const LIMIT: usize = 10_000;

/// What is behind an identity.
struct Parts {
    depth: Option<usize>,
    authorities: Option<Vec<Arc<Entity>>>,
    certificate: Option<Arc<CertifiedKey>>,
}

impl Parts {
    fn of(exchange: &Exchange, service: &Service, settings: &Settings) -> Result<Self, String> {
        let snapshot = &exchange.snapshot;
        let verify = service.tls_verify.unwrap_or(settings.nginx_http_proxy_ssl_verify == "on");
        let depth = service.tls_verify_depth.map(|depth| depth as usize);
        let depth = depth.unwrap_or(settings.nginx_http_proxy_ssl_verify_depth);
        let authorities = service.ca_certificates.as_ref().filter(|_| verify).map(|ids| {
            let row = |id| snapshot.tables.get("ca_certificates", id).cloned();
            ids.iter().map(|id| row(id).ok_or_else(|| format!("CA certificate {id} is unknown"))).collect()
        });
        let host = &exchange.outgoing.host;
        let certificate = client_certificate_id(snapshot, service, host).map(|id| {
            let known = snapshot.certificate(id).cloned();
            known.ok_or_else(|| format!("there is no client certificate {id}, or a secret that it refers to"))
        });
        Ok(Self {
            depth: verify.then_some(depth),
            authorities: authorities.transpose()?,
            certificate: certificate.transpose()?,
        })
    }

    fn key(&self, name: &str, offer: Offer) -> Key {
        Key {
            name: name.to_owned(),
            offer,
            depth: self.depth,
            authorities: self.authorities.as_ref().map(|rows| rows.iter().map(place).collect()),
            certificate: self.certificate.as_ref().map_or(0, place),
        }
    }

    fn verifier(
        &self,
        provider: Arc<CryptoProvider>,
        shared: &Shared,
    ) -> Result<Arc<dyn ServerCertVerifier>, String> {
        let Some(depth) = self.depth else { return Ok(trust::anyone(provider)) };
        let roots = match &self.authorities {
            Some(rows) => roots(rows)?,
            None => trust::trusted(match &shared.settings.nginx_http_proxy_ssl_trusted_certificate {
                Some(path) => std::slice::from_ref(path),
                None => &shared.settings.lua_ssl_trusted_certificate,
            })?,
        };
        trust::authorities(roots, depth, provider)
    }

    /// The certificate to show, if the upstream asks for one.
    fn shown(&self, shared: &Shared) -> Option<Arc<CertifiedKey>> {
        self.certificate.as_ref().or(shared.client_certificate.as_ref()).cloned()
    }
}

/// Where something lies in memory.
fn place<T>(part: &Arc<T>) -> usize {
    Arc::as_ptr(part) as usize
}

/// The service's own, else that of the Upstream that the request goes to.
fn client_certificate_id<'a>(
    snapshot: &'a Snapshot,
    service: &'a Service,
    host: &[u8],
) -> Option<&'a Arc<str>> {
    let own = service.client_certificate.as_ref().map(|reference| &reference.id);
    own.or_else(|| snapshot.upstreams.get(std::str::from_utf8(host).ok()?)?.client_certificate.as_ref())
}

fn roots(rows: &[Arc<Entity>]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for row in rows {
        roots.add_parsable_certificates(pem::chain(row.text("cert").unwrap_or_default().as_bytes())?);
    }
    Ok(roots)
}

impl Identity {
    /// The identity for a service; `host` is the Host header that is sent, whose name is the SNI too.
    pub fn of(
        exchange: &Exchange,
        service: &Service,
        host: &[u8],
        offer: Offer,
        shared: &Shared,
    ) -> Result<Self, String> {
        let name = String::from_utf8_lossy(host);
        let name =
            name.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(&*name, |it| it.0);
        let name = name.trim_matches(['[', ']']);
        let parts = Parts::of(exchange, service, &shared.settings)?;
        let key = parts.key(name, offer);
        if let Some(identity) = KNOWN.with_borrow(|known| known.get(&key).map(|it| it.identity.clone())) {
            return Ok(identity);
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = parts.verifier(provider.clone(), shared)?;
        let mut config = config(provider, verifier, parts.shown(shared))?;
        config.alpn_protocols = offer.protocols();
        let identity = Self::new(config, name, NEXT.fetch_add(1, Ordering::Relaxed))?;
        KNOWN.with_borrow_mut(|known| {
            if known.len() >= LIMIT {
                known.clear();
            }
            known.insert(key, Known { identity: identity.clone(), _parts: parts });
        });
        Ok(identity)
    }

    /// For a health check, which may believe anyone.
    pub fn of_probe(
        name: &str,
        trust: Option<&Trust>,
        shown: Option<Arc<CertifiedKey>>,
    ) -> Result<Self, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = match trust {
            Some(trust) => trust::authorities(trust.roots()?, trust.depth, provider.clone())?,
            None => trust::anyone(provider.clone()),
        };
        Self::new(config(provider, verifier, shown)?, name, 0)
    }

    fn new(config: ClientConfig, name: &str, number: u64) -> Result<Self, String> {
        let name = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
        Ok(Self { number, config: Arc::new(config), name })
    }

    pub async fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(self.config.clone()).connect(self.name.clone(), stream).await
    }
}

fn config(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    shown: Option<Arc<CertifiedKey>>,
) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    Ok(match shown {
        Some(shown) => {
            let own = CertifiedKey::new(shown.cert.clone(), shown.key.clone());
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)))
        }
        None => builder.with_no_client_auth(),
    })
}

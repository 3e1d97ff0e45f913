//! Who the gateway is, and whom it believes, towards an upstream.
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::{Py, PyAny, Python};
use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::trust::{self, Authorities, Trust};
use super::{Pair, Wire, failure, openssl, pem, ways};
use crate::exchange::Exchange;
use crate::net::Stream;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::snapshot::{Entity, Service, Snapshot};

/// Everything that tells TLS connections to one address apart.
#[derive(Clone)]
pub struct Identity {
    /// Equal numbers mean equal identities.
    pub number: u64,
    /// Else why it has to be OpenSSL.
    rustls: Rustls,
    wanted: Arc<Wanted>,
}

type Rustls = Result<(Arc<ClientConfig>, ServerName<'static>), String>;

/// Which HTTP versions an upstream may choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offer {
    Http1,
    Both,
    Http2,
}

impl Offer {
    fn protocols(self) -> &'static [&'static str] {
        match self {
            Self::Http1 => &[],
            Self::Both => &["h2", "http/1.1"],
            Self::Http2 => &["h2"],
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
/// Marks the numbers of health checks.
const PROBE: u64 = 1 << 63;

thread_local! {
    static KNOWN: RefCell<HashMap<Key, Known>> = RefCell::default();
}

/// More than this many identities in one worker: start over. Each holds its authorities as rustls reads them.
const LIMIT: usize = 1_000;

/// What is behind an identity.
struct Parts {
    depth: Option<usize>,
    authorities: Option<Vec<Arc<Entity>>>,
    certificate: Option<Arc<Pair>>,
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

    /// Whom to believe; `None`: anyone.
    fn authorities(&self, shared: &Shared) -> Result<Option<Authorities>, String> {
        if self.depth.is_none() {
            return Ok(None);
        }
        match &self.authorities {
            Some(rows) => roots(rows),
            None => shared.trust.roots(),
        }
        .map(Some)
    }

    /// The certificate to show, if the upstream asks for one.
    fn shown(&self, shared: &Shared) -> Option<Arc<Pair>> {
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

fn roots(rows: &[Arc<Entity>]) -> Result<Authorities, String> {
    let mut found = Vec::new();
    for row in rows {
        found.extend(pem::chain(row.text("cert").unwrap_or_default().as_bytes())?);
    }
    Ok(found.into())
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
        // Whoever runs the gateway may have an upstream with an odd name; its clients may not make one up.
        if exchange.outgoing.host_header.as_ref() == Some(&exchange.request.authority) {
            server_name(name)?;
        }
        let parts = Parts::of(exchange, service, &shared.settings)?;
        let key = parts.key(name, offer);
        if let Some(identity) = KNOWN.with_borrow(|known| known.get(&key).map(|it| it.identity.clone())) {
            return Ok(identity);
        }
        let believed = parts.authorities(shared)?.zip(parts.depth);
        let wanted = Wanted { name: name.to_owned(), offer, believed, shown: parts.shown(shared) };
        let identity = Self::new(wanted, NEXT.fetch_add(1, Ordering::Relaxed));
        KNOWN.with_borrow_mut(|known| {
            if known.len() >= LIMIT {
                known.clear();
            }
            known.insert(key, Known { identity: identity.clone(), _parts: parts });
        });
        Ok(identity)
    }

    /// For a health check, which may believe anyone.
    pub fn of_probe(name: &str, trust: Option<&Trust>, shown: Option<Arc<Pair>>) -> Result<Self, String> {
        let believed = trust.map(|trust| trust.roots().map(|roots| (roots, trust.depth))).transpose()?;
        let mut hasher = DefaultHasher::new();
        (name, believed.is_some(), shown.as_ref().map(place)).hash(&mut hasher);
        let number = hasher.finish() | PROBE;
        Ok(Self::new(Wanted { name: name.to_owned(), offer: Offer::Http1, believed, shown }, number))
    }

    fn new(wanted: Wanted, number: u64) -> Self {
        let rustls = wanted.for_rustls();
        Self { number, rustls, wanted: Arc::new(wanted) }
    }

    /// Connects, by OpenSSL where rustls cannot. A connection that was dropped says nothing about the next one.
    pub async fn connect(&self, address: SocketAddr) -> io::Result<Stream> {
        let by_openssl = ways::is_by_openssl(self.number, address);
        let (failure, is_lasting) = match &self.rustls {
            Ok((config, name)) if !by_openssl => {
                let stream = tcp(address).await?;
                match TlsConnector::from(config.clone()).connect(name.clone(), stream).await {
                    Ok(stream) => return Ok(Stream::Client(Box::new(stream))),
                    Err(error) => (failure::of_upstream(&error), failure::is_of_tls(&error)),
                }
            }
            Ok(_) => (String::new(), false),
            Err(reason) => (reason.clone(), true),
        };
        let session = self.wanted.for_openssl()?;
        let wire =
            Wire::handshake(tcp(address).await?, session).await.map_err(|error| self.refused(&error))?;
        if !by_openssl {
            tracing::info!(upstream = %address, "TLS by OpenSSL: {failure}");
        }
        if is_lasting {
            ways::note_openssl(self.number, address);
        }
        Ok(Stream::Other(Box::new(wire)))
    }

    /// OpenSSL's reason, which is no weaker than that of rustls, with what may be done.
    fn refused(&self, error: &io::Error) -> io::Error {
        let mend = if self.wanted.believed.is_some() { failure::mend(&error.to_string()) } else { "" };
        io::Error::new(error.kind(), format!("TLS with {}: {error}{mend}", self.wanted.name))
    }
}

async fn tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// What a connection is to be like.
struct Wanted {
    name: String,
    offer: Offer,
    /// With how many certificates in between; `None`: anyone is believed.
    believed: Option<(Authorities, usize)>,
    shown: Option<Arc<Pair>>,
}

impl Wanted {
    fn for_rustls(&self) -> Rustls {
        let name = server_name(&self.name)?.to_owned();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = match &self.believed {
            Some((authorities, depth)) => trust::authorities(authorities, *depth, provider.clone())?,
            None => trust::anyone(provider.clone()),
        };
        let shown = self.shown.as_ref().map(|pair| pair.usable.clone()).transpose()?;
        let mut config = config(provider, verifier, shown)?;
        config.alpn_protocols = self.offer.protocols().iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok((Arc::new(config), name))
    }

    fn for_openssl(&self) -> io::Result<Py<PyAny>> {
        let authorities = self.believed.as_ref().map(|(authorities, _)| pem::texts(authorities));
        let depth = self.believed.as_ref().map_or(0, |(_, depth)| *depth);
        let pair = self.shown.as_ref().map(|pair| pair.texts());
        let protocols = self.offer.protocols().to_vec();
        Python::attach(|py| {
            openssl::session(py, "to_upstream", (&self.name, protocols, authorities, depth, pair))
        })
    }
}

fn server_name(name: &str) -> Result<ServerName<'_>, String> {
    ServerName::try_from(name).map_err(|_| format!("`{name}` is no server name by RFC 6066"))
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

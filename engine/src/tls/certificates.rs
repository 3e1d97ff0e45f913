//! Which certificate a client gets: by server name, exact before wildcard before default.
use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{ServerConfig, SignatureScheme, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

use crate::settings::Settings;

/// Names and their certificates, from the snapshot.
#[derive(Debug, Default)]
pub struct Chosen {
    /// By exact name; a certificate may come with an alternative of another kind (RSA and ECDSA).
    pub exact: HashMap<String, Vec<Arc<CertifiedKey>>>,
    /// By what stands after `*.` (suffix) and before `.*` (prefix).
    pub suffixes: HashMap<String, Vec<Arc<CertifiedKey>>>,
    pub prefixes: HashMap<String, Vec<Arc<CertifiedKey>>>,
    /// The SNI `*`.
    pub any: Vec<Arc<CertifiedKey>>,
}

impl Chosen {
    fn find(&self, name: &str) -> Option<&Vec<Arc<CertifiedKey>>> {
        let after = name.split_once('.').map(|(_, rest)| rest);
        let before = name.rsplit_once('.').map(|(rest, _)| rest);
        let any = (!self.any.is_empty()).then_some(&self.any);
        self.exact
            .get(name)
            .or_else(|| self.suffixes.get(after?))
            .or_else(|| self.prefixes.get(before?))
            .or(any)
    }
}

#[derive(Debug)]
struct Resolver {
    defaults: Vec<Arc<CertifiedKey>>,
    chosen: ArcSwap<Chosen>,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let chosen = self.chosen.load();
        let name = hello.server_name().map(str::to_ascii_lowercase);
        let found = name.as_deref().and_then(|name| chosen.find(name));
        let fallback = if chosen.any.is_empty() { &self.defaults } else { &chosen.any };
        pick(found.unwrap_or(fallback), hello.signature_schemes())
    }
}

/// The first key that can sign as the client wants.
fn pick(keys: &[Arc<CertifiedKey>], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
    let able = keys.iter().find(|key| key.key.choose_scheme(schemes).is_some());
    able.or(keys.first()).cloned()
}

/// The listeners' TLS.
pub struct Certificates {
    resolver: Arc<Resolver>,
    /// Offering HTTP/2, and not.
    configs: [Arc<ServerConfig>; 2],
}

impl Certificates {
    /// Reads the default certificates.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let defaults = settings
            .default_certificates
            .iter()
            .map(|(chain, key)| load(chain, key))
            .collect::<Result<_, _>>()?;
        let resolver = Arc::new(Resolver { defaults, chosen: ArcSwap::default() });
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions(settings))
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_cert_resolver(resolver.clone());
        if settings.ssl_session_tickets == "on" {
            config.ticketer =
                rustls::crypto::aws_lc_rs::Ticketer::new().map_err(|error| error.to_string())?;
        }
        config.session_storage = ServerSessionMemoryCache::new(sessions(settings));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut without = config.clone();
        without.alpn_protocols.remove(0);
        Ok(Self { resolver, configs: [Arc::new(config), Arc::new(without)] })
    }

    /// Takes over the certificates of a snapshot; new handshakes see them.
    pub fn replace(&self, chosen: Arc<Chosen>) {
        self.resolver.chosen.store(chosen);
    }

    pub fn acceptor(&self, http2: bool) -> TlsAcceptor {
        TlsAcceptor::from(self.configs[usize::from(!http2)].clone())
    }
}

static ONLY_NEW: [&SupportedProtocolVersion; 1] = [&TLS13];

/// Mozilla's modern profile is TLS 1.3 alone; older versions than 1.2 are never served.
fn versions(settings: &Settings) -> &'static [&'static SupportedProtocolVersion] {
    let only_new = match settings.ssl_cipher_suite.as_str() {
        "modern" => true,
        "custom" => !settings.ssl_protocols.contains("TLSv1.2"),
        _ => false,
    };
    if only_new { &ONLY_NEW } else { rustls::ALL_VERSIONS }
}

/// nginx's rule of thumb: 4,000 sessions in a megabyte.
fn sessions(settings: &Settings) -> usize {
    usize::try_from(settings.ssl_session_cache_size.0 / 256).unwrap_or(usize::MAX).clamp(32, 1_000_000)
}

fn load(chain: &str, key: &str) -> Result<Arc<CertifiedKey>, String> {
    super::certified_key(&super::read(chain)?, &super::read(key)?)
        .map_err(|error| format!("{chain}: {error}"))
}

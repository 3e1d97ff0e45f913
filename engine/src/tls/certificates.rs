//! Which certificate a client gets: by server name, exact before wildcard before default.
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SignatureScheme};
use tokio_rustls::TlsAcceptor;

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
    /// `files` are paths of chain and key.
    pub fn new(files: &[(String, String)]) -> Result<Self, String> {
        let defaults = files.iter().map(|(chain, key)| load(chain, key)).collect::<Result<_, _>>()?;
        let resolver = Arc::new(Resolver { defaults, chosen: ArcSwap::default() });
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_cert_resolver(resolver.clone());
        config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(|error| error.to_string())?;
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

fn load(chain: &str, key: &str) -> Result<Arc<CertifiedKey>, String> {
    let read = |path: &str| fs::read(path).map_err(|error| format!("{path}: {error}"));
    super::certified_key(&read(chain)?, &read(key)?).map_err(|error| format!("{chain}: {error}"))
}

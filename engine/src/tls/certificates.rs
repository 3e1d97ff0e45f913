//! Which certificate a client gets: by server name, exact before wildcard before default.
use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::SignatureScheme;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

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

/// Finds the certificate of each handshake.
#[derive(Debug)]
pub struct Resolver {
    defaults: Vec<Arc<CertifiedKey>>,
    chosen: ArcSwap<Chosen>,
}

impl Resolver {
    pub fn new(defaults: Vec<Arc<CertifiedKey>>) -> Self {
        Self { defaults, chosen: ArcSwap::default() }
    }

    pub fn replace(&self, chosen: Arc<Chosen>) {
        self.chosen.store(chosen);
    }
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

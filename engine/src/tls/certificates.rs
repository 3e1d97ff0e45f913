//! Which certificate a client gets: by server name, exact before wildcard before default.
use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::SignatureScheme;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::Pair;

/// Names and their certificates, from the snapshot.
#[derive(Debug, Default)]
pub struct Chosen {
    /// By exact name; a certificate may come with an alternative of another kind (RSA and ECDSA).
    pub exact: HashMap<String, Vec<Arc<Pair>>>,
    /// By what stands after `*.` (suffix) and before `.*` (prefix).
    pub suffixes: HashMap<String, Vec<Arc<Pair>>>,
    pub prefixes: HashMap<String, Vec<Arc<Pair>>>,
    /// The SNI `*`.
    pub any: Vec<Arc<Pair>>,
}

impl Chosen {
    fn find(&self, name: &str) -> Option<&Vec<Arc<Pair>>> {
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
    defaults: Vec<Arc<Pair>>,
    chosen: ArcSwap<Chosen>,
}

impl Resolver {
    pub fn new(defaults: Vec<Arc<Pair>>) -> Self {
        Self { defaults, chosen: ArcSwap::default() }
    }

    /// The pairs for a server name.
    fn pairs<'a>(&'a self, chosen: &'a Chosen, name: Option<&str>) -> &'a [Arc<Pair>] {
        let fallback = if chosen.any.is_empty() { &self.defaults } else { &chosen.any };
        name.and_then(|name| chosen.find(name)).unwrap_or(fallback)
    }

    /// What only OpenSSL can present for a name; `None` where rustls can present something.
    pub fn beyond_rustls(&self, name: Option<&str>) -> Option<Arc<Pair>> {
        let chosen = self.chosen.load();
        let pairs = self.pairs(&chosen, name);
        if pairs.iter().any(|pair| pair.usable().is_some()) { None } else { pairs.first().cloned() }
    }

    /// The first pair for a name.
    pub fn first(&self, name: Option<&str>) -> Option<Arc<Pair>> {
        self.pairs(&self.chosen.load(), name).first().cloned()
    }

    pub fn replace(&self, chosen: Arc<Chosen>) {
        self.chosen.store(chosen);
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let chosen = self.chosen.load();
        let name = hello.server_name().map(str::to_ascii_lowercase);
        pick(self.pairs(&chosen, name.as_deref()), hello.signature_schemes())
    }
}

/// The first key that can sign as the client wants.
fn pick(pairs: &[Arc<Pair>], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
    let mut keys = pairs.iter().filter_map(|pair| pair.usable());
    let able = keys.clone().find(|key| key.key.choose_scheme(schemes).is_some());
    able.or_else(|| keys.next()).cloned()
}

//! The listeners' TLS: versions, ciphers, resumption, and one configuration for each thing that plugins may ask for.
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::{Py, PyAny, Python};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};

use super::certificates::{Chosen, Resolver};
use super::client::{Ask, Asking};
use super::hello::Hello;
use super::resumption::{Sessions, Tickets};
use super::{Pair, openssl, pem, suites};
use crate::settings::Settings;

/// More different wishes of plugins than this: start over.
const LIMIT: usize = 1000;

/// The suites that rustls has, in OpenSSL's words.
const SECURE: &str = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// Offering HTTP/2, and not.
type Both = [Arc<ServerConfig>; 2];

pub struct Server {
    resolver: Arc<Resolver>,
    profile: Profile,
    usual: Both,
    /// Sessions of one kind of connection are never resumed by another: each has keys of its own.
    special: Mutex<HashMap<Ask, Both>>,
}

impl Server {
    /// Reads the default certificates.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let defaults = settings
            .default_certificates
            .iter()
            .map(|(chain, key)| load(chain, key))
            .collect::<Result<_, _>>()?;
        let resolver = Arc::new(Resolver::new(defaults));
        let profile = Profile::new(settings)?;
        let usual = profile.pair(&Ask::default(), &resolver).map_err(|error| error.to_string())?;
        Ok(Self { resolver, profile, usual, special: Mutex::default() })
    }

    /// Takes over the certificates of a snapshot; new handshakes see them.
    pub fn replace(&self, chosen: Arc<Chosen>) {
        self.resolver.replace(chosen);
    }

    /// The configuration that every connection gets unless a plugin asks for something.
    pub fn usual(&self, http2: bool) -> Arc<ServerConfig> {
        self.usual[usize::from(!http2)].clone()
    }

    /// A session by OpenSSL for a client that said hello so; `None` where rustls will do.
    pub fn by_openssl(&self, hello: &Hello, http2: bool) -> Option<io::Result<Py<PyAny>>> {
        let name = hello.name.as_deref();
        let pair =
            if hello.is_odd() { self.resolver.first(name) } else { self.resolver.beyond_rustls(name) }?;
        let protocols: &[&str] = if http2 { &["h2", "http/1.1"] } else { &["http/1.1"] };
        let arguments = (protocols.to_vec(), pair.texts(), self.profile.names(), &*self.profile.ciphers);
        Some(Python::attach(|py| openssl::session(py, "to_client", arguments)))
    }

    /// The configuration for what plugins ask.
    pub fn asking(&self, ask: Ask, http2: bool) -> Result<Arc<ServerConfig>, rustls::Error> {
        let mut special = self.special.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = special.get(&ask) {
            return Ok(pair[usize::from(!http2)].clone());
        }
        let pair = self.profile.pair(&ask, &self.resolver)?;
        if special.len() >= LIMIT {
            special.clear();
        }
        special.insert(ask, pair.clone());
        Ok(pair[usize::from(!http2)].clone())
    }
}

/// What the settings say.
struct Profile {
    provider: Arc<CryptoProvider>,
    versions: Vec<&'static SupportedProtocolVersion>,
    /// For OpenSSL.
    ciphers: String,
    prefer_own_order: bool,
    tickets: bool,
    sessions: usize,
    timeout: std::time::Duration,
}

impl Profile {
    fn new(settings: &Settings) -> Result<Self, String> {
        let mut provider = aws_lc_rs::default_provider();
        let custom = settings.ssl_cipher_suite == "custom";
        if let Some(list) = settings.ssl_ciphers.as_deref().filter(|_| custom) {
            let (found, unknown) = suites::chosen(list);
            if !unknown.is_empty() {
                tracing::warn!("ssl_ciphers: not served: {}", unknown.join(" "));
            }
            provider.cipher_suites = found;
        }
        let versions = versions(settings);
        if !provider.cipher_suites.iter().any(|suite| versions.contains(&suite.version())) {
            return Err("ssl_ciphers and ssl_protocols leave no cipher that is served".to_owned());
        }
        let preferring = match settings.ssl_cipher_suite.as_str() {
            "custom" => settings.ssl_prefer_server_ciphers == "on",
            suite => matches!(suite, "old" | "fips"),
        };
        Ok(Self {
            provider: Arc::new(provider),
            versions,
            ciphers: settings.ssl_ciphers.clone().filter(|_| custom).unwrap_or_else(|| SECURE.to_owned()),
            prefer_own_order: preferring,
            tickets: settings.ssl_session_tickets == "on",
            sessions: sessions(settings),
            timeout: settings.ssl_session_timeout.0,
        })
    }

    /// The versions by OpenSSL's names.
    fn names(&self) -> Vec<&'static str> {
        self.versions.iter().map(|version| if **version == TLS13 { "TLSv1.3" } else { "TLSv1.2" }).collect()
    }

    fn pair(&self, ask: &Ask, resolver: &Arc<Resolver>) -> Result<Both, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&self.versions)?;
        let builder = match &ask.certificate {
            Some(hints) => builder.with_client_cert_verifier(Asking::new(hints, &self.provider)),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(presenting(ask, resolver)?);
        config.ignore_client_order = self.prefer_own_order;
        if ask.once {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        } else {
            config.session_storage = Sessions::new(self.sessions, self.timeout);
            if self.tickets {
                config.ticketer = Tickets::new(self.timeout)?;
            }
        }
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut without = config.clone();
        without.alpn_protocols.remove(0);
        Ok([Arc::new(config), Arc::new(without)])
    }
}

/// What presents the certificate that plugins chose, or that of the server name.
fn presenting(ask: &Ask, usual: &Arc<Resolver>) -> Result<Arc<dyn ResolvesServerCert>, rustls::Error> {
    let Some((chain, key)) = &ask.pair else { return Ok(usual.clone()) };
    let pair = Pair::read(chain.as_bytes(), key.as_bytes()).map_err(rustls::Error::General)?;
    let key = pair.usable.clone().map_err(rustls::Error::General)?;
    Ok(Arc::new(SingleCertAndKey::from(Arc::unwrap_or_clone(key))))
}

/// Mozilla's modern profile is TLS 1.3 alone; older versions than 1.2 are never served.
fn versions(settings: &Settings) -> Vec<&'static SupportedProtocolVersion> {
    let named = |name: &str| settings.ssl_protocols.split_whitespace().any(|word| word == name);
    match settings.ssl_cipher_suite.as_str() {
        "modern" => vec![&TLS13],
        "custom" => {
            let both = [("TLSv1.3", &TLS13), ("TLSv1.2", &TLS12)];
            both.into_iter().filter(|(name, _)| named(name)).map(|(_, version)| version).collect()
        }
        _ => vec![&TLS13, &TLS12],
    }
}

/// nginx's rule of thumb: 4,000 sessions in a megabyte.
fn sessions(settings: &Settings) -> usize {
    usize::try_from(settings.ssl_session_cache_size.0 / 256).unwrap_or(usize::MAX).clamp(32, 1_000_000)
}

fn load(chain: &str, key: &str) -> Result<Arc<Pair>, String> {
    let pair =
        Pair::read(&pem::read(chain)?, &pem::read(key)?).map_err(|error| format!("{chain}: {error}"))?;
    if let Err(limit) = &pair.usable {
        tracing::warn!("{chain}: {limit}");
    }
    Ok(pair)
}

/// Why custom protocols and ciphers leave nothing that could be served; `None` when they do.
pub fn cipher_problem(protocols: &str, ciphers: &str) -> Option<String> {
    let settings = Settings {
        ssl_cipher_suite: "custom".to_owned(),
        ssl_protocols: protocols.to_owned(),
        ssl_ciphers: Some(ciphers.to_owned()),
        ..Settings::default()
    };
    Profile::new(&settings).err()
}

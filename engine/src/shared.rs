//! What all workers share: settings in ready form, the current snapshot, counters.
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use bytes::Bytes;
use gopura_http1::Limits;
use pyo3::{Py, PyAny};
use tokio::sync::watch;

use crate::access_log::AccessLog;
use crate::address::Trusted;
use crate::dns::Dns;
use crate::http::add_header::AddHeader;
use crate::http::error_page::Templates;
use crate::phases::Seen;
use crate::settings::{Settings, Size};
use crate::snapshot::Snapshot;
use crate::status::Memory;
use crate::tls::{self, Pair, Server, Trust};
use crate::upstream::{Manner, Upkeep};

/// Which headers the gateway adds.
#[derive(Clone, Copy, Debug)]
pub struct Added {
    pub via: bool,
    pub server: bool,
    pub proxy_latency: bool,
    pub response_latency: bool,
    pub upstream_latency: bool,
    pub upstream_status: bool,
    pub request_id: bool,
    pub request_id_upstream: bool,
}

impl Added {
    fn new(settings: &Settings) -> Self {
        let has = |list: &[String], names: &[&str]| {
            let off = list.first().is_some_and(|word| word.eq_ignore_ascii_case("off"));
            !off && list.iter().any(|word| names.iter().any(|name| word.eq_ignore_ascii_case(name)))
        };
        let headers = &settings.headers;
        Self {
            via: has(headers, &["server_tokens", "via"]),
            server: has(headers, &["server_tokens", "server"]),
            proxy_latency: has(headers, &["latency_tokens", "x-kong-proxy-latency"]),
            response_latency: has(headers, &["latency_tokens", "x-kong-response-latency"]),
            upstream_latency: has(headers, &["latency_tokens", "x-kong-upstream-latency"]),
            upstream_status: has(headers, &["x-kong-upstream-status"]),
            request_id: has(headers, &["x-kong-request-id"]),
            request_id_upstream: has(&settings.headers_upstream, &["x-kong-request-id"]),
        }
    }
}

/// Counters of one worker; nothing else writes to them, so their cache line stays with it.
#[derive(Default)]
#[repr(align(128))]
pub struct Counters {
    pub accepted: AtomicU64,
    pub active: AtomicU64,
    pub waiting: AtomicU64,
    pub requests: AtomicU64,
}

/// Adds one without a locked instruction: only the owning worker writes.
pub fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Takes one away, likewise.
pub fn discount(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_sub(1), Ordering::Relaxed);
}

pub struct Shared {
    pub settings: Settings,
    pub added: Added,
    pub add_header: Option<AddHeader>,
    pub limits: Limits,
    /// For heads of upstreams.
    pub response_limits: Limits,
    /// What Server and Via say.
    pub server: Bytes,
    pub seen: Seen,
    pub trusted: Trusted,
    /// Listening ports and the ports under which clients see them.
    ports: Vec<(u16, u16)>,
    pub templates: Templates,
    pub snapshot: ArcSwap<Snapshot>,
    /// TLS towards clients.
    pub tls: Server,
    /// Shown to upstreams when neither the service nor the Upstream names one.
    pub client_certificate: Option<Arc<Pair>>,
    /// Whom requests believe when the service does not say.
    pub trust: Trust,
    pub access_log: AccessLog,
    pub counters: Vec<Counters>,
    pub dns: Arc<Dns>,
    pub upkeep: Upkeep,
    /// Answers what the status API asks Python for.
    pub status_source: Mutex<Option<Py<PyAny>>>,
    pub memory: Memory,
    /// Turns true when no new requests are to be taken.
    pub draining: watch::Sender<bool>,
    pub loaded: AtomicBool,
    /// What the control plane said last of its database.
    pub database_answers: AtomicBool,
}

impl Shared {
    pub fn new(settings: Settings) -> Result<Arc<Self>, String> {
        let (dns, service) = Dns::new(&settings);
        let client_certificate = client_certificate(&settings)?;
        let manner = Manner { trust: Trust::of_probes(&settings), shown: client_certificate.clone() };
        let upkeep = Upkeep::start(dns.clone(), service, manner)?;
        Ok(Arc::new(Self {
            added: Added::new(&settings),
            add_header: add_header(settings.nginx_http_add_header.as_deref())?,
            limits: limits(&settings.nginx_http_large_client_header_buffers),
            response_limits: Limits { line: 64 * 1024, head: 256 * 1024, ..Limits::default() },
            server: settings.server.clone().into(),
            seen: Seen::new(&settings),
            ports: settings.port_maps.iter().filter_map(|text| port_map(text)).collect(),
            trusted: Trusted::new(&settings.trusted_ips)?,
            templates: Templates::new(&settings),
            snapshot: ArcSwap::from_pointee(Snapshot::default()),
            tls: Server::new(&settings)?,
            client_certificate,
            trust: Trust::of_upstreams(&settings),
            access_log: AccessLog::open(&settings)?,
            counters: (0..settings.workers.max(1)).map(|_| Counters::default()).collect(),
            dns,
            upkeep,
            status_source: Mutex::new(None),
            memory: Memory::default(),
            draining: watch::Sender::new(false),
            loaded: AtomicBool::new(false),
            database_answers: AtomicBool::new(true),
            settings,
        }))
    }

    /// Whether headers with other bytes than letters, digits, `-` and `_` in their names are dropped, as nginx does.
    pub fn ignores_odd_headers(&self) -> bool {
        self.settings.nginx_http_ignore_invalid_headers == "on"
    }

    /// The port under which clients see a listening one.
    pub fn outer_port(&self, listening: u16) -> u16 {
        self.ports.iter().find(|map| map.0 == listening).map_or(listening, |map| map.1)
    }

    pub fn total(&self, of: impl Fn(&Counters) -> &AtomicU64) -> u64 {
        self.counters.iter().map(|counters| of(counters).load(Ordering::Relaxed)).sum()
    }
}

fn add_header(directive: Option<&str>) -> Result<Option<AddHeader>, String> {
    let Some(directive) = directive else { return Ok(None) };
    let wrong = || format!("nginx_http_add_header: `{directive}` is no name, value and perhaps `always`");
    AddHeader::parse(directive).map(Some).ok_or_else(wrong)
}

fn client_certificate(settings: &Settings) -> Result<Option<Arc<Pair>>, String> {
    let pair = settings.client_ssl_cert.as_deref().zip(settings.client_ssl_cert_key.as_deref());
    let Some((chain, key)) = pair.filter(|_| settings.client_ssl) else { return Ok(None) };
    Pair::read(&tls::read(chain)?, &tls::read(key)?).map(Some)
}

/// `80:8000`: the outer port, then the listening one.
fn port_map(text: &str) -> Option<(u16, u16)> {
    let (outer, listening) = text.split_once(':')?;
    Some((listening.parse().ok()?, outer.parse().ok()?))
}

/// `4 8k`: number and size of buffers.
fn limits(text: &str) -> Limits {
    let mut words = text.split_whitespace();
    let number: Option<usize> = words.next().and_then(|word| word.parse().ok());
    let size = words.next().and_then(Size::parse).and_then(|size| usize::try_from(size.0).ok());
    match (number, size) {
        (Some(number), Some(size)) => {
            Limits { line: size, head: number.saturating_mul(size), ..Limits::default() }
        }
        _ => Limits::default(),
    }
}

//! One request and its response: what the exchange loop, the plugin phases and the access log see.
//!
//! The loop owns an `Exchange` as a `Box`. It hands the box to a phase and gets it back, so nothing that
//! Python holds ever borrows from a connection (see `phases`).
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gopura_http1::{Headers, Host};

use crate::http::debug::Asked;
use crate::http::forward::Forwarded;
use crate::http::path::{self, EncodedSlashes};
use crate::phases::{Bound, Context, PhaseSet, Seen};
use crate::shared::{Counters, Shared};
use crate::snapshot::{Chain, Entity, Route, Served, Service, Snapshot};
use crate::tls;
use crate::upstream::Held;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    Http10,
    Http11,
    Http2,
}

impl Version {
    /// As Kong's `get_http_version` gives it: 1.0, 1.1 or 2.0.
    pub fn number(self) -> f64 {
        match self {
            Self::Http10 => 1.0,
            Self::Http11 => 1.1,
            Self::Http2 => 2.0,
        }
    }
}

/// The client's request. `headers` is one list, as in nginx: what a plugin changes there (Kong's
/// `service.request.set_header`) is what goes upstream, and what later plugins read.
#[derive(Debug)]
pub struct Request {
    /// 32 lower-case hex digits: X-Kong-Request-Id.
    pub id: Bytes,
    /// The scheme of the client's connection.
    pub scheme: Scheme,
    pub version: Version,
    pub method: Bytes,
    /// Host header or `:authority` as sent, with its port; empty when an HTTP/1.0 request names none.
    pub authority: Bytes,
    /// The same in lower case, without port.
    pub host: Bytes,
    /// The port named in the Host header.
    pub host_port: Option<u16>,
    /// The request target as sent: path and query, never touched.
    pub target: Bytes,
    /// The path normalised once, before routing.
    pub path: Bytes,
    /// The query as sent, without `?`; `None` when there was no `?`.
    pub query: Option<Bytes>,
    pub headers: Headers,
    /// Whether no body follows the head.
    pub bodiless: bool,
    /// The connection's other end.
    pub peer: SocketAddr,
    /// Whether `peer` is in `trusted_ips`, so that its X-Forwarded-* headers are believed.
    pub trusted: bool,
    /// The client as `real_ip_header` and `trusted_ips` tell; otherwise `peer`.
    pub client: SocketAddr,
    /// The address that the client connected to.
    pub local: SocketAddr,
    /// Its port as clients see it, by `port_maps`.
    pub port: u16,
    /// The server name of the TLS handshake, in lower case.
    pub sni: Option<Arc<str>>,
    /// What that handshake came to; `None` without TLS, and while it goes on.
    pub tls: Option<Arc<tls::Client>>,
    /// The whole body; only there when a plugin of the chain asked for it.
    pub body: Option<Bytes>,
}

/// The response head on its way to the client, and the whole body when a plugin has a `response` phase.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Headers,
    pub body: Option<Bytes>,
    pub source: Source,
}

/// Who made the response: Kong's `response.get_source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Came from the upstream.
    Service,
    /// A plugin answered.
    Exit,
    /// The gateway's own error.
    Error,
}

/// What is sent to the upstream. Filled before `access` from the route; plugins may change it there.
#[derive(Debug, Default)]
pub struct Outgoing {
    pub method: Option<Bytes>,
    /// `http` or `https`.
    pub scheme: Option<Scheme>,
    /// Host name, address or upstream name to balance over; set before `access`.
    pub host: Bytes,
    pub port: u16,
    /// The path, ready to send, without query.
    pub path: Bytes,
    /// Replaces the client's query when set; an empty query sends no `?`.
    pub query: Option<Bytes>,
    /// Replaces the client's body when set.
    pub body: Option<Bytes>,
    /// The Host header to send; `None`: the target's own name (or the client's with `preserve_host`).
    pub host_header: Option<Bytes>,
    /// X-Forwarded-* for this request.
    pub forwarded: Forwarded,
}

/// How much of the client's body a plugin lets pass, and what the client hears when more comes.
#[derive(Debug)]
pub struct BodyLimit {
    pub bytes: u64,
    pub status: u16,
    pub message: String,
}

/// Moments of one exchange; differences are rounded down to milliseconds in headers and logs.
#[derive(Debug)]
pub struct Timing {
    pub started: Instant,
    pub access_ended: Option<Instant>,
    /// The address of the last try was chosen.
    pub balanced: Option<Instant>,
    /// The request is sent: waiting for the upstream's head.
    pub sent: Option<Instant>,
    /// The upstream's head has arrived.
    pub head: Option<Instant>,
    pub finished: Option<Instant>,
}

impl Timing {
    pub fn new(started: Instant) -> Self {
        Self { started, access_ended: None, balanced: None, sent: None, head: None, finished: None }
    }

    /// When the gateway's own work before the upstream ended; `None` for a request that it answers itself.
    pub fn handed_over(&self) -> Option<Instant> {
        self.balanced.or(self.access_ended)
    }

    /// How long the upstream took up to the head of its response: connecting, sending and waiting, or failing to.
    pub fn waited(&self) -> Option<Duration> {
        let end = || self.head.unwrap_or_else(Instant::now);
        self.handed_over().map(|start| end().saturating_duration_since(start))
    }
}

/// One try to reach a target: what logs and `service.response` tell about balancing.
#[derive(Clone, Debug)]
pub struct Try {
    pub address: SocketAddr,
    pub started: Instant,
    /// Time until the connection stood, in milliseconds; `None` when it never did.
    pub connected: Option<u64>,
    /// `None` unless this try failed.
    pub failure: Option<&'static str>,
    /// Why, for the log.
    pub reason: Option<String>,
}

/// A cookie by which a client finds its target again.
#[derive(Clone, Debug)]
pub struct Cookie {
    pub name: String,
    pub value: String,
    pub path: String,
}

/// What is known of a request before its first byte.
#[derive(Clone, Debug)]
pub struct Origin {
    pub peer: SocketAddr,
    pub local: SocketAddr,
    /// The port of `local` as clients see it.
    pub port: u16,
    /// The client that a PROXY header names.
    pub proxied_for: Option<SocketAddr>,
    pub scheme: Scheme,
    pub sni: Option<Arc<str>>,
    /// What the client's TLS handshake came to.
    pub tls: Option<Arc<tls::Client>>,
    /// The worker that serves the connection.
    pub worker: usize,
}

impl Origin {
    pub fn counters<'a>(&self, shared: &'a Shared) -> &'a Counters {
        &shared.counters[self.worker]
    }
}

pub struct Exchange {
    pub snapshot: Arc<Snapshot>,
    pub request: Request,
    pub response: Option<Response>,
    /// The slot of the route that matched.
    pub slot: Option<usize>,
    pub service: Option<Arc<Service>>,
    /// The route's plugins until `access` runs; `None` when there are none.
    pub chain: Option<Arc<Chain>>,
    /// The authenticated consumer. Auth plugins set it through `phases`, never by hand.
    pub consumer: Option<Arc<Entity>>,
    pub credential: Option<Arc<Entity>>,
    /// Captures of the route's regex path: numbered ones first, then named ones.
    pub captures: Vec<(String, Bytes)>,
    pub outgoing: Outgoing,
    /// Request body that was read and is not in `request.body`, because more follows.
    pub read_ahead: Vec<u8>,
    /// The smallest that a plugin has set.
    pub body_limit: Option<Box<BodyLimit>>,
    /// The exchange got as far as the upstream: Kong then says Via instead of Server.
    pub proxied: bool,
    /// Status and reason phrase of the upstream.
    pub upstream: Option<(u16, Bytes)>,
    /// The upstream's trailers as whole lines, once the last piece of a gRPC response has come.
    pub trailers: Vec<u8>,
    pub tries: Vec<Try>,
    /// The target of an Upstream that served; counts as busy until the exchange ends.
    pub held: Option<Held>,
    /// A cookie that the balancer wants the client to have.
    pub cookie: Option<Cookie>,
    pub timing: Timing,
    pub asked: Option<Box<Asked>>,
    /// Bytes of the request received and of the response sent, heads included.
    pub received: u64,
    pub sent: u64,
    /// Body bytes sent to the client (nginx's `body_bytes_sent`).
    pub body_sent: u64,
    /// Plugins collected while `access` ran: they have the downstream phases of this exchange.
    /// `None` until `access` ran; then the snapshot's global plugins serve (Kong's rule).
    pub collected: Option<Vec<Arc<Bound>>>,
    /// Which downstream phases `collected` (or the globals) have; the loop asks nothing else.
    pub phases: PhaseSet,
    pub seen: Seen,
    pub slashes: EncodedSlashes,
    /// State that belongs to plugins (`exchange.context`, Python objects); empty for plain routes.
    pub context: Context,
}

impl Exchange {
    #[expect(clippy::too_many_arguments, reason = "the parts of a request, each used once")]
    pub fn new(
        shared: &Shared,
        origin: &Origin,
        started: Instant,
        version: Version,
        method: Bytes,
        host: Host,
        target: Bytes,
        headers: Headers,
    ) -> Box<Self> {
        let (path, query) = split(&target, shared.settings.encoded_slashes);
        let snapshot = shared.snapshot.load_full();
        let phases = snapshot.chains.globals.phases;
        Box::new(Self {
            snapshot,
            request: Request {
                id: request_id(),
                scheme: origin.scheme,
                version,
                method,
                authority: host.sent,
                host: host.name,
                host_port: host.port,
                target,
                path,
                query,
                headers,
                bodiless: false,
                peer: origin.peer,
                trusted: shared.trusted.holds(origin.peer.ip()),
                client: origin.proxied_for.unwrap_or(origin.peer),
                local: origin.local,
                port: origin.port,
                sni: origin.sni.clone(),
                tls: origin.tls.clone(),
                body: None,
            },
            response: None,
            slot: None,
            service: None,
            chain: None,
            consumer: None,
            credential: None,
            captures: Vec::new(),
            outgoing: Outgoing::default(),
            read_ahead: Vec::new(),
            body_limit: None,
            proxied: false,
            trailers: Vec::new(),
            upstream: None,
            tries: Vec::new(),
            held: None,
            cookie: None,
            timing: Timing::new(started),
            asked: None,
            received: 0,
            sent: 0,
            body_sent: 0,
            collected: None,
            phases,
            seen: shared.seen,
            slashes: shared.settings.encoded_slashes,
            context: Context::default(),
        })
    }

    /// Whether so much of the client's body is wanted and was not read yet.
    pub fn lacks_body(&self, limit: usize) -> bool {
        self.request.body.is_none() && self.read_ahead.len() <= limit
    }

    /// The route that matched, with what belongs to it.
    pub fn served(&self) -> Option<&Served> {
        self.snapshot.served.get(self.slot?)?.as_ref()
    }

    pub fn route(&self) -> Option<&Arc<Route>> {
        self.served().map(|served| &served.route)
    }

    /// For a request that could not be parsed, with as much of its first line as was read.
    pub fn unparsed(
        origin: &Origin,
        shared: &Shared,
        version: Version,
        method: Bytes,
        target: Bytes,
    ) -> Box<Self> {
        let (host, now) = (Host::default(), Instant::now());
        Self::new(shared, origin, now, version, method, host, target, Headers::default())
    }
}

/// Path and query of a target; a fragment belongs to neither.
fn split(target: &Bytes, slashes: EncodedSlashes) -> (Bytes, Option<Bytes>) {
    let end = memchr::memchr(b'#', target).unwrap_or(target.len());
    let Some(mark) = memchr::memchr(b'?', &target[..end]) else {
        return (path::normal(target.slice(..end), slashes), None);
    };
    (path::normal(target.slice(..mark), slashes), Some(target.slice(mark + 1..end)))
}

fn request_id() -> Bytes {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let number = fastrand::u128(..).to_be_bytes();
    let mut id = [0; 32];
    for (digits, byte) in id.chunks_exact_mut(2).zip(number) {
        digits[0] = DIGITS[usize::from(byte >> 4)];
        digits[1] = DIGITS[usize::from(byte & 15)];
    }
    Bytes::copy_from_slice(&id)
}

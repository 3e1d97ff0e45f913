//! The upstream's part of an exchange: tries, response, body.
use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gopura_http1::{Body, Framing, ResponseHead, Scanner, response_framing};

use super::body::Outbound;
use super::client::{Broken, Client, flush};
use super::forward::{wants_websocket, write_request};
use super::pump::{Download, Failure, Upload, poll_head};
use super::{decide, filter, grpc, tunnel};
use crate::exchange::{Exchange, Response, Scheme, Source, Try};
use crate::phases::{self, Flow, Phase};
use crate::shared::Shared;
use crate::snapshot::Service;
use crate::tls::Identity;
use crate::upstream::{self, ConnectError, Connection, Peer, Peers, Unreachable};

pub type Ended = (Box<Exchange>, Result<(), Broken>);

/// Sends the request to the service and its response to the client.
pub async fn run<C: Client>(client: &mut C, mut exchange: Box<Exchange>, shared: &Arc<Shared>) -> Ended {
    let outbound = match Outbound::prepare(client, &mut exchange).await {
        Ok(outbound) => outbound,
        Err(broken) => return fail(client, exchange, broken.status(), shared).await,
    };
    let mut peers = match Peers::find(&mut exchange, &shared.dns).await {
        Ok(peers) => peers,
        Err(unreachable) => return no_peer(client, exchange, &unreachable, shared).await,
    };
    let first = match peers.next() {
        Ok(peer) => peer,
        Err(unreachable) => return no_peer(client, exchange, &unreachable, shared).await,
    };
    let (exchange, done) = if exchange.service.as_ref().is_some_and(|service| service.is_grpc()) {
        let answered = grpc::attempts(client, &mut exchange, &outbound, first, &mut peers, shared).await;
        exchange.held = peers.hold();
        match answered {
            Ok(answered) => grpc::respond(client, exchange, answered, shared).await,
            Err(failure) => failed(client, exchange, failure, shared).await,
        }
    } else {
        let answered = attempts(client, &mut exchange, &outbound, first, &mut peers, shared).await;
        exchange.held = peers.hold();
        match answered {
            Ok((connection, upload, head)) => {
                respond(client, exchange, connection, upload, head, shared).await
            }
            Err(failure) => failed(client, exchange, failure, shared).await,
        }
    };
    report(&exchange);
    (exchange, done)
}

async fn failed<C: Client>(
    client: &mut C,
    exchange: Box<Exchange>,
    failure: Failure,
    shared: &Arc<Shared>,
) -> Ended {
    match failure {
        Failure::Client(Broken::Gone) => (exchange, Err(Broken::Gone)),
        failure => fail(client, exchange, status_of(&failure), shared).await,
    }
}

/// Tells the balancer how it went.
fn report(exchange: &Exchange) {
    let (Some(held), Some(response)) = (&exchange.held, &exchange.response) else { return };
    let status = exchange.upstream.as_ref().map_or(response.status, |upstream| upstream.0);
    let timing = &exchange.timing;
    let waited = timing.sent.zip(timing.head).map(|(sent, head)| head.saturating_duration_since(sent));
    held.ended(status, waited);
}

async fn no_peer<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    unreachable: &Unreachable,
    shared: &Arc<Shared>,
) -> Ended {
    exchange.proxied = false;
    let response = decide::error(&exchange, 503, unreachable.0, shared);
    decide::send(client, exchange, response, shared).await
}

pub async fn fail<C: Client>(
    client: &mut C,
    exchange: Box<Exchange>,
    status: u16,
    shared: &Arc<Shared>,
) -> Ended {
    let response = decide::nginx_error(&exchange, status, shared);
    decide::send(client, exchange, response, shared).await
}

pub fn status_of(failure: &Failure) -> u16 {
    match failure {
        Failure::TimedOut => 504,
        Failure::Closed | Failure::Invalid(_) => 502,
        Failure::Client(broken) => broken.status(),
    }
}

struct Times {
    connect: Duration,
    write: Duration,
    read: Duration,
}

impl Times {
    fn of(service: &Service) -> Self {
        Self {
            connect: Duration::from_millis(service.connect_timeout),
            write: Duration::from_millis(service.write_timeout),
            read: Duration::from_millis(service.read_timeout),
        }
    }
}

/// Tries peers until one gives the head of a response, at most `retries` times more than once.
async fn attempts<C: Client>(
    client: &mut C,
    exchange: &mut Exchange,
    outbound: &Outbound,
    mut peer: Peer,
    peers: &mut Peers,
    shared: &Arc<Shared>,
) -> Result<(Connection, Upload, ResponseHead), Failure> {
    let service = exchange.service.clone().ok_or(Failure::Closed)?;
    let times = Times::of(&service);
    let mut left = service.retries;
    loop {
        let identity = identity(exchange, &service, &peer, shared)?;
        let connection = match obtain(exchange, &peer, identity.as_ref(), &times, shared).await {
            Ok(connection) => connection,
            Err(failure) if left == 0 => return Err(failure),
            Err(failure) => {
                left -= 1;
                peer = another(peers, failure)?;
                continue;
            }
        };
        let reused = connection.is_reused();
        match attempt(client, exchange, connection, outbound, &peer, &times, shared).await {
            Ok(answered) => return Ok(answered),
            // An idle connection may die just as it is taken: that is no try.
            Err(Lost { failure: Failure::Closed, repeatable: true }) if reused => {}
            Err(Lost { failure: failure @ (Failure::Closed | Failure::TimedOut), repeatable: true })
                if left > 0 =>
            {
                left -= 1;
                peer = another(peers, failure)?;
            }
            Err(lost) => return Err(lost.failure),
        }
    }
}

/// The peer for the next try; the failure stays when there is none.
pub fn another(peers: &mut Peers, failure: Failure) -> Result<Peer, Failure> {
    peers.failed(matches!(failure, Failure::TimedOut));
    peers.next().map_err(|_| failure)
}

pub fn identity(
    exchange: &Exchange,
    service: &Service,
    peer: &Peer,
    shared: &Shared,
) -> Result<Option<Identity>, Failure> {
    if exchange.outgoing.scheme != Some(Scheme::Https) {
        return Ok(None);
    }
    let host = exchange.outgoing.host_header.as_ref().unwrap_or(&peer.authority);
    Identity::of(&exchange.snapshot, service, host, shared).map(Some).map_err(|error| {
        tracing::error!(service = %service.id, "TLS to the upstream: {error}");
        Failure::Closed
    })
}

/// A pooled connection, or a new one.
async fn obtain(
    exchange: &mut Exchange,
    peer: &Peer,
    identity: Option<&Identity>,
    times: &Times,
    shared: &Shared,
) -> Result<Connection, Failure> {
    let started = Instant::now();
    if let Some(connection) = upstream::take(&upstream::key(peer, identity), &shared.settings) {
        return note_try(exchange, peer, started, Ok(connection));
    }
    let scheme = if identity.is_some() { Scheme::Https } else { Scheme::Http };
    let connected = upstream::connect(peer, scheme, identity, times.connect).await;
    note_try(exchange, peer, started, connected)
}

/// Remembers a try, and logs why there is no connection.
pub fn note_try<T>(
    exchange: &mut Exchange,
    peer: &Peer,
    started: Instant,
    connected: Result<T, ConnectError>,
) -> Result<T, Failure> {
    let mut note = |connected, failure| {
        exchange.tries.push(Try { address: peer.address, started, connected, failure });
    };
    match connected {
        Ok(connection) => {
            note(u64::try_from(started.elapsed().as_millis()).ok(), None);
            Ok(connection)
        }
        Err(ConnectError::TimedOut) => {
            note(None, Some("timed out"));
            tracing::warn!(upstream = %peer.address, "connecting timed out");
            Err(Failure::TimedOut)
        }
        Err(ConnectError::Refused(error)) => {
            note(None, Some("failed"));
            tracing::warn!(upstream = %peer.address, "connecting failed: {error}");
            Err(Failure::Closed)
        }
    }
}

/// A try that brought no response.
pub struct Lost {
    pub failure: Failure,
    /// The same request may be sent once more.
    pub repeatable: bool,
}

async fn attempt<C: Client>(
    client: &mut C,
    exchange: &mut Exchange,
    mut connection: Connection,
    outbound: &Outbound,
    peer: &Peer,
    times: &Times,
    shared: &Shared,
) -> Result<(Connection, Upload, ResponseHead), Lost> {
    connection.io.discard_output();
    write_request(connection.io.output(), exchange, outbound.framing, &peer.authority, shared);
    let mut upload = Upload::start(&mut connection, outbound, times.write, times.read);
    let mut scanner = Scanner::default();
    let answered =
        poll_fn(|cx| poll_head(cx, client, &mut connection, &mut upload, &mut scanner, shared)).await;
    exchange.timing.sent = upload.sent_at.or_else(|| Some(Instant::now()));
    match answered {
        Ok(head) => {
            exchange.timing.head = Some(Instant::now());
            Ok((connection, upload, head))
        }
        Err(failure) => {
            let idempotent =
                is_idempotent(exchange.outgoing.method.as_ref().unwrap_or(&exchange.request.method));
            let repeatable = !upload.taken && (idempotent || !upload.is_sent());
            if let Some(last) = exchange.tries.last_mut() {
                last.failure = Some("failed");
            }
            log_failure(&failure, peer);
            Err(Lost { failure, repeatable })
        }
    }
}

pub fn log_failure(failure: &Failure, peer: &Peer) {
    match failure {
        Failure::Closed => tracing::warn!(upstream = %peer.address, "closed before a response"),
        Failure::TimedOut => tracing::warn!(upstream = %peer.address, "timed out"),
        Failure::Invalid(fault) => {
            tracing::error!(upstream = %peer.address, "bad response: {}", fault.reason());
        }
        Failure::Client(_) => {}
    }
}

/// RFC 9110, 9.2.2.
fn is_idempotent(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE" | b"PUT" | b"DELETE")
}

async fn respond<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    mut connection: Connection,
    upload: Upload,
    head: ResponseHead,
    shared: &Arc<Shared>,
) -> Ended {
    let method = exchange.outgoing.method.as_ref().unwrap_or(&exchange.request.method).clone();
    let framing = match response_framing(&head, &method) {
        Ok(framing) if head.status != 101 || wants_websocket(&exchange.request.headers) => framing,
        Ok(_) => return fail(client, exchange, 502, shared).await,
        Err(fault) => {
            tracing::error!("bad response: {}", fault.reason());
            return fail(client, exchange, 502, shared).await;
        }
    };
    connection.body = Body::new(framing);
    let keep = keeps_alive(&head, framing);
    exchange.upstream = Some((head.status, head.reason));
    exchange.response =
        Some(Response { status: head.status, headers: head.headers, body: None, source: Source::Service });
    filter::remove_hop_by_hop(&mut exchange);
    if exchange.phases.has(Phase::Response) && head.status != 101 {
        return respond_whole(client, exchange, connection, upload, keep, shared).await;
    }
    if exchange.phases.has(Phase::HeaderFilter) {
        exchange = phases::header_filter(exchange).await;
        if let Some(body) = exchange.response.as_mut().and_then(|response| response.body.take()) {
            return answer_instead(client, exchange, body, shared).await;
        }
    }
    filter::add_headers(&mut exchange, shared);
    if head.status == 101 {
        return switch(client, exchange, connection, shared).await;
    }
    if exchange.phases.has(Phase::BodyFilter) {
        let framing = if framing == Framing::Empty { framing } else { Framing::Chunked };
        client.start(&exchange, framing);
        return stream_filtered(client, exchange, connection, upload, keep, shared).await;
    }
    let framing = if framing == Framing::Close { Framing::Chunked } else { framing };
    client.start(&exchange, framing);
    stream(client, exchange, connection, upload, keep, shared).await
}

/// A header filter failed: its answer takes the place of the upstream's.
async fn answer_instead<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    body: Bytes,
    shared: &Arc<Shared>,
) -> Ended {
    filter::add_headers(&mut exchange, shared);
    client.start(&exchange, Framing::Length(body.len() as u64));
    client.push(&body);
    client.finish(b"");
    exchange.body_sent = body.len() as u64;
    let done = flush(client).await;
    (exchange, done)
}

async fn stream<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    mut connection: Connection,
    mut upload: Upload,
    keep: bool,
    shared: &Shared,
) -> Ended {
    let mut download = Download::default();
    let ended = poll_fn(|cx| download.poll(cx, client, &mut connection, &mut upload)).await;
    exchange.body_sent = download.passed;
    let done = settle(ended, connection, &upload, keep, shared);
    (exchange, done)
}

/// Keeps the connection if everything went well.
fn settle(
    ended: Result<(), Failure>,
    connection: Connection,
    upload: &Upload,
    keep: bool,
    shared: &Shared,
) -> Result<(), Broken> {
    match ended {
        Ok(()) => {
            if keep && upload.is_sent() && upload.done {
                upstream::put_back(connection, &shared.settings);
            }
            Ok(())
        }
        Err(Failure::Client(broken)) => Err(broken),
        Err(failure) => {
            tracing::warn!("the upstream's response was cut off: {failure:?}");
            Err(Broken::Gone)
        }
    }
}

async fn stream_filtered<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    mut connection: Connection,
    mut upload: Upload,
    keep: bool,
    shared: &Shared,
) -> Ended {
    let mut download = Download::default();
    loop {
        let piece = poll_fn(|cx| download.poll_piece(cx, client, &mut connection, &mut upload)).await;
        let piece = match piece {
            Ok(piece) => piece,
            Err(failure) => {
                let done = settle(Err(failure), connection, &upload, keep, shared);
                return (exchange, done);
            }
        };
        let last = piece.is_empty();
        let (same, filtered) = phases::body_filter(exchange, piece, last).await;
        exchange = same;
        let Some(filtered) = filtered else { return (exchange, Err(Broken::Gone)) };
        client.push(&filtered);
        exchange.body_sent += filtered.len() as u64;
        if last {
            client.finish(b"");
        }
        if (last || client.is_congested())
            && let Err(broken) = flush(client).await
        {
            return (exchange, Err(broken));
        }
        if last {
            let done = settle(Ok(()), connection, &upload, keep, shared);
            return (exchange, done);
        }
    }
}

/// Reads the whole response for plugins that have a `response` phase.
async fn respond_whole<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    mut connection: Connection,
    mut upload: Upload,
    keep: bool,
    shared: &Arc<Shared>,
) -> Ended {
    let mut download = Download::default();
    let mut body = Vec::new();
    loop {
        match poll_fn(|cx| download.poll_piece(cx, client, &mut connection, &mut upload)).await {
            Ok(piece) if piece.is_empty() => break,
            Ok(piece) => body.extend_from_slice(&piece),
            Err(Failure::Client(broken)) => return (exchange, Err(broken)),
            Err(failure) => return fail(client, exchange, status_of(&failure), shared).await,
        }
    }
    let _ = settle(Ok(()), connection, &upload, keep, shared);
    if let Some(response) = &mut exchange.response {
        response.body = Some(body.into());
    }
    let (mut exchange, flow) = phases::response(exchange, shared).await;
    let response = match flow {
        Flow::Respond(response) => Some(response),
        Flow::Continue => exchange.response.take(),
    };
    match response {
        Some(response) => decide::send(client, exchange, response, shared).await,
        None => fail(client, exchange, 500, shared).await,
    }
}

/// After the upstream's 101 the connections belong together.
async fn switch<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    connection: Connection,
    shared: &Arc<Shared>,
) -> Ended {
    client.start(&exchange, Framing::Empty);
    let limit = exchange.service.as_ref().map_or(60_000, |service| service.read_timeout);
    let Some(io) = client.tunnel() else { return fail(client, exchange, 502, shared).await };
    exchange.body_sent = tunnel::run(io, connection.io, Duration::from_millis(limit)).await;
    (exchange, Ok(()))
}

/// RFC 9112, 9.3.
fn keeps_alive(head: &ResponseHead, framing: Framing) -> bool {
    let says = |word: &[u8]| {
        head.headers.get_all("connection").any(|value| {
            value.split(|byte| *byte == b',').any(|item| item.trim_ascii().eq_ignore_ascii_case(word))
        })
    };
    framing != Framing::Close && !says(b"close") && (head.minor == 1 || says(b"keep-alive"))
}

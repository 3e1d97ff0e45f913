//! From peer to peer until one begins to answer.
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::{over_http1, over_http2};
use crate::exchange::{Exchange, Scheme, Try};
use crate::http::about::tell;
use crate::http::body::Outbound;
use crate::http::client::{Client, while_there};
use crate::http::forward::wants_websocket;
use crate::http::pump::Failure;
use crate::shared::Shared;
use crate::snapshot::Service;
use crate::tls::{Identity, Offer};
use crate::upstream::{self, ConnectError, Line, Peer, Peers};

/// The service's time-outs.
pub struct Times {
    pub connect: Duration,
    pub write: Duration,
    pub read: Duration,
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

/// A try that brought no response.
pub struct Lost {
    pub failure: Failure,
    pub again: Again,
}

/// What may be done after a lost try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The request may have been acted upon: it is not sent twice.
    Never,
    /// It may be sent to another peer, as often as the service allows.
    Elsewhere,
    /// It may be sent once more without counting: an idle connection may die just as it is taken.
    Freely,
    /// HTTP/2 cannot say this request.
    OverHttp1,
}

/// Tries peers until one gives the head of a response, at most `retries` times more than once.
pub async fn run<C: Client>(
    client: &mut C,
    exchange: &mut Exchange,
    outbound: &Outbound,
    peer: Peer,
    peers: &mut Peers,
    shared: &Shared,
) -> Result<Answer, Failure> {
    let answer = until_answered(client, exchange, outbound, peer, peers, shared).await;
    let allowed = exchange.service.as_ref().map_or(1, |service| service.retries as usize + 1);
    tell_tries(exchange, allowed, answer.is_ok());
    answer
}

async fn until_answered<C: Client>(
    client: &mut C,
    exchange: &mut Exchange,
    outbound: &Outbound,
    mut peer: Peer,
    peers: &mut Peers,
    shared: &Shared,
) -> Result<Answer, Failure> {
    let service = exchange.service.clone().ok_or(Failure::Closed)?;
    let times = Times::of(&service);
    let mut left = service.retries;
    let mut offer = offer(exchange, &service, shared);
    loop {
        let lost = match once(client, exchange, outbound, &peer, &service, offer, &times, shared).await {
            Ok(answer) => return Ok(answer),
            Err(lost) => lost,
        };
        match lost.again {
            Again::Freely => {}
            Again::OverHttp1 if offer == Offer::Both => offer = Offer::Http1,
            Again::Elsewhere if left > 0 => {
                left -= 1;
                peer = another(peers, lost.failure)?;
            }
            _ => return Err(lost.failure),
        }
    }
}

/// gRPC is HTTP/2, WebSocket is HTTP/1.1; otherwise a TLS upstream may choose.
fn offer(exchange: &Exchange, service: &Service, shared: &Shared) -> Offer {
    if service.is_grpc() {
        return Offer::Http2;
    }
    let has_choice = exchange.outgoing.scheme == Some(Scheme::Https) && shared.settings.upstream_http2;
    if has_choice && !wants_websocket(&exchange.request.headers) { Offer::Both } else { Offer::Http1 }
}

#[expect(clippy::too_many_arguments, reason = "all that one try depends on")]
async fn once<C: Client>(
    client: &mut C,
    exchange: &mut Exchange,
    outbound: &Outbound,
    peer: &Peer,
    service: &Service,
    offer: Offer,
    times: &Times,
    shared: &Shared,
) -> Result<Answer, Lost> {
    exchange.timing.balanced = Some(Instant::now());
    let line = obtain(exchange, peer, service, offer, times, shared);
    let line = if outbound.is_complete() {
        let left = |broken| Lost { failure: Failure::Client(broken), again: Again::Never };
        while_there(client, line).await.map_err(left)??
    } else {
        line.await?
    };
    match line {
        Line::Http1(connection) => {
            over_http1::attempt(client, exchange, connection, outbound, peer, times, shared).await
        }
        Line::Http2(place) => {
            over_http2::attempt(client, exchange, place, outbound, peer, times, shared).await
        }
    }
}

/// The peer for the next try; the failure stays when there is none.
fn another(peers: &mut Peers, failure: Failure) -> Result<Peer, Failure> {
    peers.failed(matches!(failure, Failure::TimedOut));
    peers.next().map_err(|_| failure)
}

/// A connection that was open, or a new one.
async fn obtain(
    exchange: &mut Exchange,
    peer: &Peer,
    service: &Service,
    offer: Offer,
    times: &Times,
    shared: &Shared,
) -> Result<Line, Lost> {
    let identity = identity(exchange, service, peer, offer, shared)
        .map_err(|failure| Lost { failure, again: Again::Never })?;
    let started = Instant::now();
    let opened = upstream::open(peer, identity.as_ref(), offer, times.connect, &shared.settings).await;
    note_try(exchange, peer, started, opened).map_err(|failure| Lost { failure, again: Again::Elsewhere })
}

fn identity(
    exchange: &Exchange,
    service: &Service,
    peer: &Peer,
    offer: Offer,
    shared: &Shared,
) -> Result<Option<Identity>, Failure> {
    if exchange.outgoing.scheme != Some(Scheme::Https) {
        return Ok(None);
    }
    let host = exchange.outgoing.host_header.as_ref().unwrap_or(&peer.authority);
    Identity::of(exchange, service, host, offer, shared).map(Some).map_err(|error| {
        tell!(error, exchange, "TLS to the upstream: {error}");
        Failure::Closed
    })
}

/// Remembers a try, and why there is no connection.
fn note_try<T>(
    exchange: &mut Exchange,
    peer: &Peer,
    started: Instant,
    connected: Result<T, ConnectError>,
) -> Result<T, Failure> {
    let mut note = |connected, failure, reason| {
        exchange.tries.push(Try { address: peer.address, started, connected, failure, reason });
    };
    match connected {
        Ok(connection) => {
            note(u64::try_from(started.elapsed().as_millis()).ok(), None, None);
            Ok(connection)
        }
        Err(ConnectError::TimedOut) => {
            note(None, Some("timed out"), Some("connecting timed out".to_owned()));
            Err(Failure::TimedOut)
        }
        Err(ConnectError::Refused(error)) => {
            note(None, Some("failed"), Some(format!("connecting failed: {error}")));
            Err(Failure::Closed)
        }
    }
}

/// Marks the last try as failed, and keeps why.
pub fn note_failure(exchange: &mut Exchange, failure: &Failure) {
    let Some(last) = exchange.tries.last_mut() else { return };
    last.failure = Some("failed");
    last.reason = match failure {
        Failure::Closed => Some("closed before a response".to_owned()),
        Failure::TimedOut => Some("timed out".to_owned()),
        Failure::Invalid(fault) => Some(format!("bad response: {}", fault.reason())),
        Failure::Client(_) => None,
    };
}

/// One line about all tries of a request, if one failed.
fn tell_tries(exchange: &Exchange, allowed: usize, is_answered: bool) {
    if exchange.tries.iter().all(|one| one.reason.is_none()) {
        return;
    }
    let (of, last) = (allowed.max(exchange.tries.len()), exchange.tries.last());
    let upstream = last.map(|last| last.address.to_string());
    let attempt = format!("{} of {of}", exchange.tries.len());
    if is_answered {
        let failed = failures(&exchange.tries);
        tell!(warn, exchange, upstream, attempt, "the upstream answered after failed tries: {failed}");
    } else {
        let failed = failures(&exchange.tries);
        tell!(error, exchange, upstream, attempt, "no response from the upstream: {failed}");
    }
}

/// `127.0.0.1:80: timed out (tries 1 to 3)`, one after the other.
fn failures(tries: &[Try]) -> String {
    let mut told: Vec<(usize, usize, &Try)> = Vec::new();
    for (at, one) in tries.iter().enumerate().filter(|(_, one)| one.reason.is_some()) {
        match told.last_mut() {
            Some((_, end, same)) if same.address == one.address && same.reason == one.reason => *end = at,
            _ => told.push((at, at, one)),
        }
    }
    let told = told.iter().map(|(start, end, one)| {
        let reason = one.reason.as_deref().unwrap_or_default();
        let which = if start == end {
            format!("try {}", start + 1)
        } else {
            format!("tries {} to {}", start + 1, end + 1)
        };
        format!("{}: {reason} ({which})", one.address)
    });
    told.collect::<Vec<_>>().join("; ")
}

/// RFC 9110, 9.2.2.
pub fn is_idempotent(exchange: &Exchange) -> bool {
    let method = exchange.outgoing.method.as_ref().unwrap_or(&exchange.request.method);
    matches!(&method[..], b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE" | b"PUT" | b"DELETE")
}

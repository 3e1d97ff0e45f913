//! Services that speak gRPC: the upstream's part of an exchange, over HTTP/2.
use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gopura_http1::{Framing, Headers};
use h2::RecvStream;
use http::header::{HeaderName, HeaderValue};
use http::{Method, Request, Uri};

use super::body::Outbound;
use super::call::Call;
use super::client::{Broken, Client, flush};
use super::filter;
use super::forward::forwarded_lines;
use super::proxy::{Ended, Lost, another, identity, log_failure, note_try};
use super::pump::Failure;
use crate::exchange::{Exchange, Response, Scheme, Source};
use crate::phases::{self, Phase};
use crate::shared::Shared;
use crate::snapshot::Service;
use crate::tls::Identity;
use crate::upstream::{Peer, Peers, open};

/// What an upstream has begun to answer.
pub struct Answered {
    call: Call,
    head: http::response::Parts,
    body: RecvStream,
}

/// Tries peers as for HTTP/1.1, but nothing is sent twice once a request has gone out.
pub async fn attempts<C: Client>(
    client: &mut C,
    exchange: &mut Exchange,
    outbound: &Outbound,
    mut peer: Peer,
    peers: &mut Peers,
    shared: &Shared,
) -> Result<Answered, Failure> {
    let service = exchange.service.clone().ok_or(Failure::Closed)?;
    let mut left = service.retries;
    loop {
        let identity = identity(exchange, &service, &peer, shared)?;
        match attempt(client, exchange, identity.as_ref(), outbound, &peer, &service, shared).await {
            Ok(answered) => return Ok(answered),
            Err(Lost { failure, repeatable: true }) if left > 0 => {
                left -= 1;
                peer = another(peers, failure)?;
            }
            Err(lost) => {
                log_failure(&lost.failure, &peer);
                return Err(lost.failure);
            }
        }
    }
}

/// One try.
async fn attempt<C: Client>(
    client: &mut C,
    exchange: &mut Exchange,
    identity: Option<&Identity>,
    outbound: &Outbound,
    peer: &Peer,
    service: &Service,
    shared: &Shared,
) -> Result<Answered, Lost> {
    let started = Instant::now();
    let opened = open(peer, identity, Duration::from_millis(service.connect_timeout)).await;
    let sender =
        note_try(exchange, peer, started, opened).map_err(|failure| Lost { failure, repeatable: true })?;
    let head = request(exchange, peer, shared).ok_or(Lost { failure: Failure::Closed, repeatable: false })?;
    let limit = Duration::from_millis(service.read_timeout);
    let call = Call::start(sender, head, &outbound.bytes, outbound.complete, limit);
    let mut call = call.map_err(|failure| Lost { failure, repeatable: true })?;
    exchange.timing.sent = Some(Instant::now());
    match poll_fn(|cx| call.poll_head(cx, client)).await {
        Ok(answer) => {
            exchange.timing.head = Some(Instant::now());
            let (head, body) = answer.into_parts();
            Ok(Answered { call, head, body })
        }
        Err(failure) => Err(Lost { failure, repeatable: false }),
    }
}

/// The request with its pseudo headers. `None` when a plugin made something of it that HTTP/2 can not say.
fn request(exchange: &Exchange, peer: &Peer, shared: &Shared) -> Option<Request<()>> {
    let (request, outgoing) = (&exchange.request, &exchange.outgoing);
    let mut target = gopura_router::escape_path(&outgoing.path).into_owned();
    if let Some(query) = outgoing.query.as_ref().or(request.query.as_ref()).filter(|query| !query.is_empty())
    {
        target.push(b'?');
        target.extend_from_slice(query);
    }
    let host = outgoing.host_header.as_ref().unwrap_or(&peer.authority);
    let scheme = outgoing.scheme.unwrap_or(Scheme::Http).as_str();
    let uri = Uri::builder().scheme(scheme).authority(&host[..]).path_and_query(&target[..]).build().ok()?;
    let method = Method::from_bytes(outgoing.method.as_ref().unwrap_or(&request.method)).ok()?;
    let mut head = Request::builder().method(method).uri(uri).version(http::Version::HTTP_2).body(()).ok()?;
    for (name, value) in forwarded_lines(exchange, shared) {
        let name = HeaderName::from_bytes(&name).ok()?;
        head.headers_mut().append(name, HeaderValue::from_bytes(&value).ok()?);
    }
    Some(head)
}

/// The response's way to the client.
pub async fn respond<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    answered: Answered,
    shared: &Arc<Shared>,
) -> Ended {
    let Answered { mut call, head, mut body } = answered;
    let mut headers = Headers::with_capacity(head.headers.len());
    for (name, value) in &head.headers {
        let name = Bytes::copy_from_slice(name.as_str().as_bytes());
        headers.append(name, Bytes::copy_from_slice(value.as_bytes()));
    }
    let status = head.status.as_u16();
    exchange.upstream = Some((status, Bytes::new()));
    exchange.response = Some(Response { status, headers, body: None, source: Source::Service });
    filter::remove_hop_by_hop(&mut exchange);
    if exchange.phases.has(Phase::HeaderFilter) {
        exchange = phases::header_filter(exchange).await;
    }
    filter::add_headers(&mut exchange, shared);
    let empty = body.is_end_stream() && !exchange.phases.has(Phase::BodyFilter);
    client.start(&exchange, if empty { Framing::Empty } else { Framing::Chunked });
    loop {
        let piece = match poll_fn(|cx| call.poll_piece(cx, client, &mut body)).await {
            Ok(piece) => piece,
            Err(Failure::Client(broken)) => return (exchange, Err(broken)),
            Err(failure) => {
                tracing::warn!("the upstream's response was cut off: {failure:?}");
                return (exchange, Err(Broken::Gone));
            }
        };
        let last = piece.is_empty();
        let piece = if exchange.phases.has(Phase::BodyFilter) {
            if last {
                exchange.trailers = call.trailers().to_vec();
            }
            let (same, filtered) = phases::body_filter(exchange, piece, last).await;
            exchange = same;
            let Some(filtered) = filtered else { return (exchange, Err(Broken::Gone)) };
            filtered
        } else {
            piece
        };
        client.push(&piece);
        exchange.body_sent += piece.len() as u64;
        if last {
            client.finish(call.trailers());
        }
        if (last || client.is_congested())
            && let Err(broken) = flush(client).await
        {
            return (exchange, Err(broken));
        }
        if last {
            return (exchange, Ok(()));
        }
    }
}

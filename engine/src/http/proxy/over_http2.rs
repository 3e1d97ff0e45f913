//! One request over HTTP/2, until the head of its response.
use std::future::poll_fn;
use std::time::Instant;

use bytes::Bytes;
use gopura_http1::{Fault, Framing, Headers};
use h2::RecvStream;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::response::Parts;
use http::{Method, Request, Uri};

use super::answer::{Answer, Incoming};
use super::call::{Call, Stopped};
use super::tries::{Again, Lost, Times, is_idempotent, note_failure};
use crate::exchange::{Exchange, Scheme};
use crate::http::body::Outbound;
use crate::http::client::Client;
use crate::http::forward::forwarded_lines;
use crate::http::pump::Failure;
use crate::http::status_text::reason;
use crate::phases::Phase;
use crate::shared::Shared;
use crate::upstream::{Peer, Place};

pub async fn attempt<C: Client>(
    client: &mut C,
    exchange: &mut Exchange,
    place: Place,
    outbound: &Outbound,
    peer: &Peer,
    times: &Times,
    shared: &Shared,
) -> Result<Answer, Lost> {
    let head = request(exchange, outbound, peer, shared)
        .ok_or(Lost { failure: Failure::Closed, again: Again::OverHttp1 })?;
    let reused = place.reused;
    let mut call = match Call::start(place, head, outbound, times.write, times.read) {
        Ok(call) => call,
        Err(stopped) => return Err(lost(exchange, stopped, true, reused)),
    };
    exchange.timing.sent = Some(Instant::now());
    match poll_fn(|cx| call.poll_head(cx, client)).await {
        Ok(answer) => {
            exchange.timing.head = Some(Instant::now());
            let (head, body) = answer.into_parts();
            if head.status.is_informational() {
                let failure = Failure::Invalid(Fault::Bad("a switch of protocols over HTTP/2"));
                note_failure(exchange, &failure);
                return Err(Lost { failure, again: Again::Never });
            }
            Ok(read(exchange, head, body, call))
        }
        Err(stopped) => {
            let unread = !call.has_taken();
            Err(lost(exchange, stopped, unread, reused))
        }
    }
}

/// `unread`: nothing of the client's body is missing for another try. gRPC calls are not repeated once they went out,
/// whatever their method.
fn lost(exchange: &mut Exchange, stopped: Stopped, unread: bool, reused: bool) -> Lost {
    note_failure(exchange, &stopped.failure);
    let is_grpc = exchange.service.as_ref().is_some_and(|service| service.is_grpc());
    let repeatable = unread && (stopped.unprocessed || (!is_grpc && is_idempotent(exchange)));
    let again = match stopped.failure {
        Failure::Closed if repeatable && reused && stopped.connection_ended => Again::Freely,
        Failure::Closed | Failure::TimedOut if repeatable => Again::Elsewhere,
        _ => Again::Never,
    };
    Lost { failure: stopped.failure, again }
}

/// The request with its pseudo headers. `None` when it is none that HTTP/2 can say.
fn request(exchange: &Exchange, outbound: &Outbound, peer: &Peer, shared: &Shared) -> Option<Request<()>> {
    let (request, outgoing) = (&exchange.request, &exchange.outgoing);
    let host = outgoing.host_header.as_ref().unwrap_or(&peer.authority);
    let scheme = outgoing.scheme.unwrap_or(Scheme::Http).as_str();
    let uri = Uri::builder()
        .scheme(scheme)
        .authority(&host[..])
        .path_and_query(&target(exchange)[..])
        .build()
        .ok()?;
    let method = Method::from_bytes(outgoing.method.as_ref().unwrap_or(&request.method)).ok()?;
    let mut head = Request::builder().method(method).uri(uri).version(http::Version::HTTP_2).body(()).ok()?;
    for (name, value) in forwarded_lines(exchange, shared) {
        let name = HeaderName::from_bytes(&name).ok()?;
        head.headers_mut().append(name, HeaderValue::from_bytes(&value).ok()?);
    }
    if let Framing::Length(length) = outbound.framing {
        head.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    Some(head)
}

fn target(exchange: &Exchange) -> Vec<u8> {
    let (request, outgoing) = (&exchange.request, &exchange.outgoing);
    let mut target = gopura_router::escape_path(&outgoing.path).into_owned();
    let query = outgoing.query.as_ref().filter(|query| !query.is_empty());
    if let Some(query) = query.or(request.query.as_ref().filter(|_| outgoing.query.is_none())) {
        target.push(b'?');
        target.extend_from_slice(query);
    }
    target
}

fn read(exchange: &Exchange, head: Parts, body: RecvStream, call: Call) -> Answer {
    let mut headers = Headers::with_capacity(head.headers.len());
    for (name, value) in &head.headers {
        let name = Bytes::copy_from_slice(name.as_str().as_bytes());
        headers.append(name, Bytes::copy_from_slice(value.as_bytes()));
    }
    let status = head.status.as_u16();
    let framing = framing(exchange, status, &headers, &body);
    let reason = Bytes::from_static(reason(status).as_bytes());
    Answer { status, reason, headers, framing, body: Incoming::Http2(Box::new((call, body))) }
}

/// h2 itself holds a body against its Content-Length. After any gRPC message there may be trailers, for which body
/// filters may add a body.
fn framing(exchange: &Exchange, status: u16, headers: &Headers, body: &RecvStream) -> Framing {
    let method = exchange.outgoing.method.as_ref().unwrap_or(&exchange.request.method);
    let is_grpc = exchange.service.as_ref().is_some_and(|service| service.is_grpc());
    if is_grpc {
        let empty = body.is_end_stream() && !exchange.phases.has(Phase::BodyFilter);
        return if empty { Framing::Empty } else { Framing::Chunked };
    }
    if method == "HEAD" || matches!(status, 204 | 304) {
        return Framing::Empty;
    }
    if body.is_end_stream() {
        return Framing::Length(0);
    }
    let length =
        headers.get("content-length").and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    length.map_or(Framing::Chunked, Framing::Length)
}

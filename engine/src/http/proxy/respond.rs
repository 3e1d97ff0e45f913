//! The response's way from the upstream through the plugins to the client.
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gopura_http1::Framing;

use super::answer::{Answer, Incoming};
use super::{Ended, fail, status_of, tunnel};
use crate::exchange::{Exchange, Response, Source};
use crate::http::about::tell;
use crate::http::client::{Broken, Client, flush};
use crate::http::pump::Failure;
use crate::http::{decide, filter, hop_by_hop};
use crate::phases::{self, Flow, Phase};
use crate::shared::Shared;

pub async fn run<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    answer: Answer,
    shared: &Arc<Shared>,
) -> Ended {
    let Answer { status, reason, headers, framing, body } = answer;
    exchange.upstream = Some((status, reason));
    exchange.response = Some(Response { status, headers, body: None, source: Source::Service });
    hop_by_hop::leave_upstream(&mut exchange);
    if is_buffered(&exchange, status) {
        return respond_whole(client, exchange, framing, body, shared).await;
    }
    pass_on(client, exchange, framing, Bytes::new(), body, shared).await
}

/// Sends the response as it comes, after what was held back of it.
async fn pass_on<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    framing: Framing,
    held: Bytes,
    body: Incoming,
    shared: &Arc<Shared>,
) -> Ended {
    filter::begin(&mut exchange);
    if exchange.phases.has(Phase::HeaderFilter) {
        exchange = phases::header_filter(exchange, shared).await;
        if let Some(body) = exchange.response.as_mut().and_then(|response| response.body.take()) {
            return answer_instead(client, exchange, body, shared).await;
        }
    }
    filter::add_headers(&mut exchange, shared);
    if matches!(exchange.upstream, Some((101, _))) {
        return switch(client, exchange, body, shared).await;
    }
    if exchange.phases.has(Phase::BodyFilter) {
        let framing = if framing == Framing::Empty { framing } else { Framing::Chunked };
        client.start(&exchange, framing);
        return stream_filtered(client, exchange, held, body, shared).await;
    }
    client.start(&exchange, if framing == Framing::Close { Framing::Chunked } else { framing });
    client.push(&held);
    stream(client, exchange, body, shared).await
}

/// A gRPC call may go on for ever: it is never held back for the `response` phase.
fn is_buffered(exchange: &Exchange, status: u16) -> bool {
    exchange.phases.has(Phase::Response)
        && status != 101
        && !exchange.service.as_ref().is_some_and(|service| service.is_grpc())
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
    mut body: Incoming,
    shared: &Shared,
) -> Ended {
    let ended = body.stream(client).await;
    exchange.body_sent = body.passed();
    match ended {
        Ok(()) => {
            body.settle(&shared.settings);
            (exchange, Ok(()))
        }
        Err(failure) => {
            let broken = cut_off(&exchange, failure);
            (exchange, Err(broken))
        }
    }
}

fn cut_off(exchange: &Exchange, failure: Failure) -> Broken {
    if let Failure::Client(broken) = failure {
        return broken;
    }
    let reason = match &failure {
        Failure::TimedOut => "it sends nothing more",
        Failure::Invalid(fault) => fault.reason(),
        Failure::Closed | Failure::Client(_) => "it closed the connection",
    };
    let upstream = exchange.tries.last().map(|last| last.address.to_string());
    tell!(warn, exchange, upstream, "the upstream's response was cut off: {reason}");
    Broken::Gone
}

async fn stream_filtered<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    held: Bytes,
    mut body: Incoming,
    shared: &Shared,
) -> Ended {
    let mut held = Some(held).filter(|held| !held.is_empty());
    loop {
        let piece = match held.take() {
            Some(held) => held,
            None => match body.piece(client).await {
                Ok(piece) => piece,
                Err(failure) => {
                    let broken = cut_off(&exchange, failure);
                    return (exchange, Err(broken));
                }
            },
        };
        let last = piece.is_empty();
        if last {
            exchange.trailers = body.trailers().to_vec();
        }
        let (same, filtered) = phases::body_filter(exchange, piece, last).await;
        exchange = same;
        let Some(filtered) = filtered else { return (exchange, Err(Broken::Gone)) };
        client.push(&filtered);
        exchange.body_sent += filtered.len() as u64;
        if last {
            client.finish(body.trailers());
        }
        if (last || client.is_congested())
            && let Err(broken) = flush(client).await
        {
            return (exchange, Err(broken));
        }
        if last {
            body.settle(&shared.settings);
            return (exchange, Ok(()));
        }
    }
}

/// Holds the response for plugins that have a `response` phase; one whose body exceeds their limits they see without it.
async fn respond_whole<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    framing: Framing,
    mut incoming: Incoming,
    shared: &Arc<Shared>,
) -> Ended {
    let limit = phases::response_limit(&exchange);
    let mut held = Vec::new();
    let is_whole = loop {
        match incoming.piece(client).await {
            Ok(piece) if piece.is_empty() => break true,
            Ok(piece) => held.extend_from_slice(&piece),
            Err(Failure::Client(broken)) => return (exchange, Err(broken)),
            Err(failure) => return fail(client, exchange, status_of(&failure), shared).await,
        }
        if held.len() > limit {
            break false;
        }
    };
    let held = Bytes::from(held);
    let rest = if is_whole {
        incoming.settle(&shared.settings);
        None
    } else {
        Some(incoming)
    };
    if let Some(response) = exchange.response.as_mut().filter(|_| is_whole) {
        response.body = Some(held.clone());
    }
    let (mut exchange, flow) = phases::response(client, exchange, shared).await;
    let is_replaced = exchange.response.as_ref().is_none_or(|response| response.body.is_some());
    let response = match (flow, rest) {
        (Flow::Respond(response), _) => Some(response),
        (Flow::Continue, Some(rest)) if !is_replaced => {
            return pass_on(client, exchange, framing, held, rest, shared).await;
        }
        (Flow::Continue, _) => exchange.response.take(),
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
    body: Incoming,
    shared: &Arc<Shared>,
) -> Ended {
    client.start(&exchange, Framing::Empty);
    let limit = exchange.service.as_ref().map_or(60_000, |service| service.read_timeout);
    match (client.tunnel(), body) {
        (Some(io), Incoming::Http1 { connection, .. }) => {
            exchange.body_sent = tunnel::run(io, connection.io, Duration::from_millis(limit)).await;
            (exchange, Ok(()))
        }
        _ => fail(client, exchange, 502, shared).await,
    }
}

//! The upstream's part of an exchange: tries, response, body.
mod answer;
mod call;
mod over_http1;
mod over_http2;
mod respond;
mod tries;
mod tunnel;

use std::sync::Arc;

use super::about::tell;
use super::body::Outbound;
use super::client::{Broken, Client, while_there};
use super::pump::Failure;
use super::{decide, errors};
use crate::exchange::Exchange;
use crate::shared::Shared;
use crate::upstream::{Peers, Unreachable};

type Ended = (Box<Exchange>, Result<(), Broken>);

/// Sends the request to the service and its response to the client.
pub async fn run<C: Client>(client: &mut C, mut exchange: Box<Exchange>, shared: &Arc<Shared>) -> Ended {
    let outbound = match Outbound::prepare(client, &mut exchange, shared).await {
        Ok(outbound) => outbound,
        Err(broken) => return refuse(client, exchange, &broken, shared).await,
    };
    let found = Peers::find(&mut exchange, &shared.dns);
    let found = if outbound.is_complete() { while_there(client, found).await } else { Ok(found.await) };
    let mut peers = match found {
        Ok(Ok(peers)) => peers,
        Ok(Err(unreachable)) => return no_peer(client, exchange, &unreachable, shared).await,
        Err(gone) => return (exchange, Err(gone)),
    };
    let first = match peers.next() {
        Ok(peer) => peer,
        Err(unreachable) => return no_peer(client, exchange, &unreachable, shared).await,
    };
    let answered = tries::run(client, &mut exchange, &outbound, first, &mut peers, shared).await;
    exchange.held = peers.hold();
    let (exchange, done) = match answered {
        Ok(answer) => respond::run(client, exchange, answer, shared).await,
        Err(Failure::Client(Broken::Gone)) => (exchange, Err(Broken::Gone)),
        Err(Failure::Client(broken)) => refuse(client, exchange, &broken, shared).await,
        Err(failure) => fail(client, exchange, status_of(&failure), shared).await,
    };
    report(&exchange);
    (exchange, done)
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
    tell!(error, &exchange, "no target: {}", unreachable.0);
    let response = errors::error(&exchange, 503, unreachable.0, shared);
    decide::send(client, exchange, response, shared).await
}

/// The client's body cannot be had. A faulty one counts as proxied, as in Kong, which reads it after `access`.
async fn refuse<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    broken: &Broken,
    shared: &Arc<Shared>,
) -> Ended {
    exchange.proxied = !matches!(broken, Broken::TooLarge) || !exchange.tries.is_empty();
    let response = errors::broken(&exchange, broken, shared);
    decide::send(client, exchange, response, shared).await
}

async fn fail<C: Client>(
    client: &mut C,
    exchange: Box<Exchange>,
    status: u16,
    shared: &Arc<Shared>,
) -> Ended {
    let response = errors::nginx_error(&exchange, status, shared);
    decide::send(client, exchange, response, shared).await
}

fn status_of(failure: &Failure) -> u16 {
    match failure {
        Failure::TimedOut => 504,
        Failure::Closed | Failure::Invalid(_) => 502,
        Failure::Client(broken) => broken.status(),
    }
}

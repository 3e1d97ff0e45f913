//! The plugin phases: the boundary between the exchange loop and Python.
//!
//! The loop calls these functions in this order, each only when `Exchange::phases` or the chain says that some
//! plugin has the phase, so a route without plugins never comes here:
//!
//! 0. `certificate`   - in the TLS handshake, once for a connection, with an exchange of its own.
//! 1. `rewrite`       - globals only, before routing.
//! 2. `access`        - the route's chain; collects `Exchange::collected`.
//! 3. `response`      - whole upstream response in `Exchange::response`, body in `Response::body`.
//! 4. `header_filter` - head on its way to the client, own and upstream responses alike.
//! 5. `body_filter`   - each piece of the body.
//! 6. `log`           - after the last byte.
//!
//! In 1 to 3 a client that leaves while a coroutine waits has it cancelled; the answer is nginx's 499.
//!
//! Each takes the box and gives it back. A future that is dropped (client gone, time-out) must not lose the
//! worker: what Python still holds then is an emptied slot.
mod bound;
mod call;
mod context;
mod drive;
mod failure;
mod lookups;
mod plan;
mod seen;
mod slot;
pub mod text;
mod view;
mod waiting;

use std::sync::Arc;

use bytes::Bytes;
use gopura_http1::Headers;
use pyo3::prelude::*;
use tokio::task::yield_now;

pub use bound::{Bound, Phase, PhaseSet};
pub use context::Context;
pub use lookups::{Lookups, found};
pub use seen::Seen;
pub use view::{Entity as EntityView, EntityCache, entity};

use crate::exchange::{Exchange, Response, Source};
use crate::http::client::{Broken, Client};
use crate::http::{body, errors};
use crate::shared::Shared;
use crate::tls::Ask;
use drive::Stop;
use plan::Plan;

/// What the loop does after a phase that may answer.
pub enum Flow {
    Continue,
    /// Send this instead; `body` is the whole body. Downstream phases still run.
    Respond(Response),
}

/// Adds the classes that plugins see to `gopura._engine`.
pub fn mount(module: &pyo3::Bound<'_, PyModule>) -> PyResult<()> {
    view::mount(module)
}

/// In this phase a TLS client has said which name it wants. Gives what the plugins ask of the handshake; `None`: one of
/// them failed.
pub async fn certificate(exchange: Box<Exchange>, plugins: Vec<Arc<Bound>>) -> Option<Ask> {
    let mut exchange = drive::run(exchange, Plan::chosen(Phase::Certificate, plugins)).await;
    let ask = (!exchange.context.answered).then(|| exchange.context.ask.take());
    Python::attach(|_| drop(exchange));
    ask.map(|ask| ask.map(|ask| *ask).unwrap_or_default())
}

/// In this phase no route is known yet; only global plugins run.
pub async fn rewrite<C: Client>(
    client: &mut C,
    exchange: Box<Exchange>,
    shared: &Shared,
) -> (Box<Exchange>, Flow) {
    let plan = Plan::globals(&exchange, Phase::Rewrite);
    while_heard(client, exchange, plan, shared).await
}

/// In this phase the route, service and chain are known; runs each slot's best configuration for the
/// consumer that is authenticated by then, and fills `collected` and `phases`.
pub async fn access<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    shared: &Shared,
) -> (Box<Exchange>, Flow) {
    let mut plan = Plan::access(&exchange);
    if plan.settled(&mut exchange) {
        let broken = read_for_later(client, &mut exchange).await.err();
        let refused = broken.map(|broken| errors::broken(&exchange, &broken, shared));
        return (with_early(exchange), refused.map_or(Flow::Continue, Flow::Respond));
    }
    loop {
        let (same, stop) = drive::run_unless(exchange, &mut plan, |cx| client.poll_gone(cx)).await;
        exchange = same;
        let read = match stop {
            Stop::Left => return (exchange, Flow::Respond(unheard())),
            Stop::Wants(limit) => body::read_whole(client, &mut exchange, limit).await,
            Stop::Ended => break,
        };
        if let Err(broken) = read {
            plan.held();
            refuse(&mut exchange, &broken, shared);
        }
    }
    if !exchange.context.answered
        && let Err(broken) = read_for_later(client, &mut exchange).await
    {
        refuse(&mut exchange, &broken, shared);
    }
    let exchange = with_early(exchange);
    // Let every request that is ready pass Python before the first is sent on: the processor keeps one kind of
    // code in its caches at a time, and who waits for the sockets is woken once for all.
    yield_now().await;
    answered(exchange, shared)
}

/// Plugins that read the client's body in later phases only have it from here on.
async fn read_for_later<C: Client>(client: &mut C, exchange: &mut Exchange) -> Result<(), Broken> {
    let plugins = exchange.collected.iter().flatten();
    let wanted =
        plugins.filter(|bound| !bound.phases.has(Phase::Access)).filter_map(|bound| bound.request_body);
    match wanted.max().filter(|limit| exchange.lacks_body(*limit)) {
        Some(limit) => body::read_whole(client, exchange, limit).await,
        None => Ok(()),
    }
}

/// Answers in the place of the plugins that are left.
fn refuse(exchange: &mut Exchange, broken: &Broken, shared: &Shared) {
    exchange.context.answered = true;
    exchange.context.error = None;
    exchange.response = Some(errors::broken(exchange, broken, shared));
}

/// Headers that wait for the response are put into it in `header_filter`, whether a plugin has that phase or not.
fn with_early(mut exchange: Box<Exchange>) -> Box<Exchange> {
    if !exchange.context.early.is_empty() {
        exchange.phases.insert(Phase::HeaderFilter);
    }
    exchange
}

/// In this phase the whole upstream response is there; a plugin may change or replace it.
pub async fn response<C: Client>(
    client: &mut C,
    exchange: Box<Exchange>,
    shared: &Shared,
) -> (Box<Exchange>, Flow) {
    let plan = Plan::downstream(&exchange, Phase::Response);
    while_heard(client, exchange, plan, shared).await
}

/// How many bytes of the response's body the plugins of the `response` phase want to see whole.
pub fn response_limit(exchange: &Exchange) -> usize {
    Plan::downstream(exchange, Phase::Response).largest(|bound| bound.response_body)
}

/// In this phase status and headers of any response may still change. When a plugin fails here,
/// `Exchange::response` is the gateway's own (`Source::Error`, with `body`) and replaces what was under way.
pub async fn header_filter(mut exchange: Box<Exchange>, shared: &Shared) -> Box<Exchange> {
    context::merge_early(&mut exchange);
    let plan = Plan::downstream(&exchange, Phase::HeaderFilter);
    let mut exchange = drive::run(exchange, plan).await;
    exchange.context.answered = false;
    if let Some((status, message)) = exchange.context.error.take() {
        let given = exchange.response.take().map(|given| given.headers).unwrap_or_default();
        exchange.response = Some(errors::plugin_error(&exchange, status, &message, &given, shared));
    }
    if let Some(response) = exchange.response.as_mut().filter(|_| exchange.phases.has(Phase::BodyFilter)) {
        response.headers.remove("content-length");
    }
    exchange
}

/// In this phase one piece of the body passes; `last` comes once, maybe with an empty piece.
/// `None`: a plugin failed, the response must be cut off.
pub async fn body_filter(
    exchange: Box<Exchange>,
    piece: Bytes,
    last: bool,
) -> (Box<Exchange>, Option<Bytes>) {
    let plan = Plan::downstream(&exchange, Phase::BodyFilter);
    drive::filter(exchange, plan, piece, last)
}

/// In this phase everything is known and nothing can change. The box ends here.
pub async fn log(exchange: Box<Exchange>) {
    let plan = Plan::downstream(&exchange, Phase::Log);
    let exchange = drive::run(exchange, plan).await;
    Python::attach(|_| drop(exchange));
}

/// Takes the answer out of an exchange whose plugin gave one.
fn answered(mut exchange: Box<Exchange>, shared: &Shared) -> (Box<Exchange>, Flow) {
    if !std::mem::take(&mut exchange.context.answered) {
        return (exchange, Flow::Continue);
    }
    let given = exchange.response.take();
    let response = match exchange.context.error.take() {
        Some((status, message)) => {
            let given = given.map(|given| given.headers).unwrap_or_default();
            Some(errors::plugin_error(&exchange, status, &message, &given, shared))
        }
        None => given.map(|given| match given.body {
            Some(_) => given,
            None => errors::without_body(&exchange, given, shared),
        }),
    };
    (exchange, response.map_or(Flow::Continue, Flow::Respond))
}

/// Runs a phase that may answer.
async fn while_heard<C: Client>(
    client: &mut C,
    exchange: Box<Exchange>,
    plan: Plan,
    shared: &Shared,
) -> (Box<Exchange>, Flow) {
    let mut plan = plan;
    match drive::run_unless(exchange, &mut plan, |cx| client.poll_gone(cx)).await {
        (exchange, Stop::Left) => (exchange, Flow::Respond(unheard())),
        (exchange, _) => answered(exchange, shared),
    }
}

fn unheard() -> Response {
    Response { status: 499, headers: Headers::default(), body: None, source: Source::Error }
}

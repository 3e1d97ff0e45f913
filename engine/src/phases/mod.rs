//! The plugin phases: the boundary between the exchange loop and Python.
//!
//! The loop calls these functions in this order, each only when `Exchange::phases` or the chain says that some
//! plugin has the phase, so a route without plugins never comes here:
//!
//! 1. `rewrite`       - globals only, before routing.
//! 2. `access`        - the route's chain; collects `Exchange::collected`.
//! 3. `response`      - whole upstream response in `Exchange::response`, body in `Response::body`.
//! 4. `header_filter` - head on its way to the client, own and upstream responses alike.
//! 5. `body_filter`   - each piece of the body.
//! 6. `log`           - after the last byte.
//!
//! Each takes the box and gives it back. A future that is dropped (client gone, time-out) must not lose the
//! worker: what Python still holds then is an emptied slot.
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;

use crate::exchange::{Exchange, Response};

/// State of plugins that lives as long as the exchange.
#[derive(Default)]
pub struct Context {
    pub object: Option<Py<PyAny>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    Certificate,
    Rewrite,
    Access,
    Response,
    HeaderFilter,
    BodyFilter,
    Log,
}

/// A set of phases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhaseSet(u8);

impl PhaseSet {
    pub fn has(self, phase: Phase) -> bool {
        self.0 & (1 << phase as u8) != 0
    }

    pub fn insert(&mut self, phase: Phase) {
        self.0 |= 1 << phase as u8;
    }

    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// One configured plugin as Python bound it: `gopura.dataplane.plugins.BoundPlugin`.
pub struct Bound {
    pub id: String,
    pub name: String,
    pub priority: i64,
    pub phases: PhaseSet,
    /// The plugin reads or changes the request's whole body: bytes to buffer before `access` at most.
    pub request_body: Option<usize>,
    /// The plugin's configuration never depends on the route / service / consumer (Kong's `no_route`, ...).
    pub no_route: bool,
    pub no_service: bool,
    pub no_consumer: bool,
    pub object: Py<PyAny>,
}

impl Bound {
    /// Reads the attributes once, at commit, while the caller holds the thread state.
    pub fn new(id: &str, object: &Bound_<'_>) -> PyResult<Self> {
        let name: String = object.getattr("name")?.extract()?;
        let priority: i64 = object.getattr("priority")?.extract()?;
        let names: HashMap<String, Py<PyAny>> = object.getattr("phases")?.extract()?;
        Ok(Self {
            id: id.to_owned(),
            name,
            priority,
            phases: phase_set(names.keys()),
            request_body: None,
            no_route: false,
            no_service: false,
            no_consumer: false,
            object: object.clone().unbind(),
        })
    }
}

type Bound_<'py> = pyo3::Bound<'py, PyAny>;

fn phase_set<'a>(names: impl Iterator<Item = &'a String>) -> PhaseSet {
    let mut set = PhaseSet::default();
    for name in names {
        match name.as_str() {
            "certificate" => set.insert(Phase::Certificate),
            "rewrite" => set.insert(Phase::Rewrite),
            "access" => set.insert(Phase::Access),
            "response" => set.insert(Phase::Response),
            "header_filter" => set.insert(Phase::HeaderFilter),
            "body_filter" => set.insert(Phase::BodyFilter),
            "log" => set.insert(Phase::Log),
            _ => {}
        }
    }
    set
}

/// What the loop does after a phase that may answer.
pub enum Flow {
    Continue,
    /// Send this instead; `body` is the whole body. Downstream phases still run.
    Respond(Response),
}

/// In this phase no route is known yet; only global plugins run.
pub async fn rewrite(exchange: Box<Exchange>) -> (Box<Exchange>, Flow) {
    (exchange, Flow::Continue)
}

/// In this phase the route, service and chain are known; runs each slot's best configuration for the
/// consumer that is authenticated by then, and fills `collected` and `phases`.
pub async fn access(mut exchange: Box<Exchange>) -> (Box<Exchange>, Flow) {
    let consumer: Option<Arc<str>> = exchange.consumer.as_ref().map(|entity| entity.id.clone());
    if let Some(route) = &exchange.route {
        let chain = exchange.snapshot.chain(route);
        let collected: Vec<_> = chain.plugins(consumer.as_deref()).cloned().collect();
        exchange.phases = collected.iter().fold(PhaseSet::default(), |set, bound| set.union(bound.phases));
        exchange.collected = Some(collected);
    }
    (exchange, Flow::Continue)
}

/// In this phase the whole upstream response is there; a plugin may change or replace it.
pub async fn response(exchange: Box<Exchange>) -> (Box<Exchange>, Flow) {
    (exchange, Flow::Continue)
}

/// In this phase status and headers of any response may still change.
pub async fn header_filter(exchange: Box<Exchange>) -> Box<Exchange> {
    exchange
}

/// In this phase one piece of the body passes; `last` comes once, maybe with an empty piece.
pub async fn body_filter(exchange: Box<Exchange>, piece: Bytes, _last: bool) -> (Box<Exchange>, Bytes) {
    (exchange, piece)
}

/// In this phase everything is known and nothing can change. The box ends here.
pub async fn log(_exchange: Box<Exchange>) {}

//! Runs a phase: plugin after plugin under one hold of the thread state, let go only while a coroutine waits.
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::bound::{Bound, Phase};
use super::call::{self, Called};
use super::plan::Plan;
use super::slot::Slot;
use super::waiting::{Outcome, Waiting};
use super::{failure, text, view};
use crate::exchange::Exchange;

type View = Py<view::Exchange>;

/// Calls the plan's plugins until one answers.
pub async fn run(exchange: Box<Exchange>, plan: Plan) -> Box<Exchange> {
    let mut plan = plan;
    run_unless(exchange, &mut plan, |_| Poll::Pending).await.0
}

/// Why a phase stops.
pub enum Stop {
    Ended,
    /// The client has left.
    Left,
    /// The next plugin wants so many bytes of the client's body at most.
    Wants(usize),
}

/// Likewise, and stops waiting for a coroutine when `gone` is ready: the coroutine is cancelled. Goes on where it
/// stopped when it is called again.
pub async fn run_unless(
    exchange: Box<Exchange>,
    plan: &mut Plan,
    mut gone: impl FnMut(&mut Context<'_>) -> Poll<()>,
) -> (Box<Exchange>, Stop) {
    if plan.is_empty() {
        return (exchange, Stop::Ended);
    }
    let lent = Lent::new(exchange, plan.phase);
    let mut settled = None;
    loop {
        let mut waiting = match Python::attach(|py| advance(py, &lent.0, plan, settled.take())) {
            Advanced::Waits(waiting) => waiting,
            Advanced::Stops(stop) => return (lent.back(), stop),
        };
        let outcome = tokio::select! {
            outcome = waiting.outcome() => outcome,
            () = poll_fn(&mut gone) => {
                waiting.give_up().await;
                return (lent.back(), Stop::Left);
            }
        };
        settled = Some((waiting.bound.clone(), outcome));
    }
}

enum Advanced {
    Waits(Waiting),
    Stops(Stop),
}

/// Passes one piece of a body through the plan's plugins; `None` when one fails.
pub fn filter(
    exchange: Box<Exchange>,
    mut plan: Plan,
    piece: Bytes,
    last: bool,
) -> (Box<Exchange>, Option<Bytes>) {
    let lent = Lent::new(exchange, plan.phase);
    let piece = Python::attach(|py| pieces(py, &lent.0, &mut plan, piece, last));
    (lent.back(), piece)
}

/// An exchange in its slot; taken out again in any case.
struct Lent(Arc<Slot>);

impl Lent {
    fn new(mut exchange: Box<Exchange>, phase: Phase) -> Self {
        exchange.context.phase = Some(phase);
        let slot = exchange.context.slot.clone();
        slot.put(exchange);
        Self(slot)
    }

    fn back(self) -> Box<Exchange> {
        self.0.take().expect("only the worker takes an exchange out of its slot")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

fn advance(
    py: Python<'_>,
    slot: &Arc<Slot>,
    plan: &mut Plan,
    settled: Option<(Arc<Bound>, Outcome)>,
) -> Advanced {
    let Some(exchange) = view_of(py, slot) else { return Advanced::Stops(Stop::Ended) };
    if let Some((bound, outcome)) = settled {
        settle(py, slot, &bound, plan.phase, &exchange, outcome);
    }
    loop {
        let bound = match next(slot, plan) {
            Ok(bound) => bound,
            Err(stop) => return Advanced::Stops(stop),
        };
        match call::start(py, &bound, plan.phase, &exchange) {
            Called::Done(outcome) => settle(py, slot, &bound, plan.phase, &exchange, outcome),
            Called::Waits(waiting) => return Advanced::Waits(waiting),
        }
    }
}

fn settle(py: Python<'_>, slot: &Slot, bound: &Bound, phase: Phase, exchange: &View, outcome: Outcome) {
    if let Err(error) = outcome.and_then(|value| accepted(py, phase, &value)) {
        failure::report(py, bound, phase, exchange, error);
        let _ = slot.with(|exchange| failure::fail(exchange, phase));
    }
}

/// What a phase that may answer returns is an answer or None; anything else is a slip that would let requests pass.
fn accepted(py: Python<'_>, phase: Phase, value: &Py<PyAny>) -> PyResult<()> {
    let may_answer = matches!(phase, Phase::Rewrite | Phase::Access | Phase::Response);
    let value = value.bind(py);
    if !may_answer || value.is_none() || value.is_instance_of::<view::Response>() {
        return Ok(());
    }
    let (phase, kind) = (phase.name(), value.get_type().name()?);
    let mend = if kind == "coroutine" {
        format!("write `async def {phase}`, or await it")
    } else {
        "return what `exchange.exit` gives, or None to let the request go on".to_owned()
    };
    Err(PyTypeError::new_err(format!("{phase} returned a {kind}: {mend}")))
}

fn next(slot: &Slot, plan: &mut Plan) -> Result<Arc<Bound>, Stop> {
    if let Some(bound) = plan.held() {
        return Ok(bound);
    }
    let found = slot.with(|exchange| {
        let next = plan.next(exchange);
        if let Some(asked) = &mut exchange.asked {
            asked.turn(plan.phase, next.as_ref());
        }
        let bound = next.ok_or(Stop::Ended)?;
        plan.hold(exchange, &bound).map_or(Ok(bound), |limit| Err(Stop::Wants(limit)))
    });
    found.unwrap_or(Err(Stop::Ended))
}

/// The Python object of the exchange, made once.
fn view_of(py: Python<'_>, slot: &Arc<Slot>) -> Option<View> {
    let known = slot.with(|exchange| exchange.context.view.as_ref().map(|view| view.clone_ref(py)));
    if let Some(view) = known.ok()? {
        return Some(view);
    }
    let view = Py::new(py, view::Exchange::new(slot.clone())).ok()?;
    slot.with(|exchange| exchange.context.view = Some(view.clone_ref(py))).ok()?;
    Some(view)
}

fn pieces(py: Python<'_>, slot: &Arc<Slot>, plan: &mut Plan, mut piece: Bytes, last: bool) -> Option<Bytes> {
    let exchange = view_of(py, slot)?;
    while let Ok(bound) = next(slot, plan) {
        let Some(call) = bound.call(Phase::BodyFilter) else { continue };
        let arguments = (&exchange, &bound.config, PyBytes::new(py, &piece), last);
        match call.function.call1(py, arguments).and_then(|it| replaced(it.bind(py))) {
            Ok(None) => {}
            Ok(Some(bytes)) => piece = bytes,
            Err(error) => {
                failure::report(py, &bound, Phase::BodyFilter, &exchange, error);
                return None;
            }
        }
    }
    Some(piece)
}

fn replaced(value: &pyo3::Bound<'_, PyAny>) -> PyResult<Option<Bytes>> {
    if value.is_none() { Ok(None) } else { text::raw(value).map(Some) }
}

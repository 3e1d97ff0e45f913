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
    run_unless(exchange, plan, |_| Poll::Pending).await.0
}

/// Likewise, and stops waiting for a coroutine when `gone` is ready: the coroutine is cancelled. True: it was so.
pub async fn run_unless(
    exchange: Box<Exchange>,
    mut plan: Plan,
    mut gone: impl FnMut(&mut Context<'_>) -> Poll<()>,
) -> (Box<Exchange>, bool) {
    if plan.is_empty() {
        return (exchange, false);
    }
    let lent = Lent::new(exchange, plan.phase);
    let mut settled = None;
    while let Some(mut waiting) = Python::attach(|py| advance(py, &lent.0, &mut plan, settled.take())) {
        let outcome = tokio::select! {
            outcome = waiting.outcome() => outcome,
            () = poll_fn(&mut gone) => {
                waiting.give_up().await;
                return (lent.back(), true);
            }
        };
        settled = Some((waiting.bound.clone(), outcome));
    }
    (lent.back(), false)
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
) -> Option<Waiting> {
    let exchange = view_of(py, slot)?;
    if let Some((bound, outcome)) = settled {
        settle(py, slot, &bound, plan.phase, &exchange, outcome);
    }
    while let Some(bound) = next(slot, plan) {
        match call::start(py, &bound, plan.phase, &exchange) {
            Called::Done(outcome) => settle(py, slot, &bound, plan.phase, &exchange, outcome),
            Called::Waits(waiting) => return Some(waiting),
        }
    }
    None
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

fn next(slot: &Slot, plan: &mut Plan) -> Option<Arc<Bound>> {
    slot.with(|exchange| plan.next(exchange)).ok().flatten()
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
    while let Some(bound) = next(slot, plan) {
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

//! One call of one phase of one plugin.
use std::sync::Arc;

use pyo3::prelude::*;

use super::bound::{Bound, Loop, Phase};
use super::view;
use super::waiting::{Outcome, Waiting};

pub enum Called {
    Done(Outcome),
    /// The coroutine waits for something.
    Waits(Waiting),
}

pub fn start(py: Python<'_>, bound: &Arc<Bound>, phase: Phase, exchange: &Py<view::Exchange>) -> Called {
    let Some(call) = bound.call(phase) else { return Called::Done(Ok(py.None())) };
    match call.function.call1(py, (exchange, &bound.config)) {
        Ok(found) if call.coroutine || is_coroutine(found.bind(py)) => {
            step(py, bound, found).unwrap_or_else(|error| Called::Done(Err(error)))
        }
        outcome => Called::Done(outcome),
    }
}

/// Whether a plain method left the rest to a coroutine.
fn is_coroutine(found: &pyo3::Bound<'_, PyAny>) -> bool {
    !found.is_none() && found.hasattr("__await__").unwrap_or(false)
}

fn step(py: Python<'_>, bound: &Arc<Bound>, coroutine: Py<PyAny>) -> PyResult<Called> {
    let Loop { step, follow, submit, .. } = &bound.event_loop;
    let task = step.call1(py, (&coroutine,))?;
    if task.is_none(py) {
        let waiting = Waiting::new(py, bound)?;
        submit.call1(py, (coroutine, waiting.waiter()))?;
        return Ok(Called::Waits(waiting));
    }
    if task.call_method0(py, "done")?.is_truthy(py)? {
        return Ok(Called::Done(task.call_method0(py, "result")));
    }
    let waiting = Waiting::new(py, bound)?;
    follow.call1(py, (task, waiting.waiter()))?;
    Ok(Called::Waits(waiting))
}

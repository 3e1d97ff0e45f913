//! A coroutine that goes on in the loop's thread while the worker serves others.
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::exceptions::PyTimeoutError;
use pyo3::prelude::*;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::bound::Bound;

pub type Outcome = PyResult<Py<PyAny>>;

/// How long a cancelled coroutine may clean up before the request goes on without it.
const GRACE: Duration = Duration::from_secs(1);

/// What the loop calls with the task that has ended.
#[pyclass(frozen, module = "gopura._engine")]
pub struct Waiter(Mutex<Option<oneshot::Sender<Outcome>>>);

#[pymethods]
impl Waiter {
    fn __call__(&self, task: &pyo3::Bound<'_, PyAny>) {
        let outcome = task.call_method0("result").map(pyo3::Bound::unbind);
        let sender = self.0.lock().ok().and_then(|mut sender| sender.take());
        if let Some(sender) = sender {
            let _ = sender.send(outcome);
        }
    }
}

/// The worker's end; dropped before the task has ended, it cancels the task.
pub struct Waiting {
    pub bound: Arc<Bound>,
    waiter: Py<Waiter>,
    receiver: oneshot::Receiver<Outcome>,
    ended: bool,
}

impl Waiting {
    pub fn new(py: Python<'_>, bound: &Arc<Bound>) -> PyResult<Self> {
        let (sender, receiver) = oneshot::channel();
        let waiter = Py::new(py, Waiter(Mutex::new(Some(sender))))?;
        Ok(Self { bound: bound.clone(), waiter, receiver, ended: false })
    }

    pub fn waiter(&self) -> &Py<Waiter> {
        &self.waiter
    }

    /// Waits for the coroutine, no longer than the plugin's time limit.
    pub async fn outcome(&mut self) -> Outcome {
        let limit = self.bound.time_limit;
        let outcome = match timeout(limit, &mut self.receiver).await {
            Ok(received) => received.unwrap_or_else(|_| Err(too_late(limit))),
            Err(_) => {
                self.give_up().await;
                Err(too_late(limit))
            }
        };
        self.ended = true;
        outcome
    }

    /// Cancels the coroutine, and lets it clean up for a moment.
    pub async fn give_up(&mut self) {
        self.cancel();
        self.ended = true;
        let _ = timeout(GRACE, &mut self.receiver).await;
    }

    fn cancel(&self) {
        Python::attach(|py| {
            let _ = self.bound.event_loop.cancel.call1(py, (&self.waiter,));
        });
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.ended {
            self.cancel();
        }
    }
}

fn too_late(limit: Duration) -> PyErr {
    PyTimeoutError::new_err(format!("the phase took longer than {limit:?}"))
}

//! The place where an exchange lies while Python may look at it.
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::exchange::Exchange;

/// Empty before and after phases: then what Python still holds of the request raises `RuntimeError`.
#[derive(Default)]
pub struct Slot(Mutex<Option<Box<Exchange>>>);

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Option<Box<Exchange>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn put(&self, exchange: Box<Exchange>) {
        *self.lock() = Some(exchange);
    }

    pub fn take(&self) -> Option<Box<Exchange>> {
        self.lock().take()
    }

    /// Works on the exchange. `work` must not create or drop Python objects: their finalizers may come back here.
    pub fn with<T>(&self, work: impl FnOnce(&mut Exchange) -> T) -> PyResult<T> {
        match self.lock().as_mut() {
            Some(exchange) => Ok(work(exchange)),
            None => Err(PyRuntimeError::new_err("this request is not in a phase any more")),
        }
    }
}
